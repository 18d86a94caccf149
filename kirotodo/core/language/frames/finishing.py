"""Finishing and reopening tasks, as commands and as facts that are told about what is on the list."""

from collections.abc import Iterator
from typing import Final

from kirotodo.core.language.frames.base import FAINT, LIKELY, MAYBE, SURE, Clause, Reading, naming, reading, sure_of
from kirotodo.core.language.lexicon import COMMON
from kirotodo.core.language.mentions import CERTAIN, past_of, same_doing, thing_done
from kirotodo.core.language.targets import split, stripped, targets
from kirotodo.core.language.tokens import Piece
from kirotodo.core.language.types import Clarify, Complete, Target
from kirotodo.core.language.when.tokens import word_set

_COMMANDS: Final = (
    "{mark} [off] <what> [{adv}] {done} [{from} K]",
    "check|tick|cross|mark|sign <what> off [of] [{from}] [K]",
    "cross_out <what> {from} K",
    "check_off|tick_off|cross_off|mark_off|sign_off <what>",
    "complete|finish|tick|close|resolve|check_off <what>",
    "{adv}* done|finished|through|all_done with <what>",
)
_REOPEN: Final = (
    "{mark} <what> [{adv}] {undone}",
    "{reopen} <what>",
    "<what> isn't|aren't|wasn't|weren't|is_not {adv}* done|finished|complete|completed|ready [yet]",
    "put|add|bring|get|have|take <what> back [on|onto|to|in|up]* [K|it|there]?",
    "<what> needs|need|wants|has_to_be|must_be <doing> again|once_more",
    "{i} have_to|need_to|must|will_have_to|should [redo]? <what> again|once_more",
    "i|we didn't|did_not|haven't|have_not|never {adv}* [actually] finish|finished|do|done|complete|completed <what>",
)
_TOLD: Final = (
    "{i} {have}* {adv}* finished|did|done|completed|finish|complete|wrapped_up|sorted|handled|dealt_with|"
    "took_care_of|ticked_off|"
    "crossed_off|got_through [with] <what>",
    "i've|we've|i'm|we're {adv}* finished|done|completed|wrapped_up|sorted|handled|dealt_with|taken_care_of "
    "[with] <what>",
    "<what> {be} {adv}* {done} [now]",
    "<what> done|finished|complete|completed|sorted|bought|paid",
    "<what> {i} {have}* {adv}* got|bought|did|done|finished|paid|sorted|have it|that|those|them|both "
    "[already|now]* [but no|not|they_had_no ...]?",
    "{done} <what>",
)
_HAPPENED: Final = (
    "<what> {adv}* went_out|went_through|went_off|got_done|is_in|has_gone_out|has_gone|is_sorted|is_behind_me|"
    "is_out_of_the_way|is_off_my_plate|has_been_sent|has_been_sorted|is_all_set|went_fine|went_well [W]",
    "{i}? {have}* {adv}* got|bought|grabbed|picked_up <what>",
    "[{i}|i've|we've]? {adv}* had|been_to|went_to|was_at|were_at|attended my|the|our <what>",
)
_SIGNALS: Final = word_set(
    "turns turned out it that the a i we he she they my our still needs need to be actually really after all never not "
    "yet been being doing done finished finish has have had go gone went through forgot forgotten failed bounced came "
    "back up did do is was are were just only and but so no wait oh hm hmm actually quite bit some"
)
"""Words by which it is told that something is not done, and those around them."""


def finishing(clause: Clause) -> Iterator[Reading]:
    """Yield readings of a clause as something being done, or not done after all."""
    if clause.piece.match("{mark} [as] {done}") or clause.piece.match("complete|finish|tick_off|check_off|cross_off"):
        yield reading("finish", LIKELY, Clarify(missing="target", action="complete"))
    yield from _reopened(clause)
    for text in _COMMANDS:
        if (found := clause.piece.match(text)) is not None and found.get("what"):
            yield from _finished(clause, found.get("what"), SURE, frame="finish")
            break
    if not clause.asked:
        yield from _told(clause)


