"""routes show and routes test: the tree drawn, and where one alert would go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from newsroom import run

SECRET = "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
NIGHT, DAY = "2026-06-10T23:00+02:00", "2026-06-10T12:00+02:00"
TEXT = """\
version: 1
settings: {timezone: Europe/Warsaw, operator: ops, url: "https://iwmon.example.org/"}
sources: [{id: nn, url: "https://nn.example/rss"}]
judgements:
  - {id: kj-2, statement: Troops, made_on: 2022-07-15, indicators: [
      {id: mobilisation, effect: supports, query: x}, {id: convoys, effect: supports, query: y}]}
  - {id: kj-3, statement: Provocations, made_on: 2022-07-15, indicators: [
      {id: balloons, effect: supports, query: z}]}
receivers:
  - {id: desk, url: "slack://SECRET", quiet_hours: {intervals: [nights]}}
  - {id: analysts, url: "mailtos://iwmon:pass@mail.example", mode: twice_daily, at: "20:30"}
  - {id: chief, url: "${IWMON_TEST_CHIEF}", send_resolved: false}
  - {id: ops, url: "console:"}
  - {id: board, url: "console:", mode: weekly, weekday: friday}
route:
  receiver: analysts
  group_by: [judgement]
  repeat_interval: 7d
  escalate: [{after: 1h, receiver: chief}]
  routes:
    - matchers: ['severity="critical"']
      receiver: desk
      repeat_interval: 4h
      continue: true
    - matchers: ['judgement="kj-3"']
      mute_time_intervals: [nights, summer]
      group_by: []
      escalate: []
      routes:
        - {matchers: ['severity=~"critical|warning"'], receiver: board, active_time_intervals: [office]}
inhibit_rules:
  - {name: louder, source_matchers: ['severity="critical"'], target_matchers: ['severity="watch"'],
     equal: [judgement]}
time_intervals:
  - name: nights
    time_intervals:
      - times: [{start_time: "22:00", end_time: "24:00"}, {start_time: "00:00", end_time: "06:30"}]
        location: Europe/Warsaw
  - {name: summer, time_intervals: [{months: ["july:august"]}]}
  - {name: office, time_intervals: [{times: [{start_time: "09:00", end_time: "17:00"}]}]}
""".replace("SECRET", SECRET)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration with all that routing has."""
    path = tmp_path / "indicators.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def asked(file: Path, *words: str) -> Result:
    return run("routes", *words, "--config", str(file))


