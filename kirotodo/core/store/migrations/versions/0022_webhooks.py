"""Webhooks, and the changes that are on their way to them."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ROLE = "kirotodo_app"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("users", sa.Column("webhooks", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "webhooks",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("events", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id", "webhook_id"], ["webhooks.user_id", "webhooks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "webhook_id", "change_id"),
        sqlite_with_rowid=False,
    )
    pending = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_webhook_deliveries_next",
        "webhook_deliveries",
        ["user_id", "webhook_id", "next_at"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in ("webhooks", "webhook_deliveries"):
            _secure(table)


def _secure(table: str) -> None:
    mine = "user_id = (SELECT current_setting('app.user_id', true))"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({mine}) WITH CHECK ({mine})")
    op.execute(f"CREATE POLICY operator ON {table} USING ((SELECT current_setting('app.operator', true)) = 'on')")
    if op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')")):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
    op.drop_column("users", "webhooks")
