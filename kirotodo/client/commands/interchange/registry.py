"""The formats there are, and which of them a file is in."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final

from kirotodo.client.commands.formats import csv_rows, is_table, json_rows, text_rows, write_csv, write_json
from kirotodo.client.commands.interchange.base import Format
from kirotodo.client.commands.interchange.calendar import ICS
from kirotodo.client.commands.interchange.checklist import MARKDOWN
from kirotodo.client.commands.interchange.json_exports import JSON_EXPORTS
from kirotodo.client.commands.interchange.taskwarrior import TASKWARRIOR
from kirotodo.client.commands.interchange.todo_txt import TODO_TXT
from kirotodo.client.commands.interchange.todoist import TODOIST


def _is_json(text: str) -> bool:
    return text.lstrip("\ufeff \r\n\t").startswith(("{", "["))


def _never(_: str) -> bool:
    return False


JSON: Final = Format(name="json", fits=_is_json, read=json_rows, suffixes=("json", "jsonl"), write=write_json)
CSV: Final = Format(name="csv", fits=is_table, read=csv_rows, suffixes=("csv", "tsv"), write=write_csv)
TEXT: Final = Format(name="text", fits=_never, read=text_rows, suffixes=("txt",))

FORMATS: Final[Mapping[str, Format]] = {
    form.name: form for form in (JSON, CSV, TODO_TXT, ICS, TASKWARRIOR, MARKDOWN, TEXT, TODOIST, *JSON_EXPORTS)
}
WRITTEN: Final = tuple(form.name for form in FORMATS.values() if form.write is not None)
_BY_SIGNS: Final = (ICS, TASKWARRIOR, *JSON_EXPORTS, JSON, TODOIST)
"""What a text shows to be, whatever its file is called, the most particular first."""
_BY_SIGNS_IN_TEXT: Final = (CSV, MARKDOWN, TODO_TXT)
_SUFFIXES: Final = {suffix: form for form in FORMATS.values() for suffix in form.suffixes}


def recognised(text: str, file: PurePath) -> Format:
    """Return the format of a text: what it shows to be, else what its file is called. JSON where nothing tells."""
    found = next((form for form in _BY_SIGNS if form.fits(text)), None)
    if found is not None:
        return found
    named = by_name(file)
    if named is not None and named is not TEXT:
        return named
    return next((form for form in _BY_SIGNS_IN_TEXT if form.fits(text)), named or JSON)


def by_name(file: PurePath) -> Format | None:
    """Return the format that a file's name says, None where it says nothing."""
    if file.name.lower() in ("todo.txt", "done.txt"):
        return TODO_TXT
    return _SUFFIXES.get(file.suffix.lower().removeprefix("."))


Writer = Callable[..., str]
