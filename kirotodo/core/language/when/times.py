"""Read times of day: "5pm", "17:30", "half past five", "nine thirty a.m.", "noon", "in the morning", "after lunch"."""

import datetime as dt
from typing import Final, Literal, NamedTuple, TypeAlias

from kirotodo.core.language.types import DayPart, Preferences
from kirotodo.core.language.when.calendar_words import MONTHS, RELATIVE_WORDS, WEEKDAYS
from kirotodo.core.language.when.numbers import ONES, SUFFIXES, TENS, digits, whole
from kirotodo.core.language.when.tokens import Line, word_set

Led: TypeAlias = Literal["no", "day", "at", "range"]
"""What stands before a time: a day, which makes four digits a time ("tomorrow 1430"), a word that makes a bare number
an hour ("at"), or one that opens a range ("from")."""


class Clock(NamedTuple):
    """A time as it was written; `exact` where morning or afternoon is beyond doubt, `bare` for a number alone."""

    hour: int
    minute: int = 0
    second: int = 0
    exact: bool = False
    bare: bool = False
    end_of_day: bool = False


class Part(NamedTuple):
    """A part of the day; `offset` where the words name the day as well ("tonight" 0, "last night" -1)."""

    part: DayPart
    name: str
    offset: int | None = None


CLOCK_LEADS: Final = word_set("at @ by before until till til around about after for approximately past exactly")
RANGE_LEADS: Final = frozenset({"from", "between"})
_RANGE_JOINS: Final = frozenset({"-", "–", "—", "to", "until", "till", "til", "through", "and"})
_PARTS: Final[dict[str, tuple[DayPart, str]]] = {
    "morning": ("morning", "morning"),
    "mornin": ("morning", "morning"),
    "breakfast": ("morning", "morning"),
    "afternoon": ("afternoon", "afternoon"),
    "arvo": ("afternoon", "afternoon"),
    "lunch": ("afternoon", "noon"),
    "lunchtime": ("afternoon", "noon"),
    "evening": ("evening", "evening"),
    "dinner": ("evening", "evening"),
    "dinnertime": ("evening", "evening"),
    "supper": ("evening", "evening"),
    "night": ("night", "night"),
    "nite": ("night", "night"),
    "bedtime": ("night", "night"),
}
_DATED: Final = frozenset(MONTHS) | SUFFIXES | {"of", "/"}
PART_WORDS: Final = frozenset({"morning", "mornin", "afternoon", "arvo", "evening", "night", "nite"})
MEALS: Final = frozenset({"breakfast", "lunch", "dinner", "supper"})
_MEALS: Final = MEALS | {"lunchtime", "dinnertime", "bedtime"}
TONIGHT: Final = frozenset({"tonight", "tonite", "2nite", "tonights"})
_EARLY: Final = frozenset({"early", "late", "mid", "very", "later", "earlier"})
_PAST: Final = frozenset({"past", "after"})
_TO: Final = frozenset({"to", "before", "till", "til", "of"})
_NO_HOUR_BEFORE: Final = word_set("task tasks # number no nr item todo room page chapter step line id floor and")
_NO_CLOCK_BEHIND: Final = word_set(
    "genesis exodus leviticus numbers deuteronomy joshua judges ruth samuel kings chronicles ezra nehemiah esther job "
    "psalm psalms proverbs ecclesiastes isaiah jeremiah lamentations ezekiel daniel hosea joel amos obadiah jonah "
    "micah nahum habakkuk zephaniah haggai zechariah malachi matthew mark luke john acts romans corinthians galatians "
    "ephesians philippians colossians thessalonians timothy titus philemon hebrews james peter jude revelation surah "
    "sura ratio score scale ratios scores"
)
"""Behind a book, "3:16" is chapter and verse, and behind a score no time either."""
_NO_HOUR_AFTER: Final = word_set("% percent x $ € dollars euros bucks year cents degrees street st ave avenue road rd")
_PLURAL_BUT_NO_NOUN: Final = word_set("this is was us always sharp tomorrows mondays does yes his as sometimes please")


