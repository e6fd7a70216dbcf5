"""Live equals replay: what a real poller wrote into a real database is decided again from the record.

Hypothesis drives feeds, edits, reviews, rulings, acknowledgements, outages, clocks that jump, restarts and
commits that die on either side of being durable; then the recorded steps give the stored alerts byte for
byte. What is altered in the record afterwards is found, and named.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from iwmon import alerts, thresholds
from iwmon.config import Config, requeried
from iwmon.model import (
    Alert,
    Entry,
    Failure,
    FeedState,
    Fetched,
    FetchFailed,
    LabelMatcher,
    NotModified,
    Parsed,
    PollState,
    Ruling,
    Sent,
    Silence,
    Step,
)
from iwmon.monitor import Answer, Poller, Search, dispatch
from iwmon.replay import faithfulness, recorded
from iwmon.replay.faithfulness import Faithfulness
from iwmon.store import Store, StoreFailed, convert, retention, rows
from iwmon.store.database import writing
from nouns import DAY, HOUR, NOON, configured, entry, indicator, signal
from test_live_is_replay import EDITED, STEPS, TITLES, Act, acts, remembered, said
from theatre import REPORTS, SOURCES, TEXT

pytest_plugins = ["postgres"]

BODY = Fetched(b"x", "", "", "", "")
HOSTILE = (  # what a feed's reader lets pass
    "Reservists \ufffd called u\u0336p in *Brest* <b>[x](https://x.example)</b>",
    "Mobilisation " + "\U0001f6a8" * 400,
)


DESK = '  - {id: desk, url: "json://127.0.0.1:1/desk"}'
DIGESTS = '  - {id: chief, url: "json://127.0.0.1:1/chief", mode: daily}'
MORE = tuple(  # edits of all sorts, beside those of queries
    TEXT.replace(old, new)
    for old, new in (
        (DESK, f"{DESK}\n{DIGESTS}"),
        (
            "receiver: desk}",
            "receiver: desk, group_by: [indicator], escalate: [{after: 15m, receiver: desk}]}",
        ),
        ("timezone: Europe/Warsaw", "timezone: Pacific/Apia, alerts_per_day: 1"),
        ("expect_every: 400d", "expect_every: 12h"),
        ("reliability: B", "reliability: E"),
        ("effect: strongly_supports", "effect: against\n        hold: 10d"),
        ("query: grouping", "query: grouping\n        thresholds: {watch: {publishers: 2}}"),
        ("made_on: 2022-10-01", "made_on: 2022-10-11"),
        ("horizon: 60 days", "horizon: 2022-10-30"),
        ("type: surge", "type: occurrence"),
        ("id: kj-3", "id: kj-4"),
        ("query: mobilis* OR reservist*", "query: $calls"),
    )
)
RENAMED = TEXT.replace("desk", "duty").replace("1/duty", "1/desk")  # the receiver has another name
MORE = tuple(f"terms: {{calls: {{en: [call-up*, denies]}}}}\n{text}" for text in (*MORE, RENAMED))


class Dying(Store):
    """A database whose next commit dies, "before" it is durable or "after"; or whose answer is "lost"."""

    dies: str = ""

    def commit(self, step: Step, polls: Sequence[PollState] = (), *, once: bool = False) -> None:
        how, self.dies = self.dies, ""
        if how == "before":
            raise Killed
        super().commit(step, polls, once=once)
        if how == "after":
            raise Killed
        if how == "lost":
            raise StoreFailed("refused", "the connection is lost")


class Killed(BaseException):
    """The process is gone, wherever it was."""


@dataclass(frozen=True)
class Deed:
    """An act, and what becomes of the process in it."""

    act: Act
    how: str  # "", or how the commit dies
    acks: int  # which of the alerts is acknowledged, modulo their number; 0 = none
    hostile: bool
    at_once: bool  # at the very moment of the step before
    more: int  # which of MORE is in force; 0 = what the act says
    aside: str  # what else happens


deeds = st.builds(
    Deed,
    acts((*STEPS, timedelta(days=3650), -timedelta(days=3650))),
    st.sampled_from(["", "", "", "before", "after", "lost"]),
    st.integers(0, 5),
    st.booleans(),
    st.sampled_from([False, False, False, False, True]),
    st.sampled_from([0] * len(MORE) + list(range(1, len(MORE) + 1))),
    st.sampled_from(["", "", "", "silence", "unack"]),
)


@dataclass
class Newsroom:
    """A poller on a database, as the daemon has it: restarted, killed, given other configurations."""

    store: Dying
    config: Config
    at: datetime = NOON
    file: str = ""

    def __post_init__(self) -> None:
        self.store.keep_config(self.config.digest, self.config.contents, self.at)
        self.start()

    def start(self) -> None:
        unused: Any = None
        self.poller = Poller(self.config, self.store, unused, unused, lambda: 0.5)

    def edit(self, config: Config) -> None:
        """The daemon's way: kept first, then in force."""
        if config.digest != self.config.digest:
            owed = requeried(self.config, config)
            self.store.keep_config(config.digest, config.contents, self.at, owed)
            self.config = config
            self.poller.use(config)

    def search(self) -> None:
        """What the edits owe is looked for, and taken up with the next step."""
        if self.store.owed_rematch():
            search = Search(self.config, self.store, self.store.owed_rematch(), self.at)
            while search.look():
                pass
            self.poller.again = search.rematch()

    def commit(self, answers: Sequence[Answer]) -> None:
        """A step; where it dies the process starts again, and goes on."""
        try:
            self.poller.commit(answers, self.at)
        except Killed:
            self.start()
        except StoreFailed:  # with nobody to blame: the daemon tries again later
            self.at += timedelta(seconds=1)
            self.poller.commit(answers, self.at)

    def say(self, source: str, *titles: str, after: timedelta = HOUR) -> None:
        """An hour later one source has these, and all others nothing new."""
        self.at += after
        told = dict.fromkeys(self.config.sources, ()) | {source: titles}
        self.commit(
            [
                Answer(
                    self.config.sources[name],
                    BODY,
                    Parsed(tuple(entry(t, key=t, published=self.at) for t in some)),
                )
                for name, some in told.items()
            ]
        )


