"""What a digest says below the judgements: what is blind, due, ending, false, held back or edited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from iwmon.alerts import words
from iwmon.alerts.digest_phrases import NO_JUDGEMENT, counted, some, title
from iwmon.alerts.digest_scene import Edit, kept_back
from iwmon.alerts.digest_view import View
from iwmon.model import Coverage

ENDING = timedelta(days=30)  # a horizon that is nearer is named
_FEW = 3  # lines of each kind


def tail_lines(view: View) -> list[str]:
    """Each begins with what it is about; [] where there is nothing. At most 26 lines."""
    return [
        *_limited(_blind(view), "iwmon status --coverage"),
        *_limited(_seeing(view), "iwmon status --coverage"),
        *_limited(_reviews(view), "iwmon judgement list"),
        *_limited(_horizons(view), "iwmon judgement list"),
        *_limited(_operator(view), "iwmon alerts list"),
        *_false_alarms(view),
        *_kept_back(view),
        *_limited(_edits(view), "iwmon status"),
    ]


def _limited(lines: Sequence[str], more: str) -> list[str]:
    """The first few lines, and how many more there are, with the command that shows them."""
    left = len(lines) - _FEW
    return [*lines[:_FEW], *([f"   and {left:,} more: {more}"] if left > 0 else [])]


def _blind(view: View) -> list[str]:
    """Whose silence means nothing now, and since when."""
    lines = []
    for judgement in view.blind:
        lost = [name for name in view.mine(judgement) if view.is_blind(name)]
        state = view.scene.states[lost[0]]
        since = f" since {view.at(state.coverage_since)}" if state.coverage_since else ""
        new = "Went blind" if view.scene.within(state.coverage_since) else "Still blind"
        why = f" ({words.safe(state.coverage_reason, 80)})" if state.coverage_reason else ""
        lines.append(
            f"{new}: {judgement.id.upper()}, {len(lost)} of {counted(len(judgement.indicators), 'indicator')}"
            f"{since}{view.acked('blind', judgement.id)}: {view.names(lost)}{why}"
        )
    return lines


def _seeing(view: View) -> list[str]:
    """What was blind in the period, or before, and sees again."""
    lines = []
    for judgement in view.unsettled:
        back = [name for name in view.mine(judgement) if not view.is_blind(name) and _recovered(view, name)]
        if back:
            lines.append(
                f"Sees again: {judgement.id.upper()}, {len(back)} of "
                f"{counted(len(judgement.indicators), 'indicator')}: {view.names(back)}"
            )
    return lines


def _recovered(view: View, indicator: str) -> bool:
    changes = view.scene.coverage.get(indicator, ())
    return any(one.before is Coverage.BLIND and view.scene.within(one.at) for one in changes)


def _reviews(view: View) -> list[str]:
    lines = []
    for judgement in view.due("review_due"):
        one, state = view.scene.assessments[judgement.id], view.scene.judgements.get(judgement.id)
        instead = f", {one.implied.term} does" if one.implied else ""
        asked = f"; asked {view.at(state.told_at)}" if state and state.told_term and state.told_at else ""
        seen = view.acked("review_due", judgement.id)
        lines.append(
            f"Review due: {judgement.id.upper()}, {words.safe(one.term, 60)} no longer fits{instead}"
            f"{asked}{seen}: iwmon judgement show {judgement.id}"
        )
    return lines


def _horizons(view: View) -> list[str]:
    """Those that have ended and want settling, and those that end soon; the first to end first."""
    now, found = view.scene.now, list[tuple[datetime, str]]()
    for one in view.unsettled:
        if one.horizon is None or one.horizon - now > ENDING:
            continue
        name, day = one.id.upper(), words.day(one.horizon, view.zone)
        if one.horizon <= now:
            seen = view.acked("expiry", one.id)
            said = f"Horizon ended: {name} on {day}{seen}: iwmon judgement resolve {one.id}"
        else:
            said = f"Horizon ends: {name} on {day}, {counted((one.horizon - now).days, 'day')} left"
        found.append((one.horizon, said))
    return [said for _, said in sorted(found, key=lambda one: one[0])]


def _operator(view: View) -> list[str]:
    """What concerns iwmon and no judgement: what is open, and what was told in the period."""
    told = {one.alert.id: one.alert for one in view.records if not one.resolved}
    told |= {one.alert.id: one.alert for one in view.open}
    mine = [alert for alert in told.values() if not alert.judgement and alert.kind != "digest"]
    return [f"About {NO_JUDGEMENT}: {title(one)}, {view.at(one.at)} [{one.id}]" for one in mine]


def _false_alarms(view: View) -> list[str]:
    names = {one.id for one in view.judgements}
    mine = [one for one in view.scene.false_alarms if one.judgement in names]
    since = sum(view.scene.within(one.at) for one in mine)
    month = sum(_month(one.at, view.zone) == _month(view.scene.until, view.zone) for one in mine)
    if not since and not month:
        return []
    return [
        f"False alarms, all their reports rejected: {since:,} since the last digest, {month:,} this month"
    ]


def _month(at: datetime, zone: tzinfo) -> tuple[int, int]:
    local = at.astimezone(zone)
    return local.year, local.month


def _kept_back(view: View) -> list[str]:
    """How many alerts of the period were not sent, by reason; the commonest first."""
    raised = (one for one in view.records if view.scene.within(one.alert.at))
    counts = kept_back(raised, view.receiver.id)
    if not counts:
        return []
    several = len(counts) > 1
    reasons = some(
        (f"{f'{many:,} ' if several else ''}{words.safe(why, 80)}" for why, many in counts.items()), 4
    )
    return [f"Not sent: {counted(sum(counts.values()), 'alert')} ({reasons})"]


def _edits(view: View) -> list[str]:
    """What people changed in the configuration, and what that did to reports that were stored already."""
    scene = view.scene
    edits = [f"Edited {view.at(one.at)}{_author(one)}" for one in scene.edits if scene.within(one.at)]
    came = [one for one in scene.rematches if scene.within(one.at)]
    return [*edits, *(words.safe(words.rematch_line(one, view.zone, scene.now), 300) for one in came)]


def _author(edit: Edit) -> str:
    by = f" by {words.safe(edit.by, 60)}" if edit.by else ""
    return f"{by}: {words.safe(edit.note, 120)}" if edit.note else by
