"""kill -9 while steps are committed and messages sent: nothing is lost, nothing half-applied."""

from __future__ import annotations

import multiprocessing
import random
import time
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from iwmon.store import Store
from patience import PATIENCE
from store_nouns import MINUTE, NOW, alert, delivery, item, match, reading, signal, step, story

pytestmark = pytest.mark.slow
FORK = multiprocessing.get_context("fork")
ITEMS = 20


def _step(n: int) -> object:
    at = NOW + n * MINUTE
    items = [item(n * 100 + k, at, body="x" * 300) for k in range(ITEMS)]
    return step(
        at,
        readings=(reading(*items, at=at),),
        matches=(match(n * 100),),
        stories=(story(n * 100, at),),
        signals=(signal(n * 100, at=at),),
        alerts=(alert(n, at),),
        deliveries=(delivery(n, at=at),),
    )


def _commit_steps(url: str, first: int, told: Connection) -> None:
    with Store.open(url) as store, store.lock():
        for n in range(first, first + 10_000):
            store.commit(_step(n))  # type: ignore[arg-type]
            told.send(n)


def _last(told: Connection, otherwise: int) -> int:
    last = otherwise
    try:
        while told.poll():
            last = told.recv()
    except EOFError:
        pass
    return last


def test_a_killed_writer_loses_no_committed_step(tmp_path: Path) -> None:
    """100 kills: every step that was reported is there, with all its rows; the next is whole or absent."""
    url = f"sqlite:///{tmp_path}/iwmon.db"
    Store.open(url).close()
    chance = random.Random(3)
    done = 0
    for n in range(100):
        here, there = FORK.Pipe(duplex=False)
        process = FORK.Process(target=_commit_steps, args=(url, done + 1, there))
        process.start()
        there.close()
        if n % 2:  # every other one has begun to write, however slowly it started
            assert here.poll(PATIENCE)
        time.sleep(chance.uniform(0.02, 0.25))
        process.kill()
        process.join()
        reported = _last(here, done)
        with Store.open(url, patience=timedelta(seconds=5)) as store:
            counts = store.counts()
            done = counts["alerts"]
            assert done in (reported, reported + 1)
            assert counts["items"] == ITEMS * done
            assert counts["matches"] == counts["stories"] == counts["deliveries_pending"] == done
    assert done >= 50
    with Store.open(url) as store:
        assert store.check() == []
        assert len(list(store.recorded())) == done
        assert len(store.signals("mobilisation")) == done


def _deliver(url: str, arrived: Connection) -> None:
    with Store.open(url) as store, store.lock():
        for one, _ in store.waiting():
            store.begin([one.id], NOW)
            arrived.send((one.id, one.in_flight))
            time.sleep(0.002)
            store.sent([one.id], NOW)


def test_a_killed_sender_loses_no_message_and_marks_the_repeats(tmp_path: Path) -> None:
    """Every delivery arrives; one that arrives twice says the second time that it may be a repeat."""
    url = f"sqlite:///{tmp_path}/iwmon.db"
    numbers = range(800)
    with Store.open(url) as store:
        store.add_alerts([alert(n) for n in numbers], [delivery(n) for n in numbers])
    chance = random.Random(4)
    arrived: list[tuple[str, bool]] = []
    kills = 0
    while True:
        here, there = FORK.Pipe(duplex=False)
        process = FORK.Process(target=_deliver, args=(url, there))
        process.start()
        there.close()
        process.join(chance.uniform(0.02, 0.3))
        over = process.exitcode == 0
        kills += not over
        process.kill()
        process.join()
        try:
            while here.poll():
                arrived.append(here.recv())
        except EOFError:
            pass
        if over:
            break
    first = {identity for identity, _ in arrived}
    assert first == {delivery(n).id for n in numbers}
    assert len(arrived) - len(first) <= kills
    assert kills > 20
    seen: set[str] = set()
    for identity, possible_repeat in arrived:
        assert possible_repeat or identity not in seen
        seen.add(identity)


def _ack(url: str, mine: range) -> None:
    with Store.open(url) as store:
        for n in mine:
            store.ack(alert(n).id, "ann", "", NOW)


def test_two_processes_write_beside_the_daemon(tmp_path: Path) -> None:
    """People's commands and the daemon's steps wait for each other; nobody fails, nothing is lost."""
    url = f"sqlite:///{tmp_path}/iwmon.db"
    with Store.open(url) as store:
        store.add_alerts([alert(n) for n in range(1000, 1200)], [])
    here, there = FORK.Pipe(duplex=False)
    daemon = FORK.Process(target=_commit_steps, args=(url, 1, there))
    people = [FORK.Process(target=_ack, args=(url, range(1000 + k, 1200, 2))) for k in range(2)]
    for process in (daemon, *people):
        process.start()
    for process in people:
        process.join()
        assert process.exitcode == 0
    assert daemon.is_alive()
    daemon.kill()
    daemon.join()
    assert _last(here, 0) > 0
    with Store.open(url) as store:
        assert all(store.alert(alert(n).id).acked for n in range(1000, 1200))
        assert store.check() == []
