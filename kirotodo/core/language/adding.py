"""Additions that are asked for: "add …", "put … on my list", "remind me to …", "schedule …", a new list."""

import re
from dataclasses import replace

from kirotodo.core.language.edges import Content, content, unquoted
from kirotodo.core.language.intent import Action, Add, Clarify, CreateList
from kirotodo.core.language.items import split_items
from kirotodo.core.language.lists import LIST, LIST_HEAD, LIST_PHRASE, WORD, clean_name, list_name
from kirotodo.core.language.marks import level
from kirotodo.core.language.reading import Span
from kirotodo.core.language.vocabulary import EVENTS, PLACES, topic_of

_A = (
    r"(?:an?|the|another|one|new|some|my|this|these|two|\s|more|daily|weekly|monthly|repeating|recurring"
    r"|quick|important|urgent|simple|(?:high|low|medium|top)[ -]priority)+?"
)
_NOUN = (
    r"(?:(?:task|to-?do|todo|to do|item|chore|entry|reminder|errand)s?(?: item)?|calendar (?:entry|event"
    r"|item|reminder)|list item|event|notes?)"
)
_LINK = (
    r"(?:\s+(?:to|called|named|titled|entitled|for|about|of|that says|which says|saying|that"
    r"|with the (?:title|name)|as)\b|\s*[:\-,])"
)
_PREP = r"(?:on to|onto|into|in to|to|on|in|under|within|at)"

_REMIND = re.compile(
    r"(?:(?:also|always)\s+)?(?:"
    r"(?P<me>remind (?:me|us|myself)|(?:alert|notify|nudge|prompt|ping) me (?=to\b|about\b|of\b|when i"
    r"|that i)|tell me (?=to\b)|(?:don'?t|do not|never) let (?:me|us) forget|help (?:me"
    r"|us) (?:to )?remember"
    r"|(?:send|give|text|email) (?:me|us) (?:a |an |another )?(?:daily |weekly )?(?:reminder|remainder"
    r"|notification|alert)\b|remind(?= to\b| about\b)|(?:alert|notify|remind) me (?=when\b|if\b)"
    r"|(?:let me know|tell me|wake me(?: up)?)(?P<timed>(?=\s+(?:in|at|on|by|tomorrow|today|tonight|every"
    r"|next|this)\b)))"
    r"|(?:don'?t|do not|never) forget(?= to\b| about\b| the\b| that\b)|(?:please )?remember(?= to\b"
    r"| that i\b| the\b| about\b)|make sure (?:that )?(?:i|we)(?: don'?t forget| remember)?(?= to\b| \w)"
    r"|(?:note|memo) to (?:my)?self\b)"
    r"(?: again| later)?(?P<rest>.*)",
    re.DOTALL,
)
_REMINDER = re.compile(
    r"(?:(?:set|make|create|add|put|schedule|place|leave|enter|program|activate|start|build|get|save"
    r"|insert|include|establish|have|open)(?: up| in| me| us| for me| down)*"
    r"|(?:i|we)(?:'d| would| will| also| really| just)*\s*(?:need|want|like|love"
    r"|require)(?: you to)?(?: to)?(?: set(?: up)?| make| create| have| add| put| get| be)*|new"
    r"|repeat)\s+"
    rf"(?:{_A}\s+)?(?P<kind>(?:(?:\w+)\s+)??)(?:reminders?|remainders?|notifications?|reminded|notified"
    rf"|(?:alarms?|alerts?)(?=\s+(?:to remind|so (?:that )?i (?:remember|don'?t))))(?:\s+(?:alarm|alert"
    rf"|note|notification|again|set|up))*(?P<rest>(?:\W.*)?)",
    re.DOTALL,
)
_REST_LINK = re.compile(
    r"[\s,:;\-]*(?:(?:again|later|please|for (?:me|myself|us|later)|on (?:my|the) (?:phone|list|calendar)"
    r"|up)\b[\s,:]*)*"
    r"(?:(?:to remind (?:me|us)(?: again)?|to tell me|so (?:that )?i (?:remember|don'?t forget)|so that"
    r"|so|towards|which|saying|that says|set|called|named|when|titled)\b[\s,:]*)?"
    r"(?:(?P<of>of|about|for|regarding|on)\s+(?:(?:the|my|our|an?|this|that)\s+)*|(?:that\s+)?(?:(?:i"
    r"|we)(?:'ve| have)? (?:also )?(?:need|have|want|got|ought|am supposed|are supposed)(?: to)?|(?:i"
    r"|we) (?:must|should|gotta))\s+|(?:to|that|when|about|of|for|on)\b\s*)?"
)

