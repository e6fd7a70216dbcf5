"""The Indicators Validator: what `check` doubts in a judgement and its signs, and what it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config_contract import MARK, marked, read
from iwmon.config import Problem, check

SOUND = """\
version: 1
sources:
  - {id: a, url: "https://a.example/rss", language: en, authoritative_for: [BY government]}
  - {id: b, url: "https://b.example/rss", language: be, controlled_by: BY state}
  - {id: c, url: "https://c.example/rss", language: ru, controlled_by: RU state, enabled: false}
origins:
  - {id: mod, cited_as: [ministry of defence], authoritative_for: [BY ministry]}
judgements:
  - id: kj
    statement: Belarus commits troops
    made_on: 2022-07-15
    horizon: 6 months
    resolution: {criteria: Troops are seen}
    alternatives: [It gives supplies, {id: base, statement: It remains a base}]
    indicators:
      - {id: up, effect: supports, query: {en: muster*, be: мабіліз*}, examples: {match: [Muster, Мабіліз]}}
      - {id: down, effect: against, query: {en: garrison*}, examples: {match: [In garrison]}}
"""
STATEMENT = "Belarus commits troops"


def checked(old: str = "", new: str = "", now: datetime | None = None) -> tuple[list[Problem], str]:
    """What `check` says of the sound file with one passage changed, and where the mark is."""
    assert not old or SOUND.count(old) == 1
    text = SOUND.replace(old, new) if old else SOUND
    text, where = marked(text) if MARK in text else (text, "")
    return check(read(text, {}), now), where


def told(old: str, new: str, now: datetime | None = None) -> list[tuple[str, str, str]]:
    """Each problem's severity, place and message; the mark is cut out of the file."""
    return [(p.severity, p.where, p.message) for p in checked(old, new, now)[0]]


def test_a_sound_file_is_left_in_peace() -> None:
    """Neither a warning nor advice."""
    assert checked() == ([], "")


# ---------------------------------------------------------------- the statement


CAUSE = "ties the outcome to a cause: only the outcome can be settled"
VAGUE = "leaves a way out: the statement could never be wrong"
LIKELY = "is a likelihood: inside the statement nothing can work with it"
MIXED = "and a likelihood in one sentence: readers take one for the other"


@pytest.mark.parametrize(
    ("statement", "words", "why"),
    [
        ("Sanctions ▶will drive Belarus and Russia into one state", "will drive", CAUSE),
        ("Belarus commits troops ▶because Russia asks for them", "because", CAUSE),
        ("Belarus yields ▶due to sanctions", "due to", CAUSE),
        ("Belarus is isolated, ▶leading to a union with Russia", "leading to", CAUSE),
        ("▶As a result of sanctions Belarus yields", "As a result", CAUSE),
        ("Belarus arms itself ▶so that NATO must react", "so that", CAUSE),
        ("Belarus forms a union ▶driven by sanctions", "driven by", CAUSE),
        ("Belarus signs a treaty, ▶which will end its statehood", "which will", CAUSE),
        ("▶Perhaps Belarus commits troops", "Perhaps", VAGUE),
        ("Belarus ▶may commit troops", "may", VAGUE),
        ("Belarus ▶might commit troops", "might", VAGUE),
        ("Belarus ▶could commit troops", "could", VAGUE),
        ("Belarus will ▶possibly commit troops", "possibly", VAGUE),
        ("Troops are ▶potentially committed", "potentially", VAGUE),
        ("▶Maybe Belarus commits troops", "Maybe", VAGUE),
        ("An attack ▶cannot be ruled out", "cannot be ruled out", VAGUE),
        ("Belarus commits ▶some troops", "some", VAGUE),
        ("It is ▶highly likely that Belarus commits troops", "highly likely", LIKELY),
        ("There is a ▶realistic probability of troops", "realistic probability", LIKELY),
        ("Belarus ▶probably commits troops", "probably", LIKELY),
        ("Belarus will ▶almost certainly commit troops", "almost certainly", LIKELY),
        ("It is ▶very unlikely that Belarus yields", "very unlikely", LIKELY),
    ],
)
def test_words_that_cannot_be_settled_are_doubted(statement: str, words: str, why: str) -> None:
    """Causes, ways out and likelihoods: the place is that of the word in the statement."""
    found, where = checked(STATEMENT, f'"{statement}"')
    (one,) = found
    assert (one.severity, one.where, one.message) == ("warning", where, f'statement: "{words}" {why}')
    assert one.hint


@pytest.mark.parametrize(
    "statement",
    [
        "Belarus commits troops by 31 May 2023",
        "May 2023 sees Belarusian troops in Ukraine",
        "Belarus builds up its military might at the border",
        "Something is dropped on the remote village of Handsome",
        "Russia drives its tanks through Belarus",
        "Belarus becomes a cause of unlikelihoods",  # no word of these is one of theirs
        "Беларусь сможет возможно отправить войска",
        "More than 300 attempts a month to cross are counted with certain devices",
    ],
)
def test_words_that_only_look_like_them_are_left_in_peace(statement: str) -> None:
    """A month, a force, a village; parts of other words; other languages."""
    assert told(STATEMENT, f'"{statement}"') == []


