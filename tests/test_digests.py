# ruff: noqa: E501 - texts as they are sent
"""Digests and lists: what people read once a day, and in the place of many messages; when digests are due."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theatre
from iwmon.alerts.digest_lists import ROOM, Listing, backlog, catch_up
from iwmon.alerts.digests import (
    LINES,
    Edit,
    FalseAlarm,
    Scene,
    as_alert,
    digest,
    false_alarms,
    kept_back,
    next_slot,
    slot,
)
from iwmon.alerts.resolving import Standing, resolutions
from iwmon.model import (
    Alert,
    AlertKind,
    Assessment,
    Coverage,
    CoverageChange,
    Delivery,
    FeedState,
    Implied,
    IndicatorState,
    JudgementState,
    Level,
    LevelChange,
    Message,
    Receiver,
    Rematched,
    Review,
    Severity,
    SourceHealth,
)
from iwmon.monitor import digesting
from iwmon.store import Store
from iwmon.stored import Ack, AlertRecord, AssessmentRecord, OpenAlert
from nouns import DAY, HOUR, ROOT, configured, signal
from test_cli import commands

UNTIL = datetime(2022, 11, 23, 7, tzinfo=UTC)  # a Wednesday, 08:00 in Warsaw
SINCE = UNTIL - DAY
Q, W, N, C = Level.QUIET, Level.WATCH, Level.WARNING, Level.CRITICAL

TEXT = """\
version: 1
settings: {timezone: Europe/Warsaw}
sources:
  - {id: nn, name: Nasha Niva, type: feed, url: "https://nn.example/rss", language: be, reliability: B}
  - {id: ukr, name: Ukrinform, type: feed, url: "https://ukr.example/rss", language: en, reliability: C}
  - {id: er, name: Euroradio, type: feed, url: "https://er.example/rss", language: be, reliability: B}
judgements:
  - id: kj-1
    statement: Belarus stays out of the war this winter
    kind: continues
    probability: likely
    made_on: 2022-07-15
    indicators:
      - {id: talks, name: Talks about talks, observes: talks, type: occurrence, effect: slightly_supports,
         half_life: 30d, query: talks*}
  - id: kj-2
    statement: Belarus commits regular troops to combat in Ukraine
    kind: event_by
    probability: unlikely
    made_on: 2022-07-15
    horizon: 6 months
    indicators:
      - {id: mobilisation, name: Mobilisation and readiness, observes: call-up, type: occurrence,
         effect: strongly_supports, half_life: 30d, query: mobilis*}
      - {id: grouping, name: Regional grouping, observes: grouping, type: occurrence,
         effect: slightly_supports, half_life: 30d, query: "grouping*"}
      - {id: hospitals, name: Field hospitals, observes: hospitals, type: occurrence,
         effect: supports, half_life: 30d, query: "hospital*"}
  - id: kj-3
    statement: The joint exercise ends on time
    kind: event_by
    probability: highly likely
    made_on: 2022-10-15
    horizon: 2022-12-05
    indicators:
      - {id: trains, name: Trains go home, observes: trains, type: occurrence, effect: supports,
         half_life: 30d, query: train*}
receivers:
  - {id: analysts, url: "json://127.0.0.1:1/analysts", mode: daily}
  - {id: desk, url: "json://127.0.0.1:1/desk", mode: twice_daily}
route:
  receiver: analysts
  routes: [{matchers: ['judgement="kj-3"'], receiver: desk, continue: true}, {matchers: ['severity=~".*"'], receiver: analysts}]
"""
CONFIG = configured(TEXT)
ANALYSTS, DESK = CONFIG.receivers["analysts"], CONFIG.receivers["desk"]
WATCHING = {
    name: SourceHealth(name, FeedState.OK, last_poll=UNTIL, last_ok=UNTIL, last_item=UNTIL)
    for name in CONFIG.sources
}
SEEING = {name: IndicatorState(name, coverage=Coverage.OK) for name in CONFIG.indicators}


def assessment(judgement: str, term: str, implied: str = "", **more: Any) -> Assessment:
    found = implied or term
    arithmetic = Implied(0.3, 0.3, 0.0, False, 0.3, 0.2, 0.4, found, found, (found,), ())
    fields: dict[str, Any] = {"action": "review_due" if implied else "none", "implied": arithmetic}
    return Assessment(judgement, term, {}, {}, Q, Coverage.OK, 3, 3, False, **{**fields, **more})


TERMS = {
    "kj-1": assessment("kj-1", "likely"),
    "kj-2": assessment("kj-2", "unlikely"),
    "kj-3": assessment("kj-3", "highly likely"),
}


def scene(**more: Any) -> Scene:
    """A day on which nothing happened, but for what the test says."""
    fields: dict[str, Any] = {"states": SEEING, "health": WATCHING, "assessments": TERMS}
    since = more.pop("since", SINCE)
    return Scene(CONFIG, UNTIL, since, UNTIL, **{**fields, **more})


def alert(
    identity: str,
    at: datetime,
    indicator: str = "mobilisation",
    after: str = "warning",
    kind: AlertKind = "level_up",
    **more: Any,
) -> Alert:
    known = CONFIG.indicators.get(indicator)
    judgement = more.pop("judgement", known.judgement if known else "")
    name = known.name if known else "The edited configuration has errors"
    severity = Severity(after) if after in tuple(Severity) else Severity.INFO
    fields: dict[str, Any] = {
        "severity": severity,
        "title": f"{after.upper()}: {name}, quiet → {after} ({judgement.upper()})",
        "text": f"The whole of {identity}",
        "why": "because",
        "source": "",
        "before": "quiet",
    }
    return Alert(id=identity, kind=kind, at=at, judgement=judgement, indicator=indicator, after=after, **{**fields, **more})  # fmt: skip


def sent(one: Alert, receiver: str = "analysts", **more: Any) -> Delivery:
    return Delivery(f"d-{one.id}", one.id, receiver, **more)


def opened(one: Alert, by: str = "", note: str = "", **more: Any) -> OpenAlert:
    ack = Ack(one.id, "ack", by, note, one.at + HOUR) if by else None
    return OpenAlert(one, ack, (sent(one, **more),))


def record(one: Alert, ended: str = "", by: str = "", **more: Any) -> AlertRecord:
    acks = (Ack(one.id, "ack", by, "", one.at + HOUR),) if by else ()
    return AlertRecord(one, (sent(one, **more),), acks, one.at + 2 * HOUR if ended else None, ended)


def change(indicator: str, before: Level, after: Level, at: datetime, reason: str = "") -> LevelChange:
    said = reason or "activation 0.62 from 2 independent origins; warning needs activation 0.55"
    return LevelChange(indicator, at, before, after, 0.62, said)


def shown(message: Message) -> str:
    return f"{message.title}\n\n{message.body}\n"


# ---------------------------------------------------------------- digests


QUIET = """\
Daily digest, Wed 23 Nov: all quiet

