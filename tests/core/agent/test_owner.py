"""Who holds a lease, and whether that process is gone."""

import socket
import subprocess
import sys

import pytest

from kirotodo.core.agent.owner import is_gone, name_of, this_process


def test_this_process_is_alive_and_named_once() -> None:
    assert not is_gone(this_process())
    assert this_process() != this_process()


def test_a_process_that_ended_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    name = name_of(ended.pid)
    assert is_gone(name)
    host, where, pid, rest = name.rsplit("/", 3)
    assert not is_gone(f"{host}/{where}0/{pid}/{rest}"), "one of another machine, or of another container"
    assert not is_gone(f"{host}x/{where}/{pid}/{rest}")


@pytest.mark.parametrize("owner", ["elsewhere/1/00000000", "nonsense", "", f"{socket.gethostname()}/x/y"])
def test_what_cannot_be_known_is_not_gone(owner: str) -> None:
    assert not is_gone(owner)
