"""Accounts that are to be deleted, passwords that are reset, and which tokens of a deleted user stay dead."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROLE = "kirotodo_app"
TABLE = "deleted_users"


def upgrade() -> None:
    op.add_column("users", sa.Column("deletion_at", sa.DateTime(timezone=True)))
    op.add_column("users", sa.Column("reset_hash", sa.String()))
    op.add_column("users", sa.Column("reset_expires_at", sa.DateTime(timezone=True)))
    op.create_table(
        TABLE,
        sa.Column("user_id", sa.String(), nullable=False, primary_key=True),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name != "sqlite":
        op.execute("CREATE INDEX ix_users_deletion ON users (deletion_at) WHERE deletion_at IS NOT NULL")
        _guard()


def _guard() -> None:
    """Row-level security as on every other table; the user is named by a hash here."""
    user = "(SELECT encode(sha256(convert_to(current_setting('app.user_id', true), 'UTF8')), 'hex'))"
    operator = "(SELECT current_setting('app.operator', true))"
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {TABLE} USING (user_id = {user}) WITH CHECK (user_id = {user})")
    op.execute(f"CREATE POLICY operator ON {TABLE} USING ({operator} = 'on')")
    if op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')")):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {ROLE}")


def downgrade() -> None:
    """Accounts that are to be deleted stay, as if nobody had asked for it."""
    op.drop_table(TABLE)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP INDEX ix_users_deletion")
    for column in ("reset_expires_at", "reset_hash", "deletion_at"):
        op.drop_column("users", column)
