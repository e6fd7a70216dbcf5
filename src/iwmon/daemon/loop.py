"""The daemon itself: tick, deliver, reload, heartbeat, stop.

APScheduler is a bare tick here: what is due lives in our database, and time is measured by the
monotonic clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from iwmon import logs, monitor, web
from iwmon.config import Config, requeried
from iwmon.coverage import feed_state
from iwmon.daemon import start
from iwmon.daemon.file import ConfigFile
from iwmon.daemon.watchdog import STUCK, Watchdog
from iwmon.fetch import Fetcher
from iwmon.model import Failure, Message, Receiver, SendFailed, Sent
from iwmon.read import Reader
from iwmon.send import send
from iwmon.store import Store, StoreFailed

log = structlog.get_logger("iwmon.daemon")

TICK, DELIVER_EVERY, LOOK_EVERY = 1.0, 1.0, 2.0  # seconds
PRUNE_EVERY = timedelta(hours=6)
STEP_AT_LEAST = 30.0  # seconds: time itself moves levels and coverage
STOP_WITHIN = 7.0  # seconds for the step and the message in hand; after it the watchdog ends us
DELIVERING = 120.0  # seconds without a completed pass over the deliveries: not healthy
SEARCH_AGAIN = 30.0  # seconds after a search through what is stored failed
FATAL = frozenset({"corrupt", "missing", "moved", "newer"})  # faults of the store that only a person can mend


def utcnow() -> datetime:
    """The wall clock: aware UTC. Windows and records use it; intervals never do."""
    return datetime.now(UTC)


class Daemon:
    """Wires the rooms together and keeps them going until it is told to stop."""

    def __init__(
        self,
        file: ConfigFile,
        loaded: Config,
        store: Store,
        *,
        problems: str = "",
        dry_run: bool,
        host: str,
        port: int,
    ) -> None:
        """`problems`: why the file on disk is not in force, "" when it is."""
        self.config, self.store = loaded, store
        self._file, self._dry_run, self._host, self._port = file, dry_run, host, port
        self._link_key = start.link_key(file.environ, store)
        self._error = problems
        self._stop, self._stopping = asyncio.Event(), threading.Event()
        self._stepping, self._sending = asyncio.Lock(), asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self.watchdog = Watchdog(lambda drift: self._tell_loop(self._clock_jumped, drift))
        self._metrics = web.Metrics()
        self._metrics.reload.set(0 if problems else 1)
        self._dispatcher = monitor.Dispatcher(store, link_key=self._link_key)
        self._held: list[monitor.Answer] = []  # arrived, but could not be committed yet
        self._last_step = self._last_look = self._last_beat = float("-inf")
        self._last_pass = time.monotonic()  # over the deliveries
        self._shown: set[str] = set()  # deliveries that a dry run has printed
        self._exit = 0
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._background: set[asyncio.Task[None]] = set()
        self._search: asyncio.Task[None] | None = None  # through what is stored, after an edit

    async def run(self) -> int:
        """Run until SIGTERM, SIGINT or a fault that only a restart can mend; returns the exit code.

        `watchdog` goes on: it ends the process when what is left behind would keep it too long.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        self._loop.add_signal_handler(signal.SIGHUP, self._look_again)
        self.watchdog.start()
        reader = Reader()
        try:
            async with Fetcher() as fetcher:
                self._poller = await asyncio.to_thread(
                    monitor.Poller, self.config, self.store, fetcher, reader, random.random
                )
                self._search_anew()
                acks = web.Acknowledging(self.store, self._link_key, lambda: self.config.settings, utcnow)
                app = web.application(self.snapshot, self._exposition, self._host, acks)
                try:
                    runner = await web.serve(app, self._host, self._port)
                except OSError as error:
                    hint = "another --port, or stop what uses it"
                    raise Failure(
                        f"cannot serve on {self._at(self._port)}: {error.strerror}", hint=hint
                    ) from error
                port = int(runner.addresses[0][1])  # the system's choice, where ours was 0
                self._start_ticking()
                log.info(
                    "started",
                    indicators=len(self.config.indicators),
                    sources=len(self.config.sources),
                    config=self.config.digest[:12],
                    status=f"http://{self._at(port)}/-/status",
                )
                await self._stop.wait()
                self.watchdog.end_within(STOP_WITHIN, self._exit)
                await self._wind_down()
                await runner.cleanup()
        finally:
            reader.close()
        log.info("stopped", exit=self._exit)
        return self._exit

    def _at(self, port: int) -> str:
        return f"[{self._host}]:{port}" if ":" in self._host else f"{self._host}:{port}"

    def _told_to_stop(self, *_: object) -> None:
        # A handler of Python's and not of the loop's: it runs even when the loop is blocked.
        self.watchdog.end_within(STOP_WITHIN, 0)
        self._tell_loop(self._stop.set)

    def _tell_loop(self, what: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # it is closed: there is nobody left to tell
            self._loop.call_soon_threadsafe(what, *arguments)

    def _start_ticking(self) -> None:
        common = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None, "next_run_time": utcnow()}
        self._scheduler.add_job(self._tick, "interval", seconds=TICK, id="tick", **common)
        self._scheduler.add_job(self._deliver, "interval", seconds=DELIVER_EVERY, id="deliver", **common)
        later = common | {"next_run_time": utcnow() + PRUNE_EVERY}
        self._scheduler.add_job(self._prune, "interval", seconds=PRUNE_EVERY.total_seconds(), **later)
        self._scheduler.start()

    async def _wind_down(self) -> None:
        """Finish the step and the message in hand, and begin nothing new."""
        self._scheduler.pause()
        self._stopping.set()
        if self._search:
            self._search.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN):
                async with self._stepping, self._sending:
                    await self._poller.close()
        self._scheduler.shutdown(wait=False)

    def _clock_jumped(self, drift: float) -> None:
        # APScheduler sleeps until a wall-clock time: after a step back it would sleep too long.
        log.warning("clock_jumped", seconds=round(drift, 1))
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=utcnow())

    # ---- polling

    async def _tick(self) -> None:
        if self._stop.is_set():
            return
        async with self._stepping:
            await self._reload_if_changed()
            if not self._held:
                self._poller.start(utcnow())
                self._held = await self._poller.arrive(TICK / 2)
            overdue = time.monotonic() - self._last_step > STEP_AT_LEAST
            if self._held or self._poller.again or overdue:
                await self._commit()

    async def _commit(self) -> None:
        try:
            steps = await asyncio.to_thread(self._poller.commit, self._held, utcnow())
        except StoreFailed as failure:
            self._metrics.failures.inc()
            log.error("commit_failed", reason=str(failure), kind=failure.reason)
            if failure.reason in FATAL:
                await self._cry(failure)
            return
        self._held = []
        self._last_step = time.monotonic()
        self.watchdog.committed()
        if any(step.deliveries for step in steps):
            self._deliver_now()
        for step in steps:
            self._metrics.step(self.config, step)
        self._beat()

    async def _cry(self, failure: StoreFailed) -> None:
        """The database is gone: tell the operator directly, since nothing can be queued, and stop."""
        name = self.config.settings.operator or self.config.route.receiver
        receiver = self.config.receivers.get(name, monitor.CONSOLE)
        body = f"{failure}\n\niwmon has stopped: it does not go on without its memory."
        result = await asyncio.to_thread(
            self._send, receiver, Message("CRITICAL: iwmon lost its database", body)
        )
        if isinstance(result, SendFailed):
            log.error("send_failed", receiver=receiver.id, reason=result.reason)
        self._exit = 1
        self._stop.set()

    def _beat(self) -> None:
        beat = self.config.heartbeat
        if beat is None or time.monotonic() - self._last_beat < beat.every.total_seconds():
            return
        if not self._delivering:
            return  # alerts that reach nobody are the silence that the switch is there for
        self._last_beat = time.monotonic()
        task = asyncio.ensure_future(_ping(beat.url))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # ---- delivering

    def _deliver_now(self) -> None:
        """What was just decided does not wait for the next tick."""
        job = self._scheduler.get_job("deliver")
        if job is not None:
            job.modify(next_run_time=utcnow())

    async def _deliver(self) -> None:
        if self._stop.is_set():
            return
        async with self._sending:
            await asyncio.to_thread(self._deliver_once)

    def _deliver_once(self) -> None:
        """One pass over what is open and what waits."""
        try:
            if self._dry_run:
                self._show_pending()
            else:
                self._dispatch()
            self._last_pass = time.monotonic()
        except StoreFailed as failure:
            log.error("deliver_failed", reason=str(failure), kind=failure.reason)

    def _dispatch(self) -> None:
        done = self._dispatcher.dispatch(self.config, self._send, utcnow)
        self._metrics.sent.inc(done.sent)
        for kind, count in done.kinds.items():
            self._metrics.failed.labels(kind).inc(count)
        for reason, count in done.suppressed.items():
            self._metrics.suppressed.labels(reason).inc(count)

    @property
    def _delivering(self) -> bool:
        return time.monotonic() - self._last_pass <= DELIVERING

    def _show_pending(self) -> None:
        """A dry run: print what would be sent, once; it stays pending."""
        for receiver, ids, message in self._dispatcher.preview(self.config, utcnow()):
            if not self._shown.issuperset(ids):
                send(monitor.CONSOLE, message)
                self._shown.update(ids)
                log.info("shown", receiver=receiver, title=message.title)

    def _send(self, receiver: Receiver, message: Message) -> Sent | SendFailed:
        return send(receiver, message, stopping=self._stopping)

    async def _prune(self) -> None:
        """Let go of what is older than settings.retention."""
        try:
            gone = await asyncio.to_thread(self.store.prune, utcnow() - self.config.settings.retention)
        except StoreFailed as failure:
            log.error("prune_failed", reason=str(failure), kind=failure.reason)
            return
        if gone:
            log.info("pruned", rows=gone, older_than=str(self.config.settings.retention))

    # ---- configuration

    def _look_again(self) -> None:
        self._last_look = float("-inf")

    async def _reload_if_changed(self) -> None:
        if time.monotonic() - self._last_look < LOOK_EVERY:
            return
        self._last_look = time.monotonic()
        try:
            loaded, problems = await asyncio.to_thread(self._reload)
        except StoreFailed as failure:
            self._file.not_applied()
            log.error("reload_failed", reason=str(failure), kind=failure.reason)
            return
        edited = loaded.digest != self.config.digest
        if edited:
            log.info(
                "config_loaded",
                config=loaded.digest[:12],
                was=self.config.digest[:12],
                author=loaded.change.author,
                note=loaded.change.note,
            )
        self.config = loaded
        self._poller.use(loaded)
        if edited:
            self._search_anew()
        self._error = problems
        self._metrics.reload.set(0 if problems else 1)

    def _reload(self) -> tuple[Config, str]:
        """(What is to be in force, why the file on disk is not it); both are in the store by then."""
        if not self._file.changed():
            return self.config, self._error
        try:
            loaded = self._file.load()
        except Failure as failure:
            problems = str(failure)
            log.error("config_refused", reason=problems, in_force=self.config.digest[:12])
            if problems != self._error:
                start.refused(self.store, self.config, problems, utcnow())
            return self.config, problems
        owed = requeried(self.config, loaded)
        start.accepted(self.store, loaded, utcnow(), owed, recovered=bool(self._error))
        return loaded, ""

    def _search_anew(self) -> None:
        """Look for what the edited queries find among the stored items; another edit begins it again."""
        if self._search:
            self._search.cancel()
        self._search = asyncio.ensure_future(self._find_again(self.config))

    async def _find_again(self, config: Config) -> None:
        """Slice by slice in a thread, beside the polling; the next commit then takes up what was found."""
        while True:
            try:
                owed = await asyncio.to_thread(self.store.owed_rematch)
                if not owed:
                    return
                search = await asyncio.to_thread(monitor.Search, config, self.store, owed, utcnow())
                while await asyncio.to_thread(search.look):
                    pass
                found = await asyncio.to_thread(search.rematch)
                break
            except StoreFailed as failure:
                log.error("rematch_failed", reason=str(failure), kind=failure.reason)
                await asyncio.sleep(SEARCH_AGAIN)
            except Exception as error:  # whatever it is: the polling goes on, and it stays owed
                log.error("rematch_failed", exc_info=error)
                return
        if self._poller.config.digest == config.digest:
            self._poller.again = found

    # ---- what it says of itself

    def snapshot(self) -> web.Snapshot:
        """The daemon's own account, for /-/healthy, /-/ready and /-/status."""
        since = self.watchdog.seconds_since_step
        began = self._last_step > float("-inf")
        reasons = []
        if since > STUCK / 2:
            reasons.append(f"no step was committed for {since:.0f} s")
        if not began:
            reasons.append("no step was committed yet")
        if not self._delivering:
            silent = time.monotonic() - self._last_pass
            reasons.append(f"no pass over the deliveries was completed for {silent:.0f} s")
        memory, now, counts = self._poller.memory, utcnow(), self._counts()
        states = Counter(
            str(feed_state(source, memory.health.get(source.id), now))
            for source in self.config.sources.values()
        )
        return web.Snapshot(
            healthy=since <= STUCK / 2 and self._delivering,
            ready=began and since <= STUCK / 2,
            reason="; ".join(reasons),
            seconds_since_step=round(since, 1) if began else None,
            config={"digest": self.config.digest, "in_force": not self._error, "error": self._error},
            sources=dict(states),
            deliveries=_named(counts, "deliveries_"),
            alerts=_named(counts, "alerts_"),
        )

    def _counts(self) -> dict[str, int]:
        """Those of the store; none while the database does not answer."""
        try:
            return self.store.counts()
        except StoreFailed:
            return {}

    def _exposition(self) -> bytes:
        for state, count in _named(self._counts(), "deliveries_").items():
            self._metrics.deliveries.labels(state).set(count)
        return self._metrics.render()


