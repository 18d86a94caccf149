"""Turns over HTTP: ten clients of a real server on SQLite and on PostgreSQL, beside a pass-through of the same streams.

Servers, database and model service are processes of their own; what is counted is their CPU time, in one run in which
they take turns. Statements are counted apart, by the log of PostgreSQL itself.
"""

import asyncio
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Final

import httpx2

from benchmarks.figure import Figure, middle, percentile
from benchmarks.services import many_files
from benchmarks.upstream import ANSWER, CALL, upstream
from kirotodo.core.store import maintenance
from tests.postgres import Server, ask
from tests.server.serving import SECRET, bearer

CLIENTS: Final = 10
ROUNDS: Final = 6
"""Of each server; in a round every client has one turn."""
PACE: Final = 0.01
COUNTED: Final = 5
MESSAGE: Final = "add milk tomorrow"
STREAMS: Final = 1_000
SLOW: Final = 0.1
POOL: Final = 5
HEALTH_SECONDS: Final = 0.1
REASONS: Final = 10
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(kw_only=True)
class Measured:
    """A server, and the CPU seconds and first texts of its turns. `database` is the CPU of PostgreSQL."""

    name: str
    turn: Callable[[httpx2.AsyncClient, int], Awaitable[float]]
    pid: int
    base: str = ""
    database_pid: int | None = None
    spent: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)


def turns_over_http() -> Iterator[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kirotodo-bench-")))
        folder.chmod(0o755)
        address = stack.enter_context(upstream(PACE))
        postgres = stack.enter_context(postgres_server(folder))
        bare = passthrough_server(stack, address)
        sqlite = kirotodo_server(stack, folder / "sqlite", address, "SQLite", f"sqlite:///{folder / 'list.db'}")
        pg = kirotodo_server(stack, folder / "pg", address, "PostgreSQL", postgres.url())
        pg.database_pid = int((folder / "server" / "data" / "postmaster.pid").read_text().split()[0])
        asyncio.run(measure((bare, sqlite, pg)))
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
        value=middle(later(bare, server)) * 1000,
        unit="ms",
        limit=30,
        detail=f"rounds {min(later(bare, server)) * 1000:.0f} … {max(later(bare, server)) * 1000:.0f} ms; "
        f"{middle(bare.first) * 1000:.0f} → {middle(server.first) * 1000:.0f} ms; "
        f"p90 {percentile(bare.first, 90) * 1000:.0f} → {percentile(server.first, 90) * 1000:.0f} ms",
    )


def later(bare: Measured, server: Measured) -> list[float]:
    """Seconds by which the first text came later than that of the pass-through, in each round: the median of its
    clients less that of the pass-through's in the moment before, so that other work on the machine slows both."""
    each = (batched(measured.first, CLIENTS) for measured in (bare, server))
    return [middle(late) - middle(early) for early, late in zip(*each, strict=True)]


def batched(samples: list[float], size: int) -> Iterator[list[float]]:
    """Those of each round."""
    return (samples[start : start + size] for start in range(0, len(samples), size))


# --- the servers ---


@contextmanager
def postgres_server(folder: Path) -> Iterator[Server]:
    server = Server(folder / "server")
    server.make()
    server.start()
    try:
        maintenance.upgrade(server.url())
        yield server
    finally:
        server.stop()


def passthrough_server(stack: ExitStack, address: str) -> Measured:
    process = stack.enter_context(started([sys.executable, "-m", "benchmarks.passthrough", address], {}))
    port = int(first_line(process))
    url = f"http://127.0.0.1:{port}/turn"

    async def turn(client: httpx2.AsyncClient, number: int) -> float:
        return await first_text(client, url, {}, b'"content"')

    return Measured(name="pass-through", turn=turn, pid=process.pid)


def kirotodo_server(stack: ExitStack, home: Path, address: str, name: str, database: str, **more: str) -> Measured:
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
        **more,
    }
    program = str(Path(sys.executable).with_name("kirotodo"))
    process = stack.enter_context(started([program, "serve", "--port", "0"], environment))
    found = re.search(r"http://[\d.:]+", first_line(process))
    assert found is not None
    base = found.group()

    async def turn(client: httpx2.AsyncClient, number: int) -> float:
        user = f"user-{number}"
        return await first_text(client, f"{base}/api/{user}/chat/stream", bearer(user), b"event: text_delta")

    return Measured(name=name, turn=turn, pid=process.pid, base=base)


