"""logs: one line a record, whatever a feed says."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from iwmon import logs

NAUGHTY = 'title\n{"event": "forged"}\r\x1b[31mred\x00\u202e\u2028\ud800 end'


@pytest.fixture(autouse=True)
def restored():
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


def test_records_are_one_line_of_json_when_nobody_watches() -> None:
    """No value starts a new line, colours the terminal or turns the text around."""
    stream = io.StringIO()
    logs.configure(stream)
    structlog.get_logger("x").warning("alert", title=NAUGHTY, notes=[NAUGHTY])
    logging.getLogger("library").error("said %s", NAUGHTY)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    records = [json.loads(line) for line in lines]
    assert records[0]["level"] == "warning"
    assert "\n" not in records[0]["title"]
    assert "\\u000a" in records[0]["title"]
    for line in lines:
        assert line.isprintable()


def test_exceptions_stay_inside_their_record() -> None:
    """A traceback is a field, not lines of its own."""
    stream = io.StringIO()
    logs.configure(stream)
    try:
        raise ValueError("boom")
    except ValueError:
        structlog.get_logger("x").error("failed", exc_info=True)
    (line,) = stream.getvalue().splitlines()
    assert "boom" in json.loads(line)["exception"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_people_get_readable_lines() -> None:
    """On a terminal: no JSON, still one line a record."""
    stream = Terminal()
    logs.configure(stream)
    structlog.get_logger("x").info("poll", detail="a\nb")
    assert len(stream.getvalue().splitlines()) == 1
    assert "poll" in stream.getvalue()
