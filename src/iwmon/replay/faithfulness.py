"""What was decided live beside what a replay of it decides: the same byte for byte, or where not, and why.

Pure: the stored and the replayed come in as nouns. All times are aware datetimes in UTC.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from iwmon import thresholds
from iwmon.config import Change
from iwmon.model import Alert, CoverageChange, Indicator, LevelChange, Match, Memory
from iwmon.stored import AssessmentRecord
from iwmon.thresholds import surging
from iwmon.thresholds.settling import RESTLESS_WITHIN

Kind = Literal["different", "missing", "extra"]  # missing: stored, but not decided again; extra: the reverse
What = Literal["alert", "level", "coverage", "assessment", "match", "memory", "record"]

_OF_ITSELF = frozenset({"config_error", "config_recovered", "dead_letter"})
FOR_EVER = timedelta.max


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same. For `different`, `name` says which field, and `position` where in it.

    `record`: the record itself lacks something, so that nothing after it need be the same. `excuse`: why
    this may be the record's fault and not the program's; "" = it is not.
    """

    at: datetime  # of the step
    what: What
    kind: Kind
    judgement: str = ""
    indicator: str = ""
    alert: str = ""  # id
    name: str = ""  # of the field
    stored: str = ""
    replayed: str = ""
    position: int = 0  # of the first character that differs, from 0
    excuse: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Steps that cannot be decided again.

    `since` None: from before all that is left; `until` None: to the end.
    """

    since: datetime | None
    until: datetime | None  # the step at which the run goes on
    steps: int  # 0: nobody knows how many
    reason: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """From when to when a judgement's memory may lack what came in a gap. None: without end."""

    judgement: str
    since: datetime | None
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class InForce:
    """A configuration from one step on, and what it changed in the indicators of the one before it."""

    digest: str
    since: datetime
    steps: int
    change: Change = field(default_factory=Change)
    requeried: tuple[str, ...] = ()  # indicators whose query is another
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    problem: str = ""  # why its steps could not be decided again


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """What came of deciding the recorded steps again.

    Alerts are counted once each: compared = same + different + missing + extra + excused.
    """

    steps: int = 0  # decided again
    begins: datetime | None = None  # None: nothing is recorded
    ends: datetime | None = None
    same: int = 0
    different: int = 0
    missing: int = 0
    extra: int = 0
    excused: int = 0  # not the same, for which a gap may be the reason
    beyond: int = 0  # alerts of gaps: they were not compared
    of_no_step: int = 0  # receivers' digests, and alerts about iwmon itself: raised by no step
    reminders: int = 0  # tellings of an alert after the first: decided by no step
    changes: int = 0  # of levels and coverage, compared
    assessments: int = 0  # the last of each judgement and UTC day, compared
    remembered: int = 0  # what indicators, judgements, sources and reports are at the end; 0: not compared
    changed: int = 0  # of changes, assessments, matches and what is remembered, not the same
    damage: int = 0  # faults of the record itself
    rulings: int = 0  # reviews and rulings that the steps took up
    acks: int = 0  # acknowledgements in the log: they decide nothing but reminders
    differences: tuple[Difference, ...] = ()  # the first of them, those without an excuse before the others
    gaps: tuple[Gap, ...] = ()
    configurations: tuple[InForce, ...] = ()  # in the order of the steps

    @property
    def compared(self) -> int:
        """Alerts."""
        return self.same + self.different + self.missing + self.extra + self.excused

    @property
    def faithful(self) -> bool:
        """Whether nothing is other than it was that has no excuse."""
        return not (self.different or self.missing or self.extra or self.changed or self.damage)


# ---------------------------------------------------------------- comparing


def of_no_step(alert: Alert) -> bool:
    """Whether no step raises such an alert: iwmon's word on itself, and what a receiver gets gathered.

    A digest of what went over a judgement's budget is about that judgement, and a step's.
    """
    return alert.kind in _OF_ITSELF or (alert.kind == "digest" and not alert.judgement)


def of_alert(
    stored: Alert | None,
    replayed: Alert | None,
    told: frozenset[tuple[str, str]] = frozenset(),
    telling: frozenset[tuple[str, str]] = frozenset(),
) -> list[Difference]:
    """All that differs in one alert, and whom it was told to. One of the two must be there.

    `told` and `telling`: the first deliveries, stored and replayed, as (id, receiver).
    """
    either = stored or replayed
    assert either is not None
    found: list[tuple[Kind, str, str, str]]
    if stored is None:
        found = [("extra", "", "", either.title)]
    elif replayed is None:
        found = [("missing", "", either.title, "")]
    else:
        found = [("different", *values) for values in _fields(stored, replayed)]
        if told != telling:
            found.append(("different", "deliveries", _receivers(told), _receivers(telling)))
    return [
        Difference(
            either.at,
            "alert",
            kind,
            either.judgement,
            either.indicator,
            either.id,
            name,
            was,
            now,
            position(was, now),
        )
        for kind, name, was, now in found
    ]


def of_changes(
    stored: Sequence[LevelChange] | Sequence[CoverageChange],
    replayed: Sequence[LevelChange] | Sequence[CoverageChange],
    judgements: Mapping[str, str],
) -> list[Difference]:
    """All that differs in how levels or coverage moved in one step. `judgements`: of each indicator."""
    before, after = {c.indicator: c for c in stored}, {c.indicator: c for c in replayed}
    found = []
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        either = was or now
        assert either is not None
        what: What = "level" if isinstance(either, LevelChange) else "coverage"
        kind: Kind = "missing" if now is None else "extra" if was is None else "different"
        pairs = _fields(was, now) if was and now else [("", _move(was), _move(now))]
        found += [
            Difference(either.at, what, kind, judgements.get(name, ""), name, "", field, a, b, position(a, b))
            for field, a, b in pairs
        ]
    return found


