"""Checked shapes → the nouns of `iwmon.model`: defaults filled in, references and addresses checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta, tzinfo

from iwmon.config import shape
from iwmon.config.configuration import Heartbeat, Settings
from iwmon.config.environment import BadAddress, check_web, expanded
from iwmon.config.problem import Report, did_you_mean, listed, shown
from iwmon.config.queries import written
from iwmon.config.reading import Found, Reading
from iwmon.config.routing import Router
from iwmon.config.timezones import check_timezone, deadline, midnight
from iwmon.config.yardsticks import ALIASES, TITLES, WORDS, plain
from iwmon.model import (
    Examples,
    Indicator,
    Judgement,
    Level,
    Resolution,
    Source,
    Threshold,
)

SHORTEST_POLL = timedelta(seconds=10)
POLITE_POLL = timedelta(minutes=1)
DEFAULT_HALF_LIFE = {"declaration": timedelta(days=14), "deed": timedelta(days=30)}  # method.md §2
COUNT_WINDOW = timedelta(days=30)
_DAY = timedelta(days=1)


def settings(main: Found[shape.File], router: Router, report: Report) -> tuple[Settings, tzinfo]:
    """The settings, and their time zone."""
    given = main.shape.settings
    zone = check_timezone(given.timezone, "timezone", main.place("settings", "timezone"), report)
    if given.operator:
        router.check_receiver(given.operator, ("settings", "operator"))
    _check_poll(given.poll_interval, main, ("settings", "poll_interval"), report)
    if given.retention < _DAY:
        place = main.place("settings", "retention")
        report.error(place, "retention: less than a day is not enough to judge anything", "write 400d")
    return (
        Settings(given.timezone, given.yardstick, given.poll_interval, given.retention, given.operator or ""),
        zone,
    )


def heartbeat(main: Found[shape.File], environ: Mapping[str, str], report: Report) -> Heartbeat | None:
    """The heartbeat; None when there is none, or its address is empty."""
    given = main.shape.heartbeat
    if given is None:
        return None
    try:
        url = expanded(given.url, environ, "")
        if url:
            check_web(url)
    except BadAddress as error:
        place = main.document.within(("heartbeat", "url"), error.offset)
        report.error(place, f"url: {error.message}", error.hint)
        return None
    return Heartbeat(url, given.every) if url else None


def source(
    found: Found[shape.Source], poll_interval: timedelta, environ: Mapping[str, str], report: Report
) -> Source | None:
    """A source; None, and a complaint, when its address cannot be used."""
    given = found.shape
    _check_poll(given.poll_interval, found, ("poll_interval",), report)
    try:
        url = expanded(given.url, environ, "default")
        check_web(url)
    except BadAddress as error:
        place = found.document.within((*found.path, "url"), error.offset)
        report.error(place, f"url: {error.message}", error.hint)
        return None
    return Source(
        id=given.id,
        name=given.name or given.id,
        type=given.type,
        url=url,
        language=given.language,
        country=given.country,
        affiliation=given.affiliation,
        publisher=given.publisher or given.id,
        controlled_by=given.controlled_by,
        authoritative_for=tuple(given.authoritative_for),
        reliability=given.reliability,
        poll_interval=given.poll_interval or poll_interval,
        expect_every=given.expect_every,
        allow_private=given.allow_private,
        enabled=given.enabled,
        aggregator=given.aggregator,
        options=dict(given.options),
    )


def _check_poll(
    interval: timedelta | None,
    found: Found[shape.Source] | Found[shape.File],
    path: tuple[str, ...],
    report: Report,
) -> None:
    if interval is None:
        return
    if interval < SHORTEST_POLL:
        report.error(found.place(*path), "poll_interval: iwmon polls at most every 10 seconds", "write 5m")
    elif interval < POLITE_POLL:
        polite = "poll_interval: few servers like to be asked more than once a minute"
        report.warning(found.place(*path), polite, "write 5m")


def judgement(
    found: Found[shape.Judgement], zone: tzinfo, yardstick: str, indicators: tuple[str, ...], report: Report
) -> Judgement:
    """A judgement; its days begin at midnight in the settings' time zone."""
    given = found.shape
    _check_probability(found, yardstick, report)
    return Judgement(
        id=given.id,
        statement=given.statement,
        kind=given.kind,
        probability=given.probability,
        confidence=given.confidence,
        made_on=midnight(given.made_on, zone),
        horizon=midnight(last, zone) if (last := _last_day(found, report)) else None,
        resolution=Resolution(given.resolution.criteria or "", given.resolution.outcome),
        alternatives=tuple(given.alternatives),
        indicators=indicators,
        source=given.source or "",
        owner=given.owner or "",
    )


