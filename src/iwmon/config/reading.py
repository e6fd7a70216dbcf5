"""A configuration's files → checked shapes, each with the place it came from.

Sources, origins, judgements, indicators, receivers and termsets are checked one by one, so that a mistake in
one hides no mistake in another.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from iwmon.config import shape
from iwmon.config.complaints import complain
from iwmon.config.composing import MAX_BYTES, load
from iwmon.config.document import Document, Mapping, Node, Path, Scalar, Sequence, plain_data
from iwmon.config.problem import Place, Report, shown
from iwmon.config.shape_routes import Receiver
from iwmon.config.shaping import Shape

MAX_FILES = 1000
_ONE_BY_ONE = ("terms", "sources", "origins", "judgements", "receivers")
# Both are whose word a report is: one id must not mean two of them.
_SHARED_NAMES = {"sources": "origins", "origins": "sources"}

S = TypeVar("S", bound=Shape)


@dataclass(frozen=True, slots=True)
class Found(Generic[S]):
    """A checked shape and where it stands."""

    shape: S
    document: Document
    path: Path

    def place(self, *below: str | int, key: bool = False) -> Place:
        """Where something inside it stands."""
        return self.document.place((*self.path, *below), key=key)

    def has(self, key: str) -> bool:
        """Whether the key is written, rightly or wrongly."""
        node = self.document.node(self.path)
        return isinstance(node, Mapping) and key in node.keys

    def dropped(self, key: str) -> bool:
        """Whether the key is written but wrong, so that the shape does not have its value."""
        return self.has(key) and key not in self.shape.model_fields_set


@dataclass(frozen=True, slots=True)
class FoundTerms:
    """A termset: language → its terms."""

    name: str
    terms: dict[str, list[str]]
    document: Document
    path: Path


@dataclass(slots=True)
class Reading:
    """All that the files say. `declared` has every id that was written, whether or not the rest is right."""

    documents: dict[str, Document] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    main: Found[shape.File] | None = None
    terms: list[FoundTerms] = field(default_factory=list)
    sources: list[Found[shape.Source]] = field(default_factory=list)
    origins: list[Found[shape.Origin]] = field(default_factory=list)
    judgements: list[Found[shape.Judgement]] = field(default_factory=list)
    indicators: list[tuple[str, Found[shape.Indicator]]] = field(default_factory=list)  # judgement id first
    receivers: list[Found[Receiver]] = field(default_factory=list)
    declared: dict[str, dict[str, Place]] = field(default_factory=dict)
    complete: bool = True  # False: a file could not be read, so an id may be missing for that reason

    @property
    def digest(self) -> str:
        """sha256 over the names and texts of all files; what the environment gives is not in it."""
        total = hashlib.sha256()
        for name, content in self.contents.items():
            for part in (name.encode(), content):
                total.update(len(part).to_bytes(8, "big") + part)
        return total.hexdigest()


class Reader:
    """Reads a file and all that it includes."""

    def __init__(self, read: Callable[[str], bytes], report: Report) -> None:
        self.read = read
        self.report = report
        self.reading = Reading(declared={kind: {} for kind in (*_ONE_BY_ONE, "indicators")})
        self.asked: dict[str, Place] = {}  # files, and where each is named
        self.waiting: deque[str] = deque()

    def main(self, name: str) -> Reading:
        """The whole configuration: the main file, then the files included, in the order they are named."""
        self.asked[name] = Place(name, 1, 1)
        document = self._load(name)
        checked = self._file(document, shape.File) if document else None
        if document and checked:
            self.reading.main = Found(checked, document, ())
        while self.waiting:
            included = self._load(self.waiting.popleft())
            if included:
                self._file(included, shape.Part)
        return self.reading

    def _load(self, name: str) -> Document | None:
        document = None
        try:
            content = self.read(name)
        except OSError as error:
            hint = "check the name" if self.reading.contents else "`iwmon init` writes one to start from"
            wrong = f"cannot read {shown(name)}: {error.strerror or type(error).__name__}"
            self.report.error(self.asked[name], wrong, hint)
        else:
            self.reading.contents[name] = content
            if len(self.reading.contents) > 1 and self._size() > MAX_BYTES:
                wrong = f"with this file the configuration is larger than {MAX_BYTES // 2**20} MiB"
                self.report.error(self.asked[name], wrong, "leave it out")
                self.waiting.clear()
            else:
                document = load(name, content, self.report)
        if document is None:
            self.reading.complete = False
        else:
            self.reading.documents[name] = document
            self._warn_of_half(document)
        return document

    def _size(self) -> int:
        return sum(map(len, self.reading.contents.values()))

    def _warn_of_half(self, document: Document) -> None:
        if document.text[-1:] not in "\r\n}":
            last = Place(document.name, len(document.lines), len(document.lines[-1]) + 1)
            self.report.warning(last, "the last line has no end: is the file complete?", "end it with Enter")

    # ------------------------------------------------------------ one file

    def _file(self, document: Document, model: type[S]) -> S | None:
        """Check a file, then those that it includes. What is read one by one goes to `reading`."""
        data = {
            key: plain_data(node)
            for key, node in document.root.values.items()
            if key not in _ONE_BY_ONE or not _one_by_one(key, node)
        }
        checked = self._checked(document, (), model, data)
        top = document.root.values
        if isinstance(terms := top.get("terms"), Mapping):
            self._terms(document, terms)
        if isinstance(sources := top.get("sources"), Sequence):
            self._each(document, ("sources",), sources, shape.Source, self.reading.sources)
        if isinstance(origins := top.get("origins"), Sequence):
            self._each(document, ("origins",), origins, shape.Origin, self.reading.origins)
        if isinstance(judgements := top.get("judgements"), Sequence):
            self._judgements(document, judgements)
        if isinstance(receivers := top.get("receivers"), Sequence):
            self._each(document, ("receivers",), receivers, Receiver, self.reading.receivers)
        if isinstance(checked, shape.Part):
            self._include(document, checked)
        return checked

    def _checked(self, document: Document, path: Path, model: type[S], data: Any) -> S | None:
        """The shape; without what is wrong in it, if something is, so that the rest is checked, too."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            complain(self.report, document, path, model, error)
            return _without_errors(model, data, error) if isinstance(data, dict) else None

    def _terms(self, document: Document, node: Mapping) -> None:
        for name, languages in node.values.items():
            self._declare("terms", name, document.place(("terms", name), key=True))
            before = len(self.report.found)
            checked = self._checked(document, (), shape.Part, {"terms": {name: plain_data(languages)}})
            if checked and name in checked.terms and len(self.report.found) == before:
                path = ("terms", name)
                self.reading.terms.append(FoundTerms(name, checked.terms[name], document, path))

    def _each(
        self, document: Document, path: Path, node: Sequence, model: type[S], into: list[Found[S]]
    ) -> None:
        for index, item in enumerate(node.items):
            here = (*path, index)
            self._declare_item(str(path[-1]), document, here, item)
            checked = self._checked(document, here, model, plain_data(item))
            if checked:
                into.append(Found(checked, document, here))

    def _judgements(self, document: Document, node: Sequence) -> None:
        for index, item in enumerate(node.items):
            here = ("judgements", index)
            self._declare_item("judgements", document, here, item)
            data = plain_data(item)
            inner = item.values.get("indicators") if isinstance(item, Mapping) else None
            if isinstance(inner, Sequence):
                del data["indicators"]
            checked = self._checked(document, here, shape.Judgement, data)
            if checked:
                self.reading.judgements.append(Found(checked, document, here))
            if isinstance(inner, Sequence):
                found: list[Found[shape.Indicator]] = []
                self._each(document, (*here, "indicators"), inner, shape.Indicator, found)
                owner = checked.id if checked else ""
                self.reading.indicators += [(owner, one) for one in found]

    def _declare_item(self, kind: str, document: Document, path: Path, item: Node) -> None:
        name = item.values.get("id") if isinstance(item, Mapping) else None
        if isinstance(name, Scalar):
            self._declare(kind, name.text, document.place((*path, "id")))

    def _declare(self, kind: str, name: str, place: Place) -> None:
        names = self.reading.declared[kind]
        other = _SHARED_NAMES.get(kind, kind)
        if other != kind and name in self.reading.declared[other]:
            wrong = (
                f"{shown(name)} is the name of one of the {other}, at {self.reading.declared[other][name]}"
            )
            self.report.error(place, wrong, "give one of them another name")
        if name in names:
            things = "termsets" if kind == "terms" else kind
            twice = f"there are two {things} named {shown(name)}; the first is at {names[name]}"
            self.report.error(place, twice, "give one of them another name")
        else:
            names[name] = place

    # ------------------------------------------------------------ include

    def _include(self, document: Document, part: shape.Part) -> None:
        single = isinstance(part.include, str)
        for index, written in enumerate([part.include] if isinstance(part.include, str) else part.include):
            asked = document.place(("include",) if single else ("include", index))
            name = self._resolved(document.name, written, asked)
            if name:
                self.asked[name] = asked
                self.waiting.append(name)

    def _resolved(self, including: str, written: str, asked: Place) -> str | None:
        pieces = written.split("/")
        wrong = ""
        if written.startswith(("/", "~")) or re.match("[A-Za-z]:|[a-z]+://", written) or "\\" in written:
            wrong = "an included file must be named relative to the one that includes it, with /"
        elif ".." in pieces:
            wrong = "an included file must lie beside the one that includes it, or in a folder below"
        elif any(mark in written for mark in "*?["):
            wrong = "included files are named one by one"
        if wrong:
            self.report.error(asked, wrong, "write judgements/kj-2.yaml, for example")
            return None
        folder = re.match(r"(.*[/\\])?", including)
        name = (folder[0] if folder else "") + str(PurePosixPath(written))
        if name in self.asked:
            self.report.error(asked, f"{shown(name)} is already part of the configuration", "include it once")
            return None
        if len(self.asked) >= MAX_FILES:
            self.report.error(asked, f"more than {MAX_FILES} files", "put several judgements into one file")
            return None
        return name


