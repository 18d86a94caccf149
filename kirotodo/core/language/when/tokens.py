"""Cut a text into tokens, and locate values in it. Knows nothing of dates."""

import re
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final, Generic, TypeVar

import msgspec
from msgspec.structs import replace

from kirotodo.core.language.types import Preferences
from kirotodo.core.text.patterns import pattern

T = TypeVar("T")

OPAQUE: Final = "\0"
"""Stands for what is never looked into: quotations, addresses, #tags, identifiers such as A4."""

_EARLIEST: Final = datetime.combine(date(1000, 1, 1), time())
_LATEST: Final = datetime.combine(date(9000, 1, 1), time())
_DEEPEST: Final = 2
_PADDING: Final = 8


def listed_words(words: str) -> tuple[str, ...]:
    """Return the words of a sentence, in its order."""
    return tuple(words.split())


def word_set(words: str) -> frozenset[str]:
    """Return the words of a sentence as a set."""
    return frozenset(words.split())


_MOVING: Final = word_set(
    "move moved reschedule rescheduled change changed push pushed postpone shift switch bump delay update set edit "
    "prepone transfer adjust"
)

_TOKENS = pattern(
    r"""
    (?P<opaque>
        (?<!\w)"[^"\n]*"
      | “[^”]*”
      | (?<!\w)['‘](?=\S)(?:[^'’\n]|(?<=\w)['’](?=\w))*['’](?!\w)
      | https?://\S+ | www\.\S+ | \S+@\w\S*\.\w+
      | \#\w[\w/-]*(?<!\d) | (?<!\S)/[^\W\d][\w/-]* | \w+_\w*
      | [^\W\d_]{2,}\.(?:com|org|net|io|dev|md|py|txt|pdf|html?|csv|docx?)\b
      | (?<![^\W_])(?![qQ][1-4]\b)[^\W\d_]{1,3}\d\w*(?<!\d\ )
    )
  | \d+
  | [^\W\d_]+(?:['’][^\W\d_]+)*
  | [^\s]
    """,
    re.VERBOSE,
)
_MONTH_DAY = pattern(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\d{1,2}\b", re.IGNORECASE)


class Found(msgspec.Struct, Generic[T], frozen=True):
    """A value and where it stands: `text[start:end]`, the preposition before it included, `bare_start` without it.

    `time_only` says of a moment that only a time of day was given, so that its day was filled in. `kept` is the part of
    it that says what is on as well as when, and so belongs to a title: "tuesday's", "mon, wed and fri", the meal of
    "friday dinner".
    """

    start: int
    end: int
    value: T
    bare_start: int = -1
    time_only: bool = False
    kept: tuple[int, int] | None = None


class Line(msgspec.Struct, frozen=True):
    """A text in tokens. `words` are lower case, without possessive 's, and padded with empty strings at the end.

    `moving` says that the text reschedules something, so that "to" names a goal and joins no range.
    """

    text: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    size: int
    moving: bool

    def glued(self, index: int) -> bool:
        """Return whether token `index` follows the one before it without a space."""
        return 0 < index < self.size and self.starts[index] == self.ends[index - 1]

    def possessive(self, index: int) -> bool:
        """Return whether token `index` was written with a possessive 's, which `words` leaves out."""
        return index < self.size and self.text[self.starts[index] : self.ends[index]].endswith(("'s", "’s"))

    def capital(self, index: int) -> bool:
        """Return whether token `index` begins with a capital letter."""
        return index < self.size and self.text[self.starts[index]].isupper()


class Context(msgspec.Struct, frozen=True):
    """A line with what its words are relative to: the local moment and the user's preferences.

    `depth` counts expressions within expressions ("a week before the day after …"), which are limited.
    """

    line: Line
    words: tuple[str, ...]
    now: datetime
    today: date
    preferences: Preferences
    depth: int = 0

    def deeper(self) -> "Context | None":
        """Return the context of an expression within this one, or None beyond the limit."""
        return replace(self, depth=self.depth + 1) if self.depth < _DEEPEST else None


def context_of(text: str, *, now: datetime, preferences: Preferences) -> Context:
    """Return a text with its context; a clock that is wrong by thousands of years is brought within the calendar."""
    line = cut(text)
    now = min(max(now.replace(tzinfo=None), _EARLIEST), _LATEST)
    return Context(line, line.words, now, now.date(), preferences)


@lru_cache(maxsize=64)
def cut(text: str) -> Line:
    """Return every token of a text; a quotation is one token that matches nothing."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _TOKENS.finditer(text):
        start, end = match.span()
        if match.lastgroup and not _MONTH_DAY.match(text, start):
            words.append(OPAQUE)
        elif match.lastgroup:
            words += [text[start : start + 3].lower(), text[start + 3 : end]]
            starts.append(start)
            ends.append(start + 3)
            start += 3
        else:
            words.append(_plain(match.group()))
        starts.append(start)
        ends.append(end)
    size = len(words)
    moving = not _MOVING.isdisjoint(words)
    return Line(text, (*words, *("",) * _PADDING), tuple(starts), tuple(ends), size, moving)


def _plain(token: str) -> str:
    word = token.lower()
    if "’" in word:
        word = word.replace("’", "'")
    return word[:-2] if word.endswith("'s") and len(word) > 2 else word


def standing_free(line: Line, start: int, end: int) -> bool:
    """Return whether tokens start..end-1 are whole words: not part of a longer word, number, version or phone
    number.
    """
    text = line.text
    first, last = line.starts[start], line.ends[end - 1]
    if first and not _may_touch(text, first - 1, text[first], before=True):
        return False
    return last >= len(text) or _may_touch(text, last, text[last - 1], before=False)


def _may_touch(text: str, index: int, edge: str, *, before: bool) -> bool:
    char = text[index]
    if char.isalnum() or char in "_\\&=$€£":
        return False
    beyond = index - 1 if before else index + 1
    further = text[beyond] if 0 <= beyond < len(text) else " "
    if char == "-" and before and (further.isalnum() or edge.isdigit()):
        return False
    if char in "./:,-" and edge.isdigit() and further.isdigit():
        return False
    return not (char == "%" and not before)
