"""The tables, as SQLModel rows. A column has the name and meaning of the model's field.

Rows are not validated on the way in (`table=True` never is): what is stored are the model's frozen
dataclasses, checked where they were made, and the column types refuse what has no place there.
Ids and words of iwmon's own are plain Text; texts of any other origin are Words. `n` numbers rows in
the order of arrival. A change here needs a migration: tests hold both equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Index, MetaData, Table, Text
from sqlmodel import Field, SQLModel

from iwmon.model import Coverage, FeedState, Level, Severity
from iwmon.store.columns import (
    Choice,
    Moments,
    Names,
    NameSet,
    Number,
    Numbers,
    Seconds,
    Shares,
    When,
    Words,
)

HEAD = "0004"  # the newest migration; a test holds it equal to what alembic finds


class Rows(SQLModel):
    """Keeps iwmon's tables in a MetaData of their own, with named constraints."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _table(row: type[Rows]) -> Table:
    return cast(Table, row.__table__)  # type: ignore[attr-defined]


def _n() -> Any:
    return Field(default=None, primary_key=True, sa_type=Number)


class MetaRow(Rows, table=True):
    """What is known of the database itself: its uuid, the configuration in force, the fence."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True, sa_type=Text)
    value: str = Field(sa_type=Words)


class CounterRow(Rows, table=True):
    """How many rows a big table holds, kept in the same transactions: COUNT(*) reads them all."""

    __tablename__ = "counters"
    name: str = Field(primary_key=True, sa_type=Text)
    value: int = Field(sa_type=Number)


class StepRow(Rows, table=True):
    """One call of advance. `key` is a digest of what it decided: committed twice, it stands once."""

    __tablename__ = "steps"
    __table_args__ = (Index("ix_steps_at_n", "at", "n"),)
    n: int | None = _n()
    key: str = Field(unique=True, sa_type=Text)
    at: datetime = Field(sa_type=When)
    config_digest: str = Field(sa_type=Text)
    readings: int
    items: int
    matches: int
    alerts: int


class ReadingRow(Rows, table=True):
    """The poll log: what one step learnt of one source. `place` is its position in the step."""

    __tablename__ = "readings"
    __table_args__ = ({"sqlite_with_rowid": False},)
    step: int = Field(primary_key=True, sa_type=Number)
    place: int = Field(primary_key=True)
    source: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=When)
    state: FeedState = Field(sa_type=Choice(FeedState))
    detail: str = Field(sa_type=Words)
    entries: int
    newest: datetime | None = Field(sa_type=When)
    size: int = Field(sa_type=Number)
    not_modified: bool
    notes: tuple[str, ...] = Field(sa_type=Names)


class ItemRow(Rows, table=True):
    """Every item ever seen, matched or not. `step` and `reading` say in which answer it came."""

    __tablename__ = "items"
    n: int | None = _n()
    id: str = Field(unique=True, sa_type=Text)
    source: str = Field(sa_type=Text)
    key: str = Field(sa_type=Words)
    url: str = Field(sa_type=Words)
    title: str = Field(sa_type=Words)
    summary: str = Field(sa_type=Words)
    body: str = Field(sa_type=Words)
    published: datetime | None = Field(sa_type=When)
    language: str | None = Field(sa_type=Words)
    publisher: str = Field(sa_type=Words)
    publisher_url: str = Field(sa_type=Words)
    first_seen: datetime = Field(sa_type=When)
    flags: frozenset[str] = Field(sa_type=NameSet)
    step: int = Field(index=True, sa_type=Number)
    reading: int


class ForgottenRow(Rows, table=True):
    """Ids of pruned items whose date does not show that they are old."""

    __tablename__ = "forgotten"
    id: str = Field(primary_key=True, sa_type=Text)


class MatchRow(Rows, table=True):
    __tablename__ = "matches"
    __table_args__ = (
        Index("uq_matches_item_indicator", "item", "indicator", unique=True),
        Index("ix_matches_indicator_n", "indicator", "n"),
    )
    n: int | None = _n()
    item: str = Field(foreign_key="items.id", sa_type=Text)
    indicator: str = Field(sa_type=Text)
    where: str = Field(sa_type=Text)
    words: tuple[str, ...] = Field(sa_type=Names)
    strength: float


class StoryRow(Rows, table=True):
    """`place` keeps the order in which stories arose: a later item joins the first that fits."""

    __tablename__ = "stories"
    id: str = Field(primary_key=True, sa_type=Text)
    as_of: datetime = Field(index=True, sa_type=When)
    group: str = Field(sa_type=Words)
    side: str = Field(sa_type=Text)
    items: tuple[str, ...] = Field(sa_type=Names)
    publishers: tuple[str, ...] = Field(sa_type=Names)
    title_words: frozenset[str] = Field(sa_type=NameSet)
    words: frozenset[str] = Field(sa_type=NameSet)
    carriers: tuple[str, ...] = Field(sa_type=Names)
    origin: str = Field(sa_type=Words)
    language: str | None = Field(sa_type=Words)
    indicators: frozenset[str] = Field(sa_type=NameSet)
    denied_by: str = Field(sa_type=Words)
    denied_at: datetime | None = Field(sa_type=When)
    denial: str = Field(sa_type=Text)
    halved: bool
    place: int = Field(sa_type=Number)


class SignalRow(Rows, table=True):
    """`expired`: when it had become too old to count; null while it lives."""

    __tablename__ = "signals"
    __table_args__ = ({"sqlite_with_rowid": False},)
    indicator: str = Field(primary_key=True, sa_type=Text)
    story: str = Field(primary_key=True, foreign_key="stories.id", index=True, sa_type=Text)
    group: str = Field(sa_type=Words)
    side: str = Field(sa_type=Text)
    as_of: datetime = Field(sa_type=When)
    weight: float
    reliability: str = Field(sa_type=Text)
    credibility: int
    item: str = Field(sa_type=Text)
    title: str = Field(sa_type=Words)
    url: str = Field(sa_type=Words)
    publisher: str = Field(sa_type=Words)
    source: str = Field(sa_type=Text)
    published: datetime | None = Field(sa_type=When)
    first_seen: datetime = Field(sa_type=When)
    where: str = Field(sa_type=Text)
    words: tuple[str, ...] = Field(sa_type=Names)
    flags: frozenset[str] = Field(sa_type=NameSet)
    strength: float
    modality: str = Field(sa_type=Text)
    cue: str = Field(sa_type=Words)
    carriers: tuple[str, ...] = Field(sa_type=Names)
    origin: str = Field(sa_type=Words)
    authoritative: bool
    contested: str = Field(sa_type=Words)
    halved: bool
    status: str = Field(sa_type=Text)
    reviewed_by: str = Field(sa_type=Words)
    note: str = Field(sa_type=Words)
    expired: datetime | None = Field(default=None, index=True, sa_type=When)
    place: int = Field(sa_type=Number)


class LevelChangeRow(Rows, table=True):
    __tablename__ = "level_changes"
    __table_args__ = (Index("ix_level_changes_indicator_step", "indicator", "step"),)
    step: int = Field(primary_key=True, sa_type=Number)
    place: int = Field(primary_key=True)
    indicator: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=When)
    before: Level = Field(sa_type=Choice(Level))
    after: Level = Field(sa_type=Choice(Level))
    activation: float
    reason: str = Field(sa_type=Words)


class CoverageChangeRow(Rows, table=True):
    __tablename__ = "coverage_changes"
    __table_args__ = (Index("ix_coverage_changes_indicator_step", "indicator", "step"),)
    step: int = Field(primary_key=True, sa_type=Number)
    place: int = Field(primary_key=True)
    indicator: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=When)
    before: Coverage = Field(sa_type=Choice(Coverage))
    after: Coverage = Field(sa_type=Choice(Coverage))
    reason: str = Field(sa_type=Words)


class StateRow(Rows, table=True):
    __tablename__ = "indicator_states"
    indicator: str = Field(primary_key=True, sa_type=Text)
    level: Level = Field(sa_type=Choice(Level))
    since: datetime | None = Field(sa_type=When)
    activation: float
    groups: int
    reason: str = Field(sa_type=Words)
    falling_since: datetime | None = Field(sa_type=When)
    ever_hit: bool
    coverage: Coverage = Field(sa_type=Choice(Coverage))
    coverage_reason: str = Field(sa_type=Words)
    coverage_since: datetime | None = Field(sa_type=When)
    told: Level = Field(sa_type=Choice(Level))
    deferred: bool
    told_at: datetime | None = Field(sa_type=When)
    told_activation: float
    told_groups: frozenset[str] = Field(sa_type=NameSet)
    transitions: tuple[datetime, ...] = Field(sa_type=Moments)
    unstable: bool
    covered_days: frozenset[str] = Field(sa_type=NameSet)
    uncovered_days: frozenset[str] = Field(sa_type=NameSet)
    silent_before: timedelta = Field(sa_type=Seconds)
    silent_since: datetime | None = Field(sa_type=When)
    gaps: tuple[float, ...] = Field(sa_type=Numbers)
    peak: float
    peak_at: datetime | None = Field(sa_type=When)


class JudgementStateRow(Rows, table=True):
    __tablename__ = "judgement_states"
    judgement: str = Field(primary_key=True, sa_type=Text)
    term: str = Field(sa_type=Words)
    made_on: datetime | None = Field(sa_type=When)
    baseline: Mapping[str, float] = Field(sa_type=Shares)
    baseline_of: datetime | None = Field(sa_type=When)
    implied_term: str = Field(sa_type=Text)
    told_term: str = Field(sa_type=Text)
    told_at: datetime | None = Field(sa_type=When)
    outcome: str = Field(sa_type=Text)
    decided_on: datetime | None = Field(sa_type=When)
    expired: bool


class BudgetRow(Rows, table=True):
    __tablename__ = "budgets"
    judgement: str = Field(primary_key=True, sa_type=Text)
    day: str = Field(sa_type=Text)
    told: int
    held: tuple[str, ...] = Field(sa_type=Names)
    worst: Severity = Field(sa_type=Choice(Severity))
    heaviest: Severity = Field(sa_type=Choice(Severity))
    minor: int


class VolumeRow(Rows, table=True):
    """Items first seen on a UTC date, by source: what surges are measured against."""

    __tablename__ = "volumes"
    source: str = Field(primary_key=True, sa_type=Text)
    day: str = Field(primary_key=True, sa_type=Text)
    items: int = Field(sa_type=Number)


class AssessmentRow(Rows, table=True):
    """The last assessment of each UTC day."""

    __tablename__ = "assessments"
    judgement: str = Field(primary_key=True, sa_type=Text)
    day: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_type=When)
    term: str = Field(sa_type=Words)
    action: str = Field(sa_type=Text)
    coverage: Coverage = Field(sa_type=Choice(Coverage))
    p: float | None
    low: float | None
    high: float | None
    alone: float | None
    implied_term: str = Field(sa_type=Text)
    terms: tuple[str, ...] = Field(sa_type=Names)


class ReviewRow(Rows, table=True):
    """What people said of items. `step` is the one that it first counted in; null while it waits."""

    __tablename__ = "reviews"
    n: int | None = _n()
    item: str = Field(index=True, sa_type=Text)
    action: str = Field(sa_type=Text)
    by: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=When)
    indicator: str = Field(sa_type=Text)
    credibility: int | None
    note: str = Field(sa_type=Words)
    step: int | None = Field(index=True, sa_type=Number)


class RulingRow(Rows, table=True):
    """What analysts decided about judgements. `step`: as for reviews."""

    __tablename__ = "rulings"
    n: int | None = _n()
    judgement: str = Field(index=True, sa_type=Text)
    action: str = Field(sa_type=Text)
    by: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=When)
    term: str = Field(sa_type=Words)
    confidence: str = Field(sa_type=Text)
    outcome: str = Field(sa_type=Text)
    decided_on: datetime | None = Field(sa_type=When)
    rationale: str = Field(sa_type=Words)
    step: int | None = Field(index=True, sa_type=Number)


class RematchRow(Rows, table=True):
    """What a step matched again after an edit (`asked`), and what came of it."""

    __tablename__ = "rematches"
    step: int = Field(primary_key=True, sa_type=Number)
    at: datetime = Field(sa_type=When)
    asked: tuple[str, ...] = Field(sa_type=Names)
    indicators: tuple[str, ...] = Field(sa_type=Names)
    looked: int
    cut: bool
    matched: int
    made: int
    dropped: int
    reviews: tuple[str, ...] = Field(sa_type=Names)


class RematchedItemRow(Rows, table=True):
    """The items of a re-match, in order. They may be past retention before the step is: no reference."""

    __tablename__ = "rematched_items"
    __table_args__ = ({"sqlite_with_rowid": False},)
    step: int = Field(primary_key=True, sa_type=Number)
    place: int = Field(primary_key=True)
    item: str = Field(sa_type=Text)


class HealthRow(Rows, table=True):
    __tablename__ = "source_health"
    source: str = Field(primary_key=True, sa_type=Text)
    state: FeedState = Field(sa_type=Choice(FeedState))
    detail: str = Field(sa_type=Words)
    since: datetime | None = Field(sa_type=When)
    last_poll: datetime | None = Field(sa_type=When)
    last_ok: datetime | None = Field(sa_type=When)
    last_item: datetime | None = Field(sa_type=When)
    failures: int
    usual_size: int = Field(sa_type=Number)
    entries: int
    outage: bool


class SourceStatsRow(Rows, table=True):
    __tablename__ = "source_stats"
    source: str = Field(primary_key=True, sa_type=Text)
    polls: int = Field(sa_type=Number)
    failed: int = Field(sa_type=Number)
    not_modified: int = Field(sa_type=Number)
    items: int = Field(sa_type=Number)


class AlertRow(Rows, table=True):
    """`digest` seals the row's content: SQLite has no checksums. `acked` repeats the newest ack.

    `open`: its condition lasts, and is not known to be over; then `resolved` is null, and `ended` empty.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_open_n", "open", "n"),
        Index("ix_alerts_judgement_n", "judgement", "n"),
        Index("ix_alerts_indicator_n", "indicator", "n"),
    )
    n: int | None = _n()
    id: str = Field(unique=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    severity: Severity = Field(sa_type=Choice(Severity))
    at: datetime = Field(sa_type=When)
    judgement: str = Field(sa_type=Text)
    indicator: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    before: str = Field(sa_type=Words)
    after: str = Field(sa_type=Words)
    title: str = Field(sa_type=Words)
    text: str = Field(sa_type=Words)
    why: str = Field(sa_type=Words)
    stories: tuple[str, ...] = Field(sa_type=Names)
    digest: str = Field(sa_type=Text)
    acked: bool
    open: bool
    resolved: datetime | None = Field(sa_type=When)
    ended: str = Field(sa_type=Words)


class AckRow(Rows, table=True):
    """The log of what people did with alerts. `action` is "ack" or "unack"."""

    __tablename__ = "acks"
    n: int | None = _n()
    alert: str = Field(foreign_key="alerts.id", index=True, sa_type=Text)
    action: str = Field(sa_type=Text)
    by: str = Field(sa_type=Words)
    note: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=When)


