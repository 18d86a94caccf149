"""Which tasks some words mean: fuzzy on titles, but with no false friends ("meeting" is not "eating").

An index over the titles is made once for each context: a text costs what its words cost, not what the list does.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import Final

import msgspec

from kirotodo.core.language.context import TaskView
from kirotodo.core.language.lexicon import KINDRED, phrases
from kirotodo.core.language.when.tokens import word_set
from kirotodo.core.text.patterns import pattern

SURE: Final = 60.0
"""A score from here on is a match at all."""
CERTAIN: Final = 74.0
"""A match that scores less is asked about before anything is done to it."""
VERY: Final = 98.0
"""The very title, but for articles, plurals and accents."""
APART: Final = 12.0
"""By so much must the best be better than the next to stand alone."""
_REMEMBERED: Final = 512
"""Words whose tasks are kept in mind: the frames of one text ask for the same words many times."""
STOP: Final = word_set(
    "the a an my our your this that these those task tasks item items todo todos to-do reminder reminders entry one "
    "ones to of for on in at with about and please some her his their thing it is be up has have been was were are"
)
_CALLS: Final = word_set(next(row for row in KINDRED if row.startswith("call ")))
"""Verbs that mean the same beside a name: "call grandpa" is "ring grandpa"."""
_WORD: Final = pattern(r"[^\W_]+(?:['’][^\W_]+)*")
_PAST: Final = {
    "bought": "buy", "paid": "pay", "sent": "send", "wrote": "write", "written": "write", "made": "make",
    "took": "take", "taken": "take", "went": "go", "gone": "go", "did": "do", "fed": "feed", "ran": "run", "got": "get",
    "met": "meet", "told": "tell", "swept": "sweep", "brought": "bring", "sold": "sell", "spoke": "speak",
    "gave": "give", "given": "give", "rang": "ring", "rung": "ring", "found": "find", "read": "read", "built": "build",
    "cut": "cut", "hung": "hang", "sewn": "sew", "mown": "mow", "held": "hold", "thrown": "throw", "threw": "throw",
    "chosen": "choose", "chose": "choose", "drove": "drive", "dug": "dig", "laid": "lay", "put": "put", "set": "set",
    "mum": "mom", "mam": "mom", "appt": "appointment", "bday": "birthday", "doc": "doctor", "mtg": "meeting",
    "trash": "trash", "taught": "teach", "thought": "think", "caught": "catch", "kept": "keep", "left": "leave",
    "lent": "lend", "spent": "spend", "won": "win", "wore": "wear", "began": "begin", "done": "do", "seen": "see",
    "saw": "see", "phoned": "phone",
}  # fmt: skip


class Match(msgspec.Struct, frozen=True):
    """A task that words may mean; `score` runs to 100, which is the very title."""

    id: int
    score: float
    done: bool = False


class _Title(msgspec.Struct, frozen=True):
    task: TaskView
    plain: str
    stems: tuple[str, ...]

    @property
    def size(self) -> int:
        """Return of how many words it is; none where one comes twice, so that no count of words passes it over."""
        return len(self.stems) if len(set(self.stems)) == len(self.stems) else 0


class Titles:
    """The titles of a context, by their words."""

    def __init__(self, tasks: Iterable[TaskView]) -> None:
        self._titles = [_Title(task, *_read(task.title)) for task in tasks]
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        for place, title in enumerate(self._titles):
            for stem in dict.fromkeys(title.stems):
                self._by_stem[stem].append(place)
        for stem in self._by_stem:
            self._by_letter[stem[0]].append(stem)
        self._known: dict[tuple[str, bool | None], list[Match]] = {}
        self._near: dict[str, tuple[tuple[str, float], ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._titles)

    def match(self, words: str, *, done: bool | None = False, ids: Sequence[int] | None = None) -> list[Match]:
        """Return the tasks that words may mean, best first; open ones unless `done` says otherwise."""
        if not self._titles:
            return []
        if ids is not None:
            return self._matched(words, done, ids)
        known = self._known.get((words, done))
        if known is None:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            known = self._known[words, done] = self._matched(words, done, None)
        return list(known)

    def _matched(self, words: str, done: bool | None, ids: Sequence[int] | None) -> list[Match]:
        wanted, stems = _read(words)
        if not wanted:
            return []
        near = {stem: dict(self._nearby(stem)) for stem in dict.fromkeys(stems)}
        for stem in set(stems) & _CALLS if len(stems) > 1 else ():
            near[stem] |= {other: near[stem].get(other, 0.9) for other in _CALLS & self._by_stem.keys()}
        found = []
        for place, said, has in self._hit(near):
            title = self._titles[place]
            if said < 0.6 * len(stems) and has < 0.8 * title.size and len(near) == len(stems):
                continue  # too few of the words, and too little of the title
            over = title.task.completed is not None
            if (done is not None and over is not done) or (ids is not None and title.task.id not in ids):
                continue
            score = _score(wanted, stems, title, near)
            if score >= SURE:
                found.append(Match(title.task.id, score, over))
        return sorted(found, key=lambda match: -match.score)

    def _hit(self, near: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[int, int, int]]:
        """Yield the titles that have any of some words: how many of the words each has, and at most how many of its own
        are among them."""
        said: dict[int, int] = {}
        has: dict[int, int] = {}
        for others in near.values():
            hit: set[int] = set()
            for other in others:
                for place in self._by_stem[other]:
                    hit.add(place)
                    has[place] = has.get(place, 0) + 1
            for place in hit:
                said[place] = said.get(place, 0) + 1
        for place, count in said.items():
            yield place, count, has[place]

    def choose(self, words: str, *, done: bool | None = False, ids: Sequence[int] | None = None) -> list[Match]:
        """Return those clearly meant: one where one stands out, several where it is open which."""
        found = self.match(words, done=done, ids=ids)
        if not found:
            return []
        best = found[0].score
        if best >= VERY:
            return [match for match in found if match.score >= VERY]
        return [match for match in found if best - match.score < APART]

    def spoken_of(self, words: str) -> list[Match]:
        """Return the open tasks whose things, two words at least, are all said ("the library took the books back")."""
        stems = _read(words)[1]
        near = {stem: dict(self._nearby(stem)) for stem in dict.fromkeys(stems)}
        found = []
        for place in dict.fromkeys(p for others in near.values() for other in others for p in self._by_stem[other]):
            title = self._titles[place]
            things = title.stems[1:] if len(title.stems) > 2 else title.stems
            if title.task.completed is None and len(things) > 1:
                said = all(any(near[stem].get(other, 0.0) >= 0.85 for stem in stems) for other in things)
                found += [Match(title.task.id, 80.0)] if said else []
        return found

    def knows(self, word: str) -> bool:
        """Return whether a word stands in a title."""
        (stem,) = _read(word)[1][:1] or ("",)
        return bool(stem) and stem not in STOP and bool(self._nearby(stem))

    def has_beginning(self, word: str) -> bool:
        """Return whether a word begins one of a title, a note, a list or a tag."""
        begins = beginning(word.casefold())
        return any(each.startswith(begins) for each in self._words)

    @cached_property
    def _words(self) -> frozenset[str]:
        tasks = (title.task for title in self._titles)
        texts = ((task.title, task.notes, task.project or "", *task.tags) for task in tasks)
        return frozenset(word for text in texts for word in _WORD.findall(" ".join(text).casefold()))

    def _nearby(self, stem: str) -> tuple[tuple[str, float], ...]:
        known = self._near.get(stem)
        if known is None:
            if len(self._near) > 4096:
                self._near.clear()
            known = self._near[stem] = tuple(
                (other, near) for other in self._by_letter.get(stem[:1], ()) if (near := nearness(stem, other)) > 0
            )
        return known


def _score(wanted: str, stems: tuple[str, ...], title: _Title, near: dict[str, dict[str, float]]) -> float:
    if title.plain == wanted:
        return 100.0
    if title.stems == stems:
        return 98.0
    if stems[0] in title.stems and f" {' '.join(stems)} " in f" {' '.join(title.stems)} ":
        return 88.0 + 6.0 * len(stems) / len(title.stems)
    each = [_nearest(near[stem], title.stems) for stem in stems]
    share = sum(each) / len(stems)
    if min(each) > 0:
        return 70.0 + 14.0 * share + 4.0 * len(stems) / max(len(stems), len(title.stems))
    if max(each) < 0.3:
        return 0.0
    backwards = sum(max(near[stem].get(other, 0.0) for stem in stems) for other in title.stems) / len(title.stems)
    if backwards >= 0.8 and len(title.stems) > 1:
        return 74.0 if backwards >= 0.99 or share >= 0.5 else 66.0
    return 80.0 * share if share >= 0.6 else 62.0 if backwards >= 0.8 and share >= 0.3 else 0.0


def _nearest(near: dict[str, float], stems: tuple[str, ...]) -> float:
    """Return how near the nearest of some stems is; a loop, since this is asked for each title that has a word."""
    best = 0.0
    for stem in stems:
        value = near.get(stem)
        if value is not None and value > best:
            best = value
    return best


@lru_cache(maxsize=16384)
def nearness(said: str, known: str) -> float:
    """Return 1 for the same word, less for a slip or a beginning of it, 0 for another word."""
    if said == known:
        return 1.0
    shorter, longer = min(len(said), len(known)), max(len(said), len(known))
    if shorter < 4:
        return 0.0
    if known.startswith(said):
        return 0.9 if len(said) >= 0.5 * len(known) else 0.8
    if (
        said.startswith(known)
        and longer - shorter <= 3
        and said[shorter:] in ("al", "ing", "ion", "er", "ly", "y", "ed", "n", "e", "ity")
    ):
        return 0.85
    from rapidfuzz.distance import OSA

    allowed = 1 if shorter < 7 else 2
    distance = OSA.distance(said, known, score_cutoff=allowed)
    # a slip seldom hits the first letter; "eating" and "meeting", "test" and "rest" are other words
    if (
        distance > allowed
        or said[0] != known[0]
        or (shorter < 5 and len(said) == len(known) and sorted(said) != sorted(known))
    ):
        return 0.0
    return 1.0 - 0.12 * distance


@lru_cache(maxsize=16384)
def _read(text: str) -> tuple[str, tuple[str, ...]]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(ch for ch in folded if not unicodedata.combining(ch))
    plain = " ".join(kept.replace("’", "'").split())
    words = [m.group() for m in _WORD.finditer(plain)]
    return plain, tuple(stem(word) for word in ([w for w in words if w not in STOP] or words))


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """Return a word without possessive, plural, "-ing" and past tense."""
    word = word.replace("'s", "").replace("'", "")
    if word in _PAST:
        return _PAST[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    if len(word) > 5 and word.endswith("ied"):
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and word not in _WHOLE:
            return _base(word[: -len(ending)])
    return _base(word) if word.endswith("e") and len(word) > 4 else word


_WHOLE: Final = word_set(
    "meeting morning evening wedding building shopping clothing ceiling feeling string spring bring thing king ring "
    "painting training parking bedding need speed feed seed weed bread shed sled shred hundred"
)


def _base(word: str) -> str:
    """Return what "renewing", "moved" and "move" share."""
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def beginning(word: str) -> str:
    """Return the beginning that a word and its plural share, for a search by beginnings of words; never to be shown."""
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


_DETERMINER: Final = pattern(
    r"(?:(?:up|in|off|out|to|with|around)\s+)*(?:(?:the|my|our|some|all|those|these|his|her|their)\s+)?"
)


def past_of(word: str) -> str | None:
    """Return the verb of which a word is the past; None where it is none, or says that something is not done."""
    if not word.isalpha() or word in phrases("unfinishing"):
        return None
    if word in _PAST:
        return stem(_PAST[word])
    return stem(word) if len(word) > 4 and word.endswith("ed") and stem(word) != word else None


def same_doing(verb: str, title: str) -> bool:
    """Return whether to have done that is to have done what a title says: by its verb, or one much like it."""
    done = past_of(verb)
    stems = _read(title)[1]
    if done is None:
        return False
    return done in stems or any(done in group and not group.isdisjoint(stems) for group in _kindred())


@cache
def _kindred() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(stem, group.split())) for group in KINDRED)


def thing_done(words: str) -> str | None:
    """Return what was done: "the groceries" of "bought the groceries"; None where no verb of the past is in front."""
    verb, _, thing = words.partition(" ")
    determiner = _DETERMINER.match(thing)
    rest = thing[determiner.end() :].strip() if determiner else thing
    return rest if past_of(verb.lower()) is not None and rest else None
