"""A test file's bytes → checked shapes; with a configuration → `Case`s. What is wrong is told with its place.

One wrong test does not lose the others: the report has the error, and the rest can be run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from iwmon.config import Config
from iwmon.config.complaints import complain
from iwmon.config.composing import Kind, load
from iwmon.config.document import Document, Mapping, Path, plain_data
from iwmon.config.document import Sequence as NodeSequence
from iwmon.config.problem import Place, Report, listed, shown
from iwmon.config.shaping import Shape
from iwmon.model import Entry, Review, Ruling
from iwmon.ruletest import shape
from iwmon.ruletest.case import (
    FARTHER,
    UNLISTED,
    Case,
    Expected,
    ExpectedAlert,
    ExpectedAssessment,
    Incoming,
    Opinion,
    Outage,
)
from iwmon.yardsticks import TITLES, WORDS, band, known, plain, steps

MOST_LOOKS = 20_000  # of one test
LONGEST_STEP = timedelta(days=1)  # silences are not timed over gaps much longer than this
NOTHING = "none"  # as a term: nothing is implied
ALL = "all"  # every source is down
_ACTIONS: tuple[Literal["confirm", "reject", "restore"], ...] = ("confirm", "reject", "restore")
_RULINGS: tuple[Literal["assess", "resolve", "reopen"], ...] = ("assess", "resolve", "reopen")
_KIND = Kind("a test file", "tests:", "docs/indicators.md shows how a test is written")

S = TypeVar("S", bound=Shape)


@dataclass(slots=True)
class Tests:
    """A test file: the tests that are written rightly, and a report of what is wrong."""

    report: Report
    config: str = ""  # as written, relative to the file; "" = not said
    config_place: Place | None = None  # where that stands; None = not said
    found: list[tuple[shape.Test, Path]] = field(default_factory=list)
    document: Document | None = None
    head: shape.File | None = None


def read(name: str, content: bytes) -> Tests:
    """A test file. `name` is how places in it are told. Never raises: errors are in the report."""
    report = Report()
    tests = Tests(report)
    document = load(name, content, report, _KIND)
    if document is None:
        return tests
    tests.document = document
    tests.config_place = document.place(("config",)) if "config" in document.root.values else None
    written = document.root.values.get("tests")
    one_by_one = written.items if isinstance(written, NodeSequence) else []
    data = {key: plain_data(node) for key, node in document.root.values.items()}
    if one_by_one:
        data["tests"] = [_STANDING_IN]  # they are checked below, so that each shows all its errors
    tests.head = _checked(report, document, (), shape.File, data)
    tests.config = (tests.head.config or "") if tests.head else _text(document, "config")
    for index, node in enumerate(one_by_one):
        path: Path = ("tests", index)
        test = _checked(report, document, path, shape.Test, plain_data(node))
        if test:
            tests.found.append((test, path))
    return tests


_STANDING_IN = {"name": "unnamed"}


def _checked(report: Report, document: Document, path: Path, model: type[S], data: object) -> S | None:
    try:
        checked = model.model_validate(data)
    except ValidationError as error:
        complain(report, document, path, model, error)
        return None
    node = document.node(path)
    wrong = node is not None and any(_inside(document, path, place) for place, _ in report.found)
    return None if wrong and path else checked


def _inside(document: Document, path: Path, place: Place) -> bool:
    """Whether a place stands in the node at a path of a list: after its beginning, before the next one's."""
    begins = document.place(path)
    follows = document.node((*path[:-1], int(path[-1]) + 1)) if path else None
    after = (begins.line, begins.column) <= (place.line, place.column)
    return after and (follows is None or (place.line, place.column) < (follows.line, follows.column))


def _text(document: Document, key: str) -> str:
    value = plain_data(document.root.values[key]) if key in document.root.values else ""
    return value if isinstance(value, str) else ""


def cases(tests: Tests, config: Config) -> tuple[Case, ...]:
    """The cases that can be run, in the order of the file; the report gets what is wrong with the others."""
    if tests.document is None:
        return ()
    step = tests.head.step if tests.head else None
    made = []
    for test, path in tests.found:
        builder = _Builder(test, path, tests, config, test.step or step)
        case = builder.build()
        if case:
            made.append(case)
    return tuple(made)


