"""Keyrings for tests: one in memory, one that is locked, one that never answers, and none at all.

Their priority is below that of keyring's own stand-in, so that it never picks one of them by itself.
"""

import threading
from typing import Final

from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked, PasswordDeleteError

UNCHOSEN: Final = -1.0


class MemoryKeyring(KeyringBackend):
    priority = UNCHOSEN

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


class LockedKeyring(KeyringBackend):
    priority = UNCHOSEN

    def __init__(self) -> None:
        """Nothing is read from the environment."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("secret service says no")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked("secret service says no")

    def delete_password(self, service: str, username: str) -> None:
        raise KeyringLocked("secret service says no")


class HangingKeyring(KeyringBackend):
    """Answers only once `gate` is set."""

    priority = UNCHOSEN

    def __init__(self) -> None:
        self.gate = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.gate.wait()
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.gate.wait()

    def delete_password(self, service: str, username: str) -> None:
        self.gate.wait()


class NoKeyring(fail.Keyring):
    """What keyring uses on a machine that has none."""

    def __init__(self) -> None:
        """Nothing is read from the environment."""
