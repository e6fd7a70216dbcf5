"""The log of what people decide: reviews of items and rulings on judgements; and the series of assessments.

Append-only. An entry waits until a step takes it up; the step's number then says when it first counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, select, update

from iwmon.model import JudgementState, Review, Ruling
from iwmon.store import convert, rows
from iwmon.stored import AssessmentRecord


def add(connection: Connection, one: Review | Ruling) -> None:
    """One more entry; it waits for the next step."""
    table = rows.reviews if isinstance(one, Review) else rows.rulings
    values = convert.row(one, step=None)
    del values["n"]
    connection.execute(table.insert(), [values])


def waiting(connection: Connection) -> tuple[Review | Ruling, ...]:
    """What no step has taken up yet: reviews, then rulings, each in the order in which they were said.

    That order is the log's own: a clock that was set back must not let an older word be the last.
    """
    return (
        *_read(connection, rows.reviews, Review, rows.reviews.c.step.is_(None)),
        *_read(connection, rows.rulings, Ruling, rows.rulings.c.step.is_(None)),
    )


def taken_up(connection: Connection, rulings: Sequence[Review | Ruling], step: int) -> None:
    """These count from step number `step` on."""
    for table, noun in ((rows.reviews, Review), (rows.rulings, Ruling)):
        numbers = [one.n for one in rulings if isinstance(one, noun) and one.n]
        if numbers:
            here = update(table).where(table.c.n.in_(numbers), table.c.step.is_(None))
            connection.execute(here.values(step=step))


def of_steps(connection: Connection, steps: Sequence[int]) -> dict[int, tuple[Review | Ruling, ...]]:
    """What each of these steps took up, in its order."""
    found: dict[int, list[Review | Ruling]] = {}
    for table, noun in ((rows.reviews, Review), (rows.rulings, Ruling)):
        query = select(table.c.step, *convert.columns(table, noun)).where(table.c.step.in_(steps))
        for step, *values in connection.execute(query.order_by(table.c.n)):
            found.setdefault(step, []).append(noun(*values))
    return {step: tuple(some) for step, some in found.items()}


def reviews(connection: Connection, item: str) -> list[Review]:
    """All that was said of an item, oldest first."""
    return _read(connection, rows.reviews, Review, rows.reviews.c.item == item)


def rulings(connection: Connection, judgement: str) -> list[Ruling]:
    """All that was decided about a judgement, oldest first."""
    return _read(connection, rows.rulings, Ruling, rows.rulings.c.judgement == judgement)


def _read(connection: Connection, table: Table, noun: Any, where: Any) -> list[Any]:
    query = select(*convert.columns(table, noun)).where(where).order_by(table.c.n)
    return convert.read(noun, connection.execute(query))


def judgement_states(connection: Connection) -> dict[str, JudgementState]:
    """By judgement."""
    query = select(*convert.columns(rows.judgement_states, JudgementState))
    return {s.judgement: s for s in convert.read(JudgementState, connection.execute(query))}


def assessments(connection: Connection, judgement: str) -> list[AssessmentRecord]:
    """The last of each UTC day, oldest first."""
    a = rows.assessments
    query = select(*convert.columns(a, AssessmentRecord)).where(a.c.judgement == judgement).order_by(a.c.day)
    return convert.read(AssessmentRecord, connection.execute(query))
