"""The author's note on an edit, without reading the rest of the file: a list of many shows only that."""

from __future__ import annotations

from pydantic import ValidationError

from iwmon.config import shape
from iwmon.config.composing import load
from iwmon.config.configuration import Change
from iwmon.config.document import plain_data
from iwmon.config.problem import Report


def noted(name: str, content: bytes) -> Change:
    """The `change` of a main file; without author and note where it cannot be read."""
    document = load(name, content, Report())
    node = document.root.values.get("change") if document else None
    if node is None:
        return Change()
    try:
        given = shape.Change.model_validate(plain_data(node))
    except ValidationError:
        return Change()
    return Change(given.author or "", given.note or "")
