"""Builders of reports as a replay makes them: made-up news, the same at every call."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args

from iwmon import yardsticks
from iwmon.model import Alert, Coverage, CoverageChange, Effect, IndicatorType, Level, LevelChange, Severity
from iwmon.report import Course, Day, Event, Evidence, Fault, Input, Outlook, Raised, Report
from iwmon.stored import AssessmentRecord

ONE_DAY = timedelta(days=1)
BEGIN = datetime(2022, 7, 15, tzinfo=UTC)
STATEMENTS = (
    "The neighbour's army crosses the border in strength",
    "The coalition stays in office until the spring",
    "Grain leaves the southern ports without an escort",
    "The two railways agree on one gauge",
    "The strike spreads to the refineries",
)
NAMES = (
    "Mobilisation and readiness",
    "Logistics and field hospitals",
    "Joint grouping is announced",
    "Leave is cancelled",
    "Airspace along the border closes for weeks at a time, and nobody says why",
    "Stand-down",
    "Silence of the press office",
    "Convoys",
    "Reserve call-up notices",
    "Pontoon bridges",
    "Envoys recalled",
    "Blood drives",
)
TITLES = (
    "Reservists told to report on Monday, families say",
    "Ministry: the exercise ends on time",
    "Колонна техники замечена у границы",
    "Pociąg z paliwem stoi od trzech dni na bocznicy",
    "“We know of no such order”, says the spokesman",
    "Field hospital opens beside the stadium; nobody is ill",
)
PUBLISHERS = ("The Daily Plover", "Harbour Gazette", "Радио Полынь", "Nordic Wire", "Ministry of Roads")
EFFECTS: Sequence[Effect] = get_args(Effect)
TYPES: Sequence[IndicatorType] = get_args(IndicatorType)
SEVERITY = {Level.QUIET: Severity.INFO} | {level: Severity(level) for level in list(Level)[1:]}


def empty(**more: object) -> Report:
    """Nothing read, nothing found."""
    bare = Report("nothing", "indicators.yaml", "0" * 64, BEGIN, BEGIN, "UTC", "phia", timedelta(hours=1))
    return replace(bare, **more)  # type: ignore[arg-type]


def quiet(days: int = 30) -> Report:
    """An indicator and a judgement, and nothing at all that happened."""
    made = report(days=days, judgements=1, indicators=1, alerts=0)
    (course,) = made.courses
    still = tuple(Day(day.day, Level.QUIET, Coverage.OK) for day in course.days)
    return replace(made, courses=(replace(course, days=still, changes=(), coverages=()),), events=())


def report(
    *,
    days: int = 120,
    judgements: int = 2,
    indicators: int = 5,
    alerts: int = 24,
    evidence: int = 3,
    yardstick: Literal["phia", "icd203"] = "phia",
    seed: int = 1,
) -> Report:
    """A replay of so many days; `indicators` are of each judgement, `evidence` of each alert."""
    chance = random.Random(seed)
    ids = [f"kj-{n + 1}" for n in range(judgements)]
    courses = tuple(
        _course(chance, f"{name}-i{n + 1}", name, NAMES[n % len(NAMES)], n, days)
        for name in ids
        for n in range(indicators)
    )
    outlooks = tuple(
        _outlook(chance, name, n, days, tuple(c.indicator for c in courses if c.judgement == name), yardstick)
        for n, name in enumerate(ids)
    )
    raised = tuple(_raised(chance, n, courses, days, alerts, evidence) for n in range(alerts))
    matched = sum(course.matches for course in courses)
    return Report(
        title="autumn archive, 3 files",
        config="indicators.yaml",
        digest="3f" * 32,
        since=BEGIN,
        until=BEGIN + days * ONE_DAY - timedelta(minutes=10),
        zone="Europe/Warsaw",
        yardstick=yardstick,
        step=timedelta(minutes=10),
        steps=days * 144,
        items=matched * 40 + 7,
        matched=matched,
        stories=sum(course.stories for course in courses),
        assumptions=(
            "Items without first_seen count from when they say they were published.",
            "Every source is taken to have been watched on days on which it brought an item.",
        ),
        inputs=_inputs(),
        courses=courses,
        outlooks=outlooks,
        raised=raised,
        events=_events(ids, days),
    )


def _course(
    chance: random.Random, identity: str, judgement: str, name: str, number: int, days: int
) -> Course:
    """It rises now and then, and is blind in one outage."""
    rises = sorted(chance.randrange(days) for _ in range(1 + days // 60)) if number % 5 != 4 else []
    outage = chance.randrange(days)
    made = []
    for n in range(days):
        since = min((n - rise for rise in rises if n >= rise), default=days)
        level = next(
            (one for one, lasts in zip(reversed(list(Level)[1:]), (2, 6, 14), strict=True) if since < lasts),
            Level.QUIET,
        )
        if number % 3 == 0 and level is Level.CRITICAL:
            level = Level.WARNING
        coverage = Coverage.OK
        if n < 3 and number % 4 == 3:
            coverage = Coverage.WARMING_UP
        elif outage <= n < outage + 5:
            coverage = Coverage.BLIND
        elif outage + 5 <= n < outage + 9:
            coverage = Coverage.PARTIAL
        hits = chance.randrange(1, 6) if since < 4 else 0
        made.append(Day(_iso(n), level, coverage, hits, min(hits, 2)))
    changes = tuple(
        LevelChange(identity, _at(n), made[n - 1].level, made[n].level, 0.5, "2 independent origins")
        for n in range(1, days)
        if made[n].level is not made[n - 1].level
    )
    coverages = tuple(
        CoverageChange(identity, _at(n), made[n - 1].coverage, made[n].coverage, "3 of 5 sources watching")
        for n in range(1, days)
        if made[n].coverage is not made[n - 1].coverage
    )
    kind, effect = TYPES[number % len(TYPES)], EFFECTS[number % len(EFFECTS)]
    return Course(identity, judgement, name, kind, effect, tuple(made), changes, coverages)


def _outlook(
    chance: random.Random,
    identity: str,
    number: int,
    days: int,
    indicators: tuple[str, ...],
    yardstick: Literal["phia", "icd203"],
) -> Outlook:
    """The evidence comes in a wave, over what time leaves of the analyst's term."""
    term = yardsticks.spanned(0.0, 1.0, yardstick)[3 if number % 2 == 0 else 1]
    start, peak = yardsticks.band(term, yardstick).mid, chance.randrange(days)
    series = []
    for n in range(days):
        alone = start * math.exp(-n / max(60, days))
        lift = 1.8 * math.exp(-(((n - peak) / max(5, days / 9)) ** 2))
        odds = alone / (1 - alone) * math.exp(lift)
        p = odds / (1 + odds)
        low, high = p * 0.75, min(0.99, p * 1.2 + 0.02)
        implied = yardsticks.nearest(p, yardstick, term)
        series.append(
            AssessmentRecord(
                judgement=identity,
                day=_iso(n),
                at=_at(n) + timedelta(hours=23, minutes=50),
                term=term,
                action="none" if yardsticks.steps(term, implied, yardstick) == 0 else "review_due",
                coverage=Coverage.OK,
                p=p,
                low=low,
                high=high,
                alone=alone,
                implied_term=implied,
                terms=yardsticks.spanned(low, high, yardstick, term),
            )
        )
    return Outlook(
        judgement=identity,
        statement=STATEMENTS[number % len(STATEMENTS)],
        term=term,
        made_on=BEGIN,
        horizon=BEGIN + (days * 4 // 5) * ONE_DAY if number % 2 == 0 else None,
        indicators=indicators,
        series=tuple(series),
    )


def _raised(
    chance: random.Random, number: int, courses: Sequence[Course], days: int, alerts: int, evidence: int
) -> Raised:
    course = courses[chance.randrange(len(courses))]
    at = _at(0) + (number * days * ONE_DAY) / max(1, alerts) + timedelta(hours=9, minutes=17)
    at = at.replace(microsecond=0)
    level = list(Level)[(number * 7) % 4]
    rose = level is not Level.QUIET
    title = (
        f"{level.upper()}: {course.name}, quiet → {level}"
        if rose
        else f"FIRST REPORT: {course.name}, still quiet"
    )
    alert = Alert(
        id=f"a{number:05x}",
        kind="level_up" if rose else "first_hit",
        severity=SEVERITY[level],
        at=at,
        judgement=course.judgement,
        indicator=course.indicator,
        source="",
        before="quiet",
        after=str(level),
        title=f"{title} ({course.judgement.upper()})",
        text=f"{course.judgement.upper()}: what the analyst says\n\nWhy: see below",
        why=f"activation 0.74 of 0.55 from 2 independent origins; rule {number}",
        stories=tuple(f"s{number}-{n}" for n in range(evidence)),
    )
    return Raised(alert, tuple(_evidence(chance, number, n, at) for n in range(evidence)))


def _evidence(chance: random.Random, number: int, place: int, at: datetime) -> Evidence:
    return Evidence(
        title=f"{TITLES[chance.randrange(len(TITLES))]} ({number}.{place})",
        url=f"https://news{place}.example/{at:%Y/%m/%d}/story-{number}?from=feed&n={place}",
        publisher=PUBLISHERS[chance.randrange(len(PUBLISHERS))],
        seen=at - timedelta(hours=place),
        published=None if place == 2 else at - timedelta(hours=place, minutes=31),
        words=("reservists", "call-up"),
        citing="Lukashenko" if place == 1 else "",
    )


def _inputs() -> tuple[Input, ...]:
    return (
        Input("2022-07.jsonl.gz", rows=20_410, used=20_398, by_published=1_203),
        Input(
            "2022-08.csv",
            rows=9_000,
            used=8_996,
            faults={"no date": 4, "broken UTF-8": 2},
            named=(
                Fault("2022-08.csv", 17, "no date", "published is “soon”"),
                Fault("2022-08.csv", 90, "no date", "published is empty"),
                Fault("2022-08.csv", 4021, "broken UTF-8", "byte 0xff in title", used=True),
            ),
        ),
        Input("2022-09.parquet", rows=31_000, used=31_000),
    )


def _events(judgements: Sequence[str], days: int) -> tuple[Event, ...]:
    def day(share: float) -> date:
        return (BEGIN + int(days * share) * ONE_DAY).date()

    if not judgements:
        return ()
    return (
        Event(
            "e1",
            day(0.30),
            day(0.34),
            judgements[0],
            "",
            "The grouping exercises by the river",
            happened=False,
        ),
        Event("e2", day(0.36), day(0.36), judgements[0], "", "A drone falls on the depot"),
        Event(
            "e3",
            day(0.90),
            day(0.97),
            judgements[-1],
            "",
            "The first columns cross, and the bridges are closed",
        ),
    )


def _at(number: int) -> datetime:
    return BEGIN + number * ONE_DAY


def _iso(number: int) -> str:
    return _at(number).date().isoformat()


# ---------------------------------------------------------------- what feeds may say

HOSTILE = (
    "<script>alert(1)</script>",
    "</title></style></svg></bdi><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)> ' onmouseover='alert(1)",
    "<!-- --> <![CDATA[ ]]> &lt;b&gt; &#x202e; &amp;amp;",
    "{{ 7 * 7 }} {% include 'x' %} ${7*7} <%= 7 %>",
    '=HYPERLINK("https://evil.example","prize")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r\n=1+1",
    "＝1+1",
    "\u200b=1+1",
    'a,b;"c"\r\nd\n""',
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example>",
    "see https://evil.example/a and www.evil.example, or mail a@evil.example",
    "`code` *bold* __under__ ~~gone~~ | cell | \\| $x$",
    "# heading",
    "- item",
    "12) item",
    "2022. item",
    "``` fence",
    "> quote",
    "---",
    "[x]: https://evil.example",
    "\x1b[31mred\x1b[0m \x9b31m bell\x07 nul\x00 back\x08",
    "exe.\u202efdp \u2066isolate\u2069 \u200fmark",
    "one\u2028two\u2029three\x0bfour\x0cfive\x85six",
    "half \ud800 of a pair",
    "Z̸̢̛͔͎͙͗͆̓a̷̡͓͉͐̈́l̴̨̛̞͗g̶̡̢̔̕o̵",
    "مرحبا שלום",
    "long " * 2_000,
    "x" * 10_000,
)
LINKS = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://user:secret@evil.example/",
    'https://evil.example/"><script>alert(1)</script>',
    "https://evil.example/) [x](javascript:alert(1))",
    "//evil.example/x",
    "ftp://evil.example/x",
    "https://" + "a" * 3_000 + ".example/",
    "http://[",
    "\x00https://evil.example/\r\nX: y",
    "",
)


def hostile(text: str, url: str = "https://news.example/a") -> Report:
    """A small report in which every text that comes from elsewhere is `text`."""
    made = report(days=6, judgements=1, indicators=1, alerts=1, evidence=1)
    (course,), (outlook,), (one,) = made.courses, made.outlooks, made.raised
    seen = replace(one.evidence[0], title=text, publisher=text, citing=text, url=url, words=(text,))
    alert = replace(one.alert, title=text, why=text, text=text)
    fault = Fault("in.csv", 2, "no date", text)
    return replace(
        made,
        title=text,
        assumptions=(text,),
        inputs=(Input(text, 1, faults={"no date": 1}, named=(fault,)),),
        courses=(replace(course, name=text),),
        outlooks=(replace(outlook, statement=text),),
        raised=(Raised(alert, (seen,)),),
        events=tuple(replace(event, text=text) for event in made.events),
    )
