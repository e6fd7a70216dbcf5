"""A file of known events, as the command line names it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from iwmon import backtest
from iwmon.backtest.events import NOBODYS
from iwmon.cli.call import Misuse
from iwmon.config import Config
from iwmon.feedtext import safe
from iwmon.model import Failure
from iwmon.report import Event


def events(path: Path, mapping: Iterable[str], loaded: Config) -> tuple[Event, ...]:
    """The events of a CSV file; `mapping` holds WORD=ID, as of --map.

    Raises Misuse for a file that cannot be read, Failure with every row that is wrong.
    """
    words = dict(_pair(one) for one in mapping)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Misuse(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Failure("it is not UTF-8", where=f"{path}:{line}", hint="save it as UTF-8") from error
    return backtest.read(text, str(path), loaded, words)


def left_out(mapping: Iterable[str]) -> list[str]:
    """What a reader must know of the words whose events `mapping` leaves out; nothing if there are none."""
    words = [word for word, target in map(_pair, mapping) if target == NOBODYS]
    return (
        [f"Known events of these words are left out, as --map says: {safe(', '.join(words), 300)}."]
        if words
        else []
    )


def _pair(text: str) -> tuple[str, str]:
    word, equals, name = text.partition("=")
    if not (equals and word.strip() and name.strip()):
        raise Misuse(f'"{text}" maps nothing', where="--map", hint="write WORD=ID, e.g. troops=kj-2")
    return word.strip(), name.strip()
