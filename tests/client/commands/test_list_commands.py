"""Looking at the list: `list`, `show`, `search`, `stats`."""

import json

import pytest

from kirotodo.core.text.sanitize import UNSAFE
from kirotodo.core.text.width import width
from tests.client.commands.command_runner import CommandRunner
from tests.contract.test_tasks import FILTERED

TASK_FIELDS = {
    "id",
    "title",
    "notes",
    "priority",
    "due_date",
    "due_time",
    "recurrence",
    "recurs_from",
    "series",
    "remind_at",
    "remind_before",
    "project",
    "tags",
    "start_date",
    "duration",
    "parent_id",
    "position",
    "previous_id",
    "steps",
    "completed_at",
    "created_at",
    "updated_at",
}


def test_an_empty_list_says_what_to_try_and_prints_no_data(program: CommandRunner) -> None:
    result = program.run("list")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert 'kirotodo add "buy milk' in result.stderr


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("list", "--due", "today"), "No task matches."),
        (("list", "--status", "completed"), "Nothing is completed yet."),
        (("search", "dentist"), "No task contains “dentist”."),
    ],
)
def test_nothing_found_says_so(program: CommandRunner, args: tuple[str, ...], sentence: str) -> None:
    program.ok("add", "buy milk")
    result = program.run(*args)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(sentence)


def test_pending_tasks_are_grouped_by_when_they_are_due(program: CommandRunner) -> None:
    for text in ("no day", "dentist 2026-11-27 17:00", "bank 2026-11-23", "rent 2026-11-20", "ready"):
        program.ok("add", text)
    program.ok("done", "5")
    lines = program.ok("list").splitlines()
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings == ["Overdue", "Today", "Upcoming", "No date"]
    assert any("dentist" in line and "Fri 27 Nov, 17:00" in line for line in lines)
    assert not any("ready" in line for line in lines)


def test_json_has_the_shape_of_every_list(program: CommandRunner) -> None:
    program.ok("add", "buy milk tomorrow at 5pm !high +shopping #food")
    page = program.json("list")
    assert set(page) == {"items", "next"}
    (task,) = page["items"]
    assert set(task) == TASK_FIELDS
    assert (task["title"], task["due_date"], task["due_time"]) == ("buy milk", "2026-11-24", "17:00:00")
    assert (task["priority"], task["project"], task["tags"]) == ("high", "shopping", ["food"])


def test_an_empty_list_is_json_too(program: CommandRunner) -> None:
    assert program.json("list") == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ((), ["tax", "milk", "novel"]),
        (("--due", "overdue"), ["tax"]),
        (("--due", "today"), ["milk"]),
        (("--due", "none"), ["novel"]),
        (("--project", "shopping"), ["milk"]),
        (("--tag", "food"), ["milk"]),
        (("--tag", "#food"), ["milk"]),
        (("--priority", "high"), ["tax"]),
        (("--priority", "HIGH"), ["tax"]),
        (("--search", "nov"), ["novel"]),
        (("--status", "completed"), ["ready"]),
        (("--status", "all", "--sort", "title"), ["milk", "novel", "ready", "tax"]),
        (("--all", "--sort", "title"), ["milk", "novel", "ready", "tax"]),
        (("--all", "--status", "pending"), ["tax", "milk", "novel"]),
        (("--sort", "title", "--limit", "1"), ["milk"]),
        (("due:today",), ["milk"]),
        (("overdue", "or", "+shopping"), ["tax", "milk"]),
        (("-(overdue or #food)",), ["novel"]),
        (("done:today",), ["ready"]),
        (("-milk", "--all", "--sort", "title"), ["novel", "ready", "tax"]),
        (("no:date", "--status", "pending"), ["novel"]),
        (("!high", "--due", "today"), []),
    ],
)
def test_filters(program: CommandRunner, filters: tuple[str, ...], titles: list[str]) -> None:
    for text in ("tax 2026-11-20 !high", "milk 2026-11-23 +shopping #food", "novel", "ready"):
        program.ok("add", text)
    program.ok("done", "4")
    assert program.titles(*filters) == titles


def test_filters_mean_in_commands_what_they_mean_everywhere(program: CommandRunner) -> None:
    for text in ("milk today +shop", "oat milk +shop #waiting", "rent friday !high", "tax 2026-11-01", "done already"):
        program.ok("add", text)
    program.ok("done", "5")
    for text, found in FILTERED:
        assert sorted(program.titles(text)) == sorted(found), text


