"""Themes of one's own: a file of colours for each, `themes/NAME.toml` beside config.toml.

    base = "dark"            # or "light": what is not named here is as there
    background = "#2e3440"
    primary = "#88c0d0"

Reports what it can't read in sentences, and leaves that theme out.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from textual.color import Color, ColorParseError
from textual.theme import Theme

from kirotodo.client.tui.themes import BASES, OWN, theme_of
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.sanitize import sanitize_line

SUFFIX: Final = ".toml"
LARGEST: Final = 100_000
"""Bytes of a file of colours at most."""
NAMES: Final = tuple(BASES["dark"])
"""What can be given a colour."""


@dataclass(frozen=True, slots=True)
class OwnThemes:
    """The themes that could be read, and a sentence for each file that could not."""

    themes: tuple[Theme, ...] = ()
    problems: tuple[str, ...] = ()


class _Unreadable(Exception):
    """Raised with a sentence that says what is wrong with a file."""


def own_themes(folder: Path | None) -> OwnThemes:
    """Read the themes of a folder; there are none where it does not exist."""
    if folder is None:
        return OwnThemes()
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except FileNotFoundError:
        return OwnThemes()
    except OSError as error:
        return OwnThemes(problems=(f"{folder} can't be read: {error.strerror or error}.",))
    themes, problems = [], []
    for path in paths:
        try:
            themes.append(_read(path))
        except _Unreadable as problem:
            problems.append(sanitize_line(f"{path.name}: {problem}"))
    return OwnThemes(tuple(themes), tuple(problems))


def _read(path: Path) -> Theme:
    try:
        if path.stat().st_size > LARGEST:
            raise _Unreadable("the file is too large for a theme.")
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _Unreadable(f"{error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise _Unreadable("this isn't a text in UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise _Unreadable(f"this isn't TOML: {error}.") from None
    name = sanitize_line(path.stem)
    if not name:
        raise _Unreadable("the file needs a name.")
    return _theme(name, content)


def _theme(name: str, content: Mapping[str, Any]) -> Theme:
    base = content.get("base", "dark")
    if base not in BASES:
        raise _Unreadable(f"base is {' or '.join(BASES)}, not {base!r}.")
    own = {key: _colour(key, value) for key, value in content.items() if key != "base"}
    return theme_of(f"{OWN}{name}", dark=base == "dark", colours={**BASES[base], **own})


def _colour(key: str, value: Any) -> str:
    if key not in NAMES:
        near = get_close_matches(key, NAMES, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are base, {', '.join(NAMES)}."
        raise _Unreadable(f"{key!r} can't be given a colour. {hint}")
    try:
        colour = Color.parse(value) if isinstance(value, str) else None
    except ColorParseError:
        colour = None
    if colour is None or colour.a != 1 or colour.ansi is not None:
        raise _Unreadable(f'{key} is {value!r}, which isn\'t a colour such as "#88c0d0".')
    return colour.hex
