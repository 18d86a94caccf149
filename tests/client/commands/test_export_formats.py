"""What `export` writes in each format comes back with `import`, but for what it said it could not hold."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from kirotodo.client.commands.interchange.registry import FORMATS, WRITTEN
from tests.client.commands.command_runner import CommandRunner

ALWAYS_NEW: Final = frozenset({"id", "updated_at", "previous_id", "parent_id", "position", "series", "remind_before"})
ROUNDED: Final = {"todo.txt": ("created_at", "completed_at"), "markdown": ("created_at", "completed_at")}
"""Moments of which a format keeps the day."""
SECONDS: Final = ("taskwarrior", "ics")
"""Formats that keep whole seconds."""


def _fill(program: CommandRunner) -> None:
    program.ok("add", "water the plants every other friday at 9 !high +home #garden #green")
    program.ok("add", 'call "Tom & Jerry", or =SUM(1); then \\ rest')
    program.ok("edit", "2", "--notes", "two\nlines, and a comma", "--due", "2026-12-01")
    program.ok("add", "ready !low")
    program.ok("done", "3")
    program.ok("add", "+other grüße 日本 tomorrow")
    program.ok("add", "gym every friday")
    program.ok("skip", "5", "--on", "11 dec")


def _content(program: CommandRunner, form: str) -> list[dict[str, Any]]:
    lost = ALWAYS_NEW | FORMATS[form].lost | ({"recurs_from"} if form != "json" else frozenset())
    tasks = json.loads(program.ok("export"))["items"]
    for task in tasks:
        for name in ROUNDED.get(form, ()):
            task[name] = bool(task[name])
        if form in SECONDS:
            task["completed_at"] = task["completed_at"] and task["completed_at"][:19]
            task["created_at"] = task["created_at"][:19]
    kept = [{name: value for name, value in task.items() if name not in lost} for task in tasks]
    return sorted(kept, key=lambda task: str(task["title"]))


@pytest.mark.parametrize("form", WRITTEN)
def test_a_format_comes_back(program: CommandRunner, tmp_path: Path, form: str) -> None:
    _fill(program)
    file = tmp_path / "export"
    written = program.run("export", "--format", form, str(file))
    assert written.exit_code == 0
    other = CommandRunner(tmp_path / "other")
    result = other.run("import", str(file), *(("--format", "csv") if form == "csv" else ()))
    assert result.exit_code == 0, result.output
    assert [(task["title"], task) for task in _content(other, form)] == [
        (task["title"], task) for task in _content(program, form)
    ]


@pytest.mark.parametrize("form", WRITTEN)
def test_the_own_export_doubles_nothing(program: CommandRunner, tmp_path: Path, form: str) -> None:
    _fill(program)
    before = program.titles("--all")
    text = program.ok("export", "--format", form)
    report = program.json("import", "--format", form, "-", stdin=text)
    if form in ("json", "csv", "ics"):
        assert report["added"] == [], report
    program.ok("undo") if report["added"] else None
    assert program.titles("--all") == before


def test_what_a_format_cannot_hold_is_said(program: CommandRunner, tmp_path: Path) -> None:
    _fill(program)
    result = program.run("export", str(tmp_path / "todo.txt"))
    assert "todo.txt can't hold these, of so many tasks: notes (1)." in result.stderr
    assert "can't hold" not in program.run("export", str(tmp_path / "tasks.json")).stderr


@pytest.mark.parametrize(("name", "begins"), [("x.ics", "BEGIN:VCALENDAR"), ("x.md", "- ["), ("todo.txt", "20")])
def test_the_name_of_the_file_tells_the_format(program: CommandRunner, tmp_path: Path, name: str, begins: str) -> None:
    program.ok("add", "milk")
    program.ok("export", str(tmp_path / name))
    assert (tmp_path / name).read_text().startswith(begins)


def test_a_folder_is_read_file_by_file(program: CommandRunner, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    (notes / "deep").mkdir(parents=True)
    (notes / ".obsidian").mkdir()
    (notes / "trip.md").write_text("# Trip\n- [ ] Book the train\n    - [ ] Find the card\n")
    (notes / "deep" / "diary.md").write_text("Dear diary,\n- nothing to do\n")
    (notes / "deep" / "list.csv").write_text("id,title,parent_id\n1,Milk,\n2,Cream,1\n")
    (notes / ".obsidian" / "secret.md").write_text("- [ ] hidden\n")
    (notes / "bad.csv").write_text("a,b\n1,2\n")
    (notes / "picture.png").write_bytes(b"\x89PNG")
    result = program.run("import", str(notes))
    assert result.exit_code == 0, result.output
    assert "bad.csv: skipped" in result.stderr
    tasks = {task["title"]: task for task in program.json("list", "--all", "--steps")["items"]}
    assert set(tasks) == {"Book the train", "Find the card", "Milk", "Cream"}
    assert tasks["Find the card"]["parent_id"] == tasks["Book the train"]["id"]
    assert tasks["Cream"]["parent_id"] == tasks["Milk"]["id"]
    program.ok("undo")
    assert program.titles("--all") == []


def test_an_empty_folder_is_told(program: CommandRunner, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    assert "no file" in program.fails(2, "import", str(tmp_path / "nothing"))


def test_two_alike_in_a_file_are_two_tasks(program: CommandRunner) -> None:
    assert len(program.json("import", "--format", "text", stdin="milk\nmilk\n")["added"]) == 2
    assert len(program.json("import", "--format", "text", stdin="milk\nmilk\nmilk\n")["added"]) == 1
    assert len(program.json("import", "--duplicates", "--format", "text", stdin="milk\n")["added"]) == 1


HOSTILE: Final = {
    "ics": "BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:good\nEND:VTODO\nBEGIN:VTODO\nSUMMARY:bad\nDUE:soonish\nEND:VTODO\n"
    "END:VCALENDAR\n",
    "taskwarrior": '[{"description":"good","entry":"20261101T080000Z"},\n{"description":"bad","due":"soonish"},7]',
    "todo.txt": "(A) 2026-11-01 good\n(A) 2026-11-01 bad due:soonish\n",
    "todoist": "TYPE,CONTENT,PRIORITY,INDENT,DATE\ntask,good,1,1,\ntask,bad,1,1,when pigs fly\n",
}


@pytest.mark.parametrize("form", list(HOSTILE))
def test_a_bad_row_costs_the_others_nothing(program: CommandRunner, form: str) -> None:
    result = program.run("import", "-", stdin=HOSTILE[form])
    assert result.exit_code == 1
    assert program.titles("--all") == ["good"], result.output
    assert "due_date" in result.stderr
