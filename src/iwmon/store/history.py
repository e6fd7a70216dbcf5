"""What was collected, read again for a comparison: hour by hour, with what the items matched when they came.

It reads as little as tells the same. Almost all items match nothing: of those only the words are read, and
only where somebody asks what these match; else they are just counted. Most polls find nothing new: a source's
good answers of an hour are one, but where one of them failed, or was much smaller than another (both of which
coverage has to see in their order), all are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Text, case, exists, false, func, select, type_coerce

from iwmon.model import FeedState, Item, Match, Reading, Review, Ruling
from iwmon.store import convert, desk, rows
from iwmon.store.steps import span

PAGE = timedelta(days=2)  # read at a time
HOUR = timedelta(hours=1)
EVEN = 2  # answers of an hour whose sizes differ by no more than this factor are one
Place = tuple[int, int]  # (step, position of the reading in it)
ALL_HOUR: Place = (0, 0)  # of a reading that stands for several
FETCHED = 1_000  # rows at a time
ASKED = 500  # items that one query names


class Words(NamedTuple):
    """What of an item is matched."""

    source: str
    title: str
    summary: str
    body: str
    language: str | None


# The places of the items that are to be read though nothing that is stored matched them.
Wanted = Callable[[Sequence[Words]], Iterable[int]]


@dataclass(slots=True)
class Past:
    """What was recorded in one hour: from `begin` until the next. `matches` are those that were stored.

    `readings` are without their items, in order. `items` are those that matched, and those that were wanted;
    of the others, `others` has how many there were, by source and flags.
    """

    begin: datetime
    steps: int = 0
    readings: list[tuple[Place, Reading]] = field(default_factory=list)
    items: list[tuple[Place, Item]] = field(default_factory=list)  # in order of arrival
    others: dict[str, dict[frozenset[str], int]] = field(default_factory=dict)
    matches: dict[str, tuple[Match, ...]] = field(default_factory=dict)  # by item
    rulings: list[Review | Ruling] = field(default_factory=list)
    configs: dict[int, str] = field(default_factory=dict)  # digest of the configuration, by step


def extent(connection: Connection) -> tuple[datetime, datetime] | None:
    """The times of the earliest and the latest recorded step; None when there is none."""
    first, last = connection.execute(select(func.min(rows.steps.c.at), func.max(rows.steps.c.at))).one()
    return (first, last) if first is not None else None


def came_under(
    connection: Connection, since: datetime | None, until: datetime | None
) -> dict[str, tuple[int, int]]:
    """Digest of a configuration → (steps, items) of `since` <= at < `until` that came under it."""
    digest = rows.steps.c.config_digest
    query = select(digest, func.count(), func.sum(rows.steps.c["items"])).where(*_within(since, until))
    return {name: (steps, items) for name, steps, items in connection.execute(query.group_by(digest))}


def rulings_before(connection: Connection, since: datetime | None, until: datetime | None) -> list[Ruling]:
    """What was decided about judgements before the first step of a span, oldest first."""
    first, _ = span(connection, since, until)
    r = rows.rulings
    query = select(*convert.columns(r, Ruling)).where(r.c.step < first).order_by(r.c.step, r.c.n)
    return convert.read(Ruling, connection.execute(query))


def page(
    connection: Connection,
    since: datetime,
    until: datetime,
    wanted: Callable[[str], Wanted | None],
    well: set[str],
) -> list[Past]:
    """The hours of `since` <= t < `until` in which there were steps; both are full hours.

    `wanted` gives for a configuration's digest what says of the items that came under it whether they are
    wanted though they matched nothing; None: none is. `well` holds the sources that were well before, and
    then those that are; it is empty before the first page. Within an hour, the order is that of the steps'
    numbers: a clock may have been set back.
    """
    s = rows.steps.c
    query = select(s.n, s.at, s.config_digest).where(*_within(since, until)).order_by(s.n)
    steps = {n: (_begin(at), digest) for n, at, digest in connection.execute(query).all()}
    hours = {begin: Past(begin) for begin in sorted({begin for begin, _ in steps.values()})}
    if not steps:
        return []
    of_step = {n: hours[begin] for n, (begin, _) in steps.items()}
    for n, (_, digest) in steps.items():
        of_step[n].steps += 1
        of_step[n].configs[n] = digest
    for step, rulings in _rulings(connection, list(steps)):
        of_step[step].rulings += rulings
    _read_readings(connection, since, until, hours, of_step, well)
    for step, match in _matches(connection, since, until):
        held = of_step[step].matches
        held[match.item] = (*held.get(match.item, ()), match)
    asked = {digest: wanted(digest) for digest in {digest for _, digest in steps.values()}}
    chosen = _chosen(connection, since, until, {n: asked[digest] for n, (_, digest) in steps.items()})
    for step, reading, item in _items(connection, since, until, chosen):
        of_step[step].items.append(((step, reading), item))
    _count_others(connection, since, until, hours, of_step)
    return list(hours.values())


def _begin(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _within(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    at = rows.steps.c.at
    return ([at >= since] if since else []) + ([at < until] if until else [])


def _hour(connection: Connection) -> ColumnElement[Any]:
    """What is the same for all steps of one UTC hour."""
    at = rows.steps.c.at
    if connection.dialect.name == "postgresql":
        return func.date_trunc("hour", at, "UTC")
    return func.substr(type_coerce(at, Text), 1, len("2022-10-10T12"))


def _rulings(
    connection: Connection, steps: Sequence[int]
) -> Iterable[tuple[int, tuple[Review | Ruling, ...]]]:
    """By step, in order."""
    first, last = steps[0], steps[-1]
    some: set[int] = set()
    for table in (rows.reviews, rows.rulings):
        some.update(connection.scalars(select(table.c.step).where(table.c.step.between(first, last))))
    found = desk.of_steps(connection, sorted(some.intersection(steps)))
    return sorted(found.items())


# ---------------------------------------------------------------- readings


def _read_readings(
    connection: Connection,
    since: datetime,
    until: datetime,
    hours: Mapping[datetime, Past],
    of_step: Mapping[int, Past],
    well: set[str],
) -> None:
    """Gives each hour its readings: one a source, or all of a source that was not well and even.

    A source that was not well is read in full until a whole hour was: it counts again at its second answer.
    """
    r, s, fresh = rows.readings.c, rows.steps.c, rows.readings.c.not_modified == false()
    query = (
        select(
            r.source,
            func.min(s.n),
            func.max(r.at),
            func.count(case((r.state != FeedState.OK, 1))),
            func.count(case((fresh, 1))),
            func.min(case((fresh, r.size))),
            func.max(case((fresh, r.size))),
            func.max(r.entries),
            func.max(case((fresh, r.newest))),
        )
        .join(rows.steps, s.n == r.step)
        .where(*_within(since, until))
        .group_by(_hour(connection), r.source)
    )
    uneven: dict[str, set[datetime]] = {}
    found = sorted(connection.execute(query).all(), key=lambda row: (of_step[row[1]].begin, row[1]))
    for source, first, at, failed, new, least, most, entries, newest in found:
        begin = of_step[first].begin
        if failed or source not in well or (new and most > EVEN * least):
            uneven.setdefault(source, set()).add(begin)
            (well.discard if failed else well.add)(source)
            continue
        one = Reading(
            source=source,
            at=at,
            state=FeedState.OK,
            entries=entries,
            newest=newest,
            size=most or 0,
            not_modified=not new,
        )
        hours[begin].readings.append((ALL_HOUR, one))
    if uneven:
        _read_each(connection, since, until, uneven, of_step)


def _read_each(
    connection: Connection,
    since: datetime,
    until: datetime,
    wanted: Mapping[str, set[datetime]],
    of_step: Mapping[int, Past],
) -> None:
    r, s = rows.readings.c, rows.steps.c
    hours = set().union(*wanted.values())
    since, until = max(since, min(hours)), min(until, max(hours) + HOUR)
    names = [column.name for column in convert.READING_COLUMNS]
    query = (
        select(r.step, r.place, *convert.READING_COLUMNS)
        .join(rows.steps, s.n == r.step)
        .where(*_within(since, until), r.source.in_(wanted))
        .order_by(r.step, r.place)
    )
    for step, place, *values in connection.execute(query):
        one = Reading(**dict(zip(names, values, strict=True)))
        hour = of_step[step]
        if hour.begin in wanted[one.source]:
            hour.readings.append(((step, place), one))


# ---------------------------------------------------------------- items


def _matches(connection: Connection, since: datetime, until: datetime) -> Iterable[tuple[int, Match]]:
    """With the step in which their items came."""
    m, i, s = rows.matches.c, rows.items.c, rows.steps.c
    query = (
        select(i.step, *convert.columns(rows.matches, Match))
        .join(rows.items, i.id == m.item)
        .join(rows.steps, s.n == i.step)
        .where(*_within(since, until))
        .order_by(m.n)
    )
    for step, *values in connection.execute(query):
        yield step, Match(*values)


def _chosen(
    connection: Connection, since: datetime, until: datetime, wanted: Mapping[int, Wanted | None]
) -> list[str]:
    """The ids of items that are wanted for what they say, by what is asked of their steps."""
    if not any(wanted.values()):
        return []
    i, s = rows.items.c, rows.steps.c
    query = (
        select(i.step, i.id, i.source, i.title, i.summary, i.body, i.language)
        .join(rows.steps, s.n == i.step)
        .where(*_within(since, until))
    )
    found = []
    for some in connection.execute(query).partitions(FETCHED):
        by_question: dict[Wanted, list[tuple[str, Words]]] = {}
        for step, identity, *words in some:
            asked = wanted[step]
            if asked is not None:
                by_question.setdefault(asked, []).append((identity, Words(*words)))
        for asked, items in by_question.items():
            found += [items[place][0] for place in asked([words for _, words in items])]
    return found


def _items(
    connection: Connection, since: datetime, until: datetime, chosen: Sequence[str]
) -> list[tuple[int, int, Item]]:
    """(Step, place of its reading, item) of those that matched and of the chosen, in order of arrival."""
    i, s = rows.items.c, rows.steps.c
    query = (
        select(i.n, i.step, i.reading, *convert.ITEM_COLUMNS)
        .join(rows.steps, s.n == i.step)
        .where(*_within(since, until))
    )
    asked: list[ColumnElement[bool]] = [exists().where(rows.matches.c.item == i.id)]
    asked += [i.id.in_(chosen[first : first + ASKED]) for first in range(0, len(chosen), ASKED)]
    found: dict[int, tuple[int, int, Item]] = {}
    for which in asked:
        for n, step, reading, *values in connection.execute(query.where(which)):
            found[n] = step, reading, convert.item(values)
    return [found[n] for n in sorted(found, key=lambda n: (*found[n][:2], n))]


def _count_others(
    connection: Connection,
    since: datetime,
    until: datetime,
    hours: Mapping[datetime, Past],
    of_step: Mapping[int, Past],
) -> None:
    """Counts the items that are not among each hour's `items`."""
    i, s = rows.items.c, rows.steps.c
    query = (
        select(func.min(s.n), i.source, i.flags, func.count())
        .join(rows.steps, s.n == i.step)
        .where(*_within(since, until))
        .group_by(_hour(connection), i.source, i.flags)
    )
    held = {begin: Counter((i.source, i.flags) for _, i in hour.items) for begin, hour in hours.items()}
    for first, source, flags, count in connection.execute(query).all():
        hour = of_step[first]
        left = count - held[hour.begin][source, flags]
        if left:
            hour.others.setdefault(source, {})[flags] = left
