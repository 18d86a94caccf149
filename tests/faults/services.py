"""What a fault is tried on: real `kirotodo` programs that can be killed, people who chat with them, and the tally of
what went wrong.

The model service adds what it is asked to add and deletes what it is asked to drop. It knows nothing but its prompt,
and reports a call that has no result.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx2

# imported here for the processes that are forked: they are up in a moment
import kirotodo.cli
import kirotodo.client.commands.ask
import kirotodo.core.models.openai.model
import kirotodo.server.commands.serve
import kirotodo.server.run
from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.remote.backend import RemoteBackend
from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Sent, Turn
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import Conflict, KirotodoError, StorageError, Unreachable
from kirotodo.core.events import ApprovalRequested
from tests.client.remote.raw_server import QUICK
from tests.core.models.model_server import Answer, ModelServer, Piece, data, delta
from tests.server.serving import NO_TLS, SECRET, token_for

T = TypeVar("T")

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
    """Turns that ended with an error for the user; nothing else may come of a fault."""
    refused: int = 0
    """Messages that were refused with an error."""
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

    def compare(self, titles: Counter[str], *, present: set[str], absent: set[str], excused: set[str]) -> None:
        """Count every task that is not there exactly as often as it has to be.

        `present` are to be there once and `absent` not at all. `excused` may be there or not, since their turn failed
        with an error, but not twice.
        """
        for title in present - titles.keys():
            self.lost += 1
            self.note(f"lost: {title}")
        for title, times in titles.items():
            expected = 1 if title in present | excused else 0
            if times > expected:
                self.doubled += times - expected
                self.note(f"{'deleted but there' if title in absent else 'too often'}: {title} ({times})")


# --- the model service ---


class ModelService(ModelServer):
    """Speaks Chat Completions and does what the last message says, slowly enough to be interrupted."""

    def __init__(self, pause: float = 0.01) -> None:
        super().__init__()
        self.requested = asyncio.Event()
        """Set whenever a request has arrived."""
        self._pause = pause

    def answer_to(self, body: dict[str, Any]) -> Answer:
        self.requested.set()
        messages = body["messages"]
        last = max(place for place, message in enumerate(messages) if message["role"] == "user")
        request, *rest = messages[last:]
        verb, _, what = request["content"].split("\n\n")[-2].partition(" ")  # facts come last, unanswered texts before
        chunks = [delta(content=f"{ORPHAN} " if has_orphan(messages) else "So ")]
        if any(message["role"] == "tool" for message in rest):
            chunks += [delta(content="it is done."), delta("stop")]
        elif verb == "drop":
            calls = [_call(place, "delete_task", {"task_id": int(each)}) for place, each in enumerate(what.split())]
            chunks += [delta(tool_calls=[call]) for call in calls] + [delta("tool_calls")]
        else:
            chunks += [delta(tool_calls=[_call(0, "add_task", {"title": what})]), delta("tool_calls")]
        return Answer(pieces=list(self._slowly(data(*chunks))))

    def _slowly(self, pieces: list[Piece]) -> Iterator[Piece]:
        for number, piece in enumerate(pieces, 1):
            gate = asyncio.Event()
            asyncio.get_running_loop().call_later(number * self._pause, gate.set)
            yield gate
            yield piece


def _call(place: int, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": tool, "arguments": json.dumps(arguments)}
    return {"index": place, "id": f"c{place}", "type": "function", "function": function}


def has_orphan(messages: list[dict[str, Any]]) -> bool:
    """Whether a call in the prompt has no result behind it."""
    open_calls: list[str] = []
    for message in messages:
        match message["role"]:
            case "tool":
                open_calls.remove(message["tool_call_id"])
            case _ if open_calls:
                return True
            case "assistant":
                open_calls = [call["id"] for call in message.get("tool_calls") or ()]
            case _:
                pass
    return bool(open_calls)


# --- programs ---


def environment(folder: Path, *, database_url: str, model_url: str) -> dict[str, str]:
    """What a program sees of the machine."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "KIROTODO_HOME": str(folder),
        "DATABASE_URL": database_url,
        "TIMEZONE": "UTC",
        "BETTER_AUTH_SECRET": SECRET,
        "RATE_LIMIT": "100000",
        "RATE_LIMIT_BURST": "100000",
        "STREAMS_PER_USER": "100000",
        "AGENT_TIMEOUT": "30",
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": model_url,
        "OPENAI_MODEL": "doer",
        "FALLBACK_TO_BUILTIN": "false",
        "LOG_LEVEL": "ERROR",
    }


