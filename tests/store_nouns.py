"""Nouns for the store's tests: every field set to something that a lossy conversion would change."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from iwmon.model import (
    Alert,
    Budget,
    Coverage,
    CoverageChange,
    Delivery,
    Entry,
    FeedState,
    IndicatorState,
    Item,
    JudgementState,
    Level,
    LevelChange,
    Match,
    Memory,
    PollState,
    Reading,
    Severity,
    Signal,
    SourceHealth,
    Step,
    Story,
)

NOW = datetime(2022, 10, 10, 12, 30, 15, 123456, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def item(n: int = 1, at: datetime = NOW, **entry: Any) -> Item:
    fields: dict[str, Any] = {
        "key": f"guid-{n}",
        "url": f"https://example.org/{n}",
        "title": f"Мабілізацыя {n}",
        "summary": "Łukaszenka “заявіў” 🙂",
        "body": "line\nline",
        "published": at - HOUR,
        "language": "be",
        "publisher": "Наша Ніва",
        "publisher_url": "https://nashaniva.com",
    }
    return Item(f"item{n}", "nashaniva", Entry(**fields | entry), at, frozenset({"undated", "history"}))


def reading(*items: Item, at: datetime = NOW, **more: Any) -> Reading:
    fields: dict[str, Any] = {
        "source": "nashaniva",
        "state": FeedState.OK,
        "detail": "40 entries",
        "entries": 40,
        "newest": at - MINUTE,
        "size": 123_456,
        "notes": ("1 entry salvaged", "clipped"),
    }
    return Reading(at=at, items=items, **fields | more)


def match(n: int = 1, indicator: str = "mobilisation") -> Match:
    return Match(f"item{n}", indicator, "title", ("мабілізацыя", 'two, "words"'), 0.8)


def story(n: int = 1, at: datetime = NOW, **more: Any) -> Story:
    fields: dict[str, Any] = {
        "id": f"item{n}",
        "as_of": at,
        "group": "BY state",
        "side": "BY state",
        "items": (f"item{n}", f"copy{n}"),
        "publishers": ("Наша Ніва", "BelTA"),
        "title_words": frozenset({"мабілізацыя", "1"}),
        "words": frozenset({"мабілізацыя", "1", "заявіў"}),
        "carriers": ("nashaniva", "BY state"),
        "origin": "Міністэрства",
        "language": "be",
        "indicators": frozenset({"mobilisation", "grouping"}),
        "denied_by": "Minsk",
        "denied_at": at + MINUTE,
        "denial": "item9",
        "halved": True,
    }
    return Story(**fields | more)


def signal(n: int = 1, indicator: str = "mobilisation", at: datetime = NOW, **more: Any) -> Signal:
    fields: dict[str, Any] = {
        "indicator": indicator,
        "story": f"item{n}",
        "group": "nashaniva",
        "side": "independent",
        "as_of": at,
        "weight": 0.1 + 0.2,  # 0.30000000000000004: a float that rounding would change
        "reliability": "B",
        "credibility": 6,
        "item": f"item{n}",
        "title": "A title",
        "url": "https://example.org/1",
        "publisher": "Наша Ніва",
        "source": "nashaniva",
        "published": None,
        "first_seen": at,
        "where": "summary",
        "words": ("a", "b"),
        "flags": frozenset({"undated"}),
        "strength": 0.1 + 0.2,
        "modality": "claimed",
        "cue": "паведаміла",
        "carriers": ("nashaniva", "BY state"),
        "origin": "Міністэрства",
        "authoritative": True,
        "contested": "Minsk",
        "halved": True,
        "status": "confirmed",
        "reviewed_by": "Ана",
        "note": "a note",
    }
    return Signal(**fields | more)


def state(indicator: str = "mobilisation", level: Level = Level.WARNING, **more: Any) -> IndicatorState:
    fields: dict[str, Any] = {
        "since": NOW,
        "activation": 1 / 3,
        "groups": 2,
        "reason": "two independent origins",
        "falling_since": None,
        "ever_hit": True,
        "coverage": Coverage.PARTIAL,
        "coverage_reason": "5 of 10",
        "coverage_since": NOW - DAY,
        "told": level,
        "told_at": NOW - MINUTE,
        "told_activation": 0.1 + 0.2,
        "told_groups": frozenset({"nashaniva", 'BY, "state"'}),
        "transitions": (NOW - DAY, NOW),
        "unstable": True,
        "covered_days": frozenset({"2022-10-08", "2022-10-09"}),
        "uncovered_days": frozenset({"2022-10-10"}),
        "silent_before": timedelta(days=3, microseconds=1),
        "silent_since": NOW - HOUR,
        "gaps": (0.1 + 0.2, 7.0),
    }
    return IndicatorState(indicator, level, **fields | more)


def health(source: str = "nashaniva", at: datetime = NOW) -> SourceHealth:
    return SourceHealth(source, FeedState.OK, "", at, at, at, None, 0, 2_345, 40)


def judgement_state(**more: Any) -> JudgementState:
    fields: dict[str, Any] = {
        "term": "малаверагодна",
        "made_on": NOW - DAY,
        "baseline": {"mobilisation": 0.1 + 0.2},
        "baseline_of": NOW - DAY,
        "implied_term": "likely",
        "told_term": "likely",
        "told_at": NOW - MINUTE,
        "outcome": "void",
        "decided_on": NOW,
        "expired": True,
    }
    return JudgementState("kj-2", **fields | more)


def alert(n: int = 1, at: datetime = NOW, **more: Any) -> Alert:
    fields: dict[str, Any] = {
        "id": f"a{n:04}",
        "kind": "level_up",
        "severity": Severity.WARNING,
        "judgement": "kj-2",
        "indicator": "mobilisation",
        "source": "",
        "before": "quiet",
        "after": "warning",
        "title": "Mobilisation: quiet → warning",
        "text": "Nasha Niva (B6) …\nand more",
        "why": "activation 0.74 ≥ 0.55 and 2 groups",
        "stories": ("item1",),
    }
    return Alert(at=at, **fields | more)


def delivery(n: int = 1, receiver: str = "duty-desk", at: datetime = NOW, **more: Any) -> Delivery:
    fields: dict[str, Any] = {"id": f"d{n:04}-{receiver}-{more.get('turn', 0)}", "alert": f"a{n:04}"}
    return Delivery(receiver=receiver, created=at, next_attempt=at, **fields | more)


def poll(source: str = "nashaniva") -> PollState:
    return PollState(source, NOW + HOUR, timedelta(minutes=10, microseconds=1), '"e"', "Mon", "bd", 3, "ud")


def level_change(indicator: str = "mobilisation", at: datetime = NOW) -> LevelChange:
    return LevelChange(indicator, at, Level.QUIET, Level.WARNING, 0.74, "why")


def coverage_change(indicator: str = "mobilisation", at: datetime = NOW) -> CoverageChange:
    return CoverageChange(indicator, at, Coverage.OK, Coverage.BLIND, "2 of 10")


def step(at: datetime = NOW, **more: Any) -> Step:
    """A step in which nothing happened, but for what is given."""
    fields: dict[str, Any] = {
        f.name: ()
        for f in dataclasses.fields(Step)
        if f.name not in ("at", "config_digest", "memory") and f.default is dataclasses.MISSING
    }
    return Step(at=at, config_digest="c" * 64, **fields | {"memory": Memory()} | more)


def full_step(at: datetime = NOW) -> Step:
    """A step with one of everything."""
    return step(
        at,
        readings=(reading(item(1, at), item(2, at, published=None, language=None), at=at),),
        matches=(match(1),),
        stories=(story(1, at),),
        signals=(signal(1, at=at),),
        level_changes=(level_change(at=at),),
        coverage_changes=(coverage_change(at=at),),
        alerts=(alert(1, at),),
        deliveries=(delivery(1, at=at), delivery(1, "analysts", at=at)),
        memory=Memory(
            {"item1": story(1, at)},
            {"mobilisation": (signal(1, at=at),)},
            {"mobilisation": state()},
            {"nashaniva": health(at=at)},
            judgements={"kj-2": judgement_state()},
            budgets={"kj-2": Budget("kj-2", "2022-10-10", 5, ("14:00  “Мабілізацыя”", "two, words"))},
            volumes={"nashaniva": {at.date().isoformat(): 3, (at - DAY).date().isoformat(): 1}},
            at=at,
            config="c" * 64,
        ),
    )
