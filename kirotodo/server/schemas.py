"""What requests carry, and the few envelopes of answers that are no value of the core.

Limits that the core checks itself are only described here (`schema_limits`), so that both ways in refuse with the same
sentence.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal, cast, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    WithJsonSchema,
)

from kirotodo.core.backend import ModelChoice, OccurrenceScope, TaskFields
from kirotodo.core.domain.conversation import MESSAGE_MAX, Conversation, Decision
from kirotodo.core.domain.filter_parser import FILTER_MAX
from kirotodo.core.domain.history import By
from kirotodo.core.domain.plan import MINUTES_MAX, PER_DAY_MAX, Move, Period
from kirotodo.core.domain.routine import UPCOMING
from kirotodo.core.domain.task import (
    NAME_MAX,
    NOTES_MAX,
    PAGE_MAX,
    SKIPPED_MAX,
    TITLE_MAX,
    Due,
    Priority,
    RecursFrom,
    Scheduled,
    Series,
    Sort,
    Status,
    Steps,
    Task,
    TaskDraft,
    TaskFilter,
)
from kirotodo.core.domain.view import NAME_PATTERN, Group, View
from kirotodo.core.errors import Code, InvalidInput, PreconditionFailed
from kirotodo.core.text.durations import DURATION_MAX
from kirotodo.core.timezones import known_zone

ID_MAX: Final = 2**31 - 1
SEQ_MAX: Final = 2**31 - 1
LEAD_MAX: Final = 366 * 24 * 60
AT_ONCE: Final = 1_000
"""Tasks that one request may name."""
IMPORT_AT_ONCE: Final = 50_000
KEY_PATTERN: Final = r"^[!-~]{1,200}$"


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("it contains a NUL character")
    return text


def schema_limits(**limits: Any) -> dict[str, Any]:
    """Limits of a text that the core checks: documented here, refused there."""
    return {"type": "string", **limits}


_DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK: Final = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}[0-9:.]*([Zz]|[+-][0-9]{2}:[0-9]{2})")


def _whole_number(value: object) -> int:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    raise ValueError("it should be a whole number in plain digits, such as 12")


def _day(value: object) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return date.fromisoformat(value)
    raise ValueError("it should be a day such as 2026-11-27")


def _clock(value: object) -> time:
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        return time.fromisoformat(value)
    raise ValueError("it should be a local time of day such as 17:00 or 17:00:00")


def _moment(value: object) -> datetime:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except OverflowError:
            pass
    raise ValueError("it should be a moment with its offset from UTC, such as 2026-11-27T08:00:00Z")


def left_out() -> Any:
    """Return what stands for a member that was not given. As a factory it puts no default into the schema, which a
    generated client would send."""
    return None


Text = Annotated[str, AfterValidator(_storable)]
Id = Annotated[int, Field(strict=True, ge=1, le=ID_MAX)]
"""An id in a body: a JSON integer and nothing that looks like one."""
Number = BeforeValidator(_whole_number)
"""For numbers in a path or query: plain ASCII digits, without a sign, spaces or leading zeros."""
Lead = Annotated[int, Field(strict=True, ge=0, le=LEAD_MAX)]
"""Minutes before a task is due."""
Day = Annotated[date, BeforeValidator(_day)]
Clock = Annotated[time, BeforeValidator(_clock)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Zone = Annotated[
    str,
    Field(max_length=64, description="IANA time zone for due days and times.", examples=["Europe/Vienna"]),
    AfterValidator(known_zone),
]
Limit = Annotated[int, Number, Field(ge=1, le=PAGE_MAX, description="How many at most.")]
Cursor = Annotated[Text, Field(max_length=500, description="`next` of the previous page.")]
TaskIds = Annotated[list[Id], Field(min_length=1, max_length=AT_ONCE, description="Which tasks.", examples=[[3, 5]])]
Title = Annotated[Text, WithJsonSchema(schema_limits(minLength=1, maxLength=TITLE_MAX, examples=["Pay rent"]))]
Tag = Annotated[Text, WithJsonSchema(schema_limits(maxLength=NAME_MAX))]
Words = Annotated[Text, Field(max_length=500)]
_ONE_SORT: Final = f"({'|'.join(get_args(Sort))})(-asc|-desc)?"
SortOrder = Annotated[Text, WithJsonSchema(schema_limits(pattern=f"^{_ONE_SORT}(,{_ONE_SORT})*$", default="due"))]
ViewName = Annotated[
    Text, Field(max_length=200), WithJsonSchema(schema_limits(pattern=NAME_PATTERN, maxLength=50, examples=["work"]))
]
Filter = Annotated[Text, WithJsonSchema(schema_limits(minLength=1, maxLength=FILTER_MAX))]
PastWords = Annotated[
    Text,
    Field(min_length=1, max_length=100, examples=["yesterday", "friday", "3 hours ago", "2026-11-20T08:00:00Z"]),
]
"""A time of the past, in words or as a moment with its offset."""


Counted = Mapping[str, int]
"""How many steps of a task are done, of how many."""


def example(**members: Any) -> dict[str, Any]:
    """Return what a model adds to its schema so that the description shows these members as an example."""
    return {"examples": [members]}


class Body(BaseModel):
    """Unknown members are refused: a misspelt one would be lost without a word."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ChatBody(Body, json_schema_extra=example(message="Add milk tomorrow at 5pm", timezone="Europe/Vienna")):
    """A message to send, and the conversation it belongs to."""

    message: Annotated[
        str,
        WithJsonSchema(schema_limits(minLength=1, maxLength=MESSAGE_MAX, examples=["Add milk tomorrow at 5pm"])),
    ] = Field(description="The user's message.")
    conversation_id: Id | None = Field(
        default=None, description="The conversation to continue; without it, a new one begins."
    )
    timezone: Zone | None = Field(default=None, description="Like the header `X-Timezone`, which it overrides.")
    model: Annotated[Text, Field(max_length=200)] | None = Field(
        default=None, description="The name of a model of `GET /models`; by default the default one."
    )
    instead_of: Id | None = Field(
        default=None,
        description="The `seq` of an earlier message of the user there, whose place this one takes. That "
        "one stays as another variant, with what followed it.",
    )
    keep_changes: StrictBool = Field(
        default=False, description="With `instead_of`: don't undo what the answers from there on changed."
    )


