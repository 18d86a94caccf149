"""`export` and `import`: the whole list as a file."""

import csv
import datetime as dt
import io
import itertools
import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from kirotodo.client.commands.columns import Columns, canonical, columns_of, fields_in, together
from kirotodo.client.commands.context import FAILED, leave, now, with_backend
from kirotodo.client.commands.files import STDIO, read_in, write_out
from kirotodo.client.commands.output import put, put_json, say, to_json
from kirotodo.client.commands.params import json_option
from kirotodo.client.commands.task_view import in_brief
from kirotodo.client.commands.tasks import Paging, fetch
from kirotodo.core.domain.rule import read_rule
from kirotodo.core.domain.task import (
    NAME_MAX,
    NOTES_MAX,
    PRIORITIES,
    TITLE_MAX,
    Priority,
    RecursFrom,
    Task,
    TaskDraft,
    TaskFilter,
)
from kirotodo.core.errors import InvalidInput
from kirotodo.core.text.list_marks import read_item

FIELDS: Final = (
    "title",
    "notes",
    "priority",
    "due_date",
    "due_time",
    "recurrence",
    "recurs_from",
    "remind_at",
    "project",
    "tags",
    "parent_id",
    "completed_at",
    "created_at",
)
_NO_TASKS: Final = frozenset(
    ["section", "note", "meta", "comment", "heading", "header", "project", "folder", "list", "label", "tag", "area"]
)
"""What a row of another program may be besides a task."""
_OPEN: Final = {"", "0", "no", "false", "n", "open", "pending", "todo"}
_DONE: Final = {"1", "yes", "true", "y", "x", "done", "completed", "✓", "complete", "closed", "finished"}
_ARCHIVED: Final = "2"
_PRIORITY_WORDS: Final[dict[str, Priority]] = {
    "urgent": "high", "highest": "high", "critical": "high", "normal": "medium", "lowest": "low",
    "1": "high", "2": "medium", "3": "low", "4": "none", "0": "none",
}  # fmt: skip
_TICKTICK: Final[dict[str, Priority]] = {"0": "none", "1": "low", "3": "medium", "5": "high"}
_RULE_WORDS: Final = re.compile(r"(?:every|each|daily|weekly|monthly|yearly|annually|weekdays|hourly)\b", re.IGNORECASE)
_FROM_DUE: Final = re.compile(
    r"(?P<sign>[-+]?)P(?:(?P<weeks>\d{1,3})W)?(?:(?P<days>\d{1,3})D)?"
    r"(?:T(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?(?:\d+S)?)?"
)
_LINE_END: Final = re.compile(r"\s*[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]\s*")
_BETWEEN_TAGS: Final = re.compile(r"[;,|\n]")
_SIGNED_TAGS: Final = re.compile(r"\s*[#@][^\s#@]+(?:\s+[#@][^\s#@]+)*\s*")
_TEXT_KEYS: Final = ("title", "name", "label", "datetime", "dateTime", "date", "value")


