"""Texts that correct, continue or take back what was done last, by one rule.

Such a text consists of words that tie it to the last turn ("no", "i meant", "and", "too"), of values, and of words for
some of its tasks, and of nothing else. Which of these there are decides what becomes of the last change.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from kirotodo.core.domain.rule import read_rule
from kirotodo.core.language.content import cut_at
from kirotodo.core.language.context import DialogueState, TaskView
from kirotodo.core.language.frames.skipping import counted_anew
from kirotodo.core.language.lexicon import CHORES, COMMON, NUMBERS, phrases
from kirotodo.core.language.list_spans import ordinal
from kirotodo.core.language.mentions import CERTAIN, Titles
from kirotodo.core.language.slots import (
    IT,
    POINTING,
    Slots,
    in_the_nearer_half,
    named_task,
    nearer,
    slots_of,
    softeners,
    words_of,
)
from kirotodo.core.language.spans import Token
from kirotodo.core.language.targets import split, targets
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import (
    Action,
    Add,
    Amend,
    Complete,
    Confirm,
    Delete,
    Recurrence,
    Repeat,
    Skip,
    TakeBack,
    Target,
    Undo,
    Update,
    When,
)
from kirotodo.core.language.when.tokens import word_set
from kirotodo.core.text.patterns import pattern

Read = Callable[[str], tuple[Action, ...]]
"""Reads a text by itself, as frames do."""
Meant = tuple[Action, ...] | None

_LEADING: Final = ("wrong", "acting", "meant", "joining", "spared", "oops", "softener")
_ENDING: Final = ("also", "softener", "meant")
_LONGEST: Final = 5
"""Words of the longest phrase that leads or ends a text."""


class Remark(msgspec.Struct, frozen=True):
    """A text after the last turn: the classes of the words that tie it there, and what is left without them."""

    whole: Piece
    state: DialogueState
    ties: frozenset[str]
    body: Piece
    slots: Slots

    @property
    def text(self) -> Text:
        """Return the text."""
        return self.whole.text

    @property
    def tool(self) -> str:
        """Return the tool of the last change; nothing where the talk has moved on."""
        return self.state.last[-1].tool if self.state.last else ""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Return what the last change was made with."""
        return self.state.last[-1].arguments if self.state.last else {}

    @property
    def change(self) -> Update:
        """Return the values of the text as a change of "it": of when to be reminded, if only that was changed last."""
        change, at = self.slots.update(IT), self.only.remind_at if self.only is not None else None
        if self.tool != "update_task" or not self.arguments.keys() <= {"remind"} or at is None or change.when is None:
            return change
        day = at.date() if change.time_only else change.when.date
        when = nearer(change.when, self.whole, at.time())
        moment = dt.datetime.combine(day, when.time or at.time())
        return replace(change, when=None, time_only=False, remind=moment.isoformat(timespec="minutes"))

    @property
    def touched(self) -> tuple[int, ...]:
        """Return the tasks that were changed last."""
        return self.state.touched

    @property
    def only(self) -> TaskView | None:
        """Return the one task that was changed last."""
        return self.text.context.task(self.touched[0]) if len(self.touched) == 1 else None


def remark(whole: Piece, state: DialogueState) -> Remark:
    """Return a text as what is tied to the last turn."""
    ties: set[str] = set()
    tokens = whole.text.tokens
    places = [n for n in range(whole.first, whole.last) if not tokens[n].is_sign and tokens[n].word != ":"]
    while tie := _tie(whole, places, _LEADING, leading=True):
        ties.add(tie[0])
        places = places[tie[1] :]
    while tie := _tie(whole, places, _ENDING, leading=False):
        ties.add(tie[0])
        places = places[: -tie[1]]
    body = Piece(whole.text, places[0], places[-1] + 1) if places else Piece(whole.text, whole.last, whole.last)
    slots = slots_of(body, aside=softeners(), state=state)
    _take_minutes(slots, body, state)
    if slots.time_only and [token.word for token in slots.rest] in (["earlier"], ["later"], ["sooner"]):
        slots.rest = []  # "earlier, half 7"
    if (fielded := body.match(_FIELD)) is not None:
        ties.add("meant")
        value = fielded.get("value").raw.removeprefix("#")
        slots = Slots(tags=(value,)) if fielded.word("field") in ("tag", "label") else Slots(title=value)
    return Remark(whole, state, frozenset(ties), body, slots)


