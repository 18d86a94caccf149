"""A tool's arguments as a JSON Schema that is short and says only what a model needs."""

from collections.abc import Mapping
from typing import Any

from kirotodo.core.models.model import ToolSchema
from kirotodo.core.tools.tool import AnyTool


def schema_of(tool: AnyTool) -> ToolSchema:
    return ToolSchema(
        name=tool.name, description=tool.description, parameters=_lean(tool.arguments.model_json_schema())
    )


def _lean(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without titles, and with an optional value described by its type alone: leaving it out says "none"."""
    lean: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            lean[key] = {name: _lean(_solid(of)) for name, of in value.items()}
        elif key == "items" and isinstance(value, Mapping):
            lean[key] = _lean(value)
        elif key in ("title", "description") and "properties" in schema:
            continue
        elif key == "title" or (key == "default" and value is None):
            continue
        else:
            lean[key] = value
    return lean


def _solid(schema: Mapping[str, Any]) -> dict[str, Any]:
    """`X | None` as X."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**choices[0], **rest} if len(choices) == 1 else dict(schema)
