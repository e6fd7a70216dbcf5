"""How `iwmon diff` shows what differs: by judgement and indicator, the sentence last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from iwmon.alerts.words import link, safe
from iwmon.cli import show
from iwmon.config import Config
from iwmon.model import Level
from iwmon.replay.compare import LOUD, Change, Difference, Part, Responsible, Sight, length, sentence

_SIGNS = {"added": ("+", "green"), "removed": ("−", "red"), "moved": ("~", "yellow")}
_SIDES = {"new": "+ ", "old": "− ", "both": "  "}
_STANDINGS = {
    "lost": "watches no more",
    "missing": "does not watch",
    "back": "watches again",
    "old_only": "is a source of the old file only",
    "new_only": "is a source of the new file only",
}
_ALERTS, _REPORTS = 20, 3  # shown of an indicator; of an alert, and as many sources


def tell(out: Console, found: Difference, notes: Sequence[str], config: Config) -> None:
    """For a person: what changes, then what to beware of, and the whole in a sentence."""
    zone = ZoneInfo(config.settings.timezone)
    for judgement, parts in groupby(found.parts, key=lambda part: part.judgement):
        known = config.judgements.get(judgement)
        gone = "  not in the new file" if judgement else ""
        what = f"  {known.statement}" if known else gone
        show.say(out, show.line((judgement or "iwmon itself", "bold"), what))
        for part in parts:
            _part(out, part, zone)
        out.print()
    for note in notes:
        show.say(out, f"note: {safe(note, 500)}")
    if found.unchanged and found.parts:
        reworded = f", {found.reworded} with other words" if found.reworded else ""
        show.say(out, f"{show.count(found.unchanged, 'alert')} as before{reworded}")
    said = sentence(found)
    show.say(out, show.line((f"{said[0].upper()}{said[1:]}.", "bold")))


def _part(out: Console, part: Part, zone: ZoneInfo) -> None:
    if part.indicator:
        status = {"new": ", new", "gone": ", gone", "renamed": f", was {part.was}"}.get(part.status, "")
        counts = [
            (f"  {sign}{part.count(kind)}", style)
            for kind, (sign, style) in _SIGNS.items()
            if part.count(kind)
        ]
        show.say(out, show.line((part.indicator, "bold"), f": {part.name}{status}", *counts), 2)
    for change in part.changes[:_ALERTS]:
        _change(out, change, zone)
    if len(part.changes) > _ALERTS:
        show.say(out, f"… and {len(part.changes) - _ALERTS} more; --json has them all", 4)
    if part.relevelled:
        show.say(out, f"levels: {_levels(part)}", 4)


def _change(out: Console, change: Change, zone: ZoneInfo) -> None:
    sign, colour = _SIGNS[change.kind]
    alert = change.raised.alert
    local = alert.at.astimezone(zone)
    when = f"{local.day} {local:%b %Y %H:%M %Z}"
    if change.kind == "moved":
        way = "later" if change.by > timedelta(0) else "earlier"
        when = f"{when}, {length(abs(change.by))} {way}"
    show.say(out, show.line((f"{sign} {when}", colour), f"  {alert.title}"), 4)
    for one in change.responsible[:_REPORTS]:
        show.say(out, _report(one), 8)
    if len(change.responsible) > _REPORTS:
        show.say(out, f"  and {show.count(len(change.responsible) - _REPORTS, 'more report')}", 8)
    for sight in change.sights[:_REPORTS]:
        show.say(out, _sight(sight), 8)
    if len(change.sights) > _REPORTS:
        show.say(out, f"  and {show.count(len(change.sights) - _REPORTS, 'more source')}", 8)
    if not change.responsible and not change.sights:
        show.say(out, f"  {safe(alert.why, 300)}", 8)  # a horizon, a silence, a digest


def _report(one: Responsible) -> Text:
    evidence = one.evidence
    words = ", ".join(safe(word, 40) for word in evidence.words)
    publisher = safe(evidence.publisher, 60)
    return show.line(f"{_SIDES[one.side]}“{safe(evidence.title, 120)}” ({publisher}: {words})")


def _sight(one: Sight) -> Text:
    sign = {"old_only": "− ", "new_only": "+ "}.get(one.standing, "  ")
    why = f": {safe(one.why, 120)}" if one.why else ""
    return show.line(f"{sign}{safe(one.name, 60)} {_STANDINGS[one.standing]}{why}")


def _levels(part: Part) -> str:
    """ "watch 12 → 15.5 days, warning 0 → 2.1 days"."""
    return ", ".join(
        f"{level} {_days(part.before, level)} → {_days(part.after, level)} days"
        for level in LOUD
        if part.before.get(level) != part.after.get(level)
    )


def _days(spent: Mapping[Level, timedelta], level: Level) -> str:
    return f"{spent.get(level, timedelta(0)) / timedelta(days=1):.1f}"


def document(found: Difference, notes: Sequence[str]) -> dict[str, Any]:
    """For --json: everything, uncut."""
    return {
        "ok": True,
        "since": found.since,
        "until": found.until,
        "sentence": sentence(found),
        "added": found.added,
        "removed": found.removed,
        "moved": found.moved,
        "unchanged": found.unchanged,
        "reworded": found.reworded,
        "edited": found.edited,
        "items": found.items,
        "notes": list(notes),
        "parts": [
            {
                "judgement": part.judgement or None,
                "indicator": part.indicator or None,
                "name": part.name,
                "status": part.status,
                "was": part.was or None,
                "changes": [_document(change) for change in part.changes],
                "days": {
                    str(level): {
                        "before": part.before.get(level, timedelta(0)) / timedelta(days=1),
                        "after": part.after.get(level, timedelta(0)) / timedelta(days=1),
                    }
                    for level in LOUD
                },
            }
            for part in found.parts
        ],
    }


def _document(change: Change) -> dict[str, Any]:
    alert = change.raised.alert
    return {
        "change": change.kind,
        "at": alert.at,
        "later": change.by,
        "kind": alert.kind,
        "severity": alert.severity,
        "level": alert.after,
        "title": alert.title,
        "why": alert.why,
        "reports": [
            {
                "side": one.side,
                "title": one.evidence.title,
                "url": link(one.evidence.url),
                "publisher": one.evidence.publisher,
                "seen": one.evidence.seen,
                "words": one.evidence.words,
            }
            for one in change.responsible
        ],
        "sources": [
            {"source": one.source, "name": one.name, "standing": one.standing, "why": one.why}
            for one in change.sights
        ],
    }
