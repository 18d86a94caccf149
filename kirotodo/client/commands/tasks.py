"""Commands that show the list without a model: `list`, `show`, `search`, `stats`."""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, cast, get_args

import click

from kirotodo.client.commands.context import now, with_list
from kirotodo.client.commands.output import put_json, say
from kirotodo.client.commands.params import PRIORITY, SORT, TASK, FilterCommand, filter_argument, joined, json_option
from kirotodo.client.commands.task_view import put_task, put_tasks, zone_of
from kirotodo.core.backend import Backend
from kirotodo.core.domain.history import PastPage
from kirotodo.core.domain.task import PAGE_MAX, Due, Page, Priority, Sort, Status, Task, TaskFilter
from kirotodo.core.domain.view import Group, View
from kirotodo.core.errors import OperatorError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_moment
from kirotodo.core.text.sanitize import sanitize_line

DEFAULT_LIMIT = 50

AGAIN = "The server sends the same page again and again, so the rest of the list can't be read."


@dataclass(frozen=True, kw_only=True, slots=True)
class Paging:
    """How many tasks to fetch, all where `limit` is None, and the cursor to start from."""

    limit: int | None
    cursor: str | None = None


async def fetch(backend: Backend, where: TaskFilter, paging: Paging) -> Page[Task]:
    """Return as many tasks as asked for, page after page. Raise `OperatorError` where the pages never end."""

    async def read(limit: int, cursor: str | None) -> Page[Task]:
        return await backend.tasks(where, limit=limit, cursor=cursor)

    return await _fetch(read, paging)


async def fetch_past(backend: Backend, moment: str, where: TaskFilter, paging: Paging) -> PastPage:
    """Return tasks as they were at a moment, as `fetch` does."""
    moments: list[dt.datetime] = []

    async def read(limit: int, cursor: str | None) -> Page[Task]:
        # What "1h" means is settled by the first page, so that all of them show the same moment.
        then = moments[0].isoformat() if moments else moment
        page = await backend.tasks_as_of(then, where, limit=limit, cursor=cursor)
        moments.append(page.as_of)
        return Page(items=page.items, next=page.next, total=page.total)

    page = await _fetch(read, paging)
    return PastPage(as_of=moments[0], items=page.items, next=page.next, total=page.total)


async def _fetch(read: Callable[[int, str | None], Awaitable[Page[Task]]], paging: Paging) -> Page[Task]:
    items: list[Task] = []
    cursor = paging.cursor
    while True:
        room = PAGE_MAX if paging.limit is None else min(paging.limit - len(items), PAGE_MAX)
        page = await read(room, cursor)
        items.extend(page.items)
        if page.next is not None and page.next == cursor:
            raise OperatorError(AGAIN)
        cursor = page.next
        if cursor is None or (paging.limit is not None and len(items) >= paging.limit):
            return Page(items=tuple(items), next=cursor, total=page.total)


