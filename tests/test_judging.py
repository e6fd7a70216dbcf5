"""Judgements over time: what was priced is not news; what is settled is silent; asked and told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from iwmon import pipeline
from iwmon.model import Level
from nouns import DAY, HOUR, NOON, configured, reading
from theatre import REPORTS, SOURCES, TEXT, Stage, review, ruling, stage


def moved(play: Stage, name: str = "mobilisation", judgement: str = "kj-2") -> float:
    """Δa: the indicator's contribution as activation now less that of the baseline."""
    one = next(a for a in play.steps[-1].assessments if a.judgement == judgement)
    assert one.implied is not None
    found = [c for c in one.implied.contributions if c.indicator == name]
    return found[0].activation - found[0].baseline if found else 0.0


def idle(play: Stage, *days: float) -> None:
    for one in days:
        at = NOON + one * DAY
        play.step(at, *(reading(s, at=at) for s in SOURCES))


def test_what_was_known_when_the_term_was_set_is_priced() -> None:
    """History from before made_on moves nothing; what comes after it does."""
    play = stage()
    old = play.items("nn", REPORTS[0], at=NOON, history=True, published=NOON - 12 * DAY)  # made on 1 October
    play.step(NOON, reading("nn", *old), *(reading(s) for s in SOURCES[1:]))
    assert play.level("mobilisation") is Level.WATCH
    assert moved(play) <= 0
    play.say(NOON + HOUR, "ukr", REPORTS[1])
    assert moved(play) == pytest.approx(0.137, abs=0.01)  # .67 now, .53 on 1 October


