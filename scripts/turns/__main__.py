"""Train the classifiers of turns and write their weights: `make turns`.

The figures that it prints are of every fifth line, which was held back; the weights are then trained on all lines.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from kirotodo.core.language.context import Context
from kirotodo.core.language.linear import Linear, bucket, dump
from kirotodo.core.language.tokens import Text
from kirotodo.core.language.turns import (
    INTENT_BUCKETS,
    INTENT_WEIGHTS,
    LABEL_BUCKETS,
    LABEL_WEIGHTS,
    intent_features,
    label_features,
    link_features,
    units_of,
)
from kirotodo.core.language.types import Preferences
from scripts.second_opinion.corpus import lines
from scripts.turns.corpus import NOW, Turn, digest, turns

INTENT_STRENGTH: Final = 20.0
LABEL_STRENGTH: Final = 0.5
"""The inverse of the regularisation; chosen on the part held back."""

Case = tuple[list[str], str]


def main() -> None:
    every = turns()
    print(f"{len(every)} turns: {dict(Counter(turn.intent for turn in every))}")
    _train(every, _intent_cases, INTENT_BUCKETS, INTENT_STRENGTH, INTENT_WEIGHTS, unit=True)
    _train(every, _label_cases, LABEL_BUCKETS, LABEL_STRENGTH, LABEL_WEIGHTS, unit=False)


def _single_texts() -> list[Case]:
    """Return the corpus of single texts, which knows neither the list nor the turn before."""
    out: list[Case] = []
    for line in lines():
        if line.kind in _INTENT_OF and line.section != "templates":
            read = Text(line.text, now=NOW, preferences=Preferences(), context=Context())
            out.append((intent_features(units_of(read), "-"), _INTENT_OF[line.kind]))
    return out


_INTENT_OF: Final = {
    "add": "add", "complete": "done", "delete": "delete", "none": "none", "query": "ask", "update": "update",
}  # fmt: skip


def _intent_cases(found: Sequence[Turn]) -> list[Case]:
    return [(intent_features(turn.units, turn.before), turn.intent) for turn in found]  # type: ignore[arg-type]


def _label_cases(found: Sequence[Turn]) -> list[Case]:
    return [
        (
            label_features(turn.units, place, turn.intent)
            + link_features(turn.units[place], turn.intent, turn.labels[place - 1] if place else "^"),
            label,
        )
        for turn in found
        for place, label in enumerate(turn.labels)
    ]


def _train(
    every: Sequence[Turn],
    cases: Callable[[Sequence[Turn]], list[Case]],
    buckets: int,
    strength: float,
    path: Path,
    *,
    unit: bool,
) -> None:
    import numpy as np

    kept = [turn for turn in every if turn.line % 5]
    back = cases([turn for turn in every if not turn.line % 5])
    more = _single_texts() if unit else []
    model = _fitted([*cases(kept), *more], buckets, strength, unit=unit)
    scores = _matrix([found for found, _ in back], buckets, unit=unit) @ model.coef_.T + model.intercept_
    best = [model.classes_[place] for place in scores.argmax(axis=1)]
    wrong = Counter((label, said) for (_, label), said in zip(back, best, strict=True) if label != said)
    print(f"{path.name}: held back {len(back)}, {1 - wrong.total() / len(back):.1%} right; {wrong.most_common(12)}")
    model = _fitted([*cases(every), *more], buckets, strength, unit=unit)
    step = float(np.abs(model.coef_).max()) / 127
    columns = tuple(bytes(round(float(w) / step) + 128 for w in row) for row in model.coef_)
    weights = Linear(
        labels=tuple(map(str, model.classes_)),
        biases=tuple(round(float(b), 6) for b in model.intercept_),
        scale=step,
        columns=columns,
        made_from=digest(),
    )
    path.write_bytes(dump(weights))
    print(f"{path}: {path.stat().st_size} bytes")


def _fitted(found: list[Case], buckets: int, strength: float, *, unit: bool) -> Any:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
    return model.fit(_matrix([each for each, _ in found], buckets, unit=unit), [label for _, label in found])


def _matrix(found: Sequence[Sequence[str]], buckets: int, *, unit: bool) -> Any:
    import numpy as np
    from scipy.sparse import csr_matrix

    starts = np.cumsum([0, *map(len, found)])
    columns = np.fromiter((bucket(each, buckets) for features in found for each in features), dtype=np.int64)
    sizes = [len(each) for each in found]
    values = np.repeat([size**-0.5 if unit else 1.0 for size in sizes], sizes)
    matrix = csr_matrix((values, columns, starts), shape=(len(found), buckets))
    matrix.sum_duplicates()
    return matrix


if __name__ == "__main__":
    main()
