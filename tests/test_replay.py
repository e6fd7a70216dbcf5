"""Rows → beats → advance → Report: what is seen when, who watches, and that workers change nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iwmon import pipeline
from iwmon.config import Config
from iwmon.model import Coverage, Entry, FeedState, Level, Memory, Reading, Step
from iwmon.replay import Replay
from iwmon.replay.beats import Seen, next_step, of_rows
from iwmon.replay.locating import locate
from iwmon.replay.matching import CHUNK, Matching
from iwmon.replay.merging import Recording
from iwmon.replay.paired import Pair, alike, reworded
from iwmon.replay.rows import UNLISTED, Row
from iwmon.report import Report
from nouns import NOON, SMALL, configured, entry, item
from theatre import REPORTS, TEXT

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def config() -> Config:
    return configured(TEXT)


def row(title: str, after: timedelta, source: str = "nn", **more: object) -> Row:
    """A recorded item, seen so long after noon."""
    at = NOON + after
    url = f"https://{source}.example/{title}-{after}"
    return Row(at, source, entry(title, key=url, url=url, published=at, **more))


def replayed(config: Config, rows: Sequence[Row], workers: int = 0) -> tuple[Report, list[Step]]:
    """The report, and the steps that it is made of."""
    replay, seen = Replay(config, HOUR, workers), list[Step]()
    replay.rows(rows, seen.append)
    return replay.report("made up"), seen


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    ("after", "seen"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(seconds=1), HOUR),
        (timedelta(minutes=59), HOUR),
        (HOUR, HOUR),
    ],
)
def test_a_row_is_seen_at_the_first_step_that_is_not_before_it(after: timedelta, seen: timedelta) -> None:
    assert next_step(NOON + after, HOUR) == NOON + seen


def test_no_step_knows_what_comes_later(config: Config) -> None:
    """A planted item of the future changes nothing before its time, to the last byte."""
    past = [row(REPORTS[0], n * 5 * HOUR, source) for n, source in enumerate(("nn", "zerkalo", "ukr"))]
    future = [row(REPORTS[1], 30 * HOUR, "nn"), row(REPORTS[2], 31 * HOUR, "zerkalo")]
    without, with_it = replayed(config, past)[1], replayed(config, [*past, *future])[1]
    assert len(with_it) > len(without)
    for one, other in zip(without, with_it, strict=False):
        assert (one.alerts, one.level_changes, one.assessments) == (
            other.alerts,
            other.level_changes,
            other.assessments,
        )


def test_time_goes_on_where_nothing_is_reported(config: Config) -> None:
    """There is a step for every hour, so that levels fall and silences grow."""
    report, steps = replayed(config, [row("Rain", timedelta(0)), row("Snow", 3 * DAY)])
    assert [step.at for step in steps] == [NOON + n * HOUR for n in range(73)]
    assert [day.day for day in report.courses[0].days] == [
        "2022-10-10",
        "2022-10-11",
        "2022-10-12",
        "2022-10-13",
    ]


def test_the_same_item_again_is_no_news(config: Config) -> None:
    twice = [row(REPORTS[0], timedelta(0)), replace(row(REPORTS[0], timedelta(0)), at=NOON + DAY)]
    report, _ = replayed(config, twice)
    assert report.items == report.matched == 1


def test_what_has_come_is_remembered_in_bounded_memory() -> None:
    """The younger half is always known; what is older may be forgotten."""
    seen = Seen(most=10)
    many = [item(f"i{n}") for n in range(40)]
    assert all(seen.first(one) for one in many)
    assert not any(seen.first(one) for one in many[-5:])
    assert seen.first(many[0])


# ---------------------------------------------------------------- who watches


def test_a_source_watches_from_its_first_item_on(config: Config) -> None:
    """Sources that the files do not have are left out: they are neither watching nor blind."""
    beats = list(
        of_rows(config, [row("Rain", timedelta(0)), row("Snow", 5 * HOUR, "ukr")], found_nothing, HOUR)
    )
    on = [[name for name, source in beat.config.sources.items() if source.enabled] for beat in beats]
    assert on == [["nn"]] * 5 + [["nn", "ukr"]]
    report, _ = replayed(config, [row("Rain", timedelta(0)), row("Snow", 5 * HOUR, "ukr")])
    assert report.courses[0].coverages[-1].after is Coverage.OK


def test_a_hole_in_the_data_is_no_quiet() -> None:
    """When nothing has come from anybody for three times expect_every, nobody watches."""
    config = configured(TEXT.replace("expect_every: 400d", "expect_every: 1d"))
    report, _ = replayed(config, [row("Rain", timedelta(0)), row("Snow", 6 * DAY)])
    assert [day.coverage for day in report.courses[0].days][4] is Coverage.BLIND


def test_a_source_that_stops_is_left_out_while_others_go_on() -> None:
    """Nobody can tell from a file whether it was down; the others still watch."""
    config = configured(TEXT.replace("expect_every: 400d", "expect_every: 1d"))
    rows = [row("Rain", timedelta(0), "ukr"), *(row(f"Snow {n}", n * DAY) for n in range(8))]
    report, steps = replayed(config, rows)
    assert {day.coverage for day in report.courses[0].days[1:]} == {Coverage.OK}
    assert "ukr" not in {reading.source for reading in steps[-1].readings}


def test_unlisted_publishers_are_each_their_own_group_and_reliability_f(config: Config) -> None:
    rows = [
        row(REPORTS[0], timedelta(0), UNLISTED, publisher="one.example"),
        row(
            "Reservists are called up in three districts, relatives tell",
            HOUR,
            UNLISTED,
            publisher="two.example",
        ),
    ]
    _, steps = replayed(config, rows)
    signals = steps[-1].memory.signals["mobilisation"]
    assert [(s.reliability, s.publisher) for s in signals] == [("F", "one.example"), ("F", "two.example")]
    assert len({s.group for s in signals}) == 2


# ---------------------------------------------------------------- what is reported


def test_the_report_has_levels_alerts_and_evidence(config: Config) -> None:
    rows = [
        row(REPORTS[0], timedelta(0)),
        row("Minsk orders mobilisation drill, sources in barracks say", DAY, "ukr"),
    ]
    report, steps = replayed(config, rows)
    course = report.courses[0]
    assert (course.indicator, course.matches, course.stories) == ("mobilisation", 2, 2)
    assert course.peak is max((c.after for c in course.changes), key=lambda level: level.rank)
    assert course.days[0].level is not Level.QUIET
    assert [one.alert for one in report.raised] == [alert for step in steps for alert in step.alerts]
    first = next(one for one in report.raised if one.alert.indicator == "mobilisation")
    assert first.evidence[0].title == REPORTS[0]
    outlook = report.outlooks[0]
    assert [record.day for record in outlook.series] == ["2022-10-10", "2022-10-11"]
    assert all(record.p is not None for record in outlook.series)


def test_evidence_says_on_whose_word_it_is(config: Config) -> None:
    """Two reports of one newsroom may be two origins: a reader of the report sees why."""
    quoted = "Reservists are called up to Brest barracks, Reuters reports"
    report, _ = replayed(config, [row(quoted, timedelta(0)), row(REPORTS[1], DAY, "ukr")])
    said = {e.title: e.citing for one in report.raised for e in one.evidence}
    assert said == {quoted: "Reuters", REPORTS[1]: ""}


def test_nothing_in_gives_an_empty_report(config: Config) -> None:
    report, steps = replayed(config, [])
    assert (report.items, report.steps, steps, report.courses[0].days) == (0, 0, [], ())


def test_ctrl_c_gives_the_report_so_far(config: Config) -> None:
    """An interrupt ends the replay between two steps, and the report says that it is not whole."""
    replay, seen = Replay(config), list[Step]()

    def watch(step: Step) -> None:
        seen.append(step)
        if len(seen) == 5:
            raise KeyboardInterrupt

    replay.rows([row("Rain", n * HOUR) for n in range(20)], watch)
    report = replay.report("made up")
    assert not report.complete
    assert (report.steps, report.items) == (5, 5)


# ---------------------------------------------------------------- workers


def found_nothing(items):
    """In place of a matcher: nothing matches."""
    return ((one, ()) for one in items)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_find_the_same_in_the_same_order(config: Config, workers: int) -> None:
    """The order is kept over many chunks, and no match differs."""
    titles = (*REPORTS, "Rain", "Shots fired across border river", "")
    many = [item(titles[n % len(titles)], key=f"i{n}") for n in range(3 * CHUNK + 7)]
    alone = [(one, config.matcher.match(one)) for one in many]
    with Matching(config, workers) as matching:
        assert list(matching.matched(many)) == alone


def test_a_replay_with_workers_gives_the_same_report(config: Config) -> None:
    rows = [row(f"{REPORTS[n % len(REPORTS)]} {n}", n * 3 * HOUR, ("nn", "ukr")[n % 2]) for n in range(60)]
    assert replayed(config, rows, workers=1)[0] == replayed(config, rows)[0]


TERMED = SMALL.replace("judgements:", "terms:\n  call: {en: [reservist*]}\njudgements:", 1).replace(
    "mobilis* OR reservist*", "mobilis* OR $call", 1
)
EDITS = {
    "another query": ("mobilis* OR $call", "mobilis* OR tank*"),
    "a query that keeps what matched": ("mobilis* OR $call", "mobilis* OR tank* OR $call"),
    "another termset of the same name": ("[reservist*]", "[conscript*]"),
    "a new indicator": (
        "      - id: grouping\n",
        "      - {id: armour, name: T, type: occurrence, effect: supports, query: tank*}\n"
        "      - id: grouping\n",
    ),
    "a language of its own": ("query: mobilis* OR $call", "query: {en: mobilis* OR $call}"),
    "another id": ("id: grouping", "id: troops"),
    "another weight": ("half_life: 30d", "half_life: 2d"),
    "another term": ("realistic possibility", "unlikely"),
    "nothing": ("", ""),
}
SAID = ("Reservists mobilised", "Tanks seen", "Conscripts and tanks mobilised", "A regional grouping", "Rain")


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("edit", EDITS)
def test_two_configurations_at_once_are_two_replays(edit: str, workers: int) -> None:
    rows = [
        row(f"{SAID[n * 7 % 5]} {n}", n * 5 * HOUR, ("nn", "ukr", UNLISTED)[n % 3], language="en")
        for n in range(80)
    ]
    old, new = configured(TERMED), configured(TERMED.replace(*EDITS[edit], 1))
    assert alike(old, new)
    words_only = (
        "another query",
        "a query that keeps what matched",
        "another termset of the same name",
        "nothing",
    )
    assert reworded(old, new) == (edit in words_only)
    for first, second in ((old, new), (new, old)):
        pair, seen = Pair(first, second, HOUR, workers), list[Step]()
        pair.rows(rows, seen.append)
        alone = replayed(first, rows)
        assert pair.complete
        assert pair.reports("made up") == (alone[0], replayed(second, rows)[0])
        assert seen == alone[1]
    assert alone[0].matched


@pytest.mark.parametrize(
    "edit", [("reliability: B", "reliability: E"), ("language: be", "language: en"), ("id: sb,", "id: sb2,")]
)
def test_with_other_sources_two_configurations_do_not_see_the_same(edit: tuple[str, str]) -> None:
    assert not alike(configured(SMALL), configured(SMALL.replace(*edit, 1)))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 6), st.sampled_from(["nn", "ukr", UNLISTED])),
        max_size=25,
    )
)
def test_a_replay_is_a_function_of_its_rows(script: list[tuple[int, int, str]]) -> None:
    """Twice the same rows: equal reports; no clock, no chance."""
    config = configured(TEXT)
    titles = (*REPORTS, "Shots fired across border river", "Leader chairs harvest meeting", "Rain", "Snow")
    rows = sorted(
        (row(titles[pick % len(titles)], hours * HOUR, source) for hours, pick, source in script),
        key=lambda r: r.at,
    )
    assert replayed(config, rows)[0] == replayed(config, rows)[0]


# ---------------------------------------------------------------- live, and its file


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(1, 120), st.integers(0, 8), st.sampled_from(["nn", "zerkalo", "ukr", "belta"])),
        max_size=18,
    )
)
def test_what_was_seen_live_is_decided_again_from_its_file(
    tmp_path: Path, script: list[tuple[int, int, str]]
) -> None:
    """A live run, polled every hour, and the file of its items with first_seen: the same alerts."""
    config = configured(TEXT)
    titles = (
        *REPORTS,
        "Shots fired across border river",
        "Leader chairs harvest meeting",
        "Regional grouping opens",
        "Rain",
    )
    said: dict[int, dict[str, list[Entry]]] = {0: {}}
    for source in config.sources:  # each brings something at once, so that all watch from the start
        said[0][source] = [
            entry("Rain", key=f"{source}-0", url=f"https://{source}.example/0", published=NOON)
        ]
    for n, (hour, pick, source) in enumerate(script):
        url = f"https://{source}.example/{hour}-{n}"
        made = entry(titles[pick % len(titles)], key=url, url=url, published=NOON + hour * HOUR)
        said.setdefault(hour, {}).setdefault(source, []).append(made)
    memory, live = Memory(), list[object]()
    for hour in range(max(said) + 1):
        at = NOON + hour * HOUR
        readings = [
            Reading(
                name,
                at,
                FeedState.OK,
                items=pipeline.identify(source, said.get(hour, {}).get(name, ()), at, history=False),
                entries=len(said.get(hour, {}).get(name, ())),
                newest=at,
                size=1000,
                not_modified=name not in said.get(hour, {}),
            )
            for name, source in config.sources.items()
        ]
        step = pipeline.advance(config, memory, readings, at)
        memory, live = step.memory, [*live, *step.alerts]
    file = tmp_path / "seen.jsonl"
    lines = [
        {
            "title": one.title,
            "url": one.url,
            "publisher": config.sources[name].name,
            "feed": config.sources[name].url,
            "published": (NOON + hour * HOUR).isoformat(),
            "first_seen": (NOON + hour * HOUR).isoformat(),
        }
        for hour, by_source in said.items()
        for name, entries in by_source.items()
        for one in entries
    ]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    replay = Replay(config, HOUR)
    with Recording.open([file], locate(config)) as rows:
        replay.rows(rows)
    again = [one.alert for one in replay.report("made up").raised]
    assert [(a.kind, a.indicator, a.before, a.after, a.at, a.why) for a in again] == [
        (a.kind, a.indicator, a.before, a.after, a.at, a.why) for a in live
    ]
