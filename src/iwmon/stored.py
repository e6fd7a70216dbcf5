"""What a store answers: the record of what was decided and told, and what people did about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from iwmon.model import (
    FIRST_TOLD,
    LASTING,
    Alert,
    Assessment,
    Coverage,
    Delivery,
    LedgerEvent,
    Reading,
    Rematch,
    Review,
    Ruling,
)


@dataclass(frozen=True, slots=True)
class Ack:
    """What a person did with an alert."""

    alert: str
    action: Literal["ack", "unack"]
    by: str
    note: str
    at: datetime


AlertState = Literal["told", "firing", "acknowledged", "suppressed", "resolved"]


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert with what became of it. `acks` is the whole log, oldest first."""

    alert: Alert
    deliveries: tuple[Delivery, ...] = ()
    acks: tuple[Ack, ...] = ()
    resolved: datetime | None = None  # when its condition was found to be over
    ended: str = ""  # what ended it, a line for people

    @property
    def acked(self) -> Ack | None:
        """The acknowledgement in force, if there is one."""
        return self.acks[-1] if self.acks and self.acks[-1].action == "ack" else None

    @property
    def state(self) -> tuple[AlertState, str]:
        """Its state, and the reason: what ended it, who acknowledged, why nobody is told."""
        if self.resolved:
            return "resolved", self.ended
        kept_back = [d for d in self.deliveries if d.state == "suppressed" or (d.held and not d.attempts)]
        if kept_back and len(kept_back) == len(self.deliveries):
            return "suppressed", kept_back[0].held or kept_back[0].error
        if self.alert.kind not in LASTING:
            return "told", ""
        return ("acknowledged", f"by {self.acked.by}") if self.acked else ("firing", "")


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert whose condition is not known to be over. `acked`: its own, or one that covers it."""

    alert: Alert
    acked: Ack | None = None
    deliveries: tuple[Delivery, ...] = ()  # in the order in which they were queued
    n: int = 0  # its number: one that was raised later has a higher one

    @property
    def told(self) -> frozenset[str]:
        """The receivers that know of it: told, perhaps told, or by a digest that is on its way."""
        return frozenset(
            d.receiver
            for d in self.deliveries
            if d.kind in FIRST_TOLD and (d.state == "sent" or d.in_flight or (d.digest and d.state != "dead"))
        )


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the ledger: what happened to an alert, or to one of its deliveries. Never altered."""

    at: datetime
    alert: str  # "" for what concerns no alert
    receiver: str
    delivery: str
    event: LedgerEvent
    detail: str = ""
    n: int = 0  # its number; 0 before it is stored


@dataclass(frozen=True, slots=True)
class Version:
    """How far the store has come: where both numbers are as they were, nothing has happened since."""

    ledger: int  # number of the last entry of the ledger
    step: int  # number of the last step
    at: datetime | None  # of the last step


@dataclass(frozen=True, slots=True)
class CatchUp:
    """iwmon did not run from `since` until `began`."""

    since: datetime
    began: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """A step as it went in: with these, advance decides the same again."""

    at: datetime
    config_digest: str
    readings: tuple[Reading, ...]
    rulings: tuple[Review | Ruling, ...] = ()
    rematch: Rematch | None = None


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """What was implied for a judgement at the end of a UTC day: the series that scores are made of."""

    judgement: str
    day: str  # ISO date, UTC
    at: datetime
    term: str  # the analyst's, in force then
    action: str
    coverage: Coverage
    p: float | None  # None: not assessed
    low: float | None
    high: float | None
    alone: float | None
    implied_term: str
    terms: tuple[str, ...]

    @classmethod
    def of(cls, assessment: Assessment, at: datetime) -> AssessmentRecord:
        """An assessment made at `at`; a later one of the same UTC day takes its place."""
        implied = assessment.implied
        return cls(
            judgement=assessment.judgement,
            day=at.astimezone(UTC).date().isoformat(),
            at=at,
            term=assessment.term,
            action=assessment.action,
            coverage=assessment.coverage,
            p=implied.p if implied else None,
            low=implied.low if implied else None,
            high=implied.high if implied else None,
            alone=implied.alone if implied else None,
            implied_term=implied.term if implied else "",
            terms=implied.terms if implied else (),
        )


@dataclass(frozen=True, slots=True)
class ConfigStatus:
    """The configuration in force, and why a later edit is not."""

    digest: str = ""  # "" = none was ever kept
    since: datetime | None = None
    error: str = ""  # "" = the file is the configuration in force
    error_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceStats:
    """Counts of a source since the database was made."""

    source: str
    polls: int = 0
    failed: int = 0
    not_modified: int = 0
    items: int = 0