def document(file: Path, *words: str) -> Any:
    result = asked(file, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


TREE = """\
analysts (mailtos://…, daily at 20:30 and 08:30)
grouped by judgement; first after 30s; news after 5m; again after 7d
escalates to chief after 1h
├── severity="critical" → desk (slack://…), and on to the next
│   again after 4h
└── judgement="kj-3" → analysts (mailtos://…, daily at 20:30 and 08:30)
    all in one group
    silent in nights, summer
    no escalation
    └── severity=~"critical|warning" → board (console:, weekly, on Friday at 08:00)
        silent but in office

Receivers
  desk      slack://…     at once; in nights: only critical ones
  analysts  mailtos://…   daily at 20:30 and 08:30
  chief     not set here  at once; not told when something is over
  ops       console:      at once; told of iwmon's own troubles
  board     console:      weekly, on Friday at 08:00

Inhibition
  louder: severity="critical" silences severity="watch", for the same judgement
"""


def test_show_draws_the_tree(file: Path) -> None:
    """Each route says who is told and what differs from the route above; nothing secret is in it."""
    result = asked(file, "show")
    assert result.exit_code == 0
    assert result.stdout == TREE
    assert not any(secret in result.output for secret in (SECRET, "pass@", "not-set"))


def test_show_knows_the_secrets_that_are_set(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And masks them."""
    monkeypatch.setenv("IWMON_TEST_CHIEF", "pover://user@token")
    shown = asked(file, "show").stdout
    assert "chief     pover://…" in shown
    assert "token" not in shown


def test_show_as_json_has_the_whole_tree(file: Path) -> None:
    """With what routes inherit; durations in seconds."""
    shown = document(file, "show")
    root = shown["route"]
    assert (root["key"], root["receiver"], root["escalate"]) == (
        "",
        "analysts",
        [{"after": 3600.0, "receiver": "chief"}],
    )
    critical, third = root["routes"]
    assert critical["matchers"] == ['severity="critical"']
    assert (critical["continue"], critical["group_by"], critical["group_wait"]) == (True, ["judgement"], 30.0)
    assert critical["repeat_interval"] == 4 * 3600
    assert critical["escalate"] == root["escalate"]
    assert (third["group_by"], third["escalate"]) == ([], [])
    assert third["mute_time_intervals"] == ["nights", "summer"]
    assert third["routes"][0]["key"] == "1.0"
    assert [one["id"] for one in shown["receivers"]] == ["desk", "analysts", "chief", "ops", "board"]
    assert shown["receivers"][0]["quiet_hours"] == {"intervals": ["nights"], "mode": "critical_only"}
    assert shown["receivers"][0]["at"] is None
    assert shown["receivers"][4]["weekday"] == "friday"
    assert shown["operator"] == "ops"
    assert shown["inhibit_rules"][0]["target_matchers"] == ['severity="watch"']
    assert SECRET not in json.dumps(shown)


def test_show_of_the_smallest_configuration(tmp_path: Path) -> None:
    """Without receivers and routes all goes to the terminal."""
    path = tmp_path / "indicators.yaml"
    path.write_text("version: 1\n", encoding="utf-8")
    assert asked(path, "show").stdout == (
        "console (console:)\nall in one group; first after 30s; news after 5m; again after 4h\n\n"
        "Receivers\n  console  console:  at once\n"
    )


def test_show_fails_as_every_command_does(tmp_path: Path) -> None:
    """2 without a file, 1 for a file with errors."""
    assert asked(tmp_path / "none.yaml", "show").exit_code == 2
    broken = tmp_path / "broken.yaml"
    broken.write_text("version: 1\nroute: {receiver: nobody}\n", encoding="utf-8")
    result = asked(broken, "show")
    assert result.exit_code == 1
    assert 'there is no receiver "nobody"' in result.stderr


def test_a_hostile_name_does_not_reach_the_terminal(tmp_path: Path) -> None:
    """Names of intervals and values of matchers are texts that somebody wrote."""
    path = tmp_path / "indicators.yaml"
    path.write_text(
        TEXT.replace("summer", "'[red]x[/red]'").replace('severity="critical"', 'source=~"a\\nb|.*"'),
        encoding="utf-8",
    )
    shown = asked(path, "show").stdout
    assert "silent in nights, [red]x[/red]" in shown
    assert 'source=~"a\\nb|.*" → desk' in shown


# ---------------------------------------------------------------- one alert


def test_test_says_what_becomes_of_an_alert_by_day(file: Path) -> None:
    """Receivers in order, with the group, its times, and that the search goes on."""
    result = asked(file, "test", "severity=critical", "indicator=balloons", "--now", DAY)
    assert result.exit_code == 0
    assert (
        result.stdout
        == """\
severity=critical, indicator=balloons, judgement=kj-3
  desk  severity="critical", and on to the next
    grouped by judgement: kj-3; first after 30s, news after 5m, again after 4h
    escalates to chief after 1h
  board  severity=~"critical|warning"
    all in one group; first after 30s, news after 5m, again after 7d
    gathered: weekly, on Friday at 08:00
"""
    )


def test_test_says_what_is_silent_and_until_when(file: Path) -> None:
    """A muted route still takes the alert; times are local."""
    told = asked(file, "test", "severity=watch", "indicator=balloons", "--now", NIGHT).stdout
    assert '  analysts  judgement="kj-3"\n' in told
    assert "    silent now until 11 Jun 06:30 CEST: in the time interval nights\n" in told
    summer = asked(file, "test", "severity=watch", "judgement=kj-3", "--now", "2026-07-10T12:00").stdout
    assert "silent now until 1 Sep 06:30 CEST: in the time interval summer" in summer
    late = asked(file, "test", "severity=warning", "judgement=kj-3", "--now", "2026-06-10T20:00").stdout
    assert "silent now until 11 Jun 11:00 CEST: outside the time interval office" in late


@pytest.mark.parametrize(("mode", "verdict"), [("critical_only", "comes"), ("silence_all", "does not come")])
def test_test_says_what_quiet_hours_do(tmp_path: Path, mode: str, verdict: str) -> None:
    """They are the receiver's, and end when they end."""
    path = tmp_path / "indicators.yaml"
    path.write_text(TEXT.replace("{intervals: [nights]}", f"{{intervals: [nights], mode: {mode}}}"), "utf-8")
    told = asked(path, "test", "severity=critical", "judgement=kj-2", "--now", NIGHT).stdout
    assert "    quiet hours until 11 Jun 06:30 CEST, in nights: " in told
    assert f"; this one {verdict} through\n" in told
    assert (
        "quiet hours" not in asked(path, "test", "severity=critical", "judgement=kj-2", "--now", DAY).stdout
    )


def test_test_as_json(file: Path) -> None:
    """All of it, for programs."""
    told = document(file, "test", "severity=warning", "judgement=kj-3", "--now", "2026-06-10T20:00")
    assert told["labels"] == {"severity": "warning", "judgement": "kj-3"}
    assert told["receivers"] == ["board"]
    assert told["routes"] == [
        {
            "receiver": "board",
            "route": "1.0",
            "matchers": ['severity=~"critical|warning"'],
            "continue": False,
            "group": "1.0{}",
            "grouped_by": {},
            "group_wait": 30.0,
            "group_interval": 300.0,
            "repeat_interval": 604800.0,
            "escalate": [],
            "muted": "outside the time interval office",
            "muted_until": "2026-06-11T09:00:00Z",
        }
    ]


def test_test_of_what_concerns_no_judgement(file: Path) -> None:
    """It goes to the operator, before any route."""
    told = asked(file, "test", "kind=config_error", "--now", DAY).stdout
    assert "  ops  settings.operator\n" in told
    found = document(file, "test", "kind=config_error", "--now", DAY)
    assert (found["receivers"], found["routes"][0]["route"]) == (["ops"], "operator")


def test_test_refuses_a_time_that_is_none(file: Path) -> None:
    """Called wrongly: exit 2."""
    assert asked(file, "test", "severity=critical", "--now", "tonight").exit_code == 2
