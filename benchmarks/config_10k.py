"""Reading a configuration of 10,000 indicators, against ruamel.yaml alone loading the same text.

    python benchmarks/config_10k.py [--quick]

iwmon: bytes → Config, everything checked and all queries compiled. Baseline: ruamel.yaml's own safe
loader in pure Python (the only one that comes with it): dicts without positions, nothing checked.
Seconds are of processor time: the work is one thread's, and other programs should not count.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from ruamel.yaml import YAML

from iwmon import config

TARGET_SECONDS = 10.0
WORDS = ("mobilis", "reservist", "exercis", "deploy", "command", "border", "airspace", "convoy", "fuel")


def configuration(count: int) -> str:
    """About 125 bytes an indicator, as in the measurements of the design."""
    lines = [
        "version: 1",
        "terms: {belarus: {en: [belarus*, belorus*], ru: [беларус*]}}",
        "sources: [{id: a, url: 'https://a.example/rss'}]",
        "judgements:",
    ]
    for number in range(count):
        if number % 50 == 0:
            lines += [f"  - id: kj-{number}", "    statement: It happens"]
            lines += ["    made_on: 2022-07-15", "    indicators:"]
        word = WORDS[number % len(WORDS)]
        lines += [
            f"      - id: i{number}",
            "        effect: supports",
            f"        query: {{en: $belarus NEAR/25 ({word}* OR w{number}*), ru: $belarus с{number}*}}",
        ]
    return "\n".join(lines) + "\n"


def seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="one round of 10,000, not three")
    rounds = 1 if arguments.parse_args().quick else 3
    text = configuration(10_000)
    content = text.encode()
    print(f"{len(content) / 1e6:.2f} MB, 10,000 indicators, 20,000 queries, {rounds} round(s)")
    ours, baseline = [], []
    for _ in range(rounds):
        baseline.append(seconds(lambda: YAML(typ="safe", pure=True).load(text)))
        ours.append(seconds(lambda: config.parse("indicators.yaml", lambda _: content, {})))
    mine, theirs = statistics.median(ours), statistics.median(baseline)
    print(f"iwmon, checked and compiled     {mine:6.2f} s")
    print(f"ruamel.yaml safe load, unchecked {theirs:5.2f} s")
    print(f"ratio iwmon / ruamel.yaml        {mine / theirs:5.2f}")
    met = mine < TARGET_SECONDS
    print(f"target: under {TARGET_SECONDS:.0f} s: {'met' if met else 'MISSED'} ({mine:.2f} s)")
    return 0 if met else 3


if __name__ == "__main__":
    sys.exit(main())
