"""explain, match, alerts: where a number comes from, and what people do about it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon import config, pipeline, thresholds
from iwmon.cli import reasons
from iwmon.model import Entry, FeedState, IndicatorState, Level, Memory, Reading, Threshold
from iwmon.thresholds import NOTHING
from newsroom import HEADLINE, NOW, Newsroom, newsroom, rss
from nouns import DAY, HOUR, NOON, indicator, signal

SOON = "2022-10-10T12:01"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom polled once at noon; tests may acknowledge, and take that back."""
    with newsroom(tmp_path_factory.mktemp("watched")) as room:
        assert room.run("poll", "--now", NOW).exit_code == 0
        yield room


@pytest.fixture(scope="module")
def rise(watched: Newsroom) -> dict[str, Any]:
    """The alert of the mobilisation indicator."""
    alerts = watched.json("alerts", "list")["alerts"]
    return next(a for a in alerts if a["kind"] == "level_up")


# ---------------------------------------------------------------- explain an alert


def test_an_alert_is_explained_down_to_the_words(watched: Newsroom, rise: dict[str, Any]) -> None:
    """Its text, each origin's factors, the words, the sum, the thresholds, the reprint, who was told."""
    out = watched.run("explain", rise["id"][:5], "--now", SOON).stdout
    assert rise["title"] in out
    assert "Analyst's term: realistic possibility" in out
    assert "Nasha Niva" in out
    assert "“Belarus”, “reservists” in the title; counts from 13:00 CEST (history)" in out
    assert (
        "weight 1.0 (title) × 1.0 (reported) × 0.80 (reliability B) × 0.70 (credibility 6) = 0.560000" in out
    )
    assert "decayed × 0.999038 (2^(−0.041667 d / 30 d)) = 0.559461" in out
    assert "1 reprint not counted: Reprinter" in out
    assert "BelTA, one voice with BY state; side: BY state" in out
    assert "× (1 − 0.244764) = 0.853428" in out
    assert "critical  needs activation 0.80 from 3 independent origins on 2 sides: reached" in out
    assert "to desk: sent 14:00 CEST" in out
    assert re.search(r"configuration [0-9a-f]{12}$", out, re.MULTILINE)


def test_the_numbers_of_an_alert_add_up(watched: Newsroom, rise: dict[str, Any]) -> None:
    """w = m·r·c, W·d, and 1 − ∏(1 − W·d) hold for what is told, and equal what the step recorded."""
    told = watched.json("explain", rise["id"])["reasons"]
    for origin in told["origins"]:
        product = origin["strength"] * origin["reliability_weight"] * origin["credibility_weight"]
        assert origin["weight"] == pytest.approx(product)
        assert origin["decay"] == pytest.approx(2 ** (-origin["age_days"] / origin["half_life_days"]))
        assert origin["decayed"] == pytest.approx(origin["weight"] * origin["decay"])
    quiet = math.prod(1 - origin["decayed"] for origin in told["origins"])
    assert told["activation"] == pytest.approx(1 - quiet)
    assert told["activation"] == pytest.approx(told["recorded"])
    assert [o["group"] for o in told["origins"]] == ["nashaniva", "pravda", "BY state"]
    assert [rung["reached"] for rung in told["ladder"]] == [True, True, True]
    assert told["forgotten"] == 0
    assert len(told["config_digest"]) == 64


def test_an_alert_about_coverage_has_its_rule(watched: Newsroom) -> None:
    """A blind alert has no weights: its text, its rule, who was told."""
    blind = next(a for a in watched.json("alerts", "list")["alerts"] if a["kind"] == "blind")
    out = watched.run("explain", blind["id"]).stdout
    assert "The rule" in out
    assert "no coverage: 0 of 1 sources watching" in out
    assert "Euroradio" in out


