"""scoring: report 1's three judgements, and the laws of scores, alarms and coverage."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon import scoring
from iwmon.model import Coverage, CoverageChange, Judgement, Level, LevelChange, Ruling
from nouns import DAY, HOUR, indicator

MADE = datetime(2022, 7, 15, tzinfo=UTC)
EVENT = datetime(2023, 1, 11, tzinfo=UTC)  # 180 days later
PROBABILITY = st.floats(0, 1)


def judgement(**more: Any) -> Judgement:
    fields: dict[str, Any] = {
        "id": "kj",
        "statement": "Belarus commits regular troops to combat in Ukraine",
        "kind": "event_by",
        "probability": "realistic possibility",
        "confidence": "moderate",
        "made_on": MADE,
        "horizon": EVENT,
        "indicators": ("i", "j", "no"),
    }
    return Judgement(**{**fields, **more})


INDICATORS = {
    "i": indicator(id="i"),
    "j": indicator(id="j", effect="slightly_supports"),
    "no": indicator(id="no", effect="against"),
}


def scored(outcome: Any, one: Judgement | None = None, **more: Any) -> scoring.Scores:
    one = one or judgement()
    given_: dict[str, Any] = {
        "terms": scoring.terms_of(one, ()),
        "implied": (),
        "levels": (),
        "coverages": (),
    }
    return scoring.score(one, outcome, EVENT, "phia", INDICATORS, **{**given_, **more})


def stretch(name: str, begin: datetime, end: datetime | None = None) -> list[LevelChange]:
    """An indicator at warning from `begin` to `end`."""
    up = LevelChange(name, begin, Level.WATCH, Level.WARNING, 0.6, "")
    return [up] if end is None else [up, LevelChange(name, end, Level.WARNING, Level.WATCH, 0.3, "")]


# ---------------------------------------------------------------- probabilities


def test_report_1_scores_as_in_the_method() -> None:
    """KJ-1 .72 and KJ-2 .20 did not occur, KJ-3 .02 did; mean .32."""
    cases = [("highly likely", "false"), ("realistic probability", "false"), ("highly likely", "true")]
    found = [scored(outcome, judgement(probability=term)).analyst for term, outcome in cases]
    briers = [marks.brier for marks in found if marks]
    assert [round(b, 2) for b in briers] == [0.72, 0.20, 0.02]
    assert round(fmean(briers), 2) == 0.32
    assert fmean(briers) > 0.25  # worse than always saying 50 %
    assert [m.daily_brier for m in found if m] == pytest.approx(briers)


def test_analyst_and_tool_stand_side_by_side() -> None:
    """The analyst stayed at .45, the tool fell to .10 half-way: better, where nothing happened."""
    found = scored("false", implied=[(MADE, 0.45), (MADE + 90 * DAY, 0.10)])
    assert found.analyst
    assert found.tool
    assert found.analyst.daily_brier == pytest.approx(0.45**2)
    assert found.tool.daily_brier == pytest.approx((0.45**2 + 0.10**2) / 2)
    assert found.tool.brier == pytest.approx(0.15**2)  # the midpoint of the nearest band, highly unlikely
    assert found.tool.log == pytest.approx(-math.log(0.9))
    assert found.reason == "it did not come true; no false alarm"


def test_what_is_said_after_the_end_does_not_count() -> None:
    """A term set when the event was known is no forecast."""
    late = [(MADE, 0.45), (EVENT, 1.0), (EVENT + DAY, 1.0)]
    assert scored("true", implied=late).tool == scored("true", implied=late[:1]).tool


@given(PROBABILITY, st.booleans())
def test_a_constant_series_scores_as_its_one_value(p: float, happened: bool) -> None:
    """However long it was held."""
    first = date(2022, 7, 15)
    for days in (0, 1, 200):
        found = scoring.daily_brier([(first, p)], first + timedelta(days=days), happened)
        assert found == pytest.approx(scoring.brier(p, happened))


@given(st.dictionaries(st.integers(0, 50), PROBABILITY, min_size=1), st.integers(0, 60), st.booleans())
def test_the_daily_average_is_that_of_the_days_one_by_one(
    series: dict[int, float], length: int, happened: bool
) -> None:
    """Counted in stretches, it equals the plain mean over days, each holding the last value before it."""
    first = date(2022, 7, 15) + timedelta(days=min(series))
    until = date(2022, 7, 15) + timedelta(days=length)
    entries = [(date(2022, 7, 15) + timedelta(days=n), p) for n, p in series.items()]
    days = [first + timedelta(days=n) for n in range(max(1, (until - first).days))]
    held = [max((e for e in entries if e[0] <= day), key=lambda e: e[0])[1] for day in days]
    expected = fmean((p - happened) ** 2 for p in held)
    assert scoring.daily_brier(entries, until, happened) == pytest.approx(expected)


def test_of_several_terms_on_one_day_the_last_counts() -> None:
    """Given in the order in which they were set."""
    day = date(2022, 7, 15)
    assert scoring.daily_brier([(day, 0.1), (day, 0.8)], day + timedelta(days=9), True) == pytest.approx(0.04)


@given(PROBABILITY)
def test_no_certainty_costs_infinity(p: float) -> None:
    """p is clipped to [.01, .99]; what is right is never worse than what is wrong."""
    right, wrong = sorted((scoring.log_score(p, True), scoring.log_score(p, False)))
    assert -math.log(0.99) - 1e-9 <= right <= wrong <= -math.log(0.01) + 1e-9
    assert scoring.log_score(p, True) == pytest.approx(scoring.log_score(1 - p, False))


def test_the_analysts_terms_are_the_files_and_those_ruled_since() -> None:
    """Only rulings on this judgement that set a term later than the file's, in order of time."""

    def ruling(days: int, term: str = "", **more: Any) -> Ruling:
        fields: dict[str, Any] = {"judgement": "kj", "action": "assess", "by": "me", "at": MADE + days * DAY}
        return Ruling(**{**fields, "term": term, **more})

    rulings = [
        ruling(60, "highly likely"),
        ruling(30, "likely"),
        ruling(-1, "unlikely"),
        ruling(40, "unlikely", judgement="other"),
        ruling(90, action="resolve", outcome="true"),
    ]
    assert scoring.terms_of(judgement(), rulings) == (
        (MADE, "realistic possibility"),
        (MADE + 30 * DAY, "likely"),
        (MADE + 60 * DAY, "highly likely"),
    )
    assert scoring.terms_of(judgement(probability=None), ()) == ()


