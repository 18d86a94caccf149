"""What is peculiar to PostgreSQL's driver: how a connection is made, and the engines that make them."""

from functools import partial
from typing import Any, Final, Literal

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from kirotodo.core.store.postgres.address import Address
from kirotodo.core.store.postgres.connection import Connection

Pooler = Literal["none", "transaction"]
"""What stands before PostgreSQL: nothing, or a pooler that gives out its connections by the transaction."""

CONNECT_SECONDS: Final = 10.0
STATEMENT_SECONDS: Final = 30.0
"""What takes longer than this is lost: a server behind a dead network does not say so."""
WAIT_SECONDS: Final = 15.0
"""How long a transaction waits for a connection, or for its turn."""


def make_engine(address: Address, *, pool_size: int, pooler: Pooler) -> AsyncEngine:
    """The engine of a process. Behind a pooler nothing is prepared by name: the next transaction may meet another
    connection of the server."""
    options: dict[str, Any] = {"command_timeout": STATEMENT_SECONDS}
    prepared: dict[str, Any] = {}
    if pooler == "transaction":
        options["statement_cache_size"] = 0
        prepared = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": str}
    return create_async_engine(
        "postgresql+asyncpg://",
        connect_args={"async_creator_fn": partial(_connect_sparing, address, options), **prepared},
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=WAIT_SECONDS,
        # Every transaction is ended by `transaction_of`; a reset would be a round trip more for each.
        pool_reset_on_return=None,
        hide_parameters=True,
    )


def make_migration_engine(address: Address) -> AsyncEngine:
    """An engine whose connections are made when asked for and closed when let go of; a migration may take its time."""
    return create_async_engine(
        "postgresql+asyncpg://",
        connect_args={"async_creator_fn": partial(_connect, address, {})},
        poolclass=NullPool,
        hide_parameters=True,
    )


async def _connect(address: Address, options: dict[str, Any], **_: Any) -> Any:
    return await asyncpg.connect(address.dsn, timeout=CONNECT_SECONDS, **options)


async def _connect_sparing(address: Address, options: dict[str, Any], **_: Any) -> Any:
    connection = await _connect(address, {**options, "connection_class": Connection})
    connection.keeps_prepared = options.get("statement_cache_size") != 0
    return connection
