"""The page of a task: everything about it, its notes as Markdown, its steps, and who changed what."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kirotodo.client.tui.keymap import bindings, hints, keys_of
from kirotodo.client.tui.markdown import render
from kirotodo.client.tui.messages import Edited
from kirotodo.client.tui.plain import clean, line, plain, steady
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.task_list import DONE, OPEN, PRIORITY_MARKS, shown_number
from kirotodo.client.tui.widgets.text_lines import TextLines
from kirotodo.core.backend import Backend, KeepsCopy, TaskFields
from kirotodo.core.domain.history import ChangeSelection, HistoryEntry
from kirotodo.core.domain.task import PAGE_MAX, Changed, Task, TaskFilter
from kirotodo.core.errors import KirotodoError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.changes import describe_actor, describe_change
from kirotodo.core.text.dates import describe_day, describe_due, describe_moment, describe_rule

ENTRIES = 50
"""Changes that are shown, the newest first."""
log = logging.getLogger(__name__)


class Notes(TextLines, can_focus=False):
    """Shows the notes as Markdown."""

    def __init__(self, text: str) -> None:
        super().__init__(id="page-notes")
        self._text = steady(clean(text))

    def make_lines(self, width: int) -> list[Content]:
        """Return the notes at this width."""
        return render(self._text, width)


class ChangeList(OptionList, inherit_bindings=False):
    """Shows the changes in lines; the keys are the screen's."""


class StepList(OptionList, inherit_bindings=False):
    """Shows the steps in lines; the keys are the screen's."""