def test_void_is_not_scored_and_says_so() -> None:
    """Nobody is right or wrong about what cannot be said."""
    found = scored("void", implied=[(MADE, 0.4)], levels=stretch("i", MADE))
    assert (found.analyst, found.tool, found.false_alarms, found.lead_time) == (None, None, None, None)
    assert "nothing is scored" in found.reason


def test_what_cannot_be_scored_is_said() -> None:
    """No term, nothing implied, a term of the other yardstick, series that begin on different days."""
    nothing = scored("false", judgement(probability=None))
    assert (nothing.analyst, nothing.tool) == (None, None)
    assert "the analyst had set no term before the end" in nothing.reason
    assert "the tool is not scored" in nothing.reason
    other = scored("false", terms=[(MADE, "likely"), (MADE + DAY, "roughly even odds")])
    assert "another yardstick were left out" in other.reason
    late = scored("false", implied=[(MADE + 30 * DAY, 0.3)])
    assert "the two series begin 30 days apart" in late.reason


# ---------------------------------------------------------------- alerts


def test_lead_time_is_from_the_first_sustained_alert() -> None:
    """Neither from a flicker, nor from what speaks against the judgement."""
    levels = [
        *stretch("no", MADE + 10 * DAY, MADE + 60 * DAY),
        *stretch("i", MADE + 20 * DAY, MADE + 20 * DAY + 47 * HOUR),
        *stretch("j", EVENT - 21 * DAY, EVENT - 19 * DAY),
        *stretch("i", EVENT - 9 * DAY),
    ]
    found = scored("true", levels=levels)
    assert (found.lead_time, found.missed, found.false_alarms) == (21 * DAY, False, None)
    assert "the first sustained alert, j, had begun 21 days before" in found.reason


@pytest.mark.parametrize("levels", [[], stretch("i", EVENT), stretch("i", EVENT - DAY, EVENT - HOUR)])
def test_an_event_without_a_sustained_alert_before_it_was_missed(levels: list[LevelChange]) -> None:
    """None at all, one that begins with the event, one that lasted a day."""
    found = scored("true", levels=levels)
    assert (found.lead_time, found.missed) == (None, True)
    assert "no sustained alert had begun before" in found.reason


def test_an_alert_that_went_on_after_the_event_was_sustained() -> None:
    """As far as is known: a day before the event it stood, and a week later it still did."""
    levels = stretch("i", EVENT - DAY)
    assert scored("true", levels=levels).missed
    assert scored("true", levels=levels, known_to=EVENT + 7 * DAY).lead_time == DAY


