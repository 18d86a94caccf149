"""The entries of the command palette: the actions of the registry, the models, tasks and conversations by title."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from kirotodo.client.tui.keymap import ACTIONS, Action, key_label, keys_of
from kirotodo.client.tui.messages import ModelChosen, OpenConversation, SignOutRequested
from kirotodo.client.tui.plain import one_line
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.task_list import shown_number
from kirotodo.client.tui.widgets.task_pane import TaskPane
from kirotodo.core.backend import ModelChoice
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import KirotodoError

CONVERSATIONS = 8
"""How many conversations a search offers."""
SIGN_OUT = "Sign out"
SIGNED_OUT = "Sign out of the server (/signout)."
TASKS = 8
"""How many tasks a search offers."""
OPENS = "Show everything about this task."
ANSWERS = "Let this model answer from now on."


class KirotodoCommands(Provider):
    """Offers the actions of the chat, the app and the task pane, then conversations."""

    async def discover(self) -> Hits:
        """Yield everything there is, for an empty search."""
        for action in self._offered():
            yield DiscoveryHit(_name(action), partial(self._run, action), help=self._help(action))
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
            score = max(matcher.match(name), matcher.match(action.help) / 2)
            if score > 0:
                yield Hit(
                    score, matcher.highlight(name), partial(self._run, action), text=name, help=self._help(action)
                )
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
        """Return the actions to begin with, or all that act on the whole chat or the task under the cursor."""
        return [action for action in ACTIONS if (action.palette or (all and _findable(action))) and self._can(action)]

    def _can(self, action: Action) -> bool:
        return action.scope != "tasks" or bool(self.screen.query(TaskPane))

    async def _run(self, action: Action) -> None:
        node: Any = self.screen
        if action.scope == "app":
            node = self.app
        elif action.scope == "tasks":
            node = self.screen.query_one(TaskPane)
        await self.app.run_action(action.name, default_namespace=node)

    def _help(self, action: Action) -> str:
        keys = " or ".join(key_label(key) for key in keys_of(self.screen).keys[action.id])
        return f"{action.help} ({keys})" if keys else action.help

    def _signed_in(self) -> bool:
        switcher = shell_of(self.screen).switcher
        return switcher is not None and switcher.address is not None

    def _sign_out(self) -> None:
        shell_of(self.screen).post_to_chat(SignOutRequested())

    def _choose(self, name: str) -> None:
        shell_of(self.screen).post_to_chat(ModelChosen(name))

    def _open(self, conversation_id: int, seq: int | None) -> None:
        shell_of(self.screen).post_to_chat(OpenConversation(conversation_id, seq))


_CURSOR = frozenset({"cursor_up", "cursor_down", "page_up", "page_down", "first", "last", "leave", "undo", "redo"})
"""Actions of the list that only move its cursor, or that the chat has as well."""


def _findable(action: Action) -> bool:
    """Return whether an action does something when it is chosen from a menu; moving a cursor does not."""
    if action.scope == "tasks":
        return action.name not in _CURSOR
    return action.scope == "chat" and action.name not in ("escape", "next_area", "previous_area")


def _name(action: Action) -> str:
    return action.title[0].upper() + action.title[1:]
