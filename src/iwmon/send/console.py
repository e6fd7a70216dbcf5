"""A message on the terminal."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import TextIO

from iwmon.model import Message, SendFailed, Sent
from iwmon.send.text import BODY_LIMIT, TITLE_LIMIT, words


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


def to_console(message: Message, write: Callable[[Message], None]) -> Sent | SendFailed:
    """What came of `write`, which prints a message on a terminal."""
    try:
        write(message)
    except (OSError, ValueError) as error:  # nobody reads it, or it is closed
        return SendFailed(f"cannot write to the terminal: {error}")
    return Sent()