class NoTask(ValueError):
    """A row that another program keeps beside its tasks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """The task that a row makes, and what was put elsewhere than the row has it, a sentence each."""

    draft: TaskDraft
    remarks: tuple[str, ...] = ()


def draft_from(fields: object, *, zone: dt.tzinfo) -> Row:
    """Return the task of a row. Its parent is given as the file numbers it; who adds it has to look it up."""
    if not isinstance(fields, Mapping):
        raise ValueError("this is no task.")
    if "extra" in fields:
        raise ValueError("it has more cells than the header names; is a text with commas not quoted?")
    kind = _raw(fields, "type").lower()
    if kind in _NO_TASKS:
        raise NoTask(f"a {kind}, not a task: “{' '.join(_raw(fields, 'title').split())[:40]}”.")
    title, rest = _title(fields)
    notes, remarks = _notes(fields, title, rest)
    day, clock = _due(fields, zone)
    draft = TaskDraft(
        title=title,
        notes=notes,
        priority=_priority(fields),
        due_date=day,
        due_time=clock,
        recurrence=_recurrence(fields),
        recurs_from=_recurs_from(fields),
        remind_at=_reminder(fields, day, clock, zone),
        project=_project(fields),
        tags=_tags(fields),
        parent_id=number_in(fields, "parent_id"),
        completed_at=_completed(fields, zone),
        created_at=_moment(fields, "created_at", zone),
    )
    return Row(draft=draft, remarks=remarks)


def number_in(fields: Mapping[str, Any], name: str) -> int | None:
    """Return a number of our own kind; what other programs call an id is none."""
    text = str(fields.get(name) or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _raw(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, Mapping):
        value = next((value[key] for key in _TEXT_KEYS if value.get(key)), "")
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text.")
    return value.strip()


def _title(fields: Mapping[str, Any]) -> tuple[str, str]:
    """The title on one line, and what does not fit."""
    title = _LINE_END.sub(" ", _raw(fields, "title"))
    if not title:
        raise ValueError("the title is empty.")
    if len(title) <= TITLE_MAX:
        return title, ""
    cut = title.rfind(" ", TITLE_MAX // 2, TITLE_MAX - 1)
    cut = TITLE_MAX - 1 if cut < 0 else cut
    return title[:cut].rstrip() + "…", title[cut:].strip()


def _notes(fields: Mapping[str, Any], title: str, rest: str) -> tuple[str, tuple[str, ...]]:
    remarks: list[str] = []
    notes = _raw(fields, "notes")
    if rest:
        remarks.append(f"the title is longer than {TITLE_MAX} characters, so the notes begin with the rest of it.")
        notes = f"…{rest}\n\n{notes}".strip()
    if len(notes) > NOTES_MAX:
        remarks.append(f"the notes have {len(notes):,} characters; those after the first {NOTES_MAX:,} were cut off.")
        notes = notes[: NOTES_MAX - 1].rstrip() + "…"
    return notes, tuple(f"“{title[:40]}”: {remark}" for remark in remarks)


def _priority(fields: Mapping[str, Any]) -> Priority:
    value = _raw(fields, "priority").lower() or "none"
    words = _TICKTICK if "is_all_day" in fields else _PRIORITY_WORDS
    for priority in PRIORITIES:
        if value == priority or words.get(value) == priority:
            return priority
    raise ValueError(f"priority is {value!r}; it should be one of {', '.join(PRIORITIES)}.")


def _recurs_from(fields: Mapping[str, Any]) -> RecursFrom:
    value = _raw(fields, "recurs_from") or "schedule"
    if value not in {"schedule", "completion"}:
        raise ValueError(f"recurs_from is {value!r}; it should be schedule or completion.")
    return cast(RecursFrom, value)


def _recurrence(fields: Mapping[str, Any]) -> str | None:
    """A rule, or words that begin as a rule does, which whoever keeps the list reads."""
    rule = _raw(fields, "recurrence")
    if not rule or _RULE_WORDS.match(rule):
        return rule or None
    if "FREQ=" not in rule.upper():
        raise ValueError(f"recurrence is {rule!r}; it should be a rule such as FREQ=WEEKLY;BYDAY=FR.")
    try:
        return str(read_rule(rule))
    except InvalidInput as error:
        raise ValueError(f"recurrence is {rule!r}. {error.message}") from None


def _project(fields: Mapping[str, Any]) -> str | None:
    name = " ".join(_raw(fields, "project").split())
    if len(name) > NAME_MAX:
        raise ValueError(f"project has {len(name)} characters; {NAME_MAX} is the most.")
    return name or None


def _tags(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = fields.get("tags")
    given = split_tags(value) if isinstance(value, str) else value
    if given is None:
        return ()
    if not isinstance(given, Sequence):
        raise ValueError("tags should be a list of names.")
    names = [_raw({"tag": tag}, "tag") if isinstance(tag, str | Mapping) else None for tag in given]
    if None in names:
        raise ValueError("tags should be a list of names.")
    tags = tuple(dict.fromkeys(name for tag in names if tag and (name := tag.lstrip("#@ "))))
    if any(len(tag) > NAME_MAX for tag in tags):
        raise ValueError(f"a tag has more than {NAME_MAX} characters.")
    return tags


def split_tags(text: str) -> Sequence[object]:
    """Return the tags of one text: `work; home`, `work|home`, `#work @home`, or a list as JSON has it."""
    if text.lstrip().startswith("["):
        try:
            listed = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            listed = text.strip().removeprefix("[").removesuffix("]").split(",")
        return listed if isinstance(listed, list) else [text]
    if _SIGNED_TAGS.fullmatch(text) and not _BETWEEN_TAGS.search(text):
        return text.split()
    return _BETWEEN_TAGS.split(text)


def _due(fields: Mapping[str, Any], zone: dt.tzinfo) -> tuple[dt.date | None, dt.time | None]:
    """A moment with an offset is put on the user's clock; one that is all day is the day where it was written."""
    day, clock = _raw(fields, "due_date"), _raw(fields, "due_time")
    if not day:
        if clock:
            raise ValueError("there is a due_time without a due_date.")
        return None, None
    try:
        at = dt.datetime.fromisoformat(day)
        all_day = _raw(fields, "is_all_day").lower() in _DONE
        if at.tzinfo is not None:
            at = at.astimezone(_zone(fields, zone) if all_day else zone)
    except (ValueError, OverflowError):
        raise ValueError(f"due_date is {day!r}; it should be a day such as 2026-11-27.") from None
    if clock:
        return at.date(), _clock(clock)
    return at.date(), at.time() if len(day) > len("2026-11-27") and not all_day else None


