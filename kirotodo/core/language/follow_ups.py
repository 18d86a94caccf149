"""Questions that go on from the last one: "and tuesday?", "the rest of the week", "which ones?"."""

import datetime as dt
from typing import Any, Final

from msgspec.structs import replace

from kirotodo.core.language.context import DialogueState
from kirotodo.core.language.slots import (
    FIELDS,
    Slots,
    named_task,
    slots_of,
    softeners,
    words_of,
)
from kirotodo.core.language.tokens import Piece
from kirotodo.core.language.types import (
    Action,
    Query,
    Scope,
    Target,
)
from kirotodo.core.language.when.tokens import word_set

_REST: Final = "[{following}]* the? rest [of [the|this]? week|month|day|it]?"
_ON_IT: Final = "[that|it]? [{fullness}|is|it|too|also|as_well|then|still|look|looking|like|there|now]*"
_OF_DAY: Final = "[{following}|is|how's|how_is|how_does|what's|is_there|anything|on|am_i|for]* [the]?"
_BEFORE: Final = f"{_OF_DAY} day|one before|earlier {_ON_IT}"
_AFTER_DAY: Final = f"{_OF_DAY} day|one after {_ON_IT}"
_WHICH: Final = "[and|ok|so]* which|what|show|list|name [me]? [ones|one|them|those|are|were|is|they|that|tasks|all]*"
_THEN: Final = (
    "[and|ok|so|what's|what]* [after|then|next|once] "
    "[that|that's|it|it's|this|is|out_of_the_way|done|next|after|finished|over|comes]*"
)
_PRIOR: Final = (
    "[{following}|just|right|what|which|one|was|the|task|thing|did_i_do]* before|previous [that|it|this|one]*"
)
_SAID_OF_IT: Final = (
    "[{following}]* that|this|it [{one}]? is|'s|can_be|wants_to_be ...",
    "[{following}]* [that|this|it]? [{one}]? should_be|needs_to_be|has_to_be|must_be ...",
)
_NEGATED: Final = "[{following}]* aren't|isn't|are_not|is_not|not|without|but_not <rest>"


def follow_up(whole: Piece, state: DialogueState, *, asked: bool) -> Action | None:
    """Return a question that goes on from the last one."""
    scope, about = state.scope or Scope(), state.asked_about or "tasks"
    if (moved := _neighbouring(whole, scope)) is not None:
        return Query(about=_listing(about), scope=moved)
    if whole.match(_WHICH):
        return Query(about="tasks", scope=scope)
    if (whole.match(_THEN) or whole.match(_PRIOR)) and about == "next":
        return Query(about="next", scope=replace(scope, without=(*scope.without, Target(ids=state.about))))
    field_asked = whole.match(
        "[{following}|{softener}|ones|things|that|what|those|tasks]* has|have|with|without|no "
        "[a|an|any|no|due|set|fixed|specific|certain]* <name>"
    )
    if field_asked is not None and (name := FIELDS.get(field_asked.word("name"))):
        lacks = any(word in ("without", "no") for word in whole.words)
        more = {name}
        return Query(
            about=_listing(about),
            scope=replace(scope, lacks=scope.lacks | more) if lacks else replace(scope, has=scope.has | more),
        )
    negated = whole.match(_NEGATED)
    if negated is not None:
        slots = _values(negated.get("rest"))
        if slots.any and not slots.rest:
            return _narrowed(scope, slots, about, without=True)
    found = whole.begins("[{following}|{oops}|{joining}]*")
    slots = _values(found.rest if found is not None else whole)
    if (not slots.any and not slots.rest) or slots.shift is not None or slots.remind or slots.clear:
        return None  # that is said of a task
    of_it = len(state.about) == 1 and any(whole.match(form) for form in _SAID_OF_IT)
    if not asked and (of_it or (slots.any and slots.ordinals)):
        return None
    if not slots.rest:
        return _narrowed(scope, slots, about)
    if (
        about in ("when", "task", "completed_when")
        and not slots.any
        and (asked or (found is not None and found.found.end()))
    ):
        target = named_task(whole.text, slots.rest)
        whole_question = bool({"anything", "something", "any"} & set(whole.words))
        if target is None and about == "task" and asked and len(slots.rest) < 4 and not whole_question:
            target = Target(words=words_of(whole.text, slots.rest))
        return Query(about=about, target=target) if target is not None else None
    return None


def _values(piece: Piece) -> Slots:
    return slots_of(piece, aside=softeners() | _ASIDE)


_ASIDE: Final = word_set("for tasks task things on in due what's left what have has got i do ones about so far")


def _listing(about: Any) -> Any:
    return "tasks" if about in ("when", "task", "completed_when", "next", "last", "oldest", "newest", "days") else about


def _neighbouring(whole: Piece, scope: Scope) -> Scope | None:
    """Return the scope for "the rest of the week", "the day before that"."""
    today = whole.text.now.date()
    rest = any("rest of" in whole.text.low[token.start : token.end] for token in whole.spans("W"))
    first, last = scope.due_from or today, scope.due_to or scope.due_from or today
    if whole.match(_REST) or (rest and last > today and len(whole.words) < 4):
        sunday = last + dt.timedelta(days=6 - last.weekday())
        return replace(
            scope, due=None, due_from=last + dt.timedelta(days=1), due_to=max(sunday, last + dt.timedelta(days=1))
        )
    for form, days, base in ((_BEFORE, -1, first), (_AFTER_DAY, 1, last)):
        if whole.match(form) or (days < 0 and _says_day_before(whole)):
            day = base + dt.timedelta(days=days)
            return replace(scope, due=None, due_from=day, due_to=day)
    return None


def _says_day_before(whole: Piece) -> bool:
    spans = whole.spans("LD")
    return len(spans) == 1 and len(whole.words) < 5 and "day before" in whole.text.low[spans[0].start : spans[0].end]


def _narrowed(scope: Scope, slots: Slots, about: Any, *, without: bool = False) -> Query | None:
    """Return the last question with other values."""
    if without:
        excepted = Scope(project=slots.project, tag=next(iter(slots.tags), None), priority=slots.priority)
        if excepted == Scope():
            return None
        return Query(
            about=_listing(about),
            scope=replace(scope, without=(*scope.without, Target(everything=True, plural=True, scope=excepted))),
        )
    if slots.when is not None:
        last = slots.when.until or slots.when.date
        if scope.completed_from is not None or scope.status == "completed":
            scope = replace(scope, completed_from=slots.when.date, completed_to=last)
        else:
            scope = replace(scope, due=None, due_from=slots.when.date, due_to=last, part=slots.when.part)
    if slots.project is not None:
        scope = replace(scope, project=slots.project, search=None)
    if slots.tags:
        scope = replace(scope, tag=slots.tags[0])
    if slots.priority is not None:
        scope = replace(scope, priority=slots.priority)
    return Query(about=_listing(about), scope=scope)
