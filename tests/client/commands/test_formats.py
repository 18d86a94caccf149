"""JSON and CSV both ways, and what is said of rows that cannot be read."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.client.commands.formats import read_csv, read_json, write_csv, write_json
from kirotodo.core.domain.task import PRIORITIES, Task, TaskDraft
from kirotodo.core.errors import InvalidInput

ZONE = dt.timezone(dt.timedelta(hours=1))
MOMENT = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)

words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30).map(
    lambda text: " ".join(text.split())
)
names = words.filter(lambda name: name and not set(name) & set(";,#"))
moments = st.datetimes(
    MOMENT.replace(year=2000, tzinfo=None), MOMENT.replace(year=2100, tzinfo=None), timezones=st.just(dt.UTC)
)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    day = draw(st.none() | st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)))
    return Task(
        id=draw(st.integers(1, 999)),
        title=draw(words.filter(bool)),
        notes=draw(words),
        priority=draw(st.sampled_from(PRIORITIES)),
        due_date=day,
        due_time=draw(st.none() | st.times()) if day is not None else None,
        recurrence=draw(st.sampled_from([None, "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"])),
        recurs_from=draw(st.sampled_from(["schedule", "completion"])),
        remind_at=draw(st.none() | moments),
        project=draw(st.none() | names),
        tags=tuple(dict.fromkeys(draw(st.lists(names, max_size=3)))),
        completed_at=draw(st.none() | moments),
        created_at=draw(moments),
        updated_at=MOMENT,
    )


def as_draft(task: Task) -> TaskDraft:
    return TaskDraft(
        title=task.title,
        notes=task.notes,
        priority=task.priority,
        due_date=task.due_date,
        due_time=task.due_time,
        recurrence=task.recurrence,
        recurs_from=task.recurs_from,
        remind_at=task.remind_at,
        project=task.project,
        tags=task.tags,
        completed_at=task.completed_at,
        created_at=task.created_at,
    )


@given(st.lists(tasks(), max_size=4))
def test_json_loses_nothing(written: list[Task]) -> None:
    reading = read_json(write_json(written), zone=ZONE)
    assert reading.faults == ()
    assert reading.drafts == tuple(as_draft(task) for task in written)


@given(st.lists(tasks(), min_size=1, max_size=4))
def test_csv_loses_nothing(written: list[Task]) -> None:
    reading = read_csv(write_csv(written), zone=ZONE)
    assert reading.faults == ()
    assert reading.drafts == tuple(as_draft(task) for task in written)


def test_a_spreadsheet_sees_no_formula() -> None:
    task = Task(id=1, title='=HYPERLINK("x")', created_at=MOMENT, updated_at=MOMENT)
    text = write_csv([task])
    assert "'=HYPERLINK" in text
    assert read_csv(text, zone=ZONE).drafts[0].title == task.title


def one_csv(text: str) -> TaskDraft:
    reading = read_csv(text, zone=ZONE)
    assert reading.faults == ()
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


@pytest.mark.parametrize(("said", "done"), [("yes", True), ("x", True), ("no", False), ("", False), ("pending", False)])
def test_completed_may_be_a_mere_word(said: str, done: bool) -> None:
    assert (one_csv(f"title,completed\nmilk,{said}\n").completed_at is not None) is done


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (",,,", None),
        ('"",2026-11-27,,', "Row 3: the title is empty."),
        ("milk,27.11.2026,,", "Row 3: due_date is '27.11.2026'"),
        ("milk,2026-02-30,,", "Row 3: due_date is '2026-02-30'"),
        ("milk,,17:00,", "Row 3: there is a due_time without a due_date."),
        ("milk,2026-11-27,noon,", "Row 3: due_time is 'noon'"),
        ("milk,,,urgent", "Row 3: priority is 'urgent'; it should be one of none, low, medium, high."),
        ("milk,,,low,too,many", "Row 3: it has more cells"),
        (f"{'x' * 201},,,", "Row 3: the title has 201 characters; 200 is the most."),
    ],
)
def test_a_bad_row_is_told_with_its_number(row: str, sentence: str | None) -> None:
    reading = read_csv(f"title,due_date,due_time,priority\ngood,,,\n{row}\n", zone=ZONE)
    assert [draft.title for draft in reading.drafts] == ["good"]
    assert len(reading.faults) == (sentence is not None)
    if sentence is not None:
        assert reading.faults[0].startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("milk,eggs\n1,2\n", "`title`"),
        ("title\n\0\n", "zero bytes"),
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
        ("3", "holds no tasks"),
        ('{"tasks": []}', "holds no tasks"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_list_of_tasks_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read_json(text, zone=ZONE)


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (3, "Task 2: this is no task."),
        ({"title": None}, "Task 2: the title is empty."),
        ({"title": ["x"]}, "Task 2: title is no text."),
        ({"title": "x", "tags": "a"}, "Task 2: tags should be a list of names."),
        ({"title": "x", "recurrence": "often"}, "Task 2: recurrence is 'often'"),
        ({"title": "x", "created_at": "yesterday"}, "Task 2: created_at is 'yesterday'"),
        ({"title": "x", "project": "p" * 51}, "Task 2: project has 51 characters; 50 is the most."),
    ],
)
def test_a_bad_task_is_told_with_its_place(item: Any, sentence: str) -> None:
    reading = read_json(json.dumps([{"title": "good"}, item]), zone=ZONE)
    assert [draft.title for draft in reading.drafts] == ["good"]
    (fault,) = reading.faults
    assert fault.startswith(sentence)