def test_the_place_of_a_word_is_found_in_a_folded_statement() -> None:
    """Over several lines, the second line is named."""
    found, where = checked(STATEMENT, ">-\n      Belarus\n      ▶may commit troops")
    assert [p.where for p in found] == [where]
    assert where == "indicators.yaml:12:7"


def test_confidence_and_likelihood_in_one_sentence_are_doubted() -> None:
    """ICD 203: they are different things; in two sentences they are kept apart."""
    found, where = checked(STATEMENT, "We judge with ▶high confidence that troops are likely")
    assert [p.message for p in found] == [
        f'statement: "high confidence" {MIXED}',
        f'statement: "likely" {LIKELY}',
    ]
    assert found[0].where == where
    apart = told(STATEMENT, "Troops are likely. We have high confidence in this.")
    assert [message for _, _, message in apart] == [f'statement: "likely" {LIKELY}']
    assert told(STATEMENT, "We have high confidence in 4.5 sources. Troops come.") == []


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40))
def test_every_statement_can_be_looked_at(statement: str) -> None:
    """Whatever the words are, a place inside the statement's line comes out."""
    quoted = "may " + statement.replace("'", "''")
    found = check(read(SOUND.replace(STATEMENT, f"'{quoted}'"), {}))
    assert found[0].where == "indicators.yaml:10:17"
    assert {p.where.split(":")[1] for p in found} == {"10"}


# ---------------------------------------------------------------- can it be settled?


@pytest.mark.parametrize("kind", ["event_by", "state_at"])
def test_a_judgement_without_an_end_is_doubted(kind: str) -> None:
    """Something that continues needs none."""
    article = "an" if kind == "event_by" else "a"
    message = f"{article} {kind} judgement without a horizon can never be wrong"
    assert told("    horizon: 6 months\n", f"    kind: {kind}\n") == [
        ("warning", "indicators.yaml:9:9", message)
    ]
    assert told("    horizon: 6 months\n", "    kind: continues\n") == []


def test_a_judgement_without_a_test_is_doubted() -> None:
    """Criteria are what settles it."""
    message = 'nothing says how the judgement "kj" will be settled: anybody could call it right'
    assert told("{criteria: Troops are seen}", "{sources_needed: 3}") == [
        ("warning", "indicators.yaml:9:9", message)
    ]


def test_a_judgement_without_indicators_is_doubted_once() -> None:
    """It is not also told that none of them speaks for or against it."""
    begin = SOUND.index("    indicators:")
    assert [p.message for p in check(read(SOUND[:begin], {}))] == [
        'the judgement "kj" has no indicators: nothing can move it'
    ]


def test_confidence_in_nothing_is_advised_on() -> None:
    """A confidence level says how good the basis is of a likelihood; with one, all is well."""
    found, where = checked("    made_on:", "    confidence: ▶low\n    made_on:")
    (one,) = found
    assert (one.severity, one.where) == ("advice", where)
    assert one.message == "confidence: says how good the basis is, but of no likelihood"
    assert one.hint == "add probability: a word of PHIA"
    assert told("    made_on:", "    confidence: low\n    probability: likely\n    made_on:") == []


END = datetime(2023, 1, 15, tzinfo=UTC)


def test_a_horizon_that_has_passed_wants_settling() -> None:
    """From its first moment on, until there is an outcome, "void" included; without a clock nobody asks."""
    message = 'horizon: it passed on 2023-01-15, and "kj" is still open: only what is settled can be scored'
    assert told("", "", END) == [("advice", "indicators.yaml:12:14", message)]
    assert told("", "", END - timedelta(seconds=1)) == []
    assert told("", "") == []
    for outcome in ("true", "false", "void"):
        assert told("Troops are seen}", f"Troops are seen, outcome: {outcome}}}", END) == []


def test_the_day_of_a_horizon_is_the_analysts() -> None:
    """Midnight in Auckland is still the day before in UTC; the date told is the file's."""
    found, _ = checked("version: 1", "version: 1\nsettings: {timezone: Pacific/Auckland}", END)
    (one,) = found
    assert one.message.startswith("horizon: it passed on 2023-01-15,")


def test_advice_comes_after_warnings() -> None:
    """Though it stands above them in the file."""
    found, _ = checked("{criteria: Troops are seen}\n", "{}\n    confidence: low\n", END)
    assert [p.severity for p in found] == ["warning", "advice", "advice"]


# ---------------------------------------------------------------- do the indicators tell anything apart?


