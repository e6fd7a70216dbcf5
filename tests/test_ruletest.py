"""Rule tests: how a case runs, what holds and what does not; and the project's own test file."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon import config, ruletest
from iwmon.config import Config
from iwmon.config.problem import Place
from iwmon.ruletest import judging, running
from iwmon.ruletest.case import Case, Expected, Incoming
from newsroom import run
from nouns import ROOT, SMALL, configured, entry
from theatre import TEXT

START = datetime(2022, 10, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
OWN = ROOT / "indicators.test.yaml"
TWO = """\
      - {at: 1h, source: nn, title: Belarus calls up reservists}
      - {at: 5h, source: ukr, title: Thousands receive letters as mobilisation begins}
"""


# Without a term nothing is implied, so no review is asked for.
TERM = "    probability: realistic possibility\n    confidence: moderate\n"


@pytest.fixture(scope="module")
def small() -> Config:
    return configured(SMALL.replace(TERM, ""))


@pytest.fixture(scope="module")
def theatre() -> Config:
    return configured(TEXT)


def differences(text: str, config: Config, *, start: str = "2022-10-01") -> list[str]:
    """A test's body → the lines of all its differences; the file must be right."""
    whole = f"start: {start}\ntests:\n  - name: a test\n{text}"
    tests = ruletest.read("t.yaml", whole.encode())
    made = ruletest.cases(tests, config)
    assert tests.report.problems("error") == ()
    (case,) = made
    return [
        f"{line.mark} {line.text}"
        for failed in ruletest.judge(case, ruletest.run(case, config), config)
        for difference in failed.differences
        for line in difference.lines
    ]


# ---------------------------------------------------------------- the project's own file


@pytest.mark.parametrize("judgement", [f"kj-{n}" for n in range(1, 9)])
def test_the_projects_indicators_pass_their_tests(judgement: str) -> None:
    """`iwmon test indicators.test.yaml`: at least two tests for each judgement, and all hold."""
    result = run("test", str(OWN), "--run", f"^{judgement}:")
    assert result.exit_code == 0, result.output
    assert int(result.stdout.split()[0]) >= 2


def test_the_projects_tests_cover_what_can_go_wrong() -> None:
    """Six languages, all types of indicator, every kind of expectation, outages, reviews and strangers."""
    loaded = config.parse("indicators.yaml", lambda name: (ROOT / name).read_bytes(), {})
    tests = ruletest.read(str(OWN), OWN.read_bytes())
    made = ruletest.cases(tests, loaded)
    assert tests.report.problems("error") == ()
    assert {one.entry.language for case in made for one in case.incoming} >= {
        "en",
        "ru",
        "be",
        "uk",
        "pl",
        "lt",
    }
    levels = {name for case in made for look in case.expected for name in look.levels}
    assert {loaded.indicators[name].type for name in levels} == {"occurrence", "count", "surge", "absence"}
    looks = [look for case in made for look in case.expected]
    assert all(
        any(getattr(look, key) for look in looks) for key in ("coverage", "alerts", "assessments", "matches")
    )
    assert any(case.outages for case in made)
    assert {one.review.action for case in made for one in case.opinions} == {"confirm", "reject"}
    # Of every judgement what evidence implies, the five without a term among them.
    implied = {name for look in looks for name, one in look.assessments.items() if one.terms != ("none",)}
    assert implied == set(loaded.judgements)
    kinds = {alert.fields.get("kind") for look in looks for alert in look.alerts or ()}
    assert kinds >= {"level_up", "contested", "blind", "review_due"}


# ---------------------------------------------------------------- what goes in


