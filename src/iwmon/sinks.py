"""What Apprise is asked and what really came back: the only module that loads Apprise.

Two kinds of receivers Apprise only reads the URL of, `MailServer` and `SlackBot`; `send` has senders of
its own for them.

Apprise says SUCCESS, FAILURE or TIMEOUT, and neither the status code nor Retry-After. `send` has
to know whether to wait, to give up, or to warn that a message may have arrived, so the calls that
a plugin makes to the network (requests, smtplib) are witnessed while a delivery is under way.

Loading this module costs about 20 MB and one second (200 plugins): `send` does it at the first
real delivery.
"""

from __future__ import annotations

import functools
import logging
import re
import smtplib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, cast

import requests
import urllib3.exceptions
from apprise import Apprise, AppriseAsset, NotifyFormat
from apprise.exception import AppriseException
from apprise.plugins import url_to_dict
from apprise.plugins.base import NotifyBase
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.slack import CHANNEL_RE, NotifySlack, SlackMode
from apprise.result import AppriseResultStatus

from iwmon.model import Failure, SendFailed, Sent

LONGEST_WAIT = timedelta(hours=24)
"""A service that asks for more silence than this is not believed."""

SHARE = 0.9
"""The part of a delivery's time that a service gets; the rest is for saying why it failed."""

ANSWER_LIMIT = 65_536
"""Bytes of an answer that are read."""

_HOST_AND_PATH = r"slack\+(https?://[^/?#]+(?:/[^/?#]+)*?)"
_BOT_ELSEWHERE = re.compile(rf"{_HOST_AND_PATH}/((?:xoxe\.)?xox[abp]-[^/?#]+(?:/.*)?)", re.DOTALL)
_HOOK_ELSEWHERE = re.compile(rf"{_HOST_AND_PATH}/([^/?#]+/[^/?#]+/[^/?#]+/?(?:\?.*)?)")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9._-]+")  # dot-atom of RFC 5322
_FORCED = {"format": "text", "overflow": "upstream", "redirect": False, "retry": 0, "optional": False}
_ERROR_WORD = re.compile(rb'^([a-z]+(?:_[a-z]+)+)$|"error"\s*:\s*"([a-z_]{2,60})"')  # Slack: no_service
_WAIT_A_LITTLE = frozenset({408, 409, 423, 425, 429})  # the 4xx that pass by themselves
_LITERAL = frozenset({"mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms", "syslog"})


class NoSink(Failure):
    """A receiver's URL that names no service that can be sent to. The message never holds the URL."""


