"""What `iwmon feeds test` does: ask, read and match, now; nothing is kept."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from iwmon import logs, monitor, pipeline
from iwmon.alerts.words import link, safe
from iwmon.cli import show
from iwmon.cli.call import Call, Misuse
from iwmon.cli.matching import document as match_document
from iwmon.cli.matching import hits
from iwmon.config import Config
from iwmon.fetch import Fetcher
from iwmon.model import Entry, FeedState, Fetched, FetchFailed, Item, Match, PollState, Source
from iwmon.read import Reader

_FIRST, _MATCHES = 5, 10


@dataclass(frozen=True, slots=True)
class Trial:
    """What one source answered."""

    target: str  # as given: an id or an address
    state: FeedState
    detail: str  # why it cannot be used; "" when it can
    seconds: float
    size: int = 0  # decoded bytes
    content_type: str = ""
    title: str = ""
    entries: tuple[Entry, ...] = ()
    newest: datetime | None = None
    undated: int = 0
    notes: tuple[str, ...] = ()
    matches: tuple[tuple[Item, Match], ...] = ()

    @property
    def usable(self) -> bool:
        """Whether iwmon can watch it; without dates it can: items count from when they are first seen."""
        return self.state in (FeedState.OK, FeedState.ALL_UNDATED)


def run(call: Call, targets: list[str], allow_private: bool, now: datetime) -> int:
    """Try each target and print what it gave; 1 when one of them cannot be used."""
    logs.configure()
    config = call.config(os.environ) if call.chosen or call.config_path.exists() else None
    sources = [_source(target, config, allow_private) for target in targets]
    trials = asyncio.run(_all(targets, sources, config, now))
    if call.json:
        show.emit({"feeds": [document(trial, config) for trial in trials]})
    else:
        out = show.console()
        zone = ZoneInfo(config.settings.timezone if config else "UTC")
        for number, trial in enumerate(trials):
            if number:
                out.print()
            report(out, trial, config, zone, now)
    return 0 if all(trial.usable for trial in trials) else 1


def _source(target: str, config: Config | None, allow_private: bool) -> Source:
    if config and target in config.sources:
        return config.sources[target]
    if target.partition("://")[0] not in ("http", "https"):
        hint = "iwmon feeds list shows the sources; an address begins with https://"
        raise Misuse(f"{target} is neither a source nor an address", hint=hint)
    return Source("test", target, "feed", target, allow_private=allow_private)


async def _all(
    targets: list[str], sources: list[Source], config: Config | None, now: datetime
) -> list[Trial]:
    reader = Reader()
    try:
        async with Fetcher() as fetcher:
            with show.progress() as bar:
                task = bar.add_task("asking", total=len(sources))

                async def one(target: str, source: Source) -> Trial:
                    trial = await _try(target, source, fetcher, reader, config, now)
                    bar.advance(task)
                    return trial

                return await asyncio.gather(*map(one, targets, sources))
    finally:
        reader.close()


async def _try(
    target: str, source: Source, fetcher: Fetcher, reader: Reader, config: Config | None, now: datetime
) -> Trial:
    started = time.monotonic()
    answer = await monitor.ask(source, PollState(source.id), fetcher, reader, now)
    seconds, outcome = time.monotonic() - started, answer.outcome
    if isinstance(outcome, FetchFailed):
        return Trial(target, outcome.state, outcome.detail, seconds)
    if not isinstance(outcome, Fetched):
        return Trial(target, FeedState.ERROR, "a 304 to a question without conditions", seconds)
    size, kind = len(outcome.body), outcome.content_type
    if answer.parsed is None:
        failure = answer.failure
        state, why = (failure.state, str(failure)) if failure else (FeedState.ERROR, "not read")
        return Trial(target, state, why, seconds, size, kind)
    entries = answer.parsed.entries
    newest = pipeline.newest(entries, now)
    items = pipeline.identify(source, entries, now, history=True)
    matches = [(item, match) for item in items for match in (config.matcher.match(item) if config else ())]
    return Trial(
        target,
        FeedState.ALL_UNDATED if entries and newest is None else FeedState.OK,
        "no entry has a date that can be believed" if entries and newest is None else "",
        seconds,
        size,
        kind,
        answer.parsed.title,
        entries,
        newest,
        sum(entry.published is None for entry in entries),
        answer.parsed.notes,
        tuple(matches),
    )


def report(out: Console, trial: Trial, config: Config | None, zone: ZoneInfo, now: datetime) -> None:
    """What a person needs to know before the source goes into the file."""
    state = str(trial.state)
    show.say(out, show.line((state, show.style(state)), "  ", (safe(trial.target, 500), "bold")))
    if trial.detail:
        show.say(out, safe(trial.detail, 500), 2)
    kind = f", {safe(trial.content_type, 80)}" if trial.content_type else ""
    size = f", {trial.size:,} bytes{kind}" if trial.size else ""
    show.say(out, f"took {trial.seconds:.1f} s{size}", 2)
    if trial.title:
        show.say(out, f"title: {safe(trial.title)}", 2)
    if not trial.entries:
        return
    undated = f", {trial.undated} undated" if trial.undated else ""
    newest = (
        f", newest {show.clock(trial.newest, zone, now)} ({show.ago(trial.newest, now)})"
        if trial.newest
        else ""
    )
    show.say(out, f"{show.count(len(trial.entries), 'entry', 'entries')}{newest}{undated}", 2)
    for note in trial.notes:
        show.say(out, f"note: {safe(note, 300)}", 2)
    for entry in trial.entries[:_FIRST]:
        when = show.clock(entry.published, zone, now) if entry.published else "undated"
        show.say(out, f"• {safe(entry.title)} ({when})", 4)
    if config is None:
        show.say(out, "There is no configuration here, so nothing was matched.", 2)
        return
    hit = len({item.id for item, _ in trial.matches})
    verb = "matches" if hit == 1 else "match"
    total = show.count(len(trial.entries), "entry", "entries")
    show.say(out, f"{hit} of {total} {verb} an indicator of {config.files[0]}", 2)
    for item, match in trial.matches[:_MATCHES]:
        name = config.indicators[match.indicator].id
        show.say(out, show.line((name, "bold"), f": {safe(item.entry.title)} ({hits(match)})"), 4)
    if len(trial.matches) > _MATCHES:
        show.say(out, f"and {len(trial.matches) - _MATCHES} more", 4)


def document(trial: Trial, config: Config | None) -> dict[str, object]:
    """A trial for --json."""
    return {
        "target": trial.target,
        "ok": trial.usable,
        "state": trial.state,
        "detail": trial.detail,
        "seconds": round(trial.seconds, 3),
        "bytes": trial.size,
        "content_type": trial.content_type,
        "title": trial.title,
        "entries": len(trial.entries),
        "newest": trial.newest,
        "undated": trial.undated,
        "notes": trial.notes,
        "first": [
            {"title": entry.title, "url": link(entry.url), "published": entry.published}
            for entry in trial.entries[:_FIRST]
        ],
        "matches": [
            {"title": item.entry.title} | match_document(item, match, config)
            for item, match in trial.matches
            if config
        ],
    }
