"""Why an indicator is at its level and not higher, and what would lower it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from iwmon import coverage, thresholds
from iwmon.alerts.words import safe
from iwmon.cli import arithmetic, board, reasons, show, why_absence, why_surge
from iwmon.cli.desk import Desk
from iwmon.cli.matching import hits
from iwmon.coverage import View
from iwmon.model import Indicator, IndicatorState, Item, Level, LevelChange, Match, Signal, Verdict
from iwmon.pipeline import levels
from iwmon.stored import AlertRecord
from iwmon.thresholds import Backdrop
from iwmon.thresholds.settling import EXIT, RESTLESS, RESTLESS_WITHIN

_LATEST = 5
_ALERTS = 100  # of the judgement, among which the indicator's newest are looked for


@dataclass(frozen=True, slots=True)
class Sight:
    """An indicator's evidence, and what it is seen against, at a moment."""

    state: IndicatorState  # as the last step left it
    ticked: IndicatorState  # the same, its clocks set to now
    signals: tuple[Signal, ...]
    view: View
    backdrop: Backdrop
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class IndicatorReasons:
    """An indicator now: its stored state, what the evidence says at this moment, and what would move it."""

    state: IndicatorState
    verdict: Verdict
    origins: tuple[reasons.Origin, ...]
    uncounted: tuple[reasons.Uncounted, ...]
    ladder: tuple[reasons.Rung, ...]
    surge: why_surge.SurgeReasons | None
    absence: why_absence.AbsenceReasons | None
    next_level: Level | None
    more_reports: reasons.More | None  # that would reach next_level
    fall: reasons.Fall | None
    view: View
    latest: tuple[tuple[Item, Match], ...]
    changes: tuple[LevelChange, ...]
    alerts: tuple[AlertRecord, ...]


def sight(desk: Desk, indicator: Indicator) -> Sight:
    """What a step at `desk.now` that brings nothing new would see."""
    store, now = desk.store, desk.now
    signals = tuple(store.signals(indicator.id))
    state = store.states().get(indicator.id, IndicatorState(indicator.id))
    standings = coverage.standings(desk.config.sources.values(), store.health(), now)
    own = coverage.collectors(indicator, desk.config.sources.values())
    view = coverage.of_indicator(indicator, own, standings, signals)
    volumes = levels.Total(own, store.volumes())
    ticked, backdrop = levels.against(indicator, state, volumes, view.share, store.last_step_at(), now)
    verdict = thresholds.decide(indicator, signals, now, backdrop=backdrop)
    return Sight(state, ticked, signals, view, backdrop, verdict)


def read(desk: Desk, indicator: Indicator) -> IndicatorReasons:
    """Computed from what is stored, at `desk.now`."""
    store, now, seen = desk.store, desk.now, sight(desk, indicator)
    state, verdict, signals = seen.state, seen.verdict, seen.signals
    stories = desk.stories(signals)
    above = _above(indicator, state.level)
    alerts = store.alerts(judgement=indicator.judgement, limit=_ALERTS)
    surging = indicator.type == "surge"
    return IndicatorReasons(
        state=state,
        verdict=verdict,
        origins=reasons.origins(verdict.groups, indicator, stories, now),
        uncounted=reasons.uncounted(verdict, signals, indicator, stories, now),
        ladder=reasons.ladder(indicator, verdict.groups),
        surge=why_surge.read(indicator, signals, now, seen.backdrop) if surging else None,
        absence=(
            why_absence.read(indicator, seen.ticked, verdict, seen.backdrop)
            if indicator.type == "absence"
            else None
        ),
        next_level=above,
        more_reports=reasons.would_reach(indicator, above, signals, now, seen.backdrop) if above else None,
        fall=reasons.fall(indicator, state, signals, now, seen.backdrop),
        view=seen.view,
        latest=tuple(store.items_matching(indicator.id, _LATEST)),
        changes=tuple(store.changes(indicator.id, _LATEST)),
        alerts=tuple(a for a in alerts if a.alert.indicator == indicator.id)[:_LATEST],
    )


