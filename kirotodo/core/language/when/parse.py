"""Find dates and times in a text (`find_when`), or read a text that is nothing else (`parse_when`).

`moments` reads an expression; this module decides whether it counts as one where it stands: on word boundaries,
outside quotations and recurrences, with the preposition that a doubtful word needs.
"""

import datetime as dt
from typing import Final

from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.types import Preferences, When
from kirotodo.core.language.when import moments
from kirotodo.core.language.when.calendar_words import MONTHS, PEOPLE
from kirotodo.core.language.when.moments import Moment, moment_at, weekdays_end
from kirotodo.core.language.when.recurrence import repeats_in
from kirotodo.core.language.when.times import MEALS
from kirotodo.core.language.when.tokens import Context, Found, Line, context_of, standing_free, word_set

_PREPOSITIONS: Final = word_set(
    "at on by before in until till til for from since after around about due during starting beginning commencing "
    "between @ sometime anytime over circa later"
)
_OUTER: Final = word_set("due starting beginning commencing sometime anytime later from")
"""Those that may stand before another one: "due on", "starting from"."""
_MARKS: Final = frozenset({".", ",", "!", "?", ";", ":", ")", "…", "-", "–", "—", "(", '"'})
_CLAUSE_ENDS: Final = _MARKS | word_set(
    "and or but then please to because so if when while for with at by thanks pls via from"
)
_MEAL_LEADS: Final = word_set("at over during after before by the my")
_YEAR_LEADS: Final = frozenset({"in", "by", "since", "until", "till", "before", "after", "during"})


def find_when(text: str, *, now: dt.datetime, preferences: Preferences) -> list[Found[When]]:
    """Return every date or time in a text, left to right.

    Those inside a recurrence ("every friday at 9") belong to it.
    """
    ctx = context_of(text, now=now, preferences=preferences)
    line, words = ctx.line, ctx.words
    found: list[Found[When]] = []
    i = free = 0
    taken = _recurring(ctx)
    while i < line.size:
        if i in taken:
            i = free = i + 1
            continue
        if not moments.starts(words[i]):
            i += 1
            continue
        read = moment_at(ctx, i)
        if read is None or not standing_free(line, i, read[1]):
            i += 1
            continue
        moment, end = read
        end = _before(taken, i, _past_latest(line, end))
        start, bare = _with_prepositions(line, i, free)
        if moment.when is None:
            i = free = _past_its_time(ctx, end)
        elif end > bare and _certain(ctx, moment, start, bare, end):
            found.append(
                Found(
                    line.starts[start],
                    line.ends[end - 1],
                    moment.when,
                    line.starts[bare],
                    moment.time_only,
                    _kept(line, bare, end),
                )
            )
            i = free = end
        else:
            i += 1
    return found


def _past_latest(line: Line, end: int) -> int:
    """Return the end of an expression with "at the latest" behind it."""
    for tail in (("at", "latest"), ("at", "the", "latest")):
        if line.words[end : end + len(tail)] == tail:
            return end + len(tail)
    return end


def _past_its_time(ctx: Context, end: int) -> int:
    """After a day that does not exist, the time said with it means nothing either."""
    following = moment_at(ctx, end)
    return following[1] if following is not None and following[0].time_only else end


def _kept(line: Line, bare: int, end: int) -> tuple[int, int] | None:
    """The characters of an expression that a title keeps."""
    if line.possessive(end - 1):
        return line.starts[bare], line.ends[end - 1]
    if (last := weekdays_end(line, bare)) is not None:
        return line.starts[bare], line.ends[last - 1]
    if line.words[end - 1] in MEALS and line.words[end - 2] not in _MEAL_LEADS and end - bare > 1:
        return line.starts[end - 1], line.ends[end - 1]
    return None


def _recurring(ctx: Context) -> frozenset[int]:
    """The tokens that belong to recurrences, but for those that say when one starts."""
    return frozenset(k for repeat in repeats_in(ctx) for k in range(repeat.start, repeat.end) if k not in repeat.holes)


def _before(taken: frozenset[int], start: int, end: int) -> int:
    return next((k for k in range(start, end) if k in taken), end)


