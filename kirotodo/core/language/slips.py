"""Slips of the finger and the spelling of short messages, put right in the words that forms and dates are made of.

A word is put right where exactly one of the words that carry a meaning is near it, and it is no English word itself:
none of the lexicon, and none of `common_words.txt`, which `make common-words` writes. Titles are cut from the text as
written and keep theirs.
"""

import re
from functools import cache, lru_cache
from typing import Final

from kirotodo.core.language.lexicon import CHORES, CORRECTED, SLIPS, known_words
from kirotodo.core.language.when.tokens import word_set
from kirotodo.core.text.patterns import pattern

_COMMON_WORDS: Final = "common_words.txt"
_SHORT: Final = word_set(
    "can how what when have done mark move date list show task the put high make this that week give note with from "
    "tick undo skip push open next left back work need want does drop call take still today"
)
"""Short words in which two letters that are swapped, or one that is doubled, are a slip."""
_SWAPPED: Final = {
    word[:i] + word[i + 1] + word[i] + word[i + 2 :]: word
    for word in sorted(_SHORT)
    for i in range(len(word) - 1)
    if word[i] != word[i + 1]
}
_DOUBLED: Final = {word[: i + 1] + word[i:]: word for word in sorted(_SHORT) for i in range(len(word)) if len(word) > 3}
_CALENDAR: Final = word_set(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays "
    "sundays tomorrow today tonight yesterday weekend weekends morning afternoon evening january february september "
    "october november december fortnight midnight eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth thirtieth quarter o'clock minutes hours months every"
)


@cache
def common_words() -> frozenset[str]:
    """Return the English words that are never taken for a slip of the finger; read when the first word is in doubt."""
    from importlib.resources import files  # most texts need none of them

    return frozenset(files(__package__).joinpath(_COMMON_WORDS).read_text("utf-8").split())


def is_word(word: str) -> bool:
    """Return whether a word is English as it stands."""
    return word in known_words() or word in common_words()


@lru_cache(maxsize=4096)
def corrected(word: str) -> str:
    """Return a word of the lexicon for a slip of the finger; any other word as it is."""
    if word in SLIPS:
        return SLIPS[word]
    if len(word) < 3 or word in CORRECTED or not word.isascii() or not word.isalpha() or word in known_words():
        return word
    near = _SWAPPED.get(word) or _DOUBLED.get(word) or _apostrophes().get(word) or (_near(word, CORRECTED))
    return word if near is None or word in common_words() else near


@cache
def _apostrophes() -> dict[str, str]:
    """Return the words with an apostrophe by their letters alone: "couldnt" is "couldn't"."""
    words = sorted(known_words() | _CONTRACTED)
    return {word.replace("'", ""): word for word in words if "'" in word and len(word) > 4}


_CONTRACTED: Final = word_set("couldn't wouldn't weren't hadn't needn't they've you've that'll they'll")


def _near(word: str, vocabulary: frozenset[str]) -> str | None:
    """Return the one word of a vocabulary that a word of five letters or more is a slip for."""
    if len(word) < 5:
        return None
    near = [known for known in _by_letter(vocabulary).get(word[0], ()) if one_off(word, known)]
    if not near and len(word) > 6:
        near = [known for known in _by_letter(vocabulary).get(word[0], ()) if _two_off(word, known)]
    return near[0] if len(near) == 1 else None


@cache
def _by_letter(vocabulary: frozenset[str]) -> dict[str, list[str]]:
    words = sorted(vocabulary)
    return {letter: [word for word in words if word[0] == letter] for letter in {word[0] for word in words}}


def _two_off(word: str, known: str) -> bool:
    """Return whether two slips lead from one long word to another."""
    if len(known) < 8 or abs(len(word) - len(known)) > 2:
        return False
    from rapidfuzz.distance import OSA

    return OSA.distance(word, known, score_cutoff=2) <= 2


