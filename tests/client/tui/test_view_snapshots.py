"""What every view and every sheet looks like at four sizes in both themes: its text, and a digest of its styles.

One program shows them all in turn. `pytest --snapshot-update` accepts a change; look at the pictures first
(`python -m benchmarks.pictures FOLDER --all`).
"""

import hashlib
from datetime import timedelta
from typing import Any, Final

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.app import App
from textual.widgets import Input, TextArea

from kirotodo.client.tui import themes
from kirotodo.core.domain.view import View as SavedView
from tests.client.tui.chat_host import Chat, backend_of, chatting
from tests.client.tui.list_host import NOW, SAMPLE, days, drawn, task

SIZES: Final = [(45, 14), (80, 24), (120, 40), (200, 60)]
LIST: Final = (
    *SAMPLE,
    task(16, "日本語のタイトル [/] 👩‍👩‍👧", tags=("home", "paper"), due_date=days(40), priority="low"),
    task(30, "walk the dog", completed_at=NOW - timedelta(hours=2)),
    task(31, "letter", tags=("paper",), completed_at=NOW - timedelta(days=2)),
)
SCENES: Final = (
    ("day", (), "Good"),
    ("all", ("ctrl+l", "0"), "Overdue"),
    ("today", ("1",), "walk the dog"),
    ("upcoming", ("2",), "upcoming"),
    ("week", ("3",), "week"),
    ("projects", ("4",), "projects"),
    ("tags", ("5",), "tags"),
    ("done", ("6",), "letter"),
    ("saved", ("7",), "+shopping"),
    ("views", ("v",), "7   errands"),
    ("agenda", ("3", "f"), "week"),
    ("full width", ("0",), "pay rent"),
    ("marks", ("home", "m", "m"), "2 marked"),
    ("bulk edit", ("e",), "change 2 tasks"),
    ("postpone", ("plus",), "postpone 2 tasks"),
    ("due", ("escape", "f", "d"), "due: "),
    ("details", ("enter",), "task 3"),
    ("title", ("e",), "title of"),
    ("new task", ("n",), "new task"),
    ("page", ("h",), "No change"),
    ("statistics", ("S",), "a row"),
    ("themes", ("T",), "dusk"),
)
"""For each scene its name, the keys that lead to it from the one before, and a text to wait for."""


def looks(app: App[Any]) -> str:
    """The text of the screen, and a digest of how it is painted."""
    strips = drawn(app)
    painted = [(len(segment.text), str(segment.style)) for strip in strips for segment in strip.simplify()]
    digest = hashlib.sha256(repr(painted).encode()).hexdigest()[:12]
    return "\n".join([*(strip.text.rstrip() for strip in strips), f"painted: {digest}"])


async def close(chat: Chat) -> None:
    """Close what lies over the chat."""
    if chat.app.screen is not chat.screen:
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.screen)


@pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_view(size: tuple[int, int], theme: str, snapshot: SnapshotAssertion) -> None:
    backend = backend_of(tasks=LIST)
    await backend.save_view(SavedView(name="errands", filter="+shopping", group="project"))
    async with chatting(backend, size=size, theme=theme) as chat:
        chat.app.animation_level = "none"
        await chat.wait_for("7 open")
        await chat.until(lambda: chat.screen.view.tasks.has_view("saved:errands"))
        for name, keys, text in SCENES:
            await close(chat)
            for key in keys:
                await chat.press(key)
            await chat.wait_for(text)
            for field in [*chat.app.screen.query(Input), *chat.app.screen.query(TextArea)]:
                field.cursor_blink = False
            await chat.pilot.pause(0.05)
            assert looks(chat.app) == snapshot(name=name)
