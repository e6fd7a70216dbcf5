"""`iwmon diff` of a one-indicator edit over 200,000 stored items.

    python benchmarks/diff_200k.py [--quick]

Claim: under 10 s, by matching only what changed. The baseline is the same comparison without the stored
matches: both configurations match every item again. The result must be the same, byte for byte.

The database is that of 90 days under the project's own configuration: 200,000 items (real headlines of
../shared/data where those are present, else made up) from its sources, each polled every 15 minutes in steps
of five minutes; most polls bring nothing new. One item in 400 is a headline of the configuration's own
examples, so that there is something to weigh: with the real ones that match, more than twice as many as in
recorded news, where 2 in 1,000 do. Steps, readings and items are written with SQL, as in
status_1m.py; the matches are those of the configuration. The edit adds two words to one indicator's query.

The target's seconds are of the clock, since two processes work at a time: run it on a machine with two idle
cores. Processor seconds are printed beside them; where those go is measured apart, in one process.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

import advance as real
from iwmon import config, pipeline
from iwmon.config import Config
from iwmon.model import Entry, Item
from iwmon.replay import compare, remembered, rerun
from iwmon.store import Store

TARGET = 10.0  # seconds
DAYS, STEP = 90, timedelta(minutes=5)
EVERY = 3  # steps between two polls of a source
EVERY_OTHER = 400  # items between two that match
OLD_WORDS = "NEAR/25 (reservist* OR"
NEW_WORDS = f"{OLD_WORDS} tank* OR convoy* OR"


def build(path: Path, loaded: Config, count: int) -> None:
    """A database with so many items, with the configuration's matches."""
    url = f"sqlite:///{path}"
    with Store.open(url) as store:
        store.keep_config(loaded.digest, loaded.contents, real.START)
    steps = DAYS * 86400 // int(STEP.total_seconds())
    sources = [source for source in loaded.sources.values() if source.enabled]
    texts = real.rows(count)
    told = [text for one in loaded.indicators.values() for text in one.examples.match]
    for number in range(0, count, EVERY_OTHER):
        texts[number] = (f"{told[number * 7919 % len(told)]} {number}", "")
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN")
    made = matched = 0
    for n in range(1, steps + 1):
        at = real.START + n * STEP
        polled = [source for place, source in enumerate(sources) if place % EVERY == n % EVERY]
        due = count * n // steps - made
        items = [_item(polled[k % len(polled)], made + k, texts[made + k], at) for k in range(due)]
        matches = [match for item in items for match in loaded.matcher.match(item)]
        written = at.isoformat(timespec="microseconds")
        database.execute(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            (n, f"{n:016x}", written, loaded.digest, len(polled), len(items), len(matches)),
        )
        places = {source.id: place for place, source in enumerate(polled)}
        brought = {item.source for item in items}
        database.executemany(
            "INSERT INTO readings VALUES (?, ?, ?, ?, 'ok', '', 40, ?, 90000, ?, '[]')",
            [(n, place, i, written, written, i not in brought) for i, place in places.items()],
        )
        database.executemany(
            "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?, '', '', ?, '[]', ?, ?)",
            [
                (made + k + 1, item.id, item.source, item.entry.key, item.entry.url, item.entry.title,
                 item.entry.summary, written, item.entry.language, written, n, places[item.source])
                for k, item in enumerate(items)
            ],
        )  # fmt: skip
        database.executemany(
            "INSERT INTO matches VALUES (NULL, ?, ?, ?, ?, ?)",
            [
                (m.item, m.indicator, m.where, json.dumps(m.words, ensure_ascii=False), m.strength)
                for m in matches
            ],
        )
        made, matched = made + due, matched + len(matches)
    database.execute("COMMIT")
    database.close()
    print(f"{made:,} items in {steps:,} steps, {matched:,} matches, {path.stat().st_size / 2**20:.0f} MiB")


def _item(source, number: int, text: tuple[str, str], at) -> Item:
    title, summary = text
    key = str(number)
    entry = Entry(key, f"https://{source.id}.example/{key}", title, summary, published=at)
    return Item(pipeline.item_id(source.id, key), source.id, entry, at)


def timed(work: Callable[[], object], clock: Callable[[], float] = perf_counter) -> tuple[float, object]:
    """(Seconds, result)."""
    began = clock()
    result = work()
    return clock() - began, result


def of_children() -> float:
    """Processor seconds of all processes that have ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def diff(folder: Path, old: str, new: str) -> tuple[float, float, dict]:
    """(Seconds, processor seconds, what `iwmon diff --json` says)."""
    command = [sys.executable, "-m", "iwmon", "diff", old, new, "--since", f"{DAYS}d", "--json"]
    command += ["--db", str(folder / "iwmon.db")]
    before = of_children()
    seconds, done = timed(
        lambda: subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    )
    return seconds, of_children() - before, json.loads(done.stdout)


def split(path: Path, old: Config, new: Config) -> None:
    """Prints where the processor seconds of each side go."""
    with Store.open(f"sqlite:///{path}", create=False) as store:
        edges = store.edges()
        span = remembered.span((old, new), edges.first, edges.latest, edges.first)
        for name, loaded in (("old", old), ("new", new)):
            again, only = remembered.stale(loaded, {old.digest: old}), compare.touched(old, new)
            parts = (
                lambda: [None for _ in store.past(span.begin, span.until)],
                lambda loaded=loaded, again=again: [
                    None for _ in remembered.hours(store, loaded, again, span)
                ],
                lambda loaded=loaded, again=again, only=only: rerun.run(store, loaded, again, span, only),
            )
            reading, matched, whole = (timed(part, process_time)[0] for part in parts)
            print(
                f"  {name}: reading {reading:.1f} s, matching {matched - reading:.1f} s, "
                f"advance {whole - matched:.1f} s"
            )


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--quick", action="store_true", help="20,000 items")
    options = asked.parse_args()
    loaded = real.load()
    text = (real.HERE / "indicators.yaml").read_text("utf-8")
    assert OLD_WORDS in text
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "old.yaml").write_text(text, "utf-8")
        (folder / "new.yaml").write_text(text.replace(OLD_WORDS, NEW_WORDS, 1), "utf-8")
        took, _ = timed(lambda: build(folder / "iwmon.db", loaded, 20_000 if options.quick else 200_000))
        print(f"built in {took:.0f} s")
        seconds, used, found = diff(folder, "old.yaml", "new.yaml")
        print(found["sentence"], f"({', '.join(found['edited'])} edited)")
        new = read(folder / "new.yaml")
        split(folder / "iwmon.db", loaded, new)
        database = sqlite3.connect(folder / "iwmon.db")
        database.execute("UPDATE configs SET digest = 'unknown'")  # now nothing that is stored holds
        database.commit()
        database.close()
        base, base_used, again = diff(folder, "old.yaml", "new.yaml")
        said = {key: value for key, value in found.items() if key != "notes"}
        assert said == {key: value for key, value in again.items() if key != "notes"}, (
            "stored matches mislead"
        )
    print(f"diff                     {seconds:6.1f} s, {used:.1f} processor seconds")
    print(f"matching all items again {base:6.1f} s, {base_used:.1f} processor seconds: the baseline")
    print(f"ratio                    {base / seconds:6.1f}×, {base_used / used:.1f}× in processor seconds")
    met = seconds < TARGET
    print(f"target: under {TARGET:.0f} s: {'met' if met else 'MISSED'}")
    return 0 if met else 3


def read(path: Path) -> Config:
    """A configuration without includes."""
    return config.parse(path.name, lambda name: (path.parent / name).read_bytes(), {})


if __name__ == "__main__":
    sys.exit(main())
