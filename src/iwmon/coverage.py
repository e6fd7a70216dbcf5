"""Feed health → Coverage of each indicator: quiet is not blind (method.md §2, coverage).

`after` folds one reading into a source's health. `standing` says whether a source can be relied on
to have shown something, now. `of_indicator` weighs the sources that could carry an indicator's news.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iwmon.model import Coverage, FeedState, Indicator, Reading, Signal, Source, SourceHealth

OK_FROM, PARTIAL_FROM = 0.8, 0.34
STALE_AFTER = 3  # × expect_every without anything new
SMALL = 0.2  # a body below this share of its usual size is not the feed it was
FORGIVEN = 1  # failures in a row that do not count yet: one lost poll is weather
_SMOOTHING = 0.1  # of the usual body size
_SHRUNK = (
    0.01  # the same for a body that is much too small: what has failed is believed in days, not in hours
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a source counts as watching now, and if not, in a few words why."""

    watching: bool
    known: bool  # False: never polled, so nothing can be said
    reason: str


@dataclass(frozen=True, slots=True)
class View:
    """The coverage of one indicator: κ and its parts."""

    coverage: Coverage
    share: float  # κ: healthy weight over configured weight
    watching: tuple[str, ...]  # source ids
    missing: tuple[tuple[str, str], ...]  # (source id, why)
    reason: str
    baseline: bool = False  # all is well, but a surge has too few covered days to be measured against


def after(health: SourceHealth, reading: Reading) -> SourceHealth:
    """A source's health once it has been read; `since` moves only when the state does."""
    if reading.state is not FeedState.OK:
        return _state(_failed(health, reading), reading.state, reading.detail, reading.at)
    if reading.not_modified and health.state is FeedState.EMPTY:
        return _failed(health, reading)  # the same small body again
    if not reading.not_modified and health.usual_size and reading.size < SMALL * health.usual_size:
        percent = round(100 * reading.size / health.usual_size)
        detail = f"the body is {percent} % of its usual size ({reading.size} of {health.usual_size} bytes)"
        learnt = _smooth(health, reading.size, _SHRUNK)
        shrunk = replace(_failed(health, reading), usual_size=learnt)
        return _state(shrunk, FeedState.EMPTY, detail, reading.at)
    first = health.last_ok is None
    # A date is a sign of life only where something new came: old entries can be dated anew for ever.
    dated = reading.newest if first or reading.items else None
    signs = [t for t in (health.last_item, dated) if t is not None and t <= reading.at]
    if not first and any("ancient" not in item.flags for item in reading.items):
        # Something new came: a sign of life even where nothing is dated. Only old news is none: it
        # counts for nothing, and a feed whose dates are stuck would look quiet.
        signs.append(reading.at)
    elif first and reading.newest is None and reading.entries:
        signs.append(reading.at)  # an undated feed gets the benefit of the doubt once
    state, detail = _answered(health, reading)
    return SourceHealth(
        health.source,
        state=state,
        detail=detail,
        since=health.since if state is health.state and health.since else reading.at,
        last_poll=reading.at,
        failures=0,
        outage=health.outage and health.failures > 0,  # over at the second good answer in a row
        last_ok=reading.at,
        last_item=max(signs, default=health.last_item),
        entries=health.entries if reading.not_modified else reading.entries,
        usual_size=health.usual_size if reading.not_modified else _smooth(health, reading.size),
    )


def _answered(health: SourceHealth, reading: Reading) -> tuple[FeedState, str]:
    """The state and its detail after a good answer."""
    if reading.not_modified:
        state = health.state if health.state is FeedState.ALL_UNDATED else FeedState.OK
        return state, health.detail if state is health.state else ""
    if reading.entries and reading.newest is None:
        return FeedState.ALL_UNDATED, "no entry has a date that can be believed"
    return FeedState.OK, reading.detail


def _failed(health: SourceHealth, reading: Reading) -> SourceHealth:
    failures = health.failures + 1
    outage = health.outage or failures > FORGIVEN
    return replace(health, last_poll=reading.at, failures=failures, outage=outage)


def _smooth(health: SourceHealth, size: int, share: float = _SMOOTHING) -> int:
    if not health.usual_size:
        return size
    return round(health.usual_size + share * (size - health.usual_size))


def _state(health: SourceHealth, state: FeedState, detail: str, at: datetime) -> SourceHealth:
    since = health.since if state is health.state and health.since else at
    return replace(health, state=state, detail=detail, since=since)


def standing(source: Source, health: SourceHealth | None, now: datetime) -> Standing:
    """Whether the source watches now: answered lately, as a feed, with something new in time.

    A source is given one failure in a row, and after an outage it has to answer well twice, so that
    one that comes and goes is told once. Silence beyond 3 × expect_every is `stale`.
    """
    if not source.enabled:
        return Standing(False, True, "disabled")
    if health is None or health.last_poll is None:
        return Standing(False, False, "not polled yet")
    if health.failures > FORGIVEN or (health.failures and health.last_ok is None):
        return Standing(
            False, True, f"{health.state}: {health.detail}" if health.detail else str(health.state)
        )
    if health.outage:
        return Standing(False, True, "back since its last poll; counts from the next good one")
    # A step may carry an earlier `at` than the health (a clock that was set back): not stale.
    silent = now - (health.last_item or health.since or now)
    if silent > STALE_AFTER * source.expect_every:
        return Standing(False, True, f"stale: nothing new for {_span(silent)}")
    return Standing(True, True, "")


