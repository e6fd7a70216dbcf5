"""What was collected, read again for a comparison: hour by hour, with what the items matched when they came.

It reads as little as tells the same. Almost all items match nothing: of those only the words are read, and
only where somebody asks what these match; else they are just counted. Most polls find nothing new: a source's
good answers of an hour are one, but where one of them failed, or was much smaller than another or than those
before (which coverage has to see in their order), all are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Text, and_, case, exists, false, func, select, type_coerce

from iwmon.model import FeedState, Item, Match, Reading, Review, Ruling
from iwmon.store import convert, desk, rows
from iwmon.store.steps import span

PAGE = timedelta(days=2)  # read at a time
HOUR = timedelta(hours=1)
EVEN = 2  # answers of an hour are one where no sizes, theirs or before, differ by more than this factor
SETTLED = timedelta(days=14)  # after a jump in size: until every poll has told on what its usual size is
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


@dataclass(frozen=True, slots=True)
class Between:
    """The steps of `since` <= at < `until`, up to number `last`: more may be added. None: no limit."""

    since: datetime | None = None
    until: datetime | None = None
    last: int | None = None

    @property
    def where(self) -> list[ColumnElement[bool]]:
        s = rows.steps.c
        found = [s.at >= self.since] if self.since else []
        found += [s.at < self.until] if self.until else []
        return found + ([s.n <= self.last] if self.last is not None else [])


ALL = Between()


@dataclass(frozen=True, slots=True)
class Edges:
    """How far the record reaches, and what tells whether it was changed: by steps up to number `last`."""

    first: datetime  # the earliest
    latest: datetime
    last: int  # the newest
    steps: int
    items: int  # retention takes them
    rematch: int  # the newest step that replaced matches; 0: none did


def edges(connection: Connection, last: int | None = None) -> Edges | None:
    """Of the steps up to number `last`, or of all; None when there is none."""
    s, i = rows.steps.c, rows.items.c
    query = select(func.min(s.at), func.max(s.at), func.max(s.n), func.count())
    first, latest, newest, steps = connection.execute(query.where(*Between(last=last).where)).one()
    if first is None:
        return None
    items = connection.scalar(select(func.count()).select_from(rows.items).where(i.step <= newest))
    rematch = connection.scalar(select(func.max(rows.rematches.c.step)))
    return Edges(first, latest, newest, steps, items or 0, rematch or 0)


def came_under(connection: Connection, which: Between) -> dict[str, tuple[int, int]]:
    """Digest of a configuration → (steps, items) that came under it."""
    digest = rows.steps.c.config_digest
    query = select(digest, func.count(), func.sum(rows.steps.c["items"])).where(*which.where)
    return {name: (steps, items) for name, steps, items in connection.execute(query.group_by(digest))}


def rulings_before(connection: Connection, since: datetime | None, until: datetime | None) -> list[Ruling]:
    """What was decided about judgements before the first step of a span, oldest first."""
    first, _ = span(connection, since, until)
    r = rows.rulings
    query = select(*convert.columns(r, Ruling)).where(r.c.step < first).order_by(r.c.step, r.c.n)
    return convert.read(Ruling, connection.execute(query))


@dataclass(slots=True)
class Answers:
    """What a source's answers were like, up to some hour."""

    well: bool = False  # none failed in the last of its hours
    least: int = 0  # bytes of a body, since their size jumped
    most: int = 0
    settled: datetime | None = None  # from when on the jump is forgotten

    def even(self, begin: datetime, least: int | None, most: int | None, *, failed: bool) -> bool:
        """Takes one more hour, with the sizes of its new bodies: whether its answers can be one."""
        before, self.well = self.well, not failed
        if least is not None and most is not None:
            low, high = (min(self.least, least), max(self.most, most)) if self.most else (least, most)
            if high > EVEN * low:
                low, high, self.settled = least, most, begin + SETTLED
            self.least, self.most = low, high
        return before and self.well and (self.settled is None or begin >= self.settled)


def page(
    connection: Connection,
    which: Between,
    wanted: Callable[[str], Wanted | None],
    answers: dict[str, Answers],
) -> list[Past]:
    """The hours in which there were steps; `which` begins and ends at full hours.

    `wanted` gives for a configuration's digest what says of the items that came under it whether they are
    wanted though they matched nothing; None: none is. `answers` has what each source's were like before, and
    then up to here; it is empty before the first page. Within an hour, the order is that of the steps'
    numbers: a clock may have been set back.
    """
    s = rows.steps.c
    query = select(s.n, s.at, s.config_digest).where(*which.where).order_by(s.n)
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
    _read_readings(connection, which, hours, of_step, answers)
    for step, match in _matches(connection, which):
        held = of_step[step].matches
        held[match.item] = (*held.get(match.item, ()), match)
    asked = {digest: wanted(digest) for digest in {digest for _, digest in steps.values()}}
    chosen = _chosen(connection, which, {n: asked[digest] for n, (_, digest) in steps.items()})
    for step, reading, item in _items(connection, which, chosen):
        of_step[step].items.append(((step, reading), item))
    _count_others(connection, which, hours, of_step)
    return list(hours.values())


