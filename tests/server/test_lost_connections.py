"""Whatever the driver, the pool or the event loop call a connection to PostgreSQL that is gone or cannot be made: the
request that meets it is answered with a 503 that says so, never with a 500, and the next one finds the server well."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from socket import gaierror
from typing import Any, Final

import asyncpg
import httpx2
import pytest
from sqlalchemy import exc

from kirotodo.core.store.postgres.connection import Connection
from kirotodo.server.app import create_app
from tests.server.serving import served, settings_in
from tests.waiting import until

CLOSED: Final = "unable to perform operation on <TCPTransport closed=True reading=False>; the handler is closed"
WORDS: Final[tuple[BaseException, ...]] = (
    # What PostgreSQL says.
    asyncpg.InvalidPasswordError("password authentication failed"),
    asyncpg.InvalidAuthorizationSpecificationError("role is not permitted to log in"),
    asyncpg.InsufficientPrivilegeError("permission denied to set role"),
    asyncpg.UndefinedObjectError("role does not exist"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.AdminShutdownError("terminating connection due to administrator command"),
    asyncpg.CrashShutdownError("terminating connection because of crash"),
    asyncpg.IdleInTransactionSessionTimeoutError("terminating connection"),
    asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    asyncpg.QueryCanceledError("canceling statement due to user request"),
    asyncpg.InvalidCachedStatementError("cached plan must not change result type"),
    asyncpg.PostgresError("an error that has no state"),
    # What the driver says.
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.ConnectionFailureError("connection failed"),
    asyncpg.ConnectionRejectionError("connection rejected"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
    asyncpg.InternalClientError("got result for unknown protocol state 3"),
    asyncpg.ProtocolViolationError("unexpected message"),
    asyncpg.TargetServerAttributeNotMatched("no server is writable"),
    AttributeError("'NoneType' object has no attribute 'send'"),
    AssertionError(),
    # What the pool says.
    exc.TimeoutError("QueuePool limit reached"),
    exc.ResourceClosedError("This Connection is closed"),
    exc.PendingRollbackError("Can't reconnect until invalid transaction is rolled back."),
    exc.InvalidRequestError("This connection has already been invalidated."),
    exc.MissingGreenlet("greenlet_spawn has not been called"),
    exc.DisconnectionError("the connection is stale"),
    exc.OperationalError("SELECT 1", {}, asyncpg.ConnectionDoesNotExistError("connection was closed")),
    exc.InterfaceError("SELECT 1", {}, asyncpg.InterfaceError("connection is closed")),
    # What the system and the event loop say.
    ConnectionResetError(104, "Connection reset by peer"),
    ConnectionRefusedError(111, "Connection refused"),
    BrokenPipeError(32, "Broken pipe"),
    TimeoutError(),
    gaierror(-2, "Name or service not known"),
    ssl.SSLEOFError("EOF occurred in violation of protocol"),
    asyncio.IncompleteReadError(b"", 1),
    asyncio.InvalidStateError("invalid state"),
    RuntimeError(CLOSED),
)
STAYS: Final = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedObjectError,
    asyncpg.QueryCanceledError,
    asyncpg.InvalidCachedStatementError,
)
"""After these a connection is as good as before."""
WAITING: Final = """
SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE NOT granted AND datname = current_database()
"""
CODES: Final = {"storage_down", "storage_busy", "storage_error", "config_error"}


@dataclass
class Fault:
    """What is raised, once, by connections on their way; None for nothing."""

    place: str = ""
    error: BaseException | None = None
    met: list[str] = field(default_factory=list)

    async def meet(self, place: str, connection: Connection) -> None:
        """End the connection, as nearly all of these do, and say so in the error's words."""
        if self.error is not None and self.place == place:
            error, self.error = self.error, None
            self.met.append(place)
            if place == "connect" or not isinstance(error, STAYS):
                connection.terminate()
            raise error


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Fault:
    fault = Fault()
    begin, run, commit, connect = Connection.begin, Connection.run, Connection.commit, asyncpg.connect

    async def beginning(connection: Connection, script: str) -> None:
        if fault.place == "connect" and fault.error is not None:
            connection.terminate()  # so that another one has to be made
        await fault.meet("begin", connection)
        await begin(connection, script)

    async def running(connection: Connection, *words: Any) -> Any:
        await fault.meet("statement", connection)
        return await run(connection, *words)

    async def committing(connection: Connection) -> None:
        await fault.meet("commit", connection)
        await commit(connection)

    async def connecting(*words: Any, **options: Any) -> Any:
        connection = await connect(*words, **options)
        await fault.meet("connect", connection)
        return connection

    monkeypatch.setattr(Connection, "begin", beginning)
    monkeypatch.setattr(Connection, "run", running)
    monkeypatch.setattr(Connection, "commit", committing)
    monkeypatch.setattr(asyncpg, "connect", connecting)
    return fault


@pytest.fixture
async def api(tmp_path: Path, postgres_url: str, fault: Fault) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(settings_in(tmp_path, database_url=postgres_url, db_pool_size=2, model="built-in"))
    async with served(app) as server, server.client("1") as client:
        yield client


@pytest.mark.parametrize("place", ["connect", "begin", "statement", "commit"])
async def test_none_of_them_is_a_500(api: httpx2.AsyncClient, fault: Fault, place: str) -> None:
    assert (await api.post("/tasks", json={"title": "first"})).status_code == 201
    for error in WORDS:
        fault.place, fault.error, fault.met = place, error, []
        answer = await api.post("/tasks", json={"title": "milk"})
        assert fault.met == [place], error
        if answer.status_code != 201:  # begun anew on another connection, where nothing can be done twice
            assert (answer.status_code, answer.json()["code"] in CODES) == (503, True), (error, answer.text)
        assert (await api.post("/tasks", json={"title": "milk"})).status_code == 201, error


async def test_what_hangs_when_its_server_stops_is_answered(tmp_path: Path, postgres_url: str) -> None:
    app = create_app(settings_in(tmp_path, database_url=postgres_url, db_pool_size=2, model="built-in"))
    holder = await asyncpg.connect(postgres_url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(holder.close)
        async with served(app, hang_up_seconds=0) as server:
            api = await stack.enter_async_context(server.client("1"))
            assert (await api.get("/tasks")).status_code == 200
            await stack.enter_async_context(holder.transaction())
            await holder.execute("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE")
            hanging = asyncio.create_task(api.get("/tasks"))
            await until(lambda: holder.fetchval(WAITING))
        answer = await hanging
    assert (answer.status_code, answer.json()["code"]) == (503, "draining"), answer.text
