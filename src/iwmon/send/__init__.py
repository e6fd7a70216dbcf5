"""One message to one receiver: Message → Sent | SendFailed.

Email goes through `email`, Slack with a bot token through `slack`, because both need threads; every
other service through Apprise (`sinks`), which is always told that the text is plain. `text` makes
what feeds say harmless, and each sink escapes it last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from iwmon.model import Message, Receiver, SendFailed, Sent
from iwmon.send.console import print_message, to_console
from iwmon.send.text import BODY_LIMIT, CLIPPED, TITLE_LIMIT, clean, clip, harmless, words

__all__ = [
    "BODY_LIMIT",
    "CLIPPED",
    "CONSOLE",
    "FAREWELL",
    "SECONDS",
    "TITLE_LIMIT",
    "clean",
    "clip",
    "harmless",
    "is_console",
    "is_email",
    "print_message",
    "problem",
    "send",
    "words",
]

CONSOLE = "console:"
"""The URL of the receiver that is the terminal."""

SECONDS = 30.0
"""The longest that one delivery takes. A lease on a delivery has to outlast it."""

FAREWELL = 5.0
"""Seconds that a message in hand gets when iwmon has to stop: most services answer in less than one."""

_LOOK_EVERY = 0.1  # seconds between two looks at whether iwmon is stopping
_hanging: dict[str, threading.Thread] = {}  # by receiver: attempts that outlived their deadline


def send(
    receiver: Receiver,
    message: Message,
    console: Callable[[Message], None] | None = None,
    seconds: float = SECONDS,
    stopping: threading.Event | None = None,
    now: datetime | None = None,
) -> Sent | SendFailed:
    """Deliver a message in at most `seconds`. Never raises for what a service does.

    Once `stopping` is set nothing new is sent, and what is in hand gets five seconds more.
    `console` writes messages for receivers whose URL is `console:`; by default to standard output.
    `now` is the Date of an email; by default the system's clock. The reason of a failure names the
    receiver, never its URL.
    """
    outcome: Sent | SendFailed
    if is_console(receiver):
        write = console or print_message
        outcome = _in_time(receiver.id, lambda: to_console(message, write), seconds, stopping)
    else:
        call = _call(receiver, message, seconds, now)
        outcome = call if isinstance(call, SendFailed) else _in_time(receiver.id, call, seconds, stopping)
    if isinstance(outcome, Sent):
        return outcome
    return SendFailed(
        f"receiver {receiver.id}: {outcome.reason}", outcome.retry_after, outcome.permanent, outcome.unknown
    )


def _call(
    receiver: Receiver, message: Message, seconds: float, now: datetime | None
) -> Callable[[], Sent | SendFailed] | SendFailed:
    """What sends this message, ready made: whatever is wrong with its words shows before anything is sent."""
    # Loading Apprise costs about 20 MB and one second, which neither an idle daemon nor the
    # other commands should pay.
    from iwmon import sinks
    from iwmon.send import email, slack

    try:
        sink = sinks.open_sink(receiver.url, seconds)
    except sinks.NoSink as error:
        return SendFailed(str(error), permanent=True)
    wait = seconds * sinks.SHARE
    match sink:
        case sinks.MailServer():
            mail = email.written(sink, message, now or datetime.now(UTC))
            return lambda: email.post(sink, mail, wait)
        case sinks.SlackBot():
            payload = slack.payload(sink, message)
            return lambda: slack.post(sink, payload, wait, thread=message.thread)
        case sinks.Sink():
            title, body = words(message, sink.title_limit, sink.body_limit, literal=sink.literal)
            return lambda: sinks.attempt(sink, title, body)


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


def is_email(receiver: Receiver) -> bool:
    """Whether it is sent letters, which can show a picture."""
    return receiver.url.strip().casefold().startswith(("mailto://", "mailtos://"))


def is_console(receiver: Receiver) -> bool:
    """Whether this receiver is the terminal."""
    return receiver.url.strip().rstrip("/") == CONSOLE
