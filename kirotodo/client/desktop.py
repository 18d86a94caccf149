"""Notifications of the desktop: over D-Bus on Linux and the BSDs, through `desktop-notifier` on macOS and Windows.

Both are imported when the first notification is shown. A title goes where a server shows plain text, and what
may be read as markup is escaped.
"""

import asyncio
import contextlib
import html
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final, Literal, Protocol

from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.sanitize import sanitize_line

APP: Final = "kirotodo"
Action = Literal["done", "snooze"]
ACTIONS: Final[dict[Action, str]] = {"done": "Done", "snooze": "Snooze 10 minutes"}
Chosen = Callable[[int, Action], Awaitable[None]]
"""Called with the id of a task and the action that its user chose."""
REPLY_SECONDS: Final = 5.0
"""How long the server of notifications may take to accept one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """What to show. With `task_id` it is about one task, and offers what can be done with it."""

    title: str
    body: str = ""
    task_id: int | None = None


class Desktop(Protocol):
    """Where notifications are shown."""

    async def show(self, notice: Notice) -> bool:
        """Show a notice. Return whether it was accepted."""

    async def aclose(self) -> None:
        """Let go of the connection. What is shown stays."""


def open_desktop(chosen: Chosen) -> Desktop:
    """Return the desktop of this machine; it is connected to with the first notice."""
    if sys.platform in ("darwin", "win32"):
        return NotifierDesktop(chosen)
    return DBusDesktop(chosen)


class DBusDesktop:
    """A server of the Desktop Notifications Specification, on the session bus.

    https://specifications.freedesktop.org/notification-spec/latest/
    """

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._open: AsyncExitStack | None = None
        self._router: Any = None
        self._capabilities: frozenset[str] = frozenset()
        self._tasks: dict[int, int] = {}
        """The task of each notice that is shown, by the id that the server gave it."""

    async def show(self, notice: Notice) -> bool:
        """Implement `Desktop.show`."""
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                if self._router is None:
                    await self._connect()
                shown = await self._notify(notice)
        except (OSError, TimeoutError, KeyError, ValueError, EOFError, _errors()):
            await self.aclose()  # a desktop that was restarted has a bus of its own
            return False
        if notice.task_id is not None:
            self._tasks[shown] = notice.task_id
        return True

    async def _connect(self) -> None:
        from jeepney import DBusAddress, MatchRule, message_bus, new_method_call
        from jeepney.io.asyncio import Proxy, open_dbus_router

        async with AsyncExitStack() as stack:
            self._router = await stack.enter_async_context(open_dbus_router(bus="SESSION"))
            self._server = DBusAddress(
                "/org/freedesktop/Notifications",
                bus_name="org.freedesktop.Notifications",
                interface="org.freedesktop.Notifications",
            )
            reply = await self._router.send_and_get_reply(new_method_call(self._server, "GetCapabilities"))
            self._capabilities = frozenset(_content(reply)[0])
            for member, heard in (("ActionInvoked", self._invoked), ("NotificationClosed", self._closed)):
                rule = MatchRule(type="signal", interface=self._server.interface, member=member)
                await Proxy(message_bus, self._router).AddMatch(rule)
                queue = stack.enter_context(self._router.filter(rule, queue=asyncio.Queue()))
                listening = asyncio.create_task(_listen(queue, heard), name=f"listening for {member}")
                stack.callback(listening.cancel)
            self._open = stack.pop_all()

    async def _notify(self, notice: Notice) -> int:
        from jeepney import new_method_call

        body = sanitize_line(notice.body)
        if "body-markup" in self._capabilities:
            body = html.escape(body, quote=False)
        actions: list[str] = []
        if notice.task_id is not None and "actions" in self._capabilities:
            actions = [text for pair in ACTIONS.items() for text in pair]
        hints = {"urgency": ("y", 1), "desktop-entry": ("s", APP), "category": ("s", "x-kirotodo.reminder")}
        content = (APP, 0, "appointment-soon", sanitize_line(notice.title), body, actions, hints, -1)
        message = new_method_call(self._server, "Notify", "susssasa{sv}i", content)
        return int(_content(await self._router.send_and_get_reply(message))[0])

    async def _invoked(self, shown: int, action: str) -> None:
        task_id = self._tasks.get(shown)
        if task_id is not None and action in ACTIONS:
            await self._chosen(task_id, action)

    async def _closed(self, shown: int, *_: object) -> None:
        self._tasks.pop(shown, None)

    async def aclose(self) -> None:
        """Implement `Desktop.aclose`."""
        stack, self._open, self._router = self._open, None, None
        if stack is not None:
            with contextlib.suppress(OSError, EOFError):
                await stack.aclose()


async def _listen(queue: Any, heard: Callable[..., Awaitable[None]]) -> None:
    while True:
        message = await queue.get()
        await heard(*message.body)


def _content(reply: Any) -> Sequence[Any]:
    from jeepney import MessageType

    if reply.header.message_type is MessageType.error:
        raise OSError("the server of notifications refused")
    body: Sequence[Any] = reply.body
    return body


def _errors() -> type[Exception]:
    """Return what jeepney raises where the bus breaks off or refuses this user."""
    from jeepney.io.common import RouterClosed

    closed: type[Exception] = RouterClosed
    return closed


class NotifierDesktop:
    """macOS and Windows, as `desktop-notifier` speaks to them."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._notifier: Any = None

    async def show(self, notice: Notice) -> bool:
        """Implement `Desktop.show`."""
        try:
            from desktop_notifier import Button, DesktopNotifier
        except ImportError:
            return False
        try:
            if self._notifier is None:
                self._notifier = DesktopNotifier(app_name=APP)
            buttons = [
                Button(title=title, on_pressed=self._pressed(notice.task_id, action))
                for action, title in (ACTIONS.items() if notice.task_id is not None else ())
                if notice.task_id is not None
            ]
            async with asyncio.timeout(REPLY_SECONDS):
                await self._notifier.send(
                    title=sanitize_line(notice.title), message=sanitize_line(notice.body), buttons=buttons
                )
        except Exception:  # whatever the system's own libraries raise: then nothing was shown
            return False
        return True

    def _pressed(self, task_id: int, action: Action) -> Callable[[], None]:
        loop = asyncio.get_running_loop()

        def press() -> None:
            asyncio.run_coroutine_threadsafe(_awaited(self._chosen(task_id, action)), loop)

        return press

    async def aclose(self) -> None:
        """Implement `Desktop.aclose`."""
        self._notifier = None


async def _awaited(made: Awaitable[None]) -> None:
    await made
