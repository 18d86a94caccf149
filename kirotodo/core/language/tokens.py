"""A text in tokens, with everything in it that can be recognised before anybody knows what is wanted.

Dates, recurrences, lead times, shifts, ids, places, priorities, tags, lists and quotations become one token each, which
a form sees as a capital letter. Every token knows its place, so that a title is always cut out of the user's own text.
"""

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from kirotodo.core.language.context import Context
from kirotodo.core.language.forms import form
from kirotodo.core.language.lexicon import CHORES, known_words
from kirotodo.core.language.list_spans import mark_lists, mark_places, mark_priorities
from kirotodo.core.language.mentions import Titles
from kirotodo.core.language.slips import as_chore, corrected
from kirotodo.core.language.spans import SIGNS, Source, Token, find_spans, fold, plain
from kirotodo.core.language.types import Preferences
from kirotodo.core.language.when.tokens import word_set
from kirotodo.core.text.patterns import pattern

_CHUNK: Final = pattern(r"\n|,(?!\d)|;|[^\s,;]+(?:,\d[^\s,;]*)*")
_POSSESSIVE: Final = word_set(
    "what's that's it's there's he's she's let's who's where's when's how's here's why's this's everything's"
)


class Piece:
    """A stretch of tokens of a text, as forms see it: `shown`, each word with a blank behind it."""

    __slots__ = ("_places", "_shown", "_starts", "_words", "first", "last", "text")

    def __init__(self, text: "Text", first: int, last: int) -> None:
        self.text, self.first, self.last = text, first, last
        self._shown: str | None = None

    @property
    def tokens(self) -> list[Token]:
        """Return its tokens."""
        return self.text.tokens[self.first : self.last]

    def __bool__(self) -> bool:
        return any(not token.is_sign for token in self.tokens)

    def __repr__(self) -> str:
        return f"Piece({self.shown!r})"

    def _render(self) -> str:
        self._starts: list[int] = []
        self._places: list[int] = []
        words, at = [], 0
        for place in range(self.first, self.last):
            word = self.text.tokens[place].word
            if word in SIGNS:
                continue
            words.append(word)
            self._starts.append(at)
            self._places.append(place)
            at += len(word) + 1
        self._shown = " ".join([*words, ""])
        self._words = frozenset(part for word in words for part in word.split(" "))
        return self._shown

    @property
    def shown(self) -> str:
        """Return what forms see."""
        return self._render() if self._shown is None else self._shown

    @property
    def words(self) -> list[str]:
        """Return the words and spans that forms see."""
        return self.shown.split()

    def _tried(self, text: str) -> re.Pattern[str] | None:
        """Return the expression of a form, unless the piece lacks a word that every match has."""
        wanted = form(text)
        if self._shown is None:
            self._render()
        words = self._words
        for each in wanted.needs:
            if each.isdisjoint(words):
                return None
        return wanted.expression

    def match(self, text: str) -> "Match | None":
        """Return the match of a form with the whole piece."""
        expression = self._tried(text)
        found = expression.fullmatch(self.shown) if expression else None
        return Match(self, found) if found else None

    def begins(self, text: str) -> "Match | None":
        """Return the match of a form at the beginning."""
        expression = self._tried(text)
        found = expression.match(self.shown) if expression else None
        return Match(self, found) if found else None

    def search(self, text: str) -> "Match | None":
        """Return the first match of a form from any word on."""
        return next(self.searched(text), None)

    def searched(self, text: str) -> Iterator["Match"]:
        """Yield the matches of a form from each word on, left to right."""
        expression = self._tried(text)
        for start in self._starts if expression else ():
            found = expression.match(self.shown, start) if expression else None
            if found is not None:
                yield Match(self, found)

    def sub(self, start: int, end: int) -> "Piece":
        """Return the piece between two places of `shown`."""
        shown = self.shown
        if start >= end or not shown:
            return Piece(self.text, self.last, self.last)
        low = self._places[max(0, bisect_right(self._starts, start) - 1)]
        high = self._places[max(0, bisect_right(self._starts, end - 1) - 1)]
        return Piece(self.text, low, high + 1)

    def after(self, end: int) -> "Piece":
        """Return what follows a place of `shown`."""
        return self.sub(end, len(self.shown))

    def before(self, start: int) -> "Piece":
        """Return what stands before a place of `shown`."""
        return self.sub(0, start)

    def spans(self, kinds: str) -> list[Token]:
        """Return its tokens of some kinds."""
        return [token for token in self.tokens if token.is_span and token.word in kinds]

    @property
    def start(self) -> int:
        """Return where it begins in the text."""
        return self.text.tokens[self.first].start if self.first < self.last else len(self.text.raw)

    @property
    def end(self) -> int:
        """Return where it ends in the text."""
        return self.text.tokens[self.last - 1].end if self.first < self.last else self.start

    @property
    def raw(self) -> str:
        """Return the user's own words, without signs at the ends."""
        return self.text.own_words(self.first, self.last)

    def trimmed(self) -> "Piece":
        """Return it without signs at its ends."""
        first, last = self.first, self.last
        while first < last and self.text.tokens[first].is_sign:
            first += 1
        while first < last and self.text.tokens[last - 1].is_sign:
            last -= 1
        return Piece(self.text, first, last)


