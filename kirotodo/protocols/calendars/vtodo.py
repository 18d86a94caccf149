"""Tasks as VTODO: read, written, and merged into what a program stored before.

A program gets its own text back, whatever is in it, with those properties changed that a task has changed since. So
nothing is lost that a task cannot hold: an alarm too many, a longer title, a rule that isn't known here.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from kirotodo.core.domain.calendar import CalendarObject
from kirotodo.core.domain.rule import EXCEPT_MAX, read_rule, without_exceptions
from kirotodo.core.domain.task import NAME_MAX, NOTES_MAX, TITLE_MAX, Priority, Task
from kirotodo.core.errors import InvalidInput
from kirotodo.core.timezones import known_zone
from kirotodo.protocols.calendars.content_lines import (
    Component,
    Property,
    legal,
    name_of,
    parse,
    read_property,
    texts_of,
)

PRODUCT: Final = "-//kirotodo//kirotodo//EN"
UNTITLED: Final = "Untitled"
TAGS_MAX: Final = 20
DURATION_MAX: Final = 43_200
PRIORITY_NUMBERS: Final[dict[Priority, int]] = {"high": 1, "medium": 5, "low": 9}
ESTIMATE: Final = "ESTIMATED-DURATION"
_NO_TODO: Final = "This isn't a task: a calendar object here holds one VTODO with a UID."
_DONE: Final = ("COMPLETED", "CANCELLED")
_UNTIL: Final = re.compile(r"(UNTIL=\d{8})(?!T)")
"""The end of a rule, which has to be a moment where the task is due at one (RFC 5545, 3.3.10)."""
_MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Todo:
    """What a VTODO says, as far as a task can hold it."""

    uid: str
    title: str
    notes: str = ""
    priority: Priority = "none"
    due_date: dt.date | None = None
    due_time: dt.time | None = None
    start_date: dt.date | None = None
    duration: int | None = None
    recurrence: str | None = None
    remind_at: dt.datetime | None = None
    remind_before: int | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    parent_uid: str | None = None
    completed: bool = False
    completed_at: dt.datetime | None = None


class NotTodo(InvalidInput):
    """A calendar object that is something else, such as an event."""


def read(text: str, zone: ZoneInfo) -> Todo:
    """Return what the VTODO of a calendar says; times are put on the clock of `zone`. Raises `InvalidInput`."""
    calendar = parse(text)
    others = [child.name for child in calendar.children if child.name not in ("VTODO", "VTIMEZONE")]
    todos = list(calendar.within("VTODO"))
    if not todos:
        raise NotTodo(_NO_TODO) if others else InvalidInput(_NO_TODO)
    uids = {_text(todo, "UID") for todo in todos}
    if len(uids) != 1 or uids == {""}:
        raise InvalidInput(_NO_TODO)
    return Reader(calendar, zone).todo(_master(todos), todos)


def _master(todos: list[Component]) -> Component:
    return next((todo for todo in todos if todo.first("RECURRENCE-ID") is None), todos[0])


class Reader:
    """Reads the values of one calendar, which may define its own time zones."""

    def __init__(self, calendar: Component, zone: ZoneInfo) -> None:
        self._calendar = calendar
        self._zone = zone

    def todo(self, todo: Component, all_todos: list[Component]) -> Todo:
        """Return what a VTODO says."""
        start, due = self.moment(todo, "DTSTART"), self.moment(todo, "DUE")
        length = self.length(todo, "DURATION")
        if due is None and start is not None and length is not None:
            due, start = _later(start, length), None
        rule = _rule(todo)
        if due is None and rule is not None:
            start, due = None, start
        if rule is not None and due is not None:
            rule = self._with_exceptions(rule, todo, after=_midnight(due).date())
        start_date, due_date = _date(start), _date(due)
        if start_date is not None and due_date is not None and start_date >= due_date:
            start_date = None  # many programs let a task begin when it is due
        remind_at, remind_before = self._reminder(todo, start, due)
        names = _categories(todo)
        project = next((name for name in map(_project, names) if name), None)
        completed = _is_done(todo) or self._is_occurrence_done(all_todos, due or start)
        done_at = self.moment(todo, "COMPLETED") if completed else None
        estimate = self.length(todo, ESTIMATE)
        return Todo(
            uid=_text(todo, "UID"),
            title=_title(_text(todo, "SUMMARY")),
            notes=_cut(_text(todo, "DESCRIPTION").strip(), NOTES_MAX),
            priority=_priority(_text(todo, "PRIORITY")),
            due_date=due_date,
            due_time=due.time().replace(second=0, microsecond=0) if isinstance(due, dt.datetime) else None,
            start_date=start_date,
            duration=None if estimate is None else _minutes(estimate),
            recurrence=rule,
            remind_at=remind_at,
            remind_before=remind_before,
            project=project,
            tags=tuple(_tags(names)),
            parent_uid=_parent(todo),
            completed=completed,
            completed_at=self.instant(done_at),
        )

    def _with_exceptions(self, rule: str, todo: Component, *, after: dt.date) -> str:
        """Return a rule with the days that EXDATE leaves out of it, as far as they are still to come."""
        named = [found for line in todo.all("EXDATE") if (found := read_property(line)) is not None]
        moments = [self.value(replace(found, value=each)) for found in named for each in found.value.split(",")]
        days = sorted({day for moment in moments if (day := _date(moment)) is not None and day > after})
        return str(replace(read_rule(rule), exdate=tuple(days[:EXCEPT_MAX])))

    def moment(self, part: Component, name: str) -> dt.date | None:
        """Return the day or moment that a property names; None without one."""
        return self.value(read_property(part.first(name)))

    def value(self, found: Property | None) -> dt.date | None:
        """Return a day, or a moment on the clock of the user; None for what is neither."""
        if found is None:
            return None
        try:
            if "T" not in found.value.upper():
                return dt.datetime.strptime(found.value, "%Y%m%d").date()  # noqa: DTZ007 (a day)
            utc = found.value.upper().endswith("Z")
            local = dt.datetime.strptime(found.value.upper().removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
            zone = dt.UTC if utc else self._zone_of(found.params.get("TZID", ""))
            return local if zone is None else local.replace(tzinfo=zone).astimezone(self._zone).replace(tzinfo=None)
        except (ValueError, OverflowError):
            return None

    def length(self, part: Component, name: str) -> dt.timedelta | None:
        """Return the length of time that a property names; None without one."""
        found = read_property(part.first(name))
        return None if found is None else _read_length(found.value)

    def instant(self, local: dt.date | None) -> dt.datetime | None:
        """Return a moment on the clock of the user in UTC; that of a day is its beginning."""
        try:
            return None if local is None else _midnight(local).replace(tzinfo=self._zone).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            return None

    def _zone_of(self, name: str) -> dt.tzinfo | None:
        """Return the zone of a name: one of today, one as Windows or an older program calls it, or one that the
        calendar itself describes. None, for one that nobody knows, is that of the user."""
        for known in (name, "/".join(name.split("/")[-2:])):
            try:
                return ZoneInfo(known_zone(known)) if known else None
            except ValueError:
                continue
        return self._described(name)

    def _described(self, name: str) -> dt.tzinfo | None:
        from icalendar import Timezone
        from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

        if name in WINDOWS_TO_OLSON:
            return ZoneInfo(WINDOWS_TO_OLSON[name])
        for zone in self._calendar.within("VTIMEZONE"):
            if _text(zone, "TZID") == name:
                try:
                    described: Any = Timezone.from_ical(zone.text())
                    found: dt.tzinfo = described.to_tz(lookup_tzid=False)
                except Exception:  # the library raises whatever such a description makes it stumble on
                    return None
                return found
        return None

    def _is_occurrence_done(self, todos: list[Component], due: dt.date | None) -> bool:
        """Return whether the occurrence that is due has a component of its own, which is done."""
        done = (todo for todo in todos if todo.first("RECURRENCE-ID") is not None and _is_done(todo))
        return any(_date(self.moment(todo, "RECURRENCE-ID")) == _date(due) for todo in done) if due else False

    def _reminder(
        self, todo: Component, start: dt.date | None, due: dt.date | None
    ) -> tuple[dt.datetime | None, int | None]:
        """Return when the first alarm rings, and how many minutes before the task is due where it goes by that."""
        for alarm in todo.within("VALARM"):
            trigger = read_property(alarm.first("TRIGGER"))
            if trigger is None or _text(alarm, "ACTION").upper() == "NONE":
                continue
            length = _read_length(trigger.value)
            if length is None:
                at = self.instant(self.value(trigger))
                if at is not None:
                    return at, None
                continue
            by_end = trigger.params.get("RELATED", "").upper() == "END"
            origin = due if by_end or start is None else start
            if origin is None:
                continue
            before = int(-length / _MINUTE)
            if isinstance(origin, dt.datetime) and origin == due and 0 <= before <= DURATION_MAX:
                return None, before
            at = self.instant(_later(_midnight(origin), length))
            if at is not None:
                return at, None
        return None, None


def _is_done(todo: Component) -> bool:
    status = _text(todo, "STATUS").upper()
    if status:
        return status in _DONE
    return todo.first("COMPLETED") is not None or _text(todo, "PERCENT-COMPLETE") == "100"


def _text(part: Component, name: str) -> str:
    found = read_property(part.first(name))
    return "" if found is None else found.text.strip()


def _title(text: str) -> str:
    line = " ".join(text.split())
    return _cut(line, TITLE_MAX) if any(character.isprintable() for character in line) else UNTITLED


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _priority(number: str) -> Priority:
    value = int(number) if number.isascii() and number.isdigit() and len(number) == 1 else 0
    return "none" if value == 0 else "high" if value < 5 else "medium" if value == 5 else "low"


def _categories(todo: Component) -> list[str]:
    found = (read_property(line) for line in todo.all("CATEGORIES"))
    return [" ".join(name.split()) for each in found if each is not None for name in texts_of(each.value)]


def _project(name: str) -> str:
    bare = name[1:].strip() if name.startswith("+") else ""
    return bare if len(bare) <= NAME_MAX else ""


def _tags(names: list[str]) -> list[str]:
    tags: dict[str, str] = {}
    for name in names:
        bare = name.lstrip("# ")
        if bare and not _project(name) and len(bare) <= NAME_MAX:
            tags.setdefault(bare.casefold(), bare)
    return list(tags.values())[:TAGS_MAX]


def _parent(todo: Component) -> str | None:
    for line in todo.all("RELATED-TO"):
        found = read_property(line)
        if found is not None and found.params.get("RELTYPE", "PARENT").upper() == "PARENT" and found.text:
            return found.text
    return None


def _rule(todo: Component) -> str | None:
    found = read_property(todo.first("RRULE"))
    try:
        return None if found is None else str(read_rule(found.value))
    except InvalidInput:
        return None


def _read_length(value: str) -> dt.timedelta | None:
    from icalendar.prop import vDuration

    if not value.lstrip("+-").upper().startswith("P") or len(value) > 30:
        return None
    try:
        found: dt.timedelta = vDuration.from_ical(value.upper())  # type: ignore[no-untyped-call]
    except (ValueError, OverflowError):
        return None
    return found


def _minutes(length: dt.timedelta) -> int | None:
    minutes = round(length / _MINUTE)
    return minutes if 1 <= minutes <= DURATION_MAX else None


def _date(moment: dt.date | None) -> dt.date | None:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _midnight(moment: dt.date) -> dt.datetime:
    return moment if isinstance(moment, dt.datetime) else dt.datetime.combine(moment, dt.time())


def _later(moment: dt.date, length: dt.timedelta) -> dt.date | None:
    try:
        return moment + length
    except OverflowError:
        return None


# --- writing ---


def todo_of(task: Task, *, uid: str, parent_uid: str | None) -> Any:
    """Return the VTODO of a task that every program understands, as `icalendar` has it."""
    from icalendar import Todo as VTodo

    todo = VTodo()
    todo.add("uid", uid)
    todo.add("dtstamp", task.updated_at)
    todo.add("created", task.created_at)
    todo.add("last-modified", task.updated_at)
    todo.add("summary", task.title)
    due = task.due_date
    if due is not None and task.due_time is not None:
        due = dt.datetime.combine(due, task.due_time)
    optional: Mapping[str, Any] = {
        "description": task.notes,
        "due": due,
        "dtstart": task.start_date,
        "priority": PRIORITY_NUMBERS.get(task.priority),
        "categories": list(task.tags),
        "completed": task.completed_at,
        "status": "COMPLETED" if task.completed else "NEEDS-ACTION",
        "related-to": parent_uid,
    }
    for name, value in optional.items():
        if value:
            todo.add(name, value)
    if task.recurrence:
        from icalendar.prop import vRecur

        rule, left_out = without_exceptions(task.recurrence)
        todo.add("rrule", vRecur.from_ical(rule))
        if left_out:
            time = task.due_time
            todo.add("exdate", [day if time is None else dt.datetime.combine(day, time) for day in left_out])
    return todo


def written(found: CalendarObject) -> str:
    """Return a task as a calendar, as the program that stored it last wrote it where nothing has changed since."""
    task, base = found.task, found.base
    if found.source and base is not None:
        groups = [group for group in _GROUPS if group.value(task) != group.value(base)]
        return _merged(found, groups) if groups else found.source
    calendar = Component("VCALENDAR", ["VERSION:2.0", f"PRODID:{PRODUCT}"], [_fresh(found)])
    return calendar.text()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Properties that change together, and what of a task they say."""

    names: tuple[str, ...]
    value: Callable[[Task], object]


