"""`export` and `import`: write the whole list to a file, and add tasks from one."""

import datetime as dt
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path, PurePath
from typing import TypeVar

import click

from kirotodo.client.commands.context import FAILED, leave, now, with_backend
from kirotodo.client.commands.file_io import STDIO, read_bytes, text_of, write_out
from kirotodo.client.commands.formats import Reading, Rows, read_rows, write_json
from kirotodo.client.commands.interchange.archive import files_in, is_archive
from kirotodo.client.commands.interchange.base import Format, losses
from kirotodo.client.commands.interchange.checklist import MARKDOWN
from kirotodo.client.commands.interchange.date_words import with_dates_read
from kirotodo.client.commands.interchange.duplicates import without_known
from kirotodo.client.commands.interchange.registry import FORMATS, JSON, WRITTEN, by_name, recognised
from kirotodo.client.commands.interchange.todoist import TODOIST, in_project, project_of
from kirotodo.client.commands.output import Progress, put, put_json, say
from kirotodo.client.commands.params import json_option
from kirotodo.client.commands.rows import number_in
from kirotodo.client.commands.task_view import in_brief
from kirotodo.client.commands.tasks import Paging, fetch
from kirotodo.core.backend import Backend, ImportReport
from kirotodo.core.domain.task import Page, Task, TaskFilter
from kirotodo.core.domain.view import View
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.text.folding import name_key
from kirotodo.core.text.sanitize import sanitize_line

FOLDER_FILES_MAX = 10_000
Command = TypeVar("Command", bound=Callable[..., None])
ERRORS_SHOWN = 10
DRY_SHOWN = 20


def format_option(formats: Sequence[str]) -> Callable[[Command], Command]:
    """Return the decorator that adds `--format` with these choices."""
    return click.option(
        "--format", "form", type=click.Choice(formats), help="[default: what FILE is called or holds, or json]"
    )


def _written_as(form: str | None, file: Path) -> Format:
    named = by_name(file)
    return FORMATS[form] if form else named if named is not None and named.write is not None else JSON


