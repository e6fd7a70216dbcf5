"""Recorded files → rows in the order of time: whatever the files are like, what can be used is used."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import os
import sys
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon.model import Failure
from iwmon.replay import lines, runs
from iwmon.replay.items import when
from iwmon.replay.locating import locate
from iwmon.replay.merging import Recording
from iwmon.replay.rows import UNLISTED, Row
from iwmon.report import Fault, Input
from nouns import configured

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

REAL = Path(__file__).parents[1] / ".." / "shared" / "data"
GOOD: dict[str, Any] = {
    "title": "Troops arrive in Brest",
    "url": "https://nn.example/1",
    "publisher": "Nasha Niva",
    "published": "2022-10-10T11:00:00Z",
    "first_seen": "2022-10-10T12:00:00Z",
}


def unlisted(publisher: str, feed: str, url: str) -> str:
    return UNLISTED


def line(**more: Any) -> bytes:
    """A line of JSONL, without its end; a field that is None is not there."""
    fields = {**GOOD, **more}
    return json.dumps({key: value for key, value in fields.items() if value is not None}).encode()


def written(folder: Path, data: bytes, name: str = "a.jsonl") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def read(*paths: Path, **more: Any) -> tuple[list[Row], tuple[Input, ...]]:
    """All rows and what there is to say of the files."""
    with Recording.open(paths, unlisted, **more) as recording:
        rows = list(recording)
        assert recording.total == len(rows) == sum(each.used for each in recording.inputs)
        assert recording.span == ((rows[0].at, rows[-1].at) if rows else None)
        return rows, recording.inputs


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2022, 10, 10, hour, minute, second, tzinfo=UTC)


def named(given: Input) -> list[tuple[int, str, bool]]:
    return [(fault.line, fault.kind, fault.used) for fault in given.named]


# ---------------------------------------------------------------- a row


def test_a_line_becomes_an_item_that_is_cleaned_as_a_feeds(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        line(
            title=" <b>Troops</b>\u200b arrive &amp; camp\x00 ",
            summary="A <i>convoy</i>",
            body="More",
            language="en-GB",
            feed="https://nn.example/rss",
            publisher="<b>Nasha</b> Niva",
            category="ignored",
        ),
    )
    with Recording.open([path], lambda *said: "|".join(said)) as recording:
        (row,) = recording
        assert recording.sources == {"Nasha Niva|https://nn.example/rss|https://nn.example/1"}
    assert row.at == at(12)
    assert row.source == "Nasha Niva|https://nn.example/rss|https://nn.example/1"
    assert (row.file, row.line, row.by_published) == (str(path), 1, False)
    entry = row.entry
    assert entry.title == "Troops arrive & camp"
    assert (entry.summary, entry.body, entry.language) == ("A convoy", "More", "en")
    assert (entry.key, entry.url) == ("https://nn.example/1", "https://nn.example/1")
    assert (entry.publisher, entry.published) == ("Nasha Niva", at(11))


@pytest.mark.parametrize(
    ("tag", "code"), [("en", "en"), ("pt-BR", "pt"), ("latin/other", None), ("English", None), ("", None)]
)
def test_only_a_code_is_a_language(tmp_path: Path, tag: str, code: str | None) -> None:
    (row,), (given,) = read(written(tmp_path, line(language=tag)))
    assert row.entry.language == code
    assert not given.faults


def test_an_item_without_an_address_is_known_by_its_publisher_and_title(tmp_path: Path) -> None:
    """The key must be the same in every run, and another one for another title."""
    data = b"\n".join(line(url=url, title=title) for url in ("javascript:x", None) for title in ("A", "B"))
    rows, _ = read(written(tmp_path, data))
    assert [row.entry.url for row in rows] == [""] * 4
    assert rows[0].entry.key == rows[2].entry.key != rows[1].entry.key == rows[3].entry.key
    expected = "sha256:b708403013"
    assert rows[0].entry.key.startswith(expected)


def test_repeats_are_kept(tmp_path: Path) -> None:
    rows, _ = read(written(tmp_path, line() + b"\n" + line() + b"\n"))
    assert [row.line for row in rows] == [1, 2]


# ---------------------------------------------------------------- when


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2022-10-10T12:00:00Z", at(12)),
        ("2022-10-10T12:00:00", at(12)),
        ("2022-10-10 12:00", at(12)),
        ("2022-10-10T14:00:00+02:00", at(12)),
        ("20221010T120000Z", at(12)),
        ("2022-10-10T12:00:00.250Z", at(12) + timedelta(milliseconds=250)),
        ("Mon, 10 Oct 2022 14:00:00 +0200", at(12)),
        ("10 октября 2022, 12:00", at(12)),
        ("1665403200", at(12)),
        ("1665403200000", at(12)),
        (1665403200, at(12)),
        (1665403200.0, at(12)),
        ("2022-10-10", at(0)),
        ("20221010", at(0)),
        (date(2022, 10, 10), at(0)),
        (datetime(2022, 10, 10, 12), at(12)),  # noqa: DTZ001 - as a Parquet file without zone gives it
        ("1970-01-01", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1969-12-31", None),
        ("2100-12-31", datetime(2100, 12, 31, tzinfo=UTC)),
        ("2101-01-01", None),
        ("1612123112345", datetime(2021, 1, 31, 19, 58, 32, 345000, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("2022-02-30", None),
        ("yesterday", None),
        ("", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (True, None),
        (["2022-10-10"], None),
        (None, None),
    ],
)
def test_dates_are_read_as_they_are_written(value: object, instant: datetime | None) -> None:
    assert when(value) == instant


@pytest.mark.parametrize(("year", "used"), [(1989, 0), (1990, 1), (2100, 1), (2101, 0)])
def test_no_news_is_seen_before_1990_or_after_2100(tmp_path: Path, year: int, used: int) -> None:
    data = line(first_seen=None, published=f"{year}-07-01T00:00:00Z")
    rows, (given,) = read(written(tmp_path, data))
    assert len(rows) == used
    assert given.faults == ({} if used else {"no date": 1})


def test_what_was_seen_may_claim_to_be_older_than_that(tmp_path: Path) -> None:
    """So that it is known for ancient, as it would be live."""
    (row,), _ = read(written(tmp_path, line(published="1975-01-01T00:00:00Z")))
    assert row.entry.published == datetime(1975, 1, 1, tzinfo=UTC)


def test_without_first_seen_the_publishing_counts_and_is_told(tmp_path: Path) -> None:
    data = line(first_seen=None) + b"\n" + line()
    rows, (given,) = read(written(tmp_path, data))
    assert [(row.at, row.by_published) for row in rows] == [(at(11), True), (at(12), False)]
    assert (given.rows, given.used, given.by_published) == (2, 2, 1)


def test_an_item_seen_long_before_it_was_published_stays_as_it_was_seen(tmp_path: Path) -> None:
    (row,), (given,) = read(written(tmp_path, line(first_seen="2022-10-10T01:00:00Z")))
    assert (row.at, row.entry.published) == (at(1), at(11))
    assert not given.faults


def test_a_first_seen_that_is_no_date_is_told(tmp_path: Path) -> None:
    (row,), (given,) = read(written(tmp_path, line(first_seen="soon")))
    assert (row.at, row.by_published) == (at(11), True)
    assert named(given) == [(1, "first_seen is no date", True)]
    assert "soon" in given.named[0].detail


def test_a_day_without_a_time_is_its_midnight_and_is_told(tmp_path: Path) -> None:
    data = line(first_seen="2022-10-10") + b"\n" + line(published="2022-10-10")
    rows, (given,) = read(written(tmp_path, data))
    assert [row.at for row in rows] == [at(0), at(12)]
    assert named(given) == [(1, "no time of day", True)]  # the second one's first_seen has a time


# ---------------------------------------------------------------- rows that are not as they should be


@pytest.mark.parametrize(
    ("bad", "kind", "detail", "used"),
    [
        (line(first_seen=None, published=None), "no date", "", False),
        (line(first_seen="", published="never"), "no date", "“never”", False),
        (
            line(first_seen=None, published="1850-01-01"),
            "no date",
            "“1850-01-01”: not between 1990 and 2100",
            False,
        ),
        (line(title="<br>", summary=""), "no text", "", False),
        (line(title=""), "no text", "", False),
        (line(title=["a"]), "not an item", "title is no text", False),
        (line(summary=7), "not an item", "summary is no text", False),
        (b"[1, 2]", "not an item", "a list, where an object is expected", False),
        (b"null", "not an item", "null, where an object is expected", False),
        (b'{"title": "a"', "not JSON", "column 14: Expecting ',' delimiter", False),
        (line() + line(), "not JSON", f"column {len(line()) + 1}: Extra data", False),
        (b"[" * 200_000, "not JSON", "nested too deeply", False),
        (b"1" * 200_000, "not JSON", "a number that is too long", False),
        (line().replace(b"Troops", b"Tr\xff\xfeops"), "broken UTF-8", "byte 14 of the line", True),
        (line().replace(b"Troops", b"Troo\0ps"), "NUL bytes", "", True),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_bad_row_is_named_and_the_rest_goes_on(
    tmp_path: Path, bad: bytes, kind: str, detail: str, used: bool
) -> None:
    path = written(tmp_path, b"\n".join([line(), bad, line(), b""]))
    rows, (given,) = read(path)
    assert given.faults == {kind: 1}
    assert given.named == (Fault(str(path), 2, kind, detail, used),)
    assert [row.line for row in rows] == ([1, 2, 3] if used else [1, 3])
    assert (given.rows, given.used) == (3, len(rows))


def test_broken_letters_are_replaced_and_the_words_beside_them_stay(tmp_path: Path) -> None:
    rows, _ = read(written(tmp_path, line().replace(b"Troops", b"Tr\xffops").replace(b"Brest", b"Bre\0st")))
    assert rows[0].entry.title == "Tr\ufffdops arrive in Brest"


def test_ends_of_lines_are_whatever_they_are(tmp_path: Path) -> None:
    """A byte order mark, empty lines, carriage returns, and no end at all; lines are those of the file."""
    data = b"\xef\xbb\xbf" + line() + b"\r\n\r\n  \n" + line() + b"\n\n" + line()
    rows, (given,) = read(written(tmp_path, data))
    assert [row.line for row in rows] == [1, 4, 6]
    assert not given.faults
    assert given.rows == 3


def test_all_faults_are_counted_and_the_first_of_each_kind_and_file_named(tmp_path: Path) -> None:
    bad = written(tmp_path, b"\n".join([b"x", line(title="")] * 40))
    other = written(tmp_path, b"x\n", "b.jsonl")
    rows, (first, second) = read(bad, other)
    assert not rows
    assert first.faults == {"not JSON": 40, "no text": 40}
    assert [fault.line for fault in first.named if fault.kind == "not JSON"] == [1, 3, 5, 7, 9]
    assert [fault.line for fault in first.named if fault.kind == "no text"] == [2, 4, 6, 8, 10]
    assert named(second) == [(1, "not JSON", False)]


def test_a_line_of_100_mb_costs_no_100_mb(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(line() + b"\n")
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + line())
    tracemalloc.start()
    try:
        rows, (given,) = read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [row.line for row in rows] == [1, 3]
    assert named(given) == [(2, "line too long", False)]
    assert peak < 12_000_000


def test_long_names_are_not_remembered(tmp_path: Path) -> None:
    """Caches of publishers and feeds must not grow with what a file makes up."""
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for n in range(30):
            long = f"{n}" + "x" * 1_000_000
            file.write(line(publisher=long, feed=f"https://{long}") + b"\n")
    source_of = locate(configured(WHO))
    tracemalloc.start()
    try:
        with Recording.open([path], source_of) as recording:
            assert recording.total == 30
            assert tracemalloc.get_traced_memory()[0] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("over", [0, 1])
def test_the_limit_of_a_line_is_its_text_without_the_end(tmp_path: Path, over: int, end: bytes) -> None:
    bare = line(summary="")
    data = line(summary="s" * (lines.LINE_LIMIT + over - len(bare))) + end
    rows, (given,) = read(written(tmp_path, data))
    assert len(rows) == 1 - over
    assert given.faults == ({"line too long": 1} if over else {})


# ---------------------------------------------------------------- order


def test_rows_of_several_files_come_in_the_order_of_time(tmp_path: Path) -> None:
    """Of one instant: first those of the file that is named first, by their lines."""
    one = written(tmp_path, b"\n".join(line(first_seen=f"2022-10-10T{h}:00:00Z") for h in (10, 12, 12, 14)))
    two = written(
        tmp_path, b"\n".join(line(first_seen=f"2022-10-10T{h}:00:00Z") for h in (11, 12, 15)), "b.jsonl"
    )
    rows, _ = read(two, one)
    assert [(row.at.hour, Path(row.file).name, row.line) for row in rows] == [
        (10, "a.jsonl", 1),
        (11, "b.jsonl", 1),
        (12, "b.jsonl", 2),
        (12, "a.jsonl", 2),
        (12, "a.jsonl", 3),
        (14, "a.jsonl", 4),
        (15, "b.jsonl", 3),
    ]


def test_disorder_is_told_and_mended(tmp_path: Path) -> None:
    hours = (10, 9, 12, 11, 11, 13)
    path = written(tmp_path, b"\n".join(line(first_seen=f"2022-10-10T{h:02}:00:00Z") for h in hours))
    rows, (given,) = read(path)
    assert [row.at.hour for row in rows] == sorted(hours)
    assert named(given) == [(2, "out of order", True), (4, "out of order", True)]
    assert given.named[0].detail == "2022-10-10 09:00 after 2022-10-10 10:00"


def test_a_recording_can_be_read_again_and_by_two_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, b"\n".join(line(title=f"T{n}") for n in range(1_000)))
    with Recording.open([path, path], unlisted) as recording:
        first, second = iter(recording), iter(recording)
        pairs = list(zip(first, second, strict=True))
        assert all(a == b for a, b in pairs)
        assert [a for a, _ in pairs] == list(recording)
        assert len(pairs) == 2_000


def test_files_may_be_gone_by_the_time_that_their_rows_are_wanted(tmp_path: Path) -> None:
    path = written(tmp_path, line())
    with Recording.open([path], unlisted) as recording:
        path.unlink()
        assert len(list(recording)) == 1


def test_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, line())
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with Recording.open([path], unlisted) as recording:
        assert list(recording)
        assert not list(folder.iterdir())  # not even now: so that a kill leaves nothing either
    with pytest.raises(ValueError, match="closed"):
        list(recording)


def test_a_disk_without_room_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    monkeypatch.setattr(runs.tempfile, "TemporaryFile", lambda **_: full.open("r+b", buffering=0))
    with pytest.raises(Failure, match="No space left") as failure:
        read(written(tmp_path, line()))
    assert "TMPDIR" in failure.value.hint


moments = st.integers(0, 200)


@given(st.lists(st.lists(moments, max_size=60), max_size=4), st.integers(1, 9), st.integers(2, 4))
def test_any_rows_come_out_sorted_however_little_is_held(
    files: list[list[int]], held: int, merged: int
) -> None:
    """The law of `Runs`: sorted(rows), with any number of rows at a time and of runs at once."""
    rows = [(at, file, line, ("x" * at,)) for file, ats in enumerate(files) for line, at in enumerate(ats)]
    with pytest.MonkeyPatch.context() as patch, runs.Runs() as kept:
        patch.setattr(runs, "_SORTED_ROWS", held)
        patch.setattr(runs, "_CHUNK_ROWS", 3)
        patch.setattr(runs, "_MERGED", merged)
        for row in rows:
            kept.add(row)
        kept.finish()
        assert list(kept) == sorted(rows)


def test_rows_in_order_are_copied_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_SORTED_ROWS", 10)
    with runs.Runs() as kept:
        for n in range(1_000):
            kept.add((n, 0, n, ("x",)))
        kept.finish()
        assert len(kept._runs) == 1
        assert len(list(kept)) == 1_000


def test_memory_is_bounded_whatever_the_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 MB of rows in the worst order, those of each file backwards, in a few MB."""
    monkeypatch.setattr(runs, "_SORTED_SIZE", 1_000_000)
    monkeypatch.setattr(runs, "_CHUNK_SIZE", 20_000)
    text = "x" * 10_000
    tracemalloc.start()
    try:
        with runs.Runs() as kept:
            for n in range(10_000):
                kept.add((-n, 0, n, (f"{n}{text}",)))
            kept.finish()
            assert sum(1 for _ in kept) == 10_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_since_and_until_are_a_half_open_stretch(tmp_path: Path) -> None:
    """Rows outside are read and not used, and what is mended in them is nobody's concern."""
    data = [line(first_seen=f"2022-10-10T{h}:00:00Z") for h in (14, 12, 13, 11)]
    data[0] = data[0].replace(b"Troops", b"Tr\xffops")
    path = written(tmp_path, b"\n".join([*data, b"x"]))
    rows, (given,) = read(path, since=at(12), until=at(14))
    assert [row.at for row in rows] == [at(12), at(13)]
    assert (given.rows, given.used) == (5, 2)
    assert given.faults == {"not JSON": 1}


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, b"\n".join(line() for _ in range(5_000)))
    empty = written(tmp_path, b"", "b.jsonl")
    told: list[tuple[int, int]] = []
    Recording.open([path, empty, path], unlisted, progress=lambda *now: told.append(now))
    whole = 2 * path.stat().st_size
    assert told == sorted(told)
    assert told[-1] == (whole, whole)
    assert len(told) > 8


