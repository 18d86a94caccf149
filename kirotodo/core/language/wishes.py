"""Actions from an intent and the marked words of a turn: whatever its shape, the same slots are filled."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Final

import msgspec
from msgspec.structs import replace

from kirotodo.core.language.caution import ARTICLES
from kirotodo.core.language.clauses import freed
from kirotodo.core.language.content import added, content_of, cut_at, is_command, is_empty
from kirotodo.core.language.frames.asking import asking
from kirotodo.core.language.frames.base import best, meant, topic_of
from kirotodo.core.language.lexicon import CHORES, phrases
from kirotodo.core.language.mentions import CERTAIN, same_doing
from kirotodo.core.language.second_opinion import opinion
from kirotodo.core.language.slots import in_the_nearer_half, slots_of
from kirotodo.core.language.spans import Token
from kirotodo.core.language.targets import targets
from kirotodo.core.language.tokens import Piece, Text
from kirotodo.core.language.turns import Extent, Intent, Unit, before_of, extents_of, intents_of, units_of
from kirotodo.core.language.types import (
    Action,
    Add,
    Clarify,
    Complete,
    Confirm,
    Delete,
    No,
    OutOfScope,
    Query,
    Scope,
    Target,
    Undo,
    Update,
)
from kirotodo.core.language.when.tokens import word_set
from kirotodo.core.text.patterns import pattern


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn is taken for: its likeliest intent, how likely that is, and the actions it comes to.

    `whole` says that what stands outside of the marked words says nothing of its own, `borne_out` that its words show
    such a wish.
    """

    intent: Intent
    share: float
    actions: tuple[Action, ...]
    whole: bool
    borne_out: bool


def wish_of(text: Text) -> Wish:
    """Return what a turn wants by its shape, with the list and the last turn in hand; perhaps no action at all."""
    units = units_of(text)
    shares = intents_of(units, before_of(text.context.state))
    intent = max(shares, key=lambda each: shares[each])
    turn = _Turn(text, units, extents_of(text, units, intent), intent)
    actions = tuple(_ACTIONS[intent](turn)) if intent in _ACTIONS else ()
    return Wish(
        intent=intent, share=shares[intent], actions=actions, whole=turn.is_whole, borne_out=turn.bears_out(actions)
    )


SURE: Final = 0.55
"""From here on, what no frame read is done as its shape says."""
UNSURE: Final = 0.4
"""From here on, it is asked back."""
SURE_OF_SEVERAL: Final = 0.85
"""From here on, what is said of several tasks is done."""
SURE_TO_ADD: Final = 0.9
"""An addition that no frame read is made from here on, and asked back below."""
SURE_OF_IT: Final = 0.93
"""From here on, an addition that frames would ask about is made."""
DATED: Final = 0.5
"""An addition with a date that frames would ask about is made from here on, by the mean of both opinions."""
DOUBT: Final = 0.12
REFUSAL: Final = 0.9
"""An addition is asked back where the text asks nothing of a list with the first probability, and is none with the
second."""


def with_shape(text: Text, framed: tuple[Action, ...], *, asked: bool) -> tuple[Action, ...]:
    """Return what a turn comes to by its shape, where its frames say little; `framed` where that is no surer.

    What asks something (`asked`) changes nothing.
    """
    wish = wish_of(text)
    if not wish.actions or not _is_aimed(wish.actions):
        return framed
    if asked and not isinstance(wish.actions[0], Query):
        return framed
    if wish.intent in ("add", "ask") and any(isinstance(action, Complete | Delete | Update) for action in framed):
        return framed
    return _added(text, wish, framed) if wish.intent == "add" else _acted(text, wish, framed)


def _is_aimed(actions: tuple[Action, ...]) -> bool:
    """Return whether each change is of something on the list, or spoken of."""
    aims = [action.target for action in actions if isinstance(action, Complete | Delete | Update)]
    return all(aim.ids or aim.candidates or aim.ordinals or aim.everything or aim.plural for aim in aims)


