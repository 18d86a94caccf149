"""Filters as people type them, read into `core.domain.filters` by recursive descent.

    either  = both { "or" both }
    both    = one { [ "and" ] one }
    one     = ( "-" | "not" ) one | "(" either ")" | term
    term    = word | "phrase" | +project | #tag | !priority | @view | field:value | overdue

Days are read by whoever calls, since that takes a clock and the grammar of dates.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NoReturn, Protocol, TypeAlias, TypeVar, get_args

from kirotodo.core.domain.filters import (
    Condition,
    DayField,
    Days,
    InProject,
    Is,
    Lackable,
    Lacks,
    Not,
    OfPriority,
    Phrase,
    State,
    Tagged,
    Word,
    all_of,
    any_of,
    named,
)
from kirotodo.core.domain.task import NAME_MAX, PRIORITIES, Priority
from kirotodo.core.errors import FilterError, InvalidInput
from kirotodo.core.text.folding import name_key

T = TypeVar("T")

FILTER_MAX: Final = 1_000
"""Longest filter, in characters."""
_TERMS_MAX: Final = 100
_DEPTH_MAX: Final = 50
_VIEWS_DEEP: Final = 5
_SPACE: Final = re.compile(r"\s*")
_DIVIDES: Final = re.compile(r"[\s()]|(?<=[\s)])")
_BARE: Final = re.compile(r"[^\s()\"“”„]*")
_FIELD: Final = re.compile(r"([A-Za-z]+):")
_COMPARED: Final = re.compile(r"<=|>=|<|>")
_DAY: Final = re.compile(r"(?:(?!\.\.)[^\s()\"“”„])*")
_QUOTES: Final = '"“”„'
_PRIORITIES: Final[Mapping[str, Priority]] = {priority: priority for priority in PRIORITIES}
_PRIORITY_WORDS: Final = {
    **{"urgent": "high", "important": "high", "h": "high", "1": "high", "p1": "high"},
    **{"normal": "medium", "med": "medium", "m": "medium", "2": "medium", "p2": "medium"},
    **{"l": "low", "3": "low", "p3": "low", "4": "none", "p4": "none"},
}
_STATES: Final[Mapping[str, State]] = {state: state for state in get_args(State)} | {"late": "overdue"}
_STATE_WORDS: Final = {
    **{"completed": "done", "complete": "done", "finished": "done", "closed": "done"},
    **{"pending": "open", "todo": "open", "active": "open", "repeating": "recurring", "repeat": "recurring"},
}
_LACKABLE: Final[Mapping[str, Lackable]] = {field: field for field in get_args(Lackable)}
_LACKED_WORDS: Final = {"due": "date", "tags": "tag", "label": "tag", "list": "project", "note": "notes"}
_DAY_FIELDS: Final[Mapping[str, DayField]] = {field: field for field in get_args(DayField)}
_SIGILS: Final = {
    **{"priority": "!", "prio": "!", "pri": "!", "p": "!"},
    **{"project": "+", "proj": "+", "list": "+", "in": "+", "folder": "+"},
    **{"tag": "#", "tags": "#", "label": "#"},
}
"""Fields of other programs that have a sign here."""
_FIELD_WORDS: Final = {
    **{
        "deadline": "due:",
        "date": "due:",
        "completed": "done:",
        "finished": "done:",
        "created": "added:",
        "starts": "start:",
    },
    **{
        "starts": "start:",
        "begins": "start:",
        "status": "is:",
        "state": "is:",
        "has": "-no:",
        "without": "no:",
        "lacks": "no:",
    },
}

_NO_DAYS: Final = {
    **{"none": "no:date", "no": "no:date", "never": "no:date", "any": "-no:date", "some": "-no:date"},
    **{"overdue": "overdue", "late": "overdue", "week": 'due:"this week"', "month": 'due:"this month"'},
}
"""What `due:` takes in other places, and how filters say it."""


class DayReader(Protocol):
    """Reads a day, or a range such as "next week", in words."""

    def __call__(self, words: str, *, past: bool, after: dt.date | None) -> tuple[dt.date, dt.date]:
        """Return the first and the last day. Words that can mean several days mean one that is `past`, or the next one
        `after` a day, if that is given.

        Raises `InvalidInput`.
        """


def parse(text: str, read_days: DayReader, *, views: Mapping[str, str] | None = None) -> Condition:
    """Return what a filter means. `views` are the filters that `@name` stands for; a view may stand in another.

    Raises `FilterError`, and nothing else.
    """
    return _parse(text, read_days, {name_key(name): (name, words) for name, words in (views or {}).items()}, ())


_Views: TypeAlias = Mapping[str, tuple[str, str]]


def _parse(text: str, read_days: DayReader, views: _Views, within: tuple[str, ...]) -> Condition:
    if len(text) > FILTER_MAX:
        raise FilterError(f"A filter has at most {FILTER_MAX} characters.", text=text, position=FILTER_MAX)
    return _Parser(text, read_days, views, within).whole()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return what was probably meant by a misspelt word, if anything is near."""
    from difflib import get_close_matches  # here, since most filters are right

    return next(iter(get_close_matches(word, known, n=1)), None)