def entries_of(deed: Deed, n: int, source: str, at: datetime) -> tuple[Entry, ...]:
    found = []
    for k, (name, title, how) in enumerate(deed.act.brings):
        if name != source:
            continue
        dates = {
            "live": at,
            "history": at - timedelta(days=n % 9),
            "ancient": at - timedelta(days=40),
            "future": at + timedelta(days=400),
            "undated": None,
        }
        headline = HOSTILE[title % 2] if deed.hostile and k == 0 else TITLES[title]
        found.append(
            entry(
                headline,
                key=f"{n}.{k}" if title % 3 else TITLES[title],  # some come again and again
                published=dates[how],
                url=f"https://{name}.example/{n}/{k}",
                publisher="Zerkalo" if name == "agg" else "",
                language="ru" if title % 5 == 0 else None,
            )
        )
    return tuple(found)


def answers(deed: Deed, n: int, config: Config, at: datetime) -> list[Answer]:
    found = []
    for name, source in config.sources.items():
        if name in deed.act.fails:
            found.append(Answer(source, FetchFailed(FeedState.ERROR, "HTTP 403")))
        elif n % 4 == 3 and not any(b[0] == name for b in deed.act.brings):
            found.append(Answer(source, NotModified()))
        else:
            found.append(Answer(source, BODY, Parsed(entries_of(deed, n, name, at))))
    return found


def lived(room: Newsroom, script: Sequence[Deed], configs: Sequence[Config], more: Sequence[Config]) -> None:
    """The script, on the live path."""
    seen: list[str] = []
    for n, deed in enumerate(script):
        room.at += timedelta(0) if deed.at_once else deed.act.after + timedelta(microseconds=1)
        room.edit(more[deed.more - 1] if deed.more else configs[deed.act.edit])
        for one in said(deed.act, seen, room.at):
            with suppress(StoreFailed):  # the item is pruned
                room.store.add_ruling(one)
        if deed.act.restart:
            room.start()
        if deed.act.search:
            room.search()
        room.store.dies = deed.how
        room.commit(answers(deed, n, room.config, room.at))
        room.store.dies = ""
        told = room.store.alerts(limit=50)
        if deed.acks and told:
            room.store.ack(told[deed.acks % len(told)].alert.id, "ana", "seen", room.at)
        if deed.aside == "unack" and told:
            room.store.unack(told[0].alert.id, "ana", room.at)
        elif deed.aside == "silence":
            matcher = LabelMatcher("judgement", "=", "kj-2")
            name = f"s{len(room.store.silences())}"
            room.store.add_silence(Silence(name, (matcher,), room.at, room.at + DAY, "ana", "", room.at))
        dispatch(room.config, room.store, lambda receiver, message: Sent(), lambda: room.at)
        if n % 5 == 4:
            wrong = alerts.config_error(f"error {n}", room.at)
            room.store.add_alerts([wrong], alerts.deliveries([wrong], room.config, room.at))
        seen += [i.id for step in [*room.store.recorded()][-2:] for r in step.readings for i in r.items]


@pytest.fixture(scope="module")
def configs() -> list[Config]:
    return [configured(text) for text in EDITED]


@pytest.fixture(scope="module")
def more() -> list[Config]:
    return [configured(text) for text in MORE]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database without rows, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    Store.open(f"sqlite:///{folder / 'i.db'}").close()
    return folder


