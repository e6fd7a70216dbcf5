"""review, judgement, status --coverage: what people decide, and what they are shown to decide on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from iwmon import assess
from iwmon.cli import plot
from iwmon.cli.judgement import Outcome
from iwmon.cli.judgements import OUTCOMES
from iwmon.model import Coverage, Judgement, JudgementState
from iwmon.store import Store
from iwmon.stored import AssessmentRecord
from newsroom import HEADLINE, NOW, Newsroom, newsroom, rss
from nouns import NOON
from test_cli_watch import on_a_terminal

LATER = "2022-10-10T12:11"
NEXT_DAY = "2022-10-11T12:00"
WHY = ("--rationale", "because")


@pytest.fixture
def room(httpserver: HTTPServer, tmp_path: Path) -> Newsroom:
    """A newsroom of its own for each test, polled once at noon."""
    made = Newsroom(httpserver, tmp_path)
    assert made.run("poll", "--now", NOW).exit_code == 0
    return made


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom polled once at noon; only to be looked at."""
    with newsroom(tmp_path_factory.mktemp("people")) as made:
        assert made.run("poll", "--now", NOW).exit_code == 0
        yield made


def items(room: Newsroom) -> dict[str, str]:
    """The item of each source that matched, by source."""
    return {
        one["source"]: one["item"] for one in room.json("explain", "mobilisation", "--now", NOW)["latest"]
    }


def stored(room: Newsroom) -> Store:
    """The newsroom's database, open."""
    return Store.open(f"sqlite:///{room.database}")


def level(room: Newsroom, indicator: str = "mobilisation") -> str:
    """An indicator's level on the board."""
    board = room.json("status", "--now", NEXT_DAY)
    levels = {i["id"]: str(i["level"]) for j in board["judgements"] for i in j["indicators"]}
    return levels[indicator]


# ---------------------------------------------------------------- review


def test_a_rejected_report_lowers_the_level_at_the_next_poll(room: Newsroom) -> None:
    """It waits, the next poll takes it up, the report counts no more, and the level is lower."""
    assert level(room) == "critical"
    done = room.run("review", items(room)["nashaniva"], "--reject", "--by", "anna", "--now", LATER)
    assert done.exit_code == 0, done.output
    assert f"Rejected by anna: {HEADLINE} (Nasha Niva)" in done.stdout
    assert "no evidence any more for Mobilisation and readiness (mobilisation)" in done.stdout
    assert "1 reprint of it (Reprinter) is covered too" in done.stdout
    assert "next step" in done.stdout
    assert level(room) == "critical"
    with stored(room) as store:
        assert [one.by for one in store.waiting_rulings()] == ["anna"]
    room.run("poll", "--now", NEXT_DAY)
    with stored(room) as store:
        assert store.waiting_rulings() == ()
    assert level(room) == "warning"
    shown = room.run("review", items(room)["nashaniva"], "--now", NEXT_DAY).stdout
    assert "rejected by anna: it does not count" in shown


def test_a_review_of_a_reprint_is_of_the_report(room: Newsroom) -> None:
    """Rejecting the copy and the original are the same; both logs are one log."""
    found = items(room)
    room.run("review", found["reprinter"], "--reject", "--by", "ben", "--now", LATER)
    document = room.json("review", found["nashaniva"], "--now", LATER)
    assert document["reprints"] == [found["reprinter"]]
    assert [(one["by"], one["item"]) for one in document["reviews"]] == [("ben", found["reprinter"])]


def test_contradictory_reviews_are_all_kept_and_named(room: Newsroom) -> None:
    """Who said what and when; the last word holds; saying the same again contradicts nobody."""
    item = items(room)["nashaniva"]
    room.run(
        "review", item, "--confirm", "--by", "ben", "--note", "seen the order", "--now", "2022-10-10T12:01"
    )
    second = room.run("review", item, "--reject", "--by", "anna", "--now", LATER).stdout
    assert "confirmed by ben, 14:01 CEST: seen the order" in second
    assert "the last word holds" in second
    same = room.run("review", item, "--reject", "--by", "carl", "--now", "2022-10-10T12:12").stdout
    assert "anna" not in same
    assert "confirmed by ben" in same
    room.run("poll", "--now", NEXT_DAY)
    document = room.json("review", item, "--now", NEXT_DAY)
    assert [one["action"] for one in document["reviews"]] == ["confirm", "reject", "reject"]
    assert {signal["status"] for signal in document["signals"]} == {"rejected"}


