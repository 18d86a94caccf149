"""Which tasks a command acts on: by number, or all that match a filter, after asking where these are many."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

from kirotodo.client.commands.context import APPROVAL_NEEDED, FAILED, can_ask, confirmed, leave, now
from kirotodo.client.commands.output import say
from kirotodo.client.commands.params import distinct
from kirotodo.client.commands.task_view import in_brief
from kirotodo.client.commands.tasks import Paging, fetch
from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import Status, Task, TaskFilter
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.sanitize import sanitize_line

Command = TypeVar("Command", bound=Callable[..., Any])
LISTED: Final = 20
CHANGED_UNASKED: Final = 5
"""As many tasks are changed without asking, by a filter here as by a model in the chat."""
AT_ONCE: Final = 1_000
"""Tasks that one edit may name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Numbers of tasks, or a filter; and whether the user said yes already."""

    numbers: tuple[int, ...]
    where: str | None
    yes: bool


def where_option(command: Command) -> Command:
    """Add `--where`, which chooses tasks by a filter instead of numbers."""
    return click.option(
        "--where", metavar="FILTER", help="All tasks that match, such as '+home overdue'; see kirotodo list --help."
    )(command)


yes_option: Final = click.option("--yes", "-y", is_flag=True, help="Don't ask first.")


def selection(numbers: Sequence[tuple[int, ...]], where: str | None, *, yes: bool, example: str) -> Selection:
    """Return what was given. Raises a usage error where it is not either numbers or a filter."""
    ids = distinct(numbers)
    if bool(ids) == bool(where):
        raise click.UsageError(f"Give numbers of tasks, or --where and a filter. For example: {example}")
    return Selection(numbers=ids, where=where, yes=yes)


async def selected(
    backend: Backend, which: Selection, *, verb: tuple[str, str], unasked: int, status: Status | None = None
) -> tuple[int, ...]:
    """Return the ids of the tasks; leaves the command where there are none, or where the user says no.

    Those of a filter are asked about if they are more than `unasked`; the question begins with `verb`, as in
    `("Delete", "Deleting")`.
    """
    if which.where is None:
        return which.numbers
    page = await fetch(backend, TaskFilter(status=status, filter=which.where), Paging(limit=AT_ONCE + 1))
    if not page.items:
        leave(FAILED, f"No task matches {sanitize_line(which.where)}.")
    if len(page.items) > AT_ONCE:
        leave(FAILED, f"More than {AT_ONCE:,} tasks match, which is more than one edit takes. Narrow the filter.")
    if len(page.items) > unasked and not which.yes and not agreed(page.items, *verb):
        leave(FAILED, "Nothing was changed.")
    return tuple(task.id for task in page.items)


def agreed(tasks: Sequence[Task], verb: str, gerund: str) -> bool:
    """Show the tasks and ask whether to do it to them; leaves the command where nobody can answer."""
    for task in tasks[:LISTED]:
        say(f"  {in_brief(task, now=now())}")
    if len(tasks) > LISTED:
        say(f"  and {len(tasks) - LISTED} more")
    if not can_ask():
        leave(APPROVAL_NEEDED, f"{gerund} {len(tasks)} tasks needs your approval. Run the command again with --yes.")
    return confirmed(f"{verb} these {len(tasks)} tasks?")