class Match:
    """A match of a form, giving pieces for its slots."""

    __slots__ = ("found", "piece")

    def __init__(self, piece: Piece, found: re.Match[str]) -> None:
        self.piece, self.found = piece, found

    def has(self, name: str) -> bool:
        """Return whether a slot took anything."""
        return bool(self.found[name])

    def get(self, name: str) -> Piece:
        """Return what a slot took; an empty piece where it took nothing."""
        start, end = self.found.span(name)
        return self.piece.sub(start, end) if start >= 0 else self.piece.sub(0, 0)

    def value(self, name: str) -> Any:
        """Return the value of the one span that a slot took, or None."""
        piece = self.get(name)
        return next((token.value for token in piece.tokens if token.is_span), None)

    def word(self, name: str) -> str:
        """Return the words that a slot took, as forms see them."""
        return (self.found[name] or "").strip()

    @property
    def rest(self) -> Piece:
        """Return what follows the match."""
        return self.piece.after(self.found.end())

    @property
    def front(self) -> Piece:
        """Return what stands before the match."""
        return self.piece.before(self.found.start())


class Text:
    """A text with its tokens and what they are read against."""

    def __init__(self, raw: str, *, now: dt.datetime, preferences: Preferences, context: Context) -> None:
        self.raw = raw
        self.low = fold(raw)
        self.now, self.preferences, self.context = now, preferences, context
        self.titles = titles_of(context)
        self.spans = find_spans(Source(raw, self.low, now, preferences))
        tokens = mark_priorities(mark_lists(raw, context.projects, _opened(_joined(list(_tokens(self))))))
        state = context.state
        shown = len(state.shown or state.about)
        offered = bool(state.shown or state.pending or len(state.about) > 1)
        self.tokens = mark_places(self.low, _middle(tokens, shown), offered=offered)

    def whole(self) -> Piece:
        """Return all of it."""
        return Piece(self, 0, len(self.tokens))

    def own_words(self, first: int, last: int) -> str:
        """Return the user's words from one token up to another, without the signs around them."""
        if first >= last:
            return ""
        piece = Piece(self, first, last).trimmed()
        if piece.first >= piece.last:
            return ""
        return plain(self.raw[piece.start : piece.end])


def titles_of(context: Context) -> Titles:
    """Return the index of a context's titles, made once for each context."""
    known: dict[str, Any] = context.__dict__
    index: Titles = known.get("titles") or known.setdefault("titles", Titles(context.tasks))
    return index


