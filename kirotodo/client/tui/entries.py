"""The entries of a conversation on screen, made from a stored page or from the events of a turn.

Tool calls are put into words here: arguments and results on one line, and the details. No widget here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Final, TypeAlias, assert_never

from kirotodo.core.domain.conversation import (
    Approval,
    CallStatus,
    Message,
    ToolCall,
    Transcript,
    Turn,
    TurnStatus,
    Usage,
)
from kirotodo.core.domain.task import Change
from kirotodo.core.events import (
    ApprovalAnswered,
    ApprovalRequested,
    FinalEvent,
    TasksChanged,
    TextDelta,
    ToolCallFinished,
    ToolCallStarted,
    TurnCancelled,
    TurnEvent,
    TurnFailed,
    TurnFinished,
    TurnStarted,
)
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.sanitize import sanitize_line

_CHANGING: Final = frozenset({"add_task", "complete_task", "update_task", "delete_task"})
"""Tools whose stored calls can be undone; events say so themselves."""
READING: Final = frozenset({"list_tasks", "get_task", "task_stats", "plan"})
"""Tools that change nothing."""
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
_VERBS: Final[Mapping[str, str]] = {
    "add_task": "added",
    "complete_task": "done",
    "update_task": "changed",
    "delete_task": "deleted",
    "list_tasks": "found",
    "get_task": "looked at",
    "task_stats": "counted",
    "plan": "planned",
    "move_tasks": "moved",
    "undo": "undone",
}
_USUAL: Final = (("recurs_from", "schedule"),)
"""Arguments that say what would be so without them."""
NAMED: Final = 3
"""Titles that a line names before it counts the others."""
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], ())


@dataclass(frozen=True, kw_only=True, slots=True)
class UserEntry:
    """A message of the user; `seq` is 0 until the backend has accepted it. `variants` are as those of `Message`."""

    key: str
    text: str
    seq: int = 0
    turn_id: str = ""
    variants: tuple[int, ...] = ()

    def variant(self, step: int) -> int | None:
        """Return the number of the variant so many steps away; None where there is none."""
        if self.seq not in self.variants:
            return None
        at = self.variants.index(self.seq) + step
        return self.variants[at] if 0 <= at < len(self.variants) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A tool call as its line shows it."""

    id: str
    tool: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None = None
    status: CallStatus = "pending"
    duration_ms: int = 0
    undoable: bool = False
    undone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The text of one run of the model."""

    step: int
    attempt: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerEntry:
    """The answer of a turn so far."""

    key: str
    turn_id: str
    status: TurnStatus = "running"
    steps: tuple[Step, ...] = ()
    response: str = ""
    calls: tuple[Call, ...] = ()
    approval: Approval | None = None
    error: str = ""
    retryable: bool = False
    model: str = ""
    usage: Usage = field(default_factory=Usage)

    @property
    def text(self) -> str:
        """Return the answer, or as much of it as has arrived."""
        return self.response or "".join(step.text for step in self.steps)

    @property
    def over(self) -> bool:
        """Return whether the turn has ended."""
        return self.status in ("finished", "failed", "cancelled")


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteEntry:
    """A line of the program itself. It is not stored, unless it has a `note_id`: then it stays until it is
    dismissed."""

    key: str
    text: str
    note_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingApproval:
    """A question of a turn that the user has not answered yet."""

    turn_id: str
    approval: Approval


Entry: TypeAlias = UserEntry | AnswerEntry | NoteEntry


def user_key(seq: int) -> str:
    """Return the key of the user's message with this number."""
    return f"user:{seq}"


def answer_key(turn_id: str) -> str:
    """Return the key of a turn's answer."""
    return f"answer:{turn_id}"


def entries_of(page: Transcript) -> list[Entry]:
    """Return the entries of a stored page: each message, and after it the answer of the turn that it began."""
    turns = {turn.id: turn for turn in page.turns}
    answers = {message.turn_id: message for message in page.messages if message.role == "assistant"}
    entries: list[Entry] = []
    for message in page.messages:
        if message.role == "user":
            entries.append(
                UserEntry(
                    key=user_key(message.seq),
                    text=message.content,
                    seq=message.seq,
                    turn_id=message.turn_id,
                    variants=message.variants,
                )
            )
            turn = turns.get(message.turn_id)
            if turn is not None and turn.message_seq == message.seq:
                entries.append(_answered(turn, answers.get(turn.id)))
        elif message.turn_id not in turns or not _begins_here(turns[message.turn_id], page):
            entries.append(_lone_answer(message, turns.get(message.turn_id)))
    return entries


def _begins_here(turn: Turn, page: Transcript) -> bool:
    return any(message.seq == turn.message_seq and message.role == "user" for message in page.messages)


def _lone_answer(message: Message, turn: Turn | None) -> AnswerEntry:
    """An answer whose question lies on the page before."""
    if turn is not None:
        return _answered(turn, message)
    return AnswerEntry(
        key=answer_key(message.turn_id), turn_id=message.turn_id, status="finished", response=message.content
    )


