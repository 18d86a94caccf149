"""`export` and `import`: write the whole list to a file, and add tasks from one."""

import re
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import click

from kirotodo.client.commands.context import FAILED, leave, now, with_backend
from kirotodo.client.commands.file_io import STDIO, read_in, write_out
from kirotodo.client.commands.formats import Reading, read_csv, read_json, read_text, write_csv, write_json
from kirotodo.client.commands.output import put, put_json, say
from kirotodo.client.commands.params import json_option
from kirotodo.client.commands.task_view import in_brief
from kirotodo.client.commands.tasks import Paging, fetch
from kirotodo.core.backend import Backend, ImportReport
from kirotodo.core.domain.task import Page, Task, TaskFilter
from kirotodo.core.domain.view import View
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.text.folding import name_key

FORMATS = ("json", "csv")
SUFFIXES = {"json": "json", "csv": "csv", "tsv": "csv", "txt": "text", "md": "text", "markdown": "text"}
READERS = {"json": read_json, "csv": read_csv, "text": read_text}
Command = TypeVar("Command", bound=Callable[..., None])
ERRORS_SHOWN = 10
DRY_SHOWN = 20


def format_option(formats: Sequence[str]) -> Callable[[Command], Command]:
    """Return the decorator that adds `--format` with these choices."""
    return click.option(
        "--format", "form", type=click.Choice(formats), help="[default: from the extension of FILE, or json]"
    )


def _format(form: str | None, file: Path, formats: Collection[str]) -> str:
    named = SUFFIXES.get(file.suffix.lower().removeprefix("."), "json")
    return form or (named if named in formats else "json")


@click.command(
    short_help="Save the whole list as JSON or CSV.",
    epilog="""\b
Examples:
  kirotodo export > tasks.json
  kirotodo export tasks.csv
  kirotodo export --format csv | head
  kirotodo export --filter '+home is:open' home.json
  kirotodo export | ssh other kirotodo import""",
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@format_option(FORMATS)
@click.option("--filter", "words", metavar="FILTER", help="Only tasks that match, such as '+home due:today'.")
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
def export(file: Path, form: str | None, words: str | None, force: bool) -> None:
    """Write the whole list, completed tasks included, to FILE or to stdout. JSON keeps everything.

    With --filter, only the tasks that match are written, completed ones too; add `is:open` to leave these out.
    """
    export_to(file, form=form, words=words, force=force)


def export_to(file: Path, *, form: str | None = None, words: str | None = None, force: bool = False) -> None:
    """Write the whole list, or what matches a filter in words, to a file or to stdout."""
    where = TaskFilter(status="all", sort="created", filter=words)
    in_json = _format(form, file, FORMATS) == "json"

    async def use(backend: Backend) -> tuple[Page[Task], tuple[View, ...]]:
        return await fetch(backend, where, Paging(limit=None)), await _views(backend) if in_json and not words else ()

    page, views = with_backend(use)
    tasks = sorted(page.items, key=lambda task: task.id)
    write_out(write_json(tasks, views) if in_json else write_csv(tasks), file, force=force)
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
    short_help="Add the tasks of a JSON, CSV or text file.",
    epilog="""\b
Examples:
  kirotodo import tasks.json
  kirotodo import tasks.csv --dry-run
  kirotodo import groceries.txt
  kirotodo import tasks.csv --strict
  curl -s https://example.com/tasks.json | kirotodo import -

\b
Exit codes: 0 done, 1 some rows were not imported (with --strict, none were).""",
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@format_option(tuple(READERS))
@click.option("--dry-run", is_flag=True, help="Show what would be added, but add nothing.")
@click.option("--skip-bad", is_flag=True, help="Exit with 0 even if bad rows were skipped.")
@click.option("--strict", is_flag=True, help="Import nothing if any row is bad.")
@json_option
def import_(file: Path, form: str | None, dry_run: bool, skip_bad: bool, strict: bool, as_json: bool) -> None:
    """Add the tasks of FILE or of stdin. They get new numbers.

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
    reading = READERS[_format(form, file, READERS)](read_in(file), zone=zone)
    _put_some(reading.errors)
    _put_some(reading.remarks)
    if reading.errors and strict:
        leave(FAILED, "Nothing was imported. Fix these rows, or drop --strict to import the others.")
    if not reading.drafts and not reading.views:
        leave(FAILED, "There are no tasks to import.")
    if dry_run:
        _put_dry(reading, as_json=as_json)
        return
    report, remarks = with_backend(lambda backend: _import(backend, reading))
    _put_some(remarks)
    skipped = tuple(_in_the_file(sentence, reading.places) for sentence in report.skipped)
    if as_json:
        put_json({**asdict(report), "skipped": (*reading.errors, *skipped), "remarks": (*reading.remarks, *remarks)})
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
    report = await backend.import_tasks(reading.drafts) if reading.drafts else ImportReport()
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


def _in_the_file(sentence: str, places: Sequence[str]) -> str:
    """Return a sentence about the nth task as one about its row or line in the file."""
    found = re.match(r"Row (\d+): ", sentence)
    return f"{places[int(found[1]) - 1]}: {sentence[found.end() :]}" if found else sentence


def _put_some(sentences: Sequence[str]) -> None:
    for sentence in sentences[:ERRORS_SHOWN]:
        say(sentence)
    if len(sentences) > ERRORS_SHOWN:
        say(f"And {len(sentences) - ERRORS_SHOWN} more.")


def _put_dry(reading: Reading, *, as_json: bool) -> None:
    if as_json:
        put_json({"items": reading.drafts, "next": None})
        return
    for draft in reading.drafts[:DRY_SHOWN]:
        put(f"Would add: {in_brief(Task.from_draft(draft, id=0, now=now()), now=now()).removeprefix('0 ')}")
    if len(reading.drafts) > DRY_SHOWN:
        put(f"and {len(reading.drafts) - DRY_SHOWN} more")
    say(f"Would import {_count(len(reading.drafts))}.")


def _count(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"
