"""Is everybody told what they should be, and nobody too much: routes, receivers, quiet hours, escalation."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from iwmon.config import shape_routes
from iwmon.config.configuration import Config
from iwmon.config.document import Path
from iwmon.config.labels import doubt
from iwmon.config.lint.reach import Node, Region, Space, common, nodes, without
from iwmon.config.problem import Report, shown
from iwmon.config.reading import Reading
from iwmon.model import LabelMatcher, Receiver, Route

_OFTEN = timedelta(minutes=5)  # reminders of one alert that are nearer to each other than this
_MANY = 10  # indicators: with fewer, one person may well want to hear of each at once
_CRITICAL = (LabelMatcher("severity", "=", "critical"),)


def check(config: Config, reading: Reading, report: Report) -> None:
    """Warnings about the route tree and the receivers."""
    _check_unnamed(config, reading, report)
    space = Space(config)
    tree = tuple(nodes(config.route, space))
    if reading.main and reading.main.shape.route:
        _check_unreachable(tree, reading, report)
        _check_escalation(config, tree, reading, report)
        _check_repeats(tree, reading, report)
    if reading.receivers and all(space.whole):
        _check_volume(config, tree, (space.whole,), reading, report)
        _check_critical(config, tree, (space.narrowed(space.whole, _CRITICAL),), reading, report)


def _check_unnamed(config: Config, reading: Reading, report: Report) -> None:
    told = set(_named(config.route)) | {config.settings.operator}
    for receiver in reading.receivers:
        if receiver.shape.id not in told:
            unused = f"no route leads to the receiver {shown(receiver.shape.id)}"
            report.warning(receiver.place("id"), unused, f"add a route with receiver: {receiver.shape.id}")


def _named(route: Route) -> Iterator[str]:
    yield route.receiver
    yield from (step.receiver for step in route.escalate)
    for below in route.routes:
        yield from _named(below)


def _check_unreachable(tree: Collection[Node], reading: Reading, report: Report) -> None:
    assert reading.main
    for node in tree:
        if node.comes or any(doubt(matcher) for matcher in node.route.matchers):
            continue
        place = reading.main.place(*node.path)
        if not node.possible:
            never = "no alert can come to this route: its matchers, and those above it, never hold together"
            report.warning(place, never, "remove one of them, or the route")
        elif len(node.robbers) == 1:
            taker = reading.main.place(*node.robbers[0])
            taken = f"no alert comes to this route: the one at {taker} takes all that it could take"
            report.warning(place, taken, "put it before that one, or write continue: true there")
        elif node.robbers:
            taken = "no alert comes to this route: those before it take all that it could take"
            report.warning(place, taken, "put it before them, or write continue: true there")


def _check_escalation(config: Config, tree: Collection[Node], reading: Reading, report: Report) -> None:
    assert reading.main
    for node in tree:
        path = (*node.path, "escalate")
        written = _written(reading, node.path)
        if written.escalate is None:
            if node.stays and node.route.receiver in (step.receiver for step in node.route.escalate):
                place = reading.main.place(*node.path)
                vain = f"a route above escalates to {shown(node.route.receiver)}, whom this one tells already"
                report.warning(place, vain, "write escalate: [] here, or escalate to somebody else")
            continue
        seen = {node.route.receiver: "is told by this route already"}
        for index, step in enumerate(written.escalate):
            mode = config.receivers[step.receiver].mode
            late = "" if mode == "realtime" else f"is not told at once, but {mode.replace('_', ' ')}"
            vain = seen.get(step.receiver, late)
            if vain:
                place = reading.main.place(*path, index, "receiver")
                report.warning(
                    place, f"escalate: {shown(step.receiver)} {vain}", "escalate to another receiver"
                )
            seen[step.receiver] = "is told of it twice"


def _check_repeats(tree: Collection[Node], reading: Reading, report: Report) -> None:
    """Reminders that come faster than anybody can act on an alert."""
    assert reading.main
    for node in tree:
        often = _written(reading, node.path).repeat_interval
        if often is not None and often < _OFTEN:
            place = reading.main.place(*node.path, "repeat_interval")
            pester = (
                f"repeat_interval: a reminder every {often.total_seconds():.0f} s, until it is acknowledged"
            )
            report.warning(place, pester, "write 1h or more: who is reminded too often silences all of it")


def _written(reading: Reading, path: Path) -> shape_routes.Route:
    """The route as the file has it, without what it inherits."""
    assert reading.main
    assert reading.main.shape.route
    route = reading.main.shape.route
    for step in path:
        if isinstance(step, int):
            route = route.routes[step]
    return route


def _check_volume(
    config: Config, tree: Collection[Node], whole: Region, reading: Reading, report: Report
) -> None:
    """Realtime to everyone for everything: nobody reads that for long."""
    told = {node.route.receiver for node in tree if node.stays}
    if len(told) == 1 and len(config.indicators) <= _MANY:
        return
    for name in told:
        receiver = config.receivers[name]
        heard = [n for n in tree if n.route.receiver == name and not _part_time(n.route)]
        if receiver.mode != "realtime" or receiver.quiet_hours:
            return
        if without(whole, (node.stays for node in heard)):
            return
    given = reading.main and reading.main.shape.route
    place = reading.main.place("route") if reading.main and given else reading.receivers[0].place("id")
    everybody = f"{shown(*told)} is" if len(told) == 1 else "everybody is"
    (report.advice if len(told) == 1 else report.warning)(
        place,
        f"{everybody} told everything at once, whatever its severity",
        "send only what is loud at once, and the rest to a receiver with mode: daily",
    )


def _part_time(route: Route) -> bool:
    return bool(route.mute_time_intervals or route.active_time_intervals)


def _check_critical(
    config: Config, tree: Collection[Node], critical: Region, reading: Reading, report: Report
) -> None:
    """Whether somebody is told of critical alerts at once, also in quiet hours."""
    at_once = [node.stays for node in tree if config.receivers[node.route.receiver].mode == "realtime"]
    late = without(critical, at_once)
    awake = [node.stays for node in tree if any(_hears(config.receivers[n]) for n in _told_by(node.route))]
    asleep = without(without(critical, [late]), awake)
    for found in reading.receivers:
        name, receiver = found.shape.id, config.receivers[found.shape.id]
        stays = [node.stays for node in tree if node.route.receiver == name]
        if receiver.mode != "realtime" and any(common(late, box) for region in stays for box in region):
            gathered = f"mode: critical alerts come to {shown(name)}, and to nobody at once"
            hint = "add a route with matchers: ['severity=\"critical\"'], and a realtime receiver"
            report.warning(found.place("mode"), gathered, hint)
        elif receiver.quiet_hours and any(common(asleep, box) for region in stays for box in region):
            silent = f"quiet_hours: while {shown(name)} is left alone, nobody is told of critical alerts"
            hint = "write mode: critical_only, or escalate to another receiver"
            report.warning(found.place("quiet_hours"), silent, hint)


def _told_by(route: Route) -> tuple[str, ...]:
    return (route.receiver, *(step.receiver for step in route.escalate))


def _hears(receiver: Receiver) -> bool:
    """Whether critical alerts reach it at any hour."""
    quiet = receiver.quiet_hours
    return receiver.mode == "realtime" and (quiet is None or quiet.mode == "critical_only")
