"""What `iwmon poll` does: one round of what the daemon does, with the same functions, told to a person."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog
from rich.console import Console
from rich.panel import Panel
from rich.progress import Progress
from rich.text import Text

from iwmon import alerts, config, logs, monitor
from iwmon.alerts import links
from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.call import Call, require, reread
from iwmon.config import Config
from iwmon.fetch import Fetcher
from iwmon.model import (
    Alert,
    FeedState,
    Message,
    PollState,
    Reading,
    Receiver,
    Rematch,
    Rematched,
    SendFailed,
    Sent,
    Step,
)
from iwmon.read import Reader
from iwmon.send import BODY_LIMIT, TITLE_LIMIT, print_message, send, words
from iwmon.store import Store

Clock = Callable[[], datetime]

_PASSES = 100  # over what is pending; each takes up to a hundred deliveries


@dataclass(frozen=True, slots=True)
class Options:
    """How to poll. `now`: the time to take for the present, or None for the clock's."""

    everything: bool = False
    dry_run: bool = False
    verbose: bool = False
    now: datetime | None = None

    def clock(self) -> datetime:
        """The present: aware UTC."""
        return self.now or datetime.now(UTC)


@dataclass(slots=True)
class Round:
    """What one round did."""

    at: datetime
    steps: list[Step]
    delivered: monitor.Delivered = field(default_factory=monitor.Delivered)
    shown: list[tuple[str, Message]] = field(default_factory=list)  # receiver, message
    pending: int = 0
    next_due: tuple[str, datetime] | None = None  # source, when

    @property
    def readings(self) -> list[Reading]:
        return [reading for step in self.steps for reading in step.readings]

    @property
    def alerts(self) -> list[Alert]:
        return [alert for step in self.steps for alert in step.alerts]

    @property
    def rematched(self) -> Rematched | None:
        """What came of matching stored items again after an edit; None where nothing was owed."""
        return next((step.rematched for step in self.steps if step.rematched), None)

    @property
    def matched(self) -> int:
        """How many of the new items matched."""
        return len({match.item for step in self.steps for match in step.matches})


def run(call: Call, options: Options) -> int:
    """Poll once, deliver, print what happened; the exit code. Raises Failure."""
    require(call.config_path)
    _log(options.verbose)
    clock = options.clock
    with call.store(create=True) as store, store.lock():
        loaded, problem = _configuration(call, store, clock())
        done = Round(clock(), asyncio.run(_steps(loaded, store, options, clock)))
        _tell(call, loaded, store, options, clock, done)
        done.pending = store.counts()["deliveries_pending"]
        done.next_due = _next(loaded, store.polls())
    if call.json:
        show.emit(document(done, options))
    else:
        summary(show.console(), done, options, ZoneInfo(loaded.settings.timezone))
    if problem:
        show.console(error=True).print(
            show.line(
                ("The configuration on disk is not in force", "bold red"),
                f"; the last good one is.\n{problem}",
            ),
            soft_wrap=True,
        )
    return 1 if problem or done.delivered.failed or done.delivered.dead else 0


def _log(verbose: bool) -> None:
    logs.configure()
    if not verbose:  # the summary says all that matters
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def _configuration(call: Call, store: Store, now: datetime) -> tuple[Config, str]:
    """(The configuration to work with, why the one on disk is not it); the operator is told once."""
    status = store.config_status()
    try:
        loaded = call.config()
    except config.ConfigError as error:
        kept = store.last_good_config()
        if kept is None:
            raise
        loaded, problem = reread(kept[1], os.environ), str(error)
        if status.error != problem:
            store.note_config_error(problem, now)
            _raise(store, loaded, alerts.config_error(problem, now))
        return loaded, problem
    if status.digest != loaded.digest or status.error:
        owed = monitor.owed(store.last_good_config, lambda kept: reread(kept, os.environ), loaded)
        store.keep_config(loaded.digest, loaded.contents, now, owed)
    if status.error:
        _raise(store, loaded, alerts.config_recovered(loaded.digest, now))
    return loaded, ""


def _raise(store: Store, loaded: Config, alert: Alert) -> None:
    store.add_alerts([alert], alerts.deliveries([alert], loaded, alert.at))


async def _steps(loaded: Config, store: Store, options: Options, clock: Clock) -> list[Step]:
    # With a clock of its own a rehearsal is to be repeatable: no dice.
    jitter = (lambda: 0.5) if options.now else random.random
    reader = Reader()
    try:
        async with Fetcher() as fetcher:
            everything = options.everything
            poller = monitor.Poller(loaded, store, fetcher, reader, jitter, everything=everything, once=True)
            with show.progress() as bar:
                poller.again = _found_again(loaded, store, clock(), bar)
                watcher = asyncio.ensure_future(_follow(bar, poller))
                try:
                    return await monitor.poll(poller, clock)
                finally:
                    watcher.cancel()
    finally:
        reader.close()


def _found_again(loaded: Config, store: Store, now: datetime, bar: Progress) -> Rematch | None:
    """What an edit of the queries owes: the stored items that they find, or found before; None if nothing."""
    owed = store.owed_rematch()
    if not owed:
        return None
    search = monitor.Search(loaded, store, owed, now)
    task = bar.add_task("matching stored items again", total=None)
    while search.look():
        pass
    bar.remove_task(task)
    return search.rematch()


async def _follow(bar: Progress, poller: monitor.Poller) -> None:
    """Keep a bar at how many sources have answered."""
    task, most = bar.add_task("asking sources", total=None), 0
    while not bar.disable:
        most = max(most, poller.in_flight)
        bar.update(task, total=most or None, completed=most - poller.in_flight)
        await asyncio.sleep(0.1)


# ---------------------------------------------------------------- telling


