"""The core in this process: `Core`, what its users share, and `LocalBackend`, the port's adapter for one of them."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, get_args
from zoneinfo import ZoneInfo

from kirotodo.core.backend import (
    AgentToken,
    ImportReport,
    ListChanged,
    ModelChoice,
    Rung,
    Status,
    TaskFields,
    TokenScope,
)
from kirotodo.core.domain.task import PAGE_MAX, TITLE_MAX, Changed, Page, Task, TaskDraft, TaskFilter, TaskStats
from kirotodo.core.errors import (
    TASK_CHANGED,
    Conflict,
    InvalidInput,
    LiveTurn,
    NotFound,
    NotUndoable,
    PreconditionFailed,
)
from kirotodo.core.store.database import Database, Store

if TYPE_CHECKING:
    from kirotodo.core.agent.change_poller import ChangePoller
    from kirotodo.core.agent.direct_calls import DirectCaller
    from kirotodo.core.agent.event_hub import EventHub
    from kirotodo.core.agent.observer import Observer
    from kirotodo.core.agent.runner import TurnRunner
    from kirotodo.core.agent.turns import Turns
    from kirotodo.core.backend import ToolAnswer, ToolInfo, ToolOutcome
    from kirotodo.core.domain.calendar import CalendarChanges, CalendarItem, CalendarObject, SyncToken
    from kirotodo.core.domain.conversation import Conversation, Decision, Sent, Transcript, Turn
    from kirotodo.core.domain.history import Actor, By, ChangeSelection, HistoryEntry, PastPage
    from kirotodo.core.domain.integration import Integration
    from kirotodo.core.domain.plan import DayPlan, Move, Period, Spread
    from kirotodo.core.domain.reminder import Claim, Claimed, ReminderTarget, TargetKind
    from kirotodo.core.domain.view import View
    from kirotodo.core.domain.webhook import Webhook, WebhookDelivery, WebhookEvent, WebhookTest
    from kirotodo.core.events import EncodedEvent, TurnEvent
    from kirotodo.core.language.preferences import Preferences
    from kirotodo.core.models.model import Model
    from kirotodo.core.models.registry import ModelRegistry
    from kirotodo.core.settings import Settings
    from kirotodo.core.store.request_keys import RequestKey
    from kirotodo.core.store.tasks import HiddenTasks
    from kirotodo.core.tools.user_clock import UserClock

T = TypeVar("T")
Check = Callable[[T], None]

PENDING: Final = TaskFilter()
LOCAL_USER: Final = "local"
OWNER_MAX: Final = 100
SETTLE_SECONDS: Final = 5.0
"""What a turn past its deadline may take to be written down."""


def preferences_from(settings: "Settings") -> "Preferences":
    """Return how words are read where people differ."""
    from kirotodo.core.language.preferences import Preferences

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
        remind_before=settings.remind_before,
    )


def utc_now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)


class Core:
    """What all users of one process share: the database, the models, the runner of turns, and who watches what."""

    def __init__(
        self,
        *,
        database: Database,
        settings: "Settings",
        model: "Model | None" = None,
        clock: Callable[[], datetime] = utc_now,
        observer: "Observer | None" = None,
    ) -> None:
        self.database = database
        self.settings = settings
        self.clock = clock
        self._model = model
        self._observer = observer

    @classmethod
    async def open(
        cls,
        settings: "Settings",
        *,
        clock: Callable[[], datetime] = utc_now,
        model: "Model | None" = None,
        observer: "Observer | None" = None,
        read_only_ok: bool = False,
        inline: bool = False,
    ) -> Self:
        """Open the database of `settings`. `model` answers in place of the default one; the others that `settings`
        name can still be asked for. `observer` hears of turns. With `read_only_ok` a list is opened that can only be
        read; `inline` is as for `Database.open`. Raises `StorageError` in one of its kinds."""
        database = await Database.open(
            settings.database_url,
            clock=clock,
            pool_size=settings.db_pool_size,
            pooler=settings.db_pooler,
            migrate=settings.environment == "development",
            read_only_ok=read_only_ok,
            inline=inline,
            max_tasks=settings.max_tasks,
            max_bytes=settings.max_bytes_per_user,
            publishes=settings.events_url is not None,
        )
        return cls(database=database, settings=settings, model=model, clock=clock, observer=observer)

    def of(
        self,
        user_id: str,
        *,
        zone: ZoneInfo | None = None,
        request: "RequestKey | None" = None,
        actor: "Actor | None" = None,
    ) -> "LocalBackend":
        """This user's list and conversations. Costs next to nothing; its `aclose` leaves the core open.

        `zone` is that of the user's days and hours, the one of the settings unless told. With `request` the backend is
        for that one request: if its edit was made before, it gives the same answer and changes nothing. `actor` is who
        makes edits through it; what a turn changes, its model does.
        """
        return LocalBackend(self, user_id=user_id, zone=zone, request=request, actor=actor)

    @cached_property
    def hub(self) -> "EventHub":
        """Return who watches what in this process."""
        from kirotodo.core.agent.event_hub import EventHub

        return EventHub()

    @cached_property
    def change_poller(self) -> "ChangePoller":
        """Return what looks for news of other processes."""
        from kirotodo.core.agent.change_poller import ChangePoller

        return ChangePoller(database=self.database, hub=self.hub, take_over=self._take_over)

    def list_changed(self, user_id: str, news: ListChanged | None) -> None:
        """Tell those who watch the user's list that a transaction changed it: nobody, as long as there is no hub."""
        if "hub" in vars(self):
            self.hub.list_changed(user_id, news)

    @cached_property
    def preferences(self) -> "Preferences":
        """Return how this installation reads dates: what a bare "evening" or "end of day" means."""
        return preferences_from(self.settings)

    @cached_property
    def models(self) -> "ModelRegistry":
        """Return the configured models. Importing them takes long, so it happens with the first use."""
        from kirotodo.core.models.registry import ModelRegistry

        return ModelRegistry(self.settings, preferences=self.preferences, default=self._model)

    @cached_property
    def runner(self) -> "TurnRunner":
        """Made with the first turn: a look at the list needs neither language nor models, and starts without them."""
        from kirotodo.core.agent.observer import Observer
        from kirotodo.core.agent.runner import TurnRunner
        from kirotodo.core.agent.turns import AgentCache

        observer = self._observer or Observer()
        agents = AgentCache(
            models=self.models,
            zone=self.settings.zone,
            preferences=self.preferences,
            max_messages=self.settings.max_conversation_history,
            observer=observer,
            asks_for_steps=self.settings.open_steps == "ask",
        )
        return TurnRunner(
            database=self.database,
            hub=self.hub,
            agent_for=agents,
            timeout_seconds=self.settings.agent_timeout,
            observer=observer,
        )

    @property
    def live_turns(self) -> int:
        """How many turns this process runs now."""
        return self.runner.live if "runner" in vars(self) else 0

    async def resume(self) -> None:
        """Go on with turns that another process left behind. Raises `ConfigError` where no model can be had."""
        self.models.model()
        await self.runner.take_over()

    async def _take_over(self) -> None:
        await self.runner.take_over()

    async def until_idle(self) -> None:
        """Wait until no turn runs in this process."""
        if "runner" in vars(self):
            await self.runner.until_idle()

    async def aclose(self) -> None:
        """Let go of everything. Live turns are left for the next start, or another process, to finish."""
        if "change_poller" in vars(self):
            await self.change_poller.aclose()
        if "runner" in vars(self):
            await self.runner.aclose()
        if "models" in vars(self):
            await self.models.aclose()
        await self.database.aclose()


