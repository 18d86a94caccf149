"""Changes of a task: another title, another time, priority, tags, list, notes; and taking one of them away."""

import re

from kirotodo.core.language.intents.list_names import LIST_PHRASE
from kirotodo.core.language.intents.marks import LEVEL, level
from kirotodo.core.language.intents.prepared_text import Span, plain
from kirotodo.core.language.intents.reschedule import (
    ADDRESSED,
    fielding,
    moving,
    remaking,
    rescheduling,
    said_in,
    shifting,
    target_is_exact,
    timed,
    unfrom,
    update_of,
)
from kirotodo.core.language.intents.title_and_fields import unquoted
from kirotodo.core.language.intents.vocabulary import topic_of
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import Action, Clarify, Clearable, OutOfScope

_RENAME = pattern(
    r"(?:(?P<sure>rename|retitle|re-name|reword|call)|change(?! out)|edit|update|modify|alter|correct|fix"
    r"|replace(?=.+\swith\s)|set|make|turn)\s+"
    r"(?:the\s+)?(?:(?P<title>(?:title|name|text|wording|description)\s+(?:of|for|on)\s+)"
    r"|(?P<title2>(?=.+?(?:'s)?\s+(?:title|name)\s+to\b)))?(?P<what>.+?)(?:(?:'s)?\s+(?:title|name"
    r"|text))?\s+(?:(?:to say|to read|to be|to|as|into|(?<=\s)with(?=\s+(?:¤|\"|'))"
    r"|so (?:that )?it says)\b|:|->|=>|(?=¤|\"|'))\s*(?P<to>.+)",
    re.DOTALL,
)
_PRIORITY = pattern(
    rf"(?:set|change|make|mark|give|update|raise|lower|bump|flag|put|move|assign|increase|decrease"
    rf"|drop)\s+(?:the\s+|a\s+)?priority\s+(?:level\s+)?(?:of|for|on|to)\s+(?P<a>.+?)\s+(?:to|as|at|is"
    rf"|:)\s+(?P<al>{LEVEL})(?: priority)?[\s.!]*\Z"
    rf"|(?:set|change|make|mark|give|update|raise|lower|bump|flag|put|move|assign|increase|decrease|drop"
    rf"|label)\s+(?P<b>.+?)(?:'s priority)?\s+(?:(?:to be|to|as|at|a|an|is|priority|of"
    rf"|to a)\s+)*(?P<bl>{LEVEL})(?:est)?(?:[ -]priority)?[\s.!]*\Z"
    r"|(?P<up>prioriti[sz]e|star|flag)\s+(?P<c>.+)|(?P<down>de-?prioriti[sz]e|unstar|unflag)\s+(?P<d>.+)"
    rf"|(?P<e>.+?)(?:\s+is|'s)\s+(?:(?:a|an|now|very|really|super)\s+)*(?P<el>urgent|important|(?:high"
    rf"|low|medium|top)[ -]priority)[\s.!]*\Z"
    rf"|assign\s+(?P<fl>{LEVEL})\s+priority\s+to\s+(?P<f>.+)"
)
_TAG = pattern(
    r"(?:tag|label)\s+(?P<a>.+?)\s+(?:with|as|under|(?=#))\s*(?P<at>(?:#?[\w-]+)(?:\s*(?:,|and"
    r"|&)?\s*#?[\w-]+)*)[\s.!]*\Z"
    r"|(?:tag|label)\s+(?P<e>it|that|this|them|those|(?:task\s+)?#?\d+)\s+(?P<et>[\w-]+)[\s.!]*\Z"
    r"|(?:add|put|attach|give|apply)\s+(?:the\s+|a\s+|an\s+)?(?:(?:tags?"
    r"|labels?)\s+#?(?P<bt>[\w-]+)(?: tag)?|(?P<bh>#[\w-]+)(?: tag)?|(?P<bq>[\w-]+)\s+(?:tag"
    r"|label))\s+(?:to|on|for)\s+(?P<b>.+)"
    r"|(?:untag|unlabel)\s+(?P<c>.+?)(?:\s+(?:from|as)\s+|\s+(?=#))(?P<ct>#?[\w-]+)[\s.!]*\Z"
    r"|(?:remove|delete|drop|take off|take)\s+(?:the\s+)?(?:(?:tags?|labels?)\s+#?(?P<dt>(?!from|off"
    r"|of)[\w-]+)|(?P<dh>#[\w-]+)(?: tag)?|(?P<dq>[\w-]+)\s+(?:tag|label))\s+(?:from|off|off of|on"
    r"|of)\s+(?P<d>.+)"
)
_NOTE = pattern(
    r"(?:add|put|write|attach|leave|make|append)\s+(?:a\s+|the\s+|this\s+|some\s+)?(?:notes?|comment"
    r"|description|detail)\s+(?:to|on|for|about|in)\s+(?P<a>.+?)(?:\s*:\s*|\s+(?:saying|that says|to say"
    r"|that|which says|reading|with)\s+|\s+(?=\"|'))(?P<an>.+)"
    r"|(?:add|put|write)\s+(?P<bn>\"[^\"]+\"|'[^']+')\s+(?:to|as|in|on)\s+(?:the\s+|a\s+)?(?:notes?"
    r"|comment|description)\s+(?:of|for|to|on)\s+(?P<b>.+)"
    r"|(?:set|change|update|edit)\s+(?:the\s+)?(?:notes?|description)\s+(?:of|for"
    r"|on)\s+(?P<c>.+?)\s+(?:to|:)\s*(?P<cn>.+)"
    r"|(?:note|add)\s+(?:down\s+)?that\s+(?P<en>(?P<e>it|this|that)\s+(?:needs?|is|has|takes?|must|should|costs?)\b.+)"
    r"|note\s+on\s+(?P<d>.+?)\s*:\s*(?P<dn>.+)",
    re.DOTALL,
)
_CLEARABLE = (
    r"(?P<field>due dates?|due|deadlines?|dates?|times?|due times?|recurrence|repetition|repeat|repeats"
    r"|schedule|priority|priorities|project|category|tags|labels|all tags|notes?|description|reminders?"
    r"|reminder time)"
)
_CLEAR = pattern(
    rf"(?:remove|delete|clear|drop|unset|erase|take|cancel|get rid of|reset)\s+(?:off\s+"
    rf"|away\s+)?(?:the\s+|all\s+|any\s+)*{_CLEARABLE}\s+(?:from|of|on|for|off|off of)\s+(?P<what>.+)"
    r"|(?:remove|delete|clear|drop|unset|erase)\s+(?P<what6>its|their)\s+"
    rf"{_CLEARABLE.replace('field', 'field3')}[\s.!]*\Z"
    rf"|(?:remove|delete|clear|drop|unset"
    rf"|erase)\s+(?P<what2>.+?)(?:'s)\s+{_CLEARABLE.replace('field', 'field2')}[\s.!]*\Z"
    r"|(?P<stop>(?:stop|don'?t|do not|quit|no longer)\s+(?:repeating|repeat|recurring)"
    r"|stop\s+(?P<what4>.+?)\s+(?:from\s+)?(?:repeating|recurring))\s*(?P<what3>.*)"
    r"|(?:make|set|leave)\s+(?P<what5>.+?)\s+(?:have\s+)?(?P<undated>without (?:a )?(?:due )?date|undated"
    r"|unscheduled|no (?:due )?date|(?:to )?no (?:due )?date|not repeat(?:ing)?|to no deadline"
    r"|someday)[\s.!]*\Z"
)
_REPEAT = pattern(
    r"(?:make|set|have|let|change|repeat|schedule|update)\s+(?P<what>.+?)\s+(?:(?:to|be|as|a|an|it"
    r"|repeat(?:ing|ed)?|recur(?:ring)?|happen|reoccur(?:ring)?|recurrent|task|occur)\s+)*(?P<to>(?:every"
    r"|each|daily|weekly|monthly|yearly|annually|biweekly|bi-weekly|on (?:weekdays|weekends)|twice"
    r"|once)\b.*|(?:daily|weekly|monthly|yearly|annually))[\s.!]*\Z"
)
_FIELDS: dict[str, Clearable] = {
    "due": "due", "dead": "due", "date": "due", "time": "time", "sche": "due", "recu": "recurrence",
    "repe": "recurrence", "prio": "priority", "proj": "project", "cate": "project", "tags": "tags",
    "labe": "tags", "all ": "tags", "note": "notes", "desc": "notes", "remi": "remind",
}  # fmt: skip
_NEW = pattern(
    r"(?:up\s+)?(?:an?|another|new|(?:repeat|recurr)\w*|daily|weekly|monthly|events?|reminders?|meetings?"
    r"|appointments?)\b"
)
"""A thing without "the" or "my" is one to be made."""
_ELSEWHERE = pattern(r"(?:my|the|our)\s+(?:calendar|schedule|list|agenda|phone|diary)\b")
_YOURS = pattern(r"(?:your|ur)\b")
_LISTED = pattern(r"#\d|\b(?:tasks?|to-?dos?|todos?|reminders?|items?)\b|¤")