def test_a_grade_changes_the_weight_and_restore_takes_it_back(room: Newsroom) -> None:
    """m · r · c with the grade's c; alone it is a grade, with --confirm both; restored it is unjudged."""
    item = items(room)["pravda"]
    assert room.json("review", item)["signals"][0]["weight"] == pytest.approx(1.0 * 0.8 * 0.7)
    graded = room.json("review", item, "--credibility", "4", "--by", "anna", "--now", LATER)
    assert (graded["reviews"][-1]["action"], graded["reviews"][-1]["waiting"]) == ("grade", True)
    room.run("poll", "--now", "2022-10-10T12:12")
    assert room.json("review", item)["signals"][0]["weight"] == pytest.approx(1.0 * 0.8 * 0.4)
    room.run("review", item, "--confirm", "--credibility", "1", "--now", "2022-10-10T12:13")
    room.run("poll", "--now", "2022-10-10T12:14")
    (signal,) = room.json("review", item)["signals"]
    assert (signal["status"], signal["credibility"]) == ("confirmed", 1)
    assert "weight 0.80 = title, reported 1.00 · reliability B 0.80" in room.run("review", item).stdout
    room.run("review", item, "--restore", "--now", "2022-10-10T12:15")
    room.run("poll", "--now", "2022-10-10T12:16")
    (signal,) = room.json("review", item)["signals"]
    assert (signal["status"], signal["weight"]) == ("auto", pytest.approx(0.56))


def test_a_review_of_one_indicator_leaves_the_others(room: Newsroom) -> None:
    """--indicator takes any case and touches only that one."""
    room.feeds["pu"] = rss("Belarus mobilises: a convoy leaves the barracks")
    room.run("poll", "--all", "--now", LATER)
    item = room.json("explain", "convoys", "--now", LATER)["latest"][0]["item"]
    assert set(room.json("review", item)["indicators"]) == {"mobilisation", "convoys"}
    room.run("review", item, "--reject", "--indicator", "CONVOYS", "--by", "anna", "--now", LATER)
    room.run("poll", "--now", "2022-10-10T12:22")
    states = {one["indicator"]: one["status"] for one in room.json("review", item)["signals"]}
    assert states == {"mobilisation": "auto", "convoys": "rejected"}


def test_an_item_is_named_by_its_beginning_or_its_address(room: Newsroom) -> None:
    """An address of several reports is refused, with their ids; of one report it will do."""
    found = items(room)
    assert room.json("review", found["belta"][:6])["item"]["source"] == "belta"
    several = room.run("review", "https://news.example/0")
    assert several.exit_code == 1
    assert "means 4 items of different reports" in several.stderr
    assert found["belta"][:10] in several.stderr
    room.feeds["pu"] = rss("Rain", "Belarus mobilises near Brest, then stops")
    room.run("poll", "--all", "--now", LATER)
    assert room.json("review", "https://news.example/1")["item"]["source"] == "pravda"


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--confirm", "--reject"], 2, "--confirm and --reject contradict each other (choose one)"),
        (["--reject", "--credibility", "2"], 2, "--reject and --credibility contradict"),
        (["--note", "hm"], 2, "there is nothing to do"),
        (["--confirm", "--indicator", "convoys"], 2, "does not signal convoys (it signals mobilisation)"),
        (["--restore"], 1, "there is nothing to restore"),
        (["--credibility", "7"], 2, "less than or equal to 6"),
        (["--confirm", "--by", " "], 2, "the name is empty"),
    ],
)
def test_a_review_that_says_nothing_sensible_is_refused(
    watched: Newsroom, options: list[str], code: int, words: str
) -> None:
    """In words that help, and nothing is kept."""
    done = watched.run("review", items(watched)["nashaniva"], *options)
    assert done.exit_code == code
    assert words in " ".join(done.stderr.split())
    with stored(watched) as store:
        assert store.waiting_rulings() == ()