def _take_minutes(slots: Slots, body: Piece, state: DialogueState) -> None:
    """Take "half past" or "quarter to" as minutes of the hour at which the one task talked about is due."""
    view = body.text.context.task(state.about[0]) if len(state.about) == 1 else None
    minutes = _MINUTES.get(" ".join(word for word in body.words if word not in _AROUND_MINUTES | softeners()))
    if slots.any or minutes is None or view is None or view.due_time is None:
        return
    moment = dt.datetime.combine(view.due_date or body.text.now.date(), view.due_time.replace(minute=0))
    moment += dt.timedelta(minutes=minutes)
    slots.when, slots.time_only, slots.rest = When(date=moment.date(), time=moment.time(), grain="minute"), True, []


_MINUTES: Final = {
    "half past": 30, "quarter past": 15, "quarter to": -15, "ten past": 10, "twenty past": 20, "ten to": -10,
    "twenty to": -20, "five past": 5, "five to": -5, "on hour": 0,
}  # fmt: skip
_AROUND_MINUTES: Final = word_set("a at it that the")
_FIELD: Final = (
    "[the|its]? field=tag|label|title|name should_be|should_have_been|is|was|needs_to_be|should_say|to <value>"
)


def _tie(whole: Piece, places: Sequence[int], names: Sequence[str], *, leading: bool) -> tuple[str, int] | None:
    """Return the class of the longest phrase at an end, and of how many words it is."""
    for size in range(min(_LONGEST, len(places)), 0, -1):
        part = places[:size] if leading else places[-size:]
        said = " ".join(whole.text.tokens[place].word for place in part)
        if name := next((name for name in names if said in phrases(name)), None):
            return name, size
    return None


def said_of_the_last(whole: Piece, state: DialogueState, read: Read) -> Meant:
    """Return what a text makes of the last change; None where it is no remark on it."""
    if (said := _taken_back(whole, state)) is not None:
        return said
    mark = remark(whole, state)
    rules = (
        _skipped,
        _told_by_another,
        _counted,
        _for_so_many,
        _ended,
        _contrast,
        _meant_doing,
        _respelled,
        _valued,
        _named,
        _one_more,
    )
    return next((meant for rule in rules if (meant := rule(mark, read)) is not None), None)


# --- taking back


_BACK: Final = (
    "[{oops}|please|and|but|can_you|could_you]* {undo}|restore|bring_back|put_back|undelete [just|only]* <part>",
    "[{oops}|please|and|but|can_you|could_you|can_i|could_i|{i}]* bring|put|give|get|take|have|want|need|add|set|"
    "change|switch|move [me]? <part> back [in|on|there|to_what_it_was|where_it_was|how_it_was|the_way_it_was|"
    "to_the_old|to_how_it_was|{softener}|{also}]*",
    "[{oops}|and|but]* {i} still|do [do|still|actually]* need|want|need_to_keep <part> [{softener}]*",
    "[and|but|so]* no <part>",
    "[{oops}|and|but|or]* {spared} <part> [{softener}|out|off|alone|either]*",
    "[{oops}|and|but]* without <part> [{softener}]*",
    "[{oops}|and|but]* <part> isn't|wasn't|aren't|weren't|hasn't_been|is_not|was_not [{done}|{softener}]*",
)
_ONLY: Final = (
    "[{oops}|and|but|so]* {i} only|just wanted|meant|said|asked_for|asked|needed [to]? "
    "[{editing}|{finish}|{remove}|{add}|add]? <part> [{done}|{gone}|{changed}|W|gone|away|back|there]*",
    "[{oops}|and|but|so]* only|just|just_leave|only_leave|just_keep|only_keep <part> "
    "[{done}|{gone}|{changed}|{softener}]*",
)
_OF_EARLIER: Final = "[{oops}|please|and]* {undo} [just|only|what_you_did_to|the_change_to]* <part>"
_NEEDLESS: Final = "[{oops}|and|but]* no|no_need_for|no_need_of <part> after_all|any_more|anymore|needed|then"
_UNDONE: Final = (
    "[{oops}|and|but]* i_said|i_told_you|i_asked_you [you]? don't|do_not|not_to|never ...",
    "[{oops}|and|but|{softener}]* {takeback} [{softener}|{takeback}|please]*",
    "[{oops}|and|but]* {undo} [the|that|my|your]? {deed}",
    "[{oops}|{softener}|that_was|it_was|a|my|by]* mistake|accident [{oops}|{softener}]*",
    "[{oops}|and|but|{also}]* take|get|pull it|that|them|those|this off|out|away [again|{softener}]+",
    "[{oops}|and|but|put|change|move|set|go|switch|turn|it|that|leave|keep]* back|leave|keep [it|that|them|to|at|on]* "
    "the original|old|previous|first|same|day|date|time [date|day|time|title|name|list|priority|one|it|was|before]*",
    "[{oops}|and|but|i_think|i_liked|i_prefer]* the original|old|previous|first <field>? [was|is|better|fine|nicer]*",
)
_REOPENED: Final = (
    "[{oops}|{softener}]* not_yet [{oops}|{softener}]*",
    "{oops}|not_yet [{oops}|and|but|not_yet]* {reopen} [it|that|them]? [{softener}]*",
    "[{oops}|{softener}|but|i|we|i'm|it's|it|that|that's|is|was|am|have|haven't|hasn't|wasn't|isn't|didn't]* "
    "[not|never]? [{adv}|all|that|quite|actually]* {done}|finish|do|been_done "
    "[with]? [it|that]? [yet|{softener}]*",
)


