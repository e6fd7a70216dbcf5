"""Bytes → `Document`: what is YAML, and what of YAML iwmon takes.

The document is built from parser events, not by a YAML library's constructor, so that duplicate
keys, tags, aliases, depth and implicit types are decided here. Plain scalars are typed as in YAML
1.2's core schema; a plain word that other YAML programs read as something else (`NO`, `on`, `012`,
`1:30`) is refused, not guessed.

ruamel.yaml has the last word on what is YAML and where it is broken. When PyYAML has its C parser,
what that accepts is taken from it: the same nodes, some twenty times as fast.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import yaml  # type: ignore[import-untyped]

from iwmon.config.document import BREAK, Document, Mapping, Node, Scalar, Sequence, Value
from iwmon.config.problem import Place, Report, shown
from iwmon.config.syntax import explained

MAX_BYTES = 16 * 2**20
MAX_NODES = 2_000_000  # with every alias written out
MAX_DEPTH = 50

# Control characters, line separators on which YAML versions differ, byte-order marks inside the text, and
# characters that turn the direction of what follows: none has a place in a configuration.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_DIRECTIVE = re.compile(r"(?<![^\r\n])%")
_BEYOND_UNICODE = re.compile(r"\\U(?!0010|000)[0-9a-fA-F]{8}")
# Where the two parsers differ: tabs, and the mark that ends a document.
_READ_OTHERWISE = re.compile(r"\t|(?<![^\r\n])\.\.\.")


class Kind(NamedTuple):
    """A kind of file: what it is called, how it begins, and what to do when there is nothing in it."""

    name: str
    begins: str
    when_empty: str


CONFIGURATION = Kind("a configuration", "version: 1", "`iwmon init` writes one to start from")


def load(name: str, content: bytes, report: Report, kind: Kind = CONFIGURATION) -> Document | None:
    """A file's document, or None when it is not one; the reasons go to the report."""
    text = _decoded(name, content, report)
    return None if text is None else compose(name, text, report, kind)


def compose(name: str, text: str, report: Report, kind: Kind = CONFIGURATION) -> Document | None:
    """A text's document, or None when it is not YAML that iwmon takes; the reasons go to the report."""
    if yaml.__with_libyaml__ and not _READ_OTHERWISE.search(text):
        notes = Report()
        try:
            document = _composed(name, text, yaml.parse(text, Loader=yaml.CLoader), notes, kind)
        except yaml.YAMLError:
            pass  # ruamel.yaml says what is wrong, or that nothing is
        else:
            report.absorb(notes)
            return document
    return _composed_by_ruamel(name, text, report, kind)


def _composed_by_ruamel(name: str, text: str, report: Report, kind: Kind) -> Document | None:
    # Imported only when it is needed: it takes 0.1 s, a fifth of the start of every command.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return _composed(name, text, YAML(typ="safe", pure=True).parse(text), report, kind)
    except YAMLError as error:
        report.error(*explained(name, text, error))
    except (ValueError, OverflowError):  # from chr()
        found = _BEYOND_UNICODE.search(text)
        place = _end(name, text[: found.start() if found else 0])
        report.error(place, "there is no such character (\\U........)", "write the character itself")
    return None


def _composed(name: str, text: str, events: Iterable[Any], report: Report, kind: Kind) -> Document | None:
    composer = _Composer(name, report)
    try:
        root = composer.document(events)
    except _Stop:
        return None
    if isinstance(root, Mapping):
        return Document(name, text, root, composer.spoiled)
    start = Place(name, root.line, root.column) if root else Place(name, 1, 1)
    if root is None or (isinstance(root, Scalar) and root.value is None):
        report.error(start, "the file is empty", kind.when_empty)
    else:
        report.error(start, f"{kind.name} begins with keys", f'begin with "{kind.begins}"')
    return None


# ---------------------------------------------------------------- bytes → text


def _decoded(name: str, content: bytes, report: Report) -> str | None:
    start = Place(name, 1, 1)
    if len(content) > MAX_BYTES:
        report.error(start, f"the file is larger than {MAX_BYTES // 2**20} MiB", "is it the right file?")
        return None
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:4]:
        report.error(start, "the file is UTF-16 or binary, not UTF-8", "save it as UTF-8")
        return None
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8").removeprefix("\ufeff")
        wrong = f"byte {error.start + 1} of the file (0x{content[error.start]:02x}) is not UTF-8"
        report.error(_end(name, before), wrong, "save the file as UTF-8")
        return None
    directive = _DIRECTIVE.search(text)
    if directive:
        place = _end(name, text[: directive.start()])
        report.error(place, "a line cannot begin with %", "put the whole text in quotes")
        return None
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        place = _end(name, text[: forbidden.start()])
        report.error(place, f"an invisible character stands here (U+{ord(forbidden[0]):04X})", "delete it")
        return None
    return text


def _end(name: str, before: str) -> Place:
    """The place right after a text."""
    lines = BREAK.split(before)
    return Place(name, len(lines), len(lines[-1]) + 1)


# ---------------------------------------------------------------- events → nodes


class _Stop(Exception):
    """Reading on would be wrong or endless; the report says why."""


