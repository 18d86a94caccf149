"""The entries of the command palette: every action, the settings, the models, views, tasks and conversations."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from kirotodo.client.tui import themes
from kirotodo.client.tui.key_order import after
from kirotodo.client.tui.keymap import ACTIONS, BY_ID, HEADINGS, PRESET, PRESETS, Action, Scope, key_label, keys_of
from kirotodo.client.tui.messages import ModelChosen, OpenConversation, SignOutRequested, TextOffered
from kirotodo.client.tui.plain import one_line
from kirotodo.client.tui.shell import ShownSetting, shell_of
from kirotodo.client.tui.views import is_saved
from kirotodo.client.tui.widgets.composer import Composer
from kirotodo.client.tui.widgets.slash_popup import COMMANDS
from kirotodo.client.tui.widgets.task_list import shown_number
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.client.tui.widgets.transcript import Transcript
from kirotodo.client.tui.widgets.view_bar import ViewBar
from kirotodo.core.backend import ModelChoice
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import ConfigError, KirotodoError

CONVERSATIONS = 8
"""How many conversations a search offers."""
SIGN_OUT = "Sign out"
SIGNED_OUT = "Sign out of the server (/signout)."
TASKS = 8
"""How many tasks a search offers."""
OPENS = "Show everything about this task."
ANSWERS = "Let this model answer from now on."

WIDGETS: Final[Mapping[Scope, str]] = {
    "composer": "Composer",
    "queue": "QueuedMessage",
    "approval": "ApprovalBar",
    "pick": "ApprovalTasks",
    "reminder": "ReminderCard",
    "transcript": "Transcript",
    "tool_line": "ToolLine",
    "answer": "AnswerEnd",
    "card": "TaskCard",
    "tasks": "TaskPane",
    "week": "WeekGrid",
}
"""The widgets of the chat that actions act on."""
WHEN: Final[Mapping[Scope, str]] = {
    "composer": "where you write",
    "queue": "while a message is queued",
    "approval": "while a change waits for your approval",
    "pick": "once you edit what waits for your approval",
    "reminder": "while a reminder is shown",
    "transcript": "once there are messages",
    "tool_line": "on a change that an answer made",
    "answer": "on an answer that failed or was stopped",
    "card": "on tasks that an answer lists",
    "tasks": "in the task list",
    "week": "in the week at full width",
}
"""When there is something for them to act on."""
OPENERS: Final[Mapping[Scope, str]] = {
    "conversations": "chat.conversations",
    "places": "chat.places",
    "page": "tasks.page",
    "statistics": "chat.statistics",
    "themes": "chat.themes",
    "dialog": "tasks.details",
    "choice": "tasks.details",
    "calendar": "tasks.due",
    "postpone": "tasks.postpone_tomorrow",
    "views": "chat.views",
    "help": "chat.help",
    "keys": "chat.keys",
}
"""What opens the screens of the others."""


class KirotodoCommands(Provider):
    """Offers what people begin with, and every action, setting, task and conversation to a search."""

    async def discover(self) -> Hits:
        """Yield everything there is, for an empty search."""
        for action in self._offered():
            yield DiscoveryHit(_name(action), partial(self._run, action), help=self._help(action))
        for name, change, help in self._own():
            yield DiscoveryHit(Content(name), change, text=name, help=help)
        if self._signed_in():
            yield DiscoveryHit(SIGN_OUT, self._sign_out, help=SIGNED_OUT)
        for choice in await self._models():
            yield DiscoveryHit(
                Content(one_line(f"Model: {choice.name}")),
                partial(self._choose, choice.name),
                text=choice.name,
                help=ANSWERS,
            )

    async def search(self, query: str) -> Hits:
        """Yield what matches, conversations included."""
        matcher = self.matcher(query)
        for action in self._offered(all=True):
            name = _name(action)
            score = max(matcher.match(name), self._words(query, action) / 2)
            if score > 0:
                yield Hit(
                    score, matcher.highlight(name), partial(self._run, action), text=name, help=self._help(action)
                )
        for name, change, help in (*self._commands(), *self._settings(), *self._fixed(), *self._views()):
            if (score := max(matcher.match(name), 0.4 * (query.casefold() in help.casefold()))) > 0:
                # Not matcher.highlight: see below.
                yield Hit(score, Content(name), change, text=name, help=help)
        if self._signed_in() and (score := matcher.match(SIGN_OUT)) > 0:
            yield Hit(score, matcher.highlight(SIGN_OUT), self._sign_out, text=SIGN_OUT, help=SIGNED_OUT)
        for choice in await self._models():
            name = f"Model: {choice.name}"
            if (score := matcher.match(name)) > 0:
                # Not matcher.highlight: see below.
                yield Hit(score, Content(one_line(name)), partial(self._choose, choice.name), text=name, help=ANSWERS)
        for found in self._tasks(query):
            yield found
        async for hit in self._conversations(query):
            yield hit

    def _words(self, query: str, action: Action) -> float:
        """Return how well the help of an action matches, word for word unless it is one of those to begin with."""
        if action.palette:
            return self.matcher(query).match(action.help)
        about = f"{action.help} {action.id}".casefold()
        return float(all(word in about for word in query.casefold().split()))

    def _tasks(self, query: str) -> Iterator[Hit]:
        """Yield the tasks with these words, best first, and open the one that is chosen."""
        matcher = self.matcher(query)
        for pane in self.screen.query(TaskPane):
            scored = [(matcher.match(one_line(task.title)), task) for task in pane.tasks]
            found = sorted((each for each in scored if each[0] > 0), key=lambda each: (-each[0], each[1].id))
            for score, task in found[:TASKS]:
                title = f"{shown_number(task)} {one_line(task.title)}".strip()
                # Not matcher.highlight: see below.
                yield Hit(score, Content(title), partial(self._show, pane, task), text=title, help=OPENS)

    @staticmethod
    def _show(pane: TaskPane, task: Task) -> None:
        pane.post_message(TaskPane.DetailsRequested(task))

    async def _models(self) -> tuple[ModelChoice, ...]:
        """Return the models, if there is more than one."""
        try:
            backend = await shell_of(self.screen).core()
            choices = await backend.models()
        except KirotodoError:
            return ()
        return choices if len(choices) > 1 else ()

    async def _conversations(self, query: str) -> Hits:
        try:
            backend = await shell_of(self.screen).core()
            page = await backend.conversations(search=query, limit=CONVERSATIONS)
        except KirotodoError:
            return
        matcher = self.matcher(query)
        for one in page.items:
            title = one_line(one.title) or "Untitled"
            score = matcher.match(title) or 0.1
            # Not matcher.highlight: it reads its text as markup, and a title may be anything.
            # Nor as the help, for the same reason: the words around what was found stand below the title.
            said, seq = (one_line(one.hit.snippet), one.hit.seq) if one.hit is not None else ("", None)
            prompt = Content.assemble(title, "\n", (said, "$text-muted")) if said else Content(title)
            about = None if said else "Open this conversation."
            yield Hit(score, prompt, partial(self._open, one.id, seq), text=title, help=about)

    def _offered(self, *, all: bool = False) -> list[Action]:
        """Return the actions to begin with, or every action there is."""
        return [action for action in ACTIONS if all or (action.palette and self._can(action))]

    def _can(self, action: Action) -> bool:
        return action.scope != "tasks" or bool(self.screen.query(TaskPane))

    async def _run(self, action: Action) -> None:
        """Run an action where it acts: on what has the focus, or the newest of its kind; or lead to where it does."""
        node = self._node(action)
        if node is not None:
            await self.app.run_action(action.name, default_namespace=node)
            return
        shell, key = shell_of(self.screen), keys_of(self.screen).label(action.id)
        if (opener := OPENERS.get(action.scope)) is None:
            shell.toast(f"“{action.title}” works {WHEN.get(action.scope, 'there')}.", "warning")
            return
        await self._run(BY_ID[opener])
        # What opens a screen takes away the sentences in passing; the list opens one by a message to the chat.
        path = [each for pane in self.screen.query(TaskPane) for each in pane.ancestors_with_self]

        async def say() -> None:
            shell.toast(f"{key or action.title} does that here: {action.help}")

        await after(path, say)

    def _node(self, action: Action) -> Any:
        """Return what the action acts on, with the focus on it. None where there is nothing."""
        if action.scope in ("app", "chat"):
            return self.app if action.scope == "app" else self.screen
        if action.scope not in WIDGETS:
            return None
        found = self.screen.query(WIDGETS[action.scope])
        shown = [each for each in found if each.display or isinstance(each, TaskPane)]  # the list may be a drawer
        path = self.screen.focused.ancestors_with_self if self.screen.focused is not None else []
        node = next((each for each in shown if each in path), shown[-1] if shown else None)
        if node is None or node in path or isinstance(node, TaskPane):
            return node
        if isinstance(node, Transcript):
            if not node.stops:
                return None
            self.screen.set_focus(node.stops[-1])
        else:
            self.screen.set_focus(node)
        return node

    def _commands(self) -> list[tuple[str, Any, str]]:
        """Return the slash commands: one that takes something goes to the composer, the others run."""
        return [
            *(
                (_slash(each.name, each.takes), partial(self._slash, each.name, each.takes), each.hint)
                for each in COMMANDS
                if each.palette
            ),
            *self._own(),
        ]

    def _own(self) -> list[tuple[str, Any, str]]:
        """Return the slash commands of the user's own."""
        own = shell_of(self.screen).commands.values()
        return [
            (
                _slash(each.name, each.takes),
                partial(self._slash, each.name, each.takes),
                f"Send: {one_line(each.prompt)}",
            )
            for each in own
        ]

    def _slash(self, name: str, takes: str) -> None:
        offered = TextOffered(f"/{name} ") if takes else Composer.Submitted(f"/{name}")
        shell_of(self.screen).post_to_chat(offered)

    def _settings(self) -> list[tuple[str, Any, str]]:
        """Return the settings that can be changed while the chat runs: name and value, what changes it, and help."""
        shell = shell_of(self.screen)
        found: list[tuple[str, Any, str]] = [
            (f"Setting: theme = {themes.title(self.app.theme)}", partial(self._act, "chat.themes"), "Choose another."),
            (
                f"Setting: mouse = {_on(shell.mouse)}",
                partial(self._act, "app.toggle_mouse"),
                BY_ID["app.toggle_mouse"].help,
            ),
            (
                f"Setting: task list = {_on(shell.state.pane_open)}",
                partial(self._act, "chat.toggle_tasks"),
                "Whether the tasks stand beside the conversation.",
            ),
        ]
        chosen = shell.key_overrides.get(PRESET, "").replace(",", " ").split()
        for name in PRESETS:
            others = [each for each in chosen if each != name]
            wanted = " ".join(others if name in chosen else [*others, name]) or None
            turn = "Switch them off." if name in chosen else "Use them, your own over them."
            found.append((f"Setting: keys {name} = {_on(name in chosen)}", partial(self._preset, wanted), turn))
        return found

    def _fixed(self) -> list[tuple[str, Any, str]]:
        """Return the settings that are read when the program starts."""
        return [
            (f"Setting: {each.name} = {each.value or '-'}", partial(self._tell, each), each.description)
            for each in shell_of(self.screen).settings
        ]

    def _tell(self, setting: ShownSetting) -> None:
        shell_of(self.screen).toast(
            f"{setting.name} is {setting.value or 'not set'} ({setting.source}). {setting.description} "
            "Change it with `kirotodo config edit`; it counts from the next start."
        )

    async def _act(self, id: str) -> None:
        await self._run(BY_ID[id])

    async def _preset(self, wanted: str | None) -> None:
        shell = shell_of(self.screen)
        try:
            await shell.change_keys({PRESET: wanted})
        except ConfigError as error:
            shell.toast(error.message, "error")
        else:
            shell.toast("\n".join((f"Keys: {wanted or 'the usual ones'}.", *shell.keys.problems)))

    def _views(self) -> Iterator[tuple[str, Any, str]]:
        """Yield the saved views by their names; the others are actions."""
        for bar in self.screen.query(ViewBar):
            for view in bar.views:
                if is_saved(view.id):
                    yield f"View: {one_line(view.title)}", partial(bar.post_message, bar.Chosen(view.id)), "Show it."

    def _help(self, action: Action) -> str:
        keys = " or ".join(key_label(key) for key in keys_of(self.screen).keys[action.id])
        where = "" if action.palette else f" {HEADINGS[action.scope]}."
        return f"{action.help}{where} ({keys})" if keys else f"{action.help}{where}"

    def _signed_in(self) -> bool:
        switcher = shell_of(self.screen).switcher
        return switcher is not None and switcher.address is not None

    def _sign_out(self) -> None:
        shell_of(self.screen).post_to_chat(SignOutRequested())

    def _choose(self, name: str) -> None:
        shell_of(self.screen).post_to_chat(ModelChosen(name))

    def _open(self, conversation_id: int, seq: int | None) -> None:
        shell_of(self.screen).post_to_chat(OpenConversation(conversation_id, seq))


def _slash(name: str, takes: str) -> str:
    return f"/{name} <{takes}>" if takes else f"/{name}"


def _on(is_on: bool) -> str:
    return "on" if is_on else "off"


def _name(action: Action) -> str:
    return action.title[0].upper() + action.title[1:]
