"""Finds the caller of a route and opens their list: what every route under `/api/{user_id}` begins with.

The path's user must be the token's subject. Nothing is read, not even the body of the request, or stored before that is
known, and counted.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Container, Coroutine
from typing import Annotated, Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kirotodo.core.backend import AgentScope
from kirotodo.core.domain.history import ACTOR_NAME_MAX, Actor
from kirotodo.core.errors import DeletionPending
from kirotodo.core.local import Core, LocalBackend
from kirotodo.core.store.request_keys import RequestKey
from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.core.timezones import known_zone
from kirotodo.server.auth.authenticator import Authenticator, Principal, authenticated, authenticator_of, owner
from kirotodo.server.auth.rate_limit import Kind
from kirotodo.server.conditional_requests import unconditional
from kirotodo.server.openapi import named, problems
from kirotodo.server.problems import NOT_JSON
from kirotodo.server.schemas import ID_MAX, KEY_PATTERN, SEQ_MAX, Number, Zone
from kirotodo.server.shutdown import GracefulShutdown
from kirotodo.server.stream_limits import Viewing

ConversationId = Annotated[int, Number, Path(ge=1, le=ID_MAX, description="Counted per user.")]
MessageSeq = Annotated[int, Number, Path(ge=1, le=ID_MAX, description="The `seq` of a message.")]
TaskId = Annotated[int, Number, Path(ge=1, le=ID_MAX, description="Counted per user.")]
TurnId = Annotated[str, Path(pattern=r"^[\w-]{1,64}$", description="As `turn_id` of an answer.")]
CallId = Annotated[str, Path(pattern=r"^[\w.-]{1,50}$", description="As `call_id` of an event.")]
MessageKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=KEY_PATTERN,
        description="The same key with the same message attaches to the turn it began.",
    ),
]
EditKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=KEY_PATTERN,
        description="The same key with the same request gets the first answer again, and nothing is done twice.",
    ),
]


def last_event_id(
    value: Annotated[
        str,
        Header(
            alias="Last-Event-ID", description="Where to resume a stream. An invalid value starts from the beginning."
        ),
    ] = "",
) -> int | None:
    """Return the id that a viewer saw last, None without one. An error would keep it from ever coming back."""
    if not value.strip():
        return None
    seq = int(value) if value.isascii() and value.isdecimal() and len(value) < 12 else 0
    return seq if seq <= SEQ_MAX else 0


LastEventId = Annotated[int | None, Depends(last_event_id)]


Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class JsonRoute(APIRoute):
    """A route whose body, if it takes one, has to be JSON and to say so."""

    def get_route_handler(self) -> Handle:
        """Return a handler that refuses bodies of other kinds."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def handle_json(request: Request) -> Response:
            require_json(request)
            return await handle(request)

        return handle_json


class UserRoute(JsonRoute):
    """A route below `/api/{user_id}`, which reads a body only for a caller who may use it.

    FastAPI reads and parses a body before its dependencies have their say, so they would come too late.
    """

    def get_route_handler(self) -> Handle:
        """Return a handler that verifies the caller before it reads the body."""
        handle = super().get_route_handler()
        calls = {dependency.call for dependency in self.dependant.dependencies}
        kind: Kind = "turn" if speaker in calls else "request"
        is_for_leavers = leaver in calls
        is_personal = is_for_leavers or person_only in calls
        is_by_tool = by_tool in calls
        scope = self._scope(calls)

        async def handle_caller(request: Request) -> Response:
            principal = await authenticated(request, request.path_params.get("user_id"))
            if is_personal:
                principal.require_person()
            principal.require(scope_of_tool(request.path_params["tool"]) if is_by_tool else scope)
            await authenticator_of(request).limits.take_for(request, kind, principal.user_id)
            if not is_for_leavers:
                require_open(principal)
            return await handle(request)

        return handle_caller

    def _scope(self, calls: Container[object]) -> AgentScope:
        """Return what an agent's token has to allow: everything, for a route that does not say otherwise."""
        if (self.methods or set()) <= {"GET", "HEAD"}:
            return "read"
        return "add" if adding in calls else "all"


def require_open(principal: Principal) -> None:
    """Raise `DeletionPending` for a user who is about to be deleted."""
    if principal.deletion_at is not None:
        raise DeletionPending(
            f"This account will be deleted on {principal.deletion_at:%d %B %Y} (UTC). "
            "`kirotodo account restore` keeps it."
        )


def require_json(request: Request) -> None:
    """Raise 415 for a body that does not claim to be JSON."""
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise HTTPException(415, NOT_JSON)


class Caller:
    """A signed-in user who asks for what is theirs."""

    def __init__(
        self, *, core: Core, authenticator: Authenticator, principal: Principal, zone: str | None, actor: Actor
    ) -> None:
        self.principal = principal
        self._actor = actor
        self._core = core
        self._authenticator = authenticator
        self._zone = zone

    async def backend(self, *, zone: str | None = None, request: RequestKey | None = None) -> LocalBackend:
        """Their list, read in their time zone: the given one, which is remembered, else the one remembered."""
        chosen = await self._remembered(zone or self._zone)
        return self._core.of(self.principal.user_id, zone=chosen, request=request, actor=self._actor)

    async def _remembered(self, given: str | None) -> ZoneInfo | None:
        user_id = self.principal.user_id
        if given is None:
            return _zone_or_none(self.principal.timezone)
        if given != self.principal.timezone:
            async with self._core.database.begin(user_id) as store:
                await store.set_timezone(given)
            self._authenticator.zone_set(user_id, given)
        return ZoneInfo(given)


