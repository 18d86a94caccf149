"""The whole app over a scripted backend, and what a test does with it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widget import Widget

from kirotodo.client.testing.script import Ask, Beat, ScriptedTurn, call, say
from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.client.tui import themes
from kirotodo.client.tui.app import BackendSource, KirotodoApp
from kirotodo.client.tui.messages import OpenConversation
from kirotodo.client.tui.screens.chat import ChatScreen
from kirotodo.client.tui.turn_controller import TurnController
from kirotodo.client.tui.widgets.approval_bar import ApprovalBar
from kirotodo.client.tui.widgets.composer import Composer
from kirotodo.client.tui.widgets.queue import MessageQueue
from kirotodo.client.tui.widgets.transcript import Transcript
from kirotodo.core.domain.conversation import Approval
from kirotodo.core.domain.task import Task
from tests.client.tui.list_host import NOW, SAMPLE, screen_text, until

Size = tuple[int, int]


@dataclass
class Chat:
    """A running app and its pilot."""

    app: KirotodoApp
    pilot: Pilot[None]

    @property
    def screen(self) -> ChatScreen:
        return self.app.chat

    @property
    def controller(self) -> TurnController:
        return self.screen.controller

    @property
    def composer(self) -> Composer:
        return self.screen.view.composer

    @property
    def transcript(self) -> Transcript:
        return self.screen.view.transcript

    @property
    def approval(self) -> ApprovalBar:
        return self.screen.view.approval

    @property
    def queue(self) -> MessageQueue:
        return self.screen.view.queue

    @property
    def draft(self) -> str:
        return self.composer.text

    @property
    def text(self) -> str:
        return screen_text(self.app)

    @property
    def focused(self) -> Widget | None:
        return self.app.focused

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        """Type a text, key by key."""
        await self.pilot.press(*("ctrl+j" if letter == "\n" else letter for letter in text))

    async def say(self, text: str) -> None:
        self.composer.put(text)
        await self.pilot.press("enter")

    async def until(self, true: Callable[[], object]) -> None:
        try:
            await until(self.pilot, true)
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen shows:\n{self.text}") from None

    async def wait_for(self, *texts: str) -> None:
        """Wait until all of these are on screen."""
        await self.until(lambda: all(text in self.text for text in texts))

    async def idle(self) -> None:
        """Wait until no turn is under way and every message is handled."""
        await self.until(lambda: self.controller.loaded and not self.controller.busy)
        await self.pilot.pause()

    async def open(self, conversation_id: int) -> None:
        """Switch to a conversation and wait for it."""
        self.screen.post_message(OpenConversation(conversation_id))
        await self.until(lambda: self.controller.conversation_id == conversation_id and self.controller.loaded)
        await self.pilot.pause()

    def toasts(self) -> list[str]:
        return [notification.message for notification in self.app._notifications]


def backend_of(*turns: ScriptedTurn | Sequence[Beat], tasks: Sequence[Task] = SAMPLE) -> ScriptedBackend:
    """A backend with these turns to come, each for any message."""
    script = [turn if isinstance(turn, ScriptedTurn) else ScriptedTurn(beats=turn) for turn in turns]
    return ScriptedBackend(clock=lambda: NOW, tasks=tasks, turns=script)


@asynccontextmanager
async def chatting(
    source: BackendSource,
    *,
    size: Size = (80, 24),
    state_path: Path | None = None,
    ready: bool = True,
    theme: str = themes.DARK,
    **options: Any,
) -> AsyncIterator[Chat]:
    """The app over this backend; a scripted one must have been asked for every turn by the end."""
    app = KirotodoApp(source, state_path=state_path, clock=lambda: NOW, theme=theme, **options)
    async with app.run_test(size=size) as pilot:
        chat = Chat(app, pilot)
        if ready:
            await chat.until(lambda: app.chat.controller.loaded)
            await pilot.pause()
        yield chat
    if isinstance(source, ScriptedBackend):
        source.finish()


MILK = Task(id=20, title="oat milk", created_at=NOW, updated_at=NOW)


def adding(task: Task = MILK) -> list[Beat]:
    """A turn that adds a task and says so."""
    result = {"status": "created", "task_id": task.id, "title": task.title}
    return [*call("add_task", {"title": task.title}, result, tasks=[task]), say(f"Added {task.title}.", step=2)]


def deleting(*tasks: Task, call_id: str = "1.1") -> list[Beat]:
    """A turn that asks before it deletes these."""
    ids = [task.id for task in tasks]
    arguments = {"task_ids": ids}
    approval = Approval(
        call_id=call_id,
        tool="delete_task",
        arguments=arguments,
        question=f"Delete {len(ids)} tasks?",
        tasks=tuple(tasks),
    )
    result = {"status": "deleted", "task_ids": ids}
    gone = call("delete_task", arguments, result, id=call_id, removed=ids)
    return [Ask(approval, yes=[*gone, say("They are gone.")], no=[say("Left as they are.")])]
