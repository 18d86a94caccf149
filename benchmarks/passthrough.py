"""A server that passes the two model streams of a turn through as bytes: what a turn over HTTP is compared with.

`python -m benchmarks.passthrough ADDRESS` prints its port and serves until its input ends.
"""

import socket
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from benchmarks.services import bodies


def app(address: str) -> Starlette:
    client = httpx2.AsyncClient(timeout=60, limits=httpx2.Limits(max_connections=None))
    headers: Final = {"content-type": "application/json"}

    async def stream(contents: list[str]) -> AsyncIterator[bytes]:
        for content in contents:
            async with client.stream(
                "POST", f"{address}/chat/completions", content=content, headers=headers
            ) as response:
                async for data in response.aiter_raw():
                    yield data

    async def turn(request: Request) -> StreamingResponse:
        await request.json()
        return StreamingResponse(stream(bodies()), media_type="text/event-stream")

    return Starlette(routes=[Route("/turn", turn, methods=["POST"])])


def main(address: str) -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(uvicorn.Config(app(address), log_config=None, access_log=False, lifespan="off"))
    threading.Thread(target=_until_told, args=(server,), daemon=True).start()
    print(listening.getsockname()[1], flush=True)
    server.run([listening])


def _until_told(server: Any) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main(sys.argv[1])
