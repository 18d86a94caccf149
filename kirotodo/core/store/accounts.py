"""The account of one user, and the sessions it is signed in with. Never commits.

Finding an account by its e-mail address looks across users: `Database.account_of` does that, and nothing else does.
"""

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Select, String, and_, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from kirotodo.core.agent_tokens import IssuedToken
from kirotodo.core.backend import AgentToken, TokenScope
from kirotodo.core.errors import Conflict, NotFound
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.columns import JsonValues
from kirotodo.core.store.statement import AnyRow
from kirotodo.core.store.statements.transaction import TOKEN_VERSION_LEFT, UID
from kirotodo.core.store.tables import deleted_users, sessions, users
from kirotodo.core.store.transaction import Scope, hash_of

TAKEN: Final = "There is an account with this e-mail address already: sign in instead."
_S: Final = sessions.c
_ID: Final[BindParameter[Any]] = bindparam("the_id")
_MINE: Final = (_S.user_id == UID, _S.id == _ID)
_ACCOUNT: Final = select(
    *(users.c.id, users.c.email, users.c.password_hash, users.c.token_version, users.c.timezone, users.c.deletion_at)
)
_USER: Final = select(users.c.id).where(users.c.id == UID)
_GET: Final = _ACCOUNT.where(users.c.id == UID)
BY_EMAIL: Final = _ACCOUNT.where(users.c.email == bindparam("the_email"))
_SET_HASH: Final = (
    update(users).where(users.c.id == UID).values(password_hash=bindparam("new_hash")).returning(users.c.id)
)
_SET_RESET: Final = (
    update(users)
    .where(users.c.id == UID)
    .values(reset_hash=bindparam("new_reset"), reset_expires_at=bindparam("new_expires"))
)
_RESET: Final = (
    users.c.id == UID,
    users.c.reset_hash == bindparam("the_reset"),
    users.c.reset_expires_at > bindparam("the_now", type_=users.c.reset_expires_at.type),
)
_IS_RESET: Final = select(users.c.email).where(*_RESET)
_USE_RESET: Final = update(users).where(*_RESET).values(reset_hash=None, reset_expires_at=None).returning(users.c.id)
_SET_DELETION: Final = (
    update(users).where(users.c.id == UID).values(deletion_at=bindparam("new_deletion")).returning(users.c.id)
)
_NEXT_VERSION: Final = (
    update(users)
    .where(users.c.id == UID)
    .values(token_version=users.c.token_version + bindparam("by"))
    .returning(users.c.token_version)
)
_AGENT_COLUMNS: Final = (_S.agent, _S.scope, _S.token_hash, _S.last_used_at)
_SESSION_STATUS: Final = (
    select(
        *(users.c.email, users.c.token_version, users.c.deletion_at, users.c.timezone, _S.expires_at, _S.revoked_at),
        *_AGENT_COLUMNS,
    )
    .select_from(users.outerjoin(sessions, and_(_S.user_id == users.c.id, _S.id == _ID)))
    .where(users.c.id == UID)
)


def _given(name: str) -> Select[Any]:
    """The texts of a JSON array that is a parameter."""
    return select(JsonValues(bindparam(name, type_=String())).table_valued("value").c.value)


