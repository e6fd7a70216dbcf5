"""surge: the figures of method.md §2, fixed values of the tail, and the laws of the test."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon import surge
from iwmon.model import Level
from iwmon.surge import Day, Usual

WEEKDAYS = (850, 1000, 1000, 1000, 1000, 420, 340)  # the HealthMap study's week, Monday first
LEVELS = (Level.WATCH, Level.WARNING, Level.CRITICAL)


def days(count: int = 30, stories: int = 2, volume: float = 1000, *, covered: bool = True) -> list[Day]:
    return [Day(stories, volume, covered)] * count


def today(stories: int, volume: float = 1000, *, covered: bool = True) -> Day:
    return Day(stories, volume, covered)


PASTS = st.lists(
    st.builds(Day, st.integers(0, 60), st.integers(0, 5_000), st.sampled_from([True, True, True, False])),
    min_size=0,
    max_size=40,
)
COUNTS = st.integers(0, 500)
GROUPS = st.integers(0, 4)
MEANS = st.floats(1e-3, 500)
SPREADS = st.floats(1, 8)  # variance as a multiple of the mean


# ---------------------------------------------------------------- the tail


@pytest.mark.parametrize(
    ("stories", "expected", "variance", "probability"),
    [
        (1, 0.2, 0.4, 0.129449436703876),
        (3, 0.2, 0.5, 0.0201323737557295),
        (9, 2.1, 5.0, 0.0186482682120396),
        (30, 10, 25.0, 0.00179964435044519),
        (20, 30, 70.0, 0.906316552392091),
        (90, 30, 70.0, 1.24717758280086e-7),
        (500, 300, 900.0, 4.74043054699306e-9),
        (60, 2, 2.5, 2.16449197906489e-34),
        (45, 14.96, 14.97, 2.98156366024198e-10),
        (3, 0.001, 0.0010000001, 1.66591645022377e-10),
        (9, 2.1, 2.1, 0.000337305843837015),  # Poisson
        (200, 150, 150.0, 5.70968857420824e-5),
    ],
)
def test_the_tail_is_exact(stories: int, expected: float, variance: float, probability: float) -> None:
    """Values of the regularised incomplete beta and gamma functions, computed to 40 digits elsewhere."""
    assert surge.tail(stories, expected, variance) == pytest.approx(probability, rel=1e-11)


def test_the_tail_is_the_sum_of_its_probabilities() -> None:
    """μ = 1.5 and v = 2.5, so r = 2.25: P(Y < 3) added up by the definition."""
    r, x = 2.25, 0.4
    below = sum(math.gamma(k + r) / math.gamma(r) / math.factorial(k) * x**k * (1 - x) ** r for k in range(3))
    assert surge.tail(3, 1.5, 2.5) == pytest.approx(1 - below)


def test_a_variance_up_to_the_mean_is_poisson() -> None:
    """v ≤ μ has no negative binomial; Poisson is its limit, and is approached without a jump."""
    poisson = 1 - math.exp(-2) * (1 + 2 + 2)
    assert surge.tail(3, 2, 2) == pytest.approx(poisson)
    assert surge.tail(3, 2, 0.5) == pytest.approx(poisson)
    assert surge.tail(3, 2, 2 + 1e-12) == pytest.approx(poisson)


def test_the_ends_of_the_tail() -> None:
    """No stories are certain; any at all are impossible where none are expected; nothing overflows."""
    assert surge.tail(0, 2, 3) == 1
    assert surge.tail(0, 0, 0) == 1
    assert surge.tail(1, 0, 0) == 0
    assert surge.tail(100_000, 1, 2) == 0
    assert surge.tail(1, 2_000, 3_000) == pytest.approx(1)


@given(COUNTS, MEANS, SPREADS)
def test_the_tail_falls_with_the_stories(stories: int, expected: float, spread: float) -> None:
    """A probability, and less of one for each further story, on either side of the mean."""
    here, further = (surge.tail(y, expected, spread * expected) for y in (stories, stories + 1))
    assert 0 <= further <= here * (1 + 1e-9) <= 1 + 1e-9


@given(COUNTS, MEANS, st.floats(1.001, 3), SPREADS)
def test_the_tail_rises_with_the_mean(stories: int, expected: float, more: float, spread: float) -> None:
    """What is usual more often is less remarkable."""
    low, high = (surge.tail(stories, mean, spread * mean) for mean in (expected, more * expected))
    assert low <= high * (1 + 1e-9)


# ---------------------------------------------------------------- what is usual


def test_the_usual_is_that_of_the_method() -> None:
    """28 days of 2 stories: μ = 56.5/29; φ is ⅔ of almost 0 and ⅓ of 2, so clamped to 1; v = φμ + μ²/56.5."""
    usual = surge.usual_day(days(28), 1000)
    assert usual.expected == pytest.approx(56.5 / 29)
    assert usual.dispersion == 1.0
    assert usual.variance == pytest.approx(56.5 / 29 + (56.5 / 29) ** 2 / 56.5)


def test_dispersion_is_pearsons_shrunk_towards_two() -> None:
    """14 days of 0 and 4 in turn: χ²/13 = 14·(2 − μ)²…, weighed half against the prior of 2."""
    counts = [0, 4] * 7
    mu = 28.5 / 15
    pearson = sum((y - mu) ** 2 / mu for y in counts) / 13
    usual = surge.usual_day([today(y) for y in counts], 1000)
    assert usual.dispersion == pytest.approx((pearson + 2) / 2)


def test_wild_counts_are_no_more_than_six_times_dispersed() -> None:
    """φ is clamped at 6, or one indicator's past would make it deaf."""
    counts = [0, 0, 0, 0, 0, 60, 60] * 4
    assert surge.usual_day([today(y) for y in counts], 1000).dispersion == 6