_AGENT: Final = re.compile(r"([\w!#$%&'*+.^`|~-]+)(?:/([^\s()]+))?(?: \((\w+)\))?", re.ASCII)


def actor_of(request: Request) -> Actor:
    """Return who makes the edits of a request: the agent whose token it has, else by its `User-Agent` a person with our
    client, or another program."""
    principal: Principal = request.state.principal
    if principal.agent is not None:
        return Actor(kind="api", name=principal.agent)
    found = _AGENT.match(request.headers.get("user-agent", ""))
    if found is None:
        return Actor(kind="api")
    name, version, client = (sanitize_line(part or "")[:ACTOR_NAME_MAX] or None for part in found.groups())
    if name == "kirotodo":
        return Actor(kind="you", name=client, version=version)
    return Actor(kind="api", name=name, version=version)


def user_router(tag: str, *, prefix: str = "") -> APIRouter:
    """Return a router for what belongs to a user, with the problems that any such route may answer with."""
    responses = problems(401, 403, 415, 422, 429, 500, 503)
    return APIRouter(
        prefix=f"/api/{{user_id}}{prefix}",
        tags=[tag],
        responses=responses,
        route_class=UserRoute,
        generate_unique_id_function=named,
    )


async def caller(
    request: Request,
    principal: Annotated[Principal, Depends(owner)],
    x_timezone: Annotated[Zone | None, Header()] = None,
) -> Caller:
    """One who looks, or edits."""
    return Caller(
        core=request.app.state.core,
        authenticator=authenticator_of(request),
        principal=principal,
        zone=x_timezone,
        actor=actor_of(request),
    )


async def speaker(
    request: Request,
    principal: Annotated[Principal, Depends(owner)],
    _: Annotated[None, Depends(unconditional)],
    x_timezone: Annotated[Zone | None, Header()] = None,
) -> Caller:
    """One who lets a model work: `UserRoute` counts this as a turn."""
    return Caller(
        core=request.app.state.core,
        authenticator=authenticator_of(request),
        principal=principal,
        zone=x_timezone,
        actor=actor_of(request),
    )


async def leaver(principal: Annotated[Principal, Depends(owner)]) -> Principal:
    """One who may be about to be deleted. Any other route refuses such a user."""
    return principal


async def adding() -> None:
    """Mark a route that does nothing but add tasks, which an agent with the scope `add` may."""


async def person_only() -> None:
    """Mark a route that no agent may use."""


async def by_tool() -> None:
    """Mark a route whose path names a tool, which decides what an agent's token has to allow."""


def scope_of_tool(name: str) -> AgentScope:
    """Return the scope that a tool needs: all, for one that does not exist."""
    from kirotodo.core.agent.direct_calls import infos

    return next((info.changes for info in infos() if info.name == name), "all")


ADDING = Depends(adding)
BY_TOOL = Depends(by_tool)
PERSON = Depends(person_only)


async def mine(caller: Annotated[Caller, Depends(caller)]) -> LocalBackend:
    """Return the caller's backend."""
    return await caller.backend()


async def editing(request: Request, caller: Annotated[Caller, Depends(caller)], key: EditKey = None) -> LocalBackend:
    """Return their list for the one edit of this request, which is made once however often it comes with its key."""
    return await caller.backend(request=await keyed(request, key))


async def keyed(request: Request, key: str | None) -> RequestKey | None:
    """Return the key of a request with what the request asks for, None for one without a key."""
    if key is None:
        return None
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(await request.body())
    return RequestKey(key=key, fingerprint=digest.hexdigest())


async def editing_unconditionally(
    backend: Annotated[LocalBackend, Depends(editing)], _: Annotated[None, Depends(unconditional)]
) -> LocalBackend:
    """Return the caller's backend for an edit that takes no conditions."""
    return backend


def located(response: Response, user_id: str, place: str) -> None:
    """Let the answer name where what it made or began is to be found, below the user's own address."""
    response.headers["Location"] = f"/api/{quote(user_id, safe='')}/{place}"


async def drain_of(request: Request) -> GracefulShutdown:
    """Return the shutdown of the application."""
    drain: GracefulShutdown = request.app.state.drain
    return drain


async def viewing(request: Request, principal: Annotated[Principal, Depends(owner)]) -> AsyncIterator[Viewing]:
    """One who opens a stream, which is held until the answer is over. Raises `RateLimited` for one too many."""
    with authenticator_of(request).viewers.opened(principal) as viewing:
        yield viewing


Viewed = Annotated[Viewing, Depends(viewing)]
Leaving = Annotated[Principal, Depends(leaver)]
Called = Annotated[Caller, Depends(caller)]
Spoken = Annotated[Caller, Depends(speaker)]
Mine = Annotated[LocalBackend, Depends(mine)]
"""For a request that reads, or whose effect comes to the same however often it is made."""
Editing = Annotated[LocalBackend, Depends(editing_unconditionally)]
"""For a request that edits."""
EditingOne = Annotated[LocalBackend, Depends(editing)]
"""For a request that edits one thing, which can be made to depend on what it is by then: see `Conditions`."""
Draining = Annotated[GracefulShutdown, Depends(drain_of)]


def _zone_or_none(name: str | None) -> ZoneInfo | None:
    """A zone that was stored; this machine may know fewer of them than the one that stored it."""
    try:
        return ZoneInfo(known_zone(name)) if name else None
    except ValueError:
        return None
