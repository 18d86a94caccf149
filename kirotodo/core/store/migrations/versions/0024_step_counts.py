"""Counts of the steps that lists don't show by themselves, which are no longer among the tasks that a user has, and an
index of tasks that start later."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_COUNTS = {"pending_steps": ("pending_count", "NOT done"), "completed_steps": ("completed_count", "done")}


def upgrade() -> None:
    for name in _COUNTS:
        op.add_column("users", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    hidden = "user_id = users.id AND parent_id IS NOT NULL AND due_date IS NULL AND deleted_at IS NULL"
    for name, (count, part) in _COUNTS.items():
        _run(f"UPDATE users SET {name} = (SELECT count(*) FROM tasks WHERE {hidden} AND {part})")
        _run(f"UPDATE users SET {count} = {count} - {name} WHERE {name} > 0")
    condition = sa.text("start_date IS NOT NULL AND deleted_at IS NULL")
    columns = ["user_id", "done", "start_date", "id"]
    op.create_index("ix_tasks_start", "tasks", columns, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    op.drop_index("ix_tasks_start", "tasks")
    for name, (count, _) in _COUNTS.items():
        _run(f"UPDATE users SET {count} = {count} + {name} WHERE {name} > 0")
        op.drop_column("users", name)


def _run(statement: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT set_config('app.operator', 'on', true)"))
    connection.execute(sa.text(statement))
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT set_config('app.operator', '', true)"))
