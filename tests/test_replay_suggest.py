"""What a replay suggests about the indicators: said where it is so, and only there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon.model import Coverage, IndicatorType, Item, Level, Match
from iwmon.replay.atoms import atoms, hits
from iwmon.replay.suggest import Suggestion, suggest
from iwmon.report import Course, Day, Report
from nouns import NOON, configured, entry

CONFIG = configured("""\
version: 1
terms:
  belarus: {en: [belarus*, "Belorussia"], ru: [беларус*]}
  army: {en: [army, "armed forces"]}
sources:
  - {id: nn, name: Nasha Niva, url: "https://nn.example/rss"}
judgements:
  - id: kj-1
    statement: One
    made_on: 2022-01-01
    indicators:
      - id: calls
        name: Calls
        query:
          en: $belarus NEAR/25 (Reservist* OR "combat readiness" OR с-400) AND NOT (football OR sport*)
          ru: $belarus AND intitle:мобилизац*
        effect: supports
      - {id: moves, name: Moves, query: $army move*, effect: supports, group: troops}
      - {id: camps, name: Camps, query: camp* OR /tent(s)?/, effect: supports, group: troops}
      - {id: lull, name: Lull, type: absence, absence_of: [moves], expect_every: 7d, effect: against}
  - id: kj-2
    statement: Two
    made_on: 2022-01-01
    indicators:
      - {id: talks, name: Talks, query: talk*, effect: against}
