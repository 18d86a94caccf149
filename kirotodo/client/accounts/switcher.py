"""The lists that the chat can show, the local one and those on servers, and switching between them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from kirotodo.client.accounts.address import Address, KnownServer
from kirotodo.client.accounts.client_accounts import ClientAccounts, EditsWait
from kirotodo.client.accounts.selection import ServerSelection
from kirotodo.core.backend import Backend
from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass

THIS_COMPUTER: Final = "local"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListLocation:
    """A list that the chat can switch to; `address` None is the local one. `here`: the chat shows it now."""

    address: Address | None
    name: str
    email: str = ""
    signed_in: bool = True
    here: bool = False


class ServerSwitcher:
    """Opens lists and switches between them. `address` is the current server, None for the local list, which
    `open_local` opens. `fixed`: the chat cannot switch to another server.

    Client state is kept apart by server and user, so that a draft never shows in another account.
    """

    def __init__(
        self,
        accounts: ClientAccounts,
        open_local: Callable[[], Awaitable[Backend]],
        *,
        local_state: Path | None,
        selection: ServerSelection,
    ) -> None:
        self._accounts = accounts
        self._open_local = open_local
        self._local_state = local_state
        self.fixed = accounts.fixed(selection)
        self.address = accounts.chosen(selection)
        self.user_id = ""
        self._may_discard = False
        known = accounts.servers.of(self.address) if self.address is not None else None
        if accounts.credentials.from_environment:
            self.user_id = accounts.credentials.user_of_environment or ""
        elif known is not None:
            self.user_id = known.user_id

    @property
    def state_path(self) -> Path | None:
        """Return the file for drafts and the like; None while the user is not known."""
        if self.address is None:
            return self._local_state
        return self._accounts.state_path(self.address, self.user_id) if self.user_id else None

    @property
    def local_state(self) -> Path | None:
        """Return the file for drafts and the like of the local list."""
        return self._local_state

    async def open(self) -> Backend:
        """Open the current list. Raises `NotSignedIn` where the user must sign in first."""
        if self.address is None:
            return await self._open_local()
        backend = await self._accounts.backend(self.address, insist=True)
        self.user_id = backend.user_id
        return backend

    def known(self) -> tuple[ListLocation, ...]:
        """Return the local list, then every known server; only the current one where the chat cannot switch."""
        places = [ListLocation(address=None, name="this computer", here=self.address is None)]
        servers = list(self._accounts.servers.all())
        if self.address is not None and all(one.address != self.address for one in servers):
            servers.insert(0, KnownServer(address=self.address))
        places += [
            ListLocation(
                address=one.address,
                name=one.address.host,
                email=one.email,
                signed_in=one.signed_in,
                here=one.address == self.address,
            )
            for one in servers
        ]
        return tuple(place for place in places if place.here or not self.fixed)

    def email_at(self, address: Address) -> str:
        """Return the email of the last sign-in to a server, or ""."""
        known = self._accounts.servers.of(address)
        return known.email if known is not None else ""

    async def go(self, address: Address | None) -> None:
        """Switch to a list, also for the next start. Raises `NotSignedIn` where the user must sign in first."""
        self._may_go(address)
        if address is not None:
            self.user_id = (await self._accounts.tokens(address)).user_id
        self._accounts.servers.use(address)
        self.address = address

    async def sign_in(self, address: Address, *, email: str, password: str, new: bool, restore: bool = False) -> str:
        """Sign in, or sign up for a `new` account, and switch there. Return a note on where the sign-in is kept, or "".

        Raises `DeletionPending` for an account that is due to be deleted; with `restore`, keeps that account.
        """
        self._may_go(address)
        if new:
            done = await self._accounts.sign_up(address, email=email, password=password)
        else:
            done = await self._accounts.sign_in(address, email=email, password=password, restore=restore)
        self.address, self.user_id = address, done.tokens.user_id
        if done.stored.place in ("keyring", "memory"):
            return ""
        return f"The sign-in is stored in {done.stored.place}, which only you can read, because {done.stored.detail}."

    async def change_password(self, *, current: str, new: str) -> None:
        """Set a new password on the current server; every other sign-in ends. Raises `InvalidInput`."""
        if self.address is None:
            raise InvalidInput("This is your local list, which has no password.")
        await self._accounts.change_password(self.address, current=current, new=new)

    async def sign_out(self) -> str:
        """Sign out of the current server and switch to the local list, unless the chat cannot switch.

        Raises `EditsWait` the first time, where edits were not sent yet.
        """
        if self.address is None:
            raise InvalidInput("You aren't signed in. This is your local list.")
        address = self.address
        try:
            reached = await self._accounts.sign_out(address, discard=self._may_discard)
        except EditsWait as refusal:
            self._may_discard = True
            raise EditsWait(f"{refusal.message} Sign out once more to discard it all.") from None
        self.user_id, self._may_discard = "", False
        if not self.fixed:
            self.address = None
        return f"Signed out of {address.host}." + ("" if reached else " The server could not be reached.")

    def _may_go(self, address: Address | None) -> None:
        if self.fixed and address != self.address:
            raise InvalidInput("This chat was opened for one server and can't switch to another.")
