"""POSTs from the server to addresses that users give: webhooks, signed as Standard Webhooks says, and notifications.

Nothing here retries or remembers: whoever sends decides what a refusal means. An address is resolved once, each of its
numbers is checked, and the connection is made to the number that was checked: a name that answers differently the
second time, a redirect or a proxy leads nowhere else.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Final, Literal, Self

import httpx2

from kirotodo import __version__
from kirotodo.core.errors import InvalidInput

Number = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

SECRET_PREFIX: Final = "whsec_"
TIMEOUT_SECONDS: Final = 10.0
"""How long a receiver may take to accept, from the look-up of its name to the status of its response."""
_URL_MAX: Final = 2_000
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What came of a POST: `accepted` (a status from 200 to 299), `refused` (another status) or `failed` (no response);
    `detail` says more in one sentence, without anything the receiver wrote."""

    outcome: Literal["accepted", "refused", "failed"]
    status: int | None = None
    detail: str = ""


def new_secret() -> str:
    """Return a new secret for a webhook."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_secret(secret: str) -> None:
    """Raise `InvalidInput` unless this is a secret as Standard Webhooks writes one: 24 to 64 bytes, in base64."""
    try:
        size = len(_key(secret))
    except (binascii.Error, ValueError):
        size = 0
    if not 24 <= size <= 64:
        raise InvalidInput(
            "A webhook's secret is “whsec_” and 24 to 64 bytes in base64. Leave it out to get a new one."
        )


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)


def signed_headers(secret: str, *, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers by which a receiver verifies a message, and knows one that comes again by its id."""
    timestamp = str(int(now.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(_key(secret), content, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


def check_url(url: str) -> str:
    """Return the address without white space around it. Raise `InvalidInput` unless something could be sent to it.

    What its name resolves to is checked when something is sent: that can change every minute.
    """
    url = url.strip()
    try:
        parts = httpx2.URL(url)
        port_ok = parts.port is None or 0 < parts.port < 65_536
        usable = parts.scheme in ("http", "https") and bool(parts.host) and port_ok and not parts.userinfo
    except (httpx2.InvalidURL, ValueError):
        usable = False
    if not usable or len(url) > _URL_MAX or not url.isprintable() or " " in url:
        raise InvalidInput(
            "That isn't an address to send to. Use one like https://example.com/hook, without a user or password in it."
        )
    return url


def is_public(number: Number) -> bool:
    """Return whether an address belongs to the public internet, also where it wraps an IPv4 address."""
    if isinstance(number, ipaddress.IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour
        if number in _NAT64:
            inner = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        if number.teredo is not None:
            return False
        if inner is not None:
            return is_public(inner)
    return number.is_global and not number.is_multicast and not number.is_reserved


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, in the order in which the system prefers them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class WebhookSender:
    """Sends over one client. `private` are the networks that may be reached although they are not public."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        private: Sequence[str] = (),
        resolve: Resolve = resolve,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._clock = clock
        self._private: tuple[Network, ...] = tuple(ipaddress.ip_network(each, strict=False) for each in private)
        self._resolve = resolve
        self._timeout = timeout

    @cached_property
    def _client(self) -> httpx2.AsyncClient:
        """Return the client, made for the first delivery: a server that sends nothing reads no certificates."""
        return httpx2.AsyncClient(
            trust_env=False,  # a proxy of the environment would resolve the name again
            follow_redirects=False,
            timeout=httpx2.Timeout(self._timeout),
            limits=httpx2.Limits(
                max_connections=100, max_keepalive_connections=0
            ),  # kept ones are kept by number alone
            headers={"User-Agent": f"kirotodo/{__version__}"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def send_signed(
        self, url: str, *, secret: str, message_id: str, body: bytes, content_type: str = "application/json"
    ) -> Delivery:
        """POST a message with its signature. `message_id` stays the same however often one message is sent."""
        signature = signed_headers(secret, message_id=message_id, now=self._clock(), body=body)
        return await self.send(url, body=body, headers={**signature, "Content-Type": content_type})

    async def send(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Delivery:
        """POST a body to an address, which is checked first. The response's body is not read."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._send(httpx2.URL(url), body, headers)
        except TimeoutError:
            return Delivery(outcome="failed", detail=f"There was no response within {self._timeout:g} seconds.")
        except (httpx2.RequestError, httpx2.InvalidURL, OSError, UnicodeError) as error:
            return Delivery(outcome="failed", detail=f"There was no connection ({type(error).__name__}).")

    async def _send(self, url: httpx2.URL, body: bytes, headers: Mapping[str, str]) -> Delivery:
        port = url.port or (443 if url.scheme == "https" else 80)
        numbers = [ipaddress.ip_address(each.partition("%")[0]) for each in await self._resolve(url.host, port)]
        if not numbers or not all(map(self._allowed, numbers)):
            return Delivery(outcome="failed", detail="Its address isn't public, so nothing was sent there.")
        request = self._client.build_request(
            "POST",
            url.copy_with(host=str(numbers[0])),
            content=body,
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await self._client.send(request, stream=True)
        await response.aclose()
        status = response.status_code
        if 200 <= status < 300:
            return Delivery(outcome="accepted", status=status)
        return Delivery(outcome="refused", status=status, detail=f"It answered with status {status}.")

    def _allowed(self, number: Number) -> bool:
        return is_public(number) or any(number in network for network in self._private)

    async def aclose(self) -> None:
        """Close all connections."""
        if "_client" in self.__dict__:
            await self._client.aclose()
