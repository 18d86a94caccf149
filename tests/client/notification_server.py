"""A message bus of its own, with a recorder in the place of the desktop's server of notifications."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jeepney import DBusAddress, HeaderFields, Message, MessageType, message_bus, new_method_return, new_signal
from jeepney.io.asyncio import DBusConnection, open_dbus_connection

NAME: Final = "org.freedesktop.Notifications"
OBJECT: Final = DBusAddress("/org/freedesktop/Notifications", bus_name=NAME, interface=NAME)


@dataclass(kw_only=True)
class Recorder:
    """What it was asked to show. `capabilities` are what it says it can do."""

    connection: DBusConnection
    capabilities: list[str] = field(default_factory=lambda: ["body", "body-markup", "actions"])
    shown: list[dict[str, Any]] = field(default_factory=list)

    async def serve(self) -> None:
        while True:
            message = await self.connection.receive()
            if message.header.message_type is MessageType.method_call:
                await self._answer(message)

    async def _answer(self, message: Message) -> None:
        if message.header.fields[HeaderFields.member] == "GetCapabilities":
            await self.connection.send(new_method_return(message, "as", (self.capabilities,)))
            return
        app, _, _, title, body, actions, hints, _ = message.body
        self.shown.append({"app": app, "title": title, "body": body, "actions": actions, "hints": hints})
        await self.connection.send(new_method_return(message, "u", (len(self.shown),)))

    async def press(self, shown: int, action: str) -> None:
        """Choose an action of a notification, as its user would."""
        await self.connection.send(new_signal(OBJECT, "ActionInvoked", "us", (shown, action)))


@asynccontextmanager
async def message_bus_at(folder: Path) -> AsyncIterator[str]:
    """Run a bus without anything on it; its address."""
    address = f"unix:path={folder / 'bus'}"
    arguments = ("--session", "--nofork", "--nopidfile", "--print-address=1", f"--address={address}")
    bus = await asyncio.create_subprocess_exec("dbus-daemon", *arguments, stdout=asyncio.subprocess.PIPE)
    try:
        assert bus.stdout is not None
        await bus.stdout.readline()  # it listens
        yield address
    finally:
        bus.terminate()
        await bus.wait()


@asynccontextmanager
async def recorder_on(address: str) -> AsyncIterator[Recorder]:
    connection = await open_dbus_connection(address)
    await connection.send(message_bus.RequestName(NAME))
    recorder = Recorder(connection=connection)
    serving = asyncio.create_task(recorder.serve())
    try:
        yield recorder
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await connection.close()
