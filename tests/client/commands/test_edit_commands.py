"""Changing the list: `add`, `edit`, `done`, `delete`, `undo`, `redo`."""

from typing import Any

import pytest

from tests.client.commands.command_runner import CommandRunner


def test_add_echoes_what_it_understood(program: CommandRunner) -> None:
    assert program.ok("add", "buy", "milk", "tomorrow", "at", "5pm") == "Added 1 buy milk (Tue 24 Nov, 17:00)\n"


def test_add_reads_a_pipe(program: CommandRunner) -> None:
    program.ok("add", stdin="buy milk\n")
    program.ok("add", "-", stdin=b"\xef\xbb\xbfbuy eggs")
    assert program.titles() == ["buy milk", "buy eggs"]


def test_each_line_of_a_pipe_is_a_task(program: CommandRunner) -> None:
    assert len(program.ok("add", stdin="milk tomorrow\n\neggs\n").splitlines()) == 2
    assert program.titles() == ["milk", "eggs"]


def test_marks_of_a_list_are_taken_off_and_ticked_items_are_done(program: CommandRunner) -> None:
    lines = (
        "- [ ] milk tomorrow\n- [x] bread #shop\n\n* jam\n  2) tea\n\t☐ figs\n-\t\n-5 degrees jacket\n1984 by Orwell\n"
    )
    output = program.ok("add", stdin=lines)
    assert output.startswith("Added 1 milk (Tue 24 Nov)\nAdded 2 bread (done Mon 23 Nov")
    assert program.titles() == ["milk", "jam", "tea", "figs", "-5 degrees jacket", "1984 by Orwell"]
    assert program.titles("--status", "completed") == ["bread"]
    program.ok("undo")
    assert program.titles("--all") == []


@pytest.mark.parametrize("command", ["add", "ask"])
@pytest.mark.parametrize("ending", ["\nmore", "\n" * 9 + "more", "\n" + "é" * 10_000])
def test_a_text_that_is_too_long_is_refused_whole(program: CommandRunner, command: str, ending: str) -> None:
    """Wherever the limit cuts it: in white space, between lines, between the bytes of a letter."""
    output = program.fails(2, command, stdin="  " + "x y\n" * 2_500 + ending)
    assert "longer than 10,000 characters, so nothing was done" in output
    assert program.titles() == []


def test_a_text_of_just_the_limit_is_taken_whole(program: CommandRunner) -> None:
    program.ok("add", stdin="\n" + "é" * 99 + ("\n" + "é" * 99) * 99 + "\n\n")
    assert [len(title) for title in program.titles("--limit", "200")] == [99] * 100


def test_all_lines_are_added_or_none(program: CommandRunner) -> None:
    program.fails(2, "add", stdin=f"milk\n{'x' * 300}\n")
    assert program.titles() == []


def test_add_prints_a_list_as_json(program: CommandRunner) -> None:
    page = program.json("add", "buy milk")
    assert page["next"] is None
    assert [task["title"] for task in page["items"]] == ["buy milk"]


def test_a_dry_run_adds_nothing(program: CommandRunner) -> None:
    assert program.ok("add", "--dry-run", "buy milk tomorrow") == "Would add: buy milk (Tue 24 Nov)\n"
    assert program.titles() == []


@pytest.mark.parametrize("text", ["", "   ", "\x00"])
def test_an_empty_title_is_refused(program: CommandRunner, text: str) -> None:
    program.fails(2, "add", text)
    assert program.titles() == []


def test_an_endless_title_is_refused(program: CommandRunner) -> None:
    program.fails(2, "add", stdin="milk " * 1_000_000)
    assert program.titles() == []


def test_foreign_bytes_never_crash(program: CommandRunner) -> None:
    program.ok("add", stdin=b"caf\xe9 visit")
    (title,) = program.titles()
    assert title.startswith("caf")


