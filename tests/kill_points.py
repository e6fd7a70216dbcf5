"""Runs `iwmon poll` in forked children that are killed with SIGKILL at a named point, then runs it again.

    python tests/kill_points.py POINT COUNT FOLDER TEMPLATE

TEMPLATE is a configuration in which RUN stands for the number of the run. Everything is imported once, so
that a run costs a fork. Not a test by itself: test_kills.py starts it and counts what arrived.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apprise  # noqa: F401 - loaded once, before the forks
import sqlalchemy.event
from sqlalchemy.engine import Engine

from iwmon import cli, monitor, pipeline
from iwmon.fetch import Fetcher
from iwmon.store import Store


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(owner: Any, name: str) -> None:
    """Die when a function has returned."""
    original: Callable[..., Any] = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        die()
        return result

    setattr(owner, name, wrapped)


def before(owner: Any, name: str) -> None:
    """Die when a function is called."""
    setattr(owner, name, lambda *_, **__: die())


def after_fetch() -> None:
    original = Fetcher.fetch

    async def wrapped(self: Fetcher, request: Any) -> Any:
        await original(self, request)
        die()

    Fetcher.fetch = wrapped  # type: ignore[method-assign, assignment]


def inside_commit() -> None:
    """Die inside the transaction: everything was written, nothing committed."""
    original = Store.commit

    def armed(self: Store, *args: Any, **kwargs: Any) -> None:
        sqlalchemy.event.listen(Engine, "commit", lambda _: die())
        original(self, *args, **kwargs)

    Store.commit = armed  # type: ignore[method-assign]


POINTS: dict[str, Callable[[], None]] = {
    "after the fetch": after_fetch,
    "after the reading": lambda: before(pipeline, "advance"),
    "after the decision": lambda: after(pipeline, "advance"),
    "inside the commit": inside_commit,
    "after the commit": lambda: after(Store, "commit"),
    "before the look": lambda: before(Store, "open_alerts"),
    "before the gates": lambda: before(Store, "waiting"),
    "after the gates": lambda: after(Store, "settle"),
    "before the send": lambda: after(Store, "begin"),
    "after the send": lambda: before(Store, "sent"),
    "after the mark": lambda: after(Store, "sent"),
}


def poll(config: Path, now: datetime, point: str | None) -> int:
    """Fork, patch, poll; returns the wait status."""
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        if point:
            POINTS[point]()
        sys.argv = [
            "iwmon",
            "poll",
            "--now",
            now.isoformat(),
            "--config",
            str(config),
            "--db",
            f"sqlite:///{config.with_suffix('.db')}",
        ]
        try:
            cli.main()
        except SystemExit as end:
            os._exit(int(end.code or 0))
        os._exit(0)
    return os.waitpid(child, 0)[1]


def main() -> int:
    """Each run: poll (history), poll and be killed, poll again."""
    point, count, folder, template = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    start = datetime.now(UTC)
    for run in range(count):
        config = folder / f"run-{run}.yaml"
        config.write_text(template.read_text(encoding="utf-8").replace("RUN", str(run)), encoding="utf-8")
        for number, kill in enumerate((None, point, None)):
            status = poll(config, start + timedelta(hours=number), kill)
            killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            if killed != (kill is not None) or (not killed and os.WEXITSTATUS(status) != 0):
                print(f"run {run} poll {number} at {kill}: status {status}", file=sys.stderr)
                return 1
    return 0


assert monitor  # the patched names live there

if __name__ == "__main__":
    sys.exit(main())
