"""What `iwmon explain` prints is enough: recomputed from the text alone, it gives the same levels and terms.

The calculator here reads the printed words and knows nothing but the formulas of method.md §2: none of
iwmon's arithmetic is called on the way from the text to the result.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from iwmon import pipeline, thresholds
from iwmon.cli import why_indicator
from iwmon.cli.desk import Desk
from iwmon.config import Config
from iwmon.modality import FACTOR
from iwmon.model import (
    FeedState,
    Indicator,
    IndicatorState,
    Memory,
    Reading,
    Review,
    Signal,
    Step,
    Story,
)
from iwmon.store import Store
from newsroom import NOW, newsroom, run
from nouns import DAY, HOUR, NOON, configured, entry, indicator, reading, signal

PRINTED = 2e-6  # six decimals, on either side of the equals sign


WATCHED = """\
version: 1
settings: {timezone: Europe/Warsaw}
sources:
  - {id: nn, name: Nasha Niva, type: feed, url: "https://nn.example/rss", reliability: B, expect_every: 1d}
  - {id: ukr, name: Ukrinform, type: feed, url: "https://ukr.example/rss", reliability: C,
     controlled_by: UA state, expect_every: 1d}
  - {id: belta, name: BelTA, type: feed, url: "https://belta.example/rss", reliability: D,
     controlled_by: BY state, expect_every: 1d}
judgements:
  - id: kj-2
    statement: Belarus commits regular troops to combat in Ukraine
    kind: event_by
    probability: realistic possibility
    made_on: 2022-07-15
    horizon: 6 months
    resolution: {criteria: "two independent sources confirm combat by regular units"}
    indicators:
      - {id: trains, name: Military trains, type: surge, effect: supports, group: logistics, query: train*}
      - {id: hospitals, name: Field hospitals, type: occurrence, effect: supports, group: logistics,
         half_life: 14d, query: hospital*}
      - {id: silence, name: No word of exercises, type: absence, absence_of: [exercises], expect_every: 5d,
         effect: slightly_supports}
      - {id: exercises, name: Exercises, type: count, effect: against, query: exercise*}
