"""The store, on SQLite and on a real PostgreSQL: what goes in comes out, once, in order."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iwmon.alerts import Resolution
from iwmon.model import Coverage, FeedState, Level, Memory, Severity
from iwmon.store import Store, StoreFailed, rows
from iwmon.stored import SourceStats
from store_nouns import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    alert,
    coverage_change,
    delivery,
    full_step,
    health,
    item,
    level_change,
    match,
    poll,
    reading,
    signal,
    state,
    step,
    story,
)

pytest_plugins = ["postgres"]


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database without rows, to be copied: quicker than making one for each test."""
    path = tmp_path_factory.mktemp("empty") / "iwmon.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="module")
def postgres_tables(new_postgres_database: Callable[[str], str]) -> str:
    """A PostgreSQL database with iwmon's tables, to be emptied: quicker than making one for each test."""
    url = new_postgres_database("template0")
    Store.open(url).close()
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without rows, on either."""
    if request.param == "sqlite":
        for file in request.getfixturevalue("empty_file").parent.iterdir():
            shutil.copy(file, tmp_path)
        return f"sqlite:///{tmp_path}/iwmon.db"
    url = str(request.getfixturevalue("postgres_tables"))
    tables = ", ".join(t.name for t in rows.metadata.sorted_tables if t is not rows.meta)
    with psycopg.connect(url) as connection:
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")
        connection.execute("DELETE FROM meta WHERE key <> 'uuid'")
    return url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url, patience=timedelta(seconds=5)) as opened:
        yield opened


# ---------------------------------------------------------------- steps


def test_everything_in_a_step_comes_back_as_it_went_in(store: Store) -> None:
    """Every field of every noun survives the database, to the microsecond and the last bit."""
    one = full_step()
    store.commit(one, [poll()])
    assert store.memory() == one.memory
    assert store.polls() == {"nashaniva": poll()}
    assert store.item("item2") == item(2, published=None, language=None)
    assert store.items_matching("mobilisation") == [(item(1), match(1))]
    assert store.signals("mobilisation") == [signal(1)]
    assert store.story("item1") == story(1)
    assert store.changes("mobilisation") == [level_change()]
    assert store.coverage_changes("mobilisation") == [coverage_change()]
    record = store.alert("a0001")
    assert record.alert == alert(1)
    assert record.deliveries == (delivery(1), delivery(1, "analysts"))
    assert store.last_step_at() == NOW
    (recorded,) = store.recorded()
    assert (recorded.at, recorded.config_digest, recorded.readings) == (NOW, "c" * 64, one.readings)


def test_a_reopened_store_remembers(url: str) -> None:
    """A restart finds what the last process committed."""
    with Store.open(url) as first:
        first.commit(full_step())
    with Store.open(url, create=False) as second:
        assert second.memory() == full_step().memory


def test_items_that_matched_nothing_are_stored_too(store: Store) -> None:
    """Backtests need every item, not only those that matched."""
    store.commit(step(readings=(reading(item(7)),)))
    assert store.item("item7") == item(7)
    assert store.counts()["items"] == 1


def test_the_same_step_twice_changes_nothing(store: Store) -> None:
    """A commit whose answer was lost may be repeated."""
    store.commit(full_step(), [poll()])
    before = (store.counts(), store.memory(), store.source_stats(), list(store.recorded()))
    store.commit(full_step(), [poll()])
    assert (store.counts(), store.memory(), store.source_stats(), list(store.recorded())) == before
    assert store.counts() == {
        "items": 2,
        "matches": 1,
        "stories": 1,
        "alerts": 1,
        "deliveries_pending": 2,
        "deliveries_sent": 0,
        "deliveries_dead": 0,
        "deliveries_suppressed": 0,
        "alerts_open": 1,
        "alerts_acknowledged": 0,
        "alerts_suppressed": 0,
    }
    assert store.changes("mobilisation") == [level_change()]
    assert store.check() == []


def test_an_item_stands_as_first_seen(store: Store) -> None:
    """The first sight of an item is never overwritten by a later one."""
    store.commit(step(readings=(reading(item(1)),)))
    store.commit(step(NOW + HOUR, readings=(reading(replace(item(1), first_seen=NOW + HOUR)),)))
    assert store.item("item1").first_seen == NOW
    assert store.counts()["items"] == 1


def test_nothing_of_a_step_that_fails_is_applied(store: Store) -> None:
    """One transaction: a match without its item undoes the items, the alerts and the counters."""
    with pytest.raises(StoreFailed):
        store.commit(replace(full_step(), matches=(match(99),)))
    assert store.memory() == Memory()
    assert store.counts()["items"] == store.counts()["alerts"] == 0
    assert store.last_step_at() is None
    store.commit(full_step())
    assert store.memory() == full_step().memory


def test_unseen_keeps_order_and_drops_copies(store: Store) -> None:
    """Of a feed's items only those never stored are new, each once, in the order of the feed."""
    store.commit(step(readings=(reading(item(2), item(4)),)))
    feed = [item(n) for n in (5, 4, 3, 5, 2, 1, 3)]
    assert [i.id for i in store.unseen(feed)] == ["item5", "item3", "item1"]
    many = [item(n) for n in range(1, 1301)]
    assert [i.id for i in store.unseen(many)] == [i.id for i in many if i.id not in ("item2", "item4")]
    assert store.unseen([]) == []


