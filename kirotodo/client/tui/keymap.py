"""The actions of the terminal client and their keys.

This registry feeds the bindings of every widget, the hints in the borders, the help screen and the command palette. A
widget of a scope takes `bindings(scope)` as its BINDINGS and has a method `action_<name>` for each.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Final, Literal

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.dom import DOMNode
from textual.keys import KEY_TO_UNICODE_NAME, REPLACED_KEYS, Keys, format_key

from kirotodo.core.lazy_dataclasses import dataclass

Scope = Literal[
    "app",
    "chat",
    "composer",
    "queue",
    "approval",
    "pick",
    "reminder",
    "transcript",
    "tool_line",
    "answer",
    "card",
    "tasks",
    "week",
    "conversations",
    "places",
    "page",
    "statistics",
    "themes",
    "dialog",
    "choice",
    "calendar",
    "postpone",
    "views",
    "help",
    "keys",
]
HEADINGS: Final[Mapping[Scope, str]] = {
    "app": "Everywhere",
    "chat": "Everywhere in the chat (single letters: outside text)",
    "composer": "Writing a message",
    "queue": "A queued message",
    "approval": "Approving a change",
    "pick": "Editing what you approve",
    "reminder": "A reminder",
    "transcript": "The conversation",
    "tool_line": "A tool line",
    "answer": "A failed or stopped answer",
    "card": "Tasks in an answer",
    "tasks": "The task list",
    "week": "The week as a grid",
    "conversations": "The conversation list",
    "places": "Choosing a server",
    "page": "The page of a task",
    "statistics": "The statistics",
    "themes": "Choosing a theme",
    "dialog": "Dialogs",
    "choice": "A choice in a dialog",
    "calendar": "The calendar in a dialog",
    "postpone": "Postponing tasks",
    "views": "Choosing a view",
    "help": "This help",
    "keys": "Changing keys",
}
"""Scopes in the order of the help screen."""
OUTER: Final[Mapping[Scope, tuple[Scope, ...]]] = {
    "app": (),
    "chat": ("app",),
    "composer": ("chat", "app"),
    "queue": ("chat", "app"),
    "approval": ("chat", "app"),
    "pick": ("approval", "chat", "app"),
    "reminder": ("chat", "app"),
    "transcript": ("chat", "app"),
    "tool_line": ("transcript", "chat", "app"),
    "answer": ("transcript", "chat", "app"),
    "card": ("transcript", "chat", "app"),
    "tasks": ("chat", "app"),
    "week": ("tasks", "chat", "app"),
    "conversations": ("app",),
    "places": ("app",),
    "page": ("app",),
    "statistics": ("app",),
    "themes": ("app",),
    "dialog": ("app",),
    "choice": ("dialog", "app"),
    "calendar": ("dialog", "app"),
    "postpone": ("dialog", "app"),
    "views": ("app",),
    "help": ("app",),
    "keys": ("app",),
}
"""The scopes whose keys act as well in this scope, innermost first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """Something that the user can do.

    `title` is a word or two for hints and menus, `help` a sentence. `hint` puts it into the line of hints in a border,
    `palette` into the command palette. An inner scope may use the same key for something of its own, unless the action
    comes `first`, before whatever has the focus and in dialogs too.
    """

    scope: Scope
    name: str
    keys: tuple[str, ...]
    title: str
    help: str
    hint: bool = False
    palette: bool = False
    first: bool = False

    @property
    def id(self) -> str:
        """Return the name that settings know the action by."""
        return f"{self.scope}.{self.name}"


def _action(
    scope: Scope,
    name: str,
    keys: str,
    title: str,
    help: str,
    *,
    hint: bool = False,
    palette: bool = False,
    first: bool = False,
) -> Action:
    named = tuple(keys.split())
    return Action(scope=scope, name=name, keys=named, title=title, help=help, hint=hint, palette=palette, first=first)


