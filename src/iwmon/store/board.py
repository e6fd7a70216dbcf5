"""What people and the daemon ask of the store: memory, states, alerts, evidence, counts. Only reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches

from sqlalchemy import ColumnElement, Connection, func, or_, select

from iwmon.model import (
    Alert,
    Budget,
    CoverageChange,
    IndicatorState,
    Item,
    LevelChange,
    Match,
    Memory,
    PollState,
    Signal,
    SourceHealth,
    Story,
)
from iwmon.store import convert, desk, opened, outbox, remembering, rows
from iwmon.store.database import batches
from iwmon.store.failures import StoreFailed
from iwmon.store.steps import COUNTED
from iwmon.stored import Ack, AlertRecord, SourceStats

VOLUMES = timedelta(days=32)  # 28 days of baseline, 2 of lag, today and yesterday
_ALERT = (*convert.columns(rows.alerts, Alert), rows.alerts.c.digest)


# ---------------------------------------------------------------- memory


def memory(connection: Connection) -> Memory:
    """All that advance needs after a restart, in the order in which it arose."""
    s, t = rows.signals.c, rows.stories.c
    live = select(*convert.columns(rows.signals, Signal)).where(s.expired.is_(None)).order_by(s.place)
    by_indicator: dict[str, list[Signal]] = {}
    for signal in convert.read(Signal, connection.execute(live)):
        by_indicator.setdefault(signal.indicator, []).append(signal)
    last = last_step_at(connection)
    wanted: ColumnElement[bool] = t.id.in_(select(s.story).where(s.expired.is_(None)))
    if last is not None:
        wanted = or_(wanted, t.as_of >= remembering.oldest(last))
    query = select(*convert.columns(rows.stories, Story)).where(wanted).order_by(t.place)
    gone = remembering.gone(connection) - {s.story for own in by_indicator.values() for s in own}
    stories = convert.read(Story, connection.execute(query))
    return Memory(
        stories={story.id: story for story in stories if story.id not in gone},
        signals={indicator: tuple(own) for indicator, own in by_indicator.items()},
        states=states(connection),
        health=health(connection),
        judgements=desk.judgement_states(connection),
        budgets=budgets(connection),
        volumes=volumes(connection, last),
        at=last,
        config=last_config(connection),
    )


def budgets(connection: Connection) -> dict[str, Budget]:
    """By judgement."""
    query = select(*convert.columns(rows.budgets, Budget))
    return {b.judgement: b for b in convert.read(Budget, connection.execute(query))}


def volumes(connection: Connection, last: datetime | None) -> dict[str, dict[str, int]]:
    """Items a UTC date by source, of the days that a surge looks at."""
    v = rows.volumes.c
    query = select(v.source, v.day, v["items"]).order_by(v.source, v.day)
    if last is not None:
        query = query.where(v.day >= (last - VOLUMES).date().isoformat())
    found: dict[str, dict[str, int]] = {}
    for source, day, items in connection.execute(query):
        found.setdefault(source, {})[day] = items
    return found


def states(connection: Connection) -> dict[str, IndicatorState]:
    """By indicator."""
    query = select(*convert.columns(rows.indicator_states, IndicatorState))
    return {s.indicator: s for s in convert.read(IndicatorState, connection.execute(query))}


def levels(connection: Connection) -> dict[str, IndicatorState]:
    """By indicator, with level and coverage alone: a tick asks for it."""
    s = rows.indicator_states.c
    found = connection.execute(select(s.indicator, s.level, s.coverage))
    return {name: IndicatorState(name, level, coverage=coverage) for name, level, coverage in found}


def health(connection: Connection) -> dict[str, SourceHealth]:
    """By source."""
    query = select(*convert.columns(rows.source_health, SourceHealth))
    return {h.source: h for h in convert.read(SourceHealth, connection.execute(query))}


def polls(connection: Connection) -> dict[str, PollState]:
    """By source."""
    query = select(*convert.columns(rows.polls, PollState))
    return {p.source: p for p in convert.read(PollState, connection.execute(query))}


def last_step_at(connection: Connection) -> datetime | None:
    query = select(rows.steps.c.at).order_by(rows.steps.c.n.desc()).limit(1)
    return connection.scalar(query)


def last_config(connection: Connection) -> str:
    """The digest of the configuration of the last committed step; "" when there is none."""
    query = select(rows.steps.c.config_digest).order_by(rows.steps.c.n.desc()).limit(1)
    return connection.scalar(query) or ""


# ---------------------------------------------------------------- counts


def counts(connection: Connection) -> dict[str, int]:
    """Rows of the big tables, and deliveries by state; no table is read through for it."""
    found = dict.fromkeys(COUNTED, 0)
    for name, value in connection.execute(select(rows.counters.c.name, rows.counters.c.value)):
        found[name] = value
    state = rows.deliveries.c.state
    states = ("pending", "sent", "dead", "suppressed")
    found |= dict.fromkeys((f"deliveries_{name}" for name in states), 0)
    for name, number in connection.execute(select(state, func.count()).group_by(state)):
        found[f"deliveries_{name}"] = number
    return found | {f"alerts_{name}": number for name, number in opened.counted(connection).items()}


def source_stats(connection: Connection) -> dict[str, SourceStats]:
    """By source."""
    query = select(*convert.columns(rows.source_stats, SourceStats))
    return {s.source: s for s in convert.read(SourceStats, connection.execute(query))}


# ---------------------------------------------------------------- alerts


def alerts(
    connection: Connection,
    *,
    since: datetime | None,
    judgement: str | None,
    open_only: bool,
    limit: int,
) -> list[AlertRecord]:
    """Newest first."""
    a = rows.alerts.c
    query = select(*_ALERT).order_by(a.n.desc()).limit(limit)
    if since is not None:
        query = query.where(a.at >= since)
    if judgement is not None:
        query = query.where(a.judgement == judgement)
    if open_only:
        query = query.where(a.acked.is_(False))
    return records(connection, [outbox.alert(values) for values in connection.execute(query)])


def alert(connection: Connection, prefix: str) -> AlertRecord:
    """The alert whose id is `prefix`, or the only one whose id begins so. StoreFailed "unknown"."""
    identity = alert_id(connection, prefix)
    found = connection.execute(select(*_ALERT).where(rows.alerts.c.id == identity)).one()
    return records(connection, [outbox.alert(found)])[0]


def alert_id(connection: Connection, prefix: str) -> str:
    """The whole id of the alert that `prefix` means."""
    column = rows.alerts.c.id
    starting = func.substr(column, 1, len(prefix)) == prefix
    found: list[str] = list(connection.scalars(select(column).where(starting).order_by(column).limit(6)))
    if prefix in found:
        return prefix
    if len(found) == 1 and prefix:
        return found[0]
    if found and prefix:
        raise StoreFailed(
            "unknown", f"{len(found)} alerts or more begin with {prefix}", hint=f"one of {', '.join(found)}"
        )
    recent = connection.scalars(select(column).order_by(rows.alerts.c.n.desc()).limit(1000))
    near = get_close_matches(prefix, list(recent), n=1)
    hint = f"did you mean {near[0]}?" if near else "iwmon alerts list shows them"
    raise StoreFailed("unknown", f"no alert {prefix}", hint=hint)


def whole(connection: Connection, ids: Sequence[str]) -> list[AlertRecord]:
    """These alerts, in their order. A damaged one is left out: `iwmon db check` and the daemon say so."""
    found: dict[str, Alert] = {}
    for some in batches(ids):
        for values in connection.execute(select(*_ALERT).where(rows.alerts.c.id.in_(some))):
            try:
                one = outbox.alert(values)
            except StoreFailed:
                continue
            found[one.id] = one
    return records(connection, [found[identity] for identity in ids if identity in found])


def records(connection: Connection, found: Sequence[Alert]) -> list[AlertRecord]:
    """What became of these alerts, in their order."""
    ids = [one.id for one in found]
    deliveries = outbox.of_alerts(connection, ids)
    log: dict[str, list[Ack]] = {}
    query = select(*convert.columns(rows.acks, Ack)).order_by(rows.acks.c.n)
    for some in batches(ids):
        for ack in convert.read(Ack, connection.execute(query.where(rows.acks.c.alert.in_(some)))):
            log.setdefault(ack.alert, []).append(ack)
    a, ends = rows.alerts.c, dict[str, tuple[datetime | None, str]]()
    for some in batches(ids):
        ended = select(a.id, a.resolved, a.ended).where(a.id.in_(some), a.resolved.is_not(None))
        ends |= {identity: (at, why) for identity, at, why in connection.execute(ended)}
    return [
        AlertRecord(
            one,
            tuple(deliveries.get(one.id, ())),
            tuple(log.get(one.id, ())),
            *ends.get(one.id, (None, "")),
        )
        for one in found
    ]


# ---------------------------------------------------------------- evidence


def signals(connection: Connection, indicator: str) -> list[Signal]:
    """Those that still count, in order of arrival."""
    s = rows.signals.c
    query = select(*convert.columns(rows.signals, Signal)).order_by(s.place)
    return convert.read(
        Signal, connection.execute(query.where(s.indicator == indicator, s.expired.is_(None)))
    )


def reports(connection: Connection, indicator: str, since: datetime) -> list[datetime]:
    """When reports of an indicator that nobody rejected were first seen, since a moment."""
    s = rows.signals.c
    query = select(s.first_seen).where(s.indicator == indicator, s.first_seen >= since)
    return list(connection.scalars(query.where(s.status != "rejected")))


def level_changes(connection: Connection, indicator: str, limit: int) -> list[LevelChange]:
    """Newest first."""
    c = rows.level_changes.c
    query = select(*convert.columns(rows.level_changes, LevelChange)).where(c.indicator == indicator)
    query = query.order_by(c.step.desc(), c.place.desc()).limit(limit)
    return convert.read(LevelChange, connection.execute(query))


def coverage_changes(connection: Connection, indicator: str, limit: int) -> list[CoverageChange]:
    """Newest first."""
    c = rows.coverage_changes.c
    query = select(*convert.columns(rows.coverage_changes, CoverageChange)).where(c.indicator == indicator)
    query = query.order_by(c.step.desc(), c.place.desc()).limit(limit)
    return convert.read(CoverageChange, connection.execute(query))


def item(connection: Connection, identity: str) -> Item:
    """StoreFailed "unknown" if there is none."""
    found = connection.execute(select(*convert.ITEM_COLUMNS).where(rows.items.c.id == identity)).first()
    if found is None:
        raise StoreFailed("unknown", f"no item {identity}", hint="it was never seen, or is past retention")
    return convert.item(found)


def items_matching(connection: Connection, indicator: str, limit: int) -> list[tuple[Item, Match]]:
    """Newest first."""
    m = rows.matches.c
    match = convert.columns(rows.matches, Match)
    query = select(*match, *convert.ITEM_COLUMNS).join(rows.items, rows.items.c.id == m.item)
    query = query.where(m.indicator == indicator).order_by(m.n.desc()).limit(limit)
    return [
        (convert.item(values[len(match) :]), Match(*values[: len(match)]))
        for values in connection.execute(query)
    ]


def story(connection: Connection, identity: str) -> Story:
    """StoreFailed "unknown" if there is none."""
    query = select(*convert.columns(rows.stories, Story)).where(rows.stories.c.id == identity)
    found = convert.read(Story, connection.execute(query))
    if not found:
        raise StoreFailed("unknown", f"no story {identity}", hint="it never was, or is past retention")
    return found[0]