def test_unseen_keeps_the_first_of_two_copies(store: Store) -> None:
    """Of two entries with one identity the first in the document counts."""
    first, second = item(1), item(1, title="another")
    assert store.unseen([first, second]) == [first]


def test_memory_holds_what_lives_and_what_may_still_be_joined(store: Store) -> None:
    """Old stories without a living signal are forgotten; the others come back in order of arrival."""
    old = story(1, NOW - 30 * DAY)
    store.commit(
        step(
            NOW - 30 * DAY,
            stories=(old, story(2, NOW - 30 * DAY)),
            signals=(signal(1, at=NOW - 30 * DAY), signal(2, at=NOW - 30 * DAY)),
        )
    )
    store.commit(
        step(
            stories=(story(9), story(3)), signals=(signal(9), signal(3)), expired=(("mobilisation", "item2"),)
        )
    )
    found = store.memory()
    assert list(found.stories) == ["item1", "item9", "item3"]
    assert [s.story for s in found.signals["mobilisation"]] == ["item1", "item9", "item3"]


def test_a_changed_signal_keeps_its_place_and_a_revived_one_is_new(store: Store) -> None:
    """The order after a restart is that of the running process: a dict, in order of insertion."""
    store.commit(step(stories=(story(1), story(2)), signals=(signal(1), signal(2))))
    heavier = signal(1, weight=0.9)
    store.commit(step(NOW + HOUR, stories=(story(1),), signals=(heavier,)))
    assert store.signals("mobilisation") == [heavier, signal(2)]
    store.commit(step(NOW + 2 * HOUR, expired=(("mobilisation", "item1"),)))
    assert store.signals("mobilisation") == [signal(2)]
    store.commit(step(NOW + 3 * HOUR, signals=(heavier,)))
    assert store.signals("mobilisation") == [signal(2), heavier]


def test_a_signal_that_comes_and_expires_in_one_step_is_expired(store: Store) -> None:
    """What a step forgets stays forgotten, even if it was new in it."""
    store.commit(step(stories=(story(1),), signals=(signal(1),), expired=(("mobilisation", "item1"),)))
    assert store.signals("mobilisation") == []


def test_a_story_that_grows_is_overwritten_and_counted_once(store: Store) -> None:
    """A reprint joins the row; it is no second story."""
    store.commit(step(stories=(story(1),)))
    grown = story(1, items=("item1", "copy1", "copy2"))
    store.commit(step(NOW + HOUR, stories=(grown,)))
    assert store.story("item1") == grown
    assert store.counts()["stories"] == 1


def test_states_follow_the_steps(store: Store) -> None:
    """Only changed states are written, and the last one stands, also for a store that did not load memory."""
    first = Memory(states={"a": state("a"), "b": state("b")}, health={"s": health("s")})
    store.commit(step(memory=first))
    quiet = state("a", Level.QUIET)
    store.commit(step(NOW + HOUR, memory=replace(first, states={"a": quiet, "b": state("b")})))
    assert store.states() == {"a": quiet, "b": state("b")}
    store.commit(step(NOW + 2 * HOUR, memory=first))
    assert store.states() == dict(first.states)
    assert store.health() == dict(first.health)


