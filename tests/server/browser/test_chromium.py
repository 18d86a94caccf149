"""The browser front end in a real browser."""

import asyncio
from pathlib import Path

import pytest

from deploy.rehearsal import browser as chromium
from deploy.rehearsal.programs import wait_until
from tests.server.browser.test_site import at
from tests.waiting import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(chromium.missing()), reason=chromium.missing()),
]
ECHO_ON_SCREEN = """
import json, sys
def send(payload):
    sys.stdout.buffer.write(b"D" + len(payload).to_bytes(4, "big") + payload)
    sys.stdout.buffer.flush()
print("__GANGLION__", flush=True)
send("\\x1b[2J\\x1b[1;1HWhat is there to do? \\x1b[44m grün \\x1b[0m".encode())
while head := sys.stdin.buffer.read(5):
    payload = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
    if head[:1] == b"D":
        open("typed", "ab").write(payload)
        send(payload)
    elif json.loads(payload)["type"] == "quit":
        break
"""


async def test_the_page_draws_takes_keys_and_fetches_from_its_own_site_alone(tmp_path: Path) -> None:
    typed = tmp_path / "typed"
    program = ECHO_ON_SCREEN.replace('"typed"', repr(str(typed)))
    async with at(program) as (site, client):
        address = str(client._base_url).rstrip("/")

        def look() -> None:
            with chromium.browser() as window:
                window.open(address)
                window.wait_for("document.body.classList.contains('-first-byte')", "the terminal draws")
                window.type("milk")
                wait_until(lambda: typed.exists() and typed.read_bytes() == b"milk", "keys arrive")
                assert window.script("return document.title") == "kirotodo"
                assert [each for each in window.fetched() if not each.startswith(f"{address}/")] == []
                assert [line for line in window.complaints() if "Content Security Policy" in line] == []
                assert window.script("return document.fonts.check(\"16px 'Roboto Mono'\")") is True
                assert len(window.screenshot(tmp_path / "page.png")) > 5_000  # a blank page has 4 kB

        await asyncio.to_thread(look)
        await until(lambda: site.visitors == 0)


async def test_it_says_why_the_session_ended() -> None:
    async with at(visitors=1) as (_, client):
        address = str(client._base_url)

        def look() -> str:
            with chromium.browser() as window:
                window.open(address)
                window.wait_for("document.body.classList.contains('-closed')", "the socket is closed")
                window.wait_for(
                    "document.querySelector('#why').textContent.startsWith('There are too many')", "it says why"
                )
                return str(window.script("return document.querySelector('.closed').innerText"))

        async with client.ws_connect("/ws/"):
            shown = await asyncio.to_thread(look)
    assert "too many visitors" in shown
    assert "Open it again" in shown
