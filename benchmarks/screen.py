"""The terminal client without a terminal: how long the event loop is held up, and what a long conversation costs.

A stall is the CPU time that the event loop's thread spends between two beats of a heart that beats every few
milliseconds: for so long a key press would wait. It is not wall time, since a busy machine is not the program's doing.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from textual import events
from textual.pilot import Pilot

from benchmarks.figure import Figure, middle, percentile
from benchmarks.local_backend import THINGS, fill, local_backend, long_conversation, scratch
from benchmarks.moment import clock, settled
from kirotodo.client.tui.app import KirotodoApp
from kirotodo.client.tui.widgets.composer import Composer
from kirotodo.client.tui.widgets.transcript import Transcript
from kirotodo.core.models.model import ModelEvent, ModelRequest, TextDelta

SIZE: Final = (120, 40)
BEAT: Final = 0.004
ITEMS: Final = 150
TOKENS_A_SECOND: Final = 200
FOCUS: Final = (events.AppBlur, events.AppFocus)


class SteadyModel:
    """A model that answers with one text, a few letters at a time, at a steady pace."""

    name = "steady"

    def __init__(self, text: str) -> None:
        self.tokens = [text[start : start + 4] for start in range(0, len(text), 4)]

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        begun = time.monotonic()
        for number, token in enumerate(self.tokens):
            await asyncio.sleep(max(0.0, begun + number / TOKENS_A_SECOND - time.monotonic()))
            yield TextDelta(text=token)

    async def aclose(self) -> None:
        """Nothing is held."""


class Heartbeat:
    """Beats on the event loop; `stalls` are the CPU seconds of its thread between beats."""

    def __init__(self) -> None:
        self.stalls: list[float] = []

    async def beat(self) -> None:
        before = time.thread_time()
        while True:
            await asyncio.sleep(BEAT)
            now = time.thread_time()
            self.stalls.append(now - before)
            before = now


@asynccontextmanager
async def beating() -> AsyncIterator[Heartbeat]:
    heart = Heartbeat()
    task = asyncio.create_task(heart.beat())
    try:
        yield heart
    finally:
        task.cancel()


def streamed_list() -> Iterator[Figure]:
    text = "Here is all of it:\n\n" + "\n".join(
        f"{number}. {THINGS[number % len(THINGS)]}, Fri 27 Nov" for number in range(1, ITEMS + 1)
    )
    heart, ideal, taken = asyncio.run(_streamed(text))
    detail = f"{taken:.1f} s for an ideal of {ideal:.1f} s, {len(heart.stalls):,} beats"
    stalls = [stall * 1000 for stall in heart.stalls]
    what = f"{ITEMS}-item list at {TOKENS_A_SECOND} tokens/s, event-loop stall"
    yield Figure(what=f"{what}, p99", value=percentile(stalls, 99), unit="ms", limit=60, detail=detail)
    yield Figure(what="  the worst", value=max(stalls), unit="ms", limit=200)


async def _streamed(text: str) -> tuple[Heartbeat, float, float]:
    model = SteadyModel(text)
    with scratch() as folder:
        async with local_backend(folder, model=model) as backend:
            app = KirotodoApp(backend, clock=clock)
            async with app.run_test(size=SIZE) as pilot:
                await until(pilot, lambda: app.chat.controller.loaded)
                await pilot.pause()
                settled()
                app.chat.query_one(Composer).put("show me everything")
                async with beating() as heart:
                    begun = time.monotonic()
                    await pilot.press("enter")
                    await until(pilot, lambda: app.chat.controller.live is not None)
                    await until(pilot, lambda: app.chat.controller.live is None)
                    taken = time.monotonic() - begun
                    await pilot.pause()
    return heart, len(model.tokens) / TOKENS_A_SECOND, taken


def long_conversation_opened() -> Iterator[Figure]:
    opened, focus, typed = asyncio.run(_opened(5_000))
    yield Figure(what="a conversation of 5,000 messages: open, CPU", value=opened * 1000, unit="ms", limit=1000)
    yield Figure(what="  focus of the window lost or back, CPU", value=focus * 1000, unit="ms", limit=100, digits=1)
    yield Figure(what="  one letter typed, CPU", value=typed * 1000, unit="ms", digits=1)


async def _opened(messages: int) -> tuple[float, float, float]:
    with scratch() as folder:
        long = await long_conversation(folder, messages)
        short = await long_conversation(folder, 2)
        async with local_backend(folder) as backend:
            app = KirotodoApp(backend, clock=clock, conversation_id=short)
            async with app.run_test(size=SIZE) as pilot:
                await until(pilot, lambda: app.chat.controller.loaded)
                await pilot.pause()
                settled()
                visits = [await _visit(app, pilot, long, short) for _ in range(5)]
                await _go(app, pilot, long)
                focus = [await _handled(app, event()) for event in FOCUS * 6]
                typed = [await _key(app, "a") for _ in range(9)]
    return middle(visits), middle(focus), middle(typed)


def long_list_used() -> Iterator[Figure]:
    """A list of 10,000 tasks beside a conversation of 5,000 messages, and the same keys with a list of 10."""
    long, short = asyncio.run(_used(10_000, 5_000)), asyncio.run(_used(10, 2))
    yield Figure(what="10,000 tasks, 5,000 messages: all shown, CPU", value=long.opened * 1000, unit="ms")
    yield Figure(what="  event-loop stall while they load, the worst", value=long.stall * 1000, unit="ms", limit=200)
    yield Figure(what="  CPU while idle, of a second", value=long.idle * 1000, unit="ms", limit=10, digits=1)
    yield Figure(what="  that over a list of 10", value=long.idle / max(short.idle, 0.0001), unit="×", digits=1)
    for what, cost in long.keys.items():
        detail, limit = f"{cost / short.keys[what]:.1f} × a list of 10", 200 if "the view" in what else 100
        yield Figure(what=f"  {what}, CPU", value=cost * 1000, unit="ms", limit=limit, digits=1, detail=detail)


KEYS: Final = {
    "down in the list": ("j", "k"),
    "a page down in the list": ("pagedown", "pageup"),
    "to the end of the list": ("G", "g"),
    "complete a task, or reopen it": ("space",),
    "mark a task": ("m",),
    "priority of a task": ("p",),
    "another group": ("b",),
    "another order": ("o",),
}
"""Pressed in the list, one after the other."""
VIEWS: Final = {"today": "1", "upcoming": "2", "week": "3", "projects": "4", "tags": "5", "all": "0"}
IDLE_SECONDS: Final = 10
PAUSE: Final = 0.2
QUIET: Final = 0.002
"""CPU seconds in a pause that are none of the program's doing."""


