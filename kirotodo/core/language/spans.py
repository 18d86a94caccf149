"""The spans of a text that are found in its characters: dates, recurrences, lead times, ids, marks, quotations."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from kirotodo.core.domain.task import Priority
from kirotodo.core.language.lexicon import NUMBERS, phrases
from kirotodo.core.language.slips import corrected
from kirotodo.core.language.types import Preferences, When
from kirotodo.core.language.when.durations import UNITS, Length, length_at
from kirotodo.core.language.when.parse import find_when
from kirotodo.core.language.when.recurrence import find_recurrence
from kirotodo.core.language.when.tokens import Line, cut, word_set
from kirotodo.core.text.patterns import pattern

_SMART: Final = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "\u00a0": " ", "–": "-", "—": "-"}
)
_QUOTED: Final = pattern(r"\"[^\"\n]+\"|(?<![\w'])'(?=\S)[^'\n]*(?:\w'\w[^'\n]*)*'(?!\w)|`[^`\n]+`")
_MARK: Final = pattern(
    r"(?<!\S)(?:#(?P<tag>[^\W\d_][\w\-/]*)|\+(?P<project>[^\W\d_][\w\-/&]*)"
    r"|!(?P<word>high|hi|h|urgent|important|medium|med|mid|m|normal|low|lo|l|none|[123])|(?P<bangs>!!!?)"
    r"|p(?P<number>[1-4]))(?=[,;.:!?)]*(?:\s|$))"
)
_LEVELS: Final[dict[str, Priority]] = {
    "hi": "high", "h": "high", "1": "high", "!!": "high", "!!!": "high", "med": "medium", "m": "medium",
    "2": "medium", "lo": "low", "l": "low", "3": "low", "none": "none", "no": "none", "4": "none",
}  # fmt: skip
_IDS: Final = pattern(
    r"(?:#\s*|\b(?:tasks?|items?|todos?|to-dos?|ids?|numbers?|nr\.?|entry|entries|reminders?)\s+(?:number\s+|no\.?\s+|#\s*)?)"
    r"(?P<n>\d{1,6}(?:\s*(?:,\s*and|,|and|&|-|to|through)\s*(?:#|task )?\d{1,6}(?![\d:]|\s*(?:am|pm)))*)(?![\w:.]*\w)"
    r"(?!\s*(?:min|hour|hr|day|week|month)s?)"
)
_BARE_IDS: Final = pattern(
    r"(?:^|\b)(?P<verb>[a-z]+(?: off)?) (?P<n>\d{1,4}(?:\s*(?:,\s*and|,|and|&|-)\s*\d{1,4})*)"
    r"(?=\s*$|\s+(?:to|as|is|are|done|complete|completed|finished|by|with|until|off|and|high|low|medium|tomorrow|#)|\s*[,.;!?])"
)
_NUMBER_WORDS: Final = pattern(r"\b(?:task|item|number|todo) (?P<n>one|two|three|four|five|six|seven|eight|nine|ten)\b")
_AFTER_LENGTH: Final = word_set("before beforehand ahead prior early earlier advance")


_NOTICE: Final = word_set("warning notice headsup")


class Token(msgspec.Struct, frozen=True):
    """A word, a sign or a span. `word` is what forms see; `value` is what a span stands for."""

    word: str
    start: int
    end: int
    value: Any = None
    lead: str = ""

    @property
    def is_span(self) -> bool:
        """Return whether the token is a span."""
        return self.word.isupper() and len(self.word) == 1

    @property
    def is_sign(self) -> bool:
        """Return whether forms leave the token out."""
        return self.word in SIGNS


SIGNS: Final = frozenset({",", ";", ".", "!", "?", "\n", "(", ")", "-", "", "…"})


class Moment(msgspec.Struct, frozen=True):
    """What W stands for. `time_only`: its day was filled in; `kept`: a title keeps it ("tuesday's rehearsal")."""

    when: When
    time_only: bool = False
    kept: bool = False


def settled(token: Token) -> Moment:
    """Return the moment on which a thing is due that is to be done "after the weekend": the first day after it."""
    moment: Moment = token.value
    if token.lead.split()[-1:] == ["after"] and moment.when.until is not None and moment.when.time is None:
        return Moment(When(date=moment.when.until + dt.timedelta(days=1)))
    return moment


class Shift(msgspec.Struct, frozen=True):
    """What D and L stand for: a length, and the word that says in which direction."""

    length: Length
    direction: str
    text: str


class ListName(msgspec.Struct, frozen=True):
    """What K stands for: the name of a list, or None for the list itself; `known` if it is one of the user's."""

    name: str | None
    known: bool = False
    bare: bool = False


