"""The first run of the real daemon: what the feeds hold is history, and is told once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from world import World, rss

pytestmark = pytest.mark.slow


@pytest.fixture
def world(httpserver: HTTPServer, tmp_path: Path) -> World:
    made = World(httpserver, tmp_path)
    made.write()
    return made


def test_a_first_run_pages_once_an_indicator(tmp_path: Path) -> None:
    """Issue 2, line 6: a first poll is history; it alerts once, though feeds answer at different speeds."""
    titles = ("Reservists called in Minsk oblast", "Brest mobilisation order read", "Gomel reservists train")
    with HTTPServer(host="0.0.0.0", port=0, threaded=True) as server:
        world = World(server, tmp_path)
        world.feeds = {f"slow{n}": rss(title) for n, title in enumerate(titles)}
        for n in range(3):

            def handler(_: object, n: int = n) -> Response:
                time.sleep(4 * n)
                return Response(world.feeds[f"slow{n}"], content_type="application/rss+xml")

            server.expect_request(f"/slow{n}").respond_with_handler(handler)
        world.write()
        text = world.config.read_text()
        for n in range(3):  # different hosts, so that they are asked at once
            text = text.replace(f"127.0.0.1:{server.port}/slow{n}", f"127.0.0.{n + 1}:{server.port}/slow{n}")
        world.config.write_text(text)
        with world.daemon() as daemon:
            time.sleep(18)
            told = [t["title"] for t in world.told]
            polls = [r["new"] for r in daemon.logged() if r["event"] == "poll" and "new" in r]
    assert len(polls) == 3, polls
    assert len(told) == 1, told
