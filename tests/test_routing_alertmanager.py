"""Routing means what Alertmanager's does: a table of cases, each named by the rule that it checks.

The rules are those of Alertmanager's documentation (configuration: <route>, <time_interval>,
<inhibit_rule>, <matcher>; concepts: silences). Each case is written as the file would write it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from iwmon.alerts import routing
from iwmon.alerts.intervals import contains, muted
from iwmon.alerts.routing import Target, targets
from iwmon.alerts.silencing import inhibited
from iwmon.config import Config, ConfigError
from iwmon.config.labels import parse_matcher
from nouns import configured

HEAD = """\
version: 1
sources: [{id: nn, url: "https://nn.example/rss"}]
judgements:
  - {id: kj-2, statement: Troops, made_on: 2022-07-15, indicators: [
      {id: mobilisation, effect: supports, query: x}, {id: convoys, effect: supports, query: y}]}
  - {id: kj-3, statement: Provocations, made_on: 2022-07-15, indicators: [
      {id: balloons, effect: supports, query: z}]}
receivers: [{id: root, url: "console:"}, {id: a, url: "console:"}, {id: b, url: "console:"},
            {id: c, url: "console:"}, {id: d, url: "console:"}]
time_intervals:
  - {name: nights, time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}]}]}
  - {name: office, time_intervals: [{times: [{start_time: "09:00", end_time: "17:00"}]}]}
