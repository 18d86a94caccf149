"""The statements of `core.store.kept`. Its tables are in copies of lists alone, see `core.store.sqlite.kept`."""

from typing import Final

from sqlalchemy import Integer, String, bindparam, column, delete, insert, select, table, update

from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import changes, tasks, views

_EDITS: Final = table("kept_edits", column("seq", Integer), column("value", String))
_NOTES: Final = table("kept_notes", column("id", Integer), column("text", String))
_VALUES: Final = table("kept_values", column("name", String), column("value", String))

EDITS: Final = select(_EDITS.c.seq, _EDITS.c.value).order_by(_EDITS.c.seq)
ADD_EDIT: Final = insert(_EDITS)
CHANGE_EDIT: Final = (
    update(_EDITS).where(_EDITS.c.seq == bindparam("the_seq")).values(value=bindparam("new_value", type_=String))
)
DROP_EDIT: Final = delete(_EDITS).where(_EDITS.c.seq == bindparam("the_seq"))
NOTES: Final = select(_NOTES.c.id, _NOTES.c.text).order_by(_NOTES.c.id)
ADD_NOTE: Final = insert(_NOTES)
DROP_NOTE: Final = delete(_NOTES).where(_NOTES.c.id == bindparam("the_id"))
VALUE: Final = select(_VALUES.c.value).where(_VALUES.c.name == bindparam("the_name"))
DROP_VALUE: Final = delete(_VALUES).where(_VALUES.c.name == bindparam("the_name"))
ADD_VALUE: Final = insert(_VALUES)
VISIBLE: Final = select(tasks.c.id).where(tasks.c.user_id == UID, tasks.c.deleted_at.is_(None))

_MINE: Final = changes.c.user_id == UID
INSERT_CHANGES: Final = insert(changes)
DROP_CHANGES: Final = delete(changes).where(_MINE, changes.c.id.in_(bindparam("ids", expanding=True)))
DROP_OWN_CHANGES: Final = delete(changes).where(_MINE, changes.c.id > bindparam("the_first"))
"""Changes that were made here: their ids are provisional, as those of new tasks are."""
DROP_OLD_CHANGES: Final = delete(changes).where(
    _MINE,
    changes.c.id
    <= select(changes.c.id)
    .where(_MINE)
    .order_by(changes.c.id.desc())
    .limit(1)
    .offset(bindparam("the_most", type_=Integer))
    .scalar_subquery(),
)
RENUMBER_CHANGES: Final = (
    update(changes)
    .where(_MINE, changes.c.id <= bindparam("the_first"))
    .values(
        id=changes.c.id + bindparam("the_first", type_=Integer),
        group_id=changes.c.group_id + bindparam("the_first", type_=Integer),
    )
)
NEWEST_CHANGE: Final = (
    select(changes.c.id).where(_MINE, changes.c.id <= bindparam("the_first")).order_by(changes.c.id.desc()).limit(1)
)
DROP_VIEWS: Final = delete(views).where(views.c.user_id == UID)
