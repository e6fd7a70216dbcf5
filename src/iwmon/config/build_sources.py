"""Checked shapes → sources and origins: who is read, and who is cited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from iwmon import query
from iwmon.config import shape
from iwmon.config.environment import BadAddress, check_web, expanded
from iwmon.config.problem import Report
from iwmon.config.reading import Found, Reading
from iwmon.model import Origin, Source

SHORTEST_POLL = timedelta(seconds=10)
POLITE_POLL = timedelta(minutes=1)


def source(
    found: Found[shape.Source], poll_interval: timedelta, environ: Mapping[str, str], report: Report
) -> Source | None:
    """A source; None, and a complaint, when its address cannot be used."""
    given = found.shape
    check_poll(given.poll_interval, found, ("poll_interval",), report)
    try:
        url = expanded(given.url, environ, "default")
        check_web(url)
    except BadAddress as error:
        place = found.document.within((*found.path, "url"), error.offset)
        report.error(place, f"url: {error.message}", error.hint)
        return None
    return Source(
        id=given.id,
        name=given.name or given.id,
        type=given.type,
        url=url,
        language=given.language,
        country=given.country,
        affiliation=given.affiliation,
        publisher=given.publisher or given.id,
        controlled_by=given.controlled_by,
        authoritative_for=tuple(given.authoritative_for),
        reliability=given.reliability,
        poll_interval=given.poll_interval or poll_interval,
        expect_every=given.expect_every,
        allow_private=given.allow_private,
        enabled=given.enabled,
        aggregator=given.aggregator,
        options=dict(given.options),
        cited_as=tuple(given.cited_as),
        credibility=given.credibility,
    )


def origin(given: shape.Origin) -> Origin:
    """Somebody who is cited but not polled."""
    return Origin(
        id=given.id,
        name=given.name or given.id,
        cited_as=tuple(given.cited_as),
        publisher=given.publisher or given.id,
        controlled_by=given.controlled_by,
        authoritative_for=tuple(given.authoritative_for),
        reliability=given.reliability,
    )


def check_poll(
    interval: timedelta | None,
    found: Found[shape.Source] | Found[shape.File],
    path: tuple[str, ...],
    report: Report,
) -> None:
    """Complain of an interval that no server can be asked to bear."""
    if interval is None:
        return
    if interval < SHORTEST_POLL:
        report.error(found.place(*path), "poll_interval: iwmon polls at most every 10 seconds", "write 5m")
    elif interval < POLITE_POLL:
        polite = "poll_interval: few servers like to be asked more than once a minute"
        report.warning(found.place(*path), polite, "write 5m")


def check_citations(reading: Reading, report: Report) -> None:
    """Complain of every name in a `cited_as` that cannot be read as a term of the query language."""
    citable: Iterable[Found[shape.Source] | Found[shape.Origin]] = (*reading.sources, *reading.origins)
    for found in citable:
        for index, term in enumerate(found.shape.cited_as):
            try:
                query.parse_term(term)
            except query.QueryError as error:
                place = found.document.within((*found.path, "cited_as", index), error.position)
                report.error(place, f"cited_as: {error.message}", error.hint)
