"""What was expected against what was seen → differences, as lines of a diff, with the reasons. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from iwmon.config import Config
from iwmon.config.problem import Place
from iwmon.config.scalars import written_duration
from iwmon.model import Alert, Coverage
from iwmon.ruletest.case import Case, Expected, ExpectedAlert, ExpectedAssessment
from iwmon.ruletest.expecting import NOTHING
from iwmon.ruletest.running import Seen

Mark = Literal["-", "+", " ", "why"]
_USUAL = ("severity",)  # shown of an alert beside what it is about, where the test speaks of none
_IN_HOURS = timedelta(hours=100)  # from here on with days


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a diff: expected and not found `-`, found and not expected `+`, both " ", or why."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs under one exp_… key. Texts may hold what a feed said."""

    key: str  # "exp_levels", ...
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """One eval that does not hold."""

    at: datetime
    after: str  # so long after start, as the file writes it
    place: Place
    differences: tuple[Difference, ...]


def judge(case: Case, seen: Iterable[Seen], config: Config) -> tuple[Failed, ...]:
    """The evals of a case that do not hold; () where all is as expected."""
    failed = []
    for one in seen:
        look = _Look(case, one, config)
        found = [difference for difference in look.differences() if difference.lines]
        if found:
            at = one.expected.at
            failed.append(Failed(at, since(case.start, at), one.expected.place, tuple(found)))
    return tuple(failed)


def since(start: datetime, at: datetime) -> str:
    """A time as the file writes it: 27h, 12d6h."""
    length = at - start
    hours, rest = divmod(length, timedelta(hours=1))
    return f"{hours}h" if not rest and length < _IN_HOURS else written_duration(length)