_ALARM: Final = "VALARM"
_TIMES: Final = ("DTSTART", "DUE", "DURATION", "RRULE", "EXDATE", "RDATE", "EXRULE")
_GROUPS: Final = (
    _Group(names=("SUMMARY",), value=lambda task: task.title),
    _Group(names=("DESCRIPTION",), value=lambda task: task.notes),
    _Group(names=("PRIORITY",), value=lambda task: task.priority),
    _Group(names=("CATEGORIES",), value=lambda task: (task.project, task.tags)),
    _Group(names=("RELATED-TO",), value=lambda task: task.parent_id),
    _Group(names=(ESTIMATE,), value=lambda task: task.duration),
    _Group(names=("STATUS", "COMPLETED", "PERCENT-COMPLETE"), value=lambda task: task.completed_at),
    _Group(
        names=_TIMES,
        value=lambda task: (
            *(task.due_date, task.due_time, task.start_date),
            *((task.recurrence, task.recurs_from) if not task.completed else ()),
        ),
    ),
    _Group(names=(_ALARM,), value=lambda task: (task.remind_at, task.remind_before)),
)


def _merged(found: CalendarObject, groups: list[_Group]) -> str:
    """Return the stored calendar with the properties of these groups as the task has them now."""
    calendar = parse(found.source)
    fresh = _fresh(found)
    todos = list(calendar.within("VTODO"))
    todo = _master(todos)
    for group in groups:
        if group.names == (_ALARM,):
            _replace_alarm(todo, fresh)
            continue
        if group.names == ("RELATED-TO",):
            kept = [line for line in todo.all("RELATED-TO") if _is_no_parent(line)]
            todo.replace(group.names, [*kept, *fresh.all("RELATED-TO")])
            continue
        todo.replace(group.names, (line for line in fresh.lines if name_of(line) in group.names))
        if group.names == _TIMES:
            calendar.children = [child for child in calendar.children if child.name != "VTODO" or child is todo]
    todo.replace(("DTSTAMP", "LAST-MODIFIED"), (*fresh.all("DTSTAMP"), *fresh.all("LAST-MODIFIED")))
    return calendar.text()


