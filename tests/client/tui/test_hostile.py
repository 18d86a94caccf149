"""No screen lets a hostile server script the terminal, and none crashes on what it sends."""

import io
from pathlib import Path
from typing import TextIO, cast

import pytest
from rich.console import Console
from textual.filter import LineFilter
from textual.widget import Widget
from textual.widgets import Static

import kirotodo.client.tui
from kirotodo.client.tui.app import KirotodoApp
from kirotodo.client.tui.plain import SafeStream
from kirotodo.core.text.sanitize import UNSAFE
from tests.client.hostile import NOW, POISONS, SCRIPTS, hostile
from tests.client.tui.list_host import until

SIZE = (100, 40)


class Unguarded(KirotodoApp):
    """The app without its last guard: every widget has to have cleaned what it shows."""

    CSS_PATH = str(Path(kirotodo.client.tui.__path__[0]) / "kirotodo.tcss")

    def get_line_filters(self) -> list[LineFilter]:
        return []


def rendered(app: KirotodoApp) -> str:
    """Every character that the lines of the screen would write to the terminal."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def assert_safe(app: KirotodoApp) -> None:
    shown = rendered(app)
    found = UNSAFE.search(shown)
    assert found is None, f"{found[0]!r} in {shown[max(0, found.start() - 60) : found.end() + 60]!r}"
    assert app.return_code in (None, 0)
    for widget in app.screen.walk_children(Widget):
        assert UNSAFE.search(str(widget.border_title or "") + str(widget.border_subtitle or "")) is None
    assert UNSAFE.search(app.title + app.sub_title) is None


async def look_around(app: KirotodoApp, keys: tuple[str, ...]) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: app.chat.controller.loaded)
        assert_safe(app)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
            assert_safe(app)


SCREENS: dict[str, tuple[str, ...]] = {
    "the chat": ("ctrl+t", "tab", "j", "enter"),
    "a message and its turn": ("h", "i", "enter", "tab", "k", "enter", "k", "enter"),
    "an approval": ("h", "enter", "e", "escape", "y"),
    "the tasks": ("tab", "tab", "e", "escape", "d", "escape", "enter", "escape", "p", "space", "x", "u"),
    "conversations": ("ctrl+o", "down", "ctrl+r", "escape", "escape"),
    "the palette": ("ctrl+p", "m", "a", "escape"),
    "slash commands": ("/", "m", "o", "d", "e", "l", "enter", "#", "1"),
    "help": ("f1", "escape"),
}


@pytest.mark.parametrize("keys", SCREENS.values(), ids=SCREENS)
@pytest.mark.parametrize("name", ["scripts", "markup", "a flood"])
async def test_no_screen_is_scripted_by_a_server(name: str, keys: tuple[str, ...]) -> None:
    await look_around(Unguarded(hostile(POISONS[name]), clock=lambda: NOW), keys)


async def test_the_last_guard_cleans_what_a_widget_did_not() -> None:
    app = KirotodoApp(hostile("x"), clock=lambda: NOW)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.chat.controller.loaded)
        await app.screen.mount(Static(f"raw{SCRIPTS}", markup=False))
        await pilot.pause()
        assert "raw" in rendered(app)
        assert_safe(app)


def test_a_crash_is_reported_safely() -> None:
    written = io.StringIO()
    Console(file=cast(TextIO, SafeStream(written))).print(f"locals: {SCRIPTS}", style="bold red")
    assert "locals:" in written.getvalue()
    assert UNSAFE.search(written.getvalue()) is None
