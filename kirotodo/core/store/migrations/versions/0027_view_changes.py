"""Changes of saved views, which undo and redo replay."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ROLE = "kirotodo_app"


def upgrade() -> None:
    connection = op.get_bind()
    op.create_table(
        "view_changes",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("undone_after", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_view_changes_undone", "view_changes", ["user_id", "undone_after", "id"])
    if connection.dialect.name == "sqlite":
        return
    mine = "user_id = (SELECT current_setting('app.user_id', true))"
    op.execute("ALTER TABLE view_changes ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE view_changes FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON view_changes USING ({mine}) WITH CHECK ({mine})")
    op.execute("CREATE POLICY operator ON view_changes USING ((SELECT current_setting('app.operator', true)) = 'on')")
    if connection.scalar(sa.text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')")):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON view_changes TO {ROLE}")


def downgrade() -> None:
    op.drop_table("view_changes")
