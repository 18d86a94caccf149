"""Write the generated tables of the documentation: `make docs`.

A page marks each table with `<!-- generated: NAME ARGUMENTS -->` and `<!-- end -->`; what stands between the two marks
comes from the code. `tests/test_docs.py` fails while a page is stale.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from kirotodo.client.tui.keymap import ACTIONS, HEADINGS, key_label
from kirotodo.client.tui.widgets.slash_popup import COMMANDS
from kirotodo.core.settings import Settings

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = tuple(sorted((ROOT / "docs").rglob("*.md")))
BLOCK: Final = re.compile(r"(<!-- generated: (\S+)(.*?) -->\n).*?(<!-- end -->)", re.DOTALL)
COMPUTED_DEFAULTS: Final[Mapping[str, str]] = {
    "DATABASE_URL": "SQLite, in the data folder",
    "TIMEZONE": "the computer's",
}
"""Defaults that depend on the machine."""


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; `head` is its first line."""
    columns = head.count("|") - 1
    return "\n".join([head, "|" + "---|" * columns, *(f"| {' | '.join(row)} |" for row in rows)])


def keys_tables() -> str:
    """Return a section for each scope of the keymap, in the order of the help screen."""
    return "\n\n".join(
        f"## {heading}\n\n"
        + table(
            "| key | what it does | action |",
            (
                (" ".join(f"`{key_label(key)}`" for key in action.keys), action.help, f"`{action.id}`")
                for action in ACTIONS
                if action.scope == scope
            ),
        )
        for scope, heading in HEADINGS.items()
    )


def slash_table() -> str:
    """Return the table of slash commands."""
    rows = ((f"`/{one.name}{f' {one.takes.upper()}' if one.takes else ''}`", one.hint) for one in COMMANDS)
    return table("| command | what it does |", rows)


def settings_table(names: str) -> str:
    """Return the table of the named settings."""
    shown = Settings(timezone="UTC").shown()
    rows = []
    for name in names.split():
        value = COMPUTED_DEFAULTS.get(name) or (f"`{shown[name.lower()]}`" if shown[name.lower()] else "")
        rows.append((f"`{name}`", value, Settings.fields[name.lower()].description))
    return table("| setting | default | what it does |", rows)


TABLES: Final[Mapping[str, Callable[[str], str]]] = {
    "keys": lambda _: keys_tables(),
    "slash-commands": lambda _: slash_table(),
    "settings": settings_table,
}


def generated(text: str) -> str:
    """Return the page with every generated table as the code has it now."""
    return BLOCK.sub(lambda found: f"{found[1]}{TABLES[found[2]](found[3])}\n{found[4]}", text)


def main() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if (now := generated(text)) != text:
            page.write_text(now, encoding="utf-8")
            print(f"{page.relative_to(ROOT)} was stale and is up to date now")


if __name__ == "__main__":
    main()