@click.command(
    short_help="Save the whole list to a file.",
    epilog="""\b
Examples:
  kirotodo export > tasks.json
  kirotodo export tasks.csv
  kirotodo export tasks.ics
  kirotodo export todo.txt
  kirotodo export --format csv | head
  kirotodo export --filter '+home is:open' home.json
  kirotodo export | ssh other kirotodo import""",
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@format_option(WRITTEN)
@click.option("--filter", "words", metavar="FILTER", help="Only tasks that match, such as '+home due:today'.")
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
def export(file: Path, form: str | None, words: str | None, force: bool) -> None:
    """Write the whole list, completed tasks included, to FILE or to stdout. JSON and CSV keep
    everything; of the other formats it is said what they can't hold.

    With --filter, only the tasks that match are written, completed ones too; add `is:open` to leave these out.
    """
    export_to(file, form=form, words=words, force=force)


def export_to(file: Path, *, form: str | None = None, words: str | None = None, force: bool = False) -> None:
    """Write the whole list, or what matches a filter in words, to a file or to stdout."""
    where = TaskFilter(status="all", sort="created", filter=words)
    chosen = _written_as(form, file)

    async def use(backend: Backend) -> tuple[Page[Task], tuple[View, ...]]:
        views = await _views(backend) if chosen is JSON and not words else ()
        return await fetch(backend, where, Paging(limit=None)), views

    page, views = with_backend(use)
    tasks = sorted(page.items, key=lambda task: task.id)
    assert chosen.write is not None
    write_out(write_json(tasks, views) if chosen is JSON else chosen.write(tasks), file, force=force)
    if lost := losses(chosen, tasks):
        say(lost)
    if file != STDIO:
        say(f"Wrote {_count(len(tasks))} to {file}.")


async def _views(backend: Backend) -> tuple[View, ...]:
    """Return the saved views; none from a server of an earlier release."""
    try:
        return await backend.views()
    except NotFound:
        return ()


@click.command(
    name="import",
    short_help="Add the tasks of a file or folder of this or another program.",
    epilog="""\b
Examples:
  kirotodo import tasks.json
  kirotodo import tasks.csv --dry-run
  kirotodo import groceries.txt
  kirotodo import ~/notes
  kirotodo import tasks.csv --strict
  curl -s https://example.com/tasks.json | kirotodo import -

\b
Exit codes: 0 done, 1 some rows were not imported (with --strict, none were).""",
)
@click.argument("file", type=click.Path(allow_dash=True, path_type=Path), default="-")
@format_option(tuple(FORMATS))
@click.option("--dry-run", is_flag=True, help="Show what would be added, but add nothing.")
@click.option("--skip-bad", is_flag=True, help="Exit with 0 even if bad rows were skipped.")
@click.option("--strict", is_flag=True, help="Import nothing if any row is bad.")
@click.option("--duplicates", is_flag=True, help="Add tasks that are on the list already once more.")
@json_option
def import_(
    file: Path, form: str | None, dry_run: bool, skip_bad: bool, strict: bool, duplicates: bool, as_json: bool
) -> None:
    """Add the tasks of FILE, of all files in the folder FILE, or of stdin. They get new numbers.

    The format is recognised: kirotodo's own JSON and CSV; Todoist, TickTick, Taskwarrior, todo.txt, iCalendar, Vikunja,
    Microsoft To Do and Outlook, Google Tasks, Super Productivity, Notion, Trello, Apple Reminders; checklists of
    Obsidian and GitHub; plain text, a task a line. What is on the list already is not added again.

    A zip file is read as a folder is, such as a backup of Todoist, whose files are projects.

    Bad rows are reported and skipped, and so is anything that isn't a task, such as a section. CSV needs a header with
    a `title` column; other known columns are notes, priority, due_date, due_time, recurrence, project, tags,
    completed_at and created_at, under these or other common names. JSON uses the same names. In a text file, each line
    is a task.
    """
    if file == STDIO and sys.stdin.isatty():
        raise click.UsageError("Name a file or pipe one in. For example: kirotodo import tasks.json")
    if skip_bad and strict:
        raise click.UsageError("Give either --skip-bad or --strict, not both.")
    zone = now().tzinfo
    assert zone is not None
    reading, known = with_backend(lambda backend: _read(file, form, backend, zone=zone, duplicates=duplicates))
    _put_some(reading.errors)
    _put_some(reading.remarks)
    if known:
        say(f"On the list already, and not added again: {_count(len(known))}. To add them anyway: --duplicates")
        if dry_run:
            _put_some(known)
    if reading.errors and strict:
        leave(FAILED, "Nothing was imported. Fix these rows, or drop --strict to import the others.")
    if not reading.drafts and not reading.views and not known:
        leave(FAILED, "There are no tasks to import.")
    if dry_run:
        _put_dry(reading, known, as_json=as_json)
        return
    report, remarks = with_backend(lambda backend: _import(backend, reading))
    _put_some(remarks)
    skipped = tuple(_in_the_file(sentence, reading.places) for sentence in report.skipped)
    if as_json:
        told = {"skipped": (*reading.errors, *skipped), "remarks": (*reading.remarks, *remarks), "duplicates": known}
        put_json({**asdict(report), **told})
    else:
        put(f"Imported {_count(len(report.added))}.")
        if report.added:
            say("To remove them again: kirotodo undo")
    _put_some(skipped)
    bad = len(reading.errors) + len(skipped)
    if bad and not skip_bad:
        rows = "1 row was" if bad == 1 else f"{bad} rows were"
        leave(FAILED, f"{rows} not imported, as listed above. Fix these rows, or skip them with --skip-bad.")


async def _import(backend: Backend, reading: Reading) -> tuple[ImportReport, tuple[str, ...]]:
    """Add the tasks, and the views whose names are free; the others are named in remarks."""
    report = ImportReport()
    if reading.drafts:
        with Progress("Adding tasks", len(reading.drafts)) as progress:
            report = await backend.import_tasks(reading.drafts, on_progress=progress.reach)
    remarks = []
    known = {name_key(view.name) for view in await _views(backend)} if reading.views else set()
    for view in reading.views:
        if name_key(view.name) in known:
            remarks.append(f"There is a view @{view.name} already, so it was left alone.")
            continue
        try:
            await backend.save_view(view)
        except InvalidInput as error:
            remarks.append(f"The view @{view.name} was not imported: {error.message}")
        else:
            remarks.append(f"Saved the view @{view.name}.")
    return report, tuple(remarks)


async def _read(
    file: Path, form: str | None, backend: Backend, *, zone: dt.tzinfo, duplicates: bool
) -> tuple[Reading, tuple[str, ...]]:
    """Return the tasks of a file or folder that are new, and the places of those that are on the list already."""
    rows = _rows_at(file, form)
    reading = read_rows(await with_dates_read(rows, backend, progress=Progress), zone=zone)
    if duplicates or not reading.drafts:
        return reading, ()
    page = await fetch(backend, TaskFilter(status="all", sort="created"), Paging(limit=None))
    found = without_known(reading.drafts, reading.places, page.items)
    return replace(reading, drafts=found.new, places=found.places), found.known


def _rows_at(file: Path, form: str | None) -> Rows:
    """Return the rows of a file, or of all files of a folder or an archive."""
    if file != STDIO and file.is_dir():
        return _rows_in_all(_files_in_folder(file), file, form)
    data = read_bytes(file)
    if is_archive(data):
        return _rows_in_all(((path, data) for path, data in files_in(data) if _is_tasks(path)), file, form)
    return _rows_in(text_of(data, file), file, form)


def _rows_in(text: str, file: PurePath, form: str | None) -> Rows:
    return (FORMATS[form] if form else recognised(text, file)).read(text)


def _is_tasks(path: PurePath) -> bool:
    """Return whether a file of a folder may hold tasks: not a hidden one, nor one of no known name."""
    return by_name(path) is not None and not any(part.startswith((".", "__MACOSX")) for part in path.parts)


def _files_in_folder(folder: Path) -> Iterator[tuple[PurePath, bytes]]:
    for path in sorted(each for each in folder.rglob("*") if each.is_file())[:FOLDER_FILES_MAX]:
        if _is_tasks(name := path.relative_to(folder)):
            yield name, read_bytes(path)


def _rows_in_all(files: Iterable[tuple[PurePath, bytes]], where: Path, form: str | None) -> Rows:
    """Return the rows of many files, each by the name of its file. What can't be read is named and skipped."""
    numbered: list[tuple[str, object]] = []
    remarks: list[str] = []
    first, count = 0, 0
    for name, data in files:
        count += 1
        try:
            text = text_of(data, name)
            if by_name(name) is MARKDOWN and not MARKDOWN.fits(text):
                continue  # a note, not a checklist
            rows = _rows_in(text, name, form)
        except InvalidInput as error:
            remarks.append(f"{name}: skipped: {error.message}")
            continue
        if TODOIST.fits(text):
            rows = in_project(rows, project_of(name))
        numbered += [(f"{name}: {place}", _renumbered(fields, first)) for place, fields in rows.numbered]
        first += 1 + max((number_in(f, "id") or 0 for _, f in rows.numbered if isinstance(f, dict)), default=0)
        remarks += [f"{name}: {remark}" for remark in rows.remarks]
    if not count:
        raise InvalidInput(f"There is no file in {where} that tasks can be read from.")
    return Rows(numbered=tuple(numbered), remarks=tuple(remarks))


def _renumbered(fields: object, first: int) -> object:
    """Return the fields of a row with numbers that no row of another file has."""
    if not isinstance(fields, dict):
        return fields
    numbers = {name: number_in(fields, name) for name in ("id", "parent_id", "previous_id") if name in fields}
    return {**fields, **{name: None if number is None else first + number for name, number in numbers.items()}}


def _in_the_file(sentence: str, places: Sequence[str]) -> str:
    """Return a sentence about the nth task as one about its row or line in the file."""
    found = re.match(r"Row (\d+): ", sentence)
    return f"{places[int(found[1]) - 1]}: {sentence[found.end() :]}" if found else sentence


def _put_some(sentences: Sequence[str]) -> None:
    for sentence in sentences[:ERRORS_SHOWN]:
        say(sentence)
    if len(sentences) > ERRORS_SHOWN:
        say(f"And {len(sentences) - ERRORS_SHOWN} more.")


def _put_dry(reading: Reading, known: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        told = {"skipped": reading.errors, "remarks": reading.remarks, "duplicates": known, "views": reading.views}
        put_json({"items": reading.drafts, "next": None, **told})
        return
    for draft in reading.drafts[:DRY_SHOWN]:
        put(f"Would add: {in_brief(Task.from_draft(draft, id=0, now=now()), now=now()).removeprefix('0 ')}")
    if len(reading.drafts) > DRY_SHOWN:
        put(f"and {len(reading.drafts) - DRY_SHOWN} more")
    for view in reading.views:
        put(f"Would save the view @{sanitize_line(view.name)}, unless there is one of that name.")
    say(f"Would import {_count(len(reading.drafts))}.")


def _count(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"
