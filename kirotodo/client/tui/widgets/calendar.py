"""A month to pick a day from, with the keys or the mouse."""

import calendar
from datetime import date, timedelta

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from kirotodo.client.tui.keymap import bindings
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import MONTH_NAMES, WEEKDAY_NAMES

CELL = 3
WEEKS = 6


class Calendar(Widget, can_focus=True):
    """Shows the month of a day, with the day in it."""

    BINDINGS = bindings("calendar")
    ALLOW_SELECT = False

    day: reactive[date] = reactive(date.min)

    @dataclass
    class Picked(Message):
        """The user went to a day."""

        day: date

    def __init__(self, day: date, *, today: date, id: str) -> None:
        super().__init__(id=id)
        self._today = today
        self.set_reactive(Calendar.day, day)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the name of the month, the weekdays and six weeks."""
        return WEEKS + 2

    def _first(self) -> date:
        """Return the Monday in the upper left corner."""
        first = self.day.replace(day=1)
        return first - timedelta(days=min(first.weekday(), (first - date.min).days))

    def render(self) -> Content:
        """Show the month."""
        lines = [Content.styled(f"{MONTH_NAMES[self.day.month - 1]} {self.day.year}".center(CELL * 7), "bold")]
        lines.append(Content.styled("".join(f"{name[:2]:>{CELL}}" for name in WEEKDAY_NAMES), "$text-muted"))
        first = self._first()
        for week in range(WEEKS):
            lines.append(Content("").join([self._cell(first, 7 * week + place) for place in range(7)]))
        return Content("\n").join(lines)

    def _cell(self, first: date, offset: int) -> Content:
        try:
            day = first + timedelta(days=offset)
        except OverflowError:
            return Content(" " * CELL)
        number = f"{day.day:>{CELL - 1}}"
        if day == self.day:
            return Content.assemble(" ", (number, "reverse" if self.has_focus else "bold underline"))
        style = "$text-disabled" if day.month != self.day.month else "$accent bold" if day == self._today else ""
        return Content.assemble(" ", (number, style))

    def _go(self, day: date) -> None:
        self.day = day
        self.post_message(self.Picked(day))

    def _move(self, days: int) -> None:
        if date.min.toordinal() <= self.day.toordinal() + days <= date.max.toordinal():
            self._go(self.day + timedelta(days=days))

    def _move_months(self, months: int) -> None:
        index = self.day.year * 12 + self.day.month - 1 + months
        year, month = divmod(index, 12)
        if date.min.year <= year <= date.max.year:
            last = calendar.monthrange(year, month + 1)[1]
            self._go(date(year, month + 1, min(self.day.day, last)))

    def action_previous_day(self) -> None:
        """Go to the day before."""
        self._move(-1)

    def action_next_day(self) -> None:
        """Go to the day after."""
        self._move(1)

    def action_previous_week(self) -> None:
        """Go to a week before."""
        self._move(-7)

    def action_next_week(self) -> None:
        """Go to a week after."""
        self._move(7)

    def action_previous_month(self) -> None:
        """Go to a month before."""
        self._move_months(-1)

    def action_next_month(self) -> None:
        """Go to a month after."""
        self._move_months(1)

    def on_click(self, event: events.Click) -> None:
        """Go to the day under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and 2 <= offset.y < WEEKS + 2 and offset.x < CELL * 7:
            self._move((self._first() - self.day).days + (offset.y - 2) * 7 + offset.x // CELL)
