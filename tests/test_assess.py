"""assess: the worked examples of method.md §2, the laws of the roll-up, and when a review is asked for."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon import assess
from iwmon.model import (
    Coverage,
    Effect,
    Implied,
    Indicator,
    IndicatorState,
    Judgement,
    JudgementState,
    Level,
    Resolution,
)
from nouns import DAY, SMALL, configured, indicator, signal

MADE = datetime(2022, 7, 15, tzinfo=UTC)
HORIZON = datetime(2023, 1, 15, tzinfo=UTC)
HALFWAY = MADE + (HORIZON - MADE) / 2
OWN = "realistic possibility"


def judgement(**more: Any) -> Judgement:
    """KJ-2 of the two reports."""
    fields: dict[str, Any] = {
        "id": "kj-2",
        "statement": "Belarus commits regular troops to combat in Ukraine",
        "kind": "event_by",
        "probability": OWN,
        "confidence": "moderate",
        "made_on": MADE,
        "horizon": HORIZON,
    }
    return Judgement(**{**fields, **more})


def known(*indicators: Indicator) -> dict[str, Indicator]:
    return {one.id: one for one in indicators}


def weigh(
    activations: dict[str, tuple[float, float]],
    indicators: dict[str, Indicator],
    now: datetime = HALFWAY,
    term: str = OWN,
    yardstick: str = "phia",
    **more: Any,
) -> Implied:
    return assess.implied(judgement(**more), term, MADE, yardstick, activations, indicators, now)


FOUR = known(
    indicator(id="mobilisation", group="readiness", effect="strongly_supports"),
    indicator(id="logistics", name="War logistics", group="logistics", effect="strongly_supports"),
    indicator(id="grouping", name="Regional grouping", group="posture", effect="slightly_supports"),
    indicator(id="stand-down", name="Stand-down", group="peace", effect="against"),
)
MONTH_3 = {
    "mobilisation": (0.81, 0.0),
    "logistics": (0.56, 0.0),
    "grouping": (0.56, 0.0),
    "stand-down": (0.42, 0.0),
}


# ---------------------------------------------------------------- method.md's figures


def test_kj_2_at_month_three_is_that_of_the_method() -> None:
    """method.md §2: +2.2 (capped), .26 → .76, range .47–.79, from unlikely to between two terms."""
    found = weigh(MONTH_3, FOUR)
    assert math.fsum(part.value for part in found.contributions) == pytest.approx(2.22, abs=0.005)
    assert (found.evidence, found.capped) == (2.2, True)
    assert (found.prior, round(found.alone, 2), round(found.p, 2)) == (0.45, 0.26, 0.76)
    assert (round(found.low, 2), round(found.high, 2)) == (0.47, 0.79)
    assert (found.alone_term, found.term) == ("unlikely", "likely")
    assert found.terms == ("realistic possibility", "likely", "highly likely")


def test_the_alert_example_is_that_of_the_method() -> None:
    """method.md §2, alert example: mobilisation at .74 gives .57, range .36–.75."""
    found = weigh({"mobilisation": (0.74, 0.0)}, FOUR)
    assert (round(found.p, 2), round(found.low, 2), round(found.high, 2)) == (0.57, 0.36, 0.75)
    assert (found.alone_term, found.term) == ("unlikely", "likely")
    assert found.terms == ("unlikely", "realistic possibility", "likely")
    due = assess.review(judgement(), None, found, "phia", HALFWAY)
    assert due.reason == (
        "realistic possibility on 15 Jul 2022; elapsed time alone implies unlikely; "
        "with this evidence likely (range: unlikely to likely)"
    )
    assert (due.action, due.ask, due.told_term) == ("review_due", True, "likely")


@pytest.mark.parametrize(("share", "p"), [(3 / 6, 0.26), (5 / 6, 0.10), (0, 0.45), (1, 0.0), (1.5, 0.0)])
def test_time_alone_is_that_of_the_method(share: float, p: float) -> None:
    """.45 over six months is .26 after three and .10 after five, without any report."""
    now = MADE + share * (HORIZON - MADE)
    assert assess.elapsed(judgement(), 0.45, MADE, now) == pytest.approx(p, abs=0.006)


@pytest.mark.parametrize(
    "other", [{"kind": "continues"}, {"kind": "state_at"}, {"horizon": None}, {"made_on": HALFWAY + DAY}]
)
def test_time_takes_nothing_from_what_does_not_wait_for_an_event(other: dict[str, Any]) -> None:
    """continues, state_at, no horizon, and the time before the term was set."""
    one = judgement(**other)
    assert assess.elapsed(one, 0.45, one.made_on, HALFWAY) == 0.45


@pytest.mark.parametrize(("start", "most", "least"), [("realistic possibility", 0.88, 0.083)])
def test_a_machine_can_only_go_so_far(start: str, most: float, least: float) -> None:
    """method.md §2: from 45 % to at most 88 %, or down to 8 %: never to "almost certain" by itself."""
    many = known(*(indicator(id=f"i{n}", group=f"g{n}") for n in range(9)))
    up = weigh(dict.fromkeys(many, (1.0, 0.0)), many, MADE, start)
    down = weigh(dict.fromkeys(many, (0.0, 1.0)), many, MADE, start)
    assert (round(up.p, 2), round(down.p, 3)) == (most, least)
    assert up.term == "highly likely"


# ---------------------------------------------------------------- the parts of the sum


def test_the_words_of_effect_are_likelihood_ratios() -> None:
    """strongly 6, supports 3, slightly 1.5; against is the reciprocal."""
    ratios = [math.exp(assess.LOG_RATIO[effect]) for effect in get_args(Effect)]
    assert ratios == pytest.approx([6, 3, 1.5, 1, 1 / 1.5, 1 / 3, 1 / 6])


@pytest.mark.parametrize(("effect", "ratio"), [("strongly_supports", 1.5), ("strongly_against", 1 / 1.5)])
def test_a_declaration_moves_slightly_at_most(effect: Any, ratio: float) -> None:
    """method.md §2: words are cheap."""
    assert math.exp(assess.log_ratio(indicator(effect=effect, kind="declaration"))) == pytest.approx(ratio)
    assert assess.log_ratio(indicator(effect="neutral", kind="declaration")) == 0


def test_the_indicators_of_one_group_count_one_half_a_quarter() -> None:
    """Ranked by what each would move alone, not by their order."""
    three = known(
        indicator(id="a", effect="slightly_supports"),
        indicator(id="b", effect="strongly_supports"),
        indicator(id="c", effect="supports"),
    )
    parts = weigh(dict.fromkeys(three, (0.4, 0.0)), three).contributions
    assert [(p.indicator, p.discount) for p in parts] == [("b", 1.0), ("c", 0.5), ("a", 0.25)]
    assert parts[2].value == pytest.approx(0.25 * 0.4 * math.log(1.5))


def test_one_group_moves_ten_to_one_at_most() -> None:
    """Nine facets of one thing are capped at ln 10, although half of each would come to more."""
    nine = known(*(indicator(id=f"i{n}") for n in range(9)), indicator(id="no", group="p", effect="against"))
    found = weigh(dict.fromkeys(nine, (1.0, 0.0)), nine)
    assert found.evidence == pytest.approx(math.log(10) - math.log(3))
    assert found.capped


def test_what_was_known_when_the_term_was_set_is_priced() -> None:
    """Δa = a(now) − a(made_on): standing evidence says nothing new, and fading evidence speaks against."""
    one = known(indicator())
    assert weigh({"i": (0.6, 0.6)}, one).evidence == 0
    assert weigh({"i": (0.2, 0.6)}, one).evidence == pytest.approx(-0.4 * math.log(6))


def test_nothing_has_moved_before_the_term_was_set() -> None:
    """A judgement dated ahead is not yet under way."""
    assert weigh({"i": (0.9, 0.0)}, known(indicator()), MADE - DAY).p == 0.45


# ---------------------------------------------------------------- laws

EFFECTS = st.sampled_from(get_args(Effect))
ROWS = st.lists(
    st.tuples(EFFECTS, st.sampled_from("abc"), st.floats(0, 1), st.floats(0, 1), st.booleans()),
    max_size=7,
)
MOMENTS = st.floats(-0.1, 1.1).map(lambda share: MADE + share * (HORIZON - MADE))
TERMS = st.sampled_from(["remote chance", "unlikely", OWN, "probable", "almost certain"])
Row = tuple[Effect, str, float, float, bool]


def told(rows: list[Row]) -> tuple[dict[str, tuple[float, float]], dict[str, Indicator]]:
    made = {
        f"i{n}": indicator(id=f"i{n}", effect=row[0], group=row[1], kind="declaration" if row[4] else "deed")
        for n, row in enumerate(rows)
    }
    return {f"i{n}": (row[2], row[3]) for n, row in enumerate(rows)}, made


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))


@given(ROWS, MOMENTS, TERMS)
def test_the_range_holds_p_and_the_evidence_is_capped(rows: list[Row], now: datetime, term: str) -> None:
    """low ≤ p ≤ high, p in [0, 1], never more than 2.2 nats from time alone."""
    found = weigh(*told(rows), now, term)
    assert 0 <= found.low <= found.p <= found.high <= 1
    assert abs(found.evidence) <= 2.2
    if 0 < found.alone < 1:
        assert abs(log_odds(found.p) - log_odds(found.alone)) <= 2.2 + 1e-6
    else:
        assert found.p == found.alone
    assert found.term in found.terms


@given(MOMENTS, TERMS)
def test_without_evidence_there_is_only_time(now: datetime, term: str) -> None:
    """p == p_h, to the last digit."""
    found = weigh({}, {}, now, term)
    assert found.p == found.alone
    assert found.contributions == ()


@given(ROWS, st.randoms())
def test_the_order_of_the_indicators_does_not_matter(rows: list[Row], dice: Any) -> None:
    """Not even in the last digit."""
    activations, made = told(rows)
    shuffled = list(activations.items())
    dice.shuffle(shuffled)
    assert weigh(dict(shuffled), made) == weigh(activations, made)


@given(ROWS, st.integers(0, 6), st.floats(0, 1))
def test_more_of_what_supports_never_lowers_p(rows: list[Row], place: int, more: float) -> None:
    """p rises with the activation of every supporting indicator, whatever else its group holds."""
    rows = [*rows, ("supports", "a", 0.5, 0.5, False)]
    place %= len(rows)
    effect, group, now, before, words = rows[place]
    if effect.endswith("against"):
        effect = "slightly_supports"
    raised = [*rows]
    rows[place] = (effect, group, min(now, more), before, words)
    raised[place] = (effect, group, max(now, more), before, words)
    assert weigh(*told(raised)).p >= weigh(*told(rows)).p - 1e-12


@given(st.floats(0.01, 1), st.floats(0.0, 0.9))
def test_p_does_rise(now: float, share: float) -> None:
    """Strictly, as long as no cap is reached."""
    one = known(indicator(effect="supports"))
    assert weigh({"i": (now, 0.0)}, one).p > weigh({"i": (now * share, 0.0)}, one).p


MIRROR: dict[Effect, Effect] = dict(zip(get_args(Effect), reversed(get_args(Effect)), strict=True))


@given(ROWS)
def test_swapping_for_and_against_mirrors_the_evidence(rows: list[Row]) -> None:
    """The same reports with every effect reversed move the log-odds as far, the other way."""
    mirrored = [(MIRROR[row[0]], *row[1:]) for row in rows]
    here, there = weigh(*told(rows)), weigh(*told(mirrored))
    assert here.evidence == -there.evidence
    assert log_odds(here.p) + log_odds(there.p) == pytest.approx(2 * log_odds(here.alone), abs=1e-6)


# ---------------------------------------------------------------- the analyst's term


def test_the_later_of_the_file_and_the_ruling_is_in_force() -> None:
    """A ruling later than the file wins; an edit of the file with a later made_on takes over again."""
    ruled = JudgementState("kj-2", term="unlikely", made_on=MADE + DAY)
    assert assess.effective(judgement(), None) == (OWN, MADE)
    assert assess.effective(judgement(), ruled) == ("unlikely", MADE + DAY)
    assert assess.effective(judgement(), replace(ruled, made_on=MADE)) == (OWN, MADE)
    assert assess.effective(judgement(made_on=MADE + 2 * DAY), ruled) == (OWN, MADE + 2 * DAY)
    assert assess.effective(judgement(), JudgementState("kj-2")) == (OWN, MADE)
    assert assess.term(judgement(), ruled) == "unlikely"
    assert assess.term(judgement(probability=None)) == "no term set"


def test_the_baseline_is_what_was_known_when_the_term_was_set() -> None:
    """Later signals do not count, earlier ones decay to that moment, rejected ones never counted."""
    one = indicator()
    old, new = signal("a", at=MADE - 30 * DAY), signal("b", at=MADE + DAY)
    assert assess.baseline(one, [old, new], MADE) == pytest.approx(0.28)
    assert assess.baseline(one, [replace(old, status="rejected")], MADE) == 0
    assert assess.baseline(indicator(type="count"), [replace(old, as_of=MADE)], MADE) == pytest.approx(0.56)
    assert assess.baseline(indicator(type="surge"), [replace(old, as_of=MADE)], MADE) == 0


def test_a_remembered_baseline_holds_for_its_own_term_only() -> None:
    """Else that of the signals; where neither is known, nothing has moved."""
    one, states = judgement(indicators=("i",)), {"i": IndicatorState("i", activation=0.7)}
    known_at = JudgementState("kj-2", baseline={"i": 0.3}, baseline_of=MADE)
    stale = replace(known_at, baseline_of=MADE - DAY)
    signals = {"i": [signal(at=MADE)]}
    indicators = known(indicator())
    assert assess.movements(one, known_at, indicators, states, signals) == {"i": (0.7, 0.3)}
    assert assess.movements(one, stale, indicators, states, signals)["i"][1] == pytest.approx(0.56)
    assert assess.movements(one, stale, indicators, states) == {"i": (0.7, 0.7)}
    assert assess.movements(one, stale, indicators, {}, {}) == {"i": (0.0, 0.0)}


# ---------------------------------------------------------------- whether to look again


def implying(term: str, alone: str = OWN, terms: tuple[str, ...] = ()) -> Implied:
    return Implied(0.45, 0.45, 0.0, False, 0.5, 0.4, 0.6, alone, term, terms or (term,), ())


def asked(*terms: str) -> list[bool]:
    """Whether each step in turn asks for a review, remembering what was told."""
    state, found = JudgementState("kj-2"), []
    for n, term in enumerate(terms):
        due = assess.review(judgement(), state, implying(term), "phia", MADE + (n + 1) * DAY)
        found.append(due.ask)
        assert due.action == ("none" if term == OWN else "review_due")
        at = MADE + (n + 1) * DAY if due.ask else state.told_at
        state = replace(state, told_term=due.told_term, told_at=at)
    return found


def test_the_same_term_is_asked_for_once() -> None:
    """Until the evidence has been back at the analyst's term."""
    assert asked("likely", "likely", OWN, "likely") == [True, False, False, True]


