"""The terminal client in a real browser, at a desk and on a phone: sign in, a view, a tick, a reminder, sizes."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from deploy.rehearsal import browser as chromium
from deploy.rehearsal.programs import wait_until
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from kirotodo.server.browser.site import Site
from kirotodo.server.browser.site import served as site_served
from tests.server.serving import NO_TLS, served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(chromium.missing()), reason=chromium.missing()),
]
EMAIL: Final = "ann@example.com"
PASSWORD: Final = "correct horse battery staple"
PATIENCE: Final = 60.0
PHONE: Final = (390, 780)
TOUCH: Final = 44
"""Points that a finger needs, by the guidelines of Apple and of WCAG 2.1 AAA."""
LISTEN: Final = """
window.drawn = ""; window.sizes = [];
const Real = window.WebSocket;
window.WebSocket = class extends Real {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", (event) => {
      if (typeof event.data !== "string") window.drawn += new TextDecoder().decode(event.data);
    });
  }
  send(data) {
    const [kind, what] = JSON.parse(data);
    if (kind === "resize") window.sizes.push(what);
    super.send(data);
  }
};
"""
"""Keeps what the program draws and the sizes it is given: the terminal in the page draws on a canvas."""


class Page:
    """The page with the terminal client in it."""

    def __init__(self, window: chromium.Browser, address: str) -> None:
        self.window = window
        window.before_each_page(LISTEN)
        window.open(address)

    def drawn(self) -> str:
        """What was drawn since `forget`, without its styles."""
        text: str = self.window.script("return window.drawn")
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07", "", text)

    def forget(self) -> None:
        self.window.script("window.drawn = ''")

    def wait_for(self, *texts: str) -> None:
        wait_until(lambda: all(text in self.drawn() for text in texts), f"{texts} are drawn", PATIENCE)

    def size(self) -> dict[str, int]:
        size: dict[str, int] = self.window.script("return window.sizes.at(-1)")
        return size

    def sign_in(self) -> None:
        self.wait_for("email", "password")
        self.window.type(EMAIL)
        self.wait_for(EMAIL)
        self.window.type("\ue004")  # tab
        self.forget()
        self.window.type(PASSWORD)
        wait_until(lambda: self.drawn().count("•") >= 1, "the password is typed", PATIENCE)
        self.window.type("\ue007")  # enter
        self.wait_for("open")

    def place(self, column: int, line: int) -> tuple[float, float]:
        """The middle of a cell of the terminal, counted from 0."""
        box = self.window.script("const b = document.querySelector('.xterm-screen').getBoundingClientRect();"
                                 "return [b.left, b.top, b.width, b.height]")  # fmt: skip
        size = self.size()
        return box[0] + (column + 0.5) * box[2] / size["width"], box[1] + (line + 0.5) * box[3] / size["height"]

    def where(self, text: str) -> tuple[int, int]:
        """The column and the line that the program last drew a text at, as its cursor movements say."""
        raw: str = self.window.script("return window.drawn")
        at = raw.rfind(text)
        moves = list(re.finditer(r"\x1b\[(\d+);(\d+)H", raw[:at]))
        assert at >= 0, f"{text} is not drawn"
        assert moves, raw[:200]
        between = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", raw[moves[-1].end() : at])
        lines = between.split("\n")
        return (int(moves[-1][2]) - 1 if len(lines) == 1 else 0) + len(lines[-1]), int(moves[-1][1]) + len(lines) - 2


@asynccontextmanager
async def a_server_with_a_page(settings: Settings) -> AsyncIterator[tuple[str, httpx2.AsyncClient]]:
    """The address of the page, and a client of the API that is signed in as the one who visits it."""
    command = (sys.executable, "-m", "kirotodo", "chat")
    async with served(create_app(settings)) as api:
        environment = {"KIROTODO_SERVER": api.base_url, "KIROTODO_CREDENTIALS": "memory"}
        async with (
            site_served(Site(command, environment=environment), "127.0.0.1", 0) as address,
            httpx2.AsyncClient(verify=NO_TLS, base_url=api.base_url, timeout=PATIENCE) as client,
        ):
            account = {"email": EMAIL, "password": PASSWORD}
            made = (await client.post("/api/auth/signup", json=account)).json()
            client.headers["Authorization"] = f"Bearer {made['access_token']}"
            client.base_url = f"{api.base_url}/api/{made['user']['id']}"
            yield str(address), client


async def completed(client: httpx2.AsyncClient, title: str) -> bool:
    found = (await client.get("/tasks", params={"status": "completed"})).json()["items"]
    return title in [task["title"] for task in found]


def asked(loop: asyncio.AbstractEventLoop, question: Callable[[], Any]) -> Any:
    """The answer of the test's own loop to a question of the thread with the browser."""
    return asyncio.run_coroutine_threadsafe(question(), loop).result(PATIENCE)


async def test_at_a_desk_one_signs_in_looks_at_a_view_ticks_is_reminded_and_resizes(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    async with a_server_with_a_page(settings) as (address, client):
        for title in ("feed the cat", "call Ann"):
            (await client.post("/tasks", json={"title": title, "due": "today"})).raise_for_status()

        async def remind() -> None:
            soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
            (await client.post("/tasks", json={"title": "stretch", "remind_at": soon})).raise_for_status()

        def use() -> None:
            with chromium.browser() as window:
                page = Page(window, address)
                page.sign_in()
                page.wait_for("feed the cat")
                page.forget()
                window.press_at(*page.place(page.size()["width"] - 30, 2))  # a name in the bar of views
                page.wait_for("done")
                page.forget()
                window.type(" ")
                wait_until(lambda: asked(loop, lambda: completed(client, "feed the cat")), "it is ticked", PATIENCE)
                asked(loop, remind)
                page.wait_for("stretch", "snooze")
                page.forget()
                window.resize(800, 600)
                wait_until(lambda: page.size()["width"] < 100, "the terminal is narrow", PATIENCE)
                page.wait_for("local" if "local" in page.drawn() else "open")
                assert [line for line in window.complaints() if "Content Security Policy" in line] == []

        await asyncio.to_thread(use)


async def test_on_a_phone_the_chat_fits_and_a_finger_finds_the_keys(settings: Settings, tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with a_server_with_a_page(settings) as (address, client):
        (await client.post("/tasks", json={"title": "feed the cat", "due": "today"})).raise_for_status()

        def use() -> None:
            with chromium.browser(phone=PHONE) as window:
                page = Page(window, address)
                page.sign_in()
                assert page.size()["width"] >= 40
                boxes = json.loads(window.script(
                    "return JSON.stringify([...document.querySelectorAll('nav button')]"
                    ".map(each => each.getBoundingClientRect()))"
                ))  # fmt: skip
                assert len(boxes) == 6
                assert all(box["width"] >= TOUCH and box["height"] >= TOUCH for box in boxes)
                assert max(box["bottom"] for box in boxes) <= PHONE[1]
                bottom = window.script("return document.querySelector('.xterm-screen').getBoundingClientRect().bottom")
                assert bottom <= min(box["top"] for box in boxes), "the keys hide what one writes"
                page.forget()
                tasks = boxes[2]
                window.press_at(tasks["x"] + tasks["width"] / 2, tasks["y"] + tasks["height"] / 2, touch=True)
                page.wait_for("feed the cat")
                column, line = page.where("○")
                window.press_at(*page.place(column, line), touch=True)
                wait_until(lambda: asked(loop, lambda: completed(client, "feed the cat")), "it is ticked", PATIENCE)
                window.screenshot(tmp_path / "phone.png")

        await asyncio.to_thread(use)
