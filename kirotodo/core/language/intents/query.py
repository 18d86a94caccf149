"""Questions about the list, and the commands that only show something. Nothing in here ever changes anything."""

import re
from dataclasses import replace

from kirotodo.core.language.intents.filters import narrow
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.intents.targets import is_event, strip_words, target
from kirotodo.core.language.intents.vocabulary import EVENTS, PLACES, THINGS, topic_of
from kirotodo.core.language.patterns import Pattern, pattern
from kirotodo.core.language.types import Action, Clarify, OutOfScope, Query, Scope, Target

OPENER = pattern(
    r"(?:\"|')?(?:what(?:'s|s|'re|re|ever)?|which|who(?:'s|s|m|se)?|when(?:'s|s)?|where(?:'s|s)?"
    r"|why(?:'s)?|how(?:'s|s)?"
    r"|is|are|am|was|were|do(?! not\b| (?:it|that|them)\b| (?:lunch|dinner|brunch|drinks|an?)\b)"
    r"|does|did"
    r"|have (?:i|we|you)|has|had (?:i|we)|should"
    r"|shall|may|might|"
    r"can (?:i|we|it|he|she|they|the|my)|could (?:i|we|it|the)|would (?:i|we|it|the|that)|will (?:i|we|it"
    r"|he|she|they|the|my|there|today|tomorrow)|isn'?t|aren'?t|don'?t (?:i|we)|didn'?t (?:i|we)|doesn'?t"
    r"|won'?t|wasn'?t|anything|any|"
    r"whose|there (?:is|are|'s))\b"
)
_SHOW = pattern(
    r"(?:show|display|list(?: out| off)?|read(?: out| back| off| aloud| through)?|recite|tell|give"
    r"|present|print|view|see|hear|check|open(?: up)?|pull up|bring up|get|fetch|let me (?:see|know|hear"
    r"|have|view)|look up|look at|look for|search(?: for| in)?|find(?: out)?|"
    r"review|repeat|go (?:over|through)|run (?:down|through)|summari[sz]e|describe|explain|count|confirm"
    r"|verify|remind me (?:of )?what|remind me (?:the )?things|refresh|browse|query|filter|inform me"
    r"|update me|brief me|report|share|send me|say|name|access|"
    r"i (?:would like|want|need|'d like|like|wish|'d love|would love)(?: for you)? to (?:know|see|hear"
    r"|check|view|look|find out|read|review|get (?:a |the )?(?:list|rundown|summary))|i need (?:the|my"
    r"|a list)|i'?m wondering|i wonder|i am wondering|wondering|i'd like (?:the|my)|i want (?:the|my)"
    r"|do you know|curious)\b"
)
OURS = pattern(
    rf"\b(?:lists?|tasks?|to-?dos?|todos?|to dos?|(?:from|at) the (?:store|supermarket|shops?)|on there|on it"
    rf"|attending|my (?:day|week"
    rf"|morning|afternoon|evening|weekend"
    rf"|month|night)|things to do|reminders?|remainders?|calendar|calender"
    rf"|agenda|schedules?|scheduled|planner|diary|chores?|errands?|events?|{EVENTS}|plans?|planned"
    rf"|overdue|due|pending|priorit\w+|deadlines?|projects?|tags?|tagged|inbox|items?|groceries"
    rf"|activities|busy|free|open|available|program|completed?|finish(?:ed)?|commitments?|obligations?"
    rf"|engagements?|remember|entries|upcoming|coming up|next up|backlog|going on|on my plate|left|dates?"
    rf"|notes?|notifications?|streak|remind\w*|listed|keep in mind|in mind|overview|stats|statistics)\b"
    r"|¤|#\w"
)
_MINE = pattern(r"\b(?:i|my|me|we|our|us|mine|myself|i'?ve|i'?m|i'd|i'll)\b")
_DATE_ASKED = pattern(
    r"(?:.*\b)?(?:what|which|whats|what'?s|know|tell me|need|share|show me|give me|is|say"
    r"|be)\b.*\b(?:(?:today|tomorrow|yesterday|current|full|the|this|todays|tomorrows)(?:'s)?\s+(?:date"
    r"|day)\b(?! of (?:the|my))|day (?:of the week )?(?:is|will|was|it)|date (?:is|will|was|it|be|today"
    r"|tomorrow|after)|(?:today|it) is\b$|day (?:of the week )?(?:today|tomorrow))|(?:is|was) (?:today"
    r"|tomorrow|it|yesterday) (?:a )?\w+day\b|date please|(?:day|date) will it be\b.*"
)
_TIME_ASKED = pattern(
    r".*\b(?:what time is it|what'?s the time|the current time|tell me the time|what is the time"
    r"|time is it|time in|time zone)\b.*"
)
_LISTS = pattern(
    r"\b(?:what|which|show|tell|give|see|read|list|name|how many|view|display|do i have|are|open"
    r"|all)\b.*\b(?:lists|projects|categories|folders)\b"
)
_TAGS = pattern(r"\b(?:what|which|show|list|my|all|how many)\b.*\b(?:tags|labels)\b")
_STATS = pattern(
    r"\b(?:stats|statistics|streak|productiv\w+|progress|how am i doing|how have i been doing"
    r"|how did i do|my performance|summary of my (?:week|month)|how busy)\b"
)
_SHOWN_PLACE = pattern(
    rf"(?:show|list|display|read|open|see|view|check|what'?s (?:in|on|under))(?: me)?(?: all)?(?: of)?(?: the| my"
    rf"| our)? (?P<place>{PLACES})[\s.!?]*"
)
""" "Show shopping", "list my groceries": a list named without the word list."""
_COUNT = pattern(r"\b(?:how many|number of|count(?: of)?|how much do i have)\b")
_WHEN_IS = pattern(
    r"(?:(?:and|so|then)\s+)?(?:(?:tell me|let me know|do you know|know|find out|remind me"
    r"|check)\s+)?(?:when(?:'s|s| is| are| was| were| will| do| does| did| am)?|(?:what|which) (?:time"
    r"|day|date|days|dates)(?:'s| is| are| do| does| will| was| did| am)?|where(?:'s| is| in \w+ is"
    r"| are)?|how long (?:is|until|till|before)|at what time(?: is| are| do| does)?|(?:what(?:'s"
    r"| is) )?(?:the )?(?:date|time|day|place|location|due date|deadline) (?:of|for))\s+(?P<what>.+)",
    re.DOTALL,
)
_HAVE = pattern(
    r"(?:(?:can you |please )?(?:tell me|let me know|check|see|confirm|i need to know|know|verify"
    r"|look)\s+(?:if|whether|that)\s+)?(?:do|did|does|is|are|was|were|have|has|had|if|whether|isn'?t"
    r"|don'?t|am)\s*(?:there|(?:i|we|you|he|she)(?:'ve)?)?\s*(?:still\s+|already\s+|also\s+|ever\s+"
    r"|currently\s+)*(?:have|had|put|add(?:ed)?|request(?:ed)?|write|wrote|got|get|set|schedule(?:d)?"
    r"|leave|include[sd]?|remember to|create|make|ask(?: for)?|need to|list|forget|plan(?:ned)?|say"
    r"|tell you(?: to)?|mention)?\s*(?:up|down|to|myself|in|got)?\s*(?P<what>.+)",
    re.DOTALL,
)
_ON_LIST = pattern(
    r"\b(?:on|in|to|from|at)\s+(?:(?:the|my|our|a|this|that|your)\s+)?(?:[\w'-]+\s+){0,3}?(?:lists?"
    r"|calendars?|calenders?|agenda|schedule|to-?dos?|todos?|to do|reminders?|chores?)\b"
)
_DOES_LIST = pattern(
    r"(?:does|do|did|has|is|can you see if|see if|check if|check|search|look (?:in|on|at)"
    r"|find)\s+(?:(?:the|my|our|this|that|your)\s+)?(?P<list>(?:[\w'-]+\s+){0,3}?(?:list|calendar"
    r"|calender|agenda|schedule|to-?do|todo))\s+(?:already\s+|currently\s+)?(?:have|has|include|includes"
    r"|contain|contains|say|got|for|mention|show|list)\s+(?:an? (?:event|item|task|reminder"
    r"|entry)\s+(?:called|named|for|about)\s+)?(?P<what>.+?)(?:\s+(?:on it|in it|there|listed"
    r"|written))?[\s?.!]*\Z"
)
_ABOUT = pattern(
    r"\b(?:about|containing|that (?:contain|mention|say|include)s?|which (?:contain|mention)|mentioning"
    r"|related to|regarding|concerning|matching|with (?:the )?words?|named|called|to do with|involving"
    r"|including|for|with)\s+(?P<q>.+)"
)
_SEARCH = pattern(
    r"(?:search|find|look up|look for|filter|lookup|grep|locate)(?:\s+(?:for|in|through|by"
    r"|out))*\s+(?:my\s+|the\s+|all\s+)*(?:(?:tasks?|to-?dos?|list|items?|reminders?)\s+)?(?:(?:for|about"
    r"|with|containing|called|named|that)\s+)*(?P<q>.+)"
)
_ANYTHING = pattern(
    r"(?:(?:is|are) there|(?:do|did|have) i(?: (?:have|got|add|put|write))?|(?:can you )?(?:see|check|look)(?: if"
    r" (?:there is|there's|i have))?|got)?\s*(?:anything|something|any(?: of my)? (?:tasks?|to-?dos?|items?))"
    r"(?: (?:there|on (?:my|the) list|open|left))?\s+(?:about|regarding|concerning|mentioning|containing"
    r"|to do with|related to)\s+(?P<q>.+)",
    re.DOTALL,
)
_WORTH_A_LOOK = (None, "money", "messages", "work and leave", "food", "travel")
"""What a question for a word may be about and still be one about the list."""
_EVERYTHING = pattern(r"(?:show|list|display|read)(?: me)? everything")
_WHAT_I = pattern(
    r"(?:with )?(?:what(?: time| else| all| day)?|when|where|whom?|which \w+) (?:do|am|should|must|did|have|will|was"
    r"|were|had|can|to) i\b"
)
_NEED_TO_BUY = pattern(r"\bneed to (?:buy|get|pick up|do)\b")
_A_KIND = pattern(rf"(?:{THINGS}|{EVENTS}s?)")
_NEXT = pattern(r"\b(?:next|left|up|to do|first|remaining)\b")
_DO_I = pattern(
    r"(?:do|did|should|must|am|shall|have) i\s+(?:still\s+|already\s+)?(?:(?:need|have|got|supposed|going"
    r"|remember|forget|want) to\s+|(?=(?:buy|call|pay|get|clean)\b))(?P<what>.+)",
    re.DOTALL,
)
_STOP_WORDS = (
    "a about accomplish activities activity actually add added after afternoon again agenda alexa all aloud already "
    "also am an and any anything app are as asap at available back be been before begin being between both busy by "
    "calendar calender can check chore chores coming commitment commitments complete completed content contents "
    "could count create created current currently date dates day days detail details did display do does doesn't "
    "doing don't done due during each earlier else engagements entire entries entry errand errands evening event "
    "events every everything far find finish finished first focus for free from full get give go going gonna google "
    "got had happening has have having hear hello hey hi high how i if important in info information instruct is "
    "isn't it item items its just kiro kirotodo know last later latest left let like list listed lists long look "
    "looking looks loud low made make many may me medium might mine moment month more morning most much my myself "
    "name names need needs new next night no not notes nothing now number o'clock obligations of ok okay olly on one "
    "ones only open or order our out outstanding over overall pda pending phone plan planned planning plans please "
    "pm possible present print priority program project put read really recent remainder remainders remaining "
    "remember remembering reminder reminders rest right rundown say says schedule scheduled schedules see set shall "
    "should show siri so some something soon sort sorted start starting still stuff summarize summary supposed tag "
    "tagged task tasks tell than that the them then there these they thing things this those three through till time "
    "to to-do to-dos today todo todos tomorrow tonight top total tried trying two until up upcoming urgent us view "
    "wait waiting want wanted was way we week weeks well were what whats when where whether which who whole whom "
    "whose why will with work work_on working would write written wrote year yes yet you your "
)
_STOP = pattern(rf"\b(?:{'|'.join(_STOP_WORDS.split())})(?:'(?:s|re|d|ll|ve|m))?(?![\w'-])".replace("_", " "))


