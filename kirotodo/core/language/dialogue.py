"""A text that only makes sense after what was said before: an answer, a correction, "the tap as well", "and tuesday?".

Nothing here reads a wish of its own. A text that says more than values, one task and words that tie it to the last turn
is left to the frames; so is one whose words name nothing that the last turn could be continued with.
"""

import datetime as dt
import re
from dataclasses import replace
from typing import Final

from kirotodo.core.language.context import Context, DialogueState, Pending
from kirotodo.core.language.corrections import RULES, Read
from kirotodo.core.language.follow_ups import follow_up
from kirotodo.core.language.lexicon import phrases
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.slots import (
    IT,
    named_task,
    slots_of,
)
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import (
    Action,
    Add,
    Amend,
    Complete,
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
    if state.asked_about is not None and (follow := follow_up(whole, state, asked=asked)) is not None:
        return (follow,)
    if asked or state.pending is not None or not state.about:
        return None
    return _told(whole, state, read)


def _told(whole: Piece, state: DialogueState, read: Read) -> tuple[Action, ...] | None:
    """Return what is told of the tasks that were talked about, or corrected of what was done to them."""
    if len(state.about) == 1 and (told := _told_of_it(whole)) is not None:
        return told
    if len(state.about) > 1 and whole.match("[{oops}|please|and]* {clear}|{remove} those|them|these|both|all_of_them"):
        return (Delete(target=Target(ids=state.about, plural=True)),)
    if state.asked_about is not None and (acted := _acting_on_it(whole, state)) is not None:
        return acted
    if not state.done:
        return None
    return next((meant for rule in RULES if (meant := rule(whole, state, read)) is not None), None)


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


def _told_of_it(whole: Piece) -> tuple[Action, ...] | None:
    """ "it's done", "put it in sports", "note that it needs a new pipe", of the one task that was talked about."""
    if whole.match(
        "[{oops}|and|so]* it's|that's|it_is|that_is|it_has_been|that_one's [all|now|already]* {done} [{softener}|now]*"
    ):
        return (Complete(target=IT),)
    if whole.match(
        "[{oops}|and]* [i|i've|we|we've|have|'ve|just|already]* done|finished|completed|did it|that|this "
        "[{softener}|already|now|W]*"
    ):
        return (Complete(target=IT),)
    noted = whole.match(
        "[please|and|also]* note|note_down|jot_down|write_down|make_a_note|add_a_note [[to|for|on] it|that|this]? "
        "[that|:]* <text>"
    )
    if noted is not None and (noted.get("text").words[0] in _IT_WORDS or ":" in whole.words):
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
    if pending.missing == "yes" and whole.match("[{affirmed}|please]* add|do|make it|that|them|this [{softener}]*"):
        return (Yes(),)
    if pending.missing == "yes" and (found := whole.match("{affirmed} <more>")) is not None:
        slots = slots_of(found.get("more"))
        return (Yes(), Amend(change=slots.update(IT))) if slots.any and not slots.rest else None
    if pending.missing in ("title", "first_item"):
        return None if asked else _named_items(whole, pending, read)
    if pending.missing == "when":
        slots = slots_of(whole)
        ids = tuple(each for call in pending.calls for each in call.task_ids)
        return (slots.update(Target(ids=ids, plural=True)),) if slots.any and not slots.rest and ids else None
    if pending.missing in ("task", "yes") and not asked:
        return _offered(whole, pending)
    return None


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
    said = whole.match(
        "[no|nope|yes|yeah|ok|the|i_meant|i_mean|pick|choose|take|just|only|it's|that's]* <rest> [please|thanks]?"
    )
    piece = said.get("rest") if said is not None and said.get("rest") else whole
    slots = slots_of(piece)
    if slots.any:
        return None
    if slots.ordinals or slots.ids:
        return None  # a pick by place or number is read everywhere
    rest = [token for token in slots.rest if token.word not in phrases("one")]
    target = named_task(whole.text, rest, ids=pending.offered) if rest else None
    if target is None or len(target.ids) != 1:
        return None
    return (Pick(target=Target(words=target.words, ids=target.ids)),)


# --- what another text names


def with_references(text: str, context: Context) -> str:
    """Return a text in which "the same day", "by then" and "the same list" are those of the task talked about."""
    views = [view for each in context.state.about if (view := context.task(each)) is not None]
    project = next((view.project for view in reversed(views) if view.project), None)
    if project is not None:
        text = _SAME_LIST.sub(f"the {project} list", text)
    if len(views) != 1 or views[0].due_date is None:
        return text
    day = views[0].due_date
    text = _DAY_BEFORE.sub(f"on {day - dt.timedelta(days=1)}", text)
    return _SAME_DAY.sub(lambda found: f"{'by' if found['by'] else 'on'} {day}", text)


_SAME_LIST: Final = pattern(r"\b(?:the|that) same list\b", re.IGNORECASE)
_SAME_DAY: Final = pattern(
    r"\b(?:on )?(?:the |that )same day\b|\bon that day\b|\b(?P<by>by) then\b|\bthat day\b(?= (?:too|as well))",
    re.IGNORECASE,
)
_DAY_BEFORE: Final = pattern(r"(?<=\w )\bfor the day before\b(?=\s*[.!]?\s*\Z)", re.IGNORECASE)
