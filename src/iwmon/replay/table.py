"""CSV and Parquet: the same names as in JSONL, as columns."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from io import BufferedReader
from typing import Any

from iwmon.model import Failure
from iwmon.replay.lines import LINE_LIMIT, lines
from iwmon.replay.records import DAMAGED, DATES, FIELDS, Record, Trouble
from iwmon.sources.text import clipped

_BATCH = 500  # rows of a Parquet file in memory at once
_SEPARATORS = (",", ";", "\t")


# ---------------------------------------------------------------- CSV


def csv_records(file: BufferedReader, name: str) -> Iterator[Record]:
    """The rows of a CSV file with a heading; separated by commas, semicolons or tabs, whichever it uses.

    Raises Failure, naming the file `name`, when the heading lacks what an item needs.
    """
    text = _Text(file)
    heading = next(text, "")
    separator = max(_SEPARATORS, key=lambda one: len(_known(_cells(heading, one))))  # the first of the best
    columns = _cells(heading, separator)
    _check(columns, name)
    places = {column: columns.index(column) for column in _known(columns)}
    doubled = [name for name in places if columns.count(name) > 1]
    rows = csv.reader(text, delimiter=separator, strict=True)
    if doubled:
        detail = f"{', '.join(doubled)}: the first of each counts"
        text.told = (Trouble("doubled column", detail, used=True),)
    while True:
        text.begin()
        try:
            cells = next(rows, None)
        except csv.Error as error:
            yield from text.lost()
            yield Record(text.first, None, (*text.troubles, Trouble("broken CSV", text.stretch(str(error)))))
            continue
        yield from text.lost()
        if cells is None:
            return
        yield _row(text, cells, len(columns), places)


def _row(text: _Text, cells: Sequence[str], width: int, places: dict[str, int]) -> Record:
    troubles = text.troubles
    if len(cells) != width:
        detail = f"{len(cells)} instead of {width}"
        if len(cells) > width:  # a separator inside a cell: none behind it is what its heading says
            return Record(text.first, None, (*troubles, Trouble("too many columns", detail)))
        troubles = (*troubles, Trouble("too few columns", f"{detail}; the others count as empty", used=True))
    fields = {column: cells[place] for column, place in places.items() if place < len(cells)}
    return Record(text.first, fields, troubles)


class _Text:
    """The lines of a file as `csv.reader` takes them, and which of them the row at hand is made of."""

    def __init__(self, file: BufferedReader) -> None:
        self._lines = lines(file)
        self._skipped: list[Record] = []
        self.told: tuple[Trouble, ...] = ()  # of the file, with its next row
        self.begin()

    def begin(self) -> None:
        """A row begins with the next line."""
        self.first = self.last = self._size = 0
        self.troubles, self.told = self.told, ()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for number, text, troubles in self._lines:
            if text is None:
                self._skipped.append(Record(number, None, troubles))
                continue
            self.first, self.last = self.first or number, number
            self._size += len(text)
            if self._size > LINE_LIMIT:  # quotes that open and close again can hold a file together
                raise csv.Error("a row without an end")
            if troubles:
                self.troubles = tuple(dict.fromkeys((*self.troubles, *troubles)))
            return text + "\n"
        raise StopIteration

    def lost(self) -> Iterator[Record]:
        """The lines that could not be read at all, each once."""
        skipped, self._skipped = self._skipped, []
        return iter(skipped)

    def stretch(self, why: str) -> str:
        """`why`, and how many lines the row has swallowed."""
        count = self.last - self.first + 1
        return why if count == 1 else f"{why}; {count:,} lines are lost"


def _cells(heading: str, separator: str) -> list[str]:
    try:
        return [cell.strip().lower() for cell in next(csv.reader([heading], delimiter=separator), [])]
    except csv.Error:
        return []


# ---------------------------------------------------------------- Parquet


def check_parquet() -> None:
    """Raises Failure where Parquet cannot be read."""
    if find_spec("pyarrow") is None:
        raise Failure("Parquet needs pyarrow, which is not installed", hint="pip install 'iwmon[parquet]'")


def parquet_records(file: BufferedReader, name: str) -> Iterator[Record]:
    """The rows of a Parquet file, numbered from 1, a few at a time.

    Raises Failure, naming the file `name`, when it lacks columns that an item needs. A file without a
    readable end has no readable row: its content stands there.
    """
    import pyarrow  # costs 0.2 s and 60 MB: only for those who need it
    import pyarrow.parquet

    row = 0
    try:
        table = pyarrow.parquet.ParquetFile(file)
        names = table.schema_arrow.names
        _check([column.lower() for column in names], name)
        wanted = list(dict.fromkeys(column for column in names if column.lower() in FIELDS))
        for batch in table.iter_batches(batch_size=_BATCH, columns=wanted, use_threads=False):
            given = [column.lower() for column in batch.schema.names]
            fields = list(dict.fromkeys(given))  # of two of a name the first, as in CSV
            columns = [_values(batch.column(given.index(field))) for field in fields]
            for row, values in enumerate(zip(*columns, strict=True), row + 1):  # noqa: B020 - it counts on
                yield _parquet_row(row, dict(zip(fields, values, strict=True)))
    except (pyarrow.ArrowException, OSError) as error:
        detail = clipped(" ".join(str(error).split()), 200)
        yield Record(row + 1, None, (Trouble(DAMAGED, detail),))


def _values(column: Any) -> list[Any]:
    import pyarrow

    if pyarrow.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pyarrow.types.is_timestamp(kind := column.type):
        # Python's datetimes have no nanoseconds; and a zone is only how to show what is in UTC anyway.
        unit = "us" if kind.unit == "ns" else kind.unit
        column = column.cast(pyarrow.timestamp(unit, tz=kind.tz and "UTC"), safe=False)
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        return [_value(one) for one in column]  # one of them is not what its type says
    return values


def _value(scalar: Any) -> Any:
    """A value that may have none in Python: bytes for a text of broken UTF-8, a text for a date far off."""
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return scalar.as_buffer().to_pybytes() if hasattr(scalar, "as_buffer") else None
    except (ValueError, OverflowError):
        return f"{scalar.type} {scalar.value}"


def _parquet_row(row: int, fields: dict[str, Any]) -> Record:
    troubles: tuple[Trouble, ...] = ()
    for name, value in fields.items():
        if isinstance(value, bytes):  # texts that their writer did not call so
            try:
                fields[name] = value.decode()
            except UnicodeDecodeError:
                fields[name] = value.decode(errors="replace")
                troubles = (Trouble("broken UTF-8", f"in {name}", used=True),)
    return Record(row, fields, troubles)


# ---------------------------------------------------------------- columns


def _known(columns: Iterable[str]) -> list[str]:
    return [column for column in dict.fromkeys(columns) if column in FIELDS]


def _check(columns: Sequence[str], name: str) -> None:
    missing = [] if "title" in columns else ["title"]
    if not any(date in columns for date in DATES):
        missing.append(" or ".join(DATES))
    if missing:
        shown = ", ".join(clipped(column, 40) for column in columns[:20] if column) or "none"
        raise Failure(
            f"it has no column {' and no column '.join(missing)}",
            where=name,
            hint=f"its columns are: {shown}; rename those that are meant",
        )
