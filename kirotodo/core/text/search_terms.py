"""How texts are folded for full-text search, and how words that a person typed become search terms. No SQL.

Words match at their beginnings, folded as `core.text.folding` does. A word with an apostrophe or a hyphen in it is
indexed as its parts and, at the end of the text, in one piece: "e-mail" is found by `mail` and by `email`. What is
typed is never syntax: it is cut into words, and each word is quoted. Scripts without spaces, and signs such as emoji,
are looked for as they stand: each of their characters is written down as a word of its own, so that the full-text index
knows them too.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text import folding
from kirotodo.core.text.patterns import pattern

Kind = Literal["task", "conversation", "message"]

_WORD: Final = pattern(r"[^\W_]+")
_HYPHENATED: Final = pattern(r"[^\W_]+(?:-[^\W_]+)*")
_FOREIGN: Final = "[^\0-\u08ff\u1e00-\u206f]"
"""Scripts whose words run together or are cut in other ways by the full-text index, and most signs. What it is not is
named, since `re` takes ten times as long to compile a range that ends beyond U+FFFF."""
_SIGNS: Final = "#$%&*+/<=>@\\[\\\\\\]^_`{|}~\u00a2-\u00a9\u00ac\u00ae-\u00b1\u00d7\u00f7"
_AS_IT_STANDS: Final = pattern(_FOREIGN)
_APART: Final = pattern(f"{_FOREIGN}|[{_SIGNS}]")
MARK: Final = "\ue000"
"""What the word of a character begins with; nobody can type it, being foreign itself."""
_ADDED: Final = " \ue001 "
"""What divides a text from the words added to it; nobody can type it either."""
_INDEXED: Final = pattern(rf"{MARK}[0-9a-f]+|[^\W_]+")
_APART_WORDS: Final = pattern(f"(?: {MARK}[0-9a-f]+ )+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A text to be made searchable: `ref` is a task or conversation, `part` a message's seq."""

    kind: Kind
    ref: int
    text: str
    part: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Compound:
    """How a word that was typed with hyphens goes on after its first part: in parts, or all of it in one piece.

    The first part is one of the words of `Terms`, since a text has it either way, if only as the beginning of `joined`.
    """

    parts: tuple[str, ...]
    joined: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What was typed, folded: words, how hyphenated ones go on, and what is looked for as it stands."""

    words: tuple[str, ...]
    compounds: tuple[Compound, ...]
    signs: tuple[str, ...]

    @property
    def runs(self) -> tuple[str, ...]:
        """Characters that stand apart and next to each other, as the words that each of them is in an index."""
        return tuple(found for sign in self.signs for found in _APART_WORDS.findall(sign))


def searchable(*, title: str, notes: str, project: str | None, tags: Sequence[str]) -> str:
    """Return the text of a task that words are looked for in."""
    return "\n".join((title, notes, project or "", *tags))


def fold(text: str) -> str:
    """Return the text as it is searched: folded, words in one piece added, characters that stand apart spelled out."""
    plain = folding.fold(text)
    added = " ".join(folding.joined(plain))
    return _APART.sub(_spelled, plain) + (_ADDED + _APART.sub(_spelled, added) if added else "")


def _spelled(found: re.Match[str]) -> str:
    return f" {MARK}{ord(found[0]):x} "


def words_of(folded: str) -> set[str]:
    """The words of a folded text, as a full-text index cuts them."""
    return set(_INDEXED.findall(folded))


def terms(typed: str) -> Terms | None:
    """Return what to look for; None where nothing was typed."""
    words: list[str] = []
    compounds: list[Compound] = []
    signs: list[str] = []
    for typed_chunk in folding.fold(typed).split():
        chunk = folding.without_apostrophes(typed_chunk)
        letters = sum(map(len, _WORD.findall(chunk)))
        if _AS_IT_STANDS.search(chunk) or (letters < len(chunk) and letters <= 2):
            signs.append(_APART.sub(_spelled, typed_chunk))
            continue
        for found in _HYPHENATED.findall(chunk):
            first, *rest = found.split("-")
            words.append(first)
            if rest:
                compounds.append(Compound(parts=tuple(rest), joined="".join((first, *rest))))
    if not words and not signs:
        return None
    return Terms(words=tuple(words), compounds=tuple(compounds), signs=tuple(signs))


def phrase_terms(typed: str) -> Terms | None:
    """Return what to look for so that a text holds all of `typed` as it stands; None where nothing was typed."""
    wanted = terms(typed)
    if wanted is None:
        return None
    whole = _APART.sub(_spelled, " ".join(folding.fold(typed).split()))
    return replace(wanted, signs=(*wanted.signs, whole))


def has_terms(folded: str, wanted: Terms) -> bool:
    """Return whether a text, as `fold` returns it, has everything that is looked for."""
    return (
        all(_begins_word(folded, word) for word in wanted.words)
        and all(_has_compound(folded, each) for each in wanted.compounds)
        and all(sign in folded for sign in wanted.signs)
    )


def _begins_word(folded: str, word: str) -> bool:
    return word in folded and re.search(rf"(?<![^\W_])(?<!{MARK}){re.escape(word)}", folded) is not None


def _has_compound(folded: str, compound: Compound) -> bool:
    if _begins_word(folded, compound.joined):
        return True
    return all(_begins_word(folded, part) for part in compound.parts)


SNIPPET_BEFORE: Final = 30
SNIPPET_MAX: Final = 120
_LIST_MARK: Final = pattern(r"^[ \t]*(?:[-*•]|\d{1,3}[.)])[ \t]+", re.MULTILINE)
"""Begins a line of a list: in the middle of a line it would read as a dash."""


def snippet(text: str, wanted: Terms) -> str:
    """Return the words of a text around the first that is looked for, on one line; its beginning where none is seen."""
    line = " ".join(_LIST_MARK.sub("", text).split())
    sought = (*wanted.words, *(each.joined for each in wanted.compounds))
    at = next((found.start() for found in _CHUNK.finditer(line) if _is_sought(found[0], sought)), 0)
    start = 0 if at <= SNIPPET_BEFORE else line.find(" ", at - SNIPPET_BEFORE, at) + 1 or at
    end = start + SNIPPET_MAX
    tail = "…" if end < len(line) else ""
    return f"{'…' if start else ''}{line[start:end].rstrip()}{tail}"


_CHUNK: Final = pattern(r"\S+")


def _is_sought(chunk: str, sought: Sequence[str]) -> bool:
    folded = folding.without_apostrophes(folding.fold(chunk))
    return any(_begins_word(folded, word) for word in sought)