def _above(indicator: Indicator, level: Level) -> Level | None:
    if level is Level.CRITICAL or indicator.type == "absence":
        return None
    return list(Level)[level.rank + 1]


def explain(desk: Desk, indicator: Indicator) -> None:
    """Why it is at its level and not higher, what would lower it, who covers it, what came last."""
    found = read(desk, indicator)
    if desk.json:
        show.emit(document(indicator, found))
        return
    level = str(found.state.level)
    title = ((indicator.id, "bold"), "  ", (safe(indicator.name), "bold"), "  ")
    desk.say(show.line(*title, (level.upper(), show.style(level))), 0)
    judgement = desk.config.judgements[indicator.judgement]
    desk.say(f"{judgement.id.upper()}: {safe(judgement.statement)}")
    effect = indicator.effect.replace("_", " ")
    desk.say(
        f"It observes: {safe(indicator.observes or indicator.name)}. Effect: {effect}. "
        f"Test: {indicator.type}; kind: {indicator.kind}."
    )
    _print_why(desk, indicator, found)
    _print_higher(desk, found)
    _print_fall(desk, indicator, found)
    _print_coverage(desk, found.view)
    arithmetic.print_uncounted(desk, found.uncounted)
    _print_latest(desk, found)
    desk.head("What it looks for")
    for language, query in indicator.queries.items():
        desk.say(f"{language or 'any language'}: {' '.join(query.split())}")
    if not indicator.queries:
        desk.say("nothing: it has no query")


def _print_why(desk: Desk, indicator: Indicator, found: IndicatorReasons) -> None:
    state, verdict = found.state, found.verdict
    desk.head(f"Why it is at {state.level}")
    since = f"since {desk.clock(state.since)}" if state.since else "as it always was"
    desk.say(f"{state.level} {since}: {state.reason or verdict.reason}")
    desk.say(f"the evidence alone says now: {verdict.level}")
    _print_held(desk, indicator, found)
    for note in verdict.notes:
        desk.say(f"Beware: {safe(note)}")
    arithmetic.print_origins(desk, found.origins)
    if found.surge:
        if found.origins:
            arithmetic.print_counting(desk, found.origins)
        why_surge.explain(desk, found.surge, verdict.activation)
    elif found.absence:
        names = {name: one.name for name, one in desk.config.indicators.items()}
        why_absence.explain(desk, found.absence, names)
    else:
        arithmetic.print_sum(desk, found.origins, verdict.activation)
        arithmetic.print_ladder(desk, found.ladder)


def _print_held(desk: Desk, indicator: Indicator, found: IndicatorReasons) -> None:
    """Hysteresis: what is held though the evidence is too little, since when and until when."""
    state, week = found.state, show.span(RESTLESS_WITHIN)
    if state.level.rank > found.verdict.level.rank:
        since = f" since {desk.clock(state.falling_since)}" if state.falling_since else ""
        until = f", until {desk.clock(found.fall.ends)}" if found.fall else ""
        desk.say(
            f"{state.level} is held{since}{until}: a level is left when the evidence was below "
            f"{EXIT:g} of what enters it for all of {show.span(indicator.hold)}"
        )
    if state.unstable:
        moved = f"it moved {len(state.transitions)} times in {week}, more than {RESTLESS}"
        desk.say(f"Unstable: {moved}, so the higher level is held")


