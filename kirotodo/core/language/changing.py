"""Changes of a task: another title, another time, priority, tags, list, notes; and taking one of them away."""

import re
from dataclasses import replace
from typing import Any

from kirotodo.core.language.edges import merge, unquoted
from kirotodo.core.language.intent import Action, Clarify, Clearable, OutOfScope, Recurrence, Target, Update, When
from kirotodo.core.language.lists import clean_name
from kirotodo.core.language.marks import LEVEL, find_marks, level
from kirotodo.core.language.numbers_spoken import cardinal
from kirotodo.core.language.reading import Span, plain
from kirotodo.core.language.targets import target
from kirotodo.core.language.vocabulary import topic_of

_N = r"(?:an?|the|my|its|it'?s|their|his|her)?"
_FIELD = r"(?:due date|due time|due|deadline|date and time|date|time|day|start time|schedule|reminder)"
_UNIT = r"(?P<unit>minutes?|mins?|hours?|hrs?|days?|weeks?|fortnights?|months?)"
_COUNT = r"(?P<count>\d{1,3}|an?(?: couple(?: of)?| few)?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|half an|another)"

_SHIFT = re.compile(
    rf"(?:push|postpone|delay|move|shift|defer|put|snooze|bump|bring|reschedule|extend|set|pull)\s+(?P<what>.+?)(?:\s+(?:(?P<back>forward|up|earlier|sooner|ahead)|back|off|out|later|down))?(?:\s+(?:by|for|another))?\s+{_COUNT}(?:\s+more)?\s+{_UNIT}(?P<dir>\s+(?:earlier|sooner|forward|later|back|ahead|out))?[\s.!]*\Z"
    rf"|(?:push|postpone|delay|defer|snooze|bump|extend)\s+(?P<what2>.+?)(?:\s+(?:a|one)\s+)(?P<one>day|week|hour|month)(?:\s+later)?[\s.!]*\Z",
    re.DOTALL,
)
_MOVE = re.compile(
    r"(?:reschedule|move|push|postpone|delay|defer|shift|snooze|bump|bring|put off|put|slide|rebook|change|switch|set|pull|re-schedule|schedule|update|make)\s+(?P<what>.+?)\s+"
    rf"(?:(?:forward|back|up|off|out|over|due)\s+)*(?P<link>from\s+.+?\s+to|to be|to|until|till|for|by|on|at|is|due|back to|instead to|into)?\s*(?:be\s+)?(?:due\s+)?(?P<to>.+)",
    re.DOTALL,
)
_MOVE_TO_LIST = re.compile(
    r"(?:move|put|transfer|switch|assign|file|change|shift|send)\s+(?P<what>.+?)\s+(?:from\s+.+?\s+)?(?:over\s+)?(?:to|into|in|under|onto)\s+(?:project\s+)?(?:(?:the|my|our)\s+)?(?P<name>[+\w¤\"'& -]+?)(?P<list>\s+(?:list|project|category))?[\s.!]*\Z"
)
_RESCHEDULE = re.compile(
    r"(?:reschedule|postpone|snooze|push back|delay|move|re-schedule|defer|push)\s+(?P<what>.+)", re.DOTALL
)
_RENAME = re.compile(
    r"(?:(?P<sure>rename|retitle|re-name|reword|call)|change(?! out)|edit|update|modify|alter|correct|fix|replace(?=.+\swith\s)|set|make|turn)\s+"
    r"(?:the\s+)?(?:(?P<title>(?:title|name|text|wording|description)\s+(?:of|for|on)\s+)|(?P<title2>(?=.+?(?:'s)?\s+(?:title|name)\s+to\b)))?(?P<what>.+?)(?:(?:'s)?\s+(?:title|name|text))?\s+(?:(?:to say|to read|to be|to|as|into|(?<=\s)with(?=\s+(?:¤|\"|'))|so (?:that )?it says)\b|:|->|=>|(?=¤|\"|'))\s*(?P<to>.+)",
    re.DOTALL,
)
_FIELD_OF = re.compile(
    rf"(?:set|change|update|edit|move|make|add|put|give|modify|adjust|assign|push|extend|alter|correct)\s+(?:an?\s+|the\s+|my\s+)?(?:new\s+)?{_FIELD}\s+(?:of|for|on|to|from)\s+(?P<what>.+?)\s+(?:from\s+.+?\s+)?(?:to be|to|as|on|for|at|is|of|:)\s*(?P<to>.+)"
    rf"|(?:set|change|update|edit|modify|adjust|move|give)\s+(?P<what2>.+?)(?:'s)?\s+(?:an?\s+|the\s+)?{_FIELD}\s+(?:from\s+.+?\s+)?(?:to be|to|as|on|for|at|of|:)\s*(?P<to2>.+)"
    rf"|(?:set|make|give|mark)\s+(?P<what3>.+?)\s+(?:an?\s+|the\s+)?(?:{_FIELD}|to be due|be due)\s+(?:of|for|on|at|by|to)?\s*(?P<to3>.+)"
    r"|(?P<what4>.+?)\s+(?:is|are|should be|must be|has to be)\s+(?:now\s+)?due\s+(?:on\s+|at\s+|by\s+)?(?P<to4>.+)",
    re.DOTALL,
)
_PRIORITY = re.compile(
    rf"(?:set|change|make|mark|give|update|raise|lower|bump|flag|put|move|assign|increase|decrease|drop)\s+(?:the\s+|a\s+)?priority\s+(?:level\s+)?(?:of|for|on|to)\s+(?P<a>.+?)\s+(?:to|as|at|is|:)\s+(?P<al>{LEVEL})(?: priority)?[\s.!]*\Z"
    rf"|(?:set|change|make|mark|give|update|raise|lower|bump|flag|put|move|assign|increase|decrease|drop|label)\s+(?P<b>.+?)(?:'s priority)?\s+(?:(?:to be|to|as|at|a|an|is|priority|of|to a)\s+)*(?P<bl>{LEVEL})(?:est)?(?:[ -]priority)?[\s.!]*\Z"
    r"|(?P<up>prioriti[sz]e|star|flag)\s+(?P<c>.+)|(?P<down>de-?prioriti[sz]e|unstar|unflag)\s+(?P<d>.+)"
    rf"|(?P<e>.+?)(?:\s+is|'s)\s+(?:(?:a|an|now|very|really|super)\s+)*(?P<el>urgent|important|(?:high|low|medium|top)[ -]priority)[\s.!]*\Z"
    rf"|assign\s+(?P<fl>{LEVEL})\s+priority\s+to\s+(?P<f>.+)"
)
_TAG = re.compile(
    r"(?:tag|label)\s+(?P<a>.+?)\s+(?:with|as|under|(?=#))\s*(?P<at>(?:#?[\w-]+)(?:\s*(?:,|and|&)?\s*#?[\w-]+)*)[\s.!]*\Z"
    r"|(?:add|put|attach|give|apply)\s+(?:the\s+|a\s+|an\s+)?(?:(?:tags?|labels?)\s+#?(?P<bt>[\w-]+)(?: tag)?|(?P<bh>#[\w-]+)(?: tag)?|(?P<bq>[\w-]+)\s+(?:tag|label))\s+(?:to|on|for)\s+(?P<b>.+)"
    r"|(?:untag|unlabel)\s+(?P<c>.+?)(?:\s+(?:from|as)\s+|\s+(?=#))(?P<ct>#?[\w-]+)[\s.!]*\Z"
    r"|(?:remove|delete|drop|take off|take)\s+(?:the\s+)?(?:(?:tags?|labels?)\s+#?(?P<dt>(?!from|off|of)[\w-]+)|(?P<dh>#[\w-]+)(?: tag)?|(?P<dq>[\w-]+)\s+(?:tag|label))\s+(?:from|off|off of|on|of)\s+(?P<d>.+)"
)
_NOTE = re.compile(
    r"(?:add|put|write|attach|leave|make|append)\s+(?:a\s+|the\s+|this\s+|some\s+)?(?:notes?|comment|description|detail)\s+(?:to|on|for|about|in)\s+(?P<a>.+?)(?:\s*:\s*|\s+(?:saying|that says|to say|that|which says|reading|with)\s+|\s+(?=\"|'))(?P<an>.+)"
    r"|(?:add|put|write)\s+(?P<bn>\"[^\"]+\"|'[^']+')\s+(?:to|as|in|on)\s+(?:the\s+|a\s+)?(?:notes?|comment|description)\s+(?:of|for|to|on)\s+(?P<b>.+)"
    r"|(?:set|change|update|edit)\s+(?:the\s+)?(?:notes?|description)\s+(?:of|for|on)\s+(?P<c>.+?)\s+(?:to|:)\s*(?P<cn>.+)"
    r"|note\s+on\s+(?P<d>.+?)\s*:\s*(?P<dn>.+)",
    re.DOTALL,
)
_CLEARABLE = r"(?P<field>due dates?|due|deadlines?|dates?|times?|due times?|recurrence|repetition|repeat|repeats|schedule|priority|priorities|project|category|tags|labels|all tags|notes?|description|reminders?|reminder time)"
_CLEAR = re.compile(
    rf"(?:remove|delete|clear|drop|unset|erase|take|cancel|get rid of|reset)\s+(?:off\s+|away\s+)?(?:the\s+|all\s+|any\s+)*{_CLEARABLE}\s+(?:from|of|on|for|off|off of)\s+(?P<what>.+)"
    rf"|(?:remove|delete|clear|drop|unset|erase)\s+(?P<what2>.+?)(?:'s)\s+{_CLEARABLE.replace('field', 'field2')}[\s.!]*\Z"
    r"|(?P<stop>(?:stop|don'?t|do not|quit|no longer)\s+(?:repeating|repeat|recurring)|stop\s+(?P<what4>.+?)\s+from\s+(?:repeating|recurring))\s*(?P<what3>.*)"
    r"|(?:make|set|leave)\s+(?P<what5>.+?)\s+(?:have\s+)?(?P<undated>without (?:a )?(?:due )?date|undated|unscheduled|no (?:due )?date|(?:to )?no (?:due )?date|not repeat(?:ing)?|to no deadline|someday)[\s.!]*\Z"
)
_REPEAT = re.compile(
    r"(?:make|set|have|let|change|repeat|schedule|update)\s+(?P<what>.+?)\s+(?:(?:to|be|as|a|an|it|repeat(?:ing|ed)?|recur(?:ring)?|happen|reoccur(?:ring)?|recurrent|task|occur)\s+)*(?P<to>(?:every|each|daily|weekly|monthly|yearly|annually|biweekly|bi-weekly|on (?:weekdays|weekends)|twice|once)\b.*|(?:daily|weekly|monthly|yearly|annually))[\s.!]*\Z"
)
_FIELDS: dict[str, Clearable] = {
    "due": "due", "dead": "due", "date": "due", "time": "time", "due t": "time", "recu": "recurrence", "repe": "recurrence", "sche": "due",
    "prio": "priority", "proj": "project", "cate": "project", "tags": "tags", "labe": "tags", "all ": "tags", "note": "notes", "desc": "notes",
    "remi": "remind",
}  # fmt: skip
_MINUTES = {"m": 1, "h": 60}
_DAYS = {"d": 1, "w": 7, "f": 14, "mo": 30}
_YOURS = re.compile(r"(?:your|ur)\b")
_LISTED = re.compile(r"#\d|\b(?:tasks?|to-?dos?|todos?|reminders?|items?)\b|¤")
_ADDRESSED = re.compile(
    r"#?\d|\b(?:tasks?|items?|to-?dos?|todos?|reminders?|events?|meetings?|appointments?|calls?|it|that|this|them|those|one|ones)\b|¤"
)


