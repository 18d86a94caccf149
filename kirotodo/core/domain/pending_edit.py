"""Edits of a list on a server that the server has not confirmed yet: frozen values that know no storage and no wire."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Final, Literal

from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass

PROVISIONAL: Final = 1_000_000_000
"""Greater ids are given to tasks that were added without the server, until it gives them others."""

EditKind = Literal["text", "add", "change", "update", "complete", "skip", "move", "delete"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingEdit:
    """An edit, as it is sent to the server under `key`, which makes it once however often it is sent.

    "text" adds what the line `text` says, and "add" a task of `fields`. "change" changes `fields` of one task, "update"
    of several; "complete" sets tasks done or, as `completed` says, open; "skip" skips an occurrence of routines, as
    `fields` say; "move" gives tasks each a due date of its own; "delete" deletes tasks. `fields` are JSON.

    `seen` is the one task as the server had it. `made` maps the ids that new tasks have here to the ids of those that
    they follow, 0 for others; `also` are other tasks that changed with them, such as steps. `values` are the fields as
    values where `fields` are words. `tried_at` is when it was sent first, None as long as the server can't know of it.
    Edits of one `group` are undone together. `note` is the sentence to keep once it is made.
    """

    kind: EditKind
    key: str
    task_ids: tuple[int, ...] = ()
    text: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    completed: bool = True
    seq: int = 0
    group: str = ""
    title: str = ""
    seen: Task | None = None
    values: Mapping[str, Any] | None = None
    made: Mapping[int, int] = field(default_factory=dict)
    also: tuple[int, ...] = ()
    tried_at: datetime | None = None
    note: str = ""

    @property
    def touched(self) -> frozenset[int]:
        """Return the ids of the tasks that look different here from what the server has."""
        return frozenset((*self.task_ids, *self.made, *self.also))


def is_provisional(task_id: int) -> bool:
    """Return whether a task is not on the server yet."""
    return task_id > PROVISIONAL
