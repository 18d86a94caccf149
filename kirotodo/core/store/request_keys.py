"""The answers to one user's keyed requests: a request that comes again is answered from here. Never commits.

An answer is stored in the transaction of what it answers, so that either both are there or neither is.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, insert, select

from kirotodo.core.errors import KeyReused
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.statements.transaction import UID
from kirotodo.core.store.tables import request_keys, users
from kirotodo.core.store.transaction import Scope

KEPT: Final = timedelta(days=2)
"""How long a request can come again and be recognised."""

_K: Final = request_keys.c
_GET: Final = select(_K.fingerprint, _K.answer).where(
    _K.user_id == UID, _K.key == bindparam("the_key"), _K.created_at > bindparam("oldest", type_=_K.created_at.type)
)
_STORED: Final = select(_K.fingerprint, _K.answer, _K.created_at).where(
    _K.user_id == UID, _K.key == bindparam("the_key"), _K.created_at > bindparam("oldest", type_=_K.created_at.type)
)
_RECENT: Final = select(_K.key, _K.answer).where(
    _K.user_id == UID, _K.created_at > bindparam("oldest", type_=_K.created_at.type)
)
_DROP: Final = delete(request_keys).where(_K.user_id == UID, _K.key == bindparam("the_key"))
_INSERT: Final = insert(request_keys)
_FORGET: Final = delete(request_keys).where(
    _K.user_id == UID, _K.created_at <= bindparam("oldest", type_=_K.created_at.type)
)
_USER: Final = select(users.c.id).where(users.c.id == UID)


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestKey:
    """The key of a request, and a fingerprint of what it asks for."""

    key: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredAnswer:
    """An answer that was stored, with the fingerprint of what was asked, and when."""

    fingerprint: str
    answer: str
    created_at: datetime


class RequestKeyStore:
    """Answers by the key of their request, in an open transaction."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def answer_to(self, request: RequestKey) -> str | None:
        """Return the stored answer to this request, None for a new one. Raises `KeyReused`."""
        row = await self._scope.first(_GET, {"the_key": request.key, "oldest": self._scope.now - KEPT})
        if row is None:
            return None
        if row.fingerprint != request.fingerprint:
            raise KeyReused("This Idempotency-Key was already used with another request. Use a new one.")
        return str(row.answer)

    async def keep(self, request: RequestKey, answer: str) -> None:
        """Store the answer to a new request, and forget those that are too old to come again."""
        now = self._scope.now
        await self._scope.on_user(_USER, {})
        await self._scope.execute(_FORGET, {"oldest": now - KEPT})
        row = {"key": request.key, "fingerprint": request.fingerprint, "answer": answer, "created_at": now}
        await self._scope.insert(_INSERT, row)

    async def stored(self, key: str) -> StoredAnswer | None:
        """Return what is stored under a key, whatever was asked; None where nothing is."""
        row = await self._scope.first(_STORED, {"the_key": key, "oldest": self._scope.now - KEPT})
        return None if row is None else StoredAnswer(**row._mapping)

    async def recent(self, prefix: str, *, since: datetime) -> tuple[str, ...]:
        """Return the answers stored after a moment whose keys begin so."""
        rows = await self._scope.rows(_RECENT, {"oldest": since})
        return tuple(row.answer for row in rows if row.key.startswith(prefix))

    async def put(self, request: RequestKey, answer: str) -> None:
        """Store an answer in place of any other under its key."""
        await self._scope.execute(_DROP, {"the_key": request.key})
        await self.keep(request, answer)
