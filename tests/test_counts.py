"""How many alerts are open, acknowledged, suppressed: in the store, in `iwmon status`, on the status page."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from desk import MINUTE, Desk, config_of
from iwmon.cli import board, show
from iwmon.store import Store
from nouns import HOUR, NOON


def counts(store: Store) -> tuple[int, ...]:
    found = store.counts()
    return tuple(found[f"alerts_{name}"] for name in ("open", "acknowledged", "suppressed"))


def test_what_is_open_is_counted_by_how_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An acknowledged rise covers the lower one; what nobody may have is suppressed."""
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}") as store:
        desk = Desk(store, config_of())
        assert counts(store) == (0, 0, 0)
        desk.rise("a1", level="watch")
        desk.dispatch()
        desk.now += MINUTE
        (high,) = desk.rise("a1", level="warning")
        desk.wait(10 * MINUTE, MINUTE)
        desk.silence(NOON + 9 * HOUR, ("judgement", "kj-2"))
        desk.rise("a2")
        desk.commit([desk.alert("a2", "watch", "first_hit")])
        desk.wait(MINUTE)
        assert counts(store) == (3, 0, 1)
        store.ack(high.id, "Ana", "", desk.now)
        assert counts(store) == (3, 2, 1)
        board.heading(show.console(), board.read(desk.config, store, "", desk.now), ZoneInfo("Europe/Warsaw"))
        assert "3 open alerts, 2 acknowledged and 1 suppressed of them." in capsys.readouterr().out
        desk.fall("a1")
        desk.wait(10 * MINUTE, MINUTE)
        assert counts(store) == (1, 0, 1)