receivers: [{id: desk, url: "json://127.0.0.1:1/"}]
route: {receiver: desk}
"""

# ---------------------------------------------------------------- the calculator: reports (method.md §2)

HEAD = re.compile(r"^ *(?:\d+\.|•) (?P<name>.+?)(?:, one voice with (?P<group>.+?))?; side: (?P<side>.+)$")
FACTOR_OF = re.compile(r"(?:weight|×) (\d+\.\d+) \(")
DECAY = re.compile(r"decayed × \S+ \(2\^\(−(?P<age>\S+) d / (?P<half>\S+) d\)\) = (?P<printed>\d\.\d{6})")
STILL = re.compile(r"does not decay: (?P<printed>\d\.\d{6})")
WEIGHTLESS = re.compile(r"^(?:Rejected by|Denials:|History:|Not of now:|Latest items)", re.MULTILINE)
RANK = ("quiet", "watch", "warning", "critical")


@dataclass
class Report:
    """A report as it is printed; `value` is computed from its printed factors."""

    group: str
    side: str
    counted: bool  # it stands in the numbered list
    value: float = 0.0
    printed: float = 0.0
    newsrooms: frozenset[str] = frozenset()
    confirmed: bool = False


def reports(text: str) -> list[Report]:
    """Every report that is printed with its factors."""
    found: list[Report] = []
    weight = 0.0
    for line in WEIGHTLESS.split(text)[0].splitlines():
        if head := HEAD.match(line):
            group = head["group"] or head["name"]
            numbered = line.lstrip()[0].isdigit()
            found.append(Report(group, head["side"], numbered, newsrooms=frozenset({group})))
        elif line.startswith("     weight "):
            ours = re.sub("“.*”", "", line)  # what a feed says is quoted
            weight = math.prod(map(float, FACTOR_OF.findall(ours)))
            assert weight == pytest.approx(float(line.rpartition(" = ")[2]), abs=PRINTED)
        elif held := STILL.search(line):
            found[-1].value, found[-1].printed = weight, float(held["printed"])
        elif aged := DECAY.search(line):
            found[-1].value = weight * 2 ** (-float(aged["age"]) / float(aged["half"]))
            found[-1].printed = float(aged["printed"])
        elif line.startswith("     carried by "):
            found[-1].newsrooms = frozenset(line.removeprefix("     carried by ").split(", "))
        elif line.startswith("     confirmed by "):
            found[-1].confirmed = True
    for one in found:
        assert one.value == pytest.approx(one.printed, abs=PRINTED)
    return found


def independent(found: Sequence[Report]) -> list[Report]:
    """The best report of each group, of the heaviest groups that can have a newsroom each."""
    best: dict[str, Report] = {}
    newsrooms: dict[str, set[str]] = {}
    for one in found:
        if one.group not in best or one.value > best[one.group].value:
            best[one.group] = one
        if one.value >= 0.05 - 1e-9:  # what has faded away lends its newsroom to nobody
            newsrooms.setdefault(one.group, set()).update(one.newsrooms)
    for one in best.values():
        newsrooms.setdefault(one.group, set(one.newsrooms))
    order = sorted(best.values(), key=lambda one: (-one.value, one.group))
    for size in range(len(order), 0, -1):
        possible = [some for some in combinations(order, size) if _served(some, newsrooms)]
        if possible:
            return list(max(possible, key=lambda some: sum(one.value for one in some)))
    return []


def _served(some: Sequence[Report], newsrooms: dict[str, set[str]]) -> bool:
    """Whether each can have a newsroom that no other has: by trying every way."""
    names = sorted(set().union(*(newsrooms[one.group] for one in some)))
    return any(
        all(name in newsrooms[one.group] for one, name in zip(some, way, strict=True))
        for way in permutations(names, len(some))
    )


def activation(counted: Sequence[Report]) -> float:
    return 1 - math.prod(1 - one.value for one in counted)


def level(kind: str, counted: Sequence[Report]) -> str:
    """method.md's default levels: .20; .55 and 2 groups; .80, 3 groups and 2 sides, or 2 and a person."""
    heavy = [one for one in counted if one.value >= 0.05 - 1e-9]
    a = activation(counted) + 1e-7 if kind == "occurrence" else 1.0
    groups, sides = len(heavy), len({one.side for one in heavy})
    confirmed = any(one.confirmed for one in heavy)
    if a < 0.20 or (kind == "count" and groups < 1):
        return "quiet"
    if a < 0.55 or groups < 2:
        return "watch"
    if a >= 0.80 and ((groups >= 3 and sides >= 2) or confirmed):
        return "critical"
    return "warning"


def said(text: str, pattern: str) -> str:
    """The one group of a pattern that must be printed."""
    found = re.search(pattern, text, re.MULTILINE)
    assert found, f"{pattern} is not in:\n{text}"
    return found[1]


def check_reports(text: str, kind: str) -> None:
    """The printed level and activation are those of the printed reports."""
    found = reports(text)
    counted = independent(found)
    assert {one.group for one in counted} == {one.group for one in found if one.counted}
    assert level(kind, counted) == said(text, r"the evidence alone says now: (\w+)")
    printed = said(text, r"activation = 1 − .* = (\d\.\d+)$") if counted else "0"
    assert activation(counted) == pytest.approx(float(printed), abs=len(counted) * PRINTED + PRINTED)
    for one in RANK[1:]:
        reached = RANK.index(one) <= RANK.index(level(kind, counted))
        if reached:
            assert re.search(rf"^  {one} +needs .*: reached$", text, re.MULTILINE)


# ---------------------------------------------------------------- random evidence: occurrence and count

GROUPS = {"g0": "independent", "g1": "independent", "g2": "BY state", "g3": "UA state", "g4": "independent"}