def test_a_further_term_asks_again_and_a_nearer_one_does_not() -> None:
    """likely → highly likely is news; on its way back it is not; the other side is."""
    assert asked("likely", "highly likely", "likely", "highly likely") == [True, True, False, False]
    assert asked("likely", "unlikely", "highly unlikely") == [True, True, True]


def test_a_new_term_of_the_analyst_makes_what_was_told_void() -> None:
    """What was asked about the old term says nothing of the new one."""
    before = JudgementState("kj-2", term="unlikely", made_on=MADE + 9 * DAY, told_term="likely", told_at=MADE)
    due = assess.review(judgement(), before, implying("likely"), "phia", MADE + 10 * DAY)
    assert due.ask
    after = replace(before, told_at=MADE + 9 * DAY)
    assert not assess.review(judgement(), after, implying("likely"), "phia", MADE + 10 * DAY).ask


def test_a_word_of_the_same_band_is_no_other_term() -> None:
    """The analyst's "probable", "likely or probable" and an alias are their bands."""
    for own, same in (("probable", "likely"), ("A realistic probability", OWN)):
        due = assess.review(judgement(probability=own), None, implying(same), "phia", HALFWAY)
        assert due.action == "none"
        assert due.reason.startswith(f"{own} on 15 Jul 2022")


