"""Two runs over the same items → what an edit changes: alerts added, removed, moved; days at each level.

An alert is *the same* on both sides when its kind, judgement, indicator, source and level are, and it is
raised at the same time; *moved* when it is raised within a week of then. What is left is added or removed.
Its words may differ all the same (they quote numbers): such alerts are counted as reworded, not listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from iwmon.config import Config, requeried
from iwmon.feedtext import REDACTED, public
from iwmon.model import Alert, Indicator, Level, LevelChange
from iwmon.report import Evidence, Raised, Report

WINDOW = timedelta(days=7)  # an alert raised later or earlier than this is another alert
LOUD = (Level.WATCH, Level.WARNING, Level.CRITICAL)
_NOTHING = timedelta(0)
_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """A source behind an alert about coverage: what became of it just then, or which file alone has it."""

    source: str
    name: str
    standing: Literal["lost", "missing", "back", "old_only", "new_only"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """What one configuration made of the items. Mappings are by indicator, if nothing else is said.

    `changes` begin with the run, not with the span that is compared. `reports` are the marks (`mark`) of
    all reports that signalled it.
    """

    raised: tuple[Raised, ...] = ()
    changes: Mapping[str, Sequence[LevelChange]] = field(default_factory=dict)
    reports: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # (judgement, name), in order
    others: str = ""  # a digest of the evidence of the judgements that were not judged
    sights: Mapping[str, tuple[Sight, ...]] = field(default_factory=dict)  # by alert, of those about coverage
    collectors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by judgement: source → name


@dataclass(frozen=True, slots=True)
class Responsible:
    """A report behind a change, and which side has it: only one's own explain the change by themselves."""

    evidence: Evidence
    side: Literal["old", "new", "both"]


@dataclass(frozen=True, slots=True)
class Change:
    """One alert that only one side raised, or that the new one raises at another time."""

    kind: Literal["added", "removed", "moved"]
    raised: Raised  # as the new side has it; a removed one as the old side had it
    by: timedelta = _NOTHING  # moved: how much later; negative: earlier
    responsible: tuple[Responsible, ...] = ()  # those of one side only, if any; else all it rests on
    sights: tuple[Sight, ...] = ()  # of an alert about coverage


@dataclass(frozen=True, slots=True)
class Part:
    """What changes for one indicator, or (`indicator` "") for a judgement itself."""

    judgement: str
    indicator: str
    name: str
    status: Literal["kept", "new", "gone", "renamed"] = "kept"
    was: str = ""  # renamed: its old id
    changes: tuple[Change, ...] = ()  # in the order of time
    before: Mapping[Level, timedelta] = field(default_factory=dict)  # at each level above quiet
    after: Mapping[Level, timedelta] = field(default_factory=dict)

    @property
    def relevelled(self) -> bool:
        """Whether it stands at a level for longer or shorter than it did."""
        return self.before != self.after

    def count(self, kind: str) -> int:
        """How many alerts are "added", "removed" or "moved"."""
        return sum(change.kind == kind for change in self.changes)


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changes in `since` < t <= `until`. `parts` are only those in which something does."""

    since: datetime
    until: datetime
    parts: tuple[Part, ...] = ()
    unchanged: int = 0  # alerts
    reworded: int = 0  # of those: title, text or reason differ
    edited: tuple[str, ...] = ()  # indicators whose definition differs
    items: int = 0

    @property
    def added(self) -> int:
        return sum(part.count("added") for part in self.parts)

    @property
    def removed(self) -> int:
        return sum(part.count("removed") for part in self.parts)

    @property
    def moved(self) -> int:
        return sum(part.count("moved") for part in self.parts)

    @property
    def furthest(self) -> timedelta:
        """The longest way that an alert moved, whichever way."""
        return max((abs(c.by) for part in self.parts for c in part.changes), default=_NOTHING)


def mark(url: str, title: str) -> str:
    """What a report is known by on both sides. Where `public` takes something out, its title too."""
    shown = public(url)
    return f"{shown} {title}" if REDACTED in shown else shown or title


def side_of(report: Report) -> Side:
    """A replay's report as one side. Of its reports, those behind alerts are known."""
    reports: dict[str, set[str]] = {}
    for raised in report.raised:
        marks = {mark(one.url, one.title) for one in raised.evidence}
        reports.setdefault(raised.alert.indicator, set()).update(marks)
    return Side(
        raised=report.raised,
        changes={course.indicator: course.changes for course in report.courses},
        reports={name: frozenset(marks) for name, marks in reports.items()},
        names={course.indicator: (course.judgement, course.name) for course in report.courses},
    )


