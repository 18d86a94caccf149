"""The dialog that postpones tasks: what each choice means as a date, before any of them takes effect."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Offset
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from kirotodo.client.tui.keymap import bindings, hints, keys_of
from kirotodo.client.tui.messages import Edited
from kirotodo.client.tui.screens.dialog import DialogScreen
from kirotodo.client.tui.screens.task_edit import DueScreen, days_away
from kirotodo.client.tui.screens.task_requests import first_of, move_to
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.task_pane import Postponement
from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import Task
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_day
from kirotodo.core.text.width import width as cell_width

CHOICES: Final[tuple[tuple[Postponement, str], ...]] = (
    ("tomorrow", "postpone.tomorrow"),
    ("a day later", "postpone.day"),
    ("next week", "postpone.week"),
)
"""The choices, and the actions that lead to them."""
DAYS_NAMED: Final = 3
"""Days that are named one by one where tasks come to lie on several."""


def postponed(due: date | None, to: Postponement, *, today: date) -> date:
    """Return the day that a task is postponed to; nothing is postponed into the past."""
    match to:
        case "tomorrow":
            return today + timedelta(days=1)
        case "a day later":
            return max(due or today, today) + timedelta(days=1)
        case "next week":
            return today + timedelta(days=7 - today.weekday())


def days_of(tasks: Sequence[Task], to: Postponement, *, today: date) -> Mapping[date, tuple[int, ...]]:
    """Return the days that tasks are postponed to, in order, each with the ids of its tasks."""
    days: dict[date, tuple[int, ...]] = {}
    for task in tasks:
        day = postponed(task.due_date, to, today=today)
        days[day] = (*days.get(day, ()), task.id)
    return dict(sorted(days.items()))


def describe_days(days: Mapping[date, tuple[int, ...]], *, today: date) -> str:
    """Return what a choice means: the day and how far away it is, or the days with how many tasks each gets."""
    if len(days) == 1:
        (day,) = days
        return f"{describe_day(day, today=today)} · {days_away(day, today)}"
    named = [f"{describe_day(day, today=today)} ({len(ids)})" for day, ids in list(days.items())[:DAYS_NAMED]]
    more = len(days) - len(named)
    return ", ".join(named) + (f" and {more} more days" if more > 1 else " and one more day" if more else "")


class Choices(Widget):
    """Shows each choice with its key and its days; a click chooses one, and a click on the chosen one confirms it."""

    ALLOW_SELECT = False
    chosen: reactive[Postponement] = reactive("tomorrow")

    @dataclass
    class Clicked(Message):
        """A choice was clicked."""

        to: Postponement

    def __init__(self, tasks: Sequence[Task], *, today: date, id: str) -> None:
        super().__init__(id=id)
        self._days = {to: describe_days(days_of(tasks, to, today=today), today=today) for to, _ in CHOICES}

    def render(self) -> Content:
        """Show the choices, one a line."""
        keys = keys_of(self)
        labels = [keys.label(action) for _, action in CHOICES]
        width = max(map(cell_width, labels))
        lines = []
        for (to, _), label in zip(CHOICES, labels, strict=True):
            here = to == self.chosen
            text = Content.assemble(
                "› " if here else "  ",
                (f"{label:<{width}} ", "" if here else "$accent"),
                f"{to:<12}",
                (self._days[to], "" if here else "$text-muted"),
            )
            cut = text.truncate(self.content_size.width, ellipsis=True, pad=True)
            lines.append(cut.stylize("$block-cursor-foreground on $block-cursor-background") if here else cut)
        return Content("\n").join(lines)

    def places(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """Return where each choice lies, and what chooses it."""
        for y, (to, _) in enumerate(CHOICES):
            yield Offset(0, y), partial(self.post_message, self.Clicked(to))

    def on_click(self, event: events.Click) -> None:
        """Choose the line under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and 0 <= offset.y < len(CHOICES):
            self.post_message(self.Clicked(CHOICES[offset.y][0]))


class PostponeScreen(DialogScreen):
    """Shows which days tasks would be postponed to. The key that opened it, pressed again, confirms."""

    BINDINGS = bindings("postpone")

    def __init__(self, tasks: Sequence[Task], to: Postponement) -> None:
        super().__init__(f"postpone: {tasks[0].title}" if len(tasks) == 1 else f"postpone {len(tasks)} tasks")
        self._tasks = tuple(tasks)
        self._to: Postponement = to

    def fields(self) -> ComposeResult:
        """Yield the choices."""
        choices = Choices(self._tasks, today=self._today(), id="postpone-choices")
        choices.set_reactive(Choices.chosen, self._to)
        yield choices

    def _today(self) -> date:
        return shell_of(self).clock().date()

    def subtitle(self) -> Content:
        """Return the keys, for the border."""
        return hints("postpone", keys=keys_of(self))

    def hint(self) -> str:
        """Say that the same key confirms."""
        confirms = " or ".join(dict.fromkeys((self._key(self._to), keys_of(self).label("dialog.save"))))
        return f"{confirms} confirms."

    def _key(self, to: Postponement) -> str:
        return keys_of(self).label(dict(CHOICES)[to])

    def changed(self) -> bool:
        """Return True: there is always a day to postpone to."""
        return True

    def unsaved(self) -> bool:
        """Return False: no text is lost."""
        return False

    # --- the choice ---

    def _choose(self, to: Postponement) -> None:
        """Choose a day, or confirm the one that is chosen."""
        if to == self._to:
            self.action_save()
        elif not self._saving:
            self._to = self.query_one(Choices).chosen = to
            self.show_status(self.hint())

    def on_choices_clicked(self, message: Choices.Clicked) -> None:
        """Choose what was clicked."""
        message.stop()
        self._choose(message.to)

    def action_tomorrow(self) -> None:
        """Choose tomorrow."""
        self._choose("tomorrow")

    def action_day(self) -> None:
        """Choose the day after its own."""
        self._choose("a day later")

    def action_week(self) -> None:
        """Choose next Monday."""
        self._choose("next week")

    def action_previous_field(self) -> None:
        """Choose the line above."""
        self._step(-1)

    def action_next_field(self) -> None:
        """Choose the line below."""
        self._step(1)

    def _step(self, step: int) -> None:
        names = [to for to, _ in CHOICES]
        self._choose(names[(names.index(self._to) + step) % len(names)])

    def action_due(self) -> None:
        """Ask for another date instead."""
        if not self._saving:
            self.dismiss(None)
            shell_of(self).open_screen(DueScreen(*self._tasks))

    async def store(self, backend: Backend) -> Edited:
        """Move the tasks."""
        today = self._today()
        days = days_of(self._tasks, self._to, today=today)
        when = describe_day(next(iter(days)), today=today) if len(days) == 1 else describe_days(days, today=today)
        changed = await move_to(backend, self._tasks, days)
        return Edited(changed, f"Due {when}: {first_of([task.title for task in self._tasks])}", settles_marks=True)
