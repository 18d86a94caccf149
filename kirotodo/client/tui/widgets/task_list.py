"""The lines of the task pane: one widget for any number of tasks, which draws only what is on screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.style import Style as RichStyle
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from kirotodo.client.grouping import Section
from kirotodo.client.tui.widgets.task_line import circle_columns, task_line
from kirotodo.core.domain.task import Task

NUMBER_MIN: Final = 3
"""The width of a number at least, so that the first hundred tasks stand in line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line: a task, the head of a section, or a note."""

    task: Task | None = None
    section: Section | None = None
    note: str = ""


class TaskList(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows, a cursor that stands on a task and follows it, and the mouse."""

    COMPONENT_CLASSES = {"cursor", "head", "head-late", "note"}
    DEFAULT_CSS = """
    TaskList {
        width: 1fr;
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .head { color: $primary; text-style: bold; }
        & > .head-late { color: $error; text-style: bold; }
        & > .note { color: $text-muted; }
        & > .cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
            text-style: $block-cursor-blurred-text-style;
        }
        &:focus > .cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: $block-cursor-text-style;
        }
    }
    """

    cursor: reactive[int | None] = reactive(None)
    """The row the cursor is on; None where there is no task."""

    class CircleClicked(Message):
        """The circle of a task was clicked."""

        def __init__(self, task: Task) -> None:
            super().__init__()
            self.task = task

    class TaskChosen(Message):
        """A task was double-clicked."""

        def __init__(self, task: Task) -> None:
            super().__init__()
            self.task = task

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._rows: Sequence[Row] = ()
        self._number_width = NUMBER_MIN

    # --- rows ---

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    @property
    def current(self) -> Task | None:
        """The task under the cursor."""
        return None if self.cursor is None or self.cursor >= len(self._rows) else self._rows[self.cursor].task

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows. The cursor follows its task; where that is gone it takes the nearest one."""
        before, at = self.current, self.cursor
        self._rows = rows
        self._number_width = max([NUMBER_MIN, *(len(str(row.task.id)) + 1 for row in rows if row.task)])
        self.virtual_size = Size(self.virtual_size.width, len(rows))
        self.set_reactive(TaskList.cursor, self._row_of(before, at))
        self.refresh()
        if before is not None and self.current is not None and self.cursor != at:
            self._show_cursor()

    def _row_of(self, task: Task | None, at: int | None) -> int | None:
        places = [index for index, row in enumerate(self._rows) if row.task]
        if task is not None:
            for index in places:
                if (found := self._rows[index].task) and found.id == task.id:
                    return index
        return next((index for index in places if index >= (at or 0)), places[-1] if places else None)

    # --- the cursor ---

    def move(self, steps: int) -> None:
        """Move the cursor by so many tasks, as far as there are any."""
        places = [index for index, row in enumerate(self._rows) if row.task]
        if not places:
            return
        here = places.index(self.cursor) if self.cursor in places else 0
        self.cursor = places[max(0, min(len(places) - 1, here + steps))]

    def page(self, pages: int) -> None:
        self.move(pages * max(1, self.size.height - 1))

    def watch_cursor(self, before: int | None, now: int | None) -> None:
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

    # --- drawing ---

    def render_line(self, y: int) -> Strip:
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
            return task_line(row.task, width=width, number_width=self._number_width, now=self._now(), bare=bare)
        if row.section:
            count = str(len(row.section.tasks))
            return Content(f" {row.section.title:<{max(0, width - len(count) - 2)}}{count}").truncate(width)
        return Content(f" {row.note}").truncate(width, ellipsis=True)

    # --- the mouse ---

    async def on_click(self, event: events.Click) -> None:
        index = event.y + self.scroll_offset.y
        if not 0 <= index < len(self._rows) or (task := self._rows[index].task) is None:
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
