"""Text that can be encoded and stored, whatever it was cut from: no halves of characters, no NUL."""

import re
from collections.abc import Mapping
from typing import Any, Final

NESTED_MAX: Final = 32
"""How deep a value may be nested; no tool takes one deeper than three."""
_BAD: Final = re.compile("[\0\ud800-\udfff]")
_HIGH: Final = re.compile("[\ud800-\udbff]\\Z")


def well_formed(text: str) -> str:
    """Return `text` with surrogate pairs joined, lone halves replaced by U+FFFD, and NULs left out."""
    if _BAD.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def well_formed_value(value: Any, *, depth: int = NESTED_MAX) -> Any:
    """Return a value of JSON with every text in it, names included, well formed. Raise `ValueError` where it is nested
    too deep to be stored."""
    match value:
        case str():
            return well_formed(value)
        case Mapping() | list() | tuple() if not depth:
            raise ValueError("nested too deep")
        case Mapping():
            return {well_formed(str(name)): well_formed_value(item, depth=depth - 1) for name, item in value.items()}
        case list() | tuple():
            return [well_formed_value(item, depth=depth - 1) for item in value]
        case _:
            return value


class PairJoiner:
    """Joins surrogate pairs that were cut apart between two pieces of one text."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return what can be shown by now; a half at the end waits for its other half."""
        text = self._held + text
        half = _HIGH.search(text)
        self._held = half[0] if half else ""
        return well_formed(text[: len(text) - len(self._held)])

    def end(self) -> str:
        """Return what is left of a half whose other half never came."""
        held, self._held = self._held, ""
        return well_formed(held)
