"""A server of the release before: a parent was the occurrence before, and nothing had a start, a duration or steps."""

from typing import Any, Final

from kirotodo.core.domain.task import TaskDraft
from tests.client.remote.raw_server import RawServer, ok, signed_in

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
