"""The one language of filters: what questions, bulk changes and exceptions say about which tasks they mean."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from kirotodo.core.language.lexicon import COMMON, NUMBERS, phrases
from kirotodo.core.language.list_spans import known_list
from kirotodo.core.language.spans import Moment, Token, level, plain
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import Clearable, Preferences, Scope, Target, When
from kirotodo.core.language.when.parse import find_when
from kirotodo.core.language.when.tokens import word_set


class Narrowed(msgspec.Struct, frozen=True):
    """A filter, and the words that are no part of it; `every` if all that fit are meant, `plural` if several may be."""

    scope: Scope
    words: str = ""
    every: bool = False
    plural: bool = False
    named: bool = False
    when: When | None = None


_LEADS: Final = word_set(
    "off the my our your a an of on in at to for from with that which are is was were have has had be been i we "
    "it there "
    "and or any some still yet just currently scheduled listed written set marked there's both do not by as those "
    "these them me due planned set's been got being happening coming up made added only so far out now already 's to "
    "within during everything's what's then please kind sort sits falls lands anywhere i've down so "
    "happen happens occur occurs"
)
"""Words that neither narrow nor name anything at the edges of a filter."""
_EVERY: Final = word_set("everything all each every anything any whatever entire whole owt")
_COMING: Final = (" in the next ", " within ", " the next ", " in the coming ", " over the next ")
_OVERDUE: Final = word_set("overdue late missed behind past-due")
_RUNNING: Final = word_set("running lagging falling slipping trailing")
"""Words in front of "late" and "behind"."""
_DONE: Final = word_set("completed done finished ticked checked accomplished achieved complete finish crossed closed")
_OPEN: Final = word_set(
    "pending open unfinished incomplete outstanding remaining active undone uncompleted left unticked unchecked remains"
)
FIELDS: Final[dict[str, Clearable]] = {
    "date": "due", "dates": "due", "deadline": "due", "deadlines": "due", "due": "due", "time": "time",
    "times": "time", "priority": "priority", "priorities": "priority", "tag": "tags", "tags": "tags",
    "label": "tags", "labels": "tags", "hour": "time", "list": "project", "project": "project", "note": "notes",
    "notes": "notes", "reminder": "remind", "reminders": "remind", "repeat": "recurrence",
}  # fmt: skip
_PLURAL: Final = word_set(
    "tasks items todos to-dos reminders ones meetings appointments events calls parties classes lessons "
    "birthdays bills "
    "errands chores things stuff jobs entries"
)


class _Reader(msgspec.Struct):
    """Reads a row of tokens from left to right into a scope; `rest` are the places of the words that name."""

    piece: Piece
    tokens: list[Token]
    question: bool
    scope: Scope = msgspec.field(default_factory=Scope)
    rest: list[int] = msgspec.field(default_factory=list)
    every: bool = False
    plural: bool = False
    when: When | None = None
    without: tuple[Target, ...] = ()

    def word(self, i: int) -> str:
        return self.tokens[i].word if 0 <= i < len(self.tokens) else ""

    def run(self) -> None:
        i = 0
        while i < len(self.tokens):
            for step in _STEPS:
                end = step(self, i)
                if end > i:
                    i = end
                    break
            else:
                self.rest.append(i)
                i += 1


def _span(reader: _Reader, i: int) -> int:
    token = reader.tokens[i]
    if not token.is_span:
        return i
    match token.word:
        case "T":
            reader.scope = replace(reader.scope, tag=token.value)
        case "N":
            reader.scope = replace(reader.scope, project=token.value)
        case "P":
            reader.scope = replace(reader.scope, priority=token.value)
        case "K":
            if token.value.name is not None:
                reader.scope = replace(reader.scope, project=token.value.name)
            else:
                reader.every = reader.every or reader.word(i - 1) in ("whole", "entire")
        case "W":
            return i + 1 if _dated(reader, token) else i
        case "R":
            reader.scope = replace(reader.scope, has=reader.scope.has | {"recurrence"})
        case _:
            return i
    return i + 1


def _dated(reader: _Reader, token: Token) -> bool:
    moment: Moment = token.value
    text = reader.piece.text
    said = text.low[token.start : token.end]
    if said in ("now", "right now"):
        return True
    if token.lead.endswith("between") and " and " in said:
        moment = _between_days(said, text, moment)
    if moment.time_only:
        return _timed(reader, moment, token.lead)
    if reader.when is not None and not _between(reader, token):
        return False
    reader.when = reader.when or moment.when
    scope = due_scope(reader.scope, moment.when, token.lead, text.preferences, text.now.date())
    if reader.scope.due == "overdue" and scope.due == "today":
        scope = replace(scope, due=None, due_to=text.now.date())  # "overdue or due today"
    if not reader.question and scope.due_to is None and token.lead.split()[-1:] == ["from"] and not _onwards(said):
        scope = replace(scope, due_to=scope.due_from)  # "move everything from monday to tuesday"
    if said.endswith("s") and any(words in f" {said}" for words in _COMING):
        scope = replace(scope, due_from=text.now.date())
    reader.scope = scope
    return True


def _onwards(said: str) -> bool:
    return said.endswith((" on", " onwards", " onward", " forward", " forwards"))


def _between_days(said: str, text: Text, moment: Moment) -> Moment:
    """Return the range that "between friday and sunday" means."""
    words = said.replace("between", "from", 1).replace(" and ", " to ", 1)
    found = find_when(words, now=text.now, preferences=text.preferences)
    return Moment(found[0].value) if found and found[0].value.until else moment


def _between(reader: _Reader, token: Token) -> bool:
    """Read the second date of "from monday to wednesday"."""
    if reader.when is None or not isinstance(token.value, Moment):
        return False
    last = bounds(token.value.when, reader.piece.text.preferences)[1]
    if reader.scope.due_from is None or last < reader.scope.due_from:
        return False
    reader.scope = replace(reader.scope, due_to=last, due=None)
    return True


def _timed(reader: _Reader, moment: Moment, lead: str) -> bool:
    when = moment.when
    if when.part is not None and when.time is not None and when.grain != "minute":
        reader.scope = replace(reader.scope, part=when.part)
        return True
    if when.part is not None and when.grain == "day":
        reader.scope = replace(reader.scope, part=when.part)
        return True
    bounded = lead.split()[-1:] and lead.split()[-1] in _BOUNDING
    if when.time is not None and (reader.question or not bounded):
        reader.scope = _clocked(reader.scope, when.time, lead)
    return True


_BOUNDING: Final = word_set("before after by from until till since past")


def _clocked(scope: Scope, time: dt.time, lead: str) -> Scope:
    """Return a scope bounded by a time of day, in the sense of the preposition before it."""
    word = lead.split()[-1] if lead else ""
    if word in ("before", "until", "till"):
        return replace(scope, time_to=time)
    if word in ("after", "from", "since", "past"):
        return replace(scope, time_from=time)
    return scope if word == "by" else replace(scope, time=time)


def due_scope(scope: Scope, when: When, lead: str, preferences: Preferences, today: dt.date) -> Scope:
    """Return a scope bounded by a date, in the sense of the preposition before it."""
    first, last = bounds(when, preferences)
    word = lead.split()[-1] if lead else ""
    if word in ("due", "on", "at", "in", "for", "during", "of"):
        word = ""
    one = dt.timedelta(days=1)
    if word in ("before", "after") and when.time is not None and first == last:
        return _clocked(replace(scope, due_from=first, due_to=first), when.time, word)
    if word == "before" or lead == "earlier than":
        return replace(scope, due_to=first - one)
    if word in ("after", "past"):
        return replace(scope, due_from=last + one)
    if word in ("by", "until", "till", "through"):
        return replace(scope, due_to=last)
    if word in ("from", "since", "starting", "between"):
        return replace(scope, due_from=first, due_to=last if when.until or when.grain != "day" else None)
    if first == last == today:
        return replace(scope, due="today", part=when.part)
    if when.grain == "week" and first <= today <= last and not word:
        return replace(scope, due="week")
    if when.part is not None and when.time is None:
        return replace(scope, due_from=first, due_to=last, part=when.part)
    clock = when.time if when.grain == "minute" and when.until is None and when.part is None else None
    return replace(scope, due_from=first, due_to=last, part=when.part, time=clock)


def bounds(when: When, preferences: Preferences) -> tuple[dt.date, dt.date]:
    """Return the first and the last day that a date speaks of."""
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


_UNITS: Final = word_set("day week month")


def _rest_of_week(reader: _Reader, i: int) -> int:
    """Read "the rest of the week", "for the remainder of the day", "this week"."""
    text = reader.piece.text
    today, preferences = text.now.date(), text.preferences
    if reader.question and reader.word(i) in _UNITS and reader.word(i - 1) in ("my", "our"):
        when = When(date=today, grain=reader.word(i))  # type: ignore[arg-type]
        reader.when, reader.scope = when, due_scope(reader.scope, when, "", preferences, today)
        return i + 1
    j = i + 1 if reader.word(i) == "the" else i
    if reader.word(j) in ("rest", "remainder") and reader.word(j + 1) == "of":
        unit = reader.word(j + 3) if reader.word(j + 2) in ("the", "this", "my") else reader.word(j + 2)
        if unit in ("week", "day", "month", "year"):
            last = bounds(When(date=today, grain=unit), preferences)[1]  # type: ignore[arg-type]
            reader.scope = replace(reader.scope, due_from=today, due_to=last, due=None)
            return j + (4 if reader.word(j + 2) in ("the", "this", "my") else 3)
        token = reader.tokens[j + 2] if j + 2 < len(reader.tokens) else None
        if token is not None and token.word == "W":
            last = bounds(token.value.when, preferences)[1]
            reader.scope = replace(reader.scope, due_from=max(today, token.value.when.date), due_to=last, due=None)
            reader.when = token.value.when
            return j + 3
    return i


def _tagged(reader: _Reader, i: int) -> int:
    word, after = reader.word(i), reader.word(i + 1)
    if after in ("tag", "label", "tags", "labels") and reader.question and _is_tag(reader, i):
        reader.scope = replace(reader.scope, tag=word)
        return i + 2
    if word in ("tagged", "labelled", "labeled"):
        j = i + 2 if after in ("with", "as", "with_the") else i + 1
    elif word in ("tag", "label") and after not in ("", "do", "are", "is", "i", "have"):
        j = i + 1
    else:
        return i
    if j >= len(reader.tokens):
        return i
    token = reader.tokens[j]
    name = (
        token.value if token.word in ("T", "Q") else plain(reader.piece.text.raw[token.start : token.end]).strip("#\"'")
    )
    if not isinstance(name, str) or token.word in ("W", "K"):
        return i
    reader.scope = replace(reader.scope, tag=name)
    return j + 1


def _is_tag(reader: _Reader, i: int) -> bool:
    """Return whether a word is one of the user's tags."""
    return reader.word(i) in {tag.casefold() for tag in reader.piece.text.context.tags}


