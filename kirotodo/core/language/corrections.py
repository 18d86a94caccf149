"""Texts that correct, repeat or take back what was done last, and what is said of it by others."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from kirotodo.core.domain.rule import read_rule
from kirotodo.core.language.context import Call, DialogueState, TaskView
from kirotodo.core.language.lexicon import NUMBERS, phrases
from kirotodo.core.language.list_spans import ordinal
from kirotodo.core.language.mentions import CERTAIN, Titles
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.slots import (
    IT,
    POINTING,
    Slots,
    last_call,
    named_task,
    slots_of,
    softeners,
    touched_by,
    words_of,
)
from kirotodo.core.language.spans import Token
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import (
    Action,
    Add,
    Amend,
    Confirm,
    Delete,
    Recurrence,
    Repeat,
    TakeBack,
    Target,
    Undo,
    Update,
)
from kirotodo.core.language.when.tokens import word_set

Read = Callable[[str], tuple[Action, ...]]
"""Reads a text by itself, as frames do."""


def taken_back(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """ "scrap that, she just cancelled", "not the eggs actually", "undo just the first"."""
    several = whole.match(
        "[{oops}|please|and]* undo|revert|reverse|take_back [my|the]* last=O [{changed}|changes|actions|things|steps]*"
    )
    if several is not None and min(several.value("last")) < 0:
        return (Undo(turns=len(several.value("last"))),)
    not_done = whole.match(
        "[{oops}|and|but]* <part> isn't|wasn't|aren't|weren't|hasn't_been|is_not|was_not [{done}|{softener}]*"
    )
    if not_done is not None and last_call(state).tool == "complete_task" and not _reopens(last_call(state)):
        target = _part_of(not_done.get("part"), state) or _named_touched(whole.text, not_done.get("part").tokens, state)
        return (TakeBack(target=target),) if target is not None else None
    part = whole.match("[{oops}|and|but]* undo|revert|take_back [just|only]* <part>") or whole.match(
        "[{oops}|and|but]* {spared} <part> [{softener}|out|off|alone]*"
    )
    if part is not None and (target := _part_of(part.get("part"), state)) is not None:
        return (TakeBack(target=target),)
    if whole.match("[{oops}|and|but]* i_said|i_told_you|i_asked_you [you]? don't|do_not|not_to|never ...") or (
        last_call(state).tool == "complete_task"
        and whole.match("{oops}|not_yet [{oops}|and|but|not_yet]* {reopen} it|that|them [{softener}]*")
    ):
        return (TakeBack(),)
    dropped = whole.match("[and|but]* no <part> after_all|any_more|anymore|needed|then")
    if dropped is not None and (target := _part_of(dropped.get("part"), state)) is not None:
        return (TakeBack(target=target),)
    if dropped is not None and (target := named_task(whole.text, dropped.get("part").tokens, done=False)) is not None:
        return (Delete(target=target),)
    if whole.match("[{oops}|and|but]* {takeback} [{softener}]*"):
        return (TakeBack(),)
    said = whole.begins("[{oops}|and|but]* {takeback}")
    if said is not None and said.rest and _is_reason(whole, said.rest):
        return (TakeBack(),)
    return None


def _is_reason(whole: Piece, rest: Piece) -> bool:
    """Return whether what follows a comma only says why."""
    before = whole.text.tokens[rest.first - 1].word if rest.first > whole.first else ""
    return before in (",", ".", ";", "-") and rest.words[0] in _REASONS and not rest.spans("WPKTRD")


_REASONS: Final = word_set(
    "he she they it i we it's he's she's they're i'm we're there's that's no because since the my"
)


def _part_of(piece: Piece, state: DialogueState) -> Target | None:
    """Return the part of what was done last that words name."""
    touched = touched_by(state)
    slots = slots_of(piece)
    numbers = slots.ids or tuple(int(token.word) for token in piece.tokens if token.word.isdecimal())
    if numbers and set(numbers) <= set(touched):
        return Target(ids=numbers)
    if slots.any or len(touched) < 2:
        return None
    alone = ordinal(slots.rest[0].word) if len(slots.rest) == 1 else 0
    places = slots.ordinals if not slots.rest else (alone,) if alone else ()
    if places:
        ids = tuple(touched[place - 1 if place > 0 else place] for place in places if 0 < abs(place) <= len(touched))
        return Target(ids=ids) if len(ids) == len(places) else None
    return _named_touched(piece.text, slots.rest, state)


def _named_touched(text: Text, tokens: Sequence[Token], state: DialogueState) -> Target | None:
    """Return the one task of the last change that words name, if it was deleted too."""
    target = named_task(text, tokens, ids=touched_by(state))
    if target is None and (gone := _deleted(state)):
        found = [match for match in gone.choose(words_of(text, tokens), done=None) if match.score >= CERTAIN]
        return Target(ids=(found[0].id,)) if len(found) == 1 else None
    return Target(words=target.words, ids=target.ids) if target is not None and target.ids else None


def _deleted(state: DialogueState) -> Titles:
    """Return the titles of what was deleted last, which are on no list any more."""
    calls = [call for call in state.done if call.tool == "delete_task"]
    pairs = [pair for call in calls for pair in zip(call.task_ids, call.arguments.get("titles") or (), strict=False)]
    return Titles(TaskView(id=task_id, title=str(title)) for task_id, title in pairs)


def _told_by_another(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """ "he'd prefer wednesday": what somebody else says about the one task that was talked about."""
    if len(state.about) == 1 and whole.match("[{oops}|and|but]* {other} [have|has|'ve|just]* {backs_out}"):
        return (Confirm(actions=(Delete(target=Target(ids=state.about)),)),)
    found = whole.match("[{oops}|and|but]* {other}? <who>? {prefers} <values>")
    if found is None or len(found.get("who").words) > 2 or len(state.about) != 1:
        return None
    slots = slots_of(found.get("values"))
    if not slots.any or slots.rest or slots.title:
        return None
    if found.get("who") and not _is_about(found.get("who"), state):
        return None
    return (Amend(change=slots.update(IT)),)


def _is_about(piece: Piece, state: DialogueState) -> bool:
    """Return whether words stand in the title of what was talked about."""
    return piece.text.titles.match(piece.raw, done=None, ids=state.about) != []


def _counted(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """ "make that two of them", "there should be four": so many of what was added."""
    number = next((number for form in _COUNTED if (number := _number_in(whole, form))), 0)
    other = 0 if number else _number_in(whole, "[{oops}|and|but]* make|change it|that|this to? <n>")
    view = _only(whole.text, state)
    if view is None or not (number or (other and view.due_time is None)):
        return None
    counts = _COUNT.findall(view.title)
    if len(counts) == 1:
        title = view.title.replace(counts[0], str(number or other), 1)
        return (Amend(change=Update(target=IT, title=title)),)
    return (Amend(change=Update(target=IT, title=f"{number} {view.title}")),) if number else None


_COUNTED: Final = (
    "[{oops}|and|but]* there_should_be|there_need_to_be|there_are <n> [of_them|of_those|of_it]",
    "[{oops}|and|but]* [{meant}|i_need|i_want|we_need|i'd_like]* <n> of_them|of_those|of_it",
)


def _number_in(whole: Piece, text: str) -> int:
    """Return the number that the slot of a form took; 0 where it took none."""
    found = whole.match(text)
    word = found.word("n") if found is not None else ""
    return int(word) if word.isdecimal() else NUMBERS.get(word, 0)


_COUNT: Final = pattern(r"\b\d+\b")


def _only(text: Text, state: DialogueState) -> TaskView | None:
    """Return the one task that was changed last."""
    touched = touched_by(state)
    return text.context.task(touched[0]) if len(touched) == 1 else None


_UNTIL: Final = ("until ", "till ", "ending ", "up to ", "through ")


def _reminded(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """ "remind me a day before", of the task that was talked about."""
    found = whole.match(
        "[{oops}|and|also|please|then]* {remind} me lead=L [about|of|for]* [it|that|this]? [{softener}|too]*"
    )
    if found is None or len(state.about) != 1:
        return None
    return (Update(target=IT, remind=found.value("lead").text),)


def _ended(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """ "until christmas", "no end date actually": when the repetition of what was done last ends."""
    views = [whole.text.context.task(each) for each in touched_by(state)]
    if len(views) != 1 or views[0] is None or views[0].recurrence is None:
        return None
    rule = read_rule(views[0].recurrence)
    spans = whole.spans("W")
    if (
        len(spans) == 1
        and whole.match("[{oops}|and|but|only|just|make_it]* [until|till|ending|up_to|through]* W [{softener}]*")
        and any(each in whole.text.low for each in _UNTIL)
    ):
        rule = replace(rule, until=spans[0].value.when.date, count=None)
    elif whole.match("[{oops}|and|but]* no|without [an|any]? end_date|end|limit|last_date [{softener}]*"):
        rule = replace(rule, until=None, count=None)
    else:
        return None
    return (Amend(change=Update(target=IT, recurrence=Recurrence(rule=str(rule)))),)


def _contrast(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """ "the team lunch, not the meeting", "not the meeting but the lunch", "dinner not lunch, so 7pm"."""
    sides = _split_at_comma(whole) or _split_at_word(whole)
    if sides is None:
        return None
    right, wrong = slots_of(sides[0], aside=softeners()), slots_of(sides[1])
    if right.any and not right.rest and not wrong.rest:
        return (Amend(change=right.update(IT)),)
    if not right.rest or not wrong.rest or right.any:
        return None
    text, touched = whole.text, touched_by(state)
    target = named_task(text, right.rest)
    if (
        target is not None
        and target.ids
        and not set(target.ids) & set(touched)
        and _named_touched(text, wrong.rest, state)
    ):
        return (Amend(change=Update(target=target)),)
    return _renamed(text, touched, right.rest, wrong)


def _split_at_comma(whole: Piece) -> tuple[Piece, Piece] | None:
    """Return what is right and what is wrong in "not the meeting, the lunch"."""
    led = whole.match("[{oops}|and|but]* not <both>")
    piece = led.get("both") if led is not None else None
    commas = [] if piece is None else [n for n in range(piece.first, piece.last) if whole.text.tokens[n].word == ","]
    if piece is None or len(commas) != 1:
        return None
    return Piece(whole.text, commas[0] + 1, piece.last), Piece(whole.text, piece.first, commas[0])


def _split_at_word(whole: Piece) -> tuple[Piece, Piece] | None:
    """Return what is right and what is wrong in "the lunch, not the meeting", "not the meeting but the lunch"."""
    found = whole.match("[{oops}|and|but]* not <wrong> but|it's|i_meant|but_rather|rather <right>") or whole.match(
        "[{oops}|{wrong}|{meant}|and|but]* <right> not|instead_of|rather_than <wrong>"
    )
    if found is None or found.get("right").words[0] in phrases("oops"):
        return None
    return found.get("right"), found.get("wrong")


def _renamed(text: Text, touched: tuple[int, ...], right: Sequence[Token], wrong: Slots) -> tuple[Action, ...] | None:
    """ "it's dinner not lunch": one word of the title for another."""
    view = text.context.task(touched[0]) if len(touched) == 1 else None
    said, new = words_of(text, wrong.rest[:1]), words_of(text, right)
    if view is None or said.casefold() not in view.title.casefold():
        return None
    at = view.title.casefold().index(said.casefold())
    title = view.title[:at] + new + view.title[at + len(said) :]
    return (Amend(change=replace(wrong.update(IT), title=title)),)


def _respelled(text: Text, tokens: Sequence[Token], state: DialogueState) -> tuple[Action, ...] | None:
    """ "i meant buy new curtains", "it's Mark with a k": the title, or a word of it, spelled another way."""
    view, words = _only(text, state), words_of(text, tokens)
    if view is None or not words:
        return None
    if len(tokens) > 1 and words != view.title and _likeness(words, view.title) >= 0.7:
        return (Amend(change=Update(target=IT, title=words)),)
    if len(tokens) > 1 and tokens[1].word != "with":
        return None
    word = words_of(text, tokens[:1])
    near = [
        known
        for known in view.title.split()
        if known[0].casefold() == word[0].casefold() and 0.6 <= _likeness(word, known) < 1.0
    ]
    return (Amend(change=Update(target=IT, title=view.title.replace(near[0], word, 1))),) if len(near) == 1 else None


def _likeness(one: str, other: str) -> float:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


_FRESH: Final = "make|change|set|put|try|say|move it|that|them|this|those|these <rest>"
"""A change of its own, which frames read: a later undo goes back to what was there right before it."""


def _renamed_tag(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """ "no, the tag should be customer": another tag for the one that was given."""
    found = whole.match("[{oops}|and|but]* [the|its]? tag|label should_be|should_have_been|is|was|needs_to_be <tag>")
    if found is None or "add_tags" not in last_call(state).arguments or len(found.get("tag").words) > 1:
        return None
    return (Amend(change=Update(target=IT, add_tags=(found.get("tag").raw.removeprefix("#"),))),)


def _corrected(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """ "no, medium", "i meant the 12th", "sorry, half 3", "wrong list, should be groceries"."""
    joined = whole.begins("[and|but|so]*")
    piece = joined.rest if joined is not None else whole
    if piece.match(_FRESH):
        return None
    led = piece.begins("[{oops}|{wrong}|and]* [{meant}]*")
    marked = led is not None and bool(led.found[0].strip())
    piece = led.rest if led is not None else piece
    slots = slots_of(piece, aside=softeners())
    if slots.title or (not slots.any and not slots.rest):
        return None
    if slots.rest and not slots.any and whole.match("[{oops}|and]* wrong K|list <rest>"):
        slots.project, slots.rest = words_of(whole.text, slots.rest), []
    if not slots.rest and slots.any:
        _in_the_same_half(slots, whole, state)
        return _amended(slots, state, marked=marked)
    if (_is_wrong(whole) or "with" in whole.words) and slots.rest and not slots.any:
        retitled = _respelled(whole.text, slots.rest, state)
        if retitled is not None:
            return retitled
    if not marked or not _is_wrong(whole):
        return None
    target = named_task(whole.text, slots.rest)
    if target is None or set(target.ids) & set(touched_by(state)):
        return None
    return (Amend(change=slots.update(target)),) if last_call(state).tool != "add_task" else None


def _amended(slots: Slots, state: DialogueState, *, marked: bool) -> tuple[Action, ...] | None:
    """Return the correction by values alone, which need a word that says so unless the last action had such a value."""
    if slots.both or slots.ordinals or slots.ids:
        return None
    return (Amend(change=slots.update(IT)),) if marked or _had(slots, state) else None


def _in_the_same_half(slots: Slots, whole: Piece, state: DialogueState) -> None:
    """Read "half 8", after "dinner at 7pm", as an evening's hour too; and "in the morning" as that half of the day."""
    view, when = _only(whole.text, state), slots.when
    if view is None or view.due_time is None or when is None:
        return
    said = " ".join(whole.text.low[token.start : token.end] for token in whole.spans("W"))
    hour = view.due_time.hour
    if when.time is not None and when.time.hour < 12 <= hour and not _HALF_SAID.search(said):
        slots.when = replace(when, time=when.time.replace(hour=when.time.hour + 12))
    elif said.strip() in ("in the morning", "morning") and hour >= 12:
        day = view.due_date or whole.text.now.date()
        moment = dt.datetime.combine(day, view.due_time.replace(hour=hour - 12))
        moment += dt.timedelta(days=1 if moment <= whole.text.now else 0)
        slots.when = replace(when, date=moment.date(), time=moment.time(), grain="minute")
        slots.time_only = False


