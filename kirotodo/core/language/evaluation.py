"""Understand texts and give the results as plain JSON, for `kirotodo understand --jsonl`."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from kirotodo.core.language.types import (
    Action,
    Add,
    Away,
    Clarify,
    Clear,
    Complete,
    Confirm,
    CreateList,
    Delete,
    DeleteList,
    Pick,
    Plan,
    Query,
    Redo,
    RenameList,
    Skip,
    Spread,
    TakeBack,
    Target,
    Undo,
    Update,
    When,
)
from kirotodo.core.language.understand import understand

_OPS: dict[type[Action], str] = {
    Add: "add",
    Query: "query",
    Complete: "complete",
    Update: "update",
    Delete: "delete",
    Clear: "clear",
    CreateList: "create_list",
    DeleteList: "delete_list",
    Undo: "undo",
    Redo: "undo",
    Clarify: "clarify",
    Confirm: "clarify",
    Skip: "update",
    Away: "update",
    Plan: "query",
    Spread: "update",
    RenameList: "update",
    TakeBack: "undo",
}


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to one line of input, `{"id", "text", "now"}`, where `now` is a local time."""
    now = question.get("now")
    moment = dt.datetime.fromisoformat(now) if now else dt.datetime.now().astimezone()
    meant = understand(str(question["text"]), now=moment)
    return {
        "id": question.get("id"),
        "actions": [{"op": _OPS.get(type(action), "none"), "items": _items(action)} for action in meant.actions],
        "when": when_text(meant.when),
        "recurrence": meant.recurrence.rule if meant.recurrence else None,
    }


def when_text(when: When | None) -> str | None:
    """Return a date, or a moment where there is a time of day, in ISO 8601."""
    if when is None:
        return None
    return when.moment.isoformat() if when.moment else when.date.isoformat()


def _items(action: Action) -> list[str]:
    match action:
        case Add(title=title):
            return [title]
        case CreateList(name=name) | DeleteList(name=name):
            return [name] if name else []
        case Complete(target=target) | Delete(target=target) | Update(target=target) | Pick(target=target):
            return _said(target)
        case _:
            return []


def _said(target: Target) -> list[str]:
    if target.words:
        return [target.words]
    return [str(task_id) for task_id in target.ids]
