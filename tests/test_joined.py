"""An alert's life from end to end: real letters, a real Slack-shaped server, a real page, a real database."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

import services
from desk import HEAD, JUDGEMENT, MINUTE, SECOND, Desk, fates
from iwmon import monitor
from iwmon.alerts import links
from iwmon.cli import polling
from iwmon.cli.call import Call
from iwmon.daemon import start
from iwmon.model import Alert, Coverage, Level, Message, Receiver, SendFailed, Sent
from iwmon.monitor import drawing
from iwmon.send import send
from iwmon.store import Store
from nouns import HOUR, configured
from services import Answer, Letter, Mailbox, Webhook
from test_web_ack import BASE, KEY, served
from test_web_ack import Desk as Page

mailbox, webhook = services.mailbox, services.webhook

TAIL = """\
receivers:
  - {{id: analysts, url: "{analysts}"}}
  - {{id: duty, url: "{slack}", quiet_hours: {{intervals: [nights], mode: silence_all}}}}
  - {{id: paper, url: "{paper}", mode: daily, at: '08:00'}}
time_intervals:
  - {{name: nights, time_intervals: [{{times: [{{start_time: '22:00', end_time: '24:00'}},
     {{start_time: '00:00', end_time: '07:00'}}], location: Europe/Warsaw}}]}}
route:
  receiver: analysts
  group_by: [judgement]
  group_wait: 0s
  group_interval: 1m
  repeat_interval: 4h
  routes:
    - {{matchers: ['severity=~".+"'], receiver: duty, continue: true}}
    - {{matchers: ['severity=~".+"'], receiver: paper, continue: true}}
    - {{matchers: ['severity=~".+"'], receiver: analysts}}
"""
TS = "1665403200.000100"
TAKEN = Answer(200, json.dumps({"ok": True, "channel": "C1", "ts": TS}).encode())
LINK = re.compile(rf"^   {re.escape(BASE)}/-/ack/(\S+)$", re.MULTILINE)
TEXT = """\
KJ-1: Belarus does thing 1
Analyst's term: realistic possibility

On whose word: 2 independent origins (Nasha Niva B, Ukrinform B)

