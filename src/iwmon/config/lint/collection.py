"""Could anybody report it? An indicator that no source can carry stays blind."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

from iwmon import surge
from iwmon.config import shape
from iwmon.config.configuration import Config
from iwmon.config.problem import Report, listed, shown
from iwmon.config.reading import Found
from iwmon.coverage import collectors
from iwmon.model import ANY_LANGUAGE, Indicator, Source

_USUAL = timedelta(days=surge.BASELINE + surge.LAG)


def check(config: Config, found: Found[shape.Indicator], report: Report) -> None:
    """Doubt an indicator that nobody can report, or whose evidence is deleted before it stops counting."""
    indicator = config.indicators[found.shape.id]
    if config.sources and not _check_disabled(config, indicator, found, report):
        _check_collectible(config, indicator, found, report)
        _check_required(config, indicator, found, report)
    _check_actors(config, indicator, found, report)
    if indicator.window > config.settings.retention:
        wrong = f"the window of {shown(indicator.id)} is longer than settings.retention"
        report.warning(found.place("id"), wrong, "make the retention longer")
    elif indicator.type == "surge" and config.settings.retention < _USUAL:
        wrong = f"the usual of {shown(indicator.id)} is of {_USUAL.days} days, longer than settings.retention"
        report.warning(found.place("id"), wrong, "make the retention longer")


def _check_disabled(
    config: Config, indicator: Indicator, found: Found[shape.Indicator], report: Report
) -> bool:
    """Whether the file itself has switched off all that could report it."""
    if not indicator.collectible_from or any(config.sources[n].enabled for n in indicator.collectible_from):
        return False
    wrong = f"collectible_from: all of these are disabled: {shown(indicator.id)} stays blind"
    hint = "enable one (enabled: true), or name sources that are read"
    report.warning(found.place("collectible_from"), wrong, hint)
    return True


def _check_collectible(
    config: Config, indicator: Indicator, found: Found[shape.Indicator], report: Report
) -> None:
    if not indicator.queries:
        return
    if any(source.enabled and _could_feed(source, indicator) for source in config.sources.values()):
        return
    languages = " or ".join(language for language in indicator.queries if language)
    where = " of collectible_from" if indicator.collectible_from else ""
    speaks = f" that speaks {languages}" if languages else ""
    wrong = f"no enabled source{where}{speaks} can report {shown(indicator.id)}: it stays blind"
    report.warning(found.place("id"), wrong, "add a source, or a query in a language of the sources")


def _could_feed(source: Source, indicator: Indicator) -> bool:
    if indicator.collectible_from and source.id not in indicator.collectible_from:
        return False
    return (
        source.language is None or source.language in indicator.queries or ANY_LANGUAGE in indicator.queries
    )


def _check_required(
    config: Config, indicator: Indicator, found: Found[shape.Indicator], report: Report
) -> None:
    """A language or side that is required, and that none of those who could report it has."""
    able = collectors(indicator, config.sources.values())
    if not able:
        return
    for key, wanted, there in (
        ("sides", indicator.required_sides, {source.side for source in able}),
        ("languages", indicator.required_languages, {source.language for source in able}),
    ):
        for index, one in enumerate(wanted):
            if one in there:
                continue
            is_it = f"is of the side {shown(one)}" if key == "sides" else f"speaks {one}"
            blind = f"no enabled source that could report {shown(indicator.id)} {is_it}: it stays blind"
            hint = "add or enable such a source, or do not require it"
            report.warning(found.place("required", key, index), f"required: {blind}", hint)


def _check_actors(
    config: Config, indicator: Indicator, found: Found[shape.Indicator], report: Report
) -> None:
    """Actors are only found by the very words of somebody's `authoritative_for`."""
    if not indicator.actors:
        return
    spoken_for = [one.authoritative_for for one in config.sources.values()]
    spoken_for += [one.authoritative_for for one in config.origins.values()]
    known = list(dict.fromkeys(chain.from_iterable(spoken_for)))
    for index, actor in enumerate(indicator.actors):
        if actor not in known:
            wrong = (
                f"actors: nobody is authoritative_for {shown(actor)}: its own word will not be known as such"
            )
            said = (
                f"somebody is for: {listed(known)}"
                if known
                else "add authoritative_for: to a source or origin"
            )
            report.warning(found.place("actors", index), wrong, report.suggest(actor, known, said))
