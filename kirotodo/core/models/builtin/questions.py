"""What the built-in model looks up to answer a question about the list; nothing here changes anything."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace

from kirotodo.core.language.context import Call, TaskView
from kirotodo.core.language.scope_filter import is_plain
from kirotodo.core.language.types import Query, Scope
from kirotodo.core.models.builtin.memory import ids_in
from kirotodo.core.models.builtin.plan import Item
from kirotodo.core.models.builtin.replies import SHOWN, count, escaped
from kirotodo.core.models.builtin.targets import VIEW, Finder, Status, Unclear, listed
from kirotodo.core.text.dates import describe_due

LATELY: Final = 5
"""How many completed tasks are shown beside the open ones."""
STEPS: Final = 20
"""How many steps of each state are shown."""
HISTORY_READ: Final = 50
"""How many changes are read to find those of one kind."""
NAMED: Final = 2
"""So many exceptions are named, more are counted."""
OF_TASKS: Final = 3
"""Of how many tasks of like names the history is shown."""
DAYS: Final = 30
"""Among how many days, and the one before them, full and free ones are told apart."""
AHEAD: Final = 2
"""How many tasks are named after the next one."""


def is_whole(action: Query) -> bool:
    """Return whether a question is about a scope or the list as a whole, not about certain tasks."""
    if action.target is None or action.target.everything:
        return True
    return action.about in ("stats", "lists", "tags", "changes")


def answer(action: Query, ids: tuple[int, ...], finder: Finder) -> tuple[Item, tuple[int, ...]]:
    """Return the item that answers a question, and the tasks that it shows as far as that is known before.

    `ids` are the tasks that it is about, if it is about certain tasks.
    """
    match action.about:
        case "stats" | "lists" | "tags":
            return Item(kind=action.about, calls=(Call(tool="task_stats"),)), ()
        case "steps":
            return _steps(ids, finder)
        case "changes":
            return _changes(finder)
        case "history":
            return _history(action, ids[:OF_TASKS], finder), ids[:OF_TASKS]
        case "completed_when" if ids:
            return _completed_when(ids, finder), ids
        case "next" if action.scope.status == "completed":
            return _last_done(_scope(action), finder)
        case "next":
            return _next(_scope(action), finder)
        case "last" | "oldest" | "newest":
            return _ranked(action, ids, finder)
        case "days":
            return _days(action, finder), ()
        case "when":
            first = ids or _first_in(_scope(action), finder)
            return (_each("when", first), first[:SHOWN]) if first else _list(action, finder)
        case _ if ids:
            return _details(ids), ids[:SHOWN]
        case _:
            return _list(action, finder)


def _scope(action: Query) -> Scope:
    if action.target is not None and action.scope == Scope():
        return action.target.scope
    return action.scope


def _each(kind: str, ids: Sequence[int], *, text: str = "") -> Item:
    calls = tuple(Call(tool="get_task", arguments={"task_id": each}) for each in ids[:SHOWN])
    return Item(kind=kind, calls=calls, text=text)  # type: ignore[arg-type]


def _steps(ids: tuple[int, ...], finder: Finder) -> tuple[Item, tuple[int, ...]]:
    """The open steps of a task and those that are done, in their order."""
    if len(ids) != 1:
        return _details(ids), ids[:SHOWN]
    calls = tuple(
        Call(tool="list_tasks", arguments={"parent_id": ids[0], "status": status, "limit": STEPS})
        for status in ("pending", "completed")
    )
    return Item(kind="list", calls=calls, words=(f"under {finder.named(ids[0])}",)), ()


def _details(ids: tuple[int, ...]) -> Item:
    return _each("details", ids)


def _dated(scope: Scope, finder: Finder) -> list[TaskView]:
    found = finder.scoped(_named_in(scope, finder), "pending")
    known = [] if isinstance(found, Unclear) else [task for task in found if task.due_date is not None]
    return sorted(known, key=_moment)


def _first_in(scope: Scope, finder: Finder) -> tuple[int, ...]:
    return tuple(task.id for task in _dated(scope, finder)[:1])


def _next(scope: Scope, finder: Finder) -> tuple[Item, tuple[int, ...]]:
    """What is due first, overdue tasks included, and what comes after it."""
    known = [task.id for task in _dated(scope, finder)]
    if not known:
        return _list(Query(scope=scope), finder)
    after = [finder.named(each) for each in known[1 : 1 + AHEAD]]
    return _each("next", known[:1], text=f"After that: {', '.join(after)}." if after else ""), tuple(known[:1])


def _ranked(action: Query, ids: tuple[int, ...], finder: Finder) -> tuple[Item, tuple[int, ...]]:
    """The task that is due last, waits longest or was added last; what is overdue waits longer than what is not."""
    scope = _scope(action)
    found = finder.scoped(_named_in(scope, finder), "pending")
    known = [] if isinstance(found, Unclear) else [task for task in found if not ids or task.id in ids]
    if action.about == "last":
        known = sorted((task for task in known if task.due_date is not None), key=_moment)[-1:]
    elif action.about == "oldest":
        late = [task for task in known if task.due_date is not None and task.due_date < finder.today]
        known = sorted(late, key=_moment)[:1] or sorted(known, key=lambda task: task.id)[:1]
    else:
        known = sorted(known, key=lambda task: task.id)[-1:]
    if not known:
        return _list(Query(scope=scope), finder)
    return _details((known[0].id,)), (known[0].id,)


def _days(action: Query, finder: Finder) -> Item:
    """Which of some days have most to do, and which nothing; without days of its own, those of the next week."""
    scope = _scope(action)
    first = max(finder.today, scope.due_from or finder.today)
    last = scope.due_to or first + dt.timedelta(days=6)
    found = finder.scoped(replace(scope, due=None, due_from=first, due_to=last), "pending")
    due = Counter(task.due_date for task in found) if not isinstance(found, Unclear) else Counter()
    days = [first + dt.timedelta(days=each) for each in range(min(max((last - first).days, 0), DAYS) + 1)]
    put = {day: describe_due(day, None, today=finder.today) for day in days}
    fullest = max(days, key=lambda day: due[day])
    free = [put[day] for day in days if not due[day]]
    said = [f"{put[fullest]} has the most to do: {count(due[fullest], kind='open')}."] if due[fullest] else []
    said.append(f"Free: {', '.join(free)}." if free else "None of these days is free.")
    calls = (Call(tool="list_tasks", arguments={"due": f"{days[0]}..{days[-1]}", "limit": SHOWN}),)
    return Item(kind="say", calls=calls, lookups=1, text=" ".join(said))


def _moment(task: TaskView) -> tuple[dt.date, dt.time]:
    return task.due_date or dt.date.max, task.due_time or dt.time.max


def _last_done(scope: Scope, finder: Finder) -> tuple[Item, tuple[int, ...]]:
    passed = finder.excepted(scope)
    done = [task for task in finder.of("completed") if isinstance(passed, Unclear) or task.id not in passed]
    last = tuple(task.id for task in sorted(done, key=lambda task: str(task.completed))[-1:])
    if not last:
        return _list(Query(scope=Scope(status="completed")), finder)
    return _completed_when(last, finder), last


def _completed_when(ids: tuple[int, ...], finder: Finder) -> Item:
    said = []
    for each in ids[:SHOWN]:
        view = finder.view(each)
        if view is None or view.completed is None:
            said.append(f"{finder.named(each)} is not done yet.")
            continue
        moment = describe_due(view.completed.date(), view.completed.time(), today=finder.today)
        said.append(f"You completed #{each} {escaped(view.title)} on {moment}.")
    calls = tuple(Call(tool="get_task", arguments={"task_id": each}) for each in ids[:SHOWN])
    return Item(kind="say", calls=calls, lookups=len(calls), text="\n".join(said))


_VERBS: Final = {
    "add_task": "added",
    "delete_task": "deleted",
    "update_task": "changed",
    "undo": "undid changes to",
    "move_tasks": "moved",
}


def _changes(finder: Finder) -> tuple[Item, tuple[int, ...]]:
    done = finder.context.state.done
    if not done:
        return Item(kind="say", text="I have not changed anything in this conversation yet."), ()
    said = []
    for call in done:
        verb = _VERBS.get(call.tool) or ("completed" if call.arguments.get("completed", True) else "reopened")
        titles = dict(zip(call.task_ids, map(str, call.arguments.get("titles") or ()), strict=False))
        named = [
            f"#{each} {escaped(titles[each])}" if each in titles else finder.named(each)
            for each in call.task_ids[:SHOWN]
        ]
        more = len(call.task_ids) - len(named)
        said.append(f"I {verb} {', '.join(named) or 'nothing'}{f' and {more} more' if more > 0 else ''}.")
    return Item(kind="say", text=" ".join([*said, "“undo” takes it back."])), ids_in(done)[:SHOWN]


_THEIRS: Final = {"assistant": "by the assistant", "you": "by you"}


def _history(action: Query, ids: tuple[int, ...], finder: Finder) -> Item:
    """Who changed what: in a time, or of one task. The words are the deed asked about, and what it is of."""
    given = {"when": action.during, "by": action.by}
    arguments: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if action.deed is not None:
        arguments["limit"] = HISTORY_READ
    known = [f"#{each}" + (f" {escaped(view.title)}" if (view := finder.view(each)) else "") for each in ids]
    of = [f"of {' and '.join(known)}"] if known else []
    of += [_THEIRS[action.by]] if action.by in _THEIRS else []
    of += [_in_time(action.during)] if action.during else []
    each = [{**arguments, "task_id": task_id} for task_id in ids] or [arguments]
    calls = tuple(Call(tool="list_changes", arguments=one) for one in each)
    most = 1 if action.latest else None
    return Item(kind="history", calls=calls, words=(action.deed or "", *of), most=most)


def _in_time(words: str) -> str:
    if words.split()[0] in ("the", "past"):
        return f"in the {words.removeprefix('the ')}"
    return f"on {words.capitalize()}" if words.endswith("day") and words not in ("today", "yesterday") else words


def _list(action: Query, finder: Finder) -> tuple[Item, tuple[int, ...]]:
    scope = _named_in(_scope(action), finder)
    status = _status(scope)
    statuses: tuple[Status, ...] = ("pending", "completed") if status == "all" else (status,)
    scope = replace(scope, status=None)
    only: tuple[int, ...] | None = None
    if not is_plain(scope):
        found = finder.scoped(scope, "all")
        if isinstance(found, Unclear):
            return Item(kind="say", text=found.text), ()
        only = tuple(task.id for task in found)
    limits = (SHOWN, LATELY)
    calls = tuple(
        Call(tool="list_tasks", arguments={"limit": limit, **listed(scope, each)})
        for each, limit in zip(statuses, limits, strict=False)
    )
    words = tuple(_narrowed(scope, finder))
    head = f"No task mentions “{escaped(action.unmatched)}”." if action.unmatched else ""
    return Item(kind="count" if action.count_only else "list", calls=calls, words=words, only=only, head=head), ()


def _status(scope: Scope) -> Status:
    return scope.status or ("completed" if scope.completed_from or scope.completed_to else "pending")


def _named_in(scope: Scope, finder: Finder) -> Scope:
    """Return the scope with a name that is no list or tag made a word of a title."""
    if scope.search is not None:
        return scope
    context = finder.context
    if scope.project is not None and not _is_among(scope.project, context.projects):
        return replace(scope, project=None, search=scope.project)
    if scope.tag is not None and not _is_among(scope.tag.removeprefix("#"), context.tags):
        return replace(scope, tag=None, search=scope.tag)
    return scope


def _is_among(name: str, names: Sequence[str]) -> bool:
    return name.casefold() in (each.casefold() for each in names)


_DUE: Final = {"today": "due today", "overdue": "overdue", "week": "due this week", "none": "without a date"}
_PARTS: Final = {
    "morning": "in the morning",
    "afternoon": "in the afternoon",
    "evening": "in the evening",
    "night": "at night",
}
_FIELDS: Final = {
    "due": "date",
    "time": "time",
    "recurrence": "repetition",
    "priority": "priority",
    "project": "list",
    "tags": "tag",
    "notes": "note",
    "remind": "reminder",
}


def _narrowed(scope: Scope, finder: Finder) -> list[str]:
    """Return the words that say what a list is of."""
    words = []
    if scope.due is not None:
        words.append(_DUE[scope.due])
    if scope.due_from or scope.due_to:
        words.append(f"due {_range(scope.due_from, scope.due_to, finder.today)}")
    if scope.completed_from or scope.completed_to:
        days = _range(scope.completed_from, scope.completed_to, finder.today)
        words.append(days if days.startswith(("from ", "up ")) else f"on {days}")
    words += [_PARTS[scope.part]] if scope.part else []
    words += [f"at {scope.time:%H:%M}"] if scope.time else []
    words += [f"from {scope.time_from:%H:%M} on"] if scope.time_from else []
    words += [f"before {scope.time_to:%H:%M}"] if scope.time_to else []
    words += [f"in {escaped(scope.project)}"] if scope.project else []
    words += [f"tagged \\#{escaped(scope.tag.removeprefix('#'))}"] if scope.tag else []
    words += [f"with {scope.priority.replace('none', 'no')} priority"] if scope.priority else []
    if scope.search:
        viewed = VIEW.fullmatch(scope.search) is not None
        words.append(f"in the view {escaped(scope.search)}" if viewed else f"about “{escaped(scope.search)}”")
    words += [f"with a {_FIELDS[name]}" for name in sorted(scope.has)]
    words += [f"without a {_FIELDS[name]}" for name in sorted(scope.lacks)]
    if scope.without:
        excepted = finder.excepted(scope)
        ids = () if isinstance(excepted, Unclear) else sorted(excepted)
        named = [f"#{each} {escaped(view.title)}" for each in ids if (view := finder.view(each)) is not None]
        by_name = all(target.ids for target in scope.without)
        few = by_name and 0 < len(named) == len(ids) <= NAMED
        words.append(f"apart from {' and '.join(named) if few else count(len(ids))}")
    return words


def _range(first: dt.date | None, last: dt.date | None, today: dt.date) -> str:
    if first is None and last is not None:
        return f"up to {describe_due(last, None, today=today)}"
    if first is not None and last is None:
        return f"from {describe_due(first, None, today=today)} on"
    days = [describe_due(day, None, today=today) for day in (first, last) if day is not None]
    return days[0] if len(set(days)) == 1 else f"from {' to '.join(days)}"
