"""An idle daemon with 200 feeds at 10-minute intervals: under 1 % of one core, under 150 MB with its workers.

The daemon is the real command, `iwmon run`, on a configuration of 200 loopback feeds that answer 304 as
quiet feeds do, with the indicators of the project's own indicators.yaml. Measured half a minute after
its start: CPU time of the whole process tree over the span, and its proportional set size.
There is no baseline to compare with: the targets are absolute shares of this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import psutil
from aiohttp import web
from ruamel.yaml import YAML

from iwmon import config, pipeline, schedule
from iwmon.model import Memory, PollState
from iwmon.store import Store

ROOT = Path(__file__).resolve().parents[1]
WHOSE = ("language", "country", "affiliation", "controlled_by", "reliability")
FEEDS, CPU_PERCENT, MEGABYTES = 200, 1.0, 150.0


def feed(number: int) -> bytes:
    """A feed of 30 entries of today."""
    start = datetime.now(UTC)
    entries = "".join(
        f"<item><title>Feed {number} reports event {n} of the day</title><guid>{number}-{n}</guid>"
        f"<link>https://feed{number}.example/{n}</link><description>{'word ' * 40}</description>"
        f"<pubDate>{format_datetime(start - timedelta(hours=n))}</pubDate></item>"
        for n in range(30)
    )
    return f'<rss version="2.0"><channel><title>Feed {number}</title>{entries}</channel></rss>'.encode()


async def serve(bodies: list[bytes], counts: dict[str, int]) -> tuple[web.AppRunner, int]:
    """Feeds with ETags on every loopback address."""

    async def answer(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        if request.headers.get("If-None-Match") == f'"{number}"':
            counts["304"] += 1
            return web.Response(status=304, headers={"ETag": f'"{number}"'})
        counts["200"] += 1
        return web.Response(
            body=bodies[number], headers={"ETag": f'"{number}"', "Content-Type": "application/rss+xml"}
        )

    app = web.Application()
    app.router.add_get("/{number}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "0.0.0.0", 0)
    await site.start()
    return runner, int(site._server.sockets[0].getsockname()[1])  # type: ignore[union-attr]


def configuration(port: int) -> Any:
    """The project's judgements, and 200 feeds of its sides, each on a loopback address of its own."""
    document = YAML().load((ROOT / "indicators.yaml").read_text(encoding="utf-8"))
    sides = [{key: one[key] for key in WHOSE if key in one} for one in document["sources"]]
    document["sources"] = [
        {
            "id": f"feed-{n}",
            "name": f"Feed {n}",
            "type": "feed",
            "url": f"http://127.0.0.{n + 2}:{port}/{n}",
            "poll_interval": "10m",
            "expect_every": "20m",
            "allow_private": True,
            **sides[n % len(sides)],
        }
        for n in range(FEEDS)
    ]
    for judgement in document["judgements"]:
        for indicator in judgement["indicators"]:
            indicator.pop("collectible_from", None)
    return document


def spread(path: Path, database: str) -> None:
    """Due times spread over ten minutes, with validators: a daemon that has run for long."""
    loaded = config.parse(path.name, lambda _: path.read_bytes(), {})
    now = datetime.now(UTC)
    polls = [
        PollState(
            source.id,
            next_due=now + timedelta(seconds=600 * n / FEEDS),
            interval=timedelta(minutes=10),
            etag=f'"{n}"',
            url_digest=schedule.url_digest(source),
        )
        for n, source in enumerate(loaded.sources.values())
    ]
    with Store.open(database) as store:
        store.commit(pipeline.advance(loaded, Memory(), [], now), polls)


def tree(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time of the tree, with that of children who are gone."""
    total = 0.0
    for each in tree(process):
        times = each.cpu_times()
        total += times.user + times.system
    gone = process.cpu_times()
    return total + gone.children_user + gone.children_system


def megabytes(process: psutil.Process) -> float:
    return sum(each.memory_full_info().pss for each in tree(process)) / 2**20


def main() -> int:
    """Start, wait, measure, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one minute instead of five")
    span = 60 if parser.parse_args().quick else 300
    loop, counts = asyncio.new_event_loop(), {"200": 0, "304": 0}
    threading.Thread(target=loop.run_forever, daemon=True).start()
    _, port = asyncio.run_coroutine_threadsafe(serve([feed(n) for n in range(FEEDS)], counts), loop).result(
        10
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "indicators.yaml"
        with path.open("w", encoding="utf-8") as out:
            YAML().dump(configuration(port), out)
        database = f"sqlite:///{folder}/iwmon.db"
        spread(path, database)
        environ = {k: v for k, v in os.environ.items() if not k.startswith("IWMON_")}
        command = [
            sys.executable,
            "-m",
            "iwmon",
            "run",
            "--config",
            str(path),
            "--db",
            database,
            "--port",
            "0",
        ]
        daemon = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process = psutil.Process(daemon.pid)
        # The start is not idleness: imports, and the first feeds.
        time.sleep(30)
        first, began, asked = cpu_seconds(process), time.monotonic(), counts["304"]
        peak = 0.0
        while time.monotonic() - began < span:
            time.sleep(5)
            peak = max(peak, megabytes(process))
        share = 100 * (cpu_seconds(process) - first) / (time.monotonic() - began)
        polls = counts["304"] - asked
        daemon.send_signal(signal.SIGTERM)
        code = daemon.wait(60)
    print(
        f"{FEEDS} feeds, first polls answered 200: {counts['200']}; over {span} s: {polls} polls answered 304"
    )
    print(f"CPU of the process tree: {share:.2f} % of one core (target < {CPU_PERCENT} %)")
    print(f"memory of the tree (proportional set size), peak: {peak:.0f} MB (target < {MEGABYTES:.0f} MB)")
    print(f"SIGTERM: exit {code}")
    met = share < CPU_PERCENT and peak < MEGABYTES and code == 0 and polls >= FEEDS * span / 600 * 0.8
    print("target met" if met else "TARGET MISSED")
    return 0 if met else 3


if __name__ == "__main__":
    sys.exit(main())
