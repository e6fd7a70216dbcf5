"""Sending: real sockets, well and badly behaved services, and text that means harm."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
import threading
import time
import traceback
from datetime import timedelta
from html import unescape

import pytest
from apprise.plugins.slack import NotifySlack
from hypothesis import given, settings
from hypothesis import strategies as st

import services
from iwmon import sinks
from iwmon.model import Message, Receiver, SendFailed, Sent
from iwmon.send import (
    BODY_LIMIT,
    CLIPPED,
    TITLE_LIMIT,
    clean,
    clip,
    harmless,
    print_message,
    problem,
    send,
    words,
)
from naughty import JOINER, NAUGHTY, is_plain
from patience import ending
from services import SLACK_TOKEN, Answer, Mailbox, Webhook

mailbox, slack, webhook = services.mailbox, services.slack, services.webhook

DUTY = Receiver("duty-desk", f"slack://{SLACK_TOKEN}")
HELLO = Message(
    "WARNING: Mobilisation, watch → warning (KJ-2)", "On whose word: 2 origins\nAcknowledge: ack a1"
)
CANARIES = ("CANARY01", "CANARY02", "canary03secret")


def test_slack_gets_one_plain_message(slack: Webhook) -> None:
    """On the wire: title and body as one text, markup and previews off, & < > escaped once."""
    body = "1 < 2 & 3 > 2 &amp; *not bold*\nhttps://nashaniva.com/?c=ar&i=1"
    assert send(DUTY, Message("CRITICAL: Tanks & trucks", body)) == Sent()
    [call] = slack.calls
    assert call.path == f"/services/{SLACK_TOKEN}"
    assert call.json == {
        "text": "CRITICAL: Tanks &amp; trucks\n"
        "1 &lt; 2 &amp; 3 &gt; 2 &amp;amp; *not bold*\nhttps://nashaniva.com/?c=ar&amp;i=1",
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_slack_stays_plain_whatever_the_url_asks(slack: Webhook) -> None:
    """A URL cannot switch markup, blocks, redirects, retries or "failures do not count" on."""
    slack.script(Answer(500))
    url = f"slack://{SLACK_TOKEN}?format=markdown&blocks=yes&redirect=yes&retry=3&optional=yes&overflow=split"
    assert isinstance(send(Receiver("duty", url), HELLO), SendFailed)
    [call] = slack.calls
    assert call.json["mrkdwn"] is False
    assert "attachments" not in call.json


def test_the_address_that_slack_shows_is_a_receiver_too(slack: Webhook) -> None:
    """The https address that Slack hands out works as it is."""
    assert send(Receiver("duty", f"https://hooks.slack.com/services/{SLACK_TOKEN}"), HELLO) == Sent()
    assert slack.calls[0].path == f"/services/{SLACK_TOKEN}"


def test_email_has_a_plain_part_with_our_subject(mailbox: Mailbox) -> None:
    """UTF-8 in subject and body; the plain part is the body as it is. (The rest: test_send_email.)"""
    message = Message("WARNING: Мобилизация — „ręcznie”", "На чьё слово: 2\n\n<b>не жирный</b> & *tak*")
    assert send(Receiver("analysts", mailbox.url()), message) == Sent()
    [letter] = mailbox.letters
    assert letter.recipients == ["analyst@example.org"]
    assert letter.message["Subject"] == message.title
    assert letter.text == message.body + "\n"


def test_json_and_email_get_the_text_unbroken(webhook: Webhook, mailbox: Mailbox) -> None:
    """Where nothing is markup, no joiner is put into the text."""
    message = Message("@BelTA", "write to <duty@example.org>, [see](below)")
    assert send(Receiver("archive", f"json://127.0.0.1:{webhook.port}/in"), message) == Sent()
    assert webhook.calls[0].json["message"] == message.body
    assert send(Receiver("analysts", mailbox.url()), message) == Sent()
    assert mailbox.letters[0].text.strip() == message.body


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(429, headers={"Retry-After": "30"}), SendFailed("HTTP 429", timedelta(seconds=30))),
        (Answer(429, headers={"Retry-After": "9" * 40}), SendFailed("HTTP 429", timedelta(hours=24))),
        (Answer(429, headers={"Retry-After": "-5"}), SendFailed("HTTP 429")),
        (Answer(429, headers={"Retry-After": "soon"}), SendFailed("HTTP 429")),
        (Answer(500), SendFailed("HTTP 500")),
        (Answer(503, headers={"Retry-After": "120"}), SendFailed("HTTP 503", timedelta(minutes=2))),
        (Answer(400, b"invalid_payload"), SendFailed("HTTP 400 (invalid_payload)", permanent=True)),
        (Answer(401), SendFailed("HTTP 401", permanent=True)),
        (Answer(403, b"invalid_token"), SendFailed("HTTP 403 (invalid_token)", permanent=True)),
        (Answer(404, b"no_service"), SendFailed("HTTP 404 (no_service)", permanent=True)),
        (Answer(404, b"<html>" + SLACK_TOKEN.encode()), SendFailed("HTTP 404", permanent=True)),
        (Answer(410, b"channel_is_archived"), SendFailed("HTTP 410 (channel_is_archived)", permanent=True)),
        (Answer(408), SendFailed("HTTP 408")),
        (
            Answer(200, b'{"ok":false,"error":"not_in_channel"}'),
            SendFailed("HTTP 200, but not accepted (not_in_channel)"),
        ),
        (Answer(302, headers={"Location": "/login"}), SendFailed("HTTP 302: redirects are not followed")),
        (
            Answer(reset=True),
            SendFailed("the connection broke before an answer: it may have arrived", unknown=True),
        ),
        (Answer(200, flood=64 << 20), SendFailed("HTTP 200, but not accepted")),
    ],
)
def test_what_a_webhook_answers(slack: Webhook, answer: Answer, expected: SendFailed) -> None:
    """Wait, give up or warn of a repeat: as the answer says. One request, never a second."""
    slack.script(answer)
    outcome = send(DUTY, HELLO, seconds=5)
    assert outcome == SendFailed(
        f"receiver duty-desk: {expected.reason}", expected.retry_after, expected.permanent, expected.unknown
    )
    assert len(slack.calls) == 1


@pytest.mark.parametrize(
    ("until", "wait"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", timedelta(minutes=1)),
        ("Wed, 21 Oct 2015 07:00:00 GMT", timedelta(0)),
        ("Wed, 21 Oct 2099 07:28:00 GMT", timedelta(hours=24)),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_retry_after_as_a_date(slack: Webhook, until: str, wait: timedelta | None) -> None:
    """A date is read against the server's own clock, and bounded."""
    slack.script(Answer(503, headers={"Retry-After": until, "Date": "Wed, 21 Oct 2015 07:27:00 GMT"}))
    outcome = send(DUTY, HELLO)
    assert isinstance(outcome, SendFailed)
    assert outcome.retry_after == wait


