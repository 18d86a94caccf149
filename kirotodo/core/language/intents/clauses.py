"""A text taken apart into clauses that each say one thing, and a clause freed of politeness and names in front."""

import re

from kirotodo.core.language.intents.list_names import LIST
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.patterns import pattern

_STOP = pattern(
    r"(?<![\s!?;.])(?<![\s.][a-z])(?<!\bms)(?<!\bmr)(?<!\bdr)(?<!\bmrs)(?<!\bst)(?<!\bno)(?<!\bvs)"
    r"(?<!\betc)(?<!\bevery)(?<!\ba\.m)(?<!\bp\.m)[.!?;]+(?=[\s\"']|\Z)|\n+"
)
_STRONG = (
    r"(?:add|remove|delete|erase|undo|remind me(?!\s+(?:\d+|an?|half an|one|two|five|ten|fifteen"
    r"|thirty)\s+\w+\s+(?:before|early|earlier|in advance|ahead|prior))|unmark|uncheck|check off|tick off"
    r"|cross off|reopen|reschedule|rename|"
    r"(?:mark|set|check|tick|cross) (?:it|that|this|them|#?\d+|(?:task|item|number)s? #?\d+"
    r"|.{1,40}? (?:off|as (?:done|complete\w*|finished)|(?:done|complete)))\b|"
    r"(?:put|place|stick|throw) .{1,60}? (?:on|to|onto|in) (?:it\b|there\b|(?:my|the|our) .{0,30}?(?:list"
    r"|calendar))|put \w+(?: \w+){0,2} on(?=[\s.!]*\Z)|take .{1,60}? off\b|take off\b|get rid of\b"
    r"|replace (?:(?:it|them|that|those) )?with\b)"
)
_WEAK = (
    r"(?:cancel|move|push|postpone|delay|change|complete|finish|close|show|list|tell me|what(?:'s| is"
    r"| are| do)|which|how many|"
    r"clear|empty|drop|set|create|make|schedule|put|tag|assign|prioriti[sz]e|repeat|update|edit|snooze"
    r"|let me know|mark)"
)
_POLITE = r"(?:(?:please|also|then|now|just|so|you can|can you|could you|would you)\s+)*"
_JOIN = pattern(
    rf"(?:\s*[,;]\s*(?:and\s+|but\s+|so\s+|or\s+)?(?:then\s+|also\s+|please\s+)*|\s+(?:and|then|but|so"
    rf"|plus|&)\s+(?:then\s+|also\s+|please\s+)*|\s+(?=please\s)"
    rf"|(?<!\bto)(?<!\byou)(?<!\bshould)(?<!\bi)\s+(?=remind me\b(?!\s+(?:\d+|an?|half an|one|two|five"
    rf"|ten)\s+\w+\s+(?:before|early|in advance|ahead)))"
    r"|(?<!\bto)(?<!\byou)(?<!\bnot)(?<!n't)\s+(?=(?:(?:please|you can|so|just|can you|could you)\s+)*(?:(?:remove"
    r"|delete|cancel|erase|drop) (?:it|that|them|those)"
    r"|take (?:it|that|them|those) (?:off|out))\b))"
    rf"{_POLITE}(?P<next>(?P<strong>{_STRONG})|(?P<weak>{_WEAK}))\b"
)
_KEEPS = pattern(r"\b(?:remind|remember|reminder|don'?t forget|note to|need to|have to|should|must|gotta|got to)\b")
"""A clause that says in words of its own what is to be done; only a strong command ends it."""
_ADDS = pattern(rf"(?:{_POLITE})(?:add|put|new|create|schedule|todo|task)\b")

