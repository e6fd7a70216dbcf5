"""OPML, the lists in which feed readers exchange subscriptions: bytes → Subscriptions, and back.

Real lists are often not well-formed XML (bare `&` in addresses, quotation marks inside attributes),
and a list from a stranger may be an attack on an XML parser. So only `<outline …>` tags are looked
for, in one pass whose time grows with the size of the list: nothing is expanded, fetched or nested.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from iwmon.model import Failure, Source

MAX_BYTES = 10 * 2**20


class OpmlError(Failure):
    """A file that is not an OPML list of feeds."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One feed of a list. `folder`: the outlines that it stands in, outermost first."""

    title: str
    url: str
    language: str | None = None  # ISO 639-1
    folder: tuple[str, ...] = ()


_OUTLINE = re.compile(r"<outline(?=[\s/>])|</outline\s*>", re.IGNORECASE)
# A value ends at the quotation mark behind which the next attribute, or the end of the tag and then
# no text, follows: descriptions hold quotations, and links with attributes of their own.
_ATTRIBUTE = re.compile(
    r"""\s+([\w:.-]+)\s*=\s*(?:"(.*?)"|'(.*?)')(?=\s+[\w:.-]+\s*=\s*["']|\s*/?\s*>\s*(?:<|$))""",
    re.DOTALL,
)
_SELF_CLOSED = re.compile(r"\s*/\s*>")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_LANGUAGE = re.compile(r"[a-z]{2}(?=$|[-_])")


def parse(body: bytes, name: str = "OPML") -> tuple[Subscription, ...]:
    """The feeds of a list in its order, repeats included. Raises OpmlError when it is no OPML."""
    if len(body) > MAX_BYTES:
        raise OpmlError(f"{len(body) / 2**20:.0f} MiB is too large for a list of feeds", where=name)
    text = _without_comments(_decode(body))
    if not re.search(r"<opml[\s>]", text[:4096], re.IGNORECASE):
        raise OpmlError("this is not OPML", where=name, hint="export it from a feed reader as OPML")
    found: list[Subscription] = []
    folders: list[str] = []
    marks = [*_OUTLINE.finditer(text)]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):
        if mark[0].startswith("</"):
            del folders[-1:]
            continue
        attributes, closed = _attributes(text[mark.end() : end])
        title = _line(attributes.get("title") or attributes.get("text") or "")
        url = attributes.get("xmlurl", "").strip()
        if url:
            language = _LANGUAGE.match(attributes.get("language", "").strip().casefold())
            found.append(Subscription(title, url, language[0] if language else None, tuple(folders)))
        if not closed:
            folders.append(title)
    return tuple(found)


def write(title: str, sources: Iterable[Source]) -> str:
    """An OPML 2.0 list of these sources, which any feed reader takes."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"  <head><title>{quoteattr(_line(title))[1:-1]}</title></head>",
        "  <body>",
    ]
    for source in sources:
        name, url = quoteattr(_line(source.name)), quoteattr(source.url)
        language = f" language={quoteattr(source.language)}" if source.language else ""
        lines.append(f'    <outline type="rss" text={name} title={name} xmlUrl={url}{language}/>')
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def same_address(url: str) -> str:
    """What two spellings of one feed's address have in common; for finding repeats."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.casefold().removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def _decode(body: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    declared = _DECLARED.match(body.removeprefix(codecs.BOM_UTF8))
    encoding = declared[1].decode() if declared else "utf-8"
    # Only what lists are really written in: Python knows codecs that turn plain text into markup.
    if not re.fullmatch(r"(?i)utf-?8|us-ascii|iso-8859-\d+|windows-125\d|koi8-[ru]", encoding):
        encoding = "utf-8"
    try:
        return body.decode(encoding, "replace").removeprefix("\ufeff")
    except LookupError:  # iso-8859-99
        return body.decode("utf-8", "replace").removeprefix("\ufeff")


def _without_comments(text: str) -> str:
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        kept.append(text[at:start])
        end = text.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, text[at:]])


def _attributes(tag: str) -> tuple[dict[str, str], bool]:
    """The attributes of one tag by lower-case name, and whether it closes itself."""
    found: dict[str, str] = {}
    at = 0
    while attribute := _ATTRIBUTE.match(tag, at):
        name, double, single = attribute.groups()
        found.setdefault(name.casefold(), _unescape(double if double is not None else single))
        at = attribute.end()
    return found, _SELF_CLOSED.match(tag, at) is not None


def _unescape(text: str) -> str:
    """XML's own references only: an HTML decoder would turn the `&lang=en` of an address into `⟨=en`."""

    def meant(reference: re.Match[str]) -> str:
        decimal, hexadecimal, name = reference.groups()
        if name:
            return _NAMED[name]
        code = int(decimal) if decimal else int(hexadecimal, 16)
        return chr(code) if code <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"

    return _ENTITY.sub(meant, text)


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
