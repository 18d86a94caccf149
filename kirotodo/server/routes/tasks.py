"""Tasks, without a model: the list, its edits, undo and counts."""

from typing import Annotated

from fastapi import Query, Request, Response

from kirotodo.core.backend import ImportReport
from kirotodo.core.domain.task import Changed, Page, Task, TaskDraft, TaskStats
from kirotodo.server.callers import Mine, TaskId, user_router
from kirotodo.server.large_bodies import LargeBodies
from kirotodo.server.openapi import body_of, problems
from kirotodo.server.schemas import (
    IMPORT_AT_ONCE,
    CompleteBody,
    NewTaskBody,
    StatsQuery,
    TaskBody,
    TaskIdsBody,
    TaskQuery,
    Tasks,
    TextBody,
    UndoBody,
    UpdateBody,
)

router = user_router("tasks")


@router.get("/tasks")
async def tasks(where: Annotated[TaskQuery, Query()], backend: Mine) -> Page[Task]:
    """A page of the list: what is open, unless asked otherwise."""
    return await backend.tasks(where.filter(), limit=where.limit, cursor=where.cursor)


@router.post("/tasks", status_code=201, responses=problems(413))
async def add(body: NewTaskBody, backend: Mine) -> Task:
    """Add a task from fields in a person's words."""
    return await backend.add_task(body.fields())


@router.post("/tasks/from-text", status_code=201, responses={200: {"model": Tasks}, **problems(413)})
async def add_from_text(body: TextBody, backend: Mine, response: Response) -> Tasks:
    """Add what one line says; with `dry_run` (200) only say what it would be."""
    if body.dry_run:
        response.status_code = 200
    return Tasks(items=await backend.add_from_text(body.text, dry_run=body.dry_run))


@router.post("/tasks/update", responses=problems(404, 413))
async def update(body: UpdateBody, backend: Mine) -> Changed:
    """Change fields of several tasks, all or none."""
    return await backend.update_tasks(body.task_ids, body.fields.fields())


@router.post("/tasks/complete", responses=problems(404, 413))
async def complete(body: CompleteBody, backend: Mine) -> Changed:
    """Set several tasks done, or open again; a recurring one leaves its next occurrence."""
    return await backend.complete_tasks(body.task_ids, completed=body.completed)


@router.post("/tasks/delete", responses=problems(404, 413))
async def delete_many(body: TaskIdsBody, backend: Mine) -> Changed:
    """Delete several tasks, all or none; `undo` brings them back."""
    return await backend.delete_tasks(body.task_ids)


@router.post("/tasks/import", responses=problems(413), openapi_extra=body_of("ImportBody"))
async def import_(request: Request, backend: Mine) -> ImportReport:
    """Add many tasks in one undoable group; rows that cannot be taken are named."""
    large: LargeBodies = request.app.state.large_bodies
    async with large.of(backend.user_id):
        drafts = await large.items(request, "drafts", TaskDraft, most=IMPORT_AT_ONCE)
        return await backend.import_tasks(drafts)


@router.get("/tasks/{task_id}", responses=problems(404))
async def task(task_id: TaskId, backend: Mine) -> Task:
    """One task."""
    return await backend.task(task_id)


@router.patch("/tasks/{task_id}", responses=problems(404, 413))
async def change(task_id: TaskId, body: TaskBody, backend: Mine) -> Task:
    """Change fields of a task and set it done or open, in one group of changes."""
    return await backend.change_task(task_id, body.fields(), completed=body.completed)


@router.delete("/tasks/{task_id}", status_code=204, responses=problems(404))
async def delete(task_id: TaskId, backend: Mine) -> None:
    """Delete a task; `undo` brings it back."""
    await backend.delete_tasks([task_id])


@router.post("/undo", responses=problems(409, 413))
async def undo(backend: Mine, body: UndoBody | None = None) -> Changed:
    """Put back the latest changes: those of a turn, or of a direct edit."""
    return await backend.undo(groups=body.groups if body is not None else 1)


@router.post("/redo", responses=problems(409))
async def redo(backend: Mine) -> Changed:
    """Do again what the last undo took back."""
    return await backend.redo()


@router.get("/stats")
async def stats(where: Annotated[StatsQuery, Query()], backend: Mine) -> TaskStats:
    """Counts and streaks."""
    return await backend.stats(period_days=where.period_days)
