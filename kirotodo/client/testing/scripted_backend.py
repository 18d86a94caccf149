"""ScriptedBackend: the shipped fake of the Backend port: a list and conversations in memory (`scripted_list.py`), and
turns that follow a script.

A script is a list of real events without numbers (`turn_id` "" and `seq` 0), built with `say`, `call` and the event
classes (`script.py`); a `Hold` stops it until the test lets go. The backend is strict: a message nobody scripted fails,
and `finish` complains about turns that were never asked for.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from kirotodo.client.testing.script import MODEL, Ask, Beat, Cut, Hold, ScriptedTurn, done
from kirotodo.client.testing.scripted_list import ScriptedConversations
from kirotodo.core.backend import (
    AgentToken,
    Link,
    LinkChanged,
    ModelChoice,
    Status,
    TokenScope,
    ToolAnswer,
    ToolInfo,
    ToolOutcome,
)
from kirotodo.core.domain.conversation import (
    FINAL,
    MESSAGE_MAX,
    Conversation,
    Decision,
    Sent,
    ToolCall,
    Turn,
    TurnStatus,
)
from kirotodo.core.domain.integration import Integration
from kirotodo.core.domain.reminder import NO_SERVER as NO_RINGING_SERVER
from kirotodo.core.domain.reminder import ReminderTarget, TargetKind
from kirotodo.core.domain.task import Changed, Page, Task
from kirotodo.core.domain.webhook import NO_SERVER, Webhook, WebhookDelivery, WebhookEvent, WebhookTest
from kirotodo.core.errors import Conflict, InvalidInput, KeyReused, LiveTurn, NotFound, NotUndoable
from kirotodo.core.events import (
    ApprovalAnswered,
    ApprovalRequested,
    TasksChanged,
    TextDelta,
    ToolCallStarted,
    TurnCancelled,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
)

NO_BRANCHES: Final = "A scripted conversation has no branches."


@dataclass
class _Playing:
    turn_id: str
    events: list[TurnEvent] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    decision: Decision | None = None
    text: str = ""
    call_id: str = ""
    attempt: dict[int, tuple[int, str]] = field(default_factory=dict)
    job: "asyncio.Task[None] | None" = None


class ScriptedBackend(ScriptedConversations):
    """A Backend that does as the script says. `pace` sleeps before each event; by default it only yields."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        tasks: Sequence[Task] = (),
        turns: Sequence[ScriptedTurn] = (),
        pace: Callable[[], Awaitable[object]] | None = None,
        status: Status | None = None,
        models: Sequence[ModelChoice] = (),
    ) -> None:
        super().__init__(clock=clock, tasks=tasks)
        self.script = list(turns)
        self.sent: list[str] = []
        self.requested_models: list[str | None] = []
        self.closed = False
        self.link = status or Status(link="local", place="local", model=MODEL, user="local", pending=0)
        own = ModelChoice(name=self.link.model, model=self.link.model, place="local", default=True)
        self._models = tuple(models) or (own,)
        self._pace = pace or _yield
        self._holds: dict[str, asyncio.Event] = {}
        self._cut: str | None = None
        """The name that brings a link back that is cut."""
        self.answers: list[tuple[str, Decision, Mapping[str, Any] | None]] = []
        self._playings: dict[str, _Playing] = {}
        self._groups_of_calls: dict[tuple[str, str], int] = {}
        self._keys: dict[str, tuple[str, Sent]] = {}
        self._ids = itertools.count(1)
        self._agents: dict[str, AgentToken] = {}

    # --- the test's side ---

    def release(self, name: str = "go") -> None:
        """Let scripts pass the hold of this name, and bring back the link that was cut under it, now and later."""
        self._hold(name).set()
        if name == self._cut:
            self._cut = None
            self._become("online")

    def finish(self) -> None:
        """Complain about turns that nobody asked for."""
        if self.script:
            raise AssertionError(f"{len(self.script)} scripted turns were never asked for: {self.script!r}")

    def add_conversation(
        self, title: str, exchanges: Sequence[tuple[str, str]] = (), *, calls: Sequence[ToolCall] = ()
    ) -> int:
        """A conversation of finished turns, made before the start; `calls` belong to the last one."""
        conversation = self._begin(title)
        for index, (question, answer) in enumerate(exchanges):
            turn_id = f"turn-{next(self._ids)}"
            seq = self._write(conversation.id, "user", question, turn_id)
            turn = Turn(
                id=turn_id,
                conversation_id=conversation.id,
                message_seq=seq,
                status="finished",
                response=answer,
                tool_calls=tuple(calls) if index == len(exchanges) - 1 else (),
                model=MODEL,
                created_at=self.clock(),
                finished_at=self.clock(),
            )
            self._write(conversation.id, "assistant", answer, turn_id)
            self.turns[turn_id] = turn
            self._playings[turn_id] = _finished(turn)
        return conversation.id

    def begin_turn(self, conversation_id: int, message: str, beats: Sequence[Beat]) -> str:
        """A turn that runs already, as one that another program or an earlier start began."""
        return self._start(conversation_id, message, beats).id

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
    ) -> Sent:
        self._check("send")
        if instead_of is not None:
            raise InvalidInput(NO_BRANCHES)
        if not 1 <= len(message) <= MESSAGE_MAX:
            raise InvalidInput(f"A message has 1 to {MESSAGE_MAX:,} characters.")
        if request_key in self._keys:
            known, sent = self._keys[request_key]
            if known != message:
                raise KeyReused("This request key was used with another message.")
            return replace(sent, attached=True)
        if conversation_id is not None:
            self._conversation(conversation_id)
            self._refuse_second(conversation_id)
        answering = self._named(model)
        scripted = self._next_turn(message)
        self.requested_models.append(model)
        if conversation_id is None:
            conversation_id = self._begin(message[:40]).id
        turn = self._start(conversation_id, message, scripted.beats, model=answering)
        sent = Sent(conversation_id=conversation_id, turn_id=turn.id, message_seq=turn.message_seq)
        if request_key is not None:
            self._keys[request_key] = (message, sent)
        return sent

    async def show_branch(self, conversation_id: int, seq: int) -> Conversation:
        raise InvalidInput(NO_BRANCHES)

    def _next_turn(self, message: str) -> ScriptedTurn:
        if not self.script:
            raise AssertionError(f"No turn is scripted for {message!r}.")
        if self.script[0].message not in (None, message):
            raise AssertionError(f"Scripted for {self.script[0].message!r}, but {message!r} was sent.")
        turn = self.script.pop(0)
        if turn.refuse is not None:
            raise turn.refuse
        self.sent.append(message)
        return turn

    def _refuse_second(self, conversation_id: int) -> None:
        for turn in self.turns.values():
            if turn.conversation_id == conversation_id and turn.status not in FINAL:
                raise LiveTurn("This conversation has a turn under way.", turn_id=turn.id)

    def _named(self, model: str | None) -> str:
        names = [choice.name for choice in self._models]
        if model is not None and model not in names:
            raise InvalidInput(f"There is no model {model!r}. Choose one of: {', '.join(names)}.")
        return model or next(choice.name for choice in self._models if choice.default)

    def _start(self, conversation_id: int, message: str, beats: Sequence[Beat], *, model: str = MODEL) -> Turn:
        turn_id = f"turn-{next(self._ids)}"
        seq = self._write(conversation_id, "user", message, turn_id)
        turn = Turn(
            id=turn_id,
            conversation_id=conversation_id,
            message_seq=seq,
            status="running",
            model=model,
            created_at=self.clock(),
        )
        self.turns[turn_id] = turn
        playing = self._playings[turn_id] = _Playing(turn_id)
        playing.job = asyncio.get_running_loop().create_task(self._play(playing, message, beats))
        return turn

    async def _play(self, playing: _Playing, message: str, beats: Sequence[Beat]) -> None:
        turn = self.turns[playing.turn_id]
        await self._emit(
            playing,
            TurnStarted(
                turn_id="",
                seq=0,
                conversation_id=turn.conversation_id,
                message=message,
                model=turn.model,
                created_at=turn.created_at,
            ),
        )
        ended = await self._play_beats(playing, beats)
        if not ended:
            await self._emit(playing, done())

    async def _play_beats(self, playing: _Playing, beats: Sequence[Beat]) -> bool:
        """Play them one by one; True once the turn is over."""
        for beat in beats:
            if not isinstance(beat, Hold):
                await self._pace()
            if playing.stopped.is_set():
                break
            match beat:
                case Hold():
                    await _either(self._hold(beat.name), playing.stopped)
                case Cut():
                    self._cut_link(beat.name)
                case Ask():
                    if await self._ask(playing, beat):
                        return True
                case _:
                    await self._emit(playing, beat)
                    if isinstance(beat, TurnFinished | TurnFailed | TurnCancelled):
                        return True
        if playing.stopped.is_set():
            await self._emit(playing, TurnCancelled(turn_id="", seq=0))
            return True
        return False

    async def _ask(self, playing: _Playing, ask: Ask) -> bool:
        self._set(playing, status="awaiting_approval", approval=ask.approval)
        playing.answered.clear()
        await self._emit(playing, ApprovalRequested(turn_id="", seq=0, approval=ask.approval))
        await _either(playing.answered, playing.stopped)
        if playing.decision is None:
            return False
        decision, playing.decision = playing.decision, None
        self._set(playing, status="running", approval=None)
        said: Decision = "no" if decision == "never" else decision
        answered = ApprovalAnswered(turn_id="", seq=0, call_id=ask.approval.call_id, decision=said)
        await self._emit(playing, answered)
        return await self._play_beats(playing, ask.no if decision in ("no", "never") else ask.yes)

    async def _emit(self, playing: _Playing, event: TurnEvent) -> None:
        numbered = replace(event, turn_id=playing.turn_id, seq=len(playing.events) + 1)
        match numbered:
            case TextDelta():
                attempt, text = playing.attempt.get(numbered.step, (0, ""))
                text = text + numbered.text if attempt == numbered.attempt else numbered.text
                playing.attempt[numbered.step] = (numbered.attempt, text)
                playing.text = "".join(text for _, text in playing.attempt.values())
            case ToolCallStarted():
                playing.call_id = numbered.call_id
            case TasksChanged():
                group = self.take(numbered.tasks, numbered.removed)
                self._groups_of_calls[playing.turn_id, playing.call_id] = group
            case TurnFinished() | TurnFailed() | TurnCancelled():
                numbered = self._end(playing, numbered)
        playing.events.append(numbered)
        await self._wake(playing)

    def _end(self, playing: _Playing, event: TurnFinished | TurnFailed | TurnCancelled) -> TurnEvent:
        turn = self.turns[playing.turn_id]
        title = self._conversations[turn.conversation_id].title
        status: TurnStatus
        match event:
            case TurnFinished():
                named = turn.model if event.model == MODEL else event.model
                event = replace(event, response=event.response or playing.text, model=named, title=event.title or title)
                status, response, error, title = "finished", event.response, None, event.title
            case TurnFailed():
                event = replace(event, model=turn.model)
                status, response, error = "failed", playing.text, event.message
            case TurnCancelled():
                event = replace(event, response=event.response or playing.text, model=turn.model)
                status, response, error = "cancelled", event.response, None
        conversation = self._conversations[turn.conversation_id]
        self._conversations[conversation.id] = replace(conversation, title=title)
        self._set(playing, status=status, response=response, error=error, approval=None, finished_at=self.clock())
        if response:
            self._write(conversation.id, "assistant", response, turn.id)
        return event

    def _set(self, playing: _Playing, **values: Any) -> None:
        self.turns[playing.turn_id] = replace(self.turns[playing.turn_id], **values)

    async def watch(self, turn_id: str, *, after: int = 0) -> AsyncIterator[TurnEvent]:
        self._check("watch")
        playing = self._playing(turn_id)
        while True:
            while len(playing.events) > after:
                if self._cut is not None:
                    await self._hold(self._cut).wait()
                event = playing.events[after]
                after = event.seq
                yield event
                if isinstance(event, TurnFinished | TurnFailed | TurnCancelled):
                    return
            async with playing.news:
                if len(playing.events) <= after:
                    await playing.news.wait()

    async def turn(self, turn_id: str) -> Turn:
        self._playing(turn_id)
        return self.turns[turn_id]

    async def cancel(self, turn_id: str) -> Turn:
        self._check("cancel")
        playing = self._playing(turn_id)
        playing.stopped.set()
        return self.turns[turn_id]

    async def answer(
        self, turn_id: str, call_id: str, decision: Decision, *, arguments: Mapping[str, Any] | None = None
    ) -> Turn:
        self._check("answer")
        playing = self._playing(turn_id)
        approval = self.turns[turn_id].approval
        if approval is None or approval.call_id != call_id:
            raise Conflict("This question is not open any more.")
        playing.decision = decision
        self.answers.append((call_id, decision, arguments))
        playing.answered.set()
        return self.turns[turn_id]

    async def undo_call(self, turn_id: str, call_id: str) -> Changed:
        self._check("undo_call")
        group = self._groups_of_calls.pop((turn_id, call_id), None)
        if group is None:
            raise NotUndoable("There is nothing left of this to undo.")
        return self.undo_group(group)

    # --- the rest ---

    async def models(self) -> tuple[ModelChoice, ...]:
        self._check("models")
        return self._models

    async def status(self) -> Status:
        self._check("status")
        return replace(self.link, pending=self.pending)

    async def tools(self) -> tuple[ToolInfo, ...]:
        self._check("tools")
        return ()

    async def call_tool(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        request_key: str | None = None,
        answer: ToolAnswer | None = None,
        agent: str | None = None,
    ) -> ToolOutcome:
        self._check("call_tool")
        return ToolOutcome(tool=tool, status="failed", result={"error": "The script has no tools."})

    async def integrations(self) -> tuple[Integration, ...]:
        self._check("integrations")
        return ()

    async def agent_tokens(self) -> tuple[AgentToken, ...]:
        self._check("agent_tokens")
        return tuple(self._agents.values())

    async def create_agent_token(self, name: str, scope: TokenScope, *, days: int = 365) -> AgentToken:
        self._check("create_agent_token")
        now = self.clock()
        agent = AgentToken(name=name, scope=scope, created_at=now, expires_at=now + timedelta(days=days))
        self._agents[name] = agent
        return replace(agent, token=f"kta_{name}")

    async def revoke_agent_token(self, name: str) -> None:
        self._check("revoke_agent_token")
        if self._agents.pop(name, None) is None:
            raise NotFound(f"There is no token of the name {name}.")

    async def reminder_targets(self) -> tuple[ReminderTarget, ...]:
        raise InvalidInput(NO_RINGING_SERVER)

    async def set_reminder_target(self, kind: TargetKind, url: str, *, secret: str | None = None) -> ReminderTarget:
        raise InvalidInput(NO_RINGING_SERVER)

    async def remove_reminder_target(self, kind: TargetKind) -> None:
        raise InvalidInput(NO_RINGING_SERVER)

    async def webhooks(self) -> tuple[Webhook, ...]:
        raise InvalidInput(NO_SERVER)

    async def add_webhook(self, url: str, events: Sequence[WebhookEvent] = ()) -> Webhook:
        raise InvalidInput(NO_SERVER)

    async def enable_webhook(self, webhook_id: int, *, enabled: bool = True) -> Webhook:
        raise InvalidInput(NO_SERVER)

    async def remove_webhook(self, webhook_id: int) -> None:
        raise InvalidInput(NO_SERVER)

    async def test_webhook(self, webhook_id: int) -> WebhookTest:
        raise InvalidInput(NO_SERVER)

    async def webhook_deliveries(
        self, webhook_id: int, *, limit: int = 50, cursor: str | None = None
    ) -> Page[WebhookDelivery]:
        raise InvalidInput(NO_SERVER)

    async def redeliver(self, webhook_id: int, change_id: int) -> WebhookDelivery:
        raise InvalidInput(NO_SERVER)

    async def aclose(self) -> None:
        self.closed = True
        for playing in self._playings.values():
            if playing.job is not None:
                playing.job.cancel()

    def _playing(self, turn_id: str) -> _Playing:
        if turn_id not in self._playings:
            raise NotFound("There is no such turn.")
        return self._playings[turn_id]

    def _cut_link(self, name: str) -> None:
        if not self._hold(name).is_set():
            self._cut = name
            self._become("reconnecting")

    def _become(self, link: Link) -> None:
        self.link = replace(self.link, link=link)
        self._notify(LinkChanged(link=link, place=self.link.place))

    def _hold(self, name: str) -> asyncio.Event:
        return self._holds.setdefault(name, asyncio.Event())

    async def _wake(self, playing: _Playing) -> None:
        async with playing.news:
            playing.news.notify_all()


def _finished(turn: Turn) -> _Playing:
    """A turn that was over before the start, for those who watch it all the same."""
    end = TurnFinished(turn_id=turn.id, seq=1, response=turn.response, model=turn.model, title="")
    return _Playing(turn.id, events=[end])


async def _yield() -> None:
    await asyncio.sleep(0)


async def _either(one: asyncio.Event, other: asyncio.Event) -> None:
    """Wait for one of two."""
    waits = [asyncio.ensure_future(one.wait()), asyncio.ensure_future(other.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
