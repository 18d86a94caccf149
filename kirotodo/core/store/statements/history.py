"""The statements of `core.store.history` and `core.store.selective_undo`."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Integer, Select, bindparam, func, select, update

from kirotodo.core.domain.history import CALENDAR_PREFIX
from kirotodo.core.store.statements.journal import ENTRY, HIDDEN, HOLDS, MINE
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import changes, users

_ID: Final = changes.c.id
_MOST: Final[BindParameter[Any]] = bindparam("most", type_=Integer())
SHOWN: Final = (
    *(_ID, changes.c.created_at, changes.c.task_id, changes.c.before, changes.c.after),
    *(changes.c.group_id, changes.c.turn_id, changes.c.call_id, changes.c.undone_after),
    *(changes.c.actor, changes.c.actor_name, changes.c.actor_version, changes.c.replay, changes.c.replayed_id),
)
_SEEN: Final = changes.c.undone_after.is_distinct_from(HIDDEN)
_BY_CALENDAR: Final = changes.c.actor_name.startswith(CALENDAR_PREFIX)


def page(actor: str | None, names: Sequence[str]) -> Select[Any]:
    """Return the statement for a page of the history, the newest first. `names` are the conditions: `before` an id,
    `after` an id, of one task (`task`), made by `actor` (`by`; None is an unknown one), or over CalDAV (`calendar`)."""
    found = select(*SHOWN).where(MINE, _SEEN)
    if "before" in names:
        found = found.where(bindparam("before_id") > _ID)
    if "after" in names:
        found = found.where(bindparam("after_id") < _ID)
    if "task" in names:
        found = found.where(changes.c.task_id == bindparam("the_task"))
    if "by" in names:
        found = found.where(changes.c.actor.is_(None) if actor is None else changes.c.actor == actor)
    if "calendar" in names:
        found = found.where(_BY_CALENDAR)
    return found.order_by(_ID.desc()).limit(_MOST)


def selected(actors: Sequence[str | None], names: Sequence[str]) -> Select[Any]:
    """Return the statement for the changes that hold and are selected, the newest first; `names` as in `page`, and
    `change`, `turn` (the beginning of its id) and `call`."""
    found = select(*ENTRY, changes.c.turn_id).where(MINE, HOLDS)
    conditions: dict[str, Any] = {
        "change": bindparam("the_change") == _ID,
        "turn": changes.c.turn_id == bindparam("the_turn"),
        "call": changes.c.call_id == bindparam("the_call"),
        "task": changes.c.task_id == bindparam("the_task"),
        "after": bindparam("after_id") < _ID,
        "until": bindparam("until_id") >= _ID,
        "calendar": _BY_CALENDAR,
    }
    for name in names:
        found = found.where(conditions[name])
    if actors:
        known = changes.c.actor.in_([actor for actor in actors if actor is not None])
        found = found.where(known | changes.c.actor.is_(None) if None in actors else known)
    return found.order_by(_ID.desc())


_BY_PROGRAMS: Final = (
    select(changes.c.actor_name, changes.c.created_at)
    .where(MINE, changes.c.actor == "api", changes.c.actor_name.is_not(None))
    .order_by(_ID.desc())
    .limit(_MOST)
).subquery()
_LAST_AT: Final = func.max(_BY_PROGRAMS.c.created_at, type_=changes.c.created_at.type).label("last_at")
PROGRAMS: Final = (
    select(_BY_PROGRAMS.c.actor_name, _LAST_AT)
    .group_by(_BY_PROGRAMS.c.actor_name)
    .order_by(_LAST_AT.desc(), _BY_PROGRAMS.c.actor_name)
)
"""The other programs that made the newest changes, a walk along the index of their kind of actor."""
ONE: Final = select(*SHOWN).where(MINE, bindparam("the_change") == _ID)
TURNS: Final = (
    select(changes.c.turn_id).where(MINE, changes.c.turn_id.startswith(bindparam("the_beginning"))).distinct().limit(2)
)
LATER: Final = (
    select(*ENTRY, changes.c.actor)
    .where(MINE, HOLDS, changes.c.task_id.in_(bindparam("ids", expanding=True)), bindparam("first_id") < _ID)
    .order_by(_ID)
)
"""What changed these tasks after a change, and still holds."""
LAST_BEFORE: Final = (
    select(_ID)
    .where(MINE, changes.c.created_at < bindparam("the_moment", type_=changes.c.created_at.type))
    .order_by(_ID.desc())
    .limit(1)
)
"""The newest change before a moment: a walk back over those since."""
_FIRST_SINCE: Final = (
    select(func.min(_ID).label("id")).where(MINE, _SEEN, bindparam("after_id") < _ID).group_by(changes.c.task_id)
).subquery()
FIRST_SINCE: Final = (
    select(changes.c.task_id, changes.c.before)
    .join(_FIRST_SINCE, _FIRST_SINCE.c.id == _ID)
    .where(MINE)
    .order_by(changes.c.task_id)
)
"""The first change of each task since: what the task was before it is what it was then."""
HISTORY_FROM: Final = select(users.c.history_from).where(users.c.id == UID)
SET_HISTORY_FROM: Final = (
    update(users)
    .where(users.c.id == UID)
    .values(history_from=bindparam("new_history_from", type_=users.c.history_from.type))
)