Why: two origins
Acknowledge: iwmon alerts ack {id}
Every number: iwmon explain {id}"""


@dataclass
class House:
    """All that an alert meets between a step and a person."""

    desk: Desk
    box: Mailbox
    slack: Webhook

    def rise(self, name: str, level: Level) -> Alert:
        """An indicator rises, in a step that says so."""
        one = self.desk.alert(name, str(level))
        one = replace(one, text=TEXT.format(id=one.id))
        self.desk.commit([one], {name: level})
        return one

    def pass_by(self, long: object, every: object = 10 * MINUTE) -> None:
        """Time in which a daemon would take its steps."""
        end = self.desk.now + long  # type: ignore[operator]
        while self.desk.now < end:
            self.desk.commit()
            self.desk.wait(min(HOUR, end - self.desk.now), every)  # type: ignore[arg-type]

    def letters(self, to: str) -> list[Letter]:
        return [one for one in self.box.letters if one.recipients == [f"{to}@example.org"]]

    def posts(self) -> list[dict]:
        return [call.json for call in self.slack.calls]


@pytest.fixture
def house(tmp_path: Path, mailbox: Mailbox, webhook: Webhook) -> Iterator[House]:
    tail = TAIL.format(
        analysts=mailbox.url("analysts@example.org"),
        paper=mailbox.url("paper@example.org"),
        slack=f"slack+{webhook.url}/api/xoxb-123456789012-canary03secret/#desk",
    )
    head = HEAD.replace("Europe/Warsaw}", f'Europe/Warsaw, url: "{BASE}"}}')
    config = configured(head + "".join(JUDGEMENT.format(n=n) for n in range(1, 6)) + tail)
    webhook.script(*[TAKEN] * 30)
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}") as store:
        desk = Desk(store, config)

        def post(receiver: Receiver, message: Message) -> Sent | SendFailed:
            return send(receiver, message, now=desk.now)

        desk.send = post  # type: ignore[method-assign]
        desk.dispatcher = monitor.Dispatcher(store, link_key=KEY)
        desk.coverage = dict.fromkeys(config.indicators, Coverage.OK)
        yield House(desk, mailbox, webhook)


@contextmanager
def page(house: House) -> Iterator[Page]:
    """The page that the links lead to, at the time of the desk."""
    with served(house.desk.store) as found:
        found.now = house.desk.now
        yield found


def test_from_the_alert_to_its_end(house: House) -> None:
    """Told with its picture, reminded, taken by the link, over: one thread each in mail and in Slack.

    What is raised at night waits in Slack for the morning; the reader of digests gets one, with all of it.
    """
    desk, store = house.desk, house.desk.store
    desk.dispatch()
    first = house.rise("a1", Level.WARNING)
    desk.wait(3 * SECOND)

    [told] = house.letters("analysts")
    assert told.message["Subject"].startswith("WARNING: Sign A1, quiet → warning")
    [image] = [part for part in told.message.walk() if part.get_content_type() == "image/png"]
    drawn = Image.open(io.BytesIO(image.get_payload(decode=True)))
    assert drawn.size == (640, 128)
    assert "The last 90 days: now warning" in told.html
    [token] = LINK.findall(told.text)
    assert f'href="{BASE}/-/ack/{token}"' in told.html
    [root] = house.posts()
    assert "thread_ts" not in root
    assert f"{BASE}/-/ack/" in json.dumps(root)
    assert "analysts" in token
    assert "duty" in json.dumps(root).split("/-/ack/")[1]
    assert house.letters("paper") == []

    house.pass_by(4 * HOUR + 10 * MINUTE)
    _, reminded = house.letters("analysts")
    assert reminded.message["Subject"].startswith("Reminder 1, not acknowledged: WARNING: Sign A1")
    assert reminded.message["In-Reply-To"] == told.message["Message-ID"]
    assert "On whose word: 2 independent origins" in reminded.text
    assert LINK.search(reminded.text)
    assert house.posts()[1]["thread_ts"] == TS
    assert house.posts()[1]["reply_broadcast"] is True

    with page(house) as web:
        assert web.ask(f"/-/ack/{token}").status == 200
        assert store.alert(first.id).acked is None
        assert web.post(token, "Ana", "asked Minsk").status in (200, 303)
    assert store.counts()["alerts_acknowledged"] == 1

    house.pass_by(datetime(2022, 10, 10, 21, tzinfo=UTC) - desk.now)  # 23:00 in Warsaw
    second = house.rise("b2", Level.WATCH)
    house.pass_by(HOUR)
    assert len(house.letters("analysts")) == 3  # and no second reminder of the first
    assert len(house.posts()) == 2
    assert store.alert(second.id).deliveries[0].held.startswith("quiet hours nights")
    desk.now += MINUTE
    desk.commit((), {"a1": Level.QUIET})
    desk.wait(3 * SECOND)
    over = house.letters("analysts")[-1]
    assert over.message["Subject"].startswith("RESOLVED: Sign A1, warning → quiet")
    assert over.message["In-Reply-To"] == told.message["Message-ID"]
    for line in ("Acknowledged by Ana (link to analysts): asked Minsk", "KJ-1: Belarus does thing 1"):
        assert line in over.text
    assert not LINK.search(over.text)
    assert "image/png" in [part.get_content_type() for part in over.message.walk()]

    house.pass_by(9 * HOUR)
    morning = house.posts()[2:]
    assert sorted((one["text"].split(":")[0], one.get("thread_ts")) for one in morning) == [
        ("RESOLVED", TS),
        ("WATCH", None),
    ]
    held = re.compile(r"Held back until 11 Oct 07:\d\d CEST: quiet hours nights\.")
    assert [json.dumps(one) for one in morning if not held.search(json.dumps(one))] == []

    [digest] = house.letters("paper")
    subject = digest.message["Subject"].strip()
    assert subject.startswith("Daily digest, Tue 11 Oct: 2 judgements moved, 1 to acknowledge")
    moved = ("Sign A1: quiet → warning → quiet", "Sign B2: quiet → watch")
    for line in (*moved, f"[{second.id}]", "Next digest"):
        assert line in digest.text

    found = fates(store, [first, second])
    assert set(found.values()) == {"sent", "suppressed"}
    assert [name for name, fate in found.items() if fate == "suppressed"] == [
        (first.id, "paper firing 0"),
    ]
    for one in (first, second):
        entries = store.ledger(one.id)
        assert [entry.n for entry in entries] == sorted(entry.n for entry in entries)
        for delivery in store.alert(one.id).deliveries:
            last = [entry.event for entry in entries if entry.delivery == delivery.id][-1]
            assert last in ("sent", "dropped", "folded")


def test_a_picture_that_cannot_be_drawn_stops_no_letter(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes without."""

    def broken(*_: object) -> None:
        raise OSError("no memory for it")

    monkeypatch.setattr(drawing, "_drawn", broken)
    house.desk.dispatch()
    house.rise("a1", Level.WARNING)
    house.desk.wait(3 * SECOND)
    [told] = house.letters("analysts")
    assert "image/png" not in [part.get_content_type() for part in told.message.walk()]
    assert "On whose word" in told.text


