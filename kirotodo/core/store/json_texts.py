"""Values that are stored as JSON: tasks in the journal, approvals, the answers to requests, arguments and results."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from kirotodo.core.domain.task import Series, Task
from kirotodo.core.text.patterns import pattern
from kirotodo.core.text.sanitize import well_formed_value

if TYPE_CHECKING:
    import msgspec  # imported with the first value: a look at the list has none

    from kirotodo.core.domain.conversation import Approval

_HALF: Final = pattern(r"\\ud[89a-f]", re.IGNORECASE)


@cache
def _encoder() -> "msgspec.json.Encoder":
    import msgspec

    return msgspec.json.Encoder()


@cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    import msgspec

    return msgspec.json.Decoder(kind)


def dump_answer(value: Any) -> str:
    """Return the result of an edit as JSON text."""
    return _encoder().encode(value).decode()


def load_answer(kind: Any, text: str) -> Any:
    """Return the result of an edit from its JSON text."""
    return _decoder(kind).decode(text)


def dump_task(task: Task | None) -> str | None:
    """Return a task as JSON text."""
    return None if task is None else _encoder().encode(task).decode()


def load_task(text: str | None) -> Task | None:
    """Return a task from its JSON text."""
    return None if text is None else _decoder(Task).decode(text)


def dump_series(series: Series | None) -> str | None:
    """Return what a series has as JSON text."""
    return None if series is None else _encoder().encode(series).decode()


def load_series(text: str | None) -> Series | None:
    """Return what a series has from its JSON text."""
    return None if text is None else _decoder(Series).decode(text)


def dump_approval(approval: "Approval") -> str:
    """Return an approval as JSON text."""
    return _encoder().encode(approval).decode()


def load_approval(text: str | None) -> "Approval | None":
    """Return an approval from its JSON text."""
    if text is None:
        return None
    from kirotodo.core.domain.conversation import Approval

    approval: Approval = _decoder(Approval).decode(text)
    return approval


def dump_mapping(value: Mapping[str, Any]) -> str:
    """Return a mapping as compact JSON text."""
    return json.dumps(dict(value), separators=(",", ":"))


def load_mapping(text: str) -> dict[str, Any]:
    """Return the mapping with halves of characters replaced, which rows of earlier releases may hold: they could be
    sent to nobody, and would break each later turn of their conversation."""
    value: dict[str, Any] = json.loads(text)
    if _HALF.search(text) is not None:
        value = well_formed_value(value, depth=200)
    return value
