"""The matrices: which faults are tried, how often, and at which moments. All chance comes from one seed."""

import asyncio
import os
import random
import resource
import shutil
import signal
import sqlite3
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final

from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import FINAL
from kirotodo.core.errors import ModelError, StorageError
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.model import ToolCall
from kirotodo.core.models.scripted import Fail, Item, ScriptedModel, Wait, call
from kirotodo.core.settings import Settings
from kirotodo.core.store import maintenance
from tests import postgres
from tests.client.remote.cutting_proxy import CuttingProxy, cutting_proxy
from tests.core.models.model_server import model_server
from tests.faults.services import (
    ORPHAN,
    PATIENCE,
    ModelService,
    Servers,
    Tally,
    all_tasks,
    environment,
    front_of,
    kill,
    program,
    simulated_user,
    users_chat,
)

USERS: Final = 4
LONGEST_LIFE: Final = 12.0
"""Seconds a server lives at most. A turn that sees four of them die is given up, so most have to outlive one."""
PROBE: Final = "99"
"""The user whose edits show that the disk is full."""
Dice = random.Random


@contextmanager
def own_postgres() -> Iterator[postgres.Server]:
    """A server of this run's own, with the database that is to be used migrated. It ends with the run, however that
    ends."""
    server = postgres.Server(Path(gettempdir()) / f"kirotodo-faults-{uuid.uuid4().hex[:12]}")
    server.make()
    server.start()
    server.end_with(os.getpid())
    try:
        maintenance.upgrade(server.url())
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


@asynccontextmanager
async def serving(folder: Path, url: str, *, replicas: int = 1) -> AsyncIterator[Servers]:
    """Run `kirotodo serve` on a database, with a model service."""
    service = ModelService()
    async with model_server(service), running(folder, url, service.url, replicas=replicas) as servers:
        yield servers


@asynccontextmanager
async def running(folder: Path, url: str, model_url: str, *, replicas: int = 1) -> AsyncIterator[Servers]:
    """Run `kirotodo serve` on a database, with the model service at `model_url`."""
    servers = Servers(folder, url, model_url)
    try:
        for _ in range(replicas):
            servers.start()
        await servers.ready()
        yield servers
    finally:
        servers.close()


def sqlite_in(folder: Path) -> str:
    """Return the address of a migrated SQLite file."""
    url = f"sqlite:///{folder / 'list.db'}"
    maintenance.upgrade(url)
    return url


# --- kills ---


async def _kills(servers: Servers, dice: Dice, count: int, longest: float) -> AsyncGenerator[None, None]:
    for _ in range(count):
        await servers.ready()  # on a busy machine a server is not up in the time it has to live
        await asyncio.sleep(dice.uniform(0, longest))
        servers.kill(dice.randrange(len(servers.running)))
        servers.start()
        yield


async def kill_servers(folder: Path, url: str, dice: Dice, count: int, *, replicas: int = 1) -> Tally:
    """`kill -9` of a server at any moment; the next one starts at once."""
    tally = Tally()
    async with serving(folder, url, replicas=replicas) as servers, front_of(servers) as front:
        address = front if replicas > 1 else servers.base_url
        await users_chat(address, folder, tally, _kills(servers, dice, count, LONGEST_LIFE), USERS)
    return tally


async def kill_on_sqlite(folder: Path, dice: Dice, count: int) -> Tally:
    return await kill_servers(folder, sqlite_in(folder), dice, count)


async def kill_on_postgres(folder: Path, dice: Dice, count: int) -> Tally:
    with own_postgres() as server:
        return await kill_servers(folder, server.url(), dice, count)


async def kill_one_of_two(folder: Path, dice: Dice, count: int) -> Tally:
    with own_postgres() as server:
        return await kill_servers(folder, server.url(), dice, count, replicas=2)


