"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WHEN = sa.Text().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("stories", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("acked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_alerts"),
        sa.UniqueConstraint("id", name="uq_alerts_id"),
    )
    op.create_index("ix_alerts_indicator_n", "alerts", ["indicator", "n"])
    op.create_index("ix_alerts_judgement_n", "alerts", ["judgement", "n"])
    op.create_table(
        "configs",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_configs"),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "coverage_changes",
        sa.Column("step", NUMBER, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("step", "place", name="pk_coverage_changes"),
    )
    op.create_index("ix_coverage_changes_indicator_step", "coverage_changes", ["indicator", "step"])
    op.create_table(
        "forgotten",
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_forgotten"),
    )
    op.create_table(
        "indicator_states",
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("since", WHEN, nullable=True),
        sa.Column("activation", sa.Float(), nullable=False),
        sa.Column("groups", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("falling_since", WHEN, nullable=True),
        sa.Column("ever_hit", sa.Boolean(), nullable=False),
        sa.Column("coverage", sa.Text(), nullable=False),
        sa.Column("coverage_reason", sa.Text(), nullable=False),
        sa.Column("coverage_since", WHEN, nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("deferred", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("indicator", name="pk_indicator_states"),
    )
    op.create_table(
        "items",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published", WHEN, nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("publisher_url", sa.Text(), nullable=False),
        sa.Column("first_seen", WHEN, nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("step", NUMBER, nullable=False),
        sa.Column("reading", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_items"),
        sa.UniqueConstraint("id", name="uq_items_id"),
    )
    op.create_index("ix_items_step", "items", ["step"])
    op.create_table(
        "level_changes",
        sa.Column("step", NUMBER, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("activation", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("step", "place", name="pk_level_changes"),
    )
    op.create_index("ix_level_changes_indicator_step", "level_changes", ["indicator", "step"])
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "polls",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("next_due", WHEN, nullable=True),
        sa.Column("interval", sa.Float(53), nullable=True),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("url_digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_polls"),
    )
    op.create_table(
        "readings",
        sa.Column("step", NUMBER, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("newest", WHEN, nullable=True),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("not_modified", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("step", "place", name="pk_readings"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_health",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("since", WHEN, nullable=True),
        sa.Column("last_poll", WHEN, nullable=True),
        sa.Column("last_ok", WHEN, nullable=True),
        sa.Column("last_item", WHEN, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("usual_size", NUMBER, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("outage", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_source_health"),
    )
    op.create_table(
        "source_stats",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("polls", NUMBER, nullable=False),
        sa.Column("failed", NUMBER, nullable=False),
        sa.Column("not_modified", NUMBER, nullable=False),
        sa.Column("items", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_source_stats"),
    )
    op.create_table(
        "steps",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("config_digest", sa.Text(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("matches", sa.Integer(), nullable=False),
        sa.Column("alerts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_steps"),
        sa.UniqueConstraint("key", name="uq_steps_key"),
    )
    op.create_index("ix_steps_at_n", "steps", ["at", "n"])
    op.create_table(
        "stories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("as_of", WHEN, nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("publishers", sa.Text(), nullable=False),
        sa.Column("title_words", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("place", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
    )
    op.create_index("ix_stories_as_of", "stories", ["as_of"])
    op.create_table(
        "acks",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name="fk_acks_alert"),
        sa.PrimaryKeyConstraint("n", name="pk_acks"),
    )
    op.create_index("ix_acks_alert", "acks", ["alert"])
    op.create_table(
        "deliveries",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", WHEN, nullable=True),
        sa.Column("next_attempt", WHEN, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("in_flight", sa.Boolean(), nullable=False),
        sa.Column("sent", WHEN, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name="fk_deliveries_alert"),
        sa.PrimaryKeyConstraint("n", name="pk_deliveries"),
        sa.UniqueConstraint("id", name="uq_deliveries_id"),
    )
    op.create_index("ix_deliveries_alert", "deliveries", ["alert"])
    op.create_index("ix_deliveries_state_next_attempt", "deliveries", ["state", "next_attempt"])
    op.create_table(
        "matches",
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("where", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("strength", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.id"], name="fk_matches_item"),
        sa.PrimaryKeyConstraint("n", name="pk_matches"),
    )
    op.create_index("ix_matches_indicator_n", "matches", ["indicator", "n"])
    op.create_index("uq_matches_item_indicator", "matches", ["item", "indicator"], unique=True)
    op.create_table(
        "signals",
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("as_of", WHEN, nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("reliability", sa.Text(), nullable=False),
        sa.Column("credibility", sa.Integer(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published", WHEN, nullable=True),
        sa.Column("first_seen", WHEN, nullable=False),
        sa.Column("where", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("expired", WHEN, nullable=True),
        sa.Column("place", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["story"], ["stories.id"], name="fk_signals_story"),
        sa.PrimaryKeyConstraint("indicator", "story", name="pk_signals"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_signals_expired", "signals", ["expired"])
    op.create_index("ix_signals_story", "signals", ["story"])