class ApprovalBody(Body, json_schema_extra=example(call_id="0.0", decision="yes")):
    """The answer to a question about a tool call."""

    call_id: Annotated[Text, Field(max_length=50, examples=["0.0"])] = Field(
        description="The call that the question is about."
    )
    decision: Decision = Field(
        description="`always` also lets the same tool act on as many tasks in later turns of the conversation. "
        "`never` is a no, and a no to every later question about that tool there."
    )
    arguments: dict[str, Any] | None = Field(default=None, description="Arguments to use instead of the model's.")


class HitBody(Body):
    """What a search found in a conversation."""

    seq: Annotated[int, Field(strict=True, ge=1)]
    snippet: Text


class TitleBody(Body, json_schema_extra=example(title="Holiday in June")):
    """Another title for a conversation. It takes what reading one gives; of what cannot be changed, only as it is."""

    title: Title = Field(description="The new title.")
    id: Id = Field(default_factory=left_out, description="As it is.")
    preview: Text = Field(default_factory=left_out, description="As it is.")
    message_count: Annotated[int, Field(strict=True, ge=0)] = Field(default_factory=left_out, description="As it is.")
    created_at: Moment = Field(default_factory=left_out, description="As it is.")
    updated_at: Moment = Field(
        default_factory=left_out,
        description="Its current value: a conversation that has changed since then is left alone (412).",
    )
    hit: HitBody | None = Field(default_factory=left_out, description="Not used: it is what a search found.")

    def check(self, conversation: Conversation) -> None:
        """Raise `InvalidInput` or `PreconditionFailed`, see `check_as_read`."""
        check_as_read(self, conversation, only_if_the_same=("id", "preview", "message_count", "created_at"))


