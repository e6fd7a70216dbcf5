"""May this message go out now? The gates in their order, each with its reason. Pure.

A message that may not go is held (it is looked at again) or dropped (it is over). Whatever the answer, it
says why: in the ledger, in `iwmon alerts show`, and at the head of the message that comes at last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from iwmon.alerts import intervals
from iwmon.alerts.rerouting import left_behind
from iwmon.alerts.routing import Target, target_of
from iwmon.alerts.silencing import inhibited, silenced
from iwmon.alerts.slots import next_slot
from iwmon.alerts.words import zone
from iwmon.config import Config
from iwmon.model import LASTING, Alert, Delivery, Receiver, Severity, Silence
from iwmon.stored import CatchUp, OpenAlert

CATCHING_UP = timedelta(minutes=15)  # the longest that one waits for all sources to answer
MOST_WAIT = timedelta(hours=25)  # that a service may ask for; a later time is a clock that was ahead
PER_MINUTE, APART = 10, timedelta(seconds=1)  # messages to one receiver in any minute; between two
MINUTE = timedelta(minutes=1)
RATE = "rate limit"
_DELIBERATE = ("silence", "inhibited", "mute time", "quiet hours", "digest", "catch-up")


@dataclass(frozen=True, slots=True)
class Go:
    """It may go. `after`: why it was held on purpose until now; "" if it was not."""

    after: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """It waits. `until` None: until the reason is over. `reason` "": its own last error says why."""

    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """It is never to be sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What the gates look at, as committed.

    `patient`: whether groups are waited for. A round that ends with its messages has gathered them already.
    """

    config: Config
    open: Mapping[str, OpenAlert] | None = None  # by alert; None: it cannot be known what is over
    silences: Sequence[Silence] = ()
    inhibiting: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # labels of what may, by alert
    first: Mapping[tuple[str, str], datetime] = field(default_factory=dict)  # receiver, group → waits since
    last: Mapping[tuple[str, str], datetime] = field(default_factory=dict)  # receiver, group → last told
    away: Mapping[str, datetime] = field(default_factory=dict)  # receiver → until
    catch_up: CatchUp | None = None  # None also when every source has answered
    patient: bool = True


def deliberate(held: str) -> str:
    """The kind of a reason to hold something back on purpose: "silence", "quiet hours", …; else ""."""
    return next((kind for kind in _DELIBERATE if held.startswith(kind)), "")


def gate(delivery: Delivery, alert: Alert, scene: Scene, now: datetime) -> Go | Hold | Drop:
    """Whether a pending delivery goes out at `now`. What the rate of a receiver allows is asked of `rate`."""
    if over := _over(delivery, alert, scene):
        return over
    way = target_of(delivery, alert.labels, scene.config)
    if way is None and _standing(delivery, alert, scene):  # whom the route leads to now is told instead
        return Drop(left_behind(delivery.receiver))
    receiver = scene.config.receivers.get(delivery.receiver)
    if delivery.kind != "digest":
        for held in (
            _silence(alert, scene, now),
            _inhibition(delivery, alert, scene),
            _mute(way, scene, now),
        ):
            if held:
                return held
    if receiver is not None and (held := _quiet(receiver, alert, scene, now)):
        return held
    if receiver is not None and delivery.kind != "digest" and receiver.mode != "realtime":
        return _slot(receiver, scene, now)
    if held := _catching_up(delivery, scene):
        return held
    if held := _away(delivery, scene, now):
        return held
    after = delivery.held if deliberate(delivery.held) else ""
    if way is not None and scene.patient and not after and delivery.kind not in ("escalation", "digest"):
        held = _timing(delivery, way, scene, now)
        if held:
            return held
    return Go(after)


def rate(sends: Sequence[datetime], now: datetime) -> Hold | None:
    """None if a receiver may have a message at `now`, after those sent at these times (oldest first)."""
    recent = [at for at in sends if now - MINUTE < at <= now]
    if recent and now - recent[-1] < APART:
        return Hold(recent[-1] + APART, RATE)
    if len(recent) >= PER_MINUTE:
        return Hold(recent[-PER_MINUTE] + MINUTE, RATE)
    return None


def _over(delivery: Delivery, alert: Alert, scene: Scene) -> Drop | None:
    if scene.open is None or delivery.kind in ("resolved", "digest") or alert.kind not in LASTING:
        return None
    standing = scene.open.get(alert.id)
    if standing is None:
        return Drop("over before it was sent")
    if standing.acked and delivery.kind in ("reminder", "escalation"):
        return Drop(f"acknowledged by {standing.acked.by}")
    return None


def _standing(delivery: Delivery, alert: Alert, scene: Scene) -> bool:
    """Whether it says of an alert, known to be open, that it is: then its route is the one of now."""
    return (
        scene.open is not None
        and alert.id in scene.open
        and delivery.kind in ("firing", "rerouted", "reminder")
    )


def _silence(alert: Alert, scene: Scene, now: datetime) -> Hold | None:
    found = silenced(alert.labels, scene.silences, now)
    return Hold(found.ends, f"silence {found.id} by {found.by}: {found.comment}") if found else None


def _inhibition(delivery: Delivery, alert: Alert, scene: Scene) -> Hold | None:
    if delivery.kind == "resolved" or not scene.inhibiting:
        return None
    found = inhibited(alert.labels, scene.inhibiting, scene.config.inhibit_rules)
    if found is None or found[1] == alert.id:
        return None
    rule, other = found
    return Hold(None, f"inhibited by {other}{f' ({rule.name})' if rule.name else ''}")


def _mute(way: Target | None, scene: Scene, now: datetime) -> Hold | None:
    if way is None or not (why := intervals.muted(way, scene.config.time_intervals, now)):
        return None
    return Hold(intervals.muted_until(way, scene.config.time_intervals, now), f"mute time: {why}")


def _quiet(receiver: Receiver, alert: Alert, scene: Scene, now: datetime) -> Hold | None:
    quiet = receiver.quiet_hours
    if quiet is None or (quiet.mode == "critical_only" and alert.severity is Severity.CRITICAL):
        return None
    known = [scene.config.time_intervals[name] for name in quiet.intervals]
    if not any(intervals.contains(one, now) for one in known):
        return None
    return Hold(intervals.until(known, now), f"quiet hours {', '.join(quiet.intervals)}")


def _slot(receiver: Receiver, scene: Scene, now: datetime) -> Hold:
    at = next_slot(receiver, zone(scene.config), now)
    return Hold(at, f"digest: {receiver.mode.replace('_', ' ')}")


def _catching_up(delivery: Delivery, scene: Scene) -> Hold | None:
    down = scene.catch_up
    if down is None or delivery.kind == "digest":
        return None
    if delivery.created is None or delivery.created < down.began:
        return None
    return Hold(down.began + CATCHING_UP, catch_up_reason(down))


def catch_up_reason(down: CatchUp) -> str:
    """ "catch-up after 9 h without running"."""
    hours = (down.began - down.since) / timedelta(hours=1)
    long = f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} h"
    return f"catch-up after {long} without running"


def _away(delivery: Delivery, scene: Scene, now: datetime) -> Hold | None:
    """The receiver takes nothing, or this message was tried and waits for its next attempt."""
    until = scene.away.get(delivery.receiver)
    if until is not None and now < until <= now + MOST_WAIT:
        return Hold(until, "" if delivery.error else "the receiver takes nothing now")
    again = delivery.next_attempt
    if delivery.attempts and delivery.error and again and now < again <= now + MOST_WAIT:
        return Hold(again, "")
    return None


def _timing(delivery: Delivery, way: Target, scene: Scene, now: datetime) -> Hold | None:
    """A new group waits for what else may come; one that was told lately is told again at its interval."""
    key = (delivery.receiver, delivery.group)
    first, last = scene.first.get(key, delivery.created), scene.last.get(key)
    if first is None or first > now:  # a clock that was ahead holds nothing back
        return None
    if last is not None and last <= now and first < last + way.group_interval:
        until, reason = last + way.group_interval, "group_interval"
    else:
        until, reason = first + way.group_wait, "group_wait"
    return Hold(until, reason) if now < until else None
