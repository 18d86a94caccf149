"""Which names are time zones: those of IANA, and not the other files that lie beside them on many systems."""

import re
from typing import Final
from zoneinfo import ZoneInfo

from kirotodo.core.text.patterns import pattern

_NAME: Final = pattern(r"(?!Factory\Z)[A-Z][\w+-]*(?:/[A-Za-z][\w+-]*){0,2}", re.ASCII)
"""Every zone begins with a capital; `localtime`, `posixrules`, `right/…` and `posix/…` are files with other uses, and
mean something else, or nothing, on another machine. Factory is what a machine has that nobody set up."""


def known_zone(name: str) -> str:
    """Return the name. Raises `ValueError` where it is not a time zone, or not one that this machine knows."""
    try:
        if _NAME.fullmatch(name) is None:
            raise ValueError(name)
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError("it should be an IANA time zone such as Europe/Vienna, America/New_York or UTC") from None
    return name
