"""What is wrong in a file of rule tests: where, and what to write instead. The rest of the file is run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon import ruletest
from iwmon.config import Config
from iwmon.config.document import plain_data
from newsroom import run
from nouns import ROOT, SMALL, configured

GOOD = """\
config: indicators.yaml
start: 2022-10-01
step: 2h
tests:
  - name: the good one
    judgement: kj-2
    input_items:
      - {at: 1h, source: nn, title: Reservists}
      - {at: 2h, every: 1h, times: 2, publisher: A site, title: Reservists}
    down: [{source: [belta], from: 1h, until: 4h}]
    reviews: [{at: 3h, item: 1, confirm: true}]
    evals:
      - eval_time: 4h
        exp_levels: {mobilisation: watch}
        exp_coverage: {mobilisation: ok}
        exp_alerts: [{kind: level_up, indicator: mobilisation}]
        exp_assessment: {kj-2: {term: likely, action: none}}
        exp_matches: {1: [mobilisation]}
    rulings: [{at: 2h, assess: likely}]
"""
# What is written wrongly, and what is said of it: (old, new, place, message, hint)
WRONG = [
    ("config: ", "confg: ", "1:1", 'there is no key "confg" here', 'did you mean "config"?'),
    ("step: 2h", "step: 2 hours", "3:7", 'step: "2 hours" is not a duration', "write 2h"),
    ("step: 2h", "step: 2d", "5:5", "step: iwmon would look less than once a day", "write step: 1d, or less"),
    ("start: 2022-10-01", "start: 6h", "2:8", 'start: "6h" is not a time', "write it like 2022-10-01T00:00"),
    (
        "start: 2022-10-01\n",
        "",
        "4:5",
        "start is missing",
        "add start: 2022-10-01T00:00, here or at the top of the file",
    ),
    (
        "2022-10-01",
        "2022-10-41",
        "2:8",
        'start: "2022-10-41" is not a time',
        "write it like 2022-10-01T06:00,",
    ),
    ("judgement: kj-2", "jugement: x", "6:5", 'there is no key "jugement" here', 'did you mean "judgement"?'),
    ("- name: the good one\n    j", "- j", "5:5", "name is missing here", "add name: what must be so"),
    (
        "judgement: kj-2",
        "judgement: kj-2\n    judgement: kj-2",
        "7:5",
        'the key "judgement" stands here twice; first in line 6',
        "keep one of the two",
    ),
    ("judgement: kj-2", "judgement: kj2", "6:16", 'no judgement "kj2" in indicators.yaml', 'mean "kj-2"?'),
    ("{at: 1h", "{at: soon", "8:14", 'at: "soon" is not a duration', "write a number and a unit"),
    ("{at: 1h", "{at: -1h", "8:14", 'at: "-1h" is before the start', "write a time after start: 6h"),
    ("{at: 1h", "{at: 2022-09-30", "8:14", "at: this is before the start", "write a later time"),
    ("{at: 2h", "{at: 9h", "9:14", "at: nothing looks at this item", "write an earlier time, or a later"),
    (
        "source: nn",
        "source: nnn",
        "8:26",
        'there is no source "nnn" in indicators.yaml',
        'did you mean "nn"?',
    ),
    ("source: nn, ", "", "8:9", "whose item is this?", "add source: an id, or publisher: a newsroom"),
    (
        "source: nn",
        "source: idle",
        "8:26",
        '"idle" is not enabled',
        'write publisher: "Idle" instead of source',
    ),
    ("source: nn", "source: nn, publisher: X", "8:30", "publisher: nn is no aggregator", "remove source, or"),
    (
        "title: Reservists}\n      - {at: 2h",
        'title: ""}\n      - {at: 2h',
        "8:37",
        "title: is empty",
        "write a",
    ),
    ("every: 1h, ", "", "9:18", "times: needs every beside it", "add every: 6h"),
    (", times: 2", "", "9:18", "every: needs times beside it", "add times: 5"),
    ("times: 2", "times: 0", "9:36", "times: the number is too small", "write 1 or more"),
    ("source: [belta]", "source: [belt]", "10:22", 'there is no source "belt"', 'did you mean "belta"?'),
    ("source: [belta]", "source: belt", "10:21", 'there is no source "belt"', 'did you mean "belta"?'),
    ("until: 4h", "until: 1h", "10:47", "until: this is not after from", "write a later time"),
    ("item: 1", "item: 3", "11:30", "item: there is no item 3", "there are 2 in input_items; count from 1"),
    (
        "at: 3h, item",
        "at: 30m, item",
        "11:20",
        "at: item 1 is not there yet",
        "write a time after the item's",
    ),
    ("at: 3h, item", "at: 30h, item", "11:20", "at: nothing looks at this review", "write an earlier time"),
    ("confirm: true", "confirm: false", "11:42", "confirm: only true can be said here", "write true, or"),
    (", confirm: true", "", "11:15", "this review says nothing", "add confirm: true, reject: true or"),
    ("confirm: true", "confirm: true, reject: true", "11:15", "confirm and reject cannot be said", "two rev"),
    (
        "confirm: true",
        "indicator: mob, reject: true",
        "11:44",
        'there is no indicator "mob"',
        "indicators here:",
    ),
    ("at: 2h, assess", "at: 30h, assess", "19:20", "at: nothing looks at this ruling", "write an earlier"),
    ("at: 2h, assess", "at: 2022-09-01, assess", "19:20", "at: this is before the start", "write a later"),
    (", assess: likely", "", "19:15", "this ruling says nothing", "add assess: likely, resolve: true or"),
    (
        "assess: likely}",
        "assess: likely, reopen: true}",
        "19:15",
        "assess and reopen cannot be said",
        "two r",
    ),
    ("assess: likely}", "assess: certain}", "19:32", '"certain" is not a word of', "almost certain"),
    (
        "assess: likely}",
        "resolve: maybe}",
        "19:33",
        'resolve: "maybe" is not an outcome',
        "write true, false or",
    ),
    ("assess: likely}", "reopen: false}", "19:32", "reopen: only true can be said here", "write true, or"),
    ("assess: likely}", "resolve: true, of: kj-2}", "19:39", 'there is no key "of" here', "keys"),
    (
        "assess: likely}",
        "judgement: kj-3, assess: likely}",
        "19:35",
        'there is no judgement "kj-3" in indicators.yaml',
        'did you mean "kj-2"?',
    ),
    (
        "start: 2022-10-01\n",
        "start: 2022-07-14\n",
        "19:20",
        "at: the term of kj-2 is of 2022-07-15, and later ones win",
        "write a later time",
    ),
    ("    evals:\n", "    eval_time: 3h\n    evals:\n", "12:5", "eval_time: stands beside evals", "write it"),
    ("eval_time: 4h", "eval_time: 4", "13:20", 'eval_time: "4" is not a duration', "add the unit: 4s, 4m"),
    (
        "eval_time: 4h",
        "eval_time: 2022-09-01",
        "13:20",
        "eval_time: this is before the start",
        "write a later",
    ),
    (
        "eval_time: 4h",
        "eval_time: 60000h",
        "5:5",
        "would look more than 20,000 times",
        "write a longer step:",
    ),
    ("mobilisation: watch", "mobilization: watch", "14:22", 'no indicator "mobilization"', '"mobilisation"?'),
    (
        "mobilisation: watch",
        "mobilisation: loud",
        "14:36",
        '"loud" is not possible here',
        "one of: quiet, watch",
    ),
    ("{mobilisation: watch}", "{}", "14:21", "exp_levels: has nothing in it", "write something there"),
    (
        "mobilisation: ok",
        "mobilisation: fine",
        "15:38",
        '"fine" is not possible here',
        "write one of: ok, part",
    ),
    (
        "kind: level_up",
        "kind: levelup",
        "16:29",
        'kind: "levelup" is not possible',
        'did you mean "level_up"?',
    ),
    (
        "kind: level_up",
        "alertname: x",
        "16:23",
        'there is no key "alertname" here',
        "keys here: kind, indicator",
    ),
    (
        "{kind: level_up, indicator: mobilisation}",
        "{}",
        "16:22",
        "an alert of which nothing is said",
        "add kind:",
    ),
    ("indicator: mobilisation}", "judgement: kj-3}", "16:50", 'there is no judgement "kj-3"', 'mean "kj-2"?'),
    ("term: likely", "term: lkely", "17:39", '"lkely" is not a word of PHIA', 'did you mean "likely"?'),
    (
        "term: likely",
        "term: {from: likely, to: unlikely}",
        "17:39",
        "term: from is above to",
        "write the lower term first",
    ),
    (
        "action: none",
        "action: review",
        "17:55",
        'action: "review" is not possible',
        'did you mean "review_due"?',
    ),
    (
        "{term: likely, action: none}",
        "{}",
        "17:26",
        "nothing is expected here",
        "add term: likely, or action:",
    ),
    ("{kj-2: {term", "{kj-3: {term", "17:26", 'there is no judgement "kj-3"', 'did you mean "kj-2"?'),
    ("{1: [mob", "{one: [mob", "18:23", '"one" is not the number of an item', "count input_items from 1"),
    ("{1: [mob", "{3: [mob", "18:23", "there is no item 3", "count input_items from 1"),
    (
        "[mobilisation]}\n",
        "[mobilize]}\n",
        "18:27",
        'no indicator "mobilize"',
        'did you mean "mobilisation"?',
    ),
]


@pytest.fixture(scope="module")
def small() -> Config:
    off = '  - {id: idle, name: Idle, url: "https://idle.example/rss", enabled: false}\njudgements:\n'
    return configured(SMALL.replace("judgements:\n", off))


def problems(text: str, config: Config) -> list[tuple[str, str, str]]:
    """(place without the file, message, hint) of all errors."""
    tests = ruletest.read("t.yaml", text.encode())
    ruletest.cases(tests, config)
    return [(p.where.removeprefix("t.yaml:"), p.message, p.hint) for p in tests.report.problems("error")]


def test_the_good_file_is_good(small: Config) -> None:
    assert problems(GOOD, small) == []


@pytest.mark.parametrize(("old", "new", "place", "message", "hint"), WRONG, ids=[w[1] or w[0] for w in WRONG])
def test_each_mistake_is_told_once(
    old: str, new: str, place: str, message: str, hint: str, small: Config
) -> None:
    """Where it is, what is wrong, what to write instead; and nothing else is complained of."""
    assert old in GOOD
    (found,) = problems(GOOD.replace(old, new, 1), small)
    assert found[0] == place
    assert message in found[1]
    assert hint in found[2]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "the file is empty", "docs/indicators.md shows how a test is written"),
        ("- a list", "a test file begins with keys", 'begin with "tests:"'),
        ("start: 2022-10-01\n", "tests is missing here", "add tests: the tests"),
        ("tests: []\n", "tests: has nothing in it", "write something there"),
        ("tests: soon\n", "tests: expected a list", "write [one, two]"),
        (
            "version: 1\ntests: [{name: x, start: 2022-10-01, eval_time: 1h, exp_alerts: []}]",
            '"version"',
            "keys here",
        ),
        ("tests: [{name: x, start: 2022-10-01}]", "this test looks at nothing", "add eval_time: 27h"),
        ("tests: [{name: x, start: 2022-10-01, exp_alerts: []}]", "eval_time is missing", "add eval_time"),
        (
            "tests: [{name: x, start: 2022-10-01, eval_time: 1h}]",
            "nothing is expected",
            "add one of: exp_levels",
        ),
        ("tests: [", "", ""),
        ("tests: \x00", "", ""),
    ],
)
def test_files_that_are_none(text: str, message: str, hint: str, small: Config) -> None:
    """A file that is no test file says what one is."""
    (found,) = problems(text, small)
    assert message in found[1]
    assert hint in found[2]


def test_a_ruling_says_of_which_judgement(small: Config) -> None:
    """Its own, or the test's; where neither names one, that is told."""
    text = GOOD.replace("    judgement: kj-2\n", "")
    said = ("of which judgement is this?", "add judgement: an id, here or to the test")
    assert problems(text, small) == [("18:15", *said)]
    assert problems(text.replace("2h, assess", "2h, judgement: kj-2, assess"), small) == []


