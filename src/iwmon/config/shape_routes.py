"""Whom to tell, and when: the keys of receivers, route, inhibit_rules, time_intervals and heartbeat.

The words of routing and their meaning are Alertmanager's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, StrictStr, WithJsonSchema

from iwmon.config.labels import parse_matcher
from iwmon.config.scalars import Duration, Identifier, Spelled, Text, Wait
from iwmon.config.shaping import Shape
from iwmon.model import LabelMatcher

Matcher = Annotated[
    LabelMatcher,
    PlainValidator(parse_matcher),
    WithJsonSchema({"type": "string", "examples": ['severity="critical"', 'indicator=~"t1.*"']}),
]


_DAYS = "([Mm]on|[Tt]ues|[Ww]ednes|[Tt]hurs|[Ff]ri|[Ss]atur|[Ss]un)day"
_MONTHS = (
    "([Jj]anuary|[Ff]ebruary|[Mm]arch|[Aa]pril|[Mm]ay|[Jj]une|[Jj]uly|[Aa]ugust|[Ss]eptember|[Oo]ctober"
    "|[Nn]ovember|[Dd]ecember|[1-9]|1[0-2])"
)
_MONTH_DAY = "-?([1-9]|[12][0-9]|3[01])"
StartTime = Annotated[
    StrictStr, Spelled("([01][0-9]|2[0-3]):[0-5][0-9]", 'write hours and minutes in quotes: "08:00"')
]
EndTime = Annotated[
    StrictStr, Spelled("([01][0-9]|2[0-3]):[0-5][0-9]|24:00", 'write hours and minutes in quotes: "17:00"')
]
Weekday = Annotated[StrictStr, Spelled(_DAYS, "write monday, or another day of the week")]
Weekdays = Annotated[StrictStr, Spelled(f"{_DAYS}(:{_DAYS})?", "write sunday, or monday:friday")]
DaysOfMonth = Annotated[
    StrictStr, Spelled(f"{_MONTH_DAY}(:{_MONTH_DAY})?", 'write "1", "1:5" or "-1" (the last day) in quotes')
]
Months = Annotated[StrictStr, Spelled(f"{_MONTHS}(:{_MONTHS})?", "write january, or january:march")]
Years = Annotated[StrictStr, Spelled("[0-9]{4}(:[0-9]{4})?", 'write "2026", or "2026:2028", in quotes')]


class QuietHours(Shape):
    """When a receiver is left alone."""

    intervals: list[Text] = Field(
        min_length=1, description="Names of time_intervals in which it is left alone.", examples=[["nights"]]
    )
    mode: Literal["critical_only", "silence_all", "batch_on_wake"] = Field(
        default="critical_only",
        description=(
            "Only critical alerts get through (critical_only), none does (silence_all), or all wait for the "
            "end (batch_on_wake)."
        ),
    )


class Receiver(Shape):
    """Where messages go."""

    id: Identifier = Field(description="Short name that routes use.", examples=["duty-desk"])
    url: str = Field(
        description="console: or an Apprise address. Write secrets as ${NAME}, or ${NAME:-default}.",
        examples=["${IWMON_SLACK_URL:-console:}"],
    )
    mode: Literal["realtime", "daily", "twice_daily", "weekly"] = Field(
        default="realtime", description="At once (realtime), or gathered: daily, twice_daily, weekly."
    )
    send_resolved: bool = Field(default=True, description="Whether it is told when something is over.")
    at: StartTime = Field(
        default="08:00",
        description="When the gathered ones go out, in settings.timezone; twice_daily also 12 hours later.",
    )
    weekday: Weekday = Field(default="monday", description="The day on which weekly ones go out.")
    quiet_hours: QuietHours | None = Field(default=None, description="When it is left alone.")


class Escalation(Shape):
    """Whom else to tell of what nobody acknowledges."""

    after: Duration = Field(
        description="How long after the first message; nothing if somebody acknowledges it before.",
        examples=["15m"],
    )
    receiver: Identifier = Field(description="Who is told then.", examples=["chief"])


class Route(Shape):
    """A node of the routing tree; Alertmanager's words and meaning."""

    receiver: Identifier | None = Field(
        default=None, description="Who is told. Without it, as in the route above."
    )
    matchers: list[Matcher] = Field(
        default=[], description='Conditions on an alert, e.g. severity="critical"; all must hold.'
    )
    continue_: bool = Field(
        default=False, alias="continue", description="true: also try the routes that follow this one."
    )
    group_by: list[Text] | None = Field(
        default=None, description="Alerts with equal values of these labels go out as one message."
    )
    group_wait: Wait | None = Field(
        default=None, description="How long a new group waits for company. Default 30s."
    )
    group_interval: Duration | None = Field(
        default=None, description="How long before news of a group already told. Default 5m."
    )
    repeat_interval: Duration | None = Field(
        default=None, description="How long before an unchanged group is told again. Default 4h."
    )
    mute_time_intervals: list[Text] = Field(
        default=[], description="Names of time_intervals in which it is silent."
    )
    active_time_intervals: list[Text] = Field(
        default=[], description="Names of time_intervals in which it speaks."
    )
    escalate: list[Escalation] | None = Field(
        default=None, description="Whom else to tell of what nobody acknowledges, and after how long."
    )
    routes: list[Route] = Field(default=[], description="Narrower routes, tried first, in this order.")


class InhibitRule(Shape):
    """While one alert stands, another is not sent; Alertmanager's words and meaning."""

    name: Text | None = Field(default=None, description="Name of the rule.")
    source_matchers: list[Matcher] = Field(default=[], description="The alert that silences others.")
    target_matchers: list[Matcher] = Field(default=[], description="The alerts that it silences.")
    equal: list[Text] = Field(default=[], description="Labels that must be equal in both.")


class Times(Shape):
    """A part of the day."""

    start_time: StartTime = Field(description='When it begins, in quotes: "08:00".', examples=["08:00"])
    end_time: EndTime = Field(
        description='When it ends, in quotes: "17:00", at latest "24:00".', examples=["17:00"]
    )


class TimeRange(Shape):
    """A stretch of time: all that is given must hold."""

    times: list[Times] = Field(default=[], description="Parts of the day.")
    weekdays: list[Weekdays] = Field(
        default=[], description="Days of the week, e.g. monday:friday.", examples=[["monday:friday"]]
    )
    days_of_month: list[DaysOfMonth] = Field(
        default=[],
        description='Days of the month, in quotes, e.g. "1:5" or "-1" for the last.',
        examples=[["1:5"]],
    )
    months: list[Months] = Field(
        default=[], description="Months, e.g. january:march.", examples=[["january:march"]]
    )
    years: list[Years] = Field(
        default=[], description='Years, in quotes, e.g. "2024:2026".', examples=[["2024:2026"]]
    )
    location: Text | None = Field(default=None, description="Time zone. Without it, UTC.")


class TimeInterval(Shape):
    """A named stretch of time for routes."""

    name: Text = Field(description="Name that routes use.", examples=["nights"])
    time_intervals: list[TimeRange] = Field(default=[], description="The times; any of them counts.")


class Heartbeat(Shape):
    """The dead man's switch: an address that is called as long as iwmon works."""

    url: str = Field(description="Address to call, http or https; empty: none. Write secrets as ${NAME}.")
    every: Duration = Field(default=timedelta(minutes=1), description="How often.")
