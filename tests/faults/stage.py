"""What a fault is tried on: servers that can be killed, people who chat with them, and the count of what went wrong.

The model adds what it is told to add and deletes what it is told to drop; it sees nothing but its prompt, and says so
where a call in that has no result.
"""

import asyncio
import logging
import os
import signal
import socket
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import httpx2
import uvicorn

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.remote.backend import RemoteBackend
from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Sent, Turn
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import Conflict, KirotodoError, StorageError
from kirotodo.core.events import ApprovalRequested
from kirotodo.core.models.model import (
    AssistantStep,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolOutcome,
    UserText,
)
from kirotodo.server.app import create_app
from tests.client.remote.raw_server import QUICK
from tests.server.serving import settings_in, token_for

ORPHAN: Final = "ORPHAN"
PATIENCE: Final = 90.0
"""Seconds after which an exchange is stuck."""
_FORKS: Final = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


@dataclass
class Tally:
    """What was tried and what became of it."""

    faults: int = 0
    turns: int = 0
    failed: int = 0
    """Turns that ended with a sentence for the user; nothing else may come of a fault."""
    refused: int = 0
    """Messages that were not taken, and said to be so."""
    lost: int = 0
    doubled: int = 0
    orphaned: int = 0
    stuck: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not (self.lost or self.doubled or self.orphaned or self.stuck)

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


class Doer:
    """A model that does what its last message says, slowly enough to be interrupted."""

    name = "doer"

    def __init__(self, pause: float = 0.01) -> None:
        self._pause = pause

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        said = max(place for place, item in enumerate(request.history) if isinstance(item, UserText))
        message, *rest = request.history[said:]
        assert isinstance(message, UserText)
        verb, _, what = message.text.partition(" ")
        await asyncio.sleep(self._pause)
        yield TextDelta(text=f"{ORPHAN} " if orphans(request) else "So ")
        await asyncio.sleep(self._pause)
        if any(isinstance(item, ToolOutcome) for item in rest):
            yield TextDelta(text="it is done.")
        elif verb == "drop":
            for number in what.split():
                yield ToolCall(tool="delete_task", arguments={"task_id": int(number)})
        else:
            yield ToolCall(tool="add_task", arguments={"title": what})
        await asyncio.sleep(self._pause)

    async def aclose(self) -> None:
        """Nothing is held."""


def orphans(request: ModelRequest) -> bool:
    """Whether a call in the prompt has no result behind it."""
    owed: list[str] = []
    for item in request.history:
        match item:
            case AssistantStep(calls=calls):
                if owed:
                    return True
                owed = [call.call_id for call in calls]
            case ToolOutcome(call_id=call_id):
                owed.remove(call_id)
            case _ if owed:
                return True
    return bool(owed)


# --- servers ---


def _serve(ear: socket.socket, folder: str, url: str) -> None:
    os.environ["KIROTODO_HOME"] = folder
    logging.disable()
    app = create_app(settings_in(Path(folder), database_url=url, agent_timeout=30.0), model=Doer())
    config = uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[ear])


