"""A real HTTP server on this machine that keeps what is posted to it."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """`posts` holds what came: the path, and the body as it was before it was packed."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, bytes]] = []
        self._came = threading.Condition()

        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                packed = self.headers.get("content-encoding") == "gzip"
                receiver.take(self.path, gzip.decompress(body) if packed else body)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def take(self, path: str, body: bytes) -> None:
        with self._came:
            self.posts.append((path, body))
            self._came.notify_all()

    def wait(self, count: int = 1) -> list[tuple[str, bytes]]:
        """Everything posted, once there are `count` posts."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.posts) >= count, timeout=60), "nothing was posted"
            return list(self.posts)

    @contextmanager
    def serving(self) -> Iterator["Receiver"]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