def test_a_past_surge_is_capped() -> None:
    """Of 28 days with 1 story and one with 100, the latter counts as μ + 3·√(2μ) of the uncapped μ."""
    past = [*days(27, 1), today(100)]
    raw = 127.5 / 29
    capped = (27 + raw + 3 * math.sqrt(2 * raw) + 0.5) / 29
    assert surge.usual_day(past, 1000).expected == pytest.approx(capped)


def test_a_rare_indicators_only_burst_is_capped_as_if_it_were_less_rare() -> None:
    """27 days without and one with 7 stories: capped at μ + 3·√(2·.3), for √μ of next to nothing is less."""
    past = [*days(27, 0), today(7)]
    capped = 7.5 / 29 + 3 * math.sqrt(0.6)
    assert surge.usual_day(past, 1000).expected == pytest.approx((capped + 0.5) / 29)


def test_twice_the_volume_makes_twice_the_stories_usual() -> None:
    """The offset: an indicator's stories go with all that its sources publish."""
    past = days()
    plain = surge.judge(past, today(4), 1000, 2)
    busy = surge.judge(past, today(4), 2000, 2)
    assert busy.expected == pytest.approx(2 * plain.expected)
    assert busy.p > plain.p


def test_a_weekday_has_the_volume_of_its_own_kind() -> None:
    """The mean over the same weekday of 28 days: `past` ends on a Sunday, so today is a Monday."""
    past = [Day(1, volume, True) for volume in WEEKDAYS * 4]
    assert surge.weekday_volume(past) == 850
    assert surge.weekday_volume(past[:-1]) == 340  # ends on a Saturday
    doubled = [*past[:-7], replace(past[-7], volume=1250), *past[-6:]]
    assert surge.weekday_volume(doubled) == pytest.approx(950)


def test_a_weekday_without_coverage_is_left_out() -> None:
    """An outage on one Monday leaves three; on all of them, the whole month stands for Monday."""
    past = [Day(1, volume, True) for volume in WEEKDAYS * 4]
    one = [*past[:-7], Day(0, 3, False), *past[-6:]]
    assert surge.weekday_volume(one) == 850
    none = [replace(day, covered=number % 7 != 0) for number, day in enumerate(past)]
    assert surge.weekday_volume(none) == pytest.approx(sum(WEEKDAYS[1:]) / 6)
    assert surge.weekday_volume([]) == 0
    assert surge.weekday_volume(days(3, volume=400)) == 400


