"""Authenticates every request of a user.

`signed_in` and `owner` are for the routes; what they share, the `Authenticator`, is `app.state.authenticator`. A server
reads one kind of token and never mixes two: tokens that it signs itself (HS256), or those of the issuer that
BETTER_AUTH_URL names (EdDSA, ES256 or RS256, whichever the issuer's key is for).
"""

import asyncio
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Final, Self, cast, get_args

from fastapi import Depends, Path
from fastapi.security import HTTPBearer
from starlette.requests import Request

from kirotodo.core import agent_tokens
from kirotodo.core.backend import AgentScope, TokenScope
from kirotodo.core.errors import Forbidden, NotFound, NotSignedIn
from kirotodo.core.local import Core
from kirotodo.core.settings import Settings
from kirotodo.core.store.database import Database
from kirotodo.server.auth.account_deletion import Deletions
from kirotodo.server.auth.accounts import Accounts, SessionStatusCache
from kirotodo.server.auth.email_addresses import account_of
from kirotodo.server.auth.jwks import Issuer
from kirotodo.server.auth.passwords import Passwords
from kirotodo.server.auth.rate_limit import Limits, address_of
from kirotodo.server.auth.signing_secret import previous_secret_of, secret_of
from kirotodo.server.auth.tokens import NO_TOKEN, Tokens
from kirotodo.server.stream_limits import Viewers


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """A verified caller. `session_id` is None for a token that belongs to no session of ours, and `token_version` for
    one that we did not sign. `timezone` is the one that was stored, as far as this server knows: one that was set on
    another server is known here a few seconds later."""

    user_id: str
    session_id: str | None = None
    email: str | None = None
    token_version: int | None = None
    expires_at: float | None = None
    deletion_at: datetime | None = None
    timezone: str | None = None
    agent: str | None = None
    """The name of the agent whose token it is; None for a person's."""
    scope: AgentScope = "all"

    def require(self, scope: AgentScope) -> None:
        """Raise `Forbidden` for an agent that may do less."""
        if SCOPES.index(self.scope) < SCOPES.index(scope):
            raise Forbidden(
                f"This agent's token has the scope {self.scope}, and this needs {scope}. Nothing was changed."
            )

    def require_person(self) -> None:
        """Raise `Forbidden` for any agent."""
        if self.agent is not None:
            raise Forbidden("An agent's token opens the list, not the account. Sign in yourself.")


