"""List markers at the beginning of a line: bullets, numbers and checkboxes, as people paste them."""

import re
from typing import Final, NamedTuple

from kirotodo.core.text.patterns import pattern

_BULLET: Final = r"(?P<bullet>[-*+•‣⁃◦▪●○·∙–—])[ \t\u00a0]+"
_NUMBER: Final = (
    r"\(?\d{1,3}[.)][ \t\u00a0]+"
    r"(?!(?i:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b))"  # "20. december party" is a date
)
_OPEN_BOX: Final = r"\[[ \t_]?\](?=\s|\Z)|[☐□▢⬜◻🔲]\ufe0f?"
_DONE_BOX: Final = r"\[[xX✓✔✗✘]\](?=\s|\Z)|[☑☒✅✓✔🗹]\ufe0f?"
_MARKS: Final = pattern(rf"\s*(?:{_BULLET}|{_NUMBER})?(?:(?P<open>{_OPEN_BOX})|(?P<done>{_DONE_BOX}))?\s*")
_ABOUT_THE_SIGN: Final = pattern(
    r"(?:is|are|was|were|means?|stands|marks?|denotes?|equals?|and|or|vs\.?|versus|=)(?=\s|\Z)", re.IGNORECASE
)
""" "* is a footnote": the sign itself is spoken of."""


class ListItem(NamedTuple):
    """A line without its marks; whether it had any, a checkbox among them, and whether that is ticked."""

    text: str
    done: bool = False
    marked: bool = False
    boxed: bool = False


def read_item(line: str) -> ListItem:
    """Return a line without the marks of a list in front. A sign that belongs to the text stays: `-5 degrees`."""
    marks = _MARKS.match(line)
    assert marks is not None  # every part of it may be missing
    text, boxed = line[marks.end() :], bool(marks["open"] or marks["done"])
    if marks["bullet"] and not boxed and _ABOUT_THE_SIGN.match(text):
        return ListItem(line.strip())
    return ListItem(text.strip(), done=marks["done"] is not None, marked=bool(line[: marks.end()].strip()), boxed=boxed)
