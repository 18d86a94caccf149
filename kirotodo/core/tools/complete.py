"""complete_task."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from kirotodo.core.tools.approval import Effect
from kirotodo.core.tools.arguments import Targets
from kirotodo.core.tools.edits import complete_tasks
from kirotodo.core.tools.present import about, brief_tasks
from kirotodo.core.tools.tool import Tool, ToolContext


class CompleteTaskArguments(Targets):
    completed: Annotated[bool, Field(description="False opens it again.")] = True


class CompleteTask(Tool[CompleteTaskArguments]):
    name = "complete_task"
    description = "Mark tasks as done, or with completed=false open them again. A repeating task gets its next date."
    arguments = CompleteTaskArguments

    def effect(self, arguments: CompleteTaskArguments) -> Effect:
        question = "Mark {} as done" if arguments.completed else "Open {} again"
        rest = {} if arguments.completed else {"completed": False}
        return Effect(kind="change", question=question, ids=arguments.ids, rest=rest)

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