def _added(text: Text, wish: Wish, framed: tuple[Action, ...]) -> tuple[Action, ...]:
    thought = opinion(text.raw)
    none = thought.by_kind["none"]
    asked = any(isinstance(action, Confirm) for action in framed)
    edits = any(isinstance(action, Clarify) and action.action == "update" for action in framed)
    if none > REFUSAL or wish.share < UNSURE or edits:
        return framed
    adds = meant(framed)
    dated = any(isinstance(each, Add) and (each.when or each.recurrence) for each in adds)
    foreign = topic_of(text.whole()) is not None and none > thought.by_kind["add"]
    row = len(adds) > 1 and all(isinstance(each, Add) and is_command(each.title.lower().split()) for each in adds)
    if asked and (dated or row) and not foreign and (thought.by_kind["add"] + wish.share) / 2 >= DATED:
        return tuple(adds)
    doubt = DOUBT * 2 if len(wish.actions) > 1 else DOUBT  # nobody is asked about several things to do in a row
    if asked and (wish.share < SURE_OF_IT or none > doubt or topic_of(text.whole()) is not None):
        return (Confirm(actions=wish.actions),) if wish.whole and _is_shorter(wish.actions, adds) else framed
    sure = wish.share >= SURE_TO_ADD and none < doubt and not freed(text.whole()).request
    return wish.actions if sure and wish.whole else (Confirm(actions=wish.actions),)


def _is_shorter(actions: Sequence[Action], adds: Sequence[Action]) -> bool:
    """Return whether additions have the titles of others without the words around them."""
    pairs = list(zip(actions, adds, strict=False))
    return len(actions) == len(adds) and all(
        isinstance(new, Add) and isinstance(old, Add) and old.title.endswith(new.title) and len(new.title) > 2
        for new, old in pairs
    )


def _acted(text: Text, wish: Wish, framed: tuple[Action, ...]) -> tuple[Action, ...]:
    several = any(len(a.target.ids) > 1 for a in wish.actions if isinstance(a, Complete | Delete | Update))
    denied = any(isinstance(action, No) for action in framed) and text.whole().search(_BAN) is not None
    if wish.share >= (SURE_OF_SEVERAL if several else SURE) and wish.borne_out and not denied:
        return wish.actions
    unsure = wish.share >= UNSURE and wish.intent != "ask" and wish.borne_out
    return (Confirm(actions=wish.actions),) if unsure else framed


_BAN: Final = "don't|do_not|never|leave"
"""What forbids is no wish for what it forbids."""


