"""What each slash command does to the chat."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from kirotodo.client.tui.messages import ModelChosen

if TYPE_CHECKING:
    from kirotodo.client.tui.screens.chat import ChatScreen


def run_command(chat: "ChatScreen", name: str, argument: str) -> None:
    """Run a command that is known by name."""
    DEEDS[name](chat, argument)


def _rename(chat: "ChatScreen", title: str) -> None:
    if chat.conversation_id is None:
        chat.shell.say("There is nothing to rename yet: say something first.", "warning")
    elif not title:
        chat.composer.give_back("/rename ")
    else:
        chat.shell.work(chat.shell.jobs.rename(chat.conversation_id, title))


def _delete(chat: "ChatScreen", _: str) -> None:
    if chat.conversation_id is None:
        chat.shell.say("There is nothing to delete yet.", "warning")
    else:
        chat.shell.work(chat.shell.jobs.delete(chat.conversation_id))
        chat.shell.say("The conversation is deleted; /restore brings it back.")


def _restore(chat: "ChatScreen", _: str) -> None:
    if chat.deleted is None:
        chat.shell.say("No conversation was deleted since the program started.", "warning")
    else:
        chat.shell.work(chat.shell.jobs.restore(chat.deleted))
        chat.deleted = None


def _model(chat: "ChatScreen", name: str) -> None:
    if name:
        chat.post_message(ModelChosen(name))
    elif len(chat.models) != 1:
        chat.composer.give_back("/model ")
    else:
        chat.shell.say("There is one model here. `kirotodo config edit` sets up others.")


def _retry(chat: "ChatScreen", _: str) -> None:
    if chat.shell.refused:
        chat.header.refused = False
        chat.shell.open_core()
    else:
        chat.retry()


DEEDS: Final[Mapping[str, Callable[["ChatScreen", str], None]]] = {
    "help": lambda chat, _: chat.action_help(),
    "new": lambda chat, _: chat.action_new_conversation(),
    "conversations": lambda chat, _: chat.action_conversations(),
    "rename": _rename,
    "delete": _delete,
    "restore": _restore,
    "undo": lambda chat, _: chat.action_undo(),
    "redo": lambda chat, _: chat.action_redo(),
    "retry": _retry,
    "model": _model,
    "tasks": lambda chat, _: chat.action_toggle_tasks(),
    "theme": lambda chat, _: chat.shell.action_toggle_theme(),
    "quit": lambda chat, _: chat.shell.leave(),
}