class _Composer:
    """Builds nodes from events. Both parsers name their event classes alike."""

    def __init__(self, name: str, report: Report) -> None:
        self.name = name
        self.report = report
        self.spoiled: set[tuple[int, int]] = set()
        self.root: Node | None = None
        self.open: list[tuple[Sequence | Mapping, str | None]] = []  # innermost last, with its anchor
        self.keys: list[Scalar | None] = []  # of each open mapping, the key that waits for its value
        self.anchors: dict[str, Node] = {}
        self.total = 0
        self.documents = 0

    def document(self, events: Iterable[Any]) -> Node | None:
        """The only document's root node; None when there is none."""
        for event in events:
            kind = type(event).__name__
            if kind == "ScalarEvent":
                self._attach(self._scalar(event), event.anchor)
            elif kind == "MappingStartEvent":
                self._begin(Mapping(event.start_mark.line + 1, event.start_mark.column + 1), event)
            elif kind == "SequenceStartEvent":
                self._begin(Sequence(event.start_mark.line + 1, event.start_mark.column + 1), event)
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                self._end()
            elif kind == "AliasEvent":
                self._attach(self._alias(event), None)
            elif kind == "DocumentStartEvent":
                self._document(event)
        return self.root

    def _place(self, event: Any) -> Place:
        return Place(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _stop(self, event: Any, message: str, hint: str) -> _Stop:
        self.report.error(self._place(event), message, hint)
        return _Stop()

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self._stop(event, "a second document begins here", "remove the line ---, or split the file")

    def _grow(self, event: Any, by: int) -> None:
        self.total += by
        if self.total > MAX_NODES:
            wrong = f"the file has more than {MAX_NODES:,} values when its aliases (*name) are written out"
            raise self._stop(event, wrong, "write less with & and *")

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            wrong = f"{shown(tag)} is a YAML tag; iwmon takes none"
            self._spoil(event, wrong, "write the value alone, in quotes if it is text")

    def _spoil(self, event: Any, message: str, hint: str) -> None:
        """Complain of a value; later stages keep quiet about it."""
        place = self._place(event)
        self.spoiled.add((place.line, place.column))
        self.report.error(place, message, hint)

    def _scalar(self, event: Any) -> Scalar:
        self._grow(event, 1)
        text: str = event.value
        value: Value = text
        self._refuse_tag(event)
        if not event.style and event.tag is None:
            value = self._meaning(text, event)
        elif event.style == '"' and _FORBIDDEN.search(text):
            self._spoil(
                event, "the text has a character that must not be there (\\x.., \\u....)", "remove it"
            )
        mark = event.start_mark
        return Scalar(mark.line + 1, mark.column + 1, text, value)

    def _meaning(self, text: str, event: Any) -> Value:
        if text in _WORDS:
            return _WORDS[text]
        if text[0] in "+-.0123456789":
            if _NUMBER.fullmatch(text):
                return float(text) if _FRACTION.search(text) else int(text)
            if _NUMBER_ELSEWHERE.fullmatch(text):
                doubt = f"YAML programs do not agree on what {text} means"
                plain = "" if ":" in text else ", or a plain number"
                self._spoil(event, doubt, f'write "{text}" in quotes{plain}')
        elif text.casefold() in _SWITCHES:
            switch = str(_SWITCHES[text.casefold()]).lower()
            doubt = f"{text} without quotes means {switch} to many YAML programs"
            or_else = "" if self._at_key() else f", or {switch}"
            self._spoil(event, doubt, f'write "{text}" in quotes{or_else}')
        return text

    def _at_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1][0], Mapping) and self.keys[-1] is None

    def _alias(self, event: Any) -> Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            own = any(anchor == event.anchor for _, anchor in self.open)
            wrong = f"*{event.anchor} stands inside itself" if own else f"there is no &{event.anchor} above"
            raise self._stop(event, wrong, "if the * is part of the text, put the text in quotes")
        self._grow(event, node.size)
        return node

    def _begin(self, node: Sequence | Mapping, event: Any) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise self._stop(event, f"more than {MAX_DEPTH} levels deep", "is a bracket missing?")
        self._grow(event, 1)
        self._refuse_tag(event)
        node.size = self.total
        self._attach(node, None)
        self.open.append((node, event.anchor))
        self.keys.append(None)

    def _end(self) -> None:
        node, anchor = self.open.pop()
        self.keys.pop()
        node.size = self.total - node.size + 1
        if anchor is not None:
            self.anchors[anchor] = node

    def _attach(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.open:
            self.root = node
            return
        parent = self.open[-1][0]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self.keys[-1]
        if key is None:
            self.keys[-1] = self._key(parent, node)
        else:
            self.keys[-1] = None
            if isinstance(node, Scalar) and node.value is None:
                node.line, node.column = key.line, key.column  # where nothing stands, the parsers differ
            if parent.keys[key.text] is key:  # not the second of two equal keys
                parent.values[key.text] = node

    def _key(self, parent: Mapping, node: Node) -> Scalar:
        place = Place(self.name, node.line, node.column)
        if not isinstance(node, Scalar) or not node.text:
            self.report.error(place, "a key must be a word before a colon", "write: key: value")
            raise _Stop
        if node.text == "<<":
            self.spoiled.add((node.line, node.column))
            self.report.error(place, "<< (merging) is not supported", "write the keys out")
        first = parent.keys.get(node.text)
        if first is None:
            parent.keys[node.text] = node
        else:
            twice = f"the key {shown(node.text)} stands here twice; first in line {first.line}"
            self.report.error(place, twice, "keep one of the two")
        return node


_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SWITCHES = {"yes": True, "on": True, "no": False, "off": False}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?")
_FRACTION = re.compile("[.eE]")
# What YAML 1.1 and 1.2 do not both call a number, or not the same one: 012, 0x1f, 1:30, 1_000, .5, +1
_NUMBER_ELSEWHERE = re.compile(
    r"[-+]?(0x[0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.[0-9][0-9_]*([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"
)
