"""`advance` with the project's own configuration: items a second, growth, and a year in memory.

    python benchmarks/advance.py [--quick]

Items are real news (rows of ../shared/data, in the order of their dates) where those are present, else
made up. They come in steps of one hour, each from one of the configured sources, and are read like any
feed's. The baseline is matching alone: the Matcher's pass over the same items, without stories, signals,
levels, coverage, assessments and alerts. So the ratio says what the warning model costs on top.

Growth: the same items in twice as many steps' worth (time should double), and with ten copies of every
judgement (62 → 620 indicators; time should grow by much less than ten times). Memory: a year of hourly
steps in one process of its own, whose peak resident size is read at the end.

Seconds are of processor time: the work is one thread's, and other programs should not count.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from iwmon import config, pipeline
from iwmon.model import Entry, FeedState, Memory, Reading

HERE = Path(__file__).resolve().parents[1]
DATA = HERE.parent / "shared" / "data"
FILES = ("rss_2022_01_11", "newsapi_2020_ru_and_belarus")
RATE = 4_000  # items a second
YEAR_MB = 500
HOUR = timedelta(hours=1)
START = datetime(2022, 1, 1, tzinfo=UTC)
AN_HOUR = 25  # items: 219,000 a year
SUBJECTS = ("Belarus calls up reservists", "Minsk talks", "Football in Brest", "Border closed", "Harvest")


def load(copies: int = 1) -> config.Config:
    """The project's configuration, with `copies` of every judgement and indicator under other ids."""

    def read(name: str) -> bytes:
        path = Path(name)
        return (path if path.exists() else HERE / name).read_bytes()

    loaded = config.parse("indicators.yaml", read, {})
    if copies == 1:
        return loaded
    text = ["version: 1", "sources:"]
    text += [f"  - {{id: s{n}, url: 'https://s{n}.example/rss'}}" for n in range(len(loaded.sources))]
    text += ["terms: " + json.dumps(loaded.terms, ensure_ascii=False, default=list), "judgements:"]
    for copy, judgement in itertools.product(range(copies), loaded.judgements.values()):
        text += [f"  - id: c{copy}-{judgement.id}", f"    statement: {json.dumps(judgement.statement)}"]
        text += [
            "    made_on: 2022-01-01",
            "    probability: likely",
            "    horizon: 10 years",
            "    indicators:",
        ]
        for name in judgement.indicators:
            one = loaded.indicators[name]
            if one.type == "absence":
                continue
            queries = json.dumps(dict(one.queries), ensure_ascii=False)
            text += [
                f"      - {{id: c{copy}-{name}, type: {one.type}, effect: {one.effect}, query: {queries}}}"
            ]
    content = "\n".join(text).encode()
    return config.parse("copies.yaml", lambda _: content, {})


def rows(count: int) -> list[tuple[str, str]]:
    """(title, summary) of so many items; real ones again from the beginning where they run out."""
    found = [row for name in FILES if (DATA / f"{name}.jsonl.gz").exists() for row in _real(name, count)]
    if not found:
        dice = random.Random(1)
        found = [(f"{dice.choice(SUBJECTS)} {n}", "and more of it " * 12) for n in range(20_000)]
    return list(itertools.islice(itertools.cycle(found), count))


