"""`export` and `import` on a real list."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.client.commands.program import Program

GIVEN_ANEW = {"id", "updated_at", "parent_id"}


def content(program: Program) -> list[dict[str, Any]]:
    tasks = json.loads(program.ok("export"))["items"]
    kept = [{name: value for name, value in task.items() if name not in GIVEN_ANEW} for task in tasks]
    return sorted(kept, key=lambda task: str(task["title"]))


def fill(program: Program) -> None:
    program.ok("add", "water the plants every other friday at 9 !high +home #garden #green")
    program.ok("add", 'call "Tom & Jerry", or =SUM(1)')
    program.ok("edit", "2", "--notes", "two\nlines, and a comma", "--due", "2026-12-01")
    program.ok("add", "ready")
    program.ok("done", "3")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_round_trip_loses_nothing(program: Program, tmp_path: Path, form: str) -> None:
    fill(program)
    text = program.ok("export", "--format", form)
    other = Program(tmp_path / "other")
    assert "Imported 3 tasks" in other.ok("import", "--format", form, "-", stdin=text)
    assert content(other) == content(program)


def test_the_name_of_the_file_tells_its_format(program: Program, tmp_path: Path) -> None:
    fill(program)
    file = tmp_path / "tasks.csv"
    result = program.run("export", str(file))
    assert result.stdout == ""
    assert "Wrote 3 tasks" in result.stderr
    assert file.read_text().startswith("id,title,")
    other = Program(tmp_path / "other")
    other.ok("import", str(file))
    assert content(other) == content(program)


def test_what_list_prints_can_be_imported(program: Program, tmp_path: Path) -> None:
    fill(program)
    other = Program(tmp_path / "other")
    other.ok("import", stdin=program.ok("list", "--all", "--json", "--sort", "created"))
    assert content(other) == content(program)


def test_an_import_is_one_step_of_undo(program: Program) -> None:
    program.ok("import", stdin=json.dumps([{"title": "a"}, {"title": "b"}]))
    program.ok("undo")
    assert program.titles() == []


def test_an_import_prints_its_report_as_json(program: Program) -> None:
    report = program.json("import", stdin='[{"title": "a"}]')
    assert report == {"added": [1], "skipped": []}


def test_a_dry_run_imports_nothing(program: Program) -> None:
    result = program.run("import", "--dry-run", stdin='[{"title": "a", "due_date": "2026-11-27"}]')
    assert result.stdout == "Would add: a (Fri 27 Nov)\n"
    assert program.titles() == []


def test_bad_rows_stop_the_import_unless_they_may_be_left_out(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "tasks.csv"
    file.write_text("title,due\ngood,\nbad,someday\n")
    sentence = program.fails(1, "import", str(file))
    assert "Row 3: due_date is 'someday'" in sentence
    assert "--skip-bad" in sentence
    assert program.titles() == []
    result = program.run("import", str(file), "--skip-bad")
    assert result.exit_code == 0
    assert "Row 3" in result.stderr
    assert program.titles() == ["good"]


def test_what_is_wrong_is_told(program: Program, tmp_path: Path) -> None:
    assert "There is no file" in program.fails(2, "import", str(tmp_path / "none.json"))
    assert "empty" in program.fails(2, "import", stdin="")
    assert "no task" in program.fails(1, "import", stdin="[]")
    assert "UTF-8" in program.fails(2, "import", stdin=b"\xff\xfe")
    (tmp_path / "folder.json").mkdir()
    program.fails(2, "import", str(tmp_path / "folder.json"))


def test_an_existing_file_is_not_written_over_unasked(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "tasks.json"
    file.write_text("mine")
    assert "--force" in program.fails(1, "export", str(file))
    assert file.read_text() == "mine"
    program.ok("export", str(file), "--force")
    assert json.loads(file.read_text()) == {"items": [], "next": None}


def test_a_pipe_is_written_into_and_not_replaced(program: Program, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    program.ok("export", str(pipe))
    assert json.loads(os.read(reader, 1000)) == {"items": [], "next": None}
    os.close(reader)
    assert not pipe.is_file()


def test_a_folder_that_is_not_there_is_told(program: Program, tmp_path: Path) -> None:
    sentence = program.fails(1, "export", str(tmp_path / "none" / "tasks.json"))
    assert "cannot be written" in sentence
