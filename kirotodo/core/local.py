"""LocalBackend: the port's adapter that runs the core in this process, for one user of one database."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Self, TypeVar
from zoneinfo import ZoneInfo

from kirotodo.core.agent.agent import Agent, FreshTurn
from kirotodo.core.agent.calls import Surroundings
from kirotodo.core.agent.hub import EventHub
from kirotodo.core.agent.runner import TurnRunner
from kirotodo.core.agent.watch import watch
from kirotodo.core.backend import ImportReport, ListChanged, ModelChoice, Status, TaskFields
from kirotodo.core.domain.conversation import (
    FINAL,
    MESSAGE_MAX,
    Conversation,
    Decision,
    Sent,
    Transcript,
    Turn,
)
from kirotodo.core.domain.task import PAGE_MAX, TITLE_MAX, Changed, Page, Task, TaskDraft, TaskFilter, TaskStats
from kirotodo.core.errors import InvalidInput, KeyReused, LiveTurn, ToolError
from kirotodo.core.events import TurnEvent, TurnStarted, encode_event
from kirotodo.core.language.intent import Preferences
from kirotodo.core.language.titles import conversation_title
from kirotodo.core.language.understand import is_yes_no
from kirotodo.core.models.model import Model
from kirotodo.core.models.roster import Roster
from kirotodo.core.settings import Settings
from kirotodo.core.store.database import Database, Store
from kirotodo.core.store.turns import TurnRecord
from kirotodo.core.tools import edits
from kirotodo.core.tools.imports import import_tasks
from kirotodo.core.tools.registry import TOOLS
from kirotodo.core.tools.tool import Standpoint

T = TypeVar("T")

PENDING: Final = TaskFilter()
LOCAL_USER: Final = "local"
LIST_POLL_SECONDS: Final = 0.5
"""How often the database file is looked at for what other programs did."""
CANCEL_PATIENCE: Final = 10.0
"""How long a stop waits for another process to end its turn."""


def preferences_from(settings: Settings) -> Preferences:
    """How words are read where people differ."""
    return Preferences(
        next_weekday=settings.next_weekday,
        bare_hour_from=settings.bare_hour_from,
        weekend=settings.weekend,
        week_start=settings.week_start,
        day_first=settings.day_first,
        morning=settings.morning,
        noon=settings.noon,
        afternoon=settings.afternoon,
        evening=settings.evening,
        night=settings.night,
        end_of_day=settings.end_of_day,
    )


def utc_now() -> datetime:
    return datetime.now(UTC)


class LocalBackend:
    """A user's list and conversations, in this process. See `core.backend.Backend` for what each method promises."""

    def __init__(
        self,
        *,
        database: Database,
        models: Roster,
        settings: Settings,
        user_id: str = LOCAL_USER,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.user_id = user_id
        self._database = database
        self._models = models
        self._agents: dict[str, Agent] = {}
        self._max_messages = settings.max_conversation_history
        self._clock = clock
        self._zone: ZoneInfo = settings.zone
        self._preferences = preferences_from(settings)
        self._hub = EventHub()
        self._around = Surroundings(tools=TOOLS, zone=self._zone, preferences=self._preferences)
        self._runner = TurnRunner(
            database=database,
            hub=self._hub,
            agent_for=self._agent_for,
            clock=clock,
            timeout_seconds=settings.agent_timeout,
        )

    @classmethod
    async def open(
        cls,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = utc_now,
        model: Model | None = None,
        resume: bool = True,
    ) -> Self:
        """Open the database of `settings` and, with `resume`, go on with turns that an earlier process left behind.

        `model` answers in place of the default one; the others that `settings` name can still be asked for.
        Raises `StorageError` in one of its kinds, and `ConfigError` where no model can be had as configured.
        """
        models = Roster(settings, preferences=preferences_from(settings), default=model)
        models.model()
        database = await Database.open(settings.database_url, clock=clock)
        backend = cls(database=database, models=models, settings=settings, clock=clock)
        if resume:
            await backend._runner.take_over()
        return backend

    # --- turns ---

    async def send(
        self,
        message: str,
        *,
        conversation_id: int | None = None,
        request_key: str | None = None,
        model: str | None = None,
    ) -> Sent:
        chosen = self._models.model(model).name
        text = _checked(message)
        fingerprint = _fingerprint(text, conversation_id, model)
        try:
            sent, started = await self._store_message(text, conversation_id, request_key, fingerprint, chosen)
        except LiveTurn as live:
            answered = await self._answer_in_words(text, live.turn_id)
            if answered is None:
                raise
            return answered
        if started is not None:
            self._runner.start(
                user_id=self.user_id, turn_id=sent.turn_id, model=chosen, epoch=1, last_seq=1, fresh=started
            )
            self._hub.list_changed(self.user_id)
        return sent

    async def _store_message(
        self, text: str, conversation_id: int | None, request_key: str | None, fingerprint: str, model: str
    ) -> tuple[Sent, FreshTurn | None]:
        turn_id = uuid.uuid4().hex
        async with self._database.begin(self.user_id, turn_id=turn_id) as store:
            if request_key is not None:
                known = await store.turns.by_request_key(request_key)
                if known is not None:
                    return _attached(known, fingerprint), None
            if conversation_id is None:
                conversation = await store.conversations.create(conversation_title(text))
            else:
                conversation = await store.conversations.get(conversation_id)
            stored = await store.conversations.add_message(conversation.id, role="user", content=text, turn_id=turn_id)
            await store.turns.create(
                turn_id=turn_id,
                conversation_id=conversation.id,
                message_seq=stored.seq,
                request_key=request_key,
                fingerprint=fingerprint,
                model=model,
                owner=self._runner.owner,
                lease_until=self._runner.lease_until(),
                created_at=store.now,
            )
            started = TurnStarted(
                turn_id=turn_id,
                seq=1,
                conversation_id=conversation.id,
                message=text,
                model=model,
                created_at=store.now,
            )
            await store.turns.append_events(turn_id, [(1, encode_event(started))])
        sent = Sent(conversation_id=conversation.id, turn_id=turn_id, message_seq=stored.seq)
        return sent, FreshTurn(conversation_id=conversation.id, title=conversation.title)

    async def _answer_in_words(self, text: str, turn_id: str) -> Sent | None:
        """A plain yes or no to a parked turn answers it; None where this is something else."""
        decision = is_yes_no(text)
        if decision is None:
            return None
        async with self._database.begin(self.user_id, turn_id=turn_id) as store:
            turn = (await store.turns.get(turn_id)).turn
            if turn.approval is None:
                return None
            said = await store.conversations.add_message(
                turn.conversation_id, role="user", content=text, turn_id=turn_id
            )
        await self.answer(turn_id, turn.approval.call_id, "yes" if decision else "no")
        return Sent(conversation_id=turn.conversation_id, turn_id=turn_id, message_seq=said.seq, attached=True)

    async def watch(self, turn_id: str, *, after: int = 0) -> AsyncIterator[TurnEvent]:
        events = watch(
            database=self._database,
            hub=self._hub,
            runner=self._runner,
            user_id=self.user_id,
            turn_id=turn_id,
            after=after,
        )
        async for event in events:
            yield event

    async def turn(self, turn_id: str) -> Turn:
        async with self._database.read(self.user_id) as store:
            return (await store.turns.get(turn_id)).turn

    async def cancel(self, turn_id: str) -> Turn:
        turn = await self.turn(turn_id)
        if turn.status in FINAL:
            return turn
        await self._runner.cancel(self.user_id, turn_id)
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
        if arguments is not None:
            await self._check_arguments(turn_id, call_id, arguments)
        await self._runner.answer(self.user_id, turn_id, call_id, decision, arguments)
        return await self.turn(turn_id)

    async def _check_arguments(self, turn_id: str, call_id: str, arguments: Mapping[str, Any]) -> None:
        """Refuse arguments that the tool would not take, while the question is still open."""
        for call in (await self.turn(turn_id)).tool_calls:
            if call.id == call_id:
                try:
                    TOOLS.validate(call.tool, arguments)
                except ToolError as error:
                    raise InvalidInput(error.message) from None

    # --- conversations ---

    async def conversations(
        self, *, search: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Conversation]:
        async with self._database.read(self.user_id) as store:
            return await store.conversations.page(search=search, limit=_limit(limit), cursor=cursor)

    async def transcript(self, conversation_id: int, *, before: int | None = None, limit: int = 50) -> Transcript:
        async with self._database.read(self.user_id) as store:
            conversation = await store.conversations.get(conversation_id)
            messages = await store.conversations.messages(conversation_id, before=before, limit=_limit(limit))
            turns = await store.turns.many(list(dict.fromkeys(message.turn_id for message in messages)))
        older = messages[0].seq if messages and messages[0].seq > 1 else None
        return Transcript(conversation=conversation, messages=messages, turns=turns, before=older)

    async def rename_conversation(self, conversation_id: int, title: str) -> Conversation:
        async with self._writing() as store:
            return await store.conversations.rename(conversation_id, _checked_title(title))

    async def delete_conversation(self, conversation_id: int) -> None:
        async with self._database.read(self.user_id) as store:
            await store.conversations.get(conversation_id)
            live = await store.turns.live(conversation_id)
        if live is not None:
            await self.cancel(live)
        async with self._writing() as store:
            await store.conversations.delete(conversation_id)

    async def restore_conversation(self, conversation_id: int) -> Conversation:
        async with self._writing() as store:
            return await store.conversations.restore(conversation_id)

    # --- tasks ---

    async def tasks(self, where: TaskFilter = PENDING, *, limit: int = 50, cursor: str | None = None) -> Page[Task]:
        async with self._database.read(self.user_id) as store:
            return await store.tasks.page(
                where, today=self._standpoint().now.date(), zone=self._zone, limit=_limit(limit), cursor=cursor
            )

    async def task(self, task_id: int) -> Task:
        async with self._database.read(self.user_id) as store:
            return await store.tasks.get(task_id)

    async def add_from_text(self, text: str, *, dry_run: bool = False) -> tuple[Task, ...]:
        if dry_run:
            return edits.preview_from_text(text, at=self._standpoint())
        return await self._edit(lambda store, at: edits.add_from_text(store, text, at=at))

    async def add_task(self, fields: TaskFields) -> Task:
        return await self._edit(lambda store, at: edits.add_task(store, fields, at=at))

    async def update_tasks(self, task_ids: Sequence[int], fields: TaskFields) -> Changed:
        return await self._edit(lambda store, at: edits.update_tasks(store, task_ids, fields, at=at))

    async def complete_tasks(self, task_ids: Sequence[int], *, completed: bool = True) -> Changed:
        return await self._edit(lambda store, at: edits.complete_tasks(store, task_ids, completed=completed, at=at))

    async def delete_tasks(self, task_ids: Sequence[int]) -> Changed:
        return await self._edit(lambda store, at: edits.delete_tasks(store, task_ids, at=at))

    async def undo(self, *, groups: int = 1) -> Changed:
        return await self._edit(lambda store, _: store.journal.undo(groups=groups))

    async def undo_call(self, turn_id: str, call_id: str) -> Changed:
        return await self._edit(lambda store, _: store.journal.undo_call(turn_id, call_id))

    async def redo(self) -> Changed:
        return await self._edit(lambda store, _: store.journal.redo())

    async def stats(self, *, period_days: int = 7) -> TaskStats:
        if not 1 <= period_days <= 3660:
            raise InvalidInput("A period is between 1 and 3660 days.")
        async with self._database.read(self.user_id) as store:
            return await store.tasks.stats(
                today=self._standpoint().now.date(), zone=self._zone, period_days=period_days
            )

    async def import_tasks(self, drafts: Sequence[TaskDraft]) -> ImportReport:
        return await self._edit(lambda store, at: import_tasks(store, drafts, at=at))

    # --- the rest ---

    async def changes(self) -> AsyncIterator[ListChanged]:
        with self._hub.list_viewer(self.user_id) as changed:
            async with self._database.read(self.user_id) as store:
                revision = await store.revision()
            token = self._database.change_token()
            while True:
                try:
                    async with asyncio.timeout(LIST_POLL_SECONDS):
                        await changed.wait()
                except TimeoutError:
                    fresh = self._database.change_token()
                    if fresh == token:
                        continue
                    token = fresh
                changed.clear()
                async with self._database.read(self.user_id) as store:
                    news = await store.changed_since(revision)
                if news.revision != revision:
                    revision = news.revision
                    yield ListChanged(tasks=news.tasks, removed=news.removed, conversations=news.conversations)

    async def models(self) -> tuple[ModelChoice, ...]:
        return self._models.choices()

    async def status(self) -> Status:
        async with self._database.read(self.user_id) as store:
            pending = await store.tasks.count_pending()
        return Status(link="local", place="local", model=self._models.default, user=self.user_id, pending=pending)

    async def aclose(self) -> None:
        await self._runner.aclose()
        await self._models.aclose()
        await self._database.aclose()

    # --- within ---

    def _agent_for(self, model: str) -> Agent:
        """The agent that drives turns with this model."""
        agent = self._agents.get(model)
        if agent is None:
            agent = Agent(model=self._models.of_turn(model), around=self._around, max_messages=self._max_messages)
            self._agents[model] = agent
        return agent

    def _standpoint(self) -> Standpoint:
        return Standpoint(now=self._clock().astimezone(self._zone), zone=self._zone, preferences=self._preferences)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Store]:
        async with self._database.begin(self.user_id) as store:
            yield store
        self._hub.list_changed(self.user_id)

    async def _edit(self, edit: Callable[[Store, Standpoint], Awaitable[T]]) -> T:
        async with self._writing() as store:
            return await edit(store, self._standpoint())