class Source(msgspec.Struct, frozen=True):
    """A text as written and in lower case, and what its dates are relative to."""

    raw: str
    low: str
    now: dt.datetime
    preferences: Preferences


def fold(text: str) -> str:
    """Return a text in lower case with plain quotes and no control characters but line ends, exactly as long."""
    if text.isascii() and text.isprintable():
        return text.lower()
    out = []
    for ch in text.translate(_SMART):
        low = ch.lower()
        out.append(ch if ch == "\n" else " " if not ch.isprintable() else low if len(low) == 1 else ch)
    return "".join(out)


def plain(text: str) -> str:
    """Return a text without control characters and with single blanks; what joins the parts of an emoji stays."""
    return " ".join("".join(ch if ch.isprintable() or ch == "\u200d" else " " for ch in text).split())


def find_spans(source: Source) -> list[Token]:
    """Return the spans that can be found in the text itself, left to right; of those that overlap, the first found."""
    low = source.low
    taken: list[Token] = [
        Token("Q", m.start(), m.end(), plain(source.raw[m.start() + 1 : m.end() - 1])) for m in _QUOTED.finditer(low)
    ]
    if any(sign in low for sign in "#+!p"):
        _take(taken, (_mark(source, m) for m in _MARK.finditer(low)))
    if any(ch.isdecimal() for ch in low):
        _take(taken, (Token("I", m.start(), m.end(), _numbers(m["n"])) for m in _IDS.finditer(low)))
        _take(taken, (_bare_ids(m) for m in _BARE_IDS.finditer(low) if _refers(m["verb"])))
    _take(taken, (Token("I", m.start(), m.end(), (NUMBERS[m["n"]],)) for m in _NUMBER_WORDS.finditer(low)))
    named = [*_rules(source), *_whens(source)]
    _take(taken, _lengths(source, named))
    _take(taken, named)
    return sorted(taken, key=lambda token: token.start)


def _take(taken: list[Token], more: Iterable[Token]) -> None:
    for token in more:
        if not any(token.start < other.end and other.start < token.end for other in taken):
            taken.append(token)


def _mark(source: Source, m: re.Match[str]) -> Token:
    if m["tag"]:
        return Token("T", m.start(), m.end(), source.raw[m.start("tag") : m.end("tag")])
    if m["project"]:
        return Token("N", m.start(), m.end(), source.raw[m.start("project") : m.end("project")])
    return Token("P", m.start(), m.end(), level(m["word"] or m["bangs"] or m["number"]), "mark")


def level(word: str) -> Priority | None:
    """Return the priority that a word means."""
    if word in _LEVELS:
        return _LEVELS[word]
    for name in ("high", "medium", "low", "none"):
        if word in phrases(name):
            return name
    return None


def _bare_ids(m: re.Match[str]) -> Token:
    return Token("I", m.start("n"), m.end("n"), _numbers(m["n"]))


_REFERRING: Final = ("remove", "finish", "mark", "reopen", "move", "untag", "skip", "rename", "change", "tagging")
_COUNTING: Final = word_set("get make put set add take cut call give do turn fix count consider bring pull keep")
"""Verbs behind which a number may as well be how many."""


