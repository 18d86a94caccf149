"""A TCP proxy that drops every connection once so many bytes have come down from the server, and then behaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class CuttingProxy:
    """`cut_after` bytes all open connections are dropped, once; None never cuts. `passed` counts the bytes so far.

    While it is `away` every connection is dropped. With `swallow` so many requests reach the server and their answers
    nobody.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.url = ""
        self.passed = 0
        self.cuts = 0
        self.cut_after: int | None = None
        self.away = False
        self.swallow = 0
        self._open: set[asyncio.StreamWriter] = set()

    def go_away(self) -> None:
        self.away = True
        self.cut()

    def arm(self, cut_after: int | None) -> None:
        self.passed, self.cut_after = 0, cut_after

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.away:
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        mine = {writer, up_writer}
        self._open |= mine
        try:
            await asyncio.gather(self._up(reader, up_writer), self._down(up_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass  # cancelled: the test is over
        finally:
            self._open -= mine
            for one in mine:
                one.transport.abort()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self.swallow:
                self.swallow -= 1
                self.cut()
                return
            left = None if self.cut_after is None else self.cut_after - self.passed
            if left is not None and len(data) > left:
                writer.write(data[:left])
                await writer.drain()
                self.cut_after, self.passed = None, self.passed + left
                self.cut()
                return
            self.passed += len(data)
            writer.write(data)
            await writer.drain()
        writer.close()

    def cut(self) -> None:
        self.cuts += 1
        for writer in tuple(self._open):
            writer.transport.close()  # what was written still arrives


@asynccontextmanager
async def cutting_proxy(port: int) -> AsyncIterator[CuttingProxy]:
    proxy = CuttingProxy(port)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        listener.close()
        proxy.cut()
