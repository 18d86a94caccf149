"""The built-in model: plain English understood with the list in hand, without a network.

The first step of a turn looks at the list, makes a plan and stores it with its calls; later steps read the plan back
and never understand again: the list has changed meanwhile, and a resumed turn must do and say the same. The last step
stores what the turn leaves to refer to.
"""

import datetime as dt
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from kirotodo.core.domain.conversation import Usage
from kirotodo.core.domain.task import Task, TaskSnapshot
from kirotodo.core.language.context import Call, Context, DialogueState, TaskView
from kirotodo.core.language.types import Preferences
from kirotodo.core.language.understand import understand
from kirotodo.core.models.builtin.memory import (
    ORIGIN,
    PastTurn,
    Step,
    done_by,
    ids_in,
    ids_of,
    state_of,
    turns_of,
)
from kirotodo.core.models.builtin.outcomes import ids_shown, moves_in, told, told_item
from kirotodo.core.models.builtin.plan import Item, Plan, plan_from_json
from kirotodo.core.models.builtin.planner import Planner
from kirotodo.core.models.builtin.targets import Finder
from kirotodo.core.models.model import (
    Facts,
    ModelEvent,
    ModelRequest,
    Opaque,
    TextDelta,
    ToolCall,
    ToolOutcome,
    UsageReport,
)
from kirotodo.core.text.patterns import pattern

PIECE: Final = pattern(r"(?:\S+\s*){1,6}|\s+")
"""How the answer is streamed: a few words at a time."""
ACTIONS_MAX: Final = 200
ROW_MAX: Final = 20
TOO_MANY: Final = (
    f"Those are {{count:,}} things, and I take at most {ACTIONS_MAX} in one message, so nothing was done. Send them in "
    "parts, or save them as a text file and use `kirotodo import`."
)
LOST: Final = "I lost the thread there; please say it again."


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The next step: calls, or the answer that ends the turn; and the data to store with it."""

    calls: tuple[ToolCall, ...] = ()
    text: str = ""
    opaque: Opaque | None = None


class BuiltinModel:
    """Implements `Model`."""

    name = "built-in"

    def __init__(self, preferences: Preferences | None = None) -> None:
        self._preferences = preferences or Preferences()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Implement `Model.stream`."""
        *earlier, turn = turns_of(request.history) or (PastTurn(text=""),)
        if any(step.calls for step in turn.steps):
            decision = go_on(earlier, turn, request.facts)
        else:
            snapshot = await request.snapshot(turn.text)
            decision = begin(earlier, turn.text, snapshot, request.facts, self._preferences)
        for call in decision.calls:
            yield call
        for piece in PIECE.findall(decision.text):
            yield TextDelta(text=piece)
        if decision.opaque is not None:
            yield decision.opaque
        yield UsageReport(usage=Usage())

    async def aclose(self) -> None:
        """Do nothing: this model holds nothing open."""


def begin(
    earlier: Sequence[PastTurn], text: str, snapshot: TaskSnapshot, facts: Facts, preferences: Preferences
) -> Decision:
    """Return the first step of a turn: understand the text with the list in hand, and make a plan."""
    context = context_of(snapshot, state_of(earlier), facts)
    meant = understand(text, now=facts.now, preferences=preferences, context=context)
    if len(meant.actions) > ACTIONS_MAX:
        return _last(TOO_MANY.format(count=len(meant.actions)), context.state)
    finder = Finder(context, today=facts.now.date(), done_total=snapshot.done_total)
    plan = Planner(text=text, finder=finder, now=facts.now, zone=facts.zone).plan(meant)
    calls = tuple(call for item in plan.items if item.after is None for call in item.calls)
    if not calls:
        return _answered(plan, _Outcomes(plan), facts.now.date())
    opaque = Opaque(data={"plan": plan.to_json()}, origin=ORIGIN)
    return Decision(calls=tuple(_tool_call(call) for call in calls), opaque=opaque)


def go_on(earlier: Sequence[PastTurn], turn: PastTurn, facts: Facts) -> Decision:
    """Return the next step of a turn that has called tools: by its plan, or in short if another model began it."""
    steps = [step for step in turn.steps if step.calls]
    plan = plan_from_json(_plan_data(steps[0]))
    if plan is None:
        return _in_short(earlier, steps)
    outcomes = _Outcomes(plan)
    if not outcomes.take(steps):
        return _in_short(earlier, steps)
    if len(steps) == 1 and (calls := tuple(_tool_call(call) for call in outcomes.later())):
        return Decision(calls=calls)
    return _answered(plan, outcomes, facts.now.date())


def _plan_data(step: Step) -> object:
    return step.data.get("plan") if step.data is not None else None


