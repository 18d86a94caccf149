"""What a benchmark gives: figures, each with the target it is held to, and the table they are printed as."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median, quantiles

COLUMNS = ("figure", "value", "target", "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A measured value. `limit` is its target, a ceiling unless `at_least`; None where there is nothing to hold it to.

    `detail` says what the value is made of, in a few words.
    """

    what: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False
    digits: int = 0
    detail: str = ""

    @property
    def met(self) -> bool | None:
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The row of this figure in the table."""
        target = "" if self.limit is None else f"{'≥' if self.at_least else '≤'} {self.limit:,g} {self.unit}"
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return self.what, f"{self.value:,.{self.digits}f} {self.unit}", target, f"{verdict:7}{self.detail}".rstrip()


def rows(figures: Iterable[Figure]) -> Iterator[str]:
    """The lines of the table, one a figure as it comes."""
    yield _line(COLUMNS)
    for figure in figures:
        yield _line(figure.cells)


def _line(cells: tuple[str, str, str, str]) -> str:
    what, value, target, verdict = cells
    return f"{what:<58}{value:>16}  {target:>14}  {verdict}".rstrip()


def middle(samples: Iterable[float]) -> float:
    """The median: one run that met a busy machine says nothing about the program."""
    return median(samples)


def percentile(samples: Iterable[float], hundredth: int) -> float:
    return quantiles(samples, n=100, method="inclusive")[hundredth - 1]