def test_a_failed_commit_is_not_taken_for_written(store: Store) -> None:
    """What was rolled back is written by the next commit, though it has not changed since."""
    memory = Memory(states={"a": state("a")})
    with pytest.raises(StoreFailed):
        store.commit(step(matches=(match(99),), memory=memory))
    store.commit(step(NOW + HOUR, memory=memory))
    assert store.states() == {"a": state("a")}


def test_source_stats_count_polls(store: Store) -> None:
    """Polls, failures, unchanged answers and items of each source."""
    store.commit(step(readings=(reading(item(1)), reading(source="belta", state=FeedState.ERROR))))
    store.commit(step(NOW + HOUR, readings=(reading(at=NOW + HOUR, not_modified=True),)))
    assert store.source_stats() == {
        "nashaniva": SourceStats("nashaniva", polls=2, failed=0, not_modified=1, items=1),
        "belta": SourceStats("belta", polls=1, failed=1, not_modified=0, items=0),
    }


def test_recorded_steps_are_those_that_were_committed(store: Store) -> None:
    """Replay gets every step, empty ones too, with each item under the reading that brought it."""
    made = []
    for n in range(230):  # more than two pages
        at = NOW + n * MINUTE
        items = [item(n * 10 + k, at) for k in range(n % 3)]
        made.append(step(at, readings=(reading(*items, at=at), reading(at=at, source="belta"))[: n % 4]))
        store.commit(made[-1])
    assert [(r.at, r.readings) for r in store.recorded()] == [(s.at, s.readings) for s in made]
    some = store.recorded(since=NOW + MINUTE, until=NOW + 3 * MINUTE)
    assert [r.at for r in some] == [NOW + MINUTE, NOW + 2 * MINUTE]


def test_recorded_steps_keep_their_order_when_the_clock_is_set_back(store: Store) -> None:
    """Replay follows the order of the commits, not of the clock."""
    times = [NOW, NOW + HOUR, NOW + MINUTE, NOW - HOUR, NOW + 2 * HOUR]
    for at in times:
        store.commit(step(at))
    assert [r.at for r in store.recorded()] == times
    assert [r.at for r in store.recorded(since=NOW, until=NOW + 2 * HOUR)] == times[:3]
    assert list(store.recorded(since=NOW + DAY)) == []


# ---------------------------------------------------------------- values


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    """A naive datetime is a mistake that would move evidence by hours."""
    with pytest.raises(StoreFailed, match="no time zone"):
        store.commit(step(readings=(reading(item(1, at=datetime(2022, 10, 10))),)))  # noqa: DTZ001
    assert store.counts()["items"] == 0


def test_times_of_other_zones_come_back_in_utc(store: Store) -> None:
    """The same moment, in UTC, whatever the zone or the server's setting."""
    warsaw = NOW.astimezone(timezone(timedelta(hours=2)))
    store.commit(step(readings=(reading(item(1, at=warsaw)),)))
    found = store.item("item1").first_seen
    assert (found, found.tzinfo) == (NOW, UTC)


def test_the_ends_of_time_are_stored(store: Store) -> None:
    """A feed's date may be any that Python can hold."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    store.commit(step(readings=(reading(item(1, published=first), item(2, published=last)),)))
    assert store.item("item1").entry.published == first
    assert store.item("item2").entry.published == last


def test_a_text_that_no_database_takes_does_not_stop_a_commit(store: Store) -> None:
    """NUL and lone surrogates become U+FFFD, and the alert's seal still fits."""
    poison = "a\0b\ud83dc"
    one = full_step()
    one = replace(
        one,
        readings=(reading(item(1, title=poison, key=poison), detail=poison, notes=(poison,)),),
        stories=(story(1, publishers=(poison,), words=frozenset({poison})),),
        alerts=(alert(1, text=poison),),
    )
    store.commit(one)
    assert store.item("item1").entry.title == "a�b�c"
    assert store.alert("a0001").alert.text == "a�b�c"
    assert len(store.waiting()) == 2
    assert store.check() == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
    st.datetimes(timezones=st.just(UTC)),
    st.floats(0, 1),
    st.frozensets(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)),
)
def test_any_story_and_signal_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    at: datetime,
    weight: float,
    words: frozenset[str],
) -> None:
    """Texts, times, weights and sets survive whatever they hold."""
    url = f"sqlite:///{tmp_path_factory.getbasetemp()}/any.db"
    one = story(1, at, group=text, publishers=(text, text), words=words)
    sign = signal(1, indicator=text, at=at, weight=weight, title=text)
    with Store.open(url) as opened:
        opened.commit(step(at, stories=(one,), signals=(sign,)))
        assert opened.story("item1") == one
        assert opened.signals(text) == [sign]


