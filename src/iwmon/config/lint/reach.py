"""Which alerts come to which route: sets of alerts, as boxes over their labels.

Each label of an alert has few possible values once the configuration is known, so what a route's matchers
take is a box: a set of values for each label. An indicator has one judgement, so these two are one axis.
Labels that depend on each other otherwise (a level on a kind) are taken as free: where in doubt, an alert
is possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from iwmon.config.configuration import Config
from iwmon.config.document import Path
from iwmon.config.labels import LABELS, takes
from iwmon.model import LabelMatcher, Route

Box = tuple[int, ...]  # on each axis a set of its values, as bits; 0 on an axis is no alert at all
Region = tuple[Box, ...]  # disjoint boxes, none of them empty

# Which axis a label is on, and which part of its values it is there.
_ON = {
    "judgement": (0, 0),
    "indicator": (0, 1),
    "severity": (1, 0),
    "kind": (2, 0),
    "alertname": (2, 0),
    "source": (3, 0),
    "level": (4, 0),
}
_OTHER = "(any other)"  # a level may be a term of the yardstick, and more: what a pattern makes of it is open
_MOST = 2000  # boxes of a region: beyond that, what is taken away from it is not


@dataclass(frozen=True, slots=True)
class Node:
    """A route, and what comes to it."""

    route: Route
    path: Path  # in the file
    possible: bool  # its matchers and those above it can hold together
    comes: Region  # what those before it leave to it
    stays: Region  # what it handles itself, since no route below it takes it
    robbers: tuple[Path, ...] = ()  # where nothing comes: a route that takes it all, or all that do


class Space:
    """All alerts that the route tree can be asked about: without those that go to settings.operator."""

    def __init__(self, config: Config) -> None:
        subjects = [] if config.settings.operator else [("", "")]
        subjects += [(judgement, "") for judgement in config.judgements]
        subjects += [(indicator.judgement, indicator.id) for indicator in config.indicators.values()]
        axes: tuple[Sequence[tuple[str, ...]], ...] = (
            subjects,
            [(severity,) for severity in LABELS["severity"] or ()],
            [(kind,) for kind in LABELS["kind"] or ()],
            [("",), *((source,) for source in config.sources)],
            [("",), (_OTHER,), *((level,) for level in LABELS["level"] or ())],
        )
        self.whole: Box = tuple((1 << len(values)) - 1 for values in axes)
        self._having = {place: _masks(axes[place[0]], place[1]) for place in set(_ON.values())}
        self._matching: dict[LabelMatcher, int] = {}  # what patterns take: each is tried once

    def narrowed(self, box: Box, matchers: Iterable[LabelMatcher], *, sure: bool = False) -> Box:
        """The part of a box for which all matchers hold, or may hold if not `sure`.

        A label that no alert has reads as empty.
        """
        sides = list(box)
        for matcher in matchers:
            place = _ON.get(matcher.label)
            if place:
                sides[place[0]] &= self._bits(place, matcher, sure)
            elif not takes(matcher, ""):
                return (0,) * len(box)
        return tuple(sides)

    def _bits(self, place: tuple[int, int], matcher: LabelMatcher, sure: bool) -> int:
        having = self._having[place]
        if matcher.op == "=":
            return having.get(matcher.value, 0)
        if matcher.op == "!=":
            return self.whole[place[0]] & ~having.get(matcher.value, 0)
        if matcher not in self._matching:
            values = (value for value in having if value != _OTHER and takes(matcher, value))
            self._matching[matcher] = reduce(or_, (having[value] for value in values), 0)
        return self._matching[matcher] | (0 if sure else having.get(_OTHER, 0))


def _masks(values: Sequence[tuple[str, ...]], part: int) -> dict[str, int]:
    """For each value of a label, the bits of all values of its axis that have it."""
    masks: dict[str, int] = {}
    for n, all_of in enumerate(values):
        masks[all_of[part]] = masks.get(all_of[part], 0) | 1 << n
    return masks


def nodes(root: Route, space: Space) -> Iterator[Node]:
    """Every route that could be reached, and those that cannot be; not what is below the latter."""
    region: Region = (space.whole,) if all(space.whole) else ()
    yield from _nodes(space, root, ("route",), space.whole, region, ())


def _nodes(
    space: Space, route: Route, path: Path, above: Box, comes: Region, before: tuple[tuple[Box, Path], ...]
) -> Iterator[Node]:
    here = space.narrowed(above, route.matchers)
    if not all(here) or not comes:
        alone = [taker for box, taker in before if not minus((here,), box)]
        robbers = alone[:1] or [taker for box, taker in before if common((here,), box)]
        yield Node(route, path, all(here), (), (), tuple(robbers))
        return
    left, stays, below, takers = comes, comes, [], [*before]
    for index, child in enumerate(route.routes):
        there, box = (*path, "routes", index), space.narrowed(here, child.matchers, sure=True)
        reaching = common(left, space.narrowed(here, child.matchers))
        known = tuple(takers) if child.routes or not reaching else ()  # else it does not matter who took what
        below.append(_nodes(space, child, there, here, reaching, known))
        stays = minus(stays, box)
        if not child.continue_:
            left = minus(left, box)
            takers.append((box, there))
    yield Node(route, path, True, comes, stays)
    for one in below:
        yield from one


def common(region: Region, box: Box) -> Region:
    """What is in both."""
    shared = (tuple(a & b for a, b in zip(one, box, strict=True)) for one in region)
    return tuple(one for one in shared if all(one))


def minus(region: Region, box: Box) -> Region:
    """What is in the region and not in the box."""
    left: dict[Box, int] = {}  # boxes that differ in their subjects only are one: the rest → its subjects
    for one in region:
        parts = [one]
        if common((one,), box):
            parts = []
            for axis, values in enumerate(box):
                parts.append((*one[:axis], one[axis] & ~values, *one[axis + 1 :]))
                one = (*one[:axis], one[axis] & values, *one[axis + 1 :])
        for subjects, *rest in filter(all, parts):
            left[tuple(rest)] = left.get(tuple(rest), 0) | subjects
    return tuple((subjects, *rest) for rest, subjects in left.items()) if len(left) <= _MOST else region


def without(region: Region, others: Iterable[Region]) -> Region:
    """What is in the region and in none of the others."""
    for other in others:
        for box in other:
            region = minus(region, box)
    return region
