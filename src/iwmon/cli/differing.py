"""What `iwmon diff` does: reads two configurations, runs both over the same items, compares."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from iwmon import config as configs
from iwmon.cli import changed, setup, show
from iwmon.cli.call import Anything, Call, Misuse, moment, reread
from iwmon.config import Config, ConfigError, Problem
from iwmon.model import Failure
from iwmon.replay import HOUR, compare, remembered, rerun
from iwmon.replay.compare import Difference
from iwmon.store import Between, Edges, Store

RUNNING, STDIN = "running", "-"
RECORDED = (".jsonl", ".gz", ".csv", ".parquet", ".json", ".zst")  # no configuration ends so
APART = 2_000  # steps from which a second process is worth its start
TRIES = 3  # retention or a re-match at the same time is rare, and over soon
WORTH = 10_000  # items that are matched in the time that it takes to read a kept configuration
_AGE = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for, as it was written."""

    names: tuple[str, ...]
    since: str = "90d"
    until: str | None = None


def run(call: Call, wish: Wish) -> bool:
    """Compare and print; whether alerts differ. Raises Failure; for errors in a configuration, exits 1."""
    old, new, files = _named(wish.names)
    try:
        found, config, notes = _compared(call, old, new, files, wish)
    except Unusable as unusable:
        _tell(call, unusable.problems)
        raise typer.Exit(1) from unusable
    if call.json:
        show.emit(changed.document(found, notes))
    else:
        changed.tell(show.console(), found, notes, config)
    return bool(found.added or found.removed or found.moved)


def for_git(call: Call, wish: Wish) -> bool:
    """The same, as git calls it: whatever is wrong is told in its place, since git gives up on an exit 1.

    With one name (`textconv`, or an unmerged path) the running configuration is compared with that file;
    with seven or nine, as git calls an external diff, the two versions of a path.
    """
    names = wish.names
    if len(names) not in (1, 7, 9):
        hint = "git calls it: git config diff.iwmon.command 'iwmon diff --git'; see docs/indicators.md"
        raise Misuse(f"--git takes 1, 7 or 9 arguments, not {len(names)}", hint=hint)
    out = show.console()
    path = Path(names[-2] if len(names) == 9 else names[0])
    if len(names) > 1:
        show.say(out, show.line(("iwmon diff ", "bold"), (str(path), "bold")))
    old, new = (names[1], names[4]) if len(names) > 1 else (RUNNING, names[0])
    if os.devnull in (old, new):
        show.say(out, "The file is new." if old == os.devnull else "The file is deleted.")
        return False
    try:
        found, config, notes = _compared(
            call, old, new, (), wish, beside=path.parent if len(names) > 1 else None
        )
    except Unusable as unusable:
        setup.print_problems(unusable.problems, None, Counter(str(p.severity) for p in unusable.problems))
        return False
    except Failure as failure:
        show.say(out, f"iwmon: {failure}")
        return False
    changed.tell(out, found, notes, config)
    return bool(found.added or found.removed or found.moved)


def _named(names: Sequence[str]) -> tuple[str, str | None, tuple[str, ...]]:
    """(OLD, NEW, recorded files). NEW None: that of --config."""
    if len(names) < 2:
        return RUNNING, names[0] if names else None, ()
    old, new, *files = names
    if new.endswith(RECORDED):
        hint = f"name both configurations before it: iwmon diff running {old} {new}"
        raise Misuse(f"{new} is no configuration", hint=hint)
    if old == new == STDIN:
        raise Misuse("standard input can be read only once", hint="name a file for OLD or NEW")
    return old, new, tuple(files)


