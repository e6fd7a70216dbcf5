"""Can a judgement be settled, and has it been?"""

from __future__ import annotations

from datetime import UTC, datetime

from iwmon.config import shape
from iwmon.config.configuration import Config
from iwmon.config.problem import Report, shown
from iwmon.config.reading import Found
from iwmon.config.timezones import zone
from iwmon.model import Judgement
from iwmon.yardsticks import TITLES


def check(config: Config, found: Found[shape.Judgement], now: datetime | None, report: Report) -> None:
    """Doubt a judgement that nothing can move, or that has no end or no test; advise to settle what ended."""
    given = config.judgements[found.shape.id]
    place = found.place("id")
    if not given.indicators:
        wrong = f"the judgement {shown(given.id)} has no indicators: nothing can move it"
        hint = "add what you would see if it came true, and if it did not, under indicators:"
        report.warning(place, wrong, hint)
    if given.kind != "continues" and given.horizon is None:
        article = "an" if given.kind == "event_by" else "a"
        wrong = f"{article} {given.kind} judgement without a horizon can never be wrong"
        report.warning(place, wrong, "add horizon: 6 months")
    if not given.resolution.criteria:
        wrong = (
            f"nothing says how the judgement {shown(given.id)} will be settled: anybody could call it right"
        )
        report.warning(place, wrong, "add resolution: {criteria: what must be seen, and in whose reports}")
    if given.confidence and not given.probability:
        wrong = "confidence: says how good the basis is, but of no likelihood"
        hint = f"add probability: a word of {TITLES[config.settings.yardstick]}"
        report.advice(found.place("confidence"), wrong, hint)
    _advise_to_settle(config, given, found, now, report)


def _advise_to_settle(
    config: Config, given: Judgement, found: Found[shape.Judgement], now: datetime | None, report: Report
) -> None:
    if now is None or given.horizon is None or now < given.horizon or given.resolution.outcome is not None:
        return
    day = given.horizon.astimezone(zone(config.settings.timezone) or UTC).date()
    still = f"{shown(given.id)} is still open: only what is settled can be scored"
    hint = "settle it: write outcome: true, false or void under resolution:"
    report.advice(found.place("horizon"), f"horizon: it passed on {day}, and {still}", hint)
