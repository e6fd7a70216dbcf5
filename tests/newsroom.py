"""A small newsroom on loopback for the command line's tests: five feeds, two judgements, real HTTP."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import structlog
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner, Result
from werkzeug import Request, Response

from iwmon.cli import app
from nouns import HOUR, NOON

NOW = NOON.isoformat()  # 10 October 2022, 12:00 UTC; 14:00 in Warsaw
HEADLINE = "Belarus calls up reservists for readiness checks"

CONFIG = """\
version: 1
settings: {{timezone: Europe/Warsaw, poll_interval: 10m, operator: operator}}
sources:
  - {{id: nashaniva, name: Nasha Niva, url: "{url}/nn", language: en, reliability: B, allow_private: true}}
  - {{id: pravda, name: Ukrainska Pravda, url: "{url}/pu", language: en, reliability: B, allow_private: true}}
  - {{id: reprinter, name: Reprinter, url: "{url}/rp", language: en, reliability: C, allow_private: true}}
  - id: belta
    name: BelTA
    url: "{url}/st"
    language: en
    reliability: D
    controlled_by: BY state
    allow_private: true
  - {{id: euroradio, name: Euroradio, url: "{url}/gone", language: be, reliability: B, allow_private: true}}
judgements:
  - id: kj-2
    statement: Belarus commits regular troops to combat in Ukraine
    kind: event_by
    probability: realistic possibility
    confidence: moderate
    made_on: 2022-07-15
    horizon: 6 months
    resolution: {{criteria: "two independent sources confirm combat by regular units"}}
    alternatives: ["Belarus remains a base and sends no troops"]
    indicators:
      - id: mobilisation
        name: Mobilisation and readiness
        observes: mobilisation, reservist call-up
        effect: strongly_supports
        half_life: 30d
        query: {{en: "belarus* NEAR/25 (mobilis* OR reservist*)"}}
        examples: {{match: [Belarus mobilises], no_match: [Belarus plays]}}
      - id: convoys
        name: Military convoys
        type: count
        effect: supports
        query: {{en: "convoy*"}}
        examples: {{match: [Convoys on the road]}}
      - id: stand-down
        name: Stand-down
        effect: against
        query: {{en: '"return to base*"'}}
        examples: {{match: [Units return to bases]}}
      - id: border-radio
        name: Radio from the border
        effect: slightly_supports
        collectible_from: [euroradio]
        query: {{be: "мяж*"}}
        examples: {{match: [на мяжы]}}
  - id: kj-3
    statement: Belarus continues provocative actions
    kind: continues
    resolution: {{criteria: a count of incidents}}
    probability: highly likely
    made_on: 2022-07-15
    indicators:
      - id: balloons
        name: Balloons over the border
        effect: supports
        query: {{en: "balloon*"}}
        examples: {{match: [Balloons]}}
receivers:
  - {{id: desk, url: "{desk}"}}
  - {{id: operator, url: "console:"}}
route: {{receiver: desk, repeat_interval: 4h}}
"""


def rss(*titles: str, at: datetime = NOON - HOUR, summary: str = "") -> bytes:
    """A feed of these headlines, the first an hour old at noon, each five minutes older than the last."""
    entries = ""
    for n, title in enumerate(titles):
        when = format_datetime(at - n * timedelta(minutes=5))
        entries += (
            f"<item><title>{escape(title)}</title><guid isPermaLink='false'>{escape(title)}</guid>"
            f"<link>https://news.example/{n}</link><pubDate>{when}</pubDate>"
            f"<description>{escape(summary)}</description></item>"
        )
    return f'<rss version="2.0"><channel><title>A feed</title>{entries}</channel></rss>'.encode()


@dataclass
class Newsroom:
    """Feeds by path, in a folder with a configuration and a database."""

    server: HTTPServer
    folder: Path
    feeds: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.feeds = {
            "nn": rss(HEADLINE, "Rain in Minsk"),
            "pu": rss("Belarusian army begins mobilisation near Brest, officials say", "Football results"),
            "rp": rss(HEADLINE, "Chess"),
            "st": rss("BelTA: Belarus summons reservists to the barracks", "Harvest is in"),
        }
        for name in self.feeds:
            self.server.expect_request(f"/{name}").respond_with_handler(self._answer)
        self.server.expect_request("/gone").respond_with_data("no", status=403)
        self.server.expect_request("/page").respond_with_data("<html><body>Hi</body></html>")
        self.write()

    def _answer(self, request: Request) -> Response:
        return Response(self.feeds[request.path[1:]], content_type="application/rss+xml")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def config(self) -> Path:
        return self.folder / "indicators.yaml"

    @property
    def database(self) -> Path:
        return self.folder / "iwmon.db"

    def write(self, old: str = "", new: str = "", desk: str = "console:") -> None:
        """Write the configuration, with one replacement."""
        text = CONFIG.format(url=self.url, desk=desk)
        assert old in text
        self.config.write_text(text.replace(old, new) if old else text, encoding="utf-8")

    def places(self) -> list[str]:
        return ["--config", str(self.config), "--db", str(self.database)]

    def run(self, *arguments: str, **more: Any) -> Result:
        """A command in this process, on this newsroom."""
        return run(*arguments, *self.places(), **more)

    def json(self, *arguments: str) -> Any:
        """What a command prints with --json; it must succeed and print nothing else."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def process(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """A command as a real process."""
        return process(*arguments, *self.places(), **more)


def run(*arguments: str, **more: Any) -> Result:
    """A command in this process, with the logging that it sets up taken down again."""
    handlers = logging.getLogger().handlers[:]
    try:
        return CliRunner().invoke(app, list(arguments), **more)
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers[:] = handlers


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what would change iwmon's ways."""
    ours = ("IWMON_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)} | more


def process(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """`python -m iwmon` to its end."""
    environ = clean_environment(**more.pop("environ", {}))
    return subprocess.run(
        [sys.executable, "-m", "iwmon", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environ,
        **more,
    )


@contextmanager
def newsroom(folder: Path) -> Iterator[Newsroom]:
    """A newsroom that is open until the block ends."""
    with HTTPServer(host="127.0.0.1", port=0) as server:
        yield Newsroom(server, folder)