def changing(span: Span) -> list[Action] | None:
    """The change that a clause asks for; None where it asks for none."""
    if topic_of(span.bare) == "alarms and timers" and not _LISTED.search(span.bare):
        return None
    for rule in (
        _noting,
        _tagging,
        _clearing,
        _prioritising,
        _repeating,
        _shifting,
        _fielding,
        _moving,
        _renaming,
        _rescheduling,
    ):
        action = rule(span)
        if action is not None:
            return [action]
    return None


def _update(what: Span, **fields: Any) -> Action | None:
    found = target(_possessive(what))
    if found is None:
        return Clarify(missing="target", action="update")
    return Update(target=found, **fields)


def _possessive(what: Span) -> Span:
    what = what.trimmed()
    return what.to(end=what.end - 2) if what.bare.endswith("'s") and not what.in_quotes() else what


def _pick(span: Span, m: re.Match[str], *groups: str) -> Span:
    return span.group(m, next((g for g in groups if span.has(m, g)), 0))


def _noting(span: Span) -> Action | None:
    m = span.match(_NOTE)
    if m is None:
        return None
    note = _pick(span, m, "an", "bn", "cn", "dn")
    return _update(_pick(span, m, "a", "b", "c", "d"), notes=unquoted(plain(note.raw)))


def _tagging(span: Span) -> Action | None:
    m = span.match(_TAG)
    if m is None:
        return None
    removed = any(span.has(m, g) for g in "cd")
    said = _pick(span, m, "at", "bt", "bh", "bq", "ct", "dt", "dh", "dq").raw
    tags = tuple(t for t in re.split(r"\s*(?:,|\band\b|&|\s)\s*", said.replace("#", " ").strip()) if t)
    what = _pick(span, m, "a", "b", "c", "d")
    if not span.has(m, "bh") and span.has(m, "b") and not _ADDRESSED.search(what.bare):
        return None
    return _update(what, remove_tags=tags) if removed else _update(what, add_tags=tags)


