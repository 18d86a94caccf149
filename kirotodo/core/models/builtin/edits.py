"""What the built-in model does about a wish to change the list: which calls, and what it says of their results."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from kirotodo.core.language.intents.matching import thing_done
from kirotodo.core.language.types import (
    Add,
    Clear,
    Complete,
    Delete,
    DeleteList,
    Redo,
    Scope,
    Target,
    Undo,
    Update,
)
from kirotodo.core.models.builtin.memory import QUESTIONS, Asked, ListItem, Memory, ids_of
from kirotodo.core.models.builtin.replies import bullets, count, dated, detailed, escaped, named, several, trouble
from kirotodo.core.models.builtin.targets import PAGE, Search, Unclear, Work, by_clock, find, listed, tasks_in, total_of
from kirotodo.core.models.model import ToolCall, ToolOutcome
from kirotodo.core.tools.task_fields import fields_of

_UNDATED: Final = frozenset({"due_date", "due_time", "due"})


def add(actions: Sequence[Add]) -> Work[str]:
    """Add each task with a call of its own, all in one step."""
    outcomes = yield tuple(ToolCall(tool="add_task", arguments=_plain(fields_of(action))) for action in actions)
    added = [task for outcome in outcomes if trouble(outcome) is None for task in tasks_in(outcome)]
    problems = [problem for outcome in outcomes if (problem := trouble(outcome)) is not None]
    said = [f"Added {detailed(added[0])}."] if len(added) == 1 else []
    if len(added) > 1:
        said = [f"Added {count(len(added))}:\n{bullets(added, total=len(added))}"]
    return "\n\n".join([*said, *problems])


def add_unless_there(target: Target, actions: Sequence[Add], memory: Memory) -> Work[str]:
    """Add what is not there yet: "Is milk on my list? If not, add it"."""
    found = yield from find(target, Search(asked="show", several=True), memory)
    if isinstance(found, Unclear):
        return (yield from add(actions))
    return f"It is there already:\n{bullets(found.tasks)}"


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def complete(action: Complete, memory: Memory) -> Work[str]:
    """Mark the tasks meant as done, or open them again."""
    asked: Asked = "complete" if action.completed else "reopen"
    search = Search(asked=asked, status="pending" if action.completed else "completed")
    extra = {} if action.completed else {"completed": False}
    if action.completed and (thing := thing_done(action.target.words or "")):
        return (yield from _told_done(action.target, thing, search, memory))
    return (yield from _change("complete_task", action.target, search, extra, memory))


def _told_done(target: Target, thing: str, search: Search, memory: Memory) -> Work[str]:
    """ "I bought the groceries": the task "buy groceries", or else the one that is called "groceries"."""
    found = yield from find(target, search, memory)
    if isinstance(found, Unclear):
        alone = yield from find(replace(target, words=thing), search, memory)
        if isinstance(alone, Unclear):
            return found.text if _asks(found) or not _asks(alone) else alone.text
        found = alone
    (outcome,) = yield (_call("complete_task", found.ids[:PAGE], {}),)
    return told(outcome) + _left(found.more)


def update(action: Update, memory: Memory) -> Work[str]:
    """Change the tasks meant."""
    changes = changes_of(action)
    if not changes:
        return "What should change about it? A new title, a date, a time, a priority, a list or a tag."
    if action.title and (name := _list_named(action.target)):
        moved = yield from _renamed_list(name, action.title)
        if moved is not None:
            return moved
    if action.shift_days or action.shift_minutes:
        return (yield from _shifted(action.target, changes, memory))
    return (yield from _change("update_task", action.target, Search(asked="change"), changes, memory))


def _shifted(target: Target, changes: Mapping[str, Any], memory: Memory) -> Work[str]:
    """Of several tasks, those without a date are left without one."""
    found = yield from find(target, Search(asked="change"), memory)
    if isinstance(found, Unclear):
        return found.text
    tasks: Sequence[ListItem] = found.tasks[:PAGE]
    if len(tasks) > 1 and not (target.everything or target.words):
        outcomes = yield tuple(ToolCall(tool="get_task", arguments={"task_id": each["id"]}) for each in tasks)
        tasks = [outcome.result.get("task") or task for outcome, task in zip(outcomes, tasks, strict=True)]
    moved = [task["id"] for task in tasks if len(tasks) == 1 or task.get("due")]
    if not moved:
        return "None of them has a date to move."
    (outcome,) = yield (_call("update_task", moved, changes),)
    if (rest := len(tasks) - len(moved)) == 0 or trouble(outcome) is not None:
        return told(outcome) + _left(found.more)
    stay = "stays as it is" if rest == 1 else "stay as they are"
    return f"{told(outcome)}\n\n{count(rest)} without a date {stay}." + _left(found.more)


def delete(action: Delete, memory: Memory) -> Work[str]:
    """Delete the tasks meant, open ones before done ones."""
    status = action.target.scope.status or "pending"
    found = yield from find(action.target, Search(asked="delete", status=status), memory)
    if isinstance(found, Unclear) and action.target.words and status == "pending" and not _asks(found):
        done = yield from find(action.target, Search(asked="delete", status="completed"), memory)
        found = found if isinstance(done, Unclear) and not _asks(done) else done
    if isinstance(found, Unclear):
        return found.text
    (outcome,) = yield (_call("delete_task", found.ids[:PAGE], {}),)
    return told(outcome) + _left(found.more)


def clear(action: Clear | DeleteList) -> Work[str]:
    """Delete everything in a scope or on a list."""
    if isinstance(action, DeleteList):
        if not action.name:
            return "Which list should go? Say for example “delete the groceries list”."
        scope = Scope(project=action.name)
    else:
        scope = action.scope
    (outcome,) = yield (listed(scope, "pending", limit=PAGE),)
    problem = trouble(outcome)
    if problem:
        return problem
    tasks = tasks_in(outcome, scope)
    if not tasks:
        return "There is nothing on it." if scope.project else "There is nothing to clear."
    more = 0 if by_clock(scope) else max(0, total_of(outcome) - len(tasks))
    (outcome,) = yield (_call("delete_task", [task["id"] for task in tasks], {}),)
    return told(outcome) + _left(more)


def undo(action: Undo | Redo) -> Work[str]:
    """Take changes back, or make them again."""
    arguments = {"redo": True} if isinstance(action, Redo) else ({"turns": action.turns} if action.turns > 1 else {})
    (outcome,) = yield (ToolCall(tool="undo", arguments=arguments),)
    return told(outcome)


def instead(target: Target, memory: Memory) -> Work[str]:
    """Take the last change back and do it to another task."""
    last = next((turn for turn in reversed(memory.turns) if turn.effects), None)
    if last is None or len(last.effects) != 1 or last.effects[0][0].tool == "add_task":
        return "I am not sure what to take back. Say “undo”, and then what to do instead."
    call, _ = last.effects[0]
    rest = {name: value for name, value in call.arguments.items() if name not in ("task_id", "task_ids")}
    search = Search(asked=asked_by(call.tool, rest), status="all", exact=True)
    found = yield from find(target, search, memory)
    if isinstance(found, Unclear):
        return found.text
    if tuple(found.ids) == memory.acted:
        return f"That is the one: #{found.ids[0]}. Nothing was changed."
    (undone,) = yield (ToolCall(tool="undo", arguments={}),)
    if trouble(undone) is None and not _touched(undone) & set(memory.acted):
        (_,) = yield (ToolCall(tool="undo", arguments={"redo": True}),)
        return "The list was changed since, so I left it as it is. Say in full what to do."
    (redone,) = yield (_call(call.tool, found.ids, rest),)
    said = [told(undone), told(redone)]
    return ("\n\n" if any("\n" in each for each in said) else " ").join(said)


def _touched(undone: ToolOutcome) -> set[int]:
    """The tasks that an undo was about."""
    return {task["id"] for task in tasks_in(undone)} | set(undone.result.get("removed") or ())


def asked_by(tool: str, arguments: Mapping[str, Any]) -> Asked:
    """Return how a question about this tool's target is asked."""
    if tool == "complete_task":
        return "complete" if arguments.get("completed", True) else "reopen"
    return "delete" if tool == "delete_task" else "change"


