"""Routines from the shell: `skip`, `away`, and what `edit`, `show` and `list` have for them."""

import pytest

from tests.client.commands.command_runner import CommandRunner


@pytest.fixture
def gym(program: CommandRunner) -> CommandRunner:
    """Monday, 23 November; task 1 is due on Friday at 18:00, every week."""
    program.ok("add", "gym every friday at 6pm")
    return program


def test_skipping_moves_to_the_next_occurrence(gym: CommandRunner) -> None:
    assert gym.ok("skip", "1") == "Skipped to 1 gym (Fri 4 Dec, 18:00  every Friday)\n"
    assert gym.ok("undo") == "Restored 1 gym (Fri 27 Nov, 18:00  every Friday)\n"
    assert gym.json("skip", "1", "--until", "12 dec")["tasks"][0]["due_date"] == "2026-12-18"


def test_the_next_few_and_one_further_ahead_are_skipped(gym: CommandRunner) -> None:
    assert gym.ok("skip", "1", "--next", "2") == "Skipped to 1 gym (Fri 11 Dec, 18:00  every Friday)\n"
    gym.ok("undo")
    assert gym.ok("skip", "1", "--on", "11 dec") == (
        "Skipped a later one of 1 gym (Fri 27 Nov, 18:00  every Friday, except 11 Dec 2026)\n"
    )
    assert "Fri 4 Dec, 18:00, Fri 18 Dec, 18:00" in gym.ok("show", "1")
    assert "except 11 Dec 2026" in gym.ok("log", "1")
    gym.ok("undo")
    assert "except" not in gym.ok("show", "1")
    assert "except 4 Dec 2026" in gym.ok("skip", "1", "--on", "next week")
    gym.ok("undo")
    assert "Fri 11 Dec" in gym.ok("skip", "1", "--on", "24 nov..4 dec")
    gym.ok("undo")
    assert "ends before it begins" in gym.fails(2, "skip", "1", "--on", "4 dec..24 nov")
    assert "no occurrence on that day" in gym.fails(2, "skip", "1", "--on", "14 dec")
    assert "Use only one of --until, --next and --on." in gym.fails(2, "skip", "1", "--on", "4 dec", "--next", "2")


def test_what_cannot_be_skipped_is_named(gym: CommandRunner) -> None:
    gym.ok("add", "milk")
    assert "Task 2 “milk” does not repeat" in gym.fails(2, "skip", "1", "2")
    assert gym.json("show", "1")["due_date"] == "2026-11-27"
    assert "must be after today" in gym.fails(2, "skip", "1", "--until", "yesterday")


def test_the_last_occurrence_is_deleted_when_it_is_skipped(gym: CommandRunner) -> None:
    gym.ok("edit", "1", "--times", "1")
    result = gym.run("skip", "1")
    assert "That was the last occurrence of task 1 “gym”, so it is deleted." in result.stderr
    assert gym.titles("--all") == []


def test_being_away_skips_everything_that_repeats_in_one_undo(gym: CommandRunner) -> None:
    gym.ok("add", "water the plants every 3 days")
    gym.ok("add", "rent on the 31st every month")
    gym.ok("add", "call mom tomorrow")
    before = gym.json("list")["items"]
    assert "Would skip to 2" in gym.ok("away", "until", "12", "dec", "--dry-run")
    assert gym.json("list")["items"] == before
    said = gym.ok("away", "until", "12", "dec")
    assert said == (
        "Skipped to 2 water the plants (Mon 14 Dec  every 3 days)\nSkipped to 1 gym (Fri 18 Dec, 18:00  every Friday)\n"
    )
    gym.ok("undo")
    assert [(task["id"], task["due_date"]) for task in gym.json("list")["items"]] == [
        (task["id"], task["due_date"]) for task in before
    ]


def test_more_than_five_are_asked_about_first(gym: CommandRunner) -> None:
    for number in range(5):
        gym.ok("add", f"habit {number} every day")
    assert "Skipping 6 tasks needs your approval" in gym.fails(3, "away", "until", "12 dec")
    assert gym.json("show", "1")["due_date"] == "2026-11-27"
    assert len(gym.ok("away", "until", "12 dec", "--yes").splitlines()) == 6


def test_an_end_can_be_given_later_and_taken_away(gym: CommandRunner) -> None:
    assert "every Friday until 25 December 2026" in gym.ok("edit", "1", "--until", "christmas")
    assert "every Friday for 5 times" in gym.ok("edit", "1", "--times", "5")
    assert gym.json("edit", "1", "--until", "")["tasks"][0]["recurrence"] == "FREQ=WEEKLY;BYDAY=FR"
    assert "before it is due next" in gym.fails(2, "edit", "1", "--until", "today")
    assert "not both" in gym.fails(2, "edit", "1", "--until", "may", "--times", "2")
    gym.ok("add", "milk")
    gym.fails(2, "edit", "2", "--times", "2")


def test_one_occurrence_differs_and_the_series_goes_on(gym: CommandRunner) -> None:
    gym.ok("edit", "1", "--this", "--time", "9am", "--title", "swim")
    shown = gym.ok("show", "1")
    assert "usually   gym, Fri 27 Nov, 18:00" in shown
    assert "then      Fri 4 Dec, 18:00, Fri 11 Dec, 18:00, Fri 18 Dec, 18:00" in shown
    gym.ok("done", "1")
    (task,) = gym.json("list")["items"]
    assert (task["title"], task["due_date"], task["due_time"], task["series"]) == (
        "gym",
        "2026-12-04",
        "18:00:00",
        None,
    )
    assert "Only title, date and time" in gym.fails(2, "edit", "2", "--this", "--priority", "high")


def test_the_series_moves_its_days(gym: CommandRunner) -> None:
    assert "Thu 26 Nov, 18:00  every Thursday" in gym.ok("edit", "1", "--series", "--due", "thursday")
    gym.ok("edit", "1", "--recurrence", "every monday and friday")
    assert "Say what the whole rule is" in gym.fails(2, "edit", "1", "--series", "--due", "wednesday")


def test_the_list_shows_what_comes_after(gym: CommandRunner) -> None:
    assert "then Fri 4 Dec, 18:00, Fri 11 Dec, 18:00, Fri 18 Dec, 18:00" in gym.ok("list", "--upcoming")
    days = [each["due_date"] for each in gym.json("list", "--upcoming")["items"][0]["upcoming"]]
    assert days == ["2026-12-04", "2026-12-11", "2026-12-18"]


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_what_differs_for_once_survives_an_export(gym: CommandRunner, ending: str) -> None:
    gym.ok("edit", "1", "--this", "--due", "sunday")
    exported = gym.ok("export", "--format", ending)
    gym.ok("delete", "1")
    gym.ok("import", "-", "--format", ending, stdin=exported)
    (task,) = gym.json("list")["items"]
    assert (task["due_date"], task["series"]) == (
        "2026-11-29",
        {"title": "gym", "due_date": "2026-11-27", "due_time": "18:00:00"},
    )
