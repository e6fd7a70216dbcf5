"""indicators.yaml becomes the nouns of the model, with the defaults that the method gives."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config_contract import CONTRACT, ENVIRON, NAME, changed, read
from iwmon.config import Config, ConfigError, Heartbeat, check, parse
from iwmon.config.scalars import Span
from iwmon.config.timezones import deadline
from iwmon.model import (
    Alternative,
    Entry,
    Examples,
    Indicator,
    Item,
    Judgement,
    LabelMatcher,
    Level,
    QuietHours,
    Receiver,
    Resolution,
    Route,
    Source,
    Threshold,
)

DAY = timedelta(days=1)
SMALL = """\
version: 1
sources:
  - {id: a, url: "https://a.example/rss"}
judgements:
  - id: kj
    statement: It happens
    made_on: 2022-07-15
    indicators:
      - {id: i, effect: supports, query: mobilis*}
"""


@pytest.fixture(scope="module")
def contract() -> Config:
    return read(CONTRACT)


def small(more: str = "", environ: dict[str, str] | None = None) -> Config:
    return read(SMALL + more, environ or {})


def indicator(line: str) -> Indicator:
    return read(SMALL.replace("{id: i, effect: supports, query: mobilis*}", line)).indicators["i"]


# ---------------------------------------------------------------- the contract


def test_the_source_of_the_contract(contract: Config) -> None:
    """Every key of a source arrives in its noun."""
    assert contract.sources == {
        "nashaniva": Source(
            id="nashaniva",
            name="Nasha Niva",
            type="feed",
            url="https://nashaniva.com/rss",
            language="be",
            country="BY",
            affiliation="independent",
            publisher="nashaniva",
            controlled_by=None,
            authoritative_for=(),
            reliability="B",
            poll_interval=timedelta(minutes=5),
            expect_every=timedelta(hours=12),
        )
    }


def test_the_judgement_of_the_contract(contract: Config) -> None:
    """Dates are midnights in the settings' time zone; six months are months of the calendar."""
    assert contract.judgements == {
        "kj-2": Judgement(
            id="kj-2",
            statement="Belarus commits regular troops to combat in Ukraine",
            kind="event_by",
            probability="realistic possibility",
            confidence="moderate",
            made_on=datetime(2022, 7, 14, 22, tzinfo=UTC),
            horizon=datetime(2023, 1, 14, 23, tzinfo=UTC),
            resolution=Resolution("...", None),
            alternatives=(Alternative("1", "..."),),
            indicators=("mobilisation",),
        )
    }


def test_the_indicator_of_the_contract(contract: Config) -> None:
    """Every key of an indicator arrives; the window is the half-life unless it is given."""
    assert contract.indicators == {
        "mobilisation": Indicator(
            id="mobilisation",
            judgement="kj-2",
            name="Mobilisation and readiness",
            observes="mobilisation, reservist call-up, readiness checks",
            type="occurrence",
            kind="deed",
            effect="strongly_supports",
            group="readiness",
            queries={
                "en": '$belarus NEAR/25 (mobilis* OR mobiliz* OR reservist* OR "combat readiness")',
                "ru": "$belarus NEAR/25 (мобилизац* OR резервист*)",
            },
            half_life=30 * DAY,
            window=30 * DAY,
            thresholds={Level.WARNING: Threshold(0.55, 2)},
            hold=3 * DAY,
            examples=Examples(("...",), ("...",)),
        )
    }


def test_the_rest_of_the_contract(contract: Config) -> None:
    """Settings, terms, receivers, route and heartbeat arrive, secrets filled in."""
    assert contract.version == 1
    assert (contract.settings.timezone, contract.settings.yardstick) == ("Europe/Warsaw", "phia")
    assert contract.settings.poll_interval == timedelta(minutes=10)
    assert contract.settings.retention == 400 * DAY
    assert contract.settings.operator == ""
    assert contract.terms["belarus"]["ru"] == ("беларус*", "белорус*")
    slack, email = ENVIRON["IWMON_SLACK_URL"], ENVIRON["IWMON_EMAIL_URL"]
    assert contract.receivers == {
        "duty-desk": Receiver("duty-desk", slack, "realtime", "slack://…"),
        "analysts": Receiver("analysts", email, "realtime", "mailtos://…"),
    }
    critical = LabelMatcher("severity", "=", "critical")
    desk = Route("duty-desk", (critical,), continue_=True, group_by=("judgement",), key="0")
    assert contract.route == Route("analysts", group_by=("judgement",), routes=(desk,))
    assert contract.heartbeat == Heartbeat(ENVIRON["IWMON_HEARTBEAT_URL"], timedelta(minutes=1))
    assert contract.files == (NAME,)
    assert contract.warnings == ()


