"""Row-level security on PostgreSQL. That it isolates users on its own is shown in `test_isolation`; here, whom it holds
for, and that no table is left out."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.errors import StorageError
from kirotodo.core.store import maintenance
from kirotodo.core.store.database import Database
from tests.core.store.conftest import ANN, BOB, Clock
from tests.postgres import as_user, ask, database_in

TABLES = {*SQLModel.metadata.tables, "search_words"}


@pytest.fixture
def plain_url(postgres_server: str) -> Iterator[str]:
    """A database whose owner may make no roles and has none but its own."""
    name = f"plain_{uuid4().hex[:12]}"
    ask(
        postgres_server,
        f"CREATE ROLE {name} LOGIN PASSWORD 'plain'",
        f"GRANT {name} TO CURRENT_USER",
        f"CREATE DATABASE {name} OWNER {name}",
    )
    yield as_user(database_in(postgres_server, name), name, "plain")
    ask(postgres_server, f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {name}")


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_table_has_its_policies(postgres_url: str, table: str) -> None:
    of_table = f"FROM pg_class WHERE oid = '{table}'::regclass"
    assert ask(postgres_url, f"SELECT relrowsecurity AND relforcerowsecurity {of_table}")
    policies = f"SELECT string_agg(policyname, ' ' ORDER BY policyname) FROM pg_policies WHERE tablename = '{table}'"
    assert ask(postgres_url, policies) == "operator own_rows"
    rights = f"has_table_privilege('kirotodo_app', '{table}', 'SELECT, INSERT, UPDATE, DELETE')"
    assert ask(postgres_url, f"SELECT {rights}")


async def _of_both(database: Database) -> None:
    for user in (ANN, BOB):
        async with database.begin(user) as store:
            await store.tasks.add(TaskDraft(title=f"{user}'s"))


async def _titles(store: Any, statement: str = "SELECT title FROM tasks ORDER BY title") -> list[str]:
    return [row[0] for row in await store._scope.connection.execute(text(statement))]


@pytest.mark.parametrize("owner", ["postgres_url", "plain_url"])
async def test_a_transaction_sees_its_users_rows_alone(owner: str, request: pytest.FixtureRequest) -> None:
    database = await Database.open(request.getfixturevalue(owner), clock=Clock())
    await _of_both(database)
    async with database.begin(ANN) as store:
        assert await _titles(store) == ["ann's"]
        assert await _titles(store, "UPDATE tasks SET title = 'x' RETURNING user_id") == [ANN]
        assert await _titles(store, "DELETE FROM search_documents RETURNING user_id") == [ANN]
    async with database.begin(BOB) as store:
        assert await _titles(store) == ["bob's"]
    with pytest.raises(StorageError, match="isn't allowed to do this"):
        async with database.begin(BOB) as store:
            await _titles(store, "INSERT INTO task_tags VALUES ('ann', 1, 0, 'x', 'x') RETURNING tag")
    async with database._engine.operate() as connection:
        assert len((await connection.execute(text("SELECT 1 FROM tasks"))).all()) == 2
    await database.aclose()


async def test_nobody_is_nobody(postgres_url: str) -> None:
    database = await Database.open(postgres_url, clock=Clock())
    await _of_both(database)
    for nobody in ("", "ann' OR true --", "kirotodo_app"):
        async with database.read(nobody) as store:
            assert await _titles(store) == []
    await database.aclose()


async def test_migrations_and_checks_see_everybodys_rows(plain_url: str) -> None:
    database = await Database.open(plain_url, clock=Clock())
    await _of_both(database)
    await database.aclose()
    assert maintenance.check(plain_url).counts["tasks"] == 2
    maintenance.downgrade(plain_url, "0004")
    maintenance.upgrade(plain_url)
    words = "SELECT count(*) FROM search_words"  # of each title: ann's, ann and s
    assert ask(plain_url, "SELECT set_config('app.operator', 'on', false)", words) == 6


async def test_a_user_that_row_security_does_not_hold_for_is_told_of(
    postgres_server: str, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    if not ask(postgres_server, "SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("the user of the tests may not make one that row-level security does not hold for")
    name = f"mighty_{uuid4().hex[:12]}"
    ask(
        postgres_url,
        f"CREATE ROLE {name} LOGIN PASSWORD 'mighty' BYPASSRLS",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}",
    )
    database = await Database.open(as_user(postgres_url, name, "mighty"), clock=Clock(), migrate=False)
    await database.aclose()
    assert "grant kirotodo_app to it" in caplog.text
    ask(postgres_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")