async def _ping(url: str) -> None:
    """Tell the dead man's switch that a step was committed. The URL is a secret: it is never logged."""
    try:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        log.warning("heartbeat_failed", reason=type(error).__name__)
        return
    if answer.is_error:
        log.warning("heartbeat_failed", reason=f"HTTP {answer.status_code}")


def run(
    path: Path,
    database: str,
    *,
    dry_run: bool = False,
    host: str = "127.0.0.1",
    port: int = 9808,
    environ: Mapping[str, str] | None = None,
) -> int:
    """Run the daemon on the configuration at `path` and the database URL; returns the exit code.

    Raises Failure when it cannot start: no valid configuration and none kept from an earlier run,
    a database that cannot be trusted, another daemon on it, a port that is taken.
    """
    logs.configure()
    try:
        return _run(path, database, os.environ if environ is None else environ, dry_run, host, port)
    except OSError as error:
        # The command line says it in a line, as of every command; where it came from is for the log.
        log.critical("failed", exc_info=error)
        raise


def _run(path: Path, database: str, environ: Mapping[str, str], dry_run: bool, host: str, port: int) -> int:
    file = ConfigFile(path, environ)
    with contextlib.ExitStack() as at_last, Store.open(database) as store, store.lock():
        loaded, problems = start.configuration(file, store, utcnow())

        async def main() -> int:
            daemon = Daemon(file, loaded, store, problems=problems, dry_run=dry_run, host=host, port=port)
            at_last.callback(daemon.watchdog.stop)  # asyncio.run itself waits for threads that hang
            return await daemon.run()

        return asyncio.run(main())


def _named(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    """Those counts whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): count for name, count in counts.items() if name.startswith(prefix)}
