"""Slips of the finger in the words that command ("remid me", "shoping list"); titles are never touched.

A word is put right only where a command stands: at the front of a sentence behind politeness, behind "and" or "then",
or right before the word list.
"""

import re
from functools import lru_cache
from typing import Final

from kirotodo.core.language.patterns import pattern

_KNOWN: Final = (
    "remind", "reminder", "reminders", "remember", "schedule", "reschedule", "remove", "delete", "cancel", "create",
    "erase", "clear", "include", "update", "postpone", "complete", "finish", "rename", "notify", "scratch", "display",
    "calendar", "shopping", "grocery", "groceries", "please", "could", "would", "append", "insert", "change",
    "appointment", "meeting", "event",
)  # fmt: skip
_LISTS: Final = frozenset(["calendar", "shopping", "grocery", "groceries"])
_TABLE: Final = {
    "adn": "add", "ad": "add", "dd": "add", "addd": "add", "aad": "add", "ass": "add", "pls": "please",
    "plz": "please", "delet": "delete", "cancle": "cancel", "remvoe": "remove", "calander": "calendar",
    "calender": "calendar", "remeber": "remember", "shedule": "schedule", "schedual": "schedule", "earse": "erase",
    "opne": "open", "shwo": "show", "lsit": "list", "reminde": "remind", "u": "you",
}  # fmt: skip
_WORDS: Final = pattern(
    r"clean|cleans|cleaner|clearly|cream|create|crate|crates|creates|created|deleted|deletes|"
    r"removed|removes|remote|reminds|reminded|reminding|scheduled|schedules|cancels|cancelled|"
    r"canceled|erased|erases|phrase|clears|cleared|includes|included|updates|updated|completes|"
    r"completed|finished|finishes|renamed|notified|shipping|chopping|stopping|hopping|could|"
    r"wold|would|world|cloud|bould|mould|meetings|eating|heating|beating|seating|events|even|"
    r"evens|appointments|calendars|grocer|please|pleased|pleases|chance|charge|changes|changed|"
    r"change|inserts|inserted|appends|remembers|remembered|dispel|displays|displayed|scratches|"
    r"scratched|reminders|reminder"
)
_WORD = pattern(r"[a-z]+")
_LEADS: Final = pattern(
    r"hey|hi|hello|ok|okay|please|pls|plz|can|could|would|will|you|u|and|then|also|just|"
    r"olly|pda|alexa|siri|google|kiro|kirotodo|i|to|need|want|like|me|my|so|now|i'd|a|"
    r"an|new|the|quickly|kindly|set|make|give|put|get|for"
)
_TO_LIST: Final = pattern(r"(?<=\w )(?:too|2|ot|tot)(?= (?:my|the) (?:\w+ ){0,2}list\b)", re.IGNORECASE)
_PAST: Final = {
    "added": "add", "removed": "remove", "reminded": "remind", "deleted": "delete", "scheduled": "schedule",
    "created": "create", "cancelled": "cancel", "canceled": "cancel", "made": "make", "cleared": "clear",
}  # fmt: skip
_IF_YOU: Final = pattern(rf"(?<=if you )(?:{'|'.join(_PAST)})\b", re.IGNORECASE)
_INTO: Final = pattern(r"to|on|in|onto|into|from|off|of")
_MADE: Final = pattern(r"a|an|another|new")
_MAKES: Final = pattern(r"add|create|make|set|schedule|put|need|want|delete|remove|cancel")
_SPLIT = pattern(r"[^\s,.;:!?\"“”]+")


def spelled(text: str) -> str:
    """The text with its command words put right, all else as written."""
    text = _TO_LIST.sub("to", text)
    text = _IF_YOU.sub(lambda m: _PAST[m[0].lower()], text)
    out: list[str] = []
    at, leading, before = 0, True, ""
    words = list(_SPLIT.finditer(text[:400]))
    for i, m in enumerate(words):
        word = m.group()
        low = word.lower()
        after = words[i + 1].group().lower() if i + 1 < len(words) else ""
        right = None
        if leading and (low != "ass" or "list" in text.lower()):
            right = _right(low)
        elif _MADE.fullmatch(before) and i > 1 and _MAKES.fullmatch(words[i - 2].group().lower()):
            right = _right(low) if _right(low) in ("reminder", "reminders") else None
        elif after in ("list", "lists") or (
            before in ("my", "the") and i > 1 and _INTO.fullmatch(words[i - 2].group().lower())
        ):
            right = _right(low) if _right(low) in _LISTS else None
        if right is not None and right != low:
            out += [text[at : m.start()], right]
            at = m.end()
        leading = (leading and _LEADS.fullmatch(right or low) is not None) or low in ("and", "then", "please")
        before = low
        if i > 40:
            break
    return "".join([*out, text[at:]]) if out else text


@lru_cache(maxsize=2048)
def _right(word: str) -> str | None:
    if word in _TABLE:
        return _TABLE[word]
    if len(word) < 5 or word in _KNOWN or _WORDS.fullmatch(word) or not _WORD.fullmatch(word):
        return None
    near = [known for known in _KNOWN if _one_off(word, known)]
    return near[0] if len(near) == 1 or (near and near[0] == "remind") else None


def _one_off(word: str, known: str) -> bool:
    """Whether one letter was left out, put in, taken for another, or two beside each other were swapped."""
    if word[0] != known[0] or abs(len(word) - len(known)) > 1:
        return False
    i = 0
    while i < min(len(word), len(known)) and word[i] == known[i]:
        i += 1
    a, b = word[i:], known[i:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
