"""Zip files of other programs' files, such as a backup of Todoist: read in memory, nothing is unpacked."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePath, PurePosixPath
from typing import Final

from kirotodo.core.errors import InvalidInput

FILES_MAX: Final = 10_000
BYTES_MAX: Final = 200_000_000
"""What the files of an archive may hold in all, unpacked: more is no list of tasks."""
_SIGN: Final = b"PK\x03\x04"


def is_archive(data: bytes) -> bool:
    """Return whether bytes begin as a zip file does."""
    return data.startswith(_SIGN)


def files_in(data: bytes) -> Iterator[tuple[PurePath, bytes]]:
    """Yield the files of an archive by their names, in the order of these. Raises `InvalidInput`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.filename)
            if len(infos) > FILES_MAX or sum(info.file_size for info in infos) > BYTES_MAX:
                raise InvalidInput(
                    f"This archive is too large: it may hold {FILES_MAX:,} files and {BYTES_MAX // 1_000_000} MB."
                )
            for info in infos:
                if info.flag_bits & 1:
                    raise InvalidInput(f"{info.filename} is encrypted. Unpack the archive, and import the folder.")
                yield PurePosixPath(info.filename), archive.read(info)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise InvalidInput(f"This zip file can't be read: {error}.") from None
