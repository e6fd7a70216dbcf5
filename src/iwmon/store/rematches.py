"""Re-matches: what is owed after an edit, the stored items to look at, and what a step made of them.

What is owed is kept in the transaction that puts an edit in force, and is settled in that of the step that
carries the re-match: a kill in between loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from iwmon.model import Item, LevelChange, Match, Rematch, Rematched, Step
from iwmon.store import convert, rows
from iwmon.store.database import batches
from iwmon.store.writer import Writer, existing

_OWED = "rematch"  # in meta: [digest of the configuration that owes it, [indicators]]


# ---------------------------------------------------------------- what is owed


def owed(connection: Connection) -> tuple[str, tuple[str, ...]]:
    """(The configuration that owes a re-match, of which indicators); ("", ()) when none is owed."""
    found = connection.scalar(select(rows.meta.c.value).where(rows.meta.c.key == _OWED))
    digest, names = json.loads(found) if found else ("", ())
    return digest, tuple(names)


def owe(connection: Connection, writer: Writer, digest: str, names: Collection[str]) -> None:
    """The configuration `digest` owes these, beside what others owed before it and nobody settled."""
    _, before = owed(connection)
    both = sorted({*before, *names})
    if both:
        writer.put(connection, rows.meta, [{"key": _OWED, "value": json.dumps([digest, both])}])


def _settled(connection: Connection, step: Step) -> None:
    """The step did what is owed, unless another edit has come since."""
    digest, _ = owed(connection)
    if digest == step.config_digest:
        connection.execute(delete(rows.meta).where(rows.meta.c.key == _OWED))


# ---------------------------------------------------------------- what to look at


def page(
    connection: Connection, names: Sequence[str], before: int | None, limit: int
) -> list[tuple[int, Item, bool]]:
    """Stored items, newest first: (number, item, whether it matches one of these indicators so far)."""
    i = rows.items.c
    query = select(i.n, *convert.ITEM_COLUMNS).order_by(i.n.desc()).limit(limit)
    found = connection.execute(query.where(i.n < before) if before is not None else query).all()
    m, matched = rows.matches.c, set[str]()
    for some in batches([values.id for values in found]):
        known = select(m.item).where(m.item.in_(some), m.indicator.in_(names))
        matched.update(connection.scalars(known))
    return [(values[0], convert.item(values[1:]), values.id in matched) for values in found]


def carriers(connection: Connection, names: Sequence[str]) -> list[tuple[int, Item]]:
    """(number, item) of the items that carry a living signal of these indicators."""
    s, i = rows.signals.c, rows.items.c
    carrying = select(s.item).where(s.indicator.in_(names), s.expired.is_(None))
    query = select(i.n, *convert.ITEM_COLUMNS).where(i.id.in_(carrying))
    return [(values[0], convert.item(values[1:])) for values in connection.execute(query)]


# ---------------------------------------------------------------- what a step made of it


def write(connection: Connection, writer: Writer, step: Step, n: int) -> None:
    """The re-match of step number `n`: what went in, what came of it, and the matches as they are now."""
    rematch, came = step.rematch, step.rematched
    if rematch is None or came is None:
        return
    row = convert.row(came, step=n, asked=rematch.indicators)
    del row["levels"]
    if writer.add(connection, rows.rematches, [row]):
        items = [{"step": n, "place": place, "item": i.id} for place, i in enumerate(rematch.items)]
        writer.add(connection, rows.rematched_items, items)
    less = _replace_matches(connection, writer, came.indicators, rematch.items, step.rematches)
    writer.count(connection, rows.counters, [{"name": "matches", "value": less}] if less else [])
    _settled(connection, step)


def _replace_matches(
    connection: Connection,
    writer: Writer,
    names: Sequence[str],
    items: Sequence[Item],
    matches: Sequence[Match],
) -> int:
    """These matches in the place of all that the items had; returns how many more there are now.

    A match that stays as it was keeps its place in the order of arrival.
    """
    m, added = rows.matches.c, 0
    wanted = {(match.item, match.indicator): match for match in matches}
    ids = [item.id for item in items]
    columns = convert.columns(rows.matches, Match)
    for some in batches(ids):
        query = select(m.n, *columns).where(m.item.in_(some), m.indicator.in_(names))
        for number, *values in connection.execute(query).all():
            match = Match(*values)
            if wanted.get((match.item, match.indicator)) == match:
                del wanted[match.item, match.indicator]
                continue
            added -= connection.execute(delete(rows.matches).where(m.n == number)).rowcount
    stored = existing(connection, rows.items, ids)  # some may have gone past retention meanwhile
    new = [convert.row(match) for match in wanted.values() if match.item in stored]
    return added + writer.add(connection, rows.matches, new)


def of_steps(connection: Connection, steps: Sequence[int]) -> dict[int, Rematch]:
    """The re-match that each of these steps was given, less the items that are past retention."""
    r, link = rows.rematches.c, rows.rematched_items.c
    found: dict[int, list[Item]] = {}
    query = select(link.step, *convert.ITEM_COLUMNS).join(rows.items, rows.items.c.id == link.item)
    query = query.where(link.step.in_(steps)).order_by(link.step, link.place)
    for step, *values in connection.execute(query):
        found.setdefault(step, []).append(convert.item(values))
    asked = select(r.step, r.asked, r.looked, r.cut).where(r.step.in_(steps))
    return {
        step: Rematch(indicators, tuple(found.get(step, ())), looked, cut)
        for step, indicators, looked, cut in connection.execute(asked)
    }


def indicators(connection: Connection) -> frozenset[str]:
    """Those that were ever matched again: their stored matches are not those of when the items came."""
    asked: list[Sequence[str]] = list(connection.scalars(select(rows.rematches.c.asked)))
    return frozenset(name for names in asked for name in names)


def last(connection: Connection) -> Rematched | None:
    """What came of the last re-match; None when there was none."""
    step = connection.scalar(select(func.max(rows.rematches.c.step)))
    return at_step(connection, step) if step is not None else None


def between(connection: Connection, since: datetime, until: datetime) -> list[Rematched]:
    """See Store.rematches."""
    r = rows.rematches.c
    steps = connection.scalars(select(r.step).where(r.at >= since, r.at < until).order_by(r.step))
    return [one for step in list(steps) if (one := at_step(connection, step))]


def at_step(connection: Connection, step: int) -> Rematched | None:
    """What came of the re-match of a step; None when there was none in it."""
    r, c = rows.rematches.c, rows.level_changes.c
    found = connection.execute(select(rows.rematches).where(r.step == step)).mappings().first()
    if found is None:
        return None
    values: dict[str, Any] = {k: v for k, v in found.items() if k not in ("step", "asked")}
    query = select(*convert.columns(rows.level_changes, LevelChange)).where(c.step == step)
    levels = convert.read(LevelChange, connection.execute(query.order_by(c.place)))
    return Rematched(**values, levels=tuple(levels))


def prune(connection: Connection, until: int) -> int:
    """Deletes those of steps before number `until`; returns how many rows went."""
    gone = connection.execute(
        delete(rows.rematched_items).where(rows.rematched_items.c.step < until)
    ).rowcount
    return gone + connection.execute(delete(rows.rematches).where(rows.rematches.c.step < until)).rowcount
