"""KirotodoApp: the shell of the terminal client. It opens the core behind the first paint and lends it out."""

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, TextIO, TypeAlias, cast

from rich.console import Console
from textual import events, on
from textual.app import App
from textual.command import Provider
from textual.filter import LineFilter
from textual.message import Message
from textual.worker import Worker

from kirotodo.client.accounts.accounts import NotSignedInHere
from kirotodo.client.accounts.switcher import ServerSwitcher
from kirotodo.client.state import ClientState
from kirotodo.client.tui import themes
from kirotodo.client.tui.background import BackgroundWork
from kirotodo.client.tui.cells import steady
from kirotodo.client.tui.keymap import bindings
from kirotodo.client.tui.messages import (
    BackendFailed,
    BackendReady,
    ConversationDeleted,
    ConversationRenamed,
    Edited,
    Failed,
    LocationChanged,
    NewConversation,
    OpenConversation,
    SignInRequested,
    TextOffered,
)
from kirotodo.client.tui.plain import SafeStream, SafeText, clean
from kirotodo.client.tui.screens.chat import ChatScreen
from kirotodo.client.tui.screens.too_small import TooSmall, too_small
from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import Changed
from kirotodo.core.errors import KirotodoError, NotSignedIn

BackendSource: TypeAlias = Backend | Callable[[], Awaitable[Backend]]
Severity = Literal["information", "warning", "error"]
SECOND_PRESS: Final = timedelta(seconds=3)
"""Within this time of each other, two ctrl+c leave the program."""
log = logging.getLogger(__name__)
_SAFE: Final = SafeText()


def local_now() -> datetime:
    return datetime.now().astimezone()


def _palette() -> type[Provider]:
    from kirotodo.client.tui.screens.palette import KirotodoCommands

    return KirotodoCommands


