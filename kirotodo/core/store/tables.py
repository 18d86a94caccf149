"""The tables, as SQLModel rows. Everything a user owns begins its primary key, and every index, with `user_id`.

What PostgreSQL adds to an index is said in the migrations alone: naming a dialect here would import it at every start.
Columns that end in `_key` are derived from others so that every sort is one walk along an index. Indexes that are
counted along end in `deleted_at`, always NULL there: SQLite looks no row up only where an index holds all it asks for.
"""

from datetime import date, datetime, time
from typing import Any, Final, cast

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary, Table, text
from sqlmodel import Field, SQLModel

from kirotodo.core.store.columns import LongText, SortKey, UtcDateTime

_NOT_DELETED: Final = text("deleted_at IS NULL")
_NARROW: Final = {"sqlite_with_rowid": False}
_ONE_USER: Final = "users.id"


class UserRow(SQLModel, table=True):
    """A user, the counters that give out ids, and the counts of tasks that every list shows. `email` is kept folded, so
    that one address is one account however it is typed; a user who came with a token alone has none.

    Steps that lists don't show by themselves are in `pending_steps` and `completed_steps` instead.

    `stored_bytes` is the text of tasks, their history, messages and turns: estimated as it is written (that of a turn
    at its end), counted by a purge.

    `reset_hash` is that of the token that may set a new password until `reset_expires_at`. From `deletion_at` on the
    user is gone, with everything of theirs; it is None while nobody asked for that. Changes before `history_from` may
    have been purged; None where none ever was. Tasks that were deleted before the revision `calendar_from` may have
    been purged too, so that programs which follow the list by revisions have to read it anew. `webhooks` counts those
    that are enabled, so that a change learns with its id whether anybody is to be sent it.
    """

    __tablename__ = "users"

    id: str = Field(primary_key=True)
    email: str | None = Field(default=None, unique=True)
    password_hash: str | None = None
    timezone: str | None = None
    token_version: int = 0
    revision: int = 0
    last_task_id: int = 0
    last_conversation_id: int = 0
    last_change_id: int = 0
    pending_count: int = 0
    completed_count: int = 0
    pending_steps: int = 0
    completed_steps: int = 0
    stored_bytes: int = Field(default=0, sa_type=BigInteger)
    created_at: datetime = Field(sa_type=UtcDateTime)
    deletion_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reset_hash: str | None = None
    reset_expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    history_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    webhooks: int = 0
    calendar_from: int = 0


class DeletedUserRow(SQLModel, table=True):
    """What stays of a deleted user: a hash of the id, and the first token version that a user of that id may have
    again, so that tokens from before open nothing."""

    __tablename__ = "deleted_users"
    __table_args__ = (_NARROW,)

    user_id: str = Field(primary_key=True)
    token_version: int
    deleted_at: datetime = Field(sa_type=UtcDateTime)


