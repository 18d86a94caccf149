"""One table of deeds, done in every way there is: in words to the built-in model, by a model's tool calls, by commands,
over HTTP and by keys. Each way leaves the same list, and its undo leaves the list as it was."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import httpx2
import msgspec
import pytest
from textual.pilot import Pilot

from kirotodo.client.tui.app import KirotodoApp
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.builtin.model import BuiltinModel
from kirotodo.core.models.scripted import ScriptedModel, call
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from tests.client.commands.command_runner import MONDAY, CommandRunner
from tests.contract.harness import Clock, say
from tests.lists import list_at
from tests.server.serving import served, settings_in

LIST: Final = ("milk +shop #food", "rent friday !high", "gym every day")
EVERYTHING: Final = TaskFilter(status="all", sort="created-asc")
State = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Something that a person does to a task, said in each way; `keys` are pressed on task `on`."""

    said: str
    tool: tuple[str, Mapping[str, Any]]
    command: tuple[str, ...]
    request: tuple[str, str, Any]
    on: int
    keys: tuple[str, ...]


DEEDS: Final = {
    "complete": Deed(
        said="milk is done",
        tool=("complete_task", {"task_id": 1}),
        command=("done", "1"),
        request=("POST", "/tasks/complete", {"task_ids": [1]}),
        on=1,
        keys=("space",),
    ),
    "complete a routine": Deed(
        said="gym is done",
        tool=("complete_task", {"task_id": 3}),
        command=("done", "3"),
        request=("PATCH", "/tasks/3", {"completed": True}),
        on=3,
        keys=("space",),
    ),
    "skip": Deed(
        said="skip the gym",
        tool=("update_task", {"task_id": 3, "skip": "once"}),
        command=("skip", "3"),
        request=("POST", "/tasks/skip", {"task_ids": [3]}),
        on=3,
        keys=("s",),
    ),
    "move": Deed(
        said="move the rent to tomorrow",
        tool=("update_task", {"task_id": 2, "due": "tomorrow"}),
        command=("edit", "2", "--due", "tomorrow"),
        request=("PATCH", "/tasks/2", {"due": "tomorrow"}),
        on=2,
        keys=("t", "t"),
    ),
    "prioritize": Deed(
        said="make milk low priority",
        tool=("update_task", {"task_id": 1, "priority": "low"}),
        command=("edit", "1", "--priority", "low"),
        request=("PATCH", "/tasks/1", {"priority": "low"}),
        on=1,
        keys=("p",),
    ),
    "delete": Deed(
        said="delete the milk",
        tool=("delete_task", {"task_id": 1}),
        command=("delete", "1"),
        request=("DELETE", "/tasks/1", None),
        on=1,
        keys=("x",),
    ),
}


class Way(Protocol):
    """A way to change a list of its own."""

    async def do(self, deed: Deed) -> None: ...

    async def undo(self) -> None: ...

    async def state(self) -> State: ...


def _state(items: Any) -> State:
    """What a person sees of tasks, without the moments at which they were changed."""
    kept = ("id", "title", "due_date", "due_time", "priority", "project", "tags", "recurrence", "previous_id")
    return [
        {**{name: task[name] for name in kept}, "completed": task["completed_at"] is not None}
        for task in sorted(items, key=lambda task: task["id"])
    ]


async def _state_of(backend: Backend) -> State:
    page = await backend.tasks(EVERYTHING, limit=200)
    return _state(json.loads(msgspec.json.encode(page.items)))


@asynccontextmanager
async def _local(folder: Path, model: Any) -> AsyncIterator[LocalBackend]:
    settings = Settings(
        kirotodo_home=folder, database_url=list_at(folder / "list.db"), timezone="Europe/Vienna", agent_timeout=60.0
    )
    backend = await LocalBackend.open(settings, clock=Clock(), model=model)
    try:
        for text in LIST:
            await backend.add_from_text(text)
        yield backend
    finally:
        await backend.aclose()


@dataclass
class Talking:
    """The built-in model, told in words."""

    backend: Backend

    async def do(self, deed: Deed) -> None:
        await say(self.backend, deed.said)

    async def undo(self) -> None:
        await say(self.backend, "undo that", conversation_id=(await self.backend.conversations()).items[0].id)

    async def state(self) -> State:
        return await _state_of(self.backend)