# ---------------------------------------------------------------- packed files


def packed_gzip(*parts: bytes) -> bytes:
    return b"".join(map(gzip.compress, parts))


def packed_zstd(*parts: bytes) -> bytes:
    return b"".join(map(zstd.compress, parts))


Pack = Callable[..., bytes]


@pytest.mark.parametrize(("pack", "ending"), [(packed_gzip, ".gz"), (packed_zstd, ".zst")])
class TestPacked:
    """gzip and zstd."""

    def test_several_members_are_one_file(self, tmp_path: Path, pack: Pack, ending: str) -> None:
        data = line() + b"\n" + line() + b"\n"
        rows, (given,) = read(written(tmp_path, pack(data[:50], data[50:]), f"a.jsonl{ending}"))
        assert [row.line for row in rows] == [1, 2]
        assert not given.faults

    def test_what_stands_before_the_break_is_used(self, tmp_path: Path, pack: Pack, ending: str) -> None:
        whole = b"".join(line(title=os.urandom(30).hex()) + b"\n" for _ in range(20_000))
        packed = pack(whole)
        path = written(tmp_path, packed[: len(packed) // 2], f"a.jsonl{ending}")
        rows, (given,) = read(path)
        assert 8_000 < len(rows) < 12_000
        assert given.named == (
            Fault(str(path), len(rows) + 1, "damaged file", "it breaks off before its end", False),
        )
        assert given.rows == given.used == len(rows)

    def test_what_is_broken_in_the_middle_is_told(self, tmp_path: Path, pack: Pack, ending: str) -> None:
        whole = b"".join(line(title=os.urandom(30).hex()) + b"\n" for _ in range(20_000))
        packed = bytearray(pack(whole))
        for place in range(len(packed) // 2, len(packed) // 2 + 2_000):
            packed[place] ^= 0x5A
        rows, (given,) = read(written(tmp_path, bytes(packed), f"a.jsonl{ending}"))
        assert len(rows) < 20_000
        assert given.faults["damaged file"] == 1
        (broken,) = (fault for fault in given.named if fault.kind == "damaged file")
        assert broken.line > len(rows)

    def test_rubbish_behind_the_end_costs_nothing_before_it(
        self, tmp_path: Path, pack: Pack, ending: str
    ) -> None:
        rows, (given,) = read(written(tmp_path, pack(line() + b"\n") + b"rubbish", f"a.jsonl{ending}"))
        assert len(rows) == 1
        assert named(given) == [(2, "damaged file", False)]

    def test_the_name_may_be_wrong(self, tmp_path: Path, pack: Pack, ending: str) -> None:
        """What was unpacked on its way keeps its name, and what was packed again, too."""
        plain = written(tmp_path, line(), f"a.jsonl{ending}")
        packed = written(tmp_path, pack(line()), "b.jsonl")
        rows, _ = read(plain, packed)
        assert len(rows) == 2

    def test_tables_can_be_packed(self, tmp_path: Path, pack: Pack, ending: str) -> None:
        rows, _ = read(written(tmp_path, pack(b"title,published\nA,2022-10-10 12:00\n"), f"a.csv{ending}"))
        assert rows[0].entry.title == "A"


def test_a_bomb_is_read_line_by_line(tmp_path: Path) -> None:
    """A few KB that unpack to 200 MB in one line, and to 2 million empty ones."""
    path = written(tmp_path, packed_zstd(b"x" * 200_000_000, b"\n" * 2_000_000, line()), "a.jsonl.zst")
    assert path.stat().st_size < 30_000
    rows, (given,) = read(path)
    assert [row.line for row in rows] == [2_000_001]
    assert given.faults == {"line too long": 1}


# ---------------------------------------------------------------- tables


def test_a_table_has_the_names_of_jsonl_as_columns(tmp_path: Path) -> None:
    data = (
        "\ufeffURL; Title ;first_seen;rank;publisher\r\n"
        'https://nn.example/1;"One; with\r\na second line";2022-10-10 12:00;1;NN\r\n'
        "\r\n"
        "https://nn.example/2;Two;2022-10-10 13:00;2;NN\r\n"
    )
    rows, (given,) = read(written(tmp_path, data.encode(), "a.csv"))
    assert [(row.line, row.entry.title, row.entry.url, row.at) for row in rows] == [
        (2, "One; with a second line", "https://nn.example/1", at(12)),
        (5, "Two", "https://nn.example/2", at(13)),
    ]
    assert rows[0].entry.publisher == "NN"
    assert not given.faults
    assert given.rows == 2


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_whatever_separates_the_heading_separates_the_cells(tmp_path: Path, separator: str) -> None:
    out = io.StringIO()
    sheet = csv.writer(out, delimiter=separator)
    sheet.writerow(["title", "published"])
    sheet.writerow(['A "quoted", cell; with\tall', "2022-10-10 12:00"])
    rows, _ = read(written(tmp_path, out.getvalue().encode(), "a.tsv"))
    assert rows[0].entry.title == 'A "quoted", cell; with all'


def test_broken_cells_are_named_with_their_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    data = [
        b"title,published,summary",
        b"One,2022-10-10 12:00,s",
        b'"Two"x,2022-10-10 12:01,s',  # 3: text behind a quote
        b"Three,2022-10-10 12:02",  # 4: a cell is missing
        b"Four,2022-10-10 12:03,a,b",  # 5: one too many
        b"F\xffive,2022-10-10 12:04,s",
        b"s" * (lines.LINE_LIMIT + 1),  # 7
        b"Six,2022-10-10 12:05,s",
    ]
    rows, (given,) = read(written(tmp_path, b"\n".join(data), "a.csv"))
    assert [(row.line, row.entry.title) for row in rows] == [
        (2, "One"),
        (4, "Three"),
        (6, "F\ufffdive"),
        (8, "Six"),
    ]
    assert named(given) == [
        (3, "broken CSV", False),
        (4, "too few columns", True),
        (5, "too many columns", False),
        (6, "broken UTF-8", True),
        (7, "line too long", False),
    ]
    assert given.rows == 7


def test_a_quote_that_is_never_closed_swallows_no_more_than_a_cell_may_hold(tmp_path: Path) -> None:
    data = [b"title,published", b'"One,2022-10-10 12:00']
    data += [b"Title %d,2022-10-10 12:01" % n for n in range(20_000)]
    rows, (given,) = read(written(tmp_path, b"\n".join(data), "a.csv"))
    assert named(given) == [(2, "broken CSV", False)]
    assert "lines are lost" in given.named[0].detail
    assert rows[-1].entry.title == "Title 19999"
    assert len(rows) > 20_000 - 131_072 // 20


def test_a_row_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cell is short and closed, but opens the next one on its line."""
    monkeypatch.setattr("iwmon.replay.table.LINE_LIMIT", 10_000)
    data = b'title,published\n"x' + b'\n","x' * 20_000 + b'"\nOne,2022-10-10 12:00\n'
    rows, (given,) = read(written(tmp_path, data, "a.csv"))
    assert given.named[0].detail == "a row without an end; 2,501 lines are lost"
    assert given.faults == {"broken CSV": 1 + 20_001 - 2_501}  # each of the others is broken by itself
    assert [row.entry.title for row in rows] == ["One"]


def test_a_quote_that_is_open_at_the_end_is_named(tmp_path: Path) -> None:
    data = b'title,published\nOne,2022-10-10 12:00\n"Two,2022-10-10 12:00\nmore\n'
    rows, (given,) = read(written(tmp_path, data, "a.csv"))
    assert [row.entry.title for row in rows] == ["One"]
    assert named(given) == [(3, "broken CSV", False)]


@pytest.mark.parametrize(
    ("heading", "missing", "there"),
    [
        ("headline,published", "no column title", "headline, published"),
        ("title,date", "no column first_seen or published", "title, date"),
        ("", "no column title and no column first_seen or published", "none"),
    ],
)
def test_a_table_without_what_an_item_needs_is_refused(
    tmp_path: Path, heading: str, missing: str, there: str
) -> None:
    path = written(tmp_path, heading.encode() + b"\nA,2022-10-10\n" if heading else b"", "a.csv")
    with pytest.raises(Failure, match=missing) as failure:
        read(path)
    assert failure.value.where == str(path)
    assert there in failure.value.hint


# ---------------------------------------------------------------- Parquet


def parquet(folder: Path, name: str = "a.parquet", **columns: Any) -> Path:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet is an extra")
    path = folder / name
    writing = pytest.importorskip("pyarrow.parquet")
    writing.write_table(pyarrow.table(columns), path, row_group_size=300)
    return path


def test_parquet_has_the_names_of_jsonl_as_columns(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet is an extra")
    nanoseconds = pyarrow.array([1665403200_000_000_001, None], pyarrow.timestamp("ns"))
    path = parquet(
        tmp_path,
        Title=pyarrow.array(["A", "B"]).dictionary_encode(),
        url=["https://nn.example/1", None],
        first_seen=nanoseconds,
        published=pyarrow.array([None, date(2022, 10, 10)], pyarrow.date32()),
        publisher=pyarrow.array([b"NN", b"N\xffN"]),
        rank=[1, 2],
    )
    rows, (given,) = read(path)
    assert [(row.line, row.at, row.entry.title, row.entry.publisher) for row in rows] == [
        (2, at(0), "B", "N\ufffdN"),
        (1, at(12), "A", "NN"),
    ]
    assert rows[1].entry.url == "https://nn.example/1"
    assert given.faults == {"broken UTF-8": 1, "no time of day": 1, "out of order": 1}


def test_parquet_of_many_groups_comes_whole_and_names_its_rows(tmp_path: Path) -> None:
    count = 2_000
    titles = [f"T{n}" if n != 1_234 else None for n in range(count)]
    path = parquet(tmp_path, title=titles, published=[at(1) + timedelta(seconds=n) for n in range(count)])
    rows, (given,) = read(path)
    assert [row.line for row in rows] == [n for n in range(1, count + 1) if n != 1_235]
    assert named(given) == [(1_235, "no text", False)]


def test_parquet_that_breaks_off_is_named_and_the_other_files_go_on(tmp_path: Path) -> None:
    path = parquet(tmp_path, title=["A"] * 1_000, published=["2022-10-10T12:00:00Z"] * 1_000)
    path.write_bytes(path.read_bytes()[:-100])
    rows, (given, _) = read(path, written(tmp_path, line()))
    assert len(rows) == 1
    assert named(given) == [(1, "damaged file", False)]


def test_parquet_without_what_an_item_needs_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path, title=["A"], when=["2022-10-10"])
    with pytest.raises(Failure, match="no column first_seen or published") as failure:
        read(path)
    assert failure.value.where == str(path)
    assert "title, when" in failure.value.hint


def test_parquet_without_its_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iwmon.replay.table.find_spec", lambda _: None)
    with pytest.raises(Failure, match="pyarrow") as failure:
        read(written(tmp_path, b"PAR1", "a.parquet"))
    assert "iwmon[parquet]" in failure.value.hint


# ---------------------------------------------------------------- what cannot be replayed


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("missing.jsonl", "no such file", "*.jsonl"),
        ("folder.jsonl", "it is a folder", "folder.jsonl/*.jsonl.gz"),
        ("notes.txt", "its name does not say", "*.parquet"),
        ("bare", "its name does not say", "*.csv"),
        ("only.gz", "its name does not say", "*.csv"),
        ("utf16.csv", "it is UTF-16", "iconv"),
    ],
)
def test_what_makes_the_call_pointless_is_said_before_anything_is_read(
    tmp_path: Path, name: str, message: str, hint: str
) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    for one in ("notes.txt", "bare", "only.gz"):
        written(tmp_path, line(), one)
    written(tmp_path, "title,published\n".encode("utf-16"), "utf16.csv")
    told: list[tuple[int, int]] = []
    good = written(tmp_path, line())
    with pytest.raises(Failure, match=message) as failure:
        Recording.open([good, tmp_path / name], unlisted, progress=lambda *now: told.append(now))
    assert failure.value.where == str(tmp_path / name)
    assert hint in failure.value.hint
    assert not told


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, line())

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)  # root may read everything
    with pytest.raises(Failure, match="Permission denied"):
        Recording.open([path], unlisted)


def test_standard_input_is_jsonl_packed_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (line() + b"\nx", packed_gzip(line() + b"\nx")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
        rows, (given,) = read(Path("-"))
        assert [(row.file, row.line) for row in rows] == [("standard input", 1)]
        assert given.named[0].file == "standard input"


def test_a_pipe_is_jsonl_and_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(line() + b"\n" + line()))
    writer.start()
    rows, _ = read(pipe)
    writer.join()
    assert len(rows) == 2


# ---------------------------------------------------------------- laws

cells = st.sampled_from(
    [*(bytes((n,)) for n in b'{}[]":,;\r\n\0\xff\x1f\x8b(0eE-.\\u'), *b"title published".split()]
)
rubbish = st.lists(st.one_of(cells, st.just(line()), st.binary(max_size=9)), max_size=30).map(b"".join)


@settings(max_examples=150)
@given(rubbish, st.sampled_from(["a.jsonl", "a.jsonl.gz", "a.csv", "a.csv.zst"]))
def test_no_bytes_break_it_and_every_row_is_used_or_named(data: bytes, name: str) -> None:
    heading = b"title,published,url\n" if "csv" in name else b""
    with tempfile.TemporaryDirectory() as folder:
        rows, (given,) = read(written(Path(folder), heading + data, name))
    whole_file = given.faults.get("damaged file", 0)
    useless = {fault.kind for fault in given.named if not fault.used}
    lost = sum(count for kind, count in given.faults.items() if kind in useless)
    assert given.rows == len(rows) + lost - whole_file
    assert all(row.entry.title or row.entry.summary for row in rows)


@given(st.lists(st.binary(max_size=12).filter(lambda raw: b"\n" not in raw)), st.integers(1, 7))
def test_lines_do_not_depend_on_how_they_arrive(raws: list[bytes], size: int) -> None:
    """The law of `_split`: what `bytes.split` gives, in pieces of any size."""
    data = b"\n".join(raws)
    pieces = io.BytesIO(data)
    found = list(lines._split(lambda _: pieces.read(size)))
    assert found == [raw.removesuffix(b"\r") for raw in data.split(b"\n")][: len(found)]
    assert len(found) == data.count(b"\n") + (not data.endswith(b"\n") and data != b"")


@settings(max_examples=40)
@given(st.lists(st.tuples(moments, st.integers(0, 2)), max_size=40))
def test_how_rows_are_spread_over_files_does_not_matter(spread: list[tuple[int, int]]) -> None:
    """The same moments in the same order, whichever file each stands in."""
    files: Sequence[list[bytes]] = ([], [], [])
    for second, file in spread:
        moment = at(0) + timedelta(seconds=second)
        files[file].append(line(first_seen=moment.isoformat()))
    with tempfile.TemporaryDirectory() as folder:
        paths = [written(Path(folder), b"\n".join(data), f"{n}.jsonl") for n, data in enumerate(files)]
        rows, _ = read(*paths)
    assert [(row.at - at(0)).seconds for row in rows] == sorted(second for second, _ in spread)
    keys = [(row.at, row.file, row.line) for row in rows]
    assert keys == sorted(keys)


# ---------------------------------------------------------------- whose it is

WHO = """\
version: 1
sources:
  - {id: nn, name: Nasha Niva (be), type: feed, url: "https://www.nn.example/rss/?all=1", publisher: niva}
  - {id: nn-ru, name: Nasha Niva in Russian, type: feed, url: "https://nn.example/ru/rss/", publisher: niva}
  - {id: belta, name: BelTA, type: feed, url: "http://belta.example/rss", enabled: false}
  - {id: agg, name: Some News, type: feed, url: "https://agg.example/search?q=x", aggregator: true}
judgements: []
receivers: []
"""


@pytest.mark.parametrize(
    ("publisher", "feed", "url", "source"),
    [
        ("", "https://nn.example/ru/rss", "", "nn-ru"),
        ("BelTA", "http://NN.example/ru/rss/", "https://belta.example/1", "nn-ru"),
        ("", "http://www.nn.example/rss/?all=1", "", "nn"),
        ("", "http://www.nn.example/rss/?all=2", "", UNLISTED),
        ("NN-RU", "", "", "nn-ru"),
        ("niva", "", "", "nn"),
        ("Nasha Niva in Russian", "https://elsewhere.example/rss", "", "nn-ru"),
        ("belta.example", "", "", "belta"),
        ("eng.belta.example", "", "https://nn.example/1", "belta"),
        ("BelTA", "", "", "belta"),
        ("", "", "https://www.belta.example/politics/1", "belta"),
        ("Somebody", "", "https://www.belta.example/politics/1", "belta"),
        ("Somebody", "", "https://somebody.example/1", UNLISTED),
        ("", "", "", UNLISTED),
        ("BelTA", "https://agg.example/search?q=x", "https://belta.example/1", "agg"),
        ("agg", "", "", UNLISTED),
        ("Some News", "", "", UNLISTED),
        ("", "", "https://agg.example/articles/1", UNLISTED),
        ("http://[", "http://[", "http://[", UNLISTED),
    ],
)
def test_a_row_is_of_the_source_that_it_would_have_come_from(
    publisher: str, feed: str, url: str, source: str
) -> None:
    source_of = locate(configured(WHO))
    assert source_of(publisher, feed, url) == source
    assert source_of(publisher, feed, url) == source  # remembered


# ---------------------------------------------------------------- real news


def test_real_recordings_come_in_the_order_of_time() -> None:
    files = [REAL / f"{name}.jsonl.gz" for name in ("warline_en_uk", "ru22fact_claims", "fwd_news")]
    if not all(file.exists() for file in files):
        pytest.skip("the recorded news is not here")
    rows, given = read(*files, since=datetime(2022, 1, 1, tzinfo=UTC))
    assert all(one.at <= other.at for one, other in pairwise(rows))
    assert [each.rows for each in given] == [859, 5_095, 10_376]
    assert all(row.entry.title for row in rows)


# ---------------------------------------------------------------- dates that cannot be


def test_what_is_dated_after_the_present_was_seen_by_nobody(tmp_path: Path) -> None:
    """Else one wrong year makes the replay run until then, hour by hour."""
    data = b"\n".join(
        (line(), line(first_seen="2099-01-01T00:00:00Z"), line(first_seen="2022-10-11T13:00:00Z"))
    )
    rows, inputs = read(written(tmp_path, data), now=at(12))
    assert [row.line for row in rows] == [1]
    assert named(inputs[0]) == [(2, "dated in the future", False), (3, "dated in the future", False)]
    assert len(read(written(tmp_path, data), now=at(13))[0]) == 2  # a day ahead is a clock that is wrong


# ---------------------------------------------------------------- Parquet values that Python has none for


def test_a_parquet_value_beyond_all_calendars_costs_one_row(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    far = pyarrow.array([2**62, 1_665_403_200_000_000], pyarrow.int64()).cast(pyarrow.timestamp("us"))
    (row,), inputs = read(parquet(tmp_path, title=["Rain", "Snow"], first_seen=far))
    assert (row.entry.title, row.at) == ("Snow", at(12))
    assert named(inputs[0]) == [(1, "no date", False)]


def test_a_parquet_text_that_is_no_utf8_is_mended(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    offsets = b"".join(n.to_bytes(4, "little") for n in (0, 4, 9))
    broken = pyarrow.Array.from_buffers(
        pyarrow.string(), 2, [None, pyarrow.py_buffer(offsets), pyarrow.py_buffer(b"RainSno\xff!")]
    )
    for titles in (broken, broken.dictionary_encode()):
        rows, inputs = read(parquet(tmp_path, title=titles, first_seen=[at(12), at(13)]))
        assert [row.entry.title for row in rows] == ["Rain", "Sno\N{REPLACEMENT CHARACTER}!"]
        assert named(inputs[0]) == [(2, "broken UTF-8", True)]


def test_of_two_parquet_columns_of_one_name_the_first_counts(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    names = ["title", "title", "first_seen"]
    table = pyarrow.Table.from_arrays(
        [pyarrow.array(["Rain"]), pyarrow.array(["Snow"]), pyarrow.array([at(12)])], names=names
    )
    pq.write_table(table, tmp_path / "two.parquet")
    (row,), _ = read(tmp_path / "two.parquet")
    assert row.entry.title == "Rain"


def test_a_parquet_zone_that_nobody_knows_is_only_a_way_to_show_utc(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    seen = pyarrow.array([1_665_403_200_000], pyarrow.timestamp("ms", tz="Nowhere/Land"))
    (row,), _ = read(parquet(tmp_path, title=["Rain"], first_seen=seen))
    assert row.at == at(12)


# ---------------------------------------------------------------- a disk that is full


class _Full(io.RawIOBase):
    """A file on a disk without room."""

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset

    def tell(self) -> int:
        return 0

    def write(self, data: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_is_full_is_told_as_that_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits in the buffer may not fail again when the file is closed."""
    monkeypatch.setattr(
        "iwmon.replay.runs.tempfile.TemporaryFile",
        lambda **_: io.BufferedWriter(_Full()),
    )
    with pytest.raises(Failure, match="cannot keep the rows in a temporary file: No space left"):
        read(written(tmp_path, line()))
