"""A model service in a thread: it says the first half of each answer, and the rest once it is let."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

PATIENCE: Final = 60.0


class SlowModel:
    """`gate` lets the second half of every answer go; `requested` is set once the first half of one went out."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.requested = threading.Event()
        self.url = ""


@contextmanager
def slow_model() -> Iterator[SlowModel]:
    model = SlowModel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                self._say("half ")
                model.requested.set()
                model.gate.wait(PATIENCE)
                self._say("an answer", finish="stop")
                self.wfile.write(b"data: [DONE]\n\n")
            except OSError:
                return

        def _say(self, text: str, finish: str | None = None) -> None:
            chunk: dict[str, Any] = {
                "object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
            }
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield model
    finally:
        model.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
