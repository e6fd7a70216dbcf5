"""Email: real mail servers, well and badly behaved; both parts, threads, the picture, and hostile text."""

from __future__ import annotations

import asyncio
import io
import re
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import services
from iwmon import sinks
from iwmon.model import Coverage, Level, Message, Receiver, SendFailed, Sent
from iwmon.send import TITLE_LIMIT, email, letter, send, words
from iwmon.send.picture import Day, alt, picture
from naughty import NAUGHTY, is_plain
from patience import ending
from services import Letter, Mailbox

mailbox = services.mailbox

NOON = datetime(2022, 10, 10, 12, tzinfo=UTC)
HELLO = Message(
    "WARNING: Mobilisation, watch → warning (KJ-2)", "On whose word: 2 origins\nAcknowledge: ack a1"
)
ACK = "Acknowledge: iwmon alerts ack a1"
DAYS = [
    Day(
        date(2022, 7, 13) + timedelta(days=n),
        Level.WARNING if n > 87 else Level.QUIET,
        Coverage.BLIND if 40 <= n < 44 else Coverage.OK,
        n % 9 == 0,
    )
    for n in range(90)
]


def analysts(box: Mailbox, more: str = "") -> Receiver:
    return Receiver("analysts", box.url(more=more))


class Page(HTMLParser):
    """What a browser would make of the HTML part: tags with attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


# ---------------------------------------------------------------- the mail


def test_a_mail_has_a_plain_part_an_html_part_and_its_picture(mailbox: Mailbox) -> None:
    """multipart/alternative: the body as it is; HTML with a picture that comes with it and decodes."""
    png = picture(DAYS)
    message = replace(HELLO, picture=png, picture_alt=alt(DAYS), severity="warning")
    assert send(analysts(mailbox), message, now=NOON) == Sent()
    [sent] = mailbox.letters
    assert sent.recipients == ["analyst@example.org"]
    mail = sent.message
    assert [part.get_content_type() for part in mail.walk()] == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"),
    ]
    assert sent.text == f"{HELLO.body}\n"
    [image] = Page(sent.html).all("img")
    [part] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert image["src"] == f"cid:{part['Content-ID'].strip('<>')}"
    assert part.get_content_disposition() == "inline"
    assert image["alt"] == alt(DAYS)
    assert isinstance(part, EmailMessage)
    assert part.get_content() == png


def test_the_headers_of_a_mail(mailbox: Mailbox) -> None:
    """Who, what, when, which list, and that no person wrote it; nothing else."""
    assert send(analysts(mailbox), HELLO, now=NOON) == Sent()
    [sent] = mailbox.letters
    mail = sent.message
    assert [name for name in mail.keys() if not name.startswith("X-Peer")] == [  # noqa: SIM118
        *("Subject", "From", "To", "Date", "Message-ID", "List-Id", "Auto-Submitted"),
        *("MIME-Version", "Content-Type"),
    ]
    assert mail["Subject"] == HELLO.title
    assert parsedate_to_datetime(mail["Date"]) == NOON
    assert mail["From"] == "iwmon <iwmon@example.org>" or mail["From"] == "iwmon@example.org"
    assert mail["List-Id"] == "iwmon alerts <alerts.iwmon.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<iwmon\.[0-9a-f]{12}\.[0-9a-f]{16}@example\.org>", mail["Message-ID"])
    assert all(len(line) <= 998 for line in sent.raw.splitlines())


def test_without_a_clock_the_date_is_now(mailbox: Mailbox) -> None:
    """The daemon passes none."""
    assert send(analysts(mailbox), HELLO) == Sent()
    age = datetime.now(UTC) - parsedate_to_datetime(mailbox.letters[0].message["Date"])
    assert timedelta(0) <= age < timedelta(minutes=5)


def test_headers_and_reply_to_of_the_url(mailbox: Mailbox) -> None:
    """A URL may add headers, but not replace one of ours."""
    more = "&reply=duty@example.org&+X-Team=red%0d%0aBcc: e@e.org&+List-Id=other&+Bcc=e@e.org&name=Watch"
    assert send(analysts(mailbox, more), HELLO) == Sent()
    [sent] = mailbox.letters
    assert sent.message["Reply-To"] == "duty@example.org"
    assert sent.message["X-Team"].startswith("red")
    assert sent.message["Bcc"] is None
    assert sent.message.get_all("List-Id") == ["iwmon alerts <alerts.iwmon.example.org>"]
    assert sent.recipients == ["analyst@example.org"]


def test_three_messages_are_one_thread(mailbox: Mailbox) -> None:
    """The first names the thread; what follows refers to it, and keeps naming it."""
    about = replace(HELLO, thread="indicator:mobilisation")
    first = send(analysts(mailbox), about)
    assert isinstance(first, Sent)
    assert first.reference == mailbox.letters[0].message["Message-ID"]
    for title in ("Reminder 1, not acknowledged: x", "RESOLVED: x"):
        answer = send(analysts(mailbox), replace(about, title=title, reference=first.reference))
        assert answer == first
    root, *later = (each.message for each in mailbox.letters)
    assert root["In-Reply-To"] is None
    assert [mail["In-Reply-To"] for mail in later] == [root["Message-ID"]] * 2
    assert [mail["References"] for mail in later] == [root["Message-ID"]] * 2
    assert len({mail["Message-ID"] for mail in (root, *later)}) == 3


@pytest.mark.parametrize(
    "reference", ["1665403200.000100", "<a@b>\r\nBcc: e@e.org", "<a b@c>", "<@>", "x" * 999]
)
def test_a_reference_that_is_none_begins_a_new_thread(mailbox: Mailbox, reference: str) -> None:
    """A receiver that was on Slack before, or a broken row: no header of it."""
    answer = send(analysts(mailbox), replace(HELLO, thread="t", reference=reference))
    [sent] = mailbox.letters
    assert answer == Sent(sent.message["Message-ID"])
    assert sent.message["In-Reply-To"] is None
    assert sent.message["Bcc"] is None


def test_what_cannot_be_sent_by_us_stays_with_apprise(mailbox: Mailbox) -> None:
    """An address that we would have to encode is still delivered, as plain text."""
    receiver = Receiver("analysts", mailbox.url("(x)+analyst@example.org"))
    assert send(receiver, HELLO) == Sent()
    assert mailbox.letters[0].message.get_content_type() == "text/plain"


# ---------------------------------------------------------------- servers


class Server:
    """A mail server that follows a script: what to answer to a command, or how to misbehave.

    Stages: greeting, EHLO, MAIL, RCPT, DATA, text (the message itself), QUIT. Ways: an answer, "hang",
    "reset", "drip" (one byte of an answer that never ends, again and again).
    """

    def __init__(self, **script: str) -> None:
        self.script = script
        self.texts: list[bytes] = []
        self.commands: list[str] = []
        self._closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def receiver(self, more: str = "") -> Receiver:
        url = f"mailto://127.0.0.1:{self.port}?from=a@example.org&to=b@example.org&mode=insecure{more}"
        return Receiver("analysts", url)

    def close(self) -> None:
        self._closing.set()
        self._socket.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as file:
            if not self._say(line, "greeting", "220 ready"):
                return
            while command := file.readline():
                word = command[:4].decode("ascii", "replace").upper().strip()
                self.commands.append(word)
                fine = {"DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 OK")
                if not self._say(line, word, fine):
                    return
                if word == "DATA" and self.script.get("DATA", "354").startswith("354"):
                    text = b""
                    while not text.endswith(b"\r\n.\r\n"):
                        text += file.readline()
                    self.texts.append(text)
                    if not self._say(line, "text", "250 taken"):
                        return

    def _say(self, line: socket.socket, stage: str, fine: str) -> bool:
        way = self.script.get(stage, fine)
        try:
            if way == "hang":
                self._closing.wait(30)
            elif way == "drip":
                while not self._closing.wait(0.05):
                    line.sendall(b"250-and more\r\n")
            elif way == "reset":
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                line.sendall(f"{way}\r\n".encode())
                return True
        except OSError:
            pass
        return False


def handed_in(server: Server, seconds: float) -> Sent | SendFailed:
    """What comes of a mail within `seconds`, without the thread that would leave it behind."""
    sink = sinks.open_sink(server.receiver().url, seconds)
    assert isinstance(sink, sinks.MailServer)
    return email.post(sink, email.written(sink, HELLO, NOON), seconds)


@pytest.fixture
def serve() -> Iterator[type[Server]]:
    made: list[Server] = []

    class Kept(Server):
        def __init__(self, **script: str) -> None:
            super().__init__(**script)
            made.append(self)

    yield Kept
    for server in made:
        server.close()


@pytest.mark.parametrize(
    ("stage", "way", "reason", "permanent", "unknown"),
    [
        ("greeting", "554 no", "the mail server answered 554 to the connection", False, False),
        ("greeting", "421 busy", "the mail server answered 421 to the connection", False, False),
        ("greeting", "hang", "could not connect to the mail server", False, False),
        ("greeting", "reset", "could not connect to the mail server", False, False),
        ("greeting", "what?", "could not connect to the mail server", False, False),
        ("EHLO", "hang", "could not connect to the mail server", False, False),
        ("MAIL", "550 no", "the mail server answered 550 to the sender", True, False),
        ("MAIL", "451 later", "the mail server answered 451 to the sender", False, False),
        ("MAIL", "hang", "the mail server went away before an answer to the sender", False, False),
        ("RCPT", "550 no such user", "the mail server answered 550 to the recipient", True, False),
        ("RCPT", "450 greylisted", "the mail server answered 450 to the recipient", False, False),
        ("RCPT", "reset", "the mail server went away before an answer to the recipient", False, False),
        ("DATA", "554 no", "the mail server answered 554 to the message", True, False),
        ("DATA", "hang", "the mail server went away before an answer to the message", False, False),
        ("DATA", "drip", "the mail server went away before an answer to the message", False, False),
        ("text", "552 too big", "the mail server answered 552 to the message", True, False),
        ("text", "451 later", "the mail server answered 451 to the message", False, False),
        ("text", "hang", "the mail server went away before an answer: it may have arrived", False, True),
        ("text", "drip", "the mail server went away before an answer: it may have arrived", False, True),
        ("text", "reset", "the mail server went away before an answer: it may have arrived", False, True),
        ("text", "what?", "the mail server went away before an answer: it may have arrived", False, True),
    ],
)
def test_what_a_mail_server_answers(
    serve: type[Server], stage: str, way: str, reason: str, permanent: bool, unknown: bool
) -> None:
    """Where it stops tells whether it may have arrived; whatever the server does, it ends in time."""
    server = serve(**{stage: way})
    with ending():
        outcome = handed_in(server, seconds=0.4)
    assert outcome == SendFailed(reason, permanent=permanent, unknown=unknown)
    assert len(server.texts) == (stage == "text")


@pytest.mark.parametrize("way", ["hang", "reset", "drip", "500 what"])
def test_once_taken_it_is_sent_however_the_server_says_goodbye(serve: type[Server], way: str) -> None:
    """A hang after the 250 must not make a repeat."""
    server = serve(QUIT=way)
    with ending():
        assert handed_in(server, seconds=0.4) == Sent()
    assert len(server.texts) == 1


def test_a_login_that_is_not_offered_or_not_possible(serve: type[Server]) -> None:
    """No way to log in is for good, and no password goes out."""
    server = serve()
    url = server.receiver().url.replace("mailto://", "mailto://iwmon:s3cret@")
    offered = SendFailed(
        "receiver analysts: the mail server does not offer what the URL asks (STARTTLS, login)",
        permanent=True,
    )
    assert send(Receiver("analysts", url), HELLO) == offered
    assert server.commands == ["EHLO"]
    strange = serve(EHLO="250 AUTH=X\r\n250 AUTH NTLM").receiver().url
    strange = strange.replace("mailto://", "mailto://iwmon:s3cret@")
    assert send(Receiver("analysts", strange), HELLO) == offered
    greek = (
        serve(EHLO="250-hello\r\n250 AUTH PLAIN").receiver().url.replace("mailto://", "mailto://iwmon:πω@")
    )
    assert send(Receiver("analysts", greek), HELLO) == SendFailed(
        "receiver analysts: its user, password or address is not plain ASCII", permanent=True
    )


def test_a_wrong_password_is_for_good(serve: type[Server]) -> None:
    """535: nobody gains by trying it for two days."""
    server = serve(EHLO="250-hello\r\n250 AUTH PLAIN", AUTH="535 5.7.8 wrong")
    url = server.receiver().url.replace("mailto://", "mailto://iwmon:s3cret@")
    assert send(Receiver("analysts", url), HELLO) == SendFailed(
        "receiver analysts: the mail server answered 535 to the login", permanent=True
    )
    assert "MAIL" not in server.commands


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that signs itself, and a server's side with it."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x"
    try:
        subprocess.run(
            [*command.split(), "-keyout", key, "-out", cert, "-addext", "subjectAltName=IP:127.0.0.1"],
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


class Secure(Controller):
    """A mail server that takes mail only over TLS and from who has logged in."""

    def __init__(self, box: Mailbox, listening: socket.socket, mode: str, context: ssl.SSLContext) -> None:
        self.logins: list[tuple[bytes, bytes]] = []
        upgrade = {"tls_context": context, "require_starttls": True} if mode == "starttls" else {}
        super().__init__(
            box,
            hostname="127.0.0.1",
            port=box.port,
            ssl_context=None if upgrade else context,
            authenticator=self._login,
            auth_required=True,
            auth_require_tls=bool(upgrade),
            **upgrade,
        )
        self._listening = listening

    def _login(self, *of: Any) -> AuthResult:
        self.logins.append((of[-1].login, of[-1].password))
        return AuthResult(success=True)

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listening, ssl=self.ssl_context)

    def _trigger_server(self) -> None:
        """Nothing: the real one would knock without the certificate."""
        self.loop.call_soon_threadsafe(self._factory_invoker)


@pytest.fixture(params=["starttls", "ssl"])
def secure(
    request: pytest.FixtureRequest, certificate: tuple[Path, ssl.SSLContext]
) -> Iterator[tuple[Secure, Mailbox, Receiver]]:
    listening = socket.create_server(("127.0.0.1", 0))
    box = Mailbox(listening.getsockname()[1])
    server = Secure(box, listening, request.param, certificate[1])
    server.start()
    url = f"mailtos://me:s3cret@127.0.0.1:{box.port}?from=a@example.org&to=b@example.org&mode={request.param}"
    yield server, box, Receiver("analysts", url)
    server.stop()


def test_a_mail_goes_over_tls_with_a_login(
    secure: tuple[Secure, Mailbox, Receiver],
    certificate: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a certificate that is trusted here: encrypted first, then the password, then the mail."""
    server, box, receiver = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert send(receiver, HELLO, seconds=10) == Sent()
    assert server.logins == [(b"me", b"s3cret")]
    assert len(box.letters) == 1


