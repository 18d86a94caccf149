"""What the door of a server and the list of places look like, at three sizes. Nothing here speaks to a server."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.selection import ServerSelection
from kirotodo.client.tui import themes
from kirotodo.client.tui.app import KirotodoApp
from tests.client.tui.chat_host import Chat
from tests.client.tui.list_host import NOW
from tests.client.tui.server_picker_host import Home
from tests.client.tui.test_snapshots import SIZES

SERVER = "https://todo.example.com"
HOSTILE = "https://xn--bcher-kva.example/%5B/%5D-%5Bbold%5D"


async def sign_in(chat: Chat) -> None:
    await chat.wait_for("password")
    # The chat behind it is drawn a little later, and is in the picture.
    await chat.until(lambda: all(sign in chat.app.export_screenshot() for sign in ("open", "›", "commands")))


async def make_one(chat: Chat) -> None:
    await sign_in(chat)
    await chat.write("ada@example.com")
    await chat.press("shift+tab", "space")
    await chat.wait_for("again")
    await chat.press("tab", "tab")
    await chat.write("correct horse")
    await chat.press("tab")
    await chat.write("[red]battery[/]")
    await chat.press("enter")
    await chat.wait_for("don't match")


async def places(chat: Chat) -> None:
    await chat.wait_for("6 open", "2 for today")
    await chat.press("f3")
    await chat.wait_for("another server")
    await chat.press("down")


SCENES: dict[str, tuple[Callable[[Chat], Awaitable[None]], ServerSelection]] = {
    "sign_in": (sign_in, ServerSelection(server=SERVER)),
    "make_one": (make_one, ServerSelection(server=SERVER)),
    "places": (places, ServerSelection(local=True)),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
def test_screen(scene: str, size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    play, selection = SCENES[scene]
    home = Home(tmp_path)
    for url, email in ((HOSTILE, "eve[/]@example.com"), (SERVER, "ada@example.com")):
        home.accounts.servers.signed_in(Address(url), user_id="7", email=email if scene == "places" else "")
    home.accounts.servers.signed_out(Address(HOSTILE))
    held = home.places(selection)
    app = KirotodoApp(held.open, switcher=held, clock=lambda: NOW, theme=themes.DARK)
    app.animation_level = "none"

    async def run_before(pilot: Pilot[None]) -> None:
        chat = Chat(app, pilot)
        await play(chat)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=run_before)
