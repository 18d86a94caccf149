"""What stands outside the containers in a rehearsal: the receiver of the alerts, and a model service that misbehaves.

`python listener.py FOLDER PORT` adds each alert's name and state to FOLDER/alerts.jsonl, and answers as FOLDER/model
says: `fail`, `hang` or `slow`.
"""

import contextlib
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SLOW_SECONDS = 22


class Listener(BaseHTTPRequestHandler):
    """Takes what Alertmanager and the servers send."""

    folder: Path
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Record an alert, or play the model."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/alerts":
            with (self.folder / "alerts.jsonl").open("a") as file:
                for alert in body["alerts"]:
                    file.write(json.dumps({"name": alert["labels"]["alertname"], "status": alert["status"]}) + "\n")
            self._answer(200, b"{}")
            return
        with contextlib.suppress(ConnectionError):  # whoever asked has given up
            self._play((self.folder / "model").read_text().strip())

    def _play(self, what: str) -> None:
        if what == "fail":
            self._answer(500, b'{"error": {"message": "out of order"}}')
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self._say({"role": "assistant", "content": "Well"}, None)
        for _ in range(600 if what == "hang" else SLOW_SECONDS):
            time.sleep(1)
            self._say({"content": "."}, None)
        self._say({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def _say(self, delta: dict[str, str], reason: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    Listener.folder = Path(sys.argv[1])
    ThreadingHTTPServer(("0.0.0.0", int(sys.argv[2])), Listener).serve_forever()  # inside the daemon's network
