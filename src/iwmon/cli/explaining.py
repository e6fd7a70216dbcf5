"""What `iwmon explain` says: finds what an id names, and explains sources."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches

from iwmon import coverage, thresholds
from iwmon.cli import show, sourcelist, why_alert, why_indicator, why_item, why_judgement
from iwmon.cli.call import Call
from iwmon.cli.desk import Desk
from iwmon.model import Failure, FeedState, Item, PollState, Source, SourceHealth
from iwmon.store import StoreFailed
from iwmon.stored import AlertRecord, SourceStats


def run(call: Call, identity: str, now: datetime) -> None:
    """Find what the id names, and explain it. Raises Failure for an id that names nothing."""
    with call.store() as store:
        config, _ = call.config_in_force(store)
        desk = Desk(config, store, show.console(), now, call.json)
        name = identity.strip()
        if indicator := _named(name, config.indicators):
            why_indicator.explain(desk, config.indicators[indicator])
        elif judgement := _named(name, config.judgements):
            why_judgement.explain(desk, config.judgements[judgement])
        elif source := _named(name, config.sources):
            explain_source(desk, config.sources[source])
        elif item := _item(desk, name):
            why_item.explain(desk, item)
        else:
            why_alert.explain(desk, _alert(desk, name))


def _named(name: str, known: Iterable[str]) -> str | None:
    """Messages write KJ-2 for kj-2: case does not matter."""
    return next((one for one in known if one.casefold() == name.casefold()), None)


def _item(desk: Desk, name: str) -> Item | None:
    """The item of this id; a story has the id of its first item."""
    try:
        return desk.store.item(name.casefold())
    except StoreFailed as failure:
        if not failure.message.startswith("no item"):  # damaged
            raise
        return None


def _alert(desk: Desk, name: str) -> AlertRecord:
    try:
        return desk.store.alert(name.casefold())
    except StoreFailed as failure:
        if not failure.message.startswith("no alert"):  # damaged, or the beginning of several
            raise
        known = [*desk.config.indicators, *desk.config.judgements, *desk.config.sources]
        near = get_close_matches(name.casefold(), known, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else failure.hint
        raise Failure(f"{name} is no alert, indicator, judgement, source or item", hint=hint) from failure


def explain_source(desk: Desk, source: Source) -> None:
    """Its health, and the indicators that depend on it."""
    name, polls = source.id, desk.store.polls()
    health = desk.store.health().get(name, SourceHealth(name))
    stats = desk.store.source_stats().get(name, SourceStats(name))
    report = sourcelist.of_source(source, health, polls.get(name, PollState(name)), stats, desk.now)
    sources = list(desk.config.sources.values())
    carried = [
        indicator.id
        for indicator in desk.config.indicators.values()
        if source in coverage.collectors(indicator, sources)
    ]
    if desk.json:
        show.emit({"explains": "source", "source": report, "carries": carried})
        return
    sourcelist.lines(desk.out, report, desk.zone, desk.now)
    if report.state is not FeedState.NEW and report.since:
        good = f"last good answer {desk.clock(report.last_ok)}"
        desk.say(f"{report.state} since {desk.clock(report.since)}; {good}", 4)
    asked = f"{show.count(report.polls, 'poll')}, {show.count(report.items, 'item')}"
    desk.say(f"{asked} since the database was made", 4)
    grade = f"reliability {source.reliability}: {thresholds.RELIABILITY[source.reliability]:.2f}"
    alone = source.group == source.id
    desk.say(f"{grade}; {'a voice of its own' if alone else f'one voice with all of {source.group}'}", 4)
    desk.head(f"It could carry {show.count(len(carried), 'indicator')}")
    desk.say(", ".join(carried) or "none")
