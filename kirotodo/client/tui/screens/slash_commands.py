"""What each slash command does to the chat."""

import asyncio
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kirotodo.client.accounts.switcher import THIS_COMPUTER
from kirotodo.client.tui.messages import LocationChanged, ModelChosen, SignInRequested
from kirotodo.core.errors import InvalidInput, NotSignedIn

if TYPE_CHECKING:
    from kirotodo.client.accounts.address import Address
    from kirotodo.client.tui.screens.chat import ChatScreen

ONE_LIST: Final = "This chat has one list and no other to go to."


def run_command(chat: "ChatScreen", name: str, argument: str) -> None:
    """Run a command that is known by name."""
    HANDLERS[name](chat, argument)


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


def _export(chat: "ChatScreen", file: str) -> None:
    if chat.conversation_id is None:
        chat.shell.say("There is nothing to export yet: say something first.", "warning")
    elif not file:
        chat.composer.give_back(f"/export conversation-{chat.conversation_id}.md")
    else:
        chat.shell.work(_write(chat, chat.conversation_id, Path(file).expanduser().absolute()))


async def _write(chat: "ChatScreen", conversation_id: int, path: Path) -> None:
    from kirotodo.client.commands.conversations import exported

    backend, now = await chat.shell.core(), chat.shell.clock()
    text = await exported(backend, conversation_id, as_json=path.suffix == ".json", now=now)
    if chat.app.is_web:  # the files of the machine this runs on are not the visitor's
        chat.app.deliver_text(StringIO(text), save_filename=path.name)
        return
    try:
        await asyncio.to_thread(_write_new, path, text)
    except FileExistsError:
        chat.shell.say(f"{path} is there already; choose another name.", "warning")
    except OSError as error:
        chat.shell.say(f"{path} could not be written: {error.strerror or error}.", "error")
    else:
        chat.shell.say(f"Written to {path}.")


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


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


def _server(chat: "ChatScreen", address: str) -> None:
    from kirotodo.client.accounts.address import Address

    if not address:
        chat.action_places()
    elif chat.shell.places is None:
        chat.shell.say(ONE_LIST, "warning")
    elif address.casefold() == THIS_COMPUTER:
        chat.shell.work(_go(chat, None))
    else:
        try:
            there = Address.of(address)
        except InvalidInput as error:
            chat.composer.give_back(f"/server {address}")
            chat.shell.say(error.message, "warning")
        else:
            chat.shell.work(_go(chat, there))


async def _go(chat: "ChatScreen", address: "Address | None") -> None:
    places = chat.shell.places
    assert places is not None
    if address == places.address and not chat.shell.refused:
        chat.shell.say("You are there already.")
        return
    try:
        await places.go(address)
    except NotSignedIn:
        chat.shell.post_message(SignInRequested(address))
    else:
        where = address.host if address is not None else "this computer"
        chat.shell.post_message(LocationChanged(f"The list is that of {where} now."))


def _password(chat: "ChatScreen", _: str) -> None:
    from kirotodo.client.tui.screens.password import PasswordScreen

    places = chat.shell.places
    if places is None or places.address is None:
        chat.shell.say("This is your local list: it has no password.", "warning")
    else:
        chat.app.push_screen(PasswordScreen(places))


def _sign_out(chat: "ChatScreen", _: str) -> None:
    if chat.shell.places is None:
        chat.shell.say(ONE_LIST, "warning")
    else:
        chat.shell.work(_leave(chat))


async def _leave(chat: "ChatScreen") -> None:
    places = chat.shell.places
    assert places is not None
    chat.shell.post_message(LocationChanged(await places.sign_out()))


HANDLERS: Final[Mapping[str, Callable[["ChatScreen", str], None]]] = {
    "help": lambda chat, _: chat.action_help(),
    "new": lambda chat, _: chat.action_new_conversation(),
    "conversations": lambda chat, _: chat.action_conversations(),
    "rename": _rename,
    "delete": _delete,
    "restore": _restore,
    "export": _export,
    "undo": lambda chat, _: chat.action_undo(),
    "redo": lambda chat, _: chat.action_redo(),
    "retry": _retry,
    "model": _model,
    "server": _server,
    "password": _password,
    "signout": _sign_out,
    "tasks": lambda chat, _: chat.action_toggle_tasks(),
    "theme": lambda chat, _: chat.shell.action_toggle_theme(),
    "quit": lambda chat, _: chat.shell.leave(),
}