@pytest.fixture
def url(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    def make() -> str:
        folder = tmp_path_factory.mktemp("live")
        for file in empty.iterdir():
            shutil.copy(file, folder)
        return f"sqlite:///{folder / 'i.db'}"

    return make


ONE_FIXTURE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def replayed(store: Dying, script: Sequence[Deed], configs: list[Config], more: list[Config]) -> None:
    """The record of a script, and what is remembered in the end, are decided again."""
    room = Newsroom(store, configs[0])
    lived(room, script, configs, more)
    assert remembered(room.poller.memory) == remembered(store.memory())
    found = recorded.again(store, {})
    kinds = Counter(alert.kind for alert in store.raised(store.counts()["alerts"]))
    steps = list(store.recorded())
    for name, drawn in {
        "re-matched": any(step.rematch for step in steps),
        "a digest": kinds["digest"],
        "an alert": kinds["level_up"],
        "a review is due": kinds["review_due"],
        "went blind": kinds["blind"],
        "was denied": kinds["contested"],
        "horizon over": kinds["expiry"],
        "more than 3 configurations": len(found.configurations) > 3,
        "two steps at one moment": any(a.at == b.at for a, b in pairwise(steps)),
        "a clock went back": any(a.at > b.at for a, b in pairwise(steps)),
    }.items():
        if drawn:
            event(name)
    assert found.differences == ()
    assert found.faithful
    assert not found.gaps
    assert found.compared == found.same == store.counts()["alerts"] - found.of_no_step
    assert found.steps == len(steps)
    assert found.of_no_step == kinds["config_error"] + sum(
        alert.kind == "digest" and not alert.judgement for alert in store.raised(store.counts()["alerts"])
    )
    assert found.remembered
    assert found.assessments


@settings(max_examples=20, deadline=None, suppress_health_check=ONE_FIXTURE)
@given(st.lists(deeds, min_size=2, max_size=12))
def test_the_record_of_the_live_path_is_decided_again_byte_for_byte(configs, more, url, script) -> None:
    """Whatever the feeds, the people, the clock, the edits and the process did."""
    with Dying.open(url()) as store:
        replayed(store, script, configs, more)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=ONE_FIXTURE)
@given(st.lists(deeds, min_size=12, max_size=40))
def test_long_records_are_decided_again_byte_for_byte(configs, more, url, script) -> None:
    """The same, for longer."""
    with Dying.open(url()) as store:
        replayed(store, script, configs, more)


@pytest.mark.slow
@settings(max_examples=50, deadline=None, suppress_health_check=ONE_FIXTURE)
@given(st.lists(deeds, min_size=6, max_size=20), st.integers(1, 19), st.sampled_from([0, 1, 7, 31]))
def test_a_pruned_record_never_calls_a_fault_what_it_cannot_know(
    configs, more, url, script, when, days
) -> None:
    """Pruned once, anywhere, by a clock that goes forward; what comes after it is the same or excused."""
    onward = [replace(deed, act=replace(deed.act, after=abs(deed.act.after))) for deed in script]
    onward = [deed for deed in onward if deed.act.after < 365 * DAY]
    with Dying.open(url()) as store:
        room = Newsroom(store, configs[0])
        lived(room, onward[:when], configs, more)
        store.prune(room.at - days * DAY)
        lived(room, onward[when:], configs, more)
        assert recorded.again(store, {}).faithful


# ---------------------------------------------------------------- what was altered afterwards


def noted(author: str, note: str, text: str = TEXT) -> Config:
    return configured(f"change: {{author: {author}, note: {note}}}\n{text}")


@pytest.fixture
def room(url, configs) -> Iterator[Newsroom]:
    """Two days with reports from three newsrooms, and alerts; nobody has touched it."""
    address = url()
    with Dying.open(address) as store:
        room = Newsroom(store, configs[0], file=address.removeprefix("sqlite:///"))
        room.say("nn", "Rain expected over Minsk")
        room.say("nn", REPORTS[0])
        room.say("zerkalo", REPORTS[1])
        store.ack(store.alerts()[0].alert.id, "ana", "seen", room.at)
        room.say("ukr", REPORTS[2], after=DAY)
        room.say("belta", "Joint grouping headquarters opens near Brest airfield")
        assert recorded.again(store, {}).faithful
        yield room


def alter(room: Newsroom, statement: str, *values: object) -> None:
    """Changes the file behind the store's back."""
    with closing(sqlite3.connect(room.file)) as file, file:
        assert file.execute(statement, values).rowcount == 1


def alter_any(room: Newsroom, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(room.file)) as file, file:
        assert file.execute(statement, values).rowcount > 0


def loudest(room: Newsroom) -> Alert:
    """The newest level_up."""
    return next(r.alert for r in room.store.alerts() if r.alert.kind == "level_up")


def test_nothing_recorded_is_nothing_to_compare(url) -> None:
    with Store.open(url()) as store:
        assert recorded.again(store, {}) == Faithfulness()


def test_all_is_the_same_and_counted(room: Newsroom) -> None:
    """Alerts, changes, what people did, what was watched: each is in the result."""
    told: list[tuple[int, int]] = []
    found = recorded.again(room.store, {}, watch=lambda done, total: told.append((done, total)))
    assert found.compared == found.same == room.store.counts()["alerts"] > 2
    assert (found.steps, found.begins, found.ends) == (5, NOON + HOUR, room.at)
    assert found.changes == sum(len(d.levels) + len(d.coverages) for d in room.store.decided(1, 5)) > 2
    assert (found.acks, found.reminders, found.of_no_step, found.beyond) == (1, 0, 0, 0)
    assert told == [(5, 5)]


