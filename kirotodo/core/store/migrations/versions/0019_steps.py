"""The task before a recurring one gets a name of its own, since a parent is the task of which another is a step; and a
task may have a start date, a duration, and a place among the steps of its parent."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KEPT = "step_of"
"""What the release before keeps in its journal unread, for when it is upgraded again."""


def upgrade() -> None:
    op.drop_index("ix_tasks_parent", "tasks")
    op.execute("ALTER TABLE tasks RENAME COLUMN parent_id TO previous_id")
    _rename_in_journal(("parent_id", "previous_id"), (_KEPT, "parent_id"))
    _index("ix_tasks_previous", ["previous_id"], "previous_id IS NOT NULL")
    op.add_column("tasks", sa.Column("start_date", sa.Date()))
    op.add_column("tasks", sa.Column("duration", sa.Integer()))
    op.add_column("tasks", sa.Column("parent_id", sa.Integer()))
    op.add_column("tasks", sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
    _index("ix_tasks_parent", ["parent_id", "position", "id"], "parent_id IS NOT NULL")


def downgrade() -> None:
    # Steps become tasks of their own, which is all that the release before knows.
    op.drop_index("ix_tasks_parent", "tasks")
    for name in ("position", "parent_id", "duration", "start_date"):
        op.drop_column("tasks", name)
    op.drop_index("ix_tasks_previous", "tasks")
    op.execute("ALTER TABLE tasks RENAME COLUMN previous_id TO parent_id")
    _rename_in_journal(("parent_id", _KEPT), ("previous_id", "parent_id"))
    _index("ix_tasks_parent", ["parent_id"], "parent_id IS NOT NULL")


def _index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "tasks", ["user_id", *columns], sqlite_where=where, postgresql_where=where)


def _rename_in_journal(*names: tuple[str, str]) -> None:
    """Rename members of the tasks in the journal. A quote within a text has a backslash before it there, so that
    nothing but the name of a member matches."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT set_config('app.operator', 'on', true)"))
    for old, new in names:
        for side in ("before", "after"):
            connection.execute(
                sa.text(f"UPDATE changes SET {side} = replace({side}, :old, :new) WHERE {side} LIKE :holding"),
                {"old": f'"{old}":', "new": f'"{new}":', "holding": f'%"{old}":%'},
            )
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT set_config('app.operator', '', true)"))