async def kill_ask(folder: Path, dice: Dice, count: int) -> Tally:
    """`kill -9` of a local `kirotodo ask`, half of the time once the model was asked; the next `ask` has to finish what
    was left, whatever conversation that is in."""
    tally, service, url = Tally(), ModelService(), sqlite_in(folder)
    async with model_server(service):
        variables = environment(folder, database_url=url, model_url=service.url)
        await _ask_whole(variables, folder, "add task 0", tally)
        for number in range(1, count + 1):
            into = dice.choice([(), ("--conversation", "1")])
            service.requested.clear()
            victim = program("ask", *into, f"add killed {number}", variables=variables)
            if dice.random() < 0.5:
                await _requested_or_over(service, victim)
                await asyncio.sleep(dice.uniform(0, 0.15))
            else:
                await asyncio.sleep(dice.uniform(0, 0.8))
            kill(victim)
            tally.faults += 1
            await _ask_whole(variables, folder, f"add task {number}", tally, *dice.choice([(), into]))
    _check_file(folder / "list.db", {f"task {number}" for number in range(count + 1)}, tally)
    return tally


async def _requested_or_over(service: ModelService, victim: BaseProcess) -> None:
    async with asyncio.timeout(PATIENCE):
        while not service.requested.is_set() and victim.is_alive():  # noqa: ASYNC110 (a process has no event)
            await asyncio.sleep(0.005)


async def _ask_whole(variables: Mapping[str, str], folder: Path, text: str, tally: Tally, *into: str) -> None:
    output = folder / "ask.out"
    output.unlink(missing_ok=True)
    asking = program("ask", *into, text, variables=variables, output=output)
    await asyncio.to_thread(asking.join, PATIENCE)
    tally.turns += 1
    if asking.exitcode != 0:
        tally.stuck += 1
        tally.note(f"{text}: {asking.exitcode} {output.read_text()[:300]}")
        kill(asking)


def _check_file(path: Path, present: set[str], tally: Tally) -> None:
    """Each message that was stored has its task once; one that was not has none."""
    with closing(sqlite3.connect(path)) as file:
        titles = Counter(title for (title,) in file.execute("SELECT title FROM tasks WHERE deleted_at IS NULL"))
        turns = file.execute(
            "SELECT content, status, response FROM messages JOIN turns ON turns.id = turn_id WHERE role = 'user'"
        ).fetchall()
    stored = {text.removeprefix("add "): status for text, status, _ in turns}
    finished = {title for title, status in stored.items() if status == "finished"}
    tally.stuck += sum(status not in FINAL for status in stored.values())
    tally.failed += sum(status == "failed" for status in stored.values())
    tally.orphaned += sum(ORPHAN in (response or "") for _, _, response in turns)
    tally.doubled += len(turns) - len(stored)
    tally.compare(titles, present=present | finished, absent=set(), excused=stored.keys() - finished)


# --- cuts ---

CLIENT_BYTES: Final = 6_000
MODEL_BYTES: Final = 4_000
"""A connection is cut after so many bytes at most."""


async def _cuts(proxy: CuttingProxy, dice: Dice, count: int, most: int, tally: Tally) -> AsyncGenerator[None, None]:
    """Drop every connection after so many bytes, again and again."""
    for number in range(1, count + 1):
        await asyncio.sleep(dice.uniform(0, 0.5))
        proxy.arm(dice.randrange(1, most))
        try:
            async with asyncio.timeout(PATIENCE):
                while proxy.cuts < number:  # noqa: ASYNC110 (what others send cannot be waited for)
                    await asyncio.sleep(0.01)
        except TimeoutError:
            tally.stuck += 1
            tally.note(f"nothing was sent any more after {number - 1} cuts")
            return
        yield


def _port_of(url: str) -> int:
    return int(url.removesuffix("/v1").rsplit(":", 1)[1])


async def cut_clients(folder: Path, dice: Dice, count: int) -> Tally:
    """Every connection between people and their server is dropped after so many bytes."""
    tally = Tally()
    async with serving(folder, sqlite_in(folder)) as servers, cutting_proxy(_port_of(servers.base_url)) as proxy:
        await users_chat(proxy.url, folder, tally, _cuts(proxy, dice, count, CLIENT_BYTES, tally), USERS)
    return tally


