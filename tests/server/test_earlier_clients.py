"""A client of an earlier release against this server: what it does not know of a task survives whatever it does."""

from typing import Any, Final

import httpx2

from tests.contract.harness import Clock

OLD: Final = (
    *("id", "title", "notes", "priority", "due_date", "due_time", "recurrence", "recurs_from", "remind_at", "project"),
    *("tags", "completed_at", "created_at", "updated_at"),
)
"""What a task was before it had steps, a start, a duration, and reminders that move with it."""
NEW: Final = ("start_date", "duration", "remind_before", "parent_id", "position", "series", "previous_id")


async def _made(api: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    response = await api.post("/tasks", json=fields)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def _full(api: httpx2.AsyncClient) -> dict[str, Any]:
    """A step with everything that is new, and a routine whose open occurrence differs from its series."""
    await _made(api, title="dentist", due="2026-12-01", recurrence="every 3 days")
    await api.patch("/tasks/1", json={"occurrence": "this", "time": "9am"})
    return await _made(
        api,
        title="bring the card",
        due="tomorrow 15:00",
        start="today",
        duration=90,
        remind_before=10,
        parent_id=1,
        position=1,
    )


async def test_what_it_sends_back_as_it_read_it_changes_nothing_that_it_does_not_know(
    api: httpx2.AsyncClient, clock: Clock
) -> None:
    await _full(api)
    for number in (1, 2):
        before = (await api.get(f"/tasks/{number}")).json()
        known = {name: before[name] for name in OLD}
        response = await api.patch(f"/tasks/{number}", json={**known, "notes": "by an old client"})
        assert response.status_code == 200, response.text
        after = response.json()
        assert {name: after[name] for name in NEW} == {name: before[name] for name in NEW}
        assert after["notes"] == "by an old client"


async def test_its_edits_and_undo_keep_what_it_does_not_know(api: httpx2.AsyncClient) -> None:
    full = await _full(api)
    for body in (
        {"title": "bring the insurance card"},
        {"priority": "high"},
        {"completed": True},
        {"completed": False},
    ):
        assert (await api.patch("/tasks/2", json=body)).status_code == 200
    assert (await api.delete("/tasks/2")).status_code == 204
    for _ in range(5):
        assert (await api.post("/undo", json={})).status_code == 200
    after = (await api.get("/tasks/2")).json()
    assert {name: after[name] for name in (*NEW, "title")} == {name: full[name] for name in (*NEW, "title")}


async def test_its_imports_need_nothing_that_is_new(api: httpx2.AsyncClient) -> None:
    draft = {"title": "milk", "notes": "", "priority": "none", "due_date": "2026-12-01", "recurs_from": "schedule"}
    response = await api.post("/tasks/import", json={"drafts": [draft, {"title": "eggs"}]})
    assert response.status_code == 200, response.text
    assert response.json()["added"] == [1, 2]


async def test_a_reminder_that_moves_still_moves_where_it_sends_the_moment_back(api: httpx2.AsyncClient) -> None:
    task = await _full(api)
    body = {"due_date": "2026-11-26", "due_time": "15:00:00", "remind_at": task["remind_at"]}
    moved = (await api.patch("/tasks/2", json=body)).json()
    assert (moved["remind_before"], moved["remind_at"]) == (10, task["remind_at"].replace("-24T", "-26T"))
    set_apart = (await api.patch("/tasks/2", json={"remind_at": "2026-11-25T08:00:00Z"})).json()
    assert (set_apart["remind_before"], set_apart["remind_at"]) == (None, "2026-11-25T08:00:00Z")
