"""What `iwmon status` shows: the store's state beside the configuration's words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from iwmon import assess, coverage, model
from iwmon.alerts.words import day, rematch_line, safe
from iwmon.cli import judgements, show
from iwmon.cli.call import Call
from iwmon.config import Config
from iwmon.model import (
    Assessment,
    Coverage,
    FeedState,
    Indicator,
    IndicatorState,
    Item,
    Judgement,
    Level,
    Rematched,
)
from iwmon.store import Store
from iwmon.stored import ConfigStatus

_REMATCH_SHOWN = timedelta(days=1)
_UNWATCHED = timedelta(minutes=15)  # or twice the poll interval, for those who poll from cron


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source as the board counts it."""

    id: str
    name: str
    state: FeedState
    watching: bool
    why: str  # "" while it watches


@dataclass(frozen=True, slots=True)
class Entry:
    """One judgement on the board, with the state of each of its indicators."""

    judgement: Judgement
    assessment: Assessment
    indicators: tuple[tuple[Indicator, IndicatorState], ...]
    outcome: str = ""  # how it was settled; "" = open
    unproven: frozenset[str] = frozenset()  # indicators that never matched, and that no example proves


@dataclass(frozen=True, slots=True)
class Board:
    """All that `iwmon status` tells, as of `at`."""

    at: datetime
    last_step: datetime | None
    unwatched: bool  # nobody has taken a step for too long: levels are old news
    judgements: tuple[Entry, ...]
    sources: tuple[SourceLine, ...]
    counts: dict[str, int]
    config_digest: str
    config: ConfigStatus
    config_error: str  # of the file on disk; "" when it is right
    rematched: Rematched | None = None  # the last one, for a day: nobody was alerted of what it did


def read(config: Config, store: Store, error: str, now: datetime) -> Board:
    """The board from what is stored. Standings are judged at `now`: a source may have gone stale since."""
    states, health, last = store.states(), store.health(), store.last_step_at()
    remembered = store.judgement_states()
    standings = coverage.standings(config.sources.values(), health, now)
    entries = []
    for assessment, _ in assess.board(config, states, standings, now, remembered):
        judgement = config.judgements[assessment.judgement]
        lines = tuple(
            (config.indicators[name], states.get(name, IndicatorState(name))) for name in judgement.indicators
        )
        outcome = assess.outcome(judgement, remembered.get(judgement.id))
        doubtful = frozenset(i.id for i, state in lines if unproven(config, i, state))
        entries.append(Entry(judgement, assessment, lines, outcome, doubtful))
    sources = tuple(
        SourceLine(
            source.id,
            source.name,
            coverage.feed_state(source, health.get(source.id), now),
            standings[source.id].watching,
            standings[source.id].reason,
        )
        for source in config.sources.values()
    )
    came = store.last_rematch()
    patience = max(_UNWATCHED, 2 * config.settings.poll_interval)
    return Board(
        at=now,
        last_step=last,
        unwatched=last is None or now - last > patience,
        judgements=tuple(entries),
        sources=sources,
        counts=store.counts(),
        config_digest=config.digest,
        config=store.config_status(),
        config_error=error,
        rematched=came if came and now - came.at <= _REMATCH_SHOWN else None,
    )


def unproven(config: Config, indicator: Indicator, state: IndicatorState) -> bool:
    """method.md §2: it never matched, and no example of its own shows that its query finds anything."""
    if state.ever_hit or not indicator.queries:
        return False
    return not any(_finds(config, indicator, text) for text in indicator.examples.match)


def _finds(config: Config, indicator: Indicator, text: str) -> bool:
    item = Item("example", "", model.Entry("example", "", text), datetime.fromtimestamp(0, UTC))
    return any(match.indicator == indicator.id for match in config.matcher.match(item))


def run(call: Call, now: datetime, *, everything: bool) -> None:
    """Read the board and print it."""
    with call.store() as store:
        config, error = call.config_in_force(store)
        board = read(config, store, error, now)
    if call.json:
        show.emit(document(board))
        return
    out = show.console()
    zone = ZoneInfo(config.settings.timezone)
    heading(out, board, zone)
    for entry in board.judgements:
        out.print()
        judgement_block(out, entry, zone, now, everything=everything)
    faulty(out, board.sources)


# ---------------------------------------------------------------- for people