@click.command(
    name="list",
    cls=FilterCommand,
    short_help="List tasks, by default the pending ones.",
    epilog="""\b
Examples:
  kirotodo list
  kirotodo list due:today
  kirotodo list 'overdue or (+home !high)'
  kirotodo list due:today..friday -#waiting
  kirotodo list done:yesterday
  kirotodo list --done --since monday
  kirotodo list --group project --sort priority,title
  kirotodo list --status completed --sort completed --limit 10
  kirotodo list --as-of friday
  kirotodo list --steps
  kirotodo list --scheduled
  kirotodo list --all --json | jq '.items[].title'

\b
A filter:
  milk "call mom"       words, or a phrase
  +home #urgent !high   project, tag, priority (+"two words" for a name with spaces)
  due:today             also done:, added: and start:; due:<friday, due:today..friday
  overdue is:recurring  also is:open, is:done
  no:date               also time, start, project, tag, priority, notes, reminder
  -#waiting             leave out; a or b; (a or b) c
  @work                 a saved view, see kirotodo views

\b
Several sorts take commas, and -asc or -desc turns one around: --sort priority,created-asc.

Your shell needs quotes around #, !, ", <, > and parentheses.""",
)
@filter_argument
@click.option(
    "--status", type=click.Choice(get_args(Status)), help="Which tasks. [default: what FILTER says, or pending]"
)
@click.option("--done", is_flag=True, help="Only completed tasks, the latest first.")
@click.option("--since", metavar="DAY", help="With --done: completed on that day or later: monday, 2026-11-20.")
@click.option("--until", metavar="DAY", help="With --done: completed on that day or before.")
@click.option("--due", type=click.Choice(get_args(Due)), default="any", help="Only tasks due then.")
@click.option("--project", metavar="NAME", help="Only tasks in this project.")
@click.option("--tag", metavar="NAME", help="Only tasks with this tag.")
@click.option("--priority", type=PRIORITY, help="Only tasks of this priority.")
@click.option("--search", metavar="WORDS", help="Only tasks that contain these words.")
@click.option("--sort", type=SORT, metavar="KEYS", help=f"The order: {', '.join(get_args(Sort))}. [default: due]")
@click.option("--group", type=click.Choice(get_args(Group)), help="Print the list in groups.")
@click.option("--as-of", metavar="WHEN", help="The list as it was then: friday, yesterday 5pm, 2026-11-20.")
@click.option("--upcoming", is_flag=True, help="Also show when repeating tasks are due after that.")
@click.option("--steps", "with_steps", is_flag=True, help="Show the steps of each task below it.")
@click.option("--scheduled", is_flag=True, help="Only tasks that start later, which are left out otherwise.")
@click.option("--limit", type=click.IntRange(min=1), default=DEFAULT_LIMIT, show_default=True, help="How many at most.")
@click.option("--all", "everything", is_flag=True, help="No limit, and completed tasks too unless --status is given.")
@click.option("--cursor", metavar="NEXT", help="Continue after a page, from the `next` in its JSON.")
@json_option
def list_(
    words: str | None,
    status: str | None,
    due: str,
    sort: str | None,
    group: Group | None,
    everything: bool,
    limit: int,
    cursor: str | None,
    as_json: bool,
    **rest: Any,
) -> None:
    """List tasks, by default the pending ones by due date. FILTER and the options narrow the list together."""
    if (named := _view_in(words)) is not None:
        words, view = named
        sort, group = sort or view.sort, group or view.group
    if rest["done"] or rest["since"] is not None or rest["until"] is not None:
        status, sort = _done_status(status, given=rest["done"]), sort or "completed"
        words = _done_between(words, rest["since"], rest["until"])
    where = TaskFilter(
        status=cast(Status | None, status or ("all" if everything else None)),
        filter=words,
        due=cast(Due, due),
        sort=_order(sort, group),
        project=rest["project"],
        tag=rest["tag"].removeprefix("#") if rest["tag"] else None,
        priority=cast(Priority | None, rest["priority"]),
        search=rest["search"],
        steps="hide" if everything and not rest["with_steps"] else None,
        scheduled="only" if rest["scheduled"] else None,
    )
    paging = Paging(limit=None if everything else limit, cursor=cursor)
    _list(
        where,
        paging,
        group=group or ("when" if sort in (None, "due") else None),
        as_of=rest["as_of"],
        as_json=as_json,
        with_coming=rest["upcoming"],
        with_steps=rest["with_steps"],
    )


def _done_status(status: str | None, *, given: bool) -> str:
    """Return the status of completed tasks, which is what `--done` asks for. Raises `UsageError`."""
    if not given:
        raise click.UsageError("--since and --until go with --done. For example: kirotodo list --done --since monday")
    if status not in (None, "completed"):
        raise click.UsageError("--done is --status completed, so leave out --status.")
    return "completed"


