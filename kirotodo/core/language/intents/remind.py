"""Reminders that are asked for: "remind me to …", "set a reminder for …", "don't let me forget …"."""

import re
from dataclasses import replace

from kirotodo.core.language.intents.new_task import EMPTY, KINDS, added, items_of
from kirotodo.core.language.intents.prepared_text import Span, plain
from kirotodo.core.language.intents.targets import target
from kirotodo.core.language.intents.title_and_fields import content
from kirotodo.core.language.intents.vocabulary import EVENTS, topic_of
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import Action, Clarify, Update

_REMIND = pattern(
    r"(?:(?:also|always)\s+)?(?:"
    r"(?P<me>remind(?:ing)? (?:me|us|myself)|(?:alert|notify|nudge|prompt|ping|buzz) (?:me|us) (?=to\b|about\b|of\b"
    r"|when i"
    r"|that i|for\b|before\b|on\b|at\b|in\b|tomorrow\b|regarding\b)|tell me (?=to\b)|(?:don'?t|do not"
    r"|never) let (?:me|us) forget|help (?:me"
    r"|us) (?:to )?remember|(?:keep|bear|have) in mind(?= that (?:i|we)\b| to\b)"
    r"|see (?:to it )?that i (?:don'?t forget|remember)|give me a heads up(?= (?:about|for|when|on|that|to|before)\b)"
    r"|(?:it|that)(?:'s| is) important (?:that )?i remember"
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

_REMINDER = pattern(
    r"(?:(?:set|make|create|add|put|schedule|place|leave|enter|program|activate|start|build|get|save"
    r"|insert|include|establish|have|open|do|issue|drop|log|initiate|trigger|generate|make it so i"
    r"|(?:can|could|may|might) i (?:please )?(?:get|have)|(?:how|what) about)(?: up| in| me| us| for me| down| for"
    r"| get)*"
    r"|(?:i|we)(?:'d| would| will|'ll| also| really| just| could| could really)*\s*(?:need|want|like|love|appreciate"
    r"|use"
    r"|prefer|require)(?: you to)?(?: to)?(?: set(?: up)?| make| create| have| add| put| get| be)*|new"
    r"|repeat|(?=(?:(?:an?|another|daily|weekly|monthly|quick)\s+)*(?:reminder|remainder)(?:\s*[:,\-]|\s+(?:to|for"
    r"|about|that"
    r"|of|regarding|[a-z]+\s+(?:with|to|for|my|the|at|on))\b)))(?:\b|(?<=\s))\s*"
    rf"(?:{KINDS}\s+)?(?P<kind>(?:(?:\w+)\s+)??)(?:reminders?|remainders?|notifications?|reminded|notified"
    rf"|(?:alarms?|alerts?)(?=\s+(?:to remind|so (?:that )?i (?:remember|don'?t))))(?:\s+(?:alarm|alert"
    rf"|note|notification|again|set|up))*(?P<rest>(?:\W.*)?)",
    re.DOTALL,
)

_REST_LINK = pattern(
    r"[\s,:;\-]*(?:(?:again|later|please|for (?:me|myself|us|later)(?= to\b|\s*\Z)|on (?:my|the) (?:phone|list"
    r"|calendar)"
    r"|up|ready|(?:in|on|down|added|made|created|placed)(?=\s+(?:for|to|about|that|of)\b))\b[\s,:]*)*"
    r"(?:(?:to remind (?:me|us)(?: again)?|to tell me|so (?:that )?i (?:remember|don'?t forget)|so that"
    r"|so|towards|which|saying|that says|set|called|named|when|titled)\b[\s,:]*)?"
    r"(?:(?P<of>of|about|for|regarding|on)\s+(?:(?:the|my|our|an?|this|that)\s+)*|(?:that\s+)?(?:(?:i"
    r"|we)(?:'ve| have)? (?:also )?(?:need|have|want|got|ought|am supposed|are supposed)(?: to)?|(?:i"
    r"|we) (?:must|should|gotta))\s+|(?:to|that|when|about|of|for|on)\b\s*)?"
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

_DANGLING = pattern(rf"\b(?P<noun>{EVENTS})\s+(?:on|at|for|by)\Z", re.IGNORECASE)

_EARLY = pattern(
    r"(?:remind|alert|notify) me\s+(?P<lead>(?:\d{1,3}|an?|half an|one|two|three|five|ten|fifteen|thirty)\s+"
    r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?))\s+(?:before|ahead of|prior to)\s+"
    r"(?P<what>(?:(?:the|my|our)\s+\S|it\b|that\b).*)",
    re.DOTALL,
)
""" "Remind me 10 minutes before the dentist": of a task that is there."""
_ABOUT_IT = pattern(r"remind me (?:about|of) (?P<what>it|that|them|those)\s+(?P<when>.+)", re.DOTALL)
_REASON = pattern(r"(?<=\w)[\s,]+(?P<why>because\s.+)", re.IGNORECASE | re.DOTALL)


def by_reminder(span: Span) -> list[Action] | None:
    if (early := span.fullmatch(_EARLY)) is not None and not (what := span.group(early, "what")).named():
        meant = target(what)
        if meant is not None:
            return [Update(target=meant, remind=f"{early['lead']} before")]
    if (again := span.fullmatch(_ABOUT_IT)) is not None and (when := span.group(again, "when").trimmed()).all_named():
        meant = target(span.group(again, "what"))
        return [Update(target=meant, remind=plain(when.raw))] if meant else None
    command = m = span.match(_REMIND)
    kind = None
    if m is None:
        m = span.match(_REMINDER)
        if m is None:
            return None
        kind = span.group(m, "kind")
        if kind and re.fullmatch(r"(?:my|the|all|any|these|those)\s+", kind.bare):
            kind = None
    rest = span.group(m, "rest").trimmed()
    if command is not None and span.has(m, "timed") and not any(n.start <= rest.start + 1 for n in rest.named()):
        return None
    inner = rest.to(start=rest.start + 3) if rest.bare.startswith("to ") else rest
    if command is not None and inner.match(_REMINDER) is not None:
        return by_reminder(inner)
    if topic_of(" ".join(rest.bare.split()[:2])) == "volume":
        return None
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