# ---------------------------------------------------------------- deliveries


@pytest.fixture
def told(store: Store) -> Store:
    """A store with one alert for two receivers."""
    store.commit(full_step())
    return store


D1, D2 = "d0001-duty-desk-0", "d0001-analysts-0"


def _delivery(store: Store, identity: str = D1) -> object:
    return next(d for d in store.alert("a0001").deliveries if d.id == identity)


def test_what_waits_is_given_oldest_first(told: Store) -> None:
    """In order, with the alert."""
    assert told.waiting() == [(delivery(1), alert(1)), (delivery(1, "analysts"), alert(1))]


def test_putting_off_moves_all_that_a_receiver_would_get_before(told: Store) -> None:
    """No attempt is counted, what waits longer goes on waiting, and other receivers are left alone."""
    ahead = {"created": NOW + 9 * DAY, "next_attempt": NOW + 9 * DAY}
    told.add_alerts(
        [alert(n) for n in range(2, 6)],
        [delivery(2), delivery(3), replace(delivery(4), next_attempt=None), replace(delivery(5), **ahead)],
    )
    told.failed([delivery(2).id], "503", NOW + HOUR)
    told.failed([delivery(3).id], "503", NOW + 3 * HOUR)
    told.put_off("duty-desk", NOW + 2 * HOUR, NOW)
    waits = {d.alert: d.next_attempt - NOW for d, _ in told.waiting() if d.receiver == "duty-desk"}
    hours = {"a0001": 2, "a0002": 2, "a0003": 3, "a0004": 2, "a0005": 2}
    assert waits == {identity: n * HOUR for identity, n in hours.items()}
    assert _delivery(told) == replace(delivery(1), next_attempt=NOW + 2 * HOUR)
    assert _delivery(told, D2) == delivery(1, "analysts")
    assert told.check() == []


def test_a_delivery_goes_from_pending_to_sent(told: Store) -> None:
    """Begin is committed before sending; sent ends it."""
    told.begin([D1], NOW)
    found, _ = told.waiting()[0]
    assert (found.in_flight, found.attempts, found.state) == (True, 1, "pending")
    told.sent([D1], NOW + MINUTE)
    assert _delivery(told) == replace(
        delivery(1), state="sent", attempts=1, sent=NOW + MINUTE, next_attempt=None
    )
    assert [d.id for d, _ in told.waiting()] == [D2]
    assert told.counts()["deliveries_sent"] == 1


def test_a_failed_attempt_waits_for_its_time(told: Store) -> None:
    """Its next_attempt is kept, and there is no doubt about whether it arrived."""
    told.begin([D1], NOW)
    told.failed([D1], "503 from the service", NOW + HOUR)
    again, _ = told.waiting()[0]
    assert (again.next_attempt, again.error) == (NOW + HOUR, "503 from the service")
    assert (again.in_flight, again.attempts) == (False, 1)


def test_an_attempt_that_may_have_arrived_stays_in_doubt(told: Store) -> None:
    """After a timeout, even a clear refusal of the next attempt leaves a possible repeat."""
    told.begin([D1], NOW)
    told.failed([D1], "timeout", NOW, unknown=True)
    assert told.waiting()[0][0].in_flight
    told.begin([D1], NOW)
    told.failed([D1], "refused", NOW)
    assert told.waiting()[0][0].in_flight


def test_an_attempt_that_never_ended_is_in_doubt(told: Store) -> None:
    """A kill between begin and sent: the next process sees in_flight, also after a clear failure."""
    told.begin([D1], NOW)
    told.begin([D1], NOW)
    told.failed([D1], "refused", NOW)
    found, _ = told.waiting()[0]
    assert (found.in_flight, found.attempts) == (True, 2)


