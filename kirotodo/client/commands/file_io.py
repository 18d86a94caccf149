"""Reading and writing the files that people name, `-` for stdin and stdout."""

import codecs
import sys
from pathlib import Path, PurePath
from typing import Final

from kirotodo.client.commands.output import put_document
from kirotodo.core.errors import Conflict, InvalidInput, OperatorError
from kirotodo.core.text.files import atomic_write

STDIO: Final = Path("-")


def write_out(text: str, file: Path, *, force: bool) -> None:
    """Write to a file, whole or not at all. Raises `Conflict` where it exists and `force` is false."""
    if file == STDIO:
        put_document(text)
        return
    special = file.exists() and not file.is_file()
    if file.exists() and not special and not force:
        raise Conflict(f"{file} already exists. Choose another name, or use --force to overwrite it.")
    try:
        data = text.encode("utf-8", "replace")
        if special:  # a pipe or a device is written into, never replaced
            file.write_bytes(data)
        else:
            atomic_write(file, data, mode=None, parents=False)
    except OSError as error:
        raise OperatorError(f"Can't write {file}: {error.strerror or error}.") from None


def read_in(file: Path) -> str:
    """Return the whole text of a file or of stdin. Raises `InvalidInput` where it isn't text."""
    return text_of(read_bytes(file), file)


def text_of(data: bytes, file: PurePath) -> str:
    """Return the text that bytes of a file hold. Raises `InvalidInput` where they aren't text."""
    text = decoded(data)
    if text is None:
        raise InvalidInput(f"{_named(file)} isn't a text file.")
    return text


def read_bytes(file: Path) -> bytes:
    """Return all bytes of a file or of stdin. Raises `InvalidInput` where there is no such file."""
    try:
        return sys.stdin.buffer.read() if file == STDIO else file.read_bytes()
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {file}.") from None
    except OSError as error:
        raise OperatorError(f"Can't read {file}: {error.strerror or error}.") from None


_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decoded(data: bytes) -> str | None:
    """Return bytes as text: UTF-8, UTF-16, or what old spreadsheets write; None where they are none of these."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _tried(data.removeprefix(mark), encoding)
    if b"\0" in data[:400]:
        return _tried(data, "utf-16-le" if data[1:400:2].count(0) > data[0:400:2].count(0) else "utf-16-be") or _tried(
            data, "utf-8"
        )
    return _tried(data, "utf-8") or _tried(data, "cp1252") or data.decode("latin-1")


def _tried(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _named(file: PurePath) -> str:
    return "The piped input" if file == STDIO else str(file)
