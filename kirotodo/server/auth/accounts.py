"""Signs users up, in and out: checks email addresses and passwords, and renews refresh tokens.

Passwords are hashed outside of transactions. A refresh token holds once; the one before it holds for a minute more, so
that an answer lost on its way signs nobody out, and gets what that answer said. Any older one has been copied: its
session ends (RFC 9700, 4.14.2).
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import uuid4

from kirotodo.core.errors import Conflict, InvalidInput, NotSignedIn
from kirotodo.core.store.accounts import TAKEN, Account, SessionRecord, SessionStatus
from kirotodo.core.store.database import Database, Store
from kirotodo.server.auth.email_addresses import account_of
from kirotodo.server.auth.password_reset import NO_RESET, hash_of, user_of
from kirotodo.server.auth.password_rules import check_password
from kirotodo.server.auth.passwords import Passwords
from kirotodo.server.auth.tokens import ACCESS_LIFETIME, Access, Refresh, Tokens

log = logging.getLogger(__name__)

SESSION_LIFETIME: Final = timedelta(days=30)
"""How long a session lasts without being used."""
GRACE: Final = timedelta(seconds=60)
"""How long the refresh token before the newest holds."""
SESSION_STATUS_SECONDS: Final = 3.0
"""How long a server believes what it knows of a session: until then one that another server ended still gets in."""
SESSION_STATUSES_MAX: Final = 10_000
WRONG: Final = "Wrong e-mail address or password."
ENDED: Final = "This session has ended. Sign in again."
NOT_CURRENT: Final = "That isn't your current password."


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenPair:
    """The tokens that answer a sign-in."""

    access_token: str
    refresh_token: str
    expires_in: int
    user_id: str
    email: str | None
    deletion_at: datetime | None = None


_Key: TypeAlias = tuple[str, str | None]
"""A user, and a session or none."""


def _seen(future: "asyncio.Future[SessionStatus]") -> None:
    """Take note of an error that nobody is left to be told of."""
    if not future.cancelled():
        future.exception()


class SessionStatusCache:
    """How things stand for tokens, believed for a few seconds so that not every request asks the database."""

    def __init__(
        self,
        database: Database,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        revoked: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._monotonic = monotonic
        self._revoked = revoked
        self._known: OrderedDict[_Key, tuple[float, SessionStatus]] = OrderedDict()
        self._wanted: dict[_Key, asyncio.Future[SessionStatus]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def of(self, user_id: str, session_id: str | None) -> SessionStatus:
        """Return what was known of this user a moment ago, or None."""
        key = (user_id, session_id)
        found = self._known.get(key)
        if found is not None and found[0] > self._monotonic():
            return found[1]
        wanted = self._wanted.get(key)
        if wanted is None:
            wanted = self._wanted[key] = asyncio.get_running_loop().create_future()
            wanted.add_done_callback(_seen)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="sessions")
        return await asyncio.shield(wanted)

    async def _look(self) -> None:
        """Ask the database, at once for all that came since it was asked last."""
        try:
            while self._wanted:
                wanted, self._wanted = self._wanted, {}
                try:
                    found = await self._read(list(wanted))
                except Exception as error:
                    for future in wanted.values():
                        future.set_exception(error)
                else:
                    for key, future in wanted.items():
                        future.set_result(found[key])
        finally:
            self._looking = None

    async def _read(self, keys: list[_Key]) -> dict[_Key, SessionStatus]:
        # Measured from before the query: what is revoked while it runs is believed no longer than promised.
        until = self._monotonic() + SESSION_STATUS_SECONDS
        found = await self._database.session_statuses(keys) if len(keys) > 1 else {}
        for user_id, session_id in keys:
            if (user_id, session_id) not in found:
                async with self._database.read(user_id) as store:
                    found[user_id, session_id] = await store.accounts.session_status(session_id)
        for key, session_status in found.items():
            self._known[key] = (until, session_status)
            self._known.move_to_end(key)
        while len(self._known) > SESSION_STATUSES_MAX:
            self._known.popitem(last=False)
        return found

    def zone_set(self, user_id: str, timezone: str) -> None:
        """Note that this user's time zone was stored just now."""
        for key in [key for key in self._known if key[0] == user_id]:
            until, session_status = self._known[key]
            self._known[key] = (until, replace(session_status, timezone=timezone))

    def forget(self, user_id: str) -> None:
        """Forget what was known of this user."""
        for key in [key for key in self._known if key[0] == user_id]:
            del self._known[key]
        self._revoked()


