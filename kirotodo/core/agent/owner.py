"""Names of processes, by which a turn says who owns it, and whether the process behind a name still runs."""

import os
import socket
import sys
import uuid
from functools import cache
from pathlib import Path


def this_process() -> str:
    """Return a name no other process ever has: see `name_of`."""
    return name_of(os.getpid())


def name_of(pid: int) -> str:
    """Return a name for a process of this machine: host, boot and process ids, and a random part against reuse."""
    return f"{socket.gethostname()}/{_where()}/{pid}/{uuid.uuid4().hex[:8]}"


def is_gone(owner: str) -> bool:
    """Return whether the process behind `owner` certainly runs no more; False where that cannot be known from here:
    machines may share a host name, and containers of one machine do not see each other's processes."""
    if sys.platform == "win32":
        return False  # no signal there only asks
    try:
        host, where, pid, _ = owner.rsplit("/", 3)
        if (host, where) != (socket.gethostname(), _where()):
            return False
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except (ValueError, PermissionError):
        return False
    return False


@cache
def _where() -> str:
    """Return what tells this machine since it was started, and the processes seen from here, from all others."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{uuid.getnode():x}"
