"""The settings of the operator's commands, and which file beside the environment they come from.

`serve`, `web`, `db` and `token` run or look after a server, whose settings lie in the `.env` of the folder it is
started in. All other commands are a person's own, and are not steered by the folder they are typed in.
"""

from typing import TYPE_CHECKING, Final

import click

from kirotodo.server.commands.console import say

if TYPE_CHECKING:
    from kirotodo.core.env_file import EnvFile
    from kirotodo.core.settings import Settings

META: Final = "kirotodo.env_file"
"""Where the root context keeps the name that `--env-file` gives."""
_READ: Final = "kirotodo.env_file.read"


def load_settings() -> "Settings":
    """Return the settings of this computer, with those of the file that `--env-file` names."""
    from kirotodo.core.settings import Settings

    return Settings.load(env_file=given_file())


def load_server_settings() -> "Settings":
    """As `load_settings`; without `--env-file` those of `.env` in this folder, of which stderr is told."""
    from kirotodo.core import env_file
    from kirotodo.core.settings import Settings

    given = given_file()
    file = given if given is not None else env_file.in_this_folder()
    settings = Settings.load(env_file=file)
    if given is None and file is not None:
        names = sorted(name.upper() for name, place in settings.sources().items() if place == file.name)
        if names:
            say(f"From {file.name} in this folder: {', '.join(names)}.")
    return settings


def given_file() -> "EnvFile | None":
    """Return the file of `--env-file`, None where none is named. It is read once: it may be a pipe."""
    context = click.get_current_context(silent=True)
    if context is None:
        return None
    meta = context.find_root().meta
    if META in meta and _READ not in meta:
        from kirotodo.core import env_file

        meta[_READ] = env_file.read(meta[META])
    found: EnvFile | None = meta.get(_READ)
    return found