ACTIONS: Final[tuple[Action, ...]] = (
    _action("app", "command_palette", "ctrl+p", "commands", "Search commands and conversations; not in dialogs."),
    _action(
        "app",
        "toggle_theme",
        "f2",
        "light or dark",
        "Switch between the light and the dark theme.",
        palette=True,
        first=True,
    ),
    _action("app", "quit", "ctrl+q", "quit", "Quit. Drafts and running turns are kept.", palette=True, first=True),
    _action(
        "app",
        "interrupt",
        "ctrl+c",
        "copy, or quit",
        "Copy the selection. Without one, press twice to quit.",
        first=True,
    ),
    _action(
        "app", "suspend", "ctrl+z", "suspend", "Suspend the program. `fg` in the shell brings it back.", first=True
    ),
    _action(
        "app",
        "toggle_mouse",
        "f12",
        "mouse on or off",
        "Leave the mouse to the terminal, or take it back.",
        palette=True,
        first=True,
    ),
    _action(
        "app",
        "jump",
        "f4 ctrl+right_square_bracket",
        "jump",
        "Show a letter at everything, and go where you type.",
        palette=True,
        first=True,
    ),
    _action("chat", "help", "f1 question_mark", "help", "Show every key and what it does.", palette=True),
    _action("chat", "escape", "escape", "stop", "Stop the running turn. Draft and answer so far stay."),
    _action("chat", "toggle_tasks", "ctrl+t", "tasks", "Show or hide the tasks.", palette=True),
    _action("chat", "focus_tasks", "ctrl+l", "to the tasks", "Go to the task list, and open it if it is hidden."),
    _action("chat", "view_all", "0", "view: all", "Show all open tasks.", palette=True),
    _action("chat", "view_today", "1", "view: today", "Show what is due today, overdue or done today.", palette=True),
    _action("chat", "view_upcoming", "2", "view: upcoming", "Show the days to come.", palette=True),
    _action("chat", "view_week", "3", "view: week", "Show the next seven days.", palette=True),
    _action("chat", "view_projects", "4", "view: projects", "Show the tasks by project.", palette=True),
    _action("chat", "view_tags", "5", "view: tags", "Show the tasks by tag.", palette=True),
    _action("chat", "view_done", "6", "view: done", "Show what is done, by day.", palette=True),
    _action("chat", "view_saved_1", "7", "view: first saved", "Show your first saved view."),
    _action("chat", "view_saved_2", "8", "view: second saved", "Show your second saved view."),
    _action("chat", "view_saved_3", "9", "view: third saved", "Show your third saved view."),
    _action("chat", "views", "v", "views", "Choose any view, saved ones included.", palette=True),
    _action("chat", "statistics", "S", "statistics", "Show what you did on which day, and your streak.", palette=True),
    _action("chat", "themes", "T", "themes", "Choose a theme, and see each one at once.", palette=True),
    _action("chat", "keys", "K", "change keys", "Find the key of each action, and change it.", palette=True),
    _action("chat", "next_area", "tab", "next part", "Go to the next part of the screen."),
    _action("chat", "previous_area", "shift+tab", "previous part", "Go to the previous part of the screen."),
    _action("chat", "conversations", "ctrl+o", "conversations", "List, search and switch conversations.", palette=True),
    _action("chat", "new_conversation", "ctrl+n", "new conversation", "Start a new conversation.", palette=True),
    _action("chat", "places", "f3", "server", "Switch to a server, or back to your local list.", palette=True),
    _action("chat", "undo", "u", "undo", "Undo the latest change to the list.", palette=True),
    _action("chat", "redo", "U", "redo", "Redo what you undid last.", palette=True),
    _action("chat", "focus_composer", "i", "write", "Go to the composer."),
    _action("composer", "submit", "enter", "send", "Send the message. While a turn runs, it is queued.", hint=True),
    _action("composer", "newline", "ctrl+j shift+enter alt+enter", "newline", "Start a new line.", hint=True),
    _action("composer", "open_editor", "ctrl+g", "editor", "Write the message in $EDITOR."),
    _action("composer", "history_back", "up", "earlier", "On the first line: an earlier message."),
    _action("composer", "history_forward", "down", "later", "On the last line: a later message."),
    _action("composer", "quit_if_empty", "ctrl+d", "quit", "Quit, if the composer is empty."),
    _action("composer", "undo", "ctrl+underscore", "undo typing", "Undo what you typed last."),
    _action("composer", "redo", "ctrl+y", "redo typing", "Redo what you undid while typing."),
    _action("queue", "edit", "e", "edit", "Move the message back to the composer.", hint=True),
    _action("queue", "remove", "x delete backspace", "remove", "Remove the message.", hint=True),
    _action("queue", "send_now", "s", "send now", "Stop the running turn and send this message.", hint=True),
    _action("queue", "previous_item", "up k", "up", "To the message before."),
    _action("queue", "next_item", "down j", "down", "To the message after."),
    _action("approval", "yes", "y", "yes", "Allow it.", hint=True),
    _action("approval", "no", "n", "no", "Don't allow it. Esc does the same.", hint=True),
    _action("approval", "always", "a", "always", "Allow it, and don't ask again for this many or fewer.", hint=True),
    _action("approval", "never", "N", "never", "Don't allow it, and don't ask again in this conversation.", hint=True),
    _action("approval", "edit", "e", "edit", "Leave tasks out, or change days, before you say yes.", hint=True),
    _action("pick", "leave_out", "space", "leave out", "Leave the task out, or take it in again.", hint=True),
    _action("pick", "earlier", "left_square_bracket shift+left", "day before", "Propose the day before.", hint=True),
    _action("pick", "later", "right_square_bracket shift+right", "day after", "Propose the day after.", hint=True),
    _action("pick", "agree", "enter", "yes to these", "Allow it for the tasks that are left.", hint=True),
    _action("pick", "raw", "e", "arguments", "Edit the arguments of the call as they are, in JSON."),
    _action("pick", "cursor_up", "up k", "up", "To the task above."),
    _action("pick", "cursor_down", "down j", "down", "To the task below."),
    _action("reminder", "done", "d", "done", "Complete the task.", hint=True),
    _action("reminder", "snooze", "z", "snooze", "Remind again in ten minutes.", hint=True),
    _action("reminder", "open", "o enter", "open", "Show everything about the task.", hint=True),
    _action("reminder", "dismiss", "escape", "dismiss", "Take the reminder away.", hint=True),
    _action("transcript", "previous_item", "up k", "up", "To the item above."),
    _action("transcript", "next_item", "down j", "down", "To the item below."),
    _action("transcript", "page_up", "pageup", "page up", "A page up."),
    _action("transcript", "page_down", "pagedown", "page down", "A page down."),
    _action("transcript", "oldest", "home g", "oldest", "To the oldest message."),
    _action("transcript", "newest", "end G", "newest", "To the newest message, and follow new ones."),
    _action("transcript", "copy", "y", "copy", "Copy the message.", hint=True),
    _action("transcript", "copy_code", "Y", "copy code", "Copy its code block; again for the next one.", hint=True),
    _action("transcript", "edit_message", "e", "edit", "Edit your message and send it again in its place.", hint=True),
    _action("transcript", "ask_again", "R", "ask again", "Ask the same again, for another answer in its place."),
    _action("transcript", "dismiss", "x delete", "dismiss", "Take away a note on an edit that waited for the server."),
    _action("transcript", "previous_variant", "left", "previous variant", "Show the variant of the message before."),
    _action("transcript", "next_variant", "right", "next variant", "Show the variant of the message after."),
    _action("tool_line", "toggle", "enter space", "details", "Show or hide the details.", hint=True),
    _action("tool_line", "undo_call", "u", "undo this", "Undo what this tool call changed.", hint=True),
    _action("answer", "retry", "r enter", "try again", "Send the message again.", hint=True),
    _action("card", "done", "space", "done", "Complete the task, or reopen it.", hint=True),
    _action("card", "edit", "e", "edit", "Change the title.", hint=True),
    _action("card", "due", "d", "due", "Change when it is due.", hint=True),
    _action("card", "details", "enter", "details", "Show and edit everything about the task.", hint=True),
    _action("card", "priority", "p", "priority", "Next priority: none, low, medium, high."),
    _action("card", "postpone_tomorrow", "t", "postpone", "Postpone it, tomorrow first; t again confirms."),
    _action("card", "skip", "s", "skip", "Skip this time of a task that repeats."),
    _action("card", "delete", "x delete", "delete", "Delete the task. Undo brings it back.", hint=True),
    _action("card", "more", "m", "more", "Show the tasks after those that are shown.", hint=True),
    _action("card", "cursor_up", "up k", "up", "To the task above."),
    _action("card", "cursor_down", "down j", "down", "To the task below."),
    _action("tasks", "done", "space", "done", "Complete the task, or reopen it.", hint=True),
    _action("tasks", "edit", "e", "edit", "Change the title.", hint=True),
    _action("tasks", "due", "d", "due", "Change when it is due, in words such as “fri 5pm”.", hint=True),
    _action("tasks", "new", "n", "new", "Add a task.", hint=True, palette=True),
    _action("tasks", "details", "enter", "details", "Show and edit everything about the task.", hint=True),
    _action("tasks", "page", "h", "page", "Show its notes, its steps, and who changed what.", hint=True),
    _action("tasks", "priority", "p", "priority", "Next priority: none, low, medium, high.", hint=True),
    _action("tasks", "delete", "x delete", "delete", "Delete the task. Undo brings it back.", hint=True),
    _action("tasks", "postpone_tomorrow", "t", "tomorrow", "See what tomorrow is; t again moves it.", hint=True),
    _action("tasks", "postpone_day", "plus", "a day later", "See the day after its own; + again moves it."),
    _action("tasks", "postpone_week", "w", "next week", "See which day is next Monday; w again moves it."),
    _action("tasks", "earlier", "shift+left left_square_bracket", "day before", "Move it to the day before."),
    _action("tasks", "later", "shift+right right_square_bracket", "day after", "Move it to the day after."),
    _action("tasks", "skip", "s", "skip", "Skip this time of a task that repeats."),
    _action("tasks", "mark", "m", "mark", "Mark the task. Keys act on all marked ones; e edits them.", hint=True),
    _action("tasks", "mark_range", "r", "mark to here", "Mark from here to where you go; again to leave it so."),
    _action("tasks", "mark_section", "M", "mark section", "Mark every task of the section, or none of them."),
    _action("tasks", "sort", "o", "sort", "Sort by due date, priority, title, or when it was added."),
    _action("tasks", "group", "b", "group", "Group by date, project, tag, priority, or not at all."),
    _action("tasks", "collapse", "left", "collapse", "Show only the head of the section."),
    _action("tasks", "expand", "right", "expand", "Show the tasks of the section again."),
    _action("tasks", "full_width", "f", "full width", "Give the tasks the whole width, or not.", palette=True),
    _action("tasks", "wider", "less_than_sign", "wider", "Make the tasks wider. The mouse drags the border too."),
    _action("tasks", "narrower", "greater_than_sign", "narrower", "Make the tasks narrower."),
    _action("tasks", "filter", "slash", "filter", "Show only tasks that contain these words.", hint=True, palette=True),
    _action("tasks", "count", "comma", "a number", "Type how many tasks the next key moves by or acts on."),
    _action("tasks", "undo", "u", "undo", "Undo the latest change to the list.", hint=True),
    _action("tasks", "redo", "U", "redo", "Redo what you undid last."),
    _action("tasks", "cursor_up", "up k", "up", "To the task above."),
    _action("tasks", "cursor_down", "down j", "down", "To the task below."),
    _action("tasks", "page_up", "pageup", "page up", "A page up."),
    _action("tasks", "page_down", "pagedown", "page down", "A page down."),
    _action("tasks", "first", "home g", "first", "To the first task."),
    _action("tasks", "last", "end G", "last", "To the last task."),
    _action("tasks", "leave", "escape", "back", "Clear the marks or the filter, or go back to the composer."),
    _action("week", "previous_day", "left", "day before", "To the day before; from the first one to the week before."),
    _action("week", "next_day", "right", "day after", "To the day after; from the last one to the week after."),
    _action("conversations", "open", "enter", "open", "Open the conversation.", hint=True),
    _action("conversations", "search", "slash", "search", "Search titles and messages.", hint=True),
    _action("conversations", "rename", "r", "rename", "Rename the conversation.", hint=True),
    _action("conversations", "delete", "d delete", "delete", "Delete the conversation. u brings it back.", hint=True),
    _action("conversations", "restore", "u", "undo", "Restore the conversation deleted last."),
    _action("conversations", "new", "n", "new", "Start a new conversation.", hint=True),
    _action("conversations", "cursor_up", "up k", "up", "To the conversation above. From the first one: search."),
    _action("conversations", "cursor_down", "down j", "down", "To the conversation below."),
    _action("conversations", "page_up", "pageup", "page up", "A page up."),
    _action("conversations", "page_down", "pagedown", "page down", "A page down."),
    _action("conversations", "first", "home g", "first", "To the latest conversation."),
    _action("conversations", "last", "end G", "last", "To the last one loaded. More are loaded by themselves."),
    _action("conversations", "close", "escape", "back", "Back to the chat.", hint=True),
    _action("places", "go", "enter", "go", "Switch to that list, or sign in to that server.", hint=True),
    _action("places", "sign_out", "o", "sign out", "Sign out of the server you use now.", hint=True),
    _action("places", "cursor_up", "up k", "up", "To the list above."),
    _action("places", "cursor_down", "down j", "down", "To the list below."),
    _action("places", "close", "escape", "back", "Back to the chat.", hint=True),
    _action("page", "undo_change", "u", "undo this", "Undo this change, wherever it lies in the past.", hint=True),
    _action("page", "edit", "e enter", "edit", "Edit the task.", hint=True),
    _action("page", "close", "escape h q", "back", "Close the page.", hint=True),
    _action("page", "tick_step", "space", "done", "Complete the step, or reopen it."),
    _action("page", "raise_step", "shift+up left_square_bracket", "step up", "Move the step up."),
    _action("page", "lower_step", "shift+down right_square_bracket", "step down", "Move the step down."),
    _action("page", "free_step", "o", "own task", "Make the step a task of its own."),
    _action("page", "cursor_up", "up k", "up", "To the step or change above."),
    _action("page", "cursor_down", "down j", "down", "To the step or change below."),
    _action("page", "page_up", "pageup", "page up", "A page up."),
    _action("page", "page_down", "pagedown", "page down", "A page down."),
    _action("statistics", "refresh", "r", "count again", "Count anew.", hint=True),
    _action("statistics", "close", "escape S q", "back", "Close the statistics.", hint=True),
    _action("themes", "choose", "enter", "use", "Use the theme.", hint=True),
    _action("themes", "cursor_up", "up k", "up", "To the theme above, which is shown at once."),
    _action("themes", "cursor_down", "down j", "down", "To the theme below, which is shown at once."),
    _action("themes", "close", "escape q", "back", "Close, and use the theme that was used before.", hint=True),
    _action("dialog", "save", "enter", "save", "Save the changes.", hint=True),
    _action("dialog", "close", "escape", "cancel", "Close without saving.", hint=True),
    _action("dialog", "next_field", "tab down", "next field", "To the next field."),
    _action("dialog", "previous_field", "shift+tab up", "previous field", "To the previous field."),
    _action("choice", "next_word", "right space", "next", "To the next word; a letter jumps to the word it starts."),
    _action("choice", "previous_word", "left", "previous", "To the previous word."),
    _action("calendar", "previous_day", "left h", "day before", "To the day before."),
    _action("calendar", "next_day", "right l", "day after", "To the day after."),
    _action("calendar", "previous_week", "up k", "week before", "To a week before."),
    _action("calendar", "next_week", "down j", "week after", "To a week after."),
    _action("calendar", "previous_month", "pageup", "month before", "To a month before."),
    _action("calendar", "next_month", "pagedown", "month after", "To a month after."),
    _action("postpone", "tomorrow", "t", "tomorrow", "Choose tomorrow; again to confirm.", hint=True),
    _action("postpone", "day", "plus", "a day later", "Choose the day after its own; again to confirm.", hint=True),
    _action("postpone", "week", "w", "next week", "Choose next Monday; again to confirm.", hint=True),
    _action("postpone", "due", "d", "a date", "Ask for another date.", hint=True),
    _action("views", "show", "enter", "show", "Show the view.", hint=True),
    _action("views", "cursor_up", "up", "up", "To the view above."),
    _action("views", "cursor_down", "down", "down", "To the view below."),
    _action("views", "close", "escape", "back", "Close, and leave the view that is shown.", hint=True),
    _action("help", "search", "slash", "search", "Search for a word or a key."),
    _action("help", "change", "c", "change keys", "Find the key of each action, and change it."),
    _action("help", "close", "escape f1 question_mark q", "close", "Close the help."),
    _action("keys", "rebind", "enter", "new key", "Press the key that is to run the action.", hint=True),
    _action("keys", "add", "a", "add a key", "Give the action one more key.", hint=True),
    _action("keys", "reset", "r delete", "reset", "Give the action its own keys back.", hint=True),
    _action("keys", "reset_all", "R", "reset all", "Give every action its own keys back. Press it twice.", hint=True),
    _action("keys", "search", "slash", "search", "Search for a word or a key.", hint=True),
    _action("keys", "cursor_up", "up k", "up", "To the action above."),
    _action("keys", "cursor_down", "down j", "down", "To the action below."),
    _action("keys", "page_up", "pageup", "page up", "A page up."),
    _action("keys", "page_down", "pagedown", "page down", "A page down."),
    _action("keys", "first", "home g", "first", "To the first action."),
    _action("keys", "last", "end G", "last", "To the last action."),
    _action("keys", "close", "escape q", "back", "Clear the search, or close.", hint=True),
)
BY_ID: Final[Mapping[str, Action]] = {action.id: action for action in ACTIONS}


