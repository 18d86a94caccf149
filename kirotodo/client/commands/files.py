"""Reading and writing the files that people name, `-` for stdin and stdout."""

import sys
from pathlib import Path
from typing import Final

import click

from kirotodo.core.errors import Conflict, InvalidInput, OperatorError
from kirotodo.core.text.files import atomic_write

STDIO: Final = Path("-")


def write_out(text: str, file: Path, *, force: bool) -> None:
    """Write to a file, whole or not at all. Raises `Conflict` where it exists and `force` is not given."""
    if file == STDIO:
        click.echo(text, nl=False)
        return
    special = file.exists() and not file.is_file()
    if file.exists() and not special and not force:
        raise Conflict(f"{file} exists already: give another name, or --force to write over it.")
    try:
        data = text.encode("utf-8", "replace")
        if special:  # a pipe or a device is written into, never replaced
            file.write_bytes(data)
        else:
            atomic_write(file, data, mode=None, parents=False)
    except OSError as error:
        raise OperatorError(f"{file} cannot be written: {error.strerror or error}.") from None


def read_in(file: Path) -> str:
    """The whole text of a file or of stdin. Raises `InvalidInput` where it is no UTF-8 text."""
    try:
        data = sys.stdin.buffer.read() if file == STDIO else file.read_bytes()
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {file}.") from None
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror or error}.") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{_named(file)} is not UTF-8 text: save it as UTF-8 first.") from None


def _named(file: Path) -> str:
    return "What was piped in" if file == STDIO else str(file)
