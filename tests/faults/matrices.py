"""The matrices: which faults are tried, how often, and at which moments. All chance comes from one seed."""

import asyncio
import os
import random
import signal
import sqlite3
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import aclosing, closing, contextmanager
from pathlib import Path
from typing import Any, Final

from kirotodo.core.domain.conversation import FINAL
from kirotodo.core.errors import ModelError
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.model import ToolCall
from kirotodo.core.models.scripted import Fail, Item, ScriptedModel, Wait, call
from kirotodo.core.settings import Settings
from kirotodo.core.store import maintenance
from kirotodo.server.app import create_app
from tests import postgres
from tests.client.remote.cutting_proxy import cutting_proxy
from tests.faults.stage import Doer, Servers, Tally, people_chat
from tests.server.serving import served, settings_in

PEOPLE: Final = 4
Dice = random.Random


@contextmanager
def own_postgres() -> Iterator[postgres.Server]:
    """A server of this run's own, with the database that is to be used migrated."""
    with tempfile.TemporaryDirectory(prefix="kirotodo-faults-") as folder:
        Path(folder).chmod(0o755)  # it does not run as root, and has to get in
        server = postgres.Server(Path(folder) / "pg")
        server.make()
        server.start()
        try:
            maintenance.upgrade(server.url())
            yield server
        finally:
            server.stop()


# --- kills ---


async def _kills(servers: Servers, dice: Dice, count: int, longest: float) -> AsyncGenerator[None, None]:
    for _ in range(count):
        await servers.ready()  # on a busy machine a server is not up in the time it has to live
        await asyncio.sleep(dice.uniform(0, longest))
        servers.kill(dice.randrange(len(servers.running)))
        servers.start()
        yield


async def kill(folder: Path, url: str, dice: Dice, count: int, *, replicas: int = 1) -> Tally:
    """`kill -9` of a server at any moment; the next one starts at once."""
    tally, servers = Tally(), Servers(folder, url)
    try:
        for _ in range(replicas):
            servers.start()
        await servers.ready()
        await people_chat(servers.base_url, folder, tally, _kills(servers, dice, count, 2.0), PEOPLE)
    finally:
        servers.close()
    return tally


async def kill_on_sqlite(folder: Path, dice: Dice, count: int) -> Tally:
    return await kill(folder, f"sqlite:///{folder / 'list.db'}", dice, count)


async def kill_on_postgres(folder: Path, dice: Dice, count: int) -> Tally:
    with own_postgres() as server:
        return await kill(folder, server.url(), dice, count)


async def kill_one_of_two(folder: Path, dice: Dice, count: int) -> Tally:
    with own_postgres() as server:
        return await kill(folder, server.url(), dice, count, replicas=2)


# --- cuts ---


async def cut_clients(folder: Path, dice: Dice, count: int) -> Tally:
    """Every connection between people and their server is dropped after so many bytes."""
    tally = Tally()
    app = create_app(settings_in(folder, agent_timeout=30.0), model=Doer())
    async with served(app) as server, cutting_proxy(int(server.base_url.rsplit(":", 1)[1])) as proxy:

        async def cuts() -> AsyncGenerator[None, None]:
            for number in range(1, count + 1):
                proxy.arm(dice.randrange(1, 6_000))
                while proxy.cuts < number:  # noqa: ASYNC110 (what others send cannot be waited for)
                    await asyncio.sleep(0.01)
                yield

        await people_chat(proxy.url, folder, tally, cuts(), PEOPLE)
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


async def postgres_away(folder: Path, dice: Dice, count: int) -> Tally:
    """PostgreSQL is restarted, loses its connections, stands still, or takes no writes. A full disk is not tried: it
    takes a file system of its own."""
    tally = Tally()
    with own_postgres() as server:
        servers = Servers(folder, server.url())

        async def outages() -> AsyncGenerator[None, None]:
            for number in range(count):
                await asyncio.sleep(dice.uniform(0.3, 1.0))
                await _OUTAGES[number % len(_OUTAGES)](server, dice)
                yield

        try:
            servers.start()
            await servers.ready()
            await people_chat(servers.base_url, folder, tally, outages(), PEOPLE)
        finally:
            servers.close()
    return tally


async def sqlite_held(folder: Path, dice: Dice, count: int) -> Tally:
    """Another program holds the file for longer than a write waits for it, now and then."""
    tally, servers = Tally(), Servers(folder, f"sqlite:///{folder / 'list.db'}")
    await asyncio.to_thread(maintenance.upgrade, servers.url)

    async def holds() -> AsyncGenerator[None, None]:
        for _ in range(count):
            await asyncio.sleep(dice.uniform(0.3, 1.0))
            with closing(sqlite3.connect(folder / "list.db", isolation_level=None, timeout=5)) as holder:
                holder.execute("BEGIN EXCLUSIVE")
                await asyncio.sleep(dice.choice([0.2, 1.0, 6.5]))
                holder.execute("ROLLBACK")
            yield

    try:
        servers.start()
        await servers.ready()
        await people_chat(servers.base_url, folder, tally, holds(), PEOPLE)
    finally:
        servers.close()
    return tally


# --- the model ---


def _model_faults(dice: Dice) -> Mapping[str, Sequence[Sequence[Item]]]:
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
        "600 calls": [[call("add_task", title=f"x{number}") for number in range(600)], ["Done."]],
        "an endless text": [["word " * 20_000] * 5],
        "an error": [["so ", Fail(error=ModelError(f"Down {half}"))]],
        "an error that nobody thought of": [["so ", Fail(error=RuntimeError("what"))]],
        "silence": [[never]],
        "silence in the middle": [["so ", never]],
        "silence after a tool": [[add], [never]],
    }


async def model(folder: Path, dice: Dice, count: int) -> Tally:
    """Each way in which a model can go wrong, in turn. Each turn ends, and the next one is answered."""
    tally, kinds = Tally(), _model_faults(dice)
    settings = Settings(
        kirotodo_home=folder, database_url=f"sqlite:///{folder / 'list.db'}", timezone="UTC", agent_timeout=1.0
    )
    scripted = ScriptedModel()
    backend = await LocalBackend.open(settings, model=scripted)
    try:
        for number in range(count):
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
    "kill: one server, SQLite": kill_on_sqlite,
    "kill: one server, PostgreSQL": kill_on_postgres,
    "kill: one of two, PostgreSQL": kill_one_of_two,
    "cut: client and server": cut_clients,
    "database: PostgreSQL": postgres_away,
    "database: SQLite": sqlite_held,
    "model": model,
}
SHARES: Final[Mapping[str, float]] = {"database: PostgreSQL": 0.4, "database: SQLite": 0.1}
"""How much of the count a matrix takes whose faults are few in kind, or slow."""
