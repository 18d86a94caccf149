"""Texts that tell something of known tasks in words of any kind and order: "noon is when he could do it".

Every word must be a value, light, a word for what became of a task, or stand in the title of one. So what is said of
anything else is left alone, and no phrase has to be foreseen.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

import msgspec

from kirotodo.core.language.frames.base import Clause, Reading, reading
from kirotodo.core.language.lexicon import phrases
from kirotodo.core.language.mentions import past_of, same_doing
from kirotodo.core.language.slots import IT, Slots, in_the_nearer_half, named_task, values_of
from kirotodo.core.language.spans import Token
from kirotodo.core.language.targets import count_of
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import Action, Complete, Delete, Target
from kirotodo.core.language.when.tokens import word_set

_CLASSES: Final = ("light", "became_done", "became_void", "negating")
_LONGEST: Final = 4
_WORDS_MAX: Final = 16
_POINTING: Final = word_set(
    "it it's its that that's this one he she they they're them those these both he's she's itself"
)
_BEFORE_HOUR: Final = word_set("to at until")
_SEVERAL: Final = word_set("they they're them those these both")
_ANCHORS: Final = word_set(
    "the my our is are was be can could should would will needs has to onto until till instead belongs goes actually "
    "to better only rather suits make set put move push shift"
)
"""Words that show that a name is one of something known; without them it may be of something new."""


class Told(msgspec.Struct, frozen=True):
    """What a clause tells: its values, what became of the tasks, and the words that must name them."""

    senses: frozenset[str]
    slots: Slots
    names: tuple[Token, ...]


def telling(clause: Clause) -> Iterator[Reading]:
    """Yield readings of a clause as something told of a task that is named, or that was talked about last."""
    text, words = clause.text, clause.whole.words
    if clause.asked or len(words) > _WORDS_MAX or not (text.titles or text.context.state.about):
        return
    told = told_by(clause.whole)
    if told is None or (told.slots.title and not told.names):
        return
    pointed = told.slots.ids or told.slots.ordinals
    target = _named(text, told) if told.names else _placed(told.slots) if pointed else _pointed(text, set(words))
    if target is None or (told.names and pointed):
        return
    if told.names and not _ANCHORS & set(words) and not told.senses & {"became_done", "became_void"}:
        return
    view = text.context.task(target.ids[0]) if len(target.ids) == 1 else None
    in_the_nearer_half(told.slots, clause.whole, view)
    action = _action(told, target)
    if action is not None:
        yield reading("told", 0.8 if told.names or _POINTING & set(words) else 0.72, action)


def told_by(piece: Piece) -> Told | None:
    """Return what a stretch tells; None where it tells nothing or a span of it is of no use here."""
    tokens = [token for token in piece.tokens if not token.is_sign and token.word != ":"]
    senses: set[str] = set()
    values: list[Token] = []
    i = 0
    while i < len(tokens):
        size, name = _class_at(tokens, i)
        senses |= {name} - {"", "light"}
        if not name or (tokens[i].word in _BEFORE_HOUR and i + 1 < len(tokens) and count_of(tokens[i + 1].word) > 1):
            values.append(tokens[i])
        i += size
    slots = values_of(values, piece.text)
    if not slots.any and not senses & {"became_done", "became_void"} and not slots.rest:
        return None
    return Told(frozenset(senses), slots, tuple(slots.rest))


def _class_at(tokens: Sequence[Token], i: int) -> tuple[int, str]:
    """Return of how many words a phrase at i is, and its class; one word and no class where it is none."""
    for size in range(min(_LONGEST, len(tokens) - i), 0, -1):
        if name := _known().get(" ".join(token.word for token in tokens[i : i + size])):
            return size, name
    return 1, ""


@cache
def _known() -> dict[str, str]:
    return {phrase: name for name in _CLASSES for phrase in phrases(name)}


def _placed(slots: Slots) -> Target:
    """Return what numbers or places name."""
    return Target(ids=slots.ids, ordinals=slots.ordinals, plural=len((*slots.ids, *slots.ordinals)) > 1)


def _pointed(text: Text, words: set[str]) -> Target | None:
    """Return what was talked about last."""
    about = text.context.state.about
    if len(about) > 1:
        return Target(ids=about, plural=True) if words & _SEVERAL else None
    return IT if about else None


def _named(text: Text, told: Told) -> Target | None:
    """Return the one task of whose title all the names are, or that was done by the one verb told."""
    about = text.context.state.about
    view = text.context.task(about[0]) if len(about) == 1 else None
    verb = told.names[0].word
    if all(past_of(name.word) not in (None, name.word) for name in told.names) and not (
        len(told.names) == 1 and view is not None and same_doing(verb, view.title)
    ):
        return None  # a verb alone names nothing
    if len(told.names) == 1 and view is not None and past_of(verb) and same_doing(verb, view.title):
        return Target(words=verb, ids=about)
    done = None if "became_done" in told.senses and "negating" in told.senses else False
    target = named_task(text, told.names, done=done)
    when = told.slots.when
    if when is not None and when.date < text.now.date():
        return None  # nothing is moved to a day that is over
    return target if target is not None and len(target.ids) == 1 else None


def _action(told: Told, target: Target) -> Action | None:
    """Return what is to be done about what was told."""
    denied = "negating" in told.senses
    done_by_verb = any(past_of(name.word) not in (None, name.word) for name in told.names)
    if ("became_done" in told.senses or done_by_verb) and not told.slots.any_but_day:
        return Complete(target=target, completed=not denied)
    if "became_void" in told.senses and not denied and not told.slots.any:
        return Delete(target=target)
    if told.slots.any and not denied and not told.senses:
        return told.slots.update(target)
    return None