@pytest.mark.parametrize("column", ["title", "text", "why", "severity", "stories", "at"])
def test_an_altered_alert_is_named_to_the_character(room: Newsroom, column: str) -> None:
    """Even under a new seal: the field, both values, and where they part."""
    alert = loudest(room)
    values: dict[str, Any] = {
        "severity": "info",
        "stories": (),
        "at": alert.at + timedelta(microseconds=1),
    }
    values = {column: values.get(column, getattr(alert, column)[:-3] if column not in values else None)}
    other = replace(alert, **values)
    with writing(room.store._database) as connection:
        table = rows.alerts
        connection.execute(
            table.update().where(table.c.id == alert.id).values(**values, digest=convert.seal(other))
        )
    assert room.store.check() == []
    found = recorded.again(room.store, {})
    (one,) = found.differences
    assert (one.alert, one.kind, one.name, one.excuse) == (alert.id, "different", column, "")
    assert (found.different, found.missing, found.extra) == (1, 0, 0)
    assert not found.faithful
    if column in ("title", "text", "why"):
        assert (one.stored, one.replayed) == (getattr(other, column), getattr(alert, column))
        assert one.position == len(getattr(other, column))


def test_a_broken_seal_is_no_obstacle(room: Newsroom) -> None:
    """What `iwmon db check` finds is compared all the same."""
    alter(room, "UPDATE alerts SET why = 'because' WHERE id = ?", loudest(room).id)
    assert room.store.check() != []
    (one,) = recorded.again(room.store, {}).differences
    assert (one.name, one.stored) == ("why", "because")


def test_a_lost_alert_and_one_that_never_was(room: Newsroom) -> None:
    """Decided but not stored; stored but not decided."""
    alert = loudest(room)
    alter_any(room, "DELETE FROM deliveries WHERE alert = ?", alert.id)
    alter(room, "DELETE FROM alerts WHERE id = ?", alert.id)
    forged = replace(alert, id="0000000000", title="Forged")
    room.store.add_alerts([forged], [])
    found = recorded.again(room.store, {})
    assert [(d.kind, d.alert, d.stored, d.replayed) for d in found.differences] == [
        ("extra", alert.id, "", alert.title),
        ("missing", forged.id, "Forged", ""),
    ]
    assert (found.extra, found.missing, found.different) == (1, 1, 0)


def test_a_lost_delivery_is_named(room: Newsroom) -> None:
    """An alert that somebody was never told of is not the same."""
    alert = loudest(room)
    alter(room, "DELETE FROM deliveries WHERE alert = ?", alert.id)
    (one,) = recorded.again(room.store, {}).differences
    assert (one.alert, one.name, one.stored) == (alert.id, "deliveries", "")
    assert one.replayed.startswith("desk (")


def test_an_altered_item_is_found_by_what_it_decided(room: Newsroom) -> None:
    """The alert that quoted it, at the step that brought it."""
    alter(room, "UPDATE items SET title = 'Snow' WHERE title = ?", REPORTS[0])
    found = recorded.again(room.store, {})
    assert not found.faithful
    assert min(d.at for d in found.differences) == NOON + 2 * HOUR
    assert {d.name for d in found.differences if d.what == "record"} == {"matches"}
    assert found.missing


def test_a_lost_item_is_a_fault_of_the_record(room: Newsroom) -> None:
    """The step says how many it had."""
    alter(room, "DELETE FROM matches WHERE item = (SELECT id FROM items WHERE title = ?)", REPORTS[2])
    alter(room, "DELETE FROM items WHERE title = ?", REPORTS[2])
    found = recorded.again(room.store, {})
    one = next(d for d in found.differences if d.what == "record" and d.kind == "missing")
    assert (one.name, one.stored, one.replayed) == ("items", "1", "0")
    assert one.at == NOON + 3 * HOUR + DAY
    assert found.damage == 1


def test_a_lost_step_is_named(room: Newsroom) -> None:
    """By its number, at the step after it; the alerts that it told are missing."""
    alter(room, "DELETE FROM steps WHERE n = 3")
    found = recorded.again(room.store, {})
    assert found.steps == 4
    first = found.differences[0]
    assert (first.what, first.name, first.stored) == ("record", "step", "step 3, before this one")
    assert found.damage == 1
    assert found.missing + found.different > 0
    assert not found.gaps


def test_an_altered_change_of_level_is_named(room: Newsroom) -> None:
    """With the indicator, and what it says."""
    alter_any(room, "UPDATE level_changes SET reason = 'so' WHERE indicator = 'mobilisation'")
    found = recorded.again(room.store, {})
    assert {(d.what, d.indicator, d.judgement, d.name, d.stored) for d in found.differences} == {
        ("level", "mobilisation", "kj-2", "reason", "so")
    }
    assert found.changed == len(found.differences) > 0
    assert found.compared == found.same