def _taken_back(whole: Piece, state: DialogueState) -> Meant:
    """ "scrap that, she just cancelled", "not the eggs actually", "undo just the first", "put the rice back"."""
    if (undone := _undone_turns(whole, state)) is not None:
        return (undone,)
    if (part := _part_taken_back(whole, state)) is not None:
        return (part,)
    if (found := whole.match(_NEEDLESS)) is not None:
        return _not_needed(found.get("part"), state)
    if not state.last:
        return None
    return (TakeBack(),) if _takes_all_back(whole, state) else _after_takeback(whole, state)


def _undone_turns(whole: Piece, state: DialogueState) -> Undo | None:
    """ "undo the last two changes", "undo both"."""
    several = whole.match(
        "[{oops}|please|and]* undo|revert|reverse|take_back [my|the]* last=O [{changed}|changes|actions|things|steps]*"
    )
    if several is not None and min(several.value("last")) < 0:
        return Undo(turns=len(several.value("last")))
    if whole.match("[{oops}|please|and]* undo|revert|reverse both [of]? [them|those|these]? [{softener}]*"):
        return Undo(turns=1 if len(state.touched) > 1 else 2)
    return None


def _part_taken_back(whole: Piece, state: DialogueState) -> TakeBack | None:
    """ "no, just the first", "undo the lunch part", "undo the change to the vet"."""
    if (others := _all_but(whole, state)) is not None:
        return TakeBack(target=others)
    for form in _BACK:
        found = whole.match(form)
        if found is not None and (target := part_of(found.get("part"), state)) is not None:
            return TakeBack(target=target)
    earlier = _of_earlier(whole)
    return TakeBack(target=earlier) if earlier is not None else None


def _not_needed(part: Piece, state: DialogueState) -> Meant:
    """ "don't need the eggs": takes that part back, or deletes the task of that name."""
    if (target := part_of(part, state)) is not None:
        return (TakeBack(target=target),)
    target = named_task(part.text, part.tokens, done=False)
    return (Delete(target=target),) if target is not None else None


def _takes_all_back(whole: Piece, state: DialogueState) -> bool:
    """Return whether a text takes the last change back and says nothing else."""
    if any(whole.match(form) for form in _UNDONE) or (
        state.last[-1].tool == "complete_task"
        and any(whole.match(form) for form in _REOPENED)
        and any(
            word in ("not", "never", "outstanding", "again", "still")
            or word.endswith("n't")
            or word in phrases("reopen")
            for word in whole.words
        )
    ):
        return True
    parts = cut_at(whole, {",", ".", "!", ";"})
    undone = len(parts) > 1 and parts[-1].match("[please|so|and|just|{oops}]* {undo} [it|that|this|please]*")
    # "ah forget it, i got the wrong week, undo"
    return bool(undone) and parts[0].begins("{oops}|{takeback}|{wrong}") is not None