def clock_at(line: Line, i: int, led: Led) -> tuple[Clock, int] | None:
    """Read a time of day at token i; of a range of times ("3-4pm"), its beginning."""
    first = _one_clock(line, i, led)
    if first is None:
        return _range_of_bare(line, i)
    clock, j = first
    join = line.words[j]
    if (led == "range" or join in ("-", "–", "—", "to", "until", "till", "til")) and not (join == "to" and line.moving):
        second = _range_end(line, j)
        if second is not None:
            return _like(clock, second[0]), second[1]
    return None if led == "range" and clock.bare else first


def _range_end(line: Line, j: int) -> tuple[Clock, int] | None:
    if line.words[j] not in _RANGE_JOINS:
        return None
    end = _one_clock(line, j + 1, "at")
    return None if end and end[0].bare and line.words[end[1]] in _DATED else end


def _range_of_bare(line: Line, i: int) -> tuple[Clock, int] | None:
    """ "3-4pm", "3 to 4:30pm": a bare number that only its companion makes an hour."""
    start = whole(line, i)
    if start is None or not 0 < start[0] <= 24 or line.words[start[1]] not in _RANGE_JOINS - {"and"}:
        return None
    end = _one_clock(line, start[1] + 1, "no")
    if end is None or end[0].bare:
        return None
    return _like(Clock(start[0] % 24, bare=True), end[0]), end[1]


def _like(start: Clock, end: Clock) -> Clock:
    """The beginning of a range, in the half of the day that its end was said to be in."""
    if start.exact or start.hour > 12:
        return start
    if not end.exact:
        return start._replace(exact=start.hour >= 7, bare=False)
    hour = start.hour % 12
    if end.hour >= 12 and (hour + 12, start.minute) < (end.hour, end.minute):
        hour += 12
    return Clock(hour, start.minute, start.second, exact=True)


def _one_clock(line: Line, i: int, led: Led) -> tuple[Clock, int] | None:
    words = line.words
    word = words[i]
    if word in ("12", "twelve") and words[i + 1] in ("noon", "midday", "midnight"):
        return Clock(0 if words[i + 1] == "midnight" else 12, exact=True), i + 2
    day_end = _end_of_day(line, i)
    if day_end:
        return Clock(0, exact=True, end_of_day=True), day_end
    return _relative(line, i, led) or _by_itself(line, i, led)


def _by_itself(line: Line, i: int, led: Led) -> tuple[Clock, int] | None:
    if line.words[i] in ("noon", "midday", "midnight"):
        return Clock(0 if line.words[i] == "midnight" else 12, exact=True), i + 1
    return _digital(line, i, led) if digits(line.words[i]) else _spoken(line, i, led)


def _end_of_day(line: Line, i: int) -> int | None:
    words = line.words
    if words[i] in ("eod", "eob", "cob"):
        return i + 1
    if words[i] not in ("end", "close") or words[i + 1] != "of":
        return None
    j = i + 3 if words[i + 2] in ("the", "my") else i + 2
    if words[j] in ("business", "work", "play"):
        return j + 2 if words[j + 1] == "day" else j + 1
    if words[j] in ("day", "workday"):
        return j + 1
    return None


def _relative(line: Line, i: int, led: Led) -> tuple[Clock, int] | None:
    """ "half past five", "a quarter to 6", "20 past 3pm", "ten minutes before noon"."""
    words = line.words
    sure = led == "at"
    j = i + 1 if words[i] in ("a", "half") else i
    if words[i] == "half":
        minutes = 30
        if words[j] not in _PAST:
            parted = words[j + 1 : j + 3] == ("in", "the") and words[j + 3] in ("morning", "afternoon", "evening")
            hour = _by_itself(line, j, "at") if sure or parted else None
            return (_shifted(hour[0], 30), hour[1]) if hour and hour[0].bare else None
    elif words[j] == "quarter":
        minutes, j, sure = 15, j + 1, True
    else:
        counted = whole(line, i)
        if counted is None or not 0 < counted[0] < 60:
            return None
        minutes, j = counted
        if words[j] in ("minutes", "minute", "mins", "min"):
            j, sure = j + 1, True
    direction = words[j]
    if direction not in _PAST and direction not in _TO:
        return None
    hour = _by_itself(line, j + 1, "at")
    if hour is None or hour[0].minute or (hour[0].bare and direction in ("after", "before", "of") and not sure):
        return None
    if direction in _TO:
        if not sure and (hour[0].bare or minutes % 5):
            return None
        return _shifted(hour[0], -minutes), hour[1]
    return _shifted(hour[0], minutes), hour[1]


