"""Indexes of the tasks that have what most tasks lack: filters find the few that repeat, or have notes, by them."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_HAVE = {
    "ix_tasks_repeating": "recurrence IS NOT NULL",
    "ix_tasks_timed": "due_time IS NOT NULL",
    "ix_tasks_noted": "notes <> ''",
    "ix_tasks_reminding": "remind_at IS NOT NULL",
}


def upgrade() -> None:
    for name, has in _HAVE.items():
        condition = sa.text(f"{has} AND deleted_at IS NULL")
        columns = ["user_id", "done", "id"]
        op.create_index(name, "tasks", columns, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    for name in _HAVE:
        op.drop_index(name, "tasks")