def asking(span: Span, *, question: bool) -> Action | None:
    """The question that a clause asks; None where it is none. `question` says that it opens or ends like one."""
    shows = span.match(_SHOW) is not None
    if not question and not shows:
        return None
    low = " ".join(span.bare.split())
    clean = low.rstrip("?!. ")
    if _DATE_ASKED.fullmatch(clean) and not re.search(r"\b(?:my|reminder|event|meeting|appointment|party)\b", clean):
        return OutOfScope(topic="the date")
    if _TIME_ASKED.fullmatch(clean):
        return OutOfScope(topic="the time")
    ours = OURS.search(low) is not None
    mine = _MINE.search(low) is not None
    if (place := span.fullmatch(_SHOWN_PLACE)) is not None:
        return Query(scope=Scope(project=span.group(place, "place").raw))
    if _EVERYTHING.fullmatch(clean):
        return Query(scope=Scope(status="all"))
    topic = topic_of(low)
    if (m := span.fullmatch(_ANYTHING)) is not None and topic in _WORTH_A_LOOK:
        words = strip_words(span.group(m, "q").raw.strip(" ?.!"))[0]
        return Query(scope=Scope(search=words)) if words else Query()
    if topic is not None and not _list_named(low) and not (topic == "work and leave" and ours):
        return OutOfScope(topic=topic)
    if shows and not question and not ours and not (mine and span.named()) and not _plain_show(clean):
        return None
    return _about(span, low, ours=ours, mine=mine)


