"""The same pages on PostgreSQL: the CPU that they take, that of the server included, must not grow with the list."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure, middle
from benchmarks.lists import LONG, PAGES, ROUNDS, SEVERAL, SHORT, draft, furnish, grown
from benchmarks.local_backend import settings
from benchmarks.moment import clock, settled
from kirotodo.core.local import LocalBackend
from kirotodo.core.store import maintenance
from tests.postgres import Server, ask

SEED: Final = 1_000
COPIED: Final = {"tasks": "id", "task_tags": "task_id", "search_documents": "ref", "search_words": "ref"}
"""What a list is made longer by, and the column that holds the task's number."""


def pages_on_postgresql() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="kirotodo-bench-") as place:
        folder = Path(place)
        folder.chmod(0o755)
        server = Server(folder / "server")
        server.make()
        server.start()
        try:
            short, long = asyncio.run(_both(server, folder))
        finally:
            server.stop()
    yield from grown(short, long, where="PostgreSQL, ", measure="CPU")


async def _both(server: Server, folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    for name in ("short", "long"):
        await asyncio.to_thread(ask, server.url(), f"CREATE DATABASE {name}")
        await asyncio.to_thread(maintenance.upgrade, server.url(name))
    few = await _opened(server.url("short"), folder)
    many = await _opened(server.url("long"), folder)
    await few.import_tasks([draft(number) for number in range(SHORT)])
    await many.import_tasks([draft(number) for number in range(SEED)])
    await asyncio.to_thread(_copy, server.url("long"))
    await furnish(few)
    await furnish(many)
    settled()
    spent: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for name, page in (PAGES | SEVERAL).items():
        samples: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for taken, backend in zip(samples, (few, many), strict=True):
                before = time.process_time() + _cpu(server)
                await page(backend)
                taken.append(time.process_time() + _cpu(server) - before)
        spent[0][name], spent[1][name] = map(middle, samples)
    await few.aclose()
    await many.aclose()
    return spent


def _cpu(server: Server) -> float:
    """CPU seconds of the processes of a server of PostgreSQL, to the nanosecond."""
    postmaster = (server.folder / "data" / "postmaster.pid").read_text().split()[0]
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return sum(int(Path(f"/proc/{child}/schedstat").read_text().split()[0]) for child in children) / 1e9


async def _opened(url: str, folder: Path) -> LocalBackend:
    return await LocalBackend.open(settings(folder).replaced(database_url=url), clock=clock)


def _copy(url: str) -> None:
    """Make the list as long as it is to be, with the rare word in one task alone."""
    for table, number in COPIED.items():
        columns = ask(
            url,
            "SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns "
            f"WHERE table_name = '{table}' AND NOT (table_name = 'search_documents' AND column_name = 'id')",
        ).split(", ")
        values = [f"{name} + n * {SEED}" if name == number else name for name in columns]
        rare = " AND word <> 'needle'" if table == "search_words" else ""
        ask(
            url,
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "
            f"FROM {table}, generate_series(1, {LONG // SEED - 1}) AS n WHERE true{rare}",
        )
    ask(
        url,
        f"UPDATE users SET pending_count = pending_count * {LONG // SEED}, "
        f"completed_count = completed_count * {LONG // SEED}, last_task_id = {LONG}",
        "VACUUM ANALYZE",
    )