def test_a_dead_delivery_is_not_tried_but_seen(told: Store) -> None:
    """The dead letter keeps its reason."""
    told.dead([D1, D2], "no such channel")
    assert told.waiting() == []
    assert told.counts()["deliveries_dead"] == 2
    assert {(d.state, d.error) for d in told.alert("a0001").deliveries} == {("dead", "no such channel")}


def test_what_is_over_stays_over(told: Store) -> None:
    """A late failure, or a second begin, does not bring a sent message back."""
    told.sent([D1], NOW)
    told.failed([D1], "late", NOW)
    told.begin([D1], NOW)
    told.dead([D1], "late")
    assert [d.id for d, _ in told.waiting()] == [D2]
    assert _delivery(told) == replace(delivery(1), state="sent", sent=NOW, next_attempt=None)


def test_an_unknown_delivery_is_named(told: Store) -> None:
    """A wrong id is a mistake in the caller, and marks nothing."""
    with pytest.raises(StoreFailed, match="no delivery nope") as caught:
        told.sent([D1, "nope"], NOW)
    assert caught.value.reason == "unknown"
    assert len(told.waiting()) == 2


def test_an_alert_outside_a_step_is_added_once(store: Store) -> None:
    """The operator's alerts have stable ids: adding one again adds no copy."""
    for _ in range(2):
        store.add_alerts([alert(5, kind="config_error")], [delivery(5)])
    assert len(store.waiting()) == 1
    assert store.counts()["alerts"] == 1


def test_a_delivery_needs_its_alert(store: Store) -> None:
    """Foreign keys hold."""
    with pytest.raises(StoreFailed):
        store.add_alerts([], [delivery(5)])


# ---------------------------------------------------------------- alerts and people


def test_alerts_are_listed_newest_first(store: Store) -> None:
    """And by judgement, since a time, and only open ones."""
    store.add_alerts([alert(n, NOW + n * HOUR, judgement=f"kj-{n % 2}") for n in range(1, 6)], [])
    ids = lambda **by: [r.alert.id for r in store.alerts(**by)]  # noqa: E731
    assert ids() == ["a0005", "a0004", "a0003", "a0002", "a0001"]
    assert ids(limit=2) == ["a0005", "a0004"]
    assert ids(judgement="kj-0") == ["a0004", "a0002"]
    assert ids(since=NOW + 4 * HOUR) == ["a0005", "a0004"]
    store.ack("a0004", "ann", "seen", NOW)
    assert ids(open_only=True) == ["a0005", "a0003", "a0002", "a0001"]


def test_a_long_list_is_whole(store: Store) -> None:
    """More rows than a database takes parameters for in one go: each alert with its own delivery."""
    numbers = range(1, 1201)
    store.add_alerts([alert(n) for n in numbers], [delivery(n) for n in numbers])
    store.sent([delivery(n).id for n in numbers], NOW)
    found = store.alerts(limit=5000)
    assert [r.alert.id for r in found] == [alert(n).id for n in reversed(numbers)]
    assert all([d.alert for d in r.deliveries] == [r.alert.id] for r in found)


def test_an_acknowledgement_is_logged_and_can_be_taken_back(told: Store) -> None:
    """Who, when and why; the log keeps both actions."""
    told.ack("a00", "ann", "called the desk", NOW)
    record = told.alert("a0001")
    assert record.acked is not None
    assert (record.acked.by, record.acked.note, record.acked.at) == ("ann", "called the desk", NOW)
    told.unack("a0001", "bob", NOW + HOUR)
    record = told.alert("a0001")
    assert record.acked is None
    assert [(a.action, a.by) for a in record.acks] == [("ack", "ann"), ("unack", "bob")]
    assert [r.alert.id for r in told.alerts(open_only=True)] == ["a0001"]
    assert told.check() == []


def test_an_alert_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    """Unique beginnings will do; a whole id wins over longer ones; anything else is explained."""
    store.add_alerts([alert(1, id="beef"), alert(2, id="beefcafe"), alert(3, id="be%d")], [])
    assert store.alert("beefc").alert.id == "beefcafe"
    assert store.alert("beef").alert.id == "beef"
    assert store.alert("be%").alert.id == "be%d"
    with pytest.raises(StoreFailed, match="one of be%d, beef, beefcafe"):
        store.alert("be")
    with pytest.raises(StoreFailed, match="did you mean beefcafe") as caught:
        store.alert("beefcafes")
    assert caught.value.reason == "unknown"
    with pytest.raises(StoreFailed, match="no alert"):
        store.ack("", "ann", "", NOW)