class TaskRow(SQLModel, table=True):
    """A task. `priority` counts from 0 (high) to 3 (none); `due_key` is date, time and priority in one.

    `series_id` is the first occurrence of the series that the task belongs to; that one has none itself.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"),
        Index("ix_tasks_due", "user_id", "done", "due_key", "id", "deleted_at", sqlite_where=_NOT_DELETED),
        Index(
            "ix_tasks_priority",
            *("user_id", "done", "priority", "due_key", "id"),
            sqlite_where=_NOT_DELETED,
        ),
        Index(
            "ix_tasks_project",
            *("user_id", "done", "project_key", "due_key", "id", "deleted_at"),
            sqlite_where=_NOT_DELETED,
        ),
        Index("ix_tasks_title", "user_id", "done", "title_key", "id", sqlite_where=_NOT_DELETED),
        Index("ix_tasks_created", "user_id", "done", "created_at", "id", "deleted_at", sqlite_where=_NOT_DELETED),
        Index("ix_tasks_updated", "user_id", "done", "updated_at", "id", sqlite_where=_NOT_DELETED),
        Index("ix_tasks_completed", "user_id", "done", "completed_at", "id", "deleted_at", sqlite_where=_NOT_DELETED),
        Index("ix_tasks_revision", "user_id", "revision"),
        Index("ix_tasks_previous", "user_id", "previous_id", sqlite_where=text("previous_id IS NOT NULL")),
        Index("ix_tasks_parent", "user_id", "parent_id", "position", "id", sqlite_where=text("parent_id IS NOT NULL")),
        Index("ix_tasks_series", "user_id", "series_id", "id", sqlite_where=text("series_id IS NOT NULL")),
        Index(
            "ix_tasks_start",
            *("user_id", "done", "start_date", "id"),
            sqlite_where=text("start_date IS NOT NULL AND deleted_at IS NULL"),
        ),
        *(
            Index(f"ix_tasks_{name}", "user_id", "done", "id", sqlite_where=text(f"{has} AND deleted_at IS NULL"))
            for name, has in (
                ("repeating", "recurrence IS NOT NULL"),
                ("timed", "due_time IS NOT NULL"),
                ("noted", "notes <> ''"),
                ("reminding", "remind_at IS NOT NULL"),
            )
        ),
    )

    user_id: str = Field(primary_key=True)
    id: int = Field(primary_key=True)
    title: str
    notes: str = ""
    priority: int
    due_date: date | None = None
    due_time: time | None = None
    start_date: date | None = None
    duration: int | None = None
    recurrence: str | None = None
    recurs_from: str
    series: str | None = Field(default=None, sa_type=LongText)
    remind_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    remind_before: int | None = None
    project: str | None = None
    parent_id: int | None = None
    position: int = 0
    previous_id: int | None = None
    series_id: int | None = None
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revision: int
    done: bool
    due_key: str = Field(sa_type=cast(Any, SortKey))
    title_key: str = Field(sa_type=cast(Any, SortKey))
    project_key: str | None = Field(default=None, sa_type=cast(Any, SortKey))


class TaskTagRow(SQLModel, table=True):
    """A tag of a task, in the order given."""

    __tablename__ = "task_tags"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "task_id"], ["tasks.user_id", "tasks.id"], ondelete="CASCADE"),
        Index("ix_task_tags_tag", "user_id", "tag_key", "task_id"),
        _NARROW,
    )

    user_id: str = Field(primary_key=True)
    task_id: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    tag: str
    tag_key: str = Field(sa_type=cast(Any, SortKey))


class ReminderRow(SQLModel, table=True):
    """The reminder of a task. Triggers keep it in step with its task; whoever rings claims it under a lease.

    `next_at` is when it rings: NULL once it has, and while its task is done or deleted. `rung_for` is the newest moment
    that it rang for, or that was over when it was set; `rung_at` is when it rang, `revision` that of the list then.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "task_id"], ["tasks.user_id", "tasks.id"], ondelete="CASCADE"),
        Index("ix_reminders_next", "user_id", "next_at", "task_id", sqlite_where=text("next_at IS NOT NULL")),
        Index("ix_reminders_revision", "user_id", "revision", sqlite_where=text("revision > 0")),
        _NARROW,
    )

    user_id: str = Field(primary_key=True)
    task_id: int = Field(primary_key=True)
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rung_for: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rung_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    owner: str = ""
    epoch: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revision: int = 0


class ReminderTargetRow(SQLModel, table=True):
    """Where a server rings for a user who may be elsewhere. `kind` is `webhook` or `ntfy`; `secret` signs the one, and
    is the token for the other, or empty."""

    __tablename__ = "reminder_targets"
    __table_args__ = (ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"), _NARROW)

    user_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    url: str
    secret: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class ViewRow(SQLModel, table=True):
    """A saved view: a filter in words under a name, with the order and groups it is shown in."""

    __tablename__ = "views"
    __table_args__ = (ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"), _NARROW)

    user_id: str = Field(primary_key=True)
    name_key: str = Field(primary_key=True, sa_type=cast(Any, SortKey))
    name: str
    filter: str
    sort: str | None = None
    grouping: str | None = None
    pinned: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)


class ViewChangeRow(SQLModel, table=True):
    """A change of a saved view, as JSON before and after; None where it was added or removed. Its `id` is counted with
    those of `changes`, so that undo goes back through both, and `undone_after` is as it is there."""

    __tablename__ = "view_changes"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"),
        Index("ix_view_changes_undone", "user_id", "undone_after", "id"),
        _NARROW,
    )

    user_id: str = Field(primary_key=True)
    id: int = Field(primary_key=True)
    before: str | None = Field(default=None, sa_type=cast(Any, LongText))
    after: str | None = Field(default=None, sa_type=cast(Any, LongText))
    undone_after: int | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)


