"""All indicators' queries against one item at once.

Every word and prefix of every query goes into one Aho-Corasick automaton, which passes over the item
once. Only the queries that the found terms can make hold (ways.py) are evaluated. So the cost of an item
is that of its text plus that of the queries that it nearly matches, whatever the number of indicators.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ahocorasick_rs import BytesAhoCorasick

from iwmon.model import ANY_LANGUAGE, Item, Match
from iwmon.query.document import NEVER, PLACES, Document, known_language
from iwmon.query.fold import index_even
from iwmon.query.parse import parse
from iwmon.query.places import Marks, Part
from iwmon.query.planner import Planner
from iwmon.query.shown import Shown
from iwmon.query.syntax import QueryError
from iwmon.query.terms import Vocabulary, primary_language
from iwmon.query.ways import Listing

Queries = Mapping[str, Mapping[str, str]]  # indicator → language, or "" for any → text
Termsets = Mapping[str, Mapping[str, Sequence[str]]]  # name → language → entries
Asked = tuple[Queries, Termsets]
STRENGTH = (1.0, 0.8, 0.6)  # of a match in title, summary, body: method.md section 2


@dataclass(frozen=True, slots=True, eq=False)
class _Program:
    """One query of one indicator, compiled."""

    indicator: int
    language: str
    part: Part
    terms: frozenset[int]


def compile(queries: Queries, terms: Termsets) -> Matcher:  # noqa: A001 - the word for it, as in `re.compile`
    """Compile the queries of all indicators: id → language (or "" for any) → text of the query.

    `terms` are the termsets: name → language → entries. Raises QueryError for the first query that
    cannot be read; `where` then names the indicator and the language.
    """
    return Matcher((queries, terms))


class Matcher:
    """Compiled queries. `indicators` are their ids, in the order of the configuration."""

    def __init__(self, *asked: Asked) -> None:
        """Of several configurations, each with its own termsets, an item is read once for all of them; no id
        may be in two."""
        self.indicators = tuple(name for queries, _ in asked for name in queries)
        planner = Planner()
        programs = list(_programs(asked, planner))
        weights = planner.weights()
        self._listings: dict[str | None, Listing[_Program]] = {None: Listing()}  # by language of the item
        self._listings |= {program.language: Listing() for program in programs}
        for program in programs:
            ways = program.part.ways(weights)
            for language, listing in self._listings.items():
                if language is None or program.language in (language, ANY_LANGUAGE):
                    listing.add(program, ways)
        self._find = BytesAhoCorasick(planner.patterns).find_matches_as_indexes

    def match(self, item: Item) -> tuple[Match, ...]:
        """The indicators that the item answers, in the order of the configuration. Never raises."""
        document = Document(item)
        listing = self._listing(document.language)
        if listing is None:
            return ()
        hits = self._find(document.data, overlapping=True)
        candidates = listing.candidates({term for term, _, _ in hits})
        if not candidates:
            return ()
        document.number_hits(hits, frozenset().union(*(program.terms for program in candidates)))
        holding: dict[int, list[tuple[int, _Program]]] = {}
        for program in candidates:
            first = program.part.first(document)
            if first != NEVER:
                holding.setdefault(program.indicator, []).append((first, program))
        if not holding:
            return ()
        shown = Shown(document)
        return tuple(
            self._matched(item, document, shown, holding[indicator]) for indicator in sorted(holding)
        )

    def sift(self, texts: Sequence[tuple[str, str | None]]) -> list[int]:
        """The places of the items in which `match` may find something; in no other does it.

        `texts`: title, summary and body as one, apart by spaces, with the item's language. They are folded
        and searched together, so that an item that has no term of any query costs half of what `match` takes.
        What is written with uncommon characters is not judged here: it may match.
        """
        codes = {code for _, code in texts}
        listings = {code: self._listing(known_language(code)) for code in codes}
        always = {code for code, listing in listings.items() if listing is not None and listing.always}
        found = {place for place, (_, code) in enumerate(texts) if code in always}
        starts = list(accumulate((len(text) + 1 for text, _ in texts), initial=1))
        data, uncommon = index_even(f" {' '.join(text for text, _ in texts)} ")
        found.update(bisect_right(starts, at) - 1 for at in uncommon)
        terms: dict[int, set[int]] = {}
        for term, before, _ in self._find(data, overlapping=True):
            terms.setdefault(bisect_right(starts, before + 1) - 1, set()).add(term)
        for place, some in terms.items():
            listing = listings[texts[place][1]]
            if place not in found and listing is not None and listing.candidates(some):
                found.add(place)
        return sorted(found)

    def _listing(self, language: str | None) -> Listing[_Program] | None:
        """What may match an item of a language."""
        return self._listings.get(language) or self._listings.get(ANY_LANGUAGE)

    def _matched(
        self, item: Item, document: Document, shown: Shown, holding: list[tuple[int, _Program]]
    ) -> Match:
        place = min(first for first, _ in holding)
        marks = Marks()
        for first, program in holding:
            if first == place:
                program.part.mark(document, place, marks)
        return Match(
            item=item.id,
            indicator=self.indicators[holding[0][1].indicator],
            where=PLACES[place],
            words=shown.words(marks),
            strength=STRENGTH[place],
        )


def _programs(asked: Sequence[Asked], planner: Planner) -> Iterator[_Program]:
    number = 0
    for queries, terms in asked:
        vocabulary = Vocabulary(terms)
        for indicator, by_language in queries.items():
            for code, text in by_language.items():
                try:
                    query = vocabulary.expand(parse(text), code)
                except QueryError as error:
                    error.where = f"indicator {indicator}, query {code or 'for any language'}, {error.where}"
                    raise
                yield _Program(number, primary_language(code), *planner.plan(query))
            number += 1
