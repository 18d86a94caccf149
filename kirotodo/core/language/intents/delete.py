"""Deletions: one task, several, all of a list, a list itself; as a command or of the thing ("… is not needed")."""

import re
from collections.abc import Iterable
from dataclasses import replace

from kirotodo.core.language.intents.filters import narrow
from kirotodo.core.language.intents.list_names import LIST, WHOLE_LIST, WORD, clean_name, list_name
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.intents.targets import is_event, target
from kirotodo.core.language.intents.vocabulary import OWNER, topic_of
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import (
    Action,
    Clarify,
    Clear,
    Complete,
    Delete,
    DeleteList,
    OutOfScope,
    Scope,
    Update,
)

_DELETE = pattern(
    r"(?:(?P<sure>remove|delete|erase|eliminate|discard|get rid of|rid|scrap|ditch|trash|unschedule"
    r"|destroy|throw (?:away|out)|toss out|nix|axe|nuke|zap|expunge|omit|retract|obliterate|forget(?: about)?"
    r"|uncalendar"
    r"|dismiss|delist|void|do away with|take away|stop reminding me(?: to| about| of)?)"
    r"|(?P<maybe>cancel|drop|kill|scratch|strike|clear|wipe|clean|blank|empty|reset|purge|dump|take|cut|free(?= up)"
    r"|get(?=.+\boff\b)|pull(?! up)|undo|call off|cross)(?P<out>\s+(?:out|off|away|up|down))?)"
    r"\b(?:\s+(?:off|out|away|up)\b(?!\s+of))?(?:\s+(?P<what>.+))?",
    re.DOTALL,
)
_OFF = pattern(
    rf"(?P<what>.+?)\s+(?:off|out|away)(?:\s+of|\s+from)?(?:\s+(?:{LIST}|(?P<place>(?:the"
    rf"|my)\s+\w+)))?[\s.!,]*(?P<rest>.*)\Z",
    re.DOTALL,
)
_EMPTY_VERB = pattern(r"(?:clear|free|wipe|blank|empty|reset|purge|clean|erase|cancel|dump)\b")
_WHOLE = pattern(
    rf"(?:(?:out|off|up|away|entire|whole|all|of|everything|every|each|all the"
    rf"|the rest of)\s+)*(?:(?:all\s+(?:of\s+)?|everything\s+|every\s*(?:thing|single (?:item|task))\s+"
    rf"|(?:the |my )?(?:contents?|items|things|tasks|events)\s+(?:that (?:is|are)\s+)?)?(?:on|in|from|off"
    rf"|of|out of)\s+)?(?:of\s+)?{WHOLE_LIST}(?P<rest>.*)\Z",
    re.DOTALL,
)
_GONE = (
    r"(?:cleared|removed|deleted|cancell?ed|erased|emptied|wiped|blanked|taken (?:off|out)|crossed (?:off"
    r"|out)|scratched(?: off)?|"
    r"struck|gone|off(?= (?:of )?(?:my|the|our)\b)|cleaned out|taken)(?: (?:off|out|up|clean|away))*"
)
_NEED_CLEAR = pattern(
    rf"(?:(?:i|we)(?:'d| would| really)*\s*(?:need|want|like|prefer)\s+(?:to (?:have|get"
    rf"|see)\s+)?(?P<wanted>.+?)\s+(?:to (?:be|come)\s+)?{_GONE}"
    rf"|(?:please\s+)?(?:make sure|ensure)(?: that)?\s+(?P<sure>.+?)\s+(?:is|are|gets?)\s+(?:not\b"
    rf"|no longer\b|{_GONE})(?=\s+(?:on|from|off|of|in)\b)"
    rf"|(?:have|get)\s+(?P<had>.+?)\s+{_GONE}(?=\s+(?:of|from|off|on)\b)"
    rf"|(?P<what>.+?)\s+(?:(?:needs?|has|have|ought) to|should|must|can|could"
    rf"|may)\s+(?:now\s+)?(?:be\s+{_GONE}|come off|go(?= from| off|[\s.!]*\Z))"
    r"|(?P<unneeded>.+?)\s+(?:is|are)\s+(?:no longer needed|not needed(?: any ?more)?|no longer necessary"
    r"|cancell?ed))(?P<rest>(?:[\s.!].*)?)\Z",
    re.DOTALL,
)
_START_OVER = pattern(
    r"(?:start|begin)\s+(?:my|the|our)\s+(?:[\w'-]+\s+){0,3}?(?:lists?|to-?dos?|todos?|calendar"
    r"|schedule)\s+(?:over|again|anew|fresh|from scratch)"
    r"|(?:make|leave|set)\s+(?:my|the|our)\s+(?:[\w'-]+\s+){0,3}?(?:lists?|to-?dos?|todos?|calendar"
    r"|schedule)\s+(?:to be\s+)?(?:empty|blank|clear)\b"
)
_UNNEEDED = pattern(
    rf"(?:i|we)\s+(?:don'?t|do not|no longer|didn'?t|won'?t|will not|am not"
    rf"|'m not)\s*(?:really\s+)?(?:need|want|have)?\s*(?:to\s+(?P<verb>have|do|attend|go to|buy|see|get"
    rf"|keep)\s+)?(?P<what>.+?)\s*(?:(?:on|in)\s+{LIST})?\s*(?:any ?more|any longer"
    rf"|now)?(?P<rest>(?:[.,;!]|\s+so\b).*)?\Z",
    re.DOTALL,
)
_NAMED_LAST = pattern(rf"(?:from|off|off of|on|in|out of)\s+{LIST}\s*[,:]?\s+(?P<what>.+)", re.DOTALL)
""" "Remove from my shopping list the chips"."""
_REMINDER_OF = pattern(
    r"(?:(?:the|my|that|this|an?|your)\s+)?(?:reminders?|notifications?|alerts?)\s+(?:i (?:have|set)\s+)?(?:to|about"
    r"|for(?! (?:today"
    r"|tomorrow|this|next|the (?:day|week))\b)|of|that)\s+(?P<what>.+)",
    re.DOTALL,
)
_BARE_KIND = pattern(r"(?:an?\s+|the\s+|one\s+)?(?:reminder|calendar event|event|task|item|entry|appointment reminder)")
_DAY_ON = pattern(rf"(?P<day>.+?)\s+(?:on|in|off|from)\s+{LIST}")
_MY_DAY = pattern(r"(?:my|the|our|all of|all)\s+(?P<day>.+)")
_THE_REMINDER = pattern(
    r"(?:my|the|that)\s+(?P<what>(?!(?:last|next|first|daily|weekly|old|new|current|previous|whole"
    r"|entire)\b)[\w']+(?: [\w']+){0,2})\s+reminder"
)
NEVER_OURS = pattern(
    r"\b(?:memberships?|subscriptions?|browser|history|cookies|cache|virus|stains?|ads|my account|app|apps|photos?"
    r"|pictures?|texts?|text messages?|files?|folders?|documents?|contacts?|phone number|queue|playlists?"
    r"|from the queue|dark mode|payment methods?)\b|\A(?:(?:my|the|that|this|an?)\s+)?(?:\w+ )?(?:orders?"
    r"|applications?|bookings?|payments?"
    r"|purchases?|polic(?:y|ies)|requests?|claims?|contracts?|tickets?)\Z"
)
TASKED = pattern(r"\b(?:tasks?|to-?dos?|reminders?|items?|events?|meetings?|appointments?)\b|#|¤")
_DROP_IT = pattern(r"(?:remove|delete|take|cancel|cross|drop|erase)\s+(?:it|that|them)\b")
_LISTS = pattern(
    rf"(?:an?|the|my|one of my|this|that|all (?:of )?(?:my"
    rf"|the))?\s*(?P<name>(?:{WORD}\s+){{0,3}}?)(?:lists?|project)(?:\s+(?:of|for|called"
    rf"|named)\s+(?P<of>.+?))?(?:\s+(?:from|out of|off)\s+.*lists?)?[\s.!]*\Z"
)
_COMPLETED = pattern(
    r"(?:all\s+(?:of\s+)?)?(?:the|my)?\s*(?:completed|finished|done)(?:\s+(?:tasks?|items?|to-?dos?"
    r"|todos?|things?|ones?|stuff))?\Z"
)
_OUTSIDE_DELETE = ("alarms and timers", "music", "messages", "travel", "devices", "volume", "smart home")


