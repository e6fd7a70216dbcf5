"""kill -9 at each point between fetch and mark: no alert lost, at most one repeat, and it is marked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from nouns import ROOT
from world import CONFIG, rss

POINTS = [
    "after the fetch",
    "after the reading",
    "after the decision",
    "inside the commit",
    "after the commit",
    "before the look",
    "before the gates",
    "after the gates",
    "before the send",
    "after the send",
    "after the mark",
]
TIMES = 20


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_no_alert_is_lost_and_a_repeat_is_marked(point: str, httpserver: HTTPServer, tmp_path: Path) -> None:
    """20 kills at this point: each run's alert arrives; twice only for one in flight, and then marked."""
    told: dict[str, list[str]] = defaultdict(list)
    polls: dict[str, int] = defaultdict(int)

    def feed(request: Request) -> Response:
        run = request.path.split("/")[-1]
        polls[run] += 1
        titles = ["Rain in Minsk"] if polls[run] == 1 else ["Rain in Minsk", "Belarus calls up reservists"]
        return Response(rss(*titles), content_type="application/rss+xml")

    def hook(request: Request) -> Response:
        told[request.path.split("/")[-1]].append(json.loads(request.data)["title"])
        return Response("ok")

    for run in range(TIMES):
        httpserver.expect_request(f"/a/{run}").respond_with_handler(feed)
        httpserver.expect_request(f"/hook/{run}").respond_with_handler(hook)
    sources = (
        f'  - {{id: a, name: Outlet, type: feed, url: "http://127.0.0.1:{httpserver.port}/a/RUN",'
        " reliability: B, poll_interval: 10m, expect_every: 1d, allow_private: true}"
    )
    template = tmp_path / "template.yaml"
    text = CONFIG.format(sources=sources, port=httpserver.port).replace("/hook", "/hook/RUN")
    template.write_text("\n".join(line for line in text.splitlines() if "heartbeat" not in line))
    ran = subprocess.run(
        [
            sys.executable,
            str(ROOT / "tests" / "kill_points.py"),
            point,
            str(TIMES),
            str(tmp_path),
            str(template),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert len(told) == TIMES, f"lost: {TIMES - len(told)}"
    for titles in told.values():
        assert titles[0].endswith("WATCH: Mobilisation and readiness, quiet → watch (KJ-2)")
        assert len(titles) <= 2
        assert all(t.startswith("Possible repeat: ") for t in titles[1:])
    repeats = sum(len(titles) - 1 for titles in told.values())
    assert (repeats == TIMES) if point == "after the send" else (repeats == 0)
