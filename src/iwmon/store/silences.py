"""Silences: set by a person, ended by time or by a person, and kept to be seen."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from iwmon.model import LabelMatcher, Silence
from iwmon.store import ledger, rows
from iwmon.store.failures import StoreFailed
from iwmon.stored import LedgerEntry

_S = rows.silences.c


def add(connection: Connection, silence: Silence) -> None:
    """A new silence. StoreFailed "refused" for an id that is taken."""
    if connection.scalar(select(_S.id).where(_S.id == silence.id)):
        raise StoreFailed("refused", f"there is a silence {silence.id} already")
    said = [[m.label, m.op, m.value] for m in silence.matchers]
    values = {
        "id": silence.id,
        "matchers": json.dumps(said, ensure_ascii=False),
        "begins": silence.begins,
        "ends": silence.ends,
        "by": silence.by,
        "comment": silence.comment,
        "created": silence.created,
    }
    connection.execute(insert(rows.silences), [values])
    detail = f"silence {silence.id} by {silence.by}: {silence.comment}"
    ledger.write(connection, [LedgerEntry(silence.created, "", "", "", "silenced", detail)])


def known(connection: Connection, active_at: datetime | None) -> list[Silence]:
    """All silences, the last to end first; with `active_at` only those that have not ended then."""
    query = select(rows.silences).order_by(_S.ends.desc(), _S.id)
    if active_at is not None:
        query = query.where(_S.ends > active_at)
    return [_silence(dict(row)) for row in connection.execute(query).mappings()]


def expire(connection: Connection, prefix: str, by: str, now: datetime) -> Silence:
    """Ends a silence now; one that has ended stays as it is. StoreFailed "unknown"."""
    found = [one for one in known(connection, None) if one.id.startswith(prefix)] if prefix else []
    found = [one for one in found if one.id == prefix] or found
    if len(found) != 1:
        hint = (
            f"one of {', '.join(one.id for one in found[:6])}" if found else "iwmon silence list shows them"
        )
        what = f"{len(found)} silences begin with {prefix}" if found else f"no silence {prefix}"
        raise StoreFailed("unknown", what, hint=hint)
    (silence,) = found
    if silence.ends > now:
        ends = max(now, silence.begins)
        connection.execute(update(rows.silences).where(_S.id == silence.id).values(ends=ends))
        detail = f"silence {silence.id} ended by {by}"
        ledger.write(connection, [LedgerEntry(now, "", "", "", "unsilenced", detail)])
    return next(one for one in known(connection, None) if one.id == silence.id)


def _silence(row: dict[str, Any]) -> Silence:
    matchers = tuple(LabelMatcher(*said) for said in json.loads(row.pop("matchers")))
    return Silence(matchers=matchers, **row)