_WHERE = pattern(rf"(?:on|in|from|for|to|at|off)\s+{LIST}")
_NAME = r"(?:kiro(?:todo)?|assistant|computer|google|alexa|siri|olly|ollie|cortana|bixby|pda|bot|buddy|jarvis)"
_GREETING = r"(?:hey|hi|hello|hiya|ok|okay|yo|dear|good (?:morning|afternoon|evening))"
_LEAD = pattern(
    rf"(?:{_GREETING}[\s,]+)?{_NAME}\b[\s,:!]+(?=\w|\"|')"
    rf"|{_GREETING}(?:\s+there)?[\s,!.]+(?=\w)"
    r"|(?:please|pls|plz|kindly|just|now|also|then|so|and|but|well|um+|uh+|oh|ah|er|like|actually|quickly|quick"
    r"|maybe|alright|all right|right|great|hmm+|basically|simply|could you also|"
    r"thanks|thank you|sorry|yes|yeah|yep|sure|next|finally|first|again)[\s,:]+(?=\w|\"|'|#)"
    r"|(?:i(?:'d|'ll|'m| would| will| am)?(?: really| also| just| gonna| going to)? (?:need|want|like|wish|love|ask"
    r"|prefer|appreciate)(?: for)? you to|i(?:'d"
    r"| would)(?: really)? (?:appreciate|like|love|prefer)(?: it)?,? if you(?: could| would| can| please)?"
    r"|i (?:was|am) (?:wondering|hoping)(?: if)?(?: that)? you (?:could|can|would|will)|i wonder if you (?:could|can)"
    r"|(?:would|do) you mind(?: if you)?|if you (?:could|can|would)"
    r"|(?:it|that)(?:'d| would| will|'ll)? be (?:great|nice|good|helpful|lovely|awesome|wonderful|cool|useful) if you"
    r"(?: could| would| can)?|let'?s"
    r"|(?:may i|can i|i|might i) suggest (?:that )?(?:we|you)|how about (?:we|you|if you)|(?:how"
    r"|what) about(?= (?:adding|putting|scheduling) )|let me(?= (?:add|put|make|set|create"
    r"|schedule|remove|delete)\b)|(?:can|could|may) i (?:get|have|ask) you(?= remind)|why don'?t (?:we|you)"
    r"|go ahead and|go on and|be sure to|be sure (?:that )?you|make sure (?:that )?(?:to|you)|ensure (?:that )?you"
    r"|help me(?: to)?(?! remember)|try (?:to|and)|you (?:should|can|may"
    r"|must|need to|have to)|do me a favou?r and|(?:can|could|may) i (?:get|have|ask) you to|i need for you to"
    r"|i(?:'d| would) like(?: for)? to have you|your (?:job|task) is to|(?:have|get|let|tell) my (?:phone|calendar) to?"
    r"(?= ?remind))[\s,]+",
)
_REQUEST = pattern(
    r"(?:(?:can|could|would|will|can'?t|couldn'?t|won'?t) (?:you|u|ya)|is it possible(?: for you)? to"
    r"|are you able to|would it be possible(?: for you)? to"
    r"|(?:is|would) there (?:be )?(?:a|any) way (?:for you |you (?:can|could) )?(?:to )?"
    r"|do you think you (?:can|could)|(?:is there )?any (?:chance|way) (?:that )?you (?:can|could))\s+(?:(?:please"
    r"|kindly|just|maybe|possibly|also"
    r"|go ahead and|help me(?: to)?(?! remember))\s+)*(?=\w|\")"
    r"|(?:can|could|may|might) (?:i|we) (?:please |also |just )*(?=(?:add|put|set|schedule|create|make|move|push"
    r"|reschedule|cancel|remove|delete"
    r"|take)\b)"
    r"|(?:can|could|may|might) (?:i|we) (?:please |also |just )*(?:get|have) (?=(?:an?|another|some)\s.*\breminder)"
    r"|(?:can|could|may|might) (?:i|we) (?:please |also |just )*(?=(?:get|have) .+ (?:added|put|placed|removed"
    r"|taken)\b)"
)
_WANT = pattern(
    r"(?:i|we)(?:'d| would| really| do| just| also|'ll| will| am going to)*\s*(?:(?:need|want|like|love"
    r"|wish|have|ought|got|'ve got)\s+(?:for you\s+)?to|wanna|gonna)\s+(?:be able to\s+)?(?=(?P<verb>[a-z]+)\b)|(?:i"
    r"|we)\s+(?:must|should|gotta|'ll)\s+(?=(?P<verb2>[a-z]+)\b)"
)
_COMMANDS = frozenset(
    [
        "add",
        "put",
        "remove",
        "delete",
        "erase",
        "set",
        "create",
        "make",
        "cancel",
        "clear",
        "mark",
        "schedule",
        "reschedule",
        "move",
        "change",
        "rename",
        "cross",
        "check",
        "tick",
        "undo",
        "include",
        "insert",
        "append",
        "note",
        "jot",
        "write",
        "see",
        "know",
        "hear",
        "find",
        "view",
        "look",
        "show",
        "list",
        "read",
        "get",
        "take",
        "scratch",
        "drop",
        "update",
        "complete",
        "postpone",
        "push",
        "delay",
        "reopen",
        "edit",
        "empty",
        "wipe",
        "start",
        "strike",
        "enter",
        "tack",
        "tag",
        "untag",
        "wipe",
        "begin",
        "open",
        "pencil",
        "log",
        "throw",
        "stick",
        "place",
        "eliminate",
        "get rid",
    ]
)
_TASKLIKE = frozenset(
    [
        "get",
        "find",
        "look",
        "see",
        "take",
        "start",
        "check",
        "read",
        "write",
        "make",
        "change",
        "update",
        "hear",
        "know",
        "drop",
        "push",
        "move",
    ]
)
"""Of those, the ones that also open many a to-do ("I need to take out the trash")."""
_NAVIGATE = pattern(
    rf"(?:open|go to|check|look at|look in|access"
    rf"|pull up)\s+(?:up\s+)?(?:the events on\s+)?{LIST}\s*,?\s*(?:and|then|to|,)?\s+(?=(?:then )?(?:add|create"
    rf"|schedule|set|make|enter|insert"
    rf"|remove|delete|cancel|clear|put|erase)\b)"
)


