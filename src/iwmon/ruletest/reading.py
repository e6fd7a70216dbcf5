"""A test file's bytes → checked shapes. What is wrong is told with its place.

One wrong test does not lose the others: the report has the error, and the rest can be run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from iwmon.config.complaints import complain
from iwmon.config.composing import Kind, load
from iwmon.config.document import Document, Path, Sequence, plain_data
from iwmon.config.problem import Place, Report
from iwmon.config.shaping import Shape
from iwmon.ruletest import shape

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
    one_by_one = written.items if isinstance(written, Sequence) else []
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
