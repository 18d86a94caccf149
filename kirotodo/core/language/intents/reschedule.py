"""Another time or another list for a task: "push it to friday", "delay it by an hour", "move 3 to the work list"."""

import re
from typing import Any

from kirotodo.core.language.intents.list_names import clean_name
from kirotodo.core.language.intents.marks import find_marks
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.intents.targets import target
from kirotodo.core.language.intents.title_and_fields import merge, unquoted
from kirotodo.core.language.intents.vocabulary import cardinal, topic_of
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import Action, Clarify, OutOfScope, Recurrence, Target, Update, When

_FIELD = r"(?:due date|due time|due|deadline|date and time|date|time|day|start time|schedule|reminder)"


_UNIT = r"(?P<unit>minutes?|mins?|hours?|hrs?|days?|weeks?|fortnights?|months?)"


_COUNT = (
    r"(?P<count>\d{1,3}|an?(?: couple(?: of)?| few)?|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|twelve|fifteen|twenty|thirty|forty[- ]five|forty|sixty|ninety|half an|another)"
)


_SHIFT = pattern(
    rf"(?:push|postpone|delay|move|shift|defer|put|snooze|bump|bring|reschedule|extend|set"
    rf"|pull)\s+(?P<what>.+?)(?:\s+(?:(?P<back>forward|up|earlier|sooner|ahead)|back|off|out|later"
    rf"|down))?(?:\s+(?:by|for|another))?\s+{_COUNT}(?:\s+more)?\s+{_UNIT}(?P<dir>\s+(?:earlier|sooner"
    rf"|forward|later|back|ahead|out))?[\s.!]*\Z"
    rf"|(?:push|postpone|delay|defer|snooze|bump|extend)\s+(?P<what2>.+?)(?:\s+(?:a|one)\s+)(?P<one>day"
    rf"|week|hour|month)(?:\s+later)?[\s.!]*\Z",
    re.DOTALL,
)


_MOVE = pattern(
    r"(?:reschedule|move|push|postpone|delay|defer|shift|snooze|bump|bring|put off|put|slide|rebook"
    r"|change|switch|set|pull|re-schedule|schedule|update|make)\s+(?P<what>.+?)\s+"
    r"(?:(?:forward|back|up|off|out|over|due)\s+)*(?P<link>from\s+.+?\s+to|to be|to|until|till|for|by|on"
    r"|at|is|due|back to|instead to|into)?\s*(?:be\s+)?(?:due\s+)?(?P<to>.+)",
    re.DOTALL,
)


_MOVE_TO_LIST = pattern(
    r"(?:move|put|transfer|switch|assign|file|change|shift"
    r"|send)\s+(?P<what>.+?)\s+(?:from\s+.+?\s+)?(?:over\s+)?(?:to|into|in|under"
    r"|onto)\s+(?:project\s+)?(?:(?:the|my|our)\s+)?(?P<name>[+\w¤\"'& -]+?)(?P<list>\s+(?:list|project"
    r"|category))?[\s.!]*\Z"
)


_RESCHEDULE = pattern(
    r"(?:reschedule|postpone|snooze|push back|delay|move|re-schedule|defer|push)\s+(?P<what>.+)", re.DOTALL
)


_FIELD_OF = pattern(
    rf"(?:set|change|update|edit|move|make|add|put|give|modify|adjust|assign|push|extend|alter"
    rf"|correct)\s+(?:an?\s+|the\s+|my\s+)?(?:new\s+)?{_FIELD}\s+(?:of|for|on|to"
    rf"|from)\s+(?P<what>.+?)\s+(?:from\s+.+?\s+)?(?:to be|to|as|on|for|at|is|of|:)\s*(?P<to>.+)"
    rf"|(?:set|change|update|edit|modify|adjust|move|give)\s+(?P<what2>.+?)(?:'s)?\s+(?:an?\s+"
    rf"|the\s+)?{_FIELD}\s+(?:from\s+.+?\s+)?(?:to be|to|as|on|for|at|of|:)\s*(?P<to2>.+)"
    rf"|(?:set|make|give|mark)\s+(?P<what3>.+?)\s+(?:an?\s+|the\s+)?(?:{_FIELD}|to be due|be due)\s+(?:of"
    rf"|for|on|at|by|to)?\s*(?P<to3>.+)"
    r"|(?P<what4>.+?)\s+(?:is|are|should be|must be|has to be)\s+(?:now\s+)?due\s+(?:on\s+|at\s+|by\s+)?(?P<to4>.+)",
    re.DOTALL,
)


_REMINDED = pattern(r"(?:remind|alert|notify|don'?t|make sure|note|remember|add|put)\b")
_MADE = pattern(r"(?:set|make|give|put|add|schedule)\s+(?:(?:an?|the|my|new|another)\s+)*(?:reminder|schedule)\b")
"""What makes a reminder rather than changing when one is due."""
_MINUTES = {"m": 1, "h": 60}