def test_unknown_items_and_stories_are_named(store: Store) -> None:
    """StoreFailed "unknown", not an empty answer."""
    for ask in (store.item, store.story):
        with pytest.raises(StoreFailed, match="nope") as caught:
            ask("nope")
        assert caught.value.reason == "unknown"


def test_an_alert_is_open_until_it_is_resolved(told: Store) -> None:
    """With its deliveries; resolving queues the closings, once, and says so in the ledger."""
    [one] = told.open_alerts()
    assert (one.alert, one.acked, one.told) == (alert(1), None, frozenset())
    told.begin([D1], NOW)
    told.sent([D1], NOW)
    assert told.open_alerts(["a0001"])[0].told == {"duty-desk"}
    assert told.open_alerts(["other"]) == []
    over = Resolution("a0001", "back to quiet")
    end = delivery(1, turn=-1, kind="resolved")
    for _ in range(2):
        told.resolve([over], [end], NOW + HOUR)
    assert told.open_alerts() == []
    record = told.alert("a0001")
    assert (record.resolved, record.ended, record.state) == (NOW + HOUR, over.why, ("resolved", over.why))
    assert [d.turn for d in record.deliveries] == [0, 0, -1]
    assert [(e.event, e.detail) for e in told.ledger("a0001")][-2:] == [
        ("resolved", "back to quiet"),
        ("queued", "resolved"),
    ]
    assert told.check() == []


def test_an_acknowledgement_covers_the_lower_rises_before_it(told: Store) -> None:
    """critical acked: the warning before it too; a later rise is not."""
    for n in (2, 3):
        rise = alert(n, NOW + n * HOUR, severity=Severity.CRITICAL, after="critical", before="warning")
        told.commit(step(NOW + n * HOUR, alerts=(rise,)))
    told.ack("a0002", "ann", "seen", NOW + 3 * HOUR)
    assert [(o.alert.id, o.acked and o.acked.by) for o in told.open_alerts()] == [
        ("a0001", "ann"),
        ("a0002", "ann"),
        ("a0003", None),
    ]
    told.unack("a0002", "ben", NOW + 4 * HOUR)
    assert {o.acked for o in told.open_alerts()} == {None}


def test_what_is_held_waits_and_what_is_dropped_is_never_sent(told: Store) -> None:
    """A reason is written down when it changes, not each time that it is given."""
    for later in (HOUR, 2 * HOUR):
        told.settle([(D1, NOW + later, "silence s1")], (), NOW)
    (held, _), (free, _) = told.waiting()
    assert (held.id, held.held, held.next_attempt) == (D1, "silence s1", NOW + 2 * HOUR)
    assert (free.id, free.held, free.next_attempt) == (D2, "", NOW)
    told.release([D1, D2], NOW + MINUTE)
    assert (_delivery(told).held, _delivery(told).next_attempt) == ("", NOW + MINUTE)
    told.settle((), [(D2, "over before it was sent")], NOW + MINUTE)
    assert [d.id for d, _ in told.waiting()] == [D1]
    assert told.counts()["deliveries_suppressed"] == 1
    events = [(e.delivery, e.event) for e in told.ledger("a0001") if e.event not in ("raised", "queued")]
    assert events == [(D1, "held"), (D1, "released"), (D2, "dropped")]
    assert told.check() == []


def test_what_a_digest_carries_shares_its_fate(told: Store) -> None:
    """Pending until it is sent, and then sent with it; it is in no queue of its own."""
    carried, by = delivery(9, kind="digest"), alert(9, kind="digest", judgement="", indicator="")
    assert told.slot("duty-desk", "2022-10-10T08:00", (by, carried), [D1], NOW)
    assert not told.slot("duty-desk", "2022-10-10T08:00", (by, carried), [D2], NOW)
    assert [d.id for d, _ in told.waiting()] == [D2, carried.id]
    assert _delivery(told).digest == carried.id
    told.begin([carried.id], NOW)
    told.sent([carried.id], NOW + MINUTE)
    assert (_delivery(told).state, _delivery(told).sent) == ("sent", NOW + MINUTE)
    assert [e.event for e in told.ledger("a0001") if e.delivery == D1] == ["queued", "folded", "sent"]
    assert told.last_slots({"duty-desk": "2022-10-10T09:00"}) == {"duty-desk": ("2022-10-10T08:00", NOW)}
    assert told.check() == []


