"""How well the queries of the project's own configuration find what a person says they should find.

    python benchmarks/matching_quality.py [--split tune|report|all] [--errors]

Reads hand-made labels (a CSV of dataset, url, field, split, language, indicators; lines that start with #
explain it) and the items they are about, from ../shared/data. Each labelled item is matched against every
indicator; what the labels name is wanted, whatever the modality: a denial has to be found before it can be
told from a report. Precision is the share of matches that are wanted, recall the share of the wanted that are
matched; "total" counts all pairs of item and indicator alike (micro average).

Queries were tuned on the half called `tune`; only the half called `report` says how good they are.
Exit 1 when the precision of the split is under 0.7 or its recall under 0.6. Without labels or data: skipped.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iwmon import config
from iwmon.model import Entry, Item

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
LABELS = ROOT / "tests" / "labels" / "items.csv"
PRECISION, RECALL = 0.7, 0.6  # of the split, at least
ANY_DAY = datetime(2022, 10, 10, tzinfo=UTC)  # queries do not look at times

# A language that the data set as a whole is in. What the rows of others say is not to be relied on: they call
# Polish English. For those every query applies, as it does to any feed without a language.
LANGUAGE_OF = {"newsapi_2020_ru_and_belarus": "ru", "fwd_news": "en", "warline_en_uk": "en"}
_CYRILLIC, _LATIN = re.compile("[а-яёіїєґў]", re.IGNORECASE), re.compile("[a-z]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says of one item: the indicators it is a sign of."""

    dataset: str
    url: str
    field: str  # "uk": the Ukrainian text that stands beside the English one
    split: str
    indicators: frozenset[str]


def labels(path: Path, split: str) -> list[Label]:
    """The labels of a split, in the order of the file."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    found = [
        Label(
            row["dataset"],
            row["url"],
            row["field"],
            row["split"],
            frozenset(re.split(r"[;,|\s]+", row["indicators"].strip())) - {"", "none", "-"},
        )
        for row in rows
    ]
    return [label for label in found if split in ("all", label.split)]


def items(wanted: list[Label]) -> Iterator[tuple[Label, Item]]:
    """The labelled items, read from the data sets; a repeated url counts once."""
    left: dict[tuple[str, str], list[Label]] = {}
    for label in wanted:
        left.setdefault((label.dataset, label.url), []).append(label)
    for dataset in sorted({label.dataset for label in wanted}):
        path = DATA / f"{dataset}.jsonl.gz"
        if not path.exists():
            print(f"skipped: no {path.name}", file=sys.stderr)
            continue
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                for label in left.pop((dataset, row.get("url") or ""), ()):
                    yield label, item(label, row)


def item(label: Label, row: dict[str, Any]) -> Item:
    """One row as iwmon would take it from a feed, in the text that was labelled."""
    if label.field == "uk":
        title, summary = row.get("title_uk") or "", row.get("summary_uk") or ""
    else:
        title, summary = row.get("title") or "", row.get("summary") or ""
    name = f"{label.dataset} {label.url} {label.field}"
    entry = Entry(name, label.url, title, summary, language=language(label, f"{title} {summary}"))
    return Item(name, label.dataset, entry, ANY_DAY)


def language(label: Label, text: str) -> str | None:
    """The language of an item where its data set tells it and its script does not contradict; else None."""
    told = "uk" if label.field == "uk" else LANGUAGE_OF.get(label.dataset)
    cyrillic = len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))
    return told if told is None or cyrillic == (told in ("ru", "uk", "be")) else None


def share(part: int, whole: int) -> str:
    """A share in per cent, "-" of nothing."""
    return f"{part / whole:6.0%}" if whole else "     -"


def main() -> int:
    """Match, count, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--split", choices=("tune", "report", "all"), default="report")
    parser.add_argument("--labels", type=Path, default=LABELS, help="default: tests/labels/items.csv")
    parser.add_argument("--quick", action="store_true", help="the same: it takes seconds")
    parser.add_argument("--errors", action="store_true", help="list wrong matches and misses by url")
    asked = parser.parse_args()
    if not asked.labels.exists() or not DATA.exists():
        print(f"skipped: {asked.labels if not asked.labels.exists() else DATA} is not here")
        return 0
    loaded = config.parse("indicators.yaml", lambda name: (ROOT / name).read_bytes(), {})
    wanted = labels(asked.labels, asked.split)
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    errors: list[tuple[str, str, str]] = []
    seen = 0
    for label, one in items(wanted):
        seen += 1
        found = {match.indicator for match in loaded.matcher.match(one)}
        right.update(found & label.indicators)
        wrong.update(found - label.indicators)
        missed.update(label.indicators - found)
        errors += [(name, "wrong", one.id) for name in found - label.indicators]
        errors += [(name, "missed", one.id) for name in label.indicators - found]
    print(f"{seen} of {len(wanted)} labelled items, split: {asked.split}\n")
    print(f"{'':26}positives  matches  precision  recall")
    for name in loaded.indicators:
        if right[name] + wrong[name] + missed[name]:
            print(line(name, right[name], wrong[name], missed[name]))
    counts = (right.total(), wrong.total(), missed.total())
    print(line("total", *counts))
    if unknown := sorted(set(missed) - set(loaded.indicators)):
        print(f"\nlabelled, but not in the configuration: {', '.join(unknown)}")
    if asked.errors:
        print()
        print("\n".join(f"{name}: {what}: {which}" for name, what, which in sorted(errors)))
    good = counts[0] >= PRECISION * (counts[0] + counts[1]) and counts[0] >= RECALL * (counts[0] + counts[2])
    print(f"\n{'ok' if good else 'NOT OK'}: precision {PRECISION:.0%} and recall {RECALL:.0%} are asked for")
    return 0 if good else 3


def line(name: str, right: int, wrong: int, missed: int) -> str:
    """One row of the table."""
    hits, positives = right + wrong, right + missed
    return f"{name:26}{positives:9}  {hits:7}  {share(right, hits):>9}  {share(right, positives):>6}"


if __name__ == "__main__":
    sys.exit(main())
