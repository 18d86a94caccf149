"""Which tasks some words mean: fuzzy on titles, but with no false friends ("meeting" is not "eating")."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from kirotodo.core.domain.task import Task
from kirotodo.core.language.patterns import pattern

SURE: Final = 60.0
"""A score from here on is a match at all."""
VERY: Final = 98.0
"""The very title, but for articles, plurals and accents."""
APART: Final = 12.0
"""By so much must the best be better than the next to stand alone."""
_STOP = frozenset(
    [
        "the",
        "a",
        "an",
        "my",
        "our",
        "your",
        "this",
        "that",
        "these",
        "those",
        "task",
        "tasks",
        "item",
        "items",
        "todo",
        "todos",
        "to-do",
        "reminder",
        "reminders",
        "entry",
        "one",
        "ones",
        "to",
        "of",
        "for",
        "on",
        "in",
        "at",
        "with",
        "about",
        "and",
        "please",
    ]
)
_WORD = pattern(r"[^\W_]+(?:['’][^\W_]+)*")
_DETERMINER = pattern(r"\A(?:the|my|our|some|all|those|these|his|her|their)\s+", re.IGNORECASE)
_PAST = {
    "bought": "buy", "paid": "pay", "sent": "send", "wrote": "write", "made": "make", "took": "take", "went": "go",
    "did": "do", "fed": "feed", "ran": "run", "got": "get", "met": "meet", "told": "tell", "swept": "sweep",
    "brought": "bring", "sold": "sell", "spoke": "speak", "gave": "give", "mum": "mom", "appt": "appointment",
    "bday": "birthday", "doc": "doctor", "mtg": "meeting",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A task that words may mean; `score` runs to 100, which is the very title."""

    task: Task
    score: float


def beginning(word: str) -> str:
    """The beginning that a word and its plural share, for a search by beginnings of words; never to be shown."""
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def thing_done(words: str) -> str | None:
    """ "Bought the groceries" is told of the groceries; None where no verb of the past stands in front."""
    verb, _, thing = words.partition(" ")
    past = verb.lower() in _PAST or (len(verb) > 4 and verb.lower().endswith("ed")) or verb.lower() == "picked"
    thing = _DETERMINER.sub("", thing.removeprefix("up ").strip())
    return thing if past and thing else None


def match(words: str, candidates: Sequence[Task]) -> list[Match]:
    """The tasks whose titles fit the words, best first; equal ones in the order given."""
    wanted = _plain(words)
    stems = _stems(wanted)
    if not wanted:
        return []
    found = [Match(task=task, score=_score(wanted, stems, task)) for task in candidates]
    return sorted((m for m in found if m.score >= SURE), key=lambda m: -m.score)


def choose(words: str, candidates: Sequence[Task]) -> list[Task]:
    """Those clearly meant: one where one stands out, several where it is open which, none where nothing fits."""
    matches = match(words, candidates)
    if not matches:
        return []
    best = matches[0].score
    if best >= VERY:
        return [m.task for m in matches if m.score >= VERY]
    return [m.task for m in matches if best - m.score < APART]


def _score(wanted: str, stems: tuple[str, ...], task: Task) -> float:
    title = _plain(task.title)
    if title == wanted:
        return 100.0
    title_stems = _stems(title)
    if not stems or not title_stems:
        return 95.0 if wanted in title.split() else 0.0
    if title_stems == stems:
        return 98.0
    joined, wanted_joined = f" {' '.join(title_stems)} ", f" {' '.join(stems)} "
    if wanted_joined in joined:
        return 88.0 + 6.0 * len(stems) / len(title_stems)
    return _by_words(stems, title_stems)


def _by_words(stems: tuple[str, ...], title_stems: tuple[str, ...]) -> float:
    """The share of the wanted words that the title has, a little less for a typo, and for words the title lacks."""
    nearness = [max(_near(word, other) for other in title_stems) for word in stems]
    share = sum(nearness) / len(stems)
    if min(nearness) > 0:
        return 70.0 + 14.0 * share + 4.0 * len(stems) / max(len(stems), len(title_stems))
    backwards = sum(max(_near(word, other) for other in stems) for word in title_stems) / len(title_stems)
    if backwards >= 0.99 and len(title_stems) > 1:
        return 74.0
    return 80.0 * share if share >= 0.6 else 62.0 if backwards >= 0.99 and share >= 0.3 else 0.0


@lru_cache(maxsize=8192)
def _near(a: str, b: str) -> float:
    """1 for the same word, less for a typo of it or a beginning of it, 0 for another word."""
    if a == b:
        return 1.0
    if min(len(a), len(b)) < 4:
        return 0.0
    if b.startswith(a):
        return 0.9 if len(a) >= 0.5 * len(b) else 0.8
    from rapidfuzz.distance import DamerauLevenshtein

    allowed = 1 if min(len(a), len(b)) < 7 else 2
    distance = DamerauLevenshtein.distance(a, b, score_cutoff=allowed)
    # a typo seldom hits the first letter; "eating" and "meeting", "test" and "rest" are other words
    if distance > allowed or a[0] != b[0] or (min(len(a), len(b)) < 5 and len(a) == len(b) and sorted(a) != sorted(b)):
        return 0.0
    return 1.0 - 0.12 * distance


@lru_cache(maxsize=8192)
def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(ch for ch in folded if not unicodedata.combining(ch))
    return " ".join(kept.replace("’", "'").split())


@lru_cache(maxsize=8192)
def _stems(plain: str) -> tuple[str, ...]:
    words = [m.group() for m in _WORD.finditer(plain)]
    kept = [w for w in words if w not in _STOP] or words
    return tuple(_stem(w) for w in kept)


def _stem(word: str) -> str:
    """Without possessive and plural, a past tense made present where it is a common one."""
    word = word.replace("'s", "").replace("'", "")
    if word in _PAST:
        return _PAST[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    if len(word) > 5 and word.endswith("ed"):
        base = word[:-2]
        return base[:-1] if base[-1] == base[-2] and base[-1] not in "ls" else base
    return word
