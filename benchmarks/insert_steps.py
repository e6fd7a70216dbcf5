"""Storing items in steps of 50, each a durable transaction (WAL, synchronous=FULL).

Claim: Store.commit costs at most twice what a user of SQLAlchemy Core pays for the same items, in one
transaction with the same pragmas, columns and indexes. "insert().values many" can be said in two ways:
`execute(insert(table).values(list_of_50))` and, quicker, `execute(insert(table), list_of_50)`. A step
that holds only items is held to twice the quicker one. A usual step is held to twice the first, which
writes only its items: it also has 5 readings, 5 matches, 3 stories, 3 signals, 1 alert, 2 deliveries,
3 changed states and 5 polls, in 13 more tables.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import sqlalchemy as sa

from iwmon.model import (
    Alert,
    Delivery,
    Entry,
    FeedState,
    IndicatorState,
    Item,
    Level,
    Match,
    Memory,
    PollState,
    Reading,
    Severity,
    Signal,
    SourceHealth,
    Step,
    Story,
)
from iwmon.store import Store

TARGET = 2.0
SIZE = 50
START = datetime(2022, 10, 10, tzinfo=UTC)
WORDS = ("мабілізацыя", "войска", "Belarus", "border", "troops", "convoy", "mobilizacja", "granica", "said")


def items(n: int, at: datetime, chance: random.Random) -> list[Item]:
    """Fifty items of 2.6 KB, the size of news texts in the issue."""
    made = []
    for k in range(SIZE):
        text = " ".join(chance.choices(WORDS, k=230))
        url = f"https://example.org/{n}/{k}"
        entry = Entry(url, url, text[:90], text[:400], text, at, "be", "Nasha Niva", "https://nashaniva.com")
        made.append(Item(f"{chance.getrandbits(80):020x}", f"s{k // 10}", entry, at))
    return made


def usual_step(n: int, chance: random.Random) -> tuple[Step, list[PollState]]:
    at = START + n * timedelta(minutes=10)
    new = items(n, at, chance)
    readings = tuple(
        Reading(f"s{k}", at, FeedState.OK, "", tuple(new[k * 10 : k * 10 + 10]), 40, at, 90_000)
        for k in range(5)
    )
    hit = new[::10]
    words = frozenset(WORDS)
    stories = tuple(
        Story(i.id, at, i.source, "independent", (i.id,), ("Nasha Niva",), words, words) for i in hit[:3]
    )
    signals = tuple(
        Signal("i1", i.id, "g", "independent", at, 0.56, "B", 6, i.id, i.entry.title, i.entry.url, "p",
               i.source, at, at, "title", ("войска",)) for i in hit[:3]
    )  # fmt: skip
    alert = Alert(f"{n:010}", "level_up", Severity.WARNING, at, "kj-2", "i1", "", "quiet", "warning",
                  "title", "text " * 200, "why", tuple(s.id for s in stories))  # fmt: skip
    step = Step(
        at,
        "c" * 64,
        readings,
        tuple(Match(i.id, "i1", "title", ("войска",), 1.0) for i in hit),
        stories,
        signals,
        (),
        (),
        (alert,),
        tuple(Delivery(f"{n:010}-{r}", alert.id, r, created=at, next_attempt=at) for r in ("a", "b")),
        (),
        Memory(
            {},
            {},
            {f"i{k}": IndicatorState(f"i{k}", Level.WATCH, at, n / 1e6 if k < 3 else 0.5) for k in range(28)},
            {
                f"s{k}": SourceHealth(f"s{k}", FeedState.OK, last_poll=at if k < 5 else START)
                for k in range(200)
            },
        ),
    )
    return step, [PollState(f"s{k}", at, timedelta(minutes=10)) for k in range(5)]


def bare_step(n: int, chance: random.Random) -> tuple[Step, list[PollState]]:
    at = START + n * timedelta(minutes=10)
    reading = Reading("s0", at, FeedState.OK, items=tuple(items(n, at, chance)))
    return Step(at, "c" * 64, (reading,), (), (), (), (), (), (), (), (), Memory()), []


# ---------------------------------------------------------------- the baseline

PLAIN = sa.Table(
    "items",
    sa.MetaData(),
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("id", sa.Text, unique=True, nullable=False),
    *(
        sa.Column(name, sa.Text, nullable=False)
        for name in ("source", "key", "url", "title", "summary", "body")
    ),
    sa.Column("published", sa.DateTime),
    sa.Column("language", sa.Text),
    sa.Column("publisher", sa.Text, nullable=False),
    sa.Column("publisher_url", sa.Text, nullable=False),
    sa.Column("first_seen", sa.DateTime, nullable=False),
    sa.Column("flags", sa.Text, nullable=False),
    sa.Column("step", sa.Integer, nullable=False, index=True),
    sa.Column("reading", sa.Integer, nullable=False),
)


def baseline(path: Path) -> sa.Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    PLAIN.metadata.create_all(engine)
    return engine


def rows(step: Step, n: int) -> list[dict[str, object]]:
    return [
        {
            "id": i.id,
            "source": i.source,
            "key": i.entry.key,
            "url": i.entry.url,
            "title": i.entry.title,
            "summary": i.entry.summary,
            "body": i.entry.body,
            "published": i.entry.published,
            "language": i.entry.language,
            "publisher": i.entry.publisher,
            "publisher_url": i.entry.publisher_url,
            "first_seen": i.first_seen,
            "flags": "[]",
            "step": n,
            "reading": place,
        }
        for place, reading in enumerate(step.readings)
        for i in reading.items
    ]


def one_statement(engine: sa.Engine, step: Step, n: int) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(PLAIN).values(rows(step, n)))


def executemany(engine: sa.Engine, step: Step, n: int) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(PLAIN), rows(step, n))


# ---------------------------------------------------------------- the run


def timed(work: Callable[[], None]) -> tuple[float, float]:
    began, cpu = perf_counter(), process_time()
    work()
    return perf_counter() - began, process_time() - cpu


def run(
    folder: Path, steps: int, make: Callable[[int, random.Random], tuple[Step, list[PollState]]]
) -> float:
    """Prints all sides, and returns our median over each baseline's. They take turns, step by step."""
    engines = {work: baseline(folder / f"{work.__name__}.db") for work in (one_statement, executemany)}
    times: dict[str, list[tuple[float, float]]] = {"Store.commit": []}
    times |= {work.__name__: [] for work in engines}
    with Store.open(f"sqlite:///{folder}/iwmon.db") as store:
        for n in range(1, steps + 1):
            step, polls = make(n, random.Random(n))
            sides: list[tuple[str, Callable[[], None]]] = [
                ("Store.commit", partial(store.commit, step, polls))
            ]
            sides += [(work.__name__, partial(work, engine, step, n)) for work, engine in engines.items()]
            for name, side in sides[n % 3 :] + sides[: n % 3]:
                times[name].append(timed(side))
    for engine in engines.values():
        engine.dispose()
    middle = {name: median(wall for wall, _ in taken[5:]) for name, taken in times.items()}
    print(f"{make.__name__}, median of {steps}:")
    for name, taken in times.items():
        cpu = median(cpu for _, cpu in taken[5:])
        print(f"  {name:14} {middle[name] * 1e3:6.2f} ms a step ({cpu * 1e3:5.2f} ms CPU)", end="")
        print(f"  Store.commit takes {middle['Store.commit'] / middle[name]:.2f}x of it")
    return {work.__name__: middle["Store.commit"] / middle[work.__name__] for work in engines}


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--quick", action="store_true", help="60 steps of each kind instead of 400")
    asked.add_argument("--folder", type=Path, help="where the databases stand (default: a temporary one)")
    options = asked.parse_args()
    ratios = []
    for make in (bare_step, usual_step):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            ratios.append(run(Path(folder), 60 if options.quick else 400, make))
    bare, usual = ratios[0]["executemany"], ratios[1]["one_statement"]
    met = max(bare, usual) <= TARGET
    print(
        f"target: at most {TARGET:.1f}x of SQLAlchemy Core;",
        f"result: items {bare:.2f}x, whole steps {usual:.2f}x",
        "(met)" if met else "(MISSED)",
    )
    return 0 if met else 3


if __name__ == "__main__":
    sys.exit(main())
