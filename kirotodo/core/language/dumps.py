"""Many things at once: what follows a colon, and what people pour out when they empty their heads."""

from collections.abc import Sequence
from typing import Final

from kirotodo.core.language.clauses import freed
from kirotodo.core.language.content import added, content_of, cut_at, is_empty, tidied
from kirotodo.core.language.frames.base import names_ours
from kirotodo.core.language.lexicon import CHORES
from kirotodo.core.language.tokens import Piece
from kirotodo.core.language.types import Action, Add

_HEADS: Final = (
    "[please]? [{add}|get|buy|need|i_need|i_need_to|i_have_to|we_need] [the_following|these|all|some|two|three|"
    "four|five|six|several|a_few|of]* "
    "[things|items|tasks|stuff|bits|jobs|errands|chores]? [to]? [{onto}|for list=K]? [W]? :",
    "[so_much|too_much|lots|a_lot|things|stuff|jobs|chores|errands|tasks|todo|to-do|todos|to_do|brain_dump|dump|"
    "reminders|need_to_do|for|i_need_to|have_to]+ [to_do|to_get|done|i_need_to|need_to]* "
    "[W|at_the_office|at_home|at_work|today|for|on|list=K]* :",
    "[{own}]* list=K [for <place>]? :",
    "<kind> list [for <place>]? :",
    "[for]? W :",
)
_PRELUDE: Final = (
    "[so|there's|i_have|i've_got|got|way]* so_much|too_much|a_lot|lots|loads|tons [going_on|to_do|on|to_get_done|"
    "stuff_to_do]* [W|before_W|here_goes]*",
    "brain_dump|here_goes|ok_here_goes|my_head_is_full|todo_today|things_to_do|let_me_empty_my_head [W]?",
    "[i|we]? need to do [this|these|the_following|a_few_things|some_things] [W]?",
)


def dumped(found: Sequence[tuple[Piece, bool]]) -> list[Action] | None:
    """Return an addition for each thing that a text pours out; None where it is no such text."""
    if not found or any(asked for _, asked in found):
        return None
    pieces = [piece for piece, _ in found]
    if pieces[0].match("[{wake}|and|so|well]* {ask} ...") is not None:
        return None
    if len(pieces) > 1 and any(freed(pieces[0]).whole.match(text) or pieces[0].match(text) for text in _PRELUDE):
        parts = [
            part
            for piece in pieces[1:]
            for part in cut_at(piece, {",", ";", "and"} if "," in _words(piece) else {",", ";"})
        ]
        return _things(parts, None) if parts else None
    if len(pieces) == 1:
        return _after_colon(pieces[0])
    return None


def _words(piece: Piece) -> list[str]:
    return [token.word for token in piece.tokens]


def _after_colon(piece: Piece) -> list[Action] | None:
    place = next((k for k, token in enumerate(piece.tokens, start=piece.first) if token.word == ":"), None)
    if place is None or place + 1 >= piece.last:
        return None
    head = Piece(piece.text, piece.first, place + 1)
    clause = freed(head)
    matched = next((m for text in _HEADS if (m := clause.piece.match(text)) or (m := head.match(text))), None)
    called = _list_called(head)
    if called is None and (matched is None or names_ours(head)):
        return None
    rest = Piece(piece.text, place + 1, piece.last).trimmed()
    parts = cut_at(rest, {",", ";", "and", "&", "plus"})
    if len(parts) < 2:
        return None
    names = head.spans("K")
    project = names[0].value.name if names else called
    return _things(parts, project, head)


def _list_called(head: Piece) -> str | None:
    """Return the user's list whose name is all that stands before the colon."""
    said = head.raw.rstrip(" :").casefold()
    return next((name for name in head.text.context.projects if name.casefold() == said), None)


def _things(parts: list[Piece], project: str | None, head: Piece | None = None) -> list[Action] | None:
    adds: list[Add] = []
    shared = content_of(head) if head is not None else None
    for part in parts:
        found = tidied(content_of(freed(part).piece if part.words[0] not in CHORES else part))
        if not found.title or is_empty(found.title):
            continue
        found.project = found.project or project
        if shared is not None and shared.when is not None and not found.dated:
            found.when = shared.when
        adds.append(added(found))
    return list(adds) or None
