"""What is implied, in words for people: likelihoods and directions, never a number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from iwmon import yardsticks
from iwmon.assess.implying import LOG_RATIO, PLAINLY, SLIGHTLY
from iwmon.model import Contribution, Implied, Indicator

NEGLIGIBLE = 0.01  # nats: it counts, and is not worth a word


def compared(words: str, made_on: datetime, implied: Implied, yardstick: str, zone: tzinfo) -> str:
    """The analyst's term beside what time and evidence imply.

    Likelihoods only: ICD 203 forbids a confidence level in the same sentence.
    """
    parts = [f"{words} on {day(made_on, zone)}"]
    if yardsticks.steps(words, implied.alone_term, yardstick):
        parts.append(f"elapsed time alone implies {implied.alone_term}")
    if any(abs(part.value) >= NEGLIGIBLE for part in implied.contributions):
        still = "still " if implied.term == implied.alone_term else ""
        parts.append(f"with this evidence {still}{implied.term}")
    elif len(parts) == 1:
        parts.append("nothing since then implies another term")
    if len(implied.terms) > 1:
        parts[-1] += f" (range: {implied.terms[0]} to {implied.terms[-1]})"
    return "; ".join(parts)


def contribution_lines(implied: Implied, indicators: Mapping[str, Indicator]) -> tuple[str, ...]:
    """Each contribution in words for people, largest first; then what held them back together."""
    leaders = {part.group: part for part in implied.contributions if part.discount == 1.0}
    told = [part for part in implied.contributions if abs(part.value) >= NEGLIGIBLE]
    lines = [_contributed(part, leaders[part.group], indicators) for part in told]
    if implied.capped:
        lines.append("together they are capped: reports alone may move a judgement only so far")
    return tuple(lines)


def _contributed(part: Contribution, leader: Contribution, indicators: Mapping[str, Indicator]) -> str:
    """Which way, how strongly, and why no more: "Regional grouping pushes up slightly; it counts half, …"."""
    indicator = indicators[part.indicator]
    way = "up" if part.value > 0 else "down"
    words = [f"{indicator.name} pushes {way} {_strength(abs(part.value))}"]
    if part.activation < part.baseline:
        words.append("it stands lower than when the term was set")
    if part.log_ratio != LOG_RATIO[indicator.effect]:
        words.append("a declaration counts slightly at most")
    if part is not leader:
        share = _SHARES.get(part.discount, "little")
        words.append(f"it counts {share}, being of one group with {indicators[leader.indicator].name}")
    return "; ".join(words)


_SHARES = {0.5: "half", 0.25: "a quarter"}


def _strength(nats: float) -> str:
    """How strongly, in the words of the effects: measured by what they give at full activation."""
    if nats >= PLAINLY:
        return "strongly"
    return "moderately" if nats >= SLIGHTLY else "slightly"


def day(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y}"