def _last_day(found: Found[shape.Judgement], report: Report) -> date | None:
    given = found.shape
    if given.horizon is None:
        return None
    last = deadline(given.made_on, given.horizon)
    if last <= given.made_on:
        wrong = f"horizon: {last} is not after made_on, {given.made_on}"
        report.error(found.place("horizon"), wrong, 'write a later date, or "6 months"')
    return last


def _check_probability(found: Found[shape.Judgement], yardstick: str, report: Report) -> None:
    term = plain(found.shape.probability or "")
    place = found.place("probability")
    if not term or term in WORDS[yardstick]:
        return
    meant = ALIASES[yardstick].get(term)
    title = TITLES[yardstick]
    if meant:
        said = f"probability: {title} says {shown(meant)} for {shown(term)}"
        report.warning(place, said, "your words are kept on display")
        return
    others = [TITLES[other] for other, words in WORDS.items() if term in words]
    which = f"; it is one of {others[0]}" if others else ""
    wrong = f"probability: {shown(found.shape.probability or '')} is not a word of {title}{which}"
    report.error(
        place, wrong, did_you_mean(term, WORDS[yardstick], f"write one of: {listed(WORDS[yardstick], 20)}")
    )


def indicator(found: Found[shape.Indicator], owner: str, reading: Reading, report: Report) -> Indicator:
    """An indicator with its defaults."""
    given = found.shape
    _check_type(found, report)
    _check_thresholds(found, report)
    _check_references(found, reading, report)
    half_life = given.half_life if "half_life" in given.model_fields_set else DEFAULT_HALF_LIFE[given.kind]
    window = given.window or (COUNT_WINDOW if given.type == "count" else half_life or COUNT_WINDOW)
    return Indicator(
        id=given.id,
        judgement=owner,
        name=given.name or given.id,
        observes=given.observes or "",
        type=given.type,
        kind=given.kind,
        effect=given.effect,
        group=given.group or given.id,
        queries={one.language: one.joined for one in written(given, found.document, found.path)},
        half_life=half_life,
        window=window,
        thresholds=_thresholds(given.thresholds),
        hold=given.hold,
        examples=Examples(tuple(given.examples.match), tuple(given.examples.no_match)),
        collectible_from=tuple(given.collectible_from),
        absence_of=tuple(given.absence_of),
        expect_every=given.expect_every,
        actions=given.actions or "",
        seed=given.seed or "",
    )


def _thresholds(given: shape.Thresholds) -> dict[Level, Threshold]:
    levels = ((Level.WATCH, given.watch), (Level.WARNING, given.warning), (Level.CRITICAL, given.critical))
    return {level: Threshold(one.activation, one.publishers) for level, one in levels if one is not None}


def _check_type(found: Found[shape.Indicator], report: Report) -> None:
    given, start = found.shape, found.place()
    if found.dropped("type"):
        return
    if given.type == "absence":
        if not found.has("expect_every"):
            hint = "add expect_every: how often it is normally reported, e.g. 5d"
            report.error(start, "an absence indicator needs expect_every", hint)
        if not found.has("query") and not found.has("absence_of"):
            hint = "add absence_of: [ids of indicators], or a query"
            report.error(start, "an absence indicator needs to know whose silence counts", hint)
        return
    if not found.has("query"):
        report.error(start, "query is missing here", "add query: {en: words to look for}")
    for key in ("expect_every", "absence_of"):
        if key in given.model_fields_set:
            wrong = f"{key}: has no effect on type: {given.type}"
            report.warning(found.place(key, key=True), wrong, "remove it, or write type: absence")


def _check_thresholds(found: Found[shape.Indicator], report: Report) -> None:
    last: dict[str, float] = {}
    for level in ("watch", "warning", "critical"):
        threshold = getattr(found.shape.thresholds, level)
        for key in ("activation", "publishers") if threshold else ():
            value = getattr(threshold, key)
            place = found.place("thresholds", level, key)
            if value is None:
                continue
            if value < last.get(key, 0):
                wrong = f"{key}: {level} would be reached before the level below it"
                report.error(place, wrong, f"write {last[key]:g} or more")
            if key == "activation" and found.shape.type == "count":
                report.warning(place, "activation: has no effect on type: count", "write publishers")
            last[key] = value


def _check_references(found: Found[shape.Indicator], reading: Reading, report: Report) -> None:
    if not reading.complete:
        return
    for key, kind in (("collectible_from", "sources"), ("absence_of", "indicators")):
        for index, name in enumerate(getattr(found.shape, key)):
            if name not in reading.declared[kind]:
                hint = report.suggest(name, reading.declared[kind], f"add it under {kind}:")
                wrong = f"{key}: there is no {kind.removesuffix('s')} {shown(name)}"
                report.error(found.place(key, index), wrong, hint)
            elif key == "absence_of" and name == found.shape.id:
                report.error(found.place(key, index), f"{key}: it names itself", "name other indicators")
