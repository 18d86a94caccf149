"""The terminal goes away, as when a window is closed or tmux is killed: the program ends and keeps what was typed."""

import os
import pty
import select
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast

import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from kirotodo.client.tui.terminal_driver import LostOutput
from tests.end_to_end.installed_program import KIROTODO, PATIENCE, InstalledProgram

READY = b"send"


@contextmanager
def a_chat_on_a_pty(program: InstalledProgram) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The chat on a terminal that is not its session's, so that no SIGHUP tells it that the terminal is gone."""
    master, slave = pty.openpty()
    environment = {**program.environment, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    process = subprocess.Popen(
        [str(KIROTODO)], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    )
    os.close(slave)
    try:
        yield process, master
    finally:
        process.kill()
        process.wait()
        with suppress(OSError):
            os.close(master)


def read_until(master: int, holds: Callable[[bytes], bool]) -> bytes:
    found, deadline = b"", time.monotonic() + PATIENCE
    while not holds(found):
        assert time.monotonic() < deadline, found[-2000:]
        if select.select([master], [], [], 0.1)[0]:
            found += os.read(master, 65536)
    return found


def drafts_of(program: InstalledProgram) -> list[str]:
    return list(program.remembered().get("drafts", {}).values())


@pytest.mark.terminal
@pytest.mark.slow
def test_a_terminal_that_is_gone_ends_the_program_and_keeps_the_draft(program: InstalledProgram) -> None:
    with a_chat_on_a_pty(program) as (process, master):
        read_until(master, lambda found: READY in found)
        os.write(master, b"hmm")
        read_until(master, lambda _: "hmm" in drafts_of(program))
        os.close(master)
        process.wait(timeout=PATIENCE)
    assert drafts_of(program) == ["hmm"]


def test_writing_to_a_terminal_that_is_gone_never_waits() -> None:
    """Textual's writer holds thirty texts; behind an error it would hold up whoever writes the next one."""
    reading, writing = os.pipe()
    os.close(reading)
    calls: list[str] = []
    with suppress(BrokenPipeError), os.fdopen(writing, "w", encoding="utf-8") as file:
        writer = WriterThread(cast(TextIO, LostOutput(cast(TextIO, file), lambda: calls.append("lost"))))
        writer.start()

        def write_all() -> None:
            for _ in range(3 * MAX_QUEUED_WRITES):
                writer.write("x" * 10_000)
            writer.stop()

        other = threading.Thread(target=write_all, daemon=True)
        other.start()
        other.join(timeout=PATIENCE)
        assert not other.is_alive()
    assert calls == ["lost"]
