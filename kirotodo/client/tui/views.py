"""The views of the task list: which tasks each shows, in which sections and in what order. No widget here."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

from kirotodo.client.tui.widgets.task_list import Section, order, sections
from kirotodo.core.domain.task import PRIORITIES, Task
from kirotodo.core.domain.view import View as SavedView
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.dates import MONTH_NAMES, describe_day

ViewId: TypeAlias = str
"""The name of a view of the program, or that of a saved one behind `SAVED`."""
Grouping = Literal["date", "project", "tag", "priority", "nothing"]
Sorting = Literal["due", "priority", "title", "created"]

GROUPINGS: Final[tuple[Grouping, ...]] = ("date", "project", "tag", "priority", "nothing")
SORTINGS: Final[tuple[Sorting, ...]] = ("due", "priority", "title", "created")
DAYS_AHEAD: Final = 60
"""Up to so many days ahead, Upcoming has a section for each day; then one for each month."""
NO_PROJECT: Final = "No project"
NO_TAG: Final = "No tag"
DAY_PARTS: Final = ((time(0), "Morning"), (time(12), "Afternoon"), (time(17), "Evening"))


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A view by its name; `grouping` is what it begins with, where "date" means its own sections. `action` is what
    shows it by a key, "" where nothing does."""

    id: ViewId
    title: str
    grouping: Grouping = "date"
    action: str = ""
    pinned: bool = False


VIEWS: Final[tuple[View, ...]] = (
    View(id="all", title="All", action="chat.view_all"),
    View(id="today", title="Today", action="chat.view_today"),
    View(id="upcoming", title="Upcoming", action="chat.view_upcoming"),
    View(id="week", title="Week", action="chat.view_week"),
    View(id="projects", title="Projects", grouping="project", action="chat.view_projects"),
    View(id="tags", title="Tags", grouping="tag", action="chat.view_tags"),
    View(id="done", title="Done", action="chat.view_done"),
)
BY_ID: Final[Mapping[str, View]] = {view.id: view for view in VIEWS}


SAVED: Final = "saved:"
"""Begins the id of a saved view."""
SAVED_ACTIONS: Final = ("chat.view_saved_1", "chat.view_saved_2", "chat.view_saved_3")
"""What shows the first saved views by a key."""
_GROUPS: Final[Mapping[str, Grouping]] = {
    "when": "date",
    "date": "date",
    "project": "project",
    "tag": "tag",
    "priority": "priority",
}


def is_saved(view: ViewId) -> bool:
    """Return whether it is a saved view."""
    return view.startswith(SAVED)


def offered(saved: Sequence[SavedView]) -> list[tuple[View, Sorting]]:
    """Return the views of the program and all saved ones, each with the order that it begins with. One whose filter
    can't be read is left out."""
    readable = [view for view in saved if view.problem is None]
    actions = [*SAVED_ACTIONS, *[""] * len(readable)]
    return [
        *((view, "due") for view in VIEWS),
        *(_saved_view(view, action) for view, action in zip(readable, actions, strict=False)),
    ]


def _saved_view(saved: SavedView, action: str) -> tuple[View, Sorting]:
    grouping = _GROUPS.get(saved.group or "", "nothing")
    key = (saved.sort or "due").split(",")[0].strip(" -+")
    sorting: Sorting = next((known for known in SORTINGS if known == key), "due")
    shown = View(id=f"{SAVED}{saved.name}", title=saved.name, grouping=grouping, action=action, pinned=saved.pinned)
    return shown, sorting


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrangement:
    """How a view is arranged."""

    view: View = VIEWS[0]
    grouping: Grouping = "date"
    sorting: Sorting = "due"


