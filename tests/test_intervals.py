"""Time intervals: what they contain, until when, and when a route is silent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config_contract import CONTRACT, read
from iwmon.alerts.intervals import contains, muted, muted_until, until
from iwmon.model import Route, TimeInterval, TimeRange

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WARSAW, NEW_YORK = "Europe/Warsaw", "America/New_York"
# The nights on which clocks change, as UTC days.
CHANGES = {
    WARSAW: (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)),
    NEW_YORK: (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
}


def interval(*ranges: str) -> TimeInterval:
    """An interval of ranges as indicators.yaml writes them."""
    text = f"time_intervals: [{{name: n, time_intervals: [{', '.join(ranges)}]}}]"
    return read(CONTRACT.replace("time_intervals: []", text)).time_intervals["n"]


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    """A moment by the clock on the wall, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def stepped(one: TimeInterval, moment: datetime, limit: timedelta) -> datetime | None:
    """What `until` must say, minute by minute."""
    now, end = contains(one, moment), moment + limit
    at = moment.replace(second=0, microsecond=0) + MINUTE
    while at <= end:
        if contains(one, at) != now:
            return at
        at += MINUTE
    return None


# ---------------------------------------------------------------- what the file says


def test_words_become_numbers() -> None:
    """Weekdays are ISO numbers, although their ranges begin on Sunday; times are minutes of the day."""
    one = interval(
        "{times: [{start_time: '22:00', end_time: '24:00'}], weekdays: ['Sunday:tuesday', friday], "
        "days_of_month: ['1:5', '-1'], months: ['January:march', '12'], years: ['2026', '2028:2030'], "
        "location: Europe/Warsaw}"
    )
    assert one == TimeInterval(
        "n",
        (
            TimeRange(
                times=((1320, 1440),),
                weekdays=frozenset({7, 1, 2, 5}),
                days_of_month=((1, 5), (-1, -1)),
                months=frozenset({1, 2, 3, 12}),
                years=((2026, 2026), (2028, 2030)),
                zone=WARSAW,
            ),
        ),
    )


# ---------------------------------------------------------------- until


NIGHTS = (
    "{times: [{start_time: '22:00', end_time: '24:00'}, {start_time: '00:00', end_time: '06:30'}], "
    "location: Europe/Warsaw}"
)


@pytest.mark.parametrize(
    ("moment", "change"),
    [
        (at("2026-06-10T12:00", WARSAW), at("2026-06-10T22:00", WARSAW)),
        (at("2026-06-10T22:00", WARSAW), at("2026-06-11T06:30", WARSAW)),
        (at("2026-06-10T23:59:59", WARSAW), at("2026-06-11T06:30", WARSAW)),  # midnight is no change
        (at("2026-06-11T06:29:59", WARSAW), at("2026-06-11T06:30", WARSAW)),
        (at("2026-06-11T06:30", WARSAW), at("2026-06-11T22:00", WARSAW)),  # later than the moment itself
        (at("2026-03-28T22:00", WARSAW), at("2026-03-29T06:30", WARSAW)),  # a night of 7½ hours
        (at("2026-10-24T22:00", WARSAW), at("2026-10-25T06:30", WARSAW)),  # and one of 9½
    ],
)
def test_nights_end_when_the_clock_on_the_wall_says_so(moment: datetime, change: datetime) -> None:
    """From the evening to the morning, over midnight and through changes of the clocks."""
    assert until([interval(NIGHTS)], moment) == change


def test_the_short_and_the_long_night() -> None:
    """In hours: 7½ in March, 9½ in October."""
    one = interval(NIGHTS)
    for evening, hours in ((at("2026-03-28T22:00", WARSAW), 7.5), (at("2026-10-24T22:00", WARSAW), 9.5)):
        morning = until([one], evening)
        assert morning is not None
        assert (morning - evening) / timedelta(hours=1) == hours


def test_an_hour_that_the_clocks_skip_never_is() -> None:
    """02:00 to 03:00 is empty on that night; 02:30 to 05:00 begins when they jump from 02:00 to 03:00."""
    skipped = interval("{times: [{start_time: '02:00', end_time: '03:00'}], location: Europe/Warsaw}")
    assert until([skipped], at("2026-03-28T12:00", WARSAW)) == at("2026-03-30T02:00", WARSAW)
    half = interval("{times: [{start_time: '02:30', end_time: '05:00'}], location: Europe/Warsaw}")
    assert until([half], at("2026-03-28T12:00", WARSAW)) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert until([half], datetime(2026, 3, 29, 1, tzinfo=UTC)) == at("2026-03-29T05:00", WARSAW)


def test_an_hour_that_comes_twice_counts_twice() -> None:
    """01:00 to 01:30 in New York, on the night when 01:00 to 02:00 is repeated."""
    one = interval("{times: [{start_time: '01:00', end_time: '01:30'}], location: America/New_York}")
    first, second = (at("2026-11-01T01:00", NEW_YORK, fold) for fold in (0, 1))
    assert second - first == timedelta(hours=1)
    assert until([one], at("2026-10-31T12:00", NEW_YORK)) == first
    assert until([one], first) == first + 30 * MINUTE
    assert until([one], first + 30 * MINUTE) == second
    assert until([one], second) == second + 30 * MINUTE


def test_a_change_that_never_comes_is_none() -> None:
    """Always, never, a past year, and what is more than 400 days away."""
    moment = at("2026-06-10T12:00")
    assert until([], moment) is None
    assert until([TimeInterval("n")], moment) is None
    assert until([interval("{}")], moment) is None
    assert until([interval("{years: ['2020']}")], moment) is None
    assert until([interval("{years: ['2028']}")], moment) is None
    assert until([interval("{days_of_month: ['29:30'], months: [february]}")], moment) is None