def bindings(scope: Scope) -> list[BindingType]:
    """Return the bindings of a widget of this scope."""
    return [_binding(action) for action in ACTIONS if action.scope == scope]


def text_bindings() -> list[BindingType]:
    """Return the bindings that a text of several lines in a dialog shares with the composer.

    Textual undoes with ctrl+z, but that suspends a program in every terminal.
    """
    return [_binding(BY_ID[id]) for id in ("composer.undo", "composer.redo")]


UNBOUND: Final = "unbound"
"""A key that no keyboard sends."""


def _binding(action: Action) -> Binding:
    # Where text is written, Textual drops the bindings of letters before it looks for keys of the user's own. The key
    # that nobody can press keeps the binding there, so that the action can have `f9` in place of a letter.
    return Binding(
        ",".join((*action.keys, UNBOUND)),
        action.name,
        action.title,
        show=action.hint,
        tooltip=action.help,
        id=action.id,
        priority=action.first,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Keymap:
    """The keys of each action, and a sentence for each change in the settings that wasn't made or hides another key."""

    keys: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...] = ()

    def textual(self) -> dict[str, str]:
        """Return the keys that differ from the default, for `App.set_keymap`.

        An action without a key gets one that no keyboard sends.
        """
        return {id: ",".join(keys) or UNBOUND for id, keys in self.keys.items() if keys != BY_ID[id].keys}

    def label(self, id: str) -> str:
        """Return the first key of an action as it is shown, "" without any."""
        return key_label(self.keys[id][0]) if self.keys[id] else ""