@contextmanager
def started(command: list[str], environment: dict[str, str]) -> Iterator[Popen[bytes]]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    with Popen(command, env={**inherited, **environment}, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def first_line(process: Popen[bytes]) -> str:
    """What it says once it is up, on whichever of its outputs."""
    assert process.stdout is not None
    line = process.stdout.readline()
    return line.decode()


async def first_text(client: httpx2.AsyncClient, url: str, headers: dict[str, str], mark: bytes) -> float:
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


async def measure(servers: tuple[Measured, ...]) -> None:
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
    messages = re.findall(r"LOG:  (?:statement|execute [^:]*): *(\S.*(?:\n\t.*)*)", said)
    # A message of several statements holds literals, and these may hold anything.
    texts = [re.sub(r"'(?:[^']|'')*'", "''", message) for message in messages]
    statements = [each for text in texts for each in text.split(";") if each.strip()]
    kinds = Counter(_kind(text) for text in texts)
    begins = sum(text.upper().startswith("BEGIN") or "append_events" in text for text in texts)
    yield Figure(
        what="  round trips of a turn, BEGIN and COMMIT included",
        value=len(messages) / COUNTED,
        unit="",
        digits=1,
        detail=", ".join(f"{kind} {number / COUNTED:.1f}" for kind, number in kinds.most_common(8)),
    )
    yield Figure(
        what="  statements of a turn, set_config, BEGIN and COMMIT included",
        value=len(statements) / COUNTED,
        unit="",
        digits=1,
    )
    yield Figure(what="  transactions of a turn", value=begins / COUNTED, unit="", digits=1)


def _kind(text: str) -> str:
    """What a message is, in a word or two."""
    first = text.split()[0].upper().rstrip(";")
    return "append_events" if "append_events" in text else f"{first} … COMMIT" if ";COMMIT" in text else first


async def _some(pg: Measured) -> None:
    async with httpx2.AsyncClient(timeout=60) as client:
        for _ in range(COUNTED):
            await pg.turn(client, 0)


# --- a thousand at once ---


def many_turns_over_http() -> Iterator[Figure]:
    """A thousand turns at once in one server, of as many users, with five connections to the database."""
    with ExitStack() as stack:
        stack.enter_context(many_files())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kirotodo-bench-")))
        folder.chmod(0o755)
        address = stack.enter_context(upstream(SLOW))
        postgres = stack.enter_context(postgres_server(folder))
        for name, database in (("SQLite", f"sqlite:///{folder / 'list.db'}"), ("PostgreSQL", postgres.url())):
            with ExitStack() as serving:
                server = kirotodo_server(serving, folder / name, address, name, database, DB_POOL_SIZE=str(POOL))
                yield from _crowd_figures(name, asyncio.run(_crowd(server)))


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """What became of a thousand turns: why some failed and how many each time, the bytes of memory that each took, how
    long all of them and each look at /health took."""

    failed: Counter[str]
    each: float
    seconds: float
    health: list[float]


def _crowd_figures(name: str, crowd: Crowd) -> Iterator[Figure]:
    streams = (len(CALL) + len(ANSWER)) * SLOW
    yield Figure(
        what=f"{STREAMS:,} turns at once over HTTP on {name}, {POOL} connections: failed",
        value=crowd.failed.total(),
        unit="",
        limit=0,
        detail=f"all over in {crowd.seconds:.0f} s; their streams alone take {streams:.0f} s",
    )
    for reason, number in crowd.failed.most_common(REASONS):
        yield Figure(what=f"  {reason}", value=number, unit="")
    yield Figure(what="  memory of an open turn", value=crowd.each / 1024, unit="KiB", limit=60, digits=1)
    yield Figure(
        what="  /health answers meanwhile, at the slowest",
        value=max(crowd.health) * 1000,
        unit="ms",
        limit=HEALTH_SECONDS * 1000,
        detail=f"half of {len(crowd.health)} within {middle(crowd.health) * 1000:.0f} ms",
    )


async def _crowd(server: Measured) -> Crowd:
    if (failure := await _one_of_many(server.base, 0)) is not None:
        raise SystemExit(f"a single turn did not end well: {failure}")
    before = highest = _resident(server.pid)
    began = time.monotonic()
    turns = [asyncio.create_task(_one_of_many(server.base, number)) for number in range(1, STREAMS + 1)]
    over = asyncio.gather(*turns)
    health: list[float] = []
    while not over.done():
        looked = time.perf_counter()
        await _spoken(server.base, b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        health.append(time.perf_counter() - looked)
        highest = max(highest, _resident(server.pid))
        await asyncio.sleep(0.2)
    return Crowd(
        failed=Counter(failure for failure in await over if failure is not None),
        each=(highest - before) / STREAMS,
        seconds=time.monotonic() - began,
        health=health,
    )


async def _one_of_many(base: str, number: int) -> str | None:
    """Why one turn of a user of its own failed; None where it ended well. Bytes on a socket: the clients must cost next
    to nothing."""
    user, body = f"user-{number}", json.dumps({"message": MESSAGE}).encode()
    head = (
        f"POST /api/{user}/chat/stream HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n"
        f"authorization: {bearer(user)['Authorization']}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    try:
        return _failure(await _spoken(base, head.encode() + body))
    except OSError as error:
        return f"no connection: {error!r}"


def _failure(said: bytes) -> str | None:
    """Why a turn failed, by all that the server said: its status and problem, the error of the turn, or the event after
    which the stream was cut."""
    if b"event: turn_finished" in said and b"word49" in said:
        return None
    head, _, body = said.partition(b"\r\n\r\n")
    events = re.findall(rb"^event: (\w+)\ndata: (.*)$", body, re.MULTILINE)
    kind, last = events[-1] if events else (b"answer", body)
    with suppress(ValueError):
        told = json.loads(last)
        last = f"{told.get('code')}, {told.get('message', told.get('detail'))}".encode()
    status = head[9:12].decode() or "no answer"
    return f"{status}, {len(events)} events, then {kind.decode()}: {last[:120].decode('utf-8', 'replace')}"


async def _spoken(base: str, request: bytes) -> bytes:
    host, _, port = base.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
