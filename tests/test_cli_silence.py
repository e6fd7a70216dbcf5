"""silence add, list, expire: what is silenced, until when, and what is sent when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from iwmon.cli.silencing import everything
from iwmon.config.labels import parse_matcher
from iwmon.model import Silence
from iwmon.store import Store
from newsroom import NOW, Newsroom, newsroom, run
from nouns import HOUR, NOON, SMALL, configured

SOON = "2022-10-10T12:05"
ADD = ("silence", "add")
WHY = ("--comment", "an exercise was announced", "--by", "ana")


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom polled once at noon: one critical alert, one blind, both sent."""
    with newsroom(tmp_path_factory.mktemp("silence")) as made:
        assert made.run("poll", "--now", NOW).exit_code == 0
        yield made


@pytest.fixture
def room(polled: Newsroom) -> Iterator[Newsroom]:
    """The same, with no silence in force at noon, before and after."""
    yield polled
    with stored(polled) as store:
        for one in store.silences(NOON):
            store.expire_silence(one.id, "test", NOON - 100 * HOUR)


def stored(room: Newsroom) -> Store:
    return Store.open(f"sqlite:///{room.database}")


def in_force(room: Newsroom) -> list[Silence]:
    with stored(room) as store:
        return [one for one in store.silences(NOON) if one.ends > one.begins]


# ---------------------------------------------------------------- add


def test_a_silence_says_what_it_covers_and_until_when(room: Newsroom) -> None:
    """In the configuration's time zone, with the alerts that it covers by name, and how to end it."""
    done = room.run(*ADD, "indicator=mobilisation", "--for", "3d", *WHY, "--now", SOON)
    assert done.exit_code == 0, done.output
    (one,) = in_force(room)
    assert 'Silent until 13 Oct 14:05 CEST, in 3 days: indicator="mobilisation"' in done.stdout
    assert f"silence {one.id}, by ana: an exercise was announced" in done.stdout
    assert "It covers 1 alert open or waiting now:" in done.stdout
    assert "CRITICAL: Mobilisation and readiness" in done.stdout
    assert f"iwmon silence expire {one.id}" in done.stdout
    assert (one.begins, one.ends) == (NOON + HOUR / 12, NOON + HOUR / 12 + timedelta(days=3))


def test_a_silence_of_what_may_come_says_so(room: Newsroom) -> None:
    done = room.run(*ADD, "indicator=convoys", 'severity=~"watch|info"', "--for", "1d12h", *WHY, "--now", NOW)
    assert "It covers nothing that is open now, only what may come." in done.stdout
    (one,) = in_force(room)
    assert one.ends - one.begins == timedelta(hours=36)
    assert [matcher.op for matcher in one.matchers] == ["=", "=~"]