3 of 3 sources watching. Nothing moved since Tue 22 Nov 08:00.
KJ-1 likely, KJ-2 unlikely, KJ-3 highly likely.
Next digest: Thu 24 Nov 08:00 (Europe/Warsaw).
"""
FAR = replace(
    CONFIG, judgements={**CONFIG.judgements, "kj-3": replace(CONFIG.judgements["kj-3"], horizon=None)}
)


def quiet(**more: Any) -> Scene:
    return replace(scene(**more), config=FAR)


def test_a_quiet_day_takes_three_lines() -> None:
    """What was watched, what the terms are, when the next one comes."""
    assert shown(digest(quiet(), ANALYSTS)) == QUIET
    assert digest(quiet(), ANALYSTS).severity == ""


def test_quiet_says_what_it_rests_on() -> None:
    """A source that is down, an indicator that is seen in part: quiet is not blind."""
    down = SourceHealth("er", FeedState.ERROR, "HTTP 403", last_poll=UNTIL, failures=9)
    partial = IndicatorState("talks", coverage=Coverage.PARTIAL)
    found = digest(quiet(health={**WATCHING, "er": down}, states={**SEEING, "talks": partial}), ANALYSTS)
    assert found.title.endswith("all quiet")
    first = found.body.splitlines()[0]
    assert first == (
        "2 of 3 sources watching; 1 indicator seen in part; not: Euroradio (error: HTTP 403). "
        "Nothing moved since Tue 22 Nov 08:00."
    )


def crisis(since: datetime = UNTIL - 7 * DAY) -> Scene:
    """A week at whose end nearly everything happened."""
    risen = alert("7bd2f0a1c3", UNTIL - 5 * HOUR, after="critical")
    lower = alert("19c0aa52e7", UNTIL - 20 * HOUR)
    old = alert("b22e70d915", UNTIL - 8 * DAY, "grouping", "watch")
    muted = alert("c3391e44b0", UNTIL - 3 * HOUR, "hospitals", "watch")
    first = alert("d4415b9a02", UNTIL - 4 * HOUR, "talks", "quiet", "first_hit",
                  title="FIRST REPORT: Talks about talks, still quiet (KJ-1)", severity=Severity.INFO)  # fmt: skip
    review = alert("e55d3c1f08", UNTIL - 5 * HOUR, "", "likely", "review_due", judgement="kj-2",
                   title="REVIEW DUE: unlikely no longer fits, time and evidence imply likely (KJ-2)")  # fmt: skip
    refused = alert("f6620e7d4b", UNTIL - 2 * HOUR, "", "error", "config_error",
                    title="The edited configuration has errors and is not in force")  # fmt: skip
    silence = "silence 3f by Ana: the exercise was announced"
    return scene(
        since=since,
        records=[record(one) for one in (risen, lower, first, review, refused)]
        + [record(muted, held=silence)],
        open=[opened(old, "Ben", "asked Minsk"), opened(lower), opened(risen), opened(muted, held=silence),
              opened(review, "Ana"), opened(refused)],
        levels={
            "mobilisation": [
                change("mobilisation", N, C, UNTIL - 5 * HOUR, "activation 0.91 from 4 independent origins; x"),
                change("mobilisation", Q, N, UNTIL - 20 * HOUR),
            ],
            "hospitals": [change("hospitals", Q, W, UNTIL - 3 * HOUR)],
            "trains": [
                change("trains", Q, W, UNTIL - 3 * DAY),
                change("trains", W, Q, UNTIL - 2 * DAY, "activation 0.10 from 1 independent origin; x"),
            ],
        },
        signals={"mobilisation": [
            signal("Nasha Niva", 0.56, UNTIL - 6 * HOUR, title="Reservists called up in Hrodna"),
            signal("Ukrinform", 0.9, UNTIL - 30 * DAY, title="An old report"),
            signal("SB", 0.95, UNTIL - HOUR, title="A rejected report", status="rejected"),
        ]},
        states={
            **SEEING,
            "trains": IndicatorState("trains", coverage=Coverage.BLIND, coverage_reason="1 of 3 sources watching",
                                     coverage_since=UNTIL - 26 * HOUR),
        },
        health={**WATCHING, "er": SourceHealth("er", FeedState.TIMEOUT, "no answer in 30 s", last_poll=UNTIL,
                                               failures=20)},
        coverage={"talks": [CoverageChange("talks", UNTIL - DAY, Coverage.BLIND, Coverage.OK, "")]},
        assessments={**TERMS, "kj-2": assessment("kj-2", "unlikely", "likely")},
        judgements={"kj-2": JudgementState("kj-2", told_term="likely", told_at=UNTIL - 5 * HOUR)},
        before={"kj-2": AssessmentRecord("kj-2", "2022-11-15", UNTIL - 8 * DAY, "unlikely", "none",
                                         Coverage.OK, 0.3, 0.2, 0.4, 0.3, "unlikely", ("unlikely",))},
        false_alarms=[FalseAlarm("x1", "kj-2", UNTIL - DAY, "Ana"), FalseAlarm("x2", "kj-2", UNTIL - 9 * DAY, "Ana"),
                      FalseAlarm("x3", "kj-2", UNTIL - 40 * DAY, "Ana")],
        edits=[Edit(UNTIL - 2 * DAY, "Ana", "exercises no longer count"), Edit(UNTIL - 9 * DAY)],
        rematches=[Rematched(UNTIL - 2 * DAY, ("mobilisation",), 1200, False, 4, 0, 2)],
    )  # fmt: skip


WEEKLY = replace(ANALYSTS, mode="weekly", weekday=3)
CRISIS = """\
Weekly digest, Wed 23 Nov: 2 judgements moved, 1 to acknowledge, 1 judgement blind, 1 review due

To do: acknowledge 1 alert (critical); review KJ-2; mend the sources of KJ-3 (iwmon feeds list --faulty); mend the configuration (iwmon check).
Moved most: KJ-2, Mobilisation and readiness quiet → critical.
2 of 3 sources watching; not: Euroradio (timeout: no answer in 30 s).