@st.composite
def evidence(draw: st.DrawFn) -> list[Signal]:
    """Up to seven reports of five origins, with every factor that a weight has."""
    found = []
    for n in range(draw(st.integers(0, 7))):
        group = draw(st.sampled_from(sorted(GROUPS)))
        modality = draw(st.sampled_from(sorted(FACTOR)))
        where, place = draw(st.sampled_from([("title", 1.0), ("summary", 0.8), ("body", 0.6)]))
        halved = draw(st.booleans())
        status = draw(st.sampled_from(["auto", "auto", "auto", "confirmed", "rejected"]))
        carriers = draw(st.sets(st.sampled_from(["n0", "n1", "n2", "n3"]), max_size=3))
        one = signal(
            group,
            at=NOON - draw(st.integers(0, 900)) * HOUR,
            story=f"s{n}",
            publisher=f"Paper of {group}",
            source="nn",
            side=GROUPS[group],
            where=where,
            strength=place * FACTOR[modality],
            modality=modality,
            cue="" if modality == "reported" else "they say × 9.99 (so)",
            reliability=draw(st.sampled_from("ABCDEF")),
            credibility=draw(st.integers(1, 6)),
            authoritative=draw(st.booleans()),
            contested="the ministry" if halved else "",
            halved=halved,
            carriers=tuple(sorted(carriers)),
            origin=draw(st.sampled_from(["", "General Staff"])),
            status=status,
            reviewed_by="" if status == "auto" else "anna",
            title="weight 1.0 (title) × 0.5 (x) = 9.999999",  # a headline may say what it likes
        )
        found.append(replace(one, weight=weighed(one)))
    return found


def weighed(one: Signal) -> float:
    return thresholds.weight(
        one.strength, one.reliability, one.credibility, authoritative=one.authoritative, halved=one.halved
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('store') / 'iwmon.db'}") as opened:
        yield opened


@pytest.fixture(scope="module")
def config() -> Config:
    return configured(WATCHED)


def told(config: Config, store: Store, subject: Indicator, now: datetime) -> str:
    """What explain prints of an indicator, on no terminal."""
    out = io.StringIO()
    console = Console(file=out, highlight=False, markup=False, emoji=False, width=100_000)
    why_indicator.explain(Desk(config, store, console, now, json=False), subject)
    return out.getvalue()


NUMBER = iter(range(10_000))


@settings(max_examples=60, deadline=None)
@given(
    evidence(),
    st.sampled_from(["occurrence", "count"]),
    st.sampled_from([None, 5 * HOUR, 14 * DAY, 30 * DAY]),
    st.integers(0, 300),
)
def test_the_printed_reports_give_the_printed_level(
    config: Config, store: Store, signals: list[Signal], kind: Any, half_life: timedelta | None, hours: int
) -> None:
    """Whatever the evidence: factors → weights → newsrooms → activation → level, from the text alone."""
    recomputed(config, store, signals, kind, half_life, hours)


def recomputed(
    config: Config, store: Store, signals: list[Signal], kind: Any, half_life: timedelta | None, hours: int
) -> str:
    """Store these signals, explain them so many hours later, and check the text; returns the level in it."""
    name = f"i{next(NUMBER)}"
    subject = indicator(id=name, judgement="kj-2", type=kind, half_life=half_life)
    signals = [replace(s, indicator=name, story=f"{name}{s.story}") for s in signals]
    state, _ = thresholds.settle(IndicatorState(name), subject, signals, NOON)
    stories = {
        s.story: Story(s.story, s.as_of, s.group, s.side, (s.story,), ("x",), frozenset(), frozenset())
        for s in signals
    }
    memory = Memory(stories=stories, signals={name: tuple(signals)}, states={name: state}, at=NOON)
    store.commit(
        Step(NOON, name, (), (), tuple(stories.values()), tuple(signals), (), (), (), (), (), memory)
    )
    now = NOON + hours * HOUR
    text = told(replace(config, indicators={**config.indicators, name: subject}), store, subject, now)
    check_reports(text, kind)
    assert text.splitlines()[0].endswith(f"  {state.level.upper()}")
    evidence_now = said(text, r"the evidence alone says now: (\w+)")
    assert ("is held" in text) is (RANK.index(state.level) > RANK.index(evidence_now))
    return evidence_now