def test_an_alert_from_before_the_judgement_leads_by_its_life_at_most() -> None:
    """What stood at warning when the term was set was priced in it."""
    earlier = stretch("i", MADE - 30 * DAY, MADE + 5 * DAY)
    assert scored("true", levels=earlier).lead_time == EVENT - MADE
    assert scored("true", levels=earlier[1:]).lead_time == EVENT - MADE  # known from its fall alone
    assert scored("true", levels=stretch("i", MADE - 30 * DAY, MADE - DAY)).missed


def test_what_continues_needs_no_warning() -> None:
    """It has no moment at which it happens: neither lead time nor miss."""
    found = scored("true", judgement(kind="continues"), levels=stretch("i", MADE + DAY))
    assert (found.lead_time, found.missed, found.reason.split(";")[0]) == (None, False, "it came true")


def test_false_alarms_are_stretches_a_month() -> None:
    """Two that overlap are one; sustained or not, people were called; 180 days are six months."""
    levels = [
        *stretch("i", MADE + 10 * DAY, MADE + 12 * DAY),
        *stretch("j", MADE + 11 * DAY, MADE + 13 * DAY),
        *stretch("i", MADE + 50 * DAY, MADE + 50 * DAY + HOUR),
        *stretch("no", MADE + 80 * DAY, MADE + 90 * DAY),
        *stretch("j", EVENT + DAY),
    ]
    found = scored("false", levels=levels)
    assert (found.false_alarms, found.false_alarms_a_month) == (2, pytest.approx(2 / 6))
    assert found.reason.startswith("it did not come true; 2 false alarms")


def test_critical_is_no_second_alarm() -> None:
    """Warning → critical → warning is one stretch."""
    at = MADE + 10 * DAY
    levels = [
        *stretch("i", at, at + 9 * DAY),
        LevelChange("i", at + DAY, Level.WARNING, Level.CRITICAL, 0.9, ""),
        LevelChange("i", at + 2 * DAY, Level.CRITICAL, Level.WARNING, 0.7, ""),
    ]
    assert scoring.episodes(levels, ["i"], MADE, EVENT) == (scoring.Episode("i", at, at + 9 * DAY),)


SPANS = st.lists(st.tuples(st.integers(0, 170), st.integers(1, 30)), max_size=8)


@given(SPANS)
def test_merging_counts_the_stretches_in_which_anything_was_on(spans: list[tuple[int, int]]) -> None:
    """The merged stretches cover the same hours as the alarms, and keep a gap between each other."""
    alarms = [scoring.Episode("i", MADE + b * DAY, MADE + (b + n) * DAY) for b, n in spans]
    found = scoring.merged(alarms)
    on = {b + k for b, n in spans for k in range(n)}
    again = {(a - MADE).days + k for a, z in found for k in range(((z or EVENT) - a).days)}
    assert again == on
    assert all(z is not None and z < a for (_, z), (a, _) in pairwise(found))


# ---------------------------------------------------------------- coverage


def covered(name: str, days: int, before: Coverage, after: Coverage) -> CoverageChange:
    return CoverageChange(name, MADE + days * DAY, before, after, "")


def test_coverage_is_the_share_of_the_judgements_life_that_was_watched() -> None:
    """ok from before to day 90, blind for 45, ok again; the other indicators never left warming up."""
    changes = [
        covered("i", -10, Coverage.WARMING_UP, Coverage.OK),
        covered("i", 90, Coverage.OK, Coverage.BLIND),
        covered("i", 135, Coverage.BLIND, Coverage.OK),
        covered("i", 400, Coverage.OK, Coverage.BLIND),
    ]
    assert scoring.coverage_share(changes, ["i"], MADE, EVENT) == pytest.approx(0.75)
    assert scoring.coverage_share(changes[1:2], ["i"], MADE, EVENT) == pytest.approx(0.5)
    assert scored("false", coverages=changes).covered == pytest.approx(0.25)
    assert scoring.coverage_share(changes, [], MADE, EVENT) is None


@given(st.lists(st.tuples(st.integers(-20, 220), st.sampled_from(Coverage)), max_size=8))
def test_the_share_is_a_share(moves: list[tuple[int, Coverage]]) -> None:
    """And ok and not-ok days add up to the whole."""
    moves.sort(key=lambda move: move[0])
    states = [Coverage.WARMING_UP, *(state for _, state in moves)]
    changes = [covered("i", n, states[k], state) for k, (n, state) in enumerate(moves)]
    found = scoring.coverage_share(changes, ["i"], MADE, EVENT)
    held = [states[sum(n <= day for n, _ in moves)] for day in range(180)]
    assert found == pytest.approx(held.count(Coverage.OK) / 180)