class TaskCountRow(SQLModel, table=True):
    """How many of a user's tasks have something in common. Triggers keep these counts with every change of `tasks` and
    `task_tags`, whoever makes it; `core.store.task_counts` reads, checks and recounts them. A row of zeros means
    nothing.

    | kind     | slot                      | name         | which tasks                                     |
    |----------|---------------------------|--------------|-------------------------------------------------|
    | project  | 0                         | project_key  | of the project; "" is those without one         |
    | tag      | 0                         | tag          | with the tag, spelled so                        |
    | priority | as in `tasks`             | ""           | of the priority                                 |
    | due      | day, 0 where none is set  | ""           | due that day; days count from 1 January 1 as 1  |
    | created  | quarter of an hour        | ""           | created then                                    |
    | done     | quarter of an hour        | project_key  | completed then, by project                      |

    A quarter of an hour is the time since 1970, UTC, over 900 seconds. Every time zone of today begins its days at one,
    so that these counts answer for local days, weeks, weekdays and hours in any zone, which is asked for with the
    question: tasks done per day and by project, days in a row, time of day, tasks added and finished per week; and what
    is due, or late, on any day. What is asked of a period costs a row for each quarter in which something was done.
    """

    __tablename__ = "task_counts"
    __table_args__ = (ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"), _NARROW)

    user_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    slot: int = Field(primary_key=True)
    name: str = Field(primary_key=True, sa_type=cast(Any, SortKey))
    pending: int
    completed: int


class CalendarObjectRow(SQLModel, table=True):
    """A task as a calendar program stored it: under a name of its choice, with a UID, and as the text `source`; `base`
    is the task as it was then, as JSON. `parent_uid` is of the task that the program says it is a step of."""

    __tablename__ = "calendar_objects"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "task_id"], ["tasks.user_id", "tasks.id"], ondelete="CASCADE"),
        Index("ux_calendar_objects_name", "user_id", "name", unique=True),
        Index("ix_calendar_objects_uid", "user_id", "uid"),
        Index("ix_calendar_objects_parent", "user_id", "parent_uid", sqlite_where=text("parent_uid IS NOT NULL")),
        _NARROW,
    )

    user_id: str = Field(primary_key=True)
    task_id: int = Field(primary_key=True)
    name: str
    uid: str
    parent_uid: str | None = None
    source: str = Field(sa_type=cast(Any, LongText))
    base: str | None = Field(default=None, sa_type=cast(Any, LongText))
    version: int


class ConversationRow(SQLModel, table=True):
    """A thread. `last_seq` is also the number of its messages, which never go away one by one. `grants`
    is what the user said "always" to: the size by tool, as JSON, -1 for never. One `branched` has hidden messages."""

    __tablename__ = "conversations"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"),
        Index("ix_conversations_latest", "user_id", "updated_at", "id", sqlite_where=_NOT_DELETED),
        Index("ix_conversations_revision", "user_id", "revision"),
    )

    user_id: str = Field(primary_key=True)
    id: int = Field(primary_key=True)
    title: str
    preview: str = ""
    last_seq: int = 0
    grants: str | None = Field(default=None, sa_type=cast(Any, LongText))
    branched: bool = False
    revision: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MessageRow(SQLModel, table=True):
    """A text of a conversation, which never changes. `parent` is the message before it, where that is not the one of
    the number before; `variant_of` the first of the messages that stand in one place, of which all but one are hidden,
    each with what followed it."""

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "conversation_id"], ["conversations.user_id", "conversations.id"], ondelete="CASCADE"
        ),
    )

    user_id: str = Field(primary_key=True)
    conversation_id: int = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    role: str
    content: str = Field(sa_type=cast(Any, LongText))
    turn_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    parent: int | None = None
    variant_of: int | None = None
    hidden: bool = False


