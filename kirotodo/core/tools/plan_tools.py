"""The tools for plans: plan looks, and proposes days for what is overdue; move_tasks carries a proposal out."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from kirotodo.core.domain.plan import MINUTES_MAX, PER_DAY_MAX, Move
from kirotodo.core.domain.task import PAGE_MAX
from kirotodo.core.errors import ToolError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.tools.approval import Effect
from kirotodo.core.tools.base import CHOICE, OPTIONAL, Arguments, Field, TaskId, TaskIds, Tool, ToolContext
from kirotodo.core.tools.plans import day_plan, move_tasks, propose_spread
from kirotodo.core.tools.task_fields import about, brief_task

NAMED = 10
"""Moves that the question before them names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanArguments(Arguments):
    """The arguments of `plan`."""

    period: Annotated[
        Literal["today", "week", "spread"],
        CHOICE,
        Field(description="spread: propose days of next week for what is overdue."),
    ] = "today"
    minutes: Annotated[int | None, OPTIONAL, Field(ge=1, le=MINUTES_MAX, description="The time there is.")] = None
    per_day: Annotated[int | None, OPTIONAL, Field(ge=1, le=PER_DAY_MAX, description="For spread.")] = None


class Plan(Tool[PlanArguments]):
    """Orders what is to be done, or proposes moves for what is overdue."""

    name = "plan"
    changes_tasks = False
    description = "What to do first, and why. With period=spread it returns `moves` to pass to move_tasks unchanged."
    arguments = PlanArguments

    async def run(self, context: ToolContext, arguments: PlanArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        at = context.user_clock
        if arguments.period == "spread":
            proposal = await propose_spread(context.store, per_day=arguments.per_day, at=at)
            return {
                "moves": [msgspec.to_builtins(move) for move in proposal.moves],
                "kept": [asdict(each) for each in proposal.kept],
                "tasks": [{"id": task.id, "title": task.title} for task in proposal.tasks],
                "more": proposal.more,
            }
        plan = await day_plan(context.store, arguments.period, minutes=arguments.minutes, at=at)
        tasks = [{**brief_task(each.task, at=at), "why": each.why, "fits": each.fits} for each in plan.items]
        return {"tasks": tasks, "minutes": plan.minutes, "planned": plan.planned, "more": plan.more}


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveArgument(Arguments):
    """A task, the due date that it has, and its new one."""

    task_id: TaskId
    due_date: date
    to: date


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveTasksArguments(Arguments):
    """The arguments of `move_tasks`."""

    moves: Annotated[tuple[MoveArgument, ...], Field(min_length=1, max_length=PAGE_MAX)]
    task_ids: Annotated[TaskIds | None, Field(hidden=True)] = None
    """Which of them the user agreed to; all where it is None. For no model to give."""

    def chosen(self) -> tuple[Move, ...]:
        """Return the moves that are to be made."""
        return tuple(
            Move(task_id=each.task_id, due_date=each.due_date, to=each.to)
            for each in self.moves
            if self.task_ids is None or each.task_id in self.task_ids
        )


class MoveTasks(Tool[MoveTasksArguments]):
    """Gives tasks the days of a proposal, once the user has agreed to exactly these."""

    name = "move_tasks"
    description = "Give tasks the days that `plan` proposed. It asks the user first, task by task."
    arguments = MoveTasksArguments

    def effect(self, arguments: MoveTasksArguments) -> Effect:
        """Implement `Tool.effect`."""
        moves = arguments.chosen()
        days = [f"#{move.task_id} to {move.to:%a} {move.to.day} {move.to:%b}" for move in moves[:NAMED]]
        more = f", and {len(moves) - NAMED} more" if len(moves) > NAMED else ""
        rest = arguments.as_json(without=("task_ids",))
        return Effect(
            kind="plan",
            question=f"Move {{}} ({', '.join(days)}{more})",
            ids=tuple(move.task_id for move in moves),
            rest=rest,
        )

    async def run(self, context: ToolContext, arguments: MoveTasksArguments) -> Mapping[str, Any]:
        """Implement `Tool.run`."""
        moves, at = arguments.chosen(), context.user_clock
        if not moves:
            raise ToolError("None of these tasks was chosen, so nothing was moved.")
        changed = await move_tasks(context.store, moves, at=at)
        return about([move.task_id for move in moves], changed.tasks, "moved", at=at)