def _zone(fields: Mapping[str, Any], zone: dt.tzinfo) -> dt.tzinfo:
    try:
        return ZoneInfo(_raw(fields, "timezone")) if _raw(fields, "timezone") else zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return zone


def _clock(text: str) -> dt.time:
    try:
        found = dt.time.fromisoformat(text if len(text.split(":")[0]) == 2 else f"0{text}")
    except ValueError:
        raise ValueError(f"due_time is {text!r}; it should be a time of day such as 17:00.") from None
    return found.replace(tzinfo=None)


def _moment(fields: Mapping[str, Any], name: str, zone: dt.tzinfo) -> dt.datetime | None:
    """A moment in UTC; one without an offset is in the user's zone."""
    text = _raw(fields, name)
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {text!r}; it should be a moment such as 2026-11-27T17:00:00Z.") from None


def _reminder(
    fields: Mapping[str, Any], day: dt.date | None, clock: dt.time | None, zone: dt.tzinfo
) -> dt.datetime | None:
    """A moment, or as calendars write it how long before it is due: `-PT30M`; of a whole day, from its beginning."""
    found = _FROM_DUE.fullmatch(_raw(fields, "remind_at").upper().removeprefix("TRIGGER:"))
    if found is None:
        return _moment(fields, "remind_at", zone)
    if day is None:
        raise ValueError("there is a reminder before a due_date, and no due_date.")
    away = dt.timedelta(**{unit: int(found[unit] or 0) for unit in ("weeks", "days", "hours", "minutes")})
    due = dt.datetime.combine(day, clock or dt.time(), tzinfo=zone)
    return (due - away if found["sign"] == "-" else due + away).astimezone(dt.UTC)


def _completed(fields: Mapping[str, Any], zone: dt.tzinfo) -> dt.datetime | None:
    """When it was done; a mere yes counts as now. A status that is none of those that mean done is open."""
    word = _raw(fields, "completed_at")
    if word.lower() in _DONE:
        return dt.datetime.now(dt.UTC)
    if word.lower() not in _OPEN:
        return _moment({"completed_at": word.upper()}, "completed_at", zone)
    if not word and _raw(fields, "status").lower() in _DONE | {_ARCHIVED}:
        return dt.datetime.now(dt.UTC)
    return None


