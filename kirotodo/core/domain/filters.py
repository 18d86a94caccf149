"""Conditions on tasks: what a filter such as `due:today +home -#waiting` means, as frozen values.

`core.domain.filter_parser` reads them from text, `written` writes them back, `holds` asks them of one task, and
`core.store.statements.filters` asks them of the database.

They are msgspec structs: a command that filters nothing pays nothing, and one that does defines a dozen classes.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeAlias, assert_never
from zoneinfo import ZoneInfo

from msgspec import Struct

from kirotodo.core.domain.task import Priority, Task
from kirotodo.core.text.folding import name_key
from kirotodo.core.text.patterns import pattern
from kirotodo.core.text.search_terms import Terms, fold, has_terms, phrase_terms, searchable, terms

DayField = Literal["due", "done", "added", "start"]
Lackable = Literal["date", "time", "start", "project", "tag", "notes", "reminder"]
State = Literal["open", "done", "recurring", "overdue"]


class Word(Struct, frozen=True):
    """A word, or the beginning of one, in the title, notes, project or tags."""

    text: str


class Phrase(Struct, frozen=True):
    """A text that stands so in the title, notes, project or tags; case and accents don't count."""

    text: str


class InProject(Struct, frozen=True):
    """The task is in the project."""

    name: str


class Tagged(Struct, frozen=True):
    """The task has the tag."""

    name: str


class OfPriority(Struct, frozen=True):
    """The task has the priority."""

    priority: Priority


class Days(Struct, frozen=True):
    """The task is due, starts, was done or was added on one of these local days, inclusive; an end may be missing."""

    field: DayField
    first: dt.date | None
    last: dt.date | None


class Lacks(Struct, frozen=True):
    """The field is empty."""

    field: Lackable


class Is(Struct, frozen=True):
    """The task is in the state. A task is overdue if it is open and its due day is over."""

    state: State


class Not(Struct, frozen=True):
    """The condition doesn't hold."""

    part: "Condition"


class AllOf(Struct, frozen=True):
    """Every part holds. Parts are never `AllOf` themselves, and never exactly one."""

    parts: tuple["Condition", ...]


class AnyOf(Struct, frozen=True):
    """One of the parts holds. Parts are never `AnyOf` themselves, and at least two."""

    parts: tuple["Condition", ...]


Condition: TypeAlias = Word | Phrase | InProject | Tagged | OfPriority | Days | Lacks | Is | Not | AllOf | AnyOf


def all_of(*parts: Condition) -> Condition:
    """Return the condition that all of these hold."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, AllOf) else (part,)))
    return flat[0] if len(flat) == 1 else AllOf(flat)


def any_of(*parts: Condition) -> Condition:
    """Return the condition that one of these holds."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, AnyOf) else (part,)))
    return flat[0] if len(flat) == 1 else AnyOf(flat)


