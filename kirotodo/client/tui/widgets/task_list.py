"""The list in the task pane: its sections, their order, how pressing each task is, and the widget that shows it.

One widget serves any number of tasks: it draws only what is on screen.
"""

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Final, Literal, NamedTuple

from rich.cells import cell_len
from rich.style import Style as RichStyle
from textual import events
from textual.content import Content
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from kirotodo.client.tui.plain import cut, fill, one_line, steady
from kirotodo.core.domain.pending_edit import is_provisional
from kirotodo.core.domain.task import PRIORITIES, Priority, Task
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_due_briefly

SectionKind = Literal["overdue", "today", "upcoming", "no_date", "done", "part", "day", "group"]
Urgency = Literal["late", "passed", "today", "later", "none"]

TITLES: Final[Mapping[SectionKind, str]] = {
    "overdue": "Overdue",
    "today": "Today",
    "upcoming": "Upcoming",
    "no_date": "No date",
    "done": "Done",
}
RECENT: Final = timedelta(days=1)
"""How long a done task is still worth showing."""
OPEN: Final = "○"
DONE: Final = "●"
MARKED: Final = "▌"
COLLAPSED: Final = "▸"
RECURS: Final = "↻"
WAITS: Final = "⇡"
"""Stands behind the title while an edit of the task waits for the server."""
PRIORITY_MARKS: Final[dict[Priority, str]] = {"none": "", "low": "!", "medium": "!!", "high": "!!!"}
PRIORITY_INKS: Final[dict[Priority, str]] = {"none": "", "low": "$text-muted", "medium": "$warning", "high": "$error"}
DUE_INKS: Final[dict[Urgency, str]] = {
    "late": "$error",
    "passed": "$warning bold",
    "today": "$warning",
    "later": "$text-muted",
    "none": "$text-muted",
}
MUTED: Final = "$text-muted"
PROJECT_INKS: Final = 6
"""Colours of projects in a theme."""
TITLE_MIN: Final = 12
"""Cells of the title that the project gives way to."""
TAIL_MAX: Final = 0.5
"""The part of the line that the right side may take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One section of the task list: its tasks, in order. `name` is its heading where the kind alone does not say it,
    `day` the day that a section of kind "day" is about."""

    kind: SectionKind
    tasks: tuple[Task, ...]
    name: str = ""
    day: date | None = None

    @property
    def title(self) -> str:
        """Return the heading of the section."""
        return self.name or TITLES[self.kind]

    @property
    def one_day(self) -> bool:
        """Return whether all of its open tasks are due on the day that it is about."""
        return self.kind in ("today", "part", "day")


def sections(tasks: Iterable[Task], *, today: date, now: datetime, keep: Collection[int] = ()) -> list[Section]:
    """The tasks in sections, each sorted, empty ones left out. `now` is aware.

    What is due today at a time that has passed stays under Today, where it comes first. Tasks done lately form the
    last section, latest first, save those of `keep`: they stay where they stood while open, so that nothing moves
    under the cursor. What was done longer ago is left out.
    """
    found: dict[SectionKind, list[Task]] = {kind: [] for kind in TITLES}
    for task in tasks:
        if task.completed_at is None or task.id in keep:
            found[_open_kind(task, today)].append(task)
        elif now - task.completed_at < RECENT:
            found["done"].append(task)
    for members in found.values():
        members.sort(key=order)
    found["done"].sort(key=lambda task: task.completed_at or now, reverse=True)
    return [Section(kind=kind, tasks=tuple(members)) for kind, members in found.items() if members]


def order(task: Task) -> tuple[date, time, int, int]:
    """Earlier first; on one day those with a time before those without; then the higher priority, then the number."""
    return (
        task.due_date or date.max,
        task.due_time or time.max,
        -PRIORITIES.index(task.priority),
        task.id,
    )


def urgency(task: Task, *, today: date, now: time) -> Urgency:
    """Return how pressing a task is: past its day, past its time today, due today, later, or never. `now` is the local
    time of day. Overdue means the same here as in every count: past its day."""
    if task.due_date is None or task.completed:
        return "none"
    if task.due_date != today:
        return "late" if task.due_date < today else "later"
    return "passed" if task.due_time is not None and task.due_time < now else "today"