def test_the_matcher_finds_what_the_queries_say(contract: Config) -> None:
    """The compiled queries know the shared vocabulary and the languages."""
    entry = Entry("k", "", "В Беларуси началась мобилизация резервистов", language="ru")
    (match,) = contract.matcher.match(Item("x", "nashaniva", entry, datetime(2022, 10, 10, tzinfo=UTC)))
    assert match.indicator == "mobilisation"


# ---------------------------------------------------------------- defaults


def test_a_small_file_is_enough() -> None:
    """What is left out has the default of the documentation."""
    config = small()
    source = config.sources["a"]
    assert (source.name, source.type, source.publisher, source.reliability) == ("a", "feed", "a", "F")
    assert (source.poll_interval, source.expect_every) == (timedelta(minutes=10), DAY)
    assert config.settings.timezone == "UTC"
    judgement, indicator = config.judgements["kj"], config.indicators["i"]
    assert (judgement.kind, judgement.probability, judgement.horizon) == ("event_by", None, None)
    assert judgement.made_on == datetime(2022, 7, 15, tzinfo=UTC)
    assert (indicator.name, indicator.group, indicator.type, indicator.kind) == (
        "i",
        "i",
        "occurrence",
        "deed",
    )
    assert indicator.queries == {"": "mobilis*"}
    assert config.heartbeat is None


def test_without_receivers_all_goes_to_the_console() -> None:
    """A new user who has set nothing yet sees the alert on the terminal."""
    config = small()
    assert config.receivers == {"console": Receiver("console", "console:", "realtime", "console:")}
    assert config.route == Route("console")


def test_with_one_receiver_no_route_is_needed() -> None:
    """Where there is nothing to choose, nothing has to be written."""
    assert small("receivers: [{id: desk, url: 'console:'}]\n").route == Route("desk")


def test_with_two_receivers_a_route_is_needed() -> None:
    """iwmon does not guess who is told what."""
    with pytest.raises(ConfigError, match="there are 2 receivers and no route") as caught:
        small("receivers: [{id: desk, url: 'console:'}, {id: chief, url: 'console:'}]\n")
    assert caught.value.hint == "add route: {receiver: desk}"


def test_the_poll_interval_of_the_settings_holds_for_all_sources() -> None:
    """settings.poll_interval is what a source has unless it says otherwise."""
    config = small("settings: {poll_interval: 1h}\n")
    assert config.sources["a"].poll_interval == timedelta(hours=1)


@pytest.mark.parametrize(
    ("written", "half_life", "window"),
    [
        ("", 30 * DAY, 30 * DAY),
        ("kind: declaration", 14 * DAY, 14 * DAY),
        ("half_life: 7d", 7 * DAY, 7 * DAY),
        ("half_life: never", None, 30 * DAY),
        ("half_life: null", None, 30 * DAY),
        ("type: count", 30 * DAY, 30 * DAY),
        ("type: count, half_life: 7d", 7 * DAY, 30 * DAY),
        ("type: count, window: 60d", 30 * DAY, 60 * DAY),
        ("kind: declaration, window: 1d12h", 14 * DAY, 36 * timedelta(hours=1)),
    ],
)
def test_half_lives_and_windows(written: str, half_life: timedelta | None, window: timedelta) -> None:
    """Declarations fade in 14 days, deeds in 30; the window follows, except that counts have 30 days."""
    found = indicator(f"{{id: i, effect: supports, query: x, {written}}}")
    assert (found.half_life, found.window) == (half_life, window)


def test_alternatives_are_joined_by_or() -> None:
    """A list of queries finds what any of them finds."""
    found = indicator("{id: i, effect: supports, query: {en: [a b, c NEAR/3 d], ru: [х]}}")
    assert found.queries == {"en": "(a b) OR (c NEAR/3 d)", "ru": "х"}


def test_an_absence_has_a_query_or_the_indicators_whose_silence_counts() -> None:
    """Both ways to say what is missed are taken."""
    found = indicator("{id: i, type: absence, effect: against, query: x, expect_every: 2d}")
    assert (found.queries, found.expect_every) == ({"": "x"}, 2 * DAY)
    of_others = indicator(
        "{id: o, effect: supports, query: x}\n"
        "      - {id: i, type: absence, effect: against, absence_of: [o], expect_every: 45d}"
    )
    assert (of_others.queries, of_others.absence_of) == ({}, ("o",))


