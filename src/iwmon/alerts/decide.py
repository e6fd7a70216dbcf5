"""Which changes are worth telling, and as what alert. Every alert carries the rule that fired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from iwmon.alerts import words
from iwmon.config import Config
from iwmon.coverage import View
from iwmon.model import (
    REMATCHED,
    Alert,
    AlertKind,
    Coverage,
    CoverageChange,
    Delivery,
    Indicator,
    IndicatorState,
    Judgement,
    Level,
    Severity,
    Signal,
    Story,
    Verdict,
)
from iwmon.thresholds import NOTHING, Backdrop, corroborating, decide, falls_below

_SEVERITY = {
    Level.QUIET: Severity.INFO,
    Level.WATCH: Severity.WATCH,
    Level.WARNING: Severity.WARNING,
    Level.CRITICAL: Severity.CRITICAL,
}
AGAIN_AFTER = timedelta(hours=24)  # the same level is told again no sooner (method.md §2, alert discipline)
AGAIN_RISE = 0.15  # of the activation; or an independent origin that is new
SURGE_NEWS = timedelta(days=2)  # a finished day is judged on the day after it


@dataclass(frozen=True, slots=True)
class Change:
    """What one step did to one indicator."""

    indicator: Indicator
    before: IndicatorState
    after: IndicatorState
    verdict: Verdict
    signals: Sequence[Signal]  # all that are evidence now
    fresh: Sequence[Signal]  # those of them that are new in this step
    waiting: bool  # some of its sources have not answered for the first time
    backdrop: Backdrop = NOTHING

    @property
    def first(self) -> bool:
        """Nothing had ever been reported, or nobody has been told of it yet."""
        return not self.before.ever_hit or self.before.deferred

    @property
    def answered(self) -> bool:
        """It waited for sources to answer for the first time, and now all have."""
        return self.before.deferred and not self.waiting


def alert_id(*parts: object) -> str:
    """Ten hexadecimal digits from what the alert is about and when: the same in replay."""
    return sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:10]


def pages(change: Change, now: datetime) -> bool:
    """Whether there is evidence young enough to wake anybody.

    What the first polls of several feeds find is told once, when all of them have answered. A silence
    is its own evidence; a day that was too loud is known when it is over. What an edited query found among
    stored items wakes nobody: a day that is too loud by it alone is told with its next report.
    """
    indicator = change.indicator
    if indicator.type == "absence":
        return True
    live = [s for s in change.signals if REMATCHED not in s.flags]
    evidence = change.fresh
    if change.answered or indicator.type == "surge":
        evidence = [*live, *(s for s in change.fresh if REMATCHED in s.flags)]
    reach = SURGE_NEWS if indicator.type == "surge" and not change.answered else indicator.window
    young = [s for s in evidence if now - s.as_of <= reach]
    if change.waiting:
        young = [s for s in young if "history" not in s.flags]
    if young and indicator.type == "surge" and not change.fresh and len(live) < len(change.signals):
        alone = decide(indicator, live, now, backdrop=change.backdrop).level
        return change.answered or alone.rank > change.before.told.rank
    return bool(young)


def kind_of(change: Change, now: datetime) -> AlertKind | None:
    """As what a change is worth telling; None where it is not.

    A level above what people were told; the first report ever; or the same level again, after 24 h, with
    an origin that is new or an activation that is .15 higher. Evidence older than the indicator's window
    sets the state but never pages (a first poll of a feed is history); neither does a rise without new
    evidence (an edited threshold). Such a rise stays untold: the next fresh report tells it.
    """
    if not pages(change, now):
        return None
    if change.after.level.rank > change.before.told.rank:
        return "level_up"
    if change.indicator.type == "absence":
        return None  # a report of what is expected is no news
    if change.first and (change.fresh or change.answered):
        return "first_hit"
    if change.fresh and _again(change, now):
        return "again"
    return None


def _again(change: Change, now: datetime) -> bool:
    before, level = change.before, change.after.level
    if level is Level.QUIET or level is not before.told or before.told_at is None:
        return False
    if timedelta(0) <= now - before.told_at < AGAIN_AFTER:  # a clock that was ahead once is not believed
        return False
    risen = change.verdict.activation >= before.told_activation + AGAIN_RISE
    # One origin in the place of another, from the same newsroom, is no corroboration.
    groups = _groups(change.verdict)
    return risen or (bool(groups - before.told_groups) and len(groups) > len(before.told_groups))


def _groups(verdict: Verdict) -> frozenset[str]:
    return frozenset(group.group for group in corroborating(verdict.groups))


def told(change: Change, alert: Alert | None, now: datetime) -> IndicatorState:
    """The indicator's state, with what people have been told by now."""
    before, state = change.before, change.after
    if alert is None:
        lower = min(before.told, state.level, key=lambda level: level.rank)
        waits = change.waiting and (before.deferred or bool(change.fresh))
        if (state.told, state.deferred) == (lower, waits):
            return state
        return replace(state, told=lower, deferred=waits)
    return replace(
        state,
        told=state.level,
        deferred=False,
        told_at=now,
        told_activation=change.verdict.activation,
        told_groups=_groups(change.verdict),
    )


