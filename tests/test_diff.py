"""diff: what an edit changes, over what was collected; and that what was matched once need not be again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iwmon import pipeline
from iwmon.cli import differing
from iwmon.config import Config
from iwmon.model import (
    Alert,
    Coverage,
    FeedState,
    Item,
    Level,
    LevelChange,
    Memory,
    Reading,
    Severity,
    Source,
)
from iwmon.replay import compare, remembered, rerun
from iwmon.replay.compare import Difference, Side, sentence
from iwmon.report import Course, Day, Evidence, Raised, Report
from iwmon.store import Store, history
from newsroom import clean_environment, run
from nouns import DAY, HOUR, NOON, configured, reading
from test_live_is_replay import EDITED, acts, played
from theatre import REPORTS, TEXT, Stage, review, ruling

MIDNIGHT = NOON.replace(hour=0)
QUIET = (timedelta(hours=1), timedelta(hours=5), timedelta(hours=13), DAY, 2 * DAY, 6 * DAY)
VARIED = (
    *EDITED,
    TEXT.replace("query: mobilis* OR reservist*", "query: mobilis* OR reservist* OR grouping"),
    TEXT.replace("query: grouping", "query: smuggl*"),
    TEXT.replace("query: leader*", "query: rain*"),
    TEXT.replace("  - {id: ukr, ", "  - {id: ukr, enabled: false, "),
)


def keep(store: Store, config: Config) -> None:
    """As the daemon does when a configuration comes into force."""
    store.keep_config(config.digest, config.contents, NOON)


def sides(
    store: Store, old: Config, new: Config, kept: dict[str, Config | None]
) -> tuple[Side, Side, remembered.Span]:
    """Both runs over all that a database holds, in this process."""
    edges = store.edges()
    assert edges
    first, last = edges.first, edges.latest
    span = remembered.span((old, new), first, last + timedelta(microseconds=1), first)
    return (
        rerun.run(store, old, remembered.stale(old, kept), span),
        rerun.run(store, new, remembered.stale(new, kept), span),
        span,
    )


# ---------------------------------------------------------------- what was matched once


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without rows, to be copied: quicker than making one for each example."""
    path = tmp_path_factory.mktemp("empty") / "i.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def url(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes a database without rows for each example."""

    def make() -> str:
        folder = tmp_path_factory.mktemp("play")
        for file in empty.parent.iterdir():
            shutil.copy(file, folder)
        return f"sqlite:///{folder / 'i.db'}"

    return make


@pytest.fixture(scope="module")
def live() -> list[Config]:
    return [configured(text) for text in EDITED]


@pytest.fixture(scope="module")
def compared() -> list[Config]:
    return [configured(text) for text in VARIED]


def again_in_full(
    store: Store, config: Config, span: remembered.Span
) -> tuple[list[Alert], list[LevelChange]]:
    """The plain way: every reading as it was recorded, every item matched, an hour's in a step."""
    memory, alerts, changes = Memory(), [], []
    known: dict[str, Source] = {}
    polled = {name for name, one in config.sources.items() if one.enabled}
    recorded = sorted(
        store.recorded(span.begin, span.until), key=lambda r: r.at.replace(minute=0, second=0, microsecond=0)
    )
    for begin, some in groupby(recorded, key=lambda r: r.at.replace(minute=0, second=0, microsecond=0)):
        at = begin + HOUR if begin >= span.fine else remembered.ceiling(begin + HOUR, remembered.COARSE)
        steps = list(some)
        readings = [r for one in steps for r in one.readings if r.source in polled]
        known |= {r.source: config.sources[r.source] for r in readings}
        there = replace(config, sources={i: s for i, s in config.sources.items() if i in known})
        step = pipeline.advance(there, memory, readings, at, [r for one in steps for r in one.rulings])
        memory = step.memory
        alerts += step.alerts
        changes += step.level_changes
    return alerts, changes


SCRIPTS = st.lists(acts(QUIET), min_size=2, max_size=8)
ONE_FIXTURE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=12, deadline=None, suppress_health_check=ONE_FIXTURE)
@given(SCRIPTS, st.integers(0, len(VARIED) - 1), st.integers(0, len(VARIED) - 1))
def test_stored_matches_give_what_matching_everything_again_gives(
    url, live, compared, script, old, new
) -> None:
    """Whatever was in force when, and whatever is compared: the same alerts, evidence and levels."""
    with Store.open(url()) as store:
        for _ in played([replace(act, restart=False) for act in script], live, store):
            pass
        kept: dict[str, Config | None] = {one.digest: one for one in live}
        reused = sides(store, compared[old], compared[new], kept)
        assert reused == sides(store, compared[old], compared[new], dict.fromkeys(kept))
        if old == new:
            assert compare.compare(*reused[:2], reused[2].since, reused[2].until).parts == ()


@settings(max_examples=12, deadline=None, suppress_health_check=ONE_FIXTURE)
@given(SCRIPTS, st.integers(0, len(VARIED) - 1))
def test_what_is_not_read_would_have_changed_nothing(url, live, compared, script, chosen) -> None:
    """Hours of condensed readings and counted items decide what every reading and item, in full, would."""
    config = compared[chosen]
    with Store.open(url()) as store:
        for _ in played([replace(act, restart=False) for act in script], live, store):
            pass
        side, _, span = sides(store, config, config, {one.digest: one for one in live})
        alerts, changes = again_in_full(store, config, span)
        assert [raised.alert for raised in side.raised] == alerts
        assert sorted(c for own in side.changes.values() for c in map(repr, own)) == sorted(
            map(repr, changes)
        )


