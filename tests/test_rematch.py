"""An edited query and what is stored: the board is right, nobody is alerted, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon import pipeline
from iwmon.config import Config, requeried
from iwmon.model import REMATCHED, Item, Level, Memory, Rematch, Signal, Step
from nouns import DAY, HOUR, NOON, configured, reading
from theatre import REPORTS, SOURCES, TEXT, Stage, review, stage

MINUTE = timedelta(minutes=1)
QUERY = "query: mobilis* OR reservist*"
OTHER = "query: garrison*"
HARVEST = "Leader chairs harvest meeting with regional governors Tuesday"


def items(play: Stage) -> tuple[Item, ...]:
    """All that was ever read, in order of arrival."""
    return tuple(item for step in play.steps for item in step.items)


def edit(play: Stage, at: datetime, text: str, looked: Sequence[Item] | None = None) -> Step:
    """An edit comes into force, and all that is stored is matched again; as the poller does it."""
    before, play.config = play.config, configured(text)
    play.step(at)
    names = tuple(sorted(requeried(before, play.config)))
    found = Rematch(names, items(play) if looked is None else tuple(looked), len(items(play)))
    return again(play, at, found)


def again(play: Stage, at: datetime, rematch: Rematch) -> Step:
    """One step that carries a re-match."""
    step = pipeline.advance(play.config, play.memory, (), at, (), rematch)
    play.memory = step.memory
    play.steps.append(step)
    return step


def evidence(memory: Memory, indicator: str = "mobilisation") -> dict[str, Signal]:
    """An indicator's signals by report, without the flag that says how they were found."""
    return {s.story: replace(s, flags=s.flags - {REMATCHED}) for s in memory.signals.get(indicator, ())}


def told(steps: Iterable[Step]) -> list[str]:
    return [alert.kind for step in steps for alert in step.alerts]


def unmatched() -> Stage:
    """Two reports of mobilisation that the query in force does not find."""
    play = stage(TEXT.replace(QUERY, "query: conscript*")).polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    play.say(NOON + MINUTE, "zerkalo", REPORTS[1])
    assert play.level("mobilisation") is Level.QUIET
    return play