def test_an_impossible_retry_after_is_an_answer_and_no_exception(webhook: Webhook) -> None:
    """A date that no calendar holds is as good as none."""
    until = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
    webhook.script(Answer(503, headers={"Retry-After": until}))
    desk = Receiver("desk", f"json://127.0.0.1:{webhook.port}/hook")
    assert send(desk, HELLO) == SendFailed("receiver desk: HTTP 503")


def test_a_hanging_webhook_is_left_in_time(slack: Webhook) -> None:
    """No answer: back in time, and the message may have arrived; the next attempt works."""
    slack.script(Answer(hang=True))
    with ending():
        outcome = send(DUTY, HELLO, seconds=0.5)
    assert outcome == SendFailed("receiver duty-desk: no answer in time: it may have arrived", unknown=True)
    assert len(slack.calls) == 1
    assert send(DUTY, HELLO) == Sent()


def test_a_thread_that_hangs_is_not_joined_by_a_second(slack: Webhook) -> None:
    """A service that outlives its deadline costs one thread, not one an attempt, and no other receiver."""
    slack.script(Answer(hang=True))
    stuck = Receiver("stuck", f"{DUTY.url}?rto=3")  # the URL's own timeout outlasts ours
    first = send(stuck, HELLO, seconds=0.3)
    assert first == SendFailed("receiver stuck: no answer within 0.3 s: it may have arrived", unknown=True)
    again = send(stuck, HELLO, seconds=0.3)
    assert again == SendFailed("receiver stuck: the attempt before this one still hangs")
    assert send(DUTY, HELLO) == Sent()
    assert len(slack.calls) == 2


