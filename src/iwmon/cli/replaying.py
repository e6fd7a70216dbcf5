"""Files, or the store → replay → report, with a bar meanwhile; and the report on the terminal and on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.progress import Progress

from iwmon import export
from iwmon.cli import fileset, known, reported, show
from iwmon.cli.call import Anything, Call, Misuse
from iwmon.config import Config
from iwmon.config.configuration import Part
from iwmon.export import summary
from iwmon.feedtext import safe
from iwmon.model import Failure, Source, Step
from iwmon.origins.names import squeezed
from iwmon.replay import HOUR, WORTH_WORKERS, Replay, formats
from iwmon.replay.locating import locate
from iwmon.replay.merging import Recording
from iwmon.replay.paired import Pair, alike
from iwmon.replay.suggest import suggest as suggested
from iwmon.replay.tally import Tally
from iwmon.report import Event, Input, Report

Watch = Callable[[Step], None]
MANY_STEPS = 500_000  # a minute or two

_BEGUN = (
    "The replay begins without memory: what was reported before its first day counts for nothing, so a "
    "review that is due at once says little; what was told before is told again; surges need 14 days "
    "before they can be measured."
)


@dataclass(frozen=True, slots=True)
class Options:
    """How to replay."""

    since: datetime | None = None
    until: datetime | None = None
    step: timedelta = HOUR
    workers: int | None = None  # None: as many as pay
    without: frozenset[Part] = field(default_factory=frozenset)
    events: Path | None = None
    mapping: tuple[str, ...] = ()
    now: datetime | None = None  # rows that are dated after it are faults; None: none is

    @property
    def bounded(self) -> bool:
        """Whether only a part is asked for."""
        return bool(self.since or self.until)


def run(call: Call, files: Sequence[Path], options: Options, *, report: Path | None, suggest: bool) -> int:
    """Replay, print, write; the exit code. Raises Failure. No files: what the store has."""
    loaded = call.config(Anything(os.environ))
    if report is not None:
        fileset.ready(report)
    tally = Tally(loaded) if suggest else None
    events = known.events(options.events, options.mapping, loaded) if options.events else ()
    found = judged(call, loaded, files, options, events=events, watch=tally.take if tally else None)
    unwritten = None
    if report is not None:
        try:
            fileset.write(report, exported(found))
        except Failure as fault:  # what was found in an hour is shown all the same
            unwritten = fault
    proposals = suggested(loaded, found, tally.words(), tally.heard()) if tally else ()
    if call.json:
        show.emit({"report": found} | ({"suggestions": proposals} if suggest else {}))
    else:
        out = show.console()
        reported.show_report(out, found)
        reported.show_suggestions(out, proposals)
        if report is not None and unwritten is None:
            show.say(out, f"Written to {report}: open report.html in a browser.")
    if unwritten is not None:
        raise unwritten
    return 0


def judged(
    call: Call,
    loaded: Config,
    files: Sequence[Path],
    options: Options,
    *,
    events: Sequence[Event] = (),
    watch: Watch | None = None,
) -> Report:
    """The report of a replay of these files, or without any of the store. Raises Failure.

    KeyboardInterrupt gives the report so far.
    """
    loaded = replace(loaded, without=options.without)
    if files.count(formats.STANDARD_INPUT) > 1:
        raise Misuse("it can be read only once", where="standard input", hint="write - once")
    if files:
        return _of_files(loaded, files, options, events, watch)
    return _of_store(call, loaded, options, events, watch)


def both(
    call: Call, old: Config, new: Config, files: Sequence[Path], options: Options
) -> tuple[Report, Report]:
    """The reports of two replays of these files, by each configuration. Raises Failure.

    Of an edit that leaves the sources as they are, the files are read and matched once. KeyboardInterrupt
    gives reports of which at least one is not complete.
    """
    if not alike(old, new):
        first = judged(call, old, files, options)
        return first, judged(call, new, files, options) if first.complete else first
    with _read(files, old, options) as (bar, rows):
        pair = Pair(old, new, options.step, _workers(options, rows.total))
        pair.rows(rows, _watched(bar, rows.total, None))
        return pair.reports(_title(files))


def rereadable(files: Sequence[Path]) -> None:
    """Raises Misuse for what can be read only once: a second replay would find it empty."""
    for path in files:
        if formats.only_once(path):
            hint = "save it to a file, and name that"
            raise Misuse(
                "it is read more than once, which a pipe cannot be", where=formats.name(path), hint=hint
            )


def _of_files(
    loaded: Config, files: Sequence[Path], options: Options, events: Sequence[Event], watch: Watch | None
) -> Report:
    with _read(files, loaded, options) as (bar, rows):
        replay = Replay(loaded, options.step, _workers(options, rows.total))
        replay.rows(rows, _watched(bar, rows.total, watch))
        return replay.report(
            _title(files),
            assumptions=[*known.left_out(options.mapping), *_assumptions(loaded, rows)],
            inputs=rows.inputs,
            events=events,
        )


@contextmanager
def _read(files: Sequence[Path], loaded: Config, options: Options) -> Iterator[tuple[Progress, Recording]]:
    """The rows of the files, with the bar that shows how far it is. Raises Failure where there is none."""
    with (
        show.progress(lasting=True) as bar,
        Recording.open(
            files,
            locate(loaded),
            since=options.since,
            until=options.until,
            now=options.now,
            progress=_reading(bar),
        ) as rows,
    ):
        if not rows.total:
            raise _nothing(rows.inputs, options)
        _warn_of_steps(rows.span, options.step)
        yield bar, rows


def _title(files: Sequence[Path]) -> str:
    return ", ".join(path.name for path in files)


def _of_store(
    call: Call, loaded: Config, options: Options, events: Sequence[Event], watch: Watch | None
) -> Report:
    with call.store() as store, show.progress(lasting=True) as bar:
        total = store.recorded_items(options.since, options.until)
        replay = Replay(loaded, options.step, _workers(options, total))
        replay.records(store.recorded(options.since, options.until), _watched(bar, total, watch))
    assumptions = [*known.left_out(options.mapping), _BEGUN]
    found = replay.report("what iwmon has collected", assumptions=assumptions, events=events)
    if found.complete and not found.steps:
        hint = "nothing was collected from --since to --until" if options.bounded else "iwmon run collects"
        raise Failure("there is nothing to replay", where="what iwmon has collected", hint=hint)
    return found


def _nothing(inputs: Sequence[Input], options: Options) -> Failure:
    """What to say of files in which no row can be used: a report of nothing would look like one of calm."""
    read = "; ".join(summary.input_line(one) for one in inputs)
    faults = (fault for one in inputs for fault in one.named if not fault.used)
    if fault := next(faults, None):
        detail = f": {safe(fault.detail)}" if fault.detail else ""
        hint = f"first: {safe(fault.file, 120)}:{fault.line}: {fault.kind}{detail}"
    elif options.bounded and any(one.rows for one in inputs):
        hint = "none was seen from --since to --until"
    else:
        hint = "there is no row in it"
    return Failure(f"there is nothing to replay: {read}", hint=hint)


def _warn_of_steps(span: tuple[datetime, datetime] | None, step: timedelta) -> None:
    """That it will take long, on standard error, before it does."""
    looks = (span[1] - span[0]) // step if span else 0
    if looks > MANY_STEPS:
        show.say(
            show.console(error=True),
            f"iwmon: up to {looks:,} steps, which takes long. A longer --step takes less; Ctrl-C ends it "
            "with the report so far.",
        )


def _workers(options: Options, items: int) -> int:
    """How many processes match: one beside this one, where there is a processor for it and enough to do."""
    if options.workers is not None:
        return options.workers
    return 1 if items >= WORTH_WORKERS and len(os.sched_getaffinity(0)) > 1 else 0


def _reading(bar: Progress) -> Callable[[int, int], None]:
    """Moves the bar while the files are read."""
    task = bar.add_task("reading", total=None)

    def told(done: int, whole: int) -> None:
        bar.update(task, completed=done, total=whole or None)

    return told


def _watched(bar: Progress, total: int, watch: Watch | None) -> Watch:
    """Moves the bar by the items of each step, and lets the other watcher look too."""
    task = bar.add_task("replaying", total=total)

    def look(step: Step) -> None:
        bar.advance(task, sum(len(reading.items) for reading in step.readings))
        if watch is not None:
            watch(step)

    return look


def _assumptions(loaded: Config, rows: Recording) -> list[str]:
    """What a reader has to know of a replay of files."""
    used, published = (sum(getattr(one, name) for one in rows.inputs) for name in ("used", "by_published"))
    said = []
    if published:
        said.append(
            f"{published:,} of {used:,} items have no first_seen: they are taken as seen when they say that "
            "they were published, which may be hours too early."
        )
    absent = [one for one in loaded.sources.values() if one.enabled and one.id not in rows.sources]
    if absent:
        ids = [one.id for one in absent]
        listed = f"{', '.join(ids[:5])}{', …' if len(ids) > 5 else ''}"
        be = "is" if len(ids) == 1 else "are"
        said.append(
            f"{len(ids)} of the configured sources {be} not in these files and {be} left out: {listed}. "
            "Coverage is of what is there."
        )
    if rows.unlisted:
        said.append(_unlisted(rows.unlisted, used, rows.strangers, absent))
    said.append(_BEGUN)
    said.append(
        "A file does not say when its feeds were down: a source counts as watching while it brings "
        "something, and is left out of coverage otherwise; where nothing comes at all, indicators are blind, "
        "and after 90 days of that iwmon looks once a day."
    )
    return said


def _unlisted(
    unlisted: int, used: int, strangers: Sequence[tuple[str, int]], absent: Sequence[Source]
) -> str:
    """How much nobody vouches for, and which of these publishers looks like a configured source."""
    shown = [f"{safe(name, 60)} ({rows:,})" for name, rows in strangers[:3]]
    most = f": {', '.join(shown)}{' and others' if len(strangers) > 3 else ''}" if shown else ""
    said = (
        f"{unlisted:,} of {used:,} items count as reliability F, because the configuration does not list "
        f"their publishers{most}."
    )
    for name, _ in strangers:
        own = {squeezed(name), squeezed(name.removeprefix("www.").partition(".")[0])}
        for source in absent:
            if own & {squeezed(source.id), squeezed(source.name)}:
                be = f"{safe(name, 60)} looks like your source {source.id}"
                return f"{said} {be}: if it is, write `publisher: {safe(name, 60)}` there."
    return said


def zone_in_force(call: Call) -> ZoneInfo:
    """The time zone of the configuration that is in force. Raises Failure."""
    with call.store() as store:
        return ZoneInfo(call.config_in_force(store)[0].settings.timezone)


def exported(found: Report) -> dict[str, str]:
    """Every export of the report: file name → content."""
    return {name: text for one in export.EXPORTS.values() for name, text in one(found).items()}
