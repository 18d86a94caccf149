"""Tasks, without a model: the list, its edits, undo and counts."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from kirotodo.core.backend import ImportReport
from kirotodo.core.domain.history import ChangeSelection, HistoryEntry, PastPage
from kirotodo.core.domain.plan import DayPlan, Spread
from kirotodo.core.domain.routine import upcoming
from kirotodo.core.domain.task import Changed, Page, Task, TaskDraft, TaskStats
from kirotodo.server.conditional_requests import Depending, read, tagged, unconditional
from kirotodo.server.dependencies import (
    ADDING,
    Called,
    Editing,
    EditingOne,
    EditKey,
    Mine,
    TaskId,
    keyed,
    located,
    user_router,
)
from kirotodo.server.large_bodies import LargeBodies
from kirotodo.server.openapi import body_of, carries, not_modified, problems
from kirotodo.server.schemas import (
    IMPORT_AT_ONCE,
    ChangeQuery,
    CompleteBody,
    Draft,
    MovesBody,
    NewTaskBody,
    OccurrenceDue,
    Occurrences,
    OccurrencesQuery,
    PlanQuery,
    SelectionBody,
    SkipBody,
    SpreadQuery,
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
async def list_tasks(where: Annotated[TaskQuery, Query()], backend: Mine) -> Page[Task] | PastPage:
    """Return a page of the list: open tasks by default; with `as_of` as it was then, which the answer repeats."""
    if where.as_of is not None:
        return await backend.tasks_as_of(where.as_of, where.value(), limit=where.limit, cursor=where.cursor)
    return await backend.tasks(where.value(), limit=where.limit, cursor=where.cursor)


@router.post(
    "/tasks",
    status_code=201,
    dependencies=[ADDING],
    responses={201: carries("ETag", "Location"), **problems(412, 413)},
)
async def add_task(body: NewTaskBody, backend: Editing, response: Response) -> Task:
    """Add a task from fields, as values or in a person's words."""
    task = await backend.add_task(body.fields(), completed_at=body.completed_at)
    located(response, backend.user_id, f"tasks/{task.id}")
    return tagged(task, response)


@router.post(
    "/tasks/from-text",
    status_code=201,
    dependencies=[ADDING],
    responses={200: {"model": Tasks, "description": "With `dry_run`."}, **problems(412, 413)},
)
async def add_tasks_from_text(body: TextBody, backend: Editing, response: Response) -> Tasks:
    """Add what one line says; with `dry_run` (200) only say what it would be."""
    if body.dry_run:
        response.status_code = 200
    return Tasks(items=await backend.add_from_text(body.text, dry_run=body.dry_run))


@router.post("/tasks/update", responses=problems(404, 412, 413))
async def update_tasks(body: UpdateBody, backend: Editing) -> Changed:
    """Change fields of several tasks, all or none."""
    return await backend.update_tasks(body.task_ids, body.fields.fields())


@router.post("/tasks/complete", responses=problems(404, 412, 413))
async def complete_tasks(body: CompleteBody, backend: Editing) -> Changed:
    """Set several tasks done, or open again; a recurring one leaves its next occurrence."""
    return await backend.complete_tasks(body.task_ids, completed=body.completed)


@router.post("/tasks/skip", responses=problems(404, 409, 412, 413))
async def skip_tasks(body: SkipBody, backend: Editing) -> Changed:
    """Skip the open occurrence of routines, all before a day, the next few, or the one on a day.

    An occurrence further ahead is left out of the rule (`EXDATE`), and the open one stays. `dry_run` only says which.
    """
    return await backend.skip_tasks(
        body.task_ids,
        until=body.until,
        count=body.count,
        on=body.on,
        dry_run=body.dry_run,
        due_date=body.due_date,
        made_at=body.made_at,
    )


@router.post("/tasks/move", responses=problems(404, 409, 412, 413))
async def move_tasks(body: MovesBody, backend: Editing) -> Changed:
    """Give tasks other due dates, such as `GET /plan/spread` proposes: all or none, and in one undo."""
    return await backend.move_tasks(body.values(), for_once=body.for_once)


@router.get("/plan")
async def get_plan(where: Annotated[PlanQuery, Query()], backend: Mine) -> DayPlan:
    """Return what to do first, with the reasons, and what does not fit into the time there is."""
    return await backend.plan(where.period, minutes=where.minutes)