_HALF_SAID: Final = pattern(r"\d\s*[ap]\.?m|morning|evening|night|noon|\b0\d|midday")


def _had(slots: Slots, state: DialogueState) -> bool:
    """Return whether values alone can only be meant for what was done last."""
    last = last_call(state)
    if last.tool not in ("add_task", "update_task") or len(touched_by(state)) > 1:
        return False
    return slots.project is None or not slots.any_but_project


def _is_wrong(whole: Piece) -> bool:
    return whole.begins("[{oops}|and|but|so]* {wrong}|i_meant|i_mean|no|nope") is not None


def _continued(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """ "the tap as well", "and the library books", "the dentist to 11", "bread too"."""
    led = whole.match("[{oops}]* {joining} [{joining}]* <thing> [{also}|{softener}]*") or whole.match(
        "[{oops}]* <thing> {also} [{softener}]*"
    )
    piece = led.get("thing") if led is not None else whole
    slots = slots_of(piece, aside=softeners())
    if slots.both and slots.any and not slots.rest and (ids := _pointed(state)):
        return (slots.update(Target(ids=ids, plural=True)),)
    if not slots.rest or slots.title:
        return None
    if slots.rest[0].word in POINTING and slots.any and len(slots.rest) == 1 and (ids := _pointed(state)):
        return (slots.update(Target(ids=ids, plural=True)),)
    last = last_call(state)
    if last.tool == "add_task":
        return _one_more(piece, slots, state, read) if led is not None else None
    target = named_task(whole.text, slots.rest, done=_reopens(last) or None)
    if target is None and led is not None and "notes" in last.arguments and not slots.any:
        return (Update(target=IT, notes=piece.raw),)
    if target is None:
        return None
    if slots.any:
        return (Repeat(change=slots.update(target)),) if led is not None or last.tool == "update_task" else None
    return (Repeat(change=Update(target=target)),) if led is not None else None


def _reopens(call: Call) -> bool:
    return call.tool == "complete_task" and call.arguments.get("completed") is False


def _pointed(state: DialogueState) -> tuple[int, ...]:
    """Return the two or more tasks that "both" and "them" mean."""
    ids = state.about if len(state.about) > 1 else state.shown
    return ids if len(ids) > 1 else ()


def _one_more(piece: Piece, slots: Slots, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """Return one more addition, to the list of the last one."""
    added: tuple[Action, ...] = read(f"add {piece.raw}")
    if not slots.any and piece.raw[:4] in ("The ", "A "):
        added = (Add(title=piece.raw),)  # a capital is part of a name
    if not added or not all(isinstance(action, Add) for action in added):
        return None
    project = last_call(state).arguments.get("project")
    return tuple(replace(action, project=action.project or project) for action in added if isinstance(action, Add))


RULES: Final = (
    taken_back,
    _told_by_another,
    _counted,
    _reminded,
    _ended,
    _renamed_tag,
    _contrast,
    _corrected,
    _continued,
)
"""In the order in which they are tried."""
