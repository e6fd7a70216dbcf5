"""One step, written in one transaction; and the recorded steps, read again for replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, update

from iwmon.model import (
    Budget,
    FeedState,
    IndicatorState,
    Item,
    JudgementState,
    Memory,
    PollState,
    SourceHealth,
    Step,
    Story,
)
from iwmon.store import convert, desk, ledger, opened, rematches, remembering, rows
from iwmon.store.writer import Writer, existing
from iwmon.stored import AssessmentRecord, Recorded

COUNTED = ("items", "matches", "stories", "alerts")
_PLACES = 1 << 20  # places within one step; step · _PLACES + i orders rows over all steps
_PAGE = 100  # steps read at a time


@dataclass(slots=True)
class Written:
    """What the database is known to hold, so that only what changed is written."""

    states: Mapping[str, IndicatorState] = field(default_factory=dict)
    health: Mapping[str, SourceHealth] = field(default_factory=dict)
    judgements: Mapping[str, JudgementState] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    volumes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    stories: Mapping[str, Story] | None = None  # None: nobody knows which are remembered
    at: datetime | None = None  # of the step before
    gone: frozenset[str] = frozenset()  # see `remembering`

    @classmethod
    def of(cls, memory: Memory, gone: frozenset[str]) -> Self:
        return cls(
            memory.states,
            memory.health,
            memory.judgements,
            memory.budgets,
            memory.volumes,
            memory.stories,
            memory.at,
            gone,
        )


def commit(
    connection: Connection,
    writer: Writer,
    step: Step,
    polls: Sequence[PollState],
    known: Written,
    *,
    once: bool = False,
) -> Written:
    """Writes all of a step. Every row has a key, so that the same step can come twice.

    `once`: it is one of a one-shot poll. Returns what the database holds when this is committed.
    """
    n, is_new = _step(connection, writer, step)
    added = _evidence(connection, writer, step, n, known)
    _changes(connection, writer, step, n)
    memory = step.memory
    changed = [s for i, s in memory.states.items() if known.states.get(i) != s]
    writer.put(connection, rows.indicator_states, [convert.row(s) for s in changed])
    ailing = [h for i, h in memory.health.items() if known.health.get(i) != h]
    writer.put(connection, rows.source_health, [convert.row(h) for h in ailing])
    _judgements(connection, writer, step, known)
    desk.taken_up(connection, step.rulings, n)
    rematches.write(connection, writer, step, n)
    added["alerts"] = writer.add(connection, rows.alerts, [convert.alert_row(a) for a in step.alerts])
    writer.add(connection, rows.deliveries, [convert.delivery_row(d) for d in step.deliveries])
    writer.put(connection, rows.polls, [convert.row(p) for p in polls])
    if is_new:
        writer.count(connection, rows.source_stats, _stats(step))
        ledger.write(connection, ledger.raised(step.alerts, step.deliveries))
        opened.note_step(connection, writer, n, step.at, once=once)
    counted = [{"name": name, "value": value} for name, value in added.items() if value]
    writer.count(connection, rows.counters, counted)
    return Written.of(memory, remembering.note(connection, writer, step, known.at, known.gone))


def _judgements(connection: Connection, writer: Writer, step: Step, known: Written) -> None:
    """What is remembered of judgements, their assessments of the day, budgets and volumes."""
    memory = step.memory
    changed = [s for i, s in memory.judgements.items() if known.judgements.get(i) != s]
    writer.put(connection, rows.judgement_states, [convert.row(s) for s in changed])
    spent = [b for i, b in memory.budgets.items() if known.budgets.get(i) != b]
    writer.put(connection, rows.budgets, [convert.row(b) for b in spent])
    # A budget whose digest went out must not come back with a restart and be told again.
    over = known.budgets.keys() - memory.budgets.keys()
    if over:
        connection.execute(delete(rows.budgets).where(rows.budgets.c.judgement.in_(over)))
    writer.put(
        connection,
        rows.assessments,
        [convert.row(AssessmentRecord.of(one, step.at)) for one in step.assessments],
    )
    volumes = [
        {"source": source, "day": day, "items": items}
        for source, days in memory.volumes.items()
        if known.volumes.get(source) != days
        for day, items in days.items()
        if known.volumes.get(source, {}).get(day) != items
    ]
    writer.put(connection, rows.volumes, volumes)
    past = [
        {"of": source, "on": day}
        for source, days in known.volumes.items()
        for day in days.keys() - memory.volumes.get(source, {}).keys()
    ]
    if past:
        connection.execute(_FORGET_VOLUME, past)


def _step(connection: Connection, writer: Writer, step: Step) -> tuple[int, bool]:
    """The step's number, and whether it is new."""
    n, key = rows.steps.c.n, _key(step)
    values = {
        "key": key,
        "at": step.at,
        "config_digest": step.config_digest,
        "readings": len(step.readings),
        "items": len(step.items),
        "matches": len(step.matches),
        "alerts": len(step.alerts),
    }
    adding = writer.adding(rows.steps).returning(n)
    made = connection.scalar(adding, values)
    if made is not None:
        return int(made), True
    # Only the last can come again. One before it that was like this was another step, at the same moment.
    last, its_key = connection.execute(select(n, rows.steps.c.key).order_by(n.desc()).limit(1)).one()
    if its_key.partition("-")[0] == key:
        return int(last), False
    return int(connection.execute(adding, values | {"key": f"{key}-{last}"}).scalar_one()), True


