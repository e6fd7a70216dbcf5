"""`iwmon diff` over recorded files: both configurations at once, against two replays of the files.

    python benchmarks/diff_files.py [--quick]

Claim: an edit of one query costs at most 0.85 of two replays, and the reports are the same. What is saved is
reading and matching the rows a second time, and `advance` up to the first item that tells the sides apart.
The items are those of replay.py, in hourly steps, in one process. Both ways are
measured in turn; seconds are of processor time, and the medians are compared.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from time import process_time

import replay as whole
from iwmon import config
from iwmon.config import Config
from iwmon.replay import Replay
from iwmon.replay.locating import locate
from iwmon.replay.merging import Recording
from iwmon.replay.paired import Pair
from iwmon.report import Report

TARGET = 0.85
OLD_WORDS = "NEAR/25 (reservist* OR"
NEW_WORDS = f"{OLD_WORDS} tank* OR convoy* OR"


def edited() -> Config:
    """The project's configuration with two more words in a query."""
    text = (whole.HERE / "indicators.yaml").read_text("utf-8")
    assert OLD_WORDS in text
    return config.parse("indicators.yaml", lambda _: text.replace(OLD_WORDS, NEW_WORDS, 1).encode(), {})


def apart(paths: list[Path], configs: tuple[Config, Config]) -> tuple[Report, Report]:
    """Two replays, one after the other, each from the files."""
    found = []
    for loaded in configs:
        with Recording.open(paths, locate(loaded)) as rows:
            replay = Replay(loaded)
            replay.rows(rows)
            found.append(replay.report("benchmark"))
    return found[0], found[1]


def at_once(paths: list[Path], configs: tuple[Config, Config]) -> tuple[Report, Report]:
    """The same of files that are read and matched once."""
    with Recording.open(paths, locate(configs[0])) as rows:
        pair = Pair(*configs)
        pair.rows(rows, lambda step: None)
        return pair.reports("benchmark")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="a part of the items, one round")
    quick = arguments.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real = whole.DATA / f"{whole.FILES[-1]}.jsonl.gz"
        if real.exists():
            paths = [whole.part(real, folder / "part.jsonl.gz", "2022-11-08")] if quick else [real]
        else:
            paths = whole.made_up(folder, 20_000 if quick else 140_000)
        configs = whole.load(), edited()
        spent: dict[str, list[float]] = {"apart": [], "at once": []}
        for _ in range(1 if quick else 3):
            results = []
            for way, run in (("apart", apart), ("at once", at_once)):
                begun = process_time()
                results.append(run(paths, configs))
                spent[way].append(process_time() - begun)
            assert results[0] == results[1], "the reports differ"
    before, after = (statistics.median(seconds) for seconds in spent.values())
    print(f"{results[0][0].items:,} items, {results[0][0].steps:,} hourly steps; the reports are the same")
    print(f"two replays {before:.1f} s, at once {after:.1f} s: {after / before:.2f} of it")
    met = after <= TARGET * before
    print(f"target: at most {TARGET} of two replays: {'met' if met else 'MISSED'}")
    return 0 if met else 3


if __name__ == "__main__":
    sys.exit(main())
