"""What a digest is made of, as data, and how false alarms and what was not sent are counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from iwmon.config import Config
from iwmon.model import (
    Alert,
    Assessment,
    CoverageChange,
    IndicatorState,
    JudgementState,
    LevelChange,
    Rematched,
    Review,
    Signal,
    SourceHealth,
)
from iwmon.stored import AlertRecord, AssessmentRecord, OpenAlert


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """An alert of which people rejected every report that it rested on, and when the last of them was."""

    alert: str
    judgement: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the configuration that came into force. `by` and `note` where they are known."""

    at: datetime
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """The world at `now`, and what changed in the period `since` <= at < `until`. Times are aware.

    It is that of the whole board: `digest` takes from it what the receiver's routes bring it. What lies
    outside the period may be given too, and counts as no change. Where each part comes from:

    since, until   when the last digest was made (Store.last_slots), and when this one is
    records        Store.meant_for(receiver, since, until): raised in the period, or over in it. With their
                   deliveries: they say what the receiver was not sent, and why
    open           Store.open_alerts()
    levels         Store.changes(indicator), by indicator, in any order
    coverage       Store.coverage_changes(indicator), likewise
    signals        Store.signals(indicator), of the indicators in `levels`
    states         Store.states()
    health         Store.health()
    judgements     Store.judgement_states()
    assessments    those of assess.board(config, states, standings, now, judgements), by judgement
    before         the last of Store.assessments(judgement) with at < since
    false_alarms   `false_alarms` of Store.rejected(receiver, since): of the period, and of the month of
                   `until`
    rematches      Store.rematches(since, until)
    edits          Store.config_status().since, with author and note where they are known
    """

    config: Config
    now: datetime
    since: datetime
    until: datetime
    records: Sequence[AlertRecord] = ()
    open: Sequence[OpenAlert] = ()
    levels: Mapping[str, Sequence[LevelChange]] = field(default_factory=dict)
    coverage: Mapping[str, Sequence[CoverageChange]] = field(default_factory=dict)
    signals: Mapping[str, Sequence[Signal]] = field(default_factory=dict)
    states: Mapping[str, IndicatorState] = field(default_factory=dict)
    health: Mapping[str, SourceHealth] = field(default_factory=dict)
    judgements: Mapping[str, JudgementState] = field(default_factory=dict)
    assessments: Mapping[str, Assessment] = field(default_factory=dict)
    before: Mapping[str, AssessmentRecord] = field(default_factory=dict)
    false_alarms: Sequence[FalseAlarm] = ()
    rematches: Sequence[Rematched] = ()
    edits: Sequence[Edit] = ()

    def within(self, at: datetime | None) -> bool:
        """Whether a moment is of the period."""
        return at is not None and self.since <= at < self.until


def false_alarms(alerts: Iterable[Alert], reviews: Mapping[str, Sequence[Review]]) -> tuple[FalseAlarm, ...]:
    """Those of the alerts whose every report a person has rejected, and nobody has restored since.

    `reviews`, by story: all that was said of any of its items (Store.story, Store.reviews), oldest first. A
    review that names another indicator than the alert's does not concern it.
    """
    found = []
    for alert in alerts:
        last = [_verdict(reviews.get(story, ()), alert.indicator) for story in alert.stories]
        rejected = [one for one in last if one is not None and one.action == "reject"]
        if rejected and len(rejected) == len(last):
            final = max(rejected, key=lambda one: (one.at, one.n))
            found.append(FalseAlarm(alert.id, alert.judgement, final.at, final.by))
    return tuple(found)


def _verdict(reviews: Sequence[Review], indicator: str) -> Review | None:
    """The last word on whether a report is evidence for an indicator; a grade is none."""
    about = [one for one in reviews if one.action != "grade" and one.indicator in ("", indicator)]
    return about[-1] if about else None


# What only says when a message goes out, as opposed to whether.
_TIMING = re.compile(r"group_wait|group_interval|rate limit|the receiver takes nothing|catch-up|digest: ")


def timing(reason: str) -> bool:
    """Whether a delivery that is held for this reason only waits its turn, as they all do."""
    return not reason or _TIMING.match(reason) is not None


def kept_back(records: Iterable[AlertRecord], receiver: str) -> dict[str, int]:
    """Reason → how many of these alerts were kept from a receiver for it, the commonest first.

    That is what will never be sent, and what waits for more than its turn. Reminders and the like do not
    count, nor does what a digest carries.
    """
    counts: Counter[str] = Counter()
    for record in records:
        for one in record.deliveries:
            if one.receiver != receiver or one.kind not in ("firing", "rerouted") or one.digest:
                continue
            reason = {"suppressed": one.error, "pending": one.held}.get(one.state, "")
            if not timing(reason):
                # One alert inhibits many, and many inhibit: which of them is in the alert's own history.
                inhibited = reason.startswith("inhibited by ")
                counts["inhibited by another alert" if inhibited else reason] += 1
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
