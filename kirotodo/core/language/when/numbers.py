"""Read numbers as people write them: 3, three, twenty-one, 3rd, third, twenty first, a couple of, half an."""

from fractions import Fraction
from typing import Final, TypeAlias

from kirotodo.core.language.when.tokens import Line, listed_words

Number: TypeAlias = Fraction | int

_ONES: Final = listed_words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS: Final = listed_words("twenty thirty forty fifty sixty seventy eighty ninety")
_ORDINAL_ONES: Final = listed_words(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
)

ONES: Final = {word: value for value, word in enumerate(_ONES)}
TENS: Final = {word: 10 * value for value, word in enumerate(_TENS, 2)} | {"fourty": 40}
ORDINAL_ONES: Final = {word: value for value, word in enumerate(_ORDINAL_ONES)} | {"twelveth": 12, "nineth": 9}
ORDINAL_TENS: Final = {"twentieth": 20, "thirtieth": 30, "fortieth": 40, "fiftieth": 50}
SUFFIXES: Final = frozenset({"st", "nd", "rd", "th"})
NUMBER_WORDS: Final = frozenset(ONES) | frozenset(TENS)
ORDINAL_WORDS: Final = (frozenset(ORDINAL_ONES) | frozenset(ORDINAL_TENS)) - {"zeroth"}


def digits(word: str) -> bool:
    """Return whether a word is all ASCII digits."""
    return word.isdecimal() and word.isascii()


def whole(line: Line, i: int) -> tuple[int, int] | None:
    """Read a cardinal at token i; return it and the token after it."""
    word = line.words[i]
    if digits(word):
        return (int(word), i + 1) if len(word) <= 4 else None
    if word in ONES:
        return ONES[word], i + 1
    if word in TENS:
        j = i + 2 if line.words[i + 1] == "-" else i + 1
        one = ONES.get(line.words[j], 0)
        return (TENS[word] + one, j + 1) if 0 < one < 10 else (TENS[word], i + 1)
    return None


def ordinal(line: Line, i: int) -> tuple[int, int] | None:
    """Read an ordinal at token i ("3rd", "third", "twenty-first"); return it and the token after it."""
    words = line.words
    word = words[i]
    if digits(word):
        if len(word) <= 3 and words[i + 1] in SUFFIXES and line.glued(i + 1):
            return int(word), i + 2
        return None
    if word in ORDINAL_WORDS:
        return ORDINAL_ONES.get(word) or ORDINAL_TENS[word], i + 1
    if word in TENS:
        j = i + 2 if words[i + 1] == "-" else i + 1
        one = ORDINAL_ONES.get(words[j], 0)
        return (TENS[word] + one, j + 1) if 0 < one < 10 else None
    return None


_VAGUE: Final = {"couple": 2, "few": 3, "several": 3, "dozen": 12}


def amount(line: Line, i: int) -> tuple[Number, int] | None:
    """Read how many of a unit: "2", "2.5", "a", "a couple of", "half an", "three quarters of an", "two and a half"."""
    words = line.words
    if words[i] in ("a", "an", "another"):
        if words[i] != "an" and words[i + 1] in _VAGUE:
            return _VAGUE[words[i + 1]], _after(words, i + 2, "of", "more")
        if words[i + 1] == "half":
            return Fraction(1, 2), i + 2
        if words[i + 1] == "quarter" and words[i + 2] == "of":
            return Fraction(1, 4), _after(words, i + 3, "an", "a")
        if words[i] == "another" and (count := whole(line, i + 1)):
            return count
        return 1, _after(words, i + 1, "single", "full", "whole")
    if words[i] == "half":
        return Fraction(1, 2), _after(words, _after(words, i + 1, "of"), "a", "an")
    if words[i] in ("couple", "several", "few"):
        return _VAGUE[words[i]], _after(words, i + 1, "of", "more")
    return _counted(line, i)


def _counted(line: Line, i: int) -> tuple[Number, int] | None:
    words = line.words
    count = whole(line, i)
    if count is None:
        return None
    value, j = count
    if digits(words[i]):
        if words[j] == "." and line.glued(j) and line.glued(j + 1) and digits(words[j + 1]) and len(words[j + 1]) <= 2:
            return Fraction(f"{value}.{words[j + 1]}"), j + 2
        if words[j] == "/" and line.glued(j) and line.glued(j + 1) and words[j + 1] in ("2", "3", "4"):
            return Fraction(value, int(words[j + 1])), _after(words, _after(words, j + 2, "of"), "a", "an")
    if words[j] in ("½", "¼", "¾"):
        return value + {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}[words[j]], j + 1
    part = j + 1 if words[j] == "-" else j
    if words[part] in ("quarters", "quarter") and words[part + 1] == "of" and value < 4:
        return Fraction(value, 4), _after(words, part + 2, "an", "a")
    if words[j : j + 3] == ("and", "a", "half"):
        return value + Fraction(1, 2), j + 3
    if words[j] == "dozen":
        return value * 12, j + 1
    return value, _after(words, j, "more", "full", "whole")


def _after(words: tuple[str, ...], i: int, *optional: str) -> int:
    return i + 1 if words[i] in optional else i