_LACKING: Final = word_set("without no lacking missing hasn't haven't isn't aren't don't doesn't not")
_HAVING: Final = word_set("with has have")
_FIELD_LEADS: Final = word_set(
    "a an any the no due set got have on been yet in fixed specific certain particular given exact definite"
)


def _lacking(reader: _Reader, i: int) -> int:
    """Read "without a date", "with no priority", "that have no list", "undated"."""
    word = reader.word(i)
    if word in ("undated", "unscheduled", "dateless"):
        reader.scope = replace(reader.scope, due="none")
        return i + 1
    if word == "untagged":
        reader.scope = replace(reader.scope, lacks=reader.scope.lacks | {"tags"})
        return i + 1
    at_one = word == "at" and reader.word(i + 1) in ("a", "an") and reader.word(i + 2) in _FIELD_LEADS
    lacking, having = word in _LACKING, word in _HAVING or at_one
    if not lacking and not having:
        return i
    j = i + 1
    while reader.word(j) in _FIELD_LEADS:
        lacking = lacking or reader.word(j) == "no"
        j += 1
    no_name = reader.word(j) == "K" and reader.tokens[j].value.name is None
    kind = "project" if lacking and no_name else FIELDS.get(reader.word(j))
    if kind is None or (having and not lacking and kind == "tags"):
        return i
    if kind == "due" and lacking:
        reader.scope = replace(reader.scope, due="none")
    elif lacking:
        reader.scope = replace(reader.scope, lacks=reader.scope.lacks | {kind})
    else:
        reader.scope = replace(reader.scope, has=reader.scope.has | {kind})
    return j + 1


