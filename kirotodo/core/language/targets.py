"""Which tasks a stretch of words is about: by number, by place, by pronoun, by words that stand for titles."""

from collections.abc import Collection, Iterator
from typing import Final

from msgspec.structs import replace

from kirotodo.core.language.lexicon import CHORES, NUMBERS, PAIRS, phrases
from kirotodo.core.language.mentions import CERTAIN, STOP, VERY, Match, stem
from kirotodo.core.language.scopes import Narrowed, excepted, narrowed, scope_matches
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.types import Scope, Target
from kirotodo.core.language.when.tokens import word_set

_IT: Final = (
    "[all] it|this|that|its|it's|that's|that_one|this_one|same|the_same|the_same_one|that_task|this_task|that_item|"
    "the_task|this_item|the_item|that_reminder|this_reminder|that_event|this_event [{one}] [again|too]"
)
_THEM: Final = (
    "[all|both|all_of|both_of|any_of|the] them|their|they're|those|these|both|all_of_it|all_three|all_two|both_tasks|"
    "all_those|all_these "
    "[{one}|two|three] [all|both]"
)
_JOINED: Final = word_set("and , & plus or")
_BINDING: Final = word_set("with between for of at about from that which to by in on into both")


def targets(piece: Piece) -> list[Target]:
    """Return the tasks that a stretch speaks of, each thing named on its own; none where nothing is named."""
    piece = stripped(piece)
    if not piece:
        return []
    whole = one_target(piece)
    if whole is not None and whole.everything and len(lists := _of_several_lists(piece)) > 1:
        return lists
    if whole is not None and (whole.words is None or _certain(piece.text, whole)):
        return [whole]
    parts = split(piece)
    if len(parts) > 1:
        found = [one_target(part) for part in parts]
        if all(each is not None for each in found) and _each_named(piece.text, found):
            return [each for each in found if each is not None]
    return [whole] if whole is not None else []


def _of_several_lists(piece: Piece) -> list[Target]:
    """Return all of each list that is named ("everything on party and all of shopping"); none where it is no such."""
    names = {token.value.name for token in piece.spans("K")} - {None}
    found = [one_target(part) for part in split(piece)] if len(names) > 1 else []
    rows = [each for each in found if each is not None and each.everything and each.scope.project is not None]
    return rows if len(rows) == len(found) else []


def _certain(text: Text, target: Target) -> bool:
    """Return whether the words of several things are one title after all ("salt and pepper")."""
    found = text.titles.match(target.words or "")
    return bool(found) and found[0].score >= 88.0


def _each_named(text: Text, found: list[Target | None]) -> bool:
    """Return whether, where the titles are known, at least half of the parts name one."""
    if not text.titles:
        return True
    known = sum(
        1
        for each in found
        if each and (each.ids or each.candidates or each.everything or each.ordinals or each.pronoun)
    )
    return known * 2 >= len(found)


def stripped(piece: Piece) -> Piece:
    """Return a stretch without politeness behind it and without signs at its ends."""
    piece = piece.trimmed()
    for _ in range(4):
        found = piece.match("<what> {tail}") or piece.match("<what> {tail} {tail}")
        if found is None or not found.get("what"):
            break
        piece = found.get("what").trimmed()
    return piece


def one_target(piece: Piece) -> Target | None:
    """Return what a stretch stands for, taken as one thing."""
    if (pointed := pointed_at(piece)) is not None:
        return pointed
    said = narrow(piece)
    if said.words:
        return resolved(piece.text, said)
    if (titled := _titled_like_a_list(piece, said)) is not None:
        return titled
    if said.every or said.plural:
        return Target(everything=True, plural=True, scope=said.scope)
    if said.scope != Scope() and piece.words and piece.words[-1] in phrases("task") | {"one", "K"}:
        return Target(everything=True, plural=said.plural or piece.words[-1] == "K", scope=said.scope)
    if said.scope != Scope():
        return Target(everything=True, plural=True, scope=said.scope)
    return None


def _titled_like_a_list(piece: Piece, said: Narrowed) -> Target | None:
    """Return the one task that "the party" means where that is a list too; None where only the list is called so."""
    name = said.scope.project
    bare = [word for word in piece.raw.casefold().split() if word not in phrases("article")]
    if said.every or said.plural or name is None or bare != name.casefold().split():
        return None
    found = piece.text.titles.choose(name) if piece.text.titles else []
    return Target(words=piece.raw, ids=(found[0].id,)) if len(found) == 1 and found[0].score >= CERTAIN else None


def narrow(piece: Piece, *, question: bool = False) -> Narrowed:
    """Return the filter that a stretch of words states, its exception included, and what words of it are no filter."""
    front, exception = excepted(piece)
    without = tuple(targets(exception)) if exception is not None else ()
    return narrowed(front, question=question, without=without)