def test_another_judgements_indicator_is_no_expectation_of_this_one(small: Config) -> None:
    """A test that is about one judgement does not compare another's."""
    text = SMALL.replace(
        "      - id: grouping",
        "  - id: kj-3\n    statement: x\n    made_on: 2022-07-15\n    indicators:\n      - id: grouping",
    )
    found = problems(GOOD.replace("{mobilisation: watch}", "{grouping: quiet}"), configured(text))
    assert found == [
        (
            "14:22",
            "grouping belongs to kj-3, and this test is about kj-2 only",
            "remove it, or the test's judgement:",
        )
    ]
    assert problems(GOOD.replace("{kj-2: {", "{kj-3: {"), configured(text)) == [
        ("17:26", "this test is about kj-2 only", "remove it, or the test's judgement:")
    ]


def test_one_wrong_test_loses_no_other(small: Config) -> None:
    """The others are run, and all that is wrong in the wrong one is told at once."""
    wrong = (
        "  - name: wrong\n    eval_time: 1\n    exp_levels: {x: loud}\n    input_items: [{at: 1h, tilte: x}]"
    )
    better = "  - name: better\n    eval_time: 1h\n    exp_alerts: []\n"
    tests = ruletest.read("t.yaml", f"{GOOD}{wrong}\n{better}".encode())
    assert [case.name for case in ruletest.cases(tests, small)] == ["the good one", "better"]
    assert len(tests.report.problems("error")) == 4


