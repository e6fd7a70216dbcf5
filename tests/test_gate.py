"""The gates, one by one: what goes, what waits until when and why, what is dropped. No store, no clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import DESK, MINUTE, SECOND, config_of
from iwmon import alerts
from iwmon.alerts import Drop, Go, Hold, Scene, gate
from iwmon.alerts.gate import deliberate
from iwmon.alerts.resolving import _TESTS
from iwmon.config import Config
from iwmon.model import LASTING, Alert, Delivery, LabelMatcher, Severity, Silence
from iwmon.stored import Ack, CatchUp, OpenAlert
from nouns import DAY, HOUR, NOON

NIGHT = datetime(2022, 10, 10, 22, tzinfo=UTC)  # midnight in Warsaw
MORNING = datetime(2022, 10, 11, 5, tzinfo=UTC)
NIGHTS = (
    "time_intervals: [{name: nights, time_intervals: [{location: Europe/Warsaw, times: [{start_time: '22:00',"
    " end_time: '24:00'}, {start_time: '00:00', end_time: '07:00'}]}]}]\n"
)
ALERT = Alert(
    "aa", "level_up", Severity.WARNING, NOON, "kj-1", "a1", "", "quiet", "warning", "WARNING: x", "t", "w"
)
FIRING = Delivery("d", "aa", "desk", created=NOON, next_attempt=NOON, group='{judgement="kj-1"}', route="")
SILENCE = Silence(
    "s1", (LabelMatcher("indicator", "=", "a1"),), NOON - HOUR, NOON + HOUR, "Ana", "known", NOON
)


def tail(desk: str = "", route: str = "group_wait: 30s, group_interval: 5m", more: str = "") -> str:
    return (
        f'receivers:\n  - {{id: desk, url: "json://127.0.0.1:1/desk"{desk}}}\n{NIGHTS}{more}'
        f"route: {{receiver: desk, group_by: [judgement], {route}}}\n"
    )


def scene(text: str = "", **more: object) -> Scene:
    config = config_of(text or tail())
    return Scene(**{"config": config, "open": {"aa": OpenAlert(ALERT)}, **more})  # type: ignore[arg-type]


QUIET = "quiet hours nights"
OPEN = OpenAlert(ALERT, Ack("aa", "ack", "Ana", "", NOON))
AT_NIGHT = replace(FIRING, created=NIGHT)
MUTED = tail(
    route="group_wait: 0s, routes: [{matchers: ['severity=~\".+\"'], mute_time_intervals: [nights]}]"
)


@pytest.mark.parametrize(
    ("delivery", "now", "looked", "verdict"),
    [
        # 1. over, acknowledged
        (FIRING, NOON + MINUTE, scene(open={}), Drop("over before it was sent")),
        (replace(FIRING, kind="reminder", turn=1), NOON, scene(open={}), Drop("over before it was sent")),
        (replace(FIRING, kind="resolved", turn=-1), NOON + MINUTE, scene(open={}), Go()),
        (FIRING, NOON + MINUTE, scene(open=None), Go()),  # nobody knows what is over
        (
            replace(FIRING, kind="reminder", turn=1),
            NOON,
            scene(open={"aa": OPEN}),
            Drop("acknowledged by Ana"),
        ),
        (replace(FIRING, kind="escalation"), NOON, scene(open={"aa": OPEN}), Drop("acknowledged by Ana")),
        (FIRING, NOON + MINUTE, scene(open={"aa": OPEN}), Go()),  # others are to know as well
        # 2. silences
        (
            FIRING,
            NOON + MINUTE,
            scene(silences=[SILENCE]),
            Hold(NOON + HOUR, "silence s1 by Ana: known"),
        ),
        (FIRING, NOON + HOUR, scene(silences=[SILENCE]), Go()),  # it is over at its end
        # 3. inhibition
        (
            FIRING,
            NOON + MINUTE,
            scene(
                tail(
                    more="inhibit_rules: [{name: loud, source_matchers: ['severity=\"critical\"'],"
                    " target_matchers: ['severity=\"warning\"'], equal: [judgement]}]\n"
                ),
                inhibiting={"bb": {"severity": "critical", "judgement": "kj-1"}},
            ),
            Hold(None, "inhibited by bb (loud)"),
        ),
        # 4. mute times of the route
        (AT_NIGHT, NIGHT, scene(MUTED), Hold(MORNING, "mute time: in the time interval nights")),
        (AT_NIGHT, MORNING, scene(MUTED), Go()),
        # 5. quiet hours of the receiver
        (AT_NIGHT, NIGHT, scene(tail(", quiet_hours: {intervals: [nights]}")), Hold(MORNING, QUIET)),
        (
            AT_NIGHT,
            NIGHT,
            scene(tail(", quiet_hours: {intervals: [nights], mode: batch_on_wake}")),
            Hold(MORNING, QUIET),
        ),
        # 6. digests: the next slot, of the wall clock
        (FIRING, NOON, scene(tail(", mode: daily")), Hold(MORNING + HOUR, "digest: daily")),
        (
            FIRING,
            NOON,
            scene(tail(", mode: twice_daily, at: '07:00'")),
            Hold(NOON + 5 * HOUR, "digest: twice daily"),
        ),
        (replace(FIRING, kind="digest"), NOON, scene(tail(", mode: daily")), Go()),
        # after a downtime
        (
            FIRING,
            NOON + MINUTE,
            scene(catch_up=CatchUp(NOON - 9 * HOUR, NOON)),
            Hold(NOON + 15 * MINUTE, "catch-up after 9 h without running"),
        ),
        (FIRING, NOON + MINUTE, scene(catch_up=CatchUp(NOON - DAY, NOON + SECOND)), Go()),
        # the receiver is away; one message waits for its next attempt
        (
            FIRING,
            NOON + MINUTE,
            scene(away={"desk": NOON + HOUR}),
            Hold(NOON + HOUR, "the receiver takes nothing now"),
        ),
        (FIRING, NOON + MINUTE, scene(away={"desk": NOON + 26 * HOUR}), Go()),  # a clock that was ahead
        (
            replace(FIRING, attempts=1, error="503", next_attempt=NOON + HOUR),
            NOON + MINUTE,
            scene(),
            Hold(NOON + HOUR, ""),
        ),
        # 7. groups
        (FIRING, NOON + 29 * SECOND, scene(), Hold(NOON + 30 * SECOND, "group_wait")),
        (FIRING, NOON + 30 * SECOND, scene(), Go()),
        (FIRING, NOON, scene(patient=False), Go()),
        (replace(FIRING, kind="escalation"), NOON, scene(), Go()),
        (
            FIRING,
            NOON + 31 * SECOND,
            scene(first={("desk", FIRING.group): NOON + 5 * SECOND}),
            Hold(NOON + 35 * SECOND, "group_wait"),
        ),
        (
            FIRING,
            NOON + MINUTE,
            scene(last={("desk", FIRING.group): NOON - MINUTE}),
            Hold(NOON + 4 * MINUTE, "group_interval"),
        ),
        # told long ago: it is a new group
        (
            FIRING,
            NOON + SECOND,
            scene(last={("desk", FIRING.group): NOON - DAY}),
            Hold(NOON + 30 * SECOND, "group_wait"),
        ),
        # what was held on purpose goes at once, and says why it was
        (replace(FIRING, held=QUIET), NOON, scene(), Go(QUIET)),
        (replace(FIRING, held="group_wait"), NOON + HOUR, scene(), Go()),
        # a clock that was ahead when it was queued
        (replace(FIRING, created=NOON + DAY), NOON, scene(), Go()),
    ],
)
def test_each_gate_has_its_verdict_and_its_reason(
    delivery: Delivery, now: datetime, looked: Scene, verdict: Go | Hold | Drop
) -> None:
    """In order: over, silenced, inhibited, muted, quiet, digest, catching up, away, in its group's time."""
    assert gate(delivery, ALERT, looked, now) == verdict