def arranged(
    arrangement: Arrangement, tasks: Iterable[Task], *, now: datetime, keep: Collection[int] = (), weeks: int = 0
) -> list[Section]:
    """Return the sections of a view, in order. `now` is local. Tasks of `keep` are done and stay where they stood. The
    week is the one that begins so many `weeks` from today."""
    found = _own_sections(arrangement.view, list(tasks), now, keep, weeks)
    if arrangement.grouping != "date":
        found = _grouped(arrangement, found)
    if arrangement.sorting == "due":
        return found
    key, done = _SORT_KEYS[arrangement.sorting], arrangement.view.id == "done"
    return [_sorted(section, key) if done or section.kind != "done" else section for section in found]


def progress(tasks: Iterable[Task], *, now: datetime) -> tuple[int, int]:
    """Return how many tasks of today are done, and how many it has: what was done today, and what is due by today."""
    done = due = 0
    for task in tasks:
        if task.completed_at is not None:
            done += task.completed_at.astimezone(now.tzinfo).date() == now.date()
        else:
            due += task.due_date is not None and task.due_date <= now.date()
    return done, done + due


def bar(done: int, total: int, width: int) -> str:
    """Return a bar such as `▰▰▱▱▱`."""
    filled = 0 if not total else width * done // total
    return "▰" * filled + "▱" * (width - filled)


# --- the views ---


def _own_sections(view: View, tasks: Sequence[Task], now: datetime, keep: Collection[int], weeks: int) -> list[Section]:
    match view.id:
        case "today":
            return _today(tasks, now, keep)
        case "upcoming":
            return _upcoming(tasks, now.date(), keep)
        case "week":
            return _week(tasks, now.date(), keep, weeks)
        case "done":
            return _done(tasks, now)
        case _:
            return sections(tasks, today=now.date(), now=now, keep=keep)


def _is_open(task: Task, keep: Collection[int]) -> bool:
    return not task.completed or task.id in keep


def _today(tasks: Sequence[Task], now: datetime, keep: Collection[int]) -> list[Section]:
    today = now.date()
    late = [task for task in tasks if _is_open(task, keep) and task.due_date is not None and task.due_date < today]
    due = [task for task in tasks if _is_open(task, keep) and task.due_date == today]
    done = [
        task
        for task in tasks
        if task.completed_at is not None
        and task.id not in keep
        and task.completed_at.astimezone(now.tzinfo).date() == today
    ]
    found = [Section(kind="overdue", tasks=_in_order(late))]
    for _, title in DAY_PARTS:
        part = [task for task in due if task.due_time is not None and _day_part(task.due_time) == title]
        found.append(Section(kind="part", name=title, tasks=_in_order(part)))
    found.append(Section(kind="part", name="Any time", tasks=_in_order(task for task in due if task.due_time is None)))
    found.append(Section(kind="done", name="Done today", tasks=_latest_first(done)))
    return [section for section in found if section.tasks]


def _day_part(at: time) -> str:
    return [title for begin, title in DAY_PARTS if begin <= at][-1]


def _upcoming(tasks: Sequence[Task], today: date, keep: Collection[int]) -> list[Section]:
    days: dict[date, list[Task]] = {}
    months: dict[date, list[Task]] = {}
    for task in tasks:
        if not _is_open(task, keep) or task.due_date is None or task.due_date < today:
            continue
        if (task.due_date - today).days <= DAYS_AHEAD:
            days.setdefault(task.due_date, []).append(task)
        else:
            months.setdefault(task.due_date.replace(day=1), []).append(task)
    return [
        *(_day(day, days[day], today) for day in sorted(days)),
        *(Section(kind="group", name=_month_title(month), tasks=_in_order(months[month])) for month in sorted(months)),
    ]


def _week(tasks: Sequence[Task], today: date, keep: Collection[int], weeks: int) -> list[Section]:
    """Return what is overdue, where the week begins today, and seven days."""
    days = [today + timedelta(days=ahead) for ahead in range(7 * weeks, 7 * weeks + 7)]
    due: dict[date, list[Task]] = {day: [] for day in days}
    late = []
    for task in tasks:
        if not _is_open(task, keep) or task.due_date is None:
            continue
        if task.due_date in due:
            due[task.due_date].append(task)
        elif task.due_date < today and not weeks:
            late.append(task)
    overdue = [Section(kind="overdue", tasks=_in_order(late))] if late else []
    return [*overdue, *(_day(day, due[day], today) for day in days)]