def _one_by_one(key: str, node: Node) -> bool:
    return isinstance(node, Mapping if key == "terms" else Sequence)


# For keys that must be there, and are not: the report has an error, so nobody will ever use these.
_STANDING_IN: dict[str, Any] = {
    "version": 1,
    "id": "unnamed",
    "url": "https://unnamed",
    "statement": "unnamed",
    "made_on": "1900-01-01",
    "effect": "neutral",
    "cited_as": ["unnamed"],
}


def _without_errors(model: type[S], data: dict[str, Any], error: ValidationError) -> S | None:
    """What remains of a shape when the keys that have errors are left out; None if that is not enough."""
    for detail in error.errors(include_url=False, include_input=False):
        _remove(data, detail["loc"])
    data = {key: value for key, value in _STANDING_IN.items() if key in model.model_fields} | data
    try:
        return model.model_validate(data)
    except ValidationError as more:  # something inside cannot do without what was removed
        wrong = {detail["loc"][0] for detail in more.errors(include_url=False, include_input=False)}
    try:
        return model.model_validate({key: value for key, value in data.items() if key not in wrong})
    except ValidationError:
        return None


def _remove(data: Any, location: tuple[str | int, ...]) -> None:
    """Take out of nested data the innermost key that an error is about."""
    key: tuple[dict[str, Any], str] | None = None
    for step in location:
        if isinstance(data, dict) and isinstance(step, str) and step in data:
            key = (data, step)
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
    if key:
        key[0].pop(key[1], None)