def _refers(verb: str) -> bool:
    return verb not in _COUNTING and any(verb in phrases(name) for name in _REFERRING)


def _numbers(text: str) -> tuple[int, ...]:
    out: list[int] = []
    joined = False
    for part in re.findall(r"\d+|-|to|through", text):
        if not part.isdecimal():
            joined = True
            continue
        number = int(part)
        if joined and out and out[-1] < number <= out[-1] + 200:
            out += range(out[-1] + 1, number)
        joined = False
        out.append(number)
    return tuple(dict.fromkeys(out))


def _rules(source: Source) -> list[Token]:
    found = find_recurrence(source.raw, now=source.now, preferences=source.preferences)
    return [Token("R", f.start, f.end, f.value, source.low[f.start : f.bare_start].strip()) for f in found]


def _whens(source: Source) -> Iterator[Token]:
    for f in find_when(source.raw, now=source.now, preferences=source.preferences):
        start, end = f.start, f.end
        kept = f.kept is not None and f.kept[0] <= max(f.start, f.bare_start)
        if f.kept is not None and not kept:
            end = f.kept[0]  # "saturday breakfast": the title keeps its last word
        elif f.kept is not None and f.kept[1] < f.end:
            start, kept = f.kept[1], False  # "tue, thu and sat 7:15": the title keeps the days
        lead = source.low[f.start : f.bare_start].strip() if start == f.start else ""
        yield Token("W", start, end, Moment(f.value, f.time_only, kept), lead)


def _lengths(source: Source, named: list[Token]) -> Iterator[Token]:
    """Yield shifts and lead times: "an hour before", "by two days", "half an hour later"."""
    line = cut(source.raw)
    if UNITS.keys().isdisjoint(line.words) and "before" not in line.words:
        return
    moving = _is_moving(line.words)
    i = 0
    while i < line.size:
        if (more := _more(source, line, i)) is not None:
            yield more
            i += 1
            while i < line.size and line.starts[i] < more.end:
                i += 1
            continue
        read = length_at(line, i) or _day_before(line, i)
        if read is None:
            i += 1
            continue
        length, end = read
        token = _length_token(source, line, i, end, length, moving=moving)
        i = end
        if token is not None and not any(_swallows(each, token) for each in named):
            yield token


_CARRIED: Final = word_set("back up forward out off ahead along")
_DIRECTED: Final = word_set("later earlier back forward ahead on sooner more")


def _is_moving(words: tuple[str, ...]) -> bool:
    if (
        "remind" not in words
        and not {"earlier", "sooner", "off", "back"}.isdisjoint(words)
        and not {"make", "put", "set"}.isdisjoint(words)
    ):
        return True
    return any(
        corrected(word) in phrases("move") or word in ("later", "wait") or _base(word) in phrases("move")
        for word in words
        if word not in ("do", "make", "put", "set")
    )


def _more(source: Source, line: Line, i: int) -> Token | None:
    """Read "two more days", "two days more", "needs another week"."""
    words = line.words
    if (read := length_at(line, i)) is not None and words[read[1] : read[1] + 1] == ("more",):
        return _shift(source, line, i, read[1] + 1, read[0], "later", "D")
    if words[i] == "another":
        read = length_at(line, i + 1) or (length_at(cut(f"a {words[i + 1]}"), 0) if words[i + 1] in UNITS else None)
        granted = not i or not _GRANTING.isdisjoint(words[max(0, i - 4) : i])
        stop = read[1] if read and words[i + 1] not in UNITS else i + 2
        return _shift(source, line, i, stop, read[0], "later", "D") if read and granted else None
    if (
        words[i + 1] != "more"
        or (i and words[i - 1] in ("in", "after", "for"))
        or (words[i] not in NUMBERS and not words[i].isdecimal() and words[i] not in ("a", "one"))
    ):
        return None
    unit = UNITS.get(words[i + 2])
    read = length_at(cut(f"{words[i]} {words[i + 2]}"), 0) if unit else None
    return _shift(source, line, i, i + 3, read[0], "later", "D") if read else None


