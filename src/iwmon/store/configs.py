"""The configurations that were in force, as text: the daemon starts from the last good one.

The text is kept as its author wrote it: secrets are only named in it (`${NAME}`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from iwmon.store import rematches, rows
from iwmon.store.failures import StoreFailed
from iwmon.store.writer import Writer
from iwmon.stored import ConfigStatus


@dataclass(frozen=True, slots=True)
class Kept:
    """A configuration that was in force, as its author wrote it."""

    digest: str
    at: datetime  # when it was last put in force
    first: datetime | None  # of the first recorded step that it decided; None: of none that is still there
    steps: int  # recorded steps that it decided
    files: Mapping[str, bytes]  # by name, the main file first


def keep(
    connection: Connection,
    writer: Writer,
    digest: str,
    files: Mapping[str, bytes | str],
    at: datetime,
    owed: Collection[str],
) -> None:
    """Makes this the configuration in force, and forgets a refused edit. `owed`: see Store.keep_config."""
    texts = {name: text if isinstance(text, str) else _text(text) for name, text in files.items()}
    # ASCII JSON, because bytes that are no UTF-8 become lone surrogates, which no database takes.
    writer.put(connection, rows.configs, [{"digest": digest, "at": at, "files": json.dumps(texts)}])
    writer.put(connection, rows.meta, [{"key": "config", "value": digest}])
    connection.execute(delete(rows.meta).where(rows.meta.c.key == "config_error"))
    rematches.owe(connection, writer, digest, owed)


def last_good(connection: Connection) -> tuple[str, dict[str, bytes]] | None:
    """The digest and files, by name, of the configuration in force; None when none was kept."""
    digest = _meta(connection, "config")
    if digest is None:
        return None
    texts = connection.scalar(select(rows.configs.c.files).where(rows.configs.c.digest == digest))
    if texts is None:
        raise StoreFailed("corrupt", f"the text of configuration {digest[:12]} is gone")
    return digest, _files(texts)


def every(connection: Connection) -> list[Kept]:
    """All that were kept, in the order in which they were last put in force."""
    c = rows.configs.c
    used = _used(connection)
    found = connection.execute(select(c.digest, c.at, c.files).order_by(c.at, c.digest))
    return [_kept(digest, at, texts, used) for digest, at, texts in found]


def one(connection: Connection, prefix: str) -> Kept:
    """The one whose digest begins so. StoreFailed "unknown" where none or several do."""
    c = rows.configs.c
    query = select(c.digest, c.at, c.files).where(func.substr(c.digest, 1, len(prefix)) == prefix).limit(2)
    found = connection.execute(query).all()
    if len(found) != 1 or not prefix:
        wrong = "several configurations begin with" if found else "no configuration"
        raise StoreFailed("unknown", f"{wrong} {prefix}", hint="iwmon db configs shows them")
    digest, at, texts = found[0]
    return _kept(digest, at, texts, _used(connection))


def text(connection: Connection, digest: str) -> dict[str, bytes] | None:
    """The files of a configuration by name, the main file first; None when it was not kept."""
    texts = connection.scalar(select(rows.configs.c.files).where(rows.configs.c.digest == digest))
    return None if texts is None else _files(texts)


def _kept(digest: str, at: datetime, texts: str, used: Mapping[str, tuple[datetime, int]]) -> Kept:
    first, steps = used.get(digest, (None, 0))
    return Kept(digest, at, first, steps, _files(texts))


def _used(connection: Connection) -> dict[str, tuple[datetime, int]]:
    """By digest: when the first recorded step was that it decided, and how many it did."""
    s = rows.steps.c
    first, count = func.min(s.n).label("first"), func.count().label("count")
    spans = select(s.config_digest, first, count).group_by(s.config_digest).subquery()
    found = connection.execute(select(s.config_digest, s.at, spans.c.count).join(spans, spans.c.first == s.n))
    return {digest: (at, steps) for digest, at, steps in found}


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


def _files(texts: str) -> dict[str, bytes]:
    return {name: text.encode("utf-8", "surrogateescape") for name, text in json.loads(texts).items()}


def _text(written: bytes) -> str:
    return written.decode("utf-8", "surrogateescape")


def _meta(connection: Connection, key: str) -> str | None:
    return connection.scalar(select(rows.meta.c.value).where(rows.meta.c.key == key))