def _after_takeback(whole: Piece, state: DialogueState) -> Meant:
    """ "scratch that, they shut at three, so half two": what follows the words that take the last change back."""
    led = whole.begins("[{oops}|and|but]* {takeback}")
    if led is None or not led.rest:
        return None
    if state.last[-1].tool == "update_task" and len(state.touched) == 1 and led.rest.search("{backs_out}"):
        return (Delete(target=IT),)
    said = remark(cut_at(led.rest, {",", ";", "so"})[-1], state)
    instead = said.whole.first > led.rest.first or said.ties & {"acting", "meant"}
    if instead and said.slots.any and not said.slots.rest and said.only is not None:
        in_the_nearer_half(said.slots, whole, said.only)
        return (Amend(change=said.change),)
    more = any(led.rest.match(form) for form in _UNDONE)
    return (TakeBack(),) if more or _is_reason(whole, led.rest) else None


def _is_reason(whole: Piece, rest: Piece) -> bool:
    """Return whether what follows a comma only says why."""
    before = whole.text.tokens[rest.first - 1].word if rest.first > whole.first else ""
    return before in (",", ".", ";", "-") and rest.words[0] in _REASONS and not rest.spans("WPKTRD")


_REASONS: Final = word_set(
    "he she they it i we it's he's she's they're i'm we're there's that's no because since the my"
)


def part_of(piece: Piece, state: DialogueState) -> Target | None:
    """Return the part of what was done last that words name."""
    slots = slots_of(piece, aside=softeners() | phrases("also") | _PART)
    numbers = slots.ids or tuple(int(token.word) for token in piece.tokens if token.word.isdecimal())
    if numbers and set(numbers) <= set(state.changed):
        return Target(ids=numbers)
    if slots.any:
        return None
    words = [token.word for token in slots.rest] or piece.words
    if slots.both or (words and set(words) <= _ALL_OF_IT):
        return Target(ids=state.touched) if state.touched else None
    alone = ordinal(slots.rest[0].word) if len(slots.rest) == 1 else 0
    places = slots.ordinals if not slots.rest else (alone,) if alone else ()
    if not places:
        return named_changed(piece.text, slots.rest, state)
    touched = state.touched
    ids = tuple(touched[place - 1 if place > 0 else place] for place in places if 0 < abs(place) <= len(touched))
    return Target(ids=ids) if len(ids) == len(places) and len(touched) > 1 else None


def _all_but(whole: Piece, state: DialogueState) -> Target | None:
    """Return the rest of what was changed last, where only a part of it was wanted ("i only meant the first")."""
    for form in _ONLY if len(state.touched) > 1 else ():
        found = whole.match(form)
        kept = part_of(found.get("part"), state) if found is not None else None
        rest = tuple(each for each in state.touched if kept is not None and each not in kept.ids)
        if rest and len(rest) < len(state.touched):
            return Target(ids=rest, plural=True)
    return None


def _of_earlier(whole: Piece) -> Target | None:
    """Return the one task of which any change is to be undone, whichever turn made it ("undo the dentist one")."""
    found = whole.match(_OF_EARLIER)
    if found is None:
        return None
    slots = slots_of(found.get("part"), aside=softeners() | _PART)
    target = named_task(whole.text, slots.rest) if not slots.any else None
    return target if target is not None and target.ids else None


_PART: Final = word_set("part bit change half edit")
_ALL_OF_IT: Final = word_set("it that this them those these both all everything one the of")


def named_changed(text: Text, tokens: Sequence[Token], state: DialogueState) -> Target | None:
    """Return the one task of the last change that words name, if it was deleted too."""
    target = named_task(text, tokens, ids=state.changed)
    if target is None and (gone := _deleted(state)):
        found = [match for match in gone.choose(words_of(text, tokens), done=None) if match.score >= CERTAIN]
        return Target(ids=(found[0].id,)) if len(found) == 1 else None
    return Target(words=target.words, ids=target.ids) if target is not None and target.ids else None


def _deleted(state: DialogueState) -> Titles:
    """Return the titles of what was deleted last, which are on no list any more."""
    calls = [call for call in state.done if call.tool == "delete_task"]
    pairs = [pair for call in calls for pair in zip(call.task_ids, call.arguments.get("titles") or (), strict=False)]
    return Titles(TaskView(id=task_id, title=str(title)) for task_id, title in pairs)


