"""The messages between the chat, the other screens and the background work. Those of a widget are with the widget.

Background work posts these and never touches a widget; other screens post them to ask the chat for something.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from textual.message import Message

from kirotodo.client.accounts.address import Address
from kirotodo.client.state import Outgoing
from kirotodo.core.backend import ConversationHead, LinkChanged, ModelChoice, PendingEdits, Status
from kirotodo.core.domain.conversation import Conversation, Sent, Transcript
from kirotodo.core.domain.reminder import Reminder
from kirotodo.core.domain.task import Changed, Task
from kirotodo.core.errors import KirotodoError
from kirotodo.core.events import TurnEvent
from kirotodo.core.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from kirotodo.client.tui.widgets.task_card import TaskCard
    from kirotodo.core.domain.view import View

# --- requests to the chat ---


@dataclass
class OpenConversation(Message):
    """Show this conversation, from the message with the number `seq` if one is given."""

    conversation_id: int
    seq: int | None = None


class NewConversation(Message):
    """Show an empty conversation, which begins with the next message."""


@dataclass
class ModelChosen(Message):
    """Let this model answer from now on."""

    name: str


class SignOutRequested(Message):
    """Sign out of the server that the list is on."""


@dataclass
class TextOffered(Message):
    """Put a text into the composer, or send it at once."""

    text: str
    send: bool = False


# --- requests to the app ---


@dataclass
class LocationChanged(Message):
    """The list is on another server now, or another user's; `notice` is the sentence for it, if there is one."""

    notice: str = ""


@dataclass
class SignInRequested(Message):
    """Show the sign-in screen; `why` is the reason where the user did not ask for it, `address` None asks for one."""

    address: Address | None
    why: str = ""


# --- results of the background work ---


class BackendReady(Message):
    """The backend is open."""


@dataclass
class BackendFailed(Message):
    """The backend could not be opened."""

    error: KirotodoError


@dataclass
class ConversationLoaded(Message):
    """The newest page of a conversation is here; None is a new one. `visit` is the visit it was loaded for."""

    transcript: Transcript | None
    visit: int


@dataclass
class PageFetched(Message):
    """The newest page of the conversation on screen is here, after something changed in another program."""

    transcript: Transcript
    visit: int


@dataclass
class OlderLoaded(Message):
    """The page before the oldest message shown is here; None where it could not be loaded."""

    transcript: Transcript | None
    visit: int


@dataclass
class ConversationRenamed(Message):
    """A conversation has another title now."""

    conversation: Conversation


@dataclass
class ConversationDeleted(Message):
    """A conversation was deleted."""

    conversation_id: int


@dataclass
class ConversationsChanged(Message):
    """Conversations changed, here or in another program; without `heads` it isn't known which."""

    heads: Sequence[ConversationHead] = ()


@dataclass
class MessageAccepted(Message):
    """A message was stored and its turn is under way."""

    outgoing: Outgoing
    sent: Sent
    visit: int


@dataclass
class MessageRefused(Message):
    """A message was not accepted; its text must not be lost."""

    outgoing: Outgoing
    error: KirotodoError
    visit: int


@dataclass
class EventArrived(Message):
    """An event of the watched turn arrived."""

    event: TurnEvent
    visit: int


@dataclass
class WatchLost(Message):
    """The turn can no longer be watched."""

    turn_id: str
    error: KirotodoError
    visit: int


@dataclass
class AnswerRefused(Message):
    """The answer to a question was not accepted."""

    turn_id: str
    error: KirotodoError


@dataclass
class CallUndone(Message):
    """What one tool call changed was undone."""

    turn_id: str
    call_id: str
    changed: Changed


@dataclass
class TasksLoaded(Message):
    """The open tasks were loaded; `total` counts all of them where more exist than were loaded."""

    tasks: tuple[Task, ...]
    total: int | None


@dataclass
class DoneLoaded(Message):
    """Tasks that are done were loaded; `next` continues the list of them."""

    tasks: tuple[Task, ...]
    next: str | None


@dataclass
class ViewsLoaded(Message):
    """The saved views are here, pinned ones first."""

    views: "tuple[View, ...]"


@dataclass
class SavedLoaded(Message):
    """The tasks of the saved view with this name are here."""

    name: str
    tasks: tuple[Task, ...]


@dataclass
class MoreLoaded(Message):
    """More of the tasks that an answer lists were loaded, for the `card` that shows them."""

    card: "TaskCard"
    tasks: tuple[Task, ...]
    next: str | None


@dataclass
class TasksFetched(Message):
    """Tasks changed to what they are here, and those with the ids `removed` are gone."""

    tasks: tuple[Task, ...]
    removed: tuple[int, ...]


@dataclass
class PendingCounted(Message):
    """The list changed, and so many tasks are open now."""

    pending: int


@dataclass
class StatusFetched(Message):
    """The status of the backend is here."""

    status: Status


@dataclass
class LinkReported(Message):
    """The link to the server was lost, or is back."""

    change: LinkChanged


@dataclass
class EditsWaiting(Message):
    """Edits wait to be sent to the server, or were sent."""

    edits: PendingEdits


@dataclass
class ModelsFetched(Message):
    """The models to choose from are here."""

    choices: tuple[ModelChoice, ...]


@dataclass
class ViewChosen(Message):
    """The user wants to see another view of the tasks."""

    view: str


@dataclass
class Edited(Message):
    """A direct edit of the list is done; `notice` is the sentence for it. `reverts` says whether it was an undo or a
    redo, and `settles_marks` that the marks in the task pane have served their purpose."""

    changed: Changed
    notice: str
    reverts: Literal["undo", "redo"] | None = None
    settles_marks: bool = False


@dataclass
class Failed(Message):
    """Something that the user asked for did not work."""

    error: KirotodoError


@dataclass
class RemindersRang(Message):
    """Reminders are to be shown now; `shown` is set once they are."""

    reminders: tuple[Reminder, ...]
    shown: asyncio.Event
