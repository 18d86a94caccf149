"""The widgets of the chat: showing the conversation in them, and going from one to the next.

`ChatView` is the `ConversationView` of `TurnController`. What the keys and messages do is in `chat.py`.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from kirotodo.client.tui.conversation_view import Severity
from kirotodo.client.tui.entries import Entry, PendingApproval
from kirotodo.client.tui.keymap import BY_ID, UNBOUND, key_label, keys_of
from kirotodo.client.tui.messages import TasksFetched
from kirotodo.client.tui.shell import Shell
from kirotodo.client.tui.widgets.approval_bar import ApprovalBar
from kirotodo.client.tui.widgets.composer import Composer
from kirotodo.client.tui.widgets.header import HeaderLine, KeyLine
from kirotodo.client.tui.widgets.queue import MessageQueue
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.client.tui.widgets.transcript import Transcript
from kirotodo.core.domain.conversation import Usage
from kirotodo.core.domain.task import Task

PANE_SHARE: Final = 32
"""Percent of the window that the tasks have, where nobody chose a width."""
PANE_LEAST, PANE_MOST = 38, 72
PANE_NARROWEST: Final = 24
CHAT_NARROWEST: Final = 40
SAVE_AFTER: Final = 0.5
"""Seconds after the last key until a draft is on disk."""


class ChatView:
    """Finds the widgets on the screen, and shows things in them. It decides nothing."""

    def __init__(self, screen: Screen[None], shell: Shell) -> None:
        self._screen = screen
        self._shell = shell
        self._saving: Timer | None = None
        self._active = False

    # --- the widgets ---

    @property
    def header(self) -> HeaderLine:
        """Return the first line of the screen."""
        return self._screen.query_one(HeaderLine)

    @property
    def transcript(self) -> Transcript:
        """Return the conversation."""
        return self._screen.query_one(Transcript)

    @property
    def composer(self) -> Composer:
        """Return the field that messages are written in."""
        return self._screen.query_one(Composer)

    @property
    def approval(self) -> ApprovalBar:
        """Return the question that takes the composer's place."""
        return self._screen.query_one(ApprovalBar)

    @property
    def queue(self) -> MessageQueue:
        """Return the messages that wait."""
        return self._screen.query_one(MessageQueue)

    @property
    def tasks(self) -> TaskPane:
        """Return the tasks beside the conversation."""
        return self._screen.query_one(TaskPane)

    # --- the conversation; see `ConversationView` ---

    @property
    def entries(self) -> Sequence[Entry]:
        """Return the entries shown, oldest first."""
        return self.transcript.entries

    @property
    def draft(self) -> str:
        """Return the text in the composer."""
        return self.composer.text

    @property
    def link_down(self) -> bool:
        """Return whether a message would have to wait for the server."""
        return self.header.link_down

    def show_title(self, title: str) -> None:
        """Show the title of the conversation."""
        self.header.title = title

    async def load_entries(self, entries: Sequence[Entry], *, more: bool) -> None:
        """Show these entries and nothing else; examples to try where there are none."""
        from kirotodo.client.tui.widgets.first_run import FirstRun

        await self.transcript.load(entries, more=more, empty=FirstRun())
        if not entries:
            self.transcript.show_top()
            self.greet()

    def greet(self) -> None:
        """Say what there is to do today, where the conversation is empty."""
        if not self.entries:
            from kirotodo.client.tui.widgets.first_run import FirstRun

            for first in self._screen.query(FirstRun):
                first.greet(self.tasks.tasks, self._shell.clock)

    def prepend_entries(self, entries: Sequence[Entry], *, more: bool) -> None:
        """Add older entries before the first one."""
        self.transcript.prepend(entries, more=more)

    def append_entry(self, entry: Entry) -> None:
        """Add an entry at the end."""
        self.transcript.append(entry)

    def put_entry(self, entry: Entry, *, replacing: str | None = None) -> None:
        """Show a newer state of an entry, or an entry in place of another."""
        self.transcript.put(entry, replacing=replacing)

    def drop_entry(self, key: str) -> None:
        """Remove an entry."""
        self.transcript.drop(key)

    def focus_message(self, seq: int) -> None:
        """Go to a message, or to the answer with that number."""
        self._screen.call_after_refresh(self.transcript.go_to_message, seq)

    def show_editing(self, editing: bool) -> None:
        """Say in the composer's border that a message is being edited, and how to leave it as it is."""
        leave = keys_of(self._screen).label("chat.escape")
        self.composer.border_title = f"edit and send again · {leave} leaves it as it is" if editing else ""
        if editing:
            self.composer.focus()

    def show_sending(self, entry: Entry, history: Sequence[str]) -> None:
        """Add the user's message at the end and scroll there; tasks that are done leave the list."""
        self.composer.sent_messages = list(history)
        self.tasks.sweep()
        self.transcript.append(entry, follow=True)

    def show_usage(self, usage: Usage, cost: str) -> None:
        """Show what the conversation has used."""
        self.header.usage = usage
        self.header.cost = cost

    def show_approvals(self, pending: Sequence[PendingApproval]) -> None:
        """Ask the first question in the composer's place, or give the composer its place back."""
        approval, composer, focused = self.approval, self.composer, self._screen.focused
        approval.show(pending)
        if pending:
            composer.popup.close(composer.completable)
            composer.display = False
            self.show_keys()
            if focused is None or focused is composer:
                approval.focus()
        elif not composer.display:
            composer.display = True
            if focused is None or approval in focused.ancestors_with_self:
                composer.focus()

    def show_activity(self, active: bool) -> None:
        """Show whether there is anything to stop."""
        self._active = active
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys of where the focus is, from the inside out."""
        screen = self._screen
        shown = {
            active.binding.action: (key_label(key), active.binding.description)
            for key, active in reversed(screen.active_bindings.items())
            if active.binding.show and active.node is not screen.app and key != UNBOUND
        }
        keys = list(reversed(shown.values()))
        if screen.focused is self.composer:
            keys.append(("/", "commands"))
        own = keys_of(screen)
        if self.approval.asking:
            keys.append((own.label("chat.escape"), "no"))
        elif self._active:
            keys.append((own.label("chat.escape"), "stop"))
        keys += [(own.label(id), BY_ID[id].title) for id in ("chat.toggle_tasks", "chat.help", "app.jump")]
        screen.query_one(KeyLine).keys = tuple((key, what) for key, what in keys if key)

    # --- the composer and the queue ---

    def set_draft(self, text: str) -> None:
        """Put a text into the composer instead of what is there."""
        self.composer.put(text)

    def return_text(self, text: str) -> None:
        """Put a text into the composer before what is there."""
        self.composer.return_text(text)

    def show_queue(self, texts: Sequence[str], *, held: bool, waiting: int) -> None:
        """Show the queued messages, and in the header how many wait for the server."""
        self.header.waiting = waiting
        self.queue.show(texts, held=held)

    def save_soon(self, save: Callable[[], None]) -> None:
        """Call `save` in a moment, once for everything typed until then."""

        def save_now() -> None:
            self._saving = None
            save()

        if self._saving is None:
            self._saving = self._screen.set_timer(SAVE_AFTER, save_now)

    # --- around them ---

    def show_tasks(self, tasks: Sequence[Task], removed: Sequence[int]) -> None:
        """Show tasks as they are now in the list."""
        self._screen.post_message(TasksFetched(tuple(tasks), tuple(removed)))

    def notify(self, text: str, severity: Severity = "information") -> None:
        """Show one sentence in passing."""
        self._shell.toast(text, severity)

    def ring(self) -> None:
        """Ring the bell, if the window of the terminal does not have the focus."""
        if not self._screen.app.app_focus:
            self._screen.app.bell()

    def run(self, job: Coroutine[Any, Any, object], *, group: str = "work", exclusive: bool = False) -> None:
        """Run a job in the background."""
        self._shell.work(job, group=group, exclusive=exclusive)

    def cancel(self, group: str) -> None:
        """Cancel the jobs of a group."""
        self._shell.cancel_work(group)

    # --- the parts of the screen ---

    def focus_composer(self) -> None:
        """Go to where one writes, or to the question that stands there; tasks that hide it give way."""
        self._screen.remove_class("-drawer")
        if self._screen.has_class("-full"):
            self._set_full(False)
        (self.approval if self.approval.asking else self.composer).focus()

    def focus_area(self, step: int) -> None:
        """Go to the next part of the screen, or with -1 to the one before."""
        areas, focused = self._areas(), self._screen.focused
        path = focused.ancestors_with_self if focused is not None else []
        here = next((index for index, (area, _) in enumerate(areas) if area in path), 0)
        areas[(here + step) % len(areas)][1]()

    def _areas(self) -> list[tuple[Widget, Callable[[], object]]]:
        """Return the parts that are on screen, in order, and how to go to each."""
        transcript, queue, tasks = self.transcript, self.queue, self.tasks
        areas: list[tuple[Widget, Callable[[], object]]] = [
            (self.approval if self.approval.asking else self.composer, self.focus_composer)
        ]
        if queue.display:
            areas.append((queue, queue.enter))
        if transcript.stops:
            areas.append((transcript, transcript.enter))
        if tasks.display:
            areas.append((tasks, tasks.focus))
        return areas

    def focus_queue(self) -> None:
        """Stay with the queued messages, or go to the composer where none is left."""
        if not self.queue.texts:
            self.composer.focus()

    @property
    def drawer_open(self) -> bool:
        """Return whether the tasks lie over the conversation."""
        return self._screen.has_class("-drawer")

    def set_pane_width(self, width: int | None) -> int:
        """Make the tasks this wide, or as wide as suits the window; return the width that they have got."""
        window = self._screen.size.width
        wanted = window * PANE_SHARE // 100 if width is None else width
        least, most = (PANE_LEAST, PANE_MOST) if width is None else (PANE_NARROWEST, window - CHAT_NARROWEST)
        chosen = max(PANE_NARROWEST, least, min(wanted, most))
        beside = self._screen.has_class("-wide") and not self._screen.has_class("-full")
        self.tasks.styles.width = chosen if beside else None
        return chosen

    def toggle_full(self) -> None:
        """Give the tasks the whole width, or put them beside the conversation again."""
        self._set_full(not self._screen.has_class("-full"))
        self.tasks.focus()

    def _set_full(self, full: bool) -> None:
        """Give the tasks the whole width or not; the next start shows them as they are then."""
        self._screen.set_class(full, "-full")
        self.set_pane_width(self._shell.state.pane_width)
        self._shell.state.pane_full = full
        self.save_soon(self._save)

    def _save(self) -> None:
        self._shell.state.save()

    def toggle_tasks(self) -> bool | None:
        """Show or hide the tasks. Return whether the pane is open from now on; None for a drawer, which is passing."""
        screen = self._screen
        if screen.has_class("-wide"):
            screen.toggle_class("-pane-closed")
            is_open = not screen.has_class("-pane-closed")
            if not is_open:
                self.focus_composer()
            return is_open
        if self.drawer_open:
            self.focus_composer()
        else:
            screen.add_class("-drawer")
            screen.call_after_refresh(self.tasks.focus)
        return None
