"""What is wrong with a configuration, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import ClassVar, Literal, NamedTuple

from iwmon.model import Failure

Grade = Literal["error", "warning", "advice"]

SHOWN_PROBLEMS = 50  # more than this help nobody; the rest is counted
SHOWN_CHARACTERS = 60


class Place(NamedTuple):
    """A position in a file: 1-based line and column, in characters."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `where` is "file:line:column", 1-based; `hint` says what to write instead.

    `severity`: an error makes the file unusable; a warning is hardly meant; advice may well be ignored.
    """

    severity: Grade
    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        tail = f" ({self.hint})" if self.hint else ""
        return f"{self.where}: {self.message}{tail}"


class FileError(Failure):
    """A file that cannot be used. `problems` holds every error, in file order.

    `str()` lists them, one a line, at most 50, then how many more there are.
    """

    what: ClassVar[str] = "the file"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(first.message, where=first.where, hint=first.hint)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        lines = [f"{len(self.problems)} errors in {self.what}:"]
        lines += [f"  {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        if len(self.problems) > SHOWN_PROBLEMS:
            lines.append(f"  … and {len(self.problems) - SHOWN_PROBLEMS} more")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:  # may cross a process boundary
        return (type(self), (self.problems,))


class ConfigError(FileError):
    """A configuration that cannot be used. Values that came from the environment are in no message."""

    what = "the configuration"


@dataclass(slots=True)
class Report:
    """Collects problems while a configuration is read, so that all are told at once."""

    found: list[tuple[Place, Problem]] = field(default_factory=list)
    order: dict[str, int] = field(default_factory=dict)  # file → when it was first named
    suggestions: int = 100  # a search for the nearest of 10,000 names is slow; nobody reads more

    def error(self, place: Place, message: str, hint: str = "") -> None:
        """Note something that makes the configuration unusable."""
        self._note("error", place, message, hint)

    def warning(self, place: Place, message: str, hint: str = "") -> None:
        """Note something that works, but hardly as meant."""
        self._note("warning", place, message, hint)

    def advice(self, place: Place, message: str, hint: str = "") -> None:
        """Note something worth a thought; no strictness makes it a fault."""
        self._note("advice", place, message, hint)

    def absorb(self, other: Report) -> None:
        """Take over what another report holds."""
        self.found += other.found
        for file in other.order:
            self.order.setdefault(file, len(self.order))

    def suggest(self, word: str, known: Iterable[str], otherwise: str = "") -> str:
        """`did_you_mean`, for the first hundred askers; after that only `otherwise`."""
        if self.suggestions <= 0:
            return otherwise
        self.suggestions -= 1
        return did_you_mean(word, known, otherwise)

    def _note(self, severity: Grade, place: Place, message: str, hint: str) -> None:
        self.order.setdefault(place.file, len(self.order))
        self.found.append((place, Problem(severity, str(place), message, hint)))

    def sorted(self) -> list[tuple[Place, Problem]]:
        """What was found, without repeats, in the order of files, lines and columns."""
        return list(
            dict.fromkeys(sorted(self.found, key=lambda f: (self.order[f[0].file], f[0].line, f[0].column)))
        )

    def problems(self, severity: Grade) -> tuple[Problem, ...]:
        """Those of one severity, in the order of files, lines and columns."""
        return tuple(problem for _, problem in self.sorted() if problem.severity == severity)


def shown(text: str) -> str:
    """A value as it may stand in a message: in quotes, on one line, short, without control characters."""
    clean = "".join(c if c.isprintable() else "�" if c not in "\n\t" else " " for c in text)
    if len(clean) > SHOWN_CHARACTERS:
        clean = clean[: SHOWN_CHARACTERS - 1] + "…"
    return f'"{clean}"'


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The nearest known word as a hint, else `otherwise`."""
    names = list(known)
    near = get_close_matches(word.casefold(), [n.casefold() for n in names], n=1, cutoff=0.6)
    if not near:
        return otherwise
    return f'did you mean "{next(n for n in names if n.casefold() == near[0])}"?'


def listed(words: Iterable[str], limit: int = 12) -> str:
    """Words for a hint: "a, b, c", cut after `limit`."""
    names = list(words)
    return ", ".join(names[:limit]) + (", …" if len(names) > limit else "")
