"""Middleware that every request passes through, as pure ASGI: streams go through it chunk by chunk, and nothing is
buffered."""

import asyncio
import logging
import re
import uuid
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kirotodo import __version__
from kirotodo.core.aio import Turnstile
from kirotodo.core.errors import Draining, TooLarge
from kirotodo.server.asgi import at_start
from kirotodo.server.problems import INSIDE, problem, problem_of
from kirotodo.server.shutdown import GracefulShutdown

log = logging.getLogger(__name__)

BODY_MAX: Final = 128 * 1024
"""Room for the longest message even where every character of it is written as two escapes (\\ud83d\\ude00)."""
SIGN_IN_MAX: Final = 16 * 1024
THREAD_MAX: Final = 2 * 1024 * 1024
"""Chat programs send a whole thread with each message."""
DAV_MAX: Final = 1024 * 1024
"""A calendar program asks for many tasks by their addresses."""
IMPORT_MAX: Final = 10 * 1024 * 1024
HEAD_MAX: Final = 32 * 1024
HEADER_MAX: Final = 16 * 1024
HEADERS_MAX: Final = 100
REQUEST_ID: Final = "X-Request-ID"
VERSION: Final = "X-Kirotodo-Version"
_SOUND_ID: Final = re.compile(r"[\w.:/+=@-]{1,128}", re.ASCII)


class RequestIdMiddleware:
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

        def seal(start: Message) -> None:
            nonlocal started
            started = True
            headers = MutableHeaders(scope=start)
            headers[REQUEST_ID] = request_id
            headers[VERSION] = __version__
            headers.setdefault("Cache-Control", "no-store")

        sealed = at_start(send, seal)
        try:
            await self.app(scope, receive, sealed)
        except Exception:
            log.exception("request %s failed", request_id)
            if started:
                raise
            await problem(500, "internal_error", INSIDE)(scope, receive, sealed)


class OneByOne:
    """Begin at most one request of the API in each round of the event loop: so a crowd that comes at once does not keep
    probes and open streams waiting until the last of it was begun."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._turnstile = Turnstile()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            await self._turnstile.wait()
        await self.app(scope, receive, send)


class HeadLimit:
    """Refuse heads that are larger than anyone needs, whichever server received them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (sentence := _too_large(scope)) is not None:
            await problem(431, "too_large", sentence)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _too_large(scope: Scope) -> str | None:
    sizes = [len(name) + len(value) for name, value in scope["headers"]]
    if len(sizes) > HEADERS_MAX:
        return f"A request may have at most {HEADERS_MAX} headers."
    if max(sizes, default=0) > HEADER_MAX:
        return f"A header may hold at most {HEADER_MAX // 1024} KiB."
    if sum(sizes) + len(scope.get("raw_path") or b"") + len(scope["query_string"]) > HEAD_MAX:
        return f"The address and headers of a request may hold at most {HEAD_MAX // 1024} KiB."
    return None


class BodyLimitMiddleware:
    """Refuse bodies that are too large. Where an answer comes before a large body has arrived, close the connection:
    the rest of it is not worth reading."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = body_limit(scope["path"])
        headers = Headers(scope=scope)
        announced = headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() else 0
        complete = size <= BODY_MAX and "transfer-encoding" not in headers
        taken = 0

        async def counted() -> Message:
            nonlocal taken, complete
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413, _too_long(limit))
            complete = complete or not message.get("more_body", False)
            return message

        def close(start: Message) -> None:
            if not complete:
                MutableHeaders(scope=start)["Connection"] = "close"

        closing = at_start(send, close)
        if size > limit:
            await problem_of(TooLarge(_too_long(limit)))(scope, receive, closing)
        else:
            await self.app(scope, counted, closing)


def body_limit(path: str) -> int:
    """Return how many bytes a body sent to this path may have."""
    if path.endswith("/tasks/import"):
        return IMPORT_MAX
    if path.startswith("/dav/"):
        return DAV_MAX
    if path == "/v1/chat/completions":
        return THREAD_MAX
    return SIGN_IN_MAX if path.startswith("/api/auth/") else BODY_MAX


def _too_long(limit: int) -> str:
    return f"The body of this request may hold at most {limit // 1024:,} KiB."


class Cors(CORSMiddleware):
    """Answer preflight requests; a refusal is a problem like any other."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight request."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        sentence = bytes(answer.body).decode().rstrip(".") + "."
        refusal = problem(answer.status_code, "invalid_input", sentence)
        headers = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
        refusal.headers.update(headers)
        return refusal


class ShutdownMiddleware:
    """Once the server drains, whatever would begin something is turned away; looking is still allowed. What is still
    without an answer when the web server hangs up gets one that says why, rather than a fault of the inside."""

    def __init__(self, app: ASGIApp, *, drain: GracefulShutdown) -> None:
        self.app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._drain.begun and _begins_something(scope):
            await _refusal()(scope, receive, send)
            return
        started = False

        def note(_: Message) -> None:
            nonlocal started
            started = True

        try:
            await self.app(scope, receive, at_start(send, note))
        except asyncio.CancelledError:
            if started or not self._drain.leaving:
                raise
            # The end of the request's own task, which nobody awaits: so the cancellation ends here.
            await _refusal()(scope, receive, send)


def _refusal() -> Response:
    return problem_of(Draining("This server is about to restart. Try again in a moment."))


def _begins_something(scope: Scope) -> bool:
    path: str = scope["path"]
    if path.startswith("/dav/"):
        return scope["method"] in ("PUT", "DELETE")
    return path.startswith("/api/") and (scope["method"] not in ("GET", "HEAD", "OPTIONS") or path.endswith("/events"))
