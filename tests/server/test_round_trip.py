"""What GET gives, PATCH and POST take: a task sent back as it was read changes nothing."""

from typing import Any, Final

import httpx2
import pytest

from kirotodo.core.models.scripted import ScriptedModel
from tests.contract.harness import Clock

FULL: Final = {
    "title": "Water the plants",
    "notes": "all of them",
    "due": "friday at 5pm",
    "recurrence": "every other friday after completion",
    "remind": "10 minutes before",
    "priority": "high",
    "project": "flat",
    "tags": ["home", "green"],
}

NO_DATE: Final = {"due_date": None, "due_time": None, "recurrence": None, "recurs_from": "schedule"}


async def made(api: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/tasks", json=fields)
    assert answer.status_code == 201, answer.text
    task: dict[str, Any] = answer.json()
    return task


@pytest.mark.parametrize(
    "fields",
    [
        FULL,
        {"title": "Milk"},
        {"title": "Milk", "due": "tomorrow"},
        {"title": "Call", "remind_at": "2026-12-01T08:00:00+01:00"},
        {"title": "Done", "completed_at": "2026-11-20T08:00:00Z", "due_date": "2026-11-20"},
        {"title": "Rent", "recurrence": "FREQ=MONTHLY;BYMONTHDAY=1", "due_date": "2026-12-01"},
    ],
)
async def test_a_task_as_it_was_read_changes_nothing(
    api: httpx2.AsyncClient, clock: Clock, fields: dict[str, Any]
) -> None:
    task = await made(api, **fields)
    clock.advance(days=40)
    tag = (await api.get("/tasks/1")).headers["ETag"]
    answer = await api.patch("/tasks/1", json=task)
    assert (answer.status_code, answer.json(), answer.headers["ETag"]) == (200, task, tag)
    assert (await api.post("/undo")).json()["removed"] == [1]


async def test_a_task_as_it_was_read_can_be_added_again(api: httpx2.AsyncClient, clock: Clock) -> None:
    task = await made(api, **FULL)
    clock.advance(hours=1)
    copy = await made(api, **task)
    of_its_own = {"id", "created_at", "updated_at"}
    assert {name: value for name, value in copy.items() if name not in of_its_own} == {
        name: value for name, value in task.items() if name not in of_its_own
    }
    assert copy["id"] == 2
    assert copy["created_at"] != task["created_at"]
    imported = (await api.post("/tasks/import", json={"drafts": [task]})).json()
    assert imported == {"added": [3], "skipped": []}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "Roses"}, {"title": "Roses"}),
        ({"due_date": "2026-12-04"}, {"due_date": "2026-12-04", "due_time": "17:00:00"}),
        ({"due_time": "18:30"}, {"due_time": "18:30:00"}),
        ({"due_time": None}, {"due_time": None}),
        ({"due_date": None, "recurrence": None}, NO_DATE),
        ({"due": None, "recurrence": None}, NO_DATE),
        ({"remind_at": "2026-11-27T07:00:00Z"}, {"remind_at": "2026-11-27T07:00:00Z"}),
        ({"remind_at": None}, {"remind_at": None, "remind_before": None}),
        ({"remind_before": 60}, {"remind_at": "2026-11-27T15:00:00Z", "remind_before": 60}),
        ({"snooze": "until tomorrow 9"}, {"remind_at": "2026-11-24T08:00:00Z", "remind_before": 10}),
        ({"recurrence": "FREQ=DAILY"}, {"recurrence": "FREQ=DAILY", "recurs_from": "completion"}),
        ({"recurs_from": "schedule"}, {"recurs_from": "schedule"}),
        ({"notes": None}, {"notes": ""}),
        ({"priority": None}, {"priority": "none"}),
        ({"project": None}, {"project": None}),
        ({"tags": None}, {"tags": []}),
        ({"add_tags": ["new"]}, {"tags": ["home", "green", "new"]}),
        ({"due": "tomorrow", "time": "6pm"}, {"due_date": "2026-11-24", "due_time": "18:00:00"}),
    ],
)
async def test_a_change_changes_what_it_names(
    api: httpx2.AsyncClient, change: dict[str, Any], expected: dict[str, Any]
) -> None:
    task = await made(api, **FULL)
    answer = await api.patch("/tasks/1", json=change)
    assert answer.status_code == 200, answer.text
    follows = (
        {"remind_at", "remind_before"} if {"due", "due_date", "due_time", "time", "remind_at"} & set(change) else set()
    )
    kept = {name: value for name, value in task.items() if name not in {*expected, *follows}}
    now = answer.json()
    assert {name: now[name] for name in expected} == expected
    assert {name: now[name] for name in kept} == kept


