"""What goes into a test: items, outages, people's reviews and rulings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from iwmon.config.document import Path
from iwmon.config.problem import shown
from iwmon.model import Entry, Review, Ruling
from iwmon.ruletest import shape
from iwmon.ruletest.case import UNLISTED, Incoming, Opinion, Outage
from iwmon.ruletest.draft import Draft
from iwmon.yardsticks import band

ALL = "all"  # every source is down
_ACTIONS: tuple[Literal["confirm", "reject", "restore"], ...] = ("confirm", "reject", "restore")
_RULINGS: tuple[Literal["assess", "resolve", "reopen"], ...] = ("assess", "resolve", "reopen")


def items(draft: Draft, index: int, item: shape.InputItem) -> list[Incoming]:
    """What an entry of input_items stands for: one item, or as many as it says."""
    here: Path = ("input_items", index)
    at, source = draft.moment(item.at), _carrier(draft, here, item)
    if draft.start is not None and at < draft.start:
        draft.error((*here, "at"), "at: this is before the start", "write a later time, or an earlier start")
    elif draft.end and at > draft.end:
        wrong = "at: nothing looks at this item: it comes after the last eval_time"
        draft.error((*here, "at"), wrong, "write an earlier time, or a later eval_time")
    if (item.every is None) != (item.times is None):
        given, absent = ("every", "times") if item.every else ("times", "every")
        example = "5" if absent == "times" else "6h"
        draft.error(
            (*here, given), f"{given}: needs {absent} beside it", f"add {absent}: {example}", key=True
        )
    every, times = item.every or timedelta(0), item.times or 1
    return [_one(draft, index + 1, n, item, source, at + n * every) for n in range(times)]


def _carrier(draft: Draft, here: Path, item: shape.InputItem) -> str:
    name = item.source
    if name is None:
        if item.publisher is None:
            hint = "add source: an id, or publisher: a newsroom that is not listed"
            draft.error(here, "whose item is this?", hint)
        return UNLISTED
    if not draft.known("source", name, draft.config.sources, (*here, "source")):
        return UNLISTED
    source = draft.config.sources[name]
    if not source.enabled:
        hint = f'enable it there, or write publisher: "{source.name}" instead of source'
        draft.error((*here, "source"), f"{shown(name)} is not enabled: iwmon never asks it", hint)
    if item.publisher is not None and not source.aggregator:
        wrong = f"publisher: {name} is no aggregator, so all its items are its own"
        draft.error((*here, "publisher"), wrong, "remove source, or publisher", key=True)
    return name


def _one(draft: Draft, number: int, n: int, item: shape.InputItem, source: str, at: datetime) -> Incoming:
    def text(given: str | None) -> str:
        return (given or "").replace("{n}", str(n + 1))

    # An address would say who the publisher is: where only his name is given, none is made up.
    configured = draft.config.sources.get(source)
    published = at if item.published is None else _claimed(draft, item.published, at)
    entry = Entry(
        key=f"item {number}.{n + 1}",
        url=text(item.url) or ("" if item.publisher else f"https://{source}.invalid/{number}/{n + 1}"),
        title=text(item.title),
        summary=text(item.summary),
        body=text(item.body),
        published=published,
        language=item.language or (configured.language if configured else None),
        publisher=item.publisher or "",
    )
    return Incoming(number, at, source, entry)


def _claimed(draft: Draft, published: timedelta | datetime | str, at: datetime) -> datetime | None:
    return None if isinstance(published, str) else draft.moment(published)


def outage(draft: Draft, index: int, down: shape.Down) -> Outage:
    """Which sources do not answer, and how long."""
    assert draft.start is not None
    here: Path = ("down", index)
    names = [down.source] if isinstance(down.source, str) else down.source
    for n, name in enumerate(names):
        if name != ALL:
            where = (*here, "source") if isinstance(down.source, str) else (*here, "source", n)
            draft.known("source", name, draft.config.sources, where)
    everything = ALL in names and ALL not in draft.config.sources
    since = draft.moment(down.since) if down.since is not None else draft.start
    until = draft.moment(down.until) if down.until is not None else None
    if until is not None and until <= since:
        draft.error((*here, "until"), "until: this is not after from", "write a later time")
    return Outage(frozenset(draft.config.sources if everything else names), since, until)


def opinion(draft: Draft, index: int, given: shape.Review) -> Opinion:
    """What a person says of an item."""
    here: Path = ("reviews", index)
    at, items = draft.moment(given.at), draft.test.input_items
    if draft.end and at > draft.end:
        wrong = "at: nothing looks at this review: it comes after the last eval_time"
        draft.error((*here, "at"), wrong, "write an earlier time, or a later eval_time")
    if given.item > len(items):
        has = f"there {'is' if len(items) == 1 else 'are'} {len(items)} in input_items"
        draft.error((*here, "item"), f"item: there is no item {given.item}", f"{has}; count from 1")
    elif draft.moment(items[given.item - 1].at) > at:
        wrong = f"at: item {given.item} is not there yet"
        draft.error((*here, "at"), wrong, "write a time after the item's")
    if given.indicator:
        draft.known("indicator", given.indicator, draft.config.indicators, (*here, "indicator"))
    said = [word for word in _ACTIONS if getattr(given, word)]
    if len(said) > 1:
        wrong = f"{' and '.join(said)} cannot be said at once"
        draft.error(here, wrong, "write them as two reviews")
    elif not said and given.credibility is None:
        draft.error(here, "this review says nothing", "add confirm: true, reject: true or credibility: 2")
    action: Literal["confirm", "reject", "restore", "grade"] = said[0] if said else "grade"
    review = Review("", action, "the test", at, given.indicator or "", given.credibility)
    return Opinion(given.item, review)


def ruling(draft: Draft, index: int, given: shape.Ruling) -> Ruling | None:
    """What a person decides of a judgement; None where that cannot be told."""
    here: Path = ("rulings", index)
    at = draft.moment(given.at)
    if draft.start is not None and at < draft.start:
        hint = "write a later time, or an earlier start"
        draft.error((*here, "at"), "at: this is before the start", hint)
    elif draft.end and at > draft.end:
        wrong = "at: nothing looks at this ruling: it comes after the last eval_time"
        draft.error((*here, "at"), wrong, "write an earlier time, or a later eval_time")
    said = [word for word in _RULINGS if getattr(given, word) is not None]
    if len(said) > 1:
        draft.error(here, f"{' and '.join(said)} cannot be said at once", "write them as two rulings")
    elif not said:
        hint = "add assess: likely, resolve: true or reopen: true"
        draft.error(here, "this ruling says nothing", hint)
    name = given.judgement or draft.test.judgement or ""
    if not name:
        draft.error(here, "of which judgement is this?", "add judgement: an id, here or to the test")
    elif given.judgement:
        draft.judgement(name, (*here, "judgement"))
    judgement = draft.config.judgements.get(name)
    term = ""
    if given.assess is not None and draft.is_term((*here, "assess"), given.assess):
        term = band(given.assess, draft.config.settings.yardstick).term
    if judgement is None or len(said) != 1:
        return None
    if term and at <= judgement.made_on:
        made_on = judgement.made_on.astimezone(ZoneInfo(draft.config.settings.timezone)).date()
        wrong = f"at: the term of {judgement.id} is of {made_on}, and later ones win"
        draft.error((*here, "at"), wrong, "write a later time, or an earlier made_on there")
    outcome = "" if given.resolve is None else str(given.resolve).lower()
    decided = at if outcome else None
    return Ruling(judgement.id, said[0], "the test", at, term, outcome=outcome, decided_on=decided)
