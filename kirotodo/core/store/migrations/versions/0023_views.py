"""Saved views: filters with a name."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ROLE = "kirotodo_app"


def upgrade() -> None:
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    op.create_table(
        "views",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(collation=None if sqlite else "C"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("filter", sa.String(), nullable=False),
        sa.Column("sort", sa.String(), nullable=True),
        sa.Column("grouping", sa.String(), nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "name_key"),
        sqlite_with_rowid=False,
    )
    if sqlite:
        return
    mine = "user_id = (SELECT current_setting('app.user_id', true))"
    op.execute("ALTER TABLE views ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE views FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON views USING ({mine}) WITH CHECK ({mine})")
    op.execute("CREATE POLICY operator ON views USING ((SELECT current_setting('app.operator', true)) = 'on')")
    if connection.scalar(sa.text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')")):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON views TO {ROLE}")


def downgrade() -> None:
    op.drop_table("views")
