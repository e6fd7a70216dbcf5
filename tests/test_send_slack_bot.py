"""Slack with a bot token: a server that speaks Slack's Web API, threads, refusals, and hostile text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from apprise.plugins.slack import NotifySlack
from hypothesis import given, settings
from hypothesis import strategies as st

import services
from iwmon import sinks
from iwmon.model import Message, Receiver, SendFailed, Sent
from iwmon.send import problem, send, slack
from naughty import JOINER, NAUGHTY, is_plain
from patience import ending
from services import Answer, Call, Webhook

webhook = services.webhook

TOKEN = "xoxb-123456789012-canary03secret"
TS = "1665403200.000100"
TAKEN = Answer(200, json.dumps({"ok": True, "channel": "C1", "ts": TS}).encode())
HELLO = Message(
    "WARNING: Mobilisation, watch → warning (KJ-2)",
    "On whose word: 2 origins\n\n1. Nasha Niva (B)\n   Tanks & > 2 trucks\n   https://nn.example/?a=1&b=2\n\n"
    "Why: w",
    thread="indicator:mobilisation",
)


def desk(server: Webhook, target: str = "#desk") -> Receiver:
    return Receiver("desk", f"slack+{server.url}/api/{TOKEN}/{target}")


def refused(error: str, **more: Any) -> Answer:
    return Answer(200, json.dumps({"ok": False, "error": error}).encode(), **more)


def sections(call: Call) -> list[dict[str, Any]]:
    return [block["text"] for block in call.json["blocks"] if block["type"] == "section"]


def test_a_bot_posts_a_header_and_sections_to_its_channel(webhook: Webhook) -> None:
    """Plain text escaped once, an address alone is a link, no previews, the token in its header."""
    webhook.script(TAKEN)
    assert send(desk(webhook), HELLO) == Sent(TS)
    [call] = webhook.calls
    assert (call.method, call.path) == ("POST", "/api/chat.postMessage")
    assert call.headers["Authorization"] == f"Bearer {TOKEN}"
    assert call.headers["Content-Type"] == "application/json; charset=utf-8"

    def plain(text: str) -> dict[str, Any]:
        return {"type": "plain_text", "text": text, "emoji": False}

    def section(text: dict[str, Any]) -> dict[str, Any]:
        return {"type": "section", "text": text, "expand": True}

    link = {"type": "mrkdwn", "text": "<https://nn.example/?a=1&amp;b=2>", "verbatim": True}
    assert call.json == {
        "channel": "#desk",
        "text": f"{HELLO.title}\nOn whose word: 2 origins\n\n1. Nasha Niva (B)\n"
        "   Tanks &amp; &gt; 2 trucks\n"
        "   https://nn.example/?a=1&amp;b=2\n\nWhy: w",
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "header", "text": plain(HELLO.title)},
            section(plain("On whose word: 2 origins\n\n1. Nasha Niva (B)\n   Tanks &amp; &gt; 2 trucks")),
            section(link),
            section(plain("Why: w")),
        ],
    }


def test_the_real_address_is_slacks(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """slack://xoxb-.../#channel, as Apprise writes it, goes to Slack's own Web API."""
    sink = sinks.open_sink(f"slack://{TOKEN}/#desk", 1)
    assert isinstance(sink, sinks.SlackBot)
    assert (sink.api, sink.channel) == ("https://slack.com/api/chat.postMessage", "#desk")
    assert TOKEN not in repr(sink)
    monkeypatch.setattr(NotifySlack, "api_url", f"{webhook.url}/api/{{}}")
    webhook.script(TAKEN)
    assert send(Receiver("desk", f"slack://{TOKEN}/#desk"), HELLO) == Sent(TS)


@pytest.mark.parametrize(
    ("target", "channel"),
    [("#desk", "#desk"), ("desk", "#desk"), ("+C012AB", "C012AB"), ("@ana", "@ana"), ("", "#general")],
)
def test_channels_as_apprise_writes_them(webhook: Webhook, target: str, channel: str) -> None:
    """A name, an encoded id, a person; without one, #general."""
    webhook.script(TAKEN)
    assert send(desk(webhook, target), HELLO) == Sent(TS)
    assert webhook.calls[0].json["channel"] == channel


def test_two_channels_are_refused(webhook: Webhook) -> None:
    """One URL, one target, as everywhere."""
    assert "2 targets" in problem(desk(webhook, "#a/#b"))
    assert problem(desk(webhook)) == ""


