"""How evidence adds up, in words: origins, their factors, the sum, the thresholds.

Every number stands here with the digits that its result needs: whoever takes the printed factors and does
the printed sum gets the printed result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from iwmon import thresholds
from iwmon.alerts.words import safe
from iwmon.cli import show
from iwmon.cli.desk import Desk
from iwmon.cli.reasons import Origin, Rung, Uncounted, Why

_NAMED = 12  # reprinting publishers
_FACTORS = 8  # of the product; the others stand with their origins
_HEADS: Mapping[Why, str] = {
    "newsroom": "Not counted as independent: their newsrooms count already",
    "same origin": "Not counted again: further reports of origins that count by a heavier one",
    "rejected": "Rejected by a person",
    "denied": "Denials: they say that it is not so, and weigh nothing",
    "historical": "History: they tell of what was long ago, and weigh nothing",
    "outside": "Not of now: outside the window, or of another day",
}
_LISTED = 20  # uncounted reports of a kind


def print_origins(desk: Desk, found: Sequence[Origin]) -> None:
    """Each origin: whose word, the report, the factors of its weight."""
    for number, origin in enumerate(found, start=1):
        desk.say(show.line(f"{number}. ", *_whose(origin)))
        print_report(desk, origin)


def print_report(desk: Desk, origin: Origin) -> None:
    """A report, the words that hit, and what it counts."""
    # Quoted: a headline must not pass for one of our own lines.
    desk.say(f"“{safe(origin.title)}”", 5)
    words = ", ".join(f"“{safe(word, 60)}”" for word in origin.words)
    doubts = f" ({', '.join(origin.flags)})" if origin.flags else ""
    desk.say(f"{words} in the {origin.where}; counts from {desk.clock(origin.as_of)}{doubts}", 5)
    desk.say(weight(origin), 5)
    desk.say(decayed(origin), 5)
    if origin.newsrooms != (origin.group,):
        desk.say(f"carried by {', '.join(safe(name, 60) for name in origin.newsrooms)}", 5)
    if origin.copies:
        by = ", ".join(safe(name, 40) for name in origin.reprinted_by[:_NAMED]) or "itself"
        desk.say(f"{show.count(origin.copies, 'reprint')} not counted: {by}", 5)
    if origin.contested_by and origin.contested_weight == 1.0:
        desk.say(f"contested: {safe(origin.contested_by, 60)} denies it; its weight stands", 5)
    if origin.reviewed_by:
        desk.say(judged(origin), 5)
    if origin.vouched:
        desk.say("confirmed by a person: another of its reports", 5)
    if origin.url:
        desk.say(origin.url, 5)


def voice(origin: Origin) -> str:
    """ "Nasha Niva", "General Staff via Ukrinform"."""
    carried = safe(origin.publisher, 60)
    return f"{safe(origin.cited, 60)} via {carried}" if origin.cited else carried


def _whose(origin: Origin) -> tuple[str | tuple[str, str], ...]:
    alone = origin.group in (origin.source, origin.publisher)
    group = "" if alone else f", one voice with {safe(origin.group, 60)}"
    return (voice(origin), "bold"), group, f"; side: {safe(origin.side, 60)}"


def weight(origin: Origin) -> str:
    """w = m·r·c with its factors (method.md §2)."""
    cue = f": “{safe(origin.cue, 40)}”" if origin.cue else ""
    grade = "authoritative" if origin.authoritative else f"reliability {origin.reliability}"
    factors = [
        f"{origin.place_weight:.1f} ({origin.where})",
        f"{origin.modality_weight:.1f} ({origin.modality}{cue})",
        f"{origin.reliability_weight:.2f} ({grade})",
        f"{origin.credibility_weight:.2f} (credibility {origin.credibility})",
    ]
    if origin.contested_weight != 1.0:
        accused = safe(origin.contested_by, 60)
        factors.append(f"{origin.contested_weight:.2f} (contested by {accused}, who is accused)")
    return f"weight {' × '.join(factors)} = {origin.weight:.6f}"


def decayed(origin: Origin) -> str:
    """W·d with its age and half-life."""
    light = "" if origin.corroborates else f"; below {thresholds.FLOOR}, so it does not count as an origin"
    if origin.half_life_days is None:
        return f"does not decay: {origin.decayed:.6f}{light}"
    age = max(0.0, origin.age_days)
    how = f"2^(−{age:.6f} d / {origin.half_life_days:g} d)"
    return f"decayed × {origin.decay:.6f} ({how}) = {origin.decayed:.6f}{light}"


def judged(origin: Origin) -> str:
    """What a person said of the report."""
    verb = {"confirmed": "confirmed", "rejected": "rejected"}.get(origin.status, "judged")
    note = f": {safe(origin.note)}" if origin.note else ""
    return f"{verb} by {safe(origin.reviewed_by, 60)}, credibility {origin.credibility}{note}"


def print_uncounted(desk: Desk, found: Sequence[Uncounted]) -> None:
    """What does not count, by why. What weighs something stands with its factors, the rest in a line."""
    for why, head in _HEADS.items():
        these = [one.report for one in found if one.why == why]
        if not these:
            continue
        desk.head(head)
        for origin in these[:_LISTED]:
            if why in ("newsroom", "same origin"):
                desk.say(show.line("• ", *_whose(origin)))
                print_report(desk, origin)
                continue
            desk.say(show.line("• ", (voice(origin), "bold"), f", {desk.clock(origin.as_of)}"))
            desk.say(f"“{safe(origin.title)}”", 5)
            if origin.cue and why in ("denied", "historical"):
                desk.say(f"it says so: “{safe(origin.cue, 40)}”", 5)
            if origin.reviewed_by:
                desk.say(judged(origin), 5)
        if len(these) > _LISTED:
            desk.say(f"and {len(these) - _LISTED} more: --json has all")


def print_sum(desk: Desk, found: Sequence[Origin], activation: float) -> None:
    """How the origins add up."""
    if not found:
        desk.say("no report counts: activation 0")
        return
    product = " × ".join(f"(1 − {origin.decayed:.6f})" for origin in found[:_FACTORS])
    more = f" × {len(found) - _FACTORS} more, as above" if len(found) > _FACTORS else ""
    desk.say(f"activation = 1 − {product}{more} = {activation:.6f}")
    print_counting(desk, found)


def print_counting(desk: Desk, found: Sequence[Origin]) -> None:
    """How many of the origins are heavy enough to count, and on how many sides."""
    heavy = [origin for origin in found if origin.corroborates]
    sides = sorted({safe(origin.side, 60) for origin in heavy})
    on = f" on {show.count(len(sides), 'side')}: {', '.join(sides)}" if sides else ""
    desk.say(f"{show.count(len(heavy), 'independent origin')} of {thresholds.FLOOR} and more{on}")


def print_ladder(desk: Desk, ladder: Sequence[Rung]) -> None:
    """What each level needs, and whether it is reached."""
    rows: list[tuple[Text | str, ...]] = []
    for rung in ladder:
        verdict = "reached" if rung.reached else f"missing {rung.missing}"
        rows.append((Text(str(rung.level), show.style(rung.level)), f"needs {rung.needs}: {verdict}"))
    show.table(desk.out, rows)
