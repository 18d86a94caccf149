"""`python -m benchmarks.pictures FOLDER`: the pictures of the documentation, drawn by the program with a real list.

`--all` draws every scene at four sizes in both themes instead, to look at.
"""

import argparse
import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from textual.pilot import Pilot

from benchmarks.local_backend import scratch, settings
from benchmarks.screen import until
from kirotodo.client.tui import themes
from kirotodo.client.tui.app import KirotodoApp
from kirotodo.client.tui.widgets.composer import Composer
from kirotodo.core.backend import TaskFields
from kirotodo.core.local import LocalBackend

SIZES: Final = ((45, 14), (80, 24), (120, 40), (200, 60))
THEMES: Final = (themes.DARK, themes.LIGHT)
MORNING: Final = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
LIST: Final[tuple[TaskFields, ...]] = (
    {"title": "pay rent", "due": "last friday", "priority": "high", "project": "home"},
    {"title": "call the plumber", "due": "today at 5pm", "project": "home"},
    {"title": "water the plants", "due": "today", "recurrence": "every other monday", "project": "home"},
    {"title": "send the invoice to Jane", "due": "today at 10:30", "project": "work", "priority": "medium"},
    {"title": "team meeting", "due": "friday at 9am", "recurrence": "every week", "project": "work"},
    {"title": "board meeting", "due": "2 december at 2pm", "project": "work"},
    {"title": "renew passport", "tags": ["travel"]},
    {"title": "book the train to Graz", "due": "thursday", "tags": ["travel"], "project": "trip"},
    {"title": "read The 9/11 Report", "tags": ["books"]},
)
NOTES: Final = """\
Platform 7, the quiet car. Prices are on <https://example.com/trains>.

- **outbound** Thursday 08:12
- back Sunday, after lunch

```
graz  08:12 -> 10:48
```
"""
STEPS: Final = ("compare the prices", "ask Ann for her card")
DONE: Final = (3, 0, 2, 4, 1, 0, 0, 2, 5, 3, 1, 2, 0, 1, 4, 2, 6, 3, 0, 1, 2, 3, 1, 4, 2, 1, 3, 2)
"""Tasks done on each of the days before, the oldest first."""
CHORES: Final = ("water the plants", "answer Jane", "stretch", "take out the glass", "clear the inbox", "call Ann")
TALK: Final = (
    "add milk, eggs and bread to shopping",
    "call the dentist tomorrow at half past three !high",
    "delete the meeting task",
    "the second one",
    "what's due this week?",
)
DRAFT: Final = "every other friday at 9 take out the"