@pytest.mark.parametrize(
    "change",
    [
        {"due": "tomorrow", "due_date": "2026-12-01"},
        {"time": "5pm", "due_time": "17:00"},
        {"remind": "tomorrow", "remind_at": None},
        {"due_date": None},
        {"due_date": "tomorrow"},
        {"due_date": 20261127},
        {"due_date": "1796000000"},
        {"due_date": "2026-11-27T00:00:00"},
        {"due_date": "2026-02-30"},
        {"due_time": 61200},
        {"due_time": "5pm"},
        {"due_time": "25:00"},
        {"due_time": "17:00+01:00"},
        {"remind_at": "2026-11-27T08:00:00"},
        {"remind_at": 1796000000},
        {"remind_at": "0001-01-01T00:00:00+14:00"},
        {"title": None},
        {"recurs_from": None},
        {"id": 2},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"previous_id": 7},
        {"completed_at": "2026-11-23T09:30:00Z"},
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    api: httpx2.AsyncClient, change: dict[str, Any]
) -> None:
    task = await made(api, **FULL)
    answer = await api.patch("/tasks/1", json={"title": "Roses", **change})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert (await api.get("/tasks/1")).json() == task


@pytest.mark.slow
async def test_a_time_of_day_needs_a_day(api: httpx2.AsyncClient) -> None:
    assert (await api.post("/tasks", json={"title": "Milk", "due_time": "17:00"})).status_code == 422
    task = await made(api, title="Milk", due_time="17:00", due_date="2026-12-01")
    assert (task["due_date"], task["due_time"]) == ("2026-12-01", "17:00:00")


async def test_a_task_that_has_changed_since_it_was_read_is_left_alone(api: httpx2.AsyncClient, clock: Clock) -> None:
    task = await made(api, **FULL)
    clock.advance(seconds=1)
    now = (await api.patch("/tasks/1", json={"notes": "of another"})).json()
    answer = await api.patch("/tasks/1", json={**task, "title": "Roses"})
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert (await api.get("/tasks/1")).json() == now
    assert (await api.patch("/tasks/1", json={**now, "completed": True})).json()["completed_at"] is not None


async def test_a_program_that_counts_in_milliseconds_can_send_back_what_it_read(
    api: httpx2.AsyncClient, clock: Clock
) -> None:
    clock.advance(microseconds=123_456)
    task = await made(api, title="Milk")
    moments = {name: task[name].replace("123456Z", "123Z") for name in ("created_at", "updated_at")}
    assert moments["created_at"] != task["created_at"]
    assert (await api.patch("/tasks/1", json={**task, **moments})).json() == task


async def test_a_conversation_as_it_was_read_is_renamed(api: httpx2.AsyncClient, model: ScriptedModel) -> None:
    model.extend(["Hello."])
    await api.post("/chat", json={"message": "hi"})
    conversation = (await api.get("/conversations/1")).json()
    assert (await api.patch("/conversations/1", json=conversation)).json() == conversation
    renamed = await api.patch("/conversations/1", json={**conversation, "title": "Greetings"})
    assert renamed.json() == {**conversation, "title": "Greetings"}
    assert (await api.patch("/conversations/1", json={"title": "x", "message_count": 9})).status_code == 422