"""


def routed(tree: str, more: str = "") -> Config:
    """A configuration with this tree below a first route that goes to `root`."""
    return configured(f"{HEAD}{more}\nroute: {tree}\n")


def labels(text: str) -> dict[str, str]:
    """An alert's labels, from `severity=critical judgement=kj-2`; without words, an ordinary alert's."""
    given = dict(pair.split("=") for pair in text.split())
    return {"severity": "warning", "judgement": "kj-2", "indicator": "mobilisation"} | given


def told(tree: str, alert: str = "", more: str = "") -> list[Target]:
    return list(targets(labels(alert), routed(tree, more)))


def names(found: Sequence[Target]) -> list[str]:
    return [one.receiver for one in found]


# ---------------------------------------------------------------- the tree

CRITICAL, WARNING, KJ2, KJ3 = (
    f"matchers: ['{m}']"
    for m in ('severity="critical"', 'severity="warning"', 'judgement="kj-2"', 'judgement="kj-3"')
)
TREE = [
    # rule, children of the first route, alert, receivers in order
    ("every alert enters at the top-level route", "[]", "", ["root"]),
    ("no child matches: the node itself handles it", f"[{{{CRITICAL}, receiver: a}}]", "", ["root"]),
    ("a child that matches takes it from the node", f"[{{{WARNING}, receiver: a}}]", "", ["a"]),
    (
        "continue false: it stops after the first matching child",
        f"[{{{WARNING}, receiver: a}}, {{{KJ2}, receiver: b}}]",
        "",
        ["a"],
    ),
    (
        "continue false, written out, is the default",
        f"[{{{WARNING}, receiver: a, continue: false}}, {{{KJ2}, receiver: b}}]",
        "",
        ["a"],
    ),
    (
        "continue true: it goes on to subsequent siblings",
        f"[{{{WARNING}, receiver: a, continue: true}}, {{{KJ2}, receiver: b}}]",
        "",
        ["a", "b"],
    ),
    (
        "continue true on a node that does not match decides nothing",
        f"[{{{CRITICAL}, receiver: a, continue: true}}, {{{KJ2}, receiver: b}}]",
        "",
        ["b"],
    ),
    (
        "it goes on until a node that does not continue",
        f"[{{{WARNING}, receiver: a, continue: true}}, {{{KJ2}, receiver: b}}, {{receiver: c}}]",
        "",
        ["a", "b"],
    ),
    (
        "all continue: all that match, and not the parent",
        f"[{{{WARNING}, receiver: a, continue: true}}, {{{KJ2}, receiver: b, continue: true}}]",
        "",
        ["a", "b"],
    ),
    (
        "continue with no sibling after it does not lead back to the parent",
        f"[{{{WARNING}, receiver: a, continue: true}}]",
        "",
        ["a"],
    ),
    ("a child without matchers matches every alert", "[{receiver: a}, {receiver: b}]", "", ["a"]),
    (
        "siblings are tried in the order of the file",
        f"[{{{KJ2}, receiver: b}}, {{{WARNING}, receiver: a}}]",
        "",
        ["b"],
    ),
    (
        "the deepest node that matches handles it",
        f"[{{{KJ2}, receiver: a, routes: [{{{WARNING}, receiver: b}}]}}]",
        "",
        ["b"],
    ),
    (
        "a match without a matching child is handled there",
        f"[{{{KJ2}, receiver: a, routes: [{{{CRITICAL}, receiver: b}}]}}]",
        "",
        ["a"],
    ),
    (
        "children of a node that does not match are not tried",
        f"[{{{KJ3}, receiver: a, routes: [{{{WARNING}, receiver: b}}]}}]",
        "",
        ["root"],
    ),
    (
        "a child's match ends the search above it, unless its ancestor continues",
        f"[{{{KJ2}, receiver: a, routes: [{{{WARNING}, receiver: b}}]}}, {{receiver: c}}]",
        "",
        ["b"],
    ),
    (
        "an ancestor's continue leads on after its child took it",
        f"[{{{KJ2}, receiver: a, continue: true, routes: [{{{WARNING}, receiver: b}}]}}, {{receiver: c}}]",
        "",
        ["b", "c"],
    ),
    (
        "a child's continue does not leave its parent",
        f"[{{{KJ2}, receiver: a, routes: [{{{WARNING}, receiver: b, continue: true}}]}}, {{receiver: c}}]",
        "",
        ["b"],
    ),
    (
        "continue among grandchildren",
        f"[{{{KJ2}, receiver: a, routes: [{{{WARNING}, receiver: b, continue: true}}, {{receiver: c}}]}}]",
        "",
        ["b", "c"],
    ),
    (
        "all matchers of a node must match",
        "[{matchers: ['severity=\"warning\"', 'judgement=\"kj-3\"'], receiver: a}]",
        "",
        ["root"],
    ),
    (
        "two matchers on one label both count",
        "[{matchers: ['severity!=\"info\"', 'severity!=\"warning\"'], receiver: a}]",
        "",
        ["root"],
    ),
    (
        "two nodes with one receiver both take it",
        "[{receiver: a, continue: true}, {receiver: a}]",
        "",
        ["a", "a"],
    ),
    ("receiver is inherited from the parent", f"[{{{WARNING}}}]", "", ["root"]),
    (
        "receiver is inherited over two levels",
        f"[{{receiver: a, routes: [{{{KJ2}, routes: [{{{WARNING}}}]}}]}}]",
        "",
        ["a"],
    ),
    (
        "matchers are not inherited, but hold above",
        f"[{{{KJ2}, receiver: a, routes: [{{receiver: b}}]}}]",
        "judgement=kj-3 indicator=balloons",
        ["root"],
    ),
    (
        "muting does not stop the matching: a muted node still ends the search",
        f"[{{{WARNING}, receiver: a, mute_time_intervals: [nights]}}, {{receiver: b}}]",
        "",
        ["a"],
    ),
    (
        "a node outside its active times still ends the search",
        f"[{{{WARNING}, receiver: a, active_time_intervals: [office]}}, {{receiver: b}}]",
        "",
        ["a"],
    ),
    (
        "a muted node that continues leads on",
        f"[{{{WARNING}, receiver: a, mute_time_intervals: [nights], continue: true}}, {{receiver: b}}]",
        "",
        ["a", "b"],
    ),
]


@pytest.mark.parametrize(("rule", "children", "alert", "receivers"), TREE, ids=[c[0] for c in TREE])
def test_the_tree(rule: str, children: str, alert: str, receivers: list[str]) -> None:
    """Who is told, by the rules of <route>; `targets` and `routes` agree."""
    config = routed(f"{{receiver: root, routes: {children}}}")
    assert names(targets(labels(alert), config)) == receivers
    assert [node.receiver for node in routing.routes(config.route, labels(alert))] == receivers


# ---------------------------------------------------------------- what is inherited

WAITS = "group_by: [judgement], group_wait: 1s, group_interval: 2m, repeat_interval: 3h"
INHERITED: list[tuple[str, str, str, Any]] = [
    # rule, tree, attribute of the only target, its value
    ("group_wait defaults to 30s", "{receiver: root}", "group_wait", timedelta(seconds=30)),
    ("group_interval defaults to 5m", "{receiver: root}", "group_interval", timedelta(minutes=5)),
    ("repeat_interval defaults to 4h", "{receiver: root}", "repeat_interval", timedelta(hours=4)),
    (
        "group_wait is inherited",
        f"{{receiver: root, {WAITS}, routes: [{{receiver: a}}]}}",
        "group_wait",
        timedelta(seconds=1),
    ),
    (
        "group_wait 0s is a value, not a gap",
        f"{{receiver: root, {WAITS}, routes: [{{receiver: a, group_wait: 0s}}]}}",
        "group_wait",
        timedelta(0),
    ),
    (
        "group_interval is inherited",
        f"{{receiver: root, {WAITS}, routes: [{{receiver: a}}]}}",
        "group_interval",
        timedelta(minutes=2),
    ),
    (
        "repeat_interval is inherited",
        f"{{receiver: root, {WAITS}, routes: [{{receiver: a}}]}}",
        "repeat_interval",
        timedelta(hours=3),
    ),
    (
        "what a child sets counts for it",
        f"{{receiver: root, {WAITS}, routes: [{{receiver: a, repeat_interval: 1d}}]}}",
        "repeat_interval",
        timedelta(days=1),
    ),
    (
        "group_by is inherited",
        f"{{receiver: root, {WAITS}, routes: [{{receiver: a}}]}}",
        "grouped_by",
        (("judgement", "kj-2"),),
    ),
    (
        "an empty group_by is a value, not a gap",
        f"{{receiver: root, {WAITS}, routes: [{{receiver: a, group_by: []}}]}}",
        "grouped_by",
        (),
    ),
    (
        "a child's group_by replaces '...'",
        "{receiver: root, group_by: ['...'], routes: [{receiver: a, group_by: [severity]}]}",
        "grouped_by",
        (("severity", "warning"),),
    ),
    (
        "mute_time_intervals are not inherited",
        "{receiver: root, routes: [{receiver: a, mute_time_intervals: [nights], routes: [{receiver: b}]}]}",
        "mute_time_intervals",
        (),
    ),
    (
        "active_time_intervals are not inherited",
        "{receiver: root, routes: [{receiver: a, active_time_intervals: [office], routes: [{receiver: b}]}]}",
        "active_time_intervals",
        (),
    ),
    (
        "a node has the times that it names",
        "{receiver: root, routes: [{receiver: a, mute_time_intervals: [nights, office]}]}",
        "mute_time_intervals",
        ("nights", "office"),
    ),
]


@pytest.mark.parametrize(("rule", "tree", "what", "value"), INHERITED, ids=[c[0] for c in INHERITED])
def test_what_is_inherited(rule: str, tree: str, what: str, value: object) -> None:
    """Parameters that are not set come from the parent; matchers, continue and times do not."""
    (target,) = told(tree)
    assert getattr(target, what) == value


def test_continue_is_not_inherited() -> None:
    """A child of a node that continues does not."""
    tree = "{receiver: root, routes: [{receiver: a, continue: true, routes: [{receiver: b}, {receiver: c}]}]}"
    assert names(told(tree)) == ["b"]


# ---------------------------------------------------------------- groups

GROUPS = [
    # rule, group_by, two alerts, whether they go out together
    (
        "alerts with equal values of the labels are one group",
        "[judgement]",
        "",
        "severity=critical indicator=convoys",
        True,
    ),
    ("another value is another group", "[judgement]", "", "judgement=kj-3 indicator=balloons", False),
    ("all labels named must be equal", "[judgement, severity]", "", "severity=critical", False),
    ("a label that is missing is equal to an empty one", "[source]", "", "source=", True),
    ("without group_by, all alerts of the route are one group", "[]", "", "judgement=kj-3", True),
    ("'...' groups by all labels", "['...']", "", "indicator=convoys", False),
    ("'...' keeps equal alerts together", "['...']", "", "", True),
    ("values that look like several are one value", "[judgement, indicator]", "judgement=a,b", "", False),
]


@pytest.mark.parametrize(("rule", "by", "one", "other", "together"), GROUPS, ids=[c[0] for c in GROUPS])
def test_groups(rule: str, by: str, one: str, other: str, together: bool) -> None:
    """What is batched into one notification."""
    tree = f"{{receiver: root, group_by: {by}}}"
    (first,), (second,) = told(tree, one), told(tree, other)
    assert (first.group == second.group) is together


def test_two_nodes_with_one_receiver_are_two_groups() -> None:
    """Groups belong to nodes, as in Alertmanager's group key."""
    first, second = told("{receiver: root, group_by: [judgement], routes: [{continue: true}, {}]}")
    assert first.receiver == second.receiver == "root"
    assert first.group != second.group
    assert (first.route, second.route) == ("0", "1")