class Unusable(Exception):
    """A configuration that was named has errors. `problems`: of both, in order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} errors")
        self.problems = list(problems)


def _compared(
    call: Call, old: str, new: str | None, files: Sequence[str], wish: Wish, *, beside: Path | None = None
) -> tuple[Difference, Config, list[str]]:
    """(What differs, the new configuration, what a reader should know). Raises Unusable."""
    found, config, notes = _over(call, old, new, files, wish, beside)
    if not found.items:
        notes = [*notes, "no item came in that time, so it shows nothing: an earlier --since may"]
    return found, config, notes


def _over(
    call: Call, old: str, new: str | None, files: Sequence[str], wish: Wish, beside: Path | None
) -> tuple[Difference, Config, list[str]]:
    for name in (old, *([] if new is None else [new])):
        _there(name)
    if files and RUNNING not in (old, new):
        before, after = _read_both(call, None, old, new, beside)
        return _over_files(call, before, after, files, wish)
    with call.store() as store:
        before, after = _read_both(call, store, old, new, beside)
        if files:
            return _over_files(call, before, after, files, wish)
        return _over_store(call, store, before, after, wish)


# ---------------------------------------------------------------- reading


def _read_both(
    call: Call, store: Store | None, old: str, new: str | None, beside: Path | None
) -> tuple[Config, Config]:
    """Both configurations; every error of both is told together."""
    read: list[Config] = []
    problems: list[Problem] = []
    for name in (old, str(call.config_path) if new is None else new):
        try:
            read.append(_read(call, store, name, beside))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise Unusable(problems)
    return read[0], read[1]


def _read(call: Call, store: Store | None, name: str, beside: Path | None) -> Config:
    """One configuration. Secrets do not matter here. `beside`: where the files are that it includes."""
    secrets = Anything(os.environ)
    if name == RUNNING:
        kept = store.last_good_config() if store else None
        if kept is None:
            hint = "iwmon run and iwmon poll keep it; or name two files: iwmon diff OLD NEW"
            raise Failure("the database keeps no running configuration yet", hint=hint)
        return reread(kept[1], secrets)
    if name == STDIN:
        text, shown = sys.stdin.buffer.read(), call.config_path
        return configs.parse(str(shown), _files(str(shown), text), secrets)
    path = _path(name)
    shown = beside / path.name if beside is not None else path
    try:
        text = path.read_bytes()
    except OSError as error:
        raise Failure(f"cannot be read: {error.strerror}", where=str(path)) from error
    return configs.parse(str(shown), _files(str(shown), text), secrets)


def _there(name: str) -> None:
    """Raises Misuse for a file that is not there: before anybody is asked for a database."""
    path = _path(name)
    if name not in (RUNNING, STDIN) and not path.exists():
        hint = 'name a file, "-" for standard input, or "running"'
        raise Misuse(f"there is no configuration at {path}", hint=hint)


def _path(name: str) -> Path:
    """The file that is meant: of a folder, its indicators.yaml."""
    path = Path(name)
    return path / setup.INDICATORS if path.is_dir() else path


def _files(name: str, text: bytes) -> Callable[[str], bytes]:
    """Gives the main file's text under its name, and what it includes from the disk."""
    return lambda asked: text if asked == name else Path(asked).read_bytes()


def again(contents: Mapping[str, bytes]) -> Config:
    """A configuration from its texts: what another process starts from."""
    return reread(contents, Anything(os.environ))


# ---------------------------------------------------------------- over the database


def _over_store(
    call: Call, store: Store, old: Config, new: Config, wish: Wish
) -> tuple[Difference, Config, list[str]]:
    for _ in range(TRIES):
        edges = store.edges()
        if edges is None:
            hint = "iwmon run collects; recorded items can be named: iwmon diff OLD NEW FILE..."
            raise Failure("nothing has been collected yet", hint=hint)
        found = _once(call, store, old, new, wish, edges)
        if store.edges(edges.last) == edges:  # nothing went; what came was not looked at
            return found
    hint = "old items are being deleted, or stored ones matched again: wait for that, then run it again"
    raise Failure("what was collected changed while it was compared", hint=hint)


def _once(
    call: Call, store: Store, old: Config, new: Config, wish: Wish, edges: Edges
) -> tuple[Difference, Config, list[str]]:
    """The same of a record that nobody changes meanwhile but by adding to it."""
    newest = edges.latest + timedelta(microseconds=1)  # it is in it, even where it was on the hour
    until = moment(wish.until) if wish.until else newest
    since = max(_since(wish.since, until), edges.first)
    if since >= min(until, newest):
        raise Misuse(f"nothing was collected between {since:%Y-%m-%d %H:%M} and {until:%Y-%m-%d %H:%M} UTC")
    until = min(until, newest)
    span = replace(remembered.span((old, new), since, until, edges.first), last=edges.last)
    whole = Between(span.begin, span.until, span.last)
    came_under = store.came_under(whole)
    kept, unread = _kept(store, came_under, (old, new))
    only = compare.touched(old, new)
    tasks = [
        rerun.Task(
            call.database,
            one.contents,
            remembered.stale(one, kept),
            span,
            only,
            remembered.relabelled(old, new),
        )
        for one in (old, new)
    ]
    steps = sum(number for number, _ in came_under.values())
    apart = steps >= APART and (os.cpu_count() or 1) > 1
    with show.progress() as bar:
        task = bar.add_task("replaying", total=steps if apart else 2 * steps)
        sides = rerun.both(
            store,
            tasks[0],
            tasks[1],
            (old, new),
            again,
            apart=apart,
            done=lambda number: bar.advance(task, number),
        )
    items = sum(number for _, number in store.came_under(replace(whole, since=span.since)).values())
    return _difference(old, new, sides, span.since, span.until, items), new, _notes(store, old, new, unread)