PRESET: Final = "preset"
"""The name in the settings under which presets stand, beside the ids of actions."""
NO_KEY: Final = "none"
"""What stands in the settings for an action that is to have no key."""
PRESETS: Final[Mapping[str, Mapping[str, str]]] = {
    "vim": {
        "tasks.page_down": "ctrl+d pagedown",
        "tasks.page_up": "ctrl+u pageup",
        "tasks.redo": "ctrl+r U",
        "chat.views": "W",
        "tasks.count": "1 2 3 4 5 6 7 8 9 comma",
        "tasks.first": "gg home",
        "tasks.mark_range": "v V",
        "tasks.sort": "s",
        "tasks.skip": "z",
        "card.skip": "z s",
        "tasks.new": "o n",
        "tasks.edit": "cc e",
        "tasks.delete": "dd x delete",
        "tasks.due": "D",
        "app.command_palette": "colon ctrl+p",
        "transcript.page_down": "ctrl+d pagedown",
        "transcript.page_up": "ctrl+u pageup",
        "conversations.page_down": "ctrl+d pagedown",
        "conversations.page_up": "ctrl+u pageup",
        "chat.focus_composer": "i a",
        "chat.redo": "ctrl+r U",
    },
    "emacs": {
        "tasks.cursor_down": "ctrl+n down j",
        "tasks.cursor_up": "ctrl+p up k",
        "tasks.page_down": "ctrl+v pagedown",
        "tasks.page_up": "alt+v pageup",
        "tasks.first": "alt+less_than_sign home g",
        "tasks.last": "alt+greater_than_sign end G",
        "transcript.next_item": "ctrl+n down j",
        "transcript.previous_item": "ctrl+p up k",
        "transcript.page_down": "ctrl+v pagedown",
        "transcript.page_up": "alt+v pageup",
        "conversations.cursor_down": "ctrl+n down j",
        "conversations.cursor_up": "ctrl+p up k",
        "conversations.page_down": "ctrl+v pagedown",
        "conversations.page_up": "alt+v pageup",
        "chat.escape": "ctrl+g escape",
        "composer.open_editor": "alt+e",
        "app.command_palette": "alt+x",
        "chat.new_conversation": "alt+n",
    },
    "enter-newline": {
        "composer.newline": "enter ctrl+j shift+enter",
        "composer.submit": "alt+enter ctrl+enter",
    },
}
"""Keys to choose by a name: those of editors, and enter as a newline for whoever writes with an input method."""


