"""A conversation's title, by rules, from its first message."""

import re
import unicodedata
from typing import Final

from kirotodo.core.language.patterns import pattern

LONGEST: Final = 60
UNTITLED: Final = "New conversation"
_LEAD = pattern(
    r"(?:(?:hey|hi|hello|ok|okay|yo|good (?:morning|afternoon"
    r"|evening))(?:\s+there)?(?:\s+kiro(?:todo)?)?[\s,!.]+(?=\w)|kiro(?:todo)?[\s,:!]+|(?:please|pls"
    r"|kindly|so|well|um|uh|just|now|also|and)[\s,]+"
    r"|(?:can|could|would|will) you(?: please| kindly| just)?\s+|i(?:'d| would) (?:like"
    r"|love)(?: you)? to\s+|i (?:want|need)(?: you)? to\s+|let's\s+|go ahead and\s+)+",
    re.IGNORECASE,
)
_END = pattern(r"[\s.,;:!?…\-–—]+\Z|[\s,]+(?:please|thanks|thank you)[\s.!]*\Z", re.IGNORECASE)


def conversation_title(message: str) -> str:
    """At most 60 characters on one line: politeness taken off the front, no punctuation at the end."""
    text = _one_line(message)
    shorter = _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
    text = _bare_end(shorter) or _bare_end(text) or UNTITLED
    if len(text) > LONGEST:
        cut = text[: LONGEST - 1]
        at_word = cut.rsplit(" ", 1)[0] if " " in cut[20:] else cut
        text = _bare_end(at_word) + "…"
    return text[:1].upper() + text[1:] if text[:1].islower() and not text[:2].lower().startswith(("#", "+")) else text


def _one_line(message: str) -> str:
    kept = (" " if ch.isspace() else ch if _shown(ch) else "" for ch in message)
    return " ".join("".join(kept).split())


def _shown(ch: str) -> bool:
    """Control, format (bidi) and unassigned characters are left out; joiners within emoji stay."""
    return ch == "\u200d" or unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _bare_end(text: str) -> str:
    while (m := _END.search(text)) is not None:
        text = text[: m.start()]
    return text
