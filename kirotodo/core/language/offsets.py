"""Days and moments counted from another: "in 2 hours", "3 days from now", "a week ago", "two days before christmas"."""

import datetime as dt
from collections.abc import Callable
from typing import Final, TypeAlias

from kirotodo.core.language.days import Day, DayMatch
from kirotodo.core.language.durations import UNITS, Length, length_at, moved
from kirotodo.core.language.spans import Context

Anchor: TypeAlias = Callable[[Context, int], tuple[dt.datetime, bool, int] | None]
"""Reads what is counted from: the moment, whether a time of day was said, and the token after it."""

_FORWARD: Final = frozenset({"hence", "later", "out", "ahead", "on"})
_BACK: Final = frozenset({"ago", "back", "earlier"})
_FROM: Final = frozenset({"from", "after", "past", "following", "since"})


def offset_day(ctx: Context, i: int, anchor: Anchor) -> DayMatch:
    words = ctx.words
    word = words[i]
    if word in ("in", "within", "+"):
        j = i + 1
        while words[j] in ("about", "around", "the", "next", "exactly", "another", "approximately") and j < i + 4:
            if words[j] == "another" and words[j + 1] not in ("a", "an"):
                break
            j += 1
        counted = length_at(ctx.line, j)
        return _counted_in(ctx, counted) if counted else None
    j = i + 1 if word == "the" else i
    if words[j] in UNITS and words[j + 1] in ("after", "before"):
        return _from_anchor(ctx, length_at_one(words[j]), j + 1, anchor)
    counted = length_at(ctx.line, i)
    if counted is None:
        return None
    length, j = counted
    follower = words[j]
    if follower in ("from", "after") and words[j + 1] in ("now", "today"):
        return _reached(ctx, length, 1, j + 2)
    if follower in _FORWARD:
        if follower == "on" and not (length.fine == "week" and words[j + 1] != ""):
            return None
        if follower == "on":
            return _from_anchor(ctx, length, j, anchor)
        return _reached(ctx, length, 1, j + 1)
    if follower in _BACK:
        return _reached(ctx, length, -1, j + 1)
    return _from_anchor(ctx, length, j, anchor)


def length_at_one(unit_word: str) -> Length:
    """One of a unit."""
    single: dict[str, Length] = {
        "week": Length(days=7, fine="week"),
        "fortnight": Length(days=14, fine="fortnight"),
        "month": Length(months=1, fine="month"),
        "quarter": Length(months=3, fine="quarter"),
        "year": Length(months=12, fine="year"),
        "hour": Length(seconds=3600, fine="hour"),
        "minute": Length(seconds=60, fine="minute"),
    }
    return single.get(UNITS[unit_word], Length(days=1))


def _counted_in(ctx: Context, counted: tuple[Length, int]) -> DayMatch:
    length, j = counted
    words = ctx.words
    if words[j : j + 2] in (("from", "now"), ("from", "today"), ("or", "so")) or (
        words[j] == "'" and words[j + 1] == "time"
    ):
        j += 2
    elif words[j] == "time":
        j += 1
    return _reached(ctx, length, 1, j)


def _reached(ctx: Context, length: Length, sign: int, j: int) -> DayMatch:
    moment = moved(ctx.now.replace(microsecond=0), length, sign)
    return (_landed(moment, length, timed=False), j) if moment is not None else None


def _landed(moment: dt.datetime, length: Length, *, timed: bool) -> Day:
    if not length.seconds and not timed:
        return Day(moment.date())
    second = moment.second if length.fine == "second" else 0
    return Day(moment.date(), time=moment.time().replace(second=second, microsecond=0), grain="minute")


def _from_anchor(ctx: Context, length: Length, j: int, anchor: Anchor) -> DayMatch:
    word = ctx.words[j]
    if (word not in _FROM and word not in ("before", "on")) or (word == "past" and length.fine == "quarter"):
        return None
    start = anchor(ctx, j + 1)
    if start is None:
        return None
    base, timed, end = start
    moment = moved(base, length, -1 if word == "before" else 1)
    return (_landed(moment, length, timed=timed), end) if moment is not None else None