def unlead(span: Span) -> tuple[Span, bool]:
    """The span without politeness and names in front; and whether it began as a request ("can you …")."""
    request = False
    for _ in range(8):
        span = span.trimmed(" \t\r\n,;:.-")
        m = span.match(_LEAD)
        if m is None:
            if (m := span.match(_REQUEST)) is not None:
                request = True
            elif (m := span.match(_NAVIGATE)) is not None:
                pass
            elif (m := span.match(_WANT)) is not None and not _wants_command(span, m):
                m = None
        if m is None or m.end() >= span.end:
            break
        span = span.to(start=m.end())
    return span, request


def _wants_command(span: Span, m: re.Match[str]) -> bool:
    verb = m["verb"] or m["verb2"]
    if verb not in _COMMANDS:
        return False
    if verb not in _TASKLIKE:
        return True
    after = span.reading.bare[m.end() : span.end]
    return (
        verb in ("see", "hear", "know")
        or re.search(r"\b(?:lists?|tasks?|to-?dos?|calendar|schedule|reminders?|agenda)\b", after) is not None
    )


def sentences(span: Span) -> list[Span]:
    """The sentences of a text, each with its own end mark."""
    out, at = [], span.start
    for m in _STOP.finditer(span.reading.bare, span.start, span.end):
        piece = span.to(at, m.end())
        if piece.trimmed(" \t\r\n,;:.-!?"):
            out.append(piece)
        at = m.end()
    if span.to(start=at).trimmed(" \t\r\n,;:.-!?"):
        out.append(span.to(start=at))
    return out or [span]


def clauses(span: Span) -> list[Span]:
    """The commands that a sentence holds, in order; mostly one."""
    out, at, search_from = [], span.start, span.start
    bare = span.reading.bare
    while (m := _JOIN.search(bare, search_from, span.end)) is not None:
        left = span.to(at, m.start())
        if left.trimmed() and not _fragment(left) and (m["strong"] is not None or not _holds(left)):
            out.append(left)
            at = m.start("next")
            search_from = m.end()
        else:
            search_from = m.start() + 1
    out.append(span.to(start=at))
    return out


def _fragment(left: Span) -> bool:
    """Whether it only says where or when: "on my shopping list, …", "at 4 tomorrow, …"."""
    left = left.trimmed()
    return left.fullmatch(_WHERE) is not None or left.all_named()


def _holds(left: Span) -> bool:
    return left.search(_KEEPS) is not None or left.match(_ADDS) is not None