def test_a_start_without_a_value_is_missing(small: Config) -> None:
    """`start:` and nothing behind it, or a comment: no test is lost without a word."""
    tests = ruletest.read("t.yaml", re.sub("start: .*", "start: # to be written", GOOD).encode())
    assert ruletest.cases(tests, small) == ()
    assert ["start is missing" in problem.message for problem in tests.report.problems("error")] == [True]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(GOOD) - 1), st.sampled_from([*":-{}[]\"'#\n 0x*&", "", "\t", "ў"]), st.integers(0, 3)
)
def test_a_spoiled_file_is_read_or_refused(small: Config, at: int, put: str, cut: int) -> None:
    """Any slip of the keyboard gives errors with places, or cases; never an exception."""
    tests = ruletest.read("t.yaml", (GOOD[:at] + put + GOOD[at + cut :]).encode())
    made = ruletest.cases(tests, small)
    found = tests.report.problems("error")
    assert made or found
    assert all(problem.where.startswith("t.yaml:") and problem.message for problem in found)


# ---------------------------------------------------------------- the schema that editors use


def test_the_schema_knows_the_projects_file() -> None:
    """The JSON Schema takes the project's own tests, and marks mistakes."""
    schema = json.loads(run("schema", "--tests").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema == ruletest.schema()
    validator = jsonschema.Draft202012Validator(schema)
    tests = ruletest.read("t", (ROOT / "indicators.test.yaml").read_bytes())
    assert tests.document is not None
    data = plain_data(tests.document.root)
    assert validator.is_valid(data)
    item = {"at": "1h", "source": "nn", "title": "x"}
    for wrong in ({"at": "-1h"}, {"at": "soon"}, {"tilte": "x"}, {"published": "soon"}, {"times": 0}):
        data["tests"][0]["input_items"] = [item | wrong]
        assert not validator.is_valid(data), wrong


def test_the_schema_goes_into_a_file(tmp_path: Path) -> None:
    """--output writes it."""
    target = tmp_path / "s.json"
    assert run("schema", "--tests", "--output", str(target)).exit_code == 0
    assert json.loads(target.read_text("utf-8"))["title"] == "iwmon rule tests"
