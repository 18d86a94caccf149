"""Finding the tasks that a sentence is about: by number, by place, by pronoun, by words; asking where it is unclear."""

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, TypeVar

from kirotodo.core.domain.task import Task
from kirotodo.core.language.intents.matching import beginning, choose, match
from kirotodo.core.language.patterns import pattern
from kirotodo.core.language.types import DayPart, Scope, Target
from kirotodo.core.models.builtin.memory import QUESTIONS, Asked, ListItem, Memory
from kirotodo.core.models.builtin.replies import MANY, choices, escaped
from kirotodo.core.models.model import ToolCall, ToolOutcome

T = TypeVar("T")
Work: TypeAlias = Generator[tuple[ToolCall, ...], tuple[ToolOutcome, ...], T]
"""What is done about one action: yields calls, is sent their outcomes, returns what to say."""

OFFERED: Final = 9
PAGE: Final = 200
PAGES: Final = 3
_HOURS: Final[dict[DayPart, tuple[str, str]]] = {
    "morning": ("00:00", "12:00"),
    "afternoon": ("12:00", "18:00"),
    "evening": ("17:00", "24:00"),
    "night": ("18:00", "24:00"),
}
CERTAIN: Final = 75.0
"""A match that scores less is asked about before anything is done to it."""
_STATES: Final = {"pending": "open", "completed": "done", "all": "on your list"}
_ANY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_BETWEEN: Final = pattern(r"\s*(?:,|&|\band\b|\bplus\b)\s*", re.IGNORECASE)
_NUMBERS: Final = ("No task", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The tasks meant; at least their ids are known. `more` counts those that did not fit a page."""

    tasks: tuple[ListItem, ...]
    more: int = 0

    @property
    def ids(self) -> list[int]:
        """Return the ids of the tasks."""
        return [task["id"] for task in self.tasks]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unclear:
    """Nothing is done; `text` asks or says why."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What the tasks are wanted for, and in which state they may be."""

    asked: Asked
    status: Literal["pending", "completed", "all"] = "pending"
    several: bool = False
    """Whether several matches are as good as one, as for a question."""
    exact: bool = False
    """Whether every word has to be found: no guessing."""


def find(target: Target, search: Search, memory: Memory) -> Work[Found | Unclear]:
    """Find the tasks meant, by whatever the sentence names them by."""
    if target.ids:
        return Found(tasks=tuple({"id": each} for each in target.ids))
    if target.ordinals:
        return (yield from _by_place(target.ordinals, search, memory))
    if target.pronoun is not None:
        return (yield from _by_pronoun(target, search, memory))
    if target.words:
        return (yield from _by_words(target, search))
    return (yield from _everything(target, search))


def listed(scope: Scope, status: str, **more: Any) -> ToolCall:
    """Return the call that lists a scope."""
    arguments: dict[str, Any] = {"status": scope.status or status, **more}
    if scope.due is not None:
        arguments["due"] = scope.due
    elif scope.due_from or scope.due_to:
        arguments["due"] = f"{scope.due_from or ''}..{scope.due_to or ''}"
    if scope.completed_from or scope.completed_to:
        arguments["completed"] = f"{scope.completed_from or ''}..{scope.completed_to or ''}"
    for name in ("project", "tag", "priority", "search"):
        value = getattr(scope, name)
        if value is not None and name not in more:
            arguments[name] = _beginnings(value) if name == "search" else value
    return ToolCall(tool="list_tasks", arguments=arguments)


def by_clock(scope: Scope) -> bool:
    """Return whether a scope asks for a part or a time of the day, which only the tasks themselves can answer."""
    return scope.part is not None or scope.time is not None


def tasks_in(outcome: ToolOutcome, scope: Scope | None = None) -> tuple[ListItem, ...]:
    """Return the tasks of a list's result, or those of them at the part or time of day that a scope names."""
    tasks = outcome.result.get("tasks")
    found = tuple(task for task in tasks if isinstance(task, dict)) if isinstance(tasks, Sequence) else ()
    if scope is None or not by_clock(scope):
        return found
    if scope.time is not None:
        return tuple(task for task in found if str(task.get("due_time", ""))[:5] == scope.time.isoformat("minutes"))
    begin, end = _HOURS[scope.part or "morning"]
    return tuple(task for task in found if begin <= str(task.get("due_time", "")) < end)


def total_of(outcome: ToolOutcome) -> int:
    """Return how many tasks the list holds; more than `MANY` where nobody has counted."""
    total = outcome.result.get("total")
    if isinstance(total, int):
        return total
    return len(tasks_in(outcome)) + (MANY if outcome.result.get("next") else 0)


def which(tasks: Sequence[ListItem], asked: Asked, *, head: str | None = None) -> Unclear:
    """Return the question that offers several tasks."""
    number = len(tasks)
    counted = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    rest = f"\n\n…and {number - OFFERED} more." if number > OFFERED else ""
    return Unclear(
        text=f"{head or f'{counted} match'}:\n{choices(tasks[:OFFERED])}{rest}\n\nWhich one {QUESTIONS[asked]}"
    )


def _by_place(places: Sequence[int], search: Search, memory: Memory) -> Work[Found | Unclear]:
    shown = memory.shown
    if not shown:
        (outcome,) = yield (listed(Scope(), search.status, limit=PAGE),)
        shown = tasks_in(outcome)
        if len(shown) > 1 and search.asked != "show":
            # the order of a list that nobody has just seen is no way to name a task
            head = f"No list was shown just now. These are {_STATES[search.status]}"
            return which(shown, search.asked, head=head)
    found = [shown[place - 1 if place > 0 else place] for place in places if 0 < abs(place) <= len(shown)]
    if len(found) < len(places):
        return Unclear(
            text=f"The list has {len(shown)} places. Which task do you mean?" if shown else "The list is empty."
        )
    return Found(tasks=tuple(found))


def _by_pronoun(target: Target, search: Search, memory: Memory) -> Work[Found | Unclear]:
    known = {task["id"]: task for task in memory.shown}
    match target.pronoun:
        case "it":
            ids = memory.about
            if len(ids) > 1 and not search.several:
                return which([known.get(each, {"id": each}) for each in ids], search.asked, head="There are several")
        case "them":
            ids = memory.about if len(memory.about) > 1 or not known else tuple(known)
        case "other":
            ids = tuple(each for each in known if each not in memory.acted)
            if len(ids) > 1:
                return which([known[each] for each in ids], search.asked, head="There are several others")
        case _:
            if known:
                ids = (tuple(known)[0 if target.pronoun == "first" else -1],)
            elif target.pronoun == "last" and memory.turns and memory.turns[-1].effects:
                ids = memory.about[-1:]
            elif memory.turns and search.asked != "show":
                return (yield from _by_place((1 if target.pronoun == "first" else -1,), search, memory))
            else:
                sort = "due" if target.pronoun == "first" else "created"
                (outcome,) = yield (listed(Scope(), search.status, sort=sort, limit=1),)
                ids = tuple(task["id"] for task in tasks_in(outcome))
    if not ids:
        return Unclear(text="I am not sure which task you mean. Name it by its number or a word of its title.")
    return Found(tasks=tuple(known.get(each, {"id": each}) for each in ids))


def _everything(target: Target, search: Search) -> Work[Found | Unclear]:
    """All that the scope holds; "the event on friday" is one of them."""
    scope = target.scope
    (outcome,) = yield (listed(scope, search.status, limit=PAGE),)
    tasks = tasks_in(outcome, scope)
    if not tasks:
        return Unclear(text="There is no such task.")
    if len(tasks) > 1 and not target.plural and not search.several:
        return which(tasks, search.asked)
    more = 0 if by_clock(scope) else max(0, total_of(outcome) - len(tasks))
    return Found(tasks=tasks, more=more)


def _by_words(target: Target, search: Search) -> Work[Found | Unclear]:
    words = target.words or ""
    scope = replace(target.scope, search=None)
    text = _beginnings(words) if target.plural else words
    (outcome,) = yield (listed(scope, search.status, search=text, limit=PAGE if target.plural else 20),)
    found = tasks_in(outcome, scope)
    best = _fitting(words, found, all_of_them=target.plural or search.several)
    if best:
        return _decided(best, target, search)
    if not search.exact:
        parts = yield from _in_parts(words, target, search)
        if parts is not None:
            return parts
        near = yield from _looked_through(words, target, search)
        if near and not search.several and not target.plural and _doubtful(words, near):
            return _perhaps(words, near, search)
        if near:
            return _decided(near, target, search)
    if found and (target.plural or search.several):
        return Found(tasks=found)
    if found:
        return _nearest(words, found, search)
    kind = {"pending": "open ", "completed": "done ", "all": ""}[search.status]
    at = f" at {scope.time:%H:%M}" if scope.time else ""
    return Unclear(text=f"I find no {kind}task like “{escaped(words)}”{at}.")


def _in_parts(words: str, target: Target, search: Search) -> Work[Found | None]:
    """ "call mom and the report": each part by itself, where each part is clear."""
    parts = [part.strip() for part in _BETWEEN.split(words) if part.strip()]
    if not 1 < len(parts) <= OFFERED:
        return None
    calls = tuple(listed(replace(target.scope, search=None), search.status, search=part, limit=20) for part in parts)
    outcomes = yield calls
    found: dict[int, ListItem] = {}
    for part, outcome in zip(parts, outcomes, strict=True):
        best = _fitting(part, tasks_in(outcome, target.scope), all_of_them=False)
        if len(best) != 1:
            return None
        found[best[0]["id"]] = best[0]
    return Found(tasks=tuple(found.values()))


def _looked_through(words: str, target: Target, search: Search) -> Work[tuple[ListItem, ...]]:
    """The titles nearest to the words, in the first pages of the list: for what no search finds, such as a typo."""
    scope = replace(target.scope, search=None)
    seen: list[ListItem] = []
    cursor: str | None = None
    for _ in range(PAGES):
        more = {"limit": PAGE, **({"cursor": cursor} if cursor else {})}
        (outcome,) = yield (listed(scope, search.status, **more),)
        seen += tasks_in(outcome, scope)
        cursor = outcome.result.get("next")
        if not cursor:
            break
    return _fitting(words, seen, all_of_them=target.plural or search.several)


def _decided(tasks: Sequence[ListItem], target: Target, search: Search) -> Found | Unclear:
    if len(tasks) == 1 or target.plural or search.several:
        return Found(tasks=tuple(tasks))
    return which(tasks, search.asked)


def _nearest(words: str, tasks: Sequence[ListItem], search: Search) -> Unclear:
    """Tasks that have the words elsewhere than in their titles are asked about."""
    head = f"No task is called “{escaped(words)}”, but it stands in the notes, list or tags of"
    if len(tasks) > 1:
        return which(tasks, search.asked, head=head + " several")
    return Unclear(text=f"{head} this one:\n{choices(tasks)}\n\n{QUESTIONS['confirm']}")


def _perhaps(words: str, tasks: Sequence[ListItem], search: Search) -> Unclear:
    """Titles that fit the words only in part are asked about."""
    head = f"No task is called “{escaped(words)}”. The nearest"
    if len(tasks) > 1:
        return which(tasks, search.asked, head=head + " are")
    return Unclear(text=f"{head} is:\n{choices(tasks)}\n\n{QUESTIONS['confirm']}")


def _doubtful(words: str, tasks: Sequence[ListItem]) -> bool:
    return all(found.score < CERTAIN for found in match(words, [_as_task(task) for task in tasks]))


def _as_task(item: ListItem) -> Task:
    return Task(id=item["id"], title=str(item.get("title", "")), created_at=_ANY, updated_at=_ANY)


def _fitting(words: str, tasks: Sequence[ListItem], *, all_of_them: bool) -> tuple[ListItem, ...]:
    """Those whose titles fit the words: every one, or those that stand out. None where nothing fits."""
    known = {task["id"]: task for task in tasks}
    same = [task for task in tasks if str(task.get("title", "")).casefold() == words.strip().casefold()]
    if len(same) == 1 and not all_of_them:
        return (same[0],)
    candidates = [_as_task(task) for task in known.values()]
    fits = [found.task for found in match(words, candidates)] if all_of_them else choose(words, candidates)
    chosen = {task.id for task in fits}
    return tuple(task for each, task in known.items() if each in chosen)


def _beginnings(words: str) -> str:
    """Words of which a search by beginnings finds the singular too."""
    return " ".join(map(beginning, words.split()))