def _tell(call: Call, loaded: Config, store: Store, options: Options, clock: Clock, done: Round) -> None:
    """Send what is pending; or, in a rehearsal, show it and leave it pending."""
    out = show.console()

    def put(receiver: str, message: Message) -> None:
        done.shown.append((receiver, message))
        if not call.json:
            print_panel(out, message, f"for {receiver}, not sent" if options.dry_run else "")

    def post(receiver: Receiver, message: Message) -> Sent | SendFailed:
        return send(receiver, message, console=lambda shown: put(receiver.id, shown))

    # With a clock of its own a rehearsal does not take the time that a service would want.
    pause = (lambda _: None) if options.now else time.sleep
    given = os.environ.get(links.KEY_VARIABLE, "")
    key = links.signing_key(given, store.link_key) if loaded.settings.url else None
    dispatcher = monitor.Dispatcher(store, patient=False, pause=pause, link_key=key)
    if options.dry_run:
        for receiver, _, message in dispatcher.preview(loaded, clock()):
            put(receiver, message)
        return
    for _ in range(_PASSES):
        passed = dispatcher.dispatch(loaded, post, clock)
        done.delivered.sent += passed.sent
        done.delivered.failed += passed.failed
        done.delivered.dead += passed.dead
        done.delivered.reasons += passed.reasons
        if not passed.sent and not passed.dead:
            return


def print_panel(out: Console, message: Message, above: str = "") -> None:
    """A message on a terminal, in a frame; elsewhere as plain lines. Raises OSError when nobody reads."""
    if not out.is_terminal:
        if above:
            show.say(out, f"[{above}]")
        print_message(message)
        return
    title, body = words(message, TITLE_LIMIT, BODY_LIMIT, literal=True)
    text = Text.assemble((title, "bold"), "\n\n", body)
    out.print(Panel(text, title=Text(above) if above else None, title_align="left", border_style="yellow"))


def _next(loaded: Config, polls: Mapping[str, PollState]) -> tuple[str, datetime] | None:
    """The source that is due next, and when."""
    waiting = [
        (poll.next_due, name)
        for name, poll in polls.items()
        if poll.next_due and name in loaded.sources and loaded.sources[name].enabled
    ]
    return (min(waiting)[1], min(waiting)[0]) if waiting else None


# ---------------------------------------------------------------- saying what happened


def summary(out: Console, done: Round, options: Options, zone: ZoneInfo) -> None:
    """Sources, items, alerts, messages, and when the next source is due; a few lines."""
    bad = [reading for reading in done.readings if reading.state is not FeedState.OK]
    if done.readings:
        failed = f", {len(bad)} failed" if bad else ""
        answered = len(done.readings) - len(bad)
        show.say(out, f"Asked {show.count(len(done.readings), 'source')}: {answered} answered{failed}.")
        rows: list[tuple[Text | str, ...]] = [
            (Text(str(r.state), show.style(r.state)), r.source, safe(r.detail, 200)) for r in bad
        ]
        show.table(out, rows)
        new = sum(len(reading.items) for reading in done.readings)
        out.print(
            f"{show.count(new, 'new item')}, {done.matched} matched; {show.count(len(done.alerts), 'alert')}."
        )
    else:
        show.say(out, "Nothing was due.")
    if done.rematched:
        show.say(out, f"{alerts.rematch_line(done.rematched, zone, done.at)}.")
    for alert in done.alerts:
        show.say(out, show.line((alert.title, show.style(alert.severity)), f"  {alert.id}"), 2)
    _said(out, done, options)
    if done.next_due:
        name, when = done.next_due
        due = f"{show.clock(when, zone, done.at)} ({show.ago(when, done.at)})"
        show.say(out, f"Next: {name} is due at {due}.")


def _said(out: Console, done: Round, options: Options) -> None:
    if options.dry_run:
        show.say(out, f"Nothing was sent; {show.count(done.pending, 'delivery', 'deliveries')} pending.")
        return
    told = done.delivered
    if told.sent:
        show.say(out, f"{show.count(told.sent, 'delivery', 'deliveries')} sent.")
    for reason in told.reasons:
        show.say(out, show.line(("not sent", "bold red"), f": {reason}"))
    if told.dead:
        show.say(out, f"{told.dead} given up: another receiver was told.")
    if done.pending:
        show.say(
            out, f"{show.count(done.pending, 'delivery', 'deliveries')} pending: the next poll tries again."
        )


def document(done: Round, options: Options) -> dict[str, object]:
    """The round for --json."""
    readings, states = done.readings, Counter(str(reading.state) for reading in done.readings)
    return {
        "at": done.at,
        "dry_run": options.dry_run,
        "steps": len(done.steps),
        "asked": len(readings),
        "states": dict(states),
        "sources": [
            {
                "id": r.source,
                "state": r.state,
                "detail": r.detail,
                "entries": r.entries,
                "new": len(r.items),
                "not_modified": r.not_modified,
            }
            for r in readings
        ],
        "items": sum(len(reading.items) for reading in readings),
        "matched": done.matched,
        "rematched": done.rematched,
        "alerts": [
            {"id": a.id, "kind": a.kind, "severity": a.severity, "judgement": a.judgement, "title": a.title}
            for a in done.alerts
        ],
        "deliveries": {
            "sent": done.delivered.sent,
            "failed": done.delivered.failed,
            "dead": done.delivered.dead,
            "pending": done.pending,
            "reasons": done.delivered.reasons,
        },
        "messages": [
            {"receiver": receiver, "title": message.title, "body": message.body}
            for receiver, message in done.shown
        ],
        "next_due": {"source": done.next_due[0], "at": done.next_due[1]} if done.next_due else None,
    }
