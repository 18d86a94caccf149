"""The last look before a text is acted on: an addition whose title is no phrase is asked back, whoever read it."""

from itertools import pairwise
from typing import Final

from kirotodo.core.language.lexicon import NUMBERS, phrases
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.slips import one_off
from kirotodo.core.language.spans import level
from kirotodo.core.language.targets import mentions
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import Action, Add, Complete, Confirm, Delete, Update
from kirotodo.core.language.when.tokens import word_set

_MANY: Final = 80
"""Of so many things one is not asked."""


def cautious(text: Text, actions: tuple[Action, ...], unread: list[Piece]) -> tuple[Action, ...]:
    """Return actions as they are, or as a question where one of them adds what is hardly a title, or where a clause
    that names another task of the list was not read."""
    if len(actions) < _MANY and any(isinstance(action, Add) and is_broken(text, action.title) for action in actions):
        return (Confirm(actions=actions),)
    if unread and all(isinstance(action, Add | Complete | Delete | Update) for action in actions):
        aimed = {each for a in actions if not isinstance(a, Add) for each in a.target.ids}  # type: ignore[union-attr]
        if any(match.id not in aimed for piece in unread for match in mentions(piece)):
            return (Confirm(actions=actions),)
    return actions


def is_broken(text: Text, title: str) -> bool:
    """Return whether a title holds what belongs to a sentence around it: a slip that was taken back, a rest of a date.

    What is told without a verb of the list ("the oven is filthy again") must be a phrase throughout.
    """
    if any(str(token.value) == title for token in text.spans if token.word == "Q"):
        return False
    if _holds_a_date(text, title):
        return True
    low = title.lower().replace("’", "'")
    words = [word.strip(".,;:!?()\"'") for word in low.split()]
    return _is_unfinished(low, words) or (not _is_commanded(text, low) and _is_sentence(low, words))


def _holds_a_date(text: Text, title: str) -> bool:
    """Return whether a title has a date within that was not taken out ("pads by tuesday, they have a match")."""
    start = text.raw.find(title)
    return start >= 0 and any(
        start < token.start and token.end < start + len(title) and not token.value.kept and token.lead
        for token in text.spans
        if token.word == "W"
    )


_HEARD: Final = word_set("um umm uh erm er oh hmm hm lol haha hahaha hooray yay oops whoops plz")
_LEFT: Final = word_set("half quarter no and or the a an of")
_LOOSE: Final = word_set("no it its those these")
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "tomorrow")
_REST_OF_DATE: Final = pattern(
    r"\b\d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\b|\b\d{1,2}[.:]\d\d\Z"
)


def _is_unfinished(low: str, words: list[str]) -> bool:
    """Return whether a title holds hesitation, a value that was taken back, or the rest of a date."""
    if not words or words[0] in _LOOSE or words[-1] in _LEFT or not _HEARD.isdisjoint(words):
        return True
    if _REST_OF_DATE.search(low):
        return True
    taken_back = any(
        word == "no" and (after in NUMBERS or after in _DAYS or after == "wait") for word, after in pairwise(words)
    )
    return taken_back or any(one_off(word, day) for word in words[-2:] if word and word not in _DAYS for day in _DAYS)


_FINITE: Final = phrases("finite") - {"needs"} | word_set(
    "came went got took gave said told rang ate drove fell am can't don't"
)
_OPENING: Final = word_set(
    "i i'm i'll i've it's that that's he she they they're they've we we're there's who which for"
)
_WITHIN: Final = word_set("if whether that which who what when where how why before after until because so than while")


def _is_sentence(low: str, words: list[str]) -> bool:
    """Return whether a title that nobody asked to add is a statement, or holds a value that was not read."""
    if words[0] in _OPENING or (len(words) > 1 and level(words[-1]) in ("high", "low")):
        return True
    for place, word in enumerate(words):
        if word in _WITHIN:
            return False
        if word in ("not", "never") or word.endswith("n't") or (place and word in _FINITE):
            return True
    return False


def _is_commanded(text: Text, low: str) -> bool:
    """Return whether a verb of the list stands in front of a title."""
    place = text.low.find(low)
    front = {token.word for token in text.tokens if place < 0 or token.end <= place}
    return not front.isdisjoint(phrases("add") | phrases("remind") | phrases("remember") | phrases("reminder"))