COLUMNS: Final = ("id", *FIELDS, "updated_at")
PREAMBLE_MAX: Final = 20
"""How many lines some programs write before the header."""
_FORMULA: Final = tuple("=+-@\t\r")
_SEPARATOR: Final = re.compile(r"\s*\"?sep=(?P<mark>[,;|\t])\"?[ \t]*(?=\r?\n|\r|\Z)", re.IGNORECASE)
_SIMPLE_TAG: Final = re.compile(r"[^;,|\n\[#@\"]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a file holds: the tasks to be made with the place of each, a sentence for each row that cannot be read, and
    one for all that is not imported as it stands there."""

    drafts: tuple[TaskDraft, ...]
    places: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def write_json(tasks: Sequence[Task]) -> str:
    return to_json({"items": tasks, "next": None}, indent=2) + "\n"


def read_json(text: str, *, zone: dt.tzinfo) -> Reading:
    """Tasks of `{"items": [...]}` or of a bare list. Raises `InvalidInput` where the text is neither."""
    if not text.strip():
        raise InvalidInput("The file is empty.")
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidInput(f"This is no JSON{where}. For a CSV file add --format csv.") from None
    items = content.get("items") if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise InvalidInput('This JSON holds no tasks: it should be {"items": [...]}, as `kirotodo export` writes it.')
    # objects need not have the same keys, so each is looked at by itself
    columns = [columns_of(tuple(map(str, item))) if isinstance(item, Mapping) else Columns() for item in items]
    numbered = (
        (f"Task {place}", fields_in(item, each) if isinstance(item, Mapping) else item)
        for place, (item, each) in enumerate(zip(items, columns, strict=True), start=1)
    )
    return _read(numbered, zone=zone, remarks=together(columns).remarks)


def read_text(text: str, *, zone: dt.tzinfo) -> Reading:
    """A task a line, without the marks of a list; one whose box is ticked is done. Dates stay in the title."""
    lines = [(f"Line {place}", read_item(line)) for place, line in enumerate(text.splitlines(), start=1)]
    given = [
        (place, {"title": item.text, "completed_at": "x" if item.done else ""}) for place, item in lines if item.text
    ]
    if not given:
        raise InvalidInput("The file is empty.")
    return _read(given, zone=zone)


def write_csv(tasks: Sequence[Task]) -> str:
    from pydantic_core import to_jsonable_python

    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for task in tasks:
        fields: dict[str, Any] = to_jsonable_python(task)
        simple = all(_SIMPLE_TAG.fullmatch(tag) for tag in task.tags)
        fields["tags"] = ";".join(task.tags) if simple else json.dumps(task.tags, ensure_ascii=False)
        writer.writerow(_guarded(fields[column]) for column in COLUMNS)
    return out.getvalue()


def _guarded(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; reading takes the apostrophe off again."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text


def read_csv(text: str, *, zone: dt.tzinfo) -> Reading:
    """Tasks of a table with a header, which lines of another kind may stand before.

    Raises `InvalidInput` where there is no header with a title.
    """
    if not text.strip():
        raise InvalidInput("The file is empty.")
    if "\0" in text:
        raise InvalidInput("This isn't a CSV file: it contains NUL bytes.")
    separator = _SEPARATOR.match(text)
    if separator is not None:
        text = text[separator.end() :]  # its line end stays, so that rows keep their numbers
    delimiters = separator["mark"] if separator is not None else ",;\t|"
    delimiter, before, _ = max((_header_in(text, mark) for mark in delimiters), key=lambda found: found[2])
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        preamble = [row for row in itertools.islice(rows, before) if any(row)]
        header = [name.removeprefix("\ufeff") for name in next(rows)]
        columns = columns_of(header)
        if "title" not in columns.field_of.values():
            raise InvalidInput("The first row must name the columns, and one of them must be `title`.")
        numbered = [
            (f"Row {rows.line_num}", _cells(header, columns.field_of, row))
            for row in rows
            if any(cell.strip() for cell in row)
        ]
    except (csv.Error, StopIteration) as error:
        raise InvalidInput(f"Row {rows.line_num} is no CSV: {error}.") from None
    skipped = (f"Left out: {len(preamble)} rows before the header.",) if preamble else ()
    return _read(numbered, zone=zone, remarks=(*skipped, *columns.remarks))


def _header_in(text: str, delimiter: str) -> tuple[str, int, int]:
    """How many rows stand before the header where this is the delimiter, and how many fields it names.

    The header is the first row that names a title; a row further down has to name another field as well.
    """
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    is_first = True
    try:
        for place, row in enumerate(itertools.islice(rows, PREAMBLE_MAX)):
            named = {canonical(name.removeprefix("\ufeff")) for name in row} & {*FIELDS}
            if "title" in named and (is_first or len(named) > 1):
                return delimiter, place, len(named)
            is_first = is_first and not any(row)
    except csv.Error:
        pass
    return delimiter, 0, 0


def _cells(header: Sequence[str], field_of: Mapping[str, str], row: Sequence[str]) -> Mapping[str, object]:
    cells: dict[str, object] = {}
    for name, cell in zip(header, row, strict=False):
        if (field := field_of.get(name)) is not None and field not in cells:
            cells[field] = _unguarded(cell)
    if any(cell.strip() for cell in row[len(header) :]):
        cells["extra"] = True
    return cells


def _read(numbered: Iterable[tuple[str, object]], *, zone: dt.tzinfo, remarks: Sequence[str] = ()) -> Reading:
    """A parent is another row, named by the number that the file gives it; a draft names it by its place, from 1."""
    drafts: list[TaskDraft] = []
    places: list[str] = []
    faults: list[str] = []
    said = list(remarks)
    place_of: dict[int, int] = {}
    for where, fields in numbered:
        try:
            row = draft_from(fields, zone=zone)
        except NoTask as other:
            said.append(f"{where}: left out: {other}")
        except ValueError as fault:
            faults.append(f"{where}: {fault}")
        except OverflowError:
            faults.append(f"{where}: a date in it is too far away.")
        else:
            said += [f"{where}: {remark}" for remark in row.remarks]
            drafts.append(row.draft)
            places.append(where)
            if isinstance(fields, Mapping) and (number := number_in(fields, "id")) is not None:
                place_of.setdefault(number, len(drafts))
    linked = (replace(draft, parent_id=place_of.get(draft.parent_id or 0)) for draft in drafts)
    return Reading(drafts=tuple(linked), places=tuple(places), faults=tuple(faults), remarks=tuple(said))


FORMATS = ("json", "csv")
SUFFIXES = {"json": "json", "csv": "csv", "tsv": "csv", "txt": "text", "md": "text", "markdown": "text"}
READERS = {"json": read_json, "csv": read_csv, "text": read_text}
Command = TypeVar("Command", bound=Callable[..., None])
FAULTS_SHOWN = 10
DRY_SHOWN = 20


def format_option(formats: Sequence[str]) -> Callable[[Command], Command]:
    return click.option(
        "--format", "form", type=click.Choice(formats), help="[default: what the name of FILE ends in, else json]"
    )


def _format(form: str | None, file: Path, formats: Collection[str]) -> str:
    named = SUFFIXES.get(file.suffix.lower().removeprefix("."), "json")
    return form or (named if named in formats else "json")


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
@format_option(FORMATS)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def export(file: Path, form: str | None, force: bool) -> None:
    """Write the whole list, completed tasks too, to FILE or to stdout. JSON loses nothing."""
    export_to(file, form=form, force=force)


def export_to(file: Path, *, form: str | None = None, force: bool = False) -> None:
    """Write the whole list to a file, or to stdout."""
    where = TaskFilter(status="all", sort="created")
    page = with_backend(lambda backend: fetch(backend, where, Paging(limit=None)))
    tasks = sorted(page.items, key=lambda task: task.id)
    write_out(write_csv(tasks) if _format(form, file, FORMATS) == "csv" else write_json(tasks), file, force=force)
    if file != STDIO:
        say(f"Wrote {_count(len(tasks))} to {file}.")


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
Exit codes: 0 done, 1 a row was not imported; all others were, unless --strict was given.""",
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@format_option(tuple(READERS))
@click.option("--dry-run", is_flag=True, help="Show what would be added, and add nothing.")
@click.option("--skip-bad", is_flag=True, help="Exit with 0 where rows that cannot be read were left out.")
@click.option("--strict", is_flag=True, help="Import nothing where there is a row that cannot be read.")
@json_option
def import_(file: Path, form: str | None, dry_run: bool, skip_bad: bool, strict: bool, as_json: bool) -> None:
    """Add the tasks of FILE or of stdin. They get numbers of their own.

    Rows that cannot be read are named and left out, and so is what is no task, such as a section. CSV needs a header
    with a `title` column; known columns are notes, priority, due_date, due_time, recurrence, project, tags,
    completed_at, created_at and their usual other names, and JSON goes by the same names. In a text, each line is a
    task.
    """
    if file == STDIO and sys.stdin.isatty():
        raise click.UsageError("Name a file or pipe one in. For example: kirotodo import tasks.json")
    if skip_bad and strict:
        raise click.UsageError("Give either --skip-bad or --strict, not both.")
    zone = now().tzinfo
    assert zone is not None
    reading = READERS[_format(form, file, READERS)](read_in(file), zone=zone)
    _put_some(reading.faults)
    _put_some(reading.remarks)
    if reading.faults and strict:
        leave(FAILED, "Nothing was imported. Fix these rows, or leave out --strict to import the others.")
    if not reading.drafts:
        leave(FAILED, "There is no task to import.")
    if dry_run:
        _put_dry(reading, as_json=as_json)
        return
    report = with_backend(lambda backend: backend.import_tasks(reading.drafts))
    skipped = tuple(_in_the_file(sentence, reading.places) for sentence in report.skipped)
    if as_json:
        put_json({**asdict(report), "skipped": (*reading.faults, *skipped), "remarks": reading.remarks})
    else:
        put(f"Imported {_count(len(report.added))}.")
        if report.added:
            say("`kirotodo undo` takes them out again.")
    _put_some(skipped)
    bad = len(reading.faults) + len(skipped)
    if bad and not skip_bad:
        leave(FAILED, f"Not imported: {bad} {'row' if bad == 1 else 'rows'}, named above.")


def _in_the_file(sentence: str, places: Sequence[str]) -> str:
    """What is said of the nth task, said of its place in the file."""
    found = re.match(r"Row (\d+): ", sentence)
    return f"{places[int(found[1]) - 1]}: {sentence[found.end() :]}" if found else sentence


def _put_some(sentences: Sequence[str]) -> None:
    for sentence in sentences[:FAULTS_SHOWN]:
        say(sentence)
    if len(sentences) > FAULTS_SHOWN:
        say(f"And {len(sentences) - FAULTS_SHOWN} more.")


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
