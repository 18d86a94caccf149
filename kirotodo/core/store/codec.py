"""Values as JSON text and back: tasks in the journal, approvals, arguments and results."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from kirotodo.core.domain.conversation import Approval
from kirotodo.core.domain.task import Task
from kirotodo.core.text.well_formed import well_formed_value

_HALF: Final = re.compile(r"\\ud[89a-f]", re.IGNORECASE)


@cache
def _tasks() -> TypeAdapter[Task]:
    return TypeAdapter(Task)


@cache
def _approvals() -> TypeAdapter[Approval]:
    return TypeAdapter(Approval)


@cache
def _answers(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump_answer(kind: Any, value: Any) -> str:
    """Return the result of an edit, which is of this kind, as JSON text."""
    return _answers(kind).dump_json(value).decode()


def load_answer(kind: Any, text: str) -> Any:
    return _answers(kind).validate_json(text)


def dump_task(task: Task | None) -> str | None:
    return None if task is None else _tasks().dump_json(task).decode()


def load_task(text: str | None) -> Task | None:
    return None if text is None else _tasks().validate_json(text)


def dump_approval(approval: Approval) -> str:
    return _approvals().dump_json(approval).decode()


def load_approval(text: str | None) -> Approval | None:
    return None if text is None else _approvals().validate_json(text)


def dump_mapping(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), separators=(",", ":"))


def load_mapping(text: str) -> dict[str, Any]:
    """Return the mapping with halves of characters replaced, which rows of earlier releases may hold: they could be
    sent to nobody, and would break each later turn of their conversation."""
    value: dict[str, Any] = json.loads(text)
    if _HALF.search(text) is not None:
        value = well_formed_value(value, depth=200)
    return value
