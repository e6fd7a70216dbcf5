"""What an answer's status and headers mean, in words and values that are safe to keep and to show."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

LONGEST_SILENCE = timedelta(hours=24)  # a Retry-After beyond this is cut to it
WITH_BODY = frozenset({200, 203})  # 202 is what bot walls answer, 206 what was never asked for
WITHOUT_BODY = frozenset({204, 205})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_VALIDATOR = 1024
MAX_CONTENT_TYPE = 200

_HINTS = {
    401: ": it wants a user name and password (write them into the source's url)",
    403: ": it does not serve iwmon",
    404: ": has the feed moved?",
    407: ": a proxy on the way wants credentials",
    410: ": the feed was taken down for good",
    429: ": it is asked too often",
    451: ": blocked for legal reasons",
}


def status_line(status: int) -> str:
    """ "HTTP 403 Forbidden: …" from our own table; the server's words are not repeated."""
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    return f"HTTP {status}{phrase}{_HINTS.get(status, '')}"


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Retry-After's seconds or date as a wait of at least 0; None if there is none or it makes no sense.

    Not yet cut to LONGEST_SILENCE; `timedelta.max` stands for more than a timedelta can hold.
    """
    value = value.strip()[:64]
    if re.fullmatch(r"[0-9]+", value):
        seconds = int(value)
        return timedelta(seconds=seconds) if seconds < timedelta.max.total_seconds() else timedelta.max
    try:
        when = parsedate_to_datetime(value)
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):  # all of them seen from hostile dates
        return None
    return max(when - now, timedelta(0))


def validator(value: str) -> str:
    """An ETag or Last-Modified that may be stored and sent back; "" if it is too long or not plain ASCII."""
    value = value.strip()
    return value if len(value) <= MAX_VALIDATOR and value.isascii() and value.isprintable() else ""


def content_type(value: str) -> str:
    """A Content-Type that is safe to show: one printable line of at most MAX_CONTENT_TYPE characters."""
    return "".join(c for c in value[:MAX_CONTENT_TYPE] if c.isprintable()).strip()


def spoken(wait: timedelta) -> str:
    """A long wait in words: "30 days", "26 hours"."""
    return f"{wait.days} days" if wait.days > 1 else f"{wait.total_seconds() / 3600:.0f} hours"
