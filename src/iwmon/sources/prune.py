"""An XML tree → the same feed with nothing in it but what iwmon reads, each leaf holding text only.

What is not there cannot hurt: GeoRSS that makes feedparser raise, the pattern it runs over authors'
addresses, 100,000 attributes on a tag. Markup inside a leaf (XHTML content, HTML that nobody escaped)
becomes its text.
"""

from __future__ import annotations

import copy
import html
from collections.abc import Iterable, Sequence

from lxml import etree

from iwmon.sources.markup import ATOM, KNOWN_PREFIXES, RSS, Element

_ENTRY = frozenset(
    {
        "title",
        "link",
        "guid",
        "id",
        "pubdate",
        "published",
        "issued",
        "created",
        "updated",
        "modified",
        "date",
    }
    | {"description", "summary", "abstract", "content", "body", "fullitem", "source", "language", "publisher"}
)
_FEED = frozenset({"title", "link", "language"})
_OF_NAMESPACE = {  # by lower-case URI
    KNOWN_PREFIXES["dc"]: frozenset({"title", "description", "date", "language", "publisher"}),
    KNOWN_PREFIXES["dcterms"]: frozenset({"created", "issued", "modified", "abstract"}),
    KNOWN_PREFIXES["content"]: frozenset({"encoded"}),
    KNOWN_PREFIXES["media"]: frozenset({"title", "description", "group", "content"}),
    KNOWN_PREFIXES["media"].rstrip("/"): frozenset({"title", "description", "group", "content"}),
    KNOWN_PREFIXES["itunes"].lower(): frozenset({"summary"}),
    KNOWN_PREFIXES["xhtml"]: frozenset({"body"}),
}
_MEDIA = frozenset({KNOWN_PREFIXES["media"], KNOWN_PREFIXES["media"].rstrip("/")})
_FOREIGN = frozenset({KNOWN_PREFIXES["rdf"], "http://www.georss.org/georss", "http://www.opengis.net/gml"})
_ATTRIBUTES = frozenset(  # in lower case
    {"href", "rel", "type", "url", "mode", "ispermalink", "version", "lang", "base"}
    | {f"{{http://www.w3.org/xml/1998/namespace}}{name}" for name in ("lang", "base")}
    | {f"{{{KNOWN_PREFIXES['rdf']}}}about"}
)


def entries_of(tree: Element) -> list[Element]:
    """The items or entries of a feed in document order; those inside another one are its content."""
    names = ("item", "entry")
    candidates = list(tree.iter("{*}item", "{*}entry"))
    if not candidates:  # <ITEM>
        candidates = [element for element in tree.iter(etree.Element) if _local(element).lower() in names]
    own = {None, ATOM, RSS, _namespace(tree)} | {_namespace(child) for child in tree[:1]}
    found: set[Element] = set()
    for element in candidates:
        plain = element.prefix is None or _namespace(element) in own
        if plain and not any(ancestor in found for ancestor in element.iterancestors()):
            found.add(element)
    return [element for element in candidates if element in found]


def pruned(tree: Element, entries: Sequence[Element]) -> bytes:
    """A document with the feed's own title, link and language, and of `entries` what is read.

    The entries are moved out of `tree` and stripped; the rest of `tree` stays, for another call.
    """
    root = etree.Element(tree.tag, nsmap=tree.nsmap)
    _copy_attributes(tree, root)
    place = root
    holder = tree
    if _local(tree).lower() != "feed":
        channel = next(tree.iter("{*}channel", "{*}Channel", "{*}CHANNEL"), None)
        if channel is not None and channel is not tree:
            holder = channel
            place = etree.SubElement(root, channel.tag)
            _copy_attributes(channel, place)
    inside = set(entries)
    for child in list(holder):
        if child not in inside and _wanted(child, _FEED, holder):
            place.append(_leaf(copy.deepcopy(child)))
    for entry in entries:
        place.append(_entry(entry))
    return bytes(etree.tostring(root, encoding="utf-8"))


def _entry(entry: Element) -> Element:
    _keep_attributes(entry)
    entry.tail = entry.text = None
    for child in list(entry):
        if not _wanted(child, _ENTRY, entry):
            entry.remove(child)
        elif _namespace(child) in _MEDIA and _local(child) in ("group", "content"):
            _entry(child)
        elif _local(child) == "source" and len(child):
            _source(child)
        else:
            _leaf(child)
    return entry


def _source(source: Element) -> None:
    _keep_attributes(source)
    source.tail = None
    for child in list(source):
        if _wanted(child, frozenset({"title", "link", "id"}), source):
            _leaf(child)
        else:
            source.remove(child)


def _wanted(child: Element, plain: Iterable[str], parent: Element) -> bool:
    if not isinstance(child.tag, str):
        return False
    name, namespace = _local(child).lower(), (_namespace(child) or "").lower()
    if namespace in _OF_NAMESPACE:
        return name in _OF_NAMESPACE[namespace]
    if namespace in _FOREIGN:
        return False
    familiar = {"", ATOM.lower(), RSS, (_namespace(parent) or "").lower()}
    return name in plain and (child.prefix is None or namespace in familiar)


def _leaf(element: Element) -> Element:
    if len(element):
        xhtml = "xhtml" in (element.get("type") or "") or _local(element) == "body"
        text = element.text or ""
        inner = "".join(etree.tostring(child, encoding="unicode") for child in element)
        for child in list(element):
            element.remove(child)
        element.text = (html.escape(text, quote=False) if xhtml else text) + inner
        if element.get("type"):
            element.set("type", "html")
        if _local(element) == "body":  # feedparser would take its text for XHTML and escape it again
            element.tag = f"{{{KNOWN_PREFIXES['content']}}}encoded"
    _keep_attributes(element)
    element.tail = None
    text = element.text or ""
    if ("<" in text or "&" in text) and "]]>" not in text:
        element.text = etree.CDATA(text)  # feedparser is called once a line, not twice a reference
    return element


def _keep_attributes(element: Element) -> None:
    if len(element.attrib) > len(_ATTRIBUTES):
        kept = {name: value for name, value in element.attrib.items() if name.lower() in _ATTRIBUTES}
        element.attrib.clear()
        element.attrib.update(kept)


def _copy_attributes(old: Element, new: Element) -> None:
    for name, value in old.attrib.items():
        if name.lower() in _ATTRIBUTES:
            new.set(name, value)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _namespace(element: Element) -> str | None:
    tag = str(element.tag)
    return tag[1:].partition("}")[0] if tag[0] == "{" else None
