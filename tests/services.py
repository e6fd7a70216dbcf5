"""Real services on loopback for the tests: a mail server and a Slack-shaped webhook, well or badly behaved.

A test module takes the fixtures over by name: `mailbox, slack = services.mailbox, services.slack`.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from apprise.plugins.slack import NotifySlack

SLACK_TOKEN = "TCANARY01/BCANARY02/canary03secretcanary03"


@dataclass
class Letter:
    """A message as the mail server accepted it."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)  # type: ignore[return-value]

    @property
    def text(self) -> str:
        """The plain part, decoded, with plain newlines."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part, decoded, with plain newlines."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return part.get_content().replace("\r\n", "\n")


@dataclass
class Mailbox:
    """A mail server that keeps what it accepts. Set the fields to make it misbehave."""

    port: int
    letters: list[Letter] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # recipient → "550 5.1.1 no such user"
    data_answer: str = "250 2.0.0 accepted"  # a 4xx or 5xx keeps nothing
    delay: float = 0.0  # seconds before the answer to DATA; the message is kept first

    def url(self, to: str = "analyst@example.org", more: str = "") -> str:
        """An Apprise URL for one recipient."""
        return f"mailto://127.0.0.1:{self.port}?from=iwmon@example.org&to={to}&mode=insecure{more}"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        if self.data_answer.startswith("2") and isinstance(content, bytes):
            self.letters.append(Letter(envelope.mail_from or "", list(envelope.rcpt_tos), content))
        await asyncio.sleep(self.delay)
        return self.data_answer


@dataclass
class Answer:
    """What the webhook does with one request."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False  # takes the request and never answers
    reset: bool = False  # takes the request and resets the connection
    flood: int = 0  # bytes of body instead of `body`


@dataclass
class Call:
    """A request as the webhook received it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)  # type: ignore[no-any-return]


class Webhook:
    """An HTTP server that records what it is sent. `script` says what to answer, then 200 "ok"."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._script: list[Answer] = []
        self._closing = threading.Event()
        webhook = self

        class Requests(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                webhook.calls.append(Call(self.command, self.path, dict(self.headers), body))
                webhook._answer(self, webhook._script.pop(0) if webhook._script else Answer())

            do_GET = do_POST

            def log_message(self, *args: object) -> None:
                """Tests read `calls`, not a log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def script(self, *answers: Answer) -> None:
        """Answer the next requests so, in order."""
        self._script += answers

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler, answer: Answer) -> None:
        if answer.hang:
            self._closing.wait(30)
            return
        if answer.reset:
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.connection.close()
            return
        request.send_response_only(answer.status)  # without a Date of its own
        for name, value in answer.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(answer.flood or len(answer.body)))
        request.end_headers()
        try:
            for _ in range(answer.flood // 65_536):
                request.wfile.write(b"x" * 65_536)
            if not answer.flood:
                request.wfile.write(answer.body)
        except (BrokenPipeError, ConnectionResetError):
            request.close_connection = True  # the other side has read enough


class _MailServer(Controller):
    """Listens on a socket that is bound already, so that nobody else can take its port."""

    def __init__(self, box: Mailbox, listening: socket.socket) -> None:
        super().__init__(box, hostname="127.0.0.1", port=box.port)
        self._listening = listening

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server on loopback."""
    listening = socket.create_server(("127.0.0.1", 0))
    box = Mailbox(listening.getsockname()[1])
    controller = _MailServer(box, listening)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A web server on loopback that records requests."""
    server = Webhook()
    yield server
    server.close()


@pytest.fixture
def slack(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> Webhook:
    """The webhook in the place of hooks.slack.com: `slack://` + SLACK_TOKEN arrives there."""
    monkeypatch.setattr(NotifySlack, "webhook_url", f"{webhook.url}/services")
    return webhook
