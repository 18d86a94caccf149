"""add_task."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

from pydantic import Field

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.task import Priority, RecursFrom
from kirotodo.core.tools.arguments import CHOICE, OPTIONAL, PRIORITY, Title, Words
from kirotodo.core.tools.edits import add_task
from kirotodo.core.tools.present import about
from kirotodo.core.tools.tool import Arguments, Tool, ToolContext

DUE: Final = "When it is due: a date, or words such as 'tomorrow at 5pm'."
TIME: Final = "Time of day, such as 17:00."
RULE: Final = "How it repeats: 'every other friday', or an RFC 5545 rule."
REMIND: Final = "When to remind: '10 minutes before', 'tomorrow 8am'."


class AddTaskArguments(Arguments):
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

    def fields(self) -> TaskFields:
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return cast(TaskFields, {name: value for name, value in given.items() if value is not None})


class AddTask(Tool[AddTaskArguments]):
    name = "add_task"
    description = "Add one task. Call it once for each task. The result tells the date that was understood."
    arguments = AddTaskArguments

    async def run(self, context: ToolContext, arguments: AddTaskArguments) -> Mapping[str, Any]:
        task = await add_task(context.store, arguments.fields(), at=context.standpoint)
        result = about((task.id,), (task,), "created", at=context.standpoint)
        words = {name: result["tasks"][0][name] for name in ("due", "repeats", "project") if name in result["tasks"][0]}
        return {**result, **words}
