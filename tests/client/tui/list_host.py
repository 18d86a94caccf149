"""A small app to mount one widget of the list side in, tasks to show in it, and texts that mean harm."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final

from textual._context import visible_screen_stack
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

from kirotodo.client.tui import themes
from kirotodo.core.domain.task import Task

STYLES: Final = Path(themes.__file__).with_name("kirotodo.tcss")
NOW: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""A Tuesday noon."""
TODAY: Final = date(2026, 11, 24)

HOSTILE: Final = (
    "pay [/] rent",
    "[bold red]x",
    "[@click=app.quit]press[/]",
    "a\x1b]0;evil\x07b",
    "\x1b[31mred\x1b[0m",
    "evil\u202egnp.exe",
    "👩‍👩‍👧‍👦 family 🏳️‍🌈 flag",
    "好" * 200,
    "two\nlines\r\nand\ttabs",
    "שלום עולם",
    "$error {braces} \\ `ticks`",
    "",
    "   ",
)


def task(id: int, title: str | None = None, **fields: Any) -> Task:
    return Task(id=id, title=f"task {id}" if title is None else title, created_at=NOW, updated_at=NOW, **fields)


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


SAMPLE: Final = (
    task(12, "pay rent", due_date=days(-4), priority="high"),
    task(3, "call the plumber", due_date=TODAY, due_time=time(17)),
    task(4, "water the plants", due_date=TODAY, due_time=time(9), recurrence="FREQ=DAILY"),
    task(9, "team meeting", due_date=days(3), due_time=time(9), project="work"),
    task(14, "milk", project="shopping"),
    task(15, "eggs", project="shopping"),
)


class Host(App[None]):
    """Mounts one widget and keeps the messages it posts."""

    CSS_PATH = STYLES

    def __init__(self, *widgets: Widget, theme: str = themes.DARK) -> None:
        super().__init__()
        for known in themes.THEMES:
            self.register_theme(known)
        self.theme = theme
        self.widgets = widgets
        self.posted: list[Message] = []

    def compose(self) -> ComposeResult:
        yield from self.widgets

    def posted_of(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.posted if isinstance(message, kind)]


@asynccontextmanager
async def running(app: Host, *kinds: type[Message], size: tuple[int, int] = (40, 20)) -> AsyncIterator[Pilot[None]]:
    """The app under a pilot, the messages of these kinds kept in `app.posted`."""

    def keep(message: Message) -> None:
        if isinstance(message, kinds) and not any(message is one for one in app.posted):
            app.posted.append(message)

    async with app.run_test(size=size, message_hook=keep) as pilot:
        await pilot.pause()
        yield pilot


async def until(pilot: Pilot[Any], true: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait until the predicate holds and every widget has handled what it got until then, or fail.

    Looks ever more seldom: a pause of the pilot has every widget handle a message, which is much work for nothing.
    """
    deadline, pause = monotonic() + seconds, 0.01
    while not true():
        if monotonic() > deadline:
            raise AssertionError("what was waited for did not come")
        await asyncio.sleep(pause)
        pause = min(1.3 * pause, 0.1)
        if true():
            await pilot.pause(0)


def drawn(app: App[Any]) -> list[Strip]:
    """The lines of the screen. Where a dialog has not been drawn yet, its lines are made here and kept: they need to
    know the screens beneath, as they do when the app draws them."""
    visible_screen_stack.set(app._background_screens)
    return app.screen._compositor.render_strips()


def screen_text(app: App[Any]) -> str:
    """What is on the screen, line by line."""
    return "\n".join(strip.text.rstrip() for strip in drawn(app))