# --- what is told of it


def _told_by_another(mark: Remark, read: Read) -> Meant:
    """ "he'd prefer wednesday": what somebody else says about the one task that was talked about."""
    whole, about = mark.whole, mark.state.about
    if len(about) != 1:
        return None
    if whole.match("[{oops}|and|but]* {other} [have|has|'ve|just]* {backs_out}"):
        return (Confirm(actions=(Delete(target=Target(ids=about)),)),)
    found = whole.match(
        "[{oops}|and|but]* {other} can't|cannot|can_not|won't ... {other}? {prefers} <values>"
    ) or whole.match("[{oops}|and|but]* {other}? <who>? {prefers} <values>")
    if found is None:
        return None
    who = found.get("who") if "who" in found.found.re.groupindex else found.piece.sub(0, 0)
    slots = slots_of(found.get("values"))
    if not slots.any or slots.rest or slots.title or len(who.words) > 2:
        return None
    if who and not whole.text.titles.match(who.raw, done=None, ids=about):
        return None
    view = whole.text.context.task(about[0])
    in_the_nearer_half(slots, whole, view)
    change = slots.update(IT)
    return (Amend(change=change),) if mark.state.last else (change,)


def _skipped(mark: Remark, read: Read) -> Meant:
    """ "Actually three", of occurrences that were skipped."""
    number = counted_anew(mark.whole.raw) if "skip" in mark.arguments else None
    return None if number is None else (Undo(), Skip(target=Target(ids=mark.touched), count=number))


def _counted(mark: Remark, read: Read) -> Meant:
    """ "make that two of them", "there should be four": so many of what was added."""
    found = next((found for form in _COUNTED if (found := mark.whole.match(form)) is not None), None)
    other = mark.whole.match("[{oops}|and|but]* make|change it|that|this to? <n>") if found is None else None
    number = _number(found.word("n")) if found is not None else _number(other.word("n")) if other is not None else 0
    view = mark.only
    if view is None or not number or (found is None and view.due_time is not None):
        return None
    counts = _COUNT.findall(view.title)
    if len(counts) == 1:
        return (Amend(change=Update(target=IT, title=view.title.replace(counts[0], str(number), 1))),)
    return (Amend(change=Update(target=IT, title=f"{number} {view.title}")),) if found is not None else None


_COUNTED: Final = (
    "[{oops}|and|but]* there_should_be|there_need_to_be|there_are <n> [of_them|of_those|of_it]",
    "[{oops}|and|but]* [{meant}|{acting}|i_need|i_want|we_need|i'd_like]* <n> of_them|of_those|of_it",
)
_COUNT: Final = pattern(r"\b\d+\b")


def _for_so_many(mark: Remark, read: Read) -> Meant:
    """ "rolls for eight, sorry": another number in a title that has one at that place."""
    found = mark.whole.match("[{oops}|and|but|make_it|make_that]* <what> for <n> [{softener}|{oops}]*")
    number = found.word("n") if found is not None else ""
    if found is None or not _number(number):
        return None
    target = named_task(mark.text, found.get("what").tokens, ids=mark.state.changed)
    view = mark.text.context.task(target.ids[0]) if target is not None and target.ids else None
    told = _FOR_SO_MANY.search(view.title) if view is not None else None
    if view is None or told is None or not _number(told[1].lower()):
        return None
    title = f"{view.title[: told.start(1)]}{number}{view.title[told.end(1) :]}"
    return (Update(target=Target(ids=(view.id,)), title=title),)


_FOR_SO_MANY: Final = pattern(r"\bfor (\w+)")


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else NUMBERS.get(word, 0)


def _ended(mark: Remark, read: Read) -> Meant:
    """ "until christmas", "no end date actually": when the repetition of what was done last ends."""
    whole, view = mark.whole, mark.only
    if view is None or view.recurrence is None:
        return None
    rule = read_rule(view.recurrence)
    spans = whole.spans("W")
    if (
        len(spans) == 1
        and whole.match("[{oops}|and|but|only|just|make_it]* [until|till|ending|up_to|through]* W [{softener}]*")
        and any(each in whole.text.low for each in _UNTIL)
    ):
        rule = dataclasses.replace(rule, until=spans[0].value.when.date, count=None)
    elif whole.match("[{oops}|and|but]* no|without [an|any]? end_date|end|limit|last_date [{softener}]*"):
        rule = dataclasses.replace(rule, until=None, count=None)
    else:
        return None
    return (Amend(change=Update(target=IT, recurrence=Recurrence(rule=str(rule)))),)


