"""A small linear classifier in pure Python: hashed features, a byte for each weight. `scripts/turns` trains it."""

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Final

from kirotodo.core.lazy_dataclasses import dataclass

_ZERO: Final = 128
"""The byte that stands for a weight of nought."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Linear:
    """A classifier of `labels`. `columns` holds for each label a byte a bucket, in units of `scale`."""

    labels: tuple[str, ...]
    biases: tuple[float, ...]
    scale: float
    columns: tuple[bytes, ...]
    made_from: str

    @property
    def buckets(self) -> int:
        """Return how many buckets features fall into."""
        return len(self.columns[0])

    def scores(self, features: Sequence[str], *, unit: bool = False) -> list[float]:
        """Return the score of each label; with `unit` as if the features were a vector of length 1."""
        found = [bucket(each, self.buckets) for each in features]
        scale = self.scale / math.sqrt(len(found)) if unit else self.scale
        take = itemgetter(*found)
        return [
            bias + scale * (sum(take(column)) - _ZERO * len(found))
            for bias, column in zip(self.biases, self.columns, strict=True)
        ]

    def shares(self, features: Sequence[str]) -> Mapping[str, float]:
        """Return the probability of each label; they sum to 1."""
        scores = self.scores(features, unit=True)
        highest = max(scores)
        powers = [math.exp(score - highest) for score in scores]
        return {label: power / sum(powers) for label, power in zip(self.labels, powers, strict=True)}


@lru_cache(maxsize=65536)
def bucket(feature: str, buckets: int) -> int:
    """Return the bucket that a feature falls into."""
    return zlib.crc32(feature.encode("utf-8", "surrogatepass")) % buckets


def dump(model: Linear) -> bytes:
    """Return a model as the content of a file: a line of JSON, then the compressed weights, label by label."""
    head = {"labels": model.labels, "biases": model.biases, "scale": model.scale, "made_from": model.made_from}
    return json.dumps(head).encode() + b"\n" + zlib.compress(b"".join(model.columns), 9)


def load(path: Path) -> Linear:
    """Return the model in a file that `dump` made."""
    head, _, packed = path.read_bytes().partition(b"\n")
    values = json.loads(head)
    weights = zlib.decompress(packed)
    labels = tuple(values["labels"])
    size = len(weights) // len(labels)
    return Linear(
        labels=labels,
        biases=tuple(values["biases"]),
        scale=values["scale"],
        columns=tuple(weights[i * size : (i + 1) * size] for i in range(len(labels))),
        made_from=values["made_from"],
    )