def test_a_new_term_prices_what_is_known_by_then() -> None:
    """`assess` sets the baseline anew, and the evidence of before moves nothing any more."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    assert moved(play) == pytest.approx(0.56, abs=0.01)
    at = NOON + DAY
    play.step(at, said=[ruling("kj-2", "assess", at, term="likely", confidence="low")])
    assert moved(play) == pytest.approx(0, abs=0.01)
    (one, _) = play.steps[-1].assessments
    assert one.term == "likely"
    play.say(NOON + 2 * DAY, "ukr", REPORTS[1])
    assert moved(play) == pytest.approx(0.18, abs=0.03)


def test_what_arrives_with_the_ruling_is_not_priced_by_it() -> None:
    """The analyst decided before the poll brought it: it is news."""
    play = stage().polled(NOON - HOUR)
    said = ruling("kj-2", "assess", NOON - HOUR / 2, term="unlikely", confidence="low")
    play.say(NOON, "nn", REPORTS[0], said=[said])
    assert moved(play) == pytest.approx(0.56, abs=0.01)


def test_what_the_analyst_rejects_while_assessing_was_never_priced() -> None:
    """A fake thrown out with the new term is no evidence against it afterwards."""
    play = stage().polled(NOON - HOUR)
    item = play.say(NOON, "nn", REPORTS[0]).items[0].id
    at = NOON + HOUR
    play.step(at, said=[review(item, "reject", at), ruling("kj-2", "assess", at, term="unlikely")])
    assert moved(play) == pytest.approx(0, abs=1e-9)


def test_a_silence_is_priced_too() -> None:
    """An absence that stands when the term is set has moved nothing since."""
    play = stage().polled()
    idle(play, *range(1, 11))
    assert play.level("unseen") is Level.WARNING
    at = NOON + 10 * DAY + HOUR
    play.step(at, said=[ruling("kj-3", "assess", at, term="likely", confidence="low")])
    assert moved(play, "unseen", "kj-3") == pytest.approx(0, abs=0.02)


def test_what_is_settled_is_silent_and_reopened_it_speaks() -> None:
    """Levels go on; nobody is told; a later report after reopening is."""
    play = stage().polled(NOON - HOUR)
    play.step(NOON, said=[ruling("kj-2", "resolve", NOON, outcome="true", decided_on=NOON)])
    before = len(play.alerts)
    for n, (source, title) in enumerate(zip(("nn", "zerkalo"), REPORTS, strict=False)):
        play.say(NOON + (n + 1) * HOUR, source, title)
    assert play.level("mobilisation") is Level.WARNING
    assert [a.kind for a in play.alerts[before:] if a.judgement == "kj-2"] == []
    play.step(NOON + 5 * HOUR, said=[ruling("kj-2", "reopen", NOON + 5 * HOUR)])
    play.say(NOON + 6 * HOUR, "ukr", REPORTS[2])
    assert [(a.before, a.after) for a in play.alerts if a.indicator == "mobilisation"] == [
        ("quiet", str(play.level("mobilisation")))
    ]


def test_a_review_is_asked_for_once() -> None:
    """Not at every step, nor after a restart of the evidence that stays where it is."""
    play = stage().polled(NOON - HOUR)
    idle(play, *(n / 4 for n in range(120)))
    asked = [a for a in play.alerts if a.kind == "review_due" and a.judgement == "kj-2"]
    terms = [a.after for a in asked]
    assert len(terms) == len(set(terms))
    assert len(terms) <= 2
    assert "elapsed time alone" in asked[0].why


def test_a_review_that_time_alone_takes_further_is_not_asked_for_twice_in_a_row() -> None:
    """What stood at the edge of a band when it was asked for: three days later it is asked for again."""
    play = stage().polled(NOON - HOUR)
    idle(play, *(n / 4 for n in range(380)))  # a quarter of a day later p crosses into the next band
    asked = [a for a in play.alerts if a.kind == "review_due" and a.judgement == "kj-2"]
    known = play.memory.judgements["kj-2"]
    just = play.steps[-1].at
    play.memory = replace(play.memory, judgements={"kj-2": replace(known, told_at=just)})
    idle(play, *(n / 4 for n in range(380, 400)))
    again = [a for a in play.alerts if a.kind == "review_due" and a.judgement == "kj-2"][len(asked) :]
    assert [a.at for a in again] == [just + 3 * DAY]
    assert again[0].after == "highly unlikely"


def test_a_new_term_answers_the_review() -> None:
    """The analyst takes the implied term: nothing is due any more."""
    play = stage().polled(NOON - HOUR)
    for n, (source, title) in enumerate(zip(("nn", "zerkalo", "ukr"), REPORTS, strict=False)):
        play.say(NOON + n * HOUR, source, title)
    (kj2, _) = play.steps[-1].assessments
    assert kj2.action == "review_due"
    at = NOON + 5 * HOUR
    play.step(at, said=[ruling("kj-2", "assess", at, term=kj2.implied.term, confidence="low")])
    (kj2, _) = play.steps[-1].assessments
    assert kj2.action == "none"


def test_a_horizon_that_passes_is_told_once() -> None:
    """kj-3 ends sixty days after 1 October."""
    play = stage().polled()
    idle(play, *range(1, 60, 2), 61, 62, 63)
    (told,) = (a for a in play.alerts if a.kind == "expiry")
    assert told.judgement == "kj-3"
    assert timedelta(0) <= told.at - (NOON + 50 * DAY) <= 4 * DAY
    assert "iwmon judgement resolve kj-3" in told.text


def test_a_horizon_that_passes_while_a_new_source_has_yet_to_answer_is_told_when_it_has() -> None:
    """The edit that adds a source must not swallow the end of a judgement."""
    play = stage().polled()
    end = play.config.judgements["kj-3"].horizon
    assert end is not None
    play.step(end - HOUR)
    more = '  - {id: new, name: New, type: feed, url: "https://new.example/rss", expect_every: 400d}\n'
    play.config = configured(TEXT.replace("judgements:\n", f"{more}judgements:\n", 1))
    play.step(end + HOUR, reading("nn", at=end + HOUR))
    assert "expiry" not in play.kinds()
    for hours in (2, 3):
        at = end + hours * HOUR
        play.step(at, reading("new", at=at))
    assert play.kinds().count("expiry") == 1


def test_a_horizon_that_had_passed_before_iwmon_looked_is_no_news() -> None:
    """It stands on the board, and pages nobody: at the first step, and at none after it."""
    play = stage(TEXT.replace("horizon: 60 days", "horizon: 2 days")).polled()
    idle(play, 1, 2, 3)
    assert "expiry" not in play.kinds()
    kj3 = play.steps[-1].assessments[1]
    assert (kj3.action, kj3.expired) == ("resolve", True)


def test_a_ruling_on_what_is_not_configured_changes_nothing() -> None:
    """It is part of the record, and that is all."""
    play = stage().polled()
    step = play.step(NOON + HOUR, said=[ruling("kj-9", "assess", NOON, term="likely")])
    assert "kj-9" not in play.memory.judgements
    assert len(step.rulings) == 1


def test_the_last_ruling_holds() -> None:
    """Resolved and reopened and assessed in one step."""
    play = stage().polled()
    said = [
        ruling("kj-2", "resolve", NOON, outcome="true"),
        ruling("kj-2", "assess", NOON, term="unlikely", confidence="low"),
        ruling("kj-2", "reopen", NOON),
        ruling("kj-2", "assess", NOON, term="likely", confidence="low"),
    ]
    play.step(NOON + HOUR, said=said)
    state = play.memory.judgements["kj-2"]
    assert (state.term, state.outcome) == ("likely", "")
    again = pipeline.advance(play.config, play.steps[0].memory, [], NOON + HOUR, said)
    assert again == play.steps[-1]
