"""Train the second opinion and write kirotodo/core/language/second_opinion.bin: `make second-opinion`.

The figures that it prints are of a part of the corpus that was held back: every fifth line, with all that is made from
it. The weights are then trained on the whole corpus. The same corpus gives the same file again.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from kirotodo.core.language.second_opinion import BUCKETS, KINDS, WEIGHTS, features, pack
from scripts.second_opinion.corpus import Example, digest, examples, lines

PER_TEMPLATE: Final = 20
STRENGTH: Final = 15.0
"""The inverse of the regularisation; chosen on the part held back."""


def main() -> None:
    every = examples(lines(), per_template=PER_TEMPLATE)
    print(f"{len(every)} texts: {dict(Counter(example.kind for example in every))}")
    back = {example.line for example in every if example.line % 5 == 0}
    _report(_trained([e for e in every if e.line not in back]), [e for e in every if e.line in back])
    weights, biases = _trained(every)
    largest = max(abs(float(weights.min())), abs(float(weights.max())))
    step = largest / 127
    columns = [bytes(round(float(w) / step) + 128 for w in row) for row in weights]
    WEIGHTS.write_bytes(pack([round(float(b), 6) for b in biases], step, columns, digest()))
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size} bytes")


def _matrix(texts: Sequence[Example]) -> Any:
    import numpy as np
    from scipy.sparse import csr_matrix

    found = [features(each.text) for each in texts]
    starts = np.cumsum([0, *map(len, found)])
    columns = np.fromiter((bucket for each in found for bucket in each), dtype=np.int64)
    values = np.repeat([len(each) ** -0.5 for each in found], [len(each) for each in found])
    matrix = csr_matrix((values, columns, starts), shape=(len(found), BUCKETS))
    matrix.sum_duplicates()
    return matrix


def _trained(texts: Sequence[Example]) -> tuple[Any, Any]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=STRENGTH, max_iter=300, tol=1e-3)
    model.fit(_matrix(texts), [each.kind for each in texts])
    assert tuple(model.classes_) == KINDS
    return model.coef_, model.intercept_


def _report(trained: tuple[Any, Any], held_back: Sequence[Example]) -> None:
    import numpy as np

    weights, biases = trained
    scores = _matrix(held_back) @ weights.T + biases
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    best = shares.argmax(axis=1)
    right = np.array([KINDS[b] == each.kind for b, each in zip(best, held_back, strict=True)])
    print(f"held back: {len(held_back)} texts, {right.mean():.1%} right")
    for sure in (0.5, 0.7, 0.8, 0.9, 0.95):
        at = shares.max(axis=1) >= sure
        print(f"  at {sure:.2f} or more: {at.mean():.1%} of the texts, {right[at].mean():.1%} right")
    confused = Counter(
        f"{each.kind} taken for {KINDS[b]}" for b, each in zip(best, held_back, strict=True) if KINDS[b] != each.kind
    )
    print("  " + ", ".join(f"{what}: {count}" for what, count in confused.most_common(12)))


if __name__ == "__main__":
    main()