def level_alert(
    change: Change, stories: Mapping[str, Story], view: View, assessed: str, config: Config, now: datetime
) -> Alert | None:
    """The alert for a change of an indicator, or None where there is nothing to tell.

    `assessed` says what it means for the judgement; "" where it has not been assessed.
    """
    kind = kind_of(change, now)
    if kind is None:
        return None
    indicator, level = change.indicator, change.after.level
    judgement = config.judgements[indicator.judgement]
    identity = alert_id(kind, indicator.id, level, now.isoformat())
    if kind == "first_hit":
        title = words.first_hit_title(indicator, judgement)
        lowers = "it has not risen; one report of this weight stays below watch"
        why = f"the first report ever for this indicator; {change.verdict.reason}"
    else:
        again = kind == "again"
        title = words.level_title(indicator, judgement, level if again else change.before.told, level)
        falls = falls_below(indicator, level, change.signals, now, change.backdrop)
        lowers = words.lowers_line(indicator, level, falls, config, now)
        why = f"{_more(change)}; {change.verdict.reason}" if again else change.verdict.reason
    text = words.level_text(
        indicator,
        judgement,
        change.verdict,
        stories,
        change.signals,
        why=why,
        view=view,
        lowers=lowers,
        unstable=change.after.unstable,
        assessed=assessed,
        alert=identity,
        config=config,
        now=now,
    )
    return Alert(
        id=identity,
        kind=kind,
        severity=Severity.INFO if kind == "first_hit" else _SEVERITY[level],
        at=now,
        judgement=judgement.id,
        indicator=indicator.id,
        source="",
        before=change.before.told,
        after=level,
        title=title,
        text=text,
        why=why,
        stories=tuple(group.signal.story for group in change.verdict.groups),
    )


def _more(change: Change) -> str:
    """What is new since the level was told."""
    new = [g for g in corroborating(change.verdict.groups) if g.group not in change.before.told_groups]
    if new:
        named = ", ".join(words.voice(group) for group in new[:3])
        return (
            f"still {change.after.level}, with {'a new origin' if len(new) == 1 else 'new origins'}: {named}"
        )
    return f"still {change.after.level}, and the evidence has grown since it was told"


def contested_alert(
    reports: Sequence[tuple[Signal, Story]], indicator: Indicator, config: Config, now: datetime
) -> Alert:
    """Reports that count are denied. `reports`: each signal as it stood before, with its story after."""
    judgement = config.judgements[indicator.judgement]
    signal, story = max(reports, key=lambda pair: (pair[0].weight, pair[0].story))
    identity = alert_id("contested", indicator.id, story.denial, now.isoformat())
    many = len(reports) > 1
    halved = f"{'their weight is' if many else 'its weight is'} halved, since the denier is the accused"
    stands = f"{'their weight stands' if many else 'its weight stands'}"
    why = f"denied by {words.safe(story.denied_by, 60)}; {halved if story.halved else stands}"
    zone = ZoneInfo(config.settings.timezone)
    text = [
        *words.judgement_lines(judgement, zone, now),
        f"The sign: {words.safe(indicator.name, 80)}",
        "",
        *words.item_lines(1, signal, zone, now),
        *([f"   and {len(reports) - 1} more that it denies"] if many else []),
        "",
        f"Why: {why}",
        "A denial is not disproof: what others report still counts.",
        f"Your own verdict: iwmon review {signal.item} --confirm | --reject",
        f"Every number: iwmon explain {indicator.id}",
    ]
    return Alert(
        id=identity,
        kind="contested",
        severity=Severity.INFO,
        at=now,
        judgement=judgement.id,
        indicator=indicator.id,
        source=signal.source,
        before="",
        after="contested",
        title=f"CONTESTED: {words.safe(indicator.name, 80)} is denied{words.subject(judgement)}",
        text="\n".join(text),
        why=why,
        stories=tuple(one.id for _, one in reports),
    )


def judgement_alert(
    kind: AlertKind,
    judgement: Judgement,
    state: str,
    title: str,
    lines: Sequence[str],
    why: str,
    config: Config,
    now: datetime,
) -> Alert:
    """An alert about a judgement as a whole: a review that is due, a horizon that has passed, a digest."""
    zone = ZoneInfo(config.settings.timezone)
    text = [*words.judgement_lines(judgement, zone, now), "", *lines]
    return Alert(
        id=alert_id(kind, judgement.id, state, now.isoformat()),
        kind=kind,
        severity=Severity.WARNING if kind == "review_due" else Severity.INFO,
        at=now,
        judgement=judgement.id,
        indicator="",
        source="",
        before="",
        after=state,
        title=f"{title}{words.subject(judgement)}",
        text="\n".join(text),
        why=why,
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
        elif change.before is Coverage.BLIND and _sees(change, views[change.indicator]):
            seeing.setdefault(judgement, []).append(change)
    lost = [_coverage_alert("blind", j, group, views, config, now) for j, group in blind.items()]
    back = [
        _coverage_alert("coverage_recovered", j, group, views, config, now) for j, group in seeing.items()
    ]
    return (*lost, *back)


def _sees(change: CoverageChange, view: View) -> bool:
    """Whether it is covered again; without a baseline a surge indicator is still warming up."""
    return change.after is not Coverage.WARMING_UP or view.baseline


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
    over, tried = delivery.kind == "resolved", delivery.attempts
    times = f"after {tried} {words.plural(tried, 'attempt')}" if tried else "without an attempt"
    what = f"The end of “{alert.title}”" if over else f"“{alert.title}”"
    since = f"{delivery.created or alert.at:%Y-%m-%d %H:%M} UTC"
    lines = [
        f"{what} could not be delivered to {delivery.receiver}: {words.safe(reason)}",
        f"Given up for that receiver {times}; it had waited since {since}.",
        "",
        "Mend the receiver in indicators.yaml.",
    ]
    if over:  # nobody is to be woken for what is no more
        lines.append(f"The alert is over. Its whole story: iwmon alerts show {alert.id}")
    else:
        lines[-1] += " The alert itself:"
        lines += ["", alert.text]
    text = "\n".join(lines)
    title = f"UNDELIVERED to {delivery.receiver}: {'RESOLVED: ' if over else ''}{alert.title}"
    least = Severity.WARNING
    severity = least if over else max(alert.severity, least, key=tuple(Severity).index)
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