def changes_of(action: Update) -> dict[str, Any]:
    """Return the fields of an `update_task` call."""
    when, rule = action.when, action.recurrence
    changes: dict[str, Any] = {
        "title": action.title,
        "due": when.date.isoformat() if when and not action.time_only else None,
        "time": when.time.isoformat("minutes") if when and when.time else None,
        "recurrence": rule.rule if rule else None,
        "recurs_from": rule.recurs_from if rule and rule.recurs_from != "schedule" else None,
        "priority": action.priority,
        "project": action.project,
        "add_tags": list(action.add_tags),
        "remove_tags": list(action.remove_tags),
        "notes": action.notes,
        "remind": action.remind,
        "clear": sorted(action.clear),
    }
    if action.shift_days:
        changes["due"] = f"{action.shift_days:+d} days"
    elif action.shift_minutes:
        changes["due"] = f"{action.shift_minutes:+d} minutes"
    return {name: value for name, value in changes.items() if value}


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
            return several("Opened", tasks, number, rest=" again")
        case "updated":
            return _updated(result, tasks, number)
        case "undone" | "redone":
            return _undone(result, tasks)
        case _:
            return ""


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
            return f"{named(tasks[0])} has no due date now."
        was = f" (it was {before['due']})" if before.get("due") else ""
        return f"Moved {dated(tasks[0])}{was}."
    return f"Changed {named(tasks[0])}: {'; '.join(_said(name, after[name]) for name in after if name in _SPOKEN)}."


