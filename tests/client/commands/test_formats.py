"""JSON and CSV both ways, and what is said of rows that cannot be read."""

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.client.commands.file_io import decoded
from kirotodo.client.commands.formats import read_csv, read_json, read_text, write_csv, write_json
from kirotodo.core.domain.task import PRIORITIES, Task, TaskDraft
from kirotodo.core.errors import InvalidInput

ZONE = dt.timezone(dt.timedelta(hours=1))
MOMENT = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)

words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30).map(str.strip)
names = words.filter(lambda name: bool(name) and name[0] not in "#@ +")
moments = st.datetimes(
    MOMENT.replace(year=2000, tzinfo=None), MOMENT.replace(year=2100, tzinfo=None), timezones=st.just(dt.UTC)
)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    day = draw(st.none() | st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)))
    return Task(
        id=draw(st.integers(1, 999)),
        title=draw(words.filter(bool)),
        notes="\n".join(draw(st.lists(words, max_size=3))).strip(),
        priority=draw(st.sampled_from(PRIORITIES)),
        due_date=day,
        due_time=draw(st.none() | st.times()) if day is not None else None,
        recurrence=draw(st.sampled_from([None, "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"])),
        recurs_from=draw(st.sampled_from(["schedule", "completion"])),
        remind_at=draw(st.none() | moments),
        remind_before=draw(st.none() | st.integers(0, 600)),
        project=draw(st.none() | names.map(lambda name: " ".join(name.split()))),
        tags=tuple(dict.fromkeys(draw(st.lists(names, max_size=3)))),
        completed_at=draw(st.none() | moments),
        created_at=draw(moments),
        updated_at=MOMENT,
    )


def as_draft(task: Task) -> TaskDraft:
    """Without a parent: these have none on their list."""
    return TaskDraft(
        title=task.title,
        notes=task.notes,
        priority=task.priority,
        due_date=task.due_date,
        due_time=task.due_time,
        recurrence=task.recurrence,
        recurs_from=task.recurs_from,
        remind_at=task.remind_at,
        remind_before=task.remind_before,
        project=task.project,
        tags=task.tags,
        completed_at=task.completed_at,
        created_at=task.created_at,
    )


@pytest.mark.slow
@given(st.lists(tasks(), max_size=4))
def test_json_loses_nothing(written: list[Task]) -> None:
    reading = read_json(write_json(written), zone=ZONE)
    assert (reading.errors, reading.remarks) == ((), ())
    assert reading.drafts == tuple(as_draft(task) for task in written)


@pytest.mark.slow
@given(st.lists(tasks(), min_size=1, max_size=4))
def test_csv_loses_nothing(written: list[Task]) -> None:
    reading = read_csv(write_csv(written), zone=ZONE)
    assert (reading.errors, reading.remarks) == ((), ())
    assert reading.drafts == tuple(as_draft(task) for task in written)


def test_a_spreadsheet_sees_no_formula() -> None:
    task = Task(id=1, title='=HYPERLINK("x")', created_at=MOMENT, updated_at=MOMENT)
    text = write_csv([task])
    assert "'=HYPERLINK" in text
    assert read_csv(text, zone=ZONE).drafts[0].title == task.title


def one_csv(text: str) -> TaskDraft:
    reading = read_csv(text, zone=ZONE)
    assert reading.errors == ()
    (draft,) = reading.drafts
    return draft


@pytest.mark.parametrize(
    "text",
    ["title,due\nmilk,2026-11-27\n", "Title;Due Date\nmilk;2026-11-27\n", "Task\tDeadline\r\nmilk\t2026-11-27\r\n"],
)
def test_tables_of_other_programs_are_read(text: str) -> None:
    draft = one_csv(text)
    assert (draft.title, draft.due_date) == ("milk", dt.date(2026, 11, 27))


def test_a_moment_as_due_date_gives_day_and_time() -> None:
    draft = one_csv("title,due\nmilk,2026-11-27T17:30\n")
    assert (draft.due_date, draft.due_time) == (dt.date(2026, 11, 27), dt.time(17, 30))


