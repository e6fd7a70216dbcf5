"""A denial contests what was reported before it; it is no disproof, and the accused takes half at most."""

from __future__ import annotations

from datetime import timedelta

import pytest

from iwmon.model import Level
from nouns import DAY, HOUR, NOON, reading
from theatre import REPORTS, TEXT, Stage, review, stage

DENIAL = "Minsk denies mobilisation outright and calls rumours hostile invention"


def reported(*sources: str) -> Stage:
    """A report of each source, all at noon."""
    play = stage().polled(NOON - HOUR)
    for source, title in zip(sources, REPORTS, strict=False):
        play.say(NOON, source, title)
    return play


def weights(play: Stage, indicator: str = "mobilisation") -> list[float]:
    return [round(s.weight, 3) for s in play.memory.signals[indicator]]


def test_the_accused_halves_and_others_only_contest() -> None:
    """BelTA speaks for the government whose deed it is; Ukrinform does not."""
    play = reported("nn")
    play.say(NOON + HOUR, "ukr", DENIAL)
    assert weights(play) == [0.56, 0.0]
    assert play.memory.signals["mobilisation"][0].contested == "Ukrinform"
    play.say(NOON + 2 * HOUR, "belta", DENIAL + " once more, says spokesman for defence")
    assert weights(play)[0] == 0.28
    assert play.memory.signals["mobilisation"][0].contested == "BelTA"


def test_two_denials_in_one_step_are_told_once_as_they_end() -> None:
    """The first of them only contests; the alert must not say so when the second has halved it."""
    play = reported("nn")
    at = NOON + HOUR
    others = play.items("ukr", DENIAL, at=at)
    accused = play.items("belta", f"{DENIAL} once more, says spokesman for defence", at=at)
    step = play.step(at, reading("ukr", *others, at=at), reading("belta", *accused, at=at))
    (alert,) = (a for a in step.alerts if a.kind == "contested")
    assert alert.why == "denied by BelTA; its weight is halved, since the denier is the accused"
    assert len({d.id for d in step.deliveries}) == len(step.deliveries)


def test_who_denies_first_does_not_own_what_is_reported_after() -> None:
    """In the same words: else all who report it would be counted as the denier's one voice."""
    report = "Thousands of reservists receive letters ordering them to report for mobilisation in Minsk"
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "belta", f"Fake: {report.lower()}")
    play.say(NOON + HOUR, "belta", f"Fake: {report.lower()}, ministry")  # a reprint of the denial
    play.say(NOON + 2 * HOUR, "nn", report)
    play.say(NOON + 3 * HOUR, "zerkalo", report)
    denial, reported = play.memory.stories.values()
    assert (denial.group, len(denial.items)) == ("BY state", 2)
    assert (reported.group, reported.side, len(reported.items)) == ("nn", "independent", 2)


def test_never_below_half_however_often() -> None:
    """A hundred denials are one; and a denial is itself no evidence."""
    play = reported("nn")
    for n in range(1, 6):
        play.say(NOON + n * HOUR, "belta", f"Day {n}: {DENIAL}, statement number {n * 111} of spokesman {n}")
        assert weights(play)[0] == 0.28
        assert not any(weights(play)[1:])
    assert play.state("mobilisation").groups == 1
    assert play.kinds("mobilisation").count("contested") == 1


@pytest.mark.parametrize(
    ("after", "contested"),
    [(timedelta(0), True), (72 * HOUR, True), (73 * HOUR, False), (-HOUR, False)],
)
def test_a_denial_reaches_back_72_hours_and_never_ahead(after, contested) -> None:
    """What is reported after it is not denied by it."""
    play = stage().polled(NOON - 2 * DAY)
    events = sorted([(NOON, "nn", REPORTS[0]), (NOON + after, "belta", DENIAL)], key=lambda e: e[0])
    for at, source, title in events:
        play.say(at, source, title)
    report = next(s for s in play.memory.signals["mobilisation"] if s.weight > 0)
    assert bool(report.contested) is contested
    assert report.halved is contested


def test_a_denial_in_the_words_of_the_report_contests_it() -> None:
    """It resembles the report so much that it joins its story, and denies it all the same."""
    play = reported("nn")
    play.say(NOON + HOUR, "belta", f"Ministry denies: {REPORTS[0]}")
    (signal,) = play.memory.signals["mobilisation"]
    assert len(play.memory.stories) == 1
    assert (signal.contested, signal.halved, round(signal.weight, 3)) == ("BelTA", True, 0.28)
    assert play.memory.stories[signal.story].denied_by == "BelTA"
    assert play.kinds("mobilisation").count("contested") == 1


def test_a_denial_of_two_indicators_contests_both() -> None:
    """One report signals two; the denial names both, and halves both."""
    both = "Reservists join regional grouping, order signed in Minsk at night"
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", both)
    play.say(NOON + HOUR, "belta", "Spokesman denies reservists or any grouping exist, blames foreign media")
    for name in ("mobilisation", "grouping"):
        assert play.memory.signals[name][0].halved, name


def test_a_later_copy_stays_contested_and_halved() -> None:
    """A heavier reprint after the denial is the same report."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "ukr", REPORTS[0])
    play.say(NOON + HOUR, "belta", DENIAL)
    assert weights(play)[0] == 0.21
    play.say(NOON + 2 * HOUR, "nn", REPORTS[0])
    assert (weights(play)[0], play.memory.signals["mobilisation"][0].contested) == (0.28, "BelTA")


def test_people_are_told_only_of_what_they_were_told_of() -> None:
    """A denial of what nobody heard of needs no correction; one of what they heard of does."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0], published=NOON - 31 * DAY)
    play.say(NOON, "belta", DENIAL)
    assert "contested" not in play.kinds()
    play = reported("nn")
    play.say(NOON + HOUR, "belta", DENIAL)
    (alert,) = (a for a in play.alerts if a.kind == "contested")
    assert "BelTA" in alert.why
    assert "halved" in alert.why
    assert "not disproof" in alert.text


def test_a_rejected_report_is_not_told_as_contested() -> None:
    """It counts for nothing already: "a report that counts is denied" would be false."""
    play = reported("nn", "zerkalo")
    item = play.memory.signals["mobilisation"][0].item
    play.step(NOON + HOUR, said=[review(item, "reject", NOON + HOUR)])
    play.say(NOON + 2 * HOUR, "belta", DENIAL)
    told = [a for a in play.alerts if a.kind == "contested"]
    assert len(told) == 1
    assert told[0].stories != (item,)


def test_denied_by_the_accused_two_origins_fall_below_warning_and_no_further() -> None:
    """Two B make .81; halved, .28 each: .48 is a watch, held at warning for its days of grace."""
    play = reported("nn", "zerkalo")
    assert play.level("mobilisation") is Level.WARNING
    play.say(NOON + HOUR, "belta", DENIAL)
    state = play.state("mobilisation")
    assert state.activation == pytest.approx(1 - 0.72**2, abs=0.01)
    assert play.memory.signals["mobilisation"][0].status == "auto"


def test_without_actors_nobody_is_accused() -> None:
    """An indicator that names no actor can be contested, not halved."""
    play = stage(TEXT.replace("        actors: [BY government]\n", "")).polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    play.say(NOON + HOUR, "belta", DENIAL)
    assert weights(play)[0] == 0.56
    assert play.memory.signals["mobilisation"][0].contested == "BelTA"
