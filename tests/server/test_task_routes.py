"""Tasks and conversations as JSON: what a client of another make would send."""

from typing import Any

import httpx2
import pytest

from kirotodo.core.models.scripted import ScriptedModel
from tests.contract.harness import Clock
from tests.contract.test_tasks import FILTERED


async def made(api: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/tasks", json=fields)
    assert answer.status_code == 201
    task: dict[str, Any] = answer.json()
    return task


async def test_a_task_comes_and_goes(api: httpx2.AsyncClient) -> None:
    task = await made(api, title="Pay rent", due="tomorrow at 5pm", priority="high", tags=["home"])
    assert (task["id"], task["due_date"], task["due_time"]) == (1, "2026-11-24", "17:00:00")
    assert (await api.get("/tasks/1")).json() == task
    assert (await api.delete("/tasks/1")).status_code == 204
    assert (await api.get("/tasks/1")).status_code == 404
    undone = (await api.post("/undo")).json()
    assert [each["title"] for each in undone["tasks"]] == ["Pay rent"]
    redone = (await api.post("/redo")).json()
    assert redone["removed"] == [1]


async def test_a_change_of_several_kinds_is_one_group(api: httpx2.AsyncClient) -> None:
    await made(api, title="Milk", notes="oat")
    changed = (await api.patch("/tasks/1", json={"title": "Oat milk", "notes": None, "completed": True})).json()
    assert (changed["title"], changed["notes"], changed["completed_at"] is not None) == ("Oat milk", "", True)
    refused = await api.patch("/tasks/1", json={"due": "never ever", "completed": False})
    assert refused.status_code == 422
    assert (await api.get("/tasks/1")).json() == changed
    await api.post("/undo")
    back = (await api.get("/tasks/1")).json()
    assert (back["title"], back["notes"], back["completed_at"]) == ("Milk", "oat", None)
    assert (await api.patch("/tasks/1", json={})).status_code == 422


async def test_the_list_is_filtered_and_paged(api: httpx2.AsyncClient) -> None:
    for number in range(5):
        await made(api, title=f"Task {number}", project="shop" if number % 2 else None)
    page = (await api.get("/tasks", params={"limit": 2, "sort": "created"})).json()
    assert (len(page["items"]), page["total"]) == (2, 5)
    ids = [task["id"] for task in page["items"]]
    while page["next"]:
        page = (await api.get("/tasks", params={"limit": 2, "sort": "created", "cursor": page["next"]})).json()
        ids += [task["id"] for task in page["items"]]
    assert sorted(ids) == [1, 2, 3, 4, 5]
    shop = (await api.get("/tasks", params={"project": "SHOP"})).json()
    assert [task["id"] for task in shop["items"]] == [2, 4]
    assert (await api.get("/tasks", params={"nonsense": "1"})).status_code == 422


async def test_filters_mean_over_http_what_they_mean_everywhere(api: httpx2.AsyncClient) -> None:
    for text in ("milk today +shop", "oat milk +shop #waiting", "rent friday !high", "tax 2026-11-01", "done already"):
        await api.post("/tasks/from-text", json={"text": text})
    await api.patch("/tasks/5", json={"completed": True})
    for text, found in FILTERED:
        items = (await api.get("/tasks", params={"filter": text})).json()["items"]
        assert sorted(task["title"] for task in items) == sorted(found), text


async def test_a_filter_that_cannot_be_read_is_a_problem_with_a_position(api: httpx2.AsyncClient) -> None:
    await made(api, title="Milk", project="shop")
    assert (await api.get("/tasks", params={"filter": "+shop -due:today"})).json()["total"] == 1
    refused = await api.get("/tasks", params={"filter": "+shop is:opne"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_filter")
    assert (refused.json()["position"], refused.json()["suggestion"]) == (6, "is:open")
    assert refused.json()["filter"] == "+shop is:opne"


async def test_a_line_of_text_becomes_a_task_or_shows_what_it_would_be(api: httpx2.AsyncClient) -> None:
    line = {"text": "Pay rent friday 5pm #home +flat !high"}
    shown = await api.post("/tasks/from-text", json={**line, "dry_run": True})
    assert (shown.status_code, shown.json()["items"][0]["id"]) == (200, 0)
    assert (await api.get("/tasks")).json()["total"] == 0
    added = await api.post("/tasks/from-text", json=line)
    assert (added.status_code, added.json()["items"][0]["project"]) == (201, "flat")


async def test_conversations_are_renamed_put_away_and_brought_back(
    api: httpx2.AsyncClient, model: ScriptedModel
) -> None:
    model.extend(["Hello."])
    await api.post("/chat", json={"message": "hi there"})
    renamed = (await api.patch("/conversations/1", json={"title": "Greetings"})).json()
    assert (renamed["title"], (await api.get("/conversations/1")).json()) == ("Greetings", renamed)
    assert [each["id"] for each in (await api.get("/conversations", params={"search": "hi"})).json()["items"]] == [1]
    assert (await api.delete("/conversations/1")).status_code == 204
    assert (await api.get("/conversations")).json()["items"] == []
    assert (await api.post("/conversations/1/restore")).json()["title"] == "Greetings"
    messages = (await api.get("/conversations/1/messages", params={"limit": 1})).json()
    assert ([each["content"] for each in messages["messages"]], messages["before"]) == (["Hello."], 2)


@pytest.mark.parametrize(
    ("headers", "day"),
    [
        ({}, "2026-11-24"),  # the server's own zone, Vienna
        ({"X-Timezone": "Pacific/Kiritimati"}, "2026-11-25"),
        ({"X-Timezone": "America/Los_Angeles"}, "2026-11-24"),
    ],
)
async def test_days_are_those_of_the_users_zone(
    api: httpx2.AsyncClient, clock: Clock, headers: dict[str, str], day: str
) -> None:
    clock.advance(hours=12)
    added = await api.post("/tasks", json={"title": "Milk", "due": "tomorrow"}, headers=headers)
    assert added.json()["due_date"] == day
    again = await api.post("/tasks", json={"title": "Bread", "due": "tomorrow"})
    assert again.json()["due_date"] == day


async def test_the_zone_of_a_message_counts_and_is_remembered(
    api: httpx2.AsyncClient, model: ScriptedModel, clock: Clock
) -> None:
    clock.advance(hours=12)
    model.extend(["Hello."])
    body = {"message": "hi", "timezone": "Pacific/Kiritimati"}
    await api.post("/chat", json=body, headers={"X-Timezone": "America/Los_Angeles"})
    assert str(model.requests[0].facts.zone) == "Pacific/Kiritimati"
    assert (await made(api, title="Milk", due="today"))["due_date"] == "2026-11-24"