def heading(out: Console, board: Board, zone: ZoneInfo) -> None:
    """What the board as a whole rests on: the last step, sources, deliveries, configuration."""
    now = board.at
    blind = ("NOT WATCHING", show.style("blind"))
    if board.last_step is None:
        show.say(out, show.line(blind, ": no step was taken yet. Start with: iwmon run"))
    else:
        last = (
            f"the last step was {show.ago(board.last_step, now)} ({show.clock(board.last_step, zone, now)})"
        )
        gone = show.line(blind, f": {last}. The levels below are as they were then. Start with: iwmon run")
        show.say(out, gone if board.unwatched else f"Watching; {last}.")
    tally = Counter(line.state for line in board.sources)
    states = ", ".join(f"{tally[state]} {state}" for state in FeedState if tally[state])
    show.say(out, f"{show.count(len(board.sources), 'source')}: {states or 'none'}.")
    pending, dead = board.counts["deliveries_pending"], board.counts["deliveries_dead"]
    alerts = board.counts["alerts_open"]
    aside = [
        f"{number} {word}"
        for word in ("acknowledged", "suppressed")
        if (number := board.counts[f"alerts_{word}"])
    ]
    of_them = f", {' and '.join(aside)} of them" if aside else ""
    show.say(out, f"{show.count(alerts, 'open alert')}{of_them}.")
    waiting = f"{show.count(pending, 'delivery', 'deliveries')} pending"
    lost = (f", {dead} dead: iwmon alerts list", "bold red") if dead else ""
    show.say(out, show.line(waiting, lost, "."))
    if board.config_error or board.config.error:
        refused = ("The configuration on disk has errors", "bold red")
        show.say(out, show.line(refused, ": the last good one is in force. See: iwmon check"))
    elif board.config.digest and board.config.digest != board.config_digest:
        show.say(out, "The configuration on disk is not in force yet: a running iwmon takes it up by itself.")
    elif board.config.since:
        since = show.clock(board.config.since, zone, now)
        show.say(out, f"Configuration {board.config_digest[:12]} in force since {since}.")
    if board.rematched:
        show.say(out, f"{rematch_line(board.rematched, zone, now)}.")


def judgement_block(out: Console, entry: Entry, zone: ZoneInfo, now: datetime, *, everything: bool) -> None:
    """One judgement, and those of its indicators that say something."""
    judgement, assessment = entry.judgement, entry.assessment
    show.say(out, show.line((judgement.id.upper(), "bold"), "  ", (safe(judgement.statement), "bold")))
    until = "" if entry.outcome else f"; {horizon(judgement, zone, now)}"
    show.say(out, f"Analyst's term: {safe(assessment.term)}{until}", 2)
    for line in judgements.implied_lines(assessment):
        show.say(out, line, 2)
    for action in judgements.action_lines(judgement.id, assessment, entry.outcome):
        show.say(out, action, 2)
    watching = f"{assessment.watching} of {show.count(assessment.sources, 'source')} watching"
    show.say(out, show.line(*_highest(entry), f"; {watching}"), 2)
    told = [pair for pair in entry.indicators if everything or speaks(pair[1])]
    told.sort(key=lambda pair: -pair[1].level.rank)
    blind: dict[str, list[str]] = {}
    for indicator, state in told:
        if sees_nothing(state):
            blind.setdefault(state.coverage_reason, []).append(indicator.id)
        else:
            indicator_lines(out, indicator, state, zone, now, unproven=indicator.id in entry.unproven)
    for reason, names in blind.items():
        show.say(out, show.line(("BLIND", show.style("blind")), f"  {reason}"), 2)
        show.say(out, ", ".join(names), 4)
    rest = [pair for pair in entry.indicators if not (everything or speaks(pair[1]))]
    if rest:
        show.say(out, f"{'and ' if told else ''}{len(rest)} quiet{_seen_by(rest)}", 2)
    if entry.unproven:
        doubtful = ", ".join(name for name in judgement.indicators if name in entry.unproven)
        show.say(out, f"unproven, never matched and without a passing example: {doubtful}", 2)


def _highest(entry: Entry) -> tuple[str | tuple[str, str], ...]:
    """The highest level, with its colour; no word of quiet where nothing can be seen."""
    total, blind = len(entry.indicators), sum(s.coverage is Coverage.BLIND for _, s in entry.indicators)
    level = str(entry.assessment.highest)
    if entry.assessment.highest is Level.QUIET and blind == total > 0:
        return (("blind", show.style("blind")), ": no indicator has coverage")
    but = f", but {blind} of {total} indicators blind" if blind else ""
    return ("highest level ", (level, show.style(level)), but)


def _seen_by(quiet: list[tuple[Indicator, IndicatorState]]) -> str:
    """How far the quiet ones can be believed: ": no reporting, 9 of 10 sources watching"."""
    states = [state for _, state in quiet]
    words = {Coverage.PARTIAL: "with partial coverage", Coverage.WARMING_UP: "warming up"}
    # A surge that is quiet is reported as often as ever.
    usual = any(indicator.type == "surge" for indicator, _ in quiet)
    none = "no reporting beyond the usual" if usual else "no reporting"
    said = [none] if not any(state.activation for state in states) else []
    reasons = {state.coverage_reason for state in states}
    if len(reasons) == 1 and "" not in reasons:
        return f": {', '.join([*said, *reasons])}"
    tally = Counter(state.coverage for state in states)
    said += [
        f"{'all' if tally[coverage] == len(states) else f'{tally[coverage]} of them'} {word}"
        for coverage, word in words.items()
        if tally[coverage]
    ]
    return f": {', '.join(said)}" if said else ""


def speaks(state: IndicatorState) -> bool:
    """Whether an indicator has something to say: a level, or that it sees nothing."""
    return state.level is not Level.QUIET or state.coverage is Coverage.BLIND


