"""The tools that only look: list_tasks, get_task, task_stats."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from kirotodo.core.domain.task import PAGE_MAX, Priority, Sort, Status
from kirotodo.core.tools.arguments import CHOICE, OPTIONAL, PRIORITY, TaskId
from kirotodo.core.tools.filters import filter_of
from kirotodo.core.tools.present import brief_tasks, whole_task
from kirotodo.core.tools.tool import Arguments, Tool, ToolContext

LIMIT: Final = 20
_STATUSES: Final = {"open": "pending", "todo": "pending", "incomplete": "pending", "done": "completed", "any": "all"}
_PERIODS: Final = {"day": 1, "today": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}


def _status(value: Any) -> Any:
    return _STATUSES.get(value, value) if isinstance(value, str) else value


def _period(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return _PERIODS.get(value.casefold().removeprefix("this ").removeprefix("last ").strip(), value)


class ListTasksArguments(Arguments):
    status: Annotated[Status | None, BeforeValidator(_status), CHOICE, Field(description="Default: pending.")] = None
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
    sort: Annotated[Sort | None, CHOICE, Field(description="Default: due.")] = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = LIMIT
    cursor: Annotated[str | None, OPTIONAL, Field(description="`next` of the page before.")] = None


class ListTasks(Tool[ListTasksArguments]):
    name = "list_tasks"
    changes_tasks = False
    description = (
        "Find or list tasks, a page at a time; `total` counts all that match, null if very many. Use it to find the "
        "number of a task that the user calls by its words. Where several match, ask the user which one."
    )
    arguments = ListTasksArguments

    async def run(self, context: ToolContext, arguments: ListTasksArguments) -> Mapping[str, Any]:
        page = await context.store.tasks.page(
            filter_of(arguments.model_dump(), at=context.standpoint),
            today=context.now.date(),
            zone=context.zone,
            limit=arguments.limit,
            cursor=arguments.cursor,
        )
        return {"tasks": brief_tasks(page.items, at=context.standpoint), "total": page.total, "next": page.next}


class GetTaskArguments(Arguments):
    task_id: TaskId


class GetTask(Tool[GetTaskArguments]):
    name = "get_task"
    changes_tasks = False
    description = "Everything about one task."
    arguments = GetTaskArguments

    async def run(self, context: ToolContext, arguments: GetTaskArguments) -> Mapping[str, Any]:
        return {"task": whole_task(await context.store.tasks.get(arguments.task_id), at=context.standpoint)}


class TaskStatisticsArguments(Arguments):
    period: Annotated[int, BeforeValidator(_period), Field(ge=1, le=3650, description="Days up to today.")] = 7


class TaskStatistics(Tool[TaskStatisticsArguments]):
    name = "task_stats"
    changes_tasks = False
    description = "Counts: open, overdue, due today, done and added in a period, streaks, and per project and tag."
    arguments = TaskStatisticsArguments

    async def run(self, context: ToolContext, arguments: TaskStatisticsArguments) -> Mapping[str, Any]:
        tasks = context.store.tasks
        stats = await tasks.stats(today=context.now.date(), zone=context.zone, period_days=arguments.period)
        tags = sorted((await tasks.tags()).items(), key=lambda item: -item[1])
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
        }