_LIVE: Final = text("status IN ('running', 'awaiting_approval')")
_RUNNING: Final = text("status = 'running'")
_KEYED: Final = text("request_key IS NOT NULL")


class TurnRow(SQLModel, table=True):
    """A turn: its outcome so far, and its lease (owner, epoch, until). `takeovers` counts those since it came as far as
    `takeover_progress`."""

    __tablename__ = "turns"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "conversation_id"], ["conversations.user_id", "conversations.id"], ondelete="CASCADE"
        ),
        Index(
            "ux_turns_live",
            *("user_id", "conversation_id"),
            unique=True,
            sqlite_where=_LIVE,
        ),
        Index(
            "ux_turns_request_key",
            *("user_id", "request_key"),
            unique=True,
            sqlite_where=_KEYED,
        ),
        Index("ix_turns_running", "user_id", "id", sqlite_where=_RUNNING),
    )

    user_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    conversation_id: int
    message_seq: int
    status: str
    request_key: str | None = None
    fingerprint: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    owner: str
    epoch: int = 1
    lease_until: datetime = Field(sa_type=UtcDateTime)
    takeovers: int = 0
    takeover_progress: int = -1
    cancel_requested: bool = False
    response: str = Field(default="", sa_type=cast(Any, LongText))
    error: str | None = None
    approval: str | None = Field(default=None, sa_type=cast(Any, LongText))
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def _of_a_turn() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["user_id", "turn_id"], ["turns.user_id", "turns.id"], ondelete="CASCADE")


class TurnStepRow(SQLModel, table=True):
    """One run of the model within a turn; `opaque` is what its provider wants back, as JSON."""

    __tablename__ = "turn_steps"
    __table_args__ = (_of_a_turn(), _NARROW)

    user_id: str = Field(primary_key=True)
    turn_id: str = Field(primary_key=True)
    step: int = Field(primary_key=True)
    text: str = Field(sa_type=cast(Any, LongText))
    opaque: str | None = Field(default=None, sa_type=cast(Any, LongText))


class ToolCallRow(SQLModel, table=True):
    """A tool call and its receipt."""

    __tablename__ = "tool_calls"
    __table_args__ = (_of_a_turn(), _NARROW)

    user_id: str = Field(primary_key=True)
    turn_id: str = Field(primary_key=True)
    step: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    tool: str
    arguments: str = Field(sa_type=cast(Any, LongText))
    result: str | None = Field(default=None, sa_type=cast(Any, LongText))
    status: str
    duration_ms: int = 0


class TurnEventRow(SQLModel, table=True):
    """An event, as the bytes that every viewer gets."""

    __tablename__ = "turn_events"
    __table_args__ = (_of_a_turn(), _NARROW)

    user_id: str = Field(primary_key=True)
    turn_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    data: bytes = Field(sa_type=cast(Any, LargeBinary()))


class ChangeRow(SQLModel, table=True):
    """A journal entry: a task before and after, as JSON. `group_id` is the id of the first change of its group.

    `undone_after` is None while the change holds; once undone, the id of the user's newest edit at that moment: so a
    new edit leaves nothing to redo without a write to the old ones. What undo and redo do to a task is a change too, so
    that the journal holds every state the list had: `replay` says which, `replayed_id` is the change that was undone or
    done again, and `undone_after` is -1, since such a change is never undone itself.

    `actor`, `actor_name` and `actor_version` are `domain.history.Actor`; None in changes of earlier releases.
    """

    __tablename__ = "changes"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"),
        Index("ix_changes_undone", "user_id", "undone_after", "id"),
        Index("ix_changes_group", "user_id", "group_id", "id"),
        Index("ix_changes_call", "user_id", "turn_id", "call_id", "id"),
        Index("ix_changes_task", "user_id", "task_id", "id"),
        Index("ix_changes_actor", "user_id", "actor", "id"),
    )

    user_id: str = Field(primary_key=True)
    id: int = Field(primary_key=True)
    group_id: int
    turn_id: str | None = None
    call_id: str | None = None
    task_id: int
    before: str | None = Field(default=None, sa_type=cast(Any, LongText))
    after: str | None = Field(default=None, sa_type=cast(Any, LongText))
    undone_after: int | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    actor: str | None = None
    actor_name: str | None = None
    actor_version: str | None = None
    replay: str | None = None
    replayed_id: int | None = None