def _told(clause: Clause) -> Iterator[Reading]:
    if (
        clause.request
        or clause.piece.begins(
            "{mark}|{remove}|{off}|{move}|{rename}|{clear}|add|remind|show|complete|finish|close ..."
        )
        is not None
    ):
        return
    for text in _TOLD:
        found = clause.whole.match(text) or clause.piece.match(text)
        if found is not None and found.get("what"):
            if found.get("what").words != ["W"]:  # "I'm done for today" says nothing about any task
                yield from _finished(clause, _without_day(found.get("what")), 0.82, frame="done")
            break
    for text in _HAPPENED:
        if (found := clause.whole.match(text)) is not None and found.get("what"):
            yield from _borne_out(clause, found.get("what"), 0.8)
            break
    yield from _past(clause)


def _without_day(what: Piece) -> Piece:
    """Return what was done without the day on which it was ("the bill" of "the bill this morning")."""
    found = what.match("<rest> day=W")
    if found is None or not found.get("rest") or found.value("day").when.date > what.text.now.date():
        return what
    return found.get("rest")


def _past(clause: Clause) -> Iterator[Reading]:
    """Yield a finished task where something told in the past says its title ("i've paid the rent")."""
    words = clause.whole.words
    if clause.wish or clause.request or all(past_of(word) is None for word in words[:6]) or _is_negated(words):
        return
    found = clause.whole.match(
        "[{filler}|yes|yeah]* [{i}|i've|we've|{have}|{adv}|she|he|they]* <what> [{adv}|at_last|W|earlier|on_the_way|"
        "on_my_way|home|after_work|too|for_us|for_me]*"
    )
    if found is None or not found.get("what"):
        return
    what = _without_who(found.get("what"))
    yield from _borne_out(clause, what, 0.78)
    yield from _in_other_words(clause, what)


def _without_who(what: Piece) -> Piece:
    """Return what is told to be done without who did it ("fixed the tap" of "jonas fixed the tap")."""
    words, titles = what.words, what.text.titles
    named = len(words) > 2 and words[0] not in COMMON and past_of(words[0]) is None and not titles.knows(words[0])
    did = named and words[0].isalpha() and words[0].islower() and past_of(words[1]) is not None
    return Piece(what.text, what.first + 1, what.last) if did else what


def _in_other_words(clause: Clause, what: Piece) -> Iterator[Reading]:
    """Yield a finished task of which the thing and a verb in the past are told ("spoke to nan", of "ring nan")."""
    verb, thing = what.words[0], thing_done(what.raw)
    parts = [clause.text.titles.choose(part.raw) for part in split(what.after(len(verb) + 1))] if thing else []
    bought = [found[0] for found in parts if len(found) == 1 and found[0].score >= VERBLESS]
    if verb in _GOT and 1 < len(parts) == len(bought):
        yield reading("done", 0.76, *(Complete(target=Target(words=what.raw, ids=(each.id,))) for each in bought))
        return
    found = [match for match in clause.text.titles.choose(thing) if match.score >= VERBLESS] if thing else []
    if len(found) == 1 and len(split(what)) == 1:
        view = clause.text.context.task(found[0].id)
        same = verb in ("did", "got", "done") or (view is not None and same_doing(verb, view.title))
        target = Target(words=what.raw, ids=(found[0].id,))
        yield reading("done", 0.76 if same else MAYBE, Complete(target=target))


_GOT: Final = word_set("got bought picked grabbed fetched collected did finished brought")
VERBLESS: Final = 88.0
"""A match of words that stand together in a title scores this or more."""


def _is_negated(words: list[str]) -> bool:
    return any(word in ("not", "never", "no") or word.endswith("n't") for word in words)