def test_every_other_key_of_an_indicator_arrives() -> None:
    """collectible_from, actions, seed, hold and each threshold reach the noun."""
    found = indicator(
        "{id: i, effect: supports, query: x, collectible_from: [a], actions: Call, seed: said so, hold: 0s,"
        " thresholds: {watch: {activation: 0.1}, critical: {publishers: 4}}}"
    )
    assert found.collectible_from == ("a",)
    assert (found.actions, found.seed, found.hold) == ("Call", "said so", timedelta(0))
    assert found.thresholds == {Level.WATCH: Threshold(0.1), Level.CRITICAL: Threshold(None, 4)}


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("horizon", "day"),
    [
        ("6 months", date(2023, 1, 15)),
        ("1 month", date(2022, 8, 15)),
        ("180d", date(2023, 1, 11)),
        ("90 days", date(2022, 10, 13)),
        ("2 weeks", date(2022, 7, 29)),
        ("1 year", date(2023, 7, 15)),
        ("2y", date(2024, 7, 15)),
        ("2023-01-01", date(2023, 1, 1)),
    ],
)
def test_horizons(horizon: str, day: date) -> None:
    """Months and years follow the calendar; a date is a date."""
    config = read(changed("horizon: 6 months", f"horizon: {horizon}").replace("Europe/Warsaw", "UTC"))
    assert config.judgements["kj-2"].horizon == datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_the_end_of_a_short_month() -> None:
    """A month after 31 January is the last day of February."""
    assert deadline(date(2023, 1, 31), Span(months=1)) == date(2023, 2, 28)
    assert deadline(date(2024, 1, 31), Span(months=1)) == date(2024, 2, 29)
    assert deadline(date(2024, 2, 29), Span(months=12)) == date(2025, 2, 28)


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)), st.integers(1, 1200))
@settings(max_examples=200)
def test_months_are_counted_by_the_calendar(start: date, months: int) -> None:
    """The deadline lies so many months on, on the same day of the month or the month's last."""
    end = deadline(start, Span(months=months))
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and (end + DAY).day == 1)


def test_days_begin_at_midnight_where_the_analysts_are() -> None:
    """Also when the clocks change in between: midnight stays midnight."""
    config = read(changed("Europe/Warsaw", "Pacific/Auckland"))
    judgement = config.judgements["kj-2"]
    assert judgement.made_on == datetime(2022, 7, 14, 12, tzinfo=UTC)  # UTC+12 in July
    assert judgement.horizon == datetime(2023, 1, 14, 11, tzinfo=UTC)  # UTC+13 in January


# ---------------------------------------------------------------- words of probability


def test_a_near_word_is_kept_with_a_warning() -> None:
    """`realistic probability` passes, and stays as the analyst wrote it."""
    config = read(changed("realistic possibility", "Realistic probability"))
    assert config.judgements["kj-2"].probability == "Realistic probability"
    (warning,) = config.warnings
    assert warning.where == "indicators.yaml:25:18"
    assert warning.message == ('probability: PHIA says "realistic possibility" for "realistic probability"')
    assert warning in check(config)


@pytest.mark.parametrize(
    ("yardstick", "term"),
    [
        ("phia", "Almost certain"),
        ("phia", "a remote chance"),
        ("phia", "probable"),
        ("icd203", "roughly even chance"),
        ("icd203", "very unlikely"),
    ],
)
def test_each_yardstick_has_its_words(yardstick: str, term: str) -> None:
    """Articles and capitals do not matter."""
    text = changed("realistic possibility", term).replace("yardstick: phia", f"yardstick: {yardstick}")
    assert read(text).warnings == ()


# ---------------------------------------------------------------- routes


def test_routes_inherit_as_in_alertmanager() -> None:
    """Receiver, grouping and times come from the route above, conditions do not."""
    config = read(
        changed(
            "receiver: duty-desk, continue: true}",
            "group_interval: 1h, routes: [{receiver: duty-desk, group_by: [...], repeat_interval: 1d}]}",
        )
    )
    (middle,) = config.route.routes
    (leaf,) = middle.routes
    assert (middle.receiver, middle.group_by, middle.group_interval) == (
        "analysts",
        ("judgement",),
        timedelta(hours=1),
    )
    assert (leaf.receiver, leaf.group_by, leaf.matchers) == ("duty-desk", ("...",), ())
    assert (leaf.group_interval, leaf.repeat_interval) == (timedelta(hours=1), DAY)
    assert leaf.continue_ is False


