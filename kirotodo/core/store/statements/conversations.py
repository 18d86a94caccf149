"""The statements of `core.store.conversations`."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Select, bindparam, func, insert, select, tuple_, update

from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import conversations, messages, search_documents

C: Final = conversations.c
M: Final = messages.c
M_TABLE: Final = messages
D: Final = search_documents.c
ID: Final[BindParameter[Any]] = bindparam("the_id")
COLUMNS: Final = (C.id, C.title, C.preview, C.last_seq, C.created_at, C.updated_at)
MINE: Final = (C.user_id == UID, C.id == ID)
NOT_DELETED: Final = (*MINE, C.deleted_at.is_(None))
GET: Final = select(*COLUMNS).where(*NOT_DELETED)
INSERT: Final = insert(conversations)
RENAME: Final = (
    update(conversations)
    .where(*NOT_DELETED)
    .values(title=bindparam("new_title"), revision=bindparam("new_revision"))
    .returning(*COLUMNS)
)
DELETE: Final = (
    update(conversations)
    .where(*NOT_DELETED)
    .values(deleted_at=bindparam("now"), grants=None, revision=bindparam("new_revision"))
    .returning(C.id)
)
RESTORE: Final = (
    update(conversations).where(*MINE).values(deleted_at=None, revision=bindparam("new_revision")).returning(*COLUMNS)
)
TAKE_SEQ: Final = (
    update(conversations)
    .where(*NOT_DELETED)
    .values(
        last_seq=C.last_seq + 1,
        preview=bindparam("new_preview"),
        updated_at=bindparam("now"),
        revision=bindparam("new_revision"),
    )
    .returning(*COLUMNS, C.branched)
)
INSERT_MESSAGE: Final = insert(messages)
MESSAGES: Final = (
    select(M.seq, M.role, M.content, M.turn_id, M.created_at, M.variant_of)
    .where(M.user_id == UID, M.conversation_id == ID, M.seq < bindparam("before"), ~M.hidden)
    .where(select(C.id).where(*NOT_DELETED).exists())
    .order_by(M.seq.desc())
    .limit(bindparam("limit"))
)
_OF_CONVERSATION: Final = (M.user_id == UID, M.conversation_id == ID)
PLACES: Final = (
    select(M.seq, M.role, M.turn_id, M.parent, M.variant_of, M.hidden).where(*_OF_CONVERSATION).order_by(M.seq)
)
VARIANTS: Final = select(M.seq, M.variant_of).where(*_OF_CONVERSATION, M.variant_of.is_not(None)).order_by(M.seq)
LAST_SHOWN: Final = select(func.max(M.seq)).where(*_OF_CONVERSATION, M.seq < bindparam("before"), ~M.hidden)
SET_HIDDEN: Final = (
    update(messages)
    .where(*_OF_CONVERSATION, M.seq.in_(bindparam("seqs", expanding=True)))
    .values(hidden=bindparam("new_hidden"))
)
SET_VARIANT: Final = (
    update(messages).where(*_OF_CONVERSATION, M.seq == bindparam("the_seq")).values(variant_of=bindparam("new_variant"))
)
SET_BRANCHED: Final = (
    update(conversations)
    .where(*NOT_DELETED)
    .values(branched=True, revision=bindparam("new_revision"))
    .returning(*COLUMNS)
)
HITS_LOOKED_AT: Final = 500
"""The newest texts of a page of conversations among which the hits of a search are looked for."""


def texts_with(signs: Sequence[str]) -> Select[Any]:
    """Return the shown messages of some conversations whose searchable text holds all of these, the newest first."""
    found = (
        select(D.ref, D.part, D.text, M.content)
        .join(M_TABLE, (M.user_id == D.user_id) & (M.conversation_id == D.ref) & (M.seq == D.part))
        .where(D.user_id == UID, D.kind == "message", D.ref.in_(bindparam("ids", expanding=True)), ~M.hidden)
    )
    for sign in signs:
        found = found.where(D.text.contains(sign, autoescape=True))
    return found.order_by(D.part.desc()).limit(HITS_LOOKED_AT)


GRANTS: Final = select(C.grants).where(*NOT_DELETED)
SET_GRANTS: Final = update(conversations).where(*NOT_DELETED).values(grants=bindparam("new_value")).returning(C.id)


def page(refs: Select[Any] | None, key: Sequence[Any] | None) -> Select[Any]:
    """Return conversations, latest message first: those of `refs`, if given, and those after a key, if given."""
    statement = select(*COLUMNS).where(C.user_id == UID, C.deleted_at.is_(None))
    if refs is not None:
        statement = statement.where(C.id.in_(refs))
    if key is not None:
        columns = (C.updated_at, C.id)
        statement = statement.where(tuple_(*columns) < tuple_(*key, types=[column.type for column in columns]))
    return statement.order_by(C.updated_at.desc(), C.id.desc()).limit(bindparam("most"))
