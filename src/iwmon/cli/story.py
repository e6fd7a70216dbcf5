"""The story of an alert, as a time line: from the ledger's entries to one line for each thing that happened.

An attempt and what came of it are one line. What happened to several receivers at one moment, in the same
way, is one line too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iwmon.alerts.routing import OPERATOR
from iwmon.alerts.words import safe
from iwmon.cli.routed import conditions_of
from iwmon.model import Delivery, Route
from iwmon.stored import LedgerEntry

_TOGETHER = timedelta(seconds=2)  # apart, and still one moment for a reader
_LONG = 500  # characters of a note or an error
_WAITS = {
    "group_wait": "for what else its group may bring (group_wait)",
    "group_interval": "its group was told a moment ago (group_interval)",
    "rate limit": "too many messages at once (rate limit)",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: `before`, the receivers, `after`; without receivers, `before` is all."""

    at: datetime
    before: str
    receivers: tuple[str, ...] = ()
    after: str = ""

    @property
    def text(self) -> str:
        """ "queued for desk, analysts, by the route severity="critical"." """
        if not self.receivers:
            return self.before
        return f"{self.before} {', '.join(self.receivers)}{self.after}"


def story(entries: Sequence[LedgerEntry], deliveries: Iterable[Delivery], root: Route) -> list[Line]:
    """What happened to one alert, oldest first. `root`: the routes that are in force now."""
    known = {delivery.id: delivery for delivery in deliveries}
    routes = _routes(root)
    attempts: dict[str, int] = {}  # by delivery, so far
    open_attempts: dict[str, int] = {}  # delivery → place of the line of its last attempt, without an end yet
    lines: list[Line] = []
    for entry in entries:
        delivery = known.get(entry.delivery)
        if entry.event == "attempt":
            attempts[entry.delivery] = attempts.get(entry.delivery, 0) + 1
            open_attempts[entry.delivery] = len(lines)
        tried = attempts.get(entry.delivery, 0)
        line = _line(entry, delivery, tried, routes)
        begun = open_attempts.pop(entry.delivery, None) if entry.event in ("sent", "failed", "dead") else None
        if begun is not None and lines[begun].at >= entry.at - timedelta(minutes=2):
            lines[begun] = replace(line, at=entry.at)
        else:
            lines.append(line)
    return _joined(sorted(lines, key=lambda line: line.at))


def _line(entry: LedgerEntry, delivery: Delivery | None, tried: int, routes: Mapping[str, Route]) -> Line:
    """An entry in words."""
    detail, at = safe(entry.detail, _LONG), entry.at
    to = (safe(entry.receiver, 80),)
    reason = f": {detail}" if detail else ""
    times = f" at attempt {tried}" if tried > 1 else ""
    what = _what(delivery)
    match entry.event:
        case "raised":
            return Line(at, "raised")
        case "queued":
            return Line(at, f"{what}queued for", to, _by_route(delivery, routes))
        case "escalated":
            step = f" (step {delivery.turn})" if delivery and delivery.turn > 0 else ""
            return Line(at, f"nobody had acknowledged it: escalated{step} to", to)
        case "held":
            return Line(at, f"{what}held for", to, f": {why(detail)}" if detail else "")
        case "released":
            return Line(at, f"{what}no longer held for", to, f" (it was: {why(detail)})" if detail else "")
        case "attempt":
            again = f" (attempt {tried})" if tried > 1 else ""
            return Line(at, f"{what}attempt to send to", to, f"{again}: no answer is known")
        case "sent":
            carried = f", {detail}" if detail else ", in a digest" if delivery and delivery.digest else ""
            return Line(at, f"{what}sent to", to, f"{times}{carried}")
        case "failed":
            return Line(at, f"{what}attempt {max(tried, 1)} failed for", to, reason)
        case "dropped":
            return Line(at, f"{what}not sent to", to, reason)
        case "folded":
            return Line(at, f"{what}put into a message of several for", to, reason)
        case "dead":
            after = f" after {tried} attempts" if tried > 1 else ""
            return Line(at, f"{what}given up for", to, f"{after}{reason}")
        case "acked":
            return Line(at, f"acknowledged by {detail}")
        case "unacked":
            return Line(at, f"acknowledgement taken back by {detail}")
        case "resolved":
            return Line(at, f"over{reason}")
        case "renamed":
            return Line(at, f"receiver renamed: {detail}")
        case "silenced" | "unsilenced":
            return Line(at, detail)


def why(reason: str) -> str:
    """Why something is held, in words."""
    return _WAITS.get(reason, reason)


def _what(delivery: Delivery | None) -> str:
    """What a delivery is, where it is not the first telling."""
    if delivery is None:
        return ""
    return {
        "rerouted": "the route was changed: ",
        "reminder": f"reminder {delivery.turn}: ",
        "resolved": "closing word: ",
        "escalation": "escalation: ",
        "digest": "digest: ",
    }.get(delivery.kind, "")


def _by_route(delivery: Delivery | None, routes: Mapping[str, Route]) -> str:
    """The route that led there, as the file writes it, if it is still what it was."""
    if delivery is None or not delivery.group:  # queued before there were routes to tell
        return ""
    if delivery.route == OPERATOR:
        return ", as settings.operator"
    route = routes.get(delivery.route)
    if delivery.kind == "resolved" and (route is None or route.receiver != delivery.receiver):
        return ""  # who was told by an escalation, or by a route of then, hears the end all the same
    if not delivery.route:
        return ", by the first route"
    if route is None or route.receiver != delivery.receiver:
        return f", by route {safe(delivery.route, 40)} of an earlier configuration"
    return f", by the route {conditions_of(route.matchers)}"


def _routes(root: Route) -> dict[str, Route]:
    found = {root.key: root}
    for child in root.routes:
        found |= _routes(child)
    return found


def _joined(lines: Iterable[Line]) -> list[Line]:
    """What happened in the same way at one moment, in one line."""
    joined: list[Line] = []
    for line in lines:
        place = _like(line, joined)
        if place is None:
            joined.append(line)
        else:
            names = dict.fromkeys((*joined[place].receivers, *line.receivers))
            joined[place] = replace(joined[place], receivers=tuple(names))
    return joined


def _like(line: Line, earlier: Sequence[Line]) -> int | None:
    """The place of a line of the same moment that says the same of other receivers."""
    for place in range(len(earlier) - 1, -1, -1):
        other = earlier[place]
        if line.at - other.at > _TOGETHER:
            return None
        if line.receivers and other.receivers and (other.before, other.after) == (line.before, line.after):
            return place
    return None
