"""Answers are markdown; in plain lines the backslashes that keep its signs from acting are only in the way."""

import re
from typing import Final

_PART: Final = re.compile(r"(?P<ticks>`+)|\\(?P<sign>[!-/:-@\[-`{-~])")


class Unescaper:
    """Takes pieces of an answer as they come; an escape may be cut between two. Code stays as it is."""

    def __init__(self) -> None:
        self._held = ""
        self._code: str | None = None

    def feed(self, piece: str) -> str:
        text = self._held + piece
        kept = len(text.rstrip("\\`"))
        self._held, text = text[kept:], text[:kept]
        return _PART.sub(self._replace, text)

    def rest(self) -> str:
        """What was held back, at the end."""
        held, self._held = self._held, ""
        return _PART.sub(self._replace, held)

    def _replace(self, match: re.Match[str]) -> str:
        ticks = match["ticks"]
        if ticks is None:
            return match[0] if self._code else match["sign"]
        if self._code is None:
            self._code = ticks
        elif self._code == ticks:
            self._code = None
        return ticks


def unescaped(text: str) -> str:
    """A whole answer without its backslashes."""
    unescaper = Unescaper()
    return unescaper.feed(text) + unescaper.rest()
