"""The laws of the thirty days, on three of them with ten kills; and that the accounts would show a breach."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from iwmon.model import Level
from simulation import accounts, running, world
from simulation.accounts import Books, Figure

SECOND = timedelta(seconds=1)
slow = pytest.mark.slow


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """What is left of three days with a night of 25 hours."""
    folder: Path = tmp_path_factory.mktemp("three")
    run = running.Run(replace(world.THREE, kills=10), world.configured(), folder)
    running.simulate(run)
    return accounts.closed(run)


def again(books: Books, requests: list[accounts.Request]) -> Books:
    """The same books with another record of the service."""
    return replace(books, requests=requests, arrivals=type(books.arrivals)(list))


def missed(figures: list[Figure]) -> list[str]:
    return [figure.name for figure in figures if figure.faults]


@slow
@pytest.mark.timeout(400)
def test_three_days_keep_every_law(books: Books) -> None:
    """Ten kills, an outage in a crisis, a silence, a night of 25 hours: all is accounted for."""
    figures = accounts.figures(books)
    assert len(books.run.kills) == 10
    assert len(books.replayed) > 100
    assert books.silenced
    assert {one.name: one.faults for one in figures if one.faults} == {}
    assert sum(one.faults is not None for one in figures) >= 9


@slow
@pytest.mark.timeout(400)
def test_the_accounts_show_what_is_lost(books: Books) -> None:
    """A message that the service never had, and an alert that its message does not name."""
    plain = next(r for r in books.requests if r.answer == "sent" and books.arrivals[r.ids[0]] == [r])
    without = again(books, [r for r in books.requests if r is not plain])
    assert missed([accounts.lost(without)])
    mute = [replace(r, title="", body="") if r is plain else r for r in books.requests]
    named = [d.id for d, r in books.deliveries() if d.kind != "digest"]
    if plain.ids[0] in named:
        assert missed([accounts.lost(again(books, mute))])


@slow
@pytest.mark.timeout(400)
def test_the_accounts_show_repeats_storms_and_doubled_digests(books: Books) -> None:
    """The same message once more without a mark; eleven in a minute; a digest twice."""
    plain = next(r for r in books.requests if r.answer == "sent" and not r.marks)
    twice = again(books, [*books.requests, plain])
    assert "repeats that do not say so" in missed(accounts.repeats(twice))
    often = again(books, [*books.requests, plain, plain])
    assert missed(accounts.repeats(often)[:1])
    storm = [replace(plain, at=plain.at + n * SECOND) for n in range(11)]
    assert missed([accounts.rates(again(books, storm))])
    assert not missed([accounts.rates(again(books, storm[1:]))])
    digest = next(r for r in books.requests if r.ids[0] in books.slots and r.answer == "sent" and not r.marks)
    assert missed([accounts.digests(again(books, [*books.requests, digest]))])
    fewer = [r for r in books.requests if digest.ids[0] not in r.ids]
    assert missed([accounts.digests(again(books, fewer))])


@slow
@pytest.mark.timeout(400)
def test_the_accounts_show_what_has_no_fate_or_no_end(books: Books) -> None:
    """An alert that nobody heard of, a delivery that waits for no reason, one that is open for none."""
    identity, (alert, owed) = next(iter(books.replayed.items()))
    unheard = books.replayed | {"nobody": (replace(alert, id="nobody"), owed)}
    assert missed([accounts.accounted(replace(books, replayed=unheard))])
    elsewhere = books.replayed | {identity: (alert, owed | {"elsewhere"})}
    assert missed([accounts.accounted(replace(books, replayed=elsewhere))])
    waiting = next(r for r in books.records if any(d.state == "pending" and d.held for d in r.deliveries))
    idle = replace(waiting, deliveries=tuple(replace(d, held="", digest="") for d in waiting.deliveries))
    rest = [r for r in books.records if r is not waiting]
    assert missed([accounts.accounted(replace(books, records=[*rest, idle]))])
    quiet = dict.fromkeys(books.levels, Level.QUIET)
    assert missed([accounts.endings(replace(books, levels=quiet))])
    closed = next(r for r in books.records if r.resolved and any(d.kind == "resolved" for d in r.deliveries))
    unheard_end = replace(closed, deliveries=tuple(d for d in closed.deliveries if d.kind != "resolved"))
    others = [r for r in books.records if r is not closed]
    assert missed([accounts.endings(replace(books, records=[*others, unheard_end]))])


def test_slots_are_counted_on_the_wall_clock_in_both_nights() -> None:
    """02:30 comes twice in October, and not at all in March: a digest at the first, and after the gap."""
    autumn = dict(world.slots(world.THREE)["daily"])
    assert sorted(autumn) == ["2026-10-24T02:30", "2026-10-25T02:30", "2026-10-26T02:30"]
    assert autumn["2026-10-25T02:30"].isoformat() == "2026-10-25T00:30:00+00:00"
    spring = dict(world.slots(world.MARCH)["daily"])
    assert spring["2027-03-28T02:30"].isoformat() == "2027-03-28T01:00:00+00:00"
    assert len(spring) == 5


def test_the_same_plan_gives_the_same_world() -> None:
    """Or a process that was killed would wake up in another one."""
    short = replace(world.THREE, days=1)
    assert world.beats(short) == world.beats(short)
    assert world.deeds(short) == world.deeds(short)


def test_the_worst_minute_is_of_any_sixty_seconds() -> None:
    begins = world.THREE.begins
    assert accounts.busiest(begins + n * 30 * SECOND for n in range(9)) == 2
    assert accounts.busiest(begins + n * 29 * SECOND for n in range(9)) == 3