def keymap(overrides: Mapping[str, str] | None = None) -> Keymap:
    """Return the default keys with `overrides` ({action id: "key key"}) applied over the presets that they name.

    An override takes its keys away from the other actions of the same scope that have them by default, and from those
    that come first everywhere; "none" leaves an action without a key. Two overrides that claim one key, unknown
    actions, unknown keys and letters where they are text are reported and left out.
    """
    keys = {action.id: action.keys for action in ACTIONS}
    problems: list[str] = []
    taken: dict[tuple[Scope, str], str] = {}
    own = {id: wanted for id, wanted in (overrides or {}).items() if id != PRESET}
    chosen, unknown = _presets((overrides or {}).get(PRESET, ""))
    problems += unknown
    for id, wanted in {**chosen, **own}.items():
        action = BY_ID.get(id)
        if action is None:
            problems.append(_no_such_action(id))
            continue
        requested = keys_in(wanted)
        if wanted.strip() == NO_KEY:
            keys[id] = ()
            continue
        if trouble := _trouble(action, requested, taken):
            problems.append(trouble)
            continue
        for other in ACTIONS:
            if (other.scope == action.scope or other.first) and other.id != id and other.id not in taken.values():
                keys[other.id] = tuple(key for key in keys[other.id] if not any(_clash(key, new) for new in requested))
        taken |= {(action.scope, key): id for key in requested}
        keys[id] = requested
    problems += _hidden(keys, set(taken.values()) & own.keys())
    problems += [f"{id!r} has no key left." for id, left in keys.items() if not left and id not in own]
    return Keymap(keys=keys, problems=tuple(problems))


