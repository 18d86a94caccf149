"""What Alembic runs: on the connection it was handed, or, from its command line, on the database of the settings."""

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

from kirotodo.core import env_file
from kirotodo.core.errors import ConfigError
from kirotodo.core.settings import DEFAULT, Settings
from kirotodo.core.store import tables
from kirotodo.core.store.postgres.address import address_of, is_postgres
from kirotodo.core.store.sqlite import driver


def run(connection: Connection) -> None:
    """Run the migrations over `connection`, in one transaction."""
    assert tables.users.metadata is SQLModel.metadata
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, include_name=in_every_database
    )
    with context.begin_transaction():
        context.run_migrations()


def in_every_database(name: str | None, kind: str, _: object) -> bool:
    """What `alembic check` compares with the rows."""
    return not (kind in {"table", "index"} and name is not None and name.startswith(("search_index", "search_words")))


def run_from_the_command_line() -> None:
    """Run the migrations on the database of the settings, for the `alembic` command."""
    url = configured()
    if is_postgres(url):
        asyncio.run(run_on_postgres(url))
        return
    path = driver.path_of(url)
    with driver.make_migration_engine(path).connect() as connection, connection.begin():
        run(connection)


def configured() -> str:
    """The database of the settings, those of `.env` in this folder among them. Exits where none is named."""
    try:
        settings = Settings.load(env_file=env_file.in_this_folder())
    except ConfigError as error:
        raise SystemExit(error.message) from None
    if settings.sources()["database_url"] == DEFAULT:
        raise SystemExit("Set DATABASE_URL to the database to migrate, such as sqlite:///kirotodo.db.")
    return settings.database_url


async def run_on_postgres(url: str) -> None:
    """Run the migrations over a connection that no pooler shares."""
    from kirotodo.core.store.postgres import schema

    async with schema.on_a_direct_connection(address_of(url)) as connection:
        await connection.run_sync(run)


given = context.config.attributes.get("connection")
if given is None:
    run_from_the_command_line()
else:
    run(given)