class _Builder:
    """One test with a configuration: the references that it makes are looked up."""

    def __init__(
        self, test: shape.Test, path: Path, tests: Tests, config: Config, step: timedelta | None
    ) -> None:
        assert tests.document is not None
        self.test, self.path, self.config, self.step = test, path, config, step
        self.document, self.report = tests.document, tests.report
        self.start = test.start or (tests.head.start if tests.head else None)
        self.end: datetime | None = None  # the last look
        self.errors = 0

    def build(self) -> Case | None:
        if self.start is None:
            if self._written_above("start"):
                return None  # wrong, and said so
            self._error((), "start is missing", "add start: 2022-10-01T00:00, here or at the top of the file")
            return None
        test = self.test
        if test.judgement:
            self._known("judgement", test.judgement, self.config.judgements, ("judgement",))
        expected = self._expected()
        self.end = max((one.at for one in expected if one.at >= self.start), default=None)
        if self.end and (self.end - self.start) / (self.step or FARTHER) > MOST_LOOKS:
            wrong = f"from start to the last eval_time iwmon would look more than {MOST_LOOKS:,} times"
            self._error((), wrong, "write a longer step:, or an earlier eval_time")
        if self.step and self.step > LONGEST_STEP:
            below: Path = ("step",) if test.step else ()
            self._error(below, "step: iwmon would look less than once a day", "write step: 1d, or less")
        incoming = [one for n, item in enumerate(test.input_items) for one in self._item(n, item)]
        outages = [self._outage(n, down) for n, down in enumerate(test.down)]
        opinions = [self._opinion(n, review) for n, review in enumerate(test.reviews)]
        rulings = [self._ruling(n, ruling) for n, ruling in enumerate(test.rulings)]
        if self.errors:
            return None
        return Case(
            name=test.name,
            place=self.document.place(self.path),
            start=self.start,
            step=self.step,
            expected=tuple(sorted(expected, key=lambda one: one.at)),
            incoming=tuple(sorted(incoming, key=lambda one: one.at)),
            outages=tuple(outages),
            opinions=tuple(opinions),
            rulings=tuple(sorted((one for one in rulings if one), key=lambda one: one.at)),
            judgement=test.judgement or "",
        )

    # ------------------------------------------------------------ what is wrong

    def _error(self, below: Path, message: str, hint: str, *, key: bool = False) -> None:
        self.errors += 1
        self.report.error(self._place(below, key=key), message, hint)

    def _place(self, below: Path, *, key: bool = False) -> Place:
        return self.document.place((*self.path, *below), key=key)

    def _written_above(self, key: str) -> bool:
        """Whether the file says something there; a key without a value says nothing."""
        node = self.document.root.values.get(key)
        return node is not None and plain_data(node) is not None

    def _known(self, noun: str, name: str, known: Iterable[str], below: Path, *, key: bool = False) -> bool:
        names = list(known)
        if name in names:
            return True
        hint = self.report.suggest(name, names, f"{noun}s here: {listed(names)}")
        self._error(below, f"there is no {noun} {shown(name)} in {self.config.files[0]}", hint, key=key)
        return False

    def _judgement(self, name: str, below: Path, *, key: bool = False) -> bool:
        """Whether there is this judgement, and the test is not about another one only."""
        if not self._known("judgement", name, self.config.judgements, below, key=key):
            return False
        own = self.test.judgement
        if own in self.config.judgements and name != own:
            hint = "remove it, or the test's judgement:"
            self._error(below, f"this test is about {own} only", hint, key=key)
            return False
        return True

    def _moment(self, value: timedelta | datetime) -> datetime:
        assert self.start is not None
        return self.start + value if isinstance(value, timedelta) else value

    # ------------------------------------------------------------ what goes in

    def _item(self, index: int, item: shape.InputItem) -> list[Incoming]:
        here: Path = ("input_items", index)
        at, source = self._moment(item.at), self._carrier(here, item)
        if self.start is not None and at < self.start:
            self._error(
                (*here, "at"), "at: this is before the start", "write a later time, or an earlier start"
            )
        elif self.end and at > self.end:
            wrong = "at: nothing looks at this item: it comes after the last eval_time"
            self._error((*here, "at"), wrong, "write an earlier time, or a later eval_time")
        if (item.every is None) != (item.times is None):
            given, absent = ("every", "times") if item.every else ("times", "every")
            example = "5" if absent == "times" else "6h"
            self._error(
                (*here, given), f"{given}: needs {absent} beside it", f"add {absent}: {example}", key=True
            )
        every, times = item.every or timedelta(0), item.times or 1
        return [self._one(index + 1, n, item, source, at + n * every) for n in range(times)]

    def _carrier(self, here: Path, item: shape.InputItem) -> str:
        name = item.source
        if name is None:
            if item.publisher is None:
                hint = "add source: an id, or publisher: a newsroom that is not listed"
                self._error(here, "whose item is this?", hint)
            return UNLISTED
        if not self._known("source", name, self.config.sources, (*here, "source")):
            return UNLISTED
        source = self.config.sources[name]
        if not source.enabled:
            hint = f'enable it there, or write publisher: "{source.name}" instead of source'
            self._error((*here, "source"), f"{shown(name)} is not enabled: iwmon never asks it", hint)
        if item.publisher is not None and not source.aggregator:
            wrong = f"publisher: {name} is no aggregator, so all its items are its own"
            self._error((*here, "publisher"), wrong, "remove source, or publisher", key=True)
        return name

    def _one(self, number: int, n: int, item: shape.InputItem, source: str, at: datetime) -> Incoming:
        def text(given: str | None) -> str:
            return (given or "").replace("{n}", str(n + 1))

        # An address would say who the publisher is: where only his name is given, none is made up.
        configured = self.config.sources.get(source)
        published = at if item.published is None else self._claimed(item.published, at)
        entry = Entry(
            key=f"item {number}.{n + 1}",
            url=text(item.url) or ("" if item.publisher else f"https://{source}.invalid/{number}/{n + 1}"),
            title=text(item.title),
            summary=text(item.summary),
            body=text(item.body),
            published=published,
            language=item.language or (configured.language if configured else None),
            publisher=item.publisher or "",
        )
        return Incoming(number, at, source, entry)

    def _claimed(self, published: timedelta | datetime | str, at: datetime) -> datetime | None:
        return None if isinstance(published, str) else self._moment(published)

    def _outage(self, index: int, down: shape.Down) -> Outage:
        assert self.start is not None
        here: Path = ("down", index)
        names = [down.source] if isinstance(down.source, str) else down.source
        for n, name in enumerate(names):
            if name != ALL:
                where = (*here, "source") if isinstance(down.source, str) else (*here, "source", n)
                self._known("source", name, self.config.sources, where)
        everything = ALL in names and ALL not in self.config.sources
        since = self._moment(down.since) if down.since is not None else self.start
        until = self._moment(down.until) if down.until is not None else None
        if until is not None and until <= since:
            self._error((*here, "until"), "until: this is not after from", "write a later time")
        return Outage(frozenset(self.config.sources if everything else names), since, until)

    def _opinion(self, index: int, given: shape.Review) -> Opinion:
        here: Path = ("reviews", index)
        at, items = self._moment(given.at), self.test.input_items
        if self.end and at > self.end:
            wrong = "at: nothing looks at this review: it comes after the last eval_time"
            self._error((*here, "at"), wrong, "write an earlier time, or a later eval_time")
        if given.item > len(items):
            has = f"there {'is' if len(items) == 1 else 'are'} {len(items)} in input_items"
            self._error((*here, "item"), f"item: there is no item {given.item}", f"{has}; count from 1")
        elif self._moment(items[given.item - 1].at) > at:
            wrong = f"at: item {given.item} is not there yet"
            self._error((*here, "at"), wrong, "write a time after the item's")
        if given.indicator:
            self._known("indicator", given.indicator, self.config.indicators, (*here, "indicator"))
        said = [word for word in _ACTIONS if getattr(given, word)]
        if len(said) > 1:
            wrong = f"{' and '.join(said)} cannot be said at once"
            self._error(here, wrong, "write them as two reviews")
        elif not said and given.credibility is None:
            self._error(here, "this review says nothing", "add confirm: true, reject: true or credibility: 2")
        action: Literal["confirm", "reject", "restore", "grade"] = said[0] if said else "grade"
        review = Review("", action, "the test", at, given.indicator or "", given.credibility)
        return Opinion(given.item, review)

    def _ruling(self, index: int, given: shape.Ruling) -> Ruling | None:
        here: Path = ("rulings", index)
        at = self._moment(given.at)
        if self.start is not None and at < self.start:
            hint = "write a later time, or an earlier start"
            self._error((*here, "at"), "at: this is before the start", hint)
        elif self.end and at > self.end:
            wrong = "at: nothing looks at this ruling: it comes after the last eval_time"
            self._error((*here, "at"), wrong, "write an earlier time, or a later eval_time")
        said = [word for word in _RULINGS if getattr(given, word) is not None]
        if len(said) > 1:
            self._error(here, f"{' and '.join(said)} cannot be said at once", "write them as two rulings")
        elif not said:
            hint = "add assess: likely, resolve: true or reopen: true"
            self._error(here, "this ruling says nothing", hint)
        name = given.judgement or self.test.judgement or ""
        if not name:
            self._error(here, "of which judgement is this?", "add judgement: an id, here or to the test")
        elif given.judgement:
            self._judgement(name, (*here, "judgement"))
        judgement = self.config.judgements.get(name)
        term = ""
        if given.assess is not None and self._is_term((*here, "assess"), given.assess):
            term = band(given.assess, self.config.settings.yardstick).term
        if judgement is None or len(said) != 1:
            return None
        if term and at <= judgement.made_on:
            made_on = judgement.made_on.astimezone(ZoneInfo(self.config.settings.timezone)).date()
            wrong = f"at: the term of {judgement.id} is of {made_on}, and later ones win"
            self._error((*here, "at"), wrong, "write a later time, or an earlier made_on there")
        outcome = "" if given.resolve is None else str(given.resolve).lower()
        decided = at if outcome else None
        return Ruling(judgement.id, said[0], "the test", at, term, outcome=outcome, decided_on=decided)

    # ------------------------------------------------------------ what must come out

    def _expected(self) -> list[Expected]:
        test = self.test
        direct = [key for key in shape.Expectations.model_fields if getattr(test, key) is not None]
        if test.evals:
            if test.eval_time is not None or direct:
                key = "eval_time" if test.eval_time is not None else direct[0]
                hint = "write it into one of the evals, or write no evals"
                self._error((key,), f"{key}: stands beside evals", hint, key=True)
            return [self._eval(("evals", n), one, one.eval_time) for n, one in enumerate(test.evals)]
        if test.eval_time is None:
            hint = "add eval_time: 27h and exp_levels:, exp_alerts: or another exp_…, or a list of evals"
            self._error((), "this test looks at nothing" if not direct else "eval_time is missing here", hint)
            return []
        return [self._eval((), test, test.eval_time)]

    def _eval(self, here: Path, given: shape.Expectations, when: timedelta | datetime) -> Expected:
        at = self._moment(when)
        if self.start is not None and at < self.start:
            self._error((*here, "eval_time"), "eval_time: this is before the start", "write a later time")
        if all(getattr(given, key) is None for key in shape.Expectations.model_fields):
            words = listed(shape.Expectations.model_fields)
            self._error((*here, "eval_time"), "nothing is expected here", f"add one of: {words}", key=True)
        levels: dict[str, str] = dict(given.exp_levels or {})
        coverage: dict[str, str] = dict(given.exp_coverage or {})
        for key, names in (("exp_levels", levels), ("exp_coverage", coverage)):
            for name in names:
                self._indicator(name, (*here, key, name), key=True)
        alerts = None
        if given.exp_alerts is not None:
            alerts = tuple(self._alert((*here, "exp_alerts", n), a) for n, a in enumerate(given.exp_alerts))
        return Expected(
            at=at,
            place=self._place((*here, "eval_time"), key=True),
            levels=levels,
            coverage=coverage,
            alerts=alerts,
            assessments={
                name: self._assessment((*here, "exp_assessment", name), name, one)
                for name, one in (given.exp_assessment or {}).items()
            },
            matches={
                number: self._matches((*here, "exp_matches", str(number)), number, names)
                for number, names in (given.exp_matches or {}).items()
            },
        )

    def _indicator(self, name: str, below: Path, *, key: bool = False) -> None:
        if not self._known("indicator", name, self.config.indicators, below, key=key):
            return
        owner, own = self.config.indicators[name].judgement, self.test.judgement
        if own in self.config.judgements and owner != own:
            wrong = f"{name} belongs to {owner}, and this test is about {own} only"
            self._error(below, wrong, "remove it, or the test's judgement:", key=key)

    def _alert(self, here: Path, given: shape.ExpectedAlert) -> ExpectedAlert:
        if given.indicator:
            self._indicator(given.indicator, (*here, "indicator"))
        if given.judgement:
            self._known("judgement", given.judgement, self.config.judgements, (*here, "judgement"))
        fields: dict[str, str | int | datetime] = {}
        node = self.document.node((*self.path, *here))
        for name in node.values if isinstance(node, Mapping) else ():
            value = getattr(given, name)
            if value is not None:
                fields[name] = self._moment(value) if isinstance(value, timedelta | datetime) else value
        if not fields:
            self._error(here, "an alert of which nothing is said", "add kind: level_up, indicator: …")
        return ExpectedAlert(fields, self._place(here))

    def _assessment(self, here: Path, name: str, given: shape.ExpectedAssessment) -> ExpectedAssessment:
        self._judgement(name, here, key=True)
        if given.term is None and given.action is None:
            self._error(here, "nothing is expected here", "add term: likely, or action: review_due", key=True)
        terms: tuple[str, ...] = ()
        written = ""
        if isinstance(given.term, str):
            written = given.term
            if written == NOTHING:
                terms = (NOTHING,)
            elif self._is_term((*here, "term"), written):
                terms = self._between(written, written)
        elif given.term is not None:
            written = f"{{from: {given.term.lowest}, to: {given.term.highest}}}"
            terms = self._stretch((*here, "term"), given.term)
        return ExpectedAssessment(terms, written, given.action, self._place(here, key=True))

    def _is_term(self, below: Path, written: str) -> bool:
        yardstick = self.config.settings.yardstick
        if known(written, yardstick):
            return True
        words = WORDS[yardstick]
        hint = self.report.suggest(plain(written), words, f"write one of: {listed(words, 20)}")
        self._error(below, f"{shown(written)} is not a word of {TITLES[yardstick]}", hint)
        return False

    def _stretch(self, below: Path, given: shape.Terms) -> tuple[str, ...]:
        right = [self._is_term((*below, "from"), given.lowest), self._is_term((*below, "to"), given.highest)]
        if not all(right):
            return ()
        if steps(given.lowest, given.highest, self.config.settings.yardstick) < 0:
            self._error(below, "term: from is above to", "write the lower term first")
        return self._between(given.lowest, given.highest)

    def _between(self, lowest: str, highest: str) -> tuple[str, ...]:
        """All of the yardstick's words from one band to another, both included."""
        yardstick = self.config.settings.yardstick
        return tuple(
            word
            for word in WORDS[yardstick]
            if steps(lowest, word, yardstick) >= 0 and steps(word, highest, yardstick) >= 0
        )

    def _matches(self, here: Path, number: int, names: Sequence[str]) -> tuple[str, ...]:
        if number > len(self.test.input_items):
            self._error(here, f"there is no item {number}", "count input_items from 1", key=True)
        for n, name in enumerate(names):
            self._indicator(name, (*here, n))
        return tuple(names)
