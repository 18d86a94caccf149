"""JSON of other programs: each shape is recognised by the keys that only it has."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from kirotodo.client.commands.formats import Rows
from kirotodo.client.commands.interchange.base import Format, unused
from kirotodo.core.errors import InvalidInput

Item = Mapping[str, Any]


def _parsed(text: str) -> Any:
    if not text.lstrip("\ufeff \r\n\t").startswith(("{", "[")):
        return None
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None


def _objects(value: object) -> Iterator[Item]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, Mapping):
            yield each


def _format(name: str, is_it: Callable[[Any], bool], rows: Callable[[Any], Iterable[Item]], used: str) -> Format:
    """Return a format whose tasks `rows` yields; `used` are the keys of `_from` of each that are used."""
    known = frozenset(used.split())

    def fits(text: str) -> bool:
        return is_it(_parsed(text))

    def read(text: str) -> Rows:
        content = _parsed(text)
        if not is_it(content):
            raise InvalidInput(f"This isn't a JSON file of the format {name}.")
        found = list(rows(content))
        names = (key for item in found for key in item.get("_from", ()) if key not in known)
        bare = [{key: value for key, value in item.items() if key != "_from"} for item in found]
        return Rows(
            numbered=tuple((f"Task {place}", item) for place, item in enumerate(bare, start=1)),
            remarks=unused(names),
        )

    return Format(name=name, fits=fits, read=read)


def _first(value: Any) -> Item:
    return next(_objects(value), {})


# --- Google Tasks (Takeout) ---


def _google(content: Any) -> Iterator[Item]:
    numbers: dict[str, int] = {}
    for listed in _objects(content["items"]):
        items = sorted(_objects(listed.get("items")), key=lambda item: bool(item.get("parent")))
        for item in items:
            number = numbers.setdefault(str(item.get("id")), len(numbers) + 1)
            yield {
                "id": number,
                "parent_id": numbers.get(str(item.get("parent"))),
                "title": item.get("title"),
                "notes": item.get("notes"),
                # Google keeps a day as midnight in UTC, wherever one lives.
                "due_date": str(item.get("due") or "")[:10],
                "completed_at": item.get("completed") or ("x" if item.get("status") == "completed" else None),
                "created_at": item.get("created"),
                "project": listed.get("title"),
                "_from": item,
            }


GOOGLE: Final = _format(
    "google-tasks",
    lambda value: isinstance(value, Mapping) and str(value.get("kind", "")).startswith("tasks#"),
    _google,
    "id parent title notes due completed status created kind updated position selfLink etag links task_type",
)


# --- Vikunja ---

_VIKUNJA_PRIORITY: Final = {0: "none", 1: "low", 2: "medium", 3: "high", 4: "high", 5: "high"}


def _is_zero(moment: object) -> bool:
    return not moment or str(moment).startswith("0001-01-01")


def _vikunja(content: Any) -> Iterator[Item]:
    for project in _objects(content):
        for task in _objects(project.get("tasks")):
            done_at = None if _is_zero(task.get("done_at")) else task.get("done_at")
            every = task.get("repeat_after") or 0
            yield {
                "title": task.get("title"),
                "notes": task.get("description"),
                "priority": _VIKUNJA_PRIORITY.get(task.get("priority") or 0, "none"),
                "due_date": None if _is_zero(task.get("due_date")) else task.get("due_date"),
                "start_date": None if _is_zero(task.get("start_date")) else task.get("start_date"),
                "recurrence": f"FREQ=DAILY;INTERVAL={every // 86400}" if every and every % 86400 == 0 else None,
                "project": project.get("title"),
                "tags": [label.get("title") for label in _objects(task.get("labels"))],
                "created_at": None if _is_zero(task.get("created")) else task.get("created"),
                "completed_at": done_at or ("x" if task.get("done") else None),
                "_from": task,
            }


VIKUNJA: Final = _format(
    "vikunja",
    lambda value: isinstance(value, list) and "tasks" in _first(value) and "title" in _first(value),
    _vikunja,
    "id title description done done_at due_date start_date priority labels created updated repeat_after project_id"
    " index identifier position created_by list_id",
)


# --- Microsoft To Do (Graph) ---

_IMPORTANCE: Final = {"high": "high", "normal": "none", "low": "low"}


def _moment_of_graph(value: object) -> str | None:
    if not isinstance(value, Mapping) or not value.get("dateTime"):
        return None
    text = str(value["dateTime"])[:19]
    return f"{text}+00:00" if value.get("timeZone") == "UTC" else text


def _todo(content: Any) -> Iterator[Item]:
    lists = content.get("value") if isinstance(content, Mapping) else content
    for listed in _objects(lists):
        for task in _objects(listed.get("tasks")):
            due = _moment_of_graph(task.get("dueDateTime"))
            body = task.get("body")
            done = _moment_of_graph(task.get("completedDateTime"))
            yield {
                "title": task.get("title"),
                "notes": body.get("content") if isinstance(body, Mapping) else body,
                "priority": _IMPORTANCE.get(str(task.get("importance")), "none"),
                "due_date": due and due[:10],
                "remind_at": _moment_of_graph(task.get("reminderDateTime")),
                "project": listed.get("displayName"),
                "tags": task.get("categories"),
                "created_at": task.get("createdDateTime"),
                "completed_at": done or ("x" if task.get("status") == "completed" else None),
                "_from": task,
            }


MICROSOFT: Final = _format(
    "microsoft-todo",
    lambda value: "displayName" in _first(value.get("value") if isinstance(value, Mapping) else value),
    _todo,
    "id title body importance dueDateTime reminderDateTime categories createdDateTime completedDateTime status"
    " lastModifiedDateTime isReminderOn @odata.etag bodyLastModifiedDateTime hasAttachments",
)


# --- Super Productivity ---


def _super_productivity(content: Any) -> Iterator[Item]:
    data = content.get("data", content)
    projects, tags = _names(data.get("project"), "title"), _names(data.get("tag"), "title")
    archive = (data.get("taskArchive") or {}).get("entities") or (data.get("archiveYoung") or {}).get("task", {}).get(
        "entities"
    )
    tasks = {**(data["task"].get("entities") or {}), **(archive or {})}
    numbers = {key: place for place, key in enumerate(tasks, start=1)}
    ordered = sorted(tasks.items(), key=lambda item: bool(item[1].get("parentId")))
    for key, task in ordered:
        minutes = round((task.get("timeEstimate") or 0) / 60_000)
        yield {
            "id": numbers[key],
            "parent_id": numbers.get(task.get("parentId")),
            "title": task.get("title"),
            "notes": task.get("notes"),
            "due_date": _millis(task.get("dueWithTime")) or task.get("dueDay"),
            "duration": minutes or None,
            "project": projects.get(task.get("projectId")),
            "tags": [name for tag in task.get("tagIds") or () if (name := tags.get(tag)) and name != "Today"],
            "created_at": _millis(task.get("created")),
            "completed_at": _millis(task.get("doneOn")) or ("x" if task.get("isDone") else None),
            "_from": task,
        }


def _names(model: object, key: str) -> dict[str, str]:
    entities = model.get("entities") if isinstance(model, Mapping) else None
    return {id: str(each.get(key)) for id, each in (entities or {}).items() if isinstance(each, Mapping)}


def _millis(value: object) -> str | None:
    import datetime as dt

    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return dt.datetime.fromtimestamp(value / 1000, dt.UTC).isoformat()


def _is_super_productivity(value: Any) -> bool:
    data = value.get("data", value) if isinstance(value, Mapping) else None
    task = data.get("task") if isinstance(data, Mapping) else None
    return isinstance(task, Mapping) and isinstance(task.get("entities"), Mapping)


SUPER_PRODUCTIVITY: Final = _format(
    "super-productivity",
    _is_super_productivity,
    _super_productivity,
    "id title notes isDone doneOn dueDay dueWithTime timeEstimate projectId tagIds parentId subTaskIds created"
    " timeSpentOnDay timeSpent attachments _showSubTasksMode hasPlannedTime modified",
)


# --- Trello and Apple's Reminders ---


def _trello(content: Any) -> Iterator[Item]:
    lists = {each.get("id"): each for each in _objects(content["lists"])}
    for card in _objects(content["cards"]):
        listed = lists.get(card.get("idList"), {})
        closed = card.get("closed") or listed.get("closed")
        yield {
            "title": card.get("name"),
            "notes": card.get("desc"),
            "due_date": card.get("due"),
            "start_date": card.get("start"),
            "project": listed.get("name"),
            "tags": [label.get("name") or label.get("color") for label in _objects(card.get("labels"))],
            "completed_at": "x" if card.get("dueComplete") or closed else None,
            "_from": card,
        }


TRELLO: Final = _format(
    "trello",
    lambda value: isinstance(value, Mapping) and isinstance(value.get("cards"), list) and "lists" in value,
    _trello,
    "id idList name desc due start labels closed dueComplete idBoard idShort shortLink pos url shortUrl idLabels",
)

_APPLE_PRIORITY: Final = {1: "high", 5: "medium", 9: "low"}


def _reminders(content: Any) -> Iterator[Item]:
    for listed in _objects(content["lists"]):
        for item in _objects(listed.get("reminders")):
            yield {
                "title": item.get("title"),
                "notes": item.get("notes"),
                "due_date": item.get("dueDate"),
                "priority": _APPLE_PRIORITY.get(item.get("priority") or 0, "none"),
                "project": listed.get("title"),
                "created_at": item.get("creationDate"),
                "completed_at": item.get("completionDate") or ("x" if item.get("isCompleted") else None),
                "_from": item,
            }


REMINDERS: Final = _format(
    "apple-reminders",
    lambda value: isinstance(value, Mapping) and "reminders" in _first(value.get("lists")),
    _reminders,
    "id title notes dueDate priority creationDate completionDate isCompleted",
)

JSON_EXPORTS: Final = (GOOGLE, REMINDERS, TRELLO, SUPER_PRODUCTIVITY, MICROSOFT, VIKUNJA)