def test_an_altered_assessment_is_named(room: Newsroom) -> None:
    """The last of a day, to the last digit; one that is lost, and one that was never made."""
    day = room.at.date().isoformat()
    alter(room, "UPDATE assessments SET p = p + 0.001 WHERE judgement = 'kj-2' AND day = ?", day)
    (one,) = recorded.again(room.store, {}).differences
    assert (one.what, one.kind, one.judgement, one.name, one.at) == (
        "assessment",
        "different",
        "kj-2",
        "p",
        room.at,
    )
    assert float(one.stored) - float(one.replayed) == pytest.approx(0.001)
    alter(room, "UPDATE assessments SET judgement = 'kj-9' WHERE judgement = 'kj-2' AND day = ?", day)
    found = recorded.again(room.store, {})
    assert {(d.what, d.kind, d.judgement) for d in found.differences} == {
        ("assessment", "extra", "kj-2"),
        ("assessment", "missing", "kj-9"),
    }
    assert found.changed == 2
    assert not found.faithful


def test_an_assessment_that_a_later_step_made_is_left_for_the_next_time(room: Newsroom) -> None:
    """Each day has one, and `until` may lie within a day."""
    found = recorded.again(room.store, {}, until=room.at)
    assert found.faithful
    assert 0 < found.assessments < recorded.again(room.store, {}).assessments


@pytest.mark.parametrize(
    ("statement", "what", "name"),
    [
        ("UPDATE matches SET words = '[\"x\"]' WHERE n = 1", "match", "words of item"),
        ("UPDATE signals SET weight = weight + 0.001 WHERE title LIKE '%letters%'", "memory", "weight of"),
        (
            "UPDATE indicator_states SET level = 'quiet' WHERE indicator = 'mobilisation'",
            "memory",
            "level of",
        ),
        ("UPDATE source_health SET failures = 3 WHERE source = 'nn'", "memory", "failures of source nn"),
        ("UPDATE volumes SET items = items + 1 WHERE source = 'ukr'", "memory", "volume ukr"),
        ("UPDATE stories SET place = 0 - place WHERE title_words LIKE '%garrison%'", "memory", "order"),
        ("DELETE FROM signals WHERE title LIKE '%letters%'", "memory", "report"),
    ],
)
def test_altered_evidence_is_named(room: Newsroom, statement: str, what: str, name: str) -> None:
    """What was matched, and all that iwmon remembers now and will decide by, though no alert is another."""
    assert recorded.again(room.store, {}).remembered > 10
    alter(room, statement)
    found = recorded.again(room.store, {})
    assert name in found.differences[0].name
    assert {d.what for d in found.differences} == {what}
    assert not found.faithful
    assert found.compared == found.same


def test_what_receivers_get_gathered_is_decided_by_no_step(url) -> None:
    """Digests of a day, and what a receiver is called since: the record is as faithful as without."""
    text = TEXT.replace(
        "receivers:\n", 'receivers:\n  - {id: chief, url: "json://127.0.0.1:1/chief", mode: daily}\n'
    )
    address = url()
    with Dying.open(address) as store:
        room = Newsroom(store, configured(text), file=address.removeprefix("sqlite:///"))
        for n, title in enumerate(REPORTS[:3]):
            if n == 2:
                room.edit(configured(text.replace("desk", "duty").replace("1/duty", "1/desk")))
            room.say(SOURCES[n], title, after=DAY)
            dispatch(room.config, store, lambda receiver, message: Sent(), lambda: room.at)
        found = recorded.again(store, {})
        assert found.differences == ()
        assert (found.of_no_step, found.same) == (2, found.compared)
        assert {d.receiver for d in store.alert(loudest(room).id).deliveries} == {"duty"}
        alter_any(room, "UPDATE deliveries SET receiver = 'thief' WHERE alert = ?", loudest(room).id)
        (one,) = recorded.again(store, {}).differences
        assert one.name == "deliveries"


def test_a_restart_after_a_clock_was_set_back_changes_nothing(url, configs) -> None:
    """What the process let go while the clock was ahead does not come back to life with the next one."""
    with Dying.open(url()) as store:
        room = Newsroom(store, configs[0])
        room.say("nn", "Smugglers balloon lands behind border post, traffic halted briefly")
        room.store.add_ruling(Ruling("kj-3", "resolve", "ana", room.at, outcome="void", decided_on=room.at))
        room.say("nn", "Rain", after=60 * DAY)
        room.say("nn", "Snow", after=-59 * DAY)
        assert remembered(room.poller.memory) == remembered(store.memory())
        room.start()
        room.say("ukr", "Smugglers balloon lands behind border post, traffic halted briefly")
        assert recorded.again(store, {}).differences == ()


def test_steps_at_one_moment_are_each_recorded(room: Newsroom) -> None:
    """As `poll --all --now` makes them: what goes, comes and goes again is not the first going."""
    down = [Answer(s, FetchFailed(FeedState.ERROR, "HTTP 403")) for s in room.config.sources.values()]
    well = [Answer(s, NotModified()) for s in room.config.sources.values()]
    room.at += HOUR
    for answers in (down, well, down, down, well, down, down):
        room.commit(answers)
    for term in ("likely", "unlikely", "likely"):
        one = Ruling("kj-3", "assess", "ana", room.at, term=term, confidence="low")
        room.store.add_ruling(one)
        room.commit([])
    found = recorded.again(room.store, {})
    assert found.differences == ()
    assert found.steps == 5 + 7 + 3


