"""Additions that are only implied: "I need to …", "I have … on friday, remind me", and bare to-dos with a date."""

import re

from kirotodo.core.language.adding import NEED
from kirotodo.core.language.additions import EMPTY, EVENT_FIRST, EVENT_NAMED, added, items_of
from kirotodo.core.language.edges import content
from kirotodo.core.language.intent import Action, Clarify
from kirotodo.core.language.reading import Span
from kirotodo.core.language.vocabulary import CHORES, HOME_CHORES, topic_of

_TAIL_REMIND = re.compile(
    r"(?P<what>.+?)[\s,.;]+(?:(?:so|and|can you|could you|will you|would you|please"
    r"|then)\s+)*(?:remind me|(?:set|create|make|add|put)(?: up)?(?: (?:me|an?|the|my))* (?:reminder"
    r"|event|notification|alert|task)(?: for (?:it|me|this|that))?|(?:set|schedule) it(?: up)?|mark (?:it"
    r"|that)(?: down)?(?: (?:on|in) my calendar)?|mark my calendar|put (?:it|that) (?:on|in) my \w+"
    r"|add (?:it|that|them)(?: (?:to|on) .{0,40})?|make (?:a )?note(?: of (?:it|that))?"
    r"|don'?t let me forget)(?: please)?[\s.!?]*",
    re.DOTALL,
)


_HAVE = re.compile(
    r"(?:so\s+)?(?:i|we)\b(?:'ve| have| also| am| 'm|'m| are|'re| will|'ll|'d| would)*\s*(?:(?:have|got"
    r"|need|having|going|must|should|to|go|do|be|attend|(?:ran|run|running)?\s?(?:out|low)\s+(?:of"
    r"|on))\s+)*(?:an?\s+)?(?=\S)"
)


_CHORE = re.compile(rf"(?:{CHORES})\b(?=\s+\S)")


_HOME = re.compile(rf"(?:{HOME_CHORES})\b(?=\s+\S)")


_I_HAVE = re.compile(r"(?:i|we)(?:'ve| also| have)*\s+(?:got\s+|have\s+)?(?:(?:an?|my|the|our)\s+)+")


_TOLD = re.compile(
    r"^(?:i|i'd|i'?m|i'll|i'?ve|we|he|she|they|it|it'?s|this|that|there|you|here|my \w+ is)\b|\byou(?:'re"
    r"|'ll)?\b|\b(?:is|are|was|were|will|would) (?:a|an|the|not|so|very|be)\b"
)


_WRITE_TO = re.compile(r"(?:e-?mail|text|message)\s+(?!to\b|from\b|that\b|saying\b)\w+")


_KNOWING = re.compile(
    r"(?:to\s+)?(?:know|see|hear|find out|learn|check|view|look|ask|tell|talk|speak|understand|figure out"
    r"|get (?:a|some|more) (?:info|idea)|have you|be (?:told|able))\b"
)


def needing(span: Span) -> list[Action] | None:
    """ "I need to remember to pay the bills", "I have to call mom tomorrow": additions that are only implied."""
    m = span.match(NEED)
    if m is None:
        return None
    what = span.group(m, "what")
    remember = span.has(m, "remember") or re.search(r"forget|remember", m["how"]) is not None
    if not remember and what.match(_KNOWING):
        return None
    wish = m["how"].startswith(("want", "like", "would like"))
    found = content(what, lists=True)
    if not found.title or EMPTY.fullmatch(found.title.lower()):
        return [Clarify(missing="title", action="add")]
    if remember:
        return [added(a) for a in items_of(found, project=found.project)]
    if wish:
        return None
    topic = topic_of(found.title.lower())
    if (
        (found.dated and topic is None)
        or (topic is None and _HOME.match(found.title.lower()))
        or (found.dated and _CHORE.match(found.title.lower()) and topic in ("messages", "money"))
    ):
        return [added(a) for a in items_of(found, project=found.project)]
    if topic is not None:
        return None
    return [Clarify(missing="meaning", action="add")]


def trailing(span: Span) -> list[Action] | None:
    """ "I have a meeting at 4 on Wednesday, can you remind me": the command comes last."""
    m = span.fullmatch(_TAIL_REMIND)
    if m is None:
        return None
    what = span.group(m, "what")
    have = what.match(_HAVE)
    found = content(what.to(start=have.end()) if have and have.end() < what.end else what, lists=True)
    return [added(found)] if found.title else None


def bare(span: Span) -> list[Action] | None:
    """A to-do as one writes it to oneself: a chore or an event with a date, a rule or a mark, or a house chore."""
    have = span.match(_I_HAVE)
    found = content(span.to(start=have.end()) if have else span)
    low = found.title.lower()
    if not found.title or EMPTY.fullmatch(low) or _TOLD.search(low):
        return None
    if have is not None:
        return [added(found)] if found.dated and EVENT_NAMED.search(low) and topic_of(low) is None else None
    marked = bool(found.tags or found.project or found.priority)
    chore = _CHORE.match(low) is not None
    if found.recurrence is not None or marked:
        ours = chore or marked or EVENT_NAMED.search(low) is not None or topic_of(low) is None
    elif found.dated:
        ours = (chore and (topic_of(low) is None or _WRITE_TO.match(low) is not None)) or (
            EVENT_FIRST.match(low) is not None and topic_of(low) is None
        )
    else:
        ours = _HOME.match(low) is not None and topic_of(low) is None
    return [added(a) for a in items_of(found, project=found.project)] if ours else None
