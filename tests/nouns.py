"""Small builders of nouns for tests: say only what matters to the test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from iwmon import config
from iwmon.model import Entry, FeedState, Indicator, Item, Reading, Signal, Source

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
DATA = SHARED / "data"
NOON = datetime(2022, 10, 10, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def signal(group: str = "g1", weight: float = 0.56, at: datetime = NOON, **more: Any) -> Signal:
    """A signal of method.md's "one B": 1.0 · 0.80 · 0.7 = 0.56."""
    story = more.pop("story", f"{group}-{at.isoformat()}-{weight}")
    fields: dict[str, Any] = {
        "indicator": "i",
        "story": story,
        "group": group,
        "side": "independent",
        "as_of": at,
        "weight": weight,
        "reliability": "B",
        "credibility": 6,
        "item": f"item-{story}",
        "title": "A title",
        "url": "https://example.org/a",
        "publisher": group,
        "source": group,
        "published": at,
        "first_seen": at,
        "where": "title",
        "words": ("word",),
    }
    return Signal(**{**fields, **more})


def indicator(**more: Any) -> Indicator:
    fields: dict[str, Any] = {
        "id": "i",
        "judgement": "kj",
        "name": "Mobilisation",
        "observes": "reservists called up",
        "type": "occurrence",
        "kind": "deed",
        "effect": "strongly_supports",
        "group": "readiness",
        "queries": {"": "mobilis*"},
        "half_life": timedelta(days=30),
        "window": timedelta(days=30),
    }
    return Indicator(**{**fields, **more})


def source(identity: str = "s1", **more: Any) -> Source:
    fields: dict[str, Any] = {
        "name": identity.title(),
        "type": "feed",
        "url": f"https://{identity}.example/rss",
    }
    return Source(**{"id": identity, **fields, **more})


def entry(title: str, **more: Any) -> Entry:
    key = more.pop("key", title)
    return Entry(**{"key": key, "url": "https://example.org/x", "title": title, "published": NOON, **more})


def item(
    title: str, *, source: str = "s1", at: datetime = NOON, flags: frozenset[Any] = frozenset(), **more: Any
) -> Item:
    made = entry(title, **more)
    return Item(f"{source}-{made.key}", source, made, at, flags)


def reading(source: str, *items: Item, at: datetime = NOON, **more: Any) -> Reading:
    fields: dict[str, Any] = {"entries": max(1, len(items)), "newest": at, "size": 1000}
    return Reading(source, at, FeedState.OK, items=items, **{**fields, **more})


def configured(text: str, environ: dict[str, str] | None = None) -> config.Config:
    """The Config of a YAML text, as `iwmon check` would read it."""
    return config.parse("indicators.yaml", lambda _: text.encode(), environ or {})


SMALL = """\
version: 1
settings: {timezone: Europe/Warsaw}
sources:
  - {id: nn, name: Nasha Niva, type: feed, url: "https://nn.example/rss", language: be, reliability: B,
     expect_every: 12h}
  - {id: ukr, name: Ukrinform, type: feed, url: "https://ukr.example/rss", language: en, reliability: C,
     controlled_by: UA state, expect_every: 12h}
  - {id: belta, name: BelTA, type: feed, url: "https://belta.example/rss", language: ru, reliability: D,
     controlled_by: BY state, affiliation: state, expect_every: 12h}
  - {id: sb, name: SB, type: feed, url: "https://sb.example/rss", language: ru, reliability: D,
     controlled_by: BY state, affiliation: state, expect_every: 12h}
  - {id: agg, name: Aggregator, type: feed, url: "https://agg.example/rss", aggregator: true, reliability: F,
     expect_every: 12h}
judgements:
  - id: kj-2
    statement: Belarus commits regular troops to combat in Ukraine
    kind: event_by
    probability: realistic possibility
    confidence: moderate
    made_on: 2022-07-15
    horizon: 6 months
    resolution: {criteria: "two independent sources confirm combat by regular units"}
    alternatives: [It only lends its territory]
    indicators:
      - id: mobilisation
        name: Mobilisation and readiness
        observes: mobilisation, reservist call-up, readiness checks
        type: occurrence
        effect: strongly_supports
        half_life: 30d
        query: mobilis* OR reservist*
        actions: Ask the desk for the ministry's own order.
      - id: grouping
        name: Regional grouping
        observes: the joint grouping is activated
        type: count
        effect: slightly_supports
        window: 30d
        query: "\\"regional group*\\""
receivers:
  - {id: duty-desk, url: "json://127.0.0.1:1/duty"}
  - {id: analysts, url: "json://127.0.0.1:1/analysts"}
route:
  receiver: analysts
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 4h
  routes:
    - {matchers: ['severity=~"warning|critical"'], receiver: duty-desk, continue: true}
    - {matchers: ['severity=~".*"'], receiver: analysts}
"""