def test_a_quiet_weekend_hides_no_surge_and_a_monday_makes_none() -> None:
    """Ten stories are ordinary for a Monday of ten, and a surge on a Sunday of four."""
    past = [Day(round(volume / 85), volume, True) for volume in WEEKDAYS * 4]
    past = [*past[-2:], *past]
    assert surge.judge(past, today(10), None, 3).level is Level.QUIET  # a Monday
    assert surge.judge(past[:-1], today(12), None, 3).level is not Level.QUIET  # a Sunday


def test_the_lag_is_not_part_of_the_usual() -> None:
    """The last two days change neither the usual nor the level: a surge does not hide itself."""
    before, after = days(30), [*days(28), today(50), today(50)]
    assert surge.judge(after, today(9), 1000, 3) == surge.judge(before, today(9), 1000, 3)


def test_only_28_days_before_the_lag_are_used() -> None:
    """What happened 31 days ago is forgotten."""
    assert surge.judge([today(90), *days(30)], today(9), 1000, 3) == surge.judge(days(30), today(9), 1000, 3)


# ---------------------------------------------------------------- levels


@pytest.mark.parametrize(
    ("stories", "groups", "level"),
    [
        (0, 0, Level.QUIET),
        (6, 6, Level.QUIET),  # p = .017
        (7, 1, Level.WATCH),
        (9, 1, Level.WATCH),  # enough for a warning, but of one origin
        (9, 2, Level.WARNING),
        (9, 3, Level.WARNING),  # p = .0003
        (10, 2, Level.WARNING),
        (10, 3, Level.CRITICAL),
    ],
)
def test_levels(stories: int, groups: int, level: Level) -> None:
    """Where two stories a day are usual; warning takes two independent groups, critical three."""
    assert surge.judge(days(), today(stories), 1000, groups).level is level


def test_fewer_than_three_stories_are_no_surge() -> None:
    """However rare the indicator is and however small the chance."""
    rare = surge.judge(days(stories=0), today(2), 1000, 2)
    assert rare.p < 0.01
    assert rare.level is Level.QUIET
    assert surge.judge(days(stories=0), today(3), 1000, 2).level is not Level.QUIET


def test_less_than_twice_the_usual_is_no_surge() -> None:
    """Where a hundred a day are usual, 160 are unlikely, and still not worth waking anyone."""
    frequent = surge.judge(days(stories=100), today(160), 1000, 3)
    assert frequent.p < 1e-4
    assert frequent.level is Level.QUIET
    assert "96.6 are usual" in frequent.reason
    assert "watch would need 194" in frequent.reason


@pytest.mark.parametrize(
    ("stories", "level"),
    [
        (193, Level.QUIET),
        (194, Level.WATCH),
        (289, Level.WATCH),
        (290, Level.WARNING),
        (386, Level.WARNING),
        (387, Level.CRITICAL),
    ],
)
def test_each_level_takes_a_multiple_of_the_usual(stories: int, level: Level) -> None:
    """2, 3 and 4 times 96.6, where the chance alone would be small enough for critical."""
    judged = surge.judge(days(stories=100), today(stories), 1000, 3)
    assert judged.p < 1e-4
    assert judged.level is level


@pytest.mark.parametrize(
    ("volume", "level"),
    [(1065, Level.CRITICAL), (1066, Level.WARNING), (1444, Level.WARNING), (1445, Level.WATCH)],
)
def test_levels_begin_at_their_chance(volume: float, level: Level) -> None:
    """Ten stories are less remarkable the more is published: p is just below and above 1e-4 and 1e-3."""
    judged = surge.judge(days(), today(10), volume, 3)
    assert min(abs(judged.p / chance - 1) for chance in (1e-4, 1e-3)) < 0.02
    assert judged.level is level


