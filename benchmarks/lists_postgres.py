"""The same pages on PostgreSQL: what they take, server and all, must not grow with the list either.

Time on the clock, since the work is done in another process: the best of several rounds.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure
from benchmarks.lists import LONG, PAGES, ROUNDS, SHORT, draft, grown
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
    yield from grown(short, long, where="PostgreSQL, ", measure="time")


async def _both(server: Server, folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    for name in ("short", "long"):
        await asyncio.to_thread(ask, server.url(), f"CREATE DATABASE {name}")
        await asyncio.to_thread(maintenance.upgrade, server.url(name))
    few = await _opened(server.url("short"), folder)
    many = await _opened(server.url("long"), folder)
    await few.import_tasks([draft(number) for number in range(SHORT)])
    await many.import_tasks([draft(number) for number in range(SEED)])
    await asyncio.to_thread(_copy, server.url("long"))
    settled()
    best: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for name, page in PAGES.items():
        for _ in range(ROUNDS):
            for times, backend in zip(best, (few, many), strict=True):
                begun = time.perf_counter()
                await page(backend)
                times[name] = min(times.get(name, 60.0), time.perf_counter() - begun)
    await few.aclose()
    await many.aclose()
    return best


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
