"""What happens in the simulated weeks: feeds, crises, outages and people, all of it settled beforehand.

Everything follows from a Plan and its seed, so that a process that was killed finds the same world again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from iwmon import config, pipeline
from iwmon.config import Config
from iwmon.model import Entry, FeedState, Reading

ZONE = ZoneInfo("Europe/Warsaw")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FEEDS, INDICATORS, JUDGEMENTS = 400, 60, 8
BEAT, THIRDS = 20 * MINUTE, 3  # each beat a third of the feeds is asked
NOISE, HITS = 2.0, 0.05  # items a day of a feed; reports a day of an indicator, outside crises
FLASH = 18  # indicators that a crisis begins with, all in one beat
SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "no", "pri", "qua", "ro", "su", "ta", "ve", "xo", "zy")

RECEIVERS = """\
receivers:
  - {id: duty, url: "json://127.0.0.1:1/duty"}
  - {id: press, url: "json://127.0.0.1:1/press"}
  - {id: chief, url: "json://127.0.0.1:1/chief"}
  - {id: pager, url: "json://127.0.0.1:1/pager"}
  - {id: analyst, url: "json://127.0.0.1:1/analyst",
     quiet_hours: {intervals: [nights], mode: critical_only}}
  - {id: sleeper, url: "json://127.0.0.1:1/sleeper",
     quiet_hours: {intervals: [nights], mode: batch_on_wake}}
  - {id: daily, url: "json://127.0.0.1:1/daily", mode: daily, at: "02:30"}
  - {id: half, url: "json://127.0.0.1:1/half", mode: twice_daily, at: "08:00"}
  - {id: weekly, url: "json://127.0.0.1:1/weekly", mode: weekly, at: "08:00", weekday: monday}
time_intervals:
  - {name: nights, time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'},
     {start_time: '00:00', end_time: '06:30'}], location: Europe/Warsaw}]}
  - {name: weekends, time_intervals: [{weekdays: [saturday, sunday], location: Europe/Warsaw}]}
inhibit_rules:
  - {name: louder, source_matchers: ['severity="critical"'], target_matchers: ['severity="watch"'],
     equal: [indicator]}
route:
  receiver: analyst
  group_by: [judgement]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  routes:
    - {matchers: ['severity=~"critical|warning"'], receiver: duty, continue: true,
       escalate: [{after: 15m, receiver: chief}]}
    - {matchers: ['severity=~"critical|warning"'], receiver: pager, group_by: [indicator], group_wait: 5s,
       continue: true}
    - {matchers: ['severity!=""'], receiver: daily, continue: true}
    - {matchers: ['severity!=""'], receiver: half, continue: true}
    - {matchers: ['severity="critical"'], receiver: weekly, continue: true}
    - {matchers: ['judgement=~"kj-[78]"'], receiver: press, mute_time_intervals: [weekends], continue: true}
    - {matchers: ['judgement="kj-6"'], receiver: sleeper, continue: true}
    - {matchers: ['severity!=""'], receiver: analyst}
"""
SLACK = ("duty", "press")
DIGESTS = {"daily": "02:30", "half": "08:00", "weekly": "08:00"}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time; both ends aware."""

    begins: datetime
    ends: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Plan:
    """One stretch of the simulation. Times are aware."""

    name: str
    begins: datetime
    days: int
    kills: int
    crises: tuple[tuple[Span, tuple[int, ...]], ...]  # when, and the numbers of the judgements
    slack_away: Span
    sources_away: tuple[tuple[Span, float], ...]  # when, and the share of the feeds
    silence: Span | None  # over kj-3
    down: Span | None = None  # iwmon itself does not run
    seed: int = 1

    @property
    def ends(self) -> datetime:
        return self.begins + timedelta(days=self.days)


