"""Faults of a call's arguments, in sentences from which a model can mend its call."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from kirotodo.core.tools.tool import AnyTool

SHOWN = 3


def faults_in_words(tool: AnyTool, fault: ValidationError) -> str:
    """One sentence for each of the first few faults; what was given is not repeated."""
    sentences: list[str] = []
    for error in fault.errors(include_url=False, include_context=True, include_input=False):
        sentence = _sentence(tool, error)
        if sentence not in sentences:
            sentences.append(sentence)
    return " ".join(sentences[:SHOWN])


def _sentence(tool: AnyTool, error: Mapping[str, Any]) -> str:
    place, kind = _place(error["loc"]), error["type"]
    context: Mapping[str, Any] = error.get("ctx", {})
    match kind:
        case "missing":
            return f"{tool.name} needs {place}."
        case "extra_forbidden":
            return f"{tool.name} has no argument {place}; it takes {', '.join(tool.arguments.model_fields)}."
        case "literal_error":
            return f"{place} must be one of {context['expected']}."
        case "value_error":
            return f"{place}: {context['error']}" if error["loc"] else f"{context['error']}"
        case "string_type" | "string_unicode":
            return f"{place} must be text."
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return f"{place} must be a whole number."
        case "bool_type" | "bool_parsing":
            return f"{place} must be true or false."
        case "too_long":
            return f"{place} takes at most {context['max_length']}."
        case "greater_than_equal":
            return f"{place} must be at least {context['ge']}."
        case "less_than_equal":
            return f"{place} must be at most {context['le']}."
        case "tuple_type":
            return f"{place} must be a list."
        case _:
            return f"{place}: {error['msg']}."


def _place(location: Sequence[int | str]) -> str:
    names = [str(part)[:50] for part in location if isinstance(part, str)]
    return f"`{names[0]}`" if names else "The call"
