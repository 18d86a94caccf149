"""The history in commands: `log`, `list --as-of`, `undo` out of order."""

import json
from datetime import timedelta

import pytest

from tests.client.commands.command_runner import CommandRunner


def test_the_log_shows_each_change_in_a_line_the_newest_first(program: CommandRunner) -> None:
    program.run("add", "milk tomorrow #shop")
    program.run("edit", "1", "--due", "friday", "--priority", "high", "--title", "oat milk")
    program.run("done", "1")
    program.run("undo")
    lines = program.run("log").stdout.splitlines()
    assert [line.split("unknown")[1].strip() for line in lines] == [
        "Reopened 1 oat milk (undo of change 3)",
        "Completed 1 oat milk (undone)",
        "Changed 1 oat milk: title “milk” → “oat milk”; priority none → high; due Tue 24 Nov → Fri 27 Nov",
        "Added 1 milk: due Tue 24 Nov",
    ]
    shown = json.loads(program.run("log", "1", "--limit", "2", "--json").stdout)
    assert [item["id"] for item in shown["items"]] == [4, 3]
    rest = json.loads(program.run("log", "--json", "--cursor", shown["next"]).stdout)
    assert [item["id"] for item in rest["items"]] == [2, 1]
    assert rest["items"][1]["by"] == {"kind": "unknown", "name": None, "version": None}


def test_a_deleted_task_still_has_a_history_and_an_unknown_one_has_none(program: CommandRunner) -> None:
    program.run("add", "milk")
    program.run("delete", "1", "--yes")
    assert "Deleted 1 milk" in program.run("log", "1").stdout
    nothing = program.run("log", "9")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "No change of task 9 is known." in nothing.stderr


def test_the_list_as_it_was_says_of_what_moment_it_is(program: CommandRunner) -> None:
    program.run("add", "milk")
    program.now += timedelta(days=2)
    program.run("done", "1")
    result = program.run("list", "--as-of", "yesterday")
    assert "milk" in result.stdout
    assert "As of Wed 25 Nov, 00:00:" in result.stderr
    assert json.loads(program.run("list", "--as-of", "yesterday", "--json").stdout)["as_of"].startswith(
        "2026-11-24T23:00"
    )
    assert program.run("list").stdout == ""
    refused = program.run("list", "--as-of", "next week")
    assert refused.exit_code == 2
    assert "still to come" in refused.stderr


def test_changes_are_undone_out_of_order(program: CommandRunner) -> None:
    program.run("add", "dentist")
    program.run("edit", "1", "--priority", "high")
    program.run("edit", "1", "--priority", "low", "--due", "friday")
    result = program.run("undo", "--change", "2")
    assert "The priority of task 1 “dentist” changed since, so it was left alone." in result.stderr
    assert "Restored 1 dentist (!low)" not in program.run("undo", "--change", "#3").stderr
    program.now += timedelta(hours=3)
    program.run("add", "tea")
    assert program.run("undo", "--last", "1h").stdout == "Removed 2 tea\n"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--by", "assistant"), "--by needs --last"),
        (("--call", "0.0"), "--call needs the --turn"),
        (("--groups", "2", "--change", "1"), "--groups counts the latest changes"),
        (("--change", "x"), "isn't a change number"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    program: CommandRunner, args: tuple[str, ...], sentence: str
) -> None:
    result = program.run("undo", *args)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_a_change_that_is_not_there_is_named(program: CommandRunner) -> None:
    result = program.run("undo", "--change", "7")
    assert result.exit_code == 1
    assert "There is no change 7. `kirotodo log` shows them." in result.stderr


def test_an_occurrence_that_differs_from_its_series_is_told_in_words(program: CommandRunner) -> None:
    program.ok("add", "water plants every 3 days")
    program.ok("edit", "1", "--this", "--time", "9am")
    assert program.ok("log", "1").splitlines()[0].endswith(", 09:00; this occurrence only")
    program.ok("edit", "1", "--series", "--title", "water ferns")
    assert program.ok("log", "1").splitlines()[0].endswith("title “water plants” → “water ferns”; its series too")


def test_what_an_undo_left_alone_is_not_called_restored(program: CommandRunner) -> None:
    program.ok("add", "milk")
    program.ok("edit", "1", "--title", "oat milk")
    result = program.run("undo", "--change", "1")
    assert "left alone" in result.stderr
    assert result.stdout == ""
    assert "No task matched then." in program.run("list", "--as-of", "yesterday").stderr