class _Turn:
    """A turn with its marked words."""

    def __init__(self, text: Text, units: Sequence[Unit], extents: list[Extent], intent: Intent) -> None:
        self.text, self.units, self.intent = text, units, intent
        self.content = [each.piece for each in extents if each.kind == "C"]
        self.named = [each.piece for each in extents if each.kind == "T"]
        self.lists = [each.piece for each in extents if each.kind == "L"]
        self.scoped: range = range(0)
        """The places of the words that say which tasks are meant, where it is all of a kind."""
        self.unknown = False
        """Whether words that name a task name none of the list."""

    @property
    def rest(self) -> list[str]:
        """Return the words that are no value, not marked, and not around a wish."""
        marked = {n for piece in (*self.content, *self.named, *self.lists) for n in range(piece.first, piece.last)}
        marked |= {place for unit in self.units if unit.known for place in range(unit.first, unit.last)}
        around = _around()
        return [
            token.word
            for place, token in enumerate(self.text.tokens)
            if not (place in marked or token.is_span or token.is_sign or token.word in around)
        ]

    @property
    def is_whole(self) -> bool:
        """Return whether all words but the marked ones are values or words around a wish."""
        return not self.rest

    def bears_out(self, actions: Sequence[Action]) -> bool:
        """Return whether words show that something is done, void or open again, as the turn is taken to say."""
        if self.unknown and len(self.named) > 1:
            return False
        if self.intent == "done" and any(
            t.word == "W" and t.value.when.date > self.text.now.date() for t in self.text.tokens
        ):
            return False  # nothing is done on a day to come
        if self.intent not in _EVIDENCE:
            return bool(self.named) or len(self.rest) < 3
        low = f" {' '.join(token.word for token in self.text.tokens if not token.is_sign)} "
        if not self.words.isdisjoint(phrases("partly") | phrases("unfinishing") | {"but", "until", "unless", "yet"}):
            return False
        shown = {phrase for name in _EVIDENCE[self.intent] for phrase in phrases(name) if f" {phrase} " in low}
        others = set(self.rest) - {word for phrase in shown for word in phrase.split()}
        several = any(len(a.target.ids) > 1 for a in actions if isinstance(a, Complete | Delete))
        if others and (several or (not self.named and self.words.isdisjoint(_THEM | _IT))):
            return False
        if shown or (self.intent == "delete" and _WILL_NOT.search(low) and not self.text.whole().spans("WDR")):
            return True
        ids = [each for action in actions if isinstance(action, Complete | Delete) for each in action.target.ids]
        views = [view for each in ids if (view := self.text.context.task(each)) is not None]
        told = any(same_doing(word, view.title) for view in views for word in self.words)
        return self.intent == "done" and told

    @property
    def words(self) -> set[str]:
        """Return its words as forms see them."""
        return {token.word for token in self.text.tokens}

    def aim(self, *, done: bool | None = False) -> Target | None:
        """Return the tasks that it is about: those it names, else those talked about; None where it names others."""
        text, state = self.text, self.text.context.state
        if (scoped := self._scoped()) is not None:
            return scoped
        named = self.named or [Piece(text, a, b) for a, b in _runs(self.units)]
        ids: list[int] = []
        candidates: list[int] = []
        for piece in named:
            found = [m for m in text.titles.choose(piece.raw, done=done) if m.score >= CERTAIN]
            if not found:
                self.unknown |= bool(self.named)
                continue
            recent = [m.id for m in found if m.id in state.about]
            if len(found) == 1 or len(recent) == 1:
                ids += recent if len(recent) == 1 else [found[0].id]
            else:
                candidates += [m.id for m in found]
        words = named[0].raw if named else None
        if candidates:
            return Target(words=words, candidates=tuple(dict.fromkeys([*ids, *candidates])))
        if ids:
            return Target(words=words, ids=tuple(dict.fromkeys(ids)), plural=len(ids) > 1)
        if self.named:
            return Target(words=words)
        return None if self._names_another() else self._spoken_of(state.about)

    def _names_another(self) -> bool:
        """Return whether "the shopping one" says which, with a word that is none of the list's."""
        said = [prior for prior, token in pairwise(self.text.tokens) if token.word in ("one", "ones")]
        return any(prior.word.isalpha() and not prior.is_span and prior.word not in _WHICH for prior in said)

    def _spoken_of(self, about: tuple[int, ...]) -> Target | None:
        """Return those of the tasks talked about that are meant: by their places, or all where "them" says so."""
        places = [token.value for token in self.text.tokens if token.word == "O"]
        if places:
            return Target(ordinals=tuple(places[0]))
        if len(about) == 1 or (about and self.words & _THEM):
            return Target(ids=about, plural=len(about) > 1)
        return Target(candidates=about) if 1 < len(about) <= _FEW else None

    def _scoped(self) -> Target | None:
        """Return all of what a filter means ("everything for wednesday"), if the turn speaks of all."""
        if not self.words & _ALL or self.named:
            return None
        whole = self.text.whole()
        place = next(i for i, token in enumerate(self.text.tokens) if token.word in _ALL)
        for last in range(whole.last, place, -1):
            found = targets(Piece(self.text, place, last))
            if found and found[0].everything and found[0].scope != Scope():
                self.scoped = range(place, last)
                return found[0]
        return None


_WILL_NOT: Final = pattern(r" (?:won't|will not|shan't|shall not|am not|are not|aren't|not) (?:be )?[a-z]+ing ")


_EVIDENCE: Final[Mapping[str, tuple[str, ...]]] = {
    "done": ("done", "became_done", "also", "finish"),
    "reopen": ("reopen", "undone", "undo"),
    "delete": ("remove", "became_void", "gone", "backs_out"),
    "undo": ("undo", "takeback"),
}
"""Classes of words of which one must stand in a turn of that intent."""


