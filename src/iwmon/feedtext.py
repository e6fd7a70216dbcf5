"""What a feed says, as people may be shown it: one clean line, and a link that shows where it leads.

Nothing that a feed says is trusted: these two are the only ways for its text to enter a message, a
terminal or a report. What the place reads as markup is escaped there, last. What of an address may be
passed around is a question of its own: `public`.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote, urlsplit, urlunsplit

REDACTED = "redacted"
_LINE = 220
_SPACE = re.compile(r"\s+")
_ADDRESS = re.compile(r"\w+://\S+")
_USER = re.compile(r"^([a-z][a-z0-9+.-]*:)?//[^/?#]*@", re.IGNORECASE)
# A parameter's name, also in an address that is itself the value of one and so is percent-encoded.
_PARAMETER = re.compile(
    r"(?P<before>[?&;#]|%3F|%26|%23)(?P<name>(?:[\w.\[\]-]|%5B|%5D)+)(?P<equals>=|%3D)", re.IGNORECASE
)
_ENDS = {"=": re.compile("[&;#]|$"), ";": re.compile("[?&;#]|$"), "%3D": re.compile("[&;#]|%26|%23|$")}
_WORDS = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")  # of API_KEY, apiKey, x-api-key
_SECRET = frozenset(
    (
        *("token", "secret", "password", "passwd", "passphrase", "pwd", "pass", "pw", "jwt", "bearer"),
        *("key", "apikey", "accesskey", "authkey", "sig", "signature", "hmac"),
        *("auth", "authorization", "oauth", "credential", "credentials"),
    )
)
_SECRET_END = re.compile("(?:token|secret|password|passwd|apikey|accesskey|signature|sessionid|sessid)$")
# A value of `key=` that is an article's: a number or date, or four words and more of its title. Else it goes.
_ARTICLE = re.compile(r"\d[\d.-]{0,19}|(?:[a-z]{1,20}|\d{1,4})(?:-(?:[a-z]{1,20}|\d{1,4})){3,}")
_SECRET_IF_LONG = frozenset({"sid", "session", "sign", "ticket"})  # numbers of articles have these names, too
_LONG = 16  # characters


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


def public(url: str) -> str:
    """A URL that may be passed around: no user part, and `redacted` for the value of token=, key=, sig=, ...

    One in which nothing looks so stays as it is, to the letter. What is secret
    in a path (/bot123:ABC/) cannot be told from what is not.
    """
    if "@" in url:
        url = _USER.sub(r"\1//", url)
    parts, done = [], 0
    for found in _PARAMETER.finditer(url):
        ends = _ENDS[";" if found["before"] == ";" else found["equals"].upper()]
        end = ends.search(url, found.end())
        assert end is not None  # "$"
        value = url[found.end() : end.start()]
        if found.start() >= done and value and _secret(found["name"], value):
            parts += [url[done : found.end()], REDACTED]
            done = end.start()
    return "".join((*parts, url[done:]))


def public_text(text: str) -> str:
    """A text whose addresses are `public`."""
    return _ADDRESS.sub(lambda found: public(found[0]), text) if "://" in text else text


def _secret(name: str, value: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(unquote(name))]
    if words == ["key"] and _ARTICLE.fullmatch(value):
        return False
    if not _SECRET.isdisjoint(words) or _SECRET_END.search(name.lower()):
        return True
    return len(value) >= _LONG and not _SECRET_IF_LONG.isdisjoint(words)
