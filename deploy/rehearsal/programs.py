"""Programs that a rehearsal starts: each with a log of its own, waited for until it is there, and ended at the end."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

PATIENCE: Final = 180.0
NOBODY: Final = 65534


def wait_until(reached: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {patience:.0f} s")
        time.sleep(0.05)


def free_port() -> int:
    """Return a port that nobody listens at, outside of those that the system gives to connections: one of these would
    be taken now and then before its program listens."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def folder_of(package: str, *parts: str) -> Path:
    """A folder inside an installed package, which need not be imported for it."""
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent.joinpath(*parts)


def as_nobody() -> dict[str, Any]:
    """Options of a subprocess that root must not run as root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


class Running:
    """A program that goes on."""

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], log: Path, folder: Path, **options: Any
    ) -> None:
        self.command = tuple(command)
        self.environment = dict(environment)
        self.log = log
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._options,
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, reached: Callable[[], object]) -> None:
        """Until it is there; what it said, where it ended before."""

        def there() -> object:
            if not self.lives:
                raise RuntimeError(f"{' '.join(self.command[:3])} ended: {self.output()[-500:]}")
            return reached()

        wait_until(there, f"{' '.join(self.command[:3])} starts")

    def kill(self) -> None:
        """As a machine that loses its power does."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self, patience: float = PATIENCE) -> int:
        """As Docker stops a container: SIGTERM first."""
        if self._process is None or self._process.poll() is not None:
            return 0 if self._process is None else self._process.wait()
        self._process.terminate()
        try:
            return self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def ran(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    piped: str | None = None,
    may_fail: bool = False,
    **options: Any,
) -> "subprocess.CompletedProcess[str]":
    """A program that ran to its end."""
    done = subprocess.run(
        command,
        env=dict(environment),
        cwd=folder,
        input=piped,
        stdin=subprocess.DEVNULL if piped is None else None,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        **options,
    )
    if done.returncode and not may_fail:
        raise RuntimeError(f"{' '.join(command[:4])} …: {(done.stdout + done.stderr)[-600:]}")
    return done


@contextlib.contextmanager
def ended_at_last(programs: list[Running]) -> Iterator[None]:
    """Everything that was started is gone at the end, the last first."""
    try:
        yield
    finally:
        for program in reversed(programs):
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.stop(10)
            program.kill()
