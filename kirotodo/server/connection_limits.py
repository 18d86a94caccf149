"""One HTTP/1.1 connection: how long a request may take to arrive, how large its head may be, how many there may be.

uvicorn's h11 protocol has no deadline for a request, answers malformed ones in plain text and accepts any number of
connections. `HttpConnection` adds what is missing. Once a request has arrived whole, nothing here limits its answer.
"""

import asyncio
import logging
import sys
import time
from dataclasses import dataclass
from typing import Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from kirotodo.core.errors import Code
from kirotodo.server.problems import problem

log = logging.getLogger(__name__)

HEAD_MAX: Final = 32 * 1024
"""Bytes of a request's first line and headers together."""
BYTES_PER_SECOND: Final = 16 * 1024
"""A request gets one more second for each so many bytes that arrived: large bodies do, trickles do not."""
LINGER_SECONDS: Final = 2.0
"""How long we read on after refusing a request that is still arriving, so that the refusal is not lost to a reset."""
FULL_LOG_SECONDS: Final = 60.0

_REFUSALS: Final[dict[int, tuple[Code, str]]] = {
    400: ("invalid_input", "This isn't a valid HTTP/1.1 request."),
    408: ("invalid_input", "The request didn't arrive in time. Send it again."),
    431: ("too_large", f"The headers of a request may hold at most {HEAD_MAX // 1024} KiB."),
    503: ("unreachable", "The server has too many connections at the moment. Try again in a few seconds."),
}


@dataclass(eq=False)
class Connections:
    """The connections of this process: at most `most`, each with `seconds` for a request to arrive.

    `opened` makes the protocol of a new one. When there are too many, the one that has waited longest without a request
    is closed to make room, so that silent connections cannot keep others out.
    """

    most: int
    seconds: float

    def __post_init__(self) -> None:
        self._waiting: dict[HttpConnection, None] = {}  # in the order in which they began to wait
        self._logged_at = -FULL_LOG_SECONDS

    def opened(self, **options: Any) -> "HttpConnection":
        """Return the protocol of a new connection."""
        return HttpConnection(self, **options)

    def admits(self, connection: "HttpConnection") -> bool:
        """Return whether a new connection may stay; another one is closed for it if need be."""
        if len(connection.connections) > self.most:
            self._log_full()
            if not self._waiting:
                return False
            next(iter(self._waiting)).transport.abort()
        return True

    def waits(self, connection: "HttpConnection") -> None:
        """Note that no request is being answered on this connection."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = None

    def is_busy(self, connection: "HttpConnection") -> None:
        """Note that a request is being answered on this connection, or that it is closed."""
        self._waiting.pop(connection, None)

    def _log_full(self) -> None:
        if (now := time.monotonic()) - self._logged_at >= FULL_LOG_SECONDS:
            self._logged_at = now
            log.warning("%d connections are open, the maximum: those that have been idle longest are closed", self.most)


class HttpConnection(H11Protocol):
    """A connection whose requests have to arrive in time. Made by `Connections.opened`."""

    def __init__(self, all_of_them: Connections, **options: Any) -> None:
        super().__init__(**options)
        self._all = all_of_them
        self._deadline: asyncio.TimerHandle | None = None
        self._began = 0.0
        self._arrived = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, or close it where there are too many."""
        super().connection_made(transport)
        self._inner = _LingeringTransport(transport, self)
        self.transport = cast(asyncio.Transport, self._inner)
        if self._all.admits(self):
            self._all.waits(self)
            self._expect_request()
        else:
            self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting the connection."""
        self._expect_nothing()
        self._all.is_busy(self)
        self._inner.is_lost()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # h11 measures a head only where it is incomplete: in pieces, so that none of any size is parsed in one go.
        """Start the deadline of a request with its first byte."""
        step = HEAD_MAX if self.conn.their_state is h11.IDLE else len(data)
        for start in range(0, len(data), step):
            if self._inner.is_closing():  # what comes after a refusal is read and dropped
                return
            piece = data[start : start + step]
            self._arrived += len(piece)
            super().data_received(piece)

    def handle_events(self) -> None:
        """End the deadline once a request has arrived whole."""
        super().handle_events()
        if self._inner.is_closing():
            return
        if self.is_receiving:
            if self._deadline is None:
                self._expect_request()
        else:
            self._expect_nothing()
        if self.cycle is not None and not self.cycle.response_complete:
            self._all.is_busy(self)

    @property
    def is_receiving(self) -> bool:
        """Return whether a request has begun to arrive and is not complete."""
        state = self.conn.their_state
        return state is h11.SEND_BODY or (state is h11.IDLE and bool(self.conn.trailing_data[0]))

    def on_response_complete(self) -> None:
        """Start the deadline of a request that has already begun to arrive."""
        self._all.waits(self)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        # Called where h11's error is handled; the status that the error suggests does not come along otherwise.
        """Answer a malformed request with a problem document."""
        self._refuse(getattr(sys.exc_info()[1], "error_status_hint", 400))

    def shutdown(self) -> None:
        """Close the connection once its answer is sent."""
        if self._inner.is_closing():
            self._inner.abort()
        else:
            super().shutdown()

    def _expect_request(self) -> None:
        self._began, self._arrived = self.loop.time(), 0
        self._deadline = self.loop.call_later(self._all.seconds, self._check_deadline)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _check_deadline(self) -> None:
        now = self.loop.time()
        left = self._began + self._all.seconds + self._arrived / BYTES_PER_SECOND - now
        is_waiting = self.flow.read_paused or (self.cycle is not None and self.cycle.waiting_for_100_continue)
        if left > 0 or is_waiting:
            self._deadline = self.loop.call_later(max(left, self._all.seconds / 4), self._check_deadline)
            return
        self._deadline = None
        if self.is_receiving:
            log.info("a request did not arrive within %.0f seconds: closing its connection", now - self._began)
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        """Answer with a problem where no answer has begun, and close the connection."""
        self._expect_nothing()
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            code, detail = _REFUSALS.get(status, _REFUSALS[400])
            answer = problem(status, code, detail, headers={"Connection": "close"})
            headers = [*self.server_state.default_headers, *answer.raw_headers]
            for event in (
                h11.Response(status_code=status, headers=headers, reason=b""),
                h11.Data(data=bytes(answer.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class _LingeringTransport:
    """A transport whose `close` first says the last word and reads on for a moment, where a request is still arriving:
    closed at once, it would reset the connection, and the answer would be lost on its way."""

    def __init__(self, transport: asyncio.Transport, connection: HttpConnection) -> None:
        self._transport = transport
        self._connection = connection
        self._lingering: asyncio.TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self._lingering is not None or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing():
            return
        if self._connection.conn.their_state in (h11.DONE, h11.CLOSED, h11.MUST_CLOSE) or not self._is_incomplete():
            self._transport.close()
            return
        self._lingering = self._connection.loop.call_later(LINGER_SECONDS, self._transport.abort)
        self._connection.flow.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def is_lost(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()

    def _is_incomplete(self) -> bool:
        return self._connection.conn.their_state is h11.ERROR or self._connection.is_receiving