_UNTIL: Final = ("until ", "till ", "ending ", "up to ", "through ")


# --- one thing and not another


def _contrast(mark: Remark, read: Read) -> Meant:
    """ "the team lunch, not the meeting", "not the meeting but the lunch", "dinner not lunch, so 7pm"."""
    sides = _sides(mark.whole)
    if sides is None:
        return None
    right, wrong = slots_of(sides[0], aside=softeners()), slots_of(sides[1], aside=softeners())
    if right.any and not right.rest and not wrong.rest:
        in_the_nearer_half(right, mark.whole, mark.only)
        return (Amend(change=right.update(IT)),)
    if not right.rest or not wrong.rest or right.any:
        return None
    target = named_task(mark.text, right.rest)
    other = target is not None and target.ids and not set(target.ids) & set(mark.touched)
    if target is not None and other and named_changed(mark.text, wrong.rest, mark.state):
        return (Amend(change=Update(target=target)),)
    return _retitled(mark, right.rest, wrong)


def _sides(whole: Piece) -> tuple[Piece, Piece] | None:
    """Return what is right and what is wrong in "not the meeting, the lunch", "the lunch, not the meeting"."""
    led = whole.match("[{oops}|and|but]* not|wrong <both>") or whole.match("no <both> instead|rather|then")
    piece = led.get("both") if led is not None else None
    signs = range(piece.first, piece.last) if piece is not None else ()
    commas = [n for n in signs if whole.text.tokens[n].word in (",", ".", "!")]
    if piece is not None and len(commas) == 1:
        return Piece(whole.text, commas[0] + 1, piece.last), Piece(whole.text, piece.first, commas[0])
    found = whole.match("[{oops}|and|but]* not <wrong> but|it's|i_meant|but_rather|rather <right>") or whole.match(
        "[{oops}|{wrong}|{meant}|{acting}|and|but]* <right> {instead} <wrong>"
    )
    if found is None or found.get("right").words[0] in phrases("oops"):
        return None
    return found.get("right"), found.get("wrong")


def _retitled(mark: Remark, right: Sequence[Token], wrong: Slots) -> Meant:
    """ "it's dinner not lunch": one word of the title for another; "not jam, honey", of one of several."""
    view, said = mark.only, words_of(mark.text, wrong.rest)
    if len(mark.touched) > 1 and mark.tool == "add_task":
        part = named_task(mark.text, wrong.rest, ids=mark.touched)
        named = part is not None and len(part.ids) == 1 and named_task(mark.text, right) is None
        return (Update(target=part, title=words_of(mark.text, right)),) if named and part is not None else None
    if view is not None and said.casefold() not in view.title.casefold():
        said = words_of(mark.text, wrong.rest[:1])
    if view is None or said.casefold() not in view.title.casefold():
        return None
    at = view.title.casefold().index(said.casefold())
    new = words_of(mark.text, right[1:] if len(right) > 1 and right[0].word in ("its", "it's") else right)
    owned = view.title[:at].casefold().endswith(("the ", "a ", "my "))
    if at and not owned and mark.text.low[: right[0].start].endswith("the "):
        new = f"the {new}"
    title = view.title[:at] + new + view.title[at + len(said) :]
    return (Amend(change=replace(wrong.update(IT), title=title)),)


