"""The statements of `core.store.kept`. Its tables are in copies of lists alone, see `core.store.sqlite.kept`."""

from typing import Final

from sqlalchemy import Integer, String, bindparam, column, delete, insert, select, table, update

from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import tasks

_EDITS: Final = table("kept_edits", column("seq", Integer), column("value", String))
_VALUES: Final = table("kept_values", column("name", String), column("value", String))

EDITS: Final = select(_EDITS.c.seq, _EDITS.c.value).order_by(_EDITS.c.seq)
ADD_EDIT: Final = insert(_EDITS)
CHANGE_EDIT: Final = (
    update(_EDITS).where(_EDITS.c.seq == bindparam("the_seq")).values(value=bindparam("new_value", type_=String))
)
DROP_EDIT: Final = delete(_EDITS).where(_EDITS.c.seq == bindparam("the_seq"))
VALUE: Final = select(_VALUES.c.value).where(_VALUES.c.name == bindparam("the_name"))
DROP_VALUE: Final = delete(_VALUES).where(_VALUES.c.name == bindparam("the_name"))
ADD_VALUE: Final = insert(_VALUES)
VISIBLE: Final = select(tasks.c.id).where(tasks.c.user_id == UID, tasks.c.deleted_at.is_(None))
