"""What every request passes through, as pure ASGI: streams go through it chunk by chunk, and nothing is buffered."""

import logging
import re
import uuid
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kirotodo import __version__
from kirotodo.core.errors import Draining, TooLarge
from kirotodo.server.drain import Drain
from kirotodo.server.errors import INSIDE, problem, problem_of

log = logging.getLogger(__name__)

BODY_MAX: Final = 64 * 1024
IMPORT_MAX: Final = 10 * 1024 * 1024
REQUEST_ID: Final = "X-Request-ID"
VERSION: Final = "X-Kirotodo-Version"
_SOUND_ID: Final = re.compile(r"[\w.:/+=@-]{1,128}", re.ASCII)


class Envelope:
    """Every answer carries the request's id, its caller's own if it is a sound one, and this release's version; what
    nobody else caught becomes a problem that says nothing of the inside."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _SOUND_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def sealed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                headers[VERSION] = __version__
            await send(message)

        try:
            await self.app(scope, receive, sealed)
        except Exception:
            log.exception("request %s failed", request_id)
            if started:
                raise
            await problem(500, "internal_error", INSIDE)(scope, receive, sealed)


class BodyLimit:
    """Bodies of at most `limit` bytes; where a path ends like a key of `larger`, of at most its value."""

    def __init__(self, app: ASGIApp, *, limit: int, larger: Mapping[str, int]) -> None:
        self.app = app
        self._limit = limit
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        limit = next((size for end, size in self._larger.items() if path.endswith(end)), self._limit)
        sentence = f"The body of this request may hold at most {limit // 1024:,} KiB."
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            await problem_of(TooLarge(sentence))(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413, sentence)
            return message

        await self.app(scope, counted, send)


class NoNewWork:
    """Once the server drains, whatever would begin something is turned away; looking is still allowed."""

    def __init__(self, app: ASGIApp, *, drain: Drain) -> None:
        self.app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._drain.begun and scope["type"] == "http" and _begins_something(scope):
            await problem_of(Draining("This server is about to restart. Try again in a moment."))(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _begins_something(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.startswith("/api/") and (scope["method"] not in ("GET", "HEAD", "OPTIONS") or path.endswith("/events"))
