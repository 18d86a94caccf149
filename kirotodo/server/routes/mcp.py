"""`/mcp`: the list of a token's user over the Model Context Protocol (streamable HTTP).

The transport is that of the SDK, which is loaded with the first request. What every other route does with its caller is
done here as well: tokens, scopes, limits, streams that end with their token or with this server.

Clients of 2026-07-28 need no session: any server can answer any of their requests. Those of 2025-11-25 get a session
of this process, since a question to their user is answered in a request of its own. Where the session is not known,
after a restart or on another server, they are served without one, and only such questions are lost.
"""

import asyncio
import importlib
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from kirotodo.core.domain.history import Actor
from kirotodo.core.errors import Forbidden, KirotodoError, NotFound, NotSignedIn
from kirotodo.server.auth.authenticator import SCOPES, Principal, authenticated, authenticator_of
from kirotodo.server.dependencies import Caller, actor_of, require_open
from kirotodo.server.problems import problem_of

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from kirotodo.protocols.mcp import McpCaller, McpServer

PATH: Final = "/mcp"
METADATA_PATH: Final = "/.well-known/oauth-protected-resource"
MISSING: Final = "This server has no MCP: its operator can install it with `pip install 'kirotodo[mcp]'`."
SESSION: Final = b"mcp-session-id"
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
ENDED_MAX: Final = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Transports:
    """The SDK's transports: one that keeps sessions and one that keeps none."""

    server: "McpServer"
    sessions: "StreamableHTTPSessionManager"
    single: "StreamableHTTPSessionManager"
    ended: dict[bytes, None] = field(default_factory=dict)
    """Sessions that their clients ended here, the latest last: they stay over."""

    def note_end(self, session_id: bytes) -> None:
        """Remember that a client ended a session."""
        self.ended[session_id] = None
        while len(self.ended) > ENDED_MAX:
            del self.ended[next(iter(self.ended))]


class McpEndpoint:
    """Answers `/mcp`. Costs nothing before the first request; let go of by `aclose`."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._transports: _Transports | None = None
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Verify the caller, then let the SDK answer."""
        request = Request(scope, receive)
        try:
            _check_origin(request)
            principal = await authenticated(request)
            await authenticator_of(request).limits.take_for(request, "request", principal.user_id)
            require_open(principal)
            transports = await self._opened()
        except NotSignedIn as error:
            refusal = problem_of(error)
            refusal.headers["WWW-Authenticate"] = f'Bearer resource_metadata="{_base(request)}{METADATA_PATH}{PATH}"'
            await refusal(scope, receive, send)
            return
        except KirotodoError as error:
            await problem_of(error)(scope, receive, send)
            return
        scope["user"] = _sdk_user(principal)
        if not _is_stream(request):
            await _answer(transports, request, scope, receive, send)
            return
        with authenticator_of(request).viewers.opened(principal) as viewing:
            answering = asyncio.create_task(_answer(transports, request, scope, receive, send), name="MCP stream")

            def cut() -> None:
                answering.cancel()

            with viewing.listening(cut), request.app.state.drain.viewer(cut):
                await _finished(answering)

    async def _opened(self) -> _Transports:
        """Return the transports, which the first request opens. Raises `NotFound` where the SDK is missing."""
        async with self._lock:
            if self._transports is None:
                try:
                    await asyncio.to_thread(importlib.import_module, "kirotodo.protocols.mcp")
                except ModuleNotFoundError as error:
                    if error.name is None or not error.name.startswith("mcp"):
                        raise
                    raise NotFound(MISSING) from None
                self._transports = await self._run()
            return self._transports

    async def _run(self) -> _Transports:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        from kirotodo.protocols.mcp import McpServer

        server = McpServer(_caller_of)
        transports = _Transports(
            server=server,
            sessions=StreamableHTTPSessionManager(server),
            single=StreamableHTTPSessionManager(server, stateless=True),
        )
        ready = asyncio.Event()

        async def run() -> None:
            async with transports.sessions.run(), transports.single.run():
                ready.set()
                await self._stop.wait()
                await server.handlers.aclose()

        self._running = asyncio.create_task(run(), name="MCP transports")
        await ready.wait()
        return transports

    async def aclose(self) -> None:
        """End every session."""
        self._stop.set()
        if self._running is not None:
            await self._running