def _respelled(mark: Remark, read: Read) -> Meant:
    """ "i meant buy new curtains", "sorry, Catherine", "Mark with a k": the title, or a word, spelled otherwise."""
    view, tokens = mark.only, mark.slots.rest
    words = words_of(mark.text, tokens)
    if view is None or not words or mark.slots.any or mark.slots.title or mark.ties & {"joining", "also", "spared"}:
        return None
    if mark.tool == "add_task" and mark.body.words[-1:] != ["instead"] and "instead" in mark.whole.words[-1:]:
        return (Amend(change=Update(target=IT, title=words)),) if len(tokens) < 5 else None
    fresh = mark.tool == "add_task" and "meant" in mark.ties and len(view.title.split()) == len(tokens) == 1
    if fresh and named_task(mark.text, tokens) is None:
        return (Amend(change=Update(target=IT, title=words)),)  # "i meant marmalade", of "jam"
    shorter = len(words.split()) < len(view.title.split()) and len(tokens) > 1 and mark.ties & {"wrong", "meant"}
    if shorter and (part := _reworded(view.title, words)) is not None:
        return part
    if len(tokens) > 1 and words != view.title and _likeness(words, view.title) >= 0.7 and mark.ties:
        return (Amend(change=Update(target=IT, title=words)),)
    if len(tokens) > 1 and tokens[1].word != "with":
        opened = mark.tool == "add_task" and "actually" in mark.whole.words and tokens[0].word in CHORES
        begun = opened and view.title.casefold().split()[:1] == [tokens[0].word]
        return _reworded(view.title, words) if begun or mark.ties & {"wrong", "meant"} else None
    word = words_of(mark.text, tokens[:1])
    near = [known for known in view.title.split() if 0.6 <= _likeness(word, known) < 1.0]
    return (Amend(change=Update(target=IT, title=view.title.replace(near[0], word, 1))),) if len(near) == 1 else None


def _reworded(title: str, words: str) -> Meant:
    """Put words in the place of those in a title that share one with them: "it's Aunt Rosa", of "ring Uncle Rosa"."""
    said, known = words.split(), title.split()
    for at in range(len(known) - len(said) + 1):
        here = known[at : at + len(said)]
        if {word.casefold() for word in here} & {word.casefold() for word in said} - COMMON and here != said:
            new = " ".join([*known[:at], *said, *known[at + len(said) :]])
            return (Amend(change=Update(target=IT, title=new)),)
    return None


def _likeness(one: str, other: str) -> float:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


def _meant_doing(mark: Remark, read: Read) -> Meant:
    """ "no, just tick it", "i meant delete it": something else to be done with what was changed."""
    if not mark.ties & {"wrong", "meant", "oops"} or not mark.touched or not _DOING & set(mark.body.words[:3]):
        return None
    sides = _sides(mark.body)
    meant = read((sides[0] if sides is not None else mark.body).raw)
    if len(meant) != 1 or not isinstance(meant[0], Complete | Delete) or meant[0].target.pronoun not in ("it", "them"):
        return None
    if mark.tool not in ("complete_task", "delete_task"):
        return None
    return (TakeBack(), replace(meant[0], target=Target(ids=mark.touched, plural=True)))


_DOING: Final = word_set("mark tick complete finish delete remove cancel done check cross bin scrap drop")


# --- values, and tasks that are named


def _valued(mark: Remark, read: Read) -> Meant:
    """ "no, medium", "i meant the 12th", "wrong list, groceries", "the kettle one is low", "both for friday"."""
    slots, state = mark.slots, mark.state
    if slots.rest and not slots.any and mark.whole.match("[{oops}|and]* wrong K|list <rest>"):
        slots.project, slots.rest = words_of(mark.text, slots.rest), []
    if not slots.any or ("spared" in mark.ties and not {"it", "that"} & set(mark.body.words[:1])):
        return None
    if slots.rest or slots.both or slots.ordinals or slots.ids:
        target = _reference(mark)
        if target is None or slots.title:
            return None
        if len(target.ids) == 1:
            _in_the_same_half(mark, mark.text.context.task(target.ids[0]))
        known = set(target.ids) <= {*mark.touched, *state.about, *state.shown}
        tied = known or mark.ties & {"joining", "also"} or mark.tool == "update_task"
        return (Repeat(change=slots.update(target)),) if tied else None
    _in_the_same_half(mark, mark.only)
    ties = mark.ties - {"softener"}
    if slots.shift is not None and not slots.counted and len(state.about) == 1:
        return (slots.update(IT),)  # counted from where it is now
    if (ties and ties <= {"acting", "joining"} and "acting" in ties and not slots.counted) or not state.last:
        return (mark.change,) if len(state.about) == 1 and ties & {"acting", "meant", "wrong"} else None
    if slots.title and not ties & {"meant", "wrong"}:
        return None
    return (Amend(change=mark.change),) if ties or _had(mark) else None