def matched() -> Stage:
    """The same two, found and told."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    play.say(NOON + MINUTE, "zerkalo", REPORTS[1])
    assert play.level("mobilisation") is Level.WARNING
    return play


def quietly(play: Stage, since: int, until: datetime) -> None:
    """Nothing was told since a step; nor is it hour by hour, with sources that answer and say nothing."""
    at = play.memory.at
    assert at is not None
    while at < until:
        at += HOUR
        play.step(at, *(reading(name, at=at) for name in SOURCES))
    assert told(play.steps[since:]) == []


# ---------------------------------------------------------------- what is found


def test_what_the_new_query_finds_raises_the_level_in_silence() -> None:
    """It counts from when it was seen; nobody is alerted, now or at the turn of an hour."""
    play = unmatched()
    since = len(play.steps)
    step = edit(play, NOON + 2 * HOUR, TEXT)
    assert play.level("mobilisation") is Level.WARNING
    assert [s.as_of for s in play.memory.signals["mobilisation"]] == [NOON, NOON + MINUTE]
    (change,) = step.level_changes
    assert (change.before, change.after) == (Level.QUIET, Level.WARNING)
    assert "matching stored items again" in change.reason
    assert step.rematched is not None
    assert (step.rematched.made, step.rematched.dropped, step.rematched.matched) == (2, 0, 2)
    assert step.rematched.levels == step.level_changes
    quietly(play, since, NOON + 30 * HOUR)
    assert play.state("mobilisation").told is Level.QUIET


def test_the_next_fresh_report_tells_the_rise() -> None:
    """With all the evidence there is; once."""
    play = unmatched()
    edit(play, NOON + 2 * HOUR, TEXT)
    step = play.say(NOON + 3 * HOUR, "ukr", REPORTS[2])
    (alert,) = [a for a in step.alerts if a.kind == "level_up"]
    assert (alert.before, alert.after) == ("quiet", "critical")
    assert len(alert.stories) == 3
    assert "level_up" not in told([play.say(NOON + 4 * HOUR, "belta", REPORTS[3])])


def test_what_it_finds_again_is_no_first_report_ever() -> None:
    """A report after it that raises nothing is not told as the first."""
    play = stage(TEXT.replace(QUERY, "query: conscript*")).polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    edit(
        play,
        NOON + HOUR,
        TEXT.replace(QUERY, f"{QUERY}\n        thresholds: {{watch: {{activation: 0.99}}}}"),
    )
    assert play.level("mobilisation") is Level.QUIET
    assert told([play.say(NOON + 2 * HOUR, "zerkalo", REPORTS[1])]) == []


def test_a_copy_of_what_was_matched_joins_its_report() -> None:
    """Reprints are one report, also when only the new query finds them."""
    play = unmatched()
    play.say(NOON + HOUR, "ukr", REPORTS[0])
    edit(play, NOON + 2 * HOUR, TEXT)
    (first, second) = play.memory.signals["mobilisation"]
    assert play.memory.stories[first.story].items == (first.item, items(play)[-1].id)
    assert set(first.carriers) == {"nn", "UA state"}
    assert second.carriers == ("zerkalo",)


def test_an_item_of_a_known_story_stays_in_it() -> None:
    """What another indicator matched has its story; the edited one gets a signal of that."""
    play = stage(TEXT.replace(QUERY, "query: conscript*")).polled(NOON - HOUR)
    play.say(NOON, "nn", "Regional grouping activated as reservists report")
    edit(play, NOON + HOUR, TEXT)
    (signal,) = play.memory.signals["mobilisation"]
    assert signal.story == play.memory.signals["grouping"][0].story
    assert play.memory.stories[signal.story].indicators == {"grouping", "mobilisation"}


# ---------------------------------------------------------------- what is taken back


def test_what_the_query_no_longer_finds_goes_and_the_level_falls_at_once() -> None:
    """No hold: that is for evidence that fades. A later rise is told as one."""
    play = matched()
    since = len(play.steps)
    step = edit(play, NOON + 2 * HOUR, TEXT.replace(QUERY, OTHER))
    assert play.level("mobilisation") is Level.QUIET
    assert "mobilisation" not in play.memory.signals
    assert len(step.dropped) == 2
    assert told(play.steps[since:]) == []
    assert not play.state("mobilisation").transitions
    step = play.say(NOON + 3 * HOUR, "nn", REPORTS[2])
    assert [a.kind for a in step.alerts if a.indicator == "mobilisation"] == ["level_up"]


def test_a_level_that_a_wrong_report_entered_is_not_held_by_the_rest() -> None:
    """What is left would hold it, and would never have entered it."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    play.step(NOON + 20 * DAY, *(reading(name, at=NOON + 20 * DAY) for name in SOURCES))
    play.say(NOON + 20 * DAY + HOUR, "zerkalo", REPORTS[1])
    assert play.level("mobilisation") is Level.WARNING
    right = stage(TEXT.replace(QUERY, "query: mobilis*")).polled(NOON + 20 * DAY)
    right.say(NOON + 20 * DAY + HOUR, "zerkalo", REPORTS[1])
    edit(play, NOON + 20 * DAY + 2 * HOUR, TEXT.replace(QUERY, "query: mobilis*"))
    assert play.level("mobilisation") is right.level("mobilisation") is Level.WATCH


def test_a_report_stays_while_one_of_its_copies_is_found() -> None:
    """The signal is carried by the copy that matches."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    copy = f"{REPORTS[0]} urgently"
    play.say(NOON + HOUR, "zerkalo", copy)
    edit(play, NOON + 2 * HOUR, TEXT.replace(QUERY, "query: urgently"))
    (signal,) = play.memory.signals["mobilisation"]
    assert (signal.title, signal.words) == (copy, ("urgently",))
    assert REMATCHED not in signal.flags


@pytest.mark.parametrize(
    ("action", "more"), [("confirm", {}), ("reject", {}), ("grade", {"credibility": 2})], ids=str
)
def test_what_a_person_said_of_a_report_holds(action: str, more: dict[str, int]) -> None:
    """Confirmed, graded or rejected: it is not the query's any more; the others go."""
    play = matched()
    item = play.memory.signals["mobilisation"][0].item
    play.step(NOON + HOUR, said=[review(item, action, NOON + HOUR, **more)])
    kept = play.memory.signals["mobilisation"][0]
    edit(play, NOON + 2 * HOUR, TEXT.replace(QUERY, OTHER))
    assert play.memory.signals["mobilisation"] == (kept,)
    edit(play, NOON + 3 * HOUR, TEXT)
    assert play.memory.signals["mobilisation"][0] == kept


