"""One request to a server, or one stream from it. Sign-ins and retries are not known here."""

import ipaddress
import json
import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Final, TypeVar, cast

import httpx2
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from kirotodo import __version__
from kirotodo.client.accounts.address import Address
from kirotodo.client.remote import errors
from kirotodo.core.addresses import mounts_for
from kirotodo.core.errors import InvalidInput, KirotodoError
from kirotodo.core.events import with_previous_id
from kirotodo.core.lazy_dataclasses import dataclass

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 180.0
"""How long a response may take; an import of tens of thousands of tasks takes a while."""
STALL_SECONDS: Final = 40.0
"""A live stream sends something every 15 seconds, if only a heartbeat; after so long in silence it is dead."""
EVENT_MAX: Final = 64 * 1024 * 1024
PROBLEM: Final = "application/problem+json"

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A whole response. `version` is the server's, "" where the response names none."""

    status: int
    body: bytes
    host: str
    version: str

    def of(self, kind: type[T]) -> T:
        """Return the value in it. Raises `errors.not_understood` where it has another form."""
        try:
            return read_as(kind, self.body)
        except ValidationError:
            raise errors.not_understood(self.host, self.version) from None


def read_as(kind: type[T], data: bytes | str) -> T:
    """Return the value in JSON. Both sides of the wire read and write domain values as they are; the server may be of
    an earlier release."""
    value: T = _adapter(cast(Any, kind)).validate_json(with_previous_id(data))
    return value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


class Http:
    """Sends requests to one server over one client. `stall` is how long a stream may be silent.

    `client` is what the user edits with, which the server writes down with their changes. `version` is that of the
    server, once it has answered.
    """

    def __init__(
        self,
        address: Address,
        *,
        stall: float = STALL_SECONDS,
        verify: ssl.SSLContext | None = None,
        client: str = "command",
    ) -> None:
        self.address = address
        self.version = ""
        self._stall = stall
        if verify is None and not address.secure:
            verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # no certificates to read for a link without TLS
        self._client = httpx2.AsyncClient(
            base_url=address.url,
            verify=verify or True,
            mounts=mounts_for(address.url),
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=10, keepalive_expiry=30),
            headers={
                "User-Agent": f"kirotodo/{__version__} ({client})",
                "Accept": "application/json",
                **_on_behalf_of(),
            },
        )

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and return its whole response. Raises `Unreachable`, or the error in the response."""
        try:
            content = None if body is None else to_json(body)
            kind = {} if content is None else {"Content-Type": "application/json"}
            request = self._client.build_request(
                method, path, content=content, params=params, headers={**kind, **(headers or {})}
            )
        except (PydanticSerializationError, UnicodeEncodeError):
            raise InvalidInput("This text contains half a character, which can't be sent.") from None
        try:
            response = await self._client.send(request)
        except (httpx2.RequestError, OSError) as error:
            raise errors.of_transport(error, self.address.host) from error
        self._check(response)
        return Answer(
            status=response.status_code,
            body=response.content,
            host=self.address.host,
            version=_version(response),
        )

    @asynccontextmanager
    async def stream(
        self, path: str, *, params: Mapping[str, Any], headers: Mapping[str, str]
    ) -> AsyncGenerator[AsyncIterator[httpx2.ServerSentEvent], None]:
        """Open a stream of events, until the server ends it. Raises as `exchange` does, also while it is read."""
        timeout = httpx2.Timeout(self._stall, connect=CONNECT_SECONDS)
        try:
            async with self._client.sse(
                path, params=params, headers=headers, timeout=timeout, max_event_size=EVENT_MAX
            ) as source:
                if source.response.status_code >= 400:
                    await source.response.aread()
                self._check(source.response)
                if not _is_stream(source.response):
                    raise errors.not_understood(self.address.host, _version(source.response))
                yield aiter(source)
        except (httpx2.RequestError, OSError) as error:
            raise errors.of_transport(error, self.address.host) from error

    def problem_of(self, data: str) -> KirotodoError:
        """Return the error in an event of a stream that its server cannot continue."""
        return errors.of_refusal(
            errors.Refusal(status=500, host=self.address.host, version=self.version, problem=_problem_in(data))
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    def _check(self, response: httpx2.Response) -> None:
        self.version = _version(response)
        status = response.status_code
        if 200 <= status < 300:
            return
        raise errors.of_refusal(
            errors.Refusal(
                status=status,
                host=self.address.host,
                version=_version(response),
                problem=_problem(response) if status >= 400 else None,
                retry_after=_seconds(response.headers.get("retry-after")),
                location=response.headers.get("location", ""),
            )
        )


def _on_behalf_of() -> dict[str, str]:
    """Return the header that names the visitor for whom a browser front end runs this process, so that the server
    counts visitors apart. It believes only front ends that it trusts (FORWARDED_ALLOW_IPS)."""
    try:
        return {"X-Forwarded-For": str(ipaddress.ip_address(os.environ.get("KIROTODO_VISITOR_ADDRESS", "")))}
    except ValueError:
        return {}


def _version(response: httpx2.Response) -> str:
    return "".join(sign for sign in response.headers.get("x-kirotodo-version", "") if sign.isprintable())[:40]


def _is_stream(response: httpx2.Response) -> bool:
    kind: str = response.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower() == "text/event-stream"


def _problem(response: httpx2.Response) -> Mapping[str, Any] | None:
    if not response.headers.get("content-type", "").startswith(PROBLEM):
        return None
    return _problem_in(response.content)


def _problem_in(data: bytes | str) -> Mapping[str, Any] | None:
    try:
        problem = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return problem if isinstance(problem, dict) else None


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
