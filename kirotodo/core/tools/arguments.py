"""Types of arguments that several tools take, kind about how a model writes them."""

import ast
import json
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from kirotodo.core.domain.task import PAGE_MAX
from kirotodo.core.tools.base import Arguments

ID_MAX = 2**31 - 1
_ID = re.compile(r"(?:task\s*)?(?:#\s*)?(\d{1,10})", re.IGNORECASE)
_PRIORITY = {
    "urgent": "high",
    "important": "high",
    "normal": "medium",
    "med": "medium",
    "1": "high",
    "2": "medium",
    "3": "low",
}


def _id(value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and (found := _ID.fullmatch(value.strip())):
        return int(found[1])
    if isinstance(value, bool):
        raise ValueError("must be a whole number.")
    return value


def _ids(value: Any) -> Any:
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str):
        value = value[0]
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[\s,;\[\]\"']+", value) if part)
    if isinstance(value, int | float):
        return (value,)
    return value


def _words(value: Any) -> Any:
    """Names as a list; models write a list as text too, in the notation of JSON or Python, or with commas alone."""
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str):
        value = _list_in(value[0]) or value
    elif isinstance(value, str):
        found = _list_in(value)
        value = _split(value) if found is None else found
    elif isinstance(value, int | float) and not isinstance(value, bool):
        value = [value]
    return tuple(_number_as_text(part) for part in value) if isinstance(value, list | tuple) else value


def _list_in(text: str) -> list[Any] | None:
    """Return the list that `text` spells, None where it spells none."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return found if isinstance(found, list) else None
    return _split(text[1:-1])


def _split(text: str) -> list[Any]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _absent(value: Any) -> Any:
    """Models write "" for "not given"; taking a value away has a way of its own."""
    value = _number_as_text(value)
    return None if isinstance(value, str) and not value.strip() else value


def _choice(value: Any) -> Any:
    value = _absent(value)
    return value.strip().casefold() if isinstance(value, str) else value


def _priority(value: Any) -> Any:
    value = _choice(value)
    return _PRIORITY.get(value, value) if isinstance(value, str) else value


TaskId = Annotated[int, BeforeValidator(_id), Field(ge=1, le=ID_MAX)]
TaskIds = Annotated[tuple[TaskId, ...], BeforeValidator(_ids), Field(max_length=PAGE_MAX)]
Title = Annotated[str, BeforeValidator(_number_as_text)]
LIST = BeforeValidator(_words)
Words = Annotated[tuple[str, ...], LIST]
OPTIONAL = BeforeValidator(_absent)
CHOICE = BeforeValidator(_choice)
PRIORITY = BeforeValidator(_priority)


class Targets(Arguments):
    """One task or several."""

    task_id: Annotated[TaskId | None, OPTIONAL, Field(description="The task's number.")] = None
    task_ids: Annotated[TaskIds | None, OPTIONAL, Field(description="Several tasks' numbers, in place of task_id.")] = (
        None
    )

    @model_validator(mode="after")
    def _named(self) -> "Targets":
        if not self.ids:
            raise ValueError("Say which task: task_id, or task_ids for several.")
        return self

    @property
    def ids(self) -> tuple[int, ...]:
        """Return each id once, in the order given."""
        first = () if self.task_id is None else (self.task_id,)
        return tuple(dict.fromkeys(first + (self.task_ids or ())))
