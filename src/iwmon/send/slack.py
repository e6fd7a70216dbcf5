"""Slack with a bot token: Message → chat.postMessage, in threads.

Apprise posts without `thread_ts` and does not tell the answer's `ts`; a webhook has no threads at all. Text
is plain: & < > are escaped, and what could be a mention is broken. The one thing that is live is a line
that holds nothing but an address: it is shown as the link that it is.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

import httpx

from iwmon.model import Message, SendFailed, Sent
from iwmon.send.text import width, words
from iwmon.sinks import ANSWER_LIMIT, SlackBot, http_refusal, retry_after

HEADER_LIMIT, SECTION_LIMIT, BLOCK_LIMIT = 150, 3_000, 50
"""Slack's own, in characters after escaping, and in blocks a message."""

BODY_LIMIT = 12_000
"""Characters; Slack refuses blocks with much more (msg_blocks_too_long)."""

BROADCAST = frozenset({"warning", "critical"})
"""Severities of which a reply is shown in the channel too: an alert must not hide in a thread."""

_LINK = re.compile(r" *(https?://[A-Za-z0-9.:\[\]_-]+(?:[/?#][!-~]*)?)")
_LINK_LIMIT = 2_000
_TS = re.compile(r"\d{1,12}\.\d{1,10}")
_WORD = re.compile(r"[a-z_]{2,60}")

_WAIT = frozenset({"ratelimited", "rate_limited"})
_FINAL = frozenset(
    {
        *("account_inactive", "channel_not_found", "ekm_access_denied", "enterprise_is_restricted"),
        *("invalid_arguments", "invalid_auth", "is_archived", "missing_scope", "msg_too_long"),
        *("no_permission", "no_text", "not_allowed_token_type", "not_authed", "not_in_channel"),
        *("org_login_required", "restricted_action", "team_access_not_granted", "token_expired"),
        *("token_revoked", "two_factor_setup_required", "user_not_found"),
    }
)  # what only a person can mend
_NO_THREAD = frozenset(
    {
        *("cannot_reply_to_message", "invalid_thread_ts", "message_not_found", "thread_not_found"),
        *("restricted_action_non_threadable_channel", "restricted_action_thread_locked"),
    }
)  # the first message is gone, or belongs to another channel
_NO_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


def payload(bot: SlackBot, message: Message) -> dict[str, Any]:
    """The JSON for chat.postMessage: a header, sections, and as `text` what a notification shows."""
    title, body = words(message, HEADER_LIMIT, BODY_LIMIT, literal=False)
    made: dict[str, Any] = {
        "channel": bot.channel,
        "text": f"{escape(title, quote=False)}\n{escape(body, quote=False)}".rstrip(),
        "mrkdwn": False,
        "unfurl_links": False,  # a preview would show a picture and a title of the feed's choosing
        "unfurl_media": False,
        "blocks": [{"type": "header", "text": _plain(title)}, *_sections(body)],
    }
    if bot.name:
        made["username"] = bot.name
    if _TS.fullmatch(message.reference):
        made["thread_ts"] = message.reference
        if message.severity in BROADCAST:
            made["reply_broadcast"] = True
    return made


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": escape(text, quote=False), "emoji": False}


def _section(text: dict[str, Any]) -> dict[str, Any]:
    return {"type": "section", "text": text, "expand": True}  # nothing behind "see more"


def _sections(body: str) -> list[dict[str, Any]]:
    """Plain text in sections, the links between them; with too many of these, plain text alone."""
    blocks: list[dict[str, Any]] = []
    plain = ""
    for line in body.split("\n"):
        target = _LINK.fullmatch(line)
        if target and width(target[1]) <= _LINK_LIMIT:
            blocks += _chunks(plain)
            live = {"type": "mrkdwn", "text": f"<{_link(target[1])}>", "verbatim": True}
            blocks.append(_section(live))
            plain = ""
        else:
            plain += f"{line}\n"
    blocks += _chunks(plain)
    return blocks if len(blocks) < BLOCK_LIMIT else list(_chunks(body))


def _link(target: str) -> str:
    """An address in Slack's <...>, where | would begin another text for it."""
    return escape(target.replace("<", "%3C").replace(">", "%3E").replace("|", "%7C"), quote=False)


def _chunks(text: str) -> Iterator[dict[str, Any]]:
    """Sections of at most SECTION_LIMIT characters, broken between lines where that is possible."""
    chunk: list[str] = []
    room = SECTION_LIMIT
    for line in text.strip("\n").split("\n"):
        for piece in _pieces(line):
            cost = width(piece) + 1
            if cost > room and chunk:
                yield from _chunk(chunk)
                chunk, room = [], SECTION_LIMIT
            chunk.append(piece)
            room -= cost
    yield from _chunk(chunk)


