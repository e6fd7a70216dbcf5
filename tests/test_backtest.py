"""Backtests: hand-made replays with known answers."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest_nouns import (
    BEGIN,
    END,
    HORIZON,
    MADE,
    at,
    configuration,
    days,
    event,
    record,
    report,
    stretch,
    told,
)
from iwmon import backtest, scoring
from iwmon.backtest import Backtest, Rule, bootstrap, words
from iwmon.backtest.episodes import surged
from iwmon.backtest.fates import fates
from iwmon.backtest.forecasts import forecasts, within
from iwmon.backtest.matching import _pairs as pairs_of
from iwmon.backtest.matching import assign, fits, lead, match
from iwmon.backtest.nouns import FALSE, HIT, Alarm
from iwmon.backtest.scopes import scopes
from iwmon.export import EXPORTS
from iwmon.model import Coverage, Level
from iwmon.report import Event, Report
from nouns import DAY, HOUR

CONFIG = configuration()


def scored(found: Report, *events: Event, seed: int | None = None, **rule: Any) -> Backtest:
    draw = random.Random(seed).randrange if seed is not None else None
    return backtest.score(found, CONFIG, events, Rule(**rule), (lambda n: draw(n)) if draw else None)


def value(result: Backtest, name: str) -> float | None:
    return result.overall.figures[name].value


def outcomes(result: Backtest) -> list[tuple[str, str]]:
    return [(alarm.outcome, alarm.event) for alarm in result.alarms]


def fate(result: Backtest, identity: str) -> Any:
    return next(one for one in result.fates if one.event.id == identity)


# ---------------------------------------------------------------- alarms


def test_an_alarm_before_an_event_is_a_warning_with_its_lead() -> None:
    """Ten days before: precision 1, recall 1, ten days of lead; the alarm names who took part."""
    found = scored(report(stretch("mobilisation", "2022-10-01", "2022-10-12")), event("E", "2022-10-11"))
    assert outcomes(found) == [("warned", "E")]
    assert [value(found, name) for name in ("precision", "warned", "detected")] == [1.0, 1.0, 1.0]
    assert value(found, "lead_median") == 10.0
    assert found.alarms[0].indicators == ("mobilisation",)
    assert fate(found, "E").reason == "the alarm of mobilisation began 10 days before"


def test_an_alarm_after_the_beginning_is_detected_but_no_warning() -> None:
    """On the second day of three, at noon: the lead is negative, and only detection counts."""
    made = report(stretch("mobilisation", "2022-10-12T12", "2022-10-14"))
    found = scored(made, event("E", "2022-10-11", "2022-10-13"))
    assert outcomes(found) == [("detected", "E")]
    assert [value(found, name) for name in ("precision", "warned", "detected")] == [1.0, 0.0, 1.0]
    assert value(found, "lead_median") == -1.5


@pytest.mark.parametrize(
    ("begin", "outcome"),
    [
        ("2022-09-10T23", "standing"),
        ("2022-09-11T00", "warned"),
        ("2022-10-13T23", "detected"),
        ("2022-10-14T00", "false"),
    ],
)
def test_the_window_is_from_the_horizon_to_the_last_day(begin: str, outcome: str) -> None:
    """[11 October − 30 days, end of 13 October]: both ends to the hour."""
    made = report(stretch("mobilisation", begin, "2022-10-20"))
    assert outcomes(scored(made, event("E", "2022-10-11", "2022-10-13")))[0][0] == outcome


def test_what_already_stood_is_neither_a_hit_nor_false() -> None:
    """A tool that is always on warns of nothing: recall 0, and no precision at all."""
    found = scored(report(stretch("mobilisation", "2022-07-10")), event("E", "2022-10-11"))
    assert outcomes(found) == [("standing", "")]
    assert fate(found, "E").outcome == "already on"
    assert "2022-07-10, more than 30 days before" in fate(found, "E").reason
    assert value(found, "warned") == 0.0
    assert found.overall.figures["precision"].value is None
    assert found.overall.figures["precision"].why == "there was no alarm that could be judged"
    assert value(found, "false_alarms_a_month") == 0.0


def test_an_alarm_that_fits_something_that_did_not_happen_is_false_and_named() -> None:
    """A planted false alarm: to be fooled by it is an error, to stay quiet is right."""
    planted = event("N", "2022-10-11", happened=False)
    fooled = scored(report(stretch("mobilisation", "2022-10-01", "2022-10-12")), planted)
    assert outcomes(fooled) == [("planted", "N")]
    assert fate(fooled, "N").outcome == "false alarm"
    assert value(fooled, "precision") == 0.0
    assert fooled.overall.figures["warned"].why == "no event is within the replay"
    right = scored(report(), planted)
    assert fate(right, "N").outcome == "rightly quiet"
    assert value(right, "false_alarms_a_calendar_month") == 0.0


def test_a_real_event_chooses_before_one_that_did_not_happen() -> None:
    """One alarm, and both fit it."""
    made = report(stretch("mobilisation", "2022-10-01", "2022-10-12"))
    found = scored(made, event("N", "2022-10-05", happened=False), event("E", "2022-10-11"))
    assert outcomes(found) == [("warned", "E")]
    assert fate(found, "N").outcome == "rightly quiet"


def test_one_alarm_counts_for_one_event_and_the_other_says_so() -> None:
    made = report(stretch("mobilisation", "2022-10-01", "2022-10-12"))
    found = scored(made, event("A", "2022-10-05"), event("B", "2022-10-11"))
    assert outcomes(found) == [("warned", "B")]
    assert value(found, "warned") == 0.5
    assert fate(found, "A").reason == "the alarm of 2022-10-01 is counted for B"


def test_a_second_alarm_for_an_event_is_extra_and_false() -> None:
    """Reports of one event go on for weeks: they are not many hits."""
    changes = stretch("mobilisation", "2022-09-15", "2022-09-17") + stretch(
        "grouping", "2022-10-01", "2022-10-02"
    )
    found = scored(report(changes), event("E", "2022-10-11"))
    assert outcomes(found) == [("warned", "E"), ("extra", "")]
    assert value(found, "precision") == 0.5
    assert value(found, "lead_median") == 26.0


def test_alarms_that_overlap_or_flicker_are_one() -> None:
    """Two indicators that overlap; two days of quiet within three; five days are two alarms."""
    overlap = stretch("mobilisation", "2022-10-01", "2022-10-05") + stretch(
        "grouping", "2022-10-03", "2022-10-08"
    )
    flicker = stretch("mobilisation", "2022-10-10", "2022-10-12")
    found = scored(report(overlap + flicker), event("E", "2022-10-11"))
    assert [(a.begin, a.end) for a in found.alarms] == [(at("2022-10-01"), at("2022-10-12"))]
    assert found.alarms[0].indicators == ("mobilisation", "grouping")
    apart = scored(report(overlap + flicker), event("E", "2022-10-11"), merge=DAY)
    assert len(apart.alarms) == 2


def test_the_level_decides_what_is_an_alarm() -> None:
    """Watch counts at watch only; what speaks against the judgement never does."""
    changes = stretch("mobilisation", "2022-10-01", "2022-10-05", Level.WATCH)
    changes += stretch("stand-down", "2022-10-01", "2022-10-05", Level.CRITICAL)
    made, one = report(changes), event("E", "2022-10-11")
    assert not scored(made, one).alarms
    assert outcomes(scored(made, one, at=Level.WATCH)) == [("warned", "E")]
    assert [(t.level, t.alarms) for t in scored(made, one).trade] == [
        (Level.WATCH, 1),
        (Level.WARNING, 0),
        (Level.CRITICAL, 0),
    ]


def test_told_counts_from_the_alert_and_leaves_out_what_rose_in_silence() -> None:
    """Old evidence may raise a level that nobody hears of; an alert may come later than the level."""
    changes = stretch("mobilisation", "2022-10-01", "2022-10-12") + stretch(
        "grouping", "2022-11-01", "2022-11-05"
    )
    raised = [told("mobilisation", "2022-10-04", titles=("A", "B", "C", "D"))]
    made, one = report(changes, raised=raised), event("E", "2022-10-11")
    assert [a.title for a in scored(made, one).alarms] == ["mobilisation is at warning", ""]
    found = scored(made, one, told=True)
    assert [a.begin for a in found.alarms] == [at("2022-10-04")]
    assert found.alarms[0].evidence == ("A", "B", "C")
    assert value(found, "lead_median") == 7.0


def test_an_alert_of_a_lower_level_tells_nothing_of_the_higher() -> None:
    made = report(
        stretch("mobilisation", "2022-10-01", "2022-10-12"),
        raised=[told("mobilisation", "2022-10-02", "watch")],
    )
    found = scored(made, event("E", "2022-10-11"), told=True)
    assert not found.alarms
    assert fate(found, "E").outcome == "missed"


def test_an_alarm_too_near_the_lists_end_is_undecided() -> None:
    """What it warns of may yet come; with --known-to a longer list can say."""
    made, one = report(stretch("mobilisation", "2022-12-20")), event("E", "2022-10-11")
    assert outcomes(scored(made, one)) == [("undecided", "")]
    assert value(scored(made, one), "precision") is None
    longer = scored(made, one, known_to=date(2023, 1, 31))
    assert outcomes(longer) == [("false", "")]


def test_an_indicator_with_events_of_its_own_is_left_out_of_its_judgement() -> None:
    """Its alarm warned of its own event, and is not a false one of the judgement too."""
    made = report(
        stretch("mobilisation", "2022-10-01", "2022-10-05") + stretch("grouping", "2022-09-01", "2022-09-05")
    )
    own = event("I", "2022-10-11", indicator="mobilisation")
    found = scored(made, own, event("E", "2022-09-20"))
    assert {(a.indicator, a.outcome) for a in found.alarms} == {("", "warned"), ("mobilisation", "warned")}
    assert [(s.judgement, s.indicator) for s in found.scores] == [("kj-2", ""), ("kj-2", "mobilisation")]
    assert value(found, "precision") == 1.0
    assert found.scores[1].figures["brier"].why == "an indicator gives no probability; its judgement does"


def test_a_judgement_without_an_event_is_not_judged_unless_the_list_is_complete() -> None:
    """Of what the list does not speak, nothing can be said; the note says how many alarms that leaves out."""
    made, one = report(stretch("rail-sabotage", "2022-10-01", "2022-10-05")), event("E", "2022-10-11")
    found = scored(made, one)
    assert not found.alarms
    assert any("kj-5 (1)" in note for note in found.notes)
    assert outcomes(scored(made, one, complete=True)) == [("false", "")]


def test_an_event_outside_the_replay_is_not_scored() -> None:
    found = scored(report(), event("E", "2021-10-11"), event("F", "2022-10-11"))
    assert fate(found, "E").outcome == "outside"
    assert "2022-07-01 to 2022-12-31" in fate(found, "E").reason
    assert found.overall.figures["warned"].n == 1
    assert any(note.startswith("One event within the replay: ") for note in found.notes)


# ---------------------------------------------------------------- misses


def test_a_miss_says_that_nothing_matched() -> None:
    found = scored(report(), event("E", "2022-10-11"))
    assert fate(found, "E").reason == "no item matched any of its 2 indicators"
    assert fate(found, "E").covered


@pytest.mark.parametrize(
    ("coverage", "word"), [(Coverage.BLIND, "blind"), (Coverage.WARMING_UP, "warming up")]
)
def test_a_miss_says_that_nothing_could_be_seen(coverage: Coverage, word: str) -> None:
    """Blind is not quiet: the recall of what was covered leaves the event out; there is no rate at all."""
    found = scored(report(coverage=coverage), event("E", "2022-10-11"))
    assert fate(found, "E").reason.startswith(f"{word}: no indicator of it was covered")
    assert value(found, "detected") == 0.0
    assert found.overall.figures["detected_where_covered"].why == "no event had a covered indicator"
    assert found.overall.figures["false_alarms_a_month"].why == "no day was covered"
    assert value(found, "false_alarms_a_calendar_month") == 0.0


def test_a_miss_says_how_high_it_came_and_why_no_higher() -> None:
    made = report(
        stretch("mobilisation", "2022-10-01", "2022-10-05", Level.WATCH),
        matches={"mobilisation": {"2022-10-01": 2}, "grouping": {"2022-10-02": 1}},
    )
    found = scored(made, event("E", "2022-10-11"))
    assert fate(found, "E").reason == "3 items matched; the highest was mobilisation at watch: two origins"


def test_a_miss_says_that_what_matched_moved_nothing() -> None:
    found = scored(report(matches={"grouping": {"2022-10-02": 1}}), event("E", "2022-10-11"))
    assert fate(found, "E").reason == "1 item matched, but all its indicators stayed quiet"


def test_a_miss_says_that_nobody_was_told() -> None:
    made = report(
        stretch("mobilisation", "2022-10-01", "2022-10-05"), matches={"mobilisation": {"2022-10-01": 2}}
    )
    assert fate(scored(made, event("E", "2022-10-11"), told=True), "E").reason.endswith("but nobody was told")


# ---------------------------------------------------------------- rates


def test_false_alarms_a_month_are_of_covered_days() -> None:
    """184 days, half covered: two false alarms are .33 a calendar month and .65 a covered one."""
    changes = stretch("mobilisation", "2022-07-05", "2022-07-06") + stretch(
        "mobilisation", "2022-08-05", "2022-08-06"
    )
    found = scored(report(changes, coverage=Coverage.PARTIAL), event("E", "2022-12-11"))
    assert value(found, "false_alarms_a_calendar_month") == pytest.approx(2 * 30 / 184)
    assert value(found, "false_alarms_a_month") == pytest.approx(2 * 30 / 92)
    assert found.overall.covered_days == 92.0


def test_the_plain_rule_is_scored_like_the_tool() -> None:
    """One item a day, five on 1 October: known at that day's end, so nine days before the 11th."""
    matches = {day.isoformat(): 5 if day == date(2022, 10, 1) else 1 for day in days()}
    found = scored(report(matches={"mobilisation": matches}), event("E", "2022-10-11"))
    plain = found.count_rule
    assert plain.outcomes == {"warned": 1}
    assert plain.figures["lead_median"].value == 9.0
    assert plain.figures["precision"].value == 1.0
    assert not found.alarms


