"""Texts that skip several occurrences of what repeats, as a whole or as a clause: "skip the next two gyms", "no gym
until january", "skip yoga this week and next".

Each form is of all the words, and names tasks of the list: where it names none, other frames read it.
"""

import datetime as dt
import re
from typing import Final

from msgspec.structs import replace

from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.mentions import CERTAIN
from kirotodo.core.language.slots import IT
from kirotodo.core.language.tokens import Text
from kirotodo.core.language.types import Action, Skip, Target, When
from kirotodo.core.language.when.durations import length_at
from kirotodo.core.language.when.numbers import ONES, TENS, whole
from kirotodo.core.language.when.parse import parse_when
from kirotodo.core.language.when.tokens import cut
from kirotodo.core.text.patterns import pattern

_LED: Final = (
    r"(?:(?:please|so|ok|okay|hey|and|also|then|can you|could you|would you|let's|lets|"
    r"i(?:'ll| will|'m going to| am going to|'d like to| want to| have to| need to| must))[, ]+)*"
)
_ENDED: Final = r"(?:[, ]+(?:please|thanks|thank you|for me))*[.!?]*"
_VERBS: Final = "skip|skipping|miss|leave out|omit|pass over"
_SKIP: Final = rf"(?:{_VERBS}) "
_NO: Final = (
    rf"(?:(?:{_VERBS}|no|not doing|i'm not (?:doing|going to)|(?:don't|do not) do|"
    r"i (?:can't|cannot|won't) (?:do|make it to|make|go to|come to|be at)) )"
)
_NEXT: Final = r"(?:next|coming|following|upcoming)"
_COUNT: Final = (
    rf"(?P<count>(?:a )?(?:couple(?: of)?|few)|\d+|(?:{'|'.join(TENS)})(?:[ -](?:{'|'.join(ONES)}))?|{'|'.join(ONES)})"
)
_TIMES: Final = r"(?:times|occurrences|sessions|ones)"
_COUNTED: Final = tuple(
    pattern(_LED + form + _ENDED)
    for form in (
        _NO + rf"(?P<what>.+?),? (?:for )?(?:(?:the|my) )?(?:{_NEXT} )?{_COUNT} {_TIMES}",
        _SKIP + r"(?P<what>.+?) (?P<count>twice|thrice)",
        _SKIP + r"(?P<what>it|that|this) (?:again|once more|one more time)(?P<count>)",
        _SKIP + rf"(?:(?:the|my) )?{_NEXT} {_COUNT} (?P<what>.+?)",
        _SKIP + rf"(?:(?:the|my) )?{_NEXT} {_COUNT}(?P<what>)",
        _SKIP + rf"(?P<what>{_NEXT} .+?|(?:(?:the|my) ){_NEXT} .+?)(?P<count>)",
    )
)
_UNTIL: Final = pattern(
    _LED
    + _NO
    + r"(?P<what>.+?),? (?P<bound>(?:until|till) after|until|till|til|before|through|up to) (?P<day>[\w .,/-]+?)"
    + _ENDED
)
_LASTING: Final = tuple(
    pattern(_LED + form + _ENDED)
    for form in (
        _NO + rf"(?P<what>.+?),? (?:(?:for|over|during) (?:the )?(?:{_NEXT} )?|in the {_NEXT} )(?P<length>[\w ]+?)",
        _NO + rf"(?P<what>.+?),? (?:the )?{_NEXT} (?P<length>[\w ]+?)",
        _SKIP + rf"(?:the )?(?:{_NEXT} )?(?P<length>[\w ]+?) of (?P<what>.+?)",
    )
)
_THIS_AND_NEXT: Final = pattern(
    _LED + _NO + r"(?P<what>.+?),? (?:both )?this (?P<unit>week|month)(?: and|,| &) next(?: (?:week|month))?" + _ENDED
)
_DAYS: Final = pattern(_LED + _NO + r"(?P<what>.+?),? (?P<days>(?:on |today|tonight|tomorrow|this |next ).*?)" + _ENDED)
_ANEW: Final = pattern(
    r"(?:(?:no|not|oh|oops|sorry|wait|actually|rather|and|but|i meant?|make (?:it|that|them)|skip|the next)[, ]+)*"
    rf"{_COUNT}(?: {_TIMES}| of them)?(?: instead| actually| rather)?" + _ENDED
)
_LED_NEXT: Final = pattern(rf"(?:(?:the|my) )?{_NEXT} ")
_BOTH: Final = pattern(r",? (?:and|or) (?:on )?|, ")
_ARTICLES: Final = pattern(r"(?:(?:the|my|our|all|any|every|of|both|each) )+")
_PRONOUN: Final = pattern(r"it|that|this|them|those|these|that one|this one|")
_UNITS: Final = pattern(rf" (?:{_TIMES}|classes|class|lessons?|session|visits?|meetings?|appointments?|days|rounds?)$")
_NUMBERED: Final = pattern(r"(?:task |#|number )*(\d+)")
_FEW: Final = {"few": 3, "couple": 2, "couple of": 2, "twice": 2, "thrice": 3, "": 1}
_LONGEST: Final = 160