def is_letters(key: str) -> bool:
    """Return whether these are two letters to press one after the other, as `dd`; the task list alone has such."""
    return len(key) == 2 and key.isascii() and key.isalpha() and read_key(key) is None


def _clash(one: str, other: str) -> bool:
    """Return whether one place can't have both of these keys: `d` would never let `dd` come to be."""
    return one == other or (is_letters(one) and one[0] == other) or (is_letters(other) and other[0] == one)


def keys_in(written: str) -> tuple[str, ...]:
    """Return the keys that are written in the settings, separated by spaces or commas; unknown ones as they are."""
    return tuple(dict.fromkeys(read_key(word) or word for word in written.replace(",", " ").split()))


def rivals(action: Action, key: str, keys: Mapping[str, tuple[str, ...]]) -> list[Action]:
    """Return the actions that have this key where `action` acts, so that only one of them can keep it."""
    return [
        other
        for other in ACTIONS
        if other.id != action.id
        and any(_clash(key, had) for had in keys[other.id])
        and (other.scope == action.scope or other.first)
    ]


def hidden_by(action: Action, key: str, keys: Mapping[str, tuple[str, ...]]) -> list[Action]:
    """Return the actions around `action` that keep this key elsewhere, but no longer run by it there."""
    return [
        other
        for other in ACTIONS
        if other.id != action.id
        and key in keys[other.id]
        and other not in rivals(action, key, keys)
        and (other.scope in OUTER[action.scope] or action.first)
    ]