def test_every_kind_of_false_alarm_is_in_the_rate() -> None:
    """One that fits nothing, one extra, one that fits what did not happen: three in 184 days."""
    changes = [
        *stretch("mobilisation", "2022-07-10", "2022-07-11"),
        *stretch("mobilisation", "2022-09-20", "2022-09-21"),
        *stretch("mobilisation", "2022-10-05", "2022-10-06"),
        *stretch("mobilisation", "2022-11-20", "2022-11-21"),
    ]
    found = scored(report(changes), event("E", "2022-10-11"), event("N", "2022-11-25", happened=False))
    assert outcomes(found) == [("false", ""), ("warned", "E"), ("extra", ""), ("planted", "N")]
    assert value(found, "false_alarms_a_calendar_month") == pytest.approx(3 * 30 / 184)
    assert value(found, "precision") == 0.25


@pytest.mark.parametrize(("count", "loud"), [(4, False), (5, True)])
def test_twice_the_mean_is_not_more_than_twice(count: int, loud: bool) -> None:
    """Two a day for 14 days: five are an alarm, four are not; before 14 days nothing can be said."""
    assert surged([2] * 14 + [count]) == (*[None] * 14, loud)


def test_lead_quartiles() -> None:
    """Leads of 2, 4, 6, 8 days: median 5, quartiles 3.5 and 6.5."""
    changes, events = [], []
    for n, (month, ahead) in enumerate([("08", 2), ("09", 4), ("10", 6), ("11", 8)]):
        changes += stretch("mobilisation", f"2022-{month}-{20 - ahead:02}", f"2022-{month}-20")
        events.append(event(f"E{n}", f"2022-{month}-20"))
    found = scored(report(changes), *events, horizon=10 * DAY)
    names = ("lead_lower_quartile", "lead_median", "lead_upper_quartile")
    assert [value(found, name) for name in names] == [3.5, 5.0, 6.5]