def test_when_nothing_happened_the_reason_says_so() -> None:
    """No evidence, and too little time to matter."""
    due = assess.review(judgement(), None, weigh({}, {}, MADE + DAY), "phia", MADE + DAY)
    assert due.reason.startswith(
        "realistic possibility on 15 Jul 2022; nothing since then implies another term"
    )


def test_silence_where_nobody_looks_is_no_evidence() -> None:
    """Quiet is not blind: the reason for a review by elapsed time says that some indicators saw nothing."""
    due = assess.review(judgement(), None, weigh({}, {}), "phia", HALFWAY, coverage=Coverage.BLIND)
    assert "elapsed time alone implies unlikely" in due.reason
    assert due.reason.endswith("some of its indicators are blind, and their silence is no evidence")


def test_a_horizon_that_has_passed_wants_settling_once() -> None:
    """Days are those of the configuration's time zone."""
    at_midnight = judgement(horizon=datetime(2023, 1, 14, 23, tzinfo=UTC))
    due = assess.review(at_midnight, None, None, "phia", HORIZON, ZoneInfo("Europe/Warsaw"))
    assert (due.action, due.ask) == ("resolve", True)
    assert due.reason == "the horizon ended on 15 Jan 2023: settle it with iwmon judgement resolve"
    again = assess.review(at_midnight, JudgementState("kj-2", expired=True), None, "phia", HORIZON)
    assert (again.action, again.ask) == ("resolve", False)


