"""todo.txt: one task a line, with its priority, dates, +projects, @contexts and key:value pairs."""

import re
from collections.abc import Sequence
from typing import Any, Final

from kirotodo.client.commands.formats import Rows
from kirotodo.client.commands.interchange.base import Format, unused
from kirotodo.core.domain.task import Priority, Task
from kirotodo.core.errors import InvalidInput

_DAY: Final = r"\d{4}-\d{2}-\d{2}"
_LINE: Final = re.compile(
    rf"(?P<done>x )?(?:\((?P<priority>[A-Z])\) )?(?:(?P<first>{_DAY}) )?(?:(?P<second>{_DAY}) )?(?P<text>.*)"
)
_WORD: Final = re.compile(r"(?P<sign>[+@])(?P<name>\S+)|(?P<key>[A-Za-z][\w-]*):(?P<value>[^\s/]\S*)")
_LETTERS: Final[dict[Priority, str]] = {"high": "A", "medium": "B", "low": "C", "none": ""}
_REPEAT: Final = re.compile(r"(?P<strict>\+?)(?P<count>\d{1,3})(?P<unit>[dwmyb])")
_UNITS: Final = {"d": "DAILY", "w": "WEEKLY", "m": "MONTHLY", "y": "YEARLY"}
_SIMPLE_RULE: Final = re.compile(r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(?:;INTERVAL=(\d+))?")
_ESCAPES: Final = str.maketrans({" ": "_"})
_MARKS: Final = re.compile(rf"^(?:x {_DAY}|\([A-Z]\) )|\b(?:due|t|rec|pri):\S|(?:^|\s)[+@]\S", re.MULTILINE)


def fits(text: str) -> bool:
    """Return whether most lines have a sign of todo.txt."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or any(line.lstrip().startswith(("- ", "* ", "#", "{", "[")) for line in lines):
        return False
    first = any(re.match(rf"(?:x {_DAY} |\([A-Z]\) |{_DAY} )", line) for line in lines)
    return first and sum(_MARKS.search(line) is not None for line in lines) * 2 >= len(lines)


def read(text: str) -> Rows:
    """Return the fields of each line."""
    lines = [(f"Line {number}", line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    found = [(where, *_fields(line)) for where, line in lines if line]
    if not found:
        raise InvalidInput("The file is empty.")
    return Rows(
        numbered=tuple((where, fields) for where, fields, _ in found),
        remarks=unused(name for _, _, names in found for name in names),
    )


def _fields(line: str) -> tuple[dict[str, Any], list[str]]:
    found = _LINE.fullmatch(line)
    assert found is not None  # every part but the text may be missing
    done = found["done"] is not None
    first, second = found["first"], found["second"]
    fields: dict[str, Any] = {
        "created_at": second if done else first,
        "completed_at": (first or "x") if done else None,
        "priority": _priority(found["priority"]),
        "tags": [],
    }
    left: list[str] = []
    rest: list[str] = []
    for word in found["text"].split():
        if not _take(word, fields, left):
            rest.append(word)
    fields["title"] = " ".join(rest) or found["text"]
    return fields, left


def _priority(letter: str | None) -> Priority:
    if letter is None:
        return "none"
    return {"A": "high", "B": "medium"}.get(letter, "low")  # type: ignore[return-value]


def _take(word: str, fields: dict[str, Any], left: list[str]) -> bool:
    """Put a word of the line into the fields; return whether it is to go from the title."""
    found = _WORD.fullmatch(word)
    if found is None:
        return False
    if found["sign"] == "@" or (found["sign"] == "+" and "project" in fields):
        fields["tags"].append(found["name"])
        return True
    if found["sign"] == "+":
        fields["project"] = found["name"].replace("_", " ")
        return True
    return _take_pair(found["key"].lower(), found["value"], fields, left)


def _take_pair(key: str, value: str, fields: dict[str, Any], left: list[str]) -> bool:
    match key:
        case "due":
            fields["due_date"] = value
        case "t" | "threshold":
            fields["start_date"] = value
        case "time":
            fields["due_time"] = value
        case "pri":
            fields["priority"] = _priority(value.upper())
        case "rec" if "recurrence" not in fields and (repeat := _REPEAT.fullmatch(value)) is not None:
            unit = _UNITS.get(repeat["unit"])
            days = "" if unit else ";BYDAY=MO,TU,WE,TH,FR"
            fields["recurrence"] = f"FREQ={unit or 'DAILY'};INTERVAL={repeat['count']}{days}"
            fields["recurs_from"] = "schedule" if repeat["strict"] else "completion"
            fields["previous_id"] = None
        case "rrule":
            fields["recurrence"] = value
        case "id" | "uuid" | "h" | "p":
            left.append(key)
        case _:
            return False
    return True


def write(tasks: Sequence[Task]) -> str:
    """Return a line for each task."""
    return "".join(f"{_line(task)}\n" for task in tasks)


def _line(task: Task) -> str:
    done = task.completed_at
    letter = _LETTERS[task.priority]
    parts = [
        f"x {done:%Y-%m-%d}" if done is not None else f"({letter})" if letter else "",
        f"{task.created_at:%Y-%m-%d}",
        " ".join(task.title.split()),
        f"+{task.project.translate(_ESCAPES)}" if task.project else "",
        *(f"@{tag.translate(_ESCAPES)}" for tag in task.tags),
        f"due:{task.due_date}" if task.due_date else "",
        f"time:{task.due_time:%H:%M}" if task.due_time else "",
        f"t:{task.start_date}" if task.start_date else "",
        _repeat(task),
        f"pri:{letter}" if done is not None and letter else "",
    ]
    return " ".join(part for part in parts if part)


def _repeat(task: Task) -> str:
    """Return how a task repeats: as other programs read it where they can, else as the rule itself."""
    if task.recurrence is None:
        return ""
    rule = _SIMPLE_RULE.fullmatch(task.recurrence)
    if rule is None:
        return f"rrule:{task.recurrence}"
    return f"rec:{'+' if task.recurs_from == 'schedule' else ''}{rule[2] or 1}{rule[1][0].lower()}"


TODO_TXT: Final = Format(
    name="todo.txt",
    fits=fits,
    read=read,
    write=write,
    lost=frozenset({"notes", "remind_at", "duration", "parent_id", "series", "previous_id"}),
)
