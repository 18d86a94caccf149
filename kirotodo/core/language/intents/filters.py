"""What a question or a command narrows beside its words: when, which list, which tag, how urgent, how done."""

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from typing import Literal

from kirotodo.core.domain.task import Priority
from kirotodo.core.language.intents.list_names import LIST, WORD, list_name
from kirotodo.core.language.intents.marks import LEVEL, find_marks, level
from kirotodo.core.language.intents.prepared_text import Named, Span
from kirotodo.core.language.intents.vocabulary import OWNER, PLACES
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import DayPart, Preferences, Scope, When

_LIST = pattern(
    rf"(?<![\w'-])(?:(?:that (?:is|are|i have|i had)|which (?:is|are)|scheduled|written|listed|currently)\s+)*"
    rf"(?:on to|down on|in to|onto|into|to|on|in|under|within|off of|off|out of|from|at|for|of|with)\s+{LIST}"
)
_OWN_LIST = pattern(
    rf"(?:{OWNER}|(?<![\w'])(?:show|read|open|view|display|check|see|get"
    rf"|whole)(?:\s+me)?)\s+(?P<name>{WORD}(?:\s+{WORD})?)\s+lists?\b(?!\s+(?:of|for)\b)"
)
_ONLY_LIST = pattern(rf"(?P<name>{WORD})\s+list")
_PLACE = pattern(rf"(?<=\w)\s+(?:in|from|on|under)\s+(?:(?:the|my)\s+)?(?P<place>{PLACES})(?=[\s?.!]*\Z)")
_LINK = pattern(
    r"(?<![\w'-])(?:(?:that (?:is|are|was|were|i have|happens?|takes? place|starts?)|which (?:is|are)|is"
    r"|are|scheduled|planned|due|set|coming up|up|happening|"
    r"occurring|starting|beginning|dated|completed|done|finished|going on|made|added)\s+)*(?:(?:on|at|by"
    r"|for|from|in|of|during|this|over|before|after|through|the|until|to|between|within|with|as of|around"
    r"|date|time|due)\s+)*\Z"
)
_TAG = pattern(
    r"\b(?:(?:with (?:the )?|by (?:the )?|has the )?tags?(?: is| of|:)?|tagged(?: (?:with|as))?"
    r"|labell?ed(?: (?:with|as))?|labels?)\s+[\"']?#?(?P<tag>(?!(?:do|are|is|i|have|exist|my"
    r"|the)\b)[\w-]+)[\"']?"
)
_PROJECT = pattern(
    r"\b(?:(?:in|from|on|for|of|under) (?:the |my )?)?(?:project|category)(?: called| named"
    r"|:)?\s+[\"']?(?P<a>(?!(?:do|are|is|i|have|list)\b)[\w-]+)[\"']?|\b(?:(?:in|from|on|for|under"
    r"|of) (?:the |my |our )?|(?:the|my|our) )(?P<b>(?!(?:in|from|the|my|all|of)\b)[\w'-]+) (?:project"
    r"|category)\b"
)
_PRIORITY = pattern(
    rf"\b(?:(?:with|of|at|by|marked(?: as)?|that (?:is|are)|which are)\s+)?(?:an?\s+|the\s+"
    rf"|my\s+)?(?:(?P<a>{LEVEL})[ -]priority|priority (?P<b>high|medium|low|none)|(?P<c>urgent"
    rf"|most important|important|critical))\b(?=\s*(?:tasks?|items?|to-?dos?|todos?|things?|ones?|stuff"
    rf"|reminders?|errands?|chores?|first|right|$|[?.!,]|today|for|this|on|in|do|are|have|is))"
)
_OVERDUE = pattern(
    r"\b(?:over ?due|past due|late|missed|behind on|behind schedule|behind with|past (?:the|their"
    r"|its) (?:due date|deadline))\b"
)
_UNDATED = pattern(
    r"\b(?:without (?:an? |any )?(?:due )?(?:dates?|deadlines?)|(?:have|has|having"
    r"|with) no (?:due )?(?:dates?|deadlines?)|undated|unscheduled|not scheduled)\b"
)
_DONE = pattern(
    r"\b(?:(?:have i |did i |i have |i'?ve |i )?(?:already )?(?:completed?|finish(?:ed)?|done"
    r"|accomplish(?:ed)?|got done|get done|ticked off|crossed off|checked off|achieved?))\b"
)
_OPEN = pattern(
    r"\b(?:pending|open|unfinished|incomplete|un-?completed|outstanding|remaining|left(?: to do| over)?"
    r"|still (?:to do|need to do|have to do|open|left)|active|"
    r"not (?:yet )?(?:done|finished|completed?)(?: yet)?|(?:haven'?t|have not|didn'?t"
    r"|did not)(?: i)? (?:done|finish(?:ed)?|completed?|do)(?: yet)?|to be done|undone|todo yet)\b"
)
_PART = pattern(r"\b(?:in the )?(morning|afternoon|evening|night)(?:'s|s)?\b")
_WEEK = pattern(r"\b(?:(?:due )?(?:this|the|the coming|my) week|next (?:7|seven) days|coming week)\b")
_WITHIN = pattern(r"\bwithin\b|\bin\s+the\s+(?:next|coming|following)\s+[\w ]+days?\Z")
_BOUND = pattern(r"\b(?:before|after|until|till|by|from|between|since|past)\s+\Z")
_POSSESSED = pattern(r"'s\b")


