"""`steps`, and steps, start dates and durations in the other commands."""

import pytest

from tests.client.commands.command_runner import CommandRunner


def dentist(program: CommandRunner) -> None:
    program.ok("add", "dentist friday 5pm")
    program.ok("add", "bring insurance card", "--under", "1")
    program.ok("add", "--under", "1", stdin="x-rays\n- ask about tooth\n")


def step_titles(program: CommandRunner) -> list[str]:
    return [step["title"] for step in program.json("steps", "1")["items"]]


def test_steps_are_added_shown_and_moved(program: CommandRunner) -> None:
    dentist(program)
    assert step_titles(program) == ["bring insurance card", "x-rays", "ask about tooth"]
    assert program.json("show", "1")["steps"] == {"done": 0, "total": 3}
    program.ok("edit", "4", "--place", "1")
    program.ok("done", "2")
    assert step_titles(program) == ["ask about tooth", "bring insurance card", "x-rays"]
    assert "1/3" in program.ok("list")
    assert "x-rays" not in program.ok("list")
    shown = [line.split()[:2] for line in program.ok("list", "--steps").splitlines() if line.strip()]
    assert [first for first, *_ in shown] == ["Upcoming", "1", "4", "2", "3"]
    assert [task["id"] for task in program.json("list", "--steps")["items"]] == [1, 4, 2, 3]
    assert "1 of 3 done" in program.ok("show", "1")
    assert "x-rays" in program.ok("search", "x-rays")
    program.ok("edit", "3", "--no-parent")
    assert program.titles() == ["dentist", "x-rays"]
    program.ok("edit", "3", "--under", "1", "--place", "2")
    assert step_titles(program) == ["ask about tooth", "x-rays", "bring insurance card"]


def test_completing_a_task_with_open_steps_asks(program: CommandRunner) -> None:
    dentist(program)
    program.ok("done", "2")
    assert "2 open steps" in program.fails(3, "done", "1")
    assert program.titles() == ["dentist"]
    program.ok("done", "1", "--yes")
    assert (program.titles(), program.json("show", "1")["steps"]) == ([], {"done": 3, "total": 3})
    program.ok("undo")
    assert program.json("show", "1")["steps"] == {"done": 1, "total": 3}
    program.ok("done", "1", "3", "4")


@pytest.mark.parametrize(
    ("code", "args", "sentence"),
    [
        (2, ("edit", "1", "--under", "1"), "itself"),
        (2, ("edit", "5", "--under", "2"), "steps have no steps"),
        (2, ("edit", "1", "--under", "5"), "steps of its own"),
        (1, ("edit", "5", "--under", "99"), "no task 99"),
        (1, ("add", "x", "--under", "99"), "no task 99"),
        (2, ("edit", "5", "--place", "1"), "no place among steps"),
        (2, ("edit", "2", "--no-parent", "--under", "1"), "either --no-parent"),
        (2, ("edit", "5", "--for", "30x"), "how long a task takes"),
        (2, ("edit", "5", "--start", "banana"), "banana"),
        (2, ("add", "x", "--under", "1", "--dry-run"), "--dry-run"),
    ],
)
def test_wrong_usage_says_what_is_wrong(
    program: CommandRunner, code: int, args: tuple[str, ...], sentence: str
) -> None:
    dentist(program)
    program.ok("add", "wash car")
    assert sentence in program.fails(code, *args)


def test_a_start_date_hides_and_a_duration_is_kept(program: CommandRunner) -> None:
    program.ok("add", "report due friday", "--start", "thursday", "--for", "1h30")
    assert program.titles() == []
    assert program.titles("--scheduled") == program.titles("--all") == ["report"]
    task = program.json("show", "1")
    assert (task["start_date"], task["duration"], task["due_date"]) == ("2026-11-26", 90, "2026-11-27")
    assert "hidden from the list until then" in program.ok("show", "1")
    program.ok("edit", "1", "--start", "", "--for", "")
    task = program.json("show", "1")
    assert (task["start_date"], task["duration"], program.titles()) == (None, None, ["report"])


def test_an_export_brings_steps_back_in_order(program: CommandRunner, tmp_path_factory: pytest.TempPathFactory) -> None:
    dentist(program)
    program.ok("edit", "4", "--place", "1")
    program.ok("add", "later")
    program.ok("edit", "2", "--under", "5")
    file = tmp_path_factory.mktemp("export") / "tasks.json"
    program.ok("export", str(file))
    other = CommandRunner(tmp_path_factory.mktemp("other"))
    other.ok("import", str(file))
    tasks = {task["title"]: task for task in other.json("list", "--all", "--steps")["items"]}
    assert {title: task["parent_id"] for title, task in tasks.items()} == {
        "dentist": None,
        "later": None,
        "bring insurance card": tasks["later"]["id"],
        "x-rays": tasks["dentist"]["id"],
        "ask about tooth": tasks["dentist"]["id"],
    }
    steps = other.json("steps", str(tasks["dentist"]["id"]))["items"]
    assert [step["title"] for step in steps] == ["ask about tooth", "x-rays"]
