"""Tool calls as text: arguments and results on one line, and the details. No widget here."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from kirotodo.client.tui.entries import Call
from kirotodo.client.tui.plain import one_line
from kirotodo.core.domain.conversation import CallStatus

GLYPHS: Final[Mapping[CallStatus, str]] = {
    "pending": "…",
    "awaiting_approval": "?",
    "succeeded": "✓",
    "failed": "✗",
    "denied": "–",
    "cancelled": "■",
}
SHOWN: Final = 20
SHORT: Final = 24
"""The longest result in a word; what a server sends as an id may be anything."""
_IN_WORDS: Final[Mapping[str, tuple[str, ...]]] = {"due": ("due_date", "due_time"), "repeats": ("recurrence",)}
"""Where a result says a thing in words, the bare values need not stand beside it."""
_BETTER: Final = {"due": "due", "due_date": "due", "time": "due", "due_time": "due", "recurrence": "repeats"}
"""Arguments, and under which name a result says the same in words."""
_PAGING: Final = ("limit", "cursor", "sort")
"""Arguments that tell nobody anything on one line; unfolded they are all there."""
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], ())


def short_arguments(call: Call) -> str:
    """Return the arguments on one line, the most important first."""
    rest = dict(call.arguments)
    words = []
    ids = _ids(rest)
    if ids and ids != short_result(call):
        words.append(ids)
    title = rest.pop("title", None)
    if title is None and isinstance(call.result, Mapping) and len(_id_list(call.arguments)) == 1:
        title = call.result.get("title")
    if title:
        words.append(one_line(str(title)))
    words += [f"{name} {value}" for name, value in _in_words(rest, call.result) if name not in _PAGING]
    return one_line(" · ".join(words))


def _in_words(arguments: Mapping[str, Any], result: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield the arguments worth showing, in the words of the result where it has better ones."""
    better = {name: result[name] for name in _BETTER.values() if result and isinstance(result.get(name), str)}
    used = set()
    for argument, value in arguments.items():
        name = _BETTER.get(argument, argument)
        if value in _EMPTY or name in used:
            continue
        if name in better:
            used.add(name)
            yield name, one_line(better[name])
        else:
            yield argument, _value(value)


def _ids(rest: dict[str, Any]) -> str:
    ids = _id_list(rest)
    rest.pop("task_id", None)
    rest.pop("task_ids", None)
    return " ".join(f"#{one_line(str(id))}" for id in ids[:SHOWN])


def _id_list(values: Mapping[str, Any]) -> list[Any]:
    ids = values.get("task_ids") or values.get("task_id") or []
    return list(ids) if isinstance(ids, list | tuple) else [ids]


def short_result(call: Call) -> str:
    """Return the result in a word or two: an id, a count, or nothing yet."""
    result = call.result
    if not isinstance(result, Mapping) or "error" in result:
        return ""
    ids = _id_list(result)
    if ids:
        return f"#{one_line(str(ids[0]))}"[:SHORT] if len(ids) == 1 else f"{len(ids)} tasks"
    total = result.get("total", result.get("count"))
    if isinstance(total, int):
        return f"{total} task{'' if total == 1 else 's'}"
    return ""


def error_of(call: Call) -> str:
    """Return why the call failed, or nothing."""
    result = call.result
    return one_line(str(result["error"])) if isinstance(result, Mapping) and "error" in result else ""


def details(call: Call) -> Iterator[tuple[str, str]]:
    """Yield pairs of a name and a value: arguments, then before → after, then the tasks."""
    for name, value in call.arguments.items():
        yield one_line(str(name)), _value(value)
    result = call.result
    if not isinstance(result, Mapping):
        return
    if "error" in result:
        yield "error", error_of(call)
    if isinstance(result.get("before"), Mapping) and isinstance(result.get("after"), Mapping):
        yield from _differences(result["before"], result["after"], "")
        return
    for task in list(result.get("tasks") or ())[:SHOWN]:
        if isinstance(task, Mapping):
            yield from _task(task)
    for sentence in result.get("skipped") or ():
        yield "left alone", one_line(str(sentence))


def _task(task: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    mark = f"#{one_line(str(task.get('id', '')))}"
    due = f" · {one_line(str(task['due']))}" if task.get("due") else ""
    yield mark, one_line(str(task.get("title", ""))) + due
    if isinstance(task.get("before"), Mapping) and isinstance(task.get("after"), Mapping):
        yield from _differences(task["before"], task["after"], mark)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], mark: str) -> Iterator[tuple[str, str]]:
    hidden = {bare for words, bares in _IN_WORDS.items() if words in before or words in after for bare in bares}
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in hidden:
            yield f"{mark} {one_line(str(name))}".strip(), f"{_value(before.get(name))} → {_value(after.get(name))}"


def _value(value: Any) -> str:
    if value in _EMPTY:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_value(part) for part in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{one_line(str(name))} {_value(part)}" for name, part in value.items())
    return one_line(str(value))
