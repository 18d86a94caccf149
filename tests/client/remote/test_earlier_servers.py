"""A server of the release before: a parent was the occurrence before, and nothing had a start, a duration or steps."""

from typing import Any, Final

import pytest

from kirotodo.core.domain.task import TaskDraft
from kirotodo.core.errors import InvalidInput, KirotodoError, NotFound
from tests.client.remote.raw_server import RawServer, ok, problem, signed_in

MOMENT: Final = "2026-11-23T09:00:00Z"
EARLIER: Final[dict[str, Any]] = {"id": 2, "title": 'say "parent_id":', "parent_id": 1}
EARLIER_TASK: Final = {**EARLIER, "created_at": MOMENT, "updated_at": MOMENT}


async def test_what_it_calls_a_parent_is_read_as_the_occurrence_before(server: RawServer) -> None:
    server.on("/tasks/2", ok(EARLIER_TASK))
    async with signed_in(server) as backend:
        task = await backend.task(2)
    assert (task.previous_id, task.parent_id, task.title) == (1, None, EARLIER["title"])


async def test_it_is_sent_nothing_that_it_does_not_know_without_need(server: RawServer) -> None:
    server.on("/tasks/import", ok({"added": [1, 2], "skipped": []}))
    async with signed_in(server) as backend:
        await backend.import_tasks([TaskDraft(title="Milk"), TaskDraft(title="Eggs", parent_id=1)])
    plain, step = server.to("/tasks/import")[0].body["drafts"]
    assert plain.keys().isdisjoint({"start_date", "duration", "parent_id", "position", "previous_id"})
    assert (step["parent_id"], step["previous_id"]) == (1, None)


async def test_what_it_does_not_count_yet_is_unknown_and_not_none_at_all(server: RawServer) -> None:
    counts = {"period_days": 7, "pending": 1, "overdue": 0, "due_today": 0, "completed": 1, "created": 1}
    day = {"day": "2026-11-23", "completed": 1, "created": 1}
    server.on("/stats", ok({**counts, "streak": 1, "best_streak": 1, "days": [day]}))
    server.on("/undo", ok({"tasks": [EARLIER_TASK], "removed": []}))
    async with signed_in(server) as backend:
        stats, undone = await backend.stats(), await backend.undo()
    assert (stats.tags, stats.hours, [each.overdue for each in stats.days]) == ((), (), [None])
    assert (undone.views, undone.skipped, [task.id for task in undone.tasks]) == ((), (), [2])


async def test_an_edit_sends_what_is_to_change_and_nothing_else(server: RawServer) -> None:
    server.on("/tasks/2", ok(EARLIER_TASK))
    server.on("/tasks/update", ok({"tasks": [EARLIER_TASK], "removed": [], "changes": [], "skipped": []}))
    async with signed_in(server) as backend:
        await backend.update_tasks([2], {"title": "Bread"})
    (sent,) = [each.body for each in server.to("/tasks/update")]
    assert sent == {"task_ids": [2], "fields": {"title": "Bread"}}


async def test_a_later_server_may_say_more_than_is_known_here(server: RawServer) -> None:
    later = {"colour": "red", "attachments": [{"name": "a.pdf"}]}
    server.on("/tasks", ok({"items": [{**EARLIER_TASK, **later}], "next": None, "total": 1, "facets": {}}))
    server.on("/views", ok({"items": [{"name": "work", "filter": "+work", "colour": "red"}]}))
    async with signed_in(server) as backend:
        (task,), (view,) = (await backend.tasks()).items, await backend.views()
    assert (task.title, view.name) == (EARLIER["title"], "work")


@pytest.mark.parametrize(
    ("status", "code", "detail", "kind"),
    [
        (404, "not_found", "There is no such route; /docs lists them all.", NotFound),
        (405, "invalid_input", "POST isn't allowed here. Allowed: DELETE, GET.", InvalidInput),
        (422, "invalid_input", "parent_id: Extra inputs are not permitted.", InvalidInput),
    ],
)
async def test_what_it_has_no_route_or_field_for_is_said_as_what_that_means(
    server: RawServer, status: int, code: str, detail: str, kind: type[KirotodoError]
) -> None:
    server.on("", problem(status, code, detail))
    async with signed_in(server) as backend:
        with pytest.raises(kind, match="is too old for that"):
            await backend.skip_tasks([2])
