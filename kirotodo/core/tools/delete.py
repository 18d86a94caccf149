"""delete_task."""

from collections.abc import Mapping
from typing import Any

from kirotodo.core.tools.approval import Effect
from kirotodo.core.tools.arguments import Targets
from kirotodo.core.tools.edits import delete_tasks
from kirotodo.core.tools.present import about
from kirotodo.core.tools.tool import Tool, ToolContext


class DeleteTaskArguments(Targets):
    """Which tasks to delete."""


class DeleteTask(Tool[DeleteTaskArguments]):
    name = "delete_task"
    description = "Delete tasks; undo brings them back. Deleting several at once asks the user first."
    arguments = DeleteTaskArguments

    def effect(self, arguments: DeleteTaskArguments) -> Effect:
        return Effect(kind="delete", question="Delete {}", ids=arguments.ids)

    async def run(self, context: ToolContext, arguments: DeleteTaskArguments) -> Mapping[str, Any]:
        tasks = await context.store.tasks.get_many(arguments.ids)
        await delete_tasks(context.store, arguments.ids, at=context.standpoint)
        return about(arguments.ids, tasks, "deleted", at=context.standpoint)
