"""The built-in model: plain English by rules, without a network and without a look at the list but through the tools.

It decides from the request alone. Each wish in a sentence is a generator that yields calls and is sent their
outcomes; a later step of a turn runs it again over the outcomes there are, and goes on from where they end.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from kirotodo.core.domain.conversation import Usage
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import Preferences
from kirotodo.core.models.builtin.edits import told
from kirotodo.core.models.builtin.memory import PastTurn, Step, remember, turns_of
from kirotodo.core.models.builtin.planner import Reader, Wish, grouped, leans_on_earlier, planned, started, texts_of
from kirotodo.core.models.builtin.targets import Work
from kirotodo.core.models.model import (
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolOutcome,
    UsageReport,
)

PIECE: Final = pattern(r"(?:\S+\s*){1,6}|\s+")
"""How the answer is streamed: a few words at a time."""
ACTIONS_MAX: Final = 200
TOO_MANY: Final = (
    f"Those are {{count:,}} things, and I take at most {ACTIONS_MAX} in one message, so nothing was done. Send them in "
    "parts, or save them as a text file and use `kirotodo import`."
)
LOST: Final = "I lost the thread there; please say it again."


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The next step: calls, or the answer that ends the turn."""

    calls: tuple[ToolCall, ...] = ()
    text: str = ""


class BuiltinModel:
    """Implements `Model`."""

    name = "built-in"

    def __init__(self, preferences: Preferences | None = None) -> None:
        self._preferences = preferences or Preferences()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Implement `Model.stream`."""
        decision = decide(request, self._preferences)
        for call in decision.calls:
            yield call
        for piece in PIECE.findall(decision.text):
            yield TextDelta(text=piece)
        yield UsageReport(usage=Usage())

    async def aclose(self) -> None:
        """Do nothing: this model holds nothing open."""


def decide(request: ModelRequest, preferences: Preferences) -> Decision:
    """Return the next step of the turn that the request's history ends with."""
    *earlier, turn = turns_of(request.history) or (PastTurn(text=""),)
    reader = Reader(now=request.facts.now, preferences=preferences)
    memory = remember(earlier)
    actions = planned(turn.text, memory, reader)
    if len(actions) > ACTIONS_MAX:
        return Decision(text=TOO_MANY.format(count=len(actions)))
    return _Replay(grouped(actions), earlier, turn, reader).run()


@dataclass
class _Replay:
    """All wishes of a turn, run side by side over the outcomes there are."""

    wishes: Sequence[Wish]
    earlier: Sequence[PastTurn]
    turn: PastTurn
    reader: Reader
    said: dict[int, str] = field(default_factory=dict)
    at_work: dict[int, Work[str]] = field(default_factory=dict)
    wanted: dict[int, tuple[ToolCall, ...]] = field(default_factory=dict)
    past: list[Step] = field(default_factory=list)

    def run(self) -> Decision:
        for step in (step for step in self.turn.steps if step.calls):
            self._begin()
            if not self._take(step):
                return self._in_short()
        self._begin()
        if self.wanted:
            return Decision(calls=tuple(call for index in sorted(self.wanted) for call in self.wanted[index]))
        return Decision(text=texts_of([self.said[index] for index in sorted(self.said)]) or LOST)

    def _begin(self) -> None:
        """Start the wishes that may start: one that speaks of another's task waits for it."""
        for index, wish in enumerate(self.wishes):
            if index in self.said or index in self.at_work:
                continue
            memory = remember(self.earlier)
            if index and leans_on_earlier(wish):
                if len(self.said) < index:
                    return
                memory = remember([*self.earlier, PastTurn(text="", steps=tuple(self.past))])
            self.at_work[index] = started(wish, memory, self.reader)
            self._advance(index, None)

    def _advance(self, index: int, outcomes: tuple[ToolOutcome, ...] | None) -> None:
        work = self.at_work[index]
        try:
            self.wanted[index] = next(work) if outcomes is None else work.send(outcomes)
        except StopIteration as end:
            self.wanted.pop(index, None)
            self.said[index] = end.value

    def _take(self, step: Step) -> bool:
        """Hand a recorded step's outcomes to the wishes that asked for them; False where it is not theirs."""
        wanted = dict(sorted(self.wanted.items()))
        calls = [call.tool for calls in wanted.values() for call in calls]
        if calls != [outcome.tool for outcome in step.outcomes]:
            return False
        self.past.append(step)
        rest: Iterator[ToolOutcome] = iter(step.outcomes)
        for index, mine in wanted.items():
            self._advance(index, tuple(next(rest) for _ in mine))
        return True

    def _in_short(self) -> Decision:
        """The turn was begun by another hand: say what its last calls came to, and do no more."""
        last = next(step for step in reversed(self.turn.steps) if step.calls)
        return Decision(text=texts_of([told(outcome) for outcome in last.outcomes]) or LOST)
