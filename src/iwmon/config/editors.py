"""What editors and documentation need to know of the file: its JSON Schema and the list of its keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from iwmon.config.scalars import written_duration
from iwmon.config.shape import File
from iwmon.config.shaping import Shape, names, nested


class _ForEditors(GenerateJsonSchema):
    """Durations in the file's own notation; no titles, which would only repeat the keys."""

    def encode_default(self, dft: Any) -> Any:
        return written_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the file."""
    return schema_of(File, "iwmon configuration")


def schema_of(model: type[Shape], title: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a file of that shape."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(schema_generator=_ForEditors),
        "title": title,
    }


def keys() -> list[str]:
    """Every key of the file as a dotted path ("judgements.indicators.query"), in the order of the file."""
    return keys_of(File)


def keys_of(model: type[Shape]) -> list[str]:
    """Every key of a file of that shape as a dotted path, in the order of the file."""
    return _keys(model, "", ())


def _keys(model: type[Shape], prefix: str, above: tuple[type[Shape], ...]) -> list[str]:
    paths: list[str] = []
    for name, annotation in names(model).items():
        paths.append(prefix + name)
        inner = nested(annotation)
        if inner and inner not in (*above, model):
            paths += _keys(inner, f"{prefix}{name}.", (*above, model))
    return paths
