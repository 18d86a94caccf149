"""iCalendar: the VTODO components of a calendar file."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kirotodo.client.commands.formats import Rows
from kirotodo.client.commands.interchange.base import Format, unused
from kirotodo.core.domain.rule import EXCEPT_MAX
from kirotodo.core.domain.task import Priority, Task
from kirotodo.core.errors import InvalidInput

_USED: Final = frozenset((
    "SUMMARY", "DESCRIPTION", "DUE", "DTSTART", "DURATION", "PRIORITY", "STATUS", "COMPLETED", "CREATED",
    "CATEGORIES", "RRULE", "UID", "RELATED-TO", "PERCENT-COMPLETE", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE",
    "X-KIROTODO-PROJECT", "X-KIROTODO-CREATED",
))  # fmt: skip


def fits(text: str) -> bool:
    """Return whether the text is a calendar."""
    return text.lstrip("\ufeff \r\n").upper().startswith(("BEGIN:VCALENDAR", "BEGIN:VTODO"))


def read(text: str) -> Rows:
    """Return the fields of each VTODO; events and what else a calendar holds is left out by name."""
    parts = _components(_unfolded_ends(text))
    todos = [part for part in parts if part.name == "VTODO"]
    numbers = {str(todo.get("UID")): place for place, todo in enumerate(todos, start=1) if todo.get("UID")}
    events = sum(part.name == "VEVENT" for part in parts)
    skipped = (f"Skipped: {events} events, which are no tasks.",) if events else ()
    rows: list[tuple[str, object]] = []
    for place, todo in enumerate(todos, start=1):
        rows.append((f"Task {place}", _fields(todo, place, numbers)))
    if not rows and not events:
        raise InvalidInput("There are no tasks (VTODO) in this calendar.")
    names = (str(name) for todo in todos for name in todo if str(name).upper() not in _USED)
    return Rows(numbered=_parents_first(rows), remarks=(*skipped, *unused(names)))


_TODO: Final = re.compile(r"^BEGIN:VTODO[ \t]*\n(.*?)^END:VTODO[ \t]*$", re.DOTALL | re.MULTILINE | re.IGNORECASE)
_LINE: Final = re.compile(r"^(SUMMARY|DUE|UID)(?:;[^:\n]*)?:(.*)$", re.MULTILINE | re.IGNORECASE)


def _unfolded_ends(text: str) -> str:
    text = text.lstrip("\ufeff \r\n").replace("\r\n", "\n").replace("\r", "\n")
    return f"BEGIN:VCALENDAR\n{text}\nEND:VCALENDAR\n" if text.upper().startswith("BEGIN:VTODO") else text


def _components(text: str) -> list[Any]:
    """Return everything in the calendars of a text. Where that can't be read as a whole, each task is read by itself:
    one bad line must not cost the others."""
    from icalendar import Calendar

    try:
        calendars: list[Any] = list(Calendar.from_ical(text, multiple=True))
    except Exception as error:  # the library raises whatever a value of the file makes it stumble on
        found = [_alone(body[1]) for body in _TODO.finditer(text)]
        if not found:
            raise InvalidInput(f"This calendar can't be read: {str(error)[:200]}.") from None
        return found
    return [part for calendar in calendars for part in calendar.walk()]


def _alone(body: str) -> Any:
    from icalendar import Calendar, Todo

    try:
        (calendar,) = Calendar.from_ical(
            f"BEGIN:VCALENDAR\nBEGIN:VTODO\n{body}END:VTODO\nEND:VCALENDAR\n", multiple=True
        )
        return next(part for part in calendar.walk() if part.name == "VTODO")
    except Exception:  # as above; what little can be kept is kept, and its date makes it a bad row
        todo = Todo()
        for name, value in _LINE.findall(body):
            todo[name.upper()] = value.strip() or "?"
        return todo


def _parents_first(rows: list[tuple[str, object]]) -> tuple[tuple[str, object], ...]:
    """Return rows with each parent before its steps, as an import wants them. A parent that is nowhere is none."""
    waiting, ordered = list(rows), list[tuple[str, object]]()
    done: set[Any] = set()
    known = {fields["id"] for _, fields in rows if isinstance(fields, dict)}
    while waiting:
        ready = [row for row in waiting if _parent(row, known) in (None, *done)]
        if not ready:  # in a circle
            ready = [(where, {**fields, "parent_id": None}) for where, fields in waiting if isinstance(fields, dict)]
            waiting = []
        ordered += ready
        done |= {fields["id"] for _, fields in ready if isinstance(fields, dict)}
        waiting = [row for row in waiting if row not in ready]
    return tuple(ordered)


def _parent(row: tuple[str, object], known: set[Any]) -> Any:
    fields = row[1]
    parent = fields.get("parent_id") if isinstance(fields, dict) else None
    return parent if parent in known else None


def _fields(todo: Any, place: int, numbers: Mapping[str, int]) -> dict[str, Any]:
    try:
        return _read(todo, place, numbers)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        # One bad property must not cost the others: the title is kept, and the row fails where it has none.
        return {"title": _text(todo, "SUMMARY"), "id": place, "due_date": _raw(todo, "DUE")}


def _read(todo: Any, place: int, numbers: Mapping[str, int]) -> dict[str, Any]:
    start, due = _moment(todo, "DTSTART"), _moment(todo, "DUE")
    length = todo.get("DURATION")
    if due is None and start is not None and length is not None and hasattr(length, "dt"):
        due, start = (start + length.dt), None
    status, done = _text(todo, "STATUS").upper(), _moment(todo, "COMPLETED")
    parent = todo.get("RELATED-TO")
    parent = parent[0] if isinstance(parent, list) and parent else parent
    alarm = next((each.get("TRIGGER") for each in todo.subcomponents if each.name == "VALARM"), None)
    return {
        "id": place,
        "parent_id": numbers.get(str(parent)) if parent is not None else None,
        "title": _text(todo, "SUMMARY"),
        "notes": _text(todo, "DESCRIPTION"),
        "priority": _priority(_text(todo, "PRIORITY")),
        "due_date": _shown(due),
        "start_date": None if start is None else str(start)[:10],
        "recurrence": _rule(todo),
        "remind_at": alarm.to_ical().decode() if alarm is not None and due is not None and _is_before(alarm) else None,
        "project": _text(todo, "X-KIROTODO-PROJECT") or None,
        "tags": _categories(todo),
        "created_at": _text(todo, "X-KIROTODO-CREATED") or _shown(_moment(todo, "CREATED")),
        "completed_at": _shown(done) or ("x" if status == "COMPLETED" else None),
    }


def _rule(todo: Any) -> str | None:
    """Return the rule with the days that EXDATE leaves out of it."""
    rule, left_out = todo.get("RRULE"), todo.get("EXDATE") or ()
    if rule is None:
        return None
    lists = left_out if isinstance(left_out, list | tuple) else (left_out,)
    days = sorted({f"{each.dt:%Y%m%d}" for dates in lists for each in dates.dts})
    text: str = (rule[0] if isinstance(rule, list) else rule).to_ical().decode()
    return f"{text};EXDATE={','.join(days[-EXCEPT_MAX:])}" if days else text


def _is_before(alarm: Any) -> bool:
    return isinstance(getattr(alarm, "dt", None), dt.timedelta)


def _raw(todo: Any, name: str) -> str:
    value = todo.get(name)
    return "" if value is None else str(getattr(value, "dt", value))


def _text(todo: Any, name: str) -> str:
    value = todo.get(name)
    value = value[0] if isinstance(value, list) and value else value
    return "" if value is None else str(value)


def _moment(todo: Any, name: str) -> Any:
    value = todo.get(name)
    value = value[0] if isinstance(value, list) and value else value
    if value is None:
        return None
    moment = getattr(value, "dt", None)
    if not isinstance(moment, dt.date):
        raise ValueError(f"{name} is no date.")
    return moment


def _shown(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()


def _priority(number: str) -> Priority:
    value = int(number) if number.isdigit() else 0
    return "none" if value == 0 else "high" if value < 5 else "medium" if value == 5 else "low"


def _categories(todo: Any) -> list[str]:
    found = todo.get("CATEGORIES") or []
    each = found if isinstance(found, list) else [found]
    return [str(name) for some in each for name in getattr(some, "cats", [some]) if str(name).strip()]


def write(tasks: Sequence[Task]) -> str:
    """Return a calendar of VTODOs."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//kirotodo//kirotodo//EN")
    calendar.add("version", "2.0")
    for task in tasks:
        calendar.add_component(_todo(task))
    written: bytes = calendar.to_ical()
    return written.decode()


def _todo(task: Task) -> Any:
    from kirotodo.protocols.calendars.vtodo import todo_of

    parent_uid = None if task.parent_id is None else _uid(task.parent_id)
    todo = todo_of(task, uid=_uid(task.id), parent_uid=parent_uid)
    todo.add("x-kirotodo-created", task.created_at.isoformat())
    if task.project:
        todo.add("x-kirotodo-project", task.project)
    return todo


def _uid(task_id: int) -> str:
    return f"kirotodo-{task_id}"


ICS: Final = Format(
    name="ics",
    fits=fits,
    read=read,
    suffixes=("ics", "ical", "ifb"),
    write=write,
    lost=frozenset({"remind_at", "duration", "series", "previous_id", "recurs_from"}),
)