def test_moments_without_an_offset_are_the_users() -> None:
    draft = one_csv("title,created_at\nmilk,2026-11-27 17:00\n")
    assert draft.created_at == dt.datetime(2026, 11, 27, 16, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "done"), [("yes", True), ("x", True), ("no", False), ("", False), ("pending", False)]
)
def test_completed_may_be_a_mere_word(value: str, done: bool) -> None:
    assert (one_csv(f"title,completed\nmilk,{value}\n").completed_at is not None) is done


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (",,,", None),
        ('"",2026-11-27,,', "Row 3: the title is empty."),
        ("milk,27.11.2026,,", "Row 3: due_date is '27.11.2026'"),
        ("milk,2026-02-30,,", "Row 3: due_date is '2026-02-30'"),
        ("milk,,17:00,", "Row 3: due_time is given without a due_date."),
        ("milk,2026-11-27,noon,", "Row 3: due_time is 'noon'"),
        ("milk,,,soon", "Row 3: priority is 'soon'; it should be one of none, low, medium, high."),
        ("milk,,,low,too,many", "Row 3: it has more cells"),
    ],
)
def test_a_bad_row_is_told_with_its_number(row: str, sentence: str | None) -> None:
    reading = read_csv(f"title,due_date,due_time,priority\ngood,,,\n{row}\n", zone=ZONE)
    assert [draft.title for draft in reading.drafts] == ["good"]
    assert len(reading.errors) == (sentence is not None)
    if sentence is not None:
        assert reading.errors[0].startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("milk,eggs\n1,2\n", "`title`"),
        ("title\n\0\n", "contains NUL bytes"),
    ],
)
def test_what_is_no_table_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read_csv(text, zone=ZONE)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("title,due\nmilk,\n", "line 1.*--format csv"),
        ("3", "contains no tasks"),
        ('{"tasks": []}', "contains no tasks"),
        ("[" * 100_000, "isn't JSON"),
    ],
)
def test_what_is_no_list_of_tasks_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read_json(text, zone=ZONE)


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (3, "Task 2: this isn't a task."),
        ({"title": None}, "Task 2: the title is empty."),
        ({"title": ["x"]}, "Task 2: title isn't text."),
        ({"title": "x", "due": "0001-01-01", "remind": "-P9W"}, "Task 2: a date is out of range."),
        ({"title": "x", "remind": "-P9W"}, "Task 2: the reminder is relative to a due_date"),
        ({"title": "x", "tags": 3}, "Task 2: tags should be a list of names."),
        ({"title": "x", "recurrence": "often"}, "Task 2: recurrence is 'often'"),
        ({"title": "x", "created_at": "yesterday"}, "Task 2: created_at is 'yesterday'"),
        ({"title": "x", "project": "p" * 51}, "Task 2: project has 51 characters; the limit is 50."),
    ],
)
def test_a_bad_task_is_told_with_its_place(item: Any, sentence: str) -> None:
    reading = read_json(json.dumps([{"title": "good"}, item]), zone=ZONE)
    assert [draft.title for draft in reading.drafts] == ["good"]
    (fault,) = reading.errors
    assert fault.startswith(sentence)


def test_a_next_occurrence_keeps_its_parent_by_its_place() -> None:
    first = Task(id=7, title="a", created_at=MOMENT, updated_at=MOMENT)
    orphan = Task(id=8, title="b", previous_id=3, created_at=MOMENT, updated_at=MOMENT)
    following = Task(id=9, title="c", previous_id=7, created_at=MOMENT, updated_at=MOMENT)
    for reading in (
        read_json(write_json([first, orphan, following]), zone=ZONE),
        read_csv(write_csv([first, orphan, following]), zone=ZONE),
    ):
        assert [draft.previous_id for draft in reading.drafts] == [None, None, 1]


@pytest.mark.parametrize(
    ("text", "title", "notes", "due", "remark"),
    [
        ("Title,Content\nBuy socks,Warm ones\n", "Buy socks", "Warm ones", None, "Column Content is in the notes."),
        ("Name,Title,Notes\nx,Buy socks,n\n", "Buy socks", "n", None, "Not used: Name."),
        ("Title,Due,Date\nsocks,2026-12-01,2027-01-01\n", "socks", "", "2026-12-01", "Not used: Date."),
        ("Title,Date,due_date\nsocks,2027-01-01,2026-12-01\n", "socks", "", "2026-12-01", "Not used: Date."),
        ("Title,Title\nsocks,shoes\n", "socks", "", None, None),
        ("Task Name,Effort,URL\nsocks,3h,https://x.example\n", "socks", "", None, "Not used: Effort, URL."),
        ("To Do\nsocks\n", "socks", "", None, None),
        ("sep=;\r\ntitle;due\r\nsocks;2026-12-01\r\n", "socks", "", "2026-12-01", None),
        ('"sep=|"\ntitle|due\nsocks|2026-12-01\n', "socks", "", "2026-12-01", None),
        ("\n\ntitle;due\nsocks;2026-12-01\n", "socks", "", "2026-12-01", None),
        (
            '"Exported by X: 2.1"\n"State:\n0 open"\ntitle,due,state\nsocks,2026-12-01,0\n',
            "socks",
            "",
            "2026-12-01",
            "Skipped: 2 rows before the header.",
        ),
    ],
)
def test_what_is_used_of_a_table_is_the_first_exact_name(
    text: str, title: str, notes: str, due: str | None, remark: str | None
) -> None:
    reading = read_csv(text, zone=ZONE)
    (draft,) = reading.drafts
    assert (draft.title, draft.notes) == (title, notes)
    assert (draft.due_date.isoformat() if draft.due_date else None) == due
    assert remark is None or remark in reading.remarks
    assert remark is not None or reading.remarks == ()


