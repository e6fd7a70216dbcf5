"""init, schema, check, routes: from nothing to a configuration that is right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pytest_httpserver import HTTPServer

from newsroom import Newsroom, newsroom, process, run
from nouns import ROOT


@pytest.fixture
def room(httpserver: HTTPServer, tmp_path: Path) -> Newsroom:
    """A newsroom of its own for each test."""
    return Newsroom(httpserver, tmp_path)


def test_init_writes_a_configuration_that_passes_check(tmp_path: Path) -> None:
    """What init writes is the project's own file and its schema; `check --strict` finds no fault."""
    result = run("init", str(tmp_path / "new"))
    assert result.exit_code == 0
    written = tmp_path / "new" / "indicators.yaml"
    assert written.read_bytes() == (ROOT / "indicators.yaml").read_bytes()
    schema = (tmp_path / "new" / "indicators.schema.json").read_text("utf-8")
    Draft202012Validator.check_schema(json.loads(schema))
    checked = run("check", str(written), "--strict")
    assert checked.exit_code == 0, checked.output
    assert "\n8 judgements, 62 indicators, " in checked.stdout
    assert checked.stdout.rstrip().endswith(": no errors, 8 pieces of advice")


def test_init_says_what_to_do_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next commands can be pasted as they stand, here or for another folder."""
    monkeypatch.chdir(tmp_path)
    here = run("init").stdout
    assert "iwmon check  " in here
    assert "iwmon run " in here
    assert "IWMON_SLACK_URL" in here
    assert "iwmon check --config there/indicators.yaml" in run("init", "there").stdout
    assert json.loads(run("init", "third", "--json").stdout) == {
        "written": ["third/indicators.yaml", "third/indicators.schema.json"]
    }


def test_init_never_overwrites_unasked(tmp_path: Path) -> None:
    """A file that is there stays as it is, and is named; --force replaces it."""
    mine = tmp_path / "indicators.yaml"
    mine.write_text("mine", encoding="utf-8")
    result = run("init", str(tmp_path))
    assert result.exit_code == 1
    assert f"{mine} exists already" in result.stderr
    assert mine.read_text("utf-8") == "mine"
    assert not (tmp_path / "indicators.schema.json").exists()
    assert run("init", str(tmp_path), "--force").exit_code == 0
    assert mine.read_text("utf-8") != "mine"


def test_schema_goes_out_or_into_a_file(tmp_path: Path) -> None:
    """The schema on standard output is JSON and nothing else; --output writes the same."""
    target = tmp_path / "s.json"
    printed = run("schema")
    assert json.loads(printed.stdout)["$schema"].startswith("https://json-schema.org/")
    assert run("schema", "--output", str(target)).stdout == ""
    assert target.read_text("utf-8") == printed.stdout


def sound(room: Newsroom, outcome: str = "false") -> None:
    """The newsroom's file with nothing to doubt: kj-2 is settled, and something speaks against kj-3."""
    calm = "      - {id: calm, effect: against, query: {en: calm}, examples: {match: [All is calm]}}\n"
    room.write("receivers:\n", calm + "receivers:\n")
    text = room.config.read_text("utf-8").replace('regular units"}', f'regular units", outcome: {outcome}}}')
    room.config.write_text(text, "utf-8")


def test_check_counts_and_passes(room: Newsroom) -> None:
    """A right file: counts, "no errors", exit 0."""
    sound(room)
    result = room.run("check")
    assert result.exit_code == 0
    assert result.stdout == "2 judgements, 6 indicators, 5 sources, 2 receivers: no errors\n"


def test_check_publishes_what_chance_alone_will_raise(room: Newsroom) -> None:
    """Σ α · 30 over the surge indicators (method.md §2); of a file without any, nothing is said."""
    sound(room)
    assert room.json("check")["expected_false_watches_30d"] == 0
    surges = "".join(
        f"      - {{id: s{n}, effect: supports, type: surge, query: {{en: noise}},"
        " examples: {match: [Noise]}}\n"
        for n in range(2)
    )
    room.write("receivers:\n", surges + "receivers:\n")
    assert room.json("check")["expected_false_watches_30d"] == 0.6
    said = room.run("check").stdout
    assert "By chance alone its surge indicators reach watch about 0.6 times in 30 days.\n" in said


