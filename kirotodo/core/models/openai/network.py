"""A network backend for the HTTP client that reads from asyncio's transports directly.

The one that comes with the HTTP library stops and starts the transport and opens a cancel scope for every read, which
costs more CPU for each token of a stream than everything else that is done with it.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Any, Final, cast

import httpcore2
import httpx2
from aiohappyeyeballs import start_connection
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

HIGH_WATER: Final = 256 * 1024
"""Bytes that wait to be read before the sender is held up."""
EYEBALLS_SECONDS: Final = 0.25
"""How long one address of a host is tried before the next is tried beside it (RFC 8305)."""


class StreamTransport(httpx2.AsyncHTTPTransport):
    """The HTTP library's own transport, over connections of ours."""

    def __init__(self, *, limits: httpx2.Limits) -> None:
        super().__init__(limits=limits)
        # It takes no backend, but its pool does; tests/test_private_members.py knows of it.
        self._pool._network_backend = AsyncioBackend()


class AsyncioBackend(AsyncNetworkBackend):
    """Opens connections in the running loop."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the library's name)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to a host, by whichever of its addresses answers first. Raise `ConnectError` or `ConnectTimeout`."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                # Not left to the loop: uvloop tries one address after another, so a dead IPv6 route would cost it all.
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                opened = await start_connection(found, happy_eyeballs_delay=EYEBALLS_SECONDS)
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for option in socket_options or ():
                    opened.setsockopt(*option)
                _, connection = await loop.create_connection(_Connection, sock=opened)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(str(error)) from error
        return AsyncioStream(connection)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class AsyncioStream(AsyncNetworkStream):
    """One connection, as the HTTP library reads and writes it."""

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Return what has arrived, at least a byte, or nothing at the end. Raise `ReadError` or `ReadTimeout`."""
        return await self._connection.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send bytes. Raise `WriteError` or `WriteTimeout`."""
        await self._connection.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection. Nothing is waited for: nobody closes one whose answer they still want."""
        self._connection.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> AsyncNetworkStream:
        """Encrypt the connection. Raise `ConnectError` or `ConnectTimeout`, and close it then."""
        try:
            async with asyncio.timeout(timeout):
                await self._connection.start_tls(ssl_context, server_hostname)
        except TimeoutError as error:
            self._connection.abort()
            raise httpcore2.ConnectTimeout(str(error)) from error
        except (OSError, ssl.SSLError) as error:
            self._connection.abort()
            raise httpcore2.ConnectError(str(error)) from error
        except BaseException:
            self._connection.abort()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """Return what the HTTP library wants to know of a connection."""
        return self._connection.extra(info)


class _Connection(asyncio.Protocol):
    """Keeps what arrives until it is read. One reader at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._paused = False
        self._reader: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = False

    # --- what the loop calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by name

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > HIGH_WATER and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True  # and the transport closes itself
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended = True
        self._error = error
        self._writable.set()
        self._lost = True
        self._wake()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # --- what the stream calls ---

    async def read(self, max_bytes: int, seconds: float | None) -> bytes:
        if not self._received and not self._ended:
            await self._arrival(seconds)
        if self._received:
            data = bytes(self._received[:max_bytes])
            del self._received[:max_bytes]
            if self._paused and len(self._received) <= HIGH_WATER // 2:
                self._paused = False
                self._transport.resume_reading()
            return data
        if self._error is not None:
            raise httpcore2.ReadError(str(self._error)) from self._error
        return b""

    async def _arrival(self, seconds: float | None) -> None:
        """Wait for bytes or the end. One timer serves all reads: it is moved on only when it fires."""
        reader = self._reader = self._loop.create_future()
        if seconds is not None:
            self._due = self._loop.time() + seconds
            if self._timer is None or self._timer.when() > self._due:
                self._arm()
        else:
            self._due = float("inf")
        try:
            await reader
        finally:
            self._reader = None

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _arm(self) -> None:
        self._disarm()
        self._timer = self._loop.call_at(self._due, self._fire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        if self._reader is None or self._reader.done() or self._due == float("inf"):
            return  # the next read with a limit starts a timer
        if self._loop.time() < self._due:
            self._arm()
        else:
            self._reader.set_exception(httpcore2.ReadTimeout("nothing arrived in time"))

    async def write(self, data: bytes, seconds: float | None) -> None:
        if self._lost or self._transport.is_closing():
            raise httpcore2.WriteError("the connection is closed")
        self._transport.write(data)
        if not self._writable.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._writable.wait()
            except TimeoutError as error:
                raise httpcore2.WriteTimeout(str(error)) from error
        if self._lost:
            raise httpcore2.WriteError("the connection was lost")

    async def start_tls(self, context: ssl.SSLContext, hostname: str | None) -> None:
        encrypted = await self._loop.start_tls(self._transport, self, context, server_hostname=hostname)
        assert encrypted is not None
        self._transport = encrypted

    def abort(self) -> None:
        self._disarm()
        self._transport.abort()

    def extra(self, info: str) -> Any:
        match info:
            case "is_readable":  # an idle connection that has anything to read was closed by the other side
                return bool(self._received) or self._ended
            case "client_addr":
                return self._transport.get_extra_info("sockname")
            case "server_addr":
                return self._transport.get_extra_info("peername")
            case _:
                return self._transport.get_extra_info(info)