def test_the_first_gate_that_is_shut_gives_the_reason() -> None:
    """Silenced at night for a receiver of digests: the silence is named."""
    looked = scene(
        tail(", mode: daily, quiet_hours: {intervals: [nights]}"),
        silences=[replace(SILENCE, ends=NIGHT + DAY)],
        away={"desk": NIGHT + HOUR},
    )
    held = gate(AT_NIGHT, ALERT, looked, NIGHT)
    assert isinstance(held, Hold)
    assert held.reason == "silence s1 by Ana: known"


def test_critical_alerts_pass_quiet_hours_that_let_them() -> None:
    """And no others."""
    looked = scene(tail(", quiet_hours: {intervals: [nights], mode: critical_only}", "group_wait: 0s"))
    loud = replace(ALERT, severity=Severity.CRITICAL)
    assert gate(AT_NIGHT, loud, looked, NIGHT) == Go()
    assert gate(AT_NIGHT, ALERT, looked, NIGHT) == Hold(MORNING, QUIET)


def test_what_lasts_is_what_has_a_test_of_its_end() -> None:
    """The store opens exactly the kinds of alerts that something can close."""
    assert set(_TESTS) == LASTING


def test_reasons_of_people_and_plans_are_told_from_waits() -> None:
    """What was held on purpose says so when it comes; a rate limit does not."""
    assert deliberate("silence s1 by Ana: rate limit") == "silence"
    assert [deliberate(r) for r in ("group_wait", "rate limit", "", "the receiver takes nothing now")] == [
        ""
    ] * 4