def _open_kind(task: Task, today: date) -> SectionKind:
    if task.due_date is None:
        return "no_date"
    if task.due_date == today:
        return "today"
    return "overdue" if task.due_date < today else "upcoming"


def circle_columns(number_width: int) -> range:
    """Return the columns in which a click means the circle: its own and one to each side."""
    return range(number_width, number_width + 3)


def task_line(
    task: Task,
    *,
    width: int,
    number_width: int,
    now: datetime,
    bare: bool = False,
    marked: bool = False,
    waits: bool = False,
    section: Section | None = None,
) -> Content:
    """Return the line of a task, its last cell empty. `now` is local; `bare` leaves out colours, for the cursor. What
    the head of its `section` says already is left out: the day, the project or the tag."""
    at = urgency(task, today=now.date(), now=now.time())
    mark = PRIORITY_MARKS[task.priority]
    recurs = (f" {RECURS}" if task.recurrence else "") + (f" {WAITS}" if waits else "")
    title = steady(one_line(task.title)) or "(no title)"
    text_width = max(1, width - number_width - 4)
    hour = f"{task.due_time:%H:%M} " if section is not None and section.kind == "part" and task.due_time else ""
    needed = cell_len(title) + len(hour) + len(recurs) + (len(mark) + 1 if mark else 0)
    said = section.title if section is not None and section.kind == "group" else ""
    project, due = _tail(task, now, space=text_width, needed=needed, section=section)
    tail_width = cell_len(project) + cell_len(due) + (1 if project and due else 0)
    tags = steady(one_line(" ".join(f"#{tag}" for tag in task.tags if f"#{tag}" != said)))
    tags = tags if needed + cell_len(tags) + tail_width + 4 <= text_width else ""
    tags += " " if tags and tail_width else ""
    tail_width += cell_len(tags)
    title_width = max(
        1, text_width - tail_width - (1 if tail_width else 0) - (len(mark) + 1 if mark else 0) - len(recurs) - len(hour)
    )
    title = cut(title, title_width)
    gap = " " * max(0, title_width - cell_len(title) + (1 if tail_width else 0))
    strike = " strike" if task.completed else ""
    line = Content.assemble(
        (MARKED if marked else " ", "$accent" if marked else ""),
        (f"{shown_number(task):>{number_width - 1}} ", MUTED),
        (f"{DONE if task.completed else OPEN} ", "$success" if task.completed else circle_ink(at)),
        (hour, DUE_INKS[at]),
        (f"{mark} " if mark else "", PRIORITY_INKS[task.priority]),
        (title, f"{MUTED}{strike}" if task.completed else ""),
        (recurs, MUTED),
        gap,
        (tags, MUTED),
        (project, project_ink(task.project)),
        " " if project and due else "",
        (due, DUE_INKS[at]),
    )
    line = line.truncate(width, pad=True)
    return Content(line.plain) if bare else line


def shown_number(task: Task) -> str:
    """Return the number of a task; nothing for one that waits to get its number from the server."""
    return "" if is_provisional(task.id) else str(task.id)


def _tail(task: Task, now: datetime, *, space: int, needed: int, section: Section | None) -> tuple[str, str]:
    """Project and due label, as much of them as leaves the title enough space."""
    most = int(space * TAIL_MAX)
    if section is not None and section.kind == "part":
        due = ""  # it stands before the title
    elif section is not None and section.one_day:
        due = f"{task.due_time:%H:%M}" if task.due_time is not None else ""
    else:
        due = describe_due_briefly(task.due_date, task.due_time, today=now.date())
        if cell_len(due) > most:
            due = describe_due_briefly(task.due_date, _hour_alone(task, now), today=now.date())
    said = section is not None and section.kind == "group" and section.title == f"+{task.project}"
    project = f"+{steady(one_line(task.project))}" if task.project and not said else ""
    if due:
        return (project if needed + 2 + cell_len(project) + cell_len(due) <= space else ""), due
    if needed + 1 + cell_len(project) > space:
        project = cut(project, most) if space - most >= TITLE_MIN else ""
    return project, ""


def _hour_alone(task: Task, now: datetime) -> time | None:
    """The time where it says all (today), else nothing: the day matters more."""
    return task.due_time if task.due_date == now.date() else None


