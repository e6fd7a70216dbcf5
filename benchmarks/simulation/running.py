"""iwmon in a process of its own, on a fake clock, with a service outside it; and whoever kills it.

What outlives a kill: the database, the clock's file (its time, how many deeds are done), and the service's
record. Everything else dies with the process, wherever it stands.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from iwmon import monitor, pipeline
from iwmon.config import Config
from iwmon.model import LabelMatcher, Message, Receiver, Review, SendFailed, Sent, Silence
from iwmon.store import Store
from simulation import world

SECOND = timedelta(seconds=1)
LATENCY, HANG = timedelta(milliseconds=200), timedelta(seconds=20)
SEEN = 12  # alerts that somebody acknowledges in one go
LOOK = timedelta(minutes=10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME, _DEEDS, _HANGING = 0, 8, 16  # places in the clock's file


class Clock:
    """A fake clock in a file that both processes have mapped; it never goes back."""

    def __init__(self, path: Path, at: datetime) -> None:
        path.write_bytes(bytes(24))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 24)
        self._put(_TIME, (at - _EPOCH) // timedelta(microseconds=1))

    def _get(self, place: int) -> int:
        return int(struct.unpack_from("<q", self._map, place)[0])

    def _put(self, place: int, value: int) -> None:
        struct.pack_into("<q", self._map, place, value)

    def now(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self._get(_TIME))

    def set(self, at: datetime) -> None:
        if at > self.now():
            self._put(_TIME, (at - _EPOCH) // timedelta(microseconds=1))

    @property
    def deeds(self) -> int:
        return self._get(_DEEDS)

    def did(self) -> None:
        self._put(_DEEDS, self.deeds + 1)

    @property
    def hanging(self) -> bool:
        return bool(self._get(_HANGING))

    def hang(self, whether: bool) -> None:
        self._put(_HANGING, whether)


@dataclass
class Run:
    """One plan under way."""

    plan: world.Plan
    config: Config
    folder: Path
    clock: Clock = field(init=False)
    beats: Sequence[world.Beat] = field(init=False)
    deeds: Sequence[world.Deed] = field(init=False)
    kills: list[tuple[datetime, bool]] = field(default_factory=list)  # when it was, and whether in a send

    def __post_init__(self) -> None:
        self.clock = Clock(self.folder / "clock", self.plan.begins)
        self.beats, self.deeds = world.beats(self.plan), world.deeds(self.plan)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'iwmon.db'}"

    @property
    def record(self) -> Path:
        return self.folder / "service"


# ---------------------------------------------------------------- the process that is killed


class Watched(Store):
    """The real store, which lets the service know which deliveries the message on its way is for."""

    flying: tuple[str, ...] = ()

    def begin(self, ids: Sequence[str], now: datetime) -> None:
        super().begin(ids, now)
        self.flying = tuple(ids)


class Service:
    """What stands behind every receiver: it writes down what arrives, and then answers, if it does."""

    def __init__(self, run: Run, store: Watched, last: datetime | None) -> None:
        """`last`: from then on it takes what comes and answers no more, so that the kill meets it there."""
        self._run, self._store, self._last = run, store, last

    def send(self, receiver: Receiver, message: Message) -> Sent | SendFailed:
        clock, plan = self._run.clock, self._run.plan
        now = clock.now()
        dice = random.Random(f"{plan.seed} {receiver.id} {now.timestamp():.0f}").random()
        if receiver.id in world.SLACK and now in plan.slack_away:
            answer, arrived = "refused", False
        elif self._last is not None and now >= self._last:
            answer, arrived = "killed", True
        elif dice < 0.02:
            answer, arrived = "unknown", dice < 0.01
        elif dice < 0.03:
            answer, arrived = "refused", False
        elif dice < 0.033 and receiver.id not in world.DIGESTS:
            answer, arrived = "permanent", False
        else:
            answer, arrived = "sent", True
        self._write(receiver, message, now, answer, arrived)
        if answer == "killed":
            clock.hang(True)
            time.sleep(5)
        clock.set(now + (HANG if answer == "unknown" else LATENCY))
        if answer == "unknown":
            return SendFailed(f"receiver {receiver.id}: no answer within 20 s", unknown=True)
        if answer == "permanent":
            return SendFailed(f"receiver {receiver.id}: HTTP 400", permanent=True)
        if answer == "refused":
            return SendFailed(f"receiver {receiver.id}: HTTP 503", retry_after=timedelta(minutes=5))
        return Sent(reference=f"{receiver.id} {now.timestamp():.1f}" if message.thread else "")

    def _write(self, receiver: Receiver, message: Message, now: datetime, answer: str, arrived: bool) -> None:
        line = {
            "receiver": receiver.id,
            "at": now.isoformat(),
            "answer": answer,
            "arrived": arrived,
            "ids": self._store.flying,
            "title": message.title,
            "body": message.body,
        }
        handle = os.open(self._run.record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, json.dumps(line).encode() + b"\n")
        os.fsync(handle)
        os.close(handle)


def life(run: Run, last: datetime | None) -> None:
    """One life of the process: from what is committed to the end of the plan, or until it is killed."""
    clock, config = run.clock, run.config
    with Watched.open(run.url) as store:
        memory, step_at = store.memory(), store.last_step_at()
        service, dispatcher = Service(run, store, last), monitor.Dispatcher(store)
        done = sum(step_at is not None and beat.at <= step_at for beat in run.beats)
        while (now := clock.now()) < run.plan.ends:
            first = done
            while done < len(run.beats) and run.beats[done].at <= now:
                done += 1
            if done > first:
                read = world.readings(config, run.beats[first:done], now)
                step = pipeline.advance(config, memory, read, now, store.waiting_rulings())
                store.commit(step)
                memory = step.memory
            while clock.deeds < len(run.deeds) and run.deeds[clock.deeds].at <= now:
                act(store, run, run.deeds[clock.deeds], now)
                clock.did()
            dispatcher.dispatch(config, service.send, clock.now)
            following = [now + LOOK, *(beat.at for beat in run.beats[done : done + 1])]
            following += [deed.at for deed in run.deeds[clock.deeds : clock.deeds + 1]]
            following += [dispatcher._due] if dispatcher._due else []
            clock.set(max(min(following), now + SECOND))


def act(store: Store, run: Run, deed: world.Deed, now: datetime) -> None:
    """Somebody does something; after a kill perhaps for the second time, which changes nothing."""
    if deed.what == "silence":
        assert run.plan.silence is not None
        over = (LabelMatcher("judgement", "=", "kj-3"),)
        if not store.silences():
            ends = run.plan.silence.ends
            store.add_silence(Silence("weekend", over, run.plan.silence.begins, ends, "Ana", "known", now))
        return
    standing = store.open_alerts()
    acked = [one for one in standing if one.acked]
    rises = [one for one in standing if not one.acked and one.alert.kind in ("level_up", "again")]
    if deed.what == "ack" and rises:
        for one in rises[-SEEN:]:
            store.ack(one.alert.id, "Ana", "seen", now)
    elif deed.what == "unack" and acked:
        store.unack(acked[0].acked.alert if acked[0].acked else acked[0].alert.id, "Ben", now)
    elif deed.what == "reject" and rises:
        item = store.story(rises[-1].alert.stories[0]).items[0]
        store.add_ruling(Review(item, "reject", "Ana", now, note="a satire"))


# ---------------------------------------------------------------- who kills it


def simulate(run: Run) -> None:
    """Lives one after the other, each killed with SIGKILL at its moment, until one reaches the end.

    Where in its work a kill meets the process is left to chance; a third of them meet it while a message
    is on its way, which would be rare otherwise.
    """
    dice = random.Random(run.plan.seed + 2000)
    length = run.plan.ends - run.plan.begins
    down = run.plan.down
    moments = [down.begins] if down else []
    while len(moments) < run.plan.kills:
        at = run.plan.begins + 0.95 * length * dice.random()  # one that waits for a message has the rest
        moments += [] if down and at in down else [at]
    moments.sort()
    for moment in moments:
        aimed = dice.random() < 1 / 3 and not (down and moment == down.begins)
        wait = dice.random() * 0.05
        if not _killed(run, moment, aimed, wait):
            return
        run.kills.append((run.clock.now(), aimed))
        if down and moment == down.begins:
            run.clock.set(down.ends)
    _killed(run, None, False, 0)


def _killed(run: Run, moment: datetime | None, aimed: bool, wait: float) -> bool:
    """One life; whether it was killed. RuntimeError where it died of itself."""
    run.clock.hang(False)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            life(run, moment if aimed else None)
            code = 0
        finally:
            os._exit(code)
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            if os.WIFSIGNALED(status):
                raise RuntimeError(f"killed by somebody else: signal {os.WTERMSIG(status)}")
            if os.WEXITSTATUS(status):
                raise RuntimeError(f"the simulated process failed at {run.clock.now()}")
            return False
        if moment is not None and run.clock.now() >= moment and (not aimed or run.clock.hanging):
            time.sleep(wait if not aimed else 0)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return True
        time.sleep(0.001)