def _is_no_parent(line: str) -> bool:
    found = read_property(line)
    return found is None or found.params.get("RELTYPE", "PARENT").upper() != "PARENT"


def _replace_alarm(todo: Component, fresh: Component) -> None:
    """Put the alarm of the task in the place of the first one that counts; the others stay."""
    first = next((alarm for alarm in todo.within(_ALARM) if _text(alarm, "ACTION").upper() != "NONE"), None)
    todo.children = [*fresh.within(_ALARM), *(child for child in todo.children if child is not first)]


def _fresh(found: CalendarObject) -> Component:
    """Return the VTODO of a task, in which nobody else has written."""
    task = found.task
    todo = todo_of(task, uid=found.uid, parent_uid=found.parent_uid)
    for name in ("DTSTART", "CATEGORIES", *(("RRULE",) if task.completed else ())):
        todo.pop(name, None)  # the series goes on with another task
    names = [*([f"+{task.project}"] if task.project else []), *map(_as_category, task.tags)]
    if names:
        todo.add("categories", names)
    if (start := _start(task)) is not None:
        todo.add("dtstart", start)
    if task.duration is not None:
        todo.add(ESTIMATE, f"PT{task.duration}M")
    fresh = parse(f"BEGIN:VCALENDAR\r\n{legal(todo.to_ical().decode())}END:VCALENDAR\r\n").children[0]
    if task.due_time is not None:
        fresh.lines = [_UNTIL.sub(r"\1T235959", line) if name_of(line) == "RRULE" else line for line in fresh.lines]
    fresh.children += _alarms(task)
    return fresh


def _as_category(tag: str) -> str:
    return f"#{tag}" if tag.startswith("+") else tag


def _start(task: Task) -> dt.date | None:
    """Return when a task begins, of the same kind as when it is due, and never after that (RFC 5545, 3.8.2.3). What
    repeats has to begin somewhere."""
    start = task.start_date
    if task.due_date is None:
        return start
    if start is None or start >= task.due_date:
        repeats = task.recurrence is not None and not task.completed
        if not repeats:
            return None
        start = task.due_date
        return start if task.due_time is None else dt.datetime.combine(start, task.due_time)
    return start if task.due_time is None else dt.datetime.combine(start, dt.time())


def _alarms(task: Task) -> Iterator[Component]:
    """Yield the reminder of a task. One that goes by a due time says so, and moves with it; of a day without a time
    programs differ in when it begins."""
    if task.remind_before is not None and task.due_time is not None:
        trigger = f"TRIGGER;RELATED=END:-PT{task.remind_before}M"
    elif task.remind_at is not None:
        trigger = f"TRIGGER;VALUE=DATE-TIME:{task.remind_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    else:
        return
    yield Component(_ALARM, ["ACTION:DISPLAY", "DESCRIPTION:Reminder", trigger])
