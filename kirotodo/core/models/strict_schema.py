"""JSON Schemas as strict function calling takes them (OpenAI, "Structured model outputs": supported schemas).

Every property is required and no other is allowed; what may be left out is nullable instead, and a null then means
"left out". Keywords that are not supported are dropped: the tools check their arguments anyway.
"""

from collections.abc import Mapping
from typing import Any, Final

SUPPORTED: Final = frozenset(
    {
        "$defs",
        "$ref",
        "anyOf",
        "const",
        "description",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "items",
        "maxItems",
        "maximum",
        "minItems",
        "minimum",
        "multipleOf",
        "pattern",
        "properties",
        "type",
    }
)


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """`schema`, an object's, as a strict one."""
    kept = _strict(schema)
    required = set(schema.get("required", ()))
    properties: dict[str, Any] = kept.get("properties", {})
    kept["properties"] = {name: value if name in required else _nullable(value) for name, value in properties.items()}
    return {**kept, "required": list(properties), "additionalProperties": False}


def _strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    strict: dict[str, Any] = {}
    for key, value in schema.items():
        match key, value:
            case "properties" | "$defs", Mapping():
                strict[key] = {name: _value(of) for name, of in value.items()}
            case "anyOf" | "oneOf", list():
                strict["anyOf"] = [_value(choice) for choice in value]
            case "items", Mapping():
                strict[key] = _value(value)
            case _ if key in SUPPORTED:
                strict[key] = value
    return strict


def _value(schema: Mapping[str, Any]) -> dict[str, Any]:
    return strict_schema(schema) if schema.get("type") == "object" else _strict(schema)


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if isinstance(kind, str) and kind != "null":
        nullable = {**schema, "type": [kind, "null"]}
        if "enum" in schema and None not in schema["enum"]:
            nullable["enum"] = [*schema["enum"], None]
        return nullable
    if isinstance(kind, list):
        return schema if "null" in kind else {**schema, "type": [*kind, "null"]}
    if kind == "null":
        return schema
    if "anyOf" in schema:
        options = schema["anyOf"]
        return schema if {"type": "null"} in options else {**schema, "anyOf": [*options, {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}