# ---------------------------------------------------------------- configurations


def test_the_last_good_configuration_is_kept(store: Store) -> None:
    """Text and bytes come back as bytes, secrets unexpanded; going back to an older one counts."""
    assert store.last_good_config() is None
    first = {"indicators.yaml": b"url: ${SECRET}\n", "more.yaml": "naïve Ł\n"}
    kept = {"indicators.yaml": b"url: ${SECRET}\n", "more.yaml": "naïve Ł\n".encode()}
    store.keep_config("d1", first, NOW)
    assert store.last_good_config() == ("d1", kept)
    store.keep_config("d2", {"indicators.yaml": b"\xff\x00 not utf-8"}, NOW)
    assert store.last_good_config() == ("d2", {"indicators.yaml": b"\xff\x00 not utf-8"})
    store.keep_config("d1", first, NOW + HOUR)
    assert store.last_good_config() == ("d1", kept)


def test_a_refused_edit_is_noted_until_a_good_one(store: Store) -> None:
    """The status says what is in force, since when, and why the edit is not."""
    store.keep_config("d1", {}, NOW)
    store.note_config_error("indicators.yaml:3:1: no such key", NOW + HOUR)
    status = store.config_status()
    assert (status.digest, status.since) == ("d1", NOW)
    assert (status.error, status.error_at) == ("indicators.yaml:3:1: no such key", NOW + HOUR)
    store.keep_config("d2", {}, NOW + DAY)
    status = store.config_status()
    assert (status.digest, status.since, status.error, status.error_at) == ("d2", NOW + DAY, "", None)


def test_one_shot_polls_have_a_rhythm_of_their_own(store: Store) -> None:
    """Every four hours of a working day: nights and weekends are part of it once they were seen."""
    down = []
    for day in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15, 18, 21):
        for hour in (8, 12, 16):
            for seconds in (0, 1, 2):  # each poll is some steps
                at = NOW + day * DAY + hour * HOUR + timedelta(seconds=seconds)
                store.commit(step(at), once=True)
            if found := store.catch_up():
                down.append((day, hour, round((found.began - found.since) / HOUR)))
                store.caught_up((), "", at)
    assert down == [(0, 12, 4), (1, 8, 16), (2, 8, 16), (7, 8, 64), (14, 8, 64)]


