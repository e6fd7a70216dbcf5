"""The numbers of a judgement: what time and evidence make of the analyst's term (method.md §2, roll-up).

Nowhere else are there decimals of a probability: here they are, headed so that nobody takes them for the
analyst's estimate. What is said at the end is said in the yardstick's terms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.text import Text

from iwmon import assess, coverage, yardsticks
from iwmon.alerts.words import safe
from iwmon.cli import board, show, told
from iwmon.cli.desk import Desk
from iwmon.model import Assessment, Contribution, Implied, IndicatorState, Judgement, JudgementState, Ruling
from iwmon.stored import AlertRecord, AssessmentRecord
from iwmon.yardsticks import Band

_LATEST = 5
_DAYS = 14  # of the series of assessments
_DAY = timedelta(days=1)
_SHARES = {0.5: "½", 1.0: "1", 1.5: "1½"}


@dataclass(frozen=True, slots=True)
class Group:
    """The indicators that are not independent of each other: together they move so much."""

    group: str
    parts: tuple[Contribution, ...]  # by rank
    total: float  # Σ value, nats
    capped: float  # within ±ln 10


@dataclass(frozen=True, slots=True)
class Corner:
    """One calculation of the range: an edge or the middle of the band, and a scale of the log ratios."""

    edge: str  # low, mid, high
    prior: float
    alone: float  # p_h
    scale: float
    evidence: float  # nats, after all caps
    p: float


@dataclass(frozen=True, slots=True)
class JudgementReasons:
    """What is implied, and every number that made it."""

    assessment: Assessment
    state: JudgementState
    term: str | None
    made_on: datetime
    band: Band | None  # None: the term is no word of the yardstick
    yardstick: str
    total_days: float | None  # made_on … horizon
    remaining_days: float | None
    groups: tuple[Group, ...]
    corners: tuple[Corner, ...]  # the middle at scale 1 first
    implied: Implied | None
    series: tuple[AssessmentRecord, ...]  # one a day, oldest first
    rulings: tuple[Ruling, ...]
    alerts: tuple[AlertRecord, ...]


def read(desk: Desk, judgement: Judgement) -> JudgementReasons:
    """Computed by the functions that decide, from the activations of the last step."""
    store, config, now = desk.store, desk.config, desk.now
    remembered = store.judgement_states()
    state = remembered.get(judgement.id, JudgementState(judgement.id))
    standings = coverage.standings(config.sources.values(), store.health(), now)
    signals = {name: store.signals(name) for name in judgement.indicators}
    ((assessment, _),) = assess.board(
        config, store.states(), standings, now, remembered, signals, only={judgement.id}
    )
    term, made_on = assess.effective(judgement, state)
    yardstick = config.settings.yardstick
    band = yardsticks.band(term, yardstick) if term and yardsticks.known(term, yardstick) else None
    implied, horizon = assessment.implied, judgement.horizon
    return JudgementReasons(
        assessment=assessment,
        state=state,
        term=term,
        made_on=made_on,
        band=band,
        yardstick=yardstick,
        total_days=(horizon - made_on) / _DAY if horizon else None,
        remaining_days=(horizon - now) / _DAY if horizon else None,
        groups=_groups(implied.contributions) if implied else (),
        corners=_corners(judgement, band, made_on, implied, now) if band and implied else (),
        implied=implied,
        series=tuple(store.assessments(judgement.id)[-_DAYS:]),
        rulings=tuple(store.rulings(judgement.id)),
        alerts=tuple(store.alerts(judgement=judgement.id, limit=_LATEST)),
    )


def _groups(parts: Sequence[Contribution]) -> tuple[Group, ...]:
    found = []
    for name in dict.fromkeys(part.group for part in parts):
        own = sorted((p for p in parts if p.group == name), key=lambda p: -p.discount)
        total = math.fsum(part.value for part in own)
        found.append(Group(name, tuple(own), total, max(-assess.GROUP_CAP, min(assess.GROUP_CAP, total))))
    return tuple(found)


def _corners(
    judgement: Judgement, band: Band, made_on: datetime, implied: Implied, now: datetime
) -> tuple[Corner, ...]:
    edges = [("low", band.low, s) for s in assess.SCALES] + [("high", band.high, s) for s in assess.SCALES]
    found = []
    for edge, prior, scale in [("mid", band.mid, 1.0), *edges]:
        alone = assess.elapsed(judgement, prior, made_on, now)
        nats = assess.evidence(implied.contributions, scale)
        found.append(Corner(edge, prior, alone, scale, nats, _moved(alone, nats)))
    return tuple(found)


def _moved(p: float, nats: float) -> float:
    """p after a move in log-odds; what is certain is not moved."""
    if p <= 0 or p >= 1:
        return p
    return 1 / (1 + math.exp(-(math.log(p / (1 - p)) + nats)))


# ---------------------------------------------------------------- for people


def explain(desk: Desk, judgement: Judgement) -> None:
    """Its board with every indicator, what is implied and by which numbers, and how it will be settled."""
    found = read(desk, judgement)
    states = desk.store.states()
    lines = tuple(
        (desk.config.indicators[name], states.get(name, IndicatorState(name)))
        for name in judgement.indicators
    )
    entry = board.Entry(judgement, found.assessment, lines)
    if desk.json:
        show.emit(document(entry, found))
        return
    board.judgement_block(desk.out, entry, desk.zone, desk.now, everything=True)
    _print_term(desk, found)
    if found.implied and found.band:
        _print_numbers(desk, judgement, found, found.implied, found.band)
    desk.head("What it says")
    desk.say(found.assessment.reason or "nothing is implied")
    if found.implied:
        for line in assess.contribution_lines(found.implied, desk.config.indicators):
            desk.say(f"• {safe(line, 400)}")
    if found.assessment.action == "review_due":
        desk.say("Review due. iwmon never changes the analyst's judgement.")
    _print_series(desk, found)
    if judgement.resolution.criteria:
        desk.head("How it will be settled")
        desk.say(safe(judgement.resolution.criteria, 1000))
    if judgement.alternatives:
        desk.head("What else could happen")
        for one in judgement.alternatives:
            desk.say(f"• {safe(one.statement, 500)}")
    desk.head("Latest alerts")
    for record in found.alerts:
        told.summary(desk.out, record, desk.zone, desk.now)
    if not found.alerts:
        desk.say("none yet")


def _print_term(desk: Desk, found: JudgementReasons) -> None:
    desk.head("The analyst's term")
    if not found.term:
        desk.say("none is set: there is nothing to compare the evidence with")
        return
    scale = yardsticks.TITLES[found.yardstick]
    desk.say(f"{safe(found.term)}, since {desk.clock(found.made_on)}, by the {scale} yardstick")
    for ruling in found.rulings:
        what = " ".join(word for word in (ruling.action, ruling.term, ruling.outcome) if word)
        why = f": {safe(ruling.rationale)}" if ruling.rationale else ""
        desk.say(f"{desk.clock(ruling.at)}  {safe(what)} by {safe(ruling.by, 60)}{why}", 4)


def _print_numbers(
    desk: Desk, judgement: Judgement, found: JudgementReasons, implied: Implied, band: Band
) -> None:
    desk.head("The arithmetic behind the words (not the analyst's estimate)")
    desk.say(f"the band of {band.term}: {band.low:g} to {band.high:g}, middle {band.mid:g}")
    _print_time(desk, judgement, found, implied)
    desk.say("activations are those of the last step; Δa = a − baseline, which the term already priced")
    for part in implied.contributions:
        desk.say(
            f"• {part.indicator} ({safe(part.group, 60)}): Δa {part.activation:.6f} − {part.baseline:.6f}, "
            f"× ln LR {part.log_ratio:+.6f}, × {part.discount:g} (rank in its group) = {part.value:+.6f} nats"
        )
    if not implied.contributions:
        desk.say("no indicator has moved since the term was set")
    for group in found.groups:
        cap = "" if group.total == group.capped else f", capped at {group.capped:+.6f}"
        desk.say(f"group {safe(group.group, 60)}: {group.total:+.6f}{cap}")
    summed = math.fsum(group.capped for group in found.groups)
    capped = "" if math.isclose(summed, implied.evidence) else f", capped at ±{assess.EVIDENCE_CAP:g}"
    desk.say(f"all evidence: {summed:+.6f}{capped} = {implied.evidence:+.6f} nats")
    _print_range(desk, found, implied)


def _print_time(desk: Desk, judgement: Judgement, found: JudgementReasons, implied: Implied) -> None:
    if judgement.kind != "event_by" or found.total_days is None or found.remaining_days is None:
        desk.say(f"time alone: {implied.alone:.6f} ({judgement.kind}: elapsed time changes nothing)")
    elif desk.now <= found.made_on:
        desk.say(f"time alone: {implied.alone:.6f} (the term is of this moment or later)")
    else:
        desk.say(
            f"time alone: 1 − (1 − {implied.prior:g})^({found.remaining_days:.6f} d / "
            f"{found.total_days:.6f} d) = {implied.alone:.6f}, that is {implied.alone_term}"
        )


def _print_range(desk: Desk, found: JudgementReasons, implied: Implied) -> None:
    desk.say("p = 1 / (1 + exp(−(logit(time alone) + evidence))), with the log ratios × ½, 1 and 1½:")
    rows: list[tuple[Text | str, ...]] = []
    for corner in found.corners:
        marks = [
            name
            for name, value in (("p", None), ("low", implied.low), ("high", implied.high))
            if (value is None and corner.edge == "mid")
            or (value is not None and math.isclose(corner.p, value, abs_tol=1e-12))
        ]
        mark = f" ← {', '.join(marks)}" if marks else ""
        rows.append(
            (
                f"{corner.edge} {corner.prior:g}",
                f"× {_SHARES[corner.scale]}",
                f"time alone {corner.alone:.6f}, evidence {corner.evidence:+.6f}: {corner.p:.6f}{mark}",
            )
        )
    show.table(desk.out, rows, 4)
    desk.say(f"low {implied.low:.6f}, p {implied.p:.6f}, high {implied.high:.6f}")
    desk.say(f"nearest term of p: {implied.term}; terms of the range: {', '.join(implied.terms)}")


def _print_series(desk: Desk, found: JudgementReasons) -> None:
    if not found.series:
        return
    desk.head("Day by day")
    for day in found.series:
        terms = f" (range: {day.terms[0]} to {day.terms[-1]})" if len(day.terms) > 1 else ""
        desk.say(f"{day.day}  {day.implied_term or 'nothing implied'}{terms}; analyst: {safe(day.term)}")


def document(entry: board.Entry, found: JudgementReasons) -> dict[str, object]:
    """A judgement for --json."""
    return {
        "explains": "judgement",
        "judgement": board.judgement_document(entry),
        "reasons": {
            "note": "decimals are the arithmetic behind the words, not the analyst's estimate",
            "term": found.term,
            "made_on": found.made_on,
            "yardstick": found.yardstick,
            "band": found.band,
            "total_days": found.total_days,
            "remaining_days": found.remaining_days,
            "groups": found.groups,
            "corners": found.corners,
            "implied": found.implied,
            "action": found.assessment.action,
            "reason": found.assessment.reason,
            "state": found.state,
            "series": found.series,
            "rulings": found.rulings,
        },
        "alerts": [told.document(a) for a in found.alerts],
    }