def test_an_item_that_matches_nothing_is_counted_but_not_read(url) -> None:
    """Stand-ins without words, as many, with their flags; what an edited query finds among them is read."""
    stage = Stage(configured(TEXT))
    with Store.open(url()) as store:
        store.commit(stage.polled(MIDNIGHT).steps[0])
        store.commit(stage.say(MIDNIGHT + HOUR, "nn", "Rain in Minsk", "Snow in Brest", REPORTS[0]))
        span = remembered.span((stage.config,), MIDNIGHT, MIDNIGHT + 2 * HOUR, MIDNIGHT)
        again = remembered.stale(stage.config, {stage.config.digest: stage.config})
        hours = list(remembered.hours(store, stage.config, again, span))
        brought = [item for hour in hours for reading in hour.readings for item in reading.items]
        assert sorted(item.entry.title for item in brought) == ["", "", REPORTS[0]]
        edited = configured(TEXT.replace("query: border*", "query: rain*"))
        again = remembered.stale(edited, {stage.config.digest: stage.config})
        hours = list(remembered.hours(store, edited, again, span))
        brought = [item for hour in hours for reading in hour.readings for item in reading.items]
        assert sorted(item.entry.title for item in brought) == ["", "Rain in Minsk", REPORTS[0]]
        assert [m.indicator for hour in hours for found in hour.matches.values() for m in found] == [
            "incidents",
            "mobilisation",
        ]


def test_matched_items_keep_the_order_of_their_arrival(url) -> None:
    """A story's first report is its origin: an hour's readings come in the order of its matched items."""
    stage = Stage(configured(TEXT))
    with Store.open(url()) as store:
        for n, source in enumerate(("nn", "zerkalo", "nn", "nn", "zerkalo")):
            store.commit(
                stage.say(MIDNIGHT + n * timedelta(minutes=5), source, REPORTS[n], "Rain", key=f"k{n}")
            )
        store.commit(stage.fail(MIDNIGHT + timedelta(minutes=40), "belta"))
        span = remembered.span((stage.config,), MIDNIGHT, MIDNIGHT + HOUR, MIDNIGHT)
        again = remembered.stale(stage.config, {stage.config.digest: stage.config})
        [hour] = remembered.hours(store, stage.config, again, span)
        matched = [i.source for r in hour.readings for i in r.items if i.id in hour.matches]
        assert matched == ["nn", "zerkalo", "nn", "nn", "zerkalo"]
        assert [r.state for r in hour.readings if r.source == "belta"] == [FeedState.ERROR]


# ---------------------------------------------------------------- the comparison


def raised(at: datetime, *titles: str, indicator: str = "mobilisation", **more: object) -> Raised:
    """An alert with a report for each title."""
    fields = {
        "id": f"{indicator}{at}", "kind": "level_up", "severity": Severity.WATCH, "at": at,
        "judgement": "kj-2", "indicator": indicator, "source": "", "before": "quiet", "after": "watch",
        "title": "Up", "text": "", "why": "",
    }  # fmt: skip
    evidence = tuple(Evidence(t, f"https://nn.example/{t}", "Nasha Niva", at, at, (t,)) for t in titles)
    return Raised(Alert(**{**fields, **more}), evidence)  # type: ignore[arg-type]


def side(
    *some: Raised, changes: dict[str, list[LevelChange]] | None = None, name: str = "mobilisation"
) -> Side:
    marks = frozenset(e.url for one in some for e in one.evidence)
    return Side(some, changes or {}, {name: marks}, {name: ("kj-2", "Mobilisation")})


def differs(old: Side, new: Side, **more: object) -> Difference:
    return compare.compare(old, new, MIDNIGHT - 90 * DAY, MIDNIGHT, **more)  # type: ignore[arg-type]


def test_the_nearest_of_the_same_kind_and_level_is_the_same_alert_moved() -> None:
    """One to one: what is at the same time is unchanged, then the nearest within a week; others are new."""
    at = MIDNIGHT - 40 * DAY
    old = side(
        raised(at), raised(at + 10 * DAY), raised(at + 20 * DAY), raised(at + 5 * DAY, after="warning")
    )
    new = side(raised(at), raised(at + 10 * DAY + 5 * HOUR), raised(at + 11 * DAY), raised(at + 28 * DAY))
    found = differs(old, new)
    kinds = [(c.kind, c.raised.alert.at - at, c.by) for part in found.parts for c in part.changes]
    assert kinds == [
        ("removed", 5 * DAY, timedelta(0)),  # of another level
        ("moved", 10 * DAY + 5 * HOUR, 5 * HOUR),
        ("added", 11 * DAY, timedelta(0)),
        ("removed", 20 * DAY, timedelta(0)),
        ("added", 28 * DAY, timedelta(0)),  # eight days later
    ]
    assert found.unchanged == 1
    assert sentence(found) == "adds 2 alerts over 90 days, removes 2, moves 1 by 5 h"


def test_the_reports_that_only_one_side_has_are_responsible() -> None:
    """An added alert rests on what the new query hits; where both had all of it, all is named."""
    at = MIDNIGHT - DAY
    [part] = differs(
        side(raised(at - 20 * DAY, "old")), side(raised(at - 20 * DAY, "old"), raised(at, "old", "new"))
    ).parts
    [change] = part.changes
    assert [(r.evidence.title, r.side) for r in change.responsible] == [("new", "new")]
    [part] = differs(
        side(raised(at - 20 * DAY, "old")), side(raised(at - 20 * DAY, "old"), raised(at, "old"))
    ).parts
    [change] = part.changes
    assert [(r.evidence.title, r.side) for r in change.responsible] == [("old", "both")]
    [part] = differs(side(raised(at, "a", "b")), side(raised(at + HOUR, "b"))).parts
    [change] = part.changes
    assert [(r.evidence.title, r.side) for r in change.responsible] == [("a", "old")]


