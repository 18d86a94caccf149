"""For every test: no model service is configured, whatever the environment of the run says. And, for those that ask,
an empty database, on SQLite or on a real PostgreSQL."""

import asyncio
import gc
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import keyring
import pytest

from tests import postgres
from tests.examples import load_profile
from tests.keyrings import HangingKeyring, MemoryKeyring
from tests.lists import list_at
from tests.virtual_time import VirtualTimeLoop

TESTS: Final = Path(__file__).parent


def pytest_configure() -> None:
    postgres.name_the_run()
    load_profile()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while tests are collected: what is made then stays as long as the run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Let the garbage collector skip what lasts as long as the run, and look seldom: it took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests as their folder, their fixtures and their parameters say."""
    for item in items:
        folder = item.path.parent.relative_to(TESTS).as_posix()
        if folder == "end_to_end":
            item.add_marker("slow")
        if folder == "client/tui":
            item.add_marker("screen")
        if isinstance(item, pytest.Function) and _needs_postgres(item):
            item.add_marker("postgres")


def _needs_postgres(item: pytest.Function) -> bool:
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    named = {"postgres_server", "postgres_url", "bare_postgres_url"} & set(item.fixturenames)
    return bool(named) or any(isinstance(each, str) and each.startswith("postgres") for each in parameters)


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Return the kind of loop for a test; see `tests.virtual_time`."""
    mark = item.get_closest_marker("virtual_time")
    virtual = mark is not None and mark.args != (False,)
    return {"virtual": VirtualTimeLoop} if virtual else {"real": asyncio.new_event_loop}


@pytest.fixture(autouse=True)
def _no_real_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("OPENAI_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def empty_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without anything in it."""
    path = tmp_path_factory.mktemp("empty") / "list.db"
    list_at(path)
    return path


@pytest.fixture
def list_url(tmp_path: Path) -> str:
    """The address of a migrated and empty SQLite file of this test's own."""
    return list_at(tmp_path / "list.db")


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The address of the PostgreSQL of this run; see `tests.postgres`."""
    from kirotodo.core.store import maintenance

    return postgres.shared_server(maintenance.upgrade)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of this test's own on PostgreSQL, migrated and empty."""
    with postgres.new_database(postgres_server, template=postgres.TEMPLATE) as url:
        yield url


@pytest.fixture
def bare_postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of this test's own on PostgreSQL, without any table."""
    with postgres.new_database(postgres_server, template="template0") as url:
        yield url


@pytest.fixture
def restored_keyring() -> Iterator[None]:
    """Put back the keyring of before, whatever the test sets."""
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def memory_keyring(restored_keyring: None) -> MemoryKeyring:
    """An empty keyring in memory, in use."""
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    return backend


@pytest.fixture
def hanging_keyring(restored_keyring: None) -> Iterator[HangingKeyring]:
    """A keyring that answers only at the end of the test, in use."""
    backend = HangingKeyring()
    keyring.set_keyring(backend)
    yield backend
    backend.gate.set()