@pytest.mark.parametrize(
    ("in_file", "ruled", "reason"),
    [
        (None, "false", "settled: it did not come true"),
        (True, "", "settled: it came true"),
        ("void", "", "settled: void, it cannot be said"),
    ],
)
def test_what_is_settled_wants_nothing(in_file: Any, ruled: str, reason: str) -> None:
    """Neither a review nor a resolution, whether the file or a ruling settled it."""
    one = judgement(resolution=Resolution(outcome=in_file))
    due = assess.review(one, JudgementState("kj-2", outcome=ruled), None, "phia", HORIZON + DAY)
    assert due == assess.Due("none", reason)


def test_a_term_that_cannot_be_compared_is_said_to_be_so() -> None:
    """None set, or left over from the other yardstick."""
    assert "no term" in assess.review(judgement(probability=None), None, None, "phia", HALFWAY).reason
    other = assess.review(judgement(), None, None, "icd203", HALFWAY)
    assert other.reason == "realistic possibility is not a word of ICD 203: nothing is implied"


@given(ROWS, MOMENTS, TERMS)
def test_people_are_never_shown_a_probability_nor_a_confidence(
    rows: list[Row], now: datetime, term: str
) -> None:
    """Terms only; and no confidence level in the sentence of a likelihood (ICD 203)."""
    one, found = judgement(probability=term), weigh(*told(rows), now, term)
    due = assess.review(one, None, found, "phia", now)
    texts = [due.reason, *assess.contribution_lines(found, told(rows)[1])]
    for text in texts:
        assert not re.search(r"\d[.,]\d|%|per cent|confiden", text)
        assert not re.search(r"\d", re.sub(r"\d{1,2} [A-Z][a-z]{2} \d{4}", "", text))


