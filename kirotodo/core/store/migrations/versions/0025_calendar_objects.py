"""Tasks as calendar programs stored them, and from which revision on deletions are known; app passwords and feeds are
sessions with other scopes."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ROLE = "kirotodo_app"


def upgrade() -> None:
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    op.add_column("users", sa.Column("calendar_from", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "calendar_objects",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("parent_uid", sa.String(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id", "task_id"], ["tasks.user_id", "tasks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "task_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ux_calendar_objects_name", "calendar_objects", ["user_id", "name"], unique=True)
    op.create_index("ix_calendar_objects_uid", "calendar_objects", ["user_id", "uid"])
    named = sa.text("parent_uid IS NOT NULL")
    op.create_index(
        "ix_calendar_objects_parent",
        "calendar_objects",
        ["user_id", "parent_uid"],
        sqlite_where=named,
        postgresql_where=named,
    )
    if sqlite:
        return
    mine = "user_id = (SELECT current_setting('app.user_id', true))"
    op.execute("ALTER TABLE calendar_objects ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE calendar_objects FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON calendar_objects USING ({mine}) WITH CHECK ({mine})")
    op.execute(
        "CREATE POLICY operator ON calendar_objects USING ((SELECT current_setting('app.operator', true)) = 'on')"
    )
    if connection.scalar(sa.text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')")):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_objects TO {ROLE}")


def downgrade() -> None:
    """App passwords and feeds go as well: an earlier release knows no such scopes."""
    op.drop_table("calendar_objects")
    op.drop_column("users", "calendar_from")
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT set_config('app.operator', 'on', true)"))
    connection.execute(sa.text("DELETE FROM sessions WHERE scope IN ('calendar', 'feed')"))
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT set_config('app.operator', '', true)"))