# ---------------------------------------------------------------- forecasts


def test_the_daily_question_and_its_brier_scores() -> None:
    """Life 1 August to 31 October, an event on 1 October, H = 30: days 1 to 30 September say yes.

    The tool gives .9 then and .1 else, at constant hazard over what is left; with 30 days or less left
    they stand as they are.
    """
    asked = date(2022, 9, 1), date(2022, 9, 30)
    series = [record(day, 0.9 if asked[0] <= day <= asked[1] else 0.1, 0.3) for day in days()]
    found = scored(report(series=series), event("E", "2022-10-01"))
    expected, constant = [], []
    for day in days(MADE.date(), date(2022, 10, 31)):
        left = HORIZON - at(f"{day}T23")
        happened = asked[0] <= day <= asked[1]
        share = min(1.0, 30 * DAY / left)
        expected.append((1 - (1 - (0.9 if happened else 0.1)) ** share - happened) ** 2)
        constant.append((1 - (1 - 0.45) ** share - happened) ** 2)
    figures = found.scores[0].figures
    assert figures["brier"].n == 92
    assert figures["brier"].value == pytest.approx(sum(expected) / 92)
    assert figures["skill_over_constant"].value == pytest.approx(1 - sum(expected) / sum(constant))
    assert (figures["skill_over_constant"].value or 0) > 0