def test_two_newsrooms_make_a_warning(small: Config) -> None:
    """The plain case holds: levels, alerts with their fields, coverage, matches."""
    assert not differences(
        f"""\
    judgement: kj-2
    input_items:
{TWO}
    evals:
      - eval_time: 2h
        exp_levels: {{mobilisation: watch, grouping: quiet}}
        exp_coverage: {{mobilisation: ok}}
        exp_alerts: [{{kind: level_up, severity: watch, before: quiet, after: watch, at: 1h, reports: 1}}]
        exp_matches: {{1: [mobilisation]}}
      - eval_time: 6h
        exp_levels: {{mobilisation: warning}}
        exp_alerts: [{{indicator: mobilisation, judgement: kj-2, title: "watch → WARNING", reports: 2}}]
""",
        small,
    )


def test_an_item_is_seen_at_the_first_look_after_it(small: Config) -> None:
    """Looks are at whole steps and at eval times; in between nothing is seen."""
    text = """\
    step: 2h
    input_items: [{at: 61m, source: nn, title: Reservists}]
    evals:
      - {eval_time: 1h, exp_matches: {1: []}}
      - {eval_time: 2h, exp_alerts: [{kind: level_up, at: 2h}]}
"""
    assert differences(text, small) == ["- 1: []", "+ 1: not seen yet"]


def test_repeats_come_one_by_one_and_are_numbered(small: Config) -> None:
    """every and times: the alerts are of the count so far, and {n} tells the titles apart."""
    text = """\
    input_items:
      - at: 1h
        every: 1d
        times: 3
        publisher: Site
        title: "{n}. regional grouping, part {n}{n}"
        url: "https://s{n}.example/"
    evals:
      - {eval_time: 2h, exp_alerts: [{kind: level_up, title: Regional grouping, reports: 1}]}
      - {eval_time: 3d, exp_levels: {grouping: watch}}
"""
    case = ruletest.cases(
        ruletest.read("t", f"start: 2022-10-01\ntests:\n  - name: x\n{text}".encode()), small
    )[0]
    assert [(one.at - START, one.entry.title, one.entry.url) for one in case.incoming] == [
        (
            HOUR + n * 24 * HOUR,
            f"{n + 1}. regional grouping, part {n + 1}{n + 1}",
            f"https://s{n + 1}.example/",
        )
        for n in range(3)
    ]
    assert not differences(text.replace("grouping: watch", "grouping: warning"), small)


def test_a_stranger_is_his_own_group_at_reliability_f(small: Config) -> None:
    """A publisher that no source lists counts, and coverage is what it is without him."""
    body = """\
    input_items:
      - {at: 1h, publisher: "Some Site", title: Belarus calls up reservists}
      - {at: 2h, publisher: "Other Site", title: Thousands receive letters as mobilisation begins}
    eval_time: 3h
    exp_coverage: {mobilisation: ok}
    exp_levels: {mobilisation: critical}
"""
    lines = differences(body, small)
    assert lines[:2] == ["- mobilisation: critical", "+ mobilisation: watch"]
    assert "activation 0.48 from 2 independent origins" in lines[2]  # two of F: 1 - (1 - .4 * .7)²
    assert lines[2].endswith("items 1 and 2 match it; counted for somesite and othersite")
    blind = body.replace("mobilisation: ok", "mobilisation: blind").replace(
        "    eval_time", "    down: [{source: all}]\n    eval_time"
    )
    assert differences(blind, small)[0] == "- mobilisation: critical"  # and blind, with the stranger there


def test_an_aggregator_may_name_publishers(small: Config) -> None:
    """source and publisher together: what an aggregator brings is its publishers'."""
    text = """\
    input_items: [{at: 1h, source: agg, publisher: Nasha Niva, title: Reservists}]
    eval_time: 1h
    exp_levels: {mobilisation: quiet}
"""
    assert "counted for nn" in differences(text, small)[2]


def test_sources_stay_alive_for_months(small: Config) -> None:
    """Sources that are expected to speak every 12 hours are not stale on day 60, nor is anything alerted."""
    text = """\
    judgement: kj-2
    eval_time: 60d
    exp_coverage: {mobilisation: ok, grouping: ok}
    exp_levels: {mobilisation: quiet}
"""
    assert not differences(text, small)


