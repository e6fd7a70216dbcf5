"""Receivers, the routing tree and inhibition: Alertmanager's rules on what belongs together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from iwmon.config import shape, shape_routes
from iwmon.config.document import Path
from iwmon.config.environment import CONSOLE, BadAddress, check_receiver, expanded, masked
from iwmon.config.intervals import clock, weekday
from iwmon.config.labels import ALL_LABELS, LABELS, doubt
from iwmon.config.problem import Place, Report, listed, shown
from iwmon.config.reading import Found, Reading
from iwmon.model import Escalation, InhibitRule, LabelMatcher, QuietHours, Receiver, Route

_IDS = {"judgement": "judgements", "indicator": "indicators", "source": "sources"}  # label → what it names


_HALVES = ("source_matchers", "target_matchers")
# What only some modes heed.
_HEEDED = {"at": ("daily", "twice_daily", "weekly"), "weekday": ("weekly",)}


def receivers(
    reading: Reading, environ: Mapping[str, str], intervals: Collection[str] | None, report: Report
) -> dict[str, Receiver]:
    """The receivers with their addresses; the console, when the files name none at all.

    `intervals`: the names of the time intervals, for quiet hours; None where they could not be read.
    """
    if not reading.declared["receivers"]:
        return {"console": Receiver("console", CONSOLE, masked=CONSOLE)}
    built = {}
    for found in reading.receivers:
        _check_digest(found, report)
        quiet = found.shape.quiet_hours
        for index, name in enumerate(quiet.intervals if quiet else ()):
            place = found.place("quiet_hours", "intervals", index)
            _check_interval(name, "intervals", place, intervals, report)
        try:
            url = expanded(found.shape.url, environ, CONSOLE)
            check_receiver(url)
        except BadAddress as error:
            place = found.document.within((*found.path, "url"), error.offset)
            report.error(place, f"url: {error.message}", error.hint)
        else:
            built[found.shape.id] = Receiver(
                found.shape.id,
                url,
                found.shape.mode,
                masked(url),
                send_resolved=found.shape.send_resolved,
                at=clock(found.shape.at),
                weekday=weekday(found.shape.weekday),
                quiet_hours=QuietHours(tuple(quiet.intervals), quiet.mode) if quiet else None,
            )
    return built


def _check_digest(found: Found[shape_routes.Receiver], report: Report) -> None:
    for key, modes in _HEEDED.items():
        if key in found.shape.model_fields_set and found.shape.mode not in modes:
            unheeded = f"{key}: has no effect on mode: {found.shape.mode}"
            report.warning(found.place(key, key=True), unheeded, f"remove it, or write mode: {modes[0]}")


def _check_interval(name: str, key: str, place: Place, known: Collection[str] | None, report: Report) -> None:
    if known is not None and name not in known:
        hint = report.suggest(name, known, "add it under time_intervals:")
        report.error(place, f"{key}: there is no time interval {shown(name)}", hint)


class Router:
    """Builds the routing tree, each route with what it inherits, and checks what it refers to."""

    def __init__(
        self, reading: Reading, main: Found[shape.File], intervals: Collection[str] | None, report: Report
    ) -> None:
        self.reading = reading
        self.main = main
        self.report = report
        self.known = reading.declared["receivers"] or {"console": main.place()}
        self.intervals = intervals

    def build(self) -> Route:
        """The root route. Without one in the file, all goes to the only receiver."""
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
        if root.continue_:
            place = self.main.place("route", "continue", key=True)
            self.report.warning(place, "continue: no route follows the first one", "remove it")
        return self._route(root, ("route",), Route(first))

    def inhibit_rules(self) -> tuple[InhibitRule, ...]:
        """The rules of inhibition, in the order of the file."""
        for index, rule in enumerate(self.main.shape.inhibit_rules):
            path = ("inhibit_rules", index)
            for half in _HALVES:
                self._check_matchers(getattr(rule, half), (*path, half))
            self._check_labels(rule.equal, (*path, "equal"))
        return tuple(
            InhibitRule(
                rule.name or "", tuple(rule.source_matchers), tuple(rule.target_matchers), tuple(rule.equal)
            )
            for rule in self.main.shape.inhibit_rules
        )

    def _route(self, node: shape_routes.Route, path: Path, parent: Route, key: str = "") -> Route:
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
            key=key,
            escalate=parent.escalate if node.escalate is None else _steps(node.escalate),
        )
        below = tuple(
            self._route(child, (*path, "routes", i), here, f"{key}.{i}" if key else str(i))
            for i, child in enumerate(node.routes)
        )
        return replace(here, routes=below)

    def _check_route(self, node: shape_routes.Route, path: Path) -> None:
        if node.receiver is not None:
            self.check_receiver(node.receiver, (*path, "receiver"))
        for index, step in enumerate(node.escalate or ()):
            self.check_receiver(step.receiver, (*path, "escalate", index, "receiver"))
        self._check_matchers(node.matchers, (*path, "matchers"))
        self._check_labels(node.group_by or (), (*path, "group_by"))
        for key in ("mute_time_intervals", "active_time_intervals"):
            for index, name in enumerate(getattr(node, key)):
                _check_interval(name, key, self.main.place(*path, key, index), self.intervals, self.report)

    def check_receiver(self, name: str, path: Path) -> None:
        """Complain of a receiver that nobody declared."""
        if name not in self.known and self.reading.complete:
            hint = self.report.suggest(name, self.known, f"receivers: {listed(self.known)}")
            self.report.error(self.main.place(*path), f"{path[-1]}: there is no receiver {shown(name)}", hint)

    def _check_matchers(self, matchers: Iterable[LabelMatcher], path: Path) -> None:
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

    def _check_labels(self, labels: list[str] | tuple[()], path: Path) -> None:
        for index, label in enumerate(labels):
            place = self.main.place(*path, index)
            if label == ALL_LABELS and path[-1] == "group_by":
                if len(labels) > 1:
                    wrong = f"group_by: {shown(ALL_LABELS)} stands for all labels, and must stand alone"
                    self.report.error(place, wrong, f"remove the others, or {shown(ALL_LABELS)}")
            elif label not in LABELS:
                hint = self.report.suggest(label, LABELS, f"labels: {listed(LABELS)}")
                self.report.warning(place, f"{path[-1]}: no alert has a label {shown(label)}", hint)


def _steps(given: Iterable[shape_routes.Escalation]) -> tuple[Escalation, ...]:
    """The escalation, soonest first."""
    steps = (Escalation(one.after, one.receiver) for one in given)
    return tuple(sorted(steps, key=lambda step: step.after))
