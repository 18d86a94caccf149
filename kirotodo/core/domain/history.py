"""Who changed what and when: the values of the list's history."""

from datetime import datetime
from typing import Final, Literal, get_args

from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass

ActorKind = Literal["you", "built-in", "model", "api", "import", "reminder", "unknown"]
ACTOR_KINDS: Final[tuple[ActorKind, ...]] = get_args(ActorKind)
ACTOR_NAME_MAX: Final = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who made a change.

    | kind     | who                                   | `name`                     | `version`                 |
    |----------|---------------------------------------|----------------------------|---------------------------|
    | you      | a person, without a model             | command, screen or browser | of the client             |
    | built-in | the built-in model                    | built-in                   | of kirotodo               |
    | model    | another model                         | by which users choose it   | what its service calls it |
    | api      | another program, over HTTP or MCP     | what it calls itself       | which it names            |
    | import   | an import                             | as of who ran it           | as of who ran it          |
    | reminder | a reminder that rang                  |                            |                           |
    | unknown  | whoever it was in an earlier release  |                            |                           |
    """

    kind: ActorKind
    name: str | None = None
    version: str | None = None


By = Literal["you", "assistant", "built-in", "model", "api", "calendar", "import", "reminder", "unknown"]
"""Whose changes are asked for: the assistant is the built-in model and any other, the calendar is CalDAV."""
ACTORS_OF: Final[dict[By, tuple[ActorKind, ...]]] = {
    **{kind: (kind,) for kind in ACTOR_KINDS},
    "assistant": ("built-in", "model"),
    "calendar": ("api",),
}
CALENDAR_PREFIX: Final = "CalDAV, "
"""What the names of actors begin with that change a list over CalDAV; the name of an app password follows."""
Deed = Literal["added", "changed", "completed", "reopened", "deleted", "restored"]


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryEntry:
    """One change of one task, as the history has it.

    `before` is None where the task came onto the list, `after` where it left it. Changes of one answer, or of one
    direct edit, share `group_id`; `turn_id` and `call_id` are those of the answer. `replay` says that this is a step of
    undo or redo, and `replayed_id` which change it took back or made again. `undone` is true of a change that was taken
    back.
    """

    id: int
    at: datetime
    task_id: int
    by: Actor
    before: Task | None
    after: Task | None
    group_id: int
    turn_id: str | None = None
    call_id: str | None = None
    replay: Literal["undo", "redo"] | None = None
    replayed_id: int | None = None
    undone: bool = False

    @property
    def task(self) -> Task:
        """Return the task after the change, or before the one that took it off the list."""
        task = self.after or self.before
        assert task is not None
        return task

    @property
    def deed(self) -> Deed:
        """Return what was done to the task."""
        if self.before is None:
            return "restored" if self.replay is not None else "added"
        if self.after is None:
            return "deleted"
        if self.before.completed != self.after.completed:
            return "completed" if self.after.completed else "reopened"
        return "changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeSelection:
    """Which changes to undo, wherever they lie in the past: one change, those of a turn or of one call in it, or those
    of a time, in words ("1h", "yesterday", "this morning"). `task_id` and `by` narrow it down."""

    change_id: int | None = None
    turn_id: str | None = None
    call_id: str | None = None
    since: str | None = None
    until: str | None = None
    task_id: int | None = None
    by: By | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PastPage:
    """A page of the list as it was at the moment `as_of`."""

    as_of: datetime
    items: tuple[Task, ...]
    next: str | None = None
    total: int | None = None