class SeriesBody(Body):
    """What a series has where its open occurrence was changed for once."""

    title: Text
    due_date: Day
    due_time: Clock | None = None

    def value(self) -> Series:
        """Return the value that the body describes."""
        return Series(title=self.title, due_date=self.due_date, due_time=self.due_time)


class FieldsBody(Body, json_schema_extra=example(due="tomorrow at 5pm", priority="high", add_tags=["bills"])):
    """A task's fields, as they are read or in a person's words: `due_date`, `due_time` and `remind_at` take what a task
    has there, `due`, `time` and `remind` take words. A member that is left out stays as it is; null takes the value
    away where there can be none."""

    title: Title = Field(default_factory=left_out, description="What to do. Never null.")
    notes: Annotated[Text, WithJsonSchema(schema_limits(maxLength=NOTES_MAX))] | None = Field(
        default_factory=left_out, description="Null or an empty text removes them."
    )
    due_date: Day | None = Field(default_factory=left_out, description="The day it is due. Null removes day and time.")
    due_time: Clock | None = Field(
        default_factory=left_out, description="The local time of day, which needs a day. Null removes it."
    )
    due: Words | None = Field(
        default_factory=left_out,
        description="Instead of `due_date`: a day in words, with or without a time. Null removes day and time.",
        examples=["tomorrow at 5pm"],
    )
    time: Words | None = Field(
        default_factory=left_out,
        description="Instead of `due_time`: the time of day in words. Null removes it.",
        examples=["5pm"],
    )
    recurrence: Words | None = Field(
        default_factory=left_out,
        description="Words, an RFC 5545 rule, or another end for the rule that there is (`until christmas`, "
        "`5 more times`, `forever`). Null ends the repetition.",
        examples=["every other friday"],
    )
    recurs_from: RecursFrom = Field(
        default_factory=left_out, description="What the next occurrence is counted from. Never null."
    )
    start_date: Day | None = Field(
        default_factory=left_out, description="The day before which it is not to be done. Null removes it."
    )
    start: Words | None = Field(
        default_factory=left_out,
        description="Instead of `start_date`: the day in words. Null removes it.",
        examples=["monday"],
    )
    duration: Annotated[int, Field(strict=True, ge=1, le=DURATION_MAX)] | None = Field(
        default_factory=left_out, description="How many minutes it takes. Null removes it."
    )
    parent_id: Id | None = Field(
        default_factory=left_out,
        description="The task of which it is a step: one that isn't done, nor a step itself. Null makes it no step.",
    )
    position: Annotated[int, Field(strict=True, ge=0, le=ID_MAX)] = Field(
        default_factory=left_out, description="Its place among the steps of its parent, from 1. Never null."
    )
    occurrence: OccurrenceScope = Field(
        default_factory=left_out,
        description="Of a repeating task: `this` changes title, date or time of the open occurrence alone, `series` "
        "moves the days of its rule along with the date. Never null.",
    )
    priority: Priority | None = Field(default_factory=left_out, description="Null is `none`.")
    project: Annotated[Text, WithJsonSchema(schema_limits(maxLength=NAME_MAX))] | None = Field(
        default_factory=left_out, description="Null removes it."
    )
    tags: Annotated[list[Tag], Field(max_length=100)] | None = Field(
        default_factory=left_out, description="Replaces all tags. Null removes all."
    )
    add_tags: list[Tag] = Field(default_factory=left_out, max_length=100, description="More tags.")
    remove_tags: list[Tag] = Field(default_factory=left_out, max_length=100, description="Fewer tags.")
    remind_at: Moment | None = Field(default_factory=left_out, description="When to remind. Null removes the reminder.")
    remind: Words | None = Field(
        default_factory=left_out,
        description="Instead of `remind_at`: when to remind, in words. Null removes the reminder.",
        examples=["10 minutes before"],
    )
    remind_before: Lead | None = Field(
        default_factory=left_out,
        description="Minutes before it is due: such a reminder moves with the due date. Null removes the reminder.",
    )
    snooze: Words = Field(
        default_factory=left_out,
        description="Put the next ring off, in words; what `remind_before` says of later ones stays. Never null.",
        examples=["10 minutes", "until tomorrow 9"],
    )

    def fields(self) -> TaskFields:
        """Return what was given, and nothing else."""
        return cast(TaskFields, self.model_dump(exclude_unset=True, include=set(_FIELDS)))


