"""Checked shapes and a configuration → the `Case`s that can be run."""

from __future__ import annotations

from datetime import timedelta

from iwmon.config import Config
from iwmon.config.document import Path
from iwmon.ruletest import expecting, incoming
from iwmon.ruletest.case import FARTHER, Case
from iwmon.ruletest.draft import Draft
from iwmon.ruletest.reading import Tests

MOST_LOOKS = 20_000  # of one test
LONGEST_STEP = timedelta(days=1)  # silences are not timed over gaps much longer than this


def cases(tests: Tests, config: Config) -> tuple[Case, ...]:
    """The cases that can be run, in the order of the file; the report gets what is wrong with the others."""
    if tests.document is None:
        return ()
    step = tests.head.step if tests.head else None
    made = []
    for test, path in tests.found:
        case = _built(Draft(test, path, tests, config, test.step or step))
        if case:
            made.append(case)
    return tuple(made)


def _built(draft: Draft) -> Case | None:
    """The case; None where something is wrong with it, which the report then has."""
    if draft.start is None:
        if draft.written_above("start"):
            return None  # wrong, and said so
        draft.error((), "start is missing", "add start: 2022-10-01T00:00, here or at the top of the file")
        return None
    test = draft.test
    if test.judgement:
        draft.known("judgement", test.judgement, draft.config.judgements, ("judgement",))
    expected = expecting.expected(draft)
    draft.end = max((one.at for one in expected if one.at >= draft.start), default=None)
    if draft.end and (draft.end - draft.start) / (draft.step or FARTHER) > MOST_LOOKS:
        wrong = f"from start to the last eval_time iwmon would look more than {MOST_LOOKS:,} times"
        draft.error((), wrong, "write a longer step:, or an earlier eval_time")
    if draft.step and draft.step > LONGEST_STEP:
        below: Path = ("step",) if test.step else ()
        draft.error(below, "step: iwmon would look less than once a day", "write step: 1d, or less")
    items = [one for n, item in enumerate(test.input_items) for one in incoming.items(draft, n, item)]
    outages = [incoming.outage(draft, n, down) for n, down in enumerate(test.down)]
    opinions = [incoming.opinion(draft, n, review) for n, review in enumerate(test.reviews)]
    rulings = [incoming.ruling(draft, n, ruling) for n, ruling in enumerate(test.rulings)]
    if draft.errors:
        return None
    return Case(
        name=test.name,
        place=draft.document.place(draft.path),
        start=draft.start,
        step=draft.step,
        expected=tuple(sorted(expected, key=lambda one: one.at)),
        incoming=tuple(sorted(items, key=lambda one: one.at)),
        outages=tuple(outages),
        opinions=tuple(opinions),
        rulings=tuple(sorted((one for one in rulings if one), key=lambda one: one.at)),
        judgement=test.judgement or "",
    )