def _borne_out(clause: Clause, what: Piece, score: float) -> Iterator[Reading]:
    """Yield a finished task only where the list has it for certain: anything else may be told too."""
    text = clause.text
    if all(past_of(word) for word in stripped(what).words):
        return  # a verb alone names nothing
    if not text.titles:
        bought = clause.whole.match("... i've|we've|i|we {adv}* bought|done|got <what>")
        if bought is not None and bought.get("what").words[0] not in ("a", "an") and "already" not in clause.words:
            yield reading("done", 0.6, *(Complete(target=target) for target in targets(clause.piece) or ()))
        return
    meant = targets(what) or []
    if meant and all(target.ids or (target.everything and target.scope.project) for target in meant):
        yield reading("done", score, *(Complete(target=target) for target in meant))
        return
    found = [match for match in text.titles.choose(stripped(what).raw) if match.score >= 66] or text.titles.spoken_of(
        what.raw
    )
    if len(found) == 1 and len(split(what)) == 1:
        yield reading("done", score - 0.05, Complete(target=Target(words=what.raw, ids=(found[0].id,))))


def _finished(clause: Clause, what: Piece, score: float, *, frame: str) -> Iterator[Reading]:
    meant = targets(what)
    if not meant:
        yield reading(frame, LIKELY if score == SURE else FAINT, Clarify(missing="target", action="complete"))
        return
    sure = min(sure_of(target, clause.text, score) for target in meant)
    if (
        frame == "done"
        and clause.text.titles
        and not all(t.ids or t.candidates or t.pronoun or t.ordinals or t.everything for t in meant)
    ):
        sure = FAINT
    if frame == "done" and not clause.text.titles and len(what.words) > 7:
        sure = FAINT
    yield reading(frame, sure, *(Complete(target=target) for target in meant))


def _reopened(clause: Clause) -> Iterator[Reading]:
    if (target := _denied(clause)) is not None:
        yield reading("reopen", 0.83, Complete(target=target, completed=False))
        return
    for _, text, found in naming(_REOPEN, clause.piece, clause.whole):
        meant = [_done_one(clause, target) for target in targets(found.get("what"))]
        told = "i|we" in text or "<what> " in text[:9] or "again" in text
        if ("back" in text or "again" in text) and not all(_is_done(clause, target) for target in meant):
            continue
        if meant:
            sure = min(sure_of(target, clause.text, 0.95) for target in meant)
            yield reading(
                "reopen", min(sure, 0.83) if told else sure, *(Complete(target=t, completed=False) for t in meant)
            )
        return


def _is_done(clause: Clause, target: Target) -> bool:
    views = [clause.text.context.task(each) for each in (*target.ids, *target.candidates)]
    return bool(views) and all(view is not None and view.completed is not None for view in views)


def _denied(clause: Clause) -> Target | None:
    """Return the finished task of which is told that it is not done ("turns out the rent didn't go through")."""
    words = clause.whole.words
    signs = (
        bool(_UNDONE & set(words))
        or {"still", "forgot", "failed", "bounced"} & set(words)
        or words[:2] == ["turns", "out"]
    )
    if not signs or clause.asked or clause.request or clause.wish or not clause.text.titles:
        return None
    said = " ".join(word for word in words if word not in _SIGNALS and not word.endswith("n't"))
    found = [match for match in clause.text.titles.match(said, done=None) if match.score >= CERTAIN] if said else []
    return Target(words=said, ids=(found[0].id,)) if len(found) == 1 and found[0].done else None


_UNDONE: Final = word_set("not never didn't haven't hasn't wasn't weren't isn't aren't")


def _done_one(clause: Clause, target: Target) -> Target:
    """Return a target among what is done already."""
    if not target.words or not clause.text.titles:
        return target
    found = clause.text.titles.choose(target.words, done=True)
    ids = tuple(match.id for match in found)
    if not ids:
        return target
    return Target(words=target.words, ids=ids if len(ids) == 1 else (), candidates=ids if len(ids) > 1 else ())