def _clearing(span: Span) -> Action | None:
    m = span.match(_CLEAR)
    if m is None:
        return None
    what = _pick(span, m, "what", "what2", "what4", "what5", "what3")
    if m["stop"] is not None or (m["undated"] or "").startswith("not rep"):
        return _update(what, clear=frozenset({"recurrence"}))
    if m["undated"] is not None:
        return _update(what, clear=frozenset({"due", "time"}))
    word = m["field"] or m["field2"]
    if word in ("schedule", "reminder", "reminders", "dates", "date", "notes", "note") and not _ADDRESSED.search(
        what.bare
    ):
        return None
    if (
        word in ("reminder", "reminders")
        and m["what"] is not None
        and re.search(r"\bfor\s+\Z", span.reading.bare[span.start : m.start("what")])
    ):
        return None
    cleared = _FIELDS.get(word[:5]) or _FIELDS[word[:4] if word[:3] != "due" else "due"]
    return _update(what, clear=frozenset({"due", "time"} if cleared == "due" else {cleared}))


def _prioritising(span: Span) -> Action | None:
    m = span.match(_PRIORITY)
    if m is None:
        return None
    what = _pick(span, m, "a", "b", "c", "d", "e", "f")
    word = m["al"] or m["bl"] or m["el"] or m["fl"] or ("high" if m["up"] else "none")
    if (
        (span.has(m, "e") or span.has(m, "b"))
        and not span.has(m, "a")
        and topic_of(what.bare)
        and not _ADDRESSED.search(what.bare)
    ):
        return None
    if span.has(m, "b") and word in ("no", "low", "top", "normal") and "priority" not in span.bare:
        return None
    return _update(what, priority=level(word.replace("-", " ")) or "high")


