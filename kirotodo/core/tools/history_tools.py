"""The tool that looks at the history, and which changes an undo of a time is about."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from kirotodo.core.domain.history import By, ChangeSelection
from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.changes import describe_actor, describe_change
from kirotodo.core.text.dates import describe_moment
from kirotodo.core.tools.base import CHOICE, OPTIONAL, Arguments, Field, TaskId, Tool, ToolContext
from kirotodo.core.tools.past import read_past

LIMIT: Final = 20
OF_A_TIME: Final = 2
"""How many groups of changes an undo of a time counts as before it is known: so many that the user is asked."""


def changes_of_time(arguments: Mapping[str, Any]) -> ChangeSelection | None:
    """Return the changes that an undo is about, where it is about a time."""
    since = arguments.get("since")
    if not since:
        return None
    ids = arguments.get("task_ids") or ()
    if len(ids) > 1:
        raise InvalidInput("With `since`, give one task or none in `task_ids`.")
    return ChangeSelection(
        since=since, until=arguments.get("until") or since, by=arguments.get("by"), task_id=next(iter(ids), None)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ListChangesArguments(Arguments):
    """The arguments of `list_changes`."""

    task_id: Annotated[TaskId | None, OPTIONAL, Field(description="Only of this task; deleted ones too.")] = None
    when: Annotated[
        str | None, OPTIONAL, Field(description="Only in this time: 'yesterday', 'this morning', '2 hours'.")
    ] = None
    by: Annotated[By | None, CHOICE, Field(description="Only theirs; you are the assistant.")] = None
    limit: Annotated[int, Field(ge=1, le=50)] = LIMIT


class ListChanges(Tool[ListChangesArguments]):
    """Returns who changed what, the newest first."""

    name = "list_changes"
    changes_tasks = False
    description = "Who changed what, newest first: what was done when, and by whom."
    arguments = ListChangesArguments

    async def run(self, context: ToolContext, arguments: ListChangesArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        when = None if arguments.when is None else read_past(arguments.when, at=context.user_clock)
        page = await context.store.history.page(
            task_id=arguments.task_id,
            since=None if when is None else when.start,
            until=None if when is None else when.end,
            by=arguments.by,
            limit=arguments.limit,
        )
        changes = [
            {
                "id": entry.id,
                "at": describe_moment(entry.at, now=context.now),
                "by": describe_actor(entry.by),
                "change": describe_change(entry, now=context.now),
            }
            for entry in page.items
        ]
        return {"changes": changes, "more": page.next is not None}