def changing(span: Span) -> list[Action] | None:
    """The change that a clause asks for; None where it asks for none."""
    if topic_of(span.bare) == "alarms and timers" and not _LISTED.search(span.bare):
        return None
    for rule in (
        remaking,
        _noting,
        _tagging,
        _clearing,
        _prioritising,
        _repeating,
        shifting,
        fielding,
        moving,
        _renaming,
        rescheduling,
    ):
        action = rule(span)
        if action is not None:
            return [action]
    return None


def _noting(span: Span) -> Action | None:
    m = span.match(_NOTE)
    if m is None:
        return None
    note = said_in(span, m, "an", "bn", "cn", "dn", "en")
    what = said_in(span, m, "a", "b", "c", "d", "e")
    return None if what.match(_ELSEWHERE) else update_of(what, notes=unquoted(plain(note.raw)))


def _tagging(span: Span) -> Action | None:
    m = span.match(_TAG)
    if m is None:
        return None
    removed = any(span.has(m, g) for g in "cd")
    said = said_in(span, m, "at", "bt", "bh", "bq", "ct", "dt", "dh", "dq", "et").raw
    tags = tuple(t for t in re.split(r"\s*(?:,|\band\b|&|\s)\s*", said.replace("#", " ").strip()) if t)
    what = said_in(span, m, "a", "b", "c", "d", "e")
    if not span.has(m, "bh") and span.has(m, "b") and not ADDRESSED.search(what.bare):
        return None
    return update_of(what, remove_tags=tags) if removed else update_of(what, add_tags=tags)