# ---------------------------------------------------------------- contributions in words


def test_each_contribution_says_which_way_how_strongly_and_why_no_more() -> None:
    """The lines an analyst reads under a review."""
    indicators = known(
        indicator(id="m", name="Mobilisation"),
        indicator(id="s", name="Southern command", effect="supports"),
        indicator(id="p", name="Pretext", group="words", effect="strongly_supports", kind="declaration"),
        indicator(id="d", name="Stand-down", group="posture", effect="against"),
        indicator(id="l", name="Logistics", group="logistics", effect="supports"),
    )
    moved = {"m": (0.9, 0.0), "s": (0.5, 0.0), "p": (0.8, 0.0), "d": (0.6, 0.0), "l": (0.1, 0.3)}
    assert assess.contribution_lines(weigh(moved, indicators), indicators) == (
        "Mobilisation pushes up strongly",
        "Stand-down pushes down moderately",
        "Pretext pushes up slightly; a declaration counts slightly at most",
        "Southern command pushes up slightly; it counts half, being of one group with Mobilisation",
        "Logistics pushes down slightly; it stands lower than when the term was set",
    )


def test_a_cap_is_told() -> None:
    """So that nobody wonders why more reports change nothing."""
    assert assess.contribution_lines(weigh(MONTH_3, FOUR), FOUR)[-1].startswith("together they are capped")


# ---------------------------------------------------------------- the board


def test_the_board_shows_the_analysts_term_beside_what_is_implied() -> None:
    """Counts as ever; the later term, the evidence since, and the review."""
    config = configured(SMALL)
    made_on = config.judgements["kj-2"].made_on
    now = made_on + 92 * DAY
    states = {
        "mobilisation": IndicatorState("mobilisation", Level.WARNING, activation=0.74, coverage=Coverage.OK),
        "grouping": IndicatorState("grouping", coverage=Coverage.OK),
    }
    ((found, due),) = assess.board(config, states, {}, now, {}, {})
    assert (found.supports[Level.WARNING], found.highest, found.term) == (1, Level.WARNING, OWN)
    assert (due.action, due.reason) == (found.action, found.reason)
    assert found.implied is not None
    assert (found.implied.term, found.action, found.coverage) == ("likely", "review_due", Coverage.OK)
    ruled = JudgementState("kj-2", term="probable", made_on=now - timedelta(hours=1))
    ((after, _),) = assess.board(config, states, {}, now, {"kj-2": ruled})
    assert (after.term, after.action) == ("probable", "none")
    assert after.implied is not None
    assert after.implied.evidence == 0


def test_the_board_implies_nothing_of_what_is_over() -> None:
    """Past its horizon it wants settling; settled, it wants nothing."""
    config = configured(SMALL)
    over = config.judgements["kj-2"].horizon
    assert over is not None
    ((late, _),) = assess.board(config, {}, {}, over, {}, {})
    assert (late.implied, late.expired, late.action) == (None, True, "resolve")
    settled = {"kj-2": JudgementState("kj-2", outcome="false")}
    ((done, _),) = assess.board(config, {}, {}, over, settled, {})
    assert (done.implied, done.action, done.reason) == (None, "none", "settled: it did not come true")
