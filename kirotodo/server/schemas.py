"""What requests carry, and the few envelopes of answers that are no value of the core.

Limits that the core checks itself are only told here (`told`), so that both ways in refuse with the same sentence.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from kirotodo.core.backend import ModelChoice, TaskFields
from kirotodo.core.domain.conversation import MESSAGE_MAX, Approval, CallStatus, Decision, Turn, Usage
from kirotodo.core.domain.task import (
    NAME_MAX,
    NOTES_MAX,
    PAGE_MAX,
    TITLE_MAX,
    Due,
    Priority,
    RecursFrom,
    Sort,
    Status,
    Task,
    TaskDraft,
    TaskFilter,
)
from kirotodo.core.errors import Code

ID_MAX: Final = 2**31 - 1
SEQ_MAX: Final = 2**31 - 1
AT_ONCE: Final = 1_000
"""Tasks that one request may name."""
IMPORT_AT_ONCE: Final = 50_000
KEY_PATTERN: Final = r"^[!-~]{1,200}$"


def known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError("it should be an IANA time zone such as Europe/Vienna, America/New_York or UTC") from None
    return name


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a character that no text can have (NUL)")
    return text


def told(**limits: Any) -> dict[str, Any]:
    """Limits of a text that the core checks: documented here, refused there."""
    return {"type": "string", **limits}


Text = Annotated[str, AfterValidator(_storable)]
Id = Annotated[int, Field(ge=1, le=ID_MAX)]
Zone = Annotated[
    str,
    Field(max_length=64, description="IANA time zone of days and hours.", examples=["Europe/Vienna"]),
    AfterValidator(known_zone),
]
Limit = Annotated[int, Field(ge=1, le=PAGE_MAX, description="How many at most.")]
Cursor = Annotated[Text, Field(max_length=500, description="`next` of the page before.")]
TaskIds = Annotated[list[Id], Field(min_length=1, max_length=AT_ONCE, description="Which tasks.", examples=[[3, 5]])]
Title = Annotated[Text, WithJsonSchema(told(minLength=1, maxLength=TITLE_MAX, examples=["Pay rent"]))]
Tag = Annotated[Text, WithJsonSchema(told(maxLength=NAME_MAX))]
Words = Annotated[Text, Field(max_length=500)]


class Body(BaseModel):
    """Unknown members are refused: a misspelt one would be lost without a word."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChatBody(Body):
    message: Annotated[
        str,
        WithJsonSchema(told(minLength=1, maxLength=MESSAGE_MAX, examples=["Add milk tomorrow at 5pm"])),
    ] = Field(description="What the user says.")
    conversation_id: Id | None = Field(default=None, description="Go on in this conversation; a new one without it.")
    timezone: Zone | None = Field(default=None, description="As the header `X-Timezone`, which it overrides.")
    model: Annotated[Text, Field(max_length=200)] | None = Field(
        default=None, description="Name of one of `GET /models`; the default one without it."
    )


class ApprovalBody(Body):
    call_id: Annotated[Text, Field(max_length=50, examples=["0.0"])] = Field(description="Which call was asked about.")
    decision: Decision = Field(
        description="`always` also lets the same tool act on as many tasks in later turns of the conversation."
    )
    arguments: dict[str, Any] | None = Field(default=None, description="In place of what the model asked with.")


class TitleBody(Body):
    title: Title = Field(description="The new title.")


class FieldsBody(Body):
    """A task's fields in a person's words. Those left out stay as they are; null takes a value away."""

    title: Title = Field(default="", description="What is to be done.")
    notes: Annotated[Text, WithJsonSchema(told(maxLength=NOTES_MAX))] | None = Field(default=None)
    due: Words | None = Field(default=None, description="A day, with or without a time.", examples=["tomorrow at 5pm"])
    time: Words | None = Field(default=None, description="The time of day.", examples=["17:00"])
    recurrence: Words | None = Field(
        default=None, description="Words, or an RFC 5545 rule.", examples=["every other friday"]
    )
    recurs_from: RecursFrom = Field(default="schedule", description="What the next occurrence is counted from.")
    priority: Priority = Field(default="none")
    project: Annotated[Text, WithJsonSchema(told(maxLength=NAME_MAX))] | None = Field(default=None)
    tags: list[Tag] = Field(default=[], max_length=100, description="In place of all tags.")
    add_tags: list[Tag] = Field(default=[], max_length=100, description="More tags.")
    remove_tags: list[Tag] = Field(default=[], max_length=100, description="Fewer tags.")
    remind: Words | None = Field(default=None, description="When to be reminded.", examples=["10 minutes before"])

    def fields(self) -> TaskFields:
        """What was given, and nothing else."""
        return cast(TaskFields, self.model_dump(exclude_unset=True, exclude={"completed"}))


