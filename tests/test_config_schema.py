"""The JSON Schema knows the file: editors complete keys, explain them and mark mistakes."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from config_contract import CONTRACT, NAME
from iwmon.config import keys, schema
from iwmon.config.composing import load
from iwmon.config.document import plain_data
from iwmon.config.problem import Report
from test_config_errors import MISTAKES


def data(text: str) -> Any:
    document = load(NAME, text.encode(), Report())
    assert document
    return plain_data(document.root)


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def test_the_contract_is_valid(validator: jsonschema.Draft202012Validator) -> None:
    """The example of the design passes."""
    assert [error.message for error in validator.iter_errors(data(CONTRACT))] == []


# Mistakes that a single value shows; what needs two (ids, terms, dates, environment) only iwmon sees.
SHOWN = [
    "unknown key", "unknown key at the top", "unknown level", "missing keys", "missing effect",
    "missing version", "other version", "number for text", "truth for text", "text for truth",
    "text for number", "text for list", "list for text", "text for keys", "keys for list",
    "nothing for text", "blank text", "choice misspelt", "choice unknown", "too much activation",
    "no activation", "no publishers", "half a publisher", "id with blanks and capitals",
    "country for language", "language of a query", "language of terms", "country in small letters",
    "duration in words", "duration without a unit", "date with dots", "horizon that is none", "hours",
    "weekdays", "no alerts", "no sides", "credibility beyond the scale", "credibility as a letter",
    "outcome that is none", "effect on an alternative", "alternative without a statement",
    "alternative with an unknown key", "alternative that is a list", "required language",
    "hour of a digest", "day of a digest", "quiet hours of no interval", "escalation without a time",
    "origin that nobody can cite", "origin without a name to cite", "origin that is polled",
]  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_mistakes_are_marked(name: str, validator: jsonschema.Draft202012Validator) -> None:
    """What iwmon refuses for its shape, an editor marks."""
    old, new = next((m[1], m[2]) for m in MISTAKES if m[0] == name)
    assert not validator.is_valid(data(CONTRACT.replace(old, new.replace("▶", ""))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("half_life: 30d", "half_life: never"),
        ("half_life: 30d", "half_life: null"),
        ("          en: $belarus", "          be: [x, y]\n          en: $belarus"),
        ("outcome: null", "outcome: void"),
        ("horizon: 6 months", "horizon: 2023-01-15"),
        ("horizon: 6 months", "horizon: 180d"),
        ("inhibit_rules: []", "include: [a.yaml]\ninhibit_rules: []"),
        ("inhibit_rules: []", "include: a.yaml\ninhibit_rules: []"),
        ("language: be", "language: null"),
        ("alternatives: [...]", "alternatives: [a, {id: base, statement: b}]"),
        ("half_life: 30d", "effect_on_alternatives: {1: against}"),
        ("half_life: 30d", "required: {sides: [independent], languages: [be]}"),
        ("reliability: B ", "credibility: 2 "),
        ("inhibit_rules: []", "origins: [{id: mod, cited_as: [defence ministry]}]"),
    ],
)
def test_other_ways_to_write_are_valid(
    old: str, new: str, validator: jsonschema.Draft202012Validator
) -> None:
    """What iwmon takes, an editor does not mark."""
    assert [error.message for error in validator.iter_errors(data(CONTRACT.replace(old, new)))] == []


def test_every_key_is_explained() -> None:
    """A sentence for each key, so that an editor has something to show."""
    found = schema()
    defs = found["$defs"]
    shapes = [found, *defs.values()]
    silent = [
        (shape.get("title"), key)
        for shape in shapes
        for key, about in shape.get("properties", {}).items()
        if len(about.get("description") or defs[about["$ref"].split("/")[-1]]["description"]) < 9
    ]
    assert silent == []
    assert all(shape.get("additionalProperties") is False for shape in shapes if "properties" in shape)


def test_durations_are_shown_as_they_are_written() -> None:
    """Defaults in the schema are in the file's own notation."""
    defs = schema()["$defs"]
    assert defs["Settings"]["properties"]["poll_interval"]["default"] == "10m"
    assert defs["Settings"]["properties"]["retention"]["default"] == "400d"
    assert defs["Source"]["properties"]["expect_every"]["default"] == "1d"


def test_the_list_of_keys_is_complete() -> None:
    """`keys()` names every key of the contract, as documentation must."""
    written = set(keys())
    assert {"version", "settings.timezone", "judgements.indicators.query", "route.continue"} <= written

    def walk(value: Any, path: str) -> None:
        if isinstance(value, list):
            for item in value:
                walk(item, path)
        elif isinstance(value, dict) and path not in ("terms", "judgements.indicators.query", "route.routes"):
            for key, below in value.items():
                here = f"{path}.{key}" if path else key
                assert here in written
                walk(below, here)

    walk(data(CONTRACT), "")