def test_only_a_letter_about_one_indicator_has_a_picture(house: House) -> None:
    """Two of a judgement are one letter, without one."""
    house.desk.dispatch()
    both = [house.desk.alert("a1"), house.desk.alert("b1")]
    house.desk.commit(both, {"a1": Level.WARNING, "b1": Level.WARNING})
    house.desk.wait(3 * SECOND)
    [told] = house.letters("analysts")
    assert told.message["Subject"] == "WARNING: 2 alerts for KJ-1"
    assert "image/png" not in [part.get_content_type() for part in told.message.walk()]
    assert len(LINK.findall(told.text)) == 2


def test_after_an_outage_each_of_the_worst_has_its_address(house: House) -> None:
    """The mail server was away: one list, with what is over already, and a link that works from it."""
    desk = house.desk
    desk.dispatch()
    house.box.data_answer = "451 4.3.0 try later"
    names = ("a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4", "a5")
    raised = [house.rise(name, Level.WARNING) for name in names]
    house.pass_by(HOUR, MINUTE)
    desk.commit((), {"a5": Level.QUIET})
    house.box.letters.clear()
    house.box.data_answer = "250 2.0.0 accepted"
    house.pass_by(35 * MINUTE, MINUTE)
    told = next(one for one in house.letters("analysts") if "backlog" in one.message["Subject"])
    assert re.match(r"WARNING: backlog, [89] alerts undelivered since 14:", told.message["Subject"])
    tokens = LINK.findall(told.text)
    assert len(tokens) == 8
    assert all(f'href="{BASE}/-/ack/{token}"' in told.html for token in tokens)
    with page(house) as web:
        assert web.post(tokens[0]).status in (200, 303)
    assert desk.store.counts()["alerts_acknowledged"] == 1
    own = [d for one in raised for d in desk.store.alert(one.id).deliveries if d.receiver == "analysts"]
    assert {d.state for d in own} == {"sent", "suppressed"}


def test_without_a_key_or_an_address_there_are_no_links(house: House) -> None:
    """A dispatcher that was given no key, as a test's."""
    house.desk.dispatcher = monitor.Dispatcher(house.desk.store)
    house.desk.dispatch()
    house.rise("a1", Level.WARNING)
    house.desk.wait(3 * SECOND)
    assert "/-/ack/" not in house.letters("analysts")[0].text


def test_a_round_of_poll_signs_its_links_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the operator's key, or the database's own; each opens the daemon's page on the same database."""
    url = f"sqlite:///{tmp_path / 'i.db'}"
    config = configured(
        HEAD.replace("Europe/Warsaw}", f'Europe/Warsaw, url: "{BASE}"}}')
        + JUDGEMENT.format(n=1)
        + 'receivers: [{id: desk, url: "console:"}]\nroute: {receiver: desk, repeat_interval: 4h}\n'
    )
    told: list[str] = []
    with Store.open(url) as store:
        desk = Desk(store, config)
        for given in ("", "0123456789" * 4):
            monkeypatch.setenv(links.KEY_VARIABLE, given)
            (alert,) = desk.rise("a1")
            call = Call(tmp_path / "indicators.yaml", url, json=True)
            done = polling.Round(desk.now, [])
            polling._tell(call, config, store, polling.Options(now=desk.now), lambda: desk.now, done)
            [(_, message)] = done.shown
            told += LINK.findall(message.body)
            key = start.link_key({links.KEY_VARIABLE: given}, store)
            claim = links.check(told[-1], key, desk.now)
            assert isinstance(claim, links.Claim)
            assert (claim.alert, claim.receiver) == (alert.id, "desk")
            desk.now += HOUR
    assert len(told) == 2
