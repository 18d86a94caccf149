"""The port to a copy of a list on a server, which the entry point opens. `core.kept_list` implements it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from kirotodo.core.backend import KeptNote
from kirotodo.core.domain.history import By, HistoryEntry
from kirotodo.core.domain.pending_edit import PendingEdit
from kirotodo.core.domain.task import Changed, Page, Task, TaskFilter
from kirotodo.core.domain.view import View


class Made(Protocol):
    """What an edit came to in the copy."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Return the tasks that were added or changed."""

    @property
    def changed(self) -> Changed:
        """Return all that changed."""


class Kept(Protocol):
    """The copy and the edits that wait to be sent. `core.kept_list.KeptList` says what each method does."""

    async def revision(self) -> int | None: ...

    async def value(self, name: str) -> str | None: ...

    async def set_value(self, name: str, value: str | None) -> None: ...

    async def tasks(self, where: TaskFilter, *, limit: int, cursor: str | None) -> Page[Task]: ...

    async def task(self, task_id: int) -> Task: ...

    async def preview(self, text: str) -> tuple[Task, ...]: ...

    async def preview_skip(
        self,
        task_ids: Sequence[int] | None,
        *,
        until: str | None = None,
        count: int | None = None,
        on: str | None = None,
    ) -> Changed: ...

    async def views(self) -> tuple[View, ...]: ...

    async def history(
        self,
        *,
        task_id: int | None,
        since: str | None,
        until: str | None,
        by: By | None,
        limit: int,
        cursor: str | None,
    ) -> Page[HistoryEntry]: ...

    async def newest_change(self) -> int: ...

    async def open_tasks(self, most: int) -> tuple[Task, ...] | None: ...

    async def count_pending(self) -> int: ...

    async def put(self, tasks: Iterable[Task], removed: Iterable[int] = (), *, revision: int | None = None) -> None: ...

    async def put_views(self, views: Sequence[View]) -> None: ...

    async def put_history(self, entries: Sequence[HistoryEntry]) -> None: ...

    async def fill(self, tasks: Sequence[Task], *, revision: int) -> None: ...

    async def edits(self) -> tuple[PendingEdit, ...]: ...

    async def note(self, edit: PendingEdit) -> PendingEdit: ...

    async def tried(self, edit: PendingEdit) -> PendingEdit: ...

    async def replace(self, edit: PendingEdit) -> None: ...

    async def drop(self, edit: PendingEdit) -> None: ...

    async def make(self, wanted: PendingEdit, *, sent: PendingEdit | None = None) -> Made: ...

    async def settle(
        self, edit: PendingEdit, tasks: Sequence[Task], removed: Sequence[int], note: str = ""
    ) -> dict[int, int]: ...

    async def refuse(
        self, edit: PendingEdit, now: Sequence[Task], note: str, dropped: Callable[[PendingEdit], str]
    ) -> tuple[PendingEdit, ...]: ...

    async def notes(self) -> tuple[KeptNote, ...]: ...

    async def dismiss(self, note_id: int) -> None: ...

    async def undo(self) -> Changed: ...

    async def aclose(self) -> None: ...