def _end_with(run: int) -> None:
    """Kill this process once the run is gone, however that ended: its parent is the fork server, which outlives it."""
    while Path(f"/proc/{run}").exists():
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def _run(arguments: tuple[str, ...], variables: Mapping[str, str], output: str, run: int) -> None:
    threading.Thread(target=_end_with, args=(run,), daemon=True).start()
    os.environ.clear()
    os.environ.update(variables)
    out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(out, stream)
    sys.argv = ["kirotodo", *arguments]
    kirotodo.cli.main()


def program(*arguments: str, variables: Mapping[str, str], output: Path | None = None) -> BaseProcess:
    """Start `kirotodo` with these arguments, forked from a process that has imported it."""
    process = _FORKS.Process(
        target=_run, args=(arguments, dict(variables), str(output or os.devnull), os.getpid()), daemon=True
    )
    process.start()
    return process


def kill(process: BaseProcess) -> None:
    """End a program as if the power had gone."""
    process.kill()
    process.join()


class Servers:
    """`kirotodo serve`, once or more often, on one database and behind one address."""

    def __init__(self, folder: Path, url: str, model_url: str) -> None:
        self.running: list[tuple[int, BaseProcess]] = []
        self._variables = environment(folder, database_url=url, model_url=model_url)
        self._ports: list[int] = []

    def start(self) -> None:
        """Start another one, at the port of one that was killed if there is any."""
        if not self._ports:
            self._ports.append(free_port())
        port = self._ports.pop()
        self.running.append((port, program("serve", "--port", str(port), variables=self._variables)))

    async def ready(self) -> None:
        """Wait until each of them answers."""
        async with httpx2.AsyncClient(verify=NO_TLS, timeout=PATIENCE) as client, asyncio.timeout(PATIENCE):
            for port, process in self.running:
                while not await _answers(client, port):
                    assert process.is_alive(), "a server did not start"
                    await asyncio.sleep(0.02)

    def kill(self, which: int = 0) -> None:
        """Kill one of them; the next one that starts takes its place."""
        port, process = self.running.pop(which)
        kill(process)
        self._ports.append(port)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{(self._ports or [port for port, _ in self.running])[0]}"

    @property
    def pids(self) -> list[int]:
        return [process.pid for _, process in self.running if process.pid is not None]

    def close(self) -> None:
        while self.running:
            self.kill()


