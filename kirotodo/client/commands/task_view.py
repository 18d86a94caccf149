"""Prints tasks for people: aligned, grouped, and cut to the width of the terminal."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from kirotodo.client.commands.output import Line, Styled, columns, mark, put
from kirotodo.core.domain.task import Task
from kirotodo.core.domain.view import Group
from kirotodo.core.text.dates import describe_day, describe_due, describe_lead, describe_moment, describe_rule
from kirotodo.core.text.durations import describe_duration
from kirotodo.core.text.folding import name_key
from kirotodo.core.text.sanitize import sanitize, sanitize_line
from kirotodo.core.text.width import fit, pad, width

TITLE_WIDTH = 60
NARROWEST_TITLE = 16


Steps: TypeAlias = Mapping[int, Sequence[Task]]
"""The steps that are shown below tasks, by the ids of these."""
_NO_STEPS: Final[Steps] = MappingProxyType({})


def put_tasks(
    tasks: Sequence[Task],
    *,
    now: dt.datetime,
    group: Group | None = "when",
    with_coming: bool = False,
    steps: Steps = _NO_STEPS,
) -> None:
    """Print tasks under headings, in the order in which they come; without `group` as one list. `with_coming` tells
    when those that repeat are due after that; `steps` stand below their tasks."""
    if group is None:
        _put_rows(tasks, tasks, now=now, with_coming=with_coming, steps=steps)
        return
    for place, (heading, members) in enumerate(_GROUPS[group](tasks, now.date())):
        if place:
            put()
        put(Styled(heading, bold=True, fg="red" if heading == "Overdue" else None))
        _put_rows(members, tasks, now=now, with_coming=with_coming, steps=steps)


Groups: TypeAlias = Iterator[tuple[str, list[Task]]]


def _by_when(tasks: Sequence[Task], today: dt.date) -> Groups:
    def heading(task: Task) -> str:
        if task.completed:
            return "Done"
        if task.due_date is None:
            return "No date"
        return "Overdue" if task.due_date < today else "Today" if task.due_date == today else "Upcoming"

    for name in ("Overdue", "Today", "Upcoming", "No date", "Done"):
        group = [task for task in tasks if heading(task) == name]
        if group:
            yield name, group


def _as_they_come(heading: Callable[[Task, dt.date], str]) -> Callable[[Sequence[Task], dt.date], Groups]:
    def grouped(tasks: Sequence[Task], today: dt.date) -> Groups:
        found: dict[str, list[Task]] = {}
        for task in tasks:
            found.setdefault(heading(task, today), []).append(task)
        yield from found.items()

    return grouped


def _by_tag(tasks: Sequence[Task], _: dt.date) -> Groups:
    """Yield the groups by name; a task is in that of each of its tags."""
    found: dict[str, tuple[str, list[Task]]] = {}
    for task in tasks:
        for tag in task.tags:
            found.setdefault(name_key(tag), (f"#{sanitize_line(tag)}", []))[1].append(task)
    yield from (found[key] for key in sorted(found))
    untagged = [task for task in tasks if not task.tags]
    if untagged:
        yield "No tag", untagged


_GROUPS: Final[Mapping[Group, Callable[[Sequence[Task], dt.date], Groups]]] = {
    "when": _by_when,
    "project": _as_they_come(lambda task, _: f"+{sanitize_line(task.project)}" if task.project else "No project"),
    "priority": _as_they_come(lambda task, _: f"!{task.priority}" if task.priority != "none" else "No priority"),
    "date": _as_they_come(lambda task, today: describe_due(task.due_date, None, today=today) or "No date"),
    "tag": _by_tag,
}


def _put_rows(
    rows: Sequence[Task], every: Sequence[Task], *, now: dt.datetime, with_coming: bool, steps: Steps
) -> None:
    shown = [*every, *(step for below in steps.values() for step in below)]
    number_width = max((len(str(task.id)) for task in shown), default=1)
    title_width = min(max((width(sanitize_line(task.title)) for task in shown), default=1), TITLE_WIDTH)
    for task in rows:
        for line in _row(task, number_width=number_width, title_width=title_width, now=now):
            put(*line)
        following = coming(task, now=now) if with_coming else []
        if following:
            put(" " * (number_width + 4), Styled(f"then {', '.join(following)}", dim=True))
        for step in steps.get(task.id, ()):
            for line in _row(step, number_width=number_width, title_width=title_width - 2, now=now, indent="  "):
                put(*line)


def _row(task: Task, *, number_width: int, title_width: int, now: dt.datetime, indent: str = "") -> Iterator[Line]:
    box = mark("✓", "x") if task.completed else mark("○", "o")
    start = f"{task.id:>{number_width + 1}} {indent}{box} "
    title, detail = sanitize_line(task.title), details(task, now=now, under=bool(indent))
    space = columns()
    if space is None:
        yield (start, f"{pad(title, title_width)}  {detail}" if detail else title)
        return
    space -= width(start)
    title_space = max(space - width(detail) - 2, NARROWEST_TITLE) if detail else space
    title_width = min(title_width, title_space)
    if detail and title_width + 2 + width(detail) > space:
        yield (start, fit(title, space))
        yield (" " * width(start), Styled(fit(detail, space), dim=True))
        return
    line = start + (pad(fit(title, title_width), title_width) if detail else fit(title, title_space))
    yield (line, "  ", Styled(detail, dim=True)) if detail else (line,)


def details(task: Task, *, now: dt.datetime, under: bool = False) -> str:
    """Return everything about a task but its title, in one short line; `under` where it stands below its task."""
    if task.completed_at is not None:
        when = "done " + describe_moment(task.completed_at, now=now)
    else:
        when = describe_due(task.due_date, task.due_time, today=now.date())
    starts = task.start_date is not None and task.start_date > now.date()
    parts = [
        when,
        f"from {describe_day(task.start_date, today=now.date())}" if starts and task.start_date else "",
        f"{task.steps.done}/{task.steps.total}" if task.steps else "",
        describe_duration(task.duration) if task.duration else "",
        f"step of {task.parent_id}" if task.parent_id and not under else "",
        f"!{task.priority}" if task.priority != "none" else "",
        f"+{sanitize_line(task.project)}" if task.project else "",
        *(f"#{sanitize_line(tag)}" for tag in task.tags),
        describe_rule(task.recurrence, recurs_from=task.recurs_from) if task.recurrence else "",
        _reminder(task, now=now),
        mark("✎", "notes") if task.notes else "",
    ]
    return "  ".join(part for part in parts if part)


def _reminder(task: Task, *, now: dt.datetime) -> str:
    """Return when a reminder comes; nothing where it has come already."""
    if task.remind_at is None or task.completed or task.remind_at <= now:
        return ""
    local = task.remind_at.astimezone(now.tzinfo)
    if local.date() == task.due_date:
        return f"remind {local:%H:%M}"
    return f"remind {describe_due(local.date(), local.time(), today=now.date(), relative=True)}"


def in_brief(task: Task, *, now: dt.datetime) -> str:
    """Return a task as one line, such as `12 buy milk (Tue 24 Nov, 17:00)`."""
    detail = details(task, now=now)
    return f"{task.id} {sanitize_line(task.title)}" + (f" ({detail})" if detail else "")


def coming(task: Task, *, now: dt.datetime) -> list[str]:
    """Return when the occurrences of a routine after the open one are due, in words."""
    if task.recurrence is None:
        return []
    from kirotodo.core.domain.routine import upcoming

    following = upcoming(task, zone=zone_of(now))
    return [describe_due(each.date, each.time, today=now.date()) for each in following]


def zone_of(now: dt.datetime) -> ZoneInfo:
    """Return the zone of the user's clock."""
    return now.tzinfo if isinstance(now.tzinfo, ZoneInfo) else ZoneInfo("UTC")


