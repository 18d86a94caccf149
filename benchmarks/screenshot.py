"""`python -m benchmarks.screenshot FILE`: the picture in the README, drawn by the real program with a real list."""

import argparse
import asyncio
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.local_backend import scratch, settings
from benchmarks.screen import until
from kirotodo.client.tui.app import KirotodoApp
from kirotodo.client.tui.widgets.composer import Composer
from kirotodo.core.backend import TaskFields
from kirotodo.core.local import LocalBackend

SIZE: Final = (120, 36)
MORNING: Final = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
LIST: Final[tuple[TaskFields, ...]] = (
    {"title": "pay rent", "due": "last friday", "priority": "high", "project": "home"},
    {"title": "call the plumber", "due": "today at 5pm", "project": "home"},
    {"title": "water the plants", "due": "today", "recurrence": "every other monday"},
    {"title": "team meeting", "due": "friday at 9am", "recurrence": "every week", "project": "work"},
    {"title": "board meeting", "due": "2 december at 2pm", "project": "work"},
    {"title": "renew passport", "tags": ["travel"]},
    {"title": "read The 9/11 Report"},
)
TALK: Final = (
    "add milk, eggs and bread to shopping",
    "dentist next tuesday at half past three !high",
    "delete the meeting task",
    "the second one",
    "what's due this week?",
)
DRAFT: Final = "every other friday at 9 take out the"


class Clock:
    """Stands still, but for the minute that each message takes."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        return self.now


async def draw() -> str:
    """The screen as SVG."""
    clock = Clock()
    with scratch() as folder:
        backend = await LocalBackend.open(settings(folder), clock=clock)
        for fields in LIST:
            await backend.add_task(fields)
        app = KirotodoApp(backend, clock=clock, theme="kirotodo-dark", ansi=False)
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: app.chat.controller.loaded)
            for text in TALK:
                app.chat.controller.submit(text)
                await until(pilot, lambda: app.chat.controller.busy)
                await until(pilot, lambda: not app.chat.controller.busy)
                clock.now += timedelta(minutes=1)
            app.chat.query_one(Composer).put(DRAFT)
            await pilot.pause(0.5)
            return self_contained(app.export_screenshot(title="kirotodo"))


def self_contained(svg: str) -> str:
    """Without the fonts that it would fetch from the network: any monospace one does."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screenshot", description=__doc__)
    parser.add_argument("file", type=Path)
    os.environ |= {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }  # the picture is in full colour wherever it is made
    file: Path = parser.parse_args().file
    file.write_text(asyncio.run(draw()), encoding="utf-8")


if __name__ == "__main__":
    main()
