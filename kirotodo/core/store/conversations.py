"""The conversations of one user and their messages. Never commits."""

from datetime import datetime
from typing import Any, Final

from kirotodo.core.backend import ConversationHead
from kirotodo.core.domain.conversation import Conversation, Message, Role
from kirotodo.core.domain.task import Page
from kirotodo.core.errors import NotFound
from kirotodo.core.store.cursors import Cursor, checked_limit, decode, encode
from kirotodo.core.store.json_texts import dump_mapping, load_mapping
from kirotodo.core.store.statement import AnyRow, Statements
from kirotodo.core.store.transaction import Scope
from kirotodo.core.text.search_terms import Document, terms

_SQL: Final = Statements("conversations")

PREVIEW_MAX: Final = 120


_SORT: Final = "latest"


class ConversationStore:
    """Conversations in an open transaction. Unknown, deleted and foreign ids all raise the same `NotFound`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def create(self, title: str) -> Conversation:
        """Make a conversation with the user's next id."""
        numbers = await self._scope.advance(conversations=1)
        now = self._scope.now
        row = {
            "id": numbers.conversation,
            "title": title,
            "preview": "",
            "last_seq": 0,
            "revision": numbers.revision,
            "created_at": now,
            "updated_at": now,
        }
        await self._scope.insert(_SQL.INSERT, row)
        await self._scope.index(Document(kind="conversation", ref=numbers.conversation, text=title))
        return self._changed(Conversation(id=numbers.conversation, title=title, created_at=now, updated_at=now))

    async def get(self, conversation_id: int) -> Conversation:
        """Return a conversation. Raises `NotFound`."""
        return _value(_found(await self._first(_SQL.GET, conversation_id), conversation_id))

    async def page(
        self, *, search: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Conversation]:
        """Latest message first; with `search`, those whose title or one of whose messages holds all the words."""
        checked_limit(limit)
        from kirotodo.core.store.statements.conversations import page

        wanted = None if search is None else terms(search)
        found = None if wanted is None else await self._scope.find(("conversation", "message"), wanted)
        mark = None if cursor is None else decode(cursor, sort=_SORT, stages=[(datetime, int)])
        statement = page(None if found is None else found.refs(), None if mark is None else mark.key)
        rows = await self._scope.rows(statement, {"most": limit + 1})
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = encode(Cursor(sort=_SORT, key=(last.updated_at, last.id), total=0))
        return Page(items=tuple(_value(row) for row in rows[:limit]), next=following)

    async def rename(self, conversation_id: int, title: str) -> Conversation:
        """Give it another title; its place in the list stays."""
        await self.get(conversation_id)
        numbers = await self._scope.advance()
        parameters = {"new_title": title, "new_revision": numbers.revision}
        row = _found(await self._first(_SQL.RENAME, conversation_id, **parameters), conversation_id)
        await self._scope.reindex("conversation", conversation_id, title)
        return self._changed(_value(row))

    async def delete(self, conversation_id: int) -> None:
        """Put it out of sight; `restore` brings it back."""
        conversation = await self.get(conversation_id)
        numbers = await self._scope.advance()
        await self._first(_SQL.DELETE, conversation_id, now=self._scope.now, new_revision=numbers.revision)
        self._changed(conversation, deleted=True)

    async def restore(self, conversation_id: int) -> Conversation:
        """Bring a deleted conversation back; one that is there stays as it is."""
        numbers = await self._scope.advance()
        row = await self._first(_SQL.RESTORE, conversation_id, new_revision=numbers.revision)
        return self._changed(_value(_found(row, conversation_id)))

    def _changed(self, conversation: Conversation, *, deleted: bool = False) -> Conversation:
        """Note for those who follow the list that this conversation changed."""
        self._scope.heads[conversation.id] = ConversationHead(
            id=conversation.id, title=conversation.title, last_seq=conversation.message_count, deleted=deleted
        )
        return conversation

    async def begin(self, title: str, content: str, *, turn_id: str) -> tuple[Conversation, Message]:
        """Make a conversation with the user's first message."""
        numbers = await self._scope.advance(conversations=1, stored=len(content.encode("utf-8", "surrogatepass")))
        self._scope.require_bytes(numbers)
        now = self._scope.now
        preview = _preview(content)
        await self._scope.insert(
            _SQL.INSERT,
            {
                "id": numbers.conversation,
                "title": title,
                "preview": preview,
                "last_seq": 1,
                "revision": numbers.revision,
                "created_at": now,
                "updated_at": now,
            },
        )
        message = Message(
            conversation_id=numbers.conversation, seq=1, role="user", content=content, turn_id=turn_id, created_at=now
        )
        named = Document(kind="conversation", ref=numbers.conversation, text=title)
        await self._insert_message(message, named)
        conversation = Conversation(
            id=numbers.conversation, title=title, preview=preview, message_count=1, created_at=now, updated_at=now
        )
        return self._changed(conversation), message

    async def add_message(self, conversation_id: int, *, role: Role, content: str, turn_id: str) -> Message:
        """Add a message to a conversation. Raises `NotFound`."""
        _, message = await self.take_message(conversation_id, role=role, content=content, turn_id=turn_id)
        return message

    async def take_message(
        self, conversation_id: int, *, role: Role, content: str, turn_id: str
    ) -> tuple[Conversation, Message]:
        """Add a message and return it with its conversation. Raises `TooLarge` where the user's storage is full; an
        answer is stored even then, or its turn could not end."""
        numbers = await self._scope.advance(stored=len(content.encode("utf-8", "surrogatepass")))
        if role == "user":
            self._scope.require_bytes(numbers)
        now = self._scope.now
        parameters = {"new_preview": _preview(content), "now": now, "new_revision": numbers.revision}
        row = _found(await self._first(_SQL.TAKE_SEQ, conversation_id, **parameters), conversation_id)
        message = Message(
            conversation_id=conversation_id,
            seq=row.last_seq,
            role=role,
            content=content,
            turn_id=turn_id,
            created_at=now,
        )
        await self._insert_message(message)
        return self._changed(_value(row)), message

    async def _insert_message(self, message: Message, *more: Document) -> None:
        await self._scope.insert(
            _SQL.INSERT_MESSAGE,
            {
                "conversation_id": message.conversation_id,
                "seq": message.seq,
                "role": message.role,
                "content": message.content,
                "turn_id": message.turn_id,
                "created_at": message.created_at,
            },
        )
        text = Document(kind="message", ref=message.conversation_id, text=message.content, part=message.seq)
        await self._scope.index(*more, text)

    async def messages(
        self, conversation_id: int, *, before: int | None = None, limit: int = 50
    ) -> tuple[Message, ...]:
        """The newest `limit` messages (older than `seq` `before`, if given), oldest of them first."""
        parameters = {
            "the_id": conversation_id,
            "before": _BIG if before is None else min(before, _BIG),
            "limit": limit,
        }
        rows = await self._scope.rows(_SQL.MESSAGES, parameters) if 0 < conversation_id < _BIG else ()
        if not rows:
            await self.get(conversation_id)  # tells one without messages from one that is not there
        return tuple(Message(conversation_id=conversation_id, **row._mapping) for row in reversed(rows))

    async def granted(self, conversation_id: int, tool: str) -> int:
        """Return on how many tasks the user always lets this tool act in a turn of this conversation, 0 without a
        word."""
        return (await self._grants(conversation_id)).get(tool, 0)

    async def grant(self, conversation_id: int, tool: str, size: int) -> None:
        """The user said "always" to this tool and this many tasks; less was agreed to with that too."""
        grants = await self._grants(conversation_id)
        grants[tool] = max(size, grants.get(tool, 0))
        _found(await self._first(_SQL.SET_GRANTS, conversation_id, new_value=dump_mapping(grants)), conversation_id)

    async def _grants(self, conversation_id: int) -> dict[str, int]:
        (stored,) = _found(await self._first(_SQL.GRANTS, conversation_id), conversation_id)
        return {} if stored is None else load_mapping(stored)

    async def _first(self, statement: Any, conversation_id: int, **parameters: Any) -> AnyRow | None:
        if not 0 < conversation_id < _BIG:
            return None
        return await self._scope.first(statement, {"the_id": conversation_id, **parameters})


_BIG: Final = 2**31 - 1


def _preview(content: str) -> str:
    return " ".join(content[: 4 * PREVIEW_MAX].split())[:PREVIEW_MAX]


def _found(row: AnyRow | None, conversation_id: int) -> AnyRow:
    if row is None:
        raise NotFound(f"There is no conversation {conversation_id}.")
    return row


def _value(row: AnyRow) -> Conversation:
    return Conversation(
        id=row.id,
        title=row.title,
        preview=row.preview,
        message_count=row.last_seq,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
