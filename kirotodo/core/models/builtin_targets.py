"""Finding the tasks that a sentence is about: by number, by place, by pronoun, by words; asking where it is unclear."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, TypeVar

from kirotodo.core.language.intent import DayPart, Scope, Target
from kirotodo.core.models.builtin_memory import QUESTIONS, Asked, ListItem, Memory
from kirotodo.core.models.builtin_phrases import choices, escaped
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
_NUMBERS: Final = ("No task", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The tasks meant; at least their ids are known. `more` counts those that did not fit a page."""

    tasks: tuple[ListItem, ...]
    more: int = 0

    @property
    def ids(self) -> list[int]:
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


def find(target: Target, search: Search, memory: Memory) -> Work[Found | Unclear]:
    if target.ids:
        return Found(tasks=tuple({"id": each} for each in target.ids))
    if target.ordinals:
        return (yield from _by_place(target.ordinals, search, memory))
    if target.pronoun is not None:
        return (yield from _by_pronoun(target, search, memory))
    if target.words:
        return (yield from _by_words(target, search))
    return (yield from _everything(target.scope, search))


def listed(scope: Scope, status: str, **more: Any) -> ToolCall:
    """The call that lists a scope."""
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
            arguments[name] = value
    return ToolCall(tool="list_tasks", arguments=arguments)


def tasks_in(outcome: ToolOutcome, part: DayPart | None = None) -> tuple[ListItem, ...]:
    """The tasks of a list's result, or those of them at a part of the day."""
    tasks = outcome.result.get("tasks")
    found = tuple(task for task in tasks if isinstance(task, dict)) if isinstance(tasks, Sequence) else ()
    if part is None:
        return found
    begin, end = _HOURS[part]
    return tuple(task for task in found if begin <= str(task.get("due_time", "")) < end)


def total_of(outcome: ToolOutcome) -> int:
    total = outcome.result.get("total")
    return total if isinstance(total, int) else len(tasks_in(outcome))


def which(tasks: Sequence[ListItem], asked: Asked, *, head: str | None = None) -> Unclear:
    """The question that offers several tasks."""
    number = len(tasks)
    counted = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    rest = f"\n\n…and {number - OFFERED} more." if number > OFFERED else ""
    return Unclear(
        text=f"{head or f'{counted} match'}:\n{choices(tasks[:OFFERED])}{rest}\n\nWhich one {QUESTIONS[asked]}"
    )


def _by_place(places: Sequence[int], search: Search, memory: Memory) -> Work[Found | Unclear]:
    shown = memory.shown
    if not shown:
        (outcome,) = yield (listed(Scope(), search.status),)
        shown = tasks_in(outcome)
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
            elif target.pronoun == "last" and memory.about:
                ids = memory.about[-1:]
            else:
                sort = "due" if target.pronoun == "first" else "created"
                (outcome,) = yield (listed(Scope(), search.status, sort=sort, limit=1),)
                ids = tuple(task["id"] for task in tasks_in(outcome))
    if not ids:
        return Unclear(text="I am not sure which task you mean. Name it by its number or a word of its title.")
    return Found(tasks=tuple(known.get(each, {"id": each}) for each in ids))


def _everything(scope: Scope, search: Search) -> Work[Found | Unclear]:
    (outcome,) = yield (listed(scope, search.status, limit=PAGE),)
    tasks = tasks_in(outcome, scope.part)
    if not tasks:
        return Unclear(text="There is no such task.")
    more = 0 if scope.part else max(0, total_of(outcome) - len(tasks))
    return Found(tasks=tasks, more=more)


def _by_words(target: Target, search: Search) -> Work[Found | Unclear]:
    words = target.words or ""
    scope = replace(target.scope, search=None)
    (outcome,) = yield (listed(scope, search.status, search=words, limit=PAGE if target.plural else 20),)
    found = tasks_in(outcome, scope.part)
    if found:
        best = _best(words, found) if not target.plural else ()
        return _decide(best or found, target, search)
    cursor: str | None = None
    near: list[ListItem] = []
    for _ in range(PAGES):
        more = {"limit": PAGE, **({"cursor": cursor} if cursor else {})}
        (outcome,) = yield (listed(scope, search.status, **more),)
        near += _best(words, tasks_in(outcome, scope.part))
        cursor = outcome.result.get("next")
        if not cursor:
            break
    if not near:
        kind = {"pending": "open ", "completed": "done ", "all": ""}[search.status]
        return Unclear(text=f"I find no {kind}task like “{escaped(words)}”.")
    return _decide(near, target, search)


def _decide(tasks: Sequence[ListItem], target: Target, search: Search) -> Found | Unclear:
    if len(tasks) == 1 or target.plural or search.several:
        return Found(tasks=tuple(tasks))
    return which(tasks, search.asked)


def _best(words: str, tasks: Sequence[ListItem]) -> tuple[ListItem, ...]:
    """Those whose titles fit the words best; none where nothing fits well."""
    raise NotImplementedError
