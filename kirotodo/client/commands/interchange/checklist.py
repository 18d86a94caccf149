"""Markdown checklists: those of GitHub and Obsidian, with headings as projects and Obsidian's signs for dates."""

import re
from collections.abc import Sequence
from typing import Any, Final

from kirotodo.client.commands.formats import Rows, text_rows
from kirotodo.client.commands.interchange.base import Format
from kirotodo.core.domain.task import Priority, Task
from kirotodo.core.text.list_marks import read_item

_DAY: Final = r"(\d{4}-\d{2}-\d{2})"
_SIGNS: Final = {
    "due_date": re.compile(rf"(?:📅|📆|🗓️?)\s*{_DAY}"),
    "start_date": re.compile(rf"(?:🛫|⏳|⌛)\s*{_DAY}"),
    "created_at": re.compile(rf"➕\s*{_DAY}"),
    "completed_at": re.compile(rf"✅\s*{_DAY}"),
    "due_time": re.compile(r"⏰\s*(\d{1,2}:\d{2})"),
    "recurrence": re.compile(r"🔁\s*(every[ \w,-]+?)(?=\s*(?:[^\s\w,-]|$))"),
}
_FIELDS: Final = re.compile(
    r"[\[(](?P<name>due|scheduled|start|created|completion|priority|repeat)::\s*(?P<value>[^\])]*)[\])]"
)
_NAMES: Final = {
    "due": "due_date", "scheduled": "start_date", "start": "start_date", "created": "created_at",
    "completion": "completed_at", "priority": "priority", "repeat": "recurrence",
}  # fmt: skip
_PRIORITY: Final[dict[str, Priority]] = {"🔺": "high", "⏫": "high", "🔼": "medium", "🔽": "low", "⏬": "low"}
_PRIORITY_SIGN: Final[dict[Priority, str]] = {"high": "⏫", "medium": "🔼", "low": "🔽"}
_TAG: Final = re.compile(r"(?:^|(?<=\s))#([^\s#,.;:!?()\[\]\d][^\s#,;:!?()\[\]]*)")
_HEADING: Final = re.compile(r"\s{0,3}#{1,6}\s+(.+?)\s*#*\s*")
_BLOCK: Final = re.compile(r"\s\^[\w-]+$")
_BOX: Final = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+\[[ xX]\]\s", re.MULTILINE)
_FENCE: Final = re.compile(r"\s{0,3}(?:```|~~~)")
_FRONT: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def fits(text: str) -> bool:
    """Return whether the text has a checklist."""
    return _BOX.search(text) is not None


def read(text: str) -> Rows:
    """Return the items of checklists, the rest being text around them; of a text without any, every line."""
    if not fits(text):
        return text_rows(text)
    head = _FRONT.match(text)
    skipped = head[0].count("\n") if head is not None else 0
    rows: list[tuple[str, object]] = []
    project, fenced = None, False
    parents: list[tuple[int, int]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if _FENCE.match(line) is not None:
            fenced = not fenced
        if fenced or number <= skipped:
            continue
        heading = _HEADING.fullmatch(line)
        if heading is not None:
            project, parents = heading[1], []
            continue
        item = read_item(line)
        if not item.boxed or not item.text:
            continue
        depth = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        parents = [(at, id) for at, id in parents if at < depth]
        fields = _fields(item.text, done=item.done)
        own = {"project": project, "id": number, "parent_id": parents[-1][1] if parents else None}
        rows.append((f"Line {number}", {**own, **fields}))
        parents.append((depth, number))
    return Rows(numbered=tuple(rows))


def _fields(text: str, *, done: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {"completed_at": "x" if done else None}
    for name, sign in _SIGNS.items():
        if (found := sign.search(text)) is not None:
            text = f"{text[: found.start()]} {text[found.end() :]}"
            if name != "completed_at" or done:
                fields[name] = found[1].strip()
    for found in list(_FIELDS.finditer(text)):
        fields.setdefault(_NAMES[found["name"]], found["value"].strip())
        text = text.replace(found[0], " ")
    for arrow, priority in _PRIORITY.items():
        if arrow in text:
            text, fields["priority"] = text.replace(arrow, " "), priority
    tags = _TAG.findall(text)
    bare = _BLOCK.sub("", _TAG.sub(" ", text))
    fields["tags"] = [tag for tag in tags if tag != "task"]
    fields["title"] = " ".join(bare.split()) or text
    return fields


def write(tasks: Sequence[Task]) -> str:
    """Return a checklist under a heading for each project, with steps below their task."""
    by_parent: dict[int | None, list[Task]] = {}
    known = {task.id for task in tasks}
    for task in sorted(tasks, key=lambda task: (task.position, task.id)):
        by_parent.setdefault(task.parent_id if task.parent_id in known else None, []).append(task)
    lines: list[str] = []
    by_project: dict[str | None, list[Task]] = {}
    for task in by_parent.get(None, ()):
        by_project.setdefault(task.project, []).append(task)
    for project, found in sorted(by_project.items(), key=lambda item: item[0] or ""):
        if project is not None:
            lines += ["", f"## {project}", ""]
        for task in found:
            _item(task, by_parent, lines, depth=0)
    return "\n".join(lines).lstrip("\n") + "\n"


def _item(task: Task, by_parent: dict[int | None, list[Task]], lines: list[str], *, depth: int) -> None:
    parts = [
        f"{'    ' * depth}- [{'x' if task.completed else ' '}] {' '.join(task.title.split())}",
        *(f"#{tag.replace(' ', '-')}" for tag in task.tags),
        _PRIORITY_SIGN.get(task.priority, ""),
        f"🛫 {task.start_date}" if task.start_date else "",
        f"📅 {task.due_date}" if task.due_date else "",
        f"⏰ {task.due_time:%H:%M}" if task.due_time else "",
        f"➕ {task.created_at:%Y-%m-%d}",
        f"✅ {task.completed_at:%Y-%m-%d}" if task.completed_at else "",
    ]
    lines.append(" ".join(part for part in parts if part))
    lines += [f"{'    ' * depth}  {line}" for line in task.notes.splitlines()]
    for step in by_parent.get(task.id, ()):
        _item(step, by_parent, lines, depth=depth + 1)


MARKDOWN: Final = Format(
    name="markdown",
    fits=fits,
    read=read,
    suffixes=("md", "markdown"),
    write=write,
    lost=frozenset({"notes", "recurrence", "remind_at", "duration", "series", "previous_id"}),
)