_FIELDS: Final = frozenset(FieldsBody.model_fields)


class NewTaskBody(
    FieldsBody,
    json_schema_extra=example(title="Pay rent", due="friday 5pm", project="flat", tags=["home"], priority="high"),
):
    """A task to be made: at least its `title`. It takes what reading a task gives, and the new task has an id and times
    of its own."""

    title: Title = Field(description="What to do.")
    completed_at: Moment | None = Field(
        default_factory=left_out, description="When it was completed, to add it as a completed task."
    )
    id: Id = Field(default_factory=left_out, description="Not kept.")
    previous_id: Id | None = Field(default_factory=left_out, description="Not kept.")
    series: SeriesBody | None = Field(default_factory=left_out, description="Not kept.")
    created_at: Moment = Field(default_factory=left_out, description="Not kept.")
    updated_at: Moment = Field(default_factory=left_out, description="Not kept.")
    steps: Counted | None = Field(default_factory=left_out, description="Not kept.")


class TaskBody(
    FieldsBody,
    json_schema_extra=example(
        notes="By transfer", due_date="2026-11-27", completed=False, updated_at="2026-11-23T08:00:00Z"
    ),
):
    """Changes to a task. It takes what reading one gives; of what cannot be changed, only as it is."""

    completed: StrictBool = Field(
        default_factory=left_out, description="Sets it done or open; never a toggle. Never null."
    )
    id: Id = Field(default_factory=left_out, description="As it is.")
    previous_id: Id | None = Field(default_factory=left_out, description="As it is.")
    series: SeriesBody | None = Field(default_factory=left_out, description="As it is.")
    steps: Counted | None = Field(default_factory=left_out, description="Not used: it follows from the steps.")
    completed_at: Moment | None = Field(
        default_factory=left_out, description="Its current value; set `completed` instead."
    )
    created_at: Moment = Field(default_factory=left_out, description="As it is.")
    updated_at: Moment = Field(
        default_factory=left_out,
        description="Its current value: a task that has changed since then is left alone (412).",
    )

    def check(self, task: Task) -> None:
        """Raise `InvalidInput` or `PreconditionFailed`, see `check_as_read`."""
        check_as_read(self, task, only_if_the_same=("id", "previous_id", "series", "completed_at", "created_at"))


def check_as_read(body: Body, value: Task | Conversation, *, only_if_the_same: Sequence[str]) -> None:
    """Raise `PreconditionFailed` where `value` is newer than the one that `body` was made of, and `InvalidInput` where
    a member that cannot be changed is not given as it is."""
    given = body.model_dump(exclude_unset=True)
    if "updated_at" in given and not _same(given["updated_at"], value.updated_at):
        raise PreconditionFailed("It has changed since you read it, so nothing was done. Read it again, then retry.")
    for name in only_if_the_same:
        if name in given and not _same(given[name], getattr(value, name)):
            hint = "set `completed` to true or false instead" if name == "completed_at" else "leave it out"
            raise InvalidInput(f"{name}: it cannot be changed; {hint}.")


def _same(given: Any, kept: Any) -> bool:
    """Return whether both are the same; of moments, as far as a program that counts in milliseconds can say."""
    if isinstance(given, datetime) and isinstance(kept, datetime):
        return abs(given - kept) < timedelta(milliseconds=1)
    if isinstance(kept, Series):
        return isinstance(given, dict) and Series(**given) == kept
    return bool(given == kept)


class TextBody(Body, json_schema_extra=example(text="Pay rent friday 5pm #home +flat !high")):
    """A task written as one line of text."""

    text: Annotated[
        Text, WithJsonSchema(schema_limits(minLength=1, examples=["Pay rent friday 5pm #home +flat !high"]))
    ] = Field(description="One line with dates, `#tag`, `+project` and `!priority`.")
    dry_run: StrictBool = Field(default=False, description="Only return what would be added, with ids 0.")