def _key(step: Step) -> str:
    """A digest of the step's input and of what it decided."""
    said = (
        step.at.isoformat(),
        step.config_digest,
        [(r.source, r.at.isoformat(), r.state, r.size, [i.id for i in r.items]) for r in step.readings],
        [(c.indicator, c.after) for c in step.level_changes],
        [(c.indicator, c.after) for c in step.coverage_changes],
        [a.id for a in step.alerts],
        [(type(r).__name__, r.n, r.at.isoformat(), r.by, r.action) for r in step.rulings],
        [step.memory.health.get(r.source) for r in step.readings],
    )
    if step.rematch:
        said = (*said, step.rematch.indicators, [item.id for item in step.rematch.items])  # type: ignore[assignment]
    return sha256(repr(said).encode("utf-8", "replace")).hexdigest()[:16]


def _evidence(connection: Connection, writer: Writer, step: Step, n: int, written: Written) -> dict[str, int]:
    """Readings, items, matches, stories and signals; returns how many rows were new."""
    readings = [convert.reading_row(r, n, place) for place, r in enumerate(step.readings)]
    writer.add(connection, rows.readings, readings)
    items = [convert.item_row(i, n, place) for place, r in enumerate(step.readings) for i in r.items]
    added = {"items": writer.add(connection, rows.items, items)}
    added["matches"] = writer.add(connection, rows.matches, [convert.row(m) for m in step.matches])
    known = existing(connection, rows.stories, [s.id for s in step.stories])
    added["stories"] = len({s.id for s in step.stories} - known)
    first = n * _PLACES
    stories = [convert.story_row(s, first + i) for i, s in enumerate(step.stories)]
    writer.put(connection, rows.stories, stories)
    if written.stories is not None:  # what nobody remembers and begins anew is the last to arise
        anew = [s for s in stories if s["id"] in known and s["id"] not in written.stories]
        for story in anew:
            here = update(rows.stories).where(rows.stories.c.id == story["id"])
            connection.execute(here.values(place=story["place"]))
    _expire(connection, step.dropped, step.at)  # first: what comes back in the same step is a new arrival
    signals = [convert.signal_row(s, first + i) for i, s in enumerate(step.signals)]
    writer.put(connection, rows.signals, signals)
    _expire(connection, step.expired, step.at)
    return added


def _expire(connection: Connection, gone: Sequence[tuple[str, str]], at: datetime) -> None:
    """These signals, by indicator and story, count no more."""
    if gone:
        connection.execute(_EXPIRE, [{"of": indicator, "by": story, "at": at} for indicator, story in gone])


