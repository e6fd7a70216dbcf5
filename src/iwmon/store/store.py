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
    CoverageChange,
    Delivery,
    IndicatorState,
    Item,
    JudgementState,
    LedgerEvent,
    LevelChange,
    Match,
    Memory,
    PollState,
    Rematched,
    Review,
    Ruling,
    Signal,
    Silence,
    SourceHealth,
    Step,
    Story,
)
from iwmon.store import (
    board,
    checks,
    configs,
    convert,
    desk,
    gathering,
    history,
    ledger,
    links,
    opened,
    opening,
    outbox,
    record,
    rematches,
    remembering,
    retention,
    rows,
    silences,
    slots,
    sqlite,
    steps,
)
from iwmon.store.configs import Kept
from iwmon.store.database import Database, reading, writing
from iwmon.store.failures import StoreFailed
from iwmon.store.sqlite import SqliteDatabase
from iwmon.store.writer import Writer, existing
from iwmon.stored import (
    AlertRecord,
    AssessmentRecord,
    CatchUp,
    ConfigStatus,
    LedgerEntry,
    OpenAlert,
    Recorded,
    SourceStats,
    Version,
)

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
            self._written = steps.Written.of(found, remembering.gone(connection))
        return found

    def unseen(self, items: Sequence[Item]) -> list[Item]:
        """The items whose id is not stored, in order, each once."""
        with reading(self._database) as connection:
            return steps.unseen(connection, items)

    def polls(self) -> dict[str, PollState]:
        """What the next poll of each source needs, by source."""
        with reading(self._database) as connection:
            return board.polls(connection)

    def commit(self, step: Step, polls: Sequence[PollState] = (), *, once: bool = False) -> None:
        """All of a step, durable when this returns; or nothing of it, if it raises.

        `once`: it is one of a one-shot poll, after which nobody is expected to run. Committing the same step
        twice changes nothing.
        """
        with self._turn:
            with writing(self._database) as connection:
                written = steps.commit(connection, self._writer, step, polls, self._written, once=once)
            self._written = written

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

    def assessed(self) -> list[tuple[AssessmentRecord, int]]:
        """The last assessment of each judgement and UTC day, with the number of the last step at its moment.

        0 where no step of that moment is left.
        """
        with reading(self._database) as connection:
            return record.assessments(connection)

    def reached(self, first: int) -> datetime | None:
        """How far the clock had come before step number `first`, as far as what outlives pruning tells."""
        with reading(self._database) as connection:
            return record.reached(connection, first)

    def remembered(self) -> tuple[int, Memory]:
        """(The number of the last step, the memory that it left)."""
        with reading(self._database) as connection:
            return ledger.version(connection).step, board.memory(connection)

    def refers_to_steps(self, first: int, last: int) -> bool:
        """Whether anything stored says that it is of a step between these numbers."""
        with reading(self._database) as connection:
            return record.referred(connection, first, last)

    def pruned_before(self, first: int) -> bool:
        """Whether there were steps before this one, the first that is left."""
        if isinstance(self._database, SqliteDatabase):  # it leaves no number out
            return first > 1
        return first > 1 and self.refers_to_steps(1, first - 1)

    def rulings_before(self, step: int) -> tuple[Ruling, ...]:
        """What was decided about judgements in steps before this one, pruned or not."""
        with reading(self._database) as connection:
            return record.rulings_before(connection, step)

    # ------------------------------------------------------------ history, for comparisons

    def edges(self, last: int | None = None) -> history.Edges | None:
        """How far the recorded steps reach, up to number `last`; None when there is none.

        While it is the same for the same `last`, what is recorded up to there is.
        """
        with reading(self._database) as connection:
            return history.edges(connection, last)

    def came_under(self, which: history.Between = history.ALL) -> dict[str, tuple[int, int]]:
        """Digest of a configuration → (steps, items) of these steps that came under it."""
        with reading(self._database) as connection:
            return history.came_under(connection, which)

    def past(
        self,
        since: datetime,
        until: datetime,
        *,
        last: int | None = None,
        wanted: Callable[[str], history.Wanted | None] = lambda digest: None,
    ) -> Iterator[history.Past]:
        """The hours of `since` <= t < `until` in which there were steps; both are full hours, UTC.

        `last`: the number of the newest step that is looked at. `wanted` gives for a configuration's digest
        what says of the items that came under it whether they are wanted though they matched nothing; the
        others are counted. Read in pages.
        """
        answers: dict[str, history.Answers] = {}
        while since < until:
            end = min(since + history.PAGE, until)
            with reading(self._database) as connection:
                found = history.page(connection, history.Between(since, end, last), wanted, answers)
            yield from found
            since = end

    def rulings_before_time(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> list[Ruling]:
        """What was decided about judgements before the first step of a span, oldest first."""
        with reading(self._database) as connection:
            return history.rulings_before(connection, since, until)

    # ------------------------------------------------------------ deliveries

    def waiting(self) -> list[tuple[Delivery, Alert]]:
        """All pending deliveries that no digest carries, due or held or put off, oldest first.

        `in_flight` says that an attempt may have arrived. StoreFailed "corrupt" when all of them are damaged:
        what is whole goes out first.
        """
        with reading(self._database) as connection:
            return outbox.waiting(connection)

    def begin(self, ids: Sequence[str], now: datetime) -> None:
        """An attempt begins at `now`: call it before sending. Ids that are not pending are left alone.

        Ledger: attempt, and before it released for what was held.
        """
        self._change(ids, outbox.begun(now), "attempt", now)

    def sent(
        self,
        ids: Sequence[str],
        now: datetime,
        *,
        digest: str = "",
        thread: str = "",
        reference: str = "",
    ) -> None:
        """The services accepted them; what a digest among them carries was sent with it.

        `digest`: the id of the message, when one message carried many. `reference`: the first message of
        `thread` at the receiver, kept if none is kept yet. Their groups count as told at `now`.
        """
        detail = f"in one message, {digest}" if digest else ""
        with self._turn, writing(self._database) as connection:
            done = outbox.change(connection, ids, outbox.sent(now, digest), "sent", now, detail)
            slots.tell_groups(connection, self._writer, {(d.receiver, d.group) for d in done}, now)
            if thread and reference:
                for receiver in {d.receiver for d in done}:
                    slots.keep_thread(connection, self._writer, receiver, thread, reference, now)

    def failed(
        self,
        ids: Sequence[str],
        error: str,
        next_attempt: datetime,
        *,
        unknown: bool = False,
        now: datetime | None = None,
    ) -> None:
        """The attempt failed. `unknown`: it may have arrived; then the next one is a possible repeat.

        `now`: when, for the ledger; None: when the attempt began.
        """
        self._change(ids, outbox.failed(error, next_attempt, unknown=unknown), "failed", now, error)

    def put_off(self, receiver: str, until: datetime, now: datetime) -> None:
        """A receiver takes nothing now: all that it would get before `until` waits, untried, until then.

        `away` says so as well, of what will be queued meanwhile.
        """
        with self._turn, writing(self._database) as connection:
            outbox.put_off(connection, receiver, until, now)
            slots.keep_away(connection, self._writer, receiver, until, now)

    def away(self) -> dict[str, datetime]:
        """Until when receivers take nothing; a time that is past means nothing any more."""
        with reading(self._database) as connection:
            return slots.away(connection)

    def dead(self, ids: Sequence[str], error: str, *, now: datetime | None = None) -> None:
        """They will not be tried again; they stay to be seen. So does what a digest among them carries."""
        self._change(ids, outbox.dead(error), "dead", now, error)

    def release(self, ids: Sequence[str], now: datetime) -> None:
        """What was held among them is due at `now`."""
        self._change(ids, outbox.released(now), "released", now)

    def settle(
        self,
        holds: Sequence[tuple[str, datetime | None, str]],
        drops: Sequence[tuple[str, str]],
        now: datetime,
    ) -> None:
        """Those that wait though they are due, and those that are never to be sent, in one transaction.

        `holds`: (id, until, reason); `until`: when to look again; None: when the reason is over.
        `drops`: (id, reason); they are suppressed. Ledger: dropped; held, where the reason is new.
        """
        if not holds and not drops:
            return
        held: dict[tuple[datetime | None, str], list[str]] = {}
        for identity, until, reason in holds:
            held.setdefault((until, reason), []).append(identity)
        dropped: dict[str, list[str]] = {}
        for identity, reason in drops:
            dropped.setdefault(reason, []).append(identity)
        with self._turn, writing(self._database) as connection:
            for (until, reason), ids in held.items():
                outbox.change(connection, ids, outbox.held(until, reason), "held", now, reason)
            for reason, ids in dropped.items():
                outbox.change(connection, ids, outbox.dropped(reason), "dropped", now, reason)

    def add_alerts(self, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        """Alerts that no step raised (for the operator), reminders and escalations.

        Known ids are left as they are.
        """
        with self._turn, writing(self._database) as connection:
            known = existing(connection, rows.alerts, [a.id for a in alerts])
            new = list({a.id: a for a in alerts if a.id not in known}.values())
            added = self._writer.add(connection, rows.alerts, [convert.alert_row(a) for a in new])
            ledger.write(connection, ledger.raised(new, ()))
            outbox.add(connection, self._writer, deliveries)
            if added:
                self._writer.count(connection, rows.counters, [{"name": "alerts", "value": added}])

    def _change(
        self,
        ids: Sequence[str],
        how: outbox.Change,
        event: LedgerEvent,
        now: datetime | None,
        detail: str = "",
    ) -> None:
        with self._turn, writing(self._database) as connection:
            outbox.change(connection, ids, how, event, now, detail)

    # ------------------------------------------------------------ what is open, and its ledger

    def version(self) -> Version:
        """How far ledger and steps have come: while it stays the same, nothing has happened."""
        with reading(self._database) as connection:
            return ledger.version(connection)

    def changed_since(self, version: Version) -> tuple[frozenset[str], bool]:
        """(The alerts that the ledger has spoken of since, whether a person acknowledged one)."""
        with reading(self._database) as connection:
            return ledger.after(connection, version.ledger)

    def open_alerts(self, ids: Collection[str] | None = None) -> list[OpenAlert]:
        """Alerts whose condition lasts and is not known to be over, oldest first; of `ids`, if given.

        Each with all its deliveries, and with the acknowledgement in force: its own, or that of a later
        rise of the same indicator. StoreFailed "corrupt" when all of them are damaged.
        """
        with reading(self._database) as connection:
            return opened.open_alerts(connection, ids)

    def resolve(
        self, resolutions: Sequence[opened.Ended], closings: Sequence[Delivery], now: datetime
    ) -> None:
        """These alerts (`alert`: id, `why`: what ended them) are over; the closings are queued with it.

        All in one transaction. What is not open is left alone; known closings too. A closing may come
        suppressed, with its reason, for a receiver that wants none.
        """
        with self._turn, writing(self._database) as connection:
            opened.resolve(connection, self._writer, resolutions, closings, now)

    def unsettled(self) -> bool:
        """Whether an upgrade left old alerts open of which nobody knows whether they are over.

        The next `resolve` settles it; what that finds over was over long ago, and nobody is told.
        """
        with reading(self._database) as connection:
            return opened.unsettled(connection)

    def recovered(self, kind: str, judgement: str, since: datetime) -> frozenset[str]:
        """The receivers that got, or will get, an alert of `kind` about `judgement` raised since then."""
        with reading(self._database) as connection:
            return opened.recovered(connection, kind, judgement, since)

    def lowered_by_edit(self, indicator: str) -> bool:
        """Whether the last change of its level came with the first step of another configuration."""
        with reading(self._database) as connection:
            return opened.edited(connection, indicator)

    def catch_up(self) -> CatchUp | None:
        """The downtime (steps more than 2 h apart) that is being caught up with, until `caught_up`."""
        with reading(self._database) as connection:
            return opened.catch_up(connection)

    def caught_up(self, ids: Sequence[str], reason: str, now: datetime) -> None:
        """The downtime is caught up with: these deliveries are due now, held until now for this reason."""
        with self._turn, writing(self._database) as connection:
            outbox.change(connection, ids, outbox.held(now, reason), "held", now, reason)
            opened.caught_up(connection)

    def ledger(self, alert: str) -> list[LedgerEntry]:
        """All that happened to an alert (whole id), oldest first."""
        with reading(self._database) as connection:
            return ledger.of_alert(connection, alert)

    def ledger_all(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[LedgerEntry]:
        """All entries with `since` <= at < `until`, in the order in which they were written. In pages."""
        after = 0
        while True:
            with reading(self._database) as connection:
                found = ledger.page(connection, since, until, after)
            if not found:
                return
            yield from found
            after = found[-1].n

    # ------------------------------------------------------------ silences

    def add_silence(self, silence: Silence) -> None:
        """A silence that `alerts.check_silence` has passed. StoreFailed "refused" if its id is taken."""
        with self._turn, writing(self._database) as connection:
            silences.add(connection, silence)

    def silences(self, active_at: datetime | None = None) -> list[Silence]:
        """All, the last to end first; with `active_at`, those not over by then (some may not have begun)."""
        with reading(self._database) as connection:
            return silences.known(connection, active_at)

    def expire_silence(self, id_prefix: str, by: str, now: datetime) -> Silence:
        """Ends a silence at `now`; returns it as it is then. One that is over stays as it was.

        StoreFailed "unknown" where no silence, or more than one, begins so.
        """
        with self._turn, writing(self._database) as connection:
            return silences.expire(connection, id_prefix, by, now)

    # ------------------------------------------------------------ what receivers have had

    def slot(
        self,
        receiver: str,
        key: str,
        told: tuple[Alert, Delivery] | None,
        folded: Sequence[str],
        now: datetime,
    ) -> bool:
        """Takes a receiver's slot for a digest: True once, however often it is asked, False ever after.

        `told`: the digest as an alert with its delivery, queued in the same transaction, and carrying the
        deliveries `folded`: they are sent, or dead, when it is. None: a beginning, with nothing to send.
        """
        with self._turn, writing(self._database) as connection:
            return slots.slot(connection, self._writer, receiver, key, told, folded, now)

    def meant_for(self, receiver: str, since: datetime, until: datetime) -> list[AlertRecord]:
        """Alerts for this receiver that were raised, or ended, at `since` <= at < `until`; oldest first."""
        with reading(self._database) as connection:
            return gathering.meant_for(connection, receiver, since, until)

    def rejected(self, receiver: str, since: datetime) -> tuple[list[Alert], dict[str, list[Review]]]:
        """Alerts for this receiver that rest on a report that somebody rejected since then.

        With them, by story, all that was said of each of their stories, oldest first.
        """
        with reading(self._database) as connection:
            return gathering.rejected(connection, receiver, since)

    def last_slots(self, latest: Mapping[str, str]) -> dict[str, tuple[str, datetime]]:
        """(key, when it was taken) of the last slot of each receiver, up to the key that `latest` gives it.

        Later ones were taken by a clock that was ahead: they must not stand in the way of those before.
        """
        with reading(self._database) as connection:
            return slots.last_slots(connection, latest)

    def last_told(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
        """When a receiver was last sent something of a group, by (receiver, group); absent where never."""
        with reading(self._database) as connection:
            return slots.last_told(connection, pairs)

    def sends(self, since: datetime) -> dict[str, list[datetime]]:
        """When messages to each receiver were tried since then, oldest first: for rate limits."""
        with reading(self._database) as connection:
            return ledger.attempts(connection, since)

    def reference(self, receiver: str, thread: str) -> str:
        """The first message of a thread at a receiver, as `sent` was told it; "" when there is none."""
        with reading(self._database) as connection:
            return slots.reference(connection, receiver, thread)

    def end_threads(self, receiver: str, threads: Sequence[str]) -> None:
        """The receiver knows that these subjects are over: what comes next of them begins a new thread."""
        with self._turn, writing(self._database) as connection:
            slots.end_threads(connection, receiver, threads)

    def receivers(self) -> dict[str, str]:
        """Receiver → a digest of its URL, as `keep_receivers` was last told."""
        with reading(self._database) as connection:
            return slots.receivers(connection)

    def keep_receivers(self, known: Mapping[str, str]) -> None:
        """The receivers that are configured now, by id, with a digest of each one's URL."""
        with self._turn, writing(self._database) as connection:
            slots.keep_receivers(connection, self._writer, known)

    def rename_receiver(self, old: str, new: str, known: Mapping[str, str], now: datetime) -> int:
        """A receiver has another name: what waits for it, and what open alerts know of it, goes by that.

        `known`: as for `keep_receivers`, in the same transaction. Returns how many deliveries moved.
        """
        with self._turn, writing(self._database) as connection:
            slots.keep_receivers(connection, self._writer, known)
            return slots.rename(connection, self._writer, old, new, now)

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

    def records(self, alerts: Sequence[Alert]) -> list[AlertRecord]:
        """What became of these, in their order."""
        with reading(self._database) as connection:
            return board.records(connection, alerts)

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
            event: LedgerEvent = "acked" if action == "ack" else "unacked"
            detail = f"{by}: {note}" if note else by
            ledger.write(connection, [LedgerEntry(at, alert, "", "", event, detail)])

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

    def rematches(self, since: datetime, until: datetime) -> list[Rematched]:
        """What came of the re-matches at `since` <= at < `until`, oldest first."""
        with reading(self._database) as connection:
            return rematches.between(connection, since, until)

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

    def levels(self) -> dict[str, IndicatorState]:
        """By indicator, as `states`, but with level and coverage alone: all else is at its default."""
        with reading(self._database) as connection:
            return board.levels(connection)

    def health(self) -> dict[str, SourceHealth]:
        """By source."""
        with reading(self._database) as connection:
            return board.health(connection)

    def source_stats(self) -> dict[str, SourceStats]:
        """By source."""
        with reading(self._database) as connection:
            return board.source_stats(connection)

    def counts(self) -> dict[str, int]:
        """items, matches, stories, alerts, and deliveries_ pending, sent, dead, suppressed.

        And alerts_open; of those alerts_acknowledged, and alerts_suppressed: kept from all their receivers.
        """
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

    def reports(self, indicator: str, since: datetime) -> list[datetime]:
        """When reports that signalled it were first seen, since then; those too old to count now, too."""
        with reading(self._database) as connection:
            return board.reports(connection, indicator, since)

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

    def link_key(self) -> str:
        """The key that signs addresses in messages: made at the first call, then always the same."""
        with self._turn, writing(self._database) as connection:
            return links.key(connection, self._writer)

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
        # First what says that the items were there: a kill half way must not look like a loss.
        while True:
            with self._turn, writing(self._database) as connection:
                gone = retention.prune_log(connection, last)
            if not gone:
                break
            removed += gone
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
            removed += slots.prune(connection, before)
        return removed