class Clock:
    """Stands still, but for what is set."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        return self.now


class Stage(NamedTuple):
    """The program with its list."""

    app: KirotodoApp
    pilot: Pilot[None]
    clock: Clock

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause(0.3)

    async def say(self, *texts: str) -> None:
        controller = self.app.chat.controller
        for text in texts:
            controller.submit(text)
            await until(self.pilot, lambda: controller.busy)
            await until(self.pilot, lambda: not controller.busy)
            self.clock.now += timedelta(minutes=1)
        await self.pilot.pause(0.3)


async def filled(backend: LocalBackend, clock: Clock) -> None:
    """Fill a list as somebody would have it who has used it for four weeks."""
    for days, count in zip(range(len(DONE), 0, -1), DONE, strict=True):
        for number in range(count):
            clock.now = MORNING - timedelta(days=days, hours=-(3 * number) % 11)
            project = ("home", "work", "shopping")[(days + number) % 3]
            task = await backend.add_task({"title": CHORES[(days + number) % len(CHORES)], "project": project})
            await backend.complete_tasks([task.id])
    clock.now = MORNING - timedelta(days=2)
    for fields in LIST:
        clock.now = MORNING - timedelta(days=2) if fields.get("due") == "last friday" else MORNING
        task = await backend.add_task(fields)
        if fields.get("project") == "trip":
            await backend.update_tasks([task.id], {"notes": NOTES})
            for title in STEPS:
                await backend.add_task({"title": title, "parent_id": task.id})
    done = await backend.add_task({"title": "feed the cat", "due": "today", "project": "home"})
    await backend.complete_tasks([done.id])


async def _talk(stage: Stage) -> None:
    await stage.say(*TALK)
    stage.app.chat.query_one(Composer).put(DRAFT)


async def _approval(stage: Stage) -> None:
    await stage.say("add milk, eggs, bread and butter to shopping")
    stage.app.chat.controller.submit("delete everything in shopping")
    await until(stage.pilot, lambda: stage.app.chat.view.approval.asking)


def _keys(*keys: str) -> Callable[[Stage], Awaitable[None]]:
    async def play(stage: Stage) -> None:
        await stage.press(*keys)

    return play


Scene = Callable[[Stage], Awaitable[None]]
SCENES: Final[Mapping[str, Scene]] = {
    "day": _keys(),
    "talk": _talk,
    "approval": _approval,
    "today": _keys("ctrl+l", "1"),
    "upcoming": _keys("ctrl+l", "2"),
    "week": _keys("ctrl+l", "3"),
    "agenda": _keys("ctrl+l", "3", "f"),
    "projects": _keys("ctrl+l", "4", "f"),
    "tags": _keys("ctrl+l", "5"),
    "done": _keys("ctrl+l", "6"),
    "marks": _keys("ctrl+l", "0", "f", "m", "m"),
    "due": _keys("ctrl+l", "1", "d"),
    "details": _keys("ctrl+l", "1", "enter"),
    "new": _keys("ctrl+l", "1", "n"),
    "bulk": _keys("ctrl+l", "1", "m", "m", "e"),
    "statistics": _keys("ctrl+l", "S"),
    "help": _keys("f1"),
    "palette": _keys("ctrl+p"),
    "conversations": _keys("ctrl+o"),
    "commands": _keys("slash", "t"),
}
PICTURES: Final[Mapping[str, tuple[str, tuple[int, int], str]]] = {
    "chat": ("talk", (120, 36), themes.DARK),
    "day": ("day", (100, 26), themes.LIGHT),
    "today": ("today", (120, 26), themes.DARK),
    "projects": ("projects", (100, 26), "kirotodo-dusk"),
    "statistics": ("statistics", (120, 40), themes.DARK),
    "due": ("due", (100, 26), "kirotodo-paper"),
}
"""For each picture its scene, its size and its theme."""


@asynccontextmanager
async def staged(size: tuple[int, int], theme: str) -> AsyncIterator[Stage]:
    """The program with a list of its own."""
    clock = Clock()
    with scratch() as folder:
        backend = await LocalBackend.open(settings(folder), clock=clock)
        await filled(backend, clock)
        clock.now = MORNING
        app = KirotodoApp(backend, clock=clock, theme=theme, ansi=False)
        app.animation_level = "none"
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.chat.controller.loaded)
            await pilot.pause(0.3)
            yield Stage(app, pilot, clock)


async def picture(scene: str, size: tuple[int, int], theme: str) -> str:
    """Return a scene as SVG."""
    async with staged(size, theme) as stage:
        await SCENES[scene](stage)
        await stage.pilot.pause(0.5)
        return self_contained(stage.app.export_screenshot(title="kirotodo"))


def self_contained(svg: str) -> str:
    """Without the fonts that it would fetch from the network: any monospace one does."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL) + "\n"


async def draw(folder: Path) -> None:
    """Draw the pictures of the documentation."""
    for name, (scene, size, theme) in PICTURES.items():
        (folder / f"{name}.svg").write_text(await picture(scene, size, theme), encoding="utf-8")


async def draw_all(folder: Path, scenes: Iterable[str], sizes: Sequence[tuple[int, int]] = SIZES) -> None:
    """Draw every scene at every size in both themes."""
    for scene in scenes:
        for size in sizes:
            for theme in THEMES:
                name = f"{scene}-{size[0]}x{size[1]}-{theme.rpartition('-')[2]}.svg"
                (folder / name).write_text(await picture(scene, size, theme), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", nargs="*", choices=tuple(SCENES), help="every scene, or these")
    # The pictures are in full colour wherever they are made.
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(
        draw(arguments.folder) if arguments.all is None else draw_all(arguments.folder, arguments.all or SCENES)
    )


if __name__ == "__main__":
    main()