def test_a_filter_that_cannot_be_read_is_shown_with_the_place(program: CommandRunner) -> None:
    program.ok("add", "milk")
    assert program.fails(2, "list", "due:today", "prio:high").splitlines() == [
        "“prio:high” isn't a filter. Did you mean !high?",
        "  due:today prio:high",
        "            ^",
    ]
    start, shown, caret = program.fails(2, "list", f"{'牛奶 ' * 40}\x1b[31m due:nonsense").splitlines()
    assert start.startswith("“nonsense” isn't a day.")
    assert width(shown) < 120
    assert width(shown[: shown.index("nonsense")]) == caret.index("^")
    assert "isn't a filter" in program.fails(2, "export", "--filter", "x:y")


def test_a_day_that_was_meant_as_one_is_named_where_no_task_has_the_word(program: CommandRunner) -> None:
    program.ok("add", "milk")
    assert "kirotodo list due:today" in program.run("list", "today").stderr
    assert program.run("list", "cheese").stderr.startswith("No task matches cheese.")


def test_a_misspelt_project_or_tag_is_named_where_nothing_matches(program: CommandRunner) -> None:
    program.ok("add", "milk +home #urgent")
    shown = program.run("list", "+hme", "-#urgnt").stderr.splitlines()
    assert shown[1:] == [
        "Nothing is in +hme. Did you mean +home?",
        "Nothing is in #urgnt. Did you mean #urgent?",
    ]
    assert len(program.run("list", "+home", "-milk").stderr.splitlines()) == 1


def test_an_export_can_be_of_some_tasks(program: CommandRunner) -> None:
    for text in ("milk +shop", "cheese +shop", "novel"):
        program.ok("add", text)
    program.ok("done", "2")
    for words, titles in (("+shop", ["milk", "cheese"]), ("+shop is:open", ["milk"])):
        exported = json.loads(program.ok("export", "--filter", words))["items"]
        assert [task["title"] for task in exported] == titles


def test_a_misspelt_option_is_no_filter(program: CommandRunner) -> None:
    assert "--statsu" in program.fails(2, "list", "--statsu", "all")


def test_a_list_is_sorted_by_several_keys(program: CommandRunner) -> None:
    for text in ("item 10 +a !low", "item 2 +a !high", "item 3 +b !high", "item 1"):
        program.ok("add", text)
    assert program.titles("--sort", "title") == ["item 1", "item 2", "item 3", "item 10"]
    assert program.titles("--sort", "priority,title-desc") == ["item 3", "item 2", "item 10", "item 1"]
    assert program.titles("--sort", "project-desc,title") == ["item 3", "item 2", "item 10", "item 1"]
    assert "“nonsense” isn't an order" in program.fails(2, "list", "--sort", "title,nonsense")


@pytest.mark.parametrize(
    ("group", "headings"),
    [
        ("project", ["+home", "2 c", "+Work", "1 a", "4 d", "No project", "3 b"]),
        ("priority", ["!high", "3 b", "!low", "1 a", "No priority", "2 c", "4 d"]),
        ("tag", ["#Red", "2 c", "1 a", "#x", "1 a", "No tag", "3 b", "4 d"]),
        ("date", ["Mon 23 Nov", "2 c", "Fri 27 Nov", "1 a", "No date", "3 b", "4 d"]),
    ],
)
def test_a_list_is_printed_in_groups(program: CommandRunner, group: str, headings: list[str]) -> None:
    for text in ("a 2026-11-27 +Work !low #red #x", "c 2026-11-23 +home #Red", "b !high", "d +Work"):
        program.ok("add", text)
    lines = program.ok("list", "--group", group).splitlines()
    shown = [line if not line.startswith(" ") else " ".join(line.split()[:3:2]) for line in lines if line]
    assert shown == headings


def test_a_long_list_says_what_is_not_shown_and_all_fetches_every_page(program: CommandRunner) -> None:
    tasks = [{"title": f"task {number:03}"} for number in range(230)]
    program.ok("import", "-", stdin=json.dumps(tasks))
    short = program.run("list")
    assert len(short.stdout.splitlines()) == 51
    assert "180 more not shown" in short.stderr
    assert len(program.titles("--limit", "220")) == 220
    assert len(program.titles("--all")) == 230


