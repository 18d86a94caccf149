"""The saved views of one user, in an open transaction. Never commits.

Each change of a view is written down, numbered with the changes of tasks, so that undo takes back either.
"""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from kirotodo.core.domain.task import Changed
from kirotodo.core.domain.view import VIEWS_MAX, View
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.store.statement import AnyRow, Statements
from kirotodo.core.store.transaction import Scope
from kirotodo.core.text.folding import name_key

_SQL: Final = Statements("views")


class ViewStore:
    """Views by their name, which compares without case."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def all(self) -> tuple[View, ...]:
        """Return all views, pinned ones first, by name."""
        return tuple(
            View(name=name, filter=words, sort=sort, group=group, pinned=bool(pinned))
            for name, words, sort, group, pinned in await self._scope.rows(_SQL.ALL)
        )

    async def get(self, name: str) -> View:
        """Return one view. Raises `NotFound`."""
        view = await self._found(name)
        if view is None:
            raise NotFound("There is no view of that name.")
        return view

    async def _found(self, name: str) -> View | None:
        return next((view for view in await self.all() if name_key(view.name) == name_key(name)), None)

    async def save(self, view: View, *, instead_of: str | None = None) -> None:
        """Store a view under its name, in place of the one of that name and, if it is renamed, of the one before.

        Raises `InvalidInput` where there are too many.
        """
        before = await self._found(instead_of or view.name)
        await self._record(before, view)
        for name in {view.name, instead_of or view.name}:
            await self._remove(name)
        if await self._is_full():
            raise InvalidInput(f"You have {VIEWS_MAX} views. Remove one you no longer need, then try again.")
        await self._insert(view)

    async def delete(self, name: str) -> View:
        """Remove a view and return it as it was. Raises `NotFound`."""
        view = await self.get(name)
        await self._record(view, None)
        await self._remove(name)
        return view

    async def replay(self, entry: AnyRow, *, undo: bool) -> Changed:
        """Bring a view back to what it was before a change, or to what the change made of it, as far as it still is as
        the change left it."""
        _, before, after = entry
        source, target = (_loaded(after), _loaded(before)) if undo else (_loaded(before), _loaded(after))
        in_the_way = await self._in_the_way(source, target)
        if in_the_way:
            return Changed(skipped=(in_the_way,))
        await self._scope.advance()
        if source is not None:
            await self._remove(source.name)
        if target is not None:
            await self._insert(target)
        return Changed(views=(_described(source, target),))

    async def _in_the_way(self, source: View | None, target: View | None) -> str | None:
        """Return why a view cannot go from `source` to `target`, in a sentence; None where it can."""
        if source is not None and await self._found(source.name) != source:
            return f"The view “{source.name}” has changed since, so it was left alone."
        moves = target is not None and (source is None or name_key(source.name) != name_key(target.name))
        if target is not None and moves and await self._found(target.name) is not None:
            return f"There is another view “{target.name}” by now, so it was left alone."
        if target is not None and source is None and await self._is_full():
            return f"You have {VIEWS_MAX} views, so “{target.name}” was not put back."
        return None

    async def _is_full(self) -> bool:
        row = await self._scope.first(_SQL.COUNT)
        return row is not None and row[0] >= VIEWS_MAX

    async def _record(self, before: View | None, after: View | None) -> None:
        """Write a change down. Raises the user's revision, so that the lists of other programs are asked for again."""
        numbers = await self._scope.advance(changes=1)
        entry = {"before": _dumped(before), "after": _dumped(after), "undone_after": None}
        await self._scope.insert(_SQL.RECORD, {"id": numbers.change, **entry, "created_at": self._scope.now})

    async def _remove(self, name: str) -> None:
        await self._scope.execute(_SQL.DELETE, {"the_key": name_key(name)})

    async def _insert(self, view: View) -> None:
        await self._scope.insert(_SQL.INSERT, view_row(view, self._scope.now))


def view_row(view: View, now: datetime) -> dict[str, Any]:
    """Return the row of a view that is stored now."""
    return {
        "name_key": name_key(view.name),
        "name": view.name,
        "filter": view.filter,
        "sort": view.sort,
        "grouping": view.group,
        "pinned": view.pinned,
        "created_at": now,
    }


def _dumped(view: View | None) -> str | None:
    """Return a view as JSON, without what is found out about it whenever it is read."""
    if view is None:
        return None
    return msgspec.json.encode(asdict(replace(view, problem=None, position=None))).decode()


def _loaded(text: str | None) -> View | None:
    return None if text is None else msgspec.json.decode(text, type=View)


def _described(source: View | None, target: View | None) -> str:
    """Return what became of a view, in a sentence."""
    if target is None:
        assert source is not None
        return f"Removed the view “{source.name}”."
    if source is None:
        return f"Put back the view “{target.name}”."
    if source.name != target.name:
        return f"Renamed the view “{source.name}” to “{target.name}”."
    return f"Changed the view “{target.name}” back to: {target.filter}"
