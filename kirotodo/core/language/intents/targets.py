"""Which tasks a command is about: by number, by place in the list shown, by pronoun, by words of the title."""

import re
from dataclasses import replace

from kirotodo.core.language.intents.filters import narrow
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.intents.title_and_fields import unquoted
from kirotodo.core.language.intents.vocabulary import EVENTS, FRIENDLY, ORDINAL, THINGS, cardinal, ordinal
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import Scope, Target

_NUMBER = r"(?:\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_ONE = r"(?:tasks?|items?|to-?dos?|todos?|ids?|numbers?|no\.?|nr\.?|reminders?|entry|entries|#)"
_AND = r"(?:\s*(?:,|&|\band\b|\bor\b|\bplus\b)\s*)+"
_IDS = pattern(
    rf"(?:(?:the|my|all)\s+)*(?:{_ONE}\s*)*(?:{_ONE}\s*#?|#)\s*{_NUMBER}(?:(?:{_AND}"
    rf"|\s+)(?:{_ONE}\s*)*#?\s*\d{{1,6}}|{_AND}(?:{_ONE}\s*)?{_NUMBER}|\s*(?:-|to"
    rf"|through)\s*#?\d{{1,6}})*"
    rf"|#?\d{{1,6}}(?:{_AND}#?\d{{1,6}}|\s*-\s*#?\d{{1,6}}|\s+\d{{1,6}})*",
)
_RANGE = pattern(r"(\d{1,6})\s*(?:-|to|through)\s*#?(\d{1,6})")
_EACH = pattern(rf"\d{{1,6}}|\b{_NUMBER}\b")
_PLACES = pattern(
    rf"(?:the\s+)?(?:{ORDINAL}{_AND}(?:the\s+)?)*{ORDINAL}(?:\s+(?:ones?|tasks?|items?|to-?dos?|todos?"
    rf"|options?|entry|match|of (?:them|those|these)))?(?:\s+(?:on|in|from|of) (?:the|my|that) list)?|"
    rf"(?:number|option)\s+(?P<n>{_NUMBER})"
)
_FIRST_N = pattern(rf"(?:the\s+)?(?P<end>first|last|top)\s+(?P<n>{_NUMBER})(?:\s+(?:ones?|tasks?|items?|of them))?")
_EACH_PLACE = pattern(ORDINAL)
_ANCHOR = pattern(
    r"(?:the\s+|my\s+)?(?P<w>last|latest|newest|most recent|first|next|previous)\s+(?:task|item|to-?do"
    r"|todo|reminder|event|entry|thing|appointment|activity)(?: (?:i|you) (?:just )?(?:added|created|made"
    r"|mentioned))?"
)
_IT = pattern(
    r"(?:its|it|that|this)(?:\s+(?:one|task|item|to-?do|todo|reminder|thing|event))?(?:\s+(?:again|too"
    r"|as well))?|the (?:same|task|one|item|event|reminder)|same one"
)
_THEM = pattern(
    r"(?:all of |both of |any of )?(?:them|their|those|these)(?:\s+(?:ones?|tasks?|items?|to-?dos?|two"
    r"|three))?(?: all| both)?|both(?: of them| tasks| items)?|all (?:two|three|four|of them|of those"
    r"|of these|those|these)"
)
_OTHER = pattern(r"the other(?: (?:one|task|item))?|other one")
_EVERYTHING = pattern(
    rf"(?:(?:absolutely |just )?(?:everything|all|every single one|the lot|all of it)|(?:all|every|each"
    rf"|any)(?: (?:of )?(?:my|the|our))? ?{THINGS})"
)
_GENERIC = pattern(
    rf"(?:(?:upcoming|scheduled|next|future|current|calendar|to-?do|list|existing|remaining"
    rf"|other)\s+)*{THINGS}(?:\s+and\s+{THINGS})*"
)
_DET = pattern(
    r"(?:(?:all|every|each|any|both)\b\s*(?:of\s+)?)?(?:(?:the|my|our|your|a|an|this|that|these|those"
    r"|some|his|her|their|another)\s+)?"
    r"(?:(?:whole|upcoming|scheduled|existing|next|following)\s+)*"
    r"(?:(?:task|item|event|reminder|to-?do|todo|entry|chore|appointment|one|meeting)\s+(?:(?:called"
    r"|named|titled|labell?ed|entitled|with the (?:name|title)|that says|which says|saying)\b\s*|(?=\")"
    r"|(?=')|:\s*)|(?:task|item|reminder|to-?do|todo|entry|chore|one|event)\s+(?:about|regarding|for|to"
    r"|of)\b\s*)?"
)
_TAIL = pattern(
    rf"(?:[\s,]+(?:{FRIENDLY}|any ?more|any longer|instead|already|again|completely|entirely|altogether"
    rf"|off|out|up|yet))+[\s.!?]*\Z"
)
_NOUN_TAIL = pattern(r"(?<=\S)\s+(?:tasks?|items?|to-?dos?|todos?|reminders?|entry|entries|ones?|chore)\Z")
_PLURAL = pattern(
    r"\b(?:tasks|items|todos|to-dos|reminders|ones|meetings|appointments|events|calls|parties|classes"
    r"|lessons|birthdays|bills|errands|chores)\Z"
)
_RELATIVE = pattern(
    r"\d|\b(?:today|tomorrow|tonight|yesterday|day|week|month|(?<!new )year|weekend|morning|afternoon"
    r"|evening|night|\w+day|overdue)s?\b(?<!birthday)"
)
_FROM_ALL = pattern(
    r"(?<=\S)\s+(?:from|off|among)\s+(?:(?:my|the|our|all)\s+)*(?:events|tasks|items|reminders|to-?dos"
    r"|appointments|meetings|entries)\Z",
    re.IGNORECASE,
)
_OWNED = pattern(
    r"(?<=\w)\s+(?:(?:that|which) )?(?:i|we)(?:'ve| have)?(?: got| had| set| made| put| added| scheduled| have"
    r"| planned)+(?: up| down)?\Z",
    re.IGNORECASE,
)
_EVENT_TAIL = pattern(rf"\b(?P<noun>{EVENTS})\s+events?\Z", re.IGNORECASE)
_NO_WORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "my",
        "our",
        "your",
        "this",
        "that",
        "these",
        "those",
        "some",
        "any",
        "all",
        "every",
        "of",
        "from",
        "on",
        "in",
        "for",
        "to",
        "and",
        "or",
        "is",
        "it's",
    ]
)
_MANY = pattern(r"(?:all|every|each|any|both|these|those)\b")


