"""Read the corpus of turns: an intent, what the turn before did, and a text whose names and titles are marked.

{…} names a task that is there, <…> a list, […] is the title of a new task, a note or a new name.
"""

import datetime as dt
import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from kirotodo.core.language.context import Context
from kirotodo.core.language.lexicon import CHORES, COMMON
from kirotodo.core.language.tokens import Text
from kirotodo.core.language.turns import INTENT_WEIGHTS, INTENTS, Unit
from kirotodo.core.language.types import Preferences
from scripts.second_opinion.corpus import FOLDER as SINGLE_TEXTS

FOLDER: Final = Path(__file__).parent / "corpus"
NOW: Final = dt.datetime(2026, 11, 28, 7, 40)  # noqa: DTZ001 (local, as the reading takes it)
_MARKS: Final = re.compile(r"[{}\[\]<>]")
_KINDS: Final = {"{": "T", "[": "C", "<": "L"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A line of the corpus: `labels` has one for each of `units`."""

    intent: str
    before: str
    text: str
    units: tuple[Unit, ...]
    labels: tuple[str, ...]
    line: int


def turns() -> list[Turn]:
    """Return all lines. Raise `ValueError` for one that cannot be read."""
    out: list[Turn] = []
    for file in sorted(FOLDER.glob("*.txt")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if not line.strip() or line.startswith("# "):
                continue
            try:
                out += _read(line, len(out))
            except ValueError as error:
                raise ValueError(f"{file.name}:{number}: {error}: {line}") from error
    return out


def digest() -> str:
    """Return the digest of the corpus, of these scripts, and of the reading of features."""
    files = [
        *sorted(FOLDER.glob("*.txt")),
        *sorted(SINGLE_TEXTS.glob("*.txt")),
        *sorted(Path(__file__).parent.glob("*.py")),
    ]
    files += [INTENT_WEIGHTS.with_name(name) for name in ("turns.py", "linear.py")]
    hashed = hashlib.sha256()
    for file in files:
        hashed.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return hashed.hexdigest()


def _read(line: str, number: int) -> Iterator[Turn]:
    intent, before, marked = line.split("\t")
    if intent not in INTENTS:
        raise ValueError("no such intent")
    plain, ranges = _unmarked(marked)
    rng = random.Random(plain)
    for variant in range(2):
        text = plain if variant == 0 else _spoken(plain, ranges, rng)
        if variant and text == plain:
            return
        lists = tuple(plain[a:b] for kind, a, b in ranges if kind == "L")
        read = Text(text, now=NOW, preferences=Preferences(), context=Context(projects=lists))
        units, labels = [], []
        last: tuple[str, int, int] | None = None
        for place, token in enumerate(read.tokens):
            inside = next((each for each in ranges if each[1] <= token.start < each[2]), None)
            kind = inside[0] if inside else "O"
            label = kind if inside != last or kind in "OL" else kind.lower()
            last = inside
            known = kind == "T" and not token.is_span and rng.random() < 0.8
            units.append(Unit(token.word if token.word.strip() else "\\n", place, place + 1, known))
            labels.append(label)
        if intent == "add" and rng.random() < _ALIKE:
            _make_alike(units, labels, rng)
        yield Turn(intent=intent, before=before, text=text, units=tuple(units), labels=tuple(labels), line=number)


_ALIKE: Final = 0.35
"""So many new tasks have a word of one that is there already."""


def _make_alike(units: list[Unit], labels: list[str], rng: random.Random) -> None:
    things = [
        place
        for place, (unit, label) in enumerate(zip(units, labels, strict=True))
        if label in "Cc" and unit.shown.isalpha() and unit.shown not in CHORES | COMMON
    ]
    for place in rng.sample(things, min(len(things), rng.choice((1, 1, 2)))):
        units[place] = replace(units[place], known=True)


def _spoken(text: str, ranges: list[tuple[str, int, int]], rng: random.Random) -> str:
    """Return the text without commas and capitals, of the same length, as haste or a microphone leaves it."""
    return re.sub(r"[,.!?;](?=\s|$)", " ", text.lower()) if rng.random() < 0.4 else text


def _unmarked(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    plain, ranges, opened = "", [], None
    at = 0
    for found in _MARKS.finditer(marked):
        plain += marked[at : found.start()]
        at = found.end()
        if found[0] in _KINDS:
            if opened is not None:
                raise ValueError("a mark within a mark")
            opened = (_KINDS[found[0]], len(plain))
        elif opened is None:
            raise ValueError("a mark that was not opened")
        else:
            ranges.append((*opened, len(plain)))
            opened = None
    if opened is not None:
        raise ValueError("a mark that is not closed")
    return plain + marked[at:], ranges