def project_ink(project: str | None) -> str:
    """Return the colour of a project, the same one whenever and wherever it is drawn."""
    return f"$project-{zlib.crc32(project.casefold().encode()) % PROJECT_INKS}" if project else MUTED


def circle_ink(at: Urgency) -> str:
    """Return the colour of the circle of an open task."""
    return "$error" if at == "late" else "$primary"


NUMBER_MIN: Final = 3
"""The width of a number at least, so that the first hundred tasks stand in line."""


class Row(NamedTuple):
    """A line: a task, the head of a section, or a note; without any of them an empty one. A tuple, since a long list
    makes thousands of them with every change."""

    task: Task | None = None
    section: Section | None = None
    note: str = ""
    rule: bool = False
    """The note stands in a line across the list."""
    under: Section | None = None
    """The section of a task."""
    marked: bool = False
    waits: bool = False
    """An edit of the task waits for the server."""
    collapsed: bool = False
    """The head of a section whose tasks are not shown; the cursor can stand on it."""

    @property
    def stops(self) -> bool:
        """Return whether the cursor can stand here."""
        return self.task is not None or self.collapsed


class TaskList(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows rows, with a cursor that follows its task."""

    COMPONENT_CLASSES = {"cursor", "head", "head-late", "note"}
    ALLOW_SELECT = False

    cursor: reactive[int | None] = reactive(None)
    """The row the cursor is on; None where there is no task."""

    @dataclass
    class CircleClicked(Message):
        """The circle of a task was clicked."""

        task: Task

    @dataclass
    class SectionClicked(Message):
        """The head of a section was clicked."""

        section: Section

    @dataclass
    class TaskChosen(Message):
        """A task was double-clicked."""

        task: Task

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._rows: Sequence[Row] = ()
        self._number_width = NUMBER_MIN

    # --- rows ---

    @property
    def rows(self) -> Sequence[Row]:
        """Return the lines."""
        return self._rows

    @property
    def current(self) -> Task | None:
        """Return the task under the cursor."""
        return None if self.cursor is None or self.cursor >= len(self._rows) else self._rows[self.cursor].task

    @property
    def tasks(self) -> list[Task]:
        """Return the tasks in the order of the lines, those with several tags once for each."""
        return [row.task for row in self._rows if row.task is not None]

    @property
    def place(self) -> int:
        """Return how many tasks stand before the cursor."""
        return sum(row.task is not None for row in self._rows[: self.cursor or 0])

    @property
    def section(self) -> Section | None:
        """Return the section that the cursor is in."""
        if self.cursor is None or self.cursor >= len(self._rows):
            return None
        heads = (self._rows[index].section for index in range(self.cursor, -1, -1))
        return next((head for head in heads if head is not None), None)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows. The cursor follows its task; where that is gone it takes the nearest one."""
        before, at = self.current, self.cursor
        self._rows = rows
        self._number_width = max([NUMBER_MIN, *(len(shown_number(row.task)) + 1 for row in rows if row.task)])
        self.virtual_size = Size(self.virtual_size.width, len(rows))
        self.set_reactive(TaskList.cursor, self._row_of(before, at))
        self.refresh()
        if before is not None and self.current is not None and self.cursor != at:
            self._show_cursor()

    def _row_of(self, task: Task | None, at: int | None) -> int | None:
        places = [index for index, row in enumerate(self._rows) if row.stops]
        if task is not None:
            there = [index for index in places if (found := self._rows[index].task) and found.id == task.id]
            if there:  # once for each of its tags
                return min(there, key=lambda index: abs(index - (at or 0)))
        return next((index for index in places if index >= (at or 0)), places[-1] if places else None)

    # --- the cursor ---

    def move(self, steps: int) -> None:
        """Move the cursor by so many tasks, as far as there are any."""
        places = [index for index, row in enumerate(self._rows) if row.stops]
        if not places:
            return
        here = places.index(self.cursor) if self.cursor in places else 0
        self.cursor = places[max(0, min(len(places) - 1, here + steps))]

    @property
    def on_head(self) -> bool:
        """Return whether the cursor stands on the head of a section."""
        return self.cursor is not None and self.cursor < len(self._rows) and self._rows[self.cursor].collapsed

    def go_to(self, title: str) -> None:
        """Move the cursor to the head of a collapsed section."""
        for index, row in enumerate(self._rows):
            if row.collapsed and row.section is not None and row.section.title == title:
                self.cursor = index

    def to_first(self) -> None:
        """Go to the first task."""
        self.move(-len(self._rows))

    def to_last(self) -> None:
        """Go to the last task."""
        self.move(len(self._rows))

    def stand_on(self, task_id: int) -> None:
        """Move the cursor to a task, where it is there."""
        found = (index for index, row in enumerate(self._rows) if row.task is not None and row.task.id == task_id)
        self.cursor = next(found, self.cursor)

    def page(self, pages: int) -> None:
        """Move the cursor by so many pages."""
        self.move(pages * max(1, self.size.height - 1))

    def places(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """Return where each row lies that the cursor can stand on, and what goes there."""
        top = round(self.scroll_offset.y)
        for index in range(top, min(len(self._rows), top + self.size.height)):
            if self._rows[index].stops:
                yield Offset(0, index - top), partial(self._go_to_row, index)

    def _go_to_row(self, index: int) -> None:
        self.focus()
        if index < len(self._rows) and self._rows[index].stops:
            self.cursor = index

    def watch_cursor(self, before: int | None, now: int | None) -> None:
        """Draw the two lines anew and scroll to the cursor."""
        for index in (before, now):
            if index is not None:
                self.refresh_line(index)
        self._show_cursor()

    def _show_cursor(self) -> None:
        """Scroll the cursor into sight, with the head right above it or the note right below."""
        if self.cursor is None:
            return
        above = 1 if self.cursor and self._rows[self.cursor - 1].section else 0
        below = 1 if self.cursor + 1 < len(self._rows) and self._rows[self.cursor + 1].note else 0
        region = Region(0, self.cursor - above, max(1, self.size.width), 1 + above + below)
        self.scroll_to_region(region, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        """Keep the cursor in sight, as a window shrinks or a drawer opens."""
        self.call_after_refresh(self._show_cursor)

    # --- drawing ---

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        index = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if width < 1 or not 0 <= index < len(self._rows):
            return Strip.blank(max(0, width), self.rich_style)
        row, on = self._rows[index], index == self.cursor
        style = self.get_visual_style(*(["cursor"] if on else _component(row)))
        strips = Visual.to_strips(self, self._content(row, width, bare=on), width, 1, style, pad=True)
        strip = strips[0].crop_extend(0, width, style.rich_style)
        # Textual leaves `reverse` out of visual styles; without colours it is what marks the cursor.
        reversed_ = on and self.get_component_styles("cursor").text_style.reverse
        return strip.apply_style(RichStyle(reverse=True)) if reversed_ else strip

    def _content(self, row: Row, width: int, *, bare: bool) -> Content:
        if row.task:
            return task_line(
                row.task,
                width=width,
                number_width=self._number_width,
                now=self._now(),
                bare=bare,
                marked=row.marked,
                waits=row.waits,
                section=row.under,
            )
        if row.section:
            count = str(len(row.section.tasks))
            sign = COLLAPSED if row.collapsed else " "
            title = fill(steady(one_line(row.section.title)), max(0, width - len(count) - 2))
            return Content(f"{sign}{title}{count}").truncate(width)
        if row.rule:
            return Content(f" ── {row.note} ".ljust(width, "─")).truncate(width)
        return Content(f" {row.note}").truncate(width, ellipsis=True)

    # --- the mouse ---

    async def on_click(self, event: events.Click) -> None:
        """Move the cursor, complete a task or open it."""
        index = event.y + self.scroll_offset.y
        if event.button != 1 or not 0 <= index < len(self._rows):
            return
        if (section := self._rows[index].section) is not None:
            self.post_message(self.SectionClicked(section))
        if (task := self._rows[index].task) is None:
            return
        self.cursor = index
        if event.x in circle_columns(self._number_width):
            self.post_message(self.CircleClicked(task))
        elif event.chain == 2:
            self.post_message(self.TaskChosen(task))


def _component(row: Row) -> list[str]:
    if row.section:
        return ["head-late" if row.section.kind == "overdue" else "head"]
    return [] if row.task else ["note"]
