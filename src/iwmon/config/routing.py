"""Receivers, the routing tree and its time intervals: Alertmanager's rules on what belongs together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from iwmon.config import shape, shape_routes
from iwmon.config.environment import CONSOLE, BadAddress, check_receiver, expanded, masked
from iwmon.config.labels import ALL_LABELS, LABELS, doubt
from iwmon.config.problem import Report, listed, shown
from iwmon.config.reading import Found, Reading
from iwmon.config.timezones import check_timezone
from iwmon.model import LabelMatcher, Receiver, Route

_IDS = {"judgement": "judgements", "indicator": "indicators", "source": "sources"}  # label → what it names


def receivers(reading: Reading, environ: Mapping[str, str], report: Report) -> dict[str, Receiver]:
    """The receivers with their addresses; the console, when the files name none at all."""
    if not reading.declared["receivers"]:
        return {"console": Receiver("console", CONSOLE, masked=CONSOLE)}
    built = {}
    for found in reading.receivers:
        try:
            url = expanded(found.shape.url, environ, CONSOLE)
            check_receiver(url)
        except BadAddress as error:
            place = found.document.within((*found.path, "url"), error.offset)
            report.error(place, f"url: {error.message}", error.hint)
        else:
            built[found.shape.id] = Receiver(found.shape.id, url, found.shape.mode, masked(url))
    return built


class Router:
    """Builds the routing tree, each route with what it inherits, and checks what it refers to."""

    def __init__(self, reading: Reading, main: Found[shape.File], report: Report) -> None:
        self.reading = reading
        self.main = main
        self.report = report
        self.known = reading.declared["receivers"] or {"console": main.place()}
        self.intervals = [interval.name for interval in main.shape.time_intervals]

    def build(self) -> Route:
        """The root route. Without one in the file, all goes to the only receiver."""
        self._check_intervals()
        self._check_inhibition()
        root = self.main.shape.route
        first = next(iter(self.known))
        if root is None:
            if len(self.known) > 1 and not self.main.dropped("route"):
                self.report.error(
                    self.main.place(),
                    f"there are {len(self.known)} receivers and no route that says who is told what",
                    f"add route: {{receiver: {first}}}",
                )
            return Route(first)
        place = self.main.place("route")
        if not root.receiver:
            self.report.error(place, "route: receiver is missing", f"add receiver: {first}")
        if root.matchers or root.mute_time_intervals or root.active_time_intervals:
            wrong = "route: the first route takes every alert, at all times"
            self.report.error(place, wrong, "move matchers and time intervals into a route under routes:")
        return self._route(root, ("route",), Route(first))

    def _route(self, node: shape_routes.Route, path: tuple[str | int, ...], parent: Route) -> Route:
        self._check_route(node, path)
        here = Route(
            receiver=node.receiver or parent.receiver,
            matchers=tuple(node.matchers),
            continue_=node.continue_,
            group_by=parent.group_by if node.group_by is None else tuple(node.group_by),
            group_wait=parent.group_wait if node.group_wait is None else node.group_wait,
            group_interval=node.group_interval or parent.group_interval,
            repeat_interval=node.repeat_interval or parent.repeat_interval,
            mute_time_intervals=tuple(node.mute_time_intervals),
            active_time_intervals=tuple(node.active_time_intervals),
        )
        below = tuple(self._route(child, (*path, "routes", i), here) for i, child in enumerate(node.routes))
        return replace(here, routes=below)

    def _check_route(self, node: shape_routes.Route, path: tuple[str | int, ...]) -> None:
        if node.receiver is not None:
            self.check_receiver(node.receiver, (*path, "receiver"))
        self._check_matchers(node.matchers, (*path, "matchers"))
        self._check_labels(node.group_by or (), (*path, "group_by"))
        for key in ("mute_time_intervals", "active_time_intervals"):
            for index, name in enumerate(getattr(node, key)):
                if name not in self.intervals:
                    hint = self.report.suggest(name, self.intervals, "add it under time_intervals:")
                    wrong = f"{key}: there is no time interval {shown(name)}"
                    self.report.error(self.main.place(*path, key, index), wrong, hint)

    def check_receiver(self, name: str, path: tuple[str | int, ...]) -> None:
        """Complain of a receiver that nobody declared."""
        if name not in self.known and self.reading.complete:
            hint = self.report.suggest(name, self.known, f"receivers: {listed(self.known)}")
            self.report.error(self.main.place(*path), f"{path[-1]}: there is no receiver {shown(name)}", hint)

    def _check_matchers(self, matchers: Iterable[LabelMatcher], path: tuple[str | int, ...]) -> None:
        for index, matcher in enumerate(matchers):
            place = self.main.place(*path, index)
            doubtful = doubt(matcher)
            if doubtful:
                self.report.warning(place, *doubtful)
            kind = _IDS.get(matcher.label, "")
            ids = self.reading.declared.get(kind, {})
            if kind and self.reading.complete and matcher.op in ("=", "!=") and matcher.value:
                if matcher.value in ids:
                    continue
                wrong = f"there is no {matcher.label} {shown(matcher.value)}"
                self.report.error(place, wrong, self.report.suggest(matcher.value, ids))

    def _check_labels(self, labels: Iterable[str], path: tuple[str | int, ...]) -> None:
        for index, label in enumerate(labels):
            if label not in LABELS and label != ALL_LABELS:
                hint = self.report.suggest(label, LABELS, f"labels: {listed(LABELS)}")
                wrong = f"{path[-1]}: no alert has a label {shown(label)}"
                self.report.warning(self.main.place(*path, index), wrong, hint)

    def _check_inhibition(self) -> None:
        for index, rule in enumerate(self.main.shape.inhibit_rules):
            path = ("inhibit_rules", index)
            self._check_matchers(rule.source_matchers, (*path, "source_matchers"))
            self._check_matchers(rule.target_matchers, (*path, "target_matchers"))
            self._check_labels(rule.equal, (*path, "equal"))

    def _check_intervals(self) -> None:
        for index, interval in enumerate(self.main.shape.time_intervals):
            path = ("time_intervals", index)
            if interval.name in self.intervals[:index]:
                wrong = f"there are two time intervals named {shown(interval.name)}"
                self.report.error(self.main.place(*path, "name"), wrong, "give one of them another name")
            for number, times in enumerate(interval.time_intervals):
                if times.location:
                    place = self.main.place(*path, "time_intervals", number, "location")
                    check_timezone(times.location, "location", place, self.report)