async def cut_models(folder: Path, dice: Dice, count: int) -> Tally:
    """Every connection between the server and the model service is dropped after so many bytes."""
    tally, service, url = Tally(), ModelService(), sqlite_in(folder)
    async with (
        model_server(service),
        cutting_proxy(_port_of(service.url)) as proxy,
        running(folder, url, f"{proxy.url}/v1") as servers,
    ):
        await users_chat(servers.base_url, folder, tally, _cuts(proxy, dice, count, MODEL_BYTES, tally), USERS)
    return tally


# --- the database ---


def _workers(server: postgres.Server) -> list[int]:
    """The processes of PostgreSQL, the one that started them last."""
    first = int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [*map(int, children), first]


async def _restart(server: postgres.Server, dice: Dice) -> None:
    await asyncio.to_thread(server.stop, dice.choice(["fast", "immediate"]))
    await asyncio.sleep(dice.uniform(0, 1.5))
    await asyncio.to_thread(server.start)


async def _terminate(server: postgres.Server, dice: Dice) -> None:
    kills = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    await asyncio.to_thread(postgres.ask, server.url(), f"{kills} AND backend_type = 'client backend'")


async def _pause(server: postgres.Server, dice: Dice) -> None:
    workers = _workers(server)
    try:
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(dice.uniform(0.1, 2.0))
    finally:
        for pid in reversed(workers):
            os.kill(pid, signal.SIGCONT)


async def _read_only(server: postgres.Server, dice: Dice) -> None:
    for value in ("on", "off"):
        await asyncio.to_thread(
            postgres.ask,
            f"{server.url()}&options=-c%20default_transaction_read_only%3Doff",
            f"ALTER SYSTEM SET default_transaction_read_only = {value}",
            "SELECT pg_reload_conf()",
        )
        await asyncio.sleep(dice.uniform(0.2, 1.5) if value == "on" else 0)


_OUTAGES: Final[Sequence[Callable[[postgres.Server, Dice], Awaitable[None]]]] = (
    _restart,
    _terminate,
    _pause,
    _read_only,
)


async def postgres_away(folder: Path, dice: Dice, count: int, *, users: int = USERS) -> Tally:
    """PostgreSQL is restarted, loses its connections, stands still, or takes no writes. A full disk is not tried: it
    takes a file system of its own, and mounting one takes root."""
    tally = Tally()
    with own_postgres() as server:

        async def outages() -> AsyncGenerator[None, None]:
            for number in range(count):
                await asyncio.sleep(dice.uniform(0.3, 1.0))
                await _OUTAGES[number % len(_OUTAGES)](server, dice)
                yield

        async with serving(folder, server.url()) as servers:
            await users_chat(servers.base_url, folder, tally, outages(), users)
    return tally


