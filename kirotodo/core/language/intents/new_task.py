"""What every addition shares: words that are no title, conditions behind it, one task or several out of its words."""

import re
from dataclasses import replace

from kirotodo.core.language.intents.items import split_items
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.intents.title_and_fields import Content, content
from kirotodo.core.language.intents.vocabulary import EVENTS
from kirotodo.core.language.patterns import Pattern, pattern
from kirotodo.core.language.types import Add

KINDS = (
    r"(?:an?|the|another|one|new|some|my|this|these|two|\s|more|daily|weekly|monthly|repeating|recurring"
    r"|quick|important|urgent|simple|(?:high|low|medium|top)[ -]priority)+?"
)
EMPTY = pattern(
    r"(?:me|us|it|this|that|them|these|those|something|anything|stuff|things?|do something|(?:at "
    r"|for )?(?:a |some )?(?:later|soon|sometime|another time|some time|other time)(?: time| date| on)?"
    r"|again|one|some|someone|some items?|an? (?:item|task|thing|event|reminder|entry)|items?|tasks?|"
    r"(?:an? |the |another |new )*(?:item|task|thing|event|reminder|entry|to-?do|todo|product|activity|note)s?"
    r"|please|(?:up )?for (?:me|myself|later)|myself|to|more|others?|(?:(?:to|on|in|onto) )?(?:(?:my|the"
    r"|a) )?(?:[\w-]+ ){0,2}(?:list|lists"
    r"|calendar|agenda|schedule)|(?:to|on) (?:my |the |a )?lists?|and|new|"
    r"do (?:it|something|this|that|stuff)|remember(?: something)?|(?:about|of) (?:something|it|this|that)"
    r"|in a (?:bit|while|minute|moment)|[\W_]*)"
)
_CONDITION = pattern(
    r"\s*[,;]?\s*\b(?:(?:but )?only )?(?:if (?:it'?s?|they|i|that|there|we|you)|unless|because|since (?:i|we|it)"
    r"|as (?:i|we)\b|i'?m (?:out|running|almost)|i (?:just|ran|am out)|in case|so (?:that )?i (?:don'?t|won'?t"
    r"|can)|we'?re? (?:are )?(?:out|running)|they'?re|(?:as )?soon as|when you can)\b.*\Z",
    re.DOTALL,
)
EVENT_FIRST = pattern(
    rf"(?:(?:my|the|our|an?)\s+)?(?:(?!(?:my|the|an?|your|our|to|is"
    rf"|are)\b)[\w'.&-]+\s+){{0,3}}?{EVENTS}\b"
)
EVENT_NAMED = pattern(rf"\b{EVENTS}\b")
PIECE_HEAD = pattern(
    r"(?:(?:an?|the|my|another|new|all[ -]day|calendar|quick|recurring|repeating|daily|weekly|special)\s+)*"
    r"(?:chore|task|errand|job|item|event|reminder|entry|note|to-?do)s?\s+(?:(?:of|to|called|for(?: me to)?|named"
    r"|titled"
    r"|entitled|about|saying|that says|which says|that|labell?ed|on)\s+|:\s*)(?:(?:the|my)\s+(?=\w))?"
    r"|(?:an?\s+|the\s+|new\s+)*(?:task|to-?do|item|reminder)\s+(?=[\"'“‘])"
    r"|(?:item|task|event)\s+(?=\w+\Z)"
    r"|(?:for )?(?:me to|that (?:i|we)(?:'ll|'m|'re|'ve| will| am| are)?(?: be| also)?(?: (?:need|have|want|got"
    r"|ought|going)"
    r"(?: to(?: go to)?)?| should| must)?|that(?= the| my| there)(?: there(?:'s| is| are))?|down for|down that"
    r"|down as)\s+"
    r"(?:(?:an?|the)\s+)?(?=\w)"
    r"|(?:the words?|this:?|the following:?(?: items?:?)?|following:?)\s+"
)


def added(found: Content, *, title: str | None = None, project: str | None = None) -> Add:
    title = title or found.title
    return Add(
        title=title if found.span.in_quotes() else tidied(title),
        when=found.when,
        recurrence=found.recurrence,
        priority=found.priority,
        project=project or found.project,
        tags=found.tags,
        remind=found.remind,
    )


_LEADING = pattern(
    r"(?:(?:for )?me to|reminding me to|to remind me to|that|for(?= [a-z]+\Z)|(?:i am|i'm|we're"
    r"|we are)(?= [a-z]+ing\b))\s+(?=\w)|(?:(?:an?|the|my|another|new|all[ -]day"
    r"|calendar|quick|recurring"
    r"|repeating|daily|weekly)\s+)*(?:events?|entry|reminders?|remainders?)\s+(?:(?:called|named|for|titled|entitled"
    r"|about|to|of|that says"
    r"|which says|saying)\s+)+(?:(?:the|my|an?)\s+)?(?=\w)"
    r"|(?:(?:i|we)(?:'ve| have)?(?: also)? (?:have|got|need|must|should|gotta|ought|am going"
    r"|are going)(?: got)?(?: to)?(?: go to)?"
    r"|there(?:'s| is| will be))\s+(?:(?:an?|my|the)\s+)?(?=\w)",
    re.IGNORECASE,
)
_CALLED = pattern(
    r"(?:(?:an?|the|my|new)\s+)*(?:events?|reminders?|tasks?|appointments?|items?|entry)\s+(?:\w+\s+){0,6}?(?:called"
    r"|named|titled|entitled)\s+"
    r"(?P<name>.+)",
    re.IGNORECASE,
)


_ARTICLE = pattern(r"(?:an?|the|event|calendar event|(?:an? )?(?:repeating|recurring))\s+(?=\w)")


EVENT_WORD = pattern(r"(?<=\w)(?:\s+(?:events?|reminders?))+\b")


def tidied(title: str) -> str:
    """Without "that I have to" and the like in front, which says that it is a task and not which."""
    for _ in range(3):
        m = _LEADING.match(title)
        if m is None:
            break
        title = title[m.end() :]
    m = _CALLED.fullmatch(title)
    title = m["name"] if m else title
    article = _ARTICLE.match(title)
    if article and EVENT_FIRST.match(title[article.end() :].lower()):
        title = title[article.end() :]
    event = EVENT_FIRST.match(title.lower())
    extra = EVENT_WORD.match(title.lower(), event.end()) if event else None
    return title[: event.end()] + title[extra.end() :] if event and extra else title


def items_of(found: Content, *, project: str | None, listed: bool = False) -> list[Content]:
    pieces = split_items(found.span, project=project or found.project, listed=listed, dated=found.dated)
    if len(pieces) < 2 or found.title != found.span.raw.strip():
        return [found]
    parts = [content(piece) for piece in pieces]
    if any(not p.title or EMPTY.fullmatch(p.title.lower()) for p in parts):
        return [found]
    return [
        replace(
            p,
            when=p.when if p.dated else found.when,
            recurrence=p.recurrence if p.dated else found.recurrence,
            priority=p.priority or found.priority,
            project=p.project or found.project,
            tags=p.tags or found.tags,
        )
        for p in parts
    ]


def unconditional(span: Span) -> Span:
    m = span.search(_CONDITION)
    return span.to(end=m.start()) if m and m.start() >= span.start else span


def without(span: Span, tail: Pattern) -> Span:
    m = span.search(tail)
    return span.to(end=m.start()) if m and m.start() > span.start else span