def local(text: str) -> datetime:
    """A moment of Warsaw's wall clock, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def span(text: str, hours: float) -> Span:
    return Span(local(text), local(text) + hours * HOUR)


THIRTY = Plan(
    "30 days with the night of 25 October",
    local("2026-10-05T06:00"),
    30,
    200,
    crises=(
        (span("2026-10-10T09:00", 14), (3, 7)),
        (span("2026-10-14T10:30", 10), (1, 2, 3, 4, 5, 6, 7, 8)),
        (span("2026-10-24T22:00", 12), (2, 5, 6)),
    ),
    slack_away=span("2026-10-14T10:00", 6),
    sources_away=((span("2026-10-18T12:00", 5), 1.0), (span("2026-10-28T22:00", 9), 0.75)),
    silence=Span(local("2026-10-09T18:00"), local("2026-10-12T08:00")),
    down=span("2026-10-31T08:45", 9),
)
MARCH = Plan(
    "5 days with the night of 28 March",
    local("2027-03-25T12:00"),
    5,
    35,
    crises=((span("2027-03-27T21:00", 10), (2, 3, 5, 8)),),
    slack_away=span("2027-03-28T01:00", 6),
    sources_away=((span("2027-03-26T09:00", 5), 0.75),),
    silence=Span(local("2027-03-26T18:00"), local("2027-03-29T07:00")),
    seed=2,
)
THREE = Plan(
    "3 days with the night of 25 October",
    local("2026-10-23T12:00"),
    3,
    20,
    crises=(
        (span("2026-10-24T09:00", 8), (3, 7)),
        (span("2026-10-24T23:00", 6), (2, 6)),
        (span("2026-10-25T11:00", 6), (1, 2, 3, 4, 5, 8)),
    ),
    slack_away=span("2026-10-25T10:00", 6),
    sources_away=((span("2026-10-23T18:00", 4), 1.0), (span("2026-10-24T12:00", 5), 0.75)),
    silence=Span(local("2026-10-23T18:00"), local("2026-10-26T08:00")),
    seed=3,
)


def configured() -> Config:
    """400 feeds, 60 indicators over 8 judgements, 9 receivers."""
    lines = ["version: 1", "settings: {timezone: Europe/Warsaw, poll_interval: 1h, operator: analyst}"]
    lines.append("sources:")
    for n in range(FEEDS):
        side = ", controlled_by: XX state, affiliation: state" if n % 4 == 0 else ""
        lines.append(
            f'  - {{id: f{n}, name: Feed {n}, type: feed, url: "https://f{n}.example/rss", reliability: B,'
            f" expect_every: 20d{side}}}"
        )
    lines.append("judgements:")
    for j in range(1, JUDGEMENTS + 1):
        lines += [
            f"  - id: kj-{j}",
            f"    statement: Thing {j} happens",
            "    kind: event_by",
            "    probability: realistic possibility",
            "    confidence: moderate",
            "    made_on: 2026-09-20",
            f"    horizon: {'1 month' if j == 4 else '2 years'}",
            "    resolution: {criteria: it is seen}",
            "    alternatives: [It does not]",
            "    indicators:",
        ]
        for i in range(INDICATORS):
            if i % JUDGEMENTS == j - 1:
                kind = "count" if i % 7 == 6 else "occurrence"
                life = "window: 2d" if kind == "count" else f"half_life: {(12, 24, 48)[i % 3]}h"
                lines.append(
                    f"      - {{id: i{i}, name: Sign {i}, observes: sign {i}, type: {kind},"
                    f" effect: {'strongly_supports' if i % 2 else 'supports'}, {life}, query: sign{i}}}"
                )
    text = "\n".join([*lines, RECEIVERS])
    return config.parse("simulation.yaml", lambda _: text.encode(), {})


# ---------------------------------------------------------------- the news


@dataclass(frozen=True, slots=True)
class Beat:
    """The feeds that are asked at one moment: (feed, whether it answers, its new headlines)."""

    at: datetime
    asked: tuple[tuple[str, bool, tuple[str, ...]], ...]


def beats(plan: Plan) -> list[Beat]:
    """All that the feeds say, in order. At the first beats all are asked, and have nothing to say."""
    dice = random.Random(plan.seed)
    hits: dict[int, list[tuple[datetime, int]]] = {}  # indicator → when it is reported, and for how long

    def report(indicator: int, at: datetime) -> None:
        hits.setdefault(int((at - plan.begins) / BEAT), []).append((at, indicator))

    for i in range(INDICATORS):
        at = plan.begins + 2 * HOUR
        while (at := at + timedelta(days=dice.expovariate(HITS))) < plan.ends:
            report(i, at)
    for when, judgements in plan.crises:
        involved = [i for i in range(INDICATORS) if i % JUDGEMENTS + 1 in judgements]
        for i in involved:
            for _ in range(dice.choice((0, 1, 2, 4))):
                report(i, when.begins + (when.ends - when.begins) * dice.random() ** 1.5)
        for i in dice.sample(involved, min(len(involved), FLASH)) * 3:  # by several feeds in one beat
            report(i, when.begins)
    found = []
    share = NOISE * (BEAT / timedelta(days=1)) * THIRDS
    for number in range(int((plan.ends - plan.begins) / BEAT)):
        at = plan.begins + number * BEAT
        asked = [n for n in range(FEEDS) if n % THIRDS == number % THIRDS]
        up = [n for n in asked if not _away(plan, n, at)]
        said: dict[int, list[str]] = {}
        if number >= THIRDS:
            for n in up:
                if dice.random() < share:
                    said.setdefault(n, []).append(headline(dice))
            for _, indicator in hits.get(number, ()):
                if up:
                    said.setdefault(dice.choice(up), []).append(f"sign{indicator} {headline(dice)}")
        working = set(up)
        found.append(Beat(at, tuple((f"f{n}", n in working, tuple(said.get(n, ()))) for n in asked)))
    return found


def _away(plan: Plan, feed: int, at: datetime) -> bool:
    return any(at in when and feed < share * FEEDS for when, share in plan.sources_away)


def headline(dice: random.Random) -> str:
    """Eight made-up words: no two headlines resemble each other."""
    return " ".join("".join(dice.choices(SYLLABLES, k=3)) for _ in range(8))


def readings(config: Config, beats: Sequence[Beat], now: datetime) -> list[Reading]:
    """What is read at `now`, of beats that have come; of each feed the last answer, with all its items."""
    found: dict[str, Reading] = {}
    for beat in beats:
        for source, answers, titles in beat.asked:
            if not answers:
                found[source] = Reading(source, now, FeedState.TIMEOUT, "no answer within 20 s")
                continue
            before = found[source].items if source in found else ()
            entries = [
                Entry(title, f"https://{source}.example/{n}", title, published=beat.at, language="en")
                for n, title in enumerate(titles)
            ]
            items = before + pipeline.identify(config.sources[source], entries, now, history=False)
            found[source] = Reading(
                source,
                now,
                FeedState.OK,
                items=items,
                entries=len(items),
                newest=beat.at if items else None,
                size=10_000,
                not_modified=not items,
            )
    return list(found.values())


# ---------------------------------------------------------------- people


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does at a moment."""

    at: datetime
    what: Literal["ack", "unack", "reject", "silence"]


