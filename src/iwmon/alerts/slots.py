"""When digests are due: every slot has a moment and a key of its own, also on nights when the clocks change.

A slot is a time that the wall clock shows, in the zone of the settings. One that the clocks skip comes at the
first minute that exists after it; one that comes twice counts the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from iwmon.model import Receiver

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_NEAR = 2  # days: a zone can skip a whole one


def slot(receiver: Receiver, zone: tzinfo, now: datetime) -> tuple[str, datetime]:
    """(key, moment in UTC) of the latest slot at or before `now` (aware).

    The key, "2026-10-25T08:00", has the time that the slot is meant for: unique at its receiver, and later
    ones sort higher. It does not name the receiver, who may be renamed. ValueError for a receiver without
    digests (realtime).
    """
    found = [(at, key) for at, key in _slots(receiver, zone, now) if at <= now]
    at, key = max(found)
    return key, at


def next_slot(receiver: Receiver, zone: tzinfo, now: datetime) -> datetime:
    """The moment, in UTC, of the first slot after `now` (aware). ValueError as for `slot`."""
    return min(at for at, _ in _slots(receiver, zone, now) if at > now)


def _slots(receiver: Receiver, zone: tzinfo, now: datetime) -> Iterator[tuple[datetime, str]]:
    """(moment, key) of all slots near `now`: at least one before it, and one after it."""
    if receiver.mode == "realtime":
        raise ValueError(f"{receiver.id} is told at once: it has no digests")
    reach = _NEAR + (7 if receiver.mode == "weekly" else 0)
    today = now.astimezone(zone).date()
    for number in range(-reach, reach + 1):
        day = today + number * _DAY
        if receiver.mode == "weekly" and day.isoweekday() != receiver.weekday:
            continue
        for at in _times(receiver):
            wall = datetime.combine(day, at)
            yield _moment(wall, zone), wall.isoformat(timespec="minutes")


def _times(receiver: Receiver) -> tuple[time, ...]:
    """The times of day; those of twice_daily are 12 hours apart on the clock."""
    if receiver.mode != "twice_daily":
        return (receiver.at,)
    later = datetime.combine(date.min, receiver.at) + timedelta(hours=12)
    return receiver.at, later.time()


@lru_cache(maxsize=1024)  # asked of each delivery that a digest will carry, at each pass
def _moment(wall: datetime, zone: tzinfo) -> datetime:
    """When the clocks of the zone first show this time, or the first minute after it that they do show."""
    while True:
        at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) == wall:
            return at
        wall += _MINUTE