def test_only_evidence_is_reviewed(watched: Newsroom) -> None:
    """Unknown items, and items that matched nothing, are refused with what to do instead."""
    unknown = watched.run("review", "ffffff", "--confirm")
    assert unknown.exit_code == 1
    assert "no item ffffff" in unknown.stderr
    with stored(watched) as store:
        recorded = [item for step in store.recorded() for reading in step.readings for item in reading.items]
    chess = next(item.id for item in recorded if item.entry.title == "Chess")
    idle = watched.run("review", chess, "--confirm")
    assert idle.exit_code == 1
    assert "“Chess” matched no indicator" in idle.stderr
    assert "iwmon match" in idle.stderr


def test_hostile_words_of_people_and_feeds_reach_no_terminal(room: Newsroom) -> None:
    """Titles, notes and names are cleaned before they are shown."""
    room.feeds["pu"] = rss("Belarus mobilises \u202enow")
    room.run("poll", "--all", "--now", LATER)
    item = room.json("explain", "mobilisation", "--now", LATER)["latest"][0]["item"]
    room.run("review", item, "--confirm", "--by", "a\x1b[31m", "--note", "x\x1b]0;y\x07", "--now", LATER)
    room.run("judgement", "assess", "kj-2", "--term", "likely", "--rationale", "z\x1b[2J", "--now", LATER)
    out = room.run("review", item).stdout + room.run("judgement", "show", "kj-2", "--now", LATER).stdout
    assert "confirmed by a[31m" in out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", out)


# ---------------------------------------------------------------- judgement


def test_the_list_says_terms_and_no_numbers(watched: Newsroom) -> None:
    """The analyst's term, what time alone and evidence imply, what is due, who watches; in words."""
    out = watched.run("judgement", "list", "--now", NOW).stdout
    assert "KJ-2  Belarus commits regular troops to combat in Ukraine" in out
    assert "Analyst's term: realistic possibility, since 15 Jul 2022 (as in the file)" in out
    assert "Time alone implies: unlikely" in out
    assert "Time and evidence imply: likely (range: realistic possibility to highly likely)" in out
    assert "REVIEW DUE" in out
    assert "Coverage: 4 of 5 sources watching; 1 of 4 indicators blind" in out
    assert "Horizon 15 Jan 2023, 96 days left" in out
    assert "No horizon" in out
    assert not re.search(r"\d[.,]\d|%", out)


def test_the_list_as_json_has_the_numbers(watched: Newsroom) -> None:
    """p, its range, and what time alone leaves; stable keys."""
    kj2, kj3 = watched.json("judgement", "list", "--now", NOW)["judgements"]
    assert (kj2["id"], kj2["term"], kj2["action"], kj2["outcome"]) == (
        "kj-2",
        "realistic possibility",
        "review_due",
        None,
    )
    implied = kj2["implied"]
    assert implied["low"] < implied["p"] < implied["high"]
    assert implied["alone_term"] == "unlikely"
    assert implied["term"] in implied["terms"]
    assert (kj2["sources_watching"], kj2["sources"], kj2["indicators_blind"]) == (4, 5, 1)
    assert kj3["action"] == "none"


def test_show_tells_the_whole_case(watched: Newsroom) -> None:
    """Statement, criteria, alternatives, what moved it, the plot, the alerts; no likelihood in numbers."""
    out = watched.run("judgement", "show", "KJ-2", "--now", NOW).stdout
    for words in (
        "two independent sources confirm combat by regular units",
        "Belarus remains a base and sends no troops",
        "Mobilisation and readiness pushes up strongly",
        "likely │●",
        "nothing since the file was written",
        "CRITICAL: Mobilisation and readiness",
    ):
        assert words in out
    assert "Scores" not in out
    assert not re.search(r"0\.\d|\d ?%", out)