@pytest.mark.parametrize(
    ("written", "matcher"),
    [
        ('severity="critical"', LabelMatcher("severity", "=", "critical")),
        ("severity = critical", LabelMatcher("severity", "=", "critical")),
        ("severity!=info", LabelMatcher("severity", "!=", "info")),
        ('indicator=~"t1.*|t2"', LabelMatcher("indicator", "=~", "t1.*|t2")),
        ('source !~ "b.*"', LabelMatcher("source", "!~", "b.*")),
        ('judgement=""', LabelMatcher("judgement", "=", "")),
        (r'indicator=~"a\"b\\d"', LabelMatcher("indicator", "=~", r'a"b\d')),
    ],
)
def test_conditions(written: str, matcher: LabelMatcher) -> None:
    """Alertmanager's notation, with or without quotes and blanks."""
    config = read(changed("'severity=\"critical\"'", f"'{written}'"))
    assert config.route.routes[0].matchers == (matcher,)


def test_conditions_that_can_never_hold_are_doubted() -> None:
    """A label or value that no alert has is a warning where it stands: such a route is never taken."""
    config = read(changed("['severity=\"critical\"']", "['severity=\"critcal\"', 'team=\"a\"']"))
    assert [(w.where, w.message) for w in config.warnings] == [
        ("indicators.yaml:49:30", 'severity is never "critcal"'),
        ("indicators.yaml:49:52", 'no alert has a label "team"'),
    ]


def test_the_words_of_routing_arrive() -> None:
    """inhibit_rules, time_intervals, quiet hours, digests, escalation, and where the pages are."""
    text = changed("inhibit_rules: []", INHIBITION).replace("time_intervals: []", INTERVALS)
    text = text.replace("yardstick: phia", 'url: "https://${HOST}/iwmon/"')
    text = text.replace(
        "receiver: duty-desk, continue: true",
        "mute_time_intervals: [nights], continue: true, "
        "escalate: [{after: 1h, receiver: analysts}, {after: 15m, receiver: duty-desk}]",
    )
    text = text.replace(
        "mode: realtime}",
        'mode: weekly, send_resolved: false, at: "18:30", weekday: Sunday, '
        "quiet_hours: {intervals: [nights], mode: batch_on_wake}}",
    )
    config = read(text, {**ENVIRON, "HOST": "iwmon.example.org"})
    (desk,) = config.route.routes
    assert desk.mute_time_intervals == ("nights",)
    assert [(step.after, step.receiver) for step in desk.escalate] == [
        (timedelta(minutes=15), "duty-desk"),
        (timedelta(hours=1), "analysts"),
    ]
    analysts = config.receivers["analysts"]
    assert (analysts.mode, analysts.send_resolved) == ("weekly", False)
    assert (analysts.at, analysts.weekday) == (time(18, 30), 7)
    assert analysts.quiet_hours == QuietHours(("nights",), "batch_on_wake")
    assert config.receivers["duty-desk"].quiet_hours is None
    (rule,) = config.inhibit_rules
    assert (rule.name, rule.equal) == ("the louder hides the quieter", ("judgement",))
    assert rule.source_matchers == (LabelMatcher("severity", "=", "critical"),)
    assert rule.target_matchers == (LabelMatcher("severity", "=~", "watch|warning"),)
    assert config.time_intervals["nights"].ranges[0].zone == "Europe/Warsaw"
    assert config.settings.url == "https://iwmon.example.org/iwmon"


@pytest.mark.parametrize("url", ["url: null", 'url: "${HOST:-}"', "url: https://iwmon.example.org"])
def test_the_address_of_the_pages_may_be_missing(url: str) -> None:
    """An empty one is none."""
    expected = "https://iwmon.example.org" if "example" in url else ""
    assert read(changed("yardstick: phia", url)).settings.url == expected
    assert read(CONTRACT).settings.url == ""


def test_a_receiver_never_shows_its_address() -> None:
    """Neither in a traceback nor in a log."""
    text = repr(read(CONTRACT).receivers)
    assert "slack://…" in text
    assert not any(secret in text for secret in ENVIRON.values())


