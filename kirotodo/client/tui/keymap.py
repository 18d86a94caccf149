"""The one registry of what a person can do in the terminal client, and by which keys.

It feeds the bindings of every widget, the hints in the borders, the help screen and the command palette. A widget of a
scope takes `bindings(scope)` as its BINDINGS and has a method `action_<name>` for each.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.keys import format_key

Scope = Literal[
    "app",
    "chat",
    "composer",
    "queue",
    "approval",
    "transcript",
    "tool_line",
    "answer",
    "tasks",
    "conversations",
    "places",
    "dialog",
    "choice",
    "help",
]
HEADINGS: Final[Mapping[Scope, str]] = {
    "app": "Everywhere",
    "chat": "Everywhere in the chat (single letters: outside text)",
    "composer": "Writing a message",
    "queue": "A queued message",
    "approval": "When asked yes or no",
    "transcript": "The conversation",
    "tool_line": "A tool line",
    "answer": "An answer that failed or was stopped",
    "tasks": "The tasks",
    "conversations": "The list of conversations",
    "places": "Where the list is",
    "dialog": "Dialogs",
    "choice": "A choice in a dialog",
    "help": "This help",
}
"""Scopes in the order of the help screen."""
OUTER: Final[Mapping[Scope, tuple[Scope, ...]]] = {
    "app": (),
    "chat": ("app",),
    "composer": ("chat", "app"),
    "queue": ("chat", "app"),
    "approval": ("chat", "app"),
    "transcript": ("chat", "app"),
    "tool_line": ("transcript", "chat", "app"),
    "answer": ("transcript", "chat", "app"),
    "tasks": ("chat", "app"),
    "conversations": ("app",),
    "places": ("app",),
    "dialog": ("app",),
    "choice": ("dialog", "app"),
    "help": ("app",),
}
"""The scopes whose keys act as well while one is in this scope."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """Something a person can do.

    `title` is a word or two for hints and menus, `help` a sentence. `hint` puts it into the line of hints in a border,
    `palette` into the command palette. An inner scope may use the same key for something of its own.
    """

    scope: Scope
    name: str
    keys: tuple[str, ...]
    title: str
    help: str
    hint: bool = False
    palette: bool = False

    @property
    def id(self) -> str:
        return f"{self.scope}.{self.name}"


def _action(
    scope: Scope, name: str, keys: str, title: str, help: str, *, hint: bool = False, palette: bool = False
) -> Action:
    return Action(scope=scope, name=name, keys=tuple(keys.split()), title=title, help=help, hint=hint, palette=palette)


ACTIONS: Final[tuple[Action, ...]] = (
    _action("app", "command_palette", "ctrl+p", "commands", "Search all commands and conversations."),
    _action("app", "toggle_theme", "f2", "light or dark", "Switch between the light and the dark theme.", palette=True),
    _action("app", "quit", "ctrl+q", "quit", "Leave; drafts and running turns are kept.", palette=True),
    _action(
        "app", "interrupt", "ctrl+c", "copy, or quit", "Copy what is selected; with nothing selected, twice: quit."
    ),
    _action("chat", "help", "f1 question_mark", "help", "Show every key and what it does.", palette=True),
    _action("chat", "escape", "escape", "stop", "Stop the running turn; draft and answer so far stay."),
    _action("chat", "toggle_tasks", "ctrl+t", "tasks", "Show or hide the tasks.", palette=True),
    _action("chat", "next_area", "tab", "next part", "Go to the next part of the screen."),
    _action("chat", "previous_area", "shift+tab", "part before", "Go to the part of the screen before."),
    _action("chat", "conversations", "ctrl+o", "conversations", "List, search and switch conversations.", palette=True),
    _action("chat", "new_conversation", "ctrl+n", "new conversation", "Begin a new conversation.", palette=True),
    _action("chat", "places", "f3", "server", "Switch to a server, or back to this computer.", palette=True),
    _action("chat", "undo", "u", "undo", "Take back the latest change to the list.", palette=True),
    _action("chat", "redo", "U", "redo", "Do again what was taken back.", palette=True),
    _action("chat", "focus_composer", "i", "write", "Go to the composer."),
    _action("composer", "submit", "enter", "send", "Send the message; while a turn runs it is queued.", hint=True),
    _action("composer", "newline", "ctrl+j shift+enter", "newline", "Begin a new line.", hint=True),
    _action("composer", "open_editor", "ctrl+g", "editor", "Write the message in $EDITOR."),
    _action("composer", "history_back", "up", "earlier", "On the first line: what was sent before."),
    _action("composer", "history_forward", "down", "later", "On the last line: what was sent after."),
    _action("composer", "quit_if_empty", "ctrl+d", "quit", "With nothing written: leave."),
    _action("queue", "edit", "e", "edit", "Take the message back into the composer.", hint=True),
    _action("queue", "remove", "x delete backspace", "remove", "Remove the message.", hint=True),
    _action("queue", "send_now", "s", "send now", "Stop the running turn and send this message.", hint=True),
    _action("approval", "yes", "y", "yes", "Go on.", hint=True),
    _action("approval", "no", "n", "no", "Do not; esc says no as well.", hint=True),
    _action(
        "approval", "always", "a", "always", "Yes, and don't ask again for as many in this conversation.", hint=True
    ),
    _action("approval", "edit", "e", "edit", "Change the arguments first.", hint=True),
    _action("transcript", "previous_item", "up k", "up", "To the item above."),
    _action("transcript", "next_item", "down j", "down", "To the item below."),
    _action("transcript", "page_up", "pageup", "page up", "A page up."),
    _action("transcript", "page_down", "pagedown", "page down", "A page down."),
    _action("transcript", "oldest", "home g", "oldest", "To the oldest message."),
    _action("transcript", "newest", "end G", "newest", "To the newest message, and follow what comes."),
    _action("tool_line", "toggle", "enter space", "details", "Unfold or fold what the tool did.", hint=True),
    _action("tool_line", "undo_call", "u", "undo this", "Take back what this tool did.", hint=True),
    _action("answer", "retry", "r enter", "try again", "Send the message of this turn again.", hint=True),
    _action("tasks", "done", "space", "done", "Mark the task done; once more opens it again.", hint=True),
    _action("tasks", "edit", "e", "edit", "Change the title.", hint=True),
    _action("tasks", "due", "d", "due", "Change when it is due, in words such as “fri 5pm”.", hint=True),
    _action("tasks", "new", "n", "new", "Add a task.", hint=True, palette=True),
    _action("tasks", "details", "enter", "details", "Everything about the task, to read and to change.", hint=True),
    _action("tasks", "priority", "p", "priority", "To the next priority: none, low, medium, high.", hint=True),
    _action("tasks", "delete", "x delete", "delete", "Delete the task; undo brings it back.", hint=True),
    _action("tasks", "filter", "slash", "filter", "Show only tasks that hold these words.", hint=True, palette=True),
    _action("tasks", "undo", "u", "undo", "Take back the latest change to the list.", hint=True),
    _action("tasks", "redo", "U", "redo", "Do again what was taken back."),
    _action("tasks", "cursor_up", "up k", "up", "To the task above."),
    _action("tasks", "cursor_down", "down j", "down", "To the task below."),
    _action("tasks", "page_up", "pageup", "page up", "A page up."),
    _action("tasks", "page_down", "pagedown", "page down", "A page down."),
    _action("tasks", "first", "home g", "first", "To the first task."),
    _action("tasks", "last", "end G", "last", "To the last task."),
    _action("tasks", "leave", "escape", "back", "Take the filter away, or go back to the composer."),
    _action("conversations", "open", "enter", "open", "Open the conversation.", hint=True),
    _action("conversations", "search", "slash", "search", "Search titles and messages.", hint=True),
    _action("conversations", "rename", "r", "rename", "Give it another title.", hint=True),
    _action("conversations", "delete", "d delete", "delete", "Delete it; u brings it back.", hint=True),
    _action("conversations", "restore", "u", "undo", "Bring back the one that was deleted last."),
    _action("conversations", "new", "n", "new", "Begin a new conversation.", hint=True),
    _action("conversations", "cursor_up", "up k", "up", "To the conversation above; from the first: search."),
    _action("conversations", "cursor_down", "down j", "down", "To the conversation below."),
    _action("conversations", "page_up", "pageup", "page up", "A page up."),
    _action("conversations", "page_down", "pagedown", "page down", "A page down."),
    _action("conversations", "first", "home g", "first", "To the latest conversation."),
    _action("conversations", "last", "end G", "last", "To the last one loaded; more come by themselves."),
    _action("conversations", "close", "escape", "back", "Back to the chat.", hint=True),
    _action("places", "go", "enter", "go", "Go to that list, or to the door of that server.", hint=True),
    _action("places", "sign_out", "o", "sign out", "Sign out of the server you are at.", hint=True),
    _action("places", "cursor_up", "up k", "up", "To the place above."),
    _action("places", "cursor_down", "down j", "down", "To the place below."),
    _action("places", "close", "escape", "back", "Back to the chat.", hint=True),
    _action("dialog", "save", "enter", "save", "Keep what was changed.", hint=True),
    _action("dialog", "close", "escape", "cancel", "Close and change nothing.", hint=True),
    _action("dialog", "next_field", "tab down", "next field", "To the next field."),
    _action("dialog", "previous_field", "shift+tab up", "field before", "To the field before."),
    _action("choice", "next_word", "right space", "next", "To the next word; a letter goes to the word it begins."),
    _action("choice", "previous_word", "left", "before", "To the word before."),
    _action("help", "close", "escape f1 question_mark q", "close", "Close the help."),
)
BY_ID: Final[Mapping[str, Action]] = {action.id: action for action in ACTIONS}


def bindings(scope: Scope) -> list[BindingType]:
    """The bindings of a widget of this scope."""
    return [
        Binding(",".join(action.keys), action.name, action.title, show=action.hint, tooltip=action.help, id=action.id)
        for action in ACTIONS
        if action.scope == scope
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Keymap:
    """Which keys each action has, and what of the asked changes could not be done, a sentence each."""

    keys: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...] = ()

    def textual(self) -> dict[str, str]:
        """For `App.set_keymap`. An action without a key gets one that no keyboard sends."""
        return {id: ",".join(keys) or "unbound" for id, keys in self.keys.items()}


def keymap(overrides: Mapping[str, str] | None = None) -> Keymap:
    """The default keys with `overrides` ({action id: "key key"}) laid over them.

    An override takes its keys away from the other actions of the same scope that have them by default. Two overrides
    that want one key, unknown actions and letters where letters are text are reported and left out.
    """
    keys = {action.id: action.keys for action in ACTIONS}
    problems: list[str] = []
    taken: dict[tuple[Scope, str], str] = {}
    for id, wanted in (overrides or {}).items():
        action = BY_ID.get(id)
        if action is None:
            problems.append(f"There is no action {id!r}; the help (f1) lists all of them.")
            continue
        asked = tuple(_key_name(key) for key in wanted.replace(",", " ").split())
        trouble = _trouble(action, asked, taken)
        if trouble:
            problems.append(trouble)
            continue
        for other in ACTIONS:
            if other.scope == action.scope and other.id != id and other.id not in taken.values():
                keys[other.id] = tuple(key for key in keys[other.id] if key not in asked)
        taken |= {(action.scope, key): id for key in asked}
        keys[id] = asked
    problems += _hidden(keys, set(taken.values()))
    problems += [
        f"{id!r} has no key any more." for id, left in keys.items() if not left and id not in (overrides or {})
    ]
    return Keymap(keys=keys, problems=tuple(problems))


def _hidden(keys: Mapping[str, tuple[str, ...]], changed: Collection[str]) -> list[str]:
    """Where a changed key now hides an action of an outer scope. It is done as asked, and said."""
    return [
        f"{key_label(key)!r} is {action.id!r} where one is there, and hides {outer.id!r}."
        for action in ACTIONS
        if action.id in changed
        for outer in ACTIONS
        if outer.scope in OUTER[action.scope]
        for key in keys[action.id]
        if key in keys[outer.id] and key not in action.keys
    ]


def _trouble(action: Action, keys: tuple[str, ...], taken: Mapping[tuple[Scope, str], str]) -> str | None:
    for key in keys:
        if other := taken.get((action.scope, key)):
            return f"{key_label(key)!r} is asked for by both {other!r} and {action.id!r}; the first one has it."
        if action.scope in ("composer", "dialog") and len(key_label(key)) == 1:
            return f"{key_label(key)!r} is text in the {action.scope}, so it cannot be the key of {action.id!r}."
    return None


def _key_name(key: str) -> str:
    """Textual's name of a key: `?` is `question_mark`."""
    (binding,) = Binding.make_bindings([Binding(key, "")])
    return binding.key


_LABELS: Final[Mapping[str, str]] = {"enter": "enter", "backspace": "backspace"}
"""Words where Textual shows a glyph that not every terminal draws one cell wide."""


def key_label(key: str) -> str:
    """A key as it is shown: `question_mark` is `?`, `escape` is `esc`."""
    return _LABELS.get(key) or format_key(key)


def hints(scope: Scope, *, keys: Keymap | None = None, width: int | None = None) -> Content:
    """One line of what can be done here, such as `space done · e edit · d due`, as much of it as `width` holds."""
    keymap_keys = (keys or keymap()).keys
    line = Content()
    for action in ACTIONS:
        if action.scope != scope or not action.hint or not keymap_keys[action.id]:
            continue
        piece = Content.assemble((key_label(keymap_keys[action.id][0]), "$accent"), f" {action.title}")
        longer = Content.assemble(line, " · ", piece) if line else piece
        if width is not None and longer.cell_length > width:
            break
        line = longer
    return line