def test_a_judgements_alert_rests_on_the_reports_of_all_its_indicators() -> None:
    """The other side knows a report by any of them, also under another id; not of others."""
    at = MIDNIGHT - DAY
    due = raised(at, "a", "b", "c", indicator="", kind="review_due", after="likely")
    names = {"x": ("kj-2", "X"), "y": ("kj-2", "Y"), "z": ("kj-3", "Z")}
    reports = {"x": "a", "y2": "b", "z": "c"}
    old = Side(
        (),
        reports={name: frozenset({f"https://nn.example/{title}"}) for name, title in reports.items()},
        names={"x": ("kj-2", "X"), "y2": ("kj-2", "Y"), "z": ("kj-3", "Z")},
    )
    [part] = differs(old, Side((due,), names=names), ids={"y2": "y"}).parts
    assert [(r.evidence.title, r.side) for r in part.changes[0].responsible] == [("c", "new")]


def test_alerts_outside_the_span_are_warm_up_and_not_compared() -> None:
    """From `since` on, which is not in it; up to `until`, which is."""
    begin = MIDNIGHT - 90 * DAY
    assert differs(side(), side(raised(begin), raised(begin - DAY), raised(MIDNIGHT + HOUR))).parts == ()
    assert differs(side(), side(raised(MIDNIGHT))).added == 1


def test_other_words_for_the_same_alert_are_only_counted() -> None:
    """The same alert at the same time, whose numbers are others."""
    found = differs(side(raised(MIDNIGHT, why="a 0.55")), side(raised(MIDNIGHT, why="a 0.56")))
    assert (found.unchanged, found.reworded, found.parts) == (1, 1, ())
    said = "changes no alert over 90 days, but the words of 1 (0 indicators edited; 0 items)"
    assert sentence(found) == said
    more = raised(MIDNIGHT, after="warning")
    found = differs(side(raised(MIDNIGHT, why="a")), side(raised(MIDNIGHT, why="b"), more))
    assert sentence(found) == "adds 1 alert over 90 days; other words in 1 more"


def test_days_at_each_level_before_and_after() -> None:
    """A level counts from its change to the next, within the span only."""
    at = MIDNIGHT - 90 * DAY

    def change(when: datetime, before: Level, after: Level) -> LevelChange:
        return LevelChange("mobilisation", when, before, after, 0.5, "")

    old = [change(at - DAY, Level.QUIET, Level.WATCH), change(at + 2 * DAY, Level.WATCH, Level.QUIET)]
    new = [*old, change(MIDNIGHT - DAY, Level.QUIET, Level.CRITICAL)]
    found = differs(side(changes={"mobilisation": old}), side(changes={"mobilisation": new}))
    [part] = found.parts
    assert part.before == {Level.WATCH: 2 * DAY}
    assert part.after == {Level.WATCH: 2 * DAY, Level.CRITICAL: DAY}
    assert (
        sentence(found)
        == "changes no alert over 90 days, but the level of 1 indicator (0 indicators edited; 0 items)"
    )


def test_a_renamed_indicator_is_the_same_indicator() -> None:
    """Its alerts under the old id are those under the new; the part says what it was called."""
    old = configured(TEXT)
    new = configured(
        TEXT.replace("id: mobilisation\n", "id: mobilised\n").replace("[mobilisation]", "[mobilised]")
    )
    ids = compare.renamed(old, new)
    assert ids == {"mobilisation": "mobilised"}
    assert compare.renamed(new, configured(TEXT.replace("id: grouping", "id: grouped"))) == {
        "mobilised": "mobilisation",
        "grouping": "grouped",
    }
    before = side(raised(MIDNIGHT, "a"))
    after = side(raised(MIDNIGHT, "a", indicator="mobilised"), name="mobilised")
    assert differs(before, after, ids=ids).parts == ()
    assert differs(before, after).added == differs(before, after).removed == 1
    after = side(raised(MIDNIGHT - HOUR, "a", indicator="mobilised"), name="mobilised")
    [part] = differs(before, after, ids=ids).parts
    assert (part.status, part.was, part.indicator) == ("renamed", "mobilisation", "mobilised")


def test_what_counts_as_edited() -> None:
    """Queries, termsets, thresholds and everything else that an indicator is made of; also one that went."""
    base = TEXT.replace("query: grouping", "query: $g").replace(
        "sources:", "terms: {g: {en: [grouping]}}\nsources:", 1
    )
    old = configured(base)
    assert compare.edited(old, configured(base.replace("settings: {", "settings: {retention: 100d, "))) == ()
    assert compare.edited(old, configured(base.replace("[grouping]}}", "[grouping, group]}}"))) == (
        "grouping",
    )
    longer = base.replace("[grouping]}}", "[grouping, group]}}")
    assert (
        compare.edited(configured(longer), configured(base.replace("[grouping]}}", "[group, grouping]}}")))
        == ()
    )
    assert compare.edited(old, configured(base.replace("half_life: 30d", "half_life: 3d"))) == (
        "mobilisation",
    )
    assert compare.edited(configured(TEXT), old) == ("grouping",)
    gone = base.replace("id: unseen", "id: new")
    assert compare.edited(old, configured(gone)) == ("new", "unseen")