def test_an_old_alert_says_what_was_forgotten(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Long after, the evidence has decayed out of memory: the explanation says so, and keeps the rule."""
    with newsroom(tmp_path_factory.mktemp("old")) as room:
        alerts = room.json("poll", "--now", NOW)["alerts"]
        room.feeds = {name: rss("Nothing new") for name in room.feeds}
        room.run("poll", "--now", "2023-09-10")
        out = room.run("explain", alerts[0]["id"], "--now", "2023-09-10").stdout
    assert "3 reports behind it have since decayed below 0.01" in out
    assert "rule: activation 0.85 from 3 independent origins" in out


# ---------------------------------------------------------------- explain an indicator


def test_an_indicator_is_explained_both_ways(watched: Newsroom) -> None:
    """Why it is at its level, what would lower it and when, who watches, what came last."""
    out = watched.run("explain", "mobilisation", "--now", SOON).stdout
    assert out.startswith("mobilisation  Mobilisation and readiness  CRITICAL\n")
    assert "Why it is at critical" in out
    assert "Why it is not" not in out
    assert "What would lower it" in out
    assert "it falls to warning." in out
    assert "4 of 4 sources watching" in out
    assert HEADLINE in out
    assert "quiet → critical, activation 0.85" in out
    assert "en: belarus* NEAR/25 (mobilis* OR reservist*)" in out


def test_a_quiet_indicator_says_what_is_missing(watched: Newsroom) -> None:
    """What the next level needs, what is missing, and how many reports of what weight would do."""
    out = watched.run("explain", "convoys", "--now", SOON).stdout
    assert "Why it is not at watch" in out
    assert "watch needs 1 independent origin; missing: 1 more independent origin" in out
    assert (
        "1 more report by another origin with a newsroom of its own, of reliability B and in a title," in out
    )
    told = watched.json("explain", "stand-down")
    assert told["next_level"] == "watch"
    assert told["more_reports"] == {"reports": 1, "other_sides": 0, "activation": pytest.approx(0.56)}
    assert told["fall"] is None


def test_a_blind_indicator_names_the_missing_sources(watched: Newsroom) -> None:
    """Coverage with each source that does not watch, and why."""
    told = watched.json("explain", "border-radio")
    assert told["coverage"]["coverage"] == "blind"
    assert told["coverage"]["missing"][0]["source"] == "euroradio"
    assert "HTTP 403" in watched.run("explain", "border-radio").stdout


def test_judgements_and_sources_are_explained(watched: Newsroom) -> None:
    """A judgement: its board, how it is settled, its alerts. A source: health, and what depends on it."""
    out = watched.run("explain", "KJ-2", "--now", SOON).stdout
    assert "two independent sources confirm combat by regular units" in out
    assert "Belarus remains a base and sends no troops" in out
    assert "Stand-down" in out
    assert "quiet → critical" in out
    out = watched.run("explain", "belta", "--now", SOON).stdout
    assert "reliability D: 0.35; one voice with all of BY state" in out
    assert "It could carry 4 indicators" in out
    assert "mobilisation" in out
    kinds = {name: watched.json("explain", name)["explains"] for name in ("kj-3", "euroradio", "convoys")}
    assert kinds == {"kj-3": "judgement", "euroradio": "source", "convoys": "indicator"}


@pytest.mark.parametrize(
    ("word", "hint"), [("mobilization", "did you mean mobilisation"), ("zzz", "iwmon alerts list")]
)
def test_an_unknown_id_gets_help(watched: Newsroom, word: str, hint: str) -> None:
    """Exit 1, and the nearest names or where to look."""
    result = watched.run("explain", word)
    assert result.exit_code == 1
    assert f"{word} is no alert, indicator, judgement, source or item" in result.stderr
    assert hint in result.stderr


# ---------------------------------------------------------------- the laws of an explanation

WEIGHTS = st.lists(st.sampled_from([0.04, 0.1, 0.28, 0.42, 0.56]), max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    WEIGHTS,
    st.sampled_from(["occurrence", "count"]),
    st.sampled_from([Level.WATCH, Level.WARNING, Level.CRITICAL]),
)
def test_so_many_more_reports_are_enough_and_none_is_too_many(
    weights: list[float], kind: str, level: Level
) -> None:
    """`would_reach` gives the smallest number: one less does not do, whatever side it comes from."""
    subject = indicator(type=kind)
    signals = [signal(f"g{n}", weight) for n, weight in enumerate(weights)]
    if thresholds.decide(subject, signals, NOON).level.rank >= level.rank:
        return
    found = reasons.would_reach(subject, level, signals, NOON, NOTHING)
    assert found is not None
    sides = [f"x{n}" if n < found.other_sides else "independent" for n in range(found.reports)]
    extra = [signal(f"x{n}", side=side) for n, side in enumerate(sides)]
    reached = thresholds.decide(subject, [*signals, *extra], NOON)
    assert reached.level.rank >= level.rank
    assert found.activation == pytest.approx(reached.activation)
    fewer = [signal(f"x{n}", side=f"x{n}") for n in range(found.reports - 1)]
    assert thresholds.decide(subject, [*signals, *fewer], NOON).level.rank < level.rank
    if found.other_sides:
        alike = [signal(f"x{n}", side="independent") for n in range(found.reports)]
        assert thresholds.decide(subject, [*signals, *alike], NOON).level.rank < level.rank


def test_one_side_alone_needs_another_for_critical() -> None:
    """Three independent origins are one side: what is missing is a side, and the report brings it."""
    signals = [signal(f"g{n}") for n in range(3)]
    subject = indicator()
    rung = reasons.ladder(subject, thresholds.decide(subject, signals, NOON).groups)[-1]
    assert (rung.reached, rung.missing) == (False, "1 more side")
    found = reasons.would_reach(subject, Level.CRITICAL, signals, NOON, NOTHING)
    assert found is not None
    assert (found.reports, found.other_sides) == (1, 1)


def test_a_threshold_is_shown_with_all_of_its_digits() -> None:
    """0.625 is not shown as 0.62: this is the place for every number."""
    subject = indicator(thresholds={Level.WATCH: Threshold(activation=0.625)})
    assert reasons.ladder(subject, ())[0].needs == "activation 0.625"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0.28, 0.42, 0.56]), min_size=1, max_size=4), st.sampled_from([1, 2, 5]))
def test_a_level_falls_when_it_was_said(weights: list[float], days: int) -> None:
    """Hour by hour without news, `settle` lowers the level within two hours of what `fall` foretold."""
    subject = indicator(half_life=days * DAY, hold=2 * DAY)
    signals = [signal(f"g{n}", weight) for n, weight in enumerate(weights)]
    state, _ = thresholds.settle(IndicatorState("i"), subject, signals, NOON)
    told = reasons.fall(subject, state, signals, NOON, NOTHING)
    if state.level is Level.QUIET:
        assert told is None
        return
    assert told is not None
    now, level = NOON, state.level
    while state.level is level:
        now += HOUR
        state, _ = thresholds.settle(state, subject, signals, now)
    assert abs(now - told.ends) <= 2 * HOUR
    assert state.level is told.to


def test_what_holds_until_reversed_never_falls() -> None:
    """Without a half-life nothing lowers the level by itself."""
    subject = indicator(half_life=None)
    state, _ = thresholds.settle(IndicatorState("i"), subject, [signal()], NOON)
    assert reasons.fall(subject, state, [signal()], NOON + timedelta(days=300), NOTHING) is None


# ---------------------------------------------------------------- match


def test_match_says_which_and_by_which_words(watched: Newsroom) -> None:
    """The indicator, the judgement, the place, the words as they stand; exit 0 also when none matches."""
    result = watched.run("match", "Reservists called up in Belarus")
    assert result.exit_code == 0
    assert "1 of 5 indicators matches" in result.stdout
    assert "KJ-2: strongly supports" in result.stdout
    assert "in the title (1.0): “Reservists”, “Belarus”" in result.stdout
    assert "reported (1.0): strength 1.0 × 1.0 = 1.00\n" in result.stdout
    assert "cites nobody: it is the newsroom's own report" in result.stdout
    none = watched.run("match", "Rain in Minsk")
    assert none.exit_code == 0
    assert none.stdout.startswith("None of 5 indicators matches")


@pytest.mark.parametrize(
    ("text", "modality", "cue", "factor"),
    [
        ("Reservists called up in Belarus", "reported", "", 1.0),
        ("Kyiv claims that Belarus calls reservists", "claimed", "claims", 0.7),
        ("Belarus may call its reservists", "hypothetical", "may", 0.3),
        ("Reservists of Belarus hold exercises", "exercise", "exercises", 0.3),
        ("Belarus denies that reservists are called", "denied", "denies", 0.0),
        ("In 1941 Belarus called its reservists", "historical", "In 1941", 0.0),
    ],
)
def test_match_shows_what_the_text_says_as_the_pipeline_weighs_it(
    watched: Newsroom, text: str, modality: str, cue: str, factor: float
) -> None:
    """Modality, the words that say so, and the strength that the signal has when it comes from a feed."""
    (told,) = watched.json("match", text)["matches"]
    assert (told["modality"], told["cue"], told["modality_weight"]) == (modality, cue, factor)
    assert (told["place_weight"], told["strength"]) == (1.0, factor)
    (below,) = watched.json("match", text, "--title", "Rain")["matches"]
    assert (below["place_weight"], below["strength"]) == (0.8, pytest.approx(0.8 * factor))
    shown = " ".join(watched.run("match", text).stdout.split())
    by = f" by “{cue}”" if cue else ""
    assert f"{modality}{by} ({factor:.1f}): strength 1.0 × {factor:.1f} = {factor:.2f}" in shown
    assert ("it counts for nothing" in shown) is (factor == 0)
    loaded = config.parse("indicators.yaml", lambda _: watched.config.read_bytes(), {})
    entry = Entry("k", "https://nn.example/1", text, published=NOON, language="en")
    items = pipeline.identify(loaded.sources["nashaniva"], [entry], NOON, history=False)
    step = pipeline.advance(
        loaded, Memory(), [Reading("nashaniva", NOON, FeedState.OK, items=items, entries=1)], NOON
    )
    (live,) = step.signals
    assert (live.modality, live.cue, live.strength) == (modality, cue, factor)


def test_match_shows_whom_the_text_cites(watched: Newsroom) -> None:
    """By which words, and whose word that is; a newsroom does not cite itself."""
    text = "Belarus calls reservists, BelTA reports"
    told = watched.json("match", text)["cites"]
    assert told == {"origin": "BelTA", "cue": "BelTA reports", "group": "BY state", "side": "BY state"}
    shown = " ".join(watched.run("match", text).stdout.split())
    assert "It cites BelTA by “BelTA reports”: whose word: BY state." in shown
    assert watched.json("match", text, "--source", "belta")["cites"] is None
    assert watched.json("match", "Belarus calls reservists")["cites"] is None
    none = watched.run("match", "Rain in Minsk, BelTA reports")
    assert none.stdout.startswith("None of 5 indicators matches")
    assert "It cites BelTA by “BelTA reports”" in " ".join(none.stdout.split())
    told = watched.json("match", "Rain in Minsk, BelTA reports")
    assert (told["matches"], told["cites"]["origin"]) == ([], "BelTA")


def test_match_knows_languages_and_places(watched: Newsroom) -> None:
    """--language picks the queries; --title makes TEXT the summary; - reads title and summary."""
    assert watched.json("match", "на мяжы", "--language", "be")["matches"][0]["indicator"] == "border-radio"
    assert watched.json("match", "на мяжы", "--language", "en")["matches"] == []
    below = watched.json("match", "a convoy of trucks", "--title", "Rain")["matches"][0]
    assert (below["where"], below["words"]) == ("summary", ["convoy"])
    piped = watched.run("match", "-", "--json", input="Rain\nand a convoy\n")
    assert json.loads(piped.stdout)["matches"][0]["where"] == "summary"
    assert watched.run("match", "x", "--source", "nobody").exit_code == 2


# ---------------------------------------------------------------- alerts


def test_alerts_are_listed_newest_first(watched: Newsroom, rise: dict[str, Any]) -> None:
    """With when, who was told, and whether somebody has seen to it; filtered by age and judgement."""
    out = watched.run("alerts", "list", "--now", SOON).stdout
    assert f"{rise['title']}\n  {rise['id']}; 14:00 CEST; sent to desk; firing" in out
    assert (
        rise["id"]
        in watched.run("alerts", "list", "--judgement", "KJ-2", "--since", "1h", "--now", SOON).stdout
    )
    later = watched.run("alerts", "list", "--since", "7d", "--now", "2022-11-10")
    assert later.stdout == "No such alerts.\n"
    assert watched.run("alerts", "list", "--judgement", "kj-3").stdout == "No such alerts.\n"
    assert watched.run("alerts", "list", "--judgement", "kj-9").exit_code == 2
    assert watched.run("alerts", "list", "--since", "soon").exit_code == 2
    assert "--limit shows more" in watched.run("alerts", "list", "--limit", "1").stdout


def test_an_alert_is_acknowledged_by_somebody(watched: Newsroom, rise: dict[str, Any]) -> None:
    """ack and unack with name and note, by the beginning of the id; both stay in its history."""
    done = watched.run("alerts", "ack", rise["id"][:6], "--by", "anna", "--note", "called Warsaw")
    assert f"Acknowledged by anna: no more reminders of {rise['title']}" in done.stdout
    assert rise["id"] not in watched.run("alerts", "list", "--open").stdout
    shown = watched.run("alerts", "show", rise["id"]).stdout
    assert "acknowledged by anna" in shown
    assert ": called Warsaw" in shown
    assert rise["text"].splitlines()[0] in shown
    watched.run("alerts", "unack", rise["id"], "--by", "boris")
    document = watched.json("alerts", "show", rise["id"])
    assert [(a["action"], a["by"]) for a in document["acks"]] == [("ack", "anna"), ("unack", "boris")]
    assert document["acknowledged"] is False
    assert rise["id"] in watched.run("alerts", "list", "--open").stdout


def test_who_acknowledges_is_known(watched: Newsroom, rise: dict[str, Any]) -> None:
    """Without --by it is the user who types."""
    watched.run("alerts", "ack", rise["id"], env={"LOGNAME": "clara"})
    assert watched.json("alerts", "show", rise["id"])["acks"][-1]["by"] == "clara"
    watched.run("alerts", "unack", rise["id"])


def test_no_such_alert(watched: Newsroom) -> None:
    """An id that no alert has: exit 1, and where to look."""
    result = watched.run("alerts", "ack", "ffffffffff")
    assert result.exit_code == 1
    assert "no alert ffffffffff" in result.stderr


def test_hostile_words_reach_no_terminal(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Control characters, markup and bidi marks of a headline stay out of what is printed."""
    headline = "Belarus reservists [bold red]x[/] \u202egnp.exe :bomb:"
    with newsroom(tmp_path_factory.mktemp("hostile")) as room:
        room.feeds = {name: rss(headline) for name in room.feeds}
        shown = room.run("poll", "--now", NOW).stdout
        shown += room.run("explain", "mobilisation", "--now", SOON).stdout
        shown += room.run("feeds", "test", "nashaniva", "--now", SOON).stdout
    assert "[bold red]x[/]" in shown
    assert ":bomb:" in shown
    assert "\u202e" not in shown
    assert "\x1b" not in shown


def test_an_alert_outlives_its_indicator(tmp_path_factory: pytest.TempPathFactory) -> None:
    """When the analyst has removed the indicator, its alerts can still be read and explained."""
    with newsroom(tmp_path_factory.mktemp("removed")) as room:
        alert = next(a for a in room.json("poll", "--now", NOW)["alerts"] if a["kind"] == "level_up")
        room.write("id: mobilisation", "id: readiness")
        out = room.run("explain", alert["id"], "--now", SOON).stdout
    assert "The indicator mobilisation is no longer configured" in out
    assert "activation 0.85 from 3 independent origins" in out
