"""A driver that ends the program where its terminal is gone, as it is when a window is closed or tmux is killed."""

import contextlib
import select
import threading
from collections.abc import Callable
from typing import Any, Final, TextIO, cast

from textual.drivers.linux_driver import LinuxDriver

_GONE: Final = 0x0010 | 0x0008
"""POLLHUP and POLLERR, which are reported without being asked for."""


class LostOutput:
    """Writes to a terminal; once that fails, what is written goes nowhere and `lost` is called.

    Textual writes in a thread, behind a queue of thirty texts. An error would end the thread, and whoever writes the
    thirty-first text would wait for it for ever.
    """

    def __init__(self, file: TextIO, lost: Callable[[], object]) -> None:
        self._file = file
        self._lost = lost
        self._gone = False

    def _try(self, job: Callable[[], object]) -> None:
        if self._gone:
            return
        try:
            job()
        except (OSError, ValueError):  # the latter where the file is closed
            self._gone = True
            self._lost()

    def write(self, text: str) -> int:
        """Write a text, or drop it."""
        self._try(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush the file, or nothing."""
        self._try(self._file.flush)

    def fileno(self) -> int:
        """Return the descriptor of the terminal."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Return whether the file is a terminal."""
        return self._file.isatty()


class TerminalDriver(LinuxDriver):
    """Textual's driver for terminals, which goes on for ever without one: it reads the end of the file again and again,
    and a write that fails stops all others. SIGHUP comes only to the session that the terminal belonged to."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        terminal = LostOutput(cast(TextIO, self._file), self._hang_up)
        self._file = terminal  # type: ignore[assignment]  # the writer needs no other methods
        self._watched = False

    def start_application_mode(self) -> None:
        """Start, and watch whether the terminal stays."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if not self._watched:
            self._watched = True
            threading.Thread(target=self._watch, name="terminal-hangup", daemon=True).start()

    def _watch(self) -> None:
        """Wait, without a cost, until the terminal is gone."""
        poll = select.poll()
        poll.register(self.fileno, 0)
        with contextlib.suppress(OSError):
            if any(events & _GONE for _, events in poll.poll()):
                self._hang_up()

    def _hang_up(self) -> None:
        """End the program as SIGHUP does; called from threads."""
        self.exit_event.set()  # the thread that reads would find the end of the file over and over
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(cast(Any, self._app).leave)
