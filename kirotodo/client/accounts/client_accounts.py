"""Signing up, in and out of servers, managing the account there, and choosing the server that commands use."""

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kirotodo.client.accounts.address import Address, KnownServers
from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.accounts.selection import SERVER, ServerSelection
from kirotodo.core.errors import (
    Conflict,
    DeletionPending,
    InvalidInput,
    NotFound,
    NotSignedIn,
    OperatorError,
    StorageError,
    Unreachable,
)
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.secrets import Stored

if TYPE_CHECKING:
    from datetime import datetime

    from kirotodo.client.remote.backend import RemoteBackend
    from kirotodo.client.remote.http import Http
    from kirotodo.client.remote.kept import Kept
    from kirotodo.client.remote.session import UserOfServer
    from kirotodo.core.backend import LinkChanged

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """A new sign-in; `stored` says where its tokens are kept."""

    address: Address
    tokens: StoredTokens
    stored: Stored

    @property
    def name(self) -> str:
        """Return the email of the user, or the id where there is none."""
        return self.tokens.email or self.tokens.user_id


class NotSignedInHere(NotSignedIn):
    """Raised where the user has not signed in to a server yet, or has signed out."""


class EditsWait(Conflict):
    """Raised where signing out would discard edits that were not sent yet."""


class ClientAccounts:
    """The servers that the user knows and the sign-ins to them. Only methods that raise `Unreachable` send requests.

    `open_copy` opens the copy of a list in a file, or begins one; without it lists on servers have none here.
    """

    def __init__(
        self,
        *,
        config_folder: Path,
        state_folder: Path,
        timezone: str,
        environment: Mapping[str, str] = os.environ,
        open_copy: "Callable[[Path], Awaitable[Kept]] | None" = None,
    ) -> None:
        self._open_copy = open_copy
        self.credentials = Credentials(config_folder, environment=environment)
        self.servers = KnownServers(state_folder)
        self.timezone = timezone
        self._state_folder = state_folder
        self._environment = environment

    # --- which list ---

    def chosen(self, selection: ServerSelection) -> Address | None:
        """Return the server whose list to use, None for the local one. Raises `InvalidInput` on an invalid address.

        The selection wins over `KIROTODO_SERVER`, which wins over the server that the user has signed in to.
        """
        if selection.local:
            return None
        named = selection.server or self._named
        if named is None:
            return self.servers.current
        return Address.of(named)

    def fixed(self, selection: ServerSelection) -> bool:
        """Return whether this run was started for one server, so that the chat must not switch to another."""
        return selection.server is not None or (not selection.local and self._named is not None)

    @property
    def _named(self) -> str | None:
        return self._environment.get(SERVER, "").strip() or None

    def state_path(self, address: Address, user_id: str) -> Path:
        """Return the file that keeps drafts and the like of this user on this server."""
        return self._state_folder / "servers" / address.state_name(user_id)

    def copy_path(self, address: Address, user_id: str) -> Path:
        """Return the file with the copy of the list of this user on this server."""
        return self.state_path(address, user_id).with_suffix(".db")

    # --- in ---

    async def sign_up(self, address: Address, *, email: str, password: str) -> SignedIn:
        """Create an account on the server. Raises `InvalidInput`, `Conflict`, `Unreachable`."""
        from kirotodo.client.remote import session

        async with _http(address) as http:
            tokens = await session.sign_up(http, email=email, password=password, timezone=self.timezone)
        return await self._keep(address, tokens)

    async def sign_in(self, address: Address, *, email: str, password: str, restore: bool = False) -> SignedIn:
        """Sign in to the server. Raises `NotSignedIn`, `Unreachable`, and `DeletionPending` for an account that is due
        to be deleted; with `restore`, keeps that account instead."""
        from kirotodo.client.remote import session

        async with _http(address) as http:
            tokens, user = await session.sign_in(http, email=email, password=password, timezone=self.timezone)
            if user.deletion_at is not None and restore:
                await session.restore(http, tokens.access_token, tokens.user_id)
            elif user.deletion_at is not None:
                await session.sign_out(http, tokens, everywhere=False)
                raise DeletionPending(f"This account will be deleted on {user.deletion_at:%d %B %Y}.")
        return await self._keep(address, tokens)

    async def reset_password(self, address: Address, *, token: str, new: str) -> SignedIn:
        """Set a new password with a reset token of the server's operator, and sign in. Raises `InvalidInput`."""
        from kirotodo.client.remote import session

        async with _http(address) as http:
            tokens = await session.reset_password(http, token=token, new=new)
        return await self._keep(address, tokens)

    async def sign_in_with(self, address: Address, token: str) -> SignedIn:
        """Sign in with a token from elsewhere that the server accepts. Raises `NotSignedIn`, `Unreachable`."""
        tokens = StoredTokens.of_token(token)
        found = await self._me(address, tokens)
        email = (found.email if found is not None else None) or tokens.email
        return await self._keep(
            address,
            StoredTokens(
                access_token=tokens.access_token, user_id=tokens.user_id, email=email, expires_at=tokens.expires_at
            ),
        )

    async def _keep(self, address: Address, tokens: StoredTokens) -> SignedIn:
        stored = await self.credentials.store(address, tokens)
        if stored.place != "memory":
            self.servers.signed_in(address, user_id=tokens.user_id, email=tokens.email)
        return SignedIn(address=address, tokens=tokens, stored=stored)

    # --- being in ---

    async def tokens(self, address: Address) -> StoredTokens:
        """Return the tokens of the sign-in to the server. Raises `NotSignedIn` where there is none."""
        tokens = await self.credentials.read(address)
        if tokens is None:
            raise NotSignedInHere(f"You aren't signed in to {address.host}.")
        return tokens

    async def backend(
        self,
        address: Address,
        *,
        insist: bool = False,
        on_link: "Callable[[LinkChanged], object] | None" = None,
    ) -> "RemoteBackend":
        """Return the list of the user who is signed in to the server, without a request. Raises `NotSignedIn`.

        With `insist`, as a chat wants it, a copy of it is kept here; a command uses the copy that a chat has made.
        """
        tokens = await self.tokens(address)
        kept = await self._copy(self.copy_path(address, tokens.user_id), begin=insist)
        options: dict[str, Any] = {"timezone": self.timezone, "insist": insist, "on_link": on_link}
        if kept is not None:
            from kirotodo.client.remote.offline import OfflineBackend

            return OfflineBackend(address, tokens, self.credentials, kept=kept, **options)

        from kirotodo.client.remote.backend import RemoteBackend

        return RemoteBackend(address, tokens, self.credentials, **options)

    @staticmethod
    def _has_copy(path: Path) -> bool:
        return path.exists()

    async def _copy(self, path: Path, *, begin: bool) -> "Kept | None":
        """Open the copy of a list. It is a convenience: where it can't be opened, the list is used without."""
        if self._open_copy is None or not (begin or self._has_copy(path)):
            return None
        try:
            return await self._open_copy(path)
        except StorageError as error:
            log.warning("The copy of the list can't be used: %s", error.message)
            return None

    async def who(self, address: Address) -> "UserOfServer":
        """Return the user that the server knows. Raises `NotSignedIn`, `Unreachable`."""
        from kirotodo.client.remote.session import UserOfServer

        tokens = await self.tokens(address)
        found = await self._me(address, tokens)
        return found or UserOfServer(id=tokens.user_id, email=tokens.email or None)

    async def _me(self, address: Address, tokens: StoredTokens) -> "UserOfServer | None":
        """None where the server keeps no accounts of its own, but takes the token."""
        from kirotodo.client.remote import session

        try:
            return await self._as_user(address, session.me, tokens=tokens)
        except NotFound:
            return None

    async def change_password(self, address: Address, *, current: str, new: str) -> SignedIn:
        """Set a new password; every other sign-in ends. Raises `NotSignedIn`, `InvalidInput`, `Unreachable`."""
        from kirotodo.client.remote import session

        async def change(http: "Http", token: str) -> StoredTokens:
            return await session.change_password(http, token, current=current, new=new)

        stored = await self.credentials.store(address, tokens := await self._as_user(address, change))
        return SignedIn(address=address, tokens=tokens, stored=stored)

    async def delete(self, address: Address, *, confirm: str, password: str | None) -> "datetime":
        """Request deletion of the account, sign out, and return when it will be deleted. Raises `InvalidInput`."""
        from kirotodo.client.remote import session

        user_id = (await self.tokens(address)).user_id

        async def ask(http: "Http", token: str) -> "datetime":
            return await session.delete(http, token, user_id, confirm=confirm, password=password)

        at = await self._as_user(address, ask)
        if password:  # a token from elsewhere still opens the account, should it be kept after all
            await self.credentials.delete(address)
            self.servers.signed_out(address)
            self._remove_copy(address, user_id)
        return at

    async def restore(self, address: Address) -> None:
        """Keep the account of the current sign-in. Raises `NotFound` where it isn't due to be deleted."""
        from kirotodo.client.remote import session

        user_id = (await self.tokens(address)).user_id

        async def ask(http: "Http", token: str) -> None:
            await session.restore(http, token, user_id)

        await self._as_user(address, ask)

    async def _as_user(
        self, address: Address, ask: "Callable[[Http, str], Awaitable[T]]", *, tokens: StoredTokens | None = None
    ) -> T:
        """Ask the server something with a token that holds. Raises `NotSignedIn` where there is none."""
        from kirotodo.client.remote.session import SignIn

        tokens = tokens or await self.tokens(address)
        async with _http(address) as http:
            sign_in = SignIn(http, tokens, self.credentials)
            token = await sign_in.token()
            try:
                return await ask(http, token)
            except NotSignedIn:
                return await ask(http, await sign_in.another(token))

    # --- out ---

    async def sign_out(self, address: Address, *, everywhere: bool = False, discard: bool = False) -> bool:
        """End the sign-in here and on the server; return False where the server could not be reached.

        Raises `NotSignedIn` where there is none. Signing out `everywhere` needs the server: raises `Unreachable`
        otherwise, and changes nothing. Raises `EditsWait` where edits were not sent yet, unless they are to be
        discarded.
        """
        tokens = await self.tokens(address)
        if not discard:
            await self._require_sent(address, tokens.user_id)
        reached = True
        try:
            if tokens.refresh_token is not None or everywhere:  # a token from elsewhere ends by itself
                await self._end(address, tokens, everywhere=everywhere)
        except NotSignedIn:
            pass  # it had ended before
        except Unreachable:
            if everywhere:
                raise
            reached = False
        await self.credentials.delete(address)
        self.servers.signed_out(address)
        self._remove_copy(address, tokens.user_id)
        return reached

    async def _require_sent(self, address: Address, user_id: str) -> None:
        kept = await self._copy(self.copy_path(address, user_id), begin=False)
        if kept is None:
            return
        try:
            waiting = len(await kept.edits())
        finally:
            await kept.aclose()
        if waiting:
            edits = "an edit" if waiting == 1 else f"{waiting} edits"
            raise EditsWait(f"{address.host} didn't get {edits} of yours yet, which signing out would discard.")

    def _remove_copy(self, address: Address, user_id: str) -> None:
        """Remove the copy of the list, with the edits that wait. Raises `OperatorError`."""
        path = self.copy_path(address, user_id)
        try:
            for beside in path.parent.glob(f"{path.name}*"):
                beside.unlink(missing_ok=True)
        except OSError as error:
            raise OperatorError(
                f"You are signed out, but the copy of your list can't be removed ({error.strerror}). Delete {path}."
            ) from None

    async def _end(self, address: Address, tokens: StoredTokens, *, everywhere: bool) -> None:
        from kirotodo.client.remote import session
        from kirotodo.client.remote.session import SignIn

        async with _http(address) as http:
            sign_in = SignIn(http, tokens, self.credentials)
            await sign_in.token()
            await session.sign_out(http, sign_in.tokens, everywhere=everywhere)


def checked_email(text: str) -> str:
    """Return the email without spaces around it. Raises `InvalidInput` where it can't be one."""
    email = text.strip()
    name, _, domain = email.partition("@")
    if not name or not domain or any(letter.isspace() or not letter.isprintable() for letter in email):
        raise InvalidInput("That isn't a valid email address. Use one like ann@example.com.")
    return email


@asynccontextmanager
async def _http(address: Address) -> "AsyncIterator[Http]":
    from kirotodo.client.remote.http import Http

    http = Http(address)
    try:
        yield http
    finally:
        await http.aclose()
