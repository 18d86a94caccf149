"""Calendars: tasks over CalDAV for phones and other programs, and addresses of calendars to look at.

A program over CalDAV sends a user name and an app password with each request; the end of a feed's address is what
opens it. What every other route does with its caller is done here as well: limits, accounts that are being deleted,
isolation. The protocol itself is loaded with the first request.
"""

import asyncio
import base64
import binascii
import hashlib
import importlib
import re
from typing import TYPE_CHECKING, Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kirotodo.core.domain.history import CALENDAR_PREFIX, Actor
from kirotodo.core.errors import Forbidden, KirotodoError, NotFound, NotSignedIn
from kirotodo.core.local import LocalBackend
from kirotodo.server.auth.authenticator import Principal, authenticator_of
from kirotodo.server.auth.rate_limit import address_of
from kirotodo.server.dependencies import Caller, require_open
from kirotodo.server.problems import problem_of

if TYPE_CHECKING:
    from kirotodo.protocols.calendars.service import CalendarService

BASE: Final = "/dav"
WELL_KNOWN: Final = "/.well-known/caldav"
FEED_PATH: Final = "/calendar/{token}.ics"
REALM: Final = 'Basic realm="kirotodo", charset="UTF-8"'
NO_PASSWORD: Final = "Sign in with an app password, which `kirotodo calendar add NAME` makes."
WRONG: Final = "Wrong user name or app password. `kirotodo calendar` lists the app passwords that there are."
METHODS: Final = (
    *("OPTIONS", "GET", "PUT", "DELETE", "PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MKCOL"),
    *("POST", "PATCH", "COPY", "MOVE", "LOCK", "UNLOCK", "ACL"),
)
"""Those that are answered here, if only to refuse them in the words of the protocol."""
_TAG: Final = re.compile(r'(?:W/)?"[^"]*"|\*')


class CalendarEndpoint:
    """Answers what is below `/dav`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Verify the caller, then answer."""
        request = Request(scope, receive)
        await _loaded("service")
        try:
            answer = await self._answer(request)
        except NotSignedIn as error:
            answer = problem_of(error)
            answer.headers["WWW-Authenticate"] = REALM
        except KirotodoError as error:
            answer = problem_of(error)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        from kirotodo.protocols.calendars.service import DavRequest

        place = tuple(
            request.path_params[name] for name in ("user_id", "calendar", "name") if name in request.path_params
        )
        if request.method == "OPTIONS" and "authorization" not in request.headers:
            return _options(len(place) == 3)  # asked before anybody signs in
        principal = await _app_of(request, place[0] if place else None)
        service = await _service(request, principal)
        answer = await service.answer(
            DavRequest(
                method=request.method,
                place=place,
                body=await _body(request),
                depth=request.headers.get("depth", "infinity").strip().lower(),
                if_match=_tags(request, "if-match"),
                if_none_match=_tags(request, "if-none-match"),
            )
        )
        headers = {"DAV": _features(), **answer.headers}
        return Response(answer.body, answer.status, headers=headers)


async def _loaded(name: str) -> Any:
    """Return a module of the protocol, which is imported away from the event loop the first time."""
    return await asyncio.to_thread(importlib.import_module, f"kirotodo.protocols.calendars.{name}")


def _features() -> str:
    from kirotodo.protocols.calendars.service import FEATURES

    return FEATURES


def _options(is_object: bool) -> Response:
    from kirotodo.protocols.calendars.service import COLLECTION_METHODS, OBJECT_METHODS

    allowed = OBJECT_METHODS if is_object else COLLECTION_METHODS
    return Response(status_code=200, headers={"Allow": ", ".join(allowed), "DAV": _features()})


async def _service(request: Request, principal: Principal) -> "CalendarService":
    from kirotodo.protocols.calendars.service import CalendarService

    backend = await _backend(request, principal)
    return CalendarService(backend, user_id=principal.user_id, base=BASE, email=principal.email)


async def _backend(request: Request, principal: Principal) -> LocalBackend:
    caller = Caller(
        core=request.app.state.core,
        authenticator=authenticator_of(request),
        principal=principal,
        zone=None,
        actor=Actor(kind="api", name=f"{CALENDAR_PREFIX}{principal.agent}"),
    )
    return await caller.backend()


async def _app_of(request: Request, user_id: str | None) -> Principal:
    """Return the caller, who has to be `user_id` if one is given. Raises as `authenticated` does."""
    authenticator = authenticator_of(request)
    try:
        principal = await authenticator.app(*_credentials(request))
        if user_id is not None and user_id != principal.user_id:
            raise Forbidden("This app password is for another user.")
    except (NotSignedIn, Forbidden) as error:
        await authenticator.limits.require("refused", address_of(request))
        if isinstance(error, NotSignedIn) and error.message != NO_PASSWORD:
            raise NotSignedIn(WRONG) from None
        raise
    request.state.principal = principal
    await authenticator.limits.take_for(request, "request", principal.user_id)
    require_open(principal)
    return principal


def _credentials(request: Request) -> tuple[str, str]:
    """Return the user name and password that a request carries. Raises `NotSignedIn`."""
    given = request.headers.getlist("Authorization")
    scheme, _, encoded = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "basic":
        raise NotSignedIn(NO_PASSWORD)
    try:
        name, mark, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise NotSignedIn(WRONG) from None
    if not mark or not name.strip() or len(name) > 255 or "\0" in name:
        raise NotSignedIn(WRONG)
    return name.strip(), password


async def _body(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:
        raise HTTPException(400, "The body didn't arrive completely.") from None


def _tags(request: Request, name: str) -> tuple[str, ...] | None:
    given = request.headers.getlist(name)
    return tuple(_TAG.findall(",".join(given))) if given else None


async def well_known(_: Request) -> Response:
    """Say where CalDAV is (RFC 6764)."""
    return Response(status_code=301, headers={"Location": f"{BASE}/"})


async def feed(request: Request) -> Response:
    """Return the calendar of the token that the address ends in."""
    try:
        return await _feed(request)
    except NotSignedIn as error:
        # An address is not signed in to: one that opens nothing is not there.
        return problem_of(NotFound(error.message))
    except KirotodoError as error:
        return problem_of(error)


async def _feed(request: Request) -> Response:
    authenticator = authenticator_of(request)
    try:
        principal = await authenticator.feed(request.path_params["token"])
    except NotSignedIn:
        await authenticator.limits.require("refused", address_of(request))
        raise
    request.state.principal = principal
    await authenticator.limits.take_for(request, "request", principal.user_id)
    require_open(principal)
    body: bytes = await (await _loaded("feed")).written_feed(await _backend(request, principal))
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Content-Type": "text/calendar; charset=utf-8"}
    if tag in (_tags(request, "if-none-match") or ()):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers)


def routes() -> list[Route]:
    """Return the routes of calendars for an application."""
    endpoint = CalendarEndpoint()
    paths = ("", "/{user_id}", "/{user_id}/{calendar}")
    found = [Route(f"{BASE}{path}{end}", endpoint, methods=METHODS) for path in paths for end in ("", "/")]
    return [
        Route(WELL_KNOWN, well_known, methods=("GET", "PROPFIND", "OPTIONS", "REPORT", "POST")),
        *found,
        Route(f"{BASE}/{{user_id}}/{{calendar}}/{{name}}", endpoint, methods=METHODS),
        Route(FEED_PATH, feed),
    ]
