"""Which tasks a filter means, as conditions; tags and words as ids that another index knows."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, literal, select

from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.store import search
from kirotodo.core.store.scope import UID, Scope
from kirotodo.core.store.tables import task_tags, tasks
from kirotodo.core.store.task_rows import NO_DATE, name_key, rank

FEW: Final = 1_000
"""So many ids are looked up one by one; more are found sooner on a walk along the list."""
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A tag or a search. `glance` gives the ids, or more than `FEW` or a None where they are many; `ids` all of them;
    `size` about how many; `holds` asks it of one task."""

    glance: Select[Any]
    ids: Select[Any]
    size: Select[Any]
    holds: ColumnElement[bool]


async def few_ids(scope: Scope, named: Named) -> list[int] | None:
    """The ids, if they are few."""
    found = [row[0] for row in await scope.rows(named.glance)]
    return None if len(found) > FEW or None in found else found


async def names(scope: Scope, where: TaskFilter) -> list[Named]:
    found = []
    if where.tag is not None:
        found.append(_tagged(name_key(where.tag)))
    if where.search is not None and (wanted := search.terms(where.search)) is not None:
        found.append(_holding(await search.find(scope, ("task",), wanted)))
    return found


def _tagged(key: str) -> Named:
    of_tag = (task_tags.c.user_id == UID, task_tags.c.tag_key == key)
    ids = select(task_tags.c.task_id).where(*of_tag)
    one = select(literal(1)).where(*of_tag, task_tags.c.task_id == tasks.c.id)
    return Named(glance=ids.limit(FEW + 1), ids=ids, size=select(func.count()).where(*of_tag), holds=one.exists())


def _holding(found: search.Found) -> Named:
    return Named(glance=found.few_refs(FEW + 1), ids=found.refs(), size=found.size(), holds=found.holds(tasks.c.id))


def conditions_of(where: TaskFilter, today: date, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    """What can be asked of a task's own row."""
    conditions = [*_due_conditions(where, today), *_completion_conditions(where, zone)]
    if where.project is not None:
        conditions.append(tasks.c.project_key == name_key(where.project))
    if where.priority is not None:
        conditions.append(tasks.c.priority == rank(where.priority))
    return conditions


def due_before(day: date) -> ColumnElement[bool]:
    return tasks.c.due_key < day.isoformat()


def due_between(first: date, last: date) -> ColumnElement[bool]:
    return (tasks.c.due_key >= first.isoformat()) & (tasks.c.due_key < f"{last.isoformat()}~")


def _due_conditions(where: TaskFilter, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    match where.due:
        case "today":
            conditions.append(due_between(today, today))
        case "overdue":
            conditions.append(due_before(today))
        case "week":
            conditions.append(due_between(today, today + timedelta(days=6)))
        case "none":
            conditions.append(tasks.c.due_key >= NO_DATE)
        case "any":
            pass
    if where.due_from is not None or where.due_to is not None:
        conditions.append(due_between(where.due_from or date.min, where.due_to or date.max))
    return conditions


def _completion_conditions(where: TaskFilter, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if where.completed_from is not None:
        conditions.append(tasks.c.completed_at >= day_start(where.completed_from, zone))
    if where.completed_to is not None:
        conditions.append(tasks.c.completed_at < day_start(where.completed_to, zone, days_later=1))
    return conditions


def day_start(day: date, zone: ZoneInfo, *, days_later: int = 0) -> datetime:
    """When a local day begins, as a UTC moment; the first or last moment there is where the calendar ends."""
    try:
        return datetime.combine(day + timedelta(days=days_later), time(), zone).astimezone(UTC)
    except OverflowError:
        return _LAST if day.year > 1 else _FIRST
