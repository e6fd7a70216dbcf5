"""Hand-made replays for backtests: two judgements, three supporting indicators and one against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from iwmon import config
from iwmon.model import Alert, Coverage, Level, LevelChange, Severity
from iwmon.report import Course, Day, Event, Evidence, Outlook, Raised, Report
from iwmon.stored import AssessmentRecord
from nouns import DAY, SMALL, configured

BEGIN, END = date(2022, 7, 1), date(2022, 12, 31)
MADE, HORIZON = datetime(2022, 8, 1, tzinfo=UTC), datetime(2022, 11, 1, tzinfo=UTC)
TERM = "realistic possibility"  # .45
MORE = """\
      - {id: stand-down, name: Stand-down, type: occurrence, effect: against, query: "stand down"}
  - id: kj-5
    statement: Sabotage inside Belarus escalates
    kind: continues
    probability: null
    made_on: 2022-08-01
    horizon: 3 months
    resolution: {criteria: "two independent sources confirm it"}
    alternatives: [It does not]
    indicators:
      - {id: rail-sabotage, name: Railways, type: occurrence, effect: strongly_supports, query: railway}
receivers:
"""


def configuration() -> config.Config:
    """kj-2: mobilisation, grouping, against it stand-down; kj-5: rail-sabotage."""
    return configured(SMALL.replace("receivers:\n", MORE, 1))


def at(text: str) -> datetime:
    """ "2022-10-10" or "2022-10-10T14" as a moment in UTC."""
    return datetime.fromisoformat(text if "T" not in text else f"{text}:00").replace(tzinfo=UTC)


def stretch(name: str, begin: str, end: str | None = None, level: Level = Level.WARNING) -> list[LevelChange]:
    """An indicator at a level from `begin` to `end`; quiet before and after."""
    up = LevelChange(name, at(begin), Level.QUIET, level, 0.6, "two origins")
    return [up] if end is None else [up, LevelChange(name, at(end), level, Level.QUIET, 0.1, "it decayed")]


def event(identity: str, begin: str, end: str = "", judgement: str = "kj-2", **more: Any) -> Event:
    """An event of kj-2, of one day if `end` is not given."""
    fields: dict[str, Any] = {"indicator": "", "text": f"What happened at {identity}"}
    first = date.fromisoformat(begin)
    last = date.fromisoformat(end) if end else first
    return Event(identity, first, last, judgement, **{**fields, **more})


def told(name: str, when: str, after: str = "warning", titles: Sequence[str] = ()) -> Raised:
    """An alert that told people of a level."""
    alert = Alert(
        id=f"{name}-{when}",
        kind="level_up",
        severity=Severity.WARNING,
        at=at(when),
        judgement="",
        indicator=name,
        source="",
        before="quiet",
        after=after,
        title=f"{name} is at {after}",
        text="",
        why="",
    )
    return Raised(alert, tuple(Evidence(title, "https://example.org", "NN", at(when)) for title in titles))


def record(day: date, p: float | None, alone: float | None = 0.45, term: str = TERM) -> AssessmentRecord:
    """What was implied for kj-2 at a day's end."""
    when = datetime.combine(day, time(23), UTC)
    return AssessmentRecord("kj-2", day.isoformat(), when, term, "none", Coverage.OK, p, p, p, alone, "", ())


def days(begin: date = BEGIN, end: date = END) -> list[date]:
    return [begin + n * DAY for n in range((end - begin).days + 1)]


def report(
    changes: Sequence[LevelChange] = (),
    *,
    matches: Mapping[str, Mapping[str, int]] | None = None,
    coverage: Coverage = Coverage.OK,
    raised: Sequence[Raised] = (),
    series: Sequence[AssessmentRecord] = (),
    begin: date = BEGIN,
    end: date = END,
    **more: Any,
) -> Report:
    """A replay of half a year with these changes of level. `matches`: indicator → day → items."""
    made = configuration()
    courses = [
        Course(
            one.id,
            one.judgement,
            one.name,
            one.type,
            one.effect,
            tuple(_days(one.id, changes, (matches or {}).get(one.id, {}), coverage, begin, end)),
            tuple(change for change in changes if change.indicator == one.id),
        )
        for one in made.indicators.values()
    ]
    outlooks = [
        Outlook(
            one.id,
            one.statement,
            one.probability or "",
            MADE,
            HORIZON,
            one.indicators,
            tuple(record for record in series if record.judgement == one.id),
        )
        for one in made.judgements.values()
    ]
    fields: dict[str, Any] = {
        "title": "made-up.jsonl",
        "config": "indicators.yaml",
        "digest": "d" * 64,
        "since": datetime.combine(begin, time(), UTC),
        "until": datetime.combine(end, time(23), UTC),
        "zone": "UTC",
        "yardstick": "phia",
        "step": timedelta(hours=1),
        "courses": tuple(courses),
        "outlooks": tuple(outlooks),
        "raised": tuple(raised),
    }
    return Report(**{**fields, **more})


def _days(
    name: str,
    changes: Sequence[LevelChange],
    matches: Mapping[str, int],
    coverage: Coverage,
    begin: date,
    end: date,
) -> list[Day]:
    """The highest level that each day had, its matches."""
    own = sorted((c for c in changes if c.indicator == name), key=lambda c: c.at)
    found, level = [], Level.QUIET
    for day in days(begin, end):
        today = [c.after for c in own if c.at.date() == day]
        top = max([level, *today], key=lambda one: one.rank)
        level = today[-1] if today else level
        found.append(Day(day.isoformat(), top, coverage, matches.get(day.isoformat(), 0)))
    return found