@pytest.mark.parametrize(
    "usual", [Usual(0.02, 0.05, 2), Usual(1.9, 4, 2), Usual(100, 300, 2.9), Usual(0, 0, 1)]
)
@pytest.mark.parametrize("level", LEVELS)
def test_the_stories_needed_are_the_fewest(usual: Usual, level: Level) -> None:
    """What a reason says would be enough is enough, and one less is not."""
    rule, needed = surge.RULES[level], surge.stories_needed(level, usual)

    def enough(stories: int) -> bool:
        unlikely = surge.tail(stories, usual.expected, usual.variance) < rule.chance
        return unlikely and stories >= 3 and stories >= rule.times * usual.expected

    assert enough(needed)
    assert not enough(needed - 1)


@pytest.mark.parametrize(
    ("p", "value"), [(1.0, 0.0), (0.1, 0.25), (0.01, 0.5), (1e-3, 0.75), (1e-4, 0.95), (0.0, 0.95)]
)
def test_activation_is_that_of_the_method(p: float, value: float) -> None:
    """a = min(.95, −log₁₀(p)/4), also where p underflows."""
    assert surge.activation(p) == pytest.approx(value)


@given(PASTS, COUNTS, COUNTS, st.integers(0, 5_000), GROUPS)
def test_more_stories_never_lower_the_level(
    past: list[Day], a: int, b: int, volume: int, groups: int
) -> None:
    """All else equal; nor the activation."""
    fewer, more = (
        surge.judge(past, today(y, volume), None, groups, complete=True) for y in (min(a, b), max(a, b))
    )
    assert fewer.level.rank <= more.level.rank
    assert fewer.activation <= more.activation + 1e-9
    assert 0 <= more.p <= 1


@given(
    PASTS, COUNTS, st.integers(1, 5_000), GROUPS, st.sampled_from([1 / 1024, 0.25, 8, 4096]), st.booleans()
)
def test_the_unit_of_volume_does_not_matter(
    past: list[Day], stories: int, volume: int, groups: int, times: float, complete: bool
) -> None:
    """Counting all volumes in dozens changes nothing (powers of two: not even the last digit)."""
    scaled = [replace(day, volume=day.volume * times) for day in past]
    before = surge.judge(past, today(stories, volume), volume, groups, complete=complete)
    after = surge.judge(scaled, today(stories, volume * times), volume * times, groups, complete=complete)
    assert after == before


@given(PASTS, st.data())
def test_a_day_without_items_counts_as_an_outage(past: list[Day], data: st.DataObject) -> None:
    """An empty day that passed for covered changes what is usual no more than a known outage."""
    if not past:
        return
    at = data.draw(st.integers(0, len(past) - 1))
    empty, known = ([*past[:at], Day(0, 0, covered), *past[at + 1 :]] for covered in (True, False))
    assert surge.judge(empty, today(5), None, 2) == surge.judge(known, today(5), None, 2)


@given(PASTS, GROUPS)
def test_an_outage_today_raises_no_alarm(past: list[Day], groups: int) -> None:
    """A day that counts as covered although nothing came."""
    assert surge.judge(past, today(0, 0), None, groups, complete=True).level is Level.QUIET


def test_half_a_days_volume_is_believed_only_with_coverage() -> None:
    """The end of a day measures it by its own volume; where sources failed, by the usual one."""
    past = days()
    believed = surge.judge(past, today(5, 500), 1000, 3, complete=True)
    failed = surge.judge(past, today(5, 500, covered=False), 1000, 3, complete=True)
    running = surge.judge(past, today(5, 500), 1000, 3)
    assert believed.expected == pytest.approx(failed.expected / 2)
    assert failed == running
    assert surge.judge(past, today(5, 0), 1000, 3, complete=True) == running


def test_without_a_usual_volume_the_past_gives_it() -> None:
    """None and 0 both leave it to the weekday's mean."""
    past = [Day(2, volume, True) for volume in (*WEEKDAYS[-2:], *WEEKDAYS * 4)]
    given_ = surge.judge(past, today(9), 850, 3)
    assert surge.judge(past, today(9), None, 3) == given_
    assert surge.judge(past, today(9), 0, 3) == given_


# ---------------------------------------------------------------- without a baseline


