"""`iwmon check`: examples are run, and what is valid but hardly meant is pointed out."""

from __future__ import annotations

import pytest

from config_contract import MARK, marked, read
from iwmon.config import Problem, check

GOOD = """\
version: 1
settings: {retention: 400d}
terms:
  belarus: {en: [belarus*], ru: [беларус*]}
sources:
  - {id: a, url: "https://a.example/rss", language: en}
  - {id: b, url: "https://b.example/rss", language: ru}
judgements:
  - id: kj
    statement: Belarus commits troops
    made_on: 2022-07-15
    horizon: 6 months
    resolution: {criteria: Troops are seen}
    indicators:
      - id: mobilisation
        effect: supports
        query:
          en: $belarus NEAR/25 mobilis*
          ru: $belarus NEAR/25 мобилизац*
        examples:
          match: [Belarus mobilises reservists, "В Беларуси мобилизация"]
          no_match: [Poland mobilises reservists, Belarus wins a match]
      - {id: stand-down, effect: against, query: garrison*, window: 5d, examples: {match: [Back in garrison]}}
"""


def checked(old: str = "", new: str = "") -> tuple[list[Problem], str]:
    """What `check` finds in the good file, changed; and where the mark is."""
    assert not old or GOOD.count(old) == 1
    text = GOOD.replace(old, new) if old else GOOD
    text, where = marked(text) if MARK in text else (text, "")
    return check(read(text, {})), where


def test_a_good_file_has_no_problem() -> None:
    """Silence means that there is nothing to say."""
    assert checked() == ([], "")


def test_an_example_that_is_not_found_is_an_error() -> None:
    """The place is the example's."""
    found, where = checked(
        "[Belarus mobilises reservists,", "[Belarus mobilises, ▶Belarus calls up reservists,"
    )
    assert [(p.severity, p.where, p.message) for p in found] == [
        ("error", where, 'the query does not find its example "Belarus calls up reservists"')
    ]


def test_a_counter_example_that_is_found_is_an_error() -> None:
    """The words that hit say why."""
    found, where = checked("Belarus wins a match", "▶Belarus stops mobilising")
    assert [(p.severity, p.where, p.message) for p in found] == [
        (
            "error",
            where,
            'the query finds "Belarus stops mobilising", which it must not, by: Belarus, mobilising',
        )
    ]


def test_a_query_that_no_example_reaches_is_doubted() -> None:
    """Each language's query needs an example that it finds; the place is the language's key."""
    found, where = checked("          ru: $belarus", "          ▶pl: foo\n          ru: $belarus")
    assert [(p.severity, p.where, p.message) for p in found] == [
        ("warning", where, "the query for pl is unproven: no example reaches it")
    ]


def test_an_indicator_without_examples_is_doubted() -> None:
    """Nothing shows that it works."""
    examples = GOOD[GOOD.index("        examples:") : GOOD.index("      - {id: stand-down")]
    text = GOOD.replace(examples, "").replace("- id: mobilisation", "- id: ▶mobilisation")
    text, where = marked(text)
    assert [(p.severity, p.where, p.message) for p in check(read(text, {}))] == [
        ("warning", where, '"mobilisation" is unproven: no example shows that its query finds anything')
    ]


def test_examples_of_a_query_for_one_source() -> None:
    """An example is a headline of the source that the query names."""
    found, _ = checked("          en: $belarus NEAR/25 mobilis*", "          en: $belarus mobilis* source:a")
    assert found == []
    found, _ = checked("mobilis*\n", "(mobilis* OR wins) source:a\n")
    assert [(p.severity, p.message[:43]) for p in found] == [
        ("error", 'the query finds "Belarus wins a match", whi')
    ]


def test_alternatives_share_their_examples() -> None:
    """A list of queries is one query with OR."""
    found, _ = checked(
        "          en: $belarus NEAR/25 mobilis*", "          en: [$belarus mobilis*, reservist* up]"
    )
    assert found == []


