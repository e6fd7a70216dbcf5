"""replay --recorded: the recorded steps decided again, beside what was decided live."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.call import Anything, Call

if TYPE_CHECKING:
    from iwmon.replay.faithfulness import Difference, Faithfulness, InForce

INTERRUPTED = 130
_LINE, _LINES = 300, 12  # characters of a line, and lines, of each side of a difference
_NEAR = 40  # characters on each side of what cannot be seen
_LISTED = 20  # configurations, and differences of each sort


def run(call: Call, since: datetime | None, until: datetime | None, zone: ZoneInfo) -> int:
    """Replays what the database recorded, and prints where it is not what was decided live.

    `since` and `until` (aware) limit what is compared; times are shown in `zone`. Returns the exit code: 0
    when all is the same, 1 when not, 130 after Ctrl-C. Raises StoreFailed and Failure.
    """
    from iwmon.replay import recorded  # start-up: see call.py

    try:
        with call.store() as store, show.progress() as bar:
            task = bar.add_task("deciding the recorded steps again", total=None)
            found = recorded.again(
                store,
                Anything(os.environ),
                since=since,
                until=until,
                watch=lambda done, total: bar.update(task, completed=done, total=total),
            )
    except KeyboardInterrupt:
        return INTERRUPTED
    if call.json:
        show.emit({"faithful": found.faithful, "compared": found.compared, **asdict(found)})
    else:
        _print(show.console(), found, zone)
    return 0 if found.faithful else 1


# ---------------------------------------------------------------- for people


def _print(out: Console, found: Faithfulness, zone: ZoneInfo) -> None:
    if found.begins is None or found.ends is None:
        out.print("Nothing is recorded yet: iwmon run and iwmon poll record every step.")
        return
    show.say(out, _headline(found, zone))
    for line in _beside(found):
        show.say(out, line, 2)
    for gap in found.gaps:
        show.say(out, show.line(("not comparable", "bold yellow"), f": {safe(gap.reason, 500)}"), 2)
        show.say(out, _gap(gap.since, gap.until, gap.steps, zone), 4)
    _print_configurations(out, found.configurations, zone)
    sure = [one for one in found.differences if not one.excuse]
    excused = [one for one in found.differences if one.excuse]
    _print_differences(out, "What is not the same", sure, zone)
    _print_differences(out, "What may differ for want of what is no longer recorded", excused, zone)


def _headline(found: Faithfulness, zone: ZoneInfo) -> Text:
    assert found.begins is not None
    assert found.ends is not None
    span = f"{_many(found.steps, 'step')} from {_when(found.begins, zone)} to {_when(found.ends, zone)}: "
    alerts = _many(found.compared, "alert")
    if found.faithful and not found.excused:
        verdict = f"{alerts}, all the same byte for byte" if found.compared else "no alert to compare"
        return show.line(span, (verdict, "green"))
    kinds = [
        f"{number:,} {word}"
        for number, word in (
            (found.same, "the same byte for byte"),
            (found.different, "different"),
            (found.missing, "stored but not decided again"),
            (found.extra, "decided again but not stored"),
            (found.excused, "not the same, for which what is no longer recorded may be the reason"),
        )
        if number
    ]
    return show.line(
        span, (f"{alerts}: {', '.join(kinds) or 'none'}", "yellow" if found.faithful else "bold red")
    )


def _beside(found: Faithfulness) -> Iterator[Text]:
    """What was compared or counted besides alerts."""
    moved = f"{_many(found.changes, 'change')} of level and coverage"
    if found.assessments:
        moved += f", {_many(found.assessments, 'assessment')}"
    if found.remembered:
        moved += ", and what is remembered"
    if found.changed:
        line = f"{moved}, with matches: {found.changed:,} not the same"
        yield show.line((line, "bold red"))
    else:
        yield show.line(f"{moved}: all the same")
    if found.damage:
        yield show.line((f"the record lacks something in {_many(found.damage, 'place')}", "bold red"))
    yield show.line(
        f"{_many(found.rulings, 'review or ruling', 'reviews and rulings')} taken up where they were; "
        f"{_many(found.acks, 'acknowledgement')} in the log, which only stop reminders"
    )
    aside = [
        (found.of_no_step, "raised by no step: receivers' digests, and about iwmon itself"),
        (found.beyond, "of steps that cannot be decided again"),
    ]
    for number, what in aside:
        if number:
            yield show.line(f"not compared: {_many(number, 'alert')} {what}")
    if found.reminders:
        yield show.line(f"not compared: {_many(found.reminders, 'reminder')}, sent by no step")


def _gap(since: datetime | None, until: datetime | None, steps: int, zone: ZoneInfo) -> str:
    """What follows from a gap."""
    if since is None:
        assert until is not None
        return (
            "what indicators remember is put together from what is left; what differs while older reports "
            "could still count is told apart"
        )
    span = f"{_many(steps, 'step')} from {_when(since, zone)}"
    if until is None:
        return f"{span} on, to the end"
    return f"{span}; from {_when(until, zone)} on what differs is told apart while these could still count"


def _print_configurations(out: Console, found: tuple[InForce, ...], zone: ZoneInfo) -> None:
    if not found:
        return
    out.print()
    show.say(out, show.line(("Configurations in force", "bold")))
    for one in found[-_LISTED:]:
        digest, said = one.digest[:12], ": ".join(filter(None, (one.change.author, one.change.note)))
        what = Text(safe(one.problem, 500), "bold red") if one.problem else Text(safe(said, 300) or "no note")
        for word, names in (("queries", one.requeried), ("added", one.added), ("removed", one.removed)):
            if names:
                what.append(f"; {word}: {', '.join(names)}")
        show.say(out, Text(f"{_when(one.since, zone)}  {digest}  ").append_text(what), 2)
    if len(found) > _LISTED:
        show.say(out, f"and {len(found) - _LISTED:,} before them: --json has all", 2)


def _print_differences(out: Console, title: str, found: list[Difference], zone: ZoneInfo) -> None:
    if not found:
        return
    out.print()
    show.say(out, show.line((title, "bold")))
    for one in found[:_LISTED]:
        show.say(out, show.line((_when(one.at, zone), "bold"), f"  {_about(one)}"), 2)
        for mark, line in _diff(one):
            show.say(out, Text(f"{mark} {line}", "red" if mark == "-" else "green"), 4)
    if len(found) > _LISTED:
        show.say(out, f"and more, at least {len(found) - _LISTED:,}: --json has the first hundred", 2)


def _about(one: Difference) -> str:
    """Which thing differs, and how."""
    if one.what == "record" and one.kind == "missing":
        return f"the record lacks something: {one.name}"
    thing = f"alert {one.alert}" if one.what == "alert" else "step" if one.what == "record" else one.what
    of = " ".join(filter(None, (one.judgement, one.indicator)))
    how = {
        "different": f"{one.name} differs from character {one.position + 1:,}",
        "missing": "is stored, but not decided again",
        "extra": "is decided again, but not stored",
    }[one.kind]
    if one.what == "memory" and one.kind != "different":
        how = f"{one.name} {how}"
    return " ".join(filter(None, (thing, f"({of})" if of else "", how)))


def _diff(one: Difference) -> Iterator[tuple[str, str]]:
    """("-", a line that only the stored has), ("+", one that only the replayed has), in order."""
    lines = difflib.ndiff(one.stored.splitlines(), one.replayed.splitlines())
    changed = [(line[0], safe(line[2:], _LINE)) for line in lines if line[0] in "-+"]
    if {text for mark, text in changed if mark == "-"} == {text for mark, text in changed if mark == "+"}:
        # What differs cannot be seen, or lies beyond what is shown: its surroundings, spelt out.
        near = slice(max(0, one.position - _NEAR), one.position + _NEAR)
        changed = [("-", ascii(one.stored[near])), ("+", ascii(one.replayed[near]))]
    yield from changed[: 2 * _LINES]
    if len(changed) > 2 * _LINES:
        yield "…", f"{len(changed) - 2 * _LINES:,} more lines"


def _many(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _when(at: datetime, zone: ZoneInfo) -> str:
    """A time with its date and year, in the reader's zone."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y %H:%M %Z}"