def test_a_certificate_that_nobody_vouches_for(secure: tuple[Secure, Mailbox, Receiver]) -> None:
    """TLS is verified: neither password nor message goes to a stranger, unless the URL says verify=no."""
    server, box, receiver = secure
    assert send(receiver, HELLO, seconds=10) == SendFailed(
        "receiver analysts: the mail server's TLS certificate was not accepted"
    )
    assert (server.logins, box.letters) == ([], [])
    assert send(replace(receiver, url=f"{receiver.url}&verify=no"), HELLO, seconds=10) == Sent()


def test_one_of_two_recipients_is_refused_before_anything_is_sent(mailbox: Mailbox) -> None:
    """One URL, one target: the good one would get a copy with each attempt at the other."""
    mailbox.refused["second@example.org"] = "550 no such user"
    outcome = send(Receiver("analysts", mailbox.url("a@example.org,second@example.org")), HELLO)
    said = "receiver analysts: its URL names 2 targets (write one receiver for each target)"
    assert outcome == SendFailed(said, permanent=True)
    assert mailbox.letters == []


# ---------------------------------------------------------------- hostile text


@pytest.mark.parametrize("part", range(4))
def test_naughty_text_in_email(mailbox: Mailbox, part: int) -> None:
    """Accepted; no header that we did not write; nothing live in the HTML; the end is not lost."""
    for text in NAUGHTY[part::4]:
        mailbox.letters.clear()
        message = Message(text, f"{text}\n{text}\nx: {text}\n1. {text}\n   {text}\n{ACK}", picture_alt=text)
        assert send(analysts(mailbox), replace(message, picture=b"png", severity=text[:9])) == Sent()
        [sent] = mailbox.letters
        harmless_mail(sent)
        assert sent.text.rstrip().endswith(ACK)


