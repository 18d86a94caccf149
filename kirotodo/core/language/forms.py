"""Forms: short patterns over the words and spans of a text, in any of which a class of the lexicon is one element.

A form is a row of elements: `word`, `one|other`, `{class}`, `<slot>` for a stretch of words, `[…]` for an optional
row, each with `*` or `+` behind it where there may be several, and `name=` before it to keep what it took. Capitals
are spans: W a date, R a recurrence, L a lead time ("an hour before"), D a shift ("by two days"), K a list, P a
priority, T a tag, N a project, I ids, O places, Q a quotation.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from kirotodo.core.language.lexicon import alternatives, phrases
from kirotodo.core.text.patterns import pattern

_ELEMENT: Final = pattern(r"\[|\][?*+]?|[^\s\[\]]+")
_SLOT: Final = pattern(r"<(?P<name>\w+)(?P<greedy>\*)?>(?P<maybe>\?)?")
_NAMED: Final = pattern(r"(?P<name>[a-z]\w*)=(?P<what>.+)")


class Form:
    """A pattern over rendered words, compiled on first use.

    `needs` are, for each element that must be there, the words of which one is in every match: a text without any of
    them is turned away before the expression is tried.
    """

    __slots__ = ("_expression", "needs", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._expression: re.Pattern[str] | None = None
        self.needs = tuple(sorted(_needed(text), key=len))

    @property
    def expression(self) -> re.Pattern[str]:
        """Return the expression that the form stands for."""
        if self._expression is None:
            self._expression = re.compile(_expression(self.text))
        return self._expression


@cache
def form(text: str) -> Form:
    """Return the form that a text describes; the same text always gives the same form."""
    return Form(text)


def _needed(text: str) -> Iterator[frozenset[str]]:
    depth = 0
    for element in _ELEMENT.findall(text):
        depth += (element == "[") - element.startswith("]")
        if depth or element.startswith("]") or _SLOT.fullmatch(element):
            continue
        named = _NAMED.fullmatch(element)
        word = named["what"] if named else element
        if word == "..." or (len(word) > 1 and word[-1] in "?*"):
            continue
        words = frozenset(first for each in word.rstrip("+").split("|") for first in _first_words(each))
        if "" not in words:
            yield words


def _first_words(word: str) -> Iterator[str]:
    """Yield the first word of each phrase that an alternative stands for; an empty one for any word at all."""
    if _SLOT.fullmatch(word) or word == "...":
        yield ""
    elif word.startswith("{"):
        yield from (phrase.split(" ", 1)[0] for phrase in phrases(word[1:-1]))
    else:
        yield word.split("_", 1)[0]


def _expression(text: str) -> str:
    return "".join(_piece(element) for element in _ELEMENT.findall(text))


def _piece(element: str) -> str:
    if element == "[":
        return "(?:"
    if element.startswith("]"):
        return f"){element[1:] or '?'}"
    if _SLOT.fullmatch(element):
        return _word(element)
    named = _NAMED.fullmatch(element)
    word = named["what"] if named else element
    times = word[-1] if word[-1] in "?*+" and len(word) > 1 else ""
    words = sorted(word[: len(word) - len(times)].split("|"), key=len, reverse=True)
    inner = f"(?:{'|'.join(map(_word, words))})"
    return f"(?P<{named['name']}>{inner}{times})" if named else f"{inner}{times}"


def _word(word: str) -> str:
    if slot := _SLOT.fullmatch(word):
        many = "*" if slot["maybe"] else "+"
        lazy = "" if slot["greedy"] else "?"
        return f"(?P<{slot['name']}>(?:\\S+ ){many}{lazy})"
    if word == "...":
        return r"(?:\S+ )*?"
    if word.startswith("{") and word.endswith("}"):
        return f"(?:{alternatives(word[1:-1])}) "
    return re.escape(word.replace("_", " ")).replace(r"\ ", " ") + " "