class UpdateBody(Body, json_schema_extra=example(task_ids=[3, 5], fields={"project": "flat", "add_tags": ["home"]})):
    """Tasks to change, and the fields to change."""

    task_ids: TaskIds
    fields: FieldsBody


class CompleteBody(Body, json_schema_extra=example(task_ids=[3, 5])):
    """Tasks to complete, or to open again."""

    task_ids: TaskIds
    completed: StrictBool = Field(default=True, description="false reopens them.")


class SkipBody(Body, json_schema_extra=example(until="12 dec")):
    """Routines to skip."""

    task_ids: TaskIds | None = Field(default=None, description="Without them, all routines; that takes `until`.")
    until: Words | None = Field(
        default=None,
        description="Skip all occurrences before this day. Without it, the open occurrence.",
        examples=["12 dec"],
    )
    count: Annotated[StrictInt, Field(ge=1, le=SKIPPED_MAX)] | None = Field(
        default=None, description="Skip so many occurrences, the open one first; instead of `until`.", examples=[2]
    )
    on: Words | None = Field(
        default=None,
        description="Skip only the occurrences on this day or these days, also further ahead; instead of `until`.",
        examples=["14 dec", "next week", "24 dec..2 jan"],
    )
    due_date: Day | None = Field(
        default=None, description="When the tasks are due now: if one has another due date, nothing is skipped (409)."
    )
    made_at: Moment | None = Field(
        default=None,
        description="When it was skipped, where that is sent later: what follows is counted from then, not from now.",
    )
    dry_run: StrictBool = Field(default=False, description="Only return what would be changed.")


class MoveBody(Body):
    """A task, the due date it has, and the one it is to have."""

    task_id: Id
    due_date: Day | None = Field(description="Its due date now: where a task has another, nothing is moved (409).")
    to: Day = Field(description="Its new due date.")


class MovesBody(Body, json_schema_extra=example(moves=[{"task_id": 3, "due_date": "2026-11-20", "to": "2026-11-30"}])):
    """Tasks to move."""

    moves: Annotated[list[MoveBody], Field(min_length=1, max_length=AT_ONCE)]
    for_once: StrictBool = Field(default=True, description="Of a routine only the open occurrence moves.")

    def values(self) -> tuple[Move, ...]:
        """Return the moves that the body describes."""
        return tuple(Move(task_id=each.task_id, due_date=each.due_date, to=each.to) for each in self.moves)


class TaskIdsBody(Body, json_schema_extra=example(task_ids=[3, 5])):
    """The ids of tasks."""

    task_ids: TaskIds


class DraftBody(Body):
    """A task as it is to be. It takes what reading a task gives."""

    title: Text
    notes: Text = ""
    priority: Priority = "none"
    due_date: Day | None = None
    due_time: Clock | None = None
    start_date: Day | None = None
    duration: Annotated[int, Field(strict=True, ge=1, le=DURATION_MAX)] | None = None
    recurrence: Text | None = None
    recurs_from: RecursFrom = "schedule"
    series: SeriesBody | None = None
    remind_at: Moment | None = None
    remind_before: Lead | None = None
    project: Text | None = None
    tags: tuple[Text, ...] = ()
    parent_id: Id | None = None
    position: Annotated[int, Field(strict=True, ge=0, le=ID_MAX)] = 0
    previous_id: Id | None = None
    completed_at: Moment | None = None
    created_at: Moment | None = None
    id: Id | None = Field(default=None, description="Not kept.")
    steps: Counted | None = Field(default=None, description="Not kept.")
    updated_at: Moment | None = Field(default=None, description="Not kept.")

    def draft(self) -> TaskDraft:
        """Return the draft that the body describes."""
        given = {name: getattr(self, name) for name in _DRAFT}
        given["series"] = self.series.value() if self.series is not None else None
        if "recurs_from" in self.model_fields_set and "previous_id" not in self.model_fields_set:
            # A client of an earlier release, to which a parent was the occurrence before.
            given |= {"previous_id": self.parent_id, "parent_id": None}
        return TaskDraft(**given)


