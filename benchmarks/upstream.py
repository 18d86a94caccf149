"""A fake model service in a process of its own: `python -m benchmarks.upstream [DELAY]` prints its port and serves.

It answers a question with one tool call and a tool's result with fifty words, each token an event of its own, DELAY
seconds apart. Bytes are made once; a raw socket writes them.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import DEVNULL, PIPE, Popen
from typing import Any, Final

WORDS: Final = 50
HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END: Final = b"0\r\n\r\n"


def _chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    payload = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1795000000,
        "model": "fake",
        "system_fingerprint": "fp_1",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        "usage": None,
        **more,
    }
    return _framed(b"data: " + json.dumps(payload, separators=(",", ":")).encode() + b"\n\n")


def _framed(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _call_part(**fields: Any) -> bytes:
    return _chunk({"tool_calls": [{"index": 0, **fields}]})


_USAGE: Final = {"prompt_tokens": 900, "completion_tokens": 50, "total_tokens": 950}
CALL: Final = (
    _call_part(id="call_1", type="function", function={"name": "add_task", "arguments": ""}),
    *(_call_part(function={"arguments": crumb}) for crumb in ('{"title', '":"buy', " milk", '","due":', '"tomorrow"}')),
    _chunk({}, "tool_calls"),
    _chunk({}, None, choices=[], usage=_USAGE),
    _framed(b"data: [DONE]\n\n"),
)
ANSWER: Final = (
    *(_chunk({"content": f" word{number}"}) for number in range(WORDS)),
    _chunk({}, "stop"),
    _chunk({}, None, choices=[], usage=_USAGE),
    _framed(b"data: [DONE]\n\n"),
)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            writer.write(HEAD)
            for piece in ANSWER if b'"role":"tool"' in body.replace(b" ", b"") else CALL:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(delay)
            writer.write(END)
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


async def _main(delay: float) -> None:
    server = await asyncio.start_server(
        lambda reader, writer: _serve(reader, writer, delay), "127.0.0.1", 0, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


@contextmanager
def upstream(delay: float) -> Iterator[str]:
    """The service's address, for as long as it is wanted."""
    command = [sys.executable, "-m", "benchmarks.upstream", str(delay)]
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        port = int(process.stdout.readline())
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.stdin.close()
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
