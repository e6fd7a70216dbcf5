"""A loopback world for the daemon: feeds that change, a webhook, a dead man's switch; all real HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from patience import PATIENCE

CONFIG = """\
version: 1
settings: {{timezone: Europe/Warsaw, poll_interval: 10s}}
sources:
{sources}
judgements:
  - id: kj-2
    statement: Belarus commits regular troops to combat in Ukraine
    kind: event_by
    probability: realistic possibility
    confidence: moderate
    made_on: 2022-07-15
    horizon: 6 months
    resolution: {{criteria: "two independent sources confirm combat by regular units"}}
    indicators:
      - id: mobilisation
        name: Mobilisation and readiness
        observes: mobilisation, reservist call-up
        type: occurrence
        effect: strongly_supports
        half_life: 30d
        query: mobilis* OR reservist*
receivers:
  - {{id: desk, url: "json://127.0.0.1:{port}/hook"}}
route: {{receiver: desk, group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}
heartbeat: {{url: "http://127.0.0.1:{port}/beat", every: 1s}}
"""


def rss(*titles: str, at: datetime | None = None) -> bytes:
    """A feed of these headlines, dated now."""
    moment = format_datetime(at or datetime.now(UTC))
    entries = "".join(
        f"<item><title>{escape(t)}</title><guid isPermaLink='false'>{escape(t)}</guid>"
        f"<link>https://news.example/{n}</link><pubDate>{moment}</pubDate></item>"
        for n, t in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>F</title>{entries}</channel></rss>'.encode()


@dataclass
class World:
    """Feeds by path, what the webhook was told, and how often the switch was pinged."""

    server: HTTPServer
    folder: Path
    feeds: dict[str, bytes] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    beats: int = 0
    refuse: int = 0  # status that the webhook answers, 0 = take it

    def __post_init__(self) -> None:
        self.server.expect_request("/hook").respond_with_handler(self._hook)
        self.server.expect_request("/beat").respond_with_handler(self._beat)
        self.feeds = {"a": rss("Rain in Minsk"), "b": rss("Snow in Brest")}
        for name in ("a", "b"):
            self.server.expect_request(f"/{name}").respond_with_handler(self._feed(name))

    def _feed(self, name: str) -> Callable[[Request], Response]:
        return lambda _: Response(self.feeds[name], content_type="application/rss+xml")

    def _hook(self, request: Request) -> Response:
        if self.refuse:
            return Response(status=self.refuse)
        self.told.append(json.loads(request.data))
        return Response("ok")

    def _beat(self, _: Request) -> Response:
        self.beats += 1
        return Response("ok")

    @property
    def config(self) -> Path:
        return self.folder / "indicators.yaml"

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'iwmon.db'}"

    def write(self, change: Callable[[str], str] = lambda text: text) -> None:
        """Write the configuration, changed."""
        sources = "".join(
            f'  - {{id: {n}, name: Outlet {n}, type: feed, url: "http://127.0.0.1:{self.server.port}/{n}",'
            " reliability: B, poll_interval: 10s, expect_every: 1d, allow_private: true}\n"
            for n in self.feeds
        )
        text = change(CONFIG.format(sources=sources.rstrip(), port=self.server.port))
        temporary = self.config.with_suffix(".new")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self.config)

    def environ(self) -> dict[str, str]:
        return {k: v for k, v in os.environ.items() if not k.startswith("IWMON_")}

    def command(self, *arguments: str) -> list[str]:
        return [
            sys.executable,
            "-m",
            "iwmon",
            *arguments,
            "--config",
            str(self.config),
            "--db",
            self.database,
        ]

    def iwmon(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            timeout=60,
            env=self.environ(),
            check=False,
        )

    @contextmanager
    def daemon(self, *arguments: str) -> Iterator[Daemon]:
        """The real daemon as a process; killed at the end if it still runs."""
        port = free_port()
        log = self.folder / f"log-{time.monotonic_ns()}"
        with log.open("wb") as err:
            process = subprocess.Popen(
                self.command("run", "--port", str(port), *arguments),
                stdout=subprocess.DEVNULL,
                stderr=err,
                env=self.environ(),
            )
            try:
                yield Daemon(process, port, log)
            finally:
                process.kill()
                process.wait(10)


@dataclass
class Daemon:
    """A running `iwmon run`."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str, host: str | None = None) -> tuple[int, str]:
        """(status, body) of a GET; (0, reason) when nothing answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        if host:
            request.add_header("Host", host)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def logged(self) -> list[dict[str, Any]]:
        """Its records so far; every line must be one JSON document."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def stop(self) -> tuple[int, float]:
        """(exit code, seconds) after SIGTERM."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(2 * PATIENCE), time.monotonic() - began


def free_port() -> int:
    """A port of the loopback address where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], Any], seconds: float = 2 * PATIENCE) -> Any:
    """Wait for something to become true; returns it, or fails the test."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not true within {seconds} s")