def _part(reader: _Reader, i: int) -> int:
    """Read "my morning meetings": a part of the day in front of what happens in it."""
    word, after = reader.word(i), reader.word(i + 1)
    if (
        word in ("morning", "afternoon", "evening", "night")
        and not reader.rest
        and (after in _PLURAL or after in phrases("event"))
    ):
        reader.scope = replace(reader.scope, part=word)
        reader.plural = reader.plural or after in _PLURAL
        return i + 1
    return i


def _state(reader: _Reader, i: int) -> int:
    word, before = reader.word(i), reader.word(i - 1)
    if (end := _got_done(reader, i)) > i or (end := _past_due(reader, i)) > i:
        return end
    named = reader.word(i + 1) in phrases("task") | phrases("list") | {"ones", "stuff"} or i + 1 >= len(reader.tokens)
    if word == "should" and reader.word(i + 1) == "have" and reader.word(i + 2) == "been":
        reader.scope = replace(reader.scope, due="overdue")
        return i + (4 if reader.word(i + 3) in _DONE else 3)
    if word in ("recurring", "repeating", "repeated") or (i and reader.question and word in _REPEATS):
        reader.scope = replace(reader.scope, has=reader.scope.has | {"recurrence"})
        return i + 1
    if word in _DONE and before == "be":
        return i + 1  # "what must be done today"
    if word in _DONE and (reader.question or named or before in _BEFORE_DONE):
        opened = before == "not" or reader.word(i - 2) == "not"
        reader.scope = replace(reader.scope, status="pending" if opened else "completed")
        return i + 1
    if word in _OPEN and (reader.question or named):
        reader.scope = replace(reader.scope, status=reader.scope.status or "pending")
        return i + 1
    return i


