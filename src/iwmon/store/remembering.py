"""Which stories are remembered: the young, and what carries a living signal; less what was let go before.

The time of a story tells that it was let go, as long as the clock goes forward. A clock that is set back over
midnight makes what was let go young again, and a restart would bring back what the process that went on
knows nothing of. So these are noted then: a step is decided the same with a restart before it as without.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, select

from iwmon.model import Step
from iwmon.store import rows
from iwmon.store.writer import Writer

REMEMBERED = timedelta(hours=144)  # stories this young may still be joined: twice the 72 h of method.md
_GONE = "stories_gone"  # in meta: ids


def oldest(at: datetime) -> datetime:
    """From when on a story is young, as `pipeline.evidence.kept` has it."""
    return _midnight(at) - REMEMBERED


def gone(connection: Connection) -> frozenset[str]:
    """The stories that were let go, whatever their time says."""
    found = connection.scalar(select(rows.meta.c.value).where(rows.meta.c.key == _GONE))
    return frozenset(json.loads(found)) if found else frozenset()


def note(
    connection: Connection, writer: Writer, step: Step, before: datetime | None, known: frozenset[str]
) -> frozenset[str]:
    """What is `gone` after a step, whose stories are written; it was `known` after the step at `before`."""
    remembered = step.memory.stories.keys()
    now = known - remembered
    if before is not None and _midnight(step.at) < _midnight(before):
        young = select(rows.stories.c.id).where(rows.stories.c.as_of >= oldest(step.at))
        now = frozenset(connection.scalars(young)) - remembered
    if now and now != known:
        writer.put(connection, rows.meta, [{"key": _GONE, "value": json.dumps(sorted(now))}])
    elif known and not now:
        connection.execute(delete(rows.meta).where(rows.meta.c.key == _GONE))
    return now


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
