"""Commands that change the list without a model: `add`, `edit`, `done`, `delete`, `undo`, `redo`."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast, get_args

import click

from kirotodo.client.commands.context import APPROVAL_NEEDED, FAILED, can_ask, confirmed, leave, now, session, with_list
from kirotodo.client.commands.output import put, put_json, say
from kirotodo.client.commands.params import CHANGE, LENGTH, NUMBERS, PRIORITY, TASK, json_option, text_or_pipe
from kirotodo.client.commands.selection import (
    CHANGED_UNASKED,
    agreed,
    selected,
    selection,
    where_option,
    yes_option,
)
from kirotodo.client.commands.task_view import in_brief
from kirotodo.client.commands.tasks import Paging, fetch
from kirotodo.core.backend import Backend, TaskFields
from kirotodo.core.domain.conversation import MESSAGE_MAX
from kirotodo.core.domain.history import By, ChangeSelection
from kirotodo.core.domain.task import PAGE_MAX, Changed, Priority, RecursFrom, Status, Task, TaskDraft, TaskFilter
from kirotodo.core.text.list_marks import read_item
from kirotodo.core.text.sanitize import sanitize_line

_COMPLETING: Final[tuple[tuple[str, str], Status]] = (("Complete", "Completing"), "pending")
_REOPENING: Final[tuple[tuple[str, str], Status]] = (("Reopen", "Reopening"), "completed")
_LONG = "use `kirotodo import --format text` for long lists"


@click.command(
    short_help="Add a task, with its date, #tag, +project and !priority.",
    epilog="""\b
Examples:
  kirotodo add buy milk tomorrow at 5pm
  kirotodo add "pay rent on the 1st every month !high +home #bills"
  kirotodo add --dry-run call mom next friday
  kirotodo add "bring insurance card" --under 12
  kirotodo add "report due friday" --for 1h30 --start wednesday
  kirotodo add "call Jane friday at 10" --remind "1 hour before"
  echo "water the plants every 3 days" | kirotodo add
  kirotodo add < groceries.txt""",
)
@click.argument("words", nargs=-1, metavar="TEXT...")
@click.option("--under", type=TASK, metavar="NUMBER", help="Add it as a step of this task.")
@click.option("--start", metavar="WHEN", help='The day before which `list` leaves it out, such as "monday".')
@click.option("--for", "duration", type=LENGTH, metavar="LENGTH", help="How long it takes, such as 30m or 1h30.")
@click.option("--remind", metavar="WHEN", help='When to ring, such as "10 minutes before" or "tomorrow 8am".')
@click.option("--dry-run", is_flag=True, help="Show what would be added, but add nothing.")
@json_option
def add(words: Sequence[str], dry_run: bool, as_json: bool, **given: Any) -> None:
    """Add a task from one line. Quote `#` and `!` if your shell needs it.

    Without TEXT, stdin is read, and each line becomes a task. Bullets, numbers and checkboxes at the start of a line
    are removed; a ticked box adds a completed task.
    """
    text = text_or_pipe(words, limit=MESSAGE_MAX, example='kirotodo add "buy milk tomorrow at 5pm"', instead=_LONG)
    lines = [line for line in text.splitlines() if read_item(line).text]
    fields = _fields(given)
    if fields and dry_run:
        raise click.UsageError(
            "--dry-run shows what the text says; leave out --under, --start, --for and --remind with it."
        )
    tasks = with_list(lambda backend: _add(backend, lines, fields, dry_run=dry_run))
    if as_json:
        put_json({"items": tasks, "next": None})
        return
    for task in tasks:
        put(f"Would add: {in_brief(task, now=now()).removeprefix('0 ')}" if dry_run else _summary("Added", task))


async def _add(backend: Backend, lines: Sequence[str], fields: TaskFields, *, dry_run: bool) -> Sequence[Task]:
    """Add the tasks of all lines, with fields that the options give."""
    if not fields:
        return await _add_lines(backend, lines, dry_run=dry_run)
    previews = [task for line in lines for task in await backend.add_from_text(line, dry_run=True)]
    return [await backend.add_task({**_as_fields(task, fields), **fields}) for task in previews]


def _as_fields(task: Task, given: TaskFields) -> TaskFields:
    """Return what a line says of a task, but for a reminder where another is given."""
    values = {name: getattr(task, name) for name in _LINE_FIELDS if name != "remind_at" or "remind" not in given}
    return cast(TaskFields, {name: value for name, value in values.items() if value not in (None, "", ())})


_LINE_FIELDS = (
    *("title", "notes", "priority", "due_date", "due_time", "start_date", "duration", "recurrence", "recurs_from"),
    *("remind_at", "project", "tags"),
)


async def _add_lines(backend: Backend, lines: Sequence[str], *, dry_run: bool) -> Sequence[Task]:
    """Add the tasks of all lines at once: a line that cannot be taken leaves the list as it was."""
    if len(lines) == 1:
        return await backend.add_from_text(lines[0], dry_run=dry_run)
    previews = [task for line in lines for task in await backend.add_from_text(line, dry_run=True)]
    if dry_run:
        return previews
    report = await backend.import_tasks([replace(TaskDraft.from_task(task), created_at=None) for task in previews])
    if report.skipped:
        say("\n".join(report.skipped))
    ids = frozenset(report.added)
    page = await fetch(backend, TaskFilter(status="all", sort="created"), Paging(limit=len(ids) + PAGE_MAX))
    return sorted((task for task in page.items if task.id in ids), key=lambda task: task.id)


@click.command(
    short_help="Change a task.",
    epilog="""\b
