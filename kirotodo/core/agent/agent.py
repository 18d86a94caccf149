"""The loop: stream the model, store its step, run its tool calls, repeat, store the answer.

A run goes on from whatever is committed: steps that are stored are not asked for again, calls that have a receipt are
not run again. No transaction is open while the model speaks.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, field, replace
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from kirotodo import __version__
from kirotodo.core.agent.approvals import CALLS_MAX, CUT_SHORT, Ledger, is_too_many
from kirotodo.core.agent.cancellation import Cancellation
from kirotodo.core.agent.observer import Observer, StepReport
from kirotodo.core.agent.prompt import INSTRUCTIONS, PromptInput, prompt_input
from kirotodo.core.agent.summary import something_worked, summary
from kirotodo.core.agent.tool_calls import (
    FinishedCall,
    PendingStep,
    TurnContext,
    goes_in_circles,
    repeated_result,
    run_call,
)
from kirotodo.core.agent.turn_log import TextFlow, TurnLog
from kirotodo.core.domain.conversation import ToolCall, Usage
from kirotodo.core.domain.history import ACTOR_NAME_MAX, Actor
from kirotodo.core.domain.task import TaskSnapshot
from kirotodo.core.errors import ModelError
from kirotodo.core.events import ApprovalAnswered, EncodedEvent, TextDelta, TurnFinished, decode_event
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.model_profiles import BUILT_IN
from kirotodo.core.models import model as port
from kirotodo.core.models.fallback import NOTICES
from kirotodo.core.models.model import Facts, Model, ModelRequest
from kirotodo.core.store.database import Store
from kirotodo.core.store.turns import StepRecord
from kirotodo.core.text.sanitize import well_formed, well_formed_value
from kirotodo.core.tools.base import MALFORMED

MAX_ROUNDS: Final = 10
"""Tool rounds of one turn."""

ANSWER_MAX: Final = 400_000
"""Characters of one answer, after which the model is stopped: a model that never ends fills memory and disk."""
USAGE_MAX: Final = 2**31 - 1
"""Tokens that can be stored of a turn."""

Outcome = Literal["finished", "parked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTurn:
    """A turn that was stored just now, with what need not be read back. `prompt_input` is known of the first
    turn of a conversation."""

    conversation_id: int
    started: EncodedEvent
    title: str
    zone: ZoneInfo
    open_tasks: int
    prompt_input: PromptInput | None = None


@dataclass(kw_only=True)
class Run:
    """One stretch of work on a turn, by one owner: what is committed so far, and the step under way."""

    log: TurnLog
    interrupt: Cancellation
    around: TurnContext
    conversation_id: int
    title: str
    ledger: Ledger
    steps: list[StepRecord] = field(default_factory=list)
    attempts: dict[int, int] = field(default_factory=dict)
    """The attempt that a step's text is at, for steps of which something was written before."""
    usage: Usage = field(default_factory=Usage)
    flow: TextFlow | None = None
    opaque: Mapping[str, Any] | None = None
    """What the model wants back with the step that it is saying now."""
    prompt_input: PromptInput | None = None
    open_tasks: int | None = None
    """As of the last look at the list."""

    @property
    def speaking(self) -> TextFlow:
        """Return the text flow of the step that is not stored yet."""
        assert self.flow is not None
        return self.flow

    @property
    def text(self) -> str:
        """Return the answer so far, with the text that is not stored yet."""
        return "".join(step.text for step in self.steps) + (self.flow.text if self.flow else "")