def test_three_messages_are_one_thread(webhook: Webhook) -> None:
    """What follows is a reply; only warnings and what is critical are shown in the channel too."""
    later = Answer(200, json.dumps({"ok": True, "ts": "1665403300.000200"}).encode())
    webhook.script(TAKEN, later, later, later, later)
    first = send(desk(webhook), replace(HELLO, severity="critical"))
    assert first == Sent(TS)
    assert send(desk(webhook), replace(HELLO, reference=TS, severity="critical")) == first
    assert send(desk(webhook), replace(HELLO, reference=TS, severity="resolved")) == first
    assert send(desk(webhook), replace(HELLO, reference=TS, severity="warning")) == first
    assert send(desk(webhook), replace(HELLO, reference=TS, severity="watch")) == first
    root, escalated, resolved, warned, watched = (call.json for call in webhook.calls)
    assert warned["reply_broadcast"] is True
    assert "reply_broadcast" not in watched
    assert "thread_ts" not in root
    assert "reply_broadcast" not in root
    assert (escalated["thread_ts"], escalated["reply_broadcast"]) == (TS, True)
    assert resolved["thread_ts"] == TS
    assert "reply_broadcast" not in resolved


def test_a_message_about_nothing_begins_no_thread(webhook: Webhook) -> None:
    """A digest is not gathered under anything; a reference of an email is none here."""
    webhook.script(TAKEN, TAKEN)
    assert send(desk(webhook), replace(HELLO, thread="")) == Sent()
    assert send(desk(webhook), replace(HELLO, reference="<iwmon.x.y@example.org>")) == Sent(TS)
    assert all("thread_ts" not in call.json for call in webhook.calls)


@pytest.mark.parametrize("error", ["thread_not_found", "message_not_found", "cannot_reply_to_message"])
def test_where_the_first_message_is_gone_a_new_thread_begins(webhook: Webhook, error: str) -> None:
    """Somebody deleted it: the alert must arrive all the same."""
    webhook.script(refused(error), TAKEN)
    assert send(desk(webhook), replace(HELLO, reference="1.2", severity="critical")) == Sent(TS)
    assert [call.json.get("thread_ts") for call in webhook.calls] == ["1.2", None]
    assert "reply_broadcast" not in webhook.calls[1].json


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
def test_where_blocks_are_refused_the_plain_text_arrives(webhook: Webhook, error: str) -> None:
    """Should Slack change what it takes, words go before looks."""
    webhook.script(refused(error), TAKEN)
    assert send(desk(webhook), HELLO) == Sent(TS)
    assert "blocks" not in webhook.calls[1].json
    assert webhook.calls[1].json["text"].endswith("Why: w")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        *(
            (refused(error), SendFailed(f"Slack says {error}", permanent=True))
            for error in ("channel_not_found", "invalid_auth", "token_revoked", "is_archived", "msg_too_long")
        ),
        *(
            (refused(error), SendFailed(f"Slack says {error}"))
            for error in ("internal_error", "service_unavailable", "something_new", "thread_not_found")
        ),
        (
            refused("ratelimited", headers={"Retry-After": "30"}),
            SendFailed("Slack says ratelimited", timedelta(seconds=30)),
        ),
        (
            Answer(429, b'{"ok":false,"error":"ratelimited"}', {"Retry-After": "7"}),
            SendFailed("HTTP 429 (ratelimited)", timedelta(seconds=7)),
        ),
        (Answer(429, headers={"Retry-After": "9" * 40}), SendFailed("HTTP 429", timedelta(hours=24))),
        (Answer(500), SendFailed("HTTP 500")),
        (Answer(503, headers={"Retry-After": "120"}), SendFailed("HTTP 503", timedelta(minutes=2))),
        (Answer(404), SendFailed("HTTP 404", permanent=True)),
        (Answer(500, TAKEN.body), SendFailed("HTTP 500")),
        (Answer(302, headers={"Location": "/login"}), SendFailed("HTTP 302: redirects are not followed")),
        (refused("<b>" + TOKEN), SendFailed("Slack did not accept it")),
        (Answer(200, b'{"ok": false}'), SendFailed("Slack did not accept it")),
        *(
            (
                answer,
                SendFailed("HTTP 200, but no answer of Slack's: it may have arrived", unknown=True),
            )
            for answer in (
                *(Answer(200, body) for body in (b"ok", b"", b"[]", b'{"ok": 1}', b"[" * 50_000, b"\xff")),
                Answer(200, flood=64 << 20),
                Answer(200, TAKEN.body, {"Content-Encoding": "gzip"}),
            )
        ),
        (
            Answer(reset=True),
            SendFailed("the connection broke before an answer: it may have arrived", unknown=True),
        ),
    ],
)
def test_what_slack_answers(webhook: Webhook, answer: Answer, expected: SendFailed) -> None:
    """Wait, give up or warn of a repeat: as the answer says. One request, never a second."""
    if answer.headers.get("Content-Encoding"):  # it is asked not to, and read as it comes
        expected = Sent(TS)  # type: ignore[assignment]
    webhook.script(answer)
    outcome = send(desk(webhook), HELLO, seconds=5)
    if isinstance(expected, SendFailed):
        expected = replace(expected, reason=f"receiver desk: {expected.reason}")
    assert outcome == expected
    assert len(webhook.calls) == 1
    assert "canary03" not in repr(outcome)


