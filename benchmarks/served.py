"""Turns over HTTP: ten clients of a real server on SQLite and on PostgreSQL, beside a pass-through of the same streams.

Servers, database and model service are processes of their own; what is counted is their CPU time, in one run in which
they take turns. Statements are counted apart, by the log of PostgreSQL itself.
"""

import asyncio
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Final

import httpx2

from benchmarks.figure import Figure, middle, percentile
from benchmarks.upstream import upstream
from kirotodo.core.store import maintenance
from tests.postgres import Server, ask
from tests.server.serving import SECRET, bearer

CLIENTS: Final = 10
ROUNDS: Final = 6
"""Of each server; in a round every client has one turn."""
PACE: Final = 0.01
COUNTED: Final = 5
MESSAGE: Final = "add milk tomorrow"
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(kw_only=True)
class Measured:
    """A server, and the CPU seconds and first texts of its turns. `database` is the CPU of PostgreSQL."""

    name: str
    turn: Callable[[httpx2.AsyncClient, int], Awaitable[float]]
    pid: int
    database_pid: int | None = None
    spent: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)


def turns_over_http() -> Iterator[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kirotodo-bench-")))
        folder.chmod(0o755)
        address = stack.enter_context(upstream(PACE))
        postgres = Server(folder / "server")
        postgres.make()
        postgres.start()
        stack.callback(postgres.stop)
        maintenance.upgrade(postgres.url())
        bare = _passing(stack, address)
        sqlite = _serving(stack, folder / "sqlite", address, "SQLite", f"sqlite:///{folder / 'list.db'}")
        pg = _serving(stack, folder / "pg", address, "PostgreSQL", postgres.url())
        pg.database_pid = int((folder / "server" / "data" / "postmaster.pid").read_text().split()[0])
        asyncio.run(_measure((bare, sqlite, pg)))
        yield from _figures(bare, sqlite)
        yield from _figures(bare, pg)
        yield Figure(what="  PostgreSQL's own CPU", value=middle(pg.database) * 1000, unit="ms", limit=6, digits=1)
        yield from _statements(postgres, pg)


def _figures(bare: Measured, server: Measured) -> Iterator[Figure]:
    yield Figure(
        what=f"turn over HTTP on {server.name}, {CLIENTS} clients, CPU over pass-through",
        value=middle(server.spent) / middle(bare.spent),
        unit="×",
        limit=1.8,
        digits=2,
        detail=f"{middle(server.spent) * 1000:.1f} ms over {middle(bare.spent) * 1000:.1f} ms",
    )
    yield Figure(
        what="  first text after that of the pass-through",
        value=(middle(server.first) - middle(bare.first)) * 1000,
        unit="ms",
        limit=30,
        detail=f"{middle(bare.first) * 1000:.0f} → {middle(server.first) * 1000:.0f} ms; "
        f"p90 {percentile(bare.first, 90) * 1000:.0f} → {percentile(server.first, 90) * 1000:.0f} ms",
    )


# --- the servers ---


def _passing(stack: ExitStack, address: str) -> Measured:
    process = stack.enter_context(_process([sys.executable, "-m", "benchmarks.passthrough", address], {}))
    port = int(_first_line(process))
    url = f"http://127.0.0.1:{port}/turn"

    async def turn(client: httpx2.AsyncClient, number: int) -> float:
        return await _first_text(client, url, {}, b'"content"')

    return Measured(name="pass-through", turn=turn, pid=process.pid)


def _serving(stack: ExitStack, home: Path, address: str, name: str, database: str) -> Measured:
    home.mkdir()
    environment = {
        "KIROTODO_HOME": str(home),
        "DATABASE_URL": database,
        "BETTER_AUTH_SECRET": SECRET,
        "OPENAI_BASE_URL": address,
        "OPENAI_MODEL": "fake",
        "RATE_LIMIT": "100000",
        "RATE_LIMIT_BURST": "100000",
        "TIMEZONE": "Europe/Vienna",
        "LOG_LEVEL": "WARNING",
    }
    program = str(Path(sys.executable).with_name("kirotodo"))
    process = stack.enter_context(_process([program, "serve", "--port", "0"], environment))
    found = re.search(r"http://[\d.:]+", _first_line(process))
    assert found is not None
    base = found.group()

    async def turn(client: httpx2.AsyncClient, number: int) -> float:
        user = f"user-{number}"
        return await _first_text(client, f"{base}/api/{user}/chat/stream", bearer(user), b"event: text_delta")

    return Measured(name=name, turn=turn, pid=process.pid)


@contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator[Popen[bytes]]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    with Popen(command, env={**inherited, **environment}, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def _first_line(process: Popen[bytes]) -> str:
    """What it says once it is up, on whichever of its outputs."""
    assert process.stdout is not None
    line = process.stdout.readline()
    return line.decode()


async def _first_text(client: httpx2.AsyncClient, url: str, headers: dict[str, str], mark: bytes) -> float:
    """One turn, read to its end; the seconds until its first text."""
    began, first, seen = time.perf_counter(), 0.0, b""
    async with client.stream("POST", url, json={"message": MESSAGE}, headers=headers) as response:
        response.raise_for_status()
        async for data in response.aiter_raw():
            seen += data
            if not first and mark in seen:
                first = time.perf_counter() - began
    if b"word49" not in seen:
        raise SystemExit(f"a turn did not end well: {seen[-500:]!r}")
    return first


# --- measuring ---


async def _measure(servers: tuple[Measured, ...]) -> None:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
    async with httpx2.AsyncClient(timeout=60, limits=limits) as client:
        for server in servers:
            await _round(server, client)
            await _round(server, client)
        for _ in range(ROUNDS):
            for server in servers:
                before, database = _cpu(server.pid), _tree(server.database_pid)
                server.first += await _round(server, client)
                await asyncio.sleep(0.05)
                server.spent.append((_cpu(server.pid) - before) / CLIENTS)
                server.database.append((_tree(server.database_pid) - database) / CLIENTS)


async def _round(server: Measured, client: httpx2.AsyncClient) -> list[float]:
    return await asyncio.gather(*(server.turn(client, number) for number in range(CLIENTS)))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(each) for each in fields[11:13]) / TICKS


def _tree(pid: int | None) -> float:
    """CPU seconds of a server of PostgreSQL: its processes now, and those that ended."""
    if pid is None:
        return 0.0
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ended = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[13:15]
    return _cpu(pid) + sum(_cpu(int(child)) for child in children) + sum(int(each) for each in ended) / TICKS


# --- counting ---


def _statements(postgres: Server, pg: Measured) -> Iterator[Figure]:
    """What a turn asks PostgreSQL, by its own log: one line for each message that it answers."""
    log = postgres.folder / "log"
    ask(postgres.url(), "ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    time.sleep(0.5)
    begun = log.stat().st_size
    asyncio.run(_some(pg))
    time.sleep(0.5)
    said = log.read_bytes()[begun:].decode("utf-8", "replace")
    lines = re.findall(r"LOG:  (?:statement|execute [^:]*): *(\S+)", said)
    kinds = Counter(line.upper().rstrip(";") for line in lines)
    begins = sum(number for kind, number in kinds.items() if kind.startswith("BEGIN"))
    yield Figure(
        what="  round trips of a turn, BEGIN and COMMIT included",
        value=len(lines) / COUNTED,
        unit="",
        digits=1,
        detail=", ".join(f"{kind} {number / COUNTED:.1f}" for kind, number in kinds.most_common(8)),
    )
    yield Figure(what="  transactions of a turn", value=begins / COUNTED, unit="", digits=1)


async def _some(pg: Measured) -> None:
    async with httpx2.AsyncClient(timeout=60) as client:
        for _ in range(COUNTED):
            await pg.turn(client, 0)
