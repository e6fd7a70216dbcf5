"""What all shapes of the configuration have in common."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Unknown keys are refused, nothing is converted, and errors never quote what was given."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


def nested(annotation: Any) -> type[Shape] | None:
    """The model inside a field's type (`list[Source]` → Source), or None."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return annotation
    return next((model for part in get_args(annotation) if (model := nested(part))), None)


def names(model: type[Shape]) -> dict[str, Any]:
    """A model's keys as they are written, with their types."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}
