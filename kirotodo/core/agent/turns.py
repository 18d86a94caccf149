"""The use cases of a turn: take a message, follow its turn, stop it, answer what it asks."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from kirotodo.core.agent.agent import Agent, NewTurn
from kirotodo.core.agent.change_poller import ChangePoller
from kirotodo.core.agent.event_hub import EventHub, TurnViewer
from kirotodo.core.agent.observer import Observer
from kirotodo.core.agent.prompt import PromptInput, conversation_title
from kirotodo.core.agent.runner import TurnRunner
from kirotodo.core.agent.tool_calls import TurnContext
from kirotodo.core.aio import shielded
from kirotodo.core.backend import ListChanged
from kirotodo.core.domain.conversation import FINAL, MESSAGE_MAX, Decision, Sent, Turn
from kirotodo.core.errors import InvalidInput, KeyReused, LiveTurn, NotFound, NotUndoable, StorageError, ToolError
from kirotodo.core.events import EncodedEvent, TurnStarted
from kirotodo.core.language.preferences import Preferences
from kirotodo.core.language.understand import is_yes_no
from kirotodo.core.models.registry import ModelRegistry
from kirotodo.core.store.database import Database, Store
from kirotodo.core.store.selective_undo import Selected
from kirotodo.core.store.turns import TurnRecord
from kirotodo.core.tools.task_tools import TOOLS

PAGE: Final = 500


@dataclass(kw_only=True)
class _Followed:
    """A turn being followed: the last event seen, and whether there are none after it."""

    database: Database
    user_id: str
    turn_id: str
    last: int
    over: bool = False


async def watch(
    *,
    database: Database,
    hub: EventHub,
    runner: TurnRunner,
    change_poller: ChangePoller,
    user_id: str,
    turn_id: str,
    after: int,
) -> AsyncGenerator[EncodedEvent, None]:
    """Yield the turn's events with `seq` greater than `after`, up to the final one. Raises `NotFound`, or the error
    that its owner in this process could not write down."""
    turn = _Followed(database=database, user_id=user_id, turn_id=turn_id, last=after)
    with hub.viewer(user_id, turn_id, after=after) as viewer:
        if viewer.behind:
            # Reset before reading: what is published meanwhile is queued, and nothing falls between the two.
            viewer.behind = False
            async for event in _stored(turn):
                turn.last = event.seq
                yield event
                if event.is_final:
                    return
        while not turn.over:
            viewer.last_seen = turn.last
            if not runner.runs(turn_id):
                change_poller.look()
            # Memory and database overlap after each switch between them; the seq sorts out what was given already.
            for event in await _next(viewer, turn, runner):
                if event.seq > turn.last:
                    turn.last = event.seq
                    yield event
                    if event.is_final:
                        return


async def _stored(turn: _Followed) -> AsyncGenerator[EncodedEvent, None]:
    """What is stored after the last event seen."""
    after = turn.last
    while True:
        page = await shielded(_page(turn, after))
        for seq, data in page:
            after = seq
            yield EncodedEvent(seq, data=data)
        if len(page) < PAGE:
            return


async def _refuse_a_silent_one(turn: _Followed) -> None:
    async with turn.database.read(turn.user_id) as store:
        status = (await store.turns.get(turn.turn_id)).turn.status
    if status == "running":
        raise StorageError(
            "No server can continue this turn right now. Your message is saved; it will continue by itself."
        )


async def _page(turn: _Followed, after: int) -> list[tuple[int, bytes]]:
    async with turn.database.read(turn.user_id) as store:
        page = await store.turns.events(turn.turn_id, after=after, limit=PAGE)
        if not page:
            record = await store.turns.get(turn.turn_id)  # tells a turn without news from one that is not there
            turn.over = record.turn.status in FINAL
        return page


async def _next(viewer: TurnViewer, turn: _Followed, runner: TurnRunner) -> tuple[EncodedEvent, ...]:
    """What came after the last event seen, perhaps nothing: from memory, or else from the database. Raises
    `StorageError` where a turn that runs was silent for longer than any deadline: nobody can go on with it."""
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(runner.patience):
            await viewer.wait()
    except TimeoutError:
        if not runner.was_queued(turn.turn_id, since=began):
            await shielded(_refuse_a_silent_one(turn))
    fresh = viewer.take()
    if viewer.error is not None:
        raise viewer.error
    if not viewer.behind:
        return fresh
    viewer.behind = False
    return tuple([event async for event in _stored(turn)])


CANCEL_PATIENCE: Final = 10.0
"""How long a stop waits for another process to end its turn."""


class AgentCache:
    """An agent for each model that turns ask for, made with the first of them."""

    def __init__(
        self,
        *,
        models: ModelRegistry,
        zone: ZoneInfo,
        preferences: Preferences,
        max_messages: int,
        observer: Observer,
        asks_for_steps: bool = False,
    ) -> None:
        self._models = models
        self._observer = observer
        self._around = TurnContext(tools=TOOLS, zone=zone, preferences=preferences, asks_for_steps=asks_for_steps)
        self._max_messages = max_messages
        self._known: dict[str, Agent] = {}

    def __call__(self, model: str) -> Agent:
        agent = self._known.get(model)
        if agent is None:
            agent = Agent(
                model=self._models.of_turn(model),
                around=self._around,
                max_messages=self._max_messages,
                observer=self._observer,
                version=self._models.version_of(model),
            )
            self._known[model] = agent
        return agent


class Turns:
    """One user's turns. See `core.backend.Backend` for what each method promises."""

    def __init__(
        self,
        *,
        database: Database,
        hub: EventHub,
        models: ModelRegistry,
        runner: TurnRunner,
        change_poller: ChangePoller,
        user_id: str,
        zone: ZoneInfo,
    ) -> None:
        self._database = database
        self._hub = hub
        self._models = models
        self._runner = runner
        self._change_poller = change_poller
        self._user_id = user_id
        self._zone = zone

    async def send(
        self,
        message: str,
        *,
        conversation_id: int | None = None,
        request_key: str | None = None,
        model: str | None = None,
        instead_of: int | None = None,
        keep_changes: bool = False,
    ) -> Sent:
        """Implement `Backend.send`."""
        chosen = self._models.model(model).name
        text = _checked(message)
        if instead_of is not None and conversation_id is None:
            raise InvalidInput("Name the conversation whose message is replaced.")
        fingerprint = _fingerprint(text, conversation_id, model, instead_of, keep_changes)
        new = _NewMessage(text=text, conversation_id=conversation_id, instead_of=instead_of, keep_changes=keep_changes)
        try:
            sent, started, news = await self._store_message(new, request_key, fingerprint, chosen)
        except LiveTurn as live:
            answered = await self._answer_in_words(text, live.turn_id) if instead_of is None else None
            if answered is None:
                raise
            return answered
        if started is not None:
            self._runner.start(
                user_id=self._user_id, turn_id=sent.turn_id, model=chosen, epoch=1, last_seq=1, fresh=started
            )
            self._hub.list_changed(self._user_id, news)
        return sent

    async def _store_message(
        self, new: "_NewMessage", request_key: str | None, fingerprint: str, model: str
    ) -> tuple[Sent, NewTurn | None, ListChanged | None]:
        turn_id, text, conversation_id = uuid.uuid4().hex, new.text, new.conversation_id
        notes: tuple[str, ...] = ()
        async with self._database.begin(self._user_id, turn_id=turn_id) as store:
            if request_key is not None:
                known = await store.turns.by_request_key(request_key)
                if known is not None:
                    return _attached(known, fingerprint), None, None
            replaced = None
            if conversation_id is None:
                conversation, stored = await store.conversations.begin(conversation_title(text), text, turn_id=turn_id)
            else:
                if new.instead_of is not None:
                    replaced = await store.conversations.branch(conversation_id, new.instead_of)
                place = replaced.place if replaced is not None else None
                conversation, stored = await store.conversations.take_message(
                    conversation_id, role="user", content=text, turn_id=turn_id, place=place
                )
            await store.turns.create(
                turn_id=turn_id,
                conversation_id=conversation.id,
                message_seq=stored.seq,
                request_key=request_key,
                fingerprint=fingerprint,
                model=model,
                owner=self._runner.owner,
                lease=self._runner.lease,
                created_at=store.now,
                first=conversation_id is None,
            )
            if replaced is not None and not new.keep_changes:
                notes = await _undone(store, replaced.turns)
            started = EncodedEvent.of(
                TurnStarted(
                    turn_id=turn_id,
                    seq=1,
                    conversation_id=conversation.id,
                    message=text,
                    model=model,
                    created_at=store.now,
                )
            )
            await store.turns.append_events(turn_id, [(1, started.data)])
            fresh = NewTurn(
                conversation_id=conversation.id,
                started=started,
                title=conversation.title,
                zone=self._zone,
                open_tasks=await store.tasks.count_pending(),
                prompt_input=PromptInput(text=text, before=()) if conversation_id is None else None,
            )
            news = store.news()
        sent = Sent(conversation_id=conversation.id, turn_id=turn_id, message_seq=stored.seq, notes=notes)
        return sent, fresh, news

    async def _answer_in_words(self, text: str, turn_id: str) -> Sent | None:
        """A plain yes or no to a parked turn answers it; None where this is something else."""
        decision = is_yes_no(text)
        if decision is None:
            return None
        async with self._database.begin(self._user_id, turn_id=turn_id) as store:
            turn = (await store.turns.get(turn_id)).turn
            if turn.approval is None:
                return None
            message = await store.conversations.add_message(
                turn.conversation_id, role="user", content=text, turn_id=turn_id
            )
        await self.answer(turn_id, turn.approval.call_id, "yes" if decision else "no")
        return Sent(conversation_id=turn.conversation_id, turn_id=turn_id, message_seq=message.seq, attached=True)

    async def watch(self, turn_id: str, *, after: int = 0) -> AsyncGenerator[EncodedEvent, None]:
        """Implement `Backend.watch`."""
        events = watch(
            database=self._database,
            hub=self._hub,
            runner=self._runner,
            change_poller=self._change_poller,
            user_id=self._user_id,
            turn_id=turn_id,
            after=after,
        )
        async with aclosing(events):
            async for event in events:
                yield event

    async def turn(self, turn_id: str) -> Turn:
        """Implement `Backend.turn`."""
        async with self._database.read(self._user_id) as store:
            return (await store.turns.get(turn_id)).turn

    async def cancel(self, turn_id: str) -> Turn:
        """Implement `Backend.cancel`."""
        turn = await self.turn(turn_id)
        if turn.status in FINAL:
            return turn
        await self._runner.cancel(self._user_id, turn_id)
        turn = await self.turn(turn_id)
        if turn.status not in FINAL:
            turn = await self._ended_elsewhere(turn_id)
        return turn

    async def _ended_elsewhere(self, turn_id: str) -> Turn:
        """The turn once another process has stopped it, or as it stands when that takes too long."""
        try:
            async with asyncio.timeout(CANCEL_PATIENCE):
                async for _ in self.watch(turn_id):
                    pass
        except TimeoutError:
            pass
        return await self.turn(turn_id)

    async def answer(
        self,
        turn_id: str,
        call_id: str,
        decision: Decision,
        *,
        arguments: Mapping[str, Any] | None = None,
    ) -> Turn:
        """Implement `Backend.answer`."""
        if arguments is not None:
            await self._check_arguments(turn_id, call_id, arguments)
        await self._runner.answer(self._user_id, turn_id, call_id, decision, arguments)
        return await self.turn(turn_id)

    async def _check_arguments(self, turn_id: str, call_id: str, arguments: Mapping[str, Any]) -> None:
        """Refuse arguments that the tool would not take, while the question is still open."""
        for call in (await self.turn(turn_id)).tool_calls:
            if call.id == call_id:
                try:
                    TOOLS.validate(call.tool, arguments)
                except ToolError as error:
                    raise InvalidInput(error.message) from None


