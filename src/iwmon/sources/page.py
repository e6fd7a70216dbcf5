"""A page that lists articles, for sites without a feed.

By default every link to the site itself within <article> or <main> (else <body>) whose text has 25
characters or more, if there are three of them.
XPaths in `source.options` are more exact: `items` finds the blocks, and `title`, `url`, `published` and
`summary` are evaluated within each. Items are undated unless the block has a <time datetime>.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

from iwmon.model import FeedState, Parsed, PollState, ReadFailed, Request, Source
from iwmon.sources.asking import PAGES, ask
from iwmon.sources.charset import decode
from iwmon.sources.dates import moment
from iwmon.sources.entries import ENTRIES_LIMIT, SUMMARY_LIMIT, TITLE_LIMIT, Draft, cut_note, finished
from iwmon.sources.looks import look
from iwmon.sources.markup import Element
from iwmon.sources.text import address, plain, thin

SHORTEST = 25  # characters of a link's text that make it a headline, not a menu entry
FEWEST = 3  # headlines that make a list: a challenge page links to its maker, too


def request(source: Source, poll: PollState, now: datetime) -> Request:
    """A conditional GET of the page."""
    return ask(source, poll, PAGES)


def read(source: Source, body: bytes, content_type: str) -> Parsed:
    """The articles that the page links to, each once. Raises ReadFailed where there are none."""
    text = decode(body, content_type, source.language)
    tree = _tree(text)
    if tree is None:
        raise ReadFailed(*look(body, text))
    chosen = source.options.get("items")
    blocks = _found(source, tree, chosen) if chosen else _headlines(tree)
    drafts: dict[str, Draft] = {}
    for block in blocks[:ENTRIES_LIMIT]:
        draft = _draft(source, block)
        if not draft.url or not draft.title or not (chosen or _host(draft.url) == _host(source.url)):
            continue
        if draft.url not in drafts or len(draft.title) > len(drafts[draft.url].title):
            drafts[draft.url] = draft
    if not drafts or (not chosen and len(drafts) < FEWEST):
        state, what = look(body, text)
        raise ReadFailed(
            state, f"{what}, without a list of articles", hint="say where they are in options.items"
        )
    title = str(tree.xpath("string((//title)[1])"))
    return finished(source, list(drafts.values()), title, cut_note(len(blocks)))


def _tree(text: str) -> Element | None:
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(thin(text).encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        return None


def _headlines(tree: Element) -> list[Element]:
    for within in ("//article", "//main", "//body"):
        links = tree.xpath(f"{within}//a[@href]")
        found = [link for link in links if len(_text(link)) >= SHORTEST]
        if found:
            return found
    return []


def _found(source: Source, place: Element, xpath: str) -> list[Element]:
    try:
        found = place.xpath(xpath)
    except etree.XPathError as error:
        raise ReadFailed(FeedState.ERROR, f"the XPath {xpath!r} cannot be used: {error}") from error
    return found if isinstance(found, list) else [found]


def _draft(source: Source, block: Element) -> Draft:
    def text(field: str, default: str) -> str:
        xpath = source.options.get(field, default)
        found = _found(source, block, xpath) if xpath else []
        return _text(found[0]) if found else ""

    link = "." if block.tag == "a" else "(.//a[@href])[1]"
    times = "(.//time/@datetime | ancestor::article[1]//time/@datetime)[1]"
    return Draft(
        title=plain(text("title", link), TITLE_LIMIT, markup=False),
        url=address(text("url", f"{link}/@href"), source.url),
        summary=plain(text("summary", ""), SUMMARY_LIMIT, markup=False),
        published=moment(text("published", times)),
    )


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _text(found: Element) -> str:
    if isinstance(found, etree._Element):
        return " ".join(str(found.xpath("string()")).split())
    return str(found)
