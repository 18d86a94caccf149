"""Files of other programs: recognised by what they hold, read whole, and what is not used is named."""

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest

from kirotodo.client.commands import output
from kirotodo.client.commands.interchange import archive
from kirotodo.core.domain.task import TaskDraft
from tests.client.commands.command_runner import CommandRunner

TODOIST: Final = """TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE
section,Garden,,,,,,,,
task,Water the beds @outside,With the can,1,1,Eve (7),,every monday,en,Europe/Vienna
task,Fill the can,,4,2,Eve (7),,,en,Europe/Vienna
note,It leaks,,,,Eve (7),,,,
,,,,,,,,,
task,Prune the rose,,3,1,Eve (7),,3 Dec,en,Europe/Vienna
"""
TASKWARRIOR: Final = """[
{"description":"oil the hinge","entry":"20261101T080000Z","due":"20261201T170000Z","priority":"H","project":"Home.door",
 "status":"pending","tags":["diy"],"uuid":"u1","recur":"weekly","udafield":"x",
 "annotations":[{"entry":"20261102T080000Z","description":"grease is in the shed"}]},
{"description":"old","entry":"20261001T080000Z","end":"20261002T080000Z","status":"completed",
 "uuid":"u2"},
{"description":"gone","entry":"20261001T080000Z","status":"deleted","uuid":"u3"}
]"""
LINES: Final = """{"description":"glue the cup","entry":"20261101T080000Z","status":"pending","uuid":"u4"}
{"description":"sell the lamp","entry":"20261101T080100Z","status":"pending","uuid":"u5"}
"""
TODO_TXT: Final = """(A) 2026-11-02 Ring the plumber +Flat @phone due:2026-12-02 time:09:30
(C) Sand the table rec:+2w due:2026-12-05
x 2026-11-20 2026-11-03 Buy screws @shop pri:B
Sort http://example.com/a:b later
"""
ICS: Final = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Other//EN
BEGIN:VTODO
UID:a
SUMMARY:Paint the fence\\, twice
DESCRIPTION:Green\\nnot blue
DUE;TZID=America/New_York:20261202T170000
PRIORITY:1
CATEGORIES:garden,diy
RRULE:FREQ=WEEKLY;BYDAY=WE
X-OTHER-COLOUR:red
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT30M
END:VALARM
END:VTODO
BEGIN:VTODO
UID:b
SUMMARY:Buy paint
DUE;VALUE=DATE:20261201
RELATED-TO:a
STATUS:COMPLETED
COMPLETED:20261120T080000Z
END:VTODO
BEGIN:VEVENT
UID:c
SUMMARY:A party
DTSTART:20261201T080000Z
END:VEVENT
END:VCALENDAR
"""
OBSIDIAN: Final = """---
tags: [a]
---
# Trip
Some words.
- [ ] Book the train #travel ⏫ 📅 2026-12-03 ⏰ 09:15 ^abc
    - [ ] Find the card
