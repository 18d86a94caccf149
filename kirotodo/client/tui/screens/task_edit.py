"""The dialogs that edit a task: its title, its due date, all its fields, and a new task in one line."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Label, Static, TextArea

from kirotodo.client.tui.keymap import keys_of
from kirotodo.client.tui.messages import Edited
from kirotodo.client.tui.plain import line, one_line, plain, steady
from kirotodo.client.tui.screens.dialog import DialogScreen
from kirotodo.client.tui.screens.task_requests import first_of
from kirotodo.client.tui.shell import shell_of
from kirotodo.client.tui.widgets.calendar import Calendar
from kirotodo.client.tui.widgets.field import Choice, Field, LinesField
from kirotodo.client.tui.widgets.task_list import PRIORITY_MARKS, shown_number
from kirotodo.core.backend import Backend, TaskFields
from kirotodo.core.domain.task import PRIORITIES, Changed, Priority, Task
from kirotodo.core.errors import InvalidInput, KirotodoError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import describe_due, describe_moment, describe_rule

DUE_HINT: Final = "Words do: tomorrow 5pm · fri · in 2 weeks · 27 nov 9:00. Empty: no date."
NEW_HINT: Final = "One line: what, when, +project, #tag, !high, every friday."
BULK_HINT: Final = "Empty fields stay as they are. - takes the due date or the project away."
DETAILS_HINT: Final = "Words do: fri 5pm · every other friday · 10 minutes before. {} starts a line in the notes."
_BARE_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TIME_AT_END: Final = re.compile(r"\s\d{1,2}:\d\d\Z")
NOTHING: Final = "-"
PREVIEW_AFTER: Final = 0.15
"""Seconds without a key until the preview is asked for."""


class TitleScreen(DialogScreen):
    """Asks for another title."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"title of {shown_number(task) or 'a new task'}")
        self._editing = task

    def fields(self) -> ComposeResult:
        """Yield the field for the title."""
        yield Field(one_line(self._editing.title), id="title")

    def changed(self) -> bool:
        """Return whether the title is another one."""
        return self.text_of("title") != one_line(self._editing.title)

    async def store(self, backend: Backend) -> Edited:
        """Save the title."""
        title = self.text_of("title")
        if not title:
            raise InvalidInput(
                f"A task needs a title; {keys_of(self).label('tasks.delete')} in the list deletes the task."
            )
        now = await backend.edit_task(self._editing, TaskFields(title=title))
        return Edited(Changed(tasks=(now,)), f"{self._editing.title} → {title}")