class NewTaskBody(FieldsBody):
    title: Title = Field(description="What is to be done.")


class TaskBody(FieldsBody):
    completed: bool | None = Field(default=None, description="Set it done or open; a set, never a toggle.")


class TextBody(Body):
    text: Annotated[Text, WithJsonSchema(told(minLength=1, examples=["Pay rent friday 5pm #home +flat !high"]))] = (
        Field(description="One line with dates, `#tag`, `+project` and `!priority` in it.")
    )
    dry_run: bool = Field(default=False, description="Only say what would be added, with ids 0.")


class UpdateBody(Body):
    task_ids: TaskIds
    fields: FieldsBody


class CompleteBody(Body):
    task_ids: TaskIds
    completed: bool = Field(default=True, description="false opens them again.")


class TaskIdsBody(Body):
    task_ids: TaskIds


class ImportBody(Body):
    drafts: list[TaskDraft] = Field(max_length=IMPORT_AT_ONCE, description="Tasks as they are to be.")


class UndoBody(Body):
    groups: int = Field(default=1, ge=1, le=AT_ONCE, description="How many groups of changes: turns or direct edits.")


class PageQuery(Body):
    limit: Limit = 50
    cursor: Cursor | None = None


class ConversationQuery(PageQuery):
    search: Words | None = Field(default=None, description="Words of the title or of messages.")


class TaskQuery(PageQuery):
    """Which tasks, in what order."""

    status: Status = "pending"
    due: Due = Field(default="any", description="Relative to the user's today.")
    due_from: date | None = None
    due_to: date | None = None
    completed_from: date | None = None
    completed_to: date | None = None
    project: Words | None = None
    tag: Words | None = None
    priority: Priority | None = None
    search: Words | None = Field(default=None, description="Words, or beginnings of words.")
    sort: Sort = "due"

    def filter(self) -> TaskFilter:
        return TaskFilter(**self.model_dump(exclude={"limit", "cursor"}))


class TranscriptQuery(Body):
    before: Annotated[int, Field(ge=1, le=SEQ_MAX)] | None = Field(
        default=None, description="Only messages before this `seq`."
    )
    limit: Limit = 50


class StatsQuery(Body):
    period_days: int = Field(default=7, ge=1, le=3660, description="The period that ends today.")


class Call(BaseModel):
    """A tool call of a turn, as a chat answer shows it."""

    id: str
    tool: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None
    status: CallStatus
    duration_ms: int


class ChatAnswer(BaseModel):
    """The outcome of a turn: its answer, or the approval it waits for."""

    conversation_id: int
    turn_id: str
    message_id: int = Field(description="The `seq` of the user's message in its conversation.")
    status: Literal["finished", "awaiting_approval", "cancelled"]
    response: str
    tool_calls: list[Call]
    approval: Approval | None
    model: str
    usage: Usage
    created_at: datetime

    @classmethod
    def of(cls, turn: Turn) -> "ChatAnswer":
        calls = [
            Call(
                id=call.id,
                tool=call.tool,
                arguments=call.arguments,
                result=call.result,
                status=call.status,
                duration_ms=call.duration_ms,
            )
            for call in turn.tool_calls
        ]
        assert turn.status in ("finished", "awaiting_approval", "cancelled")
        return cls(
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            message_id=turn.message_seq,
            status=turn.status,
            response=turn.response,
            tool_calls=calls,
            approval=turn.approval,
            model=turn.model,
            usage=turn.usage,
            created_at=turn.created_at,
        )


class Tasks(BaseModel):
    items: tuple[Task, ...]


class Models(BaseModel):
    items: tuple[ModelChoice, ...]


class UserStatus(BaseModel):
    """What answers, for whom, and how much is open."""

    model: str
    user: str
    pending: int
    email: str | None = None


class Health(BaseModel):
    status: Literal["ok"] = "ok"
    version: str


class FieldFault(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable and meant for programs, `detail` a sentence for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: Code
    errors: list[FieldFault] | None = Field(default=None, description="Of `invalid_input`: what is wrong where.")
    turn_id: str | None = Field(default=None, description="Of `live_turn`, and of a chat whose turn failed.")
    conversation_id: int | None = Field(default=None, description="Of a chat whose turn failed.")
    retry_after: float | None = Field(default=None, description="Of `rate_limited`: seconds to wait.")