def renamed(old: Config, new: Config) -> dict[str, str]:
    """Old id → new id of indicators that are the same in all but id and name."""
    gone = [one for name, one in old.indicators.items() if name not in new.indicators]
    found: dict[str, str] = {}
    for name, one in new.indicators.items():
        if name not in old.indicators:
            was = next((g.id for g in gone if g.id not in found and _called(g, one) == one), None)
            if was is not None:
                found[was] = name
    return found


def rejudged(old: Config, new: Config) -> dict[str, str]:
    """Old id → new id of judgements that are the same in all but id."""
    gone = [one for name, one in old.judgements.items() if name not in new.judgements]
    come = [one for name, one in new.judgements.items() if name not in old.judgements]
    return {was.id: now.id for was in gone for now in come if replace(was, id=now.id) == now}


def _called(indicator: Indicator, other: Indicator) -> Indicator:
    """The indicator with the other's id and name; one without a group of its own is a group by its id."""
    group = other.id if indicator.group == indicator.id else indicator.group
    return replace(indicator, id=other.id, name=other.name, group=group)


def edited(old: Config, new: Config) -> tuple[str, ...]:
    """The indicators that the edit touches, in the order of the new file, then those that it drops."""
    queried = requeried(old, new)
    touched = [n for n, one in new.indicators.items() if n in queried or one != old.indicators[n]]
    return (*touched, *(name for name in old.indicators if name not in new.indicators))


def touched(old: Config, new: Config) -> frozenset[str] | None:
    """The judgements that the edit can move, of either file; None: any, since it is about all of them."""
    if (old.settings, old.sources, old.origins) != (new.settings, new.sources, new.origins):
        return None
    owners = (
        one.indicators[name].judgement
        for name in edited(old, new)
        for one in (old, new)
        if name in one.indicators
    )
    both = old.judgements.keys() | new.judgements.keys()
    return frozenset(owners) | {i for i in both if old.judgements.get(i) != new.judgements.get(i)}


def compare(
    old: Side,
    new: Side,
    since: datetime,
    until: datetime,
    *,
    ids: Mapping[str, str] | None = None,
    edits: Sequence[str] = (),
    items: int = 0,
) -> Difference:
    """What the new side does otherwise, in `since` < t <= `until`.

    `ids`: what `renamed` found. `edits` and `items` are told as they are: what was edited, how many items
    of the span both sides saw.
    """
    ids = ids or {}
    before, after = _by_key(old, since, until, ids), _by_key(new, since, until, {})
    found: dict[tuple[str, str], list[Change]] = {}
    unchanged = reworded = 0
    for key in dict.fromkeys((*before, *after)):
        one, other = before.get(key, []), after.get(key, [])
        pairs = _pairs(one, other)
        kept, held = {i for i, _ in pairs}, {j for _, j in pairs}
        changes = [_gone(raised, old, new, ids) for i, raised in enumerate(one) if i not in kept]
        changes += [_come(raised, old, new, ids) for j, raised in enumerate(other) if j not in held]
        for i, j in pairs:
            if one[i].alert.at != other[j].alert.at:
                changes.append(_moved(one[i], other[j], old, new, ids))
                continue
            unchanged += 1
            reworded += _words(one[i].alert) != _words(other[j].alert)
        found.setdefault((key[1], key[2]), []).extend(changes)
    parts = _parts(found, old, new, since, until, ids)
    return Difference(since, until, parts, unchanged, reworded, tuple(edits), items)