def deeds(plan: Plan) -> list[Deed]:
    """Acknowledgements every few hours, a rejection every third day, one taken back, and the silence."""
    dice = random.Random(plan.seed + 1000)
    found, at = [], plan.begins + HOUR
    while (at := at + dice.expovariate(1 / 3) * HOUR) < plan.ends:
        found.append(Deed(at, "ack"))
    for day in range(1, plan.days, 3):
        found.append(Deed(plan.begins + timedelta(days=day, minutes=dice.randrange(600)), "reject"))
        found.append(Deed(plan.begins + timedelta(days=day, minutes=dice.randrange(600)), "unack"))
    if plan.silence:
        found.append(Deed(plan.silence.begins - MINUTE, "silence"))
    return sorted(found, key=lambda one: one.at)


def slots(plan: Plan) -> dict[str, list[tuple[str, datetime]]]:
    """Receiver → the digests it is owed: (wall clock, the earliest moment), without the first slot.

    Counted minute by minute on the wall clock, as somebody would who looks at it all the time: the slot has
    come when the clock shows its time, or has jumped over it; what the clock shows twice has come already.
    """
    wall = {"daily": ("02:30",), "half": ("08:00", "20:00"), "weekly": ("08:00",)}
    found: dict[str, list[tuple[str, datetime]]] = {name: [] for name in wall}
    at, shown = plan.begins, plan.begins.astimezone(ZONE).replace(tzinfo=None)
    while (at := at + MINUTE) < plan.ends:
        now = at.astimezone(ZONE).replace(tzinfo=None)
        while shown < now:  # through every minute that the clock has passed, jumped over or not
            shown += MINUTE
            for name, times in wall.items():
                if f"{shown:%H:%M}" in times and (name != "weekly" or shown.isoweekday() == 1):
                    found[name].append((f"{shown:%Y-%m-%dT%H:%M}", at))
    return found
