"""`dataclasses.replace` for what mostly stays as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar, cast

Noun = TypeVar("Noun")


def changed(noun: Noun, **fields: object) -> Noun:
    """The noun with these fields; itself where all are as they were: to look costs a fifth of a copy."""
    if all(getattr(noun, name) == value for name, value in fields.items()):
        return noun
    return cast(Noun, replace(cast(Any, noun), **fields))