def test_the_group_does_not_depend_on_the_order_of_its_labels() -> None:
    """Only the values count: an edit that sorts group_by anew begins no new groups."""
    (one,) = told("{receiver: root, group_by: [judgement, severity]}")
    (other,) = told("{receiver: root, group_by: [severity, judgement]}")
    assert one.group == other.group
    assert one.grouped_by == (("judgement", "kj-2"), ("severity", "warning"))


def test_keys_are_places_in_the_tree() -> None:
    """The first route is "", and "1.0" the first child of its second."""
    config = routed("{receiver: root, routes: [{receiver: a}, {receiver: b, routes: [{receiver: c}]}]}")
    first, second = config.route.routes
    assert [config.route.key, first.key, second.key, second.routes[0].key] == ["", "0", "1", "1.0"]


# ---------------------------------------------------------------- matchers

MATCHERS = [
    # rule, matcher, value of the label (None: not there), holds
    ("= means equals", 'severity="critical"', "critical", True),
    ("= is not a prefix", 'severity="crit"', "critical", False),
    ("= minds capitals", 'severity="Critical"', "critical", False),
    ("!= means not equal", 'severity!="critical"', "warning", True),
    ("!= of the same value", 'severity!="critical"', "critical", False),
    ("=~ matches the regular expression", 'severity=~"warning|critical"', "critical", True),
    ("=~ is anchored at the start", 'severity=~"tical"', "critical", False),
    ("=~ is anchored at the end", 'severity=~"crit"', "critical", False),
    ("alternatives are anchored as a whole", 'severity=~"crit|critical"', "critical", True),
    ("un-anchored with .*", 'severity=~".*tic.*"', "critical", True),
    ("!~ does not match it", 'severity!~"warn.*"', "critical", True),
    ("!~ is anchored too", 'severity!~"crit"', "critical", True),
    ("!~ of what matches whole", 'severity!~"crit.*"', "critical", False),
    ("a missing label is an empty one for =", 'source=""', None, True),
    ("a missing label is an empty one for !=", 'source!=""', None, False),
    ("a missing label differs from any value", 'source!="nn"', None, True),
    ("a missing label for =~", 'source=~".*"', None, True),
    ("a missing label for =~ that wants something", 'source=~".+"', None, False),
    ("a missing label for !~", 'source!~".+"', None, True),
    ("an empty label is as a missing one", 'source=""', "", True),
    ("the third token may be empty", "source=", None, True),
    ("quotes may be left out", "severity=critical", "critical", True),
    ("blanks around the tokens", ' severity =~ "crit.*" ', "critical", True),
    ("an escaped quote is a quote", r'indicator="a\"b"', 'a"b', True),
    ("an escaped backslash is a backslash", r'indicator="a\\b"', r"a\b", True),
    ("\\n is a line feed", r'indicator="a\nb"', "a\nb", True),
    ("any other single backslash is literal", r'indicator=~"t\d"', "t1", True),
    ("commas and braces in quotes are literal", 'indicator=~"t[0-9]{1,2}"', "t12", True),
    ("inline flags are RE2's", 'severity=~"(?i)CRITICAL"', "critical", True),
]


