"""Files of `NAME=value` lines: the one that `--env-file` names, or the `.env` of the folder a server is started in.

Nothing of it is put into the environment, where every library and every program that we start would read it.
"""

import io
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Final

from kirotodo.core.errors import ConfigError
from kirotodo.core.lazy_dataclasses import dataclass

NAME: Final = ".env"
LARGEST: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvFile:
    """What a file says. `name` is how it was called; `values` are by their names as written, none of them empty."""

    name: str
    values: Mapping[str, str] = field(repr=False)

    def setting(self, name: str) -> str | None:
        """Return the value of a name in whatever case it was written; the last one if there are several."""
        found = [value for key, value in self.values.items() if key.lower() == name.lower()]
        return found[-1] if found else None


def in_this_folder() -> EnvFile | None:
    """Return the `.env` of the working folder, None where there is none. Raises `ConfigError` as `read` does."""
    path = Path(NAME)
    return read(NAME) if path.is_file() else None


def read(name: str) -> EnvFile:
    """Read the file `name`. Raises `ConfigError` if it is missing, unreadable, or holds anything but settings."""
    return EnvFile(name=name, values=_values(name, _text(name)))


def _text(name: str) -> str:
    try:
        with Path(name).expanduser().open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise ConfigError(f"There is no file {name}: check the name that --env-file gives.") from None
    except IsADirectoryError:
        raise ConfigError(f"{name} is a folder: --env-file takes a file of NAME=value lines.") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if len(content) > LARGEST:
        raise ConfigError(f"{name} is larger than a file of settings ever is: check its name.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{name} is not UTF-8 text: save it as UTF-8.") from None
    if "\0" in text:
        raise ConfigError(f"{name} holds zero bytes, so it is no text: check its name, or save it as UTF-8.")
    return text


def _values(name: str, text: str) -> dict[str, str]:
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            text_before = binding.original.string.partition(binding.original.string.strip())[0]
            line = binding.original.line + text_before.count("\n")
            raise ConfigError(f"{name}, line {line}, cannot be read: write NAME=value.")
    return {key: value for key, value in dotenv_values(stream=io.StringIO(text)).items() if value}
