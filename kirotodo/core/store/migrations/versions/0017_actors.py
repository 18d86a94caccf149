"""Who made each change, the steps of undo and redo as changes of their own, and since when the history is whole.

A step of undo or redo has `undone_after` -1, so that releases before this one, which may run meanwhile, never undo it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

COLUMNS = ("actor", "actor_name", "actor_version", "replay", "replayed_id")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("changes", sa.Column(name, sa.Integer() if name == "replayed_id" else sa.String()))
    op.add_column("users", sa.Column("history_from", sa.DateTime(timezone=True)))
    op.create_index("ix_changes_task", "changes", ["user_id", "task_id", "id"])
    op.create_index("ix_changes_actor", "changes", ["user_id", "actor", "id"])


def downgrade() -> None:
    """Steps of undo and redo go: to the release before, only edits are changes. So the newest change is an edit again,
    by which it knows what can be redone."""
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute("SELECT set_config('app.operator', 'on', true)")
    op.execute("DELETE FROM changes WHERE replay IS NOT NULL")
    op.execute(
        "UPDATE users SET last_change_id = coalesce("
        "(SELECT max(changes.id) FROM changes WHERE changes.user_id = users.id), last_change_id)"
    )
    if postgres:
        op.execute("SELECT set_config('app.operator', '', true)")
    op.drop_index("ix_changes_actor", "changes")
    op.drop_index("ix_changes_task", "changes")
    op.drop_column("users", "history_from")
    for name in reversed(COLUMNS):
        op.drop_column("changes", name)
