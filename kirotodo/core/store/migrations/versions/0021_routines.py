"""Which series an occurrence of a routine belongs to, and what the series has where one was changed for once."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

FIRST_OF_EACH = """
UPDATE tasks SET series_id = chain.series FROM (
    WITH RECURSIVE chain(user_id, id, series) AS (
        SELECT first.user_id, first.id, first.id FROM tasks AS first
        WHERE NOT EXISTS (
            SELECT 1 FROM tasks AS before WHERE before.user_id = first.user_id AND before.id = first.previous_id
        )
        UNION ALL
        SELECT later.user_id, later.id, chain.series FROM tasks AS later
        JOIN chain ON later.user_id = chain.user_id AND later.previous_id = chain.id
    )
    SELECT user_id, id, series FROM chain WHERE id <> series
) AS chain
WHERE tasks.user_id = chain.user_id AND tasks.id = chain.id
"""
"""The first occurrence is its series' id; a task that follows none stays without one."""


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    op.add_column("tasks", sa.Column("series", sa.Text()))
    op.add_column("tasks", sa.Column("series_id", sa.Integer()))
    if postgres:
        op.execute("SELECT set_config('app.operator', 'on', true)")
    op.execute(FIRST_OF_EACH)
    if postgres:
        op.execute("SELECT set_config('app.operator', '', true)")
    given = sa.text("series_id IS NOT NULL")
    op.create_index(
        "ix_tasks_series", "tasks", ["user_id", "series_id", "id"], sqlite_where=given, postgresql_where=given
    )


def downgrade() -> None:
    op.drop_index("ix_tasks_series", "tasks")
    op.drop_column("tasks", "series_id")
    op.drop_column("tasks", "series")