def said_of(span: Span, m: re.Match[str], groups: Iterable[str]) -> Span:
    return span.group(m, next((g for g in groups if span.has(m, g)), 0))


def deleting(span: Span, before: Span | None) -> Action | None:
    if (m := span.fullmatch(_NEED_CLEAR)) is not None:
        return _gone(span, m)
    if span.match(_START_OVER):
        return Clear(scope=narrow(span).scope)
    if (m := span.fullmatch(_UNNEEDED)) is not None:
        rest = span.group(m, "rest").bare
        here = LISTED.search(span.bare) is not None and re.search(
            r"\b(?:need|want)\b", span.bare[: m.start("what") - span.start]
        )
        if (here or re.search(r"\b(?:any ?more|any longer|no longer)\b", span.bare)) and (
            LISTED.search(span.reading.bare)
            or _DROP_IT.search(rest)
            or is_event(m["what"])
            or TASKED.search(m["what"])
            or span.group(m, "what").match(_REMINDER_OF)
        ):
            if (lists := span.group(m, "what").fullmatch(_LISTS)) is not None and not lists["of"]:
                return DeleteList(name=clean_name(lists["name"]) if lists["name"] else None)
            if (said := span.group(m, "what").match(_REMINDER_OF)) is not None:
                found = target(span.group(said, "what"))
                return Delete(target=found) if found else None
            found = target(span.group(m, "what").to(end=_before_reason(span, m)))
            return Delete(target=found) if found else None
        return None
    m = span.match(_DELETE)
    if m is None:
        return None
    verb = m["sure"] or m["maybe"]
    what = span.group(m, "what")
    if not what.trimmed():
        return Clarify(missing="target", action="delete") if m["sure"] or verb in ("cancel", "clear", "drop") else None
    if verb in ("reset", "blank", "purge", "empty") and not (LISTED.search(what.bare) or TASKED.search(what.bare)):
        return None
    if verb in ("take", "get", "pull", "strike", "cut", "cross", "scratch", "drop", "clean", "undo", "kill", "dump"):
        return _taken(span, m, what)
    if verb.startswith("stop"):
        found = target(what)
        return (
            Update(target=found, clear=frozenset({"remind"})) if found else Clarify(missing="target", action="update")
        )
    if verb == "forget":
        listed = LISTED.search(what.bare) or re.search(r"#?\d|\btasks?\b|\breminders?\b", what.bare)
        if not listed:
            return None
    return _deleted(span, what, clearing=_EMPTY_VERB.match(span.bare) is not None)


