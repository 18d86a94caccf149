"""Addresses of servers, and the file that remembers which ones the user knows. No secrets, and no requests."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import SplitResult, urlsplit

from kirotodo.client.accounts.selection import KNOWN_SERVERS
from kirotodo.core.addresses import NoHost, canonical, is_near
from kirotodo.core.errors import InvalidInput, OperatorError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.files import atomic_write

EXAMPLE: Final = "https://todo.example.com"
LONGEST: Final = 500
_OURS: Final = re.compile(r"/(?:api|docs|redoc|openapi\.json|health|metrics)(?:/.*)?\Z")
"""Paths of a kirotodo server that people copy along with its address."""
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?|[0-9a-fA-F:.]+")


@dataclass(frozen=True, slots=True)
class Address:
    """A server's address in one spelling: scheme, host, port unless it is the default, path without a last slash."""

    url: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the address that a person typed. Raises `InvalidInput` with an example.

        Without a scheme it is https, except on this machine and the local network. http to a public host is refused,
        because it would send passwords in the clear.
        """
        typed = text.strip()
        if not typed:
            raise InvalidInput(f"The server address is empty. Example: {EXAMPLE}")
        if len(typed) > LONGEST or not typed.isprintable() or any(letter.isspace() for letter in typed):
            raise _no_address(typed)
        scheme, _, rest = typed.rpartition("://")
        split = _split(f"//{rest}", typed)
        host = _host(split, typed)
        scheme = scheme.lower() or ("http" if is_near(host) else "https")
        if scheme not in ("http", "https"):
            raise InvalidInput(f"A server address starts with https://, not {scheme}://. Example: {EXAMPLE}")
        if scheme == "http" and not is_near(host):
            raise InvalidInput(f"http:// would send your password to {host} unencrypted. Use https://{host} instead.")
        shown = f"[{host}]" if ":" in host else host
        port = _port(split, typed)
        if port is not None and port != (443 if scheme == "https" else 80):
            shown = f"{shown}:{port}"
        path = _OURS.sub("", split.path.rstrip("/"))
        return cls(f"{scheme}://{shown}{path}")

    @property
    def host(self) -> str:
        """Return host, port and path, as the status line shows them."""
        return self.url.partition("://")[2]

    @property
    def secure(self) -> bool:
        """Return whether the connection is encrypted."""
        return self.url.startswith("https://")

    def state_name(self, user_id: str) -> str:
        """Return the file name for the client state of this user on this server."""
        readable = re.sub(r"[^a-z0-9.-]+", "-", self.host.lower()).strip("-.")[:60]
        distinct = hashlib.sha256(f"{self.url}\n{user_id}".encode()).hexdigest()[:12]
        return f"{readable}-{distinct}.json"

    def __str__(self) -> str:
        return self.url


def _no_address(typed: str) -> InvalidInput:
    shown = "".join(letter if letter.isprintable() else "?" for letter in typed)[:60]
    return InvalidInput(f"{shown!r} isn't a valid server address. Example: {EXAMPLE}")


def _split(text: str, typed: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        raise _no_address(typed) from None


def _host(split: SplitResult, typed: str) -> str:
    if split.username is not None or split.password is not None:
        raise InvalidInput(f"Leave the name and password out of the server address. Example: {EXAMPLE}")
    try:
        host = canonical(split.hostname or "")
    except NoHost:
        raise _no_address(typed) from None
    if not _HOST.fullmatch(host) or ".." in host:
        raise _no_address(typed)
    return host


def _port(split: SplitResult, typed: str) -> int | None:
    try:
        port = split.port
    except ValueError:
        port = 0
    if port == 0:
        raise InvalidInput(f"{typed!r} doesn't have a valid port. Ports are 1 to 65535.")
    return port


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownServer:
    """A server that the user has signed in to, and as whom last. `signed_in` is False after signing out."""

    address: Address
    user_id: str = ""
    email: str = ""
    signed_in: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    current: str | None = None
    servers: Mapping[str, KnownServer] = field(default_factory=dict)


class KnownServers:
    """The file that remembers them. A broken or missing file counts as empty; writing raises `OperatorError`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / KNOWN_SERVERS

    @property
    def current(self) -> Address | None:
        """The server one is signed in at, whose list the commands act on; None where that is the local one."""
        known = self._read()
        server = known.servers.get(known.current or "")
        return server.address if server is not None and server.signed_in else None

    def all(self) -> tuple[KnownServer, ...]:
        """Every server there was, the latest first."""
        return tuple(self._read().servers.values())

    def of(self, address: Address) -> KnownServer | None:
        """Return what is known of the server at `address`, None for an unknown one."""
        return self._read().servers.get(address.url)

    def signed_in(self, address: Address, *, user_id: str, email: str) -> None:
        """Remember the server and that it is the one to use."""
        known = self._read()
        server = KnownServer(address=address, user_id=user_id, email=email)
        others = {url: one for url, one in known.servers.items() if url != address.url}
        self._write(_Known(current=address.url, servers={address.url: server, **others}))

    def signed_out(self, address: Address) -> None:
        """Keep its address for the next sign-in, but act on the local list again."""
        known = self._read()
        server = known.servers.get(address.url) or KnownServer(address=address)
        others = {**known.servers, address.url: replace(server, signed_in=False)}
        self._write(_Known(current=known.current if known.current != address.url else None, servers=others))

    def use(self, address: Address | None) -> None:
        """Use the list of this server from now on, or the local one for None; sign-ins stay as they are."""
        known = self._read()
        self._write(replace(known, current=address.url if address is not None else None))

    def _read(self) -> _Known:
        try:
            raw: dict[str, Any] = json.loads(self.path.read_bytes())
            servers = {url: _server(one) for url, one in dict(raw["servers"]).items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, InvalidInput, RecursionError):
            return _Known()
        current = raw.get("current")
        return _Known(current=current if isinstance(current, str) else None, servers=servers)

    def _write(self, known: _Known) -> None:
        raw = {
            "current": known.current,
            "servers": {
                url: {"url": url, "user_id": one.user_id, "email": one.email, "signed_in": one.signed_in}
                for url, one in known.servers.items()
            },
        }
        try:
            atomic_write(self.path, json.dumps(raw, indent=1))
        except OSError as error:
            raise OperatorError(f"Can't write {self.path}: {error.strerror or error}.") from None


def _server(raw: Mapping[str, Any]) -> KnownServer:
    return KnownServer(
        address=Address.of(str(raw["url"])),
        user_id=str(raw.get("user_id") or ""),
        email=str(raw.get("email") or ""),
        signed_in=raw.get("signed_in") is not False,
    )