def standings(
    sources: Iterable[Source], health: Mapping[str, SourceHealth], now: datetime
) -> dict[str, Standing]:
    """Every source's standing now, by id."""
    return {source.id: standing(source, health.get(source.id), now) for source in sources}


def feed_state(source: Source, health: SourceHealth | None, now: datetime) -> FeedState:
    """The word that status shows for a source: its last state, or `stale` or `disabled`."""
    if not source.enabled:
        return FeedState.DISABLED
    if health is None or health.last_poll is None:
        return FeedState.NEW
    if health.failures == 0 and not standing(source, health, now).watching:
        return FeedState.STALE
    return health.state


def collectors(indicator: Indicator, sources: Iterable[Source]) -> tuple[Source, ...]:
    """The enabled sources that could carry the indicator's news.

    Those it names in `collectible_from`; else all whose language one of its queries speaks, and
    all of unknown language.
    """
    enabled = [s for s in sources if s.enabled]
    if indicator.collectible_from:
        return tuple(s for s in enabled if s.id in indicator.collectible_from)
    languages = set(indicator.queries)
    if not languages or "" in languages:
        return tuple(enabled)
    return tuple(s for s in enabled if s.language is None or s.language.split("-")[0] in languages)


def collectors_of(
    indicators: Iterable[Indicator], sources: Iterable[Source]
) -> dict[str, tuple[Source, ...]]:
    """Each indicator's collectors; one tuple for all that speak the same languages."""
    everything = tuple(sources)
    cache: dict[tuple[object, ...], tuple[Source, ...]] = {}
    found = {}
    for indicator in indicators:
        key = (indicator.collectible_from, frozenset(indicator.queries))
        if key not in cache:
            cache[key] = collectors(indicator, everything)
        found[indicator.id] = cache[key]
    return found


@dataclass(frozen=True, slots=True)
class Split:
    """Sources by whether they watch now: their ids, and with those that do not, why."""

    watching: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]


def split(sources: Sequence[Source], standings: Mapping[str, Standing]) -> Split:
    """Which of the sources watch: the same for all indicators that share them."""
    own = [(source.id, standings[source.id]) for source in sources]
    return Split(
        tuple(i for i, standing in own if standing.watching),
        tuple((i, standing.reason) for i, standing in own if not standing.watching),
    )


def of_indicator(
    indicator: Indicator,
    sources: Sequence[Source],
    standings: Mapping[str, Standing],
    signals: Sequence[Signal],
    parted: Split | None = None,
) -> View:
    """κ = Σ healthy weight / Σ configured weight over an indicator's collectors.

    A source weighs its share of the indicator's signals, and at least 1/n. Without a healthy source of
    each side and language that the indicator requires it is blind, whatever κ says. `parted`: the `split` of
    its sources, where it is known already.
    """
    if not sources:
        return View(Coverage.BLIND, 0.0, (), (), "no coverage: no enabled source speaks its languages")
    past = Counter(s.source for s in signals)
    total = sum(past[s.id] for s in sources)
    floor = 1 / len(sources)
    weights = {s.id: max(floor, past[s.id] / total if total else 0.0) for s in sources}
    parted = parted or split(sources, standings)
    watching, missing = parted.watching, parted.missing
    share = sum(weights[i] for i in watching) / sum(weights.values())
    counts = f"{len(watching)} of {len(sources)} sources watching"
    coverage, reason = _covered(sources, standings, weights, share, counts)
    lacking, unpolled = _lacking(indicator, sources, standings)
    if lacking and coverage in (Coverage.OK, Coverage.PARTIAL):
        coverage = Coverage.WARMING_UP if unpolled else Coverage.BLIND
        reason = f"no coverage of {lacking}, which it requires: {counts}"
        share = 0.0
    return View(coverage, share, watching, missing, reason)


def _covered(
    sources: Sequence[Source],
    standings: Mapping[str, Standing],
    weights: Mapping[str, float],
    share: float,
    counts: str,
) -> tuple[Coverage, str]:
    """(coverage, reason) by the share of healthy weight alone."""
    if share >= OK_FROM:
        return Coverage.OK, counts
    unknown = sum(weights[s.id] for s in sources if not standings[s.id].known) / sum(weights.values())
    if unknown and share + unknown >= PARTIAL_FROM:
        return Coverage.WARMING_UP, f"{counts}; some were not polled yet"
    if share >= PARTIAL_FROM:
        return Coverage.PARTIAL, f"partial coverage: {counts}"
    return Coverage.BLIND, f"no coverage: {counts}"


def _lacking(
    indicator: Indicator, sources: Sequence[Source], standings: Mapping[str, Standing]
) -> tuple[str, bool]:
    """(the required sides and languages that no healthy source covers, whether some were never polled)."""
    names, unpolled = [], False
    wanted = [(side, [s for s in sources if s.side == side]) for side in indicator.required_sides]
    wanted += [
        (f"sources in {code}", [s for s in sources if s.language and s.language.split("-")[0] == code])
        for code in indicator.required_languages
    ]
    for name, theirs in wanted:
        if not any(standings[s.id].watching for s in theirs):
            names.append(name)
            unpolled = unpolled or any(not standings[s.id].known for s in theirs)
    return " and ".join(names), unpolled


def _span(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{round(hours)} h" if hours < 48 else f"{round(hours / 24)} days"