def _shifted(clock: Clock, minutes: int) -> Clock:
    hour, minute = divmod((clock.hour * 60 + minutes) % 1440, 60)
    if not clock.exact and hour == 0:
        hour = 12
    return clock._replace(hour=hour, minute=minute, bare=False)


def _digital(line: Line, i: int, led: Led) -> tuple[Clock, int] | None:
    words = line.words
    word, j = words[i], i + 1
    verse = i > 0 and words[i - 1] in _NO_CLOCK_BEHIND and words[i + 1] == ":"
    if verse and led in ("no", "day") and not meridiem(line, i + 3, certain=True):
        return None
    hour, minute, second = int(word[:4]), 0, 0
    timed = leading_zero = False
    if len(word) > 4:
        return None
    if len(word) > 2:
        half = meridiem(line, j, certain=True)
        hours = words[j] in ("hours", "hrs", "hr") or (words[j] == "h" and line.glued(j))
        military = not half and (led == "at" or (len(word) == 4 and (hours or _after_day(line, i, led))))
        if not half and (not military or not _hour_stands(line, j)):
            return None
        hour, minute, timed = int(word[:-2]), int(word[-2:]), True
        leading_zero = military and len(word) == 4
        j += 1 if military and hours else 0
    elif words[j] in (":", ".", "h", "hrs") and line.glued(j):
        if _minutes_follow(line, j):
            if words[j] == "." and led != "at" and not meridiem(line, j + 2, certain=True) and not _is_hour(line, i):
                return None
            minute, timed, leading_zero = int(words[j + 1]), True, word[0] == "0" or words[j] == "h"
            j += 2
            if words[j] == ":" and line.glued(j) and _minutes_follow(line, j):
                second, j = int(words[j + 1]), j + 2
                if words[j] == "." and line.glued(j) and line.glued(j + 1) and digits(words[j + 1]):
                    j += 2
        elif words[j] in ("h", "hrs") and (led == "at" or hour > 12):
            timed = leading_zero = True
            j += 1
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        return None
    return _completed(line, j, Clock(hour, minute, second, bare=not timed), led, leading_zero, i)


def _after_day(line: Line, i: int, led: Led) -> bool:
    """Whether four digits after a day are a time: "tomorrow 1430", but neither "may 2031" nor "friday 1500 copies"."""
    following = line.words[i + 1]
    ends = not following[:1].isalnum() or following in _FOLLOW_TIME
    return led == "day" and ends and not "1900" <= line.words[i] < "2100"


def _is_hour(line: Line, i: int) -> bool:
    """Return whether a number with a dot is a time by the words around it: "make it 9.30", "8.40 in the morning"."""
    words = line.words
    parted = words[i + 3 : i + 5] == ("in", "the") and words[i + 5] in ("morning", "afternoon", "evening")
    pointed = (
        i > 0
        and words[i - 1] in ("it", "till", "until", "from")
        and (not words[i + 3][:1].isalnum() or words[i + 3] in _FOLLOW_TIME)
    )
    return 0 < int(words[i]) <= 23 and (parted or (pointed and words[i + 2][-1] in "05"))


def _minutes_follow(line: Line, colon: int) -> bool:
    return line.glued(colon + 1) and len(line.words[colon + 1]) == 2 and digits(line.words[colon + 1])


def _spoken(line: Line, i: int, led: Led) -> tuple[Clock, int] | None:
    """ "nine fifty nine a m", "seven thirty" after "at", "five o'clock"."""
    words = line.words
    hour = ONES.get(words[i], 0)
    if not 0 < hour <= 12:
        return None
    j = i + 2 if words[i + 1] == "-" and words[i + 2] in TENS else i + 1
    minute, k = 0, j
    if words[j] in ("oh", "o") and 0 < ONES.get(words[j + 1], 0) < 10:
        minute, k = ONES[words[j + 1]], j + 2
    elif (words[j] in TENS or ONES.get(words[j], 0) >= 10) and (spoken := whole(line, j)):
        minute, k = spoken
        if minute > 59:
            return None
    return _completed(line, k, Clock(hour, minute, bare=True), led, False, i)