def test_a_silence_may_begin_later(room: Newsroom) -> None:
    """--begin and --until; both may name a zone; it waits, and covers nothing before."""
    times = ("--begin", "2022-10-10T18:00+02:00", "--until", "2022-10-11T07:00+02:00")
    document = room.json(*ADD, "judgement=kj-2", *times, *WHY, "--now", NOW)
    assert document["silence"]["begins"] == "2022-10-10T16:00:00Z"
    assert document["silence"]["ends"] == "2022-10-11T05:00:00Z"
    assert document["silence"]["state"] == "pending"
    assert document["silence"]["matchers"] == ['judgement="kj-2"']
    assert {one["kind"] for one in document["covers"]} >= {"level_up"}
    words = room.run("silence", "list", "--now", NOW).stdout
    assert "pending, from 18:00 CEST until 11 Oct 07:00 CEST; by ana" in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["indicator=mobilization", "--for", "1d", *WHY], "mobilization (did you mean mobilisation?)"),
        (["judgement=KJ-2", "--for", "1d", *WHY], "did you mean kj-2?"),
        (["source=zzz", "--for", "1d", *WHY], "there is no source zzz (one of nashaniva, pravda"),
        (["indicator=~mobiliz.*", "--for", "1d", *WHY], "no indicator is like mobiliz.* (one of mobil"),
        (["indicator!=mobilization", "severity=watch", "--for", "1d", *WHY], "there is no indicator mobil"),
        (["indikator=mobilisation", "--for", "1d", *WHY], "no alert has a label"),
        (["severity=loud", "--for", "1d", *WHY], "severity is never"),
        (["mobilisation", "--for", "1d", *WHY], 'is not a condition (write label="value"'),
        (["severity=~(", "--for", "1d", *WHY], "is not a regular expression"),
        (["kind=blind, level=watch", "--for", "1d", *WHY], "several conditions in one (give each as an arg"),
        (["indicator!=mobilisation", "--for", "1d", *WHY], "a condition that an empty label does not meet"),
        (["judgement=kj-2", "--for", "1d"], "a silence needs a comment"),
        (["judgement=kj-2", "--for", "1d", "--comment", "x", "--by", " "], "the name is empty"),
        (["judgement=kj-2", *WHY], "a silence needs an end (say how long, --for 3d"),
        (["judgement=kj-2", "--for", "1d", "--until", "2022-10-12", *WHY], "a silence has two ends"),
        (["judgement=kj-2", "--for", "3 days", *WHY], "is not a duration (write 3d)"),
        (["judgement=kj-2", "--for", "0s", *WHY], "must be longer than nothing"),
        (["judgement=kj-2", "--until", "tomorrow", *WHY], "is not a time"),
        (["judgement=kj-2", "--until", "2022-10-09", "--begin", "2022-10-08", *WHY], "would be over already"),
        (["judgement=kj-2", "--until", "2022-10-09", *WHY], "ends before it begins"),
        (["severity=~.+", "--for", "1d", *WHY], "silences every alert that there can be (narrow it"),
        (["level=~.*", "severity=~info|watch|warning|critical", "--for", "1d", *WHY], "silences every alert"),
        (["--for", "1d", *WHY], "Missing argument"),
    ],
)  # fmt: skip
def test_a_silence_that_makes_no_sense_is_refused(room: Newsroom, arguments: list[str], words: str) -> None:
    """Exit 2, in words that say what to write, and nothing is kept."""
    done = room.run(*ADD, *arguments, "--now", NOW)
    assert done.exit_code == 2, done.output
    assert words in " ".join(done.stderr.split())
    assert in_force(room) == []


def test_a_silence_of_everything_wants_a_yes(room: Newsroom) -> None:
    done = room.run(*ADD, "severity=~.+", "--for", "1h", *WHY, "--yes", "--now", NOW)
    assert done.exit_code == 0
    with stored(room) as store:
        assert f"It covers {len(store.open_alerts())} alerts open or waiting now:" in done.stdout


@pytest.mark.parametrize(
    ("matchers", "all_of_it"),
    [
        (['severity=~".+"'], True),
        (['judgement=~".*"', 'severity!~"none"'], True),
        (['indicator=~"mobilisation|grouping"'], True),  # those are all that there are
        (['judgement="kj-2"'], False),  # the only one, and yet named
        (['severity=~".+"', 'indicator="grouping"'], False),
        (['severity!="critical"', 'level=~".+"'], False),
    ],
)
def test_what_a_silence_of_everything_is(matchers: list[str], all_of_it: bool) -> None:
    """Each condition takes every value that its label can have."""
    assert everything(map(parse_matcher, matchers), configured(SMALL)) is all_of_it


# ---------------------------------------------------------------- list and expire


def test_silences_are_listed_by_what_they_do_now(room: Newsroom) -> None:
    """In force first, with what each covers, then to come; those that are over only with --all."""
    room.run(*ADD, "kind=blind", "--for", "1h", "--comment", "down", "--by", "ben", "--now", NOW)
    room.run(*ADD, "indicator=convoys", "--begin", "2022-10-10T13:00", "--for", "1h", *WHY, "--now", NOW)
    words = room.run("silence", "list", "--now", SOON).stdout
    first, second = words.index('kind="blind"'), words.index('indicator="convoys"')
    assert first < second
    assert "active, until 15:00 CEST, in 55 min; by ben: down" in words
    assert "covers 1 open alert" in words
    assert "pending, from 15:00 CEST until 16:00 CEST" in words
    later = ("--now", "2022-10-10T15:00")
    assert 'kind="blind"' not in room.run("silence", "list", *later).stdout
    assert "expired, over since 15:00 CEST" in room.run("silence", "list", "--all", *later).stdout
    document = room.json("silence", "list", "--all", *later)
    assert {one["state"] for one in document["silences"]} == {"expired"}