@cache
def _around() -> frozenset[str]:
    """Return the words that stand around a wish and are no part of what is wished."""
    names = ("filler", "wake", "polite", "request", "wish", "modal", "tail", "own", "be", "have", "adv", "i", "add")
    more = (*names, "create", "remind", "reminder", "remember", "newtask", "onto", "called", "high", "prio", "light")
    return frozenset(word for name in more for phrase in phrases(name) for word in phrase.split()) | {":"}


_IT: Final = word_set("it its it's that that's this one one's he she")
_WHICH: Final = word_set("the this that same only other last latter former old new next")
"""Words in front of "one" that any task may be called by."""
_THEM: Final = word_set("them those these both they they're all their")
_FEW: Final = 4
"""Among so many it is asked which one is meant."""
_ALL: Final = word_set("all everything every anything")


def _runs(units: Sequence[Unit]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of units that name tasks."""
    start: int | None = None
    for unit in (*units, Unit("$", len(units), len(units))):
        if unit.known and start is None:
            start = unit.first
        elif not unit.known and start is not None:
            yield start, unit.first
            start = None


# --- one function an intent


def _adds(turn: _Turn) -> list[Action]:
    pieces = [_with_verb(piece) for piece in turn.content] or [freed(turn.text.whole()).piece]
    adds: list[Add] = []
    ends: list[tuple[int, int]] = []
    for piece in pieces:
        found = content_of(piece)
        if is_empty(found.title):
            continue
        add = added(found)
        if isinstance(add, Add):
            adds.append(add)
            ends.append((piece.first, piece.last))
    if not adds:
        return []
    return list(_with_values(turn, adds, ends))


def _with_verb(piece: Piece) -> Piece:
    """Return the words of a title with the verb in front that was taken for none of it ("order" of "a taxi")."""
    tokens, first = piece.text.tokens, piece.first
    if first and tokens[first].word in ARTICLES:
        if tokens[first - 1].word in CHORES - _LEADS:
            return Piece(piece.text, first - 1, piece.last)
        if first > 1 and tokens[first - 2].word in CHORES - _LEADS and tokens[first - 1].word in _PARTICLES:
            return Piece(piece.text, first - 2, piece.last)
    return piece


_LEADS: Final = word_set("add put need get make set have remind note")
_PARTICLES: Final = word_set("off on up out down in back over")


def _with_values(turn: _Turn, adds: list[Add], ends: list[tuple[int, int]]) -> Iterator[Add]:
    """Yield the additions with the values around them: what stands in front or belongs to all goes to each, what stands
    behind one goes to that one."""
    tokens = turn.text.tokens
    front = _values(turn, tokens[: ends[0][0]])
    shared = bool({token.word for token in tokens[ends[-1][1] :]} & _EACH)
    for place, add in enumerate(adds):
        first = ends[place][1]
        last = ends[place + 1][0] if place + 1 < len(ends) else len(tokens)
        own = _values(turn, tokens[first:last])
        behind = _values(turn, tokens[ends[-1][1] :]) if shared else own
        for slots in (own, behind, front):
            add = _filled(add, slots)
        if place and add.project is None:
            add = replace(add, project=adds[0].project)
        yield add


_EACH: Final = word_set("all both each everything")


def _values(turn: _Turn, tokens: Sequence[Token]) -> Update:
    """Return the values among tokens."""
    spans = [token for token in tokens if token.is_span and token.word in "WRKNPTL"]
    return slots_of(_Tokens(turn.text, spans)).update(Target())


def _filled(add: Add, slots: Update) -> Add:
    when = add.when
    if when is None:
        when = slots.when
    elif slots.when is not None and when.time is None and slots.time_only:
        when = replace(when, time=slots.when.time, grain="minute")
    return replace(
        add,
        when=when,
        recurrence=add.recurrence or slots.recurrence,
        priority=add.priority or slots.priority,
        project=add.project or slots.project,
        tags=add.tags or slots.add_tags,
        remind=add.remind or slots.remind,
    )


def _updates(turn: _Turn) -> list[Action]:
    target = turn.aim()
    if target is None:
        return []
    known = {place for unit in turn.units if unit.known for place in range(unit.first, unit.last)}
    known |= {place for piece in turn.named for place in range(piece.first, piece.last)} | set(turn.scoped)
    slots = slots_of(_Tokens(turn.text, [t for place, t in enumerate(turn.text.tokens) if place not in known]))
    if slots.project is None and turn.lists:
        slots.project = turn.lists[0].raw
    if slots.project is not None and slots.project.lower().startswith(("any ", "no ")):
        slots.project, slots.clear = None, frozenset({"project"})
    view = turn.text.context.task(target.ids[0]) if len(target.ids) == 1 else None
    in_the_nearer_half(slots, turn.text.whole(), view)
    if not slots.tags:
        slots.tags = tuple(_tags(turn.text.tokens))
    return [slots.update(target)] if slots.any else []


def _tags(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield what a turn calls a label ("label it tax", "tag the tap urgent")."""
    for place, token in enumerate(tokens):
        if token.word in _TAGGING:
            behind = [each.word for each in tokens[place + 1 :] if each.word not in _NO_TAG and not each.is_sign]
            if behind and behind[-1].isalpha() and not behind[-1].isupper():
                yield behind[-1]
            return


_TAGGING: Final = word_set("tag label tagged labelled labeled")
_NO_TAG: Final = word_set("it that this them as with please now both well too also")


class _Tokens(Piece):
    """Some of the tokens of a text."""

    __slots__ = ("_some",)

    def __init__(self, text: Text, some: list[Token]) -> None:
        super().__init__(text, 0, len(text.tokens))
        self._some = some

    @property
    def tokens(self) -> list[Token]:
        """Return them."""
        return self._some


def _done(turn: _Turn) -> list[Action]:
    target = turn.aim()
    return [Complete(target=target)] if target else []


def _reopened(turn: _Turn) -> list[Action]:
    target = turn.aim(done=True)
    return [Complete(target=target, completed=False)] if target else []


def _deleted(turn: _Turn) -> list[Action]:
    target = turn.aim()
    return [Delete(target=target)] if target else []


def _is_noting(piece: Piece) -> bool:
    """Return whether words only say where a note goes ("stick that in the notes")."""
    return piece.words[0] in phrases("noting") and not {"it", "that", "this"}.isdisjoint(piece.words)


def _noted(turn: _Turn) -> list[Action]:
    target = turn.aim()
    marked = {place for piece in turn.content for place in range(piece.first, piece.last)}
    parts = [part for part in cut_at(turn.text.whole(), {",", ".", ";"}) if not _is_noting(part)]
    whole = len(turn.content) == 1 and len(parts) == 1 and len(turn.words) > len(turn.content[0].words)
    told = turn.content if whole else [part for part in parts if marked & set(range(part.first, part.last))]
    note = ", ".join(part.raw for part in told)
    return [Update(target=target, notes=note)] if target and note else []


def _renamed(turn: _Turn) -> list[Action]:
    target = turn.aim()
    title = turn.content[-1].raw if turn.content else ""
    return [Update(target=target, title=title)] if target and title else []


def _asked(turn: _Turn) -> list[Action]:
    clause = freed(turn.text.whole(), asked=True)
    found = best(asking(replace(clause, asked=True), question=True))
    if found and not isinstance(found[0].actions[0], OutOfScope):
        return list(found[0].actions)
    target = turn.aim(done=None)
    if target is not None and (target.ids or (target.candidates and turn.named)):
        return [Query(about="task", target=target)]
    return []


def _undone(turn: _Turn) -> list[Action]:
    return [Undo()]


_ACTIONS: Final[Mapping[Intent, Callable[[_Turn], list[Action]]]] = {
    "add": _adds,
    "ask": _asked,
    "delete": _deleted,
    "done": _done,
    "note": _noted,
    "rename": _renamed,
    "reopen": _reopened,
    "undo": _undone,
    "update": _updates,
}