def test_confidence_and_likelihood_never_share_a_sentence(room: Newsroom) -> None:
    """ICD 203, in list, show and what assess answers."""
    options = ("--term", "likely", "--confidence", "low", *WHY, "--now", LATER)
    out = room.run("judgement", "assess", "kj-2", *options).stdout
    out += room.run("judgement", "show", "kj-2", "--now", LATER).stdout
    out += room.run("judgement", "list", "--now", LATER).stdout
    assert "confidence: low" in out
    sentences = re.split(r"\.\s|\n", out)
    said = [one for one in sentences if re.search(r"confidence", one, re.IGNORECASE)]
    assert said
    assert not [one for one in said if re.search(r"likely|possibility|certain|chance", one)]


def test_an_assessment_counts_from_the_next_step(room: Newsroom) -> None:
    """It waits and is counted as waiting; then it is the term in force, and what was known is priced in."""
    written = room.config.read_bytes()
    done = room.run(
        *("judgement", "assess", "kj-2", "--term", "Likely", "--confidence", "moderate"),
        *("--by", "anna", "--rationale", "the call-up is real", "--now", LATER),
    )
    assert done.exit_code == 0, done.output
    assert "anna assesses it as likely. It was “realistic possibility” since 15 Jul 2022." in done.stdout
    assert "A later made_on there wins again" in done.stdout
    waiting = room.run("judgement", "show", "kj-2", "--now", LATER).stdout
    assert "1 decision waits for the next step: assess" in waiting
    assert "assessed as likely by anna (waits for the next step)" in waiting
    room.run("poll", "--now", "2022-10-10T12:12")
    case = room.json("judgement", "show", "kj-2", "--now", "2022-10-10T12:12")
    assert (case["term"], case["confidence"], case["term_in_file"]) == (
        "likely",
        "moderate",
        "realistic possibility",
    )
    assert case["waiting"] == []
    assert all(abs(part["activation"] - part["baseline"]) < 0.001 for part in case["contributions"])
    assert case["action"] == "none"
    assert "Analyst's term: likely, since 10 Oct 2022 (set by anna)" in room.run("judgement", "list").stdout
    assert "Analyst's term: likely; horizon" in room.run("status", "--now", "2022-10-10T12:13").stdout
    assert room.config.read_bytes() == written
    room.write("made_on: 2022-07-15\n    horizon: 6 months", "made_on: 2022-10-11\n    horizon: 6 months")
    assert room.json("judgement", "show", "kj-2", "--now", NEXT_DAY)["term"] == "realistic possibility"