@pytest.mark.parametrize(
    ("args", "field", "value"),
    [
        (("--title", "call mom"), "title", "call mom"),
        (("--due", "2026-11-27"), "due_date", "2026-11-27"),
        (("--due", "tomorrow at 5pm"), "due_time", "17:00:00"),
        (("--due", "tomorrow", "--time", "5pm"), "due_time", "17:00:00"),
        (("--recurrence", "every other friday"), "recurrence", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
        (("--repeat", "FREQ=DAILY"), "recurrence", "FREQ=DAILY"),
        (("--priority", "High"), "priority", "high"),
        (("--project", "home"), "project", "home"),
        (("--tag", "a", "--tag", "#b"), "tags", ["a", "b"]),
        (("--notes", "two\nlines"), "notes", "two\nlines"),
        (("--remind", "2026-11-27 08:00"), "remind_at", "2026-11-27T07:00:00Z"),
    ],
)
def test_edit_changes_a_field(program: CommandRunner, args: tuple[str, ...], field: str, value: Any) -> None:
    program.ok("add", "milk")
    changed = program.json("edit", "1", *args)
    assert changed["tasks"][0][field] == value
    assert program.json("show", "1")[field] == value


@pytest.mark.parametrize(
    ("text", "option", "field"),
    [
        ("milk tomorrow", "--due", "due_date"),
        ("milk +home", "--project", "project"),
        ("milk every day", "--recurrence", "recurrence"),
    ],
)
def test_an_empty_value_takes_it_away(program: CommandRunner, text: str, option: str, field: str) -> None:
    program.ok("add", text)
    assert program.json("show", "1")[field] is not None
    program.ok("edit", "1", option, "")
    assert program.json("show", "1")[field] is None


def test_tags_come_off(program: CommandRunner) -> None:
    program.ok("add", "milk #a #b")
    program.ok("edit", "1", "--untag", "a")
    assert program.json("show", "1")["tags"] == ["b"]


def test_edit_says_how_the_task_is_now(program: CommandRunner) -> None:
    program.ok("add", "milk")
    assert program.ok("edit", "1", "--due", "2026-11-27") == "Changed 1 milk (Fri 27 Nov)\n"


@pytest.mark.parametrize(
    "args",
    [(), ("--due", "gibberish"), ("--title", ""), ("--time", "soonish"), ("--priority", "urgent"), ("--repeat", "x")],
)
def test_edit_refuses_what_it_cannot_take(program: CommandRunner, args: tuple[str, ...]) -> None:
    program.ok("add", "milk 2026-11-27")
    before = program.json("show", "1")
    program.fails(2, "edit", "1", *args)
    assert program.json("show", "1") == before


def test_done_is_a_set_and_no_toggle(program: CommandRunner) -> None:
    program.ok("add", "milk")
    assert program.ok("done", "1").startswith("Done: 1 milk")
    again = program.run("done", "1")
    assert again.exit_code == 0
    assert "already done" in again.stderr
    assert program.json("show", "1")["completed_at"] is not None
    program.ok("done", "1", "--reopen")
    assert program.json("show", "1")["completed_at"] is None


def test_several_are_done_at_once_or_none(program: CommandRunner) -> None:
    for text in ("a", "b", "c"):
        program.ok("add", text)
    program.fails(1, "done", "1", "9")
    assert program.titles() == ["a", "b", "c"]
    program.ok("done", "1,2", "#2")
    assert program.titles() == ["c"]


def test_a_recurring_task_says_its_next_occurrence(program: CommandRunner) -> None:
    program.ok("add", "water plants every day")
    lines = program.ok("done", "1").splitlines()
    assert lines[0].startswith("Done: 1 water plants")
    assert lines[1].startswith("Next: 2 water plants")


def test_one_is_deleted_at_once_and_undo_brings_it_back(program: CommandRunner) -> None:
    program.ok("add", "milk")
    assert program.ok("delete", "1") == "Deleted 1 milk\n"
    assert program.titles() == []
    assert program.ok("undo").startswith("Restored 1 milk")
    assert program.titles() == ["milk"]
    program.ok("redo")
    assert program.titles() == []


def test_deleting_several_needs_a_yes(program: CommandRunner) -> None:
    program.ok("add", "milk")
    program.ok("add", "eggs")
    sentence = program.fails(3, "delete", "1", "2")
    assert "milk" in sentence
    assert "--yes" in sentence
    assert program.titles() == ["milk", "eggs"]
    changed = program.json("delete", "1", "2", "--yes")
    assert sorted(changed["removed"]) == [1, 2]
    assert program.titles() == []


def test_undo_takes_back_several_steps(program: CommandRunner) -> None:
    for text in ("a", "b", "c"):
        program.ok("add", text)
    program.ok("undo", "--groups", "2")
    assert program.titles() == ["a"]


def test_nothing_to_undo_is_told(program: CommandRunner) -> None:
    assert "undo" in program.fails(1, "undo").lower()
    assert "redo" in program.fails(1, "redo").lower()


def test_commands_act_on_all_that_match_a_filter(program: CommandRunner) -> None:
    for text in ("milk +shop", "cheese +shop", "novel !high"):
        program.ok("add", text)
    program.ok("edit", "--where", "+shop", "--priority", "low")
    assert program.titles("!low", "--sort", "title") == ["cheese", "milk"]
    assert program.ok("done", "--where", "+shop -milk").startswith("Done: 2 cheese")
    assert program.ok("done", "--where", "+shop", "--reopen").startswith("Reopened 2 cheese")
    assert "needs your approval" in program.fails(3, "delete", "--where", "+shop")
    assert program.titles("+shop", "--sort", "title") == ["cheese", "milk"]
    program.ok("delete", "--where", "+shop", "--yes")
    assert program.titles() == ["novel"]
    program.ok("undo")
    assert program.titles("--sort", "title") == ["cheese", "milk", "novel"]


def test_more_than_five_are_changed_only_after_a_yes(program: CommandRunner) -> None:
    for number in range(6):
        program.ok("add", f"task {number} +many")
    for args in (("done", "--where", "+many"), ("edit", "--where", "+many", "--due", "tomorrow")):
        assert "6 tasks needs your approval" in program.fails(3, *args)
    assert program.titles("no:date +many", "--sort", "title")[0] == "task 0"
    program.ok("done", "--where", "+many", "--yes")
    assert program.titles() == []


@pytest.mark.parametrize("command", ["done", "delete", "edit"])
def test_a_filter_stands_instead_of_numbers(program: CommandRunner, command: str) -> None:
    program.ok("add", "milk")
    more = ("--priority", "low") if command == "edit" else ()
    assert "--where" in program.fails(2, command, *more)
    assert "--where" in program.fails(2, command, "1", "--where", "milk", *more)
    assert "Did you mean !high" in program.fails(2, command, "--where", "prio:high", *more)
    assert program.fails(1, command, "--where", "cheese", *more) == "No task matches cheese.\n"


def test_a_task_is_added_with_its_reminder(program: CommandRunner) -> None:
    task = program.json("add", "remind me to call Jane tomorrow at 10", "--remind", "1 hour before")["items"][0]
    assert (task["due_time"], task["remind_at"], task["remind_before"]) == ("10:00:00", "2026-11-24T08:00:00Z", 60)
    assert program.json("add", "milk tomorrow at 5pm", "--remind", "tomorrow 8am")["items"][0]["remind_before"] is None
    assert "was not understood" in program.fails(2, "add", "bread", "--remind", "whenever")
    assert "--remind" in program.fails(2, "add", "bread", "--remind", "tomorrow", "--dry-run")
    assert program.titles() == ["call Jane", "milk"]
