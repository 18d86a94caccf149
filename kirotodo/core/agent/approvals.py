"""What the user has to agree to in a turn, counted over all of its calls and steps.

One question covers all the calls of a step that call the same tool, so that thirty single deletions are one question,
asked before the first of them. What was agreed to counts no more, and neither does what is done to tasks that this turn
added itself. "Always" raises what a tool may do in a turn of that conversation without asking, to the size that was
agreed to then. "Never" has the tool refused
there where it would be asked about.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Final

from kirotodo.core.domain.conversation import Approval, ToolCall
from kirotodo.core.domain.task import Task
from kirotodo.core.errors import InvalidInput, ToolError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.store.database import Store
from kirotodo.core.store.turns import StepRecord
from kirotodo.core.tools.approval import LIMITS, Effect, question, size
from kirotodo.core.tools.base import Tools
from kirotodo.core.tools.history_tools import changes_of_time
from kirotodo.core.tools.past import selected
from kirotodo.core.tools.user_clock import UserClock

CALLS_MAX: Final = 500
"""Tool calls of one turn. More than any list that one message can hold in earnest."""
TOO_MANY: Final = (
    f"This call and those after it were not run: a turn may call tools at most {CALLS_MAX} times. Call no more tools; "
    "tell the user what is not done yet."
)
CUT_SHORT: Final = (
    f"Only the first {CALLS_MAX} tool calls were run, which is the most of one message. Ask again for the rest."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question to ask before a call is run. `arguments` say what it is about; where it covers one call alone they are
    what that one is `bound` to."""

    text: str
    tasks: tuple[Task, ...]
    arguments: Mapping[str, Any]
    bound: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CallBatch:
    """Calls of one step that one question covers, the first to be run first.

    `before` is what the turn did of that kind without a yes, `beside` what other tools are to do of it in this step.
    """

    tool: str
    effects: tuple[Effect, ...]
    before: tuple[Effect, ...]
    beside: tuple[Effect, ...]
    own: frozenset[int]
    asks_for_steps: bool = False
    """Whether to ask before open steps are completed with their task."""
    denied: bool = False
    """Whether a call that one question would cover with these is refused already, and so these are."""

    @property
    def limit(self) -> int:
        """Return the size up to which no question is asked."""
        return LIMITS[self.effects[0].kind]

    @property
    def is_large(self) -> bool:
        """Return whether the batch may need approval; `question_for` decides whether it does."""
        return self.asks_for_steps or size(_without(self.own, (*self.before, *self.beside, *self.effects))) > self.limit

    async def question_for(self, store: Store, *, turn_id: str, granted: int, at: UserClock) -> Question | None:
        """Return the question to ask, None where the batch is small enough after all. `granted` is the size that the
        user agreed to with "always", `at` the user's clock. It leaves out tasks that do not exist: the calls on them
        will fail."""
        # A turn may do what it likes with tasks it added itself.
        mine = _without(self.own, self.effects)
        others = _without(self.own, (*self.before, *self.beside))
        tasks = await store.tasks.known([task_id for effect in mine for task_id in effect.ids])
        known = {task.id for task in tasks}
        if len(self.effects) == 1 and not known.issuperset(self.effects[0].ids):
            return None
        total = size((*others, *(_only(known, effect) for effect in mine)))
        steps = 0 if granted or not self.asks_for_steps else _open_steps(tasks)
        if total <= max(self.limit, granted) and not steps:
            return None
        first = self.effects[0]
        if first.groups:
            return await self._about_changes(store, first, turn_id, at)
        alone = len(self.effects) == 1
        arguments = {"task_ids": [task.id for task in tasks], **((first.rest or {}) if alone else {})}
        text = question(first, len(tasks), more=bool(size(_without(self.own, self.before))), steps=steps)
        return Question(text=text, tasks=tasks, arguments=arguments, bound=alone)

    async def _about_changes(self, store: Store, first: Effect, turn_id: str, at: UserClock) -> Question:
        """Ask about earlier changes, bound to those that are the newest now."""
        groups, alone = size(self.effects), len(self.effects) == 1
        # The answer may come much later: `newest` makes the undo fail rather than take back something else by then.
        newest, ids = await store.journal.latest(groups=groups, skip_turn=turn_id)
        which = changes_of_time(first.rest or {})
        bounds: dict[str, str] = {}
        if which is not None:
            found = selected(which, at=at)
            groups, ids = await store.journal.selected(found, skip_turn=turn_id)
            # "2 hours" is another time when the answer comes.
            moments = {"since": found.since, "until": found.until}
            bounds = {name: moment.isoformat() for name, moment in moments.items() if moment is not None}
        arguments = {**(first.rest or {}), **bounds, "newest": newest} if alone else {}
        text = question(first, groups, more=bool(size(self.before)))
        return Question(text=text, tasks=await store.tasks.known(ids), arguments=arguments, bound=alone)


