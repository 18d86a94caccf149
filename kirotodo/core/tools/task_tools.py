"""The tools: add_task, list_tasks, get_task, complete_task, update_task, delete_task, undo and task_stats.

Those for plans, plan and move_tasks, are in `plan_tools`.
`list_changes` is in `history_tools`.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast, get_args

from kirotodo.core.backend import OccurrenceScope, TaskFields
from kirotodo.core.domain.history import By
from kirotodo.core.domain.routine import upcoming
from kirotodo.core.domain.task import PAGE_MAX, Due, Priority, RecursFrom, Sort, Status, TaskFilter
from kirotodo.core.errors import InvalidInput, ToolError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_due
from kirotodo.core.text.durations import DURATION_MAX, parse_duration
from kirotodo.core.text.patterns import pattern
from kirotodo.core.tools.approval import Effect
from kirotodo.core.tools.base import (
    CHOICE,
    LIST,
    OPTIONAL,
    PRIORITY,
    Arguments,
    Before,
    Field,
    Targets,
    TaskId,
    TaskIds,
    Title,
    Tool,
    ToolContext,
    Tools,
    Words,
)
from kirotodo.core.tools.edits import add_draft, complete_tasks, delete_tasks, skip_tasks, update_tasks
from kirotodo.core.tools.filters import read_filter
from kirotodo.core.tools.history_tools import OF_A_TIME, ListChanges, changes_of_time
from kirotodo.core.tools.past import selected
from kirotodo.core.tools.plan_tools import MoveTasks, Plan
from kirotodo.core.tools.task_fields import (
    SHOWN,
    about,
    brief_tasks,
    changed_by_undo,
    differences,
    draft_of,
    whole_task,
)
from kirotodo.core.tools.timing import read_due
from kirotodo.core.tools.user_clock import UserClock

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store

Range = tuple[date | None, date | None]
_DUES: Final[Mapping[str, Due]] = {due: due for due in get_args(Due)} | {
    "this week": "week",
    "no date": "none",
    "without date": "none",
    "all": "any",
    "late": "overdue",
}


async def filter_of(store: "Store", arguments: Mapping[str, Any], *, at: UserClock) -> TaskFilter:
    """Return the filter that the arguments describe. Raises `InvalidInput` for days that cannot be read."""
    due_words, completed = arguments["due"], arguments["completed"]
    due: Due = _DUES.get(due_words.strip().casefold(), "any") if due_words else "any"
    named = bool(due_words) and due_words.strip().casefold() in _DUES
    due_from, due_to = (None, None) if named or not due_words else read_range(due_words, at=at)
    completed_from, completed_to = read_range(completed, at=at) if completed else (None, None)
    words = arguments["filter"] or None
    where = TaskFilter(
        status=arguments["status"] or ("completed" if completed else None if words else "pending"),
        due=due,
        due_from=due_from,
        due_to=due_to,
        completed_from=completed_from,
        completed_to=completed_to,
        project=arguments["project"],
        tag=(arguments["tag"] or "").removeprefix("#") or None,
        priority=arguments["priority"],
        search=arguments["search"],
        parent_id=arguments["parent_id"],
        filter=words,
    )
    where = await read_filter(store, where, at=at)
    return replace(where, sort=arguments["sort"] or ("completed" if where.status == "completed" else "due"))


def read_range(words: str, *, at: UserClock) -> Range:
    """Read "2026-11-01..2026-11-30" (either end may be missing) or a day or range in words. Raises `InvalidInput`."""
    if ".." in words:
        first, _, last = words.partition("..")
        return _day(first, at=at), _day(last, at=at)
    when = read_due(words, at=at)
    if when is None:
        raise InvalidInput("Name a day or a range, such as tomorrow, next week or 2026-11-01..2026-11-30.")
    return when.date, when.until or when.date


def _day(words: str, *, at: UserClock) -> date | None:
    when = read_due(words, at=at) if words.strip() else None
    return when.date if when else None


DUE: Final = "When it is due: a date, or words such as 'tomorrow at 5pm'."
TIME: Final = "Time of day, such as 17:00."
RULE: Final = "How it repeats: 'every other friday', or an RFC 5545 rule."
START: Final = "Hidden until this day."
MINUTES: Final = "Minutes it takes."
REMIND: Final = "When to remind: '10 minutes before', 'tomorrow 8am'."


def _minutes(value: Any) -> Any:
    """A length in words as minutes, as models write it although a number is asked for."""
    if not isinstance(value, str) or value.strip().isdigit():
        return value
    try:
        return parse_duration(value)
    except InvalidInput as error:
        raise ValueError(error.message) from None


Minutes = Annotated[int, Before(_minutes), Field(ge=1, le=DURATION_MAX)]


@dataclass(frozen=True, kw_only=True, slots=True)
class AddTaskArguments(Arguments):
    """The arguments of `add_task`."""

    title: Annotated[Title, Field(description="What to do, in the user's own words, without the date.")]
    notes: Annotated[str | None, OPTIONAL] = None
    due: Annotated[str | None, OPTIONAL, Field(description=DUE)] = None
    time: Annotated[str | None, OPTIONAL, Field(description=TIME)] = None
    recurrence: Annotated[str | None, OPTIONAL, Field(description=RULE)] = None
    recurs_from: Annotated[RecursFrom | None, CHOICE] = None
    priority: Annotated[Priority | None, PRIORITY] = None
    project: Annotated[str | None, OPTIONAL, Field(description="The list it belongs to.")] = None
    tags: Annotated[Words | None, OPTIONAL] = None
    remind: Annotated[str | None, OPTIONAL, Field(description=REMIND)] = None
    start: Annotated[str | None, OPTIONAL, Field(description=START)] = None
    duration: Annotated[Minutes | None, OPTIONAL, Field(description=MINUTES)] = None
    parent_id: Annotated[TaskId | None, OPTIONAL, Field(description="The task of which it is a step.")] = None

    def fields(self) -> TaskFields:
        """Return the fields that were given."""
        return cast(TaskFields, self.given())


_ECHOED: Final = ("due", "repeats", "project", "starts", "takes", "parent_id")


class AddTask(Tool[AddTaskArguments]):
    """Adds one task."""

    name = "add_task"
    description = "Add one task. Call it once for each task. The result tells the date that was understood."
    arguments = AddTaskArguments

    async def run(self, context: ToolContext, arguments: AddTaskArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        task = await add_draft(context.store, draft_of(arguments.fields(), at=context.user_clock))
        result = about((task.id,), (task,), "created", at=context.user_clock)
        words = {name: result["tasks"][0][name] for name in _ECHOED if name in result["tasks"][0]}
        return {**result, **words}


LIMIT: Final = 20
DAYS: Final = 31
"""Days of a period that the statistics name one by one, the latest ones."""
_STATUSES: Final = {"open": "pending", "todo": "pending", "incomplete": "pending", "done": "completed", "any": "all"}
_PERIODS: Final = {"day": 1, "today": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}


def _status(value: Any) -> Any:
    return _STATUSES.get(value, value) if isinstance(value, str) else value


def _period(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return _PERIODS.get(value.casefold().removeprefix("this ").removeprefix("last ").strip(), value)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListTasksArguments(Arguments):
    """The arguments of `list_tasks`."""

    status: Annotated[Status | None, Before(_status), CHOICE, Field(description="Default: pending.")] = None
    due: Annotated[
        str | None,
        OPTIONAL,
        Field(description="today, overdue, week, none, a day or range in words, or 2026-11-01..2026-11-30."),
    ] = None
    completed: Annotated[str | None, OPTIONAL, Field(description="Done on this day or in this range.")] = None
    project: Annotated[str | None, OPTIONAL] = None
    tag: Annotated[str | None, OPTIONAL] = None
    priority: Annotated[Priority | None, PRIORITY] = None
    search: Annotated[str | None, OPTIONAL, Field(description="Words of the title, notes, project or tags.")] = None
    filter: Annotated[
        str | None,
        OPTIONAL,
        Field(description="In one line: 'due:today..friday (+home or !high) -#waiting'; @name is a saved view."),
    ] = None
    parent_id: Annotated[TaskId | None, OPTIONAL, Field(description="Steps of this task.")] = None
    sort: Annotated[Sort | None, CHOICE, Field(description="Default: due.")] = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = LIMIT
    cursor: Annotated[str | None, OPTIONAL, Field(description="`next` of the page before.")] = None


class ListTasks(Tool[ListTasksArguments]):
    """Returns a page of tasks, the total, and the cursor to the next page."""

    name = "list_tasks"
    changes_tasks = False
    description = (
        "Find or list tasks, a page at a time; `total` counts all that match, null if very many. Use it to find the "
        "number of a task that the user calls by its words. Where several match, ask the user which one."
    )
    arguments = ListTasksArguments

    async def run(self, context: ToolContext, arguments: ListTasksArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        page = await context.store.tasks.page(
            await filter_of(context.store, asdict(arguments), at=context.user_clock),
            today=context.now.date(),
            zone=context.zone,
            limit=arguments.limit,
            cursor=arguments.cursor,
        )
        return {"tasks": brief_tasks(page.items, at=context.user_clock), "total": page.total, "next": page.next}


@dataclass(frozen=True, kw_only=True, slots=True)
class GetTaskArguments(Arguments):
    """The arguments of `get_task`."""

    task_id: TaskId


class GetTask(Tool[GetTaskArguments]):
    """Returns one task with all of its fields."""

    name = "get_task"
    changes_tasks = False
    description = "Everything about one task."
    arguments = GetTaskArguments

    async def run(self, context: ToolContext, arguments: GetTaskArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        task, at = await context.store.tasks.get(arguments.task_id), context.user_clock
        following = upcoming(task, zone=at.zone)
        later = [describe_due(each.date, each.time, today=at.now.date()) for each in following]
        found: dict[str, Any] = {"task": whole_task(task, at=at), **({"upcoming": later} if later else {})}
        if task.steps is not None:
            found["steps"] = brief_tasks(await context.store.tasks.steps_of([task.id]), at=at)
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskStatisticsArguments(Arguments):
    """The arguments of `task_stats`."""

    period: Annotated[int, Before(_period), Field(ge=1, le=3650, description="Days up to today.")] = 7


class TaskStatistics(Tool[TaskStatisticsArguments]):
    """Returns counts, streaks and what is overdue."""

    name = "task_stats"
    changes_tasks = False
    description = "Counts: open, overdue, due today, done and added in a period, streaks, and per project and tag."
    arguments = TaskStatisticsArguments

    async def run(self, context: ToolContext, arguments: TaskStatisticsArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        tasks = context.store.tasks
        stats = await tasks.stats(today=context.now.date(), zone=context.zone, period_days=arguments.period)
        tags = sorted(((each.tag, each.pending) for each in stats.tags if each.pending), key=lambda item: -item[1])
        days = {str(each.day): each.completed for each in stats.days[-DAYS:] if each.completed}
        return {
            "period_days": stats.period_days,
            "pending": stats.pending,
            "overdue": stats.overdue,
            "due_today": stats.due_today,
            "completed": stats.completed,
            "created": stats.created,
            "streak": stats.streak,
            "best_streak": stats.best_streak,
            "projects": [
                {"project": count.project, "pending": count.pending, "completed": count.completed}
                for count in stats.projects[:PAGE_MAX]
            ],
            "tags": dict(tags[:LIMIT]),
            "done_per_day": days,
            "overdue_per_day": {str(each.day): each.overdue for each in stats.days[-DAYS:] if each.overdue},
            "done_per_hour": {str(hour): number for hour, number in enumerate(stats.hours) if number},
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class CompleteTaskArguments(Targets):
    """The arguments of `complete_task`."""

    completed: Annotated[bool, Field(description="False opens it again.")] = True


class CompleteTask(Tool[CompleteTaskArguments]):
    """Sets tasks done or open, and makes the next occurrence of a recurring one."""

    name = "complete_task"
    description = "Mark tasks as done, or with completed=false open them again. A repeating task gets its next date."
    arguments = CompleteTaskArguments

    def effect(self, arguments: CompleteTaskArguments) -> Effect:
        """Implement `Tool.effect`."""
        question = "Mark {} as done" if arguments.completed else "Open {} again"
        rest = {} if arguments.completed else {"completed": False}
        return Effect(kind="change", question=question, ids=arguments.ids, rest=rest, completes=arguments.completed)

    async def run(self, context: ToolContext, arguments: CompleteTaskArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        at = context.user_clock
        changed = await complete_tasks(context.store, arguments.ids, completed=arguments.completed, at=at)
        named = await context.store.tasks.get_many(arguments.ids)
        result = about(arguments.ids, named, "completed" if arguments.completed else "reopened", at=at)
        result["changed"] = sum(task.id in arguments.ids for task in changed.tasks)
        if changed.skipped:
            result["skipped"] = list(changed.skipped[:SHOWN])
        if arguments.completed:
            others = [task for task in changed.tasks if task.id not in arguments.ids]
            following = [task for task in others if not task.completed and task.parent_id not in {t.id for t in others}]
            if following:
                result["next"] = brief_tasks(following, at=at)
            if steps := sum(task.completed for task in others):
                result["steps_completed"] = steps
        return result


Clearable = Literal[
    "notes", "due", "time", "recurrence", "priority", "project", "tags", "remind", "start", "duration", "parent_id"
]
_ONCE: Final = frozenset({"once", "one", "this", "next", "true", "yes", "this one", "this occurrence"})
_SEVERAL: Final = pattern(
    r"(?:the )?next (?P<next>\d{1,9})(?: (?:times|occurrences))?|(?P<times>\d{1,9}) (?:times|occurrences)",
    re.IGNORECASE,
)
_ON: Final = pattern(r"(?:the (?:one|occurrence) )?on (?P<day>.+)", re.IGNORECASE)
SKIP: Final = "Repeating tasks: 'once', 'next 2' or 'on 24 Dec..2 Jan' skips these, a date all before it."
_WHICH: Final = ("task_id", "task_ids", "clear", "skip")


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateTaskArguments(Targets):
    """The arguments of `update_task`."""

    title: Annotated[Title | None, OPTIONAL] = None
    notes: Annotated[str | None, OPTIONAL] = None
    due: Annotated[
        str | None, OPTIONAL, Field(description=DUE + " '+2 days' moves it. Without a time, the time of day stays.")
    ] = None
    time: Annotated[str | None, OPTIONAL, Field(description=TIME + " The date stays.")] = None
    recurrence: Annotated[str | None, OPTIONAL, Field(description=RULE + " 'until May' changes only its end.")] = None
    recurs_from: Annotated[RecursFrom | None, CHOICE] = None
    occurrence: Annotated[
        OccurrenceScope | None, CHOICE, Field(description="'this' changes title, due or time only once.")
    ] = None
    skip: Annotated[str | None, OPTIONAL, Field(description=SKIP)] = None
    priority: Annotated[Priority | None, PRIORITY] = None
    project: Annotated[str | None, OPTIONAL] = None
    tags: Annotated[Words | None, OPTIONAL, Field(description="Replaces all its tags.")] = None
    add_tags: Annotated[Words | None, OPTIONAL] = None
    remove_tags: Annotated[Words | None, OPTIONAL] = None
    remind: Annotated[str | None, OPTIONAL, Field(description=REMIND)] = None
    snooze: Annotated[
        str | None, OPTIONAL, Field(description="Put the next reminder off: '10 minutes', 'until tomorrow 9am'.")
    ] = None
    start: Annotated[str | None, OPTIONAL, Field(description=START)] = None
    duration: Annotated[Minutes | None, OPTIONAL, Field(description=MINUTES)] = None
    parent_id: Annotated[TaskId | None, OPTIONAL, Field(description="Make it a step of this task.")] = None
    position: Annotated[int | None, OPTIONAL, Field(ge=1, description="Place among the steps.")] = None
    clear: Annotated[
        tuple[Annotated[Clearable, CHOICE], ...] | None, LIST, OPTIONAL, Field(description="Values to take away.")
    ] = None

    def fields(self) -> TaskFields:
        """Return the fields that were given."""
        given = {name: value for name, value in self.given().items() if name not in _WHICH}
        cleared: dict[str, Any] = dict.fromkeys(self.clear or ())
        for name, empty in (("priority", "none"), ("tags", ())):
            if name in cleared:
                cleared[name] = empty
        return cast(TaskFields, {**cleared, **given})


class UpdateTask(Tool[UpdateTaskArguments]):
    """Changes fields of one or several tasks; the result has each value before and after."""

    name = "update_task"
    description = "Change fields of tasks. Name only what is to change; to take a value away, name it in `clear`."
    arguments = UpdateTaskArguments

    def effect(self, arguments: UpdateTaskArguments) -> Effect:
        """Implement `Tool.effect`."""
        rest = arguments.as_json(without=("task_id", "task_ids"))
        return Effect(kind="change", question="Change {}", ids=arguments.ids, rest=rest)

    async def run(self, context: ToolContext, arguments: UpdateTaskArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        fields, at = arguments.fields(), context.user_clock
        if arguments.skip is not None:
            return await self._skip(context, arguments, arguments.skip)
        if not fields:
            raise ToolError("Name at least one field to change; to take a value away, name it in `clear`.")
        before = await context.store.tasks.get_many(arguments.ids)
        await update_tasks(context.store, arguments.ids, fields, at=at)
        after = await context.store.tasks.get_many(arguments.ids)
        result = about(arguments.ids, after, "updated", at=at)
        changes = [differences(old, new, at=at) for old, new in zip(before, after, strict=True)]
        for shown, (old, new) in zip(result["tasks"][:SHOWN], changes, strict=False):
            shown["before"], shown["after"] = old, new
        result["changed"] = sum(bool(new) for _, new in changes)
        if len(changes) == 1:
            result["before"], result["after"] = changes[0]
        return result

    async def _skip(self, context: ToolContext, arguments: UpdateTaskArguments, skip: str) -> Mapping[str, Any]:
        if arguments.fields():
            raise ToolError("Skip in a call of its own; nothing was changed.")
        at, store = context.user_clock, context.store
        before = await store.tasks.get_many(arguments.ids)
        until, count, on = _which_occurrences(skip)
        changed = await skip_tasks(store, arguments.ids, until=until, count=count, on=on, at=at)
        result = about(arguments.ids, await store.tasks.known(arguments.ids), "skipped", at=at)
        was = {
            task.id: differences(task, now, at=at)[0] for task in before for now in changed.tasks if now.id == task.id
        }
        for shown in result["tasks"]:
            shown["before"] = was.get(shown["id"], {})
        return {**result, "changed": len(changed.changes), "skipped": list(changed.skipped[:SHOWN])}


def _which_occurrences(words: str) -> tuple[str | None, int | None, str | None]:
    """Return the day before which all occurrences are skipped, how many are, or the day whose occurrence is."""
    said = words.strip()
    if said.casefold() in _ONCE:
        return None, None, None
    if (several := _SEVERAL.fullmatch(said)) is not None:
        return None, int(several["next"] or several["times"]), None
    on = _ON.fullmatch(said)
    return (said, None, None) if on is None else (None, None, on["day"])


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteTaskArguments(Targets):
    """Which tasks to delete."""


class DeleteTask(Tool[DeleteTaskArguments]):
    """Deletes one or several tasks."""

    name = "delete_task"
    description = "Delete tasks; undo brings them back. Deleting several at once asks the user first."
    arguments = DeleteTaskArguments

    def effect(self, arguments: DeleteTaskArguments) -> Effect:
        """Implement `Tool.effect`."""
        return Effect(kind="delete", question="Delete {}", ids=arguments.ids)

    async def run(self, context: ToolContext, arguments: DeleteTaskArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        tasks = await context.store.tasks.get_many(arguments.ids)
        await delete_tasks(context.store, arguments.ids, at=context.user_clock)
        return about(arguments.ids, tasks, "deleted", at=context.user_clock)


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoArguments(Arguments):
    """The arguments of `undo`."""

    turns: Annotated[int, Field(ge=1, le=50, description="How many turns to take back.")] = 1
    task_ids: Annotated[
        TaskIds | None,
        OPTIONAL,
        Field(description="Take back only what the last turn changed of these tasks; one task with `since`."),
    ] = None
    until: Annotated[str | None, Field(hidden=True)] = None
    """Where the time of `since` ended when the user was asked. For no model to give."""
    newest: Annotated[int | None, Field(hidden=True)] = None
    """The newest change when the user was asked: what came after it was not agreed to. For no model to give."""
    redo: Annotated[bool, Field(description="True does again what the last undo took back.")] = False
    since: Annotated[
        str | None, OPTIONAL, Field(description="Take back what was changed in a time: 'this morning', '2 hours'.")
    ] = None
    by: Annotated[By | None, CHOICE, Field(description="With `since`: only their changes; you are the assistant.")] = (
        None
    )


class Undo(Tool[UndoArguments]):
    """Takes back the newest changes, of a turn or a direct edit at a time."""

    name = "undo"
    description = "Take back what the last turn, or the last direct edit, changed. The result lists what was put back."
    arguments = UndoArguments

    def effect(self, arguments: UndoArguments) -> Effect:
        """Implement `Tool.effect`."""
        groups = OF_A_TIME if arguments.since else 1 if arguments.redo else arguments.turns
        question = "Do {} again" if arguments.redo else "Take back {}"
        rest = arguments.as_json(without=("newest", "until"))
        return Effect(kind="undo", question=question, groups=groups, rest=rest)

    async def run(self, context: ToolContext, arguments: UndoArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        journal = context.store.journal
        if arguments.newest is not None:
            newest, _ = await journal.latest(groups=1, skip_turn=context.turn_id)
            if newest != arguments.newest:
                raise ToolError("The list has changed since the user was asked, so nothing was taken back. Ask again.")
        if arguments.redo:
            changed = await journal.redo()
        elif (which := changes_of_time(arguments.given())) is not None:
            at = context.user_clock
            changed = await journal.undo_selected(selected(which, at=at), skip_turn=context.turn_id)
        elif arguments.task_ids:
            changed = await journal.undo_tasks(arguments.task_ids, skip_turn=context.turn_id)
        else:
            changed = await journal.undo(groups=arguments.turns, skip_turn=context.turn_id)
        return {
            "status": "redone" if arguments.redo else "undone",
            **changed_by_undo(changed, at=context.user_clock),
        }


TOOLS: Final = Tools(
    (
        *(AddTask(), ListTasks(), GetTask(), CompleteTask(), UpdateTask(), DeleteTask(), Undo(), TaskStatistics()),
        *(Plan(), MoveTasks(), ListChanges()),
    )
)
