"""The queries and terms of a configuration: compiled when all is well, else every fault with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from iwmon import query
from iwmon.config.document import Document, Path
from iwmon.config.problem import Report, shown
from iwmon.config.reading import Reading
from iwmon.config.shape import Indicator
from iwmon.model import ANY_LANGUAGE

Terms = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Written:
    """A query as it stands in a file: one text, or several alternatives."""

    language: str
    text: str | list[str]
    document: Document
    path: Path

    @property
    def alternatives(self) -> list[tuple[str, Path]]:
        """Each text with its path."""
        if isinstance(self.text, str):
            return [(self.text, self.path)]
        return [(text, (*self.path, index)) for index, text in enumerate(self.text)]

    @property
    def joined(self) -> str:
        """One query that finds what any of the alternatives finds."""
        texts = [text for text, _ in self.alternatives]
        return texts[0] if len(texts) == 1 else " OR ".join(f"({text})" for text in texts)


def written(indicator: Indicator, document: Document, path: Path) -> Iterator[Written]:
    """The queries of an indicator, one for each of its languages (or for any)."""
    here = (*path, "query")
    if isinstance(indicator.query, dict):
        for language, text in indicator.query.items():
            yield Written(language, text, document, (*here, language))
    elif indicator.query is not None:
        yield Written(ANY_LANGUAGE, indicator.query, document, here)


def vocabulary(reading: Reading) -> dict[str, dict[str, tuple[str, ...]]]:
    """Termset → language → terms."""
    return {
        found.name: {language: tuple(terms) for language, terms in found.terms.items()}
        for found in reading.terms
    }


def check_terms(reading: Reading, report: Report) -> None:
    """Complain of every term that cannot be read, and leave its termset out."""
    bad = set()
    for found in reading.terms:
        for language, terms in found.terms.items():
            for index, term in enumerate(terms):
                try:
                    query.parse_term(term)
                except query.QueryError as error:
                    place = found.document.within((*found.path, language, index), error.position)
                    report.error(place, error.message, error.hint)
                    bad.add(found.name)
    reading.terms = [found for found in reading.terms if found.name not in bad]


def check_sources(reading: Reading, report: Report) -> None:
    """Complain of every `source:id` of a query that names no source."""
    if not reading.complete:
        return
    known = reading.declared["sources"]
    for one in _all(reading):
        for text, path in one.alternatives:
            if "source:" not in text:
                continue
            try:
                named = query.parse(text).sources
            except query.QueryError:
                continue  # `compiled` complains
            for name in sorted(named - known.keys()):
                place = one.document.within(path, max(text.find(f"source:{name}"), 0))
                report.error(place, f"there is no source {shown(name)}", report.suggest(name, known))


def compiled(
    reading: Reading, by_indicator: Mapping[str, Mapping[str, str]], report: Report
) -> query.Matcher | None:
    """The matcher of all queries; None when the report has errors, every faulty query among them."""
    terms = vocabulary(reading)
    if not report.problems("error"):
        try:
            return query.compile(by_indicator, terms)
        except query.QueryError:
            pass  # which queries, and where in the file, is found out below
    unread = reading.declared["terms"].keys() - terms.keys()
    for one in _all(reading):
        sound = [_sound(one, text, path, terms, unread, reading, report) for text, path in one.alternatives]
        if len(sound) > 1 and all(sound):  # together they may be too large
            _sound(one, one.joined, one.path, terms, unread, reading, report)
    return None


def _sound(
    one: Written,
    text: str,
    path: Path,
    terms: Terms,
    unread: set[str],
    reading: Reading,
    report: Report,
) -> bool:
    """Whether a query can be read and its termsets exist; complains if not."""
    try:
        parsed = query.parse(text)
        if reading.complete and not parsed.termsets & unread:
            query.expand(parsed, one.language, terms)
    except query.QueryError as error:
        report.error(one.document.within(path, error.position), error.message, error.hint)
        return False
    return True


def _all(reading: Reading) -> Iterator[Written]:
    for _, found in reading.indicators:
        yield from written(found.shape, found.document, found.path)