@dataclass(frozen=True, slots=True)
class Use:
    """CPU seconds: to show all, between two beats at worst meanwhile, in a second of doing nothing, and for keys."""

    opened: float
    stall: float
    idle: float
    keys: dict[str, float]


async def _used(tasks: int, messages: int) -> Use:
    with scratch() as folder:
        conversation = await fill(folder, tasks=tasks, messages=messages)
        async with local_backend(folder) as backend:
            app = KirotodoApp(backend, clock=clock, conversation_id=conversation)
            async with app.run_test(size=SIZE) as pilot:
                settled()
                async with beating() as heart:
                    opened = await spent(lambda: until(pilot, lambda: len(app.chat.view.tasks.tasks) >= tasks))
                    await until(pilot, lambda: app.chat.controller.loaded)
                    await pilot.pause()
                keys = {"a letter in the composer": middle([await _key(app, "a") for _ in range(9)])}
                app.chat.action_focus_tasks()
                await pilot.pause()
                for what, pressed in KEYS.items():
                    keys[what] = middle([await _key(app, pressed[n % len(pressed)]) for n in range(8)])
                for view, key in VIEWS.items():
                    keys[f"the view {view}"] = await _key(app, key)
                await pilot.press("slash")
                keys["a letter in the filter"] = middle([await _key(app, letter) for letter in "rentin"])
                await pilot.press("escape", "escape")
                await pilot.pause()
                idle = await spent(lambda: asyncio.sleep(IDLE_SECONDS)) / IDLE_SECONDS
    return Use(opened=opened, stall=max(heart.stalls), idle=idle, keys=keys)


async def _key(app: KirotodoApp, key: str) -> float:
    return await _handled(app, events.Key(key, key if len(key) == 1 else None))


async def _handled(app: KirotodoApp, event: events.Event) -> float:
    """CPU seconds for an event, until nothing is to be done any more. A pilot would ask every widget whether it is
    idle, which costs more than many a key."""
    before = time.process_time()
    app.post_message(event)
    spent_so_far = -1.0
    while (now := time.process_time()) - spent_so_far > QUIET:
        spent_so_far = now
        await asyncio.sleep(PAUSE)
    return now - before


async def _visit(app: KirotodoApp, pilot: Pilot[None], long: int, short: int) -> float:
    taken = await spent(lambda: _go(app, pilot, long))
    await _go(app, pilot, short)
    return taken


async def _go(app: KirotodoApp, pilot: Pilot[None], conversation_id: int) -> None:
    from kirotodo.client.tui.messages import OpenConversation

    app.chat.post_message(OpenConversation(conversation_id))
    await until(pilot, lambda: app.chat.controller.loaded and app.chat.controller.conversation_id == conversation_id)
    await until(pilot, lambda: bool(app.chat.query_one(Transcript).children))
    await pilot.pause()


async def spent(work: Callable[[], Awaitable[object]]) -> float:
    """CPU seconds of this process that `work` takes, drawing included."""
    before = time.process_time()
    await work()
    return time.process_time() - before


async def until(pilot: Pilot[None], holds: Callable[[], bool], *, patience: float = 60.0) -> None:
    """Wait until `holds`."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit("what was waited for on the screen did not come")
        await pilot.pause(0.01)
