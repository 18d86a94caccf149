"""Secrets of this person: in the system keyring, or else in a file that only its owner can read.

A keyring may be missing, locked, or never answer: it is asked in a thread that nobody waits for longer than two
seconds, and only when a secret is needed. What the secrets are for is known to those who keep them here.
"""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final, TypeVar

from kirotodo.core.errors import OperatorError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.files import atomic_write

SERVICE: Final = "kirotodo"
PATIENCE_SECONDS: Final = 2.0
KEEPS_NOTHING: Final = "keyring.backends.null"
"""The module of keyring's backend that takes everything and keeps nothing (`keyring --disable`)."""

T = TypeVar("T")


class KeyringTrouble(Exception):
    """The keyring is there and does not do what it is asked; the text says how."""


class _KeyringMissing(Exception):
    """This machine has no keyring; nothing can be in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """Where a secret was put: "keyring", or the path of a file and why it is there."""

    place: str
    detail: str = ""


class SecretStore:
    """Secrets by name, of one `kind`: the word that stands before their names in the keyring.

    `path` is the file that stands in for the keyring.
    """

    def __init__(self, path: Path, *, kind: str, patience: float = PATIENCE_SECONDS) -> None:
        self.path = path
        self._kind = kind
        self._patience = patience

    def read(self, name: str) -> str | None:
        """Return the secret, None where none was stored. Blocks for two seconds at most.

        Raises `KeyringTrouble` where the keyring might hold one but does not tell.
        """
        if name in (kept := self._kept()):
            return kept[name]
        try:
            return self._ask(lambda keyring: keyring.get_password(SERVICE, self._user(name))) or None
        except _KeyringMissing:
            return None

    def store(self, name: str, secret: str) -> Stored:
        """Put it into the keyring, or into the file where that fails. Raises `OperatorError` if neither works."""
        try:
            self._ask(lambda keyring: keyring.set_password(SERVICE, self._user(name), secret))
        except _KeyringMissing:
            why = "this machine has no keyring"
        except KeyringTrouble as trouble:
            why = str(trouble)
        else:
            self._forget(name)
            return Stored(place="keyring")
        self._keep({**self._kept(), name: secret})
        return Stored(place=str(self.path), detail=why)

    def delete(self, name: str) -> bool:
        """Take it away; False where there was none. Raises `KeyringTrouble` if the keyring does not let go."""
        found = self._forget(name)

        def take(keyring: ModuleType) -> bool:
            if keyring.get_password(SERVICE, self._user(name)) is None:
                return False
            keyring.delete_password(SERVICE, self._user(name))
            return True

        try:
            return self._ask(take) or found
        except _KeyringMissing:
            return found

    # --- the keyring ---

    def _user(self, name: str) -> str:
        return f"{self._kind}:{name}"

    def _ask(self, question: Callable[[ModuleType], T]) -> T:
        """What the keyring answers in time. Its thread is left behind otherwise; it does not keep the program alive."""
        answers: list[T] = []
        faults: list[Exception] = []

        def ask() -> None:
            try:
                import keyring

                if type(keyring.get_keyring()).__module__ == KEEPS_NOTHING:
                    raise _KeyringMissing
                answers.append(question(keyring))
            except Exception as fault:  # its backends raise whatever their libraries do
                faults.append(fault)

        # A keyring may show a dialog or hang on a bus without ever returning, and cannot be cancelled.
        thread = threading.Thread(target=ask, name="keyring", daemon=True)
        thread.start()
        thread.join(self._patience)
        if answers:
            return answers[0]
        if not faults:
            raise KeyringTrouble(f"the system keyring did not answer within {self._patience:g} seconds")
        kind = type(faults[0]).__name__
        if kind in ("NoKeyringError", _KeyringMissing.__name__):
            raise _KeyringMissing
        raise KeyringTrouble(f"the system keyring refused ({kind})")

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
            raise OperatorError(f"{self.path} is damaged. Delete it, then store its secrets again.")
        return {name: secret for name, secret in found.items() if isinstance(secret, str)}

    def _forget(self, name: str) -> bool:
        kept = self._kept()
        if kept.pop(name, None) is None:
            return False
        self._keep(kept)
        return True

    def _keep(self, secrets: dict[str, str]) -> None:
        """Write them whole into a file that is its owner's from its first byte on."""
        try:
            atomic_write(self.path, json.dumps(secrets))
        except OSError as error:
            raise OperatorError(f"{self.path} cannot be written: {error.strerror or error}.") from None
