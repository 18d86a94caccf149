"""What frames are given and what they give: a clause freed of politeness, and readings of it with a score."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from kirotodo.core.language.lexicon import CHORES, COMMON, outside
from kirotodo.core.language.mentions import CERTAIN
from kirotodo.core.language.targets import targets
from kirotodo.core.language.tokens import Match, Piece, Text
from kirotodo.core.language.types import Action, Confirm, Target

SURE: Final = 0.9
LIKELY: Final = 0.75
MAYBE: Final = 0.55
"""From here down, a change is asked back."""
FAINT: Final = 0.3


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One way to read a clause: by which frame, how sure from 0 to 1, and as what."""

    frame: str
    score: float
    actions: tuple[Action, ...]


class Clause(msgspec.Struct, frozen=True):
    """A clause without what only surrounds a wish.

    `request`: it says "can you …"; `wish`: it says "i need to …"; `hedged`: it says "maybe"; `asked`: it ends in a
    question mark. `whole` is the clause with its politeness, `before` the piece said right before it.
    """

    piece: Piece
    whole: Piece
    request: bool = False
    wish: str = ""
    asked: bool = False
    before: Piece | None = None
    hedged: bool = False

    @property
    def text(self) -> Text:
        """Return the text that it is a part of."""
        return self.piece.text

    @property
    def words(self) -> list[str]:
        """Return its words as forms see them."""
        return self.piece.words


def reading(frame: str, score: float, *actions: Action) -> Reading:
    """Return one reading of a clause."""
    return Reading(frame=frame, score=score, actions=actions)


def aimed(piece: Piece, text: Text, score: float) -> Iterator[tuple[Target, float]]:
    """Yield the tasks that a stretch names, each with a score raised or lowered by whether they are on the list."""
    for target in targets(piece):
        yield target, sure_of(target, text, score)


def sure_of(target: Target, text: Text, score: float) -> float:
    """Return a score as the list bears it out: more if the target is on it, less if the list is known without it."""
    if target.ids or target.candidates:
        return min(1.0, score + 0.08) if target.words else score
    if target.words and text.titles and text.context.complete and not target.scope.project:
        if any(match.score >= CERTAIN for match in text.titles.choose(target.words, done=True)):
            return score  # what is done is on the list too
        return score - 0.25
    return score


def naming(forms: Iterable[str], *pieces: Piece) -> Iterator[tuple[int, str, Match]]:
    """Yield the forms that match the first of `pieces` that they match at all, and name something in their slot "what".

    Each comes with its place among the forms.
    """
    for place, text in enumerate(forms):
        found = next((match for piece in pieces if (match := piece.match(text)) is not None), None)
        if found is not None and found.get("what"):
            yield place, text, found


def names_ours(piece: Piece) -> bool:
    """Return whether a stretch names an open or a finished task for certain."""
    text = piece.text
    if not text.titles or not piece:
        return False
    found = text.titles.match(piece.raw, done=None)
    return bool(found) and found[0].score >= CERTAIN


def touches_ours(piece: Piece) -> bool:
    """Return whether a word of a stretch stands in a title, which is enough for a question to be about the list."""
    text = piece.text
    if not text.titles:
        return False
    return any(
        len(word) > 2 and word not in COMMON and (place or word not in CHORES) and text.titles.knows(word)
        for place, word in enumerate(piece.words)
        if not word.isupper()
    )


def topic_of(piece: Piece) -> str | None:
    """Return the topic of another assistant's job that a stretch speaks of, if any."""
    words, known = piece.words, outside()
    for place, word in enumerate(words):
        if place == 0 and word in CHORES:
            continue
        for phrase in (word, " ".join(words[place : place + 2]), " ".join(words[place : place + 3])):
            if phrase in known:
                return known[phrase]
    return None


def meant(actions: Iterable[Action]) -> list[Action]:
    """Return actions one by one, those that would be asked about included."""
    return [each for action in actions for each in (action.actions if isinstance(action, Confirm) else (action,))]


def best(readings: Iterable[Reading]) -> list[Reading]:
    """Return readings, the surest first; of equal ones the first given."""
    return sorted(readings, key=lambda each: -each.score)