Examples:
  kirotodo edit 3 --title "call mom tonight"
  kirotodo edit 3 --due "next friday" --time 17:00
  kirotodo edit 3 --tag urgent --untag someday
  kirotodo edit 3 --recurrence "every other friday"
  kirotodo edit 3 --until christmas
  kirotodo edit 3 --this --time 9am
  kirotodo edit 3 --due ""      (removes the date)
  kirotodo edit 15 --under 12 --place 1
  kirotodo edit 15 --no-parent
  kirotodo edit 3 --start "next monday" --for 30m

  kirotodo edit --where '+home no:date' --due friday""",
)
@click.argument("number", type=TASK, required=False)
@where_option
@yes_option
@click.option("--title", metavar="TEXT", help="The new title.")
@click.option("--due", metavar="WHEN", help='When it is due, such as "tomorrow", "fri 17:00" or 2026-11-27.')
@click.option("--time", metavar="WHEN", help='The time of day, such as "5pm" or 17:00.')
@click.option(
    "--recurrence", "--repeat", metavar="RULE", help='How it repeats, such as "every other friday", or an RRULE.'
)
@click.option(
    "--recurs-from", type=click.Choice(["schedule", "completion"]), help="What the next due date is counted from."
)
@click.option("--until", metavar="DAY", help='The last day on which it may repeat; "" lets it repeat for ever.')
@click.option("--times", type=click.IntRange(1, 1000), metavar="N", help="How many more times, the open one included.")
@click.option("--this", "occurrence", flag_value="this", help="Change title, date or time this once only.")
@click.option("--series", "occurrence", flag_value="series", help="Move the days of its rule along with the date.")
@click.option("--priority", type=PRIORITY, help="The priority.")
@click.option("--project", metavar="NAME", help="The project it belongs to.")
@click.option("--tag", "add_tags", multiple=True, metavar="NAME", help="Add a tag; can be repeated.")
@click.option("--untag", "remove_tags", multiple=True, metavar="NAME", help="Remove a tag; can be repeated.")
@click.option("--notes", metavar="TEXT", help="The notes, on any number of lines.")
@click.option("--remind", metavar="WHEN", help='When to remind you, such as "10 minutes before" or "tomorrow 8am".')
@click.option("--start", metavar="WHEN", help='The day before which `list` leaves it out, such as "monday".')
@click.option(
    "--for", "duration", type=LENGTH, metavar="LENGTH", help='How long it takes, such as 30m or 1h30; "" for none.'
)
@click.option("--under", type=TASK, metavar="NUMBER", help="Make it a step of this task.")
@click.option("--no-parent", is_flag=True, help="Make it a task of its own again.")
@click.option("--place", type=click.IntRange(min=1), metavar="N", help="Its place among the steps, from 1.")
@json_option
def edit(number: int | None, where: str | None, yes: bool, as_json: bool, **given: Any) -> None:
    """Change a task, or all that match a filter, after asking if they are more than five. An empty value ("") removes a
    date, project, rule or note."""
    which = selection(
        [(number,)] if number is not None else [], where, yes=yes, example="kirotodo edit --where +home --priority low"
    )
    if given["no_parent"] and (given["under"] or given["place"]):
        raise click.UsageError("Give either --no-parent, or --under and --place.")
    fields = _fields(given | _recurrence(given.pop("until"), given.pop("times"), given["recurrence"]))
    if not fields.keys() - {"occurrence"}:
        raise click.UsageError(f'Say what to change. For example: kirotodo edit {number or 3} --due "tomorrow"')

    async def use(backend: Backend) -> Changed:
        ids = await selected(backend, which, verb=("Change", "Changing"), unasked=CHANGED_UNASKED)
        return await backend.update_tasks(ids, fields)

    changed = with_list(use)
    _put_changed(changed, "Changed", as_json=as_json)


def _recurrence(until: str | None, times: int | None, rule: str | None) -> dict[str, Any]:
    """The rule in words, with its end or with nothing but a new end."""
    if until is None and times is None:
        return {}
    if until is not None and times is not None:
        raise click.UsageError("It ends on a day or after some times: give --until or --times, not both.")
    end = f"{times} times" if times is not None else f"until {until}" if until else "forever"
    return {"recurrence": f"{rule} {end}".strip() if rule and until != "" else rule or end}


def _fields(given: dict[str, Any]) -> TaskFields:
    fields: TaskFields = {}
    for name, value in given.items():
        if value is None or value is False or value == ():
            continue
        match name:
            case "under":
                fields["parent_id"] = value
            case "no_parent":
                fields["parent_id"] = None
            case "place":
                fields["position"] = value
            case "duration":
                fields["duration"] = value or None
            case "priority":
                fields["priority"] = cast(Priority, value)
            case "recurs_from":
                fields["recurs_from"] = cast(RecursFrom, value)
            case "add_tags":
                fields["add_tags"] = tuple(tag.removeprefix("#") for tag in value)
            case "remove_tags":
                fields["remove_tags"] = tuple(tag.removeprefix("#") for tag in value)
            case _:
                fields[name] = value  # type: ignore[literal-required]
    return fields


@click.command(
    short_help="Complete tasks, or reopen them.",
    epilog="""\b