def meridiem(line: Line, j: int, *, certain: bool) -> tuple[bool, int] | None:
    """Read "am", "p.m.", "p .

    m .", "in the AM", a glued "p"; return whether it is past noon, and the token after it.
    """
    words = line.words
    word = words[j]
    if word in ("am", "pm"):
        return word == "pm", _dot(line, j + 1)
    if word in ("a", "p"):
        k = j + 2 if words[j + 1] == "." else j + 1
        if words[k] == "m":
            return word == "p", _dot(line, k + 1)
        if line.glued(j) and (word == "p" or certain):
            return word == "p", j + 1
    if word == "in" and words[j + 1] == "the" and words[j + 2] in ("am", "pm"):
        return words[j + 2] == "pm", j + 3
    return None


def _dot(line: Line, j: int) -> int:
    """Past the full stop of "p.m.", unless it ends the sentence as well as the text."""
    return j + 1 if line.words[j] == "." and line.words[j - 1] == "m" else j


def _completed(line: Line, j: int, clock: Clock, led: Led, leading_zero: bool, start: int) -> tuple[Clock, int] | None:
    words = line.words
    certain = led == "at" or not clock.bare
    if words[j] in ("o'clock", "oclock"):
        j, certain = j + 1, True
        clock = clock._replace(bare=False)
    elif words[j] == "ish" and line.glued(j):
        j, clock = j + 1, clock._replace(bare=False)
    half = meridiem(line, j, certain=certain)
    if half is not None:
        if not 0 < clock.hour <= 12:
            return None if clock.bare or clock.hour == 0 else (clock._replace(exact=True), half[1])
        hour = clock.hour % 12 + (12 if half[0] else 0)
        return clock._replace(hour=hour, exact=True, bare=False), _zone(line, half[1])
    if clock.bare and led in ("no", "day") and not _part_follows(line, j, start):
        return None
    if clock.bare and led in ("at", "range") and not (_hour_stands(line, j) and _led_surely(line, j, start)):
        return None
    exact = leading_zero or clock.hour > 12 or clock.hour == 0
    return clock._replace(hour=clock.hour % 24, exact=exact), _zone(line, j)


def _part_follows(line: Line, j: int, start: int) -> bool:
    """Whether a bare number is an hour for the part of the day said after it: "8 tonight", "3 in the afternoon"."""
    if start and line.words[start - 1] in _NO_HOUR_BEFORE:
        return False
    k = j + 1 if line.words[j] == "," else j
    if line.words[k] in ("tomorrow", "tmrw", "tmr", "yesterday") and line.words[k + 1] in PART_WORDS:
        return True
    part = part_at(line, k, loose=False)
    return part is not None and part[0].name != "noon"


def _hour_stands(line: Line, j: int) -> bool:
    """Whether a number after "at" can be an hour, by what follows it: not "at 5 apartments", "at 10 - 10.1"."""
    words = line.words
    word = words[j]
    if word in _NO_HOUR_AFTER or (word in ("-", "/", ".") and digits(words[j + 1])):
        return False
    if len(word) > 3 and word.endswith("s") and word not in _PLURAL_BUT_NO_NOUN and not word.endswith(("ss", "us")):
        return False
    return not any(words[k] in ("street", "st", "avenue", "ave", "road", "rd", "lane", "blvd") for k in range(j, j + 3))


_COUNTED_FOR: Final = word_set(
    "table tables dinner lunch breakfast brunch room seats tickets cook food pizza reservation"
)


def _led_surely(line: Line, j: int, start: int) -> bool:
    """Whether the word before a bare number can only make an hour of it: not "one after one", "a table for three"."""
    words = line.words
    lead = words[start - 1] if start else ""
    if lead not in ("at", "@") and (words[j + 1] if words[j] == "of" else words[j]) in MONTHS:
        return False  # "by 20 january"
    if lead == "for":
        dated = words[j] in RELATIVE_WORDS or words[j] in WEEKDAYS or words[j] in TONIGHT or words[j] == "on"
        return dated and (start < 2 or words[start - 2] not in _COUNTED_FOR)
    return words[start] != "one" or lead not in ("after", "before", "past", "about", "to")