class DeliveryRow(Rows, table=True):
    """The outbox. `doubtful`: an earlier attempt may have arrived; `seal` seals the whole row."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_state_next_attempt", "state", "next_attempt"),)
    n: int | None = _n()
    id: str = Field(unique=True, sa_type=Text)
    alert: str = Field(foreign_key="alerts.id", index=True, sa_type=Text)
    receiver: str = Field(sa_type=Text)
    turn: int
    state: str = Field(sa_type=Text)
    created: datetime | None = Field(sa_type=When)
    next_attempt: datetime | None = Field(sa_type=When)
    attempts: int
    in_flight: bool
    sent: datetime | None = Field(sa_type=When)
    error: str = Field(sa_type=Words)
    doubtful: bool
    seal: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    group: str = Field(sa_type=Words)
    route: str = Field(sa_type=Text)
    held: str = Field(sa_type=Words)
    digest: str = Field(index=True, sa_type=Text)


class LedgerRow(Rows, table=True):
    """What happened to alerts and deliveries, in the transaction in which it happened. Only added to."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_alert_n", "alert", "n"), Index("ix_ledger_at_n", "at", "n"))
    n: int | None = _n()
    at: datetime = Field(sa_type=When)
    alert: str = Field(sa_type=Text)
    receiver: str = Field(sa_type=Text)
    delivery: str = Field(sa_type=Text)
    event: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Words)


