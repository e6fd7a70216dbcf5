"""What is past retention goes, in small transactions; what alerts and living signals rest on stays."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from iwmon.store import rematches, rows
from iwmon.store.database import batches
from iwmon.store.writer import Writer

_BATCH = 500  # rows in one transaction: some 10 ms, in which a daemon may wait


def last_before(connection: Connection, before: datetime) -> int:
    """The number of the last step before a moment that may go; 0 when there is none.

    The newest step never goes: its number is what the next one is counted from, and a number that comes
    twice would give one step the items and changes of another.
    """
    n = rows.steps.c.n
    newest = select(func.max(n)).scalar_subquery()
    older = select(func.max(n)).where(rows.steps.c.at < before, n < newest)
    return int(connection.scalar(older) or 0)


def kept_stories(connection: Connection) -> set[str]:
    """Stories that an alert or a living signal refers to: with all their items they outlive retention."""
    kept = set(connection.scalars(select(rows.signals.c.story).where(rows.signals.c.expired.is_(None))))
    for stories in connection.scalars(select(rows.alerts.c.stories)):
        kept.update(stories)
    return kept


def kept_items(connection: Connection, stories: set[str]) -> set[str]:
    """The items of these stories."""
    kept: set[str] = set()
    for some in batches(sorted(stories)):
        query = select(rows.stories.c["items"]).where(rows.stories.c.id.in_(some))
        for items in connection.scalars(query):
            kept.update(items)
    return kept


def prune_items(
    connection: Connection, writer: Writer, last: int, after: int, kept: set[str]
) -> tuple[int, int | None]:
    """Deletes a batch of items of steps up to `last`, from row `after` on, with their matches.

    The ids of those without a date in the past are kept: a feed that still carries them must not
    bring them back as news. Returns how many went, and the row to go on from, or None at the end.
    """
    i = rows.items.c
    query = (
        select(i.n, i.id, i.published, i.first_seen)
        .where(i.n > after, i.step <= last)
        .order_by(i.n)
        .limit(_BATCH)
    )
    found = connection.execute(query).all()
    doomed = [values for values in found if values.id not in kept]
    ids = [values.id for values in doomed]
    timeless = [v.id for v in doomed if v.published is None or v.published > v.first_seen]
    writer.add(connection, rows.forgotten, [{"id": identity} for identity in timeless])
    gone = connection.execute(delete(rows.matches).where(rows.matches.c.item.in_(ids))).rowcount
    connection.execute(delete(rows.items).where(i.n.in_([values.n for values in doomed])))
    less = [{"name": "items", "value": -len(doomed)}, {"name": "matches", "value": -gone}]
    writer.count(connection, rows.counters, less)
    return len(doomed), found[-1][0] if len(found) == _BATCH else None


def prune_stories(
    connection: Connection, writer: Writer, before: datetime, after: int, kept: set[str]
) -> tuple[int, int | None]:
    """Deletes a batch of stories older than `before`, with their expired signals; as prune_items."""
    s = rows.stories.c
    query = select(s.place, s.id).where(s.place > after, s.as_of < before).order_by(s.place).limit(_BATCH)
    found = connection.execute(query).all()
    ids = [identity for _, identity in found if identity not in kept]
    connection.execute(delete(rows.signals).where(rows.signals.c.story.in_(ids)))
    connection.execute(delete(rows.stories).where(s.id.in_(ids)))
    writer.count(connection, rows.counters, [{"name": "stories", "value": -len(ids)}])
    return len(ids), found[-1][0] if len(found) == _BATCH else None


def prune_days(connection: Connection, before: datetime) -> int:
    """Deletes the volumes of days before a moment; returns how many rows went."""
    v = rows.volumes.c
    return connection.execute(delete(rows.volumes).where(v.day < before.date().isoformat())).rowcount


def prune_log(connection: Connection, last: int) -> int:
    """Deletes the poll log of a batch of steps up to `last`; returns how many rows went."""
    first = connection.scalar(select(func.min(rows.steps.c.n)))
    if first is None or first > last:
        return 0
    until = min(first + _BATCH, last + 1)
    gone = connection.execute(delete(rows.readings).where(rows.readings.c.step < until)).rowcount
    gone += rematches.prune(connection, until)
    return gone + connection.execute(delete(rows.steps).where(rows.steps.c.n < until)).rowcount