BY, UA = {"side": "BY state"}, {"side": "UA state"}


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ([signal("a"), signal("b"), signal("c")], "warning"),  # one side
        ([signal("a"), signal("b"), signal("c", **BY)], "critical"),
        ([signal("a"), signal("b", status="confirmed", reviewed_by="anna")], "critical"),
        ([signal("a", carriers=("n",)), signal("b", carriers=("n",), **UA)], "watch"),  # one newsroom
        ([signal("a", carriers=("n", "m")), signal("b", carriers=("n",), **UA)], "warning"),
        ([signal("a"), signal("a", story="again"), signal("a", story="once more")], "watch"),
    ],
)
@pytest.mark.parametrize("kind", ["occurrence", "count"])
def test_the_rules_of_corroboration_can_be_recomputed(
    config: Config, store: Store, signals: list[Signal], expected: str, kind: str
) -> None:
    """Sides, a person's confirmation, newsrooms and repetition show in the text, and decide there too."""
    assert recomputed(config, store, signals, kind, 30 * DAY, 0) == expected


# ---------------------------------------------------------------- the calculator: surge

DAYS = re.compile(
    r"^  (\d{4}-\d\d-\d\d) +\S+ +(\d+) of (\d+) items?(?:; usual \d+\.\d+)?; (covered|not covered)$",
    re.MULTILINE,
)
TEST = re.compile(r"^(Today so far,|Yesterday, the whole of) (\S+)$", re.MULTILINE)


def pmf(k: int, mean: float, variance: float) -> float:
    """Negative binomial by its own definition; the test's data are always overdispersed."""
    p = mean / variance
    r = mean * p / (1 - p)
    log = math.lgamma(k + r) - math.lgamma(r) - math.lgamma(k + 1) + r * math.log(p) + k * math.log(1 - p)
    return math.exp(log)


def surge(text: str, day: str, complete: bool, groups: int, sides: int) -> tuple[str, dict[str, float]]:
    """(level, μ φ v p) of a day of the printed chart (method.md §2, surge)."""
    chart = [(d, int(y), int(n), c == "covered") for d, y, n, c in DAYS.findall(text)]
    here = next(i for i, one in enumerate(chart) if one[0] == day)
    past = chart[here - 30 : here]
    base = [(y, n) for _, y, n, covered in past[:28] if covered and n]
    mine = chart[here]
    if len(base) < 14:
        return ("watch" if mine[1] >= 5 and groups >= 3 else "quiet"), {}
    mean = sum(n for _, n in base) / len(base)
    same = [n for _, _, n, covered in past[-28:][-7::-7] if covered and n]
    today = float(mine[2]) if complete and mine[3] and mine[2] else sum(same) / len(same)
    scaled = [(y, n / mean) for y, n in base]
    rate = (sum(y for y, _ in scaled) + 0.5) / (len(scaled) + 1)
    counts = [(min(y, rate * n + 3 * math.sqrt(2 * max(rate * n, 0.3))), n) for y, n in scaled]
    total = sum(y for y, _ in counts) + 0.5
    rate = total / (len(counts) + 1)
    pearson = sum((y - rate * n) ** 2 / (rate * n) for y, n in counts) / (len(counts) - 1)
    share = len(counts) / (len(counts) + 14)
    phi = min(max(share * pearson + (1 - share) * 2, 1), 6)
    mu = rate * today / mean
    v = phi * mu + mu**2 / total
    y = mine[1]
    p = 1 - sum(pmf(k, mu, v) for k in range(y))
    found = "quiet"
    if p < 0.01 and y >= 3 and y >= 2 * mu:
        found = "watch"
        if p < 0.001 and y >= 3 * mu and groups >= 2:
            found = "warning"
            if p < 1e-4 and y >= 4 * mu and groups >= 3 and sides >= 2:
                found = "critical"
    return found, {"μ": mu, "φ": phi, "v": v, "p": p}