@dataclass
class Calling:
    """A model that calls tools."""

    backend: Backend
    model: ScriptedModel

    async def do(self, deed: Deed) -> None:
        name, arguments = deed.tool
        self.model.extend([call(name, **arguments)], ["Done."])
        await say(self.backend, "do it")

    async def undo(self) -> None:
        self.model.extend([call("undo")], ["Done."])
        await say(self.backend, "undo that")

    async def state(self) -> State:
        return await _state_of(self.backend)


@dataclass
class Typing:
    """Commands, which bring an event loop of their own."""

    program: CommandRunner

    async def do(self, deed: Deed) -> None:
        await asyncio.to_thread(self.program.ok, *deed.command)

    async def undo(self) -> None:
        await asyncio.to_thread(self.program.ok, "undo")

    async def state(self) -> State:
        shown = await asyncio.to_thread(self.program.ok, "list", "--all", "--json")
        return _state(json.loads(shown)["items"])


@dataclass
class Requesting:
    """Requests over HTTP."""

    api: httpx2.AsyncClient

    async def do(self, deed: Deed) -> None:
        method, path, body = deed.request
        response = await self.api.request(method, path, json=body)
        assert response.is_success, response.text

    async def undo(self) -> None:
        assert (await self.api.post("/undo", json={})).is_success

    async def state(self) -> State:
        return _state((await self.api.get("/tasks", params={"status": "all", "limit": 200})).json()["items"])


@dataclass
class Pressing:
    """Keys in the chat's task pane."""

    backend: Backend
    app: KirotodoApp
    pilot: Pilot[None]

    async def do(self, deed: Deed) -> None:
        before = await self.state()
        pane = self.app.chat.query_one(TaskPane)
        pane.focus()
        for step in range(100):
            await self.pilot.pause()
            if pane.current is not None and pane.current.id == deed.on:
                break
            await self.pilot.press("home" if step % 10 == 9 else "down")
        assert pane.current is not None
        assert pane.current.id == deed.on
        await self.pilot.press(*deed.keys)
        await self._changed(before)

    async def undo(self) -> None:
        before = await self.state()
        await self.pilot.press("u")
        await self._changed(before)

    async def _changed(self, before: State) -> None:
        for _ in range(3_000):
            await self.pilot.pause(0.02)
            if await self.state() != before:
                await self.pilot.pause(0.3)
                return
        raise AssertionError("nothing was changed")

    async def state(self) -> State:
        return await _state_of(self.backend)


@asynccontextmanager
async def _way(name: str, folder: Path) -> AsyncIterator[Way]:
    if name == "commands":
        program = CommandRunner(folder / "home")
        list_at(program.settings.data_dir / "kirotodo.db")
        for text in LIST:
            await asyncio.to_thread(program.ok, "add", text)
        yield Typing(program)
    elif name == "http":
        app = create_app(settings_in(folder, database_url=list_at(folder / "list.db")), clock=Clock())
        async with served(app) as server, server.client() as api:
            api.headers["X-Timezone"] = "Europe/Vienna"
            for text in LIST:
                assert (await api.post("/tasks/from-text", json={"text": text})).is_success
            yield Requesting(api)
    elif name == "tools":
        model = ScriptedModel()
        async with _local(folder, model) as backend:
            yield Calling(backend, model)
    else:
        async with _local(folder, BuiltinModel()) as backend:
            if name == "chat":
                yield Talking(backend)
                return
            app_ = KirotodoApp(backend, clock=lambda: MONDAY)
            async with app_.run_test(size=(140, 40)) as pilot:
                for _ in range(3_000):
                    await pilot.pause(0.02)
                    if app_.chat.controller.loaded and app_.chat.query_one(TaskPane).current is not None:
                        break
                yield Pressing(backend, app_, pilot)


async def _results(name: str, folder: Path) -> dict[str, State]:
    """The list as it is at first and after each deed, each of which is undone."""
    async with _way(name, folder) as way:
        found = {"at first": await way.state()}
        for deed_name, deed in DEEDS.items():
            await way.do(deed)
            found[deed_name] = await way.state()
            assert found[deed_name] != found["at first"], f"{deed_name} changed nothing"
            await way.undo()
            assert await way.state() == found["at first"], f"undo after {deed_name}"
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chat", "tools", "commands", "keys"])
async def test_every_way_does_the_same_and_undoes_it(name: str, tmp_path: Path) -> None:
    expected = await _results("http", tmp_path / "http")
    assert await _results(name, tmp_path / name) == expected