def test_days_whose_answer_is_not_known_yet_are_left_out_whatever_they_would_say() -> None:
    """The replay ends on 15 October: 30 days before it is the last day that can be scored."""
    series = [record(day, 0.5) for day in days()]
    short = report(series=series, end=date(2022, 10, 15))
    assert scored(short, event("E", "2022-10-10")).scores[0].figures["brier"].n == 46
    longer = scored(short, event("E", "2022-10-10"), known_to=date(2022, 12, 31))
    assert longer.scores[0].figures["brier"].n == 92  # the series goes on; the list does too


@pytest.mark.parametrize(
    ("series", "begin", "end", "why"),
    [
        ([], BEGIN, date(2022, 7, 20), "the replay has no day of its life, 2022-08-01 to 2022-11-01"),
        ([(date(2022, 9, 1), None)], BEGIN, date(2022, 12, 31), "nothing was implied on any day"),
        ([(date(2022, 9, 1), 0.5)], BEGIN, date(2022, 9, 5), "the answer is known for none of its 1 days"),
    ],
)
def test_no_brier_score_says_why(series: Sequence[Any], begin: date, end: date, why: str) -> None:
    made = report(series=[record(day, p) for day, p in series], begin=begin, end=end)
    figure = scored(made, event("E", "2022-07-10"), event("F", "2022-09-02")).scores[0].figures["brier"]
    assert figure.value is None
    assert figure.why.startswith(why)


