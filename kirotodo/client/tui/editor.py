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
    """One sentence on why the text could not be edited; the text is as it was."""


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """The words of the editor's command."""
    wanted = environ.get("VISUAL") or environ.get("EDITOR")
    try:
        command = shlex.split(wanted or "")
    except ValueError as error:
        raise EditorFailed(f"The editor {wanted!r} cannot be read as a command ({error}).") from error
    command = command or [name for name in _FALLBACKS if shutil.which(name)][:1]
    if not command or not shutil.which(command[0]):
        raise EditorFailed("No editor was found: set EDITOR to the command of one.")
    return command


async def edit_text(app: App[None], text: str, environ: Mapping[str, str] = os.environ) -> str:
    """What the editor makes of `text`. Raises `EditorFailed`."""
    command = editor_command(environ)
    try:
        with app.suspend():  # which comes back only where nothing is raised
            (edited,) = await asyncio.gather(asyncio.to_thread(run_editor, command, text), return_exceptions=True)
    except SuspendNotSupported as error:
        raise EditorFailed("This terminal cannot be lent to an editor.") from error
    if isinstance(edited, BaseException):
        raise edited
    return edited


def run_editor(command: list[str], text: str) -> str:
    """Run the editor on a file that holds `text`, and give what it holds afterwards."""
    with tempfile.TemporaryDirectory(prefix="kirotodo-") as folder:
        path = Path(folder) / "message.md"
        path.write_text(text, encoding="utf-8")
        try:
            subprocess.run([*command, str(path)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise EditorFailed(f"The editor did not end well ({error}); the text is as it was.") from error
        return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