def test_a_slack_that_hangs_is_left_in_time(webhook: Webhook) -> None:
    """No answer: back in time, and the message may have arrived."""
    webhook.script(Answer(hang=True))
    with ending():
        outcome = send(desk(webhook), HELLO, seconds=0.5)
    assert isinstance(outcome, SendFailed)
    assert (outcome.unknown, outcome.permanent) == (True, False)
    assert len(webhook.calls) == 1


def test_nobody_listens() -> None:
    """A refused connection is tried again, and nothing can have arrived."""
    nowhere = Receiver("nowhere", f"slack+http://127.0.0.1:1/api/{TOKEN}/#desk")
    assert send(nowhere, HELLO) == SendFailed("receiver nowhere: could not connect")


def test_proxies_of_the_environment_are_not_used(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token goes to Slack and nowhere else."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    webhook.script(TAKEN)
    assert send(desk(webhook), HELLO) == Sent(TS)


# ---------------------------------------------------------------- hostile and long text


def harmless(made: dict[str, Any]) -> str:
    """Asserts that nothing in it is live but addresses alone, and fits; returns the text of the blocks."""
    head, *rest = made["blocks"]
    assert head["type"] == "header"
    assert 0 < len(head["text"]["text"]) <= slack.HEADER_LIMIT
    assert len(made["blocks"]) <= slack.BLOCK_LIMIT
    assert "<" not in made["text"]
    assert len(made["text"]) <= slack.HEADER_LIMIT + slack.BODY_LIMIT + 1
    said = []
    for block in (head, *rest):
        text = block["text"]["text"]
        assert 0 < len(text) <= slack.SECTION_LIMIT
        assert is_plain(text)
        if block["text"]["type"] == "mrkdwn":
            assert re.fullmatch(r"<https?://[!-;=?-{}~]+>", text)
            assert not re.search(r"[|<>@]|&(?!amp;)", text[1:-1])
            said.append(text[1:-1])
            continue
        assert "<" not in text
        assert ">" not in text
        said.append(text)
    shown = unescape("\n".join([made["text"], *said]))
    assert "@" not in shown.replace("@" + JOINER, "").replace("@ ", "").replace("@\n", "").replace("@…", "")
    assert not any(live in shown for live in ("<!", "<@", "<#", "<http", "](", "]["))
    return unescape("\n".join(said[1:]))


def test_naughty_text_in_slack(webhook: Webhook) -> None:
    """Accepted, and on the wire nothing live, no control character, no field that is not ours."""
    ack = "Acknowledge: iwmon alerts ack a1"
    for text in NAUGHTY:
        webhook.calls.clear()
        webhook.script(TAKEN)
        assert send(desk(webhook), replace(HELLO, title=text, body=f"{text}\n   {text}\n{ack}")) == Sent(TS)
        [call] = webhook.calls
        assert set(call.json) == {"channel", "text", "mrkdwn", "unfurl_links", "unfurl_media", "blocks"}
        assert harmless(call.json).endswith(ack)


BOT = sinks.SlackBot("http://127.0.0.1/api/chat.postMessage", "#desk", TOKEN)


@given(
    st.text(max_size=300), st.lists(st.sampled_from(["x" * 3_100, "a & b", "", "   https://a.example/?b&c"]))
)
@settings(max_examples=100, deadline=None)
def test_no_word_of_a_body_is_lost(text: str, lines: list[str]) -> None:
    """Whatever the lines, all of them are in the blocks, in their order."""
    body = "\n".join([*lines, text])[: slack.BODY_LIMIT // 6]
    made = slack.payload(BOT, Message("t", body))
    said = harmless(made)
    assert "".join(said.split()) == "".join(unescape(made["text"].partition("\n")[2]).split())


def test_a_message_with_a_hundred_links_keeps_within_fifty_blocks() -> None:
    """Then the links are text, like the rest."""
    body = "\n".join(f"{n}. item\n   https://a.example/{n}" for n in range(100))
    made = slack.payload(BOT, Message("t", body))
    assert harmless(made).count("https://") == 100


def test_an_empty_body_is_a_header_alone() -> None:
    """Slack takes no empty section."""
    assert len(slack.payload(BOT, Message("t", "\n \n"))["blocks"]) == 1