def test_the_plain_rules_probability_never_uses_what_came_later() -> None:
    """Its forecasts up to a day are the same, whatever is planted after it."""
    series = [record(day, 0.5) for day in days()]
    matches = {day.isoformat(): (day.toordinal() * 7) % 5 for day in days()}
    changed = {day: n if day <= "2022-10-05" else 50 - n for day, n in matches.items()}
    rule = Rule()
    first = _counts(report(series=series, matches={"mobilisation": matches}), rule, event("E", "2022-09-10"))
    other = _counts(
        report(series=series, matches={"mobilisation": changed}),
        rule,
        event("E", "2022-09-10"),
        event("F", "2022-10-06"),
    )
    upto = date(2022, 10, 5)
    assert {d: p for d, p in first.items() if d <= upto} == {d: p for d, p in other.items() if d <= upto}
    assert first != other


def _counts(made: Report, rule: Rule, *events: Event) -> dict[date, float | None]:
    scope = next(s for s in scopes(made, events) if s.judgement == "kj-2")
    outlook = made.outlooks[0]
    found = forecasts(scope, outlook, "event_by", rule, date(2022, 12, 31), "phia")
    return {one.day: one.count for one in found.days}


@given(p=st.floats(0, 1), left=st.floats(0.1, 400), asked=st.floats(0.1, 400))
def test_a_shorter_time_never_has_the_greater_chance(p: float, left: float, asked: float) -> None:
    """within() is p for all that is left, and less for less."""
    share = within(p, timedelta(days=left), timedelta(days=asked))
    assert 0.0 <= share <= p + 1e-12
    assert within(p, timedelta(days=left), timedelta(days=left)) == p


# ---------------------------------------------------------------- intervals


def test_few_events_have_no_interval_in_words() -> None:
    found = scored(
        report(stretch("mobilisation", "2022-10-01", "2022-10-12")), event("E", "2022-10-11"), seed=1
    )
    figure = found.overall.figures["warned"]
    assert (figure.value, figure.low, figure.high) == (1.0, None, None)
    assert figure.why == "n = 1: too few for an interval"


def test_few_weeks_have_no_interval_in_words() -> None:
    found = scored(report(end=date(2022, 7, 20)), event("E", "2022-07-11"), seed=1)
    assert found.overall.figures["false_alarms_a_month"].why == "4 weeks: too few for an interval"


