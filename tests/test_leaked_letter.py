"""One leaked letter, denied the same day, reprinted in several languages: it must not pass `watch`.

The case behind it: a deputy minister's resignation that rested on one letter in a Telegram channel. The
items are in this project's own words; the configuration is the project's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iwmon import config, pipeline
from iwmon.config import Config
from iwmon.model import Entry, FeedState, Level, Memory, Reading, Step

ROOT = Path(__file__).parents[1]
MORNING = datetime(2026, 3, 6, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
INDICATOR = "elite-exits"

# (minutes after seven, source, language, title, summary)
REPORTS = [
    (
        0,
        "nashaniva",
        "be",
        "Намеснік міністра абароны Беларусі падаў у адстаўку, вынікае з ліста",
        "Ліст апублікаваў тэлеграм-канал.",
    ),
    (
        25,
        "zerkalo",
        "ru",
        "Замминистра обороны Беларуси подал в отставку, следует из письма",
        "Копию письма опубликовал телеграм-канал.",
    ),
    (
        40,
        "pravda_uk",
        "uk",
        "Заступник міністра оборони Білорусі подав у відставку, йдеться у листі",
        "Лист оприлюднив телеграм-канал.",
    ),
    (
        55,
        "kyivindependent",
        "en",
        "Belarus deputy defence minister resigns, according to a leaked letter",
        "The letter was posted by a Telegram channel.",
    ),
    (
        70,
        "meduza_ru",
        "ru",
        "Заместитель министра обороны Беларуси просит об отставке, говорится в письме",
        "Письмо распространяют телеграм-каналы.",
    ),
    (85, "pravda_en", "en", "Leaked letter: deputy defence minister of Belarus tenders resignation", ""),
    (95, "notesfrompoland", "en", "Belarus: deputy defence minister resigns, leaked letter says", ""),
    (110, "svaboda", "be", "У лісце намеснік міністра абароны Беларусі просіць адстаўкі", ""),
    (125, "charter97", "ru", "В письме замминистра обороны Беларуси просит об отставке", ""),
    (
        140,
        "ukrinform_en",
        "en",
        "Belarusian deputy defense minister resigns, according to a leaked letter",
        "",
    ),
    (600, "meduza_en", "en", "Belarus: what the leaked letter on a deputy minister's resignation says", ""),
]
DENIAL = (300, "belta_ru", "ru", "Минобороны Беларуси: письмо об отставке замминистра фейк", "")


@pytest.fixture(scope="module")
def own() -> Config:
    return config.parse(str(ROOT / "indicators.yaml"), lambda name: Path(name).read_bytes(), {})


def steps(own: Config, reports: list[tuple[int, str, str, str, str]]) -> Iterator[Step]:
    """A quiet first poll of all sources, then one step a report."""
    names = [source.id for source in own.sources.values() if source.enabled]
    begin = MORNING - timedelta(hours=1)
    quiet = [Reading(n, begin, FeedState.OK, entries=10, newest=begin, size=9_000) for n in names]
    step = pipeline.advance(own, Memory(), quiet, begin)
    for minutes, source, language, title, summary in sorted(reports):
        now = MORNING + minutes * MINUTE
        url = f"https://{source}.example/{minutes}"
        entry = Entry(f"{minutes}", url, title, summary, published=now, language=language)
        items = pipeline.identify(own.sources[source], [entry], now, history=False)
        reading = Reading(source, now, FeedState.OK, items=items, entries=10, newest=now, size=9_000)
        step = pipeline.advance(own, step.memory, [reading], now)
        yield step


def test_each_of_them_matches_the_indicator(own: Config) -> None:
    """Else the rest of this would prove nothing."""
    for step, (_, source, *_) in zip(steps(own, [*REPORTS, DENIAL]), sorted([*REPORTS, DENIAL]), strict=True):
        assert INDICATOR in {match.indicator for match in step.matches}, source


def test_one_letter_in_ten_outlets_and_four_languages_is_one_origin(own: Config) -> None:
    """No step passes watch, and the ten reports are one independent origin."""
    for step in steps(own, [*REPORTS, DENIAL]):
        state = step.memory.states[INDICATOR]
        assert state.level in (Level.QUIET, Level.WATCH), state.reason
        assert state.groups <= 1
    assert state.level is Level.WATCH
    assert {s.group for s in step.memory.signals[INDICATOR] if s.weight > 0} == {"cited:letter"}


def test_the_denial_contests_it_and_halves_it(own: Config) -> None:
    """The ministry is the accused: what it denies counts half, is told once, and is not disproved."""
    *_, last = steps(own, [report for report in REPORTS if report[0] < DENIAL[0]])
    before = {s.story: s.weight for s in last.memory.signals[INDICATOR] if s.weight > 0}
    told = []
    for step in steps(own, [*REPORTS, DENIAL]):
        told += [alert for alert in step.alerts if alert.kind == "contested"]
    after = {s.story: s for s in step.memory.signals[INDICATOR]}
    assert before
    for story, weight in before.items():
        assert after[story].halved
        assert after[story].weight == pytest.approx(weight / 2)
    denial = next(s for s in after.values() if s.source == "belta_ru")
    assert (denial.modality, denial.weight) == ("denied", 0.0)
    assert told
    assert all("denied by" in alert.why for alert in told)


def test_a_second_origin_does_count(own: Config) -> None:
    """The rule must not be deaf: an outlet with a source of its own makes it a warning."""
    other = (700, "lrt_en", "en", "Second Belarus deputy minister resigns, Lithuanian officials confirm", "")
    *_, last = steps(own, [*REPORTS, other])
    assert last.memory.states[INDICATOR].level is Level.WARNING
