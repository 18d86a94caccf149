"""Who runs a turn: the name a process writes into a lease, and whether that process is still alive."""

import os
import socket
import uuid


def this_process() -> str:
    """A name no other process ever has: host, process id, and a random part against reuse of the id."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"


def is_gone(owner: str) -> bool:
    """Whether the process behind `owner` certainly runs no more; False where that cannot be known from here."""
    try:
        host, pid, _ = owner.rsplit("/", 2)
        if host != socket.gethostname():
            return False
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except (ValueError, PermissionError):
        return False
    return False
