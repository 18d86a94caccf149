"""`python -m benchmarks.page BIN FILE`: measure kirotodo beside its peers, whose programs are in BIN, and write FILE.

Everything of a table is measured in one run in which the programs take turns, in CPU time: what counts are ratios,
which a busy machine changes little. `make bench` calls it.
"""

import asyncio
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

import httpx2

from benchmarks import served
from benchmarks.figure import Figure, middle
from benchmarks.lists import LONG, SHORT, pages
from benchmarks.lists_postgres import pages_on_postgresql
from benchmarks.peers.commands import Command, prepare
from benchmarks.programs import first_paint, spent
from benchmarks.upstream import WORDS, upstream

ROUNDS: Final = 7
PEERS: Final = ("openai-agents", "sqlmodel", "todoman", "topydo")


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """What one thing took in each round, in seconds."""

    name: tuple[str, ...]
    seconds: tuple[float, ...]

    def cells(self, base: "Samples") -> tuple[str, ...]:
        """Its median, its spread, and its ratio to the median of another."""
        low, high = min(self.seconds), max(self.seconds)
        return (
            *self.name,
            f"{middle(self.seconds) * 1000:.0f} ms",
            f"{low * 1000:.0f}–{high * 1000:.0f}",
            f"{middle(self.seconds) / middle(base.seconds):.1f} ×",
        )


def main() -> None:
    """Measure, and write the page."""
    programs, page = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    parts = []
    for part in chain((_head(programs),), _commands(programs), _turns(programs), _lists()):
        print(part, end="\n\n", flush=True)
        parts.append(part)
    page.write_text("\n\n".join(parts) + "\n")
    print(f"Wrote {page}.")


def _head(programs: Path) -> str:
    versions = ", ".join(f"{name} {_version(programs, name)}" for name in PEERS)
    return f"""# Benchmarks

<!-- Written by `make bench`; change benchmarks/page.py instead. -->

Measured on {datetime.now(UTC):%-d %B %Y} on {_machine()}, with Python {platform.python_version()},
beside {versions}.

Figures are CPU time of whole processes, their children included: the median of {ROUNDS} runs, the smallest and the
largest, and the ratio to the first row. The programs take turns in one run, so that a busy machine slows all of them
alike. Compare ratios; milliseconds are those of this machine, whose load was {os.getloadavg()[0]:.0f} at the start.

To repeat it: `make bench` installs the peers into `.venv-bench` from `requirements/bench.txt` and writes this page
anew. `python -m benchmarks NAME` prints a single figure, and `python -m benchmarks --help` the names."""


def _version(programs: Path, name: str) -> str:
    (found,) = (programs.parent / "lib").glob(f"python*/site-packages/{name.replace('-', '_')}-*.dist-info")
    return found.name.removesuffix(".dist-info").rpartition("-")[2]


def _machine() -> str:
    told = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.+)", told)
    return f"{os.cpu_count()} cores of {model[1] if model else platform.machine()}, {platform.system()}"


# --- commands ---


def _commands(programs: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="kirotodo-bench-") as home:
        commands = prepare(home, programs)
        taken: dict[Command, list[float]] = {command: [] for command in commands}
        for number in range(ROUNDS + 1):
            for command in commands:
                seconds = spent(command.words, home)
                if number:  # the first run writes bytecode
                    taken[command].append(seconds)
    rows = [Samples(name=(each.program, each.does), seconds=tuple(seconds)) for each, seconds in taken.items()]
    yield "## Commands\n\nOne run of a program, with ten tasks and more in its list."
    yield _table(("program", "does", "CPU", "spread", "over bare Python"), (row.cells(rows[0]) for row in rows))
    paint, *_ = first_paint()
    yield f"The first frame of the chat takes {paint.value:.0f} ms."


# --- turns ---


def _turns(programs: Path) -> Iterator[str]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kirotodo-bench-")))
        folder.chmod(0o755)
        address = stack.enter_context(upstream(served.PACE))
        postgres = stack.enter_context(served.postgres_server(folder))
        bare = served.passthrough_server(stack, address)
        sqlite = served.kirotodo_server(stack, folder / "sqlite", address, "SQLite", f"sqlite:///{folder / 'list.db'}")
        pg = served.kirotodo_server(stack, folder / "pg", address, "PostgreSQL", postgres.url())
        pg.database_pid = int((folder / "server" / "data" / "postmaster.pid").read_text().split()[0])
        peer = _peer(stack, programs, address, folder / "peer.db")
        asyncio.run(served.measure((bare, sqlite, pg, peer)))
    named = (
        (bare, "pass-through of the same bytes, without a to-do list"),
        (sqlite, "kirotodo on SQLite"),
        (pg, "kirotodo on PostgreSQL"),
        (peer, "openai-agents and SQLModel on SQLite"),
    )
    rows = [Samples(name=(name,), seconds=tuple(server.spent)) for server, name in named]
    first = [f"{middle(served.later(bare, server)) * 1000:.0f} ms" for server, _ in named]
    yield f"""## Turns over HTTP

A message of each of {served.CLIENTS} clients at once, answered by a model that calls a tool and then says {WORDS}
words: CPU time of the server for one turn, and how much later than the pass-through the first word comes, by the clock:
the median of rounds in which they take turns. Other work on the machine makes it late. The reference server of
`benchmarks/peers/agents_server.py` stores tasks and messages, and has no accounts, undo or recovery."""
    cells = ((*row.cells(rows[0]), later) for row, later in zip(rows, first, strict=True))
    yield _table(("server", "CPU of a turn", "spread", "over pass-through", "first word later by"), cells)
    yield f"PostgreSQL itself takes {middle(pg.database) * 1000:.1f} ms of CPU for a turn."


def _peer(stack: ExitStack, programs: Path, address: str, file: Path) -> served.Measured:
    command = [str(programs / "python"), "-m", "benchmarks.peers.agents_server", address, str(file)]
    process = stack.enter_context(served.started(command, {}))
    base = f"http://127.0.0.1:{int(served.first_line(process))}"

    async def turn(client: httpx2.AsyncClient, number: int) -> float:
        return await served.first_text(client, f"{base}/users/user-{number}/chat", {}, b"event: text_delta")

    return served.Measured(name="agents", turn=turn, pid=process.pid, base=base)


# --- lists ---


def _lists() -> Iterator[str]:
    yield f"## Long lists\n\nWhat a page takes in a list of {LONG:,} tasks over what it takes in one of {SHORT}."
    sqlite, postgres = ({_page_of(each): each for each in figures} for figures in (pages(), pages_on_postgresql()))
    rows = ((name, *_grown(sqlite[name]), *_grown(postgres[name])) for name in sqlite)
    yield _table(("page", "SQLite", "", "PostgreSQL", ""), rows)


def _page_of(figure: Figure) -> str:
    return figure.what.removeprefix("PostgreSQL, ").partition(":")[0]


def _grown(figure: Figure) -> tuple[str, str]:
    return f"{figure.value:.1f} ×", figure.detail


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [tuple(head), ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