KJ-2: Belarus commits regular troops to combat in Ukraine
Analyst's term: unlikely. Time and evidence imply likely; at the last digest unlikely. Review due.
• Mobilisation and readiness: quiet → critical (4 independent origins)
   Nasha Niva: “Reservists called up in Hrodna”
   Firing since Wed 23 Nov 03:00, not acknowledged [7bd2f0a1c3]
• Field hospitals: quiet → watch (2 independent origins)
   Firing since Wed 23 Nov 05:00, not acknowledged; held back by silence 3f by Ana: the exercise was announced [c3391e44b0]
• Regional grouping: watch, firing since Tue 15 Nov 08:00, acknowledged by Ben: asked Minsk [b22e70d915]

KJ-3: The joint exercise ends on time
Analyst's term: highly likely; time and evidence agree.
• Trains go home: quiet → watch → quiet (1 independent origin)

KJ-1: Belarus stays out of the war this winter
Analyst's term: likely; time and evidence agree.
• FIRST REPORT: Talks about talks, still quiet, Wed 23 Nov 04:00

Went blind: KJ-3, 1 of 1 indicator since Tue 22 Nov 06:00: Trains go home (1 of 3 sources watching)
Sees again: KJ-1, 1 of 1 indicator: Talks about talks
Review due: KJ-2, unlikely no longer fits, likely does; asked Wed 23 Nov 03:00, acknowledged by Ana: iwmon judgement show kj-2
Horizon ends: KJ-3 on 5 Dec 2022, 11 days left
About iwmon itself: The edited configuration has errors and is not in force, Wed 23 Nov 06:00 [f6620e7d4b]
False alarms, all their reports rejected: 1 since the last digest, 2 this month
Not sent: 1 alert (silence 3f by Ana: the exercise was announced)
Edited Mon 21 Nov 08:00 by Ana: exercises no longer count
Re-matched 1 edited indicator over 1,200 items at 21 Nov 08:00 CET: 0 reports found, 2 taken back; no level moved; nobody was alerted

More: iwmon alerts ack ID; iwmon explain ID; iwmon alerts list --since 7d; iwmon status
Next digest: Wed 30 Nov 08:00 (Europe/Warsaw).
"""
DAILY = """\
Daily digest, Wed 23 Nov: 1 judgement moved, 1 to acknowledge, 1 judgement blind, 1 review due

To do: acknowledge 1 alert (critical); review KJ-2; mend the sources of KJ-3 (iwmon feeds list --faulty); mend the configuration (iwmon check).
Moved most: KJ-2, Mobilisation and readiness quiet → critical.
2 of 3 sources watching; not: Euroradio (timeout: no answer in 30 s).

KJ-2: Belarus commits regular troops to combat in Ukraine
Analyst's term: unlikely. Time and evidence imply likely; at the last digest unlikely. Review due.
• Mobilisation and readiness: quiet → critical (4 independent origins)
   Nasha Niva: “Reservists called up in Hrodna”
   Firing since Wed 23 Nov 03:00, not acknowledged [7bd2f0a1c3]
• Field hospitals: quiet → watch (2 independent origins)
   Firing since Wed 23 Nov 05:00, not acknowledged; held back by silence 3f by Ana: the exercise was announced [c3391e44b0]
• Regional grouping: watch, firing since Tue 15 Nov 08:00, acknowledged by Ben: asked Minsk [b22e70d915]

KJ-1: Belarus stays out of the war this winter
Analyst's term: likely; time and evidence agree.
• FIRST REPORT: Talks about talks, still quiet, Wed 23 Nov 04:00

Still blind: KJ-3, 1 of 1 indicator since Tue 22 Nov 06:00: Trains go home (1 of 3 sources watching)
Sees again: KJ-1, 1 of 1 indicator: Talks about talks
Review due: KJ-2, unlikely no longer fits, likely does; asked Wed 23 Nov 03:00, acknowledged by Ana: iwmon judgement show kj-2
Horizon ends: KJ-3 on 5 Dec 2022, 11 days left
About iwmon itself: The edited configuration has errors and is not in force, Wed 23 Nov 06:00 [f6620e7d4b]
False alarms, all their reports rejected: 1 since the last digest, 2 this month
Not sent: 1 alert (silence 3f by Ana: the exercise was announced)

More: iwmon alerts ack ID; iwmon explain ID; iwmon alerts list --since 1d; iwmon status
Next digest: Thu 24 Nov 08:00 (Europe/Warsaw).
"""


BLIND = """\
Daily digest, Wed 23 Nov: nothing moved, 3 judgements blind

To do: look at this machine's own network first, for no source at all is watching; mend the sources of KJ-1, KJ-2, KJ-3 (iwmon feeds list --faulty).
Nothing was seen to move since Tue 22 Nov 08:00.
0 of 3 sources watching; not: Nasha Niva (timeout: no answer in 30 s), Ukrinform (timeout: no answer in 30 s) and 1 more.

Went blind: KJ-1, 1 of 1 indicator since Wed 23 Nov 04:00, acknowledged by Ana: Talks about talks (0 of 3 sources watching)
Went blind: KJ-2, 3 of 3 indicators since Wed 23 Nov 04:00: Mobilisation and readiness, Regional grouping, Field hospitals (0 of 3 sources watching)
Went blind: KJ-3, 1 of 1 indicator since Wed 23 Nov 04:00: Trains go home (0 of 3 sources watching)
Horizon ends: KJ-3 on 5 Dec 2022, 11 days left

