"""The journal: every change of a task, before and after, in groups that undo and redo replay.

A group is what one turn changed, or one direct edit (one `begin` without a turn). Undo works field by field: what has
changed since is left alone and named in `Changed.skipped`.
"""

from kirotodo.core.domain.task import Changed
from kirotodo.core.store.scope import Scope


class Journal:
    """The changes of one user, in an open transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @property
    def changed(self) -> Changed:
        """What this transaction did so far: the tasks as they are now, the ids that are gone, the changes."""
        raise NotImplementedError

    async def undo(self, *, groups: int = 1, skip_turn: str | None = None) -> Changed:
        """Put back the latest `groups` groups that are not undone yet, leaving those of `skip_turn` alone.

        Raises `NotUndoable` where there is none at all.
        """
        raise NotImplementedError

    async def undo_call(self, turn_id: str, call_id: str) -> Changed:
        """Put back what one tool call changed, wherever it lies in the past. Raises `NotUndoable`."""
        raise NotImplementedError

    async def redo(self) -> Changed:
        """Do again the group that was undone last; a new change since leaves nothing to redo. Raises `NotUndoable`."""
        raise NotImplementedError
