"""Additions that are only implied: "I need to …", "I have … on friday, remind me", and bare to-dos with a date."""

import re

from kirotodo.core.language.intents.add import NEED
from kirotodo.core.language.intents.list_names import LIST, list_name
from kirotodo.core.language.intents.new_task import EMPTY, EVENT_FIRST, EVENT_NAMED, added, items_of
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.intents.title_and_fields import content
from kirotodo.core.language.intents.vocabulary import CHORES, EVENTS, HOME_CHORES, topic_of
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import Action, Clarify

_TAIL_REMIND = pattern(
    r"(?P<what>.+?)[\s,.;]+(?:(?:so|and|but|also|just|can you|could you|will you|would you|please|go ahead and"
    r"|i need you to|i want you to|i'd like you to|let'?s"
    r"|then)[\s,]+)*(?:remind me|(?:set|create|make|add|put)(?: up)?(?: (?:me|an?|the|my))* (?:reminder"
    r"|event|notification|alert|task)(?: for (?:it|me|this|that))?|(?:set|schedule) it(?: up)?|mark (?:it"
    r"|that)(?: down)?(?: (?:on|in) my calendar)?|mark my calendar|put (?:it|that) (?:on|in) my \w+"
    r"|make (?:a )?note(?: of (?:it|that))?|write (?:it|that) down|block (?:it|that)(?: (?:out|off))?"
    r"|(?:add|put|include|write|stick|throw|place|get|note|jot|enter|pencil|log|save|set|schedule|block|mark|book)"
    r" (?:it|that|this|them|those|these|some|one)(?: as (?:an? )?(?:recurring|repeating|new)(?: (?:event|task"
    r"|reminder))?)?(?: (?:down|in|up|out|off|back))?(?:\s+(?P<on>(?:to|on|in|into|onto"
    r"|for)\s+"
    r"[^,.;]{1,40}))?"
    r"|don'?t let me forget(?: (?:it|that))?)(?: (?:please|for me|too|as well))*[\s.!?]*",
    re.DOTALL,
)
_ON_LIST = pattern(rf"(?:to|on|in|into|onto|for)\s+{LIST}")
_LACKING = pattern(
    r"(?:(?:so|hey|well)\s+)?(?:(?:i|we)(?:'m|'re| am| are| have| just|'ve| almost| nearly| all| completely"
    r"| totally)*\s*"
    r"(?:(?:run|ran|running)?\s*(?:out of|low on|short on)|used up(?: (?:all|the last of))?)|(?:i|we)(?:'ve"
    r"| have)?(?: got)?"
    r"(?: have)? no(?: more)?|(?:i|we) (?:don'?t|do not) have(?: any| enough)?(?: more)?"
    r"|(?:i|we)(?:'ll| also| really| still| do)*\s*(?:need|want)(?! to (?!get|buy|grab|pick))(?: some| more"
    r"| to (?:get|buy|grab|pick up)(?: some"
    r"| more)?)?"
    r"|(?:my|the) (?:\w+ ){0,2}list (?:is missing|lacks|doesn'?t have)(?: any)?|(?:i|we) (?:gotta|have to|must"
    r"|should|'ve got to)(?: (?:get|buy|grab|pick up))(?: some| more)?"
    r"|(?:grab|get|buy)(?: me| us)?(?: some| more)?"
    r"|(?:the|my) (?:kids?|wife|husband|dog|cat|family|boys|girls|son|daughter)\s+(?:wants?|needs?)(?: some"
    r"| more)?)\s+",
)
"""A lack, told: "we're out of salt", "I need some salt"."""


_HAVE = pattern(
    r"(?:so\s+)?(?:there(?:'s| is| are| will be)|(?:i|we)\b(?:'ve| have| also| am| 'm|'m| are|'re| will|'ll|'d"
    r"| would)*)\s*"
    r"(?:(?:have|got|getting|gonna|need|having|going|must|should|to|go|do|be|attend|(?:ran|run|running)\s+(?:out"
    r"|low)\s+(?:of"
    r"|on))\s+)*(?:an?\s+)?(?=\S)"
)


