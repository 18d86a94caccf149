"""Saved views: a filter with a name, an order and groups."""

from typing import Final, Literal

from kirotodo.core.errors import InvalidInput
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.patterns import pattern

Group = Literal["when", "project", "priority", "tag", "date"]
VIEWS_MAX: Final = 200
"""Views that a user can have."""
NAME_PATTERN: Final = r"^\w(?:[\w .\-]{0,48}[\w.\-])?$"
_NAME: Final = pattern(NAME_PATTERN)


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A filter under a name, which `@name` stands for in any filter.

    `sort` and `group` are how the view is shown; None means as usual. Pinned views are offered first. `problem` says
    what is wrong with the filter where it can't be read (any more), and `position` where, in characters from 0.
    """

    name: str
    filter: str
    sort: str | None = None
    group: Group | None = None
    pinned: bool = False
    problem: str | None = None
    position: int | None = None


def checked_name(name: str) -> str:
    """Return the name of a view. Raises `InvalidInput`."""
    name = " ".join(name.split()).removeprefix("@")
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "The name of a view has 1 to 50 letters, digits, dots, dashes and spaces; the first is a letter or digit."
        )
    return name
