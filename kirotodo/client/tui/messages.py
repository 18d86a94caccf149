"""What is said between the screen, its widgets and the work in the background: typed messages, no behaviour.

Background work posts these and never touches a widget; other screens post them to ask the chat for something.
"""

from collections.abc import Sequence

from textual.message import Message

from kirotodo.client.accounts.address import Address
from kirotodo.client.state import Outgoing
from kirotodo.core.backend import LinkChanged, ModelChoice, Status
from kirotodo.core.domain.conversation import Conversation, Sent, Transcript
from kirotodo.core.domain.task import Changed, Task
from kirotodo.core.errors import KirotodoError
from kirotodo.core.events import TurnEvent

# --- asked of the chat ---


class OpenConversation(Message):
    """Show this conversation."""

    def __init__(self, conversation_id: int) -> None:
        super().__init__()
        self.conversation_id = conversation_id


class NewConversation(Message):
    """Show an empty conversation, which begins with the next message."""


class ModelChosen(Message):
    """Let this model answer from now on."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class SignOutRequested(Message):
    """Sign out of the server that the list is at."""


class ConversationRenamed(Message):
    """A conversation has another title now."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__()
        self.conversation = conversation


class ConversationDeleted(Message):
    """A conversation was put out of sight."""

    def __init__(self, conversation_id: int) -> None:
        super().__init__()
        self.conversation_id = conversation_id


class TextOffered(Message):
    """Text for the composer; sent at once where `send` says so."""

    def __init__(self, text: str, send: bool = False) -> None:
        super().__init__()
        self.text = text
        self.send = send


# --- asked of the app ---


class LocationChanged(Message):
    """The list is somewhere else now, or somebody else's; `said` is the sentence for it, if there is one to say."""

    def __init__(self, said: str = "") -> None:
        super().__init__()
        self.said = said


class SignInRequested(Message):
    """Somebody wants to sign in, or has to, which `why` says; `address` None asks for it."""

    def __init__(self, address: Address | None, why: str = "") -> None:
        super().__init__()
        self.address = address
        self.why = why


# --- told by the work in the background ---


class BackendReady(Message):
    """The core is there."""


class BackendFailed(Message):
    """The core cannot be opened."""

    def __init__(self, error: KirotodoError) -> None:
        super().__init__()
        self.error = error


class ConversationLoaded(Message):
    """A conversation's newest page; None is a new conversation. `view` is the visit it was loaded for."""

    def __init__(self, transcript: Transcript | None, view: int) -> None:
        super().__init__()
        self.transcript = transcript
        self.view = view


class PageFetched(Message):
    """The newest page of the conversation on screen, after something changed in another program."""

    def __init__(self, transcript: Transcript, view: int) -> None:
        super().__init__()
        self.transcript = transcript
        self.view = view


class OlderLoaded(Message):
    """The page before the oldest message shown; None where it could not be had."""

    def __init__(self, transcript: Transcript | None, view: int) -> None:
        super().__init__()
        self.transcript = transcript
        self.view = view


class MessageAccepted(Message):
    """A message was stored and its turn is under way."""

    def __init__(self, outgoing: Outgoing, sent: Sent, view: int) -> None:
        super().__init__()
        self.outgoing = outgoing
        self.sent = sent
        self.view = view


class MessageRefused(Message):
    """A message was not taken; its text must not be lost."""

    def __init__(self, outgoing: Outgoing, error: KirotodoError, view: int) -> None:
        super().__init__()
        self.outgoing = outgoing
        self.error = error
        self.view = view


class EventArrived(Message):
    """One event of the turn that is watched."""

    def __init__(self, event: TurnEvent, view: int) -> None:
        super().__init__()
        self.event = event
        self.view = view


class WatchLost(Message):
    """The turn can no longer be watched."""

    def __init__(self, turn_id: str, error: KirotodoError, view: int) -> None:
        super().__init__()
        self.turn_id = turn_id
        self.error = error
        self.view = view


class AnswerRefused(Message):
    """A yes or no was not taken."""

    def __init__(self, turn_id: str, error: KirotodoError) -> None:
        super().__init__()
        self.turn_id = turn_id
        self.error = error


class TasksLoaded(Message):
    """The open tasks, and how many there are in all where more exist than were loaded."""

    def __init__(self, tasks: Sequence[Task], total: int | None) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.total = total


class TasksFetched(Message):
    """Tasks as they are now, and ids that are gone."""

    def __init__(self, tasks: Sequence[Task], removed: Sequence[int]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.removed = tuple(removed)


class ConversationsChanged(Message):
    """Conversations changed, here or in another program."""


class StatusFetched(Message):
    """Where the list lives and what answers, as of now."""

    def __init__(self, status: Status) -> None:
        super().__init__()
        self.status = status


class LinkReported(Message):
    """How the link to the server stands, as of now."""

    def __init__(self, change: LinkChanged) -> None:
        super().__init__()
        self.change = change


class ModelsFetched(Message):
    """The models there are to choose from."""

    def __init__(self, choices: Sequence[ModelChoice]) -> None:
        super().__init__()
        self.choices = tuple(choices)


class Edited(Message):
    """A direct edit is done; `said` is the sentence for it."""

    def __init__(self, changed: Changed, said: str) -> None:
        super().__init__()
        self.changed = changed
        self.said = said


class CallUndone(Message):
    """What one tool call changed was put back."""

    def __init__(self, turn_id: str, call_id: str, changed: Changed) -> None:
        super().__init__()
        self.turn_id = turn_id
        self.call_id = call_id
        self.changed = changed


class Failed(Message):
    """Something that was asked for did not work."""

    def __init__(self, error: KirotodoError) -> None:
        super().__init__()
        self.error = error
