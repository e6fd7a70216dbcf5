"""Routes and receivers in words, and as the documents that programs get. No address is in either."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.text import Text
from rich.tree import Tree

from iwmon.alerts.intervals import contains, muted, muted_until, until
from iwmon.alerts.routing import Target
from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.call import Anything
from iwmon.config import Config
from iwmon.config.labels import ALL_LABELS, spelled
from iwmon.config.scalars import written_duration
from iwmon.model import Escalation, InhibitRule, LabelMatcher, QuietHours, Receiver, Route

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_QUIET = {
    "critical_only": "only critical ones",
    "silence_all": "none",
    "batch_on_wake": "none before they end",
}


# ---------------------------------------------------------------- receivers


def address(receiver: Receiver) -> str:
    """What may be shown of a receiver's address; that it is unknown, where its secret is not set here."""
    return "not set here" if Anything.STAND_IN in receiver.url else receiver.masked


def mode(receiver: Receiver) -> str:
    """When it is told: "at once", "daily at 08:00"."""
    at = f"{receiver.at:%H:%M}"
    if receiver.mode == "daily":
        return f"daily at {at}"
    if receiver.mode == "twice_daily":
        later = receiver.at.replace(hour=(receiver.at.hour + 12) % 24)
        return f"daily at {at} and {later:%H:%M}"
    if receiver.mode == "weekly":
        return f"weekly, on {_DAYS[receiver.weekday - 1]} at {at}"
    return "at once"


def quiet(hours: QuietHours) -> str:
    """What comes through in quiet hours."""
    return f"in {', '.join(map(safe, hours.intervals))}: {_QUIET[hours.mode]}"


def receiver_rows(config: Config) -> list[tuple[Text | str, ...]]:
    """A row for each receiver: id, address, when it is told."""
    rows: list[tuple[Text | str, ...]] = []
    for one in config.receivers.values():
        words = [mode(one)]
        words += [quiet(one.quiet_hours)] if one.quiet_hours else []
        words += [] if one.send_resolved else ["not told when something is over"]
        words += ["told of iwmon's own troubles"] if one.id == config.settings.operator else []
        rows.append((Text(one.id, "bold"), address(one), "; ".join(words)))
    return rows


def receiver_document(receiver: Receiver) -> dict[str, Any]:
    """A receiver for programs."""
    gathered = receiver.mode != "realtime"
    return {
        "id": receiver.id,
        "address": address(receiver),
        "mode": receiver.mode,
        "at": f"{receiver.at:%H:%M}" if gathered else None,
        "weekday": _DAYS[receiver.weekday - 1].lower() if receiver.mode == "weekly" else None,
        "send_resolved": receiver.send_resolved,
        "quiet_hours": receiver.quiet_hours,
    }


# ---------------------------------------------------------------- the tree


def tree(config: Config) -> Tree:
    """The route tree, drawn; what a route has from the one above it is not said again."""
    root = Tree(_label(config.route, None, config), guide_style="dim")
    _grow(root, config.route, config)
    return root


def _grow(branch: Tree, route: Route, config: Config) -> None:
    for child in route.routes:
        _grow(branch.add(_label(child, route, config)), child, config)


def _label(route: Route, parent: Route | None, config: Config) -> Text:
    receiver = config.receivers[route.receiver]
    conditions = "" if parent is None else f"{conditions_of(route.matchers)} → "
    about = address(receiver) if receiver.mode == "realtime" else f"{address(receiver)}, {mode(receiver)}"
    head = show.line(conditions, (receiver.id, "bold"), f" ({about})")
    if route.continue_:
        head.append(", and on to the next")
    times = _timing(route, parent)
    lines = [head, *([Text("; ".join(times))] if times else [])]
    lines += [Text(f"silent in {_named(route.mute_time_intervals)}")] if route.mute_time_intervals else []
    if route.active_time_intervals:
        lines.append(Text(f"silent but in {_named(route.active_time_intervals)}"))
    if route.escalate != (parent.escalate if parent else ()):
        lines.append(Text(escalation(route.escalate) or "no escalation"))
    return Text("\n").join(lines)


def _timing(route: Route, parent: Route | None) -> list[str]:
    words = []
    if parent is None or route.group_by != parent.group_by:
        words.append(_grouping(route.group_by))
    for key, before in (
        ("group_wait", "first after"),
        ("group_interval", "news after"),
        ("repeat_interval", "again after"),
    ):
        length: timedelta = getattr(route, key)
        if parent is None or length != getattr(parent, key):
            words.append(f"{before} {written_duration(length)}")
    return words


