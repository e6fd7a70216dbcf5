"""What a digest says of each judgement: terms, levels that moved, what fires and who has seen to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from iwmon import yardsticks
from iwmon.alerts import words
from iwmon.alerts.digest_phrases import counted, heading, title, weight
from iwmon.alerts.digest_scene import Scene
from iwmon.alerts.digest_view import View
from iwmon.model import Indicator, Judgement, Level, LevelChange, Signal
from iwmon.stored import OpenAlert

_BLOCK = 12  # lines below the heading and the term of a judgement
_BRIEF = 8  # lines that are kept for the judgements that are told in one
_NUMBERS = re.compile(r"^activation [\d.]+ from ")  # a reader gets words: the numbers are in `explain`
_MOMENTARY = ("first_hit", "contested", "again")  # told, and no change of a level


@dataclass(frozen=True, slots=True)
class Move:
    """What a period did to the level of one indicator."""

    indicator: Indicator
    before: Level
    after: Level
    turn: Level  # the level furthest beyond both, where it went there and back; else `after`
    reason: str

    @property
    def steps(self) -> int:
        """How many levels it moved, either way."""
        return abs(self.after.rank - self.before.rank)

    @property
    def rose(self) -> bool:
        """Whether it was ever above where it began."""
        return max(self.after.rank, self.turn.rank) > self.before.rank

    @property
    def path(self) -> str:
        """ "watch → critical", "quiet → warning → quiet"."""
        between = [] if self.turn is self.after else [self.turn]
        return " → ".join((self.before, *between, self.after))


@dataclass(frozen=True, slots=True)
class Section:
    """What is to be said of one judgement."""

    judgement: Judgement
    order: tuple[int, bool, int]  # what moved most sorts first
    moved: bool
    moves: tuple[Move, ...]  # the highest first
    lines: tuple[str, ...]
    brief: str  # all of it in a line, for where there is no room


def section(view: View, judgement: Judgement) -> Section | None:
    """What a judgement has to say; None if that is nothing."""
    mine = view.mine(judgement)
    moves = sorted(_moves(view.scene, mine), key=lambda move: (-move.after.rank, -move.steps))
    shift = _shift(view.scene, judgement)
    entries = [_moved(view, move) for move in moves]
    moved = {move.indicator.id for move in moves}
    still = [view.firing[name] for name in mine if name in view.firing and name not in moved]
    still.sort(key=lambda one: (one.acked is not None, -weight(one.alert.severity)))
    entries += [
        [f"• {view.names([one.alert.indicator])}: {one.alert.after}, {_fires(view, one)}"] for one in still
    ]
    entries += [[f"• {line}"] for line in _events(view, judgement)]
    if not entries and not shift:
        return None
    firing = [view.firing[name].alert for name in mine if name in view.firing]
    return Section(
        judgement=judgement,
        order=(
            -sum(move.steps for move in moves) - abs(shift),
            not moves,
            -max((weight(one.severity) for one in firing), default=0),
        ),
        moved=bool(moves or shift),
        moves=tuple(moves),
        lines=(heading(judgement.id, view.scene.config), _term_line(view, judgement), *_cut(entries)),
        brief=_brief(judgement, moves, len(firing), shift),
    )


def fitting(sections: Sequence[Section], room: int) -> list[str]:
    """The sections in so many lines, a blank one before each: the first whole, then briefly, then counted.

    Those that are whole leave a line for each other, as far as that is possible.
    """
    lines: list[str] = []
    for number, one in enumerate(sections):
        rest = len(sections) - number - 1
        spare = 1 + min(rest, _BRIEF) if rest else 0
        if number and len(lines) + 1 + len(one.lines) + spare > room:
            return [*lines, "", *_briefly(sections[number:], room - len(lines) - 1)]
        lines += ["", *one.lines]
    return lines


def _briefly(sections: Sequence[Section], room: int) -> list[str]:
    if len(sections) <= room:
        return [one.brief for one in sections]
    left = counted(len(sections) - room + 1, "more judgement")
    return [*(one.brief for one in sections[: room - 1]), f"and {left} with news: iwmon status"]


def _brief(judgement: Judgement, moves: Sequence[Move], firing: int, shift: int) -> str:
    """ "KJ-4: 3 indicators moved, the highest to warning; 2 firing"."""
    parts = []
    if moves:
        parts.append(f"{counted(len(moves), 'indicator')} moved, the highest to {moves[0].after}")
    elif shift:
        parts.append("what is implied moved")
    parts += [f"{firing:,} firing"] if firing else []
    return f"{judgement.id.upper()}: {'; '.join(parts) or 'reports'}"


# ---------------------------------------------------------------- what moved


def _moves(scene: Scene, indicators: Sequence[str]) -> Iterator[Move]:
    """The indicators whose level changed in the period, be it that it is back where it was."""
    for name in indicators:
        changes = sorted(
            (change for change in scene.levels.get(name, ()) if scene.within(change.at)),
            key=lambda change: change.at,
        )
        if changes:
            yield _move(scene.config.indicators[name], changes)


def _move(indicator: Indicator, changes: Sequence[LevelChange]) -> Move:
    """Many changes in one: first, last, and how far it went beyond both. `changes`: oldest first."""
    first, last = changes[0].before, changes[-1].after
    low, high = sorted((first.rank, last.rank))
    turn = max((change.after for change in changes), key=lambda level: _beyond(level.rank, low, high))
    if not _beyond(turn.rank, low, high):
        turn = last
    reason = _NUMBERS.sub("", changes[-1].reason.split(";")[0])
    said = "no report counts now" if reason.startswith("0 ") else words.safe(reason, 90)
    return Move(indicator, first, last, turn, said)


def _beyond(rank: int, low: int, high: int) -> int:
    return max(rank - high, low - rank, 0)


def _shift(scene: Scene, judgement: Judgement) -> int:
    """How many terms what is implied has moved up since the last digest; 0 where that cannot be said."""
    now, before = scene.assessments.get(judgement.id), scene.before.get(judgement.id)
    yardstick = scene.config.settings.yardstick
    if now is None or now.implied is None or before is None:
        return 0
    if not yardsticks.known(before.implied_term, yardstick):
        return 0
    return yardsticks.steps(before.implied_term, now.implied.term, yardstick)


# ---------------------------------------------------------------- its lines


def _term_line(view: View, judgement: Judgement) -> str:
    """The analyst's term beside what time and evidence imply: likelihoods only, never with a confidence."""
    one = view.scene.assessments.get(judgement.id)
    if one is None:
        return f"Analyst's term: {words.safe(judgement.probability or 'not set', 60)}."
    line = f"Analyst's term: {words.safe(one.term, 60)}"
    if one.implied is None:
        return f"{line}; {words.safe(one.reason, 120)}." if one.reason else f"{line}."
    terms, same = one.implied.terms, yardsticks.plain(one.implied.term) == yardsticks.plain(one.term)
    line += "; time and evidence agree" if same else f". Time and evidence imply {one.implied.term}"
    if len(terms) > 1:
        line += f" ({terms[0]} to {terms[-1]})"
    if _shift(view.scene, judgement):
        line += f"; at the last digest {view.scene.before[judgement.id].implied_term}"
    return f"{line}. Review due." if one.action == "review_due" else f"{line}."


