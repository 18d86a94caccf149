"""Titles, notes, projects and tags as they may be stored: trimmed, without control characters, not too long."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from kirotodo.core.domain.task import NAME_MAX, NOTES_MAX, TITLE_MAX
from kirotodo.core.errors import InvalidInput

TAGS_MAX: Final = 20
_LINE_ENDS = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")


def _without_controls(text: str, *, keep: str = "") -> str:
    """Tabs become spaces; controls and lone surrogates go. Joiners that emoji and scripts need stay."""
    return "".join(
        char for char in text.replace("\t", " ") if char in keep or unicodedata.category(char) not in ("Cc", "Cs")
    )


def _one_line(text: str, what: str) -> str:
    text = text.strip()
    if any(char in _LINE_ENDS for char in text):
        raise InvalidInput(f"{what} is a single line; put the rest into the notes.")
    return _without_controls(text).strip()


def clean_title(title: str) -> str:
    """Raises `InvalidInput` unless 1 to 200 characters are left."""
    title = _one_line(title, "A title")
    if not any(unicodedata.category(char) != "Cf" and not char.isspace() for char in title):
        raise InvalidInput("A task needs a title.")
    if len(title) > TITLE_MAX:
        raise InvalidInput(
            f"A title has at most {TITLE_MAX} characters; this one has {len(title)}. "
            f"Shorten “{title[:40].rstrip()}…”, or put the rest into the notes."
        )
    return title


def clean_notes(notes: str | None) -> str:
    notes = _without_controls((notes or "").replace("\r\n", "\n").replace("\r", "\n"), keep="\n").strip()
    if len(notes) > NOTES_MAX:
        raise InvalidInput(f"Notes have at most {NOTES_MAX:,} characters; these have {len(notes):,}.")
    return notes


def _clean_name(name: str, what: str, sign: str) -> str:
    name = " ".join(_one_line(name, f"A {what}").lstrip(f"{sign} ").split())
    if len(name) > NAME_MAX:
        raise InvalidInput(f"A {what} has at most {NAME_MAX} characters; this one has {len(name)}.")
    return name


def clean_project(name: str | None) -> str | None:
    return _clean_name(name or "", "project's name", "+") or None


def clean_tags(tags: Sequence[str] | None) -> tuple[str, ...]:
    """Each once, whatever its case, in the order given."""
    unique: dict[str, str] = {}
    for tag in tags or ():
        name = _clean_name(tag, "tag", "#")
        if name:
            unique.setdefault(name.casefold(), name)
    if len(unique) > TAGS_MAX:
        raise InvalidInput(f"A task has at most {TAGS_MAX} tags.")
    return tuple(unique.values())