def test_answers_at_one_moment_that_differ_in_nothing_but_what_they_teach(room: Newsroom) -> None:
    """A feed that has grown, asked several times: each answer moves what is its usual size."""
    longer = Fetched(b"x" * 5_000, "", "", "", "")
    room.at += HOUR
    for _ in range(3):
        room.commit([Answer(room.config.sources["nn"], longer, Parsed(()))])
    found = recorded.again(room.store, {})
    assert found.differences == ()
    assert found.steps == 5 + 3


# ---------------------------------------------------------------- configurations


def test_the_configurations_in_force_are_listed_with_their_notes(room: Newsroom) -> None:
    """Who changed what, when and why; and which indicators it touched."""
    other = TEXT.replace("query: border*", "query: smuggl*").replace("id: calm", "id: calmer")
    room.edit(noted("Ana", "smugglers count too", other))
    room.say("nn", "Harvest is in")
    room.edit(configured(TEXT))
    room.say("nn", "Harvest is over")
    found = recorded.again(room.store, {})
    assert found.faithful
    first, second, third = found.configurations
    assert (first.since, first.steps, first.change.author) == (NOON + HOUR, 5, "")
    assert (second.change.author, second.change.note) == ("Ana", "smugglers count too")
    assert (second.requeried, second.added, second.removed) == (("incidents",), ("calmer",), ("calm",))
    assert (third.digest, third.steps, third.added) == (first.digest, 1, ("calm",))


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM configs WHERE digest = ?", "is gone"),
        (
            "UPDATE configs SET files = replace(files, 'harvest', 'crops') WHERE digest = ?",
            "is not what it was",
        ),
        (
            "UPDATE configs SET files = replace(files, 'version: 1', 'version: 9') WHERE digest = ?",
            "cannot read",
        ),
        (
            "UPDATE configs SET files = replace(files, 'sources:', 'feeds:') WHERE digest = ?",
            'no key "feeds"',
        ),
    ],
)
def test_steps_of_a_lost_configuration_are_told_and_passed_over(
    room: Newsroom, statement: str, reason: str
) -> None:
    """The run goes on after them; what may differ for want of them is told apart, and is no fault."""
    lost = noted("Ana", "harvest")
    room.edit(lost)
    room.say("nn", "Regional grouping activated jointly with Russia, Lukashenko announces")
    room.say("nn", REPORTS[4])
    room.edit(configured(TEXT))
    room.say("zerkalo", "Minsk parades new grouping before foreign attaches at Brest", after=DAY)
    alter(room, statement, lost.digest)
    found = recorded.again(room.store, {})
    (gap,) = found.gaps
    assert (gap.since, gap.until, gap.steps) == (NOON + 5 * HOUR + DAY, room.at, 2)
    assert reason in gap.reason
    assert lost.digest[:12] in gap.reason
    assert found.configurations[1].problem == gap.reason
    assert found.steps == 6
    assert found.faithful
    assert found.same > 2
    assert found.beyond == sum(gap.since <= r.alert.at < gap.until for r in room.store.alerts()) > 0
    assert all(d.excuse == gap.reason and d.at >= gap.until for d in found.differences)


def test_a_configuration_that_is_lost_to_the_end(room: Newsroom) -> None:
    """What came before it is still compared."""
    room.edit(noted("Ana", "harvest"))
    room.say("nn", REPORTS[3])
    alter(room, "DELETE FROM configs WHERE digest = ?", room.config.digest)
    found = recorded.again(room.store, {})
    assert [(g.until, g.steps) for g in found.gaps] == [(None, 1)]
    assert found.same > 2
    assert found.faithful


# ---------------------------------------------------------------- how far it reaches


def test_since_and_until_limit_what_is_compared_not_what_is_run(room: Newsroom) -> None:
    """An alert that was altered is found only where it is looked for."""
    alert = loudest(room)
    alter(room, "UPDATE alerts SET why = 'because' WHERE id = ?", alert.id)
    late = recorded.again(room.store, {}, since=alert.at + timedelta(seconds=1))
    assert late.faithful
    assert late.steps == 5
    assert late.compared < room.store.counts()["alerts"]
    early = recorded.again(room.store, {}, until=alert.at)
    assert early.faithful
    assert early.steps < 5
    assert early.compared + late.compared + 1 <= room.store.counts()["alerts"]
    assert not recorded.again(room.store, {}, since=alert.at, until=alert.at + HOUR).faithful


def test_a_pruned_record_says_so_and_excuses_what_it_must(room: Newsroom) -> None:
    """What was reported before it begins may differ while it could count; nothing is called a fault."""
    room.store.prune(NOON + 3 * HOUR)
    room.say("nn", REPORTS[4])
    found = recorded.again(room.store, {})
    assert found.begins == NOON + 3 * HOUR
    (gap,) = found.gaps
    assert (gap.since, gap.until, gap.steps) == (None, NOON + 3 * HOUR, 2)
    assert gap.reason == "steps before 2022-10-10 are no longer recorded"
    assert found.beyond == sum(r.alert.at < found.begins for r in room.store.alerts()) > 0
    assert found.excused > 0
    assert found.faithful
    assert {d.excuse for d in found.differences} == {gap.reason}