async def _holds(folder: Path, dice: Dice, count: int, waits: Sequence[float]) -> AsyncGenerator[None, None]:
    """Hold the file, now and then, for one of these times."""
    for _ in range(count):
        await asyncio.sleep(dice.uniform(0.3, 1.0))
        with closing(sqlite3.connect(folder / "list.db", isolation_level=None, timeout=PATIENCE)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            await asyncio.sleep(dice.choice(waits))
            holder.execute("ROLLBACK")
        yield


async def sqlite_held(folder: Path, dice: Dice, count: int) -> Tally:
    """Another program holds the file, now and then for longer than a write waits for it."""
    tally = Tally()
    async with serving(folder, sqlite_in(folder)) as servers:
        await users_chat(servers.base_url, folder, tally, _holds(folder, dice, count, [0.2, 1.0, 6.5]), USERS)
    return tally


class Disk:
    """Fills the disk of a SQLite file: its server may write no file beyond a size, which is what can be done to a
    running program without root. A user who adds tasks shows that the disk is full, and that no refused task is there.
    """

    def __init__(self, folder: Path, servers: Servers, tally: Tally) -> None:
        self._log = folder / "list.db-wal"
        self._servers = servers
        self._tally = tally
        self._added: set[str] = set()
        self._refused: set[str] = set()

    async def full(self, backend: Backend, dice: Dice, count: int) -> AsyncGenerator[None, None]:
        """Fill the disk now and then, until a write was refused and for a while after it."""
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        for _ in range(count):
            await asyncio.sleep(dice.uniform(0.2, 0.8))
            await self._servers.ready()
            size = self._log.stat().st_size if self._log.exists() else 0
            (pid,) = self._servers.pids
            try:
                # A log that SQLite has begun anew has room within its size: then nothing may be written at all.
                for limit in (dice.choice([0, size, size + 10_000]), 0):
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, unlimited[1]))
                    if await self._refuses(backend):
                        break
                else:
                    self._tally.stuck += 1
                    self._tally.note("the disk was full, but no write was refused")
                await asyncio.sleep(dice.uniform(0.2, 1.5))
            finally:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
            yield

    async def _refuses(self, backend: Backend) -> bool:
        """Add some tasks; return whether one was refused."""
        for _ in range(20):
            if not await self._adds(backend):
                return True
        return False

    async def _adds(self, backend: Backend) -> bool:
        title = f"probe {len(self._added) + len(self._refused)}"
        try:
            await backend.add_task({"title": title})
        except StorageError:
            self._refused.add(title)
            self._tally.refused += 1
            return False
        self._added.add(title)
        return True

    async def check(self, backend: Backend) -> None:
        """Count what was added and is not there, and what was refused and is."""
        titles = Counter([task.title async for task in all_tasks(backend)])
        self._tally.compare(titles, present=self._added, absent=self._refused, excused=set())


async def sqlite_full(folder: Path, dice: Dice, count: int) -> Tally:
    """The disk of the SQLite file is full for a moment. Every fault that is counted refused a write."""
    tally = Tally()
    async with (
        serving(folder, sqlite_in(folder)) as servers,
        simulated_user(servers.base_url, folder, PROBE) as probe,
    ):
        disk = Disk(folder, servers, tally)
        await users_chat(servers.base_url, folder, tally, disk.full(probe, dice, count), USERS)
        await disk.check(probe)
    return tally


# --- one after another ---


async def mixed(folder: Path, dice: Dice, count: int) -> Tally:
    """One server on SQLite meets each kind of fault in turn: kills, cuts on both sides, a held file, a full disk."""
    tally, service, url = Tally(), ModelService(), sqlite_in(folder)
    async with (
        model_server(service),
        cutting_proxy(_port_of(service.url)) as to_model,
        running(folder, url, f"{to_model.url}/v1") as servers,
        cutting_proxy(_port_of(servers.base_url)) as to_server,
        simulated_user(servers.base_url, folder, PROBE) as probe,
    ):
        disk = Disk(folder, servers, tally)

        async def faults() -> AsyncGenerator[None, None]:
            for kind in (
                _cuts(to_server, dice, count, CLIENT_BYTES, tally),
                _cuts(to_model, dice, count, MODEL_BYTES, tally),
                _holds(folder, dice, count, [0.5]),
                disk.full(probe, dice, count),
                _kills(servers, dice, count, 1.0),
            ):
                async with aclosing(kind):
                    async for _ in kind:
                        yield

        await users_chat(to_server.url, folder, tally, faults(), 2)
        await disk.check(probe)
    return tally


# --- the model ---


