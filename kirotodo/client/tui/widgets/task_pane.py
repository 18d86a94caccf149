"""The task pane: a view of the tasks in sections, for keys and mouse. It posts requests and edits nothing itself."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from kirotodo.client.tui.keymap import ACTIONS, bindings, hints, keys_of
from kirotodo.client.tui.list_filter import ListFilter
from kirotodo.client.tui.pending_keys import Command, PendingKeys
from kirotodo.client.tui.plain import line, one_line
from kirotodo.client.tui.views import (
    GROUPINGS,
    SAVED,
    SORTINGS,
    VIEWS,
    Arrangement,
    Grouping,
    Sorting,
    View,
    ViewId,
    arranged,
    bar,
    is_saved,
    offered,
    progress,
)
from kirotodo.client.tui.widgets.completion import CompletionPopup
from kirotodo.client.tui.widgets.filter_field import FilterField, FilterPopup
from kirotodo.client.tui.widgets.task_list import Row, Section, TaskList, sections
from kirotodo.client.tui.widgets.view_bar import ViewBar
from kirotodo.client.tui.widgets.week_grid import GRID_FROM, Column, WeekGrid
from kirotodo.core.domain.task import PRIORITIES, Priority, Task
from kirotodo.core.domain.view import View as SavedView
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_day

LONGEST_SLEEP: Final = 600.0
"""Seconds until the pane looks again in any case: the timer stands still while a computer sleeps."""
Postponement = Literal["tomorrow", "a day later", "next week"]
_AS_IT_IS: Final = Arrangement()
AIRY: Final = 30
"""Lines of the pane from which there is an empty one between two sections."""
WIDTH_STEP: Final = 6
WEEKS_AHEAD: Final = 520
"""Weeks that the grid can be turned on by."""
NOTHING: Final[Mapping[str, str]] = {
    "today": "Nothing is due today.",
    "upcoming": "Nothing is due in the days to come.",
    "week": "Nothing is due this week.",
    "done": "Nothing is done yet.",
}
EMPTY: Final = ("Nothing to do.", "", "{} adds a task here, or", "write it in the conversation.")


class TaskPane(Vertical):
    """Shows tasks by section. It is given them with `set_tasks` and `apply`, and posts what the user wants."""

    BINDINGS = bindings("tasks")

    class Request(Message):
        """The user wants something that the pane does not do itself."""

    @dataclass
    class CompleteRequested(Request):
        """Complete these tasks, or open them again."""

        task_ids: tuple[int, ...]
        completed: bool

    @dataclass
    class DeleteRequested(Request):
        """Delete these tasks."""

        tasks: tuple[Task, ...]

    @dataclass
    class PriorityRequested(Request):
        """Give the task, and the `others`, this priority."""

        task: Task
        priority: Priority
        others: tuple[Task, ...] = ()

    @dataclass
    class PostponeRequested(Request):
        """Show which day the tasks would be postponed to, and move them there once that is confirmed."""

        tasks: tuple[Task, ...]
        to: Postponement

    @dataclass
    class ShiftRequested(Request):
        """Move the tasks so many days on, or back."""

        tasks: tuple[Task, ...]
        days: int

    @dataclass
    class SkipRequested(Request):
        """Skip the open occurrence of these tasks."""

        tasks: tuple[Task, ...]

    @dataclass
    class BulkEditRequested(Request):
        """Ask for what to change in all of these tasks."""

        tasks: tuple[Task, ...]

    @dataclass
    class EditRequested(Request):
        """Ask for another title."""

        task: Task

    @dataclass
    class DueRequested(Request):
        """Ask for another due date of the task and the `others`."""

        task: Task
        others: tuple[Task, ...] = ()

    @dataclass
    class DetailsRequested(Request):
        """Show everything about the task."""

        task: Task

    @dataclass
    class PageRequested(Request):
        """Show the page of the task, with its `steps`."""

        task: Task
        steps: tuple[Task, ...]

    class AddRequested(Request):
        """Ask for a new task."""

    class UndoRequested(Request):
        """Undo the latest change to the list."""

    class RedoRequested(Request):
        """Redo what was undone last."""

    class LeaveRequested(Message):
        """Go back to the composer."""

    class FullWidthRequested(Message):
        """Give the list the whole width, or put it beside the conversation again."""

    @dataclass
    class WidthRequested(Message):
        """Make the pane this wide, and remember it where it is `final`."""

        width: int
        final: bool = True

    @dataclass
    class DoneRequested(Message):
        """Load tasks that are done: those of today, or a page of all of them after `cursor`."""

        today_only: bool
        cursor: str | None = None

    @dataclass
    class SavedRequested(Message):
        """Load the tasks of a saved view."""

        view: SavedView

    @dataclass
    class ViewChanged(Message):
        """Another view is shown."""

        view: ViewId

    def __init__(self, *, clock: Callable[[], datetime], id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._clock = clock
        self._tasks: dict[int, Task] = {}
        self._kept: set[int] = set()
        self._more = 0
        self._loaded = False
        self._waking: Timer | None = None
        self._arrangement = Arrangement()
        self._groupings: dict[str, tuple[Grouping, Sorting]] = {}
        self._collapsed: set[tuple[ViewId, str]] = set()
        self._marked: set[int] = set()
        self._range: tuple[int, frozenset[int]] | None = None
        self._keys = PendingKeys()
        self._count: int | None = None
        self.pending: frozenset[int] = frozenset()
        self._done: dict[int, Task] = {}
        self._done_next: str | None = None
        self.saved: tuple[SavedView, ...] = ()
        self._saved: dict[ViewId, SavedView] = {}
        self._of_saved: dict[int, Task] = {}
        self._offered: dict[ViewId, tuple[View, Sorting]] = {view.id: (view, "due") for view in VIEWS}
        self._filtering = ListFilter("", today=date.min, zone=None)
        self._field: FilterField | None = None
        self._dragging = self._airy = False
        self._weeks = 0
        self._list = TaskList(now=self._now)
        self._grid = WeekGrid(now=self._now)
        self._grid.display = False

    def compose(self) -> ComposeResult:
        """Yield the names of the views, and the list; the grid and the filter's field come when they are wanted."""
        yield ViewBar(id="views")
        yield self._list

    def on_mount(self) -> None:
        """Show the sections."""
        self.watch(self._list, "cursor", self._mark_to_cursor, init=False)
        self._lay_out()

    # --- what is shown ---

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Return all tasks of the pane, in no order."""
        return tuple(self._tasks.values())

    @property
    def view(self) -> View:
        """Return the view that is shown."""
        return self._arrangement.view

    @property
    def targets(self) -> tuple[Task, ...]:
        """Return the tasks that a key acts on: those that are marked, or else the one under the cursor, with as many
        after it as a number said."""
        marked = tuple(task for task in self._known() if task.id in self._marked)
        if marked or self._count is None:
            return marked or ((self.current,) if self.current is not None else ())
        here = self._body.place
        return tuple({task.id: task for task in self._body.tasks[here : here + self._count]}.values())

    def _known(self) -> Iterable[Task]:
        return {**self._done, **self._tasks}.values()

    @property
    def current(self) -> Task | None:
        """Return the task under the cursor."""
        return self._body.current

    @property
    def _body(self) -> TaskList | WeekGrid:
        return self._grid if self._grid.display else self._list

    def set_tasks(self, tasks: Sequence[Task], *, total: int | None = None) -> None:
        """Show these tasks and no others; `total` counts the whole list where it holds more."""
        self._tasks = {task.id: task for task in tasks}
        self._kept = set()
        self._more = max(0, (total or 0) - len(tasks))
        self._loaded = True
        self._lay_out()

    def apply(self, tasks: Iterable[Task], removed: Iterable[int] = ()) -> None:
        """Show changed tasks and drop removed ones. A task that was open here and is done now stays in its place."""
        tasks, removed = tuple(tasks), tuple(removed)
        if self._shows(tasks, removed):
            return  # news of an edit that was made here
        for task in tasks:
            self._patch(task)
        if (saved := self._saved.get(self.view.id)) and any(task.id not in self._of_saved for task in tasks):
            self.post_message(self.SavedRequested(saved))  # which of them it holds is for its filter to say
        for task_id in removed:
            self._tasks.pop(task_id, None)
            self._done.pop(task_id, None)
            self._of_saved.pop(task_id, None)
            self._kept.discard(task_id)
            self._marked.discard(task_id)
        self._lay_out()

    def _shows(self, tasks: Sequence[Task], removed: Sequence[int]) -> bool:
        known = all(self._tasks.get(task.id) == task for task in tasks)
        return known and not any(id in held for id in removed for held in (self._tasks, self._done, self._of_saved))

    def _patch(self, task: Task) -> None:
        known = task.id in self._tasks
        if self._more and not known and task.id < max(self._tasks, default=0):
            self._more -= 1
        if not task.completed:
            self._kept.discard(task.id)
        elif known and not self._tasks[task.id].completed:
            self._kept.add(task.id)
        self._tasks[task.id] = task
        self._done.pop(task.id, None)

    def add_done(self, tasks: Sequence[Task], *, next: str | None) -> None:
        """Add tasks that are done, which only some views show; `next` continues the list of them."""
        self._done |= {task.id: task for task in tasks if task.id not in self._tasks}
        self._done_next = next
        self._lay_out()

    def sweep(self) -> None:
        """Let go of the tasks that were done; the views of what is done still have them."""
        self._done |= {task.id: task for task in self._tasks.values() if task.completed}
        self._tasks = {task.id: task for task in self._tasks.values() if not task.completed}
        self._kept = set()
        self._lay_out()

    def set_pending(self, task_ids: frozenset[int]) -> None:
        """Show that edits of these tasks wait for the server."""
        if task_ids != self.pending:
            self.pending = task_ids
            self._lay_out()

    def focus(self, scroll_visible: bool = True) -> "TaskPane":
        """Focus the list."""
        self._body.focus(scroll_visible)
        return self

    def _now(self) -> datetime:
        return self._clock()

    def _lay_out(self) -> None:
        if not self.is_mounted:
            return
        self._wake_at_next_change()
        now = self._now()
        wanted = self._wanted(now)
        found = [task for task in self._of_view() if wanted.holds(task)]
        keep = {*self._kept, *self._of_saved} if is_saved(self.view.id) else self._kept
        if self._arrangement == _AS_IT_IS:
            laid_out = sections(found, today=now.date(), now=now, keep=keep)
        else:
            laid_out = arranged(self._arrangement, found, now=now, keep=keep, weeks=self._weeks)
        shown = {task.id: task for section in laid_out for task in section.tasks}
        notes = self._notes(bool(shown))
        if self._show_body(grid=self._fits_grid()):
            note = "" if not notes or (self.view.id == "week" and not self._filtering) else notes[0].note
            self._grid.set_columns(self._week(laid_out, now), note=note, airy=self._airy)
        else:
            self._list.set_rows([*self._rows(laid_out), *notes])
        self.border_title = self._title(now, shown.values())
        bar = self.query_one(ViewBar)
        bar.shown = self.view.id

    def _fits_grid(self) -> bool:
        arrangement = self._arrangement
        return arrangement.view.id == "week" and arrangement.grouping == "date" and self.size.width >= GRID_FROM

    def _show_body(self, *, grid: bool) -> bool:
        """Show the grid or the list; the focus goes along."""
        shown, hidden = (self._grid, self._list) if grid else (self._list, self._grid)
        if hidden.display:
            if not shown.is_attached:
                self.mount(shown, after=self._list)
            shown.display = True
            if hidden.has_focus:
                self.screen.set_focus(shown)
            hidden.display = False
        return grid

    def _week(self, laid_out: Sequence[Section], now: datetime) -> list[Column]:
        return [
            Column(
                section=section,
                rows=tuple(self._row(task, section) for task in section.tasks),
                today=section.day == now.date(),
            )
            for section in laid_out
        ]

    def _of_view(self) -> Iterable[Task]:
        """Return the tasks among which the view chooses."""
        if is_saved(self.view.id):
            known = {**self._done, **self._tasks}
            return [known.get(id, task) for id, task in self._of_saved.items()]
        return self._known() if self.view.id in ("today", "done") else self._tasks.values()

    def _rows(self, laid_out: Sequence[Section]) -> list[Row]:
        """Return the lines of the sections, with an empty one before each where there is room for air."""
        airy = self.size.height >= AIRY
        rows: list[Row] = []
        for section in laid_out:
            collapsed = self._is_collapsed(section)
            if airy:
                rows.append(Row())
            rows.append(Row(section=section, collapsed=collapsed))
            if not collapsed:
                rows.extend(self._row(task, section) for task in section.tasks)
        return self._with_now(rows)

    def _row(self, task: Task, section: Section) -> Row:
        return Row(task=task, under=section, marked=task.id in self._marked, waits=task.id in self.pending)

    def _with_now(self, rows: list[Row]) -> list[Row]:
        """Return the rows with a line after the last one of today whose time has passed."""
        now = self._now().time()
        passed = [index for index, row in enumerate(rows) if (hour := _hour_of(row)) is not None and hour < now]
        return [*rows[: passed[-1] + 1], Row(note="now", rule=True), *rows[passed[-1] + 1 :]] if passed else rows

    def _title(self, now: datetime, shown: Collection[Task]) -> Content:
        if self._marked:
            return Content(f"{len(self._marked)} marked{', up to here' if self._range else ''}")
        if self.view.id == "today":
            done, total = progress(self._known(), now=now)
            return Content(f"today · {done} of {total} done {bar(done, total, 7)}" if total else "today")
        if self.view.id == "done":
            return Content("done")
        if is_saved(self.view.id):
            return line(f"{self.view.title} · {len(self._of_saved)}")
        pending = sum(not task.completed for task in self._tasks.values()) + self._more
        if self._filtering:
            return Content(f"{len(shown):,} of {pending:,}")
        if self.view.id in ("upcoming", "week"):
            pending = sum(not task.completed for task in shown)
        name = "tasks" if self.view.id == "all" else self.view.title.lower()
        if self.view.id == "week" and self._weeks:
            name = f"week of {describe_day(now.date() + timedelta(weeks=self._weeks), today=now.date())}"
        return Content(f"{name} · {pending}" if pending else name)

    def _wake_at_next_change(self) -> None:
        """Set the one timer of the pane to when a time of today passes or the day ends, which changes what it shows."""
        if self._waking is not None:
            self._waking.stop()
        seconds = next_change(self._tasks.values(), self._now())
        self._waking = self.set_timer(min(seconds, LONGEST_SLEEP), self._lay_out, name="next change")

    def _notes(self, some: bool) -> list[Row]:
        if not self._loaded:
            return []
        if some and self._filtering.trouble:
            return [Row(note=self._filtering.trouble)]
        if some:
            more = self._more if self.view.id not in ("today", "done") else 0
            return [Row(note=f"and {more:,} more")] if more else []
        if self._filtering:
            if self._filtering.trouble:
                return [Row(note=self._filtering.trouble)]
            return [Row(note=f"No task contains “{one_line(self._filtering.text)}”.")]
        if self.view.id != "all" and self._tasks:
            return [Row(note=NOTHING.get(self.view.id, "Nothing here."))]
        return [Row(note=note.format(keys_of(self).label("tasks.new"))) for note in EMPTY]

    # --- views ---

    def show_view(self, view: ViewId) -> None:
        """Show another view, arranged as it was when it was shown last."""
        before = self._arrangement
        self._groupings[before.view.id] = (before.grouping, before.sorting)
        self._show_view(view)

    def _show_view(self, view: ViewId) -> None:
        shown, order = self._offered[view]
        grouping, sorting = self._groupings.get(view, (shown.grouping, order))
        self._arrangement = Arrangement(view=shown, grouping=grouping, sorting=sorting)
        self._marked, self._range, self._weeks = set(), None, 0
        if view in self._saved:
            self._of_saved = {}
            self.post_message(self.SavedRequested(self._saved[view]))
        if view in ("today", "done"):
            self.post_message(self.DoneRequested(today_only=view == "today"))
        self._lay_out()
        self.post_message(self.ViewChanged(view))

    def set_saved(self, views: Sequence[SavedView]) -> None:
        """Offer saved views; one whose filter can't be read is left out."""
        before, self.saved = self._saved, tuple(views)
        self._saved = {f"{SAVED}{view.name}": view for view in views if view.problem is None}
        self._offered = {view.id: (view, order) for view, order in offered(views)}
        others = {id for id, view in before.items() if self._saved.get(id) != view}
        self._groupings = {id: each for id, each in self._groupings.items() if id not in others}
        self.query_one(ViewBar).views = tuple(view for view, _ in self._offered.values())
        if not self.has_view(self.view.id):
            self.show_view("all")
        elif self.view.id in others:
            self._show_view(self.view.id)

    def has_view(self, view: ViewId) -> bool:
        """Return whether there is such a view."""
        return view in self._offered

    def view_of(self, action: str) -> ViewId | None:
        """Return the view that an action shows by its key; None where there is none."""
        return next((view.id for view, _ in self._offered.values() if view.action == action), None)

    def show_saved(self, name: str, tasks: Sequence[Task]) -> None:
        """Show the tasks of a saved view, unless another one is shown by now."""
        if is_saved(self.view.id) and self.view.title == name:
            self._of_saved = {task.id: task for task in tasks}
            self._lay_out()

    @on(ViewBar.Chosen)
    def _view_chosen(self, event: ViewBar.Chosen) -> None:
        event.stop()
        self.show_view(event.view)
        self.focus()

    def action_sort(self) -> None:
        """Sort by the next thing: due date, priority, title, when it was added."""
        self._arrange(sorting=SORTINGS[(SORTINGS.index(self._arrangement.sorting) + 1) % len(SORTINGS)])

    def action_group(self) -> None:
        """Group by the next thing: date, which gives a view its own sections, project, tag, priority, nothing."""
        self._arrange(grouping=GROUPINGS[(GROUPINGS.index(self._arrangement.grouping) + 1) % len(GROUPINGS)])

    def _arrange(self, **changes: Any) -> None:
        self._arrangement = replace(self._arrangement, **changes)
        self._lay_out()
        grouping, sorting = self._arrangement.grouping, self._arrangement.sorting
        self.app.notify(f"Grouped by {grouping}, sorted by {_SORT_WORDS[sorting]}.", markup=False)

    def _is_collapsed(self, section: Section) -> bool:
        return (self.view.id, section.title) in self._collapsed

    def action_collapse(self) -> None:
        """Show only the head of the section."""
        if (section := self._list.section) and self._list.display:
            self._collapsed.add((self.view.id, section.title))
            self._lay_out()
            self._list.go_to(section.title)

    def action_expand(self) -> None:
        """Show the tasks of the section again."""
        if section := self._list.section:
            self._collapsed.discard((self.view.id, section.title))
            self._lay_out()

    @on(TaskList.SectionClicked)
    def _section_clicked(self, event: TaskList.SectionClicked) -> None:
        event.stop()
        self._collapsed ^= {(self.view.id, event.section.title)}
        self._lay_out()

    # --- marks ---

    def action_mark(self) -> None:
        """Mark the task, and go to the next one; what a key does then is done to all that are marked."""
        here = self._body.place
        if self.current and (tasks := self._body.tasks[here : here + self._steps]):
            self._range = None
            self._marked ^= {task.id for task in tasks}
            self._lay_out()
            self._body.move(len(tasks))

    def action_mark_range(self) -> None:
        """Mark the task, and from now on every one up to the cursor, until the key is pressed again."""
        if self._range is not None:
            self._range = None
            self._lay_out()
        elif task := self.current:
            self._range = (task.id, frozenset(self._marked))
            self._mark_to_cursor()

    def _mark_to_cursor(self) -> None:
        """Mark the tasks from where a range began to the cursor, where one is being marked."""
        if self._range is None:
            return
        start, before = self._range
        tasks, here = self._body.tasks, self._body.place
        there = [place for place, task in enumerate(tasks) if task.id == start]
        if not there:
            self._range = None
            return
        begin = min(there, key=lambda place: abs(place - here))
        within = tasks[min(begin, here) : max(begin, here) + 1]
        marked = {*before, *(task.id for task in within)}
        if marked != self._marked:
            self._marked = marked
            self._lay_out()

    @on(WeekGrid.Moved)
    def _cursor_moved(self, event: WeekGrid.Moved) -> None:
        event.stop()
        self._mark_to_cursor()

    def action_mark_section(self) -> None:
        """Mark every task of the section, or none of them where all are marked."""
        section = self._body.section
        ids = {task.id for task in section.tasks} if section is not None else set[int]()
        self._marked = self._marked - ids if ids <= self._marked else self._marked | ids
        self._lay_out()

    def clear_marks(self) -> None:
        """Clear the marks, once something was done to the tasks."""
        if self._marked:
            self._marked, self._range = set(), None
            self._lay_out()

    # --- the filter ---

    @property
    def _filter(self) -> FilterField:
        if self._field is None:
            popup = FilterPopup(self._known, id="filter-words")
            self._field = FilterField(popup, id="task-filter")
            self.mount(self._field, popup)
        return self._field

    def _wanted(self, now: datetime) -> ListFilter:
        """Return the filter, read once for each text and day."""
        known = self._filtering
        text = self._field.value if self._field is not None else ""
        if known.text != text.strip() or known.today != now.date():
            self._filtering = ListFilter(text, today=now.date(), zone=now.tzinfo, before=known)
        return self._filtering

    @on(Input.Changed, "#task-filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._lay_out()
        self.action_first()

    @on(Input.Submitted, "#task-filter")
    def _filter_kept(self, event: Input.Submitted) -> None:
        event.stop()
        self.set_class(bool(self._filtering), "-filtered")
        self.focus()

    @on(CompletionPopup.Chosen)
    def _word_clicked(self, event: CompletionPopup.Chosen) -> None:
        event.stop()
        self._filter.focus()
        self._filter.choose(event.choice)

    def action_filter(self) -> None:
        """Show only tasks that contain these words."""
        self.add_class("-filtered")
        self._filter.focus()

    def action_leave(self) -> None:
        """Let go of the marks, clear the filter, or go back to the composer."""
        if self._marked:
            self.clear_marks()
            return
        if not self.has_class("-filtered"):
            self.post_message(self.LeaveRequested())
            return
        self._filter.value = ""
        self.remove_class("-filtered")
        self.focus()

    # --- keys and mouse ---

    async def on_key(self, event: events.Key) -> None:
        """Gather a number and two letters that belong together, and run what they come to."""
        if not self._body.has_focus:
            return
        waiting, keymap = self._keys.shown, keys_of(self)
        taken = self._keys.take(
            event.key,
            keymap.keys,
            scopes=("week", "tasks", "chat") if self._grid.display else ("tasks", "chat"),
            at_once=self._range is not None,
        )
        if isinstance(taken, Command):
            event.stop()
            await self._run(taken)
        elif taken == "waits":
            event.stop()
        if self._keys.shown != waiting:
            self._show_hints()

    async def _run(self, command: Command) -> None:
        scope, _, name = command.action.partition(".")
        nodes: dict[str, Widget] = {"tasks": self, "week": self._grid}
        if command.action == "chat.views" and command.number is not None:
            name = next((each.name for each in ACTIONS if each.keys == (str(command.number),)), name)
        self._count = command.number
        try:
            await nodes.get(scope, self.screen).run_action(name)
        finally:
            self._count = None

    def action_count(self) -> None:
        """Wait for a number: how many tasks the next key moves by or acts on."""
        self._keys.begin()
        self._show_hints()

    @property
    def _steps(self) -> int:
        return self._count or 1

    def action_cursor_up(self) -> None:
        """Go to the task above."""
        self._body.move(-self._steps)

    def action_cursor_down(self) -> None:
        """Go to the task below; at the last of the tasks that are done, load more of them."""
        before = self._list.cursor
        self._body.move(self._steps)
        if self._list.cursor == before:
            self._load_more_done()

    def _load_more_done(self) -> None:
        if self.view.id == "done" and self._done_next is not None:
            cursor, self._done_next = self._done_next, None
            self.post_message(self.DoneRequested(today_only=False, cursor=cursor))

    def action_page_up(self) -> None:
        """Scroll a page up."""
        self._body.page(-self._steps)

    def action_page_down(self) -> None:
        """Scroll a page down."""
        self._body.page(self._steps)
        if self._list.cursor is not None and self._list.cursor + 1 >= len(self._list.rows):
            self._load_more_done()

    def action_first(self) -> None:
        """Go to the first task, or the one that a number says."""
        self._body.to_first()
        self._body.move(self._steps - 1)

    def action_last(self) -> None:
        """Go to the last task, or the one that a number says."""
        if self._count is not None:
            self.action_first()
            return
        self._body.to_last()
        self._load_more_done()

    @property
    def _on_head(self) -> bool:
        return self._list.display and self._list.on_head

    def action_done(self) -> None:
        """Complete the task, or reopen it."""
        if self._on_head:
            self.action_expand()
        elif tasks := self.targets:
            ids = tuple(task.id for task in tasks)
            self.post_message(self.CompleteRequested(ids, not all(task.completed for task in tasks)))
            self.clear_marks()

    def action_edit(self) -> None:
        """Change the title; with marks, change all that are marked."""
        if self._marked or len(self.targets) > 1:
            self.post_message(self.BulkEditRequested(self.targets))
        elif task := self.current:
            self.post_message(self.EditRequested(task))

    def action_due(self) -> None:
        """Change when it is due, in words such as “fri 5pm”."""
        if tasks := self.targets:
            self.post_message(self.DueRequested(tasks[0], tasks[1:]))

    def action_details(self) -> None:
        """Show and edit everything about the task."""
        if self._on_head:
            self.action_expand()
        elif task := self.current:
            self.post_message(self.DetailsRequested(task))

    def action_page(self) -> None:
        """Show its notes, steps and history."""
        if task := self.current:
            steps = sorted(
                (each for each in self._known() if each.parent_id == task.id), key=lambda each: each.position
            )
            self.post_message(self.PageRequested(task, tuple(steps)))

    def action_priority(self) -> None:
        """Go to the next priority: none, low, medium, high."""
        if tasks := self.targets:
            following = PRIORITIES[(PRIORITIES.index(tasks[0].priority) + 1) % len(PRIORITIES)]
            self.post_message(self.PriorityRequested(tasks[0], following, tasks[1:]))

    def action_postpone_tomorrow(self) -> None:
        """Make it due tomorrow."""
        self._postpone("tomorrow")

    def action_postpone_day(self) -> None:
        """Make it due a day later than it is."""
        self._postpone("a day later")

    def action_postpone_week(self) -> None:
        """Make it due on Monday."""
        self._postpone("next week")

    def _postpone(self, to: Postponement) -> None:
        if tasks := self.targets:
            self.post_message(self.PostponeRequested(tasks, to))

    def action_earlier(self) -> None:
        """Move it to the day before."""
        self._shift(-1)

    def action_later(self) -> None:
        """Move it to the day after."""
        self._shift(1)

    def _shift(self, days: int) -> None:
        if tasks := self.targets:
            self.post_message(self.ShiftRequested(tasks, days))

    @on(WeekGrid.Turned)
    def _turned(self, event: WeekGrid.Turned) -> None:
        event.stop()
        if 0 <= self._weeks + event.step <= WEEKS_AHEAD:
            self._weeks += event.step
            self._lay_out()
            self._grid.enter(event.step)

    def action_skip(self) -> None:
        """Skip this time of a task that repeats."""
        if tasks := self.targets:
            self.post_message(self.SkipRequested(tasks))
            self.clear_marks()

    def action_delete(self) -> None:
        """Delete the task. Undo brings it back."""
        if tasks := self.targets:
            self.post_message(self.DeleteRequested(tasks))
            self.clear_marks()

    def action_new(self) -> None:
        """Add a task."""
        self.post_message(self.AddRequested())

    def action_undo(self) -> None:
        """Undo the latest change to the list."""
        self.post_message(self.UndoRequested())

    def action_redo(self) -> None:
        """Redo what you undid last."""
        self.post_message(self.RedoRequested())

    @on(TaskList.CircleClicked)
    def _circle_clicked(self, event: TaskList.CircleClicked) -> None:
        event.stop()
        self.post_message(self.CompleteRequested((event.task.id,), not event.task.completed))

    @on(TaskList.TaskChosen)
    def _task_chosen(self, event: TaskList.TaskChosen) -> None:
        event.stop()
        self.post_message(self.DetailsRequested(event.task))

    def on_resize(self) -> None:
        """Show as many keys as fit into the border, and air between the sections where there is room."""
        self._show_hints()
        airy = self.size.height >= AIRY
        if airy != self._airy or self._fits_grid() != self._grid.display:
            self._airy = airy
            here = self.current
            self._lay_out()
            if here is not None:
                self._body.stand_on(here.id)

    def show_keys(self) -> None:
        """Show the keys as they are now."""
        self._show_hints()
        self.query_one(ViewBar).refresh()
        self._lay_out()

    def _show_hints(self) -> None:
        if typed := self._keys.shown:
            self.border_subtitle = Content(typed)
            return
        self.border_subtitle = hints("tasks", keys=keys_of(self), width=max(0, self.size.width - 4))

    # --- the width ---

    def action_full_width(self) -> None:
        """Give the list the whole width, or put it beside the conversation again."""
        self.post_message(self.FullWidthRequested())

    def action_wider(self) -> None:
        """Make the list wider."""
        self.post_message(self.WidthRequested(self.outer_size.width + WIDTH_STEP))

    def action_narrower(self) -> None:
        """Make the list narrower."""
        self.post_message(self.WidthRequested(self.outer_size.width - WIDTH_STEP))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the left border."""
        if event.x == 0 and event.button == 1 and event.widget is self:
            self._dragging = True
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse with the border."""
        if self._dragging:
            self.post_message(self.WidthRequested(self.region.right - event.screen_x, final=False))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Leave the border where it is."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()
            self.post_message(self.WidthRequested(self.outer_size.width))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Arrange the sections anew, since another day may have begun."""
        self._lay_out()


def next_change(tasks: Iterable[Task], now: datetime) -> float:
    """Return the seconds until a time of today has passed or the next day begins, whichever comes first."""
    today = now.date()
    moments = [datetime.combine(today + timedelta(days=1), time(), now.tzinfo)]
    moments += [
        datetime.combine(today, task.due_time, now.tzinfo) + timedelta(seconds=1)
        for task in tasks
        if task.due_date == today and task.due_time is not None and task.due_time >= now.time()
    ]
    return max(1.0, min((moment - now).total_seconds() for moment in moments))


def _hour_of(row: Row) -> time | None:
    """Return the hour of a task in the day by hours."""
    by_hour = row.task is not None and row.under is not None and row.under.kind == "part"
    return row.task.due_time if by_hour and row.task is not None else None


_SORT_WORDS: Final[Mapping[Sorting, str]] = {
    "due": "due date",
    "priority": "priority",
    "title": "title",
    "created": "when they were added",
}
