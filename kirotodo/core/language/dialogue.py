"""A text that only makes sense after what was said before: an answer, a correction, "the tap as well", "and tuesday?".

Nothing here reads a wish of its own. A text that says more than values, one task and words that tie it to the last turn
is left to the frames; so is one whose words name nothing that the last turn could be continued with.
"""

import datetime as dt
import re
from typing import Final

from msgspec.structs import replace

from kirotodo.core.language.content import cut_at
from kirotodo.core.language.context import Context, DialogueState, Pending
from kirotodo.core.language.corrections import Read, remark, said_of_the_last
from kirotodo.core.language.follow_ups import follow_up
from kirotodo.core.language.frames.telling import told_by
from kirotodo.core.language.lexicon import phrases
from kirotodo.core.language.list_spans import ordinal
from kirotodo.core.language.mentions import past_of, same_doing
from kirotodo.core.language.slots import (
    IT,
    POINTING,
    named_task,
    slots_of,
)
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import (
    Action,
    Add,
    Complete,
    Confirm,
    Delete,
    No,
    Pick,
    Query,
    Target,
    Undo,
    Update,
    Yes,
)
from kirotodo.core.language.when.tokens import word_set
from kirotodo.core.text.patterns import pattern

_LONGEST: Final = 16
_CHANGES: Final = "[{oops}|and|so]* what [did|have|'ve|has] [you|just]+ {changed} [just|now|there|then|exactly]*"


def in_dialogue(text: Text, *, asked: bool, read: Read) -> tuple[Action, ...] | None:
    """Return what a text means after the last turn; None where it speaks for itself."""
    state = text.context.state
    whole = text.whole().trimmed()
    if state == DialogueState() or not whole or len(whole.words) > _LONGEST:
        return None
    if state.pending is not None and (answer := _answer(whole, state.pending, asked=asked, read=read)) is not None:
        return answer
    if whole.match(_CHANGES):
        return (Query(about="changes"),)
    if state.about and (about_it := _about_it(whole, asked=asked)) is not None:
        return (about_it,)
    if not asked and (dated := _dated_it(whole, state)) is not None:
        return (dated,)
    if state.asked_about is not None and (follow := follow_up(whole, state, asked=asked)) is not None:
        return (follow,)
    return None if asked or state.pending is not None else _told(whole, state, read)


def _dated_it(whole: Piece, state: DialogueState) -> Action | None:
    """Read "friday" after "when is it due", of a task that has no date, and "friday then" of any."""
    view = whole.text.context.task(state.about[0]) if len(state.about) == 1 else None
    found = whole.match("[ok|right|well|{acting}]* when=W [then|please]*")
    if state.asked_about != "when" or view is None or found is None:
        return None
    if view.due_date is not None and "then" not in whole.words:
        return None
    return slots_of(found.get("when")).update(IT)


