"""Checked shapes → the nouns of `iwmon.model`: defaults filled in, references and addresses checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta, tzinfo

from iwmon.config import shape
from iwmon.config.build_sources import check_poll
from iwmon.config.configuration import Change, Heartbeat, Settings
from iwmon.config.environment import BadAddress, check_base, check_web, expanded
from iwmon.config.problem import Report, did_you_mean, listed, shown
from iwmon.config.queries import written
from iwmon.config.reading import Found, Reading
from iwmon.config.references import alternative_ids, check_alternatives, check_references
from iwmon.config.routing import Router
from iwmon.config.timezones import check_timezone, deadline, midnight
from iwmon.model import (
    Alternative,
    Examples,
    Indicator,
    Judgement,
    Level,
    Resolution,
    Threshold,
)
from iwmon.yardsticks import ALIASES, TITLES, WORDS, plain

DEFAULT_HALF_LIFE = {"declaration": timedelta(days=14), "deed": timedelta(days=30)}  # method.md §2
SURGE_HALF_LIFE = timedelta(days=7)
COUNT_WINDOW = timedelta(days=30)
_DAY = timedelta(days=1)


def settings(
    main: Found[shape.File], router: Router, environ: Mapping[str, str], report: Report
) -> tuple[Settings, tzinfo]:
    """The settings, and their time zone."""
    given = main.shape.settings
    zone = check_timezone(given.timezone, "timezone", main.place("settings", "timezone"), report)
    if given.operator:
        router.check_receiver(given.operator, ("settings", "operator"))
    check_poll(given.poll_interval, main, ("settings", "poll_interval"), report)
    if given.retention < _DAY:
        place = main.place("settings", "retention")
        report.error(place, "retention: less than a day is not enough to judge anything", "write 400d")
    built = Settings(
        timezone=given.timezone,
        yardstick=given.yardstick,
        poll_interval=given.poll_interval,
        retention=given.retention,
        operator=given.operator or "",
        alerts_per_day=given.alerts_per_day,
        url=_address(main, environ, report),
    )
    return built, zone


def _address(main: Found[shape.File], environ: Mapping[str, str], report: Report) -> str:
    """The address of iwmon's pages; "" when there is none, or it is empty."""
    try:
        url = expanded(main.shape.settings.url or "", environ, "")
        if url:
            check_web(url)
            check_base(url)
    except BadAddress as error:
        place = main.document.within(("settings", "url"), error.offset)
        report.error(place, f"url: {error.message}", error.hint)
        return ""
    return url.rstrip("/")


def change(main: Found[shape.File]) -> Change:
    """The author's note on the edit."""
    given = main.shape.change
    return Change(given.author or "", given.note or "")


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


def judgement(
    found: Found[shape.Judgement], zone: tzinfo, yardstick: str, indicators: tuple[str, ...], report: Report
) -> Judgement:
    """A judgement; its days begin at midnight in the settings' time zone."""
    given = found.shape
    _check_probability(found, yardstick, report)
    check_alternatives(found, report)
    return Judgement(
        id=given.id,
        statement=given.statement,
        kind=given.kind,
        probability=given.probability,
        confidence=given.confidence,
        made_on=midnight(given.made_on, zone),
        horizon=midnight(last, zone) if (last := _last_day(found, report)) else None,
        resolution=_resolution(given.resolution, zone),
        alternatives=_alternatives(given),
        indicators=indicators,
        source=given.source or "",
        owner=given.owner or "",
    )


def _resolution(given: shape.Resolution, zone: tzinfo) -> Resolution:
    return Resolution(
        criteria=given.criteria or "",
        outcome=given.outcome,
        sources_needed=given.sources_needed,
        resolves_on=midnight(given.resolves_on, zone) if given.resolves_on else None,
        decided_by=given.decided_by or "",
        decided_on=midnight(given.decided_on, zone) if given.decided_on else None,
    )


def _alternatives(given: shape.Judgement) -> tuple[Alternative, ...]:
    statements = (one if isinstance(one, str) else one.statement for one in given.alternatives)
    return tuple(map(Alternative, alternative_ids(given), statements))


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
    check_references(found, owner, reading, report)
    usual = SURGE_HALF_LIFE if given.type == "surge" else DEFAULT_HALF_LIFE[given.kind]
    half_life = given.half_life if "half_life" in given.model_fields_set else usual
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
        actors=tuple(given.actors),
        effect_on_alternatives=dict(given.effect_on_alternatives),
        required_sides=tuple(given.required.sides),
        required_languages=tuple(given.required.languages),
    )


def _thresholds(given: shape.Thresholds) -> dict[Level, Threshold]:
    levels = ((Level.WATCH, given.watch), (Level.WARNING, given.warning), (Level.CRITICAL, given.critical))
    return {level: Threshold(one.activation, one.publishers, one.sides) for level, one in levels if one}


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
        for key in ("activation", "publishers", "sides") if threshold else ():
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
