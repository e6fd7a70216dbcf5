"""A rehearsal: real items of past weeks, served as feeds hour by hour; iwmon polls them with your indicators.

    python examples/rehearsal.py --data ../shared/data

A loopback HTTP server serves (a) real captured feed files, and (b) the recorded items of two weeks as
RSS, as they were published: 10-17 October 2022 (the Regional Group of Forces) and 8-17 November
2021 (Kuznica). Each hour of those weeks the real command runs, `iwmon poll --now TIME`, with the
judgements and terms of indicators.yaml. Alerts go to a real SMTP server and to a webhook shaped
like Slack's, both on loopback, and are printed at the end with the counts. Nothing leaves this
machine.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import re
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as email_policy
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web
from aiosmtpd.controller import Controller
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
HOUR = timedelta(hours=1)
NEWEST = 60  # entries that a feed shows, like real ones
FEWEST = 4  # items in the weeks: rarer feeds are left out


@dataclass(frozen=True)
class Week:
    """A period of the recorded items, and which file holds it."""

    name: str
    file: str
    since: datetime
    until: datetime


WEEKS = {
    "rgf": Week(
        "Regional Group of Forces, 10-17 October 2022",
        "rss_2022_01_11.jsonl.gz",
        datetime(2022, 10, 10, tzinfo=UTC),
        datetime(2022, 10, 18, tzinfo=UTC),
    ),
    "kuznica": Week(
        "Kuznica, 8-17 November 2021",
        "rss_2021.jsonl.gz",
        datetime(2021, 11, 8, tzinfo=UTC),
        datetime(2021, 11, 18, tzinfo=UTC),
    ),
}

# What an analyst would set for the outlets of the recorded weeks; all others are reliability D.
GRADES = {
    "B": "bbc.co.uk nytimes.com theguardian.com lemonde.fr apnews.com washingtonpost.com tvn24.pl cnn.com",
    "C": "polsatnews.pl wydarzenia.interia.pl wiadomosci.gazeta.pl bankier.pl foxnews.com politico.com",
}


# ---------------------------------------------------------------- what is served


@dataclass
class Feeds:
    """Recorded items by feed, and the fake clock that decides which of them are out."""

    items: dict[str, list[dict[str, Any]]]
    captured: dict[str, bytes]
    now: datetime
    served: int = 0
    notes: list[str] = field(default_factory=list)

    def rss(self, feed: str) -> bytes:
        """The feed as it stood at `now`: its newest items, newest first."""
        out = [i for i in self.items[feed] if i["at"] <= self.now][-NEWEST:]
        entries = "".join(
            f"<item><title>{escape(i['title'])}</title><link>{escape(i['url'])}</link>"
            f'<guid isPermaLink="false">{escape(i["url"])}</guid>'
            f"<pubDate>{format_datetime(i['at'])}</pubDate>"
            f"<description>{escape(i.get('summary') or '')}</description>"
            f"<source url={quoteattr('https://' + i['publisher'])}>{escape(i['publisher'])}</source></item>"
            for i in reversed(out)
        )
        head = f"<title>{escape(feed)}</title><link>{escape(feed)}</link><description/>"
        channel = f"<channel>{head}{entries}</channel>"
        return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0">{channel}</rss>'.encode()


def recorded(data: Path, week: Week) -> dict[str, list[dict[str, Any]]]:
    """The items of a week, and of the two days before it, by feed; oldest first."""
    feeds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with gzip.open(data / week.file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            at = datetime.fromisoformat(row["published"].replace("Z", "+00:00"))
            if week.since - 2 * 24 * HOUR <= at < week.until:
                feeds[row["feed"]].append({**row, "at": at})
    return {feed: sorted(rows, key=lambda r: r["at"]) for feed, rows in feeds.items() if len(rows) >= FEWEST}


def captured(data: Path) -> dict[str, bytes]:
    """The captured feed files of five items and more, by name."""
    found = {}
    with tarfile.open(data / "feeds_captured.tar.gz") as tar:
        members = {m.name: m for m in tar.getmembers() if m.isfile()}
        manifest = next(m for name, m in members.items() if name.endswith("manifest.json"))
        for row in json.load(tar.extractfile(manifest)):  # type: ignore[arg-type]
            if (row["items"] or 0) >= 5 and row["kind"] != "opml":
                member = next((m for n, m in members.items() if n.endswith(row["file"])), None)
                if member is not None:
                    found[row["file"]] = tar.extractfile(member).read()  # type: ignore[union-attr]
    return found


def application(feeds: Feeds, slack: list[dict[str, Any]]) -> web.Application:
    """Feeds with ETags, and a webhook that takes what Slack's would."""
    names = {_slug(feed): feed for feed in feeds.items}
    files = {_slug(name): name for name in feeds.captured}

    def answer(request: web.Request, body: bytes) -> web.Response:
        feeds.served += 1
        tag = f'"{sha256(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(body=body, headers={"ETag": tag, "Content-Type": "application/xml"})

    async def feed(request: web.Request) -> web.Response:
        return answer(request, feeds.rss(names[request.match_info["name"]]))

    async def file(request: web.Request) -> web.Response:
        return answer(request, feeds.captured[files[request.match_info["name"]]])

    async def hook(request: web.Request) -> web.Response:
        slack.append(json.loads(await request.read()))
        return web.Response(text="ok")

    app = web.Application(client_max_size=2**22)
    app.router.add_get("/feed/{name}", feed)
    app.router.add_get("/captured/{name}", file)
    app.router.add_post("/services/{token:.*}", hook)
    app.router.add_post("/{path:.*}", hook)
    return app


