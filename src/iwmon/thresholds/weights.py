"""How much a report weighs, and how reports of independent origins add up (method.md §2)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from iwmon.model import GroupWeight, Reliability, Signal

# method.md §2: Admiralty reliability and credibility as shares of full evidential strength.
RELIABILITY: Mapping[Reliability, float] = {"A": 0.95, "B": 0.80, "C": 0.60, "D": 0.35, "E": 0.10, "F": 0.40}
CREDIBILITY: Mapping[int, float] = {1: 1.0, 2: 0.9, 3: 0.7, 4: 0.4, 5: 0.1, 6: 0.7}
AUTHORITATIVE = 0.95  # r of a declaration by whom the origin speaks for
CONTESTED = 0.5  # of its weight is left to a report that the accused denies
FLOOR = 0.05  # a group whose best story has decayed below this no longer corroborates
FORGET = 0.01  # a signal below this weight counts for nothing and is dropped from memory
BURST_STORIES, BURST_WITHIN = 3, timedelta(hours=24)


def weight(
    strength: float,
    reliability: Reliability,
    credibility: int,
    *,
    authoritative: bool = False,
    halved: bool = False,
) -> float:
    """w = m·r·c, in [0, 1] (method.md §2, signal weight); ½ w where the accused denies the story.

    `authoritative`: r is .95 for a declaration by whom its origin speaks for (the declaration rule).
    """
    r = AUTHORITATIVE if authoritative else RELIABILITY[reliability]
    return strength * r * CREDIBILITY[credibility] * (CONTESTED if halved else 1.0)


def decay(age: timedelta, half_life: timedelta | None) -> float:
    """d = 2^(−Δt/h); 1 for evidence that holds until reversed, and for clocks that ran backwards."""
    if half_life is None or age <= timedelta(0):
        return 1.0
    return math.exp2(-(age / half_life))


def counting(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Those that are evidence: not rejected by a person, and neither denials nor history (weight 0)."""
    return tuple(s for s in signals if s.weight > 0 and s.status != "rejected")


def by_group(
    signals: Iterable[Signal], half_life: timedelta | None, now: datetime
) -> tuple[tuple[GroupWeight, ...], tuple[GroupWeight, ...]]:
    """(groups that count as independent, groups that do not), each heaviest first, then by name.

    A group's weight is that of its best story, decayed to now. One newsroom has one voice, whomever it
    cites: each counted group needs a newsroom of its own that carries it. Of all ways to give each
    group one, that which keeps the heaviest groups is taken (a transversal matroid: adding groups by
    weight, as long as all can be served, is optimal).
    """
    best: dict[str, GroupWeight] = {}
    carriers: dict[str, set[str]] = {}
    confirmed: set[str] = set()
    for signal in signals:
        value = signal.weight * decay(now - signal.as_of, half_life)
        held = best.get(signal.group)
        if held is None or (value, signal.story) > (held.weight, held.signal.story):
            best[signal.group] = GroupWeight(signal.group, signal.side, value, signal)
        if value >= FLOOR:  # a copy that has faded away lends its newsroom to nobody
            carriers.setdefault(signal.group, set()).update(signal.carriers or (signal.group,))
            if signal.confirmed:
                confirmed.add(signal.group)
    for name, group in best.items():
        carriers.setdefault(name, set(group.signal.carriers) or {name})
        if name in confirmed:
            best[name] = replace(group, confirmed=True)
    ordered = sorted(best.values(), key=lambda g: (-g.weight, g.group))
    served: dict[str, str] = {}  # newsroom → the group that it stands for
    counted = [g for g in ordered if _serve(g.group, carriers, served)]
    names = {g.group for g in counted}
    return tuple(counted), tuple(g for g in ordered if g.group not in names)


def _serve(group: str, carriers: Mapping[str, set[str]], served: dict[str, str]) -> bool:
    """Finds the group a newsroom, moving others to another of theirs where that helps (Kuhn 1955).

    In breadth, not by recursion: an aggregator can chain more newsrooms than Python's stack is deep.
    """
    asked_by: dict[str, str] = {}  # newsroom → the group that asked it
    gives_up: dict[str, str] = {}  # group that was asked to move → the newsroom that it has
    waiting = [group]
    for asking in waiting:
        for carrier in sorted(carriers[asking] - asked_by.keys()):
            asked_by[carrier] = asking
            if carrier in served:
                gives_up[served[carrier]] = carrier
                waiting.append(served[carrier])
                continue
            free: str | None = carrier
            while free is not None:  # each group on the way takes the newsroom that it asked
                taker = asked_by[free]
                served[free] = taker
                free = gives_up.get(taker)
            return True
    return False


def activation(groups: Iterable[GroupWeight]) -> float:
    """a = 1 − ∏_g (1 − max W·d): one B .56, two B .81, three B .91 (method.md §2)."""
    return 1.0 - math.prod(1.0 - group.weight for group in groups)


def burst(signals: Sequence[Signal], now: datetime) -> str:
    """The warning that several reports of a day all come from one controlled side; "" if they do not.

    Sudden unanimity of one side is a sign of a campaign, not of an event (method.md §2, deception).
    """
    lately = [s for s in signals if timedelta(0) <= now - s.as_of <= BURST_WITHIN]
    sides = {s.side for s in lately}
    stories = len({s.story for s in lately})
    if stories < BURST_STORIES or len(sides) != 1 or "independent" in sides:
        return ""
    return f"single-side burst: {stories} reports in 24 h, all of them from {sides.pop()}, and nobody else's"
