"""Texts that are as a whole about steps of a task and their order, or about when a task appears and how long it takes.

Each form is of the whole text, and names tasks of the list: where it names none, other frames read it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from kirotodo.core.errors import InvalidInput
from kirotodo.core.language.content import minutes_in, split_items
from kirotodo.core.language.context import TaskView
from kirotodo.core.language.frames.adding import additions
from kirotodo.core.language.mentions import CERTAIN
from kirotodo.core.language.slots import IT
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import Action, Clarify, Complete, Confirm, Query, Target, Update, When
from kirotodo.core.language.when.numbers import ONES, ORDINAL_ONES
from kirotodo.core.language.when.parse import parse_when
from kirotodo.core.text.patterns import pattern

_LED: Final = r"(?:(?:please|so|ok|okay|hey|and|also|can you|could you|would you)[, ]+)*"
_ENDED: Final = r"(?:[, ]+(?:please|thanks|thank you))*[.!?]*"
_ADD: Final = r"(?:add|put|note|create|make)(?: (?:the|a|an|another))?(?: (?:new )?(?:sub-?tasks?|steps?):?)? "
_STEP: Final = r"(?:sub-?tasks?|steps?)"
_UNDER: Final = tuple(
    pattern(_LED + form + _ENDED)
    for form in (
        _ADD + rf"(?P<what>.+) as (?:a |an |the )?{_STEP} (?:of|to|for|under|in) (?P<task>.+?)",
        _ADD + rf"(?P<what>.+) (?:to|under|for|into) (?P<task>.+?) as (?:a |an )?{_STEP}",
        rf"(?:add|put|create) (?:the |a |an )?(?:new )?{_STEP}:? (?P<what>.+) (?:to|under|for|of) (?P<task>.+?)",
        rf"(?:add|put|create) (?:the |a |an )?(?:new )?{_STEP} (?:to|under|for) (?P<task>[^:]+): ?(?P<what>.+?)",
        r"add (?P<what>.+) (?:under|underneath|below) (?P<task>.+?)",
    )
)
_BREAK: Final = pattern(
    _LED + r"(?:break|split|divide)(?: up| down)? (?P<task>[^:]+?)(?: up| down)?"
    rf" in(?:to)?(?: (?:the |these |following )*{_STEP})?(?::| ) ?(?P<what>.+?)" + _ENDED
)
_ASKED: Final = tuple(
    pattern(_LED + form + _ENDED)
    for form in (
        rf"(?:(?:what|which)(?: are|'re)|show|list|give|see|tell)(?: me)?(?: all)?(?: the| my)? (?:open )?{_STEP}"
        r" (?:of|for|in|under|to) (?P<task>.+?)",
        rf"(?:what|which) {_STEP} (?:does|do|has|have|are) (?P<task>.+?)(?: have| has)?(?: left| to do)?",
        rf"{_STEP} (?:of|for) (?P<task>.+?)",
        r"what(?:'s| is)(?: still)?(?: left)? under (?P<task>.+?)",
        r"how far (?:am i|are we|along am i|along is|have i got)(?: along)?(?: with)? (?P<task>.+?)",
        rf"how many {_STEP} (?:of|does|has) (?P<task>.+?)(?: are| have| has)?(?: left| open| done| to do)?",
    )
)
_MADE: Final = pattern(
    _LED
    + rf"(?:make|turn|move|put) (?P<what>.+?) (?:as |into )?(?:a |an )?{_STEP} (?:of|to|under|for) (?P<task>.+?)"
    + _ENDED
)
_PLACE: Final = "|".join((*ORDINAL_ONES, *ONES, r"\d{1,3}(?:st|nd|rd|th)?"))
_FIRST: Final = frozenset({"top", "start", "beginning", "front"})
_LAST: Final = frozenset({"last", "bottom", "end"})
_SHIFT: Final = r"(?:make|put|move|place|bring|shift) (?P<what>.+?) "
_PLACED: Final = tuple(
    pattern(_LED + _SHIFT + form + _ENDED)
    for form in (
        rf"(?:to |at |in |as )?(?:the )?(?P<place>{'|'.join((_PLACE, *sorted(_FIRST | _LAST)))})"
        rf"(?: (?:{_STEP}|place|position|one|thing))?(?: of (?:the )?(?:list|steps|.+?))?",
        rf"(?:to |at |in |as |into )?(?:the )?(?:{_STEP}|position|place|number) (?P<place>{_PLACE})",
        r"(?P<way>up|down)(?: (?:a|one) (?:place|step|position|spot)| (?:by )?one)?",
        r"(?:right |just |directly )?(?P<side>above|before|in front of|ahead of|below|after|behind) (?P<other>.+?)",
    )
)
_BEFORE: Final = frozenset({"above", "before", "in front of", "ahead of"})
_SWAPPED: Final = pattern(_LED + r"(?:swap|switch) (?P<what>.+?) (?:and|with|for) (?P<other>.+?)" + _ENDED)
_ORDERED: Final = pattern(
    _LED
    + r"(?:re-?order|order|sort|arrange)(?: the)? steps(?: of [^:]+)?(?::| as| like this:| to) (?P<all>.+?)"
    + _ENDED
)
_OWN: Final = tuple(
    pattern(_LED + form + _ENDED)
    for form in (
        r"(?:make|turn) (?P<what>.+?) (?:into |to )?(?:a |an |its own )?"
        r"(?:(?:separate|normal|regular|real|independent|top-level|own) )?task(?: of its own| on its own| itself)?",
        r"promote (?P<what>.+?)(?: to (?:a |an )?(?:own |separate |top-level )?task(?: of its own)?)?",
        r"(?:take|move|pull|get) (?P<what>.+?) out of (?P<task>.+?)",
        r"(?:detach|separate|unlink|split off) (?P<what>.+?)(?: from (?P<task>.+?))?",
        rf"(?P<what>.+?) (?:is|should be|shouldn't be|isn't|is not|should not be) (?:no longer |not )?(?:a )?{_STEP}"
        r"(?: of (?P<task>.+?))?(?: any ?more| any longer)?",
    )
)
_MOVED_UNDER: Final = pattern(
    _LED + r"(?:move|put) (?P<what>.+?) (?:under|underneath|beneath|to|into) (?P<task>.+?)" + _ENDED
)
_TICKED: Final = pattern(
    r"(?P<task>[^:]{2,80}): ?(?P<what>[^:]{2,80}?),? (?:is |are |was )?(?:now )?"
    r"(?:done|finished|ticked|complete|completed)" + _ENDED
)
_HIDDEN: Final = tuple(
    pattern(_LED + form + _ENDED)
    for form in (
        r"hide (?P<task>.+?) (?:until|till) (?P<day>.+?)",
        r"(?:start|begin) (?P<task>it|that|this|them) (?:only )?(?:on|from) (?P<day>.+?)",
        r"(?:don't|do not) (?:show|start)(?: me)? (?P<task>.+?) (?:before|until|till) (?P<day>.+?)",
        r"(?:(?P<task>.+?),? )?(?:but )?(?:not (?:before|until|till)|no(?:t)? (?:earlier|sooner) than) (?P<day>.+?)",
    )
)
_LASTS: Final = tuple(
    pattern(_LED + form + _ENDED)
    for form in (
        r"(?P<task>.+?) (?:takes?|(?:will|should|would|might) take|lasts?|(?:will|should) last)(?: me| us)?"
        r"(?: about| around| roughly| only)? (?P<length>.+?)",
    )
)
_NUMBERED: Final = pattern(r"(?:task |#|number )+(\d+)")
_PRONOUN: Final = pattern(r"it|that|this|them|that one|this one")
_ARTICLES: Final = pattern(r"(?:the|my|our) ")
_ITEMS: Final = pattern(r", (?:and |then )?| and | then |; ")


def stepping(text: Text) -> tuple[Action, ...] | None:
    """Return what a text asks about steps, a start date or a duration, if the whole of it does."""
    if len(text.low) > 400 or "\n" in text.raw.strip():
        return None
    for read in (
        _broken,
        _placed,
        _swapped,
        _ordered,
        _promoted,
        _made,
        _moved_under,
        _under,
        _asked,
        _ticked,
        _hidden,
        _lasting,
    ):
        actions = read(text)
        if actions is not None:
            return actions
    return None


def _task_in(
    text: Text, found: re.Match[str], *, ids: Sequence[int] | None = None, name: str = "task"
) -> Target | None:
    """Return the open task that a part of a form names for certain, or the one that was talked about."""
    words = text.raw[slice(*found.span(name))].strip(" ,'\"“”‘’")
    low = words.casefold()
    if _PRONOUN.fullmatch(low):
        return IT
    if (number := _NUMBERED.fullmatch(low)) is not None:
        return Target(ids=(int(number[1]),))
    plain = words[articles.end() :] if (articles := _ARTICLES.match(low)) else words
    matches = [match for match in text.titles.choose(plain, ids=ids) if match.score >= CERTAIN]
    if not matches:
        return None
    same = [match for match in matches if _title(text, match.id) == plain.casefold()]
    ids = tuple(match.id for match in same if len(same) == 1) or tuple(match.id for match in matches)
    return Target(words=words, ids=ids) if len(ids) == 1 else Target(words=words, candidates=ids)


def _title(text: Text, task_id: int) -> str:
    view = text.context.task(task_id)
    return view.title.casefold() if view is not None else ""


def _parent_in(text: Text, found: re.Match[str]) -> int | None:
    """Return the one task under which steps are to stand: itself no step, and no list of that name."""
    name = _ARTICLES.sub("", found["task"], count=1).removesuffix(" list").strip()
    if name in (each.casefold() for each in text.context.projects):
        return None
    target = _task_in(text, found)
    about = text.context.state.about
    ids = about if target is IT else target.ids if target is not None else ()
    return ids[0] if len(ids) == 1 else None


def _additions(text: Text, found: re.Match[str], parent: int) -> tuple[Action, ...] | None:
    """Return the things that a form names as steps of a task."""
    first, last = found.span("what")
    places = [place for place, token in enumerate(text.tokens) if first <= token.start and token.end <= last]
    if not places:
        return None
    piece = Piece(text, places[0], places[-1] + 1)
    pieces = split_items(piece, listed=True)
    adds = [add for each in pieces for add in additions(each, project=None)]
    return tuple(replace(add, parent_id=parent) for add in adds) or None


def _under(text: Text) -> tuple[Action, ...] | None:
    for form in _UNDER:
        found = form.fullmatch(text.low)
        parent = _parent_in(text, found) if found is not None else None
        if found is not None and parent is not None:
            return _additions(text, found, parent)
    return None


def _broken(text: Text) -> tuple[Action, ...] | None:
    found = _BREAK.fullmatch(text.low)
    if found is None:
        return None
    parent = _parent_in(text, found)
    if parent is not None:
        return _additions(text, found, parent)
    return (Clarify(missing="target", action="update"),) if ":" in text.low else None


def _made(text: Text) -> tuple[Action, ...] | None:
    """ "Make call the bank a step of taxes": a task is put under another; what is no task yet is asked about."""
    found = _MADE.fullmatch(text.low)
    parent = _parent_in(text, found) if found is not None else None
    if found is None or parent is None:
        return None
    target = _task_in(text, found, name="what")
    if target is not None:
        return (Update(target=target, parent_id=parent),)
    adds = _additions(text, found, parent)
    return (Confirm(actions=adds),) if adds else None


def _step(text: Text, words: str) -> TaskView | None:
    """Return the one step that words name for certain, or that was talked about."""
    context = text.context
    steps = [task.id for task in context.tasks if task.parent_id is not None and task.completed is None]
    words = words.strip(" ,'\"“”‘’").removesuffix(" step")
    words = _ARTICLES.sub("", words, count=1).removeprefix("step ")
    if _PRONOUN.fullmatch(words):
        ids = context.state.about
    elif (number := _NUMBERED.fullmatch(words)) is not None:
        ids = (int(number[1]),)
    else:
        ids = tuple(match.id for match in text.titles.choose(words, ids=steps) if match.score >= CERTAIN)
    return context.task(ids[0]) if len(ids) == 1 and ids[0] in steps else None


def _siblings(text: Text, step: TaskView) -> list[int]:
    """Return the steps of the task that a step belongs to, in their order."""
    steps = [task for task in text.context.tasks if task.parent_id == step.parent_id]
    return [task.id for task in sorted(steps, key=lambda task: (task.position, task.id))]


def _at(step_id: int, place: int) -> Action:
    return Update(target=Target(ids=(step_id,)), position=place)


def _placed(text: Text) -> tuple[Action, ...] | None:
    """ "Make the charger the first step", "move socks above passport", "put socks last"."""
    for form in _PLACED:
        found = form.fullmatch(text.low)
        step = _step(text, found["what"]) if found is not None else None
        place = _place(text, step, found.groupdict()) if found is not None and step is not None else None
        if step is not None and place is not None:
            return (_at(step.id, place),)
    return None


def _place(text: Text, step: TaskView, said: Mapping[str, str]) -> int | None:
    """Return the place, from 1, that words give a step."""
    order = _siblings(text, step)
    here = order.index(step.id)
    match said:
        case {"place": place} if place in _LAST:
            return len(order)
        case {"place": place}:
            return 1 if place in _FIRST else ORDINAL_ONES.get(place) or ONES.get(place) or int(place.rstrip("stndrh"))
        case {"way": way}:
            return max(1, here if way == "up" else here + 2)
        case {"side": side, "other": words} if (other := _step(text, words)) is not None and other.id in order:
            order.remove(step.id)
            return order.index(other.id) + (1 if side in _BEFORE else 2)
    return None


def _swapped(text: Text) -> tuple[Action, ...] | None:
    found = _SWAPPED.fullmatch(text.low)
    one, other = (_step(text, found[name]) for name in ("what", "other")) if found is not None else (None, None)
    if one is None or other is None or one.parent_id != other.parent_id or one is other:
        return None
    order = _siblings(text, one)
    first, second = sorted((one.id, other.id), key=order.index)
    return _at(first, order.index(second) + 1), _at(second, order.index(first) + 1)


def _ordered(text: Text) -> tuple[Action, ...] | None:
    """ "Reorder the steps: charger, socks, passport"."""
    found = _ORDERED.fullmatch(text.low)
    steps = [_step(text, words) for words in _ITEMS.split(found["all"])] if found is not None else []
    if not steps or len({step.parent_id for step in steps if step is not None}) != 1 or None in steps:
        return None
    return tuple(_at(step.id, place) for place, step in enumerate(steps, 1) if step is not None)


def _promoted(text: Text) -> tuple[Action, ...] | None:
    """ "Make socks a task of its own", "take socks out of the trip"."""
    for form in _OWN:
        found = form.fullmatch(text.low)
        step = _step(text, found["what"]) if found is not None else None
        task = found.groupdict().get("task") if found is not None else None
        if found is None or step is None or (task is not None and _parent_in(text, found) != step.parent_id):
            continue
        return (Update(target=Target(ids=(step.id,)), clear=frozenset({"parent_id"})),)
    return None


def _moved_under(text: Text) -> tuple[Action, ...] | None:
    """ "Move the towel under pack suitcase", of a step of another task."""
    found = _MOVED_UNDER.fullmatch(text.low)
    parent = _parent_in(text, found) if found is not None else None
    step = _step(text, found["what"]) if found is not None and parent is not None else None
    if step is None or parent == step.id:
        return None
    return (Update(target=Target(ids=(step.id,)), parent_id=parent),)


def _asked(text: Text) -> tuple[Action, ...] | None:
    for form in _ASKED:
        found = form.fullmatch(text.low)
        target = _task_in(text, found) if found is not None else None
        if target is not None:
            return (Query(about="steps", target=target),)
    return None


def _ticked(text: Text) -> tuple[Action, ...] | None:
    """ "Dentist: bring the card is done", of a step of that task."""
    found = _TICKED.fullmatch(text.low)
    parent = _parent_in(text, found) if found is not None else None
    if found is None or parent is None:
        return None
    steps = [task.id for task in text.context.tasks if task.parent_id == parent and task.completed is None]
    target = _task_in(text, found, ids=steps, name="what") if steps else None
    return (Complete(target=target),) if target is not None and target is not IT else None


def _hidden(text: Text) -> tuple[Action, ...] | None:
    for form in _HIDDEN:
        found = form.fullmatch(text.low)
        if found is None:
            continue
        target = IT if found["task"] is None else _task_in(text, found)
        start = _day(text, found["day"])
        if target is not None and start is not None and (target is not IT or text.context.state.about):
            return (Update(target=target, start=start),)
    return None


def _day(text: Text, words: str) -> When | None:
    try:
        when = parse_when(words, now=text.now, preferences=text.preferences)
    except InvalidInput:
        return None
    return when if when.time is None else None


def _lasting(text: Text) -> tuple[Action, ...] | None:
    """ "It takes two hours", "the report should take 90 minutes"."""
    for form in _LASTS:
        found = form.fullmatch(text.low)
        minutes = minutes_in(found["length"]) if found is not None else None
        target = _task_in(text, found) if found is not None and minutes else None
        if target is not None and (target is not IT or text.context.state.about):
            return (Update(target=target, duration=minutes),)
    return None
