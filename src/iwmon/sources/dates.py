"""Dates as feeds write them → aware UTC. Strict: a date that could mean two things is no date.

feedparser's own readings are not used: it takes 2024-W10-1 for 1 November, 2024-070 for 1 July,
2024-02-30 for 1 March, 1710034200 for the year 1710 and 10000-01-01 for 2010 (6.0.14, measured).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_ISO = re.compile(
    r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?"
    r"(?:[Tt\s]\s*(\d{1,2}):?(\d{2})(?::?(\d{1,2})(?:[.,]\d{1,9})?)?\s*([A-Za-z]{1,5}|[+-]\d{1,2}(?::?\d{1,2})?)?)?"
)
_WORDY = re.compile(
    r"(?:[^\W\d_]{2,12}\.?,?\s+)?"  # the weekday is not believed, only skipped
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[\s-]+([^\W\d_]{3,12})\.?|([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?),?"
    r"(?:[\s-]+(\d{4}|\d{2}),?)?"
    r"(?:\s+(\d{1,2}):(\d{2})(?::(\d{1,2})(?:\.\d{1,9})?)?\s*(am|pm)?)?"
    r"(?:\s*([A-Za-z]{1,5})?\s*([+-]\d{1,2}:?\d{2})?)?"
    r"(?:\s+(\d{4}))?"  # asctime has the year last
    r"(?:\s+\([^()]{0,40}\))?",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"\d{9,10}|\d{12,13}")

# Beginnings of month names in English and in what servers with another locale send instead.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene янв січ сту sty",
            "feb fév fev лют фев lut",
            "mar mär мар бер сак",
            "apr avr abr апр кві кра kwi",
            "may mai maj май мая тра",
            "jun juin июн чер чэр cze",
            "jul juil июл лип ліп lip",
            "aug aoû ago авг сер жні sie",
            "sep set сен вер wrz",
            "oct okt out окт жов кас paź",
            "nov ноя лис ліс lis",
            "dec dez déc dic дек гру сне gru",
        ),
        start=1,
    )
    for name in names.split()
}
_ZONES = {  # minutes east of Greenwich
    zone: minutes
    for minutes, zones in (
        (0, "Z UT UTC GMT WET"),
        (60, "BST WEST CET MET"),
        (120, "CEST EET"),
        (180, "EEST MSK"),
        (-240, "EDT"),
        (-300, "EST CDT"),
        (-360, "CST MDT"),
        (-420, "MST PDT"),
        (-480, "PST"),
        (480, "HKT"),
        (540, "JST KST"),
        (600, "AEST"),
        (660, "AEDT"),
    )
    for zone in zones.split()
}


def moment(raw: str) -> datetime | None:
    """The instant that `raw` names, in UTC, if it is one between 1970 and 2100; else None.

    Reads ISO 8601 calendar dates, RFC 822 and what is close to it, asctime and Unix epochs. A missing or
    unknown zone counts as UTC; weekdays are not checked.
    """
    text = " ".join(raw[:200].split())
    try:
        when = _epoch(text) or _iso(text) or _wordy(text)
    except (ValueError, OverflowError):  # 30 February, hour 25, the year 0 in some zone
        return None
    return when if when is not None and 1970 <= when.year < 2100 else None


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    seconds = int(text) / (1000 if len(text) > 10 else 1)
    return datetime.fromtimestamp(seconds, UTC)


def _iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text)
    if not match or (match[2] is None and match[4] is None and len(text) != 4):
        return None
    if len(text) == 6 and text.isdigit():  # 202403 or 24-03-02 without hyphens: two readings
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    return _instant(year, month, day, match[4], match[5], match[6], _offset(match[7] or ""))


def _wordy(text: str) -> datetime | None:
    match = _WORDY.fullmatch(text)
    if not match:
        return None
    month = _month(match[2] or match[3])
    written = match[5] or match[12]
    if month is None or not written:
        return None
    year = int(written)
    if len(written) == 2:  # RFC 2822, section 4.3
        year += 2000 if year < 50 else 1900
    hour = match[6]
    if hour and match[9]:
        if not 1 <= int(hour) <= 12:
            return None
        hour = str(int(hour) % 12 + (12 if match[9].lower() == "pm" else 0))
    zone = _offset(match[11]) if match[11] else _offset(match[10] or "")
    return _instant(year, month, int(match[1] or match[4]), hour, match[7], match[8], zone)


def _month(name: str) -> int | None:
    name = name.casefold()
    return _MONTHS.get(name[:4]) or _MONTHS.get(name[:3])


def _offset(zone: str) -> timedelta:
    """East is positive. "+02", "+2:00", "-0500", "CEST"; anything else is UTC."""
    if zone[:1] not in ("+", "-"):
        return timedelta(minutes=_ZONES.get(zone.upper(), 0))
    digits = zone[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    if ":" in zone:
        hours, minutes = zone[1:].split(":")
    size = timedelta(hours=int(hours), minutes=int(minutes))
    if size > timedelta(hours=18):
        raise ValueError(zone)
    return size if zone[0] == "+" else -size


def _instant(
    year: int, month: int, day: int, hour: str | None, minute: str | None, second: str | None, zone: timedelta
) -> datetime:
    h, m, s = int(hour or 0), int(minute or 0), int(second or 0)
    if h == 24 and m == 0 and s == 0:  # ISO 8601's end of day
        return datetime(year, month, day, tzinfo=UTC) + timedelta(days=1) - zone
    leap = timedelta(seconds=1) if s == 60 else timedelta()  # a leap second is the next second's start
    return datetime(year, month, day, h, m, 59 if s == 60 else s, tzinfo=UTC) + leap - zone
