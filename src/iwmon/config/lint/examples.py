"""Do the queries find what they should, and nothing else?"""

from __future__ import annotations

from datetime import UTC, datetime

from iwmon import query
from iwmon.config import shape
from iwmon.config.configuration import Config
from iwmon.config.problem import Report, listed, shown
from iwmon.config.queries import written
from iwmon.config.reading import Found
from iwmon.model import Entry, Indicator, Item

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # queries do not look at times


def check(config: Config, found: Found[shape.Indicator], report: Report) -> None:
    """Doubt odd queries, try the examples, and doubt a query that no example proves."""
    for one in written(found.shape, found.document, found.path):
        for text, path in one.alternatives:
            for doubt in query.lint(text, one.language):
                report.warning(one.document.place(path), doubt)
    indicator = config.indicators[found.shape.id]
    if not indicator.queries:
        return
    found_any = _check_matches(config, found, indicator, report)
    _check_strangers(config, found, indicator, report)
    if found_any or not indicator.examples.match:
        _check_proof(config, found, indicator, report)


def _check_matches(
    config: Config, found: Found[shape.Indicator], indicator: Indicator, report: Report
) -> bool:
    """Whether any example is found; an error for each that is not."""
    found_any = False
    for index, text in enumerate(indicator.examples.match):
        if _hits(config, indicator, text, None):
            found_any = True
        else:
            place = found.place("examples", "match", index)
            report.error(place, f"the query does not find its example {shown(text)}", "change one of the two")
    return found_any


def _check_strangers(
    config: Config, found: Found[shape.Indicator], indicator: Indicator, report: Report
) -> None:
    for index, text in enumerate(indicator.examples.no_match):
        words = _hits(config, indicator, text, None)
        if words:
            wrong = f"the query finds {shown(text)}, which it must not, by: {listed(words)}"
            place = found.place("examples", "no_match", index)
            report.error(place, wrong, "change one of the two")


def _check_proof(config: Config, found: Found[shape.Indicator], indicator: Indicator, report: Report) -> None:
    """method.md §2: unproven = never matched and no passing example."""
    if not indicator.examples.match:
        lacking = f"{shown(indicator.id)} is unproven: no example shows that its query finds anything"
        report.warning(found.place("id"), lacking, "add examples: {match: [a headline that it must find]}")
        return
    for language in indicator.queries:
        if any(_hits(config, indicator, text, language or None) for text in indicator.examples.match):
            continue
        place = found.place("query", language, key=True) if language else found.place("query")
        which = f" for {language}" if language else ""
        report.warning(
            place,
            f"the query{which} is unproven: no example reaches it",
            "add a headline that it finds under examples: match:",
        )


def _hits(config: Config, indicator: Indicator, text: str, language: str | None) -> tuple[str, ...]:
    """The words by which an indicator finds a headline; () if it does not. A `source:` is granted."""
    for source in _sources(indicator):
        entry = Entry(key="example", url="", title=text, language=language)
        for match in config.matcher.match(Item("example", source, entry, _ANY_TIME)):
            if match.indicator == indicator.id:
                return match.words or (text,)
    return ()


def _sources(indicator: Indicator) -> list[str]:
    """Sources to try an example as: none in particular, and each that the queries name."""
    named = {
        source
        for text in indicator.queries.values()
        if "source:" in text
        for source in query.parse(text).sources
    }
    return ["", *sorted(named)]
