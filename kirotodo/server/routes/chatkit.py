"""`/chatkit`: the endpoint of a front end with OpenAI's ChatKit, for the user of the request's token.

The protocol and its types are loaded with the first request. What every other route does with its caller is done here
as well: tokens, scopes, limits, streams that end with their token or with this server.
"""

import asyncio
import importlib
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kirotodo.core.agent.direct_calls import checked_key
from kirotodo.core.errors import KirotodoError, NotFound
from kirotodo.server.auth.authenticator import Principal, authenticated, authenticator_of
from kirotodo.server.dependencies import Caller, actor_of, require_json, require_open
from kirotodo.server.problems import problem_of, public_message
from kirotodo.server.sse import EventStream

PATH: Final = "/chatkit"
MISSING: Final = "This server has no ChatKit: its operator can install it with `pip install 'kirotodo[chatkit]'`."


class ChatKitEndpoint:
    """Answers `/chatkit`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Verify the caller, then read and answer the request."""
        request = Request(scope, receive)
        try:
            principal = await authenticated(request)
            principal.require("all")
            limits = authenticator_of(request).limits
            await limits.take_for(request, "request", principal.user_id)
            require_open(principal)
            require_json(request)
            protocol = await _loaded()
            asked = protocol.read(await request.body())
            if protocol.begins_turn(asked):
                await limits.take_for(request, "turn", principal.user_id)
            chatkit = await _of(request, principal, protocol)
            if not protocol.is_streamed(asked):
                response = Response(await chatkit.answer(asked), media_type="application/json")
                await response(scope, receive, send)
                return
        except KirotodoError as error:
            await problem_of(error)(scope, receive, send)
            return
        with authenticator_of(request).viewers.opened(principal) as viewing:
            drain = request.app.state.drain
            await EventStream(chatkit.frames(asked), drain=drain, viewing=viewing, parting=b"")(scope, receive, send)


async def _loaded() -> Any:
    try:
        return await asyncio.to_thread(importlib.import_module, "kirotodo.protocols.chatkit")
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith(("chatkit", "jinja2")):
            raise
        raise NotFound(MISSING) from None


async def _of(request: Request, principal: Principal, protocol: Any) -> Any:
    core = request.app.state.core
    caller = Caller(
        core=core, authenticator=authenticator_of(request), principal=principal, zone=None, actor=actor_of(request)
    )
    return protocol.ChatKit(
        await caller.backend(),
        sentence=public_message,
        request_key=checked_key(request.headers.get("idempotency-key")),
        asks_for_steps=core.settings.open_steps == "ask",
    )


def routes() -> list[Route]:
    """Return the route of ChatKit for an application."""
    return [Route(PATH, endpoint=ChatKitEndpoint(), methods=["POST"])]
