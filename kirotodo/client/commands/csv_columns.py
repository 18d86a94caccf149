"""Maps columns of a table and keys of JSON, under the names that other programs use, to fields of a task."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kirotodo.client.commands.rows import FIELDS

_OTHER_NAMES: Final = {
    "title": "task task_name taskname name content summary subject todo to_do item",
    "notes": "note description details body desc",
    "due_date": "due date deadline duedate due_on due_at due_datetime due_date_time",
    "due_time": "time duetime",
    "project": "list folder category list_name listname project_name",
    "tags": "tag labels label tag_names categories",
    "recurrence": "repeat rrule repeats recurrence_rule repeat_rule",
    "remind_at": "reminder remind",
    "completed_at": (
        "completed done completed_time completed_date completed_on completion_date date_completed is_completed "
        "iscompleted finished"
    ),
    "created_at": "created added created_time created_date created_on date_created date_added",
    "type": "kind row_type item_type",
    "is_all_day": "all_day isallday",
    "timezone": "time_zone",
}
_FIELD_OF: Final = {other: field for field, others in _OTHER_NAMES.items() for other in others.split()}
_BESIDES: Final = ("status", "type", "is_all_day", "timezone")
"""Columns that say how the others are to be read."""
_QUIET: Final = frozenset({"id", "updated_at", *_BESIDES})
"""Columns that may go unused without a remark."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """The column names of a file: those that map to fields, those that go into the notes, and the unused ones."""

    field_of: Mapping[str, str] = field(default_factory=dict)
    into_notes: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return a sentence for each kind of column that is moved or not used."""
        moved = [f"{_listed('Column', self.into_notes)} in the notes."] if self.into_notes else []
        return (*moved, f"Not used: {', '.join(self.unused)}.") if self.unused else tuple(moved)


def _listed(word: str, names: Sequence[str]) -> str:
    return f"{word}{'s' if len(names) > 1 else ''} {', '.join(names)} {'are' if len(names) > 1 else 'is'}"


def canonical(name: str) -> str:
    """Return the field that a name stands for, or the name itself in lower case."""
    known = name.strip().lower().replace(" ", "_").replace("-", "_")
    return _FIELD_OF.get(known, known)


def columns_of(names: Sequence[str]) -> Columns:
    """Return what each name is used for. Of two for one field the exact name wins, else the first.

    What loses against a title is text that belongs to the task, so it goes into the notes where they are free.
    """
    field_of: dict[str, str] = {}
    by_field: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        by_field.setdefault(canonical(name), []).append(name)
    unused: list[str] = []
    into_notes: list[str] = []
    for known, rivals in by_field.items():
        if known not in (*FIELDS, *_BESIDES, "id"):
            unused += [name for name in rivals if name.strip() and known not in _QUIET]
            continue
        winner = next((name for name in rivals if name.strip().lower().replace(" ", "_") == known), rivals[0])
        field_of[winner] = known
        losers = [name for name in rivals if name != winner and known not in _QUIET]
        if known == "title" and losers and "notes" not in by_field:
            field_of[losers[0]] = "notes"
            into_notes.append(losers.pop(0))
        unused += losers
    return Columns(field_of=field_of, into_notes=tuple(into_notes), unused=tuple(unused))


def together(columns: Iterable[Columns]) -> Columns:
    """Return the names that any of several objects loses, each once."""
    several = tuple(columns)
    return Columns(
        into_notes=tuple(dict.fromkeys(name for each in several for name in each.into_notes)),
        unused=tuple(dict.fromkeys(name for each in several for name in each.unused)),
    )


def fields_in(item: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    """Return the fields of one row or object."""
    return {columns.field_of[name]: value for name, value in item.items() if name in columns.field_of}