def target(span: Span) -> Target | None:
    """The target that a span names; None where nothing is left to go by."""
    span = _trim(span)
    if not span:
        return None
    low = " ".join(span.bare.split())
    plain_target = by_number(low) or by_place(low) or by_pronoun(low)
    return plain_target or _by_words(span)


def _trim(span: Span) -> Span:
    span = span.trimmed(" \t\r\n,;:.!?-")
    while (m := span.search(_TAIL)) is not None and m.start() > span.start:
        span = span.to(end=m.start()).trimmed(" \t\r\n,;:.!?-")
    return span


def by_number(low: str) -> Target | None:
    """ "task 3", "#3", "1, 2 and 5", "4-6"."""
    if not _IDS.fullmatch(low):
        return None
    ids: list[int] = []
    ranged = low
    for m in _RANGE.finditer(low):
        a, b = int(m[1]), int(m[2])
        if a < b <= a + 100:
            ids += range(a, b + 1)
            ranged = ranged.replace(m[0], " ")
    ids += [cardinal(m[0]) for m in _EACH.finditer(ranged)]
    unique = tuple(dict.fromkeys(i for i in ids if i > 0))
    return Target(ids=unique, plural=len(unique) > 1) if unique else None


def by_place(low: str) -> Target | None:
    """ "the second one", "the last two", "the first and the third"."""
    if m := _FIRST_N.fullmatch(low):
        n = min(cardinal(m["n"]), 50)
        places = tuple(range(-n, 0)) if m["end"] == "last" else tuple(range(1, n + 1))
        return Target(ordinals=places, plural=n > 1) if n > 0 else None
    if _ANCHOR.fullmatch(low) and not low.endswith("one"):
        return None
    if (m := _PLACES.fullmatch(low)) is None:
        return None
    places = (cardinal(m["n"]),) if m["n"] else tuple(dict.fromkeys(ordinal(p[0]) for p in _EACH_PLACE.finditer(low)))
    return Target(ordinals=places, plural=len(places) > 1) if 0 not in places else None


def by_pronoun(low: str) -> Target | None:
    """ "it", "them", "the other one", "the last task", "everything"."""
    if m := _ANCHOR.fullmatch(low):
        return Target(pronoun="first" if m["w"] in ("first", "next") else "last")
    if _IT.fullmatch(low):
        return Target(pronoun="it")
    if _THEM.fullmatch(low):
        return Target(pronoun="them", plural=True)
    if _OTHER.fullmatch(low):
        return Target(pronoun="other")
    if _EVERYTHING.fullmatch(low):
        return Target(everything=True, plural=True)
    return None


def _by_words(span: Span) -> Target | None:
    if span.in_quotes():
        return Target(words=unquoted(span.raw.strip()))
    narrowed = narrow(span)
    words = span.without(narrowed.holes)
    words, many = strip_words(words)
    scope = narrowed.scope
    low = words.lower()
    if not low and not many and not _RELATIVE.search(span.bare):
        named = [(n.start, n.end) for n in span.named()]
        holes = [h for h in narrowed.holes if not any(h[0] < end and start < h[1] for start, end in named)]
        words, scope = strip_words(span.without(holes))[0], replace(scope, due_from=None, due_to=None, due=None)
        low = words.lower()
    if not low or _GENERIC.fullmatch(low):
        if many or _PLURAL.search(low) or low in ("everything", "stuff", "content", "contents") or low.endswith("s"):
            return Target(everything=True, plural=True, scope=scope)
        return None if scope == Scope() else Target(everything=True, scope=scope)
    simple = by_number(low) or by_place(low) or by_pronoun(low)
    if simple is not None:
        return replace(simple, scope=scope)
    return Target(words=words, plural=many or _PLURAL.search(low) is not None, scope=scope)


def strip_words(words: str) -> tuple[str, bool]:
    """The words of a title without articles and "task" around them, and whether several were meant."""
    words = words.strip(" ,;:.!?-")
    low = words.lower()
    many = _MANY.match(low) is not None
    if m := _DET.match(low):
        words = words[m.end() :].strip(" ,;:")
    words = unquoted(words)
    if m := _NOUN_TAIL.search(words.lower()):
        many = many or m[0].rstrip().endswith("s")
        words = words[: m.start()]
    words = _OWNED.sub("", words)
    words = _EVENT_TAIL.sub(r"\g<noun>", _FROM_ALL.sub("", words))
    words = re.sub(r"(?:^|\s)(?:on|at|for|from|by|in|to|the|of|as)$", "", words.strip(" ,;:"), flags=re.IGNORECASE)
    words = unquoted(words.strip(" ,;:"))
    return ("" if words.lower() in _NO_WORDS else words), many


def is_event(words: str) -> bool:
    return re.search(rf"\b{EVENTS}\b", words.lower()) is not None
