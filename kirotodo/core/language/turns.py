"""What a turn wants and which of its words say what, by two small classifiers that see spans in place of words.

A task that is on the list is one unit for them, as a date is; so what they have learned of one sentence holds for all
of its shape. The weights are made by `make turns` from the corpus in scripts/turns.
"""

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from kirotodo.core.language.context import DialogueState
from kirotodo.core.language.lexicon import CHORES, COMMON
from kirotodo.core.language.linear import Linear, load
from kirotodo.core.language.mentions import past_of
from kirotodo.core.language.tokens import Piece, Text

Intent: TypeAlias = Literal[
    "add", "ask", "delete", "done", "keep", "none", "note", "rename", "reopen", "undo", "update"
]
"""keep: leave things as they are on purpose · none: asks nothing of a list."""
Before: TypeAlias = Literal["-", "added", "done", "deleted", "updated", "listed", "asked", "undone", "refused"]
"""What the turn before did."""
Label: TypeAlias = Literal["O", "C", "c", "T", "t", "L"]
"""C begins content (a title, a note, a new name), T the words that name a task; c and t go on; L names a list."""

INTENTS: Final[tuple[Intent, ...]] = get_args(Intent)
LABELS: Final[tuple[Label, ...]] = get_args(Label)
INTENT_WEIGHTS: Final = Path(__file__).with_name("turn_intents.bin")
LABEL_WEIGHTS: Final = Path(__file__).with_name("turn_labels.bin")
INTENT_BUCKETS: Final = 1 << 17
LABEL_BUCKETS: Final = 1 << 14
_MOST: Final = 80
"""So many units of a text are looked at."""
_WINDOW: Final = 5
_CERTAIN: Final = 86.0


class Unit(msgspec.Struct, frozen=True):
    """A word, a sign or a span as the classifiers see it, with its tokens; `known` if it names a task of the list."""

    shown: str
    first: int
    last: int
    known: bool = False


class Extent(msgspec.Struct, frozen=True):
    """Words of a text that belong together: `kind` is "C", "T" or "L"."""

    kind: str
    piece: Piece


def before_of(state: DialogueState) -> Before:
    """Return what the turn before did."""
    if state.pending is not None:
        return "asked"
    if state.asked_about is not None:
        return "listed"
    if not state.done:
        return "listed" if state.shown else "-"
    call = state.done[-1]
    if call.tool == "complete_task":
        return "done" if call.arguments.get("completed", True) else "updated"
    return _BEFORE.get(call.tool, "-")


_BEFORE: Final[dict[str, Before]] = {
    "add_task": "added", "update_task": "updated", "delete_task": "deleted", "undo": "undone",
}  # fmt: skip


def units_of(text: Text) -> list[Unit]:
    """Return the units of a text: its tokens, those that name a task of the list marked as such."""
    known = [False] * len(text.tokens)
    for first, last in _named(text):
        known[first:last] = [True] * (last - first)
    return [
        Unit(token.word if token.word.strip() else "\\n", place, place + 1, known[place])
        for place, token in enumerate(text.tokens[:_MOST])
    ]


def _named(text: Text) -> list[tuple[int, int]]:
    """Return where words clearly name a task, open or done."""
    if not text.titles:
        return []
    out, place, tokens = [], 0, text.tokens[:_MOST]
    while place < len(tokens):
        found = _name_at(text, place)
        if found:
            out.append((place, found))
        place = found or place + 1
    return out


def _name_at(text: Text, first: int) -> int:
    """Return where the longest name that begins here ends; 0 where none does."""
    tokens = text.tokens
    if not _may_name(text, first):
        return 0
    for last in range(min(first + _WINDOW, len(tokens)), first, -1):
        part = tokens[first:last]
        if any(token.is_sign or token.is_span for token in part) or not _may_name(text, last - 1):
            continue
        if not any(token.word not in CHORES and past_of(token.word) is None for token in part):
            continue
        found = text.titles.match(Piece(text, first, last).raw, done=None)
        if found and found[0].score >= _CERTAIN:
            return last
    return 0


def _may_name(text: Text, place: int) -> bool:
    token = text.tokens[place]
    return not token.is_sign and not token.is_span and token.word not in COMMON and text.titles.knows(token.word)


def intent_features(units: Sequence[Unit], before: Before) -> list[str]:
    """Return what the classifier of intents sees of a turn."""
    words = ["^", *_shown(units), "$"]
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    out = [f"before={before}", f"long={min(len(words), 12)}", *pairs]
    out += [f"{pair} {c}" for pair, c in zip(pairs, words[2:], strict=False)]
    for word in words[1:-1]:
        out.append(f"={word}")
        out.append(f"{before}={word}")
        if len(word) > 3 and not word.isupper():
            padded = f"<{word[:20]}>"
            out += {padded[i : i + n] for n in (3, 4) for i in range(len(padded) - n + 1)}
    out += [f"{before}:{pair}" for pair in (*pairs[:2], *pairs[-1:])]
    return sorted(out) if len(out) > 1 else [*out, "^"]


