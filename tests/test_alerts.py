"""alerts: who is told, when again, and words that a feed cannot turn against the reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon import alerts
from iwmon.alerts import routing, words
from iwmon.model import Alert, Delivery, LabelMatcher, Level, Route, Severity, Told
from nouns import HOUR, NOON, SMALL, configured

ALERT = Alert(
    id="abcdef0123",
    kind="level_up",
    severity=Severity.WARNING,
    at=NOON,
    judgement="kj-2",
    indicator="mobilisation",
    source="",
    before="watch",
    after="warning",
    title="WARNING: x",
    text="body",
    why="rule",
)


@pytest.fixture(scope="module")
def config():
    return configured(SMALL)


# ---------------------------------------------------------------- routing


def m(text: str) -> LabelMatcher:
    for op in ("!=", "=~", "!~", "="):
        label, found, value = text.partition(op)
        if found:
            return LabelMatcher(label, op, value)  # type: ignore[arg-type]
    raise AssertionError(text)


def tree(*children: Route) -> Route:
    return Route("root", routes=children)


def to(receiver: str, *matchers: str, continue_: bool = False, routes: tuple[Route, ...] = ()) -> Route:
    return Route(receiver, tuple(map(m, matchers)), continue_, routes=routes)


LABELS = {"severity": "critical", "judgement": "kj-2", "kind": "level_up"}


@pytest.mark.parametrize(
    ("route", "told"),
    [
        (tree(), ["root"]),
        (tree(to("a", "severity=critical")), ["a"]),
        (tree(to("a", "severity=watch")), ["root"]),
        (tree(to("a", "severity=critical"), to("b", "judgement=kj-2")), ["a"]),
        (tree(to("a", "severity=critical", continue_=True), to("b", "judgement=kj-2")), ["a", "b"]),
        (tree(to("a", "severity=watch", continue_=True), to("b")), ["b"]),
        (tree(to("a", "severity=~crit.*")), ["a"]),
        (tree(to("a", "severity=~crit")), ["root"]),  # anchored
        (tree(to("a", "severity!~watch|warning", "judgement=kj-2")), ["a"]),
        (tree(to("a", "judgement=kj-2", "severity=watch")), ["root"]),  # all must hold
        (tree(to("a", "judgement=kj-2", routes=(to("deep", "severity=critical"),))), ["deep"]),
        (tree(to("a", "judgement=kj-2", routes=(to("deep", "severity=watch"),))), ["a"]),
        (tree(to("a", "team=")), ["a"]),  # a label that is not there reads as empty
        (tree(to("a", "team!=")), ["root"]),
    ],
)
def test_the_route_tree_means_what_alertmanagers_does(route: Route, told: list[str]) -> None:
    """Deepest match, first child wins unless it says continue, all matchers must hold, patterns anchored."""
    assert [r.receiver for r in routing.routes(route, LABELS)] == told


def test_a_receiver_is_told_once(config) -> None:
    """Two branches that lead to one receiver make one delivery."""
    both = replace(config, route=tree(to("a", continue_=True), to("a")))
    assert alerts.receivers(ALERT, both) == ("a",)


def test_operator_alerts_go_to_the_operator(config) -> None:
    """settings.operator takes what concerns no judgement."""
    set_up = replace(config, settings=replace(config.settings, operator="duty-desk"))
    assert alerts.receivers(alerts.config_error("x", NOON), set_up) == ("duty-desk",)
    assert alerts.receivers(replace(ALERT, severity=Severity.WATCH), set_up) == ("analysts",)


def test_delivery_ids_are_stable_and_distinct(config) -> None:
    """The unique key of a telling: alert, receiver, turn."""
    again = alerts.deliveries([ALERT], config, NOON + HOUR)
    assert [d.id for d in again] == [d.id for d in alerts.deliveries([ALERT], config, NOON)]
    assert len({d.id for d in again}) == 2


# ---------------------------------------------------------------- repeats and retries


def test_reminders_come_at_the_repeat_interval(config) -> None:
    """Not before four hours, then once with the next turn; never where nothing was sent yet."""
    told = Told(ALERT, "analysts", NOON, 0)
    assert not alerts.reminders([told], config, NOON + 3.9 * HOUR)
    (again,) = alerts.reminders([told], config, NOON + 4 * HOUR)
    assert (again.receiver, again.turn) == ("analysts", 1)
    assert not alerts.reminders([replace(told, last_sent=None)], config, NOON + 9 * HOUR)


def test_reminders_stop_for_a_receiver_that_is_no_longer_routed(config) -> None:
    """A renamed receiver is not reminded of what it no longer gets."""
    assert not alerts.reminders([Told(ALERT, "gone", NOON, 0)], config, NOON + 9 * HOUR)


def test_reminders_stop_for_an_indicator_that_is_no_longer_configured(config) -> None:
    """Its level is no longer judged, so nobody may be told "still so"."""
    removed = replace(ALERT, indicator="removed")
    assert not alerts.reminders([Told(removed, "analysts", NOON, 0)], config, NOON + 9 * HOUR)


def test_retries_back_off_obey_retry_after_and_end_after_two_days() -> None:
    """10 s doubling to 30 min; Retry-After is a minimum; 48 hours, then it is a dead letter."""
    row = Delivery("d", "a", "r", created=NOON)
    waits = [alerts.retry_at(replace(row, attempts=n), None, NOON) - NOON for n in range(12)]
    assert waits[0] == timedelta(seconds=10)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=30)
    assert alerts.retry_at(row, timedelta(hours=1), NOON) == NOON + HOUR
    assert alerts.retry_at(row, None, NOON + 47.9 * HOUR) is not None
    assert alerts.retry_at(row, None, NOON + 48 * HOUR) is None


# ---------------------------------------------------------------- words


def test_messages_of_one_judgement_are_one_message() -> None:
    """Several alerts under one title, the loudest named; each whole below."""
    loud = replace(ALERT, id="x", severity=Severity.CRITICAL, title="CRITICAL: y", text="other")
    row = Delivery("d", ALERT.id, "r")
    message = alerts.compose([(row, ALERT), (row, loud)])
    assert message.title == "CRITICAL: 2 alerts for KJ-2"
    assert all(part in message.body for part in ("• WARNING: x", "■ CRITICAL: y", "body", "other"))


def test_a_title_for_several_takes_no_review_for_a_warning_and_no_echo_for_news() -> None:
    """A phone shows the title alone."""
    row, watch = Delivery("d", ALERT.id, "r"), replace(ALERT, severity=Severity.INFO)
    review = replace(ALERT, kind="review_due", severity=Severity.WARNING)
    assert alerts.compose([(row, watch), (row, review)]).title == "REVIEW DUE: 2 alerts for KJ-2"
    assert alerts.compose([(row, review), (row, ALERT)]).title == "WARNING: 2 alerts for KJ-2"
    again = replace(row, turn=1)
    assert alerts.compose([(again, ALERT), (again, ALERT)]).title == "WARNING: 2 reminders for KJ-2"


def test_the_same_level_told_again_does_not_read_as_a_move(config) -> None:
    """ "watch → watch" would say that something moved."""
    indicator = next(iter(config.indicators.values()))
    judgement = config.judgements[indicator.judgement]
    assert ", still watch (" in words.level_title(indicator, judgement, Level.WATCH, Level.WATCH)
    assert ", quiet → watch (" in words.level_title(indicator, judgement, Level.QUIET, Level.WATCH)


def test_reminders_and_possible_repeats_say_so() -> None:
    """A reader must be able to tell news from an echo."""
    row = Delivery("d", ALERT.id, "r")
    assert alerts.compose([(row, ALERT)]).title == "WARNING: x"
    assert alerts.compose([(replace(row, turn=2), ALERT)]).title.startswith("Reminder 2, not acknowledged")
    assert alerts.compose([(replace(row, in_flight=True), ALERT)]).title.startswith("Possible repeat")


def test_a_reminder_is_short_and_keeps_what_to_do(config) -> None:
    """What it is about, why it was raised, and the commands; not the whole evidence again."""
    text = "KJ-2: S\nAnalyst's term: x\n\n1. An item\n\nWhy: w\nAcknowledge: iwmon alerts ack abc"
    row = Delivery("d", ALERT.id, "r", turn=1)
    body = alerts.compose([(row, replace(ALERT, text=text))]).body
    assert body.startswith("Still so, and nobody has acknowledged it. When it was raised:\n\nKJ-2: S")
    assert body.endswith("Acknowledge: iwmon alerts ack abc")
    assert "An item" not in body


@pytest.mark.parametrize(
    ("feed", "shown"),
    [
        ("https://a.example/x?q=1&b=2", "https://a.example/x?q=1&b=2"),
        ("https://bank.example@evil.example/", "https://evil.example/"),
        ("https://user:secret@a.example/p", "https://a.example/p"),
        ("https://a.example/<!channel>", "https://a.example/%3C!channel%3E"),
        ("https://a.example/|text>", "https://a.example/%7Ctext%3E"),
        ("https://a.example/a b\n@here", "https://a.example/a%20b%40here"),
        ("https://a.example/[x](https://evil.example)", "https://a.example/%5Bx%5D(https://evil.example)"),
        ("https://пример.example/", "https://xn--e1afmkfd.example/"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//evil.example", ""),
        ("https://", ""),
        ("https://a.example:99999/", ""),
        ("https://[::1", ""),
        ("", ""),
    ],
)
def test_links_lead_where_they_say(feed: str, shown: str) -> None:
    """http(s) only, no user part, nothing that a service reads as markup."""
    assert alerts.link(feed) == shown


@given(st.text(max_size=400))
def test_feed_text_is_one_clean_line(text: str) -> None:
    """No control, bidi, zero-width or surrogate character, no line break, bounded."""
    line = alerts.safe(text)
    assert len(line) <= 220
    assert line.isprintable()


@given(st.text(max_size=200).map(lambda t: "https://a.example/" + t))
def test_links_hold_no_markup(url: str) -> None:
    """Whatever follows the host."""
    shown = alerts.link(url)
    assert not set(shown) & set("<>|\"'`*~ \n\r\t\\@")


def test_safe_clips_and_says_so() -> None:
    """A title of a million characters is cut, visibly."""
    assert alerts.safe("x" * 10**6, 50) == "x" * 49 + "…"
