"""The Textual app: it opens the backend after the first paint, and is the `Shell` of its screens."""

import asyncio
import contextlib
import importlib
import inspect
import logging
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TextIO, TypeAlias, cast, runtime_checkable

from rich.console import Console
from rich.text import Text
from textual import events
from textual.actions import SkipAction
from textual.app import App
from textual.command import Provider
from textual.dom import DOMNode
from textual.driver import Driver
from textual.filter import LineFilter
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widgets import Input, TextArea
from textual.worker import Worker

from kirotodo.client.accounts.client_accounts import NotSignedInHere
from kirotodo.client.accounts.switcher import ServerSwitcher
from kirotodo.client.custom_commands import custom_commands
from kirotodo.client.state import ClientState
from kirotodo.client.tui import themes
from kirotodo.client.tui.background import BackgroundWork
from kirotodo.client.tui.conversation_view import Severity
from kirotodo.client.tui.key_file import KeyFile
from kirotodo.client.tui.key_order import KeyOrder
from kirotodo.client.tui.keymap import Keymap, bindings, keymap
from kirotodo.client.tui.messages import BackendFailed, BackendReady, Failed, LocationChanged, SignInRequested
from kirotodo.client.tui.plain import SafeStream, SafeText, clean, steady
from kirotodo.client.tui.screens.chat import ChatScreen
from kirotodo.client.tui.screens.too_small import TooSmall, too_small
from kirotodo.client.tui.shell import ShownSetting
from kirotodo.client.tui.stylesheet import ThemedStylesheet
from kirotodo.client.tui.terminal_notice import notification
from kirotodo.client.tui.unmarked_paste import PASTE_PAUSE, FocusedText, UnmarkedPaste
from kirotodo.client.tui.widgets.slash_popup import BY_NAME
from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import Changed
from kirotodo.core.errors import KirotodoError, NotSignedIn

BackendSource: TypeAlias = Backend | Callable[[], Awaitable[Backend]]
SECOND_PRESS: Final = timedelta(seconds=3)
"""Within this time of each other, two ctrl+c quit the program."""
WARMED: Final = (
    "rich.markdown",
    "kirotodo.client.tui.widgets.task_card",
    "kirotodo.client.tui.screens.conversations",
    "kirotodo.client.tui.screens.palette",
)
"""What the first answer and the first screens need, and the first paint does not."""
TOASTS: Final = 2
"""Sentences in passing that stand on the screen at a time."""
PASTED: Final = "These lines arrived all at once, so they count as a paste. Press enter when they are right."
PASTED_NOWHERE: Final = "Lines arrived all at once, as from a paste. They were ignored: no text has the focus."
log = logging.getLogger(__name__)
_SAFE: Final = SafeText()


def local_now() -> datetime:
    """Return the time of this computer, with its zone."""
    return datetime.now().astimezone()


@runtime_checkable
class TakesKeys(Protocol):
    """A screen that may take a key before anything else does."""

    def take_key(self, event: events.Key) -> bool:
        """Take a key, or return False."""
        ...


def _palette() -> type[Provider]:
    from kirotodo.client.tui.screens.palette import KirotodoCommands

    return KirotodoCommands