def test_advice_comes_last_and_fails_nothing(room: Newsroom) -> None:
    """A horizon that has passed wants settling; --strict lets it pass, and programs see it counted apart."""
    sound(room, "null")
    result = room.run("check", "--strict")
    assert result.exit_code == 0
    assert 'advice: horizon: it passed on 2023-01-15, and "kj-2" is still open' in result.stdout
    assert result.stdout.endswith(": no errors, 1 piece of advice\n")
    document = room.json("check", "--strict")
    assert (document["ok"], document["warnings"], document["advice"]) == (True, 0, 1)


def test_check_says_where_and_what_to_write_instead(room: Newsroom) -> None:
    """An error has file:line:column, with the path as it was given, and a hint; exit 1."""
    room.write("collectible_from: [euroradio]", "collectible_from: [euroradyo]")
    result = room.run("check")
    assert result.exit_code == 1
    line = next(n for n, t in enumerate(room.config.read_text("utf-8").splitlines(), 1) if "euroradyo" in t)
    assert f"{room.config}:{line}:" in result.stdout
    assert "error: " in result.stdout
    assert 'did you mean "euroradio"?' in result.stdout
    assert result.stdout.rstrip().endswith("1 error")


def test_check_runs_the_examples(room: Newsroom) -> None:
    """An example that its query does not reach is an error."""
    room.write("match: [Convoys on the road]", "match: [Rain]")
    result = room.run("check")
    assert result.exit_code == 1
    assert "Rain" in result.stdout


def test_strict_fails_on_warnings(room: Newsroom) -> None:
    """A warning is told and passes; with --strict it fails."""
    room.write("{match: [Balloons]}", "{match: []}")
    relaxed, strict = room.run("check"), room.run("check", "--strict")
    assert "warning" in relaxed.stdout
    assert (relaxed.exit_code, strict.exit_code) == (0, 1)


def test_check_looks_at_receivers_without_sending(room: Newsroom) -> None:
    """An address that nothing can be sent to is a warning that does not show it."""
    room.write(desk="slack://only-one-secret-token")
    result = room.run("check", "--strict")
    assert result.exit_code == 1
    assert "receiver desk" in result.stdout
    assert "secret" not in result.output


def test_check_as_json(room: Newsroom) -> None:
    """The same as a document: one problem an object, places apart."""
    sound(room)
    assert room.json("check")["problems"] == []
    room.write("probability: realistic possibility", "probabilty: realistic possibility")
    result = room.run("check", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert document["ok"] is False
    assert document["errors"] == 1
    (problem,) = document["problems"]
    assert problem["severity"] == "error"
    assert problem["file"] == str(room.config)
    assert problem["line"] > 1
    assert problem["column"] > 1
    assert "probability" in problem["hint"]


def test_a_secret_that_is_not_set_is_an_error_only_where_it_matters(room: Newsroom) -> None:
    """check, and whatever sends, needs the secrets; looking does not."""
    room.write(desk="${IWMON_TEST_SECRET}")
    assert room.run("check").exit_code == 1
    assert room.run("match", "rain").exit_code == 0
    assert room.run("routes", "test", "severity=critical").exit_code == 0


def test_routes_test_says_who_would_be_told(room: Newsroom) -> None:
    """Labels in, receivers out; an indicator brings its judgement; what concerns nobody's judgement too."""
    room.write(
        "route: {receiver: desk, repeat_interval: 4h}",
        "route: {receiver: desk, routes: [{matchers: ['judgement=\"kj-3\"'], receiver: operator}]}",
    )
    assert room.json("routes", "test", "indicator=mobilisation")["receivers"] == ["desk"]
    told = room.json("routes", "test", "indicator=balloons", "severity=critical")
    assert told["receivers"] == ["operator"]
    assert told["labels"]["judgement"] == "kj-3"
    assert 'judgement="kj-3"' in room.run("routes", "test", "indicator=balloons").stdout
    assert "settings.operator" in room.run("routes", "test", "kind=config_error").stdout


@pytest.mark.parametrize("label", ["severty=critical", "critical", "indicator=mobilization", "level=loud"])
def test_routes_test_refuses_what_no_alert_has(room: Newsroom, label: str) -> None:
    """A mistyped label or id would give a true and useless answer: exit 2 instead."""
    assert room.run("routes", "test", label).exit_code == 2


def test_it_all_works_as_a_process(tmp_path: Path) -> None:
    """init and poll as a newcomer runs them, in one folder, with no options; silent on standard error."""
    assert process("init", cwd=tmp_path).returncode == 0
    with newsroom(tmp_path):
        polled = process("poll", cwd=tmp_path)
    assert (polled.returncode, polled.stderr) == (0, "")
    assert "Asked 5 sources" in polled.stdout
    assert (tmp_path / "iwmon.db").exists()
