"""How evidence adds up, in words: origins, their factors, the sum, the thresholds."""

from __future__ import annotations

from rich.text import Text

from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.desk import Desk
from iwmon.cli.reasons import Origin, Rung

_NAMED = 12  # reprinting publishers
_FACTORS = 8  # of the product


def print_origins(desk: Desk, found: tuple[Origin, ...]) -> None:
    """Each origin: whose word, the report, the factors of its weight."""
    for number, origin in enumerate(found, start=1):
        _print_origin(desk, number, origin)


def _print_origin(desk: Desk, number: int, origin: Origin) -> None:
    group = (
        ""
        if origin.group in (origin.source, origin.publisher)
        else f", one voice with {safe(origin.group, 60)}"
    )
    desk.say(show.line(f"{number}. ", (safe(origin.publisher, 60), "bold"), group))
    desk.say(safe(origin.title), 5)
    words = ", ".join(f"“{safe(word, 60)}”" for word in origin.words)
    doubts = f" ({', '.join(origin.flags)})" if origin.flags else ""
    desk.say(f"{words} in the {origin.where}; counts from {desk.clock(origin.as_of)}{doubts}", 5)
    desk.say(weight(origin), 5)
    desk.say(decayed(origin), 5)
    if origin.copies:
        by = ", ".join(safe(name, 40) for name in origin.reprinted_by[:_NAMED]) or "itself"
        desk.say(f"{show.count(origin.copies, 'reprint')} not counted: {by}", 5)
    if origin.url:
        desk.say(origin.url, 5)


def weight(origin: Origin) -> str:
    """w = m·r·c with its factors."""
    return (
        f"weight {origin.strength:.2f} ({origin.where}) × {origin.reliability_weight:.2f} "
        f"(reliability {origin.reliability}) × {origin.credibility_weight:.2f} "
        f"(credibility {origin.credibility}) = {origin.weight:.4f}"
    )


def decayed(origin: Origin) -> str:
    """W·d with its age and half-life."""
    if origin.half_life_days is None:
        return f"does not decay: {origin.decayed:.4f}"
    age = max(0.0, origin.age_days)
    how = f"2^(−{age:.2f} d / {origin.half_life_days:g} d)"
    return f"decayed × {origin.decay:.4f} ({how}) = {origin.decayed:.4f}"


def print_sum(desk: Desk, found: tuple[Origin, ...], activation: float) -> None:
    """How the origins add up."""
    if not found:
        desk.say("no report counts: activation 0")
        return
    product = " × ".join(f"(1 − {origin.decayed:.4f})" for origin in found[:_FACTORS])
    more = f" × {len(found) - _FACTORS} more" if len(found) > _FACTORS else ""
    desk.say(f"activation = 1 − {product}{more} = {activation:.4f}")


def print_ladder(desk: Desk, ladder: tuple[Rung, ...]) -> None:
    """What each level needs, and whether it is reached."""
    rows: list[tuple[Text | str, ...]] = []
    for rung in ladder:
        verdict = "reached" if rung.reached else f"missing {rung.missing}"
        rows.append((Text(str(rung.level), show.style(rung.level)), f"needs {rung.needs}: {verdict}"))
    show.table(desk.out, rows)
