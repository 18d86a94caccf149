"""Many things at once: what follows a colon, and what people pour out when they empty their heads."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from kirotodo.core.language.clauses import freed
from kirotodo.core.language.content import added, content_of, cut_at, inherit, is_command, is_empty, split_items, tidied
from kirotodo.core.language.frames.base import names_ours, touches_ours
from kirotodo.core.language.lexicon import CHORES, phrases
from kirotodo.core.language.spans import level
from kirotodo.core.language.targets import mentions
from kirotodo.core.language.tokens import Piece
from kirotodo.core.language.types import Action, Add
from kirotodo.core.language.when.tokens import word_set

_HEAD: Final = (
    "[{filler}|{polite}|{request}|{add}|{create}|{i}|{modal}|{wish}|{task}|{own}|{list}|{linking}|{one}|{level}|"
    "{called}|"
    "of|this|get|buy|next|real|another|also|more|following|brain|dump|so_much|too_much|a_lot|lots|loads|tons|several|"
    "few|{count}|W|R|P|K|T|N|"
    "before|after|me|now|up|done|down|quick|{event}|remember|remind|do|i'm|i've|we've|there's|there|got|have|plate|"
    "doing|sorting|sort|going|million|hundred|thousand|bunch|load|ton|the|that|head|mind|so|much|not|don't|forget|way|"
    "need|needs|here|here's|goes|is|are]* :?"
)
"""A heading that says nothing but that things to do follow."""
_COMING: Final = word_set(
    "things stuff tasks jobs bits list todo todos to-do to-dos dump plate errands chores following lots loads tons "
    "much "
    "lot few"
)
"""Words of which one stands in a heading that no colon follows."""
_NO_HEAD: Final = word_set("instead it note notes comment comments rather")
_PRELUDE: Final = (
    "[so|there's|i_have|i've_got|got|way]* so_much|too_much|a_lot|lots|loads|tons [going_on|to_do|on|to_get_done|"
    "stuff_to_do]* [W|before_W|here_goes]*",
)


def dumped(found: Sequence[tuple[Piece, bool]]) -> list[Action] | None:
    """Return an addition for each thing that a text pours out; None where it is no such text."""
    if not found or any(asked for _, asked in found):
        return None
    pieces = _in_one([piece for piece, _ in found])
    if pieces[0].match("[{wake}|and|so|well]* {ask} ...") is not None:
        return None
    prelude = any(freed(pieces[0]).whole.match(text) or pieces[0].match(text) for text in _PRELUDE)
    if len(pieces) > 1 and (prelude or _announces(pieces[0])):
        parts = [
            part
            for piece in pieces[1:]
            for part in cut_at(piece, {",", ";", "and"} if "," in _words(piece) else {",", ";"})
        ]
        return _things(parts, None, pieces[0]) if parts and not any(map(_changes, parts)) else None
    if len(pieces) == 1:
        return _after_colon(pieces[0]) or _after_heading(pieces[0])
    return None


def _in_one(pieces: list[Piece]) -> list[Piece]:
    """Return sentences that only semicolons part as one."""
    text = pieces[0].text
    parted = all(text.tokens[piece.first - 1].word == ";" for piece in pieces[1:])
    return [Piece(text, pieces[0].first, pieces[-1].last)] if parted else pieces


def _announces(head: Piece) -> bool:
    """Return whether words with no colon behind them say that things to do follow ("stuff to do this week")."""
    return not _COMING.isdisjoint(head.words) and len(head.words) > 1 and head.match(_HEAD) is not None


def _changes(part: Piece) -> bool:
    """Return whether a part is a command to change something on the list."""
    return part.words[0] in phrases("editing") | phrases("finish") | phrases("remove") and touches_ours(part)


def _after_heading(piece: Piece) -> list[Action] | None:
    """Return what follows a heading and a comma or a dash ("loads to do today, dishes, ironing, the cat")."""
    signs = [place for place, token in enumerate(piece.tokens, start=piece.first) if token.word in (",", "-")]
    for place in signs[:2]:
        head, rest = Piece(piece.text, piece.first, place), Piece(piece.text, place + 1, piece.last).trimmed()
        if not rest or not head or not _announces(head):
            continue
        parts = cut_at(rest, {",", ";", "and", "&", "plus", "oh", "then"})
        return _things(parts, None, head) if len(parts) > 1 and not any(map(_changes, parts)) else None
    return None


def _words(piece: Piece) -> list[str]:
    return [token.word for token in piece.tokens]


def _after_colon(piece: Piece) -> list[Action] | None:
    """Return what follows a heading, each thing on its own ("for the trip: plugs, torch", "next: ring Al")."""
    place = next((k for k, token in enumerate(piece.tokens, start=piece.first) if token.word == ":"), None)
    if place is None or place + 1 >= piece.last:
        return None
    head, rest = Piece(piece.text, piece.first, place + 1), Piece(piece.text, place + 1, piece.last).trimmed()
    called, names = _list_called(head), [token.value.name for token in head.spans("K")]
    bare = head.match(_HEAD) is not None
    noting = head.words[-2:-1] if head.words[-1:] == [":"] else head.words[-1:]
    if touches_ours(head) and (not {"jot", "note"}.isdisjoint(head.words) or noting in (["put"], ["add"], ["write"])):
        return None
    if not called and ((names_ours(head) and not names) or mentions(head) or not rest):
        return None
    row = len(cut_at(rest, {",", ";"})) > 1 or bool(names)
    if set(head.words) & _NO_HEAD or (not row and names_ours(rest)):
        return None
    parts = cut_at(rest, {",", ";", "and", "&", "plus", "oh", "then"}) if row else split_items(rest)
    if not (bare or called or _heads(head, parts)):
        return None
    project = next(iter(names), called)
    if len(parts) < 2 and not (bare and not names):
        return None
    return _things(parts, project, head)


def _heads(head: Piece, parts: list[Piece]) -> bool:
    """Return whether words before a colon only say what the things behind it are for."""
    clause = freed(head)
    made = clause.words[:1] and clause.words[0] in phrases("create") | phrases("add") and "K" in clause.words
    timed = any(token.value.when.time for token in head.spans("W"))
    plain = not is_command(clause.words) and not timed and not clause.wish
    return len(parts) > 1 and len(head.words) < 10 and bool(made or plain) and max(len(p.words) for p in parts) < 9


def _list_called(head: Piece) -> str | None:
    """Return the user's list whose name is all that stands before the colon."""
    said = head.raw.rstrip(" :").casefold()
    return next((name for name in head.text.context.projects if name.casefold() == said), None)


def _things(parts: list[Piece], project: str | None, head: Piece | None = None) -> list[Action] | None:
    adds: list[Add] = []
    shared = content_of(head) if head is not None else None
    if shared is not None and head is not None and shared.when is None:
        shared.when = next((token.value.when for token in head.spans("W")), None)
    if shared is not None and head is not None:
        shared.priority = shared.priority or next((level(w) for w in head.words if w in phrases("level")), None)
    for part in [part for part in parts if part.match("[on|at|by|for|before]? W|R|P|T|N")]:
        parts = [each for each in parts if each is not part]
        shared = shared or content_of(part)
        inherit(shared, content_of(part))
    for part in parts:
        found = tidied(content_of(freed(part).piece if part.words[0] not in CHORES else part))
        if not found.title or is_empty(found.title):
            continue
        found.project = found.project or project
        if shared is not None:
            inherit(found, replace(shared, project=None))
        adds.append(added(found))
    return list(adds) or None