def test_an_outage_of_long_ago_is_no_rhythm(store: Store) -> None:
    """Polls every two hours: a night without power is told, also where others were without it before."""
    down = []
    for hour in range(0, 3 * 17 * 24, 2):
        day, at = divmod(hour, 24)
        if day % 17 == 5 and at < 8:
            continue
        store.commit(step(NOW + hour * HOUR), once=True)
        if found := store.catch_up():
            down.append((day, at, (found.began - found.since) // HOUR))
            store.caught_up((), "", found.began)
    assert down == [(day, 8, 10) for day in (5, 22, 39)]


# ---------------------------------------------------------------- retention


def test_prune_removes_what_is_old(store: Store) -> None:
    """Items, matches, stories, expired signals and the poll log; the counters follow."""
    for n in range(3):
        at = NOW + n * DAY
        store.commit(
            step(
                at,
                readings=(reading(*(item(n * 1000 + k, at) for k in range(700)), at=at),),
                matches=(match(n * 1000),),
                stories=(story(n * 1000, at),),
                signals=(signal(n * 1000, at=at),),
                expired=(("mobilisation", f"item{n * 1000}"),),
            )
        )
    # 1,400 items, 2 stories, 2 readings and 2 steps are older than the third day
    assert store.prune(NOW + 2 * DAY) == 1406
    counts = store.counts()
    assert (counts["items"], counts["matches"], counts["stories"]) == (700, 1, 1)
    assert [r.at for r in store.recorded()] == [NOW + 2 * DAY]
    assert store.check() == []
    assert store.prune(NOW + 2 * DAY) == 0
    assert store.last_step_at() == NOW + 2 * DAY


def test_prune_keeps_what_alerts_and_living_signals_rest_on(store: Store) -> None:
    """An alert can be explained for ever, with all items of its stories."""
    items = tuple(item(n) for n in range(1, 6))
    store.commit(
        step(
            readings=(reading(*items),),
            matches=tuple(match(n) for n in range(1, 6)),
            stories=(
                story(1, items=("item1", "item2")),
                story(3, items=("item3",)),
                story(4, items=("item4",)),
            ),
            signals=(signal(1), signal(3), signal(4)),
            expired=(("mobilisation", "item1"), ("mobilisation", "item4")),
            alerts=(alert(1, stories=("item1",)),),
            deliveries=(delivery(1),),
        )
    )
    store.commit(step(NOW + 9 * DAY))
    store.prune(NOW + DAY)
    for kept in ("item1", "item2", "item3"):
        assert store.item(kept)
    for gone in ("item4", "item5"):
        with pytest.raises(StoreFailed):
            store.item(gone)
    assert store.story("item1").items == ("item1", "item2")
    assert store.alert("a0001").deliveries
    assert store.memory().signals == {"mobilisation": (signal(3),)}
    assert store.check() == []


def test_a_pruned_item_without_a_past_date_does_not_come_back_as_news(store: Store) -> None:
    """A feed that still carries it would raise a false alert; a dated one is recognised as ancient."""
    dated, undated = item(1, published=NOW - DAY), item(2, published=None)
    future = item(3, published=NOW + 400 * DAY)
    store.commit(step(readings=(reading(dated, undated, future),)))
    store.commit(step(NOW + 9 * DAY))
    store.prune(NOW + DAY)
    assert store.counts()["items"] == 0
    assert store.unseen([dated, undated, future]) == [dated]


# ---------------------------------------------------------------- together


def test_threads_read_while_one_writes(store: Store) -> None:
    """The status page asks from another thread; every answer is one consistent view."""
    wrong: list[object] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            counts = store.counts()
            if counts["items"] != 2 * counts["alerts"] or counts["items"] != 2 * counts["matches"]:
                wrong.append(counts)
            store.alerts(limit=5), store.states(), store.waiting()

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    for n in range(1, 40):
        at = NOW + n * MINUTE
        store.commit(
            step(
                at,
                readings=(reading(item(2 * n, at), item(2 * n + 1, at), at=at),),
                matches=(match(2 * n),),
                alerts=(alert(n, at),),
                deliveries=(delivery(n, at=at),),
            )
        )
        store.begin([delivery(n).id], at)
        store.sent([delivery(n).id], at)
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert store.counts()["deliveries_sent"] == 39


def test_threads_write_in_turn(store: Store) -> None:
    """Two threads that change the same rows lose nothing."""
    numbers = range(1, 21)
    store.add_alerts([alert(n) for n in numbers], [delivery(n) for n in numbers])

    def begin() -> None:
        for n in numbers:
            store.begin([delivery(n).id], NOW)

    writers = [threading.Thread(target=begin) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert {d.attempts for d, _ in store.waiting()} == {3}


def test_a_second_daemon_is_told_who_runs(store: Store, url: str) -> None:
    """One daemon a database; the place is free again when the first lets go."""
    with Store.open(url) as other:
        with store.lock():
            with (
                pytest.raises(StoreFailed, match=r"another iwmon \(pid \d+\) is running") as caught,
                other.lock(),
            ):
                pass
            assert caught.value.reason == "running"
            other.add_alerts([alert(1)], [])  # a person's command may still write
        with other.lock():
            other.commit(full_step())


def test_prune_and_check_are_calm_on_an_empty_store(store: Store) -> None:
    """Nothing to do is no error."""
    assert store.prune(NOW) == 0
    assert store.check() == []
    assert store.open_alerts() == []
    assert store.alerts() == []
    assert store.counts()["items"] == 0


def test_changes_are_newest_first(store: Store) -> None:
    """The history of a level, as many as asked for."""
    for n in range(5):
        at = NOW + n * HOUR
        store.commit(
            step(
                at,
                level_changes=(level_change(at=at), level_change("other", at)),
                coverage_changes=(replace(coverage_change(at=at), after=Coverage.PARTIAL),),
            )
        )
    assert [c.at for c in store.changes("mobilisation", 2)] == [NOW + 4 * HOUR, NOW + 3 * HOUR]
    assert len(store.coverage_changes("mobilisation")) == 5
