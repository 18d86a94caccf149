"""Values in a stretch of words: dates, priorities, lists and tags without a verb; and the tasks that words name."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from kirotodo.core.language.context import Call, DialogueState, TaskView
from kirotodo.core.language.lexicon import NUMBERS, phrases
from kirotodo.core.language.list_spans import ordinal
from kirotodo.core.language.spans import Moment, Shift, Token, level, settled
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import (
    Clearable,
    Recurrence,
    Target,
    Update,
    When,
)
from kirotodo.core.language.when.durations import length_at
from kirotodo.core.language.when.parse import find_when
from kirotodo.core.language.when.tokens import cut, word_set
from kirotodo.core.text.patterns import pattern

IT: Final = Target(pronoun="it")
_TYING: Final = word_set(
    "to at on for by in into onto it it's that that's this is be are should the a an my our and so one ones them they "
    "due from until of with as list under time as is at's reminder date day down up back"
)
_PRONOUNS: Final = word_set("it that this them those these both")
POINTING: Final = word_set("both them those these they")


class Slots(msgspec.Struct):
    """The values in a stretch of words, and the words between them that are none."""

    when: When | None = None
    time_only: bool = False
    shift: Shift | None = None
    recurrence: Recurrence | None = None
    priority: Any = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    title: str | None = None
    remind: str | None = None
    clear: frozenset[Clearable] = frozenset()
    ordinals: tuple[int, ...] = ()
    ids: tuple[int, ...] = ()
    both: bool = False
    counted: bool = False
    """Whether a value is a new number for one that was said before."""
    rest: list[Token] = msgspec.field(default_factory=list)

    @property
    def any(self) -> bool:
        """Return whether there is a value of a task among them."""
        values = (self.when, self.shift, self.recurrence, self.priority, self.project, self.title, self.remind)
        return any(value is not None for value in values) or bool(self.tags or self.clear)

    @property
    def any_but_project(self) -> bool:
        """Return whether there is a value besides a list."""
        return replace(self, project=None, rest=[]).any

    @property
    def plain(self) -> bool:
        """Return whether there are values that a new task may have."""
        return self.any and self.title is None and self.shift is None and not self.ids and not self.ordinals

    @property
    def any_but_day(self) -> bool:
        """Return whether there is a value besides a day, which may be when something was done."""
        return replace(self, when=None, rest=[]).any

    def update(self, target: Target) -> Update:
        """Return the change that gives a task these values."""
        minutes = self.shift.length.seconds // 60 if self.shift is not None else 0
        days = self.shift.length.days if self.shift is not None else 0
        months = self.shift.length.months if self.shift is not None else 0
        sign = -1 if self.shift is not None and self.shift.direction in _EARLIER else 1
        return Update(
            target=target,
            when=self.when,
            time_only=self.time_only,
            recurrence=self.recurrence,
            priority=self.priority,
            project=self.project,
            add_tags=self.tags,
            title=self.title,
            remind=self.remind,
            shift_days=sign * days or None,
            shift_minutes=sign * minutes or None,
            shift_months=sign * months or None,
            clear=self.clear,
        )


_EARLIER: Final = word_set("earlier forward up early sooner before")


def slots_of(piece: Piece, *, aside: frozenset[str] = frozenset(), state: DialogueState | None = None) -> Slots:
    """Return the values in a stretch, and what else stands in it but for words that are left `aside`.

    A bare length or number is a value where the last change in `state` had one like it.
    """
    slots = Slots()
    for token in piece.tokens:
        if not token.is_sign and token.word not in aside and token.word != "than" and not is_now(piece.text, token):
            _take(slots, token)
    if slots.when is not None and not slots.time_only and _SAME_TIME.search(piece.text.low, piece.start, piece.end):
        slots.when = replace(slots.when, time=None, part=None, grain="day")
    _take_cleared(slots)
    if state is not None and state.last:
        _take_length(slots, state.last[-1])
    _take_hour(slots, piece.text)
    _take_level(slots)
    slots.rest = _without_ties(slots.rest)
    if slots.shift is not None and [token.word for token in slots.rest] == ["that"]:
        slots.rest = []  # "two days later than that"
    if state is not None and slots.any and all(token.word in _LENGTHENING for token in slots.rest):
        slots.rest = []
    if len(slots.rest) == 1 and not slots.any:
        _read_alone(slots, piece.text, slots.rest[0])
    return slots


_SAME_TIME: Final = pattern(r"\bsame (?:time|hour)\b")


def is_now(text: Text, token: Token) -> bool:
    """Return whether a date only says that something holds from now on ("urgent now")."""
    return token.word == "W" and text.low[token.start : token.end] in ("now", "right now")


def in_the_nearer_half(slots: Slots, piece: Piece, view: TaskView | None) -> None:
    """Read an hour without a half of the day in what is said of a task that has a time, see `nearer`."""
    if slots.when is not None and view is not None and view.due_time is not None:
        slots.when = nearer(slots.when, piece, view.due_time)


def nearer(when: When, piece: Piece, due: dt.time) -> When:
    """Return a moment that names no half of the day, "half 8" or "9", in the half that is nearer to when a task is due,
    and not in the night where that can be."""
    said = " ".join(piece.text.low[token.start : token.end] for token in piece.spans("W"))
    if when.time is None or _HALF_SAID.search(said):
        return when
    both = (when.time, when.time.replace(hour=(when.time.hour + 12) % 24))
    awake = [time for time in both if time.hour >= _WAKING] or both
    return replace(when, time=min(awake, key=lambda time: abs(time.hour - due.hour)))


_WAKING: Final = 6


_HALF_SAID: Final = pattern(r"\d\s*[ap]\.?m|morning|evening|night|noon|\b0\d|midday|\b1[3-9]\b|\b2[0-3]\b")


def values_of(tokens: Sequence[Token], text: Text) -> Slots:
    """Return the values among words, and what else there is of them."""
    slots = Slots()
    for token in tokens:
        _take(slots, token)
    _take_hour(slots, text)
    _take_level(slots)
    if len(slots.rest) == 1 and not slots.any:
        _read_alone(slots, text, slots.rest[0])
    return slots


FIELDS: Final[dict[str, Clearable]] = {
    "date": "due", "day": "due", "deadline": "due", "time": "time", "hour": "time", "repeat": "recurrence",
    "priority": "priority", "list": "project", "tag": "tags", "tags": "tags", "note": "notes", "notes": "notes",
    "reminder": "remind", "reminders": "remind",
}  # fmt: skip


def _take_cleared(slots: Slots) -> None:
    """Take "without a time", "no reminder" as a value that goes."""
    words = [token.word for token in slots.rest]
    said = [word for word in words if word not in ("a", "an", "any", "the")]
    if len(said) == 2 and said[0] in ("without", "no") and said[1] in FIELDS:
        slots.clear, slots.rest = frozenset({FIELDS[said[1]]}), []
    elif said and said[-1] in phrases("undated") and all(word in _TYING for word in said[:-1]):
        slots.clear, slots.rest = frozenset({"due", "time"}), []


def _take_level(slots: Slots) -> None:
    """Take a priority that is said of something: "the kettle one is low", "it's quite urgent"."""
    words = [token.word for token in slots.rest]
    if slots.priority is None and len(words) > 1 and (words[-2] in _LEVELLED or slots.rest[-2].word in phrases("adv")):
        priority = level(words[-1]) if words[-1].isalpha() else None
        if priority is not None and priority != "none":
            slots.priority = priority
            slots.rest = [token for token in slots.rest[:-1] if token.word not in phrases("adv")]


_LEVELLED: Final = word_set("is are be it's that's as to really very quite super pretty extremely")


def _take_length(slots: Slots, last: Call) -> None:
    """Take "two", "a day", "one week" as another length of the move or of the lead time that was made last."""
    due, remind = str(last.arguments.get("due", "")), str(last.arguments.get("remind", ""))
    words = [token.word for token in slots.rest if token.word not in _LENGTHENING]
    old = _MOVED.fullmatch(due) or _LED.search(remind)
    if slots.any or not words or old is None:
        return
    said = " ".join(words)
    if len(words) == 1 and (number := NUMBERS.get(said, int(said) if said.isdecimal() else 0)):
        said = f"{number} {'hours' if due.endswith('0 minutes') else old['unit']}"
    line = cut(said)
    read = length_at(line, 0)
    if read is None or read[1] != line.size:
        return
    slots.rest, slots.counted = [], True
    if remind:
        slots.remind = _LED.sub(said, remind, count=1)
    else:
        slots.shift = Shift(read[0], "earlier" if due[0] == "-" else "later", said)


_MOVED: Final = pattern(r"[+-]\d+ (?P<unit>days|minutes)")
_LED: Final = pattern(r"\b(?:\d+|an?|one|two|three|four|five|six|ten|half an?|the) (?P<unit>\w+)")
_LENGTHENING: Final = word_set(
    "full whole is are will would do enough plenty fine only just be it to that make should for"
)
_DOTTED: Final = pattern(r"([01]?\d|2[0-3])\.([0-5]\d)")
_HOUR_WORDS: Final = word_set("half quarter past five ten twenty")
_AT: Final = word_set("to at for by")


def _take_hour(slots: Slots, text: Text) -> None:
    """Take an hour or a day at the end that no date word goes with: "the dentist to 11", "half six", "to the 8th"."""
    words = [token.word for token in slots.rest]
    if slots.when is not None or not words:
        return
    first, last = len(words) - 1, words[-1]
    number = int(last) if last.isdecimal() else NUMBERS.get(last, 0)
    if dotted := _DOTTED.fullmatch(last):
        number, said = 1, f"at {dotted[1]}:{dotted[2]}"
    elif number and number <= 24:
        while first and words[first - 1] in _HOUR_WORDS:
            first -= 1
        said = f"at {' '.join([*words[first:-1], str(number)])}"
    elif ordinal(last) > 0 and last[0].isdigit():
        first -= words[first - 1 : first] == ["the"]
        said = f"on the {last}"
    else:
        return
    tied = first > 0 and words[first - 1] in _AT
    loose = first > 0 and words[first - 1] not in ("earlier", "later", "sooner")
    if not dotted and not tied and (loose or (number and first == len(words) - 1)):
        return
    named = find_when(said, now=text.now, preferences=text.preferences)
    if named:
        slots.when, slots.time_only, slots.rest = named[0].value, bool(number), slots.rest[: first - tied]


def _take(slots: Slots, token: Token) -> None:
    """Take one token as a value; what is none is kept as `rest`."""
    match token.word, token.value:
        case "W", Moment():
            _take_moment(slots, settled(token))
        case "P", value:
            slots.priority = value
        case "K" | "N", value:
            slots.project = value if isinstance(value, str) else value.name
        case "T", value:
            slots.tags = (*slots.tags, str(value))
        case "R", Recurrence() as rule:
            slots.recurrence = rule
        case "D", Shift() as shift:
            slots.shift = shift
        case "L", Shift() as shift:
            slots.remind = shift.text
        case "Q", value:
            slots.title = str(value)
        case "O", value:
            slots.ordinals = tuple(value)
        case "I", value:
            slots.ids = tuple(value)
        case "both", _:
            slots.both = True
        case _:
            slots.rest.append(token)


def _take_moment(slots: Slots, moment: Moment) -> None:
    """Take a date or a time of day, and put two that stand apart together."""
    new, known = moment.when, slots.when
    if known is None:
        slots.when, slots.time_only = new, moment.time_only
    elif moment.time_only:
        slots.when = replace(known, time=new.time, grain="minute")
    elif slots.time_only:
        slots.when, slots.time_only = replace(new, time=known.time or new.time), False


def _without_ties(tokens: list[Token]) -> list[Token]:
    """Return words without those at the ends that only tie values together."""
    while tokens and tokens[0].word in _TYING and tokens[0].word not in _PRONOUNS:
        tokens = tokens[1:]
    while tokens and tokens[-1].word in _TYING and tokens[-1].word not in _PRONOUNS:
        tokens = tokens[:-1]
    return [] if all(token.word in _TYING for token in tokens) else tokens


def _read_alone(slots: Slots, text: Text, token: Token) -> None:
    """Read a word that stands alone as a priority, a list, or an hour."""
    if token.word.isalpha() and (priority := level(token.word)) is not None and priority != "none":
        slots.priority, slots.rest = priority, []
    elif (project := _list_called(text, token.word)) is not None:
        slots.project, slots.rest = project, []
    elif 0 < (hour := int(token.word) if token.word.isdecimal() else NUMBERS.get(token.word, 0)) <= 24:
        named = find_when(f"at {hour}", now=text.now, preferences=text.preferences)
        if named:
            slots.when, slots.time_only, slots.rest = named[0].value, True, []


def _list_called(text: Text, word: str) -> str | None:
    return next((each for each in text.context.projects if each.casefold() == word), None)


def words_of(text: Text, tokens: Sequence[Token]) -> str:
    """Return the user's words from the first of these to the last."""
    return " ".join(text.raw[tokens[0].start : tokens[-1].end].split()) if tokens else ""


# --- tasks


_NAMED: Final = 80.0
"""A match of which every word stands in the title scores this or more."""


def named_task(
    text: Text, tokens: Sequence[Token], *, done: bool | None = None, ids: Sequence[int] | None = None
) -> Target | None:
    """Return the tasks that words name: among `ids`, or on the list."""
    words = words_of(text, tokens)
    if not words or len(tokens) > 6:
        return None
    found = [match for match in text.titles.choose(words, done=done, ids=ids) if match.score >= _NAMED]
    if not found and done is None and ids is None:
        return None
    if len(found) == 1:
        return Target(words=words, ids=(found[0].id,))
    return Target(words=words, candidates=tuple(match.id for match in found)) if found else None


def softeners() -> frozenset[str]:
    """Return the words that only soften what is said."""
    return phrases("softener")
