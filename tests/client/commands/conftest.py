"""The program of a person, on the list of their computer; the tests of the list's commands run over a server too."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.client.commands.command_runner import CommandRunner
from tests.client.commands.shared_server import SharedServer, shared_server
from tests.lists import list_at

OVER_BOTH: Final = {
    "test_ask",
    "test_transfer",
    *(f"test_{name}_commands" for name in ("list", "edit", "step")),
    "test_calendar_commands",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "program" in metafunc.fixturenames:
        both = metafunc.module.__name__.rpartition(".")[2] in OVER_BOTH
        only_local = metafunc.definition.get_closest_marker("local_list") is not None
        metafunc.parametrize("program", ["local", "remote"] if both and not only_local else ["local"], indirect=True)


@pytest.fixture(scope="session")
def server_of_all(tmp_path_factory: pytest.TempPathFactory, empty_list: Path) -> Iterator[SharedServer]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(empty_list, folder / "list.db")
    with shared_server(folder) as server:
        yield server


@pytest.fixture
def program(request: pytest.FixtureRequest, tmp_path: Path) -> CommandRunner:
    if request.param == "local":
        runner = CommandRunner(tmp_path / "home")
        list_at(runner.settings.data_dir / "kirotodo.db")
        return runner
    server: SharedServer = request.getfixturevalue("server_of_all")
    return server.program(tmp_path / "home")
