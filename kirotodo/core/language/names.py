"""Names of weekdays and months, with their abbreviations and common misspellings."""

from typing import Final

_WEEKDAYS: Final = (
    "monday mon",
    "tuesday tue tues",
    "wednesday wed weds wednes wednsday wensday",
    "thursday thu thur thurs thrusday",
    "friday fri",
    "saturday sat saterday",
    "sunday sun",
)
_MONTHS: Final = (
    "january jan",
    "february feb febuary",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sep sept",
    "october oct",
    "november nov",
    "december dec",
)
WEEKDAYS: Final = {word: index for index, words in enumerate(_WEEKDAYS) for word in words.split()}
MONTHS: Final = {word: index for index, words in enumerate(_MONTHS, 1) for word in words.split()}

WEAK_WEEKDAYS: Final = frozenset({"mon", "wed", "sat", "sun", "wednes"})
"""Also other words, or the beginnings of such: alone they need a preposition or the end of a clause."""
PEOPLE: Final = frozenset({"april", "may", "june", "jan", "august"})
"""Months that people are called by too."""

RELATIVE_WORDS: Final = {
    "today": 0, "2day": 0, "todays": 0, "tomorrow": 1, "tomorrows": 1, "tmrw": 1, "tmr": 1, "tmrrw": 1,
    "tmw": 1, "tomorow": 1, "tommorow": 1, "tommorrow": 1, "tomorro": 1, "tomo": 1, "2morrow": 1, "2moro": 1,
    "2mrw": 1, "yesterday": -1, "yesterdays": -1, "yday": -1, "overmorrow": 2,
}  # fmt: skip
"""Days counted from today, with the spellings of telephones."""
