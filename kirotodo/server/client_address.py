"""Finds the address a request comes from: the one place that decides which proxies are believed.

Every proxy appends the address it saw to `X-Forwarded-For`, so the list is read from the right: what stands further
left than the first address we have no reason to trust may have been written by anybody. `Forwarded` (RFC 7239) is
ignored.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from starlette.types import ASGIApp, Receive, Scope, Send

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

EVERY_PEER: Final = "*"
_FORWARDED_FOR: Final = b"x-forwarded-for"
_FORWARDED_PROTO: Final = b"x-forwarded-proto"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustedProxies:
    """Proxies whose word is taken: those in `networks`, or as many as `hops`, whatever their addresses are."""

    networks: tuple[Network, ...] = ()
    hops: int | None = None

    @classmethod
    def of(cls, names: Sequence[str]) -> Self:
        """Read FORWARDED_ALLOW_IPS: addresses and networks, or a number of hops; `*` is one. Raises `ValueError`."""
        if len(names) == 1 and (names[0] == EVERY_PEER or names[0].isdecimal()):
            return cls(hops=1 if names[0] == EVERY_PEER else int(names[0]))
        return cls(networks=tuple(ipaddress.ip_network(name, strict=False) for name in names))

    def trusts(self, peer: str) -> bool:
        """Return whether the peer of the connection is one of our proxies."""
        if self.hops is not None:
            return self.hops > 0
        address = address_in(peer)
        return address is not None and any(address in network for network in self.networks)

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """Return the caller's address: `forwarded` are the values of X-Forwarded-For as they came."""
        entries = [entry for value in forwarded for entry in value.split(",") if entry.strip()]
        found, passed = peer, 0
        while entries and (passed < self.hops if self.hops is not None else self.trusts(found)):
            address = address_in(entries.pop())
            if address is None:  # `unknown`, or garbage: then the proxy that says so is all we know
                return found
            found, passed = str(address), passed + 1
        return found


def address_in(text: str) -> Address | None:
    """Return the address in a text that may also name a port or an interface; None where there is none."""
    host = text.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=4096)
def counted_as(host: str) -> str:
    """Return what stands for a host in counts: an IPv4 address, or an IPv6 network, of which one person has many."""
    address = address_in(host)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), 64), strict=False))
    return host if address is None else str(address)


class ClientAddress:
    """Let everything inside know the caller's own address and scheme, as trusted proxies tell them."""

    def __init__(self, app: ASGIApp, *, proxies: TrustedProxies) -> None:
        self.app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            peer = scope["client"][0] if scope.get("client") else ""
            if self._proxies.trusts(peer):
                self._note(scope, peer)
        await self.app(scope, receive, send)

    def _note(self, scope: Scope, peer: str) -> None:
        forwarded, scheme = [], b""
        for name, value in scope["headers"]:
            if name == _FORWARDED_FOR:
                forwarded.append(value.decode("latin-1"))
            elif name == _FORWARDED_PROTO:
                scheme = value.rpartition(b",")[2].strip().lower()
        client = self._proxies.client(peer, forwarded)
        if client != peer:
            scope["client"] = (client, 0)
        if scheme in (b"http", b"https"):
            scope["scheme"] = scheme.decode()
