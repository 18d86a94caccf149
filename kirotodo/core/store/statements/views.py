"""The statements of `core.store.views`."""

from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select

from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import views

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
