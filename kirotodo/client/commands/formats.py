"""Reads and writes tasks as JSON, CSV and plain text. Reading reports every bad row, not only the first."""

import csv
import datetime as dt
import io
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from kirotodo.client.commands.csv_columns import Columns, canonical, columns_of, fields_in, together
from kirotodo.client.commands.output import to_json
from kirotodo.client.commands.rows import FIELDS, NoTask, draft_from, number_in
from kirotodo.core.domain.task import Task, TaskDraft
from kirotodo.core.errors import InvalidInput
from kirotodo.core.text.list_marks import read_item

COLUMNS: Final = ("id", *FIELDS, "updated_at")
PREAMBLE_MAX: Final = 20
"""How many lines some programs write before the header."""
_FORMULA: Final = tuple("=+-@\t\r")
_SEPARATOR: Final = re.compile(r"\s*\"?sep=(?P<mark>[,;|\t])\"?[ \t]*(?=\r?\n|\r|\Z)", re.IGNORECASE)
_SIMPLE_TAG: Final = re.compile(r"[^;,|\n\[#@\"]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The tasks of a file and the row or line of each, an error for each row that cannot be read, and a remark for
    everything that is not imported exactly as the file has it."""

    drafts: tuple[TaskDraft, ...]
    places: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def write_json(tasks: Sequence[Task]) -> str:
    """Return tasks as a JSON document that `read_json` reads back."""
    return to_json({"items": tasks, "next": None}, indent=2) + "\n"


def read_json(text: str, *, zone: dt.tzinfo) -> Reading:
    """Return the tasks of `{"items": [...]}` or of a bare list. Raises `InvalidInput` where the text is neither."""
    if not text.strip():
        raise InvalidInput("The file is empty.")
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidInput(f"This isn't JSON{where}. For a CSV file, add --format csv.") from None
    items = content.get("items") if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise InvalidInput(
            'This JSON contains no tasks. It should look like {"items": [...]}, as `kirotodo export` writes it.'
        )
    # objects need not have the same keys, so each is looked at by itself
    columns = [columns_of(tuple(map(str, item))) if isinstance(item, Mapping) else Columns() for item in items]
    numbered = (
        (f"Task {place}", fields_in(item, each) if isinstance(item, Mapping) else item)
        for place, (item, each) in enumerate(zip(items, columns, strict=True), start=1)
    )
    return _read(numbered, zone=zone, remarks=together(columns).remarks)


def read_text(text: str, *, zone: dt.tzinfo) -> Reading:
    """Return one task per line, without list marks; a ticked box means done. Dates stay in the title."""
    lines = [(f"Line {place}", read_item(line)) for place, line in enumerate(text.splitlines(), start=1)]
    given = [
        (place, {"title": item.text, "completed_at": "x" if item.done else ""}) for place, item in lines if item.text
    ]
    if not given:
        raise InvalidInput("The file is empty.")
    return _read(given, zone=zone)


def write_csv(tasks: Sequence[Task]) -> str:
    """Return tasks as a CSV table that `read_csv` reads back and that no spreadsheet runs formulas from."""
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
    """Return the tasks of a table with a header, which other lines may precede.

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
        raise InvalidInput(f"Row {rows.line_num} isn't valid CSV: {error}.") from None
    skipped = (f"Skipped: {len(preamble)} rows before the header.",) if preamble else ()
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
    errors: list[str] = []
    found = list(remarks)
    place_of: dict[int, int] = {}
    for where, fields in numbered:
        try:
            row = draft_from(fields, zone=zone)
        except NoTask as other:
            found.append(f"{where}: skipped: {other}")
        except ValueError as error:
            errors.append(f"{where}: {error}")
        except OverflowError:
            errors.append(f"{where}: a date is out of range.")
        else:
            found += [f"{where}: {remark}" for remark in row.remarks]
            drafts.append(row.draft)
            places.append(where)
            if isinstance(fields, Mapping) and (number := number_in(fields, "id")) is not None:
                place_of.setdefault(number, len(drafts))
    linked = (replace(draft, parent_id=place_of.get(draft.parent_id or 0)) for draft in drafts)
    return Reading(drafts=tuple(linked), places=tuple(places), errors=tuple(errors), remarks=tuple(found))
