"""The slash commands. They know the app as a `Shell` and the chat as a `CommandContext`."""

import asyncio
import errno
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kirotodo.client.accounts.switcher import THIS_COMPUTER, ServerSwitcher
from kirotodo.client.tui.messages import LocationChanged, ModelChosen, SignInRequested
from kirotodo.client.tui.model_picker import ModelPicker
from kirotodo.client.tui.shell import Shell
from kirotodo.client.tui.turn_controller import TurnController
from kirotodo.core.errors import InvalidInput, NotSignedIn
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.files import atomic_write

if TYPE_CHECKING:
    from kirotodo.client.accounts.address import Address

ONE_LIST: Final = "This chat has one list, so there is no other to switch to."


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandContext:
    """The parts of the chat that a slash command can use."""

    shell: Shell
    conversation: TurnController
    models: ModelPicker
    write: Callable[[str], None]
    """Puts a text into the composer."""
    run_action: Callable[[str], object]
    """Runs an action of the chat by its name in the keymap."""
    retry: Callable[[], None]
    """Sends a failed message again, or opens the list again where that failed."""
    overwritable: set[Path] = field(default_factory=set)
    """Files that were found in the place of an export, and that the same command overwrites."""


def run_command(context: CommandContext, name: str, argument: str) -> None:
    """Run a command that is known by name."""
    HANDLERS[name](context, argument)


def _rename(context: CommandContext, title: str) -> None:
    shell, conversation_id = context.shell, context.conversation.conversation_id
    if conversation_id is None:
        shell.toast("There is nothing to rename yet. Send a message first.", "warning")
    elif not title:
        context.write("/rename ")
    else:
        shell.work(shell.background.rename(conversation_id, title))


def _delete(context: CommandContext, _: str) -> None:
    shell, conversation_id = context.shell, context.conversation.conversation_id
    if conversation_id is None:
        shell.toast("There is nothing to delete yet.", "warning")
    else:
        shell.work(shell.background.delete(conversation_id))
        shell.toast("Conversation deleted. /restore brings it back.")


def _restore(context: CommandContext, _: str) -> None:
    shell, conversation = context.shell, context.conversation
    if conversation.deleted is None:
        shell.toast("You haven't deleted a conversation since the program started.", "warning")
    else:
        shell.work(shell.background.restore(conversation.deleted))
        conversation.deleted = None


def _export(context: CommandContext, file: str) -> None:
    conversation_id = context.conversation.conversation_id
    if conversation_id is None:
        context.shell.toast("There is nothing to export yet. Send a message first.", "warning")
    elif not file:
        context.write(f"/export conversation-{conversation_id}.md")
    else:
        context.shell.work(_write(context, conversation_id, file, Path(file).expanduser().absolute()))


async def _write(context: CommandContext, conversation_id: int, file: str, path: Path) -> None:
    from kirotodo.client.commands.conversations import exported

    shell = context.shell
    backend, now = await shell.core(), shell.clock()
    text = await exported(backend, conversation_id, as_json=path.suffix == ".json", now=now)
    if shell.offer_download(text, path.name):
        return
    try:
        await asyncio.to_thread(_write_file, path, text, overwrite=path in context.overwritable)
    except FileExistsError:
        context.overwritable.add(path)
        context.write(f"/export {file}")
        shell.toast(f"{path} already exists. Press enter to overwrite it, or choose another name.", "warning")
    except OSError as error:
        shell.toast(f"{path} could not be written: {error.strerror or error}.", "error")
    else:
        context.overwritable.discard(path)
        shell.toast(f"Saved to {path}.")


def _write_file(path: Path, text: str, *, overwrite: bool) -> None:
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it isn't a file")
    atomic_write(path, text, mode=None, overwrite=overwrite, parents=False)


def _copy(context: CommandContext, _: str) -> None:
    if answer := context.conversation.latest_answer():
        context.shell.copy_to_clipboard(answer)
    else:
        context.shell.toast("There is no answer to copy yet.", "warning")


def _model(context: CommandContext, name: str) -> None:
    if name:
        context.shell.post_to_chat(ModelChosen(name))
    elif len(context.models.choices) != 1:
        context.write("/model ")
    else:
        context.shell.toast("There is only one model. `kirotodo config edit` sets up others.")


def _theme(context: CommandContext, name: str) -> None:
    if not name:
        context.run_action("themes")
    elif problem := context.shell.use_theme(name):
        context.write(f"/theme {name}")
        context.shell.toast(problem, "warning")


def _server(context: CommandContext, url: str) -> None:
    from kirotodo.client.accounts.address import Address

    shell, switcher = context.shell, context.shell.switcher
    if not url:
        context.run_action("places")
    elif switcher is None:
        shell.toast(ONE_LIST, "warning")
    elif url.casefold() == THIS_COMPUTER:
        shell.work(_switch(shell, switcher, None))
    else:
        try:
            address = Address.of(url)
        except InvalidInput as error:
            context.write(f"/server {url}")
            shell.toast(error.message, "warning")
        else:
            shell.work(_switch(shell, switcher, address))


async def _switch(shell: Shell, switcher: ServerSwitcher, address: "Address | None") -> None:
    if address == switcher.address and not shell.refused:
        shell.toast("You are using that list already.")
        return
    try:
        await switcher.go(address)
    except NotSignedIn:
        shell.post_message(SignInRequested(address))
    else:
        shell.post_message(
            LocationChanged(f"Switched to {address.host if address is not None else 'your local list'}.")
        )


def _password(context: CommandContext, _: str) -> None:
    from kirotodo.client.tui.screens.sign_in import PasswordScreen

    switcher = context.shell.switcher
    if switcher is None or switcher.address is None:
        context.shell.toast("This is your local list, which has no password.", "warning")
    else:
        context.shell.open_screen(PasswordScreen(switcher))


def sign_out(shell: Shell) -> None:
    """Sign out of the server that the list is on, and show the local list."""
    if shell.switcher is None:
        shell.toast(ONE_LIST, "warning")
    else:
        shell.work(_sign_out(shell, shell.switcher))


async def _sign_out(shell: Shell, switcher: ServerSwitcher) -> None:
    shell.post_message(LocationChanged(await switcher.sign_out()))


def _action(name: str) -> Callable[[CommandContext, str], None]:
    """Return the handler of a command that is an action of the chat."""

    def run(context: CommandContext, _: str) -> None:
        context.run_action(name)

    return run


HANDLERS: Final[Mapping[str, Callable[[CommandContext, str], None]]] = {
    "help": _action("help"),
    "new": _action("new_conversation"),
    "conversations": _action("conversations"),
    "rename": _rename,
    "delete": _delete,
    "restore": _restore,
    "export": _export,
    "undo": _action("undo"),
    "redo": _action("redo"),
    "retry": lambda context, _: context.retry(),
    "model": _model,
    "server": _server,
    "password": _password,
    "signout": lambda context, _: sign_out(context.shell),
    "tasks": _action("toggle_tasks"),
    "stats": _action("statistics"),
    "keys": _action("keys"),
    "copy": _copy,
    "mouse": lambda context, _: context.shell.action_toggle_mouse(),
    "theme": _theme,
    "quit": lambda context, _: context.shell.leave(),
}
