"""Pages of a short and of a very long list, in one run: what a page costs must not grow with the list.

A page shows as many tasks in both, and is the last in neither: more rows cost more whatever the list, and a list that
is whole on one page needs no total.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure, middle
from benchmarks.local_backend import cpu, local_backend, scratch
from benchmarks.moment import NOW, settled
from kirotodo.core.backend import Backend
from kirotodo.core.domain.task import TaskDraft, TaskFilter
from kirotodo.core.domain.view import View

SHORT: Final = 100
LONG: Final = 100_000
BATCH: Final = 10_000
ROUNDS: Final = 25
THINGS: Final = ("call the dentist", "water the plants", "buy groceries", "pay bills", "write the report")

Pages = dict[str, Callable[[Backend], Awaitable[object]]]
PAGES: Final[Pages] = {
    "list": lambda backend: backend.tasks(),
    "list, second page": lambda backend: _second(backend),
    "list --due today": lambda backend: backend.tasks(TaskFilter(due="today"), limit=5),
    "list --project": lambda backend: backend.tasks(TaskFilter(project="project 7"), limit=4),
    "list --sort title": lambda backend: backend.tasks(TaskFilter(sort="title")),
    "search, a rare word": lambda backend: backend.tasks(TaskFilter(search="needle", status="all")),
    "search, a word of every fifth task": lambda backend: backend.tasks(
        TaskFilter(search="dentist", status="all"), limit=15
    ),
    "stats": lambda backend: backend.stats(),
    "list @view, one of 50 views": lambda backend: backend.tasks(TaskFilter(filter="@view-7")),
    "views, 50 of them": lambda backend: backend.views(),
    "steps of a task": lambda backend: backend.tasks(TaskFilter(parent_id=2, status="all")),
    "list -no:notes": lambda backend: backend.tasks(TaskFilter(filter="-no:notes", status=None)),
}
SEVERAL: Final[Pages] = {
    "list overdue or #home": lambda backend: backend.tasks(TaskFilter(filter="overdue or #home", status=None)),
    "list +project -#home": lambda backend: backend.tasks(TaskFilter(filter='+"project 7" -#home', status=None)),
    "list due:this-week dentist": lambda backend: backend.tasks(
        TaskFilter(filter="due:this-week dentist", status=None)
    ),
    "list #home dentist, which many have each": lambda backend: backend.tasks(
        TaskFilter(filter="#home dentist", status=None)
    ),
    "list --project --sort title": lambda backend: backend.tasks(TaskFilter(project="project 7", sort="title")),
    "list --sort priority,title": lambda backend: backend.tasks(TaskFilter(sort="priority,title")),
    "list --sort project,created": lambda backend: backend.tasks(TaskFilter(sort="project,created")),
}
"""Pages of several conditions or sort keys, which are bounded and not flat: see decision 0054."""
VIEWS: Final = 50
STEPS: Final = 10
DUE_TODAY: Final = 6


async def _second(backend: Backend) -> object:
    page = await backend.tasks(limit=20)
    return await backend.tasks(limit=20, cursor=page.next)


def pages() -> Iterator[Figure]:
    short, long = asyncio.run(_both())
    yield from grown(short, long, where="", measure="CPU")


def grown(short: Mapping[str, float], long: Mapping[str, float], *, where: str, measure: str) -> Iterator[Figure]:
    """The CPU seconds that each page took in the long list over those in the short one."""
    for name in (*PAGES, *SEVERAL):
        yield Figure(
            what=f"{where}{name}: {LONG:,} tasks over {SHORT}, {measure}",
            value=long[name] / short[name],
            unit="×",
            limit=2 if name in PAGES else None,
            digits=2,
            detail=f"{short[name] * 1000:.1f} → {long[name] * 1000:.1f} ms",
        )


async def _both() -> tuple[dict[str, float], dict[str, float]]:
    with scratch() as short, scratch() as long:
        await _fill(short, SHORT)
        await _fill(long, LONG)
        async with local_backend(short) as few, local_backend(long) as many:
            settled()
            spent: tuple[dict[str, float], dict[str, float]] = ({}, {})
            for name, page in (PAGES | SEVERAL).items():
                samples: tuple[list[float], list[float]] = ([], [])
                for _ in range(ROUNDS):
                    samples[0].append(await cpu(lambda page=page: page(few)))  # type: ignore[misc]
                    samples[1].append(await cpu(lambda page=page: page(many)))  # type: ignore[misc]
                spent[0][name], spent[1][name] = middle(samples[0]), middle(samples[1])
            return spent


async def _fill(folder: Path, count: int) -> None:
    async with local_backend(folder) as backend:
        for start in range(0, count, BATCH):
            await backend.import_tasks([draft(number) for number in range(start, min(start + BATCH, count))])
        await furnish(backend)


async def furnish(backend: Backend) -> None:
    """Save views, give one task steps, and add tasks for today, as many whatever the length of the list."""
    for number in range(DUE_TODAY):
        await backend.add_task({"title": f"due today {number}", "due_date": NOW.date()})
    for number in range(VIEWS):
        view = View(name=f"view-{number}", filter=f'+"project {number % 20}" due:..friday', sort="due")
        await backend.save_view(view)
    for number in range(STEPS):
        await backend.add_task({"title": f"step {number}", "parent_id": 2})


def draft(number: int) -> TaskDraft:
    """Spread over five years of days; a rare word in one of a hundred, whatever the length of the list."""
    return TaskDraft(
        title=f"{THINGS[number % len(THINGS)]} {number}",
        notes="needle" if number == 42 else "",
        priority=("none", "low", "medium", "high")[number // 3 % 4],
        due_date=NOW.date() + timedelta(days=number % 1_825) if number % 3 else None,
        project=f"project {number % 20}",
        tags=("home",) if number % 4 == 0 else (),
        completed_at=NOW - timedelta(days=number % 300) if number % 10 == 0 else None,
    )
