"""The tasks that an answer lists: which of its calls found them, the text without them, and the filter for more.

No widget here. What a call returned is as it was then; what is known of a task now takes its place.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final, cast, get_args

from kirotodo.client.tui.entries import READING, AnswerEntry, Call
from kirotodo.core.domain.task import Due, Priority, Status, Task, TaskFilter
from kirotodo.core.lazy_dataclasses import dataclass

_BULLET: Final = re.compile(r"\s{0,3}[-*•]\s+(.*)")
_MORE: Final = re.compile(r"\s*(?:…|\.\.\.)?\s*and (?:\d[\d,]* )?more\.?\s*", re.IGNORECASE)
_ID: Final = re.compile(r"#(\d+)\b")
_RANGE: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?")
_UNKNOWN: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The tasks that an answer lists: the first page, how many there are in all, and how to get the others."""

    tasks: tuple[Task, ...]
    total: int
    where: TaskFilter | None = None
    cursor: str | None = None

    @property
    def rest(self) -> int:
        """Return how many tasks are not on the page."""
        return max(0, self.total - len(self.tasks))


def listing_of(entry: AnswerEntry) -> Listing | None:
    """Return what an answer lists; None where it changed something or looked for nothing: then its lines say enough."""
    if not entry.over or any(call.tool not in READING for call in entry.calls):
        return None
    calls = [call for call in entry.calls if call.tool == "list_tasks" and call.status == "succeeded"]
    return _listing(calls[-1]) if calls else None


def _listing(call: Call) -> Listing | None:
    result = call.result or {}
    read = [_task(raw) for raw in result.get("tasks") or () if isinstance(raw, Mapping)]
    tasks = tuple(task for task in read if task is not None)
    if not tasks:
        return None
    total, cursor = result.get("total"), result.get("next")
    where = _filter(call.arguments)
    return Listing(
        tasks=tasks,
        total=total if isinstance(total, int) else len(tasks),
        where=where,
        cursor=cursor if where is not None and isinstance(cursor, str) else None,
    )


def _task(raw: Mapping[str, Any]) -> Task | None:
    """Return a task of a result, which leaves out what is empty; None for what is no task."""
    try:
        done = raw.get("completed_at")
        return Task(
            id=int(raw["id"]),
            title=str(raw["title"]),
            priority=cast(Priority, raw.get("priority", "none")),
            due_date=date.fromisoformat(raw["due_date"]) if raw.get("due_date") else None,
            due_time=time.fromisoformat(raw["due_time"]) if raw.get("due_time") else None,
            recurrence=raw.get("recurrence"),
            project=raw.get("project"),
            tags=tuple(raw.get("tags") or ()),
            notes=str(raw.get("notes") or ""),
            completed_at=datetime.fromisoformat(done) if done else None,
            created_at=_UNKNOWN,
            updated_at=_UNKNOWN,
        )
    except (KeyError, TypeError, ValueError):
        return None


def _filter(arguments: Mapping[str, Any]) -> TaskFilter | None:
    """Return the filter that a call asked for, None where only the tool understands its words."""
    given = {name: value for name, value in arguments.items() if value not in (None, "", "any")}
    known = {each.name for each in fields(TaskFilter)} | {"limit", "cursor"}
    if not given.keys() <= known or ("status" in given and given["status"] not in get_args(Status)):
        return None
    due = given.pop("due", None)
    given.pop("limit", None)
    given.pop("cursor", None)
    try:
        where = TaskFilter(**given)
        if due is None or due in get_args(Due):
            return replace(where, due=due or "any")
        if isinstance(due, str) and (days := _RANGE.fullmatch(due)):
            return replace(where, due_from=date.fromisoformat(days[1]), due_to=date.fromisoformat(days[2] or days[1]))
    except (TypeError, ValueError):
        return None
    return None


def without_listed(text: str, tasks: Sequence[Task]) -> str:
    """Return the text of an answer without the bullets that name these tasks, which stand below it as tasks."""
    ids = {str(task.id) for task in tasks}
    titles = [task.title.casefold() for task in tasks]
    kept = []
    dropped = False
    for line in text.split("\n"):
        bullet = _BULLET.fullmatch(line)
        if bullet is not None and _names(bullet[1], ids, titles):
            dropped = True
        elif not (dropped and _MORE.fullmatch(line)):
            kept.append(line)
    return "\n".join(kept).strip() if dropped else text


def _names(line: str, ids: set[str], titles: Sequence[str]) -> bool:
    found = _ID.search(line)
    if found is not None:
        return found[1] in ids
    plain = re.sub(r"[*_`\\]", "", line).casefold()
    return any(plain.startswith(title) for title in titles if title)
