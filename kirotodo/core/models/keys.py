"""Keys of model services: in the system keyring, or else in a file that only its owner can read.

A keyring may be missing, locked, or never answer: it is asked in a thread that nobody waits for longer than two
seconds, and only when a key is needed.
"""

import json
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final, TypeVar

from kirotodo.core.errors import InvalidInput, ModelError, OperatorError

SERVICE: Final = "kirotodo"
FILE: Final = "keys.json"
PATIENCE_SECONDS: Final = 2.0
KEY_MAX: Final = 4096

T = TypeVar("T")


class _KeyringMissing(Exception):
    """This machine has no keyring; nothing can be in it."""


class _KeyringTrouble(Exception):
    """The keyring is there and does not do what it is asked; the text says how."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """Where a key was put: "keyring", or the path of a file and why it is there."""

    place: str
    detail: str = ""


class KeyStore:
    """Keys by the names of their models. `folder` is that of config.toml."""

    def __init__(self, folder: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        self.path = folder / FILE
        self._patience = patience

    def read(self, name: str) -> str | None:
        """The key, None where none was stored. Blocks for two seconds at most.

        Raises `ModelError` where the keyring might hold one but does not tell.
        """
        if name in (kept := self._kept()):
            return kept[name]
        try:
            return self._ask(lambda keyring: keyring.get_password(SERVICE, _user(name))) or None
        except _KeyringMissing:
            return None
        except _KeyringTrouble as trouble:
            raise ModelError(
                f"The key of the model {name} cannot be had: {trouble}. Unlock the keyring, or name an environment "
                "variable that holds the key with key_env in config.toml."
            ) from None

    def store(self, name: str, key: str) -> Stored:
        """Put `key` into the keyring, or into the file where that fails. Raises `OperatorError` if neither works."""
        try:
            self._ask(lambda keyring: keyring.set_password(SERVICE, _user(name), key))
        except _KeyringMissing:
            why = "this machine has no keyring"
        except _KeyringTrouble as trouble:
            why = str(trouble)
        else:
            self._forget(name)
            return Stored(place="keyring")
        self._keep({**self._kept(), name: key})
        return Stored(place=str(self.path), detail=why)

    def delete(self, name: str) -> bool:
        """Take the key away; False where there was none. Raises `OperatorError` if the keyring does not let go."""
        found = self._forget(name)

        def take(keyring: ModuleType) -> bool:
            if keyring.get_password(SERVICE, _user(name)) is None:
                return False
            keyring.delete_password(SERVICE, _user(name))
            return True

        try:
            return self._ask(take) or found
        except _KeyringMissing:
            return found
        except _KeyringTrouble as trouble:
            raise OperatorError(f"Whether the key of {name} is in the keyring cannot be told: {trouble}.") from None

    # --- the keyring ---

    def _ask(self, question: Callable[[ModuleType], T]) -> T:
        """What the keyring answers in time. Its thread is left behind otherwise; it does not keep the program alive."""
        answers: list[T] = []
        faults: list[Exception] = []

        def ask() -> None:
            try:
                import keyring

                answers.append(question(keyring))
            except Exception as fault:  # its backends raise whatever their libraries do
                faults.append(fault)

        thread = threading.Thread(target=ask, name="keyring", daemon=True)
        thread.start()
        thread.join(self._patience)
        if answers:
            return answers[0]
        if not faults:
            raise _KeyringTrouble(f"the system keyring did not answer within {self._patience:g} seconds")
        kind = type(faults[0]).__name__
        if kind == "NoKeyringError":
            raise _KeyringMissing
        raise _KeyringTrouble(f"the system keyring refused ({kind})")

    # --- the file ---

    def _kept(self) -> dict[str, str]:
        try:
            found = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise OperatorError(f"{self.path} cannot be read: {error.strerror or error}.") from None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise OperatorError(f"{self.path} is damaged: delete it, and store the keys again.")
        return {name: key for name, key in found.items() if isinstance(key, str)}

    def _forget(self, name: str) -> bool:
        kept = self._kept()
        if kept.pop(name, None) is None:
            return False
        self._keep(kept)
        return True

    def _keep(self, keys: dict[str, str]) -> None:
        """Write them whole into a file that is its owner's from its first byte on."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{FILE}.", dir=self.path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(keys, file)
            os.replace(name, self.path)
        except OSError as error:
            raise OperatorError(f"{self.path} cannot be written: {error.strerror or error}.") from None


def checked_key(text: str) -> str:
    """`text` as a key. Raises `InvalidInput`; what was given is never repeated."""
    key = text.strip()
    if not key:
        raise InvalidInput("There is no key: it is empty.")
    if len(key) > KEY_MAX or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput("That is no key: a key is one line of plain letters, digits and signs, without spaces.")
    return key


def key_in_environment(variable: str) -> str | None:
    """What the variable holds, in the environment or in `.env` of the working folder."""
    value = os.environ.get(variable, "").strip()
    if value:
        return value
    from dotenv import dotenv_values

    try:
        return (dotenv_values(".env").get(variable) or "").strip() or None
    except (OSError, ValueError):
        return None


def _user(name: str) -> str:
    return f"model:{name}"
