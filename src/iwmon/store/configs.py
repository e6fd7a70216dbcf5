"""The configurations that were in force, as text: the daemon starts from the last good one.

The text is kept as its author wrote it: secrets are only named in it (`${NAME}`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from iwmon.model import ConfigStatus
from iwmon.store import rows
from iwmon.store.failures import StoreFailed
from iwmon.store.steps import Writer


def keep(
    connection: Connection, writer: Writer, digest: str, files: Mapping[str, bytes | str], at: datetime
) -> None:
    """Makes this the configuration in force, and forgets a refused edit."""
    texts = {name: text if isinstance(text, str) else _text(text) for name, text in files.items()}
    # ASCII JSON, because bytes that are no UTF-8 become lone surrogates, which no database takes.
    writer.put(connection, rows.configs, [{"digest": digest, "at": at, "files": json.dumps(texts)}])
    writer.put(connection, rows.meta, [{"key": "config", "value": digest}])
    connection.execute(delete(rows.meta).where(rows.meta.c.key == "config_error"))


def last_good(connection: Connection) -> tuple[str, dict[str, bytes]] | None:
    """The digest and files, by name, of the configuration in force; None when none was kept."""
    digest = _meta(connection, "config")
    if digest is None:
        return None
    texts = connection.scalar(select(rows.configs.c.files).where(rows.configs.c.digest == digest))
    if texts is None:
        raise StoreFailed("corrupt", f"the text of configuration {digest[:12]} is gone")
    return digest, {name: text.encode("utf-8", "surrogateescape") for name, text in json.loads(texts).items()}


def note_error(connection: Connection, writer: Writer, error: str, at: datetime) -> None:
    """Remembers why an edit is not in force."""
    value = json.dumps([error, at.isoformat()])
    writer.put(connection, rows.meta, [{"key": "config_error", "value": value}])


def status(connection: Connection) -> ConfigStatus:
    digest = _meta(connection, "config") or ""
    since = connection.scalar(select(rows.configs.c.at).where(rows.configs.c.digest == digest))
    noted = _meta(connection, "config_error")
    error, at = json.loads(noted) if noted else ("", None)
    return ConfigStatus(digest, since, error, datetime.fromisoformat(at) if at else None)


def _text(written: bytes) -> str:
    return written.decode("utf-8", "surrogateescape")


def _meta(connection: Connection, key: str) -> str | None:
    return connection.scalar(select(rows.meta.c.value).where(rows.meta.c.key == key))
