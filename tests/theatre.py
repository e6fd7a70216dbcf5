"""A small theatre for proofs: sources on three sides, an indicator of each type, and steps one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from iwmon import pipeline
from iwmon.config import Config
from iwmon.model import Alert, FeedState, IndicatorState, Item, Level, Memory, Reading, Review, Ruling, Step
from nouns import NOON, configured, entry, reading

TEXT = """\
version: 1
settings: {timezone: Europe/Warsaw}
sources:
  - {id: nn, name: Nasha Niva, type: feed, url: "https://nn.example/rss", reliability: B, expect_every: 400d}
  - {id: zerkalo, name: Zerkalo, type: feed, url: "https://zerkalo.example/rss", reliability: B,
     expect_every: 400d}
  - {id: ukr, name: Ukrinform, type: feed, url: "https://ukr.example/rss", reliability: C,
     controlled_by: UA state, affiliation: state, expect_every: 400d}
  - {id: belta, name: BelTA, type: feed, url: "https://belta.example/rss", reliability: C,
     controlled_by: BY state, affiliation: state, authoritative_for: [BY government], expect_every: 400d}
  - {id: agg, name: Aggregator, type: feed, url: "https://agg.example/rss", aggregator: true, reliability: F,
     expect_every: 400d}
judgements:
  - id: kj-2
    statement: Belarus commits regular troops to combat in Ukraine
    kind: event_by
    probability: realistic possibility
    confidence: moderate
    made_on: 2022-10-01
    horizon: 6 months
    resolution: {criteria: "two independent sources confirm combat by regular units"}
    alternatives: [It only lends its territory]
    indicators:
      - id: mobilisation
        name: Mobilisation
        observes: mobilisation, reservist call-up
        type: occurrence
        kind: deed
        effect: strongly_supports
        half_life: 30d
        actors: [BY government]
        query: mobilis* OR reservist*
      - id: grouping
        name: Regional grouping
        observes: the joint grouping is activated
        type: count
        kind: declaration
        effect: supports
        window: 30d
        actors: [BY government]
        query: grouping
  - id: kj-3
    statement: Border incidents continue
    kind: continues
    probability: likely
    confidence: low
    made_on: 2022-10-01
    horizon: 60 days
    resolution: {criteria: "an incident is recorded in each month"}
    alternatives: [They stop]
    indicators:
      - id: incidents
        name: Border incidents
        observes: shots and crossings at the border
        type: surge
        effect: supports
        half_life: 7d
        query: border*
      - id: unseen
        name: The leader unseen
        observes: no public appearance of the leader
        type: absence
        effect: slightly_supports
        expect_every: 5d
        query: leader*
      - id: calm
        name: No sign of mobilisation
        observes: no report of mobilisation
        type: absence
        effect: against
        expect_every: 10d
        absence_of: [mobilisation]
receivers:
  - {id: desk, url: "json://127.0.0.1:1/desk"}
route: {receiver: desk}
"""
SOURCES = ("nn", "zerkalo", "ukr", "belta", "agg")

# No two of them resemble each other: each is a report of its own.
REPORTS = (
    "Reservists receive call-up letters across Minsk oblast tonight",
    "Mobilisation order read aloud before assembled Brest factory workers",
    "Gomel garrison musters hundreds reservists at dawn train station",
    "Secret mobilisation decree signed, Vitebsk recruiting offices open around clock",
    "Hospital staff retrained while reservists fill Grodno barracks",
)


@dataclass
class Stage:
    """A configuration and what is remembered of it, stepped forward by hand."""

    config: Config
    memory: Memory = field(default_factory=Memory)
    steps: list[Step] = field(default_factory=list)

    def step(self, at: datetime, *readings: Reading, said: Sequence[Review | Ruling] = ()) -> Step:
        """One step at a moment."""
        step = pipeline.advance(self.config, self.memory, readings, at, said)
        self.memory = step.memory
        self.steps.append(step)
        return step

    def polled(self, at: datetime = NOON) -> Stage:
        """Every source answers, with nothing to say."""
        self.step(at, *(reading(name, at=at) for name in self.config.sources))
        return self

    def items(
        self, source: str, *titles: str, at: datetime, history: bool = False, **more: object
    ) -> tuple[Item, ...]:
        """These titles as items of a source, with keys of their own."""
        made = [
            entry(
                title,
                **({"published": at, "key": f"{title} {at}", "url": f"https://{source}.example/"} | more),
            )
            for title in titles
        ]
        return pipeline.identify(self.config.sources[source], made, at, history=history)

    def say(
        self, at: datetime, source: str, *titles: str, said: Sequence[Review | Ruling] = (), **more
    ) -> Step:
        """One step in which one source brings these titles."""
        return self.step(at, reading(source, *self.items(source, *titles, at=at, **more), at=at), said=said)

    def fail(self, at: datetime, *sources: str) -> Step:
        """One step in which these sources do not answer."""
        return self.step(at, *(Reading(name, at, FeedState.ERROR, "HTTP 403") for name in sources))

    def state(self, indicator: str) -> IndicatorState:
        return self.memory.states[indicator]

    def level(self, indicator: str) -> Level:
        return self.state(indicator).level

    @property
    def alerts(self) -> list[Alert]:
        """All that were raised, oldest first."""
        return [alert for step in self.steps for alert in step.alerts]

    def kinds(self, indicator: str = "") -> list[str]:
        """The kinds of the alerts, of one indicator or of all."""
        return [a.kind for a in self.alerts if not indicator or a.indicator == indicator]


def stage(text: str = TEXT) -> Stage:
    return Stage(configured(text))


def review(item: str, action: str, at: datetime, *, by: str = "ana", n: int = 0, **more: object) -> Review:
    return Review(item, action, by, at, n=n, **more)  # type: ignore[arg-type]


def ruling(
    judgement: str, action: str, at: datetime, *, by: str = "ana", n: int = 0, **more: object
) -> Ruling:
    return Ruling(judgement, action, by, at, n=n, **more)  # type: ignore[arg-type]