def test_a_judgement_is_resolved_scored_and_reopened(room: Newsroom) -> None:
    """Settled once; scores of both sides after the next step; then taken back, and the log has both."""
    room.run("judgement", "assess", "kj-2", "--term", "unlikely", *WHY, "--by", "anna", "--now", LATER)
    room.run("poll", "--all", "--now", NEXT_DAY)
    resolve = ("judgement", "resolve", "kj-2", "--outcome")
    done = room.run(*resolve, "false", "--on", "2022-10-12", *WHY, "--by", "ben", "--now", "2022-10-12T12:00")
    assert done.exit_code == 0, done.output
    assert "ben resolves it, as of 12 Oct 2022: it did not come true." in done.stdout
    assert "it could still come true until 15 Jan 2023" in done.stdout
    again = room.run(*resolve, "true", *WHY, "--now", "2022-10-12T12:01")
    assert again.exit_code == 1
    assert "it is resolved already: it did not come true" in again.stderr
    assert "iwmon judgement reopen kj-2" in again.stderr
    late = room.run("judgement", "assess", "kj-2", "--term", "likely", *WHY, "--now", "2022-10-12T12:01")
    assert late.exit_code == 1
    assert "it is resolved" in late.stderr
    assert room.json("judgement", "show", "kj-2", "--now", "2022-10-12T12:02")["scores"] is None
    room.run("poll", "--now", "2022-10-12T12:03")
    case = room.json("judgement", "show", "kj-2", "--now", "2022-10-12T12:04")
    assert case["outcome"] == "false"
    assert case["scores"]["analyst"]["brier"] == pytest.approx(0.30**2)
    assert case["scores"]["tool"] is not None
    assert case["scores"]["false_alarms"] == 1
    out = room.run("judgement", "show", "kj-2", "--now", "2022-10-12T12:04").stdout
    assert "Resolved: it did not come true" in out
    assert re.search(r"analyst +tool\n +Brier score +0\.09 +0\.\d\d", out)
    assert "Resolved: it did not come true" in room.run("status", "--now", "2022-10-12T12:04").stdout
    back = room.run("judgement", "reopen", "kj-2", *WHY, "--by", "ben", "--now", "2022-10-12T12:05")
    assert "ben reopens it. It was resolved: it did not come true." in back.stdout
    room.run("poll", "--now", "2022-10-12T12:06")
    case = room.json("judgement", "show", "kj-2", "--now", "2022-10-12T12:07")
    assert (case["outcome"], case["scores"]) == (None, None)
    assert [one["action"] for one in case["rulings"]] == ["assess", "resolve", "reopen"]


def test_what_is_void_is_not_scored(room: Newsroom) -> None:
    """It says so, and shows no number."""
    room.run("judgement", "resolve", "kj-3", "--outcome", "void", *WHY, "--now", LATER)
    room.run("poll", "--now", "2022-10-10T12:12")
    out = room.run("judgement", "show", "kj-3", "--now", "2022-10-10T12:13").stdout
    assert "void: not scored" in out
    assert "Brier" not in out


def test_what_the_file_settled_is_reopened_in_the_file(room: Newsroom) -> None:
    """The file's outcome stands above the log: it is named where to take it back."""
    old = "resolution: {criteria: a count of incidents}"
    room.write(old, "resolution: {criteria: a count of incidents, outcome: true}")
    for verb in (("reopen",), ("resolve", "--outcome", "false")):
        done = room.run("judgement", verb[0], "kj-3", *verb[1:], *WHY, "--now", LATER)
        assert done.exit_code == 1
        assert "take `outcome` out of its resolution in indicators.yaml" in done.stderr
    assert (
        "in the file: resolved: it came true" in room.run("judgement", "show", "kj-3", "--now", LATER).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["assess", "kj-2", "--term", "likly", *WHY], 2, "not a word of PHIA (did you mean “likely”?)"),
        (["assess", "kj-2", "--term", "perhaps", *WHY], 2, "one of: remote chance, highly unlikely"),
        (["assess", "kj-2", "--term", "likely"], 2, "Missing option '--rationale'"),
        (["assess", "kj-2", "--term", "likely", "--rationale", " "], 2, "the rationale is empty"),
        (["assess", "kj-2", "--term", "likely", *WHY, "--now", "2022-07-01"], 1, "later ones win"),
        (["assess", "kj-2", "--term", "likely", *WHY, "--confidence", "some"], 2, "'some' is not one of"),
        (["assess", "kj-9", "--term", "likely", *WHY], 2, "no judgement kj-9 (did you mean kj-"),
        (["resolve", "kj-2", "--outcome", "maybe", *WHY], 2, "'maybe' is not one of"),
        (["resolve", "kj-2", "--outcome", "true", *WHY, "--on", "2022-10-11"], 2, "is still to come"),
        (["resolve", "kj-2", "--outcome", "true", *WHY, "--on", "2022-01-01"], 2, "before it was made"),
        (["resolve", "kj-2", "--outcome", "true", *WHY, "--on", "soon"], 2, '"soon" is not a time'),
        (["resolve", "kj-2", "--outcome", "true", "--rationale", ""], 2, "the rationale is empty"),
        (["reopen", "kj-2", *WHY], 1, "it is open already"),
        (["show", "nothing"], 2, "no judgement nothing (one of kj-2, kj-3)"),
    ],
)
def test_decisions_that_cannot_stand_are_refused(
    watched: Newsroom, arguments: list[str], code: int, words: str
) -> None:
    """In words that help, and nothing is kept."""
    when = [] if "--now" in arguments else ["--now", NOW]
    done = watched.run("judgement", *arguments, *when)
    assert done.exit_code == code, done.output
    assert words in " ".join(done.stderr.split())
    assert done.stdout == ""
    with stored(watched) as store:
        assert store.waiting_rulings() == ()