def test_a_feed_that_is_down_brings_its_items_when_it_is_back(small: Config) -> None:
    """Outages make blind after two failed polls; what came meanwhile is seen afterwards."""
    text = """\
    judgement: kj-2
    input_items: [{at: 11h, source: nn, title: Reservists}]
    down: [{source: [nn, ukr, belta, sb], from: 10h, until: 20h}]
    evals:
      - {eval_time: 10h, exp_coverage: {mobilisation: ok}}
      - {eval_time: 12h, exp_coverage: {mobilisation: blind}, exp_alerts: [{kind: blind}]}
      - {eval_time: 20h, exp_coverage: {mobilisation: blind}, exp_levels: {mobilisation: watch}}
      - {eval_time: 21h, exp_coverage: {mobilisation: ok}}
"""
    assert not differences(text, small)


def test_reviews_confirm_reject_restore_and_grade(small: Config) -> None:
    """What a person says counts from the next look on, for one indicator or for all."""
    text = """\
    input_items: [{at: 1h, source: nn, title: Reservists}]
    reviews:
      - {at: 2h, item: 1, reject: true}
      - {at: 240h, item: 1, restore: true}
      - {at: 250h, item: 1, credibility: 5, indicator: mobilisation}
    evals:
      - {eval_time: 1h, exp_levels: {mobilisation: watch}}
      - {eval_time: 200h, exp_levels: {mobilisation: quiet}}
      - {eval_time: 245h, exp_levels: {mobilisation: watch}}
      - {eval_time: 400h, exp_levels: {mobilisation: quiet}}
"""
    assert not differences(text, small)


def test_a_term_of_the_analysts_own_is_what_evidence_moves(small: Config) -> None:
    """What was reported before is priced in by it; once it is resolved, nothing is implied any more."""
    text = """\
    judgement: kj-2
    input_items:
      - {at: 1h, source: belta, title: Reservists}
      - {at: 50h, source: nn, title: Mobilisation}
      - {at: 50h, source: ukr, title: Mobilisation and reservists}
    rulings:
      - {at: 80h, resolve: true}
      - {at: 10h, assess: Unlikely}
      - {at: 60h, assess: unlikely}
      - {at: 90h, judgement: kj-2, reopen: true}
    evals:
      - {eval_time: 9h, exp_assessment: {kj-2: {term: none, action: none}}}
      - {eval_time: 11h, exp_assessment: {kj-2: {term: unlikely, action: none}}}
      - {eval_time: 51h, exp_assessment: {kj-2: {term: likely, action: review_due}}}
      - {eval_time: 61h, exp_assessment: {kj-2: {term: unlikely, action: none}}}
      - {eval_time: 81h, exp_assessment: {kj-2: {term: none, action: none}}}
      - {eval_time: 91h, exp_assessment: {kj-2: {term: unlikely}}}
"""
    assert not differences(text, small)


def test_a_ruling_is_looked_at_where_nothing_else_happens(small: Config) -> None:
    """At the hour at which it is made, though iwmon looks six-hourly by then."""
    text = """\
    rulings: [{at: 303h, judgement: kj-2, assess: likely}]
    evals:
      - {eval_time: 302h, exp_assessment: {kj-2: {term: none}}}
      - {eval_time: 303h, exp_assessment: {kj-2: {term: likely}}}
      - {eval_time: 310h, exp_assessment: {kj-2: {term: likely, action: none}}}
"""
    assert not differences(text, small)


def test_old_news_says_its_date(small: Config) -> None:
    """published: before the start, a moment, or none; what is old pages nobody."""
    body = """\
    input_items: [{{at: 1h, source: nn, title: Reservists, published: {}}}]
    eval_time: 2h
    exp_matches: {{1: [mobilisation]}}
    exp_alerts: []
"""
    assert not differences(body.format("-40d"), small)
    assert not differences(body.format("2022-08-01"), small)
    for young in ("none", "1h", "-12h", "2022-10-01T00:30+02:00"):
        assert differences(body.format(young), small)[:1] == [
            "+ {kind: level_up, indicator: mobilisation, severity: watch, after: watch}"
        ]


