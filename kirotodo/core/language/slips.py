"""Slips of the finger in the words that forms are made of. Titles are cut from the text as written and keep theirs."""

from functools import lru_cache
from typing import Final

from kirotodo.core.language.lexicon import CORRECTED, SLIPS, known_words
from kirotodo.core.language.when.tokens import word_set

_SHORT: Final = word_set(
    "can how what when have done mark move date list show task the put high make this that week give note"
)
"""Short words in which two letters that are swapped make no other word."""
_SWAPPED: Final = {
    word[:i] + word[i + 1] + word[i] + word[i + 2 :]: word
    for word in _SHORT
    for i in range(len(word) - 1)
    if word[i] != word[i + 1]
}


@lru_cache(maxsize=4096)
def corrected(word: str) -> str:
    """Return a word of the lexicon for a slip of the finger; any other word as it is."""
    if word in SLIPS:
        return SLIPS[word]
    if 2 < len(word) < 5 and word.isalpha() and (swapped := _SWAPPED.get(word)) is not None:
        return swapped
    if len(word) < 5 or word in CORRECTED or not word.isalpha() or not word.isascii() or word in known_words():
        return word
    near = [known for known in sorted(CORRECTED) if one_off(word, known)]
    return near[0] if len(near) == 1 else word


def one_off(word: str, known: str) -> bool:
    """Return whether a letter was left out, put in or taken for another, or two beside each other were swapped."""
    if word[0] != known[0] or abs(len(word) - len(known)) > 1:
        return False
    i = 0
    while i < min(len(word), len(known)) and word[i] == known[i]:
        i += 1
    a, b = word[i:], known[i:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