class DuePreview(DialogScreen):
    """A dialog with a field `due`. It finds out what the words in it mean as they are typed."""

    @dataclass
    class Previewed(Message):
        """The meaning of `text` is here: a due date, or why there is none."""

        text: str
        day: date | None
        at: time | None
        refusal: str = ""

    def __init__(self, heading: str) -> None:
        super().__init__(heading)
        self._waiting: Timer | None = None
        self._meaning: DuePreview.Previewed | None = None

    @property
    def meaning(self) -> Previewed | None:
        """Return the meaning of what the field holds, once it is known."""
        known = self._meaning
        return known if known is not None and known.text == self.text_of("due") else None

    @on(Input.Changed, "#due")
    def _preview_soon(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
        if self.text_of("due") in ("", NOTHING) or not self.changed():
            self.show_status(self.hint())
        else:
            self._waiting = self.set_timer(PREVIEW_AFTER, self._preview)

    def _preview(self) -> None:
        job = self._fetch_preview(self.text_of("due"))
        self.run_worker(job, group="preview", exclusive=True, exit_on_error=False)

    async def _fetch_preview(self, text: str) -> None:
        if (stated := _stated(text)) is not None:
            self.post_message(self.Previewed(text, *stated))
            return
        backend = await shell_of(self).core()
        try:
            (task, *_) = await backend.add_from_text(f"task {text}", dry_run=True)
            self.post_message(self.Previewed(text, task.due_date, task.due_time))
        except (KirotodoError, ValueError) as error:
            self.post_message(self.Previewed(text, None, None, getattr(error, "message", "")))

    def on_due_preview_previewed(self, message: Previewed) -> None:
        """Show which day the words mean, unless they have changed since."""
        message.stop()
        if message.text == self.text_of("due"):
            self._meaning = message
            self.show_status(self.hint())

    @property
    def readable(self) -> bool:
        """Return whether it is known which date the field means, or that it means none."""
        none = self.text_of("due") in ("", NOTHING)
        return none or (self.meaning is not None and self.meaning.day is not None)

    def describe(self) -> str:
        """Return the date that the words mean, or why they mean none; nothing while that is unknown."""
        if self.text_of("due") in ("", NOTHING):
            return "No date"
        if (meaning := self.meaning) is None:
            return ""
        if meaning.day is None:
            return meaning.refusal or f"No date in “{one_line(meaning.text)}” yet."
        today = shell_of(self).clock().date()
        return f"→ {describe_due(meaning.day, meaning.at, today=today)} · {days_away(meaning.day, today)}"

    def moves(self, task: Task) -> bool:
        """Return whether the task would be due at another time than it is."""
        text = self.text_of("due")
        if text in ("", NOTHING):
            return task.due_date is not None
        if (meaning := self.meaning) is None or meaning.day is None:
            return False
        kept = None if _BARE_DATE.fullmatch(text) else task.due_time
        return (task.due_date, task.due_time) != (meaning.day, meaning.at or kept)


def touched(tasks: Sequence[Task], those: Sequence[Task]) -> str:
    """Return how many of some tasks would change, and the first ones by name."""
    if not those:
        return f"none of {len(tasks)} tasks changes"
    change = "changes" if len(those) == 1 else "change"
    return f"{len(those)} of {len(tasks)} tasks {change}: {first_of([one_line(task.title) for task in those])}"


class DueScreen(DuePreview):
    """Asks for another due date of one or several tasks, starting from the present one. It shows what the words mean
    as they are typed, and a month to pick a day from."""

    def __init__(self, task: Task, *others: Task) -> None:
        super().__init__(f"due: {task.title}" if not others else f"due: {1 + len(others)} tasks")
        self._editing = task
        self._others = others

    def fields(self) -> ComposeResult:
        """Yield the field for the date, and the calendar."""
        today = shell_of(self).clock().date()
        yield Field(due_text(self._editing), id="due", placeholder="no date", select=True)
        yield Calendar(self._editing.due_date or today, today=today, id="calendar")

    def hint(self) -> str:
        """Return what the words mean, and of several tasks which ones change; else some forms a date can take."""
        if not self.changed():
            return DUE_HINT
        if not self._others or not self.readable:
            return self.describe() or DUE_HINT
        tasks = (self._editing, *self._others)
        return f"{self.describe()} · {touched(tasks, [task for task in tasks if self.moves(task)])}"

    def on_mount(self) -> None:
        """Show what the date would be for all of several tasks."""
        if self._others and self.text_of("due"):
            self._preview()

    def changed(self) -> bool:
        """Return whether the date is another one."""
        return bool(self._others) or self.text_of("due") != due_text(self._editing)

    def unsaved(self) -> bool:
        """Return whether something was typed."""
        return self.text_of("due") != due_text(self._editing)

    def on_due_preview_previewed(self, message: DuePreview.Previewed) -> None:
        """Go to the day in the calendar, too."""
        if message.text == self.text_of("due") and message.day is not None:
            self.query_one(Calendar).day = message.day

    def on_calendar_picked(self, message: Calendar.Picked) -> None:
        """Write the day into the field; a time that stands there stays."""
        message.stop()
        at = _TIME_AT_END.search(self.text_of("due"))
        self.query_one("#due", Field).value = f"{message.day.isoformat()}{at[0] if at else ''}"

    async def store(self, backend: Backend) -> Edited:
        """Save the date."""
        fields = due_fields(self.text_of("due"))
        ids = [self._editing.id, *(task.id for task in self._others)]
        if self._others:
            changed = await backend.update_tasks(ids, fields)
        else:
            task = await backend.edit_task(self._editing, fields)
            changed = Changed(tasks=(task,) if task != self._editing else ())
        today = shell_of(self).clock().date()
        before = describe_due(self._editing.due_date, self._editing.due_time, today=today) or "no date"
        now = next((task for task in changed.tasks if task.id == self._editing.id), None)
        name = self._editing.title if not self._others else f"{len(ids)} tasks"
        after = describe_due(now.due_date, now.due_time, today=today) or "no date" if now is not None else ""
        if self._others:
            return Edited(changed, f"{name}: due {after}" if after else f"{name}: changed", settles_marks=True)
        return Edited(changed, f"{name}: {before} → {after}" if after else f"{name}: still {before}")


class BulkScreen(DuePreview):
    """Asks for what to change in several tasks; what is left empty stays as it is in each. It shows which tasks that
    changes, and what a date means, before it takes effect."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        super().__init__(f"change {len(tasks)} tasks")
        self._tasks = tuple(tasks)

    def fields(self) -> ComposeResult:
        """Yield a field for each thing that tasks can have in common."""
        yield from _row("due", Field(id="due"))
        yield from _row("priority", Choice(("as it is", *PRIORITIES), "as it is", id="priority"))
        yield from _row("project", Field(id="project"))
        yield from _row("add tags", Field(id="add-tags"))
        yield from _row("remove tags", Field(id="remove-tags"))

    def hint(self) -> str:
        """Return what a date means and which tasks change; while nothing is filled, what empty fields mean."""
        fields = self._fields()
        if not fields:
            return BULK_HINT
        due = self.text_of("due")
        if due and not self.readable:
            return self.describe() or BULK_HINT
        those = [task for task in self._tasks if (due and self.moves(task)) or _differs(task, fields)]
        says = touched(self._tasks, those)
        return f"{self.describe()} · {says}" if due else f"{says[0].upper()}{says[1:]}"

    @on(Input.Changed)
    @on(Choice.Changed)
    def _show_changes(self) -> None:
        if self.readable:
            self.show_status(self.hint())

    def _fields(self) -> TaskFields:
        fields = TaskFields()
        if due := self.text_of("due"):
            fields = due_fields(due)
        if project := self.text_of("project"):
            fields["project"] = None if project == NOTHING else project.lstrip("+")
        priority = self.query_one("#priority", Choice).value
        if priority in PRIORITIES:
            fields["priority"] = _priority(priority)
        if added := _tags(self.text_of("add-tags")):
            fields["add_tags"] = added
        if removed := _tags(self.text_of("remove-tags")):
            fields["remove_tags"] = removed
        return fields

    def changed(self) -> bool:
        """Return whether any field is filled."""
        return bool(self._fields())

    async def store(self, backend: Backend) -> Edited:
        """Save what was filled in, in all of the tasks at once."""
        fields = self._fields()
        changed = await backend.update_tasks([task.id for task in self._tasks], fields)
        return Edited(changed, f"{len(self._tasks)} tasks: {', '.join(sorted(fields)).replace('_', ' ')} changed")


class NewTaskScreen(DialogScreen):
    """Adds a task described in one line, with a preview while the user types."""

    @dataclass
    class Previewed(Message):
        """The preview of `text` is here: its tasks, or why it would add none."""

        text: str
        tasks: tuple[Task, ...]
        refusal: str = ""

    def __init__(self) -> None:
        super().__init__("new task")
        self._waiting: Timer | None = None

    def fields(self) -> ComposeResult:
        """Yield the field for the line, and the preview under it."""
        yield Field(id="text", placeholder="call the dentist fri 9am +health !high")
        yield Static(id="preview", markup=False)

    def hint(self) -> str:
        """Show what a line can hold."""
        return NEW_HINT

    def changed(self) -> bool:
        """Return whether anything is typed."""
        return bool(self.text_of("text"))

    async def store(self, backend: Backend) -> Edited:
        """Add what the line says."""
        tasks = await backend.add_from_text(self.text_of("text"))
        titles = ", ".join(task.title for task in tasks)
        return Edited(Changed(tasks=tuple(tasks)), f"Added: {titles}" if tasks else "Nothing was added.")

    @on(Input.Changed, "#text")
    def _preview_soon(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
        if self.text_of("text"):
            self._waiting = self.set_timer(PREVIEW_AFTER, self._preview)
        else:
            self.query_one("#preview", Static).update("")

    def _preview(self) -> None:
        self.run_worker(self._fetch_preview(self.text_of("text")), group="preview", exclusive=True, exit_on_error=False)

    async def _fetch_preview(self, text: str) -> None:
        backend = await shell_of(self).core()
        try:
            self.post_message(self.Previewed(text, await backend.add_from_text(text, dry_run=True)))
        except KirotodoError as error:
            self.post_message(self.Previewed(text, (), error.message))

    def on_new_task_screen_previewed(self, message: Previewed) -> None:
        """Show the preview, unless the text has changed since."""
        message.stop()
        if message.text != self.text_of("text"):
            return
        now = shell_of(self).clock()
        lines = [task_summary(task, now) for task in message.tasks]
        self.query_one("#preview", Static).update(Content("\n").join(lines) if lines else plain(message.refusal))


class DetailsScreen(DialogScreen):
    """Shows all fields of a task, to read and to edit."""

    def __init__(self, task: Task, *, zone: tzinfo | None = None) -> None:
        super().__init__(f"task {shown_number(task)}" if shown_number(task) else "new task")
        self._editing = task
        self._before = {
            "title": one_line(task.title),
            "due": due_text(task),
            "recurrence": describe_rule(task.recurrence, recurs_from=task.recurs_from) if task.recurrence else "",
            "remind": f"{task.remind_at.astimezone(zone):%Y-%m-%d %H:%M}" if task.remind_at else "",
            "priority": task.priority,
            "project": one_line(task.project or ""),
            "tags": ", ".join(one_line(tag) for tag in task.tags),
            "notes": plain(task.notes).plain,
        }

    def fields(self) -> ComposeResult:
        """Yield all fields of the task."""
        before = self._before
        yield from _row("title", Field(before["title"], id="title"))
        yield from _row("due", Field(before["due"], id="due", placeholder="no date"))
        yield from _row("repeats", Field(before["recurrence"], id="recurrence", placeholder="no"))
        yield from _row("remind", Field(before["remind"], id="remind", placeholder="no"))
        yield from _row("priority", Choice(PRIORITIES, before["priority"], id="priority"))
        yield from _row("project", Field(before["project"], id="project"))
        yield from _row("tags", Field(before["tags"], id="tags"))
        yield from _row("notes", LinesField(before["notes"], id="notes"))
        yield Static(self._about(), id="about", markup=False)

    def hint(self) -> str:
        """Show what the fields take, and how the notes get another line."""
        return DETAILS_HINT.format(keys_of(self).label("composer.newline"))

    def _about(self) -> Content:
        task, now = self._editing, shell_of(self).clock()
        facts = [f"added {describe_moment(task.created_at, now=now)}"]
        if task.completed_at:
            facts.append(f"done {describe_moment(task.completed_at, now=now)}")
        if task.recurrence:
            counted = "the day it is done" if task.recurs_from == "completion" else "its schedule"
            facts.append(f"the next one is counted from {counted}")
        if task.previous_id is not None:
            facts.append(f"follows task {task.previous_id}")
        return plain(" · ".join(facts))

    # --- before and after ---

    def _now(self) -> dict[str, str]:
        texts = {id: self.text_of(id) for id in ("title", "due", "recurrence", "remind", "project", "tags")}
        return {
            **texts,
            "priority": self.query_one("#priority", Choice).value,
            "notes": self.query_one("#notes", LinesField).text.strip(),
        }

    def _differences(self) -> dict[str, str]:
        return {name: text for name, text in self._now().items() if text != self._before[name].strip()}

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Choice.Changed)
    def _compare(self) -> None:
        """Show what the changed fields were."""
        were = [f"{name}: {one_line(self._before[name]) or 'empty'}" for name in self._differences()]
        self.show_status(f"Before: {' · '.join(were)}" if were else self.hint())

    def changed(self) -> bool:
        """Return whether any field has changed."""
        return bool(self._differences())

    async def store(self, backend: Backend) -> Edited:
        """Save the fields that have changed."""
        differences = self._differences()
        if differences.get("title") == "":
            raise InvalidInput(
                f"A task needs a title; {keys_of(self).label('tasks.delete')} in the list deletes the task."
            )
        now = await backend.edit_task(self._editing, _as_fields(differences))
        return Edited(Changed(tasks=(now,)), f"{self._editing.title}: {', '.join(differences)} changed")


def _differs(task: Task, fields: TaskFields) -> bool:
    """Return whether a task has another priority, project or other tags than it would get."""
    if "priority" in fields and task.priority != fields["priority"]:
        return True
    if "project" in fields and task.project != fields["project"]:
        return True
    tags = {tag.casefold() for tag in task.tags}
    added = {tag.casefold() for tag in fields.get("add_tags", ())}
    return not added <= tags or not tags.isdisjoint(tag.casefold() for tag in fields.get("remove_tags", ()))


def days_away(day: date, today: date) -> str:
    """Return how far away a day is, such as `in 3 days`."""
    days = (day - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days)
    return near or (f"in {days} days" if days > 0 else f"{-days} days ago")


def due_text(task: Task) -> str:
    """Return the due date as text that `due_fields` understands."""
    if task.due_date is None:
        return ""
    return _iso(task.due_date, task.due_time)


def _stated(text: str) -> tuple[date, time | None] | None:
    """Return what a text in the form of `due_text` states; None for words."""
    try:
        day, _, at = text.partition(" ")
        return date.fromisoformat(day), time.fromisoformat(at) if at else None
    except ValueError:
        return None


def due_fields(text: str) -> TaskFields:
    """Return the fields for a due text. Words without a time leave the time as it was; a bare date, all that is left of
    `2026-11-27 09:00` once its time is rubbed out, takes it away."""
    if _BARE_DATE.fullmatch(text):
        return TaskFields(due=text, time=None)
    return TaskFields(due=None if text == NOTHING else text or None)


def task_summary(task: Task, now: datetime) -> Content:
    """Describe in a line or two the task that a text would add."""
    facts = [
        describe_due(task.due_date, task.due_time, today=now.date()),
        describe_rule(task.recurrence, recurs_from=task.recurs_from) if task.recurrence else "",
        f"remind {describe_moment(task.remind_at, now=now)}" if task.remind_at else "",
        PRIORITY_MARKS[task.priority],
        f"+{task.project}" if task.project else "",
        *(f"#{tag}" for tag in task.tags),
    ]
    details = " · ".join(fact for fact in facts if fact)
    return Content.assemble(
        "○ ", line(steady(task.title)), ("\n  " if details else ""), line(steady(details), "$accent")
    )


def _iso(day: date, at: time | None) -> str:
    return day.isoformat() if at is None else f"{day.isoformat()} {at:%H:%M}"


def _row(label: str, field: Widget) -> ComposeResult:
    with Horizontal(classes="row"):
        yield Label(label, markup=False)
        yield field


def _as_fields(texts: dict[str, str]) -> TaskFields:
    fields = due_fields(texts["due"]) if "due" in texts else TaskFields()
    if "title" in texts:
        fields["title"] = texts["title"]
    if "recurrence" in texts:
        fields["recurrence"] = texts["recurrence"] or None
    if "remind" in texts:
        fields["remind"] = texts["remind"] or None
    if "priority" in texts:
        fields["priority"] = _priority(texts["priority"])
    if "project" in texts:
        fields["project"] = texts["project"].lstrip("+") or None
    if "tags" in texts:
        fields["tags"] = _tags(texts["tags"])
    if "notes" in texts:
        fields["notes"] = texts["notes"] or None
    return fields


def _tags(text: str) -> tuple[str, ...]:
    """Tags stand between commas; where there is no comma, between spaces."""
    words = text.split(",") if "," in text else text.split()
    return tuple(tag for word in words if (tag := word.strip().lstrip("#")))


def _priority(word: str) -> Priority:
    return next(priority for priority in PRIORITIES if priority == word)