class SearchDocumentRow(SQLModel, table=True):
    """A text that search looks through, folded: `ref` is a task or conversation, `part` a message's seq or 0.

    Its own integer key is what the full-text index points to, and stays the same through a VACUUM.
    """

    __tablename__ = "search_documents"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"),
        Index("ux_search_documents", "user_id", "kind", "ref", "part", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    user_id: str
    kind: str
    ref: int
    part: int = 0
    text: str = Field(sa_type=cast(Any, LongText))


class SessionRow(SQLModel, table=True):
    """A sign-in, or the token of an `agent`, which has a `scope` and is kept as a hash. `generation` counts the refresh
    tokens that a sign-in was given; `last_used_at` is when it got the newest, or when an agent was last seen."""

    __tablename__ = "sessions"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"),
        Index("ix_sessions_expires", "user_id", "expires_at"),
        _NARROW,
    )

    user_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    generation: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    agent: str | None = Field(default=None)
    scope: str | None = Field(default=None)
    token_hash: str | None = Field(default=None)


class RequestKeyRow(SQLModel, table=True):
    """The answer to a request that came with a key, as JSON; `fingerprint` says what it asked for."""

    __tablename__ = "request_keys"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"),
        Index("ix_request_keys_created", "user_id", "created_at"),
        _NARROW,
    )

    user_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    answer: str = Field(sa_type=cast(Any, LongText))
    created_at: datetime = Field(sa_type=UtcDateTime)


class WebhookRow(SQLModel, table=True):
    """An address that is sent changes. `events` are their names, with spaces between them."""

    __tablename__ = "webhooks"
    __table_args__ = (ForeignKeyConstraint(["user_id"], [_ONE_USER], ondelete="CASCADE"), _NARROW)

    user_id: str = Field(primary_key=True)
    id: int = Field(primary_key=True)
    url: str
    events: str
    secret: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_reason: str | None = None


class WebhookDeliveryRow(SQLModel, table=True):
    """A change on its way to a webhook: the outbox. It is due at `next_at`, None once it is over; a process that sends
    it holds it until `lease_until`, by its `epoch`."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "webhook_id"], ["webhooks.user_id", "webhooks.id"], ondelete="CASCADE"),
        Index(
            "ix_webhook_deliveries_next",
            *("user_id", "webhook_id", "next_at"),
            sqlite_where=text("next_at IS NOT NULL"),
        ),
        _NARROW,
    )

    user_id: str = Field(primary_key=True)
    webhook_id: int = Field(primary_key=True)
    change_id: int = Field(primary_key=True)
    event: str
    status: str
    attempts: int
    epoch: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    status_code: int | None = None
    detail: str = ""


def table_of(row: type[SQLModel]) -> Table:
    """The table behind a row class, for statements."""
    return cast(Any, row).__table__  # type: ignore[no-any-return]


users = table_of(UserRow)
deleted_users = table_of(DeletedUserRow)
tasks = table_of(TaskRow)
task_tags = table_of(TaskTagRow)
reminders = table_of(ReminderRow)
reminder_targets = table_of(ReminderTargetRow)
task_counts = table_of(TaskCountRow)
conversations = table_of(ConversationRow)
messages = table_of(MessageRow)
turns = table_of(TurnRow)
turn_steps = table_of(TurnStepRow)
tool_calls = table_of(ToolCallRow)
turn_events = table_of(TurnEventRow)
changes = table_of(ChangeRow)
search_documents = table_of(SearchDocumentRow)
sessions = table_of(SessionRow)
views = table_of(ViewRow)
view_changes = table_of(ViewChangeRow)
calendar_objects = table_of(CalendarObjectRow)
request_keys = table_of(RequestKeyRow)
webhooks = table_of(WebhookRow)
webhook_deliveries = table_of(WebhookDeliveryRow)
