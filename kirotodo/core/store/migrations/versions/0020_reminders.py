"""Reminders as rows that are claimed and rung once, the offset of a task's reminder, and where a server rings.

Triggers keep `reminders` in step with its task, whoever writes it: a reminder waits (`next_at`) while its task is open
and there, and its moment is neither rung nor was over when it was set. A later migration that copies `tasks` on SQLite
has to drop the triggers first and create them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ROLE = "kirotodo_app"
MOMENT = sa.DateTime(timezone=True)

OPEN = "NOT new.done AND new.deleted_at IS NULL"
SET = f"""
INSERT INTO reminders (user_id, task_id, next_at, rung_for)
VALUES (new.user_id, new.id,
    CASE WHEN {OPEN} AND new.remind_at > new.updated_at THEN new.remind_at END,
    CASE WHEN new.remind_at <= new.updated_at THEN new.remind_at END)
ON CONFLICT (user_id, task_id) DO UPDATE SET
    owner = '', epoch = 0, lease_until = NULL,
    next_at = CASE WHEN {OPEN} THEN excluded.next_at END,
    rung_for = coalesce(excluded.rung_for, reminders.rung_for);
"""
"""A moment that has passed when it is set is nothing to be reminded of."""
SETTLE = f"""
UPDATE reminders SET owner = '', epoch = 0, lease_until = NULL,
    next_at = CASE WHEN {OPEN} AND (rung_for IS NULL OR new.remind_at > rung_for) THEN new.remind_at END
WHERE user_id = new.user_id AND task_id = new.id;
"""
REMOVE = "DELETE FROM reminders WHERE user_id = new.user_id AND task_id = new.id;"
TRIGGERS = {
    "reminders_set": ("INSERT", "new.remind_at IS NOT NULL", SET),
    "reminders_moved": (
        "UPDATE OF remind_at",
        "new.remind_at IS NOT NULL AND new.remind_at IS {not_same} old.remind_at",
        SET,
    ),
    "reminders_settled": (
        "UPDATE OF done, deleted_at",
        "new.remind_at IS NOT NULL AND new.remind_at IS {same} old.remind_at "
        "AND (new.done IS {not_same} old.done OR new.deleted_at IS {not_same} old.deleted_at)",
        SETTLE,
    ),
    "reminders_removed": ("UPDATE OF remind_at", "new.remind_at IS NULL AND old.remind_at IS NOT NULL", REMOVE),
}
COMPARED = {
    "sqlite": {"same": "", "not_same": "NOT"},
    "postgresql": {"same": "NOT DISTINCT FROM", "not_same": "DISTINCT FROM"},
}


def upgrade() -> None:
    op.add_column("tasks", sa.Column("remind_before", sa.Integer(), nullable=True))
    op.create_table(
        "reminders",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("rung_for", MOMENT, nullable=True),
        sa.Column("rung_at", MOMENT, nullable=True),
        sa.Column("owner", sa.String(), nullable=False, server_default=""),
        sa.Column("epoch", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["user_id", "task_id"], ["tasks.user_id", "tasks.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "task_id"),
        sqlite_with_rowid=False,
    )
    waiting = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_reminders_next",
        "reminders",
        ["user_id", "next_at", "task_id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    rung = sa.text("revision > 0")
    op.create_index(
        "ix_reminders_revision", "reminders", ["user_id", "revision"], sqlite_where=rung, postgresql_where=rung
    )
    op.create_table(
        "reminder_targets",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "kind"),
        sqlite_with_rowid=False,
    )
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute("SELECT set_config('app.operator', 'on', true)")
    # Nothing rang before this: what is over is not rung all at once now.
    now = "CURRENT_TIMESTAMP"
    op.execute(
        "INSERT INTO reminders (user_id, task_id, next_at, rung_for) SELECT user_id, id, "
        f"CASE WHEN NOT done AND deleted_at IS NULL AND remind_at > {now} THEN remind_at END, "
        f"CASE WHEN remind_at <= {now} THEN remind_at END FROM tasks WHERE remind_at IS NOT NULL"
    )
    if dialect == "postgresql":
        _secure("reminders")
        _secure("reminder_targets")
        op.execute("SELECT set_config('app.operator', '', true)")
    for name, (when, condition, body) in TRIGGERS.items():
        condition = condition.format(**COMPARED[dialect])
        if dialect == "postgresql":
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {when} ON tasks FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()"
            )
        else:
            op.execute(f"CREATE TRIGGER {name} AFTER {when} ON tasks WHEN {condition} BEGIN {body} END")


def _secure(table: str) -> None:
    mine = "user_id = (SELECT current_setting('app.user_id', true))"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({mine}) WITH CHECK ({mine})")
    op.execute(f"CREATE POLICY operator ON {table} USING ((SELECT current_setting('app.operator', true)) = 'on')")
    if op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')")):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name}" + (" ON tasks" if postgres else ""))
        if postgres:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("reminder_targets")
    op.drop_table("reminders")
    op.drop_column("tasks", "remind_before")