def of_matches(
    at: datetime, stored: Sequence[Match], replayed: Sequence[Match], judgements: Mapping[str, str]
) -> list[Difference]:
    """All that differs in what the items of a step matched. `judgements`: of each indicator."""
    before = {(m.item, m.indicator): m for m in stored}
    after = {(m.item, m.indicator): m for m in replayed}
    found = []
    for item, name in dict.fromkeys((*before, *after)):
        was, now = before.get((item, name)), after.get((item, name))
        kind: Kind = "missing" if now is None else "extra" if was is None else "different"
        pairs = _fields(was, now) if was and now else [("", item if was else "", item if now else "")]
        found += [
            Difference(
                at,
                "match",
                kind,
                judgements.get(name, ""),
                name,
                "",
                f"{field} of item {item}" if field else "",
                a,
                b,
                position(a, b),
            )
            for field, a, b in pairs
        ]
    return found


def of_assessment(stored: AssessmentRecord | None, replayed: AssessmentRecord | None) -> list[Difference]:
    """All that differs in the last assessment of a judgement's day. One of the two must be there."""
    either = stored or replayed
    assert either is not None
    kind: Kind = "missing" if replayed is None else "extra" if stored is None else "different"
    if stored and replayed:
        pairs = _fields(stored, replayed)
    else:
        term = either.implied_term or either.action
        pairs = [("", term if stored else "", term if replayed else "")]
    return [
        Difference(either.at, "assessment", kind, either.judgement, "", "", name, a, b, position(a, b))
        for name, a, b in pairs
    ]


def of_memory(stored: Memory, replayed: Memory) -> tuple[int, list[Difference]]:
    """(How many things both remember, all that differs in them)."""
    at = replayed.at or stored.at
    assert at is not None
    before, after = _things(stored), _things(replayed)
    found = []
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        kind: Kind = "missing" if now is None else "extra" if was is None else "different"
        sort, name, indicator = key
        pairs = [("", name if was else "", name if now else "")]
        if was and now:
            pairs = [("", _shown(was), _shown(now))] if sort == "volume" else _fields(was, now)
        found += [
            Difference(
                at,
                "memory",
                kind,
                indicator=indicator,
                name=" of ".join(filter(None, (field, f"{sort} {name}"))),
                stored=a,
                replayed=b,
                position=position(a, b),
            )
            for field, a, b in pairs
        ]
    if not found and list(before) != list(after):  # a later report joins the first that fits
        found.append(Difference(at, "memory", "different", name="order of reports"))
    return len(before.keys() & after.keys()), found


def _things(memory: Memory) -> dict[tuple[str, str, str], Any]:
    """(Sort, name, indicator) → what is remembered: reports in their order, all else by name."""
    found: dict[tuple[str, str, str], Any] = {
        ("story", name, ""): story for name, story in memory.stories.items()
    }
    for indicator in sorted(memory.signals):
        found |= {("report", one.story, indicator): one for one in memory.signals[indicator]}
    found |= {("indicator", name, name): memory.states[name] for name in sorted(memory.states)}
    for sort, nouns in (
        ("source", memory.health),
        ("judgement", memory.judgements),
        ("budget", memory.budgets),
    ):
        found |= {(sort, name, ""): nouns[name] for name in sorted(nouns)}
    for name in sorted(memory.volumes):
        if days := memory.volumes[name]:
            found["volume", name, ""] = tuple(f"{day}: {days[day]}" for day in sorted(days))
    return found


def position(one: str, other: str) -> int:
    """Where two texts first differ, from 0; the length of the shorter where it begins the longer."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _fields(stored: Any, replayed: Any) -> list[tuple[str, str, str]]:
    """(field, stored, replayed) of what differs between two nouns of one kind."""
    pairs = ((f.name, getattr(stored, f.name), getattr(replayed, f.name)) for f in fields(stored))
    return [(name, _shown(was), _shown(now)) for name, was, now in pairs if was != now]


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return repr(value) if isinstance(value, float) else str(value)


def _move(change: LevelChange | CoverageChange | None) -> str:
    return f"{change.before} → {change.after}: {change.reason}" if change else ""


def _receivers(told: frozenset[tuple[str, str]]) -> str:
    return ", ".join(f"{receiver} ({identity})" for identity, receiver in sorted(told, key=lambda d: d[::-1]))


# ---------------------------------------------------------------- what a gap may excuse


def lifetime(indicator: Indicator) -> timedelta:
    """How long something that was reported can bear on an indicator's level; FOR_EVER where nobody can say.

    As `thresholds.forgotten` has it, for the heaviest report that there is. An absence compares with silences
    of all its past.
    """
    held = max(indicator.hold, RESTLESS_WITHIN)
    if indicator.type == "absence":
        return FOR_EVER
    if indicator.type == "surge":
        return held + max(indicator.window, surging.REMEMBERED)
    least = max(indicator.window, timedelta(days=3))
    if indicator.type == "count":
        return held + least
    if indicator.half_life is None:
        return FOR_EVER
    return held + max(least, indicator.half_life * math.log2(1 / thresholds.FORGET))


def excuse(doubts: Iterable[Doubt], judgement: str, at: datetime) -> str:
    """Why something about a judgement may differ for want of what lies in a gap; "" when it may not.

    Of what is about no judgement any doubt will do.
    """
    for doubt in doubts:
        about = not judgement or doubt.judgement == judgement
        if about and (doubt.since is None or at >= doubt.since) and (doubt.until is None or at < doubt.until):
            return doubt.reason
    return ""
