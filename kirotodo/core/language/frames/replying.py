"""Short answers and turns of talk: yes, no, a pick among what was offered, undo, redo, help, greetings, thanks."""

import datetime as dt
from typing import Final

from kirotodo.core.language.context import Context
from kirotodo.core.language.lexicon import NUMBERS, phrases
from kirotodo.core.language.list_spans import ordinal
from kirotodo.core.language.spans import fold
from kirotodo.core.language.targets import count_of, one_target, pointed_at
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import Action, Help, No, Pick, Preferences, Redo, Smalltalk, Target, Undo, Yes
from kirotodo.core.language.when.tokens import word_set

_YES: Final = "[oh|um|uh|well|hmm]? {yes} [{yes}|{answer_tail}]*"
_NO: Final = "[oh|um|uh|well|hmm|actually]? {no} [{no}|{answer_tail}]*"
_DO_NOT: Final = (
    "[please|no|oh|actually|wait]* don't|do_not|never delete|remove|add|complete|mark|change|clear|move|do|"
    "cancel|create|touch|"
    "erase|rename|reschedule|finish|make|set|update|tick ...",
)
_UNDO: Final = (
    "[please|oops|no|wait|sorry]* {undo} [{undoing}]* n={count}? [{undoable}]*",
    "[please]? take|put|bring|add that|it|them|this|those|everything back [in|again|the_way_it_was]* [please]?",
    "[that_was|i_made|it_was] a_mistake [undo]?",
    "cancel [that|the|my]? last_command|last_change|last_action",
    "ctrl-z|ctrl_z|ctrl+z|undo_undo|go_back|put_it_back|bring_it_back|restore_it|restore_that|restore_them|"
    "restore_what_you_deleted",
)
_REDO: Final = (
    "redo|re-do [it|that|this|them|the_last_change|the_last_action|the_last_one|what_i_undid]?",
    "undo the|that|my|your undo",
    "do_it_again_after_all|put_the_change_back|revert_the_undo|reapply|re-apply [it|that]?",
)
_HELP: Final = (
    "help [me]? [out]? [with_this|with_kirotodo]?",
    "commands|usage|instructions|examples|i_need_help|i_need_some_help|can_you_help_me|can_you_help|could_you_help_me",
    "what can|could|do you|i|u|this|it do|say|ask|type|help_with|help_me_with|understand [for_me|you|here|"
    "with_you|with_this]*",
    "what are|is you|your able_to_do|capable_of|commands|features|skills|capabilities|abilities|options|familiar_with",
    "how do|does|can|should i|you|this|it|kirotodo use_this|use_you|use_it|use_kirotodo|work|start|get_started|begin",
    "show|list|give [me]? [the|your|all]* help|commands|examples|options",
    "how do i|you add|delete|remove|complete|finish|mark|change|edit|undo|reschedule|rename|move|tag|set|create|"
    "make|see|list|search ...",
)
_TALK: Final = ("greeting", "thanks", "goodbye", "how_are_you", "who_are_you", "praise", "apology")
_AFTER_NO: Final = (
    "no|nope|not_that|not_that_one|not_this_one|wrong_one|wrong|actually_no [sorry|wait|actually|i_meant|i_mean|"
    "but|it's|the_wrong_one|make_it]* <rest>",
    "i_meant|i_mean [the]? <rest>",
    "not that|this one <rest>",
)
_NEVER_PICKED: Final = word_set(
    "add delete remove mark what which show list is are this that no a an next move complete i we any can could "
    "would will "
    "please put set take change push make get give remind schedule do did does when where who how if let let's "
    "cancel clear "
    "need drop find check tell read create book start has have was were reschedule postpone new and every each another "
    "only buy call pay that's it's there's there my tidy "
    "wipe empty erase bin scrap tick untick tag finish complete"
)