def _answered(turn: Turn, message: Message | None) -> AnswerEntry:
    over = turn.status in ("finished", "failed", "cancelled")
    response = message.content if message is not None else turn.response
    return AnswerEntry(
        key=answer_key(turn.id),
        turn_id=turn.id,
        status=turn.status,
        response=response if over else "",
        calls=tuple(_call(call) for call in turn.tool_calls) if over else (),
        error=turn.error or "",
        retryable=turn.status == "failed",
        model=turn.model,
        usage=turn.usage,
    )


def _call(call: ToolCall) -> Call:
    return Call(
        id=call.id,
        tool=call.tool,
        arguments=call.arguments,
        result=call.result,
        status=call.status,
        duration_ms=call.duration_ms,
        undoable=call.status == "succeeded" and call.tool in _CHANGING,
    )


def fold(entry: AnswerEntry, event: TurnEvent) -> AnswerEntry:
    """Return the answer after one more event of its turn."""
    match event:
        case TurnStarted():
            return replace(entry, model=event.model)
        case TextDelta():
            return replace(entry, steps=_with_delta(entry.steps, event))
        case ToolCallStarted():
            call = Call(id=event.call_id, tool=event.tool, arguments=event.arguments)
            return replace(entry, calls=(*(known for known in entry.calls if known.id != call.id), call))
        case ApprovalRequested():
            entry = replace(entry, status="awaiting_approval", approval=event.approval)
            return _with_call(entry, event.approval.call_id, status="awaiting_approval")
        case ApprovalAnswered():
            entry = replace(entry, status="running", approval=None)
            return _with_call(entry, event.call_id, status="denied" if event.decision == "no" else "pending")
        case ToolCallFinished():
            return _with_call(
                entry,
                event.call_id,
                status=event.status,
                result=event.result,
                duration_ms=event.duration_ms,
                undoable=event.undoable,
            )
        case TasksChanged():
            return entry
        case TurnFinished():
            return replace(_ended(entry, event), status="finished", response=event.response)
        case TurnFailed():
            return replace(_ended(entry, event), status="failed", error=event.message, retryable=event.retryable)
        case TurnCancelled():
            return replace(_ended(entry, event), status="cancelled", response=event.response)
        case _:
            assert_never(event)


def _ended(entry: AnswerEntry, event: FinalEvent) -> AnswerEntry:
    """Return the answer with what every end of a turn reports: the model and its usage, where known."""
    return replace(entry, model=event.model or entry.model, usage=event.usage, approval=None)


def _with_delta(steps: tuple[Step, ...], delta: TextDelta) -> tuple[Step, ...]:
    new = Step(step=delta.step, attempt=delta.attempt, text=delta.text)
    for index, known in enumerate(steps):
        if known.step != delta.step:
            continue
        if delta.attempt < known.attempt:
            return steps
        if delta.attempt == known.attempt:
            new = replace(known, text=known.text + delta.text)
        return (*steps[:index], new, *steps[index + 1 :])
    return (*steps, new)


def _with_call(entry: AnswerEntry, call_id: str, **values: Any) -> AnswerEntry:
    calls = tuple(replace(call, **values) if call.id == call_id else call for call in entry.calls)
    return replace(entry, calls=calls)