_EXPIRE = (
    update(rows.signals)
    .where(
        rows.signals.c.indicator == bindparam("of"),
        rows.signals.c.story == bindparam("by"),
        rows.signals.c.expired.is_(None),
    )
    .values(expired=bindparam("at", type_=rows.signals.c.expired.type))
)


_FORGET_VOLUME = delete(rows.volumes).where(
    rows.volumes.c.source == bindparam("of"), rows.volumes.c.day == bindparam("on")
)


def _changes(connection: Connection, writer: Writer, step: Step, n: int) -> None:
    for table, changes in (
        (rows.level_changes, step.level_changes),
        (rows.coverage_changes, step.coverage_changes),
    ):
        found = [convert.row(change, step=n, place=place) for place, change in enumerate(changes)]
        writer.add(connection, table, found)


def _stats(step: Step) -> list[dict[str, Any]]:
    healthy = (FeedState.OK, FeedState.NEW)
    return [
        {
            "source": r.source,
            "polls": 1,
            "failed": int(r.state not in healthy),
            "not_modified": int(r.not_modified),
            "items": len(r.items),
        }
        for r in step.readings
    ]


def unseen(connection: Connection, items: Sequence[Item]) -> list[Item]:
    """Those that are not stored, in order, each once."""
    once = {item.id: item for item in reversed(items)}
    stored = existing(connection, rows.items, list(once))
    stored |= existing(connection, rows.forgotten, [i for i in once if i not in stored])
    return [item for item in items if once.pop(item.id, None) is not None and item.id not in stored]


# ---------------------------------------------------------------- read again


def span(connection: Connection, since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """The numbers of the first and the last step with `since` <= at < `until`; (1, 0) if there is none."""
    n = rows.steps.c.n
    first, last = connection.execute(select(func.min(n), func.max(n)).where(*_within(since, until))).one()
    return (first, last) if first is not None else (1, 0)


def items_between(connection: Connection, since: datetime | None, until: datetime | None) -> int:
    """How many items the steps with `since` <= at < `until` brought."""
    total = connection.scalar(select(func.sum(rows.steps.c["items"])).where(*_within(since, until)))
    return int(total or 0)


def recorded(
    connection: Connection, between: tuple[int, int], since: datetime | None, until: datetime | None
) -> tuple[list[Recorded], int]:
    """A few of the steps between these numbers, oldest first, and the number to go on from.

    The order is that of the numbers: a clock may have been set back.
    """
    first, last = between
    some = connection.execute(
        select(rows.steps.c.n, rows.steps.c.at, rows.steps.c.config_digest)
        .where(rows.steps.c.n >= first, rows.steps.c.n <= last, *_within(since, until))
        .order_by(rows.steps.c.n)
        .limit(_PAGE)
    ).all()
    numbers = [n for n, _, _ in some]
    items = _items_by_reading(connection, numbers)
    found = connection.execute(
        select(rows.readings)
        .where(rows.readings.c.step.in_(numbers))
        .order_by(rows.readings.c.step, rows.readings.c.place)
    ).mappings()
    by_step = {
        n: tuple(convert.reading(r, items.get((n, r["place"]), ())) for r in group)
        for n, group in groupby(found, key=lambda r: r["step"])
    }
    rulings = desk.of_steps(connection, numbers)
    again = rematches.of_steps(connection, numbers)
    going_on = numbers[-1] + 1 if some else last + 1
    return [
        Recorded(at, digest, by_step.get(n, ()), rulings.get(n, ()), again.get(n)) for n, at, digest in some
    ], going_on


def _within(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    at = rows.steps.c.at
    return ([at >= since] if since else []) + ([at < until] if until else [])


def _items_by_reading(
    connection: Connection, steps: Sequence[int]
) -> dict[tuple[int, int], tuple[Item, ...]]:
    table = rows.items.c
    found = connection.execute(
        select(table.step, table.reading, *convert.ITEM_COLUMNS)
        .where(table.step.in_(steps))
        .order_by(table.step, table.reading, table.n)
    )
    return {
        key: tuple(convert.item(values[2:]) for values in group)
        for key, group in groupby(found, key=lambda values: (values[0], values[1]))
    }
