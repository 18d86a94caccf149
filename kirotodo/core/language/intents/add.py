"""Additions that are asked for: "add …", "put … on my list", "remind me to …", "schedule …", a new list."""

import re
from dataclasses import replace

from kirotodo.core.language.intents.add_to_list import NOT_A_LIST, PUT_IT, by_list
from kirotodo.core.language.intents.clauses import unlead
from kirotodo.core.language.intents.list_names import LIST_HEAD, LIST_PHRASE, WORD, clean_name, list_name
from kirotodo.core.language.intents.marks import level
from kirotodo.core.language.intents.new_task import (
    EMPTY,
    EVENT_NAMED,
    KINDS,
    PIECE_HEAD,
    added,
    items_of,
    unconditional,
)
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.intents.remind import by_reminder
from kirotodo.core.language.intents.title_and_fields import content, unquoted
from kirotodo.core.language.intents.vocabulary import CHORES, topic_of
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import Action, Add, Clarify, CreateList

_NOUN = (
    r"(?:(?:task|to-?do|todo|to do|item|chore|entry|reminder|errand)s?(?: item)?|calendar (?:entry|event"
    r"|item|reminder)|list item|event|notes?)"
)
_LINK = (
    r"(?:\s+(?:to|called|named|titled|entitled|for|about|of|that says|which says|saying|that"
    r"|with the (?:title|name)|as)\b|\s*[:\-,])"
)
_ADD = pattern(
    rf"(?:(?:(?:re-?)?add|append|include|insert|jot|note|log|track|new|save|create|make|enter|record"
    rf"|start|put|write|tack|assign|give|get|(?:i|we)(?:'d| would)? (?:need|want|like)(?= an?\b)|do)(?:\s+(?:down|in"
    rf"|on|me|up|us))*\s+(?:{KINDS}\s+)?"
    rf"(?P<task>{_NOUN})(?!\w)(?:\s+(?:to be )?(?:added|created|made|set|put)(?: up| in| down)?(?= (?:to|for|about"
    rf"|called)\b))?{_LINK}?|"
    r"(?:(?:re-?)?add|append|include|insert|(?:take|make) (?:a )?note(?: of| that| to)?|jot down"
    r"|note down|note|write down|mark down|put down|put in|pencil in|tack on|add in|log)(?:\s+(?:in"
    r"|on|also))?(?=\s|\"|'|:|\Z)|(?:new|todo|to-?do|task|reminder)\s*:)"
    r"\s*(?P<what>.*)",
    re.DOTALL,
)
_SCHEDULE = pattern(
    r"(?P<verb>schedul(?:e|ing)|set(?:up| up)?|create|make|plan|book|arrange|organi[sz]e|mark(?: down)?|fix"
    r"|put(?: down| in| up)?|block(?: out| off)?|(?:i|we)(?:'ll| will|'d| would)? (?:need|want"
    r"|like)(?: to have)?(?= an?\b)"
    r"|enter|log"
    r"|pencil in|have|start|do|slot in|calendar|register|throw|host|new|event|input|build)\s*:?\s+(?!for\b"
    r"|on\b|in\b|to\b)"
    r"(?:me (?:in )?(?:for\s+)?|up\s+|us\s+)?(?:(?:an?|the|another|new|my)\s+)*(?P<what>.+)",
    re.DOTALL,
)
NEED = pattern(
    r"(?:so\s+)?(?:i|we)(?:'d| would| really| also| still| just| do| definitely| probably)*\s*"
    r"(?P<how>(?:need|want|have|ought|got|'ve got|would like|like|am supposed|are supposed|'m supposed"
    r"|cannot forget|can'?t forget|must not forget|mustn'?t forget|should not forget|shouldn'?t forget"
    r"|must remember|should remember)\s+to|'ve got to|gotta|must|should|better|'d better|had better"
    r"|'ve to)\s+"
    r"(?P<remember>(?:also\s+)?(?:remember|not forget|be reminded|make sure)(?:\s+to|\s+that i|\s+about"
    r"|\s+of)?\s+)?(?P<what>.+)",
    re.DOTALL,
)
_CREATE_LIST = pattern(
    rf"(?:(?:(?:i|we)(?:'d| would|'ll| will)? (?:need|want|like) (?:to )?|(?:i|we)(?:'d| would|'ll"
    rf"| will)? (?=(?:need|want|like|have)\b))?"
    rf"(?:(?:create|make|start(?: up)?|set up|build"
    rf"|begin|generate|put together|write(?: up)?|prepare|draft|compile|new|give(?= me an?\b)|form|establish|initiate"
    rf"|do(?= an?\b))(?: (?:me|us"
    rf"|up))?\s+(?:(?:an?|another|the|brand|new|fresh|separate|different|one|empty)\s+)*|(?:add|open|have"
    rf"|need|want|get|like)\s+(?:me\s+|up\s+|to have\s+)?(?:(?:an?|another|one)\s+|(?=new))(?:(?:brand|new|fresh"
    rf"|separate"
    rf"|different|empty)\s+)*))"
    rf"(?P<name>(?:{WORD}\s+){{0,3}}?)(?:check ?list|list|project|category)(?P<more>\s+(?:for|called|named|of|about"
    rf"|titled|entitled|labell?ed|to|with|on|that)\s+(?P<of>.+?)|\s*[:\-]\s*(?P<of2>.+?)"
    rf"|\s+(?P<of3>[\"'].+?))?(?:\s+please"
    rf"|\s+for me|\s+now)*[\s.!]*"
)
_MADE_AT_HOME = pattern(
    r"(?:some |more |fresh |a cup of |a pot of )*(?:(?:phone )?calls?(?= to\b|\s*\Z)|coffee(?: maker| machine| pot)?"
    r"|lunch|dinner|breakfast"
    r"|drinks)\b(?! (?:with|for|dat|meeting|appoint|reserv))(?!\s+\w+ with\b)"
)
"""What may be made or started without being an event."""
_MARKED = pattern(
    r"(?:(?:mark|block|hold|clear)(?: down| off| out)? (?:my|the|our) (?:calendars?|schedule|agenda)(?: down)?(?= |\Z)"
    r"|save the date(?: of)?|(?:put|pencil|sign|book|mark|slot|schedule|count) (?:me|us) (?:down|in|up)?"
    r"|(?:put|pencil|mark|write|pen)(?= .+? (?:down|in) (?:for|on|at)\b)"
    r"|(?:block|reserve|hold|save|keep|book)(?: off| out)? (?=(?P<open>.+?)(?: open| free)? for\b)"
    r"|(?:note|write|mark|record|log|jot)(?: down)?(?= that (?:i|we|there|my|the)\b)"
    r"|(?:mark|flag|label|set|note)(?: down)? (?=(?P<day>.+?) (?:as|down as|down for|for)\b))\s*(?P<what>.+)",
    re.DOTALL,
)
_PUT_BARE = pattern(
    r"(?:put|place|stick|throw|toss|pop|write|jot|list|have)(?: down| in)?\s+(?!.+\b(?:off|list)\b)(?P<what>.+)",
    re.DOTALL,
)
_NUMBER = r"\d+|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|fifty|hundred"
_NUMBERS = pattern(rf"(?:{_NUMBER})(?:\s*(?:,|and|plus|to|\+)\s*(?:{_NUMBER}))+")
_SUM = pattern(r"up (?!to\b)")
_TASK_FIRST = pattern(rf"(?:task|to-?do|todo)\s+(?={CHORES}\b\s+\w)")
_FOR_ME = pattern(r"\A(?:me|us|myself)\s+(?:(?:called|named|titled|for|of)\s+)?(?=\w)", re.IGNORECASE)
_DOWN = pattern(r"\s+(?:down|in)\Z")
_SOMETHING = pattern(
    r"(?:i|we)(?:'ve| have)?(?: got| have)? (?:something|some(?: more)? (?:things|items|stuff)|an? (?:\w+ )?(?:item"
    r"|task|thing)|a few"
    r" (?:things|items)|more)(?: else)? (?:to|i (?:need|want) to|for you to) (?:add|put|remind|schedule|write)\b"
)
_AS = pattern(r"(?:[\s,]*\b(?:open|free|down|off|out)\b)*\s*(?:for|with|that|as|on|by|at|down)?\s*")
_URGENT = pattern(r"\b(?:(?P<a>high|low|medium|top)[ -]priority|urgent|important)\b")