def _list_named(low: str) -> bool:
    return (
        re.search(
            r"\b(?:lists?|tasks?|to-?dos?|todos?|to do|reminders?|remainders?|calendar|calender|agenda|schedule"
            r"|overdue|events?|meetings?|appointments?|chores)\b|¤|#\w",
            low,
        )
        is not None
    )


def _plain_show(clean: str) -> bool:
    return (
        re.fullmatch(
            r"(?:show|list|display|read)(?: me)?(?: (?:everything|all|it|them|that|more|the rest))?|(?:show"
            r"|display|get|open|view) (?:task |item |number |#)*\d+|search .+|find .+",
            clean,
        )
        is not None
    )


def _about(span: Span, low: str, *, ours: bool, mine: bool) -> Action | None:
    if _STATS.search(low) and (mine or ours):
        return Query(about="stats", scope=narrow(span, question=True).scope)
    if _LISTS.search(low):
        return Query(about="lists", count_only=_COUNT.search(low) is not None)
    if _TAGS.search(low) and not re.search(r"\btasks?\b|\btagged\b", low):
        return Query(about="tags")
    if (
        m := re.search(
            r"(?:task|item|todo|to-do|number|id|reminder)\s*#?\s*\d+|#\d+|\A(?:show|display|get|open|view)(?: me)? \d+",
            low,
        )
    ) is not None:
        found = target(span.to(span.start + m.start(), span.start + m.end())) or target_of_digits(m[0])
        return Query(about="task", target=found)
    if (m := span.match(_DOES_LIST)) is not None:
        scope = narrow(span, question=True).scope
        return _task(span.group(m, "what"), scope=scope) or Query(scope=scope)
    if (m := span.match(_WHEN_IS)) is not None and (dated := _task(_when_what(span.group(m, "what")))) is not None:
        said = dated.target
        if said is None or not said.plural or _A_KIND.fullmatch((said.words or "").lower()) is None:
            return dated
    if (m := span.match(_DO_I)) is not None and (what := span.group(m, "what")) and not _generic(what):
        needed = _task(what)
        if needed and needed.target and (needed.target.scope == Scope() or not is_event(what.bare)):
            return needed
    listed = _ON_LIST.search(low)
    if (
        (m := span.match(_HAVE)) is not None
        and listed is not None
        and not re.match(r"(?:what|which|who|how|where)\b", low)
    ):
        what = span.group(m, "what")
        cut = span.to(what.start, max(what.start, min(what.end, span.start + _at(span, _ON_LIST))))
        scope = narrow(span, question=True).scope
        if not _generic(cut) and (there := _task(cut, scope=scope)) is not None:
            return there
    return _tasks(span, low, ours=ours, mine=mine)