@pytest.mark.parametrize(
    ("added", "removed", "moved", "says"),
    [
        (14, 2, 0, "adds 14 alerts over 90 days, removes 2"),
        (1, 0, 0, "adds 1 alert over 90 days"),
        (0, 1, 0, "removes 1 alert over 90 days"),
        (0, 0, 2, "moves 2 alerts over 90 days by 20 h at most"),
        (14, 2, 3, "adds 14 alerts over 90 days, removes 2, moves 3 by 30 h at most"),
        (0, 0, 0, "changes no alert over 90 days (4 indicators edited; 200,000 items)"),
    ],
)
def test_the_sentence(added: int, removed: int, moved: int, says: str) -> None:
    """What a person takes away: the first number with its noun, the rest without."""
    one = raised(MIDNIGHT)
    changes = [compare.Change("added", one)] * added + [compare.Change("removed", one)] * removed
    changes += [compare.Change("moved", one, -(n + 1) * 10 * HOUR) for n in range(moved)]
    parts = (compare.Part("kj-2", "mobilisation", "M", changes=tuple(changes)),) if changes else ()
    edits = tuple("abcd")
    assert sentence(Difference(MIDNIGHT - 90 * DAY, MIDNIGHT, parts, 0, 0, edits, 200_000)) == says


def test_a_replays_report_is_a_side() -> None:
    """The same comparison serves recorded files."""
    one = raised(NOON, "a")
    change = LevelChange("mobilisation", NOON, Level.QUIET, Level.WATCH, 0.5, "")
    day = Day("2022-10-10", Level.WATCH, Coverage.OK)
    course = Course("mobilisation", "kj-2", "M", "occurrence", "supports", (day,), (change,))
    report = Report("t", "c", "d", NOON, NOON, "UTC", "phia", HOUR, courses=(course,), raised=(one,))
    found = compare.side_of(report)
    assert found.raised == (one,)
    assert found.changes == {"mobilisation": (change,)}
    assert found.reports == {"mobilisation": {"https://nn.example/a"}}
    assert found.names == {"mobilisation": ("kj-2", "M")}


# ---------------------------------------------------------------- the command