def test_what_a_person_gave_back_to_the_query_goes_with_it() -> None:
    """`restore` takes a person's word back."""
    play = matched()
    item = play.memory.signals["mobilisation"][0].item
    said = [review(item, "confirm", NOON + HOUR), review(item, "restore", NOON + HOUR)]
    play.step(NOON + HOUR, said=said)
    edit(play, NOON + 2 * HOUR, TEXT.replace(QUERY, OTHER))
    assert "mobilisation" not in play.memory.signals


def test_what_was_not_looked_at_keeps_its_signal() -> None:
    """Too old for the search, or arrived since."""
    play = matched()
    edit(play, NOON + 2 * HOUR, TEXT.replace(QUERY, OTHER), looked=items(play)[1:])
    assert [s.title for s in play.memory.signals["mobilisation"]] == [REPORTS[0]]


def test_a_source_that_is_gone_makes_no_new_signal_and_loses_none_that_matches() -> None:
    """Nobody can say what its word weighs; it may come back."""
    text = TEXT.replace("  - {id: nn, ", "  - {id: nasha, ")
    play = unmatched()
    edit(play, NOON + HOUR, text)
    assert [s.source for s in play.memory.signals["mobilisation"]] == ["zerkalo"]
    play = matched()
    edit(play, NOON + HOUR, text.replace(QUERY, "query: reservist* OR mobilis* OR draft*"))
    assert [s.source for s in play.memory.signals["mobilisation"]] == ["nn", "zerkalo"]


# ---------------------------------------------------------------- denials

DENIAL = "Minsk denies any mobilisation whatsoever, calls rumours hostile invention"
DENIED = TEXT.replace(QUERY, "query: mobilis* OR reservist* OR letters")


def test_a_denial_that_is_found_now_contests_in_silence() -> None:
    """By the accused it halves; the reports behind a told level are denied without a page."""
    play = stage(TEXT.replace(QUERY, "query: reservist*")).polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    play.say(NOON + HOUR, "belta", DENIAL)
    whole = play.memory.signals["mobilisation"][0].weight
    since = len(play.steps)
    edit(play, NOON + 2 * HOUR, TEXT)
    first = play.memory.signals["mobilisation"][0]
    assert (first.contested, first.halved) == ("BelTA", True)
    assert first.weight == pytest.approx(whole / 2)
    assert play.memory.stories[first.story].denial == items(play)[-1].id
    assert told(play.steps[since:]) == []


def test_a_denial_that_is_no_longer_found_takes_back_what_it_did() -> None:
    """The report weighs what it weighed."""
    play = stage().polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    whole = evidence(play.memory)
    play.say(NOON + HOUR, "belta", DENIAL)
    assert play.memory.signals["mobilisation"][0].halved
    edit(play, NOON + 2 * HOUR, TEXT.replace(QUERY, "query: reservist*"))
    assert evidence(play.memory) == whole
    story = play.memory.stories[play.memory.signals["mobilisation"][0].story]
    assert (story.denied_by, story.denial, story.halved) == ("", "", False)


# ---------------------------------------------------------------- silences and surges


def silent(query: str) -> Stage:
    """A leader who appeared on the second day of six, as `query` sees it."""
    play = stage(TEXT.replace("query: leader*", query)).polled(NOON - HOUR)
    for hours in range(0, 6 * 24, 12):
        at = NOON + hours * HOUR
        play.step(at, *(reading(name, at=at) for name in SOURCES))
        if hours == 24:
            play.say(at + MINUTE, "nn", HARVEST)
    return play


