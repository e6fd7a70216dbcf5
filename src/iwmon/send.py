"""One message to one receiver, through Apprise: Message → Sent | SendFailed.

This is where feed text meets a service, so this is where it is made harmless for good: control
and bidi characters go, lengths are bounded, and what a chat service would take for a mention or
for a link with another target is broken. & < > are escaped by Apprise, which is always told that
the text is plain.
"""

from __future__ import annotations

import io
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from html import escape
from typing import TextIO

from iwmon.model import Message, Receiver, SendFailed, Sent

CONSOLE = "console:"
"""The URL of the receiver that is the terminal."""

SECONDS = 30.0
"""The longest that one delivery takes. A lease on a delivery has to outlast it."""

FAREWELL = 5.0
"""Seconds that a message in hand gets when iwmon has to stop: most services answer in less than one."""

TITLE_LIMIT = 250
BODY_LIMIT = 32_000  # characters; services with less room get less
CLIPPED = "… (clipped; see iwmon alerts show)"

_TAIL_LINES, _TAIL_LIMIT = 3, 400  # the end of a message says how to acknowledge: it survives clipping
_JOINER = "\u2060"  # WORD JOINER: no width, no break, and no service reads a mention across it

_LOOK_EVERY = 0.1  # seconds between two looks at whether iwmon is stopping
_hanging: dict[str, threading.Thread] = {}  # by receiver: attempts that outlived their deadline

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls, except tab and newline
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi, zero width
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"  # lone surrogates, noncharacters, tags
)
_URL = r"(?P<url>https?://[^\s<>]+)"
_LIVE = re.compile(r"@(?!\s)|<(?=[^\s<])|\](?=[(\[:])")
_LINK_OR_LIVE = re.compile(f"{_URL}|{_LIVE.pattern}", re.IGNORECASE)


def send(
    receiver: Receiver,
    message: Message,
    console: Callable[[Message], None] | None = None,
    seconds: float = SECONDS,
    stopping: threading.Event | None = None,
) -> Sent | SendFailed:
    """Deliver a message in at most `seconds`. Never raises for what a service does.

    Once `stopping` is set nothing new is sent, and what is in hand gets five seconds more.
    `console` writes messages for receivers whose URL is `console:`; by default to standard output.
    The reason of a failure names the receiver, never its URL.
    """
    if is_console(receiver):
        write = console or print_message
        outcome = _in_time(receiver.id, lambda: _to_console(message, write), seconds, stopping)
    else:
        # Loading Apprise costs about 20 MB and one second, which neither an idle daemon nor the
        # other commands should pay.
        from iwmon import sinks

        try:
            sink = sinks.open_sink(receiver.url, seconds)
        except sinks.NoSink as error:
            outcome = SendFailed(str(error), permanent=True)
        else:
            title, body = words(message, sink.title_limit, sink.body_limit, literal=sink.literal)
            outcome = _in_time(receiver.id, lambda: sinks.attempt(sink, title, body), seconds, stopping)
    if isinstance(outcome, Sent):
        return outcome
    return SendFailed(
        f"receiver {receiver.id}: {outcome.reason}", outcome.retry_after, outcome.permanent, outcome.unknown
    )


def _in_time(
    receiver: str, call: Callable[[], Sent | SendFailed], seconds: float, stopping: threading.Event | None
) -> Sent | SendFailed:
    """What `call` returns within `seconds`, or within FAREWELL once `stopping` is set.

    It runs in a thread of its own that is left behind when it hangs: Apprise's pool has six
    workers for all services and joins them when the process ends. While one hangs, its receiver
    is not tried again.
    """
    if stopping and stopping.is_set():
        return SendFailed("iwmon is stopping: not sent yet")
    earlier = _hanging.get(receiver)
    if earlier is not None and earlier.is_alive():
        return SendFailed("the attempt before this one still hangs")
    _hanging.pop(receiver, None)
    answers: list[Sent | SendFailed] = []
    thread = threading.Thread(target=lambda: answers.append(call()), name="iwmon-send", daemon=True)
    thread.start()
    _wait(thread, seconds, stopping)
    if thread.is_alive():
        _hanging[receiver] = thread
        stopped = stopping and stopping.is_set()
        what = "no answer before iwmon stopped" if stopped else f"no answer within {seconds:g} s"
        return SendFailed(f"{what}: it may have arrived", unknown=True)
    return answers[0] if answers else SendFailed("the attempt broke inside: see the log", unknown=True)