def test_a_yearly_interval_is_found() -> None:
    """It is not further off than a year and some days, also from the day after it ended."""
    christmas = interval("{days_of_month: ['24:26'], months: [december], location: Europe/Warsaw}")
    assert until([christmas], at("2026-12-27T00:00", WARSAW)) == at("2027-12-24T00:00", WARSAW)
    assert until([interval("{years: ['2027']}")], at("2026-01-01T00:00")) == at("2027-01-01T00:00")


def test_several_intervals_are_one() -> None:
    """Where one ends and another begins, nothing changes."""
    evening = interval("{times: [{start_time: '18:00', end_time: '22:00'}]}")
    night = interval("{times: [{start_time: '22:00', end_time: '24:00'}]}")
    assert until([evening, night], at("2026-06-10T19:00")) == at("2026-06-11T00:00")


def _ranges(zones: tuple[str, ...]) -> st.SearchStrategy[TimeRange]:
    minute = st.sampled_from((0, 1, 59, 60, 61, 89, 90, 119, 120, 121, 150, 179, 180, 181, 240, 1320, 1439))
    times = st.tuples(minute, minute.map(lambda m: m + 1) | st.just(1440)).filter(lambda t: t[0] < t[1])
    days = st.integers(-31, 31).filter(bool)
    return st.builds(
        TimeRange,
        times=st.lists(times, max_size=3).map(tuple),
        weekdays=st.frozensets(st.integers(1, 7), max_size=3),
        days_of_month=st.lists(st.tuples(days, days), max_size=2).map(tuple),
        months=st.frozensets(st.integers(1, 12), max_size=2),
        zone=st.sampled_from(zones),
    )


@st.composite
def _near_changes(draw: st.DrawFn) -> datetime:
    night = draw(st.sampled_from([day for days in CHANGES.values() for day in days]))
    return night - DAY + timedelta(seconds=draw(st.integers(0, 2 * 86_400)))


@given(st.lists(_ranges((WARSAW, NEW_YORK, "UTC")), min_size=1, max_size=3), _near_changes())
@example([TimeRange(times=((120, 180),), zone=WARSAW)], CHANGES[WARSAW][0] - MINUTE)
@example([TimeRange(times=((60, 90),), zone=NEW_YORK)], CHANGES[NEW_YORK][1])
@settings(max_examples=150, deadline=None)
def test_until_agrees_with_every_minute(ranges: list[TimeRange], moment: datetime) -> None:
    """`until` is the first minute at which `contains` is otherwise; before it, nothing changes."""
    one = TimeInterval("n", tuple(ranges))
    said = until([one], moment)
    limit = timedelta(days=2)
    assert stepped(one, moment, limit) == (said if said and said <= moment + limit else None)


@given(_ranges(("Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns")), st.data())
@settings(max_examples=60, deadline=None)
def test_until_agrees_in_odd_zones(one: TimeRange, data: st.DataObject) -> None:
    """Half an hour of summer time, offsets of quarters; and Samoa, which left out 30 December 2011."""
    start = data.draw(
        st.sampled_from((datetime(2026, 4, 4, 6, tzinfo=UTC), datetime(2011, 12, 30, 0, tzinfo=UTC)))
    )
    moment = start + timedelta(minutes=data.draw(st.integers(0, 1500)))
    said = until([TimeInterval("n", (one,))], moment)
    limit = timedelta(days=1, hours=12)
    stated = said if said and said <= moment + limit else None
    assert stepped(TimeInterval("n", (one,)), moment, limit) == stated


# ---------------------------------------------------------------- routes


INTERVALS = {
    "nights": interval(NIGHTS),
    "weekends": interval("{weekdays: [saturday, sunday], location: Europe/Warsaw}"),
    "office": interval("{times: [{start_time: '09:00', end_time: '17:00'}], location: Europe/Warsaw}"),
    "june": interval("{months: [june]}"),
}
NOON, NIGHT, SATURDAY = (
    at("2026-06-10T12:00", WARSAW),
    at("2026-06-10T23:00", WARSAW),
    at("2026-06-13T12:00", WARSAW),
)


@pytest.mark.parametrize(
    ("mute", "active", "moment", "reason"),
    [
        ((), (), NIGHT, ""),
        (("nights",), (), NOON, ""),
        (("nights",), (), NIGHT, "in the time interval nights"),
        (("nights", "weekends"), (), SATURDAY, "in the time interval weekends"),
        ((), ("office",), NOON, ""),
        ((), ("office",), NIGHT, "outside the time interval office"),
        ((), ("office", "weekends"), NIGHT, "outside the time intervals office, weekends"),
        ((), ("office", "weekends"), SATURDAY, ""),
        (("june",), ("office",), NOON, "in the time interval june"),  # muting goes before
        (("weekends",), ("office",), NIGHT, "outside the time interval office"),
    ],
)
def test_why_a_route_is_silent(
    mute: tuple[str, ...], active: tuple[str, ...], moment: datetime, reason: str
) -> None:
    """In any interval that mutes it, or outside all in which it is active."""
    route = Route("desk", mute_time_intervals=mute, active_time_intervals=active)
    assert muted(route, INTERVALS, moment) == reason


def test_until_when_a_route_is_silent() -> None:
    """Through whatever intervals that takes: from one that mutes into one that does, too."""
    route = Route("desk", mute_time_intervals=("nights", "weekends"), active_time_intervals=("office",))
    assert muted_until(route, INTERVALS, NOON) == at("2026-06-10T17:00", WARSAW)
    friday_evening = at("2026-06-12T18:00", WARSAW)
    assert muted_until(route, INTERVALS, friday_evening) == at("2026-06-15T09:00", WARSAW)
    assert muted_until(Route("desk"), INTERVALS, NOON) is None
