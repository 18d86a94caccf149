"""The answers to keyed requests, so that one that comes again is not carried out again."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROLE = "kirotodo_app"


def upgrade() -> None:
    op.create_table(
        "request_keys",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "key"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_request_keys_created", "request_keys", ["user_id", "created_at"])
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    mine = "user_id = (SELECT current_setting('app.user_id', true))"
    op.execute("ALTER TABLE request_keys ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE request_keys FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON request_keys USING ({mine}) WITH CHECK ({mine})")
    op.execute("CREATE POLICY operator ON request_keys USING ((SELECT current_setting('app.operator', true)) = 'on')")
    if connection.scalar(sa.text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')")):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON request_keys TO {ROLE}")


def downgrade() -> None:
    op.drop_table("request_keys")