def check_surge(text: str) -> str:
    """Both printed tests and the activation follow from the printed chart; returns the level."""
    found, tested = [], []
    heads = list(TEST.finditer(text))
    for head, end in zip(heads, [*(h.start() for h in heads[1:]), len(text)], strict=True):
        part = text[head.end() : end]
        groups = int(said(part, r"^  y = \d+ stor(?:y|ies) from (\d+) independent"))
        sides = int(said(part, r"on (\d+) sides?: \w+$"))
        reached, numbers = surge(text, head[2], head[1].startswith("Yesterday"), groups, sides)
        assert reached == said(part, r"on \d+ sides?: (\w+)$")
        assert ("no baseline yet" in part) is (not numbers)
        if numbers:
            assert numbers["μ"] == pytest.approx(float(said(part, r"· N = (\S+) stories")), abs=PRINTED)
            assert numbers["φ"] == pytest.approx(float(said(part, r"φ = ([\d.]+);")), abs=PRINTED)
            assert numbers["v"] == pytest.approx(float(said(part, r"\.5\) = ([\d.]+)$")), abs=PRINTED)
            assert numbers["p"] == pytest.approx(
                float(said(part, r"^  p = P.* = (\S+)$")), rel=1e-5, abs=1e-12
            )
            a = min(0.95, -math.log10(max(numbers["p"], 1e-12)) / 4) if reached != "quiet" else 0.0
            assert a == pytest.approx(float(said(part, r"^  a = .* = (\S+)")), abs=1e-5)
            tested.append(a)
        found.append(reached)
    left = float(said(text, r"and (\S+) \(left of what it was"))
    assert max([*tested, left]) == pytest.approx(
        float(said(text, r"^  activation = the larger .* = (\S+)$")), abs=1e-5
    )
    highest = max(found, key=RANK.index)
    assert highest == said(text, r"the evidence alone says now: (\w+)")
    return highest


# ---------------------------------------------------------------- the calculator: absence


def check_absence(text: str) -> str:
    """The printed activation and level follow from the printed silence; returns the level."""
    silence = float(said(text, r"G = (\S+) covered days"))
    expected = float(said(text, r"one is expected every (\S+) days"))
    listed = said(text, r"in covered days: (.+)$")
    gaps = [] if listed == "none" else [float(gap) for gap in listed.split(", ")]
    if len(gaps) >= 20:
        a = sum(gap < silence for gap in gaps) / len(gaps)
    else:
        a = 1 - math.exp(-silence * float(said(text, r"with κ = (\S+)")) / expected)
    assert a == pytest.approx(float(said(text, r"^  activation = .* = (\S+)$")), abs=1e-5)
    found = "quiet"
    for name in RANK[1:]:
        if a < float(said(text, rf"^  {name} +needs activation ([\d.]+)")) - 1e-7:
            break
        found = name
    assert found == said(text, r"the evidence alone says now: (\w+)")
    return found


# ---------------------------------------------------------------- the calculator: a judgement

PART = re.compile(
    r"^  • (\S+) \((.+)\): Δa ([\d.]+) − ([\d.]+), × ln LR (\S+), × (\S+) \(rank.*\) = (\S+) nats$",
    re.MULTILINE,
)
PHIA = (
    "remote chance",
    "highly unlikely",
    "unlikely",
    "realistic possibility",
    "likely",
    "highly likely",
    "almost certain",
)
CUTS = (0.075, 0.225, 0.375, 0.525, 0.775, 0.925)  # method.md §2, band


def clip(value: float, cap: float) -> float:
    return max(-cap, min(cap, value))


def check_judgement(text: str) -> tuple[str, tuple[str, ...]]:
    """p, low, high and the terms follow from band, time and contributions; returns (term, terms)."""
    low, high, mid = map(
        float, re.search(r"the band of .*: (\S+) to (\S+), middle (\S+)$", text, re.MULTILINE).groups()
    )
    time = re.search(r"\^\((\S+) d / (\S+) d\) = (\S+), that", text)
    left = float(time[1]) / float(time[2]) if time else 1.0
    groups: dict[str, list[float]] = {}
    for _, group, now, then, ratio, discount, value in PART.findall(text):
        made = (float(now) - float(then)) * float(ratio) * float(discount)
        assert made == pytest.approx(float(value), abs=5e-6)
        assert abs(float(ratio)) == pytest.approx(
            min((math.log(k) for k in (6, 3, 1.5)), key=lambda nats: abs(nats - abs(float(ratio)))), abs=1e-6
        )
        groups.setdefault(group, []).append(made)
    for values in groups.values():
        sizes = [abs(value) for value in values]
        assert sizes == sorted(sizes, reverse=True)  # the rank in the group is the discount's

    def implied(prior: float, scale: float) -> float:
        p = 1 - (1 - prior) ** left
        nats = clip(sum(clip(sum(v * scale for v in own), math.log(10)) for own in groups.values()), 2.2)
        return 1 / (1 + math.exp(-(math.log(p / (1 - p)) + nats)))

    if time:
        assert 1 - (1 - mid) ** left == pytest.approx(float(time[3]), abs=PRINTED)
    all_of_them = [implied(mid, 1), *(implied(edge, s) for edge in (low, high) for s in (0.5, 1, 1.5))]
    p, least, most = all_of_them[0], min(all_of_them), max(all_of_them)
    printed = re.search(r"^  low (\S+), p (\S+), high (\S+)$", text, re.MULTILINE)
    assert (least, p, most) == pytest.approx(tuple(map(float, printed.groups())), abs=1e-5)

    def place(value: float) -> int:
        return sum(value >= cut for cut in CUTS)

    term, terms = PHIA[place(p)], PHIA[place(least) : place(most) + 1]
    assert f"nearest term of p: {term}; terms of the range: {', '.join(terms)}" in text
    return term, terms


