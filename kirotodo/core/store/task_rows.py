"""Tasks as rows: read into values, written from values, with their tags, sort keys and searchable text.

The journal and the task store both write through here, so that nothing derived can be forgotten.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime, time
from typing import Any, Final, NamedTuple, get_args

from kirotodo.core.domain.task import PRIORITIES, Priority, StepCount, Task, TaskDraft, TaskField
from kirotodo.core.store.json_texts import dump_series, load_series
from kirotodo.core.store.statement import AnyRow, Statements
from kirotodo.core.store.transaction import Scope
from kirotodo.core.text.folding import name_key
from kirotodo.core.text.patterns import pattern
from kirotodo.core.text.search_terms import Document, searchable

_SQL: Final = Statements("task_rows")

TASK_FIELDS: Final[tuple[TaskField, ...]] = get_args(TaskField)
NO_DATE: Final = "9999-99-99"
"""Where a `due_key` without a date begins: after every date."""

_PLAIN: Final = tuple(field.name for field in fields(Task) if field.name not in {"priority", "tags", "series", "steps"})
_DONE_STEP: Final = 1_000_000
"""What a done step adds to the number of steps that a row has, whose millions are so the done ones."""
_CHUNK: Final = 500
_ACCENTS: Final = pattern("[\u0300-\u036f]+")
_DIGITS: Final = pattern("[0-9]+")
_LETTERS: Final = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th"}
)
"""Letters that are no other letter with an accent to Unicode."""
_KEY_MAX: Final = 300
_RECORD_BYTES: Final = 350
"""What the JSON of a task in the journal takes besides its title and notes."""


def title_key(title: str) -> str:
    """Return a title as it sorts, by code points: without case and accents, numbers by their size.

    A number begins with how many digits it has, so that `item 2` comes before `item 10`. Cut to what an index takes.
    """
    text = unicodedata.normalize("NFKD", title.casefold()).translate(_LETTERS)
    return _DIGITS.sub(_counted, _ACCENTS.sub("", text))[:_KEY_MAX]


def _counted(found: re.Match[str]) -> str:
    number = found[0].lstrip("0")
    return f"{len(number):03}{number}"


def rank(priority: Priority) -> int:
    """0 for high up to 3 for none, so that the urgent sorts first."""
    return len(PRIORITIES) - 1 - PRIORITIES.index(priority)


def due_key(due_date: date | None, due_time: time | None, priority: Priority) -> str:
    """Date, then time (a day without one comes after its times), then priority, as one text that sorts."""
    day = NO_DATE if due_date is None else due_date.isoformat()
    moment = "99" if due_time is None else due_time.strftime("%H:%M:%S")
    return f"{day} {moment} {rank(priority)}"


def text_size(task: Task | TaskDraft) -> int:
    """Return the bytes of text in the row of a task."""
    return len(task.title.encode("utf-8", "surrogatepass")) + len(task.notes.encode("utf-8", "surrogatepass"))


def size_recorded(task: Task | TaskDraft) -> int:
    """Return about how many bytes the journal takes for one side of a change."""
    return text_size(task) + _RECORD_BYTES


def size_added(draft: TaskDraft) -> int:
    """Return about how many bytes a new task takes, with its entry in the journal."""
    return text_size(draft) + size_recorded(draft)


def size_changed(before: Task, after: Task) -> int:
    """Return about how many bytes more there are after a change, with its entry in the journal."""
    return text_size(after) - text_size(before) + size_recorded(before) + size_recorded(after)


def _values(task: Task) -> dict[str, Any]:
    return {
        **{name: getattr(task, name) for name in _PLAIN if name != "id"},
        "priority": rank(task.priority),
        "series": dump_series(task.series),
        "done": task.completed,
        "due_key": due_key(task.due_date, task.due_time, task.priority),
        "title_key": title_key(task.title),
        "project_key": None if task.project is None else name_key(task.project),
    }


class SeriesState(NamedTuple):
    """The newest occurrence of a series that is on the list, done or not (0: none is), and those that are open and
    repeat."""

    newest: int
    repeating: frozenset[int]


class TaskRows:
    """The task rows of one user, in an open transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def load(self, ids: Iterable[int]) -> dict[int, tuple[Task, bool]]:
        """These tasks, as far as they exist, and whether each is deleted."""
        wanted = list(dict.fromkeys(ids))
        rows = [
            row
            for start in range(0, len(wanted), _CHUNK)
            for row in await self._scope.rows(_SQL.LOAD, {"ids": wanted[start : start + _CHUNK]})
        ]
        values = await self.values(rows)
        return {task.id: (task, row.deleted_at is not None) for task, row in zip(values, rows, strict=True)}

    async def values(self, rows: Sequence[AnyRow]) -> tuple[Task, ...]:
        """Rows of `_SQL.COLUMNS` as values, with their tags."""
        tags: dict[int, list[str]] = {}
        for start in range(0, len(rows), _CHUNK):
            ids = [row.id for row in rows[start : start + _CHUNK]]
            for task_id, tag in await self._scope.rows(_SQL.LOAD_TAGS, {"ids": ids}):
                tags.setdefault(task_id, []).append(tag)
        return tuple(self._value(row, tuple(tags.get(row.id, ()))) for row in rows)

    @staticmethod
    def _value(row: AnyRow, tags: tuple[str, ...]) -> Task:
        plain = dict(zip(_PLAIN, row, strict=False))
        done, total = divmod(row.steps, _DONE_STEP)
        steps = StepCount(done=done, total=total) if total else None
        priority = PRIORITIES[len(PRIORITIES) - 1 - row.priority]
        return Task(**plain, priority=priority, tags=tags, series=load_series(row.series), steps=steps)

    async def series_of(self, ids: Iterable[int]) -> dict[int, int]:
        """Return the series of each of these tasks, deleted or not: the id of its first occurrence."""
        wanted = list(dict.fromkeys(ids))
        return {
            task_id: series
            for start in range(0, len(wanted), _CHUNK)
            for task_id, series in await self._scope.rows(_SQL.SERIES, {"ids": wanted[start : start + _CHUNK]})
        }

    async def occurrences(self, series: Iterable[int]) -> "dict[int, SeriesState]":
        """Return how these series stand."""
        wanted = sorted(set(series))
        newest: dict[int, int] = {}
        repeating: dict[int, set[int]] = {}
        for start in range(0, len(wanted), _CHUNK):
            some = {"series": wanted[start : start + _CHUNK]}
            newest |= {row[0]: row[1] for row in await self._scope.rows(_SQL.NEWEST, some)}
            for first, task_id in await self._scope.rows(_SQL.REPEATING, some):
                repeating.setdefault(first, set()).add(task_id)
        return {first: SeriesState(newest.get(first, 0), frozenset(repeating.get(first, ()))) for first in wanted}

    async def insert(self, task: Task, *, revision: int, series_id: int | None = None) -> None:
        """Insert a task with its tags, and make it searchable."""
        row = {"id": task.id, **_values(task), "series_id": series_id, "revision": revision}
        await self._scope.insert(_SQL.INSERT, row)
        await self._insert_tags(task)
        await self.touch_parents((task,), revision=revision)
        await self._scope.index(Document(kind="task", ref=task.id, text=_searchable(task)))

    async def insert_many(
        self, added: Sequence[Task], *, revision: int, hidden: bool, series: Mapping[int, int]
    ) -> None:
        """Insert many in a few statements; `hidden` ones are as if deleted until `show_many`. `series` names those of
        tasks that follow another."""
        shared = {"revision": revision} if not hidden else {"revision": 0, "deleted_at": self._scope.now}
        rows = [{"id": task.id, **_values(task), "series_id": series.get(task.id), **shared} for task in added]
        await self._scope.insert(_SQL.INSERT, *rows)
        await self._scope.insert(_SQL.INSERT_TAGS, *(row for task in added for row in _tag_rows(task)))
        texts = (Document(kind="task", ref=task.id, text=_searchable(task)) for task in added)
        await self._scope.index(*texts)

    async def show_many(self, first: int, last: int, *, revision: int) -> None:
        """Show the hidden tasks among these ids."""
        await self._scope.execute(_SQL.SHOW_MANY, {"the_first": first, "the_last": last, "new_revision": revision})

    async def update(self, before: Task, after: Task, *, revision: int) -> None:
        """Store what differs between a task before and after."""
        await self._scope.execute(_SQL.UPDATE, {**_values(after), "revision": revision, "the_id": after.id})
        if before.tags != after.tags:
            await self._scope.execute(_SQL.DELETE_TAGS, {"the_id": after.id})
            await self._insert_tags(after)
        if (before.parent_id, before.completed) != (after.parent_id, after.completed):
            await self.touch_parents((before, after), revision=revision)
        if _searchable(before) != _searchable(after):
            await self._scope.reindex("task", after.id, _searchable(after))

    async def touch_parents(self, steps: Iterable[Task], *, revision: int) -> None:
        """Say that the tasks of these steps have changed, since they count their steps."""
        ids = sorted({step.parent_id for step in steps if step.parent_id is not None})
        for start in range(0, len(ids), _CHUNK):
            await self._scope.execute(_SQL.TOUCH, {"ids": ids[start : start + _CHUNK], "new_revision": revision})

    async def hide(self, ids: Sequence[int], *, revision: int) -> None:
        """Delete these, so that they can be shown again."""
        await self._set_deleted(ids, self._scope.now, revision)

    async def show(self, ids: Sequence[int], *, revision: int) -> None:
        """Bring deleted tasks back as they were."""
        await self._set_deleted(ids, None, revision)

    async def _set_deleted(self, ids: Sequence[int], moment: datetime | None, revision: int) -> None:
        for start in range(0, len(ids), _CHUNK):
            values = {"new_deleted_at": moment, "new_revision": revision, "ids": ids[start : start + _CHUNK]}
            await self._scope.execute(_SQL.SET_DELETED, values)

    async def _insert_tags(self, task: Task) -> None:
        await self._scope.insert(_SQL.INSERT_TAGS, *_tag_rows(task))


def _searchable(task: Task) -> str:
    return searchable(title=task.title, notes=task.notes, project=task.project, tags=task.tags)


def _tag_rows(task: Task) -> list[dict[str, Any]]:
    return [
        {"task_id": task.id, "position": position, "tag": tag, "tag_key": name_key(tag)}
        for position, tag in enumerate(task.tags)
    ]


def counted(*given: Task | TaskDraft | None, by: int = 1) -> dict[str, int]:
    """What tasks add to the counts of their user; `by` -1 takes it away."""
    found: Counter[str] = Counter()
    for task in given:
        if task is not None:
            listed = task.parent_id is None or task.due_date is not None
            found[("completed" if task.completed_at else "pending") + ("" if listed else "_steps")] += by
    return dict(found)


def moved(before: Task, after: Task) -> dict[str, int]:
    """How the counts of its user change where a task becomes another."""
    change = Counter(counted(after))
    change.subtract(counted(before))
    return {name: by for name, by in change.items() if by}
