"""A backend in memory for the list side's screens: it keeps what it was asked, and refuses when told to."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from textual.message import Message

from kirotodo.client.custom_commands import CustomCommand
from kirotodo.client.state import ClientState
from kirotodo.client.tui.shell import ShownSetting
from kirotodo.core.backend import Backend, ModelChoice, TaskFields
from kirotodo.core.domain.conversation import Conversation
from kirotodo.core.domain.task import Changed, Page, Task
from kirotodo.core.errors import KirotodoError, NotFound
from tests.client.tui.list_host import NOW, Host, task


class ListBackend:
    """Tasks by update and one-line adds, conversations by page, search, rename, delete and restore."""

    def __init__(self, *, tasks: Sequence[Task] = (), conversations: Sequence[Conversation] = ()) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.refusal: KirotodoError | None = None
        self._tasks = {task.id: task for task in tasks}
        self._conversations = {conversation.id: conversation for conversation in conversations}
        self._deleted: dict[int, Conversation] = {}

    def calls_of(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == name]

    def _note(self, *call: Any) -> None:
        self.calls.append(call)
        if self.refusal is not None:
            raise self.refusal

    async def models(self) -> tuple[ModelChoice, ...]:
        self._note("models")
        return (ModelChoice(name="built-in", model="built-in", place="local", default=True),)

    async def update_tasks(self, task_ids: Sequence[int], fields: TaskFields) -> Changed:
        self._note("update_tasks", tuple(task_ids), dict(fields))
        title = fields.get("title")
        changed = tuple(replace(self._tasks[id], title=title or self._tasks[id].title) for id in task_ids)
        return Changed(tasks=changed)

    async def edit_task(self, seen: Task, fields: TaskFields) -> Task:
        self._note("edit_task", seen, dict(fields))
        return replace(seen, title=fields.get("title") or seen.title)

    async def add_from_text(self, text: str, *, dry_run: bool = False) -> tuple[Task, ...]:
        self._note("add_from_text", text, dry_run)
        return tuple(task(0 if dry_run else 77, part.strip()) for part in text.split(" and "))

    async def conversations(
        self, *, search: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Conversation]:
        self._note("conversations", search, cursor)
        found = [one for one in self._conversations.values() if not search or search in one.title + one.preview]
        found.sort(key=lambda one: one.updated_at, reverse=True)
        start = int(cursor or 0)
        page, more = found[start : start + limit], len(found) > start + limit
        return Page(items=tuple(page), next=str(start + limit) if more else None, total=len(found))

    async def rename_conversation(self, conversation_id: int, title: str) -> Conversation:
        self._note("rename_conversation", conversation_id, title)
        self._conversations[conversation_id] = replace(self._conversations[conversation_id], title=title)
        return self._conversations[conversation_id]

    async def delete_conversation(self, conversation_id: int) -> None:
        self._note("delete_conversation", conversation_id)
        self._deleted[conversation_id] = self._conversations.pop(conversation_id)

    async def restore_conversation(self, conversation_id: int) -> Conversation:
        self._note("restore_conversation", conversation_id)
        if conversation_id not in self._deleted:
            raise NotFound("There is no such conversation.")
        self._conversations[conversation_id] = self._deleted.pop(conversation_id)
        return self._conversations[conversation_id]


class ShellHost(Host):
    """A host that is a shell: it has a core, a clock and a state, and takes the messages for the chat itself."""

    def __init__(self, backend: ListBackend, **options: Any) -> None:
        super().__init__(**options)
        self.backend = backend
        self.state = ClientState()
        self.toasts: list[str] = []
        self.switcher = None
        self.refused = False
        self.mouse = True
        self.key_overrides: dict[str, str] = {}
        self.commands: dict[str, CustomCommand] = {}
        self.settings: tuple[ShownSetting, ...] = ()

    @staticmethod
    def clock() -> Any:
        return NOW

    async def core(self) -> Backend:
        return self.backend  # type: ignore[return-value]  # it has the methods these screens use

    def post_to_chat(self, message: Message) -> None:
        self.post_message(message)

    def toast(self, text: str, severity: str = "information") -> None:
        self.toasts.append(text)
