"""Email with threads, a plain part and an HTML part: Message → Mail → the mail server.

Apprise sends one part, a new Message-ID each time and nothing that would gather an alert's updates; it
reads the URL all the same (`sinks.MailServer`). One recipient a mail, TLS verified.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime

from iwmon.model import Message, SendFailed, Sent
from iwmon.send import letter
from iwmon.send.text import BODY_LIMIT, TITLE_LIMIT, clean, words
from iwmon.sinks import MailServer

_REFERENCE = re.compile(r"<[!-;=?-~]{1,120}@[!-;=?-~]{1,120}>")  # a Message-ID: no blank, no < or >
_OURS = frozenset(
    {
        *("subject", "from", "to", "date", "message-id", "in-reply-to", "references", "list-id"),
        *("auto-submitted", "mime-version", "reply-to", "cc", "bcc", "sender", "content-type"),
        *("content-transfer-encoding", "content-disposition"),
    }
)  # headers that a URL cannot set
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)
_NOT_OFFERED = "the mail server does not offer what the URL asks (STARTTLS, login)"
_GOODBYE = 2.0  # seconds for QUIT, when the message has been taken already


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that is ready to go. `reference` is what names its thread from now on; "" when it has none."""

    sender: str
    recipient: str
    reference: str
    data: bytes  # RFC 5322, CRLF


def written(server: MailServer, message: Message, now: datetime) -> Mail:
    """The mail for a message: multipart/alternative, its picture inside. `now` has a time zone.

    Mail programs gather by References, some (Gmail) also want the same subject.
    """
    title, body = words(message, TITLE_LIMIT, BODY_LIMIT, literal=True)
    domain = server.sender[1].rpartition("@")[2]
    identity = _message_id(message.thread, domain)
    follows = message.reference if _REFERENCE.fullmatch(message.reference) else ""
    mail = EmailMessage(POLICY)
    mail["Subject"] = title
    mail["From"] = _address(server.sender)
    mail["To"] = _address(server.recipient)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = identity
    if follows:
        mail["In-Reply-To"] = follows
        mail["References"] = follows
    mail["List-Id"] = f"iwmon alerts <alerts.iwmon.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    if server.reply_to:
        mail["Reply-To"] = ", ".join(server.reply_to)
    for name, value in server.headers:
        if _HEADER_NAME.fullmatch(name) and name.lower() not in _OURS:
            mail[name] = " ".join(clean(value).split())
    mail.set_content(f"{body}\n", cte="quoted-printable")
    shown = " ".join(clean(message.picture_alt).split())
    page = letter.html(title, body, message.severity, shown, picture=message.picture is not None)
    mail.add_alternative(page, subtype="html", cte="quoted-printable")
    if message.picture is not None:
        _, page_part = mail.iter_parts()
        page_part.add_related(
            message.picture,
            "image",
            "png",
            cid=f"<{letter.PICTURE}>",
            disposition="inline",
            filename="last-90-days.png",
        )
    thread = follows or (identity if message.thread else "")
    return Mail(server.sender[1], server.recipient[1], thread, mail.as_bytes())


def _message_id(thread: str, domain: str) -> str:
    """Names the thread by a digest, and is new at each attempt."""
    about = hashlib.sha256(thread.encode("utf-8", "replace")).hexdigest()[:12]
    return f"<iwmon.{about}.{secrets.token_hex(8)}@{domain}>"


def _address(named: tuple[str, str]) -> Address:
    name, address = named
    return Address(" ".join(clean(name).split()), addr_spec=address)


def post(server: MailServer, mail: Mail, seconds: float) -> Sent | SendFailed:
    """Hand a mail in, in at most `seconds`. It may have arrived only from when its text is under way."""
    end = time.monotonic() + seconds
    dialogue = _Dialogue("the connection")
    try:
        with _connected(server, seconds) as smtp:
            with _cut_at(smtp, end):
                _converse(server, mail, smtp, dialogue)
            with _cut_at(smtp, min(end, time.monotonic() + _GOODBYE)):
                smtp.quit()
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        return Sent(mail.reference) if dialogue.taken else _fault(dialogue, error)
    return Sent(mail.reference)


@dataclass(slots=True)
class _Dialogue:
    """How far it has come: what the server is being asked, and whether it has the message."""

    about: str
    under_way: bool = False
    taken: bool = False


@contextmanager
def _connected(server: MailServer, seconds: float) -> Iterator[smtplib.SMTP]:
    where = (server.host, server.port)
    if server.mode == "ssl":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=seconds, context=_tls(server))
    else:
        smtp = smtplib.SMTP(*where, timeout=seconds)
    try:
        if server.mode == "starttls":
            smtp.starttls(context=_tls(server))
        yield smtp
    finally:
        smtp.close()


def _tls(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not server.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def _cut_at(smtp: smtplib.SMTP, end: float) -> Iterator[None]:
    """Break the connection at `end`: a timeout bounds each wait, not a server that drips."""

    def cut() -> None:
        with suppress(OSError):
            if smtp.sock is not None:
                smtp.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, end - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _converse(server: MailServer, mail: Mail, smtp: smtplib.SMTP, dialogue: _Dialogue) -> None:
    """EHLO, login, MAIL, RCPT, DATA. Raises SMTPResponseException for an answer that is a refusal."""
    smtp.ehlo_or_helo_if_needed()
    if server.user and server.password:
        dialogue.about = "the login"
        smtp.login(server.user, server.password)
    dialogue.about = "the sender"
    _expect(250, smtp.mail(mail.sender, [f"size={len(mail.data)}"] if smtp.has_extn("size") else []))
    dialogue.about = "the recipient"
    _expect(250, smtp.rcpt(mail.recipient))
    dialogue.about = "the message"
    _expect(354, smtp.docmd("DATA"))
    dialogue.under_way = True
    smtp.send(_LINE_START_DOT.sub(b"..", mail.data) + b".\r\n")
    _expect(250, smtp.getreply())
    dialogue.taken = True


def _expect(code: int, answer: tuple[int, bytes]) -> None:
    if answer[0] // 10 != code // 10:  # 250, 251, 252
        raise smtplib.SMTPResponseException(*answer)


def _fault(dialogue: _Dialogue, error: Exception) -> SendFailed:
    match error:
        case smtplib.SMTPNotSupportedError():
            return SendFailed(_NOT_OFFERED, permanent=True)
        case smtplib.SMTPResponseException() if error.smtp_code > 0:
            code = int(error.smtp_code)
            # A refusal of the whole line (a firewall's list, "too many connections") may pass.
            final = code >= 500 and dialogue.about != "the connection"
            return SendFailed(f"the mail server answered {code} to {dialogue.about}", permanent=final)
        case ssl.SSLCertVerificationError():
            return SendFailed("the mail server's TLS certificate was not accepted")
        case UnicodeError():
            return SendFailed("its user, password or address is not plain ASCII", permanent=True)
    if type(error) is smtplib.SMTPException and dialogue.about == "the login":
        return SendFailed(_NOT_OFFERED, permanent=True)  # no way to log in that both know
    if dialogue.under_way:
        return SendFailed("the mail server went away before an answer: it may have arrived", unknown=True)
    if dialogue.about == "the connection":
        return SendFailed("could not connect to the mail server")
    return SendFailed(f"the mail server went away before an answer to {dialogue.about}")