def _wait(thread: threading.Thread, seconds: float, stopping: threading.Event | None) -> None:
    """Wait for a thread; at most FAREWELL once `stopping` is set."""
    end = time.monotonic() + seconds
    leaving = False
    while thread.is_alive() and (left := end - time.monotonic()) > 0:
        if stopping and not leaving and stopping.is_set():
            leaving, end = True, min(end, time.monotonic() + FAREWELL)
        thread.join(min(left, _LOOK_EVERY) if stopping else left)


def problem(receiver: Receiver) -> str:
    """Why nothing can ever be sent to this receiver, in one line; "" when its URL is fine. Sends nothing."""
    if is_console(receiver):
        return ""
    from iwmon import sinks  # heavy: see send

    try:
        sinks.open_sink(receiver.url, SECONDS)
    except sinks.NoSink as error:
        return f"receiver {receiver.id}: {error}"
    return ""


def is_console(receiver: Receiver) -> bool:
    """Whether this receiver is the terminal."""
    return receiver.url.strip().rstrip("/") == CONSOLE


def words(message: Message, title_limit: int, body_limit: int, *, literal: bool) -> tuple[str, str]:
    """The title and body that a service gets: clean, harmless and short enough for it.

    Limits are the service's, in characters after escaping; a title limit of 0 puts the title into
    the body. `literal` services show text as it is: nothing in it has to be broken.
    """
    title = " ".join(clean(message.title).split()) or "iwmon"
    body = clean(message.body).strip("\n")
    if not literal:
        title, body = harmless(title), harmless(body)
    title = title.replace("=?", f"={_JOINER}?")  # a header's encoded word, which hides what it says
    room = min(body_limit or BODY_LIMIT, BODY_LIMIT)
    title = clip(title, min(title_limit or room // 2, TITLE_LIMIT), "…")
    if title_limit == 0:
        room -= _width(title) + 2
    return title, clip(body, room, CLIPPED)


def clean(text: str) -> str:
    """Text without control, bidi, zero-width, surrogate and non-characters; lines end in a newline."""
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text)).replace("\t", " ")


def harmless(text: str) -> str:
    """Text in which no chat service finds a mention, or a link that hides its target.

    Discord and Mattermost read Markdown, `<url|text>`, `<@id>` and @everyone in plain text too, and
    Apprise passes them on. A word joiner after `@`, `<` and between `](` keeps them as text. In a
    link, `@` becomes `%40`, which is the same address.
    """
    return _LINK_OR_LIVE.sub(_broken, text)


def _broken(found: re.Match[str]) -> str:
    url = found["url"]
    if url is None:
        return found[0] + _JOINER
    return _LIVE.sub(lambda live: live[0] + _JOINER, url.replace("@", "%40"))


def clip(text: str, limit: int, mark: str) -> str:
    """Text of at most `limit` characters after escaping. What is cut is marked; the last lines stay."""
    if _width(text) <= limit:
        return text
    if limit < 3 * len(mark):
        mark = "…"
    tail = ""
    for line in reversed(text.rsplit("\n", _TAIL_LINES)[1:]):
        if _width(line) + _width(tail) >= min(_TAIL_LIMIT, limit // 3):
            break
        tail = f"\n{line}{tail}"
    joint = "\n" if "\n" in text else ""
    room = limit - _width(joint + mark + tail)
    cut, used = 0, 0
    while used + _width(text[cut]) <= room:
        used += _width(text[cut])
        cut += 1
    return text[:cut].rstrip() + joint + mark + tail


def _width(text: str) -> int:
    return len(escape(text, quote=False))


def print_message(message: Message, stream: TextIO | None = None) -> None:
    """A message as a terminal shows it: a rule, the title, the body. Raises OSError when nobody reads."""
    out = stream or sys.stdout
    title, body = words(message, TITLE_LIMIT, BODY_LIMIT, literal=True)
    rule = "─" * 72
    encoding = out.encoding or "utf-8"
    text = f"{rule}\n{title}\n{rule}\n{body}\n\n".encode(encoding, "replace")
    out.flush()
    try:
        descriptor = out.fileno()
    except io.UnsupportedOperation:  # a stream in memory
        out.write(text.decode(encoding))
        out.flush()
        return
    # Not through the stream: one that blocks keeps its lock, and Python's exit would wait for it.
    while text:
        text = text[os.write(descriptor, text) :]


def _to_console(message: Message, write: Callable[[Message], None]) -> Sent | SendFailed:
    try:
        write(message)
    except (OSError, ValueError) as error:  # nobody reads it, or it is closed
        return SendFailed(f"cannot write to the terminal: {error}")
    return Sent()
