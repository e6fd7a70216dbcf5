"""Acknowledging from a message: an address that says for whom and until when it is good, and is signed.

Whoever has the address can acknowledge that one alert, and nothing else. Nothing in it is secret but the
signature. What it says stands in it in plain words, so that a person who reads a log knows whose it was.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from iwmon.model import Failure

GOOD_FOR = timedelta(days=7)
PATH = "/-/ack/"
KEY_VARIABLE = "IWMON_LINK_KEY"
SHORTEST_KEY = 32  # characters

_VERSION = "1"
_NAME = r"[A-Za-z0-9_-]{1,64}"
# Small letters and digits at the end: no mail program takes those for the end of a sentence.
_TOKEN = re.compile(rf"({_VERSION}\.([0-9]{{1,11}})\.({_NAME})\.({_NAME}))\.([a-z2-7]{{52}})", re.ASCII)
_COMMAND = "Acknowledge: "


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signed address says: its bearer was told of this alert at this receiver."""

    alert: str
    receiver: str
    expires: datetime  # no longer good at this moment; whole seconds, UTC


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an address is not good. `claim`: what it said, where the signature is ours."""

    reason: Literal["forged", "expired"]
    claim: Claim | None = None


def link(base: str, alert: str, receiver: str, expires: datetime, key: bytes) -> str:
    """The address at which `alert` is acknowledged until `expires`, below `base` (settings.url).

    Raises ValueError for an id that an address cannot hold, and for a key that is too short.
    """
    said = f"{_VERSION}.{int(expires.timestamp())}.{alert}.{receiver}"
    token = f"{said}.{_signature(said, key)}"
    if not _TOKEN.fullmatch(token):
        raise ValueError(f"no address for alert {alert!r} at receiver {receiver!r}")
    return f"{base.rstrip('/')}{PATH}{token}"


def check(token: str, key: bytes, now: datetime) -> Claim | Refused:
    """What the last part of such an address says, if it was signed with `key` and is good at `now`."""
    found = _TOKEN.fullmatch(token)
    if not found:
        return Refused("forged")
    said, until, alert, receiver, signature = found.groups()
    # The letters are compared, not the bytes that they stand for: those have more than one spelling.
    if not hmac.compare_digest(signature, _signature(said, key)):
        return Refused("forged")
    claim = Claim(alert, receiver, datetime.fromtimestamp(int(until), UTC))
    return claim if now < claim.expires else Refused("expired", claim)


def _signature(said: str, key: bytes) -> str:
    """HMAC-SHA256 in base32, with the purpose signed too: a key may one day sign something else."""
    if len(key) < SHORTEST_KEY:
        raise ValueError("the key is too short")
    mac = hmac.digest(key, f"iwmon ack\n{said}".encode(), "sha256")
    return base64.b32encode(mac).decode("ascii").rstrip("=").lower()


def signing_key(given: str, kept: Callable[[], str]) -> bytes:
    """The key: `given` by the operator (IWMON_LINK_KEY), else the one that the database keeps.

    Raises Failure for one that could be guessed. The key is in no message.
    """
    if not given:
        return kept().encode()
    if len(given) < SHORTEST_KEY:
        raise Failure(
            f"the key has {len(given)} characters, and could be guessed",
            where=KEY_VARIABLE,
            hint=f"give it {SHORTEST_KEY} or more, e.g. of: openssl rand -hex 32; "
            "or none, and the database keeps one",
        )
    return given.encode()


def with_ack_link(text: str, url: str) -> str:
    """An alert's text with the address at which this receiver acknowledges it; "" leaves it as it is.

    It is a line of its own, for what sends the text makes links of nothing else: below the line that says
    how to acknowledge, or at the end.
    """
    if not url:
        return text
    lines = text.split("\n")
    for number in reversed(range(len(lines))):
        if lines[number].startswith(_COMMAND):
            lines.insert(number + 1, f"   {url}")
            return "\n".join(lines)
    return f"{text}\n{_COMMAND.rstrip()}\n   {url}"
