"""update_task."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, cast

from pydantic import Field

from kirotodo.core.backend import TaskFields
from kirotodo.core.domain.task import Priority, RecursFrom
from kirotodo.core.errors import ToolError
from kirotodo.core.tools.add import DUE, REMIND, RULE, TIME
from kirotodo.core.tools.approval import Effect
from kirotodo.core.tools.arguments import CHOICE, LIST, OPTIONAL, PRIORITY, Targets, Title, Words
from kirotodo.core.tools.edits import update_tasks
from kirotodo.core.tools.present import SHOWN, about, differences
from kirotodo.core.tools.tool import Tool, ToolContext

Clearable = Literal["notes", "due", "time", "recurrence", "priority", "project", "tags", "remind"]
_WHICH: Final = ("task_id", "task_ids", "clear")


class UpdateTaskArguments(Targets):
    title: Annotated[Title | None, OPTIONAL] = None
    notes: Annotated[str | None, OPTIONAL] = None
    due: Annotated[
        str | None, OPTIONAL, Field(description=DUE + " '+2 days' moves it. Without a time, the time of day stays.")
    ] = None
    time: Annotated[str | None, OPTIONAL, Field(description=TIME + " The date stays.")] = None
    recurrence: Annotated[str | None, OPTIONAL, Field(description=RULE)] = None
    recurs_from: Annotated[RecursFrom | None, CHOICE] = None
    priority: Annotated[Priority | None, PRIORITY] = None
    project: Annotated[str | None, OPTIONAL] = None
    tags: Annotated[Words | None, OPTIONAL, Field(description="Replaces all its tags.")] = None
    add_tags: Annotated[Words | None, OPTIONAL] = None
    remove_tags: Annotated[Words | None, OPTIONAL] = None
    remind: Annotated[str | None, OPTIONAL, Field(description=REMIND)] = None
    clear: Annotated[
        tuple[Annotated[Clearable, CHOICE], ...] | None, LIST, OPTIONAL, Field(description="Values to take away.")
    ] = None

    def fields(self) -> TaskFields:
        names = [name for name in type(self).model_fields if name not in _WHICH]
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        cleared: dict[str, Any] = dict.fromkeys(self.clear or ())
        for name, empty in (("priority", "none"), ("tags", ())):
            if name in cleared:
                cleared[name] = empty
        return cast(TaskFields, {**cleared, **given})


class UpdateTask(Tool[UpdateTaskArguments]):
    name = "update_task"
    description = "Change fields of tasks. Name only what is to change; to take a value away, name it in `clear`."
    arguments = UpdateTaskArguments

    def effect(self, arguments: UpdateTaskArguments) -> Effect:
        rest = arguments.model_dump(mode="json", exclude={"task_id", "task_ids"}, exclude_none=True)
        return Effect(kind="change", question="Change {}", ids=arguments.ids, rest=rest)

    async def run(self, context: ToolContext, arguments: UpdateTaskArguments) -> Mapping[str, Any]:
        fields, at = arguments.fields(), context.standpoint
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
