"""What was typed so far of a command of several keys: a number, and the first of two letters, such as `3d` of `3dd`."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from kirotodo.client.tui.keymap import BY_ID, Scope, is_letters

COUNT: Final = "tasks.count"
DIGITS: Final = 4
"""Digits of a number at most."""


class Command(NamedTuple):
    """The id of an action, and the number that was typed before it."""

    action: str
    number: int | None = None


Taken: TypeAlias = Command | Literal["waits"] | None
"""What became of a key: it completes a command, waits for the next one, or is none of ours."""


class PendingKeys:
    """Takes keys one by one, and forgets what was typed once it is a command or cannot become one."""

    def __init__(self) -> None:
        self._open = False
        self._digits = self._letter = ""

    @property
    def shown(self) -> str:
        """Return what was typed, "" where nothing waits."""
        return f"{self._digits or '…'}{self._letter}" if self._open else self._letter

    def begin(self) -> None:
        """Wait for a number."""
        self._open = True

    def clear(self) -> None:
        """Forget what was typed."""
        self._open, self._digits, self._letter = False, "", ""

    def take(
        self, key: str, keys: Mapping[str, tuple[str, ...]], *, scopes: Sequence[Scope], at_once: bool = False
    ) -> Taken:
        """Take a key. With `at_once` one letter stands for two of it, as `d` does for `dd` where a range is marked."""
        if key.isdecimal() and not self._letter and (self._open or key in keys[COUNT]):
            self._open, self._digits = True, f"{self._digits}{key}"[:DIGITS]
            return "waits"
        waiting, typed = bool(self.shown), self._letter + key
        if key == "escape" and waiting:
            self.clear()
            return "waits"
        if not self._letter and _begins_letters(key, keys, scopes):
            if not at_once:
                self._letter = key
                return "waits"
            typed = key * 2
        command = self._command(typed, keys, scopes)
        dropped = bool(self._letter) and len(key) == 1
        self.clear()
        return command or ("waits" if dropped else None)

    def _command(self, typed: str, keys: Mapping[str, tuple[str, ...]], scopes: Sequence[Scope]) -> Command | None:
        if not self._open and not is_letters(typed):
            return None
        found = (id for scope in scopes for id, own in keys.items() if BY_ID[id].scope == scope and typed in own)
        id = next(found, None)
        return Command(id, int(self._digits or 0) or None) if id is not None else None


def _begins_letters(key: str, keys: Mapping[str, tuple[str, ...]], scopes: Sequence[Scope]) -> bool:
    return any(
        is_letters(each) and each[0] == key for id, own in keys.items() if BY_ID[id].scope in scopes for each in own
    )
