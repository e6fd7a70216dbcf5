"""What the terms of a replay brought, counted in bounded memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon.model import Match, Memory, Review, Step
from iwmon.replay.tally import Tally
from nouns import HOUR, NOON, configured
from theatre import review

CONFIG = configured("""\
version: 1
sources: [{id: nn, name: Nasha Niva, url: "https://nn.example/rss"}]
judgements:
  - id: kj
    statement: One
    made_on: 2022-01-01
    indicators:
      - {id: calls, name: Calls, query: reservist* OR call*, effect: supports}
      - {id: moves, name: Moves, query: army OR move*, effect: supports}
receivers: []
""")
TERMS = {"calls": ("reservists", "called"), "moves": ("army", "moves")}
Told = list[tuple[list[Match], list[Review]]]


def step(matches: Sequence[Match], rulings: Sequence[Review]) -> Step:
    """A step of which only this matters."""
    nothing = ((), (), (), (), (), (), ())
    return Step(NOON, "", (), tuple(matches), *nothing, memory=Memory(), rulings=tuple(rulings))


def match(item: int, indicator: str, words: Sequence[str]) -> Match:
    return Match(f"item {item}", indicator, "title", tuple(words), 1.0)


def counted(told: Told, remembered: int) -> Tally:
    tally = Tally(CONFIG, remembered)
    for matches, rulings in told:
        tally.take(step(matches, rulings))
    return tally


@st.composite
def histories(draw: st.DrawFn, *, late: int = 99) -> Told:
    """Each step an item; reviews of it, and of those of up to `late` steps before."""
    told: Told = []
    for number in range(draw(st.integers(1, 12))):
        names = draw(st.lists(st.sampled_from(sorted(TERMS)), unique=True, min_size=1))
        matches = [match(number, n, draw(st.lists(st.sampled_from(TERMS[n]), unique=True))) for n in names]
        said = st.tuples(
            st.integers(max(0, number - late), number),
            st.sampled_from(["reject", "reject", "confirm", "restore", "grade"]),
            st.sampled_from(["", *TERMS]),
        )
        rulings = [
            review(f"item {n}", action, NOON, indicator=name) for n, action, name in draw(st.lists(said))
        ]
        told.append((matches, rulings))
    return told


def by_hand(told: Told) -> dict[tuple[str, str], tuple[int, int]]:
    """Indicator and word → (items, of them rejected): the last word on each item and indicator holds."""
    shown = {(m.item, m.indicator): m.words for matches, _ in told for m in matches}
    last = dict.fromkeys(shown, "")
    for _, rulings in told:
        for one in rulings:
            for item, name in shown:
                if item == one.item and one.indicator in ("", name) and one.action != "grade":
                    last[item, name] = one.action
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for (item, name), words in shown.items():
        for word in words:
            hit, rejected = found.get((name, word), (0, 0))
            found[name, word] = (hit + 1, rejected + (last[item, name] == "reject"))
    return found


def by_word(tally: Tally) -> dict[tuple[str, str], tuple[int, int]]:
    """The same of a tally."""
    of_term = {"reservist*": "reservists", "call*": "called", "army": "army", "move*": "moves"}
    return {
        (indicator, of_term[term]): numbers
        for indicator, terms in tally.words().items()
        for term, numbers in terms.items()
        if numbers != (0, 0)
    }


@given(histories())
def test_each_term_has_its_items_and_those_rejected(told: Told) -> None:
    assert by_word(counted(told, 100)) == by_hand(told)


@given(histories(late=2))
def test_reviews_of_what_is_remembered_count_as_ever(told: Told) -> None:
    """Three items are enough for reviews that are never later than two steps."""
    assert by_word(counted(told, 3)) == by_hand(told)


@given(histories())
def test_a_review_of_what_is_forgotten_changes_nothing(told: Told) -> None:
    """And hits are counted whatever is remembered."""
    few = by_word(counted(told, 1))
    assert {key: hit for key, (hit, _) in few.items()} == {k: hit for k, (hit, _) in by_hand(told).items()}
    assert all(rejected <= hit for hit, rejected in few.values())


def test_a_rejection_outlives_its_item() -> None:
    told: Told = [([match(1, "moves", ["army"])], [review("item 1", "reject", NOON)])]
    told += [([match(n, "calls", ["called"])], []) for n in range(2, 5)]
    told += [([], [review("item 1", "restore", NOON + timedelta(days=400))])]
    assert by_word(counted(told, 2)) == {("moves", "army"): (1, 1), ("calls", "called"): (3, 0)}


@pytest.mark.parametrize("rejected", [False, True])
def test_a_long_recording_needs_no_more_memory(rejected: bool) -> None:
    """20,000 items take no more room than 2,000, where 1,000 are remembered."""
    tally, sizes = Tally(CONFIG, 1_000), []
    tracemalloc.start()
    for number in range(20_001):
        said = [review(f"item {number}", "reject", NOON + number * HOUR)] if rejected else []
        tally.take(step([match(number, "moves", ["army"])], said))
        if number in (2_000, 20_000):
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert sizes[1] < 1.5 * sizes[0]
