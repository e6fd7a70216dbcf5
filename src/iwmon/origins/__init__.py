"""Who says it: the newsroom that carries an item, whom it cites, and whose voice it is (method.md §2).

A report that cites another is that other's word, however many newsrooms carry it: so it adds nothing to
whom it cites. Citing is the feed's own claim, and a controlled outlet cannot borrow a voice by it: it stays
on its controller's side and speaks for nobody else. (That no newsroom has more than one voice, whomever it
cites, is for `thresholds.by_group` to see to.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from iwmon.model import Entry, Item, Origin, Reliability, Source
from iwmon.origins import names
from iwmon.origins.agencies import SITES
from iwmon.origins.choosing import choose
from iwmon.origins.citation import Citation
from iwmon.origins.names import INDEPENDENT, Cited, Names

# method.md §2: what a grade of the Admiralty code weighs.
_WEIGHT: Mapping[Reliability, float] = {"A": 0.95, "B": 0.80, "C": 0.60, "F": 0.40, "D": 0.35, "E": 0.10}


@dataclass(frozen=True, slots=True)
class Voice:
    """Whose word an item is."""

    publisher: str  # the newsroom's name
    carrier: str  # the newsroom's independence group
    origin: str  # who is cited, as people read it; "" = the newsroom's own report
    group: str  # independence group of the origin
    side: str  # bloc of the origin
    reliability: Reliability  # the worse of the newsroom's and the origin's
    newsroom: Reliability  # of the newsroom itself
    speaks_for: tuple[str, ...]  # whom the origin, or the newsroom for its own report, is authoritative for
    credibility: int | None  # the source's, Admiralty 1-6; None: unjudged
    cue: str = ""  # the words that cite the origin
    reason: str = ""  # one line


@dataclass(frozen=True, slots=True)
class Directory:
    """Who may be named: newsrooms by domain and name, for aggregators, and all that may be cited."""

    newsrooms: Mapping[str, Source] = field(default_factory=dict)
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class _Newsroom:
    """Who carries an item."""

    name: str
    group: str
    side: str
    reliability: Reliability
    speaks_for: tuple[str, ...] = ()
    credibility: int | None = None
    called: str = ""  # how others cite it, where that is another name

    @property
    def controlled(self) -> bool:
        return self.side != INDEPENDENT


def directory(sources: Iterable[Source], origins: Iterable[Origin]) -> Directory:
    """What `voice` looks names up in."""
    newsrooms = tuple(source for source in sources if not source.aggregator)
    found: dict[str, Source] = {}
    for source in newsrooms:
        for key in (_domain(source.url), names.squeezed(source.name), names.squeezed(source.publisher)):
            if key:
                found.setdefault(key, source)
    return Directory(found, names.of(newsrooms, origins))


def voice(item: Item, source: Source, directory: Directory) -> Voice:
    """Item of a source → whose word it is. Pure; never raises on any text."""
    newsroom = _newsroom(item.entry, source, directory)

    def is_own(cited: Cited) -> bool:
        # A controlled outlet that cites its own bloc says more by it: whom.
        if cited.name in (newsroom.name, newsroom.called):
            return True
        return cited.group == newsroom.group and not newsroom.controlled

    citation = choose(item.entry.title, item.entry.summary, directory.names, is_own)
    if citation is None:
        return _own(newsroom, f"{newsroom.name} cites nobody: its own report")
    said = _cited(newsroom, citation)
    if newsroom.controlled and said.side != newsroom.side:
        borrowed = f"{said.reason}; but {newsroom.side} controls it: it stays on that side"
        return replace(said, side=newsroom.side, speaks_for=(), reason=borrowed)
    return said


def _own(newsroom: _Newsroom, reason: str) -> Voice:
    return Voice(
        publisher=newsroom.name,
        carrier=newsroom.group,
        origin="",
        group=newsroom.group,
        side=newsroom.side,
        reliability=newsroom.reliability,
        newsroom=newsroom.reliability,
        speaks_for=newsroom.speaks_for,
        credibility=newsroom.credibility,
        reason=reason,
    )


def _cited(newsroom: _Newsroom, citation: Citation) -> Voice:
    cited = citation.cited
    grades = (newsroom.reliability, cited.reliability or newsroom.reliability)
    verb = "carries a denial by" if citation.denial else "cites"
    return Voice(
        publisher=newsroom.name,
        carrier=newsroom.group,
        origin=cited.name,
        group=cited.group,
        side=cited.side,
        reliability=min(grades, key=_WEIGHT.__getitem__),
        newsroom=newsroom.reliability,
        speaks_for=cited.speaks_for,
        credibility=newsroom.credibility,
        cue=citation.cue,
        reason=f"{newsroom.name} {verb} {cited.name}: “{citation.cue}”",
    )


def listed(publisher: str, url: str, directory: Directory) -> Source | None:
    """The configured newsroom that a publisher's name or domain is of, else an item's address."""
    return _look_up(Entry(key="", url=url, title="", publisher=publisher), directory.newsrooms)


# ---------------------------------------------------------------- the newsroom


def _newsroom(entry: Entry, source: Source, directory: Directory) -> _Newsroom:
    """The source itself; behind an aggregator, whom the entry names."""
    known = _look_up(entry, directory.newsrooms) if source.aggregator else source
    if known:
        return _Newsroom(
            known.name, known.group, known.side, known.reliability, known.authoritative_for, known.credibility
        )
    domain = _domain(entry.publisher_url) or _domain(entry.publisher) or _domain(entry.url)
    name = entry.publisher or domain or source.name
    agency = directory.names.agencies.get(_site(domain) if domain else names.squeezed(name))
    if agency:
        return _Newsroom(name, agency.group, agency.side, "F", called=agency.name)
    # Hosts of one site, and spellings of one name, are one newsroom: both cost nothing to make up.
    group = _registered(domain) or names.squeezed(name) or source.group
    return _Newsroom(name, group, INDEPENDENT, "F")


_SHARED = frozenset(("co", "com", "org", "net", "gov", "mil", "edu", "ac"))  # as in "bbc.co.uk"


def _registered(domain: str) -> str:
    """The part of a host that somebody had to register: "evil.com" of "a.evil.com"."""
    labels = domain.split(".")
    length = 3 if len(labels[-1]) == 2 and labels[-2:-1] and labels[-2] in _SHARED else 2
    return ".".join(labels[-length:])


def _site(domain: str) -> str:
    """What an agency's domain calls it: "edition.cnn.com" is "cnn", "bbc.co.uk" is "bbc"."""
    parts = domain.split(".")
    for length in (2, 3):
        if agency := SITES.get(".".join(parts[-length:])):
            return agency
    labels = parts[:-1]
    if len(labels) > 1 and labels[-1] in ("co", "com", "org", "net"):
        labels.pop()
    return names.squeezed(labels[-1]) if labels else ""


def _look_up(entry: Entry, newsrooms: Mapping[str, Source]) -> Source | None:
    # An address is harder to borrow than a name, so a name counts only where there is no address.
    if not entry.publisher_url and (known := newsrooms.get(names.squeezed(entry.publisher))):
        return known
    for address in (entry.publisher_url, entry.publisher, entry.url):
        domain = _domain(address)
        while domain.count("."):
            if domain in newsrooms:
                return newsrooms[domain]
            domain = domain.partition(".")[2]
    return None


_NOT_THE_NAME = ("www.", "eng.", "en.", "ru.", "rss.", "feeds.", "feed.", "news.")


def _domain(address: str) -> str:
    """The host of a URL or a bare domain, without the prefixes that feeds put before it; "" if none."""
    if not address or " " in address or "." not in address:
        return ""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
        if not host.isascii():  # what no eye sees, and letters of another width, name the same host
            host = host.encode("idna").decode("idna")
    except ValueError:
        return ""
    host = host.rstrip(".")
    for prefix in _NOT_THE_NAME:
        if host.startswith(prefix) and host.count(".") > 1:
            return host.removeprefix(prefix)
    return host
