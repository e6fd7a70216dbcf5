"""The key that signs addresses in messages, where the operator gives none."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, select

from iwmon.store import rows
from iwmon.store.writer import Writer

_KEY = "link_key"  # in meta


def key(connection: Connection, writer: Writer) -> str:
    """The key that this database keeps, 64 hexadecimal digits; made at the first call."""
    writer.add(connection, rows.meta, [{"key": _KEY, "value": secrets.token_hex(32)}])
    return str(connection.scalar(select(rows.meta.c.value).where(rows.meta.c.key == _KEY)))
