"""What a task is made of, once its verb is gone: dates, rules, priority and list are taken off the edges of the words,
marks from anywhere; what remains is the title, in the user's own words."""

import datetime as dt
from dataclasses import dataclass, replace

from kirotodo.core.domain.task import Priority
from kirotodo.core.language.intents.list_names import LIST_TAIL, list_name
from kirotodo.core.language.intents.marks import LEVEL, Marks, find_marks, level
from kirotodo.core.language.intents.prepared_text import Named, Span, plain
from kirotodo.core.language.intents.vocabulary import EVENTS, FRIENDLY
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import Recurrence, When

_TRAILING_LINK = pattern(
    r"(?:^|[\s,;(\[-])(?:(?:that )?i (?:have|'ve got|got)|(?:that (?:is|are)|which is|is|are|it'?s"
    r"|to be)?\s*(?:due|scheduled|set|planned|happening|starting|beginning|deadline|repeat(?:ing|s|ed)?)"
    r"(?: (?:on|at|by|for|in|from|date|is|the))*|on|at|by|for|from|until|till|this|starting|and|every|of"
    r"|in|to|@|the|date|when|"
    r"(?:that|which|it|this) (?:is|happens|starts|begins)(?: on| at)?)[\s:,]*\Z"
)
_LEADING_LINK = pattern(
    r"[\s,;:.\-]*(?:(?:to|that|(?:i|we) need to|(?:i|we) have to|i should|i must|as|is|are|will be|towards"
    r"|there(?:'s| is)(?: an?)?"
    r"|there will be(?: an?)?|(?:i|we) have(?: got)?(?: an?)?|(?:i|we)'ve got(?: an?)?|(?:i|we) will be|(?:i"
    r"|we)(?:'ll| will))\b[\s,:]*)?"
)
_FRIENDLY_TAIL = pattern(rf"[\s,;.!]+{FRIENDLY}[\s.!]*\Z")
_PRIORITY_TAIL = pattern(
    rf"[\s,;(]+(?:(?:with|as|at|it'?s|it is|and|make it|that'?s"
    rf"|set)\s+)*(?:an?\s+)?(?:(?P<a>{LEVEL})[ -]priority|priority[: ]\s*(?P<b>{LEVEL})"
    r"|(?P<c>urgent|urgently|top priority))[\s.!)]*\Z"
)
_BEFOREHAND = pattern(
    r"[\s,;]+(?:(?:and\s+)?remind me\s+)?(?:in\s+)?(?P<before>(?:\d{1,3}|an?|half an|one|two|three|five|ten|fifteen"
    r"|thirty|a couple of|a few)\s+"
    r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?)(?:'s?)?\s+(?:before(?:hand)?|advance|early|earlier|in advance"
    r"|ahead(?: of time)?|prior))(?:\s+it)?[\s.!]*\Z"
)
_ABOUT = pattern(r"\s+(?:with|called|named|titled|about|to discuss|regarding|between)\s+\w")
_PROJECT_TAIL = pattern(
    r"[\s,]+(?:in|to|under|into)\s+(?:(?:the|my|our)\s+)?(?P<name>(?!(?:the|my|our|a|an|this|that|new)\b)[\w'&-]+)"
    r"\s+project[\s.!,]*\Z"
)
EVENT_BEFORE = pattern(rf"\b{EVENTS}\s+(?:(?:on|at|for|by|from)\s+)?\Z")
_PRIORITY_HEAD = pattern(rf"\s*(?:(?P<a>{LEVEL})[ -]priority|(?P<b>urgent|important))\s*(?::|task to\b|-)\s*")


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of a task as they were said."""

    title: str
    span: Span
    when: When | None = None
    recurrence: Recurrence | None = None
    priority: Priority | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    dated: bool = False
    remind: str | None = None


def merge(a: When | None, b: When | None, *, b_time_only: bool, a_time_only: bool) -> When | None:
    """One moment out of a day and a time said apart; None where both name a day."""
    if a is None or b is None:
        return a or b
    if a_time_only == b_time_only:
        return None
    day, clock = (b, a) if a_time_only else (a, b)
    if day.time is not None and day.grain == "minute":
        return None
    return replace(day, time=clock.time, part=clock.part or day.part, grain="minute" if clock.time else day.grain)


class _Edges:
    """Takes one thing after the other off the two ends of a span."""

    def __init__(self, span: Span, marks: Marks, *, polite: bool, lists: bool) -> None:
        self.span = span
        self.marks = marks
        self.polite, self.lists = polite, lists
        self.when: When | None = None
        self.time_only = False
        self.rule: Recurrence | None = None
        self.priority = marks.priority
        self.project = marks.project
        self.holes = list(marks.holes)
        self.remind: str | None = None

    def run(self) -> None:
        for _ in range(12):
            before = (self.span.start, self.span.end)
            self.span = self._unmarked(self.span.trimmed())
            if not self.span or self.span.in_quotes():
                return
            self._tail_named()
            self._head_named()
            if self.polite:
                self._friendly()
            self._urgency()
            self._beforehand()
            if self.lists:
                self._list_tail()
            if (self.span.start, self.span.end) == before:
                return

    def within(self) -> None:
        """ "Meeting at three with Bob": a moment between an event and what it is about is no part of the title."""
        bare = self.span.reading.bare
        if self.span.in_quotes():
            return
        for n in self.span.named():
            if n.start <= self.span.start or n.end >= self.span.end or not _ABOUT.match(bare, n.end):
                continue
            if EVENT_BEFORE.search(bare, self.span.start, n.start) is None or not self._take(n):
                continue
            self.holes.append((n.start, n.end))

    def _unmarked(self, span: Span) -> Span:
        """Without marks at its ends, so that a date beside them is at the edge."""
        for _ in range(2 * len(self.holes)):
            for start, end in self.holes:
                if span.start == start:
                    span = span.to(start=min(end, span.end)).trimmed()
                if span.end == end:
                    span = span.to(end=max(start, span.start)).trimmed()
        return span

    def _take(self, n: Named) -> bool:
        if n.rule is not None:
            if self.rule is not None:
                return False
            self.rule = n.rule
            return True
        merged = merge(self.when, n.when, a_time_only=self.time_only, b_time_only=n.time_only)
        if merged is None:
            return False
        self.time_only = n.time_only and (self.when is None or self.time_only)
        self.when = merged
        return True

    def _tail_named(self) -> None:
        bare, end = self.span.reading.bare, self.span.end
        for n in self.span.named():
            if n.end == end and n.start >= self.span.start and self._take(n):
                cut = self.span.to(end=n.start).trimmed()
                m = _TRAILING_LINK.search(bare, cut.start, cut.end) if cut else None
                self.span = (cut.to(end=m.start()) if m else cut).trimmed()
                return

    def _head_named(self) -> None:
        bare, start = self.span.reading.bare, self.span.start
        for n in self.span.named():
            if n.start == start and bare[n.end : n.end + 2] != "'s" and self._take(n):
                m = _LEADING_LINK.match(bare, n.end, self.span.end)
                self.span = self.span.to(start=m.end() if m else n.end).trimmed()
                return
            if n.start > start + 12:
                return

    def _friendly(self) -> None:
        m = self.span.search(_FRIENDLY_TAIL)
        if m:
            self.span = self.span.to(end=m.start())

    def _urgency(self) -> None:
        m = self.span.search(_PRIORITY_TAIL)
        if m and m.start() > self.span.start:
            self.priority = self.priority or level(m["a"] or m["b"] or "urgent")
            self.span = self.span.to(end=m.start())
            return
        m = self.span.match(_PRIORITY_HEAD)
        if m and m.end() < self.span.end:
            self.priority = self.priority or level(m["a"] or m["b"])
            self.span = self.span.to(start=m.end())

    def _beforehand(self) -> None:
        m = self.span.search(_BEFOREHAND)
        if m and m.start() > self.span.start and self.remind is None:
            self.remind = plain(self.span.group(m, "before").raw)
            self.span = self.span.to(end=m.start())

    def _list_tail(self) -> None:
        m = self.span.search(LIST_TAIL)
        if m and m.start() > self.span.start:
            self.project = self.project or list_name(self.span, m)
            self.span = self.span.to(end=m.start())
        elif (m := self.span.search(_PROJECT_TAIL)) and m.start() > self.span.start:
            self.project = self.project or self.span.group(m, "name").raw
            self.span = self.span.to(end=m.start())


def content(span: Span, *, marks: Marks | None = None, polite: bool = True, lists: bool = False) -> Content:
    """The parts of what was said. `polite` takes "please" and the like off the end, `lists` "on my work list" too."""
    edges = _Edges(span, find_marks(span) if marks is None else marks, polite=polite, lists=lists)
    edges.run()
    edges.within()
    title = edges.span.without(edges.holes).strip(" ,;")
    return Content(
        title=unquoted(title) if edges.span.in_quotes() or title[:1] in "\"'“‘" else title,
        span=edges.span,
        when=edges.when,
        recurrence=edges.rule,
        priority=edges.priority,
        project=edges.project,
        tags=edges.marks.tags,
        dated=edges.when is not None or edges.rule is not None,
        remind=edges.remind,
    )


_PAIRS = {'"': '"', "'": "'", "“": "”", "‘": "’", "`": "`", "«": "»", "„": "“"}


def unquoted(title: str) -> str:
    """Without the quotes around it, where one pair holds all of it."""
    closing = _PAIRS.get(title[:1])
    if closing and len(title) > 2 and title.endswith(closing) and closing not in title[1:-1]:
        return title[1:-1].strip()
    return title


def clock(when: When | None) -> dt.time | None:
    return when.time if when else None