def _told(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """Return what is told of the tasks that were talked about, or corrected of what was done to them."""
    if len(state.about) == 1 and (told := _told_of_it(whole, state)) is not None:
        return told
    if len(state.about) > 1 and whole.match("[{oops}|please|and]* {clear}|{remove} those|them|these|both|all_of_them"):
        return (Delete(target=Target(ids=state.about, plural=True)),)
    if state.asked_about is not None and (acted := _acting_on_it(whole, state)) is not None:
        return acted
    if (noted := _noted(whole, state)) is not None:
        return noted
    if not state.done and not state.about:
        return None
    torn = len(whole.spans("W")) > 1 or len(whole.spans("R")) > 1  # two days, of which a reason may exclude one
    first = _beside_reasons(whole, state, read) if torn else None
    return first or said_of_the_last(whole, state, read) or _beside_reasons(whole, state, read)


_JOINTS: Final = frozenset({",", ".", "!", ";", "-", "so", "because", "cause", "cos", "since", "as"})


def _beside_reasons(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """Return what one part of a text makes of the last change where the others only tell why."""
    parts = cut_at(whole, _JOINTS)
    if not 1 < len(parts) <= 3 or any(len(part.words) < 2 for part in parts[1:]):
        return None
    found = [(part, said_of_the_last(part, state, read)) for part in parts]
    meant = [each for _, each in found if each is not None]
    reasons = [part for part, each in found if each is None]
    bodies = [remark(part, state).body for part in reasons]
    only_tell = all(
        not body or (body.words[0] in _TELLING | {"W", "R"} and (not body.spans("WPKTRDIOQN") or _excludes(body)))
        for body in bodies
    )
    return meant[0] if len(meant) == 1 and reasons and only_tell else None


def _excludes(body: Piece) -> bool:
    """Return whether a reason says which day is not meant ("they're shut thursdays")."""
    return not body.spans("PKTDIOQN") and not _NOT_THEN.isdisjoint(body.words)


_NOT_THEN: Final = word_set(
    "shut closed full booked away busy out off not can't cannot won't isn't aren't don't doesn't never no taken gone "
    "dad's mum's elsewhere impossible clashes"
)
_TELLING: Final = word_set(
    "he she they it we i he's she's they're it's we're i'm i've i'll that that's there there's the my our "
    "goose sorry you ugh hmm"
)
_NOTED: Final = (
    "<text> [and|so|please]* put|note|stick|save|keep|write|add|jot|pop|make_a_note_of|record it|that|this [down]? "
    "[in|on|with|to|there|against|under|it|that|this|the|its|notes|note|task|one|too|please|for_it|here]*",
)


def _noted(whole: Piece, state: DialogueState) -> tuple[Action, ...] | None:
    """ "the door sticks, note it there": a fact to be noted with the one task that was talked about."""
    found = next((found for form in _NOTED if (found := whole.match(form)) is not None), None)
    if found is None or len(state.about) != 1 or found.get("text").spans("IO"):
        return None
    text = found.get("text").trimmed()
    signs = {token.word for token in whole.tokens[text.last - whole.first :]} & {",", ".", ";", "-", "!", "and"}
    tail = {"there", "on", "in", "with", "against", "note", "notes"} & set(whole.words[len(text.words) :])
    return (Update(target=IT, notes=text.raw),) if signs and tail and len(text.words) > 2 else None


def _about_it(whole: Piece, *, asked: bool) -> Action | None:
    """ "when's the next time?", "is it still every sunday?", of what was talked about."""
    if whole.match(
        "[{oops}|and|so]* when|when's [is|'s|was|are]* [the]? next time|one|occurrence|due_date [again|then]*"
    ):
        return Query(about="when", target=IT)
    if whole.match("[and|so]* what did i note|write|put [there|down|on|about|for|it|that|in|the|notes|again]*"):
        return Query(about="task", target=IT)
    found = (
        whole.match("[{oops}|and|so]* is|are|was|isn't it|that|they|this [{softener}|still]* <values>")
        if asked
        else None
    )
    if found is not None and (slots := slots_of(found.get("values"))).any and not slots.rest:
        return Query(about="task", target=IT)
    return None


def _told_of_it(whole: Piece, state: DialogueState) -> tuple[Action, ...] | None:
    """ "it's done", "put it in sports", "note that it needs a new pipe", of the one task that was talked about."""
    if (finished := _finished_it(whole, state)) is not None:
        return finished
    noted = whole.match(
        "[please|and|also]* note|note_down|jot_down|write_down|make_a_note|add_a_note [[to|for|on] it|that|this]? "
        "[that|:]* <text>"
    )
    if noted is not None and (noted.get("text").words[0] in _IT_WORDS or {":", "that"} & set(whole.words[:3])):
        return (Update(target=IT, notes=noted.get("text").raw),)
    quoted = whole.match("[and|also|please]* add|put|note|write note=Q as a|the|its? note|comment [to|on|for it|that]?")
    if quoted is not None:
        return (Update(target=IT, notes=str(quoted.value("note"))),)
    longer = whole.match("[{oops}|and|please]* give_me|i_need|i_have until? when=W [for it|that|this|them]?")
    if longer is not None:
        return (slots_of(longer.get("when")).update(IT),)
    if whole.match("[{oops}|please|and]* {untag} it|that|this [{softener}]*"):
        return (Update(target=IT, clear=frozenset({"tags"})),)
    put = whole.match("[please|and]* put|move|file|stick it|that|this in|into|on|under <name>")
    if put is not None and not put.get("name").spans("WRDLKOIPTN") and len(put.get("name").words) < 3:
        return (Update(target=IT, project=put.get("name").raw),)
    return None


_FINISHED: Final = (
    "[{oops}|{softener}|{adv}|and|so|{i}|i've|we've|he|she|they|it|it's|that|that's|that_one|that_one's|this|it_is|has|"
    "have|had|'s|is|was|been|all|W]* {done}|<verb> [it|that|this|that_one]? "
    "[{softener}|{adv}|at_last|earlier|this_morning|today|W]*"
)


def _finished_it(whole: Piece, state: DialogueState) -> tuple[Action, ...] | None:
    """ "it's done", "submitted it just now", of the one task talked about; asked back where the verb is another."""
    found = whole.match(_FINISHED)
    view = whole.text.context.task(state.about[0])
    if found is None or view is None or view.completed is not None:
        return None
    verb = found.word("verb").removesuffix(" up").removesuffix(" in").removesuffix(" off").removesuffix(" out")
    done: Action = Complete(target=IT)
    if not verb or verb in phrases("done") | {"did", "finished", "completed"}:
        return (done,)
    if past_of(verb) is None:
        return None
    return (done,) if same_doing(verb, view.title) else (Confirm(actions=(done,)),)


_IT_WORDS: Final = word_set("it it's he she they he's she's they're there there's")


def _acting_on_it(whole: Piece, state: DialogueState) -> tuple[Action, ...] | None:
    """ "cancel it", "i've done it now", of the one task that a question was about."""
    target = Target(ids=state.about)
    if len(state.about) != 1:
        return None
    if whole.match("[{oops}|please|and]* {remove} it|that|this [{softener}]*"):
        return (Delete(target=target),)
    return None


# --- answers to what was asked


def _answer(whole: Piece, pending: Pending, *, asked: bool, read: Read) -> tuple[Action, ...] | None:
    """Return what a text means as the answer to an open question."""
    if pending.missing == "yes" and not asked and (agreed := _agreed(whole)) is not None:
        return agreed
    if pending.missing in ("title", "first_item"):
        return None if asked else _named_items(whole, pending, read)
    if pending.missing == "when":
        slots = slots_of(whole)
        ids = tuple(each for call in pending.calls for each in call.task_ids)
        return (slots.update(Target(ids=ids, plural=True)),) if slots.any and not slots.rest and ids else None
    if pending.missing in ("task", "yes") and not asked:
        return _offered(whole, pending)
    return None


def _agreed(whole: Piece) -> tuple[Action, ...] | None:
    """Return a yes that says more, or only says more: "yes, for sunday", "both on saturday", "put it on shopping"."""
    if whole.match(
        "[{affirmed}|please]* add|do|make it|that|them|this|both|those|all [{softener}|please|to_it|the_list]*"
    ):
        return (Yes(),)
    led = whole.match("{affirmed}+ <more>")
    mark = remark(led.get("more") if led is not None else whole, DialogueState())
    slots = mark.slots
    told = told_by(whole)
    words = whole.words
    of_its_own = (words[0] in phrases("editing") and words[1:2] not in (["it"], ["that"], ["them"])) or {
        "too",
        "also",
    } & set(words)
    if told is not None and not told.names and not told.senses and told.slots.plain and not of_its_own:
        return (Yes(change=told.slots.update(IT), agreed=led is not None),)
    rest = [token.word for token in slots.rest if token.word not in POINTING]
    if not slots.any or rest or slots.ordinals or slots.ids or "spared" in mark.ties:
        return None
    return (Yes(change=slots.update(IT), agreed=led is not None),)


def _named_items(whole: Piece, pending: Pending, read: Read) -> tuple[Action, ...] | None:
    project = next((call.arguments.get("project") for call in pending.calls), None)
    found = whole.match("[please]? {add}? <what> [there|[{onto} it|that|them|list=K]]? ")
    words = found.get("what").raw if found is not None and found.get("what") else whole.raw
    words = words.removeprefix("to ")  # "remind me" … "to switch off the boiler"
    if isinstance(next(iter(read(whole.raw)), None), Yes | No | Query | Undo):
        return None
    added = [action for action in read(f"add {words}") if isinstance(action, Add)]
    return tuple(replace(each, project=each.project or project) for each in added) or None


def _offered(whole: Piece, pending: Pending) -> tuple[Action, ...] | None:
    """Return the pick of one of the tasks offered, by its place, its number or its words."""
    if asked_for_more := whole.match("[{affirmed}|{oops}]* <who> and|but|at|for|, [{acting}]* <values>"):
        slots = slots_of(asked_for_more.get("values"))
        target = _offered_one(asked_for_more.get("who"), pending)
        if target is not None and slots.any and not slots.rest:
            return (Pick(target=target, change=slots.update(IT)),)
    target = _offered_one(whole, pending)
    return (Pick(target=target),) if target is not None else None


def _offered_one(piece: Piece, pending: Pending) -> Target | None:
    """Return the one of the tasks offered that words name by its place, its number or its words."""
    mark = remark(piece, DialogueState())
    slots = mark.slots
    if slots.any or slots.title or mark.ties & {"spared", "also"}:
        return None
    alone = [token for token in slots.rest if token.word not in phrases("one")]
    place = ordinal(alone[0].word) if len(alone) == 1 else 0
    places = slots.ordinals or ((place,) if place else ())
    if places and pending.offered:
        ids = [
            pending.offered[each - 1 if each > 0 else each] for each in places if 0 < abs(each) <= len(pending.offered)
        ]
        return Target(ids=tuple(ids), plural=len(ids) > 1) if len(ids) == len(places) else None
    if slots.ids or not alone:
        return None  # a pick by number is read everywhere
    target = named_task(piece.text, alone, ids=pending.offered)
    return Target(words=target.words, ids=target.ids) if target is not None and len(target.ids) == 1 else None


# --- what another text names


def with_references(text: str, context: Context) -> str:
    """Return a text in which "the same day", "by then" and "the same list" are those of the task talked about."""
    text = _ITS_OWN_DAY.sub(r"\g<said>\g<between>on \g<day>", text)
    views = [view for each in context.state.about if (view := context.task(each)) is not None]
    asked = context.state.scope.project if context.state.scope is not None else None
    project = asked or next((view.project for view in reversed(views) if view.project), None)
    if project is not None:
        text = _SAME_LIST.sub(f"the {project} list", text)
    if len(views) != 1 or views[0].due_date is None:
        return text
    day = views[0].due_date
    text = _DAY_BEFORE.sub(f"on {day - dt.timedelta(days=1)}", text)
    return _SAME_DAY.sub(lambda found: f"{'by' if found['by'] else 'on'} {day}", text)


_ITS_OWN_DAY: Final = pattern(
    r"(?P<said>\b(?P<day>monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow)\b)"
    r"(?P<between>.{1,80}?\s)(?:(?:on|to|for|from) )?(?:that|the same) day\b",
    re.IGNORECASE,
)
"""A day of the week, and "that day" later in the same text."""
_SAME_LIST: Final = pattern(r"(?<!\bof )\b(?:(?:the|that) same|that) list\b", re.IGNORECASE)
_SAME_DAY: Final = pattern(
    r"\b(?:on |for )?(?:the |that )same (?:day|morning|afternoon|evening|night)\b|\b(?P<by>by) then\b"
    r"|\b(?:(?:on|for|in) )?(?:the (?:morning|afternoon|evening) of )?that day\b(?! of)",
    re.IGNORECASE,
)
_DAY_BEFORE: Final = pattern(r"(?<=\w )\bfor the day before\b(?=\s*[.!]?\s*\Z)", re.IGNORECASE)
