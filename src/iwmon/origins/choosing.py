"""Which of those that a report cites it rests on."""

from __future__ import annotations

from collections.abc import Callable

from iwmon.origins.citation import Citation
from iwmon.origins.citing import citations
from iwmon.origins.names import Cited, Names

Skips = Callable[[Cited], bool]


def choose(title: str, summary: str, names: Names, own: Skips) -> Citation | None:
    """What a report rests on: the first newsroom in the title, else the first there, else in the summary.

    `own` says whom to pass over: the carrier itself.
    """
    found = [c for c in citations(title, names, True) if not own(c.cited)]
    for citation in found:
        if citation.cited.newsroom:
            return citation
    if found:
        return found[0]
    return next((c for c in citations(summary, names, False) if not own(c.cited)), None) if summary else None