_PUT = re.compile(
    r"(?P<verb>(?:re-?)?add|put|place|stick|throw|toss|pop|tack|include|insert|append|write|jot|note|mark"
    r"|enter|save|record|log|slot|pencil|file|drop|copy|(?:get|have)(?=.+?\s(?:added|put|placed|on"
    r"|onto)\b))"
    rf"(?:\s+(?:on|in|down|up|me))?\s+(?P<what>.+?)\s*,?\s+(?:(?:added|put|placed|included|down|back"
    rf"|up)\s+)*(?:{_PREP})\s+(?:{LIST}|(?:the\s+|my\s+)?(?P<place>{PLACES})(?=[\s.,;!?]*\Z|\s+(?:for|on"
    rf"|at|by|due|please|every|tomorrow|today|tonight|this|next|and|if)\b))(?P<rest>.*)",
    re.DOTALL,
)
_PUT_HEAD = re.compile(
    rf"(?:(?:add|append|put|include|insert|write|enter|new item)(?:\s+(?:in|down|this"
    rf"|the following(?: items?)?))?\s+)(?:{_PREP}|for)\s+{LIST}\s*[:,\-]?\s+(?P<what>.+)",
    re.DOTALL,
)
_UPDATE_WITH = re.compile(
    rf"(?:update|extend|fill)\s+{LIST}\s+(?:with|to include|to have|to add|by adding)\s+(?P<what>.+)", re.DOTALL
)
_WANT_ON = re.compile(
    rf"(?:i|we)(?:'d| would| also| really| do)*\s*(?:need|want|like|must have|should have"
    rf"|have to have)\s+(?:to\s+(?:have|get|see)\s+)?(?:you\s+to\s+(?:get|put"
    rf"|have)\s+)?(?P<what>.+?)\s+(?:to be\s+)?(?:(?:added|put|placed|included|written|down|listed"
    rf"|set)\s+)*(?:{_PREP})\s+{LIST}(?P<rest>.*)",
    re.DOTALL,
)
_LIST_NEEDS = re.compile(
    rf"{LIST}\s+(?:also\s+)?(?:should(?: also)?(?: have| include| contain)?|needs?(?: to (?:have|include"
    rf"|contain))?|must(?: have| include)?|has to (?:have|include)|ought to (?:have"
    rf"|include))\s+(?P<what>.+)",
    re.DOTALL,
)
_ADD = re.compile(
    rf"(?:(?:(?:re-?)?add|append|include|insert|jot|note|log|track|new|save|create|make|enter|record"
    rf"|start|put|write|tack)(?:\s+(?:down|in|on|me))*\s+(?:{_A}\s+)?(?P<task>{_NOUN}){_LINK}?|"
    r"(?:(?:re-?)?add|append|include|insert|(?:take|make) (?:a )?note(?: of| that| to)?|jot down"
    r"|note down|note|write down|mark down|put down|put in|pencil in|tack on|add in|log|track)(?:\s+(?:in"
    r"|on|also))?(?=\s|\"|'|:|\Z)|(?:new|todo|to-?do|task|reminder)\s*:)"
    r"\s*(?P<what>.*)",
    re.DOTALL,
)
_SCHEDULE = re.compile(
    r"(?P<verb>schedule|set(?: up)?|create|make|plan|book|arrange|organi[sz]e|mark(?: down)?|fix"
    r"|put(?: down| in)?|block(?: out| off)?|i need|i want|we need|enter|pencil in|have|start)\s+(?!for\b"
    r"|on\b|in\b|to\b)"
    r"(?:me\s+|up\s+|us\s+)?(?:(?:an?|the|another|new|my)\s+)*(?P<what>.+)",
    re.DOTALL,
)
NEED = re.compile(
    r"(?:so\s+)?(?:i|we)(?:'d| would| really| also| still| just| do| definitely| probably)*\s*"
    r"(?P<how>(?:need|want|have|ought|got|'ve got|would like|like|am supposed|are supposed|'m supposed"
    r"|cannot forget|can'?t forget|must not forget|mustn'?t forget|should not forget|shouldn'?t forget"
    r"|must remember|should remember)\s+to|'ve got to|gotta|must|should|better|'d better|had better"
    r"|'ve to)\s+"
    r"(?P<remember>(?:also\s+)?(?:remember|not forget|be reminded|make sure)(?:\s+to|\s+that i|\s+about"
    r"|\s+of)?\s+)?(?P<what>.+)",
    re.DOTALL,
)
_CREATE_LIST = re.compile(
    rf"(?:(?:(?:i|we)(?:'d| would)? (?:need|want|like) (?:to )?)?(?:(?:create|make|start|set up|build"
    rf"|begin|generate|put together|write(?: up)?|prepare|draft|compile|new)(?: (?:me|us"
    rf"|up))?\s+(?:(?:an?|another|the|brand|new|fresh|separate|different|one|empty)\s+)*|(?:add|open|have"
    rf"|need|want|get)\s+(?:me\s+|up\s+)?(?:(?:an?|another|one)\s+|(?=new))(?:(?:brand|new|fresh|separate"
    rf"|different|empty)\s+)*))"
    rf"(?P<name>(?:{WORD}\s+){{0,3}}?)(?:list|project|category)(?P<more>\s+(?:for|called|named|of|about"
    rf"|titled|to|with|on|that)\s+(?P<of>.+?)|\s*[:\-]\s*(?P<of2>.+?)|\s+(?P<of3>[\"'].+?))?(?:\s+please"
    rf"|\s+for me|\s+now)*[\s.!]*"
)
EMPTY = re.compile(
    r"(?:me|us|it|this|that|them|these|those|something|anything|stuff|things?|do something|(?:at "
    r"|for )?(?:a |some )?(?:later|soon|sometime|another time|some time|other time)(?: time| date| on)?"
    r"|again|one|some|someone|some items?|an? (?:item|task|thing|event|reminder|entry)|items?|tasks?|"
    r"(?:an? |the |another |new )*(?:item|task|thing|event|reminder|entry|to-?do|todo|product|activity)s?"
    r"|please|(?:up )?for (?:me|myself|later)|myself|to|more|others?|(?:(?:my|the|a) )?(?:list|lists"
    r"|calendar|agenda|schedule)|(?:to|on) (?:my |the |a )?lists?|and|new|"
    r"do (?:it|something|this|that|stuff)|remember(?: something)?|(?:about|of) (?:something|it|this|that)|[\W_]*)"
)
_CONDITION = re.compile(
    r"\s*[,;]?\s*\b(?:if (?:it'?s?|they|i|that|there|we|you)|unless|because|since (?:i|we|it)|as (?:i"
    r"|we)\b|i'?m (?:out|running|almost)|i (?:just|ran|am out)|in case|so (?:that )?i (?:don'?t|won'?t"
    r"|can)|we'?re? (?:are )?(?:out|running)|they'?re|(?:as )?soon as|when you can)\b.*\Z",
    re.DOTALL,
)
_PIECE_HEAD = re.compile(
    r"(?:the\s+)?(?:chore|task|errand|job|item|event|reminder|entry|note)s?\s+(?:of\s+|to\s+|called\s+"
    r"|for\s+|named\s+|:\s*)|(?:an?\s+|the\s+|new\s+)*(?:task|to-?do|item|reminder)\s+(?=[\"'“‘])"
    r"|(?:the words?|this:?|the following:?(?: items?:?)?)\s+"
)
EVENT_FIRST = re.compile(
    rf"(?:(?:my|the|our|an?)\s+)?(?:(?!(?:my|the|an?|your|our|to|is"
    rf"|are)\b)[\w'.&-]+\s+){{0,3}}?{EVENTS}\b"
)
EVENT_NAMED = re.compile(rf"\b{EVENTS}\b")
_NOT_A_LIST = re.compile(
    r"\b(?:playlist|queue|basket|contacts?|address book|favou?rites|bookmarks|twitter|tweet|facebook|station|podcast)\b"
)
_PLAIN_KINDS = frozenset(
    [
        "",
        "daily",
        "weekly",
        "monthly",
        "repeating",
        "recurring",
        "quick",
        "new",
        "separate",
        "single",
        "second",
        "special",
        "important",
        "simple",
        "regular",
        "constant",
    ]
)
_IF_MISSING = re.compile(
    rf"if\s+(?:there(?:'?s| is| are) (?:no|not any)\s+|(?:i|we) (?:don'?t|do not"
    rf"|haven'?t)(?: already)? (?:have|put|got|added?)\s+)?(?P<what>.+?)\s+(?:(?:isn'?t|is not|aren'?t"
    rf"|are not|not)\s+)?(?:already\s+|yet\s+)*(?:on|in)\s+{LIST}[\s,]+"
    r"(?:(?:go ahead and|please|then|can you|could you|would you|just|kindly)[\s,]+)*(?:add|put|include)\b",
    re.DOTALL,
)
_ARTICLE = re.compile(r"\A(?:an?|the)\s+(?=\w)", re.IGNORECASE)
_UPCOMING = re.compile(r"\A(?:(?:my|our|the)\s+)?upcoming\s+(?=\w)", re.IGNORECASE)
_DANGLING = re.compile(rf"\b(?P<noun>{EVENTS})\s+(?:on|at|for|by)\Z", re.IGNORECASE)
_ON_IT = re.compile(r"\s+(?:on|in|to) (?:it|there)[\s.!]*\Z")
_EVENT_WORD = re.compile(r"(?<=\w)(?:\s+(?:events?|reminders?))+\b")
_REASON = re.compile(r"(?<=\w)[\s,]+(?P<why>because\s.+)", re.IGNORECASE | re.DOTALL)
_URGENT = re.compile(r"\b(?:(?P<a>high|low|medium|top)[ -]priority|urgent|important)\b")
_PUT_IT = re.compile(
    rf"(?:add|put|place|include|throw|stick)\s+(?P<what>.+?)\s+(?:{_PREP})\s+(?:it|there|that list"
    rf"|the same list|this list)(?P<rest>.*)",
    re.DOTALL,
)


