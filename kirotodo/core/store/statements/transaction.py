"""The statements of `core.store.transaction`."""

from functools import reduce
from operator import add
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    String,
    Table,
    bindparam,
    cast,
    func,
    insert,
    select,
    update,
)

from kirotodo.core.store.columns import octets
from kirotodo.core.store.tables import deleted_users, search_documents, users

_COUNTERS: Final = (
    *("last_task_id", "last_conversation_id", "last_change_id"),
    *("pending_count", "completed_count", "pending_steps", "completed_steps", "stored_bytes"),
)
UID: Final[BindParameter[Any]] = bindparam("uid")
"""The user, in every statement that looks for rows; `Scope` fills it in."""
BUMP: Final = (
    update(users)
    .where(users.c.id == UID)
    .values(
        revision=users.c.revision + bindparam("by_revision"),
        **{name: users.c[name] + bindparam(f"by_{name}") for name in _COUNTERS},
    )
    .returning(
        users.c.last_task_id,
        users.c.last_conversation_id,
        users.c.last_change_id,
        users.c.revision,
        users.c.pending_count,
        users.c.completed_count,
        users.c.stored_bytes,
        users.c.webhooks,
        users.c.pending_steps + users.c.completed_steps,
    )
)


def bytes_of(table: Table, *names: str, where: ColumnElement[bool] | None = None) -> Any:
    """Return the bytes of these columns in all rows of the user, or in some of them, as an expression."""
    size = reduce(add, (func.coalesce(octets(table.c[name]), 0) for name in names))
    some = select(func.coalesce(func.sum(size), 0)).where(table.c.user_id == UID)
    return (some if where is None else some.where(where)).scalar_subquery()


TOKEN_VERSION_LEFT: Final = select(deleted_users.c.token_version).where(
    deleted_users.c.user_id == bindparam("uid_hash")
)
"""The token version to begin with where a user of this id was deleted."""
MAKE_USER: Final = (
    insert(users)
    .values(id=UID, token_version=func.coalesce(TOKEN_VERSION_LEFT.scalar_subquery(), 0))
    .returning(users.c.id)
)
"""Returns something, so that an address that is taken is told here and now."""
INSERT_DOCUMENT: Final = insert(search_documents).inline()
UPDATE_DOCUMENT: Final = (
    update(search_documents)
    .where(
        search_documents.c.user_id == UID,
        search_documents.c.kind == bindparam("the_kind"),
        search_documents.c.ref == bindparam("the_ref"),
        search_documents.c.part == bindparam("the_part"),
    )
    .values(text=bindparam("new_text"))
)


def joined(ids: Select[Any]) -> Select[Any]:
    """Return a query for ids as one text with commas, which is read much faster than as many rows; "" without any."""
    (column,) = ids.subquery().c
    return select(func.coalesce(func.aggregate_strings(cast(column, String()), ","), ""))
