"""Recorded files → their rows in the order of time, in bounded memory.

Each file is read once: every row is checked, counted, cleaned and put into sorted runs (`Runs`); what is
given are the runs, merged. So the files may change or vanish in between, and pipes do as well as files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Self

from iwmon.model import Entry
from iwmon.replay import formats
from iwmon.replay.items import Taken, taken
from iwmon.replay.records import DAMAGED, Trouble
from iwmon.replay.rows import UNLISTED, Row
from iwmon.replay.runs import Packed, Runs
from iwmon.report import Fault, Input

Locate = Callable[[str, str, str], str]  # publisher, feed, url → id of a source, or UNLISTED
Progress = Callable[[int, int], None]  # bytes read, bytes in all (0: nobody knows)

NAMED = 5  # faults of one kind in one file
STRANGERS = 20  # publishers that nobody listed, those with the most rows
_COUNTED = 8_192  # publishers whose rows are counted; who comes only later has few
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)  # a zone that was taken for another, a clock that is wrong
_PULSE = 1_024  # rows between two calls of progress


class Recording:
    """The rows of several files in the order of time; of one instant, in the order of the files and lines.

    A context manager, because of its temporary file. Iterating gives `Row`s, as often as wanted.
    """

    def __init__(self, rows: _Rows, inputs: tuple[Input, ...]) -> None:
        """What was read; see `open`."""
        self.inputs = inputs
        self.total = rows.total  # rows that iterating gives
        self.sources = frozenset(rows.sources)  # as `locate` names them
        self.unlisted = rows.unlisted  # rows whose publisher the configuration does not list
        self.strangers = tuple(rows.strangers.most_common(STRANGERS))  # these publishers: (name, rows)
        self.span = (_moment(rows.first), _moment(rows.last)) if rows.total else None  # of their `at`
        self._runs = rows.runs

    @classmethod
    def open(
        cls,
        paths: Sequence[Path],
        locate: Locate,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        now: datetime | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Read the files, of which "-" is standard input. Takes the rows that were seen in [since, until).

        What is dated more than a day after `now` was seen by nobody: such a row is a fault. One of them
        would make the replay run until then, step by step.

        Raises Failure, before it reads any, if one of them cannot be replayed at all (`formats.check`).
        What is wrong with their rows is counted in `inputs`; what is said of a row that is
        outside the time is only that it was read, unless it has no date.
        """
        for path in paths:
            formats.check(path)
        runs = Runs()
        try:
            rows = _Rows(runs, locate, since, until, now)
            sizes = [formats.size(path) for path in paths]
            whole = sum(filter(None, sizes)) if None not in sizes else 0
            inputs = []
            for number, path in enumerate(paths):
                before = sum(filter(None, sizes[:number]))
                inputs.append(_read(path, number, rows, _told(progress, before, whole)))
            runs.finish()
        except BaseException:
            runs.close()
            raise
        return cls(rows, tuple(inputs))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runs.close()

    def __iter__(self) -> Iterator[Row]:
        files = [each.file for each in self.inputs]
        for at, file, line, texts, published, by_published in self._runs:
            source, key, url, title, summary, body, language, publisher = texts
            yield Row(
                at=_moment(at),
                source=source,
                entry=Entry(
                    key=key or url,
                    url=url,
                    title=title,
                    summary=summary,
                    body=body,
                    published=None if published is None else _moment(published),
                    language=language or None,
                    publisher=publisher,
                ),
                by_published=by_published,
                file=files[file],
                line=line,
            )


class _Rows:
    """What was taken from the files so far."""

    def __init__(
        self,
        runs: Runs,
        locate: Locate,
        since: datetime | None,
        until: datetime | None,
        now: datetime | None,
    ) -> None:
        self.runs = runs
        self.total = 0
        self.sources: set[str] = set()
        self.first = self.last = 0
        self.unlisted = 0
        self.strangers: Counter[str] = Counter()
        self._locate = locate
        self._since, self._until = since, until
        self._latest = None if now is None else now + _AHEAD

    def wanted(self, at: datetime) -> bool:
        return (self._since is None or self._since <= at) and (self._until is None or at < self._until)

    def to_come(self, at: datetime) -> bool:
        """Whether nobody can have seen it yet."""
        return self._latest is not None and at > self._latest

    def add(self, found: Taken, file: int, line: int) -> None:
        entry, at = found.entry, _micros(found.at)
        source = self._locate(entry.publisher, found.feed, entry.url)
        self.sources.add(source)
        if source == UNLISTED:
            self._stranger(entry)
        self.first = min(self.first, at) if self.total else at
        self.last = max(self.last, at) if self.total else at
        self.total += 1
        packed: Packed = (
            at,
            file,
            line,
            (
                source,
                "" if entry.key == entry.url else entry.key,
                entry.url,
                entry.title,
                entry.summary,
                entry.body,
                entry.language or "",
                entry.publisher,
            ),
            None if entry.published is None else _micros(entry.published),
            found.by_published,
        )
        self.runs.add(packed)

    def _stranger(self, entry: Entry) -> None:
        self.unlisted += 1
        name = entry.publisher or entry.url.partition("://")[2].partition("/")[0]
        if name and (name in self.strangers or len(self.strangers) < _COUNTED):
            self.strangers[name] += 1


class _Tally:
    """What is wrong with one file: all of it counted, the first few of each kind named."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.counts: Counter[str] = Counter()
        self.named: list[Fault] = []

    def note(self, line: int, troubles: Iterable[Trouble]) -> None:
        for kind, detail, used in troubles:
            self.counts[kind] += 1
            if self.counts[kind] <= NAMED:
                self.named.append(Fault(self._file, line, kind, detail, used))


def _read(path: Path, number: int, rows: _Rows, told: Callable[[BufferedReader], None]) -> Input:
    tally = _Tally(formats.name(path))
    read = used = by_published = 0
    before: datetime | None = None
    with formats.opened(path) as file:
        for line, fields, troubles in formats.records(path, file):
            read += not troubles or troubles[-1].kind != DAMAGED
            if not read % _PULSE:
                told(file)
            found = taken(fields) if fields is not None else None
            if not isinstance(found, Taken):
                tally.note(line, troubles if found is None else (*troubles, found))
                continue
            if rows.to_come(found.at):
                tally.note(line, (*troubles, Trouble("dated in the future", f"{found.at:%Y-%m-%d %H:%M}")))
                continue
            if not rows.wanted(found.at):
                continue
            if before is not None and found.at < before:
                detail = f"{found.at:%Y-%m-%d %H:%M} after {before:%Y-%m-%d %H:%M}"
                tally.note(line, (Trouble("out of order", detail, used=True),))
            before = found.at
            tally.note(line, (*troubles, *found.troubles))
            rows.add(found, number, line)
            used += 1
            by_published += found.by_published
        told(file)
    return Input(formats.name(path), read, used, by_published, dict(tally.counts), tuple(tally.named))


def _told(progress: Progress | None, before: int, whole: int) -> Callable[[BufferedReader], None]:
    def tell(file: BufferedReader) -> None:
        if progress is not None:
            progress(before + file.tell() if whole else 0, whole)

    return tell


def _micros(when: datetime) -> int:
    since = when - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