def test_a_polled_newsroom_can_be_recomputed(tmp_path: Path) -> None:
    """Through the command line: an occurrence, a count, both judgements; and the alert's own numbers."""
    with newsroom(tmp_path) as room:
        assert room.run("poll", "--now", NOW).exit_code == 0
        later = "2022-10-13T07:31"
        text = room.run("explain", "mobilisation", "--now", later).stdout
        check_reports(text, "occurrence")
        assert level("occurrence", independent(reports(text))) == "critical"
        check_reports(room.run("explain", "convoys", "--now", later).stdout, "count")
        moved = room.run("explain", "kj-2", "--now", later).stdout
        assert check_judgement(moved)[0] == "likely"
        assert "with this evidence likely (range: realistic possibility to highly likely)" in moved
        assert check_judgement(room.run("explain", "kj-3", "--now", later).stdout) == (
            "highly likely",
            ("highly likely",),
        )
        alert = next(a for a in room.json("alerts", "list")["alerts"] if a["kind"] == "level_up")
        told_then = room.run("explain", alert["id"], "--now", later).stdout
        assert level("occurrence", reports(told_then)) == alert["after"] == "critical"


# ---------------------------------------------------------------- weeks of real steps

SUBJECTS = ("Brest", "Gomel", "Polotsk", "Baranovichi", "Luninets", "Mozyr", "Orsha", "Pinsk", "Slutsk")


def headlines(what: str, source: str, day: int, number: int) -> list[str]:
    """So many headlines of a day that do not resemble each other."""
    return [
        f"{what} {SUBJECTS[(day + n) % 9]} {source}{day}x{n} number{day * 31 + n} seen{source}{n * 7 + day}"
        for n in range(number)
    ]


def lived(config: Config, store: Store, days: int, last: dict[str, int], quiet: int = 12) -> datetime:
    """Daily steps in which every source brings its usual items, and trains once in two days.

    Two days nobody answers. On the last day come `last` trains by source. There is word of exercises until
    day `quiet`. Returns when the last step was.
    """
    memory, at = Memory(), NOON
    for day in range(days):
        at = NOON + day * DAY
        read: list[Reading] = []
        for place, source in enumerate(config.sources):
            trains = last.get(source, 0) if day == days - 1 else int((day + place) % 6 == 0)
            titles = headlines("Train", source, day, trains)
            titles += headlines("Exercise", source, day, int(day < quiet and day % 3 == place))
            titles += headlines("Hospital", source, day, int(day == days - 2 and place < 2))
            titles += headlines("Weather", source, day, 9 + (day * 5 + place) % 4 - 4 * (day % 7 == 6))
            entries = [entry(title, published=at) for title in titles]
            items = pipeline.identify(config.sources[source], entries, at, history=False)
            read.append(reading(source, *items, at=at) if day not in (9, 10) else _down(source, at))
        step = pipeline.advance(config, memory, read, at)
        store.commit(step)
        memory = step.memory
    return at


def _down(source: str, at: datetime) -> Reading:
    return Reading(source, at, FeedState.ERROR, "HTTP 503")


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    """A configuration and a database, as options of the command line."""
    (tmp_path / "indicators.yaml").write_text(WATCHED, encoding="utf-8")
    return ["--config", str(tmp_path / "indicators.yaml"), "--db", f"sqlite:///{tmp_path / 'iwmon.db'}"]