class Servers:
    """Servers on one database behind one address; who asks while none runs waits for the next."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.running: list[BaseProcess] = []
        self._ear = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.base_url = f"http://127.0.0.1:{self._ear.getsockname()[1]}"

    def start(self) -> None:
        process = _FORKS.Process(target=_serve, args=(self._ear, str(self.folder), self.url), daemon=True)
        process.start()
        self.running.append(process)

    async def ready(self) -> None:
        """Wait until one of them answers."""
        async with httpx2.AsyncClient(base_url=self.base_url, timeout=PATIENCE) as client:
            (await client.get("/health")).raise_for_status()

    def kill(self, which: int = 0) -> None:
        process = self.running.pop(which)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()

    def close(self) -> None:
        while self.running:
            self.kill()
        self._ear.close()


@asynccontextmanager
async def person(base_url: str, folder: Path, user_id: str) -> AsyncIterator[RemoteBackend]:
    """Somebody before a screen, for whom sending and following go on until the server is there again."""
    credentials = Credentials(folder, environment={"KIROTODO_CREDENTIALS": "memory"})
    tokens = StoredTokens.of_token(token_for(user_id))
    backend = RemoteBackend(
        Address.of(base_url), tokens, credentials, timezone="UTC", insist=True, backoff=QUICK, stall=20.0
    )
    try:
        yield backend
    finally:
        await backend.aclose()


# --- people ---


class Person:
    """Adds a task with each message, drops two with every fifth, and remembers what was said."""

    def __init__(self, backend: Backend, name: str, tally: Tally) -> None:
        self.name = name
        self.added: list[str] = []
        self.dropped: list[int] = []
        self._backend = backend
        self._tally = tally
        self._conversation: int | None = None
        self._said: list[str] = []

    async def chat(self, stop: asyncio.Event) -> None:
        """Talk until `stop`, and once more after it: the conversation has to take it."""
        while True:
            last = stop.is_set()
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._exchange()
            except (TimeoutError, KirotodoError) as error:
                self._tally.stuck += 1
                self._tally.note(f"{self.name}: {type(error).__name__} {error}")
                return
            if last:
                return

    async def _exchange(self) -> None:
        number = len(self._said)
        ids = await self._to_drop() if number % 5 == 4 else []
        text = f"drop {' '.join(map(str, ids))}" if ids else f"add {self.name} {number}"
        self._said.append(text)
        sent = await self._sent(text)
        self._conversation = sent.conversation_id
        async for event in self._backend.watch(sent.turn_id):
            if isinstance(event, ApprovalRequested):
                await self._agree(sent.turn_id, event.approval.call_id)
        turn = await self._backend.turn(sent.turn_id)
        self._tally.turns += 1
        self._tally.orphaned += ORPHAN in turn.response
        if turn.status != "finished":
            self._tally.failed += 1
            self._tally.note(f"{self.name}: {turn.error}")
        elif ids:
            self.dropped += ids
        else:
            self.added.append(text.removeprefix("add "))

    async def _sent(self, text: str) -> Sent:
        """Send until it is taken: what a database that takes no writes refuses is kept, with its key."""
        key = uuid.uuid4().hex
        while True:
            try:
                return await self._backend.send(text, conversation_id=self._conversation, request_key=key)
            except StorageError:
                self._tally.refused += 1
                await asyncio.sleep(0.2)

    async def _to_drop(self) -> list[int]:
        return [task.id for task in (await self._backend.tasks(limit=2)).items]

    async def _agree(self, turn_id: str, call_id: str) -> None:
        """Say yes until it is known to have arrived."""
        while self._is_open(await self._backend.turn(turn_id), call_id):
            try:
                await self._backend.answer(turn_id, call_id, "yes")
            except Conflict:
                return
            except KirotodoError:
                await asyncio.sleep(0.1)

    @staticmethod
    def _is_open(turn: Turn, call_id: str) -> bool:
        return turn.approval is not None and turn.approval.call_id == call_id

    async def look_over(self) -> None:
        """Count what is not as it was said to be."""
        tasks: list[Task] = []
        cursor: str | None = None
        while True:
            page = await self._backend.tasks(limit=200, cursor=cursor)
            tasks += page.items
            cursor = page.next
            if cursor is None:
                break
        titles = Counter(task.title for task in tasks)
        gone = len(self.dropped)
        self._tally.doubled += sum(count - 1 for count in titles.values())
        missing = [title for title in self.added if title not in titles]
        self._tally.lost += max(0, len(missing) - gone)
        self._tally.lost += sum(task.id in self.dropped for task in tasks)
        if self._conversation is not None:
            await self._look_over_messages(self._conversation)

    async def _look_over_messages(self, conversation: int) -> None:
        said: list[str] = []
        before: int | None = None
        while True:
            page = await self._backend.transcript(conversation, before=before, limit=200)
            said = [message.content for message in page.messages if message.role == "user"] + said
            before = page.before
            if before is None:
                break
        self._tally.lost += len([text for text in self._said if text not in said])
        self._tally.doubled += len(said) - len(set(said))


async def people_chat(
    base_url: str, folder: Path, tally: Tally, faults: AsyncGenerator[None, None], count: int
) -> None:
    """Let `count` people chat while `faults` go on, then look whether all is well."""
    stop = asyncio.Event()

    async def one(number: int) -> None:
        async with person(base_url, folder, f"{number + 1}") as backend:
            somebody = Person(backend, f"p{number}", tally)
            await somebody.chat(stop)
            await somebody.look_over()

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(one(number))
        async with aclosing(faults):
            async for _ in faults:
                tally.faults += 1
        stop.set()
