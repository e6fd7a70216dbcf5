"""What a reader of files gives for each row: its fields as they stand there, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# Names that a line of JSONL, a CSV's heading and a Parquet file share. All others are ignored.
TEXTS = ("title", "url", "publisher", "feed", "language", "summary", "body")
DATES = ("first_seen", "published")
FIELDS = (*TEXTS, *DATES)


class Trouble(NamedTuple):
    """One thing that is wrong with a row. `kind` is a phrase for people, as in `iwmon.report.Fault`."""

    kind: str
    detail: str = ""
    used: bool = False  # it was mended


class Record(NamedTuple):
    """One row. `fields` None: it cannot be read, and `troubles` says why."""

    line: int  # where it begins, from 1
    fields: Mapping[str, object] | None
    troubles: tuple[Trouble, ...] = ()


DAMAGED = "damaged file"  # the one trouble that is no row's: what stands behind it is lost
