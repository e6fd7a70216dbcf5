"""`iwmon replay` over real items: items a second, two cores against one, and memory whatever the length.

    python benchmarks/replay.py [--quick]

The items are those of ../shared/data (the three sets of feeds, 220,321 rows; with --quick a part of
them), else made up. Each replay runs in a process of its own, with the project's own configuration, in
hourly steps.

The baseline is reading and matching alone, without `advance`: what a grep with iwmon's query language would
take. Seconds of one core are of processor time; where two cores work, of the clock. What can be split is
folding and matching: that part is also timed alone, in one worker process and in two, with the order kept.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from iwmon import config
from iwmon.model import Entry, Item
from iwmon.replay import Replay
from iwmon.replay.locating import locate
from iwmon.replay.matching import Matching
from iwmon.replay.merging import Recording

HERE = Path(__file__).resolve().parents[1]
DATA = HERE.parent / "shared" / "data"
FILES = ("rss_2020", "rss_2021", "rss_2022_01_11")
RATE, MEMORY_MB, SPLIT, MINUTE = 4_000, 500, 1.7, 75.0
START = datetime(2022, 1, 1, tzinfo=UTC)
SUBJECTS = ("Belarus calls up reservists", "Minsk talks", "Football in Brest", "Border closed", "Harvest")


def load() -> config.Config:
    """The project's configuration."""
    return config.parse("indicators.yaml", lambda name: (HERE / name).read_bytes(), {})


def made_up(folder: Path, count: int) -> list[Path]:
    """A file of made-up items, ten an hour."""
    dice, path = random.Random(1), folder / "made-up.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as out:
        for n in range(count):
            title = f"{dice.choice(SUBJECTS)} {n}"
            at = (START + timedelta(minutes=6 * n)).isoformat()
            row = {"title": title, "url": f"https://p{n % 90}.example/{n}", "publisher": f"p{n % 90}.example"}
            out.write(json.dumps(row | {"published": at, "summary": "and more of it " * 12}) + "\n")
    return [path]


def part(whole: Path, target: Path, since: str) -> Path:
    """The rows of a file that were published from a day on."""
    with gzip.open(whole, "rt", encoding="utf-8") as lines, gzip.open(target, "wt", encoding="utf-8") as out:
        out.writelines(line for line in lines if json.loads(line)["published"] >= since)
    return target


def one(paths: list[Path], since: datetime | None, workers: int, *, judge: bool) -> dict[str, Any]:
    """A replay in this process, or with `judge` off only its reading and matching."""
    loaded = load()
    wall, busy, begun = time.perf_counter(), time.process_time(), time.perf_counter()
    with Recording.open(paths, locate(loaded), since=since) as rows:
        opened = time.perf_counter() - begun
        if judge:
            replay = Replay(loaded, workers=workers)
            replay.rows(rows)
            report = replay.report("benchmark")
            said = {"alerts": len(report.raised), "matched": report.matched, "steps": report.steps}
        else:
            said = {"matched": sum(bool(loaded.matcher.match(_item(row.entry))) for row in rows)}
        items = rows.total
    return {
        "items": items,
        "wall": time.perf_counter() - wall,
        "busy": time.process_time() - busy,
        "opened": opened,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        / (1 << 20 if sys.platform == "darwin" else 1024),
        **said,
    }


def split(paths: list[Path], since: datetime | None, workers: int, count: int) -> float:
    """Seconds of the clock for matching so many items in worker processes; their start is not counted.

    The items that this holds are kept from the garbage collector: a replay never holds so many.
    """
    loaded = load()
    with Recording.open(paths, locate(loaded), since=since) as rows:
        items = [_item(row.entry, n) for n, row in enumerate(islice(rows, count))]
    with Matching(loaded, workers) as matching:
        for _ in matching.matched(items):  # all are up then, and warm
            pass
        gc.freeze()
        begun = time.perf_counter()
        kept = [ours is item for ours, (item, _) in zip(items, matching.matched(items), strict=True)]
        spent = time.perf_counter() - begun
        gc.unfreeze()
    assert all(kept), "the order was not kept"
    return spent


def _item(entry: Entry, number: int = 0) -> Item:
    return Item(str(number), "unlisted", entry, START)


def child(paths: list[Path], since: datetime | None, *more: str) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, *more, "--files", *map(str, paths)]
    command += ["--since", since.isoformat()] if since else []
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def ratios(paths: list[Path], since: datetime | None, rounds: int, count: int) -> Iterator[float]:
    """One worker's seconds over two workers', side by side."""
    for _ in range(rounds):
        alone, both = (split(paths, since, workers, count) for workers in (1, 2))
        yield alone / both


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="a part of the items, fewer rounds")
    for hidden in ("--one", "--matching"):
        arguments.add_argument(hidden, action="store_true", help=argparse.SUPPRESS)
    arguments.add_argument("--workers", type=int, default=0, help=argparse.SUPPRESS)
    arguments.add_argument("--since", type=datetime.fromisoformat, help=argparse.SUPPRESS)
    arguments.add_argument("--files", nargs="*", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.one or given.matching:
        print(json.dumps(one(given.files, given.since, given.workers, judge=given.one)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return report(Path(folder), quick=given.quick)


def report(folder: Path, *, quick: bool) -> int:
    """Measures, prints, and says which targets are met."""
    real = [DATA / f"{name}.jsonl.gz" for name in FILES]
    paths = real if all(path.exists() for path in real) else made_up(folder, 40_000 if quick else 220_000)
    since = None
    if quick and paths is real:
        paths = [part(real[-1], folder / "part.jsonl.gz", "2022-11-08")]
    alone = child(paths, since, "--matching")
    whole = child(paths, since, "--one")
    rate = whole["items"] / whole["busy"]
    print(f"{whole['items']:,} items, {whole['steps']:,} hourly steps, {whole['alerts']} alerts")
    print(f"reading and matching alone {alone['items'] / alone['busy']:8,.0f} items a second (the baseline)")
    times = whole["busy"] / alone["busy"]
    print(f"replay, one core           {rate:8,.0f} items a second, {times:.2f}× the baseline")
    cores = len(os.sched_getaffinity(0))
    met = [_target(f"at least {RATE:,} items a second on one core", rate >= RATE)]
    if cores > 1:
        two = child(paths, since, "--one", "--workers", "1")
        print(f"replay, a worker beside it {two['wall']:8.1f} s, alone {whole['wall']:.1f} s (clock)")
        ratio = statistics.median(ratios(paths, since, 1 if quick else 3, 20_000 if quick else 60_000))
        print(f"matching in two workers    {ratio:8.2f}× one worker")
        met.append(_target(f"two cores at least {SPLIT}× one where the work can be split", ratio >= SPLIT))
        if not quick:
            met.append(_target(f"{whole['items']:,} items in {MINUTE:.0f} s", two["wall"] <= MINUTE))
    half = child(paths[-1:], since, "--one")
    print(f"peak {whole['peak_mb']:.0f} MB; {half['peak_mb']:.0f} MB for {half['items']:,} items")
    met.append(_target(f"under {MEMORY_MB} MB", whole["peak_mb"] < MEMORY_MB))
    return 0 if all(met) else 3


def _target(words: str, met: bool) -> bool:
    print(f"target: {words}: {'met' if met else 'MISSED'}")
    return met


if __name__ == "__main__":
    sys.exit(main())