_CHORE = pattern(rf"(?:{CHORES})\b(?=\s+\S)")


_HOME = pattern(rf"(?:{HOME_CHORES})\b(?=\s+\S)")


_I_HAVE = pattern(r"(?:i|we)(?:'ve| also| have)*\s+(?:got\s+|have\s+)?(?:(?:an?|my|the|our)\s+)+")


_TOLD = pattern(
    r"^(?:i|i'd|i'?m|i'll|i'?ve|we|he|she|they|it|it'?s|this|that|there|you|here|my \w+ is)\b|\byou(?:'re"
    r"|'ll)?\b|\b(?:is|are|was|were|will|would) (?:a|an|the|not|so|very|be)\b"
)


_WRITE_TO = pattern(
    r"(?:e-?mail|text|message)\s+(?!to\b|from\b|that\b|saying\b)\w+(?!.*\b(?:that|saying|telling|tell|say)\b)"
)


_KNOWING = pattern(
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
    what = span.group(m, "what").trimmed()
    on = span.group(m, "on").match(_ON_LIST) if span.has(m, "on") else None
    if span.has(m, "on") and on is None and not any(n.start <= m.start("on") for n in span.group(m, "on").named()):
        return None
    if what.match(_ASIDE):
        return None
    project = list_name(span, on) if on else None
    if (lack := what.match(_LACKING)) is not None and lack.end() < what.end:
        found = content(what.to(start=lack.end()), lists=True)
        pieces = items_of(found, project=project or "shopping", listed=True)
        return [added(a, project=project) for a in pieces] if found.title else None
    have = what.match(_HAVE)
    found = content(what.to(start=have.end()) if have and have.end() < what.end else what, lists=True)
    return [added(found, project=project)] if found.title and not EMPTY.fullmatch(found.title.lower()) else None


_EVENT_AT = pattern(rf"{EVENTS}\s+(?:with|at|for|in)\b")
_TELLING = pattern(r"(?:text|e-?mail|message|tell|call|send|post|reply)\b.*\b(?:that|saying|telling|to say|to tell)\b")
"""What is to be said to somebody now is a message, not a task."""
_SEVERAL = pattern(
    r"(?:(?:my|the|all|any|upcoming|next|our)\s+)*(?:meetings|appointments|events?|classes|calls|plans|birthdays"
    r"|(?:appointment|meeting)s? list)"
)
""" "Meetings today" asks for them."""
_ASIDE = pattern(
    r"(?:add|remove|delete|take|cancel|put|remind|set|create|make|schedule|show|clear|erase|if|is|are|do|does|did"
    r"|have i|has"
    r"|check|what|when|i (?:don'?t|already|no longer)|open|drop|go)\b"
)
"""What no thing to be added begins with: a command or a question of its own."""


def bare(span: Span) -> list[Action] | None:
    """A to-do as one writes it to oneself: a chore or an event with a date, a rule or a mark, or a house chore."""
    if span.match(_TELLING):
        return None
    have = span.match(_I_HAVE)
    found = content(span.to(start=have.end()) if have else span)
    low = found.title.lower()
    if _SEVERAL.fullmatch(low) or not found.title or EMPTY.fullmatch(low) or _TOLD.search(low):
        return None
    if have is not None:
        return [added(found)] if found.dated and EVENT_NAMED.search(low) and topic_of(low) is None else None
    marked = bool(found.tags or found.project or found.priority)
    chore = _CHORE.match(low) is not None
    if found.recurrence is not None or marked:
        ours = chore or marked or EVENT_NAMED.search(low) is not None or topic_of(low) is None
    elif found.dated:
        ours = (chore and (topic_of(low) is None or _WRITE_TO.match(low) is not None)) or (
            EVENT_FIRST.match(low) is not None and (topic_of(low) is None or _EVENT_AT.match(low) is not None)
        )
    else:
        ours = _HOME.match(low) is not None and topic_of(low) is None
    return [added(a) for a in items_of(found, project=found.project)] if ours else None
