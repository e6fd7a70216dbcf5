"""How digests and lists put things: counts, times, an alert under the heading of its judgement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from iwmon.alerts import words
from iwmon.config import Config
from iwmon.model import Alert, Severity

_SEVERITIES = tuple(Severity)
NO_JUDGEMENT = "iwmon itself"  # the heading of what concerns no judgement


def counted(number: int, noun: str) -> str:
    """ "1 alert", "1,200 alerts"."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def some(names: Iterable[str], limit: int) -> str:
    """ "a, b and 3 more"."""
    known = list(names)
    more = f" and {len(known) - limit:,} more" if len(known) > limit else ""
    return f"{', '.join(known[:limit])}{more}"


def moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """A time in the reader's zone, as short as a phone likes it: "Tue 24 Nov 08:00"; with its year if old."""
    local = at.astimezone(zone)
    year = "" if local.year == now.astimezone(zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"


def beside(at: datetime, other: datetime, zone: tzinfo, now: datetime) -> str:
    """A time that stands beside another one: of the same day only "10:02"."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == other.astimezone(zone).date() else moment(at, zone, now)


def age(since: datetime, now: datetime) -> str:
    """An age that `--since` takes and that reaches back to `since`: "25h", "7d"."""
    hours = max(1, -((since - now) // timedelta(hours=1)))
    return f"{hours}h" if hours % 24 else f"{hours // 24}d"


def title(alert: Alert) -> str:
    """The alert's title without its judgement, which the heading says already."""
    return words.safe(alert.title, 160).removesuffix(f" ({alert.judgement.upper()})")


def heading(judgement: str, config: Config) -> str:
    """A judgement in its analyst's words."""
    known = config.judgements.get(judgement)
    if known is None:
        name = words.safe(judgement, 60).upper()
        return f"{name}: no longer configured" if name else NO_JUDGEMENT
    return f"{known.id.upper()}: {words.safe(known.statement, 160)}"


def weight(severity: Severity) -> int:
    """0 for info … 3 for critical."""
    return _SEVERITIES.index(severity)
