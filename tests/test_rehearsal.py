"""End to end on real input: recorded weeks and captured feeds, hour by hour, through `iwmon poll`.

Real HTTP, a real SMTP server and a webhook shaped like Slack's, all on loopback; only the clock is fake.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from iwmon.cli import app
from iwmon.store import Store
from nouns import DATA, ROOT


@pytest.fixture(scope="module")
def rehearsal() -> ModuleType:
    if not DATA.is_dir():
        pytest.skip("the recorded items (../shared/data) are not here")
    spec = importlib.util.spec_from_file_location("rehearsal", ROOT / "examples" / "rehearsal.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["rehearsal"] = module
    spec.loader.exec_module(module)
    return module


def poll(run, now: datetime) -> None:
    """`iwmon poll --now`, in this process: a subprocess an hour would take a second each."""
    ended = CliRunner().invoke(app, run.command("poll", "--now", now.isoformat(), "--json"))
    assert ended.exit_code == 0, ended.output


def titles(run) -> list[str]:
    return [text.splitlines()[0] for text in run.texts()]


def test_the_morning_of_the_regional_grouping(rehearsal: ModuleType, tmp_path: Path) -> None:
    """10 October 2022, 06-13 UTC: the grouping is announced; both receivers hear of it in the same words."""
    week = rehearsal.WEEKS["rgf"]
    morning = replace(
        week, since=datetime(2022, 10, 10, 6, tzinfo=UTC), until=datetime(2022, 10, 10, 14, tzinfo=UTC)
    )
    with rehearsal.Rehearsal(DATA, morning, tmp_path, with_captured=False) as run:
        for now in run.hours():
            poll(run, now)
        told = titles(run)
        assert "WARNING: Threats and pretexts, watch → warning (KJ-2)" in "\n".join(run.texts())
        assert len(run.mailbox.messages) == len(told)
        for mail in run.mailbox.messages:
            assert mail.get_body(("plain",)) is not None
            assert mail["Subject"] in "\n".join(told)
        assert not any("<!" in text for text in run.texts())


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("key", "days", "expected"),
    [
        ("rgf", 3, "WARNING: Strike assets in Belarus, watch → warning (KJ-6)"),
        ("kuznica", 4, "Migrant pressure at the border"),
    ],
)
def test_the_recorded_weeks_and_the_captured_feeds(
    rehearsal: ModuleType, tmp_path: Path, key: str, days: int, expected: str
) -> None:
    """The first days of each week, with all captured feed files beside them: what happened is told, and no
    more than a handful of alerts a day."""
    week = rehearsal.WEEKS[key]
    with rehearsal.Rehearsal(DATA, replace(week, until=week.since + timedelta(days=days)), tmp_path) as run:
        for now in run.hours():
            poll(run, now)
        assert expected in "\n".join(run.texts())
        with Store.open(run.database, create=False) as store:
            counts = store.counts()
            health = store.health()
        assert counts["deliveries_pending"] == 0
        assert counts["deliveries_dead"] == 0
        assert 0 < counts["alerts"] <= 9 * days
        captured = [h for name, h in health.items() if name.startswith("c-")]
        assert len(captured) >= 200
        assert all(h.last_poll for h in captured)


def test_the_documented_command_says_what_it_needs(tmp_path: Path) -> None:
    """Without the recorded items it ends with 2 and names the option."""
    command = [sys.executable, str(ROOT / "examples" / "rehearsal.py"), "--data", str(tmp_path / "none")]
    ended = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert ended.returncode == 2
    assert "--data" in ended.stderr
