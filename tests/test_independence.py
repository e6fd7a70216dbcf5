"""Independence: one newsroom has one voice, whomever it cites; and it takes two sides to be critical."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon import thresholds
from iwmon.model import Level, Signal, Threshold
from nouns import DAY, HOUR, NOON, indicator, signal

ROOMS = "KLMN"
told = st.tuples(
    st.sampled_from("abcde"),  # the origin
    st.sampled_from([0.06, 0.17, 0.25, 0.42, 0.56, 0.76]),
    st.frozensets(st.sampled_from(ROOMS), min_size=1, max_size=3),  # the newsrooms that carry it
)
reports = st.lists(told, max_size=9).map(
    lambda found: [
        signal(g, w, story=f"s{n}", carriers=tuple(sorted(rooms))) for n, (g, w, rooms) in enumerate(found)
    ]
)


def best(marks: list[Signal]) -> float:
    """The highest activation of all ways to give each origin a newsroom of its own, by trying them all."""
    weights: dict[str, float] = {}
    rooms: dict[str, set[str]] = {}
    for mark in marks:
        weights[mark.group] = max(weights.get(mark.group, 0.0), mark.weight)
        rooms.setdefault(mark.group, set()).update(mark.carriers)
    names, found = sorted(weights), 0.0
    for given_to in product(*(["", *sorted(rooms[name])] for name in names)):
        taken = [room for room in given_to if room]
        if len(taken) == len(set(taken)):
            rest = 1.0
            for name, room in zip(names, given_to, strict=True):
                rest *= 1.0 - (weights[name] if room else 0.0)
            found = max(found, 1.0 - rest)
    return found


@settings(max_examples=150, deadline=None)
@given(reports)
def test_no_other_way_to_give_out_newsrooms_counts_for_more(marks) -> None:
    """Brute force over all assignments finds nothing better; and none is served twice."""
    counted, uncounted = thresholds.by_group(marks, None, NOON)
    assert thresholds.activation(counted) == pytest.approx(best(marks))
    assert {g.group for g in (*counted, *uncounted)} == {m.group for m in marks}
    assert not {g.group for g in counted} & {g.group for g in uncounted}
    assert len(counted) <= len({room for m in marks for room in m.carriers})


@settings(max_examples=100, deadline=None)
@given(reports, st.randoms(use_true_random=False))
def test_the_order_of_reports_does_not_matter(marks, chance) -> None:
    """Nor of newsrooms within a report: the same groups count, each for the same story."""
    shuffled = list(marks)
    chance.shuffle(shuffled)
    assert thresholds.by_group(marks, None, NOON) == thresholds.by_group(shuffled, None, NOON)


def test_a_newsroom_that_cites_three_is_one_voice() -> None:
    """Whoever quotes the General Staff, the ministry and a letter has spoken once."""
    marks = [
        signal(g, w, carriers=("nn",)) for g, w in (("staff", 0.42), ("ministry", 0.56), ("letter", 0.2))
    ]
    counted, uncounted = thresholds.by_group(marks, None, NOON)
    assert [g.group for g in counted] == ["ministry"]
    assert [g.group for g in uncounted] == ["staff", "letter"]
    assert thresholds.decide(indicator(), marks, NOON).level is Level.WATCH


def test_a_second_newsroom_frees_the_first() -> None:
    """The letter is in two papers, the ministry in one of them: both count."""
    marks = [signal("letter", carriers=("nn", "zerkalo")), signal("ministry", 0.5, carriers=("nn",))]
    for some in permutations(marks):
        counted, _ = thresholds.by_group(some, None, NOON)
        assert [g.group for g in counted] == ["letter", "ministry"]


def test_a_chain_of_newsrooms_longer_than_the_stack_is_deep_is_served() -> None:
    """An aggregator's thousand publishers, each reprinting the next: every one has to move for the last."""
    names = [f"g{n:04}" for n in range(1_500)]
    marks = [
        signal(story=name, group=name, weight=0.5, carriers=(name, following))
        for name, following in zip(names, [*names[1:], "one more"], strict=True)
    ]
    marks.append(signal(story="last", group="last", weight=0.4, carriers=(names[0],)))
    counted, uncounted = thresholds.by_group(marks, None, NOON)
    assert (len(counted), uncounted) == (1_501, ())


