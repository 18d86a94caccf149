"""Which list a text speaks of: "my shopping list", "the list of things to do", "to work", "+garden"."""

import re

from kirotodo.core.language.intents.prepared_text import Span, plain
from kirotodo.core.language.intents.vocabulary import DEFAULT_LISTS, LISTS, OWNER
from kirotodo.core.language.patterns import pattern

WORD = (
    r"(?!(?:to(?! (?:do|buy|get|read|watch|see|remember))|from|on|in|off|at|into|onto|my|our|the|add|put"
    r"|and|is|for|with|i|it|that|these|those|not|me|please|remove|delete|make|create)\b)(?:[\w'&/+-]+"
    r"|[\"'`]¤+[\"'`])"
)
"""A word of a list's name."""
_NAME = rf"(?:{WORD}\s+){{0,4}}?"
_OF = (
    r"(?:(?:(?:(?<=list)|(?<=lists))\s+(?:of|for)|\s+(?:called|named))\s+(?P<{0}>(?!(?:me|us|today|tomorrow|tonight"
    r"|this|next|the|on"
    r"|in)\b)[\w'&-]+(?:\s+(?:to\s+)?(?!(?:if|as|i|at|on|and|for|because|please|today|tomorrow"
    r"|instead)\b)[\w'&-]+){{0,3}}))?"
)
_PREP = r"(?:on to|down on|down in|in to|onto|into|to|on|in|under|within|off of|off|out of|from|at|for)"

_LIST = rf"(?:{OWNER}\s+)?(?P<name>{_NAME}){LISTS}(?:\s+(?:list|of reminders))?\b"
LIST = _LIST + _OF.format("of")
WHOLE_LIST = _LIST + r"(?!\s*(?:item|event|entr|meet|appoint|remind))" + _OF.format("of")
"""A list as the very thing that is spoken of, not "my calendar events"."""
LIST_PHRASE = pattern(LIST)
LIST_TAIL = pattern(rf"[\s,]+(?:down\s+)?{_PREP}\s+{LIST}[\s.!,]*\Z")
LIST_HEAD = pattern(rf"(?:{_PREP})\s+{LIST}\s*[,:]?\s+")
"""A list named before the command: "on my shopping list, remove eggs"."""
_LEAD = pattern(r"(?:the|my|our|a|an|this|that|your|new|entire|whole|existing|current)\s+")


def list_name(span: Span, m: re.Match[str]) -> str | None:
    """The project that a match of the patterns above names; None for the list itself."""
    for group in ("of", "place", "name"):
        if group in m.re.groupindex and m.start(group) >= 0:
            name = clean_name(span.group(m, group).raw)
            if name:
                return name
    return None


def clean_name(raw: str) -> str | None:
    """A list's name without articles; None where it means the list itself."""
    name = plain(raw).strip(" ,.'\"“”‘’")
    low = name.lower()
    while (m := _LEAD.match(low + " ")) is not None:
        name, low = name[m.end() :].strip(), low[m.end() :].strip()
    low = re.sub(r"^(?:to ?-?do|todo) (?=\w)|(?<=\w) (?:to ?-?do|todo)$", "", low)
    name = (
        name
        if len(low) == len(name)
        else name[len(name) - len(low) :]
        if name.lower().endswith(low)
        else name[: len(low)]
    )
    if not low or DEFAULT_LISTS.fullmatch(low):
        return None
    return name