receivers: []
""")


def course(
    indicator: str,
    on: Iterable[int] = (),
    *,
    days: int = 30,
    blind: Iterable[int] = (),
    matches: int = 0,
    stories: int = 0,
    kind: IndicatorType = "occurrence",
) -> Course:
    """A course that is at watch on the days `on`, counted from 0, and blind on others."""
    dark = frozenset(blind)
    watched = frozenset(on)
    judgement = CONFIG.indicators[indicator].judgement if indicator in CONFIG.indicators else "kj-1"
    return Course(
        indicator,
        judgement,
        indicator.title(),
        kind,
        "supports",
        tuple(
            Day(
                (date(2022, 1, 1) + timedelta(days=n)).isoformat(),
                Level.WATCH if n in watched else Level.QUIET,
                Coverage.BLIND if n in dark else Coverage.OK,
                matches=matches if n == 0 else 0,
                stories=stories if n == 0 else 0,
            )
            for n in range(days)
        ),
    )


def suggested(
    *courses: Course, words: Mapping[str, Mapping[str, tuple[int, int]]] | None = None
) -> tuple[Suggestion, ...]:
    report = Report("", "", "", NOON, NOON, "UTC", "phia", timedelta(hours=1), courses=courses)
    return suggest(CONFIG, report, words or {})


def of_kind(kind: str, found: Iterable[Suggestion]) -> list[Suggestion]:
    return [one for one in found if one.kind == kind]


# ---------------------------------------------------------------- never


def test_an_indicator_that_never_fired_and_never_matched_is_a_matter_of_its_query() -> None:
    (one,) = suggested(course("talks"))
    assert (one.kind, one.indicators, one.term) == ("never", ("talks",), "")
    assert one.text.startswith("talks never reached watch in 30 days, and no item matched it: ")
    assert "iwmon match" in one.text


def test_one_that_matched_is_a_matter_of_its_thresholds() -> None:
    (one,) = of_kind("never", suggested(course("talks", matches=1_234)))
    assert "though 1,234 items matched it" in one.text
    assert "thresholds" in one.text


def test_one_that_was_blind_is_a_matter_of_its_sources() -> None:
    (one,) = suggested(course("talks", blind=range(30)))
    assert "look at its sources, not at its query" in one.text
    (one,) = suggested(course("talks", blind=range(10)))
    assert "in 30 days (on 20 of which it could see)" in one.text


def test_an_absence_that_never_came_is_no_matter_of_a_query() -> None:
    (one,) = suggested(course("lull", kind="absence"))
    assert "what it misses kept coming" in one.text


@pytest.mark.parametrize(("seen", "short"), [(6, True), (7, False)])
def test_an_absence_is_not_blamed_for_a_replay_that_is_too_short(seen: int, short: bool) -> None:
    """In fewer days than its `expect_every` no silence can be one; nothing need have come."""
    (one,) = suggested(course("lull", kind="absence", days=20, blind=range(seen, 20)))
    assert ("Replay more than that" in one.text) is short
    assert ("kept coming" in one.text) is not short


def test_one_day_is_enough_to_have_fired() -> None:
    assert not suggested(course("talks", [3]))


def test_without_days_nothing_is_said() -> None:
    assert not suggested(course("talks", days=0))


# ---------------------------------------------------------------- always


@pytest.mark.parametrize(("on", "said"), [(24, False), (25, True), (30, True)])
def test_always_is_more_than_four_days_of_five(on: int, said: bool) -> None:
    assert bool(of_kind("always", suggested(course("talks", range(on))))) == said


def test_only_covered_days_count() -> None:
    """On 9 of the 10 that were covered; on all of the others, which prove nothing."""
    (one,) = suggested(course("talks", range(29), blind=range(20)))
    assert (one.kind, one.indicators) == ("always", ("talks",))
    assert "on 9 of 10 covered days (90%)" in one.text
    assert not suggested(course("talks", range(28), blind=range(20)))
    assert not suggested(course("talks", range(30), blind=range(30)))


@pytest.mark.parametrize(("stories", "blamed"), [(1, "half_life"), (3, "half_life"), (4, "Narrow its query")])
def test_a_level_that_few_reports_hold_is_no_matter_of_the_query(stories: int, blamed: str) -> None:
    (one,) = suggested(course("talks", range(30), stories=stories))
    assert one.kind == "always"
    assert blamed in one.text


def test_every_text_ends_with_its_advice() -> None:
    """So that what is said of many can be said once."""
    found = suggested(
        course("calls", range(30), matches=20),
        course("moves", range(30), stories=1),
        course("camps", matches=2),
        course("talks", blind=range(30)),
        course("lull", kind="absence"),
        words={"calls": {"belarus*": (1, 1)}},
    )
    assert len(found) == 8
    assert all(one.advice and one.text.endswith(one.advice) for one in found)


# ---------------------------------------------------------------- together


def test_two_that_fire_on_the_same_days_are_hardly_independent() -> None:
    (one,) = suggested(course("calls", range(12)), course("moves", range(2, 14)))
    assert (one.kind, one.indicators) == ("together", ("calls", "moves"))
    assert "together on 10 of the 14 days on which either was (71%)" in one.text
    assert "`group`" in one.text


@pytest.mark.parametrize(
    ("first", "on", "second", "also"),
    [
        ("moves", range(15), "camps", range(15)),  # one group already
        ("calls", range(15), "talks", range(15)),  # of two judgements
        ("calls", range(9), "moves", range(9)),  # too few days to say
        ("calls", range(12), "moves", range(10, 24)),
        ("calls", range(15), "moves", range(4, 19)),  # 11 of 19
    ],
)
def test_others_may_fire_when_they_do(first: str, on: range, second: str, also: range) -> None:
    assert not suggested(course(first, on), course(second, also))


@given(st.sets(st.integers(0, 23), min_size=1), st.sets(st.integers(0, 23), min_size=1))
def test_together_is_what_the_jaccard_index_says(one: set[int], other: set[int]) -> None:
    """The law, whichever comes first: |A ∩ B| ≥ 10 and |A ∩ B| / |A ∪ B| ≥ 0.7."""
    expected = len(one & other) >= 10 and len(one & other) / len(one | other) >= 0.7
    for courses in (
        (course("calls", one), course("moves", other)),
        (course("calls", other), course("moves", one)),
    ):
        assert bool(of_kind("together", suggested(*courses))) == expected


# ---------------------------------------------------------------- terms


def test_terms_are_as_they_were_written_without_what_a_not_excludes() -> None:
    found = atoms(CONFIG)
    assert found["calls"] == (
        "belarus*",
        "Belorussia",
        "Reservist*",
        '"combat readiness"',
        "с-400",
        "беларус*",
        "мобилизац*",
    )
    assert found["moves"] == ("army", "armed forces", "move*")
    assert found["camps"] == ("camp*",)  # a pattern is no term
    assert found["lull"] == ()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("Belarusian", "reservists"), ("belarus*", "Reservist*")),
        (("BELARUS", "combat readiness"), ("belarus*", '"combat readiness"')),
        (("combat", "readiness"), ()),
        (("C-400",), ()),  # Latin C
        (("С–400",), ("с-400",)),
        (("Беларуси", "мобилизации"), ("беларус*", "мобилизац*")),
        (("Belorussian",), ()),
        (("not belarusian",), ("belarus*",)),  # inside a phrase
        (("bel", "arus"), ()),
        ((), ()),
    ],
)
def test_a_term_is_shown_by_its_words_as_the_query_language_folds_them(
    words: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    assert hits(atoms(CONFIG), Match("i", "calls", "title", words, 1.0)) == shown


@pytest.mark.parametrize(
    ("term", "word", "shown"),
    [
        ("armed force*", "Armed Forces", True),
        ("armed* forces", "armedly forces", True),
        ("armed* forces", "armed forces", True),
        ("armed* forces", "armed new forces", False),
        ("armed* forces", "armed forceses", False),
        ("arm* forc* near*", "the army forced nearly", True),
        ("forces", "armedforces", False),
        ("army", "armyless", False),
    ],
)
def test_the_words_of_a_phrase_follow_each_other(term: str, word: str, shown: bool) -> None:
    assert bool(hits({"i": (term,)}, Match("x", "i", "title", ("a", word, "b"), 1.0))) == shown


def test_what_the_matcher_finds_is_what_the_terms_are_credited_with() -> None:
    text = "Belarusian armed forces MOVE: reservists near Brest brought to combat  readiness"
    found = CONFIG.matcher.match(Item("i", "nn", entry(text, language="en"), NOON))
    credited = {match.indicator: hits(atoms(CONFIG), match) for match in found}
    assert credited == {
        "calls": ("belarus*", "Reservist*", '"combat readiness"'),
        "moves": ("armed forces", "move*"),
    }


def test_a_match_of_an_indicator_that_is_gone_shows_nothing() -> None:
    assert hits(atoms(CONFIG), Match("i", "gone", "title", ("army",), 1.0)) == ()


def test_terms_that_brought_nothing_are_one_suggestion() -> None:
    words = {"calls": {"belarus*": (5, 0), "Reservist*": (5, 1), "с-400": (0, 0)}}
    (one,) = suggested(course("calls", [1], matches=20), words=words)
    assert (one.kind, one.indicators, one.term) == ("no hits", ("calls",), "")
    assert one.text.startswith(
        "5 terms of calls brought none of its 20 matches:"
        ' Belorussia, "combat readiness", с-400, беларус*, мобилизац*. '
    )


def test_one_term_that_brought_nothing_is_named() -> None:
    words = {"moves": {"army": (20, 0), "move*": (20, 0)}}
    (one,) = suggested(course("moves", [1], matches=20), words=words)
    assert one.term == "armed forces"
    assert one.text.startswith("1 term of moves brought none of its 20 matches: armed forces. ")


def test_of_few_matches_no_term_is_blamed() -> None:
    """Nineteen matches cannot have shown a hundred spellings in six languages."""
    words = {"moves": {"army": (19, 0)}}
    assert not of_kind("no hits", suggested(course("moves", [1], matches=19), words=words))


def test_no_more_than_eight_terms_are_listed() -> None:
    terms = " OR ".join(f"word{n}" for n in range(12))
    config = configured(
        "version: 1\nsources: [{id: s, name: S, url: 'https://s.example/rss'}]\nreceivers: []\n"
        "judgements: [{id: j, statement: S, made_on: 2022-01-01, indicators:"
        f" [{{id: i, name: I, effect: supports, query: {terms}}}]}}]"
    )
    courses = (Course("i", "j", "I", "count", "supports", course("talks", [0], matches=20).days),)
    report = Report("", "", "", NOON, NOON, "UTC", "phia", timedelta(hours=1), courses=courses)
    (one,) = suggest(config, report, {"i": {"word0": (1, 0)}})
    assert "11 terms of i" in one.text
    assert "word8 and 3 more." in one.text
    assert "word9" not in one.text


def test_where_nothing_matched_no_term_is_blamed() -> None:
    assert not of_kind("no hits", suggested(course("calls")))


def test_a_term_that_brought_only_what_was_rejected_is_named() -> None:
    words = {"moves": {"army": (4, 3), "armed forces": (2, 2), "move*": (4, 3)}}
    (one,) = suggested(course("moves", [1], matches=4), words=words)
    assert (one.kind, one.indicators, one.term) == ("only rejected", ("moves",), "armed forces")
    assert "armed forces brought only what was rejected (2 items)" in one.text


def test_an_indicator_that_the_configuration_has_no_more_is_left_out() -> None:
    assert not suggested(course("gone", range(30)), words={"gone": {"x": (1, 1)}})


def test_suggestions_come_by_kind_and_then_as_configured() -> None:
    found = suggested(
        course("calls", range(30), matches=20),
        course("moves", range(30)),
        course("camps"),
        course("talks"),
        words={"calls": {"belarus*": (1, 1)}},
    )
    assert [(one.kind, *one.indicators) for one in found] == [
        ("never", "camps"),
        ("never", "talks"),
        ("always", "calls"),
        ("always", "moves"),
        ("together", "calls", "moves"),
        ("no hits", "calls"),
        ("only rejected", "calls"),
    ]