def test_a_group_counts_by_its_best_story_as_it_has_decayed() -> None:
    """Yesterday's .42 outweighs last month's .56."""
    marks = [signal("a", 0.56, NOON - 30 * DAY), signal("a", 0.42, NOON - DAY)]
    ((group,), _) = thresholds.by_group(marks, 30 * DAY, NOON)
    assert group.weight == pytest.approx(0.42 * 2 ** (-1 / 30))


# ---------------------------------------------------------------- sides


def three(*sides: str, **more: Any) -> list[Signal]:
    return [signal(f"g{n}", side=side, **more) for n, side in enumerate(sides)]


@pytest.mark.parametrize(
    ("sides", "level"),
    [
        (("BY state",) * 3, Level.WARNING),
        (("independent",) * 5, Level.WARNING),
        (("BY state", "BY state", "independent"), Level.CRITICAL),
        (("BY state", "UA state", "UA state"), Level.CRITICAL),
    ],
)
@pytest.mark.parametrize("kind", ["occurrence", "count"])
def test_critical_takes_two_sides(kind: str, sides: tuple[str, ...], level: Level) -> None:
    """What one bloc alone says, however often, is a warning."""
    verdict = thresholds.decide(indicator(type=kind), three(*sides), NOON)
    assert verdict.level is level
    if level is Level.WARNING:
        assert "2 sides" in verdict.reason


def test_a_side_too_light_to_corroborate_is_no_side() -> None:
    """An independent report that has decayed to nothing does not open the door."""
    marks = [*three("BY state", "BY state", "BY state"), signal("old", 0.04, side="independent")]
    assert thresholds.decide(indicator(), marks, NOON).level is Level.WARNING


def test_the_analyst_sets_the_sides() -> None:
    """`critical: {sides: 1}` takes three origins of one side; `sides: 3` three sides."""
    one = indicator(thresholds={Level.CRITICAL: Threshold(sides=1)})
    assert thresholds.decide(one, three(*["BY state"] * 3), NOON).level is Level.CRITICAL
    many = indicator(thresholds={Level.CRITICAL: Threshold(sides=3)})
    assert thresholds.decide(many, three("a", "b", "b"), NOON).level is Level.WARNING
    assert thresholds.decide(many, three("a", "b", "c"), NOON).level is Level.CRITICAL


def test_who_confirms_a_report_vouches_for_it() -> None:
    """Two origins of one side, one confirmed: critical. Not where the analyst set the threshold."""
    two = [signal("a", side="BY state", status="confirmed"), signal("b", side="BY state")]
    assert thresholds.decide(indicator(), two, NOON).level is Level.CRITICAL
    assert thresholds.decide(indicator(), two[:1], NOON).level is Level.WATCH
    own = indicator(thresholds={Level.CRITICAL: Threshold(publishers=4)})
    assert thresholds.decide(own, two, NOON).level is Level.WARNING


# ---------------------------------------------------------------- what is evidence


@pytest.mark.parametrize("out", [{"weight": 0.0}, {"status": "rejected"}])
def test_what_is_no_evidence_is_left_out_everywhere(out: dict[str, Any]) -> None:
    """Rejected, denied and historical reports: no group, no newsroom, no side, no burst."""
    marks = [signal("a"), signal("b", **out), signal("c", **out)]
    verdict = thresholds.decide(indicator(), marks, NOON)
    assert [g.group for g in verdict.groups] == ["a"]
    assert verdict.level is Level.WATCH
    assert thresholds.counting(marks) == (marks[0],)
    assert thresholds.decide(indicator(type="count"), marks, NOON).level is Level.WATCH


# ---------------------------------------------------------------- a campaign


@pytest.mark.parametrize(
    ("sides", "hours", "warned"),
    [
        (("BY state",) * 3, 0, True),
        (("BY state",) * 2, 0, False),
        (("BY state", "BY state", "UA state"), 0, False),
        (("independent",) * 4, 0, False),
        (("BY state",) * 3, 25, False),
    ],
)
def test_a_burst_of_one_side_is_flagged(sides, hours, warned) -> None:
    """Three reports in a day, all of one controlled bloc: a sign of a campaign (method.md §2)."""
    marks = three(*sides, at=NOON - hours * HOUR)
    notes = thresholds.decide(indicator(), marks, NOON).notes
    assert bool(notes) is warned
    if warned:
        assert "single-side burst: 3 reports in 24 h, all of them from BY state" in notes[0]
