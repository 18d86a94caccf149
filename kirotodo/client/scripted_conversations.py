"""The conversations of the scripted backend, in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from kirotodo.client.scripted_list import ScriptedList
from kirotodo.core.backend import ListChanged
from kirotodo.core.domain.conversation import Conversation, Message, Role, Transcript, Turn
from kirotodo.core.domain.task import Page, Task
from kirotodo.core.errors import NotFound


class ScriptedConversations(ScriptedList):
    """Conversations and messages with their turns as they stand."""

    def __init__(self, *, clock: Callable[[], datetime], tasks: Sequence[Task] = ()) -> None:
        super().__init__(clock=clock, tasks=tasks)
        self.turns: dict[str, Turn] = {}
        self._conversations: dict[int, Conversation] = {}
        self._messages: dict[int, list[Message]] = {}
        self._deleted: set[int] = set()

    def tell_conversations(self) -> None:
        """Another program changed the conversations."""
        self.tell(ListChanged(conversations=True))

    async def conversations(
        self, *, search: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Conversation]:
        self._check("conversations")
        found = [self._described(id) for id in reversed(self._conversations) if id not in self._deleted]
        if search:
            found = [known for known in found if search.casefold() in self._words(known.id)]
        found.sort(key=lambda known: known.updated_at, reverse=True)
        start = int(cursor or 0)
        more = str(start + limit) if len(found) > start + limit else None
        return Page(items=tuple(found[start : start + limit]), next=more, total=len(found))

    def _described(self, conversation_id: int) -> Conversation:
        messages = self._messages[conversation_id]
        preview = messages[-1].content[:80] if messages else ""
        return replace(self._conversations[conversation_id], preview=preview, message_count=len(messages))

    def _words(self, conversation_id: int) -> str:
        texts = [message.content for message in self._messages[conversation_id]]
        return "\n".join([self._conversations[conversation_id].title, *texts]).casefold()

    async def transcript(self, conversation_id: int, *, before: int | None = None, limit: int = 50) -> Transcript:
        self._check("transcript")
        conversation = self._conversation(conversation_id)
        older = [message for message in self._messages[conversation_id] if before is None or message.seq < before]
        page = older[-limit:]
        turn_ids = dict.fromkeys(message.turn_id for message in page)
        return Transcript(
            conversation=conversation,
            messages=tuple(page),
            turns=tuple(self.turns[id] for id in turn_ids if id in self.turns),
            before=page[0].seq if len(older) > limit else None,
        )

    async def rename_conversation(self, conversation_id: int, title: str) -> Conversation:
        self._check("rename_conversation")
        renamed = replace(self._conversation(conversation_id), title=title, updated_at=self.clock())
        self._conversations[conversation_id] = renamed
        return renamed

    async def delete_conversation(self, conversation_id: int) -> None:
        self._check("delete_conversation")
        self._conversation(conversation_id)
        self._deleted.add(conversation_id)
        self.tell_conversations()

    async def restore_conversation(self, conversation_id: int) -> Conversation:
        self._deleted.discard(conversation_id)
        self.tell(ListChanged(conversations=True))
        return self._conversation(conversation_id)

    def _begin(self, title: str) -> Conversation:
        id = len(self._conversations) + 1
        now = self.clock()
        self._conversations[id] = Conversation(id=id, title=title, created_at=now, updated_at=now)
        self._messages[id] = []
        return self._conversations[id]

    def _write(self, conversation_id: int, role: Role, content: str, turn_id: str) -> int:
        messages = self._messages[conversation_id]
        seq = len(messages) + 1
        messages.append(
            Message(
                conversation_id=conversation_id,
                seq=seq,
                role=role,
                content=content,
                turn_id=turn_id,
                created_at=self.clock(),
            )
        )
        self._conversations[conversation_id] = replace(self._conversations[conversation_id], updated_at=self.clock())
        return seq

    def _conversation(self, conversation_id: int) -> Conversation:
        if conversation_id not in self._conversations or conversation_id in self._deleted:
            raise NotFound(f"There is no conversation {conversation_id}.")
        return self._conversations[conversation_id]
