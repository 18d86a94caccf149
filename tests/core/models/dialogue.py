"""A conversation with the built-in model against a real list: the agent's loop in its simplest form."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kirotodo.core.agent.prompt import shortened
from kirotodo.core.domain.conversation import CallStatus
from kirotodo.core.domain.history import Actor
from kirotodo.core.domain.task import TaskSnapshot
from kirotodo.core.errors import ToolError, UserError
from kirotodo.core.models.builtin.model import BuiltinModel
from kirotodo.core.models.model import (
    AssistantStep,
    Facts,
    ModelRequest,
    Opaque,
    PromptItem,
    TextDelta,
    ToolCall,
    ToolCallRequest,
    ToolOutcome,
    UserText,
)
from kirotodo.core.tools.base import failure
from kirotodo.core.tools.task_tools import TOOLS
from tests.core.tools.tool_harness import ZONE, ToolHarness

ROUNDS = 10


@dataclass(frozen=True)
class UserEntry:
    """One exchange. `tools` are the calls in order, `then` the open tasks afterwards, `words` parts of the answer."""

    text: str
    tools: str | None = None
    then: tuple[str, ...] | None = None
    words: tuple[str, ...] = ()
    never: tuple[str, ...] = field(default=())


def _of_an_earlier_turn(item: PromptItem) -> PromptItem:
    match item:
        case ToolOutcome(result=result):
            return replace(item, result=shortened(result))
        case AssistantStep(opaque=Opaque(lasting=False)):
            return replace(item, opaque=None)
        case _:
            return item


class Dialogue:
    """Says things to the model; `agree` answers the approvals that its calls need."""

    def __init__(self, tools: ToolHarness) -> None:
        self.tools = tools
        self.tools.actor = Actor(kind="built-in")
        self.model = BuiltinModel()
        self.history: list[PromptItem] = []
        self.called: list[str] = []
        self.arguments: list[Mapping[str, Any]] = []
        self.questions: list[str] = []
        self.agree = True

    async def say(self, text: str) -> str:
        """One turn; the answer."""
        self.tools.turn += 1
        self.called, self.arguments, self.questions = [], [], []
        self.history = [
            replace(item, opaque=None)
            if isinstance(item, AssistantStep) and item.opaque and not item.opaque.lasting
            else item
            for item in self.history
        ]
        self.history.append(UserText(text=text))
        for round_ in range(ROUNDS):
            said, calls, opaque = await self._step()
            requests = tuple(
                ToolCallRequest(call_id=f"{round_}.{place}", tool=call.tool, arguments=call.arguments)
                for place, call in enumerate(calls)
            )
            self.history.append(AssistantStep(text=said, calls=requests, opaque=opaque))
            if not requests:
                return said
            for request in requests:
                self.history.append(await self._run(request))
        raise AssertionError(f"no answer to {text!r} within {ROUNDS} rounds; called {self.called}")

    async def hold(self, exchanges: Sequence[UserEntry]) -> None:
        """A whole conversation, each exchange checked."""
        for exchange in exchanges:
            answer = await self.say(exchange.text)
            report = f"{exchange.text!r} called {self.called} and answered {answer!r}"
            if exchange.tools is not None:
                assert self.called == exchange.tools.split(), report
            if exchange.then is not None:
                assert tuple(await self.pending()) == exchange.then, report
            for words in exchange.words:
                assert words in answer, report
            for words in exchange.never:
                assert words not in answer, report

    async def _step(self) -> tuple[str, list[ToolCall], Opaque | None]:
        request = ModelRequest(
            instructions="",
            tools=TOOLS.schemas(),
            history=tuple(self.history),
            facts=Facts(now=self.tools.now.astimezone(ZONE), zone=ZONE, open_tasks=0),
            deadline=asyncio.get_running_loop().time() + 30,
            snapshot=self._look,
        )
        events = [event async for event in self.model.stream(request)]
        text = "".join(event.text for event in events if isinstance(event, TextDelta))
        opaque = next((event for event in events if isinstance(event, Opaque)), None)
        return text, [event for event in events if isinstance(event, ToolCall)], opaque

    async def _look(self, text: str) -> TaskSnapshot:
        today = self.tools.now.astimezone(ZONE).date()
        async with self.tools.database.read("ann") as store:
            return await store.tasks.snapshot(text, today=today, zone=ZONE)

    async def _run(self, request: ToolCallRequest) -> ToolOutcome:
        self.called.append(request.tool)
        self.arguments.append(request.arguments)
        status: CallStatus = "succeeded"
        try:
            needed = await self.tools.approval(request.tool, **request.arguments)
            if needed is not None:
                self.questions.append(needed.text)
            if needed is not None and not self.agree:
                status, result = "denied", failure("The user said no.")
            else:
                result = dict(await self.tools.call(request.tool, **request.arguments))
        except (ToolError, UserError) as error:
            status, result = "failed", failure(error.message)
        return ToolOutcome(call_id=request.call_id, tool=request.tool, status=status, result=result)

    @property
    def changed(self) -> list[str]:
        """The calls of the last turn that could change something."""
        return [tool for tool in self.called if tool not in ("list_tasks", "get_task", "task_stats")]

    async def pending(self) -> list[str]:
        """The open tasks as "id title"."""
        return [f"{task.id} {task.title}" for task in await self.tools.tasks()]