_FOLLOW_TIME: Final = word_set("at in on for with to and until till from please sharp")
_ZONES: Final = word_set(
    "utc gmt est edt cst cdt mst mdt pst pdt pt et ct mt cet cest eet eest bst ist jst aest aedt hst akst wet west"
)


def _zone(line: Line, j: int) -> int:
    """Past a time zone. Times are the user's own; the name of a zone only ends the time."""
    words = line.words
    if words[j] in _ZONES and line.text[line.starts[j] : line.ends[j]].isupper():
        return j + 1
    if words[j + 1] == "time" and line.capital(j):
        return j + 2
    return j


def part_at(line: Line, i: int, *, loose: bool) -> tuple[Part, int] | None:
    """Read a part of the day at token i. `loose` beside a day, where "morning" alone is enough."""
    words = line.words
    word = words[i]
    if word in _EARLY and words[i + 1] not in _EARLY and (later := part_at(line, i + 1, loose=loose)):
        return later
    if word in TONIGHT:
        return Part("night", "night", 0), i + 1
    if word == "first" and words[i + 1] == "thing":
        named = part_at(line, i + 2, loose=True)
        if named and named[0].part == "morning":
            return named
        plain = (i and words[i - 1] in ("the", "my", "a", "one")) or words[i + 2] in ("to", "i", "that", "you", "we")
        return (Part("morning", "morning"), i + 2) if loose or not plain else None
    if word in ("this", "that", "last", "later", "early", "late"):
        if words[i + 1] in _EARLY:
            i += 1
        if words[i + 1] in PART_WORDS or (words[i + 1] == "lunchtime" and word == "this"):
            part, name = _PARTS[words[i + 1]]
            return Part(part, name, -1 if word == "last" else 0), i + 2
        return None
    if word in ("in", "during", "at", "over", "after", "on"):
        return _after_preposition(line, i, loose)
    if word in MEALS and words[i + 1] != "time" and (words[i + 1][:1].isalnum() or (i and line.possessive(i - 1))):
        return None  # "friday dinner with Bob": the meal is what is on, and not when
    if loose and word in _PARTS:
        part, name = _PARTS[word]
        k = i + 1
        if words[k] == "time" and word in _MEALS:
            k += 1
        return Part(part, name), k
    return None


def _after_preposition(line: Line, i: int, loose: bool) -> tuple[Part, int] | None:
    words = line.words
    word, j = words[i], i + 1
    if word == "after":
        later: dict[str, Part] = {
            "lunch": Part("afternoon", "after_lunch"),
            "school": Part("afternoon", "after_school"),
            "work": Part("evening", "evening"),
            "dinner": Part("night", "night"),
        }
        return (later[words[j]], j + 1) if loose and words[j] in later else None
    if words[j] in ("the", "my"):
        j += 1
    while words[j] in _EARLY or (words[j] == "hours" and words[j + 1] == "of"):
        j += 2 if words[j] == "hours" else 1
    if words[j] == "the" and words[j - 1] == "of":
        j += 1
    named = words[j]
    if named not in _PARTS or (word == "on" and not loose):
        return None
    if named in _MEALS and word not in ("at", "over", "during"):
        return None
    if named in PART_WORDS and named not in ("night", "nite") and word == "at":
        return None
    part, name = _PARTS[named]
    return Part(part, name), j + 2 if words[j + 1] == "time" and named in _MEALS else j + 1


def part_time(part: Part, preferences: Preferences) -> dt.time:
    """Return the time that a part of the day stands for."""
    if part.name in ("after_lunch", "after_school"):
        return dt.time(13) if part.name == "after_lunch" else preferences.afternoon
    named = {
        "morning": preferences.morning,
        "noon": preferences.noon,
        "afternoon": preferences.afternoon,
        "evening": preferences.evening,
        "night": preferences.night,
    }
    return named[part.name]
