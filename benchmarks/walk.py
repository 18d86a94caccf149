"""`python -m benchmarks.walk`: the files that a message passes, from the composer to the store and back.

A file counts if one of its functions is handed the text of the message, alone or inside of a value. The grammar
(`core/language`) is left out: how many files of it read a sentence depends on the sentence. So is what stands in for
`dataclasses`, which is no more to read than that.
"""

import argparse
import asyncio
import inspect
import os
import socket
import sys
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from benchmarks.local_backend import scratch, settings
from benchmarks.screen import until
from kirotodo.client.tui.app import KirotodoApp
from kirotodo.client.tui.entries import AnswerEntry
from kirotodo.client.tui.widgets.composer import Composer
from kirotodo.core.backend import Backend

CEILINGS: Final = {"local": 47, "remote": 56}
"""The most files on the way, in one process and over HTTP."""
MARK: Final = "zqxmilk"
MESSAGE: Final = f"add {MARK} tomorrow"
ROOT: Final = Path(__file__).resolve().parents[1] / "kirotodo"
LEFT_OUT: Final = ("core/language/", "core/lazy_dataclasses.py")
QUIET: Final = 10
"""So many rounds of the event loop's queues without a new file end the walk."""
DEPTH: Final = 3
WIDTH: Final = 50

Source = Callable[[], Awaitable[Backend]]


def holds(value: Any, depth: int = 0) -> bool:
    """Return whether the text of the message is in a value, looking into collections and the fields of values."""
    if isinstance(value, str):
        return MARK in value
    if isinstance(value, bytes | bytearray):
        return MARK.encode() in value
    if depth > DEPTH or isinstance(value, type):
        return False
    if isinstance(value, Mapping):
        return any(holds(each, depth + 1) for each in list(value.values())[:WIDTH])
    if isinstance(value, list | tuple | set | frozenset):
        return any(holds(each, depth + 1) for each in list(value)[:WIDTH])
    if is_dataclass(value):
        return any(holds(getattr(value, each.name, None), depth + 1) for each in fields(value))
    return any(holds(value.__dict__.get(name), depth + 1) for name in getattr(type(value), "model_fields", ()))


@dataclass
class Walk:
    """The functions that were handed the text, by file; call `start` and `stop` around the walk."""

    functions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def start(self) -> None:
        """Look at every call from now on, in this thread and in those that begin from now on."""
        threading.setprofile(self._called)
        sys.setprofile(self._called)

    def stop(self) -> None:
        """Look no more."""
        sys.setprofile(None)
        threading.setprofile(None)

    @property
    def files(self) -> list[str]:
        """Return the files, without the grammar's."""
        return sorted(name for name in self.functions if not name.startswith(LEFT_OUT))

    def _called(self, frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(f"{ROOT}{os.sep}"):
            return
        name = Path(code.co_filename).relative_to(ROOT).as_posix()
        if code.co_name in self.functions.get(name, ()):
            return
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
        given = (frame.f_locals.get(each) for each in code.co_varnames[:count] if each != "self")
        if any(map(holds, given)):
            self.functions[name].add(code.co_name)


async def walked(source: Source) -> Walk:
    """Write the message in the chat over this backend, and return the walk once the screen shows what came of it."""
    walk = Walk()
    app = KirotodoApp(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.chat.controller.loaded)
        chat = app.chat

        def shown() -> bool:
            answers = [entry for entry in chat.view.entries if isinstance(entry, AnswerEntry)]
            return any(entry.over for entry in answers) and any(MARK in task.title for task in chat.view.tasks.tasks)

        walk.start()
        chat.query_one(Composer).put(MESSAGE)
        await pilot.press("enter")
        await until(pilot, shown)
        known, quiet = 0, 0
        while quiet < QUIET:
            await pilot.pause(0.05)
            quiet = quiet + 1 if len(walk.functions) == known else 0
            known = len(walk.functions)
        walk.stop()
    return walk


async def local(folder: Path) -> Walk:
    """Return the walk in one process."""
    from kirotodo.core.local import LocalBackend

    return await walked(lambda: LocalBackend.open(settings(folder)))


async def remote(folder: Path) -> Walk:
    """Return the walk over HTTP, to a server on a port of its own."""
    from kirotodo.client.accounts.address import Address
    from kirotodo.client.accounts.client_accounts import ClientAccounts

    environment = {"KIROTODO_CREDENTIALS": "memory"}
    async with serving(folder) as url:
        accounts = ClientAccounts(config_folder=folder, state_folder=folder, timezone="UTC", environment=environment)
        address = Address.of(url)
        await accounts.sign_up(address, email="ada@example.com", password="a long enough pass phrase 7")
        return await walked(lambda: accounts.backend(address))


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[str]:
    """Serve the API in this process, and yield its address."""
    import uvicorn

    from kirotodo.server.app import create_app

    server = uvicorn.Server(uvicorn.Config(create_app(settings(folder)), log_level="warning"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # so that a request may come before the server is up
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.walk", description=__doc__)
    parser.add_argument("way", choices=CEILINGS, help="in one process, or over HTTP")
    way = parser.parse_args().way
    with scratch() as folder:
        walk = asyncio.run(local(folder) if way == "local" else remote(folder))
    print(f"{way}: {len(walk.files)} files, at most {CEILINGS[way]}")
    for name in walk.files:
        print(f"  kirotodo/{name}: {', '.join(sorted(walk.functions[name]))}")


if __name__ == "__main__":
    main()