def _repeating(span: Span) -> Action | None:
    m = span.match(_REPEAT)
    if m is None:
        return None
    rule = next((n.rule for n in span.group(m, "to").named() if n.rule), None)
    what = span.group(m, "what")
    if rule is None or not _ADDRESSED.search(what.bare) or re.match(r"an?\b", what.bare):
        return None
    return _update(what, recurrence=rule)


def _shifting(span: Span) -> Action | None:
    m = span.match(_SHIFT)
    if m is None or re.search(r"\b(?:in|to|until|till|on|for|at)\s*\Z", m["what"] or ""):
        return None
    unit = m["unit"] or m["one"]
    count = 0.5 if m["count"] == "half an" else _count(m["count"]) if m["count"] else 1
    sign = -1 if m["back"] or (m["dir"] or "").strip() in ("earlier", "sooner", "forward", "ahead") else 1
    what = _pick(span, m, "what", "what2")
    minutes = _MINUTES.get(unit[0]) if unit[:2] != "mo" else None
    if minutes is not None:
        return _update(what, shift_minutes=sign * int(count * minutes))
    return _update(what, shift_days=sign * int(count * _DAYS["mo" if unit[:2] == "mo" else unit[0]]))


def _count(word: str) -> int:
    if "couple" in word:
        return 2
    return 3 if "few" in word else cardinal(word) or 1


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
            r"[\s,.!]*(?:(?:to|at|on|the|by|from|until|instead|please|for|in|be|due|of|a|and|now|thanks|is|time)\b[\s,.!]*)*",
            words,
        )
        is not None
    )


def _timed(what: Span, to: Span) -> Action | None:
    moment = _time_of(to)
    if moment is None:
        return None
    when, time_only, rule = moment
    fields: dict[str, Any] = {"when": when, "time_only": time_only}
    return _update(what, **fields, recurrence=rule) if rule else _update(what, **fields)


def _fielding(span: Span) -> Action | None:
    m = span.match(_FIELD_OF)
    if m is None:
        return None
    what = _pick(span, m, "what", "what2", "what3", "what4")
    if topic_of(what.bare) in ("alarms and timers", "smart home", "volume"):
        return OutOfScope(topic=topic_of(what.bare))
    return _timed(what, _pick(span, m, "to", "to2", "to3", "to4"))


_CREATING = re.compile(
    r"(?:set|schedule|make|put)\s+(?:up\s+)?(?:an?|another|new|the (?:alarm|timer))\b|make (?:sure|it)\b|set (?:the |my )?(?:alarms?|timers?|reminders?)\b|schedule\b(?!\s+(?:task|item|it|that|this|#)?\s*#?(?:\d|it\b|that\b))"
)


