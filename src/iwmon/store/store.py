"""Store: everything that iwmon keeps, in SQLite or PostgreSQL.

Synchronous and safe to call from several threads; each call is one transaction unless it says
otherwise. Times go in and come out as aware UTC datetimes. Whatever goes wrong is a StoreFailed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from sqlalchemy import insert, update

from iwmon.model import (
    Alert,
    AlertRecord,
    AssessmentRecord,
    ConfigStatus,
    CoverageChange,
    Delivery,
    IndicatorState,
    Item,
    JudgementState,
    LevelChange,
    Match,
    Memory,
    PollState,
    Recorded,
    Rematched,
    Review,
    Ruling,
    Signal,
    SourceHealth,
    SourceStats,
    Step,
    Story,
    Told,
)
from iwmon.store import (
    board,
    checks,
    configs,
    convert,
    desk,
    history,
    opening,
    outbox,
    record,
    rematches,
    retention,
    rows,
    sqlite,
    steps,
)
from iwmon.store.configs import Kept
from iwmon.store.database import Database, reading, writing
from iwmon.store.failures import StoreFailed
from iwmon.store.sqlite import SqliteDatabase
from iwmon.store.writer import Writer

PATIENCE = timedelta(seconds=70)  # for another writer: a lock of 60 s is harmless


class Store:
    """An open database. Made by `Store.open`; closed by `close` or at the end of a with block."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer = Writer(database.insert)
        self._turn = Lock()  # writers of one process queue here rather than poll SQLite's lock
        self._written = steps.Written()

    @classmethod
    def open(cls, url: str, *, create: bool = True, patience: timedelta = PATIENCE) -> Self:
        """Opens "sqlite:///iwmon.db" or "postgresql://user@host/name".

        `create` makes a new database, and upgrades an old schema after a backup; without it either is
        a StoreFailed ("missing", "older"). So is a database that is damaged ("corrupt"), newer than
        this code ("newer"), or not the one that was here before ("missing"). `patience` is how long
        a write waits for another process's.
        """
        return cls(opening.opened(url, create=create, patience=patience))

    @classmethod
    def upgrade(cls, url: str) -> Path | None:
        """Brings an old schema up to date; returns where the backup stands, None if nothing was to do.

        StoreFailed "running" while a daemon is at work on it.
        """
        return opening.upgraded(url, patience=PATIENCE)

    def close(self) -> None:
        """Closes every connection. Calling it twice is harmless."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """The place of the one daemon on this database, for as long as the block lasts.

        StoreFailed "running" when another process has it. A process that dies gives it up.
        """
        with self._database.lock():
            yield

    # ------------------------------------------------------------ steps

    def memory(self) -> Memory:
        """What advance needs after a restart: it is what the last committed step left."""
        with self._turn, reading(self._database) as connection:
            found = board.memory(connection)
            self._written = steps.Written.of(found)
        return found

    def unseen(self, items: Sequence[Item]) -> list[Item]:
        """The items whose id is not stored, in order, each once."""
        with reading(self._database) as connection:
            return steps.unseen(connection, items)

    def polls(self) -> dict[str, PollState]:
        """What the next poll of each source needs, by source."""
        with reading(self._database) as connection:
            return board.polls(connection)

    def commit(self, step: Step, polls: Sequence[PollState] = ()) -> None:
        """All of a step, durable when this returns; or nothing of it, if it raises.

        Committing the same step twice changes nothing.
        """
        with self._turn:
            with writing(self._database) as connection:
                steps.commit(connection, self._writer, step, polls, self._written)
            self._written = steps.Written.of(step.memory)

    def recorded(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Recorded]:
        """The steps with `since` <= at < `until`, oldest first: what replay needs. Read in pages."""
        with reading(self._database) as connection:
            first, last = steps.span(connection, since, until)
        while first <= last:
            with reading(self._database) as connection:
                found, first = steps.recorded(connection, (first, last), since, until)
            yield from found

    def recorded_items(self, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many items `recorded` will give, in all its steps."""
        with reading(self._database) as connection:
            return steps.items_between(connection, since, until)

    # ------------------------------------------------------------ what the steps decided

    def extent(self, until: datetime | None = None) -> record.Extent | None:
        """How far the recorded steps reach, up to the last before `until`; None when there is none."""
        with reading(self._database) as connection:
            return record.extent(connection, until)

    def decided(self, first: int, last: int) -> Iterator[record.Decided]:
        """What the steps between these numbers decided, oldest first. Read in pages."""
        while first <= last:
            with reading(self._database) as connection:
                found, first = record.decided(connection, first, last)
            yield from found

    def stored_alerts(self, ids: Sequence[str]) -> dict[str, record.Stored]:
        """Those of these alerts that are stored, as they stand: their seals are not proved."""
        with reading(self._database) as connection:
            return record.alerts(connection, ids)

    def raised(self, last: int) -> Iterator[Alert]:
        """Every alert up to number `last`, in order, seals not proved. Read in pages."""
        after: int | None = 0
        while after is not None:
            with reading(self._database) as connection:
                found, after = record.raised(connection, after, last)
            yield from found

    def refers_to_steps(self, first: int, last: int) -> bool:
        """Whether anything stored says that it is of a step between these numbers."""
        with reading(self._database) as connection:
            return record.referred(connection, first, last)

    def rulings_before(self, step: int) -> tuple[Ruling, ...]:
        """What was decided about judgements in steps before this one, pruned or not."""
        with reading(self._database) as connection:
            return record.rulings_before(connection, step)

    # ------------------------------------------------------------ history, for comparisons

    def times(self) -> tuple[datetime, datetime] | None:
        """The times of the earliest and the latest recorded step; None when there is none."""
        with reading(self._database) as connection:
            return history.extent(connection)

    def came_under(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> dict[str, tuple[int, int]]:
        """Digest of a configuration → (steps, items) of `since` <= at < `until` that came under it."""
        with reading(self._database) as connection:
            return history.came_under(connection, since, until)

    def past(
        self, since: datetime, until: datetime, *, whole: Callable[[str], bool] = lambda digest: True
    ) -> Iterator[history.Past]:
        """The hours of `since` <= t < `until` in which there were steps; both are full hours, UTC.

        `whole` says of a configuration's digest whether items that came under it are wanted though they
        matched nothing; the others are counted. Read in pages.
        """
        while since < until:
            end = min(since + history.PAGE, until)
            with reading(self._database) as connection:
                found = history.page(connection, since, end, whole)
            yield from found
            since = end

    def rulings_before_time(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> list[Ruling]:
        """What was decided about judgements before the first step of a span, oldest first."""
        with reading(self._database) as connection:
            return history.rulings_before(connection, since, until)

    # ------------------------------------------------------------ deliveries

    def pending(self, now: datetime, limit: int = 25) -> list[tuple[Delivery, Alert]]:
        """Deliveries that are due, oldest first, at most `limit` for each receiver.

        `in_flight` says that an attempt may have arrived.
        StoreFailed "corrupt" when all that is due is damaged: what is whole goes out first.
        """
        with reading(self._database) as connection:
            return outbox.pending(connection, now, limit)

    def begin(self, ids: Sequence[str], now: datetime) -> None:
        """An attempt begins at `now`: call it before sending. Ids that are not pending are left alone."""
        self._change(ids, outbox.begun(now))

    def sent(self, ids: Sequence[str], now: datetime) -> None:
        """The services accepted them."""
        self._change(ids, outbox.sent(now))

    def failed(
        self, ids: Sequence[str], error: str, next_attempt: datetime, *, unknown: bool = False
    ) -> None:
        """The attempt failed. `unknown`: it may have arrived; then the next one is a possible repeat."""
        self._change(ids, outbox.failed(error, next_attempt, unknown=unknown))

    def put_off(self, receiver: str, until: datetime, now: datetime) -> None:
        """A receiver takes nothing now: all that it would get before `until` waits, untried, until then."""
        with self._turn, writing(self._database) as connection:
            outbox.put_off(connection, receiver, until, now)

    def dead(self, ids: Sequence[str], error: str) -> None:
        """They will not be tried again; they stay to be seen."""
        self._change(ids, outbox.dead(error))

    def add_alerts(self, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        """Alerts that no step raised (for the operator), and reminders. Known ids are left as they are."""
        with self._turn, writing(self._database) as connection:
            added = self._writer.add(connection, rows.alerts, [convert.alert_row(a) for a in alerts])
            self._writer.add(connection, rows.deliveries, [convert.delivery_row(d) for d in deliveries])
            if added:
                self._writer.count(connection, rows.counters, [{"name": "alerts", "value": added}])

    def next_delivery_at(self) -> datetime | None:
        """When the next pending delivery is due, in the past if overdue; None when none is pending."""
        with reading(self._database) as connection:
            return outbox.next_at(connection)

    def firing(self) -> list[Told]:
        """Alerts whose indicator still stands as high, that nobody acknowledged, by receiver.

        StoreFailed "corrupt" when all of them are damaged.
        """
        with reading(self._database) as connection:
            return outbox.firing(connection)

    def _change(self, ids: Sequence[str], how: outbox.Change) -> None:
        with self._turn, writing(self._database) as connection:
            outbox.change(connection, ids, how)

    # ------------------------------------------------------------ alerts and people

    def alerts(
        self,
        *,
        since: datetime | None = None,
        judgement: str | None = None,
        open_only: bool = False,
        limit: int = 100,
    ) -> list[AlertRecord]:
        """Newest first. `open_only`: those that are not acknowledged."""
        with reading(self._database) as connection:
            return board.alerts(
                connection, since=since, judgement=judgement, open_only=open_only, limit=limit
            )

    def alert(self, id_prefix: str) -> AlertRecord:
        """By id, or by the beginning of one if only one begins so. StoreFailed "unknown" otherwise."""
        with reading(self._database) as connection:
            return board.alert(connection, id_prefix)

    def ack(self, id_prefix: str, by: str, note: str, at: datetime) -> None:
        """Somebody has seen to it: no more reminders."""
        self._log(id_prefix, "ack", by, note, at)

    def unack(self, id_prefix: str, by: str, at: datetime) -> None:
        """Takes the acknowledgement back."""
        self._log(id_prefix, "unack", by, "", at)

    def _log(self, id_prefix: str, action: str, by: str, note: str, at: datetime) -> None:
        with self._turn, writing(self._database) as connection:
            alert = board.alert_id(connection, id_prefix)
            said = {"alert": alert, "action": action, "by": by, "note": note, "at": at}
            connection.execute(insert(rows.acks), [said])
            here = update(rows.alerts).where(rows.alerts.c.id == alert)
            connection.execute(here.values(acked=action == "ack"))

    # ------------------------------------------------------------ reviews and rulings

    def add_ruling(self, one: Review | Ruling) -> None:
        """What a person decided; it counts from the next step on. StoreFailed "unknown": no such item."""
        with self._turn, writing(self._database) as connection:
            if isinstance(one, Review):
                board.item(connection, one.item)
            desk.add(connection, one)

    def waiting_rulings(self) -> tuple[Review | Ruling, ...]:
        """What no step has taken up yet: reviews, then rulings, each in the order in which they were said."""
        with reading(self._database) as connection:
            return desk.waiting(connection)

    def reviews(self, item: str) -> list[Review]:
        """All that was said of an item, oldest first."""
        with reading(self._database) as connection:
            return desk.reviews(connection, item)

    def rulings(self, judgement: str) -> list[Ruling]:
        """All that was decided about a judgement, oldest first."""
        with reading(self._database) as connection:
            return desk.rulings(connection, judgement)

    def judgement_states(self) -> dict[str, JudgementState]:
        """By judgement."""
        with reading(self._database) as connection:
            return desk.judgement_states(connection)

    def assessments(self, judgement: str) -> list[AssessmentRecord]:
        """The last of each UTC day, oldest first."""
        with reading(self._database) as connection:
            return desk.assessments(connection, judgement)

    def volumes(self) -> dict[str, dict[str, int]]:
        """Items a UTC date by source, of the last 32 days."""
        with reading(self._database) as connection:
            return board.volumes(connection, board.last_step_at(connection))

    # ------------------------------------------------------------ configurations

    def keep_config(
        self, digest: str, files: Mapping[str, bytes | str], at: datetime, owed: Collection[str] = ()
    ) -> None:
        """This configuration, its text unexpanded, is now in force; a noted error is over.

        `owed`: the indicators whose stored items it has to match again, until a step does (`owed_rematch`).
        """
        with self._turn, writing(self._database) as connection:
            configs.keep(connection, self._writer, digest, files, at, owed)

    def last_good_config(self) -> tuple[str, dict[str, bytes]] | None:
        """(digest, file name → text) of the last that was kept; None when none was."""
        with reading(self._database) as connection:
            return configs.last_good(connection)

    def configs(self) -> list[Kept]:
        """Every configuration that was in force, in the order in which they were last put so."""
        with reading(self._database) as connection:
            return configs.every(connection)

    def config(self, digest_prefix: str) -> Kept:
        """By digest, or by the beginning of one if only one begins so. StoreFailed "unknown" otherwise."""
        with reading(self._database) as connection:
            return configs.one(connection, digest_prefix)

    def config_text(self, digest: str) -> dict[str, bytes] | None:
        """Its files by name, the main file first; None when it was not kept."""
        with reading(self._database) as connection:
            return configs.text(connection, digest)

    def note_config_error(self, text: str, at: datetime) -> None:
        """An edit is not in force, for this reason."""
        with self._turn, writing(self._database) as connection:
            configs.note_error(connection, self._writer, text, at)

    def config_status(self) -> ConfigStatus:
        """What is in force, and why a later edit is not."""
        with reading(self._database) as connection:
            return configs.status(connection)

    # ------------------------------------------------------------ matched again

    def owed_rematch(self) -> tuple[str, ...]:
        """The indicators whose stored items the configuration in force has yet to match again."""
        with reading(self._database) as connection:
            return rematches.owed(connection)[1]

    def look_back(
        self, indicators: Sequence[str], before: int | None, limit: int
    ) -> list[tuple[int, Item, bool]]:
        """Stored items numbered below `before`, newest first: (number, item, whether it matches so far)."""
        with reading(self._database) as connection:
            return rematches.page(connection, indicators, before, limit)

    def carriers(self, indicators: Sequence[str]) -> list[tuple[int, Item]]:
        """(number, item) of the items that carry a signal of these indicators."""
        with reading(self._database) as connection:
            return rematches.carriers(connection, indicators)

    def rematched_indicators(self) -> frozenset[str]:
        """Indicators whose stored matches were replaced by a re-match."""
        with reading(self._database) as connection:
            return rematches.indicators(connection)

    def last_rematch(self) -> Rematched | None:
        """What came of the last re-match; None when there was none."""
        with reading(self._database) as connection:
            return rematches.last(connection)

    # ------------------------------------------------------------ what people ask

    def states(self) -> dict[str, IndicatorState]:
        """By indicator."""
        with reading(self._database) as connection:
            return board.states(connection)

    def health(self) -> dict[str, SourceHealth]:
        """By source."""
        with reading(self._database) as connection:
            return board.health(connection)

    def source_stats(self) -> dict[str, SourceStats]:
        """By source."""
        with reading(self._database) as connection:
            return board.source_stats(connection)

    def counts(self) -> dict[str, int]:
        """items, matches, stories, alerts, deliveries_pending, deliveries_sent, deliveries_dead."""
        with reading(self._database) as connection:
            return board.counts(connection)

    def last_step_at(self) -> datetime | None:
        """The time of the last committed step."""
        with reading(self._database) as connection:
            return board.last_step_at(connection)

    def signals(self, indicator: str) -> list[Signal]:
        """Those that still count, in order of arrival."""
        with reading(self._database) as connection:
            return board.signals(connection, indicator)

    def changes(self, indicator: str, limit: int = 20) -> list[LevelChange]:
        """How the level moved, newest first."""
        with reading(self._database) as connection:
            return board.level_changes(connection, indicator, limit)

    def coverage_changes(self, indicator: str, limit: int = 20) -> list[CoverageChange]:
        """How the coverage moved, newest first."""
        with reading(self._database) as connection:
            return board.coverage_changes(connection, indicator, limit)

    def item(self, identity: str) -> Item:
        """StoreFailed "unknown" if it is not stored."""
        with reading(self._database) as connection:
            return board.item(connection, identity)

    def items_matching(self, indicator: str, limit: int = 20) -> list[tuple[Item, Match]]:
        """Newest first."""
        with reading(self._database) as connection:
            return board.items_matching(connection, indicator, limit)

    def story(self, identity: str) -> Story:
        """StoreFailed "unknown" if it is not stored."""
        with reading(self._database) as connection:
            return board.story(connection, identity)

    # ------------------------------------------------------------ upkeep

    def backup(self, path: Path) -> None:
        """A consistent copy, mode 0600, while others go on writing. Never overwrites a file.

        SQLite only: StoreFailed "refused" on PostgreSQL, which has pg_dump.
        """
        if not isinstance(self._database, SqliteDatabase):
            raise StoreFailed(
                "refused", "backup copies SQLite files", where=self._database.where, hint="use pg_dump"
            )
        sqlite.copy(self._database, path)

    def check(self) -> list[str]:
        """Every fault to be found, a line each; [] when all is well. Reads the whole database."""
        with reading(self._database) as connection:
            return checks.check(self._database, connection)

    def prune(self, before: datetime) -> int:
        """Deletes what is older than `before`, in many small transactions; returns how many rows.

        Alerts, deliveries, changes of level, reviews, rulings, assessments and the items behind any alert or
        living signal stay.
        """
        with reading(self._database) as connection:
            last = retention.last_before(connection, before)
            stories = retention.kept_stories(connection)
            items = retention.kept_items(connection, stories)
        removed = 0
        after: int | None = 0
        while after is not None:
            with self._turn, writing(self._database) as connection:
                gone, after = retention.prune_items(connection, self._writer, last, after, items)
            removed += gone
        after = 0
        while after is not None:
            with self._turn, writing(self._database) as connection:
                gone, after = retention.prune_stories(connection, self._writer, before, after, stories)
            removed += gone
        with self._turn, writing(self._database) as connection:
            removed += retention.prune_days(connection, before)
        while True:
            with self._turn, writing(self._database) as connection:
                gone = retention.prune_log(connection, last)
            if not gone:
                return removed
            removed += gone
