"""undo."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from kirotodo.core.errors import ToolError
from kirotodo.core.tools.approval import Effect
from kirotodo.core.tools.present import changed_by_undo
from kirotodo.core.tools.tool import Arguments, Tool, ToolContext


class UndoArguments(Arguments):
    turns: Annotated[int, Field(ge=1, le=50, description="How many turns to take back.")] = 1
    newest: SkipJsonSchema[int | None] = None
    """The newest change when the user was asked: what came after it was not agreed to. For no model to give."""
    redo: Annotated[bool, Field(description="True does again what the last undo took back.")] = False


class Undo(Tool[UndoArguments]):
    name = "undo"
    description = "Take back what the last turn, or the last direct edit, changed. The result lists what was put back."
    arguments = UndoArguments

    def effect(self, arguments: UndoArguments) -> Effect:
        groups = 1 if arguments.redo else arguments.turns
        question = "Do {} again" if arguments.redo else "Take back {}"
        rest = arguments.model_dump(mode="json", exclude={"newest"}, exclude_defaults=True)
        return Effect(kind="undo", question=question, groups=groups, rest=rest)

    async def run(self, context: ToolContext, arguments: UndoArguments) -> Mapping[str, Any]:
        journal = context.store.journal
        if arguments.newest is not None:
            newest, _ = await journal.latest(groups=1, skip_turn=context.turn_id)
            if newest != arguments.newest:
                raise ToolError("The list has changed since the user was asked, so nothing was taken back. Ask again.")
        if arguments.redo:
            changed = await journal.redo()
        else:
            changed = await journal.undo(groups=arguments.turns, skip_turn=context.turn_id)
        return {
            "status": "redone" if arguments.redo else "undone",
            **changed_by_undo(changed, at=context.standpoint),
        }
