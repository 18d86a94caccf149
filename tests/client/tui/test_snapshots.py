"""What the screen looks like: scenes at three sizes in both themes. Look at the report before accepting a change."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from textual.pilot import Pilot

from kirotodo.client.testing.script import Beat, Hold, call, done, fail, say
from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.client.tui import themes
from kirotodo.client.tui.app import KirotodoApp
from kirotodo.core.domain.conversation import Usage
from tests.client.tui.chat_host import Chat, adding, backend_of, deleting
from tests.client.tui.list_host import NOW, SAMPLE, task

SIZES = [(80, 24), (120, 40), (60, 16)]
Scene = Callable[[Chat], Awaitable[None]]

NOT_YOUR_DAY = "日本語のとても長いタイトル 👩‍👩‍👧 [bold red]x [/] \x1b]0;evil\x07 pay rent"


def shopping() -> list[Beat]:
    beats: list[Beat] = []
    for id, title in enumerate(("milk", "eggs", "bread"), 20):
        result = {"status": "created", "task_id": id, "title": title}
        item = task(id, title, project="shopping")
        beats += call("add_task", {"title": title, "project": "shopping"}, result, id=f"1.{id}", tasks=[item])
    return [*beats, say("Added 3 tasks to **shopping**.", step=2), done(title="Groceries and bills")]


def asking() -> list[Beat]:
    searched = call("list_tasks", {"search": "meeting"}, {"tasks": [], "total": 2}, id="1.1", undoable=False)
    answer = "Two match, which one?\n\n1. team meeting\n2. board meeting\n\n| a | b |\n|---|---|\n| `x` | y |\n"
    return [*searched, say(answer, step=2), done(usage=Usage(input_tokens=1200, output_tokens=80))]


async def talk(chat: Chat) -> None:
    await chat.say("add milk, eggs and bread to shopping")
    await chat.idle()
    await chat.say("delete the meeting task")
    await chat.idle()
    await chat.write("a draft\nof two lines")


async def first_run(chat: Chat) -> None:
    await chat.wait_for("›")


async def approval(chat: Chat) -> None:
    await chat.say("delete them")
    await chat.wait_for("y yes")


async def popup(chat: Chat) -> None:
    await chat.write("/re")
    await chat.wait_for("/rename")


async def troubles(chat: Chat) -> None:
    await chat.say(NOT_YOUR_DAY)
    await chat.idle()
    await chat.say("and this?")
    await chat.wait_for("half an answer")
    await chat.say("typed ahead")
    await chat.say(f"and {NOT_YOUR_DAY}")
    await chat.wait_for("2. and")


async def unfolded(chat: Chat) -> None:
    await chat.say("add oat milk")
    await chat.idle()
    await chat.press("shift+tab" if not chat.screen.has_class("-wide") else "tab")
    await chat.press("enter")
    await chat.wait_for("oat milk")


SCENES: dict[str, tuple[Scene, Sequence[Sequence[Beat]]]] = {
    "talk": (talk, [shopping(), asking()]),
    "first_run": (first_run, []),
    "approval": (approval, [deleting(*SAMPLE[:3])]),
    "popup": (popup, []),
    "troubles": (troubles, [[say("hm "), fail(f"No answer: {NOT_YOUR_DAY}")], [say("half an answer"), Hold()]]),
    "unfolded": (unfolded, [adding()]),
}


@pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
def test_screen(scene: str, size: tuple[int, int], theme: str, snap_compare: Any) -> None:
    play, turns = SCENES[scene]
    backend: list[ScriptedBackend] = []

    async def opened() -> ScriptedBackend:
        backend.append(backend_of(*turns))
        return backend[0]

    app = KirotodoApp(opened, clock=lambda: NOW, theme=theme)
    app.animation_level = "none"

    async def run_before(pilot: Pilot[None]) -> None:
        chat = Chat(app, pilot)
        await chat.until(lambda: app.chat.controller.loaded)
        await chat.wait_for("6 open")
        await play(chat)
        await pilot.pause()
        backend[0].finish()

    assert snap_compare(app, terminal_size=size, run_before=run_before)
