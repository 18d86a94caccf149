"""Servers by their addresses, and which of them this person uses: nothing here is secret, none is asked."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import SplitResult, urlsplit

from kirotodo.client.accounts.selection import KNOWN_SERVERS
from kirotodo.core.addresses import NoHost, canonical, is_near
from kirotodo.core.errors import InvalidInput, OperatorError
from kirotodo.core.text.files import atomic_write

EXAMPLE: Final = "https://todo.example.com"
LONGEST: Final = 500
_OURS: Final = re.compile(r"/(?:api|docs|redoc|openapi\.json|health|metrics)(?:/.*)?\Z")
"""Paths of a kirotodo server that people copy along with its address."""
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?|[0-9a-fA-F:.]+")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, in one spelling: scheme, host, port if it is not the usual one, path without a last slash."""

    url: str

    @classmethod
    def of(cls, text: str) -> Self:
        """What a person typed. Raises `InvalidInput` with what would do.

        Without a scheme it is https, but for this machine and its neighbours. Passwords do not travel readable over
        the internet: http to a public host is refused.
        """
        typed = text.strip()
        if not typed:
            raise InvalidInput(f"Which server? Give its address, such as {EXAMPLE}.")
        if len(typed) > LONGEST or not typed.isprintable() or any(letter.isspace() for letter in typed):
            raise _no_address(typed)
        scheme, _, rest = typed.rpartition("://")
        split = _split(f"//{rest}", typed)
        host = _host(split, typed)
        scheme = scheme.lower() or ("http" if is_near(host) else "https")
        if scheme not in ("http", "https"):
            raise InvalidInput(f"{scheme}:// is not how one speaks to a server: give its address as {EXAMPLE}.")
        if scheme == "http" and not is_near(host):
            raise InvalidInput(
                f"http:// would send your password to {host} for everybody on the way to read: use https://{host}."
            )
        shown = f"[{host}]" if ":" in host else host
        port = _port(split, typed)
        if port is not None and port != (443 if scheme == "https" else 80):
            shown = f"{shown}:{port}"
        path = _OURS.sub("", split.path.rstrip("/"))
        return cls(f"{scheme}://{shown}{path}")

    @property
    def host(self) -> str:
        """Host, port and path, as the status chip shows it."""
        return self.url.partition("://")[2]

    @property
    def secure(self) -> bool:
        return self.url.startswith("https://")

    def state_name(self, user_id: str) -> str:
        """A file name for what is remembered of this user at this server."""
        readable = re.sub(r"[^a-z0-9.-]+", "-", self.host.lower()).strip("-.")[:60]
        distinct = hashlib.sha256(f"{self.url}\n{user_id}".encode()).hexdigest()[:12]
        return f"{readable}-{distinct}.json"

    def __str__(self) -> str:
        return self.url


def _no_address(typed: str) -> InvalidInput:
    shown = "".join(letter if letter.isprintable() else "?" for letter in typed)[:60]
    return InvalidInput(f"{shown!r} is no address of a server: give it as {EXAMPLE}.")


def _split(text: str, typed: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        raise _no_address(typed) from None


def _host(split: SplitResult, typed: str) -> str:
    if split.username is not None or split.password is not None:
        raise InvalidInput(f"A name or password does not belong into the address: give it as {EXAMPLE}.")
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
        raise InvalidInput(f"{typed!r} has no port that exists: ports are 1 to 65535.")
    return port


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownServer:
    """A server one has signed in at, and as whom the last time. `signed_in` is False once one has signed out."""

    address: Address
    user_id: str = ""
    email: str = ""
    signed_in: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    current: str | None = None
    servers: Mapping[str, KnownServer] = field(default_factory=dict)


class KnownServers:
    """The file that remembers them. Broken or missing, it remembers nothing; it cannot be written: `OperatorError`."""

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
        """Act on the list of this server from now on, None on the local one; sign-ins stay as they are."""
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
            raise OperatorError(f"{self.path} cannot be written: {error.strerror or error}.") from None


def _server(raw: Mapping[str, Any]) -> KnownServer:
    return KnownServer(
        address=Address.of(str(raw["url"])),
        user_id=str(raw.get("user_id") or ""),
        email=str(raw.get("email") or ""),
        signed_in=raw.get("signed_in") is not False,
    )
