"""The SQL of docs/deployment.md for a database elsewhere, run by a master that is no superuser, as those of RDS are."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from kirotodo.core.store import maintenance
from kirotodo.core.store.database import Database
from tests.core.store.conftest import Clock
from tests.deploy.tools import read
from tests.postgres import Server, as_user, ask, database_in

WRITTEN: Final = r"as `postgres`, which is no superuser there: `(CREATE ROLE kirotodo LOGIN [^`]+)`"


@pytest.fixture
def master() -> Iterator[str]:
    """The address of a server's database for a role that may make roles and databases, and nothing more."""
    with tempfile.TemporaryDirectory(prefix="kirotodo-roles-") as place:
        Path(place).chmod(0o755)
        server = Server(Path(place) / "server")
        server.make()
        server.start()
        try:
            ask(server.url(), "CREATE ROLE master LOGIN CREATEDB CREATEROLE")
            yield server.url(user="master")
        finally:
            server.stop()


@pytest.mark.slow
async def test_a_master_without_superuser_makes_what_the_servers_need(
    master: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = re.search(WRITTEN, read("docs/deployment.md"))
    assert found is not None
    statements = [each.strip() for each in found[1].replace("…", "secret").split(";") if each.strip()]
    ask(master, *statements)
    url = as_user(database_in(master, "kirotodo"), "kirotodo", "secret")
    maintenance.upgrade(url)
    database = await Database.open(url, clock=Clock(), migrate=False)
    await database.aclose()
    assert "row-level security does not hold" not in caplog.text
    assert ask(url, "SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity") > 10