class TaskPageScreen(ModalScreen[None]):
    """Shows a task to read. It undoes changes by itself and reports them to the chat."""

    BINDINGS = bindings("page")

    @dataclass
    class Loaded(Message):
        """The task as it is now and its changes are here."""

        task: Task
        entries: tuple[HistoryEntry, ...]
        from_copy: bool = False

    @dataclass
    class StepsLoaded(Message):
        """The steps as they are now are here."""

        steps: tuple[Task, ...]

    @dataclass
    class Failed(Message):
        """Something did not work."""

        sentence: str

    def __init__(self, task: Task, *, steps: Sequence[Task] = ()) -> None:
        super().__init__()
        self._shown = task
        self._steps = tuple(steps)
        self._entries: tuple[HistoryEntry, ...] = ()

    def compose(self) -> ComposeResult:
        """Yield the box: the facts, the notes, the steps, the changes and a line for errors."""
        task = self._shown
        with Vertical(id="page") as box:
            box.border_title = line(f"{shown_number(task)} {task.title}".strip())
            box.border_subtitle = hints("page", keys=keys_of(self))
            with VerticalScroll(id="page-body", can_focus=False):
                yield Static(facts(task, shell_of(self).clock()), id="page-facts", markup=False)
                if task.notes.strip():
                    yield Notes(task.notes)
                yield Static(id="page-steps", markup=False)
                yield StepList(id="page-step-list", compact=True, markup=False)
                yield Static("History", id="page-heading", markup=False)
                yield ChangeList(id="page-changes", compact=True, markup=False)
            yield Static(id="page-status", markup=False)

    def on_mount(self) -> None:
        """Load the changes."""
        self.query_one(ChangeList).focus()
        self._show_steps()
        self._load()

    # --- loading ---

    def _load(self) -> None:
        self.run_worker(self._fetch(), group="load", exclusive=True, exit_on_error=False)

    async def _fetch(self) -> None:
        try:
            backend = await shell_of(self).core()
            await self._fetch_steps(backend)
            page = await backend.history(task_id=self._shown.id, limit=ENTRIES)
            from_copy = isinstance(backend, KeepsCopy) and backend.showed_copy
            self.post_message(self.Loaded(await backend.task(self._shown.id), page.items, from_copy))
        except KirotodoError as error:
            self.post_message(self.Failed(error.message))
        except Exception as error:
            log.exception("The page of a task could not be loaded.")
            self.post_message(self.Failed(f"The history could not be loaded ({type(error).__name__})."))

    async def _fetch_steps(self, backend: Backend) -> None:
        where = TaskFilter(status="all", parent_id=self._shown.id)
        self.post_message(self.StepsLoaded((await backend.tasks(where, limit=PAGE_MAX)).items))

    def on_task_page_screen_steps_loaded(self, message: StepsLoaded) -> None:
        """Show the steps, the cursor where it was."""
        message.stop()
        self._steps = message.steps
        self._show_steps()

    def _show_steps(self) -> None:
        heading, found = self.query_one("#page-steps", Static), self.query_one(StepList)
        heading.display = found.display = bool(self._steps)
        if not self._steps and found.has_focus:
            self.query_one(ChangeList).focus()
        heading.update(steps_heading(self._steps, keys_of(self).label("page.tick_step")))
        at = found.highlighted or 0
        found.set_options([Option(step_line(step)) for step in self._steps])
        found.highlighted = min(at, len(self._steps) - 1) if self._steps else None

    def on_task_page_screen_loaded(self, message: Loaded) -> None:
        """Show the task and its changes, the cursor where it was."""
        message.stop()
        self._shown, self._entries = message.task, message.entries
        now, changes = shell_of(self).clock(), self.query_one(ChangeList)
        at = changes.highlighted or 0
        self.query_one("#page-facts", Static).update(facts(message.task, now))
        changes.set_options([Option(change_line(entry, now)) for entry in message.entries])
        heading = "History, as far as it is known here" if message.from_copy else "History"
        self.query_one("#page-heading", Static).update(heading if message.entries else "No change of it is known.")
        changes.highlighted = min(at, len(message.entries) - 1) if message.entries else None

    def on_task_page_screen_failed(self, message: Failed) -> None:
        """Say what did not work."""
        message.stop()
        self.query_one("#page-status", Static).update(plain(message.sentence, "$error"))

    # --- keys ---

    def action_undo_change(self) -> None:
        """Undo this change, wherever it lies in the past."""
        at = self.query_one(ChangeList).highlighted
        if at is not None and at < len(self._entries):
            self.query_one("#page-status", Static).update("")
            self.run_worker(self._undo(self._entries[at]), group="undo", exclusive=True, exit_on_error=False)

    async def _undo(self, entry: HistoryEntry) -> None:
        try:
            changed = await (await shell_of(self).core()).undo_changes(ChangeSelection(change_id=entry.id))
        except KirotodoError as error:
            self.post_message(self.Failed(error.message))
            return
        shell_of(self).post_to_chat(Edited(changed, f"Undone: {self._shown.title}", "undo"))
        await self._fetch()

    def action_tick_step(self) -> None:
        """Complete the step under the cursor, or reopen it."""
        if (at := self._step_at()) is not None:
            step = self._steps[at]
            verb = "Open again" if step.completed else "Done"
            self._change_step(
                lambda backend: backend.complete_tasks([step.id], completed=not step.completed), f"{verb}: {step.title}"
            )

    def action_raise_step(self) -> None:
        """Move the step under the cursor up."""
        self._move_step(-1)

    def action_lower_step(self) -> None:
        """Move the step under the cursor down."""
        self._move_step(1)

    def _move_step(self, by: int) -> None:
        at = self._step_at()
        if at is not None and 0 <= at + by < len(self._steps):
            step, fields = self._steps[at], TaskFields(position=at + by + 1)
            self._change_step(lambda backend: backend.update_tasks([step.id], fields), f"Moved: {step.title}")
            order = list(self._steps)
            order.insert(at + by, order.pop(at))  # at once, for a second press of the key
            self._steps = tuple(order)
            self.query_one(StepList).highlighted = at + by
            self._show_steps()

    def action_free_step(self) -> None:
        """Make the step under the cursor a task of its own."""
        if (at := self._step_at()) is not None:
            step, fields = self._steps[at], TaskFields(parent_id=None)
            notice = f"A task of its own now: {step.title}"
            self._change_step(lambda backend: backend.update_tasks([step.id], fields), notice)

    def _step_at(self) -> int | None:
        """Return the place of the step under the cursor; None where the cursor is on no step."""
        found = self.query_one(StepList)
        at = found.highlighted
        return at if found.has_focus and at is not None and at < len(self._steps) else None

    def _change_step(self, change: Callable[[Backend], Awaitable[Changed]], notice: str) -> None:
        self.query_one("#page-status", Static).update("")
        self.run_worker(self._change(change, notice), group="step", exit_on_error=False)

    async def _change(self, change: Callable[[Backend], Awaitable[Changed]], notice: str) -> None:
        try:
            backend = await shell_of(self).core()
            shell_of(self).post_to_chat(Edited(await change(backend), notice))
            await self._fetch_steps(backend)
        except KirotodoError as error:
            self.post_message(self.Failed(error.message))
            return
        self._load()

    @on(OptionList.OptionSelected, "#page-step-list")
    def _step_clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_tick_step()

    @on(OptionList.OptionSelected, "#page-changes")
    def action_edit(self) -> None:
        """Edit the task."""
        from kirotodo.client.tui.screens.task_edit import DetailsScreen

        shell = shell_of(self)
        self.dismiss(None)
        shell.open_screen(DetailsScreen(self._shown, zone=shell.clock().tzinfo))

    def action_close(self) -> None:
        """Close the page."""
        self.dismiss(None)

    def action_cursor_up(self) -> None:
        """Go to the step or change above."""
        steps, changes = self.query_one(StepList), self.query_one(ChangeList)
        if steps.has_focus:
            steps.highlighted = max(0, (steps.highlighted or 0) - 1)
        elif self._steps and not changes.highlighted:
            steps.focus()
            steps.highlighted = len(self._steps) - 1
        else:
            changes.action_cursor_up()

    def action_cursor_down(self) -> None:
        """Go to the step or change below."""
        steps, changes = self.query_one(StepList), self.query_one(ChangeList)
        if not steps.has_focus:
            changes.action_cursor_down()
        elif (steps.highlighted or 0) + 1 < len(self._steps):
            steps.highlighted = (steps.highlighted or 0) + 1
        else:
            changes.focus()
            changes.highlighted = 0 if self._entries else None

    def action_page_up(self) -> None:
        """Scroll a page up."""
        self.query_one("#page-body", VerticalScroll).scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        """Scroll a page down."""
        self.query_one("#page-body", VerticalScroll).scroll_page_down(animate=False)