More: iwmon explain ID; iwmon alerts list --since 1d; iwmon status
Next digest: Thu 24 Nov 08:00 (Europe/Warsaw).
"""


def test_a_crisis_week() -> None:
    """What to do comes first, then what moved most; nothing that is over, old or rejected is told as news."""
    found = digest(crisis(), WEEKLY)
    assert shown(found) == CRISIS
    assert found.severity == "critical"


def blind_day() -> Scene:
    """The network went down at 3 in the morning."""
    down = {
        name: SourceHealth(name, FeedState.TIMEOUT, "no answer in 30 s", last_poll=UNTIL, failures=20)
        for name in CONFIG.sources
    }
    lost = {
        name: IndicatorState(name, coverage=Coverage.BLIND, coverage_reason="0 of 3 sources watching",
                             coverage_since=UNTIL - 4 * HOUR)
        for name in CONFIG.indicators
    }  # fmt: skip
    told = [
        alert(f"b{n}", UNTIL - 4 * HOUR, "", "blind", "blind", judgement=f"kj-{n}", severity=Severity.WARNING)
        for n in (1, 2, 3)
    ]
    return scene(health=down, states=lost, records=[record(one) for one in told],
                 open=[opened(told[0], "Ana"), *map(opened, told[1:])])  # fmt: skip


WIDE = configured(
    "version: 1\nsources: [{id: nn, name: Nasha Niva, type: feed, url: 'https://nn.example/rss', language: be}]\n"
    "judgements:\n"
    + "".join(
        f"  - {{id: w-{j}, statement: Judgement number {j}, kind: continues, probability: likely, made_on: 2022-07-15, "
        f"indicators: [{', '.join(f'{{id: w-{j}-{i}, name: Sign {i} of {j}, observes: it, type: occurrence, effect: supports, half_life: 30d, query: word}}' for i in range(10))}]}}\n"
        for j in range(50)
    )
    + "receivers: [{id: analysts, url: 'json://127.0.0.1:1/a', mode: daily}]\nroute: {receiver: analysts}\n"
)


def flood() -> Scene:
    """500 indicators in 50 judgements all rose, were told, and all else happened too."""
    told = [
        replace(alert(f"{i:04}", UNTIL - HOUR, "mobilisation", "warning"), indicator=name, judgement=one.judgement,
                title=f"WARNING: {one.name}, quiet → warning ({one.judgement.upper()})")
        for i, (name, one) in enumerate(WIDE.indicators.items())
    ]  # fmt: skip
    blind = {n: IndicatorState(n, coverage=Coverage.BLIND, coverage_since=SINCE) for n in WIDE.indicators}
    seen = [CoverageChange("w-1-1", SINCE, Coverage.BLIND, Coverage.OK, "")]
    config = replace(WIDE, judgements={
        name: replace(one, horizon=UNTIL + DAY) for name, one in WIDE.judgements.items()
    })  # fmt: skip
    errors = [alert(f"e{n}", UNTIL - HOUR, "", "error", "config_error") for n in range(9)]
    muted = [record(one, kind="firing", held=f"silence {n % 9} by Ana: x") for n, one in enumerate(told)]
    return Scene(
        config, UNTIL, SINCE, UNTIL,
        records=muted,
        open=[opened(one) for one in (*told, *errors)],
        levels={one.indicator: [change(one.indicator, Q, N, one.at)] for one in told},
        coverage=dict.fromkeys(WIDE.indicators, seen),
        signals={one.indicator: [signal(at=UNTIL - HOUR)] for one in told},
        states={n: s for n, s in blind.items() if not n.endswith("9")},
        assessments={n: assessment(n, "likely", "unlikely") for n in WIDE.judgements},
        false_alarms=[FalseAlarm("x", "w-1", SINCE, "Ana")] * 40,
        edits=[Edit(SINCE, "Ana", "more")] * 9,
        rematches=[Rematched(SINCE, ("w-1-1",), 10, False, 1, 1, 0)],
    )  # fmt: skip


EVIL = "\u202e<!channel>\n\x1b[31m" + "A" * 400 + "\u200b"


def hostile() -> Scene:
    """Every text that comes from outside says something evil."""
    one = alert("h1", UNTIL - HOUR, title=EVIL, text=EVIL, why=EVIL)
    first = alert("h2", UNTIL - HOUR, "talks", "quiet", "first_hit", title=EVIL)
    over = alert("h3", UNTIL - 3 * HOUR, "", "x", "review_due", judgement="kj-1", title=EVIL)
    evil = IndicatorState("trains", coverage=Coverage.BLIND, coverage_reason=EVIL)
    return scene(
        records=[record(one, held=EVIL), record(first), record(over, EVIL)],
        open=[opened(one, EVIL, EVIL, held=EVIL), opened(alert("h4", SINCE, "", "x", "dead_letter", title=EVIL))],
        levels={"mobilisation": [change("mobilisation", Q, C, UNTIL - HOUR, EVIL)]},
        signals={"mobilisation": [signal(publisher=EVIL, title=EVIL)]},
        states={**SEEING, "trains": evil},
        health={**WATCHING, "er": SourceHealth("er", FeedState.ERROR, EVIL, last_poll=UNTIL, failures=9)},
        assessments={**TERMS, "kj-2": assessment("kj-2", EVIL, implied="", reason=EVIL)},
        edits=[Edit(UNTIL - HOUR, EVIL, EVIL)],
    )  # fmt: skip


def test_a_blind_day() -> None:
    """Nothing moved, which means nothing: what to do is to see again."""
    assert shown(digest(blind_day(), ANALYSTS)) == BLIND


def test_whatever_happens_a_digest_has_sixty_lines() -> None:
    """What moved most is told whole, the rest briefly, and what is left out is counted."""
    found = digest(flood(), ANALYSTS)
    lines = found.body.splitlines()
    assert len(lines) == LINES
    assert found.title.endswith(
        ": 50 judgements moved, 500 to acknowledge, 50 judgements blind, 50 reviews due"
    )
    assert "• and 7 more: iwmon status --all" in lines
    assert "W-1: 10 indicators moved, the highest to warning; 10 firing" in lines
    more = next(line for line in lines if line.endswith("more judgements with news: iwmon status"))
    told = sum(line.startswith("W-") for line in lines)
    assert int(more.split()[1]) + told == 50
    assert all(len(line) < 400 for line in lines)


@given(st.integers(0, 50), st.integers(0, 10), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=60)
def test_it_never_has_more(judgements: int, indicators: int, tail: bool, blind: bool) -> None:
    """However many judgements have however much to say; and every one of them is named or counted."""
    whole = flood()
    names = {f"w-{j}-{i}" for j in range(judgements) for i in range(indicators)}
    some = replace(
        whole,
        levels={name: changes for name, changes in whole.levels.items() if name in names},
        open=[one for one in whole.open if one.alert.indicator in names],
        records=[], false_alarms=[], edits=whole.edits if tail else [], rematches=[],
        assessments=whole.assessments if tail else {},
        states=whole.states if blind else {}, coverage={},
    )  # fmt: skip
    lines = digest(some, ANALYSTS).body.splitlines()
    assert len(lines) <= LINES
    told = {line.split(":")[0] for line in lines if line.startswith("W-")}
    counted = [int(line.split()[1]) for line in lines if line.endswith("with news: iwmon status")]
    assert len(told) + sum(counted) == (judgements if indicators else 0)


def test_hostile_texts_stay_words() -> None:
    """No escape, bidi mark, invisible character or line of their own, and no more than their share."""
    found = digest(hostile(), ANALYSTS)
    assert EVIL not in found.body
    for char in "\x1b\u202e\u200b\r":
        assert char not in found.title + found.body
    assert "A" * 170 not in found.body
    assert not any(line.startswith(("<", "[", "AA")) for line in found.body.splitlines())
    listed = backlog(of([record(alert("h1", SINCE, title=EVIL), EVIL, EVIL)]), SINCE, EVIL)
    for char in "\x1b\u202e\u200b\r":
        assert char not in listed.title + listed.body
    assert "\n" not in listed.title
    assert len(listed.title) < 250


def test_a_receiver_reads_what_its_routes_bring_it() -> None:
    """The desk's only route is that of kj-3; what went to others is not its business."""
    found = digest(crisis(), DESK)
    assert found.title.startswith("Digest, Wed 23 Nov 08:00: 1 judgement moved")
    assert "KJ-3: The joint exercise ends on time" in found.body
    assert "KJ-1" not in found.body
    assert "KJ-2" not in found.body
    assert "itself" not in found.body
    assert "False alarms" not in found.body
    assert found.body.endswith("Next digest: Wed 23 Nov 20:00 (Europe/Warsaw).")