def _begin(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


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
    which: Between,
    hours: Mapping[datetime, Past],
    of_step: Mapping[int, Past],
    answers: dict[str, Answers],
) -> None:
    """Gives each hour its readings: one a source, or all of a source that was not well and even.

    A source that was not well is read in full until a whole hour was: it counts again at its second answer.
    One whose size jumped is until its usual size is what the polls made of it: each tells on that a little.
    """
    r, s = rows.readings.c, rows.steps.c
    fresh = and_(r.not_modified == false(), r.state == FeedState.OK)
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
        .where(*which.where)
        .group_by(_hour(connection), r.source)
    )
    uneven: dict[str, set[datetime]] = {}
    found = sorted(connection.execute(query).all(), key=lambda row: (of_step[row[1]].begin, row[1]))
    for source, first, at, failed, new, least, most, entries, newest in found:
        begin = of_step[first].begin
        if not answers.setdefault(source, Answers()).even(begin, least, most, failed=bool(failed)):
            uneven.setdefault(source, set()).add(begin)
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
        _read_each(connection, which, uneven, of_step)


def _read_each(
    connection: Connection,
    which: Between,
    wanted: Mapping[str, set[datetime]],
    of_step: Mapping[int, Past],
) -> None:
    r, s = rows.readings.c, rows.steps.c
    hours = set().union(*wanted.values())
    which = replace(which, since=min(hours), until=max(hours) + HOUR)  # both are within it
    names = [column.name for column in convert.READING_COLUMNS]
    query = (
        select(r.step, r.place, *convert.READING_COLUMNS)
        .join(rows.steps, s.n == r.step)
        .where(*which.where, r.source.in_(wanted))
        .order_by(r.step, r.place)
    )
    for step, place, *values in connection.execute(query):
        one = Reading(**dict(zip(names, values, strict=True)))
        hour = of_step[step]
        if hour.begin in wanted[one.source]:
            hour.readings.append(((step, place), one))


# ---------------------------------------------------------------- items


def _matches(connection: Connection, which: Between) -> Iterable[tuple[int, Match]]:
    """With the step in which their items came."""
    m, i, s = rows.matches.c, rows.items.c, rows.steps.c
    query = (
        select(i.step, *convert.columns(rows.matches, Match))
        .join(rows.items, i.id == m.item)
        .join(rows.steps, s.n == i.step)
        .where(*which.where)
        .order_by(m.n)
    )
    for step, *values in connection.execute(query):
        yield step, Match(*values)


def _chosen(connection: Connection, which: Between, wanted: Mapping[int, Wanted | None]) -> list[str]:
    """The ids of items that are wanted for what they say, by what is asked of their steps."""
    if not any(wanted.values()):
        return []
    i, s = rows.items.c, rows.steps.c
    query = (
        select(i.step, i.id, i.source, i.title, i.summary, i.body, i.language)
        .join(rows.steps, s.n == i.step)
        .where(*which.where)
        .execution_options(stream_results=True)  # two days of bodies may be more than is to be held
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


def _items(connection: Connection, which: Between, chosen: Sequence[str]) -> list[tuple[int, int, Item]]:
    """(Step, place of its reading, item) of those that matched and of the chosen, in order of arrival."""
    i, s = rows.items.c, rows.steps.c
    query = (
        select(i.n, i.step, i.reading, *convert.ITEM_COLUMNS)
        .join(rows.steps, s.n == i.step)
        .where(*which.where)
    )
    asked: list[ColumnElement[bool]] = [exists().where(rows.matches.c.item == i.id)]
    asked += [i.id.in_(chosen[first : first + ASKED]) for first in range(0, len(chosen), ASKED)]
    found: dict[int, tuple[int, int, Item]] = {}
    for some in asked:
        for n, step, reading, *values in connection.execute(query.where(some)):
            found[n] = step, reading, convert.item(values)
    return [found[n] for n in sorted(found, key=lambda n: (*found[n][:2], n))]


def _count_others(
    connection: Connection,
    which: Between,
    hours: Mapping[datetime, Past],
    of_step: Mapping[int, Past],
) -> None:
    """Counts the items that are not among each hour's `items`."""
    i, s = rows.items.c, rows.steps.c
    query = (
        select(func.min(s.n), i.source, i.flags, func.count())
        .join(rows.steps, s.n == i.step)
        .where(*which.where)
        .group_by(_hour(connection), i.source, i.flags)
    )
    held = {begin: Counter((i.source, i.flags) for _, i in hour.items) for begin, hour in hours.items()}
    for first, source, flags, count in connection.execute(query).all():
        hour = of_step[first]
        left = count - held[hour.begin][source, flags]
        if left:
            hour.others.setdefault(source, {})[flags] = left
