"""The saved views of one user, in an open transaction. Never commits."""

from typing import Final

from kirotodo.core.domain.view import VIEWS_MAX, View
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.store.statement import Statements
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
        for view in await self.all():
            if name_key(view.name) == name_key(name):
                return view
        raise NotFound("There is no view of that name.")

    async def save(self, view: View, *, instead_of: str | None = None) -> None:
        """Store a view under its name, in place of the one of that name and, if it is renamed, of the one before.

        Raises `InvalidInput` where there are too many.
        """
        # Raises the user's revision, so that the lists of other programs are asked for again.
        await self._scope.advance()
        for name in {name_key(view.name), name_key(instead_of or view.name)}:
            await self._scope.execute(_SQL.DELETE, {"the_key": name})
        row = await self._scope.first(_SQL.COUNT)
        if row is not None and row[0] >= VIEWS_MAX:
            raise InvalidInput(f"You have {VIEWS_MAX} views. Remove one you no longer need, then try again.")
        await self._scope.insert(
            _SQL.INSERT,
            {
                "name_key": name_key(view.name),
                "name": view.name,
                "filter": view.filter,
                "sort": view.sort,
                "grouping": view.group,
                "pinned": view.pinned,
                "created_at": self._scope.now,
            },
        )

    async def delete(self, name: str) -> View:
        """Remove a view and return it as it was. Raises `NotFound`."""
        view = await self.get(name)
        await self._scope.advance()
        await self._scope.execute(_SQL.DELETE, {"the_key": name_key(name)})
        return view