def target_of_digits(words: str) -> Target:
    return Target(ids=tuple(int(d) for d in re.findall(r"\d+", words)[:1]))


def _at(span: Span, pattern: Pattern) -> int:
    m = span.search(pattern)
    return m.start() - span.start if m else span.end - span.start


def _generic(span: Span) -> bool:
    return not _STOP.sub(" ", span.bare).strip(" ,.?!'\"-")


def _when_what(what: Span) -> Span:
    low = what.bare.rstrip(" ?.!")
    what = what.to(end=what.start + len(low))
    if (
        m := re.match(
            r"(?:(?:is|are|was|will|do|does|did|am|i|we|have|has|had|to|be|supposed|scheduled|need|going)\s+)+",
            what.bare,
        )
    ) is not None:
        what = what.to(start=what.start + m.end())
    if (
        m := re.search(
            r"\s+(?:due|scheduled|set(?: for)?|be|starts?|starting|begins?|beginning|happens?|happening"
            r"|going to (?:start|begin|be|happen)|end|over|take place|planned|held|set for|is|at|on|for)\s*\Z",
            what.bare,
        )
    ) is not None:
        what = what.to(end=what.start + m.start())
    return what


def _task(what: Span, *, scope: Scope | None = None) -> Query | None:
    what = what.trimmed(" \t\r\n,;:.!?-\"'") if not what.in_quotes() else what
    if not what or _generic(what):
        return None
    found = target(what)
    if found is None or found.everything:
        return None
    if scope is not None:
        found = replace(found, scope=replace(scope, search=None))
    return Query(about="task", target=found)