def adding(span: Span, before: Span | None = None) -> list[Action] | None:
    """The additions that a clause asks for; None where it asks for none. `before` is the clause it follows."""
    head = span.match(LIST_HEAD)
    project = list_name(span, head) if head else None
    if head is not None and head.end() < span.end and span.reading.bare[head.end() - 1].isspace():
        span, _ = unlead(span.to(start=head.end()))
    if (
        before is not None
        and (it := span.fullmatch(PUT_IT)) is not None
        and (there := before.search(LIST_PHRASE)) is not None
    ):
        what = span.group(it, "with" if span.has(it, "with") else "what")
        pieces = items_of(content(what), project=list_name(before, there), listed=True)
        return [added(a, project=list_name(before, there)) for a in pieces]
    if head is not None and (put := span.match(_PUT_BARE)) is not None:
        return [
            added(a, project=project) for a in items_of(content(span.group(put, "what")), project=project, listed=True)
        ]
    for rule in (_by_list_creation, by_reminder, _by_marking, by_list, _by_verb):
        actions = rule(span)
        if actions is not None:
            return [_within(a, project) for a in _of_it(actions, before)]
    return None


def _within(action: Action, project: str | None) -> Action:
    return replace(action, project=action.project or project) if isinstance(action, Add) and project else action