def undone(entry: AnswerEntry, call_id: str) -> AnswerEntry:
    """Return the answer with one call marked as undone."""
    return _with_call(entry, call_id, undone=True, undoable=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reverted:
    """What an undo or a redo came to: the tasks that it left on the list and took off it, and what it did to them,
    where that is known."""

    there: Collection[int] = ()
    gone: Collection[int] = ()
    changes: Sequence[Change] = ()


def with_undo_marked(entries: Sequence[Entry], what: Reverted, *, undone: bool) -> AnswerEntry | None:
    """Return the newest answer whose changes were reverted, or some of them, its calls marked as undone or as redone;
    None where what was reverted is no answer's, but an edit of the user's own."""
    for entry in reversed(entries):
        if not isinstance(entry, AnswerEntry) or not entry.over:
            continue
        marked = tuple(
            replace(call, undone=undone, undoable=not undone) if _is_reverted(call, what, undone=undone) else call
            for call in entry.calls
        )
        if marked != entry.calls:
            return replace(entry, calls=marked)
    return None


def _is_reverted(call: Call, what: Reverted, *, undone: bool) -> bool:
    changed = _id_list(call.result or {})
    if not (call.undoable if undone else call.undone) or not changed:
        return False
    taken_off = call.tool == ("add_task" if undone else "delete_task")
    if not all(id in (what.gone if taken_off else what.there) for id in changed):
        return False
    return taken_off or not what.changes or {_kind_of_change(what.changes, id) for id in changed} == {_kind(call)}


def _kind(call: Call) -> str:
    kinds = {"add_task": "put back", "delete_task": "put back", "complete_task": "completion"}
    return kinds.get(call.tool, "fields")


def _kind_of_change(changes: Sequence[Change], task_id: int) -> str:
    for change in changes:
        if change.task_id == task_id:
            if change.before is None or change.after is None:
                return "put back"
            return "completion" if change.before.completed != change.after.completed else "fields"
    return ""


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
        words.append(sanitize_line(str(title)))
    words += [f"{name} {value}" for name, value in _in_words(rest, call.result) if name not in _PAGING]
    return sanitize_line(" · ".join(words))


def _in_words(arguments: Mapping[str, Any], result: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield the arguments worth showing, in the words of the result where it has better ones."""
    better = {name: result[name] for name in _BETTER.values() if result and isinstance(result.get(name), str)}
    used = set()
    for argument, value in arguments.items():
        name = _BETTER.get(argument, argument)
        if value in _EMPTY or name in used or (argument, value) in _USUAL:
            continue
        if name in better:
            used.add(name)
            yield name, sanitize_line(better[name])
        else:
            yield argument.replace("_", " "), _value(value)


def _ids(rest: dict[str, Any]) -> str:
    ids = _id_list(rest)
    rest.pop("task_id", None)
    rest.pop("task_ids", None)
    return " ".join(f"#{sanitize_line(str(id))}" for id in ids[:SHOWN])


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
        return f"#{sanitize_line(str(ids[0]))}"[:SHORT] if len(ids) == 1 else f"{len(ids)} tasks"
    total = result.get("total", result.get("count"))
    if isinstance(total, int):
        return f"{total} task{'' if total == 1 else 's'}"
    return ""


def verb_of(call: Call) -> str:
    """Return what a call did in a word; the name of the tool where there is no such word."""
    result = call.result or {}
    if call.tool == "complete_task" and call.arguments.get("completed") is False:
        return "reopened"
    if call.tool == "undo" and result.get("status") == "redone":
        return "redone"
    return _VERBS.get(call.tool) or sanitize_line(call.tool)


def in_words(call: Call) -> str:
    """Return what a call was about: the titles of its tasks and what changed in them, without their numbers."""
    result = call.result
    if not isinstance(result, Mapping):
        return _without_numbers(call)
    before, after = result.get("before"), result.get("after")
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        changes = [f"{name} {value}" for name, value in _differences(before, after, "")]
        return sanitize_line(" · ".join([str(result.get("title", "")), *changes]).strip(" ·"))
    if call.tool == "list_tasks":
        arguments = {name: value for name, value in call.arguments.items() if (name, value) != ("status", "pending")}
        asked = [f"{name} {value}" for name, value in _in_words(arguments, result) if name not in _PAGING]
        return sanitize_line(" · ".join([short_result(call) or "nothing", *asked]))
    named = [str(task.get("title", "")) for task in result.get("tasks") or () if isinstance(task, Mapping)]
    if len(named) > 1:
        more = _number(result.get("count")) - NAMED
        return sanitize_line(", ".join(named[:NAMED]) + (f" and {more} more" if more > 0 else ""))
    return _without_numbers(call)


def _without_numbers(call: Call) -> str:
    arguments = {
        name: value
        for name, value in call.arguments.items()
        if name not in ("task_id", "task_ids", "moves", "completed")
    }
    title = (call.result or {}).get("title") or next(
        (task.get("title") for task in (call.result or {}).get("tasks") or () if isinstance(task, Mapping)), None
    )
    if not title and (moves := call.arguments.get("moves")):
        return f"{len(moves)} task{'' if len(moves) == 1 else 's'}"
    return short_arguments(replace(call, arguments={**({"title": title} if title else {}), **arguments}))


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def technical(call: Call) -> str:
    """Return the name of the tool, what it returned in a word or two, and how long it took."""
    took = f"{call.duration_ms} ms" if call.status in ("succeeded", "failed") else ""
    return " · ".join(part for part in (call.tool, short_result(call), took) if part)


def error_of(call: Call) -> str:
    """Return why the call failed, or nothing."""
    result = call.result
    return sanitize_line(str(result["error"])) if isinstance(result, Mapping) and "error" in result else ""


def details(call: Call) -> Iterator[tuple[str, str]]:
    """Yield pairs of a name and a value: arguments, then before → after, then the tasks."""
    for name, value in call.arguments.items():
        yield sanitize_line(str(name)), _value(value)
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
        yield "left alone", sanitize_line(str(sentence))


def _task(task: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    mark = f"#{sanitize_line(str(task.get('id', '')))}"
    due = f" · {sanitize_line(str(task['due']))}" if task.get("due") else ""
    yield mark, sanitize_line(str(task.get("title", ""))) + due
    if isinstance(task.get("before"), Mapping) and isinstance(task.get("after"), Mapping):
        yield from _differences(task["before"], task["after"], mark)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], mark: str) -> Iterator[tuple[str, str]]:
    hidden = {bare for words, bares in _IN_WORDS.items() if words in before or words in after for bare in bares}
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in hidden:
            yield (
                f"{mark} {sanitize_line(str(name))}".strip(),
                f"{_value(before.get(name))} → {_value(after.get(name))}",
            )


def _value(value: Any) -> str:
    if value in _EMPTY:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_value(part) for part in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{sanitize_line(str(name))} {_value(part)}" for name, part in value.items())
    return sanitize_line(str(value))
