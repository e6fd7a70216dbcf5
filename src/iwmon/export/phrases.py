"""How a report's times, days and numbers are said to people."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from iwmon.model import Coverage, Effect


def moment(when: datetime, zone: ZoneInfo) -> str:
    """A time in the analyst's zone, named: "10 Oct 2022 14:02 CEST". A report is read years later."""
    local = when.astimezone(zone)
    return f"{local.day} {local:%b} {local.year} {local:%H:%M %Z}"


def day(when: date | str) -> str:
    """A date: "10 Oct 2022"."""
    found = date.fromisoformat(when) if isinstance(when, str) else when
    return f"{found.day} {found:%b} {found.year}"


def days(first: date | str, last: date | str) -> str:
    """ "10 Oct 2022", or "10 Oct 2022 to 3 Nov 2022"."""
    return day(first) if str(first) == str(last) else f"{day(first)} to {day(last)}"


def count(number: int, noun: str, plural: str = "") -> str:
    """ "1 item", "20,410 items"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def effect(word: Effect) -> str:
    """ "strongly supports"."""
    return word.replace("_", " ")


def coverage(word: Coverage) -> str:
    """ "warming up"."""
    return word.replace("_", " ")


def terms(spanned: tuple[str, ...]) -> str:
    """ "likely", or "unlikely to likely"."""
    return " to ".join(dict.fromkeys((spanned[0], spanned[-1]))) if spanned else ""
