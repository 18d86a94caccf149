"""A real browser: Chromium, driven over the WebDriver protocol, which is plain HTTP to its chromedriver."""

import base64
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2

from deploy.rehearsal.programs import free_port, wait_until

PATIENCE: Final = 30.0
FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--ignore-certificate-errors",
    "--window-size=1280,800",
)


def missing() -> str:
    """What a browser lacks on this machine, in a sentence; "" where nothing does."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"{' and '.join(absent)} missing: apt-get install chromium chromium-driver" if absent else ""


class Browser:
    """One window."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def _do(self, method: str, path: str, **body: Any) -> Any:
        answer = self._client.request(method, path, json=body if method == "POST" else None)
        value = answer.json()["value"]
        if answer.status_code >= 400:
            raise RuntimeError(f"{path}: {value['message']}")
        return value

    def open(self, url: str) -> None:
        self._do("POST", "/url", url=url)

    def script(self, text: str) -> Any:
        return self._do("POST", "/execute/sync", script=text, args=[])

    def click(self, selector: str) -> None:
        self.script(f"document.querySelector({selector!r}).click()")

    def type(self, text: str) -> None:
        """The keys, pressed one after the other, wherever the focus is; \ue007 is Enter, \ue004 is Tab."""
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._do("POST", "/actions", actions=[{"type": "key", "id": "keyboard", "actions": keys}])

    def screenshot(self, path: Path) -> bytes:
        picture = base64.b64decode(self._do("GET", "/screenshot"))
        path.write_bytes(picture)
        return picture

    def complaints(self) -> list[str]:
        """What stood in the console since the last look, warnings and worse."""
        found = self._do("POST", "/se/log", type="browser")
        return [each["message"] for each in found if each["level"] in {"WARNING", "SEVERE"}]

    def fetched(self) -> list[str]:
        """Every address that the page loaded anything from."""
        addresses: list[str] = self.script("return performance.getEntriesByType('resource').map(each => each.name)")
        return addresses

    def wait_for(self, condition: str, what: str) -> None:
        """Until the expression is true in the page."""
        wait_until(lambda: bool(self.script(f"return Boolean({condition})")), what)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A window with a profile of its own, both gone at the end."""
    with tempfile.TemporaryDirectory(prefix="kirotodo-browser-", ignore_cleanup_errors=True) as folder:
        port = free_port()
        driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"],
            env={"PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False) as client:
                wait_until(lambda: _answers(client), "chromedriver starts")
                session = _session(client, folder)
                client.base_url = f"http://127.0.0.1:{port}/session/{session}"
                try:
                    yield Browser(client)
                finally:
                    client.delete(f"http://127.0.0.1:{port}/session/{session}")
        finally:
            driver.terminate()
            driver.wait()


def _answers(client: httpx2.Client) -> bool:
    try:
        return bool(client.get("/status").json()["value"]["ready"])
    except httpx2.TransportError:
        return False


def _session(client: httpx2.Client, folder: str) -> str:
    options = {"args": [*FLAGS, f"--user-data-dir={folder}/profile"], "binary": shutil.which("chromium")}
    wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}, "acceptInsecureCerts": True}
    answer = client.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
    if "sessionId" not in answer:
        raise RuntimeError(answer["message"])
    return str(answer["sessionId"])