SCOPES: Final[tuple[AgentScope, ...]] = get_args(AgentScope)
"""From the least to the most; each allows what those before it do."""
_SCOPE_OF_APPS: Final[dict[str, AgentScope]] = {"calendar": "all", "feed": "read"}
"""What an app may do with the tasks that it is shown."""
SEEN: Final = timedelta(hours=1)
"""How exactly it is kept when an agent's token was last used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnAccounts:
    """The parts that a server with its own accounts has."""

    tokens: Tokens
    accounts: Accounts


class Authenticator:
    """Verifies tokens, keeps accounts, counts requests. Opened once for an app, let go of by `aclose`."""

    def __init__(
        self,
        *,
        limits: Limits,
        viewers: Viewers,
        passwords: Passwords,
        session_statuses: SessionStatusCache,
        deletions: Deletions,
        database: Database,
        clock: Callable[[], datetime],
        own: OwnAccounts | None = None,
        issuer: Issuer | None = None,
    ) -> None:
        self._database, self._clock = database, clock
        self.limits = limits
        self.viewers = viewers
        self.deletions = deletions
        self._passwords = passwords
        self._session_statuses = session_statuses
        self._own = own
        self._issuer = issuer

    @classmethod
    async def open(
        cls,
        settings: Settings,
        core: Core,
        *,
        passwords: Passwords | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Raises `ConfigError` in production without a secret, and `OperatorError` where its file cannot be had."""
        limits = Limits.open(settings, monotonic=monotonic)
        viewers = Viewers(most=settings.streams_per_user, clock=core.clock, live_versions=core.database.live_versions)
        session_statuses = SessionStatusCache(core.database, monotonic=monotonic, revoked=viewers.look_now)
        passwords = passwords or Passwords()
        grace = timedelta(days=settings.account_deletion_days)
        deletions = Deletions(
            database=core.database, passwords=passwords, session_statuses=session_statuses, grace=grace
        )
        shared = partial(
            cls,
            limits=limits,
            viewers=viewers,
            passwords=passwords,
            session_statuses=session_statuses,
            deletions=deletions,
            database=core.database,
            clock=core.clock,
        )
        if settings.better_auth_url is not None:
            issuer = Issuer(settings.better_auth_url, clock=core.clock, monotonic=monotonic)
            return shared(issuer=issuer)
        secret = await asyncio.to_thread(secret_of, settings)
        tokens = Tokens(secret, previous=previous_secret_of(settings), clock=core.clock)
        accounts = Accounts(
            database=core.database, passwords=passwords, tokens=tokens, session_statuses=session_statuses
        )
        return shared(own=OwnAccounts(tokens=tokens, accounts=accounts))

    async def principal(self, token: str) -> Principal:
        """Whose token this is. Raises `NotSignedIn`, and `Unreachable` where the issuer has to be asked and is down."""
        if agent_tokens.is_agent_token(token):
            return await self._agent(token)
        if self._issuer is not None:
            identity = await self._issuer.read(token)
            session_status = await self._session_statuses.of(identity.user_id, None)
            return Principal(
                user_id=identity.user_id,
                email=identity.email,
                token_version=session_status.token_version,
                expires_at=identity.expires_at,
                deletion_at=session_status.deletion_at,
                timezone=session_status.timezone,
            )
        own = self.own
        access = own.tokens.read_access(token)
        session_status = await own.accounts.check(access)
        return Principal(
            user_id=access.user_id,
            session_id=access.session_id,
            email=session_status.email,
            token_version=access.token_version,
            expires_at=access.expires_at,
            deletion_at=session_status.deletion_at,
            timezone=session_status.timezone,
        )

    async def _agent(self, token: str) -> Principal:
        """Whose agent's token this is, whoever keeps the accounts."""
        return await self._program(agent_tokens.read(token), SCOPES)

    async def app(self, user_name: str, password: str) -> Principal:
        """Whose app password this is. The user name is an e-mail address or the user's id. Raises `NotSignedIn`, for an
        unknown user as for a wrong password."""
        account = await account_of(self._database, user_name) if "@" in user_name else None
        user_id = user_name if account is None else account.id
        return await self._program(agent_tokens.read_password(user_id, password), ("calendar",))

    async def feed(self, token: str) -> Principal:
        """Whose calendar the end of an address opens, to look at. Raises `NotSignedIn`."""
        return await self._program(agent_tokens.read(token, prefix=agent_tokens.FEED_PREFIX), ("feed",))

    async def _program(self, claimed: agent_tokens.ClaimedToken, scopes: tuple[TokenScope, ...]) -> Principal:
        """Return the principal of a token that has one of these scopes."""
        session_status = await self._session_statuses.of(claimed.user_id, claimed.id)
        agent = session_status.agent
        if agent is None or not session_status.live or not hmac.compare_digest(agent.token_hash, claimed.hash):
            raise NotSignedIn(agent_tokens.NOT_VALID)
        if agent.scope not in scopes:
            raise NotSignedIn(agent_tokens.NOT_VALID)
        if self._clock() - agent.last_used_at > SEEN:
            async with self._database.begin(claimed.user_id) as store:
                await store.accounts.agent_seen(claimed.id)
            self._session_statuses.forget(claimed.user_id)
        return Principal(
            user_id=claimed.user_id,
            session_id=claimed.id,
            email=session_status.email,
            token_version=session_status.token_version,
            deletion_at=session_status.deletion_at,
            timezone=session_status.timezone,
            agent=agent.name,
            scope=_SCOPE_OF_APPS.get(agent.scope) or cast(AgentScope, agent.scope),
        )

    def agents_changed(self, user_id: str) -> None:
        """Let a token that was revoked just now open nothing more on this server."""
        self._session_statuses.forget(user_id)

    def zone_set(self, user_id: str, timezone: str) -> None:
        """Note that this user's time zone was stored just now."""
        self._session_statuses.zone_set(user_id, timezone)

    @property
    def own(self) -> OwnAccounts:
        """Accounts of this server. Raises `NotFound` where another one keeps them."""
        if self._own is None:
            assert self._issuer is not None
            raise NotFound(f"Accounts and their passwords are kept at {self._issuer.url}: sign in there.")
        return self._own

    async def aclose(self) -> None:
        """Close what the authenticator holds open."""
        await self.limits.aclose()
        await self.viewers.aclose()
        if self._issuer is not None:
            await self._issuer.aclose()
        await asyncio.to_thread(self._passwords.close)


def authenticator_of(request: Request) -> Authenticator:
    """Return the authenticator of the application."""
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator


def token_of(request: Request) -> str:
    """Return the bearer token of a request. Raises `NotSignedIn` where it has none, or several to choose from."""
    given = request.headers.getlist("Authorization")
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn(NO_TOKEN if len(given) < 2 else "Send one Authorization header, not several.")
    return token.strip()


_SCHEME: Final = HTTPBearer(auto_error=False, bearerFormat="JWT", description="Of /api/auth or `kirotodo token`.")


async def authenticated(request: Request, user_id: str | None = None) -> Principal:
    """Return the caller, who has to be `user_id` if one is given.

    Raises `NotSignedIn` or `Forbidden`, and `RateLimited` for an address that keeps trying tokens that do not hold.
    """
    authenticator = authenticator_of(request)
    try:
        caller = await authenticator.principal(token_of(request))
        if user_id is not None and user_id != caller.user_id:
            raise Forbidden("This token is for another user.")
    except (NotSignedIn, Forbidden):
        await authenticator.limits.require("refused", address_of(request))
        raise
    request.state.principal = caller
    return caller


async def person(request: Request, _: Annotated[object, Depends(_SCHEME)]) -> Principal:
    """Return the verified caller, who is no agent."""
    principal = await authenticated(request)
    principal.require_person()
    return principal


async def signed_in(request: Request, _: Annotated[object, Depends(_SCHEME)]) -> Principal:
    """Return the verified caller."""
    return await authenticated(request)


async def owner(
    request: Request,
    user_id: Annotated[str, Path(max_length=255, description="The token's subject.", examples=["1"])],
    _: Annotated[object, Depends(_SCHEME)],
) -> Principal:
    """Return the caller of an address below `/api/{user_id}`, whom the route has verified."""
    principal: Principal = request.state.principal
    return principal
