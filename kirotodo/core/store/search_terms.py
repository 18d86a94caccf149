"""How texts are folded for full-text search, and how words that a person typed become search terms. No SQL.

Words match at their beginnings, without case and accents. What is typed is never syntax: it is cut into words, and
each word is quoted. Scripts without spaces, and signs such as emoji, are looked for as they stand: each of their
characters is written down as a word of its own, so that the full-text index knows them too.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["task", "conversation", "message"]

_WORD: Final = re.compile(r"[^\W_]+")
_FOREIGN: Final = "\u0900-\u1dff\u2070-\U0010ffff"
"""Scripts whose words run together or are cut in other ways by the full-text index, and most signs."""
_SIGNS: Final = "#$%&*+/<=>@\\[\\\\\\]^_`{|}~\u00a2-\u00a9\u00ac\u00ae-\u00b1\u00d7\u00f7"
_AS_IT_STANDS: Final = re.compile(f"[{_FOREIGN}]")
_APART: Final = re.compile(f"[{_FOREIGN}{_SIGNS}]")
MARK: Final = "\ue000"
"""What the word of a character begins with; nobody can type it, being foreign itself."""
_INDEXED: Final = re.compile(rf"{MARK}[0-9a-f]+|[^\W_]+")
_APART_WORDS: Final = re.compile(f"(?: {MARK}[0-9a-f]+ )+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A text to be made searchable: `ref` is a task or conversation, `part` a message's seq."""

    kind: Kind
    ref: int
    text: str
    part: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What was typed, folded: words, and what is looked for as it stands."""

    words: tuple[str, ...]
    signs: tuple[str, ...]

    @property
    def runs(self) -> tuple[str, ...]:
        """Characters that stand apart and next to each other, as the words that each of them is in an index."""
        return tuple(found for sign in self.signs for found in _APART_WORDS.findall(sign))


def fold(text: str) -> str:
    """The text without case and accents, with characters that stand apart spelled out, as it is searched."""
    return _APART.sub(_spelled, _plain(text))


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower().replace("\0", " ")
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\0", " "))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _spelled(found: re.Match[str]) -> str:
    return f" {MARK}{ord(found[0]):x} "


def words_of(folded: str) -> set[str]:
    """The words of a folded text, as a full-text index cuts them."""
    return set(_INDEXED.findall(folded))


def terms(typed: str) -> Terms | None:
    """What to look for; None where nothing was typed."""
    words: list[str] = []
    signs: list[str] = []
    for chunk in _plain(typed).split():
        found = _WORD.findall(chunk)
        letters = sum(map(len, found))
        if _AS_IT_STANDS.search(chunk) or (letters < len(chunk) and letters <= 2):
            signs.append(_APART.sub(_spelled, chunk))
        else:
            words.extend(found)
    return Terms(words=tuple(words), signs=tuple(signs)) if words or signs else None