class KirotodoApp(App[None]):
    """The terminal client over a backend, or over a way to make one that may take its time."""

    TITLE = "kirotodo"
    CSS_PATH = "kirotodo.tcss"
    COMMANDS = {_palette}
    DEFAULT_MODE = "place-1"
    BINDINGS = bindings("app")

    def __init__(
        self,
        backend: BackendSource,
        *,
        state_path: Path | None = None,
        clock: Callable[[], datetime] = local_now,
        conversation_id: int | None = None,
        new: bool = False,
        model: str | None = None,
        theme: str | None = None,
        places: ServerSwitcher | None = None,
        ansi: bool | None = None,
    ) -> None:
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else ansi)
        # A crash is reported with the values of variables, which may be anybody's text.
        self.error_console = Console(
            file=cast(TextIO, SafeStream(sys.__stderr__ or sys.stderr)), markup=False, highlight=False
        )
        self.clock = clock
        self.places = places
        self.state = ClientState(places.state_path if places is not None else state_path)
        self.backend: Backend | None = None
        self.conversation_id = conversation_id
        self.new = new
        self.model = model
        self._source = backend
        self._opened = asyncio.Event()
        self._refusal: KirotodoError | None = None
        self._interrupted: datetime | None = None
        self.jobs = BackgroundWork(self.core, self._tell_chat)
        self.chat = ChatScreen()
        self._visits = 1
        self.add_mode(self.DEFAULT_MODE, lambda: self.chat)
        for known in themes.THEMES:
            self.register_theme(known)
        self.theme = themes.preferred(self, theme or self.state.theme or self._theme_at_home())

    def _theme_at_home(self) -> str | None:
        """The theme of the local list, for a server where none was chosen yet."""
        home = self.places.local_state if self.places is not None and self.places.address is not None else None
        return ClientState(home).theme if home is not None else None

    def on_mount(self) -> None:
        for name in ("SIGTERM", "SIGHUP"):
            if number := getattr(signal, name, None):
                with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                    asyncio.get_running_loop().add_signal_handler(number, self.leave)
        self.call_after_refresh(self.open_core)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """See `App.get_line_filters`: the last thing done to a line before it is written."""
        return [*super().get_line_filters(), _SAFE]

    # --- the core ---

    def open_core(self) -> None:
        """Open the core, or try again after it could not be opened."""
        self._refusal = None
        self._opened.clear()
        self.run_worker(self._open_core(), group="core", exclusive=True, exit_on_error=False)

    async def _open_core(self) -> None:
        try:
            self.backend = await self._source() if callable(self._source) else self._source
        except Exception as error:
            self._refusal = _as_ours(error, "The list could not be opened.")
            self._tell_chat(BackendFailed(self._refusal))
        else:
            self._tell_chat(BackendReady())
        self._opened.set()
        self.run_worker(asyncio.to_thread(_warm), group="warm", exclusive=True, exit_on_error=False)

    async def core(self) -> Backend:
        """The backend, waited for. Raises what opening it raised."""
        await self._opened.wait()
        if self._refusal is not None:
            raise self._refusal
        assert self.backend is not None
        return self.backend

    @property
    def refused(self) -> bool:
        """Whether the core could not be opened."""
        return self._refusal is not None

    # --- where the list is ---

    def on_sign_in_requested(self, message: SignInRequested) -> None:
        from kirotodo.client.tui.screens.sign_in import SignInScreen

        message.stop()
        if self.places is not None and not any(isinstance(screen, SignInScreen) for screen in self.screen_stack):
            self.push_screen(SignInScreen(self.places, address=message.address, why=message.why))

    async def on_location_changed(self, message: LocationChanged) -> None:
        """Show the list anew where it is now: with its own drafts, its own conversations, its own backend."""
        message.stop()
        self.chat.keep_draft()
        early = self.state.draft(None) if self.state.path is None else ""
        self.workers.cancel_all()
        left, self.backend = self.backend, None
        if left is not None:
            with contextlib.suppress(KirotodoError):
                await left.aclose()
        self.state = ClientState(self.places.state_path if self.places is not None else None)
        if early:  # written before it was known for whom
            self.state.set_draft(None, "\n".join(filter(None, (self.state.draft(None), early))))
        self.conversation_id, self.new, self.model = None, False, None
        before = self.current_mode
        self._visits += 1
        self.chat = ChatScreen()
        self.add_mode(f"place-{self._visits}", lambda: self.chat)
        await self.switch_mode(f"place-{self._visits}")
        await self.remove_mode(before)
        if message.said:
            self.say(message.said)
        self.open_core()

    # --- work and words ---

    def work(self, job: Coroutine[Any, Any, object], *, group: str = "work", exclusive: bool = False) -> Worker[None]:
        """Run a job in the background. What it raises becomes one line on the screen, never a crash."""
        return self.run_worker(self._guarded(job), group=group, exclusive=exclusive, exit_on_error=False)

    async def _guarded(self, job: Coroutine[Any, Any, object]) -> None:
        try:
            await job
        except Exception as error:
            self._tell_chat(Failed(_as_ours(error, "Something went wrong inside.")))

    def _tell_chat(self, message: Message) -> None:
        error = getattr(message, "error", None)
        if isinstance(error, NotSignedIn) and self.places is not None:
            why = "" if isinstance(error, NotSignedInHere) else error.message
            self.post_message(SignInRequested(self.places.address, why))
            if isinstance(message, Failed):
                return  # the door says it
        self.chat.post_message(message)

    @on(OpenConversation)
    @on(NewConversation)
    @on(ConversationRenamed)
    @on(ConversationDeleted)
    @on(TextOffered)
    @on(Edited)
    def _asked_of_the_chat(self, message: Message) -> None:
        """Other screens say these to the app; the chat answers them and lets none of its own come this far."""
        self.chat.post_message(message)

    def edit(self, what: Callable[[Backend], Awaitable[Changed]], said: str | Callable[[Changed], str]) -> None:
        """Run a direct edit of the list; success says `said`, failure its one sentence."""
        self.work(self.jobs.edit(what, said))

    def say(self, text: str, severity: Severity = "information") -> None:
        """One toast of plain text."""
        self.notify(steady(clean(text)), severity=severity, markup=False)

    def action_toggle_theme(self) -> None:
        self.set_theme(themes.other(self.theme))

    def set_theme(self, name: str) -> None:
        """Change the theme and remember it."""
        self.theme = name
        self.state.theme = name
        self.state.save()

    # --- the size and the end ---

    def on_resize(self, event: events.Resize) -> None:
        shown = isinstance(self.screen, TooSmall)
        if too_small(event.size) and not shown:
            self.push_screen(TooSmall())
        elif shown and not too_small(event.size):
            self.pop_screen()

    def leave(self) -> None:
        """Keep what was typed and close the program."""
        self.chat.keep_draft()
        self.exit()

    async def action_quit(self) -> None:
        self.leave()

    def action_interrupt(self) -> None:
        """ctrl+c where nothing is selected: a second one leaves."""
        now = self.clock()
        if self._interrupted is not None and now - self._interrupted <= SECOND_PRESS:
            self.leave()
        else:
            self._interrupted = now
            self.say("Once more ctrl+c leaves; drafts and running turns are kept.")

    async def on_unmount(self) -> None:
        self.state.save()
        if self.backend is not None:
            with contextlib.suppress(KirotodoError):
                await self.backend.aclose()


def _warm() -> None:
    """Import in a thread what the first answer and the first screen will need, so that neither has to wait."""
    for name in ("rich.markdown", "kirotodo.client.tui.screens.conversations", "kirotodo.client.tui.screens.palette"):
        importlib.import_module(name)


def _as_ours(error: Exception, sentence: str) -> KirotodoError:
    if isinstance(error, KirotodoError):
        return error
    log.error("%s", sentence, exc_info=error)
    return KirotodoError(f"{sentence} ({type(error).__name__}: {error})")