def test_the_language_decides_which_query_reads_an_item() -> None:
    """An item has its source's language unless it says another."""
    here = configured(SMALL.replace("query: mobilis* OR reservist*", "query: {en: reservist*, ru: резерв*}"))
    text = """\
    input_items:
      - {at: 1h, source: ukr, title: резервы and reservists}
      - {at: 1h, source: ukr, language: ru, title: только reservists}
      - {at: 1h, source: belta, title: резервы}
    eval_time: 2h
    exp_matches: {1: [mobilisation], 2: [], 3: [mobilisation]}
"""
    assert not differences(text, here)


# ---------------------------------------------------------------- what comes out


def test_absence_and_surge_have_their_clocks_and_volumes(theatre: Config) -> None:
    """A silence is timed from the start; a surge has a baseline after 14 covered days."""
    text = """\
    input_items:
      - {at: 3d, every: 3d, times: 6, source: nn, title: "Border incident {n}{n}{n}"}
      - {at: 20d1h, source: nn, title: Border shots heard near Grodno}
      - {at: 20d2h, source: zerkalo, title: Patrol crossed a border river by night}
      - {at: 20d3h, source: ukr, title: Drone came over the border and fell in a field}
      - {at: 20d4h, source: zerkalo, title: Two guards hurt at the border post of Bobrowniki}
      - {at: 20d5h, source: nn, title: Mine found on border road}
    evals:
      - {eval_time: 4d23h, exp_levels: {unseen: quiet}}
      - {eval_time: 5d, exp_levels: {unseen: watch}, exp_coverage: {incidents: warming_up}}
      - {eval_time: 19d, exp_levels: {incidents: quiet}, exp_coverage: {incidents: ok}}
      - {eval_time: 20d6h, exp_levels: {incidents: warning}}
"""
    assert not differences(text, theatre)


def test_assessments_are_the_last_of_each_judgement(theatre: Config) -> None:
    """A term in any of its band's words, a stretch of terms, an action; and why, where it differs."""
    text = """\
    input_items:
      - {at: 1h, source: nn, title: Reservists receive call-up letters across Minsk oblast tonight}
      - {at: 2h, source: ukr, title: Mobilisation order read aloud before assembled Brest factory workers}
    eval_time: 12h
    exp_assessment:
      kj-2: {term: PROBABLE, action: review_due}
      kj-3: {term: {from: unlikely, to: likely}}
"""
    assert not differences(text, theatre)
    lines = differences(
        text.replace("PROBABLE", "remote chance").replace("to: likely", "to: unlikely"), theatre
    )
    assert lines[:2] == [
        "- kj-2: {term: remote chance, action: review_due}",
        "+ kj-2: {term: likely, action: review_due}",
    ]
    assert lines[2].startswith("why realistic possibility on 1 Oct 2022; ")
    assert lines[3:5] == ["- kj-3: {term: {from: unlikely, to: unlikely}}", "+ kj-3: {term: likely}"]


def test_no_term_is_called_none(small: Config) -> None:
    """A judgement without a term implies nothing."""
    body = "    eval_time: 1h\n    exp_assessment: {{kj-2: {{term: {}}}}}\n"
    assert not differences(body.format("none"), small)
    assert differences(body.format("likely"), small) == [
        "- kj-2: {term: likely}",
        "+ kj-2: {term: none}",
        "why no term is set: there is nothing to compare the evidence with",
    ]


