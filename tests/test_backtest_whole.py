"""`iwmon backtest` whole: a recording and a list of events in, a warning with its lead time out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backtest_nouns import MORE
from newsroom import run
from nouns import DAY, NOON, SMALL
from theatre import REPORTS

HEAD = "event_id,date_start,date_end,judgement,event,happened\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four newsrooms report on 12 October; the recording has dull news from the 1st to December."""
    monkeypatch.chdir(tmp_path)
    Path("indicators.yaml").write_text(SMALL.replace("receivers:\n", MORE, 1), "utf-8")
    dull = [(NOON - 9 * DAY, "Rain falls on Vilnius"), (NOON + 60 * DAY, "Snow falls on Gdańsk")]
    seen = [dull[0], *((NOON + 2 * DAY, title) for title in REPORTS[:4]), dull[1]]
    rows = [
        {
            "title": title,
            "url": f"https://paper{n}.example/{n}",
            "publisher": f"paper{n}.example",
            "published": (at - 5 * DAY).isoformat(),  # what it says; only when it was seen counts
            "first_seen": at.isoformat(),
            "language": "en",
        }
        for n, (at, title) in enumerate(seen)
    ]
    Path("news.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return tmp_path


def backtested(events: str, *more: str) -> dict[str, object]:
    Path("events.csv").write_text(HEAD + events, "utf-8")
    result = run("backtest", "news.jsonl", "--events", "events.csv", "--step", "6h", "--json", *more)
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_reports_before_an_event_warn_of_it_from_when_they_were_seen(here: Path) -> None:
    """Seen at noon on the 12th, though dated the 7th: 7.5 days before the 20th; none before the 10th."""
    found = backtested("E,2022-10-20,,kj-2,x,1\nF,2022-10-10,,kj-2,x,1\n")
    fates = {fate["event"]["id"]: fate for fate in found["backtest"]["fates"]}  # type: ignore[index]
    assert (fates["E"]["outcome"], fates["E"]["lead"]) == ("warned", 7.5 * 86_400)
    assert fates["F"]["outcome"] == "missed"
    alarm = found["backtest"]["alarms"][0]  # type: ignore[index]
    assert alarm["indicators"] == ["mobilisation"]
    assert set(alarm["evidence"]) <= set(REPORTS)


def test_a_replay_without_a_part_is_scored_beside_it_and_all_is_written(here: Path) -> None:
    found = backtested("E,2022-10-20,,kj-2,x,1\n", "--without", "reliability", "--report", "out")
    assert found["without"]["reliability"]["without"] == ["reliability"]  # type: ignore[index]
    assert {"backtest.md", "backtest.json"} < {path.name for path in Path("out").iterdir()}