class Mailbox:
    """An SMTP server's handler that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.messages.append(BytesParser(policy=email_policy).parsebytes(envelope.content))  # type: ignore[arg-type]
        return "250 OK"


def _slug(text: str) -> str:
    tail = sha256(text.encode()).hexdigest()[:6]
    return re.sub(r"[^a-z0-9]+", "-", text.lower().split("//")[-1]).strip("-")[:40] + "-" + tail


# ---------------------------------------------------------------- the configuration


def configuration(text: str, feeds: Feeds, base: str, receivers: dict[str, str]) -> str:
    """The judgements and terms of `text`, with the loopback feeds as sources and these receivers."""
    yaml = YAML()
    document = yaml.load(text)
    document["sources"] = [*_recorded_sources(feeds, base), *_captured_sources(feeds, base)]
    document["receivers"] = [{"id": name, "url": url} for name, url in receivers.items()]
    document["route"] = {"receiver": "analysts", "routes": [*_routes(receivers)]}
    document.pop("heartbeat", None)
    for judgement in document["judgements"]:
        for indicator in judgement["indicators"]:
            indicator.pop("collectible_from", None)
            indicator.pop("required", None)  # no outlet of the recorded weeks is a state's
    out = tempfile.SpooledTemporaryFile(mode="w+", encoding="utf-8")  # noqa: SIM115 - read back below
    yaml.dump(document, out)
    out.seek(0)
    return out.read()


def _routes(receivers: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Everything to every receiver: warnings repeated daily, a watch weekly."""
    for name in receivers:
        loud = {"matchers": ['severity=~"warning|critical"'], "repeat_interval": "24h"}
        yield {
            "matchers": ['severity=~".*"'],
            "receiver": name,
            "repeat_interval": "7d",
            "routes": [{**loud, "receiver": name}],
            "continue": True,
        }


def _recorded_sources(feeds: Feeds, base: str) -> Iterator[dict[str, Any]]:
    grades = {domain: grade for grade, domains in GRADES.items() for domain in domains.split()}
    for feed, rows in feeds.items.items():
        domains = {row["publisher"] for row in rows}
        main = max(domains, key=lambda d: sum(row["publisher"] == d for row in rows))
        yield {
            "id": _slug(feed),
            "name": main,
            "type": "feed",
            "url": f"{base}/feed/{_slug(feed)}",
            "language": "pl" if main.endswith(".pl") else "en",
            "publisher": main,
            "reliability": grades.get(main, "D"),
            "aggregator": urlsplit(feed).hostname == "hnrss.org",
            "poll_interval": "1h",
            "expect_every": "2d",
            "allow_private": True,
        }


def _captured_sources(feeds: Feeds, base: str) -> Iterator[dict[str, Any]]:
    for name in feeds.captured:
        yield {
            "id": "c-" + _slug(name),
            "name": name.rsplit("/", 1)[-1][:60],
            "type": "feed",
            "url": f"{base}/captured/{_slug(name)}",
            "poll_interval": "1h",
            "expect_every": "30d",  # these are files, and never bring anything new
            "allow_private": True,
        }