def _gone(span: Span, m: re.Match[str]) -> Action | None:
    """ "I need milk taken off my list", "my list should be emptied": said of the thing, not as a command."""
    what = said_of(span, m, ["what", "wanted", "sure", "had", "unneeded"])
    rest = span.group(m, "rest")
    listed = LISTED.search(what.bare) or LISTED.search(rest.bare)
    if not listed and not is_event(what.bare) and not re.search(r"#?\d|\btasks?\b|\breminders?\b", what.bare):
        return None
    if topic_of(what.bare) == "alarms and timers":
        return None
    action = _deleted(span, what, clearing=listed is not None and LISTED.fullmatch(what.trimmed().bare) is not None)
    if isinstance(action, Delete) and rest.trimmed():
        scope = narrow(rest).scope
        action = replace(
            action,
            target=replace(
                action.target, scope=replace(action.target.scope, project=action.target.scope.project or scope.project)
            ),
        )
    return action


_OFF_FIRST = pattern(r"\w+\s+(?:off|out|away)\b")
LISTED = pattern(
    rf"(?:{OWNER})\s+(?:[\w'-]+\s+){{0,3}}(?:lists?|calendars?|calenders?|agenda|schedule|diary|planner"
    rf"|to-?dos?|to do|reminders)\b|\b(?:to|from|off|on|in|of)\s+(?:\w+\s+)?(?:list|calendar|calender"
    rf"|schedule|agenda|lists)\b"
)


def _before_reason(span: Span, m: re.Match[str]) -> int:
    what = span.group(m, "what")
    cut = re.search(r"\s*[,;]\s*|\s+so\b", what.bare)
    end = what.start + cut.start() if cut else what.end
    more = re.search(r"\s+(?:any ?more|any longer)", span.reading.bare[what.start : end])
    return what.start + more.start() if more else end


