"""A text made ready for the grammar: folded for matching, quotes masked, dates and rules found once, with their places.

Every other module of the grammar works on a `Span` of a `Reading`, so that places stay comparable, the user's own words
can always be cut out of the original, and dates are looked for only once per text.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from kirotodo.core.language.patterns import Pattern, pattern
from kirotodo.core.language.types import Preferences, Recurrence, When
from kirotodo.core.language.when import parse, recurrence

MASK = "¤"
"""Stands for every character within quotes and URLs, so that no rule of the grammar can match there."""

_SMART = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', " ": " ", "–": "-", "—": "-"}
)
_QUOTED = pattern(r"\"[^\"\n]+\"|(?<![\w'])'[^'\n]*(?:\w'\w[^'\n]*)*'(?!\w)|`[^`\n]+`")
_URL = pattern(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_SIGNED = pattern(r"-?\.?\d")
_WORDLESS = pattern(r"[\s,;:.!?\-]+")


def fold(text: str) -> str:
    """Lower case with plain quotes and dashes and no control characters but line ends; exactly as long as `text`."""
    out = []
    for ch in text.translate(_SMART):
        low = ch.lower()
        out.append(ch if ch == "\n" else " " if not ch.isprintable() else low if len(low) == 1 else ch)
    return "".join(out)


@dataclass(frozen=True, slots=True)
class Named:
    """A date or a rule that the text names, and where: with its preposition from `start`, without from `bare_start`.

    `time_only` is a time of day that names no day of its own.
    """

    start: int
    end: int
    when: When | None = None
    rule: Recurrence | None = None
    time_only: bool = False
    bare_start: int = -1


class Reading:
    """One text: as written (`raw`), folded (`low`), folded with quotes masked (`bare`), with what it names."""

    __slots__ = ("bare", "low", "named", "now", "preferences", "quotes", "raw")

    def __init__(self, raw: str, *, now: dt.datetime, preferences: Preferences) -> None:
        self.raw = raw
        self.low = fold(raw)
        self.now = now
        self.preferences = preferences
        self.quotes = [m.span() for m in _QUOTED.finditer(self.low)]
        self.bare = _masked(self.low, [*self.quotes, *(m.span() for m in _URL.finditer(self.low))])
        self.named = self._find()

    def _find(self) -> list[Named]:
        now, preferences = self.now, self.preferences
        rules = [
            Named(f.start, f.end, rule=f.value, bare_start=f.bare_start)
            for f in recurrence.find_recurrence(self.raw, now=now, preferences=preferences)
        ]
        whens = [
            Named(f.start, f.end, when=f.value, time_only=f.time_only, bare_start=f.bare_start)
            for f in parse.find_when(self.raw, now=now, preferences=preferences)
        ]
        free = [w for w in whens if not any(w.start < r.end and r.start < w.end for r in rules)]
        return sorted(rules + free, key=lambda n: (n.start, -n.end))

    def whole(self) -> "Span":
        return Span(self, 0, len(self.raw))


def _masked(low: str, holes: Iterable[tuple[int, int]]) -> str:
    chars = list(low)
    for start, end in holes:
        quoted = low[start] in "\"'`"
        for i in range(start + quoted, end - quoted):
            chars[i] = MASK
    return "".join(chars)


class Span:
    """A stretch of a reading."""

    __slots__ = ("end", "reading", "start")

    def __init__(self, reading: Reading, start: int, end: int) -> None:
        self.reading, self.start, self.end = reading, start, end

    @property
    def bare(self) -> str:
        return self.reading.bare[self.start : self.end]

    @property
    def low(self) -> str:
        return self.reading.low[self.start : self.end]

    @property
    def raw(self) -> str:
        return self.reading.raw[self.start : self.end]

    def __bool__(self) -> bool:
        return self.start < self.end

    def match(self, pattern: Pattern) -> re.Match[str] | None:
        return pattern.match(self.reading.bare, self.start, self.end)

    def fullmatch(self, pattern: Pattern) -> re.Match[str] | None:
        return pattern.fullmatch(self.reading.bare, self.start, self.end)

    def search(self, pattern: Pattern) -> re.Match[str] | None:
        return pattern.search(self.reading.bare, self.start, self.end)

    def group(self, m: re.Match[str], name: str | int) -> "Span":
        """What a group of a match on this span covers; empty where it took no part."""
        start, end = m.span(name)
        return Span(self.reading, start, end) if start >= 0 else Span(self.reading, self.start, self.start)

    def has(self, m: re.Match[str], name: str) -> bool:
        return m.span(name)[0] >= 0

    def to(self, start: int | None = None, end: int | None = None) -> "Span":
        return Span(self.reading, self.start if start is None else start, self.end if end is None else end)

    def trimmed(self, marks: str = " \t\r\n,;:.-") -> "Span":
        """Without blanks and loose punctuation at its ends."""
        bare, start, end = self.reading.bare, self.start, self.end
        while start < end and (bare[start] in marks or bare[start].isspace()):
            if bare[start] in "-." and _SIGNED.match(bare, start) and (start == 0 or bare[start - 1].isspace()):
                break  # "-5 degrees", ".5 mm": a number with its sign
            start += 1
        while start < end and (bare[end - 1] in marks or bare[end - 1].isspace()):
            if bare[end - 1] == "." and any(n.end == end for n in self.reading.named):
                break  # the last point of "p.m."
            end -= 1
        return Span(self.reading, start, end)

    def named(self) -> list[Named]:
        """The dates and rules that lie within, first to last; one whose preposition lies outside begins after it."""
        inside = (n for n in self.reading.named if n.end <= self.end and max(n.start, n.bare_start) >= self.start)
        return [n if n.start >= self.start else replace(n, start=n.bare_start) for n in inside]

    def covered(self, n: Named) -> bool:
        """Whether nothing but blanks and punctuation lies outside `n`."""
        bare = self.reading.bare
        outside = bare[self.start : max(self.start, n.start)] + bare[min(self.end, n.end) : self.end]
        return not outside or _WORDLESS.fullmatch(outside) is not None

    def all_named(self) -> bool:
        """Whether it holds dates and rules and nothing else."""
        named, at = self.named(), self.start
        for n in named:
            if self.reading.bare[at : n.start].strip(" ,.;:-"):
                return False
            at = max(at, n.end)
        return bool(named) and not self.reading.bare[at : self.end].strip(" ,.;:-")

    def in_quotes(self) -> bool:
        """Whether it is one quoted text from end to end."""
        return any(a == self.start and b == self.end for a, b in self.reading.quotes)

    def without(self, holes: Iterable[tuple[int, int]]) -> str:
        """The user's own words with `holes` cut out and blanks made single."""
        parts, at = [], self.start
        for start, end in sorted(holes):
            if start >= self.end or end <= at:
                continue
            parts.append(self.reading.raw[at : max(at, start)])
            at = end
        parts.append(self.reading.raw[at : self.end])
        return plain(" ".join(parts))

    def __repr__(self) -> str:
        return f"Span({self.raw!r})"


def plain(text: str) -> str:
    """Without control characters, blanks made single; what joins the parts of an emoji stays."""
    return " ".join("".join(ch if ch.isprintable() or ch == "\u200d" else " " for ch in text).split())


def first(named: list[Named], kind: str) -> Any:
    """The first date ("when") or rule ("rule") among `named`."""
    return next((getattr(n, kind) for n in named if getattr(n, kind) is not None), None)