def test_what_it_was_told_of_by_an_older_route_is_shown_too() -> None:
    """An edit of the routes does not make an open alert vanish."""
    one = alert("aa11", UNTIL - 3 * DAY)
    found = digest(scene(open=[OpenAlert(one, None, (sent(one, "desk"),))]), DESK)
    assert (
        "• Mobilisation and readiness: warning, firing since Sun 20 Nov 08:00, not acknowledged [aa11]"
        in (found.body.splitlines())
    )


def test_a_level_fires_since_it_was_first_told() -> None:
    """More evidence for the same level is a newer alert: it wants its own acknowledgement, and begins nothing."""
    lower, first = alert("aa10", UNTIL - 9 * DAY, after="watch"), alert("aa11", UNTIL - 8 * DAY)
    more = alert(
        "aa12", UNTIL - HOUR, kind="again", title="WARNING: Mobilisation and readiness, still warning (KJ-2)"
    )
    found = digest(
        scene(records=[record(more)], open=[opened(lower, "Ana"), opened(first, "Ana"), opened(more)]),
        ANALYSTS,
    )
    lines = found.body.splitlines()
    assert (
        "• Mobilisation and readiness: warning, firing since Tue 15 Nov 08:00, not acknowledged [aa12]"
        in lines
    )
    assert "• WARNING: Mobilisation and readiness, still warning, Wed 23 Nov 07:00" in lines
    assert "acknowledge 1 alert (warning)" in found.body


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ([(Q, W), (W, N), (N, C)], "quiet → critical"),
        ([(Q, C), (C, W)], "quiet → critical → watch"),
        ([(N, Q), (Q, W)], "warning → quiet → watch"),
        ([(W, Q), (Q, W)], "watch → quiet → watch"),
        ([(C, N), (N, W)], "critical → watch"),
    ],
)
def test_many_moves_are_one_path(changes: list[tuple[Level, Level]], path: str) -> None:
    """From the first to the last, with how far it went beyond them; given in any order."""
    told = [change("talks", *pair, UNTIL - DAY + n * HOUR) for n, pair in enumerate(changes)]
    found = digest(scene(levels={"talks": told[::-1]}), ANALYSTS)
    assert f"• Talks about talks: {path} (2 independent origins)" in found.body.splitlines()


def test_what_moved_most_comes_first() -> None:
    """Three levels before one; a change of what is implied counts like a level."""
    one, two = change("talks", Q, W, SINCE), change("trains", Q, C, SINCE)
    body = digest(scene(levels={"talks": [one], "trains": [two]}), ANALYSTS).body
    assert body.index("KJ-3: ") < body.index("KJ-1: ")
    before = AssessmentRecord("kj-1", "2022-11-21", SINCE - HOUR, "likely", "none", Coverage.OK,
                              0.3, 0.2, 0.4, 0.3, "remote chance", ())  # fmt: skip
    found = digest(scene(levels={"trains": [replace(two, after=W)]}, before={"kj-1": before}), ANALYSTS)
    assert found.body.index("KJ-1: ") < found.body.index("KJ-3: ")
    assert "Moved most: KJ-1, what is implied." in found.body
    assert "time and evidence agree; at the last digest remote chance." in found.body


def test_a_settled_judgement_wants_nothing() -> None:
    """Neither its horizon nor its blindness is anybody's concern."""
    state = JudgementState("kj-3", outcome="true")
    blind = IndicatorState("trains", coverage=Coverage.BLIND)
    found = digest(scene(judgements={"kj-3": state}, states={**SEEING, "trains": blind}), ANALYSTS)
    assert found.title.endswith("all quiet")
    assert "KJ-3" not in found.body


def test_what_is_blind_again_does_not_see() -> None:
    """It recovered in the period, and was lost once more."""
    back = CoverageChange("trains", UNTIL - 9 * HOUR, Coverage.BLIND, Coverage.OK, "")
    lost = IndicatorState("trains", coverage=Coverage.BLIND, coverage_since=UNTIL - HOUR)
    body = digest(scene(coverage={"trains": [back]}, states={**SEEING, "trains": lost}), ANALYSTS).body
    assert "Went blind: KJ-3" in body
    assert "Sees again" not in body


def test_a_source_that_is_switched_off_is_not_missed() -> None:
    """It is nobody's to watch."""
    off = {**FAR.sources, "er": replace(FAR.sources["er"], enabled=False)}
    body = digest(replace(quiet(), config=replace(FAR, sources=off)), ANALYSTS).body
    assert body.startswith("2 of 2 sources watching. Nothing moved")


def test_the_command_reaches_back_far_enough() -> None:
    """A digest of 90 minutes lists two hours."""
    found = digest(scene(since=UNTIL - 1.5 * HOUR, open=[opened(alert("aa11", SINCE))]), ANALYSTS)
    assert "iwmon alerts list --since 2h;" in found.body


