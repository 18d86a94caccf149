"""The week as a grid: a column for each day, and one for what is overdue. It draws only what is on screen."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from kirotodo.client.tui.keymap import bindings
from kirotodo.client.tui.plain import cut, fill, one_line, steady
from kirotodo.client.tui.widgets.task_list import (
    DONE,
    DUE_INKS,
    MARKED,
    MUTED,
    OPEN,
    PRIORITY_INKS,
    PRIORITY_MARKS,
    RECURS,
    WAITS,
    Row,
    Section,
    TaskList,
    circle_ink,
    project_ink,
    shown_number,
    urgency,
)
from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_due_briefly

GRID_FROM: Final = 98
"""Cells from which seven columns are wide enough to read in."""
HEAD: Final = 2
"""Lines of the head: the days, and a line under them."""
CARD: Final = 3
"""Lines of a task: two for its title, and one for when, where and its number."""
TITLE_LINES: Final = 2
SIGNS: Final = 3
"""Cells before a title: the mark, the circle and a space."""
PROJECT_MIN: Final = 5
"""Cells of a project's name that are worth showing."""
EMPTY: Final = "nothing due"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A day, or what is overdue, with its tasks."""

    section: Section
    rows: tuple[Row, ...]
    today: bool = False


def card(row: Row, task: Task, *, width: int, now: datetime) -> tuple[Content, ...]:
    """Return the lines of a task in a column. `now` is local."""
    inner = max(1, width - SIGNS)
    strike = f"{MUTED} strike" if task.completed else ""
    late = urgency(task, today=now.date(), now=now.time())
    circle = (DONE, "$success") if task.completed else (OPEN, circle_ink(late))
    mark = (MARKED if row.marked else " ", "$accent" if row.marked else "")
    lines = [
        Content.assemble(mark, " " if index else circle, " ", line.stylize(strike) if strike else line)
        for index, line in enumerate(_title(task, inner))
    ]
    lines.append(Content.assemble(mark, "  ", _details(row, task, inner, now)))
    lines += [Content("")] * (CARD - len(lines))
    return tuple(line.truncate(width, pad=True) for line in lines)


def _fitting(title: str, width: int) -> str:
    """Return the head of a day in as many words as fit: `Today · Tue 24 Nov`, `Today`; `Thu 26 Nov`, `Thu 26`."""
    short = title.split(" · ")[0]
    names = (title, short, short.rpartition(" ")[0] or short)
    return next((name for name in names if cell_len(name) <= width), names[-1])


def _title(task: Task, width: int) -> list[Content]:
    """Return the priority and the title in as many lines as a card has for them, the last one cut."""
    text = steady(one_line(task.title)) or "(no title)"
    priority = PRIORITY_MARKS[task.priority]
    most = width * (TITLE_LINES + 1)
    title = Content.assemble((f"{priority} " if priority else "", PRIORITY_INKS[task.priority]), text[:most])
    lines = [line.rstrip() for line in title.wrap(width)]
    if len(lines) <= TITLE_LINES:
        return lines
    shown = lines[: TITLE_LINES - 1]
    rest = title.plain[sum(len(line) for line in shown) :].strip()
    return [*shown, Content(cut(rest, width))]


def _details(row: Row, task: Task, width: int, now: datetime) -> Content:
    """Return when a task is due, its signs, project and number, as much as there is space for."""
    late = urgency(task, today=now.date(), now=now.time())
    one_day = row.under is not None and row.under.one_day
    at = f"{task.due_time:%H:%M}" if task.due_time is not None else ""
    due = at if one_day else cut(describe_due_briefly(task.due_date, task.due_time, today=now.date()), width)
    signs = (RECURS if task.recurrence else "") + (WAITS if row.waits else "")
    pieces = [(due, DUE_INKS[late]), (signs, MUTED)]
    left = Content(" ").join([Content.styled(text, style) for text, style in pieces if text])
    number = shown_number(task)
    free = width - left.cell_length - len(number) - 2
    if task.project and free >= PROJECT_MIN:
        project = cut(f"+{steady(one_line(task.project))}", free)
        left = Content.assemble(left, " " if left else "", (project, project_ink(task.project)))
    gap = width - left.cell_length - len(number)
    return Content.assemble(left, " " * gap, (number, MUTED)) if gap > 0 else left


class WeekGrid(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows columns of tasks, with a cursor that follows its task and can stand on a day without any."""

    BINDINGS = bindings("week")
    COMPONENT_CLASSES = {"cursor", "head", "head-late", "head-today", "note"}
    ALLOW_SELECT = False

    @dataclass
    class Turned(Message):
        """The cursor went past the last day, or with -1 before the first one."""

        step: int

    class Moved(Message):
        """The cursor went to another task."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._columns: Sequence[Column] = ()
        self._note = ""
        self._column = self._index = 0
        self._airy = False
        self._cards: dict[tuple[int, int, int], tuple[Content, ...]] = {}

    # --- columns ---

    @property
    def columns(self) -> Sequence[Column]:
        """Return the columns."""
        return self._columns

    @property
    def section(self) -> Section | None:
        """Return the section that the cursor is in."""
        return self._columns[self._column].section if self._columns else None

    @property
    def current(self) -> Task | None:
        """Return the task under the cursor; None on a day without any."""
        rows = self._columns[self._column].rows if self._columns else ()
        return rows[min(self._index, len(rows) - 1)].task if rows else None

    @property
    def tasks(self) -> list[Task]:
        """Return the tasks, day after day."""
        return [row.task for column in self._columns for row in column.rows if row.task is not None]

    @property
    def place(self) -> int:
        """Return how many tasks stand before the cursor."""
        rows = self._columns[self._column].rows if self._columns else ()
        before = sum(len(column.rows) for column in self._columns[: self._column])
        return before + max(0, min(self._index, len(rows) - 1))

    def set_columns(self, columns: Sequence[Column], *, note: str = "", airy: bool = False) -> None:
        """Show other columns. The cursor follows its task; where that is gone it stays on its day."""
        before, section, begins = self.current, self.section, not self._columns
        self._columns, self._note, self._airy = columns, note, airy
        self._cards = {}
        same = [i for i, column in enumerate(columns) if section is not None and column.section.title == section.title]
        today = [i for i, column in enumerate(columns) if column.today]
        self._column = next(iter([*(today if begins else same), min(self._column, len(columns) - 1)]))
        if before is not None:
            self.stand_on(before.id)
        longest = max((len(column.rows) for column in columns), default=0)
        self.virtual_size = Size(self.virtual_size.width, self._head + longest * self._step)
        self._show_cursor()

    def stand_on(self, task_id: int) -> None:
        """Move the cursor to a task, where it is there."""
        for number, column in enumerate(self._columns):
            for index, row in enumerate(column.rows):
                if row.task is not None and row.task.id == task_id:
                    self._column, self._index = number, index
                    self._show_cursor()

    @property
    def _head(self) -> int:
        return HEAD + bool(self._note)

    @property
    def _step(self) -> int:
        return CARD + self._airy

    # --- the cursor ---

    def move(self, steps: int) -> None:
        """Move the cursor up or down by so many tasks, as far as there are any."""
        rows = self._columns[self._column].rows if self._columns else ()
        self._go(self._column, max(0, min(len(rows) - 1, min(self._index, len(rows) - 1) + steps)))

    def page(self, pages: int) -> None:
        """Move the cursor by so many pages."""
        self.move(pages * max(1, (self.size.height - self._head) // self._step))

    def to_first(self) -> None:
        """Go to the first task."""
        self._go(next((number for number, column in enumerate(self._columns) if column.rows), 0), 0)

    def to_last(self) -> None:
        """Go to the last task."""
        filled = [number for number, column in enumerate(self._columns) if column.rows]
        self._go(filled[-1] if filled else 0, len(self._columns[filled[-1]].rows) - 1 if filled else 0)

    def enter(self, step: int) -> None:
        """Come from the week before, or with -1 from the one after."""
        self._go(0 if step > 0 else len(self._columns) - 1, self._index)

    def action_previous_day(self) -> None:
        """Go to the day before."""
        self._sideways(-1)

    def action_next_day(self) -> None:
        """Go to the day after."""
        self._sideways(1)

    def _sideways(self, step: int) -> None:
        if 0 <= self._column + step < len(self._columns):
            self._go(self._column + step, self._index)
        elif self._columns:
            self.post_message(self.Turned(step))

    def _go(self, column: int, index: int) -> None:
        self._column, self._index = column, index
        self._show_cursor()
        self.post_message(self.Moved())

    def _show_cursor(self) -> None:
        """Scroll the cursor into sight, and draw everything anew."""
        rows = self._columns[self._column].rows if self._columns else ()
        top = max(0, min(self._index, len(rows) - 1)) * self._step
        height = max(CARD, self.size.height - self._head)
        wanted = max(top + CARD - height, min(top, round(self.scroll_y)))
        if wanted != round(self.scroll_y):
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)
        self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.call_after_refresh(self._show_cursor)

    def places(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """Return where each task lies, and what goes there."""
        top = round(self.scroll_y)
        for number, (column, (left, _)) in enumerate(zip(self._columns, self._spans(), strict=False)):
            for index in range(len(column.rows)):
                y = self._head + index * self._step - top
                if self._head <= y < self.size.height:
                    yield Offset(left, y), partial(self._jump, number, index)

    def _jump(self, column: int, index: int) -> None:
        self.focus()
        if column < len(self._columns):
            self._go(column, index)

    # --- drawing ---

    def _spans(self) -> list[tuple[int, int]]:
        """Return where each column begins, and its width; there is a line between two."""
        count = max(1, len(self._columns))
        free = max(count, self.scrollable_content_region.width - (count - 1))
        width, rest = divmod(free, count)
        widths = [width + (number < rest) for number in range(count)]
        return [(sum(widths[:number]) + number, each) for number, each in enumerate(widths)]

    def render_line(self, y: int) -> Strip:
        """Draw one line of all columns."""
        width = self.scrollable_content_region.width
        if width < 1 or not self._columns:
            return Strip.blank(max(0, width), self.rich_style)
        line = self._content(y, width).truncate(width, pad=True)
        strips = Visual.to_strips(self, line, width, 1, self.visual_style, pad=True)
        return strips[0].crop_extend(0, width, self.rich_style)

    def _content(self, y: int, width: int) -> Content:
        if self._note and y == 0:
            return Content(f" {self._note}").truncate(width, ellipsis=True).stylize(self.get_visual_style("note"))
        cells = [
            self._head_cell(number, each, y == self._head - 1)
            if y < self._head
            else self._cell(number, each, y - self._head + round(self.scroll_y))
            for number, (_, each) in enumerate(self._spans())
        ]
        return Content.styled("┼" if y == self._head - 1 else "│", "$border-blurred").join(cells)

    def _head_cell(self, number: int, width: int, rule: bool) -> Content:
        column = self._columns[number]
        name = "head-late" if column.section.kind == "overdue" else "head-today" if column.today else "head"
        style = self.get_visual_style(name)
        if rule:
            return (
                Content("━" * width).stylize(style) if column.today else Content.styled("─" * width, "$border-blurred")
            )
        count = str(len(column.rows)) if column.rows else ""
        room = max(0, width - len(count) - 2)
        title = _fitting(column.section.title, room)
        return Content(f" {fill(steady(title), room)}{count} ").truncate(width, pad=True).stylize(style)

    def _cell(self, number: int, width: int, line: int) -> Content:
        rows = self._columns[number].rows
        index, part = divmod(line, self._step)
        on = number == self._column and index == max(0, min(self._index, len(rows) - 1)) and part < CARD
        if index < len(rows) and part < CARD:
            content = self._card(number, index, width)[part]
        else:
            content = Content(f"   {EMPTY}" if on and not rows and not part else "").truncate(width, pad=True)
        return Content(content.plain).stylize(self._cursor_style()) if on else content

    def _card(self, number: int, index: int, width: int) -> tuple[Content, ...]:
        """Return the lines of a card, made once until the columns are others."""
        place = (number, index, width)
        if place not in self._cards:
            row = self._columns[number].rows[index]
            assert row.task is not None
            self._cards[place] = card(row, row.task, width=width, now=self._now())
        return self._cards[place]

    def _cursor_style(self) -> Style:
        # Textual leaves `reverse` out of visual styles; without colours it is what marks the cursor.
        reverse = self.get_component_styles("cursor").text_style.reverse
        return self.get_visual_style("cursor") + Style(reverse=True if reverse else None)

    # --- the mouse ---

    async def on_click(self, event: events.Click) -> None:
        """Move the cursor, complete a task or open it."""
        spans = self._spans()
        number = next((i for i, (left, width) in enumerate(spans) if left <= event.x < left + width), None)
        if event.button != 1 or number is None or number >= len(self._columns):
            return
        index, part = divmod(event.y - self._head + round(self.scroll_y), self._step)
        rows = self._columns[number].rows
        if event.y < self._head or index >= len(rows):
            self._go(number, 0 if event.y < self._head else len(rows))
            return
        self._go(number, index)
        task = rows[index].task
        if task is not None and part == 0 and event.x - spans[number][0] < SIGNS:
            self.post_message(TaskList.CircleClicked(task))
        elif task is not None and event.chain == 2:
            self.post_message(TaskList.TaskChosen(task))