@dataclass(frozen=True, slots=True)
class Sink:
    """One service, one target. `literal`: it shows text as it is, without markup or mentions."""

    service: NotifyBase
    title_limit: int  # characters; 0: the title is put on top of the body
    body_limit: int
    literal: bool


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where an email is handed in, from whom and to whom, as Apprise reads it from a mailto(s) URL."""

    host: str
    port: int
    mode: Literal["insecure", "starttls", "ssl"]
    sender: tuple[str, str]  # name (may be ""), address
    recipient: tuple[str, str]
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    verify: bool = True  # the TLS certificate, unless the URL says verify=no
    reply_to: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()  # the URL's own: ?+Name=value


@dataclass(frozen=True, slots=True)
class SlackBot:
    """A channel that a bot posts to. `api` is the URL of chat.postMessage."""

    api: str
    channel: str  # #name, @user or an encoded id
    token: str = field(repr=False)
    name: str = ""  # the bot's, when the URL gives one


@dataclass(frozen=True, slots=True)
class _Seen:
    """One call to the network: what it returned, or the exception that it raised."""

    call: str
    outcome: object


_witness: ContextVar[list[_Seen] | None] = ContextVar("iwmon_witness", default=None)


class PlainSlack(NotifySlack):  # type: ignore[no-untyped-call]
    """Slack as one plain message, instead of Apprise's legacy attachment.

    An attachment shows "[no preview available]" on a locked phone, folds after five lines, and
    whether its text is read as mrkdwn is not said by its payload. A message with mrkdwn off is
    shown as written; & < > come escaped from Apprise. Previews of links are off, because they
    would show a picture and a title of the feed's choosing.
    """

    def _send(self, url: str, payload: dict[str, Any], *args: Any, **more: Any) -> Any:
        attachments = payload.get("attachments") or [{}]
        if payload.get("mrkdwn") is False and "text" in attachments[0]:
            lines = (attachments[0].get("title"), attachments[0]["text"])
            payload = {key: value for key, value in payload.items() if key not in ("attachments", "icon_url")}
            payload |= {
                "text": "\n".join(line for line in lines if line),
                "unfurl_links": False,
                "unfurl_media": False,
            }
        return super()._send(url, payload, *args, **more)  # type: ignore[no-untyped-call]


def open_sink(url: str, seconds: float) -> Sink | MailServer | SlackBot:
    """The service behind an Apprise URL. Raises NoSink when there is none, or more than one target.

    Whatever the URL asks, text stays plain, redirects are not followed (a POST would become a GET
    that "succeeds"), nothing is retried here, and a failure counts. `seconds` bounds each wait for
    the network of what Apprise sends, unless the URL sets its own `cto` and `rto`.
    """
    service = _service(url, seconds)
    if service is None:
        raise NoSink(
            "its URL is not one that Apprise can send to", hint="compare it with Apprise's page on it"
        )
    targets = len(service) + len(getattr(service, "cc", ())) + len(getattr(service, "bcc", ()))
    if targets > 1:
        # Apprise gives one answer a URL: after a partial failure the good targets would get copies.
        raise NoSink(f"its URL names {targets} targets", hint="write one receiver for each target")
    if type(service) is NotifyEmail and service.targets and service.pgp_mode == "no":
        server = _mail_server(service)
        if _ADDRESS.fullmatch(server.sender[1]) and _ADDRESS.fullmatch(server.recipient[1]):
            return server
    if isinstance(service, PlainSlack) and service.mode == SlackMode.BOT:
        found = CHANNEL_RE.match(service.channels[0])
        if found and not found["thread_ts"] and not service.template:
            return _slack_bot(service, found["channel"])
    return Sink(service, service.title_maxlen, service.body_maxlen, service.schema in _LITERAL)


def _mail_server(service: NotifyEmail) -> MailServer:
    (name, address), (to_name, to_address) = service.from_addr, service.targets[0]
    return MailServer(
        host=service.smtp_host,
        port=int(service.port or 0),
        mode=cast(Literal["insecure", "starttls", "ssl"], service.secure_mode),
        sender=(str(name or ""), str(address)),
        recipient=(str(to_name or ""), str(to_address)),
        user=service.user or "",
        password=service.password or "",
        verify=bool(service.verify_certificate),
        reply_to=tuple(sorted(to for to in service.reply_to if _ADDRESS.fullmatch(to))),
        headers=tuple(sorted(service.headers.items())),
    )


def _slack_bot(service: PlainSlack, channel: str) -> SlackBot:
    if channel[0] == "+":  # an encoded id
        channel = channel[1:]
    elif channel[0] not in "#@":
        channel = f"#{channel}"
    api = service.api_url.format("chat.postMessage")
    return SlackBot(api, channel, token=service.access_token or "", name=service.user or "")


def _service(url: str, seconds: float) -> NotifyBase | None:
    asset = AppriseAsset(
        storage_mode="memory",
        service_timeout=0,
        http_redirects=False,
        app_id="iwmon",
        app_desc="indicators and warnings",
        app_url="",
        image_url_mask="",  # no picture from elsewhere in a message
        image_url_logo="",
    )
    # slack+http(s)://host/services/A/B/C: a server that takes what Slack's webhook takes;
    # slack+http(s)://host/api/xoxb-.../#channel: one that takes what Slack's Web API takes.
    elsewhere = _BOT_ELSEWHERE.fullmatch(url) or _HOOK_ELSEWHERE.fullmatch(url)
    try:
        known: dict[str, Any] | None = url_to_dict(  # type: ignore[no-untyped-call]
            f"slack://{elsewhere[2]}" if elsewhere else url
        )
        if known is None:
            return None
        wait = seconds * SHARE  # the plugin gives up first, and then says why
        known = {"cto": wait, "rto": wait} | known | _FORCED
        if known["schema"] != "slack":
            return Apprise.instantiate(known, asset=asset)
        slack = PlainSlack(**known, asset=asset)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, KeyError, AttributeError, AppriseException):
        return None  # whatever these say may quote the URL's token
    slack.use_blocks = slack.use_blocks and bool(slack.template)
    if elsewhere:
        slack.webhook_url = elsewhere[1]
        slack.api_url = elsewhere[1].replace("{", "%7B").replace("}", "%7D") + "/{}"
    return slack


def attempt(sink: Sink, title: str, body: str) -> Sent | SendFailed:
    """One delivery, as long as it takes. Only a real SUCCESS is Sent."""
    seen: list[_Seen] = []
    before = _witness.set(seen)
    try:
        apprise = Apprise(asset=sink.service.asset)
        apprise.add(sink.service)
        answer = apprise.notify(title=title, body=body, body_format=NotifyFormat.TEXT)
    finally:
        _witness.reset(before)
    return Sent() if answer.status is AppriseResultStatus.SUCCESS else _explain(seen)


def _explain(seen: list[_Seen]) -> SendFailed:
    """What the network said when Apprise said FAILURE; the last thing that went wrong counts."""
    for at in reversed(seen):
        match at.outcome:
            case requests.Response() as response:
                return _http_answer(response)
            case requests.RequestException() as error:
                return _http_fault(error)
            case smtplib.SMTPException() | OSError() as error:
                return _smtp_fault(at.call, error)
            case dict() as refused if refused:
                return _refused(refused)
            case (int() as code, *_) if at.call == "connect" and code >= 400:
                return SendFailed(f"the mail server answered {code} to the connection")
    return SendFailed("the service did not accept it")


def _http_answer(response: requests.Response) -> SendFailed:
    word = _ERROR_WORD.search(response.content[:2_000])
    said = (word[1] or word[2]).decode() if word else ""
    return http_refusal(response.status_code, said, response.headers)


def http_refusal(code: int, said: str, headers: Mapping[str, str]) -> SendFailed:
    """What an HTTP answer that is no acceptance means. `said` is the service's own word for it, or ""."""
    said = f" ({said})" if said else ""
    if 300 <= code < 400:
        return SendFailed(f"HTTP {code}: redirects are not followed")
    gone = 400 <= code < 500 and code not in _WAIT_A_LITTLE
    wait = None if gone else retry_after(headers)
    but = ", but not accepted" if code < 300 else ""
    return SendFailed(f"HTTP {code}{but}{said}", retry_after=wait, permanent=gone)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Retry-After in seconds or as an HTTP date (RFC 9110 §10.2.3), between 0 and LONGEST_WAIT.

    A date is read against the answer's own Date, so that neither clock has to be right.
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return min(timedelta(seconds=min(int(asked[:9]), 10**8)), LONGEST_WAIT)
    until, now = _http_date(asked), _http_date(headers.get("Date", ""))
    if until is None or now is None:
        return None
    return max(timedelta(0), min(until - now, LONGEST_WAIT))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):  # the last: a year that no int holds
        return None
    return moment if moment.tzinfo else None


