"""Do a judgement's indicators tell it apart from what else could happen? (Heuer & Pherson's validator)"""

from __future__ import annotations

from iwmon.config import shape
from iwmon.config.configuration import Config
from iwmon.config.problem import Report, shown
from iwmon.config.reading import Found
from iwmon.model import Indicator
from iwmon.yardsticks import plain

_NEARLY_SURE = frozenset(
    {"highly likely", "almost certain", "very likely", "highly probable", "nearly certain"}
)


def check_judgement(config: Config, found: Found[shape.Judgement], report: Report) -> None:
    """Doubt indicators that all point one way, and advise on a near certainty that only goes on."""
    given = config.judgements[found.shape.id]
    if not given.indicators:
        return
    effects = [config.indicators[name].effect for name in given.indicators]
    against = any(effect.endswith("against") for effect in effects)
    name, place = shown(given.id), found.place("id")
    if not against:
        wrong = f"no indicator speaks against {name}: whatever is seen, it can only be confirmed"
        report.warning(place, wrong, "add what you would see if you were wrong, with effect: against")
    if not any(effect.endswith("supports") for effect in effects):
        wrong = f"no indicator speaks for {name}: it could come true without any warning"
        report.warning(place, wrong, "add what you would see before it came true, with effect: supports")
    if given.kind == "continues" and plain(given.probability or "") in _NEARLY_SURE and not against:
        wrong = f"probability: what has gone on mostly goes on: {shown(given.probability or '')} adds little"
        hint = "add indicators of its end, or judge what would be new: more, less, or elsewhere"
        report.advice(found.place("probability"), wrong, hint)


def check_indicator(config: Config, found: Found[shape.Indicator], report: Report) -> None:
    """Doubt an indicator that says the same whatever happens (method.md §2, "Diagnosticity check").

    Only where every alternative is rated; in a group with others it may be kept.
    """
    given = config.indicators[found.shape.id]
    alternatives = {one.id for one in config.judgements[given.judgement].alternatives}
    rated = given.effect_on_alternatives
    if not alternatives or rated.keys() != alternatives or set(rated.values()) != {given.effect}:
        return
    if not _has_company(config, given):
        wrong = (
            f"{shown(given.id)} is non-diagnostic: {given.effect}, for the judgement as for every alternative"
        )
        hint = "rate it anew, or keep it only in a group: with other indicators"
        report.warning(found.place("effect_on_alternatives", key=True), wrong, hint)


def _has_company(config: Config, given: Indicator) -> bool:
    others = config.judgements[given.judgement].indicators
    return any(name != given.id and config.indicators[name].group == given.group for name in others)
