"""The keys of the user's own, in the table [keys] of config.toml: read, and changed without touching anything else."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kirotodo.core.errors import ConfigError
from kirotodo.core.text.files import atomic_write

TABLE: Final = "keys"
_BY_HAND: Final = "Change it with `kirotodo config edit`."


class KeyFile:
    """Changes the keys in a configuration file. Everything else in it stays as it is, comments too."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def change(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        """Write the keys of these actions, or remove them where they are None; return all keys in the file then.

        Raise `ConfigError` where the file can't be read, changed or written; it is then as it was.
        """
        before = self._text()
        content = self._parsed(before)
        wanted = {**_flat(content.get(TABLE, {})), **{id: keys for id, keys in changes.items() if keys is not None}}
        for id in (id for id, keys in changes.items() if keys is None):
            wanted.pop(id, None)
        after = _edited(before, changes)
        if self._parsed(after) | {TABLE: None} != content | {TABLE: None} or _keys_of(after) != wanted:
            raise ConfigError(f"The keys in {self.path} are written in a way that can't be changed here. {_BY_HAND}")
        try:
            atomic_write(self.path, after, mode=None if before else 0o600)
        except OSError as error:
            raise ConfigError(f"{self.path} can't be written: {error.strerror or error}.") from None
        return wanted

    def _text(self) -> str:
        try:
            return self.path.read_bytes().decode("utf-8-sig")
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except UnicodeDecodeError:
            raise ConfigError(f"{self.path} isn't UTF-8 text. {_BY_HAND}") from None
        except OSError as error:
            raise ConfigError(f"{self.path} can't be read: {error.strerror or error}.") from None

    def _parsed(self, text: str) -> dict[str, Any]:
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{self.path} isn't valid TOML: {error}. {_BY_HAND}") from None
        if not isinstance(content.get(TABLE, {}), dict):
            raise ConfigError(f"{self.path}: keys are a table [{TABLE}]. {_BY_HAND}")
        return content


def _keys_of(text: str) -> dict[str, str]:
    return _flat(tomllib.loads(text).get(TABLE, {}))


def _flat(table: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys by the id of their action: `tasks.done = "x"` is a table in a table for TOML."""
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{rest}": keys for rest, keys in _flat(value).items()}
        else:
            found[name] = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return found


def _edited(text: str, changes: Mapping[str, str | None]) -> str:
    """Return the text of the file with these changes, made in the notation that each action has there."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        if TABLE not in document:
            document[TABLE] = tomlkit.table()
        keys: Any = document[TABLE]
        for id, value in changes.items():
            scope, _, name = id.partition(".")
            nested = keys.get(scope)
            place, word = (nested, name) if isinstance(nested, dict) and name in nested else (keys, id)
            if value is not None:
                place[word] = value
            elif word in place:
                del place[word]
        return tomlkit.dumps(document)
    except TOMLKitError:
        return text