def _done_between(words: str | None, since: str | None, until: str | None) -> str | None:
    """Return a filter that also asks for tasks that were completed on these days."""
    if since is None and until is None:
        return words
    from kirotodo.core.domain.filters import quoted  # here, since most lists do without

    ends = ["" if end is None or not end.strip() else quoted(end.strip()) for end in (since, until)]
    if ends == ["", ""]:
        raise click.UsageError("Give a day: kirotodo list --done --since monday")
    between = f"done:{'..'.join(ends)}"
    return f"({words}) {between}" if words else between


def _view_in(words: str | None) -> tuple[str, View] | None:
    """Return the view that the filter is the name of, which says how it is shown, and how it is written."""
    if words is None or not words.startswith("@"):
        return None
    from kirotodo.client.commands.views import reference, view_in  # here, since most lists do without

    view = view_in(words)
    return None if view is None else (reference(view), view)


def _order(sort: str | None, group: Group | None) -> str:
    """Return the order in which groups come one after another; a task can be in the groups of several tags."""
    first = {"project": "project", "priority": "priority", "date": "due"}.get(group or "")
    return ",".join(part for part in (first, sort) if part) or "due"


@click.command(
    short_help="Search all tasks, completed ones too.",
    epilog="""\b
Examples:
  kirotodo search dentist
  kirotodo search call mom --json""",
)
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("--status", type=click.Choice(get_args(Status)), default="all", help="Which tasks. [default: all]")
@click.option("--limit", type=click.IntRange(min=1), default=DEFAULT_LIMIT, show_default=True, help="How many at most.")
@json_option
def search(words: Sequence[str], status: str, limit: int, as_json: bool) -> None:
    """Search for tasks whose title, notes, project or tags contain these words or the beginnings of words."""
    text = joined(words)
    if not text:
        raise click.UsageError("Some words are needed. For example: kirotodo search dentist")
    _list(TaskFilter(status=cast(Status, status), search=text), Paging(limit=limit), group="when", as_json=as_json)


async def _with_steps(backend: Backend, where: TaskFilter, paging: Paging) -> tuple[Page[Task], dict[int, list[Task]]]:
    """Return tasks, and the steps of those that have some, asked for task by task since there are at most a page."""
    page = await fetch(backend, where, paging)
    shown = {task.id for task in page.items}
    found: dict[int, list[Task]] = {}
    for task in page.items:
        if task.steps is not None:
            steps = await fetch(backend, TaskFilter(parent_id=task.id, status="all"), Paging(limit=None))
            found[task.id] = list(steps.items)
    below = {step.id for steps in found.values() for step in steps}
    return replace(page, items=tuple(task for task in page.items if task.id not in below & shown)), found


def _list(
    where: TaskFilter,
    paging: Paging,
    *,
    group: Group | None,
    as_of: str | None = None,
    as_json: bool,
    with_coming: bool = False,
    with_steps: bool = False,
) -> None:
    page: Page[Task] | PastPage
    steps: dict[int, list[Task]] = {}
    if with_steps and as_of is None:
        page, steps = with_list(lambda backend: _with_steps(backend, where, paging))
    elif as_of is None:
        page = with_list(lambda backend: fetch(backend, where, paging))
    else:
        page = with_list(lambda backend: fetch_past(backend, as_of, where, paging))
    if as_json:
        moment = {"as_of": page.as_of} if isinstance(page, PastPage) else {}
        shown = [each for task in page.items for each in (task, *steps.get(task.id, ()))]
        items = [_with_coming(task) for task in shown] if with_coming else shown
        put_json({**moment, "items": items, "next": page.next})
        return
    if isinstance(page, PastPage):
        say(f"As of {describe_moment(page.as_of, now=now())}:")
    if not page.items:
        say(_nothing(where) if as_of is None else "No task matched then.")
        for written, near in _hints(where.filter) if where.filter else ():
            say(f"Nothing is in {sanitize_line(written)}. Did you mean {sanitize_line(near)}?")
        return
    put_tasks(page.items, now=now(), group=group, with_coming=with_coming, steps=steps)
    if page.next is not None:
        more = f"{page.total - len(page.items)} more" if page.total is not None and paging.cursor is None else "More"
        say(f"{more} not shown. See them with --limit {len(page.items) * 2} or --all.")


