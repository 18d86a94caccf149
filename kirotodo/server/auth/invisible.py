"""Characters that show nothing, which nobody can type on purpose or see in what was pasted."""

import re
from typing import Final

_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters, marks and signs that are drawn as nothing; Python takes them for printable."""


def is_invisible(character: str) -> bool:
    """Return whether a character is drawn as nothing: a space of any kind, a control, a mark of direction …"""
    return character.isspace() or not character.isprintable() or _BLANK.match(character) is not None
