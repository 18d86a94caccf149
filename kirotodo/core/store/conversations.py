"""The conversations of one user and their messages. Never commits."""

from kirotodo.core.domain.conversation import Conversation, Message, Role
from kirotodo.core.domain.task import Page
from kirotodo.core.store.scope import Scope


class ConversationStore:
    """Conversations in an open transaction. Unknown, deleted and foreign ids all raise the same `NotFound`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def create(self, title: str) -> Conversation:
        raise NotImplementedError

    async def get(self, conversation_id: int) -> Conversation:
        raise NotImplementedError

    async def page(
        self, *, search: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Conversation]:
        """Latest message first; with `search`, those whose title or one of whose messages holds all the words."""
        raise NotImplementedError

    async def rename(self, conversation_id: int, title: str) -> Conversation:
        """Give it another title; its place in the list stays."""
        raise NotImplementedError

    async def delete(self, conversation_id: int) -> None:
        """Put it out of sight; `restore` brings it back."""
        raise NotImplementedError

    async def restore(self, conversation_id: int) -> Conversation:
        """Bring a deleted conversation back; one that is there stays as it is."""
        raise NotImplementedError

    async def add_message(self, conversation_id: int, *, role: Role, content: str, turn_id: str) -> Message:
        raise NotImplementedError

    async def messages(
        self, conversation_id: int, *, before: int | None = None, limit: int = 50
    ) -> tuple[Message, ...]:
        """The newest `limit` messages (older than `seq` `before`, if given), oldest of them first."""
        raise NotImplementedError

    async def approve_all(self, conversation_id: int) -> bool:
        """Whether the user said "always" in this conversation."""
        raise NotImplementedError

    async def set_approve_all(self, conversation_id: int, value: bool = True) -> None:
        raise NotImplementedError
