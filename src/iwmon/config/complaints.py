"""What pydantic found wrong, in iwmon's words and with its place in the file.

Values are quoted from the file's nodes, never from pydantic's errors, and never where a secret may stand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from iwmon.config.document import Document, Mapping, Node, Path, Scalar, Sequence
from iwmon.config.problem import Report, did_you_mean, listed, shown
from iwmon.config.shape import File
from iwmon.config.shaping import Shape, names, nested

_SECRET = frozenset({"url"})


def complain(
    report: Report, document: Document, base: Path, model: type[Shape], error: ValidationError
) -> None:
    """Add each of the errors to the report; `base` is where in the document the model's value stands."""
    missing: dict[Path, list[str]] = defaultdict(list)
    for detail in error.errors(include_url=False, include_input=False):
        path, at_key = _path(document, base, detail["loc"])
        if detail["type"] == "missing":
            missing[path[:-1]].append(str(path[-1]))
        elif detail["type"] == "extra_forbidden":
            _unknown_key(report, document, path, model, base)
        else:
            place = document.place(path, key=at_key)
            if (place.line, place.column) not in document.spoiled:
                message, hint = _words(detail, document.node(path), path)
                report.error(place, message if at_key else f"{_label(path)}{message}", hint)
    for parent, absent in missing.items():
        _missing(report, document, parent, absent, model, base)


def _path(document: Document, base: Path, location: tuple[int | str, ...]) -> tuple[Path, bool]:
    """pydantic's location as a path in the document, and whether the key itself is meant."""
    path = base
    for step in location:
        node = document.node(path)
        known = isinstance(node, Mapping) and step in node.values
        if step == "[key]" and not known:
            return path, True
        if known or not (isinstance(step, str) and step.startswith("(")):  # not the tag of a union
            path = (*path, step)
    return path, False


def _label(path: Path) -> str:
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    return f"{key}: " if key else ""


def _unknown_key(report: Report, document: Document, path: Path, model: type[Shape], base: Path) -> None:
    key, place = str(path[-1]), document.place(path, key=True)
    if (place.line, place.column) in document.spoiled:
        return
    known = names(_model_at(model, path[len(base) : -1]))
    if issubclass(File, model) and key in names(File) and not base and key not in known:
        hint = f"write {key}: in the file that includes this one"
    else:
        hint = did_you_mean(key, known, f"keys here: {listed(known, 40)}")
    report.error(place, f"there is no key {shown(key)} here", hint)


def _missing(
    report: Report, document: Document, parent: Path, absent: list[str], model: type[Shape], base: Path
) -> None:
    fields = {f.alias or name: f for name, f in _model_at(model, parent[len(base) :]).model_fields.items()}
    are = "is" if len(absent) == 1 else "are"
    hint = "; ".join(f"add {key}: {_sentence(fields[key].description or key)}" for key in absent)
    report.error(document.place(parent), f"{' and '.join(absent)} {are} missing here", hint)


def _sentence(description: str) -> str:
    """The first sentence, as it stands inside another."""
    first = description.split(". ")[0].rstrip(".")
    return first[0].lower() + first[1:]


def _model_at(model: type[Shape], path: Path) -> type[Shape]:
    for step in path:
        if isinstance(step, str):
            model = nested(names(model).get(step)) or model
    return model


def _words(detail: Any, node: Node | None, path: Path) -> tuple[str, str]:
    """Message and hint for one error about a value."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "iwmon":
        if isinstance(node, Scalar) and node.value is None:
            return "is empty", f"{context['hint']}, or remove the key"
        return str(context["message"]), str(context["hint"])
    if kind in _EXPECTED:
        wanted, hint = _EXPECTED[kind]
        if isinstance(node, Scalar) and node.value is None:
            return "is empty", f"{hint}, or remove the key"
        if kind == "string_type" and isinstance(node, Scalar):
            hint = f'write "{node.text}" in quotes'
        return f"expected {wanted}, not {_found(node, path)}", hint
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
        if isinstance(node, Scalar) and node.value is None:
            return "is empty", f"write one of: {listed(words)}"
        near = did_you_mean(node.text, words) if isinstance(node, Scalar) else ""
        one_of = f"one of: {listed(words)}" if len(words) > 1 else words[0]
        return f"{_found(node, path)} is not possible here", near or f"write {one_of}"
    limit = _LIMITS.get(kind)
    return limit(context) if limit else (str(detail["msg"]), "")


_EXPECTED = {
    "string_type": ("a text", "write a text"),
    "bool_type": ("true or false", "write true or false"),
    "int_type": ("a whole number", "write a number, like 2"),
    "int_from_float": ("a whole number", "write a number, like 2"),
    "float_type": ("a number", "write a number, like 0.55"),
    "list_type": ("a list", "write [one, two], or a line with - for each"),
    "dict_type": ("keys and values", "write key: value"),
    "model_type": ("keys and values", "write key: value"),
}
_LIMITS: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    "greater_than": lambda c: ("the number is too small", f"write a number above {c['gt']:g}"),
    "greater_than_equal": lambda c: ("the number is too small", f"write {c['ge']:g} or more"),
    "less_than_equal": lambda c: ("the number is too large", f"write {c['le']:g} or less"),
    "too_short": lambda c: ("has nothing in it", "write something there, or remove the key"),
}


def _found(node: Node | None, path: Path) -> str:
    if isinstance(node, Sequence):
        return "a list"
    if not isinstance(node, Scalar):
        return "keys and values"
    if path and path[-1] in _SECRET:
        return "what stands there"
    return shown(node.text) if isinstance(node.value, str) else node.text
