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


def test_a_baseline_beyond_the_retention_is_doubted() -> None:
    """A restart would know less of the usual than the process that went on."""
    surge = GOOD.replace("id: stand-down,", "id: stand-down, type: surge,").replace("window: 5d, ", "")
    short, enough = (surge.replace("retention: 400d", f"retention: {days}d") for days in (29, 30))
    told = {p.message for p in check(read(short, {}))} - {p.message for p in check(read(enough, {}))}
    assert 'the usual of "stand-down" is of 30 days, longer than settings.retention' in told


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


# ---------------------------------------------------------------- routes and receivers

TWO = "receivers: [{id: desk, url: 'console:'}, {id: chief, url: 'console:'}, {id: log, url: 'console:'}]\n"
NIGHTS = "time_intervals: [{name: nights, time_intervals: [{months: [june]}]}]\n"


def doubts(tail: str, more: str = "") -> tuple[list[tuple[str, str]], str]:
    """What `check` says of these receivers and routes, as (place, message); and where the mark is."""
    text, where = marked(GOOD + tail + more) if MARK in tail else (GOOD + tail + more, "")
    return [(p.where, p.message) for p in check(read(text, {}))], where


def tree(*routes: str, top: str = "receiver: log") -> str:
    """Three receivers, a first route to the log, and these below it."""
    return TWO + f"route:\n  {top}\n  routes:\n" + "".join(f"    - {route}\n" for route in routes)


def another(many: int) -> str:
    """So many further indicators, i0, i1, …"""
    return "".join(
        f"      - {{id: i{n}, effect: against, query: in{n}, window: 5d, examples: {{match: [In{n}]}}}}\n"
        for n in range(many)
    )


DESK = "{receiver: desk, matchers: ['severity=\"critical\"']}"
IMPOSSIBLE = "no alert can come to this route: its matchers, and those above it, never hold together"
TAKEN = "no alert comes to this route: the one at indicators.yaml:28:7 takes all that it could take"
UNREACHABLE = [
    # why, the routes, message
    ("the same matchers before it", [DESK, DESK.replace("{receiver: desk", "▶{receiver: chief")], TAKEN),
    (
        "weaker matchers before it",
        [
            DESK,
            "▶{receiver: chief, matchers: ['judgement=\"kj\"', 'severity=\"critical\"']}",
        ],
        TAKEN,
    ),
    (
        "no matchers before it",
        ["{receiver: desk}", "▶{receiver: chief, matchers: ['level=\"watch\"']}"],
        TAKEN,
    ),
    (
        "a pattern before it that takes its value",
        ["{receiver: desk, matchers: ['severity=~\"w.*|critical\"']}", "▶" + DESK.replace("desk", "chief")],
        TAKEN,
    ),
    (
        "a negation before it",
        ["{receiver: desk, matchers: ['severity!=\"info\"']}", "▶" + DESK.replace("desk", "chief")],
        TAKEN,
    ),
    (
        "the judgement of its indicator before it",
        [
            "{receiver: desk, matchers: ['judgement=\"kj\"']}",
            "▶{receiver: chief, matchers: ['indicator=\"mobilisation\"']}",
        ],
        TAKEN,
    ),
    (
        "alertname before kind, which are the same",
        [
            "{receiver: desk, matchers: ['alertname=\"blind\"']}",
            "▶{receiver: chief, matchers: ['kind=\"blind\"']}",
        ],
        TAKEN,
    ),
    (
        "several before it that only together take all",
        [
            "{receiver: desk, matchers: ['severity=~\"watch|info\"']}",
            "{receiver: desk, matchers: ['severity=\"warning\"', 'judgement=\"kj\"']}",
            "{receiver: desk, matchers: ['severity=\"warning\"', 'judgement!=\"kj\"']}",
            "▶{receiver: chief, matchers: ['severity!=\"critical\"']}",
        ],
        "no alert comes to this route: those before it take all that it could take",
    ),
    (
        "a route before its parent",
        [DESK, "{receiver: log, routes: [▶{receiver: chief, matchers: ['severity=\"critical\"']}]}"],
        TAKEN,
    ),
    (
        "two values of one label",
        [DESK, "▶{receiver: chief, matchers: ['severity=\"info\"', 'severity=\"watch\"']}"],
        IMPOSSIBLE,
    ),
    (
        "a value that the route above excludes",
        [
            DESK,
            "{receiver: log, matchers: ['severity!=\"info\"'], "
            "routes: [▶{receiver: chief, matchers: ['severity=\"info\"']}]}",
        ],
        IMPOSSIBLE,
    ),
    (
        "another judgement than its indicator's",
        [DESK, "▶{receiver: chief, matchers: ['judgement!=\"kj\"', 'indicator=\"mobilisation\"']}"],
        IMPOSSIBLE,
    ),
    (
        "a pattern that no value has",
        [DESK, "▶{receiver: chief, matchers: ['severity=~\"crit\"']}"],
        IMPOSSIBLE,
    ),
]