def _with_prepositions(line: Line, i: int, free: int) -> tuple[int, int]:
    """Where an expression begins with its prepositions ("by the", "no later than"), and without them."""
    words = line.words
    bare = i
    while words[bare] in _PREPOSITIONS and words[bare] not in ("in", "@"):
        bare += 1
    if line.moving and words[bare] == "to":
        return bare + 1, bare + 1
    start = i
    while start > free:
        word = words[start - 1]
        if start < i and words[start] in _PREPOSITIONS and word in _PREPOSITIONS and word not in _OUTER:
            break
        if word in ("to", "until", "till", "til") and start - 2 >= free and words[start - 2] == "up":
            start -= 2
        elif word in _PREPOSITIONS or (word in ("or", "on") and words[start - 2 : start - 1] == ("on",)):
            start -= 1
        elif word == "the" and start - 1 > free and words[start - 2] in _PREPOSITIONS:
            start -= 2
        elif word == "than" and start - 3 >= free and words[start - 2] == "later":
            start -= 3
        elif (word == "of" and start - 2 >= free and words[start - 2] == "as") or (
            word == "to" and start - 2 >= free and words[start - 2] == "prior"
        ):
            start -= 2
        else:
            break
    return start, bare


def _certain(ctx: Context, moment: Moment, start: int, bare: int, end: int) -> bool:
    """Whether a doubtful reading is a date where it stands."""
    weak = moment.weak
    if not weak:
        return True
    line, words = ctx.line, ctx.words
    if _alone(line, start, end):
        return weak != "lead" or not words[bare].isdecimal() or len(words[bare]) != 4
    lead = words[start] if start < bare else words[start - 1] if start and words[start - 1] == "to" else ""
    if moment.when is not None and moment.when.grain == "year":
        return lead in _YEAR_LEADS and not words[end].endswith("s")
    if lead == "for" and words[bare] in PEOPLE and words[bare] in MONTHS:
        return False
    if lead == "to" and not line.moving:
        lead = ""
    if lead:
        return True
    if weak == "edge":
        if words[end] in MEALS:
            return True  # "boxing day lunch plans"
        ends = _MARKS if words[end - 1] in ("may", "march", "mar") else _CLAUSE_ENDS
        return words[end] in ends or end >= line.size
    if weak == "lead" and _date_of_month(line, start, end):
        return True
    if weak == "figures":
        return words[end] in _CLAUSE_ENDS or end >= line.size or start == 0
    return False


_REFERRING: Final = word_set(
    "delete remove complete completed done finish finished mark check tick cross rename edit open reopen show pick "
    "choose select no not yes one cancel drop clear undo"
)


def _date_of_month(line: Line, start: int, end: int) -> bool:
    """Whether "the 3rd" at an end of a text can only be a day, as nothing in it refers to tasks by their place."""
    at_end = end >= line.size or line.words[end] in _CLAUSE_ENDS
    return start > 0 and at_end and line.words[start] == "the" and _REFERRING.isdisjoint(line.words)


def _alone(line: Line, start: int, end: int) -> bool:
    words = line.words
    return all(words[k] in _MARKS for k in range(start)) and all(words[k] in _MARKS for k in range(end, line.size))


def due_day(when: When, *, today: dt.date) -> dt.date:
    """Return the day that a task is due which is due "then": the last day of a week that has begun, the first of
    one to come.
    """
    if when.until is not None and when.date < today <= when.until:
        return when.until
    return when.date


_EXAMPLES: Final = 'Try "tomorrow 5pm" or "2026-11-27".'


def parse_when(text: str, *, now: dt.datetime, preferences: Preferences) -> When:
    """Return the meaning of a text that is a date, a time or both and nothing else.

    Raise `InvalidInput` on any other text.
    """
    shown = " ".join(text.split())
    if not shown:
        raise InvalidInput(f"No date was given. {_EXAMPLES}")
    found = find_when(shown, now=now, preferences=preferences)
    rest = shown
    for item in reversed(found):
        rest = rest[: item.start] + " " + rest[item.end :]
    if len(found) == 1 and not any(char.isalnum() for char in rest):
        return found[0].value
    what = " ".join(rest.split()) if found and any(char.isalnum() for char in rest) else shown
    raise InvalidInput(f"“{what[:60]}” was not understood as a date. {_EXAMPLES}")