def _with_coming(task: Task) -> dict[str, Any]:
    import msgspec

    from kirotodo.core.domain.routine import upcoming

    following = [{"due_date": each.date, "due_time": each.time} for each in upcoming(task, zone=zone_of(now()))]
    return {**msgspec.to_builtins(task), "upcoming": following}


def _nothing(where: TaskFilter) -> str:
    if where.scheduled == "only":
        return "Nothing is scheduled for later. To hide a task until a day: kirotodo edit NUMBER --start monday"
    if where in (TaskFilter(), TaskFilter(status=None)):
        return 'Nothing is pending. Add a task: kirotodo add "buy milk tomorrow at 5pm"'
    if where == TaskFilter(status="completed", sort=where.sort) or where.filter == "is:done":
        return "Nothing is completed yet. To complete a task: kirotodo done NUMBER"
    if where.search:
        return f"No task contains “{sanitize_line(where.search)}”. `kirotodo list --all` shows every task."
    if where.filter:
        return f"No task matches {sanitize_line(where.filter)}{_instead(where.filter)}"
    return "No task matches. `kirotodo list --all` shows every task."


def _hints(filter: str) -> Sequence[tuple[str, str]]:
    """Return the projects and tags of a filter that nothing has, each with one that is near."""
    from kirotodo.core.domain.filter_reading import KnownNames, read_typed  # here, since most filters find something

    async def names(backend: Backend) -> KnownNames:
        counts, views = await backend.stats(), await backend.views() if "@" in filter else ()
        return KnownNames(
            projects=[each.project for each in counts.projects if each.project],
            tags=[each.tag for each in counts.tags],
            views={view.name: view.filter for view in views},
        )

    return read_typed(filter, today=now().date(), names=with_list(names)).hints


def _instead(filter: str) -> str:
    """Return the end of a sentence that says what was probably meant by a filter that holds no task."""
    word = filter.strip().lower()
    if word in ("today", "tomorrow", "yesterday"):
        return f". Did you mean `kirotodo list due:{word}`?"
    return ". `kirotodo list --all` shows every task."


@click.command(
    short_help="Show every detail of a task.",
    epilog="""\b
Examples:
  kirotodo show 3
  kirotodo show 3 --json | jq .due_date""",
)
@click.argument("number", type=TASK)
@json_option
def show(number: int, as_json: bool) -> None:
    """Show every detail of a task."""

    async def use(backend: Backend) -> tuple[Task, Sequence[Task]]:
        found = await backend.task(number)
        return found, await _steps_of(backend, number) if found.steps is not None and not as_json else ()

    task, its_steps = with_list(use)
    if as_json:
        put_json(task)
    else:
        put_task(task, now=now(), steps=its_steps)


async def _steps_of(backend: Backend, number: int) -> Sequence[Task]:
    return (await fetch(backend, TaskFilter(parent_id=number, status="all"), Paging(limit=None))).items


@click.command(
    short_help="List the steps of a task.",
    epilog="""\b
Examples:
  kirotodo steps 12
  kirotodo steps 12 --json
  kirotodo add "bring insurance card" --under 12
  kirotodo edit 15 --place 1
  kirotodo done 15""",
)
@click.argument("number", type=TASK)
@json_option
def steps(number: int, as_json: bool) -> None:
    """List the steps of a task in their order, done ones too."""

    async def use(backend: Backend) -> tuple[Task, Sequence[Task]]:
        return await backend.task(number), await _steps_of(backend, number)

    task, found = with_list(use)
    if as_json:
        put_json({"items": found, "next": None})
        return
    if found:
        put_tasks(found, now=now(), group=None)
        return
    if task.parent_id is not None:
        say(f"Task {number} is a step of task {task.parent_id}, and steps have no steps.")
    else:
        say(f'Task {number} has no steps. Add one: kirotodo add "bring insurance card" --under {number}')