_GRANTING: Final = word_set("need needs needed give gave given want wants take takes got get gets has have wait stay")


def _base(word: str) -> str:
    """Return the verb of "moved", "postponed"."""
    return word[:-1] if word.endswith("ed") and word[:-1] in phrases("move") else word.removesuffix("ed")


def _day_before(line: Line, i: int) -> tuple[Length, int] | None:
    """Read "the day before", "the evening before"."""
    words = line.words
    if (
        words[i] in ("the", "a")
        and words[i + 1] in ("day", "night", "evening", "morning", "week", "hour")
        and words[i + 2] == "before"
    ):
        unit = words[i + 1]
        if unit == "hour":
            return Length(seconds=3600, fine="hour"), i + 2
        return Length(
            days=7 if unit == "week" else 1, fine=unit if unit in ("evening", "night", "morning") else "day"
        ), i + 2
    return None


def _length_token(source: Source, line: Line, i: int, end: int, length: Length, *, moving: bool) -> Token | None:
    words, start = line.words, i
    while start and words[start - 1] in ("about", "around", "only"):
        start -= 1
    before = words[start - 1] if start else ""
    after = words[end] if end < line.size else ""
    owned = end + 1 if after in ("'", "'s", "s") else end
    if words[owned : owned + 3] == ("heads", "-", "up"):
        return _notice(source, line, (start, end, owned + 3), length)
    if words[owned] in _NOTICE or (before in ("with", "give", "me") and words[owned : owned + 2] == ("to", "spare")):
        return _notice(source, line, (start, end, owned + (2 if words[owned] == "to" else 1)), length)
    if after == "in" and words[end + 1] == "advance":
        return _shift(source, line, start, end + 2, length, "advance", "L")
    if after in ("earlier", "sooner") and not moving and "remind" not in words:
        return _shift(source, line, start, end + 1, length, after, "D")
    if after in _AFTER_LENGTH and not moving:
        stop = end + 3 if after == "ahead" and words[end + 1 : end + 3] == ("of", "time") else end + 1
        return _shift(source, line, start, stop, length, after, "L")
    if not moving:
        return None
    if before == "by" or after in _DIRECTED or before in _CARRIED or after in ("before", "early"):
        stop = end + 1 if after in _DIRECTED or after in ("early",) else end
        begin = start - 1 if before == "by" else start
        return _shift(source, line, begin, stop, length, after if stop > end else before, "D")
    if (after == "" or after in (",", ".", "!", "and", "please")) and before not in (
        "in",
        "for",
        "within",
        "every",
        "next",
        "last",
        "the",
        "this",
        "until",
        "to",
        "of",
        "over",
        "past",
    ):
        return _shift(source, line, start, end, length, "", "D")
    return None


def _shift(source: Source, line: Line, start: int, stop: int, length: Length, direction: str, kind: str) -> Token:
    a, b = line.starts[start], line.ends[min(stop, line.size) - 1]
    return Token(kind, a, b, Shift(length, direction, plain(source.raw[a:b])))


def _notice(source: Source, line: Line, places: tuple[int, int, int], length: Length) -> Token:
    """Return "two hours' warning" as the lead of two hours that it is; `places` are those of the length and its end."""
    start, end, stop = places
    said = _shift(source, line, start, end, length, "before", "L")
    words = f"{said.value.text.rstrip(chr(39))} before"
    return Token("L", said.start, line.ends[stop - 1], Shift(length, "before", words))


def _swallows(named: Token, length: Token) -> bool:
    """Return whether a date says more than the length within it ("two days before christmas")."""
    if named.word == "R":
        return named.start <= length.start and length.end <= named.end
    return named.start <= length.start and length.end < named.end and named.end > length.end + 2
