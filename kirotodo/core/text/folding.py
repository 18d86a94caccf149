"""Fold text to what people type when they search: no case, accents, ligatures, widths or invisible characters.

A word with an apostrophe or a hyphen in it is written in several ways ("e-mail", "email"): `joined` gives the one
without. The full-text search of the store and the filter of the task list both stand on this.
"""

import unicodedata
from typing import Final

from kirotodo.core.text.patterns import pattern

_BEFORE: Final = str.maketrans({"\0": " ", "\u00b4": "'"})
"""The acute accent by itself is typed as an apostrophe; normalization would make a space and an accent of it."""
_INVISIBLE: Final = pattern(
    "[\u00ad\u061c\u180b-\u180e\u200b\u200d-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]+"
)
"""Soft hyphens, joiners, directions and the selectors that choose how a character looks."""
_ALIKE: Final = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th"}
    | dict.fromkeys("\u2018\u2019\u201b\u02bb\u02bc\u2032", "'")
    | dict.fromkeys("\u200c\u2010\u2011\u2012\u2013", "-")
)
"""Letters that normalization leaves whole, and the other apostrophes and hyphens. The zero-width non-joiner divides
the parts of a word in Persian, as a hyphen does in English."""
_APOSTROPHE: Final = pattern(r"(?<=[^\W_])['`](?=[^\W_])")
_COMPOUND: Final = pattern(r"(?<![^\W_])[^\W_]++(?:['`-][^\W_]+)+")


def fold(text: str) -> str:
    """Return the text without case, accents, ligatures, widths and invisible characters."""
    if text.isascii():
        return text.lower().replace("\0", " ")
    decomposed = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text.translate(_BEFORE).casefold()))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold().translate(_ALIKE)


def name_key(name: str) -> str:
    """Return the name of a project or tag as it compares: without case."""
    return unicodedata.normalize("NFC", name).casefold()


def without_apostrophes(folded: str) -> str:
    """Return the text with `don't` as `dont`. Apostrophes that aren't inside a word stay."""
    return _APOSTROPHE.sub("", folded)


def joined(folded: str) -> list[str]:
    """Return the words with apostrophes or hyphens in them, written without: `e-mail` as `email`.

    Parts that have an apostrophe of their own are there too: `a mother-in-law's` gives `laws` and `motherinlaws`.
    """
    found: dict[str, None] = {}
    for compound in _COMPOUND.findall(folded):
        parts = compound.split("-")
        found.update(dict.fromkeys(_bare(part) for part in parts if _bare(part) != part))
        found[_bare("".join(parts))] = None
    return list(found)


def _bare(part: str) -> str:
    return part.replace("'", "").replace("`", "")