def _tokens(text: Text) -> Iterator[Token]:
    at = 0
    for span in [*text.spans, None]:
        stop = span.start if span else len(text.low)
        yield from _plain_tokens(text, at, stop)
        if span:
            yield span
            at = span.end


def _joined(tokens: list[Token]) -> list[Token]:
    """Read "an" as "and" where only that makes sense ("milk an bread"), but not before "hour" or "MRI"."""
    for place in range(1, len(tokens) - 1):
        after = tokens[place + 1].word
        consonant = after[:1].isalpha() and after[:1] not in "aeiouh" and after[1:2] in tuple("aeiouylrhw")
        if tokens[place].word == "an" and consonant and _is_thing(tokens[place - 1]):
            tokens[place] = replace(tokens[place], word="and")
    return tokens


def _middle(tokens: list[Token], shown: int) -> list[Token]:
    """Read "the middle one" of an odd number of tasks that were just shown as its place."""
    if shown > 2 and shown % 2:
        place = f"{shown // 2 + 1}th"
        return [replace(token, word=place) if token.word in ("middle", "centre") else token for token in tokens]
    return tokens


def _opened(tokens: list[Token]) -> list[Token]:
    """Read a slip in front of "the" or "my" that opens a text as the verb of a to-do that is near it."""
    if len(tokens) > 2 and tokens[1].word in _ARTICLES and not tokens[0].is_span:
        tokens[0] = replace(tokens[0], word=as_chore(tokens[0].word))
    return tokens


_ARTICLES: Final = word_set("the my our a an")


def _is_thing(token: Token) -> bool:
    """Return whether a token may be something listed: no verb, no word that goes before an article."""
    return token.word.isalpha() and not token.is_span and token.word not in known_words() | CHORES | _BEFORE_ARTICLE


_BEFORE_ARTICLE: Final = word_set(
    "with for of at about from that to by in on into is was have has had need want like as and or"
)


def _plain_tokens(text: Text, start: int, stop: int) -> Iterator[Token]:
    low = text.low
    for m in _CHUNK.finditer(low, start, stop):
        yield from _chunk(text, m.start(), m.end())


def _chunk(text: Text, start: int, end: int) -> Iterator[Token]:
    """Yield the word of a chunk, with the signs around it on their own."""
    low = text.low
    a, b = start, end
    while a < b and low[a] in "([{\"'`*" and not low.startswith("'s", a):
        a += 1
    while b > a and low[b - 1] in ".,:;!?)]}\"'`…":
        b -= 1
    if a >= b:
        whole = low[start:end]
        yield Token(
            ":" if whole == ":" else whole if whole in SIGNS else "." if whole[0] in ".…!?" else whole, start, end
        )
        return
    if low[a:b] in ("-", "--", "–"):
        yield Token("-", start, end)
        return
    closing = low[b:end]
    kept = b + len(closing) if _belongs(low[a - (a > start) : a], closing) else b
    opened = start if kept > b else a
    word = low[a:b]
    if word.endswith("'s") and word not in _POSSESSIVE and len(word) > 2:
        yield Token(word[:-2], opened, b - 2)
        yield Token("'s", b - 2, kept)
    else:
        yield from _word(word, opened, kept, a)
    for place in range(kept, end):
        if low[place] in ".:;!?":
            yield Token(low[place], place, place + 1)


def _word(word: str, start: int, end: int, inner: int) -> Iterator[Token]:
    right = corrected(word)
    if " " not in right:
        yield Token(right, start, end)
        return
    first, second = right.split(" ", 1)
    middle = min(inner + max(1, len(word) - 2), end)
    yield Token(first, start, middle)
    yield Token(second, middle, end)


def _belongs(opening: str, closing: str) -> bool:
    """Return whether a closing bracket belongs to the word as its opening one does."""
    return closing[:1] in (")", "]", "}") and opening in ("(", "[", "{")