def test_doubts_about_queries_have_their_place() -> None:
    """What `query.lint` says stands where the query stands."""
    found, where = checked("$belarus NEAR/25 мобилизац*", "▶мобилизация")
    assert found
    assert {p.where for p in found} == {where}
    assert {p.severity for p in found} == {"warning"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    horizon: 6 months\n",
            "",
            "an event_by judgement without a horizon can never be wrong",
        ),
        (
            "{criteria: Troops are seen}",
            "{}",
            'nothing says how the judgement "kj" will be settled: anybody could call it right',
        ),
        (
            "    horizon: 6 months\n",
            "    kind: state_at\n",
            "a state_at judgement without a horizon can never be wrong",
        ),
        (
            "    statement: Belarus",
            "    statement: x\n    made_on: 2022-01-01\n    horizon: 1y\n    resolution: {criteria: x}\n"
            "  - id: other\n    statement: Belarus",
            'the judgement "kj" has no indicators: nothing can move it',
        ),
    ],
)
def test_judgements_that_cannot_be_settled_are_doubted(old: str, new: str, message: str) -> None:
    """No indicators, no end, no criteria: the place is the judgement's id."""
    found, _ = checked(old, new)
    assert [(p.severity, p.where, p.message) for p in found] == [("warning", "indicators.yaml:9:9", message)]


def test_an_indicator_that_no_source_can_feed_is_doubted() -> None:
    """It would be blind for ever: no enabled source speaks its languages."""
    message = 'no enabled source that speaks en or ru can report "mobilisation": it stays blind'
    text = GOOD.replace("language: en", "language: pl").replace(
        "language: ru", "language: ru, enabled: false"
    )
    assert [(p.severity, p.where, p.message) for p in check(read(text, {}))] == [
        ("warning", "indicators.yaml:15:13", message)
    ]
    assert check(read(text.replace(", language: pl", ""), {})) == [], "a source of unknown language may"


def test_collectible_from_narrows_the_sources() -> None:
    """Only those named can report it."""
    found, _ = checked("        effect: supports", "        collectible_from: [b]\n        effect: supports")
    assert found == []
    text = GOOD.replace("language: ru}", "language: ru, enabled: false}")
    text = text.replace("        effect: supports", "        collectible_from: [b]\n        effect: supports")
    (found_one,) = check(read(text, {}))
    assert found_one.message == 'collectible_from: all of these are disabled: "mobilisation" stays blind'
    assert found_one.where == "indicators.yaml:16:27"
    speechless = text.replace("ru, enabled: false", "pl")
    (found_one,) = check(read(speechless, {}))
    assert found_one.message.startswith(
        "no enabled source of collectible_from that speaks en or ru can report"
    )


def test_a_receiver_that_is_never_told_is_doubted() -> None:
    """No route leads there."""
    text = (
        GOOD
        + "receivers: [{id: desk, url: 'console:'}, {id: ▶chief, url: 'console:'}]\nroute: {receiver: desk}\n"
    )
    text, where = marked(text)
    (found,) = check(read(text, {}))
    assert (found.where, found.message) == (where, 'no route leads to the receiver "chief"')
    assert check(read(text.replace("retention: 400d", "operator: chief"), {})) == []


def test_a_window_beyond_the_retention_is_doubted() -> None:
    """What is deleted cannot count."""
    found, _ = checked("retention: 400d", "retention: 10d")
    assert [p.message for p in found] == ['the window of "mobilisation" is longer than settings.retention']


def test_an_empty_configuration_is_doubted() -> None:
    """It is valid, and watches for nothing."""
    assert [p.message for p in check(read("version: 1\n", {}))] == [
        "there are no judgements: nothing is watched for",
        "there are no sources: nothing is read",
    ]


def test_a_file_without_a_last_line_end_is_doubted() -> None:
    """It may be half written."""
    (found,) = check(read(GOOD.rstrip("\n") + " # x", {}))
    assert (found.severity, found.message) == ("warning", "the last line has no end: is the file complete?")