def _presets(names: str) -> tuple[dict[str, str], list[str]]:
    """Return the keys of the presets with these names, and a sentence for each that there is not."""
    keys: dict[str, str] = {}
    problems = []
    for name in names.replace(",", " ").casefold().split():
        if name in PRESETS:
            keys |= PRESETS[name]
        else:
            problems.append(f"There is no preset {name!r}. Choose from {', '.join(PRESETS)}.")
    return keys, problems


def _no_such_action(id: str) -> str:
    near = get_close_matches(id, BY_ID, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "docs/keys.md lists all actions."
    return f"There is no action {id!r}. {hint}"


def _hidden(keys: Mapping[str, tuple[str, ...]], changed: Collection[str]) -> list[str]:
    """Report where a changed key hides another action. It is applied all the same."""
    return [
        f"{key_label(key)!r} now runs {action.id!r}, which hides {other.id!r} there."
        for action in ACTIONS
        if action.id in changed
        for other in ACTIONS
        if other.scope in OUTER[action.scope] or (action.first and other.scope != action.scope)
        for key in keys[action.id]
        if key in keys[other.id] and key not in action.keys
    ]


def _trouble(action: Action, keys: tuple[str, ...], taken: Mapping[tuple[Scope, str], str]) -> str | None:
    if not keys:
        return f"{action.id!r} is given no key. Name one, such as {' '.join(action.keys)!r}."
    for key in keys:
        if read_key(key) is None and not (action.scope == "tasks" and is_letters(key)):
            return f"{key!r} isn't a key, so {action.id!r} stays as it is. Keys are like a, f4, ctrl+t, alt+enter or ?."
        clashes = (other for (scope, had), other in taken.items() if scope == action.scope and _clash(key, had))
        if other := next(clashes, None):
            return f"{key_label(key)!r} is set for both {other!r} and {action.id!r}. The first one gets it."
        if (action.first or action.scope in ("composer", "dialog")) and _types_text(key):
            where = "everywhere" if action.first else f"in the {action.scope}"
            return f"{key_label(key)!r} types text {where}, so it can't be the key of {action.id!r}."
    return None


_MODIFIERS: Final = ("alt", "ctrl", "hyper", "meta", "shift", "super")
_SENT: Final[Mapping[str, str]] = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+left_square_bracket": "escape",
    "ctrl+h": "backspace",
}
"""What terminals send for these."""
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "page_up": "pageup",
    "page_down": "pagedown",
    "↑": "up",
    "↓": "down",
    "←": "left",
    "→": "right",
}
_NAMED: Final = frozenset(
    {each.value for each in Keys if re.fullmatch("[a-z0-9_]+", each.value) and each is not Keys.Ignore}
)


