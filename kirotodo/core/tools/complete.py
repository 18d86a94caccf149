"""complete_task."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from kirotodo.core.tools.approval import asked_for
from kirotodo.core.tools.arguments import Targets
from kirotodo.core.tools.edits import complete_tasks
from kirotodo.core.tools.present import about, brief_tasks
from kirotodo.core.tools.tool import NeedsApproval, Tool, ToolContext


class CompleteTaskArguments(Targets):
    completed: Annotated[bool, Field(description="False opens it again.")] = True


class CompleteTask(Tool[CompleteTaskArguments]):
    name = "complete_task"
    description = "Mark tasks as done, or with completed=false open them again. A repeating task gets its next date."
    arguments = CompleteTaskArguments

    async def approval(self, context: ToolContext, arguments: CompleteTaskArguments) -> NeedsApproval | None:
        verb = "Mark {} as done" if arguments.completed else "Open {} again"
        extra = {} if arguments.completed else {"completed": False}
        return await asked_for(context, arguments.ids, verb, extra)

    async def run(self, context: ToolContext, arguments: CompleteTaskArguments) -> Mapping[str, Any]:
        at = context.standpoint
        changed = await complete_tasks(context.store, arguments.ids, completed=arguments.completed, at=at)
        named = await context.store.tasks.get_many(arguments.ids)
        result = about(arguments.ids, named, "completed" if arguments.completed else "reopened", at=at)
        result["changed"] = sum(task.id in arguments.ids for task in changed.tasks)
        following = [task for task in changed.tasks if task.id not in arguments.ids]
        if following and arguments.completed:
            result["next"] = brief_tasks(following, at=at)
        return result