@pytest.mark.parametrize(
    ("stories", "groups", "level"),
    [(4, 4, Level.QUIET), (5, 2, Level.QUIET), (5, 3, Level.WATCH), (500, 9, Level.WATCH)],
)
def test_the_fixed_rule_while_warming_up(stories: int, groups: int, level: Level) -> None:
    """Five stories from three groups are a watch and never more, and it is said that nothing was tested."""
    early = surge.judge(days(15), today(stories), None, groups)
    assert (early.level, early.warming_up, early.p, early.baseline_days) == (level, True, 1.0, 13)
    assert "no baseline yet (13 of 14 days with coverage)" in early.reason


def test_outages_do_not_count_as_history() -> None:
    """Thirteen covered days among thirty are too few; the fourteenth begins the test."""
    past = [*days(15, covered=False), *days(15)]
    assert surge.judge(past, today(9), None, 3).warming_up
    assert not surge.judge([*past[1:], today(2)], today(9), None, 3).warming_up
    assert surge.judge([], today(9), None, 3).warming_up


def test_outages_leave_the_usual_as_it_was() -> None:
    """A week of silence because the sources were down must not make two stories a surge."""
    past = [*days(14), *days(7, stories=0, volume=20, covered=False), *days(9)]
    judged = surge.judge(past, today(5), None, 3)
    assert judged.baseline_days == 21
    assert judged.expected == pytest.approx(2, abs=0.1)
    assert judged.level is Level.QUIET


# ---------------------------------------------------------------- in words


def test_a_reason_says_what_is_usual_how_likely_and_what_is_needed() -> None:
    """One line that a person can act on, for each of the kinds."""
    assert surge.judge(days(), today(9), 1000, 1).reason == (
        "9 stories from 1 independent origin today where 1.9 are usual (28 days of baseline); "
        "chance of so many by accident 1 in 3,500; "
        "watch needs 7; warning would need 9 from 2 independent origins"
    )
    assert surge.judge(days(), today(0), 1000, 0).reason == (
        "no stories today where 1.9 are usual (28 days of baseline); watch would need 7"
    )
    assert surge.judge(days(), today(40), 1000, 3).reason == (
        "40 stories from 3 independent origins today where 1.9 are usual (28 days of baseline); "
        "chance of so many by accident less than 1 in 1,000,000; critical needs 10 from 3 independent origins"
    )
    assert surge.judge(days(22), today(1), 1000, 1).reason == (
        "1 story from 1 independent origin today where 1.9 are usual "
        "(20 days of baseline, 28 for full strength); chance of so many by accident 85 %; watch would need 7"
    )
    assert surge.judge(days(4), today(5), 1000, 3).reason == (
        "5 stories from 3 independent origins today; no baseline yet (2 of 14 days with coverage): "
        "watch needs 5 from 3 independent origins"
    )


@given(PASTS, COUNTS, GROUPS)
def test_every_reason_is_one_line_with_its_numbers(past: list[Day], stories: int, groups: int) -> None:
    """Whatever was counted, it is said; and how long for."""
    judged = surge.judge(past, today(stories), None, groups)
    assert "\n" not in judged.reason
    assert judged.reason.startswith(f"{stories or 'no'} stor")
    assert (f"{judged.baseline_days} days of baseline" in judged.reason) is not judged.warming_up


def test_what_is_just_short_of_a_level_does_not_read_as_if_it_reached_it() -> None:
    """A chance is rounded to the likelier side: 1 in 99.6 is "1 in 99", 1 in 123.4 "1 in 120"."""
    seen = {}
    for thousandths in range(300, 600):
        usual = [Day(0, 1000, True)] * 30
        judged = surge.judge(usual, today(3), thousandths * 29.0 * 2, 1)
        words = judged.reason.partition("accident ")[2].partition(";")[0]
        seen[words] = judged.p
        if words.startswith("1 in "):
            assert judged.p <= 1 / int(words.removeprefix("1 in ").replace(",", "")), words
    assert len(seen) > 20


def test_expected_false_alarms() -> None:
    """method.md §2: Σ indicators · α · 30, so ten indicators give three a month."""
    assert surge.expected_false_alarms(10) == pytest.approx(3)
    assert surge.expected_false_alarms(10, alpha=0.001, days=7) == pytest.approx(0.07)