_GONE: Final[Mapping[str, str]] = {"due": "no due date", "repeats": "repeats no more"}
_SPOKEN: Final[Mapping[str, str]] = {
    "title": "title",
    "notes": "notes",
    "priority": "priority",
    "due": "due",
    "repeats": "repeats",
    "reminder": "reminder",
    "project": "list",
    "tags": "tags",
}


def _said(name: str, value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(f"\\#{tag}" if tag else tag for tag in map(escaped, map(str, value)))
    elif value is not None:
        value = f"“{escaped(str(value))}”" if name == "notes" else escaped(str(value))
    if not value or value == "none":
        return _GONE.get(name, f"no {_SPOKEN[name]}")
    return f"{_SPOKEN[name]} {value}"


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
    said += [escaped(str(sentence)) for sentence in result.get("skipped") or ()]
    return "\n\n".join(said) if len(tasks) > 1 else " ".join(said) or "Nothing had to be put back."


def _list_named(target: Target) -> str | None:
    """The list that "the shopping list" names."""
    if target.everything and target.scope.project:
        return target.scope.project
    words = (target.words or "").strip()
    return words[: -len(" list")].strip() or None if words.casefold().endswith(" list") else None


def _renamed_list(name: str, title: str) -> Work[str | None]:
    """Give every open task of a list another one; None where there is no such list."""
    (outcome,) = yield (listed(Scope(project=name), "pending", limit=PAGE),)
    tasks = tasks_in(outcome)
    if not tasks:
        return None
    more = max(0, total_of(outcome) - len(tasks))
    (outcome,) = yield (_call("update_task", [task["id"] for task in tasks], {"project": title}),)
    return trouble(outcome) or f"Moved {count(len(tasks))} from {escaped(name)} to {escaped(title)}." + _left(more)


def _change(tool: str, target: Target, search: Search, fields: Mapping[str, Any], memory: Memory) -> Work[str]:
    found = yield from find(target, search, memory)
    if isinstance(found, Unclear):
        return found.text
    (outcome,) = yield (_call(tool, found.ids[:PAGE], fields),)
    return told(outcome) + _left(found.more)


def _call(tool: str, ids: Sequence[int], fields: Mapping[str, Any]) -> ToolCall:
    which = {"task_id": ids[0]} if len(ids) == 1 else {"task_ids": list(ids)}
    return ToolCall(tool=tool, arguments={**which, **fields})


def _asks(unclear: Unclear) -> bool:
    return unclear.text.endswith(tuple(QUESTIONS.values()))


def _left(more: int) -> str:
    return f"\n\n{count(more)} more {'is' if more == 1 else 'are'} left; say it again for those." if more else ""