def _since(text: str, until: datetime) -> datetime:
    age = _AGE.fullmatch(text.strip())
    try:
        return until - timedelta(**{_UNITS[age[2]]: int(age[1])}) if age else moment(text)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _kept(
    store: Store, came_under: Mapping[str, tuple[int, int]], known: Sequence[Config]
) -> tuple[dict[str, Config | None], list[str]]:
    """(The configurations under which items came, by digest; those that cannot be read any more).

    One under which few came is not read: matching these items again takes less time.
    """
    texts = {kept.digest: kept.files for kept in store.configs()}
    found: dict[str, Config | None] = {}
    unread = []
    for digest, (_, items) in came_under.items():
        same = next((one for one in known if _same(one.contents, texts.get(digest))), None)
        if same is not None or items < WORTH:
            found[digest] = same
            continue
        try:
            found[digest] = again(texts[digest])
        except (ConfigError, KeyError):
            found[digest] = None
            unread.append(digest)
    return found, unread


def _same(contents: Mapping[str, bytes], kept: Mapping[str, bytes] | None) -> bool:
    """Whether a kept configuration has these very texts, whatever its files were called."""
    return kept is not None and list(kept.values()) == list(contents.values())


def _notes(store: Store, old: Config, new: Config, unread: Sequence[str]) -> list[str]:
    """What a reader should know about how far this can be relied on."""
    notes = _renamings(old, new)
    stats = store.source_stats()
    unseen = [name for name, one in new.sources.items() if one.enabled and name not in stats]
    if unseen:
        what = "it" if len(unseen) == 1 else "them"
        notes.append(f"never polled, so nothing of {what} is in this: {', '.join(unseen)}")
    unsaid = [name for name in sorted(remembered.relabelled(old, new)) if new.sources[name].language is None]
    if unsaid:
        what = "its items" if len(unsaid) == 1 else "their items"
        notes.append(f"no language any more: {', '.join(unsaid)}; {what} keep the one in which they came")
    if unread:
        some = ", ".join(digest[:12] for digest in unread)
        notes.append(f"cannot be read any more, so all its items were matched again: configuration {some}")
    return notes


def _renamings(old: Config, new: Config) -> list[str]:
    found = [
        f"{name} is {now} now, and else the same; its history stays under {name}"
        for name, now in compare.renamed(old, new).items()
    ]
    found += [
        f"{name} is {now} now, and else the same; so all its alerts are removed, and added under {now}"
        for name, now in compare.rejudged(old, new).items()
    ]
    if _telling(old) != _telling(new):
        found.append("receivers or routes differ; whom an alert goes to is not compared (iwmon routes test)")
    return found


def _telling(one: Config) -> tuple[object, ...]:
    """All that decides who is told of an alert, and when."""
    return one.receivers, one.route, one.inhibit_rules, one.time_intervals


def _difference(
    old: Config,
    new: Config,
    sides: tuple[compare.Side, compare.Side],
    since: datetime,
    until: datetime,
    items: int,
) -> Difference:
    return compare.compare(
        *sides,
        since,
        until,
        ids=compare.renamed(old, new),
        edits=compare.edited(old, new),
        items=items,
    )


# ---------------------------------------------------------------- over files


def _over_files(
    call: Call, old: Config, new: Config, files: Sequence[str], wish: Wish
) -> tuple[Difference, Config, list[str]]:
    """The same over recorded items, both replays from their beginning."""
    from iwmon.cli.replaying import Options, both, rereadable

    paths = [Path(name) for name in files]
    rereadable(paths)
    before, after = both(call, old, new, paths, Options(now=moment(None)))
    if not (before.complete and after.complete):
        raise KeyboardInterrupt  # halves cannot be compared; and 1 would say that alerts differ
    begin, end = before.since, max(before.until, after.until)
    until = moment(wish.until) if wish.until else end
    since = max(_since(wish.since, until), begin - HOUR)  # what the first step saw came before it
    if since >= min(until, end):
        hint = f"they reach from {_minute(begin)} to {_minute(end)} UTC: another --since or --until"
        asked = f"between {_minute(since)} and {_minute(until)} UTC"
        if since >= end:
            asked = f"after {_minute(since)} UTC"
        elif until <= begin - HOUR:
            asked = f"up to {_minute(until)} UTC"
        raise Misuse(f"the files have no item {asked}", hint=hint)
    until = min(until, end)
    sides = compare.side_of(before), compare.side_of(after)
    return _difference(old, new, sides, since, until, after.items), new, _renamings(old, new)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _tell(call: Call, problems: list[Problem]) -> None:
    if call.json:
        show.emit({"ok": False, "problems": [setup.problem_document(problem) for problem in problems]})
    else:
        setup.print_problems(problems, None, Counter(str(problem.severity) for problem in problems))
