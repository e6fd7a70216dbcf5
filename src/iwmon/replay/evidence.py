"""Alerts and the reports behind them as they may be passed around: no address has a credential in it."""

from __future__ import annotations

from collections.abc import Iterable

from iwmon.feedtext import public, public_text
from iwmon.model import Alert, Signal
from iwmon.replacing import changed
from iwmon.report import Evidence, Raised


def raised(alert: Alert, behind: Iterable[Signal]) -> Raised:
    """An alert, and the reports of these signals in their order."""
    shown = changed(
        alert, title=public_text(alert.title), text=public_text(alert.text), why=public_text(alert.why)
    )
    return Raised(shown, tuple(_evidence(found) for found in behind))


def _evidence(found: Signal) -> Evidence:
    return Evidence(
        title=found.title,
        url=public(found.url),
        publisher=found.publisher,
        seen=found.first_seen,
        published=found.published,
        words=found.words,
        citing=public_text(found.origin),
    )
