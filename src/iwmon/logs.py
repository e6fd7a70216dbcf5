"""How iwmon logs: one line a record, JSON when nobody is watching, readable on a terminal.

What a feed says may stand in a record, so every control character is escaped before it is written.
"""

from __future__ import annotations

import logging
import sys
import unicodedata
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_CHATTY = (
    "apscheduler",
    "asyncio",
    "aiohttp",
    "httpx",
    "httpcore",
    "urllib3",
    "requests",
    "apprise",
    "alembic",
)

_ENDS_LINES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # and turns text around, or is not a character


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(
            char if unicodedata.category(char) not in _ENDS_LINES else f"\\u{ord(char):04x}" for char in value
        )
    if isinstance(value, list | tuple):
        return [_escaped(each) for each in value]
    return value


def escape(_: Any, __: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: no value may start a new line, ring a bell or turn the text around."""
    return {key: value if key == "exception" else _escaped(value) for key, value in record.items()}


def configure(stream: TextIO | None = None, *, verbose: bool = False) -> None:
    """Set up structlog and the libraries' loggers on `stream` (standard error)."""
    stream = stream or sys.stderr
    people = stream.isatty()
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        escape,
    ]
    last: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if people
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=last, foreign_pre_chain=shared))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
