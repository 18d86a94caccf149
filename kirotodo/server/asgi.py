"""Pure ASGI that knows nothing of this API: HEAD wherever GET is, JSON where no other kind of body is meant, and a look
at the start of each answer."""

from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KIND: Final = b"content-type"
_UNMEANT: Final = (b"", b"application/x-www-form-urlencoded")
"""What a body is sent as when its sender says nothing: the second is what curl says by itself."""
_JSON: Final = (_KIND, b"application/json")


def at_start(send: Send, act: Callable[[Message], None]) -> Send:
    """Return a `send` that calls `act` with the message that starts the answer, its status and headers, before it goes
    on. What follows passes as it is, chunk by chunk."""

    async def passed(message: Message) -> None:
        if message["type"] == "http.response.start":
            act(message)
        await send(message)

    return passed


class HeadAsGet:
    """Answers HEAD with the head of the answer to GET. A stream ends there instead of going on unread."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        begun = False
        get_scope = {**scope, "method": "GET"}

        async def until_begun() -> Message:
            return {"type": "http.disconnect"} if begun else await receive()

        async def head_alone(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                scope["route"] = get_scope.get("route")  # for whoever counts answers, outside of this
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        await self.app(get_scope, until_begun, head_alone)


class JsonByDefault:
    """Reads a body as JSON where its sender did not say what it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            kinds = [value.partition(b";")[0].strip().lower() for name, value in scope["headers"] if name == _KIND]
            if not kinds or (len(kinds) == 1 and kinds[0] in _UNMEANT):
                scope["headers"] = [*(header for header in scope["headers"] if header[0] != _KIND), _JSON]
        await self.app(scope, receive, send)