def conditions_of(matchers: Iterable[LabelMatcher]) -> str:
    """A route's conditions as the file writes them."""
    return " and ".join(safe(spelled(matcher)) for matcher in matchers) or "every alert"


def _grouping(group_by: tuple[str, ...]) -> str:
    if not group_by:
        return "all in one group"
    return "each on its own" if ALL_LABELS in group_by else f"grouped by {', '.join(group_by)}"


def _named(names: Iterable[str]) -> str:
    return ", ".join(map(safe, names))


def escalation(steps: Iterable[Escalation]) -> str:
    """Whom it is told to, and when; "" if to nobody."""
    told = ", ".join(f"{step.receiver} after {written_duration(step.after)}" for step in steps)
    return f"escalates to {told}" if told else ""


def inhibition(rule: InhibitRule) -> str:
    """A rule in a sentence."""
    name = f"{safe(rule.name)}: " if rule.name else ""
    equal = f", for the same {', '.join(rule.equal)}" if rule.equal else ""
    source, target = conditions_of(rule.source_matchers), conditions_of(rule.target_matchers)
    return f"{name}{source} silences {target}{equal}"


def route_document(route: Route) -> dict[str, Any]:
    """A route and those below it for programs, with what they inherit."""
    return {
        "key": route.key,
        "receiver": route.receiver,
        "matchers": [spelled(matcher) for matcher in route.matchers],
        "continue": route.continue_,
        "group_by": route.group_by,
        "group_wait": route.group_wait,
        "group_interval": route.group_interval,
        "repeat_interval": route.repeat_interval,
        "mute_time_intervals": route.mute_time_intervals,
        "active_time_intervals": route.active_time_intervals,
        "escalate": route.escalate,
        "routes": [route_document(child) for child in route.routes],
    }


def inhibition_document(rule: InhibitRule) -> dict[str, Any]:
    """A rule for programs."""
    return {
        "name": rule.name,
        "source_matchers": [spelled(matcher) for matcher in rule.source_matchers],
        "target_matchers": [spelled(matcher) for matcher in rule.target_matchers],
        "equal": rule.equal,
    }


# ---------------------------------------------------------------- where one alert goes


def target_lines(target: Target, config: Config, severity: str, now: datetime) -> list[str]:
    """What would become of an alert on this way, a line each."""
    zone = ZoneInfo(config.settings.timezone)
    receiver = config.receivers[target.receiver]
    by = ", ".join(f"{name}: {safe(value)}" for name, value in target.grouped_by)
    lines = [
        f"{f'grouped by {by}' if by else 'all in one group'}; "
        f"first after {written_duration(target.group_wait)}, "
        f"news after {written_duration(target.group_interval)}, "
        f"again after {written_duration(target.repeat_interval)}"
    ]
    if receiver.mode != "realtime":
        lines.append(f"gathered: {mode(receiver)}")
    why = muted(target, config.time_intervals, now)
    if why:
        lines.append(
            f"silent now{_until(muted_until(target, config.time_intervals, now), zone, now)}: {safe(why)}"
        )
    if receiver.quiet_hours:
        lines += _quiet_lines(receiver.quiet_hours, config, severity, zone, now)
    if target.escalate:
        lines.append(escalation(target.escalate))
    return lines


def _quiet_lines(
    hours: QuietHours, config: Config, severity: str, zone: ZoneInfo, now: datetime
) -> list[str]:
    intervals = [config.time_intervals[name] for name in hours.intervals]
    if not any(contains(one, now) for one in intervals):
        return []
    through = hours.mode == "critical_only" and severity == "critical"
    verdict = "comes through" if through else "does not come through"
    return [f"quiet hours{_until(until(intervals, now), zone, now)}, {quiet(hours)}; this one {verdict}"]


def _until(when: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    return f" until {show.clock(when, zone, now)}" if when else ""


def target_document(target: Target, node: Route | None, config: Config, now: datetime) -> dict[str, Any]:
    """One way for programs. `node`: the route; None for settings.operator."""
    why = muted(target, config.time_intervals, now)
    return {
        "receiver": target.receiver,
        "route": target.route,
        "matchers": [spelled(matcher) for matcher in node.matchers] if node else [],
        "continue": bool(node and node.continue_),
        "group": target.group,
        "grouped_by": dict(target.grouped_by),
        "group_wait": target.group_wait,
        "group_interval": target.group_interval,
        "repeat_interval": target.repeat_interval,
        "escalate": target.escalate,
        "muted": why,
        "muted_until": muted_until(target, config.time_intervals, now) if why else None,
    }
