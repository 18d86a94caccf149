"""Pastes that the terminal does not mark as such, which arrive as one key after another. No widgets.

Terminals without bracketed paste, and programs that type into a terminal (`tmux send-keys`), send the characters of a
text as keys. Its line ends would then be enter, which sends half of a message, or saves half of a title and runs what
follows as commands. What tells a paste from a person is time: no hand presses enter within this time of the key before,
and the next key within this time again.
"""

from typing import Final, Literal

from textual.events import Key, Paste

QUICK: Final = 0.02
"""Seconds between two keys that no hand is quicker than. Programs that type for people (KeePass) wait longer."""
PASTE_PAUSE: Final = 0.05
"""Seconds after which a paste is over, or an enter stands alone; long enough for a busy machine to hand over keys."""
_TYPED: Final = {"enter": "\n", "ctrl+j": "\n", "shift+enter": "\n", "tab": "\t"}

FocusedText = Literal["lines", "line"] | None
"""What has the focus: a text of several lines, of one line, or no text."""


class UnmarkedPaste:
    """Holds back an enter that arrives too quickly, until what follows shows what it was.

    Alone it is an enter, so that a program may type a line and send it. Followed as quickly by more text, it is the
    beginning of a paste, which lasts until the keys pause. In a text of several lines the same goes for tab.
    """

    def __init__(self) -> None:
        self._held: list[Key] = []
        self._last: float | None = None

    @property
    def waiting(self) -> bool:
        """Return whether keys are held back; `pause` has to be called once none arrive any more."""
        return bool(self._held)

    def key(self, event: Key, *, into: FocusedText) -> list[Key | Paste]:
        """Take a key, and return what is to be delivered now."""
        quick = self._last is not None and event.time - self._last < QUICK
        self._last = event.time if _text(event) is not None else None
        if self._held and quick and self._last is not None:
            self._held.append(event)
            return []
        before = self._release()
        ends_line = into is not None and event.key == "enter"
        if quick and (ends_line or (into == "lines" and event.key == "tab")):
            self._held.append(event)
            return before
        return [*before, event]

    def pause(self) -> list[Key | Paste]:
        """Return what was held back, once no more keys arrive."""
        return self._release()

    def _release(self) -> list[Key | Paste]:
        held, self._held = self._held, []
        if len(held) < 2:
            return list(held)
        return [Paste("".join(_text(each) or "" for each in held))]


def _text(event: Key) -> str | None:
    """Return what a key types, or None if it types nothing."""
    return _TYPED.get(event.key) or (event.character if event.is_printable else None)
