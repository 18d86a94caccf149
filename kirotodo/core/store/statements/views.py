"""The statements of `core.store.views`."""

from typing import Final

from sqlalchemy import Integer, bindparam, delete, func, insert, select, update

from kirotodo.core.store.statements.journal import NEWEST_EDIT
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import view_changes, views

_V: Final = views.c
_ONE: Final = (_V.user_id == UID, _V.name_key == bindparam("the_key"))
ALL: Final = (
    select(_V.name, _V.filter, _V.sort, _V.grouping, _V.pinned)
    .where(_V.user_id == UID)
    .order_by(_V.pinned.desc(), _V.name_key)
)
COUNT: Final = select(func.count()).where(_V.user_id == UID)
INSERT: Final = insert(views)
DELETE: Final = delete(views).where(*_ONE)
_C: Final = view_changes.c
_MINE: Final = _C.user_id == UID
_ENTRY: Final = (_C.id, _C.before, _C.after)
RECORD: Final = insert(view_changes)
LATEST: Final = (
    select(*_ENTRY)
    .where(_MINE, _C.undone_after.is_(None))
    .order_by(_C.id.desc())
    .limit(bindparam("most", type_=Integer()))
)
"""The newest changes of views that hold."""
REDOABLE: Final = (
    select(*_ENTRY).where(_MINE, _C.undone_after == NEWEST_EDIT.scalar_subquery()).order_by(_C.id).limit(1)
)
MARK: Final = update(view_changes).where(_MINE, _C.id == bindparam("the_id")).values(undone_after=bindparam("newest"))