def test_a_silence_that_was_none_ends_when_the_report_was_seen() -> None:
    """Its clock runs from there on, its past gaps stay as they were timed, and the level falls."""
    play, other = silent("query: president*"), silent("query: leader*")
    assert play.level("unseen") is Level.WATCH
    since = len(play.steps)
    at = NOON + 5.5 * DAY + HOUR
    edit(play, at, TEXT)
    other.step(at)
    assert play.level("unseen") is Level.QUIET
    assert play.state("unseen").activation == pytest.approx(other.state("unseen").activation)
    assert play.state("unseen").silent_since == other.state("unseen").silent_since
    assert play.state("unseen").gaps == ()
    assert told(play.steps[since:]) == []


def test_a_silence_that_a_wrong_report_ended_stays_ended() -> None:
    """A clock that runs late alarms nobody: what was covered before is not remembered."""
    play = silent("query: leader*")
    before = play.state("unseen")
    since = len(play.steps)
    edit(play, NOON + 5.5 * DAY, TEXT.replace("query: leader*", "query: president*"))
    assert play.state("unseen").silent_since == before.silent_since
    assert play.level("unseen") is Level.QUIET
    assert told(play.steps[since:]) == []


def test_what_is_found_ends_the_silence_of_those_who_wait_for_it() -> None:
    """`absence_of` names the indicator whose query was edited."""
    play = unmatched()
    for days in range(1, 13):
        at = NOON + days * DAY
        play.step(at, *(reading(name, at=at) for name in SOURCES))
    assert play.level("calm") is not Level.QUIET
    since = len(play.steps)
    play.say(NOON + 12 * DAY + HOUR, "nn", "Garrison exercise near Brest draws onlookers")
    edit(play, NOON + 12 * DAY + 2 * HOUR, TEXT.replace(QUERY, OTHER))
    assert play.level("calm") is Level.QUIET
    assert "level_up" not in told(play.steps[since:])


CROSSINGS = (
    "Shots fired across border river, one guard injured overnight",
    "Border fence breached near Bialowieza, twenty detained by patrol",
    "Smugglers balloon lands behind border post, traffic halted briefly",
    "Convoy of lorries stuck at border while customs strike spreads",
    "Drone crosses border twice before dawn, villagers hear explosions",
    "Two border officers hurt by stones thrown from forest edge",
)


def surging(query: str, days: int = 20, reports: int = 6) -> Stage:
    """Twenty quiet days, then six reports from the border within an afternoon, as `query` sees them."""
    play = stage(TEXT.replace("query: border*", query)).polled(NOON - HOUR)
    for day in range(days):
        at = NOON + day * DAY
        filler = [f"Weather bulletin number {day} {n} for the whole country" for n in range(30)]
        play.step(at, *(reading(name, at=at) for name in SOURCES))
        play.say(at + MINUTE, "nn", *filler)
    at = NOON + days * DAY
    play.step(at, *(reading(name, at=at) for name in SOURCES))
    for n, title in enumerate(CROSSINGS[:reports]):
        play.say(at + n * MINUTE, SOURCES[n % 3], title)
    return play


def test_a_surge_by_what_an_edit_found_is_told_by_nobody_and_by_the_next_report() -> None:
    """Its day's reports are young, and are judged again each hour and when the day is over: still silent."""
    play = surging("query: zaslona*")
    assert play.level("incidents") is Level.QUIET
    at = NOON + 20 * DAY + HOUR
    since = len(play.steps)
    edit(play, at, TEXT)
    assert play.level("incidents").rank > 0
    quietly(play, since, at + 40 * HOUR)
    play = surging("query: zaslona*")
    edit(play, at, TEXT)
    step = play.say(at + HOUR, "ukr", "Guards close another border checkpoint without giving reasons")
    assert [a.kind for a in step.alerts if a.indicator == "incidents"] == ["level_up"]


def test_a_surge_that_an_edit_completes_is_told_by_nobody() -> None:
    """One of its reports was live, and is young; it alone is no surge."""
    play = surging("query: shots*")
    assert play.level("incidents") is Level.QUIET
    since = len(play.steps)
    edit(play, NOON + 20 * DAY + HOUR, TEXT)
    assert play.level("incidents").rank > 0
    quietly(play, since, NOON + 21 * DAY + 16 * HOUR)