@dataclass(slots=True)
class NarrowedScope:
    """A scope, and the holes that its words leave in the span."""

    scope: Scope = field(default_factory=Scope)
    holes: list[tuple[int, int]] = field(default_factory=list)
    when: When | None = None


def due_scope(scope: Scope, n: Named, span: Span, preferences: Preferences, today: dt.date) -> Scope:
    """`scope`, bounded by a date that was said."""
    when = n.when
    if when is None:
        return scope
    if n.time_only:
        return replace(scope, part=when.part)
    first, last = bounds(when, preferences)
    if first == last == today:
        return replace(scope, due="today", part=when.part)
    return replace(scope, due_from=first, due_to=last, part=when.part)


def bounds(when: When, preferences: Preferences) -> tuple[dt.date, dt.date]:
    """The first and the last day that a date speaks of."""
    if when.until is not None:
        return when.date, max(when.date, when.until)
    if when.grain == "week":
        back = when.date.weekday() if preferences.week_start == "monday" else (when.date.weekday() + 1) % 7
        start = when.date - dt.timedelta(days=back)
        return start, start + dt.timedelta(days=6)
    if when.grain == "month":
        start = when.date.replace(day=1)
        following = (start + dt.timedelta(days=32)).replace(day=1)
        return start, following - dt.timedelta(days=1)
    if when.grain == "year":
        return dt.date(when.date.year, 1, 1), dt.date(when.date.year, 12, 31)
    return when.date, when.date


def narrow(span: Span, *, question: bool = False) -> NarrowedScope:
    """What narrows the tasks that a span speaks of. `question` reads words for done and open too."""
    out = NarrowedScope()
    scope = out.scope
    marks = find_marks(span)
    out.holes += marks.holes
    scope = replace(scope, project=marks.project, tag=marks.tags[0] if marks.tags else None, priority=marks.priority)

    def take(m: re.Match[str] | None) -> re.Match[str] | None:
        if m is not None:
            out.holes.append(m.span())
        return m

    if m := take(span.search(_TAG)):
        scope = replace(scope, tag=span.group(m, "tag").raw)
    if m := take(span.search(_PROJECT)):
        scope = replace(scope, project=span.group(m, "a" if m["a"] else "b").raw)
    if (
        (m := take(span.search(_LIST)))
        or (question and (m := take(span.trimmed(" ?.!").fullmatch(_ONLY_LIST))))
        or (question and (m := take(span.search(_OWN_LIST))))
    ):
        scope = replace(scope, project=scope.project or list_name(span, m))
    elif m := take(span.search(_PLACE)):
        scope = replace(scope, project=scope.project or span.group(m, "place").raw)
    if (m := span.search(_PRIORITY)) and (question or not m["c"]):
        take(m)
        word: Priority | None = level(m["a"] or m["b"] or "urgent")
        scope = replace(scope, priority=word)
    if take(span.search(_OVERDUE)):
        scope = replace(scope, due="overdue")
    if take(span.search(_UNDATED)):
        scope = replace(scope, due="none")
    status: Literal["pending", "completed", "all"] | None = None
    if m := span.search(_OPEN):
        take(m)
        status = "pending"
    elif m := span.search(_DONE):
        take(m)
        status = "completed"
    scope = replace(scope, status=status)
    scope = _dated(span, scope, out)
    if scope.part is None and (m := span.search(_PART)) and not _inside(m.span(), out.holes):
        take(m)
        scope = replace(scope, part=_part(m[1]))
    out.scope = scope if question else replace(scope, time=_time(span))
    return out


def _time(span: Span) -> dt.time | None:
    """The one time of day of "the 5pm meeting"; none where it bounds a stretch of the day."""
    times = [n for n in span.named() if n.when is not None and n.when.grain == "minute" and n.when.until is None]
    if len(times) != 1 or times[0].when is None or span.to(end=times[0].bare_start).search(_BOUND):
        return None
    return times[0].when.time


def _inside(place: tuple[int, int], holes: list[tuple[int, int]]) -> bool:
    return any(a <= place[0] and place[1] <= b for a, b in holes)


def _until(n: Named, words: str, today: dt.date) -> Named:
    """ "In the next 3 days" is every day from today on, and not the third."""
    if n.when is None or n.when.until is not None or _WITHIN.search(words.strip()) is None or n.when.date < today:
        return n
    return replace(n, when=replace(n.when, date=today, until=n.when.date))


def _part(word: str) -> DayPart:
    parts: dict[str, DayPart] = {"morning": "morning", "afternoon": "afternoon", "evening": "evening", "night": "night"}
    return parts[word]


def _dated(span: Span, scope: Scope, out: NarrowedScope) -> Scope:
    today = span.reading.now.date()
    for n in span.named():
        if n.when is None or _inside((n.start, n.end), out.holes):
            continue
        end = n.end
        if (m := _POSSESSED.match(span.reading.bare, end)) is not None:
            end = m.end()
        link = _LINK.search(span.reading.bare, span.start, n.start)
        out.holes.append((link.start() if link else n.start, end))
        out.when = out.when or n.when
        if scope.due is not None and scope.due != "today":
            continue
        if scope.status == "completed":
            first, last = bounds(n.when, span.reading.preferences)
            scope = replace(scope, completed_from=first, completed_to=min(last, max(today, first)))
        elif scope.due_from is None and scope.due is None:
            words = span.reading.low[n.start : n.end]
            if _WEEK.fullmatch(words.strip()):
                scope = replace(scope, due="week")
            else:
                scope = due_scope(scope, _until(n, words, today), span, span.reading.preferences, today)
    return scope