@dataclass(kw_only=True)
class Ledger:
    """The calls of one turn and what they are about; `approved` are the calls that the user was asked about and agreed
    to."""

    tools: Tools
    approved: frozenset[str] = frozenset()
    asks_for_steps: bool = False
    _effects: dict[str, Effect | None] = field(default_factory=dict)

    def batch(self, call: ToolCall, calls: Sequence[ToolCall], steps: Sequence[StepRecord]) -> CallBatch | None:
        """Return what a question before `call` would cover, None where it needs none. `calls` are those of its step,
        `steps` all the turn's, whether or not that one is among them."""
        effect = self._effect(call)
        if effect is None:
            return None
        # Counted over the whole turn: many small calls must not slip past what one large call would be asked for.
        agreed = self._agreed(calls, steps)
        if (call.step, call.tool) in agreed:
            return None
        waiting = [each for each in calls if each.result is None and (each.step, each.tool) not in agreed]
        earlier = [each for step in steps for each in step.calls if each.step != call.step]
        done = [
            each for each in (*earlier, *calls) if each.status == "succeeded" and (each.step, each.tool) not in agreed
        ]
        batch = CallBatch(
            tool=call.tool,
            effects=self._of_kind(effect, (each for each in waiting if each.tool == call.tool)),
            before=self._of_kind(effect, done),
            beside=self._of_kind(effect, (each for each in waiting if each.tool != call.tool)),
            own=frozenset(_added((*earlier, *calls))),
            asks_for_steps=self.asks_for_steps and effect.completes,
            denied=any(each.status == "denied" and (each.step, each.tool) == (call.step, call.tool) for each in calls),
        )
        return batch if batch.is_large or batch.denied else None

    def _agreed(self, calls: Sequence[ToolCall], steps: Sequence[StepRecord]) -> set[tuple[int, str]]:
        """Step and tool of what was agreed to: a yes to one call covers those of its step that call the same tool."""
        if not self.approved:
            return set()
        known = (*calls, *(each for step in steps for each in step.calls))
        return {(each.step, each.tool) for each in known if each.id in self.approved}

    def _of_kind(self, like: Effect, calls: Iterable[ToolCall]) -> tuple[Effect, ...]:
        effects = (self._effect(each) for each in calls)
        return tuple(effect for effect in effects if effect is not None and effect.kind == like.kind)

    def _effect(self, call: ToolCall) -> Effect | None:
        if call.id not in self._effects:
            try:
                self._effects[call.id] = self.tools.validate(call.tool, call.arguments).effect()
            except ToolError:
                self._effects[call.id] = None
        return self._effects[call.id]


def granted_size(approval: Approval) -> int:
    """Return how much "always" agrees to."""
    groups = approval.arguments.get("turns", 1) if approval.tool == "undo" else 0
    return max(len(approval.tasks), groups)


def narrowed(
    batch: Sequence[ToolCall], arguments: Mapping[str, Any], tools: Tools
) -> Iterator[tuple[ToolCall, Mapping[str, Any] | None]]:
    """Yield the calls of a batch with their arguments for the tasks that the user chose among those in the question;
    None for a call of which nothing was chosen. Raise `InvalidInput` for anything else."""
    effects = [tools.validate(call.tool, call.arguments).effect() for call in batch]
    task_ids = {task_id for effect in effects if effect for task_id in effect.ids}
    chosen = tools.validate(batch[0].tool, arguments).effect()
    if (
        not task_ids
        or chosen is None
        or set(arguments) - {"task_id", "task_ids"}
        or not task_ids.issuperset(chosen.ids)
    ):
        raise InvalidInput("This question is about several calls: choose among the tasks that it names, in `task_ids`.")
    for call, effect in zip(batch, effects, strict=True):
        kept = [task_id for task_id in effect.ids if task_id in chosen.ids] if effect else []
        yield call, {"task_ids": kept, **(effect.rest or {})} if effect and kept else None


def covered(call: ToolCall, calls: Iterable[ToolCall]) -> tuple[ToolCall, ...]:
    """Return the calls that the question about `call` covers, itself first."""
    same = (each for each in calls if each.step == call.step and each.tool == call.tool)
    return tuple(each for each in same if each.result is None and each.position >= call.position)


def is_too_many(call: ToolCall, steps: Sequence[StepRecord]) -> bool:
    """Return whether the turn had made all the calls it may before `call`; `steps` are all of its steps so far."""
    return call.position + sum(len(step.calls) for step in steps if step.step < call.step) >= CALLS_MAX


def _added(calls: Iterable[ToolCall]) -> Iterable[int]:
    for call in calls:
        if call.tool == "add_task" and call.status == "succeeded" and call.result is not None:
            task_id = call.result.get("task_id")
            if isinstance(task_id, int):
                yield task_id


def _without(own: frozenset[int], effects: Iterable[Effect]) -> list[Effect]:
    return [_only({*effect.ids} - own, effect) for effect in effects]


def _only(ids: set[int], effect: Effect) -> Effect:
    kept = tuple(task_id for task_id in effect.ids if task_id in ids)
    return replace(effect, ids=kept)


def _open_steps(tasks: Sequence[Task]) -> int:
    """Return how many open steps these open tasks have which are not among them."""
    ids = {task.id for task in tasks}
    among = sum(task.parent_id in ids and not task.completed for task in tasks)
    return sum(task.open_steps for task in tasks if not task.completed) - among
