"""A backtest in words: the lines of a terminal and of backtest.md.

Titles are feed text: they go through `alerts.words.safe`, and in Markdown nothing in them is markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from iwmon.alerts.words import safe
from iwmon.backtest.nouns import Alarm, Backtest, Fate, Figure, Scores, listed_to

LABELS: Mapping[str, str] = {
    "precision": "precision of alarms",
    "warned": "recall, warned before the event",
    "detected": "recall, alarm by its last day",
    "detected_where_covered": "the same, of events with coverage",
    "lead_median": "lead time, median (days)",
    "lead_lower_quartile": "lead time, lower quartile",
    "lead_upper_quartile": "lead time, upper quartile",
    "false_alarms_a_month": "false alarms a covered month",
    "false_alarms_a_calendar_month": "false alarms a calendar month",
    "brier": "Brier score, daily (0 is best)",
    "skill_over_constant": "skill over your term as it stands",
    "skill_over_decayed": "skill over your term less the time",
    "skill_over_count": "skill over count > 2 × mean",
}
_SHARES = frozenset(("precision", "warned", "detected", "detected_where_covered"))
_RATES = frozenset(("false_alarms_a_month", "false_alarms_a_calendar_month"))
_OF_ALARMS = tuple(name for name in LABELS if name != "brier" and not name.startswith("skill"))
_HOW = {
    "warned": "warned",
    "detected": "detected late",
    "planted": "false alarm: the list says that this did not happen",
    "extra": "false alarm: another is counted for the event",
    "false": "false alarm",
    "standing": "already on: neither hit nor false",
    "undecided": "too near the list's end to say",
}
# Emphasis, code, links, HTML, tables; and what some readers make a link of unasked.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&]|:(?=//)|(?<=www)\.|@)")


# ---------------------------------------------------------------- figures


def value(name: str, number: float | None) -> str:
    """A number as it is shown; "–" for none."""
    if number is None:
        return "–"
    if name in _SHARES:
        return f"{number:.0%}"
    if name.startswith("skill"):
        return f"{number:+.2f}"
    if name in _RATES:
        return f"{number:.2f}"
    return f"{number:.3f}" if name == "brier" else f"{number:.1f}"


def interval(name: str, figure: Figure) -> str:
    """ "12% to 50%"; "" where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{value(name, figure.low)} to {value(name, figure.high)}"


def said(name: str, figure: Figure) -> str:
    """A figure with its interval, or why it has none: for the end of a line."""
    if figure.value is None:
        return f"no figure: {figure.why}"
    return interval(name, figure) or figure.why


def figure_rows(scores: Scores) -> list[tuple[str, str, str, str]]:
    """(What, value, of how many, interval or reason) of every figure."""
    return [
        (
            label,
            value(name, scores.figures[name].value),
            f"n = {scores.figures[name].n}",
            said(name, scores.figures[name]),
        )
        for name, label in LABELS.items()
    ]


def compared_rows(columns: Sequence[tuple[str, Scores]], names: Iterable[str]) -> list[tuple[str, ...]]:
    """A heading, then each figure in every column; after the first, with its difference from it."""
    rows = [("", *(title for title, _ in columns))]
    for name in names:
        first = columns[0][1].figures[name].value
        cells = [value(name, first)]
        for _, scores in columns[1:]:
            number = scores.figures[name].value
            cells.append(f"{value(name, number)}{_difference(name, first, number)}")
        rows.append((LABELS[name], *cells))
    return rows


def _difference(name: str, first: float | None, other: float | None) -> str:
    if first is None or other is None:
        return ""
    change = other - first
    if name in _SHARES:
        return f" ({100 * change:+.0f} points)"
    return f" ({change:+.3f})" if name == "brier" else f" ({change:+.2f})"