class Accounts:
    """The accounts of this server."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: Passwords,
        tokens: Tokens,
        session_statuses: SessionStatusCache,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._tokens = tokens
        self._session_statuses = session_statuses

    async def sign_up(self, email: str, password: str) -> TokenPair:
        """Make an account and sign in. `email` is folded. Raises `Conflict` where the address has an account."""
        password_hash = await self._passwords.hash(password)
        if await account_of(self._database, email) is not None:
            raise Conflict(TAKEN)
        user_id = uuid4().hex
        async with self._database.begin(user_id) as store:
            await store.accounts.create(email=email, password_hash=password_hash)
            return await self._new_session(store, email, token_version=0)

    async def sign_in(self, email: str, password: str) -> TokenPair:
        """Begin a session. Raises `NotSignedIn`, the same for an unknown address and a wrong password."""
        account = await account_of(self._database, email)
        right, renewed = await self._passwords.check(password, account.password_hash if account else None)
        if account is None or not right:
            raise NotSignedIn(WRONG)
        async with self._database.begin(account.id) as store:
            if not await _is_unchanged(store, account):
                raise NotSignedIn(WRONG)  # the password, or the account, went while this one was compared
            if renewed is not None:
                await store.accounts.set_password_hash(renewed)
            return await self._new_session(
                store, account.email, token_version=account.token_version, deletion_at=account.deletion_at
            )

    async def change_password(self, user_id: str, *, current: str, new: str) -> TokenPair:
        """Set a new password. Every session and every token of the user ends; the pair is that of a new one.

        Raises `InvalidInput` where `current` is not the password or the new one is easy to guess, and `Conflict` for a
        user who has none.
        """
        async with self._database.read(user_id) as store:
            account = await store.accounts.get()
        right, _ = await self._passwords.check(current, account.password_hash if account else None)
        if account is None or account.password_hash is None:
            raise Conflict("This user has no password here: their tokens come from another server.")
        if not right:
            raise InvalidInput(NOT_CURRENT)
        check_password(new, email=account.email)
        password_hash = await self._passwords.hash(new)
        async with self._database.begin(user_id) as store:
            if not await _is_unchanged(store, account):
                raise InvalidInput(NOT_CURRENT)
            return await self._replace_password(store, account, password_hash)

    async def reset_password(self, token: str, *, new: str) -> TokenPair:
        """Set a new password with a token of `make_reset_token`, once. Every session and token of the user ends.

        Raises `InvalidInput`, with the same sentence for a token that was used, replaced, ran out or never was one.
        """
        token = token.strip()
        user_id, reset = user_of(token), hash_of(token)
        async with self._database.read(user_id) as store:
            account = await store.accounts.get()
            holds = await store.accounts.can_reset(reset)
        if account is None or not holds:
            raise InvalidInput(NO_RESET)
        check_password(new, email=account.email)
        password_hash = await self._passwords.hash(new)
        async with self._database.begin(user_id) as store:
            # Hashing took long: of two requests with the same token, the one that gets here first uses it up.
            if not await store.accounts.use_reset(reset):
                raise InvalidInput(NO_RESET)
            return await self._replace_password(store, account, password_hash)

    async def _replace_password(self, store: Store, account: Account, password_hash: str) -> TokenPair:
        await store.accounts.set_password_hash(password_hash)
        await store.accounts.drop_reset()
        token_version = await store.accounts.revoke_all()
        self._session_statuses.forget(store.user_id)
        return await self._new_session(
            store, account.email, token_version=token_version, deletion_at=account.deletion_at
        )

    async def refresh(self, refresh: Refresh) -> TokenPair:
        """Return the next pair of tokens of a session. Raises `NotSignedIn` where it is over, or this token is an
        old one."""
        reused = False
        async with self._database.begin(refresh.user_id) as store:
            account = await store.accounts.get()
            session = await store.accounts.session(refresh.session_id)
            if account is None or session is None or _over(session, store.now):
                raise NotSignedIn(ENDED)
            generation, expires_at = session.generation, session.expires_at
            if refresh.generation == generation:
                expires_at = store.now + SESSION_LIFETIME
                generation = await store.accounts.rotate(session.id, expires_at=expires_at)
            elif not _just_replaced(refresh, session, store.now):
                await store.accounts.revoke(session.id)
                reused = True
        # Raised after the transaction, which would otherwise roll the revocation back.
        if reused:
            self._session_statuses.forget(refresh.user_id)
            log.warning("a replaced refresh token was used again: its session %s was ended", refresh.session_id)
            raise NotSignedIn(ENDED)
        return self._pair(
            refresh.user_id,
            account.email,
            token_version=account.token_version,
            session_id=refresh.session_id,
            generation=generation,
            expires_at=expires_at,
            deletion_at=account.deletion_at,
        )

    async def sign_out(self, user_id: str, session_id: str | None, *, everywhere: bool) -> None:
        """End this session, or every session and every token of the user, at once on this server."""
        if session_id is None and not everywhere:
            raise Conflict(
                "This token belongs to no session. It expires by itself; to revoke it now, sign out everywhere."
            )
        async with self._database.begin(user_id) as store:
            if everywhere:
                await store.accounts.revoke_all()
            elif session_id is not None:
                await store.accounts.revoke(session_id)
        self._session_statuses.forget(user_id)

    async def check(self, access: Access) -> SessionStatus:
        """How things stand for a token that is genuine. Raises `NotSignedIn` where it was called back."""
        session_status = await self._session_statuses.of(access.user_id, access.session_id)
        if not session_status.live or session_status.token_version != access.token_version:
            raise NotSignedIn(ENDED)
        return session_status

    async def _new_session(
        self, store: Store, email: str | None, *, token_version: int, deletion_at: datetime | None = None
    ) -> TokenPair:
        session_id, expires_at = uuid4().hex, store.now + SESSION_LIFETIME
        await store.accounts.add_session(session_id, expires_at=expires_at)
        return self._pair(
            store.user_id,
            email,
            token_version=token_version,
            session_id=session_id,
            generation=1,
            expires_at=expires_at,
            deletion_at=deletion_at,
        )

    def _pair(
        self,
        user_id: str,
        email: str | None,
        *,
        token_version: int,
        session_id: str,
        generation: int,
        expires_at: datetime,
        deletion_at: datetime | None,
    ) -> TokenPair:
        return TokenPair(
            access_token=self._tokens.sign_access(user_id, token_version=token_version, session_id=session_id),
            refresh_token=self._tokens.sign_refresh(
                user_id, session_id=session_id, generation=generation, expires_at=expires_at
            ),
            expires_in=int(ACCESS_LIFETIME.total_seconds()),
            user_id=user_id,
            email=email,
            deletion_at=deletion_at,
        )


async def _is_unchanged(store: Store, account: Account) -> bool:
    """Return whether an account still is as it was when its password was compared, outside of any transaction."""
    now = await store.accounts.get()
    return now is not None and (now.password_hash, now.token_version) == (account.password_hash, account.token_version)


def _over(session: SessionRecord, now: datetime) -> bool:
    return session.revoked_at is not None or session.expires_at <= now


def _just_replaced(refresh: Refresh, session: SessionRecord, now: datetime) -> bool:
    return refresh.generation == session.generation - 1 and now - session.last_used_at <= GRACE