def test_ending_one_says_what_is_sent_now(room: Newsroom) -> None:
    """What it kept back, to whom; what another silence still keeps; and it is over."""
    long = room.json(*ADD, "indicator=mobilisation", "--for", "9h", *WHY, "--now", NOW)["silence"]["id"]
    short = room.json(*ADD, "severity=critical", "--for", "2h", *WHY, "--now", NOW)["silence"]["id"]
    with stored(room) as store:
        rise = next(one for one in store.alerts() if one.alert.kind == "level_up")
        told = rise.deliveries[0]
        turn = len(rise.deliveries)
        waits = replace(told, id=f"held{turn}", kind="reminder", turn=turn, state="pending", sent=None)
        store.add_alerts([], [replace(waits, next_attempt=NOON, created=NOON, attempts=0)])
        store.settle([(waits.id, NOON + HOUR, f"silence {short} by ana: an exercise")], (), NOON)
    done = room.run("silence", "expire", short[:6], "--by", "ben", "--now", SOON)
    assert done.exit_code == 0, done.output
    assert f'Silence {short} ended by ben: severity="critical"' in done.stdout
    assert f"Still silent, until 23:00 CEST, by {long}:" in done.stdout
    assert "CRITICAL: Mobilisation" in done.stdout
    document = room.json("silence", "expire", long, "--by", "ben", "--now", SOON)
    assert document["was"] == "active"
    assert [(one["receiver"], one["still_silenced_by"]) for one in document["kept_back"]] == [("desk", None)]
    again = room.run("silence", "expire", long, "--now", SOON)
    assert "was over already, since 14:05 CEST" in again.stdout
    with stored(room) as store:
        store.settle((), [(waits.id, "the test is over")], NOON)
        events = [one.detail for one in store.ledger_all() if one.event == "unsilenced"]
    assert f"silence {long} ended by ben" in events


def test_ending_one_that_kept_nothing_back(room: Newsroom) -> None:
    made = room.json(*ADD, "indicator=balloons", "--for", "9h", *WHY, "--now", NOW)["silence"]["id"]
    done = room.run("silence", "expire", made, "--by", "ben", "--now", SOON)
    assert "It kept nothing back: nothing is sent now." in done.stdout


def test_one_that_has_not_begun_can_be_ended(room: Newsroom) -> None:
    """It never comes into force, and is not listed as one to come."""
    late = ("--begin", "2022-10-10T18:00", "--for", "1h")
    made = room.json(*ADD, "kind=blind", *late, *WHY, "--now", NOW)["silence"]["id"]
    done = room.run("silence", "expire", made, "--now", SOON)
    assert "It kept nothing back" in done.stdout
    assert made not in room.run("silence", "list", "--now", SOON).stdout
    assert (
        f"{made}; expired, ended before it began"
        in room.run("silence", "list", "--all", "--now", SOON).stdout
    )
    assert "was over already." in room.run("silence", "expire", made, "--now", SOON).stdout


def test_no_such_silence(room: Newsroom) -> None:
    """Exit 1, and where to look."""
    done = room.run("silence", "expire", "ffffffff", "--now", SOON)
    assert done.exit_code == 1
    assert "no silence ffffffff (iwmon silence list shows them)" in done.stderr


def test_hostile_words_reach_no_terminal(room: Newsroom) -> None:
    """A comment is cleaned before it is kept."""
    said = ("--comment", "a\x1b[31m\u202eb\nc", "--by", "x\x07y")
    made = room.run(*ADD, "indicator=balloons", "--for", "1h", *said, "--now", NOW)
    out = made.stdout + room.run("silence", "list", "--now", SOON).stdout
    assert "by xy: a[31mb c" in out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_a_database_is_needed(tmp_path: Path) -> None:
    """Exit 1: a silence in a new database would silence nothing."""
    done = run("silence", "list", "--db", str(tmp_path / "none.db"))
    assert done.exit_code == 1
    assert "no database" in done.stderr