_REPEATS: Final = word_set("repeat repeats recur recurs")
_BEFORE_DONE: Final = word_set("already been are all the i've i we've we have has had i'd")


def _got_done(reader: _Reader, i: int) -> int:
    """Read "got through", "get done", "what did i do": what is over."""
    word, after = reader.word(i), reader.word(i + 1)
    if word == "get" and after == "done" and reader.word(i - 1) == "to":
        return i + 2  # "what have i to get done"
    got = word in ("got", "get", "gotten") and after in ("done", "through")
    if reader.question and word == "did" and reader.word(i - 1) in ("i", "we"):
        reader.scope = replace(reader.scope, status="completed")
        return i + 1
    did = reader.question and word == "do" and {reader.word(i - 1), reader.word(i - 2)} >= {"i", "did"}
    ticked = word in ("tick", "cross", "check", "ticked", "crossed", "checked") and after == "off"
    if not got and not did and not (ticked and reader.question):
        return i
    reader.scope = replace(reader.scope, status="completed")
    return i + 1 + (got or ticked)


def _past_due(reader: _Reader, i: int) -> int:
    """Read "overdue", "past its date", "should have been done"."""
    word = reader.word(i)
    j = i + 1
    if word == "past":
        j += reader.word(j) in ("its", "their", "the")
        if reader.word(j) not in ("due", "deadline", "deadlines", "date", "dates"):
            return i
        j += 1
    elif word in _RUNNING and reader.word(j) in _OVERDUE:
        j += 1
    elif word not in _OVERDUE and not (reader.question and word == "forgotten"):
        return i
    today = reader.scope.due == "today"
    due_to = reader.piece.text.now.date() if today else reader.scope.due_to
    reader.scope = replace(reader.scope, due=None if today else "overdue", due_to=due_to)
    return j