def replying(text: Text, whole: Piece, *, asked: bool) -> Action | None:
    """Return the answer or the turn of talk that a whole text is, if it is nothing else."""
    if not whole or len(whole.words) > 18:
        return None
    if any(whole.match(each) for each in _HELP) or text.raw.strip() in ("?", "??", "???"):
        return Help()
    if not asked:
        answer = _command(whole)
        if answer is not None:
            return answer
    for kind in _TALK:
        if whole.match(f"[{{talk_lead}}]? {{{kind}}} [{{{kind}}}|{{talk_tail}}]*"):
            return Smalltalk(kind=kind)
    return None if asked else _picked(whole)


def _command(whole: Piece) -> Action | None:
    for each in _UNDO:
        found = whole.match(each)
        if found is not None:
            word = found.word("n").split()[0] if "n" in found.found.re.groupindex and found.word("n") else ""
            return Undo(turns=2 if word == "couple" else max(1, count_of(word) or NUMBERS.get(word, 1)))
    if any(whole.match(each) for each in _REDO):
        return Redo()
    if whole.match(_YES):
        return Yes()
    if whole.match(_NO) or (_is_one(whole) and any(whole.match(each) for each in _DO_NOT)):
        return No()
    return None


def _is_one(whole: Piece) -> bool:
    """Return whether a text is one sentence with no turn in it ("don't delete anything, just show me …")."""
    return not {"but", "just", "instead"} & set(whole.words) and not any(
        token.word == "," for token in whole.tokens[2:]
    )


def _picked(whole: Piece) -> Action | None:
    if len(whole.words) > 8:
        return None
    for text in _AFTER_NO:
        found = whole.match(text)
        if found is not None and found.get("rest") and (target := _pick(found.get("rest"), certain=True)):
            return Pick(target=target, instead=True)
    target = _pick(whole, certain=False)
    return Pick(target=target) if target is not None else None


def _pick(piece: Piece, *, certain: bool) -> Target | None:
    led = piece.match(
        "[i_mean|i_meant|i_choose|pick|choose|select|take|the_one_with|make_it|it_is|it's|that_would_be|just|"
        "only|number|maybe]+ <rest>"
    )
    if led is not None and led.get("rest") and led.get("rest").words[0] not in ("W",):
        piece, certain = led.get("rest"), certain or piece.words[0] != "take"
    words = piece.words
    if words[:1] and words[0] in phrases("reopen") | phrases("rename") | phrases("untag"):
        return None
    if not words or (words[0] in _NEVER_PICKED and words[0] not in ("that", "this")) or piece.spans("WRDL"):
        return None
    pointed = pointed_at(piece)
    if pointed is None and piece.match("[the]? first|second|third|fourth|fifth|last|latter|former"):
        pointed = Target(ordinals=(ordinal(words[-1]),))
    if pointed is not None:
        return pointed if pointed.pronoun != "it" or "one" in words else (pointed if certain else None)
    found = piece.match("[the|my]? <w> {one}")
    if found is not None and len(found.get("w").words) <= 5 and words[-1] in ("one", "ones"):
        target = one_target(found.get("w"))
        if target is not None and target.words:
            return Target(words=target.words, ids=target.ids, candidates=target.candidates, plural=words[-1] == "ones")
    told = {"i", "you", "is", "are", "to", "i'll"} & set(words)
    if certain and len(words) <= 5 and not told and not piece.spans("KP"):
        target = one_target(piece)
        return target if target is not None and target.words else None
    return None


def yes_no(text: str) -> bool | None:
    """Return True for plain agreement, False for plain refusal, None for anything else."""
    low = " ".join(fold(text).split())[:120]
    whole = Text(low, now=dt.datetime(2000, 1, 1), preferences=Preferences(), context=Context()).whole()  # noqa: DTZ001
    if not whole:
        return None
    if whole.match(_YES):
        return True
    return False if whole.match(_NO) or any(whole.match(each) for each in _DO_NOT) else None