def plain_rule_rows(result: Backtest) -> list[tuple[str, ...]]:
    """The alarms beside those of the plain rule."""
    columns = (("iwmon", result.overall), ("count > 2 × mean", result.count_rule))
    counted = ("alarms", *(str(scores.alarms) for _, scores in columns))
    heading, *rest = compared_rows(columns, _OF_ALARMS)
    return [heading, counted, *rest]


def ablation_rows(full: Backtest, without: Mapping[str, Backtest]) -> list[tuple[str, ...]]:
    """The full model beside those that lack a part, with the differences."""
    columns = [("full", full), *((f"without {part}", one) for part, one in without.items())]
    counted = ("alarms", *(str(one.overall.alarms) for _, one in columns))
    heading, *rest = compared_rows([(title, one.overall) for title, one in columns], LABELS)
    return [heading, counted, *rest]


def trade_rows(result: Backtest) -> list[tuple[str, ...]]:
    """What each level costs and brings."""
    names = (
        "precision",
        "warned",
        "detected",
        "lead_median",
        "false_alarms_a_month",
        "false_alarms_a_calendar_month",
    )
    heads = (
        "precision",
        "warned",
        "detected",
        "lead (days)",
        "false a covered month",
        "false a calendar month",
    )
    return [
        ("alarm at", "alarms", *heads),
        *(
            (str(t.level), str(t.alarms), *(value(name, t.figures[name].value) for name in names))
            for t in result.trade
        ),
    ]


def scope_rows(result: Backtest) -> list[tuple[str, ...]]:
    """A row a judgement, or an indicator with events of its own."""
    names = ("precision", "warned", "detected", "lead_median", "false_alarms_a_month", "brier")
    heads = ("precision", "warned", "detected", "lead (days)", "false a covered month", "Brier")
    return [
        ("of", "alarms", "false", "events", *heads),
        *(
            (
                scope_name(s.judgement, s.indicator),
                str(s.alarms),
                str(sum(s.outcomes.get(how, 0) for how in ("false", "extra", "planted"))),
                str(s.figures["warned"].n),
                *(value(name, s.figures[name].value) for name in names),
            )
            for s in result.scores
        ),
    ]


def unsupported(result: Backtest) -> list[str]:
    """The figures that the data cannot support, by reason; scopes that lack the same share a line."""
    lacking: dict[tuple[str, str], list[str]] = {}
    for scores in result.scores:
        reasons: dict[str, list[str]] = {}
        for name, short in _SHORT.items():
            figure = scores.figures.get(name)
            if figure is not None and figure.value is None:
                reasons.setdefault(figure.why, []).append(short)
        for why, names in reasons.items():
            scopes = lacking.setdefault((", ".join(names), why), [])
            scopes.append(scope_name(scores.judgement, scores.indicator))
    return [f"{', '.join(scopes)}: no figure for {names}: {why}" for (names, why), scopes in lacking.items()]


_SHORT = {
    "precision": "precision",
    "warned": "recall",
    "lead_median": "lead time",
    "false_alarms_a_month": "false alarms a month",
    "brier": "the Brier score",
}


def scope_name(judgement: str, indicator: str) -> str:
    """ "kj-2", or "kj-5/rail-sabotage"."""
    return f"{judgement}/{indicator}" if indicator else judgement


# ---------------------------------------------------------------- alarms and events


def rule(result: Backtest) -> list[str]:
    """What was counted as what, in sentences."""
    asked, days = result.rule, result.rule.horizon.days
    found = [
        f"An alarm: an indicator that supports the judgement stands at {asked.at} or above; alarms of one "
        f"judgement up to {_length(asked.merge)} apart are one."
        + (" Only what people were told of counts, from when they were told." if asked.told else ""),
        f"An alarm is matched with an event that it precedes by at most {days} days, or that goes on when it "
        "begins; one alarm an event. Any other is false, save one that already stood when the "
        f"{days} days began (neither), and one less than {days} days before the list's end, "
        f"{listed_to(asked, result.until)} (undecided).",
        "Lead time: from the alarm to the first day's midnight, UTC; negative: it came after.",
        "The Brier score asks each day of an event_by judgement's life: does an event begin within the next "
        f"{days} days (and before its horizon)? Terms that speak of longer are brought to these days "
        "as if each day were as likely as the next. Skill: 1 − Brier / Brier of the reference; above 0 is "
        "better than it.",
    ]
    if asked.complete:
        found.append("The list is taken as complete: a judgement without an event in it had none.")
    return found


