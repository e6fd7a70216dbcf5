"""A feed that is not well-formed: cut it into its entries and read each for itself.

One poisoned entry must not cost the others. Cutting goes by the entries' start tags, outside CDATA and
comments; a CDATA section or comment that contains another one's opening has no closing of its own and does
not count. An entry that is not well-formed even when mended is rebuilt from its leaves: the text between
<title> and </title>, and so on, whatever stands between them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from iwmon.sources.markup import ATOM, KNOWN_PREFIXES, Element, Ends, Root, mended, parse

_DECLARATION = re.compile(
    r"""\s(xmlns(?::[A-Za-z_][\w.-]{0,99})?)\s?=\s?("[^"<>&]{0,500}"|'[^'<>&]{0,500}')"""
)
_ATTRIBUTE = re.compile(r"""\s([A-Za-z_][\w.:-]{0,99})\s?=\s?(?:"([^"<]{0,5000})"|'([^'<]{0,5000})')""")
_ATTRIBUTES_READ = frozenset({"href", "rel", "type", "url", "isPermaLink", "xml:lang", "xml:base"})
_LEAF = re.compile(
    r"<(?P<qname>(?:(?P<prefix>atom|content|dc|dcterms|media|rss):)?"
    r"(?P<name>title|link|guid|id|pubDate|published|issued|created|updated|modified|date|description"
    r"|summary|abstract|content|encoded|source|language|publisher))"
    r"(?P<attributes>(?:\s[^<>]{0,20000})?)>",
    re.IGNORECASE,
)
_MOST_LEAVES = 200
_XML_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|lt|gt|amp|quot|apos);")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What could be saved: a new root, its entries, how many were found, and whether the end is missing."""

    root: Element
    entries: tuple[Element, ...]
    found: int  # without one that the end of the document cuts off
    lost: int  # of those that were looked at
    truncated: bool

    def notes(self) -> tuple[str, ...]:
        """What to tell the operator."""
        notes = ["not well-formed, read entry by entry"]
        if self.lost:
            notes.append(f"{self.lost:,} of {self.found:,} entries unreadable: nothing is left of them")
        if self.truncated:
            after = "1 entry" if self.found == 1 else f"{self.found:,} entries"
            notes.append(f"the document breaks off after {after}")
        return tuple(notes)


def salvage(text: str, root: Root, limit: int) -> Salvaged:
    """The first `limit` entries of a broken document; `text` begins at its root.

    An entry in which the document breaks off is left out: its key would be remembered, its end never read.
    """
    pieces = list(_pieces(text, root))
    truncated = f"</{root.qname}" not in text[pieces[-1].start if pieces else 0 :]
    cut_off = truncated and bool(pieces) and not pieces[-1].closed
    opening = _opening(text, root)
    end = f"</{root.qname}>"
    whole = pieces[:-1] if cut_off else pieces
    read = [_element(piece.text, root, opening, end) for piece in whole[:limit]]
    kept = tuple(element for element in read if element is not None)
    head = text[: pieces[0].start] if pieces else text
    base = parse(f"{opening}{end}")
    if base is None:
        base = etree.Element(root.name)
    parent = etree.SubElement(base, "channel") if root.name.lower() == "rss" else base
    of_feed: dict[str, Element] = {}
    for leaf in _leaves(head, root):
        if leaf.get("rel", "alternate") == "alternate":
            of_feed.setdefault(str(leaf.tag), leaf)  # what follows may be of an entry whose start is lost
    parent.extend(of_feed.values())
    parent.extend(kept)
    return Salvaged(base, kept, len(whole), len(read) - len(kept), truncated)


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    text: str
    closed: bool