def skipping(text: Text, words: str) -> tuple[Action, ...] | None:
    """Return which occurrences some words skip, if all of them are about that."""
    said = " ".join(words.split())
    if len(said) > _LONGEST:
        return None
    for read in (_this_and_next, _several_days, _counted, _until, _lasting):
        skips = read(text, said.casefold())
        if skips is not None:
            return skips
    return None


def counted_anew(words: str) -> int | None:
    """Return how many are to be skipped instead, of a remark on a skip: "no, three", "make that twice"."""
    found = _ANEW.fullmatch(" ".join(words.casefold().split()))
    return _count(found["count"]) if found is not None else None


def _counted(text: Text, said: str) -> tuple[Action, ...] | None:
    for form in _COUNTED:
        found = form.fullmatch(said)
        count = _count(found["count"]) if found is not None else None
        if found is None or count is None:
            continue
        skips = _skips(text, _LED_NEXT.sub("", found["what"]), Skip(target=IT, count=count))
        if skips is not None:
            return skips
    return None


def _count(words: str) -> int | None:
    """Return how many times words say; None where they are no number from 1 on."""
    words = words.removeprefix("a ")
    if words in _FEW:
        return _FEW[words]
    line = cut(words)
    number = whole(line, 0)
    return number[0] if number is not None and number[1] == line.size and number[0] > 0 else None


def _until(text: Text, said: str) -> tuple[Action, ...] | None:
    found = _UNTIL.fullmatch(said)
    when = _when(text, found["day"]) if found is not None else None
    if found is None or when is None:
        return None
    through = found["bound"] not in ("until", "till", "til", "before")
    return _skip_before(text, found, (when.until or when.date) + dt.timedelta(days=1) if through else when.date)


def _lasting(text: Text, said: str) -> tuple[Action, ...] | None:
    for form in _LASTING:
        found = form.fullmatch(said)
        if found is None or _is_no_length(found["length"]):
            continue
        when = _when(text, f"in {found['length']}")
        skips = _skip_before(text, found, when.date) if when is not None and when.time is None else None
        if skips is not None:
            return skips
    return None


def _is_no_length(words: str) -> bool:
    line = cut(words)
    length = length_at(line, 0)
    return length is None or length[1] < line.size


def _this_and_next(text: Text, said: str) -> tuple[Action, ...] | None:
    found = _THIS_AND_NEXT.fullmatch(said)
    when = _when(text, f"next {found['unit']}") if found is not None else None
    if found is None or when is None or when.until is None:
        return None
    return _skip_before(text, found, when.until + dt.timedelta(days=1))


def _several_days(text: Text, said: str) -> tuple[Action, ...] | None:
    """ "Skip gym today and on friday": each of the days."""
    found = _DAYS.fullmatch(said)
    if found is None:
        return None
    days = [_when(text, words.removeprefix("on ")) for words in _BOTH.split(found["days"])]
    each = [_skips(text, found["what"], Skip(target=IT, when=day)) for day in days if day is not None]
    if len(each) < len(days) or not all(each):
        return None
    return tuple(skip for skips in each for skip in skips or ())


def _when(text: Text, words: str) -> When | None:
    try:
        return parse_when(words, now=text.now, preferences=text.preferences)
    except InvalidInput:
        return None


def _skip_before(text: Text, found: re.Match[str], day: dt.date) -> tuple[Action, ...] | None:
    return _skips(text, found["what"], Skip(target=IT, until=day))


def _skips(text: Text, what: str, skip: Skip) -> tuple[Skip, ...] | None:
    """Return a skip of each routine that words name; None where any of them names none."""
    if (target := _routine(text, what)) is not None:
        return (replace(skip, target=target),)
    each = [_routine(text, part) for part in _BOTH.split(what)]
    targets = [target for target in each if target is not None]
    return tuple(replace(skip, target=target) for target in targets) if 1 < len(targets) == len(each) else None


def _routine(text: Text, what: str) -> Target | None:
    """Return the routine that words name, or the one task that was talked about."""
    what = _ARTICLES.sub("", what.strip(" ,'\"“”‘’"), count=1)
    if _PRONOUN.fullmatch(what):
        return IT if len(text.context.state.about) == 1 else None
    if (number := _NUMBERED.fullmatch(what)) is not None:
        return Target(ids=(int(number[1]),)) if text.context.task(int(number[1])) is not None else None
    routines = [task.id for task in text.context.tasks if task.recurrence is not None and task.completed is None]
    for words in dict.fromkeys((what, _UNITS.sub("", what))):
        named = tuple(match.id for match in text.titles.choose(words, ids=routines) if match.score >= CERTAIN)
        if named:
            return Target(words=words, ids=named) if len(named) == 1 else Target(words=words, candidates=named)
    return None