@dataclass
class Desk:
    """A folder with a database that ten days filled, and the configuration that they came under."""

    folder: Path
    items: dict[str, str]  # title → id
    url: str

    def write(self, name: str, old: str = "", new: str = "") -> str:
        """A configuration file with one replacement."""
        assert old in TEXT
        path = self.folder / name
        path.write_text(TEXT.replace(old, new) if old else TEXT, "utf-8")
        return str(path)

    def diff(self, *arguments: str, **more: object):
        return run("diff", *arguments, "--db", self.url, **more)

    def json(self, *arguments: str) -> dict:
        result = self.diff(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Only to be looked at."""
    return filled(tmp_path_factory.mktemp("desk"))


def filled(folder: Path, url: str = "") -> Desk:
    stage, url = Stage(configured(TEXT)), url or f"sqlite:///{folder / 'iwmon.db'}"
    with Store.open(url) as store:
        keep(store, stage.config)
        stage.polled(MIDNIGHT)
        at = MIDNIGHT
        for n, (source, title) in enumerate(
            [
                ("nn", "Football in Brest"),
                ("nn", REPORTS[0]),
                ("belta", "Joint grouping headquarters opens near Brest airfield"),
                ("ukr", "Tanks seen on the road to Gomel"),
                ("zerkalo", "Tanks and [b]trucks\x1b[31m unloaded at Rechytsa station overnight"),
            ]
        ):
            at = MIDNIGHT + (n + 1) * 2 * DAY + timedelta(minutes=20)
            stage.say(at, source, title, key=title)
        for step in stage.steps:
            store.commit(step)
    items = {item.entry.title: item.id for step in stage.steps for item in step.items}
    return Desk(folder, items, url)


def test_an_edited_query_adds_alerts_with_the_items_responsible(desk: Desk) -> None:
    """Two more reports match: the alerts that they raise, the words that hit, the days, the sentence."""
    draft = desk.write(
        "draft.yaml", "query: mobilis* OR reservist*", "query: mobilis* OR reservist* OR tanks"
    )
    result = desk.diff(draft)
    assert result.exit_code == 0, result.output
    out = result.stdout
    assert "kj-2  Belarus commits regular troops to combat in Ukraine" in out
    assert "mobilisation: Mobilisation  +" in out
    assert "+ “Tanks seen on the road to Gomel” (Ukrinform: Tanks)" in out
    assert "levels: " in out
    assert "grouping" not in out
    assert out.splitlines()[-1].startswith("Adds ")
    assert out.splitlines()[-1].endswith("over 10 days.")
    document = desk.json(draft)
    [part] = [part for part in document["parts"] if part["indicator"]]
    assert {change["change"] for change in part["changes"]} == {"added"}
    reports = [r for change in part["changes"] for r in change["reports"] if r["side"] == "new"]
    assert {word for r in reports for word in r["words"]} == {"Tanks"}
    assert document["items"] == 5
    assert document["edited"] == ["mobilisation"]


def test_what_a_feed_says_cannot_write_on_the_terminal(desk: Desk) -> None:
    """Escape sequences and markup stay text."""
    out = desk.diff(desk.write("draft.yaml", "query: border*", "query: tanks")).stdout
    out += desk.diff(desk.write("draft.yaml", "query: grouping", "query: tanks")).stdout
    assert "\x1b" not in out
    assert "[b]trucks" in out


def test_a_review_that_falls_due_names_the_reports_that_made_it_so(desk: Desk) -> None:
    """Those of the indicators that move the judgement, since its term was set; of one side only, if any."""
    draft = desk.write("draft.yaml", "query: mobilis* OR reservist*", "query: mobilis* OR tanks")
    out = desk.diff(draft).stdout
    block = out[out.index("REVIEW DUE") :].split("\n    + ")[0]
    assert "+ “Tanks seen on the road to Gomel” (Ukrinform: Tanks)" in block
    [change] = [
        change
        for part in desk.json(draft)["parts"]
        for change in part["changes"]
        if change["kind"] == "review_due" and change["change"] == "added"
    ]
    assert {report["side"] for report in change["reports"]} == {"new"}
    assert change["sources"] == []


def test_an_alert_about_coverage_names_its_sources(tmp_path: Path) -> None:
    """What went and came back just then, with the reason; and what only one of the files has."""
    desk = filled(tmp_path)
    with Store.open(desk.url) as store:
        stage, at = Stage(configured(TEXT), store.memory()), MIDNIGHT + 11 * DAY
        for hour in range(3):
            stage.fail(at + hour * HOUR, "nn", "belta", "zerkalo")
        for when in (at + 3 * HOUR, at + 4 * HOUR):
            stage.step(when, *(reading(name, at=when) for name in ("nn", "belta", "zerkalo")))
        for step in stage.steps:
            store.commit(step)
    draft = desk.write("draft.yaml", "  - {id: ukr, ", "  - {id: ukr, enabled: false, ")
    found = {
        change["kind"]: change["sources"]
        for part in desk.json(draft)["parts"]
        for change in part["changes"]
        if part["judgement"] == "kj-3"
    }
    assert [(one["source"], one["standing"], one["why"]) for one in found["blind"]] == [
        ("ukr", "old_only", ""),
        ("nn", "lost", "error: HTTP 403"),
        ("zerkalo", "lost", "error: HTTP 403"),
        ("belta", "lost", "error: HTTP 403"),
    ]
    standings = [(one["source"], one["standing"]) for one in found["coverage_recovered"]]
    assert standings == [("ukr", "old_only"), ("nn", "back"), ("zerkalo", "back"), ("belta", "back")]
    out = desk.diff(draft).stdout
    assert "        − Ukrinform is a source of the old file only\n" in out
    assert "          Nasha Niva watches no more: error: HTTP 403\n" in out
    assert "          and 1 more source\n" in out
    assert "+ Ukrinform is a source of the new file only" in desk.diff(draft, "running").stdout


def test_the_edit_taken_back_removes_what_it_added(desk: Desk) -> None:
    """OLD and NEW the other way round: added is removed, and the reports are those of the old side."""
    draft = desk.write(
        "draft.yaml", "query: mobilis* OR reservist*", "query: mobilis* OR reservist* OR tanks"
    )
    there, back = desk.json("running", draft), desk.json(draft, "running")
    assert there["added"] == back["removed"] > 0
    assert there["removed"] == back["added"] == 0
    assert "− “Tanks seen on the road to Gomel” (Ukrinform: Tanks)" in desk.diff(draft, "running").stdout


def test_a_changed_threshold(desk: Desk) -> None:
    """Nothing is matched otherwise; the rise is only a first report now, known to both sides."""
    draft = desk.write(
        "draft.yaml",
        "half_life: 30d",
        "half_life: 30d\n        thresholds: {watch: {activation: 0.6}, warning: {activation: 0.7}}",
    )
    found = desk.json(draft)
    [part] = [part for part in found["parts"] if part["indicator"]]
    told = {change["change"]: change for change in part["changes"]}
    assert told.keys() == {"added", "removed"}
    assert (told["removed"]["kind"], told["added"]["kind"]) == ("level_up", "first_hit")
    for change in told.values():
        assert [(r["title"], r["side"]) for r in change["reports"]] == [(REPORTS[0], "both")]
    assert part["days"]["watch"]["before"] > 0 == part["days"]["watch"]["after"]


def test_a_removed_indicator_takes_its_alerts_with_it(desk: Desk) -> None:
    """It is shown under its judgement, as gone."""
    begin, end = TEXT.index("      - id: grouping"), TEXT.index("  - id: kj-3")
    out = desk.diff(desk.write("draft.yaml", TEXT[begin:end], "")).stdout
    assert "grouping: Regional grouping, gone  −" in out
    assert "removes" in out.lower().splitlines()[-1]


def test_a_renamed_indicator_changes_no_alert_and_says_what_it_loses(desk: Desk) -> None:
    """The same under another id: history belongs to ids."""
    draft = desk.write("draft.yaml", "id: grouping", "id: regional-grouping")
    out = desk.diff(draft).stdout
    assert (
        "note: grouping is regional-grouping now, and else the same; its history stays under grouping" in out
    )
    assert "Changes no alert over 10 days" in out


def test_a_judgement_under_another_id_says_why_all_its_alerts_differ(desk: Desk) -> None:
    """Alerts are of a judgement: what is told of one is told anew of another."""
    draft = desk.write("draft.yaml", "  - id: kj-2", "  - id: kj-7")
    assert "\nkj-2  not in the new file\n" in desk.diff(draft).stdout
    result = desk.json(draft)
    assert result["added"] == result["removed"] == 3
    assert result["notes"] == [
        "kj-2 is kj-7 now, and else the same; so all its alerts are removed, and added under kj-7"
    ]


def test_an_indicator_that_went_to_another_judgement(desk: Desk) -> None:
    """Its alerts are removed there and added here, with its days at each level."""
    begin, end = TEXT.index("      - id: mobilisation"), TEXT.index("      - id: grouping")
    draft = desk.folder / "draft.yaml"
    moved = TEXT.replace(TEXT[begin:end], "")
    draft.write_text(moved.replace("      - id: incidents", f"{TEXT[begin:end]}      - id: incidents"))
    parts = {
        (part["judgement"], part["indicator"]): [change["change"] for change in part["changes"]]
        for part in desk.json(str(draft))["parts"]
        if part["indicator"]
    }
    assert parts == {("kj-2", "mobilisation"): ["removed"], ("kj-3", "mobilisation"): ["added"]}


def test_a_source_in_another_language_brings_its_items_in_that(desk: Desk) -> None:
    """They match in that, and in no other; where the new file gives none, they keep theirs, as it says."""
    only = "query: {be: mobilis* OR reservist* OR tanks}"
    old = desk.write("old.yaml", "query: mobilis* OR reservist*", only)
    for language, added in (("be", 0), ("uk", -1)):
        new = desk.folder / "new.yaml"
        text = Path(old).read_text("utf-8").replace("  - {id: nn, ", f"  - {{id: nn, language: {language}, ")
        new.write_text(text, "utf-8")
        there, back = desk.json(old, str(new)), desk.json(str(new), old)
        told = [
            change["change"]
            for part in there["parts"]
            for change in part["changes"]
            if change["kind"] in ("first_hit", "level_up") and part["indicator"] == "mobilisation"
        ]
        assert ("removed" in told) is (added < 0)
        assert there["notes"] == []
        assert back["notes"] == ["no language any more: nn; its items keep the one in which they came"]
        assert there["removed"] == back["added"]


def test_the_same_configuration_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    """Whatever its file is called, and whatever is in a file of its own."""
    out = desk.diff(desk.write("same.yaml")).stdout
    assert out == "Changes no alert over 10 days (0 indicators edited; 5 items).\n"
    assert desk.diff(desk.write("one.yaml"), desk.write("other.yml")).stdout == out
    begin, end = TEXT.index("sources:"), TEXT.index("judgements:")
    (tmp_path / "sources.yaml").write_text(TEXT[begin:end], "utf-8")
    (tmp_path / "indicators.yaml").write_text(f"{TEXT[:begin]}include: [sources.yaml]\n{TEXT[end:]}", "utf-8")
    assert desk.diff("running", str(tmp_path)).stdout == out


def test_a_new_source_has_nothing_to_say_yet(desk: Desk) -> None:
    """It is named; it changes no coverage of the past."""
    more = '  - {id: more, name: More, url: "https://more.example/rss"}\njudgements:'
    out = desk.diff(desk.write("draft.yaml", "judgements:", more)).stdout
    assert "note: never polled, so nothing of it is in this: more" in out
    assert "Changes no alert" in out


def test_since_and_until_cut_what_is_compared(desk: Desk) -> None:
    """The days before warm up; the days after are not looked at."""
    draft = desk.write(
        "draft.yaml", "query: mobilis* OR reservist*", "query: mobilis* OR reservist* OR tanks"
    )
    whole = desk.json(draft)
    late, early = desk.json(draft, "--since", "1d"), desk.json(draft, "--until", "2022-10-15")
    assert early["added"] == early["removed"] == 0
    assert late["since"] == "2022-10-19T00:00:00Z"
    bare = desk.json(draft, "--since", "12h", "--until", "2022-10-19")
    assert bare["items"] == 0
    assert bare["notes"] == ["no item came in that time, so it shows nothing: an earlier --since may"]
    assert whole["notes"] == []
    assert whole["since"] == "2022-10-10T00:00:00Z"
    assert whole["until"] == "2022-10-20T01:00:00Z"
    assert desk.json(draft, "--since", "2022-10-15")["added"] == whole["added"]
    assert desk.json(draft, "--since", "9999w", "--until", "2022-10-30") == whole


def test_exit_code_says_whether_alerts_differ(desk: Desk) -> None:
    """As git's: only when it is asked for."""
    draft = desk.write(
        "draft.yaml", "query: mobilis* OR reservist*", "query: mobilis* OR reservist* OR tanks"
    )
    assert desk.diff(draft).exit_code == 0
    assert desk.diff(draft, "--exit-code").exit_code == 1
    assert desk.diff(desk.write("same.yaml"), "--exit-code").exit_code == 0


def test_standard_input_is_one_of_them(desk: Desk) -> None:
    """What it includes would be looked up beside --config."""
    draft = desk.write(
        "draft.yaml", "query: mobilis* OR reservist*", "query: mobilis* OR reservist* OR tanks"
    )
    piped = desk.diff("running", "-", "--config", draft, input=Path(draft).read_bytes())
    assert piped.stdout == desk.diff("running", draft).stdout
    assert "Adds" in piped.stdout
    assert desk.diff("--config", draft).stdout == piped.stdout


def test_errors_are_told_as_check_tells_them(desk: Desk) -> None:
    """All of both files, each with its place; exit 1; as JSON too."""
    bad = desk.write("bad.yaml", "query: border*", "query: (border*")
    worse = desk.write("worse.yaml", "effect: against", "effect: agianst")
    result = desk.diff(bad, worse)
    assert result.exit_code == 1
    assert f"{bad}:" in result.stdout
    assert f"{worse}:" in result.stdout
    assert result.stdout.splitlines()[-1] == "2 errors"
    assert "→ " in result.stdout
    result = desk.diff(bad, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["problems"][0]["line"] > 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.yaml"], "there is no configuration at nowhere.yaml"),
        (["running", "items.jsonl"], "name both configurations before it"),
        (["-", "-"], "standard input can be read only once"),
        (["--git", "a", "b"], "--git takes 1, 7 or 9 arguments, not 2"),
        (["running", "running", "--since", "soon"], "is not a time"),
        (["running", "running", "--since", "2030-01-01"], "nothing was collected between"),
        (["running", "running", "--until", "2030-01-01"], "nothing was collected between"),
        (["running", "running", "--until", "2021-01-01"], "nothing was collected between"),
    ],
)
def test_wrong_calls(desk: Desk, arguments: list[str], says: str) -> None:
    """Exit 2, and what to write instead."""
    result = desk.diff(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_without_a_database_or_anything_in_it(tmp_path: Path) -> None:
    """It says what is missing, and how it comes about."""
    draft = tmp_path / "draft.yaml"
    draft.write_text(TEXT, "utf-8")
    url = f"sqlite:///{tmp_path / 'iwmon.db'}"
    assert run("diff", str(draft), "--db", url).exit_code == 1
    result = run("diff", str(draft), str(tmp_path / "typo.yaml"), "--db", url)
    assert "there is no configuration at" in result.stderr  # the nearer fault first
    Store.open(url).close()
    result = run("diff", str(draft), "--db", url)
    assert "keeps no running configuration yet" in result.stderr
    result = run("diff", str(draft), str(draft), "--db", url)
    assert result.exit_code == 1
    assert "nothing has been collected yet" in result.stderr


def test_a_database_beside_which_nothing_can_be_written(tmp_path: Path) -> None:
    """Even a reader of an SQLite database needs its folder: it says so, and what to do."""
    desk = filled(tmp_path)
    (tmp_path / "iwmon.db-shm").symlink_to(tmp_path / "nowhere" / "shm")
    result = desk.diff("running", desk.write("same.yaml"))
    assert result.exit_code == 1
    assert "the database cannot be opened" in result.stderr
    assert "its folder has to be writable; or copy it" in " ".join(result.stderr.split())


def test_reviews_and_rulings_hold_on_both_sides(tmp_path: Path) -> None:
    """A report that a person rejected counts no more from then on, as it did live."""
    desk = filled(tmp_path)
    with Store.open(desk.url) as store:
        memory = store.memory()
        stage = Stage(configured(TEXT), memory)
        at = MIDNIGHT + 11 * DAY
        store.add_ruling(ruling("kj-3", "resolve", at, outcome="true", decided_on=at, rationale="done"))
        store.add_ruling(review(desk.items[REPORTS[0]], "reject", at))
        store.commit(stage.step(at, said=store.waiting_rulings()))
    config = configured(TEXT)
    with Store.open(desk.url) as store:
        old, _, _ = sides(store, config, config, {config.digest: config})
    falls = [change for change in old.changes["mobilisation"] if change.after is Level.QUIET]
    assert [change.at for change in falls] == [MIDNIGHT + 11 * DAY + HOUR]


def test_a_configuration_that_cannot_be_read_any_more_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that came under it is matched again: the result is the same."""
    desk = filled(tmp_path)
    draft = desk.write(
        "draft.yaml", "query: mobilis* OR reservist*", "query: mobilis* OR reservist* OR tanks"
    )
    same = desk.write("same.yaml")
    before = desk.json(same, draft)
    monkeypatch.setattr(differing, "WORTH", 0)
    assert desk.json(same, draft) == before
    connection = sqlite3.connect(tmp_path / "iwmon.db")
    connection.execute('UPDATE configs SET files = \'{"indicators.yaml": "version: 9"}\'')
    connection.commit()
    connection.close()
    after = desk.json(same, draft)
    assert "cannot be read any more" in after.pop("notes")[0]
    assert after == {key: value for key, value in before.items() if key != "notes"}


def test_the_other_process_finds_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Side by side in two processes, or one after the other in one; what fails there fails here."""
    draft = desk.write(
        "draft.yaml", "query: mobilis* OR reservist*", "query: mobilis* OR reservist* OR tanks"
    )
    alone = desk.json(draft)
    monkeypatch.setattr(differing, "APART", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert desk.json(draft) == alone


def test_the_far_past_is_taken_in_larger_steps() -> None:
    """From so long ago as anything still counts, six hours at a time; then by the hour."""
    config = configured(TEXT)  # a half-life of 30 days: 6.6 of them, and a week
    span = remembered.span((config,), NOON, NOON + DAY, NOON - 900 * DAY)
    assert span.begin == datetime(2022, 3, 20, 6, tzinfo=UTC)
    assert span.fine == NOON - 39 * DAY
    assert remembered.span((config,), NOON, NOON + DAY, NOON - 9 * DAY).begin == NOON - 9 * DAY
    lasting = configured(TEXT.replace("half_life: 30d", "half_life: null"))
    assert remembered.span((lasting,), NOON, NOON + DAY, NOON - 900 * DAY).begin == NOON - 900 * DAY


# ---------------------------------------------------------------- where one page of history meets the next

BOUNDARY = MIDNIGHT + history.PAGE  # of a span that begins at MIDNIGHT
ANSWERS = st.sampled_from(["ok"] * 6 + ["same"] * 2 + ["small", "large"] + ["error"] * 3)
POLLS = st.lists(
    st.tuples(
        st.sampled_from([timedelta(minutes=5), timedelta(minutes=20), HOUR, -HOUR, timedelta(minutes=-25)]),
        st.lists(ANSWERS, min_size=5, max_size=5),
        st.integers(1, 5),  # how often all answer so, ten minutes apart
        st.sampled_from([None, None, 0, 1, 2, 3, 4]),  # a report
        st.sampled_from([0, 0, 0, 1, 5, 6]),  # the configuration in force
    ),
    min_size=3,
    max_size=12,
)
SIZES = {"ok": 1000, "same": 1000, "small": 120, "large": 30_000}


def answer(source: str, how: str, at: datetime, *items: Item) -> Reading:
    """A poll's outcome."""
    if how == "error":
        return Reading(source, at, FeedState.ERROR, "HTTP 403")
    same = how == "same" and not items
    return Reading(source, at, FeedState.OK, "", items, 40, at, size=SIZES[how], not_modified=same)


def polled(store: Store, live: list[Config], script, begin: datetime) -> None:
    """Commits what a script of POLLS gives, from a first look at MIDNIGHT on."""
    stage = Stage(live[0]).polled(MIDNIGHT)
    at, n = begin, 0
    for after, answers, times, report, edit in script:
        at, stage.config = at + after, live[edit]
        for _ in range(times):
            at, n = at + timedelta(minutes=10, microseconds=1), n + 1
            readings = []
            for source, how in zip(stage.config.sources, answers, strict=True):
                news = report is not None and source == "nn" and how != "error"
                items = stage.items(source, REPORTS[report], at=at, key=f"{n}") if news else ()
                readings.append(answer(source, how, at, *items))
            stage.step(at, *readings)
    for step in stage.steps:
        store.commit(step)


@settings(max_examples=40, deadline=None, suppress_health_check=ONE_FIXTURE)
@given(POLLS, st.sampled_from([timedelta(minutes=5), HOUR, 3 * HOUR]), st.integers(0, len(VARIED) - 1))
def test_outages_across_the_edge_of_a_page_are_seen_as_they_were(
    url, live, compared, script, before, chosen
) -> None:
    """Failing and uneven answers, clocks set back and edits where one page ends: as in one piece, in full."""
    with Store.open(url()) as store:
        polled(store, live, script, BOUNDARY - before)
        side, _, span = sides(store, compared[chosen], compared[chosen], {one.digest: one for one in live})
        alerts, changes = again_in_full(store, compared[chosen], span)
        assert [raised.alert for raised in side.raised] == alerts
        assert sorted(c for own in side.changes.values() for c in map(repr, own)) == sorted(
            map(repr, changes)
        )


# ---------------------------------------------------------------- while a daemon works on the same database


def between(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None], times: int = 1) -> None:
    """Has this happen after the run of the old configuration and before that of the new: so many times."""
    real, left = rerun.run, [times]

    def run_and_more(*arguments: object, **more: object) -> Side:
        found = real(*arguments, **more)  # type: ignore[arg-type]
        if left[0]:
            left[0] -= 1
            happens()
        return found

    monkeypatch.setattr(rerun, "run", run_and_more)


def test_what_is_collected_meanwhile_is_in_neither_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that comes between the two runs, in the last hour, even with a clock that was set back."""
    desk = filled(tmp_path)
    same = desk.write("same.yaml")
    before = desk.json("running", same)

    def happens() -> None:
        with Store.open(desk.url) as store:
            stage = Stage(configured(TEXT), store.memory())
            for minutes in (5, -30):
                at = MIDNIGHT + 10 * DAY + timedelta(minutes=20 + minutes)
                store.commit(stage.say(at, "nn", REPORTS[2], key=f"{minutes}"))

    between(monkeypatch, happens)
    assert desk.json("running", same) == before
    assert desk.json("running", same)["items"] == before["items"] + 2


def test_what_is_deleted_meanwhile_makes_it_look_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retention between the two runs: both see what is left, and no alert is said to be added or removed."""
    desk = filled(tmp_path)
    draft = desk.write("draft.yaml", "name: Mobilisation", "name: Call-up")

    def happens() -> None:
        with sqlite3.connect(tmp_path / "iwmon.db") as connection:
            connection.execute("DELETE FROM matches WHERE item = ?", (desk.items[REPORTS[0]],))
            connection.execute("DELETE FROM items WHERE id = ?", (desk.items[REPORTS[0]],))

    between(monkeypatch, happens)
    assert desk.json("running", draft)["sentence"].startswith("changes no alert")


def test_what_changes_all_the_time_cannot_be_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three tries it says so."""
    desk = filled(tmp_path)
    titles = iter(desk.items)

    def happens() -> None:
        with sqlite3.connect(tmp_path / "iwmon.db") as connection:
            connection.execute("DELETE FROM items WHERE id = ?", (desk.items[next(titles)],))

    between(monkeypatch, happens, times=3)
    monkeypatch.setattr(differing, "TRIES", 1)
    result = desk.diff("running", desk.write("same.yaml"))
    assert result.exit_code == 1
    assert "what was collected changed while it was compared" in result.stderr


# ---------------------------------------------------------------- the end of a process

APART = """
import os, sys
os.cpu_count = lambda: 2
from iwmon.cli import app, differing
differing.APART = 0
if __name__ == "__main__":
    app(sys.argv[1:])
"""


@pytest.fixture
def two(desk: Desk, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path, list[psutil.Process]]]:
    """A diff whose second process just starts, the folder of its temporary files, and its children."""
    script, temporary = tmp_path / "apart.py", tmp_path / "tmp"
    script.write_text(APART)
    temporary.mkdir()
    draft = desk.write("two.yaml", "query: mobilis* OR reservist*", "query: mobilis* OR tanks")
    command = [sys.executable, str(script), "diff", draft, "--db", desk.url]
    environ = clean_environment(
        TMPDIR=str(temporary),
        PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
        PATH=os.environ["PATH"],
    )
    with subprocess.Popen(
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        own = psutil.Process(process.pid)
        until = time.monotonic() + 30
        while not any("spawn_main" in " ".join(child.cmdline()) for child in own.children()):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        children = own.children()
        yield process, temporary, children
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        process.kill()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("after", [0.0, 0.15, 0.3])
def test_an_interrupt_ends_both_processes_in_silence(two, after: float) -> None:
    """Ctrl-C goes to both, and the second is just starting: so many seconds ago."""
    process, temporary, children = two
    time.sleep(after)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said.strip()) == (130, "")
    psutil.wait_procs(children, timeout=30)
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert list(temporary.iterdir()) == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_diff_leaves_no_process_and_no_file(two, how: signal.Signals) -> None:
    """The second process sees that nobody waits, and says nothing; what it was handed had no name."""
    process, temporary, children = two
    time.sleep(0.3)  # before it was told what to do, Python itself complains
    process.send_signal(how)
    said, _ = process.communicate(timeout=30)
    assert said.strip() == ""
    psutil.wait_procs(children, timeout=30)
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert list(temporary.iterdir()) == []


@pytest.mark.timeout(60)
def test_a_second_process_that_is_killed_is_told(two) -> None:
    """As the system does when memory runs out."""
    process, _, children = two
    next(child for child in children if "spawn_main" in " ".join(child.cmdline())).kill()
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "the process of the old configuration ended without a result" in said