class _Look:
    """One eval of a case."""

    def __init__(self, case: Case, seen: Seen, config: Config) -> None:
        self.case, self.seen, self.config = case, seen, config
        self.explained: set[str] = set()  # indicators: each reason is told once

    def differences(self) -> list[Difference]:
        expected = self.seen.expected
        return [
            Difference("exp_levels", tuple(self._levels(expected))),
            Difference("exp_coverage", tuple(self._coverage(expected))),
            Difference("exp_alerts", tuple(self._alerts(expected.alerts))),
            Difference("exp_assessment", tuple(self._assessments(expected.assessments))),
            Difference("exp_matches", tuple(self._matches(expected.matches))),
        ]

    def _levels(self, expected: Expected) -> Iterable[Line]:
        for name, level in expected.levels.items():
            state = self.seen.states[name]
            if state.level != level:
                yield Line("-", f"{name}: {level}")
                yield Line("+", f"{name}: {state.level}")
                self.explained.add(name)
                yield Line("why", self._why(name))

    def _coverage(self, expected: Expected) -> Iterable[Line]:
        for name, coverage in expected.coverage.items():
            state = self.seen.states[name]
            if state.coverage != coverage:
                yield Line("-", f"{name}: {coverage}")
                yield Line("+", f"{name}: {state.coverage}")
                yield Line("why", state.coverage_reason)

    def _why(self, indicator: str) -> str:
        """Why an indicator is at its level, and which of the items are its evidence."""
        state, one = self.seen.states[indicator], self.config.indicators[indicator]
        reason = state.reason or "nothing was ever reported"
        if state.coverage is not Coverage.OK:
            reason += f"; {state.coverage_reason}"
        if one.type != "absence":
            numbers = [str(n) for n, names in sorted(self.seen.matches.items()) if indicator in names]
            if not numbers:
                reason += "; no item matches it"
            else:
                noun, verb = ("item", "matches") if len(numbers) == 1 else ("items", "match")
                reason += f"; {noun} {_and(numbers)} {verb} it"
            if origins := self.seen.origins.get(indicator):
                reason += f"; counted for {_and(origins)}"
        return reason

    # ------------------------------------------------------------ alerts

    def _alerts(self, expected: Sequence[ExpectedAlert] | None) -> list[Line]:
        if expected is None:
            return []
        own = self.case.judgement
        found = [alert for alert in self.seen.alerts if not own or alert.judgement == own]
        pairs = paired([[fits(one, alert) for alert in found] for one in expected])
        if len(pairs) == len(expected) == len(found):
            return []
        lines, told = [], 0
        names = list(dict.fromkeys(name for one in expected for name in one.fields)) or list(_USUAL)
        for n, one in enumerate(expected):
            if n not in pairs:
                lines.append(Line("-", self._written(one.fields)))
                continue
            lines += self._unexpected(found, range(told, pairs[n]), pairs, names)
            told = max(told, pairs[n])
            lines.append(Line(" ", self._written(one.fields)))
        lines += self._unexpected(found, range(told, len(found)), pairs, names)
        missed = {str(one.fields.get("indicator", "")) for n, one in enumerate(expected) if n not in pairs}
        extra = [alert for n, alert in enumerate(found) if n not in set(pairs.values())]
        wanted = missed | {alert.indicator for alert in extra if alert.indicator in self.seen.states}
        for name in sorted(wanted - self.explained - {""}):
            lines.append(Line("why", f"{name} is {self.seen.states[name].level}: {self._why(name)}"))
        reasons = dict.fromkeys(alert.why for alert in extra if not alert.indicator)
        lines += [Line("why", reason) for reason in reasons if reason]
        return lines

    def _unexpected(
        self, found: Sequence[Alert], numbers: range, pairs: Mapping[int, int], names: Sequence[str]
    ) -> list[Line]:
        """The alerts among those of the numbers that nothing expected, with what tells them apart."""
        taken = set(pairs.values())
        extra = [found[n] for n in numbers if n not in taken]
        return [
            Line("+", self._written({name: value(alert, name) for name in _telling(alert, names)}))
            for alert in extra
        ]

    def _written(self, fields: Mapping[str, str | int | datetime]) -> str:
        parts = []
        for name, given in fields.items():
            if isinstance(given, datetime):
                text = since(self.case.start, given)
            elif name == "title":
                text = json.dumps(given, ensure_ascii=False)
            else:
                text = str(given)
            parts.append(f"{name}: {text}")
        return "{" + ", ".join(parts) + "}"

    # ------------------------------------------------------------ assessments and matches

    def _assessments(self, expected: Mapping[str, ExpectedAssessment]) -> Iterable[Line]:
        for name, one in expected.items():
            found = self.seen.assessments[name]
            term = found.implied.term if found.implied else NOTHING
            right = not one.terms or term in one.terms
            if right and one.action in (None, found.action):
                continue
            yield Line("-", f"{name}: {_fields(term=one.written, action=one.action)}")
            shown = _fields(term=term if one.terms else "", action=found.action if one.action else "")
            yield Line("+", f"{name}: {shown}")
            yield Line("why", found.reason)

    def _matches(self, expected: Mapping[int, tuple[str, ...]]) -> Iterable[Line]:
        for number, names in expected.items():
            found = self._own(self.seen.matches.get(number))
            if found is not None and set(found) == set(names):
                continue
            yield Line("-", f"{number}: [{', '.join(names)}]")
            yield Line(
                "+", f"{number}: [{', '.join(found)}]" if found is not None else f"{number}: not seen yet"
            )

    def _own(self, names: Sequence[str] | None) -> tuple[str, ...] | None:
        """Those of the indicators that the test is about; None stays None."""
        own = self.case.judgement
        if names is None:
            return None
        return tuple(n for n in names if not own or self.config.indicators[n].judgement == own)


def fits(expected: ExpectedAlert, alert: Alert) -> bool:
    """Whether an alert is the one expected, as far as the fields that are given say."""
    return all(
        str(given).casefold() in alert.title.casefold() if name == "title" else given == value(alert, name)
        for name, given in expected.fields.items()
    )


def value(alert: Alert, name: str) -> str | int | datetime:
    """A field of an alert by the file's name for it."""
    if name == "reports":
        return len(alert.stories)
    found: str | datetime = getattr(alert, name)
    return found if isinstance(found, datetime) else str(found)


def paired(fitting: Sequence[Sequence[bool]]) -> dict[int, int]:
    """As many pairs of row and column as can be made, each used once: augmenting paths (Kuhn)."""
    of_column: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for column, fit in enumerate(fitting[row]):
            if fit and column not in tried:
                tried.add(column)
                if column not in of_column or place(of_column[column], tried):
                    of_column[column] = row
                    return True
        return False

    for row in range(len(fitting)):
        place(row, set())
    return {row: column for column, row in sorted(of_column.items())}


def _telling(alert: Alert, names: Sequence[str]) -> list[str]:
    """The fields to show of an alert: those that the test speaks of, and what it is about."""
    about = "indicator" if alert.indicator else "judgement"
    wanted = dict.fromkeys(("kind", about, *names, "after"))
    return [name for name in wanted if value(alert, name) != ""]


def _fields(**given: str | None) -> str:
    return "{" + ", ".join(f"{name}: {text}" for name, text in given.items() if text) + "}"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
