"""The interface of the screen that shows a conversation. No Textual here: a test can be the screen."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, Protocol

from kirotodo.client.tui.entries import Entry, PendingApproval
from kirotodo.core.domain.conversation import Usage
from kirotodo.core.domain.task import Task

Severity = Literal["information", "warning", "error"]


class ConversationView(Protocol):
    """The screen as `TurnController` and `LiveAnswer` know it."""

    @property
    def entries(self) -> Sequence[Entry]:
        """Return the entries shown, oldest first."""

    @property
    def draft(self) -> str:
        """Return the text in the composer."""

    @property
    def link_down(self) -> bool:
        """Return whether a message would have to wait for the server."""

    # --- the conversation ---

    def show_title(self, title: str) -> None:
        """Show the title of the conversation."""

    async def load_entries(self, entries: Sequence[Entry], *, more: bool) -> None:
        """Show these entries and nothing else; `more` says that there are older ones."""

    def prepend_entries(self, entries: Sequence[Entry], *, more: bool) -> None:
        """Add older entries before the first one."""

    def append_entry(self, entry: Entry) -> None:
        """Add an entry at the end."""

    def put_entry(self, entry: Entry, *, replacing: str | None = None) -> None:
        """Show a newer state of the entry with the same key, or in place of the one with the key `replacing`."""

    def drop_entry(self, key: str) -> None:
        """Remove an entry."""

    def focus_message(self, seq: int) -> None:
        """Go to a message, or to the answer with that number."""

    def show_editing(self, editing: bool) -> None:
        """Show whether the composer holds a message that is being edited."""

    def show_sending(self, entry: Entry, history: Sequence[str]) -> None:
        """Add the user's message at the end, scroll there, and offer `history` in the composer."""

    def show_usage(self, usage: Usage, cost: str) -> None:
        """Show the tokens that the conversation has used and what they cost."""

    def show_approvals(self, pending: Sequence[PendingApproval]) -> None:
        """Ask the first of these questions in the composer's place; with none, show the composer again."""

    def show_activity(self, active: bool) -> None:
        """Show whether a message is being sent or answered, which can be stopped."""

    # --- the composer and the queue ---

    def set_draft(self, text: str) -> None:
        """Put a text into the composer instead of what is there."""

    def return_text(self, text: str) -> None:
        """Put a text into the composer before what is there."""

    def show_queue(self, texts: Sequence[str], *, held: bool, waiting: int) -> None:
        """Show the queued messages; `held` ones do not go out by themselves, `waiting` counts the outgoing ones too."""

    # --- around them ---

    def show_tasks(self, tasks: Sequence[Task], removed: Sequence[int]) -> None:
        """Show tasks as they are now in the list, and drop those with the ids `removed`."""

    def notify(self, text: str, severity: Severity = "information") -> None:
        """Show one sentence in passing."""

    def ring(self) -> None:
        """Ring the bell, if nobody is looking."""

    def save_soon(self, save: Callable[[], None]) -> None:
        """Call `save` in a moment, once for everything typed until then."""

    def run(self, job: Coroutine[Any, Any, object], *, group: str = "work", exclusive: bool = False) -> None:
        """Run a job in the background; an exclusive one cancels the others of its group."""

    def cancel(self, group: str) -> None:
        """Cancel the jobs of a group."""
