"""Finding the tasks that a wish is about, on the list as the turn found it; asking where it is unclear."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from kirotodo.core.language.context import Context, TaskView
from kirotodo.core.language.mentions import Titles, beginning, thing_done
from kirotodo.core.language.scope_filter import has_words, held, is_plain
from kirotodo.core.language.types import Clearable, Scope, Target
from kirotodo.core.models.builtin.replies import choices, dated, escaped
from kirotodo.core.text.dates import describe_due
from kirotodo.core.text.patterns import pattern

Asked = Literal["delete", "complete", "reopen", "change", "show"]
Status = Literal["pending", "completed", "all"]
QUESTIONS: Final[Mapping[Asked, str]] = {
    "delete": "should I delete?",
    "complete": "should I mark as done?",
    "reopen": "should I open again?",
    "change": "should I change?",
    "show": "do you mean?",
}
CONFIRM: Final = "Is that the one?"
NOT_SURE: Final = "I am not sure which task you mean. Name it by its number or a word of its title."
_WORD: Final = pattern(r"\w+")
_SMALL_WORDS: Final = frozenset(
    {"the", "a", "an", "one", "ones", "task", "please", "my", "that", "with", "about", "for"}
)
OFFERED: Final = 9
PAGE: Final = 200
CERTAIN: Final = 75.0
"""A match that scores less is asked about before anything is done to it."""
_STATES: Final = {"pending": "open", "completed": "done", "all": "on your list"}
_ANY: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_BETWEEN: Final = pattern(r"\s*(?:,|&|\band\b|\bplus\b)\s*", re.IGNORECASE)
_NUMBERS: Final = ("No task", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The tasks meant. `more` says that there may be others which the turn does not know of."""

    ids: tuple[int, ...]
    more: int = 0