@pytest.mark.parametrize(("why", "routes", "message"), UNREACHABLE, ids=[case[0] for case in UNREACHABLE])
def test_a_route_that_nothing_reaches_is_doubted(why: str, routes: list[str], message: str) -> None:
    """Once, where it stands, with what takes its alerts."""
    found, where = doubts(tree(*routes))
    assert found == [(where, message)]


@pytest.mark.parametrize(
    "routes",
    [
        [DESK.replace("}", ", continue: true}"), DESK.replace("desk", "chief")],
        [DESK, "{receiver: chief, matchers: ['severity=~\"critical|warning\"']}"],
        [DESK, "{receiver: chief, matchers: ['judgement=\"kj\"']}"],
        [  # a level may be a term
            "{receiver: desk, matchers: ['level=~\"likely.*\"']}",
            "{receiver: chief, matchers: ['level=~\"unlikely.*\"']}",
        ],
        [DESK, "{receiver: chief, matchers: ['indicator=\"\"']}"],
        [
            "{receiver: desk, matchers: ['indicator=\"mobilisation\"']}",
            "{receiver: chief, matchers: ['judgement=\"kj\"']}",
        ],
    ],
)
def test_a_route_that_something_reaches_is_not_doubted(routes: list[str]) -> None:
    """Also where most of what it matches is taken before."""
    assert doubts(tree(*routes))[0] == []


def test_a_route_with_a_misspelt_value_is_doubted_once() -> None:
    """It says that severity is never so; that nothing comes there need not be said as well."""
    found, where = doubts(tree(DESK, "{receiver: chief, matchers: [▶'severity=\"critcal\"']}"))
    assert found == [(where, 'severity is never "critcal"')]


def test_everything_to_everyone_at_once_is_doubted() -> None:
    """Two receivers or more, all realtime, each told of every alert."""
    everyone = "everybody is told everything at once, whatever its severity"
    both = tree("{receiver: desk, continue: true}", "{receiver: chief}")
    text = both.replace(", {id: log, url: 'console:'}", "").replace("receiver: log", "receiver: desk")
    found, where = doubts(text.replace("route:\n  ", "route:\n  ▶"))
    assert found == [(where, everyone)]
    assert doubts(text.replace("id: chief,", "id: chief, mode: daily,"))[0] == []
    assert (
        doubts(text.replace("{receiver: chief}", "{receiver: chief, matchers: ['severity!=\"info\"']}"))[0]
        == []
    )
    quiet = text.replace("id: chief,", "id: chief, quiet_hours: {intervals: [nights]},")
    assert doubts(quiet, NIGHTS)[0] == []


def test_everything_to_one_person_at_once_is_worth_a_thought() -> None:
    """Advice, and only where there is much to tell of."""
    few = GOOD + "receivers: [{id: desk, url: 'console:'}]\n"
    assert check(read(few, {})) == []
    (found,) = check(read(few.replace("receivers:", another(10) + "receivers:"), {}))
    assert (found.severity, found.message) == (
        "advice",
        '"desk" is told everything at once, whatever its severity',
    )


def test_critical_only_in_a_digest_is_doubted() -> None:
    """The place is the receiver's mode; a realtime receiver of critical alerts mends it."""
    daily = tree(
        "{receiver: desk, matchers: ['severity=\"warning\"'], continue: true}",
        "{receiver: chief, matchers: ['severity=\"watch\"']}",
    ).replace("{id: log,", "{id: log, mode: ▶daily,")
    found, where = doubts(daily)
    assert found == [(where, 'mode: critical alerts come to "log", and to nobody at once')]
    assert doubts(daily.replace('"warning"', '"critical"').replace("▶", ""))[0] == []


QUIET = "quiet_hours: {intervals: [nights], mode: MODE}"


