"""Whole runs of the installed program, in CPU time of its process."""

import asyncio
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.figure import Figure, middle
from benchmarks.local_backend import fill

KIROTODO: Final = str(Path(sys.executable).with_name("kirotodo"))
RUNS: Final = 9
FRAME: Final = b"ctrl+j"
"""In the first whole frame, below the composer."""
PATIENCE: Final = 30.0


COMPLETION: Final = "do<TAB>"
"""What the shell runs when somebody presses the tab key behind `kirotodo do`."""
COMPLETING: Final = {"_KIROTODO_COMPLETE": "bash_complete", "COMP_WORDS": "kirotodo do", "COMP_CWORD": "1"}
BARE: Final = (sys.executable, "-c", "pass")
COMMANDS: Final = {
    "--version": (("--version",), 2.5),
    COMPLETION: ((), 2.5),
    "list": (("list",), 12),
    "show": (("show", "1"), 12),
    "add": (("add", "pay rent tomorrow at 5pm"), 12),
    "done": (("done", "2"), 12),
    "ask": (("ask", "what is due today?"), 25),
}
"""Commands with their arguments, and how many times a bare Python each may take."""


def commands() -> Iterator[Figure]:
    """Each command beside a bare Python, one after the other, so that what else the machine does is in both."""
    spent_on: dict[str, list[float]] = {name: [] for name in COMMANDS}
    spent_on_bare = []
    with TemporaryDirectory() as home:
        for _ in range(2):
            spent([KIROTODO, "add", "buy groceries"], home)
        for _ in range(RUNS):
            spent_on_bare.append(spent(BARE, home))
            for name, (arguments, _) in COMMANDS.items():
                more = COMPLETING if name == COMPLETION else {}
                spent_on[name].append(spent([KIROTODO, *arguments], home, more))
    bare = middle(spent_on_bare)
    yield Figure(what="bare Python, CPU", value=bare * 1000, unit="ms")
    for name, (_, limit) in COMMANDS.items():
        value = middle(spent_on[name])
        yield Figure(what=f"kirotodo {name}, CPU", value=value * 1000, unit="ms")
        yield Figure(what="  in bare Pythons", value=value / bare, unit="×", limit=limit, digits=1)


def ask() -> Iterator[Figure]:
    command = [KIROTODO, "ask", "add milk tomorrow at 5pm"]
    spent_on_first = []
    for _ in range(3):
        with TemporaryDirectory() as home:
            spent_on_first.append(spent(command, home))
    with TemporaryDirectory() as home:
        spent(command, home)
        value = middle(spent(command, home) for _ in range(RUNS))
    yield Figure(what="kirotodo ask, one turn offline, CPU", value=value * 1000, unit="ms", limit=500)
    yield Figure(what="  the very first one, which makes the database", value=middle(spent_on_first) * 1000, unit="ms")


def first_paint() -> Iterator[Figure]:
    with TemporaryDirectory() as home:
        spent([KIROTODO, "add", "buy groceries"], home)
        spent_until_frame(home)
        value = middle(spent_until_frame(home) for _ in range(RUNS))
        asyncio.run(fill(Path(home), tasks=10_000, messages=5_000))
        spent_until_frame(home)
        with_much = middle(spent_until_frame(home) for _ in range(RUNS))
        bare = middle(spent(BARE, home) for _ in range(RUNS))
    yield Figure(what="kirotodo chat, first paint, CPU", value=value * 1000, unit="ms", limit=500)
    yield Figure(what="  in bare Pythons", value=value / bare, unit="×", digits=1)
    what = "  with 10,000 tasks and 5,000 messages over that"
    yield Figure(what=what, value=with_much / value, unit="×", limit=1.2, digits=2)


def environment_of(home: str) -> Mapping[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": home, "KIROTODO_HOME": home, "TZ": "Europe/Vienna", "LANG": "C.UTF-8"}


def spent(command: Sequence[str], home: str, more: Mapping[str, str] | None = None) -> float:
    """CPU seconds that one run of `command` takes, children included; `more` is added to its environment."""
    process = subprocess.Popen(
        command,
        env={**environment_of(home), **(more or {})},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def spent_until_frame(home: str) -> float:
    """CPU seconds of the chat from the start of its process until its first frame stands on a terminal of 120×36."""
    pid, screen = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        os.chdir(home)
        os.execve(KIROTODO, [KIROTODO, "chat"], {**environment_of(home), "TERM": "xterm-256color"})
    try:
        _read_until(screen, FRAME)
        return time.clock_gettime(_cpu_clock(pid))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(screen)


def _cpu_clock(pid: int) -> int:
    """Linux's clock of the CPU time of another process, exact to nanoseconds, unlike what /proc tells."""
    return (~pid << 3) | 2


def _read_until(screen: int, wanted: bytes) -> None:
    written = b""
    deadline = time.monotonic() + PATIENCE
    while wanted not in written:
        ready, _, _ = select.select([screen], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            raise SystemExit(f"the chat showed no {wanted.decode()!r} in {PATIENCE:.0f} s; it wrote {written[-500:]!r}")
        written += os.read(screen, 65_536)