def alarm_line(alarm: Alarm) -> str:
    """Who, when, and what came of it."""
    end = _day(alarm.end) if alarm.end else "the end"
    how = _HOW[alarm.outcome] + (f" ({safe(alarm.event, 40)})" if alarm.event else "")
    return f"{scope_name(alarm.judgement, alarm.indicator)}  {_day(alarm.begin)} to {end}: {how}"


def alarm_details(alarm: Alarm) -> list[str]:
    """Its indicators, the first alert's title, and what was behind that."""
    told = safe(alarm.title, 160) if alarm.title else "nobody was alerted at this level"
    return [f"{', '.join(alarm.indicators)}: {told}", *(f"“{safe(title, 140)}”" for title in alarm.evidence)]


def fate_line(fate: Fate) -> str:
    """What came of an event, with the lead or the reason."""
    event = fate.event
    whose = scope_name(event.judgement, event.indicator)
    head = f"{safe(event.id, 40)}  {whose}  {event.begin}: {safe(event.text, 90)}"
    return f"{head} → {fate.outcome}" + (f": {safe(fate.reason, 300)}" if fate.reason else "")


def fate_lines(result: Backtest) -> list[str]:
    """The events within the replay, a line each; those outside it in one."""
    inside = [fate_line(fate) for fate in result.fates if fate.outcome != "outside"]
    outside = [safe(fate.event.id, 40) for fate in result.fates if fate.outcome == "outside"]
    if outside:
        span = f"{_day(result.since)} to {_day(result.until)}"
        inside.append(f"outside the replay ({span}), and not counted: {', '.join(outside)}")
    return inside


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _length(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:g} days" if days != 1 else "1 day"


# ---------------------------------------------------------------- Markdown


def markdown(full: Backtest, without: Mapping[str, Backtest]) -> str:
    """backtest.md: everything, for a reader who has not seen the terminal."""
    parts = [
        f"# Backtest: {plain(full.title)}",
        f"{_day(full.since)} to {_day(full.until)}, configuration {full.digest[:10]}.",
        *(plain(note) for note in full.notes),
        "## Figures",
        _grid([("", "value", "n", "90 % interval, or why none"), *figure_rows(full.overall)]),
        "## Against a plain rule",
        "More matched items in a day than twice the mean of the 14 before, known at the day's end. In"
        " brackets: how far it is from iwmon.",
        _grid(plain_rule_rows(full)),
    ]
    if without:
        parts += ["## What the parts of the model are worth", _grid(ablation_rows(full, without))]
    parts += [
        "## By level",
        _grid(trade_rows(full)),
        "## By judgement",
        _grid(scope_rows(full)),
        _bullets(unsupported(full)),
        "## Events",
        _bullets(fate_lines(full)),
        "## Alarms",
        "\n".join(_alarm_item(alarm) for alarm in full.alarms) or "None.",
        "## What is counted",
        _bullets(rule(full)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """Text on one line in which nothing is Markdown or HTML."""
    return _MARKUP.sub(r"\\\1", safe(text, 2000))


def _alarm_item(alarm: Alarm) -> str:
    return "\n".join(
        [f"- {plain(alarm_line(alarm))}", *(f"  - {plain(line)}" for line in alarm_details(alarm))]
    )


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {plain(line)}" for line in lines)


def _grid(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first row is its heading."""
    lines = [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * len(rows[0])}", *lines[1:]])