@pytest.mark.parametrize(("rule", "written", "value", "holds"), MATCHERS, ids=[c[0] for c in MATCHERS])
def test_matchers(rule: str, written: str, value: str | None, holds: bool) -> None:
    """`=`, `!=`, `=~`, `!~` on one label."""
    matcher = parse_matcher(written)
    given = {} if value is None else {matcher.label: value}
    assert routing.holds(matcher, given) is holds


# ---------------------------------------------------------------- time intervals

INTERVALS = [
    # rule, range, moment, contained
    ("no field: any time matches", "{}", "2026-06-10T12:00", True),
    (
        "start_time is inclusive",
        "{times: [{start_time: '17:00', end_time: '24:00'}]}",
        "2026-06-10T17:00",
        True,
    ),
    (
        "before start_time",
        "{times: [{start_time: '17:00', end_time: '24:00'}]}",
        "2026-06-10T16:59:59",
        False,
    ),
    (
        "end_time is exclusive",
        "{times: [{start_time: '09:00', end_time: '17:00'}]}",
        "2026-06-10T17:00",
        False,
    ),
    (
        "it ends immediately before end_time",
        "{times: [{start_time: '09:00', end_time: '17:00'}]}",
        "2026-06-10T16:59:59",
        True,
    ),
    (
        "24:00 is the end of the day",
        "{times: [{start_time: '17:00', end_time: '24:00'}]}",
        "2026-06-10T23:59:59",
        True,
    ),
    (
        "24:00 is not the next day",
        "{times: [{start_time: '17:00', end_time: '24:00'}]}",
        "2026-06-11T00:00",
        False,
    ),
    (
        "one element of a list is enough",
        "{times: [{start_time: '01:00', end_time: '02:00'}, {start_time: '12:00', end_time: '13:00'}]}",
        "2026-06-10T12:30",
        True,
    ),
    ("a weekday by name", "{weekdays: [wednesday]}", "2026-06-10T12:00", True),
    ("another weekday", "{weekdays: [thursday]}", "2026-06-10T12:00", False),
    ("weekday ranges include their first day", "{weekdays: ['monday:friday']}", "2026-06-08T00:00", True),
    ("weekday ranges include their last day", "{weekdays: ['monday:friday']}", "2026-06-12T23:59", True),
    ("weekday ranges end there", "{weekdays: ['monday:friday']}", "2026-06-13T00:00", False),
    ("the week begins on Sunday", "{weekdays: ['sunday:tuesday']}", "2026-06-09T12:00", True),
    ("names of days with a capital", "{weekdays: ['Monday:Wednesday', 'Sunday']}", "2026-06-14T12:00", True),
    ("days of the month begin at 1", "{days_of_month: ['1']}", "2026-06-01T12:00", True),
    ("ranges of days include their last", "{days_of_month: ['1:5']}", "2026-06-05T23:59", True),
    ("ranges of days end there", "{days_of_month: ['1:5']}", "2026-06-06T00:00", False),
    ("-1 is the last day: 31 January", "{days_of_month: ['-1']}", "2026-01-31T12:00", True),
    ("-1 is the last day: 28 February", "{days_of_month: ['-1']}", "2026-02-28T12:00", True),
    ("-1 in a leap year is the 29th", "{days_of_month: ['-1']}", "2028-02-28T12:00", False),
    ("-3:-1 are the last three", "{days_of_month: ['-3:-1']}", "2026-06-28T12:00", True),
    ("-3:-1 begins there", "{days_of_month: ['-3:-1']}", "2026-06-27T12:00", False),
    ("1:31 is clamped in February", "{days_of_month: ['1:31']}", "2026-02-28T12:00", True),
    ("a start past the end of the month is no day", "{days_of_month: ['29:31']}", "2026-02-28T12:00", False),
    ("a negative start past the month is clamped", "{days_of_month: ['-31:-1']}", "2026-02-01T12:00", True),
    ("a positive start with a negative end", "{days_of_month: ['15:-1']}", "2026-02-28T12:00", True),
    ("months by name", "{months: [june]}", "2026-06-10T12:00", True),
    ("months by number", "{months: ['6']}", "2026-06-10T12:00", True),
    ("names of months do not mind capitals", "{months: ['May:August']}", "2026-06-10T12:00", True),
    ("month ranges are inclusive", "{months: ['1:3', 'may:june']}", "2026-06-30T23:59", True),
    ("another month", "{months: ['1:3', 'july']}", "2026-06-10T12:00", False),
    ("year ranges are inclusive", "{years: ['2020:2026']}", "2026-12-31T23:59", True),
    ("another year", "{years: ['2020:2022', '2030']}", "2026-06-10T12:00", False),
    ("all fields must match", "{weekdays: [wednesday], months: [july]}", "2026-06-10T12:00", False),
    ("all fields that match", "{weekdays: [wednesday], months: [june]}", "2026-06-10T12:00", True),
    (
        "without a location, times are UTC",
        "{times: [{start_time: '12:00', end_time: '12:01'}]}",
        "2026-06-10T12:00",
        True,
    ),
    (
        "a location's local time, in its winter",
        "{times: [{start_time: '09:00', end_time: '17:00'}], weekdays: ['monday:friday'], "
        "location: Australia/Sydney}",
        "2026-06-09T23:00",  # Wednesday, 09:00 in Sydney
        True,
    ),
    (
        "a location's weekday is its own",
        "{weekdays: [thursday], location: Australia/Sydney}",
        "2026-06-10T14:00",  # past midnight in Sydney
        True,
    ),
]


