"""Users, tasks, the journal, conversations and turns."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SORT_KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    _users()
    _tasks()
    _conversations()
    _turns()
    _changes()


def downgrade() -> None:
    for table in (
        "changes",
        "turn_events",
        "tool_calls",
        "turn_steps",
        "turns",
        "messages",
        "conversations",
        "task_tags",
        "tasks",
        "users",
    ):
        op.drop_table(table)


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("email", sa.String(), unique=True),
        sa.Column("password_hash", sa.String()),
        sa.Column("timezone", sa.String()),
        _number("token_version"),
        _number("revision"),
        _number("last_task_id"),
        _number("last_conversation_id"),
        _number("last_change_id"),
        _number("pending_count"),
        _number("completed_count"),
        _moment("created_at"),
    )


def _tasks() -> None:
    op.create_table(
        "tasks",
        _text("user_id", primary_key=True),
        _number("id", primary_key=True),
        _text("title"),
        _text("notes"),
        _number("priority"),
        sa.Column("due_date", sa.Date()),
        sa.Column("due_time", sa.Time()),
        sa.Column("recurrence", sa.String()),
        _text("recurs_from"),
        _moment("remind_at", nullable=True),
        sa.Column("project", sa.String()),
        sa.Column("parent_id", sa.Integer()),
        _moment("completed_at", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        _moment("deleted_at", nullable=True),
        _number("revision"),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("due_key", SORT_KEY, nullable=False),
        sa.Column("title_key", SORT_KEY, nullable=False),
        sa.Column("project_key", SORT_KEY),
        _of_user(),
    )
    _index("ix_tasks_due", "tasks", "done", "due_key", "id", where="deleted_at IS NULL")
    _index("ix_tasks_priority", "tasks", "done", "priority", "due_key", "id", where="deleted_at IS NULL")
    _index("ix_tasks_project", "tasks", "done", "project_key", "due_key", "id", where="deleted_at IS NULL")
    for name in ("title_key", "created_at", "updated_at", "completed_at"):
        _index(f"ix_tasks_{name.split('_')[0]}", "tasks", "done", name, "id", where="deleted_at IS NULL")
    _index("ix_tasks_revision", "tasks", "revision")
    op.create_table(
        "task_tags",
        _text("user_id", primary_key=True),
        _number("task_id", primary_key=True),
        _number("position", primary_key=True),
        _text("tag"),
        sa.Column("tag_key", SORT_KEY, nullable=False),
        _of("tasks", "task_id"),
        sqlite_with_rowid=False,
    )
    _index("ix_task_tags_tag", "task_tags", "tag_key", "task_id")


def _conversations() -> None:
    op.create_table(
        "conversations",
        _text("user_id", primary_key=True),
        _number("id", primary_key=True),
        _text("title"),
        _text("preview"),
        _number("last_seq"),
        sa.Column("approve_all", sa.Boolean(), nullable=False),
        _number("revision"),
        _moment("created_at"),
        _moment("updated_at"),
        _moment("deleted_at", nullable=True),
        _of_user(),
    )
    _index("ix_conversations_latest", "conversations", "updated_at", "id", where="deleted_at IS NULL")
    _index("ix_conversations_revision", "conversations", "revision")
    op.create_table(
        "messages",
        _text("user_id", primary_key=True),
        _number("conversation_id", primary_key=True),
        _number("seq", primary_key=True),
        _text("role"),
        sa.Column("content", sa.Text(), nullable=False),
        _text("turn_id"),
        _moment("created_at"),
        _of("conversations", "conversation_id"),
    )


def _turns() -> None:
    op.create_table(
        "turns",
        _text("user_id", primary_key=True),
        _text("id", primary_key=True),
        _number("conversation_id"),
        _number("message_seq"),
        _text("status"),
        sa.Column("request_key", sa.String()),
        _text("fingerprint"),
        _text("model"),
        _number("input_tokens"),
        _number("output_tokens"),
        _number("cached_tokens"),
        _text("owner"),
        _number("epoch"),
        _moment("lease_until"),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("error", sa.String()),
        sa.Column("approval", sa.Text()),
        _moment("created_at"),
        _moment("finished_at", nullable=True),
        _of("conversations", "conversation_id"),
    )
    live = "status IN ('running', 'awaiting_approval')"
    _index("ux_turns_live", "turns", "conversation_id", where=live, unique=True)
    _index("ux_turns_request_key", "turns", "request_key", where="request_key IS NOT NULL", unique=True)
    _index("ix_turns_running", "turns", "id", where="status = 'running'")
    op.create_table(
        "turn_steps",
        *_turn_key(),
        _number("step", primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        _of("turns", "turn_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tool_calls",
        *_turn_key(),
        _number("step", primary_key=True),
        _number("position", primary_key=True),
        _text("tool"),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("result", sa.Text()),
        _text("status"),
        _number("duration_ms"),
        _of("turns", "turn_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "turn_events",
        *_turn_key(),
        _number("seq", primary_key=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _of("turns", "turn_id"),
        sqlite_with_rowid=False,
    )


def _changes() -> None:
    op.create_table(
        "changes",
        _text("user_id", primary_key=True),
        _number("id", primary_key=True),
        _number("group_id"),
        sa.Column("turn_id", sa.String()),
        sa.Column("call_id", sa.String()),
        _number("task_id"),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("undone_after", sa.Integer()),
        _moment("created_at"),
        _of_user(),
    )
    _index("ix_changes_undone", "changes", "undone_after", "id")
    _index("ix_changes_group", "changes", "group_id", "id")
    _index("ix_changes_call", "changes", "turn_id", "call_id", "id")


def _text(name: str, *, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False, primary_key=primary_key)


def _number(name: str, *, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, primary_key=primary_key, autoincrement=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _turn_key() -> tuple[sa.Column[str], sa.Column[str]]:
    return _text("user_id", primary_key=True), _text("turn_id", primary_key=True)


def _of_user() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE")


def _of(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id", column], [f"{table}.user_id", f"{table}.id"], ondelete="CASCADE")


def _index(name: str, table: str, *columns: str, where: str | None = None, unique: bool = False) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(
        name, table, ["user_id", *columns], unique=unique, sqlite_where=condition, postgresql_where=condition
    )
