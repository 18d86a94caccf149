"""The command `plan`: what to do first, and new days for what is overdue."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from kirotodo.client.commands.context import APPROVAL_NEEDED, FAILED, can_ask, confirmed, leave, now, with_list
from kirotodo.client.commands.output import Styled, put, put_json, say
from kirotodo.client.commands.params import NUMBERS, distinct, json_option
from kirotodo.client.commands.task_view import in_brief
from kirotodo.core.backend import Backend
from kirotodo.core.domain.plan import DayPlan, Move, PlannedTask, Spread, in_hours
from kirotodo.core.domain.task import Changed
from kirotodo.core.text.dates import describe_due
from kirotodo.core.text.sanitize import sanitize_line


@click.command(
    short_help="Say what to do first, or spread what is overdue.",
    epilog="""\b
Examples:
  kirotodo plan
  kirotodo plan --minutes 120
  kirotodo plan week --json
  kirotodo plan spread --per-day 3
  kirotodo plan spread --without 3,5 --yes""",
)
@click.argument("what", type=click.Choice(["today", "week", "spread"]), default="today", metavar="[today|week|spread]")
@click.option("--minutes", type=int, metavar="N", help="The time there is. [default: what is left of today]")
@click.option("--per-day", type=int, metavar="N", help="With spread: how many tasks a day gets at most. [default: 5]")
@click.option("--without", type=NUMBERS, multiple=True, metavar="NUMBERS", help="With spread: leave these tasks alone.")
@click.option("--dry-run", is_flag=True, help="With spread: only show the proposal.")
@click.option("--yes", "-y", is_flag=True, help="With spread: don't ask first.")
@json_option
def plan(what: str, minutes: int | None, as_json: bool, **spreading: Any) -> None:
    """Show what to do first, each task with the reasons for its place, and what would not fit into the time left.

    `plan spread` proposes days of next week for everything that is overdue, and moves it there if you agree.
    """
    if what == "spread":
        if minutes is not None:
            raise click.UsageError("--minutes goes with today and week; for spread, give --per-day.")
        _spread(as_json=as_json, **spreading)
        return
    if any(spreading.values()):
        raise click.UsageError("--per-day, --without, --dry-run and --yes go with `kirotodo plan spread`.")
    planned = with_list(lambda backend: backend.plan("week" if what == "week" else "today", minutes=minutes))
    if as_json:
        put_json(planned)
    else:
        _put_plan(planned)


def _put_plan(planned: DayPlan) -> None:
    if not planned.items:
        say("Nothing is open that could be done now.")
        return
    fitting = [each for each in planned.items if each.fits is not False]
    for place, each in enumerate(fitting, start=1):
        put(f"{place:>2}. ", _line(each))
        put("    ", Styled(each.why, dim=True)) if each.reasons else None
    rest = [each for each in planned.items if each.fits is False]
    if rest:
        put()
        put(Styled(f"Would not fit into {in_hours(planned.minutes or 0)}", bold=True))
        for each in rest:
            put("    ", _line(each), "  ", Styled(each.why, dim=True))
    if planned.minutes is not None and planned.planned:
        say(f"Planned: {in_hours(planned.planned)} of {in_hours(planned.minutes)}.{_unknown(fitting)}")
    if planned.more:
        say(f"{planned.more} more {'is' if planned.more == 1 else 'are'} due. See them with `kirotodo list`.")


def _unknown(fitting: Sequence[PlannedTask]) -> str:
    count = sum(each.task.duration is None for each in fitting)
    return f" {count} without a duration {'is' if count == 1 else 'are'} not counted." if count else ""


def _line(each: PlannedTask) -> str:
    return f"{each.task.id} {sanitize_line(each.task.title)}"


def _spread(
    *, per_day: int | None, without: Sequence[tuple[int, ...]], dry_run: bool, yes: bool, as_json: bool
) -> None:
    left_out = frozenset(distinct(without))

    async def use(backend: Backend) -> tuple[Spread, tuple[Move, ...], Changed | None]:
        proposal = await backend.propose_spread(per_day=per_day)
        moves = tuple(move for move in proposal.moves if move.task_id not in left_out)
        proposal = replace(proposal, moves=moves)
        if as_json and not yes:
            return proposal, moves, None
        _put_proposal(proposal, moves)
        if not moves or dry_run or not (yes or _agreed(len(moves))):
            return proposal, moves, None
        return proposal, moves, await backend.move_tasks(moves)

    proposal, moves, changed = with_list(use)
    if as_json:
        put_json(proposal if changed is None else changed)
        return
    if changed is not None:
        for task in changed.tasks:
            put(f"Moved {in_brief(task, now=now())}")
        say("To take it back: kirotodo undo")
    elif moves and not dry_run:
        leave(FAILED, "Nothing was moved.")


def _put_proposal(proposal: Spread, moves: Sequence[Move]) -> None:
    """Show the proposal on stderr: it is a question, and no data yet."""
    titles = {task.id: sanitize_line(task.title) for task in proposal.tasks}
    day = None
    for move in moves:
        if move.to != day:
            day = move.to
            say(describe_due(day, None, today=now().date()))
        was = describe_due(move.due_date, None, today=now().date())
        say(f"  {move.task_id} {titles.get(move.task_id, '')} (was {was})")
    for kept in proposal.kept:
        say(f"Left alone: {kept.task_id} {titles.get(kept.task_id, '')}: {sanitize_line(kept.reason)}.")
    if proposal.more:
        say(f"{proposal.more} more are overdue. Run the command again for those.")
    if not moves:
        say("Nothing is overdue that could be moved.")


def _agreed(count: int) -> bool:
    if not can_ask():
        leave(APPROVAL_NEEDED, f"Moving {count} tasks needs your approval. Run the command again with --yes.")
    return confirmed(f"Move {'this task' if count == 1 else f'these {count} tasks'} there?")