def test_a_horizon_that_has_ended_wants_settling() -> None:
    """It is the first thing to do, and stays until somebody does it."""
    late = UNTIL + 30 * DAY
    over = assessment("kj-3", "highly likely", implied="", action="resolve", reason="ended")
    found = digest(
        replace(scene(assessments={**TERMS, "kj-3": over}), now=late, until=late, since=late - DAY), ANALYSTS
    )
    assert "1 horizon ended" in found.title
    assert found.body.startswith("To do: settle KJ-3.")
    assert "Horizon ended: KJ-3 on 5 Dec 2022: iwmon judgement resolve kj-3" in found.body


# ---------------------------------------------------------------- what is counted


def test_an_alert_is_false_when_people_reject_all_its_reports() -> None:
    """The last word on each holds; a grade is none, and one for another indicator does not concern it."""

    def said(
        action: Literal["confirm", "reject", "restore", "grade"], hours: int, indicator: str = ""
    ) -> Review:
        return Review("i", action, "Ana", UNTIL + hours * HOUR, indicator, n=hours)

    one = alert("a", SINCE, stories=("s1", "s2"))
    both = {"s1": [said("confirm", 1), said("reject", 2)], "s2": [said("reject", 3), said("grade", 4)]}
    assert false_alarms([one], both) == (FalseAlarm("a", "kj-2", UNTIL + 3 * HOUR, "Ana"),)
    assert false_alarms([one], {"s1": both["s1"]}) == ()
    assert false_alarms([one], {**both, "s2": [said("reject", 3), said("restore", 5)]}) == ()
    assert false_alarms([one], {**both, "s2": [said("reject", 3, "grouping")]}) == ()
    assert len(false_alarms([one], {**both, "s2": [said("reject", 3, "mobilisation")]})) == 1
    assert false_alarms([alert("b", SINCE)], both) == ()  # it rests on no report


def test_what_was_kept_back_is_counted_by_reason() -> None:
    """Each alert once; not what waits its turn, was folded into a digest, or went to others."""
    one = alert("a", SINCE)
    records = [
        record(one, state="suppressed", error="budget: more than 5 a day"),
        record(one, held="silence 3f by Ana: x"),
        record(one, held="inhibited by 77"),
        record(one, held="inhibited by 88"),
        record(one, held="digest: daily"),
        record(one, held="digest: twice daily"),
        record(one, held="group_wait"),
        record(one, held="mute time nights", state="sent"),
        record(one, held="mute time nights", digest="m1"),
        record(one, kind="reminder", state="suppressed", error="acknowledged"),
        replace(record(one), deliveries=(sent(one, "desk", held="mute time nights"),)),
    ]
    assert kept_back(records, "analysts") == {
        "inhibited by another alert": 2,
        "budget: more than 5 a day": 1,
        "silence 3f by Ana: x": 1,
    }


# ---------------------------------------------------------------- lists


def of(items: list[AlertRecord], receiver: Receiver = ANALYSTS) -> Listing:
    return Listing(items, CONFIG, UNTIL, receiver.id)


def pile(many: int) -> list[AlertRecord]:
    """Alerts of all states, by turns: fires, over, acknowledged, told once."""
    found = []
    for n in range(many):
        at = UNTIL - 5 * HOUR + n * timedelta(minutes=1)
        name = ("mobilisation", "grouping", "talks", "trains")[n % 4]
        after = ("watch", "warning", "critical")[n % 3] if n % 4 else "critical"
        kind: AlertKind = "first_hit" if n % 4 == 3 else "level_up"
        one = alert(f"{n:04x}", at, name, after, kind)
        ended = "back to quiet" if n % 4 == 1 else ""
        found.append(record(one, ended, "Ana" if n % 4 == 2 else "", in_flight=n == 0))
    return found


BACKLOG = """\
CRITICAL: backlog, 6 alerts undelivered since 03:00

● 2 still firing, 1 acknowledged. ○ 1 told once, 2 over already.

KJ-2: Belarus commits regular troops to combat in Ukraine
● CRITICAL: Mobilisation and readiness, quiet → critical; still firing since Wed 23 Nov 03:04 [0004]
● CRITICAL: Mobilisation and readiness, quiet → critical; still firing since Wed 23 Nov 03:00 [0000]; possible repeat
○ CRITICAL: Regional grouping, quiet → critical; Wed 23 Nov 03:05, over 05:05 (back to quiet) [0005]
○ WARNING: Regional grouping, quiet → warning; Wed 23 Nov 03:01, over 05:01 (back to quiet) [0001]

KJ-1: Belarus stays out of the war this winter
● CRITICAL: Talks about talks, quiet → critical; firing since Wed 23 Nov 03:02, acknowledged by Ana [0002]

KJ-3: The joint exercise ends on time
○ WATCH: Trains go home, quiet → watch; Wed 23 Nov 03:03 [0003]

Acknowledge: iwmon alerts ack ID
All of them: iwmon alerts list --since 5h --limit 1000
"""
CATCH_UP = """\
CRITICAL: catch-up after 9 h without running, 4 alerts

● 1 still firing, 1 acknowledged. ○ 1 told once, 1 over already.
What left the feeds meanwhile was not seen.

KJ-2: Belarus commits regular troops to combat in Ukraine
● CRITICAL: Mobilisation and readiness, quiet → critical; still firing since Wed 23 Nov 03:00 [0000]; possible repeat
○ WARNING: Regional grouping, quiet → warning; Wed 23 Nov 03:01, over 05:01 (back to quiet) [0001]

KJ-1: Belarus stays out of the war this winter
● CRITICAL: Talks about talks, quiet → critical; firing since Wed 23 Nov 03:02, acknowledged by Ana [0002]

KJ-3: The joint exercise ends on time
○ WATCH: Trains go home, quiet → watch; Wed 23 Nov 03:03 [0003]

Acknowledge: iwmon alerts ack ID
All of them: iwmon alerts list --since 5h --limit 1000
"""


def test_a_backlog_is_a_list() -> None:
    """By judgement, the worst first: what fires, what somebody has, what is over; a doubtful one says so."""
    found = backlog(of(pile(6)), UNTIL - 5 * HOUR, "undelivered")
    assert shown(found) == BACKLOG
    assert found.severity == "critical"


def test_a_doubt_is_the_receivers_own() -> None:
    """Another receiver's attempt says nothing of this one's."""
    assert "possible repeat" not in backlog(of(pile(6), DESK), SINCE, "").body


def test_a_catch_up_says_how_long_nothing_ran() -> None:
    """And that what is gone from the feeds was never seen."""
    assert shown(catch_up(of(pile(4)), "catch-up after 9 h without running")) == CATCH_UP
    gone = [record(alert("aa11", SINCE), "back to quiet")]
    assert catch_up(of(gone), "catch-up after 3 days without running").title == (
        "Catch-up after 3 days without running, 1 alert"
    )