class Agent:
    """Drives turns with one model. `around` is for users of whom no zone is known."""

    def __init__(
        self,
        *,
        model: Model,
        around: TurnContext,
        max_messages: int,
        observer: Observer | None = None,
        version: str | None = None,
    ) -> None:
        """`version` is what the model's service calls it."""
        self.model = model
        self._version = version
        self.around = around
        self._max_messages = max_messages
        self._observer = observer or Observer()

    def begin(self, log: TurnLog, interrupt: Cancellation, fresh: NewTurn) -> Run:
        """Return the run of a turn of which nothing but the message is committed."""
        return Run(
            log=log,
            interrupt=interrupt,
            around=replace(self.around, zone=fresh.zone),
            ledger=Ledger(tools=self.around.tools, asks_for_steps=self.around.asks_for_steps),
            conversation_id=fresh.conversation_id,
            title=fresh.title,
            prompt_input=fresh.prompt_input,
            open_tasks=fresh.open_tasks,
        )

    async def load(self, log: TurnLog, interrupt: Cancellation) -> Run:
        """Return the run of a turn as it is committed."""
        async with log.database.read(log.user_id) as store:
            record = await store.turns.get(log.turn_id)
            steps = await store.turns.steps([log.turn_id])
            conversation = await store.conversations.get(record.turn.conversation_id)
            stored = await store.turns.events(log.turn_id, after=0, limit=100_000)
            zone = await store.timezone()
        attempts: dict[int, int] = {}
        approved: set[str] = set()
        for _, data in stored:
            match decode_event(data):
                case TextDelta(step=step, attempt=attempt):
                    attempts[step] = attempt + 1
                case ApprovalAnswered(call_id=call_id, decision="yes" | "always"):
                    approved.add(call_id)
                case _:
                    pass
        return Run(
            log=log,
            interrupt=interrupt,
            around=self.around if zone is None else replace(self.around, zone=ZoneInfo(zone)),
            conversation_id=conversation.id,
            title=conversation.title,
            steps=list(steps.get(log.turn_id, ())),
            ledger=Ledger(
                tools=self.around.tools,
                approved=frozenset(approved),
                asks_for_steps=self.around.asks_for_steps,
            ),
            attempts=attempts,
            usage=record.turn.usage,
        )

    async def go_on(self, run: Run) -> Outcome:
        """Carry the turn to its end, or to an approval. Raises `ModelError`, `RunCancelled` and storage errors."""
        if run.steps and not await self._run_calls(run):
            return "parked"
        while True:
            run.interrupt.check()
            calls = () if self._ended_for_it(run) else await self._answer(run)
            if not calls:
                if sum(len(step.calls) for step in run.steps) > CALLS_MAX:
                    run.speaking.feed(f"\n\n{CUT_SHORT}")
                await self._store_answer(run)
                return "finished"
            run.interrupt.check()
            if not (await self._begin_calls(run, calls) and await self._run_calls(run)):
                return "parked"

    async def _begin_calls(self, run: Run, calls: tuple[ToolCall, ...]) -> bool:
        """Store the step that asks for these calls, in one transaction with the first of them; False where that parked
        the turn."""
        flow = run.speaking
        run.log.actor = self._actor(run)
        ran = await run_call(
            run.log,
            calls[0],
            run.conversation_id,
            run.around,
            step=PendingStep(flow=flow, calls=calls, opaque=run.opaque),
            batch=run.ledger.batch(calls[0], calls, run.steps),
            repeated=repeated_result(calls[0], run.steps, run.around.tools),
            too_many=is_too_many(calls[0], run.steps),
        )
        run.flow = None
        if ran is not None:
            calls = (self._ran(run, ran), *calls[1:])
        run.steps.append(StepRecord(step=flow.step, text=flow.text, calls=calls, opaque=run.opaque))
        return ran is not None

    async def _run_calls(self, run: Run) -> bool:
        """Run what the last step asked for and has no result yet; False where the turn was parked on the way."""
        last = run.steps[-1]
        run.log.actor = self._actor(run)
        done: list[ToolCall] = []
        for position, call in enumerate(last.calls):
            if call.result is None:
                run.interrupt.check()
                ran = await run_call(
                    run.log,
                    call,
                    run.conversation_id,
                    run.around,
                    batch=run.ledger.batch(call, (*done, *last.calls[position:]), run.steps),
                    repeated=repeated_result(call, run.steps, run.around.tools),
                    too_many=is_too_many(call, run.steps),
                )
                if ran is None:
                    return False
                done.append(self._ran(run, ran))
            else:
                done.append(call)
        run.steps[-1] = replace(last, calls=tuple(done))
        return True

    def _actor(self, run: Run) -> Actor:
        """Return who makes the changes of this turn: the built-in model also where it stepped in for another."""
        first = run.steps[0].text if run.steps else run.speaking.text
        if self.model.name == BUILT_IN or first.startswith(NOTICES):
            return Actor(kind="built-in", name=BUILT_IN, version=__version__)
        return Actor(kind="model", name=self.model.name[:ACTOR_NAME_MAX], version=self._version)

    @staticmethod
    def _ran(run: Run, ran: FinishedCall) -> ToolCall:
        if ran.open_tasks is not None:
            run.open_tasks = ran.open_tasks
        return ran.call

    async def _answer(self, run: Run) -> tuple[ToolCall, ...]:
        """Ask the model for its next step. One that says nothing at all is asked once more; where a tool has worked,
        nothing is missing but words, and ours will do: to ask the user to try again would double what was done."""
        calls = await self._step(run)
        if not calls and not run.speaking.text.strip() and not something_worked(run.steps):
            if run.speaking.text:
                run.attempts[run.speaking.step] = run.speaking.attempt + 1
            calls = await self._step(run)
        if calls or run.speaking.text.strip():
            return calls
        if not run.steps:
            raise ModelError(
                "The model gave no answer, though it was asked twice. Your message is kept; send it again to retry, "
                "or choose another model."
            )
        run.speaking.feed(summary(run.steps))
        return ()

    @staticmethod
    def _ended_for_it(run: Run) -> bool:
        """End a turn whose model only repeats itself, in our words."""
        if not goes_in_circles(run.steps):
            return False
        run.flow, run.opaque = _flow(run), None
        run.flow.feed(f"{summary(run.steps)}\n\nThe model kept repeating the same call and was stopped.")
        return True

    async def _step(self, run: Run) -> tuple[ToolCall, ...]:
        """Ask the model once: the calls it asks for, while `run.flow` holds what it said."""
        number = len(run.steps)
        request = await self._request(run)
        flow = _flow(run)
        run.flow, run.opaque = flow, None
        requested: list[port.ToolCall] = []
        watch = _StepTimer(self.model.name)
        try:
            async with flow, run.interrupt.waiting(), aclosing(self.model.stream(request)) as stream:
                async for event in stream:
                    watch.note_first_event()
                    match event:
                        case port.TextDelta(text=text):
                            flow.feed(text)
                            if len(flow.text) > ANSWER_MAX:
                                raise ModelError(
                                    f"The answer grew beyond {ANSWER_MAX:,} characters and was stopped there.",
                                    retryable=False,
                                )
                        case port.ToolCall():
                            if len(requested) <= CALLS_MAX:  # what comes then is not run, so it need not be kept
                                requested.append(event)
                        case port.UsageReport(usage=usage):
                            run.usage = _bounded(run.usage + usage)
                        case port.Opaque(data=data, origin=origin, lasting=lasting):
                            run.opaque = _opaque(data, origin=origin, lasting=lasting)
                        case port.Restarted():
                            flow.restart()
                            requested.clear()
                            run.opaque = None
        except ModelError as error:
            watch.code = error.code
            raise
        finally:
            self._observer.model_ran(watch.report())
            if flow.error is not None:
                raise flow.error
        calls = self._within_bounds(run, requested)
        if calls and number >= MAX_ROUNDS:
            raise ModelError(
                f"The model kept calling tools and was stopped after {MAX_ROUNDS} rounds. "
                "What it did so far stands; undo takes it back.",
                retryable=False,
            )
        return calls

    @staticmethod
    def _within_bounds(run: Run, requested: Sequence[port.ToolCall]) -> tuple[ToolCall, ...]:
        """Return the calls as they are stored: those that the turn may still make, and one more that says that there
        were more than that."""
        number = len(run.steps)
        left = max(CALLS_MAX - sum(len(step.calls) for step in run.steps), 0)
        if len(requested) > left:
            run.opaque = None  # it would speak of calls that are not there
        return tuple(_numbered(call, number, position) for position, call in enumerate(requested[: left + 1]))

    async def _store_answer(self, run: Run) -> None:
        turn_id, epoch, flow, response = run.log.turn_id, run.log.epoch, run.speaking, run.text
        async with run.log.write(
            first=lambda turns: turns.finish(
                turn_id, status="finished", response=response, usage=run.usage, epoch=epoch
            )
        ) as entry:
            flow.emit_rest(entry)
            opaque = run.opaque if run.opaque and run.opaque["lasting"] else None
            await entry.store.turns.add_step(turn_id, flow.step, flow.text, opaque=opaque)
            await entry.store.conversations.add_message(
                run.conversation_id, role="assistant", content=response, turn_id=turn_id
            )
            entry.emit(TurnFinished, response=response, model=self.model.name, title=run.title, usage=run.usage)

    async def _request(self, run: Run) -> ModelRequest:
        if run.prompt_input is None or run.open_tasks is None:
            async with run.log.database.read(run.log.user_id) as store:
                if run.prompt_input is None:
                    run.prompt_input = await self._load_prompt_input(store, run)
                if run.open_tasks is None:
                    run.open_tasks = await store.tasks.count_pending()
        zone = run.around.zone
        return ModelRequest(
            instructions=INSTRUCTIONS,
            tools=run.around.tools.schemas(),
            history=run.prompt_input.history(run.steps),
            facts=Facts(now=run.log.database.now().astimezone(zone), zone=zone, open_tasks=run.open_tasks),
            deadline=run.interrupt.deadline,
            snapshot=lambda text: _snapshot(run, text),
        )

    async def _load_prompt_input(self, store: Store, run: Run) -> PromptInput:
        turn_id = run.log.turn_id
        messages = await store.conversations.messages(run.conversation_id, limit=self._max_messages + 1)
        others = dict.fromkeys(message.turn_id for message in messages if message.turn_id != turn_id)
        steps = await store.turns.steps(list(others)) if others else {}
        return prompt_input(messages, steps, turn_id=turn_id, max_messages=self._max_messages)


