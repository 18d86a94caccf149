"""Commands for tasks that repeat: `skip` and `away`."""

from collections.abc import Sequence

import click

from kirotodo.client.commands.context import APPROVAL_NEEDED, FAILED, can_ask, confirmed, leave, now, with_list
from kirotodo.client.commands.output import put, put_json, say
from kirotodo.client.commands.params import NUMBERS, distinct, joined, json_option
from kirotodo.client.commands.task_view import in_brief
from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import SKIPPED_MAX, Change, Changed
from kirotodo.core.text.sanitize import sanitize_line

LISTED = 20
UNASKED = 5
"""How many routines may be skipped without asking."""


@click.command(
    short_help="Skip an occurrence of repeating tasks.",
    epilog="""\b
Examples:
  kirotodo skip 12
  kirotodo skip 12 --until "1 jan"
  kirotodo skip 12 --next 2     (this one and the one after it)
  kirotodo skip 12 --on "14 dec"
  kirotodo skip 12 --on "24 dec..2 jan"
  kirotodo undo                 (takes it back)""",
)
@click.argument("numbers", type=NUMBERS, nargs=-1, required=True, metavar="NUMBER...")
@click.option("--until", metavar="DAY", help="Skip all occurrences before this day.")
@click.option("--next", "count", type=click.IntRange(1, SKIPPED_MAX), metavar="N", help="Skip the next N occurrences.")
@click.option("--on", metavar="DAYS", help="Skip only the occurrences on this day or these days, also further ahead.")
@json_option
def skip(
    numbers: Sequence[tuple[int, ...]], until: str | None, count: int | None, on: str | None, as_json: bool
) -> None:
    """Skip the open occurrence of repeating tasks: they move on to the next one, and it counts as one of its times.

    With --on, an occurrence further ahead is left out, and the open one stays."""
    if sum(each is not None for each in (until, count, on)) > 1:
        raise click.UsageError("Use only one of --until, --next and --on.")
    ids = distinct(numbers)
    changed = with_list(lambda backend: backend.skip_tasks(ids, until=until, count=count, on=on))
    _put_skipped(changed, as_json=as_json)


@click.command(
    short_help="Skip everything that repeats until a day.",
    epilog="""\b
Examples:
  kirotodo away until 12 dec
  kirotodo away next monday --dry-run
  kirotodo undo                 (takes all of it back)""",
)
@click.argument("words", nargs=-1, required=True, metavar="[until] DAY")
@click.option("--dry-run", is_flag=True, help="Show what would be skipped, but skip nothing.")
@click.option("--yes", "-y", is_flag=True, help="Don't ask first.")
@json_option
def away(words: Sequence[str], dry_run: bool, yes: bool, as_json: bool) -> None:
    """Skip all occurrences of all repeating tasks before the day you are back. Asks first if more than five move."""
    until = joined(words).removeprefix("until ").strip()
    if not until or until == "until":
        raise click.UsageError("Say when you are back. For example: kirotodo away until 12 dec")

    async def use(backend: Backend) -> Changed | None:
        preview = await backend.skip_tasks(until=until, dry_run=True)
        if dry_run or not preview.changes:
            return preview
        if len(preview.changes) > UNASKED and not yes and not _agreed(preview):
            return None
        return await backend.skip_tasks([change.task_id for change in preview.changes], until=until)

    changed = with_list(use)
    if changed is None:
        leave(FAILED, "Nothing was skipped.")
    _put_skipped(changed, as_json=as_json, verb="Would skip to" if dry_run else "Skipped to")


def _agreed(preview: Changed) -> bool:
    for task in preview.tasks[:LISTED]:
        say(f"  {in_brief(task, now=now())}")
    if len(preview.tasks) > LISTED:
        say(f"  and {len(preview.tasks) - LISTED} more")
    count = len(preview.changes)
    if not can_ask():
        leave(APPROVAL_NEEDED, f"Skipping {count} tasks needs your approval. Run the command again with --yes.")
    return confirmed(f"Move these {count} tasks there?")


def _is_ahead(change: Change) -> bool:
    """Return whether an occurrence further ahead was left out, so that the open one stays."""
    before, after = change.before, change.after
    return before is not None and after is not None and before.due_date == after.due_date


def _put_skipped(changed: Changed, *, as_json: bool, verb: str = "Skipped to") -> None:
    if as_json:
        put_json(changed)
        return
    stayed = {change.task_id for change in changed.changes if _is_ahead(change)}
    for task in (each for each in changed.tasks if each.parent_id is None):
        put(f"{'Skipped a later one of' if task.id in stayed else verb} {in_brief(task, now=now())}")
    for sentence in changed.skipped:
        say(sanitize_line(sentence))
    if not changed.tasks and not changed.removed and not changed.skipped:
        say("No repeating task is due before then.")
