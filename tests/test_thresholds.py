"""thresholds: the figures of method.md §2, and the laws of decay and hysteresis."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon import thresholds
from iwmon.model import IndicatorState, Level, Threshold
from iwmon.thresholds import settling
from nouns import DAY, NOON, indicator, signal

QUIET = IndicatorState("i")


def groups(*letters: str, strength: float = 1.0):
    marks = [
        signal(f"g{n}", thresholds.weight(strength, letter, 6), reliability=letter)  # type: ignore[arg-type]
        for n, letter in enumerate(letters)
    ]
    return thresholds.by_group(marks, None, NOON)[0]


@pytest.mark.parametrize(
    ("letters", "strength", "expected"),
    [
        ("B", 1.0, 0.56),
        ("BB", 1.0, 0.81),
        ("BBB", 1.0, 0.91),
        ("BC", 1.0, 0.74),
        ("D", 1.0, 0.25),
        ("DD", 1.0, 0.43),
        ("B", 0.3, 0.17),
    ],
)
def test_activation_is_that_of_the_method(letters: str, strength: float, expected: float) -> None:
    """method.md §2 lists these activations; they are computed, not copied."""
    assert thresholds.activation(groups(*letters, strength=strength)) == pytest.approx(expected, abs=0.006)


def test_one_voice_repeated_adds_nothing() -> None:
    """Corroboration counts independence groups: ten stories of one group weigh as its best one."""
    ten = [signal("state", story=f"s{n}") for n in range(10)]
    assert thresholds.activation(thresholds.by_group(ten, None, NOON)[0]) == pytest.approx(0.56)
    assert thresholds.decide(indicator(), ten, NOON).level is Level.WATCH


@pytest.mark.parametrize(
    ("count", "level"), [(0, Level.QUIET), (1, Level.WATCH), (2, Level.WARNING), (3, Level.CRITICAL)]
)
def test_occurrence_levels(count: int, level: Level) -> None:
    """One B is watch, two are warning, three on two sides critical."""
    marks = [signal(f"g{n}", side="independent" if n else "UA state") for n in range(count)]
    verdict = thresholds.decide(indicator(), marks, NOON)
    assert verdict.level is level
    assert "activation" in verdict.reason


def test_warning_takes_two_groups_however_strong_one_is() -> None:
    """A single origin of full strength stays at watch."""
    assert thresholds.decide(indicator(), [signal(weight=0.99)], NOON).level is Level.WATCH


def test_a_confirmed_report_makes_two_groups_enough_for_critical() -> None:
    """method.md §2: critical at a ≥ .80 takes three groups, or two of which an analyst confirms one."""
    two = [signal("a", status="confirmed"), signal("b")]
    assert thresholds.decide(indicator(), two, NOON).level is Level.CRITICAL


@pytest.mark.parametrize(
    ("count", "level"), [(0, Level.QUIET), (1, Level.WATCH), (2, Level.WARNING), (3, Level.CRITICAL)]
)
def test_count_levels_by_groups_inside_the_window(count: int, level: Level) -> None:
    """count: 1, 2, 3 groups (on two sides) in the window, weak or strong; those outside do not count."""
    counting = indicator(type="count", window=timedelta(days=30))
    inside = [signal(f"g{n}", 0.1, side="independent" if n else "UA state") for n in range(count)]
    outside = [signal(f"old{n}", 0.9, NOON - 31 * DAY) for n in range(3)]
    assert thresholds.decide(counting, inside + outside, NOON).level is level


def test_an_analysts_threshold_overrides_only_what_it_names() -> None:
    """`warning: {publishers: 3}` keeps the default activation, and the other levels."""
    own = indicator(thresholds={Level.WARNING: Threshold(publishers=3)})
    table = thresholds.limits(own)
    assert table[Level.WARNING] == Threshold(0.55, 3)
    assert table[Level.WATCH] == thresholds.OCCURRENCE[Level.WATCH]


def test_surge_says_that_it_has_no_baseline_yet() -> None:
    """Five stories from three groups in a day trip the fixed rule, and the reason admits what it is."""
    surge = indicator(type="surge")
    marks = [signal(f"g{n % 3}", story=f"s{n}") for n in range(5)]
    assert thresholds.decide(surge, marks, NOON).level is Level.WATCH
    assert "no baseline yet" in thresholds.decide(surge, marks, NOON).reason
    assert thresholds.decide(surge, marks[:4], NOON).level is Level.QUIET


def test_levels_rise_at_once_and_fall_only_after_the_hold() -> None:
    """Hysteresis: down only to what was held at some time in the last three days, level by level."""
    one = indicator(half_life=timedelta(days=2))
    marks = [signal("a"), signal("b")]
    state, _ = thresholds.settle(QUIET, one, marks, NOON)
    assert (state.level, state.since) == (Level.WARNING, NOON)
    state, _ = thresholds.settle(state, one, marks, NOON + 2 * DAY)  # 0.48: below 0.55, above 0.41
    assert (state.level, state.falling_since) == (Level.WARNING, None)
    state, _ = thresholds.settle(state, one, marks, NOON + 3 * DAY)  # 0.36: too little since 2.5 days
    assert (state.level, state.falling_since) == (Level.WARNING, NOON + 3 * DAY)
    assert "held" in state.reason
    state, _ = thresholds.settle(state, one, marks, NOON + 5.4 * DAY)
    assert state.level is Level.WARNING
    state, _ = thresholds.settle(state, one, marks, NOON + 5.6 * DAY)
    assert state.level is Level.WATCH
    state, _ = thresholds.settle(state, one, marks, NOON + 8.4 * DAY)  # watch holds to 0.15, at 5.6 days
    assert state.level is Level.WATCH
    state, _ = thresholds.settle(state, one, marks, NOON + 8.9 * DAY)
    assert state.level is Level.QUIET


@given(st.lists(st.floats(0, 12), min_size=1, max_size=12).map(sorted))
def test_the_fall_does_not_depend_on_when_anybody_looked(days: list[float]) -> None:
    """Looked at often or seldom, the level at the end is the same."""
    one, marks = indicator(half_life=timedelta(days=2)), [signal("a"), signal("b")]
    often, _ = thresholds.settle(QUIET, one, marks, NOON)
    seldom = often
    for day in days:
        often, _ = thresholds.settle(often, one, marks, NOON + day * DAY)
    seldom, _ = thresholds.settle(seldom, one, marks, NOON + days[-1] * DAY)
    assert often.level is seldom.level


def test_no_level_before_the_one_below_it() -> None:
    """warning: {publishers: 5} holds critical back too."""
    own = indicator(thresholds={Level.WARNING: Threshold(publishers=5)})
    assert thresholds.decide(own, [signal(f"g{n}") for n in range(4)], NOON).level is Level.WATCH


def test_count_counts_origins_and_nothing_else() -> None:
    """An activation on a count indicator has no effect, as check says."""
    own = indicator(type="count", thresholds={Level.WATCH: Threshold(activation=0.9)})
    assert thresholds.decide(own, [signal(weight=0.1)], NOON).level is Level.WATCH


def test_a_clock_that_was_ahead_does_not_hold_for_years() -> None:
    """`falling_since` in the future is not believed."""
    ahead = IndicatorState("i", level=Level.WATCH, falling_since=NOON + 3650 * DAY)
    state, _ = thresholds.settle(ahead, indicator(), [signal(weight=0.1, at=NOON - DAY)], NOON)
    assert state.falling_since is None or state.falling_since <= NOON


def test_a_new_report_breaks_the_fall() -> None:
    """The three days must be without a break."""
    one = indicator(half_life=timedelta(days=1))
    state, _ = thresholds.settle(QUIET, one, [signal("a"), signal("b")], NOON)
    state, _ = thresholds.settle(state, one, [signal("a"), signal("b")], NOON + 2 * DAY)
    assert state.falling_since
    again = [signal("a", at=NOON + 3 * DAY), signal("b", at=NOON + 3 * DAY)]
    state, _ = thresholds.settle(state, one, again, NOON + 3 * DAY)
    assert state.falling_since is None


def test_what_holds_until_reversed_never_decays() -> None:
    """half_life: never."""
    assert thresholds.decay(timedelta(days=4000), None) == 1.0
    holds = indicator(half_life=None)
    assert thresholds.falls_below(holds, Level.WATCH, [signal()], NOON) is None
    assert not thresholds.forgotten(holds, signal(at=NOON - 400 * DAY), NOON)


def test_falls_below_names_the_moment() -> None:
    """Just before the named hour the level is held, at it the fall begins."""
    one, marks = indicator(), [signal("a"), signal("b")]
    when = thresholds.falls_below(one, Level.WARNING, marks, NOON)
    assert when is not None
    before = thresholds.decide(one, marks, when - timedelta(hours=1), share=thresholds.EXIT)
    assert before.level is Level.WARNING
    assert thresholds.decide(one, marks, when, share=thresholds.EXIT).level is Level.WATCH


ages = st.floats(0, 400).map(lambda days: timedelta(days=days))
half_lives = st.floats(0.5, 100).map(lambda days: timedelta(days=days))


@given(ages, ages, half_lives)
def test_decay_composes(a: timedelta, b: timedelta, half_life: timedelta) -> None:
    """d(a + b) = d(a) · d(b), and one half-life halves."""
    both = thresholds.decay(a, half_life) * thresholds.decay(b, half_life)
    assert thresholds.decay(a + b, half_life) == pytest.approx(both, rel=1e-6)
    assert thresholds.decay(half_life, half_life) == pytest.approx(0.5)


marks = st.lists(
    st.tuples(st.sampled_from("abcde"), st.floats(0.01, 0.95), st.integers(0, 60)), max_size=12
).map(lambda rows: [signal(g, w, NOON - d * DAY, story=f"s{n}") for n, (g, w, d) in enumerate(rows)])


@given(marks, st.permutations(range(12)))
def test_order_of_arrival_does_not_change_the_verdict(rows, order) -> None:
    """The same evidence in any order gives the same level and activation."""
    shuffled = [rows[i] for i in order if i < len(rows)]
    a, b = thresholds.decide(indicator(), rows, NOON), thresholds.decide(indicator(), shuffled, NOON)
    assert (a.level, a.activation) == (b.level, pytest.approx(b.activation))


@given(marks, st.tuples(st.sampled_from("abcdef"), st.floats(0.01, 0.95)))
def test_more_evidence_never_lowers_a_level(rows, more) -> None:
    """Monotone: one more story raises activation and level, or leaves them."""
    a = thresholds.decide(indicator(), rows, NOON)
    b = thresholds.decide(indicator(), [*rows, signal(*more, story="more")], NOON)
    assert b.activation >= a.activation - 1e-12
    assert b.level.rank >= a.level.rank


@given(marks)
def test_holding_is_never_harder_than_entering(rows) -> None:
    """EXIT < 1: what enters a level also holds it."""
    enter = thresholds.decide(indicator(), rows, NOON)
    hold = thresholds.decide(indicator(), rows, NOON, share=thresholds.EXIT)
    assert hold.level.rank >= enter.level.rank


def test_a_level_that_is_held_is_not_asked_for_at_every_arrival(monkeypatch) -> None:
    """A flood of reports in the hold must not cost a judgement each, every hour until the level falls."""
    asked = []
    decide = settling.decide
    monkeypatch.setattr(settling, "decide", lambda *a, **more: asked.append(a) or decide(*a, **more))
    strong = signal(weight=0.56, at=NOON - 4 * DAY)
    flood = [signal("g2", 0.02, NOON - n * timedelta(minutes=5), story=f"s{n}") for n in range(500)]
    what = indicator(half_life=DAY)
    state, _ = settling.settle(IndicatorState("i", level=Level.WATCH), what, [strong, *flood], NOON)
    assert state.level is Level.WATCH
    assert state.falling_since == NOON
    assert len(asked) < 10