def harmless_mail(sent: Letter) -> None:
    mail = sent.message
    known = {"Subject", "From", "To", "Date", "Message-ID", "List-Id", "Auto-Submitted"}
    assert {name for name in mail.keys() if not name.startswith("X-Peer")} == {  # noqa: SIM118
        *known,
        *("MIME-Version", "Content-Type"),
    }
    assert sent.recipients == ["analyst@example.org"]
    assert is_plain(mail["Subject"])
    assert "\n" not in mail["Subject"]
    assert len(mail["Subject"]) <= TITLE_LIMIT
    assert is_plain(sent.text)
    html = sent.html
    assert is_plain(html)
    harmless_page(html)


def harmless_page(html: str) -> None:
    """Only our own tags, nothing that is fetched, no link but to where it says."""
    page = Page(html)
    ours = {"html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "p", "span", "strong"}
    assert {tag for tag, _ in page.tags} <= ours | {"br", "code", "a", "img"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert "url(" not in (attributes.get("style") or "")
    for image in page.all("img"):
        assert image["src"] == f"cid:{letter.PICTURE}"
    for link in page.all("a"):
        assert re.match(r"https?://[a-z0-9.:\[\]-]+([/?#]|$)", (link["href"] or "").lower())
        assert "noreferrer" in (link["rel"] or "")
    assert len(page.all("style")) == 1


@given(st.text(max_size=120), st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_text_comes_alive_in_html_and_none_is_lost(title: str, body: str) -> None:
    """Whatever the text: only our tags, and every word of it can be read on the page."""
    title, body = words(Message(title, body), TITLE_LIMIT, 5_000, literal=True)
    html = letter.html(title, body)
    harmless_page(html)
    shown = "".join(Page(html).text.split())
    for line in body.split("\n"):
        if not re.match(r" *https?://", line, re.IGNORECASE):  # these may be shortened
            assert "".join(line.removeprefix("■ ").split()) in shown


# ---------------------------------------------------------------- the page


def test_the_page_begins_with_what_a_reader_needs() -> None:
    """Severity, title, on whose word, what speaks against it, what to do; then the rest in its order."""
    body = "KJ-2: S\n\nOn whose word: 1 origin\n\n1. A (B), seen x\n   T\n\n"
    body += "Why: w\nContested: c\nDo: call\nCoverage: 9"
    page = Page(letter.html("Reminder 1, not acknowledged: WARNING: Tanks, x → y (KJ-2)", body, "warning"))
    wanted = ["WARNING · Reminder 1, not acknowledged", "Tanks, x → y (KJ-2)", "On whose word:"]
    wanted += ["Contested:", "Do:", "KJ-2:", "1. A (B)", "Why:", "Coverage:"]
    text = page.text[page.text.index("WARNING ·") :]
    places = [text.index(each) for each in wanted]
    assert places == sorted(places)
    assert text.count("Do:") == text.count("On whose word:") == 1


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("   https://a.example/x?y=1&z=2", "https://a.example/x?y=1&z=2"),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        *((line, "") for line in ("see https://a.example/", "https://good.example@evil.example/x")),
        *((line, "") for line in ("javascript:alert(1)", "https://", "https://[::1", "//evil.example")),
        *((line, "") for line in ('https://a.example/"onclick="x', "https://а.example/", "data:text/html,x")),
    ],
)
def test_only_a_line_that_is_an_address_becomes_a_link(line: str, target: str) -> None:
    """And it leads where it says: no user part, no look-alike letters, the host shown whole."""
    links = Page(letter.html("t", f"x\n{line}")).all("a")
    assert [link["href"] for link in links] == ([target] if target else [])


def test_each_severity_has_its_colour_and_resolved_is_none_of_them() -> None:
    """The band is the first thing that is seen."""
    made = [letter.html("X", "b", each) for each in ("critical", "warning", "watch", "resolved", "", "?")]
    colours = [re.findall(r"padding:8px 16px;background:(#\w+)", html)[0] for html in made]
    assert len(set(colours[:5])) == 5
    assert colours[5] == colours[4]
    assert letter.html("WARNING: x", "b") == letter.html("WARNING: x", "b", "warning")
    over = "Possible repeat: RESOLVED: WARNING: x"
    assert "RESOLVED · WARNING · Possible repeat" in letter.html(over, "b")
    assert "CRITICAL · Route changed" in letter.html("Route changed: CRITICAL: x", "b")
    assert letter.html(over, "b") == letter.html(over, "b", "resolved")


# ---------------------------------------------------------------- the picture


def test_a_picture_is_small_and_shows_each_day_in_its_place() -> None:
    """Twice the size in pixels, transparent; tall and loud at the right, hatched where it was blind."""
    png = picture(DAYS)
    image = Image.open(io.BytesIO(png))
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (640, 128))
    assert len(png) < 4_000

    def column(day: int) -> list[int]:
        """The rows that are painted in the middle of a day's bar."""
        x = day * 640 // 90 + 2
        return [y for y in range(104) if image.getpixel((x, y))[3]]  # type: ignore[index]

    assert len(column(10)) < len(column(89))
    assert column(89) == list(range(column(89)[0], 104))
    assert 104 / 5 < len(column(41)) < 104 / 2
    assert image.getpixel((2, 0)) == (0, 0, 0, 0)
    assert image.getpixel((2, 127))[3] == 255  # type: ignore[index]
    assert image.getpixel((1 * 640 // 90 + 2, 127))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("count", [0, 1, 7, 90, 400, 2_000])
def test_a_picture_of_any_number_of_days(count: int) -> None:
    """Even none, or more than there are pixels."""
    days = [Day(date(2020, 1, 1) + timedelta(days=n), Level.CRITICAL, Coverage.OK, n) for n in range(count)]
    assert Image.open(io.BytesIO(picture(days))).size == (640, 128)
    assert alt(days)


def test_levels_and_blindness_can_be_told_apart_without_colour() -> None:
    """Each level has a height of its own."""
    heights = set()
    for level in Level:
        image = Image.open(io.BytesIO(picture([Day(date(2022, 1, 1), level)])))
        heights.add(sum(image.getpixel((5, y))[3] > 0 for y in range(128)))  # type: ignore[index]
    assert len(heights) == 4


def test_the_words_of_a_picture() -> None:
    """Now, for how long, the highest, how often, what was not seen."""
    assert alt(DAYS) == (
        "The last 90 days: now warning (for 2 days); above quiet on 2 days; 10 reports; blind on 4 days."
    )
    fallen = [*DAYS, Day(date(2022, 10, 11), Level.WATCH)]
    assert alt(fallen) == (
        "The last 91 days: now watch; highest warning, last on 10 Oct; above quiet on 3 days; "
        "10 reports; blind on 4 days."
    )
    quiet = [Day(date(2022, 10, 1), Level.QUIET), Day(date(2022, 10, 2), Level.QUIET, Coverage.WARMING_UP)]
    assert alt(quiet) == "The last 2 days: now blind; never above quiet; no report; blind on 1 day."
    assert alt(quiet[:1]) == "The last 1 day: now quiet; never above quiet; no report."
    assert alt([]) == "No days are recorded yet."