def _of_it(actions: list[Action], before: Span | None) -> list[Action]:
    """ "I need to do the cleaning, so add it to my list": the thing to add was said before."""
    match actions:
        case [Clarify(missing="title", action="add")] if before is not None:
            need = before.trimmed().match(NEED) if before else None
            found = content(before.group(need, "what")) if need else None
            if found and found.title and found.title.lower().startswith("do "):
                return [added(found, title=found.title[3:])]
            if found and found.title:
                return [added(found)]
    return actions


def _by_list_creation(span: Span) -> list[Action] | None:
    m = span.fullmatch(_CREATE_LIST)
    if m is None:
        return None
    said = next((g for g in ("of", "of2", "of3") if span.has(m, g)), "name")
    name = _FOR_ME.sub("", unquoted(span.group(m, said).raw.strip()))
    if len(name.split()) > 5:
        return None
    if re.fullmatch(r"(?:me|us|please|myself|my|later)?", name.lower()):
        name = unquoted(span.group(m, "name").raw.strip())
    return [CreateList(name=clean_name(name) if said == "name" else name or None)]


def _by_marking(span: Span) -> list[Action] | None:
    """ "Mark my calendar for …", "put me down for …", "block friday afternoon for …", "mark june 3 as …"."""
    m = span.match(_MARKED)
    if m is None:
        return None
    what = span.group(m, "what")
    day = next((span.group(m, g) for g in ("open", "day") if span.has(m, g)), None)
    if day is not None:
        if not day.trimmed().all_named():
            return None
        found = content(span.to(start=day.start), lists=True)
        before = content(day)
        found = replace(found, when=found.when or before.when, recurrence=found.recurrence or before.recurrence)
    else:
        found = content(what, lists=True)
    link = _AS.match(found.title.lower())
    title = found.title[link.end() :] if link and link.end() else found.title
    title = _DOWN.sub("", title)
    head = PIECE_HEAD.match(title.lower())
    title = title[head.end() :] if head else title
    if EMPTY.fullmatch(title.lower()):
        return [Clarify(missing="title", action="add")]
    return [added(found, title=re.sub(r"\A(?:an?|the|my)\s+(?=\w)", "", title, flags=re.IGNORECASE))]


def _by_verb(span: Span) -> list[Action] | None:
    if span.match(_SOMETHING):
        return [Clarify(missing="title", action="add")]
    first = span.match(_TASK_FIRST)
    if first is not None:
        return [added(a) for a in items_of(content(span.to(start=first.end()), lists=True), project=None)]
    m = span.match(_ADD)
    if m is not None:
        what = span.group(m, "what")
        if not span.has(m, "task") and (
            NOT_A_LIST.search(what.bare) or _SUM.match(what.bare) or what.trimmed().fullmatch(_NUMBERS)
        ):
            return None
        if re.match(r"(?:note|track|log|new)\b", span.bare) and topic_of(what.bare) and not span.has(m, "task"):
            return None
        found = content(unconditional(what), lists=True)
        if (said := _URGENT.search(span.to(end=what.start).bare)) is not None:
            found = replace(found, priority=found.priority or level(said["a"] or "high"))
        if (head := PIECE_HEAD.match(found.title.lower())) is not None and not span.has(m, "task"):
            found = replace(
                found,
                title=found.title[head.end() :],
                span=found.span.to(start=min(found.span.end, found.span.start + head.end())),
            )
        if EMPTY.fullmatch(found.title.lower()):
            return [Clarify(missing="title", action="add")]
        return [added(a) for a in items_of(found, project=found.project)]
    m = span.match(_SCHEDULE)
    if m is None:
        return None
    what = span.group(m, "what")
    certain = m["verb"].startswith(("schedule", "arrange", "plan", "pencil"))
    named = what.search(EVENT_NAMED)
    if certain and EMPTY.fullmatch(content(what, lists=True).title.lower()):
        return [Clarify(missing="title", action="add")]
    if m["verb"].startswith(("do", "i ", "we ", "have", "build", "input", "throw")) and not what.named():
        return None
    if not (named or (certain and what.named())) or topic_of(what.bare) not in (None, "messages", "work and leave"):
        return None
    if not certain and m["verb"] != "do" and _MADE_AT_HOME.match(what.bare) and not what.search(LIST_PHRASE):
        return None
    found = content(what, lists=True)
    if (
        re.fullmatch(r"(?:new\s+)?(?:event|calendar event|activity|entry)s?(?: (?:for|on|at|in))?", found.title.lower())
        or not found.title
    ):
        return [Clarify(missing="title", action="add")]
    pieces = items_of(found, project=found.project)
    if len({(piece.when, piece.recurrence) for piece in pieces}) > 1:
        return [added(piece) for piece in pieces]
    title = re.sub(r"^(?:calendar\s+)?event\s+(?:called|named|for|titled)\s+", "", found.title, flags=re.IGNORECASE)
    return [added(found, title=title)]