def one_off(word: str, known: str) -> bool:
    """Return whether a letter was left out, put in or taken for another, or two beside each other were swapped."""
    if word[0] != known[0] or abs(len(word) - len(known)) > 1:
        return False
    i = 0
    while i < min(len(word), len(known)) and word[i] == known[i]:
        i += 1
    a, b = word[i:], known[i:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def swapped(word: str, known: str) -> bool:
    """Return whether two letters beside each other were swapped."""
    return word != known and len(word) == len(known) and sorted(word) == sorted(known) and one_off(word, known)


def as_chore(word: str) -> str:
    """Return the verb of a to-do that a word in front of "the" or "my" is a slip for; the word itself otherwise."""
    if not 2 < len(word) < 11 or not word.isascii() or not word.isalpha() or is_word(word):
        return word
    near = (
        [verb for verb in _by_letter(CHORES)[word[0]] if one_off(word, verb)] if word[0] in _by_letter(CHORES) else []
    )
    return min(near, key=lambda verb: (sorted(verb) != sorted(word), -len(verb), verb)) if near else word


# --- in the text itself, before dates are looked for

_LETTERS: Final = pattern(r"(?<![\w'#@+/.-])[a-z]{5,11}(?![\w'/@]|\.\w)", re.IGNORECASE)
_FORTH: Final = pattern(
    r"(?<=\bthe )forth\b|\bforth(?= of (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))", re.IGNORECASE
)
_LENGTHS: Final = "".join(
    rf"|(?<={unit} )b4\b"
    for unit in ["hour", "hours", "hr", "hrs", "min", "mins", "minutes", "day", "days", "week", "night"]
)
_BEFORE: Final = pattern(rf"\bb4(?= ?\d| (?:mon|tue|wed|thu|fri|sat|sun|noon|lunch|tom|the)){_LENGTHS}", re.IGNORECASE)
_DIGIT: Final = pattern(
    r"(?P<front>\b(?P<word>[a-z']+) )(?P<digit>[24])(?= (?P<next>the|my|our|me|us|him|her|a|an|do|get|buy|pay|call|"
    r"ring|see|go|be|tmrw|tomorrow|today|tonight|next|mon|tue|wed|thu|fri|sat|sun|[a-z]+day)\b)",
    re.IGNORECASE,
)
_COUNTING: Final = word_set(
    "at by for from till until to before after around about of and or past task number no item the in last next first "
    "only just every than is it's are make"
)
"""Words behind which "2" and "4" are numbers."""
_WISHING: Final = word_set("me need want have got ought going how like u i")
_SPELLED: Final = {"nxt": "next", "wknd": "weekend", "2nite": "tonight", "2night": "tonight", "tonite": "tonight"}
_BRIEF: Final = pattern(rf"\b(?:{'|'.join(_SPELLED)})\b", re.IGNORECASE)


def spelled(raw: str) -> str:
    """Return a text with the words of the calendar as they are spelled; the rest of it as it is."""
    text = _LETTERS.sub(_as_spelled, raw)
    text = _FORTH.sub("fourth", _BEFORE.sub("before", text)) if "4" in text or "orth" in text.lower() else text
    text = _BRIEF.sub(lambda m: _SPELLED[m.group().lower()], text)
    return _DIGIT.sub(_as_preposition, text)


def _as_spelled(m: re.Match[str]) -> str:
    return _in_calendar(m.group().lower()) or m.group()


@lru_cache(maxsize=4096)
def _in_calendar(word: str) -> str | None:
    """Return the word of the calendar that a word is a slip for."""
    if word in _CALENDAR or word in known_words():
        return None
    near = _near(word, _CALENDAR)
    return None if near is None or word in common_words() else near


def _as_preposition(m: re.Match[str]) -> str:
    """Return "for" or "to" where a digit stands for it ("4 the cat", "remind me 2 call Bob")."""
    word, before = m["word"].lower(), m["front"]
    verbs = m["next"].lower() in ("do", "get", "buy", "pay", "call", "ring", "see", "go", "be")
    if word in _COUNTING or (verbs and word not in _WISHING) or (not verbs and word in _WISHING):
        return m.group()
    return before + ("to" if m["digit"] == "2" else "for")