def _pieces(text: str, root: Root) -> Iterator[_Piece]:
    name = "entry" if root.name.lower() == "feed" else "item"
    starts: list[int] = []
    closings: list[int] = []  # the first end tag behind each start, or -1
    at = 0
    ends = Ends(text)
    marks = re.compile(
        rf"<!--|<!\[CDATA\[|<(/?)(?:[A-Za-z_][\w.-]{{0,99}}:)?{name}(?=[\s/>])[^<>]{{0,5000}}>?",
        re.IGNORECASE,
    )
    for match in marks.finditer(text):
        if match.start() < at:
            continue
        if match[0] in ("<!--", "<![CDATA["):
            close = ends.find("-->" if match[0] == "<!--" else "]]>", match.end())
            if close >= 0 and text.find(match[0], match.end(), close) < 0:
                at = close + 3
        elif not match[1]:
            starts.append(match.start())
            closings.append(match.end() if match[0].endswith("/>") else -1)
        elif starts and closings[-1] < 0:
            closings[-1] = match.end()
    for start, closing, following in zip(starts, closings, [*starts, len(text)][1:], strict=True):
        yield _Piece(start, text[start : closing if closing >= 0 else following], closing >= 0)


def _opening(text: str, root: Root) -> str:
    """The root's start tag with its namespaces, as far as they can be read."""
    tag = text[: min(20_000, text.find(">") + 1 or len(text))]
    declared = {match[1]: match[2] for match in _DECLARATION.finditer(tag)}
    for prefix, uri in KNOWN_PREFIXES.items():
        declared.setdefault(f"xmlns:{prefix}", f'"{uri}"')
    if root.name.lower() == "feed" and not root.prefix:
        declared.setdefault("xmlns", f'"{ATOM}"')
    kept = {match[1]: html.escape(match[2] or match[3] or "") for match in _ATTRIBUTE.finditer(tag)}
    words = [f"{name}={uri}" for name, uri in declared.items()]
    words += [f'{name}="{kept[name]}"' for name in ("version", "xml:lang", "xml:base") if name in kept]
    return f"<{root.qname} {' '.join(words)}>"


def _element(fragment: str, root: Root, opening: str, end: str) -> Element | None:
    """One entry as a tree: as it stands, else mended, else rebuilt; None if nothing is left of it."""
    text = f"{opening}{fragment}{end}"
    tree = parse(text)
    if tree is None:
        tree = parse(mended(text, Root(0, root.prefix, root.name)))
    if tree is not None and len(tree) == 1:
        return tree[0]
    leaves = _leaves(fragment, root)
    if not leaves:
        return None
    entry = etree.Element(_tag("", "entry" if root.name.lower() == "feed" else "item", root))
    entry.extend(leaves)
    return entry


def _leaves(fragment: str, root: Root) -> list[Element]:
    """The known leaves of a fragment that cannot be parsed."""
    leaves: list[Element] = []
    at = 0
    ends = Ends(fragment)
    while len(leaves) < _MOST_LEAVES and (match := _LEAF.search(fragment, at)):
        at = match.end()
        leaf = etree.Element(_tag((match["prefix"] or "").lower(), match["name"], root))
        for attribute in _ATTRIBUTE.finditer(match["attributes"]):
            if attribute[1] in _ATTRIBUTES_READ:
                name = attribute[1].replace("xml:", "{http://www.w3.org/XML/1998/namespace}")
                leaf.set(name, _decoded(attribute[2] or attribute[3] or ""))
        if not match["attributes"].endswith("/"):
            close = ends.find("</" + match["qname"], at)
            if close < 0:
                following = _LEAF.search(fragment, at)
                close = following.start() if following else len(fragment)
            leaf.text = _content(fragment[at:close])
            at = close
        leaves.append(leaf)
    return leaves


def _tag(prefix: str, name: str, root: Root) -> str:
    if prefix:
        return f"{{{KNOWN_PREFIXES[prefix]}}}{name}"
    return f"{{{ATOM}}}{name}" if root.name.lower() == "feed" else name


def _content(inner: str) -> str:
    """The text of a leaf: of its CDATA section if it has one, else with XML's references decoded once."""
    start = inner.find("<![CDATA[")
    if start < 0 or inner[:start].strip():
        return _decoded(inner)
    close = inner.find("]]>", start)
    return _ILLEGAL.sub("", inner[start + 9 : close if close >= 0 else len(inner)])


def _decoded(text: str) -> str:
    return _ILLEGAL.sub("", _XML_REFERENCE.sub(lambda match: html.unescape(match[0]), text))