@router.get("/plan/spread")
async def get_spread(where: Annotated[SpreadQuery, Query()], backend: Mine) -> Spread:
    """Return weekdays of next week for what is overdue, as a proposal: `POST /tasks/move` carries it out."""
    return await backend.propose_spread(per_day=where.per_day)


@router.post("/tasks/delete", responses=problems(404, 412, 413))
async def delete_tasks(body: TaskIdsBody, backend: Editing) -> Changed:
    """Delete several tasks, all or none; `undo` brings them back."""
    return await backend.delete_tasks(body.task_ids)


@router.post(
    "/tasks/import",
    dependencies=[ADDING, Depends(unconditional)],
    responses=problems(412, 413),
    openapi_extra=body_of("ImportBody"),
)
async def import_tasks(request: Request, caller: Called, key: EditKey = None) -> ImportReport:
    """Add many tasks in one undoable group; rows that cannot be taken are named."""
    large: LargeBodies = request.app.state.large_bodies
    async with large.of(caller.principal.user_id):
        drafts: list[TaskDraft] = await large.items(request, "drafts", Draft, most=IMPORT_AT_ONCE)
        backend = await caller.backend(request=await keyed(request, key))
        return await backend.import_tasks(drafts)


@router.get(
    "/tasks/{task_id}",
    response_model=Task,
    responses={200: carries("ETag"), 304: not_modified(), **problems(404, 412)},
)
async def get_task(task_id: TaskId, backend: Mine, conditions: Depending, response: Response) -> Task | Response:
    """Return one task."""
    return read(await backend.task(task_id), conditions, response)


@router.get("/tasks/{task_id}/occurrences", responses=problems(404))
async def get_occurrences(task_id: TaskId, where: Annotated[OccurrencesQuery, Query()], backend: Mine) -> Occurrences:
    """Return when the next occurrences of a routine are due, after the open one, were each done on its day."""
    following = upcoming(await backend.task(task_id), zone=backend.zone, count=where.count)
    return Occurrences(items=tuple(OccurrenceDue(due_date=each.date, due_time=each.time) for each in following))


@router.patch("/tasks/{task_id}", responses={200: carries("ETag"), **problems(404, 412, 413)})
async def update_task(
    task_id: TaskId, body: TaskBody, backend: EditingOne, conditions: Depending, response: Response
) -> Task:
    """Change fields of a task and set it done or open, in one group of changes."""

    def check(task: Task) -> None:
        conditions.check(task)
        body.check(task)

    task = await backend.change_task(task_id, body.fields(), completed=body.completed, check=check)
    return tagged(task, response)


@router.delete("/tasks/{task_id}", status_code=204, responses=problems(404, 412))
async def delete_task(task_id: TaskId, backend: Mine, conditions: Depending) -> None:
    """Delete a task; `undo` brings it back."""
    await backend.delete_task(task_id, check=conditions.check)


@router.post("/undo", responses=problems(409, 412, 413))
async def undo(backend: Editing, body: UndoBody | None = None) -> Changed:
    """Put back the latest changes: those of a turn, or of a direct edit."""
    return await backend.undo(groups=body.groups if body is not None else 1)


@router.get("/changes")
async def list_changes(where: Annotated[ChangeQuery, Query()], backend: Mine) -> Page[HistoryEntry]:
    """Return a page of the history: who changed what, the newest first."""
    return await backend.history(
        task_id=where.task, since=where.since, until=where.until, by=where.by, limit=where.limit, cursor=where.cursor
    )


@router.post("/changes/undo", responses=problems(404, 409, 412, 413))
async def undo_changes(body: SelectionBody, backend: Editing) -> Changed:
    """Put back certain changes, wherever they lie in the past; `skipped` names what was changed later and stays."""
    return await backend.undo_changes(ChangeSelection(**body.model_dump()))


@router.post("/redo", responses=problems(409, 412))
async def redo(backend: Editing) -> Changed:
    """Do again what the last undo took back."""
    return await backend.redo()


@router.get("/stats")
async def get_stats(where: Annotated[StatsQuery, Query()], backend: Mine) -> TaskStats:
    """Counts and streaks."""
    return await backend.stats(period_days=where.period_days)
