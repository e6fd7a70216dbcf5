"""`${NAME}` and `${NAME:-default}`, and the addresses that they stand in. Nothing here shows an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from iwmon.model import Failure

CONSOLE = "console:"

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://[^\s\x00-\x20]+")


class BadAddress(Failure):
    """An address that cannot be used. `offset` is where in the text, as written, the fault begins."""

    def __init__(self, message: str, hint: str, offset: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.offset = offset


def expanded(text: str, environ: Mapping[str, str], default: str) -> str:
    """The text with its variables filled in; a variable that is empty counts as not set, as in a shell.

    `default` is what the hint proposes to write after `:-`. Raises BadAddress for a variable that is not set
    and has no default, and for a `${` that is not a variable.
    """

    def value(found: re.Match[str]) -> str:
        name, fallback = found.groups()
        if environ.get(name):
            return environ[name]
        if fallback is None:
            missing = f"the environment variable {name} is not set"
            raise BadAddress(missing, f"set it, or write ${{{name}:-{default}}}", found.start())
        return str(fallback)

    for loose in re.finditer(r"\$\{", text):
        if not _REFERENCE.match(text, loose.start()):
            rule = "write ${NAME} or ${NAME:-default}, with letters, digits and _ in the name"
            raise BadAddress("${ does not begin a variable", rule, loose.start())
    return _REFERENCE.sub(value, text).strip()


def check_web(url: str) -> None:
    """Raises BadAddress unless the address is http or https with a host."""
    rule = "write an address that begins with https:// or http://"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadAddress("the address cannot be read", rule) from None
    if parts.scheme.lower() not in ("http", "https"):
        raise BadAddress("the address does not begin with https:// or http://", rule)
    if not host:
        raise BadAddress("the address has no host name", rule)
    if re.search(r"[\s\x00-\x20]", url):
        raise BadAddress("the address has a blank in it", "write %20 for a blank")


def check_base(url: str) -> None:
    """Raises BadAddress unless paths can be added to the address, and it may be shown to everybody."""
    parts = urlsplit(url)
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise BadAddress("the address has a ? or # in it", "write only its beginning: https://host/path")
    if "@" in parts.netloc:
        raise BadAddress("the address has a user name in it", "messages show it: write it without")


def check_receiver(url: str) -> None:
    """Raises BadAddress unless it is `console:` or has the form of an Apprise address."""
    if url == CONSOLE or _SCHEME.fullmatch(url):
        return
    if not url:
        raise BadAddress("the address is empty", f"write {CONSOLE} to print on the terminal")
    if url.lower().rstrip(":/") == "console":
        raise BadAddress("the console is written with a colon", f"write {CONSOLE}")
    rule = f"write service://..., e.g. slack://... or mailtos://..., or {CONSOLE}"
    raise BadAddress("this is not an address to send to", rule)


def masked(url: str) -> str:
    """What may be shown of a receiver's address: the service, nothing that could be a secret."""
    found = _SCHEME.fullmatch(url)
    return f"{found[1].lower()}://…" if found else url if url == CONSOLE else "…"
