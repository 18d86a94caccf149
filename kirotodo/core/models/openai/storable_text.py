"""Text of a model made storable, where it enters: halves of characters joined, what no database takes replaced.

Servers that cut text by UTF-16 units send a character outside the Basic Multilingual Plane as two surrogates, often in
two deltas; alone they can be neither encoded nor stored. PostgreSQL stores no NUL, and its JSON no NaN.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

REPLACEMENT: Final = "\ufffd"
DEEPEST: Final = 64
"""Levels of nested values; no tool has arguments of more than two."""
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """Return `text` with pairs of surrogates as the character they spell, lone ones replaced, and no NUL."""
    if _UNSTORABLE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def storable_value(value: Any, *, depth: int = 0) -> Any:
    """Return a JSON value with all its texts storable, names included. Raises `ValueError` where it nests too deep."""
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    match value:
        case str():
            return storable(value)
        case Mapping():
            return {storable(str(key)): storable_value(inner, depth=depth + 1) for key, inner in value.items()}
        case list() | tuple():
            return [storable_value(inner, depth=depth + 1) for inner in value]
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


class TextJoiner:
    """Feeds on text as it comes and gives it back storable; half a character waits for its other half."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        if self._half:
            text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return storable(text)

    def finish(self) -> str:
        """Return what stands for a half that stayed alone."""
        half, self._half = self._half, ""
        return REPLACEMENT if half else ""
