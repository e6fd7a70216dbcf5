"""The warning model: who is cited, what is denied, reviews, rulings, assessments, volumes, budgets."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WHEN = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SECONDS = sa.Float(53)


def upgrade() -> None:
    _stories()
    _signals()
    _states()
    _tables()


def _stories() -> None:
    _add("stories", "carriers", sa.Text(), "[]")
    # Until now a story knew the group of its first item alone, as JSON: ["group"].
    op.execute(
        "UPDATE stories SET carriers = "
        """'["' || replace(replace("group", '\\', '\\\\'), '"', '\\"') || '"]'"""
    )
    _add("stories", "origin", sa.Text(), "")
    op.add_column("stories", sa.Column("language", sa.Text(), nullable=True))
    _add("stories", "indicators", sa.Text(), "[]")
    _add("stories", "denied_by", sa.Text(), "")
    op.add_column("stories", sa.Column("denied_at", WHEN, nullable=True))
    _add("stories", "denial", sa.Text(), "")
    _add("stories", "halved", sa.Boolean(), sa.false())


def _signals() -> None:
    _add("signals", "strength", sa.Float(), "1")
    _add("signals", "modality", sa.Text(), "reported")
    _add("signals", "cue", sa.Text(), "")
    _add("signals", "carriers", sa.Text(), "[]")
    _add("signals", "origin", sa.Text(), "")
    _add("signals", "authoritative", sa.Boolean(), sa.false())
    _add("signals", "contested", sa.Text(), "")
    _add("signals", "halved", sa.Boolean(), sa.false())
    _add("signals", "status", sa.Text(), "auto")
    _add("signals", "reviewed_by", sa.Text(), "")
    _add("signals", "note", sa.Text(), "")
    # What was found in the title, the summary or the body weighed so much; nothing else was known.
    op.execute(
        "UPDATE signals SET strength = "
        "CASE \"where\" WHEN 'title' THEN 1.0 WHEN 'summary' THEN 0.8 ELSE 0.6 END"
    )
    op.execute("UPDATE signals SET status = 'confirmed' WHERE confirmed")
    op.drop_column("signals", "confirmed")


def _states() -> None:
    op.add_column("indicator_states", sa.Column("told_at", WHEN, nullable=True))
    _add("indicator_states", "told_activation", sa.Float(), "0")
    _add("indicator_states", "told_groups", sa.Text(), "[]")
    _add("indicator_states", "transitions", sa.Text(), "[]")
    _add("indicator_states", "unstable", sa.Boolean(), sa.false())
    _add("indicator_states", "covered_days", sa.Text(), "[]")
    _add("indicator_states", "uncovered_days", sa.Text(), "[]")
    _add("indicator_states", "silent_before", SECONDS, "0")
    op.add_column("indicator_states", sa.Column("silent_since", WHEN, nullable=True))
    _add("indicator_states", "gaps", sa.Text(), "[]")
    _add("indicator_states", "peak", sa.Float(), "0")
    op.add_column("indicator_states", sa.Column("peak_at", WHEN, nullable=True))


def _add(table: str, name: str, kind: "sa.types.TypeEngine[Any]", value: Any) -> None:
    """A column that no row may lack: the rows that there are get `value`, those to come say their own."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=value))
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, name, server_default=None)


def _tables() -> None:
    op.create_table(
        "judgement_states",
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("made_on", WHEN, nullable=True),
        sa.Column("baseline", sa.Text(), nullable=False),
        sa.Column("baseline_of", WHEN, nullable=True),
        sa.Column("implied_term", sa.Text(), nullable=False),
        sa.Column("told_term", sa.Text(), nullable=False),
        sa.Column("told_at", WHEN, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("decided_on", WHEN, nullable=True),
        sa.Column("expired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("judgement", name="pk_judgement_states"),
    )
    op.create_table(
        "budgets",
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("worst", sa.Text(), nullable=False),
        sa.Column("heaviest", sa.Text(), nullable=False),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("judgement", name="pk_budgets"),
    )
    op.create_table(
        "volumes",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("items", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("source", "day", name="pk_volumes"),
    )
    op.create_table(
        "assessments",
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("coverage", sa.Text(), nullable=False),
        sa.Column("p", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("alone", sa.Float(), nullable=True),
        sa.Column("implied_term", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("judgement", "day", name="pk_assessments"),
    )
    op.create_table(
        "reviews",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("credibility", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("step", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("n", name="pk_reviews"),
    )
    op.create_index("ix_reviews_item", "reviews", ["item"])
    op.create_index("ix_reviews_step", "reviews", ["step"])
    op.create_table(
        "rulings",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("decided_on", WHEN, nullable=True),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("step", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("n", name="pk_rulings"),
    )
    op.create_index("ix_rulings_judgement", "rulings", ["judgement"])
    op.create_index("ix_rulings_step", "rulings", ["step"])