def _urgent(reader: _Reader, i: int) -> int:
    j = i + 1 if reader.word(i) in ("most", "very", "really") else i
    value = level(reader.word(j)) if reader.word(j) not in ("no", "none", "top", "average", "normal", "minor") else None
    if value is None or reader.tokens[j].is_span:
        return i
    if reader.word(i - 1) in ("not", "isn't", "aren't"):
        reader.without += (Target(everything=True, plural=True, scope=Scope(priority=value)),)
        reader.rest = [place for place in reader.rest if reader.word(place) not in ("not", "that's", "isn't", "aren't")]
        return j + 1
    if reader.word(j + 1) in phrases("task") | {"ones", "one", "stuff", "first", ""} or reader.word(j - 1) in (
        "is",
        "are",
        "most",
        "marked",
    ):
        reader.scope = replace(reader.scope, priority=value)
        return j + 1
    return i


def _known_list(reader: _Reader, i: int) -> int:
    """Read "work tasks", "my groceries", "the bills stuff": a list of the user's in front of a noun or at the end."""
    token, text = reader.tokens[i], reader.piece.text
    if token.is_span or reader.scope.project or not text.context.projects:
        return i
    value = known_list(text.context.projects, plain(text.raw[token.start : token.end]))
    after = reader.word(i + 1)
    if not value.known:
        return i
    exact = (value.name or "").casefold() == token.word
    if exact and reader.word(i - 1) == "the" and not after and text.titles and text.titles.knows(token.word):
        return i  # "the party" is the task with that word in its title, and not all of the list of that name
    alone = exact and not reader.rest and (after in ("", "'s") or after in _LEADS or reader.tokens[i + 1].is_span)
    if alone or after in phrases("task") | {"ones", "related", "list"}:
        reader.scope = replace(reader.scope, project=value.name)
        return i + 2 if after in ("related", "list") else i + 1
    return i


def _filler(reader: _Reader, i: int) -> int:
    word = reader.word(i)
    if word in _EVERY or (word == "lot" and reader.word(i - 1) == "the"):
        reader.every = reader.every or word != "any"
        reader.plural = True
        return i + 1
    if reader.question and (end := _aside(reader, i)) > i:
        return end
    if word in NUMBERS and reader.word(i - 1) == "all":
        return i + 1
    if not reader.question and not reader.rest and _counts_a_list(reader, i):
        reader.every = reader.plural = True
        return i + 1
    two = f"{word} {reader.word(i + 1)}"
    if two in ("to do", "to buy", "to get", "do with") and (not reader.rest or reader.question):
        return i + 2
    edge = not reader.rest or all(
        reader.word(k) in _LEADS or reader.tokens[k].is_span for k in range(i, len(reader.tokens))
    )
    if word in phrases("task") | {"ones", "one"} and (edge or i + 1 >= len(reader.tokens) or _narrows(reader, i + 1)):
        reader.plural = reader.plural or word in _PLURAL
        return i + 1
    if word in _LEADS and edge:
        return i + 1
    return i


def _counts_a_list(reader: _Reader, i: int) -> bool:
    """Return whether a word says how many of a list there are ("the three office tasks", "both office ones")."""
    word, behind = reader.word(i), reader.tokens[i + 1 :]
    if word != "both" and word not in NUMBERS and not (word.isdecimal() and int(word) < 100):
        return False
    listed = any(
        token.word in "KN" or known_list(reader.piece.text.context.projects, token.word).known for token in behind
    )
    return listed and len(behind) > 1 and behind[-1].word in phrases("task") | {"ones", "stuff", "things"}


def _aside(reader: _Reader, i: int) -> int:
    """Read what a question says of no task: "at the moment", "all told"."""
    for size in (4, 3, 2, 1):
        if " ".join(token.word for token in reader.tokens[i : i + size]) in phrases("aside"):
            return i + size
    return i


def _narrows(reader: _Reader, i: int) -> bool:
    """Return whether from i on only filters follow ("the milk tasks on groceries")."""
    return all(reader.tokens[k].is_span or reader.word(k) in _LEADS for k in range(i, len(reader.tokens)))


_STEPS: Final[tuple[Callable[[_Reader, int], int], ...]] = (
    _rest_of_week, _part, _span, _tagged, _lacking, _state, _urgent, _known_list, _filler,
)  # fmt: skip