def test_what_has_no_effect_is_doubted() -> None:
    """`continue` on the first route, a label that no alert has in group_by and equal."""
    text = changed("group_by: [judgement],", "continue: true, group_by: [team],")
    text = text.replace("inhibit_rules: []", "inhibit_rules: [{equal: [...]}]")
    assert [w.message for w in read(text).warnings] == [
        "continue: no route follows the first one",
        'group_by: no alert has a label "team"',
        'equal: no alert has a label "..."',
    ]


INHIBITION = """\
inhibit_rules:
  - name: the louder hides the quieter
    source_matchers: ['severity="critical"']
    target_matchers: ['severity=~"watch|warning"']
    equal: [judgement]"""
INTERVALS = """\
time_intervals:
  - name: nights
    time_intervals:
      - times: [{start_time: "22:00", end_time: "24:00"}, {start_time: "00:00", end_time: "06:00"}]
        weekdays: ["monday:friday", sunday]
        days_of_month: ["1:5", "-3:-1"]
        months: ["january:march", "12"]
        years: ["2024:2026"]
        location: Europe/Warsaw"""


# ---------------------------------------------------------------- environment, heartbeat


def test_variables_and_their_defaults() -> None:
    """`${NAME}` and `${NAME:-default}`, also inside a text; what is filled in is not read again."""
    text = "receivers: [{id: desk, url: '${HOOK:-console:}'}]\n"
    assert small(text).receivers["desk"].url == "console:"
    assert small(text, {"HOOK": ""}).receivers["desk"].url == "console:"
    assert small(text, {"HOOK": "slack://${X}/b"}).receivers["desk"].url == "slack://${X}/b"
    inside = SMALL.replace("https://a.example/rss", "https://a.example/${KEY}?b=${B:-1}")
    assert read(inside, {"KEY": "k"}).sources["a"].url == "https://a.example/k?b=1"


@pytest.mark.parametrize("url", ["", "${BEAT:-}"])
def test_an_empty_heartbeat_is_none(url: str) -> None:
    """A heartbeat can be left to the environment."""
    assert small(f'heartbeat: {{url: "{url}"}}\n').heartbeat is None


def test_a_heartbeat_beats_every_minute() -> None:
    """Unless another interval is given."""
    assert small("heartbeat: {url: 'https://b.example'}\n").heartbeat == Heartbeat(
        "https://b.example", timedelta(minutes=1)
    )


# ---------------------------------------------------------------- the whole


def test_the_digest_is_of_the_texts_alone() -> None:
    """Any change of a text or a name changes it; what the environment gives does not."""
    digest = read(CONTRACT).digest
    assert len(digest) == 64
    assert read(CONTRACT, {**ENVIRON, "IWMON_SLACK_URL": "slack://other/b/c"}).digest == digest
    assert read(CONTRACT + "\n").digest != digest
    assert parse("other.yaml", lambda _: CONTRACT.encode(), ENVIRON).digest != digest


def test_a_configuration_can_be_read_again_from_what_it_holds(contract: Config) -> None:
    """`contents` is enough to start from the last good configuration."""
    again = parse(contract.files[0], contract.contents.__getitem__, ENVIRON)
    assert again == contract


def test_an_error_crosses_processes() -> None:
    """A ConfigError survives pickling with its problems."""
    with pytest.raises(ConfigError) as caught:
        read("version: 2\n")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.problems, str(copy)) == (caught.value.problems, str(caught.value))


def test_a_missing_main_file_is_named() -> None:
    """A file that cannot be read is an error like any other, with the way out."""

    def nothing(name: str) -> bytes:
        raise FileNotFoundError(2, "No such file or directory", name)

    with pytest.raises(ConfigError) as caught:
        parse(NAME, nothing, {})
    assert str(caught.value) == (
        'indicators.yaml:1:1: cannot read "indicators.yaml": No such file or directory'
        " (`iwmon init` writes one to start from)"
    )


def test_polling_fast_is_allowed_with_a_warning() -> None:
    """Less than a minute is rude to most servers, but may be right for one's own."""
    (warning,) = read(changed("poll_interval: 5m", "poll_interval: 30s")).warnings
    assert (warning.where, warning.hint) == ("indicators.yaml:18:20", "write 5m")


def test_settings_without_effect_are_doubted() -> None:
    """A key that does nothing for this type of indicator is pointed out."""
    text = SMALL.replace(
        "query: mobilis*", "query: x, expect_every: 5d, type: count, thresholds: {watch: {activation: 0.5}}"
    )
    assert [w.message for w in read(text).warnings] == [
        "expect_every: has no effect on type: count",
        "activation: has no effect on type: count",
    ]
