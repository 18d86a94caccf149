"""All the tools, by name: their schemas for a model, and the check of what a model calls."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from pydantic import ValidationError

from kirotodo.core.errors import ToolError
from kirotodo.core.models.model import ToolSchema
from kirotodo.core.tools.add import AddTask
from kirotodo.core.tools.complete import CompleteTask
from kirotodo.core.tools.delete import DeleteTask
from kirotodo.core.tools.faults import faults_in_words
from kirotodo.core.tools.history import Undo
from kirotodo.core.tools.look import GetTask, ListTasks, TaskStatistics
from kirotodo.core.tools.schema import schema_of
from kirotodo.core.tools.tool import AnyCall, AnyTool, Call
from kirotodo.core.tools.update import UpdateTask

MALFORMED: Final = "malformed"
"""The one key of arguments that were no JSON object; what came instead is its value."""


class Tools:
    """A set of tools; their order is that of the schemas, which prompt caches rely on."""

    def __init__(self, tools: Sequence[AnyTool]) -> None:
        self._by_name = {tool.name: tool for tool in tools}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    def changes_tasks(self, name: str) -> bool:
        """Return whether the tool of this name may change tasks; one that only looks, or is unknown, does not."""
        return name in self._by_name and self._by_name[name].changes_tasks

    def schemas(self) -> tuple[ToolSchema, ...]:
        """Always the same, in the same order."""
        return self._schemas

    @cached_property
    def _schemas(self) -> tuple[ToolSchema, ...]:
        return tuple(schema_of(tool) for tool in self._by_name.values())

    def validate(self, name: str, arguments: Mapping[str, Any]) -> AnyCall:
        """The call, ready to run. Raises `ToolError` with a sentence the model can act on."""
        tool = self._by_name.get(name)
        if tool is None:
            raise ToolError(self._unknown(name))
        if not isinstance(arguments, Mapping):
            raise ToolError(f"The arguments of {name} must be a JSON object.")
        if set(arguments) == {MALFORMED}:
            raise ToolError(
                f"The arguments of {name} were not valid JSON. Nothing was done. Call it again with one JSON object."
            )
        try:
            checked = tool.arguments.model_validate(dict(arguments))
        except ValidationError as fault:
            raise ToolError(faults_in_words(tool, fault)) from None
        return Call(tool=tool, arguments=checked)

    def _unknown(self, name: str) -> str:
        close = get_close_matches(str(name), self.names, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        return f"There is no tool {str(name)[:50]!r}.{hint} The tools are: {', '.join(self.names)}."


TOOLS: Final = Tools(
    (AddTask(), ListTasks(), GetTask(), CompleteTask(), UpdateTask(), DeleteTask(), Undo(), TaskStatistics())
)
