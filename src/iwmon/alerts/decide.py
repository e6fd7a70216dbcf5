"""Which changes are worth telling, and as what alert. Every alert carries the rule that fired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from iwmon.alerts import words
from iwmon.config import Config
from iwmon.coverage import View
from iwmon.model import (
    Alert,
    AlertKind,
    Coverage,
    CoverageChange,
    Delivery,
    Indicator,
    Level,
    Severity,
    Signal,
    Story,
    Verdict,
)
from iwmon.thresholds import falls_below

_SEVERITY = {Level.WATCH: Severity.WATCH, Level.WARNING: Severity.WARNING, Level.CRITICAL: Severity.CRITICAL}


@dataclass(frozen=True, slots=True)
class Change:
    """What one step did to one indicator."""

    indicator: Indicator
    told: Level  # what people were last told
    after: Level
    verdict: Verdict
    signals: Sequence[Signal]  # all that count now
    fresh: Sequence[Signal]  # new in this step
    first: bool  # the indicator had never been hit before
    waiting: bool  # some of its sources have not answered for the first time
    deferred: bool  # it waited, and now all have


def alert_id(*parts: object) -> str:
    """Ten hexadecimal digits from what the alert is about and when: the same in replay."""
    return sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:10]


def pages(change: Change, now: datetime) -> bool:
    """Whether there is evidence young enough to wake anybody.

    What the first polls of several feeds find is told once, when all of them have answered.
    """
    evidence = change.signals if change.deferred else change.fresh
    young = [s for s in evidence if now - s.as_of <= change.indicator.window]
    if change.waiting:
        young = [s for s in young if "history" not in s.flags]
    return bool(young)


def level_alert(
    change: Change, stories: Mapping[str, Story], view: View, config: Config, now: datetime
) -> Alert | None:
    """An alert for a level above what people were told, on fresh evidence; or for the first report ever.

    Evidence older than the indicator's window sets the state but never pages (a first poll of a
    feed is history); neither does a rise without new evidence (an edited threshold). Such a rise
    stays untold: the next fresh report tells it. None where there is nothing to tell.
    """
    indicator = change.indicator
    risen = change.after.rank > change.told.rank
    if not pages(change, now) or not (risen or change.first):
        return None
    judgement = config.judgements[indicator.judgement]
    kind: AlertKind = "level_up" if risen else "first_hit"
    identity = alert_id(kind, indicator.id, change.after, now.isoformat())
    if risen:
        title = words.level_title(indicator, judgement, change.told, change.after)
        falls = falls_below(indicator, change.after, change.signals, now)
        lowers = words.lowers_line(indicator, change.after, falls, config, now)
        why = change.verdict.reason
    else:
        title = words.first_hit_title(indicator, judgement)
        lowers = "it has not risen; one report of this weight stays below watch"
        why = f"the first report ever for this indicator; {change.verdict.reason}"
    text = words.level_text(
        indicator,
        judgement,
        change.verdict.groups,
        stories,
        change.signals,
        why=why,
        view=view,
        lowers=lowers,
        alert=identity,
        config=config,
        now=now,
    )
    return Alert(
        id=identity,
        kind=kind,
        severity=_SEVERITY[change.after] if risen else Severity.INFO,
        at=now,
        judgement=judgement.id,
        indicator=indicator.id,
        source="",
        before=change.told,
        after=change.after,
        title=title,
        text=text,
        why=why,
        stories=tuple(group.signal.story for group in change.verdict.groups),
    )


def coverage_alerts(
    changes: Sequence[CoverageChange], views: Mapping[str, View], config: Config, now: datetime
) -> tuple[Alert, ...]:
    """One alert a judgement for its indicators that went blind, and one for those that see again."""
    blind: dict[str, list[CoverageChange]] = {}
    seeing: dict[str, list[CoverageChange]] = {}
    for change in changes:
        judgement = config.indicators[change.indicator].judgement
        if change.after is Coverage.BLIND:
            blind.setdefault(judgement, []).append(change)
        elif change.before is Coverage.BLIND and change.after is not Coverage.WARMING_UP:
            seeing.setdefault(judgement, []).append(change)
    lost = [_coverage_alert("blind", j, group, views, config, now) for j, group in blind.items()]
    back = [
        _coverage_alert("coverage_recovered", j, group, views, config, now) for j, group in seeing.items()
    ]
    return (*lost, *back)


def _coverage_alert(
    kind: AlertKind,
    judgement_id: str,
    changes: Sequence[CoverageChange],
    views: Mapping[str, View],
    config: Config,
    now: datetime,
) -> Alert:
    judgement = config.judgements[judgement_id]
    count = f"{len(changes)} of {len(judgement.indicators)} indicators"
    lost = kind == "blind"
    title = f"BLIND: {count} without coverage" if lost else f"Coverage is back: {count} see again"
    names = [words.safe(config.indicators[c.indicator].name, 60) for c in changes]
    missing = {i: why for c in changes for i, why in views[c.indicator].missing}
    why = changes[0].reason
    lines = words.judgement_lines(judgement, ZoneInfo(config.settings.timezone), now)
    lines += ["", f"{'Blind' if lost else 'Seeing'}: {', '.join(names)}", f"Coverage: {why}"]
    if missing:
        lines += ["", "Not watching:", *words.missing_lines(missing, config)]
        if lost and not any(view.watching for view in views.values()):
            lines += ["No source at all is watching: look at this machine's own network first."]
    if lost:
        lines += [
            "",
            "Until this recovers, silence from these indicators means nothing.",
            "Sources and their faults: iwmon feeds list",
        ]
    identity = alert_id(kind, judgement_id, *(c.indicator for c in changes), now.isoformat())
    return Alert(
        id=identity,
        kind=kind,
        severity=Severity.WARNING if lost else Severity.INFO,
        at=now,
        judgement=judgement_id,
        indicator=changes[0].indicator if len(changes) == 1 else "",
        source="",
        before=changes[0].before,
        after=changes[0].after,
        title=title + words.subject(judgement),
        text="\n".join(lines),
        why=why,
    )


def config_error(problems: str, now: datetime) -> Alert:
    """An edit of the configuration was refused; the last good one is still in force."""
    text = f"{problems}\n\nThe last good configuration is still in force. Check your edit: iwmon check"
    return _operator("config_error", "The edited configuration has errors and is not in force", text, now)


def config_recovered(digest: str, now: datetime) -> Alert:
    """The configuration is valid again."""
    text = f"The configuration was read again and is in force (digest {digest[:12]})."
    return _operator("config_recovered", "The configuration is valid again", text, now, Severity.INFO)


def dead_letter(delivery: Delivery, alert: Alert, reason: str, now: datetime) -> Alert:
    """A message that its receiver will never take; told to somebody else."""
    text = "\n".join(
        [
            f"“{alert.title}” could not be delivered to {delivery.receiver}: {words.safe(reason)}",
            f"Given up for that receiver after {delivery.attempts} attempts "
            f"since {alert.at:%Y-%m-%d %H:%M} UTC.",
            "",
            "Mend the receiver in indicators.yaml. The alert itself:",
            "",
            alert.text,
        ]
    )
    title = f"UNDELIVERED to {delivery.receiver}: {alert.title}"
    severity = max(alert.severity, Severity.WARNING, key=tuple(Severity).index)
    return _operator("dead_letter", title, text, now, severity, delivery.id)


def _operator(
    kind: AlertKind,
    title: str,
    text: str,
    now: datetime,
    severity: Severity = Severity.WARNING,
    about: str = "",
) -> Alert:
    return Alert(
        id=alert_id(kind, about or now.isoformat()),
        kind=kind,
        severity=severity,
        at=now,
        judgement="",
        indicator="",
        source="",
        before="",
        after="",
        title=title,
        text=text,
        why=kind.replace("_", " "),
    )
