"""What is known beside a text: the open tasks, lists and tags, and what the last turns left to refer to."""

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import msgspec

from kirotodo.core.domain.task import Priority
from kirotodo.core.language.types import QueryKind, Scope

Missing = Literal["task", "yes", "title", "when", "first_item", "list"]
"""What an open question waits for: one of the tasks offered, a yes, a title, a date, a first item, a list."""


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A task as far as it helps to read a text. Every moment is local and aware."""

    id: int
    title: str
    project: str | None = None
    tags: tuple[str, ...] = ()
    priority: Priority = "none"
    due_date: dt.date | None = None
    due_time: dt.time | None = None
    recurrence: str | None = None
    remind_at: dt.datetime | None = None
    notes: str = ""
    completed: dt.datetime | None = None
    parent_id: int | None = None
    position: int = 0


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tool call as data: it was made, or it waits for an answer. `task_ids` are those it touched or would touch."""

    tool: str
    arguments: Mapping[str, Any] = msgspec.field(default_factory=dict)
    task_ids: tuple[int, ...] = ()


class Pending(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An open question: what is missing, the calls that the answer completes, and the tasks offered, in order."""

    missing: Missing
    calls: tuple[Call, ...] = ()
    offered: tuple[int, ...] = ()


class DialogueState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the last turns left to refer to.

    `done` are the calls of the last turn that changed something, in order. `shown` are the tasks in the order just
    shown, `numbered` says whether with places to pick by. `about` are the tasks talked about last. `scope` and
    `asked_about` are those of the last question, for "and tuesday?". `begun`: there was a turn before. `row` are the
    tasks to which one turn after the other did the same, for "put them both on groceries".
    """

    done: tuple[Call, ...] = ()
    shown: tuple[int, ...] = ()
    numbered: bool = False
    about: tuple[int, ...] = ()
    scope: Scope | None = None
    asked_about: QueryKind | None = None
    pending: Pending | None = None
    begun: bool = False
    row: tuple[int, ...] = ()

    @property
    def changed(self) -> tuple[int, ...]:
        """Return the tasks that were changed last, each once, whatever was talked about since."""
        return tuple(dict.fromkeys(each for call in self.done for each in call.task_ids))

    @property
    def last(self) -> tuple[Call, ...]:
        """Return the last change; nothing where the talk has moved on since, so that no correction is meant for it."""
        return self.done if self.about and set(self.about) <= set(self.changed) else ()

    @property
    def touched(self) -> tuple[int, ...]:
        """Return the tasks that the last change was made to."""
        return self.changed if self.last else ()

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain JSON values."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "DialogueState":
        """Return the state that `to_json` wrote. Raise `msgspec.ValidationError` on anything else."""
        return msgspec.convert(dict(plain), DialogueState)


class Context(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What is known beside a text. `complete` says whether `tasks` holds every open task."""

    tasks: tuple[TaskView, ...] = ()
    projects: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    state: DialogueState = DialogueState()
    complete: bool = True

    def task(self, task_id: int) -> TaskView | None:
        """Return the task of an id, or None where it is not known."""
        return self._by_id.get(task_id)

    @cached_property
    def _by_id(self) -> Mapping[int, TaskView]:
        return {task.id: task for task in self.tasks}