def adding(span: Span, before: Span | None = None) -> list[Action] | None:
    """The additions that a clause asks for; None where it asks for none. `before` is the clause it follows."""
    head = span.match(LIST_HEAD)
    project = list_name(span, head) if head else None
    if head is not None and head.end() < span.end:
        span = span.to(start=head.end())
    if (
        before is not None
        and (it := span.fullmatch(_PUT_IT)) is not None
        and (there := before.search(LIST_PHRASE)) is not None
    ):
        return [added(content(span.group(it, "what")), project=list_name(before, there))]
    for rule in (_by_list_creation, _by_reminder, _by_list, _by_verb):
        actions = rule(span)
        if actions is not None:
            return [_within(a, project) for a in _of_it(actions, before)]
    return None


def _within(action: Action, project: str | None) -> Action:
    return replace(action, project=action.project or project) if isinstance(action, Add) and project else action


def if_missing(span: Span) -> list[Action] | None:
    """ "If there is no yeast on my list, please add some"."""
    m = span.match(_IF_MISSING)
    if m is None:
        return None
    found = content(span.group(m, "what"))
    return [added(found, project=list_name(span, m))] if found.title else None


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
    name = unquoted(span.group(m, said).raw.strip())
    if len(name.split()) > 5:
        return None
    if re.fullmatch(r"(?:me|us|please|myself|my|later)?", name.lower()):
        name = unquoted(span.group(m, "name").raw.strip())
    return [CreateList(name=clean_name(name) if said == "name" else name or None)]