@pytest.mark.parametrize("many", [1, 90, 100, 500, 2000])
def test_a_long_list_is_cut_and_counted(many: int) -> None:
    """No judgement's storm hides another's alert; what has no line is counted, and named by its id."""
    items = [*pile(many), record(alert("last", SINCE, "trains", "watch"))]
    found = backlog(of(items), SINCE, "")
    lines = found.body.splitlines()
    assert found.title == f"CRITICAL: {many + 1:,} alerts at once"
    assert len(found.body) <= ROOM
    assert len(lines) <= 113
    told = sum(line.startswith(("●", "○")) for line in lines[1:])
    left = sum(int(line.split()[2].replace(",", "")) for line in lines if line.startswith("• and"))
    assert told + left == many + 1
    assert (left > 0) == (many >= 100)
    assert any("[last]" in line for line in lines)
    assert sum(one.alert.id in found.body.split() for one in items) == min(left, 500)
    assert lines[-1] == "All of them: iwmon alerts list --since 1d --limit 1000"


def test_many_judgements_are_cut_too() -> None:
    """Fifty of them, ten alerts each."""
    items = [record(one.alert) for one in flood().open if one.alert.judgement]
    lines = catch_up(Listing(items, WIDE, UNTIL), "catch-up").body.splitlines()
    assert len(lines) <= 115
    told = sum(line.startswith(("●", "○")) for line in lines[1:])
    left = sum(int(line.split()[2].replace(",", "")) for line in lines if line.startswith("• and"))
    assert told + left == 500
    assert "• and 250 more for 25 more judgements, 250 of them still firing" in lines


def test_addresses_stand_below_the_worst() -> None:
    """Ten at most, each on a line of its own; and however long they are, a service takes the whole."""
    items = pile(100)
    urls = {one.alert.id: f"https://iwmon.example/-/ack/{one.alert.id}{'x' * 150}" for one in items}
    listing = Listing(items, CONFIG, UNTIL, "analysts", urls)
    body = backlog(listing, SINCE, "undelivered").body
    lines = body.splitlines()
    shown = [number for number, line in enumerate(lines) if line.startswith("   https://")]
    assert len(shown) == 10
    assert all(f"[{lines[number].split('/ack/')[1][:4]}]" in lines[number - 1] for number in shown)
    assert all("still firing" in lines[number - 1] for number in shown)
    assert len(body) <= 11_000


def test_an_escalated_alert_says_so() -> None:
    """The chief who gets the list was not told before."""
    one = alert("aa11", SINCE)
    items = [record(one, kind="escalation", turn=1)]
    assert "escalated: nobody has acknowledged it [aa11]" in catch_up(of(items), "catch-up").body
    assert "escalated" not in catch_up(of(items, DESK), "catch-up").body


def test_an_alert_of_a_judgement_that_is_gone_is_listed() -> None:
    """An edit between the alert and its message loses nothing."""
    gone = alert("aa11", SINCE, judgement="kj-9")
    own = alert("ff66", SINCE, "", "error", "config_error")
    body = backlog(of([record(gone), record(own)]), SINCE, "").body
    assert "KJ-9: no longer configured" in body
    assert "iwmon itself\n" in body


# ---------------------------------------------------------------- slots

ZONES = ("Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")
MODES = ("daily", "twice_daily", "weekly")


@st.composite
def receivers(draw: st.DrawFn) -> Receiver:
    at = time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 15, 30, 45])))
    mode = draw(st.sampled_from(MODES))
    return Receiver("r", "json://x", mode, at=at, weekday=draw(st.integers(1, 7)))  # type: ignore[arg-type]