class _Parser:
    """Reads one text from left to right; `at` is how far it has come."""

    def __init__(self, text: str, read_days: DayReader, views: _Views, within: tuple[str, ...]) -> None:
        self._views = views
        self._within = within
        self.text = text
        self.at = 0
        self._read_days = read_days
        self._terms = 0
        self._depth = 0

    def whole(self) -> Condition:
        self._skip_space()
        if self.at == len(self.text):
            self._fail("The filter is empty. Write one such as due:today or +home.", 0)
        condition = self._either()
        if self.at < len(self.text):
            self._fail("This closing parenthesis has no opening one.", self.at)
        return condition

    # --- the levels of the grammar ---

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._takes("or"):
            parts.append(self._both())
        return any_of(*parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while True:
            joined = self._takes("and")
            if not joined and (self.at == len(self.text) or self.text[self.at] == ")" or self._keyword() == "or"):
                return all_of(*parts)
            parts.append(self._one())

    def _one(self) -> Condition:
        start = self.at
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            self._fail("The parentheses are nested too deep.", start)
        condition = self._negated() or self._group() or self._term()
        self._depth -= 1
        if self.at < len(self.text) and not _DIVIDES.match(self.text, self.at):
            self._fail("A space is missing here.", self.at)
        self._skip_space()
        return condition

    def _negated(self) -> Condition | None:
        start = self.at
        if self._takes("not"):
            return Not(self._one())
        if not self.text.startswith("-", start):
            return None
        self.at += 1
        if self.at == len(self.text) or self.text[self.at].isspace() or self.text[self.at] == ")":
            self._fail("A - has to be followed by what to leave out, such as -#waiting.", start)
        return Not(self._one())

    def _group(self) -> Condition | None:
        start = self.at
        if not self.text.startswith("(", start):
            return None
        self.at += 1
        self._skip_space()
        condition = self._either()
        if not self.text.startswith(")", self.at):
            self._fail("This parenthesis is never closed.", start)
        self.at += 1
        return condition

    def _term(self) -> Condition:
        start = self.at
        self._terms += 1
        if self._terms > _TERMS_MAX:
            self._fail(f"A filter has at most {_TERMS_MAX} terms.", start)
        if start == len(self.text) or self.text[start] == ")" or self._keyword() in ("or", "and"):
            self._fail("Something is missing here.", start)
        read = _BY_SIGN.get(self.text[start])
        if read is not None:
            return read(self)
        field = _FIELD.match(self.text, start)
        return self._field(field) if field else self._word()

    # --- terms ---

    def _word(self) -> Condition:
        word = self._matched(_BARE)
        return Is("overdue") if word.lower() == "overdue" else Word(word)

    def _phrase(self) -> Condition:
        start = self.at
        text = self._quoted()
        if not text.strip():
            self._fail("There is nothing between these quotes.", start)
        return Phrase(text)

    def _project(self) -> Condition:
        return InProject(self._named("+", "project", "+home"))

    def _tag(self) -> Condition:
        return Tagged(self._named("#", "tag", "#urgent"))

    def _named(self, sign: str, thing: str, example: str) -> str:
        start = self.at
        self.at += 1
        name = " ".join(self._value().split())
        if not name:
            self._fail(f"Name a {thing} after the {sign}, such as {example}.", start)
        if len(name) > NAME_MAX:
            self._fail(f"The name of a {thing} has at most {NAME_MAX} characters.", start)
        return name

    def _view(self) -> Condition:
        start = self.at
        name = self._named("@", "view", "@work")
        found = self._views.get(name_key(name))
        if found is None:
            near = nearest(name_key(name), self._views)
            self._fail(f"There is no view “{name}”.", start, f"@{named(self._views[near][0])}" if near else None)
        if name_key(name) in self._within or len(self._within) >= _VIEWS_DEEP:
            self._fail(f"The view “{name}” stands within itself, or too deep in other views.", start)
        try:
            return _parse(found[1], self._read_days, self._views, (*self._within, name_key(name)))
        except FilterError as error:
            self._fail(f"The view “{name}” can't be read: {error.message}", start)

    def _priority(self) -> Condition:
        start = self.at
        self.at += 1
        word = self._value()
        found = self._chosen(_PRIORITIES, word, start, f"“!{word}” isn't a priority.", "!", _PRIORITY_WORDS)
        return OfPriority(found)

    def _field(self, field: re.Match[str]) -> Condition:
        start = self.at
        name = field[1].lower()
        self.at = field.end()
        if name in _DAY_FIELDS:
            return self._days(_DAY_FIELDS[name], start)
        if name == "is":
            word = self._value()
            return Is(self._chosen(_STATES, word, start, f"“is:{word}” isn't a state.", "is:", _STATE_WORDS))
        if name == "no":
            word = self._value()
            why = f"“no:{word}” isn't a field that can be empty."
            lacked = "priority" if word.lower() == "priority" else None
            if lacked:
                return OfPriority("none")
            return Lacks(self._chosen(_LACKABLE, word, start, why, "no:", _LACKED_WORDS))
        self._fail_on_field(field[1], start)

    def _days(self, field: DayField, start: int) -> Condition:
        compared = _COMPARED.match(self.text, self.at)
        if compared:
            self.at = compared.end()
            return self._compared(field, compared[0], start)
        first_at = self.at
        first = self._day_words()
        if not self.text.startswith("..", self.at):
            days = self._read(first, start, first_at, field)
            return Days(field, *days)
        self.at += 2
        last_at = self.at
        last = self._day_words()
        if not first and not last:
            self._fail(f"Name a day on one side of the dots, such as {field}:today..friday.", start)
        begin = self._read(first, start, first_at, field)[0] if first else None
        end = self._read(last, start, last_at, field)[1] if last else None
        if begin is not None and end is not None and end < begin:
            end = self._read(last, start, last_at, field, after=begin)[1]
        if begin is not None and end is not None and end < begin:
            self._fail("This range ends before it begins.", first_at)
        return Days(field, begin, end)

    def _compared(self, field: DayField, sign: str, start: int) -> Condition:
        place = self.at
        first, last = self._read(self._day_words(), start, place, field)
        try:
            match sign:
                case "<":
                    return Days(field, None, first - dt.timedelta(days=1))
                case "<=":
                    return Days(field, None, last)
                case ">":
                    return Days(field, last + dt.timedelta(days=1), None)
                case _:
                    return Days(field, first, None)
        except OverflowError:
            self._fail("There are no days beyond this one.", place)

    def _read(
        self, words: str, start: int, place: int, field: DayField, *, after: dt.date | None = None
    ) -> tuple[dt.date, dt.date]:
        instead = _NO_DAYS.get(words.lower()) if field == "due" else None
        if instead:
            self._fail(f"“due:{words}” isn't a filter.", start, instead)
        if not words:
            self._fail(f"Name a day after {field}:, such as {field}:today or {field}:2026-12-24.", place)
        try:
            return self._read_days(words, past=field in ("done", "added"), after=after)
        except InvalidInput as error:
            self._fail(error.message, place)

    # --- characters ---

    def _chosen(
        self, among: Mapping[str, T], word: str, start: int, why: str, sign: str, meant: Mapping[str, str]
    ) -> T:
        found = among.get(word.lower())
        if found is not None:
            return found
        near = meant.get(word.lower()) or nearest(word.lower(), among)
        if near:
            self._fail(why, start, f"{sign}{near}")
        self._fail(f"{why} Write one of {', '.join(f'{sign}{name}' for name in among)}.", start)

    def _fail_on_field(self, name: str, start: int) -> NoReturn:
        value = self._value()
        shown = f"{name}:{value}"
        why = f"“{shown[:60]}” isn't a filter."
        known = name.lower()
        if known in _SIGILS:
            sign = _SIGILS[known]
            if sign == "!":
                value = _PRIORITY_WORDS.get(value.lower()) or nearest(value.lower(), _PRIORITIES) or "high"
            self._fail(why, start, f"{sign}{value or ('home' if sign == '+' else 'urgent')}")
        near = _FIELD_WORDS.get(known) or nearest(known, [f"{field}:" for field in (*_DAY_FIELDS, "is", "no")])
        if near:
            self._fail(why, start, near + value)
        self._fail(f"{why} To look for this text, put it in quotes.", start)

    def _value(self) -> str:
        """Return the name or word behind a sign, in quotes or up to the next space."""
        if self.at < len(self.text) and self.text[self.at] in _QUOTES:
            return self._quoted()
        return self._matched(_BARE)

    def _day_words(self) -> str:
        if self.at < len(self.text) and self.text[self.at] in _QUOTES:
            return self._quoted().strip()
        return self._matched(_DAY)

    def _quoted(self) -> str:
        start = self.at
        found: list[str] = []
        self.at += 1
        while self.at < len(self.text):
            character = self.text[self.at]
            self.at += 1
            if character in _QUOTES:
                return "".join(found)
            if character == "\\" and self.at < len(self.text):
                character = self.text[self.at]
                self.at += 1
            found.append(character)
        self._fail("These quotes are never closed.", start)

    def _matched(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return found[0]

    def _keyword(self) -> str:
        """Return the bare word that comes next, in small letters."""
        found = _BARE.match(self.text, self.at)
        return found[0].lower() if found else ""

    def _takes(self, keyword: str) -> bool:
        """Take this keyword if it comes next."""
        if self._keyword() != keyword:
            return False
        self.at += len(keyword)
        self._skip_space()
        return True

    def _skip_space(self) -> None:
        self._matched(_SPACE)

    def _fail(self, why: str, position: int, suggestion: str | None = None) -> NoReturn:
        raise FilterError(why, text=self.text, position=min(position, len(self.text)), suggestion=suggestion)


_BY_SIGN: Final[Mapping[str, Callable[[_Parser], Condition]]] = {
    "+": _Parser._project,
    "#": _Parser._tag,
    "!": _Parser._priority,
    "@": _Parser._view,
    **dict.fromkeys(_QUOTES, _Parser._phrase),
}
