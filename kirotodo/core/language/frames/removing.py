"""Taking things off the list: deleting, emptying and dropping lists, and what is told that comes to the same."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from kirotodo.core.language.frames.base import FAINT, LIKELY, MAYBE, SURE, Clause, Reading, reading, sure_of
from kirotodo.core.language.lexicon import phrases
from kirotodo.core.language.targets import narrow, pointed_at, targets
from kirotodo.core.language.tokens import Match, Piece, Text
from kirotodo.core.language.types import Action, Clarify, Clear, Confirm, Delete, DeleteList, Scope, Target, Update

_COMMANDS: Final = (
    "{from} list=K {remove} <what>",
    "{off} <what> off|away [of] [list=K] [W]",
    "{off} <what> out|out_of [of|from] list=K [W]",
    "{off} <what> off_of|out_of|off|from list=K [W]",
    "{off} off <what>",
    "take_out|throw_out|throw_away|cut|toss_out|lose|drop <what> from|of|off|out_of list=K [W]",
    "throw_out|throw_away <what>",
    "{remove} <what>",
    "i|we want|need|would_like|'d_like <what> removed|deleted|erased|cancelled|gone|taken_off [from|of|off] [list=K]",
    "i'd_like|i_would_like <what> removed|deleted|erased|cancelled|taken_off [from|of|off] [list=K]",
    "make_sure|be_sure [that] <what> {be} gone|removed|deleted|cancelled [from|off] [list=K]",
    "<what> can|should|must|may [all] go",
    "<what> can|should|must|may [all] come off [from|of|off] [list=K]",
    "<what> can|should|must|may [all] be|go deleted|removed|cleared|wiped|erased|away [from|off] [list=K]",
)
_TOLD: Final = (
    "[i|we]? don't|do_not|no_longer|won't [really] need|want|have_to|wish|care_about "
    "[to]? [buy|get|have|do|see|attend|go_to|go_to_the|pick_up]? <what>",
    "no_need|there's_no_need|there_is_no_need to|for <what>",
    "i'm|we're not|no_longer going|attending|doing|coming|making|having|seeing [it] [to] <what>",
    "never_mind|nevermind|forget|forget_about|scrap|disregard [about] <what>",
    "<what> {be} {adv}* {gone}",
    "i|i've|we|we've [have]? changed my|our mind about|on <what>",
    "i|i've|we|we've|i'm|we're [have|are|am]? {adv}* decided|agreed|voted against <what>",
    "<what> won't|will_not be happening|needed|necessary",
    "what=it's|that's|it|that|he|she|they {adv}* {gone}|cancelled",
)
_SO_NONE: Final = "<why> so|therefore|which_means|meaning no|no_more|there's_no|there_is_no|we_won't_have|cancel <what>"
""" "bank holiday on monday so no standup": asked about, since it is only inferred."""
_UNREMINDED: Final = (
    "don't|do_not|never|stop|quit|no_longer remind|reminding|reminders me|us [any_more|anymore]? "
    "to|about|of|that <what>"
)
_EMPTY: Final = (
    "{clear} <what>",
    "make <what> blank|empty",
    "start <what> over|again|from_scratch",
    "i|we want|need|would_like <what> wiped|emptied|cleared|blank|empty [clean|out]",
    "make_blank|blank [on] <what>",
    "make_sure [that] there_is|there_are|there's no|nothing <what>",
)
_AGAIN: Final = (
    "<what> again|off|completely|entirely|altogether|permanently|any_more|anymore|any_longer|yet|after_all|clean|out"
)


def removing(clause: Clause) -> Iterator[Reading]:
    """Yield readings of a clause as taking something off the list."""
    yield from _emptying(clause)
    for text in _COMMANDS:
        found = clause.piece.match(text) or (clause.whole.match(text) if clause.wish else None)
        if found is not None and found.get("what"):
            yield from _removed(clause, found)
            break
    if clause.piece.match("{remove}|take_off|take"):
        yield reading("remove", LIKELY, Clarify(missing="target", action="delete"))
    if not clause.asked:
        yield from _told(clause)


def _unreminded(clause: Clause, what: Piece) -> Iterator[Reading]:
    """Yield what "don't remind me about the vet" comes to: no reminder, or where there is none, perhaps no task."""
    meant, context = targets(_freed(what)), clause.text.context
    known = [task for target in meant for each in target.ids if (task := context.task(each)) is not None]
    if known and all(task.remind_at is not None for task in known):
        yield reading("unremind", SURE, *(Update(target=target, clear=frozenset({"remind"})) for target in meant))
    elif known and clause.whole.words[0] in ("stop", "quit"):
        yield reading("unremind", 0.85, *(Update(target=target, clear=frozenset({"remind"})) for target in meant))
    elif meant:
        yield reading("remove", MAYBE if clause.text.titles else SURE, *(Delete(target=target) for target in meant))


_NOT_COMING: Final = (
    "{i} [really]? won't|can't|cannot|will_not|couldn't make|make_it|be_able_to_make|come|be_at|be_there [it]? "
    "[to|for]? <what>"
)


def _told(clause: Clause) -> Iterator[Reading]:
    if (missed := clause.whole.match(_NOT_COMING)) is not None and missed.get("what"):
        meant = [target for target in targets(missed.get("what")) if target.ids]
        if meant:
            yield reading("remove", MAYBE, *(Delete(target=target) for target in meant))
            return
    if (unreminded := clause.whole.match(_UNREMINDED)) is not None and unreminded.get("what"):
        yield from _unreminded(clause, unreminded.get("what"))
        return
    if (spared := clause.whole.match(_SO_NONE)) is not None and spared.get("what"):
        meant = [target for target in targets(spared.get("what")) if target.ids]
        if meant:
            yield reading("remove", 0.85, Confirm(actions=tuple(Delete(target=target) for target in meant)))
            return
    for text in _TOLD:
        if (found := clause.whole.match(text) or clause.piece.match(text)) is None or not found.get("what"):
            continue
        what, text_read = _freed(found.get("what")), clause.text
        if what.match("it's|that's|it|that|he|she|they"):
            yield reading("remove", 0.8, Delete(target=Target(pronoun="it")))
            return
        if (dropped := _dropped_list(clause, what, None)) is not None:
            yield reading("remove", LIKELY, dropped)
            return
        meant = targets(what)
        on_list = "K" in clause.words
        sure = all(_bears_out(target, text_read) for target in meant)
        if meant and (sure or on_list):
            yield reading("remove", 0.82 if sure else LIKELY, *(_one(clause, target) for target in meant))
        elif meant:
            yield reading("remove", FAINT, *(_one(clause, target) for target in meant))
        return


def _removed(clause: Clause, found: Match) -> Iterator[Reading]:
    what = _freed(found.get("what"))
    project = _list_of(found)
    if "but" in what.words and clause.words[0] in ("leave", "keep"):
        return  # "leave the milk on but the eggs can come off"
    if clause.words[:1] == ["leave"] and {"on", "in", "alone", "but"} & set(what.words):
        return
    if what.words[:1] in (["me"], ["us"], ["in"], ["by"]) or what.match("<what> to|as P|{high}|{low}|{medium}"):
        return
    if (dropped := _dropped_list(clause, what, project)) is not None:
        yield reading("remove", SURE, dropped)
        return
    meant = [_within(target, project) for target in targets(what)]
    if not meant or _says_nothing(what):
        yield reading("remove", LIKELY, Clarify(missing="target", action="delete"))
        return
    surest = min(sure_of(target, clause.text, SURE) for target in meant)
    yield reading("remove", surest, *(_one(clause, target) for target in meant))


def _says_nothing(what: Piece) -> bool:
    """Return whether "an item" or "something" is all that is named."""
    return (
        what.match("[a|an|this|the|any|some]* {task}|something|one [{from} K]") is not None
        and not what.spans("W")
        and (
            what.match("all|every|each|any|my|all_my ...") is None
            and what.words[-1 if "K" not in what.words else 0]
            not in ("tasks", "items", "events", "reminders", "things")
        )
        and what.match("this|that {one}") is None
    )


def _bears_out(target: Target, text: Text) -> bool:
    """Return whether what is told of something is borne out by the list, or by nothing known of it."""
    if target.everything and target.scope.project:
        return True
    return bool(target.ids or target.pronoun) or (bool(target.candidates) and bool(target.words)) or not text.titles


def _is_singular(clause: Clause) -> bool:
    """Return whether one thing is meant, whichever it is ("the event on friday")."""
    words = set(clause.words)
    things = (phrases("event") | phrases("newtask")) & words
    return bool(things) and not any(word.endswith("s") for word in things) and not words & phrases("every")


def _one(clause: Clause, target: Target) -> Action:
    """Return what taking one thing off comes to; off a list that is no shopping list, it only leaves that list."""
    if target.everything and not target.pronoun and (target.scope.time is None or "all" in clause.words):
        return Delete(target=replace(target, plural=False)) if _is_singular(clause) else Clear(scope=target.scope)
    project = target.scope.project
    if project and "K" in clause.words and _leaves(clause.text, target, project):
        bare = replace(target, scope=replace(target.scope, project=None))
        return Update(target=bare, clear=frozenset({"project"}))
    return Delete(target=target)


def _leaves(text: Text, target: Target, project: str) -> bool:
    if any(word in phrases("shop") for word in project.lower().split()):
        return False
    known = [task for each in target.ids if (task := text.context.task(each)) is not None]
    return bool(known) and all((task.project or "").casefold() == project.casefold() for task in known)


def _list_of(found: Match) -> str | None:
    if "list" not in found.found.re.groupindex or not found.has("list"):
        return None
    name: str | None = found.value("list").name
    return name


def _within(target: Target, project: str | None) -> Target:
    """Return a target within the list that was named beside it."""
    if project is None or target.scope.project or target.pronoun or (target.ids and not target.words):
        return target
    return replace(target, scope=replace(target.scope, project=project))


def _freed(what: Piece) -> Piece:
    found = what.match(_AGAIN)
    return found.get("what") if found and found.get("what") else what


def _dropped_list(clause: Clause, what: Piece, project: str | None) -> Action | None:
    """Return the deletion of a whole list ("delete my packing list", "remove the list")."""
    if what.match("[all|one] [of] [{own}] lists"):
        return DeleteList()
    found = what.match("[{own}]* [whole|entire] list=K [for|of <rest>]") or what.match("[{own}]* list")
    if found is None or project is not None:
        return None
    said = clause.text.low[what.start : what.end].split()
    name = found.value("list").name if "list" in found.found.re.groupindex else None
    if name is None and not {"list", "lists"} & set(said):
        return Clear(scope=Scope())
    if (name is None and "do" in said) or "to-do" in said or "todo" in said:
        return Clear(scope=Scope())
    return DeleteList(name=name)


def _emptying(clause: Clause) -> Iterator[Reading]:
    for text in _EMPTY:
        found = clause.piece.match(text) or (clause.whole.match(text) if clause.wish else None)
        if found is None:
            continue
        what = _freed(found.get("what"))
        said = narrow(what)
        words = what.words
        if words[-1:] == ["lists"] or not what:
            return
        pointed = pointed_at(what)
        if pointed is not None and pointed.pronoun == "first":
            yield reading("remove", LIKELY, Delete(target=pointed))
            return
        if what.match("[a|an|one|this|that|it]? {task}|it|this|that|[one]"):
            return
        whole = said.named or "K" in words or said.scope != Scope()
        if not said.words and whole:
            yield reading("clear", SURE, Clear(scope=said.scope))
        elif said.scope != Scope() and said.words.casefold() in _STRETCHES:
            yield reading("clear", LIKELY, Clear(scope=said.scope))
        return


_STRETCHES: Final = frozenset({"day", "week", "plate", "month", "evening", "afternoon", "morning", "everything"})