def _is_stream(request: Request) -> bool:
    return request.method == "GET" or request.headers.get("mcp-method") == "subscriptions/listen"


async def _finished(answering: "asyncio.Task[None]") -> None:
    """Wait for an answer. One that was cut, since its token ended or the server stops, is simply over."""
    try:
        await asyncio.shield(answering)
    except asyncio.CancelledError:
        if answering.cancelled():
            return
        answering.cancel()
        with suppress(asyncio.CancelledError):
            await answering
        raise


async def _answer(transports: _Transports, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in the client's session; without one where it isn't known here."""
    session_id = dict(scope["headers"]).get(SESSION)
    if session_id is not None and request.method == "DELETE":
        transports.note_end(session_id)
        await transports.server.handlers.forget(session_id.decode("latin-1"))
    if session_id is None or session_id in transports.ended or request.method != "POST":
        await transports.sessions.handle_request(scope, receive, send)
        return
    body = await request.body()
    lost = False

    async def unless_lost(message: Message) -> None:
        nonlocal lost
        if message["type"] == "http.response.start" and message["status"] == 404:
            lost = True
        if not lost:
            await send(message)

    await transports.sessions.handle_request(dict(scope), _replayed(body, receive), unless_lost)
    if lost:
        headers = [header for header in scope["headers"] if header[0] != SESSION]
        await transports.single.handle_request({**scope, "headers": headers}, _replayed(body, receive), send)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read already, and then what comes."""
    given = False

    async def replay() -> MutableMapping[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _caller_of(context: Any) -> "McpCaller":
    from kirotodo.protocols.mcp import McpCaller

    request: Request = context.request
    principal: Principal = request.state.principal
    authenticator = authenticator_of(request)
    client = context.session.client_params
    actor = Actor(kind="api", name=principal.agent or (client.client_info.name[:80] if client else None))
    caller = Caller(
        core=request.app.state.core,
        authenticator=authenticator,
        principal=principal,
        zone=None,
        actor=actor if actor.name else actor_of(request),
    )
    return McpCaller(
        backend=await caller.backend(),
        scope=principal.scope,
        agent=principal.agent,
        count_turn=partial(authenticator.limits.take_for, request, "turn", principal.user_id),
    )


def _sdk_user(principal: Principal) -> Any:
    """Return the caller as the SDK knows one, so that nobody else's request finds their session."""
    from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
    from mcp.server.auth.provider import AccessToken

    who = principal.agent or "person"
    return AuthenticatedUser(AccessToken(token="", client_id=who, scopes=[principal.scope], subject=principal.user_id))


def _check_origin(request: Request) -> None:
    """Refuse pages of other sites. A page can give this machine a name of its own, so only the names that every machine
    has for itself are taken for the page of this server."""
    origin = request.headers.get("origin")
    if origin is None or origin in request.app.state.settings.cors_origins:
        return
    parts = urlsplit(origin)
    if parts.netloc != request.headers.get("host") or parts.hostname not in LOOPBACK:
        raise Forbidden("Pages of this origin may not use this server: its operator can name it in CORS_ORIGINS.")


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def metadata(request: Request) -> Response:
    """Return the OAuth 2.0 metadata of `/mcp` (RFC 9728): who issues its tokens, and which scopes there are."""
    issuer = request.app.state.settings.better_auth_url
    base = _base(request)
    found: dict[str, Any] = {
        "resource": f"{base}{PATH}",
        "resource_name": "kirotodo",
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
    }
    if issuer is not None:
        found["authorization_servers"] = [issuer]
    return JSONResponse(found)


def routes(endpoint: McpEndpoint) -> list[Route]:
    """Return the routes of MCP for an application."""
    return [
        Route(PATH, endpoint=endpoint, methods=["GET", "POST", "DELETE"]),
        Route(METADATA_PATH, metadata),
        Route(f"{METADATA_PATH}{PATH}", metadata),
    ]