def test_none_or_all_of_many_still_leaves_doubt_in_words() -> None:
    """Nothing warned of in 10: drawing that again shows nothing, but one in four may have been missed so."""
    events = [event(f"E{n}", (BEGIN + (10 + 16 * n) * DAY).isoformat()) for n in range(10)]
    found = scored(report(), *events, seed=1).overall.figures
    assert (found["warned"].value, found["warned"].low) == (0.0, None)
    assert found["warned"].why == "none of 10: it may still be as high as 26%"  # .74^10 = .05
    assert found["false_alarms_a_month"].why == "none in 6.1 months: it may still be 0.49"
    changes = [
        change
        for one in events
        for change in stretch("mobilisation", (one.begin - 2 * DAY).isoformat(), one.begin.isoformat())
    ]
    warned = scored(report(changes), *events, seed=1, horizon=7 * DAY).overall.figures
    assert warned["warned"].why == "all of 10: it may still be as low as 74%"
    assert warned["precision"].why == "all of 10: it may still be as low as 74%"
    assert warned["lead_median"].why == "every draw of weeks gives the same: no interval"


def test_what_continues_has_no_daily_question() -> None:
    found = scored(report(), event("E", "2022-10-11", judgement="kj-5")).scores[0].figures["brier"]
    assert found.why == "its kind is continues: a term for that says nothing of when an event begins"


def test_enough_events_have_an_interval_around_the_value_the_same_each_time() -> None:
    """Ten events, every other one warned of: recall .5, the interval within (0, 1) and around it."""
    changes, events = [], []
    for n in range(10):
        day = BEGIN + 10 * DAY + n * 16 * DAY
        events.append(event(f"E{n}", day.isoformat()))
        if n % 2:
            changes += stretch("mobilisation", (day - 2 * DAY).isoformat(), day.isoformat())
    made = report(changes)
    first = scored(made, *events, seed=7, horizon=7 * DAY)
    figure = first.overall.figures["warned"]
    assert figure.value == 0.5
    assert figure.low is not None
    assert figure.high is not None
    assert 0.0 < figure.low < 0.5 < figure.high < 1.0
    assert first == scored(made, *events, seed=7, horizon=7 * DAY)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(0, 99))
@settings(max_examples=30)
def test_an_interval_lies_within_what_the_blocks_can_give(blocks: list[int], seed: int) -> None:
    """Of a mean: between the least and the greatest block; of equal blocks: exactly that."""
    draw = random.Random(seed)
    found = bootstrap.intervals(
        blocks, lambda some: {"mean": sum(some) / len(some), "never": None}, lambda n: draw.randrange(n), 50
    )
    low, high = found["mean"]
    assert min(blocks) <= low <= high <= max(blocks)
    assert "never" not in found


# ---------------------------------------------------------------- laws

HOURS = st.integers(0, 24 * 180)