class LocalBackend:
    """A user's list and conversations, in this process. See `core.backend.Backend` for what each method promises."""

    def __init__(
        self,
        core: Core,
        *,
        user_id: str = LOCAL_USER,
        zone: ZoneInfo | None = None,
        owns_core: bool = False,
        request: "RequestKey | None" = None,
        actor: "Actor | None" = None,
    ) -> None:
        self.user_id = user_id
        self._request = request
        self._actor = actor
        self._core = core
        self._owns_core = owns_core
        self._database = core.database
        self._clock = core.clock
        self._zone: ZoneInfo = zone or core.settings.zone

    @classmethod
    async def open(
        cls,
        settings: "Settings",
        *,
        clock: Callable[[], datetime] = utc_now,
        model: "Model | None" = None,
        resume: bool = True,
        read_only_ok: bool = False,
        inline: bool = False,
        client: str | None = None,
    ) -> Self:
        """Open a core of its own for the one local user; `resume` goes on with turns that an earlier process left.
        `inline` is as for `Database.open`. `client` is what the user edits with: "command" or "screen". Raises what
        `Core.open` and `Core.resume` raise."""
        core = await Core.open(settings, clock=clock, model=model, read_only_ok=read_only_ok, inline=inline)
        if resume and not core.database.read_only:
            try:
                await core.resume()
            except BaseException:
                await core.database.aclose()
                raise
        return cls(core, owns_core=True, actor=None if client is None else _person(client))

    @property
    def read_only(self) -> bool:
        """Return whether the list can be looked at only, since its file cannot be written."""
        return self._database.read_only

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone of the user's days and hours."""
        return self._zone

    @cached_property
    def _turns(self) -> "Turns":
        from kirotodo.core.agent.turns import Turns

        return Turns(
            database=self._database,
            hub=self._core.hub,
            models=self._core.models,
            runner=self._core.runner,
            change_poller=self._core.change_poller,
            user_id=self.user_id,
            zone=self._zone,
        )

    async def finish_turns(self) -> None:
        """Wait until the turns that run in this process are over: a command that took over what a killed one left must
        not leave it again. Each has a deadline; what is not over after that goes on at the next start."""
        import asyncio  # here, since a command that runs no turn does without it

        with suppress(TimeoutError):
            async with asyncio.timeout(self._core.settings.agent_timeout + SETTLE_SECONDS):
                await self._core.until_idle()

    # --- turns ---

    async def send(
        self,
        message: str,
        *,
        conversation_id: int | None = None,
        request_key: str | None = None,
        model: str | None = None,
        instead_of: int | None = None,
        keep_changes: bool = False,
    ) -> "Sent":
        """Implement `Backend.send`."""
        return await self._turns.send(
            message,
            conversation_id=conversation_id,
            request_key=request_key,
            model=model,
            instead_of=instead_of,
            keep_changes=keep_changes,
        )

    async def watch(self, turn_id: str, *, after: int = 0) -> "AsyncGenerator[TurnEvent, None]":
        """Implement `Backend.watch`."""
        async with aclosing(self.records(turn_id, after=after)) as events:
            async for event in events:
                yield event.event

    def records(self, turn_id: str, *, after: int = 0) -> "AsyncGenerator[EncodedEvent, None]":
        """Yield what `watch` yields, with the bytes that were stored of it."""
        return self._turns.watch(turn_id, after=after)

    def runs(self, turn_id: str) -> bool:
        """Return whether this is a turn of this user that runs in this process."""
        return self._core.hub.keeps(self.user_id, turn_id)

    async def turn(self, turn_id: str) -> "Turn":
        """Implement `Backend.turn`."""
        return await self._turns.turn(turn_id)

    async def cancel(self, turn_id: str) -> "Turn":
        """Implement `Backend.cancel`."""
        return await self._turns.cancel(turn_id)

    async def answer(
        self,
        turn_id: str,
        call_id: str,
        decision: "Decision",
        *,
        arguments: Mapping[str, Any] | None = None,
    ) -> "Turn":
        """Implement `Backend.answer`."""
        return await self._turns.answer(turn_id, call_id, decision, arguments=arguments)

    # --- conversations ---

    async def conversations(
        self, *, search: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> "Page[Conversation]":
        """Implement `Backend.conversations`."""
        async with self._database.read(self.user_id) as store:
            return await store.conversations.page(search=search, limit=_limit(limit), cursor=cursor)

    async def transcript(self, conversation_id: int, *, before: int | None = None, limit: int = 50) -> "Transcript":
        """Implement `Backend.transcript`."""
        from kirotodo.core.domain.conversation import Transcript

        async with self._database.read(self.user_id) as store:
            conversation = await store.conversations.get(conversation_id)
            messages = await store.conversations.messages(conversation_id, before=before, limit=_limit(limit))
            turns = await store.turns.many(list(dict.fromkeys(message.turn_id for message in messages)))
        older = messages[0].seq if messages and messages[0].seq > 1 else None
        return Transcript(conversation=conversation, messages=messages, turns=turns, before=older)

    async def conversation(self, conversation_id: int) -> "Conversation":
        """Return one conversation. Raises `NotFound`."""
        async with self._database.read(self.user_id) as store:
            return await store.conversations.get(conversation_id)

    async def rename_conversation(
        self, conversation_id: int, title: str, *, check: "Check[Conversation] | None" = None
    ) -> "Conversation":
        """As the port says; `check` raises where the conversation is not as the caller takes it to be."""
        from kirotodo.core.domain.conversation import Conversation

        async def rename(store: Store, _: "UserClock") -> "Conversation":
            if check is not None:
                check(await store.conversations.get(conversation_id))
            return await store.conversations.rename(conversation_id, _checked_title(title))

        return await self._edit(rename, Conversation)

    async def delete_conversation(self, conversation_id: int, *, check: "Check[Conversation] | None" = None) -> None:
        """As the port says; `check` raises where the conversation is not as the caller takes it to be."""
        async with self._writing() as store:
            live = await _deleted_unless_live(store, conversation_id, check)
        if live is not None:
            await self.cancel(live)
            async with self._writing() as store:
                await store.conversations.delete(conversation_id)

    async def restore_conversation(self, conversation_id: int) -> "Conversation":
        """Implement `Backend.restore_conversation`."""
        from kirotodo.core.domain.conversation import Conversation

        return await self._edit(lambda store, _: store.conversations.restore(conversation_id), Conversation)

    async def show_branch(self, conversation_id: int, seq: int) -> "Conversation":
        """Implement `Backend.show_branch`."""
        from kirotodo.core.domain.conversation import Conversation

        async def show(store: Store, _: "UserClock") -> "Conversation":
            if (live := await store.turns.live(conversation_id)) is not None:
                raise LiveTurn("The answer in this conversation is not finished yet.", turn_id=live)
            return await store.conversations.show_branch(conversation_id, seq)

        return await self._edit(show, Conversation)

    # --- tasks ---

    async def tasks(self, where: TaskFilter = PENDING, *, limit: int = 50, cursor: str | None = None) -> Page[Task]:
        """Implement `Backend.tasks`."""
        async with self._database.read(self.user_id) as store:
            where = await self._read(store, where, now=self._clock())
            return await store.tasks.page(
                where, today=self._today(), zone=self._zone, limit=_limit(limit), cursor=cursor
            )

    async def tasks_as_of(
        self, moment: str, where: TaskFilter = PENDING, *, limit: int = 50, cursor: str | None = None
    ) -> "PastPage":
        """Implement `Backend.tasks_as_of`."""
        from kirotodo.core.domain.history import PastPage
        from kirotodo.core.tools.past import AN_INSTANT, read_past

        then = read_past(moment, at=self._user_clock()).moment
        today = (then - AN_INSTANT).astimezone(self._zone).date()
        async with self._database.as_of(self.user_id, then) as store:
            where = await self._read(store, where, now=then - AN_INSTANT)
            page = await store.tasks.page(where, today=today, zone=self._zone, limit=_limit(limit), cursor=cursor)
        return PastPage(as_of=then, items=page.items, next=page.next, total=page.total)

    async def history(
        self,
        *,
        task_id: int | None = None,
        since: str | None = None,
        until: str | None = None,
        by: "By | None" = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> "Page[HistoryEntry]":
        """Implement `Backend.history`."""
        bounds: dict[str, datetime] = {}
        if since is not None or until is not None:
            from kirotodo.core.tools.past import read_past

            at = self._user_clock()
            bounds |= {"since": read_past(since, at=at).start} if since is not None else {}
            bounds |= {"until": read_past(until, at=at).end} if until is not None else {}
        async with self._database.read(self.user_id) as store:
            return await store.history.page(
                task_id=task_id,
                since=bounds.get("since"),
                until=bounds.get("until"),
                by=by,
                limit=_limit(limit),
                cursor=cursor,
            )

    async def task(self, task_id: int) -> Task:
        """Implement `Backend.task`."""
        async with self._database.read(self.user_id) as store:
            return await store.tasks.get(task_id)

    async def add_from_text(self, text: str, *, dry_run: bool = False) -> tuple[Task, ...]:
        """Implement `Backend.add_from_text`."""
        from kirotodo.core.tools import edits

        if dry_run:
            return edits.preview_from_text(text, at=self._user_clock())
        return await self._edit(lambda store, at: edits.add_from_text(store, text, at=at), tuple[Task, ...])

    async def add_task(self, fields: TaskFields, *, completed_at: datetime | None = None) -> Task:
        """As the port says; with `completed_at` the task is added as one that was done then."""
        from kirotodo.core.tools import edits

        return await self._edit(lambda store, at: edits.add_task(store, fields, completed_at=completed_at, at=at), Task)

    async def update_tasks(self, task_ids: Sequence[int], fields: TaskFields) -> Changed:
        """Implement `Backend.update_tasks`."""
        from kirotodo.core.tools import edits

        return await self._edit(lambda store, at: edits.update_tasks(store, task_ids, fields, at=at), Changed)

    async def edit_task(self, seen: Task, fields: TaskFields) -> Task:
        """Implement `Backend.edit_task`."""

        def check(task: Task) -> None:
            if task.updated_at != seen.updated_at:
                raise PreconditionFailed(TASK_CHANGED)

        return await self.change_task(seen.id, fields, check=check)

    async def complete_tasks(self, task_ids: Sequence[int], *, completed: bool = True) -> Changed:
        """Implement `Backend.complete_tasks`."""
        from kirotodo.core.tools import edits

        return await self._edit(
            lambda store, at: edits.complete_tasks(store, task_ids, completed=completed, at=at), Changed
        )

    async def skip_tasks(
        self,
        task_ids: Sequence[int] | None = None,
        *,
        until: str | None = None,
        count: int | None = None,
        on: str | None = None,
        dry_run: bool = False,
        due_date: date | None = None,
        made_at: datetime | None = None,
    ) -> Changed:
        """Implement `Backend.skip_tasks`. A skip that reaches the list later than it was made names the `due_date` that
        was skipped, for `Conflict` where the tasks have another by now, and the moment from which to count."""
        from kirotodo.core.tools import edits

        at = self._user_clock()
        if made_at is not None:
            at = replace(at, now=min(made_at.astimezone(at.zone), at.now))
        if dry_run:
            async with self._database.read(self.user_id) as store:
                return await edits.preview_skip(
                    store, task_ids, until=until, count=count, on=on, due_date=due_date, at=at
                )
        return await self._edit(
            lambda store, _: edits.skip_tasks(
                store, task_ids, until=until, count=count, on=on, due_date=due_date, at=at
            ),
            Changed,
        )

    async def change_task(
        self,
        task_id: int,
        fields: TaskFields,
        *,
        completed: bool | None = None,
        check: "Check[Task] | None" = None,
    ) -> Task:
        """Change fields of a task and set it done or open, as one edit. Raises `NotFound` or `InvalidInput`.

        `check` sees the task first, in the same transaction, and raises where it is not as the caller takes it to be.
        """
        from kirotodo.core.tools import edits

        async def change(store: Store, at: "UserClock") -> Task:
            if check is not None:
                check(await store.tasks.get(task_id))
            if fields or completed is None:
                await edits.update_tasks(store, [task_id], fields, at=at)
            if completed is not None:
                await edits.complete_tasks(store, [task_id], completed=completed, at=at)
            return await store.tasks.get(task_id)

        return await self._edit(change, Task)

    async def delete_tasks(self, task_ids: Sequence[int]) -> Changed:
        """Implement `Backend.delete_tasks`."""
        from kirotodo.core.tools import edits

        return await self._edit(lambda store, at: edits.delete_tasks(store, task_ids, at=at), Changed)

    async def delete_task(self, task_id: int, *, check: "Check[Task] | None" = None) -> Changed:
        """Delete one task, unless `check` raises: it sees the task first, in the same transaction."""
        from kirotodo.core.tools import edits

        async def delete(store: Store, at: "UserClock") -> Changed:
            if check is not None:
                check(await store.tasks.get(task_id))
            return await edits.delete_tasks(store, [task_id], at=at)

        return await self._edit(delete, Changed)

    async def undo(self, *, groups: int = 1) -> Changed:
        """Implement `Backend.undo`."""
        return await self._edit(lambda store, _: store.journal.undo(groups=groups), Changed)

    async def undo_call(self, turn_id: str, call_id: str) -> Changed:
        """Implement `Backend.undo_call`."""

        async def undo(store: Store, _: "UserClock") -> Changed:
            turn = (await store.turns.get(turn_id)).turn
            if all(call.id != call_id for call in turn.tool_calls):
                raise NotFound("There is no such tool call in this turn.")
            return await store.journal.undo_call(turn_id, call_id)

        return await self._edit(undo, Changed)

    async def undo_changes(self, which: "ChangeSelection") -> Changed:
        """Implement `Backend.undo_changes`."""
        from kirotodo.core.tools.past import selected

        return await self._edit(lambda store, at: store.journal.undo_selected(selected(which, at=at)), Changed)

    async def redo(self) -> Changed:
        """Implement `Backend.redo`."""
        return await self._edit(lambda store, _: store.journal.redo(), Changed)

    async def stats(self, *, period_days: int = 7) -> TaskStats:
        """Implement `Backend.stats`."""
        if not 1 <= period_days <= 3660:
            raise InvalidInput("A period is between 1 and 3660 days.")
        async with self._database.read(self.user_id) as store:
            return await store.tasks.stats(today=self._today(), zone=self._zone, period_days=period_days)

    async def plan(self, period: "Period" = "today", *, minutes: int | None = None) -> "DayPlan":
        """Implement `Backend.plan`."""
        from kirotodo.core.tools.plans import day_plan

        async with self._database.read(self.user_id) as store:
            return await day_plan(store, period, minutes=minutes, at=self._user_clock())

    async def propose_spread(self, *, per_day: int | None = None) -> "Spread":
        """Implement `Backend.propose_spread`."""
        from kirotodo.core.tools.plans import propose_spread

        async with self._database.read(self.user_id) as store:
            return await propose_spread(store, per_day=per_day, at=self._user_clock())

    async def move_tasks(self, moves: "Sequence[Move]", *, for_once: bool = True) -> Changed:
        """Implement `Backend.move_tasks`."""
        from kirotodo.core.tools.plans import move_tasks

        return await self._edit(lambda store, at: move_tasks(store, moves, for_once=for_once, at=at), Changed)

    async def views(self) -> "tuple[View, ...]":
        """Implement `Backend.views`."""
        from kirotodo.core.tools.filters import views_of

        async with self._database.read(self.user_id) as store:
            return await views_of(store, at=self._user_clock())

    async def save_view(self, view: "View", *, instead_of: str | None = None) -> "View":
        """Implement `Backend.save_view`."""
        from kirotodo.core.domain.view import View
        from kirotodo.core.tools.filters import save_view

        return await self._edit(lambda store, at: save_view(store, view, instead_of=instead_of, at=at), View)

    async def delete_view(self, name: str) -> "View":
        """Implement `Backend.delete_view`."""
        from kirotodo.core.domain.view import View

        return await self._edit(lambda store, _: store.views.delete(name), View)

    async def import_tasks(
        self, drafts: Sequence[TaskDraft], *, on_progress: Callable[[int], None] | None = None
    ) -> ImportReport:
        """Implement `Backend.import_tasks`."""
        from kirotodo.core.tools.edits import PART, checked_drafts

        found = await checked_drafts(drafts, at=self._user_clock())
        if len(found.drafts) > PART and not await self._is_answered():
            parts = await self._hidden(found.drafts, PART, on_progress or (lambda _: None))
            return await self._edit(
                lambda store, _: _imported(store.tasks.show(parts), skipped=found.skipped), ImportReport
            )
        return await self._edit(
            lambda store, _: _imported(_ids_of(store, found.drafts), skipped=found.skipped),
            ImportReport,
            actor=_importing(self._actor),
        )

    async def _hidden(
        self, drafts: Sequence[TaskDraft], size: int, on_progress: Callable[[int], None]
    ) -> "list[HiddenTasks]":
        """Store many drafts, some at a time so that others can write in between. They are shown all at once: an import
        that is cut leaves nothing to be seen, and can be made again."""
        parts: list[HiddenTasks] = []
        for start in range(0, len(drafts), size):
            async with self._database.begin(self.user_id, actor=_importing(self._actor)) as store:
                parts.append(await store.tasks.add_hidden(drafts[start : start + size], after=parts))
            on_progress(start + size)
        return parts

    async def _is_answered(self) -> bool:
        """Whether the answer to this request is stored."""
        if self._request is None:
            return False
        async with self._database.read(self.user_id) as store:
            return await store.request_keys.answer_to(self._request) is not None

    # --- reminders ---

    async def claim_reminders(self, owner: str, *, limit: int = 50) -> "Claimed":
        """Implement `Backend.claim_reminders`."""
        from kirotodo.core.domain.reminder import CLAIM_MAX, LEASE, Claimed, Reminder

        owner, most = _owner(owner), min(_limit(limit), CLAIM_MAX)
        items: tuple[Reminder, ...] = ()
        async with self._database.read(self.user_id) as store:
            first = await store.reminders.waiting()
            due = first is not None and first.remind_at <= store.now
            next_at = await store.reminders.next_at()
        if due:
            async with self._database.begin(self.user_id) as store:
                items = await store.reminders.claim(owner, limit=most, lease=LEASE)
                # There may be more that are due: whoever rang these asks at once again.
                next_at = store.now if len(items) == most else await store.reminders.next_at()
        return Claimed(items=items, next_at=next_at, upcoming=first)

    async def settle_reminders(self, owner: str, claims: "Sequence[Claim]", *, rung: bool = True) -> tuple[Rung, ...]:
        """Implement `Backend.settle_reminders`."""
        if not claims:
            return ()
        if not rung:
            await self.release_reminders(owner, claims)
            return ()
        async with self._writing() as store:
            return await store.reminders.settle(_owner(owner), claims)

    async def release_reminders(
        self, owner: str, claims: "Sequence[Claim]", *, retry_after: timedelta = timedelta()
    ) -> None:
        """Let go of claims; a server tries again after `retry_after`."""
        async with self._database.begin(self.user_id) as store:
            await store.reminders.release(_owner(owner), claims, retry_after=retry_after)

    async def reminder_targets(self) -> "tuple[ReminderTarget, ...]":
        """Implement `Backend.reminder_targets`."""
        self._require_ringing_server()
        async with self._database.read(self.user_id) as store:
            return tuple(replace(target, secret=None) for target in await store.reminders.targets())

    async def set_reminder_target(self, kind: "TargetKind", url: str, *, secret: str | None = None) -> "ReminderTarget":
        """Implement `Backend.set_reminder_target`. The server checks the address and makes the secret of a webhook."""
        self._require_ringing_server()
        from kirotodo.core.domain.reminder import ReminderTarget

        target = ReminderTarget(kind=kind, url=url, secret=secret)
        async with self._writing() as store:
            await store.reminders.set_target(target)
        return target

    async def remove_reminder_target(self, kind: "TargetKind") -> None:
        """Implement `Backend.remove_reminder_target`."""
        self._require_ringing_server()
        async with self._database.begin(self.user_id) as store:
            if not await store.reminders.remove_target(kind):
                raise NotFound(f"No {kind} is set: `kirotodo targets` shows where reminders ring.")

    def _require_ringing_server(self) -> None:
        if self._owns_core:
            from kirotodo.core.domain.reminder import NO_SERVER

            raise InvalidInput(NO_SERVER)

    # --- the rest ---

    async def changes(self, *, after: int | None = None) -> AsyncGenerator[ListChanged, None]:
        """Implement `Backend.changes`."""
        from kirotodo.core.aio import shielded

        with self._core.hub.list_viewer(self.user_id) as viewer:
            if after is None:
                revision, pending = await shielded(self._revision())
                yield ListChanged(revision=revision, pending=pending)
            else:
                revision = after
                viewer.offer(None)
            while True:
                self._core.change_poller.look()
                await viewer.wait()
                news = viewer.after(revision)
                for change in [await shielded(self._since(revision))] if news is None else news:
                    if change.revision != revision:
                        revision = change.revision
                        yield change

    async def models(self) -> tuple[ModelChoice, ...]:
        """Implement `Backend.models`."""
        return self._core.models.choices()

    async def status(self) -> Status:
        """Implement `Backend.status`."""
        async with self._database.read(self.user_id) as store:
            pending = await store.tasks.count_pending()
        return Status(link="local", place="local", model=self._core.models.default, user=self.user_id, pending=pending)

    # --- programs that run a model of their own ---

    async def tools(self) -> "tuple[ToolInfo, ...]":
        """Implement `Backend.tools`."""
        from kirotodo.core.agent.direct_calls import infos

        return infos()

    async def call_tool(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        request_key: str | None = None,
        answer: "ToolAnswer | None" = None,
        agent: str | None = None,
    ) -> "ToolOutcome":
        """Implement `Backend.call_tool`."""
        from kirotodo.core.agent import direct_calls
        from kirotodo.core.backend import ToolOutcome
        from kirotodo.core.domain.history import Actor
        from kirotodo.core.errors import KeyReused, ToolError, UserError
        from kirotodo.core.tools.task_tools import TOOLS

        actor = self._actor if agent is None else Actor(kind="api", name=agent)
        caller = direct_calls.DirectCaller(name=(actor and actor.name) or "", at=self._user_clock())
        key = direct_calls.checked_key(request_key)
        try:
            if tool == direct_calls.SAY:
                return await self._say(arguments, caller, key)
            call = TOOLS.validate(tool, arguments)
            if not TOOLS.changes_tasks(tool):
                async with self._database.read(self.user_id) as store:
                    return await direct_calls.look(store, call, caller)
            async with self._writing(actor) as store:
                if answer is not None:
                    return await direct_calls.answer(store, call, caller, answer)
                return await direct_calls.carry_out(store, call, caller, key=key)
        except (KeyReused, Conflict) as error:
            if isinstance(error, NotUndoable):
                return ToolOutcome(tool=tool, status="failed", result={"error": error.message})
            raise
        except (ToolError, UserError) as error:
            return ToolOutcome(tool=tool, status="failed", result={"error": error.message})

    async def send_in_thread(
        self, text: str, *, thread: str, follows: str | None, model: str | None = None, agent: str | None = None
    ) -> "Sent":
        """Send the newest message of a thread that another program keeps. `thread` names it with the message, `follows`
        without it: the message goes into the conversation of that. The same thread again attaches to its turn.

        Raises what `send` raises.
        """
        from kirotodo.core.agent import direct_calls
        from kirotodo.core.domain.conversation import Sent

        name = agent or (self._actor and self._actor.name) or ""
        caller = direct_calls.DirectCaller(name=name, at=self._user_clock())
        async with self._database.begin(self.user_id) as store:
            claim = await direct_calls.claim_in_thread(store, caller, thread=thread, follows=follows)
        if claim.begun is not None:
            turn = claim.begun
            return Sent(
                conversation_id=turn.conversation_id, turn_id=turn.id, message_seq=turn.message_seq, attached=True
            )
        key, conversation_id = claim.request_key, claim.conversation_id
        try:
            sent = await self.send(text, conversation_id=conversation_id, request_key=key, model=model)
        except NotFound:  # its conversation was deleted meanwhile
            sent = await self.send(text, request_key=key, model=model)
        async with self._database.begin(self.user_id) as store:
            noted = direct_calls.SentInThread(request_key=key, turn_id=sent.turn_id)
            await direct_calls.note_in_thread(store, caller, thread=thread, sent=noted)
        return sent

    async def _say(self, arguments: Mapping[str, Any], caller: "DirectCaller", key: str | None) -> "ToolOutcome":
        from kirotodo.core.agent import direct_calls
        from kirotodo.core.backend import ToolOutcome

        text, conversation_id = direct_calls.message_of(arguments)
        async with self._database.begin(self.user_id) as store:
            chosen = await direct_calls.claim_message(store, text, caller, key=key, about=conversation_id)
        sent = await self.send(text, conversation_id=conversation_id, request_key=chosen)
        result = {"turn_id": sent.turn_id, "conversation_id": sent.conversation_id}
        return ToolOutcome(tool=direct_calls.SAY, status="succeeded", result=result, repeated=sent.attached)

    async def integrations(self) -> "tuple[Integration, ...]":
        """Implement `Backend.integrations`."""
        from kirotodo.core.store.integrations import integrations

        async with self._database.read(self.user_id) as store:
            url = self._core.settings.events_url
            return await integrations(store, events_url=None if url is None else url.get_secret_value())

    # --- agents ---

    async def agent_tokens(self) -> tuple[AgentToken, ...]:
        """Implement `Backend.agent_tokens`."""
        async with self._database.read(self.user_id) as store:
            return await store.accounts.agents()

    async def create_agent_token(self, name: str, scope: TokenScope, *, days: int = 365) -> AgentToken:
        """Implement `Backend.create_agent_token`."""
        from kirotodo.core.agent_tokens import DAYS, checked_name, issue

        if not 1 <= days <= DAYS:
            raise InvalidInput(f"An agent's token lasts 1 to {DAYS} days.")
        if scope not in get_args(TokenScope):
            raise InvalidInput(f"A scope is one of {', '.join(get_args(TokenScope))}.")
        async with self._database.begin(self.user_id) as store:
            expires_at = store.now + timedelta(days=days)
            issued = issue(self.user_id, scope)
            return await store.accounts.add_agent(issued, name=checked_name(name), scope=scope, expires_at=expires_at)

    async def revoke_agent_token(self, name: str) -> None:
        """Implement `Backend.revoke_agent_token`."""
        async with self._database.begin(self.user_id) as store:
            await store.accounts.revoke_agent(name)

    # --- calendar programs ---

    async def calendar_page(
        self, where: TaskFilter = PENDING, *, limit: int = 50, cursor: str | None = None
    ) -> "Page[CalendarObject]":
        """Return a page of the list as calendar programs know it."""
        async with self._database.read(self.user_id) as store:
            where = await self._read(store, where, now=self._clock())
            page = await store.tasks.page(
                where, today=self._today(), zone=self._zone, limit=_limit(limit), cursor=cursor
            )
            return Page(items=await store.calendar.objects_of(page.items), next=page.next, total=page.total)

    async def calendar_objects(self, names: Sequence[str]) -> "tuple[CalendarObject, ...]":
        """Return those of these calendar objects that there are."""
        async with self._database.read(self.user_id) as store:
            return await store.calendar.named(names)

    async def calendar_token(self) -> "SyncToken":
        """Return how far a calendar program has come that has read everything now."""
        async with self._database.read(self.user_id) as store:
            return await store.calendar.token()

    async def calendar_changes(
        self, after: "SyncToken | None" = None, *, limit: int | None = None
    ) -> "CalendarChanges":
        """Return what changed after a token, everything without one. Raises `NotFound` for a token from which on not
        all is known."""
        async with self._database.read(self.user_id) as store:
            return await store.calendar.changes(after, limit=limit)

    async def save_calendar_object(
        self,
        item: "CalendarItem",
        fields: TaskFields,
        *,
        seen: "CalendarObject | None",
        done: bool | None = None,
        done_at: datetime | None = None,
        new_parent: bool = False,
    ) -> "CalendarObject":
        """Add a task that a calendar program stores, or change the one that was read as `seen`, as one edit. See
        `core.tools.calendar_edits`."""
        from kirotodo.core.domain.calendar import CalendarObject
        from kirotodo.core.tools.calendar_edits import save_object

        return await self._edit(
            lambda store, at: save_object(
                store, item, fields, seen=seen, done=done, done_at=done_at, new_parent=new_parent, at=at
            ),
            CalendarObject,
        )

    async def delete_calendar_object(self, seen: "CalendarObject") -> None:
        """Delete the task that was read as `seen`. Raises `NotFound` or `PreconditionFailed`."""
        from kirotodo.core.tools.calendar_edits import delete_object

        async with self._writing() as store:
            await delete_object(store, seen, at=self._user_clock())

    # --- webhooks ---

    async def webhooks(self) -> "tuple[Webhook, ...]":
        """Implement `Backend.webhooks`."""
        self._require_server()
        async with self._database.read(self.user_id) as store:
            return await store.webhooks.all()

    async def add_webhook(
        self, url: str, events: "Sequence[WebhookEvent]" = (), *, secret: str | None = None
    ) -> "Webhook":
        """Implement `Backend.add_webhook`. The server checks the address and makes the secret."""
        self._require_server()
        assert secret is not None
        from kirotodo.core.domain.webhook import WEBHOOK_EVENTS, Webhook

        wanted = tuple(events) or WEBHOOK_EVENTS
        return await self._edit(lambda store, _: store.webhooks.add(url, wanted, secret=secret), Webhook)

    async def webhook(self, webhook_id: int) -> "Webhook":
        """Return a webhook with its secret. Raises `NotFound`."""
        async with self._database.read(self.user_id) as store:
            return await store.webhooks.get(webhook_id)

    async def enable_webhook(self, webhook_id: int, *, enabled: bool = True) -> "Webhook":
        """Implement `Backend.enable_webhook`."""
        self._require_server()
        async with self._writing() as store:
            return await store.webhooks.set_enabled(webhook_id, enabled=enabled)

    async def remove_webhook(self, webhook_id: int) -> None:
        """Implement `Backend.remove_webhook`."""
        self._require_server()
        async with self._writing() as store:
            await store.webhooks.remove(webhook_id)

    async def test_webhook(self, webhook_id: int) -> "WebhookTest":
        """Implement `Backend.test_webhook`. A server sends the message itself."""
        from kirotodo.core.domain.webhook import NO_SERVER

        raise InvalidInput(NO_SERVER)

    async def webhook_deliveries(
        self, webhook_id: int, *, limit: int = 50, cursor: str | None = None
    ) -> "Page[WebhookDelivery]":
        """Implement `Backend.webhook_deliveries`."""
        self._require_server()
        async with self._database.read(self.user_id) as store:
            return await store.webhooks.deliveries(webhook_id, limit=_limit(limit), cursor=cursor)

    async def redeliver(self, webhook_id: int, change_id: int) -> "WebhookDelivery":
        """Implement `Backend.redeliver`."""
        self._require_server()
        from kirotodo.core.domain.webhook import WebhookDelivery

        return await self._edit(lambda store, _: store.webhooks.redeliver(webhook_id, change_id), WebhookDelivery)

    def _require_server(self) -> None:
        if self._owns_core:
            from kirotodo.core.domain.webhook import NO_SERVER

            raise InvalidInput(NO_SERVER)

    async def aclose(self) -> None:
        """Implement `Backend.aclose`."""
        if self._owns_core:
            await self._core.aclose()

    # --- within ---

    async def _revision(self) -> tuple[int, int]:
        async with self._database.read(self.user_id) as store:
            return await store.revision(), await store.tasks.count_pending()

    async def _since(self, revision: int) -> ListChanged:
        async with self._database.read(self.user_id) as store:
            return await store.changed_since(revision)

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()

    def _user_clock(self) -> "UserClock":
        from kirotodo.core.tools.user_clock import UserClock

        return UserClock(now=self._clock().astimezone(self._zone), zone=self._zone, preferences=self._core.preferences)

    async def _read(self, store: Store, where: TaskFilter, *, now: datetime) -> TaskFilter:
        """Return the filter with its words read, as of that moment. Raises `FilterError`."""
        if where.filter is None:
            return where
        from kirotodo.core.tools.filters import read_filter

        return await read_filter(store, where, at=replace(self._user_clock(), now=now.astimezone(self._zone)))

    @asynccontextmanager
    async def _writing(self, actor: "Actor | None" = None) -> AsyncIterator[Store]:
        async with self._database.begin(self.user_id, actor=actor or self._actor) as store:
            yield store
            news = store.news()
        self._core.list_changed(self.user_id, news)

    async def _edit(
        self, edit: "Callable[[Store, UserClock], Awaitable[T]]", kind: Any, *, actor: "Actor | None" = None
    ) -> T:
        """Make an edit, whose result is of that kind. Where the request has a key, the result is stored with the edit,
        and a request that was answered before gets that answer. `actor` makes it, in place of the backend's."""
        async with self._writing(actor) as store:
            if self._request is None:
                return await edit(store, self._user_clock())
            from kirotodo.core.store.json_texts import dump_answer, load_answer

            known = await store.request_keys.answer_to(self._request)
            if known is not None:
                found: T = load_answer(kind, known)
                return found
            done = await edit(store, self._user_clock())
            await store.request_keys.keep(self._request, dump_answer(done))
            return done


async def _deleted_unless_live(store: Store, conversation_id: int, check: "Check[Conversation] | None") -> str | None:
    """Delete the conversation, or return the id of the turn that has to be stopped first."""
    conversation = await store.conversations.get(conversation_id)
    if check is not None:
        check(conversation)
    live = await store.turns.live(conversation_id)
    if live is None:
        await store.conversations.delete(conversation_id)
    return live


def _person(client: str) -> "Actor":
    from kirotodo import __version__
    from kirotodo.core.domain.history import Actor

    return Actor(kind="you", name=client, version=__version__)


def _importing(actor: "Actor | None") -> "Actor":
    from kirotodo.core.domain.history import Actor

    return Actor(kind="import") if actor is None else replace(actor, kind="import")


async def _ids_of(store: Store, drafts: Sequence[TaskDraft]) -> tuple[int, ...]:
    return tuple(task.id for task in await store.tasks.add_many(drafts)) if drafts else ()


async def _imported(adding: Awaitable[tuple[int, ...]], *, skipped: tuple[str, ...]) -> ImportReport:
    return ImportReport(added=await adding, skipped=skipped)


def _checked_title(title: str) -> str:
    text = " ".join("".join(character if character.isprintable() else " " for character in title).split())
    if not text:
        raise InvalidInput("A conversation needs a title.")
    if len(text) > TITLE_MAX:
        raise InvalidInput(f"A title has at most {TITLE_MAX} characters; this one has {len(text)}.")
    return text


def _owner(owner: str) -> str:
    if not 1 <= len(owner) <= OWNER_MAX or not owner.isprintable():
        raise InvalidInput(f"Whoever claims reminders has a name of 1 to {OWNER_MAX} characters.")
    return owner


def _limit(limit: int) -> int:
    if limit < 1:
        raise InvalidInput("A page has at least one item.")
    return min(limit, PAGE_MAX)