async def _snapshot(run: Run, text: str) -> TaskSnapshot:
    """Look at the list of the turn's user, in one short read."""
    zone = run.around.zone
    async with run.log.database.read(run.log.user_id) as store:
        return await store.tasks.snapshot(text, today=store.now.astimezone(zone).date(), zone=zone)


class _StepTimer:
    """Times one run of a model."""

    def __init__(self, model: str) -> None:
        self.code = ""
        self._model = model
        self._began = time.perf_counter()
        self._first: float | None = None

    def note_first_event(self) -> None:
        if self._first is None:
            self._first = time.perf_counter() - self._began

    def report(self) -> StepReport:
        seconds = time.perf_counter() - self._began
        return StepReport(model=self._model, seconds=seconds, first_seconds=self._first, code=self.code)


def _flow(run: Run) -> TextFlow:
    """Return the flow of the next step's text."""
    number = len(run.steps)
    so_far = "".join(step.text for step in run.steps).strip()
    return TextFlow(
        run.log,
        step=number,
        attempt=run.attempts.get(number, 0),
        lead="\n\n" if so_far else "",
        on_error=lambda: run.interrupt.stop("broken"),
    )


def _numbered(call: port.ToolCall, step: int, position: int) -> ToolCall:
    """Return the call as it is stored: whatever a provider sent, it can be written and read back."""
    arguments: Mapping[str, Any] = call.arguments
    if call.malformed is not None:
        arguments = {MALFORMED: call.malformed}
    try:
        arguments = well_formed_value(arguments)
    except ValueError:
        arguments = {MALFORMED: "arguments that are nested too deep"}
    return ToolCall(
        id=f"{step}.{position}", step=step, position=position, tool=well_formed(call.tool), arguments=arguments
    )


def _opaque(data: Mapping[str, Any], *, origin: str, lasting: bool) -> Mapping[str, Any] | None:
    try:
        return {"data": well_formed_value(data), "origin": origin, "lasting": lasting}
    except ValueError:
        return None


def _bounded(usage: Usage) -> Usage:
    """Return the usage as far as it can be stored: a provider may count wrong, and a turn has to end nevertheless."""
    return Usage(**{name: min(max(number, 0), USAGE_MAX) for name, number in asdict(usage).items()})
