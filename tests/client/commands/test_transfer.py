"""`export` and `import` on a real list."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.client.commands.command_runner import CommandRunner

GIVEN_ANEW = {"id", "updated_at", "previous_id"}


def content(program: CommandRunner) -> list[dict[str, Any]]:
    tasks = json.loads(program.ok("export"))["items"]
    kept = [{name: value for name, value in task.items() if name not in GIVEN_ANEW} for task in tasks]
    return sorted(kept, key=lambda task: str(task["title"]))


def fill(program: CommandRunner) -> None:
    program.ok("add", "water the plants every other friday at 9 !high +home #garden #green")
    program.ok("add", 'call "Tom & Jerry", or =SUM(1)')
    program.ok("edit", "2", "--notes", "two\nlines, and a comma", "--due", "2026-12-01")
    program.ok("add", "ready")
    program.ok("done", "3")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_round_trip_loses_nothing(program: CommandRunner, tmp_path: Path, form: str) -> None:
    fill(program)
    text = program.ok("export", "--format", form)
    other = CommandRunner(tmp_path / "other")
    assert "Imported 3 tasks" in other.ok("import", "--format", form, "-", stdin=text)
    assert content(other) == content(program)


def test_the_name_of_the_file_tells_its_format(program: CommandRunner, tmp_path: Path) -> None:
    fill(program)
    file = tmp_path / "tasks.csv"
    result = program.run("export", str(file))
    assert result.stdout == ""
    assert "Wrote 3 tasks" in result.stderr
    assert file.read_text().startswith("id,title,")
    other = CommandRunner(tmp_path / "other")
    other.ok("import", str(file))
    assert content(other) == content(program)


def test_what_list_prints_can_be_imported(program: CommandRunner, tmp_path: Path) -> None:
    fill(program)
    other = CommandRunner(tmp_path / "other")
    other.ok("import", stdin=program.ok("list", "--all", "--json", "--sort", "created"))
    assert content(other) == content(program)


def test_an_import_is_one_step_of_undo(program: CommandRunner) -> None:
    program.ok("import", stdin=json.dumps([{"title": "a"}, {"title": "b"}]))
    program.ok("undo")
    assert program.titles() == []


def test_an_import_prints_its_report_as_json(program: CommandRunner) -> None:
    report = program.json("import", stdin='[{"title": "a"}]')
    assert report == {"added": [1], "skipped": [], "remarks": [], "duplicates": []}


def test_a_dry_run_imports_nothing(program: CommandRunner) -> None:
    result = program.run("import", "--dry-run", stdin='[{"title": "a", "due_date": "2026-11-27"}]')
    assert result.stdout == "Would add: a (Fri 27 Nov)\n"
    assert program.titles() == []


def test_bad_rows_are_named_and_cost_the_others_nothing(program: CommandRunner, tmp_path: Path) -> None:
    file = tmp_path / "tasks.csv"
    file.write_text("title,due,repeat\ngood,,\nbad,someday,\nodd,,every purple\nweekly,,every friday\n")
    result = program.run("import", str(file))
    assert result.exit_code == 1
    assert result.stdout == "Imported 2 tasks.\n"
    assert "Row 3: due_date is 'someday'" in result.stderr
    assert "Row 4: “every purple” was not understood" in result.stderr
    assert "To remove them again" in result.stderr
    assert program.titles() == ["weekly", "good"]
    assert program.json("list")["items"][0]["recurrence"] == "FREQ=WEEKLY;BYDAY=FR"


def test_whoever_is_strict_gets_all_or_nothing_and_whoever_skips_gets_no_failure(
    program: CommandRunner, tmp_path: Path
) -> None:
    file = tmp_path / "tasks.csv"
    file.write_text("title,due\ngood,\nbad,someday\n")
    assert "Nothing was imported." in program.fails(1, "import", str(file), "--strict")
    assert program.titles() == []
    program.fails(2, "import", str(file), "--strict", "--skip-bad")
    assert "Row 3" in program.run("import", str(file), "--skip-bad").stderr
    assert program.titles() == ["good"]


def test_what_is_not_used_of_a_file_is_named(program: CommandRunner) -> None:
    text = "TYPE,CONTENT,EFFORT\ntask,milk,3h\nsection,Kitchen,\n"
    for more in ("--dry-run", "--skip-bad"):
        result = program.run("import", "--format", "csv", more, stdin=text)
        assert result.exit_code == 0
        assert result.stderr.startswith("Not used: EFFORT.\nRow 3: skipped: a section, not a task: “Kitchen”.\n")
    assert program.titles() == ["milk"]
    assert program.json("import", "--format", "csv", stdin=text)["remarks"][0] == "Not used: EFFORT."


def test_a_text_file_is_imported_line_by_line(program: CommandRunner, tmp_path: Path) -> None:
    file = tmp_path / "groceries.md"
    file.write_bytes("- [ ] crème\n- [x] bread\n".encode("cp1252"))
    assert program.ok("import", str(file)) == "Imported 2 tasks.\n"
    assert program.titles() == ["crème"]


def test_what_is_wrong_is_told(program: CommandRunner, tmp_path: Path) -> None:
    assert "There is no file" in program.fails(2, "import", str(tmp_path / "none.json"))
    assert "empty" in program.fails(2, "import", stdin="")
    assert "no task" in program.fails(1, "import", stdin="[]")
    assert "isn't a text file" in program.fails(2, "import", stdin=b"\xff\xfe\x00")
    (tmp_path / "folder.json").mkdir()
    program.fails(2, "import", str(tmp_path / "folder.json"))


def test_an_existing_file_is_not_written_over_unasked(program: CommandRunner, tmp_path: Path) -> None:
    file = tmp_path / "tasks.json"
    file.write_text("mine")
    assert "--force" in program.fails(1, "export", str(file))
    assert file.read_text() == "mine"
    program.ok("export", str(file), "--force")
    assert json.loads(file.read_text()) == {"items": [], "next": None}


def test_a_pipe_is_written_into_and_not_replaced(program: CommandRunner, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    program.ok("export", str(pipe))
    assert json.loads(os.read(reader, 1000)) == {"items": [], "next": None}
    os.close(reader)
    assert not pipe.is_file()


def test_a_folder_that_is_not_there_is_told(program: CommandRunner, tmp_path: Path) -> None:
    sentence = program.fails(1, "export", str(tmp_path / "none" / "tasks.json"))
    assert "Can't write" in sentence


ADDED = [
    "pills every 8 hours #health",
    "stand up every 45 minutes",
    "invoice every month starting jan 31 !high",
    "statement every 31st +money",
    "report every 3 months starting nov 30",
    "birthday every year on feb 29",
    "call mom every 3 days after completion",
    "vitamins every day until may 3",
    "physio every friday for 6 times",
    "review on the last weekday of every month at 16:00",
    "water plants every! 4 days",
    "meeting every other tuesday at 9 remind me 10 minutes before",
    "=SUM(1,2) due tomorrow",
    "'=quoted formula",
    "-5 degrees jacket",
    '"quoted; with, marks" | and \t tabs  and  blanks',
    "naïve café 😀 日本語 tomorrow at noon",
    "- [x] done long ago",
    "@mention +1 on the review",
]


@pytest.mark.slow
@pytest.mark.local_list
@pytest.mark.parametrize("form", ["json", "csv"])
def test_whatever_the_commands_make_comes_back(program: CommandRunner, tmp_path: Path, form: str) -> None:
    """Rules of every kind, next occurrences with their parents, reminders, notes of many lines, odd tags."""
    for line in ADDED:
        program.ok("add", "--", line)
    tasks = program.json("list", "--all", "--sort", "created")["items"]
    for number in (1, 2, 3, 5, 7, 11, 12):
        program.ok("done", str(number))
    program.ok("edit", "4", "--notes", " first\n\n\t=second, 'third'\n;\"fourth\" ", "--remind", "2026-12-01 08:00")
    program.ok("edit", "6", "--tag", "two words", "--tag", "a;b", "--tag", "c,d", "--tag", "=e", "--project", "-x|y")
    program.ok("edit", "8", "--title", "'+guarded twice", "--recurs-from", "completion")
    program.ok("delete", "9", "--yes")
    text = program.ok("export", "--format", form)
    other = CommandRunner(tmp_path / "other")
    result = other.run("import", "--format", form, stdin=text)
    assert (result.exit_code, result.stderr) == (0, "To remove them again: kirotodo undo\n")
    before, after = (json.loads(each.ok("export"))["items"] for each in (program, other))
    assert len(before) == len(tasks) + 7 - 1
    new_id = {was["id"]: now["id"] for was, now in zip(before, after, strict=True)}
    for was, now in zip(before, after, strict=True):
        wanted = {**was, "previous_id": new_id.get(was["previous_id"])}
        assert {**now, "id": 0, "updated_at": 0} == {**wanted, "id": 0, "updated_at": 0}
