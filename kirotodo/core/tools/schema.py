"""A tool's arguments as a JSON Schema that is short and says only what a model needs."""

from collections.abc import Mapping
from typing import Any, Final

from kirotodo.core.models.model import ToolSchema
from kirotodo.core.tools.tool import AnyTool

_KEYWORDS: Final = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
"""Behind a validator of ours, pydantic names limits in its own words."""


def schema_of(tool: AnyTool) -> ToolSchema:
    return ToolSchema(
        name=tool.name, description=tool.description, parameters=_lean(tool.arguments.model_json_schema())
    )


def _lean(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without titles, and with an optional value described by its type alone: leaving it out says "none"."""
    drop = {"title", "description"} if "properties" in schema else {"title"}
    if schema.get("default", 0) is None:
        drop.add("default")
    lean = {_KEYWORDS.get(key, key): value for key, value in schema.items() if key not in drop}
    if lean.get("type") == "array" and "maxLength" in lean:
        lean["maxItems"] = lean.pop("maxLength")
    if "properties" in lean:
        lean["properties"] = {name: _lean(_solid(of)) for name, of in lean["properties"].items()}
    if isinstance(lean.get("items"), Mapping):
        lean["items"] = _lean(lean["items"])
    return lean


def _solid(schema: Mapping[str, Any]) -> dict[str, Any]:
    """`X | None` as X."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**choices[0], **rest} if len(choices) == 1 else dict(schema)
