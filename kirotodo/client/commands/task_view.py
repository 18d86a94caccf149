"""Prints tasks for people: aligned, grouped, and cut to the width of the terminal."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from kirotodo.client.commands.output import Line, Styled, columns, mark, put
from kirotodo.core.domain.task import Task
from kirotodo.core.domain.view import Group
from kirotodo.core.text.dates import describe_due, describe_lead, describe_moment, describe_rule
from kirotodo.core.text.folding import name_key
from kirotodo.core.text.sanitize import sanitize, sanitize_line
from kirotodo.core.text.width import fit, pad, width

TITLE_WIDTH = 60
NARROWEST_TITLE = 16


def put_tasks(
    tasks: Sequence[Task], *, now: dt.datetime, group: Group | None = "when", with_coming: bool = False
) -> None:
    """Print tasks under headings, in the order in which they come; without `group` as one list. `with_coming` tells
    when those that repeat are due after that."""
    if group is None:
        _put_rows(tasks, tasks, now=now, with_coming=with_coming)
        return
    for place, (heading, members) in enumerate(_GROUPS[group](tasks, now.date())):
        if place:
            put()
        put(Styled(heading, bold=True, fg="red" if heading == "Overdue" else None))
        _put_rows(members, tasks, now=now, with_coming=with_coming)


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


def _put_rows(rows: Sequence[Task], every: Sequence[Task], *, now: dt.datetime, with_coming: bool) -> None:
    number_width = max((len(str(task.id)) for task in every), default=1)
    title_width = min(max((width(sanitize_line(task.title)) for task in every), default=1), TITLE_WIDTH)
    for task in rows:
        for line in _row(task, number_width=number_width, title_width=title_width, now=now):
            put(*line)
        following = coming(task, now=now) if with_coming else []
        if following:
            put(" " * (number_width + 4), Styled(f"then {', '.join(following)}", dim=True))


def _row(task: Task, *, number_width: int, title_width: int, now: dt.datetime) -> Iterator[Line]:
    box = mark("✓", "x") if task.completed else mark("○", "o")
    start = f"{task.id:>{number_width + 1}} {box} "
    title, detail = sanitize_line(task.title), details(task, now=now)
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


def details(task: Task, *, now: dt.datetime) -> str:
    """Return everything about a task but its title, in one short line."""
    if task.completed_at is not None:
        when = "done " + describe_moment(task.completed_at, now=now)
    else:
        when = describe_due(task.due_date, task.due_time, today=now.date())
    parts = [
        when,
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


def put_task(task: Task, *, now: dt.datetime) -> None:
    """Print every field of one task."""
    put(Styled(f"{task.id} {sanitize_line(task.title)}", bold=True))
    fields = {
        "status": "done " + describe_moment(task.completed_at, now=now) if task.completed_at else "pending",
        "due": describe_due(task.due_date, task.due_time, today=now.date()),
        "repeats": describe_rule(task.recurrence, recurs_from=task.recurs_from) if task.recurrence else "",
        "then": ", ".join(coming(task, now=now)),
        "usually": _usually(task, now=now),
        "priority": task.priority if task.priority != "none" else "",
        "project": sanitize_line(task.project or ""),
        "tags": " ".join(sanitize_line(tag) for tag in task.tags),
        "remind": _reminder_in_full(task, now=now),
        "follows": f"task {task.previous_id}" if task.previous_id else "",
        "added": describe_moment(task.created_at, now=now),
        "changed": describe_moment(task.updated_at, now=now) if task.updated_at != task.created_at else "",
    }
    for name, value in fields.items():
        if value:
            put(f"  {name:<10}{value}")
    if task.notes:
        put()
        for line in sanitize(task.notes).splitlines():
            put(f"  {line}")
