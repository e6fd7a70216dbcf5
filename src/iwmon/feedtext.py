"""What a feed says, as people may be shown it: one clean line, and a link that shows where it leads.

Nothing that a feed says is trusted: these two are the only ways for its text to enter a message, a
terminal or a report. What the place reads as markup is escaped there, last.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

_LINE = 220
_SPACE = re.compile(r"\s+")


def safe(text: str, limit: int = _LINE) -> str:
    """One line of feed text: no control, bidi, zero-width, private or surrogate characters, clipped."""
    kept = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    line = _SPACE.sub(" ", kept).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def link(url: str, limit: int = 500) -> str:
    """An http(s) URL that shows where it leads: no user part, nothing a service takes for markup; else ""."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return ""
    if not re.fullmatch(r"[a-z0-9.:_-]+", host):
        return ""
    netloc = f"[{host}]" if ":" in host else host
    if port:
        netloc = f"{netloc}:{port}"
    # "surrogatepass" would be refused by quote; a lone surrogate becomes "?" and is then quoted.
    path, query = (
        quote(part.encode("utf-8", "replace"), safe="/%:=&?,;+-._$!()") for part in (parts.path, parts.query)
    )
    whole = urlunsplit((parts.scheme, netloc, path, query, "")).replace("~", "%7E")
    return whole if len(whole) <= limit else ""