# ---------------------------------------------------------------- the run


@dataclass
class Rehearsal:
    """Servers, configuration and command of one run; a context manager."""

    data: Path
    week: Week
    folder: Path
    with_captured: bool = True

    def __enter__(self) -> Rehearsal:
        files = captured(self.data) if self.with_captured else {}
        self.feeds = Feeds(recorded(self.data, self.week), files, self.week.since)
        self.slack: list[dict[str, Any]] = []
        self.mailbox = Mailbox()
        with socket.socket() as probe:  # aiosmtpd cannot be asked which port it was given
            probe.bind(("127.0.0.1", 0))
            self.smtp_port = int(probe.getsockname()[1])
        self._smtp = Controller(self.mailbox, hostname="127.0.0.1", port=self.smtp_port)
        self._smtp.start()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)
        self.base = f"http://127.0.0.1:{self.port}"
        self.config = self.folder / "indicators.yaml"
        self.database = f"sqlite:///{self.folder / 'iwmon.db'}"
        receivers = {
            "duty-desk": f"slack+http://127.0.0.1:{self.port}/services/T0REHEARSE/B0REHEARSE/rehearsal",
            "analysts": f"mailto://127.0.0.1:{self.smtp_port}?from=iwmon@example.org&to=desk@example.org&mode=insecure",
        }
        text = (ROOT / "indicators.yaml").read_text(encoding="utf-8")
        self.config.write_text(configuration(text, self.feeds, self.base, receivers), encoding="utf-8")
        return self

    async def _serve(self) -> int:
        runner = web.AppRunner(application(self.feeds, self.slack), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._runner = runner
        return int(site._server.sockets[0].getsockname()[1])  # type: ignore[union-attr]

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._smtp.stop()

    def hours(self) -> Iterator[datetime]:
        """The fake clock, hour by hour; the feeds show what was out by then."""
        now = self.week.since
        while now < self.week.until:
            self.feeds.now = now
            yield now
            now += HOUR

    def command(self, *arguments: str) -> list[str]:
        """An iwmon command line on this rehearsal's configuration and database."""
        return [*arguments, "--config", str(self.config), "--db", self.database]

    def texts(self) -> list[str]:
        """What the webhook received, in order."""
        return [slack_text(payload) for payload in self.slack]


def slack_text(payload: dict[str, Any]) -> str:
    """The words of a Slack-shaped payload, as a reader sees them."""
    parts = [payload.get("text") or ""]
    for attachment in payload.get("attachments", []):
        parts += [attachment.get("title") or "", attachment.get("text") or ""]
    shown = "\n".join(part for part in parts if part)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def main() -> int:
    """Run the weeks and print what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--week", choices=[*WEEKS, "all"], default="all")
    parser.add_argument("--without-captured", action="store_true", help="leave out the captured feed files")
    chosen = parser.parse_args()
    if not chosen.data.is_dir():
        print(f"no recorded items at {chosen.data}; say where with --data", file=sys.stderr)
        return 2
    for key in WEEKS if chosen.week == "all" else [chosen.week]:
        with (
            tempfile.TemporaryDirectory() as folder,
            Rehearsal(chosen.data, WEEKS[key], Path(folder), not chosen.without_captured) as run,
        ):
            print(
                f"=== {run.week.name}: {len(run.feeds.items)} feeds of recorded items, "
                f"{len(run.feeds.captured)} captured feed files",
                flush=True,
            )
            for now in run.hours():
                subprocess.run(
                    [sys.executable, "-m", "iwmon", *run.command("poll", "--now", now.isoformat(), "--json")],
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
                if now.hour == 0:
                    print(f"{now:%d %b}: {len(run.slack)} messages", file=sys.stderr, flush=True)
            for number, text in enumerate(run.texts(), start=1):
                print(f"\n--- message {number}\n{text}")
            print(
                f"\n{len(run.slack)} messages to the webhook, {len(run.mailbox.messages)} emails, "
                f"{run.feeds.served} requests answered",
                flush=True,
            )
            subprocess.run([sys.executable, "-m", "iwmon", *run.command("status", "--json")], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