def _by_reminder(span: Span) -> list[Action] | None:
    m = span.match(_REMIND)
    kind = None
    if m is None:
        m = span.match(_REMINDER)
        if m is None:
            return None
        kind = span.group(m, "kind")
        if kind and re.fullmatch(r"(?:my|the|all|any|these|those)\s+", kind.bare):
            kind = None
    rest = span.group(m, "rest").trimmed()
    if m.re is _REMIND and span.has(m, "timed") and not any(n.start <= rest.start + 1 for n in rest.named()):
        return None
    inner = rest.to(start=rest.start + 3) if rest.bare.startswith("to ") else rest
    if m.re is _REMIND and inner.match(_REMINDER) is not None:
        return _by_reminder(inner)
    link = rest.match(_REST_LINK)
    what = rest.to(start=link.end()) if link else rest
    found = content(what, lists=True)
    if (again := _REST_LINK.match(found.span.bare)) is not None and found.dated and again.end():
        later = content(found.span.to(start=found.span.start + again.end()), lists=True)
        found = replace(
            later,
            when=later.when or found.when,
            recurrence=later.recurrence or found.recurrence,
            priority=found.priority or later.priority,
        )
    if kind and kind.bare.strip() not in _PLAIN_KINDS:
        name = kind.raw.strip()
        found = replace(found, title=name if not found.title else f"{name} {found.title}")
    if EMPTY.fullmatch(found.title.lower()):
        return [Clarify(missing="title", action="add")]
    found = replace(found, title=_DANGLING.sub(r"\g<noun>", found.title))
    if (reason := _REASON.search(found.title)) is not None:
        return [replace(added(found, title=found.title[: reason.start()]), notes=found.title[reason.start("why") :])]
    return [added(a) for a in items_of(found, project=found.project)]


