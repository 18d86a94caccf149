"""What a setting is: its default, its description, and how its value is read from text or from TOML.

A reader returns the value or raises `ValueError` with what would do, such as "it should be a valid integer". It does
without pydantic, since every command reads the settings and importing pydantic would take as long as the whole command.
"""

import datetime as dt
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from kirotodo.core.text.patterns import pattern

Reader: TypeAlias = Callable[[object], Any]

MASKED: Final = "**********"
_TRUE: Final = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE: Final = frozenset({"0", "off", "f", "false", "n", "no"})


class Setting:
    """A setting: how its value is read, what it is where nothing sets it, and what it is for.

    `default_factory` is called with the values of the settings before this one.
    """

    __slots__ = ("default", "default_factory", "description", "read")

    def __init__(
        self,
        read: Reader,
        *,
        default: Any = None,
        default_factory: Callable[[Mapping[str, Any]], Any] | None = None,
        description: str,
    ) -> None:
        self.read = read
        self.default = default
        self.default_factory = default_factory
        self.description = description

    def default_after(self, values: Mapping[str, Any]) -> Any:
        """Return the value where nothing sets it."""
        return self.default if self.default_factory is None else self.default_factory(values)


class Secret:
    """A text that is shown nowhere by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        """Return the text."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret('{MASKED}')"

    __str__ = __repr__


def as_it_is(value: object) -> Any:
    """Read a value that was checked where it was read."""
    return value


def text(value: object) -> str:
    """Read a text as it is."""
    if not isinstance(value, str):
        raise ValueError('it should be text in quotes, such as "a"')
    return value


def stripped(value: object) -> str:
    """Read a text without the blanks around it."""
    return text(value).strip()


def lowered(value: object) -> str:
    """Read a word in lower case."""
    return stripped(value).lower()


def secret(value: object) -> Secret:
    """Read a text that is to be shown nowhere."""
    return value if isinstance(value, Secret) else Secret(text(value))


def path(value: object) -> Path:
    """Read an absolute path; `~` is the home folder."""
    if not isinstance(value, str | os.PathLike):
        raise ValueError("it should be a valid path")
    return Path(os.path.abspath(Path(value).expanduser()))


def flag(value: object) -> bool:
    """Read yes or no, in any of the usual words."""
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("it should be a valid boolean")
    return word in _TRUE


def whole(*, ge: int, le: int | None = None) -> Reader:
    """Return the reader of whole numbers within bounds."""

    def read(value: object) -> int:
        number = _number(value, "it should be a valid integer")
        if isinstance(number, float):
            if not number.is_integer():
                raise ValueError("it should be a valid integer")
            number = int(number)
        return int(_bounded(number, ge=ge, le=le))

    return read


def number(*, le: float, ge: float | None = None, gt: float | None = None) -> Reader:
    """Return the reader of numbers within bounds."""

    def read(value: object) -> float:
        return float(_bounded(_number(value, "it should be a valid number"), ge=ge, gt=gt, le=le))

    return read


def _number(value: object, wrong: str) -> int | float:
    if isinstance(value, int | float):
        return value
    for kind in (int, float):
        try:
            return kind(text(value))
        except ValueError:
            continue
    raise ValueError(wrong)


def _bounded(
    number: int | float, *, ge: float | None = None, gt: float | None = None, le: float | None = None
) -> int | float:
    if ge is not None and not number >= ge:
        raise ValueError(f"it should be greater than or equal to {ge:g}")
    if gt is not None and not number > gt:
        raise ValueError(f"it should be greater than {gt:g}")
    if le is not None and not number <= le:
        raise ValueError(f"it should be less than or equal to {le:.15g}")
    return number


def one_of(*words: str, by: Callable[[object], str] = lowered, short: Mapping[str, str] | None = None) -> Reader:
    """Return the reader of one of these words, which `by` reads; `short` names words for some of them."""
    quoted = [f"'{word}'" for word in words]
    wrong = f"it should be {', '.join(quoted[:-1])} or {quoted[-1]}"

    def read(value: object) -> str:
        word = by(value)
        word = (short or {}).get(word, word)
        if word not in words:
            raise ValueError(wrong)
        return word

    return read


def optional(read: Reader) -> Reader:
    """Return the reader of a value that may be None."""
    return lambda value: None if value is None else read(value)


def comma_list(value: object) -> tuple[str, ...]:
    """Read texts that are separated by commas, in brackets and quotes or not."""
    if isinstance(value, str):
        return tuple(part for part in (piece.strip(" \"'") for piece in value.strip("[] ").split(",")) if part)
    if not isinstance(value, list | tuple):
        raise ValueError("it should be texts separated by commas")
    return tuple(map(text, value))


_LEAD: Final = pattern(r"(\d{1,5})\s*(?:(m|min|mins|minutes?)|(h|hours?)|(d|days?))?", re.ASCII)
_LEAD_MAX: Final = 366 * 24 * 60


def lead(value: object) -> int | None:
    """Read `10`, `10 minutes`, `1 hour` and `1 day` as minutes; None for `off`."""
    said = str(value).strip().lower() if value is not None else "off"
    if said in ("off", "none", "no", "never", ""):
        return None
    found = _LEAD.fullmatch(said)
    minutes = int(found[1]) * (60 if found[3] else 1440 if found[4] else 1) if found else _LEAD_MAX + 1
    if minutes > _LEAD_MAX:
        raise ValueError("it should be a time such as 10 minutes or 1 hour, at most a year, or off")
    return minutes


def clock(value: object) -> dt.time:
    """Read `9` and `9:30` as a person writes them."""
    if isinstance(value, dt.time):
        return value
    match = re.fullmatch(r"\s*([01]?\d|2[0-3])(?::([0-5]\d))?\s*", str(value))
    if match is None:
        raise ValueError("it should be a time of day such as 9:00 or 17:30")
    return dt.time(int(match[1]), int(match[2] or 0))
