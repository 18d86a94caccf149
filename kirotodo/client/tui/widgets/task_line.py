"""A task as one line of exactly so many cells: number, circle, title; on the right its due date and project."""

from datetime import datetime, time
from typing import Final

from rich.cells import cell_len
from textual.content import Content

from kirotodo.client.grouping import Urgency, urgency
from kirotodo.client.tui.cells import cut, steady
from kirotodo.client.tui.plain import one_line
from kirotodo.core.domain.task import Priority, Task
from kirotodo.core.text.dates import describe_due_briefly

OPEN: Final = "○"
DONE: Final = "●"
RECURS: Final = "↻"
PRIORITY_MARKS: Final[dict[Priority, str]] = {"none": "", "low": "!", "medium": "!!", "high": "!!!"}
_PRIORITY_INKS: Final[dict[Priority, str]] = {"none": "", "low": "$text-muted", "medium": "$warning", "high": "$error"}
_DUE_INKS: Final[dict[Urgency, str]] = {
    "late": "$error",
    "today": "$warning",
    "later": "$text-muted",
    "none": "$text-muted",
}
MUTED: Final = "$text-muted"
TITLE_MIN: Final = 12
"""Cells of the title that the project gives way to."""
TAIL_MAX: Final = 0.5
"""The part of the room that the right side may take."""


def circle_columns(number_width: int) -> range:
    """The columns in which a click means the circle: it and one to each side."""
    return range(number_width, number_width + 3)


def task_line(task: Task, *, width: int, number_width: int, now: datetime, bare: bool = False) -> Content:
    """The line, its last cell empty. `now` is the user's local time; `bare` leaves out colours, for the cursor."""
    at = urgency(task, today=now.date(), now=now.time())
    mark, recurs = PRIORITY_MARKS[task.priority], f" {RECURS}" if task.recurrence else ""
    title = steady(one_line(task.title)) or "(no title)"
    room = max(1, width - number_width - 4)
    needed = cell_len(title) + len(recurs) + (len(mark) + 1 if mark else 0)
    project, due = _tail(task, now, room=room, needed=needed)
    tail_width = cell_len(project) + cell_len(due) + (1 if project and due else 0)
    space = max(1, room - tail_width - (1 if tail_width else 0) - (len(mark) + 1 if mark else 0) - len(recurs))
    title = cut(title, space)
    gap = " " * max(0, space - cell_len(title) + (1 if tail_width else 0))
    strike = " strike" if task.completed else ""
    line = Content.assemble(
        (f"{task.id:>{number_width}} ", MUTED),
        (f"{DONE if task.completed else OPEN} ", "$success" if task.completed else _circle_ink(at)),
        (f"{mark} " if mark else "", _PRIORITY_INKS[task.priority]),
        (title, f"{MUTED}{strike}" if task.completed else ""),
        (recurs, MUTED),
        gap,
        (project, MUTED),
        " " if project and due else "",
        (due, _DUE_INKS[at]),
    )
    line = line.truncate(width, pad=True)
    return Content(line.plain) if bare else line


def _tail(task: Task, now: datetime, *, room: int, needed: int) -> tuple[str, str]:
    """Project and due label, as much of them as leaves the title its room."""
    most = int(room * TAIL_MAX)
    due = describe_due_briefly(task.due_date, task.due_time, today=now.date())
    if cell_len(due) > most:
        due = describe_due_briefly(task.due_date, _hour_alone(task, now), today=now.date())
    project = f"+{steady(one_line(task.project))}" if task.project else ""
    if due:
        return (project if needed + 2 + cell_len(project) + cell_len(due) <= room else ""), due
    if needed + 1 + cell_len(project) > room:
        project = cut(project, most) if room - most >= TITLE_MIN else ""
    return project, ""


def _hour_alone(task: Task, now: datetime) -> time | None:
    """The time where it says all (today), else nothing: the day matters more."""
    return task.due_time if task.due_date == now.date() else None


def _circle_ink(at: Urgency) -> str:
    return "$error" if at == "late" else "$primary"
