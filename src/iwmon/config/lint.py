"""`check`: does a configuration without errors also do what its author means?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from iwmon import query
from iwmon.config import shape
from iwmon.config.configuration import Config
from iwmon.config.problem import Place, Problem, Report, listed, shown
from iwmon.config.queries import written
from iwmon.config.reading import Found, Reader, Reading
from iwmon.model import ANY_LANGUAGE, Entry, Indicator, Item, Route, Source

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # queries do not look at times


def check(config: Config) -> list[Problem]:
    """Warnings found when it was read, failed examples (errors) and doubts (warnings), in file order.

    Each example is tried as the title of an item of unknown language.
    """
    report = Report()
    reading = Reader(config.contents.__getitem__, Report()).main(config.files[0])
    for name in config.files:
        report.order.setdefault(name, len(report.order))
    for problem in config.warnings:
        file, line, column = problem.where.rsplit(":", 2)
        report.found.append((Place(file, int(line), int(column)), problem))
    _check_whole(config, reading, report)
    for judgement in reading.judgements:
        _check_judgement(judgement, config, report)
    for _, found in reading.indicators:
        _check_queries(found, report)
        _check_examples(config, found, report)
        _check_collection(config, found, report)
    return [problem for _, problem in report.sorted()]


def _check_whole(config: Config, reading: Reading, report: Report) -> None:
    start = Place(config.files[0], 1, 1)
    if not config.judgements:
        report.warning(start, "there are no judgements: nothing is watched for", "add them under judgements:")
    if not config.sources:
        report.warning(start, "there are no sources: nothing is read", "add them under sources:")
    told = set(_receivers(config.route)) | {config.settings.operator}
    for receiver in reading.receivers:
        if receiver.shape.id not in told:
            unused = f"no route leads to the receiver {shown(receiver.shape.id)}"
            report.warning(receiver.place("id"), unused, f"add a route with receiver: {receiver.shape.id}")


def _receivers(route: Route) -> Iterator[str]:
    yield route.receiver
    for below in route.routes:
        yield from _receivers(below)


def _check_judgement(found: Found[shape.Judgement], config: Config, report: Report) -> None:
    given = config.judgements[found.shape.id]
    place = found.place("id")
    if not given.indicators:
        report.warning(
            place, f"the judgement {shown(given.id)} has no indicators", "add them under indicators:"
        )
    if given.kind == "event_by" and given.horizon is None:
        report.warning(
            place, "an event_by judgement without a horizon can never be wrong", "add horizon: 6 months"
        )
    if not given.resolution.criteria:
        wrong = f"nothing says how the judgement {shown(given.id)} will be settled"
        report.warning(place, wrong, "add resolution: {criteria: what must be seen}")


def _check_queries(found: Found[shape.Indicator], report: Report) -> None:
    for one in written(found.shape, found.document, found.path):
        for text, path in one.alternatives:
            for doubt in query.lint(text, one.language):
                report.warning(one.document.place(path), doubt)


# ---------------------------------------------------------------- examples


def _check_examples(config: Config, found: Found[shape.Indicator], report: Report) -> None:
    indicator = config.indicators[found.shape.id]
    if not indicator.queries:
        return
    found_by_any = False
    for index, text in enumerate(indicator.examples.match):
        if _hits(config, indicator, text, None):
            found_by_any = True
        else:
            place = found.place("examples", "match", index)
            report.error(place, f"the query does not find its example {shown(text)}", "change one of the two")
    for index, text in enumerate(indicator.examples.no_match):
        words = _hits(config, indicator, text, None)
        if words:
            wrong = f"the query finds {shown(text)}, which it must not, by: {listed(words)}"
            place = found.place("examples", "no_match", index)
            report.error(place, wrong, "change one of the two")
    if found_by_any or not indicator.examples.match:
        _check_reach(config, found, indicator, report)


def _check_reach(config: Config, found: Found[shape.Indicator], indicator: Indicator, report: Report) -> None:
    if not indicator.examples.match:
        lacking = f"the indicator {shown(indicator.id)} has no example"
        report.warning(found.place("id"), lacking, "add examples: {match: [a headline that it must find]}")
        return
    for language in indicator.queries:
        if any(_hits(config, indicator, text, language or None) for text in indicator.examples.match):
            continue
        place = found.place("query", language, key=True) if language else found.place("query")
        reached = (
            f"no example reaches the query for {language}" if language else "no example reaches the query"
        )
        report.warning(place, reached, "add a headline that it finds under examples: match:")


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


# ---------------------------------------------------------------- collection


def _check_collection(config: Config, found: Found[shape.Indicator], report: Report) -> None:
    indicator = config.indicators[found.shape.id]
    if (
        indicator.queries
        and config.sources
        and not any(source.enabled and _could_feed(source, indicator) for source in config.sources.values())
    ):
        languages = " or ".join(language for language in indicator.queries if language)
        where = " of collectible_from" if indicator.collectible_from else ""
        speaks = f" that speaks {languages}" if languages else ""
        wrong = f"no enabled source{where}{speaks} can report {shown(indicator.id)}: it stays blind"
        report.warning(found.place("id"), wrong, "add a source, or a query in a language of the sources")
    if indicator.window > config.settings.retention:
        wrong = f"the window of {shown(indicator.id)} is longer than settings.retention"
        report.warning(found.place("id"), wrong, "make the retention longer")


def _could_feed(source: Source, indicator: Indicator) -> bool:
    if indicator.collectible_from and source.id not in indicator.collectible_from:
        return False
    return (
        source.language is None or source.language in indicator.queries or ANY_LANGUAGE in indicator.queries
    )