def read_key(typed: str) -> str | None:
    """Return Textual's name of a key: `?` is `question_mark`, `Esc` is `escape`. None if there is no such key."""
    if len(typed) == 1:
        return _one_key(typed)
    head, _, base = typed.rpartition("+")
    if typed.endswith("++"):
        head, base = typed[:-2], "+"
    modifiers = {part.lower() for part in head.split("+") if part}
    if not modifiers <= set(_MODIFIERS):
        return None
    if modifiers == {"shift"} and len(base) == 1 and base.isalpha():
        return base.upper()
    name = _one_key(base.lower() if modifiers or len(base) > 1 else base)
    if name is None:
        return None
    key = "+".join((*sorted(modifiers), name))
    return _SENT.get(key, key)


def _one_key(name: str) -> str | None:
    name = _OTHER_NAMES.get(name, name)
    if len(name) == 1:
        (binding,) = Binding.make_bindings([Binding(name, "")]) if name != "," else [Binding("comma", "")]
        return binding.key
    return name if name in _NAMED or _character(name) else None


def _character(key: str) -> str | None:
    """Return the character that a key types, None if it types none."""
    if len(key) == 1 or key == "space":
        return key if len(key) == 1 else " "
    try:
        name = REPLACED_KEYS.get(key, key)
        char = unicodedata.lookup(KEY_TO_UNICODE_NAME.get(name, name.replace("_", " ")))
    except KeyError:
        return None
    return char if char.isprintable() else None


def _types_text(key: str) -> bool:
    return _character(key) is not None


_LABELS: Final[Mapping[str, str]] = {"enter": "enter", "backspace": "backspace"}
"""Words where Textual shows a glyph that not every terminal draws one cell wide."""


def key_label(key: str) -> str:
    """Return a key as it is shown: `question_mark` is `?`, `escape` is `esc`, `ctrl+underscore` is `ctrl+_`."""
    modifiers, plus, name = key.rpartition("+")
    sign = _character(name) if plus and len(name) > 1 else None
    if sign is not None and sign != " ":
        return f"{modifiers}+{sign}"
    return _LABELS.get(key) or format_key(key)


DEFAULT: Final = keymap()


def keys_of(node: DOMNode) -> Keymap:
    """Return the keys of the app that this node lives in."""
    found = getattr(node.app, "keys", None)
    return found if isinstance(found, Keymap) else DEFAULT


def hints(scope: Scope, *, keys: Keymap = DEFAULT, width: int | None = None) -> Content:
    """Return one line of hints such as `space done · e edit · d due`, as many as fit into `width`."""
    keymap_keys = keys.keys
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


def hints_of(*shown: tuple[str, str], keys: Keymap = DEFAULT) -> Content:
    """Return a line of hints with other words than the registry's: pairs of an action's id and what it does here."""
    return Content(" · ".join(f"{keys.label(id)} {title}" for id, title in shown if keys.keys[id]))