_DRAFT: Final = tuple(field.name for field in fields(TaskDraft))


Draft = Annotated[DraftBody, AfterValidator(DraftBody.draft)]


class ImportBody(
    Body,
    json_schema_extra=example(
        drafts=[{"title": "Pay rent", "due_date": "2026-11-27", "tags": ["home"]}, {"title": "Buy milk"}]
    ),
):
    """Tasks to import."""

    drafts: list[DraftBody] = Field(max_length=IMPORT_AT_ONCE, description="The tasks to add.")


class UndoBody(Body, json_schema_extra=example(groups=1)):
    """How much to undo."""

    groups: int = Field(
        default=1, strict=True, ge=1, le=AT_ONCE, description="How many groups of changes: turns or direct edits."
    )


class SelectionBody(Body, json_schema_extra=example(since="yesterday", by="assistant")):
    """Which changes to undo: at least `change_id`, `turn_id`, `since` or `task_id`; each narrows the others down."""

    change_id: Id | None = Field(default=None, description="One change, as `GET /changes` numbers them.")
    turn_id: Annotated[Text, Field(max_length=64)] | None = Field(
        default=None, description="The changes of a turn; the beginning of its id is enough."
    )
    call_id: Annotated[Text, Field(max_length=50)] | None = Field(
        default=None, description="With `turn_id`: the changes of one call."
    )
    since: PastWords | None = Field(default=None, description="The changes since then.")
    until: PastWords | None = Field(default=None, description="Up to the end of that time; by default now.")
    task_id: Id | None = Field(default=None, description="The changes of one task.")
    by: By | None = Field(
        default=None, description="The changes that they made; `assistant` is any model, `calendar` CalDAV."
    )


class PageQuery(Body):
    """Which page of a list, and how long."""

    limit: Limit = 50
    cursor: Cursor | None = None


class ConversationQuery(PageQuery):
    """Which conversations, a page at a time."""

    search: Words | None = Field(default=None, description="Words of the title or of messages.")


class TaskQuery(PageQuery):
    """Which tasks, in what order."""

    filter: Filter | None = Field(
        default=None,
        description="A filter in words, such as `due:today +home -#waiting`; the other parameters narrow it further.",
        examples=["due:today..friday (+home or !high) -#waiting"],
    )
    status: Status | None = Field(
        default=None, description="By default what `filter` says, as `is:done` does; pending if it says nothing."
    )
    due: Due = Field(default="any", description="Relative to the user's today.")
    due_from: Day | None = None
    due_to: Day | None = None
    completed_from: Day | None = None
    completed_to: Day | None = None
    project: Words | None = None
    tag: Words | None = None
    priority: Priority | None = None
    search: Words | None = Field(default=None, description="Words, or beginnings of words.")
    parent_id: Annotated[int, Number, Field(ge=1, le=ID_MAX)] | None = Field(
        default=None, description="Only the steps of this task, in their order."
    )
    steps: Steps | None = Field(
        default=None,
        description="Whether steps without a due date are listed like tasks. By default only with `status=all`, or "
        "where a project, tag, priority or word is named.",
    )
    scheduled: Scheduled | None = Field(
        default=None,
        description="Whether tasks are listed whose `start_date` is still to come. By default not among pending tasks, "
        "unless a word is named.",
    )
    sort: SortOrder = Field(
        default="due",
        description="One or several, with commas; `-asc` or `-desc` behind each changes its usual direction.",
        examples=["project,priority,created-asc"],
    )
    as_of: PastWords | None = Field(
        default=None, description="The list as it was then, at the end of a day or period. `due` is relative to it."
    )

    def value(self) -> TaskFilter:
        """Return the filter that the query describes."""
        return TaskFilter(**self.model_dump(exclude={"limit", "cursor", "as_of"}))


