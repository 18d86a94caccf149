"""Small numbers and places as they are said: "three", "3rd", "the last"."""

_CARDINALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|second to last|last|latter"
    r"|former|bottom|top|final"
    r"|\d{1,3}(?:st|nd|rd|th))"
)
_OTHERS = {"last": -1, "latter": -1, "bottom": -1, "final": -1, "former": 1, "top": 1, "second to last": -2}


def cardinal(word: str) -> int:
    """0 where it is no number."""
    if word.isdecimal():
        return int(word)
    return _CARDINALS.index(word) if word in _CARDINALS else 0


def ordinal(word: str) -> int:
    """The place in a list that a word names, from the end where negative; 0 where it is none."""
    if word in _ORDINALS:
        return _ORDINALS.index(word) + 1
    return _OTHERS.get(word) or cardinal(word.rstrip("stndrh"))