Examples:
  kirotodo done 3
  kirotodo done 3 5 8
  kirotodo done 3 --reopen
  kirotodo done 12 --yes        (with its open steps)

  kirotodo done --where '+shop due:today'""",
)
@click.argument("numbers", type=NUMBERS, nargs=-1, metavar="[NUMBER]...")
@where_option
@click.option("--reopen", "--undo", "reopen", is_flag=True, help="Reopen them instead.")
@click.option("--yes", "-y", is_flag=True, help="Don't ask first, also about open steps.")
@json_option
def done(numbers: Sequence[tuple[int, ...]], where: str | None, reopen: bool, yes: bool, as_json: bool) -> None:
    """Complete tasks by number, or all that match a filter, after asking if they are more than five. Completing a
    recurring task adds its next occurrence.

    Open steps of a task are completed with it, after asking, unless OPEN_STEPS is set to `complete`.
    """
    which = selection(numbers, where, yes=yes, example="kirotodo done --where +shop")
    asks = not (yes or reopen or session().completes_steps())

    async def use(backend: Backend) -> tuple[tuple[int, ...], Changed | None]:
        verb, status = _REOPENING if reopen else _COMPLETING
        ids = await selected(backend, which, verb=verb, unasked=CHANGED_UNASKED, status=status)
        if asks:
            tasks = [await backend.task(number) for number in ids]
            if not _agreed_to_steps([task for task in tasks if not task.completed]):
                return ids, None
        return ids, await backend.complete_tasks(ids, completed=not reopen)

    ids, changed = with_list(use)
    if changed is None:
        leave(FAILED, "Nothing was changed.")
    if as_json:
        put_json(changed)
        return
    titles = {task.id for task in changed.tasks}
    for task in changed.tasks:
        if task.id not in ids and not task.completed:
            if task.parent_id not in titles:
                put(_summary("Next:", task))
        else:
            put(_summary("Reopened", task) if reopen else f"Done: {task.id} {sanitize_line(task.title)}")
    for number in ids:
        if all(task.id != number for task in changed.tasks):
            say(f"Task {number} was already {'open' if reopen else 'done'}.")
    _say_skipped(changed)


def _agreed_to_steps(tasks: Sequence[Task]) -> bool:
    """Return whether the open steps of these tasks may be completed with them."""
    among = {task.id for task in tasks}
    steps = sum(task.open_steps for task in tasks) - sum(task.parent_id in among for task in tasks)
    if not steps:
        return True
    for task in tasks:
        if task.open_steps:
            say(f"  {in_brief(task, now=now())}")
    which = "1 open step" if steps == 1 else f"{steps} open steps"
    if not can_ask():
        leave(APPROVAL_NEEDED, f"Completing {which} as well needs your approval. Run the command again with --yes.")
    return confirmed(f"Complete {which} as well?")


@click.command(
    short_help="Delete tasks; asks first if there are several.",
    epilog="""\b