def test_a_day_that_live_reports_alone_make_too_loud_is_told_when_it_is_over() -> None:
    """What an edit found beside them, of other days, silences nothing of what was live."""
    play, at = surging("query: border*", reports=3), NOON + 20 * DAY + HOUR
    edit(play, at, TEXT.replace("query: border*", "query: border* OR bulletin"))
    assert play.level("incidents") is Level.QUIET  # the bulletins of every day make three reports usual
    since = len(play.steps)
    for hours in range(1, 13):
        play.step(at + hours * HOUR, *(reading(name, at=at + hours * HOUR) for name in SOURCES))
    found = [a for step in play.steps[since:] for a in step.alerts]
    assert [(a.kind, a.indicator, a.at) for a in found] == [("level_up", "incidents", at + 11 * HOUR)]


def test_what_lingers_of_a_surge_goes_with_its_reports() -> None:
    """The peak of days that were no surge is forgotten; edited back, it is there again."""
    play = surging("query: border*")
    at = NOON + 22 * DAY
    play.step(at, *(reading(name, at=at) for name in SOURCES))
    lingering = play.state("incidents").activation
    assert lingering > 0.3
    edit(play, at + HOUR, TEXT.replace("query: border*", "query: zaslona*"))
    assert play.state("incidents").activation == 0
    edit(play, at + 2 * HOUR, TEXT)
    assert play.state("incidents").activation == pytest.approx(lingering, abs=0.1)


# ---------------------------------------------------------------- judgements


def test_a_review_that_an_edit_makes_due_stands_on_the_board_and_pages_nobody() -> None:
    """Not now, and not by the next step; further movement asks as ever."""
    text = TEXT.replace("probability: realistic possibility", "probability: unlikely")
    play = stage(text.replace(QUERY, "query: conscript*")).polled(NOON - HOUR)
    for n, title in enumerate(REPORTS):
        play.say(NOON + n * MINUTE, SOURCES[n % 4], title)
    since = len(play.steps)
    step = edit(play, NOON + 2 * HOUR, text)
    assert step.rematched is not None
    assert step.rematched.reviews == ("kj-2",)
    (kj2,) = [a for a in step.assessments if a.judgement == "kj-2"]
    assert kj2.action == "review_due"
    quietly(play, since, NOON + 12 * HOUR)
    assert [a.action for s in play.steps[-3:] for a in s.assessments if a.judgement == "kj-2"] == [
        "review_due"
    ] * 3


def test_the_baseline_is_what_the_new_query_finds_of_that_time() -> None:
    """What was priced by a wrong match is not taken for disconfirmation when it goes; nor found twice."""
    text = TEXT.replace("made_on: 2022-10-01", "made_on: 2022-10-11", 1)
    play = stage(text).polled(NOON - HOUR)
    play.say(NOON, "nn", REPORTS[0])
    play.step(NOON + DAY, *(reading(name, at=NOON + DAY) for name in SOURCES))
    priced = play.memory.judgements["kj-2"].baseline["mobilisation"]
    assert priced > 0.4
    edit(play, NOON + DAY + HOUR, text.replace(QUERY, OTHER))
    assert play.memory.judgements["kj-2"].baseline["mobilisation"] == 0
    edit(play, NOON + DAY + 2 * HOUR, text)
    assert play.memory.judgements["kj-2"].baseline["mobilisation"] == priced


# ---------------------------------------------------------------- laws

PLACES = ("Minsk", "Brest", "Gomel", "Vitebsk", "Grodno", "Mogilev", "Pinsk", "Orsha", "Lida", "Slutsk")
SIGNS = ("reservists", "mobilisation", "garrison", "letters", "grouping", "weather", "harvest")
QUERIES = (
    "mobilis* OR reservist*",
    "reservist*",
    "garrison* OR letters",
    "mobilis* NOT letters",
    "weather OR grouping",
    "intitle:harvest",
)


def independent(n: int, sign: str, other: str) -> str:
    """The n-th title: it resembles no other, whatever its signs."""
    return f"{PLACES[n % 10]}{n} {sign} alpha{n} beta{n} gamma{n} delta{n} {other} epsilon{n}"