def _taken(span: Span, m: re.Match[str], what: Span) -> Action | None:
    """ "Take milk off the list", "scratch 3", "cross it off": verbs that need a list, a number or an event."""
    off = span.to(start=what.start).fullmatch(_OFF)
    verb = m["maybe"]
    listed = LISTED.search(what.bare) is not None or (
        _OFF_FIRST.match(span.bare) is not None and LISTED.search(span.reading.bare) is not None
    )
    inner = span.group(off, "what") if off else what
    if off is not None and span.has(off, "place") and not listed:
        off = None
        inner = what
    found = target(what if listed and not off else inner)
    if found is None:
        return _deleted(span, what, clearing=False) if listed else None
    ours = (
        listed
        or found.ids
        or found.pronoun
        or found.ordinals
        or (is_event(inner.bare) and (verb not in ("take", "get", "clean", "pull") or _OFF_FIRST.match(span.bare)))
        or found.everything
    )
    if not ours:
        return None
    if off is not None and listed:
        scope = narrow(what).scope
        found = replace(found, scope=replace(scope, priority=found.scope.priority))
    if verb == "cross":
        return Complete(target=found)
    if found.everything:
        return Clear(scope=found.scope)
    return Delete(target=found)


def _deleted(span: Span, what: Span, *, clearing: bool) -> Action | None:
    what = what.trimmed(" \t\r\n,;:.!-")
    if _COMPLETED.fullmatch(what.bare):
        return Clear(scope=Scope(status="completed"))
    if _BARE_KIND.fullmatch(what.bare):
        return Clarify(missing="target", action="delete")
    if (
        clearing
        and what.search(LISTED)
        and (rest := what.match(_DAY_ON))
        and span.group(rest, "day").trimmed().all_named()
    ):
        return Clear(scope=narrow(what).scope)
    day = what.match(_MY_DAY) if clearing and not span.bare.startswith("cancel") else None
    if day is not None and span.group(day, "day").trimmed().all_named() and not _clocksaid_of(span.group(day, "day")):
        return Clear(scope=narrow(span.group(day, "day")).scope)
    if (said := what.match(_REMINDER_OF)) is not None and (reminded := target(span.group(said, "what"))) is not None:
        return Delete(target=reminded)
    if (named := what.fullmatch(_THE_REMINDER)) is not None and (
        inner := target(span.group(named, "what"))
    ) is not None:
        return Delete(target=inner)
    whole = what.fullmatch(_WHOLE)
    if whole is not None and not re.match(r"\s*(?:item|event|task)", span.group(whole, "rest").bare):
        return _whole(span, what, whole, clearing=clearing)
    if (lists := what.fullmatch(_LISTS)) is not None:
        name = span.group(lists, "of" if span.has(lists, "of") else "name").raw.strip()
        return DeleteList(name=clean_name(name) if name else None)
    if (kept := what.fullmatch(_NAMED_LAST)) is not None and (inner := target(span.group(kept, "what"))) is not None:
        return Delete(target=replace(inner, scope=replace(inner.scope, project=list_name(span, kept))))
    topic = topic_of(what.bare)
    if NEVER_OURS.search(what.bare) and not LISTED.search(what.bare) and not TASKED.search(what.bare):
        return OutOfScope(topic=topic)
    if topic in _OUTSIDE_DELETE and not LISTED.search(what.bare) and not TASKED.search(what.bare):
        return OutOfScope(topic=topic)
    found = target(what)
    if found is None:
        return Clarify(missing="target", action="delete")
    if found.everything:
        if found.plural:
            return Clear(scope=found.scope)
        return Delete(target=found) if _dated(found.scope) else Clarify(missing="target", action="delete")
    return Delete(target=found)


def _dated(scope: Scope) -> bool:
    return scope.due is not None or scope.due_from is not None or scope.part is not None or scope.time is not None


def _clocksaid_of(span: Span) -> bool:
    return all(n.time_only for n in span.named())


def _whole(span: Span, what: Span, m: re.Match[str], *, clearing: bool) -> Action | None:
    name = list_name(span, m)
    rest = span.group(m, "rest").trimmed()
    scope = narrow(rest).scope if rest else Scope()
    everything = (
        re.match(
            r"(?:all|every|everything|contents?|the (?:items?|tasks?|things|rest|contents?)|items|tasks)\b", what.bare
        )
        is not None
    )
    is_list = re.search(r"\blist\b|\bproject\b", what.bare[: m.end() - what.start]) is not None
    if re.search(r"\blists\b", what.bare) and not everything and not clearing:
        return DeleteList(name=name)
    if is_list and name and not clearing and not everything and not rest:
        return DeleteList(name=name)
    if is_list and not name and re.match(r"(?:a|one|this|that)\b", what.bare) and not clearing:
        return DeleteList(name=None)
    return Clear(scope=replace(scope, project=scope.project or name))