@st.composite
def alarms(draw: Any) -> list[Alarm]:
    """Alarms that do not overlap, as merging leaves them."""
    marks = sorted(draw(st.lists(HOURS, unique=True, max_size=12)))
    edges = [at("2022-07-01") + n * HOUR for n in marks]
    return [Alarm("kj-2", "", a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]


@st.composite
def listed(draw: Any, most: int = 6) -> list[Event]:
    """Events of up to five days, some of which did not happen."""
    found = []
    for n in range(draw(st.integers(0, most))):
        begin = BEGIN + draw(st.integers(0, 180)) * DAY
        last = begin + draw(st.integers(0, 5)) * DAY
        found.append(event(f"E{n}", begin.isoformat(), last.isoformat(), happened=draw(st.booleans())))
    return found


RULE, KNOWN = Rule(), date(2023, 3, 1)


def precision(found: Sequence[Alarm]) -> float | None:
    hits, false = (sum(a.outcome in some for a in found) for some in (HIT, FALSE))
    return hits / (hits + false) if hits + false else None


@given(alarms(), listed())
def test_matching_is_one_to_one_and_within_the_window(some: list[Alarm], events: list[Event]) -> None:
    by_id = {one.id: one for one in events}
    found = match(some, events, RULE, KNOWN)
    taken = [alarm.event for alarm in found if alarm.event]
    assert len(taken) == len(set(taken))
    assert [(a.begin, a.end) for a in found] == [(a.begin, a.end) for a in some]
    for alarm in found:
        if alarm.event:
            assert fits(alarm, by_id[alarm.event], RULE)
            assert by_id[alarm.event].happened == (alarm.outcome in HIT)


@given(alarms(), listed(), st.randoms(use_true_random=False))
def test_the_order_of_alarms_and_events_changes_nothing(
    some: list[Alarm], events: list[Event], order: random.Random
) -> None:
    mixed, other = list(some), list(events)
    order.shuffle(mixed)
    order.shuffle(other)
    assert match(mixed, other, RULE, KNOWN) == match(some, events, RULE, KNOWN)


@given(alarms(), listed())
def test_one_more_alarm_that_fits_nothing_never_raises_precision(
    some: list[Alarm], events: list[Event]
) -> None:
    """It leaves the hits as they are."""
    late = at("2023-01-20")  # after every window
    before = precision(match(some, events, RULE, KNOWN))
    after = precision(match([*some, Alarm("kj-2", "", late, late + HOUR)], events, RULE, KNOWN))
    assert after is not None
    assert after <= (1.0 if before is None else before)


@given(st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(-5, 30), max_size=10))
def test_the_assignment_is_the_best_of_all(leads: dict[tuple[int, int], int]) -> None:
    """Against brute force: the most matches, then the greatest total lead; also for leads of any kind."""
    pairs = {pair: lead * DAY for pair, lead in leads.items()}
    found = assign(pairs)
    assert len(set(found.values())) == len(found)
    mine = (len(found), sum((pairs[pair] for pair in found.items()), timedelta(0)))
    best = (0, timedelta(0))
    for order in permutations([*range(4), None, None, None, None], 4):
        chosen = [(n, m) for n, m in enumerate(order) if m is not None and (n, m) in pairs]
        best = max(best, (len(chosen), sum((pairs[pair] for pair in chosen), timedelta(0))))
    assert mine == best


@given(alarms(), listed(20))
def test_events_that_cannot_be_taken_are_left_out_and_nothing_else(
    some: list[Alarm], events: list[Event]
) -> None:
    """The same pairs are taken as if every event were asked, of those that are as good, too."""
    found = sorted(some, key=lambda a: a.begin)
    ordered = sorted(events, key=lambda e: (e.begin, e.end, e.id))
    every = {
        (n, m): lead(alarm, one)
        for n, one in enumerate(ordered)
        for m, alarm in enumerate(found)
        if fits(alarm, one, RULE)
    }
    few = pairs_of(found, ordered, RULE)
    assert few.items() <= every.items()
    assert assign(few) == assign(every)


@given(alarms(), listed(20))
def test_what_came_of_each_is_as_if_all_alarms_and_events_were_looked_at(
    some: list[Alarm], events: list[Event]
) -> None:
    found = match(some, events, RULE, KNOWN)
    real = [one for one in events if one.happened]
    for alarm in found:
        if alarm.outcome in ("extra", "standing", "undecided", "false"):
            near = any(fits(alarm, one, RULE) for one in real)
            standing = any(alarm.on(RULE.window(one)[0]) for one in real)
            assert (alarm.outcome == "extra") == near
            assert (alarm.outcome == "standing") == (standing and not near)
    own = next(scope for scope in scopes(report(), events) if scope.judgement == "kj-2")
    for one in fates(own, found, RULE, BEGIN, END):
        if one.event.happened and one.outcome not in (*HIT, "outside"):
            before = next((a for a in found if a.on(RULE.window(one.event)[0])), None)
            taken = next((a for a in found if a.outcome in HIT and fits(a, one.event, RULE)), None)
            assert (one.outcome == "already on") == (before is not None)
            if before is not None:
                assert f"{before.begin:%Y-%m-%d}" in one.reason
            elif taken is not None:
                assert f"{taken.begin:%Y-%m-%d} is counted for {taken.event}" in one.reason


@given(alarms(), st.integers(0, 10), st.integers(0, 10))
def test_merging_more_generously_never_makes_more_alarms(some: list[Alarm], less: int, more: int) -> None:
    stretches = [scoring.Episode("i", a.begin, a.end) for a in some]
    few, many = (len(scoring.merged(stretches, n * DAY)) for n in (less + more, less))
    assert few <= many


# ---------------------------------------------------------------- long lists