def explained(place: list[str], name: str, now: datetime) -> str:
    result = run("explain", name, *place, "--now", now.isoformat())
    assert result.exit_code == 0, result.output
    return str(result.stdout)


@pytest.mark.parametrize(
    ("days", "last", "level_then"),
    [
        (36, {"nn": 6, "ukr": 5, "belta": 6}, "critical"),
        (36, {"nn": 5, "ukr": 1}, "warning"),
        (24, {"nn": 4}, "watch"),
        (36, {}, "quiet"),
        (14, {"nn": 3, "ukr": 2, "belta": 2}, "watch"),
    ],
)
def test_a_surge_can_be_recomputed(
    config: Config, place: list[str], days: int, last: dict[str, int], level_then: str
) -> None:
    """The chart of days gives μ, φ, v and p to the printed digits, and they the level and the activation."""
    with Store.open(place[-1]) as opened:
        now = lived(config, opened, days, last)
    for moment in (now, now + 5 * HOUR, now + DAY):
        found = check_surge(explained(place, "trains", moment))
        if moment == now:
            assert found == level_then
    text = explained(place, "trains", now)
    assert text.splitlines()[0].endswith(f"  {level_then.upper()}")
    assert ("no baseline yet" in text) is (days < 20)
    assert len(DAYS.findall(text)) == 32


@pytest.mark.parametrize(
    ("days", "level_then"), [(14, "quiet"), (18, "watch"), (24, "warning"), (36, "critical")]
)
def test_an_absence_can_be_recomputed(config: Config, place: list[str], days: int, level_then: str) -> None:
    """Silence, coverage and what is expected give the activation; where 20 silences are known, they do."""
    with Store.open(place[-1]) as opened:
        now = lived(config, opened, days, {})
    assert check_absence(explained(place, "silence", now)) == level_then
    check_absence(explained(place, "silence", now + 30 * HOUR))


def test_an_absence_with_many_past_silences(config: Config, place: list[str]) -> None:
    """From 20 past silences on their own distribution says how unusual this one is."""
    with Store.open(place[-1]) as opened:
        now = lived(config, opened, 34, {}, quiet=29)
    text = explained(place, "silence", now)
    assert "share of past silences" in text
    check_absence(text)


def test_a_judgement_with_groups_and_time_can_be_recomputed(config: Config, place: list[str]) -> None:
    """Discounts within a group, for and against, a cap: the same term and range, on several days."""
    with Store.open(place[-1]) as opened:
        now = lived(config, opened, 36, {"nn": 6, "ukr": 5, "belta": 6})
    for moment in (now, now + 10 * DAY, now + 40 * DAY):
        text = explained(place, "kj-2", moment)
        check_judgement(text)
        assert text.count("(rank in its group)") >= 3
        assert "× 0.5 (rank in its group)" in text
        assert "not the analyst's estimate" in text
    check_reports(explained(place, "hospitals", now), "occurrence")
    check_reports(explained(place, "exercises", now), "count")


# ---------------------------------------------------------------- what does not count, and what came later


@pytest.fixture
def doubted(config: Config, place: list[str]) -> Iterator[tuple[Store, dict[str, str]]]:
    """A report that raises a watch, is denied by others and rejected by a person; (store, its ids)."""
    with Store.open(place[-1]) as opened:
        first = _step(config, opened, Memory(), NOON)
        report = "Hospital of the army is set up near Brest"
        second = _step(config, opened, first.memory, NOON + HOUR, nn=report, ukr=report)
        third = _step(
            config, opened, second.memory, NOON + 2 * HOUR, belta="Ministry denies field hospital rumours"
        )
        (item,) = [i.id for i in second.items if i.source == "nn"]
        opened.add_ruling(
            Review(item, "reject", "anna", NOON + 3 * HOUR, credibility=5, note="an old picture")
        )
        _step(config, opened, third.memory, NOON + 4 * HOUR)
        (alert,) = [a.id for a in second.alerts if a.indicator == "hospitals"]
        yield opened, {"item": item, "alert": alert}


