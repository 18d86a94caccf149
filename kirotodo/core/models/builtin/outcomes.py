"""What came of a plan, in words: short Markdown made from the outcomes of its calls."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kirotodo.core.models.builtin.memory import ids_of
from kirotodo.core.models.builtin.plan import Item
from kirotodo.core.models.builtin.replies import (
    MANY,
    SHOWN,
    bullets,
    count,
    dated,
    detailed,
    escaped,
    named,
    several,
    trouble,
)
from kirotodo.core.models.model import ToolOutcome

PLANNED: Final = 8
"""How many tasks of a plan are named."""
_UNDATED: Final = frozenset({"due_date", "due_time", "due"})


def told_item(item: Item, outcomes: Sequence[ToolOutcome], *, today: dt.date) -> str:
    """Return what an item came to."""
    looked, outcomes = outcomes[: item.lookups], outcomes[item.lookups :]
    if item.kind in _EACH:
        put = _EACH[item.kind]
        said = "\n".join(trouble(outcome) or put(_task_of(outcome), today) for outcome in outcomes)
    elif item.kind in _COUNTS:
        said = _problem(outcomes) or _COUNTS[item.kind](outcomes[0].result)
    elif item.kind == "history":
        said = _problem(outcomes) or _history(item, [outcome.result for outcome in outcomes])
    elif item.kind == "spread":
        said = _spread(looked, outcomes)
    elif item.kind == "add":
        said = _added(outcomes)
    elif item.kind in ("list", "count"):
        said = _listed(item, outcomes)
    else:
        said = "" if item.kind == "say" else _changed(item, outcomes)
    return "\n\n".join(part for part in (item.head, said, item.text) if part)


def told(outcome: ToolOutcome) -> str:
    """Return what a change came to, in a sentence or a short list."""
    problem = trouble(outcome)
    if problem is not None:
        return problem
    result = outcome.result
    tasks = tasks_in(outcome)
    number = len(ids_of(outcome))
    match result.get("status"):
        case "created":
            return "\n".join(f"Added {detailed(task)}." for task in tasks)
        case "deleted":
            return several("Deleted", tasks, number)
        case "completed":
            return _completed(result, tasks, number)
        case "reopened":
            if result.get("changed") == 0:
                return f"{named(tasks[0])} is open already." if number == 1 and tasks else "They are open already."
            notes = [escaped(str(sentence)) for sentence in result.get("skipped") or ()]
            return " ".join([several("Opened", tasks, number, rest=" again"), *notes])
        case "updated":
            return _updated(result, tasks, number)
        case "skipped":
            return _skipped(result, tasks, number)
        case "moved":
            return f"Moved {count(number)}:\n{bullets(tasks, total=number)}"
        case "undone" | "redone":
            return _undone(result, tasks)
        case _:
            return ""


def tasks_in(outcome: ToolOutcome) -> tuple[Mapping[str, Any], ...]:
    """Return the tasks of a result."""
    tasks = outcome.result.get("tasks")
    return tuple(task for task in tasks if isinstance(task, Mapping)) if isinstance(tasks, Sequence) else ()


def ids_shown(item: Item, outcomes: Sequence[ToolOutcome]) -> tuple[int, ...]:
    """Return the tasks that the answer to a question shows, in order."""
    outcomes = outcomes[item.lookups :]
    if item.kind == "list":
        return tuple(task["id"] for outcome in outcomes for task in _counting(item, outcome)[:SHOWN])
    return tuple(task["id"] for outcome in outcomes if isinstance(task := outcome.result.get("task"), Mapping))


# --- changes


def _changed(item: Item, outcomes: Sequence[ToolOutcome]) -> str:
    if item.words and _problem(outcomes) is None:
        return item.words[0]
    if item.quiet and _problem(outcomes) is None:
        same = all(outcome.result.get("changed") == 0 for outcome in outcomes[item.quiet :])
        outcomes = outcomes[: item.quiet] if same else outcomes[item.quiet :]
    said = [told(outcome) for outcome in outcomes]
    return ("\n\n" if any("\n" in each for each in said) else " ").join(filter(None, said))


def _added(outcomes: Sequence[ToolOutcome]) -> str:
    added = [task for outcome in outcomes if trouble(outcome) is None for task in tasks_in(outcome)]
    problems = [problem for outcome in outcomes if (problem := trouble(outcome)) is not None]
    said = [f"Added {detailed(added[0])}."] if len(added) == 1 else []
    if len(added) > 1:
        said = [f"Added {count(len(added))}:\n{bullets(added, total=len(added))}"]
    return "\n\n".join([*said, *problems])


def _completed(result: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], number: int) -> str:
    if result.get("changed") == 0:
        return f"{named(tasks[0])} was done already." if number == 1 and tasks else "They were done already."
    said = f"Done: {named(tasks[0])}." if number == 1 and tasks else several("Marked", tasks, number, rest=" as done")
    following = [task for task in result.get("next") or () if isinstance(task, Mapping)]
    if following:
        said += ("\n\n" if number > 1 else " ") + f"Next: {', '.join(dated(task) for task in following)}."
    return said


def _updated(result: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], number: int) -> str:
    if result.get("changed") == 0:
        return f"{named(tasks[0])} is that way already." if number == 1 and tasks else "They are that way already."
    after = tasks[0].get("after") or {} if tasks else {}
    moved = bool(after) and set(after) <= _UNDATED
    if number != 1 or not tasks:
        return several("Moved" if moved else "Changed", tasks, number)
    before = tasks[0].get("before") or {}
    if set(after) == {"title"}:
        return f"Renamed {named(tasks[0])} (it was “{escaped(str(before.get('title')))}”)."
    if moved:
        if not after.get("due"):
            return f"{named(tasks[0])} has no due date now{_was(before)}."
        return f"Moved {dated(tasks[0])}{_was(before)}."
    names = [name for name in after if name in _SPOKEN and not (name == "position" and "parent_id" in after)]
    said = "; ".join(_said(name, after[name], before.get(name)) for name in names)
    return f"Changed {named(tasks[0])}: {said}." if said else f"Changed {named(tasks[0])}."


def _skipped(result: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], number: int) -> str:
    notes = [escaped(str(sentence)) for sentence in result.get("skipped") or ()]
    if number == 1:
        said = [_skipped_one(task) for task in tasks if task.get("before") or not notes]
        return " ".join([*said, *notes])
    moved = [task for task in tasks if task.get("before")]
    return "\n\n".join([*([f"Skipped {count(number)}:\n{bullets(moved, total=len(moved))}"] if moved else []), *notes])


def _skipped_one(task: Mapping[str, Any]) -> str:
    before = task.get("before") or {}
    if before and "due" not in before:
        return f"Left that out; next is still {dated(task)}."
    return f"Skipped; next is {dated(task)}{_was(before)}."


def moves_in(outcomes: Sequence[ToolOutcome]) -> list[Any]:
    """Return the moves that a spread proposes."""
    return list(outcomes[0].result.get("moves") or ()) if len(outcomes) == 1 else []


def _spread(looked: Sequence[ToolOutcome], outcomes: Sequence[ToolOutcome]) -> str:
    problem = _problem(looked)
    if problem is not None:
        return problem
    said = [told(outcome) for outcome in outcomes]
    kept = [f"Left alone: #{each['task_id']} ({escaped(str(each['reason']))})." for each in looked[0].result["kept"]]
    return "\n\n".join([*said, *kept]) or "Nothing is overdue."


def _plan(result: Mapping[str, Any]) -> str:
    """What to do first, in order, and what does not fit."""
    items = [each for each in result.get("tasks") or () if isinstance(each, Mapping)]
    if not items:
        return "Nothing is open that could be done now."
    fitting = [each for each in items if each.get("fits") is not False]
    rest = [each for each in items if each.get("fits") is False]
    said = [
        f"Start with {named(fitting[0])}: {fitting[0]['why']}." if fitting else "Nothing fits into the time there is."
    ]
    if fitting[1:]:
        said.append("Then:\n" + "\n".join(f"- {named(each)} — {each['why']}" for each in fitting[1:PLANNED]))
    if rest:
        said.append("Would not fit:\n" + "\n".join(f"- {named(each)} — {each['why']}" for each in rest[:PLANNED]))
    return "\n\n".join(said)


def _was(before: Mapping[str, Any]) -> str:
    return f" (it was {before['due']})" if before.get("due") else ""


_GONE: Final[Mapping[str, str]] = {
    "due": "no due date",
    "repeats": "repeats no more",
    "starts": "no start date",
    "takes": "no duration",
    "parent_id": "a task of its own",
}
_SPOKEN: Final[Mapping[str, str]] = {
    "title": "title",
    "notes": "notes",
    "priority": "priority",
    "due": "due",
    "repeats": "repeats",
    "reminder": "reminder",
    "project": "list",
    "tags": "tags",
    "starts": "not before",
    "takes": "takes",
    "parent_id": "step of",
    "position": "place",
}


def _said(name: str, value: Any, before: Any) -> str:
    now, was = _value(name, value), _value(name, before)
    if not now:
        return _GONE.get(name, f"no {_SPOKEN[name]}") + (f" (it was {was})" if was and name != "notes" else "")
    if name == "notes" or not was:
        return f"{_SPOKEN[name]} {now}"
    return f"{_SPOKEN[name]} {was} → {now}"


def _value(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(f"\\#{escaped(str(tag))}" for tag in value)
    if value is None or value == "none":
        return ""
    text = f"#{value}" if name == "parent_id" else escaped(str(value))
    return f"“{text}”" if name == "notes" and text else text


def _undone(result: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> str:
    back = result.get("status") == "undone"
    said: list[str] = []
    if len(tasks) == 1:
        said.append(f"{'Put back' if back else 'Did again'}: {dated(tasks[0])}.")
    elif tasks:
        said.append(f"{'Put back' if back else 'Did again'} {count(len(tasks))}:\n{bullets(tasks)}")
    removed = [f"#{each}" for each in result.get("removed") or ()]
    if removed:
        said.append(f"Took {', '.join(removed)} off the list{' again' if back else ''}.")
    said += [escaped(str(sentence)) for name in ("views", "skipped") for sentence in result.get(name) or ()]
    return "\n\n".join(said) if len(tasks) > 1 else " ".join(said) or "Nothing had to be put back."


# --- answers to questions


def _problem(outcomes: Sequence[ToolOutcome]) -> str | None:
    return next(filter(None, map(trouble, outcomes)), None)


def _task_of(outcome: ToolOutcome) -> Mapping[str, Any]:
    task = outcome.result.get("task")
    return task if isinstance(task, Mapping) else {}


def _counting(item: Item, outcome: ToolOutcome) -> tuple[Mapping[str, Any], ...]:
    tasks = tasks_in(outcome)
    return tasks if item.only is None else tuple(task for task in tasks if task.get("id") in item.only)


def _total(item: Item, outcome: ToolOutcome) -> int:
    """How many tasks there are; more than `MANY` where nobody has counted."""
    total = outcome.result.get("total")
    if item.only is not None:
        return len(_counting(item, outcome))
    if isinstance(total, int):
        return total
    return len(tasks_in(outcome)) + (MANY if outcome.result.get("next") else 0)


_DEEDS: Final[Mapping[str, tuple[str, str]]] = {
    "moved": ("Changed ", "due "),
    "renamed": ("Changed ", "title "),
    "added": ("Added ", ""),
    "completed": ("Completed ", ""),
    "deleted": ("Deleted ", ""),
    "reopened": ("Reopened ", ""),
}
"""How a change of each kind begins, and what it holds, in the words of the history."""
_NAMES: Final[Mapping[str, str]] = {"built-in": "me", "unknown": "an earlier release", "reminder": "a reminder"}


def _history(item: Item, results: Sequence[Mapping[str, Any]]) -> str:
    """Who changed what: the changes of the kind asked about; all of them, and that there are none of it, otherwise."""
    deed, *of = item.words
    read = [each for result in results for each in result.get("changes") or ()]
    changes = sorted(read, key=lambda each: -int(each["id"]))
    begins, holds = _DEEDS.get(deed, ("", ""))
    fitting = [each for each in changes if each["change"].startswith(begins) and holds in each["change"]][: item.most]
    where = " ".join(["", *of])
    if not changes:
        return f"The history has no changes{where}."
    head = f"{count(len(fitting), 'change')}{where}"
    if not fitting and item.most:
        return f"The history has nothing that was {deed}."
    if not fitting:
        fitting, head = changes, f"Nothing was {deed} there. {count(len(changes), 'change')}{where}"
    rest = len(fitting) > SHOWN or any(result.get("more") for result in results)
    lines = [f"- {each['at']}: {_change(str(each['change']))} — {_author(str(each['by']))}" for each in fitting[:SHOWN]]
    return f"{head}:\n" + "\n".join(lines) + ("\n\n…and earlier ones." if rest else "")


def _change(words: str) -> str:
    deed, _, rest = words.partition(" ")
    return escaped(f"{deed} #{rest}" if rest[:1].isdigit() else words)


def _author(by: str) -> str:
    return escaped(_NAMES.get(by, by))


def _listed(item: Item, outcomes: Sequence[ToolOutcome]) -> str:
    problem = _problem(outcomes)
    if problem is not None:
        return problem
    statuses = [str(call.arguments.get("status", "pending")) for call in item.calls[item.lookups :]]
    totals = [_total(item, outcome) for outcome in outcomes]
    counted = [_counted(total, status, item.words) for total, status in zip(totals, statuses, strict=False)]
    if item.kind == "count":
        return f"You have {' and '.join(counted)}."
    if not any(totals):
        return _nothing(statuses[0] if statuses else "pending", item.words)
    return "\n\n".join(
        f"{head[0].upper()}{head[1:]}:\n{bullets(_counting(item, outcome), total=total)}"
        for head, outcome, total in zip(counted, outcomes, totals, strict=False)
        if total
    )


def _counted(total: int, status: str, words: Sequence[str]) -> str:
    if status == "completed":
        return " ".join([count(total), "done", *words])
    return " ".join([count(total, kind="open"), *words])


def _nothing(status: str, words: Sequence[str]) -> str:
    if status == "completed":
        return " ".join(["Nothing", "done", *words]) + (" yet." if not words else ".")
    return f"There are no open tasks {' '.join(words)}." if words else "Nothing is open. Your list is clear."


def _whole(task: Mapping[str, Any], today: dt.date) -> str:
    dateless = "" if task.get("due") or task.get("completed_at") else " It has no due date."
    notes = f"\n\n{escaped(str(task['notes']))}" if task.get("notes") else ""
    return f"{detailed(task)}.{dateless}{notes}"


def _when(task: Mapping[str, Any], today: dt.date) -> str:
    """Return when a task is due, and how far away that is."""
    if task.get("completed_at"):
        return f"{named(task)} is done."
    try:
        day = dt.date.fromisoformat(str(task.get("due_date")))
    except ValueError:
        return _whole(task, today)
    more = f", {task['repeats']}" if task.get("repeats") else ""
    return f"{named(task)} is due {task.get('due')} ({_away((day - today).days)}){more}."


def _away(days: int) -> str:
    if days in (-1, 0, 1):
        return {-1: "yesterday", 0: "today", 1: "tomorrow"}[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def _stats(stats: Mapping[str, Any]) -> str:
    lines = [
        f"{stats['pending']} open, {stats['overdue']} overdue, {stats['due_today']} due today.",
        f"In the last {stats['period_days']} days: {stats['completed']} done, {stats['created']} added.",
    ]
    if stats["streak"]:
        lines.append(
            f"{count(stats['streak'], 'day')} in a row with something done; the best was {stats['best_streak']}."
        )
    return " ".join(lines)


def _lists(stats: Mapping[str, Any]) -> str:
    counts = [each for each in stats.get("projects") or () if each.get("project")]
    if not counts:
        return "There are no lists yet. One begins with its first task: “add milk to groceries”."
    lines = [
        f"- {escaped(str(each['project']))}: {each['pending']} open, {each['completed']} done"
        for each in counts[:SHOWN]
    ]
    rest = len(counts) - len(lines)
    return "Your lists:\n" + "\n".join(lines) + (f"\n\n…and {rest} more." if rest > 0 else "")


def _tags(stats: Mapping[str, Any]) -> str:
    tags = stats.get("tags") or {}
    if not tags:
        return "No open task has a tag yet. Try “add call mom #family”."
    return "Your tags:\n" + "\n".join(f"- \\#{escaped(str(tag))}: {number} open" for tag, number in tags.items())


_EACH: Final[Mapping[str, Callable[[Mapping[str, Any], dt.date], str]]] = {
    "details": _whole,
    "when": _when,
    "next": lambda task, _: f"Next: {detailed(task)}.",
}
_COUNTS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "stats": _stats,
    "lists": _lists,
    "tags": _tags,
    "plan": _plan,
}
