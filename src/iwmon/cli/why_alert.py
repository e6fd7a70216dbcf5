"""Why an alert fired: the message, every number behind it as it was, what became of it, who was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from iwmon import thresholds
from iwmon.alerts.words import safe
from iwmon.cli import arithmetic, reasons, show, told
from iwmon.cli.desk import Desk
from iwmon.model import GroupWeight, Indicator, IndicatorState, Level, LevelChange, Review, Signal, Story
from iwmon.pipeline.evidence import UNJUDGED, judged
from iwmon.stored import AlertRecord, AssessmentRecord

_SAME = 5e-7  # activations that differ by less are the same number, written and read again
_STATUS: Mapping[str, Literal["auto", "confirmed", "rejected"]] = {
    "confirm": "confirmed",
    "reject": "rejected",
    "restore": "auto",
}


@dataclass(frozen=True, slots=True)
class Since:
    """What has become of it since."""

    level: Level
    activation: float
    since: datetime | None
    changes: tuple[LevelChange, ...]  # after the alert, newest first
    denied: tuple[Story, ...]  # its reports that were denied after it
    reviews: tuple[Review, ...]  # of its reports, after it


@dataclass(frozen=True, slots=True)
class AlertReasons:
    """The numbers behind an alert, at its own time."""

    origins: tuple[reasons.Origin, ...]
    activation: float  # of these origins at the alert's time
    recorded: float | None  # as the step wrote it down
    ladder: tuple[reasons.Rung, ...]
    forgotten: int  # reports behind the alert that have since decayed out of memory
    assessed: AssessmentRecord | None  # the judgement on that day
    since: Since | None
    config_digest: str | None


def read(desk: Desk, record: AlertRecord) -> AlertReasons:
    """Computed anew from what is stored, by the functions that decided."""
    alert, indicator = record.alert, desk.config.indicators.get(record.alert.indicator)
    step = next(desk.store.recorded(alert.at, alert.at + timedelta(microseconds=1)), None)
    digest = step.config_digest if step else None
    day = alert.at.date().isoformat()
    series = desk.store.assessments(alert.judgement) if alert.judgement else []
    assessed = next((one for one in series if one.day == day), None)
    if indicator is None:
        return AlertReasons((), 0.0, None, (), 0, assessed, None, digest)
    signals = [s for s in desk.store.signals(indicator.id) if s.story in alert.stories]
    stories = desk.stories(signals)
    reviews = [r for s in stories.values() for item in s.items for r in desk.store.reviews(item)]
    then = [_as_it_was(desk, s, stories[s.story], reviews, alert.at) for s in signals]
    groups = _groups(indicator, then, alert.at)
    changes = desk.store.changes(indicator.id, 200)
    change = next((c for c in changes if c.at == alert.at), None)
    counted = indicator.type in ("occurrence", "count")
    return AlertReasons(
        origins=reasons.origins(groups, indicator, stories, alert.at),
        activation=thresholds.activation(groups),
        recorded=change.activation if change and counted else None,
        ladder=reasons.ladder(indicator, groups) if groups else (),
        forgotten=len(alert.stories) - len(signals),
        assessed=assessed,
        since=_since(desk, indicator, changes, stories, reviews, alert.at),
        config_digest=digest,
    )


def _groups(indicator: Indicator, signals: Sequence[Signal], at: datetime) -> tuple[GroupWeight, ...]:
    """The origins of these reports at a moment; without what a surge or an absence is seen against."""
    counted, more = thresholds.by_group(thresholds.counting(signals), reasons.half_life(indicator), at)
    return (*counted, *more)


def _as_it_was(desk: Desk, signal: Signal, story: Story, reviews: Sequence[Review], at: datetime) -> Signal:
    """The signal without what was denied or said of it after `at`."""
    if story.denied_at is not None and story.denied_at > at:
        signal = replace(signal, contested="", halved=False)
    own = [r for r in reviews if r.item in story.items and r.indicator in ("", signal.indicator)]
    if any(review.at > at for review in own):
        source = desk.config.sources.get(signal.source)
        first = (source.credibility if source else None) or UNJUDGED
        signal = replace(signal, status="auto", credibility=first, reviewed_by="", note="")
        for review in sorted((r for r in own if r.at <= at), key=lambda r: r.at):
            status = _STATUS.get(review.action, signal.status)
            restored = first if review.action == "restore" else signal.credibility
            grade = restored if review.credibility is None else review.credibility
            signal = replace(
                signal, status=status, credibility=grade, reviewed_by=review.by, note=review.note
            )
    return judged(signal)


def _since(
    desk: Desk,
    indicator: Indicator,
    changes: Sequence[LevelChange],
    stories: Mapping[str, Story],
    reviews: Sequence[Review],
    at: datetime,
) -> Since:
    state = desk.store.states().get(indicator.id, IndicatorState(indicator.id))
    return Since(
        level=state.level,
        activation=state.activation,
        since=state.since,
        changes=tuple(change for change in changes if change.at > at),
        denied=tuple(s for s in stories.values() if s.denied_at is not None and s.denied_at > at),
        reviews=tuple(sorted((r for r in reviews if r.at > at), key=lambda r: r.at)),
    )


def explain(desk: Desk, record: AlertRecord) -> None:
    """The message, then the numbers, what became of it, and who was told."""
    found, alert = read(desk, record), record.alert
    if desk.json:
        show.emit({"explains": "alert", "alert": told.document(record), "reasons": found})
        return
    told.message(desk.out, record)
    if not found.origins and not found.forgotten:
        desk.head("The rule")
        desk.say(alert.why)
        if alert.indicator and alert.indicator not in desk.config.indicators:
            desk.say(f"The indicator {alert.indicator} is no longer configured: only its text is left.")
    else:
        desk.head("The numbers, at the time of the alert")
        arithmetic.print_origins(desk, found.origins)
        indicator = desk.config.indicators[alert.indicator]
        if indicator.type == "surge":
            arithmetic.print_counting(desk, found.origins)
        elif alert.kind != "contested":
            arithmetic.print_sum(desk, found.origins, found.activation)
            _print_difference(desk, found)
            arithmetic.print_ladder(desk, found.ladder)
        desk.say(f"rule: {alert.why}")
    _print_judgement(desk, record, found)
    if found.since:
        _print_since(desk, found.since, found)
    told.trail(desk.out, record, desk.zone, desk.now)
    if found.config_digest:
        desk.say(f"configuration {found.config_digest[:12]}")


def _print_difference(desk: Desk, found: AlertReasons) -> None:
    """Where what is stored is no longer what the alert was decided on."""
    if found.forgotten:
        were = show.count(found.forgotten, "report behind it has", "reports behind it have")
        desk.say(f"{were} since decayed below {thresholds.FORGET} and left the memory: the rule has the sum.")
    elif found.recorded is not None and abs(found.recorded - found.activation) > _SAME:
        desk.say(
            f"When the alert was raised it was {found.recorded:.6f}. Since then one of these reports was "
            "carried more prominently, or the indicator was edited: the numbers above are today's."
        )


def _print_judgement(desk: Desk, record: AlertRecord, found: AlertReasons) -> None:
    """What the judgement stood at on that day."""
    day, name = found.assessed, record.alert.judgement
    if day is None:
        return
    desk.head(f"{name.upper()} on that day")
    implied = day.implied_term or "nothing"
    spread = f", range {day.terms[0]} to {day.terms[-1]}" if len(day.terms) > 1 else ""
    desk.say(f"analyst's term: {safe(day.term)}; implied at the end of {day.day} (UTC): {implied}{spread}")
    if day.p is not None and day.low is not None and day.high is not None and day.alone is not None:
        desk.say(
            f"the arithmetic behind the words, not the analyst's estimate: time alone {day.alone:.6f}, "
            f"p {day.p:.6f}, low {day.low:.6f}, high {day.high:.6f}"
        )
    if name in desk.config.judgements:
        desk.say(f"every number of it now: iwmon explain {name}")


def _print_since(desk: Desk, since: Since, found: AlertReasons) -> None:
    desk.head("What has become of it")
    begun = f" since {desk.clock(since.since)}" if since.since else ""
    desk.say(f"now {since.level}{begun}, activation {since.activation:.6f}")
    for change in since.changes:
        moved = f"{change.before} → {change.after}, activation {change.activation:.6f}"
        desk.say(f"{desk.clock(change.at)}  {moved}", 4)
    for story in since.denied:
        title = next((o.title for o in found.origins if o.story == story.id), story.id)
        halved = ", which halves it" if story.halved else "; its weight stands"
        desk.say(
            f"{desk.clock(story.denied_at)}  {safe(story.denied_by, 60)} denied “{safe(title)}”{halved}", 4
        )
    for review in since.reviews:
        grade = f", credibility {review.credibility}" if review.credibility is not None else ""
        note = f": {safe(review.note)}" if review.note else ""
        desk.say(f"{desk.clock(review.at)}  {review.action}{grade} by {safe(review.by, 60)}{note}", 4)
