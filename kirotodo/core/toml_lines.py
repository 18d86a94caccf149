"""Where a configuration file sets a key, for sentences about errors. `tomllib` keeps no lines of what it could read."""

import re
from pathlib import Path
from typing import Final

from kirotodo.core.text.patterns import pattern

_TABLE: Final = pattern(r"\s*\[\[?(?P<name>[^\]]+)\]\]?\s*(?:#.*)?$")
_KEY: Final = pattern(r"\s*(?P<name>(?:\"[^\"]*\"|'[^']*'|[\w.\s-])+?)\s*=")
_QUOTES: Final = pattern(r"\"{3}|'{3}")


def at_line(path: Path | str, *names: str) -> str:
    """Return `, line 3` for the line of a file that sets the first of these keys that it sets, "" where it sets none.

    A key in a table is named with it, as in `keys.tasks.done`; the name of a table alone is its heading.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
    lines = _lines(text)
    found = (lines[_plain(name)] for name in names if _plain(name) in lines)
    return next((f", line {number}" for number in found), "")


def _lines(text: str) -> dict[str, int]:
    """Return the number of the line of each key and table, without what stands in texts of several lines."""
    found: dict[str, int] = {}
    table, inside = "", False
    for number, line in enumerate(text.splitlines(), start=1):
        if not inside:
            if heading := _TABLE.match(line):
                table = _plain(heading["name"])
                found.setdefault(table, number)
            elif key := _KEY.match(line):
                found.setdefault(f"{table}.{_plain(key['name'])}".removeprefix("."), number)
        inside ^= len(_QUOTES.findall(line)) % 2 == 1
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s\"']", "", name).casefold()
