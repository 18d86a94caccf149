"""Tasks as JSON and CSV, both ways. Reading finds every faulty row instead of stopping at the first."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from kirotodo.client.commands.output import to_json
from kirotodo.client.commands.rows import FIELDS, draft_from
from kirotodo.core.domain.task import Task, TaskDraft
from kirotodo.core.errors import InvalidInput

COLUMNS: Final = ("id", *FIELDS, "updated_at")
_FORMULA: Final = tuple("=+-@\t\r")

_OTHER_NAMES: Final = {
    "task": "title",
    "name": "title",
    "content": "title",
    "summary": "title",
    "subject": "title",
    "note": "notes",
    "description": "notes",
    "details": "notes",
    "due": "due_date",
    "date": "due_date",
    "deadline": "due_date",
    "time": "due_time",
    "list": "project",
    "folder": "project",
    "category": "project",
    "tag": "tags",
    "labels": "tags",
    "label": "tags",
    "repeat": "recurrence",
    "rrule": "recurrence",
    "reminder": "remind_at",
    "remind": "remind_at",
    "completed": "completed_at",
    "done": "completed_at",
    "created": "created_at",
    "added": "created_at",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a file holds: tasks to be made, and a sentence for each row that cannot be read."""

    drafts: tuple[TaskDraft, ...]
    faults: tuple[str, ...]


def write_json(tasks: Sequence[Task]) -> str:
    return to_json({"items": tasks, "next": None}, indent=2) + "\n"


def read_json(text: str, *, zone: tzinfo) -> Reading:
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
    return _read(((f"Task {place}", item) for place, item in enumerate(items, start=1)), zone=zone)


def write_csv(tasks: Sequence[Task]) -> str:
    from pydantic_core import to_jsonable_python

    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for task in tasks:
        fields: dict[str, Any] = to_jsonable_python(task)
        fields["tags"] = ";".join(task.tags)
        writer.writerow(_guarded(fields[column]) for column in COLUMNS)
    return out.getvalue()


def _guarded(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; reading takes the apostrophe off again."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text


def read_csv(text: str, *, zone: tzinfo) -> Reading:
    """Tasks of a table with a header. Raises `InvalidInput` where there is no header with a title."""
    if not text.strip():
        raise InvalidInput("The file is empty.")
    if "\0" in text:
        raise InvalidInput("This is no CSV text: it holds zero bytes.")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        header = [_column(name) for name in next(rows)]
        if "title" not in header:
            raise InvalidInput("The first row must name the columns, and one of them must be `title`.")
        numbered = [(f"Row {rows.line_num}", _cells(header, row)) for row in rows if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InvalidInput(f"Row {rows.line_num} is no CSV: {error}.") from None
    return _read(numbered, zone=zone)


def _delimiter(text: str) -> str:
    first = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _column(name: str) -> str:
    known = name.strip().lower().replace(" ", "_").replace("-", "_")
    return _OTHER_NAMES.get(known, known)


def _cells(header: Sequence[str], row: Sequence[str]) -> Mapping[str, object]:
    cells: dict[str, object] = {name: _unguarded(cell) for name, cell in zip(header, row, strict=False)}
    if any(cell.strip() for cell in row[len(header) :]):
        cells["extra"] = True
    tags = str(cells.get("tags", ""))
    return {**cells, "tags": [tag for tag in tags.replace(",", ";").split(";") if tag.strip()]}


def _read(numbered: Iterable[tuple[str, object]], *, zone: tzinfo) -> Reading:
    drafts: list[TaskDraft] = []
    faults: list[str] = []
    for where, fields in numbered:
        try:
            drafts.append(draft_from(fields, zone=zone))
        except ValueError as fault:
            faults.append(f"{where}: {fault}")
    return Reading(drafts=tuple(drafts), faults=tuple(faults))