def test_a_page_goes_on_from_the_cursor_of_the_one_before(program: CommandRunner) -> None:
    program.ok("import", "-", stdin=json.dumps([{"title": f"task {number}"} for number in range(5)]))
    first = program.json("list", "--limit", "3", "--sort", "title")
    second = program.json("list", "--limit", "3", "--sort", "title", "--cursor", first["next"])
    titles = [task["title"] for task in first["items"] + second["items"]]
    assert titles == [f"task {number}" for number in range(5)]
    assert second["next"] is None


def test_a_broken_cursor_is_wrong_usage(program: CommandRunner) -> None:
    program.ok("add", "milk")
    assert program.fails(2, "list", "--cursor", "nonsense")


HOSTILE = [
    "pay [/] rent",
    "[bold red]x",
    "\x1b]0;evil\x07ring",
    "\u202ereversed\u2066",
    "👨‍👩‍👧 family day",
    "牛奶" * 80,
    "\x9b31mred",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_are_safe_in_every_output(program: CommandRunner, title: str) -> None:
    """A title comes in by import, which takes it as it is; what is shown can do nothing to a terminal."""
    program.ok("import", "-", stdin=json.dumps([{"title": title}]))
    looks = [("list",), ("show", "1"), ("search", "pay"), ("list", "--json"), ("show", "1", "--json"), ("export",)]
    edits = [("edit", "1", "--priority", "low"), ("done", "1"), ("delete", "1"), ("undo",), ("undo", "--json")]
    for args in looks + edits:
        shown = program.run(*args)
        assert shown.exit_code == 0, shown.output
        assert UNSAFE.search(shown.stdout + shown.stderr) is None, args


def test_brackets_are_shown_as_they_are(program: CommandRunner) -> None:
    program.ok("import", "-", stdin=json.dumps([{"title": "pay [/] rent [bold]"}]))
    assert "pay [/] rent [bold]" in program.ok("list")


def test_wide_titles_keep_the_columns_aligned(program: CommandRunner) -> None:
    program.ok("add", "牛奶 2026-11-27")
    program.ok("add", "milk 2026-11-27")
    lines = [line for line in program.ok("list").splitlines() if "Fri 27 Nov" in line]
    assert len({width(line[: line.index("Fri")]) for line in lines}) == 1


def test_a_pipe_gets_whole_titles_and_no_colours(program: CommandRunner) -> None:
    title = "x" * 190
    program.ok("add", title)
    output = program.ok("list")
    assert title in output
    assert "\x1b" not in output


def test_show_tells_all_of_a_task(program: CommandRunner) -> None:
    program.ok("add", "water plants every other friday at 9 +home #garden !low")
    program.ok("edit", "1", "--notes", "the big one\nand the cactus")
    shown = program.ok("show", "#1")
    for part in ("water plants", "home", "garden", "low", "every other Friday", "the big one", "and the cactus"):
        assert part in shown
    assert program.json("show", "1")["id"] == 1


@pytest.mark.parametrize("args", [("show", "9"), ("edit", "9", "--title", "x"), ("done", "9"), ("delete", "9")])
def test_an_unknown_number_fails_in_one_sentence(program: CommandRunner, args: tuple[str, ...]) -> None:
    sentence = program.fails(1, *args)
    assert "9" in sentence
    assert len(sentence.splitlines()) == 1


@pytest.mark.parametrize("number", ["milk", "0", "-1", "1.5", "99999999999999999999", "²"])
def test_what_is_no_number_is_wrong_usage(program: CommandRunner, number: str) -> None:
    program.fails(2, "show", "--", number)


def test_search_finds_completed_tasks_too(program: CommandRunner) -> None:
    program.ok("add", "call the dentist")
    program.ok("add", "buy milk")
    program.ok("done", "1")
    assert [task["title"] for task in program.json("search", "dent")["items"]] == ["call the dentist"]
    assert [task["title"] for task in program.json("search", "dent", "--status", "pending")["items"]] == []


def test_stats_count(program: CommandRunner) -> None:
    for text in ("tax 2026-11-20", "bank 2026-11-23 +home", "ready +home"):
        program.ok("add", text)
    program.ok("done", "3")
    counts = program.json("stats")
    assert (counts["pending"], counts["overdue"], counts["due_today"], counts["completed"]) == (2, 1, 1, 1)
    shown = program.ok("stats", "--days", "30")
    assert "2  (1 overdue)" in shown
    assert "in 30 days" in shown
    assert "+home       1 pending, 1 done" in shown
    assert sum(day["completed"] for day in counts["days"]) == sum(counts["hours"]) == 1
    assert [day["day"] for day in counts["days"]] == [f"2026-11-{day}" for day in range(17, 24)]


def test_stats_show_when_things_were_done(program: CommandRunner) -> None:
    rows = [
        {"title": f"task {day} {number}", "tags": ["red"], "completed_at": f"2026-11-{day:02}T10:00:00Z"}
        for day, count in ((23, 1), (20, 3), (2, 2))
        for number in range(count)
    ]
    program.ok("import", "-", stdin=json.dumps(rows))
    lines = program.ok("stats").splitlines()
    days = lines[lines.index("Done per day") + 1 :]
    assert days[3:7] == ["  Fri 20 Nov  3", "  Sat 21 Nov  0", "  Sun 22 Nov  0", "  Mon 23 Nov  1"]
    assert "  #red  0 pending, 6 done" in lines
    hours = lines[lines.index("Done by time of day") + 1]
    assert hours.index("█") - 2 == int(hours[-5:-3])
    weeks = program.ok("stats", "--period", "month").splitlines()
    bars = [line.split() for line in weeks[weeks.index("Done per week") + 1 :][:5]]
    assert bars == [["25", "Oct", "0"], ["27", "Oct", "2"], ["3", "Nov", "0"], ["10", "Nov", "0"], ["17", "Nov", "4"]]
    year = program.ok("stats", "--period", "year").splitlines()
    assert len(year[year.index("Done per week") + 1].split("  ")) > 1
    assert "isn't a period" in program.fails(2, "stats", "--period", "soon")


def test_stats_show_what_was_overdue(program: CommandRunner) -> None:
    rows = [
        {"title": "still open", "due_date": "2026-11-19"},
        {"title": "done late", "due_date": "2026-11-18", "completed_at": "2026-11-21T10:00:00Z"},
        {"title": "done on its day", "due_date": "2026-11-20", "completed_at": "2026-11-20T10:00:00Z"},
    ]
    program.ok("import", "-", stdin=json.dumps(rows))
    assert [day["overdue"] for day in program.json("stats")["days"]] == [0, 0, 1, 2, 1, 1, 1]
    lines = program.ok("stats").splitlines()
    trend = lines[lines.index("Overdue per day") + 1 :]
    assert trend[0].endswith("  1 now, 1 more than on Tue 17 Nov")
    assert trend[1] == "  the most, 2, on Fri 20 Nov"
    month = program.ok("stats", "--period", "month").splitlines()
    assert month[month.index("Overdue per week") + 1].endswith("  1 now, 1 more than on Mon 26 Oct")


def test_what_was_done_since_a_day_is_listed(program: CommandRunner) -> None:
    rows = [
        {"title": f"{place} {day}", "completed_at": f"2026-11-{day}T10:00:00Z", "project": place}
        for day in (18, 20, 22)
        for place in ("home", "work")
    ]
    program.ok("import", "-", stdin=json.dumps([*rows, {"title": "open", "project": "home"}]))
    assert program.titles("--done") == ["work 22", "home 22", "work 20", "home 20", "work 18", "home 18"]
    assert program.titles("+home", "--done", "--since", "friday") == ["home 22", "home 20"]
    assert program.titles("+home or 18", "--done", "--since", "2026-11-19") == ["home 22", "home 20"]
    assert program.titles("--done", "--since", "2026-11-19", "--until", "friday") == ["work 20", "home 20"]
    assert program.titles("--done", "--until", "thursday", "--sort", "title") == ["home 18", "work 18"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--since", "monday"), "--since and --until go with --done"),
        (("--done", "--status", "pending"), "--done is --status completed"),
        (("--done", "--since", " "), "Give a day"),
        (("--done", "--since", "soonish"), "“soonish” isn't a day"),
    ],
)
def test_a_list_of_what_was_done_says_what_it_needs(program: CommandRunner, args: tuple[str, ...], said: str) -> None:
    assert said in program.fails(2, "list", *args)
