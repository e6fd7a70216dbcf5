"""What `iwmon feeds list` shows: each source's health and its next poll."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from iwmon import coverage
from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.call import Call
from iwmon.config import Config
from iwmon.model import FeedState, PollState, Source, SourceHealth
from iwmon.store import Store
from iwmon.stored import SourceStats


@dataclass(frozen=True, slots=True)
class SourceReport:
    """A source, and whether it can be relied on now. Its address may hold a secret and is not told."""

    id: str
    name: str
    type: str
    language: str | None
    reliability: str
    group: str  # independence group
    state: FeedState
    watching: bool
    why: str  # "" while it watches
    since: datetime | None  # of the state
    last_item: datetime | None
    last_poll: datetime | None
    last_ok: datetime | None
    next_due: datetime | None
    failures: int  # in a row
    entries: int  # in the last good answer
    polls: int
    items: int  # ever
    detail: str


def of_source(
    source: Source, health: SourceHealth, poll: PollState, stats: SourceStats, now: datetime
) -> SourceReport:
    """One source's report at `now`."""
    standing = coverage.standing(source, health, now)
    return SourceReport(
        id=source.id,
        name=source.name,
        type=source.type,
        language=source.language,
        reliability=source.reliability,
        group=source.group,
        state=coverage.feed_state(source, health, now),
        watching=standing.watching,
        why=standing.reason,
        since=health.since,
        last_item=health.last_item,
        last_poll=health.last_poll,
        last_ok=health.last_ok,
        next_due=poll.next_due,
        failures=health.failures,
        entries=health.entries,
        polls=stats.polls,
        items=stats.items,
        detail=health.detail,
    )


def read(config: Config, store: Store, now: datetime) -> list[SourceReport]:
    """All configured sources, in their order."""
    health, polls, stats = store.health(), store.polls(), store.source_stats()
    return [
        of_source(
            source,
            health.get(name, SourceHealth(name)),
            polls.get(name, PollState(name)),
            stats.get(name, SourceStats(name)),
            now,
        )
        for name, source in config.sources.items()
    ]


def run(call: Call, now: datetime, *, faulty: bool) -> None:
    """Print the sources."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        everything = read(config, store, now)
    found = [s for s in everything if not s.watching] if faulty else everything
    watching = sum(s.watching for s in everything)
    if call.json:
        show.emit({"at": now, "watching": watching, "total": len(everything), "sources": found})
        return
    out = show.console()
    zone = ZoneInfo(config.settings.timezone)
    for source in found:
        lines(out, source, zone, now)
    if found:
        out.print()
    show.say(out, f"{watching} of {show.count(len(everything), 'source')} watching.")


def lines(out: Console, source: SourceReport, zone: ZoneInfo, now: datetime) -> None:
    """A source in two lines, or three when something is wrong."""
    state = str(source.state)
    name = f"  {safe(source.name, 60)}" if source.name != source.id else ""
    grade = f"  ({source.reliability})"
    show.say(out, show.line((f"{state:<11}", show.style(state)), "  ", (source.id, "bold"), name, grade))
    facts = [
        f"last item {show.clock(source.last_item, zone, now)}",
        f"polled {show.clock(source.last_poll, zone, now)}",
    ]
    if source.state is not FeedState.DISABLED:
        facts.append(f"next {show.clock(source.next_due, zone, now) if source.next_due else 'at once'}")
    if source.failures:
        facts.append(f"{show.count(source.failures, 'failure')} in a row")
    show.say(out, "; ".join(facts), 4)
    trouble = source.why.removeprefix(f"{state}: ") or (
        source.detail if source.state is not FeedState.OK else ""
    )
    if trouble and source.state not in (FeedState.NEW, FeedState.DISABLED):
        show.say(out, show.line((safe(trouble, 300), show.style(state))), 4)
