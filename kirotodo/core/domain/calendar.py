"""Tasks as calendar programs know them, over CalDAV."""

from typing import Final

from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass

OBJECT_MAX: Final = 128 * 1024
"""The most characters that a calendar object has."""
NAME_MAX: Final = 255
"""The longest name of a calendar object, and the longest UID."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarObject:
    """A task under the name and UID by which a calendar program knows it.

    `source` is the iCalendar text that a program stored last, and `base` the task as it was made of that; without them
    no program stored it yet. `parent_uid` is that of the task of which this is a step. `etag` changes with everything
    of this.
    """

    task: Task
    name: str
    uid: str
    etag: str
    parent_uid: str | None = None
    source: str = ""
    base: Task | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarItem:
    """What a calendar program stores. `parent_uid` may be that of a task which is yet to come."""

    name: str
    uid: str
    parent_uid: str | None
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncToken:
    """How far a calendar program has come: through all of a revision of the list, or up to a task of it."""

    revision: int
    task_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarChanges:
    """What changed after a token: objects as they are now, and the names of those that are gone. `more` says that there
    is more to ask for, from `token` on."""

    token: SyncToken
    objects: tuple[CalendarObject, ...] = ()
    removed: tuple[str, ...] = ()
    more: bool = False
