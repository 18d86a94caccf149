"""Text and JSON values that can be encoded and stored, whatever they were cut from.

Services that cut text by UTF-16 units send a character outside the Basic Multilingual Plane as two surrogates, often in
two pieces; alone they can be neither encoded nor stored. PostgreSQL stores no NUL, and its JSON no NaN.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

NESTED_MAX: Final = 32
"""How deep a value may be nested; no tool takes one deeper than three."""
_BAD: Final = re.compile("[\0\ud800-\udfff]")


def well_formed(text: str) -> str:
    """Return `text` with surrogate pairs joined, lone surrogates replaced by U+FFFD, and NULs left out."""
    if _BAD.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def well_formed_value(value: Any, *, depth: int = NESTED_MAX) -> Any:
    """Return a JSON value with every text in it, names included, well formed, and NaN and infinities as text.

    Raise `ValueError` where it is nested too deep to be stored.
    """
    match value:
        case str():
            return well_formed(value)
        case Mapping() | list() | tuple() if not depth:
            raise ValueError("nested too deep")
        case Mapping():
            return {well_formed(str(name)): well_formed_value(item, depth=depth - 1) for name, item in value.items()}
        case list() | tuple():
            return [well_formed_value(item, depth=depth - 1) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


class SurrogateJoiner:
    """Joins surrogate pairs that were cut apart between two pieces of one text."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return what can be shown by now; a high surrogate at the end waits for its other half."""
        if self._held:
            text, self._held = self._held + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        return well_formed(text)

    def finish(self) -> str:
        """Return what is left of a surrogate whose other half never came."""
        held, self._held = self._held, ""
        return well_formed(held)
