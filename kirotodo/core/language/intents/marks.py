"""Marks within a text: `#tag`, `+project`, `!priority`, p1. Outside quotes and addresses only."""

from dataclasses import dataclass

from kirotodo.core.domain.task import Priority
from kirotodo.core.language.intents.prepared_text import Span
from kirotodo.core.language.patterns import pattern

_MARK = pattern(
    r"(?<!\S)(?:#(?P<tag>[^\W\d_][\w\-/]*)|\+(?P<project>[^\W\d_][\w\-/&]*)"
    r"|!(?P<word>high|hi|h|urgent|important|medium|med|mid|m|normal|low|lo|l|none|[123])|(?P<bangs>!!!?)"
    r"|p(?P<number>[1-4]))(?=[,;.:!?)]*(?:\s|$))"
)
_LEVELS: dict[str, Priority] = {
    "high": "high", "hi": "high", "h": "high", "urgent": "high", "important": "high", "1": "high",
    "!!": "high", "!!!": "high",
    "medium": "medium", "med": "medium", "mid": "medium", "m": "medium", "normal": "medium", "2": "medium",
    "low": "low", "lo": "low", "l": "low", "3": "low", "none": "none", "4": "none",
}  # fmt: skip
LEVEL = r"(?:very high|highest|high|top|urgent|critical|important|medium|normal|moderate|mid|lowest|low|no)"
_TO_LEVEL: dict[str, Priority] = {
    "very high": "high", "highest": "high", "high": "high", "top": "high", "urgent": "high", "critical": "high",
    "important": "high", "medium": "medium", "normal": "medium", "moderate": "medium", "mid": "medium",
    "lowest": "low", "low": "low", "no": "none", "none": "none",
}  # fmt: skip


def level(word: str) -> Priority | None:
    """What a word for a priority means."""
    word = " ".join(word.split()).removesuffix(" priority")
    return _TO_LEVEL.get(word) or _LEVELS.get(word)


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a span, and the holes they leave in it."""

    tags: tuple[str, ...] = ()
    project: str | None = None
    priority: Priority | None = None
    holes: tuple[tuple[int, int], ...] = ()


def find_marks(span: Span) -> Marks:
    tags: list[str] = []
    holes: list[tuple[int, int]] = []
    project: str | None = None
    priority: Priority | None = None
    bare = span.reading.bare
    if not any(sign in bare for sign in "#+!p"):
        return Marks()
    for m in _MARK.finditer(bare, span.start, span.end):
        holes.append(m.span())
        if m["tag"]:
            tag = span.group(m, "tag").raw
            if tag.casefold() not in {t.casefold() for t in tags}:
                tags.append(tag)
        elif m["project"]:
            project = span.group(m, "project").raw
        else:
            priority = _LEVELS[m["word"] or m["bangs"] or m["number"]]
    return Marks(tags=tuple(tags), project=project, priority=priority, holes=tuple(holes))