def test_a_judgement_that_came_after_what_was_pruned_is_excused_too(room: Newsroom) -> None:
    """Its sources may have been silent before, and its indicators been another judgement's."""
    room.poller.commit([Answer(room.config.sources["nn"], FetchFailed(FeedState.ERROR, "HTTP 403"))], room.at)
    room.at += HOUR
    room.poller.commit([Answer(room.config.sources["nn"], FetchFailed(FeedState.ERROR, "HTTP 403"))], room.at)
    room.say("ukr", "Rain")
    room.store.prune(room.at)
    room.edit(configured(TEXT.replace("id: kj-2", "id: kj-7")))
    room.say("nn", REPORTS[3])
    room.say("zerkalo", REPORTS[4])
    found = recorded.again(room.store, {})
    assert "kj-7" in {d.judgement for d in found.differences if d.excuse}
    assert found.faithful


def test_a_step_of_which_nothing_is_left_was_pruned_all_the_same(url, configs) -> None:
    """It brought nothing and changed nothing; what it assessed is no fault."""
    with Dying.open(url()) as store:
        room = Newsroom(store, configs[0])
        room.commit([])
        room.at += DAY
        room.commit([])
        store.prune(room.at)
        found = recorded.again(store, {})
        assert found.faithful
        assert len(found.gaps) == 1


@pytest.mark.parametrize("dies_in", ["prune_items", "prune_stories"])
def test_a_kill_while_it_is_pruned_is_no_loss(room: Newsroom, dies_in: str) -> None:
    """What is half pruned is not taken for items that were lost; a later time ends it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(retention, dies_in, killed)
        with pytest.raises(Killed):
            room.store.prune(NOON + 3 * HOUR)
    found = recorded.again(room.store, {})
    assert (found.damage, found.faithful, len(found.gaps)) == (0, True, 1)
    room.say("nn", "Snow")
    room.store.prune(room.at)
    assert not room.store.look_back([], None, 100)[-1][1].entry.title.startswith("Rain")


def killed(*_: object) -> None:
    raise Killed


def test_what_was_decided_about_judgements_outlives_the_steps(room: Newsroom) -> None:
    """A judgement that was settled before the record begins stays settled in its replay."""
    room.store.add_ruling(Ruling("kj-2", "resolve", "ana", room.at, outcome="true", decided_on=room.at))
    room.say("nn", "Snow")
    room.store.prune(room.at + HOUR)
    room.say("nn", REPORTS[3], after=2 * HOUR)
    room.say("zerkalo", REPORTS[4], after=DAY)
    found = recorded.again(room.store, {})
    assert found.steps == 3  # the newest is never pruned
    assert found.gaps
    assert [d for d in found.differences if d.what == "alert" and d.judgement == "kj-2"] == []


def test_steps_and_alerts_that_come_meanwhile_are_left_for_the_next_time(url, configs) -> None:
    """The daemon goes on while its record is replayed."""

    class Busy(Dying):
        room: Newsroom

        def extent(self, until: datetime | None = None) -> Any:
            found = super().extent(until)
            self.room.say("ukr", f"{REPORTS[2]} {self.room.at}", after=DAY)
            return found

    with Busy.open(url()) as store:
        store.room = room = Newsroom(store, configs[0])
        room.say("nn", REPORTS[0])
        room.say("zerkalo", REPORTS[1])
        before = store.counts()["alerts"]
        found = recorded.again(store, {})
        assert found.faithful
        assert found.steps == 2
        assert found.compared == before < store.counts()["alerts"]


def test_a_record_that_is_pruned_meanwhile_is_not_judged(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to do instead of naming faults that are none."""
    monkeypatch.setattr(recorded, "_PAGE", 2)
    with pytest.raises(Failure, match="pruned while it was replayed"):
        recorded.again(room.store, {}, watch=lambda *_: room.store.prune(NOON + 3 * HOUR) and None)