def test_json_goes_by_the_same_names_and_names_what_it_does_not_use() -> None:
    item = {
        "name": "Milk",
        "deadline": "2026-12-01",
        "list": {"id": 4, "title": "Home"},
        "labels": [{"title": "cold"}, {"name": "#white"}, "fresh"],
        "effort": 3,
        "status": "In Progress",
    }
    reading = read_json(json.dumps([item, {"title": "Eggs"}]), zone=ZONE)
    milk, _ = reading.drafts
    assert (milk.title, milk.due_date, milk.project) == ("Milk", dt.date(2026, 12, 1), "Home")
    assert (milk.tags, milk.completed_at) == (("cold", "white", "fresh"), None)
    assert reading.remarks == ("Not used: effort.",)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo", "Europe/London"])
@pytest.mark.parametrize("moment", ["2026-12-02T02:00:00Z", "2026-12-02T02:00:00+00:00", "2026-12-02T07:30:00+05:30"])
def test_a_due_moment_with_an_offset_is_on_the_users_clock(zone: str, moment: str) -> None:
    expected = dt.datetime(2026, 12, 2, 2, tzinfo=dt.UTC).astimezone(ZoneInfo(zone))
    for reading in (
        read_csv(f"title,due_date\ncall,{moment}\n", zone=ZoneInfo(zone)),
        read_json(json.dumps([{"title": "call", "due": moment}]), zone=ZoneInfo(zone)),
    ):
        (draft,) = reading.drafts
        assert (draft.due_date, draft.due_time) == (expected.date(), expected.time())


def test_a_whole_day_is_the_day_where_it_was_written() -> None:
    text = "title,due date,is all day,timezone\nx,2026-12-25T23:00:00+0000,true,Europe/Berlin\n"
    (draft,) = read_csv(text, zone=ZoneInfo("America/Los_Angeles")).drafts
    assert (draft.due_date, draft.due_time) == (dt.date(2026, 12, 26), None)


@pytest.mark.parametrize(
    ("due", "reminder", "utc"),
    [
        ("2026-12-02T10:00", "-PT30M", "2026-12-02T08:30"),
        ("2026-12-02T10:00", "TRIGGER:-P1DT2H0M0S", "2026-12-01T07:00"),
        ("2026-12-02T10:00", "PT0S", "2026-12-02T09:00"),
        ("2026-12-02", "P0DT9H0M0S", "2026-12-02T08:00"),
        ("2026-12-02", "2026-12-01T12:00", "2026-12-01T11:00"),
    ],
)
def test_a_reminder_may_count_from_when_it_is_due(due: str, reminder: str, utc: str) -> None:
    assert one_csv(f"title,due,reminder\nx,{due},{reminder}\n").remind_at == dt.datetime.fromisoformat(f"{utc}+00:00")


@pytest.mark.parametrize("kind", ["section", "Note", "META", "comment", "project"])
def test_what_is_no_task_is_left_out_by_name(kind: str) -> None:
    reading = read_csv(f'TYPE,CONTENT\ntask,Scrub\n{kind},"Kitchen\nsink"\nbug,Fix\n', zone=ZONE)
    assert [draft.title for draft in reading.drafts] == ["Scrub", "Fix"]
    assert reading.errors == ()
    (remark,) = reading.remarks
    assert remark.startswith(f"Row 4: skipped: a {kind.lower()}, not a task: “Kitchen sink”")


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ('"[""work"",""two words""]"', ("work", "two words")),
        ("[work]", ("work",)),
        ("#work @home", ("work", "home")),
        ("work|home", ("work", "home")),
        ('"work, home;garden"', ("work", "home", "garden")),
        ("two words", ("two words",)),
        ("", ()),
    ],
)
def test_tags_are_listed_in_many_ways(cell: str, tags: tuple[str, ...]) -> None:
    assert one_csv(f"title,tags\nx,{cell}\n").tags == tags


def test_what_is_too_long_is_moved_or_cut_and_named() -> None:
    title, notes = "several words " * 20 + "last", "n" * 2500
    reading = read_json(json.dumps([{"title": title, "notes": "kept"}, {"title": "x", "notes": notes}]), zone=ZONE)
    long, cut = reading.drafts
    rest, _, kept = long.notes.partition("\n\n")
    assert len(long.title) <= 200
    assert f"{long.title.removesuffix('…')} {rest.removeprefix('…')}" == title
    assert kept == "kept"
    assert (len(cut.notes), cut.notes[-1]) == (2000, "…")
    assert "the notes begin with the rest of it" in reading.remarks[0]
    assert "those after the first 2,000 were cut off" in reading.remarks[1]


def test_a_text_is_a_task_a_line() -> None:
    reading = read_text("- [ ] milk\n\n  * [x] bread\n1984 by Orwell\n", zone=ZONE)
    assert [(draft.title, draft.completed_at is not None) for draft in reading.drafts] == [
        ("milk", False),
        ("bread", True),
        ("1984 by Orwell", False),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_files_of_old_programs_are_decoded(encoding: str) -> None:
    text = "title,due\nCafé für Zoë,2026-12-01\n"
    assert decoded(text.encode(encoding)) == text


@given(st.binary(max_size=40))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    text = decoded(data)
    assert text is None or isinstance(text, str)
