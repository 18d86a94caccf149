"""The slash commands, and the popup over the composer: commands after `/`, models after `/model`, tags and tasks after
`#`, projects after `+`.

The composer drives it; focus never moves. What the commands do is in `screens/slash_commands.py`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from textual.content import Content

from kirotodo.client.custom_commands import CustomCommand
from kirotodo.client.tui.model_picker import about
from kirotodo.client.tui.plain import line, one_line
from kirotodo.client.tui.widgets.completion import Choice, CompletionPopup
from kirotodo.core.backend import ModelChoice
from kirotodo.core.domain.pending_edit import is_provisional
from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class SlashCommand:
    """A slash command; `takes` names its argument, "" if it has none.

    `palette` puts one that is no action of the keymap into the command palette.
    """

    name: str
    hint: str
    takes: str = ""
    palette: bool = False


COMMANDS: Final = (
    SlashCommand(name="help", hint="every key and command"),
    SlashCommand(name="new", hint="start a new conversation"),
    SlashCommand(name="conversations", hint="list, search and switch conversations"),
    SlashCommand(name="rename", hint="rename this conversation", takes="title", palette=True),
    SlashCommand(name="delete", hint="delete this conversation (/restore brings it back)", palette=True),
    SlashCommand(name="restore", hint="restore the conversation deleted last", palette=True),
    SlashCommand(name="export", hint="save this conversation as .md or .json", takes="file", palette=True),
    SlashCommand(name="undo", hint="undo the latest change to the list"),
    SlashCommand(name="redo", hint="redo what you undid last"),
    SlashCommand(name="retry", hint="resend the last message that failed or was stopped", palette=True),
    SlashCommand(name="model", hint="choose the model that answers", takes="name"),
    SlashCommand(name="server", hint="switch to a server, or back to your local list", takes="address"),
    SlashCommand(name="password", hint="change your password on the server", palette=True),
    SlashCommand(name="signout", hint="sign out of the server"),
    SlashCommand(name="tasks", hint="show or hide the tasks"),
    SlashCommand(name="stats", hint="what you did on which day, and your streak"),
    SlashCommand(name="copy", hint="copy the latest answer", palette=True),
    SlashCommand(name="mouse", hint="leave the mouse to the terminal, or take it back"),
    SlashCommand(name="keys", hint="find the key of each action, and change it"),
    SlashCommand(name="theme", hint="choose a theme; `/theme light` uses that one"),
    SlashCommand(name="quit", hint="quit; drafts and running turns are kept"),
)
BY_NAME: Final = {command.name: command for command in COMMANDS}

T = TypeVar("T")

SHOWN: Final = 8
_COMMAND: Final = re.compile(r"/([\w-]*)")
_MODEL: Final = re.compile(r"/model +(\S*)", re.IGNORECASE)
_HASH: Final = re.compile(r"(?:^|\s)#([^\s#]{0,40})$")
_PLUS: Final = re.compile(r"(?:^|\s)\+([^\s+]{0,40})$")


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


class SlashPopup(CompletionPopup, can_focus=False):
    """Shows fuzzy matches for the text before the cursor (`Composer.completable`)."""

    def __init__(
        self,
        tasks: Callable[[], Sequence[Task]],
        models: Callable[[], Sequence[ModelChoice]] = tuple,
        *,
        own: Sequence[CustomCommand] = (),
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._tasks = tasks
        self._models = models
        self.commands = (*COMMANDS, *(_own_command(each) for each in own))

    def is_command(self, typed: str) -> bool:
        """Return whether a text is a command to its last letter."""
        return typed.startswith("/") and any(known.name == typed[1:].casefold() for known in self.commands)

    def matches(self, typed: str) -> list[Choice]:
        """Return the commands, models, tags, tasks or projects that the text may begin."""
        if command := _COMMAND.fullmatch(typed):
            found = matching(command[1], [(known.name, known) for known in self.commands])
            return [_command_choice(known, len(typed)) for known in found]
        if model := _MODEL.fullmatch(typed):
            found_models = matching(model[1], [(known.name, known) for known in self._models()])
            return [_model_choice(known, len(model[1])) for known in found_models]
        if hashed := _HASH.search(typed):
            return self._tags_and_tasks(hashed[1])
        if plus := _PLUS.search(typed):
            projects = {task.project for task in self._tasks() if task.project}
            return [_word_choice(f"+{name}", len(plus[1]) + 1) for name in _beginning(plus[1], projects)[:SHOWN]]
        return []

    def _tags_and_tasks(self, typed: str) -> list[Choice]:
        """Return the tags first, since `#tag` is what people type, then tasks by number or the beginning of a word."""
        length, tasks = len(typed) + 1, self._tasks()
        tags = _beginning(typed, {tag for task in tasks for tag in task.tags})
        chosen = [_word_choice(f"#{tag}", length) for tag in tags[:SHOWN]]
        begun = typed.casefold()
        tasks = [task for task in tasks if not is_provisional(task.id)]
        numbered = [task for task in tasks if str(task.id).startswith(begun)]
        named = [task for task in tasks if task not in numbered and _has_word(task.title, begun)]
        ordered = [*sorted(numbered, key=lambda task: task.id), *sorted(named, key=lambda task: task.id)]
        return [*chosen, *(_task_choice(task, length) for task in ordered[: SHOWN - min(len(chosen), SHOWN // 2)])]


def _beginning(typed: str, names: Iterable[str]) -> list[str]:
    """Return the names that begin with the typed letters, but no name that is typed whole."""
    begun = typed.casefold()
    one_word = (name for name in names if not re.search(r"\s", name))  # a space would end it
    return sorted(name for name in one_word if name.casefold().startswith(begun) and name.casefold() != begun)


def _has_word(title: str, begun: str) -> bool:
    return any(word.startswith(begun) for word in re.findall(r"\w+", title.casefold()))


def _word_choice(word: str, length: int) -> Choice:
    shown = one_line(word)
    return Choice(text=f"{shown} ", length=length, label=line(shown), offered=True)


def _own_command(command: CustomCommand) -> SlashCommand:
    return SlashCommand(name=command.name, hint=one_line(command.prompt), takes=command.takes)


def _command_choice(command: SlashCommand, length: int) -> Choice:
    name = f"/{command.name}" + (f" <{command.takes}>" if command.takes else "")
    label = Content.assemble(f"{name:<18}", " " * (len(name) >= 18), (command.hint, "$text-muted"))
    tail = " " if command.takes else ""
    return Choice(text=f"/{command.name}{tail}", length=length, label=label, final=not command.takes)


def _model_choice(choice: ModelChoice, length: int) -> Choice:
    name = line(choice.name)
    gap = " " * max(2, 18 - name.cell_length)
    label = Content.assemble(name, gap, line(about(choice), "$text-muted"))
    return Choice(text=choice.name, length=length, label=label, final=True)


def _task_choice(task: Task, length: int) -> Choice:
    return Choice(
        text=f"#{task.id} ",
        length=length,
        label=Content.assemble((f"#{task.id:<5}", "$text-muted"), line(task.title)),
        offered=True,
    )
