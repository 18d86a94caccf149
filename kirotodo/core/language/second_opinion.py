"""Estimate what kind of wish a text is, with a small linear classifier, where the grammar has no or a doubtful answer.

The weights in second_opinion.bin are made by `make second-opinion` from the corpus in scripts/second_opinion.
"""

import json
import math
import zlib
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.patterns import pattern

Kind: TypeAlias = Literal["add", "complete", "delete", "dialogue", "none", "query", "update"]
""" "dialogue" leans on the last turn (undo, yes, "no, friday"); "none" asks nothing of a to-do list."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
WEIGHTS: Final = Path(__file__).with_suffix(".bin")
BUCKETS: Final = 1 << 16
_ZERO: Final = 128
"""The byte that stands for a weight of nought."""
_MAX_WORDS: Final = 80
_WORD: Final = pattern(r"[^\W_]+(?:'[^\W_]+)*|\?")
_DIGIT: Final = pattern(r"\d")


@dataclass(frozen=True, kw_only=True, slots=True)
class Opinion:
    """Probabilities by kind, which sum to 1."""

    by_kind: Mapping[Kind, float]

    @property
    def best(self) -> Kind:
        """Return the most probable kind."""
        return max(KINDS, key=self.by_kind.__getitem__)

    @property
    def sureness(self) -> float:
        """Return the probability of the most probable kind."""
        return self.by_kind[self.best]


def opinion(text: str) -> Opinion:
    """Return the probabilities by kind of a text on its own, without the list and the conversation."""
    model = _model()
    found = features(text)
    unit = model.scale / math.sqrt(len(found))
    take = itemgetter(*found)
    scores = [
        bias + unit * (sum(take(column)) - _ZERO * len(found))
        for bias, column in zip(model.biases, model.columns, strict=True)
    ]
    highest = max(scores)
    shares = [math.exp(score - highest) for score in scores]
    total = sum(shares)
    return Opinion(by_kind={kind: share / total for kind, share in zip(KINDS, shares, strict=True)})


def features(text: str) -> list[int]:
    """Return the buckets of the word 1- to 3-grams of a text and of the character 3- to 5-grams of its words."""
    plain = _DIGIT.sub("0", text.casefold().replace("’", "'"))
    words = ["^", *_WORD.findall(plain)[:_MAX_WORDS], "$"]
    found = [_bucket("^")]  # in every text, so that there are always two
    for word in words[1:-1]:
        found += _word_features(word)
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    found += [_bucket(pair) for pair in pairs]
    found += [_bucket(f"{pair} {c}") for pair, c in zip(pairs, words[2:], strict=False)]
    return found


def pack(biases: list[float], scale: float, columns: list[bytes], made_from: str) -> bytes:
    """Return the content of the file of weights: a line of JSON, then the compressed weights, kind by kind."""
    head = {"kinds": KINDS, "biases": biases, "scale": scale, "made_from": made_from}
    return json.dumps(head).encode() + b"\n" + zlib.compress(b"".join(columns), 9)


def made_from() -> str:
    """Return the digest of the corpus and the scripts that the weights were made from."""
    return _model().made_from


@dataclass(frozen=True, kw_only=True, slots=True)
class _Model:
    biases: tuple[float, ...]
    scale: float
    columns: tuple[bytes, ...]
    made_from: str


@cache
def _model() -> _Model:
    head, _, packed = WEIGHTS.read_bytes().partition(b"\n")
    values = json.loads(head)
    weights = zlib.decompress(packed)
    return _Model(
        biases=tuple(values["biases"]),
        scale=values["scale"],
        columns=tuple(weights[i * BUCKETS : (i + 1) * BUCKETS] for i in range(len(KINDS))),
        made_from=values["made_from"],
    )


@lru_cache(maxsize=4096)
def _word_features(word: str) -> tuple[int, ...]:
    padded = f"<{word[:24]}>"
    parts = {padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1)}
    return (_bucket(f"={word}"), *(_bucket(part) for part in sorted(parts)))


def _bucket(feature: str) -> int:
    return zlib.crc32(feature.encode()) % BUCKETS
