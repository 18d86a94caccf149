"""What speaks against a reading: a title that is none, a fact that has not come about, a command taken for a thing.

A doubtful change is asked back or left alone. No reading is made here that no frame made, but for the question what an
edit is to be.
"""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from kirotodo.core.language.frames.base import MAYBE, Clause, Reading, names_ours, reading
from kirotodo.core.language.lexicon import phrases
from kirotodo.core.language.tokens import Piece
from kirotodo.core.language.types import Add, Clarify, Complete, Scope, Update

_NEVER: Final = 0.2
"""Too little to be done, or even to be asked back."""
_IMPLIED: Final = frozenset({"imperative", "wish", "dated", "need", "out_of", "bare", "schedule"})
"""Frames that add without a verb of the list."""


def doubted(clause: Clause, each: Reading) -> Reading:
    """Return a reading as far as nothing speaks against it: as it is, to be asked back, or as good as none."""
    for doubt in _DOUBTS:
        found = doubt(clause, each)
        if found is not None:
            return found
    return each


def _capped(each: Reading, score: float) -> Reading | None:
    return replace(each, frame="doubtful", score=score) if each.score > score else None


# --- additions


def _adds(each: Reading) -> list[Add]:
    adds = [action for action in each.actions if isinstance(action, Add)]
    return adds if len(adds) == len(each.actions) else []


def _no_thing(clause: Clause, each: Reading) -> Reading | None:
    """Doubt a title that names nothing: "maybe" of "maybe tomorrow", "works" of "friday works", "the rest", "9"."""
    if any(_names_nothing(add.title) for add in _adds(each)):
        return _capped(each, _NEVER)
    return None


def _names_nothing(title: str) -> bool:
    words = _words_of(title)
    nothing = phrases("nothing")
    return all(word.isdecimal() or word in nothing for word in words) if words else True


def _words_of(title: str) -> list[str]:
    return [word.strip(".,;:!?()\"'") for word in title.lower().replace("’", "'").split()]


def _states(clause: Clause, each: Reading) -> Reading | None:
    """Doubt a title that is the rest of a sentence: "looks full" of "friday looks full", "the insurance is due …"."""
    if each.frame not in _IMPLIED:
        return None
    for add in _adds(each):
        words = _words_of(add.title)
        if words[0] in phrases("predicate"):
            return _capped(each, _NEVER)
        if set(words[1:5]) & phrases("finite") and words[0] not in phrases("finite"):
            return _capped(each, MAYBE if add.when or add.recurrence else _NEVER)
    return None


def _hesitates(clause: Clause, each: Reading) -> Reading | None:
    """Doubt what begins by taking something back: "hang on, I only wrote half of them"."""
    if _adds(each) and each.frame in _IMPLIED and clause.whole.begins("hang_on|hold_on|wait|oops|whoops|ugh|argh"):
        return _capped(each, _NEVER)
    return None


def _edits(clause: Clause, each: Reading) -> Reading | None:
    """Doubt that a command to change something of ours is a thing to do ("shift the review to the monday after")."""
    if not _adds(each) or each.frame not in _IMPLIED:
        return None
    found = clause.piece.match("{editing} [up|out|off|down|in]? <what>")
    if found is None or not found.get("what") or each.actions[0] != each.actions[-1]:
        return None
    what, verb = _before_values(found.get("what")), clause.words[0]
    if found.get("what").words[0] in ("a", "an", "another", "some", "more", "new"):
        return None  # what is told with such an article is new
    aimless = not what or all(word in phrases("nothing") for word in what.words)
    if aimless or what.words[0] in phrases("pointing") or (verb not in phrases("add") and names_ours(what)):
        return reading("doubtful", min(each.score, 0.6), Clarify(missing="meaning", action="update"))
    return None


def _before_values(what: Piece) -> Piece:
    """Return the words in front of the first preposition or date ("the review" of "the review to the monday after")."""
    found = what.match("<front> {linking}|W|R|D|P|K ...")
    return found.get("front") if found is not None else what


def _is_instead(clause: Clause, each: Reading) -> Reading | None:
    """Doubt a title that still holds "instead": what it takes the place of is not understood."""
    if any(set(_words_of(add.title)[:-1]) & {"instead", "rather"} for add in _adds(each)):
        return _capped(each, MAYBE)
    return None


def _hangs_on_another(clause: Clause, each: Reading) -> Reading | None:
    """Doubt a title that begins with when it is to be, as seen from something else ("a week before the party …")."""
    for add in _adds(each) if each.frame in _IMPLIED else ():
        words = _words_of(add.title)
        if words[2:3] in (["before"], ["after"]) and words[1].rstrip("s") in ("minute", "hour", "day", "week", "month"):
            return _capped(each, MAYBE)
    return None


def _needless(clause: Clause, each: Reading) -> Reading | None:
    """Doubt that what there is no need for is changed ("no need to get bread this week")."""
    if any(isinstance(action, Update) for action in each.actions) and clause.whole.begins("no_need|needn't ..."):
        return _capped(each, _NEVER)
    return None


# --- what is done


def _not_so(clause: Clause, each: Reading) -> Reading | None:
    """Doubt what is told of as done where it is only hoped, tried, begun or half done, or was called off."""
    if each.frame != "done" or not all(isinstance(action, Complete) for action in each.actions):
        return None
    whole = clause.whole
    words = set(whole.words)
    if whole.begins("{supposing}") or words & phrases("partly") or words & phrases("unfinishing"):
        return _capped(each, _NEVER)
    if words & {"but", "not", "no", "until", "unless", "yet"} or any(word.endswith("n't") for word in words):
        return _capped(each, MAYBE)
    return None


def _all_that_is_done(clause: Clause, each: Reading) -> Reading | None:
    """Doubt that all that is done is to be changed ("they're closed on mondays")."""
    for action in each.actions:
        if isinstance(action, Update) and action.target.everything and action.target.scope.status == "completed":
            return _capped(each, _NEVER)
    return None


def _all_at_once(clause: Clause, each: Reading) -> Reading | None:
    """Doubt that "all done" or "finished for today" completes whatever is on the list."""
    if each.frame not in ("done", "finish") or "K" in clause.words:
        return None
    everything = [a for a in each.actions if isinstance(a, Complete) and a.target.everything]
    if everything and all(action.target.scope.project for action in everything):
        return None
    if not everything or set(clause.words) & (phrases("task") | {"everything", "each", "every"}):
        return None
    if all(action.target.scope == Scope() for action in everything) or each.frame == "done":
        return _capped(each, _NEVER)
    return None


_DOUBTS: Final[tuple[Callable[[Clause, Reading], Reading | None], ...]] = (
    _no_thing, _states, _hesitates, _edits, _is_instead, _hangs_on_another, _needless, _not_so, _all_at_once,
    _all_that_is_done,
)  # fmt: skip