def record(day: int, term: str, *terms: str, own: str = "unlikely") -> AssessmentRecord:
    """What was implied on a day of October 2022."""
    return AssessmentRecord(
        *("kj", f"2022-10-{day:02}", NOON, own, "none", Coverage.OK),
        *(0.5, 0.4, 0.6, 0.5, term, terms or (term,)),
    )


def test_the_plot_draws_days_and_leaves_gaps() -> None:
    """A day without an assessment is blank; your term, the range and what is implied have own marks."""
    days = [
        record(1, "unlikely"),
        record(2, "likely", "realistic possibility", "likely"),
        record(4, "likely"),
    ]
    drawn = {line.partition("│")[0].strip(): line.partition("│")[2] for line in plot.lines(days, "phia", 60)}
    assert drawn["likely"] == " ● ●"
    assert drawn["realistic possibility"] == " ·"
    assert drawn["unlikely"] == "●─ ─"
    assert drawn["remote chance"] == ""


@pytest.mark.parametrize("days", [1, 7, 8, 9, 31])
def test_the_plot_fits_and_ends_with_the_last_day(days: int) -> None:
    """However long the series: so many columns at most, and the newest day is always the last mark."""
    series = [record(day, "unlikely") for day in range(1, days)] + [record(days, "likely")]
    lines = plot.lines(series, "phia", 8)
    row = next(line.partition("│")[2] for line in lines if line.strip().startswith("likely"))
    assert len(row) <= 8
    assert row.endswith("●")
    assert row.count("●") == 1
    assert lines[-1].endswith(f"{days} Oct 2022")


def test_no_series_no_plot() -> None:
    """Where nothing was implied there is nothing to draw."""
    assert plot.lines([record(1, "")], "phia", 60) == []


# ---------------------------------------------------------------- status


def test_the_board_says_what_is_implied_and_what_is_due(watched: Newsroom) -> None:
    """Terms with their range beside the analyst's, the action, and as numbers in --json."""
    out = watched.run("status", "--now", LATER).stdout
    assert "Time and evidence imply: likely (range: realistic possibility to highly likely)" in out
    assert "REVIEW DUE: another term than yours is implied; iwmon judgement show kj-2" in out
    kj2 = watched.json("status", "--now", LATER)["judgements"][0]
    assert kj2["action"] == "review_due"
    assert kj2["implied"]["term"] == "likely"
    expired = watched.run("status", "--now", "2023-02-01").stdout
    assert "RESOLVE: its horizon has passed; iwmon judgement resolve kj-2" in expired


def test_quiet_says_what_it_rests_on(room: Newsroom) -> None:
    """No reporting with who watches; no coverage; unproven where neither a match nor an example shows it."""
    out = room.run("status", "--now", LATER).stdout
    assert "and 2 quiet: no reporting, 4 of 4 sources watching" in out
    assert "no coverage: 0 of 1 sources watching" in out
    assert "unproven" not in out
    room.write("        examples: {match: [Convoys on the road]}\n", "")
    out = room.run("status", "--now", LATER).stdout
    assert "unproven, never matched and without a passing example: convoys" in out
    assert (
        "no reporting; 4 of 4 sources watching; unproven"
        in room.run("status", "--all", "--now", LATER).stdout
    )
    doubtful = [i["id"] for j in room.json("status")["judgements"] for i in j["indicators"] if i["unproven"]]
    assert doubtful == ["convoys"]


