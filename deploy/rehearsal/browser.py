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

    def before_each_page(self, script: str) -> None:
        """Run a script in every page before its own."""
        self._do("POST", "/goog/cdp/execute", cmd="Page.addScriptToEvaluateOnNewDocument", params={"source": script})

    def resize(self, width: int, height: int) -> None:
        """Make the window this large."""
        self._do("POST", "/window/rect", width=width, height=height)

    def press_at(self, x: float, y: float, *, touch: bool = False) -> None:
        """Press and let go at a point of the page, with the mouse or a finger."""
        kind = "touch" if touch else "mouse"
        actions = [
            {"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pause", "duration": 50},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": actions}
        self._do("POST", "/actions", actions=[pointer])

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
def browser(*, phone: tuple[int, int] | None = None) -> Iterator[Browser]:
    """A window with a profile of its own, both gone at the end; on a `phone` of this size it is touched."""
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
                session = _session(client, folder, phone)
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


def _session(client: httpx2.Client, folder: str, phone: tuple[int, int] | None) -> str:
    options: dict[str, Any] = {
        "args": [*FLAGS, f"--user-data-dir={folder}/profile"],
        "binary": shutil.which("chromium"),
    }
    if phone is not None:
        # The pixels of a phone's screen are the browser's own here: emulated ones are not those that a canvas is given.
        options["args"].append("--force-device-scale-factor=2")
        metrics = {"width": phone[0], "height": phone[1], "pixelRatio": 0, "touch": True, "mobile": True}
        options["mobileEmulation"] = {"deviceMetrics": metrics}
    wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}, "acceptInsecureCerts": True}
    answer = client.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
    if "sessionId" not in answer:
        raise RuntimeError(answer["message"])
    return str(answer["sessionId"])