@pytest.mark.parametrize(("rule", "written", "moment", "inside"), INTERVALS, ids=[c[0] for c in INTERVALS])
def test_time_intervals(rule: str, written: str, moment: str, inside: bool) -> None:
    """What a <time_interval_spec> contains."""
    more = f"  - {{name: n, time_intervals: [{written}]}}\n"
    interval = routed("{receiver: root}", more).time_intervals["n"]
    assert contains(interval, datetime.fromisoformat(moment).replace(tzinfo=UTC)) is inside


def test_any_range_of_an_interval_is_enough() -> None:
    """An interval is a list of specifications; without any, it contains nothing."""
    more = (
        "  - {name: two, time_intervals: [{weekdays: [monday]}, {months: [june]}]}\n"
        "  - {name: none, time_intervals: []}\n"
    )
    intervals = routed("{receiver: root}", more).time_intervals
    moment = datetime(2026, 6, 10, 12, tzinfo=UTC)  # a Wednesday
    assert contains(intervals["two"], moment)
    assert not contains(intervals["none"], moment)


def test_a_moment_in_any_zone() -> None:
    """What counts is the moment, not how it is written."""
    intervals = routed("{receiver: root}").time_intervals
    assert contains(intervals["office"], datetime(2026, 6, 10, 12, tzinfo=ZoneInfo("Europe/Warsaw")))
    assert not contains(intervals["office"], datetime(2026, 6, 10, 9, tzinfo=ZoneInfo("Europe/Warsaw")))


