"""yardsticks: PHIA's and ICD 203's bands, as method.md §0 and "Scoring" give them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon import yardsticks
from iwmon.yardsticks import WORDS, Band

YARDSTICKS = sorted(WORDS)
FIRST_ROW = [
    "almost no chance",
    "very unlikely",
    "unlikely",
    "roughly even chance",
    "likely",
    "very likely",
    "almost certain",
]
SECOND_ROW = [
    "remote",
    "highly improbable",
    "improbable",
    "roughly even odds",
    "probable",
    "highly probable",
    "nearly certain",
]


@pytest.mark.parametrize(
    ("term", "low", "mid", "high"),
    [
        ("remote chance", 0.0, 0.025, 0.05),
        ("highly unlikely", 0.10, 0.15, 0.20),
        ("unlikely", 0.25, 0.30, 0.35),
        ("realistic possibility", 0.40, 0.45, 0.50),
        ("likely", 0.55, 0.65, 0.75),
        ("probable", 0.55, 0.65, 0.75),
        ("likely or probable", 0.55, 0.65, 0.75),
        ("highly likely", 0.80, 0.85, 0.90),
        ("almost certain", 0.95, 0.975, 1.0),
    ],
)
def test_phia_bands_are_those_of_the_method(term: str, low: float, mid: float, high: float) -> None:
    """The edges of method.md §0 and the midpoints of its "Scoring"."""
    assert yardsticks.band(term, "phia") == Band(low, mid, high, term)


def test_icd_203_bands_have_two_words_each() -> None:
    """1-5, 5-20, 20-45, 45-55, 55-80, 80-95, 95-99 %, whichever of the two words is used."""
    edges = [0.01, 0.05, 0.20, 0.45, 0.55, 0.80, 0.95, 0.99]
    for row in (FIRST_ROW, SECOND_ROW):
        bands = [yardsticks.band(term, "icd203") for term in row]
        assert [b.low for b in bands] == edges[:-1]
        assert [b.high for b in bands] == edges[1:]


def test_the_words_are_still_those_that_a_configuration_may_use() -> None:
    """WORDS is made from the bands: nothing was lost or added."""
    assert len(WORDS["phia"]) == 9
    assert sorted(WORDS["icd203"]) == sorted(FIRST_ROW + SECOND_ROW)


@pytest.mark.parametrize(
    ("p", "term"),
    [
        (0.0, "remote chance"),
        (0.0749, "remote chance"),
        (0.075, "highly unlikely"),
        (0.2249, "highly unlikely"),
        (0.225, "unlikely"),
        (0.3749, "unlikely"),
        (0.375, "realistic possibility"),
        (0.5249, "realistic possibility"),
        (0.525, "likely"),
        (0.7749, "likely"),
        (0.775, "highly likely"),
        (0.9249, "highly likely"),
        (0.925, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_the_nearest_band_changes_at_the_cut_points(p: float, term: str) -> None:
    """method.md §2: cut points 7.5, 22.5, 37.5, 52.5, 77.5, 92.5 %."""
    assert yardsticks.nearest(p, "phia") == term


def test_an_alias_is_read_as_the_word_it_stands_for() -> None:
    """Report 1 wrote "a realistic probability"."""
    assert yardsticks.band("A Realistic  Probability", "phia").term == "realistic possibility"
    assert yardsticks.nearest(0.6, "phia", "realistic probability") == "likely"


def test_a_word_of_no_yardstick_is_refused() -> None:
    """And `known` tells so beforehand."""
    assert not yardsticks.known("perhaps", "phia")
    assert yardsticks.known("probable", "icd203")
    with pytest.raises(ValueError, match="'realistic possibility' is not a word of ICD 203"):
        yardsticks.band("realistic possibility", "icd203")


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(FIRST_ROW + SECOND_ROW))
def test_the_two_rows_of_icd_203_never_mix(a: float, b: float, like: str) -> None:
    """Whoever writes "probable" is never answered "likely"."""
    row = FIRST_ROW if like in FIRST_ROW else SECOND_ROW
    terms = yardsticks.spanned(min(a, b), max(a, b), "icd203", like)
    assert set(terms) <= set(row)
    assert sorted(terms, key=row.index) == list(terms)


def test_phia_keeps_the_analysts_word_for_the_band_that_has_three() -> None:
    """The other bands have one word, whatever the row."""
    assert yardsticks.nearest(0.6, "phia", "probable") == "probable"
    assert yardsticks.spanned(0.45, 0.8, "phia", "likely or probable") == (
        "realistic possibility",
        "likely or probable",
        "highly likely",
    )


@given(st.sampled_from([(y, term) for y in YARDSTICKS for term in WORDS[y]]))
def test_the_midpoint_of_a_band_is_nearest_to_its_own_term(pair: tuple[str, str]) -> None:
    """So nothing is implied but the analyst's own term before anything has happened."""
    yardstick, term = pair
    assert yardsticks.nearest(yardsticks.band(term, yardstick).mid, yardstick, term) == term


@given(st.sampled_from(YARDSTICKS), st.floats(0, 1), st.floats(0, 1))
def test_more_probable_is_never_a_lower_term(yardstick: str, a: float, b: float) -> None:
    """The terms rise with p, and what is spanned begins and ends with the nearest terms."""
    low, high = sorted((a, b))
    first, last = (yardsticks.nearest(p, yardstick) for p in (low, high))
    assert yardsticks.steps(first, last, yardstick) >= 0
    terms = yardsticks.spanned(low, high, yardstick)
    assert (terms[0], terms[-1]) == (first, last)
    assert len(terms) == yardsticks.steps(first, last, yardstick) + 1


def test_steps_count_bands_not_words() -> None:
    """ "probable" is no step from "likely"."""
    assert yardsticks.steps("likely", "probable", "phia") == 0
    assert yardsticks.steps("unlikely", "likely", "phia") == 2
    assert yardsticks.steps("likely", "realistic probability", "phia") == -1