def _clearing(span: Span) -> Action | None:
    m = span.match(_CLEAR)
    if m is None:
        return None
    what = said_in(span, m, "what", "what2", "what4", "what5", "what6", "what3")
    if m["stop"] is not None or (m["undated"] or "").startswith("not rep"):
        return update_of(what, clear=frozenset({"recurrence"}))
    if m["undated"] is not None:
        return update_of(what, clear=frozenset({"due", "time"}))
    word = m["field"] or m["field2"] or m["field3"]
    if (
        word in ("schedule", "reminder", "reminders", "dates", "date", "notes", "note")
        and m["what6"] is None
        and not ADDRESSED.search(what.bare)
    ):
        return None
    if (
        word in ("reminder", "reminders")
        and m["what"] is not None
        and re.search(r"\bfor\s+\Z", span.reading.bare[span.start : m.start("what")])
    ):
        return None
    cleared = _FIELDS["due" if word.startswith("due") else word[:4]]
    return update_of(what, clear=frozenset({"due", "time"} if cleared == "due" else {cleared}))


def _prioritising(span: Span) -> Action | None:
    m = span.match(_PRIORITY)
    if m is None:
        return None
    what = said_in(span, m, "a", "b", "c", "d", "e", "f")
    word = m["al"] or m["bl"] or m["el"] or m["fl"] or ("high" if m["up"] else "none")
    if (
        (span.has(m, "e") or span.has(m, "b"))
        and not span.has(m, "a")
        and topic_of(what.bare)
        and not ADDRESSED.search(what.bare)
    ):
        return None
    if span.has(m, "b") and word in ("no", "low", "top", "normal") and "priority" not in span.bare:
        return None
    return update_of(what, priority=level(word.replace("-", " ")) or "high")


def _repeating(span: Span) -> Action | None:
    m = span.match(_REPEAT)
    if m is None:
        return None
    rule = next((n.rule for n in span.group(m, "to").named() if n.rule), None)
    what = span.group(m, "what")
    if rule is None or not ADDRESSED.search(what.bare) or _NEW.match(what.bare):
        return None
    return update_of(what, recurrence=rule)


def _renaming(span: Span) -> Action | None:
    m = span.match(_RENAME)
    if m is None:
        return None
    what, to = span.group(m, "what").trimmed(), span.group(m, "to").trimmed(" \t\r\n")
    if what.fullmatch(LIST_PHRASE) and re.match(r"(?:include|have|add|contain|show)\b", to.bare):
        return None
    verb = span.bare.split(maxsplit=1)[0]
    titled = span.has(m, "title") or (m["title2"] is not None)
    sure = (m["sure"] is not None and (verb != "call" or target_is_exact(what))) or titled
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
        and (action := timed(unfrom(what), to)) is not None
    ):
        return action
    title = plain(unquoted(to.trimmed(" \t\r\n,;.").raw if not to.in_quotes() else to.raw))
    if not title:
        return Clarify(missing="title", action="update")
    return update_of(what, title=title)