_TENS = {"fifteen": 15, "twenty": 20, "thirty": 30, "forty five": 45, "forty": 40, "sixty": 60, "ninety": 90}


_DAYS = {"d": 1, "w": 7, "f": 14, "mo": 30}


ADDRESSED = pattern(
    r"#?\d|\b(?:tasks?|items?|to-?dos?|todos?|reminders?|events?|meetings?|appointments?|calls?|it|that"
    r"|this|them|those|one|ones)\b|¤"
)


def update_of(what: Span, **fields: Any) -> Action | None:
    found = target(_possessive(what))
    if found is None:
        return Clarify(missing="target", action="update")
    return Update(target=found, **fields)


def _possessive(what: Span) -> Span:
    what = what.trimmed()
    return what.to(end=what.end - 2) if what.bare.endswith("'s") and not what.in_quotes() else what


def said_in(span: Span, m: re.Match[str], *groups: str) -> Span:
    return span.group(m, next((g for g in groups if span.has(m, g)), 0))


def shifting(span: Span) -> Action | None:
    m = span.match(_SHIFT)
    if m is None or re.search(r"\b(?:in|to|until|till|on|for|at)\s*\Z", m["what"] or ""):
        return None
    unit = m["unit"] or m["one"]
    count = 0.5 if m["count"] == "half an" else _count(m["count"]) if m["count"] else 1
    sign = -1 if m["back"] or (m["dir"] or "").strip() in ("earlier", "sooner", "forward", "ahead") else 1
    what = said_in(span, m, "what", "what2")
    minutes = _MINUTES.get(unit[0]) if unit[:2] != "mo" else None
    if minutes is not None:
        return update_of(what, shift_minutes=sign * int(count * minutes))
    return update_of(what, shift_days=sign * int(count * _DAYS["mo" if unit[:2] == "mo" else unit[0]]))


def _count(word: str) -> int:
    if "couple" in word:
        return 2
    return 3 if "few" in word else cardinal(word) or _TENS.get(word.replace("-", " ")) or 1


def _time_of(span: Span) -> tuple[When | None, bool, Recurrence | None] | None:
    """The moment that a stretch of words is, where it is nothing else."""
    span = span.trimmed(" \t\r\n,;:.!?\"'-")
    when: When | None = None
    time_only, rule, at = True, None, span.start
    for n in span.named():
        if not _gap(span.reading.bare[at : n.start]):
            return None
        at = n.end
        if n.rule is not None:
            rule = n.rule
            continue
        merged = merge(when, n.when, a_time_only=time_only, b_time_only=n.time_only)
        if merged is None:
            return None
        when, time_only = merged, time_only and n.time_only
    if (when is None and rule is None) or not _gap(span.reading.bare[at : span.end]):
        return None
    return when, time_only and when is not None, rule


def _gap(words: str) -> bool:
    return (
        re.fullmatch(
            r"[\s,.!]*(?:(?:to|at|on|the|by|from|until|instead|please|for|in|be|due|of|a|and|now|thanks|is"
            r"|time)\b[\s,.!]*)*",
            words,
        )
        is not None
    )


_MADE_IT = pattern(
    r"(?:make|do|have)\s+(?P<what>(?:it|that|this|them|those|these)(?: one| task)?)\s+"
    r"(?:(?:be|for|at|on|due|by|to)\s+)*(?P<to>.+)",
    re.DOTALL,
)


def remaking(span: Span) -> Action | None:
    """ "Make it 4pm": another moment, and nothing else, for what was spoken of."""
    m = span.fullmatch(_MADE_IT)
    return timed(span.group(m, "what"), span.group(m, "to")) if m else None


def timed(what: Span, to: Span) -> Action | None:
    moment = _time_of(to)
    if moment is None:
        return None
    when, time_only, rule = moment
    fields: dict[str, Any] = {"when": when, "time_only": time_only}
    return update_of(what, **fields, recurrence=rule) if rule else update_of(what, **fields)


def fielding(span: Span) -> Action | None:
    m = span.match(_FIELD_OF)
    if m is None:
        return None
    what = said_in(span, m, "what", "what2", "what3", "what4")
    if topic_of(what.bare) in ("alarms and timers", "smart home", "volume"):
        return OutOfScope(topic=topic_of(what.bare))
    if (
        re.match(r"an?\b", what.bare)
        or _REMINDED.match(span.bare)
        or (_MADE.match(span.bare) and not target_is_exact(what))
    ):
        return None
    return timed(what, said_in(span, m, "to", "to2", "to3", "to4"))


_CREATING = pattern(
    r"(?:set|schedule|make|put)\s+(?:up\s+)?(?:an?|another|new|the (?:alarm|timer))\b|make (?:sure|it)\b"
    r"|set (?:the |my )?(?:alarms?|timers?|reminders?)\b|schedule\b(?!\s+(?:task|item|it|that|this"
    r"|#)?\s*#?(?:\d|it\b|that\b))"
)