MUTING = [
    ("muted in a mute interval", "mute_time_intervals: [nights]", 23, True),
    ("not muted outside it", "mute_time_intervals: [nights]", 12, False),
    ("any of its mute intervals mutes", "mute_time_intervals: [office, nights]", 23, True),
    ("active in an active interval", "active_time_intervals: [office]", 12, False),
    ("muted outside its active intervals", "active_time_intervals: [office]", 23, True),
    ("any of its active intervals is enough", "active_time_intervals: [office, nights]", 23, False),
    ("an empty list means always active", "active_time_intervals: []", 3, False),
    ("both: mute wins", "mute_time_intervals: [office], active_time_intervals: [office]", 12, True),
    (
        "both: outside mute, but not active",
        "mute_time_intervals: [nights], active_time_intervals: [office]",
        3,
        True,
    ),
    (
        "both: outside mute, and active",
        "mute_time_intervals: [nights], active_time_intervals: [office]",
        12,
        False,
    ),
]


@pytest.mark.parametrize(("rule", "keys", "hour", "silent"), MUTING, ids=[c[0] for c in MUTING])
def test_muting(rule: str, keys: str, hour: int, silent: bool) -> None:
    """A muted route sends nothing, and says why."""
    config = routed(f"{{receiver: root, routes: [{{receiver: a, {keys}}}]}}")
    (target,) = targets(labels(""), config)
    moment = datetime(2026, 6, 10, hour, tzinfo=UTC)
    assert bool(muted(target, config.time_intervals, moment)) is silent


# ---------------------------------------------------------------- inhibition

