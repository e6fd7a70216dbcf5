"""The alert budget: five a day and judgement, the rest in one digest, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon import alerts
from iwmon.model import Alert, Budget, Severity
from iwmon.store import Store
from nouns import DAY, HOUR, NOON, configured
from theatre import TEXT, stage

WARSAW = ZoneInfo("Europe/Warsaw")
CONFIG = configured(TEXT)


def raised(n: int, at: datetime, *, judgement: str = "kj-2", kind="level_up", severity="warning") -> Alert:
    return Alert(
        f"a{n:04}", kind, Severity(severity), at, judgement, "mobilisation", "", "quiet", "watch",
        f"Alert number {n}", "Text", "why",
    )  # fmt: skip


def spent(*days: tuple[datetime, int]) -> list[tuple[list[Alert], list[Alert]]]:
    """(told, delivered) of steps in which so many alerts are raised, one after the other."""
    budgets: dict[str, Budget] = {}
    found, n = [], 0
    for at, count in days:
        told, delivered, budgets = alerts.spend(
            [raised(n + k, at) for k in range(count)], budgets, CONFIG, at
        )
        n += count
        found.append((told, delivered))
    return found


def test_five_a_day_are_sent_and_the_fifth_says_so() -> None:
    """The sixth is decided and stored, but waits."""
    ((told, delivered),) = spent((NOON, 7))
    assert [a.id for a in told] == [f"a{n:04}" for n in range(7)]
    assert [a.id for a in delivered] == [f"a{n:04}" for n in range(5)]
    assert "This is alert 5 of 5 for KJ-2 today" in delivered[4].text
    assert "00:00" in delivered[4].text
    assert all("of 5" not in a.text for a in told if a.id != "a0004")


def test_what_is_critical_passes_and_costs_nothing() -> None:
    """Neither does blindness, which is about iwmon itself."""
    many = [raised(n, NOON) for n in range(6)]
    loud = [raised(10, NOON, severity="critical"), raised(11, NOON, kind="blind")]
    _, delivered, budgets = alerts.spend([*loud, *many, *loud], {}, CONFIG, NOON)
    assert [a.id for a in delivered].count("a0010") == 2
    assert [a.id for a in delivered].count("a0011") == 2
    assert budgets["kj-2"].told == 5
    assert len(budgets["kj-2"].held) == 1


def test_judgements_have_budgets_of_their_own() -> None:
    """A loud one does not silence another."""
    loud = [raised(n, NOON) for n in range(9)]
    _, delivered, _ = alerts.spend([*loud, raised(10, NOON, judgement="kj-3")], {}, CONFIG, NOON)
    assert delivered[-1].judgement == "kj-3"


@pytest.mark.parametrize("day", ["2022-10-30", "2022-03-27", "2022-10-10"])  # autumn, spring, none
def test_the_digest_comes_once_after_local_midnight(day: str) -> None:
    """Also on the nights on which the clocks change, when a day has 25 hours or 23."""
    midnight = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=WARSAW)
    after = (midnight + DAY).astimezone(UTC)  # wall-clock arithmetic: the next local midnight
    evening = after - HOUR
    steps = spent((evening, 7), (after - timedelta(seconds=1), 1), (after, 0), (after + HOUR, 0))
    assert [a.kind for told, _ in steps for a in told].count("digest") == 1
    ((_, first), (_, second), (told, delivered), _) = steps
    assert (len(first), len(second)) == (5, 0)
    (digest,) = delivered
    assert told == delivered
    assert digest.title.startswith(f"DIGEST: 3 more alerts on {day}")
    for n in (5, 6, 7):
        assert f"Alert number {n}" in digest.text


def test_a_new_day_begins_with_a_whole_budget() -> None:
    """The digest itself does not count."""
    *_, (_, delivered) = spent((NOON, 9), (NOON + DAY, 5))
    assert [a.kind for a in delivered].count("level_up") == 5


moments = st.lists(st.tuples(st.integers(0, 60 * 60), st.integers(0, 9)), min_size=1, max_size=10)


@settings(max_examples=60, deadline=None)
@given(moments)
def test_every_alert_is_delivered_or_named_in_exactly_one_digest(gaps) -> None:
    """Each is told (and so stored); none is lost, none comes twice."""
    at, days = datetime(2022, 10, 28, 20, tzinfo=UTC), []
    for minutes, count in gaps:
        at += timedelta(minutes=minutes)
        days.append((at, min(count, 30)))
    steps = spent(*days, (at + 3 * DAY, 0))
    told = [a for some, _ in steps for a in some if a.kind != "digest"]
    sent = [a.id for _, some in steps for a in some if a.kind != "digest"]
    digests = [a.text for some, _ in steps for a in some if a.kind == "digest"]
    assert len(told) == sum(count for _, count in days)
    for alert in told:
        named = sum(line.endswith(f"  {alert.title}") for text in digests for line in text.splitlines())
        assert sent.count(alert.id) + named == 1, alert.title
    assert all(a.kind != "digest" or a in some for some, _ in steps for a in some)


def held(store: Store, at: datetime) -> None:
    """A day on which kj-2 has gone over its budget."""
    play = stage(TEXT.replace("timezone: Europe/Warsaw", "timezone: Europe/Warsaw, alerts_per_day: 1"))
    play.polled(at)
    store.commit(play.steps[-1])
    play.say(at + HOUR, "nn", "Reservists receive call-up letters across Minsk oblast tonight")
    store.commit(play.steps[-1])
    assert play.memory.budgets["kj-2"].held
    over = stage(TEXT.replace("timezone: Europe/Warsaw", "timezone: Europe/Warsaw, alerts_per_day: 1"))
    for days in (1, 2):  # each after a restart
        over.memory = store.memory()
        over.step(at + days * DAY)
        store.commit(over.steps[-1])
    over.memory = store.memory()
    over.step(at + 2 * DAY + HOUR)
    assert over.kinds().count("digest") == 1


def test_what_is_held_survives_a_restart_and_is_told_once(tmp_path: Path) -> None:
    """The digest of a day does not come back from the database with every restart."""
    with Store.open(f"sqlite:///{tmp_path / 'i.db'}") as store:
        held(store, NOON)


def test_what_is_held_for_a_judgement_that_was_taken_out_waits_for_it() -> None:
    """A judgement that is not configured for a while loses nothing."""
    budgets = {"kj-2": Budget("kj-2", "2022-10-10", 5, ("14:00  Alert number 6",))}
    without = configured(TEXT.replace("id: kj-2", "id: kj-9"))
    told, _, after = alerts.spend([], budgets, without, NOON + DAY)
    assert (told, after) == ([], budgets)
    (digest,), _, after = alerts.spend([], after, CONFIG, NOON + 2 * DAY)
    assert "Alert number 6" in digest.text
    assert not after
