"""diff on PostgreSQL: history reads, and says, what it does on SQLite."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from iwmon.cli import differing
from iwmon.replay import remembered
from iwmon.store import Between, Store
from nouns import DAY, HOUR, configured
from test_diff import BOUNDARY, MIDNIGHT, Desk, filled, polled
from test_live_is_replay import EDITED

pytest_plugins = ["postgres"]

LIVE = [configured(text) for text in EDITED]
MINUTE = timedelta(minutes=1)
SCRIPT = [
    (5 * MINUTE, ["ok", "same", "error", "ok", "ok"], 3, 0, 0),
    (HOUR, ["small", "ok", "error", "ok", "same"], 4, None, 0),
    (-HOUR, ["ok", "error", "error", "large", "ok"], 3, 1, 5),
    (2 * HOUR, ["ok", "ok", "ok", "ok", "same"], 4, 2, 5),
    (HOUR, ["error", "ok", "ok", "same", "same"], 5, 3, 1),
]


@pytest.fixture
def both(postgres_url: str, tmp_path: Path) -> tuple[str, str]:
    """The URLs of an empty database of each kind."""
    return f"sqlite:///{tmp_path / 'iwmon.db'}", postgres_url


def test_the_same_history_on_either(both: tuple[str, str]) -> None:
    """Outages, jumps in size, edits and a clock set back over the edge of a page, hour by hour."""
    found = []
    for url in both:
        with Store.open(url) as store:
            polled(store, LIVE, SCRIPT, BOUNDARY - 2 * HOUR)
            edges = store.edges()
            assert edges
            assert store.edges(edges.last - 1) != edges
            span = remembered.span(LIVE[:1], edges.first, edges.latest, edges.first)
            again = remembered.stale(LIVE[6], {one.digest: one for one in LIVE})
            hours = list(remembered.hours(store, LIVE[6], again, span))
            assert any(hour.matches for hour in hours)
            counted = store.came_under(Between(MIDNIGHT, BOUNDARY, edges.last - 5))
            found.append((edges, hours, counted, store.rulings_before_time(None, None)))
    assert found[0] == found[1]


def test_a_whole_diff_says_the_same_on_either(
    both: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edited query, in one process and in two, before and after retention took something."""
    said: list[str] = []
    for url in both:
        desk = filled(tmp_path, url)
        draft = desk.write("draft.yaml", "query: mobilis* OR reservist*", "query: mobilis* OR tanks")
        said.append(told(desk, draft))
        with monkeypatch.context() as patched:
            patched.setattr(differing, "APART", 0)
            patched.setattr("os.cpu_count", lambda: 2)
            assert told(desk, draft) == said[-1]
        with Store.open(url) as store:
            assert store.prune(MIDNIGHT + 5 * DAY)
        said.append(told(desk, draft))
    assert said[:2] == said[2:]
    assert "Tanks seen on the road to Gomel" in said[0]
    assert said[0].splitlines()[-1].startswith("Adds ")


def told(desk: Desk, draft: str) -> str:
    result = desk.diff("running", draft)
    assert result.exit_code == 0, result.output
    return str(result.stdout)