LOUDER = "source_matchers: ['severity=\"critical\"'], target_matchers: ['severity=\"warning\"']"
BOTH = "source_matchers: ['severity=~\"critical|warning\"'], target_matchers: ['severity=\"warning\"']"
INHIBITION = [
    # rule of the documentation, rule in the file, target, others, inhibited
    (
        "a target is muted when a source exists",
        f"{LOUDER}, equal: [judgement]",
        "",
        ["severity=critical"],
        True,
    ),
    ("without a source it is not", f"{LOUDER}, equal: [judgement]", "", ["severity=watch"], False),
    ("with nothing else firing it is not", LOUDER, "", [], False),
    ("what is no target is not muted", LOUDER, "severity=watch", ["severity=critical"], False),
    (
        "labels in equal must be equal",
        f"{LOUDER}, equal: [judgement]",
        "",
        ["severity=critical judgement=kj-3"],
        False,
    ),
    (
        "without equal, any source mutes",
        LOUDER,
        "",
        ["severity=critical judgement=kj-3"],
        True,
    ),
    (
        "all labels in equal must be equal",
        f"{LOUDER}, equal: [judgement, indicator]",
        "",
        ["severity=critical indicator=convoys"],
        False,
    ),
    (
        "equal labels that both lack are equal",
        f"{LOUDER}, equal: [source]",
        "",
        ["severity=critical"],
        True,
    ),
    (
        "a missing and an empty label are the same",
        f"{LOUDER}, equal: [source]",
        "",
        ["severity=critical source="],
        True,
    ),
    (
        "a missing and a given label differ",
        f"{LOUDER}, equal: [source]",
        "",
        ["severity=critical source=nn"],
        False,
    ),
    ("an alert does not inhibit itself", BOTH, "", [""], False),
    (
        "nor do others that are on both sides",
        BOTH,
        "",
        ["indicator=convoys"],
        False,
    ),
    (
        "a source that is no target still mutes what is on both sides",
        BOTH,
        "",
        ["severity=critical"],
        True,
    ),
    ("one source among many is enough", LOUDER, "", ["severity=watch", "", "severity=critical"], True),
    (
        "no matchers at all are on both sides: nothing is muted",
        "equal: [judgement]",
        "",
        ["severity=critical"],
        False,
    ),
]


@pytest.mark.parametrize(
    ("rule", "written", "target", "others", "silent"), INHIBITION, ids=[c[0] for c in INHIBITION]
)
def test_inhibition(rule: str, written: str, target: str, others: list[str], silent: bool) -> None:
    """By the rules of <inhibit_rule>."""
    config = routed("{receiver: root}", f"inhibit_rules: [{{{written}}}]")
    firing: Mapping[str, dict[str, str]] = {f"alert-{n}": labels(text) for n, text in enumerate(others)}
    assert (inhibited(labels(target), firing, config.inhibit_rules) is not None) is silent


def test_inhibition_says_by_which_rule_and_which_alert() -> None:
    """Of several rules, the first that applies."""
    rules = f"inhibit_rules: [{{name: one, {BOTH}}}, {{name: two, {LOUDER}}}]"
    config = routed("{receiver: root}", rules)
    found = inhibited(
        labels(""), {"x": labels("severity=watch"), "y": labels("severity=critical")}, config.inhibit_rules
    )
    assert found is not None
    assert (found[0].name, found[1]) == ("one", "y")


# ---------------------------------------------------------------- what Alertmanager refuses