@pytest.mark.parametrize("mode", ["silence_all", "batch_on_wake"])
def test_quiet_hours_of_all_who_hear_of_critical_alerts_are_doubted(mode: str) -> None:
    """Unless somebody else is told, or the alert escalates to somebody awake."""
    quiet = QUIET.replace("MODE", mode)
    alone = tree(DESK).replace("{id: desk,", f"{{id: desk, quiet_hours: ▶{quiet[13:]},")
    alone = alone.replace("{id: chief, url: 'console:'}, ", "")
    found, where = doubts(alone, NIGHTS)
    assert found == [(where, 'quiet_hours: while "desk" is left alone, nobody is told of critical alerts')]
    alone = alone.replace("▶", "")
    assert doubts(alone.replace(mode, "critical_only"), NIGHTS)[0] == []
    assert doubts(alone.replace("{receiver: desk,", "{receiver: desk, continue: true,"), NIGHTS)[0] == [
        (where, found[0][1])
    ]  # on to no other route: those above do not hear of it
    both = alone.replace("  routes:", "  routes:\n    - {receiver: log, continue: true}")
    assert doubts(both, NIGHTS)[0] == []
    escalated = alone.replace("{receiver: desk,", "{receiver: desk, escalate: [{after: 5m, receiver: log}],")
    assert doubts(escalated, NIGHTS)[0] == []


@pytest.mark.parametrize(
    ("escalate", "message"),
    [
        (
            "[{after: 5m, receiver: ▶desk}]",
            'escalate: "desk" is told by this route already',
        ),
        (
            "[{after: 5m, receiver: chief}, {after: 9m, receiver: ▶chief}]",
            'escalate: "chief" is told of it twice',
        ),
        (
            "[{after: 5m, receiver: ▶log}]",
            'escalate: "log" is not told at once, but twice daily',
        ),
    ],
)
def test_escalations_that_help_nobody_are_doubted(escalate: str, message: str) -> None:
    """To whom it went already, or who reads it tomorrow."""
    text = tree(DESK.replace("}", f", escalate: {escalate}}}"), "{receiver: chief}")
    found, where = doubts(text.replace("{id: log,", "{id: log, mode: twice_daily,"))
    assert found == [(where, message)]


def test_reminders_that_come_faster_than_anybody_can_act_are_doubted() -> None:
    """Five minutes are taken as meant."""
    top = "receiver: log\n  repeat_interval: {}"
    found, where = doubts(tree(DESK, "{receiver: chief}", top=top.format("▶1s")))
    assert found == [(where, "repeat_interval: a reminder every 1 s, until it is acknowledged")]
    assert doubts(tree(DESK, "{receiver: chief}", top=top.format("5m")))[0] == []


def test_an_inherited_escalation_to_the_route_itself_is_doubted() -> None:
    """An empty list ends it."""
    top = "receiver: log\n  escalate: [{after: 5m, receiver: desk}]"
    found, where = doubts(tree("▶" + DESK, "{receiver: chief}", top=top))
    message = 'a route above escalates to "desk", whom this one tells already'
    assert found == [(where, message)]
    mended = tree(DESK.replace("}", ", escalate: []}"), "{receiver: chief}", top=top)
    assert doubts(mended)[0] == []


def test_who_is_only_escalated_to_has_a_route() -> None:
    """A receiver that an escalation names is told something."""
    text = tree(DESK, top="receiver: log\n  escalate: [{after: 5m, receiver: chief}]")
    assert doubts(text)[0] == []


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('▶at: "07:00"', "at: has no effect on mode: realtime"),
        ("▶weekday: friday", "weekday: has no effect on mode: realtime"),
        ("mode: daily, ▶weekday: friday", "weekday: has no effect on mode: daily"),
    ],
)
def test_times_that_a_receiver_does_not_heed_are_doubted(keys: str, message: str) -> None:
    """Only what is gathered goes out at a time."""
    found, where = doubts(tree(DESK, "{receiver: chief}").replace("{id: log,", f"{{id: log, {keys},"))
    assert found == [(where, message)]


def test_a_large_tree_is_judged_soon_and_rightly() -> None:
    """A route for each of many indicators; the last repeats the first."""
    many = 300
    indicators = another(many)
    routes = [
        f"{{receiver: desk, matchers: ['indicator=\"i{n}\"', 'severity!=\"info\"']}}" for n in range(many)
    ]
    text = (
        GOOD
        + indicators
        + tree(*routes, "{receiver: chief, matchers: ['indicator=\"i0\"', 'severity=\"watch\"']}")
    )
    (found,) = check(read(text, {}))
    line = GOOD.count("\n") + many + 5
    assert (
        found.message
        == f"no alert comes to this route: the one at indicators.yaml:{line}:7 takes all that it could take"
    )
