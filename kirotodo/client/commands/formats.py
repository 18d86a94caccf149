"""Reads and writes tasks as JSON, CSV and plain text. Reading reports every bad row, not only the first.

The names of columns are read here too: those of other programs, in whatever case and with whatever spaces.
"""

import csv
import datetime as dt
import io
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, field, replace
from typing import Any, Final

from kirotodo.client.commands.output import to_json
from kirotodo.client.commands.rows import FIELDS, NoTask, draft_from, number_in
from kirotodo.core.domain.task import Task, TaskDraft
from kirotodo.core.domain.view import View
from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.list_marks import read_item

_OTHER_NAMES: Final = {
    "title": "task task_name taskname name content summary subject todo to_do item",
    "notes": "note description details body desc",
    "due_date": "due date deadline duedate due_on due_at due_datetime due_date_time",
    "due_time": "time duetime",
    "project": "list folder category list_name listname project_name",
    "tags": "tag labels label tag_names categories",
    "recurrence": "repeat rrule repeats recurrence_rule repeat_rule",
    "remind_at": "reminder remind",
    "completed_at": (
        "completed done completed_time completed_date completed_on completion_date date_completed is_completed "
        "iscompleted finished"
    ),
    "created_at": "created added created_time created_date created_on date_created date_added",
    "type": "kind row_type item_type",
    "is_all_day": "all_day isallday",
    "timezone": "time_zone",
}
_FIELD_OF: Final = {other: field for field, others in _OTHER_NAMES.items() for other in others.split()}
_BESIDES: Final = ("status", "type", "is_all_day", "timezone")
"""Columns that say how the others are to be read."""
_QUIET: Final = frozenset({"id", "updated_at", "steps", *_BESIDES})
"""Columns that may go unused without a remark."""
COLUMNS: Final = ("id", *FIELDS, "updated_at")
PREAMBLE_MAX: Final = 20
"""How many lines some programs write before the header."""
_FORMULA: Final = tuple("=+-@\t\r")
_SEPARATOR: Final = re.compile(r"\s*\"?sep=(?P<mark>[,;|\t])\"?[ \t]*(?=\r?\n|\r|\Z)", re.IGNORECASE)
_SIMPLE_TAG: Final = re.compile(r"[^;,|\n\[#@\"]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """The column names of a file: those that map to fields, those that go into the notes, and the unused ones."""

    field_of: Mapping[str, str] = field(default_factory=dict)
    into_notes: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return a sentence for each kind of column that is moved or not used."""
        moved = [f"{_listed('Column', self.into_notes)} in the notes."] if self.into_notes else []
        return (*moved, f"Not used: {', '.join(self.unused)}.") if self.unused else tuple(moved)


def _listed(word: str, names: Sequence[str]) -> str:
    return f"{word}{'s' if len(names) > 1 else ''} {', '.join(names)} {'are' if len(names) > 1 else 'is'}"


def canonical(name: str) -> str:
    """Return the field that a name stands for, or the name itself in lower case."""
    known = name.strip().lower().replace(" ", "_").replace("-", "_")
    return _FIELD_OF.get(known, known)


def columns_of(names: Sequence[str]) -> Columns:
    """Return what each name is used for. Of two for one field the exact name wins, else the first.

    What loses against a title is text that belongs to the task, so it goes into the notes where they are free.
    """
    field_of: dict[str, str] = {}
    by_field: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        by_field.setdefault(canonical(name), []).append(name)
    unused: list[str] = []
    into_notes: list[str] = []
    for known, rivals in by_field.items():
        if known not in (*FIELDS, *_BESIDES, "id"):
            unused += [name for name in rivals if name.strip() and known not in _QUIET]
            continue
        winner = next((name for name in rivals if name.strip().lower().replace(" ", "_") == known), rivals[0])
        field_of[winner] = known
        losers = [name for name in rivals if name != winner and known not in _QUIET]
        if known == "title" and losers and "notes" not in by_field:
            field_of[losers[0]] = "notes"
            into_notes.append(losers.pop(0))
        unused += losers
    return Columns(field_of=field_of, into_notes=tuple(into_notes), unused=tuple(unused))


def is_table(text: str) -> bool:
    """Return whether the first line names columns: that of the title, and at least one other that is used."""
    lines = _SEPARATOR.sub("", text.removeprefix("\ufeff"), count=1).lstrip().splitlines()
    head = lines[0] if lines else ""
    mark = max(",;\t|", key=head.count)
    names = [name.strip().strip('"') for name in head.split(mark)]
    fields = {canonical(name) for name in names} & {*FIELDS, *_BESIDES}
    return "title" in fields and len(fields) > 1 and len(head) < 2_000


def together(columns: Iterable[Columns]) -> Columns:
    """Return the names that any of several objects loses, each once."""
    several = tuple(columns)
    return Columns(
        into_notes=tuple(dict.fromkeys(name for each in several for name in each.into_notes)),
        unused=tuple(dict.fromkeys(name for each in several for name in each.unused)),
    )


def fields_in(item: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    """Return the fields of one row or object."""
    return {columns.field_of[name]: value for name, value in item.items() if name in columns.field_of}


VIEW_FIELDS: Final = ("name", "filter", "sort", "group", "pinned")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The tasks of a file and the row or line of each, an error for each row that cannot be read, and a remark for
    everything that is not imported exactly as the file has it."""

    drafts: tuple[TaskDraft, ...]
    places: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    views: tuple[View, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """The rows or lines of a file, each with its place and its fields as the file has them, and remarks about all; the
    saved views beside them, and an error for each that can't be read."""

    numbered: tuple[tuple[str, object], ...]
    remarks: tuple[str, ...] = ()
    views: tuple[View, ...] = ()
    errors: tuple[str, ...] = ()


def write_json(tasks: Sequence[Task], views: Sequence[View] = ()) -> str:
    """Return tasks, and saved views if there are any, as a JSON document that `read_json` reads back."""
    saved = [{name: value for name, value in asdict(view).items() if name in VIEW_FIELDS} for view in views]
    return to_json({"items": tasks, "next": None, **({"views": saved} if saved else {})}, indent=2) + "\n"


def read_json(text: str, *, zone: dt.tzinfo) -> Reading:
    """Return the tasks of a JSON text; see `json_rows`."""
    return read_rows(json_rows(text), zone=zone)


def json_rows(text: str) -> Rows:
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
    rows = Rows(numbered=tuple(numbered), remarks=together(columns).remarks)
    return _with_views(rows, content.get("views")) if isinstance(content, dict) else rows


def _with_views(rows: Rows, items: object) -> Rows:
    """Return the rows with the saved views of the document; each that can't be read is an error."""
    import msgspec

    views, errors = [], []
    for place, item in enumerate(items if isinstance(items, list) else (), start=1):
        try:
            given = {name: item[name] for name in VIEW_FIELDS if name in item}
            views.append(msgspec.convert(given, View))
        except (TypeError, ValueError) as error:
            errors.append(f"View {place}: {error}")
    return replace(rows, views=tuple(views), errors=tuple(errors))


def read_text(text: str, *, zone: dt.tzinfo) -> Reading:
    """Return the tasks of a plain text; see `text_rows`."""
    return read_rows(text_rows(text), zone=zone)


def text_rows(text: str) -> Rows:
    """Return one task per line, without list marks; a ticked box means done. Dates stay in the title."""
    lines = [(f"Line {place}", read_item(line)) for place, line in enumerate(text.splitlines(), start=1)]
    given = [
        (place, {"title": item.text, "completed_at": "x" if item.done else ""}) for place, item in lines if item.text
    ]
    if not given:
        raise InvalidInput("The file is empty.")
    return Rows(numbered=tuple(given))


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
        fields["series"] = None if task.series is None else json.dumps(fields["series"], ensure_ascii=False)
        writer.writerow(_guarded(fields[column]) for column in COLUMNS)
    return out.getvalue()


def _guarded(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; reading takes the apostrophe off again."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text


def read_csv(text: str, *, zone: dt.tzinfo) -> Reading:
    """Return the tasks of a table; see `csv_rows`."""
    return read_rows(csv_rows(text), zone=zone)


def csv_rows(text: str) -> Rows:
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
    return Rows(numbered=tuple(numbered), remarks=(*skipped, *columns.remarks))


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


def read_rows(rows: Rows, *, zone: dt.tzinfo) -> Reading:
    """Return the tasks of rows. A parent or previous task is another row, named by the number that the file gives it; a
    draft names it by its place, from 1."""
    drafts: list[TaskDraft] = []
    places: list[str] = []
    errors: list[str] = []
    found = list(rows.remarks)
    place_of: dict[int, int] = {}
    for where, fields in rows.numbered:
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
    links = [[place_of.get(number or 0) for number in (draft.parent_id, draft.previous_id)] for draft in drafts]
    order = _after_what_they_name(links)
    new_place = {old + 1: new for new, old in enumerate(order, start=1)}
    linked = []
    for old in order:
        parent, previous = (new_place.get(place or 0) for place in links[old])
        linked.append(replace(drafts[old], parent_id=parent, previous_id=previous))
    places = [places[old] for old in order]
    return Reading(
        drafts=tuple(linked),
        places=tuple(places),
        errors=(*errors, *rows.errors),
        remarks=tuple(found),
        views=rows.views,
    )


def _after_what_they_name(links: Sequence[Sequence[int | None]]) -> list[int]:
    """Return the order in which each row comes after those that it names by their places from 1, else as it is: a step
    may be older than the task that it was put under."""
    order: list[int] = []
    met: set[int] = set()
    for first in range(len(links)):
        waiting = [first]
        while waiting:
            row = waiting[-1]
            named = [] if row in met else [place - 1 for place in links[row] if place and place - 1 not in met]
            met.add(row)
            if named:
                waiting += named
            else:
                order.append(waiting.pop())
    return list(dict.fromkeys(order))
