"""One visitor of the browser front end: a process of the terminal client, with a folder and an environment of its own.

textual-serve speaks with the process. Here is what it leaves open: what the process is given to know, how large it may
become, and that it is gone when the visitor is.
"""

import asyncio
import logging
import os
import resource
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

logger = logging.getLogger(__name__)

WIDTHS: Final = range(20, 501)
HEIGHTS: Final = range(6, 301)
MEMORY_MAX: Final = 1024**3
FILE_MAX: Final = 16 * 1024**2
OPEN_FILES_MAX: Final = 256
PATIENCE_SECONDS: Final = 5.0
"""How long a process has to end by itself."""


class Visitor(AppService):
    """A visitor's process; `stop` ends it whatever state it is in, and takes its folder away."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        socket: web.WebSocketResponse,
        downloads: DownloadManager,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(
            "",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=socket.close,  # type: ignore[arg-type]  # that it was closed is no news to the process
            download_manager=downloads,
        )
        self._words = tuple(command)
        self._typed = asyncio.Event()
        self._given = dict(environment)
        self._folder = tempfile.TemporaryDirectory(prefix="kirotodo-visitor-", ignore_cleanup_errors=True)

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        """What the process may know: nothing of this one's own environment but what makes programs run."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "SSL_CERT_FILE") if name in os.environ}
        home = self._folder.name
        return {
            "LANG": "C.UTF-8",
            **kept,
            "HOME": home,
            "TMPDIR": home,
            "KIROTODO_HOME": home,
            "PYTHONDONTWRITEBYTECODE": "1",
            "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
            "TEXTUAL_FPS": "30",
            "TEXTUAL_COLOR_SYSTEM": "truecolor",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "COLUMNS": str(within(width, WIDTHS)),
            "ROWS": str(within(height, HEIGHTS)),
            **self._given,
        }

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=self._build_environment(width, height),
            cwd=self._folder.name,
            start_new_session=True,
        )
        _limit(process.pid)
        # A crash tells what was on the screen, which is nobody else's business: it is not read here.
        process.stderr = asyncio.StreamReader()
        process.stderr.feed_eof()
        self._process, self._stdin = process, process.stdin
        return process

    async def send_bytes(self, data: bytes) -> bool:
        """Pass on what the visitor typed."""
        self._typed.set()
        return await super().send_bytes(data)

    async def typed_within(self, seconds: float) -> bool:
        """Wait for the visitor's first key press or click. Return False where there is none in time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._typed.wait(), seconds)
        return self._typed.is_set()

    async def set_terminal_size(self, width: int, height: int) -> None:
        """Resize the terminal, within bounds."""
        await super().set_terminal_size(within(width, WIDTHS), within(height, HEIGHTS))

    async def stop(self) -> None:
        """End the process and delete its folder."""
        process, self._process = self._process, None
        if process is not None:
            await self._download_manager.cancel_app_downloads(app_service_id=self.app_service_id)
            await self._end(process)
        if self._task is not None:
            task, self._task = self._task, None
            await asyncio.gather(task, return_exceptions=True)
        self._folder.cleanup()

    async def _end(self, process: Process) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.send_meta({"type": "quit"})
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if process.returncode:
            logger.warning("a visitor's process ended with %s", process.returncode)


def within(value: int, bounds: range) -> int:
    """Return the value, or the bound that it exceeds."""
    return min(max(int(value), bounds.start), bounds.stop - 1)


def _limit(pid: int) -> None:
    """One visitor cannot take the machine from the others."""
    with suppress(ProcessLookupError, AttributeError):  # it is over already; not Linux
        resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (FILE_MAX, FILE_MAX))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (OPEN_FILES_MAX, OPEN_FILES_MAX))
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
