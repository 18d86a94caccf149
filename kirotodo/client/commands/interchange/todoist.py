"""Todoist's CSV: tasks, sections and comments in one table, with indents for steps and dates in words."""

import csv
import io
import re
from dataclasses import replace
from pathlib import PurePath
from typing import Any, Final

from kirotodo.client.commands.formats import Rows
from kirotodo.client.commands.interchange.base import Format, unused
from kirotodo.core.errors import InvalidInput

_TAG: Final = re.compile(r"(?:^|(?<=\s))@([^\s@]+)")
_USED: Final = frozenset((
    "TYPE", "CONTENT", "DESCRIPTION", "PRIORITY", "INDENT", "AUTHOR", "RESPONSIBLE", "DATE", "DATE_LANG",
    "TIMEZONE", "IS_COLLAPSED", "META",
))  # fmt: skip
_NUMBER: Final = re.compile(r"\s*\[\d+\]$")
_MARK: Final = re.compile(r"^\*\s+")


def fits(text: str) -> bool:
    """Return whether the header is Todoist's."""
    head = text.lstrip("\ufeff").split("\n", 1)[0].upper()
    return "TYPE" in head and "CONTENT" in head and ("INDENT" in head or "PRIORITY" in head)


def read(text: str) -> Rows:
    """Return the fields of each task; sections and comments belong to the tasks about them."""
    table = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    rows: list[tuple[str, object]] = []
    section: str | None = None
    parents: list[tuple[int, int]] = []
    try:
        for cells in table:
            row = {(name or "").strip().upper(): cell for name, cell in cells.items() if isinstance(cell, str)}
            kind, content = (row.get("TYPE") or "").strip().lower(), (row.get("CONTENT") or "").strip()
            if kind == "section":
                section, parents = content or None, []
            elif kind == "note" and rows:
                _comment(rows[-1][1], content)
            elif kind == "task":
                rows.append((f"Row {table.line_num}", _fields(row, content, section, len(rows) + 1, parents)))
    except csv.Error as error:
        raise InvalidInput(f"Row {table.line_num} isn't valid CSV: {error}.") from None
    names = (name for name in table.fieldnames or () if name and name.strip("\ufeff ").upper() not in _USED)
    return Rows(numbered=tuple(rows), remarks=unused(names))


def _comment(fields: object, content: str) -> None:
    assert isinstance(fields, dict)
    fields["notes"] = "\n".join(part for part in (fields["notes"], content) if part)


def _fields(
    row: dict[str, str], content: str, section: str | None, number: int, parents: list[tuple[int, int]]
) -> dict[str, Any]:
    indent = int(row.get("INDENT") or 1) if (row.get("INDENT") or "1").strip().isdigit() else 1
    parents[:] = [(depth, id) for depth, id in parents if depth < indent]
    parent = parents[-1][1] if parents else None
    parents.append((indent, number))
    bare = " ".join(_TAG.sub(" ", _MARK.sub("", content)).split())
    return {
        "id": number,
        "parent_id": parent,
        "title": bare or content,
        "notes": (row.get("DESCRIPTION") or "").strip(),
        "priority": (row.get("PRIORITY") or "4").strip(),
        "tags": _TAG.findall(content),
        "due_date": (row.get("DATE") or "").strip(),
        "project": section,
    }


def project_of(file: PurePath) -> str | None:
    """Return the project that a file of a backup is of: `Work [2203306141].csv`. The inbox is none."""
    name = _NUMBER.sub("", file.stem).strip()
    return None if name.casefold() in ("", "inbox") else name


def in_project(rows: Rows, project: str | None) -> Rows:
    """Return the rows of a backup's file in its project: sections come after a slash."""
    if project is None:
        return rows
    return replace(rows, numbered=tuple((where, _within(fields, project)) for where, fields in rows.numbered))


def _within(fields: object, project: str) -> object:
    if not isinstance(fields, dict):
        return fields
    section = fields.get("project")
    return {**fields, "project": f"{project}/{section}" if section else project}


TODOIST: Final = Format(name="todoist", fits=fits, read=read)
