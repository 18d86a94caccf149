"""The conversations of one user and their messages. Never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from kirotodo.core.backend import ConversationHead
from kirotodo.core.domain.conversation import Conversation, Hit, Message, Role
from kirotodo.core.domain.task import Page
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.store.cursors import Cursor, checked_limit, decode, encode
from kirotodo.core.store.json_texts import dump_mapping, load_mapping
from kirotodo.core.store.statement import AnyRow, Statements
from kirotodo.core.store.transaction import Scope
from kirotodo.core.text.search_terms import Document, Terms, has_terms, snippet, terms

_SQL: Final = Statements("conversations")

PREVIEW_MAX: Final = 120
NEVER: Final = -1
"""The size of a grant where the user said "never"."""


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
        items = tuple(_value(row) for row in rows[:limit])
        if wanted is not None and items:
            hits = await self._hits([each.id for each in items], wanted)
            items = tuple(replace(each, hit=hits.get(each.id)) for each in items)
        return Page(items=items, next=following)

    async def _hits(self, ids: Sequence[int], wanted: Terms) -> dict[int, Hit]:
        """Return the newest message of each conversation that holds what is wanted."""
        from kirotodo.core.store.statements.conversations import texts_with

        found: dict[int, Hit] = {}
        for row in await self._scope.rows(texts_with((*wanted.words, *wanted.signs)), {"ids": list(ids)}):
            if row.ref not in found and has_terms(row.text, wanted):
                found[row.ref] = Hit(seq=row.part, snippet=snippet(row.content, wanted))
        return found

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
        self, conversation_id: int, *, role: Role, content: str, turn_id: str, place: "Place | None" = None
    ) -> tuple[Conversation, Message]:
        """Add a message, at the end or in a place that `branch` made for it, and return it with its conversation.

        Raises `TooLarge` where the user's storage is full; an answer is stored even then, or its turn could not end.
        """
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
        if place is None and row.branched:
            place = Place(parent=await self._last_shown(conversation_id, before=message.seq))
        await self._insert_message(message, place=place)
        return self._changed(_value(row)), message

    async def _insert_message(self, message: Message, *more: Document, place: "Place | None" = None) -> None:
        await self._scope.insert(
            _SQL.INSERT_MESSAGE,
            {
                "conversation_id": message.conversation_id,
                "seq": message.seq,
                "role": message.role,
                "content": message.content,
                "turn_id": message.turn_id,
                "created_at": message.created_at,
                "parent": None if place is None or place.parent == message.seq - 1 else place.parent,
                "variant_of": None if place is None else place.variant_of,
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
        variants = await self._variants(conversation_id) if any(row.variant_of is not None for row in rows) else {}
        return tuple(_message(conversation_id, row, variants) for row in reversed(rows))

    # --- branches ---

    async def branch(self, conversation_id: int, seq: int) -> "Replaced":
        """Hide a message of the user and all that follows it, to make place for another variant of it. Raises
        `NotFound`, or `InvalidInput` for what is no shown message of the user."""
        places = await self._places(conversation_id)
        there = places.get(seq)
        if there is None or there.hidden or there.role != "user" or _is_answer_in_words(there, places):
            raise InvalidInput(f"Message {seq} is not one of yours that is shown, so nothing can stand in its place.")
        hidden = [place for place in places.values() if place.seq >= seq and not place.hidden]
        first = seq if there.variant_of is None else there.variant_of
        if there.variant_of is None:
            await self._scope.execute(
                _SQL.SET_VARIANT, {"the_id": conversation_id, "the_seq": seq, "new_variant": first}
            )
        await self._set_hidden(conversation_id, [place.seq for place in hidden], True)
        await self._branched(conversation_id)
        turns = tuple(dict.fromkeys(place.turn_id for place in reversed(hidden)))
        return Replaced(place=Place(parent=there.before, variant_of=first), turns=turns)

    async def show_branch(self, conversation_id: int, seq: int) -> Conversation:
        """Show a variant of a message, with what came before it and the latest that followed. Raises `NotFound`."""
        places = await self._places(conversation_id)
        if seq not in places or places[seq].variant_of is None:
            raise NotFound(f"There is no variant {seq} in conversation {conversation_id}.")
        shown = _path_through(seq, places)
        await self._set_hidden(conversation_id, [each.seq for each in places.values() if each.seq not in shown], True)
        await self._set_hidden(conversation_id, sorted(shown), False)
        return self._changed(await self._branched(conversation_id))

    async def _places(self, conversation_id: int) -> "dict[int, _Shown]":
        await self.get(conversation_id)
        rows = await self._scope.rows(_SQL.PLACES, {"the_id": conversation_id})
        return {row.seq: _Shown(**row._mapping) for row in rows}

    async def _set_hidden(self, conversation_id: int, seqs: Sequence[int], hidden: bool) -> None:
        for start in range(0, len(seqs), _CHUNK):
            values = {"the_id": conversation_id, "seqs": seqs[start : start + _CHUNK], "new_hidden": hidden}
            await self._scope.execute(_SQL.SET_HIDDEN, values)

    async def _branched(self, conversation_id: int) -> Conversation:
        numbers = await self._scope.advance()
        row = await self._first(_SQL.SET_BRANCHED, conversation_id, new_revision=numbers.revision)
        return _value(_found(row, conversation_id))

    async def _last_shown(self, conversation_id: int, *, before: int) -> int:
        row = await self._first(_SQL.LAST_SHOWN, conversation_id, before=before)
        return 0 if row is None or row[0] is None else int(row[0])

    async def _variants(self, conversation_id: int) -> dict[int, tuple[int, ...]]:
        """Return the messages that stand in one place, by the first of them."""
        found: dict[int, tuple[int, ...]] = {}
        for seq, first in await self._scope.rows(_SQL.VARIANTS, {"the_id": conversation_id}):
            found[first] = (*found.get(first, ()), seq)
        return found

    async def granted(self, conversation_id: int, tool: str) -> int:
        """Return on how many tasks the user always lets this tool act in a turn of this conversation: 0 without a
        word, `NEVER` where the user wants no more of what asks."""
        return (await self._grants(conversation_id)).get(tool, 0)

    async def grant(self, conversation_id: int, tool: str, size: int) -> None:
        """Keep that the user said "always" to this tool and this many tasks, and so to fewer, or `NEVER`."""
        grants = await self._grants(conversation_id)
        grants[tool] = NEVER if size == NEVER else max(size, grants.get(tool, 0))
        _found(await self._first(_SQL.SET_GRANTS, conversation_id, new_value=dump_mapping(grants)), conversation_id)

    async def _grants(self, conversation_id: int) -> dict[str, int]:
        (stored,) = _found(await self._first(_SQL.GRANTS, conversation_id), conversation_id)
        return {} if stored is None else load_mapping(stored)

    async def _first(self, statement: Any, conversation_id: int, **parameters: Any) -> AnyRow | None:
        if not 0 < conversation_id < _BIG:
            return None
        return await self._scope.first(statement, {"the_id": conversation_id, **parameters})


_BIG: Final = 2**31 - 1
_CHUNK: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a message stands: after `parent` (0 for the first), as another variant of `variant_of`."""

    parent: int
    variant_of: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Replaced:
    """The place of a message that is hidden now, and the turns that are hidden with it, the latest first."""

    place: Place
    turns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    """Where a stored message stands, and whether it is shown."""

    seq: int
    role: Role
    turn_id: str
    parent: int | None
    variant_of: int | None
    hidden: bool

    @property
    def before(self) -> int:
        return self.seq - 1 if self.parent is None else self.parent


def _is_answer_in_words(there: _Shown, places: Mapping[int, _Shown]) -> bool:
    """Return whether a message answers the question of a turn that another message began."""
    before = places.get(there.before)
    return before is not None and before.turn_id == there.turn_id


def _path_through(seq: int, places: Mapping[int, _Shown]) -> set[int]:
    """Return the messages before this one, itself, and the latest that followed it."""
    following = {place.before: place.seq for place in sorted(places.values(), key=lambda place: place.seq)}
    path = {seq}
    at = places[seq].before
    while at in places:
        path.add(at)
        at = places[at].before
    after: int | None = following.get(seq)
    while after is not None:
        path.add(after)
        after = following.get(after)
    return path


def _message(conversation_id: int, row: AnyRow, variants: Mapping[int, tuple[int, ...]]) -> Message:
    values = dict(row._mapping)
    first = values.pop("variant_of")
    return Message(conversation_id=conversation_id, **values, variants=variants.get(first, ()))


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