def _step(config: Config, store: Store, memory: Memory, at: datetime, **titles: str) -> Step:
    """One step in which some sources bring one headline each."""
    read = []
    for source in config.sources:
        entries = [entry(titles[source], published=at)] if source in titles else []
        items = pipeline.identify(config.sources[source], entries, at, history=False)
        read.append(reading(source, *items, at=at))
    step = pipeline.advance(config, memory, read, at, store.waiting_rulings())
    store.commit(step)
    return step


def test_what_does_not_count_is_listed_with_why(
    place: list[str], doubted: tuple[Store, dict[str, str]]
) -> None:
    """A report that a person rejected, with who and why; a denial, with the words that say so."""
    text = explained(place, "hospitals", NOON + 5 * HOUR)
    assert "no report counts: activation 0" in text
    rejected = text[text.index("Rejected by a person") :]
    assert "Nasha Niva, 15:00 CEST" in rejected
    assert "rejected by anna, credibility 5: an old picture" in rejected
    denials = text[text.index("Denials: they say that it is not so") :]
    assert "“Ministry denies field hospital rumours”" in denials
    assert "it says so: “denie" in denials
    check_reports(text, "occurrence")
    document = run("explain", "hospitals", *place, "--now", NOW, "--json")
    assert [one["why"] for one in json.loads(document.stdout)["uncounted"]] == ["denied", "rejected"]


def test_an_alert_is_explained_as_it_was_and_what_became_of_it(
    place: list[str], doubted: tuple[Store, dict[str, str]]
) -> None:
    """The factors at its time; then the denial, the review and the level now."""
    text = explained(place, doubted[1]["alert"], NOON + 5 * HOUR)
    before, after = text.split("What has become of it")
    (report,) = reports(before)
    assert report.value == pytest.approx(0.56)
    assert "1 reprint not counted: Ukrinform" in before
    assert "rejected by anna" not in before
    assert "contested" not in before
    assert "BelTA denied “Hospital of the army is set up near Brest”; its weight stands" in after
    assert "reject, credibility 5 by anna: an old picture" in after
    assert "activation 0.000000" in after


def test_an_item_is_explained(place: list[str], doubted: tuple[Store, dict[str, str]]) -> None:
    """What it matches, its story with its copies, who denies it, what it counts, what people said."""
    text = explained(place, doubted[1]["item"], NOON + 5 * HOUR)
    assert text.startswith("“Hospital of the army is set up near Brest”\n")
    assert "hospitals in the title: “Hospital”" in text
    assert "1 reprint not counted" in text
    assert "contested: BelTA denied it" in text
    assert "rejected: it counts for nothing" in text
    assert "reject, credibility 5 by anna: an old picture" in text
    result = run("explain", doubted[1]["item"], *place, "--now", NOW, "--json")
    document = json.loads(result.stdout)
    assert document["explains"] == "item"
    assert [copy["source"] for copy in document["copies"]] == ["ukr"]
    assert document["denial"]["source"] == "belta"
    assert document["signals"][0]["report"]["status"] == "rejected"


def test_json_has_every_number(config: Config, place: list[str]) -> None:
    """Surge, absence and judgement: what is printed for people is there for programs."""
    with Store.open(place[-1]) as opened:
        now = lived(config, opened, 36, {"nn": 6, "ukr": 5, "belta": 6}).isoformat()
    trains = json.loads(run("explain", "trains", *place, "--now", now, "--json").stdout)
    assert len(trains["surge"]["days"]) == 32
    today = trains["surge"]["tests"][0]
    assert (today["stories"], today["level"], trains["level_now"]) == (17, "critical", "critical")
    assert {"expected", "dispersion", "variance", "p", "activation", "needs"} <= set(today)
    silence = json.loads(run("explain", "silence", *place, "--now", now, "--json").stdout)["absence"]
    assert silence["activation"] == pytest.approx(1 - math.exp(-silence["silence_days"] / 5))
    told = json.loads(run("explain", "kj-2", *place, "--now", now, "--json").stdout)["reasons"]
    assert "not the analyst's estimate" in told["note"]
    assert len(told["corners"]) == 7
    assert told["implied"]["low"] == min(corner["p"] for corner in told["corners"])
    assert {part["indicator"] for group in told["groups"] for part in group["parts"]} == {
        "trains",
        "hospitals",
        "silence",
        "exercises",
    }