class SilenceRow(Rows, table=True):
    """`matchers`: JSON, [[label, op, value], …]. `ends` is brought forward when a person ends it early."""

    __tablename__ = "silences"
    id: str = Field(primary_key=True, sa_type=Text)
    matchers: str = Field(sa_type=Words)
    begins: datetime = Field(sa_type=When)
    ends: datetime = Field(index=True, sa_type=When)
    by: str = Field(sa_type=Words)
    comment: str = Field(sa_type=Words)
    created: datetime = Field(sa_type=When)


class ToldGroupRow(Rows, table=True):
    """When a receiver was last sent something of a group."""

    __tablename__ = "told_groups"
    receiver: str = Field(primary_key=True, sa_type=Text)
    group: str = Field(primary_key=True, sa_type=Words)
    last: datetime = Field(index=True, sa_type=When)


class ThreadRow(Rows, table=True):
    """The first message of a thread at a receiver, in the service's words: what later ones reply to."""

    __tablename__ = "threads"
    receiver: str = Field(primary_key=True, sa_type=Text)
    thread: str = Field(primary_key=True, sa_type=Words)
    reference: str = Field(sa_type=Words)
    at: datetime = Field(index=True, sa_type=When)


class SlotRow(Rows, table=True):
    """The digests that a receiver has had: `key` is the local date and hour. `delivery`: "" = a beginning."""

    __tablename__ = "slots"
    receiver: str = Field(primary_key=True, sa_type=Text)
    key: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_type=When)
    delivery: str = Field(sa_type=Text)


