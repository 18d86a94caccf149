"""CalDAV as programs that others wrote use it: the caldav library, and vdirsyncer with todoman, over a real socket."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest

from kirotodo.server.app import create_app
from tests.lists import list_at
from tests.server.serving import NO_TLS, bearer, served_in_a_thread, settings_in

FOLDER: Final = Path(__file__).parents[2]
PROGRAMS: Final = FOLDER / ".venv-caldav" / "bin"
pytestmark = [
    pytest.mark.deploy,
    pytest.mark.skipif(not PROGRAMS.exists(), reason="the clients are not installed: make test-caldav"),
]


@dataclass(frozen=True, kw_only=True)
class Account:
    url: str
    password: str

    def titles(self) -> dict[str, bool]:
        """The tasks on the list, and whether each is done."""
        params = {"status": "all"}
        found = httpx2.get(f"{self.url}/api/1/tasks", headers=bearer("1"), params=params, verify=NO_TLS).json()
        return {task["title"]: task["completed_at"] is not None for task in found["items"]}


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    list_at(tmp_path / "list.db")
    with served_in_a_thread(create_app(settings_in(tmp_path))) as url:
        body = {"name": "phone", "scope": "calendar"}
        made = httpx2.post(f"{url}/api/1/tokens", headers=bearer("1"), json=body, verify=NO_TLS)
        yield Account(url=url, password=made.json()["token"])


def run(program: str, *args: str, **env: str) -> str:
    done = subprocess.run(
        [str(PROGRAMS / program), *args],
        env={"PATH": "/usr/bin:/bin", **env},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_caldav_library_does_everything(account: Account) -> None:
    script = str(Path(__file__).with_name("caldav_client.py"))
    found = json.loads(run("python", script, f"{account.url}/dav/", "1", account.password, "60"))
    assert found == {
        "calendars": 1,
        "uid": True,
        "edited": ["Oat milk", "kept"],
        "changed": 1,
        "parent": True,
        "open": [],  # the step was completed with its task
        "done": "COMPLETED",
        "searched": ["Oat milk"],
        "kept": 60,
        "left": 0,
    }


def test_vdirsyncer_and_todoman_keep_a_copy_in_step(account: Account, tmp_path: Path) -> None:
    config, todoman, items = tmp_path / "config", tmp_path / "todoman.py", tmp_path / "items"
    (items / "tasks").mkdir(parents=True)
    config.write_text(
        f'[general]\nstatus_path = "{tmp_path}/status/"\n'
        '[pair p]\na = "here"\nb = "there"\ncollections = ["tasks"]\nconflict_resolution = "b wins"\n'
        f'[storage here]\ntype = "filesystem"\npath = "{items}/"\nfileext = ".ics"\n'
        f'[storage there]\ntype = "caldav"\nurl = "{account.url}/dav/"\n'
        f'username = "1"\npassword = "{account.password}"\n'
    )
    todoman.write_text(f'path = "{items}/*"\ntime_format = "%H:%M"\ndate_format = "%Y-%m-%d"\ndefault_list = "tasks"\n')
    env = {"VDIRSYNCER_CONFIG": str(config), "TODOMAN_CONFIG": str(todoman), "HOME": str(tmp_path)}
    run("vdirsyncer", "discover", "p", **env)
    run("todo", "new", "--due", "2026-12-04 17:00", "--priority", "high", "Milk", **env)
    run("vdirsyncer", "sync", **env)
    assert account.titles() == {"Milk": False}
    httpx2.post(f"{account.url}/api/1/tasks", headers=bearer("1"), json={"title": "Bread"}, verify=NO_TLS)
    run("todo", "done", "1", **env)
    run("vdirsyncer", "sync", **env)
    assert account.titles() == {"Milk": True, "Bread": False}
    assert "Bread" in run("todo", "list", **env)
    httpx2.delete(f"{account.url}/api/1/tasks/2", headers=bearer("1"), verify=NO_TLS)
    run("vdirsyncer", "sync", **env)
    assert "Bread" not in run("todo", "list", **env)
    assert "Copying" not in run("vdirsyncer", "sync", **env)