def _by_key(side: Side, since: datetime, until: datetime, ids: Mapping[str, str]) -> dict[_Key, list[Raised]]:
    """The side's alerts of the span by what makes them the same."""
    found: dict[_Key, list[Raised]] = {}
    for one in side.raised:
        alert = one.alert
        if since < alert.at <= until:
            indicator = ids.get(alert.indicator, alert.indicator)
            key = (alert.kind, alert.judgement, indicator, alert.source, alert.after)
            found.setdefault(key, []).append(one)
    return found


def _pairs(before: Sequence[Raised], after: Sequence[Raised]) -> list[tuple[int, int]]:
    """One to one, the nearest first, none further apart than WINDOW."""
    near = sorted(
        (abs(one.alert.at - other.alert.at), i, j)
        for i, one in enumerate(before)
        for j, other in enumerate(after)
        if abs(one.alert.at - other.alert.at) <= WINDOW
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in near:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return sorted(pairs.items())


def _words(alert: Alert) -> tuple[str, str, str]:
    return alert.title, alert.text, alert.why


def _gone(raised: Raised, old: Side, new: Side, ids: Mapping[str, str]) -> Change:
    alone = _alone(raised, _known(raised.alert, old, new, ids), "old")
    return Change(
        "removed", raised, responsible=alone or _both(raised), sights=_sights(raised, old, old, new)
    )


def _come(raised: Raised, old: Side, new: Side, ids: Mapping[str, str]) -> Change:
    alone = _alone(raised, _known(raised.alert, new, old, _turned(ids)), "new")
    responsible, sights = alone or _both(raised), _sights(raised, new, old, new)
    return Change("added", raised, responsible=responsible, sights=sights)


def _moved(before: Raised, after: Raised, old: Side, new: Side, ids: Mapping[str, str]) -> Change:
    alone = _alone(after, _known(after.alert, new, old, _turned(ids)), "new")
    alone += _alone(before, _known(before.alert, old, new, ids), "old")
    by = after.alert.at - before.alert.at
    return Change("moved", after, by, alone or _both(after), _sights(after, new, old, new))


def _known(alert: Alert, own: Side, other: Side, ids: Mapping[str, str]) -> frozenset[str]:
    """The reports that the other side has of the alert's indicator; of all of a judgement, if it has none.

    `ids`: what indicators of its own side are called on the other, if not the same.
    """
    if alert.indicator:
        names = [alert.indicator]
    else:
        names = [name for name, (judgement, _) in own.names.items() if judgement == alert.judgement]
    return frozenset[str]().union(*(other.reports.get(ids.get(name, name), ()) for name in names))


def _turned(ids: Mapping[str, str]) -> dict[str, str]:
    return {new: old for old, new in ids.items()}


def _sights(raised: Raised, own: Side, old: Side, new: Side) -> tuple[Sight, ...]:
    """What is told of an alert about coverage: which sources only one file has, and what became of others."""
    alert = raised.alert
    if alert.id not in own.sights:
        return ()
    before, after = old.collectors.get(alert.judgement, {}), new.collectors.get(alert.judgement, {})
    gone = (Sight(one, name, "old_only") for one, name in before.items() if one not in after)
    come = (Sight(one, name, "new_only") for one, name in after.items() if one not in before)
    return (*gone, *come, *own.sights[alert.id])


def _was(name: str, ids: Mapping[str, str]) -> str:
    """The id that an indicator of the new side has on the old."""
    return next((old for old, new in ids.items() if new == name), name)


def _alone(raised: Raised, others: frozenset[str], side: Literal["old", "new"]) -> tuple[Responsible, ...]:
    """The alert's reports that the other side does not have."""
    return tuple(Responsible(e, side) for e in raised.evidence if mark(e.url, e.title) not in others)


def _both(raised: Raised) -> tuple[Responsible, ...]:
    return tuple(Responsible(evidence, "both") for evidence in raised.evidence)


# ---------------------------------------------------------------- by indicator


def _parts(
    found: Mapping[tuple[str, str], Sequence[Change]],
    old: Side,
    new: Side,
    since: datetime,
    until: datetime,
    ids: Mapping[str, str],
) -> tuple[Part, ...]:
    parts = []
    for judgement, indicator in _order(found, old, new, ids):
        was = _was(indicator, ids)
        home, name = new.names.get(indicator) or old.names.get(was) or (judgement, "")
        at_home = home == judgement  # an indicator that went to another judgement has its levels there
        changes = found.get((judgement, indicator), ())
        part = Part(
            judgement=judgement,
            indicator=indicator,
            name=name,
            status=_status(indicator, was, old, new),
            was=was if was != indicator else "",
            changes=tuple(sorted(changes, key=lambda c: (c.raised.alert.at, c.raised.alert.id))),
            before=at_levels(old.changes.get(was, ()) if at_home else (), since, until),
            after=at_levels(new.changes.get(indicator, ()) if at_home else (), since, until),
        )
        if part.changes or part.relevelled:
            parts.append(part)
    return tuple(parts)


def _order(
    found: Iterable[tuple[str, str]], old: Side, new: Side, ids: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Each judgement, then its indicators, as the new file has them; then what only the old one has."""
    known = [(judgement, name) for name, (judgement, _) in new.names.items()]
    gone = [
        (judgement, name)
        for name, (judgement, _) in old.names.items()
        if name not in new.names and name not in ids
    ]
    by_judgement: dict[str, dict[str, None]] = {}
    for judgement, name in (*known, *gone, *sorted(found)):
        by_judgement.setdefault(judgement, {"": None})[name] = None
    return [(judgement, name) for judgement, names in by_judgement.items() for name in names]


def _status(indicator: str, was: str, old: Side, new: Side) -> Literal["kept", "new", "gone", "renamed"]:
    if not indicator:
        return "kept"
    if was != indicator:
        return "renamed"
    if indicator not in old.names:
        return "new"
    return "kept" if indicator in new.names else "gone"


def at_levels(changes: Sequence[LevelChange], since: datetime, until: datetime) -> dict[Level, timedelta]:
    """How long an indicator stood at each level above quiet, from `since` to `until`; 0 is left out."""
    found: dict[Level, timedelta] = {}
    moments = [change.at for change in changes[1:]] + [until]
    for change, end in zip(changes, moments, strict=False):
        spent = min(end, until) - max(change.at, since)
        if change.after is not Level.QUIET and spent > _NOTHING:
            found[change.after] = found.get(change.after, _NOTHING) + spent
    return found


# ---------------------------------------------------------------- in words


def sentence(difference: Difference) -> str:
    """The whole in one sentence: "adds 14 alerts over 90 days, removes 2, moves 3 by 5 h at most"."""
    over = f"over {length(difference.until - difference.since)}"
    added, removed, moved = difference.added, difference.removed, difference.moved
    if not (added or removed or moved):
        return _unmoved(difference, over)
    said = [
        f"{verb} {number}"
        for verb, number in (("adds", added), ("removes", removed), ("moves", moved))
        if number
    ]
    first, *rest = said
    noun = "alert" if first.endswith(" 1") else "alerts"
    words = ", ".join([f"{first} {noun} {over}", *rest])
    if moved:
        words += f" by {length(difference.furthest)}{' at most' if moved > 1 else ''}"
    return f"{words}; other words in {difference.reworded} more" if difference.reworded else words


def _unmoved(difference: Difference, over: str) -> str:
    relevelled = sum(part.relevelled for part in difference.parts)
    but = [f"the words of {difference.reworded}"] if difference.reworded else []
    but += [f"the level of {_counted(relevelled, 'indicator')}"] if relevelled else []
    less = f", but {' and '.join(but)}" if but else ""
    edited = f"{_counted(len(difference.edited), 'indicator')} edited"
    return f"changes no alert {over}{less} ({edited}; {_counted(difference.items, 'item')})"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def length(span: timedelta) -> str:
    """A duration in one unit: "20 min", "5 h", "90 days"."""
    minutes = span / timedelta(minutes=1)
    if minutes < 90:
        return f"{round(minutes)} min"
    return f"{round(minutes / 60)} h" if minutes < 48 * 60 else f"{round(minutes / 1440)} days"