def test_stopping_leaves_a_hanging_service(slack: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that has to stop does not wait for the whole deadline, and begins nothing new."""
    monkeypatch.setattr("iwmon.send.FAREWELL", 0.3)
    slack.script(Answer(hang=True))
    stopping = threading.Event()
    threading.Timer(0.2, stopping.set).start()
    began = time.monotonic()
    with ending(15):
        outcome = send(Receiver("slow", DUTY.url), HELLO, seconds=20, stopping=stopping)
    assert time.monotonic() - began > 0.4
    assert outcome == SendFailed(
        "receiver slow: no answer before iwmon stopped: it may have arrived", unknown=True
    )
    assert send(DUTY, HELLO, stopping=stopping) == SendFailed(
        "receiver duty-desk: iwmon is stopping: not sent yet"
    )
    assert len(slack.calls) == 1


def test_stopping_lets_a_message_in_hand_arrive(mailbox: Mailbox) -> None:
    """Stopping does not turn a delivery that is under way into a possible repeat."""
    mailbox.delay = 0.6
    stopping = threading.Event()
    threading.Timer(0.2, stopping.set).start()
    assert send(Receiver("analysts", mailbox.url()), HELLO, stopping=stopping) == Sent()


def test_a_server_that_speaks_slack(webhook: Webhook) -> None:
    """slack+http(s)://host/path/A/B/C posts the same message to another server."""
    url = f"slack+{webhook.url}/services/{SLACK_TOKEN}"
    assert send(Receiver("desk", url), HELLO) == Sent()
    [call] = webhook.calls
    assert call.path == f"/services/{SLACK_TOKEN}"
    assert call.json["mrkdwn"] is False


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection is tried again, and nothing can have arrived."""
    monkeypatch.setattr(NotifySlack, "webhook_url", "http://127.0.0.1:1/services")
    assert send(DUTY, HELLO) == SendFailed("receiver duty-desk: could not connect")
    mail = Receiver("analysts", "mailto://127.0.0.1:1?from=a@example.org&to=b@example.org&mode=insecure")
    assert send(mail, HELLO) == SendFailed("receiver analysts: could not connect to the mail server")


@pytest.mark.parametrize(("code", "permanent"), [(550, True), (553, True), (451, False), (421, False)])
def test_a_refused_recipient(mailbox: Mailbox, code: int, permanent: bool) -> None:
    """5xx to the recipient is for good; 4xx passes."""
    mailbox.refused["analyst@example.org"] = f"{code} sorry"
    outcome = send(Receiver("analysts", mailbox.url()), HELLO)
    said = f"receiver analysts: the mail server answered {code} to the recipient"
    assert outcome == SendFailed(said, permanent=permanent)


@pytest.mark.parametrize(("code", "permanent"), [(554, True), (452, False)])
def test_a_refused_message(mailbox: Mailbox, code: int, permanent: bool) -> None:
    """The same for an answer to the message itself."""
    mailbox.data_answer = f"{code} sorry"
    outcome = send(Receiver("analysts", mailbox.url()), HELLO)
    said = f"receiver analysts: the mail server answered {code} to the message"
    assert outcome == SendFailed(said, permanent=permanent)


def test_a_mail_server_that_accepts_and_then_hangs(mailbox: Mailbox) -> None:
    """The message is there though no answer came: unknown, not failed."""
    mailbox.delay = 2
    outcome = send(Receiver("analysts", mailbox.url()), HELLO, seconds=0.5)
    assert isinstance(outcome, SendFailed)
    assert (outcome.unknown, outcome.permanent) == (True, False)
    assert len(mailbox.letters) == 1


def test_a_mail_server_without_the_asked_encryption(mailbox: Mailbox) -> None:
    """STARTTLS that is not offered never falls back to clear text."""
    outcome = send(Receiver("analysts", mailbox.url().replace("mode=insecure", "mode=starttls")), HELLO)
    assert isinstance(outcome, SendFailed)
    assert outcome.permanent
    assert mailbox.letters == []


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "nonsense",
            "slack://",
            "slack://only-one",
            "slack://[::1",
            "mailto://x",
            "http://a:b",
            "nosuch://x",
        ),
        *(f"slack://{SLACK_TOKEN[:-20]}!!/x", "slack://\ud800/b/c", "json://:0", "tgram://canary03secret/x"),
    ],
)
def test_a_url_that_leads_nowhere_is_for_good(url: str) -> None:
    """NOMATCH is a permanent failure that names the receiver and shows nothing of the URL."""
    receiver = Receiver("duty", url)
    outcome = send(receiver, HELLO)
    assert isinstance(outcome, SendFailed)
    assert outcome.permanent
    assert outcome.reason.startswith("receiver duty: its URL ")
    assert outcome.reason == problem(receiver)
    assert not any(canary in outcome.reason for canary in CANARIES)


@pytest.mark.parametrize(
    "more",
    ["&to=second@example.org", ",second@example.org", "&cc=second@example.org", "&bcc=second@example.org"],
)
def test_two_targets_are_refused(mailbox: Mailbox, more: str) -> None:
    """One URL, one target: a partial failure would send copies to the good one."""
    receiver = Receiver(
        "analysts", mailbox.url() + more if "=" in more else mailbox.url(f"a@example.org{more}")
    )
    outcome = send(receiver, HELLO)
    assert mailbox.letters == [] or more.startswith("&to=")  # a second to= replaces the first
    assert isinstance(outcome, SendFailed) or more.startswith("&to=")
    assert ("2 targets" in problem(receiver)) or more.startswith("&to=")
    assert problem(Receiver("analysts", mailbox.url())) == ""


def test_the_terminal() -> None:
    """`console:` writes title and body, without the escapes of a feed, and reports a closed terminal."""
    stream = io.StringIO()
    told: list[Message] = []
    console = Receiver("console", "console:")
    assert send(console, HELLO, told.append) == Sent()
    assert told == [HELLO]
    print_message(Message("A\x1b[31m title", "line\x07 one\nline two"), stream)
    assert stream.getvalue().split("\n")[1:5] == ["A[31m title", "─" * 72, "line one", "line two"]
    assert problem(console) == ""

    def nobody(_: Message) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    assert isinstance(send(console, HELLO, nobody), SendFailed)


def test_a_terminal_that_nobody_reads_is_left_in_time() -> None:
    """Ctrl-S or a full pipe: back at the deadline, not tried twice at once, and the process can end."""
    code = (
        "import sys, time\n"
        "from iwmon.model import Message, Receiver\n"
        "from iwmon.send import send\n"
        "for _ in range(4):\n"
        "    began = time.monotonic()\n"
        "    outcome = send(Receiver('me', 'console:'), Message('t', 'x ' * 15_000), seconds=0.5)\n"
        "    print(outcome, time.monotonic() - began < 10, file=sys.stderr)\n"
    )
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=pipe, stderr=pipe, text=True, env=buffered
    ) as process:
        try:
            assert process.wait(60) == 0  # while its standard output is full
            assert process.stderr is not None
            said = process.stderr.read().splitlines()
        finally:
            process.kill()
    unknown = SendFailed("receiver me: no answer within 0.5 s: it may have arrived", unknown=True)
    hangs = SendFailed("receiver me: the attempt before this one still hangs")
    assert said == [f"{outcome} True" for outcome in (Sent(), Sent(), unknown, hangs)]


def test_a_terminal_without_unicode() -> None:
    """An ASCII terminal gets question marks, not an exception."""
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    print_message(Message("Беларусь", "—"), terminal)
    assert b"????????" in raw.getvalue()


@pytest.mark.parametrize("text", NAUGHTY, ids=[f"{i}" for i in range(len(NAUGHTY))])
def test_naughty_text_in_slack(slack: Webhook, text: str) -> None:
    """Accepted, and on the wire no live `<!…>`, no mention, no control character, no second field."""
    assert send(DUTY, Message(text, f"{text}\n{text}\nAcknowledge: iwmon alerts ack a1")) == Sent()
    [call] = slack.calls
    assert set(call.json) == {"text", "mrkdwn", "unfurl_links", "unfurl_media"}
    sent = call.json["text"]
    assert "<" not in sent
    assert ">" not in sent
    assert is_plain(sent)
    shown = unescape(sent)
    assert len(sent) <= BODY_LIMIT + TITLE_LIMIT * 5 + 10
    assert "@" not in shown.replace("@" + JOINER, "").replace("@ ", "").replace("@\n", "").replace("@…", "")
    assert not any(live in shown for live in ("<!", "<@", "<#", "<http", "](", "]["))
    assert shown.endswith("Acknowledge: iwmon alerts ack a1")


def test_naughty_text_in_other_services(webhook: Webhook) -> None:
    """A script gets the text as it is, but clean; a chat that reads Markdown gets nothing live."""
    ack = "Acknowledge: iwmon alerts ack a1"
    script = Receiver("script", f"json://127.0.0.1:{webhook.port}/in")
    chat = Receiver("chat", f"mmost://127.0.0.1:{webhook.port}/canary03secretcanary03")
    for text in NAUGHTY[::2]:
        webhook.calls.clear()
        for receiver in (script, chat):
            assert send(receiver, Message(text, f"{text}\n{ack}")) == Sent()
        plain, marked = (call.json for call in webhook.calls)
        assert is_plain(plain["message"])
        assert plain["message"].endswith(ack)
        said = marked["text"].replace("\r\n", "\n")  # Apprise joins title and body so
        assert is_plain(said)
        assert said.endswith(ack)
        assert not re.search(r"@[a-z]|<[!@#h]|\]\(|\]\[", said, re.IGNORECASE)


@pytest.mark.parametrize("text", NAUGHTY[::3], ids=[f"{i}" for i in range(len(NAUGHTY[::3]))])
def test_naughty_text_on_the_terminal(text: str) -> None:
    """Nothing moves the cursor, and the end is not lost."""
    stream = io.StringIO()
    print_message(Message(text, f"{text}\nAcknowledge: a1"), stream)
    assert is_plain(stream.getvalue())
    assert stream.getvalue().endswith("Acknowledge: a1\n\n")


@given(st.text(st.characters(), max_size=200))
@settings(max_examples=150, deadline=None)
def test_clean_and_harmless_are_settled(text: str) -> None:
    """Cleaning twice changes nothing more, what is cleaned can be encoded, and no mention is left."""
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")
    made = harmless(cleaned)
    assert made.replace(JOINER, "").replace("%40", "@") == cleaned.replace("%40", "@")
    assert not any(live in made for live in ("<!", "<@", "<#", "](", "][", "]:"))


@given(st.text("ab &<>\n", max_size=400), st.integers(60, 200))
@settings(max_examples=150, deadline=None)
def test_clipped_text_fits_and_says_so(text: str, limit: int) -> None:
    """Never longer than asked after escaping; only what is too long is touched."""
    short = clip(text, limit, CLIPPED)
    width = len(short) + 3 * short.count("<") + 3 * short.count(">") + 4 * short.count("&")
    assert width <= limit
    assert short == text or "…" in short


@pytest.mark.parametrize(("title_limit", "body_limit"), [(250, 35_000), (0, 4_096), (256, 2_000), (0, 140)])
def test_words_fit_the_service(title_limit: int, body_limit: int) -> None:
    """However long the message, title and body together stay inside what the service takes."""
    message = Message("t " * 10_000, "body & text\n" * 20_000 + "Acknowledge: iwmon alerts ack a1b2c3")
    title, body = words(message, title_limit, body_limit, literal=False)
    assert len(title) <= min(title_limit or TITLE_LIMIT, TITLE_LIMIT)
    assert len(body) + (len(title) + 2 if title_limit == 0 else 0) <= body_limit


def test_secrets_stay_out_of_logs_at_every_level(
    slack: Webhook, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Canaries in URL and password: none in a record, an outcome, a traceback or on the terminal."""
    for name in ("", "apprise", "urllib3", "urllib3.connectionpool", "requests", "httpx", "httpcore"):
        caplog.set_level(1, logger=name)
    logging.getLogger("iwmon.proof").debug("records are being caught")
    told: list[object] = []
    for answer in (Answer(), Answer(500), Answer(404), Answer(302), Answer(reset=True), Answer(hang=True)):
        slack.script(answer)
        told.append(send(DUTY, HELLO, seconds=1))
    for url in (
        f"slack://{SLACK_TOKEN[:-3]}%/x",
        "slack://bad-canary03secret/b/c",
        "mailto://iwmon:canary03secret@127.0.0.1:1?from=a@example.org&to=b@example.org&mode=insecure",
        f"json://user:canary03secret@127.0.0.1:{slack.port}/in",
        f"slack+http://127.0.0.1:{slack.port}/api/xoxb-1-canary03secret/#desk",
        "slack+http://127.0.0.1:1/api/xoxb-1-canary03secret/#desk",
        "nosuch://canary03secret",
    ):
        told += [send(Receiver("x", url), HELLO, seconds=1), problem(Receiver("x", url)), Receiver("x", url)]
    bad = "slack://bad-canary03secret/b/c"  # a traceback shows the line of the call
    try:
        sinks.open_sink(bad, 1)
    except sinks.NoSink as error:
        told.append("".join(traceback.format_exception(error, chain=True)))
        told += [error.__cause__, error.__context__]
    printed = capfd.readouterr()
    everything = "\n".join([caplog.text, printed.out, printed.err, *map(repr, told)])
    assert "records are being caught" in everything
    assert "CANARY" not in everything
    assert "canary03" not in everything


def test_other_requests_are_left_alone(webhook: Webhook) -> None:
    """The witness sees only deliveries: a plain request reads its whole answer."""
    requests = sinks.requests
    webhook.script(Answer(200, b"y" * 100_000))
    assert len(requests.get(webhook.url, timeout=5).content) == 100_000


def test_apprise_is_loaded_only_to_send() -> None:
    """Importing `send` costs neither the memory nor the second that Apprise takes."""
    heavy = {"apprise", "requests", "iwmon.sinks", "httpx", "smtplib", "PIL"}
    code = f"import sys, iwmon.send; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