class PollRow(Rows, table=True):
    __tablename__ = "polls"
    source: str = Field(primary_key=True, sa_type=Text)
    next_due: datetime | None = Field(sa_type=When)
    interval: timedelta | None = Field(sa_type=Seconds)
    etag: str = Field(sa_type=Words)
    last_modified: str = Field(sa_type=Words)
    body_digest: str = Field(sa_type=Text)
    failures: int
    url_digest: str = Field(sa_type=Text)


class ConfigRow(Rows, table=True):
    """Every configuration that was ever in force, unexpanded: secrets are only named in it."""

    __tablename__ = "configs"
    digest: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_type=When)
    files: str = Field(sa_type=Words)


metadata = Rows.metadata
meta = _table(MetaRow)
counters = _table(CounterRow)
steps = _table(StepRow)
readings = _table(ReadingRow)
items = _table(ItemRow)
forgotten = _table(ForgottenRow)
matches = _table(MatchRow)
stories = _table(StoryRow)
signals = _table(SignalRow)
level_changes = _table(LevelChangeRow)
coverage_changes = _table(CoverageChangeRow)
indicator_states = _table(StateRow)
source_health = _table(HealthRow)
source_stats = _table(SourceStatsRow)
alerts = _table(AlertRow)
acks = _table(AckRow)
deliveries = _table(DeliveryRow)
ledger = _table(LedgerRow)
silences = _table(SilenceRow)
told_groups = _table(ToldGroupRow)
threads = _table(ThreadRow)
slots = _table(SlotRow)
polls = _table(PollRow)
configs = _table(ConfigRow)
judgement_states = _table(JudgementStateRow)
budgets = _table(BudgetRow)
volumes = _table(VolumeRow)
assessments = _table(AssessmentRow)
reviews = _table(ReviewRow)
rulings = _table(RulingRow)
rematches = _table(RematchRow)
rematched_items = _table(RematchedItemRow)
