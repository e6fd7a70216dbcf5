"""Who is cited, whose deed it is, what must be watched: the keys arrive in the nouns, with their defaults."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config_contract import CONTRACT, MARK, changed, errors, marked, read, read_files
from iwmon.config import ConfigError, check
from iwmon.model import Alternative, Level, Origin, Resolution, Threshold

ORIGINS = """\
origins:
  - id: mod
    name: Belarusian defence ministry
    cited_as: ["ministry of defence of belarus", минобороны*]
    publisher: by-government
    controlled_by: BY state
    authoritative_for: [BY government]
    reliability: D
  - {id: hajun, cited_as: [hajun*]}
inhibit_rules: []"""


def test_an_origin_arrives_with_its_keys_and_defaults() -> None:
    """Its name and its group are its id, unless the file says otherwise."""
    config = read(changed("inhibit_rules: []", ORIGINS))
    assert config.origins == {
        "mod": Origin(
            id="mod",
            name="Belarusian defence ministry",
            cited_as=("ministry of defence of belarus", "минобороны*"),
            publisher="by-government",
            controlled_by="BY state",
            authoritative_for=("BY government",),
            reliability="D",
        ),
        "hajun": Origin(id="hajun", name="hajun", cited_as=("hajun*",), publisher="hajun"),
    }
    assert [origin.group for origin in config.origins.values()] == ["BY state", "hajun"]
    assert [origin.side for origin in config.origins.values()] == ["BY state", "independent"]
    assert read(CONTRACT).origins == {}


def test_a_source_can_be_cited_and_graded() -> None:
    """cited_as and credibility of a source; without them it is not cited, and unjudged."""
    source = read(changed("reliability: B ", 'credibility: 2\n    cited_as: ["nasha niva"] ')).sources[
        "nashaniva"
    ]
    assert (source.cited_as, source.credibility) == (("nasha niva",), 2)
    source = read(CONTRACT).sources["nashaniva"]
    assert (source.cited_as, source.credibility) == ((), None)


MAIN = "version: 1\ninclude: [more.yaml]\nsources: [{id: a, url: 'https://a.example'}]\n"


def test_origins_may_stand_in_an_included_file() -> None:
    """Those of all files are one list, in the order of the files."""
    files = {
        "indicators.yaml": MAIN + "origins: [{id: mod, cited_as: [x]}]\n",
        "more.yaml": "origins: [{id: hajun, cited_as: [y]}]\n",
    }
    assert list(read_files(files, {}).origins) == ["mod", "hajun"]


@pytest.mark.parametrize(
    ("main", "more", "message"),
    [
        (
            "",
            "origins: [{id: ▶a, cited_as: [y]}]\n",
            '"a" is the name of one of the sources, at indicators.yaml:3:16',
        ),
        (
            "origins: [{id: b, cited_as: [y]}]\n",
            "sources: [{id: ▶b, url: 'https://b.example'}]\n",
            '"b" is the name of one of the origins, at indicators.yaml:4:16',
        ),
    ],
)
def test_no_origin_has_a_sources_name_in_any_file(main: str, more: str, message: str) -> None:
    """Whichever of the two comes second is the error; the first is named."""
    text, where = marked(more, "more.yaml")
    with pytest.raises(ConfigError) as caught:
        read_files({"indicators.yaml": MAIN + main, "more.yaml": text}, {})
    assert [(p.where, p.message) for p in caught.value.problems] == [(where, message)]


def test_mistakes_in_sources_and_origins_are_told_together() -> None:
    """A name that is no term hides no other; each is told to the character."""
    text = changed("authoritative_for: []", f'cited_as: ["{MARK}$a"]').replace(
        "inhibit_rules: []", "origins: [{id: mod, cited_as: [x, '$b']}]"
    )
    text, where = marked(text)
    assert [p.where for p in errors(text)] == [where, "indicators.yaml:50:36"]


def test_a_broken_source_brings_no_error_about_its_side() -> None:
    """A side may be that of a source whose entry is wrong in another place, or in this."""
    wanted = changed("half_life: 30d", "required: {sides: [BY state]}")
    for broken in ("controlled_by: BY state\n    colour: red", "controlled_by: [BY state]"):
        text = wanted.replace("controlled_by: null ", broken + " ")
        assert len(errors(text)) == 1
    assert errors(wanted.replace("controlled_by: null ", "controlled_by: BY state ")) == ()


def test_whose_deed_and_what_must_be_watched_arrive() -> None:
    """actors, effect_on_alternatives, required and the sides of a threshold; none of them is needed."""
    text = changed(
        "half_life: 30d",
        "actors: [BY government, BY army]\n        effect_on_alternatives: {1: against}\n"
        "        required: {sides: [independent], languages: [be, ru]}",
    )
    text = text.replace("publishers: 2}}", "publishers: 2, sides: 2}, critical: {sides: 3}}")
    indicator = read(text).indicators["mobilisation"]
    assert indicator.actors == ("BY government", "BY army")
    assert indicator.effect_on_alternatives == {"1": "against"}
    assert (indicator.required_sides, indicator.required_languages) == (("independent",), ("be", "ru"))
    assert indicator.thresholds == {
        Level.WARNING: Threshold(0.55, 2, 2),
        Level.CRITICAL: Threshold(sides=3),
    }
    plain = read(CONTRACT).indicators["mobilisation"]
    assert (plain.actors, plain.effect_on_alternatives) == ((), {})
    assert (plain.required_sides, plain.required_languages) == ((), ())


def test_alternatives_have_their_numbers_or_names() -> None:
    """A plain text's id is its number among all, so that adding a name changes no other."""
    text = changed("alternatives: [...]", "alternatives: [a, {id: base, statement: b}, c]")
    assert read(text).judgements["kj-2"].alternatives == (
        Alternative("1", "a"),
        Alternative("base", "b"),
        Alternative("3", "c"),
    )