Examples:
  kirotodo delete 3
  kirotodo delete 3 5 8 --yes
  kirotodo delete --where '#someday added:<2026-01-01'
  kirotodo undo                 (brings them back)""",
)
@click.argument("numbers", type=NUMBERS, nargs=-1, metavar="[NUMBER]...")
@where_option
@yes_option
@json_option
def delete(numbers: Sequence[tuple[int, ...]], where: str | None, yes: bool, as_json: bool) -> None:
    """Delete tasks by number, or all that match a filter, with their steps, after asking if there are several.
    `kirotodo undo` brings them back."""
    which = selection(numbers, where, yes=yes, example="kirotodo delete --where '#someday'")

    async def use(backend: Backend) -> tuple[list[Task], Changed | None]:
        ids = await selected(backend, replace(which, yes=True), verb=("Delete", "Deleting"), unasked=0)
        tasks = [await backend.task(number) for number in ids]
        if len(tasks) > 1 and not yes and not agreed(tasks, "Delete", "Deleting"):
            return tasks, None
        return tasks, await backend.delete_tasks(ids)

    tasks, changed = with_list(use)
    if changed is None:
        leave(FAILED, "Nothing was deleted.")
    if as_json:
        put_json(changed)
        return
    for task in tasks:
        put(_summary("Deleted", task))
    say(f"To bring {'it' if len(tasks) == 1 else 'them'} back: kirotodo undo")


def _selection(groups: int | None, which: dict[str, Any]) -> ChangeSelection:
    """Return what the options select. Raises a usage error where they don't go together."""
    if groups is not None:
        raise click.UsageError("--groups counts the latest changes; leave it out, or the other options.")
    if which["call"] is not None and which["turn"] is None:
        raise click.UsageError("--call needs the --turn that it belongs to.")
    if all(which[name] is None for name in ("change", "turn", "last", "task")):
        raise click.UsageError("--by needs --last, --task or --turn as well. For example: --last 1h")
    return ChangeSelection(
        change_id=which["change"],
        turn_id=which["turn"],
        call_id=which["call"],
        since=which["last"],
        until=which["last"],
        task_id=which["task"],
        by=which["by"],
    )


async def _undo_selected(backend: Backend, *, which: ChangeSelection) -> Changed:
    return await backend.undo_changes(which)


@click.command(
    short_help="Undo the latest changes.",
    epilog="""\b
Examples:
  kirotodo undo
  kirotodo undo --groups 3
  kirotodo undo --change 41
  kirotodo undo --last 1h --by assistant
  kirotodo undo --turn 9f3c --call 0.1""",
)
@click.option("--groups", type=click.IntRange(1, 100), help="How many steps to undo.  [default: 1]")
@click.option("--change", type=CHANGE, help="Undo this change alone; `kirotodo log` shows its number.")
@click.option("--turn", metavar="ID", help="Undo what this answer changed; the beginning of its id is enough.")
@click.option("--call", metavar="ID", help="With --turn: undo only what this call changed, such as 0.1.")
@click.option("--last", metavar="TIME", help="Undo the changes of this time: 1h, today, yesterday, this morning.")
@click.option("--task", type=TASK, help="Undo only changes of this task.")
@click.option("--by", type=click.Choice(get_args(By)), help="Undo only changes made by them.")
@json_option
def undo(groups: int | None, as_json: bool, **which: Any) -> None:
    """Undo the latest changes. Everything that one command or one answer changed is one step.

    With the other options, changes are undone wherever they lie in the past. Fields that somebody changed later stay as
    they are, and are named.
    """
    if any(value is not None for value in which.values()):
        changed = with_list(partial(_undo_selected, which=_selection(groups, which)))
    else:
        changed = with_list(lambda backend: backend.undo(groups=groups or 1))
    _put_changed(changed, "Restored", as_json=as_json)
    if not as_json:
        say("To redo: kirotodo redo")


@click.command(
    short_help="Redo what was undone.",
    epilog="""\b
Examples:
  kirotodo redo
  kirotodo redo --json""",
)
@json_option
def redo(as_json: bool) -> None:
    """Redo what the last undo reverted."""
    changed = with_list(lambda backend: backend.redo())
    _put_changed(changed, "Redone:", as_json=as_json)


def _put_changed(changed: Changed, verb: str, *, as_json: bool) -> None:
    if as_json:
        put_json(changed)
        return
    titles = {change.task_id: change.before.title for change in changed.changes if change.before is not None}
    moved = {change.task_id for change in changed.changes}
    for task in changed.tasks:
        if task.id in moved or not changed.skipped:
            put(_summary(verb, task))
    for number in changed.removed:
        put(f"Removed {number} {sanitize_line(titles.get(number, ''))}".rstrip())
    for sentence in changed.views:
        put(sanitize_line(sentence))
    if not changed.tasks and not changed.removed and not changed.skipped and not changed.views:
        say("Nothing to change.")
    _say_skipped(changed)


def _say_skipped(changed: Changed) -> None:
    for sentence in changed.skipped:
        say(sentence)


def _summary(verb: str, task: Task) -> str:
    return f"{verb} {in_brief(task, now=now())}"
