"""What is peculiar to PostgreSQL's driver: how a connection is made, and the engines that make them."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from kirotodo.core.errors import ConfigError
from kirotodo.core.store.postgres.connection import Connection

SCHEMES: Final = frozenset({"postgres", "postgresql", "postgresql+asyncpg"})
_NOT_FOR_THE_SERVER: Final = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "pgbouncer",
        "require_auth",
        "sslcompression",
        "sslsni",
        "tcp_user_timeout",
    }
)
"""What other drivers take and ours does not: it would hand them to the server, which refuses what it does not know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """`dsn` is what the driver takes, with the password; `place` names the database where people may read it."""

    dsn: str = field(repr=False)
    place: str


def is_postgres(url: str) -> bool:
    """Return whether a database URL names PostgreSQL."""
    return url.partition("://")[0].lower() in SCHEMES


def address_of(url: str) -> Address:
    """Raises `ConfigError`, which never repeats the address: it holds a password."""
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        place = _place(parts, dict(query))
    except ValueError:
        raise ConfigError(
            "DATABASE_URL isn't a valid address. Use postgresql://user:password@host:5432/database, "
            "with special characters in the password escaped, such as %40 for @."
        ) from None
    kept = [("sslmode" if name == "ssl" else name, value) for name, value in query if name not in _NOT_FOR_THE_SERVER]
    dsn = urlunsplit(parts._replace(scheme="postgresql", query=urlencode(kept, quote_via=quote, safe="/")))
    return Address(dsn=dsn if parts.netloc else dsn.replace("postgresql:/", "postgresql:///", 1), place=place)


def _place(parts: SplitResult, query: dict[str, str]) -> str:
    host = parts.hostname or query.get("host") or "localhost"
    port = f":{parts.port}" if parts.port else ""
    name = unquote(parts.path.removeprefix("/")) or query.get("dbname") or parts.username or "postgres"
    return f"the database {name} at {host}{port}"


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
