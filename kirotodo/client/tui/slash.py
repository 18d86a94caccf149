"""The slash commands, and how a few typed letters find one. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar


@dataclass(frozen=True, kw_only=True, slots=True)
class SlashCommand:
    """`takes` names its argument, "" where it has none."""

    name: str
    hint: str
    takes: str = ""


COMMANDS: Final = (
    SlashCommand(name="help", hint="every key and command"),
    SlashCommand(name="new", hint="begin a new conversation"),
    SlashCommand(name="conversations", hint="list, search and switch conversations"),
    SlashCommand(name="rename", hint="give this conversation another title", takes="title"),
    SlashCommand(name="delete", hint="delete this conversation; /restore brings it back"),
    SlashCommand(name="restore", hint="bring back the conversation deleted last"),
    SlashCommand(name="export", hint="write this conversation to a file, .md or .json", takes="file"),
    SlashCommand(name="undo", hint="take back the latest change to the list"),
    SlashCommand(name="redo", hint="do again what was taken back"),
    SlashCommand(name="retry", hint="send the message of a failed turn again"),
    SlashCommand(name="model", hint="choose which model answers", takes="name"),
    SlashCommand(name="server", hint="go to a server, or back to the list of this computer", takes="address"),
    SlashCommand(name="password", hint="set a new password at the server"),
    SlashCommand(name="signout", hint="sign out of the server"),
    SlashCommand(name="tasks", hint="show or hide the tasks"),
    SlashCommand(name="theme", hint="light or dark"),
    SlashCommand(name="quit", hint="leave; drafts and running turns are kept"),
)
BY_NAME: Final = {command.name: command for command in COMMANDS}

T = TypeVar("T")


def parse(text: str) -> tuple[str, str] | None:
    """The name and argument of a text that is a slash command by its form: one line, a slash and a word."""
    stripped = text.strip()
    if not stripped.startswith("/") or "\n" in stripped:
        return None
    name, _, argument = stripped[1:].partition(" ")
    return (name.casefold(), argument.strip()) if name.isalpha() else None


def matching(typed: str, choices: Iterable[tuple[str, T]]) -> list[T]:
    """The choices whose key holds the typed letters in order, best first: beginnings, then parts, then scattered."""
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