def _moving(span: Span) -> Action | None:
    if (m := span.match(_MOVE)) is not None and not span.match(_CREATING):
        bare = span.reading.bare
        # the words before the last named moment may themselves name one: "move friday's meeting to monday"
        for n in reversed(span.named()):
            tail = span.to(start=n.start)
            link = re.search(
                r"\s(?:(?:forward|back|up|off|out|over|due)\s+)*(?:to be|to|until|till|for|by|on|at|is|due|due on|due by|due at)?\s*(?:the\s+)?\Z",
                bare[m.start("what") : n.start],
            )
            linked = link if link else re.search(r"\s\Z", bare[m.start("what") : n.start])
            starts_linked = re.match(r"(?:to|until|till|for|by|on|at|due)\b", bare[n.start :]) is not None
            if not (linked or starts_linked):
                continue
            what_end = m.start("what") + (linked.start() if linked else n.start - m.start("what"))
            what = span.to(m.start("what"), what_end)
            joined = _joined_moment(span, n.start)
            if joined is not None:
                what, tail = joined[0].to(start=m.start("what")), joined[1]
            verb = re.match(r"\w+", span.bare)
            if (
                verb
                and verb[0] in ("set", "make", "put", "update", "schedule", "change")
                and not _ADDRESSED.search(what.bare)
                and topic_of(what.bare)
            ):
                return OutOfScope(topic=topic_of(what.bare))
            if verb and verb[0] in ("set", "make", "put", "schedule") and not target_is_exact(what):
                if verb[0] != "set" or not re.search(r"\bto\s*\Z", bare[: n.bare_start]):
                    return None
            if topic_of(what.bare) in ("alarms and timers",):
                return OutOfScope(topic="alarms and timers")
            if what.trimmed() and (action := _timed(_unfrom(what), tail)) is not None:
                return action
            break
    m = span.fullmatch(_MOVE_TO_LIST)
    if m is None:
        return None
    name = span.group(m, "name").raw.strip()
    verb = span.bare.split(maxsplit=1)[0]
    what = span.group(m, "what")
    marks = find_marks(span)
    if marks.project:
        name = marks.project
    elif verb not in ("move", "assign", "file") and not (span.has(m, "list") and target_is_exact(what)):
        return None
    if (
        verb == "change"
        or topic_of(span.bare) in ("money", "devices")
        or (not span.has(m, "list") and not marks.project and not target_is_exact(what) and len(name.split()) > 2)
    ):
        return None
    return _update(what, project=clean_name(unquoted(name)) or unquoted(name))


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


def _unfrom(what: Span) -> Span:
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


def _renaming(span: Span) -> Action | None:
    m = span.match(_RENAME)
    if m is None:
        return None
    what, to = span.group(m, "what").trimmed(), span.group(m, "to").trimmed(" \t\r\n")
    verb = span.bare.split(maxsplit=1)[0]
    titled = span.has(m, "title") or (m["title2"] is not None)
    sure = m["sure"] is not None and (verb != "call" or target_is_exact(what)) or titled
    exact = target_is_exact(what)
    if _YOURS.match(what.bare) or re.match(r"(?:you|me|us)\b", what.bare):
        return OutOfScope(topic=None)
    if (
        not sure
        and verb in ("set", "make", "turn", "fix", "correct", "replace", "modify", "alter")
        and not exact
        and not to.in_quotes()
    ):
        return None
    if not (sure or exact) and (topic := topic_of(what.bare)) is not None:
        return OutOfScope(topic=topic)
    if (
        not (sure or exact)
        and not to.in_quotes()
        and not span.has(m, "title")
        and verb not in ("change", "edit", "update", "call")
    ):
        return None
    if (
        not to.in_quotes()
        and not titled
        and verb not in ("rename", "retitle", "reword")
        and (action := _timed(_unfrom(what), to)) is not None
    ):
        return action
    title = plain(unquoted(to.trimmed(" \t\r\n,;.").raw if not to.in_quotes() else to.raw))
    if not title:
        return Clarify(missing="title", action="update")
    return _update(what, title=title)


def _rescheduling(span: Span) -> Action | None:
    """A reschedule that does not say to when."""
    m = span.match(_RESCHEDULE)
    if m is None:
        return None
    if topic_of(m["what"]) and not _ADDRESSED.search(m["what"]):
        return None
    found: Target | None = target(span.group(m, "what"))
    return Clarify(missing="time" if found else "target", action="update")
