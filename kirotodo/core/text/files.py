"""Write a file whole or not at all, also when the power goes."""

import contextlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path


def atomic_write(
    path: Path, data: bytes | str, *, mode: int | None = 0o600, overwrite: bool = True, parents: bool = True
) -> None:
    """Write `data` (text as UTF-8) to `path`: readers see the old file or the new one whole, and it survives a crash.

    The file is its owner's alone from its first byte on; `mode=None` keeps the mode of the file that is there, or
    gives a new one what the umask allows. Missing folders are made for the owner alone, unless `parents` is false. A
    link is followed, so that it stays a link.

    Raises `FileExistsError` where the file exists and may not be overwritten, and any other `OSError` of the system;
    what is on disk is then unchanged.
    """
    target = Path(os.path.realpath(path))
    if parents:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".kirotodo-{secrets.token_hex(8)}.tmp")  # short: `target` may use all that a name may
    try:
        with open(draft, "xb", opener=_opener(0o666 if mode is None else mode)) as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            if mode is None:
                _copy_mode(target, draft)
            os.fsync(file.fileno())
        if overwrite:
            draft.replace(target)
        else:
            os.link(draft, target)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    _sync_folder(target.parent)


def _opener(mode: int) -> Callable[[str, int], int]:
    return lambda name, flags: os.open(name, flags, mode)


def _copy_mode(source: Path, draft: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        draft.chmod(stat.S_IMODE(source.stat().st_mode))


def _sync_folder(folder: Path) -> None:
    """Make the new name last. Windows cannot open a folder, and some network file systems cannot sync one."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