- [x] Pack ✅ 2026-11-20
- no box
```
- [ ] not this
```
## Home
* [ ] Feed the cat 🔁 every day 📅 2026-12-01
- [ ] Read [due:: 2026-12-09]
"""
GOOGLE: Final = """{"kind":"tasks#taskLists","items":[
{"kind":"tasks#tasks","title":"Errands","items":[
{"id":"b","parent":"a","title":"Stamps","status":"completed","completed":"2026-11-20T08:00:00.000Z"},
{"id":"a","title":"Post office","notes":"parcel","due":"2026-12-02T00:00:00.000Z",
"status":"needsAction","links":[]}]}]}"""
VIKUNJA: Final = """[{"title":"Flat","tasks":[
{"id":1,"title":"Clean the oven","description":"inside","done":false,"priority":3,
"due_date":"2026-12-01T16:00:00Z","labels":[{"title":"kitchen"}],"repeat_after":604800,"percent_done":0.5,
"start_date":"0001-01-01T00:00:00Z","created":"2026-11-01T08:00:00Z"}]}]"""
MICROSOFT: Final = """{"value":[{"displayName":"Work","tasks":[
{"title":"Send the offer","importance":"high","status":"notStarted",
"body":{"content":"by mail","contentType":"text"},
"dueDateTime":{"dateTime":
"2026-12-01T00:00:00.0000000","timeZone":"UTC"},
"checklistItems":[]}]}]}"""
SUPER: Final = """{"project":{"entities":{"p":{"title":"Book"}}},"tag":{"entities":{"t":{"title":"deep"}}},
"task":{"ids":["x","y"],
"entities":{"y":{"id":"y","title":"Outline","parentId":"x","isDone":true},
"x":{"id":"x","title":"Chapter one","projectId":"p","tagIds":["t"],"timeEstimate":5400000,
"dueDay":"2026-12-04","isDone":false,
"issueId":"7"}}}}"""
TRELLO: Final = """{"name":"B","lists":[{"id":"l","name":"Doing"}],"cards":[
{"idList":"l","name":"Hang the shelf","desc":"oak",
"due":"2026-12-01T10:00:00.000Z","labels":[{"name":"diy"}],"badges":{}}]}"""
REMINDERS: Final = """{"lists":[{"title":"Shop","reminders":[
{"title":"Yeast","priority":1,"dueDate":"2026-12-01T09:00:00Z"}]}]}"""
OUTLOOK: Final = """"Subject","Start Date","Due Date","Date Completed","Categories","Notes","Priority","Status"
"Return the drill","","12/15/2026","","Home;Tools","borrowed","High","Not Started"
"Old thing","","9/1/2026","9/2/2026","","","Normal","Completed"
"""
NOTION: Final = """\ufeffName,Status,Due,Tags,Priority
Draft the plan,In progress,"December 3, 2026 5:00 PM","work, deep",High
Ship the plan,Done,"November 3, 2026",,Low
"""
JIRA: Final = "Summary,Issue key,Status,Due date\nFix it,X-1,To Do,15/Dec/26 9:00 AM\n"
TOODLEDO: Final = "TASK,FOLDER,DUEDATE,DUETIME,REPEAT,TAG\nWax the skis,Shed,2026-12-01,9:00 AM,Every 1 month,snow\n"


def _short(task: dict[str, Any]) -> str:
    """A task in one line: what differs from an empty one."""
    names = ("due_date", "due_time", "start_date", "duration", "priority", "project", "tags", "recurrence", "notes")
    shown = [task["title"], *(str(task[name]) for name in names if task[name] not in (None, "", [], "none"))]
    return " | ".join([*shown, *(["done"] if task["completed_at"] else [])])


CASES: Final[dict[str, tuple[str, list[str], list[str]]]] = {
    "todoist": (
        TODOIST,
        [
            "Water the beds | 2026-11-23 | high | Garden | ['outside'] | FREQ=WEEKLY;BYDAY=MO | With the can",
            "Fill the can | Garden | It leaks",
            "Prune the rose | 2026-12-03 | low | Garden",
        ],
        [],
    ),
    "taskwarrior": (
        TASKWARRIOR,
        [
            "oil the hinge | 2026-12-01 | 18:00:00 | high | Home.door | ['diy'] | FREQ=WEEKLY"
            " | grease is in the shed",
            "old | done",
        ],
        ["Not used: udafield.", "Task 3: skipped: a deleted task, not a task: “gone”."],
    ),
    "taskwarrior lines": (LINES, ["glue the cup", "sell the lamp"], []),
    "todo.txt": (
        TODO_TXT,
        [
            "Ring the plumber | 2026-12-02 | 09:30:00 | high | Flat | ['phone']",
            "Sand the table | 2026-12-05 | low | FREQ=WEEKLY;INTERVAL=2",
            "Buy screws | medium | ['shop'] | done",
            "Sort http://example.com/a:b later",
        ],
        [],
    ),
    "icalendar": (
        ICS,
        [
            "Paint the fence, twice | 2026-12-02 | 23:00:00 | high | ['garden', 'diy'] | FREQ=WEEKLY;BYDAY=WE"
            " | Green\nnot blue",
            "Buy paint | 2026-12-01 | done",
        ],
        ["Skipped: 1 events, which are no tasks.", "Not used: X-OTHER-COLOUR."],
    ),
    "obsidian": (
        OBSIDIAN,
        [
            "Book the train | 2026-12-03 | 09:15:00 | high | Trip | ['travel']",
            "Find the card | Trip",
            "Pack | Trip | done",
            "Feed the cat | 2026-12-01 | Home | FREQ=DAILY",
            "Read | 2026-12-09 | Home",
        ],
        [],
    ),
    "google tasks": (GOOGLE, ["Post office | 2026-12-02 | Errands | parcel", "Stamps | Errands | done"], []),
    "vikunja": (
        VIKUNJA,
        ["Clean the oven | 2026-12-01 | 17:00:00 | high | Flat | ['kitchen'] | FREQ=DAILY;INTERVAL=7 | inside"],
        ["Not used: percent_done."],
    ),
    "microsoft to do": (
        MICROSOFT, ["Send the offer | 2026-12-01 | high | Work | by mail"], ["Not used: checklistItems."]
    ),
    "super productivity": (
        SUPER, ["Chapter one | 2026-12-04 | 90 | Book | ['deep']", "Outline | done"], ["Not used: issueId."]
    ),
    "trello": (TRELLO, ["Hang the shelf | 2026-12-01 | 11:00:00 | Doing | ['diy'] | oak"], ["Not used: badges."]),
    "apple reminders": (REMINDERS, ["Yeast | 2026-12-01 | 10:00:00 | high | Shop"], []),
    "outlook.csv": (
        OUTLOOK,
        [
            "Return the drill | 2026-12-15 | high | ['Home', 'Tools'] | borrowed",
            "Old thing | 2026-09-01 | medium | done",
        ],
        [],
    ),
    "notion.csv": (
        NOTION,
        ["Draft the plan | 2026-12-03 | 17:00:00 | high | ['work', 'deep']", "Ship the plan | 2026-11-03 | low | done"],
        [],
    ),
    "jira.csv": (JIRA, ["Fix it | 2026-12-15 | 09:00:00"], ["Not used: Issue key."]),
    "toodledo.csv": (
        TOODLEDO,
        ["Wax the skis | 2026-12-01 | 09:00:00 | Shed | ['snow'] | FREQ=MONTHLY"],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_a_file_of_another_program_is_read(program: CommandRunner, tmp_path: Path, name: str) -> None:
    text, expected, remarks = CASES[name]
    file = tmp_path / (name if name.endswith((".csv", ".txt")) else "export")
    file.write_text(text, encoding="utf-8")
    dry = program.run("import", "--dry-run", str(file))
    assert dry.exit_code == 0, dry.output
    assert program.titles("--all") == []
    result = program.run("import", str(file), "--json")
    assert result.exit_code == 0, result.output
    assert all(remark in result.stderr for remark in remarks), result.stderr
    assert ("Not used" in result.stderr) == any("Not used" in remark for remark in remarks), result.stderr
    found = program.json("list", "--all", "--steps", "--sort", "created")["items"]
    assert sorted(map(_short, found)) == sorted(expected)
    again = program.json("import", str(file))
    assert (again["added"], len(again["duplicates"])) == ([], len(expected)), "twice doubles nothing"
    program.ok("undo")
    assert program.titles("--all") == []


def _archive(file: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file


BACKUP: Final = """TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE
task,{first},,1,1,Eve (7),,,en,UTC
section,Shelves,,,,,,,,
task,{second},,4,1,Eve (7),,3 Dec,en,UTC
task,a step,,4,2,Eve (7),,,en,UTC
"""


def test_a_backup_of_todoist_is_read_whole(program: CommandRunner, tmp_path: Path) -> None:
    backup = _archive(
        tmp_path / "Todoist Backup.zip",
        {
            "Inbox [220].csv": BACKUP.format(first="sort the mail", second="call Bo"),
            "Workshop & Yard [221].csv": BACKUP.format(first="sharpen the saw", second="hang the tools"),
            "__MACOSX/._Inbox [220].csv": "junk",
            "picture.png": "not text",
        },
    )
    assert "Would import 6 tasks" in program.run("import", "--dry-run", str(backup)).stderr
    program.ok("import", str(backup))
    tasks = {task["title"]: task for task in program.json("list", "--all", "--limit", "99")["items"]}
    projects = {title: task["project"] for title, task in tasks.items() if title != "a step"}
    assert projects == {
        "sort the mail": None,
        "call Bo": "Shelves",
        "sharpen the saw": "Workshop & Yard",
        "hang the tools": "Workshop & Yard/Shelves",
    }
    parents = {task["parent_id"] for task in program.json("list", "--all", "--limit", "99")["items"]} - {None}
    assert len(parents) in (0, 2)
    assert "On the list already" in program.run("import", str(backup)).stderr
    program.ok("undo")
    assert program.json("list", "--all")["items"] == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("empty.zip", "no file"), ("broken.zip", "zip file can't be read"), ("bomb.zip", "too large")],
)
def test_an_archive_that_cannot_be_read_is_refused(
    program: CommandRunner, tmp_path: Path, name: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _archive(tmp_path / name, {"notes.bin": "x"} if name == "empty.zip" else {"a.csv": "title\nx\n" * 99})
    if name == "broken.zip":
        file.write_bytes(file.read_bytes()[:40])
    monkeypatch.setattr(archive, "BYTES_MAX", 100 if name == "bomb.zip" else archive.BYTES_MAX)
    assert sentence in program.fails(2, "import", str(file))


def test_a_table_from_a_pipe_is_recognised(program: CommandRunner) -> None:
    program.ok("import", stdin="Task Name;Due Date;Labels\nsweep the hall;2026-12-03;home\n")
    (task,) = program.json("list")["items"]
    assert (task["title"], task["due_date"], task["tags"]) == ("sweep the hall", "2026-12-03", ["home"])
    assert "isn't JSON" in program.fails(2, "import", stdin="Buy nails, due soon\nTitle of the book\n")


def test_a_dry_run_says_everything_that_an_import_would(program: CommandRunner, tmp_path: Path) -> None:
    program.ok("add", "on the list")
    rows = [{"title": "on the list"}, {"title": "new", "colour": "red"}, {"title": ""}]
    file = tmp_path / "tasks.json"
    views = [{"name": "work", "filter": "+work"}]
    file.write_text(json.dumps({"items": rows, "views": views}))
    shown = program.run("import", "--dry-run", str(file))
    assert "Would add: new" in shown.stdout
    assert "Would save the view @work" in shown.stdout
    for part in ("Not used: colour", "1 task", "“on the list”", "Row 3" if "Row 3" in shown.stderr else "Task 3"):
        assert part in shown.stderr
    told = json.loads(program.run("import", "--dry-run", "--json", str(file)).stdout)
    assert [task["title"] for task in told["items"]] == ["new"]
    assert (len(told["skipped"]), len(told["duplicates"]), len(told["views"])) == (1, 1, 1)
    assert told["remarks"]
    assert program.titles() == ["on the list"]
    assert program.json("views")["items"] == []


def test_a_long_import_draws_a_bar_on_a_terminal_only(program: CommandRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f"task {number}\n" for number in range(1_200))
    assert program.run("import", "--format", "text", stdin=lines).stderr == "To remove them again: kirotodo undo\n"
    drawn = io.StringIO()
    drawn.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", drawn)
    with output.Progress("Adding tasks", 1_200) as progress:
        progress.reach(600)
        progress.reach(601)
        progress.reach(1_500)
    assert drawn.getvalue().count("\r") == 4, "begun, half, whole, and wiped"
    assert " 50% of 1,200" in drawn.getvalue()
    assert drawn.getvalue().endswith("\r\x1b[K")
    with output.Progress("Adding tasks", 3) as progress:
        progress.reach(3)
    assert drawn.getvalue().count("\r") == 4


async def test_what_is_stored_of_a_long_import_is_told(tmp_path: Path) -> None:
    program = CommandRunner(tmp_path / "home")
    reached: list[int] = []
    async with program.backend() as backend:
        drafts = [TaskDraft(title=f"t{number}") for number in range(1_200)]
        report = await backend.import_tasks(drafts, on_progress=reached.append)
    assert (len(report.added), reached) == (1_200, [500, 1_000, 1_500])


def test_a_day_of_taskwarrior_is_a_day_here(program: CommandRunner) -> None:
    """`task add due:friday` stores the midnight where it runs, as UTC: here that of Vienna."""
    rows = [
        {"description": "day", "due": "20261203T230000Z", "entry": "20261101T080000Z", "status": "pending"},
        {"description": "time", "due": "20261204T080000Z", "entry": "20261101T080000Z", "status": "pending"},
    ]
    program.ok("import", "--format", "taskwarrior", stdin=json.dumps(rows))
    tasks = {task["title"]: (task["due_date"], task["due_time"]) for task in program.json("list")["items"]}
    assert tasks == {"day": ("2026-12-04", None), "time": ("2026-12-04", "09:00:00")}
