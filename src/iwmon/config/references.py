"""What an indicator names must be there: sources, indicators, sides, alternatives."""

from __future__ import annotations

from iwmon.config import shape
from iwmon.config.problem import Report, listed, shown
from iwmon.config.reading import Found, Reading

INDEPENDENT = "independent"  # the side of whom nobody controls (model.Source.side)


def alternative_ids(given: shape.Judgement) -> list[str]:
    """The ids of a judgement's alternatives: their own, or for a plain text its number in the list."""
    return [str(n) if isinstance(one, str) else one.id for n, one in enumerate(given.alternatives, start=1)]


def check_alternatives(found: Found[shape.Judgement], report: Report) -> None:
    """Complain of two alternatives with one id."""
    ids = alternative_ids(found.shape)
    for index, name in enumerate(ids):
        if name in ids[:index]:
            own = () if isinstance(found.shape.alternatives[index], str) else ("id",)
            place = found.place("alternatives", index, *own)
            twice = f"alternatives: {shown(name)} is the name of alternative {ids.index(name) + 1} already"
            report.error(place, twice, "give one of them another id")


def check_references(found: Found[shape.Indicator], owner: str, reading: Reading, report: Report) -> None:
    """Complain of everything that an indicator names and that is not there."""
    _check_effects(found, owner, reading, report)
    if not reading.complete:
        return
    _check_ids(found, reading, report)
    _check_sides(found, reading, report)


def _check_ids(found: Found[shape.Indicator], reading: Reading, report: Report) -> None:
    for key, kind in (("collectible_from", "sources"), ("absence_of", "indicators")):
        for index, name in enumerate(getattr(found.shape, key)):
            if name not in reading.declared[kind]:
                hint = report.suggest(name, reading.declared[kind], f"add it under {kind}:")
                wrong = f"{key}: there is no {kind.removesuffix('s')} {shown(name)}"
                report.error(found.place(key, index), wrong, hint)
            elif key == "absence_of" and name == found.shape.id:
                report.error(found.place(key, index), f"{key}: it names itself", "name other indicators")


def _check_sides(found: Found[shape.Indicator], reading: Reading, report: Report) -> None:
    unread = len(reading.sources) < len(reading.declared["sources"])
    if not found.shape.required.sides or unread or any(s.dropped("controlled_by") for s in reading.sources):
        return
    controllers = (source.shape.controlled_by for source in reading.sources)
    known = list(dict.fromkeys([INDEPENDENT, *filter(None, controllers)]))
    for index, side in enumerate(found.shape.required.sides):
        if side not in known:
            hint = report.suggest(side, known, f"sides are the controlled_by of sources: {listed(known)}")
            place = found.place("required", "sides", index)
            report.error(place, f"sides: no source is of the side {shown(side)}", hint)


def _check_effects(found: Found[shape.Indicator], owner: str, reading: Reading, report: Report) -> None:
    if not found.shape.effect_on_alternatives:
        return
    judgement = next((one for one in reading.judgements if one.shape.id == owner), None)
    if judgement is None or judgement.dropped("alternatives"):
        return
    known = alternative_ids(judgement.shape)
    for name in found.shape.effect_on_alternatives:
        if name not in known:
            place = found.place("effect_on_alternatives", name, key=True)
            wrong = f"effect_on_alternatives: {shown(owner)} has no alternative {shown(name)}"
            report.error(place, wrong, f"its alternatives: {listed(known)}" if known else "add alternatives:")