# ---------------------------------------------------------------- rates


@given(st.lists(st.floats(0, 300), max_size=200))
def test_no_second_has_two_messages_and_no_minute_eleven(wishes: list[float]) -> None:
    """Whatever is asked when; and each is let through at the time that it was told to wait for."""
    sent: list[datetime] = []
    now = NOON
    for wish in sorted(wishes):
        now = max(now, NOON + timedelta(seconds=wish))
        while (held := alerts.rate(sent, now)) is not None:
            assert held.until is not None
            assert held.until > now
            now = held.until
        sent.append(now)
    assert all((b - a) >= SECOND for a, b in pairwise(sent))
    assert all((b - a) >= MINUTE for a, b in zip(sent, sent[10:], strict=False))


# ---------------------------------------------------------------- batches


def going(count: int, after: str = "", **more: object) -> list[alerts.Going]:
    rows = []
    for n in range(count):
        alert = replace(ALERT, id=f"a{n:03}", judgement=f"kj-{n}")
        row = replace(FIRING, id=f"d{n:03}", alert=alert.id, group=f"g{n}", **more)  # type: ignore[arg-type]
        rows.append(alerts.Going(row, alert, after))
    return rows


@pytest.fixture(scope="module")
def config() -> Config:
    return config_of(DESK)


@pytest.mark.parametrize(
    ("rows", "age", "kinds"),
    [
        (going(25), MINUTE, [""] * 25),
        (going(26), MINUTE, ["backlog"]),
        (going(7), 20 * MINUTE, [""] * 7),
        (going(8), 20 * MINUTE, ["backlog"]),
        (going(8), 14 * MINUTE, [""] * 8),
        (going(8, "silence s1"), 20 * MINUTE, ["held"] * 8),
        (going(130), MINUTE, ["backlog"]),
        (going(3, "catch-up after 9 h without running"), MINUTE, ["catch-up"]),
    ],
)
def test_how_many_messages(
    config: Config, rows: list[alerts.Going], age: timedelta, kinds: list[str]
) -> None:
    """A message for each group; one for a storm, for a backlog, for all that a downtime left."""
    found = alerts.batches(rows, config, NOON + age)
    assert [batch.kind for batch in found] == kinds
    assert sum(len(batch.told) for batch in found) == len(rows)


def test_what_is_critical_goes_first(config: Config) -> None:
    """Whatever was queued before it."""
    rows = going(5)
    rows[3] = replace(rows[3], alert=replace(rows[3].alert, severity=Severity.CRITICAL))
    found = alerts.batches(rows, config, NOON)
    assert [batch.told[0][0].id for batch in found] == ["d003", "d000", "d001", "d002", "d004"]