MOMENTS = st.integers(0, 29 * 366 * 24 * 60).map(
    lambda minutes: datetime(2011, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(receivers(), st.sampled_from(ZONES), MOMENTS)
@settings(deadline=None)
def test_one_slot_follows_another(receiver: Receiver, name: str, now: datetime) -> None:
    """The latest is not after now, the next is; between them there is no third; keys rise with time."""
    zone = ZoneInfo(name)
    key, at = slot(receiver, zone, now)
    after = next_slot(receiver, zone, now)
    assert at <= now < after
    assert slot(receiver, zone, after - timedelta(microseconds=1)) == (key, at)
    later, moment = slot(receiver, zone, after)
    assert moment == after
    assert later > key
    assert next_slot(receiver, zone, at) == after


@given(receivers(), st.sampled_from(ZONES), MOMENTS)
@settings(deadline=None)
def test_a_slot_is_when_the_wall_clock_says_so(receiver: Receiver, name: str, now: datetime) -> None:
    """At the time in its key, the first time; where there is no such time, at the first minute after it."""
    zone = ZoneInfo(name)
    key, at = slot(receiver, zone, now)
    wall, local = datetime.fromisoformat(key), at.astimezone(zone)
    naive = local.replace(tzinfo=None)
    assert naive >= wall
    assert local.fold == 0
    minute = (at - timedelta(minutes=1)).astimezone(zone).replace(tzinfo=None)
    assert naive == wall or minute < wall  # skipped: the minute before shows a time before it
    assert wall.time() == receiver.at or receiver.mode == "twice_daily"
    if receiver.mode == "weekly":
        assert wall.isoweekday() == receiver.weekday


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize(("mode", "each"), [("daily", 1), ("twice_daily", 2)])
@given(year=st.integers(2012, 2038), hour=st.integers(0, 23), minute=st.sampled_from([0, 15, 30]))
@settings(deadline=None, max_examples=6)
def test_a_year_has_all_its_slots_once(
    name: str, mode: Any, each: int, year: int, hour: int, minute: int
) -> None:
    """365 or 366 of them a year, twice as many for twice a day; those on DST nights too."""
    receiver, zone = Receiver("r", "json://x", mode, at=time(hour, minute)), ZoneInfo(name)
    keys = []
    now = datetime(year - 1, 12, 29, tzinfo=UTC)
    while not keys or keys[-1] < f"{year + 1}":
        now = next_slot(receiver, zone, now)
        keys.append(slot(receiver, zone, now)[0])
    ours = [key for key in keys if key.startswith(f"{year}-")]
    assert len(ours) == len(set(ours)) == each * (date(year + 1, 1, 1) - date(year, 1, 1)).days


@pytest.mark.parametrize(
    ("zone", "at", "day", "moment"),
    [
        ("Europe/Warsaw", time(2, 30), date(2022, 3, 27), "2022-03-27T03:00:00+02:00"),  # is skipped
        ("Europe/Warsaw", time(2, 30), date(2022, 10, 30), "2022-10-30T02:30:00+02:00"),  # comes twice
        ("America/New_York", time(2), date(2022, 3, 13), "2022-03-13T03:00:00-04:00"),
        ("America/New_York", time(1, 15), date(2022, 11, 6), "2022-11-06T01:15:00-04:00"),
        ("Australia/Lord_Howe", time(2, 15), date(2022, 10, 2), "2022-10-02T02:30:00+11:00"),
        ("Australia/Lord_Howe", time(1, 45), date(2022, 4, 3), "2022-04-03T01:45:00+11:00"),
        ("Pacific/Apia", time(8), date(2011, 12, 30), "2011-12-31T00:00:00+14:00"),  # a day that never was
    ],
)
def test_nights_on_which_the_clocks_change(zone: str, at: time, day: date, moment: str) -> None:
    """Asked every 10 minutes for two days around it, the slot comes once."""
    receiver, where, due = (
        Receiver("r", "json://x", "daily", at=at),
        ZoneInfo(zone),
        datetime.fromisoformat(moment),
    )
    start = due.astimezone(UTC) - DAY
    seen = [slot(receiver, where, start + n * timedelta(minutes=10)) for n in range(6 * 48)]
    key = f"{day}T{at:%H:%M}"
    assert {found for name, found in seen if name == key} == {due}
    assert [name for name, _ in seen] == sorted(name for name, _ in seen)


def test_who_is_told_at_once_has_no_slots() -> None:
    """Asking is a mistake."""
    with pytest.raises(ValueError, match="told at once"):
        slot(Receiver("r", "json://x"), UTC, UNTIL)


def test_the_manual_shows_a_real_digest() -> None:
    """That of the last day of the crisis week."""
    assert shown(digest(crisis(SINCE), ANALYSTS)) == DAILY
    assert DAILY in (ROOT / "docs" / "operating.md").read_text("utf-8")


# ---------------------------------------------------------------- with the rest of the house


def test_three_days_of_a_real_store(tmp_path: Path) -> None:
    """A report comes, somebody acknowledges it, somebody else rejects it, the sources fall silent."""
    play = theatre.stage(theatre.TEXT.replace('1/desk"}', '1/desk", mode: daily}'))
    receiver = play.config.receivers["desk"]
    start = theatre.NOON
    with Store.open(f"sqlite:///{tmp_path / 'iwmon.db'}") as store:

        def scene_of(store: Store, since: datetime, now: datetime) -> Scene:
            return digesting.scene(store, play.config, receiver, store.open_alerts(), since, now)

        def told(now: datetime) -> Message:
            for step in play.steps:
                store.commit(step)
            return digest(scene_of(store, now - DAY, now), receiver)

        play.polled(start)
        play.say(start + HOUR, "nn", *theatre.REPORTS[:1])
        play.say(start + 2 * HOUR, "zerkalo", *theatre.REPORTS[1:2])
        first = told(start + 20 * HOUR)
        assert first.title == "Daily digest, Tue 11 Oct: 1 judgement moved, 1 to acknowledge, 1 review due"
        assert "• Mobilisation: quiet → warning (2 independent origins)" in first.body.splitlines()
        assert f"Zerkalo: “{theatre.REPORTS[1]}”" in first.body
        loudest = next(one.alert for one in store.open_alerts() if one.alert.after == "warning")
        store.ack(loudest.id, "Ana", "asked Minsk", start + 21 * HOUR)
        second = told(start + 44 * HOUR)
        assert second.title == "Daily digest, Wed 12 Oct: nothing moved, 1 review due"
        assert second.body.startswith("To do: review KJ-2.\nNothing moved since Tue 11 Oct")
        assert f"acknowledged by Ana: asked Minsk [{loudest.id}]" in second.body
        for signal in store.signals("mobilisation"):
            store.add_ruling(theatre.review(signal.item, "reject", start + 45 * HOUR, by="Ben"))
        play.fail(start + 46 * HOUR, *theatre.SOURCES)
        play.step(start + 47 * HOUR, said=store.waiting_rulings())
        play.fail(start + 48 * HOUR, *theatre.SOURCES)
        now = start + 68 * HOUR
        told(now)
        here = Standing(play.config, store.states(), store.judgement_states(), {})
        store.resolve(resolutions([one.alert for one in store.open_alerts()], here), (), now)
        whole = scene_of(store, start, now)
        third = digest(replace(whole, since=now - DAY), receiver)
        assert third.title.startswith("Daily digest, Thu 13 Oct: 1 judgement moved")
        assert "2 judgements blind" in third.title
        assert "• Mobilisation: warning → quiet (no report counts now)" in third.body.splitlines()
        assert "False alarms, all their reports rejected: 2 since the last digest, 2 this month" in third.body


def test_a_digest_of_a_slot_is_one_alert_however_often_it_is_made() -> None:
    """Its id is that of the receiver and the slot; one with nothing to acknowledge is for information."""
    message = digest(quiet(), ANALYSTS)
    first, later = (as_alert("paper", "2022-10-10T08:00", message, at) for at in (SINCE, UNTIL))
    assert first.id == later.id
    assert first.id != as_alert("desk", "2022-10-10T08:00", message, SINCE).id
    assert (first.kind, first.judgement, first.text) == ("digest", "", message.body)
    assert first.severity is Severity.INFO
    assert as_alert("paper", "s", digest(crisis(), ANALYSTS), UNTIL).severity is Severity.CRITICAL


def test_it_sends_nobody_to_a_command_that_does_not_exist() -> None:
    """Every command and option that digests and lists name is one of the command line's."""
    known = dict(commands())
    texts = [digest(one, ANALYSTS).body for one in (crisis(), blind_day(), flood(), hostile())]
    texts += [backlog(of(pile(500)), SINCE, "").body]
    named = set(re.findall(r"iwmon ([a-z]+(?: [a-z]+)?)((?: --[a-z]+)*)", "\n".join(texts)))
    named = {(name, options) for name, options in named if name.split()[0] not in ("itself",)}
    assert len(named) > 5
    for name, options in named:
        command = known.get(name) or known.get(name.split()[0])
        assert command is not None, name
        assert set(options.split()) <= {option for param in command.params for option in param.opts}, name
