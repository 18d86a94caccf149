"""Event streams: encoded frames on their way to one viewer.

A viewer costs what it holds in its outbox and nothing else. One that does not read what it is sent is cut, one that
left is forgotten, one whose server stops or whose token ended is told to reconnect; each resumes from the last id it
saw.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Final

from pydantic import TypeAdapter
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kirotodo.core.backend import ListChanged
from kirotodo.core.domain.conversation import Turn
from kirotodo.core.errors import KirotodoError, StorageError
from kirotodo.core.events import ApprovalRequested, TurnFailed
from kirotodo.core.local import LocalBackend
from kirotodo.server.problems import INSIDE, STATUS, public_message
from kirotodo.server.shutdown import GracefulShutdown
from kirotodo.server.stream_limits import Viewing

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "text/event-stream"
PING_SECONDS: Final = 15.0
PATIENCE_SECONDS: Final = 30.0
"""How long a viewer may leave what it was sent unread."""
OUTBOX: Final = 128
"""Frames that wait for one viewer; the rest waits where it came from."""

PING: Final = b": ping\n\n"
RECONNECT: Final = b"event: reconnect\ndata: {}\n\n"


def frame(*, id: int, event: str, data: bytes) -> bytes:
    """One event; `data` is one line of JSON."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (id, event.encode(), data)


def problem_frame(code: str, detail: str) -> bytes:
    """Return the frame that says why the stream ended early."""
    problem = {"type": "about:blank", "status": STATUS.get(code, 500), "detail": detail, "code": code}  # type: ignore[call-overload]
    return b"event: problem\ndata: %b\n\n" % json.dumps(problem).encode()


class EventStream(Response):
    """Sends `frames` as they come, with pings in between, until they end, the viewer leaves, its token ends
    or the server drains, which `parting` tells it."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        drain: GracefulShutdown,
        viewing: Viewing | None = None,
        parting: bytes = RECONNECT,
    ) -> None:
        self._farewell = parting
        self.status_code = 200
        self.background = None
        self.init_headers({"Cache-Control": "no-store, no-cache, no-transform", "X-Accel-Buffering": "no"})
        self._frames = frames
        self._drain = drain
        self._viewing = viewing
        self._outbox: list[bytes] = []
        self._wake = asyncio.Event()
        self._has_space = asyncio.Event()
        self._ended = False
        self._parting = False
        self._left = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        tasks = (asyncio.create_task(self._read()), asyncio.create_task(self._see_it_leave(receive)))
        try:
            with self._drain.viewer(self._part), self._ending():
                await self._write(send)
        except TimeoutError:
            log.info("a viewer that read nothing for %d seconds was disconnected", PATIENCE_SECONDS)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, send: Send) -> None:
        while not self._left:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                await _sent(send, PING)
                continue
            self._wake.clear()
            waiting, self._outbox = self._outbox, []
            self._has_space.set()
            if waiting:
                await _sent(send, b"".join(waiting))
            if self._parting and not self._ended:  # the rest is to be had after reconnecting
                await _sent(send, self._farewell)
                await _sent(send, b"", more=False)
                return
            if self._ended and not self._outbox:
                await _sent(send, b"", more=False)
                return
            if self._ended:
                self._wake.set()

    async def _read(self) -> None:
        try:
            async with aclosing(self._frames) as frames:
                async for each in frames:
                    await self._put(each)
        except KirotodoError as error:
            self._outbox.append(problem_frame(error.code, public_message(error)))
        except Exception:
            log.exception("an event stream broke")
            self._outbox.append(problem_frame("internal_error", INSIDE))
        finally:
            self._ended = True
            self._wake.set()

    async def _put(self, each: bytes) -> None:
        # Backpressure: a viewer that does not read holds back its own source, not the memory of the server.
        while len(self._outbox) >= OUTBOX:
            self._has_space.clear()
            await self._has_space.wait()
        self._outbox.append(each)
        self._wake.set()

    async def _see_it_leave(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._left = True
        self._wake.set()

    def _ending(self) -> AbstractContextManager[None]:
        """Hear when the token no longer holds."""
        return nullcontext() if self._viewing is None else self._viewing.listening(self._part)

    def _part(self) -> None:
        self._parting = True
        self._wake.set()


async def _sent(send: Send, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


WAITS: Final = (
    "The database isn't answering right now. Your message is saved, and its answer continues as soon as it does: "
    "there is no need to send it again."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A turn that is over or parked, and why it failed if it did."""

    turn: Turn
    failure: TurnFailed | None = None


@contextmanager
def _turn_waits() -> Iterator[None]:
    """Say of an outage what is true of a turn: it is stored, and whoever runs it waits for the database as well."""
    try:
        yield
    except StorageError as error:
        error.public = WAITS
        raise


async def turn_frames(backend: LocalBackend, turn_id: str, *, after: int = 0) -> AsyncGenerator[bytes, None]:
    """Yield the frames of a turn's events."""
    with _turn_waits():
        async with aclosing(backend.records(turn_id, after=after)) as events:
            async for event in events:
                yield frame(id=event.seq, event=event.kind, data=event.data)


async def list_frames(backend: LocalBackend, *, after: int | None) -> AsyncGenerator[bytes, None]:
    """Yield the frames of changes to a list."""
    async with aclosing(backend.changes(after=after)) as news:
        async for changed in news:
            yield frame(id=changed.revision, event="list_changed", data=_list_changed().dump_json(changed))


async def outcome(backend: LocalBackend, turn_id: str) -> Outcome:
    """Return the turn once it is over, or waits for an approval."""
    with _turn_waits():
        return await _outcome(backend, turn_id)


async def _outcome(backend: LocalBackend, turn_id: str) -> Outcome:
    failure: TurnFailed | None = None
    async with aclosing(backend.watch(turn_id)) as events:
        async for event in events:
            match event:
                case ApprovalRequested():  # perhaps one that was answered since
                    turn = await backend.turn(turn_id)
                    if turn.status == "awaiting_approval":
                        return Outcome(turn=turn)
                case TurnFailed():
                    failure = event
                case _:
                    pass
    return Outcome(turn=await backend.turn(turn_id), failure=failure)


@cache
def _list_changed() -> TypeAdapter[ListChanged]:
    return TypeAdapter(ListChanged)
