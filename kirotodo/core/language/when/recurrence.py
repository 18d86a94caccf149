"""Find recurrences in a text (`find_recurrence`), or read a text that is nothing else (`parse_rule`)."""

import datetime as dt
from dataclasses import replace
from typing import Final, NamedTuple

from kirotodo.core.domain.rule import Rule, read_rule
from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.types import Preferences, Recurrence
from kirotodo.core.language.when.moments import bare_time
from kirotodo.core.language.when.numbers import digits
from kirotodo.core.language.when.recurrence_days import EVERY, PLURALS, Draft
from kirotodo.core.language.when.recurrence_heads import ADVERBS, head_at
from kirotodo.core.language.when.recurrence_tails import tail_at
from kirotodo.core.language.when.times import CLOCK_LEADS, clock_at
from kirotodo.core.language.when.tokens import Context, Found, context_of, standing_free, word_set


def repeat_at(ctx: Context, i: int) -> tuple[Draft, int] | None:
    """Read the longest recurrence that begins at token i."""
    draft = Draft()
    end = _leading_time(ctx, i, draft)
    head = head_at(ctx, i if end is None else end, draft)
    if head is None:
        return None
    end = head
    while (more := tail_at(ctx, end, draft)) is not None:
        end = more
    while draft.holes and draft.holes[-1] == end - 1:
        draft.holes.pop()
        end -= 1
    return draft, end


def _leading_time(ctx: Context, i: int, draft: Draft) -> int | None:
    """ "9am daily", "at 9am sundays": a time said before the head."""
    word = ctx.words[i]
    led = word in CLOCK_LEADS
    if not led and not digits(word) and word not in ("noon", "midnight"):
        return None
    clock = clock_at(ctx.line, i + 1 if led else i, "at" if led else "no")
    if clock is None:
        return None
    end = clock[1] + 1 if ctx.words[clock[1]] in (",", "on") else clock[1]
    word = ctx.words[end]
    if word not in EVERY and word not in PLURALS and word not in ADVERBS and word not in ("weekdays", "weekends"):
        return None
    draft.times.append(bare_time(ctx, clock[0], None))
    return end


_TRIGGERS: Final = word_set(
    "every each ev evry everyday daily weekly biweekly fortnightly monthly bimonthly quarterly biannually semiannually "
    "yearly annually annual biennially hourly nightly bi semi once weekdays weekends weeknights mondays tuesdays "
    "wednesdays thursdays fridays saturdays sundays mons tues weds thurs fris sats suns mornings afternoons "
    "evenings nights after"
)
_PREPOSITIONS: Final = word_set("on at for the")


class Repeat(NamedTuple):
    """A recurrence and its tokens; `holes` are tokens within it that say when it starts."""

    value: Recurrence
    start: int
    bare: int
    end: int
    holes: tuple[int, ...]


def repeats_in(ctx: Context) -> list[Repeat]:
    """Return every recurrence of a line, left to right, in tokens."""
    line = ctx.line
    if _TRIGGERS.isdisjoint(ctx.words):
        return []
    found: list[Repeat] = []
    i = free = 0
    while i < line.size:
        read = repeat_at(ctx, i)
        if read is None or not standing_free(line, i, read[1]):
            i += 1
            continue
        draft, end = read
        value = _checked(ctx, str(draft.rule(ctx)), completion=draft.completion)
        if value is None:
            i += 1
            continue
        start = i
        while start > free and ctx.words[start - 1] in _PREPOSITIONS:
            start -= 1
        found.append(Repeat(value, start, i, end, tuple(draft.holes)))
        i = free = end
    # "weekly review on fridays": the adjective belongs to the title where another rule says more.
    more = [repeat for repeat in found if repeat.end - repeat.start > 1]
    return more if more and len(found) > 1 else found


def _checked(ctx: Context, rule: str, *, completion: bool) -> Recurrence | None:
    """The recurrence, unless its parts contradict each other ("every february 30th")."""
    try:
        canonical = str(read_rule(rule))
    except InvalidInput:
        return None
    return Recurrence(rule=canonical, recurs_from="completion" if completion else "schedule")


def find_recurrence(text: str, *, now: dt.datetime, preferences: Preferences) -> list[Found[Recurrence]]:
    """Return every recurrence in a text, left to right.

    Its rule includes a time of day given with it (BYHOUR, BYMINUTE).
    """
    line = (ctx := context_of(text, now=now, preferences=preferences)).line
    return [
        Found(line.starts[repeat.start], line.ends[repeat.end - 1], repeat.value, line.starts[repeat.bare])
        for repeat in repeats_in(ctx)
    ]


_LONG_AGO: Final = dt.datetime.combine(dt.date(1600, 1, 1), dt.time())
"""Stands for an unknown now: what is counted from it lies before every year that can be said."""
_EXAMPLES: Final = 'Try "every other friday" or "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR".'


def parse_rule(text: str, *, now: dt.datetime | None = None, preferences: Preferences | None = None) -> Recurrence:
    """Return the recurrence in words or as an RFC 5545 rule. Raise `InvalidInput` on any other text.

    Without `now`, an end must have its year ("until 3 March 2027").
    """
    shown = " ".join(text.split())
    if not shown:
        raise InvalidInput(f"No recurrence was given. {_EXAMPLES}")
    if "FREQ=" in shown.upper():
        return Recurrence(rule=str(read_rule(shown)))
    found = find_recurrence(shown, now=now or _LONG_AGO, preferences=preferences or Preferences())
    if len(found) == 1:
        rest = shown[: found[0].start] + shown[found[0].end :]
        if not any(char.isalnum() for char in rest):
            return _with_sure_end(found[0].value)
    raise InvalidInput(f"“{shown[:60]}” was not understood as a recurrence. {_EXAMPLES}")


_ENDLESS: Final = frozenset(
    {"forever", "for ever", "for good", "indefinitely", "endlessly", "without end", "without an end", "no end"}
)


def parse_end(text: str, *, now: dt.datetime, preferences: Preferences) -> Rule | None:
    """Return the end that a text gives a recurrence, as a daily rule with nothing but that ("until christmas", "five
    more times", "forever"); None where it says something else."""
    shown = " ".join(text.split())
    if shown.casefold().strip(" .!") in _ENDLESS:
        return Rule(freq="DAILY")
    try:
        rule = read_rule(parse_rule(f"every day {shown}", now=now, preferences=preferences).rule)
    except InvalidInput:
        return None
    only_ends = replace(rule, count=None, until=None) == Rule(freq="DAILY")
    return rule if only_ends and rule != Rule(freq="DAILY") else None


def _with_sure_end(recurrence: Recurrence) -> Recurrence:
    until = read_rule(recurrence.rule).until
    if until is not None and until.year < 1900:
        raise InvalidInput("The day it ends needs its year, as in “until 3 March 2027”.")
    return recurrence
