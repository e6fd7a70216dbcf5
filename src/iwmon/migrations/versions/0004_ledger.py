"""The life of an alert after it was raised: open and over, held and suppressed, and a ledger of it all."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WHEN = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEFORE = (
    "id",
    "alert",
    "receiver",
    "turn",
    "state",
    "created",
    "next_attempt",
    "attempts",
    "in_flight",
    "sent",
    "error",
)
AFTER = ("kind", "group", "route", "held", "digest")


def upgrade() -> None:
    _tables()
    _alerts()
    _deliveries()
    _known()


def _tables() -> None:
    op.create_table(
        "ledger",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_ledger"),
    )
    op.create_index("ix_ledger_alert_n", "ledger", ["alert", "n"])
    op.create_index("ix_ledger_at_n", "ledger", ["at", "n"])
    op.create_table(
        "silences",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("matchers", sa.Text(), nullable=False),
        sa.Column("begins", WHEN, nullable=False),
        sa.Column("ends", WHEN, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
    )
    op.create_index("ix_silences_ends", "silences", ["ends"])
    op.create_table(
        "told_groups",
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("last", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("receiver", "group", name="pk_told_groups"),
    )
    op.create_index("ix_told_groups_last", "told_groups", ["last"])
    op.create_table(
        "threads",
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("receiver", "thread", name="pk_threads"),
    )
    op.create_index("ix_threads_at", "threads", ["at"])
    op.create_table(
        "slots",
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", "key", name="pk_slots"),
    )


def _alerts() -> None:
    """Alerts whose condition lasts are open, but those of which something later says that they ended.

    The first pass over the rest finds which are over. Nobody is told of those: they may have been over for
    months. `unsettled` says so to that pass.
    """
    _add("alerts", "open", sa.Boolean(), sa.false())
    op.add_column("alerts", sa.Column("resolved", WHEN, nullable=True))
    _add("alerts", "ended", sa.Text(), "")
    op.create_index("ix_alerts_open_n", "alerts", ["open", "n"])
    lasting = "('level_up', 'again', 'blind', 'review_due', 'expiry', 'config_error')"
    op.execute(f"UPDATE alerts SET open = {_true()} WHERE kind IN {lasting}")
    _ended()
    bind = op.get_bind()
    if bind.scalar(sa.text("SELECT count(*) FROM alerts")):
        op.execute("INSERT INTO meta (key, value) VALUES ('unsettled', '1')")


def _ended() -> None:
    """A rise ended when its level fell; what was told anew of a judgement ended when it was.

    Without this, an indicator that rises again would have all its rises of a year open, and when it falls
    each would be closed to its receivers as open for a year.
    """
    fell = (
        "FROM level_changes c WHERE c.indicator = alerts.indicator AND c.at > alerts.at "
        f"AND {_rank('c')} < {_rank('alerts')}"
    )
    anew = "FROM alerts l WHERE l.kind = alerts.kind AND l.judgement = alerts.judgement AND l.n > alerts.n"
    for kinds, found in (
        ("('level_up', 'again')", fell),
        ("('blind', 'review_due', 'config_error')", anew),
    ):
        at = "c.at" if found is fell else "l.at"
        op.execute(
            f"UPDATE alerts SET open = {_false()}, ended = 'over before the upgrade', "
            f"resolved = (SELECT min({at}) {found}) WHERE kind IN {kinds} AND EXISTS (SELECT 1 {found})"
        )


def _rank(table: str) -> str:
    whens = " ".join(f"WHEN '{level}' THEN {n}" for n, level in enumerate(("quiet", "watch", "warning")))
    return f"""CASE {table}."after" {whens} ELSE 3 END"""


def _deliveries() -> None:
    op.execute("ALTER TABLE deliveries RENAME COLUMN digest TO seal")
    for name in AFTER:
        _add("deliveries", name, sa.Text(), "firing" if name == "kind" else "")
    op.create_index("ix_deliveries_digest", "deliveries", ["digest"])
    op.execute("UPDATE deliveries SET kind = 'reminder' WHERE turn > 0")
    bind = op.get_bind()
    table = sa.Table("deliveries", sa.MetaData(), autoload_with=bind)
    sealed = []
    for row in bind.execute(sa.select(table)).mappings():
        values = [_plain(name, row[name]) for name in BEFORE]
        if _seal([*values, bool(row["doubtful"])]) == row["seal"]:  # a broken seal stays broken
            whole = [*values, *(row[name] for name in AFTER), bool(row["doubtful"])]
            sealed.append({"of": row["n"], "whole": _seal(whole)})
    if sealed:
        here = sa.update(table).where(table.c.n == sa.bindparam("of"))
        bind.execute(here.values(seal=sa.bindparam("whole")), sealed)


def _plain(name: str, value: Any) -> Any:
    if name == "in_flight":
        return bool(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def _seal(values: list[Any]) -> str:
    return sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()


def _known() -> None:
    """The ledger of what is known: when each was raised, queued, sent, given up, acknowledged."""
    op.execute(
        "INSERT INTO ledger (at, alert, receiver, delivery, event, detail) "
        "SELECT at, alert, receiver, delivery, event, detail FROM ("
        "SELECT at, id AS alert, '' AS receiver, '' AS delivery, 'raised' AS event, '' AS detail, 0 AS place "
        "FROM alerts "
        "UNION ALL SELECT coalesce(d.created, a.at), d.alert, d.receiver, d.id, 'queued', '', 1 "
        "FROM deliveries d JOIN alerts a ON a.id = d.alert "
        "UNION ALL SELECT sent, alert, receiver, id, 'sent', '', 2 "
        "FROM deliveries WHERE state = 'sent' AND sent IS NOT NULL "
        "UNION ALL SELECT coalesce(d.created, a.at), d.alert, d.receiver, d.id, 'dead', d.error, 3 "
        "FROM deliveries d JOIN alerts a ON a.id = d.alert WHERE d.state = 'dead' "
        "UNION ALL SELECT at, alert, '', '', action || 'ed', "
        """"by" || CASE WHEN note = '' THEN '' ELSE ': ' || note END, 4 FROM acks"""
        ") AS known ORDER BY at, place"
    )


def _add(table: str, name: str, kind: "sa.types.TypeEngine[Any]", value: Any) -> None:
    """A column that no row may lack: the rows that there are get `value`, those to come say their own."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=value))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, name, server_default=None)


def _true() -> str:
    return "true" if op.get_bind().dialect.name == "postgresql" else "1"


def _false() -> str:
    return "false" if op.get_bind().dialect.name == "postgresql" else "0"
