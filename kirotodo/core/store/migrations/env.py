"""What Alembic runs: on the connection it was handed, or, from its own command line, on the one of DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

from kirotodo.core.store import sqlite, tables


def run(connection: Connection) -> None:
    assert tables.users.metadata is SQLModel.metadata
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


def run_from_the_command_line() -> None:
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit("Set DATABASE_URL to the database to migrate, such as sqlite:///kirotodo.db.")
    path = sqlite.path_of(url)
    with sqlite.make_migration_engine(path).connect() as connection, connection.begin():
        run(connection)


given = context.config.attributes.get("connection")
if given is None:
    run_from_the_command_line()
else:
    run(given)
