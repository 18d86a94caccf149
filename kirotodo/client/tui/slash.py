"""The slash commands, and finding one by a few typed letters. What they do is in `screens/slash_commands.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar


@dataclass(frozen=True, kw_only=True, slots=True)
class SlashCommand:
    """A slash command; `takes` names its argument, "" if it has none."""

    name: str
    hint: str
    takes: str = ""


COMMANDS: Final = (
    SlashCommand(name="help", hint="every key and command"),
    SlashCommand(name="new", hint="start a new conversation"),
    SlashCommand(name="conversations", hint="list, search and switch conversations"),
    SlashCommand(name="rename", hint="rename this conversation", takes="title"),
    SlashCommand(name="delete", hint="delete this conversation (/restore brings it back)"),
    SlashCommand(name="restore", hint="restore the conversation deleted last"),
    SlashCommand(name="export", hint="save this conversation as .md or .json", takes="file"),
    SlashCommand(name="undo", hint="undo the latest change to the list"),
    SlashCommand(name="redo", hint="redo what you undid last"),
    SlashCommand(name="retry", hint="resend the last message that failed"),
    SlashCommand(name="model", hint="choose the model that answers", takes="name"),
    SlashCommand(name="server", hint="switch to a server, or back to your local list", takes="address"),
    SlashCommand(name="password", hint="change your password on the server"),
    SlashCommand(name="signout", hint="sign out of the server"),
    SlashCommand(name="tasks", hint="show or hide the tasks"),
    SlashCommand(name="theme", hint="switch between light and dark"),
    SlashCommand(name="quit", hint="quit; drafts and running turns are kept"),
)
BY_NAME: Final = {command.name: command for command in COMMANDS}

T = TypeVar("T")


def parse(text: str) -> tuple[str, str] | None:
    """Return the name and argument of a text in the form of a slash command: one line, a slash and a word."""
    stripped = text.strip()
    if not stripped.startswith("/") or "\n" in stripped:
        return None
    name, _, argument = stripped[1:].partition(" ")
    return (name.casefold(), argument.strip()) if name.isalpha() else None


def matching(typed: str, choices: Iterable[tuple[str, T]]) -> list[T]:
    """Return the choices whose key contains the typed letters in order: at its start, then together, then apart."""
    typed = typed.casefold()
    ranked = [(rank, item) for key, item in choices if (rank := _rank(typed, key.casefold())) is not None]
    return [item for _, item in sorted(ranked, key=lambda pair: pair[0])]


def _rank(typed: str, key: str) -> tuple[int, int] | None:
    if key.startswith(typed):
        return 0, 0
    position = key.find(typed)
    if position >= 0:
        return 1, position
    start = position = -1
    for letter in typed:
        position = key.find(letter, position + 1)
        if position < 0:
            return None
        start = position if start < 0 else start
    return 2, position - start
