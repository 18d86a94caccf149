"""Changes as arguments of tool calls, and calls in words."""

import calendar
import datetime as dt
from collections.abc import Mapping
from typing import Any

from kirotodo.core.language.context import Call
from kirotodo.core.language.types import Update
from kirotodo.core.language.when.parse import due_day
from kirotodo.core.models.builtin.replies import count, escaped
from kirotodo.core.models.builtin.targets import Finder
from kirotodo.core.text.dates import describe_due, describe_rule
from kirotodo.core.text.durations import describe_duration


def changes_of(action: Update, *, today: dt.date) -> dict[str, Any]:
    """Return the fields of an `update_task` call."""
    when, rule = action.when, action.recurrence
    changes: dict[str, Any] = {
        "title": action.title,
        "due": due_day(when, today=today).isoformat() if when and not action.time_only else None,
        "time": when.time.isoformat("minutes") if when and when.time else None,
        "recurrence": rule.rule if rule else action.ends,
        "occurrence": "this" if action.for_once else None,
        "recurs_from": rule.recurs_from if rule and rule.recurs_from != "schedule" else None,
        "priority": action.priority,
        "project": action.project,
        "add_tags": list(action.add_tags),
        "remove_tags": list(action.remove_tags),
        "notes": action.notes,
        "remind": action.remind,
        "snooze": action.snooze,
        "start": action.start.date.isoformat() if action.start else None,
        "duration": action.duration,
        "parent_id": action.parent_id,
        "position": action.position,
        "clear": sorted(action.clear),
    }
    if action.shift_days:
        changes["due"] = f"{action.shift_days:+d} days"
    elif action.shift_minutes:
        changes["due"] = f"{action.shift_minutes:+d} minutes"
    return {name: value for name, value in changes.items() if value}


def plain_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as JSON values."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def months_later(day: dt.date, months: int) -> dt.date:
    """Return the day so many months later, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def describe(call: Call, finder: Finder) -> str:
    """Return the question whether to make a call: "Add “call the plumber” — Fri 27 Nov?" """
    arguments = call.arguments
    match call.tool:
        case "add_task":
            said = f"Add “{escaped(str(arguments.get('title', '')))}”"
        case "complete_task":
            done = arguments.get("completed", True)
            said = f"Mark {_named(call, finder)} as done" if done else f"Open {_named(call, finder)} again"
        case "delete_task":
            said = f"Delete {_named(call, finder)}"
        case "undo":
            said = "Undo the last change"
        case _:
            said = f"Change {_named(call, finder)}"
    details = _details(arguments, today=finder.today)
    return f"{said}{' — ' if details else ''}{' · '.join(details)}?"


def _named(call: Call, finder: Finder) -> str:
    if len(call.task_ids) == 1:
        view = finder.view(call.task_ids[0])
        return f"#{call.task_ids[0]}" + (f" {escaped(view.title)}" if view is not None else "")
    return count(len(call.task_ids))


def _details(arguments: Mapping[str, Any], *, today: dt.date) -> list[str]:
    said = []
    due, time = arguments.get("due"), arguments.get("time")
    if due and str(due)[:1].isdigit():
        moment = dt.time.fromisoformat(time) if time else None
        said.append(describe_due(dt.date.fromisoformat(due), moment, today=today))
    else:
        said += [str(value) for value in (due, time) if value]
    if rule := arguments.get("recurrence"):
        said.append(describe_rule(str(rule)))
    if arguments.get("priority"):
        said.append(f"{arguments['priority']} priority")
    if arguments.get("project"):
        said.append(f"in {escaped(str(arguments['project']))}")
    said += [f"\\#{escaped(str(tag))}" for tag in (*arguments.get("tags", ()), *arguments.get("add_tags", ()))]
    if arguments.get("remind"):
        said.append(f"reminder {escaped(str(arguments['remind']))}")
    if arguments.get("start"):
        said.append(f"not before {describe_due(dt.date.fromisoformat(arguments['start']), None, today=today)}")
    if arguments.get("duration"):
        said.append(f"takes {describe_duration(int(arguments['duration']))}")
    if arguments.get("parent_id"):
        said.append(f"step of #{arguments['parent_id']}")
    said += ["a task of its own" if name == "parent_id" else f"no {name}" for name in arguments.get("clear", ())]
    if arguments.get("notes"):
        said.append(f"notes “{escaped(str(arguments['notes']))}”")
    return said