def test_indicators_that_all_point_one_way_are_doubted() -> None:
    """What would be seen if the judgement were wrong? And what if it were right?"""
    for old, new, message in (
        (
            "effect: against",
            "effect: slightly_supports",
            'no indicator speaks against "kj": whatever is seen, it can only be confirmed',
        ),
        (
            "effect: supports",
            "effect: neutral",
            'no indicator speaks for "kj": it could come true without any warning',
        ),
    ):
        assert told(old, new) == [("warning", "indicators.yaml:9:9", message)]
    assert told("effect: against", "effect: slightly_against") == []


def test_what_goes_on_needs_a_sign_of_its_end() -> None:
    """Near certainty of a mere continuation is advised on when nothing speaks against it."""
    one_way = SOUND.replace("effect: against", "effect: supports")
    for term, severities in (
        ("highly likely", ["warning", "advice"]),
        ("Almost certain", ["warning", "advice"]),
        ("likely", ["warning"]),
    ):
        text, where = marked(
            one_way.replace("    made_on", f"    kind: continues\n    probability: ▶{term}\n    made_on")
        )
        found = check(read(text, {}))
        assert [p.severity for p in found] == severities
        if "advice" in severities:
            assert found[1].where == where
            assert found[1].message == f'probability: what has gone on mostly goes on: "{term}" adds little'
    sound = "    kind: continues\n    probability: highly likely\n    made_on:"
    assert told("    made_on:", sound) == []


def test_an_indicator_that_says_the_same_of_everything_is_doubted() -> None:
    """Same effect on the judgement and on all its alternatives: seeing it tells nothing."""
    found, where = checked(
        "{id: up, effect: supports,",
        "{id: up, effect: supports, ▶effect_on_alternatives: {1: supports, base: supports},",
    )
    (one,) = found
    assert (one.severity, one.where) == ("warning", where)
    assert one.message == '"up" is non-diagnostic: supports, for the judgement as for every alternative'
    assert one.hint == "rate it anew, or keep it only in a group: with other indicators"


@pytest.mark.parametrize(
    "rated",
    [
        "effect_on_alternatives: {1: supports, base: against}",
        "effect_on_alternatives: {1: supports, base: slightly_supports}",
        "effect_on_alternatives: {1: supports}",  # not all are rated: it may yet tell them apart
        "effect_on_alternatives: {1: against, base: against}",
        "group: down, effect_on_alternatives: {1: supports, base: supports}",  # it has company
    ],
)
def test_an_indicator_that_tells_them_apart_is_left_in_peace(rated: str) -> None:
    """Also one that is not fully rated, and one that is kept in a group with another."""
    assert told("{id: up, effect: supports,", f"{{id: up, effect: supports, {rated},") == []


# ---------------------------------------------------------------- can it be collected?


def test_collectible_from_disabled_sources_only_is_doubted() -> None:
    """One that is read is enough."""
    found, where = checked("{id: down, ", "{id: down, collectible_from: ▶[c], ")
    message = 'collectible_from: all of these are disabled: "down" stays blind'
    assert [(p.severity, p.where, p.message) for p in found] == [("warning", where, message)]
    assert told("{id: down, ", "{id: down, collectible_from: [a, c], ") == []


def test_a_required_language_that_nobody_speaks_is_doubted() -> None:
    """A disabled source does not speak."""
    found, where = checked("{id: up, ", "{id: up, required: {languages: [be, ▶ru]}, ")
    message = 'required: no enabled source that could report "up" speaks ru: it stays blind'
    assert [(p.severity, p.where, p.message) for p in found] == [("warning", where, message)]
    assert told("{id: up, ", "{id: up, required: {languages: [be, en]}, ") == []


def test_a_required_side_that_nobody_is_of_is_doubted() -> None:
    """It must be one that could report the indicator, and is read."""
    found, where = checked("{id: up, ", "{id: up, required: {sides: [BY state, ▶RU state, independent]}, ")
    message = 'required: no enabled source that could report "up" is of the side "RU state": it stays blind'
    assert [(p.severity, p.where, p.message) for p in found] == [("warning", where, message)]
    assert told("{id: up, ", "{id: up, required: {sides: [BY state, independent]}, ") == []


def test_an_actor_that_nobody_speaks_for_is_doubted() -> None:
    """Sources and origins both speak; the nearest of their words is suggested."""
    found, where = checked("{id: up, ", "{id: up, actors: [BY ministry, ▶BY goverment], ")
    (one,) = found
    assert (one.severity, one.where, one.hint) == ("warning", where, 'did you mean "BY government"?')
    assert one.message == (
        'actors: nobody is authoritative_for "BY goverment": its own word will not be known as such'
    )
    (other,) = checked("{id: up, ", "{id: up, actors: [UN], ")[0]
    assert other.hint == "somebody is for: BY government, BY ministry"
    assert told("{id: up, ", "{id: up, actors: [BY government, BY ministry], ") == []