def excepted(piece: Piece) -> tuple[Piece, Piece | None]:
    """Return a stretch without its exception, and the words of that ("everything on groceries", "bread")."""
    for found in piece.searched("{without} <rest*>"):
        if found.front and not _names_a_field(found.get("rest")):
            return found.front, found.get("rest")
    for found in piece.searched("[that|which|and]? {unlike} [{belonging}|the|my|a|any|{task}]* <rest*>"):
        if found.front and (_is_of_ours(found.get("rest")) or found.get("rest").words[0] in _OVERDUE):
            return found.front, found.get("rest")
    return piece, None


def _is_of_ours(piece: Piece) -> bool:
    """Return whether a stretch begins with what tasks are told apart by: a list, a tag, a word of a title."""
    tokens = [token for token in piece.tokens if not token.is_sign]
    first = tokens[0]
    if first.is_span:
        return first.word in "TNQ" or (first.word == "K" and first.value.name is not None)
    context = piece.text.context
    names = {tag.casefold() for tag in context.tags} | {name.casefold() for name in context.projects}
    if first.word in names or known_list(context.projects, first.word).known:
        return True
    return first.word not in COMMON and piece.text.titles.knows(first.word)


def narrowed(piece: Piece, *, question: bool = False, without: tuple[Target, ...] = ()) -> Narrowed:
    """Return the filter that a stretch without its exception states, and what words of it are no filter."""
    tokens = [token for token in piece.tokens if not token.is_sign]
    reader = _Reader(piece, tokens, question)
    reader.run()
    words = _words(reader)
    scope = replace(reader.scope, without=(*without, *reader.without))
    named = reader.every or any(token.word in phrases("task") | {"ones", "K"} for token in tokens)
    return Narrowed(scope, words, reader.every, reader.plural, named, reader.when)


def _names_a_field(piece: Piece) -> bool:
    words = [word for word in piece.words if word not in ("a", "an", "any", "the", "due")]
    unnamed = any(token.word == "K" and token.value.name is None for token in piece.tokens[:1])
    return unnamed or (bool(words) and words[0] in FIELDS)


def _words(reader: _Reader) -> str:
    """Return the user's words for what is left, from the first that names something to the last."""
    rest = list(reader.rest)
    while rest and (
        reader.word(rest[0]) in _LEADS
        or (reader.every and reader.word(rest[0]) in ("that's", "which"))
        or reader.word(rest[0]) in ("about", "regarding", "called", "named")
    ):
        rest.pop(0)
    while rest and reader.word(rest[-1]) in _LEADS | {"there", "any", "again"}:
        rest.pop()
    if not rest:
        return ""
    raw = reader.piece.text.raw
    parts: list[str] = []
    start = rest[0]
    for place, following in zip(rest, [*rest[1:], None], strict=True):
        if following is None or following != place + 1:
            parts.append(plain(raw[reader.tokens[start].start : reader.tokens[place].end]))
            start = following if following is not None else start
    return " ".join(parts).strip(" ,.;:!?")


def scope_matches(scope: Scope, task: Any, today: dt.date) -> bool:
    """Return whether an open task lies within a scope, as far as words and exceptions do not matter."""
    checks = (
        not scope.project or (task.project or "").casefold() == scope.project.casefold(),
        not scope.tag or scope.tag.casefold() in {tag.casefold() for tag in task.tags},
        not scope.priority or task.priority == scope.priority,
        scope.due != "today" or task.due_date == today,
        scope.due != "overdue" or (task.due_date is not None and task.due_date < today),
        scope.due != "none" or task.due_date is None,
        scope.due_from is None or (task.due_date is not None and task.due_date >= scope.due_from),
        scope.due_to is None or (task.due_date is not None and task.due_date <= scope.due_to),
        scope.time is None or task.due_time == scope.time,
        all(_has(task, name) for name in scope.has),
        not any(_has(task, name) for name in scope.lacks),
    )
    return all(checks)


def _has(task: Any, name: str) -> bool:
    values = {
        "due": task.due_date, "time": task.due_time, "recurrence": task.recurrence, "project": task.project,
        "tags": task.tags, "notes": task.notes, "remind": task.remind_at,
        "priority": task.priority != "none",
    }  # fmt: skip
    return bool(values[name])
