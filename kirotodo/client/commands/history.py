"""The command that shows who changed what: `log`."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, cast, get_args

import click

from kirotodo.client.commands.context import now, with_list
from kirotodo.client.commands.output import Styled, put, put_json, say
from kirotodo.client.commands.params import TASK, json_option
from kirotodo.core.backend import Backend
from kirotodo.core.domain.history import By, HistoryEntry
from kirotodo.core.domain.task import PAGE_MAX, Page
from kirotodo.core.errors import OperatorError
from kirotodo.core.text.changes import describe_actor, describe_change
from kirotodo.core.text.dates import describe_moment

BY: Final = click.Choice(get_args(By))


@click.command(
    name="log",
    short_help="Show who changed what, and when.",
    epilog="""\b
Examples:
  kirotodo log
  kirotodo log 12
  kirotodo log --since yesterday --by assistant
  kirotodo log --since "last week" --until "last week" --json""",
)
@click.argument("number", type=TASK, required=False, metavar="[TASK]")
@click.option("--since", metavar="WHEN", help="Only changes since then: yesterday, friday, 2h, 2026-11-20.")
@click.option("--until", metavar="WHEN", help="Only changes up to the end of that time.")
@click.option("--by", type=BY, help="Only changes made by them.")
@click.option("--limit", type=click.IntRange(1, PAGE_MAX), default=20, show_default=True, help="How many at most.")
@click.option("--cursor", metavar="NEXT", help="Continue after a page, from the `next` in its JSON.")
@json_option
def log(
    number: int | None,
    since: str | None,
    until: str | None,
    by: str | None,
    limit: int,
    cursor: str | None,
    as_json: bool,
) -> None:
    """Show the history of a task, or of the whole list, the newest change first.

    Each line begins with the number of the change. Deleted tasks have a history too. `kirotodo undo --change NUMBER`
    takes one change back.
    """

    async def read(backend: Backend) -> Page[HistoryEntry]:
        page = await backend.history(
            task_id=number, since=since, until=until, by=cast(By | None, by), limit=limit, cursor=cursor
        )
        if page.next is not None and page.next == cursor:
            raise OperatorError("The server sends the same page again and again, so the rest can't be read.")
        return page

    page = with_list(read)
    if as_json:
        put_json({"items": page.items, "next": page.next})
        return
    if not page.items:
        say(f"No change of task {number} is known." if number is not None else "No change is known.")
        return
    _put_entries(page.items, now=now())
    if page.next is not None:
        say(f"More not shown. See them with --limit {min(limit * 2, PAGE_MAX)} or --cursor {page.next}")


def _put_entries(entries: Sequence[HistoryEntry], *, now: dt.datetime) -> None:
    actors = [describe_actor(entry.by) for entry in entries]
    moments = [describe_moment(entry.at, now=now) for entry in entries]
    number_width = max(len(str(entry.id)) for entry in entries)
    for entry, actor, moment in zip(entries, actors, moments, strict=True):
        put(
            f"{entry.id:>{number_width}}  ",
            Styled(f"{moment:<{max(map(len, moments))}}  {actor:<{max(map(len, actors))}}  ", dim=True),
            describe_change(entry, now=now),
        )