reports = st.lists(
    st.tuples(
        st.sampled_from(SOURCES[:4]),
        st.sampled_from(SIGNS),
        st.sampled_from(SIGNS),
        st.sampled_from([MINUTE, HOUR, 13 * HOUR, 3 * DAY, 9 * DAY]),
        st.booleans(),
    ),
    max_size=10,
)


def configurations() -> dict[str, Config]:
    return {query: configured(TEXT.replace(QUERY, f"query: {query}")) for query in QUERIES}


CONFIGS = configurations()


def lived(query: str, script: Sequence[tuple[str, str, str, timedelta, bool]]) -> Stage:
    """A run with one query from the beginning. History is dated a day back."""
    play, at = Stage(CONFIGS[query]).polled(NOON - HOUR), NOON
    for n, (source, sign, other, after, history) in enumerate(script):
        at += after
        dated = {"published": at - DAY} if history else {}
        play.say(at, source, independent(n, sign, other), history=history, **dated)
    return play


@settings(max_examples=60, deadline=None)
@given(reports, st.sampled_from(QUERIES), st.sampled_from(QUERIES))
def test_a_re_match_finds_what_a_run_with_the_new_query_would_have(script, old, new) -> None:
    """Equal signals, activation and level, where reports are independent and nobody denied or judged them.

    That run's own unrest aside: what moved too often is held by it.
    """
    play, fresh = lived(old, script), lived(new, script)
    at = play.memory.at
    assert at is not None
    play.config = CONFIGS[new]
    again(play, at, Rematch(("mobilisation",), items(play)))
    for run in (play, fresh):
        run.step(at + HOUR)  # both are judged at the same moment
    for name in ("mobilisation", "grouping", "incidents"):
        assert evidence(play.memory, name) == evidence(fresh.memory, name)
    assert play.state("mobilisation").activation == pytest.approx(fresh.state("mobilisation").activation)
    if not fresh.state("mobilisation").transitions:
        assert play.level("mobilisation") is fresh.level("mobilisation")


@settings(max_examples=60, deadline=None)
@given(reports, st.sampled_from(QUERIES), st.sampled_from(QUERIES))
def test_there_and_back_is_as_before_and_nobody_is_alerted(script, old, new) -> None:
    """Signals, activation and level; and no step of it, nor the next hour's, raises an alert."""
    play = lived(old, script)
    at = play.memory.at
    assert at is not None
    at += HOUR
    play.step(at)
    before, state, since = evidence(play.memory), play.state("mobilisation"), len(play.steps)
    for query in (new, old):
        play.config = CONFIGS[query]
        play.step(at)
        again(play, at, Rematch(("mobilisation",), items(play)))
    assert evidence(play.memory) == before
    assert play.state("mobilisation").activation == pytest.approx(state.activation)
    assert play.level("mobilisation") is state.level
    assert play.state("mobilisation").transitions == state.transitions
    assert play.state("mobilisation").unstable == state.unstable
    play.step(at + HOUR)
    kinds = {a.kind for step in play.steps[since:] for a in step.alerts if a.indicator != "calm"}
    assert kinds <= {"blind", "coverage_recovered", "expiry", "review_due"}
    assert not [a for step in play.steps[since:-1] for a in step.alerts if a.kind == "review_due"]


@settings(max_examples=60, deadline=None)
@given(reports, st.sampled_from(QUERIES), st.integers(0, 12))
def test_a_query_that_did_not_change_changes_nothing(script, query, denials) -> None:
    """With copies and denials too, whatever part of the items was looked at."""
    play = lived(query, script)
    at = play.memory.at
    assert at is not None
    for n, title in enumerate((*REPORTS, DENIAL, f"Ministry denies: {REPORTS[0]}", REPORTS[0])[:denials]):
        at += HOUR
        play.say(at, SOURCES[(n * 3) % 5], title, **({"publisher": "Zerkalo"} if (n * 3) % 5 == 4 else {}))
    play.step(at)
    names = tuple(play.config.indicators)
    for looked in (items(play), items(play)[len(script) // 2 :]):
        step = again(play, at, Rematch(names, looked))
        assert (step.signals, step.stories, step.dropped, step.level_changes, step.alerts) == ((),) * 5
        assert step.memory.signals == play.steps[-2].memory.signals
        assert step.memory.states == play.steps[-2].memory.states