def _shown(units: Sequence[Unit]) -> list[str]:
    """Return the words, each name of a task as one X."""
    out: list[str] = []
    for unit in units:
        if not unit.known:
            out.append(unit.shown)
        elif out[-1:] != ["X"]:
            out.append("X")
    return out


def label_features(units: Sequence[Unit], place: int, intent: str) -> list[str]:
    """Return what the classifier of labels sees of one unit and its neighbours."""

    def word(at: int) -> str:
        return units[at].shown if 0 <= at < len(units) else "^" if at < 0 else "$"

    here = units[place]
    out = [
        f"i={intent}", f"w={here.shown}", f"iw={intent}{here.shown}", f"k={here.known}{intent}",
        f"p={min(place, 6)}{intent}", f"r={min(len(units) - place, 4)}", f"s={here.shown[-3:]}",
        f"-1i={word(place - 1)}{intent}", f"-21={word(place - 2)} {word(place - 1)}{intent}",
        f"-10={word(place - 1)} {here.shown}", f"01={here.shown} {word(place + 1)}",
        f"12={word(place + 1)} {word(place + 2)}",
    ]  # fmt: skip
    out += [f"{away}={word(place + away)}" for away in (-3, -2, -1, 1, 2, 3)]
    out += [f"kn={away}" for away in (-1, 1) if 0 <= place + away < len(units) and units[place + away].known]
    return out


def link_features(unit: Unit, intent: str, before: str) -> list[str]:
    """Return what it sees of one unit together with the label of the unit before it ("^" in front of the first)."""
    return [
        f"b={before}", f"ib={intent}{before}", f"bw={before}{unit.shown}", f"kb={unit.known}{before}",
        f"c={unit.shown in CHORES}{before}", f"o={unit.shown in COMMON}{before}",
    ]  # fmt: skip


def made_from() -> tuple[str, str]:
    """Return the digests of what the weights of intents and those of labels were made from."""
    return _intents().made_from, _labels().made_from


@cache
def _intents() -> Linear:
    return load(INTENT_WEIGHTS)


@cache
def _labels() -> Linear:
    return load(LABEL_WEIGHTS)


def intents_of(units: Sequence[Unit], before: Before) -> dict[Intent, float]:
    """Return the probability of each intent of a turn."""
    shares = _intents().shares(intent_features(units, before))
    return {intent: shares[intent] for intent in INTENTS}


_ALLOWED: Final = {"c": ("C", "c"), "t": ("T", "t")}


def extents_of(text: Text, units: Sequence[Unit], intent: Intent) -> list[Extent]:
    """Return the stretches of content, of names of tasks and of lists, the likeliest labels taken together."""
    if not units:
        return []
    labels = _best_labels(units, intent)
    out: list[Extent] = []
    for unit, label in zip(units, labels, strict=True):
        if label in ("C", "T", "L"):
            out.append(Extent(label, Piece(text, unit.first, unit.last)))
        elif label in ("c", "t") and out:
            out[-1] = Extent(out[-1].kind, Piece(text, out[-1].piece.first, unit.last))
    return out


def _best_labels(units: Sequence[Unit], intent: Intent) -> list[str]:
    """Return the best row of labels (Viterbi)."""
    model = _labels()
    best: dict[str, tuple[float, list[str]]] = {"^": (0.0, [])}
    for place in range(len(units)):
        own = model.scores(label_features(units, place, intent))
        scored = {prior: _logs(own, model.scores(link_features(units[place], intent, prior)), model) for prior in best}
        following: dict[str, tuple[float, list[str]]] = {}
        for label in model.labels:
            options = [
                (total + scored[prior][label], row)
                for prior, (total, row) in best.items()
                if label not in _ALLOWED or prior in _ALLOWED[label]
            ]
            if options:
                total, row = max(options, key=lambda each: each[0])
                following[label] = (total, [*row, label])
        best = following
    return max(best.values(), key=lambda each: each[0])[1]


def _logs(own: Sequence[float], link: Sequence[float], model: Linear) -> dict[str, float]:
    """Return the logarithm of the probability of each label, out of the two parts of its score."""
    scores = [a + b - bias for a, b, bias in zip(own, link, model.biases, strict=True)]
    highest = max(scores)
    total = highest + math.log(sum(math.exp(score - highest) for score in scores))
    return {label: score - total for label, score in zip(model.labels, scores, strict=True)}