async def _answers(client: httpx2.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/health")).is_success
    except httpx2.TransportError:
        return False


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@asynccontextmanager
async def front_of(servers: Servers) -> AsyncIterator[str]:
    """One address for all servers: each connection goes to one of them that takes it."""
    turns = 0

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        nonlocal turns
        while True:
            turns += 1
            port, _ = servers.running[turns % len(servers.running)]
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while received := await reader.read(65536):
            writer.write(received)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await connect()
        try:
            await asyncio.gather(pipe(reader, up_writer), pipe(up_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass  # cancelled: the run is over
        finally:
            writer.transport.abort()
            up_writer.transport.abort()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()


@asynccontextmanager
async def simulated_user(base_url: str, folder: Path, user_id: str) -> AsyncIterator[RemoteBackend]:
    """A client that goes on sending and following until the server is there again."""
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


class SimulatedUser:
    """Adds one task with each message, deletes two with every fifth, and remembers what has to come of it."""

    def __init__(self, backend: Backend, name: str, tally: Tally) -> None:
        self.name = name
        self._present: set[str] = set()
        self._absent: set[str] = set()
        self._excused: set[str] = set()
        self._backend = backend
        self._tally = tally
        self._conversation: int | None = None
        self._sent_texts: list[str] = []

    async def chat(self, stop: asyncio.Event) -> None:
        """Send until `stop`, and once more after it: the conversation has to take it."""
        last = False
        while not last:
            last = stop.is_set()
            if not await self._in_time(self._exchange()):
                return

    async def check(self) -> None:
        """Count what is missing and what is there too often. To be called once the faults are over."""
        await self._in_time(self._compare())

    async def _in_time(self, part: Awaitable[None]) -> bool:
        """Return whether this came to its end; count it as stuck where it did not."""
        try:
            async with asyncio.timeout(PATIENCE):
                await part
        except (TimeoutError, KirotodoError) as error:
            self._tally.stuck += 1
            self._tally.note(f"{self.name}: {type(error).__name__} {error}")
            return False
        return True

    async def _exchange(self) -> None:
        number = len(self._sent_texts)
        title = f"{self.name} {number}"
        dropped = await self._to_drop() if number % 5 == 4 else []
        text = f"drop {' '.join(str(task.id) for task in dropped)}" if dropped else f"add {title}"
        titles = {task.title for task in dropped} or {title}
        self._sent_texts.append(text)
        self._excused |= titles  # until it is known what came of it
        self._present -= titles
        sent = await self._send(text)
        self._conversation = sent.conversation_id
        async for event in self._backend.watch(sent.turn_id):
            if isinstance(event, ApprovalRequested):
                await self._agree(sent.turn_id, event.approval.call_id)
        turn = await _read(partial(self._backend.turn, sent.turn_id))
        self._tally.turns += 1
        self._tally.orphaned += ORPHAN in turn.response
        if turn.status != "finished":
            self._tally.failed += 1
            self._tally.note(f"{self.name}: {turn.error}")
            await asyncio.sleep(0.2)
            return
        self._excused -= titles
        if dropped:
            self._absent |= titles
        else:
            self._present |= titles

    async def _send(self, text: str) -> Sent:
        """Send until it is taken: what a database that takes no writes refuses is kept, with its key."""
        key = uuid.uuid4().hex
        while True:
            try:
                return await self._backend.send(text, conversation_id=self._conversation, request_key=key)
            except StorageError:
                self._tally.refused += 1
                await asyncio.sleep(0.2)

    async def _to_drop(self) -> list[Task]:
        return list((await _read(partial(self._backend.tasks, limit=2))).items)

    async def _agree(self, turn_id: str, call_id: str) -> None:
        """Approve until it is known to have arrived."""
        while self._is_open(await _read(partial(self._backend.turn, turn_id)), call_id):
            try:
                await self._backend.answer(turn_id, call_id, "yes")
            except Conflict:
                return
            except KirotodoError:
                await asyncio.sleep(0.1)

    @staticmethod
    def _is_open(turn: Turn, call_id: str) -> bool:
        return turn.approval is not None and turn.approval.call_id == call_id

    async def _compare(self) -> None:
        titles = Counter([task.title async for task in all_tasks(self._backend)])
        self._tally.compare(titles, present=self._present, absent=self._absent, excused=self._excused)
        if self._conversation is not None:
            await self._check_messages(self._conversation)

    async def _check_messages(self, conversation: int) -> None:
        stored: list[str] = []
        before: int | None = None
        while True:
            page = await _read(partial(self._backend.transcript, conversation, before=before, limit=200))
            stored = [message.content for message in page.messages if message.role == "user"] + stored
            before = page.before
            if before is None:
                break
        expected, found = Counter(self._sent_texts), Counter(stored)
        self._tally.lost += (expected - found).total()
        self._tally.doubled += (found - expected).total()


async def _read(read: Callable[[], Awaitable[T]]) -> T:
    """Read as often as it takes: a client gives up a read after a few tries, which a killed server can outlast."""
    while True:
        try:
            return await read()
        except (Unreachable, StorageError):
            await asyncio.sleep(0.1)


async def all_tasks(backend: Backend) -> AsyncIterator[Task]:
    """Yield every open task."""
    cursor: str | None = None
    while True:
        page = await _read(partial(backend.tasks, limit=200, cursor=cursor))
        for task in page.items:
            yield task
        cursor = page.next
        if cursor is None:
            return


async def users_chat(base_url: str, folder: Path, tally: Tally, faults: AsyncGenerator[None, None], count: int) -> None:
    """Let `count` people chat while `faults` go on, then check what came of it."""
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        users = [
            SimulatedUser(
                await stack.enter_async_context(simulated_user(base_url, folder, f"{number}")), f"p{number}", tally
            )
            for number in range(1, count + 1)
        ]
        async with asyncio.TaskGroup() as group:
            for each in users:
                group.create_task(each.chat(stop))
            async with aclosing(faults):
                async for _ in faults:
                    tally.faults += 1
            stop.set()
        await asyncio.gather(*(each.check() for each in users))
