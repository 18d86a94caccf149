"""What is measured in: a LocalBackend on SQLite in a folder that is thrown away, and long histories for it."""

import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from datetime import time as day_time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.moment import NOW, clock
from kirotodo.core.agent.owner import this_process
from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import PRIORITIES, TaskDraft
from kirotodo.core.local import LOCAL_USER, LocalBackend
from kirotodo.core.models.model import Model
from kirotodo.core.settings import Settings
from kirotodo.core.store.database import Database

AT_ONCE: Final = 2_000
QUESTION: Final = "What is due this week?"
ANSWER: Final = "Three are due this week: **call the dentist** (Tue 24 Nov), pay rent (Fri 27 Nov), water the plants."


def settings(folder: Path) -> Settings:
    return Settings(
        kirotodo_home=folder,
        database_url=f"sqlite+aiosqlite:///{folder / 'kirotodo.db'}",
        timezone="Europe/Vienna",
        agent_timeout=120.0,
    )


@asynccontextmanager
async def local_backend(
    folder: Path, *, model: Model | None = None, clock: Callable[[], datetime] = clock
) -> AsyncIterator[LocalBackend]:
    """The core in this process on the database in `folder`; the built-in model answers unless another is given."""
    backend = await LocalBackend.open(settings(folder), clock=clock, model=model)
    try:
        yield backend
    finally:
        await backend.aclose()


@contextmanager
def scratch() -> Iterator[Path]:
    with TemporaryDirectory(prefix="kirotodo-bench-") as folder:
        yield Path(folder)


async def say(backend: Backend, text: str, conversation_id: int | None = None) -> int:
    """See one turn through; its conversation."""
    sent = await backend.send(text, conversation_id=conversation_id)
    async for _ in backend.watch(sent.turn_id):
        pass
    return sent.conversation_id


async def long_conversation(folder: Path, messages: int) -> int:
    """A conversation of so many messages, half of them answers; its number."""
    database = await Database.open(settings(folder).database_url, clock=clock)
    try:
        async with database.begin(LOCAL_USER) as store:
            conversation = await store.conversations.create(f"{messages:,} messages")
            for _ in range(messages // 2):
                turn_id = uuid.uuid4().hex
                message = await store.conversations.add_message(
                    conversation.id, role="user", content=QUESTION, turn_id=turn_id
                )
                await store.turns.create(
                    turn_id=turn_id,
                    conversation_id=conversation.id,
                    message_seq=message.seq,
                    owner=this_process(),
                    lease=timedelta(minutes=1),
                )
                await store.turns.add_step(turn_id, 1, ANSWER)
                await store.turns.finish(turn_id, status="finished", response=ANSWER, model="built-in")
                await store.conversations.add_message(
                    conversation.id, role="assistant", content=ANSWER, turn_id=turn_id
                )
    finally:
        await database.aclose()
    return conversation.id


THINGS: Final = ("call the dentist about the appointment", "water the plants", "pay **rent** for the flat in Graz")


async def fill(folder: Path, *, tasks: int, messages: int) -> int:
    """Add so many tasks, most of them with dates, projects or tags, and a conversation of so many messages; return its
    number."""
    async with local_backend(folder) as backend:
        for start in range(0, tasks, AT_ONCE):
            await backend.import_tasks([_draft(number) for number in range(start, min(start + AT_ONCE, tasks))])
    return await long_conversation(folder, messages)


def _draft(number: int) -> TaskDraft:
    due = None if number % 3 == 0 else NOW.date() + timedelta(days=number % 400 - 20)
    return TaskDraft(
        title=f"{THINGS[number % len(THINGS)]} {number}",
        due_date=due,
        due_time=day_time(9 + number % 9) if due is not None and number % 5 == 0 else None,
        project=f"project {number % 40}" if number % 2 else None,
        tags=(f"tag{number % 25}",) if number % 4 == 0 else (),
        priority=PRIORITIES[number % 4],
    )


async def cpu(work: Callable[[], Awaitable[object]]) -> float:
    """CPU seconds of this process, all its threads, that `work` takes."""
    before = time.process_time()
    await work()
    return time.process_time() - before