def _real(name: str, count: int) -> Iterator[tuple[str, str]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, count // len(FILES) + 1):
            row = json.loads(line)
            yield row["title"], row.get("summary") or ""


def steps(
    loaded: config.Config, texts: Sequence[tuple[str, str]]
) -> Iterator[tuple[datetime, list[Reading]]]:
    """The texts as readings of the configured sources, an hour's in a step."""
    sources = [s for s in loaded.sources.values() if s.enabled]
    for number in range(0, len(texts), AN_HOUR):
        now = START + number // AN_HOUR * HOUR
        by_source: dict[str, list[Entry]] = {}
        for place, (title, summary) in enumerate(texts[number : number + AN_HOUR], start=number):
            source = sources[place % len(sources)]
            entry = Entry(f"{place}", f"https://{source.id}.example/{place}", title, summary, published=now)
            by_source.setdefault(source.id, []).append(entry)
        yield (
            now,
            [
                Reading(
                    source=name,
                    at=now,
                    state=FeedState.OK,
                    items=pipeline.identify(loaded.sources[name], entries, now, history=False),
                    entries=len(entries),
                    newest=now,
                    size=10_000,
                )
                for name, entries in by_source.items()
            ],
        )


def advanced(loaded: config.Config, texts: Sequence[tuple[str, str]]) -> tuple[float, Memory, int]:
    """(processor seconds of `advance` alone, the memory after, how many alerts)."""
    memory, spent, alerts = Memory(), 0.0, 0
    for now, readings in steps(loaded, texts):
        begun = time.process_time()
        step = pipeline.advance(loaded, memory, readings, now)
        spent += time.process_time() - begun
        memory, alerts = step.memory, alerts + len(step.alerts)
    return spent, memory, alerts


def matched(loaded: config.Config, texts: Sequence[tuple[str, str]]) -> float:
    """Processor seconds of matching alone."""
    spent = 0.0
    for _, readings in steps(loaded, texts):
        items = [item for reading in readings for item in reading.items]
        begun = time.process_time()
        for item in items:
            loaded.matcher.match(item)
        spent += time.process_time() - begun
    return spent


def year(count: int) -> None:
    """A replay in this process; prints what it left and its peak size. Run as a child."""
    spent, memory, alerts = advanced(load(), rows(count))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform == "darwin" else 1024
    )
    found = {
        "items": count,
        "seconds": spent,
        "peak_mb": peak,
        "stories": len(memory.stories),
        "signals": sum(len(own) for own in memory.signals.values()),
        "alerts": alerts,
    }
    print(json.dumps(found))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="fewer items and rounds, a month not a year")
    arguments.add_argument("--year", type=int, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.year:
        year(given.year)
        return 0
    rounds, count = (2, 10_000) if given.quick else (5, 25_000)
    one, ten = load(), load(copies=10)
    print(f"{len(one.judgements)} judgements, {len(one.indicators)} indicators, {len(one.sources)} sources")
    texts = rows(2 * count)
    alone, whole, double, copies = [], [], [], []
    for _ in range(rounds):
        alone.append(matched(one, texts[:count]))
        whole.append(advanced(one, texts[:count])[0])
        double.append(advanced(one, texts)[0])
        copies.append(advanced(ten, texts[:count])[0])
    base, mine = statistics.median(alone), statistics.median(whole)
    by_items = statistics.median(b / a for a, b in zip(whole, double, strict=True))
    by_indicators = statistics.median(b / a for a, b in zip(whole, copies, strict=True))
    rate = count / mine
    print(f"matching alone          {count / base:8,.0f} items a second (the baseline)")
    print(f"advance, all of it      {rate:8,.0f} items a second, {mine / base:.2f}× matching alone")
    print(f"twice the items         {by_items:8.2f}× the time")
    print(f"{len(one.indicators)} → {len(ten.indicators)} indicators     {by_indicators:8.2f}× the time")
    child = [sys.executable, __file__, "--year", str(AN_HOUR * 24 * (30 if given.quick else 365))]
    found = json.loads(subprocess.run(child, check=True, capture_output=True, text=True).stdout)
    print(
        f"{found['items']:,} items in hourly steps: {found['items'] / found['seconds']:,.0f} a second, peak "
        f"{found['peak_mb']:.0f} MB, {found['stories']} stories and {found['signals']} signals held, "
        f"{found['alerts']} alerts"
    )
    times = len(ten.indicators) / len(one.indicators)
    met = [
        _target(f"at least {RATE:,} items a second", rate >= RATE),
        _target("linear in items (within 25 %)", 1.5 <= by_items <= 2.5),
        _target(f"less than linear in indicators (under {times:.1f}×)", by_indicators < times),
        _target(f"under {YEAR_MB} MB", found["peak_mb"] < YEAR_MB),
    ]
    return 0 if all(met) else 3


def _target(words: str, met: bool) -> bool:
    print(f"target: {words}: {'met' if met else 'MISSED'}")
    return met


if __name__ == "__main__":
    sys.exit(main())
