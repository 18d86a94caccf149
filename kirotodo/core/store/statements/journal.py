"""The statements of `core.store.journal`."""

from typing import Any, Final

from sqlalchemy import BindParameter, Integer, String, bindparam, func, insert, select, union_all, update

from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import changes, view_changes

ENTRY: Final = (changes.c.id, changes.c.group_id, changes.c.task_id, changes.c.before, changes.c.after)
MINE: Final = changes.c.user_id == UID
MY_VIEWS: Final = view_changes.c.user_id == UID
SKIP: Final[BindParameter[Any]] = bindparam("skip_turn", type_=String())
INSERT: Final = insert(changes)
HOLDS: Final = changes.c.undone_after.is_(None)
NEWEST: Final = (
    select(changes.c.group_id, changes.c.turn_id, changes.c.undone_after)
    .where(MINE, changes.c.replay.is_(None))
    .order_by(changes.c.id.desc())
    .limit(1)
    .subquery()
)
HIDDEN: Final = 0
"""`undone_after` of changes that are not to be seen yet; no change has this id."""
LATER: Final = ("group_id", "undone_after", "replay", "replayed_id")
JOINED: Final = (
    select(NEWEST.c.group_id)
    .where(NEWEST.c.turn_id == bindparam("new_turn_id"), NEWEST.c.undone_after.is_(None))
    .scalar_subquery()
)
INSERT_JOINING: Final = insert(changes).values(
    group_id=func.coalesce(JOINED, bindparam("new_id", type_=Integer())),
    **{each.name: bindparam(f"new_{each.name}") for each in changes.c if each.name not in LATER},
)
"""A change of a turn goes to the newest group, if that is this turn's and not undone."""
LATEST_GROUP: Final = (
    select(changes.c.group_id, changes.c.id)
    .where(MINE, HOLDS, changes.c.turn_id.is_distinct_from(SKIP))
    .order_by(changes.c.id.desc())
    .limit(1)
)
LATEST_OF_TASKS: Final = (
    select(changes.c.group_id, changes.c.turn_id)
    .where(MINE, HOLDS, changes.c.turn_id.is_distinct_from(SKIP))
    .where(changes.c.task_id.in_(bindparam("task_ids", expanding=True)))
    .order_by(changes.c.id.desc())
    .limit(1)
)
LATEST_GROUPS: Final = (
    select(changes.c.group_id, func.max(changes.c.id))
    .where(MINE, HOLDS, changes.c.turn_id.is_distinct_from(SKIP))
    .group_by(changes.c.group_id)
    .order_by(func.max(changes.c.id).desc())
    .limit(bindparam("groups", type_=Integer()))
)
OF_GROUP: Final = (
    select(*ENTRY).where(MINE, HOLDS, changes.c.group_id == bindparam("group")).order_by(changes.c.id.desc())
)
OF_CALL: Final = (
    select(*ENTRY, changes.c.undone_after)
    .where(MINE, changes.c.turn_id == bindparam("turn"), changes.c.call_id == bindparam("call"))
    .order_by(changes.c.id.desc())
)
NEWEST_PARTS: Final = union_all(
    select(func.max(changes.c.id).label("id")).where(MINE, HOLDS),
    select(func.max(changes.c.id)).where(MINE, changes.c.undone_after == HIDDEN),
    select(func.max(changes.c.undone_after)).where(MINE, changes.c.undone_after > HIDDEN),
    select(func.max(view_changes.c.id)).where(MY_VIEWS, view_changes.c.undone_after.is_(None)),
    select(func.max(view_changes.c.undone_after)).where(MY_VIEWS, view_changes.c.undone_after > HIDDEN),
).subquery()
NEWEST_EDIT: Final = select(func.max(NEWEST_PARTS.c.id))
"""The id of the newest edit: it holds, or is hidden, or was undone, which put its own id down. Each part is one look at
an index, however many steps of undo came after it."""
REDOABLE: Final = (
    select(*ENTRY).where(MINE, changes.c.undone_after == NEWEST_EDIT.scalar_subquery()).order_by(changes.c.id)
)
THESE: Final = update(changes).where(MINE, changes.c.id.in_(bindparam("ids", expanding=True)))
MARK_UNDONE: Final = THESE.values(undone_after=bindparam("newest"))
MARK_REDONE: Final = THESE.values(undone_after=None)
SHOW_ADDED: Final = (
    update(changes)
    .where(MINE, changes.c.group_id == bindparam("group"), changes.c.undone_after == HIDDEN)
    .values(undone_after=None)
)