def test_alerts_are_those_since_the_eval_before(small: Config) -> None:
    """What one eval has told is not told at the next; the diff shows it in its place."""
    text = f"""\
    judgement: kj-2
    input_items:
{TWO}
    evals:
      - {{eval_time: 2h, exp_levels: {{mobilisation: watch}}}}
      - eval_time: 8h
        exp_alerts:
          - {{kind: level_up, after: watch}}
          - {{kind: level_up, after: warning}}
          - {{kind: again, indicator: mobilisation}}
"""
    lines = differences(text, small)
    assert lines[:3] == [
        "- {kind: level_up, after: watch}",
        "  {kind: level_up, after: warning}",
        "- {kind: again, indicator: mobilisation}",
    ]
    assert lines[3].startswith("why mobilisation is warning: activation 0.7")


def test_only_the_judgements_alerts_are_compared(theatre: Config) -> None:
    """With judgement:, what another judgement raises is no difference."""
    text = """\
    input_items: [{at: 1h, source: nn, title: Reservists on the road}]
    eval_time: 2h
    exp_alerts: []
"""
    assert [line for line in differences(text, theatre) if "mobilisation" in line]
    assert not differences("    judgement: kj-3\n" + text, theatre)


def test_only_the_judgements_matches_are_compared(theatre: Config) -> None:
    """With judgement:, an item may match what it likes of another's."""
    text = """\
    input_items: [{at: 1h, source: nn, title: Reservists at the border}]
    eval_time: 2h
    exp_matches: {1: [incidents]}
"""
    assert differences(text, theatre) == ["- 1: [incidents]", "+ 1: [mobilisation, incidents]"]
    assert not differences("    judgement: kj-3\n" + text, theatre)


# ---------------------------------------------------------------- laws

CASE_EVENTS = st.lists(st.integers(0, 60 * 24 * 40), max_size=6)


@settings(max_examples=200, deadline=None)
@given(
    CASE_EVENTS, st.lists(st.integers(0, 60 * 24 * 40), min_size=1, max_size=4), st.sampled_from([None, 1, 7])
)
def test_looks_rise_and_miss_nothing(minutes: list[int], ends: list[int], step: int | None) -> None:
    """Every eval is looked at, once; the first look is the start; no item waits longer than a step."""
    after = [START + timedelta(minutes=n) for n in sorted(minutes)]
    evals = tuple(Expected(START + timedelta(minutes=n), Place("f", 1, 1)) for n in sorted(ends))
    incoming = tuple(Incoming(1, at, "nn", entry("x")) for at in after)
    length = step and step * HOUR
    found = list(running.looks(Case("x", Place("f", 1, 1), START, length, evals, incoming)))
    assert found == sorted(set(found))
    assert found[0] == START
    assert found[-1] == evals[-1].at
    assert {one.at for one in evals} <= set(found)
    for at in after:
        seen = next((look for look in found if look >= at), None)
        assert seen is None or seen - at <= (length or HOUR)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), max_size=4))
def test_pairs_are_as_many_as_can_be(fitting: list[list[bool]]) -> None:
    """No alert is used twice, only fitting ones are, and no better assignment exists (by trying all)."""
    pairs = judging.paired(fitting)
    assert len(set(pairs.values())) == len(pairs)
    assert all(fitting[row][column] for row, column in pairs.items())

    def best(row: int, used: frozenset[int]) -> int:
        if row == len(fitting):
            return 0
        free = [c for c in range(4) if fitting[row][c] and c not in used]
        return max([best(row + 1, used), *(1 + best(row + 1, used | {c}) for c in free)])

    assert len(pairs) == best(0, frozenset())


def test_the_same_case_gives_the_same(small: Config) -> None:
    """A run reads no clock: alerts are equal to the byte."""
    body = f"    input_items:\n{TWO}    eval_time: 30h\n    exp_alerts: []\n"
    text = f"start: 2022-10-01\ntests:\n  - name: x\n{body}"
    (case,) = ruletest.cases(ruletest.read("t", text.encode()), small)
    assert ruletest.run(case, small) == ruletest.run(case, small)


def test_the_own_file_names_no_folder_of_this_machine() -> None:
    """It runs from any checkout: its configuration stands beside it."""
    assert re.search(r"^config: indicators.yaml$", Path(OWN).read_text("utf-8"), re.MULTILINE)
