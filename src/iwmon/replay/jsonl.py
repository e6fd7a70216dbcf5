"""JSONL: one item a line, as an object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BufferedReader

from iwmon.replay.lines import lines
from iwmon.replay.records import Record, Trouble

_DECODE = json.JSONDecoder(strict=False).decode  # raw control characters are cleaned away later


def records(file: BufferedReader) -> Iterator[Record]:
    """The objects of a file, and each line that holds none, with the reason."""
    for number, text, troubles in lines(file):
        if text is None:
            yield Record(number, None, troubles)
            continue
        try:
            value = _DECODE(text)
        except RecursionError:
            yield Record(number, None, (*troubles, Trouble("not JSON", "nested too deeply")))
        except json.JSONDecodeError as error:
            detail = f"column {error.colno}: {error.msg}{_array(number, text)}"
            yield Record(number, None, (*troubles, Trouble("not JSON", detail)))
        except ValueError:  # an integer of thousands of digits
            yield Record(number, None, (*troubles, Trouble("not JSON", "a number that is too long")))
        else:
            if isinstance(value, dict):
                yield Record(number, value, troubles)
            else:
                detail = f"{_KINDS[type(value)]}, where an object is expected{_array(number, text)}"
                yield Record(number, None, (*troubles, Trouble("not an item", detail)))


def _array(number: int, text: str) -> str:
    """What to do with a file that is one JSON array, as many programs write it."""
    return (
        "; if the file is one array: jq -c '.[]' makes lines of it"
        if number == 1 and text.startswith("[")
        else ""
    )


_KINDS = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
