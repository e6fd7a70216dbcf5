"""kill -9 before each commit of a dispatcher, and after each send: nothing lost, repeats only marked."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy.event
from sqlalchemy.engine import Engine

from desk import SECOND, Desk, config_of
from iwmon.model import Message, Receiver, Sent
from iwmon.store import Store
from nouns import HOUR, NOON
from test_ledger import TAIL

pytestmark = pytest.mark.slow
CONFIG = config_of(TAIL)
Action = tuple[int, Callable[[Desk], object]]


def scenario() -> list[Action]:
    """(seconds since noon, what happens): two groups, an escalation, a silence, closings, a digest."""
    happens: list[Action] = [
        (0, lambda desk: desk.rise("a1", "a2")),
        (10, lambda desk: desk.rise("b1", level="critical")),
        (2400, lambda desk: desk.silence(NOON + 2 * HOUR, ("judgement", "kj-2"))),
        (2410, lambda desk: desk.rise("b2")),
        (3000, lambda desk: desk.fall("a1")),
        (7500, lambda desk: desk.fall("b1", "a2", "b2")),
    ]
    passes = [0, 31, 32, 33, 41, 42, 43, 1300, 1301, 2420, 3301, 3302, 7201, 7202, 7203, 7900, 7901, 7902]
    passes += [64_801, 64_803, 72_000, 72_002]  # 08:00 in the morning, and after it
    happens += [(at, Desk.dispatch) for at in passes]
    return sorted(happens, key=lambda one: one[0])


def run(path: Path, first: int, told: Path, reached: Path, *, commit: int = -1, send: int = -1) -> None:
    """The scenario from action `first` on; dies before the `commit`-th commit or after the `send`-th send."""
    counts = Counter[str]()

    def count(what: str, limit: int) -> None:
        counts[what] += 1
        if counts[what] == limit:
            os.kill(os.getpid(), signal.SIGKILL)

    class Told(Desk):
        def send(self, receiver: Receiver, message: Message) -> Sent:
            with told.open("a", encoding="utf-8") as out:
                out.write(json.dumps([receiver.id, message.title, message.body]) + "\n")
            count("send", send)
            return Sent()

    with Store.open(f"sqlite:///{path}") as store:
        if commit > 0:
            sqlalchemy.event.listen(Engine, "commit", lambda _: count("commit", commit))
        desk = Told(store, CONFIG)
        for number, (at, what) in enumerate(scenario()):
            desk.now = NOON + at * SECOND
            if number < first:
                _remember(desk, number)
                continue
            reached.write_text(str(number))
            what(desk)
        reached.write_text("over")


def _remember(desk: Desk, number: int) -> None:
    """What the desk itself knows of an action that was done before the kill: the levels."""
    commit, silence, dispatch = desk.store.commit, desk.store.add_silence, desk.dispatcher
    desk.store.commit = lambda *_: None  # type: ignore[method-assign, assignment]
    desk.store.add_silence = lambda *_: None  # type: ignore[method-assign, assignment]
    what = scenario()[number][1]
    if what is not Desk.dispatch:
        what(desk)
    desk.store.commit, desk.store.add_silence = commit, silence  # type: ignore[method-assign]
    desk.dispatcher = dispatch


def killed(path: Path, told: Path, reached: Path, **where: int) -> bool:
    """Run it in a fork; whether it was killed."""
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        code = 1
        try:
            run(path, 0, told, reached, **where)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def lines(told: Path) -> Counter[tuple[str, str]]:
    """(receiver, what it was told), from titles and from the lists of messages that tell several."""
    found = Counter[tuple[str, str]]()
    for one in told.read_text(encoding="utf-8").splitlines():
        receiver, title, body = json.loads(one)
        listed = [line[2:].split("  [")[0] for line in body.splitlines() if line.startswith("• ")]
        for said in [title] if "Daily digest" in title else listed or [title]:
            found[receiver, said] += 1
    return found


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    path = tmp_path / "i.db"
    Store.open(f"sqlite:///{path}").close()
    shutil.copy(path, tmp_path / "empty.db")
    return path


def test_a_kill_anywhere_loses_nothing_and_marks_what_it_repeats(empty: Path, tmp_path: Path) -> None:
    """Before the first commit, the second, … the last; and after each send; then it is started again."""
    told, reached = tmp_path / "told", tmp_path / "reached"
    assert not killed(empty, told, reached)
    expected = lines(told)
    assert len(expected) >= 10
    kills = Counter[str]()
    for what in ("commit", "send"):
        for number in range(1, 200):
            for file in tmp_path.glob("i.db-*"):
                file.unlink()
            shutil.copy(tmp_path / "empty.db", empty)
            told.write_text("")
            if not killed(empty, told, reached, **{what: number}):
                break
            kills[what] += 1
            run(empty, int(reached.read_text()), told, reached)
            found = lines(told)
            again = Counter({k: n for k, n in found.items() if k[1].startswith("Possible repeat: ")})
            plain = found - again
            marked = {(receiver, said.removeprefix("Possible repeat: ")) for receiver, said in again}
            assert max(plain.values()) == 1, (what, number)
            assert set(plain) | marked == set(expected), (what, number)
            with Store.open(f"sqlite:///{empty}") as store:
                assert store.check() == []
                assert store.open_alerts() == []
                assert store.counts()["deliveries_pending"] == 0
    assert kills["commit"] > 20
    assert kills["send"] >= 8