def _done(tasks: Sequence[Task], now: datetime) -> list[Section]:
    found: dict[date, list[Task]] = {}
    for task in tasks:
        if task.completed_at is not None:
            found.setdefault(task.completed_at.astimezone(now.tzinfo).date(), []).append(task)
    return [
        Section(kind="done", name=_day_title(day, now.date()), tasks=_latest_first(found[day]))
        for day in sorted(found, reverse=True)
    ]


def _day(day: date, tasks: Iterable[Task], today: date) -> Section:
    return Section(kind="day", name=_day_title(day, today), tasks=_in_order(tasks), day=day)


def _day_title(day: date, today: date) -> str:
    near = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}.get((day - today).days)
    return f"{near} · {describe_day(day, today=today)}" if near else describe_day(day, today=today)


def _month_title(month: date) -> str:
    return f"{MONTH_NAMES[month.month - 1]} {month.year}"


def _in_order(tasks: Iterable[Task]) -> tuple[Task, ...]:
    return tuple(sorted(tasks, key=order))


def _latest_first(tasks: Iterable[Task]) -> tuple[Task, ...]:
    done = [(task.completed_at, task.id, task) for task in tasks if task.completed_at is not None]
    return tuple(task for _, _, task in sorted(done, key=lambda one: one[:2], reverse=True))


# --- groups and orders ---


def _grouped(arrangement: Arrangement, found: Sequence[Section]) -> list[Section]:
    """Return the tasks of some sections in other groups. What Today has done stays a section of its own; elsewhere,
    what is done goes only into the groups of Done."""
    names, view = _NAMES[arrangement.grouping], arrangement.view.id
    groups: dict[tuple[Any, ...], tuple[str, list[Task]]] = {}
    for section in found:
        if section.kind != "done" or view == "done":
            for task in section.tasks:
                for place, name in names(task):
                    groups.setdefault(place, (name, []))[1].append(task)
    in_order = _latest_first if view == "done" else _in_order
    return [
        *(Section(kind="group", name=groups[at][0], tasks=in_order(groups[at][1])) for at in sorted(groups)),
        *(section for section in found if section.kind == "done" and view == "today"),
    ]


def _sorted(section: Section, key: Callable[[Task], Any]) -> Section:
    return replace(section, tasks=tuple(sorted(section.tasks, key=key)))


@lru_cache(maxsize=4_096)
def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts `step 9` before `step 10`, without case."""
    parts = re.findall(r"\d+|\D+", text.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _by_project(task: Task) -> list[tuple[tuple[Any, ...], str]]:
    return [((0, natural(task.project)), f"+{task.project}") if task.project else ((1, ()), NO_PROJECT)]


def _by_tag(task: Task) -> list[tuple[tuple[Any, ...], str]]:
    return [((0, natural(tag)), f"#{tag}") for tag in task.tags] or [((1, ()), NO_TAG)]


def _by_priority(task: Task) -> list[tuple[tuple[Any, ...], str]]:
    word = "No" if task.priority == "none" else task.priority.capitalize()
    return [((-PRIORITIES.index(task.priority),), f"{word} priority")]


_NAMES: Final[Mapping[Grouping, Callable[[Task], list[tuple[tuple[Any, ...], str]]]]] = {
    "project": _by_project,
    "tag": _by_tag,
    "priority": _by_priority,
    "nothing": lambda _: [((0,), "Tasks")],
}
_SORT_KEYS: Final[Mapping[Sorting, Callable[[Task], tuple[Any, ...]]]] = {
    "due": order,
    "priority": lambda task: (-PRIORITIES.index(task.priority), *order(task)),
    "title": lambda task: (natural(task.title), task.id),
    "created": lambda task: (task.created_at, task.id),
}
