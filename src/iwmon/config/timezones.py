"""Names of time zones, and midnights in them."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from iwmon.config.problem import Place, Report, shown
from iwmon.config.scalars import Span


def zone(name: str) -> tzinfo | None:
    """The time zone of that IANA name, or None."""
    if name == "UTC":  # also where no time zone database is installed
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a folder
        return None


def check_timezone(name: str, key: str, place: Place, report: Report) -> tzinfo:
    """The time zone; UTC and a complaint when there is none of that name."""
    found = zone(name)
    if found is None:
        hint = report.suggest(name, available_timezones(), "write a name like Europe/Warsaw or UTC")
        report.error(place, f"{key}: there is no time zone {shown(name)}", hint)
    return found or UTC


def midnight(day: date, where: tzinfo) -> datetime:
    """The first moment of a day in a time zone, as a UTC datetime."""
    return datetime.combine(day, time(), where).astimezone(UTC)


def deadline(made_on: date, horizon: Span | date) -> date:
    """The day that a horizon ends on: a month later is the same day of the next month, or its last."""
    if isinstance(horizon, date):
        return horizon
    months = made_on.year * 12 + made_on.month - 1 + horizon.months
    year, month = divmod(months, 12)
    day = min(made_on.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, day) + timedelta(days=horizon.days)