def conjuncts(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions all of which must hold."""
    return condition.parts if isinstance(condition, AllOf) else (condition,)


def leaves(condition: Condition) -> Iterator[Condition]:
    """Yield the conditions that have no parts."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield condition


def names(condition: Condition, *, words_only: bool) -> bool:
    """Return whether a condition names a word that tasks have, or else a project, tag or priority."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return any(names(part, words_only=words_only) for part in parts)
        case Word() | Phrase():
            return True
        case InProject() | Tagged() | OfPriority():
            return not words_only
        case _:
            return False


def says_status(condition: Condition) -> bool:
    """Return whether a condition says itself if open or done tasks are meant, so that no default is needed."""
    return any(
        (isinstance(leaf, Is) and leaf.state in ("open", "done")) or (isinstance(leaf, Days) and leaf.field == "done")
        for leaf in leaves(condition)
    )


def wanted_terms(condition: Word | Phrase) -> Terms | None:
    """Return what a condition looks for in texts; None where it has no words."""
    return terms(condition.text) if isinstance(condition, Word) else phrase_terms(condition.text)


# --- one task ---


@dataclass(frozen=True, kw_only=True)
class TaskAt:
    """A task, seen on a day in a time zone."""

    task: Task
    today: dt.date
    zone: ZoneInfo

    @cached_property
    def text(self) -> str:
        """Return what words are looked for in, folded."""
        task = self.task
        return fold(searchable(title=task.title, notes=task.notes, project=task.project, tags=task.tags))

    def day(self, field: DayField) -> dt.date | None:
        """Return the local day of a field, None where it is empty."""
        if field in ("due", "start"):
            return self.task.due_date if field == "due" else self.task.start_date
        moment = self.task.completed_at if field == "done" else self.task.created_at
        return None if moment is None else moment.astimezone(self.zone).date()

    def holds(self, condition: Condition) -> bool:
        """Return whether a condition holds of the task."""
        match condition:
            case AllOf(parts):
                return all(map(self.holds, parts))
            case AnyOf(parts):
                return any(map(self.holds, parts))
            case Not(part):
                return not self.holds(part)
            case Word() | Phrase():
                return self._says(condition)
            case InProject() | Tagged() | OfPriority():
                return self._belongs(condition)
            case Days():
                return self._is_between(condition)
            case Lacks(field):
                return _IS_EMPTY[field](self.task)
            case Is(state):
                return self._is(state)
            case _:
                assert_never(condition)

    def _says(self, condition: Word | Phrase) -> bool:
        wanted = wanted_terms(condition)
        return wanted is None or has_terms(self.text, wanted)

    def _belongs(self, condition: InProject | Tagged | OfPriority) -> bool:
        match condition:
            case InProject(name):
                return self.task.project is not None and name_key(self.task.project) == name_key(name)
            case Tagged(name):
                return name_key(name) in map(name_key, self.task.tags)
            case OfPriority(priority):
                return self.task.priority == priority

    def _is_between(self, days: Days) -> bool:
        day = self.day(days.field)
        if day is None:
            return False
        return (days.first is None or day >= days.first) and (days.last is None or day <= days.last)

    def _is(self, state: State) -> bool:
        task = self.task
        match state:
            case "open":
                return not task.completed
            case "done":
                return task.completed
            case "recurring":
                return task.recurrence is not None
            case "overdue":
                return not task.completed and task.due_date is not None and task.due_date < self.today


_IS_EMPTY: Final[Mapping[Lackable, Callable[[Task], bool]]] = {
    "date": lambda task: task.due_date is None,
    "time": lambda task: task.due_time is None,
    "start": lambda task: task.start_date is None,
    "project": lambda task: task.project is None,
    "tag": lambda task: not task.tags,
    "notes": lambda task: not task.notes,
    "reminder": lambda task: task.remind_at is None,
}


# --- as text ---


def written(condition: Condition) -> str:
    """Return a condition as text; read again, it is the same."""
    match condition:
        case AllOf(parts):
            return " ".join(f"({written(part)})" if isinstance(part, AnyOf) else written(part) for part in parts)
        case AnyOf(parts):
            return " or ".join(map(written, parts))
        case Not(part):
            inner = written(part)
            return f"-({inner})" if isinstance(part, AllOf | AnyOf | Not) else f"-{inner}"
        case _:
            return _leaf(condition)


def _leaf(condition: Word | Phrase | InProject | Tagged | OfPriority | Days | Lacks | Is) -> str:
    match condition:
        case Word(text):
            return text
        case Phrase(text):
            return quoted(text)
        case InProject(name):
            return f"+{named(name)}"
        case Tagged(name):
            return f"#{named(name)}"
        case OfPriority(priority):
            return f"!{priority}"
        case Days(field, first, last):
            return f"{field}:{first}" if first == last else f"{field}:{first or ''}..{last or ''}"
        case Lacks(field):
            return f"no:{field}"
        case Is(state):
            return state if state == "overdue" else f"is:{state}"


_BARE_NAME: Final = pattern(r"[^\s()\"“”„\\]+")


def named(name: str) -> str:
    """Return a project or tag as it is written behind `+` or `#`."""
    return name if _BARE_NAME.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """Return a text in quotes."""
    escaped = re.sub(r'["“”„\\]', lambda found: f"\\{found[0]}", text)
    return f'"{escaped}"'