def _tasks(span: Span, low: str, *, ours: bool, mine: bool) -> Action | None:
    narrowed = narrow(span, question=True)
    scope = narrowed.scope
    rest = _STOP.sub(" ", " ".join(span.without(narrowed.holes).lower().split())).strip(" ,.?!'\"-")
    rest = " ".join(rest.split())
    if span.match(_SEARCH) is not None and span.bare.startswith("search"):
        return Query(scope=replace(scope, search=_search(span, low, rest)))
    personal = ours or mine or narrowed.when is not None or scope != Scope()
    if not personal and not rest and _NEXT.search(low):
        return Query()
    if not personal:
        return Clarify(missing="meaning", action="query") if not rest else OutOfScope()
    if not ours and not scope.status and rest:
        if narrowed.when is not None:
            search = _search(span, low, rest) if mine and len(rest.split()) == 1 else None
            return Query(scope=replace(scope, search=search), count_only=_COUNT.search(low) is not None)
        if not (mine and _WHAT_I.match(low)) and not _NEED_TO_BUY.search(low):
            return OutOfScope()
    search = _search(span, low, rest)
    if (
        re.search(r"\b(?:all|every|everything)\b", low)
        and scope == Scope()
        and search is None
        and re.search(r"\b(?:tasks?|to-?dos?|todos?|items?|everything)\b", low)
    ):
        scope = replace(scope, status="all")
    if scope.status == "completed" and re.search(r"\b(?:not|n't|haven'?t|still|left)\b", low):
        scope = replace(scope, status="pending")
    return Query(scope=replace(scope, search=search), count_only=_COUNT.search(low) is not None)


def _search(span: Span, low: str, rest: str) -> str | None:
    if (m := span.match(_SEARCH)) is not None:
        words = strip_words(span.group(m, "q").raw.strip(" ?.!"))[0]
        return words or None
    if not rest:
        return None
    wanted = rest.split()
    if len(wanted) > 3:
        wanted = [w for w in wanted if is_event(w)][:1]
    return " ".join(word.removesuffix("'s") for word in wanted) or None