class KirotodoApp(App[None]):
    """The terminal client over a backend, or over a function that opens one and may take its time."""

    TITLE = "kirotodo"
    CSS_PATH = "kirotodo.tcss"
    COMMANDS = {_palette}
    DEFAULT_MODE = "list-1"
    BINDINGS = bindings("app")
    app_focus: Reactive[bool] = Reactive(True, compute=False, repaint=False)
    """Whether the window of the terminal has the focus, which changes nothing by itself."""
    _window_focus_moves = False

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
        switcher: ServerSwitcher | None = None,
        ansi: bool | None = None,
        keys: Mapping[str, str] | None = None,
        key_file: KeyFile | None = None,
        commands: Mapping[str, str] | None = None,
        themes_folder: Path | None = None,
        settings: Sequence[ShownSetting] = (),
    ) -> None:
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else ansi)
        self.stylesheet = ThemedStylesheet(variables=self.get_css_variables())
        # A crash is reported with the values of variables, which may be anybody's text.
        self.error_console = Console(
            file=cast(TextIO, SafeStream(sys.__stderr__ or sys.stderr)), markup=False, highlight=False
        )
        self.clock = clock
        self.key_overrides = dict(keys or {})
        self.keys: Keymap = keymap(self.key_overrides)
        self._key_file = key_file
        self.commands, self._command_problems = custom_commands(commands or {}, BY_NAME)
        self.settings = tuple(settings)
        self.set_keymap(self.keys.textual())
        self.switcher = switcher
        self.state = ClientState(switcher.state_path if switcher is not None else state_path)
        self.backend: Backend | None = None
        self._source = backend
        self._opened = asyncio.Event()
        self._refusal: KirotodoError | None = None
        self._interrupted: datetime | None = None
        self._paste = UnmarkedPaste()
        self.mouse = True
        self._takes_keys = False
        self._early_keys: list[events.Key | events.Paste] = []
        self._key_order = KeyOrder(self, self._forward_key)
        self.background = BackgroundWork(self.core, chat=lambda: self.chat, failed=self._post_result)
        self.chat = ChatScreen(self, conversation_id=conversation_id, new=new, model=model)
        self._jobs: dict[Worker[None], Coroutine[Any, Any, object]] = {}
        self._lists = 1
        self.add_mode(self.DEFAULT_MODE, lambda: self.chat)
        for known in themes.THEMES:
            self.register_theme(known)
        self._themes_folder = themes_folder
        wanted = theme or self.state.theme or self._theme_at_home()
        self._theme_problems = self.load_themes() if (wanted or "").startswith(themes.OWN) else ()
        self.theme = themes.preferred(self, wanted)

    def _theme_at_home(self) -> str | None:
        """Return the theme of the local list, for a server where none was chosen yet."""
        home = self.switcher.local_state if self.switcher is not None and self.switcher.address is not None else None
        return ClientState(home).theme if home is not None else None

    def on_mount(self) -> None:
        """Keep drafts when the system ends the program, and open the backend once something is on screen."""
        for name in ("SIGTERM", "SIGHUP"):
            if number := getattr(signal, name, None):
                with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                    asyncio.get_running_loop().add_signal_handler(number, self.leave)
        self.app_resume_signal.subscribe(self, self._draw_anew)
        if self.keys.problems:
            self.toast("\n".join(("Your keys in config.toml:", *self.keys.problems)), "warning")
        if self._command_problems:
            self.toast("\n".join(("Your commands in config.toml:", *self._command_problems)), "warning")
        if self._theme_problems and not self.theme.startswith(themes.OWN):
            self.toast("\n".join(("Your theme can't be used:", *self._theme_problems)), "warning")
        self.call_after_refresh(self.open_core)
        self.call_after_refresh(self.take_early_keys)

    def _draw_anew(self, _: object) -> None:
        """Draw everything after `fg`: Textual starts with an empty screen and draws only what changes."""
        if not self.mouse:
            self._apply_mouse()
        self.refresh(layout=True)

    def get_driver_class(self) -> type[Driver]:
        """Return the driver that notices when its terminal is gone; Windows and browsers have their own."""
        from kirotodo.client.tui.terminal_keys import add_sequences

        add_sequences()
        usual = super().get_driver_class()
        if usual.__name__ != "LinuxDriver":
            return usual
        from kirotodo.client.tui.terminal_driver import TerminalDriver

        return TerminalDriver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return the filters of every line before it is written; the last one makes it safe."""
        return [*super().get_line_filters(), _SAFE]

    # --- the backend ---

    def open_core(self) -> None:
        """Open the backend, or try again after it could not be opened."""
        self._refusal = None
        self._opened.clear()
        self.run_worker(self._open_core(), group="core", exclusive=True, exit_on_error=False)

    async def _open_core(self) -> None:
        try:
            self.backend = await self._source() if callable(self._source) else self._source
        except Exception as error:
            self._refusal = _as_kirotodo_error(error, "The list could not be opened.")
            self._post_result(BackendFailed(self._refusal))
        else:
            self._post_result(BackendReady())
        self._opened.set()
        self.run_worker(asyncio.to_thread(_warm), group="warm", exclusive=True, exit_on_error=False)

    async def core(self) -> Backend:
        """Wait for the backend and return it, or raise what opening it raised."""
        await self._opened.wait()
        if self._refusal is not None:
            raise self._refusal
        assert self.backend is not None
        return self.backend

    @property
    def refused(self) -> bool:
        """Return whether the backend could not be opened."""
        return self._refusal is not None

    # --- which list ---

    def on_sign_in_requested(self, message: SignInRequested) -> None:
        """Show the sign-in screen, unless it is shown already."""
        from kirotodo.client.tui.screens.sign_in import SignInScreen

        message.stop()
        if self.switcher is not None and not any(isinstance(screen, SignInScreen) for screen in self.screen_stack):
            self.push_screen(SignInScreen(self.switcher, address=message.address, why=message.why))

    async def on_location_changed(self, message: LocationChanged) -> None:
        """Show the list that is used now, with its own drafts, its own conversations and its own backend."""
        message.stop()
        self.chat.keep_draft()
        early = self.state.draft(None) if self.state.path is None else ""
        self.workers.cancel_all()
        left, self.backend = self.backend, None
        if left is not None:
            with contextlib.suppress(KirotodoError):
                await left.aclose()
        self.state = ClientState(self.switcher.state_path if self.switcher is not None else None)
        if early:  # typed before it was known in which list
            self.state.set_draft(None, "\n".join(filter(None, (self.state.draft(None), early))))
        before = self.current_mode
        self._lists += 1
        self.chat = ChatScreen(self)
        self.add_mode(f"list-{self._lists}", lambda: self.chat)
        await self.switch_mode(f"list-{self._lists}")
        await self.remove_mode(before)
        if message.notice:
            self.toast(message.notice)
        self.open_core()

    # --- background work ---

    def work(self, job: Coroutine[Any, Any, object], *, group: str = "work", exclusive: bool = False) -> Worker[None]:
        """Run a job in the background. What it raises becomes one line on the screen, never a crash."""
        guarded = partial(self._guarded, job)
        worker: Worker[None] = self.run_worker(guarded, group=group, exclusive=exclusive, exit_on_error=False)
        self._jobs[worker] = job
        return worker

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Close a job whose worker was cancelled before it began: nobody would ever await it."""
        if event.worker.is_finished and (job := self._jobs.pop(event.worker, None)) is not None:
            _close_unstarted(job)

    async def _guarded(self, job: Coroutine[Any, Any, object]) -> None:
        try:
            await job
        except Exception as error:
            self._post_result(Failed(_as_kirotodo_error(error, "An internal error occurred.")))

    def _post_result(self, message: Message) -> None:
        error = getattr(message, "error", None)
        if isinstance(error, NotSignedIn) and self.switcher is not None:
            why = "" if isinstance(error, NotSignedInHere) else error.message
            self.post_message(SignInRequested(self.switcher.address, why))
            if isinstance(message, Failed):
                return  # the sign-in screen shows why
        self.chat.post_message(message)

    def cancel_work(self, group: str) -> None:
        """Cancel the jobs of a group."""
        self.workers.cancel_group(self, group)

    def edit(
        self,
        what: Callable[[Backend], Awaitable[Changed]],
        notice: str | Callable[[Changed], str],
        *,
        reverts: Literal["undo", "redo"] | None = None,
    ) -> None:
        """Edit the list directly, then show `notice`; a failure shows its own sentence."""
        self.work(self.background.edit(what, notice, reverts=reverts))

    # --- what screens ask for ---

    def post_to_chat(self, message: Message) -> None:
        """Ask the chat for something, from another screen."""
        self.chat.post_message(message)

    def open_screen(self, screen: Screen[Any]) -> None:
        """Show a screen over the present one; what was said in passing would lie over it."""
        self.clear_notifications()
        self.push_screen(screen)

    def toast(self, text: str, severity: Severity = "information") -> None:
        """Show one sentence of plain text in passing; of several at a time only the latest ones stay."""
        for old in list(self._notifications)[: 1 - TOASTS]:
            self._unnotify(old, refresh=False)
        self.notify(steady(clean(text)), severity=severity, markup=False)

    def alert(self, text: str) -> None:
        """Ring the bell; while another window has the focus, have the terminal show the text as well."""
        self.bell()
        if not self.app_focus and not self.is_web and self._driver is not None:
            self._driver.write(notification(text, os.environ))

    def offer_download(self, text: str, filename: str) -> bool:
        """Offer a text as a download where the chat runs in a browser; return False in a terminal.

        The files of the machine that this runs on are not the visitor's.
        """
        if self.is_web:
            self.deliver_text(StringIO(text), save_filename=filename)
        return self.is_web

    def action_toggle_theme(self) -> None:
        """Switch between the light and the dark theme."""
        self.set_theme(themes.other(self.current_theme))

    def load_themes(self) -> tuple[str, ...]:
        """Read the themes of the user's own anew, and return a sentence for each that can't be read."""
        from kirotodo.client.tui.theme_files import own_themes

        found = own_themes(self._themes_folder)
        known = self.available_themes
        for own in found.themes:
            self.register_theme(own)
        if self.is_running and self.available_themes[self.theme] != known.get(self.theme):
            self.refresh_css(animate=False)
        return found.problems

    def use_theme(self, title: str) -> str:
        """Change to the theme with this title; return a sentence that says why not, or nothing."""
        problems = self.load_themes()
        if name := themes.named(self, title):
            self.set_theme(name)
            return ""
        known = ", ".join(map(themes.title, themes.choices(self)))
        return " ".join((f"There is no theme {title}. Choose from {known}.", *problems))

    def set_theme(self, name: str) -> None:
        """Change the theme and remember it."""
        self.theme = name
        self.state.theme = name
        self.state.save()

    # --- copying and the mouse ---

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text with a tool, through the terminal or into a file, and say which it was."""
        self._clipboard = text
        self.work(self._copy(text), group="copy")

    async def _copy(self, text: str) -> None:
        from kirotodo.client.tui.clipboard import Clipboard

        driver, state = self._driver, self.state.path
        write = driver.write if driver is not None else None
        folder = state.parent if state is not None else None
        clipboard = Clipboard(environ=os.environ, write=write, folder=folder, at_terminal=not self.is_web)
        self.toast(await clipboard.copy(text))

    def action_jump(self) -> None:
        """Show a letter at everything that one can go to, and go where one types."""
        from kirotodo.client.tui.jump import Target, targets
        from kirotodo.client.tui.screens.jump import JumpScreen

        def go(target: Target | None) -> None:
            if target is not None:
                target.go()

        self.clear_notifications()
        if found := targets(self.screen):
            self.push_screen(JumpScreen(found), go)
        else:
            self.toast("There is nothing here to go to.", "warning")

    def action_toggle_mouse(self) -> None:
        """Leave the mouse to the terminal, which then selects text as everywhere, or take it back."""
        self.mouse = not self.mouse
        self._apply_mouse()
        key = self.keys.label("app.toggle_mouse")
        off = f"The mouse selects text of the terminal now. {key} gives it back to the chat."
        self.toast("The mouse works in the chat again." if self.mouse else off)

    def _apply_mouse(self) -> None:
        name = "_enable_mouse_support" if self.mouse else "_disable_mouse_support"
        if (switch := getattr(self._driver, name, None)) is not None:  # no part of the base class of drivers
            switch()

    def _watch_app_focus(self, focus: bool) -> None:
        """Take the focus from the widget that has it, or give it back, and leave the styles of all others alone."""
        self._window_focus_moves = True
        super()._watch_app_focus(focus)
        self._window_focus_moves = False

    def update_styles(self, node: DOMNode, animate: bool = True) -> None:
        """Update the styles of this node and of all below it. For the focus of the window no rule asks."""
        if not self._window_focus_moves:
            super().update_styles(node, animate)

    # --- the size and the end ---

    def on_resize(self, event: events.Resize) -> None:
        """Show one sentence instead of everything while the terminal is too small."""
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
        """Keep what was typed and close the program; where a dialog would lose text, only at the second press."""
        if self._unsaved():
            self._leave_at_second_press("app.quit")
        else:
            self.leave()

    def action_interrupt(self) -> None:
        """Quit at the second ctrl+c where nothing is selected; a selection is copied by whatever holds it."""
        if getattr(self.focused, "selected_text", "") or self.screen.get_selected_text():
            raise SkipAction
        self._leave_at_second_press("app.interrupt")

    def _leave_at_second_press(self, action: str) -> None:
        now = self.clock()
        if self._interrupted is not None and now - self._interrupted <= SECOND_PRESS:
            self.leave()
        else:
            self._interrupted = now
            lost = "discard what you typed here" if self._unsaved() else ""
            again = f"Press {self.keys.label(action)} again to quit"
            self.toast(f"{again} and {lost}." if lost else f"{again}. Drafts and running turns are kept.")

    def _unsaved(self) -> bool:
        """Return whether a dialog is open whose text would be lost."""
        from kirotodo.client.tui.screens.dialog import DialogScreen

        return isinstance(self.screen, DialogScreen) and self.screen.unsaved()

    def action_suspend(self) -> None:
        """Suspend the program, as ctrl+z does in every terminal. What was typed is kept, whatever becomes of it."""
        self.chat.keep_draft()
        self.state.save()
        self.action_suspend_process()

    def _fatal_error(self) -> None:
        """Report a crash in one sentence, without the values of variables: they are other people's text."""
        error = self._exception
        with contextlib.suppress(Exception):
            self.chat.keep_draft()
        log.critical("The screen crashed.", exc_info=error)
        what = f"{type(error).__name__}{_place_of(error)}" if error is not None else "unknown"
        sentence = f"kirotodo stopped because of an internal error ({what}). What you typed is kept; start it again."
        self._exit_renderables.append(Text(sentence))
        self._close_messages_no_wait()

    # --- keys ---

    async def on_event(self, event: events.Event) -> None:
        """Handle keys in their order, and take several lines that arrive all at once for the paste that they are."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        if not self._takes_keys:
            self._early_keys.append(event)
            return
        if isinstance(event, events.Paste) or self.is_headless:
            await self._key_order.take(event)
            return
        held = self._paste.key(event, into=self._focused_text())
        if self._paste.waiting:
            self.set_timer(PASTE_PAUSE, self._end_paste)
        for each in held:
            await self._deliver(each)

    async def _forward_key(self, event: events.Key | events.Paste) -> None:
        """Hand a key to the screen that waits for it, or to the bindings and the focus as usual."""
        screen = self.screen
        if not (isinstance(event, events.Key) and isinstance(screen, TakesKeys) and screen.take_key(event)):
            await super().on_event(event)

    async def change_keys(self, changes: Mapping[str, str | None]) -> None:
        """Give actions other keys, or their own ones where None is given: in the file of settings, and at once."""
        own = {**self.key_overrides, **changes}
        self.key_overrides = {id: keys for id, keys in own.items() if keys is not None}
        if self._key_file is not None:
            self.key_overrides = await asyncio.to_thread(self._key_file.change, changes)
        self.keys = keymap(self.key_overrides)
        self.set_keymap(self.keys.textual())
        if self.chat.is_mounted:
            self.chat.show_keys()

    async def take_early_keys(self) -> None:
        """Deliver the keys that were pressed before there was anything to type into."""
        self._takes_keys = True
        early, self._early_keys = self._early_keys, []
        for event in early:
            await self.on_event(event)

    def _focused_text(self) -> FocusedText:
        if isinstance(self.focused, TextArea):
            return "lines"
        return "line" if isinstance(self.focused, Input) and getattr(self.focused, "takes_lines", True) else None

    async def _end_paste(self) -> None:
        for each in self._paste.pause():
            await self._deliver(each)

    async def _deliver(self, event: events.Key | events.Paste) -> None:
        if isinstance(event, events.Paste):
            self.toast(PASTED if self._focused_text() else PASTED_NOWHERE)
        await self._key_order.take(event)

    async def on_unmount(self) -> None:
        """Save what is remembered and close the backend."""
        for job in self._jobs.values():
            _close_unstarted(job)
        self.state.save()
        if self.backend is not None:
            with contextlib.suppress(KirotodoError):
                await self.backend.aclose()


def _warm() -> None:
    """Import in a thread what the first answer and the first screen will need, so that neither has to wait."""
    for name in WARMED:
        importlib.import_module(name)


def _as_kirotodo_error(error: Exception, sentence: str) -> KirotodoError:
    if isinstance(error, KirotodoError):
        return error
    log.error("%s", sentence, exc_info=error)
    return KirotodoError(f"{sentence} ({type(error).__name__}: {error})")


def _place_of(error: BaseException) -> str:
    """Return in which file and line an error was raised, within this program where it passed through it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "kirotodo" in frame.filename]
    frame = (own or frames)[-1] if frames else None
    return f" in {Path(frame.filename).name}:{frame.lineno}" if frame is not None else ""


def _close_unstarted(job: Coroutine[Any, Any, object]) -> None:
    if inspect.getcoroutinestate(job) == inspect.CORO_CREATED:
        job.close()