def many(number: int) -> list[Event]:
    """Events of all days of the replay, and of days before and after."""
    firsts = (BEGIN + (7 * n % 250 - 30) * DAY for n in range(number))
    return [
        event(f"E{n}", first.isoformat(), (first + n % 4 * DAY).isoformat(), happened=n % 3 > 0)
        for n, first in enumerate(firsts)
    ]


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python it runs: what it costs, however busy the machine is."""
    run = 0

    def count(frame: FrameType, what: str, argument: object) -> Any:
        nonlocal run
        run += what == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return run


def long_replay(until: date = END) -> Report:
    """One with an alarm every twelve days."""
    starts = range(0, (until - BEGIN).days - 3, 12)
    changes = [
        change
        for n in starts
        for change in stretch("mobilisation", *((BEGIN + m * DAY).isoformat() for m in (n, n + 3)))
    ]
    return report(changes, matches={"mobilisation": {"2022-08-01": 2}}, end=until)


@pytest.mark.parametrize(
    "work",
    [
        lambda made, events: scored(made, *events),
        lambda made, events: EXPORTS["html"](replace(made, events=tuple(events))),
    ],
    ids=["score", "report.html"],
)
def test_the_cost_grows_with_the_events_and_not_with_their_square(
    work: Callable[[Report, list[Event]], object],
) -> None:
    made = long_replay()
    work(made, many(1))  # templates are compiled once
    small, middle, large = (lines_run(lambda n=n: work(made, many(n))) for n in (300, 600, 1200))
    assert large - middle < 2.3 * (middle - small)


def test_an_event_costs_the_same_in_a_long_replay() -> None:
    def an_event(made: Report) -> int:
        few, more = (lines_run(lambda n=n: scored(made, *many(n))) for n in (600, 1200))
        return more - few

    assert an_event(long_replay(date(2023, 12, 31))) < 2 * an_event(long_replay())


# ---------------------------------------------------------------- words


def test_the_markdown_says_everything_and_believes_no_title() -> None:
    """Figures, reasons, events, alarms; markup and control characters of a feed are only text."""
    raised = [
        told(
            "mobilisation",
            "2022-10-01",
            titles=("<script>x</script> [a](javascript:b) \u202e| http://e.example",),
        )
    ]
    made = report(stretch("mobilisation", "2022-10-01", "2022-10-12"), raised=raised)
    full = scored(made, event("E", "2022-10-11", text="A *loud* | day"), seed=1)
    text = words.markdown(
        full, {"stories": scored(replace(made, without=("stories",)), event("E", "2022-10-11"))}
    )
    assert "| precision of alarms | 100% | n = 1 | n = 1: too few for an interval |" in text
    assert "| without stories |" in text
    assert "<script>" not in text
    assert "\\[a\\](javascript" in text
    assert "\u202e" not in text
    assert "http://" not in text
    assert "A \\*loud\\* \\| day" in text
    assert "no figure for the Brier score" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") >= 3 for line in rows)


def test_events_outside_the_replay_share_a_line() -> None:
    """They are not counted, so they do not bury those that are."""
    made = report(stretch("mobilisation", "2022-10-01", "2022-10-12"))
    full = scored(made, event("E1", "2019-10-11"), event("E2", "2022-10-11"), event("E3", "2031-01-01"))
    first, last = words.fate_lines(full)
    assert first.startswith("E2  kj-2  2022-10-11: ")
    assert last.startswith("outside the replay (")
    assert last.endswith("), and not counted: E1, E3")


def test_scopes_that_lack_the_same_figure_for_the_same_reason_share_a_line() -> None:
    full = scored(report(), event("E", "2022-10-11"), event("F", "2022-10-11", judgement="kj-5"))
    lines = words.unsupported(full)
    shared = [line for line in lines if line.startswith("kj-2, kj-5: no figure for precision")]
    assert len(shared) == 1
    assert len(lines) == len(set(lines))


def test_differences_of_an_ablation_are_shown_beside_it() -> None:
    one = event("E", "2022-10-11")
    full = scored(report(stretch("mobilisation", "2022-10-01", "2022-10-12")), one)
    other = scored(report(stretch("mobilisation", "2022-10-05", "2022-10-12")), one)
    rows = {row[0]: row[1:] for row in words.ablation_rows(full, {"offset": other})}
    assert rows[""] == ("full", "without offset")
    assert rows["lead time, median (days)"] == ("10.0", "6.0 (-4.00)")
    assert rows["recall, warned before the event"] == ("100%", "100% (+0 points)")
    assert rows["Brier score, daily (0 is best)"] == ("–", "–")
