"""What a digest is made of: the alerts of one receiver between two moments, and what people said of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, ScalarSelect, Select, or_, select

from iwmon.model import Alert, Review
from iwmon.store import board, convert, rows
from iwmon.store.database import batches
from iwmon.stored import AlertRecord

_EVIDENT = ("level_up", "again", "first_hit")  # the kinds of alerts that rest on reports


def meant_for(connection: Connection, receiver: str, since: datetime, until: datetime) -> list[AlertRecord]:
    """See Store.meant_for."""
    a = rows.alerts.c
    within = or_(
        (a.at >= since) & (a.at < until),
        a.resolved.is_not(None) & (a.resolved >= since) & (a.resolved < until),
    )
    query = select(a.id).where(within, a.id.in_(_theirs(receiver))).order_by(a.n)
    return board.whole(connection, list(connection.scalars(query)))


def rejected(
    connection: Connection, receiver: str, since: datetime
) -> tuple[list[Alert], dict[str, list[Review]]]:
    """See Store.rejected."""
    r, a, s = rows.reviews.c, rows.alerts.c, rows.stories.c
    doubted = set(connection.scalars(select(r.item).where(r.action == "reject", r.at >= since)))
    if not doubted:  # nearly always
        return [], {}
    query = select(a.id, a.stories).where(a.kind.in_(_EVIDENT), a.id.in_(_theirs(receiver)))
    resting = {identity: stories for identity, stories in connection.execute(query.order_by(a.n)) if stories}
    items: dict[str, Sequence[str]] = {}
    for some in batches(sorted({story for own in resting.values() for story in own})):
        items |= dict(connection.execute(select(s.id, s["items"]).where(s.id.in_(some))).all())
    touched = {story for story, own in items.items() if doubted.intersection(own)}
    known = [identity for identity, own in resting.items() if touched.intersection(own)]
    said: dict[str, list[Review]] = {}
    for record in (found := board.whole(connection, known)):
        for story in record.alert.stories:
            said[story] = _said(connection, items.get(story, ()))
    return [record.alert for record in found], said


def _theirs(receiver: str) -> Select[tuple[str]] | ScalarSelect[str]:
    d = rows.deliveries.c
    return select(d.alert).where(d.receiver == receiver, d.kind != "digest")


def _said(connection: Connection, items: Sequence[str]) -> list[Review]:
    """All that was said of any of these items, oldest first."""
    n = rows.reviews.c
    found: list[Review] = []
    for some in batches(items):
        query = select(*convert.columns(rows.reviews, Review)).where(n.item.in_(some))
        found += convert.read(Review, connection.execute(query))
    return sorted(found, key=lambda one: one.n)