STATUSES: Final = (
    select(
        *(users.c.id, users.c.email, users.c.token_version, users.c.deletion_at, users.c.timezone),
        *(_S.id.label("session_id"), _S.expires_at, _S.revoked_at, *_AGENT_COLUMNS),
    )
    .select_from(users.outerjoin(sessions, and_(_S.user_id == users.c.id, _S.id.in_(_given("the_sessions")))))
    .where(users.c.id.in_(_given("the_users")))
)
"""What `AccountStore.session_status` reads, of many users and sessions at once; each parameter is a JSON array."""
VERSIONS: Final = select(users.c.id, users.c.token_version, users.c.deletion_at).where(
    users.c.id.in_(bindparam("the_users", expanding=True))
)
VERSIONS_LEFT: Final = select(deleted_users.c.user_id, deleted_users.c.token_version).where(
    deleted_users.c.user_id.in_(bindparam("the_hashes", expanding=True))
)
LIVE_SESSIONS: Final = select(_S.user_id, _S.id).where(
    _S.user_id.in_(bindparam("the_users", expanding=True)),
    _S.id.in_(bindparam("the_sessions", expanding=True)),
    _S.revoked_at.is_(None),
    _S.expires_at > bindparam("now", type_=_S.expires_at.type),
)
_SESSION: Final = select(_S.id, _S.generation, _S.created_at, _S.last_used_at, _S.expires_at, _S.revoked_at).where(
    *_MINE
)
_INSERT_SESSION: Final = insert(sessions)
_ROTATE: Final = (
    update(sessions)
    .where(*_MINE, _S.revoked_at.is_(None))
    .values(generation=_S.generation + 1, last_used_at=bindparam("new_last_used"), expires_at=bindparam("new_expires"))
    .returning(_S.generation)
)
_REVOKE: Final = update(sessions).where(*_MINE, _S.revoked_at.is_(None)).values(revoked_at=bindparam("new_revoked"))
_REVOKE_ALL: Final = (
    update(sessions).where(_S.user_id == UID, _S.revoked_at.is_(None)).values(revoked_at=bindparam("new_revoked"))
)
_AGENTS: Final = (
    select(_S.agent, _S.scope, _S.created_at, _S.last_used_at, _S.expires_at)
    .where(
        *(_S.user_id == UID, _S.agent.is_not(None), _S.revoked_at.is_(None)),
        _S.expires_at > bindparam("now", type_=_S.expires_at.type),
    )
    .order_by(_S.created_at, _S.agent)
)
_AGENT_NAMES: Final = select(_S.agent).where(_S.user_id == UID, _S.agent.is_not(None)).distinct()
_REVOKE_AGENT: Final = (
    update(sessions)
    .where(_S.user_id == UID, _S.agent == bindparam("the_agent"), _S.revoked_at.is_(None))
    .values(revoked_at=bindparam("new_revoked"))
    .returning(_S.id)
)
_SEEN: Final = update(sessions).where(*_MINE).values(last_used_at=bindparam("new_last_used"))
_FORGET: Final = delete(sessions).where(_S.user_id == UID, _S.expires_at <= bindparam("until"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A user as one who signs in. `email` and `password_hash` are None for one who only ever came with a token."""

    id: str
    email: str | None
    password_hash: str | None
    token_version: int
    timezone: str | None
    deletion_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionRecord:
    """A sign-in. `generation` is that of its newest refresh token, given out at `last_used_at`."""

    id: str
    generation: int
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentStatus:
    """An agent whose token a session is."""

    name: str
    scope: TokenScope
    token_hash: str
    last_used_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionStatus:
    """What decides whether tokens still hold: the version of the user's tokens, and whether the session is live; when
    the user is to be deleted, if that was asked for; and the user's time zone, which each of their requests needs."""

    email: str | None
    token_version: int
    live: bool
    deletion_at: datetime | None = None
    timezone: str | None = None
    agent: AgentStatus | None = None
    """What an agent's token has to match, and may do; None for a person's session."""


def agent_status_of(row: AnyRow) -> AgentStatus | None:
    """Return what a row with the columns of `sessions` says of an agent's token; None for a person's session."""
    if row.agent is None:
        return None
    return AgentStatus(name=row.agent, scope=row.scope, token_hash=row.token_hash, last_used_at=row.last_used_at)


class AccountStore:
    """The user's account and sessions."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def create(self, *, email: str, password_hash: str) -> None:
        """Make the user, with an address that must be folded already. Raises `Conflict` where it has an account."""
        try:
            await self._scope.make_user(email=email, password_hash=password_hash)
        except (IntegrityError, sqlite3.IntegrityError):
            raise Conflict(TAKEN) from None

    async def get(self) -> Account | None:
        """Return the user's account, None without one."""
        row = await self._scope.first(_GET)
        return None if row is None else Account(**row._mapping)

    async def set_password_hash(self, password_hash: str) -> None:
        """Store the hash of a new password."""
        await self._scope.on_user(_SET_HASH, {"new_hash": password_hash})

    async def set_reset(self, token_hash: str, *, expires_at: datetime) -> None:
        """Let this token, and no other, set a new password until then."""
        await self._scope.execute(_SET_RESET, {"new_reset": token_hash, "new_expires": expires_at})

    async def can_reset(self, token_hash: str) -> bool:
        """Return whether a token may set a new password now."""
        return await self._scope.first(_IS_RESET, self._reset(token_hash)) is not None

    async def use_reset(self, token_hash: str) -> bool:
        """Use a token up. Return whether it could be used, which is so once."""
        return await self._scope.first(_USE_RESET, self._reset(token_hash)) is not None

    async def drop_reset(self) -> None:
        """Let no token set a new password any more."""
        await self._scope.execute(_SET_RESET, {"new_reset": None, "new_expires": None})

    def _reset(self, token_hash: str) -> dict[str, Any]:
        return {"the_reset": token_hash, "the_now": self._scope.now}

    async def set_deletion(self, at: datetime | None) -> None:
        """Have the user deleted at that moment, or not at all. A user who is new gets the row first."""
        await self._scope.on_user(_SET_DELETION, {"new_deletion": at})

    async def session_status(self, session_id: str | None = None) -> SessionStatus:
        """How things stand for tokens of this user and, if they belong to one, this session."""
        row = await self._scope.first(_SESSION_STATUS, {"the_id": session_id or ""})
        if row is None:
            left = await self._scope.first(TOKEN_VERSION_LEFT, {"uid_hash": hash_of(self._scope.user_id)})
            return SessionStatus(email=None, token_version=left[0] if left else 0, live=session_id is None)
        live = row.expires_at is not None and row.revoked_at is None and row.expires_at > self._scope.now
        return SessionStatus(
            email=row.email,
            token_version=row.token_version,
            live=live or session_id is None,
            deletion_at=row.deletion_at,
            timezone=row.timezone,
            agent=agent_status_of(row),
        )

    # --- agents ---

    async def agents(self) -> tuple[AgentToken, ...]:
        """Return the agents whose tokens hold, without the tokens, which nobody knows any more."""
        rows = await self._scope.rows(_AGENTS, {"now": self._scope.now})
        return tuple(
            AgentToken(
                name=row.agent,
                scope=row.scope,
                created_at=row.created_at,
                last_used_at=None if row.last_used_at == row.created_at else row.last_used_at,
                expires_at=row.expires_at,
            )
            for row in rows
        )

    async def agent_names(self) -> frozenset[str]:
        """Return the names of all agents that have a token, or had one that is not forgotten yet."""
        return frozenset(row[0] for row in await self._scope.rows(_AGENT_NAMES))

    async def add_agent(self, issued: IssuedToken, *, name: str, scope: TokenScope, expires_at: datetime) -> AgentToken:
        """Store the token of a new agent. Raises `Conflict` where a token of that name holds already."""
        if any(agent.name == name for agent in await self.agents()):
            raise Conflict(f"There is a token of the name {name} already. Revoke it first, or choose another name.")
        await self._scope.on_user(_USER, {})
        agent = {"agent": name, "scope": scope, "token_hash": issued.hash}
        await self.add_session(issued.id, expires_at=expires_at, agent=agent)
        return AgentToken(name=name, scope=scope, created_at=self._scope.now, expires_at=expires_at, token=issued.token)

    async def revoke_agent(self, name: str) -> None:
        """End the token of an agent. Raises `NotFound`."""
        if await self._scope.first(_REVOKE_AGENT, {"the_agent": name, "new_revoked": self._scope.now}) is None:
            raise NotFound(f"There is no token of the name {name[:50]}.")

    async def agent_seen(self, session_id: str) -> None:
        """Note that an agent's token was used now."""
        await self._scope.execute(_SEEN, {"the_id": session_id, "new_last_used": self._scope.now})

    # --- sessions ---

    async def add_session(
        self, session_id: str, *, expires_at: datetime, agent: Mapping[str, str] | None = None
    ) -> None:
        """Begin a session with its first refresh token, or as an agent's token, and forget those that have run out."""
        now = self._scope.now
        await self._scope.execute(_FORGET, {"until": now})
        await self._scope.insert(
            _INSERT_SESSION,
            {
                "id": session_id,
                "generation": 1,
                "created_at": now,
                "last_used_at": now,
                "expires_at": expires_at,
                "revoked_at": None,
                **(agent or {"agent": None, "scope": None, "token_hash": None}),
            },
        )

    async def session(self, session_id: str) -> SessionRecord | None:
        """The session as it is. In a write transaction nobody else changes it before the end."""
        row = await self._scope.first(_SESSION, {"the_id": session_id})
        return None if row is None else SessionRecord(**row._mapping)

    async def rotate(self, session_id: str, *, expires_at: datetime) -> int:
        """Count one more refresh token, which keeps the session until `expires_at`; its generation."""
        values = {"the_id": session_id, "new_last_used": self._scope.now, "new_expires": expires_at}
        row = await self._scope.first(_ROTATE, values)
        if row is None:
            raise NotFound("There is no such session.")
        return int(row[0])

    async def revoke(self, session_id: str) -> None:
        """End one session; one that is over, or never was, stays as it is."""
        await self._scope.execute(_REVOKE, {"the_id": session_id, "new_revoked": self._scope.now})

    async def revoke_all(self) -> int:
        """End every session, and with the next token version every token; that version."""
        await self._scope.execute(_REVOKE_ALL, {"new_revoked": self._scope.now})
        row = await self._scope.on_user(_NEXT_VERSION, {"by": 1})
        return int(row[0])
