"""Read the corpus of the second opinion: one file a kind, in sections of commands, statements and templates.

"== commands" are imperatives, which are also used with words of politeness around them; "== todos" are imperatives that
one says to oneself, also with "I need to" in front, with a day, or several in a row; "== statements" are used as they
are; "== templates" have {slots}, which are filled at random from vocabulary.txt.
"""

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kirotodo.core.language.second_opinion import KINDS, WEIGHTS, Kind

FOLDER: Final = Path(__file__).parent / "corpus"
_SLOT: Final = re.compile(r"\{(\w+)\}")
_POLITE: Final = (
    "please {}",
    "{} please",
    "can you {}",
    "could you {}",
    "can you please {}",
    "could you please {}",
    "would you {}",
    "will you {}",
    "hey {}",
    "ok {}",
    "hi, {}",
    "hey there, {}",
    "i want you to {}",
    "i need you to {}",
    "i'd like you to {}",
    "go ahead and {}",
    "just {}",
    "{} for me",
    "{} for me please",
    "{} thanks",
    "um {}",
    "so {}",
    "now {}",
    "quickly {}",
    "kindly {}",
    "you should {}",
    "you can {}",
)
_WISHED: Final = (
    "i need to {}",
    "i have to {}",
    "i must {}",
    "i should {}",
    "i've got to {}",
    "we need to {}",
    "need to {}",
    "must {}",
    "gotta {}",
    "{} tomorrow",
    "{} on friday",
    "{} by the end of the week",
    "{} this weekend",
    "{} asap",
    "and {}",
    "then {}",
    "oh and {}",
    "{} #home",
    "{} !high",
    "{} and {}",
    "{}, {} and {}",
    "{}, {}, {}",
    "{} then {}",
)
"""What is put around things to do, and how several are joined."""
_AROUND: Final = (
    "hey {}",
    "um {}",
    "so {}",
    "ok {}",
    "hey, {}",
    "well {}",
    "and {}",
    "oh {}",
    "right, {}",
    "{} please",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A text, its kind, and the line of the corpus that it was made from."""

    text: str
    kind: Kind
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of the corpus: its text, its kind, and the section it stands in."""

    text: str
    kind: Kind
    section: str


def lines() -> list[Line]:
    """Return the lines of all kinds."""
    return [
        Line(text=text, kind=kind, section=section) for kind in KINDS for section, text in _read(FOLDER / f"{kind}.txt")
    ]


def examples(found: list[Line], *, per_template: int) -> list[Example]:
    """Return each line as it is, with words around it, and each template filled several times; no text twice."""
    vocabulary = _vocabulary()
    todos = [line.text for line in found if line.section == "todos"]
    out: dict[tuple[str, Kind], Example] = {}
    for number, line in enumerate(found):
        rng = random.Random(line.text)  # of its own, so that a new line changes nothing for the others
        texts = (
            _to_do(line.text, todos, rng) if line.section == "todos" else _variants(line, vocabulary, per_template, rng)
        )
        for text in texts:
            out.setdefault((text, line.kind), Example(text=text, kind=line.kind, line=number))
    return list(out.values())


def digest() -> str:
    """Return the digest of the corpus, of the scripts, and of the reading of features."""
    files = [*sorted(FOLDER.glob("*.txt")), *sorted(Path(__file__).parent.glob("*.py")), WEIGHTS.with_suffix(".py")]
    hashed = hashlib.sha256()
    for file in files:
        hashed.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return hashed.hexdigest()


def _variants(line: Line, vocabulary: dict[str, list[str]], per_template: int, rng: random.Random) -> Iterator[str]:
    if line.section == "templates":
        alone = _SLOT.fullmatch(line.text)
        for text in vocabulary[alone[1]] if alone else ():  # a bare task is all there is of it: each once
            yield _filled(text, vocabulary, rng)
        for _ in range(per_template):
            text = _filled(line.text, vocabulary, rng)
            yield _spoken(rng.choice(_AROUND).format(text) if rng.random() < 0.15 else text, rng)
        return
    yield line.text
    around = _POLITE if line.section == "commands" else _AROUND
    for pattern in rng.sample(around, 3 if line.section == "commands" else 1):
        yield _spoken(pattern.format(line.text), rng)


def _to_do(text: str, todos: list[str], rng: random.Random) -> Iterator[str]:
    yield text
    for pattern in rng.sample(_WISHED, 3):
        more = rng.sample(todos, pattern.count("{}") - 1)
        yield _spoken(pattern.format(text, *more), rng)


def _filled(template: str, vocabulary: dict[str, list[str]], rng: random.Random) -> str:
    while _SLOT.search(template):
        template = _SLOT.sub(lambda m: rng.choice(vocabulary[m[1]]), template)
    return template


def _spoken(text: str, rng: random.Random) -> str:
    """Return the text, or at times the text as it is typed in haste or comes from a microphone."""
    if rng.random() < 0.5:
        return text
    if rng.random() < 0.3:
        return _slipped(text, rng)
    return text.replace("?", "").replace(",", "").replace("'", "" if rng.random() < 0.3 else "'")


def _slipped(text: str, rng: random.Random) -> str:
    """Return the text with two neighbouring letters exchanged, or one left out."""
    at = rng.randrange(len(text))
    if not text[at : at + 2].isalpha():
        return text
    return text[:at] + text[at + 1 : at + 2] + (text[at] if rng.random() < 0.5 else "") + text[at + 2 :]


def _vocabulary() -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for slot, text in _read(FOLDER / "vocabulary.txt"):
        out.setdefault(slot, []).append(text)
    return out


def _read(file: Path) -> Iterator[tuple[str, str]]:
    section = ""
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("== "):
            section = line.removeprefix("== ")
        elif line and not line.startswith("# "):
            yield section, line