def pointed_at(piece: Piece) -> Target | None:
    """Return what a number, a place or a pronoun points at."""
    words = [word for word in piece.words if word not in ("and", "the")]
    ids = tuple(dict.fromkeys(each for token in piece.spans("I") for each in token.value if each))
    if ids and all(word == "I" for word in words):
        return Target(ids=ids, plural=len(ids) > 1)
    if words and all(word in ("O", "on", "K") for word in words) and "O" in words:
        places = tuple(each for token in piece.spans("O") for each in token.value)
        return Target(ordinals=places, plural=len(places) > 1)
    if len(words) == 1 and words[0].isdecimal() and len(words[0]) < 7 and int(words[0]):
        return Target(ids=(int(words[0]),))
    if len(words) == 1 and piece.spans("Q"):
        return resolved(piece.text, Narrowed(Scope(), piece.spans("Q")[0].value))
    if piece.match(_IT):
        return Target(pronoun="it")
    if piece.match(_THEM):
        return Target(pronoun="them", plural=True)
    if piece.match("[the] other [{one}]"):
        return Target(pronoun="other")
    if words and all(word.isdecimal() and len(word) < 7 and int(word) for word in words):
        return Target(ids=tuple(dict.fromkeys(map(int, words))), plural=len(words) > 1)
    if piece.match("[the|my]* next|very_next {event}|{task} [on] [K]"):
        return Target(pronoun="first")
    if piece.match("[the|my] last|latest|newest|most_recent {one} ... added|created|made"):
        return Target(pronoun="last")
    return None


def resolved(text: Text, said: Narrowed) -> Target:
    """Return words as a target, with the ids of the tasks that they mean where the list is known."""
    target = Target(words=said.words, plural=said.plural or said.every, scope=said.scope)
    if not text.titles:
        return target
    done = True if said.scope.status == "completed" else None if said.scope.status == "all" else False
    found = text.titles.choose(said.words, done=done)
    front, _, last = said.words.rpartition(" ")
    if not found and front and last.casefold() in phrases("whatsit"):
        found = text.titles.choose(front, done=done)
    today = text.now.date()
    within = [
        m for m in found if (task := text.context.task(m.id)) is not None and scope_matches(said.scope, task, today)
    ]
    if not within and not found:
        return target
    if not within:
        return replace(target, candidates=tuple(match.id for match in found), scope=Scope())
    return _decided(target, within)


def _decided(target: Target, found: list[Match]) -> Target:
    ids = tuple(match.id for match in found)
    if found[0].score < CERTAIN:
        return replace(target, candidates=ids)
    if len(ids) == 1 or target.plural:
        return replace(target, ids=ids)
    return replace(target, candidates=ids)


def split(piece: Piece) -> list[Piece]:
    """Return the things that a stretch names, cut at commas and "and"; one where they belong together."""
    tokens = piece.tokens
    parts: list[Piece] = []
    start = piece.first
    for place, token in enumerate(tokens, start=piece.first):
        if token.word in _JOINED and not _pair(piece, place):
            parts.append(Piece(piece.text, start, place).trimmed())
            start = place + 1
    parts.append(Piece(piece.text, start, piece.last).trimmed())
    parts = [part for part in parts if part]
    if len(parts) > 1 and not piece.text.titles and any(set(part.words) & _BINDING for part in parts[:-1]):
        return [piece]
    return parts


def _pair(piece: Piece, place: int) -> bool:
    """Return whether "and" joins two words to one thing, or numbers to one row."""
    tokens = piece.text.tokens
    if not piece.first < place < piece.last - 1:
        return False
    before, after = tokens[place - 1].word, tokens[place + 1].word
    if tokens[place].word in ("and", "&") and f"{before}_{after}" in PAIRS:
        return True
    return before in ("I", "O") and after in ("I", "O")


_CUTS: Final = word_set(
    "and or before after than then the is are was were my our a an with , . ; : to at on in for can can't won't "
    "made make "
    "got it it's that W R D L P has have had because so but if not"
)


_REACH: Final = 6
"""Words of the longest part of a title that is looked for within other words."""


def windows(piece: Piece, ordinary: Collection[str]) -> Iterator[tuple[int, int, Match]]:
    """Yield the stretches that are a title, or a part of one not made of `ordinary` words only, and what they name."""
    titles, tokens = piece.text.titles, piece.tokens
    end = 0
    for first, token in enumerate(tokens):
        if first < end or token.is_span or token.is_sign or not titles.knows(token.word):
            continue
        for last in range(min(len(tokens), first + _REACH), first, -1):
            part = tokens[first:last]
            if part[-1].word in STOP or any(each.is_span or each.is_sign for each in part):
                continue
            found = titles.match(piece.text.raw[part[0].start : part[-1].end])
            plain = all(each.word in ordinary for each in part) or (len(part) == 1 and stem(part[0].word) in CHORES)
            if found and found[0].score >= (VERY if plain else 88.0):
                yield first, last, found[0]
                end = last
                break


def mentions(piece: Piece, *, done: bool | None = False, inside: Collection[str] = ()) -> list[Match]:
    """Return the tasks that a stretch clearly names, each once, in the order named, whatever else stands in it.

    With `inside`, words that alone name nothing, parts of titles are looked for within the chunks too.
    """
    text = piece.text
    if not text.titles:
        return []
    if inside:
        found_inside = [match for _, _, match in windows(piece, inside)]
        return list({match.id: match for match in found_inside if not match.done}.values())
    out: list[Match] = []
    start = piece.first
    for place in range(piece.first, piece.last + 1):
        if place < piece.last and text.tokens[place].word not in _CUTS and not text.tokens[place].is_sign:
            continue
        chunk = Piece(text, start, place)
        start = place + 1
        found = text.titles.choose(chunk.raw, done=done) if chunk and any(len(word) > 2 for word in chunk.words) else []
        if len(found) == 1 and found[0].score >= 86 and found[0].id not in {match.id for match in out}:
            out.append(found[0])
    return out


def count_of(word: str) -> int:
    """Return the number that a word stands for; 0 where it is none."""
    return int(word) if word.isdecimal() else NUMBERS.get(word, 0)