def _print_higher(desk: Desk, found: IndicatorReasons) -> None:
    above = found.next_level
    if above is None:
        return
    desk.head(f"Why it is not at {above}")
    rung = next((rung for rung in found.ladder if rung.level is above), None)
    if rung is None:
        desk.say(found.verdict.reason)
    elif rung.reached:
        desk.say(f"{above} needs {rung.needs}, and has it now: the next step raises it")
    else:
        desk.say(f"{above} needs {rung.needs}; missing: {rung.missing}")
    more = found.more_reports
    if more is None:
        return
    reports = "1 more report" if more.reports == 1 else f"{more.reports} more reports, each"
    told = f"{reports} by another origin with a newsroom of its own, of reliability B and in a title,"
    if more.other_sides:
        told += f" {more.other_sides} of them from another side,"
    # A surge's level comes from its counts alone: its activation only follows.
    makes = "" if found.surge is not None else f"make the activation {more.activation:.2f} and "
    desk.say(f"{told} would {makes}reach it.")


def _print_fall(desk: Desk, indicator: Indicator, found: IndicatorReasons) -> None:
    if found.state.level is Level.QUIET:
        return
    desk.head("What would lower it")
    if indicator.type == "absence":
        desk.say("The next report of it: that ends the silence at once.")
        return
    desk.say("A person who rejects a report (iwmon review), or a denial by the accused, which halves it.")
    if found.fall is None:
        desk.say("Nothing by itself: this evidence holds until it is reversed.")
        return
    level, hold = found.state.level, show.span(indicator.hold)
    begins, ends = desk.clock(found.fall.begins), desk.clock(found.fall.ends)
    desk.say(
        f"Without a further report, the evidence is too little for {level} from {begins}. "
        f"When that has lasted {hold}, at {ends}, it falls to {found.fall.to}."
    )


def _print_coverage(desk: Desk, view: View) -> None:
    desk.head("Who is watching")
    desk.say(show.line((view.reason, show.style(view.coverage))))
    rows: list[tuple[Text | str, ...]] = [(Text(name, "bold"), safe(why, 200)) for name, why in view.missing]
    show.table(desk.out, rows, 4)


def _print_latest(desk: Desk, found: IndicatorReasons) -> None:
    desk.head("Latest items that matched")
    for item, match in found.latest:
        source = desk.config.sources.get(item.source)
        name = safe(source.name if source else item.source, 60)
        desk.say(f"{desk.clock(item.first_seen)}  {name}: {safe(item.entry.title)}")
        desk.say(f"in the {match.where}: {hits(match)}", 4)
    if not found.latest:
        desk.say("none yet")
    if found.changes:
        desk.head("How it moved")
    for change in found.changes:
        moved = f"{change.before} → {change.after}"
        desk.say(f"{desk.clock(change.at)}  {moved}, activation {change.activation:.2f}")
    for record in found.alerts:
        desk.say(f"{desk.clock(record.alert.at)}  alert {record.alert.id}: iwmon explain {record.alert.id}")


def document(indicator: Indicator, found: IndicatorReasons) -> dict[str, object]:
    """An indicator for --json."""
    return {
        "explains": "indicator",
        "indicator": board.indicator_document(indicator, found.state)
        | {"judgement": indicator.judgement, "type": indicator.type, "queries": indicator.queries},
        "activation_now": found.verdict.activation,
        "level_now": found.verdict.level,
        "reason_now": found.verdict.reason,
        "notes": found.verdict.notes,
        "held": {
            "falling_since": found.state.falling_since,
            "unstable": found.state.unstable,
            "transitions": found.state.transitions,
        },
        "origins": found.origins,
        "uncounted": found.uncounted,
        "surge": found.surge,
        "absence": found.absence,
        "ladder": found.ladder,
        "next_level": found.next_level,
        "more_reports": found.more_reports,
        "fall": found.fall,
        "coverage": {
            "coverage": found.view.coverage,
            "share": found.view.share,
            "watching": found.view.watching,
            "missing": [{"source": name, "why": why} for name, why in found.view.missing],
        },
        "latest": [
            {
                "item": item.id,
                "source": item.source,
                "title": item.entry.title,
                "first_seen": item.first_seen,
                "where": match.where,
                "words": match.words,
            }
            for item, match in found.latest
        ],
        "changes": found.changes,
        "alerts": [record.alert.id for record in found.alerts],
    }
