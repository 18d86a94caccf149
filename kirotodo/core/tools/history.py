"""undo."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from kirotodo.core.tools.present import changed_by_undo
from kirotodo.core.tools.tool import Arguments, Tool, ToolContext


class UndoArguments(Arguments):
    turns: Annotated[int, Field(ge=1, le=50, description="How many turns to take back.")] = 1
    redo: Annotated[bool, Field(description="True does again what the last undo took back.")] = False


class Undo(Tool[UndoArguments]):
    name = "undo"
    description = "Take back what the last turn, or the last direct edit, changed. The result lists what was put back."
    arguments = UndoArguments

    async def run(self, context: ToolContext, arguments: UndoArguments) -> Mapping[str, Any]:
        journal = context.store.journal
        if arguments.redo:
            changed = await journal.redo()
        else:
            changed = await journal.undo(groups=arguments.turns, skip_turn=context.turn_id)
        return {
            "status": "redone" if arguments.redo else "undone",
            **changed_by_undo(changed, at=context.standpoint),
        }