def _checked(message: str) -> str:
    text = message.strip()
    if not text:
        raise InvalidInput("There is nothing to send: the message is empty.")
    if len(text) > MESSAGE_MAX:
        raise InvalidInput(f"A message holds at most {MESSAGE_MAX:,} characters; this one has {len(text):,}.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput("The message holds characters that are no valid Unicode.")
    return text


def _checked_title(title: str) -> str:
    text = " ".join("".join(character if character.isprintable() else " " for character in title).split())
    if not text:
        raise InvalidInput("A conversation needs a title.")
    if len(text) > TITLE_MAX:
        raise InvalidInput(f"A title has at most {TITLE_MAX} characters; this one has {len(text)}.")
    return text


def _fingerprint(text: str, conversation_id: int | None, model: str | None) -> str:
    asked = [text, conversation_id, *([model] if model else [])]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _attached(known: TurnRecord, fingerprint: str) -> Sent:
    if known.fingerprint != fingerprint:
        raise KeyReused("This request key was used before with another message.")
    turn = known.turn
    return Sent(conversation_id=turn.conversation_id, turn_id=turn.id, message_seq=turn.message_seq, attached=True)


def _limit(limit: int) -> int:
    if limit < 1:
        raise InvalidInput("A page holds at least one item.")
    return min(limit, PAGE_MAX)