def _by_list(span: Span) -> list[Action] | None:
    for pattern in (_PUT_HEAD, _PUT, _WANT_ON, _UPDATE_WITH, _LIST_NEEDS):
        m = span.match(pattern)
        if m is None:
            continue
        what = span.group(m, "what")
        if _NOT_A_LIST.search(span.bare) and not re.search(r"\blists?\b", span.bare):
            return None
        project = list_name(span, m)
        found = content(_unconditional(_without(what, _ON_IT)))
        if pattern is _WANT_ON:
            found = replace(found, title=_ARTICLE.sub("", found.title))
        found = replace(found, title=_UPCOMING.sub("", found.title))
        if "rest" in pattern.groupindex and (rest := _unconditional(span.group(m, "rest"))).trimmed():
            found = _with_rest(found, rest)
        if (head := _PIECE_HEAD.match(found.title.lower())) is not None:
            found = replace(
                found,
                title=unquoted(found.title[head.end() :]),
                span=found.span.to(start=min(found.span.end, found.span.start + head.end())),
            )
        if EMPTY.fullmatch(found.title.lower()):
            return [Clarify(missing="title", action="add")]
        return [added(a, project=a.project or project) for a in items_of(found, project=project or "", listed=True)]
    return None


def _with_rest(found: Content, rest: Span) -> Content:
    """What follows the name of the list: a date, or more of the title ("put on my calendar a lunch with Bob")."""
    more = content(rest)
    title = found.title
    if more.title and EMPTY.fullmatch(title.lower()):
        title = more.title
    return replace(
        found,
        title=title,
        when=found.when or more.when,
        recurrence=found.recurrence or more.recurrence,
        priority=found.priority or more.priority,
        tags=found.tags or more.tags,
    )


def _without(span: Span, tail: re.Pattern[str]) -> Span:
    m = span.search(tail)
    return span.to(end=m.start()) if m and m.start() > span.start else span


def _unconditional(span: Span) -> Span:
    m = span.search(_CONDITION)
    return span.to(end=m.start()) if m and m.start() >= span.start else span


def _by_verb(span: Span) -> list[Action] | None:
    m = span.match(_ADD)
    if m is not None:
        what = span.group(m, "what")
        if not span.has(m, "task") and _NOT_A_LIST.search(what.bare):
            return None
        if re.match(r"(?:note|track|log|new)\b", span.bare) and topic_of(what.bare) and not span.has(m, "task"):
            return None
        found = content(_unconditional(what), lists=True)
        if (said := _URGENT.search(span.to(end=what.start).bare)) is not None:
            found = replace(found, priority=found.priority or level(said["a"] or "high"))
        if (head := _PIECE_HEAD.match(found.title.lower())) is not None and not span.has(m, "task"):
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
    if not (named or (certain and what.named())) or topic_of(what.bare) not in (None, "messages", "work and leave"):
        return None
    found = content(what, lists=True)
    if (
        re.fullmatch(r"(?:new\s+)?(?:event|calendar event|activity|entry)s?(?: (?:for|on|at|in))?", found.title.lower())
        or not found.title
    ):
        return [Clarify(missing="title", action="add")]
    title = re.sub(r"^(?:calendar\s+)?event\s+(?:called|named|for|titled)\s+", "", found.title, flags=re.IGNORECASE)
    head = EVENT_FIRST.match(title.lower())
    if head is not None and (extra := _EVENT_WORD.match(title.lower(), head.end())) is not None:
        title = title[: head.end()] + title[extra.end() :]
    return [added(found, title=title)]


def items_of(found: Content, *, project: str | None, listed: bool = False) -> list[Content]:
    pieces = split_items(found.span, project=project or found.project, listed=listed)
    if len(pieces) < 2 or found.title != found.span.raw.strip():
        return [found]
    parts = [content(piece) for piece in pieces]
    if any(not p.title or EMPTY.fullmatch(p.title.lower()) for p in parts):
        return [found]
    return [
        replace(
            p,
            when=p.when or found.when,
            recurrence=p.recurrence or found.recurrence,
            priority=p.priority or found.priority,
            project=p.project or found.project,
            tags=p.tags or found.tags,
        )
        for p in parts
    ]


def added(found: Content, *, title: str | None = None, project: str | None = None) -> Add:
    return Add(
        title=title or found.title,
        when=found.when,
        recurrence=found.recurrence,
        priority=found.priority,
        project=project or found.project,
        tags=found.tags,
        remind=found.remind,
    )