def _had(mark: Remark) -> bool:
    """Return whether values alone can only be meant for what was done last."""
    if mark.tool not in ("add_task", "update_task") or len(mark.touched) > 1:
        return False
    return mark.slots.project is None or not mark.slots.any_but_project


def _named(mark: Remark, read: Read) -> Meant:
    """ "no, the vet", "the rice too", "same for the eggs", "the second one as well": the same for another task."""
    if mark.slots.any or mark.slots.title or mark.tool == "add_task":
        return None
    target = _reference(mark) or _row(mark)
    if target is None:
        noted = "joining" in mark.ties and "notes" in mark.arguments
        return (Update(target=IT, notes=mark.body.raw),) if noted and mark.slots.rest else None
    if mark.ties & {"joining", "also"}:
        return (Repeat(change=Update(target=target)),)
    wrong = mark.ties & {"wrong", "meant"} or mark.whole.words[0] in ("no", "nope") or mark.whole.words[-1] == "instead"
    if wrong and not set(target.ids) & set(mark.touched):
        return (Amend(change=Update(target=target)),)
    return None


def _reference(mark: Remark) -> Target | None:
    """Return the tasks that a remark names: by place or pronoun, by words of what was changed or shown, or of any."""
    slots, state = mark.slots, mark.state
    words = [token.word for token in slots.rest if token.word != "of"]
    if slots.both or (words and set(words) <= POINTING):
        ids = state.about if len(state.about) > 1 else state.shown
        return Target(ids=ids, plural=True) if len(ids) > 1 and set(words) <= POINTING else None
    if slots.any and words == ["other"]:
        return Target(pronoun="other")
    if slots.ordinals or slots.ids or words[:1] == ["other"]:
        pointed = targets(mark.body) if not slots.any else []
        if slots.any and not words:
            pointed = [Target(ids=slots.ids, ordinals=slots.ordinals, plural=len((*slots.ids, *slots.ordinals)) > 1)]
        return pointed[0] if len(pointed) == 1 else None
    if not words:
        return None
    if len(words) == 1 and words[0].isdecimal() and mark.text.context.task(int(words[0])) is not None:
        return Target(ids=(int(words[0]),))
    done = (mark.tool == "complete_task" and mark.arguments.get("completed") is False) or None
    return named_changed(mark.text, slots.rest, state) or named_task(mark.text, slots.rest, done=done)


def _row(mark: Remark) -> Target | None:
    """Return the tasks that a row of names stands for ("and the eggs, and the bread")."""
    parts = split(mark.body)
    found = [named_task(mark.text, slots_of(part, aside=softeners()).rest) for part in parts]
    ids = [each for target in found if target is not None and len(target.ids) == 1 for each in target.ids]
    return Target(ids=tuple(ids), plural=True) if 1 < len(parts) == len(ids) else None


def _in_the_same_half(mark: Remark, view: TaskView | None) -> None:
    """Read "half 8", after "dinner at 7pm", as an evening's hour too; and "in the morning" as that half of the day."""
    when = mark.slots.when
    if view is None or view.due_time is None or when is None:
        return
    said = " ".join(mark.text.low[token.start : token.end] for token in mark.whole.spans("W"))
    hour = view.due_time.hour
    in_the_nearer_half(mark.slots, mark.whole, view)
    if said.strip() in ("in the morning", "morning") and hour >= 12:
        day = view.due_date or mark.text.now.date()
        moment = dt.datetime.combine(day, view.due_time.replace(hour=hour - 12))
        moment += dt.timedelta(days=1 if moment <= mark.text.now else 0)
        mark.slots.when = replace(when, date=moment.date(), time=moment.time(), grain="minute")
        mark.slots.time_only = False


def _one_more(mark: Remark, read: Read) -> Meant:
    """ "and limes", "mint as well": one more addition, to the list of the last one."""
    if mark.tool != "add_task" or not mark.ties & {"joining", "also"} or not mark.slots.rest:
        return None
    words = mark.body.raw
    if words.split()[0] in ("The", "A") and not mark.slots.any:
        added: tuple[Action, ...] = (Add(title=words),)  # a capital is part of a name
    else:
        added = read(f"add {words}")
    project = mark.arguments.get("project")
    adds = tuple(replace(each, project=each.project or project) for each in added if isinstance(each, Add))
    return adds if adds and len(adds) == len(added) else None
