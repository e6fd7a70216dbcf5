"""`iwmon backtest` on the command line: a hand-made replay in, words, JSON and files out."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from backtest_nouns import MORE, configuration, days, event, record, report, stretch, told
from iwmon import backtest
from iwmon.backtest.nouns import Rule
from iwmon.cli import backtested
from iwmon.report import Event, Report
from newsroom import run
from nouns import SMALL

EVENTS = """\
event_id,date_start,date_end,key_judgement,event,happened
E1,2022-10-11,2022-10-13,troops,Troops come,1
E2,2022-08-20,,troops,A drill,1
N1,2022-11-20,,kj-2,Said to join the war,0
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and events; the replay itself is a hand-made one."""
    monkeypatch.chdir(tmp_path)
    Path("indicators.yaml").write_text(SMALL.replace("receivers:\n", MORE, 1), "utf-8")
    Path("events.csv").write_text(EVENTS, "utf-8")
    title = "Reservists \x1b[31mcalled\x07 up"
    made = report(
        [
            *stretch("mobilisation", "2022-10-01", "2022-10-12"),
            *stretch("grouping", "2022-11-10", "2022-11-11"),
        ],
        raised=[told("mobilisation", "2022-10-01", titles=[title])],
        series=[record(day, 0.5) for day in days()],
    )
    late = report(stretch("mobilisation", "2022-10-08", "2022-10-12"))

    def replayed(_: Any, __: Any, ___: Any, events: Sequence[Event], without: frozenset[str]) -> Report:
        return replace(late if without else made, events=tuple(events), without=tuple(without))

    monkeypatch.setattr(backtested, "replayed", replayed)
    monkeypatch.setattr(backtested, "exported", lambda report: {})
    return tmp_path


def called(*more: str) -> Any:
    return run("backtest", "news.jsonl", "--events", "events.csv", "--map", "troops=kj-2", *more)


def test_it_says_the_figures_and_what_they_cannot_say(here: Path) -> None:
    """Precision, recall, lead time, false alarms, misses with reasons; no control character of a feed."""
    result = called()
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[1] == "2022-07-01 to 2022-12-31; 2 alarms, 1 of them false; 2 events."
    flat = " ".join(result.stdout.split())
    assert "precision of alarms 50% n = 2 n = 2: too few for an interval" in flat
    assert "recall, warned before the event 50% n = 2" in flat
    assert "lead time, median (days) 10.0 n = 1" in flat
    assert "E1 kj-2 2022-10-11: Troops come → warned: the alarm of mobilisation began 10 days before" in flat
    assert "E2 kj-2 2022-08-20: A drill → missed: no item matched any of its 2 indicators" in flat
    assert "N1 kj-2 2022-11-20: Said to join the war → false alarm" in flat
    assert "“Reservists [31mcalled up”" in flat
    assert "kj-5 (0)" in flat
    assert not any(char in result.stdout for char in "\x1b\x07")
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("columns", [40, 80, 132])
def test_tables_fit_the_screen(columns: int) -> None:
    """Aligned where there is room; else each row names its cells."""
    made = report(stretch("mobilisation", "2022-10-01", "2022-10-12"))
    events = (event("E1", "2022-10-11"), event("E0", "2019-10-11"))
    full = backtest.score(made, configuration(), events, Rule(), None)
    out = Console(file=io.StringIO(), width=columns)
    backtested.tell(out, full, {})
    lines = out.file.getvalue().splitlines()
    assert all(cell_len(line) <= columns for line in lines)
    flat = " ".join(" ".join(lines).split())
    if columns == 132:
        assert "alarm at alarms precision warned detected lead (days)" in flat
        assert "warning 1 100% 100% 100% 10.0" in flat
    else:
        assert "warning alarms 1, precision 100%, warned 100%, detected 100%, lead (days) 10.0," in flat
    assert "in brackets: how far it is from iwmon" in flat
    assert "and not counted: E0" in flat


def test_json_has_it_all(here: Path) -> None:
    found = json.loads(called("--json").stdout)
    assert set(found) == {"backtest", "without"}
    figures = found["backtest"]["overall"]["figures"]
    assert figures["precision"] == {
        "value": 0.5,
        "n": 2,
        "low": None,
        "high": None,
        "why": "n = 2: too few for an interval",
    }
    assert [alarm["outcome"] for alarm in found["backtest"]["alarms"]] == ["warned", "planted"]
    assert found["backtest"]["rule"]["horizon"] == 30 * 86_400
    assert found["without"] == {}


def test_a_part_left_out_stands_beside_the_full_model_with_the_difference(here: Path) -> None:
    """Each part by itself, of a list and of repeated options alike."""
    result = called("--without", "offset,stories", "--without", "offset")
    flat = " ".join(result.stdout.split())
    assert "full without stories without offset" in flat
    assert "lead time, median (days) 10.0 3.0 (-7.00) 3.0 (-7.00)" in flat
    assert list(json.loads(called("--json", "--without", "reliability").stdout)["without"]) == ["reliability"]


def test_report_writes_the_files(here: Path) -> None:
    result = called("--report", "out")
    assert result.exit_code == 0, result.output
    assert json.loads(Path("out/backtest.json").read_text("utf-8"))["backtest"]["title"] == "made-up.jsonl"
    text = Path("out/backtest.md").read_text("utf-8")
    assert text.startswith("# Backtest: made-up.jsonl\n")
    assert "## Events" in text
    assert "\x1b" not in text


def test_the_same_seed_gives_the_same_intervals(here: Path) -> None:
    assert called("--json", "--seed", "3").stdout == called("--json", "--seed", "3").stdout
    assert called("--json", "--seed", "3").stdout != called("--json", "--seed", "4").stdout


def test_options_change_what_is_counted(here: Path) -> None:
    """--level, --horizon, --told, --complete, --merge, --known-to reach the figures."""

    def outcomes(*more: str) -> list[str]:
        return [
            alarm["outcome"] for alarm in json.loads(called("--json", *more).stdout)["backtest"]["alarms"]
        ]

    assert outcomes("--level", "critical") == []
    assert outcomes("--horizon", "5d") == ["standing", "false"]
    assert outcomes("--told") == ["warned"]
    assert outcomes("--merge", "8w") == ["warned"]
    assert "kj-5" in called("--complete").stdout
    assert called("--known-to", "2023-06-30").exit_code == 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--horizon", "12h"), '--horizon: "12h" is not a number of whole days (events have dates only'),
        (("--horizon", "long"), '--horizon: "long" is not a duration (write it like 12h, 3d or 2w)'),
        (("--merge", "3"), '--merge: "3" is not a duration'),
        (("--step", "7h"), '--step: "7h" does not divide a day (write it like 10m, 1h or 1d)'),
        (("--known-to", "soon"), '--known-to: "soon" is not a date (write it like 2022-10-31)'),
        (("--known-to", "2022-10-31"), "--known-to: 2022-10-31 is before the last event (event N1 begins on"),
        (
            ("--without", "storys"),
            '--without: there is no part "storys" (the parts are stories, reliability, offset)',
        ),
        (("--since", "soon"), '"soon" is not a time'),
        (("--events", "none.csv"), "none.csv: cannot be read: No such file or directory"),
        (("--map", "troops"), '--map: "troops" maps nothing (write WORD=ID, e.g. troops=kj-2)'),
    ],
)
def test_a_wrong_call_says_what_to_write(here: Path, more: tuple[str, ...], message: str) -> None:
    result = called(*more)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_wrong_row_of_the_events_fails_before_anything_is_replayed(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtested, "replayed", None)
    Path("events.csv").write_text(EVENTS.replace("2022-08-20", "20.8.2022"), "utf-8")
    result = called()
    assert result.exit_code == 1
    assert 'events.csv:3: date_start "20.8.2022" is not a date (write 2022-08-20)' in result.stderr
    assert result.stdout == ""