class _Outcomes:
    """The outcomes of a plan's calls, by item."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.requests: list[Any] = []
        self.of: dict[int, tuple[ToolOutcome, ...]] = {}
        self._all: list[ToolOutcome] = []

    def take(self, steps: Sequence[Step]) -> bool:
        """Assign the outcomes to the items; return False where they are not of this plan's calls."""
        rounds = [[(at, call) for at, item in enumerate(self._plan.items) if item.after is None for call in item.calls]]
        for number, step in enumerate(steps):
            if number == 1:
                rounds.append([(at, call) for at, call in self._later()])
            if number > 1 or not self._take(step, rounds[number]):
                return False
        return True

    def _take(self, step: Step, wanted: Sequence[tuple[int, Call]]) -> bool:
        if [call.tool for _, call in wanted] != [outcome.tool for outcome in step.outcomes]:
            return False
        rest: Iterator[ToolOutcome] = iter(step.outcomes)
        for at, _ in wanted:
            self.of[at] = (*self.of.get(at, ()), next(rest))
        self.requests += zip(step.calls, step.outcomes, strict=False)
        return True

    def _later(self) -> Iterator[tuple[int, Call]]:
        for at, item in enumerate(self._plan.items):
            if item.kind == "spread" and (moves := moves_in(self.of.get(at, ()))):
                yield at, Call(tool="move_tasks", arguments={"moves": moves})
            ids = self.ids(item.after) if item.after is not None else ()
            for call in item.calls if ids else ():
                which = {"task_id": ids[0]} if len(ids) == 1 else {"task_ids": list(ids)}
                yield at, replace(call, arguments={**which, **call.arguments})

    def later(self) -> Iterator[Call]:
        """Yield the calls on what the first ones added or found."""
        for _, call in self._later():
            yield call

    def ids(self, at: int) -> tuple[int, ...]:
        """Return the tasks that an item added, changed or found."""
        item, outcomes = self._plan.items[at], self.of.get(at, ())
        if item.kind in ("add", "change", "spread"):
            return tuple(each for outcome in outcomes if outcome.status == "succeeded" for each in ids_of(outcome))
        return ids_shown(item, outcomes)


def _answered(plan: Plan, outcomes: _Outcomes, today: dt.date) -> Decision:
    """Return the step that ends the turn."""
    said = [told_item(item, outcomes.of.get(at, ()), today=today) for at, item in enumerate(plan.items)]
    text = "\n\n".join(each for each in said if each) or LOST
    return _last(text, _left_behind(plan, outcomes))


def _left_behind(plan: Plan, outcomes: _Outcomes) -> DialogueState:
    """Return what the turn leaves to refer to."""
    state = plan.state
    done = done_by(outcomes.requests)
    if done:
        about = ids_in(done)
        if all(call.tool == "undo" for call in done):
            done = (*_without(state.done, about), *done)  # what was not undone stands
        same = bool(state.done) and state.done[-1].tool == done[-1].tool
        row = tuple(dict.fromkeys((*state.row, *about)))[-ROW_MAX:] if same else about
        state = replace(state, done=done, about=about, shown=about if len(about) > 1 else state.shown, row=row)
    shown = tuple(each for at, item in enumerate(plan.items) if _shows(item) for each in outcomes.ids(at))
    if shown:
        state = replace(state, shown=shown, about=state.about if done else shown)
    return state


def _without(done: tuple[Call, ...], ids: Sequence[int]) -> Iterator[Call]:
    for call in done:
        if rest := tuple(each for each in call.task_ids if each not in ids):
            yield replace(call, task_ids=rest)


def _shows(item: Item) -> bool:
    return item.kind in ("list", "details", "when", "next")


def _in_short(earlier: Sequence[PastTurn], steps: Sequence[Step]) -> Decision:
    """Say what the last calls of another model came to, and do no more."""
    text = "\n\n".join(filter(None, (told(outcome) for outcome in steps[-1].outcomes))) or LOST
    done = done_by(pair for step in steps for pair in zip(step.calls, step.outcomes, strict=False))
    return _last(text, DialogueState(done=done or state_of(earlier).done, about=ids_in(done)))


def _last(text: str, state: DialogueState) -> Decision:
    return Decision(text=text, opaque=Opaque(data={"state": state.to_json()}, origin=ORIGIN, lasting=True))


def _tool_call(call: Call) -> ToolCall:
    return ToolCall(tool=call.tool, arguments=call.arguments)


def context_of(snapshot: TaskSnapshot, state: DialogueState, facts: Facts) -> Context:
    """Return what is known beside a text."""
    tasks = tuple(_view(task, facts) for task in (*snapshot.tasks, *snapshot.done))
    return Context(
        tasks=tasks,
        projects=snapshot.projects,
        tags=snapshot.tags,
        state=state,
        complete=snapshot.complete,
        views=snapshot.views,
    )


def _view(task: Task, facts: Facts) -> TaskView:
    return TaskView(
        id=task.id,
        title=task.title,
        project=task.project,
        tags=task.tags,
        priority=task.priority,
        due_date=task.due_date,
        due_time=task.due_time,
        recurrence=task.recurrence,
        remind_at=task.remind_at.astimezone(facts.zone) if task.remind_at is not None else None,
        notes=task.notes,
        completed=task.completed_at.astimezone(facts.zone) if task.completed_at is not None else None,
        parent_id=task.parent_id,
        position=task.position,
    )