class Unclear(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is done: `text` says why, or asks which of those `offered`; with `confirm` whether it is that one."""

    text: str
    offered: tuple[int, ...] = ()
    confirm: bool = False


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What the tasks are wanted for, and in which state they may be."""

    asked: Asked
    status: Status = "pending"
    several: bool = False
    """Whether several matches are as good as one, as for a question."""
    exact: bool = False
    """Whether every word has to be found: no guessing."""


class Finder:
    """Finds tasks on one list, in one conversation, on one day."""

    def __init__(self, context: Context, *, today: dt.date, done_total: int = 0) -> None:
        self.context = context
        self.today = today
        self._done_total = done_total
        self._views = {task.id: task for task in context.tasks}

    def view(self, task_id: int) -> TaskView | None:
        """Return what is known of a task."""
        return self._views.get(task_id)

    def of(self, status: Status) -> tuple[TaskView, ...]:
        """Return the tasks in a state."""
        if status == "all":
            return self.context.tasks
        return tuple(task for task in self.context.tasks if (task.completed is not None) == (status == "completed"))

    def find(self, target: Target, search: Search) -> Found | Unclear:
        """Find the tasks meant, by whatever they are named by."""
        target = self._within_scope(target)
        if target.ids:
            return Found(ids=target.ids)
        if target.candidates:
            return self._confirmed(self._candidates_head(target), target.candidates, search)
        if target.ordinals:
            return self._by_place(target.ordinals, search)
        if target.pronoun is not None:
            return self._by_pronoun(target, search)
        if target.words:
            return self._by_words(target, search)
        if not target.everything and target.scope == Scope():
            return Unclear(text=NOT_SURE)
        return self._everything(target, search)

    def _within_scope(self, target: Target) -> Target:
        """Return a target whose words were resolved, without the tasks that its scope leaves out."""
        named = (*target.ids, *target.candidates)
        if not target.words or target.scope == Scope() or not named:
            return target
        fitting = {task.id for task in held(target.scope, self.context.tasks, today=self.today)} & set(named)
        ids = tuple(each for each in named if each in fitting)
        if target.ids or len(ids) == 1:
            return replace(target, ids=ids or target.ids, candidates=())
        return replace(target, candidates=ids or target.candidates)

    def find_in(self, target: Target, search: Search, *statuses: Status) -> Found | Unclear:
        """Find the tasks in the first of these states that has any like it."""
        first: Found | Unclear | None = None
        for status in statuses:
            found = self.find(target, replace(search, status=status))
            if isinstance(found, Found) or found.offered:
                return found
            first = first or found
        return first or Unclear(text=NOT_SURE)

    def excepted(self, scope: Scope) -> frozenset[int] | Unclear:
        """Return the ids that the exceptions of a scope name."""
        ids: set[int] = set()
        for target in scope.without:
            found = self.find(target, Search(asked="show", status="all", several=True))
            if isinstance(found, Unclear):
                return found
            ids.update(found.ids)
        return frozenset(ids)

    def scoped(self, scope: Scope, status: Status) -> tuple[TaskView, ...] | Unclear:
        """Return the tasks that a scope holds."""
        without = self.excepted(scope)
        if isinstance(without, Unclear):
            return without
        return held(scope, self.of(scope.status or status), today=self.today, without=without)

    def which(self, ids: Sequence[int], asked: Asked, *, head: str | None = None) -> Unclear:
        """Return the question that offers several tasks."""
        number = len(ids)
        counted = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
        rest = f"\n\n…and {number - OFFERED} more." if number > OFFERED else ""
        offered = tuple(ids[:OFFERED])
        text = f"{head or f'{counted} match'}:\n{choices(self.lines(offered))}{rest}\n\nWhich one {QUESTIONS[asked]}"
        return Unclear(text=text, offered=offered)

    def lines(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """Return tasks as `replies` puts them."""
        return [self.line(each) for each in ids]

    def line(self, task_id: int) -> dict[str, Any]:
        """Return a task as `replies` puts it."""
        view = self.view(task_id)
        if view is None:
            return {"id": task_id}
        due = describe_due(view.due_date, view.due_time, today=self.today)
        return {"id": task_id, "title": view.title, "due": due}

    def _confirmed(self, head: str | None, ids: Sequence[int], search: Search) -> Unclear:
        if len(ids) > 1:
            return self.which(ids, search.asked, head=head)
        return Unclear(text=f"{head}:\n{choices(self.lines(ids))}\n\n{CONFIRM}", offered=tuple(ids), confirm=True)

    def _candidates_head(self, target: Target) -> str | None:
        if len(target.candidates) > 1:
            return None
        return f"No task is called “{escaped(target.words or '')}”. The nearest is"

    def _by_place(self, places: Sequence[int], search: Search) -> Found | Unclear:
        shown = self.context.state.shown
        if not shown:
            shown = tuple(task.id for task in self.of(search.status))
            if len(shown) > 1 and search.asked != "show":
                # the order of a list that nobody has just seen is no way to name a task
                return self.which(
                    shown, search.asked, head=f"No list was shown just now. These are {_STATES[search.status]}"
                )
        found = [shown[place - 1 if place > 0 else place] for place in places if 0 < abs(place) <= len(shown)]
        if len(found) < len(places):
            return Unclear(
                text=f"The list has {len(shown)} places. Which task do you mean?" if shown else "The list is empty."
            )
        return Found(ids=tuple(found))

    def _by_pronoun(self, target: Target, search: Search) -> Found | Unclear:
        state = self.context.state
        match target.pronoun:
            case "it":
                ids = state.about
                if len(ids) > 1 and not search.several:
                    return self.which(ids, search.asked, head="There are several")
            case "them":
                ids = state.about if len(state.about) > 1 or not state.shown else state.shown
            case "other":
                acted = {each for call in state.done[-1:] for each in call.task_ids}
                ids = tuple(each for each in state.shown if each not in acted)
                if len(ids) > 1:
                    return self.which(ids, search.asked, head="There are several others")
            case _:
                return self._at_the_end(target, search)
        return Found(ids=ids) if ids else Unclear(text=NOT_SURE)

    def _at_the_end(self, target: Target, search: Search) -> Found | Unclear:
        state, last = self.context.state, target.pronoun == "last"
        if state.shown:
            return Found(ids=(state.shown[-1 if last else 0],))
        if last and state.about:
            return Found(ids=state.about[-1:])
        known = self.of(search.status)
        if not known:
            return Unclear(text=NOT_SURE)
        if self.context.state != type(state)() and search.asked != "show":
            return self._by_place((-1 if last else 1,), search)
        return Found(ids=(max(task.id for task in known) if last else known[0].id,))

    def _everything(self, target: Target, search: Search) -> Found | Unclear:
        """All that the scope holds; "the event on friday" is one of them."""
        found = self.scoped(target.scope, search.status)
        if isinstance(found, Unclear):
            return found
        ids = tuple(task.id for task in found)
        if not ids:
            return Unclear(text="There is no such task.")
        if len(ids) > 1 and not target.plural and not search.several:
            return self.which(ids, search.asked)
        return Found(ids=ids, more=self._unknown(target.scope, search.status))

    def _unknown(self, scope: Scope, status: Status) -> int:
        """How many more a scope may hold that the turn does not know of."""
        if (scope.status or status) == "completed" and scope == Scope(status=scope.status):
            return max(0, self._done_total - len(self.of("completed")))
        return 0

    def _by_words(self, target: Target, search: Search) -> Found | Unclear:
        words = target.words or ""
        pool = self.scoped(replace(target.scope, search=None), search.status)
        if isinstance(pool, Unclear):
            return pool
        several = target.plural or search.several
        hits = [task for task in pool if has_words(words, task)]
        if best := _fitting(words, hits, all_of_them=several):
            return self._decided(best, search, several=several)
        if not search.exact:
            if (parts := self._in_parts(words, pool)) is not None:
                return parts
            near = _fitting(words, pool, all_of_them=several)
            if search.asked == "complete" and _doubtful(words, near) and (thing := thing_done(words)):
                # "I bought the groceries": the one that is called "groceries"
                alone = self.find(replace(target, words=thing), replace(search, exact=True))
                none = isinstance(alone, Unclear) and not alone.offered
                return self._not_found(words, target.scope, search) if none else alone
            if near and not several and _doubtful(words, near):
                head = f"No task is called “{escaped(words)}”. The nearest {'are' if len(near) > 1 else 'is'}"
                return self._confirmed(head, [task.id for task in near], search)
            if near:
                return self._decided(near, search, several=several)
        if hits and several:
            return Found(ids=tuple(task.id for task in hits))
        if hits:
            one = "several" if len(hits) > 1 else "this one"
            head = f"No task is called “{escaped(words)}”, but it stands in the notes, list or tags of {one}"
            return self._confirmed(head, [task.id for task in hits], search)
        return self._not_found(words, target.scope, search)

    def _not_found(self, words: str, scope: Scope, search: Search) -> Unclear:
        kind = {"pending": "open ", "completed": "done ", "all": ""}[search.status]
        at = f" at {scope.time:%H:%M}" if scope.time else ""
        return Unclear(text=f"I find no {kind}task like “{escaped(words)}”{at}.")

    def _decided(self, tasks: Sequence[TaskView], search: Search, *, several: bool) -> Found | Unclear:
        ids = tuple(task.id for task in tasks)
        return Found(ids=ids) if len(ids) == 1 or several else self.which(ids, search.asked)

    def _in_parts(self, words: str, pool: Sequence[TaskView]) -> Found | None:
        """ "call mom and the report": each part by itself, where each part is clear."""
        parts = [part.strip() for part in _BETWEEN.split(words) if part.strip()]
        if not 1 < len(parts) <= OFFERED:
            return None
        found: list[int] = []
        for part in parts:
            best = _fitting(part, pool, all_of_them=False)
            if len(best) != 1:
                return None
            found.append(best[0].id)
        return Found(ids=tuple(dict.fromkeys(found)))

    def named(self, task_id: int) -> str:
        """Return a task as "#9 team meeting — Fri 27 Nov, 09:00"."""
        return dated(self.line(task_id))


_LACKS: Final[Mapping[Clearable, str]] = {
    "due": "no:date",
    "time": "no:time",
    "recurrence": "-is:recurring",
    "priority": "!none",
    "project": "no:project",
    "tags": "no:tag",
    "notes": "no:notes",
    "remind": "no:reminder",
}
_HAS: Final[Mapping[Clearable, str]] = {
    name: words.removeprefix("-") if words.startswith("-") else f"-{words}" for name, words in _LACKS.items()
}
"""How the filters of `list_tasks` say that a field is empty, or not."""
VIEW: Final = pattern(r"@[\w.-]+")


def listed(scope: Scope, status: Status, **more: Any) -> dict[str, Any]:
    """Return the arguments of `list_tasks` for a scope, as far as its filters can say it."""
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
            arguments[name] = beginnings(value) if name == "search" else value
    filters = [*(_HAS[name] for name in sorted(scope.has)), *(_LACKS[name] for name in sorted(scope.lacks))]
    if scope.search is not None and VIEW.fullmatch(scope.search):
        filters.append(scope.search)
        arguments.pop("search", None)
    if filters:
        arguments["filter"] = " ".join(filters)
    if not is_plain(scope):
        arguments["limit"] = PAGE
    return arguments


def beginnings(words: str) -> str:
    """Return words of which a search by beginnings finds the singular too."""
    return " ".join(map(beginning, words.split()))


def _doubtful(words: str, tasks: Sequence[TaskView]) -> bool:
    return all(found.score < CERTAIN for found in Titles(tasks).match(words, done=None))


def _fitting(words: str, tasks: Sequence[TaskView], *, all_of_them: bool) -> tuple[TaskView, ...]:
    """Those whose titles fit the words: every one, or those that stand out. None where nothing fits."""
    same = [task for task in tasks if task.title.casefold() == words.strip().casefold()]
    if len(same) == 1 and not all_of_them:
        return (same[0],)
    titles = Titles(tasks)
    fits = titles.match(words, done=None) if all_of_them else titles.choose(words, done=None)
    chosen = {found.id for found in fits}
    return tuple(task for task in tasks if task.id in chosen)


def offered_by_words(text: str, context: Context) -> tuple[int, ...]:
    """Return the one task offered whose title has all the words said; none where that is not exactly one."""
    said = _words(text) - _SMALL_WORDS
    shown = [view for each in context.state.shown if (view := context.task(each)) is not None]
    matching = [view.id for view in shown if said and _all_begin(said, _words(view.title))]
    return (matching[0],) if len(matching) == 1 else ()


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _all_begin(said: frozenset[str], title: frozenset[str]) -> bool:
    return all(any(word.startswith(each) for word in title) for each in said)
