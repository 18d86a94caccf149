"""Picks from what was shown: bare numbers as places of a numbered list, words as words of what was offered."""

import re
from dataclasses import replace
from typing import Final

from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import Target
from kirotodo.core.models.builtin_memory import Memory

_NUMBER_OF_A_TASK: Final = pattern(r"#\s*\d|\b(?:tasks?|todos?|ids?|items?)\s+(?:number\s+|no\.?\s+)?\d", re.IGNORECASE)
_WORD: Final = pattern(r"\w+")
_SMALL_WORDS: Final = frozenset(
    {"the", "a", "an", "one", "ones", "task", "please", "my", "that", "with", "about", "for"}
)


def in_places(text: str, target: Target, memory: Memory) -> Target:
    """`target` with bare numbers read as places, if the list shown last had places; else as it was.

    Words are looked up among the tasks offered, where a question is open.
    """
    shown = tuple(task["id"] for task in memory.shown)
    if target.pronoun == "them" and memory.numbered and memory.asked and shown:
        return Target(ids=shown, plural=True)
    if target.everything and memory.asked and memory.numbered and shown:
        return Target(ids=shown, plural=True)
    if target.words and memory.asked and (ids := offered_by_words(target.words, memory)):
        return Target(ids=ids, plural=len(ids) > 1)
    if not target.ids or not memory.numbered or not memory.asked or _NUMBER_OF_A_TASK.search(text):
        return target
    if all(0 < place <= len(shown) for place in target.ids):
        return replace(target, ids=tuple(shown[place - 1] for place in target.ids))
    return target


def offered_by_words(text: str, memory: Memory) -> tuple[int, ...]:
    """The one task offered whose title has all the words said; none where that is not exactly one."""
    said = _words(text) - _SMALL_WORDS
    if not said or not memory.numbered:
        return ()
    matching = [task["id"] for task in memory.shown if _all_begin(said, _words(str(task["title"])))]
    return (matching[0],) if len(matching) == 1 else ()


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _all_begin(said: frozenset[str], title: frozenset[str]) -> bool:
    return all(any(word.startswith(each) for word in title) for each in said)
