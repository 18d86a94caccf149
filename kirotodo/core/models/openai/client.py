"""Signed requests to one model service.

An SDK is not used: it takes a second to import, and two milliseconds to make a request of a body (decision 0030).
"""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final, Self
from urllib.request import getproxies

import httpx2

from kirotodo import __version__
from kirotodo.core.addresses import mounts_for
from kirotodo.core.models.openai.network import StreamTransport

CONNECTIONS_KEPT: Final = 100
"""Connections that stay open between requests."""
_ACCOUNT: Final = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}


class ApiClient:
    """Requests below a base address, with a key. Errors are those of `httpx2`; a status is never one."""

    def __init__(self, base_url: str, *, api_key: str) -> None:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=CONNECTIONS_KEPT)
        self._base_url = base_url.rstrip("/")
        self._http = httpx2.AsyncClient(
            headers=dict(_headers(api_key)),
            follow_redirects=True,
            limits=limits,
            transport=None if _is_proxied(base_url) else StreamTransport(limits=limits),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def get(self, path: str, *, limits: httpx2.Timeout) -> httpx2.Response:
        """Return the whole answer."""
        return await self._http.get(self._base_url + path, timeout=limits)

    async def post(self, path: str, body: Mapping[str, Any], *, limits: httpx2.Timeout) -> httpx2.Response:
        """Return the answer with its body unread: close it."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        request = self._http.build_request("POST", self._base_url + path, content=content, timeout=limits)
        return await self._http.send(request, stream=True)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _headers(api_key: str) -> Iterator[tuple[str, str]]:
    yield "Authorization", f"Bearer {api_key}"
    yield "Accept", "application/json"
    yield "Content-Type", "application/json"
    yield "User-Agent", f"kirotodo/{__version__}"
    for variable, header in _ACCOUNT.items():
        if value := os.environ.get(variable):
            yield header, value


def _is_proxied(base_url: str) -> bool:
    """Return whether requests go through a proxy of the environment; never those to this machine."""
    return mounts_for(base_url) is None and any(name in getproxies() for name in ("http", "https", "all"))