def _checked(message: str) -> str:
    text = message.replace("\0", "").strip()
    if not text:
        raise InvalidInput("The message is empty.")
    if len(text) > MESSAGE_MAX:
        raise InvalidInput(f"A message holds at most {MESSAGE_MAX:,} characters; this one has {len(text):,}.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput("The message contains invalid Unicode.")
    return text


@dataclass(frozen=True, kw_only=True, slots=True)
class _NewMessage:
    """A message to store, and the one that it replaces."""

    text: str
    conversation_id: int | None
    instead_of: int | None
    keep_changes: bool


async def _undone(store: Store, turns: Sequence[str]) -> tuple[str, ...]:
    """Undo what these turns changed, the latest first. Return what was left alone."""
    notes: list[str] = []
    for turn_id in turns:
        with suppress(NotFound, NotUndoable):  # most turns change nothing, or were undone before
            notes += (await store.journal.undo_selected(Selected(turn_id=turn_id))).skipped
    return tuple(notes)


def _fingerprint(
    text: str, conversation_id: int | None, model: str | None, instead_of: int | None, keep_changes: bool
) -> str:
    request = [text, conversation_id, *([model] if model else []), *([instead_of, keep_changes] if instead_of else [])]
    return hashlib.sha256(json.dumps(request).encode()).hexdigest()


def _attached(known: TurnRecord, fingerprint: str) -> Sent:
    if known.fingerprint != fingerprint:
        raise KeyReused("This request key was already used with another message.")
    turn = known.turn
    return Sent(conversation_id=turn.conversation_id, turn_id=turn.id, message_seq=turn.message_seq, attached=True)
