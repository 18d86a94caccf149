"""`export` and `import`: the whole list as a file."""

import sys
from pathlib import Path

import click

from kirotodo.client.commands.files import STDIO, read_in, write_out
from kirotodo.client.commands.formats import Reading, read_csv, read_json, write_csv, write_json
from kirotodo.client.commands.output import put, put_json, say
from kirotodo.client.commands.params import json_option
from kirotodo.client.commands.session import FAILED, leave, now, with_backend
from kirotodo.client.commands.task_view import in_brief
from kirotodo.client.commands.tasks import Paging, fetch
from kirotodo.core.domain.task import Task, TaskFilter

FORMATS = ("json", "csv")
FAULTS_SHOWN = 10
DRY_SHOWN = 20

format_option = click.option(
    "--format", "form", type=click.Choice(FORMATS), help="[default: what the name of FILE ends in, else json]"
)


def _format(form: str | None, file: Path) -> str:
    suffix = file.suffix.lower().removeprefix(".")
    return form or (suffix if suffix in FORMATS else "json")


@click.command(
    short_help="Write the whole list as JSON or CSV.",
    epilog="""\b
Examples:
  kirotodo export > tasks.json
  kirotodo export tasks.csv
  kirotodo export --format csv | head
  kirotodo export | ssh other kirotodo import""",
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@format_option
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def export(file: Path, form: str | None, force: bool) -> None:
    """Write the whole list, completed tasks too, to FILE or to stdout. JSON loses nothing."""
    where = TaskFilter(status="all", sort="created")
    page = with_backend(lambda backend: fetch(backend, where, Paging(limit=None)))
    tasks = sorted(page.items, key=lambda task: task.id)
    write_out(write_csv(tasks) if _format(form, file) == "csv" else write_json(tasks), file, force=force)
    if file != STDIO:
        say(f"Wrote {_count(len(tasks))} to {file}.")


@click.command(
    name="import",
    short_help="Add the tasks of a JSON or CSV file.",
    epilog="""\b
Examples:
  kirotodo import tasks.json
  kirotodo import tasks.csv --dry-run
  kirotodo import tasks.csv --skip-bad
  curl -s https://example.com/tasks.json | kirotodo import -""",
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@format_option
@click.option("--dry-run", is_flag=True, help="Show what would be added, and add nothing.")
@click.option("--skip-bad", is_flag=True, help="Leave out rows that cannot be read, and import the rest.")
@json_option
def import_(file: Path, form: str | None, dry_run: bool, skip_bad: bool, as_json: bool) -> None:
    """Add the tasks of FILE or of stdin: all of them, or none. They get numbers of their own.

    CSV needs a header with a `title` column; known columns are notes, priority, due_date, due_time, recurrence,
    project, tags, completed_at, created_at and their usual other names.
    """
    if file == STDIO and sys.stdin.isatty():
        raise click.UsageError("Name a file or pipe one in. For example: kirotodo import tasks.json")
    text = read_in(file)
    zone = now().tzinfo
    assert zone is not None
    reading = read_csv(text, zone=zone) if _format(form, file) == "csv" else read_json(text, zone=zone)
    _report_faults(reading, skip_bad=skip_bad)
    if dry_run:
        _put_dry(reading, as_json=as_json)
        return
    report = with_backend(lambda backend: backend.import_tasks(reading.drafts))
    if as_json:
        put_json(report)
    else:
        put(f"Imported {_count(len(report.added))}.")
        say("`kirotodo undo` takes them out again.")
    for sentence in report.skipped:
        say(sentence)


def _report_faults(reading: Reading, *, skip_bad: bool) -> None:
    for fault in reading.faults[:FAULTS_SHOWN]:
        say(fault)
    if len(reading.faults) > FAULTS_SHOWN:
        say(f"And {len(reading.faults) - FAULTS_SHOWN} more.")
    if reading.faults and not skip_bad:
        leave(FAILED, "Nothing was imported. Mend these rows, or leave them out with --skip-bad.")
    if not reading.drafts:
        leave(FAILED, "There is no task to import.")


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
