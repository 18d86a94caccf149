"""Where the chat can be: on the list of this computer, or at a server. Goes from one to the other."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kirotodo.client.accounts.accounts import ClientAccounts
from kirotodo.client.accounts.address import Address, KnownServer
from kirotodo.client.accounts.selection import ServerSelection
from kirotodo.core.backend import Backend
from kirotodo.core.errors import InvalidInput

THIS_COMPUTER: Final = "local"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListLocation:
    """A list one can go to; `address` None is the one of this computer. `here`: the chat shows it now."""

    address: Address | None
    name: str
    email: str = ""
    signed_in: bool = True
    here: bool = False


class ServerSwitcher:
    """`address` is where the chat is, None for the local list, which `open_local` opens. `fixed`: it has to stay there.

    What is remembered between runs differs by place and user, so that a draft never shows in another account.
    """

    def __init__(
        self,
        accounts: ClientAccounts,
        open_local: Callable[[], Awaitable[Backend]],
        *,
        local_state: Path | None,
        asked: ServerSelection,
    ) -> None:
        self._accounts = accounts
        self._open_local = open_local
        self._local_state = local_state
        self.fixed = accounts.fixed(asked)
        self.address = accounts.chosen(asked)
        self.user_id = ""
        known = accounts.servers.of(self.address) if self.address is not None else None
        if accounts.credentials.from_environment:
            self.user_id = accounts.credentials.user_of_environment or ""
        elif known is not None:
            self.user_id = known.user_id

    @property
    def state_path(self) -> Path | None:
        """Where drafts and the like are kept; nowhere while nobody knows whose they are."""
        if self.address is None:
            return self._local_state
        return self._accounts.state_path(self.address, self.user_id) if self.user_id else None

    @property
    def local_state(self) -> Path | None:
        return self._local_state

    async def open(self) -> Backend:
        """The list at this place. Raises `NotSignedIn` where one has to sign in first."""
        if self.address is None:
            return await self._open_local()
        backend = await self._accounts.backend(self.address, insist=True)
        self.user_id = backend.user_id
        return backend

    def known(self) -> tuple[ListLocation, ...]:
        """This computer, then every server one has been at; only the present one where the chat has to stay."""
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
        """As whom one was there the last time."""
        known = self._accounts.servers.of(address)
        return known.email if known is not None else ""

    async def go(self, address: Address | None) -> None:
        """Be there from now on, also at the next start. Raises `NotSignedIn` where one has to sign in first."""
        self._may_go(address)
        if address is not None:
            self.user_id = (await self._accounts.tokens(address)).user_id
        self._accounts.servers.use(address)
        self.address = address

    async def sign_in(self, address: Address, *, email: str, password: str, new: bool, restore: bool = False) -> str:
        """Sign in there, with a `new` account or the one there is, and be there. Gives a word on where it is kept.

        Raises `DeletionPending` for an account that is to be deleted, unless it is to be kept after all: `restore`.
        """
        self._may_go(address)
        if new:
            done = await self._accounts.sign_up(address, email=email, password=password)
        else:
            done = await self._accounts.sign_in(address, email=email, password=password, restore=restore)
        self.address, self.user_id = address, done.tokens.user_id
        if done.stored.place in ("keyring", "memory"):
            return ""
        return f"The sign-in is kept in {done.stored.place}, which only you can read, since {done.stored.detail}."

    async def change_password(self, *, current: str, new: str) -> None:
        """Set a new password at the server where the chat is; every other sign-in ends. Raises `InvalidInput`."""
        if self.address is None:
            raise InvalidInput("This is your local list: it has no password.")
        await self._accounts.change_password(self.address, current=current, new=new)

    async def sign_out(self) -> str:
        """Sign out of where the chat is, and be on the local list, or before the same server's door."""
        if self.address is None:
            raise InvalidInput("You are signed in nowhere: the list is the one of this computer.")
        address = self.address
        told = await self._accounts.sign_out(address)
        self.user_id = ""
        if not self.fixed:
            self.address = None
        return f"Signed out of {address.host}." + ("" if told else " The server could not be told.")

    def _may_go(self, address: Address | None) -> None:
        if self.fixed and address != self.address:
            raise InvalidInput("This chat was opened for one server and stays there.")
