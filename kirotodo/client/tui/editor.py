"""Writing a message in the editor of $VISUAL or $EDITOR: the screen steps aside and comes back with the text."""

import asyncio
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from textual.app import App, SuspendNotSupported

_FALLBACKS: Final = ("nano", "vi")


class EditorFailed(Exception):
    """Raised with one sentence where the text could not be edited and is unchanged."""


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """Return the command of the user's editor, word by word. Raise `EditorFailed` if there is none."""
    wanted = environ.get("VISUAL") or environ.get("EDITOR")
    try:
        command = shlex.split(wanted or "")
    except ValueError as error:
        raise EditorFailed(f"The editor setting {wanted!r} isn't a valid command ({error}).") from error
    command = command or [name for name in _FALLBACKS if shutil.which(name)][:1]
    if not command or not shutil.which(command[0]):
        raise EditorFailed("No editor found. Set EDITOR to the command of one.")
    return command


async def edit_text(app: App[None], text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Let the user edit `text` in their editor and return the result. Raise `EditorFailed` if that fails."""
    command = editor_command(environ)
    try:
        with app.suspend():  # which comes back only where nothing is raised
            (edited,) = await asyncio.gather(asyncio.to_thread(run_editor, command, text), return_exceptions=True)
    except SuspendNotSupported as error:
        raise EditorFailed("An editor can't be opened in this terminal.") from error
    if isinstance(edited, BaseException):
        raise edited
    return edited


def run_editor(command: list[str], text: str) -> str:
    """Run the editor on a file with `text` in it, and return what the file holds afterwards."""
    with tempfile.TemporaryDirectory(prefix="kirotodo-") as folder:
        path = Path(folder) / "message.md"
        path.write_text(text, encoding="utf-8")
        try:
            subprocess.run([*command, str(path)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise EditorFailed(f"The editor failed ({error}). Your text is unchanged.") from error
        return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
