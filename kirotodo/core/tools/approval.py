"""When a call has to be agreed to first, and the question that is asked."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kirotodo.core.tools.tool import NeedsApproval, ToolContext

CHANGES_ABOVE: Final = 5
"""Changing more tasks than this at once asks first."""


async def asked_for(
    context: ToolContext,
    ids: Sequence[int],
    verb: str,
    rest: Mapping[str, Any],
    *,
    above: int = CHANGES_ABOVE,
) -> NeedsApproval | None:
    """The approval for a call on more than `above` tasks, bound to exactly those ids. Raises `NotFound`."""
    if len(ids) <= above:
        return None
    tasks = tuple(await context.store.tasks.get_many(ids))
    return NeedsApproval(
        question=f"{verb.format(f'{len(ids)} tasks')}?",
        tasks=tasks,
        arguments={"task_ids": list(ids), **rest},
    )
