"""A test while it is made ready to run: what its names and times mean, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from iwmon.config import Config
from iwmon.config.document import Path, plain_data
from iwmon.config.problem import Place, listed, shown
from iwmon.ruletest import shape
from iwmon.ruletest.reading import Tests
from iwmon.yardsticks import TITLES, WORDS, known, plain


class Draft:
    """One test with a configuration: the references that it makes are looked up.

    `start`: of the test, else of its file; None: neither says. `end`: its last look, once that is known.
    `errors`: how many there are; the report has them.
    """

    def __init__(
        self, test: shape.Test, path: Path, tests: Tests, config: Config, step: timedelta | None
    ) -> None:
        assert tests.document is not None
        self.test, self.path, self.config, self.step = test, path, config, step
        self.document, self.report = tests.document, tests.report
        self.start = test.start or (tests.head.start if tests.head else None)
        self.end: datetime | None = None
        self.errors = 0

    def error(self, below: Path, message: str, hint: str, *, key: bool = False) -> None:
        """Note what is wrong at a path below the test's own; `key`: at the name, not at its value."""
        self.errors += 1
        self.report.error(self.place(below, key=key), message, hint)

    def place(self, below: Path, *, key: bool = False) -> Place:
        """Where a path below the test's own stands in the file."""
        return self.document.place((*self.path, *below), key=key)

    def written_above(self, key: str) -> bool:
        """Whether the file says something there; a key without a value says nothing."""
        node = self.document.root.values.get(key)
        return node is not None and plain_data(node) is not None

    def known(self, noun: str, name: str, known: Iterable[str], below: Path, *, key: bool = False) -> bool:
        """Whether a name is one of those known; an error with the nearest of them if it is not."""
        names = list(known)
        if name in names:
            return True
        hint = self.report.suggest(name, names, f"{noun}s here: {listed(names)}")
        self.error(below, f"there is no {noun} {shown(name)} in {self.config.files[0]}", hint, key=key)
        return False

    def judgement(self, name: str, below: Path, *, key: bool = False) -> bool:
        """Whether there is this judgement, and the test is not about another one only."""
        if not self.known("judgement", name, self.config.judgements, below, key=key):
            return False
        own = self.test.judgement
        if own in self.config.judgements and name != own:
            hint = "remove it, or the test's judgement:"
            self.error(below, f"this test is about {own} only", hint, key=key)
            return False
        return True

    def moment(self, value: timedelta | datetime) -> datetime:
        """A time of the file: what is no date counts from the start."""
        assert self.start is not None
        return self.start + value if isinstance(value, timedelta) else value

    def indicator(self, name: str, below: Path, *, key: bool = False) -> None:
        """An error if there is no such indicator, or if the test is about another judgement than its own."""
        if not self.known("indicator", name, self.config.indicators, below, key=key):
            return
        owner, own = self.config.indicators[name].judgement, self.test.judgement
        if own in self.config.judgements and owner != own:
            wrong = f"{name} belongs to {owner}, and this test is about {own} only"
            self.error(below, wrong, "remove it, or the test's judgement:", key=key)

    def is_term(self, below: Path, written: str) -> bool:
        """Whether the yardstick has this word; an error if it has not."""
        yardstick = self.config.settings.yardstick
        if known(written, yardstick):
            return True
        words = WORDS[yardstick]
        hint = self.report.suggest(plain(written), words, f"write one of: {listed(words, 20)}")
        self.error(below, f"{shown(written)} is not a word of {TITLES[yardstick]}", hint)
        return False