def test_a_broken_alternative_brings_no_error_about_its_effects() -> None:
    """An indicator is not blamed for an alternative that is there, but wrong."""
    text = changed("alternatives: [...]", "alternatives: [{id: Base, statement: b}]")
    text = text.replace("half_life: 30d", "effect_on_alternatives: {base: against}")
    assert [p.message for p in errors(text)] == ['id: "Base" cannot be a name here']


def test_how_it_was_settled_arrives() -> None:
    """Days are midnights in the settings' time zone; void is told apart from open."""
    text = changed(
        'resolution: {criteria: "...", outcome: null}',
        "resolution: {criteria: c, outcome: void, sources_needed: 3, resolves_on: 2023-01-15,"
        " decided_by: Anna, decided_on: 2023-07-20}",
    )
    assert read(text).judgements["kj-2"].resolution == Resolution(
        criteria="c",
        outcome="void",
        sources_needed=3,
        resolves_on=datetime(2023, 1, 14, 23, tzinfo=UTC),  # Warsaw: UTC+1 in January
        decided_by="Anna",
        decided_on=datetime(2023, 7, 19, 22, tzinfo=UTC),  # UTC+2 in July
    )


@pytest.mark.parametrize(("written", "outcome"), [("true", True), ("false", False), ("null", None)])
def test_other_outcomes(written: str, outcome: bool | None) -> None:
    """As YAML has them."""
    assert (
        read(changed("outcome: null", f"outcome: {written}")).judgements["kj-2"].resolution.outcome is outcome
    )


def test_the_budget_of_alerts() -> None:
    """Five alerts a day for one judgement, unless the file says otherwise (method.md §2)."""
    assert read(CONTRACT).settings.alerts_per_day == 5
    assert read(changed("yardstick: phia", "alerts_per_day: 12")).settings.alerts_per_day == 12


def test_origins_alone_are_no_fault() -> None:
    """They bring neither warning nor advice."""
    with_origins = {p.message for p in check(read(changed("inhibit_rules: []", ORIGINS)))}
    assert with_origins == {p.message for p in check(read(CONTRACT))}