def _chunk(lines: list[str]) -> Iterator[dict[str, Any]]:
    text = "\n".join(lines).strip("\n")
    if text.strip():
        yield _section(_plain(text))


def _pieces(line: str) -> Iterator[str]:
    """A line in pieces that fit one section each."""
    start, used = 0, 0
    for at, char in enumerate(line if width(line) >= SECTION_LIMIT else ""):
        used += width(char)
        if used >= SECTION_LIMIT:
            yield line[start:at]
            start, used = at, width(char)
    yield line[start:]


def post(bot: SlackBot, made: dict[str, Any], seconds: float, *, thread: str = "") -> Sent | SendFailed:
    """Post it in at most `seconds` for each wait. Sent.reference is the `ts` that the thread begins with.

    Where the thread's first message is gone, it begins a new one; where Slack does not take the blocks, it
    gets the plain text. In both cases Slack has said that nothing was posted.
    """
    end = time.monotonic() + seconds
    answer = _ask(bot, made, end)
    if isinstance(answer, _Answer) and answer.error in _NO_THREAD and "thread_ts" in made:
        made = {key: value for key, value in made.items() if key not in ("thread_ts", "reply_broadcast")}
        answer = _ask(bot, made, end)
    if isinstance(answer, _Answer) and answer.error in _NO_BLOCKS and "blocks" in made:
        made = {key: value for key, value in made.items() if key != "blocks"}
        answer = _ask(bot, made, end)
    if isinstance(answer, SendFailed):
        return answer
    if answer.ok:
        return Sent(made.get("thread_ts") or (answer.ts if thread else ""))
    return _refused(answer)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Slack's API said. `error` is its word for why not, "" if it has none."""

    code: int
    ok: bool = False
    ts: str = ""
    error: str = ""
    read: bool = True  # whether it was an answer of this API at all
    headers: httpx.Headers = field(default_factory=httpx.Headers)


def _refused(answer: _Answer) -> SendFailed:
    if answer.code != 200:
        return http_refusal(answer.code, answer.error, answer.headers)
    if not answer.read:
        return SendFailed("HTTP 200, but no answer of Slack's: it may have arrived", unknown=True)
    if answer.error in _WAIT:
        return SendFailed(f"Slack says {answer.error}", retry_after=retry_after(answer.headers))
    said = f"Slack says {answer.error}" if answer.error else "Slack did not accept it"
    return SendFailed(said, permanent=answer.error in _FINAL)


def _ask(bot: SlackBot, made: dict[str, Any], end: float) -> _Answer | SendFailed:
    wait = max(0.05, end - time.monotonic())
    try:
        # No proxy, no .netrc, no redirect: the token goes to Slack and nowhere else.
        with (
            httpx.Client(trust_env=False, follow_redirects=False, timeout=wait) as client,
            client.stream(
                "POST",
                bot.api,
                content=json.dumps(made).encode(),
                headers={
                    "Authorization": f"Bearer {bot.token}",
                    "Content-Type": "application/json; charset=utf-8",
                    "Accept-Encoding": "identity",
                    "User-Agent": "iwmon",
                },
            ) as response,
        ):
            return _read(response, end)
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL):
        return SendFailed("its URL leads nowhere", permanent=True)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        return _not_connected(error)
    except httpx.TimeoutException:
        return SendFailed("no answer in time: it may have arrived", unknown=True)
    except httpx.HTTPError:
        return SendFailed("the connection broke before an answer: it may have arrived", unknown=True)


def _read(response: httpx.Response, end: float) -> _Answer:
    body = b""
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > ANSWER_LIMIT or time.monotonic() > end:
            break
    try:
        said = json.loads(body) if len(body) <= ANSWER_LIMIT else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("ok"), bool):
        return _Answer(response.status_code, read=False, headers=response.headers)
    ts, error = str(said.get("ts", "")), str(said.get("error", ""))
    return _Answer(
        response.status_code,
        ok=said["ok"] and response.status_code == 200,
        ts=ts if _TS.fullmatch(ts) else "",
        error=error if _WORD.fullmatch(error) else "",
        headers=response.headers,
    )


def _not_connected(error: BaseException) -> SendFailed:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return SendFailed("the service's TLS certificate was not accepted")
        cause = cause.__cause__ or cause.__context__
    return SendFailed("could not connect")
