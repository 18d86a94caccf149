"""Who holds a lease, and whether that process is gone."""

import socket
import subprocess
import sys

import pytest

from kirotodo.core.agent.owner import is_gone, this_process


def test_this_process_is_alive_and_named_once() -> None:
    assert not is_gone(this_process())
    assert this_process() != this_process()


def test_a_process_that_ended_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_gone(f"{socket.gethostname()}/{ended.pid}/00000000")


@pytest.mark.parametrize("owner", ["elsewhere/1/00000000", "nonsense", "", f"{socket.gethostname()}/x/y"])
def test_what_cannot_be_known_is_not_gone(owner: str) -> None:
    assert not is_gone(owner)
