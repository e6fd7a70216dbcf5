"""What an item or a story counts: its signals, its copies, who denies it, what people said of it."""

from __future__ import annotations

from dataclasses import dataclass

from iwmon.alerts.words import link, safe
from iwmon.cli import arithmetic, reasons, show
from iwmon.cli.desk import Desk
from iwmon.cli.matching import hits
from iwmon.model import Item, Match, Review, Signal, Story
from iwmon.pipeline import as_of
from iwmon.pipeline.evidence import spoken
from iwmon.store import StoreFailed

_COPIES = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A match of the item itself, and how it speaks of the thing."""

    match: Match
    modality: str
    cue: str


@dataclass(frozen=True, slots=True)
class ItemReasons:
    """An item as evidence."""

    item: Item
    matches: tuple[Found, ...]  # by the configuration of today
    story: Story | None  # None: it matched nothing, or its story is forgotten
    signals: tuple[reasons.Origin, ...]  # of its story
    indicators: tuple[str, ...]  # of the signals, in their order
    copies: tuple[Item, ...]
    denial: Item | None
    reviews: tuple[Review, ...]  # of any copy: a review holds for all of them
    counts: bool  # its date can be believed, so that it can count


def read(desk: Desk, item: Item) -> ItemReasons:
    """Computed from what is stored."""
    store, config = desk.store, desk.config
    memory = store.memory()
    story = next((s for s in memory.stories.values() if item.id in s.items), None) or _begun(desk, item.id)
    live: list[Signal] = []
    if story:
        live = [s for own in memory.signals.values() for s in own if s.story == story.id]
    live = [s for s in live if s.indicator in config.indicators]
    matches = []
    for match in config.matcher.match(item):
        how = spoken(item, match, config.indicators[match.indicator])
        matches.append(Found(match, how.modality, how.cue))
    stories = {story.id: story} if story else {}
    ids = story.items if story else (item.id,)
    return ItemReasons(
        item=item,
        matches=tuple(matches),
        story=story,
        signals=tuple(reasons.origin(s, config.indicators[s.indicator], stories, desk.now) for s in live),
        indicators=tuple(s.indicator for s in live),
        copies=tuple(i for i in (_item(desk, each) for each in ids if each != item.id) if i),
        denial=_item(desk, story.denial) if story and story.denial else None,
        reviews=tuple(sorted((r for each in ids for r in store.reviews(each)), key=lambda r: r.at)),
        counts=as_of(item) is not None,
    )


def _begun(desk: Desk, identity: str) -> Story | None:
    """The story that this item began, also when it is no longer in memory."""
    try:
        return desk.store.story(identity)
    except StoreFailed as failure:
        if not failure.message.startswith("no story"):
            raise
        return None


def _item(desk: Desk, identity: str) -> Item | None:
    """An item, unless it is past retention."""
    try:
        return desk.store.item(identity)
    except StoreFailed as failure:
        if not failure.message.startswith("no item"):
            raise
        return None


def explain(desk: Desk, item: Item) -> None:
    """The report, what it matches, its story, what it counts, who denies it, who judged it."""
    found = read(desk, item)
    if desk.json:
        show.emit({"explains": "item"} | _document(found))
        return
    source = desk.config.sources.get(item.source)
    desk.say(show.line((f"“{safe(item.entry.title)}”", "bold")), 0)
    flags = f" ({', '.join(sorted(item.flags))})" if item.flags else ""
    name = safe(source.name if source else item.source, 60)
    desk.say(f"item {item.id}, {name}, first seen {desk.clock(item.first_seen)}{flags}")
    if url := link(item.entry.url):
        desk.say(url)
    if not found.counts:
        desk.say("It counts for nothing: it came with a first poll or as old news, without a credible date.")
    desk.head("What it matches")
    for one in found.matches:
        cue = f", by “{safe(one.cue, 40)}”" if one.cue else ""
        desk.say(show.line((one.match.indicator, "bold"), f" in the {one.match.where}: {hits(one.match)}"))
        desk.say(f"{one.modality}{cue}", 4)
    if not found.matches:
        desk.say("no indicator")
    _print_story(desk, found)
    for indicator, origin in zip(found.indicators, found.signals, strict=True):
        desk.head(f"What it counts for {indicator}")
        desk.say(f"by {arithmetic.voice(origin)}; side: {safe(origin.side, 60)}", 5)
        arithmetic.print_report(desk, origin)
        if origin.status == "rejected":
            desk.say("rejected: it counts for nothing", 5)
    if found.story and not found.signals:
        desk.say("It counts for nothing now: no indicator holds a signal of it.")
    _print_reviews(desk, found)


def _print_story(desk: Desk, found: ItemReasons) -> None:
    story = found.story
    if story is None:
        return
    desk.head("Its story")
    cited = f", citing {safe(story.origin, 60)}" if story.origin else ""
    copies = show.count(len(story.items) - 1, "reprint")
    desk.say(f"story {story.id}, from {desk.clock(story.as_of)}{cited}; {copies} not counted")
    desk.say(f"whose word: {safe(story.group, 60)}; side: {safe(story.side, 60)}")
    for copy in found.copies[:_COPIES]:
        desk.say(f"• {desk.clock(copy.first_seen)}  {safe(copy.source, 60)}: “{safe(copy.entry.title)}”", 4)
    if len(found.copies) > _COPIES:
        desk.say(f"and {len(found.copies) - _COPIES} more: --json has all", 4)
    if story.contested:
        by, when = safe(story.denied_by, 60), desk.clock(story.denied_at)
        halved = "halved, since the denier is the accused" if story.halved else "not halved"
        desk.say(f"contested: {by} denied it, {when}; its weight is {halved}")
        if found.denial:
            desk.say(f"“{safe(found.denial.entry.title)}” (item {found.denial.id})", 4)


def _print_reviews(desk: Desk, found: ItemReasons) -> None:
    desk.head("What people said of it")
    for review in found.reviews:
        grade = f", credibility {review.credibility}" if review.credibility is not None else ""
        of = f" for {safe(review.indicator, 60)}" if review.indicator else ""
        note = f": {safe(review.note)}" if review.note else ""
        desk.say(f"{desk.clock(review.at)}  {review.action}{grade}{of} by {safe(review.by, 60)}{note}")
    if not found.reviews:
        desk.say("nothing yet: iwmon review has the last word")


def _document(found: ItemReasons) -> dict[str, object]:
    return {
        "item": found.item,
        "matches": found.matches,
        "story": found.story,
        "signals": [
            {"indicator": name, "report": origin}
            for name, origin in zip(found.indicators, found.signals, strict=True)
        ],
        "copies": found.copies,
        "denial": found.denial,
        "reviews": found.reviews,
        "counts": found.counts,
    }