def test_an_unstable_indicator_is_marked(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """What moved too often says so, also in --json."""
    states = Store.states
    monkeypatch.setattr(
        Store, "states", lambda self: {n: replace(s, unstable=True) for n, s in states(self).items()}
    )
    out = room.run("status", "--now", LATER).stdout
    assert "UNSTABLE: it moved more than 3 times in 7 days" in out
    assert room.json("status")["judgements"][0]["indicators"][0]["unstable"] is True


def test_the_map_says_who_watches_what(watched: Newsroom) -> None:
    """Languages with the groups that watch, failing ones with why, sides, and the gaps in the last line."""
    out = watched.run("status", "--coverage", "--now", LATER).stdout
    assert "be  1 indicator   nobody; not Euroradio (error: HTTP 403" in out
    assert "en  3 indicators  Nasha Niva; Ukrainska Pravda; Reprinter; BY state (BelTA)" in out
    assert "sides: independent 3 of 4 watching; BY state 1 of 1 watching" in out
    assert out.splitlines()[-1] == "Gaps: kj-2: nobody watches in be, nobody watches for border-radio."


def test_the_map_names_languages_without_a_source_and_required_sides(room: Newsroom) -> None:
    """A query in a language that no source speaks finds nothing; a required side that is away is a gap."""
    room.write(
        'query: {en: "convoy*"}',
        'query: {en: "convoy*", lt: "kolon*"}\n        required: {sides: [BY state]}',
    )
    room.feeds["st"] = b"<html>Who are you?</html>"
    for moment in (LATER, "2022-10-10T12:22"):
        room.run("poll", "--all", "--now", moment)
    kj2, kj3 = room.json("status", "--coverage", "--now", "2022-10-10T12:23")["judgements"]
    assert kj2["unread"] == [{"indicator": "convoys", "languages": ["lt"]}]
    assert {"side": "BY state", "watching": 0, "sources": 1, "required_by": ["convoys"]} in kj2["sides"]
    lithuanian = next(one for one in kj2["languages"] if one["language"] == "lt")
    assert (lithuanian["watching"], lithuanian["groups"]) == (False, [])
    assert kj3["gaps"] == ["no source of BY state watches"]
    out = room.run("status", "--coverage", "--now", "2022-10-10T12:23").stdout
    assert "no source in a language of convoys (lt)" in out.splitlines()[-1]
    assert "no source in lt, in which convoys is looked for" in out
    assert "BY state 0 of 1 watching (required by convoys)" in out


def test_a_map_without_gaps_says_so(room: Newsroom) -> None:
    """The last line is one that a person can stop at."""
    text = room.config.read_text("utf-8")
    start, end = text.index("      - id: border-radio"), text.index("  - id: kj-3")
    room.config.write_text(text[:start] + text[end:], encoding="utf-8")
    last = room.run("status", "--coverage", "--now", LATER).stdout.splitlines()[-1]
    assert last.startswith("No gaps")


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize(
    "arguments",
    [("status", "--coverage"), ("judgement", "list"), ("judgement", "show", "kj-2")],
    ids=lambda arguments: " ".join(arguments),
)
def test_it_all_fits_a_narrow_terminal(watched: Newsroom, arguments: tuple[str, ...], columns: int) -> None:
    """No line is wider than the screen, none ends in blanks."""
    lines: list[Any] = on_a_terminal(columns, *arguments, "--now", NOW, *watched.places())
    assert all(len(line) <= columns for line in lines), lines
    assert all(line == line.rstrip() for line in lines), lines


def test_the_outcomes_are_those_that_the_pipeline_knows() -> None:
    """What resolve keeps is what assess reads: a word of its own would leave a judgement open for ever."""
    judgement = Judgement("kj", "It rains", "event_by", None, None, NOON, None)
    for word in Outcome:
        state = JudgementState("kj", outcome=str(word))
        assert assess.review(judgement, state, None, "phia", NOON).reason.startswith("settled")
        assert str(word) in OUTCOMES