def _moved(view: View, move: Move) -> list[str]:
    """A level that moved: why, on whose word, and whether anybody has seen to it."""
    reason = f" ({move.reason})" if move.reason else ""
    lines = [f"• {words.safe(move.indicator.name, 60)}: {move.path}{reason}"]
    top = _top(view.scene, move.indicator.id) if move.rose else None
    if top is not None:
        lines.append(f"   {words.safe(top.publisher, 60)}: “{words.safe(top.title, 120)}”")
    fires = view.firing.get(move.indicator.id)
    if fires is not None:
        said = _fires(view, fires)
        lines.append(f"   {said[0].upper()}{said[1:]}")
    return lines


def _top(scene: Scene, indicator: str) -> Signal | None:
    """The heaviest report of the period; where none came in it, the heaviest of all."""
    living = [one for one in scene.signals.get(indicator, ()) if one.status != "rejected"]
    fresh = [one for one in living if scene.within(one.first_seen)]
    return max(fresh or living, key=lambda one: (one.weight, one.as_of, one.story), default=None)


def _fires(view: View, one: OpenAlert) -> str:
    """ "firing since Tue 24 Nov 14:02, acknowledged by Ana: calling the desk [7bd2f0a1c3]"."""
    seen = "not acknowledged"
    if one.acked:
        note = f": {words.safe(one.acked.note, 80)}" if one.acked.note else ""
        seen = f"acknowledged by {words.safe(one.acked.by, 60)}{note}"
    why = view.held_back(one)
    back = f"; held back by {words.safe(why, 80)}" if why else ""
    return f"firing since {view.at(view.since(one))}, {seen}{back} [{one.alert.id}]"


def _events(view: View, judgement: Judgement) -> Iterator[str]:
    """What was told and is no change of a level; and what is over that was about the judgement as a whole."""
    for one in view.records:
        alert = one.alert
        if alert.judgement != judgement.id:
            continue
        if alert.kind in _MOMENTARY and view.scene.within(alert.at):
            yield f"{title(alert)}, {view.at(alert.at)}"
        elif alert.kind in ("review_due", "expiry") and view.scene.within(one.resolved):
            yield f"Over: {title(alert)} ({words.safe(one.ended, 80)})"


def _cut(entries: Sequence[Sequence[str]]) -> list[str]:
    """The entries whose lines fit into a block, and how many do not."""
    lines: list[str] = []
    for number, entry in enumerate(entries):
        left = len(entries) - number
        if len(lines) + len(entry) + (left > 1) > _BLOCK:
            return [*lines, f"• and {left:,} more: iwmon status --all"]
        lines += entry
    return lines
