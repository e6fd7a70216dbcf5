"""What every finder of an origin answers."""

from __future__ import annotations

from dataclasses import dataclass

from iwmon.origins.names import Cited
from iwmon.origins.passage import Passage


@dataclass(frozen=True, slots=True)
class Citation:
    """Who is cited, by which words of the text; `at` is the number of the first of them."""

    cited: Cited
    cue: str
    at: int
    denial: bool = False


def cite(passage: Passage, cited: Cited, start: int, end: int, denial: bool = False) -> Citation:
    """Whom the tokens `start` to before `end` cite."""
    return Citation(cited, passage.shown(start, end), start, denial)
