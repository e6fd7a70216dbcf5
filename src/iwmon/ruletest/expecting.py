"""What must come out of a test, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from iwmon.config.document import Mapping, Path
from iwmon.config.problem import listed
from iwmon.ruletest import shape
from iwmon.ruletest.case import Expected, ExpectedAlert, ExpectedAssessment
from iwmon.ruletest.draft import Draft
from iwmon.yardsticks import WORDS, steps

NOTHING = "none"  # as a term: nothing is implied


def expected(draft: Draft) -> list[Expected]:
    """What is expected at each eval_time, in the order of the file."""
    test = draft.test
    direct = [key for key in shape.Expectations.model_fields if getattr(test, key) is not None]
    if test.evals:
        if test.eval_time is not None or direct:
            key = "eval_time" if test.eval_time is not None else direct[0]
            hint = "write it into one of the evals, or write no evals"
            draft.error((key,), f"{key}: stands beside evals", hint, key=True)
        return [_eval(draft, ("evals", n), one, one.eval_time) for n, one in enumerate(test.evals)]
    if test.eval_time is None:
        hint = "add eval_time: 27h and exp_levels:, exp_alerts: or another exp_…, or a list of evals"
        draft.error((), "this test looks at nothing" if not direct else "eval_time is missing here", hint)
        return []
    return [_eval(draft, (), test, test.eval_time)]


def _eval(draft: Draft, here: Path, given: shape.Expectations, when: timedelta | datetime) -> Expected:
    at = draft.moment(when)
    if draft.start is not None and at < draft.start:
        draft.error((*here, "eval_time"), "eval_time: this is before the start", "write a later time")
    if all(getattr(given, key) is None for key in shape.Expectations.model_fields):
        words = listed(shape.Expectations.model_fields)
        draft.error((*here, "eval_time"), "nothing is expected here", f"add one of: {words}", key=True)
    levels: dict[str, str] = dict(given.exp_levels or {})
    coverage: dict[str, str] = dict(given.exp_coverage or {})
    for key, names in (("exp_levels", levels), ("exp_coverage", coverage)):
        for name in names:
            draft.indicator(name, (*here, key, name), key=True)
    alerts = None
    if given.exp_alerts is not None:
        alerts = tuple(_alert(draft, (*here, "exp_alerts", n), a) for n, a in enumerate(given.exp_alerts))
    return Expected(
        at=at,
        place=draft.place((*here, "eval_time"), key=True),
        levels=levels,
        coverage=coverage,
        alerts=alerts,
        assessments={
            name: _assessment(draft, (*here, "exp_assessment", name), name, one)
            for name, one in (given.exp_assessment or {}).items()
        },
        matches={
            number: _matches(draft, (*here, "exp_matches", str(number)), number, names)
            for number, names in (given.exp_matches or {}).items()
        },
    )


def _alert(draft: Draft, here: Path, given: shape.ExpectedAlert) -> ExpectedAlert:
    if given.indicator:
        draft.indicator(given.indicator, (*here, "indicator"))
    if given.judgement:
        draft.known("judgement", given.judgement, draft.config.judgements, (*here, "judgement"))
    fields: dict[str, str | int | datetime] = {}
    node = draft.document.node((*draft.path, *here))
    for name in node.values if isinstance(node, Mapping) else ():
        value = getattr(given, name)
        if value is not None:
            fields[name] = draft.moment(value) if isinstance(value, timedelta | datetime) else value
    if not fields:
        draft.error(here, "an alert of which nothing is said", "add kind: level_up, indicator: …")
    return ExpectedAlert(fields, draft.place(here))


def _assessment(draft: Draft, here: Path, name: str, given: shape.ExpectedAssessment) -> ExpectedAssessment:
    draft.judgement(name, here, key=True)
    if given.term is None and given.action is None:
        draft.error(here, "nothing is expected here", "add term: likely, or action: review_due", key=True)
    terms: tuple[str, ...] = ()
    written = ""
    if isinstance(given.term, str):
        written = given.term
        if written == NOTHING:
            terms = (NOTHING,)
        elif draft.is_term((*here, "term"), written):
            terms = _between(draft, written, written)
    elif given.term is not None:
        written = f"{{from: {given.term.lowest}, to: {given.term.highest}}}"
        terms = _stretch(draft, (*here, "term"), given.term)
    return ExpectedAssessment(terms, written, given.action, draft.place(here, key=True))


def _stretch(draft: Draft, below: Path, given: shape.Terms) -> tuple[str, ...]:
    right = [draft.is_term((*below, "from"), given.lowest), draft.is_term((*below, "to"), given.highest)]
    if not all(right):
        return ()
    if steps(given.lowest, given.highest, draft.config.settings.yardstick) < 0:
        draft.error(below, "term: from is above to", "write the lower term first")
    return _between(draft, given.lowest, given.highest)


def _between(draft: Draft, lowest: str, highest: str) -> tuple[str, ...]:
    """All of the yardstick's words from one band to another, both included."""
    yardstick = draft.config.settings.yardstick
    return tuple(
        word
        for word in WORDS[yardstick]
        if steps(lowest, word, yardstick) >= 0 and steps(word, highest, yardstick) >= 0
    )


def _matches(draft: Draft, here: Path, number: int, names: Sequence[str]) -> tuple[str, ...]:
    if number > len(draft.test.input_items):
        draft.error(here, f"there is no item {number}", "count input_items from 1", key=True)
    for n, name in enumerate(names):
        draft.indicator(name, (*here, n))
    return tuple(names)
