"""Which shape a PostgreSQL database has, and bringing it to another: one process at a time, however many start at once.

A database of a newer release is not refused: migrations only add, so that while a release is rolled out the servers of
the one before go on.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from kirotodo.core.errors import StorageTooNew
from kirotodo.core.store.postgres import errors
from kirotodo.core.store.postgres.address import Address
from kirotodo.core.store.postgres.driver import make_migration_engine
from kirotodo.core.store.revisions import HEAD, REVISIONS, alembic_config, is_there

_LOCK: Final = int.from_bytes(b"kirotodo")
"""The key of the lock that whoever migrates holds for the whole of it."""
# A lock of the session: it is waited for before the migration's transaction begins.
_BEGIN: Final = text("SELECT pg_advisory_lock(:key), set_config('app.operator', 'on', false)")


async def revision_of(connection: AsyncConnection) -> str | None:
    """None where nothing of ours is there yet."""
    there = await connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    return await connection.scalar(text("SELECT version_num FROM alembic_version")) if there else None


def refuse_older(revision: str | None, place: str) -> None:
    """Raise `StorageBehind` where the tables are missing or of an older release."""
    if revision is None:
        raise errors.behind(place, "the database has no tables yet")
    if revision in REVISIONS and revision != HEAD:
        raise errors.behind(place, "the database is from an older release")


async def move(address: Address, revision: str, *, down: bool) -> str | None:
    """Bring the database up or down to `revision`; the revision it has then.

    Where it is there or further already, nothing happens. Raises `StorageTooNew` where a newer release was here.
    """
    async with on_a_direct_connection(address) as connection:
        now = await revision_of(connection)
        if now is not None and now not in REVISIONS:
            raise StorageTooNew(f"A newer kirotodo migrated {address.place}. Update this one to migrate it.")
        if is_there(now, revision, down=down):
            return now
        await connection.run_sync(_migrate, revision, down)
    return None if revision == "base" else revision


@asynccontextmanager
async def on_a_direct_connection(address: Address) -> AsyncIterator[AsyncConnection]:
    """A connection of its own in a transaction, which nobody else who migrates has at the same time. The lock belongs
    to the connection and not to the transaction, so this must not go through a pooler. It sees every user's rows."""
    with errors.translate_errors(address.place):
        async with make_migration_engine(address).connect() as connection:
            await connection.execute(_BEGIN, {"key": _LOCK})
            await connection.commit()
            async with connection.begin():
                yield connection


def _migrate(connection: Connection, revision: str, down: bool) -> None:
    from alembic import command

    (command.downgrade if down else command.upgrade)(alembic_config(connection), revision)