def test_pages_make_no_difference(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few steps and alerts are read at a time."""
    whole = recorded.again(room.store, {})
    for name in ("iwmon.replay.recorded", "iwmon.store.record", "iwmon.store.steps"):
        monkeypatch.setattr(f"{name}._PAGE", 2)
    assert recorded.again(room.store, {}) == whole


def test_only_a_hundred_differences_are_kept(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are counted."""
    monkeypatch.setattr(recorded, "SHOWN", 1)
    alter_any(room, "UPDATE alerts SET why = 'because'")
    found = recorded.again(room.store, {})
    assert len(found.differences) == 1
    assert found.different == found.compared > 1


def test_a_database_that_slept_past_its_retention_counts_its_steps_on(room: Newsroom) -> None:
    """A number that came twice would mix two steps' changes: everything old is pruned, and it goes on."""
    room.at += 500 * DAY
    room.store.prune(room.at - 400 * DAY)
    room.start()
    room.say("nn", REPORTS[3])
    room.say("zerkalo", REPORTS[4])
    decided = list(room.store.decided(1, 99))
    assert [d.n for d in decided] == [5, 6, 7]
    assert decided[1].levels + decided[2].levels != ()
    assert recorded.again(room.store, {}).faithful


def failed_commit(address: str) -> None:
    """Takes a step's number and does not use it."""
    with psycopg.connect(address, autocommit=True) as server:
        server.execute("SELECT nextval(pg_get_serial_sequence('steps', 'n'))")


def test_the_same_on_postgresql(postgres_url: str, configs) -> None:
    """Where numbers of commits that failed are left out, and pruned steps are still told from those."""
    with Dying.open(postgres_url) as store:
        failed_commit(postgres_url)
        room = Newsroom(store, configs[0])
        room.say("nn", *HOSTILE)
        room.say("nn", REPORTS[0])
        failed_commit(postgres_url)
        room.edit(noted("Ana", "harvest"))
        room.say("zerkalo", REPORTS[1])
        found = recorded.again(store, {})
        assert (found.faithful, found.gaps, found.steps) == (True, (), 3)
        assert found.same == store.counts()["alerts"] > 1
        assert [(k.digest, k.steps) for k in store.configs()] == [
            (configs[0].digest, 2),
            (room.config.digest, 1),
        ]
        assert store.config(room.config.digest[:9]).files == room.config.contents
        store.prune(NOON + 2 * HOUR)
        found = recorded.again(store, {})
        assert found.faithful
        assert len(found.gaps) == 1


# ---------------------------------------------------------------- the arithmetic


@given(
    st.sampled_from(["occurrence", "count", "surge"]),
    st.sampled_from([timedelta(days=1), timedelta(days=7), timedelta(days=30)]),
    st.sampled_from([timedelta(0), timedelta(days=3), timedelta(days=20)]),
    st.floats(0.01, 1.0),
    st.timedeltas(timedelta(0), timedelta(days=3000)),
)
def test_nothing_counts_for_longer_than_its_lifetime(type_, half_life, hold, weight, beyond) -> None:
    """As `advance` forgets it: an excuse never ends before the evidence that it stands for."""
    one = indicator(type=type_, half_life=half_life, window=half_life, hold=hold)
    span = faithfulness.lifetime(one)
    old = signal(weight=weight, at=NOON)
    assert thresholds.forgotten(one, old, NOON + span + beyond + timedelta(seconds=1))


def test_what_holds_until_reversed_is_excused_for_ever() -> None:
    """Nobody can say when a report without a half-life has ceased to count; nor how long a silence was."""
    assert faithfulness.lifetime(indicator(half_life=None)) == faithfulness.FOR_EVER
    assert faithfulness.lifetime(indicator(type="absence")) == faithfulness.FOR_EVER


@given(st.text(max_size=20), st.text(max_size=20))
def test_the_position_is_where_two_texts_part(one: str, other: str) -> None:
    """All before it is common; what stands there is not."""
    at = faithfulness.position(one, other)
    assert one[:at] == other[:at]
    assert one[at : at + 1] != other[at : at + 1] or one == other


def test_a_doubt_excuses_its_judgement_while_it_lasts() -> None:
    """Not what came before, not what comes after, and no other judgement."""
    doubt = faithfulness.Doubt("kj", NOON, NOON + DAY, "lost")
    assert faithfulness.excuse([doubt], "kj", NOON - HOUR) == ""
    assert faithfulness.excuse([doubt], "kj", NOON) == "lost"
    assert faithfulness.excuse([doubt], "", NOON) == "lost"
    assert faithfulness.excuse([doubt], "kj-2", NOON) == ""
    assert faithfulness.excuse([doubt], "kj", NOON + DAY) == ""
    assert faithfulness.excuse([replace(doubt, until=None)], "kj", NOON + 900 * DAY) == "lost"
    assert faithfulness.excuse([replace(doubt, since=None)], "kj", NOON - DAY) == "lost"


def test_a_doubt_ends_when_what_is_gone_counts_no_longer(url) -> None:
    """After a lifetime in which iwmon ran, and a quiet moment, a difference is a fault again."""
    short = re.sub(r"      - id: grouping\n.*?(?=  - id: kj-3)", "", TEXT, flags=re.DOTALL)
    short = short.replace("half_life: 30d", "half_life: 1d, window: 1d".replace(", ", "\n        "))
    address = url()
    with Dying.open(address) as store:
        room = Newsroom(store, configured(short), file=address.removeprefix("sqlite:///"))
        room.say("nn", REPORTS[0])
        room.say("zerkalo", REPORTS[1])
        store.prune(room.at)
        for n in range(25):
            room.say("nn", f"Rain {n}", after=DAY)
        room.say("nn", REPORTS[2])
        found = recorded.again(store, {})
        assert found.faithful
        assert found.gaps
        alter(room, "UPDATE alerts SET why = 'because' WHERE id = ?", loudest(room).id)
        found = recorded.again(store, {})
        assert [(d.name, d.excuse) for d in found.differences if d.at == room.at] == [("why", "")]
        assert not found.faithful