_MOVED_TO = pattern(
    r"\s(?:(?:forward|back|up|off|out|over|due)\s+)*(?:to be|to|until|till|for|by|on|at|is|due|due on"
    r"|due by|due at)?\s*(?:the\s+)?\Z"
)
_TO_FIRST = pattern(r"(?:to|until|till|for|by|on|at|due)\b")


def moving(span: Span) -> Action | None:
    if not span.match(_CREATING) and (m := span.match(_MOVE)) is not None:
        action = _moved(span, m)
        if action is not None:
            return None if isinstance(action, Clarify) else action
    return _listed(span)


def _moved(span: Span, m: re.Match[str]) -> Action | None:
    """Moved to the last moment named; the words before it may name one too ("move friday's meeting to monday")."""
    bare = span.reading.bare
    for n in reversed(span.named()):
        link = _MOVED_TO.search(bare[m.start("what") : n.start])
        if link is None and not _TO_FIRST.match(bare[n.start :]):
            continue
        what = span.to(m.start("what"), m.start("what") + link.start() if link else n.start)
        tail = span.to(start=n.start)
        joined = _joined_moment(span, n.start)
        if joined is not None:
            what, tail = joined[0].to(start=m.start("what")), joined[1]
        return _moved_to(span, what, tail, to=re.search(r"\bto\s*\Z", bare[: n.bare_start]) is not None)
    return None


def _moved_to(span: Span, what: Span, tail: Span, *, to: bool) -> Action | None:
    verb = span.bare.split(maxsplit=1)[0]
    topic = topic_of(what.bare)
    if topic == "alarms and timers":
        return OutOfScope(topic=topic)
    if topic and verb in ("set", "make", "put", "update", "schedule", "change") and not ADDRESSED.search(what.bare):
        return OutOfScope(topic=topic)
    loose = verb in ("make", "put", "schedule") or (verb == "set" and not to)
    if loose and not target_is_exact(what):
        return Clarify()
    return timed(unfrom(what), tail) if what.trimmed() else None


def _listed(span: Span) -> Action | None:
    m = span.fullmatch(_MOVE_TO_LIST)
    if m is None:
        return None
    name = span.group(m, "name").raw.strip()
    verb = span.bare.split(maxsplit=1)[0]
    what = span.group(m, "what")
    marks = find_marks(span)
    if marks.project:
        name = marks.project
    elif verb == "put" and re.match(
        r"(?:it|that|this|them|those)\s+(?:in|into|under)\s", what.reading.bare[what.start :]
    ):
        if clean_name(name) is None:
            return None
    elif verb not in ("move", "assign", "file") and not (span.has(m, "list") and target_is_exact(what)):
        return None
    if (
        verb == "change"
        or topic_of(span.bare) in ("money", "devices")
        or (not span.has(m, "list") and not marks.project and not target_is_exact(what) and len(name.split()) > 2)
    ):
        return None
    return update_of(what, project=clean_name(unquoted(name)) or unquoted(name))


def target_is_exact(what: Span) -> bool:
    """Whether a target is told by number, place or pronoun."""
    found = target(what)
    return found is not None and bool(found.ids or found.ordinals or found.pronoun)


def _joined_moment(span: Span, last: int) -> tuple[Span, Span] | None:
    """A day and a time said side by side ("to tomorrow at 5") as one: what comes before them, and both of them."""
    named = [n for n in span.named() if n.start <= last]
    if len(named) < 2:
        return None
    before, n = named[-2], named[-1]
    if not _gap(span.reading.bare[before.end : n.start]) or before.time_only == n.time_only:
        return None
    if re.match(r"to\b|until\b", span.reading.bare[n.start :]) or re.search(
        r"\b(?:to|until|till)\s+\Z", span.reading.bare[before.end : n.start]
    ):
        return None
    head = re.sub(
        r"\s(?:(?:forward|back|up|off|out|over|due)\s+)*(?:to be|to|until|till|for|by|on|at|is|due)?\s*\Z",
        "",
        span.reading.bare[span.start : before.start],
    )
    return span.to(end=span.start + len(head)), span.to(start=before.start)


def unfrom(what: Span) -> Span:
    """ "The date of the dentist from april 1" without where it was moved from."""
    named = what.named()
    if (
        named
        and (m := re.search(r"\s+from\s*\Z", what.reading.bare[what.start : named[-1].start]))
        and what.covered(named[-1]) is False
    ):
        return what.to(end=what.start + m.start())
    if named and re.match(r"from\b", what.reading.bare[named[-1].start :]):
        return what.to(end=named[-1].start)
    return what


def rescheduling(span: Span) -> Action | None:
    """A reschedule that does not say to when."""
    m = span.match(_RESCHEDULE)
    if m is None:
        return None
    if topic_of(m["what"]) and not ADDRESSED.search(m["what"]):
        return None
    found: Target | None = target(span.group(m, "what"))
    return Clarify(missing="time" if found else "target", action="update")
