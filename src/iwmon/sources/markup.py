"""Text → XML tree: find the feed's root, mend what servers commonly break, keep only what is read.

No DTD, entity, comment or processing instruction passes, so that nothing behind this door can expand,
include or fetch. All scans are linear in the text. What even the mended text is not well-formed in goes
to `salvage`.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

Element = Any  # lxml is untyped

ATOM = "http://www.w3.org/2005/Atom"
RSS = "http://purl.org/rss/1.0/"
KNOWN_PREFIXES = {
    "atom": ATOM,
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "itunes": "http://www.itunes.com/DTDs/PodCast-1.0.dtd",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rss": RSS,
    "xhtml": "http://www.w3.org/1999/xhtml",
}
_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_PAGE_ROOTS = frozenset({"html", "head", "body"})
_NAME = re.compile(r"<([A-Za-z_][\w.-]{0,99})(?::([A-Za-z_][\w.-]{0,99}))?")
_LATER_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,99}:)?(?:rss|rdf|feed)(?=[\s>])", re.IGNORECASE)
_IN_A_PAGE = re.compile(
    r"<(?:rss\s[^<>]{0,2000}version|feed\s[^<>]{0,2000}w3\.org/2005/Atom|rdf:RDF\s)", re.IGNORECASE
)
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(
    r"&(?:#(\d{1,8});|#[xX]([0-9A-Fa-f]{1,7});|#[0-9A-Fa-fxX]*;|([A-Za-z][A-Za-z0-9]{1,31});)?"
)
_STRAY = re.compile(r"<(?![A-Za-z_/!?])")
_USED_PREFIX = re.compile(
    r"</?([A-Za-z_][\w.-]{0,99}):[A-Za-z_]|\s([A-Za-z_][\w.-]{0,99}):[A-Za-z_][\w.-]{0,99}\s?="
)
_DECLARED_PREFIX = re.compile(r"xmlns:([A-Za-z_][\w.-]{0,99})")
_BARE = re.compile(r"&(?![#A-Za-z])")
_CROWDED = re.compile(r"""<([A-Za-z_][^\s<>/"']*+)(?:[^<>"'=]++|=\s*+(?:"[^"<]*+"|'[^'<]*+')?+){200,}+""")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NO_MEMORY = 2  # libxml2's XML_ERR_NO_MEMORY


@dataclass(frozen=True, slots=True)
class Root:
    """Where a feed begins in a text: the offset of its root's "<", and the root's name."""

    start: int
    prefix: str  # "rdf" of <rdf:RDF>
    name: str  # as written

    @property
    def qname(self) -> str:
        return f"{self.prefix}:{self.name}" if self.prefix else self.name


def find_root(text: str) -> Root | None:
    """The root of the feed in `text`, behind whatever a server put in front of it; None: no feed."""
    match = next(tags(text), None)
    if match is None:
        return None
    root = _root(match)
    if root.name.lower() in _ROOTS:
        return root
    page = root.name.lower() in _PAGE_ROOTS
    later = (_IN_A_PAGE if page else _LATER_ROOT).search(text, match.end())
    if later is None:
        return None
    match = _NAME.match(text, later.start())
    return _root(match) if match else None


def _root(match: re.Match[str]) -> Root:
    prefix, name = (match[1], match[2]) if match[2] else ("", match[1])
    return Root(match.start(), prefix, name)


def tags(text: str) -> Iterator[re.Match[str]]:
    """Start tags of `text`, leaving out comments, declarations (with their subsets) and instructions."""
    at = 0
    ends = Ends(text)
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<!--", at):
            at = ends.after("-->", at + 4)
        elif text.startswith("<?", at):
            at = ends.after("?>", at + 2)
        elif text.startswith("<!", at):
            close, subset = ends.find(">", at), text.find("[", at, at + 1_000)
            inner = 0 <= subset < close
            at = ends.after("]>", subset) if inner else (close + 1 if close >= 0 else at + 2)
        elif match := _NAME.match(text, at):
            yield match
            at = match.end()
        else:
            at += 1


class Ends:
    """Finds closing marks without ever scanning a stretch of the text twice: scans stay linear."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[str, tuple[int, int]] = {}  # mark → searched from, found at (-1: nowhere)

    def find(self, mark: str, start: int) -> int:
        """Offset of the next `mark`, or -1. `start` should not go back."""
        since, at = self._known.get(mark, (0, 0))
        if since <= start and (at < 0 or start <= at) and mark in self._known:
            return at
        at = self._text.find(mark, start)
        self._known[mark] = (start, at)
        return at

    def after(self, mark: str, start: int) -> int:
        """Offset just behind the next `mark`; `start` where there is none."""
        at = self.find(mark, start)
        return start if at < 0 else at + len(mark)


def thinned(text: str) -> str:
    """`text` without the attributes of tags that have a hundred or more: libxml2 is quadratic in them."""
    return _CROWDED.sub(r"<\1 ", text)


def parse(text: str) -> Element | None:
    """The tree of one well-formed element and what follows it, or None. Raises MemoryError."""
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
        huge_tree=False,
    )
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        if error.code == _NO_MEMORY:
            raise MemoryError from error
        return None


def mended(text: str, root: Root) -> str:
    """`text` from its root on, without what most often keeps a feed from being well-formed.

    Control characters, unknown and impossible references, bare "&" and "<", undeclared prefixes and
    what stands behind the root's end.
    """
    text = _ILLEGAL.sub("", text)
    end = text.rfind(f"</{root.qname}")
    if end >= 0:
        text = text[:end] + f"</{root.qname}>"
    return _with_prefixes("".join(_mended_pieces(text)), root.qname)


def _mended_pieces(text: str) -> Iterator[str]:
    at = 0
    ends = Ends(text)
    for match in re.finditer(r"<!--|<!\[CDATA\[", text):
        if match.start() < at:
            continue
        comment = match[0] == "<!--"
        close = ends.find("-->" if comment else "]]>", match.end())
        if close < 0:
            continue
        yield _mended_markup(text[at : match.start()])
        at = close + 3
        if not comment:
            yield text[match.start() : at]
    yield _mended_markup(text[at:])


def _mended_markup(text: str) -> str:
    return _STRAY.sub("&lt;", _REFERENCE.sub(_reference, _BARE.sub("&amp;", text)))


def _reference(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match[1], match[2], match[3]
    if name:
        if name in _XML_NAMES:
            return match[0]
        known = html.entities.html5.get(name + ";")
        return "".join(f"&#{ord(character)};" for character in known) if known else f"&amp;{name};"
    if decimal or hexadecimal:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        return match[0] if code < 0x110000 and not _ILLEGAL.match(chr(code)) else ""
    return "&amp;" if match[0] == "&" else ""


def _with_prefixes(text: str, qname: str) -> str:
    """`text` with a declaration in its first tag for each prefix that it uses without one."""
    used = {match[1] or match[2] for match in _USED_PREFIX.finditer(text)}
    missing = sorted(used - set(_DECLARED_PREFIX.findall(text)) - {"xml", "xmlns"})[:50]
    if not missing:
        return text
    added = "".join(f' xmlns:{prefix}="{KNOWN_PREFIXES.get(prefix, "urn:" + prefix)}"' for prefix in missing)
    behind = 1 + len(qname)
    return text[:behind] + added + text[behind:]
