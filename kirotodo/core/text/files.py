"""Write files atomically and durably, and keep files and folders private to their owner."""

import contextlib
import errno
import os
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
        make_private_folder(target.parent)
    draft = target.with_name(f".kirotodo-{os.urandom(8).hex()}.tmp")  # short: `target` may use all that a name may
    try:
        with open(draft, "xb", opener=_opener(0o666 if mode is None else mode)) as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            if mode is None:
                _copy_mode(target, draft)
            else:
                draft.chmod(mode)  # the umask may have taken away what its owner needs
            os.fsync(file.fileno())
        if overwrite:
            draft.replace(target)
        else:
            os.link(draft, target)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    _sync_folder(target.parent)


def make_private_folder(folder: Path) -> None:
    """Create the missing folders of a path, each for its owner alone; existing ones keep their mode."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process was quicker
            each.mkdir(mode=0o700)
            each.chmod(0o700)
    if not folder.is_dir():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))


def make_private_file(path: Path) -> None:
    """Create an empty file for its owner alone. Raise `FileExistsError` where there is one."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    path.chmod(0o600)


def is_open_to_others(path: Path) -> bool:
    """Return whether other users of this machine may read the file.

    False where there is none, and on Windows, which has other means.
    """
    try:
        return os.name != "nt" and bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def close_to_others(path: Path) -> None:
    """Take away what others may do with a file.

    A file that its group may write is shared on purpose, and one that is not ours to change stays as it is.
    """
    with contextlib.suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077 and not mode & stat.S_IWGRP:
            path.chmod(mode & 0o700)


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