def _model_faults(dice: Dice, calls: int) -> Mapping[str, Sequence[Sequence[Item]]]:
    half, other = "\ud83c", "\udf3b"
    add = call("add_task", title="x")
    never = Wait(gate=asyncio.Event())
    return {
        "a pair cut apart": [[f"so {half}", f"{other} it is"]],
        "half a character": [[f"so {dice.choice([half, other])}"]],
        "half a character in a title": [[call("add_task", title=f"x{half}")], ["Done."]],
        "half a character in a name": [[call("add_task", **{f"title{other}": "x"})], ["Done."]],
        "half a character in a tool": [[call(f"add_task{half}")], ["Done."]],
        "NUL": [["a\0b", call("add_task", title="x\0y")], ["Done."]],
        "nothing": [[], []],
        "blank": [[" \n"], [" \n"]],
        "nothing after a tool": [[add], []],
        "no JSON": [[ToolCall(tool="add_task", malformed="{title: x")], ["Done."]],
        "an unknown tool": [[call("no_such_tool")], ["Done."]],
        "wrong types": [[call("delete_task", task_ids={"a": 1})], ["Done."]],
        "the same call for ever": [[add]] * 12,
        "other calls for ever": [[call("add_task", title=f"x{number}")] for number in range(12)],
        "too many calls": [[call("add_task", title=f"x{number}") for number in range(calls)], ["Done."]],
        "an endless text": [["word " * 20_000] * 5],
        "an error": [["so ", Fail(error=ModelError(f"Down {half}"))]],
        "an error that nobody thought of": [["so ", Fail(error=RuntimeError("what"))]],
        "silence": [[never]],
        "silence in the middle": [["so ", never]],
        "silence after a tool": [[add], [never]],
    }


async def model(folder: Path, dice: Dice, count: int, *, calls: int = 600) -> Tally:
    """Each way in which a model can go wrong, in turn and at least once. Each turn ends, and the next one is answered.

    `calls` is how many come in one step of a model that calls too much; a turn takes 500.
    """
    tally, kinds = Tally(), _model_faults(dice, calls)
    settings = Settings(
        kirotodo_home=folder, database_url=f"sqlite:///{folder / 'list.db'}", timezone="UTC", agent_timeout=2.0
    )
    scripted = ScriptedModel()
    backend = await LocalBackend.open(settings, model=scripted)
    try:
        for number in range(max(count, len(kinds))):
            kind, steps = list(kinds.items())[number % len(kinds)]
            scripted.clear()
            scripted.extend(*steps)
            sent = await backend.send("go")
            await _see_through(backend, sent.turn_id, kind, tally)
            scripted.clear()
            scripted.extend(["Here."])
            again = await backend.send("go on", conversation_id=sent.conversation_id)
            if await _see_through(backend, again.turn_id, f"after {kind}", tally) != "finished":
                tally.stuck += 1
                tally.note(f"the message after {kind} was not answered")
            tally.faults += 1
    finally:
        await backend.aclose()
    return tally


async def _see_through(backend: LocalBackend, turn_id: str, kind: str, tally: Tally) -> str:
    tally.turns += 1
    try:
        async with asyncio.timeout(60), aclosing(backend.watch(turn_id)) as events:
            async for _ in events:
                pass
    except TimeoutError:
        tally.stuck += 1
        tally.note(f"{kind}: no end")
    status = (await backend.turn(turn_id)).status
    tally.stuck += status not in FINAL
    tally.failed += status == "failed"
    return status


MATRICES: Final[Mapping[str, Callable[[Path, Dice, int], Coroutine[Any, Any, Tally]]]] = {
    "kill: serve, SQLite": kill_on_sqlite,
    "kill: serve, PostgreSQL": kill_on_postgres,
    "kill: one of two, PostgreSQL": kill_one_of_two,
    "kill: ask": kill_ask,
    "cut: client and server": cut_clients,
    "cut: server and model": cut_models,
    "database: PostgreSQL": postgres_away,
    "database: SQLite held": sqlite_held,
    "database: SQLite, disk full": sqlite_full,
    "mixed: SQLite": mixed,
    "model": model,
}
SHARES: Final[Mapping[str, float]] = {
    "database: PostgreSQL": 0.4,
    "database: SQLite held": 0.1,
    "mixed: SQLite": 0.2,
}
"""How much of the count a matrix takes whose faults are few in kind, or slow."""