def _http_fault(error: requests.RequestException) -> SendFailed:
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)
    if isinstance(error, requests.exceptions.SSLError):
        return SendFailed("the service's TLS certificate was not accepted")
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or isinstance(
        reason, urllib3.exceptions.NewConnectionError
    ):
        return SendFailed("could not connect")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return SendFailed("its URL leads nowhere", permanent=True)
    if isinstance(error, requests.Timeout):
        return SendFailed("no answer in time: it may have arrived", unknown=True)
    return SendFailed("the connection broke before an answer: it may have arrived", unknown=True)


def _smtp_fault(call: str, error: Exception) -> SendFailed:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return _refused(error.recipients)
        case smtplib.SMTPNotSupportedError():
            return SendFailed(
                "the mail server does not offer what the URL asks (STARTTLS, login)", permanent=True
            )
        case smtplib.SMTPResponseException():
            what = "the login" if call == "login" else "the message"
            code = int(error.smtp_code)
            return SendFailed(f"the mail server answered {code} to {what}", permanent=code >= 500)
    if call == "sendmail":
        return SendFailed("the mail server went away before an answer: it may have arrived", unknown=True)
    return SendFailed("could not connect to the mail server")


def _refused(recipients: dict[str, tuple[int, bytes]]) -> SendFailed:
    code = max(code for code, _ in recipients.values())
    return SendFailed(f"the mail server answered {code} to the recipient", permanent=code >= 500)


def _install_witness() -> None:
    """Note what requests and smtplib see in a thread that delivers; other threads are left alone."""
    requests.Session.send = _witnessed("send", _bounded(requests.Session.send))  # type: ignore[method-assign]
    for name in ("connect", "starttls", "login", "sendmail"):
        setattr(smtplib.SMTP, name, _witnessed(name, getattr(smtplib.SMTP, name)))


def _witnessed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def watched(*args: Any, **more: Any) -> Any:
        seen = _witness.get()
        if seen is None:
            return call(*args, **more)
        try:
            outcome = call(*args, **more)
        except (requests.RequestException, smtplib.SMTPException, OSError) as error:
            seen.append(_Seen(name, error))
            raise
        seen.append(_Seen(name, outcome))
        return outcome

    return watched


def _bounded(call: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """Session.send that reads at most ANSWER_LIMIT bytes: requests itself would read for ever."""

    @functools.wraps(call)
    def send(session: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        if _witness.get() is None:
            return call(session, request, **more)
        response = call(session, request, **(more | {"stream": True}))
        try:
            response._content = response.raw.read(ANSWER_LIMIT, decode_content=True)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise requests.ConnectionError("the answer broke off") from error
        finally:
            response.close()
        return response

    return send


def _silence() -> None:
    """Let nothing out of the loggers of Apprise, requests and urllib3.

    At DEBUG they write whole URLs, and Apprise a wrong token at WARNING. What an operator needs is
    in SendFailed. The filter holds whatever level and handler somebody sets; a logger that is born
    later has a silent parent.
    """
    loud = {"apprise", "requests", "urllib3"}
    for name in loud | {name for name in logging.root.manager.loggerDict if name.split(".")[0] in loud}:
        logger = logging.getLogger(name)
        logger.addFilter(_nothing)
        if name in loud:
            logger.addHandler(logging.NullHandler())
            logger.propagate = False


def _nothing(record: logging.LogRecord) -> bool:
    return False


# At import, because the import lock makes it happen exactly once, before any URL is read.
_silence()
_install_witness()
