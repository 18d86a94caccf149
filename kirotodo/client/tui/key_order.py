"""Keys in the order they are pressed, each after the one before has had its effect.

Textual hands every key at once to the widget that has the focus. A key that moves the focus, or opens a screen, does so
later, when it has passed that widget and its ancestors; keys right behind it would still go where the focus was: the
letters of a password into the field before, those of a search to a list, as commands.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from textual.app import App
from textual.events import Key, Paste
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widgets import Input, TextArea

Typed: TypeAlias = Key | Paste


class KeyOrder:
    """Hands keys and pastes to `forward` one by one.

    What waits is known by the queues themselves: a callback that follows a key through the same queues, from the
    focused widget out to the app, is called when all of them are done with the key. So nothing here is timed. All
    methods run in the app's own queue, one at a time.
    """

    def __init__(self, app: App[Any], forward: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._forward = forward
        self._waiting: deque[Typed] = deque()
        self._busy = False
        self._typed = False

    async def take(self, event: Typed) -> None:
        """Hand it on, or keep it until the one before has had its effect."""
        self._waiting.append(event)
        if not self._busy:
            await self._go_on()

    async def _go_on(self) -> None:
        self._busy = False
        while self._waiting and not self._busy:
            event = self._waiting[0]
            target, screen = self._app.focused or self._app.screen, self._app.screen
            # Text into a text moves nothing: it needs no wait, however much of it there is.
            is_text = isinstance(target, Input | TextArea) and (isinstance(event, Paste) or event.is_printable)
            self._busy = not is_text
            if self._busy and self._typed:
                self._typed = False
                await after(target.ancestors_with_self, self._go_on)
                return
            self._waiting.popleft()
            self._typed = is_text
            path = target.ancestors_with_self
            await self._forward(event)
            if self._busy:
                # The second time is for messages that the key gave rise to, such as that a field was submitted.
                await after(path, partial(after, path, partial(self._settled, screen)))

    async def _settled(self, before: Screen[Any]) -> None:
        """Go on, on another screen once it is there with its focus."""
        if (screen := self._app.screen) is before:
            await self._go_on()
        else:
            await after((screen, self._app), self._go_on)


async def after(path: Sequence[MessagePump], then: Callable[[], Awaitable[None]]) -> None:
    """Call `then` once each of `path` in turn has handled what it was sent before. Those that are closed are passed."""
    for index, each in enumerate(path):
        rest = path[index + 1 :]
        if each.call_later(after, rest, then) if rest else each.call_later(then):
            return
