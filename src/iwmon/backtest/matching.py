"""Alarms and events, matched one to one: an event takes one alarm, an alarm counts for one event.

An alarm fits an event if it begins in [first day − horizon, last day]. Of all ways to match them that
match the most, the one with the greatest total lead is taken. Real events choose first; what is left may
be matched with those that did not happen, and is a false alarm then.

An alarm that stands already when an event's window begins did not come with the event: it is neither a
hit nor a false alarm, and the event is not warned of by it. Else a tool that is always on would be best.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import accumulate

from iwmon.backtest.nouns import Alarm, AlarmOutcome, Rule, midnight
from iwmon.report import Event

Pairs = Mapping[tuple[int, int], timedelta]  # (event, alarm) that fit each other → lead


def assign(pairs: Pairs) -> dict[int, int]:
    """Event → alarm, one to one: as many as possible, then with the greatest total lead.

    Successive shortest augmenting paths (Ford–Fulkerson with Bellman–Ford): after each, the matching has
    the greatest lead of all of its size. O(matches · nodes · pairs): `_pairs` keeps the pairs few.
    """
    taken: dict[int, int] = {}  # alarm → event
    ordered = sorted(pairs.items())
    while True:
        path = _augmenting(ordered, pairs, taken)
        if path is None:
            return {event: alarm for alarm, event in sorted(taken.items())}
        for event, alarm in path:
            taken[alarm] = event


def _augmenting(
    ordered: Sequence[tuple[tuple[int, int], timedelta]], pairs: Pairs, taken: Mapping[int, int]
) -> list[tuple[int, int]] | None:
    """The pairs to take so that one more event is matched, at the least loss of lead; None: none can be.

    `ordered`: the pairs in order, which decides between ways that are as good.
    """
    matched = set(taken.values())
    cost = {event: timedelta(0) for (event, _), _ in ordered if event not in matched}
    reached: dict[int, tuple[timedelta, int]] = {}  # alarm → (cost, event before it)
    moved = True
    while moved:
        moved = False
        for (event, alarm), lead in ordered:
            if event not in cost or taken.get(alarm) == event:
                continue
            new = cost[event] - lead
            if alarm in reached and reached[alarm][0] <= new:
                continue
            reached[alarm], moved = (new, event), True
            if alarm in taken:  # its event would have to look for another
                cost[taken[alarm]] = new + pairs[taken[alarm], alarm]
    free = [(spent, alarm) for alarm, (spent, _) in reached.items() if alarm not in taken]
    return _traced(min(free)[1], reached, taken) if free else None


def _traced(
    last: int, reached: Mapping[int, tuple[timedelta, int]], taken: Mapping[int, int]
) -> list[tuple[int, int]]:
    """The path back from a free alarm: each event on it leaves its alarm to the event before."""
    partner = {event: alarm for alarm, event in taken.items()}
    event = reached[last][1]
    path = [(event, last)]
    while event in partner:
        last = partner[event]
        event = reached[last][1]
        path.append((event, last))
    return path


def match(alarms: Iterable[Alarm], events: Iterable[Event], rule: Rule, known_to: date) -> tuple[Alarm, ...]:
    """The alarms of one scope, oldest first, each with what came of it. The order given does not matter."""
    found = sorted(alarms, key=lambda a: a.begin)
    ordered = sorted(events, key=lambda e: (e.begin, e.end, e.id))
    real = [event for event in ordered if event.happened]
    planted = [event for event in ordered if not event.happened]
    hits = {alarm: real[n] for n, alarm in assign(_pairs(found, real, rule)).items()}
    left = [alarm for alarm in range(len(found)) if alarm not in hits]
    fooled = assign(_pairs([found[n] for n in left], planted, rule))
    false = {left[alarm]: planted[n] for n, alarm in fooled.items()}
    near, windows = _fitting(found, real, rule), [rule.window(event)[0] for event in real]
    return tuple(
        _judged(alarm, hits.get(n), false.get(n), near[n], windows, rule, known_to)
        for n, alarm in enumerate(found)
    )


def fits(alarm: Alarm, event: Event, rule: Rule) -> bool:
    """Whether it begins in the event's window."""
    begin, end = rule.window(event)
    return begin <= alarm.begin < end


def lead(alarm: Alarm, event: Event) -> timedelta:
    """From the alarm's begin to the midnight with which the event's first day begins."""
    return midnight(event.begin) - alarm.begin


def _pairs(alarms: Sequence[Alarm], events: Sequence[Event], rule: Rule) -> Pairs:
    """The pairs that fit each other, of the events that can be taken; both lists in the order of time.

    Of events that the same k alarms fit, those k are enough that begin last, of those of one day the first:
    each alarm has its greatest lead with them. So the pairs do not grow with the number of events.
    """
    alike: dict[tuple[int, int], list[int]] = {}
    for n, reach in enumerate(_reaches(alarms, events, rule)):
        alike.setdefault(reach, []).append(n)
    kept = []
    for (first, last), some in alike.items():
        best = sorted(some, key=lambda n: (midnight(events[n].begin), -n), reverse=True)[: last - first]
        kept += [(n, m) for n in best for m in range(first, last)]
    return {(n, m): lead(alarms[m], events[n]) for n, m in kept}


def _reaches(alarms: Sequence[Alarm], events: Iterable[Event], rule: Rule) -> Iterator[tuple[int, int]]:
    """Of each event, the places [first, last) of the alarms that fit it."""
    begins = [alarm.begin for alarm in alarms]
    for event in events:
        begin, end = rule.window(event)
        yield bisect_left(begins, begin), bisect_left(begins, end)


def _fitting(alarms: Sequence[Alarm], events: Sequence[Event], rule: Rule) -> list[bool]:
    """Of each alarm, whether it fits any of the events."""
    edges = [0] * (len(alarms) + 1)
    for first, last in _reaches(alarms, events, rule):
        edges[first] += 1
        edges[last] -= 1
    return [number > 0 for number in accumulate(edges[:-1])]


def _judged(
    alarm: Alarm,
    hit: Event | None,
    planted: Event | None,
    near: bool,
    windows: Sequence[datetime],
    rule: Rule,
    known_to: date,
) -> Alarm:
    """`near`: it fits a real event. `windows`: where those of the real events begin, in order."""
    if hit is not None:
        ahead = lead(alarm, hit) > timedelta(0)
        return replace(alarm, outcome="warned" if ahead else "detected", event=hit.id)
    if planted is not None:
        return replace(alarm, outcome="planted", event=planted.id)
    return replace(alarm, outcome="extra" if near else _unmatched(alarm, windows, rule, known_to))


def _unmatched(alarm: Alarm, windows: Sequence[datetime], rule: Rule, known_to: date) -> AlarmOutcome:
    after = bisect_right(windows, alarm.begin)
    if after < len(windows) and alarm.on(windows[after]):
        return "standing"
    if alarm.begin + rule.horizon >= midnight(known_to) + timedelta(days=1):
        return "undecided"
    return "false"