def facts(task: Task, now: datetime) -> Content:
    """Return what there is to know about a task, a line for each thing that it has."""
    today = now.date()
    found = [
        ("due", describe_due(task.due_date, task.due_time, today=today)),
        ("starts", describe_day(task.start_date, today=today) if task.start_date is not None else ""),
        ("takes", _minutes(task.duration)),
        ("repeats", describe_rule(task.recurrence, recurs_from=task.recurs_from) if task.recurrence else ""),
        ("reminds", describe_moment(task.remind_at, now=now) if task.remind_at else ""),
        ("priority", f"{PRIORITY_MARKS[task.priority]} {task.priority}" if task.priority != "none" else ""),
        ("project", f"+{task.project}" if task.project else ""),
        ("tags", " ".join(f"#{tag}" for tag in task.tags)),
        ("added", describe_moment(task.created_at, now=now)),
        ("done", describe_moment(task.completed_at, now=now) if task.completed_at else ""),
    ]
    return Content("\n").join(
        Content.assemble((f"{name:<10}", "$text-muted"), line(value)) for name, value in found if value
    )


def _minutes(minutes: int | None) -> str:
    if not minutes:
        return ""
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)


def steps_heading(steps: Sequence[Task], key: str) -> Content:
    """Return how many of the steps are done, and the key that completes one."""
    done = sum(step.completed for step in steps)
    said = Content.styled(f"Steps · {done} of {len(steps)} done", "bold $primary")
    return Content.assemble(said, "  ", (key, "$accent"), (" ticks one", "$text-muted")) if key else said


def step_line(step: Task) -> Content:
    """Return a step on a line."""
    return Content.assemble(f"{DONE if step.completed else OPEN} ", line(step.title))


def change_line(entry: HistoryEntry, now: datetime) -> Content:
    """Return a change on a line: when, who, and what it did; struck through once it was taken back."""
    what = line(describe_change(entry, now=now))
    return Content.assemble(
        (f"{describe_moment(entry.at, now=now)}  ", "$text-muted"),
        line(describe_actor(entry.by), "$accent"),
        "  ",
        what.stylize("strike") if entry.undone else what,
    )