REFUSED = [
    # rule, tree, more of the file, message
    (
        "the root route has no matchers",
        f"{{receiver: root, {CRITICAL}}}",
        "",
        "route: the first route takes every alert, at all times",
    ),
    (
        "the root node cannot have mute times",
        "{receiver: root, mute_time_intervals: [nights]}",
        "",
        "route: the first route takes every alert, at all times",
    ),
    (
        "the root node cannot have active times",
        "{receiver: root, active_time_intervals: [office]}",
        "",
        "route: the first route takes every alert, at all times",
    ),
    ("the root route has a receiver", "{group_by: [judgement]}", "", "route: receiver is missing"),
    ("receivers must exist", "{receiver: nobody}", "", 'receiver: there is no receiver "nobody"'),
    (
        "time intervals must exist",
        "{receiver: root, routes: [{mute_time_intervals: [never]}]}",
        "",
        'mute_time_intervals: there is no time interval "never"',
    ),
    (
        "'...' is the sole label name",
        "{receiver: root, group_by: ['...', judgement]}",
        "",
        'group_by: "..." stands for all labels, and must stand alone',
    ),
    (
        "group_interval is not zero",
        "{receiver: root, group_interval: 0s}",
        "",
        "group_interval: must be longer than nothing",
    ),
    (
        "repeat_interval is not zero",
        "{receiver: root, repeat_interval: 0s}",
        "",
        "repeat_interval: must be longer than nothing",
    ),
    (
        "a range of times does not cross midnight",
        "{receiver: root}",
        "  - {name: n, time_intervals: [{times: [{start_time: '22:00', end_time: '06:00'}]}]}",
        "times: 06:00 is not after 22:00",
    ),
    (
        "a range of times is not empty",
        "{receiver: root}",
        "  - {name: n, time_intervals: [{times: [{start_time: '06:00', end_time: '06:00'}]}]}",
        "times: 06:00 is not after 06:00",
    ),
    (
        "a range of weekdays does not cross the week",
        "{receiver: root}",
        "  - {name: n, time_intervals: [{weekdays: ['friday:monday']}]}",
        'weekdays: "friday:monday" ends before it begins',
    ),
    (
        "a range of months does not cross the year",
        "{receiver: root}",
        "  - {name: n, time_intervals: [{months: ['november:february']}]}",
        'months: "november:february" ends before it begins',
    ),
    (
        "a range of years goes forward",
        "{receiver: root}",
        "  - {name: n, time_intervals: [{years: ['2027:2026']}]}",
        'years: "2027:2026" ends before it begins',
    ),
    (
        "a range of days goes forward",
        "{receiver: root}",
        "  - {name: n, time_intervals: [{days_of_month: ['5:1']}]}",
        'days_of_month: "5:1" ends before it begins',
    ),
    (
        "the end is negative if the start is",
        "{receiver: root}",
        "  - {name: n, time_intervals: [{days_of_month: ['-3:1']}]}",
        'days_of_month: "-3:1" goes from the end of a month to its beginning',
    ),
    (
        "regular expressions are RE2's",
        "{receiver: root, routes: [{matchers: ['severity=~\"(?=c)\"']}]}",
        "",
        'matchers: "(?=c)" is not a regular expression: invalid perl operator: (?=',
    ),
    (
        "an expression in braces is written as a list here",
        '{receiver: root, routes: [{matchers: [\'{severity="critical", judgement="kj-2"}\']}]}',
        "",
        'matchers: "{severity="critical", judgement="kj-2"}" is several conditions in one',
    ),
    (
        "so are conditions between commas",
        "{receiver: root, routes: [{matchers: ['severity=critical, judgement=~kj.*']}]}",
        "",
        'matchers: "severity=critical, judgement=~kj.*" is several conditions in one',
    ),
]


@pytest.mark.parametrize(("rule", "tree", "more", "message"), REFUSED, ids=[c[0] for c in REFUSED])
def test_what_is_refused(rule: str, tree: str, more: str, message: str) -> None:
    """One error, with its place and what to write instead."""
    with pytest.raises(ConfigError) as caught:
        routed(tree, more)
    assert [problem.message for problem in caught.value.problems] == [message]
    assert caught.value.problems[0].hint


# ---------------------------------------------------------------- what is iwmon's own


def test_what_concerns_no_judgement_goes_to_the_operator() -> None:
    """settings.operator is asked before the tree; the times are the first route's."""
    more = "settings: {operator: d}"
    tree = "{receiver: root, group_by: [alertname], group_wait: 7s, escalate: [{after: 1h, receiver: c}]}"
    (target,) = told(tree, "judgement= indicator= alertname=config_error", more)
    assert (target.receiver, target.route, target.group_wait) == ("d", "operator", timedelta(seconds=7))
    assert target.group == 'operator{alertname="config_error"}'
    assert target.escalate == ()
    assert names(told(tree, "alertname=level_up", more)) == ["root"]


def test_escalation_is_inherited_as_times_are() -> None:
    """An empty list ends it; the soonest comes first."""
    tree = (
        "{receiver: root, escalate: [{after: 1h, receiver: c}, {after: 15m, receiver: b}], routes: ["
        f"{{{CRITICAL}, receiver: a}}, {{{WARNING}, receiver: a, escalate: []}}]}}"
    )
    (critical,) = told(tree, "severity=critical")
    assert [(step.after, step.receiver) for step in critical.escalate] == [
        (timedelta(minutes=15), "b"),
        (timedelta(hours=1), "c"),
    ]
    (warning,) = told(tree)
    assert warning.escalate == ()