def sees_nothing(state: IndicatorState) -> bool:
    """Whether it is blind and would say quiet: it must not."""
    return state.level is Level.QUIET and state.coverage is Coverage.BLIND


def indicator_lines(
    out: Console,
    indicator: Indicator,
    state: IndicatorState,
    zone: ZoneInfo,
    now: datetime,
    *,
    unproven: bool = False,
) -> None:
    """An indicator: its level, since when, on how much, who covers it, and what to beware of."""
    word = str(state.level)
    show.say(
        out,
        show.line(
            (word.upper(), show.style(word)),
            "  ",
            (safe(indicator.name, 80), "bold"),
            f"  {indicator.id}",
        ),
        2,
    )
    facts = [_evidence(indicator, state)]
    if state.since:
        facts.append(f"since {show.clock(state.since, zone, now)}")
    if indicator.effect.endswith("against"):
        facts.append(f"speaks {indicator.effect.replace('_', ' ')} the judgement")
    facts.append(state.coverage_reason or coverage_word(state.coverage))
    if unproven:
        facts.append("unproven")
    show.say(out, "; ".join(facts), 4)
    if state.unstable:
        words = ": it moved more than 3 times in 7 days, so the higher level is held"
        show.say(out, show.line(("UNSTABLE", "bold yellow"), words), 4)


def _evidence(indicator: Indicator, state: IndicatorState) -> str:
    """What its level rests on: reports, a silence, or a day that is no louder than others."""
    if not state.activation:
        return "no surge" if indicator.type == "surge" else "no reporting"
    resting = "silence" if indicator.type == "absence" else show.count(state.groups, "origin")
    return f"activation {state.activation:.2f} from {resting}"


def faulty(out: Console, sources: tuple[SourceLine, ...]) -> None:
    """The sources that do not watch, and why."""
    found = [s for s in sources if not s.watching and s.state not in (FeedState.NEW, FeedState.DISABLED)]
    if not found:
        return
    out.print()
    show.say(
        out, show.line((f"{show.count(len(found), 'source')} not watching", "bold"), ": iwmon feeds list")
    )
    rows: list[tuple[Text | str, ...]] = [
        (Text(str(s.state), show.style(s.state)), s.id, safe(s.why.removeprefix(f"{s.state}: "), 200))
        for s in found
    ]
    show.table(out, rows)


def horizon(judgement: Judgement, zone: ZoneInfo, now: datetime) -> str:
    """How long a judgement has to run."""
    if judgement.horizon is None:
        return "no horizon"
    if judgement.horizon <= now:
        return f"EXPIRED on {day(judgement.horizon, zone)}"
    left = (judgement.horizon - now).days
    return f"horizon {day(judgement.horizon, zone)}, {show.count(left, 'day')} left"


def coverage_word(word: str) -> str:
    return word.replace("_", " ")


# ---------------------------------------------------------------- for programs


def document(board: Board) -> dict[str, object]:
    """The board for --json."""
    return {
        "at": board.at,
        "last_step_at": board.last_step,
        "watching": not board.unwatched,
        "judgements": [judgement_document(entry) for entry in board.judgements],
        "sources": board.sources,
        "alerts": {s: board.counts[f"alerts_{s}"] for s in ("open", "acknowledged", "suppressed")},
        "deliveries": {s: board.counts[f"deliveries_{s}"] for s in ("pending", "sent", "dead")},
        "counts": {name: board.counts[name] for name in ("items", "matches", "stories", "alerts")},
        "config": {
            "digest": board.config_digest,
            "digest_in_force": board.config.digest,
            "in_force_since": board.config.since,
            "error": board.config_error or board.config.error,
        },
        "rematched": board.rematched,
    }


def judgement_document(entry: Entry) -> dict[str, object]:
    """One judgement for --json."""
    judgement, assessment = entry.judgement, entry.assessment
    return {
        "id": judgement.id,
        "statement": judgement.statement,
        "term": assessment.term,
        "horizon": judgement.horizon,
        "expired": assessment.expired,
        "highest": assessment.highest,
        "coverage": assessment.coverage,
        "supports": assessment.supports,
        "against": assessment.against,
        "sources_watching": assessment.watching,
        "sources": assessment.sources,
        "implied": judgements.implied_document(assessment.implied),
        "action": assessment.action,
        "action_reason": assessment.reason,
        "outcome": entry.outcome or None,
        "indicators": [
            indicator_document(i, s) | {"unproven": i.id in entry.unproven} for i, s in entry.indicators
        ],
    }


def indicator_document(indicator: Indicator, state: IndicatorState) -> dict[str, object]:
    """One indicator for --json."""
    return {
        "id": indicator.id,
        "name": indicator.name,
        "effect": indicator.effect,
        "level": state.level,
        "since": state.since,
        "activation": round(state.activation, 6),
        "origins": state.groups,
        "coverage": state.coverage,
        "coverage_reason": state.coverage_reason,
        "reason": state.reason,
        "unstable": state.unstable,
    }