def _usually(task: Task, *, now: dt.datetime) -> str:
    if task.series is None:
        return ""
    due = describe_due(task.series.due_date, task.series.due_time, today=now.date())
    return f"{sanitize_line(task.series.title)}, {due}"


def _reminder_in_full(task: Task, *, now: dt.datetime) -> str:
    if task.remind_at is None:
        return ""
    lead = f" ({describe_lead(task.remind_before)})" if task.remind_before is not None else ""
    return describe_moment(task.remind_at, now=now) + lead


def _start(day: dt.date | None, *, now: dt.datetime) -> str:
    """Return the day from which a list shows a task, and whether that is still to come."""
    if day is None:
        return ""
    words = describe_day(day, today=now.date())
    return f"{words} (hidden from the list until then)" if day > now.date() else words


def put_task(task: Task, *, now: dt.datetime, steps: Sequence[Task] = ()) -> None:
    """Print every field of one task, and its steps."""
    put(Styled(f"{task.id} {sanitize_line(task.title)}", bold=True))
    fields = {
        "status": "done " + describe_moment(task.completed_at, now=now) if task.completed_at else "pending",
        "due": describe_due(task.due_date, task.due_time, today=now.date()),
        "starts": _start(task.start_date, now=now),
        "takes": describe_duration(task.duration) if task.duration else "",
        "repeats": describe_rule(task.recurrence, recurs_from=task.recurs_from) if task.recurrence else "",
        "then": ", ".join(coming(task, now=now)),
        "usually": _usually(task, now=now),
        "priority": task.priority if task.priority != "none" else "",
        "project": sanitize_line(task.project or ""),
        "tags": " ".join(sanitize_line(tag) for tag in task.tags),
        "remind": _reminder_in_full(task, now=now),
        "step of": f"task {task.parent_id}" if task.parent_id else "",
        "steps": f"{task.steps.done} of {task.steps.total} done" if task.steps else "",
        "follows": f"task {task.previous_id}" if task.previous_id else "",
        "added": describe_moment(task.created_at, now=now),
        "changed": describe_moment(task.updated_at, now=now) if task.updated_at != task.created_at else "",
    }
    for name, value in fields.items():
        if value:
            put(f"  {name:<10}{value}")
    for step in steps:
        box = mark("✓", "x") if step.completed else mark("○", "o")
        detail = details(step, now=now, under=True)
        put(f"    {step.id} {box} {sanitize_line(step.title)}" + (f"  {detail}" if detail else ""))
    if task.notes:
        put()
        for line in sanitize(task.notes).splitlines():
            put(f"  {line}")
