"""Which changes an undo out of order takes back, and which fields of their tasks it has to leave alone: those that
somebody changed later. Reads only; `core.store.journal` takes the changes back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from kirotodo.core.domain.history import By
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import NotFound, NotUndoable
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.history import History, actors_of
from kirotodo.core.store.json_texts import load_task
from kirotodo.core.store.statement import AnyRow, Statements
from kirotodo.core.store.task_rows import TASK_FIELDS
from kirotodo.core.store.transaction import Scope

_SQL: Final = Statements("history")
_CHUNK: Final = 500
SELECTED_MAX: Final = 5_000
ADDED: Final = "added"
"""Stands for a task as a whole, where it came onto the list or left it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selected:
    """The changes to undo, by moments instead of words; see `domain.history.ChangeSelection`."""

    change_id: int | None = None
    turn_id: str | None = None
    call_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    task_id: int | None = None
    by: By | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LaterChange:
    """A change that came after a selected one and holds: what of the task it touched, and who made it."""

    id: int
    fields: frozenset[str]
    actor: str | None


async def selected_entries(scope: Scope, which: Selected, *, skip_turn: str | None = None) -> Sequence[AnyRow]:
    """Return the selected changes that hold, the newest first. Raises `NotFound` or `NotUndoable`."""
    given: dict[str, Any] = {}
    if which.change_id is not None:
        given["change"] = ("the_change", which.change_id)
    if which.turn_id is not None:
        given["turn"] = ("the_turn", await _turn(scope, which.turn_id))
    if which.call_id is not None:
        given["call"] = ("the_call", which.call_id)
    if which.task_id is not None:
        given["task"] = ("the_task", which.task_id)
    history = History(scope)
    if which.since is not None:
        given["after"] = ("after_id", await history.last_before(which.since))
    if which.until is not None:
        given["until"] = ("until_id", await history.last_before(which.until))
    actors = tuple(actors_of(which.by)) if which.by is not None else ()
    names = (*given, *(("calendar",) if which.by == "calendar" else ()))
    found = await scope.rows(_SQL.made("selected", actors, names), dict(given.values()))
    entries = [entry for entry in found if skip_turn is None or entry.turn_id != skip_turn]
    if not entries:
        raise await _nothing(scope, which)
    if len(entries) > SELECTED_MAX:
        raise NotUndoable(f"Those are {len(entries):,} changes, and one undo takes back at most {SELECTED_MAX:,}.")
    return sorted([*entries, *await _occurrences(scope, which, entries)], key=lambda entry: -entry.id)


async def _occurrences(scope: Scope, which: Selected, entries: Sequence[AnyRow]) -> list[AnyRow]:
    """Return the changes that made the next occurrence of a task whose completion alone is selected: else the same
    thing would be on the list twice."""
    if which.change_id is None:
        return []
    (entry,) = entries
    group = await scope.rows(Statements("journal").OF_GROUP, {"group": entry.group_id})
    return [each for each in group if each.id > entry.id and _parent(each) == entry.task_id]


def _parent(entry: AnyRow) -> int | None:
    after = load_task(entry.after)
    return after.previous_id if entry.before is None and after is not None else None


async def _turn(scope: Scope, text: str) -> str:
    """Return the turn whose id is, or begins with, this text. Raises `NotFound`."""
    beginning = text if text.replace("-", "").isalnum() else ""
    turns = [row[0] for row in await scope.rows(_SQL.TURNS, {"the_beginning": beginning})] if beginning else []
    if text in turns:
        return text
    if len(turns) > 1:
        raise NotFound(f"Several answers begin with {text}. Give more of the id.")
    if not turns:
        raise NotFound(f"No answer {text} changed anything.")
    return str(turns[0])


async def _nothing(scope: Scope, which: Selected) -> NotFound | NotUndoable:
    if which.change_id is None:
        return NotUndoable("There is nothing to undo there.")
    row = await scope.first(_SQL.ONE, {"the_change": which.change_id})
    if row is None or row.undone_after == 0:
        return NotFound(f"There is no change {which.change_id}. `kirotodo log` shows them.")
    if row.replay is not None:
        return NotUndoable(f"Change {which.change_id} is a step of {row.replay} itself, which undo doesn't take back.")
    return NotUndoable("That was already undone.")


async def later_changes(scope: Scope, entries: Sequence[AnyRow]) -> Mapping[int, Sequence[LaterChange]]:
    """Return, by task, what came after these changes and holds, without these changes themselves."""
    own = {entry.id for entry in entries}
    ids = list(dict.fromkeys(entry.task_id for entry in entries))
    found: dict[int, list[LaterChange]] = {}
    for start in range(0, len(ids), _CHUNK):
        rows = await scope.rows(_SQL.LATER, {"ids": ids[start : start + _CHUNK], "first_id": min(own)})
        for row in rows:
            if row.id not in own:
                touched = touched_fields(load_task(row.before), load_task(row.after))
                found.setdefault(row.task_id, []).append(LaterChange(id=row.id, fields=touched, actor=row.actor))
    return found


def touched_fields(before: Task | None, after: Task | None) -> frozenset[str]:
    """Return which fields a change touched; all of them where the task came or went."""
    if before is None or after is None:
        return frozenset((ADDED, *TASK_FIELDS))
    return frozenset(name for name in TASK_FIELDS if getattr(before, name) != getattr(after, name))


def held_by(later: Iterable[LaterChange], change_id: int, name: str | None = None) -> LaterChange | None:
    """Return the newest change after `change_id` that touched a field, or anything of the task."""
    found = None
    for each in later:
        if each.id > change_id and (name is None or name in each.fields):
            found = each
    return found
