"""`iwmon replay --stored`: what a daemon has collected, replayed from its own database."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from newsroom import NOW, Newsroom, newsroom


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom polled once at noon; only to be looked at."""
    with newsroom(tmp_path_factory.mktemp("stored")) as made:
        assert made.run("poll", "--now", NOW).exit_code == 0
        yield made


def test_what_was_collected_is_replayed_and_told(watched: Newsroom) -> None:
    """The levels of the live board, and what a reader has to know of such a replay."""
    result = watched.run("replay", "--stored", "--suggest")
    assert result.exit_code == 0, result.output
    assert "what iwmon has collected" in result.stdout
    assert "The replay begins without memory" in result.stdout
    live = {
        one["id"]: one["level"]
        for judgement in watched.json("status", "--now", NOW)["judgements"]
        for one in judgement["indicators"]
    }
    found = json.loads(watched.run("replay", "--stored", "--json").stdout)["report"]
    assert {one["indicator"]: one["days"][-1]["level"] for one in found["courses"]} == live
    assert "critical" in live.values()


def test_since_and_until_cut_it(watched: Newsroom) -> None:
    """Nothing before noon; the end is exclusive."""
    result = watched.run("replay", "--stored", "--until", NOW, "--json")
    assert result.exit_code == 1
    assert "there is nothing to replay (nothing was collected from --since to --until)" in result.stderr
    found = json.loads(watched.run("replay", "--stored", "--since", NOW, "--json").stdout)["report"]
    assert found["raised"] != []