class ChangeQuery(PageQuery):
    """Which changes, the newest first."""

    task: Annotated[int, Number, Field(ge=1, le=ID_MAX)] | None = Field(
        default=None, description="Only changes of this task, also if it was deleted."
    )
    since: PastWords | None = Field(default=None, description="Only changes since then.")
    until: PastWords | None = Field(default=None, description="Only changes up to the end of that time.")
    by: By | None = Field(
        default=None, description="Only changes made by them; `assistant` is any model, `calendar` CalDAV."
    )


class ViewBody(
    Body,
    json_schema_extra=example(
        name="work", filter="due:today..friday +work", sort="project,due", group="project", pinned=True
    ),
):
    """A saved view: a filter, which `@name` stands for in any filter, and how it is shown."""

    name: ViewName
    filter: Filter = Field(examples=["due:today..friday +work"])
    sort: SortOrder | None = Field(default=None, description="The order; as usual without it.")
    group: Group | None = None
    pinned: StrictBool = Field(default=False, description="Offered first.")

    def view(self) -> View:
        """Return the view."""
        return View(**self.model_dump())


class Views(BaseModel):
    """Saved views."""

    items: tuple[View, ...]


class TranscriptQuery(Body):
    """Which messages of a conversation, the newest first."""

    before: Annotated[int, Number, Field(ge=1, le=SEQ_MAX)] | None = Field(
        default=None, description="Only messages before this `seq`."
    )
    limit: Limit = 50


class OccurrencesQuery(Body):
    """How many occurrences of a routine."""

    count: Annotated[int, Number, Field(ge=1, le=100, description="How many at most.")] = UPCOMING


class PlanQuery(Body):
    """What a plan is for."""

    period: Period = "today"
    minutes: Annotated[int, Number, Field(ge=1, le=MINUTES_MAX, description="The time there is.")] | None = None


class SpreadQuery(Body):
    """How much a day takes."""

    per_day: Annotated[int, Number, Field(ge=1, le=PER_DAY_MAX, description="Tasks of a day at most.")] | None = None


class StatsQuery(Body):
    """The period that the statistics cover."""

    period_days: Annotated[int, Number] = Field(default=7, ge=1, le=3660, description="The period that ends today.")


class Tasks(BaseModel):
    """The tasks that were added, or would be."""

    items: tuple[Task, ...]


class OccurrenceDue(BaseModel):
    """When an occurrence is due."""

    due_date: date
    due_time: time | None


class Occurrences(
    BaseModel,
    json_schema_extra=example(
        items=[{"due_date": "2026-12-04", "due_time": "17:00:00"}, {"due_date": "2026-12-11", "due_time": "17:00:00"}]
    ),
):
    """When the next occurrences of a routine are due."""

    items: tuple[OccurrenceDue, ...]


class Models(BaseModel):
    """The models that can be chosen."""

    items: tuple[ModelChoice, ...]


class UserStatus(BaseModel, json_schema_extra=example(model="built-in", user="1", pending=12, email="ann@example.com")):
    """The default model, the user, and how many tasks are open."""

    model: str
    user: str
    pending: int
    email: str | None = None


class Health(BaseModel, json_schema_extra=example(status="ok", version="1.0.0")):
    """That the server is running, and its version."""

    status: Literal["ok"] = "ok"
    version: str


class FieldFault(BaseModel):
    """What is wrong with one field of a request."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable and meant for programs, `detail` a sentence for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: Code
    errors: list[FieldFault] | None = Field(
        default=None, description="With `invalid_input`: what is wrong with which field."
    )
    filter: str | None = Field(default=None, description="With `invalid_filter`: the filter.")
    position: int | None = Field(
        default=None, description="With `invalid_filter`: where it can't be read, in characters from 0."
    )
    suggestion: str | None = Field(default=None, description="With `invalid_filter`: what was probably meant there.")
    turn_id: str | None = Field(default=None, description="With `live_turn`, and for a chat whose turn failed.")
    conversation_id: int | None = Field(default=None, description="For a chat whose turn failed.")
    retry_after: float | None = Field(default=None, description="With `rate_limited`: seconds to wait.")
